//! Strings: length, parts, case, padding, trimming, joining.
//!
//! Rules
//! - Positions and lengths are UTF-16 units; see `utf16`.
//! - Case is that of the invariant culture, one character to one.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, MAX_TEXT_BYTES, Machine};
use super::super::types::Type;
use super::super::value::Value;
use super::{Table, args, call, common, sequence, utf16};

/// Fails before a string of so many bytes is built.
pub fn check_size(machine: &mut Machine<'_, '_>, bytes: usize) -> Result<(), Fault> {
    if bytes > MAX_TEXT_BYTES {
        return Err(Fault::of(super::super::FaultKind::Memory, "the expression used too much memory"));
    }
    machine.pay(bytes)
}

/// Counting the units of text beyond ASCII takes longer than looking whether it is.
fn pay_for_units(machine: &mut Machine<'_, '_>, text: &str) -> Result<(), Fault> {
    machine.spend(if text.is_ascii() { 0 } else { (text.len() as u64) >> 5 })
}

/// `s[index]`
fn char_at(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    pay_for_units(machine, args::this(call))?;
    let at = usize::try_from(args::int(call, 1)).ok();
    at.and_then(|at| utf16::at(args::this(call), at)).map(Value::Char).ok_or_else(|| {
        Fault::new(Class::IndexOutOfRangeException, "Index was outside the bounds of the array.")
    })
}

fn substring(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = args::this(call);
    machine.spend((text.len() as u64) >> 4)?;
    let len = utf16::length(text);
    let start = args::int(call, 1);
    if start < 0 {
        return Err(args::out_of_range("StartIndex cannot be less than zero.", "startIndex"));
    }
    if start > len {
        return Err(args::out_of_range("startIndex cannot be larger than length of string.", "startIndex"));
    }
    let count = if call.arguments.len() > 2 { args::int(call, 2) } else { len.saturating_sub(start) };
    if count < 0 {
        return Err(args::out_of_range("Length cannot be less than zero.", "length"));
    }
    if start > len.saturating_sub(count) {
        return Err(args::out_of_range(
            "Index and length must refer to a location within the string.",
            "length",
        ));
    }
    let part = utf16::slice(text, usize::try_from(start).unwrap_or(0), usize::try_from(count).unwrap_or(0));
    machine.text(part.unwrap_or_default())
}

fn remove(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = args::this(call);
    let len = utf16::length(text);
    let start = args::int(call, 1);
    if start < 0 {
        return Err(args::out_of_range("StartIndex cannot be less than zero.", "startIndex"));
    }
    let count = if call.arguments.len() > 2 {
        args::int(call, 2)
    } else if start > len {
        return Err(args::out_of_range("startIndex must be less than length of string.", "startIndex"));
    } else {
        len.saturating_sub(start)
    };
    if count < 0 {
        return Err(args::out_of_range("Count cannot be less than zero.", "count"));
    }
    if count > len.saturating_sub(start) {
        return Err(args::out_of_range(
            "Index and count must refer to a location within the string.",
            "count",
        ));
    }
    let mut units = utf16::units(text);
    let start = usize::try_from(start).unwrap_or(0);
    let end = start.saturating_add(usize::try_from(count).unwrap_or(0));
    units.drain(start..end.min(units.len()));
    machine.text(utf16::from_units(&units))
}

fn insert(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = args::this(call);
    let value = args::required(call, 2, "value")?;
    let at =
        usize::try_from(args::int(call, 1)).ok().filter(|at| *at <= utf16::len(text)).ok_or_else(|| {
            args::out_of_range("Specified argument was out of the range of valid values.", "startIndex")
        })?;
    check_size(machine, text.len().saturating_add(value.len()))?;
    let mut units = utf16::units(text);
    let tail = units.split_off(at);
    units.extend(value.encode_utf16());
    units.extend(tail);
    Ok(Value::from(utf16::from_units(&units)))
}

fn pad(machine: &mut Machine<'_, '_>, call: &Call<'_>, left: bool) -> Result<Value, Fault> {
    let text = args::this(call);
    let width =
        usize::try_from(args::int(call, 1)).map_err(|_| args::negative(args::long(call, 1), "totalWidth"))?;
    let fill = if call.arguments.len() > 2 { args::unit(call, 2) } else { u16::from(b' ') };
    let missing = width.saturating_sub(utf16::len(text));
    if missing == 0 {
        return Ok(call.get(0).clone());
    }
    check_size(machine, text.len().saturating_add(missing.saturating_mul(3)))?;
    let padding = utf16::from_unit(fill).repeat(missing);
    Ok(Value::from(if left { format!("{padding}{text}") } else { format!("{text}{padding}") }))
}

/// Trims the characters of argument 1, white space if there are none.
fn trim(machine: &mut Machine<'_, '_>, call: &Call<'_>, start: bool, end: bool) -> Result<Value, Fault> {
    let text = args::this(call);
    let units = match call.get(1) {
        Value::Char(unit) => vec![*unit],
        other => args::units(machine, other),
    };
    let goes = |c: char| {
        if units.is_empty() {
            utf16::is_white(c)
        } else {
            u16::try_from(u32::from(c)).is_ok_and(|unit| units.contains(&unit))
        }
    };
    machine.spend((text.len().saturating_mul(units.len().max(1)) as u64) >> 4)?;
    let mut rest = text;
    if start {
        rest = rest.trim_start_matches(goes);
    }
    if end {
        rest = rest.trim_end_matches(goes);
    }
    if rest.len() == text.len() {
        return Ok(call.get(0).clone());
    }
    machine.text(rest.to_owned())
}

fn to_chars(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let units = utf16::units(args::this(call));
    let part = if call.arguments.len() > 2 {
        let start = usize::try_from(args::int(call, 1)).ok();
        let count = usize::try_from(args::int(call, 2)).ok();
        let range = start.zip(count).and_then(|(start, count)| units.get(start..start.checked_add(count)?));
        range.ok_or_else(|| {
            args::out_of_range(
                "Index was out of range. Must be non-negative and less than or equal to the size of the collection.",
                "startIndex",
            )
        })?
    } else {
        &units
    };
    let items = part.iter().map(|unit| Value::Char(*unit)).collect();
    args::new_array(machine, Type::CHAR, items)
}

/// The texts of several values joined.
pub fn join(machine: &mut Machine<'_, '_>, separator: &str, items: &[Value]) -> Result<Value, Fault> {
    let mut text = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            text.push_str(separator);
        }
        let part = common::display(machine, item)?;
        text.push_str(&part);
        machine.spend(1)?;
        if text.len() > MAX_TEXT_BYTES {
            check_size(machine, text.len())?;
        }
    }
    check_size(machine, text.len())?;
    Ok(Value::from(text))
}

fn run_join(machine: &mut Machine<'_, '_>, call: &Call<'_>, name: &str) -> Result<Value, Fault> {
    let separator = match call.get(0) {
        Value::Char(unit) => utf16::from_unit(*unit),
        _ => args::text(call, 0).unwrap_or_default().to_owned(),
    };
    if matches!(call.get(1), Value::Null) {
        return Err(Fault::null_argument(name));
    }
    let mut items = sequence_items(machine, call.get(1))?;
    if call.arguments.len() > 3 {
        let start = usize::try_from(args::int(call, 2)).ok();
        let count = usize::try_from(args::int(call, 3)).ok();
        let range = start.zip(count).and_then(|(start, count)| items.get(start..start.checked_add(count)?));
        items = range
            .ok_or_else(|| {
                args::out_of_range(
                    "Index and count must refer to a location within the buffer.",
                    "startIndex",
                )
            })?
            .to_vec();
    }
    join(machine, &separator, &items)
}

/// The elements of an array directly, of other sequences by the family of sequences.
fn sequence_items(machine: &mut Machine<'_, '_>, value: &Value) -> Result<Vec<Value>, Fault> {
    match args::array(machine, value) {
        Some(items) => Ok(items),
        None => sequence::items(machine, value),
    }
}

/// `Concat` of an array or sequence.
fn concat_all(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    if matches!(call.get(0), Value::Null) {
        return Err(Fault::null_argument("values"));
    }
    let items = sequence_items(machine, call.get(0))?;
    join(machine, "", &items)
}

/// `Concat` of two to four values.
fn concat(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    join(machine, "", call.arguments)
}

fn from_chars(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let units = args::units(machine, call.get(0));
    if call.arguments.len() < 3 {
        return machine.text(utf16::from_units(&units));
    }
    if matches!(call.get(0), Value::Null) {
        return Err(Fault::null_argument("value"));
    }
    let start = usize::try_from(args::int(call, 1)).ok();
    let count = usize::try_from(args::int(call, 2)).ok();
    let part = start.zip(count).and_then(|(start, count)| units.get(start..start.checked_add(count)?));
    let part = part.ok_or_else(|| {
        args::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "startIndex",
        )
    })?;
    machine.text(utf16::from_units(part))
}

fn repeated(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let count = usize::try_from(args::int(call, 1))
        .map_err(|_| args::out_of_range("Count cannot be less than zero.", "count"))?;
    check_size(machine, count.saturating_mul(3))?;
    Ok(Value::from(utf16::from_unit(args::unit(call, 0)).repeat(count)))
}

fn map_case(machine: &mut Machine<'_, '_>, call: &Call<'_>, map: fn(&str) -> String) -> Result<Value, Fault> {
    let text = map(args::this(call));
    if text == args::this(call) { Ok(call.get(0).clone()) } else { machine.text(text) }
}

fn same(_: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(call.get(0).clone())
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::String,
    parameters: &[],
    rows: &[
        call("static string Empty { get; }", |_, _| Ok("".into())),
        call("int Length { get; }", |m, c| {
            pay_for_units(m, args::this(c))?;
            Ok(Value::Int(utf16::length(args::this(c))))
        }),
        call("char this[int index] { get; }", char_at),
        call("static bool IsNullOrEmpty(string value)", |_, c| {
            Ok(Value::Bool(args::text(c, 0).is_none_or(str::is_empty)))
        }),
        call("static bool IsNullOrWhiteSpace(string value)", |m, c| {
            m.spend((args::text(c, 0).map_or(0, str::len) as u64) >> 5)?;
            Ok(Value::Bool(args::text(c, 0).is_none_or(|text| text.chars().all(utf16::is_white))))
        }),
        call("string Substring(int startIndex)", substring),
        call("string Substring(int startIndex, int length)", substring),
        call("string Remove(int startIndex)", remove),
        call("string Remove(int startIndex, int count)", remove),
        call("string Insert(int startIndex, string value)", insert),
        call("string PadLeft(int totalWidth)", |m, c| pad(m, c, true)),
        call("string PadLeft(int totalWidth, char paddingChar)", |m, c| pad(m, c, true)),
        call("string PadRight(int totalWidth)", |m, c| pad(m, c, false)),
        call("string PadRight(int totalWidth, char paddingChar)", |m, c| pad(m, c, false)),
        call("string Trim()", |m, c| trim(m, c, true, true)),
        call("string Trim(char trimChar)", |m, c| trim(m, c, true, true)),
        call("string Trim(params char[] trimChars)", |m, c| trim(m, c, true, true)),
        call("string TrimStart()", |m, c| trim(m, c, true, false)),
        call("string TrimStart(char trimChar)", |m, c| trim(m, c, true, false)),
        call("string TrimStart(params char[] trimChars)", |m, c| trim(m, c, true, false)),
        call("string TrimEnd()", |m, c| trim(m, c, false, true)),
        call("string TrimEnd(char trimChar)", |m, c| trim(m, c, false, true)),
        call("string TrimEnd(params char[] trimChars)", |m, c| trim(m, c, false, true)),
        call("string ToUpper()", |m, c| map_case(m, c, utf16::to_upper)),
        call("string ToUpper(CultureInfo culture)", |m, c| map_case(m, c, utf16::to_upper)),
        call("string ToUpperInvariant()", |m, c| map_case(m, c, utf16::to_upper)),
        call("string ToLower()", |m, c| map_case(m, c, utf16::to_lower)),
        call("string ToLower(CultureInfo culture)", |m, c| map_case(m, c, utf16::to_lower)),
        call("string ToLowerInvariant()", |m, c| map_case(m, c, utf16::to_lower)),
        call("char[] ToCharArray()", to_chars),
        call("char[] ToCharArray(int startIndex, int length)", to_chars),
        call("string ToString()", same),
        call("string ToString(CultureInfo provider)", same),
        call("object Clone()", same),
        call("static string Copy(string str)", same),
        call("static string Intern(string str)", same),
        call("string Normalize()", same),
        call("TypeCode GetTypeCode()", |_, _| Ok(Value::Enum(Class::TypeCode, 18))),
        call("static string Join(string separator, params string[] value)", |m, c| run_join(m, c, "value")),
        call("static string Join(string separator, params object[] values)", |m, c| run_join(m, c, "values")),
        call("static string Join<T>(string separator, IEnumerable<T> values)", |m, c| {
            run_join(m, c, "values")
        }),
        call("static string Join(string separator, string[] value, int startIndex, int count)", |m, c| {
            run_join(m, c, "value")
        }),
        call("static string Join(char separator, params string[] value)", |m, c| run_join(m, c, "value")),
        call("static string Join(char separator, params object[] values)", |m, c| run_join(m, c, "values")),
        call("static string Join<T>(char separator, IEnumerable<T> values)", |m, c| run_join(m, c, "values")),
        call("static string Concat(object arg0)", concat),
        call("static string Concat(string str0, string str1)", concat),
        call("static string Concat(string str0, string str1, string str2)", concat),
        call("static string Concat(string str0, string str1, string str2, string str3)", concat),
        call("static string Concat(object arg0, object arg1)", concat),
        call("static string Concat(object arg0, object arg1, object arg2)", concat),
        call("static string Concat(params string[] values)", concat_all),
        call("static string Concat(params object[] args)", concat_all),
        call("static string Concat<T>(IEnumerable<T> values)", concat_all),
        call("new(char c, int count)", repeated),
        call("new(char[] value)", from_chars),
        call("new(char[] value, int startIndex, int length)", from_chars),
        call("static string Format(string format, object arg0)", super::string_format::run_few),
        call("static string Format(string format, object arg0, object arg1)", super::string_format::run_few),
        call(
            "static string Format(string format, object arg0, object arg1, object arg2)",
            super::string_format::run_few,
        ),
        call("static string Format(string format, params object[] args)", super::string_format::run_all),
        call(
            "static string Format(CultureInfo provider, string format, params object[] args)",
            super::string_format::run_cultured,
        ),
    ],
    denied: &["GetEnumerator", "CopyTo"],
}];

/// The text of a value that a builder or writer holds.
pub fn builder_text(machine: &Machine<'_, '_>, value: &Value) -> String {
    match machine.object(value) {
        Some(Object::Builder { text, .. }) => text.clone(),
        _ => String::new(),
    }
}
