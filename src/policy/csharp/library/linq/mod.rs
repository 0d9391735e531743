//! `System.Linq.Enumerable`, evaluated at once.
//!
//! Rules
//! - A query runs where it stands, not where its result is used; results are lists of their own.
//! - Sums and averages of `double` add in order; sums of `int` and `long` overflow with
//!   `OverflowException`.
//! - Sorting is stable; `ThenBy` sorts within the runs of equal keys that the sort before it left.
//!
//! Not modelled: comparers written by users (`StringComparer` is), `IQueryable`, endless sequences.

mod choose;
mod groups;
mod make;
mod numbers;
mod order;
mod pick;
mod sets;
mod table;

#[cfg(test)]
mod tests;

use super::super::classes::Kind;
use super::super::fault::Fault;
use super::super::machine::{Call, Machine};
use super::super::value::{
    DateTime, DateTimeKind, DateTimeOffset, DecimalBits, DoubleBits, FloatBits, TimeSpan, Value,
};
use super::super::{Class, Type};
use super::{Table, sequence, take};

/// Members of the family.
pub const TABLES: &[Table] = &[table::TABLE, order::TABLE, groups::GROUPING, groups::LOOKUP];

/// `default(T)`; null where the type is not known.
pub fn default(ty: &Type) -> Value {
    let Type::Plain(class) = ty else { return Value::Null };
    match class {
        Class::Bool => Value::Bool(false),
        Class::Char => Value::Char(0),
        Class::SByte => Value::SByte(0),
        Class::Byte => Value::Byte(0),
        Class::Short => Value::Short(0),
        Class::UShort => Value::UShort(0),
        Class::Int => Value::Int(0),
        Class::UInt => Value::UInt(0),
        Class::Long => Value::Long(0),
        Class::ULong => Value::ULong(0),
        Class::Float => Value::Float(FloatBits::new(0.0)),
        Class::Double => Value::Double(DoubleBits::new(0.0)),
        Class::Decimal => Value::Decimal(DecimalBits::new(rust_decimal::Decimal::ZERO)),
        Class::DateTime => Value::DateTime(DateTime { ticks: 0, kind: DateTimeKind::Unspecified }),
        Class::DateTimeOffset => Value::DateTimeOffset(DateTimeOffset { ticks: 0, offset_minutes: 0 }),
        Class::TimeSpan => Value::TimeSpan(TimeSpan(0)),
        Class::Guid => Value::Guid(0),
        other if other.kind() == Kind::Enum => Value::Enum(*other, 0),
        _ => Value::Null,
    }
}

/// The elements of argument 0.
fn source(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Vec<Value>, Fault> {
    take::needed(call, 0, "source")?;
    sequence::items_of(machine, call.get(0), call.ty(0))
}

/// The function of an argument.
fn function<'a>(call: &'a Call<'_>, index: usize, name: &str) -> Result<&'a Value, Fault> {
    take::needed(call, index, name)
}

/// What a function gives for an item.
fn map(machine: &mut Machine<'_, '_>, function: &Value, item: &Value) -> Result<Value, Fault> {
    machine.spend(1)?;
    machine.invoke(function, std::slice::from_ref(item))
}

/// Whether a predicate holds for an item.
fn holds(machine: &mut Machine<'_, '_>, predicate: &Value, item: &Value) -> Result<bool, Fault> {
    Ok(map(machine, predicate, item)? == Value::Bool(true))
}

/// A result: an `IEnumerable<T>`.
fn result(machine: &mut Machine<'_, '_>, element: &Type, items: Vec<Value>) -> Result<Value, Fault> {
    sequence::list(machine, Class::IEnumerableOf, element.clone(), items)
}

/// `InvalidOperationException`: "Sequence contains no elements" and its relatives.
#[cold]
fn sequence_error(what: &'static str) -> Fault {
    take::invalid(format!("Sequence contains {what}"))
}
