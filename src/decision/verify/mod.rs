//! Every way in which the decision core can go, within bounds.
//!
//! Rules
//! - What is explored is the core itself: `stage` plays one event through it, `watch` looks at what it did. Nothing
//!   here decides what a gateway would.
//! - The first way that is found to anything is a shortest one, for any number of threads.
//! - What was not looked at is said: bounds, readings, ends of ranges, what was never seen.
//!
//! Rooms: `setup` is what is verified and how far; `answers` is what backends may do, `worlds` the readings of what is
//! not documented, `guide` every choice; `stage` plays, `watch`, `client`, `breakers`, `conduct`, `limits`, `rest` and
//! `custom` look, `properties` names what is to hold; `memo` works steps out once. `explorer` goes through all states
//! (each a `state`), `next` tells what may come after one, `seen` what is new, `ways` how it came to a breach, `path`
//! is that to play; `sides` is for threads. `verdict` is the result, `combined` takes readings together, `whole` does
//! all of it. `storm` goes beyond every bound, by chance. `drive` and `equivalent` play requests one after the other
//! on two configurations.
//!
//! Deliberately absent: latency, quota, prices, files, and readings that only expressions ask for.

mod answers;
mod breakers;
mod client;
mod combined;
mod conduct;
mod custom;
mod drive;
mod equivalent;
mod explorer;
mod guide;
mod limits;
mod memo;
mod next;
mod path;
mod properties;
mod rest;
mod seen;
mod setup;
mod sides;
mod stage;
mod state;
mod storm;
#[cfg(test)]
mod tests;
mod verdict;
mod watch;
mod ways;
mod whole;
mod worlds;

pub use answers::{Answer, Answers, Kind, RetryAfter, distinct};
pub use custom::{Custom, VARIABLES};
pub use equivalent::{Distinction, Equivalence, Given, Histories, equivalent};
pub use explorer::Progress;
pub use limits::usage;
pub use memo::Worst;
pub use path::{Course, Move, Path, Scene, Sent, Standing, breaches_of, course};
pub use properties::{Breach, Cause, Class, Property, PropertyInfo, Sight};
pub use setup::{Bounds, Limits, Setup};
pub use stage::Happening;
pub use storm::{Storms, storms};
pub use verdict::{
    Checked, Combinations, Extent, Listener, Otherwise, Profile, Report, Task, Uncovered, Verdict,
};
pub use whole::verify;
pub use worlds::{MOST_WORLDS, Mask, Worlds};
