//! `System.Random`.
//!
//! Rules
//! - With a seed: the subtractive generator that .NET keeps for compatibility, number for number.
//! - Without: `Next(a, b)` is one choice of the exact range, so that a verifier can try every outcome.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::value::Value;
use super::{Table, args, call};

/// Size of the generator's table; the first place is unused.
const SIZE: usize = 56;

/// 2^53: doubles below one that `NextDouble` can give.
const DOUBLES: u64 = 1 << 53;

/// Reads a place of the state.
fn get(state: &[i32], at: usize) -> i32 {
    state.get(at).copied().unwrap_or(0)
}

fn set(state: &mut [i32], at: usize, value: i32) {
    if let Some(place) = state.get_mut(at) {
        *place = value;
    }
}

/// The state for a seed: the table, then the two places where drawing has come to.
pub fn seeded(seed: i32) -> Box<[i32]> {
    let mut state = vec![0_i32; SIZE.saturating_add(2)];
    let mut mj = 161_803_398_i32.wrapping_sub(seed.saturating_abs());
    set(&mut state, 55, mj);
    let mut mk = 1_i32;
    let mut at = 0_usize;
    for _ in 1..55 {
        at = at.saturating_add(21);
        if at >= 55 {
            at = at.saturating_sub(55);
        }
        set(&mut state, at, mk);
        mk = positive(mj.wrapping_sub(mk));
        mj = get(&state, at);
    }
    for _ in 1..5 {
        for i in 1..SIZE {
            let other = i.saturating_add(30);
            let other = if other >= 55 { other.saturating_sub(55) } else { other };
            let value = get(&state, i).wrapping_sub(get(&state, other.saturating_add(1)));
            set(&mut state, i, positive(value));
        }
    }
    set(&mut state, SIZE, 0);
    set(&mut state, SIZE.saturating_add(1), 21);
    state.into()
}

fn positive(value: i32) -> i32 {
    if value < 0 { value.wrapping_add(i32::MAX) } else { value }
}

/// The next number, from 0 to `i32::MAX - 1`.
fn sample(state: &mut [i32]) -> i32 {
    let step = |state: &mut [i32], place: usize| {
        let next = get(state, place).saturating_add(1);
        let next = if next >= 56 { 1 } else { next };
        set(state, place, next);
        usize::try_from(next).unwrap_or(1)
    };
    let one = step(state, SIZE);
    let two = step(state, SIZE.saturating_add(1));
    let mut value = get(state, one).wrapping_sub(get(state, two));
    if value == i32::MAX {
        value = value.wrapping_sub(1);
    }
    let value = positive(value);
    set(state, one, value);
    value
}

fn sample_double(state: &mut [i32]) -> f64 {
    f64::from(sample(state)) * (1.0 / f64::from(i32::MAX))
}

/// A double for ranges of more than 31 bits.
fn sample_large(state: &mut [i32]) -> f64 {
    let value = sample(state);
    let negative = sample(state) % 2 == 0;
    let value = if negative { value.wrapping_neg() } else { value };
    (f64::from(value) + f64::from(i32::MAX.wrapping_sub(1))) / (2.0 * f64::from(i32::MAX) - 1.0)
}

#[expect(clippy::cast_possible_truncation, reason = "cutting the fraction is meant")]
fn whole(value: f64) -> i64 {
    value as i64
}

fn clamp(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

/// A number from `low` up to, not including, `high`; `low` when they are equal.
fn between(machine: &mut Machine<'_, '_>, generator: &Value, low: i32, high: i32) -> i32 {
    let range = i64::from(high).saturating_sub(i64::from(low));
    if let Some(Object::Random(state)) = machine.heap().object_mut(generator) {
        let offset = if range <= i64::from(i32::MAX) {
            whole(sample_double(state) * range as f64)
        } else {
            whole(sample_large(state) * range as f64)
        };
        return clamp(i64::from(low).saturating_add(offset));
    }
    let last = u64::try_from(range.saturating_sub(1)).unwrap_or(0);
    let offset = if last == 0 { 0 } else { machine.scope.chance.between(0, last) };
    clamp(i64::from(low).saturating_add(i64::try_from(offset).unwrap_or(0)))
}

fn next(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    machine.spend(1)?;
    let generator = call.get(0);
    if call.arguments.len() < 2 {
        if let Some(Object::Random(state)) = machine.heap().object_mut(generator) {
            return Ok(Value::Int(sample(state)));
        }
        return Ok(Value::Int(between(machine, generator, 0, i32::MAX)));
    }
    let (low, high) = if call.arguments.len() > 2 {
        (args::int(call, 1), args::int(call, 2))
    } else {
        (0, args::int(call, 1))
    };
    if call.arguments.len() == 2 && high < 0 {
        return Err(args::negative(i64::from(high), "maxValue"));
    }
    if low > high {
        return Err(args::out_of_range("'minValue' cannot be greater than maxValue.", "minValue"));
    }
    Ok(Value::Int(between(machine, generator, low, high)))
}

fn next_double(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    machine.spend(1)?;
    if let Some(Object::Random(state)) = machine.heap().object_mut(call.get(0)) {
        return Ok(sample_double(state).into());
    }
    let step = machine.scope.chance.between(0, DOUBLES.saturating_sub(1));
    Ok((step as f64 / DOUBLES as f64).into())
}

fn next_bytes(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let count = match machine.object(call.get(1)) {
        Some(Object::Array { items, .. }) => items.len(),
        _ => return Err(Fault::null_argument("buffer")),
    };
    machine.spend(count as u64)?;
    let mut bytes = Vec::with_capacity(count);
    for _ in 0..count {
        let byte = match machine.heap().object_mut(call.get(0)) {
            Some(Object::Random(state)) => sample(state) & 255,
            _ => i32::try_from(machine.scope.chance.between(0, 255)).unwrap_or(0),
        };
        bytes.push(Value::Byte(u8::try_from(byte).unwrap_or(0)));
    }
    if let Some(Object::Array { items, .. }) = machine.heap().object_mut(call.get(1)) {
        *items = bytes;
    }
    Ok(Value::Null)
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::Random,
    parameters: &[],
    rows: &[
        call("new()", |machine, _| machine.add(Object::FreeRandom)),
        call("new(int Seed)", |machine, call| machine.add(Object::Random(seeded(args::int(call, 0))))),
        call("static Random Shared { get; }", |machine, _| machine.add(Object::FreeRandom)),
        call("int Next()", next),
        call("int Next(int maxValue)", next),
        call("int Next(int minValue, int maxValue)", next),
        call("double NextDouble()", next_double),
        call("void NextBytes(byte[] buffer)", next_bytes),
    ],
    denied: &[],
}];

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with mono, whose seeded generator is the same.
    #[test]
    fn seeded_numbers_are_those_of_dotnet() {
        let first = |seed: i32| {
            let mut state = seeded(seed);
            [sample(&mut state), sample(&mut state), sample(&mut state)]
        };
        assert_eq!(first(0), [1_559_595_546, 1_755_192_844, 1_649_316_166]);
        assert_eq!(first(42), [1_434_747_710, 302_596_119, 269_548_474]);
        assert_eq!(first(-42), first(42));
    }
}
