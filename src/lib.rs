//! poolproof: a deterministic discrete-event simulator and policy verifier for Azure API Management
//! backend pools in front of Azure OpenAI deployments.
//!
//! # Bird's eye
//! An engineer has a policy (XML), backends and a pool (ARM JSON). [`config`] reads them together with a
//! scenario that describes what those files cannot: capacity, latency, traffic. The result is a
//! [`sim::RunPlan`]. [`sim::run`] plays it: traffic from [`workload`] reaches gateway instances, each the
//! sans-IO core of [`gateway`], which runs the compiled [`policy`] and decides; the answers come from the
//! deployments of [`backend`]. An observer turns what happens into rows, [`report`] into CSV, JSON and
//! charts, [`cli`] into files and an exit code.
//!
//! # One decision core
//! [`gateway`] is the only place where selection, breakers and retries are decided. It takes time as an
//! argument and every choice from a trait, and returns actions. [`mod@verify`] explores every order of events of the
//! same code, [`serve`] forwards real requests by it; nothing may copy its logic.
//!
//! # Layers
//! Imports point downward only, and never sideways; a test enforces it. The policy language and all of T0 but
//! [`random`] are a package of their own, `poolproof-language`: half of the code, and a change above it does not
//! build it again. So are [`tree`], [`resources`], [`rules`], [`export`] and [`mod@reference`], `poolproof-checker`:
//! what reads, checks and writes files needs no simulator. So are [`gateway`], [`mod@verify`] and [`wording`],
//! `poolproof-decision`: a mutant of the core links neither charts nor servers. And so are [`random`], [`backend`],
//! [`workload`], [`metrics`] and [`sim`], `poolproof-world`: what answers over HTTP stands on the same models. That is
//! [`wire`], [`serve`], [`mock`] and [`mod@drive`], `poolproof-forward`: nothing that simulates or proves links a
//! server.
//!
//! | tier | modules | what they know |
//! |---|---|---|
//! | T0 | [`units`], [`semantics`], [`diagnostics`], [`random`] | quantities, open questions, places, random numbers |
//! | T1 | [`policy`], [`backend`], [`workload`], [`metrics`], [`tree`] | policy; deployments; traffic; numbers; trees |
//! | T2 | [`gateway`], [`resources`], [`wording`] | decisions; what is deployed; words for both |
//! | T3 | [`sim`], [`report`], [`suite`], [`rules`] | runs; tables and charts; scripts; what will go wrong |
//! | T3 | [`mod@verify`] | every way in which decisions can go |
//! | T3 | [`export`], [`mod@reference`] | files to deploy; what policies are for |
//! | T3 | [`wire`] | listeners, bodies and the clock of what speaks HTTP |
//! | T4 | [`config`], [`explain`], [`contrast`] | file formats; what a policy does; what two differ in |
//! | T4 | [`serve`], [`mock`], [`mod@drive`] | the gateway, its backends and its clients over HTTP |
//! | T5 | [`cli`] | arguments, files, exit codes |
//!
//! # Invariants
//! - Same inputs and seed give the same bytes: on every run, in debug and release, on any platform with
//!   IEEE 754 arithmetic. Random draws are keyed by name; transcendental functions come from `libm`; no
//!   result depends on hash order, threads or the clock.
//! - Time is `u64` nanoseconds since run start, tokens are integers; gateway state holds no float.
//! - What Microsoft does not document is a named switch ([`semantics::Semantics`]), never a silent guess.
//! - No input makes the program panic; problems are [`diagnostics`] with a place, all told at once.

pub mod cli;
pub mod config;
pub mod contrast;
pub mod explain;
pub mod report;
pub mod suite;

pub use poolproof_checker::{export, reference, resources, rules, tree};
pub use poolproof_decision::{gateway, verify, wording};
pub use poolproof_forward::{drive, mock, serve, wire};
pub use poolproof_language::{diagnostics, policy, semantics, units};
pub use poolproof_world::{backend, metrics, random, sim, workload};
