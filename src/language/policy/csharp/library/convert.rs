//! `System.Convert`, and what other families need of conversions.
//!
//! Rules
//! - Fractions round half to even; what does not fit throws `OverflowException`.
//! - A `JValue` converts as the value it holds; other objects do not convert.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::super::Class;
use super::super::bind::relations::is_number;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::types::Type;
use super::super::value::{DateTime, DateTimeKind, DateTimeOffset, FloatBits, TimeSpan, Value};
use super::json::JsonKind;
use super::numbers::{self, integer_type, integer_value, overflow, parse, usual_style};
use super::{Table, args, arrays, booleans, call, common, dates, utf16};
use crate::policy::base64;

/// `default(T)` of a class: null for reference types.
pub fn default_of(class: Class) -> Value {
    match class {
        Class::Bool => Value::Bool(false),
        Class::Char => Value::Char(0),
        Class::DateTime => Value::DateTime(DateTime { ticks: 0, kind: DateTimeKind::Unspecified }),
        Class::DateTimeOffset => Value::DateTimeOffset(DateTimeOffset { ticks: 0, offset_minutes: 0 }),
        Class::TimeSpan => Value::TimeSpan(TimeSpan(0)),
        Class::Guid => Value::Guid(0),
        class if is_number(class) => numbers::zero(class),
        class if class.kind() == super::super::classes::Kind::Enum => Value::Enum(class, 0),
        _ => Value::Null,
    }
}

/// `item` as an element of an array of `ty`: numbers widen; `None` where that loses something.
pub fn widen(ty: &Type, item: Value) -> Option<Value> {
    let Type::Plain(class) = ty else { return Some(item) };
    if !is_number(*class) {
        return Some(item);
    }
    if integer_value(*class, 0).is_some() {
        return args::integer(&item).and_then(|number| integer_value(*class, number));
    }
    match class {
        Class::Double => args::number(&item).map(Value::from),
        _ => Some(item),
    }
}

/// `(decimal)double`: 15 digits, 7 of a float.
pub fn double_to_decimal(value: f64, digits: usize) -> Option<Decimal> {
    if !value.is_finite() {
        return None;
    }
    let text = format!("{value:.*e}", digits.saturating_sub(1));
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if exponent > 28 {
        return None;
    }
    if exponent < -29 {
        return Some(Decimal::ZERO);
    }
    let decimal = Decimal::from_scientific(&format!("{mantissa}e{exponent}")).ok()?;
    Some(decimal.normalize())
}

/// What a boxed value is for conversions: the value inside of a `JValue`.
fn unbox(machine: &Machine<'_, '_>, value: &Value) -> Result<Value, Fault> {
    match machine.object(value) {
        None => Ok(value.clone()),
        Some(Object::Json(node)) if matches!(node.kind, JsonKind::Value(_) | JsonKind::NullText) => {
            match &node.kind {
                JsonKind::Value(inner) => Ok(inner.clone()),
                _ => Ok(Value::Null),
            }
        }
        Some(_) => {
            let name = common::type_of(machine, value).full_name();
            Err(Fault::new(
                Class::InvalidCastException,
                format!("Unable to cast object of type '{name}' to type 'System.IConvertible'."),
            ))
        }
    }
}

#[cold]
fn bad_cast(machine: &Machine<'_, '_>, value: &Value, class: Class) -> Fault {
    let from = common::type_of(machine, value).class().map_or("Object", Class::name);
    Fault::new(Class::InvalidCastException, format!("Invalid cast from '{from}' to '{}'.", class.name()))
}

/// `Convert.To...` of a boxed value.
pub fn convert(machine: &mut Machine<'_, '_>, value: &Value, class: Class) -> Result<Value, Fault> {
    let value = unbox(machine, value)?;
    if matches!(value, Value::Null) {
        return Ok(if class == Class::String { "".into() } else { default_of(class) });
    }
    match class {
        Class::String => common::display(machine, &value).map(Value::Str),
        Class::Bool => to_bool(machine, &value),
        Class::Char => to_char(machine, &value),
        Class::DateTime => match &value {
            Value::DateTime(_) => Ok(value),
            Value::Str(text) => dates::parse::date(machine, text).map(Value::DateTime),
            _ => Err(bad_cast(machine, &value, class)),
        },
        _ => to_number(machine, &value, class),
    }
}

fn to_bool(machine: &Machine<'_, '_>, value: &Value) -> Result<Value, Fault> {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        Value::Str(text) => booleans::parse(text).map(Value::Bool).ok_or_else(|| booleans::bad_boolean(text)),
        Value::Decimal(v) => Ok(Value::Bool(!v.get().is_zero())),
        Value::Char(_) | Value::Enum(..) => Err(bad_cast(machine, value, Class::Bool)),
        other => match args::number(other) {
            Some(number) => Ok(Value::Bool(number != 0.0)),
            None => Err(bad_cast(machine, value, Class::Bool)),
        },
    }
}

fn to_char(machine: &Machine<'_, '_>, value: &Value) -> Result<Value, Fault> {
    match value {
        Value::Char(_) => Ok(value.clone()),
        Value::Str(text) if utf16::len(text) == 1 => Ok(Value::Char(utf16::at(text, 0).unwrap_or(0))),
        Value::Str(_) => Err(args::format_fault("String must be exactly one character long.")),
        other => match args::integer(other) {
            Some(number) => u16::try_from(number).map(Value::Char).map_err(|_| overflow("a character")),
            None => Err(bad_cast(machine, value, Class::Char)),
        },
    }
}

fn to_number(machine: &Machine<'_, '_>, value: &Value, class: Class) -> Result<Value, Fault> {
    if let Value::Str(text) = value {
        return parse(class, text, usual_style(class)).map_err(|bad| numbers::bad_number(class, text, bad));
    }
    let floating = matches!(class, Class::Float | Class::Double | Class::Decimal);
    let number = match value {
        Value::Bool(truth) => Some(i128::from(*truth)),
        Value::Char(_) if floating => return Err(bad_cast(machine, value, class)),
        other => args::integer(other),
    };
    match (class, number, value) {
        (Class::Decimal, Some(number), _) => {
            Ok(Decimal::try_from_i128_with_scale(number, 0).unwrap_or_default().into())
        }
        (Class::Decimal, None, Value::Decimal(_)) => Ok(value.clone()),
        (Class::Decimal, None, Value::Float(v)) => {
            double_to_decimal(f64::from(v.get()), 7).map(Value::from).ok_or_else(|| overflow("a Decimal"))
        }
        (Class::Decimal, None, Value::Double(v)) => {
            double_to_decimal(v.get(), 15).map(Value::from).ok_or_else(|| overflow("a Decimal"))
        }
        (Class::Double, Some(number), _) => Ok((number as f64).into()),
        (Class::Float, Some(number), _) => Ok(Value::Float(FloatBits::new(number as f32))),
        (Class::Double, None, _) => match args::number(value) {
            Some(number) => Ok(number.into()),
            None => Err(bad_cast(machine, value, class)),
        },
        #[expect(clippy::cast_possible_truncation, reason = "rounding to a float is meant")]
        (Class::Float, None, _) => match args::number(value) {
            Some(number) => Ok(Value::Float(FloatBits::new(number as f32))),
            None => Err(bad_cast(machine, value, class)),
        },
        (_, Some(number), _) => {
            integer_value(class, number).ok_or_else(|| overflow(integer_type(class).article))
        }
        (_, None, _) => {
            let whole = match value {
                Value::Decimal(v) => v.get().round().to_i128(),
                Value::Float(_) | Value::Double(_) => {
                    let rounded = args::number(value).unwrap_or_default().round_ties_even();
                    // Beyond this no integer type reaches; NaN fails the comparison.
                    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
                    let whole = (rounded.abs() < 1e30).then_some(rounded as i128);
                    whole
                }
                _ => return Err(bad_cast(machine, value, class)),
            };
            whole
                .and_then(|number| integer_value(class, number))
                .ok_or_else(|| overflow(integer_type(class).article))
        }
    }
}

/// `Convert.ToInt32(text, fromBase)` and its kind.
fn from_base(call: &Call<'_>, class: Class) -> Result<Value, Fault> {
    let base = check_base(args::int(call, 1))?;
    let ty = integer_type(class);
    let Some(text) = args::text(call, 0) else { return Ok(numbers::zero(class)) };
    if text.is_empty() {
        // .NET hands the message over as the name of a parameter.
        return Err(args::out_of_range(
            "Specified argument was out of the range of valid values.",
            "Index was out of range. Must be non-negative and less than the size of the collection.",
        ));
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(_) if base != 10 => {
            return Err(args::bad_argument("String cannot contain a minus sign if the base is not 10."));
        }
        Some(_) if ty.low == 0 => {
            return Err(Fault::new(
                Class::OverflowException,
                "The string was being parsed as an unsigned number and could not have a negative sign.",
            ));
        }
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = match base {
        16 => digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")).unwrap_or(digits),
        _ => digits,
    };
    let mut value = 0_u128;
    let mut any = false;
    for c in digits.chars() {
        let Some(digit) = c.to_digit(base) else {
            return Err(args::format_fault(if any {
                "Additional non-parsable characters are at the end of the string."
            } else {
                "Could not find any recognizable digits."
            }));
        };
        any = true;
        // Saturates far beyond every type.
        value = value.saturating_mul(u128::from(base)).saturating_add(u128::from(digit)).min(1 << 100);
    }
    if !any {
        return Err(args::format_fault("Could not find any recognizable digits."));
    }
    let number = i128::try_from(value).unwrap_or(i128::MAX);
    let number = if base == 10 {
        if negative { number.saturating_neg() } else { number }
    } else if number >= 1_i128.checked_shl(ty.bits).unwrap_or(i128::MAX) {
        return Err(overflow(match ty.bits {
            64 => "a UInt64",
            32 => "a UInt32",
            _ => ty.article,
        }));
    } else {
        numbers::wrap(value, ty)
    };
    integer_value(class, number).ok_or_else(|| overflow(ty.article))
}

fn check_base(base: i32) -> Result<u32, Fault> {
    match base {
        2 | 8 | 10 | 16 => Ok(base.unsigned_abs()),
        _ => Err(args::bad_argument("Invalid Base.")),
    }
}

/// `Convert.ToString(number, toBase)`: two's complement in the width of the type.
fn to_base(machine: &mut Machine<'_, '_>, call: &Call<'_>, bits: u32) -> Result<Value, Fault> {
    let base = check_base(args::int(call, 1))?;
    let number = args::long(call, 0);
    let mask = u64::MAX.checked_shr(64_u32.saturating_sub(bits)).unwrap_or(u64::MAX);
    let pattern = number.cast_unsigned() & mask;
    let text = match base {
        2 => format!("{pattern:b}"),
        8 => format!("{pattern:o}"),
        16 => format!("{pattern:x}"),
        _ => number.to_string(),
    };
    machine.text(text)
}

fn to_base64(machine: &mut Machine<'_, '_>, call: &Call<'_>, options: Option<usize>) -> Result<Value, Fault> {
    if matches!(call.get(0), Value::Null) {
        return Err(Fault::null_argument("inArray"));
    }
    let bytes = arrays::bytes(machine, call.get(0))?;
    let breaks = options.is_some_and(|at| args::member(call, at) == 1);
    let part = match call.arguments.len() {
        0..=2 => bytes.as_slice(),
        _ => usize::try_from(args::int(call, 1))
            .ok()
            .zip(usize::try_from(args::int(call, 2)).ok())
            .and_then(|(start, count)| bytes.get(start..start.checked_add(count)?))
            .ok_or_else(|| {
                args::out_of_range("Offset and length must refer to a position in the string.", "offset")
            })?,
    };
    machine.text(base64::encode(part, breaks))
}

fn decode_base64(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    let bytes = base64::decode(text).ok_or_else(|| {
        args::format_fault(
            "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding \
             characters, or an illegal character among the padding characters.",
        )
    })?;
    arrays::byte_array(machine, &bytes)
}

fn change_type(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let Value::Type(class) = call.get(1) else { return Err(Fault::null_argument("conversionType")) };
    match call.get(0) {
        Value::Null if class.is_value_type() => {
            Err(Fault::new(Class::InvalidCastException, "Null object cannot be converted to a value type."))
        }
        Value::Null => Ok(Value::Null),
        value if common::type_of(machine, value) == Type::Plain(*class) => Ok(value.clone()),
        value => convert(machine, value, *class),
    }
}

fn hexadecimal(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    if matches!(call.get(0), Value::Null) {
        return Err(Fault::null_argument("inArray"));
    }
    let bytes = arrays::bytes(machine, call.get(0))?;
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    machine.text(digits.concat())
}

fn from_hexadecimal(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = args::required(call, 0, "s")?;
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
    let digits = digits.ok_or_else(|| {
        args::format_fault("The input is not a valid hex string as it contains a non-hex character.")
    })?;
    if digits.len() % 2 != 0 {
        return Err(args::format_fault(
            "The input is not a valid hex string as its length is not a multiple of 2.",
        ));
    }
    let pairs = digits.chunks(2).map(|pair| {
        pair.iter().fold(0_u8, |sum, digit| sum.wrapping_shl(4) | u8::try_from(*digit).unwrap_or(0))
    });
    let bytes: Vec<u8> = pairs.collect();
    arrays::byte_array(machine, &bytes)
}

/// Rows of one target: of a boxed value, with and without a culture.
macro_rules! target_rows {
    ([$($row:expr),* $(,)?] $($name:literal, $method:literal, $class:ident;)*) => {
        &[
            $($row,)*
            $(
                call(concat!("static ", $name, " ", $method, "(object value)"), |m, c| {
                    convert(m, c.get(0), Class::$class)
                }),
                call(concat!("static ", $name, " ", $method, "(object value, CultureInfo provider)"), |m, c| {
                    convert(m, c.get(0), Class::$class)
                }),
            )*
        ]
    };
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::Convert,
    parameters: &[],
    rows: target_rows!([
        call("static string ToString(string value)", |_, c| Ok(c.get(0).clone())),
        call("static string ToString(byte value, int toBase)", |m, c| to_base(m, c, 8)),
        call("static string ToString(short value, int toBase)", |m, c| to_base(m, c, 16)),
        call("static string ToString(int value, int toBase)", |m, c| to_base(m, c, 32)),
        call("static string ToString(long value, int toBase)", |m, c| to_base(m, c, 64)),
        call("static sbyte ToSByte(string value, int fromBase)", |_, c| from_base(c, Class::SByte)),
        call("static byte ToByte(string value, int fromBase)", |_, c| from_base(c, Class::Byte)),
        call("static short ToInt16(string value, int fromBase)", |_, c| from_base(c, Class::Short)),
        call("static ushort ToUInt16(string value, int fromBase)", |_, c| from_base(c, Class::UShort)),
        call("static int ToInt32(string value, int fromBase)", |_, c| from_base(c, Class::Int)),
        call("static uint ToUInt32(string value, int fromBase)", |_, c| from_base(c, Class::UInt)),
        call("static long ToInt64(string value, int fromBase)", |_, c| from_base(c, Class::Long)),
        call("static ulong ToUInt64(string value, int fromBase)", |_, c| from_base(c, Class::ULong)),
        call("static string ToBase64String(byte[] inArray)", |m, c| to_base64(m, c, None)),
        call("static string ToBase64String(byte[] inArray, Base64FormattingOptions options)", |m, c| {
            to_base64(m, c, Some(1))
        }),
        call("static string ToBase64String(byte[] inArray, int offset, int length)", |m, c| {
            to_base64(m, c, None)
        }),
        call(
            "static string ToBase64String(byte[] inArray, int offset, int length, Base64FormattingOptions options)",
            |m, c| to_base64(m, c, Some(3)),
        ),
        call("static byte[] FromBase64String(string s)", |m, c| {
            let text = args::required(c, 0, "s")?;
            decode_base64(m, text)
        }),
        call("static byte[] FromBase64CharArray(char[] inArray, int offset, int length)", |m, c| {
            let units = args::units(m, c.get(0));
            let part = usize::try_from(args::int(c, 1))
                .ok()
                .zip(usize::try_from(args::int(c, 2)).ok())
                .and_then(|(start, count)| units.get(start..start.checked_add(count)?));
            let part = part.ok_or_else(|| {
                args::out_of_range("Offset and length must refer to a position in the string.", "offset")
            })?;
            decode_base64(m, &utf16::from_units(part))
        }),
        call("static string ToHexString(byte[] inArray)", hexadecimal),
        call("static byte[] FromHexString(string s)", from_hexadecimal),
        call("static object ChangeType(object value, Type conversionType)", change_type),
        call("static object ChangeType(object value, Type conversionType, CultureInfo provider)", change_type),
        call("static bool IsDBNull(object value)", |_, _| Ok(Value::Bool(false))),
    ]
        "bool", "ToBoolean", Bool;
        "char", "ToChar", Char;
        "sbyte", "ToSByte", SByte;
        "byte", "ToByte", Byte;
        "short", "ToInt16", Short;
        "ushort", "ToUInt16", UShort;
        "int", "ToInt32", Int;
        "uint", "ToUInt32", UInt;
        "long", "ToInt64", Long;
        "ulong", "ToUInt64", ULong;
        "float", "ToSingle", Float;
        "double", "ToDouble", Double;
        "decimal", "ToDecimal", Decimal;
        "DateTime", "ToDateTime", DateTime;
        "string", "ToString", String;
    ),
    denied: &["ToBase64CharArray", "TryFromBase64String", "TryToBase64Chars", "TryFromBase64Chars"],
}];
