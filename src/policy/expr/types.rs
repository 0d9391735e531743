//! Types of expressions, and the names that the language knows.

use std::fmt;

use crate::diagnostics::{Diagnostic, Span};

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

/// The class a C# name stands for, if the language has it.
pub(super) fn class_named(name: &str) -> Option<Host> {
    let short = name.strip_prefix("System.").unwrap_or(name);
    Some(match short {
        "string" | "String" => Host::StringClass,
        "int" | "Int32" => Host::IntClass,
        "long" | "Int64" => Host::LongClass,
        "Convert" => Host::ConvertClass,
        "Math" => Host::MathClass,
        "StringComparison" => Host::Comparison,
        _ => return None,
    })
}

/// Types that policies may use and this language does not have yet.
pub(super) const OTHER_TYPES: &[&str] = &[
    "Array",
    "Authorization",
    "BasicAuthCredentials",
    "BitConverter",
    "Byte",
    "DateTime",
    "DateTimeOffset",
    "Decimal",
    "Dictionary",
    "Encoding",
    "Enum",
    "Enumerable",
    "Exception",
    "Formatting",
    "Guid",
    "HMACSHA256",
    "HMACSHA512",
    "HashSet",
    "IDictionary",
    "IEnumerable",
    "IList",
    "IPAddress",
    "IResponse",
    "Int16",
    "JArray",
    "JObject",
    "JProperty",
    "JToken",
    "JTokenType",
    "JValue",
    "JsonConvert",
    "Jwt",
    "KeyValuePair",
    "List",
    "MD5",
    "Match",
    "Nullable",
    "Queue",
    "RSA",
    "Random",
    "Regex",
    "RegexOptions",
    "SByte",
    "SHA256",
    "SHA512",
    "Single",
    "Stack",
    "StringBuilder",
    "StringComparer",
    "StringReader",
    "StringSplitOptions",
    "StringWriter",
    "System",
    "Newtonsoft",
    "TimeSpan",
    "TimeZoneInfo",
    "Tuple",
    "UInt16",
    "UInt32",
    "UInt64",
    "Uri",
    "WebUtility",
    "X509Certificate2",
    "XDocument",
    "XElement",
    "XNode",
    "byte",
    "byte[]",
    "decimal",
    "dynamic",
    "float",
    "sbyte",
    "short",
    "uint",
    "ulong",
    "ushort",
];

/// Members of one kind of object: those the language has, and those that exist besides.
pub(super) struct Members {
    pub(super) known: &'static [&'static str],
    pub(super) other: &'static [&'static str],
}

/// The members of `of`.
pub(super) const fn members(of: Type) -> Members {
    let (known, other): (&[&str], &[&str]) = match of {
        Type::Host(host) => match host {
            Host::Context => (
                &["Elapsed", "LastError", "Request", "Response", "Variables"],
                &[
                    "Api",
                    "Deployment",
                    "Operation",
                    "Product",
                    "RequestId",
                    "Subscription",
                    "Timestamp",
                    "Trace",
                    "Tracing",
                    "User",
                    "Workspace",
                ],
            ),
            Host::Request => (
                &["Headers", "Method", "Url"],
                &[
                    "Body",
                    "Certificate",
                    "IpAddress",
                    "MatchedParameters",
                    "OriginalUrl",
                    "PrivateEndpointConnection",
                ],
            ),
            Host::Response => (&["Headers", "StatusCode", "StatusReason"], &["Body"]),
            Host::RequestHeaders | Host::ResponseHeaders => {
                (&["ContainsKey", "GetValueOrDefault"], DICTIONARY_OTHER)
            }
            Host::Variables => (&["ContainsKey", "GetValueOrDefault"], DICTIONARY_OTHER),
            Host::Url => {
                (&["Path", "QueryString"], &["Host", "Port", "Query", "Scheme", "ToString", "ToUri"])
            }
            Host::LastError => {
                (&["Message", "Path", "PolicyId", "Reason", "Section", "Source"], &["HttpErrorCode", "Scope"])
            }
            Host::Elapsed => (
                &["TotalMilliseconds", "TotalSeconds"],
                &[
                    "Days",
                    "Hours",
                    "Milliseconds",
                    "Minutes",
                    "Seconds",
                    "Ticks",
                    "ToString",
                    "TotalDays",
                    "TotalHours",
                    "TotalMinutes",
                ],
            ),
            Host::StringClass => (
                &["Concat", "Empty", "Equals", "IsNullOrEmpty", "IsNullOrWhiteSpace"],
                &["Compare", "Copy", "Format", "Join"],
            ),
            Host::IntClass | Host::LongClass => (&["MaxValue", "MinValue", "Parse"], &["TryParse"]),
            Host::ConvertClass => (
                &["ToBoolean", "ToInt32", "ToString"],
                &[
                    "FromBase64String",
                    "ToBase64String",
                    "ToByte",
                    "ToChar",
                    "ToDateTime",
                    "ToDecimal",
                    "ToDouble",
                    "ToInt16",
                    "ToInt64",
                ],
            ),
            Host::MathClass => (
                &["Max", "Min"],
                &["Abs", "Ceiling", "Exp", "Floor", "Log", "Pow", "Round", "Sign", "Sqrt", "Truncate"],
            ),
            Host::Comparison => (
                &["Ordinal", "OrdinalIgnoreCase"],
                &[
                    "CurrentCulture",
                    "CurrentCultureIgnoreCase",
                    "InvariantCulture",
                    "InvariantCultureIgnoreCase",
                ],
            ),
        },
        Type::String => (
            &[
                "Contains",
                "EndsWith",
                "Equals",
                "IndexOf",
                "Length",
                "Replace",
                "StartsWith",
                "Substring",
                "ToLower",
                "ToLowerInvariant",
                "ToString",
                "ToUpper",
                "ToUpperInvariant",
                "Trim",
            ],
            &[
                "All",
                "Any",
                "AsBasic",
                "AsJwt",
                "Count",
                "CompareTo",
                "First",
                "FirstOrDefault",
                "GetHashCode",
                "Insert",
                "Last",
                "LastIndexOf",
                "PadLeft",
                "PadRight",
                "Remove",
                "Select",
                "Split",
                "ToCharArray",
                "TrimEnd",
                "TrimStart",
                "TryParseBasic",
                "TryParseJwt",
                "Where",
            ],
        ),
        Type::Strings => (
            &["Length"],
            &[
                "Any",
                "Contains",
                "Count",
                "First",
                "FirstOrDefault",
                "Last",
                "LastOrDefault",
                "Select",
                "Where",
            ],
        ),
        Type::Nullable(_) => (&["HasValue"], &["GetValueOrDefault", "ToString", "Value"]),
        Type::Simple(_) | Type::Object => (&["Equals", "ToString"], &["CompareTo", "GetHashCode", "GetType"]),
        Type::Null => (&[], &[]),
    };
    Members { known, other }
}

const DICTIONARY_OTHER: &[&str] = &[
    "All",
    "Any",
    "Count",
    "First",
    "FirstOrDefault",
    "Keys",
    "Select",
    "ToDictionary",
    "TryGetValue",
    "Values",
    "Where",
];

/// C# that policies may contain and this language does not have yet.
pub(super) fn unsupported(span: Span, construct: &str) -> Diagnostic {
    Diagnostic::error("unsupported-expression", span, format!("{construct} cannot be evaluated yet"))
        .label("run needs it")
        .help("rewrite the expression without it")
}

/// The one of `names` that is meant by `name`, if one is close.
pub(in crate::policy) fn closest<'a>(
    name: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let scored = names.into_iter().map(|known| {
        let distance = strsim::damerau_levenshtein(&lower, &known.to_lowercase());
        (distance, known)
    });
    let limit = (name.chars().count() / 3).clamp(1, 4);
    scored.filter(|(distance, _)| *distance <= limit).min().map(|(_, known)| known)
}
