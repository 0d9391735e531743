//! Every way in which the decision core can go, within bounds.

mod answers;
mod breakers;
mod conduct;
mod custom;
mod drive;
mod equivalent;
mod explorer;
mod guide;
mod memo;
mod path;
mod properties;
mod rest;
mod setup;
mod stage;
#[cfg(test)]
mod tests;
mod verdict;
mod watch;
mod whole;
mod worlds;

pub use answers::{Answer, Answers, Kind, RetryAfter};
pub use custom::{Custom, VARIABLES};
pub use equivalent::{Distinction, Equivalence, Given, Histories, equivalent};
pub use explorer::Progress;
pub use memo::Worst;
pub use path::{Course, Move, Path, Scene, Standing, course};
pub use properties::{Breach, Cause, Class, Property, PropertyInfo, Sight};
pub use setup::{Bounds, Limits, Setup};
pub use stage::Happening;
pub use verdict::{Checked, Extent, Listener, Otherwise, Profile, Report, Task, Uncovered, Verdict};
pub use whole::verify;
pub use worlds::{MOST_WORLDS, Mask, Worlds};
