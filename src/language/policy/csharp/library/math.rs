//! `System.Math`.
//!
//! Transcendental functions come from `libm`, so that results are the same on every platform; .NET's may
//! differ in the last bit.

use rust_decimal::RoundingStrategy;

use super::super::Class;
use super::super::fault::Fault;
use super::super::machine::{Call, Machine};
use super::super::value::{FloatBits, Value};
use super::numbers::{integer_type, integer_value, overflow};
use super::{Table, args, call, common};

/// Beyond this a double has no fraction.
const NO_FRACTION: f64 = 1e16;

/// Powers of ten that `Math.Round` multiplies by.
const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// `MidpointRounding` applied to a double.
pub fn round_double(value: f64, mode: i32) -> f64 {
    match mode {
        1 => value.round(),
        2 => value.trunc(),
        3 => value.floor(),
        4 => value.ceil(),
        _ => value.round_ties_even(),
    }
}

fn strategy(mode: i32) -> RoundingStrategy {
    match mode {
        1 => RoundingStrategy::MidpointAwayFromZero,
        2 => RoundingStrategy::ToZero,
        3 => RoundingStrategy::ToNegativeInfinity,
        4 => RoundingStrategy::ToPositiveInfinity,
        _ => RoundingStrategy::MidpointNearestEven,
    }
}

fn check_mode(mode: i32) -> Result<(), Fault> {
    if (0..=4).contains(&mode) {
        return Ok(());
    }
    Err(args::bad_argument(format!(
        "The value '{mode}' is not valid for this usage of the type MidpointRounding. (Parameter 'mode')"
    )))
}

/// `decimal.Round` of argument 0.
pub fn round_decimal(call: &Call<'_>, decimals: Option<i32>, mode: Option<i32>) -> Result<Value, Fault> {
    let mode = mode.unwrap_or(0);
    check_mode(mode)?;
    let decimals =
        u32::try_from(decimals.unwrap_or(0)).ok().filter(|places| *places <= 28).ok_or_else(|| {
            args::out_of_range("Decimal can only round to between 0 and 28 digits of precision.", "decimals")
        })?;
    Ok(args::decimal(call, 0).round_dp_with_strategy(decimals, strategy(mode)).into())
}

fn round(call: &Call<'_>, digits: Option<i32>, mode: Option<i32>) -> Result<Value, Fault> {
    let mode = mode.unwrap_or(0);
    check_mode(mode)?;
    let value = args::double(call, 0);
    let Some(digits) = digits else { return Ok(round_double(value, mode).into()) };
    let power = usize::try_from(digits).ok().and_then(|at| POWERS.get(at)).ok_or_else(|| {
        args::out_of_range("Rounding digits must be between 0 and 15, inclusive.", "digits")
    })?;
    if value.abs() >= NO_FRACTION {
        return Ok(value.into());
    }
    Ok((round_double(value * power, mode) / power).into())
}

fn abs_integer(call: &Call<'_>, class: Class) -> Result<Value, Fault> {
    let number = args::integer(call.get(0)).unwrap_or(0).saturating_abs();
    integer_value(class, number).ok_or_else(|| {
        Fault::new(
            Class::OverflowException,
            "Negating the minimum value of a twos complement number is invalid.",
        )
    })
}

/// `Math.Max`, `Math.Min`: NaN wins among doubles.
fn extreme(machine: &mut Machine<'_, '_>, call: &Call<'_>, greatest: bool) -> Result<Value, Fault> {
    let (a, b) = (call.get(0), call.get(1));
    if let (Some(x), Some(_)) = (floating(a), floating(b)) {
        if x.is_nan() {
            return Ok(a.clone());
        }
        if floating(b).is_some_and(f64::is_nan) {
            return Ok(b.clone());
        }
        if let (Some(x), Some(y)) = (floating(a), floating(b))
            && x == 0.0
            && y == 0.0
        {
            // Zero above zero is the greater one.
            let first = x.is_sign_negative() != greatest;
            return Ok(if first { a.clone() } else { b.clone() });
        }
    }
    let order = common::compare(machine, a, b)?;
    let first = if greatest { order.is_ge() } else { order.is_le() };
    Ok(if first { a.clone() } else { b.clone() })
}

fn floating(value: &Value) -> Option<f64> {
    match value {
        Value::Float(v) => Some(f64::from(v.get())),
        Value::Double(v) => Some(v.get()),
        _ => None,
    }
}

fn max(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    extreme(machine, call, true)
}

fn min(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    extreme(machine, call, false)
}

fn clamp(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (value, low, high) = (call.get(0), call.get(1), call.get(2));
    if common::compare(machine, low, high)?.is_gt() {
        let (low, high) = (common::display(machine, low)?, common::display(machine, high)?);
        return Err(args::bad_argument(format!("'{low}' cannot be greater than {high}.")));
    }
    if common::compare(machine, value, low)?.is_lt() {
        return Ok(low.clone());
    }
    let is_above = common::compare(machine, value, high)?.is_gt();
    Ok(if is_above { high.clone() } else { value.clone() })
}

fn sign(call: &Call<'_>) -> Result<Value, Fault> {
    let sign = match call.get(0) {
        Value::Decimal(v) => match v.get() {
            v if v.is_zero() => 0,
            v if v.is_sign_negative() => -1,
            _ => 1,
        },
        value => {
            let number = args::number(value).unwrap_or_default();
            if number.is_nan() {
                return Err(Fault::new(
                    Class::ArithmeticException,
                    "Function does not accept floating point Not-a-Number values.",
                ));
            }
            i32::from(number > 0.0).saturating_sub(i32::from(number < 0.0))
        }
    };
    Ok(Value::Int(sign))
}

fn divide(machine: &mut Machine<'_, '_>, call: &Call<'_>, class: Class) -> Result<Value, Fault> {
    let (a, b) = (i128::from(args::long(call, 0)), i128::from(args::long(call, 1)));
    let (Some(quotient), Some(rest)) = (a.checked_div(b), a.checked_rem(b)) else {
        return Err(Fault::new(Class::DivideByZeroException, "Attempted to divide by zero."));
    };
    let too_large = || overflow(integer_type(class).article);
    machine.set_out(2, integer_value(class, rest).ok_or_else(too_large)?);
    integer_value(class, quotient).ok_or_else(too_large)
}

fn of(call: &Call<'_>, function: fn(f64) -> f64) -> Value {
    function(args::double(call, 0)).into()
}

fn of_two(call: &Call<'_>, function: fn(f64, f64) -> f64) -> Value {
    function(args::double(call, 0), args::double(call, 1)).into()
}

/// `Math.Log(a, newBase)` with .NET's special cases.
fn log(a: f64, base: f64) -> f64 {
    if a.is_nan() {
        return a;
    }
    if base.is_nan() {
        return base;
    }
    let is_one = |value: f64| value.to_bits() == 1.0_f64.to_bits();
    if is_one(base) || (!is_one(a) && (base == 0.0 || base == f64::INFINITY)) {
        return f64::NAN;
    }
    libm::log(a) / libm::log(base)
}

/// One row for each type that `Max` and its kind take.
macro_rules! each_type {
    ([$($row:expr),* $(,)?] $($name:literal),*) => {
        &[
            $($row,)*
            $(
                call(concat!("static ", $name, " Max(", $name, " val1, ", $name, " val2)"), max),
                call(concat!("static ", $name, " Min(", $name, " val1, ", $name, " val2)"), min),
                call(
                    concat!("static ", $name, " Clamp(", $name, " value, ", $name, " min, ", $name, " max)"),
                    clamp,
                ),
            )*
        ]
    };
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::Math,
    parameters: &[],
    rows: each_type!([
        call("static double PI { get; }", |_, _| Ok(std::f64::consts::PI.into())),
        call("static double E { get; }", |_, _| Ok(std::f64::consts::E.into())),
        call("static double Tau { get; }", |_, _| Ok(std::f64::consts::TAU.into())),
        call("static sbyte Abs(sbyte value)", |_, c| abs_integer(c, Class::SByte)),
        call("static short Abs(short value)", |_, c| abs_integer(c, Class::Short)),
        call("static int Abs(int value)", |_, c| abs_integer(c, Class::Int)),
        call("static long Abs(long value)", |_, c| abs_integer(c, Class::Long)),
        call("static float Abs(float value)", |_, c| match c.get(0) {
            Value::Float(v) => Ok(Value::Float(FloatBits::new(v.get().abs()))),
            other => Ok(args::number(other).unwrap_or_default().abs().into()),
        }),
        call("static double Abs(double value)", |_, c| Ok(of(c, f64::abs))),
        call("static decimal Abs(decimal value)", |_, c| Ok(args::decimal(c, 0).abs().into())),
        call("static double Floor(double d)", |_, c| Ok(of(c, f64::floor))),
        call("static decimal Floor(decimal d)", |_, c| Ok(args::decimal(c, 0).floor().into())),
        call("static double Ceiling(double a)", |_, c| Ok(of(c, f64::ceil))),
        call("static decimal Ceiling(decimal d)", |_, c| Ok(args::decimal(c, 0).ceil().into())),
        call("static double Truncate(double d)", |_, c| Ok(of(c, f64::trunc))),
        call("static decimal Truncate(decimal d)", |_, c| Ok(args::decimal(c, 0).trunc().into())),
        call("static double Round(double a)", |_, c| round(c, None, None)),
        call("static double Round(double value, int digits)", |_, c| round(c, Some(args::int(c, 1)), None)),
        call("static double Round(double value, MidpointRounding mode)", |_, c| {
            round(c, None, Some(args::member(c, 1)))
        }),
        call("static double Round(double value, int digits, MidpointRounding mode)", |_, c| {
            round(c, Some(args::int(c, 1)), Some(args::member(c, 2)))
        }),
        call("static decimal Round(decimal d)", |_, c| round_decimal(c, None, None)),
        call("static decimal Round(decimal d, int decimals)", |_, c| {
            round_decimal(c, Some(args::int(c, 1)), None)
        }),
        call("static decimal Round(decimal d, MidpointRounding mode)", |_, c| {
            round_decimal(c, None, Some(args::member(c, 1)))
        }),
        call("static decimal Round(decimal d, int decimals, MidpointRounding mode)", |_, c| {
            round_decimal(c, Some(args::int(c, 1)), Some(args::member(c, 2)))
        }),
        call("static int Sign(int value)", |_, c| sign(c)),
        call("static int Sign(long value)", |_, c| sign(c)),
        call("static int Sign(double value)", |_, c| sign(c)),
        call("static int Sign(decimal value)", |_, c| sign(c)),
        call("static double Sqrt(double d)", |_, c| Ok(of(c, libm::sqrt))),
        call("static double Cbrt(double d)", |_, c| Ok(of(c, libm::cbrt))),
        call("static double Pow(double x, double y)", |_, c| Ok(of_two(c, libm::pow))),
        call("static double Exp(double d)", |_, c| Ok(of(c, libm::exp))),
        call("static double Log(double d)", |_, c| Ok(of(c, libm::log))),
        call("static double Log(double a, double newBase)", |_, c| Ok(of_two(c, log))),
        call("static double Log10(double d)", |_, c| Ok(of(c, libm::log10))),
        call("static double Log2(double x)", |_, c| Ok(of(c, libm::log2))),
        call("static double Sin(double a)", |_, c| Ok(of(c, libm::sin))),
        call("static double Cos(double d)", |_, c| Ok(of(c, libm::cos))),
        call("static double Tan(double a)", |_, c| Ok(of(c, libm::tan))),
        call("static double Asin(double d)", |_, c| Ok(of(c, libm::asin))),
        call("static double Acos(double d)", |_, c| Ok(of(c, libm::acos))),
        call("static double Atan(double d)", |_, c| Ok(of(c, libm::atan))),
        call("static double Atan2(double y, double x)", |_, c| Ok(of_two(c, libm::atan2))),
        call("static double Sinh(double value)", |_, c| Ok(of(c, libm::sinh))),
        call("static double Cosh(double value)", |_, c| Ok(of(c, libm::cosh))),
        call("static double Tanh(double value)", |_, c| Ok(of(c, libm::tanh))),
        call("static double IEEERemainder(double x, double y)", |_, c| Ok(of_two(c, libm::remainder))),
        call("static int DivRem(int a, int b, out int result)", |m, c| divide(m, c, Class::Int)),
        call("static long DivRem(long a, long b, out long result)", |m, c| divide(m, c, Class::Long)),
        call("static long BigMul(int a, int b)", |_, c| {
            Ok(Value::Long(i64::from(args::int(c, 0)).saturating_mul(i64::from(args::int(c, 1)))))
        }),
    ] "sbyte", "byte", "short", "ushort", "int", "uint", "long", "ulong", "float", "double", "decimal"),
    denied: &[],
}];
