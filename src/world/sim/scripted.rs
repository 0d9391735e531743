//! Answers of deployments by script: when they are heard of.
//!
//! Model choices
//! - An answer comes whole, streamed or not; of one that breaks off only the head comes.
//! - Faults come first: a call that is lost, gets no answer or the answer of a fault does not reach the script.

use super::services::{Course, Heard};
use crate::backend::{CallAnswer, DeploymentSpec, ScriptedOutcome};
use crate::units::{Duration, Timestamp};

/// When the answer to a call that is sent at `now` is heard of. `whole` is how long the deployment's own answer takes,
/// `lost_at` when connections break.
pub(super) fn course(
    answer: &CallAnswer,
    deployment: &DeploymentSpec,
    whole: impl FnOnce() -> Duration,
    now: Timestamp,
    lost_at: Timestamp,
) -> Course {
    let usual = match &answer.outcome {
        ScriptedOutcome::Silence => return Course { at: Timestamp::MAX, heard: Heard::Nothing },
        ScriptedOutcome::NoConnection | ScriptedOutcome::Response { breaks_off: true, .. } => {
            deployment.network
        }
        ScriptedOutcome::Response { status, .. } if status.is_success() => whole(),
        ScriptedOutcome::Response { .. } => deployment.refusal_time(),
    };
    let at = now.saturating_add(answer.delay.unwrap_or(usual));
    if at > lost_at {
        return Course { at: lost_at, heard: Heard::Loss };
    }
    let heard = match &answer.outcome {
        ScriptedOutcome::Response { breaks_off: true, .. } => Heard::Head { ends: at, is_cut: true },
        ScriptedOutcome::Response { .. } => Heard::Answer,
        ScriptedOutcome::NoConnection | ScriptedOutcome::Silence => Heard::Loss,
    };
    Course { at, heard }
}
