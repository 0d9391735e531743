//! `Encoding`: UTF-8, ASCII, UTF-16, UTF-32 and Latin-1.
//!
//! Rules: what does not fit becomes `?`, or U+FFFD where the encoding has it. An encoding is a record with
//! its code page.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::types::Type;
use super::super::value::Value;
use super::{Table, args, arrays, call, utf16};

const UTF8: i32 = 65_001;
const ASCII: i32 = 20_127;
const UTF16: i32 = 1200;
const UTF16_BIG: i32 = 1201;
const UTF32: i32 = 12_000;
const LATIN1: i32 = 28_591;

/// Names of the encodings: code page, web name, display name.
const NAMES: [(i32, &str, &str); 6] = [
    (UTF8, "utf-8", "Unicode (UTF-8)"),
    (ASCII, "us-ascii", "US-ASCII"),
    (UTF16, "utf-16", "Unicode"),
    (UTF16_BIG, "utf-16BE", "Unicode (Big-Endian)"),
    (UTF32, "utf-32", "Unicode (UTF-32)"),
    (LATIN1, "iso-8859-1", "Western European (ISO)"),
];

/// Other names that `GetEncoding` knows.
const ALIASES: [(&str, i32); 9] = [
    ("utf8", UTF8),
    ("ascii", ASCII),
    ("unicode", UTF16),
    ("utf-16le", UTF16),
    ("unicodefffe", UTF16_BIG),
    ("utf-32le", UTF32),
    ("latin1", LATIN1),
    ("iso8859-1", LATIN1),
    ("iso_8859-1", LATIN1),
];

fn encoding(machine: &mut Machine<'_, '_>, page: i32) -> Result<Value, Fault> {
    machine.add(Object::Record { class: Class::Encoding, fields: vec![Value::Int(page)] })
}

fn page(machine: &Machine<'_, '_>, value: &Value) -> i32 {
    match machine.object(value) {
        Some(Object::Record { fields, .. }) => match fields.first() {
            Some(Value::Int(page)) => *page,
            _ => UTF8,
        },
        _ => UTF8,
    }
}

/// The bytes of a text under a code page.
pub fn encode(text: &str, page: i32) -> Vec<u8> {
    let narrow = |limit: u16| -> Vec<u8> {
        let byte = |unit: u16| if unit < limit { u8::try_from(unit).unwrap_or(b'?') } else { b'?' };
        text.encode_utf16().map(byte).collect()
    };
    match page {
        ASCII => narrow(128),
        LATIN1 => narrow(256),
        UTF16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        UTF16_BIG => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        UTF32 => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        _ => text.as_bytes().to_vec(),
    }
}

/// The text of bytes under a code page.
pub fn decode(bytes: &[u8], page: i32) -> String {
    let units = |read: fn([u8; 2]) -> u16| -> String {
        let pairs = bytes.chunks(2).map(|pair| match pair {
            [a, b] => read([*a, *b]),
            _ => 0xfffd,
        });
        utf16::from_units(&pairs.collect::<Vec<_>>())
    };
    match page {
        ASCII => bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect(),
        LATIN1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
        UTF16 => units(u16::from_le_bytes),
        UTF16_BIG => units(u16::from_be_bytes),
        UTF32 => bytes
            .chunks(4)
            .map(|four| match four {
                [a, b, c, d] => char::from_u32(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or('\u{fffd}'),
                _ => '\u{fffd}',
            })
            .collect(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn by_name(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let name = args::required(call, 0, "name")?;
    let named = NAMES.iter().find(|(_, web, _)| web.eq_ignore_ascii_case(name)).map(|(page, ..)| *page);
    let alias = || ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name)).map(|(_, page)| *page);
    match named.or_else(alias) {
        Some(page) => encoding(machine, page),
        None => Err(args::bad_argument(format!(
            "'{name}' is not a supported encoding name. For information on defining a custom encoding, see the \
             documentation for the Encoding.RegisterProvider method. (Parameter 'name')"
        ))),
    }
}

fn by_page(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let wanted = args::int(call, 0);
    match NAMES.iter().find(|(page, ..)| *page == wanted || wanted == 0) {
        Some((page, ..)) => encoding(machine, *page),
        None => Err(Fault::new(
            Class::NotSupportedException,
            format!(
                "No data is available for encoding {wanted}. For information on defining a custom encoding, see the \
                 documentation for the Encoding.RegisterProvider method."
            ),
        )),
    }
}

fn text_of(machine: &Machine<'_, '_>, call: &Call<'_>, name: &str) -> Result<String, Fault> {
    match call.get(1) {
        Value::Str(text) => Ok(text.to_string()),
        Value::Null => Err(Fault::new(
            Class::ArgumentNullException,
            format!("String reference not set to an instance of a String. (Parameter '{name}')"),
        )),
        chars => Ok(utf16::from_units(&args::units(machine, chars))),
    }
}

fn run_bytes(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = text_of(machine, call, "s")?;
    let page = page(machine, call.get(0));
    arrays::byte_array(machine, &encode(&text, page))
}

fn run_text(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<String, Fault> {
    if matches!(call.get(1), Value::Null) {
        return Err(Fault::new(Class::ArgumentNullException, "Array cannot be null. (Parameter 'bytes')"));
    }
    let bytes = arrays::bytes(machine, call.get(1))?;
    let page = page(machine, call.get(0));
    if call.arguments.len() < 4 {
        return Ok(decode(&bytes, page));
    }
    let part = usize::try_from(args::int(call, 2))
        .ok()
        .zip(usize::try_from(args::int(call, 3)).ok())
        .and_then(|(start, count)| bytes.get(start..start.checked_add(count)?));
    let part = part.ok_or_else(|| {
        args::out_of_range("Index and count must refer to a location within the buffer.", "bytes")
    })?;
    Ok(decode(part, page))
}

fn name_of(machine: &Machine<'_, '_>, call: &Call<'_>, web: bool) -> Value {
    let wanted = page(machine, call.get(0));
    let found = NAMES.iter().find(|(page, ..)| *page == wanted);
    found.map_or(Value::Null, |(_, name, display)| Value::from(if web { *name } else { *display }))
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::Encoding,
    parameters: &[],
    rows: &[
        call("static Encoding UTF8 { get; }", |m, _| encoding(m, UTF8)),
        call("static Encoding ASCII { get; }", |m, _| encoding(m, ASCII)),
        call("static Encoding Unicode { get; }", |m, _| encoding(m, UTF16)),
        call("static Encoding BigEndianUnicode { get; }", |m, _| encoding(m, UTF16_BIG)),
        call("static Encoding UTF32 { get; }", |m, _| encoding(m, UTF32)),
        call("static Encoding Latin1 { get; }", |m, _| encoding(m, LATIN1)),
        call("static Encoding Default { get; }", |m, _| encoding(m, UTF8)),
        call("static Encoding GetEncoding(string name)", by_name),
        call("static Encoding GetEncoding(int codepage)", by_page),
        call("byte[] GetBytes(string s)", run_bytes),
        call("byte[] GetBytes(char[] chars)", run_bytes),
        call("string GetString(byte[] bytes)", |m, c| {
            let text = run_text(m, c)?;
            m.text(text)
        }),
        call("string GetString(byte[] bytes, int index, int count)", |m, c| {
            let text = run_text(m, c)?;
            m.text(text)
        }),
        call("char[] GetChars(byte[] bytes)", |m, c| {
            let items = run_text(m, c)?.encode_utf16().map(Value::Char).collect();
            args::new_array(m, Type::CHAR, items)
        }),
        call("int GetByteCount(string s)", |m, c| {
            let text = text_of(m, c, "s")?;
            let page = page(m, c.get(0));
            Ok(Value::Int(i32::try_from(encode(&text, page).len()).unwrap_or(i32::MAX)))
        }),
        call("int GetCharCount(byte[] bytes)", |m, c| Ok(Value::Int(utf16::length(&run_text(m, c)?)))),
        call("string WebName { get; }", |m, c| Ok(name_of(m, c, true))),
        call("string BodyName { get; }", |m, c| Ok(name_of(m, c, true))),
        call("string HeaderName { get; }", |m, c| Ok(name_of(m, c, true))),
        call("string EncodingName { get; }", |m, c| Ok(name_of(m, c, false))),
        call("int CodePage { get; }", |m, c| Ok(Value::Int(page(m, c.get(0))))),
        call("static byte[] Convert(Encoding srcEncoding, Encoding dstEncoding, byte[] bytes)", |m, c| {
            let (from, to) = (page(m, c.get(0)), page(m, c.get(1)));
            let bytes = arrays::bytes(m, c.get(2))?;
            arrays::byte_array(m, &encode(&decode(&bytes, from), to))
        }),
        call("byte[] GetPreamble()", |m, c| {
            let mark: &[u8] = match page(m, c.get(0)) {
                UTF8 => &[0xef, 0xbb, 0xbf],
                UTF16 => &[0xff, 0xfe],
                UTF16_BIG => &[0xfe, 0xff],
                UTF32 => &[0xff, 0xfe, 0, 0],
                _ => &[],
            };
            arrays::byte_array(m, mark)
        }),
    ],
    denied: &["RegisterProvider", "GetEncodings", "GetDecoder", "GetEncoder"],
}];
