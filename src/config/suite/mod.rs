//! Files with tests of policies: requests, what the backends answer, and what must come out.
//!
//! Rules
//! - The policy, its fragments and the backends are files of their own; a scenario can be named instead.
//! - A field of a request replaces that of `defaults`; headers are merged by name, and null takes one away.
//!   A script of a backend or endpoint replaces the whole script of `defaults`.
//! - Answers in a list without `call` are those to the first, second, ... call; the last one goes on. With a
//!   `call` somewhere in the list, the one without is for all other calls.
//! - All problems are told at once, also those of the policy.

mod answers;
mod cases;
mod expect;
mod facts;
mod json;
mod keys;
mod read;
pub(crate) mod shapes;
#[cfg(test)]
mod tests;
mod world;

pub(super) use answers::read_script;
pub use read::{is_suite, load_suite};
