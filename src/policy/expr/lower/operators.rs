//! Operators, with the conversions that C# makes for them.

use super::super::Value;
use super::super::ir::{AnyOp, Arithmetic, BoolOp, Comparison, DoubleOp, IntOp, LongOp, Node, Op, TextOp};
use super::super::names;
use super::super::syntax::{BinaryOp, Expr, UnaryOp};
use super::super::types::{Host, Simple, Type};
use super::casts::widen;
use super::{Lowered, Lowerer, Stop, Typed, constant, simple};
use crate::diagnostics::{Diagnostic, Span};

impl Lowerer<'_> {
    pub(super) fn unary(&mut self, op: UnaryOp, operand: &Expr, span: Span) -> Lowered {
        let operand = self.expression(operand)?;
        match (op, operand.ty) {
            (UnaryOp::Not, Type::Simple(Simple::Bool)) => {
                self.finish(Op::Bool(BoolOp::Not(Box::new(operand.node))), Type::BOOL, span)
            }
            (UnaryOp::Minus | UnaryOp::Plus, Type::Simple(kind)) if kind != Simple::Bool => {
                let kind = kind.max(Simple::Int);
                let node = widen(operand, kind);
                if op == UnaryOp::Plus {
                    return Ok(Typed { node, ty: Type::Simple(kind) });
                }
                let node = Box::new(node);
                let op = match kind {
                    Simple::Long => Op::Long(LongOp::Negate(node)),
                    Simple::Double => Op::Double(DoubleOp::Negate(node)),
                    _ => Op::Int(IntOp::Negate(node)),
                };
                self.finish(op, Type::Simple(kind), span)
            }
            (op, ty) => {
                let sign = match op {
                    UnaryOp::Not => "!",
                    UnaryOp::Minus => "-",
                    UnaryOp::Plus => "+",
                };
                let expected = if op == UnaryOp::Not { "expected a `bool`" } else { "expected a number" };
                Err(self.error(span, format!("`{sign}` does not apply to `{ty}`"), expected))
            }
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp, left: &Expr, right: &Expr, span: Span) -> Lowered {
        // Both sides are checked before either problem stops the check.
        let left = self.expression(left);
        let right = self.expression(right);
        let (left, right) = (left?, right?);
        match op {
            BinaryOp::And | BinaryOp::Or => {
                if left.ty != Type::BOOL || right.ty != Type::BOOL {
                    return Err(self.mismatch(op, &left, &right, span));
                }
                let (l, r) = (Box::new(left.node), Box::new(right.node));
                let op = if op == BinaryOp::And { BoolOp::And(l, r) } else { BoolOp::Or(l, r) };
                self.finish(Op::Bool(op), Type::BOOL, span)
            }
            BinaryOp::Coalesce => self.coalesce(left, right, span),
            BinaryOp::Equal => self.equality(left, right, false, span),
            BinaryOp::NotEqual => self.equality(left, right, true, span),
            BinaryOp::Less => self.relation(op, Comparison::Less, left, right, span),
            BinaryOp::LessEqual => self.relation(op, Comparison::LessEqual, left, right, span),
            BinaryOp::Greater => self.relation(op, Comparison::Greater, left, right, span),
            BinaryOp::GreaterEqual => self.relation(op, Comparison::GreaterEqual, left, right, span),
            BinaryOp::Add if left.ty == Type::String || right.ty == Type::String => {
                self.concat(left, right, span)
            }
            BinaryOp::Add => self.arithmetic(op, Arithmetic::Add, left, right, span),
            BinaryOp::Subtract => self.arithmetic(op, Arithmetic::Subtract, left, right, span),
            BinaryOp::Multiply => self.arithmetic(op, Arithmetic::Multiply, left, right, span),
            BinaryOp::Divide => self.arithmetic(op, Arithmetic::Divide, left, right, span),
            BinaryOp::Remainder => self.arithmetic(op, Arithmetic::Remainder, left, right, span),
        }
    }

    fn mismatch(&mut self, op: BinaryOp, left: &Typed, right: &Typed, span: Span) -> Stop {
        let message = format!("`{}` does not apply to `{}` and `{}`", op.sign(), left.ty, right.ty);
        let mut diagnostic = Diagnostic::error("expression-type", span, message).label(match op {
            BinaryOp::And | BinaryOp::Or => "expected two `bool`s",
            BinaryOp::Equal | BinaryOp::NotEqual => "expected two values of one type",
            _ => "expected two numbers",
        });
        if left.ty == Type::Object || right.ty == Type::Object {
            diagnostic = diagnostic.help("cast the variable to its type, for example `(int)`");
        }
        self.report(diagnostic)
    }

    fn concat(&mut self, left: Typed, right: Typed, span: Span) -> Lowered {
        for side in [&left, &right] {
            if matches!(side.ty, Type::Host(_)) {
                let message = format!("`{}` has no text to append", side.ty);
                return Err(self.error(side.node.span, message, "expected a value"));
            }
        }
        let mut parts = match left.node.op {
            Op::Text(TextOp::Concat(parts)) if left.ty == Type::String => parts,
            op => vec![Node { op, span: left.node.span }],
        };
        parts.push(right.node);
        self.finish(Op::Text(TextOp::Concat(parts)), Type::String, span)
    }

    pub(super) fn arithmetic(
        &mut self,
        sign: BinaryOp,
        op: Arithmetic,
        left: Typed,
        right: Typed,
        span: Span,
    ) -> Lowered {
        if let (Some(l), Some(r)) = (simple(left.ty), simple(right.ty))
            && l != Simple::Bool
            && r != Simple::Bool
            && (matches!(left.ty, Type::Nullable(_)) || matches!(right.ty, Type::Nullable(_)))
        {
            return Err(self.report(names::unsupported(span, "arithmetic on a type with null (`int?`)")));
        }
        let Some(kind) = common(&left, &right) else {
            return Err(self.mismatch(sign, &left, &right, span));
        };
        if let Some(overflow) = self.constant_overflow(op, &left, &right, kind, span) {
            return Err(overflow);
        }
        let (l, r) = (Box::new(widen(left, kind)), Box::new(widen(right, kind)));
        let op = match kind {
            Simple::Long => Op::Long(LongOp::Arithmetic(op, l, r)),
            Simple::Double => Op::Double(DoubleOp::Arithmetic(op, l, r)),
            _ => Op::Int(IntOp::Arithmetic(op, l, r)),
        };
        self.finish(op, Type::Simple(kind), span)
    }

    /// C# checks the arithmetic of constants although that of values wraps.
    fn constant_overflow(
        &mut self,
        op: Arithmetic,
        left: &Typed,
        right: &Typed,
        kind: Simple,
        span: Span,
    ) -> Option<Stop> {
        let (Op::Constant(l), Op::Constant(r)) = (&left.node.op, &right.node.op) else { return None };
        let (l, r) = (super::super::convert::whole(l)?, super::super::convert::whole(r)?);
        let result = match op {
            Arithmetic::Add => l.checked_add(r),
            Arithmetic::Subtract => l.checked_sub(r),
            Arithmetic::Multiply => l.checked_mul(r),
            _ => return None,
        };
        let fits = match kind {
            Simple::Int => result.is_some_and(|n| i32::try_from(n).is_ok()),
            Simple::Long => result.is_some(),
            _ => true,
        };
        if fits {
            return None;
        }
        Some(
            self.report(
                Diagnostic::error("constant-arithmetic", span, format!("the result does not fit `{kind}`"))
                    .label("C# refuses to compile this"),
            ),
        )
    }

    fn relation(&mut self, sign: BinaryOp, op: Comparison, left: Typed, right: Typed, span: Span) -> Lowered {
        let nullable = matches!(left.ty, Type::Nullable(_)) || matches!(right.ty, Type::Nullable(_));
        if let (true, Some(l), Some(r)) = (nullable, simple(left.ty), simple(right.ty))
            && l != Simple::Bool
            && r != Simple::Bool
        {
            let op = BoolOp::Lifted(op, Box::new(left.node), Box::new(right.node));
            return self.finish(Op::Bool(op), Type::BOOL, span);
        }
        match common(&left, &right) {
            Some(kind) => self.compare(op, left, right, kind, span),
            None => Err(self.mismatch(sign, &left, &right, span)),
        }
    }

    fn compare(&mut self, op: Comparison, left: Typed, right: Typed, kind: Simple, span: Span) -> Lowered {
        let (l, r) = (widen(left, kind), widen(right, kind));
        let op = match (kind, &l.op, &r.op) {
            (Simple::Int, Op::Int(IntOp::Status), Op::Constant(Value::Int(value))) => {
                BoolOp::StatusIs(op, *value)
            }
            (Simple::Int, Op::Constant(Value::Int(value)), Op::Int(IntOp::Status)) => {
                BoolOp::StatusIs(flipped(op), *value)
            }
            (Simple::Long, ..) => BoolOp::CompareLong(op, Box::new(l), Box::new(r)),
            (Simple::Double, ..) => BoolOp::CompareDouble(op, Box::new(l), Box::new(r)),
            _ => BoolOp::CompareInt(op, Box::new(l), Box::new(r)),
        };
        self.finish(Op::Bool(op), Type::BOOL, span)
    }

    fn equality(&mut self, left: Typed, right: Typed, negated: bool, span: Span) -> Lowered {
        let comparison = if negated { Comparison::NotEqual } else { Comparison::Equal };
        let boxed = |l: Typed, r: Typed| (Box::new(l.node), Box::new(r.node));
        let op = match (left.ty, right.ty) {
            (Type::Host(host), Type::Null) | (Type::Null, Type::Host(host)) => match host {
                Host::Response => BoolOp::NoResponse,
                Host::LastError => BoolOp::NoLastError,
                _ => return Ok(Typed { node: constant(Value::Bool(negated), span), ty: Type::BOOL }),
            },
            (Type::Null, Type::Null) => {
                return Ok(Typed { node: constant(Value::Bool(!negated), span), ty: Type::BOOL });
            }
            (Type::Null, Type::Simple(_)) | (Type::Simple(_), Type::Null) => {
                let value = if left.ty == Type::Null { right.ty } else { left.ty };
                self.diagnostics.push(
                    Diagnostic::warning(
                        "never-null",
                        span,
                        format!("a value of type `{value}` is never null"),
                    )
                    .label(if negated { "always true" } else { "always false" }),
                );
                return Ok(Typed { node: constant(Value::Bool(negated), span), ty: Type::BOOL });
            }
            (Type::Null, _) => BoolOp::IsNull(Box::new(right.node)),
            (_, Type::Null) => BoolOp::IsNull(Box::new(left.node)),
            (Type::String, Type::String) => {
                let (l, r) = boxed(left, right);
                BoolOp::SameText(l, r, false)
            }
            (Type::Simple(Simple::Bool), Type::Simple(Simple::Bool)) => {
                let (l, r) = boxed(left, right);
                BoolOp::SameBool(l, r)
            }
            (Type::Object, Type::Object | Type::String | Type::Strings)
            | (Type::String | Type::Strings, Type::Object)
            | (Type::Strings, Type::Strings) => {
                self.diagnostics.push(
                    Diagnostic::warning(
                        "reference-comparison",
                        span,
                        format!("`{}` and `{}` are compared as objects, not by content", left.ty, right.ty),
                    )
                    .label(
                        "false unless both are null or the same object; read as false unless both are null",
                    )
                    .help("cast the variable: `(string)context.Variables[...]`"),
                );
                let (l, r) = boxed(left, right);
                BoolOp::SameObject(l, r)
            }
            (l, r) => {
                let nullable = matches!(l, Type::Nullable(_)) || matches!(r, Type::Nullable(_));
                match (simple(l), simple(r)) {
                    (Some(a), Some(b)) if nullable && (a == Simple::Bool) == (b == Simple::Bool) => {
                        let (l, r) = boxed(left, right);
                        let op = BoolOp::Lifted(comparison, l, r);
                        return self.finish(Op::Bool(op), Type::BOOL, span);
                    }
                    _ => {
                        if let Some(kind) = common(&left, &right) {
                            return self.compare(comparison, left, right, kind, span);
                        }
                        let op = if negated { BinaryOp::NotEqual } else { BinaryOp::Equal };
                        return Err(self.mismatch(op, &left, &right, span));
                    }
                }
            }
        };
        let equal = self.finish(Op::Bool(op), Type::BOOL, span)?;
        if negated {
            return self.finish(Op::Bool(BoolOp::Not(Box::new(equal.node))), Type::BOOL, span);
        }
        Ok(equal)
    }

    fn coalesce(&mut self, left: Typed, right: Typed, span: Span) -> Lowered {
        let ty = match (left.ty, right.ty) {
            (Type::Nullable(a), Type::Simple(b)) if a == b => Some(right.ty),
            (Type::Nullable(a), Type::Nullable(b)) if a == b => Some(left.ty),
            (Type::Nullable(_), Type::Null) => Some(left.ty),
            (Type::String, Type::String | Type::Null) | (Type::Null, Type::String) => Some(Type::String),
            (Type::Strings, Type::Strings | Type::Null) => Some(Type::Strings),
            (Type::Object, right) if !matches!(right, Type::Host(_)) => Some(Type::Object),
            (Type::Nullable(a), Type::Simple(b)) if a != Simple::Bool && b != Simple::Bool => {
                return Err(self.report(names::unsupported(span, "`??` between different number types")));
            }
            _ => None,
        };
        let Some(ty) = ty else { return Err(self.mismatch(BinaryOp::Coalesce, &left, &right, span)) };
        self.finish(Op::Any(AnyOp::Coalesce(Box::new(left.node), Box::new(right.node))), ty, span)
    }
}

/// The type in which C# computes with both: the wider, at least int.
pub(super) fn common(left: &Typed, right: &Typed) -> Option<Simple> {
    widest(left, right).map(|kind| kind.max(Simple::Int))
}

pub(super) fn widest(left: &Typed, right: &Typed) -> Option<Simple> {
    match (left.ty, right.ty) {
        (Type::Simple(l), Type::Simple(r)) if l != Simple::Bool && r != Simple::Bool => Some(l.max(r)),
        _ => None,
    }
}

const fn flipped(op: Comparison) -> Comparison {
    match op {
        Comparison::Equal | Comparison::NotEqual => op,
        Comparison::Less => Comparison::Greater,
        Comparison::LessEqual => Comparison::GreaterEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterEqual => Comparison::LessEqual,
    }
}
