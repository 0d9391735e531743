//! Lists and objects; functions of both lists and texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::emit::MAX_ROUNDS;
use super::super::machine::Machine;
use super::super::value::{Field, V, Val};
use super::{Outcome, texts};

/// As they are spelt.
pub(super) const NAMES: &[&str] = &[
    "concat",
    "length",
    "first",
    "last",
    "take",
    "skip",
    "contains",
    "empty",
    "union",
    "intersection",
    "range",
    "createArray",
    "createObject",
    "array",
    "items",
    "flatten",
    "shallowMerge",
    "tryGet",
    "indexOf",
    "lastIndexOf",
    "objectKeys",
    "indexFromEnd",
    "tryIndexFromEnd",
    "map",
    "filter",
    "reduce",
    "sort",
    "toObject",
    "groupBy",
];

/// Most values in an object that is merged into another one.
const MAX_MERGED: u64 = 100_000;

/// The value of a call, if the function is one of these.
pub(super) fn call(machine: &mut Machine<'_>, name: &str, arguments: &[Val]) -> Option<Outcome> {
    let first = arguments.first();
    let elements = first.and_then(|value| value.value.elements());
    let members = first.and_then(|value| value.value.members());
    let text = first.and_then(|value| value.value.known_text());
    let second = arguments.get(1);
    let made = |value: Option<V>| Some(Outcome::made(value));
    let taken =
        |value: Option<&Val>| Some(value.map_or(Outcome::Unknown, |value| Outcome::Taken(value.clone())));
    // A step for each element that is copied or looked at.
    let sizes = arguments.iter().map(|value| {
        let elements = value.value.elements().map_or(0, <[Val]>::len);
        elements.saturating_add(value.value.members().map_or(0, <[Field]>::len)) as u64
    });
    if !machine.spend(sizes.sum()) {
        return Some(Outcome::Unknown);
    }
    if matches!(name, "contains" | "union" | "intersection" | "indexof" | "lastindexof") {
        // Everything is compared with everything.
        let size = |value: Option<&Val>| value.map_or(0, |value| value.value.size().min(100_000));
        let pairs =
            arguments.windows(2).map(|pair| size(pair.first()).saturating_mul(size(pair.last())) / 64);
        if !machine.spend(pairs.sum()) {
            return Some(Outcome::Unknown);
        }
    }
    match name {
        "concat" => made(match first {
            Some(first) if matches!(first.value, V::Array(_)) => concat(arguments),
            _ if arguments.iter().any(|value| matches!(value.value, V::Array(_) | V::Object(_))) => None,
            // Unknown lists cannot be told from unknown texts; a known text beside them can.
            _ if arguments.iter().all(|value| matches!(value.value, V::Unknown(_))) => None,
            _ => Some(machine.join(arguments)),
        }),
        "length" => made(
            match first.map(|value| &value.value) {
                Some(V::Array(list)) => Some(list.elements.len()),
                Some(V::Object(fields)) => Some(fields.members.len()),
                Some(_) => text.map(|text| text.encode_utf16().count()),
                None => None,
            }
            .map(super::super::loops::number_of),
        ),
        "empty" => made(
            match first.map(|value| &value.value) {
                Some(V::Array(list)) => Some(list.elements.is_empty()),
                Some(V::Object(fields)) => Some(fields.members.is_empty()),
                Some(V::Null) => Some(true),
                // A text with something known in it is not empty.
                Some(V::Text(text)) if text.is_opaque => {
                    (!text.text.starts_with('{') || !text.text.ends_with('}')).then_some(false)
                }
                Some(_) => text.map(str::is_empty),
                None => None,
            }
            .map(V::Bool),
        ),
        "first" if elements.is_some() => taken(elements.and_then(<[Val]>::first)),
        "last" if elements.is_some() => taken(elements.and_then(<[Val]>::last)),
        "first" => made(text.map(|text| V::text(&text.chars().next().map(String::from).unwrap_or_default()))),
        "last" => made(text.map(|text| V::text(&text.chars().last().map(String::from).unwrap_or_default()))),
        "take" | "skip" => {
            let count = second.and_then(|count| count.value.as_int()).map(|count| count.max(0));
            let count = usize::try_from(count?).unwrap_or(usize::MAX);
            made(match elements {
                Some(elements) if name == "take" => {
                    Some(V::array(elements.iter().take(count).cloned().collect()))
                }
                Some(elements) => Some(V::array(elements.iter().skip(count).cloned().collect())),
                None if name == "take" => {
                    text.map(|text| V::text(&text.chars().take(count).collect::<String>()))
                }
                None => text.map(|text| V::text(&text.chars().skip(count).collect::<String>())),
            })
        }
        "contains" => made(contains(first?, second?).map(V::Bool)),
        "indexof" | "lastindexof" => made(match (elements, second) {
            (Some(elements), Some(wanted)) => position(elements, wanted, name == "lastindexof").map(V::int),
            _ => texts::position(text, second.and_then(|v| v.value.known_text()), name == "lastindexof")
                .map(V::int),
        }),
        "union" => made(union(arguments)),
        "intersection" => made(intersection(arguments)),
        "shallowmerge" => made(elements.and_then(|objects| {
            let objects: Option<Vec<&[Field]>> =
                objects.iter().map(|object| object.value.members()).collect();
            Some(V::object(objects?.into_iter().flatten().cloned().collect()))
        })),
        "range" => {
            let start = first.and_then(|value| value.value.as_int());
            let count = second.and_then(|value| value.value.as_int());
            let (Some(start), Some(count)) = (start, count) else { return Some(Outcome::Unknown) };
            let count = u64::try_from(count).unwrap_or(0);
            let place = first?.span;
            if count > MAX_ROUNDS || !machine.spend(count) {
                machine.exhaust(Some(place));
                return Some(Outcome::Unknown);
            }
            let end = start.saturating_add(i64::try_from(count).unwrap_or(0));
            made(Some(V::array((start..end).map(|number| Val::new(V::int(number), place)).collect())))
        }
        "createarray" => made(Some(V::array(arguments.to_vec()))),
        "createobject" => made(create_object(arguments)),
        "array" => match first.map(|value| &value.value) {
            Some(V::Array(_)) => taken(first),
            Some(V::Unknown(_)) | None => Some(Outcome::Unknown),
            Some(_) => made(Some(V::array(arguments.to_vec()))),
        },
        "items" => made(members.map(items)),
        "objectkeys" => made(members.map(|members| {
            let mut names: Vec<&Field> = members.iter().collect();
            names.sort_by_key(|field| field.name.to_lowercase());
            V::array(names.iter().map(|field| Val::new(V::text(&field.name), field.name_span)).collect())
        })),
        "flatten" => made(elements.and_then(|lists| {
            let lists: Option<Vec<&[Val]>> = lists.iter().map(|list| list.value.elements()).collect();
            Some(V::array(lists?.into_iter().flatten().cloned().collect()))
        })),
        "tryget" => {
            let mut value = first?.clone();
            for key in arguments.get(1..).unwrap_or_default() {
                value = machine.index(&value, key, true, key.span);
            }
            Some(Outcome::Taken(value))
        }
        "indexfromend" | "tryindexfromend" => {
            let back = second.and_then(|value| value.value.as_int()).and_then(|n| usize::try_from(n).ok());
            let place = elements.zip(back).and_then(|(elements, back)| elements.len().checked_sub(back));
            taken(place.and_then(|place| elements?.get(place)))
        }
        _ => None,
    }
}

fn concat(lists: &[Val]) -> Option<V> {
    let lists: Option<Vec<&[Val]>> = lists.iter().map(|list| list.value.elements()).collect();
    Some(V::array(lists?.into_iter().flatten().cloned().collect()))
}

fn contains(whole: &Val, part: &Val) -> Option<bool> {
    match &whole.value {
        V::Array(list) => {
            let mut is_certain = true;
            for element in &list.elements {
                match element.value.same(&part.value) {
                    Some(true) => return Some(true),
                    Some(false) => {}
                    None => is_certain = false,
                }
            }
            is_certain.then_some(false)
        }
        V::Object(_) => Some(whole.get(part.value.known_text()?).is_some()),
        V::Null => Some(false),
        _ => Some(whole.value.known_text()?.contains(part.value.known_text()?)),
    }
}

fn position(elements: &[Val], wanted: &Val, from_end: bool) -> Option<i64> {
    let mut found = -1;
    for (index, element) in elements.iter().enumerate() {
        if element.value.same(&wanted.value)? {
            found = i64::try_from(index).ok()?;
            if !from_end {
                break;
            }
        }
    }
    Some(found)
}

/// Objects are merged to any depth, the last one counts; of lists every element once.
fn union(all: &[Val]) -> Option<V> {
    let (first, rest) = all.split_first()?;
    let mut result = first.value.clone();
    for next in rest {
        // Merging walks through shared parts again and again.
        if result.size().min(next.value.size()) > MAX_MERGED {
            return None;
        }
        result = match (&result, &next.value) {
            (V::Array(a), V::Array(b)) => {
                let mut elements = a.elements.clone();
                for element in &b.elements {
                    // Unknown ones are kept: they may be others.
                    let is_there = elements.len() < 2_000
                        && elements.iter().any(|known| known.value.same(&element.value) == Some(true));
                    if !is_there {
                        elements.push(element.clone());
                    }
                }
                V::array(elements)
            }
            (V::Object(a), V::Object(b)) => merge(&a.members, &b.members),
            _ => return None,
        };
    }
    Some(result)
}

fn merge(first: &[Field], second: &[Field]) -> V {
    let mut fields: Vec<Field> = first.to_vec();
    let lower = |field: &Field| field.name.to_ascii_lowercase();
    let mut places: BTreeMap<String, usize> =
        fields.iter().enumerate().map(|(place, field)| (lower(field), place)).collect();
    for field in second {
        let place = *places.entry(lower(field)).or_insert(fields.len());
        let Some(known) = fields.get_mut(place) else {
            fields.push(field.clone());
            continue;
        };
        known.value = match (&known.value.value, &field.value.value) {
            (V::Object(a), V::Object(b)) => Val::new(merge(&a.members, &b.members), field.value.span),
            _ => field.value.clone(),
        };
    }
    V::object(fields)
}

fn intersection(all: &[Val]) -> Option<V> {
    let (first, rest) = all.split_first()?;
    match &first.value {
        V::Array(list) => {
            let mut kept = Vec::new();
            for element in &list.elements {
                let mut is_everywhere = true;
                for other in rest {
                    is_everywhere &= contains(other, element)?;
                }
                if is_everywhere {
                    kept.push(element.clone());
                }
            }
            Some(V::array(kept))
        }
        V::Object(fields) => {
            let mut kept = Vec::new();
            for field in &fields.members {
                let mut is_everywhere = true;
                for other in rest {
                    let other = other.value.members().is_some().then(|| other.get(&field.name))?;
                    is_everywhere &= match other {
                        Some(value) => value.value.same(&field.value.value)?,
                        None => false,
                    };
                }
                if is_everywhere {
                    kept.push(field.clone());
                }
            }
            Some(V::object(kept))
        }
        _ => None,
    }
}

fn create_object(arguments: &[Val]) -> Option<V> {
    let mut fields = Vec::with_capacity(arguments.len() / 2);
    for pair in arguments.chunks(2) {
        let [name, value] = pair else { return None };
        fields.push(Field {
            name: Arc::from(name.value.known_text()?),
            name_span: name.span,
            value: value.clone(),
        });
    }
    Some(V::object(fields))
}

/// As objects of `key` and `value`, by key.
fn items(members: &[Field]) -> V {
    let mut sorted: Vec<&Field> = members.iter().collect();
    sorted.sort_by_key(|field| field.name.to_lowercase());
    let item = |field: &&Field| {
        let part =
            |name: &str, value: Val| Field { name: Arc::from(name), name_span: field.name_span, value };
        let key = Val::new(V::text(&field.name), field.name_span);
        Val::new(V::object(vec![part("key", key), part("value", field.value.clone())]), field.value.span)
    };
    V::array(sorted.iter().map(item).collect())
}
