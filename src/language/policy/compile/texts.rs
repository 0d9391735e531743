//! Variables that only ever hold text.
//!
//! Rules
//! - `value` of `set-variable` is a string if it is no expression: a cast of it to a number fails when the
//!   request comes.
//! - The order of the policies does not count. A variable that anything else writes (an expression, a policy
//!   with a `...variable-name`) may hold anything, and so may all variables where a name is not settled or a
//!   fragment is not known.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::layers::Layer;
use super::{PolicyText, Sources};
use crate::diagnostics::{SourceId, Span};
use crate::policy::scan::{Attribute, Element};

/// Longest piece of a value that is shown, in characters.
const SHOWN_CHARS: usize = 30;

/// Who writes each variable: the first literal and its place, or `None` for anything else.
type Writers<'e> = BTreeMap<&'e str, Option<(&'e str, Span)>>;

/// Words for the place that sets a variable, for each that only holds text.
pub(super) fn only_text(
    sources: &Sources<'_>,
    documents: &BTreeMap<SourceId, &str>,
    layers: &[Layer],
    fragments: &BTreeMap<String, Arc<[Element]>>,
) -> BTreeMap<String, String> {
    let mut writers = Writers::new();
    let mut rest: Vec<&Element> = layers.iter().flat_map(|layer| &layer.elements).collect();
    rest.extend(fragments.values().flat_map(|elements| elements.iter()));
    while let Some(element) = rest.pop() {
        if note(element, fragments, &mut writers).is_none() {
            return BTreeMap::new();
        }
        rest.extend(&element.children);
    }
    let names: BTreeMap<SourceId, String> = document_names(sources);
    let place = |text: &str, span: Span| {
        let before = documents.get(&span.source).and_then(|document| document.get(..span.start as usize));
        let line = before.unwrap_or("").bytes().filter(|b| *b == b'\n').count().saturating_add(1);
        let shown: String = text.chars().take(SHOWN_CHARS).collect();
        let more = if shown.len() < text.len() { "..." } else { "" };
        let document = names.get(&span.source).filter(|_| names.len() > 1).map_or("", String::as_str);
        format!("line {line}{document} sets it to `{shown}{more}`")
    };
    let only = writers.into_iter().filter_map(|(name, writer)| Some((name, writer?)));
    only.map(|(name, (text, span))| (name.to_owned(), place(text, span))).collect()
}

/// Adds what `element` writes. `None`: it may write anything.
fn note<'e>(
    element: &'e Element,
    fragments: &BTreeMap<String, Arc<[Element]>>,
    writers: &mut Writers<'e>,
) -> Option<()> {
    match element.name.as_str() {
        "include-fragment" => {
            let id = element.attribute("fragment-id")?.value.text.trim();
            fragments.contains_key(id).then_some(())
        }
        "set-variable" => {
            let (Some(name), Some(value)) = (element.attribute("name"), element.attribute("value")) else {
                return Some(());
            };
            let name = settled(name)?;
            let raw = &value.value;
            let is_text = !raw.is_expression && !raw.is_open();
            let new = is_text.then_some((raw.text.as_str(), raw.span));
            writers
                .entry(name)
                .and_modify(|known| {
                    // Documents are gone through from the end: the first place is the one that stays.
                    *known = known.and(new);
                })
                .or_insert(new);
            Some(())
        }
        _ => {
            for attribute in &element.attributes {
                if attribute.name.ends_with("variable-name") {
                    writers.insert(settled(attribute)?, None);
                }
            }
            Some(())
        }
    }
}

/// The name that an attribute holds, if it is written there.
fn settled(attribute: &Attribute) -> Option<&str> {
    let raw = &attribute.value;
    (!raw.is_expression && !raw.is_open()).then(|| raw.text.trim())
}

/// Words for each document, to stand after a line.
fn document_names(sources: &Sources<'_>) -> BTreeMap<SourceId, String> {
    let mut names = BTreeMap::new();
    for (id, PolicyText { source, .. }) in &sources.fragments {
        names.insert(*source, format!(" of fragment `{id}`"));
    }
    for (scope, PolicyText { source, .. }) in &sources.scopes {
        names.insert(*source, format!(" of the {} policy", scope.name()));
    }
    names
}
