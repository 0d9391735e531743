//! The number types: limits, reading, comparison, formatting.

use super::super::Class;
use super::super::fault::Fault;
use super::super::machine::{Call, Machine};
use super::super::value::{DecimalBits, DoubleBits, FloatBits, Value};
use super::number_parse::{self as read, Bad};
use super::{Table, args, call, common, constant};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

/// An integer type.
#[derive(Clone, Copy, Debug)]
pub struct IntegerType {
    /// Its class.
    pub class: Class,
    /// Its least value.
    pub low: i128,
    /// Its greatest value.
    pub high: i128,
    /// Its size in bits.
    pub bits: u32,
    /// As messages about overflow call it.
    pub article: &'static str,
}

/// The integer types.
pub const INTEGERS: [IntegerType; 8] = [
    IntegerType { class: Class::SByte, low: -128, high: 127, bits: 8, article: "a signed byte" },
    IntegerType { class: Class::Byte, low: 0, high: 255, bits: 8, article: "an unsigned byte" },
    IntegerType { class: Class::Short, low: -32_768, high: 32_767, bits: 16, article: "an Int16" },
    IntegerType { class: Class::UShort, low: 0, high: 65_535, bits: 16, article: "a UInt16" },
    IntegerType {
        class: Class::Int,
        low: -2_147_483_648,
        high: 2_147_483_647,
        bits: 32,
        article: "an Int32",
    },
    IntegerType { class: Class::UInt, low: 0, high: 4_294_967_295, bits: 32, article: "a UInt32" },
    IntegerType {
        class: Class::Long,
        low: -9_223_372_036_854_775_808,
        high: 9_223_372_036_854_775_807,
        bits: 64,
        article: "an Int64",
    },
    IntegerType {
        class: Class::ULong,
        low: 0,
        high: 18_446_744_073_709_551_615,
        bits: 64,
        article: "a UInt64",
    },
];

/// The integer type of a class.
pub fn integer_type(class: Class) -> IntegerType {
    let int =
        IntegerType { class, low: i32::MIN.into(), high: i32::MAX.into(), bits: 32, article: "an Int32" };
    INTEGERS.into_iter().find(|ty| ty.class == class).unwrap_or(int)
}

/// `OverflowException` of a type.
#[cold]
pub fn overflow(article: &str) -> Fault {
    Fault::new(Class::OverflowException, format!("Value was either too large or too small for {article}."))
}

/// The value of an integer type with this number, if it is one.
pub fn integer_value(class: Class, number: i128) -> Option<Value> {
    Some(match class {
        Class::SByte => Value::SByte(number.try_into().ok()?),
        Class::Byte => Value::Byte(number.try_into().ok()?),
        Class::Short => Value::Short(number.try_into().ok()?),
        Class::UShort => Value::UShort(number.try_into().ok()?),
        Class::Int => Value::Int(number.try_into().ok()?),
        Class::UInt => Value::UInt(number.try_into().ok()?),
        Class::Long => Value::Long(number.try_into().ok()?),
        Class::ULong => Value::ULong(number.try_into().ok()?),
        _ => return None,
    })
}

/// Reads a number of any class; the class must be a number's.
pub fn parse(class: Class, text: &str, style: i32) -> Result<Value, Bad> {
    match class {
        Class::Float => read::float(text, style).map(|v| Value::Float(FloatBits::new(v))),
        Class::Double => read::double(text, style).map(|v| Value::Double(DoubleBits::new(v))),
        Class::Decimal => read::decimal(text, style).map(|v| Value::Decimal(DecimalBits::new(v))),
        _ => {
            let ty = integer_type(class);
            let number = if style & read::HEX == 0 {
                read::integer(text, style, ty.low, ty.high)?
            } else {
                wrap(read::hexadecimal(text, style, ty.bits)?, ty)
            };
            integer_value(class, number).ok_or(Bad::Overflow)
        }
    }
}

/// A bit pattern as a number of the type.
pub fn wrap(bits: u128, ty: IntegerType) -> i128 {
    let value = i128::try_from(bits).unwrap_or(i128::MAX);
    if value > ty.high { value.saturating_sub(1_i128.checked_shl(ty.bits).unwrap_or(0)) } else { value }
}

/// The style that `Parse` without one reads with.
pub const fn usual_style(class: Class) -> i32 {
    match class {
        Class::Float | Class::Double => read::FLOAT,
        Class::Decimal => read::NUMBER,
        _ => read::INTEGER,
    }
}

/// The exception for a text that is not the number wanted.
#[cold]
pub fn bad_number(class: Class, text: &str, bad: Bad) -> Fault {
    match (bad, class) {
        (Bad::Format, _) => Fault::bad_format(text),
        (Bad::Overflow, Class::Decimal) => overflow("a Decimal"),
        (Bad::Overflow, class) => overflow(integer_type(class).article),
    }
}

/// `T.Parse(text)`, `style` is argument 1 when there is one.
fn run_parse(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    class: Class,
    style: Option<i32>,
) -> Result<Value, Fault> {
    let text = args::required(call, 0, "s")?;
    machine.spend(text.len() as u64)?;
    parse(class, text, style.unwrap_or(usual_style(class))).map_err(|bad| bad_number(class, text, bad))
}

fn run_try_parse(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    class: Class,
    style: Option<i32>,
    out: usize,
) -> Result<Value, Fault> {
    let text = args::text(call, 0);
    machine.spend(text.map_or(0, str::len) as u64)?;
    let parsed = text.and_then(|text| parse(class, text, style.unwrap_or(usual_style(class))).ok());
    let found = parsed.is_some();
    machine.set_out(out, parsed.unwrap_or_else(|| zero(class)));
    Ok(Value::Bool(found))
}

/// `default(T)` of a number type.
pub fn zero(class: Class) -> Value {
    match class {
        Class::Float => Value::Float(FloatBits::new(0.0)),
        Class::Double => Value::from(0.0),
        Class::Decimal => Value::from(Decimal::ZERO),
        other => integer_value(other, 0).unwrap_or(Value::Int(0)),
    }
}

/// Rows that every number type has.
macro_rules! number_table {
    ($class:ident, $name:literal, $code:literal, [$($row:expr),* $(,)?]) => {
        Table {
            class: Class::$class,
            parameters: &[],
            rows: &[
                call(concat!("static ", $name, " Parse(string s)"), |machine, call| {
                    run_parse(machine, call, Class::$class, None)
                }),
                call(concat!("static ", $name, " Parse(string s, NumberStyles style)"), |machine, call| {
                    run_parse(machine, call, Class::$class, Some(args::member(call, 1)))
                }),
                call(concat!("static ", $name, " Parse(string s, CultureInfo provider)"), |machine, call| {
                    run_parse(machine, call, Class::$class, None)
                }),
                call(
                    concat!("static ", $name, " Parse(string s, NumberStyles style, CultureInfo provider)"),
                    |machine, call| run_parse(machine, call, Class::$class, Some(args::member(call, 1))),
                ),
                call(concat!("static bool TryParse(string s, out ", $name, " result)"), |machine, call| {
                    run_try_parse(machine, call, Class::$class, None, 1)
                }),
                call(
                    concat!(
                        "static bool TryParse(string s, NumberStyles style, CultureInfo provider, out ",
                        $name,
                        " result)"
                    ),
                    |machine, call| {
                        run_try_parse(machine, call, Class::$class, Some(args::member(call, 1)), 3)
                    },
                ),
                call(
                    concat!("static bool TryParse(string s, CultureInfo provider, out ", $name, " result)"),
                    |machine, call| run_try_parse(machine, call, Class::$class, None, 2),
                ),
                call(concat!("int CompareTo(", $name, " value)"), common::run_compare),
                call("int CompareTo(object value)", common::run_compare),
                call(concat!("bool Equals(", $name, " obj)"), common::run_equals),
                call("string ToString(string format)", common::run_format),
                call("string ToString(CultureInfo provider)", common::run_display),
                call("string ToString(string format, CultureInfo provider)", common::run_format),
                call("TypeCode GetTypeCode()", |_, _| Ok(Value::Enum(Class::TypeCode, $code))),
                $($row),*
            ],
            denied: &[],
        }
    };
}

fn float(value: f32) -> Value {
    Value::Float(FloatBits::new(value))
}

fn is_double(call: &Call<'_>, test: fn(f64) -> bool) -> Value {
    Value::Bool(test(args::double(call, 0)))
}

/// `decimal.Round` and its relatives live with `Math`.
fn decimal_result(value: Option<Decimal>) -> Result<Value, Fault> {
    value.map(Value::from).ok_or_else(|| overflow("a Decimal"))
}

/// `a / b` with the scale that .NET gives: as few digits as are needed, at least the difference of scales.
pub fn divide(a: Decimal, b: Decimal) -> Option<Decimal> {
    let mut quotient = a.checked_div(b)?.normalize();
    let least = a.scale().saturating_sub(b.scale());
    if quotient.scale() < least {
        quotient.rescale(least);
    }
    Some(quotient)
}

fn narrow(call: &Call<'_>, class: Class) -> Result<Value, Fault> {
    let ty = integer_type(class);
    let whole = args::decimal(call, 0).trunc().to_i128();
    whole.and_then(|number| integer_value(class, number)).ok_or_else(|| overflow(ty.article))
}

/// The tables of this file.
pub const TABLES: &[Table] = &[
    number_table!(
        SByte,
        "sbyte",
        5,
        [constant("const sbyte MaxValue", 127), constant("const sbyte MinValue", -128),]
    ),
    number_table!(
        Byte,
        "byte",
        6,
        [constant("const byte MaxValue", 255), constant("const byte MinValue", 0)]
    ),
    number_table!(
        Short,
        "short",
        7,
        [constant("const short MaxValue", 32_767), constant("const short MinValue", -32_768),]
    ),
    number_table!(
        UShort,
        "ushort",
        8,
        [constant("const ushort MaxValue", 65_535), constant("const ushort MinValue", 0),]
    ),
    number_table!(
        Int,
        "int",
        9,
        [constant("const int MaxValue", 2_147_483_647), constant("const int MinValue", -2_147_483_648),]
    ),
    number_table!(
        UInt,
        "uint",
        10,
        [constant("const uint MaxValue", 4_294_967_295), constant("const uint MinValue", 0),]
    ),
    number_table!(
        Long,
        "long",
        11,
        [constant("const long MaxValue", i64::MAX), constant("const long MinValue", i64::MIN),]
    ),
    number_table!(
        ULong,
        "ulong",
        12,
        [
            call("static ulong MaxValue { get; }", |_, _| Ok(Value::ULong(u64::MAX))),
            constant("const ulong MinValue", 0),
        ]
    ),
    number_table!(
        Float,
        "float",
        13,
        [
            call("static float MaxValue { get; }", |_, _| Ok(float(f32::MAX))),
            call("static float MinValue { get; }", |_, _| Ok(float(f32::MIN))),
            call("static float Epsilon { get; }", |_, _| Ok(float(f32::from_bits(1)))),
            call("static float NaN { get; }", |_, _| Ok(float(f32::NAN))),
            call("static float PositiveInfinity { get; }", |_, _| Ok(float(f32::INFINITY))),
            call("static float NegativeInfinity { get; }", |_, _| Ok(float(f32::NEG_INFINITY))),
            call("static bool IsNaN(float f)", |_, call| Ok(is_double(call, f64::is_nan))),
            call("static bool IsInfinity(float f)", |_, call| Ok(is_double(call, f64::is_infinite))),
            call("static bool IsFinite(float f)", |_, call| Ok(is_double(call, f64::is_finite))),
            call("static bool IsNegative(float f)", |_, call| Ok(is_double(call, f64::is_sign_negative))),
            call("static bool IsPositiveInfinity(float f)", |_, call| Ok(
                is_double(call, |v| v == f64::INFINITY)
            )),
            call("static bool IsNegativeInfinity(float f)", |_, call| {
                Ok(is_double(call, |v| v == f64::NEG_INFINITY))
            }),
        ]
    ),
    number_table!(
        Double,
        "double",
        14,
        [
            call("static double MaxValue { get; }", |_, _| Ok(f64::MAX.into())),
            call("static double MinValue { get; }", |_, _| Ok(f64::MIN.into())),
            call("static double Epsilon { get; }", |_, _| Ok(f64::from_bits(1).into())),
            call("static double NaN { get; }", |_, _| Ok(f64::NAN.into())),
            call("static double PositiveInfinity { get; }", |_, _| Ok(f64::INFINITY.into())),
            call("static double NegativeInfinity { get; }", |_, _| Ok(f64::NEG_INFINITY.into())),
            call("static bool IsNaN(double d)", |_, call| Ok(is_double(call, f64::is_nan))),
            call("static bool IsInfinity(double d)", |_, call| Ok(is_double(call, f64::is_infinite))),
            call("static bool IsFinite(double d)", |_, call| Ok(is_double(call, f64::is_finite))),
            call("static bool IsNegative(double d)", |_, call| Ok(is_double(call, f64::is_sign_negative))),
            call("static bool IsPositiveInfinity(double d)", |_, call| {
                Ok(is_double(call, |v| v == f64::INFINITY))
            }),
            call("static bool IsNegativeInfinity(double d)", |_, call| {
                Ok(is_double(call, |v| v == f64::NEG_INFINITY))
            }),
        ]
    ),
    number_table!(
        Decimal,
        "decimal",
        15,
        [
            call("static decimal MaxValue { get; }", |_, _| Ok(Decimal::MAX.into())),
            call("static decimal MinValue { get; }", |_, _| Ok(Decimal::MIN.into())),
            call("static decimal Zero { get; }", |_, _| Ok(Decimal::ZERO.into())),
            call("static decimal One { get; }", |_, _| Ok(Decimal::ONE.into())),
            call("static decimal MinusOne { get; }", |_, _| Ok(Decimal::NEGATIVE_ONE.into())),
            call("static decimal Add(decimal d1, decimal d2)", |_, call| {
                decimal_result(args::decimal(call, 0).checked_add(args::decimal(call, 1)))
            }),
            call("static decimal Subtract(decimal d1, decimal d2)", |_, call| {
                decimal_result(args::decimal(call, 0).checked_sub(args::decimal(call, 1)))
            }),
            call("static decimal Multiply(decimal d1, decimal d2)", |_, call| {
                decimal_result(args::decimal(call, 0).checked_mul(args::decimal(call, 1)))
            }),
            call("static decimal Divide(decimal d1, decimal d2)", |_, call| {
                let divisor = args::decimal(call, 1);
                if divisor.is_zero() {
                    return Err(Fault::new(Class::DivideByZeroException, "Attempted to divide by zero."));
                }
                decimal_result(divide(args::decimal(call, 0), divisor))
            }),
            call("static decimal Negate(decimal d)", |_, call| Ok(args::decimal(call, 0)
                .checked_mul(Decimal::NEGATIVE_ONE)
                .unwrap_or_default()
                .into())),
            call("static int Compare(decimal d1, decimal d2)", common::run_compare),
            call("static decimal Floor(decimal d)", |_, call| Ok(args::decimal(call, 0).floor().into())),
            call("static decimal Ceiling(decimal d)", |_, call| Ok(args::decimal(call, 0).ceil().into())),
            call("static decimal Truncate(decimal d)", |_, call| Ok(args::decimal(call, 0).trunc().into())),
            call("static decimal Round(decimal d)", |_, call| super::math::round_decimal(call, None, None)),
            call("static decimal Round(decimal d, int decimals)", |_, call| {
                super::math::round_decimal(call, Some(args::int(call, 1)), None)
            }),
            call("static decimal Round(decimal d, MidpointRounding mode)", |_, call| {
                super::math::round_decimal(call, None, Some(args::member(call, 1)))
            }),
            call("static decimal Round(decimal d, int decimals, MidpointRounding mode)", |_, call| {
                super::math::round_decimal(call, Some(args::int(call, 1)), Some(args::member(call, 2)))
            }),
            call("static int ToInt32(decimal d)", |_, call| narrow(call, Class::Int)),
            call("static long ToInt64(decimal d)", |_, call| narrow(call, Class::Long)),
            call("static double ToDouble(decimal d)", |_, call| {
                Ok(args::decimal_to_double(args::decimal(call, 0)).into())
            }),
        ]
    ),
];
