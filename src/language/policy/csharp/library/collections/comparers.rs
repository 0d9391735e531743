//! `StringComparer`: a record of its `StringComparison`. All cultures are the invariant one.

use std::cmp::Ordering;

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::super::{Table, call, collation, take};

/// `StringComparison.Ordinal`
const ORDINAL: i32 = 4;

/// `StringComparer`
pub(super) const TABLE: Table = Table {
    class: Class::StringComparer,
    parameters: &[],
    rows: &[
        call("static StringComparer CurrentCulture { get; }", |machine, _| make(machine, 0)),
        call("static StringComparer CurrentCultureIgnoreCase { get; }", |machine, _| make(machine, 1)),
        call("static StringComparer InvariantCulture { get; }", |machine, _| make(machine, 2)),
        call("static StringComparer InvariantCultureIgnoreCase { get; }", |machine, _| make(machine, 3)),
        call("static StringComparer Ordinal { get; }", |machine, _| make(machine, 4)),
        call("static StringComparer OrdinalIgnoreCase { get; }", |machine, _| make(machine, 5)),
        call("bool Equals(string x, string y)", |machine, call| {
            let ignore_case = super::ignores_case(machine, call.get(0));
            super::same(machine, call.get(1), call.get(2), ignore_case).map(Value::Bool)
        }),
        call("int Compare(string x, string y)", |machine, call| {
            order_by(machine, call.get(0), call.get(1), call.get(2)).map(|order| Value::Int(order as i32))
        }),
        call("int GetHashCode(string obj)", |machine, call| {
            let text = take::needed_text(call, 1, "obj")?;
            let ignore_case = super::ignores_case(machine, call.get(0));
            let text = if ignore_case { text.to_uppercase() } else { text.to_string() };
            let hash = text.bytes().fold(5381_u32, |hash, b| hash.wrapping_mul(33) ^ u32::from(b));
            Ok(Value::Int(hash.cast_signed()))
        }),
    ],
    denied: &["Create", "FromComparison"],
};

fn make(machine: &mut Machine<'_, '_>, comparison: i32) -> Result<Value, Fault> {
    let fields = vec![Value::Enum(Class::StringComparison, comparison)];
    machine.add(Object::Record { class: Class::StringComparer, fields })
}

/// The `StringComparison` of a comparer: ordinal unless it is a `StringComparer`.
pub(super) fn comparison(machine: &Machine<'_, '_>, comparer: &Value) -> i32 {
    match machine.object(comparer) {
        Some(Object::Record { class: Class::StringComparer, fields }) => match fields.first() {
            Some(Value::Enum(_, comparison)) => *comparison,
            _ => ORDINAL,
        },
        _ => ORDINAL,
    }
}

/// The order of two keys by a comparer, which counts for strings; null comes first.
pub(in super::super) fn order_by(
    machine: &mut Machine<'_, '_>,
    comparer: &Value,
    a: &Value,
    b: &Value,
) -> Result<Ordering, Fault> {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) if *comparer != Value::Null => {
            let comparison = comparison(machine, comparer);
            machine.spend(a.len().min(b.len()) as u64)?;
            Ok(collation::compare_by(a, b, comparison))
        }
        _ => super::order(machine, a, b),
    }
}
