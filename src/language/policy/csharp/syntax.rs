//! The syntax tree of an expression: C# 7 as policy expressions use it.
//!
//! Rules
//! - Every node has its place; the tree says what is written, not what it means (`a.b` may be a
//!   namespace, a type or a member).
//! - Nesting is bounded by [`MAX_DEPTH`] and the height of trees
//!   by [`MAX_HEIGHT`], so recursion over them is too.
//!
//! Not in the tree because it means something else that is: query expressions (method calls), `lock`
//! (`using`: expressions run alone), `sizeof` (a number), tuples of variables in `foreach` (taken apart in the
//! body), `delegate { }` (a lambda without parameters).
//!
//! Not in the tree because the parser refuses it: `goto`, `yield`, `unsafe`, `async`, pointers, type
//! declarations, and everything newer than C# 7.3.

use super::Value;
use crate::diagnostics::Span;

/// Deepest nesting of brackets, prefix operators, lambdas and statements.
pub const MAX_DEPTH: u32 = 200;

/// Highest tree. Chains such as `a + b + c` and `a.b().c()` nest nothing in the text, but lean to the left
/// in the tree: this bounds the recursion of everything that walks over trees.
pub const MAX_HEIGHT: u32 = 1000;

/// A name and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The characters, without a leading `@`.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeSyntax {
    /// What it is.
    pub kind: TypeKind,
    /// Where.
    pub span: Span,
}

/// The forms of types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// `var`
    Var,
    /// A dotted name, each part with its type arguments: `System.Collections.Generic.List<int>`, `int`.
    Named(Vec<TypePart>),
    /// `T?`
    Nullable(Box<TypeSyntax>),
    /// `T[]` (rank 1), `T[,]` (rank 2)
    Array(Box<TypeSyntax>, u32),
    /// `(T a, U b)`
    Tuple(Vec<(TypeSyntax, Option<Name>)>),
}

/// One part of a dotted type name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypePart {
    /// The name.
    pub name: Name,
    /// `<...>` behind it.
    pub arguments: Vec<TypeSyntax>,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Minus,
    /// `+`
    Plus,
    /// `~`
    Complement,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `??`
    Coalesce,
    /// `||`
    Or,
    /// `&&`
    And,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `&`
    BitAnd,
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
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
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
}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is in the source.
    pub span: Span,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// `name:`
    pub name: Option<Name>,
    /// `out` or `ref`.
    pub by_reference: bool,
    /// The value; behind `out` also [`ExprKind::Declaration`].
    pub value: Expr,
}

/// A parameter of a lambda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its type, if written.
    pub ty: Option<TypeSyntax>,
    /// Its name.
    pub name: Name,
}

/// What a lambda does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LambdaBody {
    /// `=> value`
    Expr(Box<Expr>),
    /// `=> { ... }`
    Block(Vec<Stmt>),
}

/// What stands in braces behind `new T(...)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Initializer {
    /// `{ Name = value, Name = { ... } }`
    Members(Vec<(Name, InitializerValue)>),
    /// `{ ["key"] = value }`
    Indexed(Vec<(Vec<Expr>, InitializerValue)>),
    /// `{ a, { b, c } }`: each element is a list of arguments of `Add`.
    Elements(Vec<Vec<Expr>>),
}

/// The right side in an object initialiser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InitializerValue {
    /// A value.
    Expr(Expr),
    /// Braces: applied to the existing member.
    Nested(Initializer),
}

/// A piece of an interpolated string.
#[expect(clippy::large_enum_variant, reason = "strings have few pieces, and most of them are holes")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Characters, escapes decoded.
    Text(String),
    /// `{value,alignment:format}`
    Hole {
        /// The value.
        value: Expr,
        /// Field width, negative: left-aligned.
        alignment: Option<Expr>,
        /// Format text.
        format: Option<String>,
    },
}

/// What `is` and `case` test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// A type, with a variable for the value: `int n`, `var x`, `string _`.
    Type(TypeSyntax, Option<Name>),
    /// A constant (or, behind `is`, a type that looks like an expression: the binder decides).
    Constant(Expr),
}

/// The forms of expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// A literal: null, bool, char, number or string.
    Literal(Value),
    /// `'text'` of more than one character: published, but not C#; meant as a string. Reported when parsed.
    QuotedText(String),
    /// `$"..."` and `$@"..."`
    Interpolated(Vec<Piece>),
    /// A name, perhaps with type arguments.
    Name {
        /// The name.
        name: Name,
        /// `<...>` behind it.
        type_arguments: Vec<TypeSyntax>,
    },
    /// A keyword type that a static member is taken from, for example `int` in `int.Parse`.
    Type(TypeSyntax),
    /// `object.name`
    Member {
        /// What it is a member of.
        object: Box<Expr>,
        /// Its name.
        name: Name,
        /// `<...>` behind the name.
        type_arguments: Vec<TypeSyntax>,
    },
    /// A call.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// Arguments.
        arguments: Vec<Argument>,
    },
    /// `object[arguments]`
    Index {
        /// What is indexed.
        object: Box<Expr>,
        /// The index or indices.
        arguments: Vec<Argument>,
    },
    /// `object?.rest` and `object?[rest]`: `rest` applies to [`ExprKind::Binding`].
    NullSafe {
        /// What may be null.
        object: Box<Expr>,
        /// What is done with it otherwise.
        rest: Box<Expr>,
    },
    /// What the innermost [`ExprKind::NullSafe`] around it has found.
    Binding,
    /// One operand.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `++` and `--`.
    Step {
        /// What is changed.
        target: Box<Expr>,
        /// Whether it grows.
        up: bool,
        /// Whether the operator stands in front: the value is the new one.
        prefix: bool,
    },
    /// Two operands.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `target = value`, `target op= value`.
    Assign {
        /// The operator before `=`.
        op: Option<BinaryOp>,
        /// What is assigned to.
        target: Box<Expr>,
        /// The value.
        value: Box<Expr>,
    },
    /// `condition ? yes : no`
    Conditional {
        /// The condition.
        condition: Box<Expr>,
        /// Value if true.
        yes: Box<Expr>,
        /// Value if false.
        no: Box<Expr>,
    },
    /// `(type)operand`
    Cast {
        /// The type.
        target: TypeSyntax,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `operand as type`
    As {
        /// The operand.
        operand: Box<Expr>,
        /// The type.
        target: TypeSyntax,
    },
    /// `operand is pattern`
    Is {
        /// The operand.
        operand: Box<Expr>,
        /// What it is tested for.
        pattern: Box<Pattern>,
    },
    /// `x => ...`, `delegate (T x) { ... }`
    Lambda {
        /// Its parameters.
        parameters: Vec<Parameter>,
        /// What it does.
        body: LambdaBody,
    },
    /// `new T(arguments) { initializer }`
    New {
        /// The type.
        target: TypeSyntax,
        /// Arguments of the constructor.
        arguments: Vec<Argument>,
        /// What stands in braces.
        initializer: Option<Initializer>,
    },
    /// `new T[size] { items }`, `new[] { items }`, `{ items }` behind a typed declaration.
    NewArray {
        /// The element type, if written.
        element: Option<TypeSyntax>,
        /// The sizes written.
        sizes: Vec<Expr>,
        /// The items in braces.
        items: Option<Vec<Expr>>,
    },
    /// `new { name = value, ... }`; names that are left out are filled in by the parser.
    NewAnonymous(Vec<(Name, Expr)>),
    /// `(a, b: c)`
    Tuple(Vec<(Option<Name>, Expr)>),
    /// `typeof(T)`
    TypeOf(TypeSyntax),
    /// `default(T)`, `default`
    Default(Option<TypeSyntax>),
    /// `nameof(x)`: the last name.
    NameOf(String),
    /// `checked(x)` (true), `unchecked(x)` (false)
    Checked(bool, Box<Expr>),
    /// `throw x` in an expression.
    Throw(Box<Expr>),
    /// `var n` or `int n` behind `out`; the name `_` discards.
    Declaration {
        /// The type.
        ty: TypeSyntax,
        /// The name.
        name: Name,
    },
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where.
    pub span: Span,
}

/// A `case` with its labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchSection {
    /// `case pattern when guard:`; `default:` has no pattern.
    pub labels: Vec<(Option<Pattern>, Option<Expr>)>,
    /// What it does.
    pub body: Vec<Stmt>,
}

/// A `catch`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catch {
    /// What it catches; `None`: everything.
    pub ty: Option<TypeSyntax>,
    /// The variable.
    pub name: Option<Name>,
    /// `when (...)`
    pub guard: Option<Expr>,
    /// What it does.
    pub body: Vec<Stmt>,
}

/// The forms of statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StmtKind {
    /// `{ ... }`
    Block(Vec<Stmt>),
    /// `T a = x, b;`, also `const`.
    Local {
        /// The type.
        ty: TypeSyntax,
        /// Names and first values.
        variables: Vec<(Name, Option<Expr>)>,
        /// `const`.
        constant: bool,
    },
    /// `var (a, b) = x;` and `(var a, var b) = x;`
    Deconstruct {
        /// The names; `_` discards.
        names: Vec<(Option<TypeSyntax>, Name)>,
        /// The value.
        value: Expr,
    },
    /// An expression for its effect.
    Expr(Expr),
    /// `if`
    If {
        /// The condition.
        condition: Expr,
        /// Done if true.
        yes: Box<Stmt>,
        /// Done if false.
        no: Option<Box<Stmt>>,
    },
    /// `for`
    For {
        /// Done first.
        start: Vec<Stmt>,
        /// Goes on while true.
        condition: Option<Expr>,
        /// Done after each round.
        step: Vec<Expr>,
        /// The loop's body.
        body: Box<Stmt>,
    },
    /// `foreach`
    ForEach {
        /// Type of the variable.
        ty: TypeSyntax,
        /// The variable.
        name: Name,
        /// What is run over.
        items: Expr,
        /// The loop's body.
        body: Box<Stmt>,
    },
    /// `while`
    While(Expr, Box<Stmt>),
    /// `do ... while`
    DoWhile(Box<Stmt>, Expr),
    /// `switch`
    Switch(Expr, Vec<SwitchSection>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `return`
    Return(Option<Expr>),
    /// `throw`
    Throw(Option<Expr>),
    /// `try`
    Try {
        /// What may throw.
        body: Vec<Stmt>,
        /// In order.
        catches: Vec<Catch>,
        /// Done in any case.
        finally: Option<Vec<Stmt>>,
    },
    /// `using (...) body`: the resource is a local declaration or an expression statement.
    Using(Box<Stmt>, Box<Stmt>),
    /// `checked { ... }` (true), `unchecked { ... }` (false)
    Checked(bool, Vec<Stmt>),
    /// `T Name(T a) { ... }` or `=> x;` inside of a block.
    LocalFunction {
        /// Type of the result.
        ty: TypeSyntax,
        /// Its name.
        name: Name,
        /// Its parameters, with types.
        parameters: Vec<Parameter>,
        /// What it does.
        body: LambdaBody,
    },
    /// `;`
    Empty,
}

/// The whole of `@(...)` or `@{...}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// `@(expression)`
    Single(Expr),
    /// `@{ statements }`
    Block(Vec<Stmt>, Span),
}
