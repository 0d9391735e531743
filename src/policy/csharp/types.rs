//! Types of expressions.

use std::fmt;
use std::sync::Arc;

use super::classes::Class;
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
