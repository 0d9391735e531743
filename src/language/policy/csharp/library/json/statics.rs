//! `JsonConvert`, the extension methods of tokens, and settings.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::{Table, call, sequence, take};
use super::{JsonKind, cast, merge, serialize, tree};

/// `JsonConvert`
pub(super) const CONVERT: Table = Table {
    class: Class::JsonConvert,
    parameters: &[],
    rows: &[
        call("static string SerializeObject(object value)", |machine, call| {
            write(machine, call.get(0), false, false)
        }),
        call("static string SerializeObject(object value, Formatting formatting)", |machine, call| {
            write(machine, call.get(0), is_indented(call.get(1)), false)
        }),
        call(
            "static string SerializeObject(object value, JsonSerializerSettings settings)",
            |machine, call| {
                let (nulls, format) = settings(machine, call.get(1));
                write(machine, call.get(0), format, nulls)
            },
        ),
        call(
            "static string SerializeObject(object value, Formatting formatting, \
             JsonSerializerSettings settings)",
            |machine, call| {
                let (nulls, _) = settings(machine, call.get(2));
                write(machine, call.get(0), is_indented(call.get(1)), nulls)
            },
        ),
        call("static T DeserializeObject<T>(string value)", |machine, call| {
            let text = take::needed_text(call, 0, "value")?;
            read(machine, &text, call.ty(0))
        }),
        call(
            "static T DeserializeObject<T>(string value, JsonSerializerSettings settings)",
            |machine, call| {
                let text = take::needed_text(call, 0, "value")?;
                read(machine, &text, call.ty(0))
            },
        ),
        call("static object DeserializeObject(string value)", |machine, call| {
            let text = take::needed_text(call, 0, "value")?;
            read(machine, &text, &Type::OBJECT)
        }),
        call("static string ToString(object value)", |machine, call| {
            write(machine, call.get(0), false, false)
        }),
    ],
    denied: &[
        "DeserializeXmlNode",
        "DeserializeXNode",
        "PopulateObject",
        "DefaultSettings",
        "SerializeObjectAsync",
        "DeserializeObjectAsync",
        "DeserializeAnonymousType",
        "SerializeXmlNode",
        "SerializeXNode",
    ],
};

/// `Newtonsoft.Json.Linq.Extensions`
pub(super) const EXTENSIONS: Table = Table {
    class: Class::JsonExtensions,
    parameters: &[],
    rows: &[
        call("static U Value<U>(this IEnumerable<JToken> value)", |machine, call| {
            let token = take::needed(call, 0, "value")?;
            if tree::node(machine, token).is_none() {
                return Err(take::argument("Source value must be a JToken."));
            }
            cast::as_type(machine, token, call.ty(0))
        }),
        call("static IEnumerable<U> Values<U>(this IEnumerable<JToken> source)", |machine, call| {
            take::needed(call, 0, "source")?;
            let tokens = values(machine, call.get(0), None)?;
            converted(machine, tokens, call.ty(0))
        }),
        call(
            "static IEnumerable<U> Values<U>(this IEnumerable<JToken> source, object key)",
            |machine, call| {
                take::needed(call, 0, "source")?;
                let tokens = values(machine, call.get(0), Some(call.get(1)))?;
                converted(machine, tokens, call.ty(0))
            },
        ),
        call("static IJEnumerable<JToken> Values(this IEnumerable<JToken> source)", |machine, call| {
            take::needed(call, 0, "source")?;
            let tokens = values(machine, call.get(0), None)?;
            super::tokens::tokens(machine, tokens)
        }),
        call(
            "static IJEnumerable<JToken> Values(this IEnumerable<JToken> source, object key)",
            |machine, call| {
                take::needed(call, 0, "source")?;
                let tokens = values(machine, call.get(0), Some(call.get(1)))?;
                super::tokens::tokens(machine, tokens)
            },
        ),
        call("static IJEnumerable<JToken> Children(this IEnumerable<JToken> source)", |machine, call| {
            let found = gather(machine, call, |machine, token| Ok(tree::children(machine, token)))?;
            super::tokens::tokens(machine, found)
        }),
        call("static IJEnumerable<JToken> Descendants(this IEnumerable<JToken> source)", |machine, call| {
            let found = gather(machine, call, tree::descendants)?;
            super::tokens::tokens(machine, found)
        }),
        call(
            "static IJEnumerable<JProperty> Properties(this IEnumerable<JObject> source)",
            |machine, call| {
                let found = gather(machine, call, |machine, token| Ok(tree::children(machine, token)))?;
                sequence::list(machine, Class::IJEnumerable, Type::Plain(Class::JProperty), found)
            },
        ),
        call(
            "static IJEnumerable<JToken> AsJEnumerable(this IEnumerable<JToken> source)",
            |machine, call| {
                let found = sequence::items(machine, call.get(0))?;
                super::tokens::tokens(machine, found)
            },
        ),
    ],
    denied: &[],
};

/// `IJEnumerable<T>`
pub(super) const SEQUENCES: Table = Table {
    class: Class::IJEnumerable,
    parameters: &["T"],
    rows: &[call("IJEnumerable<JToken> this[object key] { get; }", |machine, call| {
        let tokens = values(machine, call.get(0), Some(call.get(1)))?;
        super::tokens::tokens(machine, tokens)
    })],
    denied: &[],
};

/// `JsonSerializerSettings`: fields are the handling of nulls and the formatting.
pub(super) const SETTINGS: Table = Table {
    class: Class::JsonSerializerSettings,
    parameters: &[],
    rows: &[
        call("new()", |machine, _| {
            let fields = vec![Value::Enum(Class::NullValueHandling, 0), Value::Enum(Class::Formatting, 0)];
            machine.add(Object::Record { class: Class::JsonSerializerSettings, fields })
        }),
        call("NullValueHandling NullValueHandling { get; }", |machine, call| {
            Ok(field(machine, call.get(0), 0))
        }),
        call("NullValueHandling NullValueHandling { set; }", |machine, call| Ok(set_field(machine, call, 0))),
        call("Formatting Formatting { get; }", |machine, call| Ok(field(machine, call.get(0), 1))),
        call("Formatting Formatting { set; }", |machine, call| Ok(set_field(machine, call, 1))),
    ],
    denied: &["TypeNameHandling", "Converters", "ContractResolver", "Binder", "SerializationBinder"],
};

/// `JsonMergeSettings`: fields are the handling of arrays, of nulls, and the comparison of names.
pub(super) const MERGE_SETTINGS: Table = Table {
    class: Class::JsonMergeSettings,
    parameters: &[],
    rows: &[
        call("new()", |machine, _| {
            let fields = vec![
                Value::Enum(Class::MergeArrayHandling, 0),
                Value::Int(0),
                Value::Enum(Class::StringComparison, 4),
            ];
            machine.add(Object::Record { class: Class::JsonMergeSettings, fields })
        }),
        call("MergeArrayHandling MergeArrayHandling { get; }", |machine, call| {
            Ok(field(machine, call.get(0), 0))
        }),
        call("MergeArrayHandling MergeArrayHandling { set; }", |machine, call| {
            Ok(set_field(machine, call, 0))
        }),
        call("StringComparison PropertyNameComparison { get; }", |machine, call| {
            Ok(field(machine, call.get(0), 2))
        }),
        call("StringComparison PropertyNameComparison { set; }", |machine, call| {
            Ok(set_field(machine, call, 2))
        }),
    ],
    denied: &[],
};

/// Whether a `Formatting` is `Indented`.
pub(super) fn is_indented(value: &Value) -> bool {
    take::integer(value) == Some(1)
}

/// A value as a `JValue` constructor takes it: all signed integers are `long`.
pub(super) fn widened(value: &Value) -> Value {
    match value {
        Value::ULong(_) | Value::Char(_) | Value::Enum(..) => value.clone(),
        other => match take::integer(other).map(i64::try_from) {
            Some(Ok(number)) => Value::Long(number),
            _ => other.clone(),
        },
    }
}

/// What `JsonMergeSettings` say.
pub(super) fn merge_settings(machine: &Machine<'_, '_>, value: &Value) -> merge::Settings {
    let number = |at| take::integer(&field(machine, value, at)).unwrap_or(0);
    let arrays = i32::try_from(number(0)).unwrap_or(0);
    merge::Settings { arrays, nulls: number(1) == 1, ignore_case: matches!(number(2), 1 | 3 | 5) }
}

/// A sequence of the tokens' values.
pub(super) fn converted(
    machine: &mut Machine<'_, '_>,
    tokens: Vec<Value>,
    ty: &Type,
) -> Result<Value, Fault> {
    let mut items = Vec::new();
    for token in tokens {
        items.push(cast::as_type(machine, &token, ty)?);
    }
    sequence::list(machine, Class::IEnumerableOf, ty.clone(), items)
}

fn field(machine: &Machine<'_, '_>, value: &Value, at: usize) -> Value {
    match machine.object(value) {
        Some(Object::Record { fields, .. }) => fields.get(at).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

fn set_field(machine: &mut Machine<'_, '_>, call: &Call<'_>, at: usize) -> Value {
    if let Some(Object::Record { fields, .. }) = machine.heap().object_mut(call.get(0))
        && let Some(slot) = fields.get_mut(at)
    {
        *slot = call.get(1).clone();
    }
    Value::Null
}

/// Whether nulls are skipped, and whether the text is indented.
fn settings(machine: &Machine<'_, '_>, value: &Value) -> (bool, bool) {
    let is_one = |at| take::integer(&field(machine, value, at)) == Some(1);
    (is_one(0), is_one(1))
}

fn write(
    machine: &mut Machine<'_, '_>,
    value: &Value,
    indented: bool,
    skip_nulls: bool,
) -> Result<Value, Fault> {
    let token = serialize::serialize(machine, value, skip_nulls)?;
    let text = super::print(machine, &token, indented)?;
    machine.text(text)
}

fn read(machine: &mut Machine<'_, '_>, text: &str, ty: &Type) -> Result<Value, Fault> {
    if text.trim().is_empty() {
        return Ok(cast::default(ty));
    }
    let token = super::parse_converted(machine, text)?;
    serialize::from_token(machine, &token, ty)
}

fn gather(
    machine: &mut Machine<'_, '_>,
    call: &Call<'_>,
    part: fn(&mut Machine<'_, '_>, &Value) -> Result<Vec<Value>, Fault>,
) -> Result<Vec<Value>, Fault> {
    take::needed(call, 0, "source")?;
    let mut found = Vec::new();
    for token in sequence::items(machine, call.get(0))? {
        found.extend(part(machine, &token)?);
    }
    Ok(found)
}

/// `Values(source, key)`: without a key the children (or values) of each token, with one what the key finds.
fn values(machine: &mut Machine<'_, '_>, source: &Value, key: Option<&Value>) -> Result<Vec<Value>, Fault> {
    let mut found = Vec::new();
    for token in sequence::items(machine, source)? {
        match key {
            None => match tree::kind(machine, &token) {
                Some(
                    JsonKind::Value(_)
                    | JsonKind::Big(_)
                    | JsonKind::Raw(_)
                    | JsonKind::Undefined
                    | JsonKind::NullText,
                ) => {
                    found.push(token);
                }
                _ => found.extend(tree::children(machine, &token)),
            },
            Some(key) => {
                let arguments = [token, key.clone()];
                let value = super::tokens::index(machine, &Call { arguments: &arguments, types: &[] })?;
                if value != Value::Null {
                    found.push(value);
                }
            }
        }
    }
    Ok(found)
}
