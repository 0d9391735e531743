//! Policy expressions: the C# subset that failover policies use, with a real syntax tree, types and
//! places, lowered to a form that evaluates without walking text.

mod scope;
mod value;

pub use scope::{EvalError, EvalErrorKind, Expression, FromValue, Scope};
pub use value::{DoubleBits, Value};
