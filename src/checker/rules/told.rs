//! What there is to tell of a configuration: findings of rules and problems of readers, as one list.

use std::collections::BTreeMap;

use super::finding::{Edit, Finding, Fix};
use super::registry::all;
use super::rule::{Found, Rule};
use crate::diagnostics::{Diagnostic, Diagnostics, Severity, SourceId, SourceMap, Span};
use crate::units::Duration;

/// Something to tell.
#[derive(Clone, Debug)]
pub struct Told {
    /// With the code of its rule, if it has one.
    pub diagnostic: Diagnostic,
    /// The name under which a reader tells it; of a finding of a rule, its code.
    pub problem: &'static str,
    /// The rule, unless a reader objects to something that has none.
    pub rule: Option<&'static Rule>,
    /// How to mend it.
    pub fix: Option<Fix>,
    /// The reading of an undocumented point without which it does not hold.
    pub reading: Option<(&'static str, &'static str)>,
    /// Why it is not told, if somebody has said so in the file.
    pub suppressed: Option<String>,
}

impl From<Finding> for Told {
    fn from(finding: Finding) -> Self {
        let Finding { rule, diagnostic, fix, reading } = finding;
        Self { diagnostic, problem: rule.code, rule: Some(rule), fix, reading, suppressed: None }
    }
}

impl From<&Diagnostic> for Told {
    /// A problem of a reader is a finding of the rule that has it, if one has.
    fn from(problem: &Diagnostic) -> Self {
        let has =
            |rule: &&Rule| matches!(rule.found, Found::ByReaders(names) if names.contains(&problem.code));
        let rule = all().find(has);
        let mut diagnostic = problem.clone();
        if let Some(rule) = rule {
            diagnostic.code = rule.code;
            // A reader says what it cannot take, the rule what the service is sure to refuse.
            if diagnostic.severity > rule.severity {
                diagnostic.severity = rule.severity;
                diagnostic.notes.push(format!("source: {}", rule.source));
            }
        }
        Self { diagnostic, problem: problem.code, rule, fix: None, reading: None, suppressed: None }
    }
}

impl Told {
    /// The code of the rule, or the name of the problem.
    pub const fn code(&self) -> &'static str {
        self.diagnostic.code
    }

    /// Whether the file could not be read: nothing was looked at in it.
    pub fn is_unusable(&self) -> bool {
        let is_input = self.rule.is_none_or(|rule| {
            rule.code.starts_with("PP19") || matches!(rule.name, "malformed-policy" | "policy-too-large")
        });
        is_input && self.diagnostic.severity == Severity::Error
    }
}

/// Everything in order of place, each once.
pub fn gather(findings: Vec<Finding>, problems: &Diagnostics) -> Vec<Told> {
    let mut all: Vec<Told> = problems.sorted().into_iter().map(Told::from).collect();
    all.extend(findings.into_iter().map(Told::from));
    sort(&mut all);
    all
}

/// Gives problems of readers that name what was meant a fix: the name for what is written.
///
/// Names of elements stand at the end of the element once more and are left to people.
pub fn suggest(all: &mut [Told], sources: &SourceMap) {
    for told in all.iter_mut().filter(|told| told.fix.is_none()) {
        let is_name = matches!(
            told.problem,
            "unknown-field"
                | "unknown-value"
                | "unknown-attribute"
                | "unknown-member"
                | "unknown-name"
                | "bad-duration"
        );
        let meant = told.diagnostic.help.as_deref().and_then(|help| help.strip_prefix("did you mean `"));
        let meant = meant.and_then(|help| help.strip_suffix("`?")).filter(|_| is_name);
        let (Some(meant), Some(span)) = (meant, told.diagnostic.span) else { continue };
        let written = sources.slice(span);
        let quote = written.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let text = quote.map_or_else(|| meant.to_owned(), |quote| format!("{quote}{meant}{quote}"));
        let bare = quote.map_or(Some(written), |quote| written.strip_prefix(quote)?.strip_suffix(quote));
        // Only a name can be one: what is computed stands elsewhere.
        let is_duration = told.problem == "bad-duration";
        let is_bare = bare.is_some_and(|bare| {
            !bare.is_empty()
                && (!is_duration || Duration::parse(bare).is_ok())
                && bare.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        });
        if is_bare {
            let edits = vec![Edit { span, text }];
            told.fix = Some(Fix { what: format!("write `{meant}`"), edits, is_safe: false });
        }
    }
}

/// Puts a list in order of place and code, each once.
pub fn sort(all: &mut Vec<Told>) {
    all.sort_by(|one, other| {
        let key = |told: &Told| (told.diagnostic.span, told.diagnostic.code);
        key(one).cmp(&key(other)).then_with(|| one.diagnostic.message.cmp(&other.diagnostic.message))
    });
    all.dedup_by(|one, other| one.diagnostic == other.diagnostic);
}

/// Takes away what is said to be all right in the files: `poolproof: ignore PP1101: reason` in a comment, for the line
/// of the comment and the one after it; `poolproof: ignore-file PP1101: reason` for the whole file.
///
/// A comment without a reason, with an unknown rule, or that nothing answers to is told itself.
pub fn suppress(all: &mut Vec<Told>, sources: &SourceMap) {
    let mut comments: BTreeMap<SourceId, Vec<Comment>> = BTreeMap::new();
    for source in sources.ids() {
        let mut found = comments_of(source, sources.text(source));
        // What stands in a policy inside of this file is a comment of that policy.
        let parts: Vec<Span> = sources.parts_of(source).collect();
        found.retain(|comment| {
            !parts.iter().any(|part| comment.span.start >= part.start && comment.span.end <= part.end)
        });
        if !found.is_empty() {
            comments.insert(source, found);
        }
    }
    for told in all.iter_mut() {
        let Some(span) = told.diagnostic.span else { continue };
        let Some(own) = comments.get_mut(&span.source) else { continue };
        let line = sources.position(span).line;
        for comment in own {
            let is_here = comment.is_file || line == comment.line || line == comment.line.saturating_add(1);
            let is_meant = comment.rules.iter().any(|rule| {
                super::by_code(rule)
                    .map_or(rule.eq_ignore_ascii_case(told.code()), |rule| rule.code == told.code())
            });
            if is_here && is_meant && !comment.reason.is_empty() {
                told.suppressed = Some(comment.reason.clone());
                comment.is_used = true;
            }
        }
    }
    for comment in comments.into_values().flatten() {
        all.extend(comment.problem().map(|problem| Told::from(&problem)));
    }
}

/// A comment that suppresses findings.
struct Comment {
    line: u32,
    span: Span,
    rules: Vec<String>,
    reason: String,
    is_file: bool,
    is_used: bool,
}

impl Comment {
    fn problem(&self) -> Option<Diagnostic> {
        let rules = self.rules.join(", ");
        let unknown = self.rules.iter().find(|rule| super::by_code(rule).is_none());
        let tell = |code, message: String, label: &str| {
            Some(Diagnostic::warning(code, self.span, message).label(label))
        };
        if let Some(unknown) = unknown {
            return tell(
                "suppression-unknown",
                format!("there is no rule `{unknown}`"),
                "expected codes such as `PP1101`",
            );
        }
        if self.reason.is_empty() {
            let message = format!("{rules} is ignored without a reason");
            return tell("suppression-reason", message, "expected `: ` and a reason after the codes");
        }
        if self.is_used {
            return None;
        }
        tell("suppression-unused", format!("nothing here is told by {rules}"), "this comment can go")
    }
}

/// The comments of a text that suppress something. Any text after a sign of a comment counts: what is in a text of the
/// configuration instead suppresses nothing that is not there.
fn comments_of(source: SourceId, text: &str) -> Vec<Comment> {
    const MARK: &str = "poolproof: ignore";
    let mut found = Vec::new();
    if !text.contains(MARK) {
        return found;
    }
    let mut begin = 0_usize;
    for (index, line) in text.split('\n').enumerate() {
        let own = begin;
        begin = begin.saturating_add(line.len()).saturating_add(1);
        let Some((before, rest)) = line.split_once(MARK) else { continue };
        let is_comment = ["<!--", "//", "/*", "#"].into_iter().any(|sign| before.contains(sign));
        if !is_comment {
            continue;
        }
        let (is_file, rest) = rest.strip_prefix("-file").map_or((false, rest), |rest| (true, rest));
        let rest = rest.split("-->").next().unwrap_or_default().split("*/").next().unwrap_or_default().trim();
        let (rules, reason) = rest.split_once(':').unwrap_or((rest, ""));
        let rules = rules.split([',', ' ']).map(str::trim).filter(|rule| !rule.is_empty());
        let start = own.saturating_add(before.len());
        found.push(Comment {
            line: u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1),
            span: Span::new(source, start, start.saturating_add(MARK.len())),
            rules: rules.map(str::to_ascii_uppercase).collect(),
            reason: reason.trim().to_owned(),
            is_file,
            is_used: false,
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, marked: &str) -> Vec<(&'static str, Option<String>)> {
        let mut sources = SourceMap::new();
        let source = sources.add("a.xml", text);
        let at = text.find(marked).expect("a place");
        let mut problems = Diagnostics::new();
        problems.push(Diagnostic::warning("PP1103", Span::new(source, at, at.saturating_add(1)), "m"));
        let mut all = gather(Vec::new(), &problems);
        suppress(&mut all, &sources);
        all.into_iter().map(|told| (told.code(), told.suppressed)).collect()
    }

    #[test]
    fn comments_with_a_reason_suppress() {
        let reason = |reason: &str| Some(reason.to_owned());
        for (text, expected) in [
            ("<!-- poolproof: ignore PP1103: as published -->\nX", vec![("PP1103", reason("as published"))]),
            ("X // poolproof: ignore PP1103, PP1001: why not", vec![("PP1103", reason("why not"))]),
            ("X // poolproof: ignore retry-misses-throttling: why", vec![("PP1103", reason("why"))]),
            ("# poolproof: ignore-file pp1103: all of it\n\n\nX", vec![("PP1103", reason("all of it"))]),
            ("// poolproof: ignore PP1103\nX", vec![("PP1103", None), ("suppression-reason", None)]),
            ("// poolproof: ignore PP0000: a\nX", vec![("PP1103", None), ("suppression-unknown", None)]),
            ("// poolproof: ignore PP1001: a\nX", vec![("PP1103", None), ("suppression-unused", None)]),
            ("// poolproof: ignore PP1103: a\n\nX", vec![("PP1103", None), ("suppression-unused", None)]),
            ("\"poolproof: ignore PP1103: a\"\nX", vec![("PP1103", None)]),
        ] {
            assert_eq!(told(text, "X"), expected, "{text}");
        }
    }
}
