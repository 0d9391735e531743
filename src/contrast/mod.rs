//! What two configurations do differently for clients: the same requests, sent to both, and the same things
//! happening at backends.
//!
//! Rules
//! - Nothing here is deduced from the text of a configuration: both are played through the decision core in
//!   virtual time, class by class, and what comes out is compared.
//! - A class is a request (`ways`), what backends answer (`answers`), which of them (`members`), and what has
//!   happened before (`classes`). What to try is taken from both configurations: values that expressions
//!   compare, statuses that conditions and breakers tell apart, thresholds, lengths of trips, limits.
//! - Classes that differ alike are told once, with the smallest of them as witness.
//! - What no class reaches is not told to be alike: how many were played is part of the report.
//!
//! Rooms: `side` is what is compared, `accounts` finds the same backend on both sides; `ways`, `literals`,
//! `answers`, `members` and `classes` make up what is tried; `play` plays, `seen` keeps what came of it; `facets`
//! compares, `groups` gathers, `shares` counts over many requests, `structure` lists what was edited; `told` puts
//! into words; `whole` does all of it, `report` is the result as data, `render` lays it out.
//!
//! Deliberately not here: reading files (`config`), latency and quotas (`sim`), which of the two is better.

mod accounts;
mod answers;
mod classes;
mod facets;
mod groups;
mod literals;
mod members;
mod play;
mod render;
mod report;
mod seen;
mod shares;
mod side;
mod structure;
#[cfg(test)]
mod tests;
mod told;
mod ways;
mod whole;

pub use render::{human, markdown};
pub use report::{Course, Difference, Edit, Report, ShareChange, UnderReading, Witness};
pub use side::Side;
pub use whole::contrast;
