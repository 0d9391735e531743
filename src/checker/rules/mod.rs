//! What will go wrong with a configuration, found from its files alone.
//!
//! Rules
//! - One rule is one file, one code and one [`Rule`]: its page, its example, its test. A test holds every rule
//!   against its own examples, and against those of all others.
//! - An error is what certainly fails: the service refuses it, a cast certainly throws, a body is certainly lost.
//!   What may fail is a warning; what is worth a thought is info. What only the deployment knows is no finding.
//! - What is not among the inputs is unknown, never absent: see [`Setup::is_partial`].
//! - A finding that holds only under one reading of an undocumented point names that reading.
//!
//! Rooms: `backends`, `policies`, `together` and `workload` hold a rule per file, `reading` the rules of readers,
//! `setup` what they look at, `settle` how sure readers are, `registry` the list of all.

mod apply;
mod backends;
#[cfg(test)]
mod corpus;
mod edits;
mod embedded;
mod examples;
mod facts;
mod finding;
#[cfg(test)]
mod ledger;
mod places;
mod policies;
mod reading;
mod registry;
#[cfg(test)]
mod right_policies;
mod rule;
mod settle;
mod setup;
pub mod show;
mod sites;
#[cfg(test)]
mod tests;
mod together;
mod told;
mod truth;
mod workload;

pub use apply::apply;
pub use embedded::{Places, in_files};
use facts::{account_of, deployment_in, deployments_of, host, is_model_endpoint};
pub use finding::{Edit, Finding, Fix, Report};
pub use registry::{all, by_code, check};
pub use rule::{Example, Found, Rule};
pub use setup::{PolicyFile, Setup, Tier, Workload, read_setup};
pub use told::{Told, gather, sort, suggest, suppress};
