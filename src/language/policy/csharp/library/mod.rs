//! The members of the classes that expressions may use: C# signatures beside their implementation.
//!
//! Rules
//! - A family is a file or folder with one or more [`Table`]s. Each [`Row`] is a signature in C# and the
//!   function that does it; the binder reads signatures once, checks calls against them, and names the
//!   closest when there is none. So this is also the list of what the service allows.
//! - Signatures: `string Substring(int startIndex, int length)`, `static bool TryParse(string s, out int
//!   result)`, `int Length { get; }`, `T this[int index] { get; }` and the same with `{ set; }` as a row
//!   of its own, `new(int year, int month, int day)`, `static TimeSpan operator -(DateTime a, DateTime b)`,
//!   `static explicit operator string(JToken value)`, `static IEnumerable<R> Select<T, R>(this
//!   IEnumerable<T> source, Func<T, R> selector)`, `static string Join(string separator, params object[]
//!   values)`, `T As<T>(bool preserveContent = false)`. Type parameters of the class are called as the
//!   table says.
//! - A member that .NET has and the service refuses is in `denied`.
//! - Functions get `this` as the first argument; they never see a null `this`.
//! - What takes time in proportion to its input pays for it: [`Machine::spend`], [`Machine::pay`].
//!
//! - Tests write whole expressions: `csharp::testing::evaluate("@(1 + 1)")` gives the result in the notation
//!   of `tests/oracle/README.md`, over the context of `tests/oracle/context.json`.
//!
//! Not here: operators and conversions of numbers, bool, char and string, which the evaluator knows.

#![expect(clippy::unnecessary_wraps, reason = "all members of a table have the type of the table")]

pub mod args;
pub mod arguments;
pub mod arrays;
pub mod bits;
pub mod booleans;
pub mod builder;
pub mod chars;
pub mod collation;
pub mod collections;
pub mod common;
pub mod convert;
pub mod crypto;
pub mod cultures;
pub mod dates;
pub mod digits;
pub mod encoding;
pub mod enums;
pub mod exceptions;
pub mod guid;
pub mod hashes;
pub mod host;
pub mod ip;
pub mod json;
pub mod linq;
pub mod math;
pub mod members;
pub mod number_custom;
pub mod number_format;
pub mod number_parse;
pub mod numbers;
pub mod random;
pub mod regex;
pub mod sequence;
pub mod signature;
pub mod string_format;
pub mod string_search;
pub mod strings;
pub mod take;
#[cfg(test)]
mod testing;
pub mod tuples;
pub mod uri;
pub mod utf16;
pub mod web;
pub mod xml;

use super::Class;
use super::fault::Fault;
use super::heap::Object;
use super::machine::{Call, Machine};
use super::value::{Host, Value};

/// What does a member.
pub type Run = fn(&mut Machine<'_, '_>, &Call<'_>) -> Result<Value, Fault>;

/// A member.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its signature in C#.
    pub signature: &'static str,
    /// What does it.
    pub run: Action,
}

/// How a member is had.
#[derive(Clone, Copy, Debug)]
pub enum Action {
    /// By a call.
    Call(Run),
    /// It is an enumeration's member or a constant number.
    Constant(i64),
}

/// The members of a class.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The class.
    pub class: Class,
    /// Names of its type parameters.
    pub parameters: &'static [&'static str],
    /// What it has.
    pub rows: &'static [Row],
    /// Names that .NET has and the service refuses ("policy expressions" page).
    pub denied: &'static [&'static str],
}

/// A row that is called.
pub const fn call(signature: &'static str, run: Run) -> Row {
    Row { signature, run: Action::Call(run) }
}

/// A row that is a number: a member of an enumeration, by its name alone, or `const int MaxValue`.
pub const fn constant(signature: &'static str, value: i64) -> Row {
    Row { signature, run: Action::Constant(value) }
}

/// All tables, by family.
pub const FAMILIES: &[&[Table]] = &[
    common::TABLES,
    numbers::TABLES,
    booleans::TABLES,
    chars::TABLES,
    strings::TABLES,
    string_search::TABLES,
    enums::TABLES,
    exceptions::USUAL,
    exceptions::TABLES,
    convert::TABLES,
    math::TABLES,
    dates::DATE_TIME,
    dates::OFFSET,
    dates::SPAN,
    dates::ZONE,
    guid::TABLES,
    random::TABLES,
    arrays::TABLES,
    encoding::TABLES,
    bits::TABLES,
    builder::TABLES,
    cultures::TABLES,
    host::TABLES,
    uri::TABLES,
    web::TABLES,
    ip::TABLES,
    regex::TABLES,
    crypto::TABLES,
    xml::TABLES,
    json::TABLES,
    collections::TABLES,
    linq::TABLES,
    tuples::TABLES,
];

/// The entries of a dictionary of the gateway (`context.Variables`, headers, query), as pairs.
fn host_pairs(machine: &mut Machine<'_, '_>, host: Host) -> Result<Vec<Value>, Fault> {
    host::pairs(machine, &Value::Host(host))
}

/// The elements of collections that other families own: matches, groups, nodes.
fn object_items(machine: &mut Machine<'_, '_>, object: &Value) -> Result<Vec<Value>, Fault> {
    match machine.object(object) {
        Some(Object::Match(found)) => Ok(found.parts.clone()),
        _ => host::pairs(machine, object),
    }
}
