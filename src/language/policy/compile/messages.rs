//! Policies that write messages: set-header, set-status, set-body.

use super::Compiler;
use crate::policy::scan::{Element, RawText};
use crate::policy::{ExistsAction, Operand, SetHeader, Text};
use crate::units::StatusCode;

/// Headers that belong to the connection (set-header page of the policy reference).
const FIXED_HEADERS: &[&str] = &["Connection", "Content-Length", "Keep-Alive", "Transfer-Encoding"];

impl Compiler<'_> {
    pub(super) fn set_header(&mut self, element: &Element) -> Option<SetHeader> {
        self.check_attributes(element, &["name", "exists-action"], &[]);
        self.check_no_text(element);
        let name_attribute = self.required(element, "name");
        let name = name_attribute.and_then(|attribute| self.name_operand(attribute));
        let mut computed_action = None;
        let action = match element.attribute("exists-action") {
            None => Some(ExistsAction::Override),
            Some(attribute) if attribute.value.is_expression => {
                computed_action = self.text_operand(&attribute.value, &attribute.name);
                computed_action.as_ref().map(|_| ExistsAction::Override)
            }
            Some(attribute) => self.literal(&attribute.value).and_then(|text| {
                let action = ExistsAction::named(&text.trim().to_ascii_lowercase());
                if action.is_none() {
                    self.bad_value(attribute, "`override`, `skip`, `append` or `delete`");
                }
                action
            }),
        };
        if let (Some(Operand::Literal(name)), Some(attribute)) = (&name, name_attribute) {
            let span = attribute.value.span;
            let name = name.trim();
            if FIXED_HEADERS.iter().any(|fixed| fixed.eq_ignore_ascii_case(name)) {
                let message = format!("the header `{name}` cannot be set or removed");
                self.objection("invalid-value", span, message, "it belongs to the connection");
            } else if action == Some(ExistsAction::Delete) && name.eq_ignore_ascii_case("Server") {
                self.objection(
                    "invalid-value",
                    span,
                    "the header `Server` cannot be removed",
                    "the service keeps it",
                );
            } else if !name.bytes().all(is_token) {
                self.doubtful_value(attribute, "the name of a header");
            }
        }
        let mut values = Vec::new();
        let mut complete = true;
        for child in &element.children {
            if child.name != "value" {
                self.unexpected_child(element, child, &["value"]);
                continue;
            }
            self.check_attributes(child, &[], &[]);
            for inner in &child.children {
                let message = "`value` has no children";
                self.error("unexpected-element", inner.name_span, message, "expected text or an expression");
            }
            match self.trimmed_operand(&child.text) {
                Some(value) => values.push(value),
                None => complete = false,
            }
        }
        if values.is_empty()
            && complete
            && action.is_some_and(|action| action != ExistsAction::Delete)
            && computed_action.is_none()
        {
            self.objection(
                "missing-element",
                element.name_span,
                "`set-header` has no `value`",
                "expected `<value>...</value>` inside",
            );
        }
        let name = match name? {
            Operand::Literal(name) => Operand::Literal(Text::from(name.trim().to_owned())),
            computed @ Operand::Expression(_) => computed,
        };
        Some(SetHeader { name, exists_action: action?, computed_action, values: values.into() })
    }

    fn trimmed_operand(&mut self, raw: &RawText) -> Option<Operand<Text>> {
        match self.text_operand(raw, "value")? {
            Operand::Literal(text) => Some(Operand::Literal(Text::from(text.trim().to_owned()))),
            computed @ Operand::Expression(_) => Some(computed),
        }
    }

    pub(super) fn set_status(&mut self, element: &Element) -> Option<(Operand<StatusCode>, Operand<Text>)> {
        self.check_attributes(element, &["code", "reason"], &[]);
        self.check_empty(element);
        let code = self.required(element, "code").and_then(|a| self.status_operand(a));
        let reason = self.expected(element, "reason").and_then(|a| self.text_operand(&a.value, &a.name));
        Some((code?, reason?))
    }

    /// The text of the body inside of return-response and send-request. Elements inside are part of it.
    pub(super) fn set_body(&mut self, element: &Element) -> Option<Operand<Text>> {
        self.check_attributes(element, &["parse-date", "xsi-nil"], &["template"]);
        self.body_operand(element)
    }

    pub(super) fn body_operand(&mut self, element: &Element) -> Option<Operand<Text>> {
        match &element.payload {
            Some(payload) => Some(Operand::Literal(Text::from(payload.text.clone()))),
            None => self.text_operand(&element.text, "set-body"),
        }
    }
}

/// Characters of a header name (RFC 9110 section 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}
