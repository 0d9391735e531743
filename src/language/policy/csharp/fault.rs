//! How evaluation stops: an exception that C# code can catch, or a limit that it cannot.

use thiserror::Error;

use super::value::Value;
use super::{Class, Text};
use crate::diagnostics::Span;

/// Something thrown, on its way out; small because evaluation hands results up many levels.
#[derive(Clone, Debug)]
pub struct Fault(pub(super) Box<Thrown>);

/// What was thrown.
#[derive(Clone, Debug)]
pub(super) struct Thrown {
    pub(super) kind: FaultKind,
    pub(super) message: Text,
    pub(super) span: Option<Span>,
    /// The exception object, when there is one already (`throw e`, `throw new ...`).
    pub(super) object: Option<Value>,
}

/// Whether a fault can be caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// An exception of this class.
    Exception(Class),
    /// Too many steps: an endless loop, or a pattern that backtracks without end.
    Steps,
    /// Too much memory.
    Memory,
    /// Nested too deeply (a lambda that calls itself).
    Depth,
    /// The language has it, this evaluator does not.
    Unsupported,
    /// The value does not fit the attribute it is for.
    Unusable,
}

/// Why evaluation failed: the .NET exception that the gateway would report as
/// `ExpressionValueEvaluationFailure`, or a limit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
#[error("{message}")]
pub struct EvalError {
    /// Which.
    pub kind: FaultKind,
    /// Its message.
    pub message: Text,
    /// The part of the expression that threw.
    pub span: Option<Span>,
}

impl Fault {
    /// An exception; the evaluator adds the place of the call.
    #[cold]
    pub fn new(class: Class, message: impl Into<Text>) -> Self {
        Self::of(FaultKind::Exception(class), message)
    }

    /// A fault of any kind.
    #[cold]
    pub fn of(kind: FaultKind, message: impl Into<Text>) -> Self {
        Self(Box::new(Thrown { kind, message: message.into(), span: None, object: None }))
    }

    /// `NullReferenceException`
    #[cold]
    pub fn null_reference() -> Self {
        Self::new(Class::NullReferenceException, "Object reference not set to an instance of an object.")
    }

    /// `ArgumentNullException` for the parameter `name`.
    #[cold]
    pub fn null_argument(name: &str) -> Self {
        Self::new(Class::ArgumentNullException, format!("Value cannot be null. (Parameter '{name}')"))
    }

    /// `FormatException` of number parsers, in the words of .NET 8: with the text that was read.
    #[cold]
    pub fn bad_format(text: &str) -> Self {
        let shown: String = text.chars().take(100).collect();
        Self::new(Class::FormatException, format!("The input string '{shown}' was not in a correct format."))
    }

    /// Something that C# or .NET has and this evaluator lacks.
    #[cold]
    pub fn unsupported(what: impl std::fmt::Display) -> Self {
        Self::of(FaultKind::Unsupported, format!("{what} is not evaluated here"))
    }

    /// What kind it is.
    pub fn kind(&self) -> FaultKind {
        self.0.kind
    }

    /// Its message.
    pub fn message(&self) -> &Text {
        &self.0.message
    }

    /// The same fault, at `span` unless it has a place already.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    /// For those outside of the language.
    pub fn into_error(self) -> EvalError {
        let thrown = *self.0;
        EvalError { kind: thrown.kind, message: thrown.message, span: thrown.span }
    }
}
