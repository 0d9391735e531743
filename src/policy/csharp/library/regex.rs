//! `System.Text.RegularExpressions`.

use super::super::value::Value;
use crate::policy::Text;

/// `Regex`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegexObject {
    /// The pattern as written.
    pub pattern: Text,
    /// Bits of `RegexOptions`.
    pub options: i32,
}

/// `Match`, `Group`, `Capture` and their collections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MatchObject {
    /// Parts, as the family wants them.
    pub parts: Vec<Value>,
}

impl MatchObject {
    /// Calls `visit` with every value that the object holds.
    pub fn each_value(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        self.parts.iter_mut().for_each(visit);
    }
}
