//! Members of `JArray`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::{Table, call, take};
use super::tokens::{from_object, index, set_index};
use super::{JsonKind, tree};

/// `JArray`
pub(super) const TABLE: Table = Table {
    class: Class::JArray,
    parameters: &[],
    rows: &[
        call("new()", |machine, _| tree::make(machine, JsonKind::Array(Vec::new()))),
        call("new(JArray other)", |machine, call| {
            take::needed(call, 0, "other")?;
            tree::clone(machine, call.get(0))
        }),
        call("new(params object[] content)", construct),
        call("new(object content)", construct),
        call("static JArray Parse(string json)", |machine, call| {
            let text = take::needed_text(call, 0, "s")?;
            super::parse_array(machine, &text)
        }),
        call("static JArray FromObject(object o)", |machine, call| {
            let token = from_object(machine, call)?;
            if matches!(tree::kind(machine, &token), Some(JsonKind::Array(_))) {
                return Ok(token);
            }
            let name = tree::token_type(machine, &token).name();
            Err(take::argument(format!("Object serialized to {name}. JArray instance expected.")))
        }),
        call("JToken this[object key] { get; }", index),
        call("JToken this[object key] { set; }", set_index),
        call("JToken this[int index] { get; }", index),
        call("JToken this[int index] { set; }", set_index),
        call("void Add(JToken item)", |machine, call| {
            tree::insert(machine, call.get(0), None, call.get(1).clone())?;
            Ok(Value::Null)
        }),
        call("void Insert(int index, JToken item)", |machine, call| {
            let Ok(at) = usize::try_from(take::int(call, 1)) else {
                return Err(take::argument_range("Index is less than 0.", "index"));
            };
            tree::insert(machine, call.get(0), Some(at), call.get(2).clone())?;
            Ok(Value::Null)
        }),
        call("bool Remove(JToken item)", |machine, call| match place(machine, call) {
            Some(at) => {
                tree::remove_at(machine, call.get(0), at)?;
                Ok(Value::Bool(true))
            }
            None => Ok(Value::Bool(false)),
        }),
        call("void RemoveAt(int index)", |machine, call| {
            let Ok(at) = usize::try_from(take::int(call, 1)) else {
                return Err(take::argument_range("Index is less than 0.", "index"));
            };
            tree::remove_at(machine, call.get(0), at)?;
            Ok(Value::Null)
        }),
        call("void Clear()", |machine, call| {
            tree::clear(machine, call.get(0))?;
            Ok(Value::Null)
        }),
        call("bool Contains(JToken item)", |machine, call| Ok(Value::Bool(place(machine, call).is_some()))),
        call("int IndexOf(JToken item)", |machine, call| {
            Ok(place(machine, call).map_or(Value::Int(-1), take::count))
        }),
        call("bool IsReadOnly { get; }", |_, _| Ok(Value::Bool(false))),
    ],
    denied: &["Load", "LoadAsync", "WriteTo"],
};

fn construct(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let made = tree::make(machine, JsonKind::Array(Vec::new()))?;
    tree::add(machine, &made, None, call.get(0))?;
    Ok(made)
}

/// Where the token of argument 1 stands: by identity, as Newtonsoft looks for it.
fn place(machine: &Machine<'_, '_>, call: &Call<'_>) -> Option<usize> {
    tree::children(machine, call.get(0)).iter().position(|child| take::same(child, call.get(1)))
}
