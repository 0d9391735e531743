//! Whole numbers that no `long` holds, by their digits.

use rust_decimal::Decimal;

/// As the nearest double.
pub(in super::super) fn to_double(digits: &str) -> f64 {
    digits.parse::<f64>().unwrap_or(f64::NAN)
}

/// As a decimal, if it fits.
pub(in super::super) fn to_decimal(digits: &str) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(digits.parse::<i128>().ok()?, 0).ok()
}

/// As an integer of 128 bits, if it fits.
pub(in super::super) fn to_integer(digits: &str) -> Option<i128> {
    digits.parse::<i128>().ok()
}
