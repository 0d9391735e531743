//! Policies that decide what runs next: choose, return-response.

use super::{Compiler, Siblings};
use crate::policy::scan::Element;
use crate::policy::{Op, Pc, ReturnResponse};

impl Compiler<'_> {
    pub(super) fn choose(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &[], &[]);
        self.check_no_text(element);
        let mut siblings = Siblings::of(path);
        let mut ends: Vec<Pc> = Vec::new();
        let mut whens: u32 = 0;
        let mut otherwise = false;
        let responded = self.responded;
        let mut can_have_responded = responded;
        for child in &element.children {
            let path = siblings.path(&child.name);
            if !matches!(child.name.as_str(), "when" | "otherwise") {
                self.unexpected_child(element, child, &["when", "otherwise"]);
                continue;
            }
            if otherwise {
                let message = format!("`{}` after `otherwise`", child.name);
                self.error("unexpected-element", child.name_span, message, "`otherwise` comes once and last");
            }
            if child.name == "when" {
                whens = whens.saturating_add(1);
                self.when(child, &path, &mut ends);
            } else {
                otherwise = true;
                self.check_attributes(child, &[], &[]);
                self.policies(child, &path);
            }
            can_have_responded |= std::mem::replace(&mut self.responded, responded);
        }
        self.responded = can_have_responded;
        let strangers =
            element.children.iter().any(|child| !matches!(child.name.as_str(), "when" | "otherwise"));
        if whens == 0 && !strangers {
            self.objection(
                "missing-element",
                element.name_span,
                "`choose` has no `when`",
                "expected `<when>` inside",
            );
        }
        for end in ends {
            self.patch(end);
        }
    }

    fn when(&mut self, element: &Element, path: &str, ends: &mut Vec<Pc>) {
        self.check_attributes(element, &["condition"], &[]);
        let condition = self.required(element, "condition").and_then(|a| self.bool_operand(a));
        if let Some(condition) = &condition {
            self.tell_constant(element, condition);
        }
        let branch =
            condition.map(|condition| self.emit(Op::Branch { condition, otherwise: Pc(0) }, element, path));
        self.policies(element, path);
        if let Some(branch) = branch {
            ends.push(self.emit(Op::Jump(Pc(0)), element, path));
            self.patch(branch);
        }
    }

    pub(super) fn return_response(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &["response-variable-name"], &[]);
        self.check_no_text(element);
        let variable = element.attribute("response-variable-name").and_then(|a| self.variable_name(a));
        let mut response = ReturnResponse { variable, ..ReturnResponse::default() };
        let mut seen: Vec<&str> = Vec::new();
        for child in &element.children {
            let name = child.name.as_str();
            if seen.contains(&name) && name != "set-header" {
                let message = format!("a second `{name}`");
                self.error("duplicate-element", child.name_span, message, "expected at most one");
            }
            seen.push(name);
            match name {
                "set-status" => response.status = self.set_status(child),
                "set-header" => response.headers.extend(self.set_header(child)),
                "set-body" => response.body = self.set_body(child),
                _ => self.unexpected_child(element, child, &["set-status", "set-header", "set-body"]),
            }
        }
        self.emit(Op::ReturnResponse(Box::new(response)), element, path);
    }
}
