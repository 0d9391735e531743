//! Policy expressions: the C# subset that failover policies use, with a real syntax tree, types and
//! places, lowered to a form that evaluates without walking text.
//!
//! The way of an expression: `token` splits it, `parse` builds the tree of `syntax`, `lower` checks types
//! and members and gives the tree of `ir`, `eval` runs that over a [`Scope`].
//!
//! Rules: C# 7 typing (int division cuts off, ints wrap, `+` with a string appends, null appends as
//! nothing), .NET exceptions, ordinal strings. What C# has and this language lacks is refused with the
//! code `unsupported-expression`, never skipped.
//!
//! Not here yet: statement blocks beyond a single `return`, LINQ, JSON, dates, interpolated strings.

mod convert;
mod eval;
mod expression;
pub mod ir;
mod lower;
mod names;
mod parse;
mod scope;
pub mod syntax;
mod token;
mod types;
mod value;
mod variables;
mod walk;

pub use eval::MAX_TEXT_BYTES;
pub use expression::Expression;
pub use scope::{EvalError, EvalErrorKind, FromValue, Scope};
pub use types::{Host, Simple, Type};
pub use value::{DoubleBits, Value};
pub use variables::Variables;

pub(in crate::policy) use names::closest;
pub(in crate::policy) use parse::{named_value, named_value_error};

#[cfg(test)]
mod tests;
