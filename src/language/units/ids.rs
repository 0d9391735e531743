//! Ids. Each is an index into the list of the module that hands it out, so that the decision core
//! holds plain numbers.

use std::fmt;

/// One client request of a run, numbered from 0 in order of arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// A single backend entity of the gateway: index into `GatewaySpec::backends`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackendId(pub u16);

impl BackendId {
    /// The position in the list of backends.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A load-balanced pool of the gateway: index into `GatewaySpec::pools`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolId(pub u16);

impl PoolId {
    /// The position in the list of pools.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The n-th forward of one request, from 1. A selection that finds no backend is not an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttemptNumber(pub u32);

impl AttemptNumber {
    /// The attempt after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
