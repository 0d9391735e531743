//! A policy document by itself: does it read, are its expressions C# that the service takes, and is every
//! policy one that can be run here?
//!
//! Rules
//! - What is not in the file (named values, fragments, broader scopes, backends) is taken to be there.
//! - A document is unreadable when its structure is broken; everything else is a finding.
//! - Every expression counts, wherever it stands: parsed, when it is C# 7; evaluable, when every name,
//!   type and member in it is known too.

use std::collections::BTreeMap;

use super::compile::{PolicyText, Sources, load_sources};
use super::csharp::{self, Expression, NamedValues, ParseOptions, Variables, parse_with};
use super::document::{self, Kind, Options, Unresolved};
use super::program::PolicyScope;
use super::scan::Format;
use crate::diagnostics::{Diagnostics, SourceId, Span};

/// How a document is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckOptions {
    /// It is deployed with format `xml`, in which expressions are escaped.
    pub is_xml: bool,
}

/// What is to be said of a document as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing to object.
    Clean,
    /// It reads; there are findings.
    Findings,
    /// Its structure is broken.
    Unreadable,
}

impl Verdict {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One expression of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckedExpression {
    /// Where.
    pub span: Span,
    /// It is C# 7.
    pub parsed: bool,
    /// Everything it names is known.
    pub evaluable: bool,
}

/// What was found in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// In one word.
    pub verdict: Verdict,
    /// `policies`, `fragment`, `snippet` or `foreign`.
    pub kind: &'static str,
    /// Elements that are no data.
    pub elements: usize,
    /// In the order of the document.
    pub expressions: Vec<CheckedExpression>,
}

impl Checked {
    /// Expressions that are C# 7.
    pub fn parsed(&self) -> usize {
        self.expressions.iter().filter(|e| e.parsed).count()
    }

    /// Expressions in which everything is known.
    pub fn evaluable(&self) -> usize {
        self.expressions.iter().filter(|e| e.evaluable).count()
    }
}

/// Whether a text begins like a policy document: for files whose name does not tell.
pub fn looks_like_policy(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{feff}').trim_start();
    loop {
        let end = if rest.starts_with("<!--") {
            "-->"
        } else if rest.starts_with("<?") {
            "?>"
        } else if rest.starts_with("<!DOCTYPE") {
            let has_subset = rest.find('[') < rest.find('>') && rest.contains('[');
            if has_subset { "]>" } else { ">" }
        } else {
            break;
        };
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after.trim_start();
    }
    let Some(tag) = rest.strip_prefix('<') else { return false };
    let length = tag.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(tag.len());
    let name = tag.get(..length).unwrap_or("");
    matches!(name, "policies" | "fragment") || document::is_policy_word(name)
}

/// Whether a text has the element of a whole policy, a fragment or a section somewhere: for files that are
/// meant to be policies, by their extension, and begin with something else.
pub fn mentions_policy(text: &str) -> bool {
    ["<policies", "<fragment", "<inbound", "<backend", "<outbound", "<on-error"]
        .into_iter()
        .any(|tag| text.contains(tag))
}

/// Checks `text`; findings go to `diagnostics`.
pub fn check(source: SourceId, text: &str, options: &CheckOptions, diagnostics: &mut Diagnostics) -> Checked {
    let format = if options.is_xml { Format::Xml } else { Format::Raw };
    let options = Options { format, unresolved: Unresolved::Keep, ..Options::default() };
    let mut reading = Diagnostics::new();
    let document = document::read(source, text, &options, &mut reading);
    let is_readable = !reading.has_errors();
    let elements = document::count_elements(&document.roots).values().sum();
    let expressions = document::expressions(&document.roots)
        .iter()
        .map(|site| {
            let parse = ParseOptions { named_values: NamedValues::Tolerate };
            let parsed = parse_with(site.text, parse, &mut Diagnostics::new()).is_some();
            let options = csharp::Options { parse, ..csharp::Options::default() };
            let mut names = Variables::new();
            let mut quiet = Diagnostics::new();
            let compiled = Expression::compile_with(site.text, &mut names, &options, &mut quiet);
            let evaluable = parsed && compiled.is_some();
            CheckedExpression { span: site.text.span, parsed, evaluable }
        })
        .collect();
    if is_readable {
        let scopes = BTreeMap::from([(PolicyScope::Api, PolicyText { source, text })]);
        let sources = Sources { scopes, options, is_check: true, ..Sources::default() };
        load_sources(&sources, diagnostics);
    } else {
        diagnostics.extend(reading);
    }
    let verdict = match (is_readable, diagnostics.is_empty()) {
        (false, _) => Verdict::Unreadable,
        (true, false) => Verdict::Findings,
        (true, true) => Verdict::Clean,
    };
    let kind = match document.kind {
        Kind::Policies => "policies",
        Kind::Fragment => "fragment",
        Kind::Snippet => "snippet",
        Kind::Foreign => "foreign",
    };
    Checked { verdict, kind, elements, expressions }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_how_they_begin() {
        for (text, expected) in [
            ("<policies/>", true),
            ("\u{feff}<!-- a --><?xml version='1.0'?>\n<fragment/>", true),
            ("<!DOCTYPE policies>\n<policies/>", true),
            ("<!DOCTYPE a [<!ENTITY b \"c\">]><inbound/>", true),
            ("<set-variable name='a' value='b'/>", true),
            ("<configuration><policies/></configuration>", false),
            ("# text\n<policies/>", false),
            ("<!-- a ->\n<policies/>", false),
            ("", false),
        ] {
            assert_eq!(looks_like_policy(text), expected, "{text}");
        }
        assert!(mentions_policy("<!-- a ->\n<policies/>"));
        assert!(!mentions_policy("<project><build/></project>"));
    }
}
