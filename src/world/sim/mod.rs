//! The discrete-event simulator: drives the decision core against modelled deployments and traffic.
//!
//! Invariants
//! - Events have a total order (time, class, insertion); equal plans give equal journals.
//! - Random draws are keyed: sizes by request, latency by request, attempt and backend, faults by what they
//!   concern; in a mix of clients by client and the number of its call. Variants of a
//!   scenario see the same traffic, and changing one backend never shifts another's draws.
//! - Memory grows with requests under way and with window sizes, not with requests.
//! - Accounting identities are checked at the end of every run, in every build ([`RunResult::check`]).
//!
//! Not known here: files, configuration formats, how results are shown.

mod answers;
mod attempts;
mod calendar;
mod callers;
mod calls;
mod choices;
mod endings;
mod endpoints;
mod engine;
mod faults;
mod fleet;
mod flight;
mod journal;
mod ledger;
mod observe;
mod plan;
mod result;
mod scripted;
mod services;
mod sessions;
mod spillover;
#[cfg(test)]
pub(crate) mod test_support;
mod timeline;
mod world;

pub use callers::GroupResult;
pub use calls::{request_key, told_wait};
pub use choices::SeededChoices;
pub use endpoints::Endpoint;
pub use engine::run;
pub use faults::{FaultKind, FaultSpec, FaultTimes, Loss, LossKind, Phase, PoolAbsence, ScriptedAnswer};
pub use fleet::{FleetSpec, Life, RegionSpec};
pub use ledger::{BackendLedger, Ledger};
pub use observe::{
    AttemptResult, IntervalRecord, NoObserver, Observer, Outcome, RequestRecord, Step, TripRecord,
};
pub use plan::{Caller, Objective, Operation, RunPlan, Target};
pub use result::{
    AccountingError, BackendResult, CallsResult, FaultResult, PhaseResult, RunResult, SpilloverResult,
};
pub use services::{Asked, Course, Heard, Reply, Served, Services};
pub use sessions::{Cookies, SessionsResult};
pub use spillover::{Handed, Spill, Spillover, SpilloverTarget, tell_spillover};
