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

impl Node {
    /// Calls `visit` with this node and all below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        self.for_children(&mut |child| child.walk(visit));
    }

    /// Calls `visit` with each operand in order.
    pub fn for_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        match &self.op {
            Op::Constant(_) => {}
            Op::Bool(op) => op.for_children(visit),
            Op::Int(op) => match op {
                IntOp::Status => {}
                IntOp::Arithmetic(_, a, b) | IntOp::IndexOf(a, b, _) => {
                    visit(a);
                    visit(b);
                }
                IntOp::Negate(a)
                | IntOp::FromChar(a)
                | IntOp::FromLong(a)
                | IntOp::FromDouble(a)
                | IntOp::Parse(a)
                | IntOp::Convert(a)
                | IntOp::Length(a)
                | IntOp::Count(a) => visit(a),
            },
            Op::Long(op) => match op {
                LongOp::Arithmetic(_, a, b) => {
                    visit(a);
                    visit(b);
                }
                LongOp::FromInt(a) | LongOp::FromDouble(a) | LongOp::Negate(a) | LongOp::Parse(a) => visit(a),
            },
            Op::Double(op) => match op {
                DoubleOp::Arithmetic(_, a, b) => {
                    visit(a);
                    visit(b);
                }
                DoubleOp::FromInt(a) | DoubleOp::FromLong(a) | DoubleOp::Negate(a) => visit(a),
                DoubleOp::ElapsedSeconds | DoubleOp::ElapsedMilliseconds => {}
            },
            Op::Text(op) => op.for_children(visit),
            Op::Any(op) => op.for_children(visit),
        }
    }
}

impl BoolOp {
    fn for_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match self {
            Self::StatusIs(..) | Self::NoResponse | Self::NoLastError => {}
            Self::Not(a)
            | Self::IsNull(a)
            | Self::HasHeader(_, a)
            | Self::NullOrEmpty(a)
            | Self::NullOrBlank(a)
            | Self::Convert(a) => visit(a),
            Self::HasVariable(variable) => variable.for_children(visit),
            Self::And(a, b)
            | Self::Or(a, b)
            | Self::CompareInt(_, a, b)
            | Self::CompareLong(_, a, b)
            | Self::CompareDouble(_, a, b)
            | Self::SameBool(a, b)
            | Self::SameText(a, b, _)
            | Self::Lifted(_, a, b)
            | Self::SameValue(a, b)
            | Self::SameObject(a, b)
            | Self::Test(_, a, b, _) => {
                visit(a);
                visit(b);
            }
        }
    }
}

impl TextOp {
    fn for_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match self {
            Self::Reason | Self::Method | Self::UrlPath | Self::UrlQuery | Self::LastError(_) => {}
            Self::Header(_, name, default) => {
                visit(name);
                if let Some(default) = default {
                    visit(default);
                }
            }
            Self::Concat(parts) => parts.iter().for_each(visit),
            Self::Change(_, a) | Self::Format(a) | Self::Convert(a) => visit(a),
            Self::Substring(a, b, c) => {
                visit(a);
                visit(b);
                if let Some(c) = c {
                    visit(c);
                }
            }
            Self::Replace(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            Self::Element(a, b) => {
                visit(a);
                visit(b);
            }
        }
    }
}

impl AnyOp {
    fn for_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match self {
            Self::Bound => {}
            Self::Variable(variable) => variable.for_children(visit),
            Self::VariableOr(variable, _, default) => {
                variable.for_children(visit);
                visit(default);
            }
            Self::HeaderValues(_, a)
            | Self::Unbox(_, a)
            | Self::Unwrap(_, a)
            | Self::WithResponse(a)
            | Self::WithLastError(a) => visit(a),
            Self::If(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            Self::Coalesce(a, b) | Self::NullSafe(a, b) => {
                visit(a);
                visit(b);
            }
        }
    }
}

impl Variable {
    fn for_children<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        match self {
            Self::Slot(..) => {}
            Self::Named(name) => visit(name),
        }
    }
}
