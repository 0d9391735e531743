//! Properties of a resource as a tree to print: without places, brought into the types of the schema.

use std::sync::Arc;

use crate::tree::check::Dialect;
use crate::tree::json::{Node, Value};

/// A value to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `true` or `false`
    Bool(bool),
    /// As JSON writes it.
    Number(String),
    /// A text.
    Text(String),
    /// The id of the backend with this name.
    Id(Arc<str>),
    /// A value that the source leaves to its deployment: place in [`Bundle::open`](super::Bundle).
    Open(usize),
    /// Elements in order.
    List(Vec<Self>),
    /// Members in order.
    Object(Vec<(String, Self)>),
}

/// A value that the source leaves to its deployment: a parameter of what is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Words that its name is made of: the backend and the way to the property.
    pub words: String,
    /// Its type.
    pub kind: OpenKind,
    /// Whether it may be a secret.
    pub is_secret: bool,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenKind {
    /// A text.
    Text,
    /// `true` or `false`
    Flag,
    /// An object.
    Object,
}

/// Whole numbers of the schema, which files may write as texts.
const INTEGERS: [&str; 7] = ["count", "percentage", "min", "max", "statusCode", "priority", "weight"];
/// Flags of the schema, which files may write as texts.
const FLAGS: [&str; 3] = ["acceptRetryAfter", "validateCertificateChain", "validateCertificateName"];
/// Objects of the schema that routing does not look into.
const OBJECTS: [&str; 7] = ["credentials", "proxy", "tls", "properties", "header", "query", "authorization"];

/// Makes items of the properties of one backend.
#[derive(Debug)]
pub(super) struct Reader<'b> {
    /// The name of the backend.
    pub(super) backend: &'b str,
    /// Where what the source leaves open is kept.
    pub(super) open: &'b mut Vec<Open>,
}

impl Reader<'_> {
    /// The item of a value at a way of names. `None` for null, which is the same as nothing.
    pub(super) fn item(&mut self, node: &Node, way: &[&str]) -> Option<Item> {
        let name = way.last().copied().unwrap_or_default();
        let is_routing = matches!(way.first(), Some(&("circuitBreaker" | "pool")));
        match &node.value {
            Value::Null => None,
            Value::Bool(value) => Some(Item::Bool(*value)),
            _ if is_routing && INTEGERS.contains(&name) && node.integer().is_some() => {
                node.integer().map(|number| Item::Number(number.to_string()))
            }
            _ if FLAGS.contains(&name) && node.flag(Dialect::Arm).is_some() => {
                node.flag(Dialect::Arm).map(Item::Bool)
            }
            Value::Number(text) => Some(Item::Number(text.clone())),
            // An id of which only the end is known.
            Value::Text(text) if name == "resourceId" && text.contains('{') => Some(self.open(way)),
            Value::Text(text) => Some(Item::Text(text.clone())),
            Value::Unknown(_) => Some(self.open(way)),
            Value::Array(elements) => {
                Some(Item::List(elements.iter().filter_map(|element| self.item(element, way)).collect()))
            }
            Value::Object(members) => {
                let each = members.iter().filter_map(|member| {
                    let way: Vec<&str> = way.iter().copied().chain([member.name.as_str()]).collect();
                    Some((member.name.clone(), self.item(&member.value, &way)?))
                });
                Some(Item::Object(each.collect()))
            }
        }
    }

    fn open(&mut self, way: &[&str]) -> Item {
        let name = way.last().copied().unwrap_or_default();
        let kind = match name {
            _ if FLAGS.contains(&name) => OpenKind::Flag,
            _ if OBJECTS.contains(&name) => OpenKind::Object,
            _ => OpenKind::Text,
        };
        // Words of the way that say where, not what, would make the name long only.
        let words = way.iter().filter(|word| !matches!(**word, "credentials" | "header" | "query"));
        let all = way.iter().take(usize::from(way.len() == 1)).chain(words.filter(|_| way.len() > 1));
        let words: Vec<&str> = std::iter::once(self.backend).chain(all.copied()).collect();
        let is_secret = matches!(way.first(), Some(&("credentials" | "proxy")));
        self.open.push(Open { words: words.join(" "), kind, is_secret });
        Item::Open(self.open.len().saturating_sub(1))
    }
}

impl Item {
    /// The member called `name`, if this is an object that has it.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(own, _)| own == name).map(|(_, item)| item),
            _ => None,
        }
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        match self {
            Self::Object(members) => members.iter_mut().find(|(own, _)| own == name).map(|(_, item)| item),
            _ => None,
        }
    }

    /// Sets a member, in its place or at the end; `None` removes it.
    pub(super) fn set(&mut self, name: &str, value: Option<Self>) {
        let Self::Object(members) = self else { return };
        match (members.iter_mut().find(|(own, _)| own == name), value) {
            (Some((_, own)), Some(value)) => *own = value,
            (None, Some(value)) => members.push((name.to_owned(), value)),
            (_, None) => members.retain(|(own, _)| own != name),
        }
    }

    /// The same without values that are left open, and without what is empty then.
    pub(super) fn without_open(&self) -> Option<Self> {
        match self {
            Self::Open(_) => None,
            Self::List(elements) => {
                let kept: Vec<Self> = elements.iter().filter_map(Self::without_open).collect();
                (elements.is_empty() || !kept.is_empty()).then_some(Self::List(kept))
            }
            Self::Object(members) => {
                let kept: Vec<(String, Self)> = members
                    .iter()
                    .filter_map(|(name, item)| Some((name.clone(), item.without_open()?)))
                    .collect();
                (members.is_empty() || !kept.is_empty()).then_some(Self::Object(kept))
            }
            other => Some(other.clone()),
        }
    }
}
