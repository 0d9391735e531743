//! Evaluates settled expressions.
//!
//! One function for each type of result; each handles the operations of its type and leaves the rest to
//! [`Env::value`], which knows them all. Recursion is bounded by the depth of the syntax tree, memory by
//! [`MAX_TEXT_BYTES`]. Exceptions are those that .NET throws.

mod fault;
mod number;
mod text;

use super::ir::{AnyOp, BoolOp, Comparison, Node, Op, Side, TextOp, TextTest, Variable};
use super::types::Type;
use super::{DoubleBits, Scope, Value, convert};
use crate::diagnostics::Span;
use crate::policy::{HeaderValue, Headers, LastError, Response};

pub(super) use fault::Fault;

/// Longest string an expression may build, in bytes.
pub const MAX_TEXT_BYTES: usize = 1 << 20;

/// What an operation is evaluated in.
#[derive(Clone, Copy)]
pub(super) struct Env<'e> {
    scope: &'e Scope<'e>,
    bound: Option<&'e Value>,
}

impl<'e> Env<'e> {
    pub(super) const fn new(scope: &'e Scope<'e>) -> Self {
        Self { scope, bound: None }
    }

    #[inline]
    fn response(&self, span: Span) -> Result<&'e Response, Fault> {
        match self.scope.response {
            Some(response) => Ok(response),
            None => Err(fault::null_reference(span)),
        }
    }

    fn last_error(&self, span: Span) -> Result<&'e LastError, Fault> {
        self.scope.last_error.ok_or_else(|| fault::null_reference(span))
    }

    fn headers(&self, side: Side, span: Span) -> Result<&'e Headers, Fault> {
        match side {
            Side::Request => Ok(&self.scope.request.headers),
            Side::Response => Ok(&self.response(span)?.headers),
        }
    }

    /// The value of a variable, `None` when the key is absent.
    fn variable(&self, variable: &'e Variable, span: Span) -> Result<Option<&'e Value>, Fault> {
        let index = match variable {
            Variable::Slot(slot, _) => usize::from(slot.0),
            Variable::Named(name) => {
                let name = self.text(name)?.ok_or_else(|| fault::null_argument(span))?;
                match self.scope.names.iter().position(|known| known.as_str() == name.as_str()) {
                    Some(index) => index,
                    None => return Ok(None),
                }
            }
        };
        Ok(self.scope.variables.get(index).and_then(Option::as_ref))
    }

    fn missing(&self, variable: &'e Variable, span: Span) -> Fault {
        match variable {
            Variable::Slot(_, name) => fault::missing_key(name, span),
            Variable::Named(name) => match self.text(name) {
                Ok(Some(name)) => fault::missing_key(name.as_str(), span),
                Ok(None) => fault::null_argument(span),
                Err(fault) => fault,
            },
        }
    }

    /// The value in place, where an operation only reads one.
    fn peek(&self, node: &'e Node) -> Result<Option<&'e Value>, Fault> {
        match &node.op {
            Op::Constant(value) => Ok(Some(value)),
            Op::Any(AnyOp::Bound) => Ok(self.bound),
            Op::Any(AnyOp::Variable(variable)) => match self.variable(variable, node.span)? {
                Some(value) => Ok(Some(value)),
                None => Err(self.missing(variable, node.span)),
            },
            _ => Ok(None),
        }
    }

    /// Calls `look` with the value, copied only where it has to be computed.
    fn with<T>(&self, node: &'e Node, look: impl FnOnce(&Value) -> T) -> Result<T, Fault> {
        match self.peek(node)? {
            Some(value) => Ok(look(value)),
            None => Ok(look(&self.value(node)?)),
        }
    }

    /// A value of any type.
    pub(super) fn value(&self, node: &'e Node) -> Result<Value, Fault> {
        Ok(match &node.op {
            Op::Constant(value) => value.clone(),
            Op::Bool(_) => Value::Bool(self.bool(node)?),
            Op::Int(_) => Value::Int(self.int(node)?),
            Op::Long(_) => Value::Long(self.long(node)?),
            Op::Double(_) => Value::Double(DoubleBits::new(self.double(node)?)),
            Op::Text(_) => self.text(node)?.map_or(Value::Null, |text| Value::Str(text.into_text())),
            Op::Any(op) => return self.any(op, node.span),
        })
    }

    fn any(&self, op: &'e AnyOp, span: Span) -> Result<Value, Fault> {
        match op {
            AnyOp::Variable(variable) => match self.variable(variable, span)? {
                Some(value) => Ok(value.clone()),
                None => Err(self.missing(variable, span)),
            },
            AnyOp::VariableOr(variable, target, default) => match self.variable(variable, span)? {
                Some(value) => unboxed(value, *target, span).cloned(),
                None => self.value(default),
            },
            AnyOp::HeaderValues(side, name) => {
                let headers = self.headers(*side, span)?;
                let name = self.text(name)?.ok_or_else(|| fault::null_argument(span))?;
                let values: Vec<_> = text::named(headers, name.as_str()).map(HeaderValue::to_text).collect();
                if values.is_empty() {
                    return Err(fault::missing_key(name.as_str(), span));
                }
                Ok(Value::Strings(values.into()))
            }
            AnyOp::Unbox(target, object) => {
                if let Some(value) = self.peek(object)? {
                    return unboxed(value, *target, span).cloned();
                }
                let value = self.value(object)?;
                unboxed(&value, *target, span)?;
                Ok(value)
            }
            AnyOp::Unwrap(_, object) => match self.value(object)? {
                Value::Null => Err(fault::no_value(span)),
                value => Ok(value),
            },
            AnyOp::If(condition, yes, no) => self.value(if self.bool(condition)? { yes } else { no }),
            AnyOp::Coalesce(first, second) => match self.value(first)? {
                Value::Null => self.value(second),
                value => Ok(value),
            },
            AnyOp::NullSafe(object, rest) => match self.value(object)? {
                Value::Null => Ok(Value::Null),
                value => Env { scope: self.scope, bound: Some(&value) }.value(rest),
            },
            AnyOp::WithResponse(rest) if self.scope.response.is_some() => self.value(rest),
            AnyOp::WithLastError(rest) if self.scope.last_error.is_some() => self.value(rest),
            AnyOp::WithResponse(_) | AnyOp::WithLastError(_) => Ok(Value::Null),
            AnyOp::Bound => Ok(self.bound.cloned().unwrap_or(Value::Null)),
        }
    }

    /// What retry conditions are made of, in registers only: `None` where anything else is needed, be it
    /// another operation or an exception; [`Env::bool`] then starts over.
    pub(super) fn quick(&self, node: &'e Node) -> Option<bool> {
        let Op::Bool(op) = &node.op else { return None };
        // By far the most frequent leaf, without the jump tables of the two matches.
        if let BoolOp::StatusIs(comparison, constant) = op {
            let status = i32::from(self.scope.response?.status.get());
            if *comparison == Comparison::Equal {
                return Some(status == *constant);
            }
            return Some(compare(*comparison, status, *constant));
        }
        match op {
            BoolOp::Or(a, b) => {
                if self.quick(a)? {
                    return Some(true);
                }
                self.quick(b)
            }
            BoolOp::And(a, b) => {
                if !self.quick(a)? {
                    return Some(false);
                }
                self.quick(b)
            }
            BoolOp::Not(a) => self.quick(a).map(|value| !value),
            BoolOp::NoResponse => Some(self.scope.response.is_none()),
            BoolOp::Test(test, object, part, false) => match (&object.op, &part.op) {
                (Op::Text(TextOp::Reason), Op::Constant(Value::Str(part))) => {
                    Some(text::test(*test, &self.scope.response?.reason, part, false))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// A bool.
    pub(super) fn bool(&self, node: &'e Node) -> Result<bool, Fault> {
        match &node.op {
            Op::Bool(op) => self.test(op, node.span),
            Op::Constant(Value::Bool(value)) => Ok(*value),
            _ => self.with(node, |value| match value {
                Value::Bool(value) => Ok(*value),
                Value::Null => Err(fault::null_reference(node.span)),
                other => Err(fault::invalid_cast(other, Type::BOOL, node.span)),
            })?,
        }
    }

    fn test(&self, op: &'e BoolOp, span: Span) -> Result<bool, Fault> {
        match op {
            BoolOp::StatusIs(comparison, constant) => {
                let status = i32::from(self.response(span)?.status.get());
                Ok(compare(*comparison, status, *constant))
            }
            BoolOp::Not(a) => Ok(!self.bool(a)?),
            BoolOp::And(a, b) => Ok(self.bool(a)? && self.bool(b)?),
            BoolOp::Or(a, b) => Ok(self.bool(a)? || self.bool(b)?),
            BoolOp::CompareInt(op, a, b) => Ok(compare(*op, self.int(a)?, self.int(b)?)),
            BoolOp::CompareLong(op, a, b) => Ok(compare(*op, self.long(a)?, self.long(b)?)),
            BoolOp::CompareDouble(op, a, b) => Ok(compare(*op, self.double(a)?, self.double(b)?)),
            BoolOp::SameBool(a, b) => Ok(self.bool(a)? == self.bool(b)?),
            BoolOp::SameText(a, b, ignore_case) => {
                let (a, b) = (self.text(a)?, self.text(b)?);
                Ok(match (a, b) {
                    (Some(a), Some(b)) if *ignore_case => text::same_ignoring_case(a.as_str(), b.as_str()),
                    (Some(a), Some(b)) => a.as_str() == b.as_str(),
                    (a, b) => a.is_none() && b.is_none(),
                })
            }
            BoolOp::Lifted(op, a, b) => self.with(a, |a| self.with(b, |b| lifted(*op, a, b)))?,
            BoolOp::SameValue(a, b) => {
                let a = self.value(a)?;
                if a == Value::Null {
                    return Err(fault::null_reference(span));
                }
                self.with(b, |b| a == *b)
            }
            BoolOp::SameObject(a, b) => {
                self.with(a, |a| self.with(b, |b| *a == Value::Null && *b == Value::Null))?
            }
            BoolOp::IsNull(a) => match &a.op {
                Op::Text(_) => Ok(self.text(a)?.is_none()),
                _ => self.with(a, |a| *a == Value::Null),
            },
            BoolOp::NoResponse => Ok(self.scope.response.is_none()),
            BoolOp::NoLastError => Ok(self.scope.last_error.is_none()),
            BoolOp::HasHeader(side, name) => {
                let headers = self.headers(*side, span)?;
                let name = self.text(name)?.ok_or_else(|| fault::null_argument(span))?;
                Ok(headers.contains(name.as_str()))
            }
            BoolOp::HasVariable(variable) => Ok(self.variable(variable, span)?.is_some()),
            BoolOp::Test(test, object, part, ignore_case) => {
                let object = self.text(object)?.ok_or_else(|| fault::null_reference(span))?;
                let part = self.text(part)?;
                match (test, part) {
                    (TextTest::Equals, None) => Ok(false),
                    (_, None) => Err(fault::null_argument(span)),
                    (_, Some(part)) => Ok(text::test(*test, object.as_str(), part.as_str(), *ignore_case)),
                }
            }
            BoolOp::NullOrEmpty(a) => Ok(self.text(a)?.is_none_or(|text| text.as_str().is_empty())),
            BoolOp::NullOrBlank(a) => Ok(self.text(a)?.is_none_or(|text| text.as_str().trim().is_empty())),
            BoolOp::Convert(a) => self.with(a, |a| number::to_bool(a, span))?,
        }
    }
}

/// `value` if it is a `target`, else the exception of the cast.
fn unboxed(value: &Value, target: Type, span: Span) -> Result<&Value, Fault> {
    let actual = convert::type_of(value);
    match target {
        Type::Object | Type::Null | Type::Host(_) => Ok(value),
        _ if actual == target => Ok(value),
        Type::Nullable(simple) if actual == Type::Simple(simple) => Ok(value),
        _ if actual == Type::Null && target.is_nullable() => Ok(value),
        _ if actual == Type::Null => Err(fault::null_reference(span)),
        _ => Err(fault::invalid_cast(value, target, span)),
    }
}

/// Comparison as C# has it: all but `!=` are false for NaN.
#[inline]
fn compare<T: PartialOrd + Copy>(op: Comparison, a: T, b: T) -> bool {
    match op {
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        Comparison::Less => a < b,
        Comparison::LessEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterEqual => a >= b,
    }
}

fn lifted(op: Comparison, a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => match op {
            Comparison::Equal => a == b,
            Comparison::NotEqual => a != b,
            _ => false,
        },
        (Value::Bool(a), Value::Bool(b)) => compare(op, *a, *b),
        _ => match (convert::whole(a), convert::whole(b)) {
            (Some(a), Some(b)) => compare(op, a, b),
            _ => match (convert::real(a), convert::real(b)) {
                (Some(a), Some(b)) => compare(op, a, b),
                _ => op == Comparison::NotEqual,
            },
        },
    }
}
