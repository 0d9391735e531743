//! Members of `JObject` and `JProperty`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::{Table, call, sequence, take};
use super::tokens::{from_object, index, set_index};
use super::{JsonKind, tree};

/// `JObject`
pub(super) const TABLE: Table = Table {
    class: Class::JObject,
    parameters: &[],
    rows: &[
        call("new()", |machine, _| tree::make(machine, JsonKind::Object(Vec::new()))),
        call("new(JObject other)", |machine, call| {
            take::needed(call, 0, "other")?;
            tree::clone(machine, call.get(0))
        }),
        call("new(params object[] content)", construct),
        call("new(object content)", construct),
        call("static JObject Parse(string json)", |machine, call| {
            let text = take::needed_text(call, 0, "s")?;
            super::parse_object(machine, &text)
        }),
        call("static JObject FromObject(object o)", |machine, call| {
            let token = from_object(machine, call)?;
            if matches!(tree::kind(machine, &token), Some(JsonKind::Object(_))) {
                return Ok(token);
            }
            let name = tree::token_type(machine, &token).name();
            Err(take::argument(format!("Object serialized to {name}. JObject instance expected.")))
        }),
        call("JToken this[object key] { get; }", index),
        call("JToken this[object key] { set; }", set_index),
        call("JToken this[string propertyName] { get; }", |machine, call| {
            let name = take::needed_text(call, 1, "propertyName")?;
            tree::get(machine, call.get(0), &name)
        }),
        call("JToken this[string propertyName] { set; }", set_index),
        call("void Add(string propertyName, JToken value)", |machine, call| {
            let name = take::needed_text(call, 1, "name")?;
            let property = tree::property(machine, name, call.get(2).clone())?;
            tree::insert(machine, call.get(0), None, property)?;
            Ok(Value::Null)
        }),
        call("bool ContainsKey(string propertyName)", |machine, call| {
            let name = take::needed_text(call, 1, "propertyName")?;
            Ok(Value::Bool(tree::find(machine, call.get(0), |other| *other == *name)?.is_some()))
        }),
        call("bool Remove(string propertyName)", |machine, call| {
            let Some(name) = take::text(call, 1) else { return Ok(Value::Bool(false)) };
            match tree::find(machine, call.get(0), |other| *other == *name)? {
                Some((at, _)) => {
                    tree::remove_at(machine, call.get(0), at)?;
                    Ok(Value::Bool(true))
                }
                None => Ok(Value::Bool(false)),
            }
        }),
        call("JToken GetValue(string propertyName)", |machine, call| get_value(machine, call, 0)),
        call("JToken GetValue(string propertyName, StringComparison comparison)", |machine, call| {
            get_value(machine, call, take::int(call, 2))
        }),
        call("bool TryGetValue(string propertyName, out JToken value)", |machine, call| {
            let found = property(machine, call, 4)?;
            let value = tree::property_value(machine, &found);
            machine.set_out(2, value);
            Ok(Value::Bool(found != Value::Null))
        }),
        call(
            "bool TryGetValue(string propertyName, StringComparison comparison, out JToken value)",
            |machine, call| {
                let found = property(machine, call, take::int(call, 2))?;
                let value = tree::property_value(machine, &found);
                machine.set_out(3, value);
                Ok(Value::Bool(found != Value::Null))
            },
        ),
        call("JProperty Property(string name)", |machine, call| property(machine, call, 4)),
        call("JProperty Property(string name, StringComparison comparison)", |machine, call| {
            property(machine, call, take::int(call, 2))
        }),
        call("IEnumerable<JProperty> Properties()", |machine, call| {
            let children = tree::children(machine, call.get(0));
            sequence::list(machine, Class::IEnumerableOf, Type::Plain(Class::JProperty), children)
        }),
        call("IJEnumerable<JToken> PropertyValues()", |machine, call| {
            let values = tree::entries(machine, call.get(0)).into_iter().map(|(_, value)| value).collect();
            super::tokens::tokens(machine, values)
        }),
    ],
    denied: &["Load", "LoadAsync", "WriteTo", "PropertyChanged", "PropertyChanging"],
};

/// `JProperty`
pub(super) const PROPERTY: Table = Table {
    class: Class::JProperty,
    parameters: &[],
    rows: &[
        call("new(JProperty other)", |machine, call| {
            take::needed(call, 0, "other")?;
            tree::clone(machine, call.get(0))
        }),
        call("new(string name, object content)", |machine, call| {
            let name = take::needed_text(call, 0, "name")?;
            make(machine, name, call.get(1))
        }),
        call("new(string name, params object[] content)", |machine, call| {
            let name = take::needed_text(call, 0, "name")?;
            make(machine, name, call.get(1))
        }),
        call("string Name { get; }", |machine, call| match tree::kind(machine, call.get(0)) {
            Some(JsonKind::Property(name, _)) => Ok(Value::Str(name.clone())),
            _ => Ok(Value::Null),
        }),
        call("JToken Value { get; }", |machine, call| Ok(tree::property_value(machine, call.get(0)))),
        call("JToken Value { set; }", |machine, call| {
            tree::set_property_value(machine, call.get(0), call.get(1).clone())?;
            Ok(Value::Null)
        }),
    ],
    denied: &["Load", "LoadAsync", "WriteTo"],
};

fn construct(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let made = tree::make(machine, JsonKind::Object(Vec::new()))?;
    if *call.get(0) != Value::Null {
        tree::add(machine, &made, None, call.get(0))?;
    }
    Ok(made)
}

fn make(machine: &mut Machine<'_, '_>, name: super::Text, content: &Value) -> Result<Value, Fault> {
    let token = if tree::is_many(machine, content) {
        let array = tree::make(machine, JsonKind::Array(Vec::new()))?;
        tree::add(machine, &array, None, content)?;
        array
    } else {
        tree::content(machine, content)?
    };
    tree::property(machine, name, token)
}

fn get_value(machine: &mut Machine<'_, '_>, call: &Call<'_>, comparison: i32) -> Result<Value, Fault> {
    let comparison = if comparison == 0 && call.arguments.len() < 3 { 4 } else { comparison };
    let found = property(machine, call, comparison)?;
    Ok(tree::property_value(machine, &found))
}

/// The property with the name in argument 1: exactly, else as the `StringComparison` has it (odd numbers
/// ignore case).
fn property(machine: &mut Machine<'_, '_>, call: &Call<'_>, comparison: i32) -> Result<Value, Fault> {
    let Some(name) = take::text(call, 1) else { return Ok(Value::Null) };
    let exact = tree::find(machine, call.get(0), |other| *other == *name)?;
    let found = match exact {
        None if matches!(comparison, 1 | 3 | 5) => {
            let lower = name.to_lowercase();
            tree::find(machine, call.get(0), |other| other.to_lowercase() == lower)?
        }
        found => found,
    };
    Ok(found.map_or(Value::Null, |(_, property)| property))
}
