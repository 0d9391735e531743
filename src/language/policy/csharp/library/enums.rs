//! Enumerations of `System`, and what all enumerations can do: `Enum.Parse`, `TryParse`, `ToString`,
//! `HasFlag`.
//!
//! Names of members of every enumeration come from the tables of all families.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::types::Type;
use super::super::value::Value;
use super::{Action, FAMILIES, Row, Table, args, call, common, constant};

/// Names and numbers of an enumeration, in the order of the table.
fn members(class: Class) -> impl Iterator<Item = (&'static str, i32)> {
    let tables = FAMILIES.iter().flat_map(|family| family.iter());
    let rows = tables.filter(move |table| table.class == class).flat_map(|table| table.rows);
    rows.filter_map(|row: &Row| match row.run {
        Action::Constant(value) => Some((row.signature, i32::try_from(value).ok()?)),
        Action::Call(_) => None,
    })
}

/// Whether members combine (`[Flags]`).
const fn is_flags(class: Class) -> bool {
    matches!(
        class,
        Class::StringSplitOptions
            | Class::Base64FormattingOptions
            | Class::NumberStyles
            | Class::DateTimeStyles
            | Class::RegexOptions
            | Class::UriComponents
            | Class::SaveOptions
            | Class::LoadOptions
            | Class::X509KeyStorageFlags
    )
}

/// `ToString(format)` of a member: its name, the names of its flags, or its number.
pub fn format(class: Class, value: i32, format: Option<&str>) -> Result<String, Fault> {
    match format.unwrap_or("G") {
        "" | "G" | "g" => Ok(name(class, value, is_flags(class))),
        "F" | "f" => Ok(name(class, value, true)),
        "D" | "d" => Ok(value.to_string()),
        "X" | "x" => Ok(format!("{:08X}", value.cast_unsigned())),
        _ => Err(args::format_fault(
            "Format string can be only \"G\", \"g\", \"X\", \"x\", \"F\", \"f\", \"D\" or \"d\".",
        )),
    }
}

fn name(class: Class, value: i32, flags: bool) -> String {
    if let Some((name, _)) = members(class).find(|(_, number)| *number == value) {
        return name.to_owned();
    }
    let mut left = value;
    let mut names = Vec::new();
    if flags && value != 0 {
        let mut all: Vec<(&str, i32)> = members(class).filter(|(_, number)| *number != 0).collect();
        all.sort_by_key(|(_, number)| number.cast_unsigned());
        for (name, number) in all.into_iter().rev() {
            if left & number == number {
                names.push(name);
                left &= !number;
            }
        }
        names.reverse();
    }
    if left == 0 && !names.is_empty() { names.join(", ") } else { value.to_string() }
}

/// The number of a name, a list of names or a number.
fn parse(class: Class, text: &str, ignore_case: bool) -> Option<i32> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') {
        return text.parse().ok();
    }
    text.split(',').map(str::trim).try_fold(0, |sum, part| {
        let is = |name: &str| if ignore_case { name.eq_ignore_ascii_case(part) } else { name == part };
        members(class).find(|(name, _)| is(name)).map(|(_, number)| sum | number)
    })
}

fn parsed(class: Option<Class>, text: &str, ignore_case: bool) -> Result<Value, Fault> {
    let Some(class) = class.filter(|class| members(*class).next().is_some()) else {
        return Err(args::bad_argument("Type provided must be an Enum. (Parameter 'enumType')"));
    };
    if text.trim().is_empty() {
        return Err(args::bad_argument(
            "Must specify valid information for parsing in the string. (Parameter 'value')",
        ));
    }
    parse(class, text, ignore_case)
        .map(|number| Value::Enum(class, number))
        .ok_or_else(|| args::bad_argument(format!("Requested value '{text}' was not found.")))
}

fn class_of(value: &Value) -> Option<Class> {
    match value {
        Value::Type(class) => Some(*class),
        _ => None,
    }
}

fn run_try_parse(call: &Call<'_>, machine: &mut Machine<'_, '_>, ignore_case: bool, out: usize) -> Value {
    let class = call.ty(0).class();
    let number = class.and_then(|class| parse(class, args::text(call, 0)?, ignore_case));
    if let Some(class) = class {
        machine.set_out(out, Value::Enum(class, number.unwrap_or(0)));
    }
    Value::Bool(number.is_some())
}

fn run_is_defined(call: &Call<'_>) -> Value {
    let Some(class) = class_of(call.get(0)) else { return Value::Bool(false) };
    Value::Bool(match call.get(1) {
        Value::Str(text) => members(class).any(|(name, _)| name == text.as_str()),
        other => {
            let number = args::integer(other);
            members(class).any(|(_, value)| Some(i128::from(value)) == number)
        }
    })
}

fn run_names(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut all: Vec<(&str, i32)> = class_of(call.get(0)).into_iter().flat_map(members).collect();
    all.sort_by_key(|(_, number)| number.cast_unsigned());
    let items = all.into_iter().map(|(name, _)| Value::from(name)).collect();
    machine.add(Object::Array { element: Type::STRING, items })
}

const fn only(class: Class, rows: &'static [Row]) -> Table {
    Table { class, parameters: &[], rows, denied: &[] }
}

/// The tables of this file.
pub const TABLES: &[Table] = &[
    Table {
        class: Class::Enum,
        parameters: &[],
        rows: &[
            call("static object Parse(Type enumType, string value)", |_, call| {
                parsed(class_of(call.get(0)), args::required(call, 1, "value")?, false)
            }),
            call("static object Parse(Type enumType, string value, bool ignoreCase)", |_, call| {
                parsed(class_of(call.get(0)), args::required(call, 1, "value")?, args::flag(call, 2))
            }),
            call("static T Parse<T>(string value)", |_, call| {
                parsed(call.ty(0).class(), args::required(call, 0, "value")?, false)
            }),
            call("static T Parse<T>(string value, bool ignoreCase)", |_, call| {
                parsed(call.ty(0).class(), args::required(call, 0, "value")?, args::flag(call, 1))
            }),
            call("static bool TryParse<T>(string value, out T result)", |machine, call| {
                Ok(run_try_parse(call, machine, false, 1))
            }),
            call("static bool TryParse<T>(string value, bool ignoreCase, out T result)", |machine, call| {
                let ignore_case = args::flag(call, 1);
                Ok(run_try_parse(call, machine, ignore_case, 2))
            }),
            call("string ToString(string format)", common::run_format),
            call("bool HasFlag(Enum flag)", |_, call| {
                let flag = args::member(call, 1);
                Ok(Value::Bool(args::member(call, 0) & flag == flag))
            }),
            call("int CompareTo(object target)", common::run_compare),
            call("static bool IsDefined(Type enumType, object value)", |_, call| Ok(run_is_defined(call))),
            call("static string GetName(Type enumType, object value)", |_, call| {
                let number = args::integer(call.get(1));
                let found = class_of(call.get(0))
                    .and_then(|class| members(class).find(|(_, value)| Some(i128::from(*value)) == number));
                Ok(found.map_or(Value::Null, |(name, _)| Value::from(name)))
            }),
            call("static string[] GetNames(Type enumType)", run_names),
        ],
        denied: &["GetValues", "ToObject", "GetUnderlyingType", "Format"],
    },
    only(
        Class::StringComparison,
        &[
            constant("CurrentCulture", 0),
            constant("CurrentCultureIgnoreCase", 1),
            constant("InvariantCulture", 2),
            constant("InvariantCultureIgnoreCase", 3),
            constant("Ordinal", 4),
            constant("OrdinalIgnoreCase", 5),
        ],
    ),
    only(
        Class::StringSplitOptions,
        &[constant("None", 0), constant("RemoveEmptyEntries", 1), constant("TrimEntries", 2)],
    ),
    only(Class::DateTimeKind, &[constant("Unspecified", 0), constant("Utc", 1), constant("Local", 2)]),
    only(
        Class::DayOfWeek,
        &[
            constant("Sunday", 0),
            constant("Monday", 1),
            constant("Tuesday", 2),
            constant("Wednesday", 3),
            constant("Thursday", 4),
            constant("Friday", 5),
            constant("Saturday", 6),
        ],
    ),
    only(
        Class::MidpointRounding,
        &[
            constant("ToEven", 0),
            constant("AwayFromZero", 1),
            constant("ToZero", 2),
            constant("ToNegativeInfinity", 3),
            constant("ToPositiveInfinity", 4),
        ],
    ),
    only(
        Class::TypeCode,
        &[
            constant("Empty", 0),
            constant("Object", 1),
            constant("DBNull", 2),
            constant("Boolean", 3),
            constant("Char", 4),
            constant("SByte", 5),
            constant("Byte", 6),
            constant("Int16", 7),
            constant("UInt16", 8),
            constant("Int32", 9),
            constant("UInt32", 10),
            constant("Int64", 11),
            constant("UInt64", 12),
            constant("Single", 13),
            constant("Double", 14),
            constant("Decimal", 15),
            constant("DateTime", 16),
            constant("String", 18),
        ],
    ),
    only(Class::Base64FormattingOptions, &[constant("None", 0), constant("InsertLineBreaks", 1)]),
    only(
        Class::NumberStyles,
        &[
            constant("None", 0),
            constant("AllowLeadingWhite", 1),
            constant("AllowTrailingWhite", 2),
            constant("AllowLeadingSign", 4),
            constant("Integer", 7),
            constant("AllowTrailingSign", 8),
            constant("AllowParentheses", 16),
            constant("AllowDecimalPoint", 32),
            constant("AllowThousands", 64),
            constant("Number", 111),
            constant("AllowExponent", 128),
            constant("Float", 167),
            constant("AllowCurrencySymbol", 256),
            constant("Currency", 383),
            constant("Any", 511),
            constant("AllowHexSpecifier", 512),
            constant("HexNumber", 515),
        ],
    ),
    only(
        Class::DateTimeStyles,
        &[
            constant("None", 0),
            constant("AllowLeadingWhite", 1),
            constant("AllowTrailingWhite", 2),
            constant("AllowInnerWhite", 4),
            constant("AllowWhiteSpaces", 7),
            constant("NoCurrentDateDefault", 8),
            constant("AdjustToUniversal", 16),
            constant("AssumeLocal", 32),
            constant("AssumeUniversal", 64),
            constant("RoundtripKind", 128),
        ],
    ),
    only(
        Class::UriPartial,
        &[constant("Scheme", 0), constant("Authority", 1), constant("Path", 2), constant("Query", 3)],
    ),
    only(
        Class::UriKind,
        &[constant("RelativeOrAbsolute", 0), constant("Absolute", 1), constant("Relative", 2)],
    ),
    only(
        Class::UriFormat,
        &[constant("UriEscaped", 1), constant("Unescaped", 2), constant("SafeUnescaped", 3)],
    ),
    only(
        Class::UriComponents,
        &[
            constant("Scheme", 1),
            constant("UserInfo", 2),
            constant("Host", 4),
            constant("Port", 8),
            constant("SchemeAndServer", 13),
            constant("Path", 16),
            constant("Query", 32),
            constant("PathAndQuery", 48),
            constant("HttpRequestUrl", 61),
            constant("Fragment", 64),
            constant("AbsoluteUri", 127),
            constant("StrongPort", 128),
            constant("HostAndPort", 132),
            constant("StrongAuthority", 134),
            constant("NormalizedHost", 256),
            constant("KeepDelimiter", 1_073_741_824),
        ],
    ),
];
