//! `Guid`.
//!
//! Rules: RFC 4122 text; formats `D N B P X`; `ToByteArray` has the first three fields with the low byte
//! first. `NewGuid` draws 122 bits from the scope's choices and sets version 4.

use super::super::Class;
use super::super::fault::Fault;
use super::super::machine::{Call, Machine};
use super::super::value::Value;
use super::{Table, args, arrays, call, common};

/// The text of a guid under a format of .NET.
pub fn format(guid: u128, format: Option<&str>) -> Result<String, Fault> {
    let digits = format!("{guid:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let dashed = || {
        let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
        parts.join("-")
    };
    Ok(match format.unwrap_or_default() {
        "" | "D" | "d" => dashed(),
        "N" | "n" => digits,
        "B" | "b" => format!("{{{}}}", dashed()),
        "P" | "p" => format!("({})", dashed()),
        "X" | "x" => {
            let bytes: Vec<String> = (8..16_usize)
                .map(|at| {
                    let from = at.saturating_mul(2);
                    format!("0x{}", part(from, from.saturating_add(2)))
                })
                .collect();
            format!("{{0x{},0x{},0x{},{{{}}}}}", part(0, 8), part(8, 12), part(12, 16), bytes.join(","))
        }
        _ => {
            return Err(args::format_fault(
                "Format string can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".",
            ));
        }
    })
}

/// The guid that a text in one of the formats stands for.
pub fn parse(text: &str) -> Option<u128> {
    let text = text.trim();
    let inner = match (text.as_bytes().first()?, text.len()) {
        (b'{', _) if text.contains("0x") || text.contains("0X") => return parse_fields(text),
        (b'{', 38) => text.strip_prefix('{')?.strip_suffix('}')?,
        (b'(', 38) => text.strip_prefix('(')?.strip_suffix(')')?,
        _ => text,
    };
    parse_plain(inner)
}

fn parse_plain(text: &str) -> Option<u128> {
    let digits: String = match text.len() {
        32 => text.to_owned(),
        36 => {
            let dashes = text.char_indices().filter(|(_, c)| *c == '-').map(|(at, _)| at);
            if !dashes.eq([8, 13, 18, 23]) {
                return None;
            }
            text.chars().filter(|c| *c != '-').collect()
        }
        _ => return None,
    };
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok()
}

/// The format `X`: `{0x00000000,0x0000,0x0000,{0x00,...}}`.
fn parse_fields(text: &str) -> Option<u128> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let inner = compact.strip_prefix('{')?.strip_suffix("}}")?.replacen(",{", ",", 1);
    let widths = [8_usize, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2];
    let fields: Vec<&str> = inner.split(',').collect();
    if fields.len() != widths.len() {
        return None;
    }
    let mut digits = String::new();
    for (field, width) in fields.iter().zip(widths) {
        let hex = field.strip_prefix("0x").or_else(|| field.strip_prefix("0X"))?;
        if hex.is_empty() || hex.len() > width || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        digits.push_str(&format!("{hex:0>width$}"));
    }
    u128::from_str_radix(&digits, 16).ok()
}

/// `ToByteArray`
pub fn to_bytes(guid: u128) -> [u8; 16] {
    let mut bytes = guid.to_be_bytes();
    for field in [0..4, 4..6, 6..8] {
        if let Some(field) = bytes.get_mut(field) {
            field.reverse();
        }
    }
    bytes
}

/// `new Guid(byte[])`
pub fn from_bytes(bytes: &[u8]) -> Option<u128> {
    let bytes: [u8; 16] = bytes.try_into().ok()?;
    // The order of the bytes is its own inverse.
    Some(u128::from_be_bytes(to_bytes(u128::from_be_bytes(bytes))))
}

/// A version 4 guid from the scope's choices.
pub fn random(machine: &mut Machine<'_, '_>) -> u128 {
    let high = machine.scope.chance.between(0, u64::MAX);
    let low = machine.scope.chance.between(0, u64::MAX);
    let all = (u128::from(high) << 64) | u128::from(low);
    let version = 0xf_u128 << 76;
    let variant = 0x3_u128 << 62;
    (all & !version & !variant) | (0x4_u128 << 76) | (0x2_u128 << 62)
}

#[cold]
fn bad_guid(text: &str) -> Fault {
    let text = text.trim();
    let message = if text.is_empty() {
        "Unrecognized Guid format."
    } else if !matches!((text.contains('-'), text.len()), (true, 36 | 38) | (false, 32 | 68)) {
        "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)."
    } else if text.contains('-') && text.bytes().filter(|byte| *byte == b'-').count() != 4 {
        "Dashes are in the wrong position for GUID parsing."
    } else {
        "Guid string should only contain hexadecimal characters."
    };
    args::format_fault(message)
}

fn run_parse(_: &mut Machine<'_, '_>, call: &Call<'_>, name: &str) -> Result<Value, Fault> {
    let text = args::required(call, 0, name)?;
    parse(text).map(Value::Guid).ok_or_else(|| bad_guid(text))
}

/// The guid in `text` if `format` describes it.
fn parse_exact(text: &str, format_name: &str) -> Option<u128> {
    let guid = parse(text)?;
    format(guid, Some(format_name)).ok().filter(|form| form.eq_ignore_ascii_case(text.trim())).map(|_| guid)
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::Guid,
    parameters: &[],
    rows: &[
        call("static Guid NewGuid()", |machine, _| Ok(Value::Guid(random(machine)))),
        call("static Guid Empty { get; }", |_, _| Ok(Value::Guid(0))),
        call("static Guid Parse(string input)", |machine, call| run_parse(machine, call, "input")),
        call("static bool TryParse(string input, out Guid result)", |machine, call| {
            let parsed = args::text(call, 0).and_then(parse);
            machine.set_out(1, Value::Guid(parsed.unwrap_or(0)));
            Ok(Value::Bool(parsed.is_some()))
        }),
        call("static Guid ParseExact(string input, string format)", |_, call| {
            let text = args::required(call, 0, "input")?;
            let wanted = args::required(call, 1, "format")?;
            format(0, Some(wanted))?;
            parse_exact(text, wanted).map(Value::Guid).ok_or_else(|| bad_guid(text))
        }),
        call("static bool TryParseExact(string input, string format, out Guid result)", |machine, call| {
            let parsed = args::text(call, 0).zip(args::text(call, 1)).and_then(|(t, f)| parse_exact(t, f));
            machine.set_out(2, Value::Guid(parsed.unwrap_or(0)));
            Ok(Value::Bool(parsed.is_some()))
        }),
        call("new()", |_, _| Ok(Value::Guid(0))),
        call("new(string g)", |machine, call| run_parse(machine, call, "g")),
        call("new(byte[] b)", |machine, call| {
            if matches!(call.get(0), Value::Null) {
                return Err(Fault::null_argument("b"));
            }
            let bytes = arrays::bytes(machine, call.get(0))?;
            from_bytes(&bytes).map(Value::Guid).ok_or_else(|| {
                args::bad_argument("Byte array for Guid must be exactly 16 bytes long. (Parameter 'b')")
            })
        }),
        call("byte[] ToByteArray()", |machine, call| {
            arrays::byte_array(machine, &to_bytes(args::guid(call, 0)))
        }),
        call("string ToString(string format)", common::run_format),
        call("string ToString(string format, CultureInfo provider)", common::run_format),
        call("int CompareTo(Guid value)", common::run_compare),
        call("int CompareTo(object value)", common::run_compare),
        call("bool Equals(Guid g)", common::run_equals),
        call("static bool operator ==(Guid a, Guid b)", common::run_equals),
        call("static bool operator !=(Guid a, Guid b)", |_, call| {
            Ok(Value::Bool(args::guid(call, 0) != args::guid(call, 1)))
        }),
    ],
    denied: &[],
}];

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: u128 = 0x0f8f_ad5b_d9cb_469f_a165_7086_7728_950e;

    /// The formats of the documentation of `Guid.ToString`.
    #[test]
    fn texts_read_back() {
        let form = |name| format(SAMPLE, Some(name)).unwrap();
        assert_eq!(form("D"), "0f8fad5b-d9cb-469f-a165-70867728950e");
        assert_eq!(form("N"), "0f8fad5bd9cb469fa16570867728950e");
        assert_eq!(form("B"), "{0f8fad5b-d9cb-469f-a165-70867728950e}");
        assert_eq!(form("P"), "(0f8fad5b-d9cb-469f-a165-70867728950e)");
        assert_eq!(form("X"), "{0x0f8fad5b,0xd9cb,0x469f,{0xa1,0x65,0x70,0x86,0x77,0x28,0x95,0x0e}}");
        for name in ["D", "N", "B", "P", "X"] {
            assert_eq!(parse(&form(name)), Some(SAMPLE), "{name}");
        }
        assert_eq!(parse("0f8fad5b-d9cb469f-a165-7086-7728950e"), None);
        assert_eq!(parse("é"), None);
        assert!(format(0, Some("Q")).is_err());
    }

    #[test]
    fn bytes_have_the_first_fields_reversed() {
        let bytes = to_bytes(SAMPLE);
        assert_eq!(bytes[..8], [0x5b, 0xad, 0x8f, 0x0f, 0xcb, 0xd9, 0x9f, 0x46]);
        assert_eq!(from_bytes(&bytes), Some(SAMPLE));
    }
}
