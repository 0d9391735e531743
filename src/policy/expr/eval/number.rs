//! Numbers: arithmetic that wraps as C# does by default, and conversions that throw as .NET does.

use super::super::Value;
use super::super::convert;
use super::super::ir::{Arithmetic, DoubleOp, IntOp, LongOp, Node, Op};
use super::super::types::Type;
use super::{Env, Fault, fault, text};
use crate::diagnostics::Span;

impl<'e> Env<'e> {
    /// An int.
    pub(super) fn int(&self, node: &'e Node) -> Result<i32, Fault> {
        let span = node.span;
        match &node.op {
            Op::Constant(Value::Int(value)) => Ok(*value),
            Op::Int(op) => match op {
                IntOp::Status => Ok(i32::from(self.response(span)?.status.get())),
                IntOp::Arithmetic(op, a, b) => int_arithmetic(*op, self.int(a)?, self.int(b)?, span),
                IntOp::Negate(a) => Ok(self.int(a)?.wrapping_neg()),
                IntOp::FromChar(a) => self.with(a, |value| match convert::whole(value) {
                    Some(code) => Ok(low_bits(code)),
                    None => Err(fault::invalid_cast(value, Type::CHAR, span)),
                })?,
                IntOp::FromLong(a) => Ok(low_bits(self.long(a)?)),
                IntOp::FromDouble(a) => Ok(i32::try_from(cut(self.double(a)?)).unwrap_or(i32::MIN)),
                IntOp::Parse(a) => {
                    let text = self.text(a)?.ok_or_else(|| fault::null_argument(span))?;
                    parse_int(text.as_str(), span)
                }
                IntOp::Convert(a) => self.with(a, |value| to_int(value, span))?,
                IntOp::Length(a) => {
                    let text = self.text(a)?.ok_or_else(|| fault::null_reference(span))?;
                    Ok(text::utf16_length(text.as_str()))
                }
                IntOp::Count(a) => self.with(a, |value| match value {
                    Value::Strings(values) => Ok(i32::try_from(values.len()).unwrap_or(i32::MAX)),
                    _ => Err(fault::null_reference(span)),
                })?,
                IntOp::IndexOf(a, b, ignore_case) => {
                    let text = self.text(a)?.ok_or_else(|| fault::null_reference(span))?;
                    let part = self.text(b)?.ok_or_else(|| fault::null_argument(span))?;
                    Ok(text::index_of(text.as_str(), part.as_str(), *ignore_case))
                }
            },
            _ => self.with(node, |value| match value {
                Value::Int(value) => Ok(*value),
                Value::Null => Err(fault::null_reference(span)),
                other => Err(fault::invalid_cast(other, Type::INT, span)),
            })?,
        }
    }

    /// A long.
    pub(super) fn long(&self, node: &'e Node) -> Result<i64, Fault> {
        let span = node.span;
        match &node.op {
            Op::Constant(Value::Long(value)) => Ok(*value),
            Op::Long(op) => match op {
                LongOp::FromInt(a) => Ok(i64::from(self.int(a)?)),
                LongOp::FromDouble(a) => Ok(i64::try_from(cut(self.double(a)?)).unwrap_or(i64::MIN)),
                LongOp::Arithmetic(op, a, b) => long_arithmetic(*op, self.long(a)?, self.long(b)?, span),
                LongOp::Negate(a) => Ok(self.long(a)?.wrapping_neg()),
                LongOp::Parse(a) => {
                    let text = self.text(a)?.ok_or_else(|| fault::null_argument(span))?;
                    let number = parse_whole(text.as_str(), span)?;
                    i64::try_from(number).map_err(|_| fault::too_large(Type::LONG, span))
                }
            },
            _ => self.with(node, |value| match value {
                Value::Long(value) => Ok(*value),
                Value::Null => Err(fault::null_reference(span)),
                other => Err(fault::invalid_cast(other, Type::LONG, span)),
            })?,
        }
    }

    /// A double.
    pub(super) fn double(&self, node: &'e Node) -> Result<f64, Fault> {
        let span = node.span;
        match &node.op {
            Op::Constant(Value::Double(value)) => Ok(value.get()),
            Op::Double(op) => match op {
                DoubleOp::FromInt(a) => Ok(f64::from(self.int(a)?)),
                DoubleOp::FromLong(a) => Ok(self.long(a)? as f64),
                DoubleOp::Arithmetic(op, a, b) => Ok(real_arithmetic(*op, self.double(a)?, self.double(b)?)),
                DoubleOp::Negate(a) => Ok(-self.double(a)?),
                DoubleOp::ElapsedSeconds => Ok(self.scope.now.since(self.scope.started).as_secs_f64()),
                DoubleOp::ElapsedMilliseconds => Ok(self.scope.now.since(self.scope.started).as_millis_f64()),
            },
            _ => self.with(node, |value| match value {
                Value::Double(value) => Ok(value.get()),
                Value::Null => Err(fault::null_reference(span)),
                other => Err(fault::invalid_cast(other, Type::DOUBLE, span)),
            })?,
        }
    }
}

fn int_arithmetic(op: Arithmetic, a: i32, b: i32, span: Span) -> Result<i32, Fault> {
    Ok(match op {
        Arithmetic::Add => a.wrapping_add(b),
        Arithmetic::Subtract => a.wrapping_sub(b),
        Arithmetic::Multiply => a.wrapping_mul(b),
        Arithmetic::Min => a.min(b),
        Arithmetic::Max => a.max(b),
        Arithmetic::Divide | Arithmetic::Remainder if b == 0 => return Err(fault::divide_by_zero(span)),
        Arithmetic::Divide => a.checked_div(b).ok_or_else(|| fault::overflow(span))?,
        Arithmetic::Remainder => a.checked_rem(b).ok_or_else(|| fault::overflow(span))?,
    })
}

fn long_arithmetic(op: Arithmetic, a: i64, b: i64, span: Span) -> Result<i64, Fault> {
    Ok(match op {
        Arithmetic::Add => a.wrapping_add(b),
        Arithmetic::Subtract => a.wrapping_sub(b),
        Arithmetic::Multiply => a.wrapping_mul(b),
        Arithmetic::Min => a.min(b),
        Arithmetic::Max => a.max(b),
        Arithmetic::Divide | Arithmetic::Remainder if b == 0 => return Err(fault::divide_by_zero(span)),
        Arithmetic::Divide => a.checked_div(b).ok_or_else(|| fault::overflow(span))?,
        Arithmetic::Remainder => a.checked_rem(b).ok_or_else(|| fault::overflow(span))?,
    })
}

/// IEEE arithmetic; `Math.Min` and `Math.Max` give NaN when either operand is.
fn real_arithmetic(op: Arithmetic, a: f64, b: f64) -> f64 {
    match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::Remainder => a % b,
        Arithmetic::Min | Arithmetic::Max if a.is_nan() || b.is_nan() => f64::NAN,
        Arithmetic::Min => a.min(b),
        Arithmetic::Max => a.max(b),
    }
}

/// Digits behind the point cut off. What no long holds becomes more than any long, so that the caller's
/// range check fails; such casts give the smallest value, as x64 processors do.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and a saturated value fits no long")]
fn cut(value: f64) -> i128 {
    if value.is_nan() { i128::MAX } else { value as i128 }
}

#[expect(clippy::cast_possible_truncation, reason = "an unchecked C# cast keeps the low bits")]
const fn low_bits(value: i64) -> i32 {
    value as i32
}

/// White space, a sign, digits: what `int.Parse` takes.
fn parse_whole(text: &str, span: Span) -> Result<i128, Fault> {
    let text = text.trim_matches(['\t', '\n', '\u{b}', '\u{c}', '\r', ' ']);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(fault::bad_format(span));
    }
    let mut value: i128 = 0;
    for digit in digits.bytes() {
        value = value.saturating_mul(10).saturating_add(i128::from(digit.saturating_sub(b'0')));
    }
    Ok(if text.starts_with('-') { value.saturating_neg() } else { value })
}

fn parse_int(text: &str, span: Span) -> Result<i32, Fault> {
    i32::try_from(parse_whole(text, span)?).map_err(|_| fault::too_large(Type::INT, span))
}

/// `Convert.ToInt32`: null is 0, doubles round half to even, strings are parsed.
fn to_int(value: &Value, span: Span) -> Result<i32, Fault> {
    let too_large = || fault::too_large(Type::INT, span);
    match value {
        Value::Null => Ok(0),
        Value::Bool(value) => Ok(i32::from(*value)),
        Value::Int(value) => Ok(*value),
        Value::Long(value) => i32::try_from(*value).map_err(|_| too_large()),
        Value::Double(value) => i32::try_from(cut(value.get().round_ties_even())).map_err(|_| too_large()),
        Value::Char(c) => i32::try_from(u32::from(*c)).map_err(|_| too_large()),
        Value::Str(text) => parse_int(text, span),
        Value::Strings(_) => Err(fault::invalid_cast(value, Type::INT, span)),
    }
}

/// `Convert.ToBoolean`: null is false, numbers are true unless zero, strings must say it.
pub(super) fn to_bool(value: &Value, span: Span) -> Result<bool, Fault> {
    match value {
        Value::Null => Ok(false),
        Value::Bool(value) => Ok(*value),
        Value::Int(_) | Value::Long(_) => Ok(convert::whole(value) != Some(0)),
        Value::Double(value) => Ok(value.get().abs() > 0.0 || value.get().is_nan()),
        Value::Str(text) => convert::parse_bool(text).ok_or_else(|| fault::bad_format(span)),
        Value::Char(_) | Value::Strings(_) => Err(fault::invalid_cast(value, Type::BOOL, span)),
    }
}
