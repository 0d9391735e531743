//! authentication-managed-identity.

use super::Compiler;
use crate::policy::scan::Element;
use crate::policy::{Op, Operand, Text, VariableSlot};

const ATTRIBUTES: &[&str] = &["resource", "client-id", "output-token-variable-name", "ignore-error"];

type IdentityParts = (Operand<Text>, Option<Text>, Option<VariableSlot>, bool);

impl Compiler<'_> {
    pub(super) fn managed_identity(&mut self, element: &Element, path: &str) {
        if let Some((resource, client_id, output, ignore_error)) = self.identity_parts(element) {
            self.emit(Op::ManagedIdentity { resource, client_id, output, ignore_error }, element, path);
        }
    }

    /// The attributes: resource, client id, variable for the token, and whether errors are ignored.
    pub(super) fn identity_parts(&mut self, element: &Element) -> Option<IdentityParts> {
        self.check_attributes(element, ATTRIBUTES, &[]);
        self.check_empty(element);
        let resource = self.required(element, "resource").and_then(|a| self.name_operand(a));
        let client_id = match element.attribute("client-id") {
            None => Some(None),
            Some(attribute) => self.literal_name(attribute).map(Some),
        };
        let output = match element.attribute("output-token-variable-name") {
            None => Some(None),
            Some(attribute) => self.variable_name(attribute).map(Some),
        };
        let ignore_error =
            element.attribute("ignore-error").map_or(Some(false), |attribute| self.literal_bool(attribute));
        Some((resource?, client_id?, output?, ignore_error?))
    }
}
