//! Running over anything that can be run over.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::Machine;
use super::super::types::Type;
use super::super::value::Value;

/// The elements of any `IEnumerable`: arrays, lists, sets, maps (as pairs), strings (as chars), tokens,
/// nodes, and the dictionaries of the gateway.
pub fn items(machine: &mut Machine<'_, '_>, sequence: &Value) -> Result<Vec<Value>, Fault> {
    let _ = (machine, sequence);
    Err(Fault::unsupported("this sequence"))
}

/// A new list object.
pub fn list(
    machine: &mut Machine<'_, '_>,
    class: Class,
    element: Type,
    items: Vec<Value>,
) -> Result<Value, Fault> {
    machine.pay(items.len().saturating_mul(32))?;
    machine.add(Object::List { class, element, items })
}
