//! Types of values at run time, and conversions that depend on them.

use super::super::bind::relations::{boxed, explicit, implicit, instance};
use super::super::classes::Class;
use super::super::fault::Fault;
use super::super::heap::{Heap, Object};
use super::super::ir::Conversion;
use super::super::library::Action;
use super::super::machine::{Call, Machine};
use super::super::types::Type;
use super::super::value::{Host, Value};
use super::number;

/// The type of a value.
pub fn type_of(heap: &Heap, value: &Value) -> Type {
    if let Some(class) = number::class_of(value) {
        return Type::Plain(class);
    }
    match value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::BOOL,
        Value::Str(_) => Type::STRING,
        Value::DateTime(_) => Type::Plain(Class::DateTime),
        Value::DateTimeOffset(_) => Type::Plain(Class::DateTimeOffset),
        Value::TimeSpan(_) => Type::Plain(Class::TimeSpan),
        Value::Guid(_) => Type::Plain(Class::Guid),
        Value::Type(_) => Type::Plain(Class::Type),
        Value::Host(host) => Type::Plain(host_class(*host)),
        Value::Ref(_) => heap.object(value).map_or(Type::OBJECT, object_type),
        _ => Type::OBJECT,
    }
}

pub(in crate::policy::csharp) const fn host_class(host: Host) -> Class {
    match host {
        Host::Context => Class::IProxyRequestContext,
        Host::Request => Class::IRequest,
        Host::Response => Class::IResponse,
        Host::RequestHeaders | Host::ResponseHeaders => Class::IHeaders,
        Host::RequestBody | Host::ResponseBody => Class::IMessageBody,
        Host::Url | Host::OriginalUrl => Class::IUrl,
        Host::Query | Host::OriginalQuery => Class::IQuery,
        Host::MatchedParameters => Class::IParameters,
        Host::Variables => Class::IVariables,
        Host::LastError => Class::ILastError,
        Host::Api => Class::IApi,
        Host::Operation => Class::IOperation,
        Host::Product => Class::IProduct,
        Host::Subscription => Class::ISubscription,
        Host::User => Class::IUser,
        Host::Deployment => Class::IDeployment,
        Host::Gateway => Class::IGatewayInfo,
        Host::Sustainability => Class::ISustainabilityInfo,
        Host::KeyNames => Class::ISubscriptionKeyParameterNames,
        Host::Certificate => Class::X509Certificate2,
        Host::Certificates => Class::ICertificates,
    }
}

fn object_type(object: &Object) -> Type {
    let plain = Type::Plain;
    match object {
        Object::Array { element, .. } => Type::array(element.clone()),
        Object::List { class, element, .. } => Type::generic(*class, [element.clone()]),
        Object::Map { key, value, .. } => Type::generic(Class::Dictionary, [key.clone(), value.clone()]),
        Object::SortedMap { key, value, .. } => {
            Type::generic(Class::SortedDictionary, [key.clone(), value.clone()])
        }
        Object::Ordered { element, .. } => Type::generic(Class::IOrderedEnumerable, [element.clone()]),
        Object::Set { element, .. } => Type::generic(Class::HashSet, [element.clone()]),
        Object::Pair { types, .. } => Type::generic(Class::KeyValuePair, [types.0.clone(), types.1.clone()]),
        Object::Grouping { types, .. } => Type::generic(Class::IGrouping, [types.0.clone(), types.1.clone()]),
        Object::Tuple { class, types, .. } => Type::generic(*class, types.iter().cloned()),
        Object::Anonymous { ty, .. } | Object::Closure { ty, .. } => ty.clone(),
        Object::Json(node) => plain(node.class()),
        Object::Xml(node) => plain(node.class()),
        Object::Exception { class, .. }
        | Object::Builder { class, .. }
        | Object::Record { class, .. }
        | Object::ResponsePart(class, _) => plain(*class),
        Object::Random(_) | Object::FreeRandom => plain(Class::Random),
        Object::Regex(_) => plain(Class::Regex),
        Object::Match(found) => plain(found.class()),
        Object::Uri(_) => plain(Class::Uri),
        Object::Response(_) => plain(Class::IResponse),
    }
}

/// `value is ty`
pub(in crate::policy::csharp) fn is_of(heap: &Heap, value: &Value, ty: &Type) -> bool {
    if matches!(value, Value::Null) {
        return false;
    }
    let wanted = ty.nullable_of().unwrap_or(ty);
    let found = type_of(heap, value);
    if found == *wanted || *wanted == Type::OBJECT || matches!(wanted, Type::Unknown) {
        return true;
    }
    if let Some(class) = wanted.class()
        && boxed(&found, class)
    {
        return true;
    }
    if found.is_value_type() && wanted.is_value_type() {
        return found.class() == wanted.class() && (found.is_vague() || wanted.is_vague());
    }
    if found.is_function() || wanted.is_function() {
        return found.class() == wanted.class() && matches!(implicit(&found, None, wanted), Some(None));
    }
    // A lookup that LINQ made is a list of its own kind.
    if let (Some(class), Some(_)) = (wanted.class(), found.class())
        && wanted.arguments().is_empty()
        && class.arity() == 0
    {
        return instance(&found, class).is_some();
    }
    matches!(implicit(&found, None, wanted), Some(None))
}

impl Machine<'_, '_> {
    /// Applies a conversion.
    pub(super) fn convert(&mut self, conversion: &Conversion, value: Value) -> Result<Value, Fault> {
        match conversion {
            Conversion::Number(class, checked) => number::convert(&value, *class, *checked),
            Conversion::Enum(class) => number::to_enum(&value, *class),
            Conversion::Unwrap => match value {
                Value::Null => Err(no_value()),
                value => Ok(value),
            },
            Conversion::Cast(ty) => self.cast(value, ty),
            Conversion::Both(first, second) => {
                let value = self.convert(first, value)?;
                self.convert(second, value)
            }
            Conversion::User(member, lifted) => {
                if *lifted && matches!(value, Value::Null) {
                    return Ok(Value::Null);
                }
                match member.run {
                    Action::Call(run) => run(self, &Call { arguments: &[value], types: &[] }),
                    Action::Constant(_) => Ok(value),
                }
            }
            Conversion::Dynamic(ty) => self.assign_to(value, ty),
            Conversion::DynamicCast(ty) => {
                let found = type_of(self.scope.heap, &value);
                match explicit(&found, None, ty, false).flatten() {
                    Some(Conversion::Dynamic(_) | Conversion::Cast(_)) | None => self.cast(value, ty),
                    Some(_) if value == Value::Null => self.cast(value, ty),
                    Some(conversion) => self.convert(&conversion, value),
                }
            }
            Conversion::Items(parts, types) => {
                let Some(Object::Tuple { class, items, .. }) = self.object(&value).cloned() else {
                    return Ok(value);
                };
                let mut converted = Vec::with_capacity(items.len());
                for (item, part) in items.into_iter().zip(parts) {
                    converted.push(match part {
                        Some(part) => self.convert(part, item)?,
                        None => item,
                    });
                }
                self.add(Object::Tuple { class, types: types.to_vec(), items: converted })
            }
        }
    }

    /// `(ty)value` from a reference.
    fn cast(&mut self, value: Value, ty: &Type) -> Result<Value, Fault> {
        if matches!(value, Value::Null) {
            return if ty.takes_null() { Ok(Value::Null) } else { Err(Fault::null_reference()) };
        }
        if is_of(self.scope.heap, &value, ty) {
            return Ok(value);
        }
        let found = type_of(self.scope.heap, &value);
        // An enumeration comes out of the box of its number and the other way round.
        let wanted = ty.nullable_of().unwrap_or(ty);
        if let (Value::Enum(_, number), Some(Class::Int)) = (&value, wanted.class()) {
            return Ok(Value::Int(*number));
        }
        if let (Value::Int(number), Some(class)) = (&value, wanted.class())
            && class.kind() == super::super::classes::Kind::Enum
        {
            return Ok(Value::Enum(class, *number));
        }
        Err(Fault::new(
            Class::InvalidCastException,
            format!(
                "Unable to cast object of type '{}' to type '{}'.",
                found.full_name(),
                wanted.full_name()
            ),
        ))
    }

    /// The conversion of a value whose type is known only now.
    pub(super) fn assign_to(&mut self, value: Value, ty: &Type) -> Result<Value, Fault> {
        let found = type_of(self.scope.heap, &value);
        match implicit(&found, None, ty)
            .or_else(|| explicit(&found, None, ty, false).filter(|_| found.class() == Some(Class::JValue)))
        {
            Some(None) => Ok(value),
            Some(Some(Conversion::Dynamic(_))) => Ok(value),
            Some(Some(conversion)) => self.convert(&conversion, value),
            None => self.cast(value, ty),
        }
    }
}

#[cold]
fn no_value() -> Fault {
    Fault::new(Class::InvalidOperationException, "Nullable object must have a value.")
}
