//! What a rule found, and how it could be mended.

use super::rule::Rule;
use super::sites::Sites;
use crate::diagnostics::{Diagnostic, Span};

/// A finding.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// What is wrong, where, why. Its code is that of the rule, its severity may be milder.
    pub diagnostic: Diagnostic,
    /// How to mend it.
    pub fix: Option<Fix>,
    /// The reading of an undocumented point without which it does not hold: path and reading of the switch.
    pub reading: Option<(&'static str, &'static str)>,
}

/// A change that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, for `help`.
    pub what: String,
    /// Replacements that do not overlap.
    pub edits: Vec<Edit>,
    /// Whether it cannot change what is meant.
    pub is_safe: bool,
}

/// New text for a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// Takes the findings of one rule.
#[derive(Debug)]
pub struct Report<'f> {
    rule: &'static Rule,
    sites: &'f [Sites<'f>],
    findings: &'f mut Vec<Finding>,
}

impl<'f> Report<'f> {
    /// For the findings of `rule` in policies with these elements.
    pub(super) const fn new(
        rule: &'static Rule,
        sites: &'f [Sites<'f>],
        findings: &'f mut Vec<Finding>,
    ) -> Self {
        Self { rule, sites, findings }
    }

    /// The policies that read as a whole, by their elements: one row for all rules.
    pub(super) fn files(&self) -> std::slice::Iter<'f, Sites<'f>> {
        self.sites.iter()
    }

    /// Something was found at `span`. The finding can be told more precisely.
    pub fn add(&mut self, span: impl Into<Option<Span>>, message: impl Into<String>) -> &mut Finding {
        let diagnostic =
            Diagnostic::new(self.rule.code, self.rule.severity, span, message).help(self.rule.fix);
        self.findings.push_mut(Finding { rule: self.rule, diagnostic, fix: None, reading: None })
    }
}

impl Finding {
    /// Words beside the marked place.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.diagnostic.label = label.into();
        self
    }

    /// Another place that belongs to it.
    pub fn place(&mut self, span: Span, label: impl Into<String>) -> &mut Self {
        self.diagnostic.places.push((span, label.into()));
        self
    }

    /// Cause or consequence, in one line.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.diagnostic.notes.push(note.into());
        self
    }

    /// Advice for this very place, instead of the rule's.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.diagnostic.help = Some(help.into());
        self
    }

    /// Not as bad as the rule says.
    pub fn severity(&mut self, severity: crate::diagnostics::Severity) -> &mut Self {
        self.diagnostic.severity = severity;
        self
    }

    /// A change of one place that mends it.
    pub fn fix(&mut self, what: impl Into<String>, is_safe: bool, edits: Vec<Edit>) -> &mut Self {
        self.fix = Some(Fix { what: what.into(), edits, is_safe });
        self
    }

    /// It holds under this reading of a switch only.
    pub fn only_under(&mut self, switch: &'static str, reading: &'static str) -> &mut Self {
        self.reading = Some((switch, reading));
        self
    }
}
