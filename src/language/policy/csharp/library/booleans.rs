//! `bool`.

use super::super::Class;
use super::super::fault::Fault;
use super::super::value::Value;
use super::{Table, args, call, common};

/// `bool.Parse`: the words in any case, with white space and zeros around them.
pub fn parse(text: &str) -> Option<bool> {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if trimmed.eq_ignore_ascii_case("true") {
        Some(true)
    } else if trimmed.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// `FormatException` of what is no boolean.
pub fn bad_boolean(text: &str) -> Fault {
    args::format_fault(format!("String '{text}' was not recognized as a valid Boolean."))
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::Bool,
    parameters: &[],
    rows: &[
        call("static bool Parse(string value)", |_, call| {
            let text = args::required(call, 0, "value")?;
            parse(text).map(Value::Bool).ok_or_else(|| bad_boolean(text))
        }),
        call("static bool TryParse(string value, out bool result)", |machine, call| {
            let parsed = args::text(call, 0).and_then(parse);
            machine.set_out(1, Value::Bool(parsed.unwrap_or(false)));
            Ok(Value::Bool(parsed.is_some()))
        }),
        call("static string TrueString { get; }", |_, _| Ok("True".into())),
        call("static string FalseString { get; }", |_, _| Ok("False".into())),
        call("bool Equals(bool obj)", common::run_equals),
        call("int CompareTo(bool value)", common::run_compare),
        call("int CompareTo(object obj)", common::run_compare),
        call("string ToString(CultureInfo provider)", common::run_display),
        call("TypeCode GetTypeCode()", |_, _| Ok(Value::Enum(Class::TypeCode, 3))),
    ],
    denied: &[],
}];
