//! Values as JSON, for reports: what JSON has is itself, everything else is its text.

use serde_json::Value as Json;

use super::heap::Object;
use super::library::common;
use super::library::json::JsonKind;
use super::machine::Machine;
use super::scope::Scope;
use super::value::Value;

/// Deepest nesting that is shown.
const MAX_DEPTH: u32 = 64;

/// `value` as JSON: numbers, texts, lists, dictionaries and tokens as what they are, dates and the like as
/// their `ToString()`.
pub fn to_json(value: &Value, scope: &mut Scope<'_>) -> Json {
    convert(value, scope, 0)
}

fn convert(value: &Value, scope: &mut Scope<'_>, depth: u32) -> Json {
    if depth > MAX_DEPTH {
        return Json::from("...");
    }
    let below = depth.saturating_add(1);
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::from(*value),
        Value::SByte(value) => Json::from(*value),
        Value::Byte(value) => Json::from(*value),
        Value::Short(value) => Json::from(*value),
        Value::UShort(value) => Json::from(*value),
        Value::Int(value) => Json::from(*value),
        Value::UInt(value) => Json::from(*value),
        Value::Long(value) => Json::from(*value),
        Value::ULong(value) => Json::from(*value),
        Value::Double(value) => Json::from(value.get()),
        Value::Str(text) => Json::from(text.as_str()),
        Value::Ref(_) => match scope.heap.object(value).cloned() {
            Some(Object::Array { items, .. } | Object::List { items, .. } | Object::Set { items, .. }) => {
                items.iter().map(|item| convert(item, scope, below)).collect()
            }
            Some(Object::Map { entries, .. }) => {
                let mut map = serde_json::Map::new();
                for (key, value) in entries {
                    let value = convert(&value, scope, below);
                    map.insert(shown(&key, scope), value);
                }
                Json::Object(map)
            }
            Some(Object::Json(node)) => match node.kind {
                JsonKind::Object(children) => {
                    let mut map = serde_json::Map::new();
                    for child in children {
                        if let Some(Object::Json(property)) = scope.heap.object(&child).cloned()
                            && let JsonKind::Property(name, value) = property.kind
                        {
                            let value = convert(&value, scope, below);
                            map.insert(name.to_string(), value);
                        }
                    }
                    Json::Object(map)
                }
                JsonKind::Array(items) => items.iter().map(|item| convert(item, scope, below)).collect(),
                JsonKind::Property(name, value) => {
                    let value = convert(&value, scope, below);
                    Json::Object(std::iter::once((name.to_string(), value)).collect())
                }
                JsonKind::Value(value) => convert(&value, scope, below),
                JsonKind::Raw(text) | JsonKind::Big(text) => Json::from(text.as_str()),
                JsonKind::Undefined | JsonKind::NullText => Json::Null,
            },
            Some(Object::Response(response)) => serde_json::json!({
                "status": response.status.get(),
                "reason": response.reason.as_str(),
            }),
            _ => Json::from(shown(value, scope)),
        },
        other => Json::from(shown(other, scope)),
    }
}

/// `ToString()`, or a word for what has none.
fn shown(value: &Value, scope: &mut Scope<'_>) -> String {
    let mut machine = Machine::plain(scope);
    common::display(&mut machine, value).map_or_else(|_| "?".to_owned(), |text| text.to_string())
}

/// The value that JSON stands for: text, bool and null as themselves, whole numbers as `int` or `long`,
/// others as `double`, objects and arrays as tokens of Newtonsoft.
pub fn from_json(json: &Json, scope: &mut Scope<'_>) -> Result<Value, super::EvalError> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => i32::try_from(whole).map_or(Value::Long(whole), Value::Int),
            (None, Some(real)) => Value::from(real),
            (None, None) => Value::Null,
        },
        Json::String(text) => Value::from(text.clone()),
        Json::Array(_) | Json::Object(_) => from_json_text(&json.to_string(), scope)?,
    })
}

/// The token of Newtonsoft that a JSON text is; members keep their order.
pub fn from_json_text(text: &str, scope: &mut Scope<'_>) -> Result<Value, super::EvalError> {
    let mut machine = Machine::plain(scope);
    super::library::json::parse(&mut machine, text).map_err(super::Fault::into_error)
}
