//! `Newtonsoft.Json.Linq`: tokens as objects with parents.

use super::super::fault::Fault;
use super::super::machine::Machine;
use super::super::value::Value;
use crate::policy::Text;

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
    /// `JValue`: null, bool, long, ulong, decimal, double, string, date, guid, time span, uri or bytes.
    Value(Value),
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
            JsonKind::Raw(_) => {}
        }
    }
}

/// `JToken.Parse`: throws `JsonReaderException` in Newtonsoft's words.
pub fn parse(machine: &mut Machine<'_, '_>, text: &str) -> Result<Value, Fault> {
    let _ = (machine, text);
    Err(Fault::unsupported("JSON"))
}

/// The text of a token; `ToString(Formatting.Indented)` or `Formatting.None`.
pub fn print(machine: &mut Machine<'_, '_>, token: &Value, indented: bool) -> Result<String, Fault> {
    let _ = (machine, token, indented);
    Err(Fault::unsupported("JSON"))
}
