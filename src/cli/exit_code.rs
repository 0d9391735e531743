//! What the process ends with.

use std::process::ExitCode;

/// Exit codes of every command. They are a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, nothing to object.
    Ok = 0,
    /// A finding, a violation or a missed requirement.
    Finding = 1,
    /// The input cannot be used.
    Unusable = 2,
    /// A bound was reached without a verdict.
    Inconclusive = 3,
    /// Nothing was there to run.
    NothingRan = 4,
    /// A defect of this program.
    Internal = 101,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
