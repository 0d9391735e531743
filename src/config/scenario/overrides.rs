//! `--set path=value`, `--seed`, `--fault` and `--answer`: edits of the scenario from the command line.

use super::super::json::{Member, Node, Value, parse, shorten};
use super::edit::merge_patch;
use super::fault_args::FaultArgument;
use super::readings::canonical_name;
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};

/// Edits from the command line, applied to the base and again to every variant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Path and value of each `--set`, in order. The path is dotted; parts with dots in them are put in
    /// double quotes or matched against the names that are there. The value is JSON if it can be read as
    /// such, else text.
    pub set: Vec<(String, String)>,
    /// `--seed`.
    pub seed: Option<u64>,
    /// Each `--fault`, in order, such as `eastus:outage@10m+20m`.
    pub faults: Vec<String>,
    /// Each `--answer`, in order, such as `eastus@60s=429,retry-after=86400`.
    pub answers: Vec<String>,
}

/// The same, read once: each has a source of its own that messages can point into.
#[derive(Debug, Default)]
pub(crate) struct ParsedOverrides {
    edits: Vec<Edit>,
    faults: Vec<FaultArgument>,
}

#[derive(Debug)]
struct Edit {
    source: SourceId,
    path: String,
    value: Node,
}

impl ParsedOverrides {
    pub(crate) fn parse(overrides: &Overrides, sources: &mut SourceMap) -> Self {
        let seed = overrides.seed.map(|seed| ("--seed ", "seed".to_owned(), seed.to_string()));
        let set = overrides.set.iter().map(|(path, value)| ("--set ", path.clone(), value.clone()));
        let edits = set.chain(seed).map(|(option, path, value)| {
            let text = format!("{path}={value}");
            let name = if option == "--seed " { format!("--seed {value}") } else { format!("--set {text}") };
            let source = sources.add(name, text.as_str());
            let value = read_value(source, path.len().saturating_add(1), &value);
            Edit { source, path, value }
        });
        let edits = edits.collect();
        let mut faults = Vec::new();
        faults.extend(overrides.faults.iter().map(|text| FaultArgument::fault(text, sources)));
        faults.extend(overrides.answers.iter().map(|text| FaultArgument::answer(text, sources)));
        Self { edits, faults }
    }

    /// Edits `tree`; tells paths that lead nowhere.
    pub(crate) fn apply(&self, tree: &mut Node, diagnostics: &mut Diagnostics) {
        for edit in &self.edits {
            if edit.path.trim().is_empty() {
                diagnostics.push(
                    Diagnostic::error(
                        "set-path",
                        Span::new(edit.source, 0, 0),
                        "there is no path before `=`",
                    )
                    .label("expected a path such as `traffic.requests`"),
                );
                continue;
            }
            edit.step(tree, &edit.path, diagnostics);
        }
        for fault in &self.faults {
            fault.apply(tree, diagnostics);
        }
    }
}

/// The value, as if the path before it were blank: so places count from the start of the argument.
fn read_value(source: SourceId, offset: usize, value: &str) -> Node {
    let padded = format!("{}{value}", " ".repeat(offset));
    let mut problems = Diagnostics::new();
    let parsed = parse(source, &padded, &mut problems).filter(|_| problems.is_empty());
    let span = Span::new(source, offset, padded.len());
    parsed.unwrap_or_else(|| Node::new(Value::Text(value.to_owned()), span))
}

impl Edit {
    /// Goes one name further along `rest` from `node`.
    fn step(&self, node: &mut Node, rest: &str, diagnostics: &mut Diagnostics) {
        let start = self.path.len().saturating_sub(rest.len());
        if let Value::Array(elements) = &mut node.value {
            let (name, after) = first_name(rest);
            let length = elements.len();
            match name.parse::<usize>().ok().and_then(|at| elements.get_mut(at)) {
                Some(element) => match after {
                    Some(after) => self.step(element, after, diagnostics),
                    None => *element = self.value.clone(),
                },
                None => diagnostics.push(
                    Diagnostic::error(
                        "set-path",
                        Span::new(self.source, start, self.path.len()),
                        format!("`{}` is not an entry of the list", shorten(&name)),
                    )
                    .label(format!("expected a position below {length}, from 0")),
                ),
            }
            return;
        }
        if node.members().is_none() {
            node.value = Value::Object(Vec::new());
            node.span = Span::new(self.source, 0, self.path.len());
        }
        let Value::Object(members) = &mut node.value else { return };
        let (name, after) = if start > 0 && self.path.starts_with("semantics.") && !rest.starts_with('"') {
            // Names of switches have dots and are kept flat.
            (canonical_name(rest).to_owned(), None)
        } else {
            longest_known(members, rest).unwrap_or_else(|| first_name(rest))
        };
        let end = after
            .map_or(self.path.len(), |after| self.path.len().saturating_sub(after.len()).saturating_sub(1));
        let name_span = Span::new(self.source, start, end);
        let at = members.iter().position(|member| member.name == name);
        match (at, after) {
            (Some(at), None) => {
                if matches!(self.value.value, Value::Null) {
                    members.remove(at);
                } else if let Some(member) = members.get_mut(at) {
                    member.name_span = name_span;
                    member.value = self.value.clone();
                }
            }
            (None, None) => {
                if !matches!(self.value.value, Value::Null) {
                    members.push(Member { name, name_span, value: self.value.clone() });
                }
            }
            (Some(at), Some(after)) => {
                if let Some(member) = members.get_mut(at) {
                    self.step(&mut member.value, after, diagnostics);
                }
            }
            (None, Some(after)) => {
                let mut value = Node::new(Value::Object(Vec::new()), Span::new(self.source, start, end));
                self.step(&mut value, after, diagnostics);
                members.push(Member { name, name_span, value });
            }
        }
    }
}

/// The longest name of a member with which `rest` begins, and what follows its dot.
fn longest_known<'p>(members: &[Member], rest: &'p str) -> Option<(String, Option<&'p str>)> {
    let matching = members.iter().filter_map(|member| {
        let after = rest.strip_prefix(member.name.as_str())?;
        match after.strip_prefix('.') {
            Some(after) => Some((member.name.clone(), Some(after))),
            None => after.is_empty().then(|| (member.name.clone(), None)),
        }
    });
    matching.max_by_key(|(name, _)| name.len())
}

/// The first name of `rest`, up to a dot or in double quotes, and what follows the dot.
fn first_name(rest: &str) -> (String, Option<&str>) {
    if let Some((name, after)) = rest.strip_prefix('"').and_then(|quoted| quoted.split_once('"'))
        && (after.is_empty() || after.starts_with('.'))
    {
        return (name.to_owned(), after.strip_prefix('.'));
    }
    match rest.split_once('.') {
        Some((name, after)) => (name.to_owned(), Some(after)),
        None => (rest.to_owned(), None),
    }
}

/// Applies the patch of a variant and then the command line again, which wins.
pub(crate) fn vary(
    base: &Node,
    patch: &Node,
    overrides: &ParsedOverrides,
    diagnostics: &mut Diagnostics,
) -> Node {
    let mut tree = base.clone();
    merge_patch(&mut tree, patch);
    overrides.apply(&mut tree, diagnostics);
    tree
}

#[cfg(test)]
mod tests {
    use super::super::super::hash::canonical;
    use super::*;

    fn set(tree: &str, path: &str, value: &str) -> (String, Vec<String>) {
        let mut sources = SourceMap::new();
        let source = sources.add("s.json", tree);
        let mut diagnostics = Diagnostics::new();
        let mut node = parse(source, tree, &mut diagnostics).expect("JSON");
        let overrides = Overrides { set: vec![(path.to_owned(), value.to_owned())], ..Overrides::default() };
        ParsedOverrides::parse(&overrides, &mut sources).apply(&mut node, &mut diagnostics);
        let problems = diagnostics.sorted().into_iter().map(|d| {
            let span = d.span.expect("place");
            format!("{} {} `{}`", sources.name(span.source), d.code, sources.slice(span))
        });
        (canonical(&node), problems.collect())
    }

    #[test]
    fn paths_lead_to_values() {
        for (tree, path, value, expected) in [
            (r#"{"a":{"b":1}}"#, "a.b", "2", r#"{"a":{"b":2}}"#),
            (r#"{"a":{"b":1}}"#, "a.c.d", "x y", r#"{"a":{"b":1,"c":{"d":"x y"}}}"#),
            (r#"{"a.b":{"c":1}}"#, "a.b.c", "true", r#"{"a.b":{"c":true}}"#),
            ("{}", r#""a.b".c"#, "[1]", r#"{"a.b":{"c":[1]}}"#),
            (r#"{"a":1}"#, "a", "null", "{}"),
            (r#"{"a":[1,{"b":2}]}"#, "a.1.b", "3", r#"{"a":[1,{"b":3}]}"#),
            (
                "{}",
                "semantics.breaker.window",
                "tumbling_epoch",
                r#"{"semantics":{"breaker.window":"tumbling_epoch"}}"#,
            ),
            (
                r#"{"semantics":{"breaker.window":"sliding"}}"#,
                "semantics.breaker.window",
                "tumbling_epoch",
                r#"{"semantics":{"breaker.window":"tumbling_epoch"}}"#,
            ),
            (r#"{"a":1}"#, "a.b", "2", r#"{"a":{"b":2}}"#),
        ] {
            assert_eq!(set(tree, path, value), (expected.to_owned(), vec![]), "{path}");
        }
    }

    #[test]
    fn paths_that_lead_nowhere_are_told() {
        let (_, problems) = set(r#"{"a":[1]}"#, "a.1", "2");
        assert_eq!(problems, ["--set a.1=2 set-path `1`"]);
        let (_, problems) = set("{}", " ", "2");
        assert_eq!(problems, ["--set  =2 set-path ``"]);
    }
}
