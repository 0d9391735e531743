//! What `verify` found, for people and for tools.

mod calls;
mod cases;
mod equivalence;
mod findings;
mod hints;
mod human;
mod json;
mod mending;
mod mermaid;
mod rehearsal;
mod scenario;
#[cfg(feature = "http")]
mod script;
#[cfg(feature = "http")]
mod sockets;
mod svg;
mod table;
mod timing;
mod token;

pub(crate) use cases::cases;
pub(crate) use equivalence::{human as equivalence_human, json as equivalence_json};
pub(crate) use findings::{add_code_flows, findings, place};
pub(crate) use human::human;
pub(crate) use json::{course_json, json};
pub(crate) use mending::mending;
pub(crate) use mermaid::mermaid;
pub(crate) use scenario::{Exported, scenario};
#[cfg(feature = "http")]
pub(crate) use script::{PACE as SCRIPT_PACE, Script, script};
#[cfg(feature = "http")]
pub(crate) use sockets::{OnSockets, on_sockets, one_gateway};
pub(crate) use svg::svg;
pub(crate) use table::course_table;
pub(crate) use token::{Token, fingerprint};

use std::collections::BTreeMap;

use crate::verify::{Answers, Course, Limits, Path, Property, Report, Setup, course};

/// A report with everything that it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Proof<'a> {
    /// What people call the configuration.
    pub title: &'a str,
    /// Where it lies, as it was named.
    pub paths: &'a [String],
    pub setup: &'a Setup,
    pub limits: Limits,
    pub report: &'a Report,
    /// Fixes that make properties hold, in words.
    pub mending: &'a BTreeMap<Property, String>,
}

impl Proof<'_> {
    /// What a path does in a world.
    pub(crate) fn course(&self, world: usize, path: &Path) -> Course {
        let answers: &Answers = &self.report.answers;
        course(self.setup, answers, self.limits, &self.report.worlds, world, path)
    }

    /// The words that play a path again.
    pub(crate) fn token(&self, world: usize, path: &Path) -> String {
        Token::new(self.setup, self.report.worlds.changes(world), path, self.paths).to_string()
    }
}
