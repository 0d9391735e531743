//! The form that is evaluated: names, types, conversions and overloads are settled.
//!
//! Rules
//! - Locals of the expression and of its lambdas live in one frame; each has a slot of its own, never
//!   shared with another local. Temporary values get slots too.
//! - Chains of `+` on strings, of `&&`, of `||` and of arithmetic are flat lists, so that the depth of the
//!   tree does not grow with the length of a chain.
//! - `T?` is the value itself or null, and boxing changes nothing: only conversions that change the tag of
//!   a value or can fail are operations.

use super::Text;
use super::classes::Class;
use super::library::signature::Member;
use super::syntax::{BinaryOp, UnaryOp};
use super::types::Type;
use super::value::Value;
use crate::diagnostics::Span;

/// An operation and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// What it does.
    pub op: Op,
    /// The part of the source it stands for.
    pub span: Span,
}

/// A call of a library member.
#[derive(Clone, Debug)]
pub(super) struct CallOp {
    /// What is called.
    pub member: &'static Member,
    /// `this` first, then one for each parameter.
    pub arguments: Box<[Node]>,
    /// Type arguments of the class, then of the method.
    pub types: Box<[Type]>,
    /// Slots that receive `out` arguments, by index of the argument.
    pub outs: Box<[(usize, u32)]>,
    /// What null arguments do.
    pub nulls: Nulls,
}

/// What null arguments do to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nulls {
    /// A null `this` throws.
    Receiver,
    /// Nothing: static members and extension methods.
    Pass,
    /// A null argument makes the result null (lifted operators).
    Null,
    /// A null argument makes the result false (lifted comparisons).
    False,
}

/// What is looked up when the expression runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// `a.name`
    Get(Text),
    /// `a.name(...)`
    Call(Text, Box<[Type]>),
    /// `a[...]`
    Index,
    /// `a.name = b`
    Set(Text),
    /// `a[...] = b`
    SetIndex,
    /// An operator.
    Binary(BinaryOp),
    /// An operator.
    Unary(UnaryOp),
}

/// What is looked up, its operands, and slots that receive `out` arguments by index of the argument.
pub(super) type LateOp = (Late, Vec<Node>, Vec<(usize, u32)>);

/// A change of a value on its way from one type to another.
#[derive(Clone, Debug)]
pub(super) enum Conversion {
    /// To a number type or `char`; true: overflow throws. Null stays null.
    Number(Class, bool),
    /// A number to an enumeration.
    Enum(Class),
    /// From a reference to exactly this type: fails unless the value has it. Null only where allowed.
    Cast(Type),
    /// `T?` to `T`: null throws.
    Unwrap,
    /// A user-defined conversion; true: null stays null without a call.
    User(&'static Member, bool),
    /// One after the other.
    Both(Box<Conversion>, Box<Conversion>),
    /// From a value whose type is known at run time only, as an assignment does it.
    Dynamic(Type),
    /// The same, as a cast does it.
    DynamicCast(Type),
    /// To the array or sequence of another element type: `(a, b)` to a tuple of other types.
    Items(Box<[Option<Conversion>]>, Box<[Type]>),
}

/// How `==` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Equality {
    /// Numbers of one type, `bool`, `char`, enumerations and strings by value; null equals null.
    Value,
    /// Whether they are the same object.
    Reference,
}

/// A piece of an interpolated string.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Characters.
    Text(Text),
    /// Value, width and format.
    Hole(Node, i32, Option<Text>),
}

/// The operations.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// A value.
    Constant(Value),
    /// The value in a slot.
    Local(u32),
    /// Sets a slot; gives the value.
    SetLocal(u32, Box<Node>),
    /// All in order; gives the last.
    Sequence(Box<[Node]>),
    /// Calls a library member.
    Call(Box<CallOp>),
    /// Calls a setter; gives its last argument.
    Store(Box<CallOp>),
    /// Looks up what to do at run time.
    Late(Box<LateOp>),
    /// Calls a function value: the value, then its arguments.
    Invoke(Box<[Node]>),
    /// Calls a local function.
    Function(u32, Box<[Node]>),
    /// A function value.
    Closure(u32, Box<Type>),
    /// `context.Variables["name"]`: the slot among the variables.
    Variable(u16, Text),
    /// The element of an array (rank 1).
    Element(Box<[Node; 2]>),
    /// Sets an element of an array; gives the value.
    SetElement(Box<[Node; 3]>),
    /// `new T[] { ... }`
    Array(Box<Type>, Box<[Node]>),
    /// `new T[n]`: the length and what fills it.
    ArrayOf(Box<Type>, Box<[Node; 2]>),
    /// `new { ... }`
    Anonymous(Box<Type>, Box<[Node]>),
    /// `(a, b)`
    Tuple(Box<[Type]>, Box<[Node]>),
    /// An item of a tuple or an anonymous object, by index.
    Field(Box<Node>, usize),
    /// A tuple with another item: tuple, item.
    WithField(Box<[Node; 2]>, usize),
    /// `&&`
    All(Box<[Node]>),
    /// `||`
    Any(Box<[Node]>),
    /// `!`
    Not(Box<Node>),
    /// A unary operator on a number; true: checked.
    Unary(UnaryOp, bool, Box<Node>),
    /// Arithmetic from left to right; true: checked.
    Arithmetic(Box<Node>, Box<[(BinaryOp, bool, Node)]>),
    /// `<`, `<=`, `>`, `>=` on numbers of one type or enumerations; false with null.
    Compare(BinaryOp, Box<[Node; 2]>),
    /// `==`, or `!=` (true).
    Equal(Equality, bool, Box<[Node; 2]>),
    /// `+` on strings.
    Concat(Box<[Node]>),
    /// `$"..."`
    Interpolated(Box<[Part]>),
    /// A conversion.
    Convert(Box<Conversion>, Box<Node>),
    /// `is T`
    Is(Box<Type>, Box<Node>),
    /// `as T`
    As(Box<Type>, Box<Node>),
    /// `a ? b : c`
    Conditional(Box<[Node; 3]>),
    /// `a ?? b`
    Coalesce(Box<[Node; 2]>),
    /// `a?.b`: sets the slot to the first; the second unless that is null.
    NullSafe(u32, Box<[Node; 2]>),
    /// `throw`
    Throw(Box<Node>),
}

/// A `catch`.
#[derive(Clone, Debug)]
pub(super) struct Handler {
    /// What it catches.
    pub class: Class,
    /// Slot of the exception.
    pub slot: u32,
    /// `when`
    pub guard: Option<Node>,
    /// What it does.
    pub body: Box<[Statement]>,
}

/// A `case` section: its conditions and what it does.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// One of them must hold; they read the slot of the value.
    pub conditions: Box<[Node]>,
    /// What it does.
    pub body: Box<[Statement]>,
}

/// A statement.
#[derive(Clone, Debug)]
pub(super) enum Statement {
    /// For its effect.
    Expr(Node),
    /// In order.
    Block(Box<[Statement]>),
    /// Condition, then, else.
    If(Box<(Node, Statement, Option<Statement>)>),
    /// A loop.
    Loop(Box<LoopOp>),
    /// `foreach`
    ForEach(Box<ForEachOp>),
    /// Slot, value, sections, index of the default section.
    Switch(Box<(u32, Node, Vec<Section>, Option<usize>)>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return`
    Return(Option<Box<Node>>),
    /// `throw x;`
    Throw(Box<Node>),
    /// `throw;`: the exception in the slot.
    Rethrow(u32),
    /// `try`
    Try(Box<TryOp>),
}

/// `for`, `while`, `do`.
#[derive(Clone, Debug)]
pub(super) struct LoopOp {
    /// Goes on while true.
    pub condition: Option<Node>,
    /// Whether the first round runs without a test.
    pub body_first: bool,
    /// Done after each round.
    pub step: Box<[Node]>,
    /// The body.
    pub body: Statement,
}

/// `foreach`.
#[derive(Clone, Debug)]
pub(super) struct ForEachOp {
    /// Slot of the variable.
    pub slot: u32,
    /// What is run over.
    pub items: Node,
    /// Members of a JSON object come as pairs of name and value.
    pub pairs: bool,
    /// To the type of the variable: reads and writes the slot.
    pub convert: Option<Node>,
    /// The body.
    pub body: Statement,
}

/// `try`.
#[derive(Clone, Debug)]
pub(super) struct TryOp {
    /// What may throw.
    pub body: Box<[Statement]>,
    /// In order.
    pub handlers: Vec<Handler>,
    /// Done in any case.
    pub finally: Option<Box<[Statement]>>,
}

/// What a lambda does.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// A value.
    Value(Node),
    /// Statements.
    Block(Box<[Statement]>),
}

/// A lambda, a local function, or a method used as a value.
#[derive(Clone, Debug)]
pub(super) struct Lambda {
    /// Slots of its parameters.
    pub parameters: Vec<u32>,
    /// The slots of its parameters and of all locals inside: from, to.
    pub slots: (u32, u32),
    /// Slots of outer variables that never change after they are set and that another round or call may
    /// set again: the function keeps their values.
    pub captured: Vec<u32>,
    /// What it does.
    pub body: Body,
}
