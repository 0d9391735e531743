//! A mock that runs by itself until the process is told to end.

use std::io;
use std::sync::Arc;

use thiserror::Error;

use super::options::Options;
use super::server::{Ended, Mock, Running, StartError};
use crate::sim::RunPlan;
use crate::wire::told_to_end;

/// Why a mock could not run.
#[derive(Debug, Error)]
pub enum RunError {
    /// It could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The system gives no threads, or no signals.
    #[error("cannot run: {0}")]
    System(#[from] io::Error),
}

/// Runs a mock on threads of its own until the process is told to end. `ready` is called once all listen.
///
/// # Errors
/// It cannot start; then nothing listens.
pub fn run_until_signal(
    plan: Arc<RunPlan>,
    options: Options,
    ready: impl FnOnce(&Running),
) -> Result<Ended, RunError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let running = Mock::start(plan, options).await?;
        ready(&running);
        told_to_end().await?;
        Ok(running.stop().await)
    })
}
