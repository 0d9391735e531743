//! Policy documents as people keep them: whole policies, fragments, snippets; with named values still to be
//! put in; printed again; counted.
//!
//! Rules
//! - A file is a [`Document`] of one [`Kind`]. What its parts are is told by the names of its top elements
//!   alone; whether policies stand where they may is checked elsewhere.
//! - Named values are put in before anything is parsed, as the service does; every place still leads back
//!   to the file.
//! - Printing and reading again gives the same tree.
//!
//! Not known here: what policies do, and where fragments and named values are kept.

mod kind;
mod print;
mod substitute;
#[cfg(test)]
mod tests;
mod walk;

pub(in crate::policy) use kind::is_policy_word;
pub use kind::{Document, Kind, Options, Part, read};
pub use print::print;
pub use substitute::{NamedValues, Unresolved, substitute};
pub use walk::{ExpressionSite, count_elements, expressions};
