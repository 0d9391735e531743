//! The tree of tokens in the heap: reading it, and the only functions that change it.

use super::super::super::fault::{Fault, FaultKind};
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::super::{Class, Text};
use super::super::{sequence, take};
use super::{JsonKind, JsonNode};

/// Deepest tree that is walked. Reading stops at 64; code can build deeper ones.
pub(super) const MAX_NESTING: u32 = 500;

/// Type of a token (`JTokenType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum TokenType {
    Object = 1,
    Array = 2,
    Property = 4,
    Integer = 6,
    Float = 7,
    String = 8,
    Boolean = 9,
    Null = 10,
    Undefined = 11,
    Date = 12,
    Raw = 13,
    Bytes = 14,
    Guid = 15,
    Uri = 16,
    TimeSpan = 17,
}

impl TokenType {
    /// As the enumeration prints it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Object => "Object",
            Self::Array => "Array",
            Self::Property => "Property",
            Self::Integer => "Integer",
            Self::Float => "Float",
            Self::String => "String",
            Self::Boolean => "Boolean",
            Self::Null => "Null",
            Self::Undefined => "Undefined",
            Self::Date => "Date",
            Self::Raw => "Raw",
            Self::Bytes => "Bytes",
            Self::Guid => "Guid",
            Self::Uri => "Uri",
            Self::TimeSpan => "TimeSpan",
        }
    }
}

/// The fault of trees that are too deep.
#[cold]
pub(super) fn too_deep() -> Fault {
    Fault::of(FaultKind::Depth, "the JSON is nested too deeply")
}

/// The token that `value` refers to.
pub(super) fn node<'m>(machine: &'m Machine<'_, '_>, value: &Value) -> Option<&'m JsonNode> {
    match machine.object(value) {
        Some(Object::Json(node)) => Some(node),
        _ => None,
    }
}

/// The token that `value` refers to, to change it.
pub(super) fn node_mut<'m>(machine: &'m mut Machine<'_, '_>, value: &Value) -> Option<&'m mut JsonNode> {
    match machine.heap().object_mut(value) {
        Some(Object::Json(node)) => Some(node),
        _ => None,
    }
}

/// What kind of token `value` is.
pub(super) fn kind<'m>(machine: &'m Machine<'_, '_>, value: &Value) -> Option<&'m JsonKind> {
    node(machine, value).map(|node| &node.kind)
}

/// A new token without parent. Children given with it must be attached by the caller.
pub(super) fn make(machine: &mut Machine<'_, '_>, kind: JsonKind) -> Result<Value, Fault> {
    machine.add(Object::Json(JsonNode { parent: Value::Null, kind }))
}

/// A new `JValue`.
pub(super) fn value(machine: &mut Machine<'_, '_>, value: Value) -> Result<Value, Fault> {
    make(machine, JsonKind::Value(value))
}

/// A new `JValue` of type `String`, which null is too.
pub(super) fn text(machine: &mut Machine<'_, '_>, text: &Value) -> Result<Value, Fault> {
    match text {
        Value::Null => make(machine, JsonKind::NullText),
        text => value(machine, text.clone()),
    }
}

/// A new `JProperty` around a token.
pub(super) fn property(machine: &mut Machine<'_, '_>, name: Text, token: Value) -> Result<Value, Fault> {
    let made = make(machine, JsonKind::Property(name, Value::Null))?;
    set_property_value(machine, &made, token)?;
    Ok(made)
}

/// The type of a token.
pub(super) fn token_type(machine: &Machine<'_, '_>, token: &Value) -> TokenType {
    match kind(machine, token) {
        Some(JsonKind::Object(_)) => TokenType::Object,
        Some(JsonKind::Array(_)) => TokenType::Array,
        Some(JsonKind::Property(..)) => TokenType::Property,
        Some(JsonKind::Value(value)) => value_type(machine, value).unwrap_or(TokenType::Undefined),
        Some(JsonKind::Big(_)) => TokenType::Integer,
        Some(JsonKind::NullText) => TokenType::String,
        Some(JsonKind::Raw(_)) => TokenType::Raw,
        Some(JsonKind::Undefined) | None => TokenType::Undefined,
    }
}

/// The type of a `JValue` with this value; `None` when it cannot be one.
pub(super) fn value_type(machine: &Machine<'_, '_>, value: &Value) -> Option<TokenType> {
    Some(match value {
        Value::Null => TokenType::Null,
        Value::Bool(_) => TokenType::Boolean,
        Value::Char(_) | Value::Str(_) => TokenType::String,
        Value::SByte(_)
        | Value::Byte(_)
        | Value::Short(_)
        | Value::UShort(_)
        | Value::Int(_)
        | Value::UInt(_)
        | Value::Long(_)
        | Value::ULong(_)
        | Value::Enum(..) => TokenType::Integer,
        Value::Float(_) | Value::Double(_) | Value::Decimal(_) => TokenType::Float,
        Value::DateTime(_) | Value::DateTimeOffset(_) => TokenType::Date,
        Value::TimeSpan(_) => TokenType::TimeSpan,
        Value::Guid(_) => TokenType::Guid,
        Value::Type(_) | Value::Host(_) => return None,
        Value::Ref(_) => match machine.object(value) {
            Some(Object::Uri(_)) => TokenType::Uri,
            Some(Object::Array { element, .. }) if *element == Type::BYTE => TokenType::Bytes,
            _ => return None,
        },
    })
}

/// The tokens inside: properties of an object, elements of an array, the value of a property.
pub fn children(machine: &Machine<'_, '_>, token: &Value) -> Vec<Value> {
    match kind(machine, token) {
        Some(JsonKind::Object(children) | JsonKind::Array(children)) => children.clone(),
        Some(JsonKind::Property(_, value)) => vec![value.clone()],
        _ => Vec::new(),
    }
}

/// Number of tokens inside.
pub(super) fn len(machine: &Machine<'_, '_>, token: &Value) -> usize {
    match kind(machine, token) {
        Some(JsonKind::Object(children) | JsonKind::Array(children)) => children.len(),
        Some(JsonKind::Property(..)) => 1,
        _ => 0,
    }
}

/// Names and values of an object, in order.
pub(super) fn entries(machine: &Machine<'_, '_>, token: &Value) -> Vec<(Text, Value)> {
    let Some(JsonKind::Object(children)) = kind(machine, token) else { return Vec::new() };
    let entries = children.iter().filter_map(|child| match kind(machine, child) {
        Some(JsonKind::Property(name, value)) => Some((name.clone(), value.clone())),
        _ => None,
    });
    entries.collect()
}

/// An object as `KeyValuePair<string, JToken>`s: what `foreach` over a `JObject` gives.
pub fn pairs(machine: &mut Machine<'_, '_>, token: &Value) -> Result<Vec<Value>, Fault> {
    let mut pairs = Vec::new();
    for (name, value) in entries(machine, token) {
        let types = Box::new((Type::STRING, Type::Plain(Class::JToken)));
        pairs.push(machine.add(Object::Pair { types, entry: Box::new((Value::Str(name), value)) })?);
    }
    Ok(pairs)
}

/// The property of an object by its name, and its place.
pub(super) fn find(
    machine: &mut Machine<'_, '_>,
    object: &Value,
    same: impl Fn(&str) -> bool,
) -> Result<Option<(usize, Value)>, Fault> {
    let Some(JsonKind::Object(children)) = kind(machine, object) else { return Ok(None) };
    let found = children
        .iter()
        .position(|child| matches!(kind(machine, child), Some(JsonKind::Property(name, _)) if same(name)));
    let visited = found.unwrap_or(children.len()) as u64;
    let found = found.and_then(|at| Some((at, children.get(at)?.clone())));
    machine.spend(visited)?;
    Ok(found)
}

/// The value of an object's property.
pub(super) fn get(machine: &mut Machine<'_, '_>, object: &Value, name: &str) -> Result<Value, Fault> {
    let found = find(machine, object, |other| other == name)?;
    Ok(found.map_or(Value::Null, |(_, property)| property_value(machine, &property)))
}

/// The token in a property.
pub(super) fn property_value(machine: &Machine<'_, '_>, property: &Value) -> Value {
    match kind(machine, property) {
        Some(JsonKind::Property(_, value)) => value.clone(),
        _ => Value::Null,
    }
}

/// The token around, or null.
pub(super) fn parent(machine: &Machine<'_, '_>, token: &Value) -> Value {
    node(machine, token).map_or(Value::Null, |node| node.parent.clone())
}

/// The place of a token among its siblings.
pub(super) fn position(machine: &Machine<'_, '_>, token: &Value) -> Option<(Value, usize)> {
    let parent = parent(machine, token);
    let at = match kind(machine, &parent)? {
        JsonKind::Object(children) | JsonKind::Array(children) => {
            children.iter().position(|child| take::same(child, token))?
        }
        JsonKind::Property(..) => 0,
        _ => return None,
    };
    Some((parent, at))
}

/// The ancestors, nearest first.
pub(super) fn ancestors(machine: &mut Machine<'_, '_>, token: &Value) -> Result<Vec<Value>, Fault> {
    let mut found = Vec::new();
    let mut next = parent(machine, token);
    while next != Value::Null {
        machine.spend(1)?;
        found.push(next.clone());
        next = parent(machine, &next);
    }
    Ok(found)
}

/// The outermost token.
pub(super) fn root(machine: &mut Machine<'_, '_>, token: &Value) -> Result<Value, Fault> {
    Ok(ancestors(machine, token)?.pop().unwrap_or_else(|| token.clone()))
}

/// All tokens inside, each before what it holds.
pub(super) fn descendants(machine: &mut Machine<'_, '_>, token: &Value) -> Result<Vec<Value>, Fault> {
    let mut found = Vec::new();
    let mut stack: Vec<Value> = children(machine, token);
    stack.reverse();
    while let Some(next) = stack.pop() {
        machine.pay(32)?;
        let inner = children(machine, &next);
        found.push(next);
        stack.extend(inner.into_iter().rev());
    }
    Ok(found)
}

/// A deep copy without parent.
pub(super) fn clone(machine: &mut Machine<'_, '_>, token: &Value) -> Result<Value, Fault> {
    clone_at(machine, token, 0)
}

fn clone_at(machine: &mut Machine<'_, '_>, token: &Value, depth: u32) -> Result<Value, Fault> {
    if depth > MAX_NESTING {
        return Err(too_deep());
    }
    let Some(kind) = kind(machine, token).cloned() else { return Ok(Value::Null) };
    let deeper = depth.saturating_add(1);
    let (kind, inner) = match kind {
        JsonKind::Object(children) => {
            let copies = clone_all(machine, &children, deeper)?;
            (JsonKind::Object(copies.clone()), copies)
        }
        JsonKind::Array(children) => {
            let copies = clone_all(machine, &children, deeper)?;
            (JsonKind::Array(copies.clone()), copies)
        }
        JsonKind::Property(name, value) => {
            let copy = clone_at(machine, &value, deeper)?;
            (JsonKind::Property(name, copy.clone()), vec![copy])
        }
        plain => (plain, Vec::new()),
    };
    let made = make(machine, kind)?;
    for child in inner {
        if let Some(node) = node_mut(machine, &child) {
            node.parent = made.clone();
        }
    }
    Ok(made)
}

fn clone_all(machine: &mut Machine<'_, '_>, tokens: &[Value], depth: u32) -> Result<Vec<Value>, Fault> {
    tokens.iter().map(|token| clone_at(machine, token, depth)).collect()
}

/// A token for something that is put into the tree: itself, or a `JValue`.
pub(super) fn content(machine: &mut Machine<'_, '_>, item: &Value) -> Result<Value, Fault> {
    if node(machine, item).is_some() {
        return Ok(item.clone());
    }
    if matches!(item, Value::Char(_)) || value_type(machine, item).is_none() {
        let name = take::type_of(machine, item).full_name();
        return Err(take::argument(format!("Could not determine JSON object type for type {name}.")));
    }
    value(machine, item.clone())
}

/// Whether something is put in element by element: sequences other than strings, tokens and bytes.
pub(super) fn is_many(machine: &Machine<'_, '_>, item: &Value) -> bool {
    match machine.object(item) {
        Some(Object::Array { element, .. }) => *element != Type::BYTE,
        Some(
            Object::List { .. }
            | Object::Ordered { .. }
            | Object::Map { .. }
            | Object::SortedMap { .. }
            | Object::Set { .. }
            | Object::Grouping { .. },
        ) => true,
        _ => false,
    }
}

/// `Add(object)`: adds a token, a value, or the elements of a sequence, at a place or at the end.
pub(super) fn add(
    machine: &mut Machine<'_, '_>,
    container: &Value,
    mut at: Option<usize>,
    item: &Value,
) -> Result<(), Fault> {
    if !is_many(machine, item) {
        let token = content(machine, item)?;
        return insert(machine, container, at, token);
    }
    for item in sequence::items(machine, item)? {
        add_one(machine, container, at, &item)?;
        at = at.map(|at| at.saturating_add(1));
    }
    Ok(())
}

fn add_one(
    machine: &mut Machine<'_, '_>,
    container: &Value,
    at: Option<usize>,
    item: &Value,
) -> Result<(), Fault> {
    if !is_many(machine, item) {
        let token = content(machine, item)?;
        return insert(machine, container, at, token);
    }
    // A sequence in a sequence: one level is what code uses; deeper ones are flattened the same way.
    let mut stack = vec![item.clone()];
    let mut flat = Vec::new();
    while let Some(next) = stack.pop() {
        machine.pay(32)?;
        if is_many(machine, &next) {
            stack.extend(sequence::items(machine, &next)?.into_iter().rev());
        } else {
            flat.push(next);
        }
    }
    for (offset, item) in flat.into_iter().enumerate() {
        let token = content(machine, &item)?;
        insert(machine, container, at.map(|at| at.saturating_add(offset)), token)?;
    }
    Ok(())
}

/// The token itself, or a copy when it stands in a tree already.
fn free(machine: &mut Machine<'_, '_>, container: &Value, token: Value) -> Result<Value, Fault> {
    let token = if token == Value::Null { value(machine, Value::Null)? } else { token };
    let taken = parent(machine, &token) != Value::Null
        || take::same(&token, container)
        || (len(machine, &token) > 0 && take::same(&root(machine, container)?, &token));
    if taken { clone(machine, &token) } else { Ok(token) }
}

/// Puts a token into a container, at a place or at the end.
pub(super) fn insert(
    machine: &mut Machine<'_, '_>,
    container: &Value,
    at: Option<usize>,
    token: Value,
) -> Result<(), Fault> {
    let token = free(machine, container, token)?;
    validate(machine, container, &token, None)?;
    let count = len(machine, container);
    if at.is_some_and(|at| at > count) {
        return Err(take::argument_range("Index must be within the bounds of the List.", "index"));
    }
    machine.pay(32)?;
    if let Some(JsonKind::Object(children) | JsonKind::Array(children)) =
        node_mut(machine, container).map(|node| &mut node.kind)
    {
        children.insert(at.unwrap_or(count).min(count), token.clone());
    }
    if let Some(node) = node_mut(machine, &token) {
        node.parent = container.clone();
    }
    Ok(())
}

/// Whether the container takes the token; `old` is what it would replace.
fn validate(
    machine: &mut Machine<'_, '_>,
    container: &Value,
    token: &Value,
    old: Option<&Value>,
) -> Result<(), Fault> {
    let is_property = token_type(machine, token) == TokenType::Property;
    let wrong = match token_type(machine, container) {
        TokenType::Object => !is_property,
        TokenType::Array => is_property,
        _ => {
            let message = "Newtonsoft.Json.Linq.JProperty cannot have multiple values.";
            return Err(Fault::new(Class::JsonException, message));
        }
    };
    if wrong {
        let (token, container) = (take::type_of(machine, token), take::type_of(machine, container));
        let message = format!("Can not add {} to {}.", token.full_name(), container.full_name());
        return Err(take::argument(message));
    }
    if let Some(JsonKind::Property(name, _)) = kind(machine, token) {
        let name = name.clone();
        let twin = find(machine, container, |other| *other == *name)?;
        if twin.is_some_and(|(_, twin)| old.is_none_or(|old| !take::same(old, &twin))) {
            return Err(take::argument(format!(
                "Can not add property {name} to Newtonsoft.Json.Linq.JObject. Property with the same name \
                 already exists on object."
            )));
        }
    }
    Ok(())
}

/// Replaces the child at a place.
pub(super) fn replace_at(
    machine: &mut Machine<'_, '_>,
    container: &Value,
    at: usize,
    token: Value,
) -> Result<(), Fault> {
    if token_type(machine, container) == TokenType::Property {
        return set_property_value(machine, container, token);
    }
    let Some(old) = children(machine, container).get(at).cloned() else {
        return Err(take::argument_range("Index is equal to or greater than Count.", "index"));
    };
    if take::same(&old, &token) {
        return Ok(());
    }
    let token = free(machine, container, token)?;
    validate(machine, container, &token, Some(&old))?;
    if let Some(JsonKind::Object(children) | JsonKind::Array(children)) =
        node_mut(machine, container).map(|node| &mut node.kind)
        && let Some(slot) = children.get_mut(at)
    {
        *slot = token.clone();
    }
    reparent(machine, container, &old, &token);
    Ok(())
}

/// `JProperty.Value = token`
pub(super) fn set_property_value(
    machine: &mut Machine<'_, '_>,
    property: &Value,
    token: Value,
) -> Result<(), Fault> {
    let old = property_value(machine, property);
    if take::same(&old, &token) {
        return Ok(());
    }
    let token = free(machine, property, token)?;
    if token_type(machine, &token) == TokenType::Property {
        let name = "Newtonsoft.Json.Linq.JProperty";
        return Err(take::argument(format!("Can not add {name} to {name}.")));
    }
    if let Some(JsonKind::Property(_, slot)) = node_mut(machine, property).map(|node| &mut node.kind) {
        *slot = token.clone();
    }
    reparent(machine, property, &old, &token);
    Ok(())
}

fn reparent(machine: &mut Machine<'_, '_>, container: &Value, old: &Value, new: &Value) {
    if let Some(node) = node_mut(machine, old) {
        node.parent = Value::Null;
    }
    if let Some(node) = node_mut(machine, new) {
        node.parent = container.clone();
    }
}

/// Takes the child at a place out.
pub(super) fn remove_at(machine: &mut Machine<'_, '_>, container: &Value, at: usize) -> Result<(), Fault> {
    let removed = match node_mut(machine, container).map(|node| &mut node.kind) {
        Some(JsonKind::Object(children) | JsonKind::Array(children)) if at < children.len() => {
            Some(children.remove(at))
        }
        Some(JsonKind::Property(..)) => {
            let message = "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.";
            return Err(Fault::new(Class::JsonException, message));
        }
        _ => None,
    };
    let Some(removed) = removed else {
        return Err(take::argument_range("Index is equal to or greater than Count.", "index"));
    };
    if let Some(node) = node_mut(machine, &removed) {
        node.parent = Value::Null;
    }
    Ok(())
}

/// Takes all children out.
pub(super) fn clear(machine: &mut Machine<'_, '_>, container: &Value) -> Result<(), Fault> {
    let removed = match node_mut(machine, container).map(|node| &mut node.kind) {
        Some(JsonKind::Object(children) | JsonKind::Array(children)) => std::mem::take(children),
        Some(JsonKind::Property(..)) => {
            let message = "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.";
            return Err(Fault::new(Class::JsonException, message));
        }
        _ => Vec::new(),
    };
    for token in removed {
        if let Some(node) = node_mut(machine, &token) {
            node.parent = Value::Null;
        }
    }
    Ok(())
}

/// `JToken.Path`
pub(super) fn path(machine: &mut Machine<'_, '_>, token: &Value) -> Result<String, Fault> {
    let mut chain = ancestors(machine, token)?;
    chain.reverse();
    chain.push(token.clone());
    let mut path = String::new();
    for (at, step) in chain.iter().enumerate() {
        match kind(machine, step) {
            Some(JsonKind::Property(name, _)) => super::path::push_name(&mut path, name),
            _ if at > 0 => {
                if let Some((parent, index)) = position(machine, step)
                    && token_type(machine, &parent) == TokenType::Array
                {
                    path.push_str(&format!("[{index}]"));
                }
            }
            _ => {}
        }
        machine.pay(path.len())?;
    }
    Ok(path)
}
