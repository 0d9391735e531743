//! Casts, the conversions that C# makes by itself, and `?:`, which unites two types.

use super::super::ir::{AnyOp, DoubleOp, IntOp, LongOp, Node, Op};
use super::super::syntax::{Expr, TypeName};
use super::super::types::{Simple, Type};
use super::super::{DoubleBits, Value, convert};
use super::operators::widest;
use super::{Lowered, Lowerer, Stop, Typed, constant};
use crate::diagnostics::{Diagnostic, Span};

impl Lowerer<'_> {
    pub(super) fn conditional(&mut self, condition: &Expr, yes: &Expr, no: &Expr, span: Span) -> Lowered {
        let condition = self.expression(condition);
        let yes = self.expression(yes);
        let no = self.expression(no);
        let (condition, mut yes, mut no) = (condition?, yes?, no?);
        if condition.ty != Type::BOOL {
            let message = format!("the condition of `?:` is `{}`", condition.ty);
            return Err(self.error(condition.node.span, message, "expected a `bool`"));
        }
        let ty = match (yes.ty, no.ty) {
            (Type::Host(_), _) | (_, Type::Host(_)) => None,
            (a, b) if a == b => Some(a),
            (Type::Null, b) if b.is_nullable() => Some(b),
            (a, Type::Null) if a.is_nullable() => Some(a),
            (Type::Object, _) | (_, Type::Object) => Some(Type::Object),
            (Type::Nullable(a), Type::Simple(b)) | (Type::Simple(a), Type::Nullable(b)) if a == b => {
                Some(Type::Nullable(a))
            }
            _ => widest(&yes, &no).map(|kind| {
                yes = Typed { node: widen(yes.clone(), kind), ty: Type::Simple(kind) };
                no = Typed { node: widen(no.clone(), kind), ty: Type::Simple(kind) };
                Type::Simple(kind)
            }),
        };
        let Some(ty) = ty else {
            let message = format!("`?:` gives either `{}` or `{}`", yes.ty, no.ty);
            return Err(self.error(span, message, "expected two values of one type"));
        };
        let op = AnyOp::If(Box::new(condition.node), Box::new(yes.node), Box::new(no.node));
        self.finish(Op::Any(op), ty, span)
    }

    pub(super) fn cast(&mut self, target: &TypeName, operand: &Expr, span: Span) -> Lowered {
        let ty = self.named_type(target);
        let operand = self.expression(operand);
        let (ty, operand) = (ty?, operand?);
        if ty == operand.ty {
            return Ok(operand);
        }
        let node = Box::new(operand.node.clone());
        let op = match (operand.ty, ty) {
            (Type::Host(_), _) => None,
            (_, Type::Object) => return Ok(Typed { node: operand.node, ty }),
            (Type::Object, _) => Some(Op::Any(AnyOp::Unbox(ty, node))),
            (Type::Null, ty) if ty.is_nullable() => return Ok(Typed { node: operand.node, ty }),
            (Type::Simple(from), Type::Simple(to)) => {
                return match numeric(operand, from, to) {
                    Some(op) => self.finish(op, ty, span),
                    None => Err(self.bad_cast(Type::Simple(from), ty, span)),
                };
            }
            (Type::Nullable(from), Type::Simple(to)) if from == to => Some(Op::Any(AnyOp::Unwrap(to, node))),
            (Type::Simple(from), Type::Nullable(to)) if from == to => {
                return Ok(Typed { node: operand.node, ty });
            }
            _ => None,
        };
        match op {
            Some(op) => self.finish(op, ty, span),
            None => Err(self.bad_cast(operand.ty, ty, span)),
        }
    }

    fn bad_cast(&mut self, from: Type, to: Type, span: Span) -> Stop {
        let mut diagnostic =
            Diagnostic::error("expression-type", span, format!("`{from}` cannot be cast to `{to}`"))
                .label("C# refuses to compile this cast");
        if to == Type::String {
            diagnostic = diagnostic.help("use `.ToString()`");
        } else if from == Type::String && to == Type::INT {
            diagnostic = diagnostic.help("use `int.Parse(...)` or `Convert.ToInt32(...)`");
        }
        self.report(diagnostic)
    }
}

/// The number as a type that is at least as wide.
pub(super) fn widen(typed: Typed, kind: Simple) -> Node {
    let span = typed.node.span;
    let Type::Simple(from) = typed.ty else { return typed.node };
    if from == kind {
        return typed.node;
    }
    if let Op::Constant(value) = &typed.node.op {
        let whole = convert::whole(value);
        let widened = match kind {
            Simple::Int => whole.and_then(|n| i32::try_from(n).ok()).map(Value::Int),
            Simple::Long => whole.map(Value::Long),
            Simple::Double => convert::real(value).map(|n| Value::Double(DoubleBits::new(n))),
            Simple::Bool | Simple::Char => None,
        };
        if let Some(value) = widened {
            return constant(value, span);
        }
    }
    let as_int = |node: Node| match from {
        Simple::Char => Node { op: Op::Int(IntOp::FromChar(Box::new(node))), span },
        _ => node,
    };
    let op = match (from, kind) {
        (Simple::Char, Simple::Int) => return as_int(typed.node),
        (Simple::Char | Simple::Int, Simple::Long) => Op::Long(LongOp::FromInt(Box::new(as_int(typed.node)))),
        (Simple::Char | Simple::Int, Simple::Double) => {
            Op::Double(DoubleOp::FromInt(Box::new(as_int(typed.node))))
        }
        (Simple::Long, Simple::Double) => Op::Double(DoubleOp::FromLong(Box::new(typed.node))),
        _ => return typed.node,
    };
    Node { op, span }
}

/// The operation of a cast between number types.
fn numeric(operand: Typed, from: Simple, to: Simple) -> Option<Op> {
    if from == Simple::Bool || to == Simple::Bool || to == Simple::Char {
        return None;
    }
    if to >= from {
        return Some(widen(operand, to).op);
    }
    let node = Box::new(operand.node);
    match (from, to) {
        (Simple::Long, Simple::Int) => Some(Op::Int(IntOp::FromLong(node))),
        (Simple::Double, Simple::Int) => Some(Op::Int(IntOp::FromDouble(node))),
        (Simple::Double, Simple::Long) => Some(Op::Long(LongOp::FromDouble(node))),
        _ => None,
    }
}
