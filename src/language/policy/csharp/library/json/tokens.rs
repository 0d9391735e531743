//! Members of `JToken` and `JContainer`.

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::machine::{Call, Machine};
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::{Table, call, sequence, take};
use super::tree;
use super::{JsonKind, cast, merge, select, serialize, statics};

/// `JToken`
pub(super) const TABLE: Table = Table {
    class: Class::JToken,
    parameters: &[],
    rows: &[
        call("static JToken Parse(string json)", |machine, call| {
            let text = take::needed_text(call, 0, "s")?;
            super::parse(machine, &text)
        }),
        call("static JToken FromObject(object o)", from_object),
        call("static bool DeepEquals(JToken t1, JToken t2)", |machine, call| {
            merge::deep_equals(machine, call.get(0), call.get(1)).map(Value::Bool)
        }),
        call("static explicit operator string(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::String, true)
        }),
        call("static explicit operator Uri(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Uri, true)
        }),
        call("static explicit operator byte[](JToken value)", |machine, call| {
            serialize::from_token(machine, call.get(0), &Type::array(Type::BYTE))
        }),
        call("JToken this[object key] { get; }", index),
        call("JToken this[object key] { set; }", set_index),
        call("T Value<T>(object key)", |machine, call| {
            let found = index(machine, call)?;
            cast::as_type(machine, &found, call.ty(0))
        }),
        call("IEnumerable<T> Values<T>()", |machine, call| {
            let tokens = value_tokens(machine, call.get(0));
            statics::converted(machine, tokens, call.ty(0))
        }),
        call("JTokenType Type { get; }", |machine, call| {
            Ok(Value::Enum(Class::JTokenType, tree::token_type(machine, call.get(0)) as i32))
        }),
        call("bool HasValues { get; }", |machine, call| Ok(Value::Bool(tree::len(machine, call.get(0)) > 0))),
        call("JContainer Parent { get; }", |machine, call| Ok(tree::parent(machine, call.get(0)))),
        call("JToken Root { get; }", |machine, call| tree::root(machine, call.get(0))),
        call("string Path { get; }", |machine, call| {
            let path = tree::path(machine, call.get(0))?;
            machine.text(path)
        }),
        call("JToken First { get; }", |machine, call| child_at(machine, call, false)),
        call("JToken Last { get; }", |machine, call| child_at(machine, call, true)),
        call("JToken Next { get; }", |machine, call| {
            let next = tree::position(machine, call.get(0))
                .and_then(|(parent, at)| tree::children(machine, &parent).get(at.saturating_add(1)).cloned());
            Ok(next.unwrap_or(Value::Null))
        }),
        call("JToken Previous { get; }", |machine, call| {
            let previous = tree::position(machine, call.get(0))
                .and_then(|(parent, at)| tree::children(machine, &parent).get(at.checked_sub(1)?).cloned());
            Ok(previous.unwrap_or(Value::Null))
        }),
        call("JToken SelectToken(string path)", |machine, call| {
            let path = take::needed_text(call, 1, "expression")?;
            select::select_one(machine, call.get(0), &path, false)
        }),
        call("JToken SelectToken(string path, bool errorWhenNoMatch)", |machine, call| {
            let path = take::needed_text(call, 1, "expression")?;
            select::select_one(machine, call.get(0), &path, take::boolean(call, 2))
        }),
        call("IEnumerable<JToken> SelectTokens(string path)", select_tokens),
        call("IEnumerable<JToken> SelectTokens(string path, bool errorWhenNoMatch)", select_tokens),
        call("IJEnumerable<JToken> Children()", |machine, call| {
            let children = tree::children(machine, call.get(0));
            tokens(machine, children)
        }),
        call("IJEnumerable<T> Children<T>()", |machine, call| {
            let children = tree::children(machine, call.get(0));
            of_type(machine, children, call.ty(0))
        }),
        call("IEnumerable<JToken> Ancestors()", |machine, call| {
            let found = tree::ancestors(machine, call.get(0))?;
            tokens(machine, found)
        }),
        call("IEnumerable<JToken> AncestorsAndSelf()", |machine, call| {
            let mut found = vec![call.get(0).clone()];
            found.extend(tree::ancestors(machine, call.get(0))?);
            tokens(machine, found)
        }),
        call("IEnumerable<JToken> BeforeSelf()", |machine, call| siblings(machine, call, false)),
        call("IEnumerable<JToken> AfterSelf()", |machine, call| siblings(machine, call, true)),
        call("void AddAfterSelf(object content)", |machine, call| add_beside(machine, call, 1)),
        call("void AddBeforeSelf(object content)", |machine, call| add_beside(machine, call, 0)),
        call("void Remove()", |machine, call| {
            let (parent, at) = place(machine, call.get(0))?;
            tree::remove_at(machine, &parent, at)?;
            Ok(Value::Null)
        }),
        call("void Replace(JToken value)", |machine, call| {
            let (parent, at) = place(machine, call.get(0))?;
            tree::replace_at(machine, &parent, at, call.get(1).clone())?;
            Ok(Value::Null)
        }),
        call("JToken DeepClone()", |machine, call| tree::clone(machine, call.get(0))),
        call("T ToObject<T>()", |machine, call| serialize::from_token(machine, call.get(0), call.ty(0))),
        call("object ToObject(Type objectType)", |machine, call| {
            let class = match call.get(1) {
                Value::Type(class) => *class,
                _ => Class::Object,
            };
            serialize::from_token(machine, call.get(0), &Type::Plain(class))
        }),
        call("string ToString()", to_text),
        call("string ToString(Formatting formatting)", to_formatted),
        call("bool Equals(object obj)", |machine, call| {
            super::equal_values(machine, call.get(0), call.get(1)).map(Value::Bool)
        }),
        call("int GetHashCode()", |machine, call| {
            let text = super::print(machine, call.get(0), false)?;
            let hash = text.bytes().fold(5381_u32, |hash, b| hash.wrapping_mul(33) ^ u32::from(b));
            Ok(Value::Int(hash.cast_signed()))
        }),
        call("static explicit operator bool(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Bool, false)
        }),
        call("static explicit operator bool?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Bool, true)
        }),
        call("static explicit operator char(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Char, false)
        }),
        call("static explicit operator char?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Char, true)
        }),
        call("static explicit operator sbyte(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::SByte, false)
        }),
        call("static explicit operator sbyte?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::SByte, true)
        }),
        call("static explicit operator byte(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Byte, false)
        }),
        call("static explicit operator byte?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Byte, true)
        }),
        call("static explicit operator short(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Short, false)
        }),
        call("static explicit operator short?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Short, true)
        }),
        call("static explicit operator ushort(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::UShort, false)
        }),
        call("static explicit operator ushort?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::UShort, true)
        }),
        call("static explicit operator int(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Int, false)
        }),
        call("static explicit operator int?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Int, true)
        }),
        call("static explicit operator uint(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::UInt, false)
        }),
        call("static explicit operator uint?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::UInt, true)
        }),
        call("static explicit operator long(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Long, false)
        }),
        call("static explicit operator long?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Long, true)
        }),
        call("static explicit operator ulong(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::ULong, false)
        }),
        call("static explicit operator ulong?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::ULong, true)
        }),
        call("static explicit operator float(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Float, false)
        }),
        call("static explicit operator float?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Float, true)
        }),
        call("static explicit operator double(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Double, false)
        }),
        call("static explicit operator double?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Double, true)
        }),
        call("static explicit operator decimal(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Decimal, false)
        }),
        call("static explicit operator decimal?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Decimal, true)
        }),
        call("static explicit operator DateTime(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::DateTime, false)
        }),
        call("static explicit operator DateTime?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::DateTime, true)
        }),
        call("static explicit operator DateTimeOffset(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::DateTimeOffset, false)
        }),
        call("static explicit operator DateTimeOffset?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::DateTimeOffset, true)
        }),
        call("static explicit operator TimeSpan(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::TimeSpan, false)
        }),
        call("static explicit operator TimeSpan?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::TimeSpan, true)
        }),
        call("static explicit operator Guid(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Guid, false)
        }),
        call("static explicit operator Guid?(JToken value)", |machine, call| {
            cast::explicit(machine, call.get(0), Class::Guid, true)
        }),
        call("static implicit operator JToken(string value)", |machine, call| {
            tree::text(machine, call.get(0))
        }),
        call("static implicit operator JToken(bool value)", from_value),
        call("static implicit operator JToken(bool? value)", from_value),
        call("static implicit operator JToken(sbyte value)", from_value),
        call("static implicit operator JToken(sbyte? value)", from_value),
        call("static implicit operator JToken(byte value)", from_value),
        call("static implicit operator JToken(byte? value)", from_value),
        call("static implicit operator JToken(short value)", from_value),
        call("static implicit operator JToken(short? value)", from_value),
        call("static implicit operator JToken(ushort value)", from_value),
        call("static implicit operator JToken(ushort? value)", from_value),
        call("static implicit operator JToken(int value)", from_value),
        call("static implicit operator JToken(int? value)", from_value),
        call("static implicit operator JToken(uint value)", from_value),
        call("static implicit operator JToken(uint? value)", from_value),
        call("static implicit operator JToken(long value)", from_value),
        call("static implicit operator JToken(long? value)", from_value),
        call("static implicit operator JToken(ulong value)", from_value),
        call("static implicit operator JToken(ulong? value)", from_value),
        call("static implicit operator JToken(float value)", from_value),
        call("static implicit operator JToken(float? value)", from_value),
        call("static implicit operator JToken(double value)", from_value),
        call("static implicit operator JToken(double? value)", from_value),
        call("static implicit operator JToken(decimal value)", from_value),
        call("static implicit operator JToken(decimal? value)", from_value),
        call("static implicit operator JToken(DateTime value)", from_value),
        call("static implicit operator JToken(DateTime? value)", from_value),
        call("static implicit operator JToken(DateTimeOffset value)", from_value),
        call("static implicit operator JToken(DateTimeOffset? value)", from_value),
        call("static implicit operator JToken(TimeSpan value)", from_value),
        call("static implicit operator JToken(TimeSpan? value)", from_value),
        call("static implicit operator JToken(Guid value)", from_value),
        call("static implicit operator JToken(Guid? value)", from_value),
        call("static implicit operator JToken(byte[] value)", from_value),
        call("static implicit operator JToken(Uri value)", from_value),
    ],
    denied: &[
        "CreateReader",
        "WriteTo",
        "Load",
        "ReadFrom",
        "LoadAsync",
        "ReadFromAsync",
        "Annotation",
        "AddAnnotation",
    ],
};

/// `JContainer`
pub(super) const CONTAINER: Table = Table {
    class: Class::JContainer,
    parameters: &[],
    rows: &[
        call("int Count { get; }", |machine, call| Ok(take::count(tree::len(machine, call.get(0))))),
        call("void Add(object content)", |machine, call| {
            tree::add(machine, call.get(0), None, call.get(1))?;
            Ok(Value::Null)
        }),
        call("void AddFirst(object content)", |machine, call| {
            tree::add(machine, call.get(0), Some(0), call.get(1))?;
            Ok(Value::Null)
        }),
        call("void RemoveAll()", |machine, call| {
            tree::clear(machine, call.get(0))?;
            Ok(Value::Null)
        }),
        call("void ReplaceAll(object content)", |machine, call| {
            tree::clear(machine, call.get(0))?;
            tree::add(machine, call.get(0), None, call.get(1))?;
            Ok(Value::Null)
        }),
        call("void Merge(object content)", |machine, call| {
            merge::merge(machine, call.get(0), call.get(1), merge::Settings::default(), 0)?;
            Ok(Value::Null)
        }),
        call("void Merge(object content, JsonMergeSettings settings)", |machine, call| {
            let settings = statics::merge_settings(machine, call.get(2));
            merge::merge(machine, call.get(0), call.get(1), settings, 0)?;
            Ok(Value::Null)
        }),
        call("IEnumerable<JToken> Descendants()", |machine, call| {
            let found = tree::descendants(machine, call.get(0))?;
            tokens(machine, found)
        }),
        call("IEnumerable<JToken> DescendantsAndSelf()", |machine, call| {
            let mut found = vec![call.get(0).clone()];
            found.extend(tree::descendants(machine, call.get(0))?);
            tokens(machine, found)
        }),
    ],
    denied: &["CreateWriter"],
};

/// A sequence of tokens.
pub(super) fn tokens(machine: &mut Machine<'_, '_>, items: Vec<Value>) -> Result<Value, Fault> {
    sequence::list(machine, Class::IJEnumerable, Type::Plain(Class::JToken), items)
}

/// Those tokens that are of a class.
fn of_type(machine: &mut Machine<'_, '_>, items: Vec<Value>, ty: &Type) -> Result<Value, Fault> {
    let class = ty.class().unwrap_or(Class::JToken);
    let fits = |item: &Value| tree::node(machine, item).is_some_and(|node| node.class().derives_from(class));
    let items = items.into_iter().filter(fits).collect();
    sequence::list(machine, Class::IJEnumerable, ty.clone(), items)
}

fn from_value(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    tree::value(machine, statics::widened(call.get(0)))
}

pub(super) fn from_object(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    take::needed(call, 0, "o")?;
    serialize::to_token(machine, call.get(0))
}

/// `token[key]`
pub(super) fn index(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (token, key) = (call.get(0), take::needed(call, 1, "key")?);
    match (tree::kind(machine, token), key) {
        (Some(JsonKind::Object(_)), Value::Str(name)) => tree::get(machine, token, name),
        (Some(JsonKind::Array(items)), Value::Int(at)) => match usize::try_from(*at) {
            Ok(at) if at < items.len() => Ok(items.get(at).cloned().unwrap_or(Value::Null)),
            _ => Err(take::out_of_range("index")),
        },
        _ => Err(bad_key(machine, token, key, "Accessed")),
    }
}

/// `token[key] = value`
pub(super) fn set_index(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let (token, key, value) = (call.get(0), call.get(1), call.get(2).clone());
    match (tree::kind(machine, token), key) {
        (Some(JsonKind::Object(_)), Value::Str(name)) => {
            if let Some((_, property)) = tree::find(machine, token, |other| *other == **name)? {
                tree::set_property_value(machine, &property, value)?;
            } else {
                let property = tree::property(machine, name.clone(), value)?;
                tree::insert(machine, token, None, property)?;
            }
        }
        (Some(JsonKind::Array(_)), Value::Int(at)) => {
            let Ok(at) = usize::try_from(*at) else {
                return Err(take::argument_range("Index is less than 0.", "index"));
            };
            tree::replace_at(machine, token, at, value)?;
        }
        _ => return Err(bad_key(machine, token, key, "Set")),
    }
    Ok(Value::Null)
}

#[cold]
fn bad_key(machine: &Machine<'_, '_>, token: &Value, key: &Value, verb: &str) -> Fault {
    let shown = match key {
        Value::Null => "{null}".to_owned(),
        Value::Str(text) => format!("\"{text}\""),
        Value::Char(unit) => String::from_utf16_lossy(&[*unit]),
        other => match take::integer(other) {
            Some(number) => number.to_string(),
            None => take::type_of(machine, other).full_name(),
        },
    };
    match tree::kind(machine, token) {
        Some(JsonKind::Object(_)) => {
            let message = format!(
                "{verb} JObject values with invalid key value: {shown}. Object property name expected."
            );
            take::argument(message)
        }
        Some(JsonKind::Array(_)) => {
            let message =
                format!("{verb} JArray values with invalid key value: {shown}. Int32 array index expected.");
            take::argument(message)
        }
        _ => {
            let class = take::type_of(machine, token).full_name();
            let verb = if verb == "Set" { "set" } else { "access" };
            take::invalid(format!("Cannot {verb} child value on {class}."))
        }
    }
}

/// The tokens that `Values` converts: elements, or the values of properties.
fn value_tokens(machine: &Machine<'_, '_>, token: &Value) -> Vec<Value> {
    tree::children(machine, token)
}

fn child_at(machine: &mut Machine<'_, '_>, call: &Call<'_>, last: bool) -> Result<Value, Fault> {
    let token = call.get(0);
    let class = tree::node(machine, token).map_or(Class::JToken, super::JsonNode::class);
    if !class.derives_from(Class::JContainer) {
        return Err(take::invalid(format!("Cannot access child value on {}.", class.full_name())));
    }
    let children = tree::children(machine, token);
    let child = if last { children.last() } else { children.first() };
    Ok(child.cloned().unwrap_or(Value::Null))
}

fn select_tokens(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let path = take::needed_text(call, 1, "expression")?;
    let found = select::select(machine, call.get(0), &path, take::boolean(call, 2))?;
    tokens(machine, found)
}

fn siblings(machine: &mut Machine<'_, '_>, call: &Call<'_>, after: bool) -> Result<Value, Fault> {
    let found = match tree::position(machine, call.get(0)) {
        Some((parent, at)) => {
            let all = tree::children(machine, &parent).into_iter();
            if after { all.skip(at.saturating_add(1)).collect() } else { all.take(at).collect() }
        }
        None => Vec::new(),
    };
    tokens(machine, found)
}

fn place(machine: &Machine<'_, '_>, token: &Value) -> Result<(Value, usize), Fault> {
    tree::position(machine, token).ok_or_else(|| take::invalid("The parent is missing."))
}

fn add_beside(machine: &mut Machine<'_, '_>, call: &Call<'_>, offset: usize) -> Result<Value, Fault> {
    let (parent, at) = place(machine, call.get(0))?;
    tree::add(machine, &parent, Some(at.saturating_add(offset)), call.get(1))?;
    Ok(Value::Null)
}

fn to_text(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    super::display(machine, call.get(0)).map(Value::Str)
}

pub(super) fn to_formatted(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let text = super::print(machine, call.get(0), statics::is_indented(call.get(1)))?;
    machine.text(text)
}
