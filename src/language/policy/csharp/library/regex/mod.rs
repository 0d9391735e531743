//! `System.Text.RegularExpressions`.
//!
//! Rules
//! - Patterns are translated from .NET's syntax to that of `fancy-regex`, which backtracks in the same order
//!   (leftmost, first alternative first) and is linear where a pattern needs no backtracking.
//! - Backtracking is counted; a search that backtracks without end runs out of steps.
//! - Groups that repeat keep their last capture only.
//! - Indices and lengths count UTF-16 units.
//!
//! Not modelled: balancing groups, right-to-left matching, named Unicode blocks beyond the common ones.

mod class;
mod compiled;
mod escape;
mod matches;
mod members;
mod replacement;
#[cfg(test)]
mod tests;
mod translate;

use super::super::Class;
use super::super::value::Value;
use super::Table;
use crate::policy::Text;

/// The tables of this family.
pub const TABLES: &[Table] = &[
    members::REGEX,
    members::OPTIONS,
    matches::MATCH,
    matches::GROUP,
    matches::CAPTURE,
    matches::MATCHES,
    matches::GROUPS,
    matches::CAPTURES,
];

/// `Regex`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegexObject {
    /// The pattern as written.
    pub pattern: Text,
    /// Bits of `RegexOptions`.
    pub options: i32,
}

/// Where something was found: in bytes and in UTF-16 units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// `Index`
    pub index: usize,
    /// `Length`
    pub length: usize,
}

/// `Match`, `Group`, `Capture` and their collections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MatchObject {
    /// Which of them.
    pub class: Class,
    /// The text that was searched.
    pub input: Text,
    /// Where it is; `None`: no success.
    pub place: Option<Place>,
    /// Name of the group.
    pub name: Text,
    /// What was searched for, of a match.
    pub regex: Option<RegexObject>,
    /// The groups of a match, the whole match first, in .NET's order.
    pub groups: Vec<Option<Place>>,
    /// The elements of a collection.
    pub parts: Vec<Value>,
}

impl MatchObject {
    /// Its class.
    pub const fn class(&self) -> Class {
        self.class
    }

    /// The text found; empty without success.
    pub fn value(&self) -> &str {
        self.place.and_then(|place| self.input.as_str().get(place.start..place.end)).unwrap_or("")
    }

    /// Calls `visit` with every value that the object holds.
    pub fn each_value(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        self.parts.iter_mut().for_each(visit);
    }
}
