//! Lists, sets and maps. A set is a list whose elements occur once; sets of texts are sorted.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::super::emit::MAX_ROUNDS;
use super::super::super::loops::number_of;
use super::super::super::machine::Machine;
use super::super::super::value::{Field, V, Val};
use super::super::Outcome;
use crate::diagnostics::Span;

/// As they are spelt.
pub(super) const NAMES: &[&str] = &[
    "alltrue",
    "anytrue",
    "coalesce",
    "coalescelist",
    "compact",
    "distinct",
    "element",
    "flatten",
    "index",
    "lookup",
    "merge",
    "one",
    "range",
    "reverse",
    "setintersection",
    "setsubtract",
    "setunion",
    "slice",
    "sort",
    "sum",
    "tolist",
    "tomap",
    "toset",
    "values",
    "zipmap",
];

/// Longest list of which every element is compared with every other.
const MAX_COMPARED: usize = 2_000;

/// The value of a call, if the function is one of these.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, arguments: &[Val], span: Span) -> Option<Outcome> {
    let first = arguments.first();
    let elements = first.and_then(|value| value.value.elements());
    let int = |at: usize| arguments.get(at).and_then(|value| value.value.as_int());
    let count = |at: usize| int(at).and_then(|number| usize::try_from(number).ok());
    let made = |value: Option<V>| Some(Outcome::made(value));
    let taken =
        |value: Option<&Val>| Some(value.map_or(Outcome::Unknown, |value| Outcome::Taken(value.clone())));
    let size = arguments.iter().filter_map(|value| value.value.elements()).map(<[Val]>::len).sum::<usize>();
    if !machine.spend(size as u64) {
        return Some(Outcome::Unknown);
    }
    let failed = |why: &str| Some(Outcome::Taken(Val::failure(why, name, span)));
    let keeps_elements =
        matches!(name, "splat list" | "for object" | "for groups" | "toset" | "distinct" | "values");
    if keeps_elements && matches!(first.map(|value| &value.value), Some(V::Unknown(_))) {
        return taken(first);
    }
    match name {
        "splat list" => Some(match first.map(|value| &value.value) {
            Some(V::Array(_)) => Outcome::Taken(first?.clone()),
            Some(V::Null) => Outcome::Made(V::array(Vec::new())),
            Some(V::Unknown(_)) | None => Outcome::Unknown,
            Some(_) => Outcome::Made(V::array(arguments.to_vec())),
        }),
        "for object" => made(elements.and_then(object_of)),
        "for groups" => made(elements.and_then(|pairs| groups_of(machine, pairs, span))),
        "tolist" | "tomap" => taken(first),
        "toset" | "distinct" => made(elements.and_then(|all| distinct(all, name == "toset"))),
        "setunion" => made(all_elements(arguments).and_then(|all| distinct(&all, true))),
        "setsubtract" | "setintersection" => made(elements.and_then(|all| {
            let other = arguments.get(1)?.value.elements()?;
            let mut kept = Vec::new();
            for element in all {
                if has(other, element)? == (name == "setintersection") {
                    kept.push(element.clone());
                }
            }
            distinct(&kept, true)
        })),
        "merge" => made(merge(arguments)),
        "flatten" => made(elements.and_then(|all| {
            let mut flat = Vec::new();
            flatten(all, &mut flat)?;
            Some(V::array(flat))
        })),
        "lookup" => {
            let (map, key) = (first?, arguments.get(1)?.value.known_text());
            match (map.value.members(), key) {
                (Some(_), Some(key)) => match map.get(key).or_else(|| arguments.get(2)) {
                    Some(value) => taken(Some(value)),
                    None => failed("there is no such key"),
                },
                _ => Some(Outcome::Unknown),
            }
        }
        "element" => match (elements, int(1)) {
            (Some([]), _) => failed("the list is empty"),
            (Some(all), Some(place)) => {
                let place = place.checked_rem_euclid(i64::try_from(all.len()).unwrap_or(1));
                taken(place.and_then(|place| all.get(usize::try_from(place).ok()?)))
            }
            _ => Some(Outcome::Unknown),
        },
        "index" => made(elements.zip(arguments.get(1)).and_then(|(all, wanted)| {
            for (place, element) in all.iter().enumerate() {
                if element.value.same(&wanted.value)? {
                    return Some(number_of(place));
                }
            }
            None
        })),
        "slice" => match (elements, count(1), count(2)) {
            (Some(all), Some(from), Some(to)) => match all.get(from..to) {
                Some(part) => made(Some(V::array(part.to_vec()))),
                None => failed("the list is shorter"),
            },
            _ => Some(Outcome::Unknown),
        },
        "one" => match elements {
            Some([]) => made(Some(V::Null)),
            Some([only]) => taken(Some(only)),
            Some(_) => failed("it has more than one element"),
            None => Some(Outcome::Unknown),
        },
        "reverse" => made(elements.map(|all| V::array(all.iter().rev().cloned().collect()))),
        "sort" => made(elements.and_then(sorted)),
        "compact" => made(elements.and_then(|all| {
            if all.iter().any(|element| matches!(element.value, V::Unknown(_))) {
                return None;
            }
            let is_text = |v: &&Val| !matches!(v.value, V::Null) && v.value.known_text() != Some("");
            Some(V::array(all.iter().filter(is_text).cloned().collect()))
        })),
        "coalesce" => {
            let is_given = |v: &&Val| !matches!(v.value, V::Null) && v.value.known_text() != Some("");
            match arguments.iter().find(is_given) {
                Some(value) => taken(Some(value)),
                None => failed("every value is null"),
            }
        }
        "coalescelist" => {
            taken(arguments.iter().find(|value| value.value.elements().is_none_or(|all| !all.is_empty())))
        }
        "values" => made(match &first?.value {
            V::Array(_) => return taken(first),
            other => other.members().map(|members| {
                let mut members: Vec<&Field> = members.iter().collect();
                members.sort_by(|a, b| a.name.cmp(&b.name));
                V::array(members.into_iter().map(|field| field.value.clone()).collect())
            }),
        }),
        "zipmap" => made(elements.zip(arguments.get(1)?.value.elements()).and_then(|(keys, values)| {
            let pairs: Option<Vec<Field>> =
                keys.iter().zip(values).map(|(key, value)| member(key, value.clone())).collect();
            Some(V::object(pairs?))
        })),
        "alltrue" | "anytrue" => made(elements.and_then(|all| {
            let flags: Option<Vec<bool>> = all.iter().map(|element| element.value.as_bool()).collect();
            let flags = flags?;
            let decides = |flag: bool| flag == (name == "anytrue");
            Some(V::Bool(flags.into_iter().any(decides) == (name == "anytrue")))
        })),
        "sum" => made(elements.and_then(|all| {
            let mut sum: i64 = 0;
            for element in all {
                sum = sum.checked_add(element.value.as_int()?)?;
            }
            Some(V::int(sum))
        })),
        "range" => Some(range(machine, arguments, span)),
        _ => None,
    }
}

fn member(key: &Val, value: Val) -> Option<Field> {
    let name = match &key.value {
        V::Number(number) => Arc::clone(number),
        _ => Arc::from(key.value.known_text()?),
    };
    Some(Field { name, name_span: key.span, value })
}

/// An object of pairs of `key` and `value`.
fn object_of(pairs: &[Val]) -> Option<V> {
    let members: Option<Vec<Field>> =
        pairs.iter().map(|pair| member(pair.get("key")?, pair.get("value")?.clone())).collect();
    Some(V::object(members?))
}

fn groups_of(machine: &mut Machine<'_>, pairs: &[Val], span: Span) -> Option<V> {
    let mut groups: BTreeMap<Arc<str>, (Field, Vec<Val>)> = BTreeMap::new();
    for pair in pairs {
        let (key, value) = (pair.get("key")?, pair.get("value")?);
        let field = member(key, Val::new(V::Null, span))?;
        groups.entry(Arc::clone(&field.name)).or_insert((field, Vec::new())).1.push(value.clone());
    }
    if !machine.spend(pairs.len() as u64) {
        return None;
    }
    let members = groups
        .into_values()
        .map(|(field, values)| Field { value: Val::new(V::array(values), span), ..field });
    Some(V::object(members.collect()))
}

/// The members of all, the later ones before the earlier ones; null is an object without members.
fn merge(all: &[Val]) -> Option<V> {
    let mut members = Vec::new();
    for object in all.iter().filter(|object| !matches!(object.value, V::Null)) {
        members.extend(object.value.members()?.iter().cloned());
    }
    Some(V::object(members))
}

/// Elements of lists in lists to any depth; `None` when there is a list of unknown elements among them.
fn flatten(all: &[Val], flat: &mut Vec<Val>) -> Option<()> {
    for element in all {
        match &element.value {
            V::Array(list) => flatten(&list.elements, flat)?,
            // It may be a list.
            V::Unknown(_) => return None,
            _ => flat.push(element.clone()),
        }
    }
    Some(())
}

fn all_elements(lists: &[Val]) -> Option<Vec<Val>> {
    let mut all = Vec::new();
    for list in lists {
        all.extend(list.value.elements()?.iter().cloned());
    }
    Some(all)
}

fn has(all: &[Val], wanted: &Val) -> Option<bool> {
    let mut is_certain = true;
    for element in all {
        match element.value.same(&wanted.value) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => is_certain = false,
        }
    }
    is_certain.then_some(false)
}

/// Each element once; as a set also in order, where all are texts.
fn distinct(all: &[Val], is_set: bool) -> Option<V> {
    let is_text = all.iter().all(|element| element.value.known_text().is_some());
    if is_text {
        let mut seen = std::collections::BTreeSet::new();
        let each = all.iter().filter(|element| seen.insert(element.value.known_text()));
        let each = V::array(each.cloned().collect());
        return if is_set { sorted(each.elements()?) } else { Some(each) };
    }
    if all.len() > MAX_COMPARED {
        return None;
    }
    let mut kept: Vec<Val> = Vec::new();
    for element in all {
        let is_there = kept.iter().any(|known| {
            let is_label = |value: &Val| matches!(value.value, V::Unknown(_));
            known.value.same(&element.value) == Some(true)
                || (is_label(known) && is_label(element) && known.value.label() == element.value.label())
        });
        if !is_there {
            kept.push(element.clone());
        }
    }
    Some(V::array(kept))
}

fn sorted(all: &[Val]) -> Option<V> {
    let texts: Option<Vec<(&str, &Val)>> = all.iter().map(|v| Some((v.value.known_text()?, v))).collect();
    let mut texts = texts?;
    texts.sort_by_key(|(text, _)| *text);
    Some(V::array(texts.into_iter().map(|(_, value)| value.clone()).collect()))
}

/// `range(end)`, `range(start, end)`, `range(start, end, step)`
fn range(machine: &mut Machine<'_>, arguments: &[Val], span: Span) -> Outcome {
    let numbers: Option<Vec<i64>> = arguments.iter().map(|value| value.value.as_int()).collect();
    let (start, end, step) = match numbers.as_deref() {
        Some([end]) => (0, *end, if *end < 0 { -1 } else { 1 }),
        Some([start, end]) => (*start, *end, if end < start { -1 } else { 1 }),
        Some([start, end, step]) if *step != 0 => (*start, *end, *step),
        _ => return Outcome::Unknown,
    };
    let mut made = Vec::new();
    let mut at = start;
    while (step > 0 && at < end) || (step < 0 && at > end) {
        if made.len() as u64 >= MAX_ROUNDS || !machine.spend(1) {
            machine.exhaust(Some(span));
            return Outcome::Unknown;
        }
        made.push(Val::new(V::int(at), span));
        let Some(next) = at.checked_add(step) else { break };
        at = next;
    }
    Outcome::Made(V::array(made))
}
