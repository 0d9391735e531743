//! Members that are not called, and indexes.

use super::super::Value;
use super::super::ir::{AnyOp, DoubleOp, ErrorField, IntOp, Node, Op, Side, TextOp};
use super::super::names::{self, members};
use super::super::syntax::{Expr, Name};
use super::super::types::{Host, Type};
use super::{Lowered, Lowerer, Stop, Typed, constant, host};
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::Text;

impl Lowerer<'_> {
    pub(super) fn member(&mut self, object: Typed, name: &Name, span: Span) -> Lowered {
        let (op, ty) = match (object.ty, name.text.as_str()) {
            (Type::Host(of), member) => match (of, member) {
                (Host::Context, "Request") => return Ok(host(Host::Request, span)),
                (Host::Context, "Response") => return Ok(host(Host::Response, span)),
                (Host::Context, "Variables") => return Ok(host(Host::Variables, span)),
                (Host::Context, "LastError") => return Ok(host(Host::LastError, span)),
                (Host::Context, "Elapsed") => return Ok(host(Host::Elapsed, span)),
                (Host::Request, "Headers") => return Ok(host(Host::RequestHeaders, span)),
                (Host::Request, "Url") => return Ok(host(Host::Url, span)),
                (Host::Response, "Headers") => return Ok(host(Host::ResponseHeaders, span)),
                (Host::Request, "Method") => (Op::Text(TextOp::Method), Type::String),
                (Host::Url, "Path") => (Op::Text(TextOp::UrlPath), Type::String),
                (Host::Url, "QueryString") => (Op::Text(TextOp::UrlQuery), Type::String),
                (Host::Response, "StatusCode") => (Op::Int(IntOp::Status), Type::INT),
                (Host::Response, "StatusReason") => (Op::Text(TextOp::Reason), Type::String),
                (Host::Elapsed, "TotalSeconds") => (Op::Double(DoubleOp::ElapsedSeconds), Type::DOUBLE),
                (Host::Elapsed, "TotalMilliseconds") => {
                    (Op::Double(DoubleOp::ElapsedMilliseconds), Type::DOUBLE)
                }
                (Host::LastError, member) => match error_field(member) {
                    Some(field) => (Op::Text(TextOp::LastError(field)), Type::String),
                    None => return Err(self.no_member(object.ty, name)),
                },
                _ => return Err(self.no_member(object.ty, name)),
            },
            (Type::String, "Length") => (Op::Int(IntOp::Length(Box::new(object.node))), Type::INT),
            (Type::Strings, "Length") => (Op::Int(IntOp::Count(Box::new(object.node))), Type::INT),
            (Type::Nullable(_), "HasValue") => {
                let null = super::BoolOp::IsNull(Box::new(object.node));
                let null = Node { op: Op::Bool(null), span };
                (Op::Bool(super::BoolOp::Not(Box::new(null))), Type::BOOL)
            }
            (ty, _) => return Err(self.no_member(ty, name)),
        };
        self.finish(op, ty, span)
    }

    pub(super) fn static_member(&mut self, class: Host, name: &Name, span: Span) -> Lowered {
        let (value, ty) = match (class, name.text.as_str()) {
            (Host::StringClass, "Empty") => (Value::Str(Text::EMPTY), Type::String),
            (Host::IntClass, "MaxValue") => (Value::Int(i32::MAX), Type::INT),
            (Host::IntClass, "MinValue") => (Value::Int(i32::MIN), Type::INT),
            (Host::LongClass, "MaxValue") => (Value::Long(i64::MAX), Type::LONG),
            (Host::LongClass, "MinValue") => (Value::Long(i64::MIN), Type::LONG),
            (class, _) => return Err(self.no_member(Type::Host(class), name)),
        };
        Ok(Typed { node: constant(value, span), ty })
    }

    pub(super) fn index(&mut self, object: &Typed, index: &Expr, span: Span) -> Lowered {
        let (op, ty) = match object.ty {
            Type::Host(Host::Variables) => (AnyOp::Variable(self.variable(index)?), Type::Object),
            Type::Host(of @ (Host::RequestHeaders | Host::ResponseHeaders)) => {
                let side = if of == Host::RequestHeaders { Side::Request } else { Side::Response };
                let name = self.expression(index)?;
                let name = self.text_argument(name)?;
                (AnyOp::HeaderValues(side, Box::new(name)), Type::Strings)
            }
            Type::Strings => {
                let index = self.expression(index)?;
                if index.ty != Type::INT {
                    let message = format!("an index is an `int`, found `{}`", index.ty);
                    return Err(self.error(index.node.span, message, "expected an `int`"));
                }
                let op = TextOp::Element(Box::new(object.node.clone()), Box::new(index.node));
                return self.finish(Op::Text(op), Type::String, span);
            }
            Type::String => return Err(self.report(names::unsupported(span, "an index into a string"))),
            other => {
                let message = format!("`{other}` has no elements");
                return Err(self.error(span, message, "expected a dictionary or an array before `[`"));
            }
        };
        self.finish(Op::Any(op), ty, span)
    }

    /// A member that exists but is not here yet, one that has to be called, or none at all.
    pub(super) fn no_member(&mut self, of: Type, name: &Name) -> Stop {
        let known = members(of);
        if known.other.contains(&name.text.as_str()) {
            return self.report(names::unsupported(name.span, &format!("`{of}.{}`", name.text)));
        }
        if known.known.contains(&name.text.as_str()) {
            let message = format!("`{of}.{}` is not used as it should be", name.text);
            return self.error(name.span, message, "a method has to be called, a property must not be");
        }
        let message = format!("`{of}` has no member `{}`", name.text);
        let mut diagnostic = Diagnostic::error("unknown-member", name.span, message)
            .label("not a member that can be used here");
        let all = known.known.iter().chain(known.other).copied();
        if let Some(close) = names::closest(&name.text, all) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        } else if of == Type::Object {
            diagnostic = diagnostic.help("cast the variable to its type first, for example `(string)`");
        } else if !known.known.is_empty() {
            diagnostic = diagnostic.note(format!("members here: {}", known.known.join(", ")));
        }
        self.report(diagnostic)
    }
}

fn error_field(name: &str) -> Option<ErrorField> {
    Some(match name {
        "Source" => ErrorField::Source,
        "Reason" => ErrorField::Reason,
        "Message" => ErrorField::Message,
        "Section" => ErrorField::Section,
        "Path" => ErrorField::Path,
        "PolicyId" => ErrorField::PolicyId,
        _ => return None,
    })
}
