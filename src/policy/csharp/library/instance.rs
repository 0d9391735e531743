//! What type a value has when it is looked at: the class of each kind of value, `value is T`, `default(T)`.

use rust_decimal::Decimal;

use super::super::Class;
use super::super::heap::Object;
use super::super::machine::Machine;
use super::super::types::Type;
use super::super::value::{DateTime, DateTimeKind, DateTimeOffset, FloatBits, TimeSpan, Value};
use super::common::type_of;
use super::host;

/// The class of the value's own type; `None` for null and for anonymous objects.
pub fn class_of(machine: &Machine<'_, '_>, value: &Value) -> Option<Class> {
    type_of(machine, value).class()
}

/// The full .NET name of the value's own type, `null` for null.
pub fn type_name(machine: &Machine<'_, '_>, value: &Value) -> String {
    match machine.object(value) {
        Some(Object::Array { element, .. }) => Type::array(element.clone()).full_name(),
        Some(Object::List { class, element, .. }) => Type::generic(*class, [element.clone()]).full_name(),
        Some(Object::Map { key, value, .. }) => {
            Type::generic(Class::Dictionary, [key.clone(), value.clone()]).full_name()
        }
        Some(Object::Set { element, .. }) => Type::generic(Class::HashSet, [element.clone()]).full_name(),
        Some(Object::Anonymous { ty, .. }) => ty.full_name(),
        _ => class_of(machine, value).map_or_else(|| "null".to_owned(), Class::full_name),
    }
}

/// `value is T`, where null is of every type that takes null: what a cast of an object checks. Type
/// arguments of collections are compared where the object knows its own.
pub fn is_of(machine: &Machine<'_, '_>, value: &Value, ty: &Type) -> bool {
    if *value == Value::Null {
        return ty.takes_null();
    }
    match ty {
        Type::Unknown | Type::Variable(_) => true,
        Type::Null | Type::Void => false,
        Type::Anonymous(_) => matches!(machine.object(value), Some(Object::Anonymous { .. })),
        Type::Array(element) => match machine.object(value) {
            Some(Object::Array { element: own, .. }) => own == &**element || converts(own, element),
            _ => false,
        },
        Type::Generic(Class::Nullable, inner) => {
            inner.first().is_some_and(|inner| is_of(machine, value, inner))
        }
        Type::Plain(class) => {
            class_of(machine, value).map_or(*class == Class::Object, |own| own.derives_from(*class))
        }
        Type::Generic(class, arguments) => is_of_generic(machine, value, *class, arguments),
    }
}

/// Whether a reference to a sequence of `own` can be one to a sequence of `wanted`.
fn converts(own: &Type, wanted: &Type) -> bool {
    if *wanted == Type::Unknown || *own == Type::Unknown || own == wanted {
        return true;
    }
    if own.is_value_type() || wanted.is_value_type() {
        return false;
    }
    match (own.class(), wanted.class()) {
        (Some(own), Some(wanted)) => own.derives_from(wanted),
        _ => *wanted == Type::OBJECT,
    }
}

fn is_of_generic(machine: &Machine<'_, '_>, value: &Value, class: Class, arguments: &[Type]) -> bool {
    let own: (Class, Vec<Type>) = match (machine.object(value), value) {
        (Some(Object::Array { element, .. }), _) => (Class::IList, vec![element.clone()]),
        (Some(Object::List { class, element, .. }), _) => (*class, vec![element.clone()]),
        (Some(Object::Set { element, .. }), _) => (Class::HashSet, vec![element.clone()]),
        (Some(Object::Map { key, value, .. }), _) => (Class::Dictionary, vec![key.clone(), value.clone()]),
        (Some(Object::Pair { types, .. }), _) => {
            (Class::KeyValuePair, vec![types.0.clone(), types.1.clone()])
        }
        (_, Value::Str(_)) => (Class::IEnumerableOf, vec![Type::CHAR]),
        _ => match class_of(machine, value) {
            Some(own) => match host::entry(own) {
                Some((key, value)) => (Class::IReadOnlyDictionary, vec![key, value]),
                None => (own, Vec::new()),
            },
            None => return false,
        },
    };
    let is_pairs = own.1.len() == 2 && arguments.len() == 1 && class == Class::IEnumerableOf;
    let is_read_only_list =
        own.0 == Class::IList && matches!(class, Class::IReadOnlyList | Class::IReadOnlyCollection);
    (own.0.derives_from(class) || is_pairs || is_read_only_list)
        && (is_pairs || own.1.iter().zip(arguments).all(|(own, wanted)| converts(own, wanted)))
}

/// `default(T)`
pub fn default_of(ty: &Type) -> Value {
    let Type::Plain(class) = ty else { return Value::Null };
    match class {
        Class::Bool => Value::Bool(false),
        Class::Char => Value::Char(0),
        Class::SByte => Value::SByte(0),
        Class::Byte => Value::Byte(0),
        Class::Short => Value::Short(0),
        Class::UShort => Value::UShort(0),
        Class::Int => Value::Int(0),
        Class::UInt => Value::UInt(0),
        Class::Long => Value::Long(0),
        Class::ULong => Value::ULong(0),
        Class::Float => Value::Float(FloatBits::new(0.0)),
        Class::Double => Value::from(0.0),
        Class::Decimal => Value::from(Decimal::ZERO),
        Class::DateTime => Value::DateTime(DateTime { ticks: 0, kind: DateTimeKind::Unspecified }),
        Class::DateTimeOffset => Value::DateTimeOffset(DateTimeOffset { ticks: 0, offset_minutes: 0 }),
        Class::TimeSpan => Value::TimeSpan(TimeSpan(0)),
        Class::Guid => Value::Guid(0),
        class if class.kind() == super::super::classes::Kind::Enum => Value::Enum(*class, 0),
        _ => Value::Null,
    }
}
