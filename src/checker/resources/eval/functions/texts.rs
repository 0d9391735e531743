//! Texts. Those with unknown parts stay as far as the result can be said.

use super::super::machine::Machine;
use super::super::value::{Text, Unknown, V, Val};
use super::{Outcome, files};
use crate::diagnostics::Diagnostics;
use crate::tree::json;

/// As they are spelt.
pub(super) const NAMES: &[&str] = &[
    "format",
    "toLower",
    "toUpper",
    "substring",
    "replace",
    "split",
    "join",
    "trim",
    "padLeft",
    "startsWith",
    "endsWith",
    "string",
    "json",
    "uniqueString",
    "guid",
    "base64",
    "base64ToString",
    "uri",
    "uriComponent",
];
/// Longest text that padding makes.
const MAX_PADDED: i64 = 10_000;

/// The value of a call, if the function is one of these.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, arguments: &[Val]) -> Option<Outcome> {
    let known = |at: usize| arguments.get(at).and_then(|value| value.value.known_text());
    let int = |at: usize| arguments.get(at).and_then(|value| value.value.as_int());
    let made = |value: Option<V>| Some(Outcome::made(value));
    let first = arguments.first();
    let length: usize = arguments.iter().map(|value| value.value.label().len()).sum();
    if !machine.spend(length as u64 / 32) {
        return Some(Outcome::Unknown);
    }
    match name {
        "format" => made(format_text(machine, arguments)),
        "tolower" => made(changed(first?, str::to_lowercase)),
        "toupper" => made(changed(first?, str::to_uppercase)),
        "trim" => made(changed(first?, |text| text.trim().to_owned())),
        "startswith" => made(
            known(0)
                .zip(known(1))
                .map(|(text, part)| V::Bool(text.to_lowercase().starts_with(&part.to_lowercase()))),
        ),
        "endswith" => made(
            known(0)
                .zip(known(1))
                .map(|(text, part)| V::Bool(text.to_lowercase().ends_with(&part.to_lowercase()))),
        ),
        "substring" => made((|| {
            let start = usize::try_from(int(1)?).ok()?;
            let rest: String = known(0)?.chars().skip(start).collect();
            Some(V::text(&match arguments.get(2) {
                Some(_) => rest.chars().take(usize::try_from(int(2)?).ok()?).collect(),
                None => rest,
            }))
        })()),
        "replace" => made(replace(arguments)),
        "split" => made(split(arguments)),
        "join" => made((|| {
            let parts = first?.value.elements()?;
            let between = Val::new(V::text(known(1)?), first?.span);
            let mut all = Vec::with_capacity(parts.len().saturating_mul(2));
            for part in parts {
                if !all.is_empty() {
                    all.push(between.clone());
                }
                all.push(part.clone());
            }
            Some(machine.join(&all))
        })()),
        "padleft" => made((|| {
            let text = match &first?.value {
                V::Number(number) => number.to_string(),
                _ => known(0)?.to_owned(),
            };
            let width = usize::try_from(int(1)?.min(MAX_PADDED)).ok()?;
            let with = known(2).and_then(|with| with.chars().next()).unwrap_or(' ');
            let missing = width.saturating_sub(text.chars().count());
            Some(V::text(&format!("{}{text}", with.to_string().repeat(missing))))
        })()),
        "string" => match first.map(|value| &value.value) {
            Some(V::Text(_)) => first.map(|value| Outcome::Taken(value.clone())),
            Some(V::Number(number)) => made(Some(V::text(number))),
            Some(V::Bool(value)) => made(Some(V::text(if *value { "True" } else { "False" }))),
            _ => Some(Outcome::Unknown),
        },
        "json" => Some(match known(0).and_then(|text| parsed(text, first?)) {
            Some(value) => Outcome::Made(value),
            None => Outcome::Unknown,
        }),
        // The same arguments give the same text; which one is nobody's business.
        "uniquestring" | "guid" => {
            let labels: Vec<&str> = arguments.iter().map(|value| value.value.label()).collect();
            made(Some(V::Unknown(Unknown::new(
                format!("`{name}` is computed when deployed"),
                &format!("{name}-{}", labels.join("-")),
            ))))
        }
        "base64" => made(known(0).map(|_| V::Unknown(Unknown::new("it is encoded when deployed", "base64")))),
        "base64tostring" => Some(Outcome::Unknown),
        "uri" => made((|| {
            let (base, path) = (known(0)?, known(1)?);
            let end = base.rfind('/').filter(|end| *end > "https://".len()).map_or(base.len(), |end| end);
            let (before, _) = base.split_at_checked(end)?;
            Some(V::text(&format!("{before}/{}", path.trim_start_matches('/'))))
        })()),
        "uricomponent" => made(known(0).map(|text| {
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
            let mut escaped = String::new();
            for byte in text.bytes() {
                if plain(&byte) {
                    escaped.push(char::from(byte));
                } else {
                    escaped.push_str(&format!("%{byte:02X}"));
                }
            }
            V::text(&escaped)
        })),
        _ => None,
    }
}

/// A text made of another one, unknown parts in it included.
fn changed(value: &Val, change: impl Fn(&str) -> String) -> Option<V> {
    match &value.value {
        V::Text(text) if text.is_opaque => Some(V::opaque(&change(&text.text))),
        V::Text(text) => Some(V::text(&change(&text.text))),
        _ => None,
    }
}

/// `{0}` and `{{`; formats of numbers and widths are unknown.
fn format_text(machine: &mut Machine<'_>, arguments: &[Val]) -> Option<V> {
    let (pattern, values) = arguments.split_first()?;
    let mut rest = pattern.value.known_text()?;
    let mut parts: Vec<Val> = Vec::new();
    let text = |text: &str| Val::new(V::text(text), pattern.span);
    while let Some(place) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at_checked(place)?;
        parts.push(text(before));
        if let Some(after) = after.strip_prefix("{{") {
            parts.push(text("{"));
            rest = after;
        } else if let Some(after) = after.strip_prefix("}}") {
            parts.push(text("}"));
            rest = after;
        } else {
            let (inside, after) = after.strip_prefix('{')?.split_once('}')?;
            let value = match inside.trim().parse::<usize>() {
                Ok(index) => values.get(index)?.clone(),
                Err(_) => {
                    Val::unknown("it is formatted when deployed", &format!("format-{inside}"), pattern.span)
                }
            };
            parts.push(value);
            rest = after;
        }
    }
    parts.push(text(rest));
    Some(machine.join(&parts))
}

fn replace(arguments: &[Val]) -> Option<V> {
    let [whole, part, by] = arguments else { return None };
    let V::Text(text) = &whole.value else { return None };
    let part = part.value.known_text()?;
    let (by, is_opaque) = match &by.value {
        V::Text(by) => (by.text.to_string(), by.is_opaque),
        V::Number(number) => (number.to_string(), false),
        V::Bool(value) => (value.to_string(), false),
        V::Unknown(unknown) => (format!("{{{}}}", unknown.label), true),
        _ => return None,
    };
    if part.is_empty() {
        return None;
    }
    let places = text.text.matches(part).count();
    // What is replaced by nothing known stays known when there is nothing to replace.
    let is_opaque = text.is_opaque || (is_opaque && places > 0);
    if places.saturating_mul(by.len()) > json::MAX_TEXT_BYTES {
        return None;
    }
    let content = text.content.filter(|_| places == 0);
    let replaced = text.text.replace(part, &by);
    Some(V::Text(Text { content, file: text.file.clone(), ..Text::new(replaced, is_opaque) }))
}

fn split(arguments: &[Val]) -> Option<V> {
    let [whole, between] = arguments else { return None };
    let V::Text(text) = &whole.value else { return None };
    let between: Vec<&str> = match between.value.elements() {
        Some(all) => all.iter().map(|one| one.value.known_text()).collect::<Option<_>>()?,
        None => vec![between.value.known_text()?],
    };
    if between.iter().any(|one| one.is_empty()) {
        return None;
    }
    // Labels have no slashes: an id can be split although parts of it are unknown.
    if text.is_opaque && between != ["/"] {
        return None;
    }
    let mut parts: Vec<&str> = vec![&text.text];
    for one in between {
        parts = parts.into_iter().flat_map(|part| part.split(one)).collect();
    }
    let value =
        |part: &str| if text.is_opaque && part.contains('{') { V::opaque(part) } else { V::text(part) };
    Some(V::array(parts.into_iter().map(|part| Val::new(value(part), whole.span)).collect()))
}

/// Where a part begins, letter case aside; -1 when it is not there.
pub(super) fn position(text: Option<&str>, part: Option<&str>, from_end: bool) -> Option<i64> {
    let (text, part) = (text?.to_lowercase(), part?.to_lowercase());
    let place = if from_end { text.rfind(&part) } else { text.find(&part) };
    match place {
        Some(place) => i64::try_from(text.split_at_checked(place)?.0.chars().count()).ok(),
        None => Some(-1),
    }
}

/// A document in a text; every place in it is that of the text.
pub(crate) fn parsed(text: &str, of: &Val) -> Option<V> {
    if text.trim() == "null" {
        return Some(V::Null);
    }
    let mut problems = Diagnostics::new();
    let mut node = json::parse(of.span.source, text, &mut problems)?;
    move_to(&mut node, of.span);
    Some(files::value_of(&node).value)
}

/// Places in a text inside of a text are all where that is.
fn move_to(node: &mut json::Node, span: crate::diagnostics::Span) {
    node.span = span;
    match &mut node.value {
        json::Value::Array(elements) => elements.iter_mut().for_each(|element| move_to(element, span)),
        json::Value::Object(members) => {
            for member in members {
                member.name_span = span;
                move_to(&mut member.value, span);
            }
        }
        _ => {}
    }
}
