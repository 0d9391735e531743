//! Tokens as text, as `JsonTextWriter` writes them.

use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::super::{arrays, common, take};
use super::tree::{MAX_NESTING, kind, too_deep};
use super::{JsonKind, dates};
use crate::policy::base64;

/// The text of a token; `ToString(Formatting.Indented)` or `Formatting.None`.
pub fn print(machine: &mut Machine<'_, '_>, token: &Value, indented: bool) -> Result<String, Fault> {
    let mut out = String::new();
    write(machine, &mut out, token, indented, 0)?;
    machine.pay(out.len())?;
    Ok(out)
}

fn write(
    machine: &mut Machine<'_, '_>,
    out: &mut String,
    token: &Value,
    indented: bool,
    depth: u32,
) -> Result<(), Fault> {
    if depth > MAX_NESTING {
        return Err(too_deep());
    }
    machine.spend(4)?;
    let Some(kind) = kind(machine, token).cloned() else {
        out.push_str("null");
        return Ok(());
    };
    match kind {
        JsonKind::Object(children) => container(machine, out, &children, ('{', '}'), indented, depth),
        JsonKind::Array(children) => container(machine, out, &children, ('[', ']'), indented, depth),
        JsonKind::Property(name, value) => {
            quote(out, &name);
            out.push_str(if indented { ": " } else { ":" });
            write(machine, out, &value, indented, depth)
        }
        JsonKind::Value(value) => scalar(machine, out, &value),
        JsonKind::Big(text) | JsonKind::Raw(text) => {
            out.push_str(&text);
            Ok(())
        }
        JsonKind::NullText => {
            out.push_str("null");
            Ok(())
        }
        JsonKind::Undefined => {
            out.push_str("undefined");
            Ok(())
        }
    }
}

fn container(
    machine: &mut Machine<'_, '_>,
    out: &mut String,
    children: &[Value],
    (open, close): (char, char),
    indented: bool,
    depth: u32,
) -> Result<(), Fault> {
    out.push(open);
    let inner = depth.saturating_add(1);
    for (at, child) in children.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        if indented {
            new_line(out, inner);
        }
        write(machine, out, child, indented, inner)?;
    }
    if indented && !children.is_empty() {
        new_line(out, depth);
    }
    out.push(close);
    // Text that outgrows the memory stops here and not when it is complete.
    machine.spend(out.len() as u64 >> 12)?;
    if out.len() > super::super::super::machine::MAX_TEXT_BYTES {
        machine.pay(usize::MAX)?;
    }
    Ok(())
}

fn new_line(out: &mut String, depth: u32) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

/// A value that is not a token, as JSON.
fn scalar(machine: &mut Machine<'_, '_>, out: &mut String, value: &Value) -> Result<(), Fault> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Str(text) => quote(out, text),
        Value::Char(unit) => quote(out, &String::from_utf16_lossy(&[*unit])),
        Value::Double(number) => float(machine, out, value, number.get().is_finite())?,
        Value::Float(number) => float(machine, out, value, number.get().is_finite())?,
        Value::Decimal(number) => {
            let text = number.get().to_string();
            out.push_str(&text);
            if !text.contains('.') {
                out.push_str(".0");
            }
        }
        Value::Enum(_, number) => out.push_str(&number.to_string()),
        Value::DateTime(date) => quote(out, &dates::write(*date)),
        Value::DateTimeOffset(date) => quote(out, &dates::write_offset(*date)),
        Value::Ref(_) => match machine.object(value) {
            Some(Object::Array { .. }) => {
                let bytes = arrays::bytes(machine, value)?;
                quote(out, &base64::encode(&bytes, false));
            }
            Some(Object::Uri(text)) => {
                let text = text.clone();
                quote(out, &text);
            }
            _ => out.push_str("null"),
        },
        Value::TimeSpan(_) | Value::Guid(_) | Value::Type(_) | Value::Host(_) => {
            let text = common::display(machine, value)?;
            quote(out, &text);
        }
        integer => {
            let number = take::integer(integer).unwrap_or(0);
            out.push_str(&number.to_string());
        }
    }
    Ok(())
}

/// A double or float: with a decimal point, or in quotes when it is not a number of JSON.
fn float(
    machine: &mut Machine<'_, '_>,
    out: &mut String,
    value: &Value,
    is_finite: bool,
) -> Result<(), Fault> {
    if !is_finite {
        // .NET's own text of infinities is a sign; JSON has the JavaScript names.
        let number = take::double(value).unwrap_or(f64::NAN);
        let name = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        quote(out, name);
        return Ok(());
    }
    let text = common::display(machine, value)?;
    out.push_str(&text);
    if !text.contains(['.', 'E', 'e']) {
        out.push_str(".0");
    }
    Ok(())
}

/// A string in double quotes.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    escape(out, text, '"');
    out.push('"');
}

/// The characters of a string between `delimiter`s.
pub(super) fn escape(out: &mut String, text: &str, delimiter: char) {
    for c in text.chars() {
        match c {
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            '\u{8}' => out.push_str("\\b"),
            '\\' => out.push_str("\\\\"),
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c if c == delimiter => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
}
