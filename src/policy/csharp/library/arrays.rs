//! Arrays, and byte arrays as bytes.

use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::Machine;
use super::super::types::Type;
use super::super::value::Value;

/// The bytes of a `byte[]`.
pub fn bytes(machine: &Machine<'_, '_>, value: &Value) -> Result<Vec<u8>, Fault> {
    match machine.object(value) {
        Some(Object::Array { items, .. }) => {
            Ok(items.iter().map(|item| if let Value::Byte(byte) = item { *byte } else { 0 }).collect())
        }
        _ => Err(Fault::null_argument("bytes")),
    }
}

/// A new `byte[]`.
pub fn byte_array(machine: &mut Machine<'_, '_>, bytes: &[u8]) -> Result<Value, Fault> {
    machine.pay(bytes.len().saturating_mul(32))?;
    let items = bytes.iter().map(|byte| Value::Byte(*byte)).collect();
    machine.add(Object::Array { element: Type::BYTE, items })
}
