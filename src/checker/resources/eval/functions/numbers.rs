//! Numbers, comparisons, and what turns values into others.

use super::super::value::{V, Val};
use super::Outcome;

/// As they are spelt.
pub(super) const NAMES: &[&str] = &[
    "add",
    "sub",
    "mul",
    "div",
    "mod",
    "min",
    "max",
    "int",
    "bool",
    "not",
    "equals",
    "less",
    "lessOrEquals",
    "greater",
    "greaterOrEquals",
    "xor",
];

/// The value of a call, if the function is one of these.
pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    let int = |at: usize| arguments.get(at).and_then(|value| value.value.as_int());
    let flag = |at: usize| arguments.get(at).and_then(|value| value.value.as_bool());
    let pair = || Some((int(0)?, int(1)?));
    let made = |value: Option<i64>| Some(Outcome::made(value.map(V::int)));
    let decided = |value: Option<bool>| Some(Outcome::made(value.map(V::Bool)));
    match name {
        "add" => made(pair().and_then(|(a, b)| a.checked_add(b))),
        "sub" => made(pair().and_then(|(a, b)| a.checked_sub(b))),
        "mul" => made(pair().and_then(|(a, b)| a.checked_mul(b))),
        "div" => made(pair().and_then(|(a, b)| a.checked_div(b))),
        "mod" => made(pair().and_then(|(a, b)| a.checked_rem(b))),
        "negate" => made(int(0).and_then(i64::checked_neg)),
        "min" | "max" => made(all_ints(arguments).and_then(|numbers| {
            if name == "min" { numbers.into_iter().min() } else { numbers.into_iter().max() }
        })),
        "int" => made(arguments.first().and_then(|value| match &value.value {
            V::Text(_) => value.value.known_text()?.trim().parse().ok(),
            other => other.as_int(),
        })),
        "bool" => decided(arguments.first().and_then(|value| match &value.value {
            V::Bool(value) => Some(*value),
            V::Number(_) => value.value.as_int().map(|number| number != 0),
            other => match other.known_text()?.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
        })),
        "not" => decided(flag(0).map(|value| !value)),
        "xor" => decided(flag(0).and_then(|a| Some(a != flag(1)?))),
        "equals" => decided(match arguments {
            [a, b] => a.value.same(&b.value),
            _ => None,
        }),
        "equalsignorecase" => decided(match arguments {
            [a, b] => match (a.value.known_text(), b.value.known_text()) {
                (Some(a), Some(b)) => Some(a.to_lowercase() == b.to_lowercase()),
                _ => a.value.same(&b.value),
            },
            _ => None,
        }),
        "less" => decided(order(arguments).map(std::cmp::Ordering::is_lt)),
        "lessorequals" => decided(order(arguments).map(std::cmp::Ordering::is_le)),
        "greater" => decided(order(arguments).map(std::cmp::Ordering::is_gt)),
        "greaterorequals" => decided(order(arguments).map(std::cmp::Ordering::is_ge)),
        _ => None,
    }
}

fn order(arguments: &[Val]) -> Option<std::cmp::Ordering> {
    let [a, b] = arguments else { return None };
    match (a.value.as_int(), b.value.as_int()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => Some(a.value.known_text()?.cmp(b.value.known_text()?)),
    }
}

/// Numbers given one by one or as a list.
fn all_ints(arguments: &[Val]) -> Option<Vec<i64>> {
    let values = match arguments {
        [list] if list.value.elements().is_some() => list.value.elements()?,
        other => other,
    };
    values.iter().map(|value| value.value.as_int()).collect()
}
