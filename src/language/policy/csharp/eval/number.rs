//! Arithmetic, comparison and conversion of the built-in number types, `char` and enumerations.
//!
//! Rules: operands of arithmetic have been promoted to one type; where they have not (values whose type is
//! known at run time only), they are promoted here in the same way. Out-of-range conversions from
//! floating point saturate, as in .NET 9.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::super::bind::relations::integer;
use super::super::classes::{Class, Kind};
use super::super::fault::Fault;
use super::super::library::numbers::divide;
use super::super::syntax::{BinaryOp, UnaryOp};
use super::super::value::{DoubleBits, FloatBits, Value};

/// `OverflowException` of arithmetic.
#[cold]
pub(in crate::policy::csharp) fn overflow() -> Fault {
    Fault::new(Class::OverflowException, "Arithmetic operation resulted in an overflow.")
}

#[cold]
fn decimal_overflow() -> Fault {
    Fault::new(Class::OverflowException, "Value was either too large or too small for a Decimal.")
}

#[cold]
fn division_by_zero() -> Fault {
    Fault::new(Class::DivideByZeroException, "Attempted to divide by zero.")
}

/// The class of a number, `char` or enumeration value.
pub(in crate::policy::csharp) const fn class_of(value: &Value) -> Option<Class> {
    Some(match value {
        Value::Char(_) => Class::Char,
        Value::SByte(_) => Class::SByte,
        Value::Byte(_) => Class::Byte,
        Value::Short(_) => Class::Short,
        Value::UShort(_) => Class::UShort,
        Value::Int(_) => Class::Int,
        Value::UInt(_) => Class::UInt,
        Value::Long(_) => Class::Long,
        Value::ULong(_) => Class::ULong,
        Value::Float(_) => Class::Float,
        Value::Double(_) => Class::Double,
        Value::Decimal(_) => Class::Decimal,
        Value::Enum(class, _) => *class,
        _ => return None,
    })
}

/// Binary numeric promotion (C# 7.3, 12.4.7.3); `None`: no operator takes both.
pub(in crate::policy::csharp) fn promoted(a: Class, b: Class) -> Option<Class> {
    use super::super::bind::relations::is_number;
    use Class::{Char, Decimal, Double, Float, Int, Long, UInt, ULong};
    let known = |class| is_number(class) || class == Char;
    if !known(a) || !known(b) {
        return None;
    }
    let either = |class| a == class || b == class;
    let signed = |class| matches!(class, Class::SByte | Class::Short | Int | Long);
    Some(if either(Decimal) {
        if either(Double) || either(Float) {
            return None;
        }
        Decimal
    } else if either(Double) {
        Double
    } else if either(Float) {
        Float
    } else if either(ULong) {
        if signed(a) || signed(b) {
            return None;
        }
        ULong
    } else if either(Long) {
        Long
    } else if either(UInt) {
        if signed(a) || signed(b) { Long } else { UInt }
    } else {
        Int
    })
}

macro_rules! whole {
    ($op:expr, $checked:expr, $a:expr, $b:expr, $variant:ident, $ty:ty) => {{
        let (a, b): ($ty, $ty) = ($a, $b);
        let value = match ($op, $checked) {
            (BinaryOp::Add, true) => a.checked_add(b).ok_or_else(overflow)?,
            (BinaryOp::Add, false) => a.wrapping_add(b),
            (BinaryOp::Subtract, true) => a.checked_sub(b).ok_or_else(overflow)?,
            (BinaryOp::Subtract, false) => a.wrapping_sub(b),
            (BinaryOp::Multiply, true) => a.checked_mul(b).ok_or_else(overflow)?,
            (BinaryOp::Multiply, false) => a.wrapping_mul(b),
            (BinaryOp::Divide, _) if b == 0 => return Err(division_by_zero()),
            (BinaryOp::Remainder, _) if b == 0 => return Err(division_by_zero()),
            (BinaryOp::Divide, _) => a.checked_div(b).ok_or_else(overflow)?,
            (BinaryOp::Remainder, _) => a.checked_rem(b).ok_or_else(overflow)?,
            (BinaryOp::BitAnd, _) => a & b,
            (BinaryOp::BitOr, _) => a | b,
            (BinaryOp::BitXor, _) => a ^ b,
            _ => return Err(unknown_operator()),
        };
        Ok(Value::$variant(value))
    }};
}

#[cold]
fn unknown_operator() -> Fault {
    Fault::unsupported("this operator on these values")
}

fn real(op: BinaryOp, a: f64, b: f64) -> Result<f64, Fault> {
    Ok(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide => a / b,
        BinaryOp::Remainder => a % b,
        _ => return Err(unknown_operator()),
    })
}

fn single(op: BinaryOp, a: f32, b: f32) -> Result<f32, Fault> {
    Ok(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide => a / b,
        BinaryOp::Remainder => a % b,
        _ => return Err(unknown_operator()),
    })
}

fn decimal(op: BinaryOp, a: Decimal, b: Decimal) -> Result<Decimal, Fault> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::Divide | BinaryOp::Remainder if b.is_zero() => return Err(division_by_zero()),
        BinaryOp::Divide => divide(a, b),
        BinaryOp::Remainder => a.checked_rem(b),
        _ => return Err(unknown_operator()),
    };
    result.ok_or_else(decimal_overflow)
}

/// `a op b`; null with anything is null.
pub(in crate::policy::csharp) fn arithmetic(
    op: BinaryOp,
    checked: bool,
    a: &Value,
    b: &Value,
) -> Result<Value, Fault> {
    if matches!(op, BinaryOp::ShiftLeft | BinaryOp::ShiftRight) {
        return shift(op, a, b);
    }
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => whole!(op, checked, *a, *b, Int, i32),
        (Value::Long(a), Value::Long(b)) => whole!(op, checked, *a, *b, Long, i64),
        (Value::UInt(a), Value::UInt(b)) => whole!(op, checked, *a, *b, UInt, u32),
        (Value::ULong(a), Value::ULong(b)) => whole!(op, checked, *a, *b, ULong, u64),
        (Value::Double(a), Value::Double(b)) => Ok(Value::from(real(op, a.get(), b.get())?)),
        (Value::Float(a), Value::Float(b)) => Ok(Value::Float(FloatBits::new(single(op, a.get(), b.get())?))),
        (Value::Decimal(a), Value::Decimal(b)) => Ok(Value::from(decimal(op, a.get(), b.get())?)),
        (Value::Bool(a), Value::Bool(b)) => Ok(Value::Bool(match op {
            BinaryOp::BitAnd => a & b,
            BinaryOp::BitOr => a | b,
            BinaryOp::BitXor => a ^ b,
            _ => return Err(unknown_operator()),
        })),
        // `bool?`: false and null is false, true or null is true.
        (Value::Null, Value::Bool(known)) | (Value::Bool(known), Value::Null) => Ok(match (op, known) {
            (BinaryOp::BitAnd, false) => Value::Bool(false),
            (BinaryOp::BitOr, true) => Value::Bool(true),
            _ => Value::Null,
        }),
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Enum(class, a), Value::Enum(_, b)) => {
            let value = arithmetic(op, checked, &Value::Int(*a), &Value::Int(*b))?;
            Ok(if op == BinaryOp::Subtract { value } else { enumeration(*class, value) })
        }
        (Value::Enum(class, a), Value::Int(b)) => {
            Ok(enumeration(*class, arithmetic(op, checked, &Value::Int(*a), &Value::Int(*b))?))
        }
        (Value::Int(a), Value::Enum(class, b)) => {
            Ok(enumeration(*class, arithmetic(op, checked, &Value::Int(*a), &Value::Int(*b))?))
        }
        _ => {
            let common = class_of(a).zip(class_of(b)).and_then(|(a, b)| promoted(a, b));
            let common = common.ok_or_else(unknown_operator)?;
            arithmetic(op, checked, &convert(a, common, false)?, &convert(b, common, false)?)
        }
    }
}

fn enumeration(class: Class, value: Value) -> Value {
    match value {
        Value::Int(number) => Value::Enum(class, number),
        other => other,
    }
}

fn shift(op: BinaryOp, a: &Value, b: &Value) -> Result<Value, Fault> {
    let count = match b {
        Value::Null => return Ok(Value::Null),
        other => integer(other).ok_or_else(unknown_operator)?,
    };
    let by = u32::try_from(count & 63).unwrap_or(0);
    let left = op == BinaryOp::ShiftLeft;
    Ok(match a {
        Value::Null => Value::Null,
        Value::Int(n) => Value::Int(if left { n.wrapping_shl(by) } else { n.wrapping_shr(by) }),
        Value::UInt(n) => Value::UInt(if left { n.wrapping_shl(by) } else { n.wrapping_shr(by) }),
        Value::Long(n) => Value::Long(if left { n.wrapping_shl(by) } else { n.wrapping_shr(by) }),
        Value::ULong(n) => Value::ULong(if left { n.wrapping_shl(by) } else { n.wrapping_shr(by) }),
        other => return shift(op, &convert(other, Class::Int, false)?, b),
    })
}

/// `op a`; null stays null.
pub(in crate::policy::csharp) fn unary(op: UnaryOp, checked: bool, value: &Value) -> Result<Value, Fault> {
    Ok(match (op, value) {
        (_, Value::Null) => Value::Null,
        (UnaryOp::Not, Value::Bool(value)) => Value::Bool(!value),
        (UnaryOp::Plus, value) if class_of(value).is_some() => promote_one(value)?,
        (UnaryOp::Minus, Value::Int(n)) if checked => Value::Int(n.checked_neg().ok_or_else(overflow)?),
        (UnaryOp::Minus, Value::Int(n)) => Value::Int(n.wrapping_neg()),
        (UnaryOp::Minus, Value::Long(n)) if checked => Value::Long(n.checked_neg().ok_or_else(overflow)?),
        (UnaryOp::Minus, Value::Long(n)) => Value::Long(n.wrapping_neg()),
        (UnaryOp::Minus, Value::UInt(n)) => Value::Long(i64::from(*n).wrapping_neg()),
        (UnaryOp::Minus, Value::Double(n)) => Value::from(-n.get()),
        (UnaryOp::Minus, Value::Float(n)) => Value::Float(FloatBits::new(-n.get())),
        (UnaryOp::Minus, Value::Decimal(n)) => {
            Value::from(Decimal::ZERO.checked_sub(n.get()).ok_or_else(decimal_overflow)?)
        }
        (UnaryOp::Complement, Value::Int(n)) => Value::Int(!n),
        (UnaryOp::Complement, Value::UInt(n)) => Value::UInt(!n),
        (UnaryOp::Complement, Value::Long(n)) => Value::Long(!n),
        (UnaryOp::Complement, Value::ULong(n)) => Value::ULong(!n),
        (UnaryOp::Complement, Value::Enum(class, n)) => Value::Enum(*class, !n),
        (
            UnaryOp::Minus | UnaryOp::Complement,
            Value::SByte(_) | Value::Byte(_) | Value::Short(_) | Value::UShort(_) | Value::Char(_),
        ) => unary(op, checked, &promote_one(value)?)?,
        _ => return Err(unknown_operator()),
    })
}

fn promote_one(value: &Value) -> Result<Value, Fault> {
    match value {
        Value::SByte(_) | Value::Byte(_) | Value::Short(_) | Value::UShort(_) | Value::Char(_) => {
            convert(value, Class::Int, false)
        }
        other => Ok(other.clone()),
    }
}

/// How two numbers, chars or enumeration members are ordered; `None` with NaN, null or other values.
pub(in crate::policy::csharp) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Long(a), Value::Long(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.get().partial_cmp(&b.get()),
        (Value::Float(a), Value::Float(b)) => a.get().partial_cmp(&b.get()),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.get().cmp(&b.get())),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.ticks.cmp(&b.ticks)),
        (Value::TimeSpan(a), Value::TimeSpan(b)) => Some(a.cmp(b)),
        (Value::Guid(a), Value::Guid(b)) => Some(a.cmp(b)),
        _ => {
            if let (Some(a), Some(b)) = (integer(a), integer(b)) {
                return Some(a.cmp(&b));
            }
            let common = promoted(class_of(a)?, class_of(b)?)?;
            order(&convert(a, common, false).ok()?, &convert(b, common, false).ok()?)
        }
    }
}

/// `a == b` of built-in types; null equals null.
pub(in crate::policy::csharp) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Null, Value::Null) => true,
        (Value::Null, _) | (_, Value::Null) => false,
        _ => match (class_of(a), class_of(b)) {
            (Some(_), Some(_)) => order(a, b) == Some(Ordering::Equal),
            _ => match order(a, b) {
                Some(found) => found == Ordering::Equal,
                None => a == b,
            },
        },
    }
}

fn as_f64(value: &Value) -> Option<f64> {
    Some(match value {
        Value::Double(n) => n.get(),
        Value::Float(n) => f64::from(n.get()),
        Value::Decimal(n) => n.get().to_f64()?,
        Value::ULong(n) => *n as f64,
        Value::Long(n) => *n as f64,
        other => integer(other)?.to_f64()?,
    })
}

/// The number as `class` (a number type or `char`).
pub(in crate::policy::csharp) fn convert(value: &Value, class: Class, checked: bool) -> Result<Value, Fault> {
    let from = class_of(value);
    if from == Some(class) || matches!(value, Value::Null) {
        return Ok(value.clone());
    }
    if from.is_none() {
        return Err(unknown_operator());
    }
    match class {
        Class::Double => return Ok(Value::Double(DoubleBits::new(as_f64(value).ok_or_else(overflow)?))),
        Class::Float => {
            #[expect(clippy::cast_possible_truncation, reason = "rounds to the nearest float, as C# does")]
            let number = match integer(value) {
                Some(whole) => whole as f32,
                None => as_f64(value).ok_or_else(overflow)? as f32,
            };
            return Ok(Value::Float(FloatBits::new(number)));
        }
        Class::Decimal => {
            let number = match value {
                Value::Double(n) => Decimal::from_f64(n.get()),
                Value::Float(n) => Decimal::from_f32(n.get()),
                other => integer(other).and_then(Decimal::from_i128),
            };
            return Ok(Value::from(number.ok_or_else(decimal_overflow)?));
        }
        _ => {}
    }
    let number = match value {
        Value::Double(_) | Value::Float(_) => {
            let number = as_f64(value).unwrap_or(f64::NAN);
            return float_to_whole(number, class, checked);
        }
        Value::Decimal(n) => {
            let whole = n.get().trunc().to_i128().ok_or_else(decimal_overflow)?;
            return match exact(whole, class) {
                Some(value) => Ok(value),
                None => Err(whole_overflow(class)),
            };
        }
        other => integer(other).ok_or_else(unknown_operator)?,
    };
    match exact(number, class) {
        Some(value) => Ok(value),
        None if checked => Err(overflow()),
        None => Ok(wrapped(number, class)),
    }
}

#[cold]
fn whole_overflow(class: Class) -> Fault {
    let name = match class {
        Class::SByte => "a signed byte",
        Class::Byte => "an unsigned byte",
        Class::Short => "an Int16",
        Class::UShort => "a UInt16",
        Class::UInt => "a UInt32",
        Class::Long => "an Int64",
        Class::ULong => "a UInt64",
        Class::Char => "a character",
        _ => "an Int32",
    };
    Fault::new(Class::OverflowException, format!("Value was either too large or too small for {name}."))
}

fn float_to_whole(number: f64, class: Class, checked: bool) -> Result<Value, Fault> {
    let whole = number.trunc().to_i128().filter(|_| number.is_finite());
    if let Some(value) = whole.and_then(|whole| exact(whole, class)) {
        return Ok(value);
    }
    if checked {
        return Err(overflow());
    }
    // Out of range the nearest value is taken; types smaller than `int` then keep its low bits.
    let clamped = |low: i128, high: i128| match whole {
        Some(whole) => whole.clamp(low, high),
        None if number.is_nan() => 0,
        None if number < 0.0 => low,
        None => high,
    };
    Ok(match class {
        Class::Long => wrapped(clamped(i128::from(i64::MIN), i128::from(i64::MAX)), class),
        Class::UInt => wrapped(clamped(0, i128::from(u32::MAX)), class),
        Class::ULong => wrapped(clamped(0, i128::from(u64::MAX)), class),
        _ => wrapped(clamped(i128::from(i32::MIN), i128::from(i32::MAX)), class),
    })
}

fn exact(number: i128, class: Class) -> Option<Value> {
    Some(match class {
        Class::SByte => Value::SByte(i8::try_from(number).ok()?),
        Class::Byte => Value::Byte(u8::try_from(number).ok()?),
        Class::Short => Value::Short(i16::try_from(number).ok()?),
        Class::UShort => Value::UShort(u16::try_from(number).ok()?),
        Class::Char => Value::Char(u16::try_from(number).ok()?),
        Class::Int => Value::Int(i32::try_from(number).ok()?),
        Class::UInt => Value::UInt(u32::try_from(number).ok()?),
        Class::Long => Value::Long(i64::try_from(number).ok()?),
        Class::ULong => Value::ULong(u64::try_from(number).ok()?),
        class if class.kind() == Kind::Enum => Value::Enum(class, i32::try_from(number).ok()?),
        _ => return None,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an unchecked conversion keeps the low bits"
)]
fn wrapped(number: i128, class: Class) -> Value {
    match class {
        Class::SByte => Value::SByte(number as i8),
        Class::Byte => Value::Byte(number as u8),
        Class::Short => Value::Short(number as i16),
        Class::UShort => Value::UShort(number as u16),
        Class::Char => Value::Char(number as u16),
        Class::UInt => Value::UInt(number as u32),
        Class::Long => Value::Long(number as i64),
        Class::ULong => Value::ULong(number as u64),
        class if class.kind() == Kind::Enum => Value::Enum(class, number as i32),
        _ => Value::Int(number as i32),
    }
}

/// A number as a member of an enumeration.
pub(in crate::policy::csharp) fn to_enum(value: &Value, class: Class) -> Result<Value, Fault> {
    match value {
        Value::Null => Ok(Value::Null),
        Value::Enum(_, number) => Ok(Value::Enum(class, *number)),
        other => match convert(other, Class::Int, false)? {
            Value::Int(number) => Ok(Value::Enum(class, number)),
            other => Ok(other),
        },
    }
}
