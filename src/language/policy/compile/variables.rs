//! set-variable.

use super::Compiler;
use crate::diagnostics::Diagnostic;
use crate::policy::csharp::{Expression, Value};
use crate::policy::scan::{Attribute, Element};
use crate::policy::{Op, Text, VariableSlot};

impl Compiler<'_> {
    pub(super) fn set_variable(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &["name", "value"], &[]);
        self.check_empty(element);
        let slot = self.required(element, "name").and_then(|attribute| self.variable_name(attribute));
        let value = self.required(element, "value").and_then(|attribute| {
            if attribute.value.is_expression {
                return self.expression(&attribute.value);
            }
            let text = self.literal(&attribute.value)?;
            let text = Text::from(text.to_owned());
            Some(Expression::constant(Value::Str(text), attribute.value.span))
        });
        if let (Some(slot), Some(value)) = (slot, value) {
            self.emit(Op::SetVariable { slot, value }, element, path);
        }
    }

    /// The slot of the variable that an attribute names.
    pub(super) fn variable_name(&mut self, attribute: &Attribute) -> Option<VariableSlot> {
        let name = self.literal_name(attribute)?;
        let slot = self.variables.slot(&name);
        if slot.is_none() {
            self.report(
                Diagnostic::error("too-many-variables", attribute.value.span, "too many variables")
                    .label("expected at most 65536 different names"),
            );
        }
        slot
    }
}
