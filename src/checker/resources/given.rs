//! A property that may be absent, or that only the deployment knows.

use std::sync::Arc;

use crate::diagnostics::Span;
use crate::tree::json::{Node, Value};

/// What a file says of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given<T> {
    /// Nothing, or null.
    Absent,
    /// Something that only the deployment knows, or that is of the wrong type; where.
    Unknown(Span),
    /// This, there.
    Known(T, Span),
}

impl<T> Given<T> {
    /// What `read` makes of a property; `None` of it is a value of the wrong type, which others tell.
    pub fn read(node: Option<&Node>, read: impl FnOnce(&Node) -> Option<T>) -> Self {
        match node {
            None => Self::Absent,
            Some(node) => match &node.value {
                Value::Null => Self::Absent,
                Value::Unknown(_) => Self::Unknown(node.mark()),
                _ => read(node).map_or(Self::Unknown(node.mark()), |value| Self::Known(value, node.mark())),
            },
        }
    }

    /// The value, if it is known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value, _) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Where it is written.
    pub const fn span(&self) -> Option<Span> {
        match self {
            Self::Known(_, span) | Self::Unknown(span) => Some(*span),
            Self::Absent => None,
        }
    }

    /// Whether nothing is written.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether something is written that only the deployment knows.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

impl Given<Arc<str>> {
    /// A text.
    pub fn text(node: Option<&Node>) -> Self {
        Self::read(node, |node| node.text().map(Arc::from))
    }
}
