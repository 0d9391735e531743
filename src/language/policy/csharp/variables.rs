//! Names of policy variables, each with its slot, and what else a program's expressions have in common.

use std::collections::BTreeMap;

use crate::policy::{Text, VariableSlot};

/// The variables that a program names. Names compare case-sensitively, as the dictionary of the gateway
/// does.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    names: Vec<Text>,
    slots: BTreeMap<String, VariableSlot>,
    reads_bodies: bool,
    names_request_ids: bool,
    reads_clock: bool,
}

impl Variables {
    /// No variables yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The slot of `name`, a new one if need be. `None` when there are no slots left.
    pub fn slot(&mut self, name: &str) -> Option<VariableSlot> {
        if let Some(slot) = self.slots.get(name) {
            return Some(*slot);
        }
        let slot = VariableSlot(u16::try_from(self.names.len()).ok()?);
        self.names.push(Text::from(name.to_owned()));
        self.slots.insert(name.to_owned(), slot);
        Some(slot)
    }

    /// Notes that an expression of the program looks at the body of a response.
    pub(super) fn note_body(&mut self) {
        self.reads_bodies = true;
    }

    /// Notes that an expression of the program names a header with the id of a request.
    pub(super) fn note_request_id(&mut self) {
        self.names_request_ids = true;
    }

    /// Notes that an expression of the program may look at the clock.
    pub(super) fn note_clock(&mut self) {
        self.reads_clock = true;
    }

    /// Whether any expression that was compiled with these may look at the clock.
    pub fn reads_clock(&self) -> bool {
        self.reads_clock
    }

    /// Whether any expression that was compiled with these names a header with the id of a request.
    pub fn names_request_ids(&self) -> bool {
        self.names_request_ids
    }

    /// Whether any expression that was compiled with these looks at the body of a response.
    pub fn reads_bodies(&self) -> bool {
        self.reads_bodies
    }

    /// The names, by slot.
    pub fn into_names(self) -> Vec<Text> {
        self.names
    }

    /// The names, by slot.
    pub fn names(&self) -> &[Text] {
        &self.names
    }
}
