//! The syntax tree of an expression.

use std::fmt;

use super::Value;
use crate::diagnostics::Span;

/// Deepest nesting of an expression; also bounds every recursion over trees.
pub const MAX_DEPTH: u32 = 200;

/// A name and its place.
#[derive(Clone, Debug)]
pub struct Name {
    /// The characters.
    pub text: String,
    /// Where.
    pub span: Span,
}

/// A type as written.
#[derive(Clone, Debug)]
pub struct TypeName {
    /// Dotted name with type arguments, for example `System.Int32`.
    pub text: String,
    /// Whether a `?` follows.
    pub nullable: bool,
    /// Where.
    pub span: Span,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Minus,
    /// `+`
    Plus,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOp {
    /// `??`
    Coalesce,
    /// `||`
    Or,
    /// `&&`
    And,
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

impl BinaryOp {
    /// As written in C#.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Coalesce => "??",
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is in the source.
    pub span: Span,
    /// Levels below this one.
    pub depth: u32,
}

/// The forms of expressions.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A literal.
    Literal(Value),
    /// A name.
    Name(String),
    /// A keyword type that a static member is taken from, or any other type name.
    Member {
        /// What it is a member of.
        object: Box<Expr>,
        /// Its name.
        name: Name,
        /// `<...>` behind the name.
        type_arguments: Vec<TypeName>,
    },
    /// A call.
    Call {
        /// What is called: a member.
        callee: Box<Expr>,
        /// Arguments.
        arguments: Vec<Expr>,
    },
    /// `object[index]`
    Index {
        /// What is indexed.
        object: Box<Expr>,
        /// The index.
        index: Box<Expr>,
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
    /// Two operands.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
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
        target: TypeName,
        /// The operand.
        operand: Box<Expr>,
    },
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, if self.nullable { "?" } else { "" })
    }
}

impl fmt::Display for Expr {
    /// C# code with brackets around every operation, which reads back to the same tree.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Literal(value) => literal(value, f),
            ExprKind::Name(name) => f.write_str(name),
            ExprKind::Member { object, name, type_arguments } => {
                write!(f, "{object}.{}", name.text)?;
                if let Some((first, rest)) = type_arguments.split_first() {
                    write!(f, "<{first}")?;
                    for argument in rest {
                        write!(f, ", {argument}")?;
                    }
                    f.write_str(">")?;
                }
                Ok(())
            }
            ExprKind::Call { callee, arguments } => {
                write!(f, "{callee}(")?;
                for (at, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            ExprKind::Index { object, index } => write!(f, "{object}[{index}]"),
            ExprKind::NullSafe { object, rest } => {
                write!(f, "({object}?")?;
                let mut rest = rest;
                // `a?.b?.c` is one chain: brackets inside would make a part of it begin with a point.
                while let ExprKind::NullSafe { object, rest: next } = &rest.kind {
                    write!(f, "{object}?")?;
                    rest = next;
                }
                write!(f, "{rest})")
            }
            ExprKind::Binding => Ok(()),
            ExprKind::Unary { op, operand } => {
                let sign = match op {
                    UnaryOp::Not => "!",
                    UnaryOp::Minus => "-",
                    UnaryOp::Plus => "+",
                };
                write!(f, "({sign}{operand})")
            }
            ExprKind::Binary { op, left, right } => write!(f, "({left} {} {right})", op.sign()),
            ExprKind::Conditional { condition, yes, no } => write!(f, "({condition} ? {yes} : {no})"),
            ExprKind::Cast { target, operand } => write!(f, "(({target}){operand})"),
        }
    }
}

fn literal(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Null | Value::Strings(_) => f.write_str("null"),
        Value::Bool(value) => write!(f, "{value}"),
        Value::Int(i32::MIN) => f.write_str("(-2147483648)"),
        Value::Long(i64::MIN) => f.write_str("(-9223372036854775808L)"),
        Value::Int(value) if *value < 0 => write!(f, "({value})"),
        Value::Long(value) if *value < 0 => write!(f, "({value}L)"),
        Value::Int(value) => write!(f, "{value}"),
        Value::Long(value) => write!(f, "{value}L"),
        Value::Double(value) => write!(f, "{:?}d", value.get()),
        Value::Char(c) => write!(f, "'\\u{:04x}'", u32::from(*c)),
        Value::Str(text) => {
            f.write_str("\"")?;
            for c in text.chars() {
                match c {
                    '"' | '\\' => write!(f, "\\{c}")?,
                    ' '..='~' => write!(f, "{c}")?,
                    _ => write!(f, "\\U{:08x}", u32::from(c))?,
                }
            }
            f.write_str("\"")
        }
    }
}
