//! `Match`, `Group`, `Capture` and their collections.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::arguments::{int, text};
use super::super::{Table, call};
use super::compiled::{Compiled, Units, next_start};
use super::{MatchObject, RegexObject, replacement};
use crate::policy::Text;

pub(super) const MATCH: Table = Table {
    class: Class::Match,
    parameters: &[],
    rows: &[
        call("GroupCollection Groups { get; }", groups),
        call("Match NextMatch()", next_match),
        call("string Result(string replacement)", result),
        call("static Match Empty { get; }", |machine, _| {
            let regex = RegexObject { pattern: Text::EMPTY, options: 0 };
            machine.add(Object::Match(Box::new(none(Text::EMPTY, regex))))
        }),
    ],
    denied: &["NextMatch", "Synchronized"],
};

pub(super) const GROUP: Table = Table {
    class: Class::RegexGroup,
    parameters: &[],
    rows: &[
        call("bool Success { get; }", |machine, call| Ok(Value::Bool(read(machine, call)?.place.is_some()))),
        call("string Name { get; }", |machine, call| Ok(Value::Str(read(machine, call)?.name.clone()))),
        call("CaptureCollection Captures { get; }", captures),
    ],
    denied: &["Name", "Synchronized"],
};

pub(super) const CAPTURE: Table = Table {
    class: Class::Capture,
    parameters: &[],
    rows: &[
        call("int Index { get; }", |machine, call| {
            let place = read(machine, call)?.place;
            Ok(number(place.map_or(0, |place| place.index)))
        }),
        call("int Length { get; }", |machine, call| {
            let place = read(machine, call)?.place;
            Ok(number(place.map_or(0, |place| place.length)))
        }),
        call("string Value { get; }", value),
        call("string ToString()", value),
    ],
    denied: &[],
};

pub(super) const MATCHES: Table = Table {
    class: Class::MatchCollection,
    parameters: &[],
    rows: &[call("int Count { get; }", count), call("Match this[int i] { get; }", item_or_throw)],
    denied: &[],
};

pub(super) const GROUPS: Table = Table {
    class: Class::GroupCollection,
    parameters: &[],
    rows: &[
        call("int Count { get; }", count),
        call("Group this[int groupnum] { get; }", |machine, call| {
            let parts = read(machine, call)?.parts.clone();
            let whole = parts.first().and_then(|part| machine.object(part));
            let regex = match whole {
                Some(Object::Match(found)) => found.regex.clone(),
                _ => None,
            };
            let wanted = u32::try_from(int(call, 1)).ok();
            let index = match regex.filter(|_| parts.len() > 1) {
                Some(regex) => {
                    let compiled = Compiled::of(machine, &regex)?;
                    compiled.groups().iter().position(|group| Some(group.number) == wanted)
                }
                None => (wanted == Some(0)).then_some(0),
            };
            match index.and_then(|index| parts.get(index)) {
                Some(found) => Ok(found.clone()),
                None => no_group(machine, Text::from(int(call, 1).to_string())),
            }
        }),
        call("Group this[string groupname] { get; }", |machine, call| {
            let name = text(call, 1, "groupname")?;
            group_named(machine, call, &name)
        }),
        call("bool ContainsKey(string key)", |machine, call| {
            let name = text(call, 1, "key")?;
            let parts = &read(machine, call)?.parts;
            let found = parts.iter().any(|part| part_name(machine, part).is_some_and(|own| *own == name));
            Ok(Value::Bool(found))
        }),
    ],
    denied: &[],
};

pub(super) const CAPTURES: Table = Table {
    class: Class::CaptureCollection,
    parameters: &[],
    rows: &[call("int Count { get; }", count), call("Capture this[int i] { get; }", item_or_throw)],
    denied: &[],
};

/// No success.
fn none(input: Text, regex: RegexObject) -> MatchObject {
    MatchObject {
        class: Class::Match,
        input,
        place: None,
        name: Text::Static("0"),
        regex: Some(regex),
        groups: Vec::new(),
        parts: Vec::new(),
    }
}

/// A match, or one without success.
pub(super) fn make(
    machine: &mut Machine<'_, '_>,
    regex: &RegexObject,
    input: &Text,
    found: Option<&[Option<(usize, usize)>]>,
    units: &mut Units<'_>,
) -> Result<Value, Fault> {
    let mut object = none(input.clone(), regex.clone());
    if let Some(found) = found {
        machine.pay(found.len().saturating_mul(40).saturating_add(128))?;
        object.groups = found.iter().map(|place| place.map(|place| units.place(place))).collect();
        object.place = object.groups.first().copied().flatten();
    }
    machine.add(Object::Match(Box::new(object)))
}

fn read<'m>(machine: &'m Machine<'_, '_>, call: &Call<'_>) -> Result<&'m MatchObject, Fault> {
    match machine.object(call.get(0)) {
        Some(Object::Match(found)) => Ok(found),
        _ => Err(Fault::null_reference()),
    }
}

fn number(count: usize) -> Value {
    Value::Int(i32::try_from(count).unwrap_or(i32::MAX))
}

fn value(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = read(machine, call)?.value().to_owned();
    machine.text(text)
}

fn count(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(number(read(machine, call)?.parts.len()))
}

fn item_or_throw(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let index = usize::try_from(int(call, 1)).ok();
    let parts = &read(machine, call)?.parts;
    index.and_then(|index| parts.get(index)).cloned().ok_or_else(|| {
        Fault::new(
            Class::ArgumentOutOfRangeException,
            "Index was out of range. Must be non-negative and less than the size of the collection. \
             (Parameter 'i')",
        )
    })
}

fn part_name<'m>(machine: &'m Machine<'_, '_>, part: &Value) -> Option<&'m Text> {
    match machine.object(part) {
        Some(Object::Match(found)) => Some(&found.name),
        _ => None,
    }
}

/// The group by its name, which is the number for one without; one without success when there is none.
fn group_named(machine: &mut Machine<'_, '_>, call: &Call<'_>, name: &Text) -> Result<Value, Fault> {
    let object = read(machine, call)?;
    let found = object.parts.iter().find(|part| part_name(machine, part).is_some_and(|own| own == name));
    if let Some(found) = found {
        return Ok(found.clone());
    }
    no_group(machine, name.clone())
}

/// A group without success.
fn no_group(machine: &mut Machine<'_, '_>, name: Text) -> Result<Value, Fault> {
    let empty = MatchObject {
        class: Class::RegexGroup,
        input: Text::EMPTY,
        place: None,
        name,
        regex: None,
        groups: Vec::new(),
        parts: Vec::new(),
    };
    machine.add(Object::Match(Box::new(empty)))
}

fn collection(machine: &mut Machine<'_, '_>, class: Class, parts: Vec<Value>) -> Result<Value, Fault> {
    machine.pay(parts.len().saturating_mul(32).saturating_add(128))?;
    machine.add(Object::Match(Box::new(MatchObject {
        class,
        input: Text::EMPTY,
        place: None,
        name: Text::EMPTY,
        regex: None,
        groups: Vec::new(),
        parts,
    })))
}

/// A `MatchCollection`.
pub(super) fn all(machine: &mut Machine<'_, '_>, parts: Vec<Value>) -> Result<Value, Fault> {
    collection(machine, Class::MatchCollection, parts)
}

fn groups(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let found = read(machine, call)?.clone();
    let Some(regex) = &found.regex else { return Err(Fault::null_reference()) };
    let mut parts = vec![call.get(0).clone()];
    if found.place.is_some() {
        let compiled = Compiled::of(machine, regex)?;
        for (group, place) in compiled.groups().iter().zip(&found.groups).skip(1) {
            machine.pay(192)?;
            parts.push(machine.add(Object::Match(Box::new(MatchObject {
                class: Class::RegexGroup,
                input: found.input.clone(),
                place: *place,
                name: Text::from(group.name.clone()),
                regex: None,
                groups: Vec::new(),
                parts: Vec::new(),
            })))?);
        }
    }
    collection(machine, Class::GroupCollection, parts)
}

/// The last capture, if there is one.
fn captures(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let found = read(machine, call)?.clone();
    let mut parts = Vec::new();
    if found.place.is_some() {
        machine.pay(192)?;
        parts.push(machine.add(Object::Match(Box::new(MatchObject {
            class: Class::Capture,
            regex: None,
            groups: Vec::new(),
            parts: Vec::new(),
            ..found
        })))?);
    }
    collection(machine, Class::CaptureCollection, parts)
}

fn next_match(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let found = read(machine, call)?.clone();
    let (Some(regex), Some(place)) = (&found.regex, found.place) else { return Ok(call.get(0).clone()) };
    let next = match next_start(&found.input, place.start, place.end) {
        Some(start) => {
            let compiled = Compiled::of(machine, regex)?;
            compiled.find(machine, &found.input, start)?
        }
        None => None,
    };
    let mut units = Units::new(&found.input);
    make(machine, regex, &found.input, next.as_deref(), &mut units)
}

fn result(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let pattern = text(call, 1, "replacement")?;
    let found = read(machine, call)?.clone();
    let (Some(regex), Some(_)) = (&found.regex, found.place) else {
        return Err(Fault::new(Class::NotSupportedException, "Result cannot be called on a failed Match."));
    };
    let compiled = Compiled::of(machine, regex)?;
    let parts = replacement::parse(&pattern, compiled.groups());
    let places: Vec<_> =
        found.groups.iter().map(|place| place.map(|place| (place.start, place.end))).collect();
    let mut out = String::new();
    replacement::expand(&mut out, &parts, &found.input, &places);
    machine.text(out)
}
