//! Types of expressions.

use std::fmt;
use std::sync::Arc;

use super::classes::Class;
use super::value::Value;
use crate::policy::Text;

/// The type of an expression or of a variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Not known before evaluation: `dynamic`, or the result of something that has been reported.
    Unknown,
    /// The type of the literal `null`.
    Null,
    /// No value.
    Void,
    /// A class without type arguments.
    Plain(Class),
    /// A class with type arguments: `List<T>`, `Nullable<T>`, `Func<T, R>` (result last), `Tuple<...>`.
    Generic(Class, Arc<[Self]>),
    /// `T[]`
    Array(Arc<Self>),
    /// `new { ... }`
    Anonymous(Arc<[(Text, Self)]>),
    /// A type parameter of a library member.
    Variable(u8),
}

impl Type {
    /// `bool`
    pub const BOOL: Self = Self::Plain(Class::Bool);
    /// `int`
    pub const INT: Self = Self::Plain(Class::Int);
    /// `long`
    pub const LONG: Self = Self::Plain(Class::Long);
    /// `double`
    pub const DOUBLE: Self = Self::Plain(Class::Double);
    /// `char`
    pub const CHAR: Self = Self::Plain(Class::Char);
    /// `byte`
    pub const BYTE: Self = Self::Plain(Class::Byte);
    /// `string`
    pub const STRING: Self = Self::Plain(Class::String);
    /// `object`
    pub const OBJECT: Self = Self::Plain(Class::Object);

    /// `class<arguments>`
    pub fn generic(class: Class, arguments: impl IntoIterator<Item = Self>) -> Self {
        Self::Generic(class, arguments.into_iter().collect())
    }

    /// `element[]`
    pub fn array(element: Self) -> Self {
        Self::Array(Arc::new(element))
    }

    /// `IEnumerable<element>`
    pub fn sequence(element: Self) -> Self {
        Self::generic(Class::IEnumerableOf, [element])
    }

    /// `self?`
    #[must_use]
    pub fn nullable(self) -> Self {
        Self::generic(Class::Nullable, [self])
    }

    /// The class, if it is one.
    pub const fn class(&self) -> Option<Class> {
        match self {
            Self::Plain(class) | Self::Generic(class, _) => Some(*class),
            Self::Array(_) => Some(Class::Array),
            Self::Unknown | Self::Null | Self::Void | Self::Anonymous(_) | Self::Variable(_) => None,
        }
    }

    /// The type arguments.
    pub fn arguments(&self) -> &[Self] {
        match self {
            Self::Generic(_, arguments) => arguments,
            _ => &[],
        }
    }

    /// The type inside of `T?`.
    pub fn nullable_of(&self) -> Option<&Self> {
        match self {
            Self::Generic(Class::Nullable, arguments) => arguments.first(),
            _ => None,
        }
    }

    /// Whether values are copied; `T?` is one too.
    pub fn is_value_type(&self) -> bool {
        self.class().is_some_and(Class::is_value_type)
    }

    /// Whether null is one of its values.
    pub fn takes_null(&self) -> bool {
        !self.is_value_type() || self.nullable_of().is_some()
    }

    /// The full .NET name, as messages of exceptions have it: `System.Int32`,
    /// ``System.Collections.Generic.List`1[System.Int32]``.
    pub fn full_name(&self) -> String {
        match self {
            Self::Unknown | Self::Null | Self::Variable(_) => "System.Object".to_owned(),
            Self::Void => "System.Void".to_owned(),
            Self::Plain(class) => class.full_name(),
            Self::Generic(class, arguments) => {
                let names: Vec<String> = arguments.iter().map(Self::full_name).collect();
                format!("{}`{}[{}]", class.full_name(), arguments.len(), names.join(","))
            }
            Self::Array(element) => format!("{}[]", element.full_name()),
            Self::Anonymous(fields) => format!("<>f__AnonymousType0`{}", fields.len()),
        }
    }
}

impl Type {
    /// The type with its type parameters replaced; those without an argument become unknown.
    #[must_use]
    pub fn substitute(&self, arguments: &[Self]) -> Self {
        match self {
            Self::Variable(at) => arguments.get(usize::from(*at)).cloned().unwrap_or(Self::Unknown),
            Self::Generic(class, inner) => {
                let inner: Vec<Self> = inner.iter().map(|ty| ty.substitute(arguments)).collect();
                match (class, inner.first()) {
                    // `T?` for a type that takes null already.
                    (Class::Nullable, Some(of)) if !of.is_value_type() || of.nullable_of().is_some() => {
                        of.clone()
                    }
                    _ => Self::Generic(*class, inner.into()),
                }
            }
            Self::Array(element) => Self::array(element.substitute(arguments)),
            Self::Anonymous(fields) => Self::Anonymous(
                fields.iter().map(|(name, ty)| (name.clone(), ty.substitute(arguments))).collect(),
            ),
            other => other.clone(),
        }
    }

    /// Whether a type parameter occurs in it.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Variable(_) => true,
            Self::Generic(_, inner) => inner.iter().any(Self::is_open),
            Self::Array(element) => element.is_open(),
            Self::Anonymous(fields) => fields.iter().any(|(_, ty)| ty.is_open()),
            Self::Unknown | Self::Null | Self::Void | Self::Plain(_) => false,
        }
    }

    /// Whether the unknown type occurs in it.
    pub fn is_vague(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Generic(_, inner) => inner.iter().any(Self::is_vague),
            Self::Array(element) => element.is_vague(),
            Self::Anonymous(fields) => fields.iter().any(|(_, ty)| ty.is_vague()),
            Self::Null | Self::Void | Self::Plain(_) | Self::Variable(_) => false,
        }
    }

    /// Whether it is a type of functions.
    pub fn is_function(&self) -> bool {
        self.class().is_some_and(|class| class.kind() == super::classes::Kind::Delegate)
    }

    /// Parameters and result of a type of functions.
    pub fn function(&self) -> Option<(Vec<Self>, Self)> {
        let class = self.class()?;
        let arguments = self.arguments();
        Some(match class {
            Class::Func => {
                let (result, parameters) = arguments.split_last()?;
                (parameters.to_vec(), result.clone())
            }
            Class::Action => (arguments.to_vec(), Self::Void),
            Class::Predicate => (arguments.to_vec(), Self::BOOL),
            Class::Comparison => {
                let of = arguments.first()?;
                (vec![of.clone(), of.clone()], Self::INT)
            }
            Class::Converter => (vec![arguments.first()?.clone()], arguments.get(1)?.clone()),
            Class::MatchEvaluator => (vec![Self::Plain(Class::Match)], Self::STRING),
            _ => return None,
        })
    }
}

/// `default(T)`; structs that are objects have none and give null.
pub(super) fn default_value(ty: &Type) -> Value {
    use super::value::{
        DateTime, DateTimeKind, DateTimeOffset, DecimalBits, DoubleBits, FloatBits, TimeSpan,
    };
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
        Class::Double => Value::Double(DoubleBits::new(0.0)),
        Class::Decimal => Value::Decimal(DecimalBits::new(rust_decimal::Decimal::ZERO)),
        Class::DateTime => Value::DateTime(DateTime { ticks: 0, kind: DateTimeKind::Unspecified }),
        Class::DateTimeOffset => Value::DateTimeOffset(DateTimeOffset { ticks: 0, offset_minutes: 0 }),
        Class::TimeSpan => Value::TimeSpan(TimeSpan(0)),
        Class::Guid => Value::Guid(0),
        class if class.kind() == super::classes::Kind::Enum => Value::Enum(*class, 0),
        _ => Value::Null,
    }
}

impl fmt::Display for Type {
    /// As C# code has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("dynamic"),
            Self::Null => f.write_str("null"),
            Self::Void => f.write_str("void"),
            Self::Plain(class) => f.write_str(class.keyword()),
            Self::Generic(Class::Nullable, arguments) => {
                arguments.iter().try_for_each(|argument| write!(f, "{argument}?"))
            }
            Self::Generic(class, arguments) => {
                f.write_str(class.name())?;
                for (at, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if at == 0 { "<" } else { ", " })?;
                }
                f.write_str(">")
            }
            Self::Array(element) => write!(f, "{element}[]"),
            Self::Anonymous(_) => f.write_str("anonymous type"),
            Self::Variable(number) => write!(f, "T{number}"),
        }
    }
}
