//! The two configurations, and values that there are two of.

use std::sync::Arc;

use crate::gateway::GatewaySpec;
use crate::suite::CaseRequest;

/// One of two configurations.
#[derive(Clone, Debug)]
pub struct Side {
    /// What people call it: a path, or the name of a variant.
    pub title: String,
    /// Its gateway.
    pub gateway: Arc<GatewaySpec>,
    /// A usual request of its clients.
    pub request: CaseRequest,
    /// Requests of callers that are known by name.
    pub callers: Vec<(String, CaseRequest)>,
    /// Whether its backends are stand-ins, because nothing is known of them.
    pub has_stand_ins: bool,
}

/// A value of the old and one of the new configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Both<T> {
    pub(super) old: T,
    pub(super) new: T,
}

impl<T> Both<T> {
    /// The same of both.
    pub(super) fn of(mut make: impl FnMut(Which) -> T) -> Self {
        Self { old: make(Which::Old), new: make(Which::New) }
    }

    pub(super) fn get(&self, which: Which) -> &T {
        match which {
            Which::Old => &self.old,
            Which::New => &self.new,
        }
    }

    pub(super) fn get_mut(&mut self, which: Which) -> &mut T {
        match which {
            Which::Old => &mut self.old,
            Which::New => &mut self.new,
        }
    }

    /// Both, the old one first.
    pub(super) fn each(&self) -> [&T; 2] {
        [&self.old, &self.new]
    }
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Which {
    Old,
    New,
}

impl Which {
    pub(super) const BOTH: [Self; 2] = [Self::Old, Self::New];
}
