//! Types of expressions, and the names that the language knows.

use std::fmt;

/// The value types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Simple {
    /// `bool`
    Bool,
    /// `char`
    Char,
    /// `int`
    Int,
    /// `long`
    Long,
    /// `double`
    Double,
}

/// An object of the gateway, or a class; an expression can use one but not result in one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// `context`
    Context,
    /// `context.Request`
    Request,
    /// `context.Response`
    Response,
    /// `context.Request.Headers`
    RequestHeaders,
    /// `context.Response.Headers`
    ResponseHeaders,
    /// `context.Request.Url`
    Url,
    /// `context.Variables`
    Variables,
    /// `context.LastError`
    LastError,
    /// `context.Elapsed`
    Elapsed,
    /// `System.String` as a class
    StringClass,
    /// `System.Int32` as a class
    IntClass,
    /// `System.Int64` as a class
    LongClass,
    /// `System.Convert`
    ConvertClass,
    /// `System.Math`
    MathClass,
    /// `System.StringComparison`
    Comparison,
}

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// The type of `null`.
    Null,
    /// A value.
    Simple(Simple),
    /// A value or null.
    Nullable(Simple),
    /// `string`
    String,
    /// `string[]`
    Strings,
    /// `object`: known only when evaluated.
    Object,
    /// Nothing a variable could hold.
    Host(Host),
}

impl Type {
    /// `bool`
    pub const BOOL: Self = Self::Simple(Simple::Bool);
    /// `int`
    pub const INT: Self = Self::Simple(Simple::Int);
    /// `long`
    pub const LONG: Self = Self::Simple(Simple::Long);
    /// `double`
    pub const DOUBLE: Self = Self::Simple(Simple::Double);
    /// `char`
    pub const CHAR: Self = Self::Simple(Simple::Char);

    /// Whether null is one of its values.
    pub const fn is_nullable(self) -> bool {
        !matches!(self, Self::Simple(_))
    }

    /// The type a C# name stands for, if the language has it.
    pub(super) fn named(name: &str, nullable: bool) -> Option<Self> {
        let short = name.strip_prefix("System.").unwrap_or(name);
        let found = match short {
            "bool" | "Boolean" => Self::BOOL,
            "int" | "Int32" => Self::INT,
            "long" | "Int64" => Self::LONG,
            "double" | "Double" => Self::DOUBLE,
            "char" | "Char" => Self::CHAR,
            "string" | "String" => Self::String,
            "object" | "Object" => Self::Object,
            "string[]" | "String[]" => Self::Strings,
            _ => return None,
        };
        match (found, nullable) {
            (found, false) => Some(found),
            (Self::Simple(simple), true) => Some(Self::Nullable(simple)),
            (_, true) => None,
        }
    }

    /// The name .NET uses in messages.
    pub(super) const fn system_name(self) -> &'static str {
        match self {
            Self::Null | Self::Object | Self::Host(_) => "System.Object",
            Self::Simple(simple) | Self::Nullable(simple) => match simple {
                Simple::Bool => "System.Boolean",
                Simple::Char => "System.Char",
                Simple::Int => "System.Int32",
                Simple::Long => "System.Int64",
                Simple::Double => "System.Double",
            },
            Self::String => "System.String",
            Self::Strings => "System.String[]",
        }
    }
}

impl fmt::Display for Simple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::Char => "char",
            Self::Int => "int",
            Self::Long => "long",
            Self::Double => "double",
        })
    }
}

impl fmt::Display for Type {
    /// The C# name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Simple(simple) => write!(f, "{simple}"),
            Self::Nullable(simple) => write!(f, "{simple}?"),
            Self::String => f.write_str("string"),
            Self::Strings => f.write_str("string[]"),
            Self::Object => f.write_str("object"),
            Self::Host(host) => f.write_str(host.name()),
        }
    }
}

impl Host {
    /// How the object is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Context => "context",
            Self::Request => "context.Request",
            Self::Response => "context.Response",
            Self::RequestHeaders => "context.Request.Headers",
            Self::ResponseHeaders => "context.Response.Headers",
            Self::Url => "context.Request.Url",
            Self::Variables => "context.Variables",
            Self::LastError => "context.LastError",
            Self::Elapsed => "context.Elapsed",
            Self::StringClass => "string",
            Self::IntClass => "int",
            Self::LongClass => "long",
            Self::ConvertClass => "Convert",
            Self::MathClass => "Math",
            Self::Comparison => "StringComparison",
        }
    }
}
