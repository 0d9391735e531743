//! What an element may have: attributes, text, children.

use super::Compiler;
use crate::diagnostics::Diagnostic;
use crate::policy::closest;
use crate::policy::scan::{Attribute, Element, blank_bytes};

impl Compiler<'_> {
    /// Complains about attributes that are neither in `known` nor `id`. Those in `later` exist in the
    /// service and are not compiled.
    pub(super) fn check_attributes(&mut self, element: &Element, known: &[&str], later: &[&str]) {
        if element.damaged {
            return;
        }
        for attribute in &element.attributes {
            let name = attribute.name.as_str();
            if name == "id" || known.contains(&name) || name == "xmlns" || name.contains(':') {
                continue;
            }
            if later.contains(&name) {
                let message = format!("attribute `{name}` of `{}` is not simulated", element.name);
                self.report(
                    Diagnostic::warning("unsupported-attribute", attribute.name_span, message)
                        .label("without effect here"),
                );
                continue;
            }
            let message = format!("`{}` has no attribute `{name}`", element.name);
            let mut diagnostic = Diagnostic::error("unknown-attribute", attribute.name_span, message)
                .label("not an attribute of this element");
            if let Some(close) = closest(name, known.iter().chain(later).copied()) {
                diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
            } else if !known.is_empty() {
                diagnostic = diagnostic.note(format!("attributes here: {}", known.join(", ")));
            }
            self.object(diagnostic);
        }
    }

    /// The attribute, or a complaint that it is missing.
    pub(super) fn required<'e>(&mut self, element: &'e Element, name: &str) -> Option<&'e Attribute> {
        let found = element.attribute(name);
        if found.is_none() && !element.damaged {
            let message = format!("`{}` needs the attribute `{name}`", element.name);
            let label = format!("expected `{name}=\"...\"` in this tag");
            self.error("missing-attribute", element.name_span, message, label);
        }
        found
    }

    /// The same for one that the reference requires, and that published documents leave out.
    pub(super) fn expected<'e>(&mut self, element: &'e Element, name: &str) -> Option<&'e Attribute> {
        let found = element.attribute(name);
        if found.is_none() && !element.damaged {
            let message = format!("`{}` needs the attribute `{name}`", element.name);
            let label = format!("expected `{name}=\"...\"` in this tag");
            self.objection("missing-attribute", element.name_span, message, label);
        }
        found
    }

    /// Complains about text beside the children.
    pub(super) fn check_no_text(&mut self, element: &Element) {
        if element.text.is_blank() {
            return;
        }
        let text = &element.text.text;
        let start = blank_bytes(text);
        let span = element.text.span_of(start, text.trim_end().len());
        let message = format!("text inside of `{}`", element.name);
        self.objection("stray-text", span, message, "expected elements only");
    }

    /// Complains about anything inside.
    pub(super) fn check_empty(&mut self, element: &Element) {
        self.check_no_text(element);
        for child in &element.children {
            let message = format!("`{}` has no children", element.name);
            self.objection("unexpected-element", child.name_span, message, "not expected here");
        }
    }

    /// Complains about a child that does not belong there; `expected` names those that do.
    pub(super) fn unexpected_child(&mut self, parent: &Element, child: &Element, expected: &[&str]) {
        let message = format!("`{}` is not expected in `{}`", child.name, parent.name);
        let names: Vec<String> = expected.iter().map(|name| format!("`{name}`")).collect();
        let mut diagnostic = Diagnostic::error("unexpected-element", child.name_span, message)
            .label(format!("expected {}", names.join(" or ")));
        if let Some(close) = closest(&child.name, expected.iter().copied()) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        }
        self.object(diagnostic);
    }
}
