//! How faithfully an operation is run.

use crate::policy::Op;

/// How faithfully an operation is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// As in the service.
    Executed,
    /// Its expressions are evaluated; its effect is not modelled.
    Inert,
    /// A request that gets there ends in an error.
    Unsupported,
}

impl Standing {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Inert => "inert",
            Self::Unsupported => "unsupported",
        }
    }
}

/// How faithfully `op` is run.
pub fn standing(op: &Op) -> Standing {
    match op {
        Op::Unsupported => Standing::Unsupported,
        Op::Record(record) if record.trace.is_none() => Standing::Inert,
        _ => Standing::Executed,
    }
}
