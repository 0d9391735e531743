//! Composite formats: `string.Format("{0,8:F2}", x)`.
//!
//! Rules: "Composite formatting" of the .NET documentation; messages are those of .NET 8.

use super::super::fault::Fault;
use super::super::machine::{Call, Machine};
use super::super::value::Value;
use super::{args, common, strings, utf16};

/// Widths and indices beyond this are refused, as in .NET.
const LIMIT: usize = 1_000_000;

/// `string.Format(format, items)`.
pub fn composite(machine: &mut Machine<'_, '_>, format: &str, items: &[Value]) -> Result<String, Fault> {
    let chars: Vec<char> = format.chars().collect();
    machine.pay(format.len())?;
    let mut text = String::new();
    let mut at = 0_usize;
    while let Some(c) = chars.get(at).copied() {
        at = at.saturating_add(1);
        match c {
            '{' | '}' if chars.get(at) == Some(&c) => {
                text.push(c);
                at = at.saturating_add(1);
            }
            '}' => {
                return Err(bad(at, "Unexpected closing brace without a corresponding opening brace."));
            }
            '{' => {
                let hole = read_hole(&chars, at)?;
                at = hole.end;
                let Some(item) = items.get(hole.index) else {
                    return Err(args::format_fault(
                        "Index (zero based) must be greater than or equal to zero and less than the size of the \
                         argument list.",
                    ));
                };
                let part = common::format(machine, item, hole.format.as_deref())?;
                align(machine, &mut text, &part, hole.width, hole.left)?;
            }
            other => text.push(other),
        }
    }
    strings::check_size(machine, text.len())?;
    Ok(text)
}

/// `{index,width:format}`
#[derive(Debug)]
struct Hole {
    index: usize,
    width: usize,
    left: bool,
    format: Option<String>,
    end: usize,
}

fn bad(offset: usize, why: &str) -> Fault {
    args::format_fault(format!(
        "Input string was not in a correct format. Failure to parse near offset {offset}. {why}"
    ))
}

fn read_hole(chars: &[char], start: usize) -> Result<Hole, Fault> {
    let mut at = start;
    let ends = |at: usize| bad(at, "Format item ends prematurely.");
    let spaces = |mut at: usize| {
        while chars.get(at) == Some(&' ') {
            at = at.saturating_add(1);
        }
        at
    };
    let number = |mut at: usize| -> Result<(usize, usize), Fault> {
        let mut value = 0_usize;
        let first = chars.get(at).copied().ok_or_else(|| ends(at))?;
        if !first.is_ascii_digit() {
            return Err(bad(at, "Expected an ASCII digit."));
        }
        while let Some(digit) = chars.get(at).and_then(|c| c.to_digit(10)) {
            value = value.saturating_mul(10).saturating_add(digit as usize).min(LIMIT);
            at = at.saturating_add(1);
        }
        Ok((value, at))
    };
    let (index, next) = number(at)?;
    at = spaces(next);
    let mut hole = Hole { index, width: 0, left: false, format: None, end: at };
    if chars.get(at) == Some(&',') {
        at = spaces(at.saturating_add(1));
        if chars.get(at) == Some(&'-') {
            hole.left = true;
            at = at.saturating_add(1);
        }
        (hole.width, at) = number(at)?;
        at = spaces(at);
    }
    match chars.get(at) {
        Some('}') => {}
        Some(':') => {
            at = at.saturating_add(1);
            let mut format = String::new();
            loop {
                match chars.get(at) {
                    None => return Err(ends(at)),
                    Some('}') => break,
                    Some('{') => {
                        return Err(bad(
                            at.saturating_add(1),
                            "Unexpected opening brace inside a format item.",
                        ));
                    }
                    Some(c) => format.push(*c),
                }
                at = at.saturating_add(1);
            }
            hole.format = Some(format);
        }
        Some(_) => return Err(bad(at, "Unexpected character in a format item.")),
        None => return Err(ends(at)),
    }
    hole.end = at.saturating_add(1);
    Ok(hole)
}

/// Appends `part` in a field of `width` units; also what `$"{x,8}"` does.
pub fn align(
    machine: &mut Machine<'_, '_>,
    text: &mut String,
    part: &str,
    width: usize,
    left: bool,
) -> Result<(), Fault> {
    let missing = width.saturating_sub(utf16::len(part));
    machine.pay(missing.saturating_add(part.len()))?;
    let padding = " ".repeat(missing);
    let (before, after) = if left { ("", padding.as_str()) } else { (padding.as_str(), "") };
    text.push_str(before);
    text.push_str(part);
    text.push_str(after);
    Ok(())
}

/// `Format(format, arg0, ...)` with up to three arguments.
pub(super) fn run_few(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let format = args::required(call, 0, "format")?;
    let items = call.arguments.get(1..).unwrap_or_default();
    composite(machine, format, items).map(Value::from)
}

/// `Format(format, params object[] args)`
pub(super) fn run_all(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let format = args::required(call, 0, "format")?;
    let items = args::array(machine, call.get(1)).ok_or_else(|| Fault::null_argument("args"))?;
    composite(machine, format, &items).map(Value::from)
}

/// `Format(provider, format, params object[] args)`
pub(super) fn run_cultured(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let format = args::required(call, 1, "format")?;
    let items = args::array(machine, call.get(2)).ok_or_else(|| Fault::null_argument("args"))?;
    composite(machine, format, &items).map(Value::from)
}
