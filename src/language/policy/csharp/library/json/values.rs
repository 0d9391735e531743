//! Members of `JValue` and `JRaw`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::{Table, call, common, take};
use super::reader::big;
use super::{JsonKind, merge, statics, tree};

/// `JValue`
pub(super) const TABLE: Table = Table {
    class: Class::JValue,
    parameters: &[],
    rows: &[
        call("new(JValue other)", |machine, call| {
            take::needed(call, 0, "other")?;
            tree::clone(machine, call.get(0))
        }),
        call("new(string value)", |machine, call| tree::text(machine, call.get(0))),
        call("new(long value)", made),
        call("new(ulong value)", made),
        call("new(decimal value)", made),
        call("new(double value)", made),
        call("new(float value)", made),
        call("new(char value)", made),
        call("new(bool value)", made),
        call("new(DateTime value)", made),
        call("new(DateTimeOffset value)", made),
        call("new(TimeSpan value)", made),
        call("new(Guid value)", made),
        call("new(Uri value)", made),
        call("new(object value)", |machine, call| tree::content(machine, call.get(0))),
        call("static JValue CreateNull()", |machine, _| tree::value(machine, Value::Null)),
        call("static JValue CreateUndefined()", |machine, _| tree::make(machine, JsonKind::Undefined)),
        call("static JValue CreateString(string value)", |machine, call| tree::text(machine, call.get(0))),
        call("object Value { get; }", |machine, call| Ok(payload(machine, call.get(0)))),
        call("object Value { set; }", |machine, call| {
            let kind = JsonKind::Value(call.get(1).clone());
            if let Some(node) = tree::node_mut(machine, call.get(0)) {
                node.kind = kind;
            }
            Ok(Value::Null)
        }),
        call("string ToString()", |machine, call| super::display(machine, call.get(0)).map(Value::Str)),
        call("string ToString(string format)", |machine, call| {
            let format = take::text(call, 1);
            let value = payload(machine, call.get(0));
            if value == Value::Null {
                return Ok(Value::from(""));
            }
            common::format(machine, &value, format.as_deref()).map(Value::Str)
        }),
        call("bool Equals(JValue other)", |machine, call| {
            if *call.get(1) == Value::Null {
                return Ok(Value::Bool(false));
            }
            merge::deep_equals(machine, call.get(0), call.get(1)).map(Value::Bool)
        }),
        call("int CompareTo(JValue obj)", |machine, call| {
            let (a, b) = (payload(machine, call.get(0)), payload(machine, call.get(1)));
            let order = common::compare(machine, &a, &b)?;
            Ok(Value::Int(order as i32))
        }),
    ],
    denied: &["CreateComment", "WriteTo"],
};

/// `JRaw`
pub(super) const RAW: Table = Table {
    class: Class::JRaw,
    parameters: &[],
    rows: &[call("new(object rawJson)", |machine, call| {
        let text = match call.get(0) {
            Value::Str(text) => text.clone(),
            other => common::display(machine, other)?,
        };
        tree::make(machine, JsonKind::Raw(text))
    })],
    denied: &["Create", "CreateAsync"],
};

fn made(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    tree::value(machine, statics::widened(call.get(0)))
}

/// `JValue.Value`; whole numbers beyond `long` as decimal or double.
pub(super) fn payload(machine: &Machine<'_, '_>, token: &Value) -> Value {
    match tree::kind(machine, token) {
        Some(JsonKind::Value(value)) => value.clone(),
        Some(JsonKind::Raw(text)) => Value::Str(text.clone()),
        Some(JsonKind::Big(digits)) => match big::to_decimal(digits) {
            Some(number) => Value::from(number),
            None => Value::from(big::to_double(digits)),
        },
        _ => Value::Null,
    }
}
