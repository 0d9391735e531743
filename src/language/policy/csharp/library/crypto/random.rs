//! `RandomNumberGenerator`: bytes from the scope's chance, so that runs can be repeated.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::arguments::{int, record};
use super::super::{Table, arrays, call};

pub(super) const GENERATOR: Table = Table {
    class: Class::RandomNumberGenerator,
    parameters: &[],
    rows: &[
        call("static RandomNumberGenerator Create()", |machine, _| {
            record(machine, Class::RandomNumberGenerator, Vec::new())
        }),
        call("void GetBytes(byte[] data)", fill),
        call("void GetNonZeroBytes(byte[] data)", fill),
        call("static void Fill(byte[] data)", |machine, call| fill_array(machine, call.get(0), 0)),
        call("static byte[] GetBytes(int count)", |machine, call| {
            let count = usize::try_from(int(call, 0)).map_err(|_| {
                Fault::new(
                    Class::ArgumentOutOfRangeException,
                    "count ('-1') must be a non-negative value. (Parameter 'count')",
                )
            })?;
            machine.pay(count.saturating_mul(32))?;
            let bytes = bytes(machine, count);
            arrays::byte_array(machine, &bytes)
        }),
        call("static int GetInt32(int toExclusive)", |machine, call| between(machine, 0, int(call, 0))),
        call("static int GetInt32(int fromInclusive, int toExclusive)", |machine, call| {
            between(machine, int(call, 0), int(call, 1))
        }),
        call("void Dispose()", |_, _| Ok(Value::Null)),
    ],
    denied: &[],
};

pub(super) const PROVIDER: Table = Table {
    class: Class::RngCryptoServiceProvider,
    parameters: &[],
    rows: &[call("new()", |machine, _| record(machine, Class::RngCryptoServiceProvider, Vec::new()))],
    denied: &[],
};

/// `count` bytes.
pub(super) fn bytes(machine: &mut Machine<'_, '_>, count: usize) -> Vec<u8> {
    (0..count).map(|_| u8::try_from(machine.scope.chance.between(0, 255)).unwrap_or(0)).collect()
}

fn fill(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    fill_array(machine, call.get(1), 0)
}

fn fill_array(machine: &mut Machine<'_, '_>, array: &Value, from: usize) -> Result<Value, Fault> {
    let length = match machine.object(array) {
        Some(Object::Array { items, .. }) => items.len(),
        _ => return Err(Fault::null_argument("data")),
    };
    machine.spend(length as u64)?;
    let bytes = bytes(machine, length.saturating_sub(from));
    if let Some(Object::Array { items, .. }) = machine.heap().object_mut(array) {
        items.iter_mut().skip(from).zip(bytes).for_each(|(item, byte)| *item = Value::Byte(byte));
    }
    Ok(Value::Null)
}

fn between(machine: &mut Machine<'_, '_>, low: i32, high: i32) -> Result<Value, Fault> {
    if low >= high {
        return Err(Fault::new(
            Class::ArgumentException,
            "Range of random number does not contain at least one possibility.",
        ));
    }
    let width = i64::from(high).saturating_sub(i64::from(low)).saturating_sub(1);
    let drawn = machine.scope.chance.between(0, u64::try_from(width).unwrap_or(0));
    let number = i64::from(low).saturating_add(i64::try_from(drawn).unwrap_or(0));
    Ok(Value::Int(i32::try_from(number).unwrap_or(low)))
}
