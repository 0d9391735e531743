//! Reading JSON text as `JsonTextReader` does, straight into tokens.
//!
//! Errors carry the path to the last value begun, the line, and the number of UTF-16 units read in it.

use std::collections::BTreeMap;

use super::super::super::fault::Fault;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::super::super::{Class, Text};
use super::tree::{self, node_mut};
use super::{JsonKind, dates, path};
use crate::semantics::JsonDates;

pub(super) mod big;
mod scan;

/// Deepest nesting that is read: the default of `JsonReader.MaxDepth`.
const MAX_DEPTH: usize = 64;

/// What the text must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Token,
    Object,
    Array,
    /// Anything, for `JsonConvert.DeserializeObject`, which has words of its own for a text that ends early.
    Converted,
}

impl Wanted {
    const fn class(self) -> &'static str {
        match self {
            Self::Token | Self::Converted => "JToken",
            Self::Object => "JObject",
            Self::Array => "JArray",
        }
    }
}

/// A container under way.
struct Scope {
    /// Name of the last property read; `None` in an array.
    name: Option<Text>,
    is_array: bool,
    /// Index of the last value begun, in an array.
    index: i64,
    /// Nothing has been read in it yet.
    fresh: bool,
}

/// The reader: a position in the text and the containers around it.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    line_start: usize,
    scopes: Vec<Scope>,
    begun: bool,
    dates: bool,
    converts: bool,
}

/// A value, or why there is none.
enum Read {
    Token(Value),
    /// `]`, read.
    EndArray,
    /// End of the text.
    End,
}

/// `JToken.Parse` and its relatives.
pub(super) fn parse(machine: &mut Machine<'_, '_>, text: &str, wanted: Wanted) -> Result<Value, Fault> {
    machine.pay(text.len())?;
    let dates = machine.scope.semantics.expr_json_dates == JsonDates::Parsed;
    let mut reader = Reader {
        text,
        at: 0,
        line: 1,
        line_start: 0,
        scopes: Vec::new(),
        begun: false,
        dates,
        converts: wanted == Wanted::Converted,
    };
    let token = reader.root(machine, wanted)?;
    reader.skip_blank();
    while reader.peek() == Some(b'/') {
        reader.comment()?;
        reader.skip_blank();
    }
    match reader.next_char() {
        None => Ok(token),
        Some(c) => {
            Err(reader
                .error(&format!("Additional text encountered after finished reading JSON content: {c}")))
        }
    }
}

impl Reader<'_> {
    fn root(&mut self, machine: &mut Machine<'_, '_>, wanted: Wanted) -> Result<Value, Fault> {
        self.skip_space()?;
        let class = wanted.class();
        let first = self.peek();
        if first.is_none() {
            return Err(self.error(&format!("Error reading {class} from JsonReader")));
        }
        let fits = match wanted {
            Wanted::Token | Wanted::Converted => true,
            Wanted::Object => first == Some(b'{'),
            Wanted::Array => first == Some(b'['),
        };
        if !fits {
            let name = match first {
                Some(b'{') => {
                    self.bump();
                    "StartObject"
                }
                Some(b'[') => {
                    self.bump();
                    "StartArray"
                }
                _ => match self.value(machine)? {
                    Read::Token(token) => match tree::token_type(machine, &token) {
                        tree::TokenType::Boolean => "Boolean",
                        tree::TokenType::Null => "Null",
                        tree::TokenType::Integer => "Integer",
                        tree::TokenType::Float => "Float",
                        tree::TokenType::Date => "Date",
                        tree::TokenType::Undefined => "Undefined",
                        _ => "String",
                    },
                    Read::EndArray | Read::End => "EndArray",
                },
            };
            let what = if wanted == Wanted::Object { "an object" } else { "an array" };
            return Err(self.error(&format!(
                "Error reading {class} from JsonReader. Current JsonReader item is not {what}: {name}"
            )));
        }
        match self.value(machine)? {
            Read::Token(token) => Ok(token),
            Read::EndArray => Err(self.error("JsonToken EndArray is not valid for closing JsonType None")),
            Read::End => Err(self.error(&format!("Error reading {class} from JsonReader"))),
        }
    }

    /// A value, where one is expected.
    fn value(&mut self, machine: &mut Machine<'_, '_>) -> Result<Read, Fault> {
        self.skip_space()?;
        let Some(c) = self.next_char() else { return Ok(Read::End) };
        let token = match c {
            '"' | '\'' => {
                let text = self.string(c)?;
                self.enter();
                let date = if self.dates { dates::parse(&text) } else { None };
                let value = match date {
                    Some(date) => date,
                    None => machine.text(text)?,
                };
                tree::value(machine, value)?
            }
            '{' => {
                self.open(false)?;
                return self.object(machine).map(Read::Token);
            }
            '[' => {
                self.open(true)?;
                return self.array(machine).map(Read::Token);
            }
            ']' => {
                self.bump();
                return Ok(Read::EndArray);
            }
            ',' => {
                self.enter();
                tree::make(machine, JsonKind::Undefined)?
            }
            't' => self.word(machine, "true", "boolean", JsonKind::Value(Value::Bool(true)))?,
            'f' => self.word(machine, "false", "boolean", JsonKind::Value(Value::Bool(false)))?,
            'n' => match self.peek_at(1) {
                Some(b'u') => self.word(machine, "null", "null", JsonKind::Value(Value::Null))?,
                Some(b'e') => return Err(Fault::unsupported("a JSON constructor")),
                Some(_) => {
                    return Err(self.error("Unexpected character encountered while parsing value: n"));
                }
                None => {
                    self.bump();
                    return Err(self.error("Unexpected end when reading JSON"));
                }
            },
            'u' => self.word(machine, "undefined", "undefined", JsonKind::Undefined)?,
            'N' => self.word(machine, "NaN", "NaN", JsonKind::Value(Value::from(f64::NAN)))?,
            'I' => self.word(machine, "Infinity", "Infinity", JsonKind::Value(Value::from(f64::INFINITY)))?,
            '-' if self.peek_at(1) == Some(b'I') => {
                let value = Value::from(f64::NEG_INFINITY);
                self.word(machine, "-Infinity", "-Infinity", JsonKind::Value(value))?
            }
            '0'..='9' | '-' | '.' => {
                let kind = self.number()?;
                tree::make(machine, kind)?
            }
            other => {
                return Err(
                    self.error(&format!("Unexpected character encountered while parsing value: {other}"))
                );
            }
        };
        Ok(Read::Token(token))
    }

    /// Counts a value in the array around it, once it has begun.
    fn enter(&mut self) {
        self.begun = true;
        if let Some(scope) = self.scopes.last_mut() {
            scope.fresh = false;
            scope.index = scope.index.saturating_add(i64::from(scope.is_array));
        }
    }

    fn open(&mut self, is_array: bool) -> Result<(), Fault> {
        self.bump();
        self.enter();
        if self.scopes.len() >= MAX_DEPTH {
            return Err(self.error("The reader's MaxDepth of 64 has been exceeded"));
        }
        self.scopes.push(Scope { name: None, is_array, index: -1, fresh: true });
        Ok(())
    }

    fn array(&mut self, machine: &mut Machine<'_, '_>) -> Result<Value, Fault> {
        let made = tree::make(machine, JsonKind::Array(Vec::new()))?;
        let mut items = Vec::new();
        loop {
            match self.value(machine)? {
                Read::Token(token) => {
                    set_parent(machine, &token, &made);
                    items.push(token);
                    if self.after_value(']')? {
                        break;
                    }
                }
                Read::EndArray => break,
                Read::End => return Err(self.end_inside("JArray")),
            }
        }
        self.scopes.pop();
        if let Some(node) = node_mut(machine, &made) {
            node.kind = JsonKind::Array(items);
        }
        Ok(made)
    }

    fn object(&mut self, machine: &mut Machine<'_, '_>) -> Result<Value, Fault> {
        let made = tree::make(machine, JsonKind::Object(Vec::new()))?;
        let mut items: Vec<Value> = Vec::new();
        let mut places: BTreeMap<Text, usize> = BTreeMap::new();
        loop {
            self.skip_space()?;
            match self.peek() {
                None => return Err(self.end_inside("JObject")),
                Some(b'}') => {
                    self.bump();
                    break;
                }
                Some(_) => {}
            }
            let name = Text::from(self.property_name()?);
            machine.pay(name.len())?;
            if let Some(scope) = self.scopes.last_mut() {
                scope.name = Some(name.clone());
                scope.fresh = false;
            }
            let value = match self.value(machine)? {
                Read::Token(token) => token,
                Read::EndArray => {
                    self.scopes.pop();
                    return Err(self.error("JsonToken EndArray is not valid for closing JsonType Object"));
                }
                Read::End => return Err(self.end_inside("JObject")),
            };
            let property = tree::make(machine, JsonKind::Property(name.clone(), value.clone()))?;
            set_parent(machine, &value, &property);
            set_parent(machine, &property, &made);
            if let Some(slot) = places.get(&name).and_then(|at| items.get_mut(*at)) {
                *slot = property;
            } else {
                places.insert(name, items.len());
                items.push(property);
            }
            if self.after_value('}')? {
                break;
            }
        }
        self.scopes.pop();
        if let Some(node) = node_mut(machine, &made) {
            node.kind = JsonKind::Object(items);
        }
        Ok(made)
    }

    /// What follows a value in a container: true when it ends.
    fn after_value(&mut self, end: char) -> Result<bool, Fault> {
        self.skip_space()?;
        match self.next_char() {
            None => Err(self.end_inside(if end == '}' { "JObject" } else { "JArray" })),
            Some(',') => {
                self.bump();
                Ok(false)
            }
            Some(c) if c == end => {
                self.bump();
                Ok(true)
            }
            Some(c @ ('}' | ']')) => {
                self.bump();
                self.scopes.pop();
                let (token, kind) = if c == '}' { ("EndObject", "Array") } else { ("EndArray", "Object") };
                Err(self.error(&format!("JsonToken {token} is not valid for closing JsonType {kind}")))
            }
            Some(c) => {
                Err(self
                    .error(&format!("After parsing a value an unexpected character was encountered: {c}")))
            }
        }
    }

    /// The error of a text that ends inside of a container: named after the outermost one.
    fn end_inside(&self, innermost: &str) -> Fault {
        let outermost = match self.scopes.first() {
            Some(scope) if scope.is_array => "JArray",
            Some(_) => "JObject",
            None => innermost,
        };
        if self.converts {
            let what = if outermost == "JArray" { "array" } else { "object" };
            let fault = self.error(&format!("Unexpected end when deserializing {what}"));
            return Fault::new(Class::JsonSerializationException, fault.message().clone());
        }
        if let [only] = self.scopes.as_slice()
            && only.fresh
        {
            return self.error(&format!("Error reading {outermost} from JsonReader"));
        }
        self.error(&format!("Unexpected end of content while loading {outermost}"))
    }

    /// `JsonReaderException` here.
    #[cold]
    fn error(&self, message: &str) -> Fault {
        let line_text = self.text.get(self.line_start..self.at).unwrap_or_default();
        let column = line_text.encode_utf16().count();
        let line = if !self.begun && column == 0 { 0 } else { self.line };
        let mut place = String::new();
        let inside = self.scopes.last().is_some_and(|scope| !scope.fresh);
        let shown = if inside { self.scopes.len() } else { self.scopes.len().saturating_sub(1) };
        for scope in self.scopes.iter().take(shown) {
            match &scope.name {
                Some(name) => path::push_name(&mut place, name),
                None => place.push_str(&format!("[{}]", scope.index)),
            }
        }
        let dot = if message.ends_with('.') { "" } else { "." };
        let message = format!("{message}{dot} Path '{place}', line {line}, position {column}.");
        Fault::new(Class::JsonReaderException, message)
    }
}

fn set_parent(machine: &mut Machine<'_, '_>, token: &Value, parent: &Value) {
    if let Some(node) = node_mut(machine, token) {
        node.parent = parent.clone();
    }
}
