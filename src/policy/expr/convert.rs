//! Values as text and as what attributes need.

use super::types::Type;
use super::{EvalError, EvalErrorKind, Expression, FromValue, Scope, Value};
use crate::policy::Text;
use crate::units::{Duration, StatusCode};

/// The type of a value.
pub(super) const fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::BOOL,
        Value::Int(_) => Type::INT,
        Value::Long(_) => Type::LONG,
        Value::Double(_) => Type::DOUBLE,
        Value::Char(_) => Type::CHAR,
        Value::Str(_) => Type::String,
        Value::Strings(_) => Type::Strings,
    }
}

/// The value of an integer type.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Int(value) => Some(i64::from(*value)),
        Value::Long(value) => Some(*value),
        Value::Char(c) => Some(i64::from(u32::from(*c))),
        _ => None,
    }
}

/// The value of any number type.
pub(super) fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Double(value) => Some(value.get()),
        other => whole(other).map(|n| n as f64),
    }
}

/// What `bool.Parse` takes: `true` or `false` in any case, with white space around.
pub(super) fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// The value as `ToString()` gives it in the invariant culture; null is empty.
pub(super) fn format(value: &Value) -> Text {
    match value {
        Value::Null => Text::EMPTY,
        Value::Bool(true) => Text::Static("True"),
        Value::Bool(false) => Text::Static("False"),
        Value::Int(value) => Text::from(value.to_string()),
        Value::Long(value) => Text::from(value.to_string()),
        Value::Double(value) => Text::from(format_double(value.get())),
        Value::Char(c) => Text::from(c.to_string()),
        Value::Str(text) => text.clone(),
        Value::Strings(_) => Text::Static("System.String[]"),
    }
}

/// The shortest digits that read back, as .NET (since Core 3.0) writes them: with an exponent from 1E+15
/// up and from 1E-05 down.
fn format_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or(0);
    if (-4..15).contains(&power) {
        return format!("{value}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{mantissa}E{sign}{:02}", power.unsigned_abs())
}

fn unusable(value: &Value, expected: &str) -> EvalError {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Strings(_) => "a string array".to_owned(),
        other => format!("the {} `{}`", type_of(other), format(other)),
    };
    EvalError {
        kind: EvalErrorKind::Unusable,
        message: Text::from(format!("Expected {expected}, found {found}.")),
        span: None,
    }
}

/// The number in a value: numbers themselves, and strings that spell one.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Str(text) => {
            let text = text.trim();
            let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            if plain { text.parse().ok() } else { None }
        }
        Value::Char(_) => None,
        other => real(other),
    }
}

/// The whole number in a value, not negative.
fn natural(value: &Value) -> Option<u64> {
    match value {
        Value::Str(text) => text.trim().parse().ok(),
        Value::Int(value) => u64::try_from(*value).ok(),
        Value::Long(value) => u64::try_from(*value).ok(),
        _ => None,
    }
}

impl FromValue for Text {
    /// Everything but an array has a text; null is empty.
    fn from_value(value: &Value) -> Result<Self, EvalError> {
        match value {
            Value::Strings(_) => Err(unusable(value, "a string")),
            value => Ok(format(value)),
        }
    }
}

impl FromValue for bool {
    /// A bool, or a string that says `true` or `false`.
    fn from_value(value: &Value) -> Result<Self, EvalError> {
        match value {
            Value::Bool(value) => Ok(*value),
            Value::Str(text) => parse_bool(text).ok_or_else(|| unusable(value, "true or false")),
            _ => Err(unusable(value, "true or false")),
        }
    }

    #[inline]
    fn from_expression(expression: &Expression, scope: &Scope<'_>) -> Result<Self, EvalError> {
        expression.eval_bool(scope)
    }
}

impl FromValue for u32 {
    /// A whole number, or a string that spells one.
    fn from_value(value: &Value) -> Result<Self, EvalError> {
        natural(value).and_then(|n| Self::try_from(n).ok()).ok_or_else(|| unusable(value, "a whole number"))
    }
}

impl FromValue for Duration {
    /// A number of seconds, not negative, or a string that spells one.
    fn from_value(value: &Value) -> Result<Self, EvalError> {
        if let Some(seconds) = natural(value) {
            return Ok(Self::from_secs(seconds));
        }
        match number(value) {
            Some(seconds) if seconds >= 0.0 => Ok(Self::from_nanos(nanos(seconds))),
            _ => Err(unusable(value, "a number of seconds")),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturates")]
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

impl FromValue for StatusCode {
    /// A whole number in 100..=599, or a string that spells one.
    fn from_value(value: &Value) -> Result<Self, EvalError> {
        let code = natural(value).and_then(|n| u16::try_from(n).ok()).and_then(Self::new);
        code.ok_or_else(|| unusable(value, "a status code from 100 to 599"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_dotnet_does() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (123_456_789_012_345.0, "123456789012345"),
            (1e15, "1E+15"),
            (1.25e300, "1.25E+300"),
            (0.0001, "0.0001"),
            (0.000_01, "1E-05"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(format_double(value), expected);
        }
    }

    #[test]
    fn attributes_take_what_fits() {
        let text = |text: &'static str| Value::Str(Text::from(text));
        assert_eq!(u32::from_value(&Value::Int(3)), Ok(3));
        assert_eq!(u32::from_value(&text(" 3 ")), Ok(3));
        assert!(u32::from_value(&Value::Int(-1)).is_err());
        assert_eq!(bool::from_value(&text("True")), Ok(true));
        assert!(bool::from_value(&Value::Int(1)).is_err());
        assert_eq!(Duration::from_value(&text("1.5")), Ok(Duration::from_millis(1500)));
        assert_eq!(Duration::from_value(&Value::Int(2)), Ok(Duration::from_secs(2)));
        assert!(Duration::from_value(&text("-1")).is_err());
        assert_eq!(StatusCode::from_value(&Value::Int(429)), Ok(StatusCode::TOO_MANY_REQUESTS));
        assert!(StatusCode::from_value(&Value::Int(42)).is_err());
        assert_eq!(Text::from_value(&Value::Bool(true)), Ok(Text::Static("True")));
        let error = StatusCode::from_value(&text("x")).unwrap_err();
        assert_eq!(error.message.as_str(), "Expected a status code from 100 to 599, found the string `x`.");
    }
}
