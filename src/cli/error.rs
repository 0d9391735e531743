//! Why a command fails although its input could be used.

use thiserror::Error;

use super::output::OutputError;
use crate::sim::AccountingError;

/// Why a run has no result although its input was fine.
#[derive(Debug, Error)]
pub(crate) enum ExecuteError {
    /// A file could not be written or read.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A defect of this program.
    #[error(transparent)]
    Accounting(#[from] AccountingError),
    /// A chart could not be drawn.
    #[error("chart of {0}: {1}")]
    Chart(String, String),
    /// The summary could not be written as JSON.
    #[error("summary: {0}")]
    Json(#[from] serde_json::Error),
}

impl ExecuteError {
    /// Whether this program is to blame.
    pub(crate) fn is_internal(&self) -> bool {
        matches!(self, Self::Accounting(_) | Self::Json(_))
    }
}
