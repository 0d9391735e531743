//! `BitConverter`: numbers as bytes, low byte first.

use super::super::Class;
use super::super::fault::Fault;
use super::super::machine::{Call, Machine};
use super::super::value::{FloatBits, Value};
use super::{Table, args, arrays, call};

fn to_bytes(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    match call.get(0) {
        Value::Bool(v) => arrays::byte_array(machine, &[u8::from(*v)]),
        Value::Char(v) | Value::UShort(v) => arrays::byte_array(machine, &v.to_le_bytes()),
        Value::Short(v) => arrays::byte_array(machine, &v.to_le_bytes()),
        Value::Int(v) => arrays::byte_array(machine, &v.to_le_bytes()),
        Value::UInt(v) => arrays::byte_array(machine, &v.to_le_bytes()),
        Value::Long(v) => arrays::byte_array(machine, &v.to_le_bytes()),
        Value::ULong(v) => arrays::byte_array(machine, &v.to_le_bytes()),
        Value::Float(v) => arrays::byte_array(machine, &v.get().to_le_bytes()),
        other => arrays::byte_array(machine, &args::number(other).unwrap_or_default().to_le_bytes()),
    }
}

/// `N` bytes of argument 0 from the index in argument 1.
fn window<const N: usize>(machine: &Machine<'_, '_>, call: &Call<'_>) -> Result<[u8; N], Fault> {
    if matches!(call.get(0), Value::Null) {
        return Err(Fault::null_argument("value"));
    }
    let bytes = arrays::bytes(machine, call.get(0))?;
    let start =
        usize::try_from(args::int(call, 1)).ok().filter(|start| *start < bytes.len()).ok_or_else(|| {
            args::out_of_range(
                "Index was out of range. Must be non-negative and less than the size of the collection.",
                "startIndex",
            )
        })?;
    bytes.get(start..).and_then(<[u8]>::first_chunk::<N>).copied().ok_or_else(|| {
        args::bad_argument(
            "Destination array is not long enough to copy all the items in the collection. Check array index and \
             length. (Parameter 'value')",
        )
    })
}

fn hexadecimal(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    if matches!(call.get(0), Value::Null) {
        return Err(Fault::null_argument("value"));
    }
    let bytes = arrays::bytes(machine, call.get(0))?;
    let start = if call.arguments.len() > 1 { args::int(call, 1) } else { 0 };
    let start = usize::try_from(start).ok().filter(|start| *start < bytes.len() || *start == 0);
    let start = start.ok_or_else(|| {
        args::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "startIndex",
        )
    })?;
    let part = match call.arguments.len() {
        0..=2 => bytes.get(start..),
        _ => usize::try_from(args::int(call, 2))
            .ok()
            .and_then(|count| bytes.get(start..start.checked_add(count)?)),
    };
    let part = part.ok_or_else(|| {
        args::bad_argument(
            "Destination array is not long enough to copy all the items in the collection. Check array index and \
             length. (Parameter 'value')",
        )
    })?;
    let parts: Vec<String> = part.iter().map(|byte| format!("{byte:02X}")).collect();
    machine.text(parts.join("-"))
}

/// The tables of this file.
pub const TABLES: &[Table] = &[Table {
    class: Class::BitConverter,
    parameters: &[],
    rows: &[
        call("static bool IsLittleEndian { get; }", |_, _| Ok(Value::Bool(true))),
        call("static byte[] GetBytes(bool value)", to_bytes),
        call("static byte[] GetBytes(char value)", to_bytes),
        call("static byte[] GetBytes(short value)", to_bytes),
        call("static byte[] GetBytes(ushort value)", to_bytes),
        call("static byte[] GetBytes(int value)", to_bytes),
        call("static byte[] GetBytes(uint value)", to_bytes),
        call("static byte[] GetBytes(long value)", to_bytes),
        call("static byte[] GetBytes(ulong value)", to_bytes),
        call("static byte[] GetBytes(float value)", to_bytes),
        call("static byte[] GetBytes(double value)", to_bytes),
        call("static bool ToBoolean(byte[] value, int startIndex)", |m, c| {
            Ok(Value::Bool(window::<1>(m, c)? != [0]))
        }),
        call("static char ToChar(byte[] value, int startIndex)", |m, c| {
            Ok(Value::Char(u16::from_le_bytes(window(m, c)?)))
        }),
        call("static short ToInt16(byte[] value, int startIndex)", |m, c| {
            Ok(Value::Short(i16::from_le_bytes(window(m, c)?)))
        }),
        call("static ushort ToUInt16(byte[] value, int startIndex)", |m, c| {
            Ok(Value::UShort(u16::from_le_bytes(window(m, c)?)))
        }),
        call("static int ToInt32(byte[] value, int startIndex)", |m, c| {
            Ok(Value::Int(i32::from_le_bytes(window(m, c)?)))
        }),
        call("static uint ToUInt32(byte[] value, int startIndex)", |m, c| {
            Ok(Value::UInt(u32::from_le_bytes(window(m, c)?)))
        }),
        call("static long ToInt64(byte[] value, int startIndex)", |m, c| {
            Ok(Value::Long(i64::from_le_bytes(window(m, c)?)))
        }),
        call("static ulong ToUInt64(byte[] value, int startIndex)", |m, c| {
            Ok(Value::ULong(u64::from_le_bytes(window(m, c)?)))
        }),
        call("static float ToSingle(byte[] value, int startIndex)", |m, c| {
            Ok(Value::Float(FloatBits::new(f32::from_le_bytes(window(m, c)?))))
        }),
        call("static double ToDouble(byte[] value, int startIndex)", |m, c| {
            Ok(f64::from_le_bytes(window(m, c)?).into())
        }),
        call("static string ToString(byte[] value)", hexadecimal),
        call("static string ToString(byte[] value, int startIndex)", hexadecimal),
        call("static string ToString(byte[] value, int startIndex, int length)", hexadecimal),
        call("static long DoubleToInt64Bits(double value)", |_, c| {
            Ok(Value::Long(args::double(c, 0).to_bits().cast_signed()))
        }),
        call("static double Int64BitsToDouble(long value)", |_, c| {
            Ok(f64::from_bits(args::long(c, 0).cast_unsigned()).into())
        }),
    ],
    denied: &[],
}];
