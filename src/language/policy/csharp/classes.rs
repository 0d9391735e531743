//! The classes that expressions can name: one table, from which names, kinds and inheritance come.
//!
//! Rules
//! - A class stands here when the service allows it or the gateway offers it ("policy expressions" page,
//!   list of allowed types, 2026-05), or when its name is needed to say that it is not allowed.
//! - Members are elsewhere: in `library`, beside their implementation.
//! - The namespace `Apim` stands for the interfaces of `context`, which have none in the documentation.

/// What kind of type a class is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A value type.
    Struct,
    /// A reference type.
    Class,
    /// An interface.
    Interface,
    /// An enumeration.
    Enum,
    /// A class with static members only.
    Static,
    /// A class that derives from `Exception`, or that itself.
    Exception,
    /// A type of functions.
    Delegate,
}

macro_rules! classes {
    ($( $class:ident = $name:literal, $namespace:literal, $kind:ident, $arity:literal, [ $($base:ident),* ]; )*) => {
        /// A class, struct, interface, enumeration or delegate by its definition, without type arguments.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Class {
            $( #[doc = concat!("`", $namespace, ".", $name, "`")] $class, )*
        }

        impl Class {
            /// All classes, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$class),*];

            /// The name without its namespace.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$class => $name,)* }
            }

            /// The namespace.
            pub const fn namespace(self) -> &'static str {
                match self { $(Self::$class => $namespace,)* }
            }

            /// What kind of type it is.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$class => Kind::$kind,)* }
            }

            /// How many type arguments it takes; 9: any number.
            pub const fn arity(self) -> usize {
                match self { $(Self::$class => $arity,)* }
            }

            /// The classes it derives from directly, `Object` left out. A generic base has the first type
            /// arguments of the class, as far as it takes some.
            pub const fn bases(self) -> &'static [Self] {
                match self { $(Self::$class => &[$(Self::$base),*],)* }
            }
        }
    };
}

classes! {
Object = "Object", "System", Class, 0, [];
Bool = "Boolean", "System", Struct, 0, [];
Char = "Char", "System", Struct, 0, [];
SByte = "SByte", "System", Struct, 0, [];
Byte = "Byte", "System", Struct, 0, [];
Short = "Int16", "System", Struct, 0, [];
UShort = "UInt16", "System", Struct, 0, [];
Int = "Int32", "System", Struct, 0, [];
UInt = "UInt32", "System", Struct, 0, [];
Long = "Int64", "System", Struct, 0, [];
ULong = "UInt64", "System", Struct, 0, [];
Float = "Single", "System", Struct, 0, [];
Double = "Double", "System", Struct, 0, [];
Decimal = "Decimal", "System", Struct, 0, [];
String = "String", "System", Class, 0, [IEnumerable];
DateTime = "DateTime", "System", Struct, 0, [];
DateTimeOffset = "DateTimeOffset", "System", Struct, 0, [];
TimeSpan = "TimeSpan", "System", Struct, 0, [];
Guid = "Guid", "System", Struct, 0, [];
Nullable = "Nullable", "System", Struct, 1, [];
Enum = "Enum", "System", Class, 0, [];
Type = "Type", "System", Class, 0, [];
Array = "Array", "System", Class, 0, [IEnumerable];
Convert = "Convert", "System", Static, 0, [];
Math = "Math", "System", Static, 0, [];
BitConverter = "BitConverter", "System", Static, 0, [];
Random = "Random", "System", Class, 0, [];
Uri = "Uri", "System", Class, 0, [];
Tuple = "Tuple", "System", Class, 9, [];
ValueTuple = "ValueTuple", "System", Struct, 9, [];
Func = "Func", "System", Delegate, 9, [];
Action = "Action", "System", Delegate, 9, [];
Predicate = "Predicate", "System", Delegate, 1, [];
Comparison = "Comparison", "System", Delegate, 1, [];
Converter = "Converter", "System", Delegate, 2, [];
StringComparer = "StringComparer", "System", Class, 0, [];
TimeZoneInfo = "TimeZoneInfo", "System", Class, 0, [];
TimeZone = "TimeZone", "System", Class, 0, [];
IDisposable = "IDisposable", "System", Interface, 0, [];
IFormattable = "IFormattable", "System", Interface, 0, [];
IComparable = "IComparable", "System", Interface, 0, [];
Version = "Version", "System", Class, 0, [];
StringComparison = "StringComparison", "System", Enum, 0, [];
StringSplitOptions = "StringSplitOptions", "System", Enum, 0, [];
DateTimeKind = "DateTimeKind", "System", Enum, 0, [];
DayOfWeek = "DayOfWeek", "System", Enum, 0, [];
MidpointRounding = "MidpointRounding", "System", Enum, 0, [];
UriPartial = "UriPartial", "System", Enum, 0, [];
UriKind = "UriKind", "System", Enum, 0, [];
UriFormat = "UriFormat", "System", Enum, 0, [];
UriComponents = "UriComponents", "System", Enum, 0, [];
TypeCode = "TypeCode", "System", Enum, 0, [];
Base64FormattingOptions = "Base64FormattingOptions", "System", Enum, 0, [];
Exception = "Exception", "System", Exception, 0, [];
SystemException = "SystemException", "System", Exception, 0, [Exception];
ApplicationException = "ApplicationException", "System", Exception, 0, [Exception];
AggregateException = "AggregateException", "System", Exception, 0, [Exception];
NullReferenceException = "NullReferenceException", "System", Exception, 0, [SystemException];
InvalidCastException = "InvalidCastException", "System", Exception, 0, [SystemException];
FormatException = "FormatException", "System", Exception, 0, [SystemException];
UriFormatException = "UriFormatException", "System", Exception, 0, [FormatException];
ArithmeticException = "ArithmeticException", "System", Exception, 0, [SystemException];
OverflowException = "OverflowException", "System", Exception, 0, [ArithmeticException];
DivideByZeroException = "DivideByZeroException", "System", Exception, 0, [ArithmeticException];
ArgumentException = "ArgumentException", "System", Exception, 0, [SystemException];
ArgumentNullException = "ArgumentNullException", "System", Exception, 0, [ArgumentException];
ArgumentOutOfRangeException = "ArgumentOutOfRangeException", "System", Exception, 0, [ArgumentException];
InvalidOperationException = "InvalidOperationException", "System", Exception, 0, [SystemException];
NotSupportedException = "NotSupportedException", "System", Exception, 0, [SystemException];
NotImplementedException = "NotImplementedException", "System", Exception, 0, [SystemException];
IndexOutOfRangeException = "IndexOutOfRangeException", "System", Exception, 0, [SystemException];
RankException = "RankException", "System", Exception, 0, [SystemException];
ArrayTypeMismatchException = "ArrayTypeMismatchException", "System", Exception, 0, [SystemException];
TimeoutException = "TimeoutException", "System", Exception, 0, [SystemException];
KeyNotFoundException = "KeyNotFoundException", "System.Collections.Generic", Exception, 0, [SystemException];
TimeZoneNotFoundException = "TimeZoneNotFoundException", "System", Exception, 0, [Exception];
InvalidTimeZoneException = "InvalidTimeZoneException", "System", Exception, 0, [Exception];
ObjectDisposedException = "ObjectDisposedException", "System", Exception, 0, [InvalidOperationException];
OutOfMemoryException = "OutOfMemoryException", "System", Exception, 0, [SystemException];
RegexMatchTimeoutException = "RegexMatchTimeoutException", "System.Text.RegularExpressions", Exception, 0, [TimeoutException];
CryptographicException = "CryptographicException", "System.Security.Cryptography", Exception, 0, [SystemException];
XmlException = "XmlException", "System.Xml", Exception, 0, [SystemException];
JsonException = "JsonException", "Newtonsoft.Json", Exception, 0, [Exception];
JsonReaderException = "JsonReaderException", "Newtonsoft.Json", Exception, 0, [JsonException];
JsonSerializationException = "JsonSerializationException", "Newtonsoft.Json", Exception, 0, [JsonException];
DecoderFallbackException = "DecoderFallbackException", "System.Text", Exception, 0, [ArgumentException];
SwitchExpressionException = "SwitchExpressionException", "System.Runtime.CompilerServices", Exception, 0, [InvalidOperationException];
IEnumerable = "IEnumerable", "System.Collections", Interface, 0, [];
IEnumerableOf = "IEnumerable", "System.Collections.Generic", Interface, 1, [IEnumerable];
IEnumerator = "IEnumerator", "System.Collections.Generic", Interface, 1, [IDisposable];
ICollection = "ICollection", "System.Collections.Generic", Interface, 1, [IEnumerableOf];
IReadOnlyCollection = "IReadOnlyCollection", "System.Collections.Generic", Interface, 1, [IEnumerableOf];
IList = "IList", "System.Collections.Generic", Interface, 1, [ICollection];
IReadOnlyList = "IReadOnlyList", "System.Collections.Generic", Interface, 1, [IReadOnlyCollection];
ISet = "ISet", "System.Collections.Generic", Interface, 1, [ICollection];
IDictionary = "IDictionary", "System.Collections.Generic", Interface, 2, [IEnumerable];
IReadOnlyDictionary = "IReadOnlyDictionary", "System.Collections.Generic", Interface, 2, [IEnumerable];
List = "List", "System.Collections.Generic", Class, 1, [IList, IReadOnlyList];
Dictionary = "Dictionary", "System.Collections.Generic", Class, 2, [IDictionary, IReadOnlyDictionary];
SortedDictionary = "SortedDictionary", "System.Collections.Generic", Class, 2, [IDictionary, IReadOnlyDictionary];
HashSet = "HashSet", "System.Collections.Generic", Class, 1, [ISet];
Queue = "Queue", "System.Collections.Generic", Class, 1, [IReadOnlyCollection];
Stack = "Stack", "System.Collections.Generic", Class, 1, [IReadOnlyCollection];
KeyValuePair = "KeyValuePair", "System.Collections.Generic", Struct, 2, [];
IEqualityComparer = "IEqualityComparer", "System.Collections.Generic", Interface, 1, [];
IComparer = "IComparer", "System.Collections.Generic", Interface, 1, [];
Enumerable = "Enumerable", "System.Linq", Static, 0, [];
IGrouping = "IGrouping", "System.Linq", Interface, 2, [IEnumerable];
ILookup = "ILookup", "System.Linq", Interface, 2, [IEnumerable];
IOrderedEnumerable = "IOrderedEnumerable", "System.Linq", Interface, 1, [IEnumerableOf];
Encoding = "Encoding", "System.Text", Class, 0, [];
StringBuilder = "StringBuilder", "System.Text", Class, 0, [];
StringReader = "StringReader", "System.IO", Class, 0, [IDisposable];
StringWriter = "StringWriter", "System.IO", Class, 0, [IDisposable];
MemoryStream = "MemoryStream", "System.IO", Class, 0, [IDisposable];
IPAddress = "IPAddress", "System.Net", Class, 0, [];
WebUtility = "WebUtility", "System.Net", Static, 0, [];
HttpStatusCode = "HttpStatusCode", "System.Net", Enum, 0, [];
CultureInfo = "CultureInfo", "System.Globalization", Class, 0, [];
NumberStyles = "NumberStyles", "System.Globalization", Enum, 0, [];
DateTimeStyles = "DateTimeStyles", "System.Globalization", Enum, 0, [];
Regex = "Regex", "System.Text.RegularExpressions", Class, 0, [];
RegexOptions = "RegexOptions", "System.Text.RegularExpressions", Enum, 0, [];
Capture = "Capture", "System.Text.RegularExpressions", Class, 0, [];
RegexGroup = "Group", "System.Text.RegularExpressions", Class, 0, [Capture];
Match = "Match", "System.Text.RegularExpressions", Class, 0, [RegexGroup];
MatchCollection = "MatchCollection", "System.Text.RegularExpressions", Class, 0, [IEnumerable];
GroupCollection = "GroupCollection", "System.Text.RegularExpressions", Class, 0, [IEnumerable];
CaptureCollection = "CaptureCollection", "System.Text.RegularExpressions", Class, 0, [IEnumerable];
MatchEvaluator = "MatchEvaluator", "System.Text.RegularExpressions", Delegate, 0, [];
HashAlgorithm = "HashAlgorithm", "System.Security.Cryptography", Class, 0, [IDisposable];
Hmac = "HMAC", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Md5 = "MD5", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Sha1 = "SHA1", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Sha256 = "SHA256", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Sha384 = "SHA384", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Sha512 = "SHA512", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Sha1Managed = "SHA1Managed", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Sha256Managed = "SHA256Managed", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Sha384Managed = "SHA384Managed", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Sha512Managed = "SHA512Managed", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Md5CryptoServiceProvider = "MD5CryptoServiceProvider", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Sha1CryptoServiceProvider = "SHA1CryptoServiceProvider", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
Sha256CryptoServiceProvider = "SHA256CryptoServiceProvider", "System.Security.Cryptography", Class, 0, [HashAlgorithm];
HmacMd5 = "HMACMD5", "System.Security.Cryptography", Class, 0, [Hmac];
HmacSha1 = "HMACSHA1", "System.Security.Cryptography", Class, 0, [Hmac];
HmacSha256 = "HMACSHA256", "System.Security.Cryptography", Class, 0, [Hmac];
HmacSha384 = "HMACSHA384", "System.Security.Cryptography", Class, 0, [Hmac];
HmacSha512 = "HMACSHA512", "System.Security.Cryptography", Class, 0, [Hmac];
HashAlgorithmName = "HashAlgorithmName", "System.Security.Cryptography", Struct, 0, [];
Rsa = "RSA", "System.Security.Cryptography", Class, 0, [IDisposable];
RsaSignaturePadding = "RSASignaturePadding", "System.Security.Cryptography", Class, 0, [];
RsaEncryptionPadding = "RSAEncryptionPadding", "System.Security.Cryptography", Class, 0, [];
RandomNumberGenerator = "RandomNumberGenerator", "System.Security.Cryptography", Class, 0, [IDisposable];
RngCryptoServiceProvider = "RNGCryptoServiceProvider", "System.Security.Cryptography", Class, 0, [RandomNumberGenerator];
Aes = "Aes", "System.Security.Cryptography", Class, 0, [IDisposable];
SymmetricAlgorithm = "SymmetricAlgorithm", "System.Security.Cryptography", Class, 0, [IDisposable];
X509Certificate2 = "X509Certificate2", "System.Security.Cryptography.X509Certificates", Class, 0, [];
X500DistinguishedName = "X500DistinguishedName", "System.Security.Cryptography.X509Certificates", Class, 0, [];
X509NameType = "X509NameType", "System.Security.Cryptography.X509Certificates", Enum, 0, [];
X509KeyStorageFlags = "X509KeyStorageFlags", "System.Security.Cryptography.X509Certificates", Enum, 0, [];
Formatting = "Formatting", "Newtonsoft.Json", Enum, 0, [];
JsonConvert = "JsonConvert", "Newtonsoft.Json", Static, 0, [];
JsonSerializerSettings = "JsonSerializerSettings", "Newtonsoft.Json", Class, 0, [];
NullValueHandling = "NullValueHandling", "Newtonsoft.Json", Enum, 0, [];
JToken = "JToken", "Newtonsoft.Json.Linq", Class, 0, [IEnumerable];
JContainer = "JContainer", "Newtonsoft.Json.Linq", Class, 0, [JToken];
JObject = "JObject", "Newtonsoft.Json.Linq", Class, 0, [JContainer];
JArray = "JArray", "Newtonsoft.Json.Linq", Class, 0, [JContainer];
JProperty = "JProperty", "Newtonsoft.Json.Linq", Class, 0, [JContainer];
JConstructor = "JConstructor", "Newtonsoft.Json.Linq", Class, 0, [JContainer];
JValue = "JValue", "Newtonsoft.Json.Linq", Class, 0, [JToken];
JRaw = "JRaw", "Newtonsoft.Json.Linq", Class, 0, [JValue];
JTokenType = "JTokenType", "Newtonsoft.Json.Linq", Enum, 0, [];
JsonExtensions = "Extensions", "Newtonsoft.Json.Linq", Static, 0, [];
JsonMergeSettings = "JsonMergeSettings", "Newtonsoft.Json.Linq", Class, 0, [];
MergeArrayHandling = "MergeArrayHandling", "Newtonsoft.Json.Linq", Enum, 0, [];
IJEnumerable = "IJEnumerable", "Newtonsoft.Json.Linq", Interface, 1, [IEnumerableOf];
XObject = "XObject", "System.Xml.Linq", Class, 0, [];
XNode = "XNode", "System.Xml.Linq", Class, 0, [XObject];
XContainer = "XContainer", "System.Xml.Linq", Class, 0, [XNode];
XElement = "XElement", "System.Xml.Linq", Class, 0, [XContainer];
XDocument = "XDocument", "System.Xml.Linq", Class, 0, [XContainer];
XAttribute = "XAttribute", "System.Xml.Linq", Class, 0, [XObject];
XText = "XText", "System.Xml.Linq", Class, 0, [XNode];
XCData = "XCData", "System.Xml.Linq", Class, 0, [XText];
XComment = "XComment", "System.Xml.Linq", Class, 0, [XNode];
XDeclaration = "XDeclaration", "System.Xml.Linq", Class, 0, [];
XName = "XName", "System.Xml.Linq", Class, 0, [];
XNamespace = "XNamespace", "System.Xml.Linq", Class, 0, [];
SaveOptions = "SaveOptions", "System.Xml.Linq", Enum, 0, [];
LoadOptions = "LoadOptions", "System.Xml.Linq", Enum, 0, [];
XmlNodeType = "XmlNodeType", "System.Xml", Enum, 0, [];
XmlDocument = "XmlDocument", "System.Xml", Class, 0, [XmlNode];
XmlNode = "XmlNode", "System.Xml", Class, 0, [];
XmlReader = "XmlReader", "System.Xml", Class, 0, [IDisposable];
XmlExtensions = "Extensions", "System.Xml.Linq", Static, 0, [];
IProxyRequestContext = "IProxyRequestContext", "Apim", Interface, 0, [];
IRequest = "IRequest", "Apim", Interface, 0, [];
IResponse = "IResponse", "Apim", Interface, 0, [];
IMessageBody = "IMessageBody", "Apim", Interface, 0, [];
IUrl = "IUrl", "Apim", Interface, 0, [];
IHeaders = "IHeaders", "Apim", Interface, 0, [IEnumerable];
IQuery = "IQuery", "Apim", Interface, 0, [IEnumerable];
IParameters = "IParameters", "Apim", Interface, 0, [IEnumerable];
IVariables = "IVariables", "Apim", Interface, 0, [IEnumerable];
ILastError = "ILastError", "Apim", Interface, 0, [];
IApi = "IApi", "Apim", Interface, 0, [];
IOperation = "IOperation", "Apim", Interface, 0, [];
IProduct = "IProduct", "Apim", Interface, 0, [];
ISubscription = "ISubscription", "Apim", Interface, 0, [];
IUser = "IUser", "Apim", Interface, 0, [];
IGroup = "IGroup", "Apim", Interface, 0, [];
IUserIdentity = "IUserIdentity", "Apim", Interface, 0, [];
IDeployment = "IDeployment", "Apim", Interface, 0, [];
IGatewayInfo = "IGatewayInfo", "Apim", Interface, 0, [];
ISustainabilityInfo = "ISustainabilityInfo", "Apim", Interface, 0, [];
ISubscriptionKeyParameterNames = "ISubscriptionKeyParameterNames", "Apim", Interface, 0, [];
ICertificates = "ICertificates", "Apim", Interface, 0, [IEnumerable];
BasicAuthCredentials = "BasicAuthCredentials", "Apim", Class, 0, [];
Jwt = "Jwt", "Apim", Class, 0, [];
Authorization = "Authorization", "Apim", Class, 0, [];
IPrivateEndpointConnection = "IPrivateEndpointConnection", "Apim", Interface, 0, [];
CarbonIntensityCategory = "CarbonIntensityCategory", "Apim", Enum, 0, [];
IGraphQLContext = "IGraphQLContext", "Apim", Interface, 0, [];
ProductState = "ProductState", "Apim", Enum, 0, [];
GatewayExtensions = "GatewayExtensions", "Apim", Static, 0, [];}

impl Class {
    /// The full .NET name without type arguments, for example `System.Int32`.
    pub fn full_name(self) -> String {
        format!("{}.{}", self.namespace(), self.name())
    }

    /// The name as C# code has it: the keyword where there is one.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Bool => "bool",
            Self::Char => "char",
            Self::SByte => "sbyte",
            Self::Byte => "byte",
            Self::Short => "short",
            Self::UShort => "ushort",
            Self::Int => "int",
            Self::UInt => "uint",
            Self::Long => "long",
            Self::ULong => "ulong",
            Self::Float => "float",
            Self::Double => "double",
            Self::Decimal => "decimal",
            Self::String => "string",
            other => other.name(),
        }
    }

    /// Whether values of it are copied and never null.
    pub const fn is_value_type(self) -> bool {
        matches!(self.kind(), Kind::Struct | Kind::Enum)
    }

    /// Whether it is `other` or derives from it.
    pub fn derives_from(self, other: Self) -> bool {
        self == other
            || other == Self::Object
            || (self.kind() == Kind::Exception && other == Self::Exception)
            || self.bases().iter().any(|base| base.derives_from(other))
    }
}
