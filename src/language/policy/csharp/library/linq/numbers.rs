//! `Sum`, `Average`, `Min` and `Max`.

use rust_decimal::Decimal;

use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::{FloatBits, Value};
use super::super::collections::order;
use super::super::take;
use super::{Class, Type, function, map, sequence_error, source};

/// Kinds of numbers that have overloads of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Int,
    Long,
    Float,
    Double,
    Decimal,
}

/// The elements, or what the selector of argument 1 makes of them.
fn values(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Vec<Value>, Fault> {
    let items = source(machine, call)?;
    if call.arguments.len() < 2 {
        return Ok(items);
    }
    let selector = function(call, 1, "selector")?;
    items.iter().map(|item| map(machine, selector, item)).collect()
}

#[cold]
fn overflow() -> Fault {
    Fault::new(Class::OverflowException, "Arithmetic operation resulted in an overflow.")
}

fn decimal(value: &Value) -> Decimal {
    match value {
        Value::Decimal(number) => number.get(),
        other => take::integer(other)
            .and_then(|n| Decimal::try_from_i128_with_scale(n, 0).ok())
            .unwrap_or_default(),
    }
}

/// `Sum`: nulls count nothing.
pub(super) fn sum(machine: &mut Machine<'_, '_>, call: &Call<'_>, number: Number) -> Result<Value, Fault> {
    let values = values(machine, call)?;
    machine.spend(values.len() as u64)?;
    let values = values.iter().filter(|value| **value != Value::Null);
    match number {
        Number::Int => {
            let mut sum = 0_i32;
            for value in values {
                let value = take::integer(value).and_then(|n| i32::try_from(n).ok());
                sum = value.and_then(|n| sum.checked_add(n)).ok_or_else(overflow)?;
            }
            Ok(Value::Int(sum))
        }
        Number::Long => {
            let mut sum = 0_i64;
            for value in values {
                let value = take::integer(value).and_then(|n| i64::try_from(n).ok());
                sum = value.and_then(|n| sum.checked_add(n)).ok_or_else(overflow)?;
            }
            Ok(Value::Long(sum))
        }
        Number::Float => Ok(float(total(values))),
        Number::Double => Ok(Value::from(total(values))),
        Number::Decimal => {
            let mut sum = Decimal::ZERO;
            for value in values {
                sum = sum.checked_add(decimal(value)).ok_or_else(|| {
                    Fault::new(
                        Class::OverflowException,
                        "Value was either too large or too small for a Decimal.",
                    )
                })?;
            }
            Ok(Value::from(sum))
        }
    }
}

fn total<'a>(values: impl Iterator<Item = &'a Value>) -> f64 {
    values.filter_map(take::double).fold(0.0, |sum, value| sum + value)
}

#[expect(clippy::cast_possible_truncation, reason = "sums of floats are taken in double and rounded once")]
fn float(number: f64) -> Value {
    Value::Float(FloatBits::new(number as f32))
}

/// `Average`: nulls do not count; nothing to count is null for nullable numbers, else an exception.
pub(super) fn average(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    number: Number,
    nullable: bool,
) -> Result<Value, Fault> {
    let values = values(machine, call)?;
    machine.spend(values.len() as u64)?;
    let values: Vec<Value> = values.into_iter().filter(|value| *value != Value::Null).collect();
    if values.is_empty() {
        return if nullable { Ok(Value::Null) } else { Err(sequence_error("no elements")) };
    }
    let count = values.len() as f64;
    match number {
        Number::Int | Number::Long => {
            let mut sum = 0_i64;
            for value in &values {
                let value = take::integer(value).and_then(|n| i64::try_from(n).ok());
                sum = value.and_then(|n| sum.checked_add(n)).ok_or_else(overflow)?;
            }
            Ok(Value::from(sum as f64 / count))
        }
        Number::Float => Ok(float(total(values.iter()) / count)),
        Number::Double => Ok(Value::from(total(values.iter()) / count)),
        Number::Decimal => {
            let mut sum = Decimal::ZERO;
            for value in &values {
                sum = sum.checked_add(decimal(value)).ok_or_else(overflow)?;
            }
            let count = Decimal::from(values.len());
            let mean = sum.checked_div(count).ok_or_else(overflow)?;
            // An exact quotient has no more digits than it needs.
            let mut shortest = mean.normalize();
            if shortest.scale() < sum.scale() {
                shortest.rescale(sum.scale());
            }
            Ok(Value::from(shortest))
        }
    }
}

/// `Min` and `Max` of anything that has an order; nulls are passed over. The type argument `ty` is that of
/// the result: nothing to choose from is null if it takes null.
pub(super) fn extreme(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    largest: bool,
    ty: &Type,
) -> Result<Value, Fault> {
    let values = values(machine, call)?;
    let mut best: Option<Value> = None;
    let is_nan =
        |value: &Value| take::integer(value).is_none() && take::double(value).is_some_and(f64::is_nan);
    for value in values {
        machine.spend(1)?;
        if value == Value::Null {
            continue;
        }
        let better = match &best {
            None => true,
            // NaN is the smallest number here.
            Some(best) if is_nan(best) || is_nan(&value) => {
                is_nan(&value) != largest && !is_nan(best) || (largest && is_nan(best))
            }
            Some(best) => {
                let order = order(machine, &value, best)?;
                if largest { order.is_gt() } else { order.is_lt() }
            }
        };
        if better {
            best = Some(value);
        }
    }
    match best {
        Some(best) => Ok(best),
        None if ty.takes_null() && *ty != Type::Unknown => Ok(Value::Null),
        None => Err(sequence_error("no elements")),
    }
}
