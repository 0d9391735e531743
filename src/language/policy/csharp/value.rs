//! Values of expressions, with .NET meaning.
//!
//! Values compare and hash totally, by bits: two values are equal when nothing can tell them apart. What
//! C# calls equal is a matter of `library::equality`.
//!
//! Strings are sequences of Unicode characters here and of UTF-16 units in .NET: lengths and indices count
//! units, and a unit that is half a character becomes U+FFFD when it stands alone in a string.

use rust_decimal::Decimal;

use super::classes::Class;
use super::heap::Ref;
use crate::policy::Text;

/// A double by its bits. C# doubles live only in expressions, never in gateway arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DoubleBits(u64);

impl DoubleBits {
    /// The bits of `value`.
    pub const fn new(value: f64) -> Self {
        Self(value.to_bits())
    }

    /// The number.
    pub const fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// A float by its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FloatBits(u32);

impl FloatBits {
    /// The bits of `value`.
    pub const fn new(value: f32) -> Self {
        Self(value.to_bits())
    }

    /// The number.
    pub const fn get(self) -> f32 {
        f32::from_bits(self.0)
    }
}

/// A decimal with its scale, so that `1.0m` and `1.00m` differ as they do when printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DecimalBits([u8; 16]);

impl DecimalBits {
    /// The bits of `value`.
    pub fn new(value: Decimal) -> Self {
        Self(value.serialize())
    }

    /// The number.
    pub fn get(self) -> Decimal {
        Decimal::deserialize(self.0)
    }
}

/// `DateTimeKind`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DateTimeKind {
    /// `Unspecified`
    #[default]
    Unspecified,
    /// `Utc`
    Utc,
    /// `Local`; the gateway's clock is UTC, so local time is UTC with another name.
    Local,
}

/// `System.DateTime`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// Units of 100 ns since 0001-01-01T00:00:00, 0 to 3,155,378,975,999,999,999.
    pub ticks: i64,
    /// Its kind; takes no part in comparison.
    pub kind: DateTimeKind,
}

/// `System.DateTimeOffset`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTimeOffset {
    /// The clock's reading at the offset, in ticks as for [`DateTime`].
    pub ticks: i64,
    /// Minutes to add to UTC, -840 to 840.
    pub offset_minutes: i16,
}

/// `System.TimeSpan`, in units of 100 ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan(pub i64);

/// What an expression can give and a variable can hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `null`
    Null,
    /// `bool`
    Bool(bool),
    /// `char`: a UTF-16 unit
    Char(u16),
    /// `sbyte`
    SByte(i8),
    /// `byte`
    Byte(u8),
    /// `short`
    Short(i16),
    /// `ushort`
    UShort(u16),
    /// `int`
    Int(i32),
    /// `uint`
    UInt(u32),
    /// `long`
    Long(i64),
    /// `ulong`
    ULong(u64),
    /// `float`
    Float(FloatBits),
    /// `double`
    Double(DoubleBits),
    /// `decimal`
    Decimal(DecimalBits),
    /// `string`
    Str(Text),
    /// `DateTime`
    DateTime(DateTime),
    /// `DateTimeOffset`
    DateTimeOffset(DateTimeOffset),
    /// `TimeSpan`
    TimeSpan(TimeSpan),
    /// `Guid`, the first hexadecimal digit in the highest bits
    Guid(u128),
    /// A member of an enumeration.
    Enum(Class, i32),
    /// `typeof(T)` of a class without type arguments.
    Type(Class),
    /// An object of the gateway, such as `context.Request`.
    Host(Host),
    /// An object made by an expression.
    Ref(Ref),
}

/// Objects of the gateway: there is one of each, and they are read from the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// `context.Request.Body`
    RequestBody,
    /// `context.Response.Body`
    ResponseBody,
    /// `context.Request.Url`
    Url,
    /// `context.Request.OriginalUrl`
    OriginalUrl,
    /// `context.Request.Url.Query`
    Query,
    /// `context.Request.OriginalUrl.Query`
    OriginalQuery,
    /// `context.Request.MatchedParameters`
    MatchedParameters,
    /// `context.Variables`
    Variables,
    /// `context.LastError`
    LastError,
    /// `context.Api`
    Api,
    /// `context.Operation`
    Operation,
    /// `context.Product`
    Product,
    /// `context.Subscription`
    Subscription,
    /// `context.User`
    User,
    /// `context.Deployment`
    Deployment,
    /// `context.Deployment.Gateway`
    Gateway,
    /// `context.Deployment.SustainabilityInfo`
    Sustainability,
    /// `context.Api.SubscriptionKeyParameterNames`
    KeyNames,
    /// A certificate of `context.Deployment.Certificates` or of the client.
    Certificate,
    /// `context.Deployment.Certificates`
    Certificates,
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Long(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(DoubleBits::new(value))
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Self::Decimal(DecimalBits::new(value))
    }
}

impl From<Text> for Value {
    fn from(value: Text) -> Self {
        Self::Str(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Str(Text::from(value))
    }
}

impl From<&'static str> for Value {
    fn from(value: &'static str) -> Self {
        Self::Str(Text::Static(value))
    }
}

impl From<Ref> for Value {
    fn from(value: Ref) -> Self {
        Self::Ref(value)
    }
}
