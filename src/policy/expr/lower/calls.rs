//! Calls of methods and static methods.

use super::super::ir::{
    AnyOp, Arithmetic, BoolOp, IntOp, LongOp, Node, Op, Side, TextChange, TextOp, TextTest, Variable,
};
use super::super::names;
use super::super::syntax::{BinaryOp, Expr, ExprKind, Name, TypeName};
use super::super::types::{Host, Simple, Type};
use super::super::{DoubleBits, Value};
use super::{Lowered, Lowerer, Stop, Typed, class_path, constant};
use crate::diagnostics::{Diagnostic, Span};

impl Lowerer<'_> {
    pub(super) fn call(&mut self, callee: &Expr, arguments: &[Expr], span: Span) -> Lowered {
        let ExprKind::Member { object, name, type_arguments } = &callee.kind else {
            return Err(self.error(callee.span, "this is not a method", "expected the name of a method"));
        };
        if let Some(class) = class_path(object) {
            return self.static_call(class, name, arguments, span);
        }
        self.check_root(object)?;
        let object = self.expression(object)?;
        if !type_arguments.is_empty() && object.ty != Type::Host(Host::Variables) {
            let known = names::members(object.ty);
            if known.known.contains(&name.text.as_str()) {
                return Err(self.error(
                    name.span,
                    format!("`{}` has no type arguments", name.text),
                    "remove `<...>`",
                ));
            }
            return Err(self.no_member(object.ty, name));
        }
        match object.ty {
            Type::Host(Host::Variables) => self.variables_call(name, type_arguments, arguments, span),
            Type::Host(Host::RequestHeaders) => self.headers_call(Side::Request, name, arguments, span),
            Type::Host(Host::ResponseHeaders) => self.headers_call(Side::Response, name, arguments, span),
            Type::String => self.text_call(object, name, arguments, span),
            Type::Simple(_) | Type::Object => self.value_call(object, name, arguments, span),
            ty => Err(self.no_member(ty, name)),
        }
    }

    /// The number of arguments has to be in the range.
    fn expect_count(&mut self, name: &Name, found: usize, least: usize, most: usize) -> Result<(), Stop> {
        if (least..=most).contains(&found) {
            return Ok(());
        }
        let expected = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let plural = if most == 1 { "" } else { "s" };
        let message = format!("`{}` is called with {found} arguments", name.text);
        Err(self.error(name.span, message, format!("expected {expected} argument{plural}")))
    }

    fn text_at(&mut self, arguments: &[Expr], at: usize) -> Result<Box<Node>, Stop> {
        let typed = self.expression(arguments.get(at).ok_or(Stop)?)?;
        Ok(Box::new(self.text_argument(typed)?))
    }

    /// A string, or a char, which `Contains` and its kind take as well.
    fn part_at(&mut self, arguments: &[Expr], at: usize) -> Result<Box<Node>, Stop> {
        let typed = self.expression(arguments.get(at).ok_or(Stop)?)?;
        if typed.ty == Type::CHAR {
            let span = typed.node.span;
            let op = Op::Text(TextOp::Format(Box::new(typed.node)));
            return Ok(Box::new(self.finish(op, Type::String, span)?.node));
        }
        Ok(Box::new(self.text_argument(typed)?))
    }

    fn int_at(&mut self, arguments: &[Expr], at: usize) -> Result<Box<Node>, Stop> {
        let typed = self.expression(arguments.get(at).ok_or(Stop)?)?;
        match typed.ty {
            Type::Simple(Simple::Int | Simple::Char) => Ok(Box::new(super::casts::widen(typed, Simple::Int))),
            other => Err(self.error(
                typed.node.span,
                format!("expected an `int`, found `{other}`"),
                "expected an `int`",
            )),
        }
    }

    fn value_at(&mut self, arguments: &[Expr], at: usize) -> Lowered {
        let typed = self.expression(arguments.get(at).ok_or(Stop)?)?;
        if matches!(typed.ty, Type::Host(_)) {
            let message = format!("`{}` is not a value", typed.ty);
            return Err(self.error(typed.node.span, message, "expected a value"));
        }
        Ok(typed)
    }

    /// A `StringComparison` argument: whether case is ignored.
    fn comparison(&mut self, argument: &Expr) -> Result<bool, Stop> {
        if let ExprKind::Member { object, name, .. } = &argument.kind
            && class_path(object) == Some(Host::Comparison)
        {
            return match name.text.as_str() {
                "Ordinal" => Ok(false),
                "OrdinalIgnoreCase" => Ok(true),
                _ => Err(self.no_member(Type::Host(Host::Comparison), name)),
            };
        }
        Err(self.error(
            argument.span,
            "expected a `StringComparison`",
            "expected `StringComparison.Ordinal` or `StringComparison.OrdinalIgnoreCase`",
        ))
    }

    fn variables_call(
        &mut self,
        name: &Name,
        type_arguments: &[TypeName],
        arguments: &[Expr],
        span: Span,
    ) -> Lowered {
        match name.text.as_str() {
            "ContainsKey" => {
                self.expect_count(name, arguments.len(), 1, 1)?;
                let variable = self.variable(arguments.first().ok_or(Stop)?)?;
                self.finish(Op::Bool(BoolOp::HasVariable(variable)), Type::BOOL, span)
            }
            "GetValueOrDefault" => {
                self.expect_count(name, arguments.len(), 1, 2)?;
                let variable = self.variable(arguments.first().ok_or(Stop)?)?;
                let default = match arguments.len() {
                    2 => Some(self.value_at(arguments, 1)?),
                    _ => None,
                };
                self.variable_or(variable, type_arguments, default, span)
            }
            _ => Err(self.no_member(Type::Host(Host::Variables), name)),
        }
    }

    fn variable_or(
        &mut self,
        variable: Variable,
        type_arguments: &[TypeName],
        default: Option<Typed>,
        span: Span,
    ) -> Lowered {
        let target = match (type_arguments, &default) {
            ([], Some(default)) if default.ty != Type::Null => default.ty,
            ([], _) => Type::Object,
            ([target], _) => self.named_type(target)?,
            ([_, second, ..], _) => {
                return Err(self.error(second.span, "too many type arguments", "expected one type"));
            }
        };
        let default = match default {
            None => constant(default_of(target), span),
            Some(default) => self.converted(default, target)?,
        };
        let op = AnyOp::VariableOr(variable, target, Box::new(default));
        self.finish(Op::Any(op), target, span)
    }

    /// An argument converted as C# does by itself.
    fn converted(&mut self, typed: Typed, target: Type) -> Result<Node, Stop> {
        match (typed.ty, target) {
            (from, to) if from == to => Ok(typed.node),
            (_, Type::Object) => Ok(typed.node),
            (Type::Null, to) if to.is_nullable() => Ok(typed.node),
            (Type::Simple(from), Type::Nullable(to)) if from == to => Ok(typed.node),
            (Type::Simple(from), Type::Simple(to)) if from != Simple::Bool && to > from => {
                Ok(super::casts::widen(typed, to))
            }
            (from, to) => Err(self.error(
                typed.node.span,
                format!("expected `{to}`, found `{from}`"),
                format!("expected `{to}`"),
            )),
        }
    }

    fn headers_call(&mut self, side: Side, name: &Name, arguments: &[Expr], span: Span) -> Lowered {
        match name.text.as_str() {
            "ContainsKey" => {
                self.expect_count(name, arguments.len(), 1, 1)?;
                let key = self.text_at(arguments, 0)?;
                self.finish(Op::Bool(BoolOp::HasHeader(side, key)), Type::BOOL, span)
            }
            "GetValueOrDefault" => {
                self.expect_count(name, arguments.len(), 1, 2)?;
                let key = self.text_at(arguments, 0)?;
                let default = if arguments.len() == 2 { Some(self.text_at(arguments, 1)?) } else { None };
                self.finish(Op::Text(TextOp::Header(side, key, default)), Type::String, span)
            }
            _ => {
                let host = if side == Side::Request { Host::RequestHeaders } else { Host::ResponseHeaders };
                Err(self.no_member(Type::Host(host), name))
            }
        }
    }

    fn text_call(&mut self, object: Typed, name: &Name, arguments: &[Expr], span: Span) -> Lowered {
        let text = Box::new(object.node);
        let count = arguments.len();
        let test = match name.text.as_str() {
            "Contains" => Some(TextTest::Contains),
            "StartsWith" => Some(TextTest::StartsWith),
            "EndsWith" => Some(TextTest::EndsWith),
            "Equals" => Some(TextTest::Equals),
            _ => None,
        };
        if let Some(test) = test {
            self.expect_count(name, count, 1, 2)?;
            if test == TextTest::Equals && count == 1 {
                let other = self.value_at(arguments, 0)?;
                if !matches!(other.ty, Type::String | Type::Null) {
                    let op = BoolOp::SameValue(text, Box::new(other.node));
                    return self.finish(Op::Bool(op), Type::BOOL, span);
                }
                let op = BoolOp::Test(test, text, Box::new(other.node), false);
                return self.finish(Op::Bool(op), Type::BOOL, span);
            }
            let part = self.part_at(arguments, 0)?;
            let ignore_case = arguments.get(1).map_or(Ok(false), |argument| self.comparison(argument))?;
            return self.finish(Op::Bool(BoolOp::Test(test, text, part, ignore_case)), Type::BOOL, span);
        }
        let op = match name.text.as_str() {
            "IndexOf" => {
                self.expect_count(name, count, 1, 2)?;
                let part = self.part_at(arguments, 0)?;
                let ignore_case = arguments.get(1).map_or(Ok(false), |argument| self.comparison(argument))?;
                return self.finish(Op::Int(IntOp::IndexOf(text, part, ignore_case)), Type::INT, span);
            }
            "Substring" => {
                self.expect_count(name, count, 1, 2)?;
                let start = self.int_at(arguments, 0)?;
                let length = if count == 2 { Some(self.int_at(arguments, 1)?) } else { None };
                TextOp::Substring(text, start, length)
            }
            "Replace" => {
                self.expect_count(name, count, 2, 2)?;
                TextOp::Replace(text, self.part_at(arguments, 0)?, self.part_at(arguments, 1)?)
            }
            "Trim" if count > 0 => {
                return Err(self.report(names::unsupported(name.span, "`Trim` with arguments")));
            }
            "Trim" => TextOp::Change(TextChange::Trim, text),
            "ToLower" | "ToLowerInvariant" => {
                self.expect_count(name, count, 0, 0)?;
                TextOp::Change(TextChange::Lower, text)
            }
            "ToUpper" | "ToUpperInvariant" => {
                self.expect_count(name, count, 0, 0)?;
                TextOp::Change(TextChange::Upper, text)
            }
            "ToString" => {
                self.expect_count(name, count, 0, 0)?;
                TextOp::Format(text)
            }
            _ => return Err(self.no_member(Type::String, name)),
        };
        self.finish(Op::Text(op), Type::String, span)
    }

    fn value_call(&mut self, object: Typed, name: &Name, arguments: &[Expr], span: Span) -> Lowered {
        match name.text.as_str() {
            "ToString" if arguments.is_empty() => {
                self.finish(Op::Text(TextOp::Format(Box::new(object.node))), Type::String, span)
            }
            "ToString" => Err(self.report(names::unsupported(name.span, "`ToString` with a format"))),
            "Equals" => {
                self.expect_count(name, arguments.len(), 1, 1)?;
                let other = self.value_at(arguments, 0)?;
                let op = BoolOp::SameValue(Box::new(object.node), Box::new(other.node));
                self.finish(Op::Bool(op), Type::BOOL, span)
            }
            _ => Err(self.no_member(object.ty, name)),
        }
    }

    fn static_call(&mut self, class: Host, name: &Name, arguments: &[Expr], span: Span) -> Lowered {
        let count = arguments.len();
        match (class, name.text.as_str()) {
            (Host::StringClass, "IsNullOrEmpty" | "IsNullOrWhiteSpace") => {
                self.expect_count(name, count, 1, 1)?;
                let text = self.text_at(arguments, 0)?;
                let op = if name.text == "IsNullOrEmpty" {
                    BoolOp::NullOrEmpty(text)
                } else {
                    BoolOp::NullOrBlank(text)
                };
                self.finish(Op::Bool(op), Type::BOOL, span)
            }
            (Host::StringClass, "Concat") => {
                self.expect_count(name, count, 1, 100)?;
                let mut parts = Vec::new();
                for at in 0..count {
                    parts.push(self.value_at(arguments, at)?.node);
                }
                self.finish(Op::Text(TextOp::Concat(parts)), Type::String, span)
            }
            (Host::StringClass, "Equals") => {
                self.expect_count(name, count, 2, 3)?;
                let (a, b) = (self.text_at(arguments, 0)?, self.text_at(arguments, 1)?);
                let ignore_case = arguments.get(2).map_or(Ok(false), |argument| self.comparison(argument))?;
                self.finish(Op::Bool(BoolOp::SameText(a, b, ignore_case)), Type::BOOL, span)
            }
            (Host::IntClass, "Parse") => {
                self.expect_count(name, count, 1, 1)?;
                let text = self.text_at(arguments, 0)?;
                self.finish(Op::Int(IntOp::Parse(text)), Type::INT, span)
            }
            (Host::LongClass, "Parse") => {
                self.expect_count(name, count, 1, 1)?;
                let text = self.text_at(arguments, 0)?;
                self.finish(Op::Long(LongOp::Parse(text)), Type::LONG, span)
            }
            (Host::ConvertClass, "ToInt32") => {
                self.expect_count(name, count, 1, 1)?;
                let value = self.value_at(arguments, 0)?;
                self.finish(Op::Int(IntOp::Convert(Box::new(value.node))), Type::INT, span)
            }
            (Host::ConvertClass, "ToBoolean") => {
                self.expect_count(name, count, 1, 1)?;
                let value = self.value_at(arguments, 0)?;
                self.finish(Op::Bool(BoolOp::Convert(Box::new(value.node))), Type::BOOL, span)
            }
            (Host::ConvertClass, "ToString") => {
                self.expect_count(name, count, 1, 1)?;
                let value = self.value_at(arguments, 0)?;
                if matches!(value.ty, Type::String | Type::Null) {
                    return Ok(Typed { node: value.node, ty: Type::String });
                }
                self.finish(Op::Text(TextOp::Convert(Box::new(value.node))), Type::String, span)
            }
            (Host::MathClass, "Min" | "Max") => {
                self.expect_count(name, count, 2, 2)?;
                let left = self.value_at(arguments, 0);
                let right = self.value_at(arguments, 1);
                let op = if name.text == "Min" { Arithmetic::Min } else { Arithmetic::Max };
                let (left, right) = (left?, right?);
                for side in [&left, &right] {
                    if !matches!(side.ty, Type::Simple(kind) if kind != Simple::Bool) {
                        let found = format!("expected a number, found `{}`", side.ty);
                        return Err(self.report(
                            Diagnostic::error("expression-type", side.node.span, found)
                                .label("expected an `int`, `long` or `double`"),
                        ));
                    }
                }
                self.arithmetic(BinaryOp::Add, op, left, right, span)
            }
            (class, _) => Err(self.no_member(Type::Host(class), name)),
        }
    }
}

/// `default(T)`
fn default_of(target: Type) -> Value {
    match target {
        Type::Simple(simple) => match simple {
            Simple::Bool => Value::Bool(false),
            Simple::Char => Value::Char('\0'),
            Simple::Int => Value::Int(0),
            Simple::Long => Value::Long(0),
            Simple::Double => Value::Double(DoubleBits::new(0.0)),
        },
        _ => Value::Null,
    }
}
