//! The exceptions of evaluation, with the messages of .NET.

use super::super::types::Type;
use super::super::{EvalError, EvalErrorKind, Value};
use crate::diagnostics::Span;
use crate::policy::Text;

/// An exception on its way out; boxed because evaluation hands results up many levels.
#[derive(Debug)]
pub(in crate::policy::expr) struct Fault(Box<EvalError>);

impl Fault {
    pub(in crate::policy::expr) fn kind(&self) -> EvalErrorKind {
        self.0.kind
    }

    pub(in crate::policy::expr) fn into_error(self) -> EvalError {
        *self.0
    }
}

pub(super) fn fault(kind: EvalErrorKind, message: impl Into<Text>, span: Span) -> Fault {
    Fault(Box::new(EvalError { kind, message: message.into(), span: Some(span) }))
}

#[cold]
pub(super) fn null_reference(span: Span) -> Fault {
    let message = "Object reference not set to an instance of an object.";
    fault(EvalErrorKind::NullReference, message, span)
}

#[cold]
pub(super) fn null_argument(span: Span) -> Fault {
    fault(EvalErrorKind::Argument, "Value cannot be null.", span)
}

#[cold]
pub(super) fn missing_key(key: &str, span: Span) -> Fault {
    let message = format!("The given key '{key}' was not present in the dictionary.");
    fault(EvalErrorKind::KeyNotFound, message, span)
}

#[cold]
pub(super) fn invalid_cast(value: &Value, target: Type, span: Span) -> Fault {
    let from = super::super::convert::type_of(value).system_name();
    let to = target.system_name();
    let message = format!("Unable to cast object of type '{from}' to type '{to}'.");
    fault(EvalErrorKind::InvalidCast, message, span)
}

#[cold]
pub(super) fn no_value(span: Span) -> Fault {
    fault(EvalErrorKind::InvalidOperation, "Nullable object must have a value.", span)
}

#[cold]
pub(super) fn divide_by_zero(span: Span) -> Fault {
    fault(EvalErrorKind::DivideByZero, "Attempted to divide by zero.", span)
}

#[cold]
pub(super) fn overflow(span: Span) -> Fault {
    fault(EvalErrorKind::Overflow, "Arithmetic operation resulted in an overflow.", span)
}

#[cold]
pub(super) fn too_large(target: Type, span: Span) -> Fault {
    let name = target.system_name().trim_start_matches("System.");
    let message = format!("Value was either too large or too small for an {name}.");
    fault(EvalErrorKind::Overflow, message, span)
}

#[cold]
pub(super) fn bad_format(span: Span) -> Fault {
    fault(EvalErrorKind::Format, "Input string was not in a correct format.", span)
}

#[cold]
pub(super) fn out_of_range(what: &str, span: Span) -> Fault {
    let message = format!("{what} was out of the range of valid values.");
    fault(EvalErrorKind::Argument, message, span)
}

#[cold]
pub(super) fn too_long(span: Span) -> Fault {
    fault(EvalErrorKind::TooLong, "The resulting string is longer than 1 MiB.", span)
}
