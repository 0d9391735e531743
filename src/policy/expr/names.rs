//! The names that the language knows: classes, members, and what C# has besides.

use super::types::{Host, Type};
use crate::diagnostics::{Diagnostic, Span};

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
