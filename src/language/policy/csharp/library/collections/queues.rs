//! Members of `Queue<T>` and `Stack<T>`. A queue's head comes first in its items, a stack's top last.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::{Table, call, linq, sequence, take};
use super::interfaces::{clear, contains, count};
use super::{array, items_mut};

/// `Queue<T>`
pub(super) const QUEUE: Table = Table {
    class: Class::Queue,
    parameters: &["T"],
    rows: &[
        call("new()", |machine, call| make(machine, call, Class::Queue, false)),
        call("new(int capacity)", |machine, call| make(machine, call, Class::Queue, false)),
        call("new(IEnumerable<T> collection)", |machine, call| make(machine, call, Class::Queue, true)),
        call("int Count { get; }", count),
        call("void Enqueue(T item)", push),
        call("T Dequeue()", |machine, call| {
            let items = items_mut(machine, call.get(0))?;
            if items.is_empty() { Err(take::invalid("Queue empty.")) } else { Ok(items.remove(0)) }
        }),
        call("T Peek()", |machine, call| {
            let head = items_mut(machine, call.get(0))?.first().cloned();
            head.ok_or_else(|| take::invalid("Queue empty."))
        }),
        call("bool TryDequeue(out T result)", |machine, call| {
            let items = items_mut(machine, call.get(0))?;
            let head = if items.is_empty() { None } else { Some(items.remove(0)) };
            Ok(out(machine, call, head))
        }),
        call("bool TryPeek(out T result)", |machine, call| {
            let head = items_mut(machine, call.get(0))?.first().cloned();
            Ok(out(machine, call, head))
        }),
        call("void Clear()", clear),
        call("bool Contains(T item)", contains),
        call("T[] ToArray()", to_array),
    ],
    denied: &[],
};

/// `Stack<T>`
pub(super) const STACK: Table = Table {
    class: Class::Stack,
    parameters: &["T"],
    rows: &[
        call("new()", |machine, call| make(machine, call, Class::Stack, false)),
        call("new(int capacity)", |machine, call| make(machine, call, Class::Stack, false)),
        call("new(IEnumerable<T> collection)", |machine, call| make(machine, call, Class::Stack, true)),
        call("int Count { get; }", count),
        call("void Push(T item)", push),
        call("T Pop()", |machine, call| {
            items_mut(machine, call.get(0))?.pop().ok_or_else(|| take::invalid("Stack empty."))
        }),
        call("T Peek()", |machine, call| {
            let top = items_mut(machine, call.get(0))?.last().cloned();
            top.ok_or_else(|| take::invalid("Stack empty."))
        }),
        call("bool TryPop(out T result)", |machine, call| {
            let top = items_mut(machine, call.get(0))?.pop();
            Ok(out(machine, call, top))
        }),
        call("bool TryPeek(out T result)", |machine, call| {
            let top = items_mut(machine, call.get(0))?.last().cloned();
            Ok(out(machine, call, top))
        }),
        call("void Clear()", clear),
        call("bool Contains(T item)", contains),
        call("T[] ToArray()", to_array),
    ],
    denied: &[],
};

fn make(machine: &mut Machine<'_, '_>, call: &Call<'_>, class: Class, filled: bool) -> Result<Value, Fault> {
    let items = if filled {
        take::needed(call, 0, "collection")?;
        sequence::items_of(machine, call.get(0), call.ty(0))?
    } else {
        Vec::new()
    };
    sequence::list(machine, class, call.ty(0).clone(), items)
}

fn push(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    machine.pay(32)?;
    let item = call.get(1).clone();
    items_mut(machine, call.get(0))?.push(item);
    Ok(Value::Null)
}

fn out(machine: &mut Machine<'_, '_>, call: &Call<'_>, found: Option<Value>) -> Value {
    let is_there = found.is_some();
    machine.set_out(1, found.unwrap_or_else(|| linq::default(call.ty(0))));
    Value::Bool(is_there)
}

fn to_array(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let items = sequence::items(machine, call.get(0))?;
    array(machine, call.ty(0).clone(), items)
}
