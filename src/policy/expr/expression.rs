//! A checked expression.

use std::sync::Arc;

use super::eval::{Env, Fault};
use super::ir::{AnyOp, BoolOp, DoubleOp, IntOp, Node, Op, Side, TextOp};
use super::types::{Simple, Type};
use super::variables::Variables;
use super::{DoubleBits, EvalError, FromValue, Scope, Value, lower, parse};
use crate::diagnostics::{Diagnostics, Span};
use crate::policy::scan::RawText;

/// A checked expression, ready to evaluate. Copies share the tree.
#[derive(Clone, Debug)]
pub struct Expression {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: Node,
    result: Type,
    span: Option<Span>,
    reads_response: bool,
}

impl Expression {
    /// Reads, checks and settles the expression that `raw` is, `@(...)` or `@{ return ...; }`. Problems
    /// are reported, with places inside the expression.
    pub fn compile(raw: &RawText, variables: &mut Variables, diagnostics: &mut Diagnostics) -> Option<Self> {
        let tree = parse::parse(raw, diagnostics)?;
        let typed = lower::lower(&tree, variables, diagnostics)?;
        Some(Self::new(typed.node, typed.ty, Some(raw.span)))
    }

    /// An expression that always has this value.
    pub fn constant(value: Value, span: Span) -> Self {
        let result = super::convert::type_of(&value);
        Self::new(Node { op: Op::Constant(value), span }, result, Some(span))
    }

    fn new(root: Node, result: Type, span: Option<Span>) -> Self {
        let mut reads = false;
        root.walk(&mut |node| reads = reads || reads_response(&node.op));
        Self { inner: Arc::new(Inner { root, result, span, reads_response: reads }) }
    }

    /// The value in `scope`.
    pub fn eval(&self, scope: &Scope<'_>) -> Result<Value, EvalError> {
        Env::new(scope).value(&self.inner.root).map_err(Fault::into_error)
    }

    /// The value in `scope` as a condition: faster than [`Expression::eval`], and copies nothing.
    #[inline]
    pub fn eval_bool(&self, scope: &Scope<'_>) -> Result<bool, EvalError> {
        if self.inner.result == Type::BOOL {
            let env = Env::new(scope);
            return match env.quick(&self.inner.root) {
                Some(value) => Ok(value),
                None => env.bool(&self.inner.root).map_err(Fault::into_error),
            };
        }
        let mut result = bool::from_value(&self.eval(scope)?);
        if let Err(error) = &mut result {
            error.span = self.inner.span;
        }
        result
    }

    /// The type of the value.
    pub fn result_type(&self) -> Type {
        self.inner.result
    }

    /// Whether evaluation may look at `context.Response`, be it only to test it for null.
    pub fn reads_response(&self) -> bool {
        self.inner.reads_response
    }

    /// Where the expression is.
    pub fn span(&self) -> Option<Span> {
        self.inner.span
    }

    /// The settled tree.
    pub fn root(&self) -> &Node {
        &self.inner.root
    }

    /// Calls `visit` with every operation, outer ones first.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Node)) {
        self.inner.root.walk(visit);
    }

    /// The value, if it is known without a scope.
    pub fn as_constant(&self) -> Option<&Value> {
        match &self.inner.root.op {
            Op::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// A thousandth of the number that this expression gives, or `None` if that is no number for sure.
    #[must_use]
    pub fn thousandth(&self) -> Option<Self> {
        let root = self.inner.root.clone();
        let span = root.span;
        let op = match self.inner.result {
            Type::Simple(Simple::Int) => Op::Double(DoubleOp::FromInt(Box::new(root))),
            Type::Simple(Simple::Long) => Op::Double(DoubleOp::FromLong(Box::new(root))),
            Type::Simple(Simple::Double) => root.op,
            _ => return None,
        };
        let thousand = Node { op: Op::Constant(Value::Double(DoubleBits::new(1000.0))), span };
        let number = Box::new(Node { op, span });
        let op = DoubleOp::Arithmetic(super::ir::Arithmetic::Divide, number, Box::new(thousand));
        Some(Self::new(Node { op: Op::Double(op), span }, Type::DOUBLE, self.inner.span))
    }
}

fn reads_response(op: &Op) -> bool {
    match op {
        Op::Bool(op) => {
            matches!(op, BoolOp::StatusIs(..) | BoolOp::NoResponse | BoolOp::HasHeader(Side::Response, _))
        }
        Op::Int(op) => matches!(op, IntOp::Status),
        Op::Text(op) => matches!(op, TextOp::Reason | TextOp::Header(Side::Response, ..)),
        Op::Any(op) => matches!(op, AnyOp::WithResponse(_) | AnyOp::HeaderValues(Side::Response, _)),
        Op::Constant(_) | Op::Long(_) | Op::Double(_) => false,
    }
}
