//! `StringBuilder`, `StringWriter`, `StringReader`.
//!
//! A reader is a record of its text and of the place that reading has come to.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, MAX_TEXT_BYTES, Machine};
use super::super::value::Value;
use super::{Table, args, call, common, sequence, string_format, strings, utf16};

/// `Environment.NewLine`: that of Linux, as everywhere in this engine; Windows writes `\r\n`.
pub const NEW_LINE: &str = "\n";

fn make(machine: &mut Machine<'_, '_>, class: Class, text: &str) -> Result<Value, Fault> {
    machine.pay(text.len())?;
    machine.add(Object::Builder { class, text: text.to_owned() })
}

/// Appends to the builder in argument 0 and gives it back.
fn append(machine: &mut Machine<'_, '_>, call: &Call<'_>, part: &str) -> Result<Value, Fault> {
    machine.pay(part.len())?;
    if let Some(Object::Builder { text, .. }) = machine.heap().object_mut(call.get(0)) {
        text.push_str(part);
        if text.len() > MAX_TEXT_BYTES {
            let len = text.len();
            strings::check_size(machine, len)?;
        }
    }
    Ok(call.get(0).clone())
}

/// Replaces what the builder in argument 0 holds and gives it back.
fn set_text(machine: &mut Machine<'_, '_>, call: &Call<'_>, new: String) -> Result<Value, Fault> {
    strings::check_size(machine, new.len())?;
    if let Some(Object::Builder { text, .. }) = machine.heap().object_mut(call.get(0)) {
        *text = new;
    }
    Ok(call.get(0).clone())
}

/// The text of an argument of `Append`: a `char[]` is its characters.
fn part(machine: &mut Machine<'_, '_>, value: &Value) -> Result<String, Fault> {
    match machine.object(value) {
        Some(Object::Array { element, .. }) if *element == super::super::Type::CHAR => {
            Ok(utf16::from_units(&args::units(machine, value)))
        }
        _ => Ok(common::display(machine, value)?.to_string()),
    }
}

fn run_append(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let part = part(machine, call.get(1))?;
    append(machine, call, &part)
}

fn append_part(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let all = part(machine, call.get(1))?;
    let part = usize::try_from(args::int(call, 2))
        .ok()
        .zip(usize::try_from(args::int(call, 3)).ok())
        .and_then(|(start, count)| utf16::slice(&all, start, count));
    let part = part.ok_or_else(|| {
        args::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "startIndex",
        )
    })?;
    append(machine, call, &part)
}

fn append_repeated(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let count = args::int(call, 2);
    let count = usize::try_from(count).map_err(|_| args::negative(i64::from(count), "repeatCount"))?;
    strings::check_size(machine, count)?;
    append(machine, call, &utf16::from_unit(args::unit(call, 1)).repeat(count))
}

fn append_line(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut line = if call.arguments.len() > 1 { part(machine, call.get(1))? } else { String::new() };
    line.push_str(NEW_LINE);
    append(machine, call, &line)
}

fn append_few(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let format = args::required(call, 1, "format")?;
    let text = string_format::composite(machine, format, call.arguments.get(2..).unwrap_or_default())?;
    append(machine, call, &text)
}

fn append_format(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let format = args::required(call, 1, "format")?;
    let items = args::array(machine, call.get(2)).ok_or_else(|| Fault::null_argument("args"))?;
    let text = string_format::composite(machine, format, &items)?;
    append(machine, call, &text)
}

fn append_join(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let separator = part(machine, call.get(1))?;
    let items = match args::array(machine, call.get(2)) {
        Some(items) => items,
        None => sequence::items(machine, call.get(2))?,
    };
    let Value::Str(text) = strings::join(machine, &separator, &items)? else {
        return Ok(call.get(0).clone());
    };
    append(machine, call, &text)
}

fn insert(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = strings::builder_text(machine, call.get(0));
    let part = part(machine, call.get(2))?;
    let at =
        usize::try_from(args::int(call, 1)).ok().filter(|at| *at <= utf16::len(&text)).ok_or_else(|| {
            args::out_of_range(
                "Index was out of range. Must be non-negative and less than the size of the collection.",
                "index",
            )
        })?;
    let mut units = utf16::units(&text);
    let tail = units.split_off(at);
    units.extend(part.encode_utf16());
    units.extend(tail);
    set_text(machine, call, utf16::from_units(&units))
}

fn remove(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut units = utf16::units(&strings::builder_text(machine, call.get(0)));
    let start = usize::try_from(args::int(call, 1))
        .map_err(|_| args::out_of_range("StartIndex cannot be less than zero.", "startIndex"))?;
    let count = usize::try_from(args::int(call, 2))
        .map_err(|_| args::out_of_range("Length cannot be less than zero.", "length"))?;
    let end = start.checked_add(count).filter(|end| *end <= units.len()).ok_or_else(|| {
        args::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "length",
        )
    })?;
    units.drain(start..end);
    set_text(machine, call, utf16::from_units(&units))
}

fn replace(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = strings::builder_text(machine, call.get(0));
    machine.spend(text.len() as u64)?;
    let old = match call.get(1) {
        Value::Null => return Err(Fault::null_argument("oldValue")),
        value => part(machine, value)?,
    };
    if old.is_empty() {
        return Err(args::bad_argument("The value cannot be an empty string. (Parameter 'oldValue')"));
    }
    let new = part(machine, call.get(2))?;
    let count = text.matches(&old).count();
    strings::check_size(machine, count.saturating_mul(new.len()))?;
    set_text(machine, call, text.replace(&old, &new))
}

fn set_length(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let length = args::int(call, 1);
    let length = usize::try_from(length).map_err(|_| args::negative(i64::from(length), "value"))?;
    strings::check_size(machine, length)?;
    let mut units = utf16::units(&strings::builder_text(machine, call.get(0)));
    units.resize(length, 0);
    set_text(machine, call, utf16::from_units(&units))?;
    Ok(Value::Null)
}

/// Pays for counting the units of the builder in argument 0.
fn pay_for_scan(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<(), Fault> {
    let bytes = match machine.object(call.get(0)) {
        Some(Object::Builder { text, .. }) if text.is_ascii() => text.len() >> 5,
        Some(Object::Builder { text, .. }) => text.len(),
        _ => 0,
    };
    machine.spend((bytes as u64) >> 5)
}

fn char_at(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    pay_for_scan(machine, call)?;
    let at = usize::try_from(args::int(call, 1)).ok();
    let unit = match machine.object(call.get(0)) {
        Some(Object::Builder { text, .. }) => at.and_then(|at| utf16::at(text, at)),
        _ => None,
    };
    unit.map(Value::Char).ok_or_else(|| {
        Fault::new(Class::IndexOutOfRangeException, "Index was outside the bounds of the array.")
    })
}

fn set_char(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut units = utf16::units(&strings::builder_text(machine, call.get(0)));
    let place = usize::try_from(args::int(call, 1)).ok().and_then(|at| units.get_mut(at));
    *place.ok_or_else(|| {
        args::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "index",
        )
    })? = args::unit(call, 2);
    set_text(machine, call, utf16::from_units(&units))?;
    Ok(Value::Null)
}

fn substring(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = strings::builder_text(machine, call.get(0));
    machine.spend((text.len() as u64) >> 5)?;
    let part = usize::try_from(args::int(call, 1))
        .ok()
        .zip(usize::try_from(args::int(call, 2)).ok())
        .and_then(|(start, count)| utf16::slice(&text, start, count));
    let part = part.ok_or_else(|| {
        args::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "startIndex",
        )
    })?;
    machine.text(part)
}

fn length(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    pay_for_scan(machine, call)?;
    Ok(match machine.object(call.get(0)) {
        Some(Object::Builder { text, .. }) => Value::Int(utf16::length(text)),
        _ => Value::Int(0),
    })
}

/// The text of a reader that is left.
fn rest(machine: &Machine<'_, '_>, call: &Call<'_>) -> String {
    match machine.object(call.get(0)) {
        Some(Object::Record { fields, .. }) => match (fields.first(), fields.get(1)) {
            (Some(Value::Str(text)), Some(Value::Int(at))) => {
                text.get(usize::try_from(*at).unwrap_or(0)..).unwrap_or_default().to_owned()
            }
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// What a `StringReader` has not given yet; it is at its end then.
pub(super) fn take_rest(machine: &mut Machine<'_, '_>, reader: &Value) -> String {
    let Some(Object::Record { fields, .. }) = machine.heap().object_mut(reader) else { return String::new() };
    let [Value::Str(text), Value::Int(at)] = fields.as_mut_slice() else { return String::new() };
    let rest = text.get(usize::try_from(*at).unwrap_or(0)..).unwrap_or_default().to_owned();
    *at = i32::try_from(text.len()).unwrap_or(i32::MAX);
    rest
}

/// Moves a reader on by so many bytes.
fn advance(machine: &mut Machine<'_, '_>, call: &Call<'_>, bytes: usize) {
    if let Some(Object::Record { fields, .. }) = machine.heap().object_mut(call.get(0))
        && let Some(Value::Int(at)) = fields.get_mut(1)
    {
        *at = at.saturating_add(i32::try_from(bytes).unwrap_or(i32::MAX));
    }
}

fn read_line(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let rest = rest(machine, call);
    machine.spend((rest.len() as u64) >> 4)?;
    if rest.is_empty() {
        return Ok(Value::Null);
    }
    let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
    let (line, tail) = rest.split_at_checked(end).unwrap_or((&rest, ""));
    let ending = if tail.starts_with("\r\n") { 2 } else { tail.len().min(1) };
    advance(machine, call, end.saturating_add(ending));
    machine.text(line.to_owned())
}

fn read_char(machine: &mut Machine<'_, '_>, call: &Call<'_>, keep: bool) -> Result<Value, Fault> {
    let rest = rest(machine, call);
    machine.spend((rest.len() as u64) >> 4)?;
    let Some(c) = rest.chars().next() else { return Ok(Value::Int(-1)) };
    if !keep {
        advance(machine, call, c.len_utf8());
    }
    let unit = c.encode_utf16(&mut [0; 2]).first().copied().unwrap_or(0);
    Ok(Value::Int(i32::from(unit)))
}

fn nothing(_: &mut Machine<'_, '_>, _: &Call<'_>) -> Result<Value, Fault> {
    Ok(Value::Null)
}

fn write(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    run_append(machine, call)?;
    Ok(Value::Null)
}

fn write_line(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    append_line(machine, call)?;
    Ok(Value::Null)
}

/// The tables of this file.
pub const TABLES: &[Table] = &[
    Table {
        class: Class::StringBuilder,
        parameters: &[],
        rows: &[
            call("new()", |m, _| make(m, Class::StringBuilder, "")),
            call("new(string value)", |m, c| {
                make(m, Class::StringBuilder, args::text(c, 0).unwrap_or_default())
            }),
            call("new(int capacity)", |m, _| make(m, Class::StringBuilder, "")),
            call("new(string value, int capacity)", |m, c| {
                make(m, Class::StringBuilder, args::text(c, 0).unwrap_or_default())
            }),
            call("StringBuilder Append(string value)", run_append),
            call("StringBuilder Append(char value)", run_append),
            call("StringBuilder Append(char[] value)", run_append),
            call("StringBuilder Append(object value)", run_append),
            call("StringBuilder Append(char value, int repeatCount)", append_repeated),
            call("StringBuilder Append(string value, int startIndex, int count)", append_part),
            call("StringBuilder Append(char[] value, int startIndex, int charCount)", append_part),
            call("StringBuilder AppendLine()", append_line),
            call("StringBuilder AppendLine(string value)", append_line),
            call("StringBuilder AppendFormat(string format, object arg0)", append_few),
            call("StringBuilder AppendFormat(string format, object arg0, object arg1)", append_few),
            call(
                "StringBuilder AppendFormat(string format, object arg0, object arg1, object arg2)",
                append_few,
            ),
            call("StringBuilder AppendFormat(string format, params object[] args)", append_format),
            call("StringBuilder AppendJoin(string separator, params string[] values)", append_join),
            call("StringBuilder AppendJoin(string separator, params object[] values)", append_join),
            call("StringBuilder AppendJoin<T>(string separator, IEnumerable<T> values)", append_join),
            call("StringBuilder Insert(int index, string value)", insert),
            call("StringBuilder Insert(int index, char value)", insert),
            call("StringBuilder Insert(int index, object value)", insert),
            call("StringBuilder Remove(int startIndex, int length)", remove),
            call("StringBuilder Replace(string oldValue, string newValue)", replace),
            call("StringBuilder Replace(char oldChar, char newChar)", replace),
            call("StringBuilder Clear()", |m, c| set_text(m, c, String::new())),
            call("int Length { get; }", length),
            call("int Length { set; }", set_length),
            call("int Capacity { get; }", length),
            call("char this[int index] { get; }", char_at),
            call("char this[int index] { set; }", set_char),
            call("string ToString()", common::run_display),
            call("string ToString(int startIndex, int length)", substring),
            call("bool Equals(StringBuilder sb)", |m, c| {
                let (a, b) = (strings::builder_text(m, c.get(0)), strings::builder_text(m, c.get(1)));
                Ok(Value::Bool(a == b && !matches!(c.get(1), Value::Null)))
            }),
        ],
        denied: &["EnsureCapacity", "CopyTo", "GetChunks"],
    },
    Table {
        class: Class::StringWriter,
        parameters: &[],
        rows: &[
            call("new()", |m, _| make(m, Class::StringWriter, "")),
            call("new(CultureInfo formatProvider)", |m, _| make(m, Class::StringWriter, "")),
            call("void Write(string value)", write),
            call("void Write(char value)", write),
            call("void Write(char[] buffer)", write),
            call("void Write(object value)", write),
            call("void Write(string format, object arg0)", append_few),
            call("void Write(string format, object arg0, object arg1)", append_few),
            call("void WriteLine()", write_line),
            call("void WriteLine(string value)", write_line),
            call("void WriteLine(object value)", write_line),
            call("string NewLine { get; }", |_, _| Ok(NEW_LINE.into())),
            call("string ToString()", common::run_display),
            call("void Flush()", nothing),
            call("void Close()", nothing),
            call("void Dispose()", nothing),
        ],
        denied: &["WriteAsync", "WriteLineAsync", "FlushAsync"],
    },
    Table {
        class: Class::StringReader,
        parameters: &[],
        rows: &[
            call("new(string s)", |m, c| {
                args::required(c, 0, "s")?;
                let fields = vec![c.get(0).clone(), Value::Int(0)];
                m.add(Object::Record { class: Class::StringReader, fields })
            }),
            call("string ReadToEnd()", |m, c| {
                let rest = rest(m, c);
                advance(m, c, rest.len());
                m.text(rest)
            }),
            call("string ReadLine()", read_line),
            call("int Read()", |m, c| read_char(m, c, false)),
            call("int Peek()", |m, c| read_char(m, c, true)),
            call("void Close()", nothing),
            call("void Dispose()", nothing),
        ],
        denied: &["ReadAsync", "ReadLineAsync", "ReadToEndAsync"],
    },
    Table {
        class: Class::IDisposable,
        parameters: &[],
        rows: &[call("void Dispose()", nothing)],
        denied: &[],
    },
];
