//! Conditions as retries have them, in a form that needs neither a machine nor a frame: tests of the
//! status, of null, of the reason, and of variables. And texts put together of constants and variables, as
//! headers have them.
//!
//! A quick form gives an answer only where the full evaluation gives the same one without throwing;
//! otherwise it gives none and the full evaluation says what happens.

use std::cmp::Ordering;

use memchr::memmem::Finder;

use super::super::bind::Program;
use super::super::classes::Class;
use super::super::ir::{Body, CallOp, Conversion, Node, Op, Statement};
use super::super::machine::MAX_TEXT_BYTES;
use super::super::scope::Scope;
use super::super::syntax::BinaryOp;
use super::super::types::Type;
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
    ReasonContains(Box<Finder<'static>>),
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
            Self::ReasonContains(text) => text.find(scope.response.as_ref()?.reason.as_bytes()).is_some(),
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

/// A text that is put together of parts.
#[derive(Clone, Debug)]
pub(in crate::policy::csharp) struct QuickText(Box<[Part]>);

#[derive(Clone, Debug)]
enum Part {
    Known(Text),
    /// A variable that is a `string`.
    Variable(u16),
}

impl QuickText {
    /// The text, if every variable in it is one.
    #[inline]
    pub(in crate::policy::csharp) fn answer(&self, scope: &Scope<'_>) -> Option<Text> {
        if let [part] = self.0.as_ref() {
            return part.text(scope).cloned();
        }
        let mut length: usize = 0;
        for part in &self.0 {
            length = length.saturating_add(part.text(scope)?.len());
        }
        if length > MAX_TEXT_BYTES {
            return None;
        }
        let mut whole = String::with_capacity(length);
        for part in &self.0 {
            whole.push_str(part.text(scope)?);
        }
        Some(Text::from(whole))
    }
}

impl Part {
    #[inline]
    fn text<'a>(&'a self, scope: &'a Scope<'_>) -> Option<&'a Text> {
        match self {
            Self::Known(text) => Some(text),
            Self::Variable(slot) => match scope.variables.get(usize::from(*slot)) {
                Some(Some(Value::Str(text))) => Some(text),
                _ => None,
            },
        }
    }
}

/// The quick form of a condition, if all of it has one.
pub(in crate::policy::csharp) fn quick_form(program: &Program) -> Option<Quick> {
    condition(result(&program.body)?)
}

/// The quick form of a text, if all of it has one.
pub(in crate::policy::csharp) fn quick_text(program: &Program) -> Option<QuickText> {
    let node = result(&program.body)?;
    let parts = match &node.op {
        Op::Concat(nodes) => nodes.iter().map(part).collect::<Option<Box<[Part]>>>()?,
        _ => Box::new([part(node)?]),
    };
    Some(QuickText(parts))
}

/// The operation whose value is the value of the body, when there is nothing else in it.
fn result(body: &Body) -> Option<&Node> {
    match body {
        Body::Value(node) => Some(node),
        Body::Block(list) => match list.as_ref() {
            [Statement::Return(Some(node))] => Some(node),
            _ => None,
        },
    }
}

fn part(node: &Node) -> Option<Part> {
    match &node.op {
        Op::Constant(Value::Str(text)) => Some(Part::Known(text.clone())),
        Op::Convert(conversion, inner) => cast_variable(conversion, inner, &Type::STRING).map(Part::Variable),
        _ => None,
    }
}

/// The variable in `(ty)context.Variables["name"]`.
fn cast_variable(conversion: &Conversion, inner: &Node, ty: &Type) -> Option<u16> {
    match (conversion, &inner.op) {
        (Conversion::Cast(cast), Op::Variable(slot, _)) if cast == ty => Some(*slot),
        _ => None,
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
        Op::Convert(conversion, inner) => Quick::Flag(cast_variable(conversion, inner, &Type::BOOL)?),
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
            Some(Quick::ReasonContains(Box::new(Finder::new(text.as_bytes()).into_owned())))
        }
        _ => None,
    }
}

fn integer(node: &Node) -> Option<Number> {
    match &node.op {
        Op::Constant(value @ Value::Int(known)) => number::class_of(value).map(|_| Number::Known(*known)),
        Op::Call(call) if of_response(call, "StatusCode") => Some(Number::Status),
        Op::Convert(conversion, inner) => cast_variable(conversion, inner, &Type::INT).map(Number::Variable),
        _ => None,
    }
}
