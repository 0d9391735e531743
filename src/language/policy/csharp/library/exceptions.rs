//! Exceptions: constructors, `Message`, `InnerException`, `ToString`.
//!
//! Not modelled: stack traces, `Data`, `HResult`, `HelpLink`.

use super::super::Class;
use super::super::fault::Fault;
use super::super::heap::Object;
use super::super::machine::{Call, Machine};
use super::super::value::Value;
use super::{Table, args, call, common};
use crate::policy::Text;

/// Causes of causes beyond this are left out.
const MAX_CAUSES: u32 = 32;

/// `exception.ToString()`: class, message, and the causes.
pub fn describe(machine: &mut Machine<'_, '_>, value: &Value, depth: u32) -> Result<String, Fault> {
    machine.spend(1)?;
    let Some(Object::Exception { class, message, inner }) = machine.object(value) else {
        return Ok(String::new());
    };
    let mut text = class.full_name();
    if !message.is_empty() {
        text.push_str(": ");
        text.push_str(message);
    }
    let inner = inner.clone();
    if depth < MAX_CAUSES && matches!(inner, Value::Ref(_)) {
        let cause = describe(machine, &inner, depth.saturating_add(1))?;
        text.push_str(" ---> ");
        text.push_str(&cause);
        text.push_str("\n   --- End of inner exception stack trace ---");
    }
    Ok(text)
}

/// The message of an exception that was given none.
pub fn default_message(class: Class) -> Text {
    match class {
        Class::SystemException => "System error.".into(),
        Class::ApplicationException => "Error in the application.".into(),
        Class::AggregateException => "One or more errors occurred.".into(),
        Class::NullReferenceException => "Object reference not set to an instance of an object.".into(),
        Class::InvalidCastException => "Specified cast is not valid.".into(),
        Class::FormatException => "One of the identified items was in an invalid format.".into(),
        Class::ArithmeticException => "Overflow or underflow in the arithmetic operation.".into(),
        Class::OverflowException => "Arithmetic operation resulted in an overflow.".into(),
        Class::DivideByZeroException => "Attempted to divide by zero.".into(),
        Class::ArgumentException => "Value does not fall within the expected range.".into(),
        Class::ArgumentNullException => "Value cannot be null.".into(),
        Class::ArgumentOutOfRangeException => {
            "Specified argument was out of the range of valid values.".into()
        }
        Class::InvalidOperationException => {
            "Operation is not valid due to the current state of the object.".into()
        }
        Class::NotSupportedException => "Specified method is not supported.".into(),
        Class::NotImplementedException => "The method or operation is not implemented.".into(),
        Class::IndexOutOfRangeException => "Index was outside the bounds of the array.".into(),
        Class::RankException => {
            "Attempted to operate on an array with the incorrect number of dimensions.".into()
        }
        Class::ArrayTypeMismatchException => {
            "Attempted to access an element as a type incompatible with the array.".into()
        }
        Class::TimeoutException => "The operation has timed out.".into(),
        Class::KeyNotFoundException => "The given key was not present in the dictionary.".into(),
        Class::OutOfMemoryException => "Insufficient memory to continue the execution of the program.".into(),
        other => format!("Exception of type '{}' was thrown.", other.full_name()).into(),
    }
}

fn make(
    machine: &mut Machine<'_, '_>,
    class: Class,
    message: Option<Text>,
    inner: Value,
) -> Result<Value, Fault> {
    let message = message.unwrap_or_else(|| default_message(class));
    machine.add(Object::Exception { class, message, inner })
}

/// `{message} (Parameter '{name}')`
fn with_parameter(message: &str, name: Option<&str>) -> Text {
    match name {
        Some(name) if !name.is_empty() => format!("{message} (Parameter '{name}')").into(),
        _ => message.to_owned().into(),
    }
}

fn message_of(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(match machine.object(call.get(0)) {
        Some(Object::Exception { message, .. }) => Value::Str(message.clone()),
        _ => Value::Null,
    })
}

fn inner_of(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(match machine.object(call.get(0)) {
        Some(Object::Exception { inner, .. }) => inner.clone(),
        _ => Value::Null,
    })
}

fn base_of(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let mut value = call.get(0).clone();
    while let Some(Object::Exception { inner: inner @ Value::Ref(_), .. }) = machine.object(&value) {
        value = inner.clone();
        machine.spend(1)?;
    }
    Ok(value)
}

/// `ParamName`, as the message tells it.
fn parameter_of(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let Some(Object::Exception { message, .. }) = machine.object(call.get(0)) else { return Ok(Value::Null) };
    let name =
        message.rsplit_once("(Parameter '").and_then(|(_, rest)| rest.strip_suffix("')")).map(str::to_owned);
    Ok(name.map_or(Value::Null, Value::from))
}

macro_rules! usual {
    ($($class:ident),* $(,)?) => {
        &[
            $(Table {
                class: Class::$class,
                parameters: &[],
                rows: &[
                    call("new()", |machine, _| make(machine, Class::$class, None, Value::Null)),
                    call("new(string message)", |machine, call| {
                        make(machine, Class::$class, args::shared_text(call, 0), Value::Null)
                    }),
                    call("new(string message, Exception innerException)", |machine, call| {
                        make(machine, Class::$class, args::shared_text(call, 0), call.get(1).clone())
                    }),
                ],
                denied: &[],
            },)*
        ]
    };
}

/// Exceptions with the usual three constructors.
pub const USUAL: &[Table] = usual![
    SystemException,
    ApplicationException,
    AggregateException,
    NullReferenceException,
    InvalidCastException,
    FormatException,
    UriFormatException,
    ArithmeticException,
    OverflowException,
    DivideByZeroException,
    InvalidOperationException,
    NotSupportedException,
    NotImplementedException,
    IndexOutOfRangeException,
    RankException,
    ArrayTypeMismatchException,
    TimeoutException,
    KeyNotFoundException,
    TimeZoneNotFoundException,
    InvalidTimeZoneException,
    OutOfMemoryException,
    RegexMatchTimeoutException,
    CryptographicException,
    XmlException,
    JsonException,
    JsonReaderException,
    JsonSerializationException,
    DecoderFallbackException,
];

/// The other tables of this file.
pub const TABLES: &[Table] = &[
    Table {
        class: Class::Exception,
        parameters: &[],
        rows: &[
            call("new()", |machine, _| make(machine, Class::Exception, None, Value::Null)),
            call("new(string message)", |machine, call| {
                make(machine, Class::Exception, args::shared_text(call, 0), Value::Null)
            }),
            call("new(string message, Exception innerException)", |machine, call| {
                make(machine, Class::Exception, args::shared_text(call, 0), call.get(1).clone())
            }),
            call("string Message { get; }", message_of),
            call("Exception InnerException { get; }", inner_of),
            call("Exception GetBaseException()", base_of),
            call("string StackTrace { get; }", |_, _| Ok(Value::Null)),
            call("string Source { get; }", |_, _| Ok(Value::Null)),
            call("string ToString()", common::run_display),
        ],
        denied: &["Data", "TargetSite", "HelpLink"],
    },
    Table {
        class: Class::ArgumentException,
        parameters: &[],
        rows: &[
            call("new()", |machine, _| make(machine, Class::ArgumentException, None, Value::Null)),
            call("new(string message)", |machine, call| {
                make(machine, Class::ArgumentException, args::shared_text(call, 0), Value::Null)
            }),
            call("new(string message, Exception innerException)", |machine, call| {
                make(machine, Class::ArgumentException, args::shared_text(call, 0), call.get(1).clone())
            }),
            call("new(string message, string paramName)", |machine, call| {
                let message = with_parameter(args::text(call, 0).unwrap_or_default(), args::text(call, 1));
                make(machine, Class::ArgumentException, Some(message), Value::Null)
            }),
            call("string ParamName { get; }", parameter_of),
        ],
        denied: &[],
    },
    Table {
        class: Class::ArgumentNullException,
        parameters: &[],
        rows: &[
            call("new()", |machine, _| make(machine, Class::ArgumentNullException, None, Value::Null)),
            call("new(string paramName)", |machine, call| {
                let usual = default_message(Class::ArgumentNullException);
                let message = with_parameter(&usual, args::text(call, 0));
                make(machine, Class::ArgumentNullException, Some(message), Value::Null)
            }),
            call("new(string paramName, string message)", |machine, call| {
                let message = with_parameter(args::text(call, 1).unwrap_or_default(), args::text(call, 0));
                make(machine, Class::ArgumentNullException, Some(message), Value::Null)
            }),
            call("new(string message, Exception innerException)", |machine, call| {
                let message = args::shared_text(call, 0);
                make(machine, Class::ArgumentNullException, message, call.get(1).clone())
            }),
        ],
        denied: &[],
    },
    Table {
        class: Class::ArgumentOutOfRangeException,
        parameters: &[],
        rows: &[
            call("new()", |machine, _| make(machine, Class::ArgumentOutOfRangeException, None, Value::Null)),
            call("new(string paramName)", |machine, call| {
                let usual = default_message(Class::ArgumentOutOfRangeException);
                let message = with_parameter(&usual, args::text(call, 0));
                make(machine, Class::ArgumentOutOfRangeException, Some(message), Value::Null)
            }),
            call("new(string paramName, string message)", |machine, call| {
                let message = with_parameter(args::text(call, 1).unwrap_or_default(), args::text(call, 0));
                make(machine, Class::ArgumentOutOfRangeException, Some(message), Value::Null)
            }),
        ],
        denied: &[],
    },
    Table {
        class: Class::ObjectDisposedException,
        parameters: &[],
        rows: &[call("new(string objectName)", |machine, call| {
            let name = args::text(call, 0).unwrap_or_default();
            let message = format!("Cannot access a disposed object.\nObject name: '{name}'.");
            make(machine, Class::ObjectDisposedException, Some(message.into()), Value::Null)
        })],
        denied: &[],
    },
];
