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

use super::super::fault::Fault;
use super::super::machine::{Call, Machine};
use super::super::value::Value;
use super::super::{Class, Type};
use super::{Table, convert, sequence, take};

/// Members of the family.
pub const TABLES: &[Table] = &[table::TABLE, order::TABLE, groups::GROUPING, groups::LOOKUP];

/// `default(T)`; null where the type is not known.
pub fn default(ty: &Type) -> Value {
    match ty {
        Type::Plain(class) => convert::default_of(*class),
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
