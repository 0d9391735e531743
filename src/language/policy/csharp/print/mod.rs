//! Prints trees as C#: what is printed reads back to an equal tree, places apart.
//!
//! Rules
//! - Brackets stand where the tree needs them, and around `a < b` inside of other code unless a literal
//!   follows: `f(a < b, c > (d))` would be a call with type arguments.
//! - Names that are a keyword somewhere get an `@`.
//! - One line, whatever it holds; `ref` prints as `out`, which the tree does not tell apart.
//!
//! Trees that the parser never makes may print as something else, for example a `throw` as an operand.

mod literals;
mod statements;
mod types;

use std::fmt::{self, Display, Formatter, Write};

use self::literals::{is_negative, write_literal, write_pieces, write_quoted};
use self::statements::write_block;
use self::types::{write_name, write_type_arguments};
use super::parse::is_keyword;
use super::syntax::{
    Argument, BinaryOp, Expr, ExprKind, Initializer, InitializerValue, LambdaBody, Name, Parameter, Pattern,
    Tree, UnaryOp,
};

// How tightly the parts of an expression hold together.
const ANY: u8 = 0;
const CONDITIONAL: u8 = 1;
const COALESCE: u8 = 2;
const RELATIONAL: u8 = 9;
const SHIFT: u8 = 10;
const UNARY: u8 = 13;
/// An operand that must not have a suffix without brackets.
const CLOSED: u8 = 14;
const PRIMARY: u8 = 15;

impl Display for Tree {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single(value) => write!(f, "@({value})"),
            Self::Block(statements, _) => {
                f.write_char('@')?;
                write_block(f, statements)
            }
        }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_kind(f, self)
    }
}

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(ty, None) => write!(f, "{ty}"),
            Self::Type(ty, Some(name)) => {
                write!(f, "{ty} ")?;
                write_name(f, name)
            }
            Self::Constant(value) => write_expr(f, value, SHIFT),
        }
    }
}

/// `value` where something at least as tight as `least` is needed.
fn write_expr(f: &mut Formatter<'_>, value: &Expr, least: u8) -> fmt::Result {
    if level(&value.kind) >= least && !looks_generic(&value.kind) {
        return write_kind(f, value);
    }
    f.write_char('(')?;
    write_kind(f, value)?;
    f.write_char(')')
}

/// Whether `a < b` could be the beginning of type arguments.
fn looks_generic(kind: &ExprKind) -> bool {
    matches!(kind, ExprKind::Binary { op: BinaryOp::Less, right, .. }
        if !matches!(right.kind, ExprKind::Literal(_)))
}

fn level(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Assign { .. } | ExprKind::Lambda { .. } | ExprKind::Throw(_) => ANY,
        ExprKind::Conditional { .. } => CONDITIONAL,
        ExprKind::Binary { op, .. } => operator(*op).1,
        ExprKind::Is { .. } | ExprKind::As { .. } => RELATIONAL,
        ExprKind::Unary { .. } | ExprKind::Cast { .. } | ExprKind::Step { prefix: true, .. } => UNARY,
        ExprKind::Literal(value) if is_negative(value) => UNARY,
        ExprKind::NullSafe { .. } | ExprKind::NewArray { .. } | ExprKind::Default(None) => CLOSED,
        _ => PRIMARY,
    }
}

const fn operator(op: BinaryOp) -> (&'static str, u8) {
    match op {
        BinaryOp::Coalesce => ("??", COALESCE),
        BinaryOp::Or => ("||", 3),
        BinaryOp::And => ("&&", 4),
        BinaryOp::BitOr => ("|", 5),
        BinaryOp::BitXor => ("^", 6),
        BinaryOp::BitAnd => ("&", 7),
        BinaryOp::Equal => ("==", 8),
        BinaryOp::NotEqual => ("!=", 8),
        BinaryOp::Less => ("<", RELATIONAL),
        BinaryOp::LessEqual => ("<=", RELATIONAL),
        BinaryOp::Greater => (">", RELATIONAL),
        BinaryOp::GreaterEqual => (">=", RELATIONAL),
        BinaryOp::ShiftLeft => ("<<", SHIFT),
        BinaryOp::ShiftRight => (">>", SHIFT),
        BinaryOp::Add => ("+", 11),
        BinaryOp::Subtract => ("-", 11),
        BinaryOp::Multiply => ("*", 12),
        BinaryOp::Divide => ("/", 12),
        BinaryOp::Remainder => ("%", 12),
    }
}

fn write_kind(f: &mut Formatter<'_>, value: &Expr) -> fmt::Result {
    match &value.kind {
        ExprKind::Literal(value) => write_literal(f, value),
        ExprKind::QuotedText(text) => write_quoted(f, text),
        ExprKind::Interpolated(pieces) => write_pieces(f, pieces),
        ExprKind::Name { name, type_arguments } => {
            write_name(f, name)?;
            write_type_arguments(f, type_arguments)
        }
        ExprKind::Type(ty) => write!(f, "{ty}"),
        ExprKind::Member { object, name, type_arguments } => {
            write_object(f, object)?;
            f.write_char('.')?;
            write_name(f, name)?;
            write_type_arguments(f, type_arguments)
        }
        ExprKind::Call { callee, arguments } => {
            write_object(f, callee)?;
            write_arguments(f, arguments, '(', ')')
        }
        ExprKind::Index { object, arguments } => {
            write_object(f, object)?;
            write_arguments(f, arguments, '[', ']')
        }
        ExprKind::NullSafe { object, rest } => {
            write_object(f, object)?;
            f.write_char('?')?;
            write_kind(f, rest)
        }
        ExprKind::Binding => Ok(()),
        ExprKind::Unary { op, operand } => write_unary(f, *op, operand),
        ExprKind::Step { target, up, prefix } => {
            let sign = if *up { "++" } else { "--" };
            if *prefix {
                f.write_str(sign)?;
                return write_unsigned(f, target);
            }
            write_object(f, target)?;
            f.write_str(sign)
        }
        ExprKind::Binary { op, left, right } => write_binary(f, *op, left, right),
        ExprKind::Assign { op, target, value } => {
            write_expr(f, target, PRIMARY)?;
            write!(f, " {}= ", op.map_or("", |op| operator(op).0))?;
            write_expr(f, value, ANY)
        }
        ExprKind::Conditional { condition, yes, no } => {
            write_expr(f, condition, COALESCE)?;
            f.write_str(" ? ")?;
            write_expr(f, yes, ANY)?;
            f.write_str(" : ")?;
            write_expr(f, no, ANY)
        }
        ExprKind::Cast { target, operand } => {
            write!(f, "({target})")?;
            write_unsigned(f, operand)
        }
        ExprKind::As { operand, target } => {
            write_expr(f, operand, RELATIONAL.saturating_add(1))?;
            write!(f, " as {target}")
        }
        ExprKind::Is { operand, pattern } => {
            write_expr(f, operand, RELATIONAL.saturating_add(1))?;
            write!(f, " is {pattern}")
        }
        ExprKind::Lambda { parameters, body } => write_lambda(f, parameters, body),
        ExprKind::New { target, arguments, initializer } => {
            write!(f, "new {target}")?;
            if !arguments.is_empty() || initializer.is_none() {
                write_arguments(f, arguments, '(', ')')?;
            }
            match initializer {
                Some(initializer) => {
                    f.write_char(' ')?;
                    write_initializer(f, initializer)
                }
                None => Ok(()),
            }
        }
        ExprKind::NewArray { element, sizes, items } => {
            f.write_str("new")?;
            types::write_array(f, element.as_ref(), sizes)?;
            match items {
                Some(items) => {
                    f.write_char(' ')?;
                    write_braces(f, items, |f, item| write_expr(f, item, ANY))
                }
                None => Ok(()),
            }
        }
        ExprKind::NewAnonymous(members) => {
            f.write_str("new ")?;
            write_braces(f, members, |f, (name, value)| {
                write_name(f, name)?;
                f.write_str(" = ")?;
                write_expr(f, value, ANY)
            })
        }
        ExprKind::Tuple(parts) => {
            f.write_char('(')?;
            write_list(f, parts, |f, (name, value)| {
                write_label(f, name.as_ref())?;
                write_expr(f, value, ANY)
            })?;
            f.write_char(')')
        }
        ExprKind::TypeOf(ty) => write!(f, "typeof({ty})"),
        ExprKind::Default(None) => f.write_str("default"),
        ExprKind::Default(Some(ty)) => write!(f, "default({ty})"),
        ExprKind::NameOf(name) => {
            let at = if is_keyword(name) { "@" } else { "" };
            write!(f, "nameof({at}{name})")
        }
        ExprKind::Checked(checked, value) => {
            f.write_str(if *checked { "checked(" } else { "unchecked(" })?;
            write_expr(f, value, ANY)?;
            f.write_char(')')
        }
        ExprKind::Throw(value) => {
            f.write_str("throw ")?;
            write_expr(f, value, COALESCE)
        }
        ExprKind::Declaration { ty, name } => {
            write!(f, "{ty} ")?;
            write_name(f, name)
        }
    }
}

/// What something is called on or taken from.
fn write_object(f: &mut Formatter<'_>, value: &Expr) -> fmt::Result {
    write_expr(f, value, PRIMARY)
}

/// An operand behind something that a sign must not touch.
fn write_unsigned(f: &mut Formatter<'_>, operand: &Expr) -> fmt::Result {
    let signed = match &operand.kind {
        ExprKind::Unary { op, .. } => matches!(op, UnaryOp::Plus | UnaryOp::Minus),
        ExprKind::Step { prefix, .. } => *prefix,
        ExprKind::Literal(value) => is_negative(value),
        _ => false,
    };
    write_expr(f, operand, if signed { PRIMARY } else { UNARY })
}

fn write_unary(f: &mut Formatter<'_>, op: UnaryOp, operand: &Expr) -> fmt::Result {
    f.write_char(match op {
        UnaryOp::Not => '!',
        UnaryOp::Minus => '-',
        UnaryOp::Plus => '+',
        UnaryOp::Complement => '~',
    })?;
    write_unsigned(f, operand)
}

fn write_binary(f: &mut Formatter<'_>, op: BinaryOp, left: &Expr, right: &Expr) -> fmt::Result {
    let (sign, level) = operator(op);
    let next = level.saturating_add(1);
    let open_type = matches!(left.kind, ExprKind::Is { .. } | ExprKind::As { .. });
    if op == BinaryOp::Coalesce {
        write_expr(f, left, next)?;
        write!(f, " {sign} ")?;
        let throws = matches!(right.kind, ExprKind::Throw(_));
        return write_expr(f, right, if throws { ANY } else { level });
    }
    write_expr(f, left, if open_type { next } else { level })?;
    write!(f, " {sign} ")?;
    write_expr(f, right, next)
}

fn write_lambda(f: &mut Formatter<'_>, parameters: &[Parameter], body: &LambdaBody) -> fmt::Result {
    match parameters {
        [Parameter { ty: None, name }] => write_name(f, name)?,
        _ => write_parameters(f, parameters)?,
    }
    f.write_str(" => ")?;
    write_body(f, body)
}

fn write_body(f: &mut Formatter<'_>, body: &LambdaBody) -> fmt::Result {
    match body {
        LambdaBody::Expr(value) => write_expr(f, value, ANY),
        LambdaBody::Block(statements) => write_block(f, statements),
    }
}

fn write_parameters(f: &mut Formatter<'_>, parameters: &[Parameter]) -> fmt::Result {
    f.write_char('(')?;
    write_list(f, parameters, |f, parameter| {
        if let Some(ty) = &parameter.ty {
            write!(f, "{ty} ")?;
        }
        write_name(f, &parameter.name)
    })?;
    f.write_char(')')
}

fn write_label(f: &mut Formatter<'_>, name: Option<&Name>) -> fmt::Result {
    let Some(name) = name else { return Ok(()) };
    write_name(f, name)?;
    f.write_str(": ")
}

fn write_arguments(f: &mut Formatter<'_>, arguments: &[Argument], open: char, close: char) -> fmt::Result {
    f.write_char(open)?;
    write_list(f, arguments, |f, argument| {
        write_label(f, argument.name.as_ref())?;
        if argument.by_reference {
            f.write_str("out ")?;
        }
        write_expr(f, &argument.value, ANY)
    })?;
    f.write_char(close)
}

fn write_initializer(f: &mut Formatter<'_>, initializer: &Initializer) -> fmt::Result {
    match initializer {
        Initializer::Members(members) => write_braces(f, members, |f, (name, value)| {
            write_name(f, name)?;
            f.write_str(" = ")?;
            write_initializer_value(f, value)
        }),
        Initializer::Indexed(items) => write_braces(f, items, |f, (index, value)| {
            f.write_char('[')?;
            write_list(f, index, |f, part| write_expr(f, part, ANY))?;
            f.write_str("] = ")?;
            write_initializer_value(f, value)
        }),
        Initializer::Elements(elements) => write_braces(f, elements, |f, element| match element.as_slice() {
            [value] => write_expr(f, value, CONDITIONAL),
            values => write_braces(f, values, |f, value| write_expr(f, value, ANY)),
        }),
    }
}

fn write_initializer_value(f: &mut Formatter<'_>, value: &InitializerValue) -> fmt::Result {
    match value {
        InitializerValue::Expr(value) => write_expr(f, value, ANY),
        InitializerValue::Nested(initializer) => write_initializer(f, initializer),
    }
}

fn write_braces<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str(if items.is_empty() { "{" } else { "{ " })?;
    write_list(f, items, write)?;
    f.write_str(" }")
}

fn write_list<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    mut write: impl FnMut(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        write(f, item)?;
    }
    Ok(())
}
