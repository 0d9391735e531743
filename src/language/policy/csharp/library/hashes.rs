//! `GetHashCode`.
//!
//! Rules: the algorithms of .NET 8 for numbers, dates and identifiers. Strings: see `expr.string_hash`.
//! Objects are numbered by their place in the heap, which .NET does not promise either.

use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::value::{TimeSpan, Value};
use super::dates;
use crate::semantics::StringHash;

/// `x.GetHashCode()`
pub(super) fn run_hash(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    hash(machine, call.get(0)).map(Value::Int)
}

/// The hash code of a value.
pub fn hash(machine: &mut Machine<'_, '_>, value: &Value) -> Result<i32, Fault> {
    Ok(match value {
        Value::Null => 0,
        Value::Bool(v) => i32::from(*v),
        Value::Char(v) => i32::from(*v) | i32::from(*v).wrapping_shl(16),
        Value::SByte(v) => i32::from(*v),
        Value::Byte(v) => i32::from(*v),
        Value::Short(v) => i32::from(*v),
        Value::UShort(v) => i32::from(*v),
        Value::Int(v) | Value::Enum(_, v) => *v,
        Value::UInt(v) => v.cast_signed(),
        Value::Long(v) | Value::TimeSpan(TimeSpan(v)) => fold(v.cast_unsigned()),
        Value::ULong(v) => fold(*v),
        Value::Float(v) => {
            let v = v.get();
            let bits = v.to_bits();
            (if v.is_nan() || v == 0.0 { bits & f32::INFINITY.to_bits() } else { bits }).cast_signed()
        }
        Value::Double(v) => {
            let v = v.get();
            let bits = v.to_bits();
            fold(if v.is_nan() || v == 0.0 { bits & f64::INFINITY.to_bits() } else { bits })
        }
        Value::Decimal(v) => decimal(v.get()),
        Value::Str(text) => {
            machine.spend(text.len() as u64)?;
            match machine.scope.semantics.expr_string_hash {
                StringHash::Stable => stable(text),
                StringHash::Framework => framework(text),
            }
        }
        Value::DateTime(date) => fold(date.ticks.cast_unsigned()),
        Value::DateTimeOffset(date) => fold(dates::utc_ticks(*date).cast_unsigned()),
        Value::Guid(guid) => identifier(*guid),
        Value::Type(class) => stable(class.name()),
        Value::Host(host) => stable(super::super::eval::host_class(*host).name()),
        Value::Ref(at) => return object(machine, value, at.0),
    })
}

fn object(machine: &mut Machine<'_, '_>, value: &Value, place: u32) -> Result<i32, Fault> {
    let parts = match machine.object(value) {
        Some(Object::Tuple { items, .. }) => items.clone(),
        Some(Object::Anonymous { values, .. }) => values.clone(),
        Some(Object::Pair { entry, .. }) => vec![entry.0.clone(), entry.1.clone()],
        Some(Object::Uri(text)) => vec![Value::Str(text.clone())],
        Some(Object::Record { fields, .. }) if !fields.is_empty() => fields.clone(),
        _ => return Ok(place.wrapping_mul(0x9e37_79b1).cast_signed()),
    };
    let mut sum = 17_i32;
    for part in &parts {
        // Parts of parts count by place only, so that cycles end.
        let own = match part {
            Value::Ref(at) => at.0.cast_signed(),
            plain => hash(machine, plain)?,
        };
        sum = sum.wrapping_mul(31).wrapping_add(own);
    }
    Ok(sum)
}

fn fold(bits: u64) -> i32 {
    let low = u32::try_from(bits & 0xffff_ffff).unwrap_or(0);
    let high = u32::try_from(bits >> 32).unwrap_or(0);
    (low ^ high).cast_signed()
}

fn decimal(value: rust_decimal::Decimal) -> i32 {
    if value.is_zero() {
        return 0;
    }
    let normal = value.normalize();
    let parts = normal.unpack();
    let flags = normal.scale().wrapping_shl(16) | if normal.is_sign_negative() { 1 << 31 } else { 0 };
    (flags ^ parts.hi ^ parts.mid ^ parts.lo).cast_signed()
}

/// `Guid.GetHashCode` of .NET: the four words as they lie in memory, folded.
fn identifier(guid: u128) -> i32 {
    let bytes = super::guid::to_bytes(guid);
    let words = bytes
        .chunks_exact(4)
        .map(|word| word.iter().rev().fold(0_u32, |sum, byte| sum.wrapping_shl(8) | u32::from(*byte)));
    words.fold(0, |sum, word| sum ^ word).cast_signed()
}

/// A hash that is the same in every run.
fn stable(text: &str) -> i32 {
    fold(xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), 0x706f_6f6c_7072_6f66))
}

/// `string.GetHashCode` of the 64-bit .NET Framework without randomised hashing.
fn framework(text: &str) -> i32 {
    let mut one = 5381_i32;
    let mut two = one;
    let units: Vec<u16> = text.encode_utf16().collect();
    for pair in units.chunks(2) {
        let mut pair = pair.iter().map(|unit| i32::from(*unit));
        // The original walks over a text that ends with a zero and stops at zeros.
        let Some(first) = pair.next().filter(|unit| *unit != 0) else { break };
        one = one.wrapping_shl(5).wrapping_add(one) ^ first;
        let Some(second) = pair.next().filter(|unit| *unit != 0) else { break };
        two = two.wrapping_shl(5).wrapping_add(two) ^ second;
    }
    one.wrapping_add(two.wrapping_mul(1_566_083_941))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known values of the deterministic algorithm; the empty string's is 371857150 on 64 bits.
    #[test]
    fn framework_hashes_are_the_known_ones() {
        assert_eq!(framework(""), 371_857_150);
        assert_eq!(framework("a"), 372_029_373);
        assert_eq!(framework("abc"), 1_099_313_834);
    }

    /// Words of the identifier in memory, by hand: 0x33221100 ^ 0x77665544 ^ 0xbbaa9988 ^ 0xffeeddcc.
    #[test]
    fn identifiers_fold_their_words() {
        let guid = 0x3322_1100_5544_7766_8899_aabb_ccdd_eeff_u128;
        assert_eq!(
            identifier(guid),
            (0x3322_1100_u32 ^ 0x7766_5544 ^ 0xbbaa_9988 ^ 0xffee_ddcc).cast_signed()
        );
    }
}
