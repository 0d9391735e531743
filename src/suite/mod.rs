//! Unit tests of policies: requests at given times against scripted backends, in virtual time.
//!
//! The decision core does what it would do in the gateway; here the world is a script. A case is a few
//! requests, what each backend answers to its first, second, ... call, and what must come out.
//!
//! Rules
//! - Nothing is random: weighted choices take the first possibility, identifiers count.
//! - A case runs on a gateway instance of its own that has just started.
//! - Every expectation that does not hold is told, with what was found instead.
//!
//! Not here: file formats (`config`), printing (`cli`), latency and quota models (`backend`).

mod coverage;
mod expect;
mod model;
mod run;
mod world;

pub use coverage::{Coverage, CoverageCounts, Covered};
pub use expect::{BodyExpectation, Expectation, ExpectedError, HeaderExpectation, Mismatch};
pub use model::{Answer, Case, CaseRequest, Endpoint, Outcome, Script, Suite};
pub use run::{CallEnd, CaseResult, RequestRecord, run_case};
pub use world::{World, repeated, spaced};
