//! Conditions as retries have them, in a form that needs neither a machine nor a frame: tests of the
//! status, of null, of the reason, and of variables.
//!
//! A quick form gives an answer only where the full evaluation gives the same one without throwing;
//! otherwise it gives none and the full evaluation says what happens.

use std::cmp::Ordering;

use super::super::bind::Program;
use super::super::classes::Class;
use super::super::ir::{Body, CallOp, Conversion, Node, Op};
use super::super::scope::Scope;
use super::super::syntax::BinaryOp;
use super::super::value::Value;
use super::{number, ordered};
use crate::policy::Text;

/// A condition.
#[derive(Clone, Debug)]
pub(in crate::policy::csharp) enum Quick {
    /// Known.
    Known(bool),
    /// Whether `context.Response` is null.
    NoResponse,
    /// Whether `context.LastError` is null.
    NoError,
    /// A comparison of integers.
    Compare(BinaryOp, Number, Number),
    /// Whether the status reason contains a text.
    ReasonContains(Text),
    /// A variable that is a `bool`.
    Flag(u16),
    /// `!`
    Not(Box<Quick>),
    /// `&&`
    All(Box<[Quick]>),
    /// `||`
    Any(Box<[Quick]>),
}

/// An integer.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy::csharp) enum Number {
    Known(i32),
    Status,
    /// A variable that is an `int`.
    Variable(u16),
}

impl Quick {
    /// The answer, if there is one.
    #[inline]
    pub(in crate::policy::csharp) fn answer(&self, scope: &Scope<'_>) -> Option<bool> {
        Some(match self {
            Self::Known(value) => *value,
            Self::NoResponse => scope.response.is_none(),
            Self::NoError => scope.last_error.is_none(),
            Self::Compare(op, a, b) => {
                let order = a.value(scope)?.cmp(&b.value(scope)?);
                match op {
                    BinaryOp::Equal => order == Ordering::Equal,
                    BinaryOp::NotEqual => order != Ordering::Equal,
                    other => ordered(*other, Some(order)),
                }
            }
            Self::ReasonContains(text) => scope.response.as_ref()?.reason.contains(text.as_str()),
            Self::Flag(slot) => match scope.variables.get(usize::from(*slot)) {
                Some(Some(Value::Bool(value))) => *value,
                _ => return None,
            },
            Self::Not(inner) => !inner.answer(scope)?,
            Self::All(parts) => {
                for part in parts {
                    if !part.answer(scope)? {
                        return Some(false);
                    }
                }
                true
            }
            Self::Any(parts) => {
                for part in parts {
                    if part.answer(scope)? {
                        return Some(true);
                    }
                }
                false
            }
        })
    }
}

impl Number {
    #[inline]
    fn value(self, scope: &Scope<'_>) -> Option<i32> {
        Some(match self {
            Self::Known(value) => value,
            Self::Status => i32::from(scope.response.as_ref()?.status.get()),
            Self::Variable(slot) => match scope.variables.get(usize::from(slot)) {
                Some(Some(Value::Int(value))) => *value,
                _ => return None,
            },
        })
    }
}

/// The quick form of an expression, if all of it has one.
pub(in crate::policy::csharp) fn quick_form(program: &Program) -> Option<Quick> {
    match &program.body {
        Body::Value(node) => condition(node),
        Body::Block(list) => match list.as_ref() {
            [super::super::ir::Statement::Return(Some(node))] => condition(node),
            _ => None,
        },
    }
}

fn condition(node: &Node) -> Option<Quick> {
    Some(match &node.op {
        Op::Constant(Value::Bool(value)) => Quick::Known(*value),
        Op::All(parts) => Quick::All(parts.iter().map(condition).collect::<Option<_>>()?),
        Op::Any(parts) => Quick::Any(parts.iter().map(condition).collect::<Option<_>>()?),
        Op::Not(inner) => Quick::Not(Box::new(condition(inner)?)),
        Op::Equal(_, negate, sides) => {
            let [left, right] = sides.as_ref();
            let null_test = match (&left.op, &right.op) {
                (_, Op::Constant(Value::Null)) => missing(left),
                (Op::Constant(Value::Null), _) => missing(right),
                _ => None,
            };
            if let Some(test) = null_test {
                return Some(if *negate { Quick::Not(Box::new(test)) } else { test });
            }
            let op = if *negate { BinaryOp::NotEqual } else { BinaryOp::Equal };
            Quick::Compare(op, integer(left)?, integer(right)?)
        }
        Op::Compare(op, sides) => {
            let [left, right] = sides.as_ref();
            Quick::Compare(*op, integer(left)?, integer(right)?)
        }
        Op::Convert(conversion, inner) => match (conversion.as_ref(), &inner.op) {
            (Conversion::Cast(ty), Op::Variable(slot, _)) if *ty == super::super::Type::BOOL => {
                Quick::Flag(*slot)
            }
            _ => return None,
        },
        Op::Call(call) => contains(call)?,
        _ => return None,
    })
}

/// The property `name` of `context`.
fn is_context(node: &Node, name: &str) -> bool {
    matches!(&node.op, Op::Call(call) if call.member.class == Class::IProxyRequestContext && call.member.name == name)
}

fn missing(node: &Node) -> Option<Quick> {
    if is_context(node, "Response") {
        return Some(Quick::NoResponse);
    }
    is_context(node, "LastError").then_some(Quick::NoError)
}

fn of_response(call: &CallOp, name: &str) -> bool {
    call.member.class == Class::IResponse
        && call.member.name == name
        && call.arguments.first().is_some_and(|node| is_context(node, "Response"))
}

fn contains(call: &CallOp) -> Option<Quick> {
    if call.member.class != Class::String || call.member.name != "Contains" {
        return None;
    }
    match call.arguments.as_ref() {
        [Node { op: Op::Call(reason), .. }, Node { op: Op::Constant(Value::Str(text)), .. }]
            if of_response(reason, "StatusReason") =>
        {
            Some(Quick::ReasonContains(text.clone()))
        }
        _ => None,
    }
}

fn integer(node: &Node) -> Option<Number> {
    match &node.op {
        Op::Constant(value @ Value::Int(known)) => number::class_of(value).map(|_| Number::Known(*known)),
        Op::Call(call) if of_response(call, "StatusCode") => Some(Number::Status),
        Op::Convert(conversion, inner) => match (conversion.as_ref(), &inner.op) {
            (Conversion::Cast(ty), Op::Variable(slot, _)) if *ty == super::super::Type::INT => {
                Some(Number::Variable(*slot))
            }
            _ => None,
        },
        _ => None,
    }
}
