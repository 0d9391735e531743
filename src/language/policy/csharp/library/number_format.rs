//! `ToString(format)` of numbers: standard formats here, custom ones in `number_custom`, all under the
//! invariant culture.
//!
//! Rules: "Standard numeric format strings" of the .NET documentation.

use rust_decimal::Decimal;

use super::super::Class;
use super::super::fault::Fault;
use super::super::value::Value;
use super::digits::{Digits, Wanted};
use super::number_custom;
use crate::semantics::DoubleFormat;

/// Precisions beyond this are refused, as in .NET.
const MAX_PRECISION: usize = 999_999_999;

/// Digits that this evaluator writes at most: more ends the evaluation.
const MAX_DIGITS: usize = 100_000;

/// A number on its way to text.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    /// Any integer, and its width in bits for hexadecimal digits.
    Integer(i128, u32),
    /// `float`
    Float(f32),
    /// `double`
    Double(f64),
    /// `decimal`
    Decimal(Decimal),
}

impl Number {
    /// The number of a value; `None` for other values.
    pub fn of(value: &Value) -> Option<Self> {
        Some(match value {
            Value::SByte(v) => Self::Integer(i128::from(*v), 8),
            Value::Byte(v) => Self::Integer(i128::from(*v), 8),
            Value::Short(v) => Self::Integer(i128::from(*v), 16),
            Value::UShort(v) => Self::Integer(i128::from(*v), 16),
            Value::Int(v) => Self::Integer(i128::from(*v), 32),
            Value::UInt(v) => Self::Integer(i128::from(*v), 32),
            Value::Long(v) => Self::Integer(i128::from(*v), 64),
            Value::ULong(v) => Self::Integer(i128::from(*v), 64),
            Value::Float(v) => Self::Float(v.get()),
            Value::Double(v) => Self::Double(v.get()),
            Value::Decimal(v) => Self::Decimal(v.get()),
            _ => return None,
        })
    }

    fn digits(self, wanted: Wanted, style: DoubleFormat) -> Digits {
        match self {
            Self::Integer(value, _) => Digits::of_integer(value),
            Self::Decimal(value) => Digits::of_decimal(value),
            Self::Float(value) => Digits::of_float(value, wanted, style),
            Self::Double(value) => Digits::of_double(value, wanted, style),
        }
    }

    /// `NaN` and the infinities, which ignore formats.
    fn special(self) -> Option<&'static str> {
        let value = match self {
            Self::Float(value) => f64::from(value),
            Self::Double(value) => value,
            Self::Integer(..) | Self::Decimal(_) => return None,
        };
        match value {
            v if v.is_nan() => Some("NaN"),
            f64::INFINITY => Some("Infinity"),
            f64::NEG_INFINITY => Some("-Infinity"),
            _ => None,
        }
    }

    /// Digits that a floating number has for certain; `None` for exact numbers.
    fn floating_digits(self) -> Option<i32> {
        match self {
            Self::Float(_) => Some(7),
            Self::Double(_) => Some(15),
            Self::Integer(..) | Self::Decimal(_) => None,
        }
    }
}

/// `number.ToString(format)`; `None` or empty is the general format.
pub fn format(number: Number, format: Option<&str>, style: DoubleFormat) -> Result<String, Fault> {
    if let Some(text) = number.special() {
        return Ok(text.to_owned());
    }
    let format = format.unwrap_or_default();
    let Some((letter, precision)) = standard(format)? else {
        // Custom formats see 15 digits of a double, 7 of a float.
        let wanted = match number {
            Number::Float(_) => Wanted::Significant(7),
            _ => Wanted::Significant(15),
        };
        let mut digits = number.digits(wanted, style);
        digits.exact = false;
        return number_custom::format(digits, format);
    };
    if precision.is_some_and(|digits| digits > MAX_DIGITS) {
        return Err(Fault::of(super::super::FaultKind::Memory, "the expression used too much memory"));
    }
    let text = match (letter.to_ascii_uppercase(), number) {
        ('G', _) if precision.unwrap_or(0) == 0 => general_default(number, letter, style),
        ('G', _) => {
            let wanted = precision.unwrap_or(0);
            let mut digits = number.digits(Wanted::Significant(wanted), style);
            digits.round(int(wanted));
            general(&digits, int(wanted), letter == 'g', false)
        }
        ('R', Number::Float(_) | Number::Double(_)) => general_default(number, letter, style),
        ('D' | 'R', Number::Integer(value, _)) => {
            let text = format!("{:0>1$}", value.unsigned_abs(), precision.unwrap_or(0));
            signed(value < 0, &text)
        }
        ('X', Number::Integer(value, bits)) => {
            let bits = masked(value, bits);
            let width = precision.unwrap_or(0);
            if letter == 'X' { format!("{bits:0>width$X}") } else { format!("{bits:0>width$x}") }
        }
        ('B', Number::Integer(value, bits)) => {
            format!("{:0>1$b}", masked(value, bits), precision.unwrap_or(0))
        }
        ('F', _) => {
            let fraction = precision.unwrap_or(2);
            let digits = fixed_digits(number, fraction, 0, style);
            signed(digits.negative, &fixed(&digits, fraction, false))
        }
        ('N', _) => {
            let fraction = precision.unwrap_or(2);
            let digits = fixed_digits(number, fraction, 0, style);
            signed(digits.negative, &fixed(&digits, fraction, true))
        }
        ('C', _) => {
            let fraction = precision.unwrap_or(2);
            let digits = fixed_digits(number, fraction, 0, style);
            let text = fixed(&digits, fraction, true);
            if digits.negative { format!("(\u{a4}{text})") } else { format!("\u{a4}{text}") }
        }
        ('P', _) => {
            let fraction = precision.unwrap_or(2);
            let digits = fixed_digits(number, fraction, 2, style);
            signed(digits.negative, &format!("{} %", fixed(&digits, fraction, true)))
        }
        ('E', _) => {
            let fraction = precision.unwrap_or(6);
            let mut digits = number.digits(Wanted::Significant(fraction.saturating_add(1)), style);
            digits.round(int(fraction).saturating_add(1));
            signed(digits.negative, &scientific(&digits, fraction, letter, 3))
        }
        _ => return Err(bad_specifier()),
    };
    Ok(text)
}

/// Letter and precision of a standard format; `None`: it is a custom one.
fn standard(format: &str) -> Result<Option<(char, Option<usize>)>, Fault> {
    let mut rest = format.chars();
    let Some(letter) = rest.next() else { return Ok(Some(('G', None))) };
    let rest = rest.as_str();
    if !letter.is_ascii_alphabetic() || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    if rest.is_empty() {
        return Ok(Some((letter, None)));
    }
    match rest.parse::<usize>() {
        Ok(precision) if precision <= MAX_PRECISION => Ok(Some((letter, Some(precision)))),
        _ => Err(bad_specifier()),
    }
}

/// The digits for a format with `fraction` digits after the point, `shift` places to the left.
fn fixed_digits(number: Number, fraction: usize, shift: i32, style: DoubleFormat) -> Digits {
    // Percentages move the point before rounding: their digits are cut two places later.
    let places = fraction.saturating_add(usize::try_from(shift).unwrap_or(0));
    let mut digits = number.digits(Wanted::Fraction(places), style);
    digits.scale = if digits.is_zero() { 0 } else { digits.scale.saturating_add(shift) };
    digits.round(digits.scale.saturating_add(int(fraction)));
    digits
}

fn general_default(number: Number, letter: char, style: DoubleFormat) -> String {
    match number {
        Number::Integer(value, _) => value.to_string(),
        Number::Decimal(value) => {
            let text = value.abs().to_string();
            signed(value.is_sign_negative() && !value.is_zero(), &text)
        }
        Number::Float(_) | Number::Double(_) => {
            let least = number.floating_digits().unwrap_or(15);
            let mut digits = number.digits(Wanted::Shortest, style);
            if style == DoubleFormat::Framework && matches!(letter, 'R' | 'r') {
                digits = framework_round_trip(number, digits);
            }
            let count = int(digits.digits.len()).max(least);
            digits.round(count);
            general(&digits, count, letter == 'g', false)
        }
    }
}

/// `R` of the older runtime: 15 digits if they read back, else 17.
fn framework_round_trip(number: Number, short: Digits) -> Digits {
    let Number::Double(value) = number else {
        return number.digits(Wanted::Shortest, DoubleFormat::Shortest);
    };
    let reads_back =
        general(&short, 15, false, false).parse::<f64>().is_ok_and(|v| v.to_bits() == value.to_bits());
    if reads_back { short } else { number.digits(Wanted::Significant(17), DoubleFormat::Shortest) }
}

/// `G`: plain unless the exponent is large.
fn general(digits: &Digits, limit: i32, lower: bool, never_scientific: bool) -> String {
    let scientific_form = !never_scientific && (digits.scale > limit || digits.scale < -3);
    let mut text = String::new();
    if scientific_form {
        let fraction = digits.digits.len().saturating_sub(1);
        text = scientific(digits, fraction, if lower { 'e' } else { 'E' }, 2);
    } else {
        if digits.scale <= 0 {
            text.push('0');
        }
        for index in 0..digits.scale.max(0) {
            text.push(digits.at(index));
        }
        let count = int(digits.digits.len());
        if count > digits.scale {
            text.push('.');
            for index in digits.scale..count {
                text.push(digits.at(index));
            }
        }
    }
    signed(digits.negative, &text)
}

fn scientific(digits: &Digits, fraction: usize, letter: char, width: usize) -> String {
    let mut text = String::from(digits.at(0));
    if fraction > 0 {
        text.push('.');
    }
    for index in 0..int(fraction) {
        text.push(digits.at(index.saturating_add(1)));
    }
    let exponent = if digits.is_zero() { 0 } else { digits.scale.saturating_sub(1) };
    let sign = if exponent < 0 { '-' } else { '+' };
    text.push_str(&format!("{letter}{sign}{:0>width$}", exponent.unsigned_abs()));
    text
}

fn fixed(digits: &Digits, fraction: usize, grouped: bool) -> String {
    let mut text = String::new();
    if digits.scale <= 0 {
        text.push('0');
    }
    let whole = digits.scale.max(0);
    for index in 0..whole {
        text.push(digits.at(index));
        let left = whole.saturating_sub(index).saturating_sub(1);
        if grouped && left > 0 && left % 3 == 0 {
            text.push(',');
        }
    }
    if fraction > 0 {
        text.push('.');
    }
    for place in 0..int(fraction) {
        text.push(digits.at(digits.scale.saturating_add(place)));
    }
    text
}

/// Two's complement in `bits` bits.
fn masked(value: i128, bits: u32) -> u128 {
    let mask = u128::MAX.checked_shr(128_u32.saturating_sub(bits)).unwrap_or(u128::MAX);
    value.cast_unsigned() & mask
}

fn signed(negative: bool, text: &str) -> String {
    if negative { format!("-{text}") } else { text.to_owned() }
}

fn int(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// .NET's answer to a format that it does not know.
pub fn bad_specifier() -> Fault {
    Fault::new(Class::FormatException, "Format specifier was invalid.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(value: f64, how: &str, style: DoubleFormat) -> String {
        format(Number::Double(value), Some(how), style).unwrap()
    }

    /// What .NET Framework documents: 15 digits, halves away from zero, no zero below zero.
    #[test]
    fn the_older_runtime_has_fifteen_digits() {
        for (value, how, expected) in [
            (0.1 + 0.2, "", "0.3"),
            (1.0 / 3.0, "", "0.333333333333333"),
            (1.0 / 3.0, "R", "0.33333333333333331"),
            (0.1, "R", "0.1"),
            (2.5, "F0", "3"),
            (0.125, "F2", "0.13"),
            (-0.001, "F2", "0.00"),
            (-0.0, "", "0"),
            (1e16, "", "1E+16"),
            (123_456_789_012_345_678.0, "", "1.23456789012346E+17"),
        ] {
            assert_eq!(shown(value, how, DoubleFormat::Framework), expected, "{value} {how}");
        }
        let single = format(Number::Float(1.0 / 3.0), None, DoubleFormat::Framework).unwrap();
        assert_eq!(single, "0.3333333");
    }

    #[test]
    fn endless_precision_is_refused() {
        let limit = format(Number::Integer(1, 32), Some("D999999999"), DoubleFormat::Shortest);
        assert_eq!(limit.unwrap_err().kind(), super::super::super::FaultKind::Memory);
        assert!(format(Number::Integer(1, 32), Some("D9999999999"), DoubleFormat::Shortest).is_err());
    }

    proptest! {
        #[test]
        fn the_shortest_text_reads_back(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let text = shown(value, "", DoubleFormat::Shortest);
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
        }

        #[test]
        fn any_format_of_any_number_ends(
            how in "[#0.,%‰;'\"\\\\eE+xXgGnN0-9 -]{0,12}",
            value in any::<f64>(),
            whole in any::<i64>(),
        ) {
            for style in [DoubleFormat::Shortest, DoubleFormat::Framework] {
                let _ = format(Number::Double(value), Some(&how), style);
                let _ = format(Number::Integer(whole.into(), 64), Some(&how), style);
            }
        }
    }
}
