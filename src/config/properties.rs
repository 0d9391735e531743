//! Files of properties for `poolproof verify --property FILE`: conditions over what clients get, as policy expressions.

use super::check::{Dialect, check};
use super::json::{Node, parse};
use super::shape::{Field, Kind, Shape};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, SourceMap};
use crate::policy::csharp::{Expression, NamedValues, Options, ParseOptions, Variables};
use crate::policy::scan::RawText;
use crate::verify::{Custom, Property, VARIABLES};

/// Properties of one file at most: their numbers are kept in a byte.
const MOST: usize = 100;

pub(super) static PROPERTIES: Shape = Shape {
    name: "properties",
    what: "a file of properties",
    fields: &[
        Field::required("formatVersion", Kind::Integer { min: 1, max: 1 }, "1."),
        Field::required(
            "properties",
            Kind::List { of: &Kind::Object(&PROPERTY), min: 1, max: MOST },
            "The properties.",
        ),
    ],
};

pub(super) static PROPERTY: Shape = Shape {
    name: "property",
    what: "a property",
    fields: &[
        Field::required("name", Kind::Text, "What it is called in reports."),
        Field::optional(
            "what",
            Kind::Text,
            "What it says, as a sentence without its end; default: its name.",
        ),
        Field::optional(
            "always",
            Kind::Text,
            "A policy expression that holds whenever a response goes to a client: `context.Response` is that response; \
             the variables `attempts`, `retries`, `waitedMs`, `backends` and `exhausted` say what it took.",
        ),
        Field::optional("sometimes", Kind::Text, "The same, to hold for some response within the bounds."),
    ],
};

/// The properties in `text`. `None`, with errors in `diagnostics`, unless all of them can be asked.
pub fn read_properties(
    source: SourceId,
    text: &str,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Custom>> {
    let tree = parse(source, text, diagnostics)?;
    if !check(&tree, Kind::Object(&PROPERTIES), "properties", Dialect::Scenario, diagnostics) {
        return None;
    }
    let mut problems = Diagnostics::new();
    let all = tree.get("properties").and_then(Node::elements).unwrap_or(&[]);
    let mut found: Vec<Custom> = Vec::new();
    for node in all {
        let Some(custom) = property(node, sources, &mut problems) else { continue };
        let is_known =
            found.iter().any(|other| other.name == custom.name) || Property::named(custom.name).is_some();
        if is_known {
            let place = node.get("name").map(Node::mark);
            problems.push(Diagnostic::error(
                "duplicate-name",
                place,
                format!("there is another property `{}`", custom.name),
            ));
        }
        found.push(custom);
    }
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    (!failed).then_some(found)
}

fn property(node: &Node, sources: &mut SourceMap, problems: &mut Diagnostics) -> Option<Custom> {
    let text = |name| node.get(name).and_then(Node::text);
    let name = text("name")?;
    let (condition, is_sometimes) = match (text("always"), text("sometimes")) {
        (Some(always), None) => (always, false),
        (None, Some(sometimes)) => (sometimes, true),
        (Some(_), Some(_)) | (None, None) => {
            problems.push(
                Diagnostic::error("missing-field", node.mark(), format!("`{name}` says nothing to look at"))
                    .label("expected one of `always` and `sometimes`"),
            );
            return None;
        }
    };
    let condition = match condition.trim() {
        text if text.starts_with("@(") || text.starts_with("@{") => text.to_owned(),
        text => format!("@({text})"),
    };
    let own = sources.add(format!("property {name}"), condition.clone());
    let mut variables = Variables::new();
    for variable in VARIABLES {
        variables.slot(variable);
    }
    let options =
        Options { parse: ParseOptions { named_values: NamedValues::Tolerate }, ..Options::default() };
    let raw = RawText::verbatim(own, &condition);
    let condition = Expression::compile_with(&raw, &mut variables, &options, problems)?;
    Some(Custom {
        name: kept(name),
        what: kept(text("what").unwrap_or(name)),
        condition,
        names: variables.into_names(),
        is_sometimes,
    })
}

/// Names of properties stand in findings, whose codes live as long as the program: a file is read once.
fn kept(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Vec<Custom>>, Vec<String>) {
        let mut sources = SourceMap::new();
        let source = sources.add("own.json", text.to_owned());
        let mut diagnostics = Diagnostics::new();
        let found = read_properties(source, text, &mut sources, &mut diagnostics);
        (found, diagnostics.sorted().into_iter().map(|d| d.message.clone()).collect())
    }

    #[test]
    fn a_file_gives_its_properties() {
        let (found, problems) = read(
            r#"{ "formatVersion": 1, "properties": [
                { "name": "no-403", "always": "context.Response.StatusCode != 403" },
                { "name": "served", "what": "a request is served", "sometimes": "@(context.Response.StatusCode == 200)" } ] }"#,
        );
        assert_eq!(problems, Vec::<String>::new());
        let found = found.unwrap();
        assert_eq!((found[0].name, found[0].what, found[0].is_sometimes), ("no-403", "no-403", false));
        assert_eq!((found[1].what, found[1].is_sometimes), ("a request is served", true));
    }

    #[test]
    fn what_cannot_be_asked_is_told_with_its_reason() {
        for (properties, words) in [
            (r#"{ "name": "x" }"#, "says nothing"),
            (r#"{ "name": "x", "always": "true", "sometimes": "true" }"#, "says nothing"),
            (r#"{ "name": "failover", "always": "true" }"#, "another property `failover`"),
            (r#"{ "name": "x", "always": "1 +" }"#, ""),
            (r#"{ "name": "x", "alwys": "true" }"#, "alwys"),
        ] {
            let (found, problems) =
                read(&format!(r#"{{ "formatVersion": 1, "properties": [{properties}] }}"#));
            assert!(found.is_none(), "{properties}");
            assert!(problems.iter().any(|problem| problem.contains(words)), "{properties}: {problems:?}");
        }
    }
}
