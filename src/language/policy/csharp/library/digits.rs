//! Numbers as decimal digits, between values and formats.
//!
//! A number is `0.d1d2d3... * 10^scale`. Doubles under a standard format are rounded exactly, ties to even
//! (documented for .NET Core 2.1 and later); everything else rounds half away from zero.

use rust_decimal::Decimal;

use crate::semantics::DoubleFormat;

/// Digits with a place for the point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digits {
    /// Below zero; doubles have a zero below zero too.
    pub negative: bool,
    /// `0` to `9`, without zeros in front.
    pub digits: Vec<u8>,
    /// Digits before the point.
    pub scale: i32,
    /// Of a float or double, which keep the sign of zero.
    pub floating: bool,
    /// Rounded already; further rounding only cuts.
    pub exact: bool,
}

/// How many digits of a floating number are wanted.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// As many as it takes to read the same number again.
    Shortest,
    /// So many in all.
    Significant(usize),
    /// So many after the point.
    Fraction(usize),
}

impl Digits {
    /// Of an integer.
    pub fn of_integer(value: i128) -> Self {
        let text = value.unsigned_abs().to_string();
        let digits = if value == 0 { Vec::new() } else { text.into_bytes() };
        let scale = clamp(digits.len());
        Self { negative: value < 0, digits, scale, floating: false, exact: false }
    }

    /// Of a decimal, with all zeros at its end.
    pub fn of_decimal(value: Decimal) -> Self {
        let mantissa = value.mantissa();
        let mut digits = Self::of_integer(mantissa);
        digits.scale = digits.scale.saturating_sub(i32::try_from(value.scale()).unwrap_or(0));
        if mantissa == 0 {
            digits.scale = 0;
        }
        digits
    }

    /// Of a finite double.
    pub fn of_double(value: f64, wanted: Wanted, style: DoubleFormat) -> Self {
        let magnitude = value.abs();
        let (text, exact) = match (wanted, style) {
            (Wanted::Shortest, DoubleFormat::Shortest) => (format!("{magnitude:e}"), true),
            (Wanted::Significant(count), DoubleFormat::Shortest) => {
                (format!("{magnitude:.*e}", count.saturating_sub(1)), true)
            }
            (Wanted::Fraction(count), DoubleFormat::Shortest) => {
                return Self::of_fraction(&format!("{magnitude:.count$}"), value);
            }
            // The older runtime works with 15 digits unless more are asked for.
            (Wanted::Significant(16..), DoubleFormat::Framework) => (format!("{magnitude:.16e}"), false),
            (_, DoubleFormat::Framework) => (format!("{magnitude:.14e}"), false),
        };
        Self::of_scientific(&text, value, exact, style)
    }

    /// Of a finite float.
    pub fn of_float(value: f32, wanted: Wanted, style: DoubleFormat) -> Self {
        match (wanted, style) {
            (Wanted::Shortest, DoubleFormat::Shortest) => {
                Self::of_scientific(&format!("{:e}", value.abs()), f64::from(value), true, style)
            }
            (_, DoubleFormat::Shortest) => Self::of_double(f64::from(value), wanted, style),
            (Wanted::Significant(8..), DoubleFormat::Framework) => {
                Self::of_scientific(&format!("{:.8e}", value.abs()), f64::from(value), false, style)
            }
            (_, DoubleFormat::Framework) => {
                Self::of_scientific(&format!("{:.6e}", value.abs()), f64::from(value), false, style)
            }
        }
    }

    fn of_scientific(text: &str, value: f64, exact: bool, style: DoubleFormat) -> Self {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let scale = exponent.parse::<i32>().unwrap_or(0).saturating_add(1);
        let is_zero = digits.is_empty();
        Self {
            // The older runtime has no zero below zero.
            negative: value.is_sign_negative() && (style == DoubleFormat::Shortest || !is_zero),
            scale: if is_zero { 0 } else { scale },
            digits,
            floating: style == DoubleFormat::Shortest,
            exact,
        }
    }

    fn of_fraction(text: &str, value: f64) -> Self {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        let zeros = all.iter().take_while(|digit| **digit == b'0').count();
        let mut digits: Vec<u8> = all.into_iter().skip(zeros).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let scale = if digits.is_empty() { 0 } else { clamp(whole.len()).saturating_sub(clamp(zeros)) };
        Self { negative: value.is_sign_negative(), digits, scale, floating: true, exact: true }
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Keeps `count` digits, rounding half away from zero, and drops zeros at the end.
    pub fn round(&mut self, count: i32) {
        let kept = usize::try_from(count).unwrap_or(0);
        let up = count >= 0 && !self.exact && self.digits.get(kept).is_some_and(|digit| *digit >= b'5');
        self.digits.truncate(kept);
        if up {
            while self.digits.last() == Some(&b'9') {
                self.digits.pop();
            }
            if let Some(last) = self.digits.last_mut() {
                *last = last.saturating_add(1);
            } else {
                self.digits.push(b'1');
                self.scale = self.scale.saturating_add(1);
            }
        } else {
            while self.digits.last() == Some(&b'0') {
                self.digits.pop();
            }
        }
        if self.digits.is_empty() {
            self.scale = 0;
            // Only floating numbers have a zero below zero.
            self.negative = self.negative && self.floating;
        }
    }

    /// The digit `place` places before the point (1: ones), as a character.
    pub fn at(&self, index: i32) -> char {
        let digit = usize::try_from(index).ok().and_then(|at| self.digits.get(at));
        digit.map_or('0', |digit| char::from(*digit))
    }
}

fn clamp(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
