//! `Tuple<...>` and `(a, b)`.
//!
//! Items beyond the seventh are `Item8` and so on, without the nesting that .NET hides behind `Rest`.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::value::Value;
use super::{Table, call, common, take};

/// Members of the family.
pub const TABLES: &[Table] = &[TUPLE, VALUE_TUPLE];

const TUPLE: Table = Table {
    class: Class::Tuple,
    parameters: &["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"],
    rows: &[
        call("static Tuple<A> Create<A>(A item1)", |m, c| create_static(m, c, Class::Tuple)),
        call("static Tuple<A, B> Create<A, B>(A item1, B item2)", |m, c| create_static(m, c, Class::Tuple)),
        call("static Tuple<A, B, C> Create<A, B, C>(A item1, B item2, C item3)", |m, c| {
            create_static(m, c, Class::Tuple)
        }),
        call("static Tuple<A, B, C, D> Create<A, B, C, D>(A item1, B item2, C item3, D item4)", |m, c| {
            create_static(m, c, Class::Tuple)
        }),
        call(
            "static Tuple<A, B, C, D, E> Create<A, B, C, D, E>(A item1, B item2, C item3, D item4, E item5)",
            |m, c| create_static(m, c, Class::Tuple),
        ),
        call(
            "static Tuple<A, B, C, D, E, F> Create<A, B, C, D, E, F>(A item1, B item2, C item3, D item4, \
             E item5, F item6)",
            |m, c| create_static(m, c, Class::Tuple),
        ),
        call(
            "static Tuple<A, B, C, D, E, F, G> Create<A, B, C, D, E, F, G>(A item1, B item2, C item3, \
             D item4, E item5, F item6, G item7)",
            |m, c| create_static(m, c, Class::Tuple),
        ),
        call("new(T1 item1)", |m, c| create(m, c, Class::Tuple)),
        call("new(T1 item1, T2 item2)", |m, c| create(m, c, Class::Tuple)),
        call("new(T1 item1, T2 item2, T3 item3)", |m, c| create(m, c, Class::Tuple)),
        call("new(T1 item1, T2 item2, T3 item3, T4 item4)", |m, c| create(m, c, Class::Tuple)),
        call("new(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5)", |m, c| create(m, c, Class::Tuple)),
        call("new(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5, T6 item6)", |m, c| {
            create(m, c, Class::Tuple)
        }),
        call("new(T1 item1, T2 item2, T3 item3, T4 item4, T5 item5, T6 item6, T7 item7)", |m, c| {
            create(m, c, Class::Tuple)
        }),
        call("T1 Item1 { get; }", |m, c| Ok(get(m, c, 0))),
        call("T2 Item2 { get; }", |m, c| Ok(get(m, c, 1))),
        call("T3 Item3 { get; }", |m, c| Ok(get(m, c, 2))),
        call("T4 Item4 { get; }", |m, c| Ok(get(m, c, 3))),
        call("T5 Item5 { get; }", |m, c| Ok(get(m, c, 4))),
        call("T6 Item6 { get; }", |m, c| Ok(get(m, c, 5))),
        call("T7 Item7 { get; }", |m, c| Ok(get(m, c, 6))),
        call("string ToString()", to_text),
        call("bool Equals(object obj)", equals),
    ],
    denied: &[],
};

const VALUE_TUPLE: Table = Table {
    class: Class::ValueTuple,
    parameters: &["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"],
    rows: &[
        call("static ValueTuple<A, B> Create<A, B>(A item1, B item2)", |m, c| {
            create_static(m, c, Class::ValueTuple)
        }),
        call("static ValueTuple<A, B, C> Create<A, B, C>(A item1, B item2, C item3)", |m, c| {
            create_static(m, c, Class::ValueTuple)
        }),
        call("new(T1 item1, T2 item2)", |m, c| create(m, c, Class::ValueTuple)),
        call("new(T1 item1, T2 item2, T3 item3)", |m, c| create(m, c, Class::ValueTuple)),
        call("T1 Item1 { get; }", |m, c| Ok(get(m, c, 0))),
        call("T1 Item1 { set; }", |m, c| Ok(set(m, c, 0))),
        call("T2 Item2 { get; }", |m, c| Ok(get(m, c, 1))),
        call("T2 Item2 { set; }", |m, c| Ok(set(m, c, 1))),
        call("T3 Item3 { get; }", |m, c| Ok(get(m, c, 2))),
        call("T3 Item3 { set; }", |m, c| Ok(set(m, c, 2))),
        call("T4 Item4 { get; }", |m, c| Ok(get(m, c, 3))),
        call("T4 Item4 { set; }", |m, c| Ok(set(m, c, 3))),
        call("T5 Item5 { get; }", |m, c| Ok(get(m, c, 4))),
        call("T5 Item5 { set; }", |m, c| Ok(set(m, c, 4))),
        call("T6 Item6 { get; }", |m, c| Ok(get(m, c, 5))),
        call("T6 Item6 { set; }", |m, c| Ok(set(m, c, 5))),
        call("T7 Item7 { get; }", |m, c| Ok(get(m, c, 6))),
        call("T7 Item7 { set; }", |m, c| Ok(set(m, c, 6))),
        call("T8 Item8 { get; }", |m, c| Ok(get(m, c, 7))),
        call("T8 Item8 { set; }", |m, c| Ok(set(m, c, 7))),
        call("string ToString()", to_text),
        call("bool Equals(object obj)", equals),
    ],
    denied: &[],
};

/// `Create`: its type parameters are the last ones, behind those of the class where these are known.
fn create_static(machine: &mut Machine<'_, '_>, call: &Call<'_>, class: Class) -> Result<Value, Fault> {
    let own = call.types.len().saturating_sub(call.arguments.len());
    let types = call.types.get(own..).unwrap_or_default();
    create(machine, &Call { arguments: call.arguments, types }, class)
}

/// A tuple of the arguments.
fn create(machine: &mut Machine<'_, '_>, call: &Call<'_>, class: Class) -> Result<Value, Fault> {
    let items = call.arguments.to_vec();
    let types = (0..items.len()).map(|at| call.ty(at).clone()).collect();
    machine.pay(items.len().saturating_mul(48))?;
    machine.add(Object::Tuple { class, types, items })
}

/// The items of a tuple: what deconstruction takes apart.
pub fn items(machine: &Machine<'_, '_>, tuple: &Value) -> Option<Vec<Value>> {
    match machine.object(tuple) {
        Some(Object::Tuple { items, .. }) => Some(items.clone()),
        Some(Object::Pair { entry, .. }) => Some(vec![entry.0.clone(), entry.1.clone()]),
        _ => None,
    }
}

fn get(machine: &mut Machine<'_, '_>, call: &Call<'_>, at: usize) -> Value {
    let items = items(machine, call.get(0)).unwrap_or_default();
    items.get(at).cloned().unwrap_or(Value::Null)
}

fn set(machine: &mut Machine<'_, '_>, call: &Call<'_>, at: usize) -> Value {
    if let Some(Object::Tuple { items, .. }) = machine.heap().object_mut(call.get(0))
        && let Some(slot) = items.get_mut(at)
    {
        *slot = call.get(1).clone();
    }
    Value::Null
}

fn to_text(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = display(machine, call.get(0))?;
    machine.text(text)
}

/// `(1, a)`
pub fn display(machine: &mut Machine<'_, '_>, tuple: &Value) -> Result<String, Fault> {
    let mut text = String::from("(");
    for (at, item) in items(machine, tuple).unwrap_or_default().iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        text.push_str(&common::display(machine, item)?);
    }
    text.push(')');
    Ok(text)
}

fn equals(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (Some(own), Some(other)) = (items(machine, call.get(0)), items(machine, call.get(1))) else {
        return Ok(Value::Bool(false));
    };
    let same_shape =
        take::type_of(machine, call.get(0)).class() == take::type_of(machine, call.get(1)).class();
    if own.len() != other.len() || !same_shape {
        return Ok(Value::Bool(false));
    }
    for (a, b) in own.iter().zip(&other) {
        if !common::equals(machine, a, b)? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}
