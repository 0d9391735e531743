//! Decimal numbers as exact integers of a smaller unit.
//!
//! Floats would move a time by a nanosecond, and a call that is exactly 60 s old to the other side of a
//! window's end.

/// A number that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scaled {
    /// In the smaller unit, to the nearest.
    pub(super) value: i128,
    /// Whether nothing was rounded off.
    pub(super) is_exact: bool,
}

/// Why a text is not a number that can be used; said after the text.
pub(super) type Why = &'static str;

/// `text`, a decimal number with or without a fraction and an exponent, times 10 to the `power`.
pub(super) fn scaled(text: &str, power: i32) -> Result<Scaled, Why> {
    const MALFORMED: Why = "is not a number";
    const TOO_LARGE: Why = "is too large";
    let (is_negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if ["nan", "inf", "infinity"].iter().any(|word| unsigned.eq_ignore_ascii_case(word)) {
        return Err("is not a finite number");
    }
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let digits_of = |text: &str| text.strip_prefix(['+', '-']).unwrap_or(text).to_owned();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    if !is_digits(whole) || !is_digits(fraction) || !is_digits(&digits_of(exponent)) {
        return Err(MALFORMED);
    }
    // An exponent that does not fit is as good as the largest one.
    let extreme = if exponent.starts_with('-') { i32::MIN } else { i32::MAX };
    let exponent = exponent.parse::<i32>().unwrap_or(extreme);
    let mut value: i128 = 0;
    let mut is_exact = true;
    let mut power = power.saturating_add(exponent);
    for (digit, is_fraction) in whole.bytes().map(|b| (b, false)).chain(fraction.bytes().map(|b| (b, true))) {
        let digit = i128::from(digit.saturating_sub(b'0'));
        if value > MOST_DIGITS {
            is_exact &= digit == 0;
            power = if is_fraction { power } else { power.saturating_add(1) };
        } else {
            value = value.saturating_mul(10).saturating_add(digit);
            power = if is_fraction { power.saturating_sub(1) } else { power };
        }
    }
    if value == 0 {
        return Ok(Scaled { value: 0, is_exact });
    }
    let places = power.unsigned_abs();
    let value = if power >= 0 {
        let factor = 10_i128.checked_pow(places).ok_or(TOO_LARGE)?;
        value.checked_mul(factor).ok_or(TOO_LARGE)?
    } else {
        let divisor = 10_i128.checked_pow(places);
        let (quotient, rest) = divisor.map_or((0, value), |d| (value / d, value % d));
        is_exact &= rest == 0;
        quotient + i128::from(divisor.is_some_and(|d| rest >= d / 2 && rest > 0))
    };
    Ok(Scaled { value: if is_negative { -value } else { value }, is_exact })
}

/// More digits than any time or count needs; with a few more a value still fits.
const MOST_DIGITS: i128 = 10_i128.pow(30);

/// A count: `text` as a whole number of at least 0; `12.0` is one, too.
pub(super) fn count(text: &str) -> Result<u64, Why> {
    match scaled(text, 0)? {
        Scaled { value, .. } if value < 0 || (value == 0 && text.starts_with('-') && text != "-0") => {
            Err("is negative")
        }
        Scaled { is_exact: false, .. } => Err("is not a whole number"),
        Scaled { value, .. } => u64::try_from(value).map_err(|_| "is too large"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_are_exact() {
        for (text, expected) in [
            ("0", Ok((0, true))),
            ("68.3", Ok((68_300_000_000, true))),
            ("-0.5", Ok((-500_000_000, true))),
            ("+1e3", Ok((1_000_000_000_000, true))),
            ("1.5E-3", Ok((1_500_000, true))),
            // What binary floats make of 68 and 68.3.
            ("67.99999999999999", Ok((68_000_000_000, false))),
            ("68.30000000000001", Ok((68_300_000_000, false))),
            ("0.0000000004", Ok((0, false))),
            ("0.0000000005", Ok((1, false))),
            ("1e-999999999999", Ok((0, false))),
            ("0e999999999999", Ok((0, true))),
            ("1e99", Err("is too large")),
            ("1e999999999999", Err("is too large")),
            ("NaN", Err("is not a finite number")),
            ("-Infinity", Err("is not a finite number")),
            ("", Err("is not a number")),
            ("1.", Err("is not a number")),
            (".5", Err("is not a number")),
            ("1e", Err("is not a number")),
            ("--1", Err("is not a number")),
            ("1,5", Err("is not a number")),
            ("٣", Err("is not a number")),
        ] {
            assert_eq!(scaled(text, 9).map(|s| (s.value, s.is_exact)), expected, "{text}");
        }
    }

    #[test]
    fn counts_are_whole() {
        for (text, expected) in [
            ("648", Ok(648)),
            ("648.0", Ok(648)),
            ("18446744073709551615", Ok(u64::MAX)),
            ("18446744073709551616", Err("is too large")),
            ("6.5", Err("is not a whole number")),
            ("-1", Err("is negative")),
            ("-0.4", Err("is negative")),
            ("1e-999999999999", Err("is not a whole number")),
        ] {
            assert_eq!(count(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[-+0-9.eE]{0,60}|.{0,20}", power in 0..10) {
            let _ = scaled(&text, power);
        }

        #[test]
        fn integers_read_back(value in any::<i64>()) {
            let expected = Scaled { value: i128::from(value) * 1_000, is_exact: true };
            prop_assert_eq!(scaled(&value.to_string(), 3), Ok(expected));
        }
    }
}
