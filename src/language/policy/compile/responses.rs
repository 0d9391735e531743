//! Mistakes of single expressions that only their place in the pipeline shows.
//!
//! Rules
//! - Before the first `forward-request` there is no response: all of inbound, and the backend section up to
//!   there. The service documents neither that `context.Response` is null there nor what it is instead
//!   (switch `policy.pre_response`); published policies assume either.
//! - The condition of `retry` is evaluated after what is inside. Only in a section without any forward
//!   before it there can be no response.
//! - In outbound and on-error there is a response: in on-error at least the status of the error.
//! - Where a fragment or a snippet stands is not known: nothing is said of it.

use super::Compiler;
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::csharp::{Expression, Value};
use crate::policy::scan::Element;
use crate::policy::{Operand, Section};

impl Compiler<'_> {
    /// Warns of an expression that reads a member of `context.Response` where no response can have come.
    pub(super) fn tell_early_response(&mut self, expression: &Expression) {
        let is_early = match self.section {
            Section::Inbound => true,
            Section::Backend => !self.responded,
            Section::Outbound | Section::OnError => false,
        };
        if !is_early || self.is_late || self.is_loose {
            return;
        }
        let Some(span) = expression.dereferences_response_unguarded() else { return };
        self.report(
            Diagnostic::warning("response-before-forward", span, "there is no response yet")
                .label("throws if `context.Response` is null here")
                .note("the switch `policy.pre_response` says what it is before the first `forward-request`")
                .help("test it first: `context.Response != null && ...`"),
        );
    }

    /// Warns of a condition that is decided before any request comes, unless a named value decides it.
    pub(super) fn tell_constant(&mut self, element: &Element, condition: &Operand<bool>) {
        let Some(attribute) = element.attribute("condition") else { return };
        let raw = &attribute.value;
        let known = match condition {
            Operand::Literal(known) => *known,
            Operand::Expression(expression) => match expression.as_constant() {
                Some(Value::Bool(known)) => *known,
                _ => return,
            },
        };
        if raw.is_open() || raw.named_value_at(0, raw.text.len()).is_some() {
            return;
        }
        let (message, label) = match (element.name.as_str(), known) {
            ("when", true) => ("this `when` always applies", "always true"),
            ("when", false) => ("this `when` never applies", "always false"),
            ("retry", false) => ("this `retry` never repeats anything", "always false"),
            // A loop that only its count ends is used as one.
            _ => return,
        };
        let span: Span = raw.span;
        self.report(
            Diagnostic::warning("constant-condition", span, message)
                .label(label)
                .help("compare something that a request brings, or leave the condition out"),
        );
    }
}
