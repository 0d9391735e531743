//! Reading numbers: `Parse`, `TryParse`, `NumberStyles`, under the invariant culture.
//!
//! Rules: "NumberStyles" of the .NET documentation. A number is white space, a sign, digits with group
//! separators, a point, digits, an exponent, a sign, white space, as far as the style allows each.

use rust_decimal::Decimal;

/// `AllowLeadingWhite`
pub const LEADING_WHITE: i32 = 1;
/// `AllowTrailingWhite`
pub const TRAILING_WHITE: i32 = 2;
/// `AllowLeadingSign`
pub const LEADING_SIGN: i32 = 4;
/// `AllowTrailingSign`
pub const TRAILING_SIGN: i32 = 8;
/// `AllowParentheses`
pub const PARENTHESES: i32 = 16;
/// `AllowDecimalPoint`
pub const POINT: i32 = 32;
/// `AllowThousands`
pub const THOUSANDS: i32 = 64;
/// `AllowExponent`
pub const EXPONENT: i32 = 128;
/// `AllowCurrencySymbol`
pub const CURRENCY: i32 = 256;
/// `AllowHexSpecifier`
pub const HEX: i32 = 512;
/// `Integer`
pub const INTEGER: i32 = 7;
/// `Number`
pub const NUMBER: i32 = 111;
/// `Float | AllowThousands`: what doubles are read with.
pub const FLOAT: i32 = 231;

/// Why a text is not the number wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Not a number.
    Format,
    /// A number out of range.
    Overflow,
}

/// A number as read.
#[derive(Debug, Default)]
struct Scanned {
    negative: bool,
    /// Digits without zeros in front.
    digits: String,
    /// Digits before the point, zeros in front not counted.
    scale: i64,
}

/// Exponents beyond this are all the same.
const MAX_EXPONENT: i64 = 99_999;

fn is_white(byte: u8) -> bool {
    matches!(byte, 0x09..=0x0d | 0x20)
}

fn scan(text: &str, style: i32) -> Option<Scanned> {
    let allows = |flag: i32| style & flag != 0;
    // .NET ignores zero characters at the end.
    let mut rest = text.trim_end_matches('\0').as_bytes();
    let mut scanned = Scanned::default();
    let mut signed = false;
    let mut in_parentheses = false;
    // Before the digits.
    loop {
        match rest {
            [byte, tail @ ..] if is_white(*byte) && allows(LEADING_WHITE) && !signed => rest = tail,
            [sign @ (b'+' | b'-'), tail @ ..] if allows(LEADING_SIGN) && !signed => {
                signed = true;
                scanned.negative = *sign == b'-';
                rest = tail;
            }
            [b'(', tail @ ..] if allows(PARENTHESES) && !signed => {
                signed = true;
                in_parentheses = true;
                scanned.negative = true;
                rest = tail;
            }
            [0xc2, 0xa4, tail @ ..] if allows(CURRENCY) => rest = tail,
            _ => break,
        }
    }
    let mut any = false;
    let mut in_fraction = false;
    loop {
        match rest {
            [digit @ b'0'..=b'9', tail @ ..] => {
                any = true;
                rest = tail;
                if *digit == b'0' && scanned.digits.is_empty() {
                    scanned.scale = scanned.scale.saturating_sub(i64::from(in_fraction));
                } else {
                    scanned.digits.push(char::from(*digit));
                    scanned.scale = scanned.scale.saturating_add(i64::from(!in_fraction));
                }
            }
            [b'.', tail @ ..] if allows(POINT) && !in_fraction => {
                in_fraction = true;
                rest = tail;
            }
            [b',', tail @ ..] if allows(THOUSANDS) && any && !in_fraction => rest = tail,
            _ => break,
        }
    }
    if !any {
        return None;
    }
    if let ([b'e' | b'E', tail @ ..], true) = (rest, allows(EXPONENT)) {
        let (below, tail) = match tail {
            [b'-', tail @ ..] => (true, tail),
            [b'+', tail @ ..] | tail => (false, tail),
        };
        let count = tail.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count > 0 {
            let value = tail.iter().take(count).fold(0_i64, |sum, byte| {
                sum.saturating_mul(10).saturating_add(i64::from(byte.saturating_sub(b'0'))).min(MAX_EXPONENT)
            });
            rest = tail.get(count..).unwrap_or_default();
            scanned.scale =
                if below { scanned.scale.saturating_sub(value) } else { scanned.scale.saturating_add(value) };
        }
    }
    // After the digits.
    loop {
        match rest {
            [byte, tail @ ..] if is_white(*byte) && allows(TRAILING_WHITE) => rest = tail,
            [sign @ (b'+' | b'-'), tail @ ..] if allows(TRAILING_SIGN) && !signed => {
                signed = true;
                scanned.negative = *sign == b'-';
                rest = tail;
            }
            [b')', tail @ ..] if in_parentheses => {
                in_parentheses = false;
                rest = tail;
            }
            [0xc2, 0xa4, tail @ ..] if allows(CURRENCY) => rest = tail,
            _ => break,
        }
    }
    (rest.is_empty() && !in_parentheses).then_some(scanned)
}

/// An integer from `low` to `high`.
pub fn integer(text: &str, style: i32, low: i128, high: i128) -> Result<i128, Bad> {
    let scanned = scan(text, style).ok_or(Bad::Format)?;
    let whole = usize::try_from(scanned.scale.max(0)).unwrap_or(usize::MAX);
    let fraction = scanned.digits.bytes().skip(whole).any(|digit| digit != b'0');
    if fraction || (whole > 38 && !scanned.digits.is_empty()) {
        return Err(Bad::Overflow);
    }
    let digits = scanned.digits.bytes().chain(std::iter::repeat(b'0')).take(whole.min(38));
    let magnitude = digits.fold(0_i128, |sum, digit| {
        sum.saturating_mul(10).saturating_add(i128::from(digit.saturating_sub(b'0')))
    });
    let value = if scanned.negative { magnitude.saturating_neg() } else { magnitude };
    if (low..=high).contains(&value) { Ok(value) } else { Err(Bad::Overflow) }
}

/// Hexadecimal digits of a number with `bits` bits.
pub fn hexadecimal(text: &str, style: i32, bits: u32) -> Result<u128, Bad> {
    let mut rest = text.trim_end_matches('\0');
    if style & LEADING_WHITE != 0 {
        rest = rest.trim_start_matches(|c: char| u8::try_from(c).is_ok_and(is_white));
    }
    if style & TRAILING_WHITE != 0 {
        rest = rest.trim_end_matches(|c: char| u8::try_from(c).is_ok_and(is_white));
    }
    if rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Bad::Format);
    }
    let digits = rest.trim_start_matches('0');
    let value = if digits.is_empty() { Ok(0) } else { u128::from_str_radix(digits, 16) };
    match value {
        Ok(value) if value.checked_shr(bits).unwrap_or(0) == 0 => Ok(value),
        _ => Err(Bad::Overflow),
    }
}

/// A double; what is too large becomes infinite, as in .NET Core 3.0 and later.
pub fn double(text: &str, style: i32) -> Result<f64, Bad> {
    match scan(text, style) {
        Some(scanned) => Ok(plain(&scanned).parse().unwrap_or_default()),
        None => special(text).ok_or(Bad::Format),
    }
}

/// A float.
pub fn float(text: &str, style: i32) -> Result<f32, Bad> {
    match scan(text, style) {
        Some(scanned) => Ok(plain(&scanned).parse().unwrap_or_default()),
        #[expect(clippy::cast_possible_truncation, reason = "NaN and the infinities have no digits")]
        None => special(text).map(|value| value as f32).ok_or(Bad::Format),
    }
}

/// Names of doubles that have no digits.
fn special(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| u8::try_from(c).is_ok_and(is_white));
    let is = |name: &str| text.eq_ignore_ascii_case(name);
    if is("NaN") || is("-NaN") || is("+NaN") {
        Some(f64::NAN)
    } else if is("Infinity") || is("+Infinity") {
        Some(f64::INFINITY)
    } else if is("-Infinity") {
        Some(f64::NEG_INFINITY)
    } else {
        None
    }
}

fn plain(scanned: &Scanned) -> String {
    let sign = if scanned.negative { "-" } else { "" };
    let digits = if scanned.digits.is_empty() { "0" } else { &scanned.digits };
    format!("{sign}0.{digits}e{}", scanned.scale)
}

/// A decimal; digits beyond its precision are rounded off.
pub fn decimal(text: &str, style: i32) -> Result<Decimal, Bad> {
    let scanned = scan(text, style).ok_or(Bad::Format)?;
    if scanned.scale > 29 && !scanned.digits.is_empty() {
        return Err(Bad::Overflow);
    }
    let mut value = String::new();
    if scanned.scale <= 0 {
        value.push('0');
    }
    let whole = usize::try_from(scanned.scale.max(0)).unwrap_or(0);
    let zeros = usize::try_from(scanned.scale.saturating_neg().clamp(0, 40)).unwrap_or(0);
    for at in 0..whole.min(30) {
        value.push(scanned.digits.chars().nth(at).unwrap_or('0'));
    }
    let fraction: String =
        std::iter::repeat_n('0', zeros).chain(scanned.digits.chars().skip(whole)).take(64).collect();
    if !fraction.is_empty() {
        value.push('.');
        value.push_str(&fraction);
    }
    let parsed: Decimal = value.parse().map_err(|_| Bad::Overflow)?;
    let mut parsed = parsed;
    parsed.set_sign_negative(scanned.negative && !parsed.is_zero());
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts and results as .NET documents the styles.
    #[test]
    fn integers_by_style() {
        let int = |text: &str, style| integer(text, style, i32::MIN.into(), i32::MAX.into());
        assert_eq!(int(" -42 ", INTEGER), Ok(-42));
        assert_eq!(int("+7", INTEGER), Ok(7));
        assert_eq!(int("1,234", INTEGER), Err(Bad::Format));
        assert_eq!(int("1,234", INTEGER | THOUSANDS), Ok(1234));
        assert_eq!(int("1.0", NUMBER), Ok(1));
        assert_eq!(int("1.5", NUMBER), Err(Bad::Overflow));
        assert_eq!(int("1e3", INTEGER | EXPONENT), Ok(1000));
        assert_eq!(int("(5)", INTEGER | PARENTHESES), Ok(-5));
        assert_eq!(int("2147483648", INTEGER), Err(Bad::Overflow));
        assert_eq!(int("99999999999999999999999999999999999999999999", INTEGER), Err(Bad::Overflow));
        assert_eq!(int("", INTEGER), Err(Bad::Format));
        assert_eq!(int("- 1", INTEGER), Err(Bad::Format));
        assert_eq!(int("1-", NUMBER), Ok(-1));
        assert_eq!(hexadecimal("fF", 515, 32), Ok(255));
        assert_eq!(hexadecimal("1ffffffff", 515, 32), Err(Bad::Overflow));
        assert_eq!(hexadecimal("0x1f", 515, 32), Err(Bad::Format));
    }

    #[test]
    fn reals_by_style() {
        assert_eq!(double("1,234.5", FLOAT).map(f64::to_bits), Ok(1234.5_f64.to_bits()));
        assert_eq!(double("-1e400", FLOAT).map(f64::to_bits), Ok(f64::NEG_INFINITY.to_bits()));
        assert_eq!(double(".5", FLOAT).map(f64::to_bits), Ok(0.5_f64.to_bits()));
        assert_eq!(double("1.", FLOAT).map(f64::to_bits), Ok(1.0_f64.to_bits()));
        assert_eq!(double("1.5.2", FLOAT), Err(Bad::Format));
        assert_eq!(decimal("1.500", NUMBER).map(|d| d.to_string()), Ok("1.500".to_owned()));
        assert_eq!(decimal("79228162514264337593543950336", NUMBER), Err(Bad::Overflow));
        assert_eq!(decimal("1e3", NUMBER), Err(Bad::Format));
    }
}
