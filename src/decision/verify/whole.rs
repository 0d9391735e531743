//! The whole of it: what may be answered, all ways as configured, then all ways with each other reading.

use super::answers::Answers;
use super::explorer::Explorer;
use super::setup::Setup;
use super::verdict::{Listener, Report, Task};
use super::watch::Watch;
use super::worlds::Worlds;
use crate::semantics::Switch;

/// Looks at every way in which `setup` can go, as far as `task` says.
pub fn verify(setup: &Setup, task: &Task, listener: Listener<'_>) -> Report {
    let answers = Answers::of(setup);
    let watch = Watch::new(setup, &answers, task.limits);
    let one = Worlds::configured(&setup.gateway);
    let configured = Explorer::new(&watch, &one, &answers, task.bounds, true).explore(listener);
    let worlds = Worlds::alone(&setup.gateway, Switch::ALL);
    let others = task.readings.map(|bounds| {
        let explored = Explorer::new(&watch, &worlds, &answers, bounds, true).explore(listener);
        (explored, bounds)
    });
    Report::of(setup, task, answers.clone(), configured, others.as_ref(), worlds)
}
