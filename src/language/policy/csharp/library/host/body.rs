//! `IMessageBody`.
//!
//! `As<T>` is documented for `string`, `byte[]`, `JObject`, `JToken`, `JArray`, `XNode`, `XElement` and
//! `XDocument`. Reading without `preserveContent` takes the content away: what comes later, the next reader
//! or the backend, sees an empty body.

use super::super::super::Class;
use super::super::super::fault::{Fault, FaultKind};
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::{Table, arguments, arrays, call, common, json, xml};
use super::{form, messages};
use crate::policy::{Body, Text};

pub(super) const BODY: Table = Table {
    class: Class::IMessageBody,
    parameters: &[],
    rows: &[
        call("T As<T>(bool preserveContent = false)", read_as),
        call(
            "IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false)",
            |machine, call| {
                let text = read(machine, call)?;
                form::dictionary(machine, &text)
            },
        ),
    ],
    denied: &[],
};

fn read_as(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let ty = call.ty(0);
    let class = match ty {
        Type::Array(element) if **element == Type::BYTE => Class::Array,
        Type::Plain(class) => *class,
        _ => return Err(no_such_type(ty)),
    };
    match class {
        Class::String => Ok(Value::Str(read(machine, call)?)),
        Class::Array => {
            let text = read(machine, call)?;
            arrays::byte_array(machine, text.as_bytes())
        }
        Class::JToken | Class::JContainer | Class::JObject | Class::JArray => {
            let text = read(machine, call)?;
            let token = json::parse(machine, &text)?;
            let found = common::type_of(machine, &token).class().unwrap_or(Class::JToken);
            if found.derives_from(class) { Ok(token) } else { Err(other_token(class, found)) }
        }
        Class::XElement | Class::XNode => {
            let text = read(machine, call)?;
            xml::parse_element(machine, &text)
        }
        Class::XDocument => {
            let text = read(machine, call)?;
            xml::parse_document(machine, &text)
        }
        _ => Err(no_such_type(ty)),
    }
}

/// What `JObject.Parse` and `JArray.Parse` say of text that is something else.
fn other_token(wanted: Class, found: Class) -> Fault {
    let (name, kind) =
        if wanted == Class::JArray { ("JArray", "an array") } else { ("JObject", "an object") };
    let item = match found {
        Class::JObject => "StartObject",
        Class::JArray => "StartArray",
        _ => "a value",
    };
    Fault::new(
        Class::JsonReaderException,
        format!(
            "Error reading {name} from JsonReader. Current JsonReader item is not {kind}: {item}. \
             Path '', line 1, position 1."
        ),
    )
}

fn no_such_type(ty: &Type) -> Fault {
    Fault::new(
        Class::InvalidOperationException,
        format!("The message body cannot be read as '{}'.", ty.full_name()),
    )
}

/// The content; taken away unless `preserveContent`.
fn read(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Text, Fault> {
    let preserve = arguments::bool(call, 1);
    let body = messages::body(machine, call.get(0)).ok_or_else(Fault::null_reference)?;
    let text = match body {
        Body::Absent | Body::Consumed => Text::EMPTY,
        Body::Text(text) => text.clone(),
        Body::Opaque => {
            return Err(Fault::of(
                FaultKind::Unsupported,
                "this body is not modelled: only its presence is known, not its content",
            ));
        }
    };
    if !preserve && matches!(body, Body::Text(_)) {
        *body = Body::Consumed;
    }
    machine.spend(text.len() as u64 >> 3)?;
    Ok(text)
}
