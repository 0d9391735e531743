//! Texts, and what turns values into others. Texts with unknown parts stay as far as the result can be said.

use std::sync::Arc;

use super::super::super::machine::Machine;
use super::super::super::value::{Text, V, Val};
use super::super::{Outcome, texts as shared};
use crate::diagnostics::Span;

/// As they are spelt.
pub(super) const NAMES: &[&str] = &[
    "abs",
    "basename",
    "ceil",
    "chomp",
    "dirname",
    "endswith",
    "floor",
    "format",
    "formatlist",
    "indent",
    "join",
    "replace",
    "split",
    "startswith",
    "strcontains",
    "substr",
    "tobool",
    "tonumber",
    "tostring",
    "trim",
    "trimprefix",
    "trimsuffix",
];

/// Longest list of formatted texts.
const MAX_FORMATTED: usize = 10_000;
/// Widest padding.
const MAX_WIDTH: usize = 200;

/// The value of a call, if the function is one of these.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, arguments: &[Val], span: Span) -> Option<Outcome> {
    let known = |at: usize| arguments.get(at).and_then(|value| value.value.known_text());
    let int = |at: usize| arguments.get(at).and_then(|value| value.value.as_int());
    let made = |value: Option<V>| Some(Outcome::made(value));
    let decided = |value: Option<bool>| Some(Outcome::made(value.map(V::Bool)));
    let first = arguments.first();
    // Templates take the text first.
    let swapped = || match arguments {
        [a, b] => vec![b.clone(), a.clone()],
        _ => arguments.to_vec(),
    };
    match name {
        "/" => made(int(0).zip(int(1)).and_then(|(a, b)| {
            // A quotient with a fraction is no number of a configuration.
            (a.checked_rem(b)? == 0).then_some(V::int(a.checked_div(b)?))
        })),
        "abs" => made(int(0).and_then(i64::checked_abs).map(V::int)),
        "ceil" | "floor" => made(int(0).map(V::int)),
        "tostring" => Some(tostring(first?)),
        "tonumber" => match first.map(|value| &value.value) {
            Some(V::Number(_) | V::Null) => Some(Outcome::Taken(first?.clone())),
            _ => made(known(0).and_then(|text| {
                let is_number = text.parse::<i64>().is_ok();
                is_number.then(|| V::Number(Arc::from(text)))
            })),
        },
        "tobool" => match (first.map(|value| &value.value), known(0)) {
            (Some(V::Bool(_) | V::Null), _) => Some(Outcome::Taken(first?.clone())),
            (_, Some("true")) => decided(Some(true)),
            (_, Some("false")) => decided(Some(false)),
            _ => Some(Outcome::Unknown),
        },
        "join" => shared::call(machine, "join", &swapped()),
        "split" => shared::call(machine, "split", &swapped()),
        // Between slashes it is a regular expression.
        "replace"
            if known(1)
                .is_some_and(|part| part.len() > 1 && part.starts_with('/') && part.ends_with('/')) =>
        {
            Some(Outcome::Unknown)
        }
        "replace" => shared::call(machine, "replace", arguments),
        "startswith" => decided(begins(first?, known(1)?, false)),
        "endswith" => decided(begins(first?, known(1)?, true)),
        "strcontains" => decided(known(0).zip(known(1)).map(|(text, part)| text.contains(part))),
        "trimprefix" => Some(changed(first?, |text| text.strip_prefix(known(1)?))),
        "trimsuffix" => Some(changed(first?, |text| text.strip_suffix(known(1)?))),
        "trim" => Some(changed(first?, |text| {
            Some(text.trim_matches(|c| known(1).is_some_and(|set| set.contains(c))))
        })),
        "chomp" => Some(changed(first?, |text| Some(text.trim_end_matches(['\n', '\r'])))),
        "basename" => Some(changed(first?, |text| text.trim_end_matches('/').rsplit('/').next())),
        "dirname" => {
            made(known(0).map(|text| V::text(text.rsplit_once('/').map_or(".", |(before, _)| before))))
        }
        "substr" => made((|| {
            let start = usize::try_from(int(1)?).ok()?;
            let rest = known(0)?.chars().skip(start);
            Some(V::text(&match int(2)? {
                length if length < 0 => rest.collect::<String>(),
                length => rest.take(usize::try_from(length).ok()?).collect::<String>(),
            }))
        })()),
        "indent" => made((|| {
            let width = usize::try_from(int(0)?).ok().filter(|width| *width <= MAX_WIDTH)?;
            let text = known(1)?;
            if !machine.spend(text.matches('\n').count().saturating_mul(width) as u64) {
                return None;
            }
            Some(V::text(&text.replace('\n', &format!("\n{}", " ".repeat(width)))))
        })()),
        "format" => made(format_text(machine, arguments)),
        "formatlist" => made(formatted_list(machine, arguments, span)),
        _ => None,
    }
}

/// As it is written into a text.
fn tostring(value: &Val) -> Outcome {
    match &value.value {
        V::Text(_) | V::Null | V::Unknown(_) => Outcome::Taken(value.clone()),
        V::Number(number) => Outcome::Made(V::text(number)),
        V::Bool(flag) => Outcome::Made(V::text(if *flag { "true" } else { "false" })),
        V::Array(_) | V::Object(_) | V::Resource(_) | V::Loop(_) => Outcome::Unknown,
    }
}

/// Whether a text begins or ends with a part, as far as what is known of it at that end says so.
fn begins(text: &Val, part: &str, at_end: bool) -> Option<bool> {
    let V::Text(text) = &text.value else { return None };
    if !text.is_opaque {
        return Some(if at_end { text.text.ends_with(part) } else { text.text.starts_with(part) });
    }
    // Parts that are not known stand in braces.
    let (known, may_go_on) = if at_end {
        let known = text.text.rsplit('}').next().unwrap_or_default();
        (known, part.ends_with(known))
    } else {
        let known = text.text.split('{').next().unwrap_or_default();
        (known, part.starts_with(known))
    };
    if known.len() < part.len() && may_go_on {
        return None;
    }
    Some(if at_end { known.ends_with(part) } else { known.starts_with(part) })
}

/// A part of a text; all of it where there is nothing to take away.
fn changed<'v>(value: &'v Val, change: impl Fn(&'v str) -> Option<&'v str>) -> Outcome {
    let V::Text(text) = &value.value else { return Outcome::Unknown };
    let part = change(&text.text).unwrap_or(&text.text);
    if part.len() == text.text.len() {
        return Outcome::Taken(value.clone());
    }
    Outcome::Made(V::Text(Text {
        file: text.file.clone(),
        ..Text::new(part, text.is_opaque && part.contains('{'))
    }))
}

/// `%s`, `%d`, `%v`, `%q`, `%05d`; other verbs are unknown.
fn format_text(machine: &mut Machine<'_>, arguments: &[Val]) -> Option<V> {
    let (pattern, values) = arguments.split_first()?;
    let mut rest = pattern.value.known_text()?;
    let text = |text: &str| Val::new(V::text(text), pattern.span);
    let mut parts: Vec<Val> = Vec::new();
    let mut values = values.iter();
    while let Some((before, after)) = rest.split_once('%') {
        parts.push(text(before));
        let verb = after.find(|c: char| !c.is_ascii_digit())?;
        let (width, verb_on) = after.split_at_checked(verb)?;
        let mut characters = verb_on.chars();
        match (characters.next()?, width) {
            ('%', "") => parts.push(text("%")),
            ('s' | 'v', "") => parts.push(plain(values.next()?)),
            ('d', _) => {
                let value = values.next()?;
                match value.value.as_int() {
                    Some(number) if !width.is_empty() => {
                        let size: usize = width.parse().ok().filter(|size| *size <= MAX_WIDTH)?;
                        let shown = if width.starts_with('0') {
                            format!("{number:0size$}")
                        } else {
                            format!("{number:size$}")
                        };
                        parts.push(text(&shown));
                    }
                    _ => parts.push(plain(value)),
                }
            }
            ('q', "") => {
                let quote = text("\"");
                parts.extend([quote.clone(), plain(values.next()?), quote]);
            }
            _ => return None,
        }
        rest = characters.as_str();
    }
    parts.push(text(rest));
    Some(machine.join(&parts))
}

/// A value as a part of a text.
fn plain(value: &Val) -> Val {
    match &value.value {
        V::Bool(flag) => Val::new(V::text(if *flag { "true" } else { "false" }), value.span),
        _ => value.clone(),
    }
}

/// A text for each element of the lists among the arguments.
fn formatted_list(machine: &mut Machine<'_>, arguments: &[Val], span: Span) -> Option<V> {
    let (pattern, values) = arguments.split_first()?;
    let longest = values.iter().filter_map(|value| value.value.elements()).map(<[Val]>::len).max()?;
    if longest > MAX_FORMATTED || values.iter().any(|value| matches!(value.value, V::Unknown(_))) {
        return None;
    }
    let mut made = Vec::with_capacity(longest);
    for place in 0..longest {
        let mut given = vec![pattern.clone()];
        for value in values {
            given.push(match value.value.elements() {
                Some(elements) => elements.get(place)?.clone(),
                None => value.clone(),
            });
        }
        made.push(Val::new(format_text(machine, &given)?, span));
    }
    Some(V::array(made))
}
