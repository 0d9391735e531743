//! What an expression is evaluated over, and how that can fail.

use thiserror::Error;

use super::{Expression, Value};
use crate::diagnostics::Span;
use crate::policy::{LastError, Request, Response, Text};
use crate::units::Timestamp;

/// `context` as an expression sees it.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// `context.Request`
    pub request: &'a Request,
    /// `context.Response`; `None` is null.
    pub response: Option<&'a Response>,
    /// `context.LastError`; `None` is null.
    pub last_error: Option<&'a LastError>,
    /// `context.Variables`, by slot; `None` where the key is absent.
    pub variables: &'a [Option<Value>],
    /// Names of the variables, by slot.
    pub names: &'a [Text],
    /// Now.
    pub now: Timestamp,
    /// When the request arrived.
    pub started: Timestamp,
}

/// Why evaluation failed: the .NET exception that the gateway would report as
/// `ExpressionValueEvaluationFailure`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
#[error("{message}")]
pub struct EvalError {
    /// Which exception.
    pub kind: EvalErrorKind,
    /// Its message.
    pub message: Text,
    /// The part of the expression that threw.
    pub span: Option<Span>,
}

/// The exceptions that expressions throw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EvalErrorKind {
    /// `NullReferenceException`
    NullReference,
    /// `InvalidCastException`
    InvalidCast,
    /// `KeyNotFoundException`
    KeyNotFound,
    /// `FormatException`
    Format,
    /// `OverflowException`
    Overflow,
    /// `DivideByZeroException`
    DivideByZero,
    /// `ArgumentException` and its kind
    Argument,
    /// `InvalidOperationException`: a value of a type such as `int?` that is null.
    InvalidOperation,
    /// A string grew beyond what is allowed (the service would run out of memory much later).
    TooLong,
    /// The value does not fit the attribute it is for.
    Unusable,
}

/// Conversion of an expression's value to what an attribute needs.
pub trait FromValue: Sized {
    /// The value as `Self`, or why it is none.
    fn from_value(value: &Value) -> Result<Self, EvalError>;

    /// The value of `expression` in `scope` as `Self`.
    fn from_expression(expression: &Expression, scope: &Scope<'_>) -> Result<Self, EvalError> {
        Self::from_value(&expression.eval(scope)?)
            .map_err(|error| EvalError { span: error.span.or_else(|| expression.span()), ..error })
    }
}
