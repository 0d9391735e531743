//! What every object can do: `ToString`, `Equals`, comparison, formatting.

use std::cmp::Ordering;

use super::super::fault::Fault;
use super::super::machine::Machine;
use super::super::value::Value;
use crate::policy::Text;

/// `ToString()` of a value that is not null, as a call on `object` gives it; null is empty, as in
/// concatenation.
pub fn display(machine: &mut Machine<'_, '_>, value: &Value) -> Result<Text, Fault> {
    format(machine, value, None)
}

/// `ToString(format)` under the invariant culture; types without formats ignore it.
pub fn format(machine: &mut Machine<'_, '_>, value: &Value, format: Option<&str>) -> Result<Text, Fault> {
    let _ = (machine, value, format);
    Err(Fault::unsupported("ToString"))
}

/// `object.Equals(a, b)`: default equality of the runtime types.
pub fn equals(machine: &mut Machine<'_, '_>, a: &Value, b: &Value) -> Result<bool, Fault> {
    let _ = machine;
    Ok(a == b)
}

/// `Comparer<object>.Default.Compare(a, b)`; throws `ArgumentException` for what has no order.
pub fn compare(machine: &mut Machine<'_, '_>, a: &Value, b: &Value) -> Result<Ordering, Fault> {
    let _ = (machine, a, b);
    Err(Fault::unsupported("comparison"))
}
