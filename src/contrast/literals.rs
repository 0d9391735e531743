//! What the expressions of a policy look at in a request, and with which texts they compare it.
//!
//! Found in the text of expressions, not in their trees: a value may pass through variables before it is compared,
//! so every name is tried with every text. What makes no difference is found by playing (`ways`).

use std::collections::BTreeSet;

use crate::diagnostics::{Diagnostics, SourceId, SourceMap};
use crate::policy::Program;
use crate::policy::document::{Options, Unresolved, expressions, read};
use crate::policy::scan::Element;

/// Longest text that is tried as a value.
const LONGEST: usize = 64;

/// What of a request is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Literals {
    /// Names of headers.
    pub(super) headers: BTreeSet<String>,
    /// Names of query parameters.
    pub(super) query: BTreeSet<String>,
    /// Names of parameters in the path.
    pub(super) parameters: BTreeSet<String>,
    /// Names of members of the body.
    pub(super) members: BTreeSet<String>,
    /// Texts that something is compared with, those of comparisons first.
    pub(super) values: Vec<String>,
    /// Whether the subscription, the product or the method matter.
    pub(super) subscription: bool,
    pub(super) product: bool,
    pub(super) method: bool,
}

impl Literals {
    /// Adds what the files of `program` look at.
    pub(super) fn add(&mut self, program: &Program, sources: &SourceMap) {
        let files: BTreeSet<SourceId> =
            program.places.iter().filter_map(|place| place.span).map(|span| span.source).collect();
        let mut rest = Vec::new();
        for file in files {
            let options = Options { unresolved: Unresolved::Keep, ..Options::default() };
            let document = read(file, sources.text(file), &options, &mut Diagnostics::new());
            for site in expressions(&document.roots) {
                self.read(&site.text.text, &mut rest);
            }
            for root in &document.roots {
                self.checked(root);
            }
        }
        for value in rest {
            self.value(value);
        }
    }

    fn value(&mut self, value: String) {
        if !value.is_empty() && value.len() <= LONGEST && !self.values.contains(&value) {
            self.values.push(value);
        }
    }

    /// What `check-header` asks for.
    fn checked(&mut self, element: &Element) {
        if element.name == "check-header" {
            if let Some(name) = element.attribute("name").filter(|name| !name.value.is_expression) {
                self.headers.insert(name.value.text.clone());
            }
            for value in element.children.iter().filter(|child| !child.text.is_expression) {
                self.value(value.text.text.trim().to_owned());
            }
        }
        for child in element.policies() {
            self.checked(child);
        }
    }

    /// Reads one expression; texts that are not compared at once go to `rest`.
    fn read(&mut self, code: &str, rest: &mut Vec<String>) {
        self.subscription |= code.contains("context.Subscription");
        self.product |= code.contains("context.Product");
        self.method |= code.contains("Request.Method");
        let reads_body = code.contains("Request.Body");
        for (before, text, after) in texts(code) {
            let before = before.trim_end();
            let is_of = |what: &str| {
                let call = before.rfind(what).map(|at| before.get(at..).unwrap_or_default());
                // Between the name and the text stands the call or the bracket, and nothing else.
                call.is_some_and(|call| {
                    let tail = call.get(what.len()..).unwrap_or_default();
                    matches!(tail.trim(), "[" | ".GetValueOrDefault(" | ".ContainsKey(" | ".TryGetValue(")
                })
            };
            if is_of("Request.Headers") {
                self.headers.insert(text);
            } else if is_of("Url.Query") {
                self.query.insert(text);
            } else if is_of("MatchedParameters") {
                self.parameters.insert(text);
            } else if is_of("Variables") || is_of("Response.Headers") {
                // Names of the policy's own.
            } else if reads_body && is_member(before) {
                self.members.insert(text);
            } else if is_compared(before, after) {
                self.value(text);
            } else {
                rest.push(text);
            }
        }
    }
}

/// Whether a text behind `before` is the name of a member of an object.
fn is_member(before: &str) -> bool {
    let opens = before.ends_with('[') && !before.ends_with("new[");
    let asks =
        [".Value<string>(", ".Value<bool>(", ".Value<int>(", ".ContainsKey(", ".SelectToken(", ".Property("];
    (opens && !before.ends_with("Variables[")) || asks.iter().any(|call| before.ends_with(call))
}

fn is_compared(before: &str, after: &str) -> bool {
    let calls = ["Contains(", "StartsWith(", "EndsWith(", "Equals(", "case", "==", "!="];
    let after = after.trim_start();
    calls.iter().any(|call| before.ends_with(call)) || after.starts_with("==") || after.starts_with("!=")
}

/// The texts of an expression, each with what stands before and behind it. Escapes stay as they are written.
fn texts(code: &str) -> Vec<(&str, String, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = code.get(from..).and_then(|rest| rest.find('"')).map(|at| from.saturating_add(at))
    {
        let inner = start.saturating_add(1);
        let body = code.get(inner..).unwrap_or_default();
        let mut is_escaped = false;
        let end = body.char_indices().find(|(_, c)| {
            let ends = *c == '"' && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            ends
        });
        let Some((length, _)) = end else { break };
        let end = inner.saturating_add(length);
        from = end.saturating_add(1);
        let text = body.get(..length).unwrap_or_default().to_owned();
        found.push((code.get(..start).unwrap_or_default(), text, code.get(from..).unwrap_or_default()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(codes: &[&str]) -> Literals {
        let mut literals = Literals::default();
        let mut rest = Vec::new();
        for code in codes {
            literals.read(code, &mut rest);
        }
        for value in rest {
            literals.value(value);
        }
        literals
    }

    #[test]
    fn names_and_values_are_told_apart() {
        let found = read_all(&[
            r#"context.Request.Headers.GetValueOrDefault("X-Tier", "standard")"#,
            r#"(string)context.Variables["tier"] == "premium" || context.Request.Url.Query.ContainsKey("trace")"#,
            r#"context.Request.MatchedParameters["deployment-id"].StartsWith("gpt-4")"#,
            r#"context.Request.Body.As<JObject>(preserveContent: true)["stream"]"#,
            r#"context.Response.Headers.GetValueOrDefault("Retry-After", "")"#,
        ]);
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(found.headers, set(&["X-Tier"]));
        assert_eq!(found.query, set(&["trace"]));
        assert_eq!(found.parameters, set(&["deployment-id"]));
        assert_eq!(found.members, set(&["stream"]));
        assert_eq!(found.values, ["premium", "gpt-4", "standard"]);
    }

    #[test]
    fn broken_code_is_read_as_far_as_it_goes() {
        assert_eq!(read_all(&["x == \"a\" + \"b"]).values, ["a"]);
        assert_eq!(read_all(&[r#"x == "a\"b""#]).values, [r#"a\"b"#]);
    }
}
