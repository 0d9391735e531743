//! Strings: finding, comparing, splitting, replacing.
//!
//! Rules
//! - Positions are UTF-16 units.
//! - Searches under a culture are ordinal here, with or without case: the invariant culture differs only
//!   for characters that carry no weight and for combining accents.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::types::Type;
use super::super::value::Value;
use super::{Table, args, call, collation, common, utf16};

/// `StringComparison.Ordinal`
const ORDINAL: i32 = 4;

/// Which way to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    First,
    Last,
}

/// The text in which an ignoring search works.
fn folded(text: &str, comparison: i32) -> String {
    if comparison & 1 == 1 { utf16::to_upper(text) } else { text.to_owned() }
}

fn check_comparison(comparison: i32) -> Result<(), Fault> {
    if (0..=5).contains(&comparison) {
        return Ok(());
    }
    Err(args::bad_argument(
        "The string comparison type passed in is currently not supported. (Parameter 'comparisonType')",
    ))
}

/// The index of `wanted` in the units `start..start + count` of `text`.
fn find(text: &str, wanted: &str, start: usize, count: usize, way: Way, comparison: i32) -> i32 {
    let Some(part) = utf16::slice(text, start, count) else { return -1 };
    let (part, wanted) = (folded(&part, comparison), folded(wanted, comparison));
    let found = match way {
        Way::First => part.find(&wanted),
        Way::Last => part.rfind(&wanted),
    };
    found.map_or(-1, |byte| {
        let at = utf16::index_of_byte(&part, byte).saturating_add(start);
        i32::try_from(at).unwrap_or(-1)
    })
}

#[cold]
fn bad_start() -> Fault {
    args::out_of_range(
        "Index was out of range. Must be non-negative and less than or equal to the size of the collection.",
        "startIndex",
    )
}

#[cold]
fn bad_count() -> Fault {
    args::out_of_range(
        "Count must be positive and count must refer to a location within the string/array/collection.",
        "count",
    )
}

/// Start and count of a forward search as units.
fn forward(text: &str, start: i32, count: Option<i32>) -> Result<(usize, usize), Fault> {
    let len = utf16::len(text);
    let start = usize::try_from(start).ok().filter(|start| *start <= len).ok_or_else(bad_start)?;
    let left = len.saturating_sub(start);
    match count {
        None => Ok((start, left)),
        Some(count) => {
            let count = usize::try_from(count).ok().filter(|count| *count <= left).ok_or_else(bad_count)?;
            Ok((start, count))
        }
    }
}

/// Start and count of a backward search from `start`, as the units that it covers.
fn backward(text: &str, start: i32, count: Option<i32>) -> Result<Option<(usize, usize)>, Fault> {
    let len = utf16::len(text);
    if len == 0 {
        return Ok(None);
    }
    let start = usize::try_from(start).ok().filter(|start| *start <= len).ok_or_else(bad_start)?;
    let end = start.saturating_add(1).min(len);
    match count {
        None => Ok(Some((0, end))),
        Some(count) => {
            let count = usize::try_from(count).ok().filter(|count| *count <= start.saturating_add(1));
            let count = count.ok_or_else(bad_count)?.min(end);
            Ok(Some((end.saturating_sub(count), count)))
        }
    }
}

/// What is searched for, as text: a string or a char.
fn wanted(call: &Call<'_>, index: usize) -> Result<String, Fault> {
    match call.get(index) {
        Value::Char(unit) => Ok(utf16::from_unit(*unit)),
        Value::Str(text) => Ok(text.to_string()),
        _ => Err(Fault::null_argument("value")),
    }
}

/// `IndexOf` in all its forms. `start`, `count` and `comparison` are indices of arguments.
fn index_of(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    start: Option<usize>,
    count: Option<usize>,
    comparison: Option<usize>,
) -> Result<Value, Fault> {
    let text = args::this(call);
    machine.spend(text.len() as u64)?;
    let wanted = wanted(call, 1)?;
    let comparison = comparison.map_or(ORDINAL, |at| args::member(call, at));
    check_comparison(comparison)?;
    let from = start.map_or(0, |at| args::int(call, at));
    let (start, count) = forward(text, from, count.map(|at| args::int(call, at)))?;
    Ok(Value::Int(find(text, &wanted, start, count, Way::First, comparison)))
}

/// `LastIndexOf` in all its forms.
fn last_index_of(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    start: Option<usize>,
    count: Option<usize>,
    comparison: Option<usize>,
) -> Result<Value, Fault> {
    let text = args::this(call);
    machine.spend(text.len() as u64)?;
    let wanted = wanted(call, 1)?;
    let comparison = comparison.map_or(ORDINAL, |at| args::member(call, at));
    check_comparison(comparison)?;
    let Some(start) = start else {
        let all = utf16::len(text);
        return Ok(Value::Int(find(text, &wanted, 0, all, Way::Last, comparison)));
    };
    let covered = backward(text, args::int(call, start), count.map(|at| args::int(call, at)))?;
    let Some((from, count)) = covered else {
        return Ok(Value::Int(if wanted.is_empty() { 0 } else { -1 }));
    };
    Ok(Value::Int(find(text, &wanted, from, count, Way::Last, comparison)))
}

fn index_of_any(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    way: Way,
    given: usize,
) -> Result<Value, Fault> {
    let text = args::this(call);
    machine.spend(text.len() as u64)?;
    if matches!(call.get(1), Value::Null) {
        return Err(Fault::null_argument("anyOf"));
    }
    let any = args::units(machine, call.get(1));
    let units = utf16::units(text);
    let start = (given > 0).then(|| args::int(call, 2));
    let count = (given > 1).then(|| args::int(call, 3));
    let (from, count) = match way {
        Way::First => forward(text, start.unwrap_or(0), count)?,
        Way::Last => match start {
            None => (0, units.len()),
            Some(start) => match backward(text, start, count)? {
                Some(range) => range,
                None => return Ok(Value::Int(-1)),
            },
        },
    };
    let mut hits = units.iter().enumerate().skip(from).take(count).filter(|(_, unit)| any.contains(unit));
    let hit = match way {
        Way::First => hits.next(),
        Way::Last => hits.next_back(),
    };
    Ok(Value::Int(hit.and_then(|(at, _)| i32::try_from(at).ok()).unwrap_or(-1)))
}

fn contains(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = args::this(call);
    machine.spend(text.len() as u64)?;
    let wanted = wanted(call, 1)?;
    let comparison = if call.arguments.len() > 2 { args::member(call, 2) } else { ORDINAL };
    check_comparison(comparison)?;
    Ok(Value::Bool(if comparison & 1 == 1 {
        folded(text, comparison).contains(&folded(&wanted, comparison))
    } else {
        text.contains(wanted.as_str())
    }))
}

/// `StartsWith`, `EndsWith`.
fn at_edge(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    edge: fn(&str, &str) -> bool,
    comparison: Option<i32>,
) -> Result<Value, Fault> {
    let text = args::this(call);
    let wanted = wanted(call, 1)?;
    let comparison = comparison.unwrap_or(ORDINAL);
    check_comparison(comparison)?;
    Ok(Value::Bool(if comparison & 1 == 1 {
        machine.spend((text.len().saturating_add(wanted.len()) as u64) >> 2)?;
        edge(&folded(text, comparison), &folded(&wanted, comparison))
    } else {
        edge(text, &wanted)
    }))
}

fn starts(text: &str, part: &str) -> bool {
    text.starts_with(part)
}

fn ends(text: &str, part: &str) -> bool {
    text.ends_with(part)
}

/// Pays for comparing the strings in argument 0 and in argument `second`.
fn pay_for_both(machine: &mut Machine<'_, '_>, call: &Call<'_>, second: usize) -> Result<(), Fault> {
    let len = |index| args::text(call, index).map_or(0, str::len);
    machine.spend((len(0).min(len(second)) as u64) >> 2)
}

fn equals_by(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    pay_for_both(machine, call, 1)?;
    let comparison = args::member(call, 2);
    check_comparison(comparison)?;
    Ok(Value::Bool(match (args::text(call, 0), args::text(call, 1)) {
        (Some(a), Some(b)) => collation::equal_by(a, b, comparison),
        (None, None) => true,
        _ => false,
    }))
}

/// `string.Compare` of two strings that may be null.
fn compare(machine: &mut Machine<'_, '_>, call: &Call<'_>, comparison: i32) -> Result<Value, Fault> {
    pay_for_both(machine, call, 1)?;
    check_comparison(comparison)?;
    Ok(match (args::text(call, 0), args::text(call, 1)) {
        (Some(a), Some(b)) if comparison == ORDINAL => Value::Int(collation::ordinal(a, b)),
        (Some(a), Some(b)) => common::order_number(collation::compare_by(a, b, comparison)),
        (a, b) => common::order_number(a.cmp(&b)),
    })
}

/// `Compare(strA, indexA, strB, indexB, length, ...)`.
fn compare_parts(machine: &mut Machine<'_, '_>, call: &Call<'_>, comparison: i32) -> Result<Value, Fault> {
    pay_for_both(machine, call, 2)?;
    check_comparison(comparison)?;
    let length = usize::try_from(args::int(call, 4))
        .map_err(|_| args::out_of_range("Length cannot be less than zero.", "length"))?;
    let part = |text: usize, index: usize, name: &str| -> Result<Option<String>, Fault> {
        let Some(text) = args::text(call, text) else { return Ok(None) };
        let len = utf16::len(text);
        let start = usize::try_from(args::int(call, index)).ok().filter(|start| *start <= len);
        let start = start.ok_or_else(|| {
            args::out_of_range(
                "Index was out of range. Must be non-negative and less than the size of the collection.",
                name,
            )
        })?;
        Ok(utf16::slice(text, start, length.min(len.saturating_sub(start))))
    };
    let (a, b) = (part(0, 1, "indexA")?, part(2, 3, "indexB")?);
    Ok(match (&a, &b) {
        (Some(a), Some(b)) if comparison == ORDINAL => Value::Int(collation::ordinal(a, b)),
        (Some(a), Some(b)) => common::order_number(collation::compare_by(a, b, comparison)),
        (a, b) => common::order_number(a.cmp(b)),
    })
}

/// Comparison number of `ignoreCase`.
fn by_case(ignore: bool) -> i32 {
    if ignore { 3 } else { 2 }
}

/// The separators of a `Split`: strings in the order of the argument; none means white space.
fn separators(machine: &Machine<'_, '_>, value: &Value) -> Vec<String> {
    match (value, machine.object(value)) {
        (Value::Char(unit), _) => vec![utf16::from_unit(*unit)],
        (Value::Str(text), _) => vec![text.to_string()],
        (_, Some(Object::Array { items, .. })) => items
            .iter()
            .filter_map(|item| match item {
                Value::Char(unit) => Some(utf16::from_unit(*unit)),
                Value::Str(text) => Some(text.to_string()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// `Split`: at most `limit` parts; options are `RemoveEmptyEntries` (1) and `TrimEntries` (2).
pub fn split(text: &str, separators: &[String], is_string: bool, limit: usize, options: i32) -> Vec<String> {
    let (skip_empty, trim) = (options & 1 != 0, options & 2 != 0);
    let tidy = |part: &str| if trim { part.trim().to_owned() } else { part.to_owned() };
    let by_white = separators.is_empty();
    // A separator that is an empty string never matches.
    let is_useless = is_string && !by_white && separators.iter().all(String::is_empty);
    if limit == 0 {
        return Vec::new();
    }
    if limit == 1 {
        // Without a second part nothing is split off, not even separators in front.
        let only = tidy(text);
        return if skip_empty && only.is_empty() { Vec::new() } else { vec![only] };
    }
    let cut = |rest: &str| -> Option<(usize, usize)> {
        if is_useless {
            return None;
        }
        if by_white {
            return rest.char_indices().find(|(_, c)| utf16::is_white(*c)).map(|(at, c)| (at, c.len_utf8()));
        }
        // The earliest match wins; at one place the first separator in the list does.
        rest.char_indices().find_map(|(at, _)| {
            let tail = rest.get(at..).unwrap_or_default();
            let found = separators.iter().find(|s| !s.is_empty() && tail.starts_with(s.as_str()))?;
            Some((at, found.len()))
        })
    };
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        if skip_empty && parts.len().saturating_add(1) == limit {
            // The last part keeps its separators, but not those in front of it.
            while let Some((at, len)) = cut(rest)
                && tidy(rest.get(..at).unwrap_or_default()).is_empty()
            {
                rest = rest.get(at.saturating_add(len)..).unwrap_or_default();
            }
        }
        let next = if parts.len().saturating_add(1) >= limit { None } else { cut(rest) };
        let Some((at, len)) = next else { break };
        let part = tidy(rest.get(..at).unwrap_or_default());
        rest = rest.get(at.saturating_add(len)..).unwrap_or_default();
        if !(skip_empty && part.is_empty()) {
            parts.push(part);
        }
    }
    let last = tidy(rest);
    if !(skip_empty && last.is_empty()) {
        parts.push(last);
    }
    parts
}

fn run_split(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    count: Option<usize>,
    options: Option<usize>,
) -> Result<Value, Fault> {
    let text = args::this(call);
    let limit = match count.map(|at| args::int(call, at)) {
        None => usize::MAX,
        Some(count) => usize::try_from(count)
            .map_err(|_| args::out_of_range("Count cannot be less than zero.", "count"))?,
    };
    let options = options.map_or(0, |at| args::member(call, at));
    if !(0..=3).contains(&options) {
        return Err(args::bad_argument(format!("Illegal enum value: {options}. (Parameter 'options')")));
    }
    let separators = separators(machine, call.get(1));
    let is_string = match (call.get(1), machine.object(call.get(1))) {
        (Value::Str(_), _) => true,
        (_, Some(Object::Array { element, .. })) => *element == Type::STRING,
        _ => false,
    };
    let steps = separators.len().saturating_add(1).saturating_mul(text.len());
    machine.spend(steps as u64)?;
    let parts = split(text, &separators, is_string, limit, options);
    machine.pay(parts.len().saturating_mul(32).saturating_add(text.len()))?;
    let items = parts.into_iter().map(Value::from).collect();
    machine.add(Object::Array { element: Type::STRING, items })
}

/// `Replace(oldValue, newValue, comparison)`.
fn run_replace(machine: &mut Machine<'_, '_>, call: &Call<'_>, comparison: i32) -> Result<Value, Fault> {
    check_comparison(comparison)?;
    let text = args::this(call);
    machine.spend(text.len() as u64)?;
    if let Value::Char(old) = call.get(1) {
        let new = args::unit(call, 2);
        let units: Vec<u16> = text.encode_utf16().map(|unit| if unit == *old { new } else { unit }).collect();
        return machine.text(utf16::from_units(&units));
    }
    let old = args::required(call, 1, "oldValue")?;
    if old.is_empty() {
        return Err(args::bad_argument("String cannot be of zero length. (Parameter 'oldValue')"));
    }
    let new = args::text(call, 2).unwrap_or_default();
    let (haystack, needle) = (folded(text, comparison), folded(old, comparison));
    let count = haystack.matches(&needle).count();
    machine.pay(count.saturating_mul(new.len()).saturating_add(text.len()))?;
    if comparison & 1 == 0 {
        return Ok(Value::from(text.replace(old, new)));
    }
    // Folding keeps the number of characters, so places carry over by counting them.
    let mut result = String::new();
    let mut rest = text.chars();
    let mut last = 0_usize;
    for (at, found) in haystack.match_indices(&needle) {
        let before = haystack.get(last..at).unwrap_or_default().chars().count();
        result.extend(rest.by_ref().take(before));
        result.push_str(new);
        rest.by_ref().take(found.chars().count()).for_each(drop);
        last = at.saturating_add(found.len());
    }
    result.extend(rest);
    Ok(Value::from(result))
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::String,
    parameters: &[],
    rows: &[
        call("int IndexOf(string value)", |m, c| index_of(m, c, None, None, None)),
        call("int IndexOf(char value)", |m, c| index_of(m, c, None, None, None)),
        call("int IndexOf(string value, int startIndex)", |m, c| index_of(m, c, Some(2), None, None)),
        call("int IndexOf(char value, int startIndex)", |m, c| index_of(m, c, Some(2), None, None)),
        call("int IndexOf(string value, int startIndex, int count)", |m, c| {
            index_of(m, c, Some(2), Some(3), None)
        }),
        call("int IndexOf(char value, int startIndex, int count)", |m, c| {
            index_of(m, c, Some(2), Some(3), None)
        }),
        call("int IndexOf(string value, StringComparison comparisonType)", |m, c| {
            index_of(m, c, None, None, Some(2))
        }),
        call("int IndexOf(char value, StringComparison comparisonType)", |m, c| {
            index_of(m, c, None, None, Some(2))
        }),
        call("int IndexOf(string value, int startIndex, StringComparison comparisonType)", |m, c| {
            index_of(m, c, Some(2), None, Some(3))
        }),
        call(
            "int IndexOf(string value, int startIndex, int count, StringComparison comparisonType)",
            |m, c| index_of(m, c, Some(2), Some(3), Some(4)),
        ),
        call("int LastIndexOf(string value)", |m, c| last_index_of(m, c, None, None, None)),
        call("int LastIndexOf(char value)", |m, c| last_index_of(m, c, None, None, None)),
        call("int LastIndexOf(string value, int startIndex)", |m, c| {
            last_index_of(m, c, Some(2), None, None)
        }),
        call("int LastIndexOf(char value, int startIndex)", |m, c| last_index_of(m, c, Some(2), None, None)),
        call("int LastIndexOf(string value, int startIndex, int count)", |m, c| {
            last_index_of(m, c, Some(2), Some(3), None)
        }),
        call("int LastIndexOf(char value, int startIndex, int count)", |m, c| {
            last_index_of(m, c, Some(2), Some(3), None)
        }),
        call("int LastIndexOf(string value, StringComparison comparisonType)", |m, c| {
            last_index_of(m, c, None, None, Some(2))
        }),
        call("int LastIndexOf(string value, int startIndex, StringComparison comparisonType)", |m, c| {
            last_index_of(m, c, Some(2), None, Some(3))
        }),
        call("int IndexOfAny(char[] anyOf)", |m, c| index_of_any(m, c, Way::First, 0)),
        call("int IndexOfAny(char[] anyOf, int startIndex)", |m, c| index_of_any(m, c, Way::First, 1)),
        call("int IndexOfAny(char[] anyOf, int startIndex, int count)", |m, c| {
            index_of_any(m, c, Way::First, 2)
        }),
        call("int LastIndexOfAny(char[] anyOf)", |m, c| index_of_any(m, c, Way::Last, 0)),
        call("int LastIndexOfAny(char[] anyOf, int startIndex)", |m, c| index_of_any(m, c, Way::Last, 1)),
        call("int LastIndexOfAny(char[] anyOf, int startIndex, int count)", |m, c| {
            index_of_any(m, c, Way::Last, 2)
        }),
        call("bool Contains(string value)", contains),
        call("bool Contains(char value)", contains),
        call("bool Contains(string value, StringComparison comparisonType)", contains),
        call("bool Contains(char value, StringComparison comparisonType)", contains),
        call("bool StartsWith(string value)", |m, c| at_edge(m, c, starts, None)),
        call("bool StartsWith(char value)", |m, c| at_edge(m, c, starts, None)),
        call("bool StartsWith(string value, StringComparison comparisonType)", |m, c| {
            at_edge(m, c, starts, Some(args::member(c, 2)))
        }),
        call("bool StartsWith(string value, bool ignoreCase, CultureInfo culture)", |m, c| {
            at_edge(m, c, starts, Some(by_case(args::flag(c, 2))))
        }),
        call("bool EndsWith(string value)", |m, c| at_edge(m, c, ends, None)),
        call("bool EndsWith(char value)", |m, c| at_edge(m, c, ends, None)),
        call("bool EndsWith(string value, StringComparison comparisonType)", |m, c| {
            at_edge(m, c, ends, Some(args::member(c, 2)))
        }),
        call("bool EndsWith(string value, bool ignoreCase, CultureInfo culture)", |m, c| {
            at_edge(m, c, ends, Some(by_case(args::flag(c, 2))))
        }),
        call("bool Equals(string value)", common::run_equals),
        call("bool Equals(string value, StringComparison comparisonType)", equals_by),
        call("static bool Equals(string a, string b)", common::run_equals),
        call("static bool Equals(string a, string b, StringComparison comparisonType)", |m, c| {
            equals_by(m, c)
        }),
        call("static int Compare(string strA, string strB)", |m, c| compare(m, c, 2)),
        call("static int Compare(string strA, string strB, bool ignoreCase)", |m, c| {
            compare(m, c, by_case(args::flag(c, 2)))
        }),
        call("static int Compare(string strA, string strB, bool ignoreCase, CultureInfo culture)", |m, c| {
            compare(m, c, by_case(args::flag(c, 2)))
        }),
        call("static int Compare(string strA, string strB, StringComparison comparisonType)", |m, c| {
            compare(m, c, args::member(c, 2))
        }),
        call("static int Compare(string strA, int indexA, string strB, int indexB, int length)", |m, c| {
            compare_parts(m, c, 2)
        }),
        call(
            "static int Compare(string strA, int indexA, string strB, int indexB, int length, bool ignoreCase)",
            |m, c| compare_parts(m, c, by_case(args::flag(c, 5))),
        ),
        call(
            "static int Compare(string strA, int indexA, string strB, int indexB, int length, \
             StringComparison comparisonType)",
            |m, c| compare_parts(m, c, args::member(c, 5)),
        ),
        call("static int CompareOrdinal(string strA, string strB)", |m, c| compare(m, c, ORDINAL)),
        call(
            "static int CompareOrdinal(string strA, int indexA, string strB, int indexB, int length)",
            |m, c| compare_parts(m, c, ORDINAL),
        ),
        call("int CompareTo(string strB)", |m, c| compare(m, c, 2)),
        call("int CompareTo(object value)", common::run_compare),
        call("string[] Split(params char[] separator)", |m, c| run_split(m, c, None, None)),
        call("string[] Split(char separator, StringSplitOptions options)", |m, c| {
            run_split(m, c, None, Some(2))
        }),
        call("string[] Split(char separator, int count)", |m, c| run_split(m, c, Some(2), None)),
        call("string[] Split(char separator, int count, StringSplitOptions options)", |m, c| {
            run_split(m, c, Some(2), Some(3))
        }),
        call("string[] Split(string separator)", |m, c| run_split(m, c, None, None)),
        call("string[] Split(string separator, StringSplitOptions options)", |m, c| {
            run_split(m, c, None, Some(2))
        }),
        call("string[] Split(string separator, int count)", |m, c| run_split(m, c, Some(2), None)),
        call("string[] Split(string separator, int count, StringSplitOptions options)", |m, c| {
            run_split(m, c, Some(2), Some(3))
        }),
        call("string[] Split(char[] separator, int count)", |m, c| run_split(m, c, Some(2), None)),
        call("string[] Split(char[] separator, StringSplitOptions options)", |m, c| {
            run_split(m, c, None, Some(2))
        }),
        call("string[] Split(char[] separator, int count, StringSplitOptions options)", |m, c| {
            run_split(m, c, Some(2), Some(3))
        }),
        call("string[] Split(string[] separator, StringSplitOptions options)", |m, c| {
            run_split(m, c, None, Some(2))
        }),
        call("string[] Split(string[] separator, int count, StringSplitOptions options)", |m, c| {
            run_split(m, c, Some(2), Some(3))
        }),
        call("string Replace(string oldValue, string newValue)", |m, c| run_replace(m, c, ORDINAL)),
        call("string Replace(char oldChar, char newChar)", |m, c| run_replace(m, c, ORDINAL)),
        call("string Replace(string oldValue, string newValue, StringComparison comparisonType)", |m, c| {
            run_replace(m, c, args::member(c, 3))
        }),
        call(
            "string Replace(string oldValue, string newValue, bool ignoreCase, CultureInfo culture)",
            |m, c| run_replace(m, c, by_case(args::flag(c, 3))),
        ),
    ],
    denied: &[],
}];
