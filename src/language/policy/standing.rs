//! How much of a document this program carries out: of each policy, whether it is executed, has no effect
//! here, or cannot be run.
//!
//! The answer is that of the compiler: what it makes of an element is what a request meets. Parts of a
//! policy that cannot be run are not told apart.

use std::collections::BTreeMap;

use super::check::CheckOptions;
use super::compile::{PolicyText, Sources, load_sources};
use super::document::{self, Options, Unresolved};
use super::program::{Op, PolicyScope, Section};
use super::scan::{Element, Format};
use crate::diagnostics::{Diagnostics, Severity, SourceId, Span};

/// What becomes of a policy, the better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// It does what it does in the service.
    Executed,
    /// It runs, and what it does is beyond what is simulated.
    Inert,
    /// A request that gets there fails.
    Unsupported,
}

impl Standing {
    /// All, the better first.
    pub const ALL: [Self; 3] = [Self::Executed, Self::Inert, Self::Unsupported];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Inert => "inert",
            Self::Unsupported => "unsupported",
        }
    }
}

/// A policy of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stand {
    /// Its start tag.
    pub span: Span,
    /// Element name.
    pub policy: String,
    /// The section it stands in; that in which it is tried, in a fragment or snippet.
    pub section: Option<Section>,
    /// What becomes of it.
    pub standing: Standing,
}

/// Elements that steer others and are no operation of their own.
const STEERING: [&str; 4] = ["base", "choose", "include-fragment", "otherwise"];

/// Every policy of the document in its order. `None`, with the errors told, when it cannot be compiled.
pub fn standings(
    source: SourceId,
    text: &str,
    options: &CheckOptions,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Stand>> {
    let format = if options.is_xml { Format::Xml } else { Format::Raw };
    let options = Options { format, unresolved: Unresolved::Keep, ..Options::default() };
    let scopes = BTreeMap::from([(PolicyScope::Api, PolicyText { source, text })]);
    let sources = Sources { scopes, options: options.clone(), is_check: true, ..Sources::default() };
    let mut problems = Diagnostics::new();
    let (program, _) = load_sources(&sources, &mut problems);
    for problem in problems.sorted() {
        // What is warned about is what this function tells.
        if problem.severity == Severity::Error {
            diagnostics.push(problem.clone());
        }
    }
    let program = program?;
    let mut stands: BTreeMap<Span, Stand> = BTreeMap::new();
    for (op, place) in program.ops.iter().zip(&program.places) {
        let Some(span) = place.span.filter(|span| span.source == source) else { continue };
        let standing = standing(op);
        let stand = stands.entry(span).or_insert_with(|| Stand {
            span,
            policy: place.policy.to_string(),
            section: Some(place.section),
            standing,
        });
        stand.standing = stand.standing.max(standing);
    }
    let document = document::read(source, text, &options, &mut Diagnostics::new());
    for part in document.parts() {
        add_steering(part.policies, part.section, &mut stands);
    }
    Some(stands.into_values().collect())
}

/// What becomes of a policy that was compiled to this.
fn standing(op: &Op) -> Standing {
    match op {
        Op::Unsupported => Standing::Unsupported,
        // What it tells or checks goes nowhere; the lines of `trace` are kept.
        Op::Record(record) if record.trace.is_none() => Standing::Inert,
        _ => Standing::Executed,
    }
}

/// Adds the elements that only steer. Depth is bounded by the reader.
fn add_steering(elements: &[Element], section: Option<Section>, stands: &mut BTreeMap<Span, Stand>) {
    for element in elements {
        let known = stands.get(&element.tag_span).map(|stand| stand.standing);
        if known == Some(Standing::Unsupported) {
            continue;
        }
        if known.is_none() && STEERING.contains(&element.name.as_str()) {
            let span = element.tag_span;
            let policy = element.name.clone();
            stands.insert(span, Stand { span, policy, section, standing: Standing::Executed });
        }
        add_steering(element.policies(), section, stands);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::SourceMap;

    fn found(text: &str) -> Option<Vec<(String, &'static str)>> {
        let mut sources = SourceMap::new();
        let source = sources.add("policy.xml", text);
        let mut diagnostics = Diagnostics::new();
        let stands = standings(source, text, &CheckOptions::default(), &mut diagnostics);
        assert_eq!(stands.is_none(), diagnostics.has_errors(), "{diagnostics:?}");
        Some(stands?.into_iter().map(|stand| (stand.policy, stand.standing.name())).collect())
    }

    #[test]
    fn every_policy_stands_somewhere() {
        let text = r#"<policies><inbound><base /><trace source="a"><message>b</message></trace>
            <llm-content-safety backend-id="b" />
            <choose><when condition="@(true)"><set-header name="a" exists-action="delete" /></when>
            <otherwise><xsl-transform><a><base /></a></xsl-transform></otherwise></choose></inbound></policies>"#;
        let expected = [
            ("base", "executed"),
            ("trace", "executed"),
            ("llm-content-safety", "inert"),
            ("choose", "executed"),
            ("when", "executed"),
            ("set-header", "executed"),
            ("otherwise", "executed"),
            ("xsl-transform", "unsupported"),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(name, word)| (name.to_owned(), word)).collect();
        assert_eq!(found(text), Some(expected));
    }

    #[test]
    fn fragments_are_looked_at_and_errors_are_told() {
        let text = r#"<fragment><set-header name="a" exists-action="delete" /></fragment>"#;
        assert_eq!(found(text), Some(vec![("set-header".to_owned(), "executed")]));
        assert_eq!(found("<policies><inbound><set-heder /></inbound></policies>"), None);
        assert_eq!(found(""), None);
    }
}
