//! Values of expressions as what attributes need.

use rust_decimal::prelude::ToPrimitive;

use super::bind::relations::integer;
use super::eval::type_of;
use super::fault::{EvalError, FaultKind};
use super::heap::Object;
use super::library::common;
use super::machine::Machine;
use super::{Expression, Scope, Value};
use crate::policy::Text;
use crate::units::{Duration, StatusCode};

/// Conversion of an expression's value to what an attribute needs.
pub trait FromValue: Sized {
    /// The value as `Self`, or why it is none.
    fn from_value(value: &Value, scope: &mut Scope<'_>) -> Result<Self, EvalError>;

    /// The value of `expression` in `scope` as `Self`.
    fn from_expression(expression: &Expression, scope: &mut Scope<'_>) -> Result<Self, EvalError> {
        by_value(expression, scope)
    }
}

fn by_value<T: FromValue>(expression: &Expression, scope: &mut Scope<'_>) -> Result<T, EvalError> {
    let value = expression.eval(scope)?;
    T::from_value(&value, scope)
        .map_err(|error| EvalError { span: error.span.or_else(|| expression.span()), ..error })
}

/// `ToString()` of the value; null is empty.
fn shown(value: &Value, scope: &mut Scope<'_>) -> Result<Text, EvalError> {
    match value {
        Value::Null => Ok(Text::EMPTY),
        Value::Str(text) => Ok(text.clone()),
        other => {
            let mut machine = Machine::plain(scope);
            common::display(&mut machine, other).map_err(super::Fault::into_error)
        }
    }
}

fn unusable(value: &Value, scope: &mut Scope<'_>, expected: &str) -> EvalError {
    let ty = type_of(scope.heap, value);
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Ref(_) | Value::Host(_) => format!("a `{ty}`"),
        other => match shown(other, scope) {
            Ok(text) => format!("the {ty} `{text}`"),
            Err(_) => format!("a `{ty}`"),
        },
    };
    EvalError {
        kind: FaultKind::Unusable,
        message: Text::from(format!("Expected {expected}, found {found}.")),
        span: None,
    }
}

/// The value itself, or what a JSON value holds.
fn unwrapped(value: &Value, scope: &Scope<'_>) -> Value {
    match scope.heap.object(value) {
        Some(Object::Json(node)) => match &node.kind {
            super::library::json::JsonKind::Value(inner) => inner.clone(),
            super::library::json::JsonKind::NullText => Value::Null,
            _ => value.clone(),
        },
        _ => value.clone(),
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
        Value::Char(_) | Value::Enum(..) => None,
        Value::Double(number) => Some(number.get()),
        Value::Float(number) => Some(f64::from(number.get())),
        Value::Decimal(number) => number.get().to_f64(),
        other => integer(other)?.to_f64(),
    }
}

/// The whole number in a value, not negative.
fn natural(value: &Value) -> Option<u64> {
    match value {
        Value::Str(text) => text.trim().parse().ok(),
        Value::Char(_) => None,
        other => u64::try_from(integer(other)?).ok(),
    }
}

impl FromValue for Text {
    /// Everything has a text but objects of the gateway; null is empty.
    fn from_value(value: &Value, scope: &mut Scope<'_>) -> Result<Self, EvalError> {
        match value {
            Value::Host(_) => Err(unusable(value, scope, "a string")),
            Value::Ref(_)
                if matches!(
                    scope.heap.object(value),
                    Some(Object::Array { .. } | Object::Closure { .. })
                ) =>
            {
                Err(unusable(value, scope, "a string"))
            }
            value => shown(value, scope),
        }
    }

    #[inline]
    fn from_expression(expression: &Expression, scope: &mut Scope<'_>) -> Result<Self, EvalError> {
        match expression.eval_text(scope) {
            Some(text) => Ok(text),
            None => by_value(expression, scope),
        }
    }
}

impl FromValue for bool {
    /// A bool, or a string that says `true` or `false`.
    fn from_value(value: &Value, scope: &mut Scope<'_>) -> Result<Self, EvalError> {
        match unwrapped(value, scope) {
            Value::Bool(value) => Ok(value),
            Value::Str(text) if text.trim().eq_ignore_ascii_case("true") => Ok(true),
            Value::Str(text) if text.trim().eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(unusable(value, scope, "true or false")),
        }
    }

    #[inline]
    fn from_expression(expression: &Expression, scope: &mut Scope<'_>) -> Result<Self, EvalError> {
        expression.eval_bool(scope)
    }
}

impl FromValue for u32 {
    /// A whole number, or a string that spells one.
    fn from_value(value: &Value, scope: &mut Scope<'_>) -> Result<Self, EvalError> {
        natural(&unwrapped(value, scope))
            .and_then(|n| Self::try_from(n).ok())
            .ok_or_else(|| unusable(value, scope, "a whole number"))
    }
}

impl FromValue for i64 {
    /// A whole number, or a string that spells one.
    fn from_value(value: &Value, scope: &mut Scope<'_>) -> Result<Self, EvalError> {
        let found = match unwrapped(value, scope) {
            Value::Str(text) => text.trim().parse().ok(),
            Value::Char(_) => None,
            other => integer(&other).and_then(|n| Self::try_from(n).ok()),
        };
        found.ok_or_else(|| unusable(value, scope, "a whole number"))
    }
}

impl FromValue for Duration {
    /// A number of seconds, not negative, or a string that spells one.
    fn from_value(value: &Value, scope: &mut Scope<'_>) -> Result<Self, EvalError> {
        let plain = unwrapped(value, scope);
        if let Some(seconds) = natural(&plain) {
            return Ok(Self::from_secs(seconds));
        }
        match number(&plain) {
            Some(seconds) if seconds >= 0.0 => Ok(Self::from_nanos(nanos(seconds))),
            _ => Err(unusable(value, scope, "a number of seconds")),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and saturates")]
fn nanos(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

impl FromValue for StatusCode {
    /// A whole number in 100..=599, or a string that spells one.
    fn from_value(value: &Value, scope: &mut Scope<'_>) -> Result<Self, EvalError> {
        let code = natural(&unwrapped(value, scope)).and_then(|n| u16::try_from(n).ok()).and_then(Self::new);
        code.ok_or_else(|| unusable(value, scope, "a status code from 100 to 599"))
    }
}
