//! A rule: what it is about, for people, and how it looks.

use super::finding::Report;
use super::setup::Setup;
use crate::diagnostics::Severity;

/// A rule. All texts are plain sentences; no markup but backticks.
#[derive(Debug)]
pub struct Rule {
    /// `PP` and four digits; never used again for anything else. 10xx: resources; 11xx: policies; 12xx: both
    /// together; 13xx: with a workload; 19xx: files that cannot be read.
    pub code: &'static str,
    /// In words, kebab-case: `several-breaker-rules`.
    pub name: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is found, in one line.
    pub summary: &'static str,
    /// What happens and why that is bad, in some sentences.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Where it says so: page and date, schema and version, or whose observation.
    pub source: &'static str,
    /// Tiers and API versions, where not all.
    pub applies: &'static str,
    /// Files in which it is found; the first is shown on its page.
    pub bad: &'static [Example],
    /// Files that are right: at least the first bad one, mended.
    pub good: &'static [Example],
    /// How it is found.
    pub found: Found,
}

/// Who finds it.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// The rule itself.
    Here(fn(&Setup, &mut Report<'_>)),
    /// Whoever reads files: diagnostics of these names are its findings.
    ByReaders(&'static [&'static str]),
}

/// Files of one example: names and texts. The name tells the form.
#[derive(Clone, Copy, Debug)]
pub struct Example(pub &'static [(&'static str, &'static str)]);
