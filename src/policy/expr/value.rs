//! Values of expressions, with .NET meaning.

use std::sync::Arc;

use crate::policy::Text;

/// A double by its bits, so that values compare and hash totally. C# doubles live only in expressions,
/// never in gateway arithmetic.
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

/// What an expression can give and a variable can hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `null`
    Null,
    /// `System.Boolean`
    Bool(bool),
    /// `System.Int32`
    Int(i32),
    /// `System.Int64`
    Long(i64),
    /// `System.Double`
    Double(DoubleBits),
    /// `System.Char`
    Char(char),
    /// `System.String`
    Str(Text),
    /// `System.String[]`
    Strings(Arc<[Text]>),
}
