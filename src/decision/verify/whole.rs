//! The whole of it: what may be answered, all ways as configured, then all ways with other readings.

use super::answers::Answers;
use super::combined::combined;
use super::explorer::Explorer;
use super::setup::Setup;
use super::verdict::{Listener, Others, Report, Task};
use super::watch::Watch;
use super::worlds::Worlds;
use crate::semantics::Switch;

/// Looks at every way in which `setup` can go, as far as `task` says.
pub fn verify(setup: &Setup, task: &Task, listener: Listener<'_>) -> Report {
    let answers = Answers::of(setup);
    let watch = Watch::new(setup, &answers, task.limits);
    let one = Worlds::configured(&setup.gateway);
    let configured = Explorer::new(&watch, &one, &answers, task.bounds, true).explore(listener);
    let others = match (task.readings, task.combinations) {
        (None, _) => Others::none(one),
        (Some(bounds), Some(most)) => combined(&watch, &answers, task, bounds, most, listener),
        (Some(bounds), None) => {
            let worlds = Worlds::alone(&setup.gateway, Switch::ALL);
            let explored = Explorer::new(&watch, &worlds, &answers, bounds, true).explore(listener);
            Others::alone(setup, task, &explored, bounds, worlds)
        }
    };
    Report::of(setup, task, answers.clone(), configured, others)
}
