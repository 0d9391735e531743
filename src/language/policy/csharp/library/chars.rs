//! `char`: a UTF-16 unit.
//!
//! Not modelled: Unicode categories beyond those that the tests here need.

use super::super::Class;
use super::super::fault::Fault;
use super::super::machine::{Call, Machine};
use super::super::value::Value;
use super::{Table, args, call, common, utf16};

/// The unit that a call is about: `char c`, or `string s, int index`.
fn subject(call: &Call<'_>) -> Result<u16, Fault> {
    if let Value::Char(unit) = call.get(0) {
        return Ok(*unit);
    }
    let text = args::required(call, 0, "s")?;
    usize::try_from(args::int(call, 1)).ok().and_then(|at| utf16::at(text, at)).ok_or_else(|| {
        args::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "index",
        )
    })
}

/// Whether a character test holds; halves of characters pass none.
fn test(call: &Call<'_>, holds: fn(char) -> bool) -> Result<Value, Fault> {
    let unit = subject(call)?;
    Ok(Value::Bool(char::from_u32(u32::from(unit)).is_some_and(holds)))
}

/// `char.IsPunctuation` for ASCII and Latin-1, and the general punctuation block.
fn is_punctuation(c: char) -> bool {
    match c {
        '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~' | '\u{2044}' | '\u{2052}' => false,
        '\u{a1}' | '\u{a7}' | '\u{ab}' | '\u{b6}' | '\u{b7}' | '\u{bb}' | '\u{bf}' => true,
        other => {
            other.is_ascii_punctuation()
                || matches!(other, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}')
        }
    }
}

/// `char.IsSymbol` for ASCII, Latin-1, currency and mathematical signs.
fn is_symbol(c: char) -> bool {
    matches!(
        c,
        '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~' | '\u{a2}'..='\u{a6}' | '\u{a8}' | '\u{a9}'
            | '\u{ac}' | '\u{ae}'..='\u{b1}' | '\u{b4}' | '\u{b8}' | '\u{d7}' | '\u{f7}'
            | '\u{20a0}'..='\u{20c0}' | '\u{2190}'..='\u{23ff}' | '\u{2500}'..='\u{2767}'
    )
}

fn is_separator(c: char) -> bool {
    matches!(
        c,
        ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Decimal digits of all scripts in the basic plane.
fn is_digit(c: char) -> bool {
    const ZEROS: [u32; 17] = [
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50,
        0xed0, 0xf20, 0xff10,
    ];
    ZEROS.iter().any(|zero| (*zero..zero.saturating_add(10)).contains(&u32::from(c)))
}

fn numeric_value(unit: u16) -> f64 {
    char::from_u32(u32::from(unit)).and_then(|c| c.to_digit(10)).map_or(-1.0, f64::from)
}

fn single(text: &str) -> Option<u16> {
    let mut units = text.encode_utf16();
    units.next().filter(|_| units.next().is_none())
}

fn run_parse(_: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = args::required(call, 0, "s")?;
    single(text)
        .map(Value::Char)
        .ok_or_else(|| args::format_fault("String must be exactly one character long."))
}

fn run_try_parse(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let unit = args::text(call, 0).and_then(single);
    machine.set_out(1, Value::Char(unit.unwrap_or(0)));
    Ok(Value::Bool(unit.is_some()))
}

fn is_surrogate(unit: u16) -> bool {
    (0xd800..=0xdfff).contains(&unit)
}

/// Both forms of a test.
macro_rules! test_rows {
    ([$($name:literal => $holds:expr;)*] [$($row:expr),* $(,)?]) => {
        &[
            $(
                call(concat!("static bool ", $name, "(char c)"), |_, call| test(call, $holds)),
                call(concat!("static bool ", $name, "(string s, int index)"), |_, call| test(call, $holds)),
            )*
            $($row),*
        ]
    };
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::Char,
    parameters: &[],
    rows: test_rows!([
        "IsDigit" => is_digit;
        "IsNumber" => char::is_numeric;
        "IsLetter" => char::is_alphabetic;
        "IsLetterOrDigit" => |c| c.is_alphabetic() || is_digit(c);
        "IsUpper" => char::is_uppercase;
        "IsLower" => char::is_lowercase;
        "IsWhiteSpace" => utf16::is_white;
        "IsPunctuation" => is_punctuation;
        "IsSymbol" => is_symbol;
        "IsSeparator" => is_separator;
        "IsControl" => char::is_control;
    ] [
        call("static bool IsSurrogate(char c)", |_, call| Ok(is_surrogate(args::unit(call, 0)).into())),
        call("static bool IsHighSurrogate(char c)", |_, call| {
            Ok((0xd800..0xdc00).contains(&args::unit(call, 0)).into())
        }),
        call("static bool IsLowSurrogate(char c)", |_, call| {
            Ok((0xdc00..0xe000).contains(&args::unit(call, 0)).into())
        }),
        call("static bool IsAscii(char c)", |_, call| Ok((args::unit(call, 0) < 128).into())),
        call("static char ToUpper(char c)", |_, call| Ok(Value::Char(utf16::upper_unit(args::unit(call, 0))))),
        call("static char ToLower(char c)", |_, call| Ok(Value::Char(utf16::lower_unit(args::unit(call, 0))))),
        call("static char ToUpper(char c, CultureInfo culture)", |_, call| {
            Ok(Value::Char(utf16::upper_unit(args::unit(call, 0))))
        }),
        call("static char ToLower(char c, CultureInfo culture)", |_, call| {
            Ok(Value::Char(utf16::lower_unit(args::unit(call, 0))))
        }),
        call("static char ToUpperInvariant(char c)", |_, call| {
            Ok(Value::Char(utf16::upper_unit(args::unit(call, 0))))
        }),
        call("static char ToLowerInvariant(char c)", |_, call| {
            Ok(Value::Char(utf16::lower_unit(args::unit(call, 0))))
        }),
        call("static double GetNumericValue(char c)", |_, call| Ok(numeric_value(args::unit(call, 0)).into())),
        call("static double GetNumericValue(string s, int index)", |_, call| {
            Ok(numeric_value(subject(call)?).into())
        }),
        call("static string ToString(char c)", common::run_display),
        call("string ToString(CultureInfo provider)", common::run_display),
        call("static char Parse(string s)", run_parse),
        call("static bool TryParse(string s, out char result)", run_try_parse),
        call("static string ConvertFromUtf32(int utf32)", |machine, call| {
            let c = u32::try_from(args::int(call, 0)).ok().and_then(char::from_u32).ok_or_else(|| {
                args::out_of_range(
                    "A valid UTF32 value is between 0x000000 and 0x10ffff, inclusive, and should not include \
                     surrogate codepoint values (0x00d800 ~ 0x00dfff).",
                    "utf32",
                )
            })?;
            machine.text(c.to_string())
        }),
        call("static int ConvertToUtf32(char highSurrogate, char lowSurrogate)", |_, call| {
            let units = [args::unit(call, 0), args::unit(call, 1)];
            let c = char::decode_utf16(units).next().and_then(Result::ok).map_or(0, u32::from);
            Ok(Value::Int(i32::try_from(c).unwrap_or(0)))
        }),
        call("static char MaxValue { get; }", |_, _| Ok(Value::Char(0xffff))),
        call("static char MinValue { get; }", |_, _| Ok(Value::Char(0))),
        call("bool Equals(char obj)", common::run_equals),
        call("int CompareTo(char value)", |_, call| {
            let [a, b] = [args::unit(call, 0), args::unit(call, 1)].map(i32::from);
            Ok(Value::Int(a.saturating_sub(b)))
        }),
        call("int CompareTo(object value)", common::run_compare),
        call("TypeCode GetTypeCode()", |_, _| Ok(Value::Enum(Class::TypeCode, 4))),
    ]),
    denied: &["GetUnicodeCategory"],
}];
