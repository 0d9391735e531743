//! `Newtonsoft.Json` and `Newtonsoft.Json.Linq`: tokens as objects with parents.
//!
//! Rules (Newtonsoft.Json 13, as its documentation and its source-compatible behaviour have it)
//! - Reading is lenient: comments, single quotes, bare names, trailing and doubled commas, NaN, numbers in
//!   octal and hexadecimal. Problems are `JsonReaderException`s with path, line and position. Nesting is
//!   bounded by 64.
//! - Integers are `long`, beyond that whole numbers of any size; other numbers are `double`.
//! - Strings that look like ISO dates become dates (`DateParseHandling.DateTime`), unless the switch
//!   `expr.json_dates` says that they stay text.
//! - A token that has a parent already is copied when it is added somewhere else.
//! - Lines of indented text end in `\n`.
//!
//! Not modelled: `JConstructor`, comments as tokens, line information, events, converters, schemas;
//! references between objects (`$ref`).

mod arrays;
mod cast;
mod dates;
mod enums;
mod merge;
mod objects;
mod path;
mod reader;
mod select;
mod serialize;
mod statics;
mod tokens;
mod tree;
mod values;
mod writer;

#[cfg(test)]
mod tests;

use super::super::fault::Fault;
use super::super::machine::Machine;
use super::super::value::Value;
use super::super::{Class, Text};
use super::{Table, common, take};

pub use cast::{as_type, explicit};
pub use serialize::{from_token, to_token};
pub use tree::{children, pairs};
pub use writer::print;

/// A token. Children and parents are references into the same heap.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct JsonNode {
    /// The token around it, or null.
    pub parent: Value,
    /// What it is.
    pub kind: JsonKind,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum JsonKind {
    /// `JObject`: its `JProperty` tokens, in order.
    Object(Vec<Value>),
    /// `JArray`: its tokens, in order.
    Array(Vec<Value>),
    /// `JProperty`: name and the token that is its value.
    Property(Text, Value),
    /// `JValue`: null, bool, any number, string, date, guid, time span, uri or bytes.
    Value(Value),
    /// `JValue` with a whole number that no `long` holds: its digits.
    Big(Text),
    /// `JValue` of type `Undefined`.
    Undefined,
    /// `JValue` of type `String` without one: what a null `string` becomes.
    NullText,
    /// `JRaw`
    Raw(Text),
}

impl JsonNode {
    /// Calls `visit` with every value that the token holds.
    pub fn each_value(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        visit(&mut self.parent);
        match &mut self.kind {
            JsonKind::Object(children) | JsonKind::Array(children) => children.iter_mut().for_each(visit),
            JsonKind::Property(_, value) | JsonKind::Value(value) => visit(value),
            JsonKind::Big(_) | JsonKind::Undefined | JsonKind::NullText | JsonKind::Raw(_) => {}
        }
    }

    /// Its class.
    pub const fn class(&self) -> Class {
        match self.kind {
            JsonKind::Object(_) => Class::JObject,
            JsonKind::Array(_) => Class::JArray,
            JsonKind::Property(..) => Class::JProperty,
            JsonKind::Value(_) | JsonKind::Big(_) | JsonKind::Undefined | JsonKind::NullText => Class::JValue,
            JsonKind::Raw(_) => Class::JRaw,
        }
    }
}

/// Members of the family.
pub const TABLES: &[Table] = &[
    tokens::TABLE,
    tokens::CONTAINER,
    objects::TABLE,
    objects::PROPERTY,
    arrays::TABLE,
    values::TABLE,
    values::RAW,
    statics::CONVERT,
    statics::EXTENSIONS,
    statics::SEQUENCES,
    statics::SETTINGS,
    statics::MERGE_SETTINGS,
    enums::TYPE,
    enums::FORMATTING,
    enums::NULLS,
    enums::MERGE,
];

/// `JToken.Parse`: throws `JsonReaderException` in Newtonsoft's words.
pub fn parse(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    reader::parse(machine, text, reader::Wanted::Token)
}

/// `JObject.Parse`
pub fn parse_object(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    reader::parse(machine, text, reader::Wanted::Object)
}

/// `JArray.Parse`
pub fn parse_array(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    reader::parse(machine, text, reader::Wanted::Array)
}

/// The token that `JsonConvert.DeserializeObject` reads.
fn parse_converted(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    reader::parse(machine, text, reader::Wanted::Converted)
}

/// `Equals` of tokens: `JValue`s by what they hold, others by identity.
pub fn equal_values(machine: &mut Machine<'_, '_>, a: &Value, b: &Value) -> Result<bool, Fault> {
    let is_value = |token: &Value| {
        tree::node(machine, token).is_some_and(|node| node.class().derives_from(Class::JValue))
    };
    if is_value(a) && is_value(b) { merge::deep_equals(machine, a, b) } else { Ok(take::same(a, b)) }
}

/// The order of two `JValue`s by what they hold; `None` when they have none.
pub fn order_values(machine: &Machine<'_, '_>, a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    select::order(machine, a, b)
}

/// What a `JValue` holds, as operators of `dynamic` see it; anything else as it is.
pub fn plain(machine: &Machine<'_, '_>, value: &Value) -> Value {
    match tree::kind(machine, value) {
        Some(JsonKind::Value(inner)) => inner.clone(),
        _ => value.clone(),
    }
}

/// `ToString()` of a token: the value's own text for a `JValue`, indented JSON for others.
pub fn display(machine: &mut Machine<'_, '_>, token: &Value) -> Result<Text, Fault> {
    match tree::node(machine, token).map(|node| &node.kind) {
        Some(JsonKind::Value(Value::Null) | JsonKind::Undefined | JsonKind::NullText) => Ok(Text::EMPTY),
        Some(JsonKind::Value(value)) => {
            let value = value.clone();
            common::display(machine, &value)
        }
        Some(JsonKind::Big(text) | JsonKind::Raw(text)) => Ok(text.clone()),
        _ => print(machine, token, true).map(Text::from),
    }
}
