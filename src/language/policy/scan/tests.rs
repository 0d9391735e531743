//! The reader as a whole: documents in, outlines or messages out.

mod accepted;
mod hostile;
mod malformed;

use super::*;
use crate::diagnostics::{Diagnostics, SourceMap};

/// `name[attribute‹value›]‹text›(children)` of every element, data in bodies as `«...»`. White space between
/// elements is left out.
fn outline(elements: &[Element]) -> String {
    let all: Vec<String> = elements.iter().map(one).collect();
    all.join(" ")
}

fn one(element: &Element) -> String {
    let mut out = element.name.clone();
    if !element.attributes.is_empty() {
        let all: Vec<String> =
            element.attributes.iter().map(|a| format!("{}‹{}›", a.name, a.value.text)).collect();
        out.push_str(&format!("[{}]", all.join(" ")));
    }
    if let Some(payload) = &element.payload {
        return format!("{out}«{}»", payload.text);
    }
    let text = &element.text.text;
    if !text.trim().is_empty() || (element.children.is_empty() && !text.is_empty()) {
        out.push_str(&format!("‹{text}›"));
    }
    if !element.children.is_empty() {
        out.push_str(&format!("({})", outline(&element.children)));
    }
    out
}

/// What is read, and the problems as `code line:column [marked text] message | label | help`.
fn read_all(document: &str, format: Format) -> (Vec<Element>, Vec<String>) {
    let mut sources = SourceMap::new();
    let id = sources.add("policy.xml", document);
    let mut diagnostics = Diagnostics::new();
    let elements = read_as(id, document, format, &mut diagnostics);
    let problems = diagnostics
        .sorted()
        .into_iter()
        .map(|d| {
            let span = d.span.unwrap();
            let at = sources.position(span);
            let mut line =
                format!("{} {}:{} [{}] {}", d.code, at.line, at.column, sources.slice(span), d.message);
            for more in std::iter::once(&d.label).chain(d.help.as_ref()) {
                line.push_str(" | ");
                line.push_str(more);
            }
            line
        })
        .collect();
    (elements, problems)
}
