//! Policy expressions: C# 7 with the part of .NET that the service allows.
//!
//! The way of an expression: `token` splits it, `parse` builds the tree of `syntax`, `bind` settles names,
//! types and overloads against `library` and gives the tree of `ir`, `eval` runs that over a [`Scope`].
//!
//! Rules
//! - Semantics are those of C# 7 and .NET 8 under the invariant culture, in the time zone UTC; where
//!   runtimes differ a switch of [`crate::semantics::Semantics`] says which is meant.
//! - Values are plain data: objects live in a [`Heap`] that belongs to the exchange.
//! - Time, random numbers and identifiers come from the scope; evaluation is a function of it.
//! - Steps, memory and depth are bounded; running out cannot be caught.
//! - LINQ is evaluated at once instead of on demand: visible only to code that changes a source between
//!   making a query and running it.
#![expect(
    clippy::match_same_arms,
    clippy::unnecessary_wraps,
    clippy::option_option,
    reason = "one arm and one result type for each rule of the language, alike or not; a conversion may be \
              impossible, or possible without doing anything"
)]

mod attribute;
mod bind;
pub mod classes;
mod context;
mod eval;
mod expression;
mod fault;
mod heap;
mod ir;
pub mod library;
mod machine;
mod parse;
mod plain;
mod print;
mod scope;
#[cfg(test)]
pub(in crate::policy) mod strategies;
pub mod syntax;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod token;
mod types;
mod value;
mod variables;
mod walk;

pub use attribute::FromValue;
pub use classes::Class;
pub use context::Context;
pub use eval::type_of;
pub use expression::{Expression, Options};
pub use fault::{EvalError, Fault, FaultKind};
pub use heap::{Heap, Object, Ref, Stored};
pub use machine::{Call, MAX_BYTES, MAX_STEPS, MAX_TEXT_BYTES, Machine};
pub use parse::{NamedValues, ParseOptions, parse, parse_with};
pub(in crate::policy) use parse::{named_value, named_value_error};
pub use plain::{from_json, from_json_text, to_json};
pub use scope::{Chance, LowestChance, Scope};
pub use types::Type;
pub use value::{
    DateTime, DateTimeKind, DateTimeOffset, DecimalBits, DoubleBits, FloatBits, Host, TimeSpan, Value,
};
pub use variables::Variables;

pub(in crate::policy) use super::Text;
