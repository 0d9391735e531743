//! The form that is evaluated: a tree of operations whose types and members are settled, grouped by
//! the type they give, so that the evaluator never asks.

use super::Value;
use super::types::{Simple, Type};
use crate::diagnostics::Span;
use crate::policy::{Text, VariableSlot};

/// A settled expression.
#[derive(Clone, Debug)]
pub struct Node {
    /// What to do.
    pub op: Op,
    /// Where it comes from.
    pub span: Span,
}

/// Operations, by the type they give.
#[derive(Clone, Debug)]
pub enum Op {
    /// A value known when compiled.
    Constant(Value),
    /// Gives a bool.
    Bool(BoolOp),
    /// Gives an int.
    Int(IntOp),
    /// Gives a long.
    Long(LongOp),
    /// Gives a double.
    Double(DoubleOp),
    /// Gives a string or null.
    Text(TextOp),
    /// Gives a value of a type known only when evaluated.
    Any(AnyOp),
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `Math.Min`
    Min,
    /// `Math.Max`
    Max,
}

/// Request or response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// `context.Request`
    Request,
    /// `context.Response`
    Response,
}

/// Tests of one string against another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextTest {
    /// `Contains`
    Contains,
    /// `StartsWith`
    StartsWith,
    /// `EndsWith`
    EndsWith,
    /// `Equals`
    Equals,
}

/// Changes of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextChange {
    /// `Trim()`
    Trim,
    /// `ToLower()`, `ToLowerInvariant()`
    Lower,
    /// `ToUpper()`, `ToUpperInvariant()`
    Upper,
}

/// Fields of `context.LastError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorField {
    /// `Source`
    Source,
    /// `Reason`
    Reason,
    /// `Message`
    Message,
    /// `Section`
    Section,
    /// `Path`
    Path,
    /// `PolicyId`
    PolicyId,
}

/// A policy variable.
#[derive(Clone, Debug)]
pub enum Variable {
    /// By a name known when compiled.
    Slot(VariableSlot, Text),
    /// By a computed name.
    Named(Box<Node>),
}

/// Operations that give a bool.
#[derive(Clone, Debug)]
pub enum BoolOp {
    /// `!a`
    Not(Box<Node>),
    /// `a && b`
    And(Box<Node>, Box<Node>),
    /// `a || b`
    Or(Box<Node>, Box<Node>),
    /// `context.Response.StatusCode` against a constant.
    StatusIs(Comparison, i32),
    /// Two ints.
    CompareInt(Comparison, Box<Node>, Box<Node>),
    /// Two longs.
    CompareLong(Comparison, Box<Node>, Box<Node>),
    /// Two doubles.
    CompareDouble(Comparison, Box<Node>, Box<Node>),
    /// Two bools.
    SameBool(Box<Node>, Box<Node>),
    /// Two strings, by characters; ignoring case if true.
    SameText(Box<Node>, Box<Node>, bool),
    /// Values of which one may be null, numbers of different types as numbers.
    Lifted(Comparison, Box<Node>, Box<Node>),
    /// `a.Equals(b)` of two values of any type.
    SameValue(Box<Node>, Box<Node>),
    /// `==` of two objects: the same object, which different values never are.
    SameObject(Box<Node>, Box<Node>),
    /// Whether the value is null.
    IsNull(Box<Node>),
    /// Whether `context.Response` is null.
    NoResponse,
    /// Whether `context.LastError` is null.
    NoLastError,
    /// `Headers.ContainsKey`
    HasHeader(Side, Box<Node>),
    /// `context.Variables.ContainsKey`
    HasVariable(Variable),
    /// `text.Contains(part)` and its kind; ignoring case if true.
    Test(TextTest, Box<Node>, Box<Node>, bool),
    /// `string.IsNullOrEmpty`
    NullOrEmpty(Box<Node>),
    /// `string.IsNullOrWhiteSpace`
    NullOrBlank(Box<Node>),
    /// `Convert.ToBoolean`
    Convert(Box<Node>),
}

/// Operations that give an int.
#[derive(Clone, Debug)]
pub enum IntOp {
    /// `context.Response.StatusCode`
    Status,
    /// Two ints, wrapping.
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    /// `-a`
    Negate(Box<Node>),
    /// A char as a number.
    FromChar(Box<Node>),
    /// `(int)` of a long: the low bits.
    FromLong(Box<Node>),
    /// `(int)` of a double: cut off.
    FromDouble(Box<Node>),
    /// `int.Parse`
    Parse(Box<Node>),
    /// `Convert.ToInt32`
    Convert(Box<Node>),
    /// `text.Length`, in UTF-16 units
    Length(Box<Node>),
    /// `array.Length`
    Count(Box<Node>),
    /// `text.IndexOf(part)`; ignoring case if true.
    IndexOf(Box<Node>, Box<Node>, bool),
}

/// Operations that give a long.
#[derive(Clone, Debug)]
pub enum LongOp {
    /// From an int.
    FromInt(Box<Node>),
    /// `(long)` of a double: cut off.
    FromDouble(Box<Node>),
    /// Two longs, wrapping.
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    /// `-a`
    Negate(Box<Node>),
    /// `long.Parse`
    Parse(Box<Node>),
}

/// Operations that give a double.
#[derive(Clone, Debug)]
pub enum DoubleOp {
    /// From an int.
    FromInt(Box<Node>),
    /// From a long.
    FromLong(Box<Node>),
    /// Two doubles.
    Arithmetic(Arithmetic, Box<Node>, Box<Node>),
    /// `-a`
    Negate(Box<Node>),
    /// `context.Elapsed.TotalSeconds`
    ElapsedSeconds,
    /// `context.Elapsed.TotalMilliseconds`
    ElapsedMilliseconds,
}

/// Operations that give a string or null.
#[derive(Clone, Debug)]
pub enum TextOp {
    /// `context.Response.StatusReason`
    Reason,
    /// `context.Request.Method`
    Method,
    /// `context.Request.Url.Path`
    UrlPath,
    /// `context.Request.Url.QueryString`
    UrlQuery,
    /// `context.LastError...`
    LastError(ErrorField),
    /// `Headers.GetValueOrDefault(name, default)`
    Header(Side, Box<Node>, Option<Box<Node>>),
    /// `a + b + ...`: null is empty, everything else as its `ToString` gives it.
    Concat(Vec<Node>),
    /// `text.ToLower()` and its kind.
    Change(TextChange, Box<Node>),
    /// `text.Substring(start[, length])`
    Substring(Box<Node>, Box<Node>, Option<Box<Node>>),
    /// `text.Replace(from, to)`
    Replace(Box<Node>, Box<Node>, Box<Node>),
    /// `value.ToString()`: null throws.
    Format(Box<Node>),
    /// `Convert.ToString(value)`: null is empty.
    Convert(Box<Node>),
    /// `array[index]`
    Element(Box<Node>, Box<Node>),
}

/// Operations that give a value of a type known only when evaluated, or of any one type.
#[derive(Clone, Debug)]
pub enum AnyOp {
    /// `context.Variables[name]`: absent throws.
    Variable(Variable),
    /// `context.Variables.GetValueOrDefault<T>(name, default)`: another type throws.
    VariableOr(Variable, Type, Box<Node>),
    /// `Headers[name]`: absent throws.
    HeaderValues(Side, Box<Node>),
    /// `(type)object`: another type throws.
    Unbox(Type, Box<Node>),
    /// `(type)nullable`: null throws.
    Unwrap(Simple, Box<Node>),
    /// `c ? a : b`
    If(Box<Node>, Box<Node>, Box<Node>),
    /// `a ?? b`
    Coalesce(Box<Node>, Box<Node>),
    /// `a?.b`: null when the first is null, else the second, in which [`AnyOp::Bound`] is the first.
    NullSafe(Box<Node>, Box<Node>),
    /// `context.Response?.b`
    WithResponse(Box<Node>),
    /// `context.LastError?.b`
    WithLastError(Box<Node>),
    /// What the innermost [`AnyOp::NullSafe`] around it has found.
    Bound,
}
