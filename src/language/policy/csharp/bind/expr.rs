//! Expressions by form.

use super::super::classes::Class;
use super::super::ir::{Conversion, Node, Op, Part};
use super::super::syntax::{BinaryOp, Expr, ExprKind, Piece};
use super::super::types::{Type, default_value};
use super::super::value::Value;
use super::names::Thing;
use super::{Bind, Binder, Reported, Typed, relations};
use crate::diagnostics::Span;
use crate::policy::Text;

impl Binder<'_> {
    /// An expression that must give a value.
    pub(super) fn value(&mut self, expr: &Expr) -> Bind<Typed> {
        let typed = self.expr(expr)?;
        if typed.ty == Type::Void {
            return self.fail("void-value", expr.span, "this expression gives no value", "expected a value");
        }
        Ok(typed)
    }

    /// What a thing is worth.
    pub(super) fn thing_value(&mut self, thing: Thing, span: Span) -> Bind<Typed> {
        match thing {
            Thing::Value(value) => Ok(value),
            Thing::Type(ty) => {
                self.fail("type-as-value", span, format!("`{ty}` is a type"), "expected a value")
            }
            Thing::Namespace(name) => {
                self.fail("unknown-name", span, format!("`{name}` is a namespace"), "expected a value")
            }
            Thing::Function(at) => self.function_value(at, span),
            Thing::Group(group) => {
                if matches!(group.owner, Type::Unknown)
                    && let Some(receiver) = group.receiver
                {
                    let late = super::super::ir::Late::Get(group.name.text.into());
                    let op = Op::Late(Box::new((late, vec![receiver.node], Vec::new())));
                    return Ok(Typed::new(op, span, Type::Unknown));
                }
                let message = format!("`{}` is a method", group.name.text);
                self.fail("missing-call", group.name.span, message, "expected `(...)` behind it")
            }
        }
    }

    /// Any expression, also one that gives nothing.
    pub(super) fn expr(&mut self, expr: &Expr) -> Bind<Typed> {
        self.enter(expr.span)?;
        let found = self.expr_inner(expr);
        self.leave();
        found
    }

    fn expr_inner(&mut self, expr: &Expr) -> Bind<Typed> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(value) => Ok(literal(value.clone(), span)),
            ExprKind::QuotedText(text) => Ok(literal(Value::from(text.clone()), span)),
            ExprKind::NameOf(name) => Ok(literal(Value::from(name.clone()), span)),
            ExprKind::Interpolated(pieces) => self.interpolated(pieces, span),
            ExprKind::Name { .. } | ExprKind::Type(_) | ExprKind::Member { .. } => {
                let thing = self.thing(expr)?;
                self.thing_value(thing, span)
            }
            ExprKind::Call { callee, arguments } => self.call(callee, arguments, span),
            ExprKind::Index { object, arguments } => self.index(object, arguments, span),
            ExprKind::NullSafe { object, rest } => self.null_safe(object, rest, span),
            ExprKind::Binding => match self.bindings.last().cloned() {
                Some((slot, ty)) => Ok(Typed::new(Op::Local(slot), span, ty)),
                None => Err(Reported),
            },
            ExprKind::Unary { op, operand } => self.unary(*op, operand, span),
            ExprKind::Step { target, up, prefix } => self.step(target, *up, *prefix, span),
            ExprKind::Binary { .. } => self.chain(expr),
            ExprKind::Assign { op, target, value } => self.assign(*op, target, value, span),
            ExprKind::Conditional { condition, yes, no } => self.conditional(condition, yes, no, span),
            ExprKind::Cast { target, operand } => self.cast(target, operand, span),
            ExprKind::As { operand, target } => {
                let operand = self.value(operand)?;
                let ty = self.ty(target)?;
                if ty.is_value_type() && ty.nullable_of().is_none() {
                    let message = format!("`as` needs a type that takes null, found `{ty}`");
                    return self.fail(
                        "type-mismatch",
                        target.span,
                        message,
                        format!("expected `{ty}?` or a cast"),
                    );
                }
                if operand.ty != Type::Null && relations::explicit(&operand.ty, None, &ty, false).is_none() {
                    let message = format!("`{}` is never `{ty}`", operand.ty);
                    return self.fail(
                        "invalid-cast",
                        span,
                        message,
                        "no value of the one is one of the other",
                    );
                }
                let op = Op::As(Box::new(ty.clone()), Box::new(operand.node));
                Ok(Typed::new(op, span, ty))
            }
            ExprKind::Is { operand, pattern } => self.is(operand, pattern, span),
            ExprKind::Lambda { .. } => self.fail(
                "type-mismatch",
                span,
                "the type of this lambda is not known",
                "expected a place that says its type, such as `Func<int, int> f = ...`",
            ),
            ExprKind::New { target, arguments, initializer } => {
                self.create(target, arguments, initializer.as_ref(), span)
            }
            ExprKind::NewArray { element, sizes, items } => {
                self.create_array(element.as_ref(), sizes, items.as_deref(), span)
            }
            ExprKind::NewAnonymous(fields) => self.create_anonymous(fields, span),
            ExprKind::Tuple(items) => {
                let mut nodes = Vec::new();
                let mut types = Vec::new();
                for (_, item) in items {
                    let item = self.value(item)?;
                    types.push(if item.ty == Type::Null { Type::OBJECT } else { item.ty });
                    nodes.push(item.node);
                }
                let ty = Type::generic(Class::ValueTuple, types.iter().cloned());
                Ok(Typed::new(Op::Tuple(types.into(), nodes.into()), span, ty))
            }
            ExprKind::TypeOf(ty) => {
                let ty = self.ty(ty)?;
                match ty.class() {
                    Some(class) => {
                        Ok(Typed::new(Op::Constant(Value::Type(class)), span, Type::Plain(Class::Type)))
                    }
                    None => self.unsupported(span, "`typeof` of this type"),
                }
            }
            ExprKind::Default(Some(syntax)) => {
                let ty = self.ty(syntax)?;
                if matches!(syntax.kind, super::super::syntax::TypeKind::Var) {
                    return self.fail(
                        "unknown-type",
                        syntax.span,
                        "`var` is no type here",
                        "expected a type",
                    );
                }
                Ok(Typed::new(Op::Constant(default_value(&ty)), span, ty))
            }
            ExprKind::Default(None) => self.fail(
                "type-mismatch",
                span,
                "the type of this `default` is not known",
                "expected `default(T)`",
            ),
            ExprKind::Checked(checked, inner) => self.with_checks(*checked, |binder| binder.expr(inner)),
            ExprKind::Throw(value) => {
                let value = self.value_as(value, &Type::Plain(Class::Exception))?;
                Ok(Typed::new(Op::Throw(Box::new(value.node)), span, Type::Null))
            }
            ExprKind::Declaration { .. } => {
                self.fail("syntax", span, "a declaration stands here", "expected a value")
            }
        }
    }

    /// An expression where `ty` is wanted: lambdas, `default`, `null` and tuples take their type from it.
    pub(super) fn value_as(&mut self, expr: &Expr, ty: &Type) -> Bind<Typed> {
        match &expr.kind {
            ExprKind::Lambda { .. } => self.lambda_as(expr, ty),
            ExprKind::Default(None) => Ok(Typed::new(Op::Constant(default_value(ty)), expr.span, ty.clone())),
            ExprKind::NewArray { element: None, sizes, items: Some(items) }
                if matches!(ty, Type::Array(_)) && sizes.is_empty() =>
            {
                let found = match self.create_array(None, sizes, Some(items), expr.span) {
                    Ok(found) if relations::implicit(&found.ty, None, ty).is_some() => Some(found),
                    _ => None,
                };
                match (found, ty) {
                    (Some(found), _) if found.ty == *ty => Ok(found),
                    (_, Type::Array(element)) => self.array_items(element, items, expr.span),
                    _ => Err(Reported),
                }
            }
            ExprKind::Throw(_) => {
                let thrown = self.expr(expr)?;
                Ok(Typed { node: thrown.node, ty: ty.clone() })
            }
            ExprKind::Tuple(items)
                if ty.class() == Some(Class::ValueTuple) && ty.arguments().len() == items.len() =>
            {
                let mut nodes = Vec::new();
                for ((_, item), ty) in items.iter().zip(ty.arguments()) {
                    nodes.push(self.value_as(item, ty)?.node);
                }
                Ok(Typed::new(Op::Tuple(ty.arguments().into(), nodes.into()), expr.span, ty.clone()))
            }
            ExprKind::Name { .. } | ExprKind::Member { .. } if ty.is_function() => match self.thing(expr)? {
                Thing::Group(group) if !matches!(group.owner, Type::Unknown) => self.group_value(&group, ty),
                thing => {
                    let value = self.thing_value(thing, expr.span)?;
                    self.coerce(value, ty)
                }
            },
            ExprKind::Conditional { condition, yes, no } if ty.is_function() => {
                let condition = self.condition(condition)?;
                let (yes, no) = (self.value_as(yes, ty)?, self.value_as(no, ty)?);
                let op = Op::Conditional(Box::new([condition, yes.node, no.node]));
                Ok(Typed::new(op, expr.span, ty.clone()))
            }
            _ => {
                let typed = self.value(expr)?;
                self.coerce(typed, ty)
            }
        }
    }

    /// A condition.
    pub(super) fn condition(&mut self, expr: &Expr) -> Bind<Node> {
        let typed = self.value(expr)?;
        Ok(self.coerce(typed, &Type::BOOL)?.node)
    }

    fn conditional(&mut self, condition: &Expr, yes: &Expr, no: &Expr, span: Span) -> Bind<Typed> {
        let condition = self.condition(condition);
        let yes = self.value(yes);
        let no = self.value(no);
        let (condition, yes, no) = (condition?, yes?, no?);
        if let Op::Throw(_) = yes.node.op {
            let ty = no.ty.clone();
            return Ok(Typed::new(Op::Conditional(Box::new([condition, yes.node, no.node])), span, ty));
        }
        if let Op::Throw(_) = no.node.op {
            let ty = yes.ty.clone();
            return Ok(Typed::new(Op::Conditional(Box::new([condition, yes.node, no.node])), span, ty));
        }
        // Types decide first; that a constant fits a smaller type matters only where they do not.
        let converts = |from: &Type, constant, to: &Type| relations::implicit(from, constant, to).is_some();
        let by_type = (converts(&yes.ty, None, &no.ty), converts(&no.ty, None, &yes.ty));
        let (to_no, to_yes) = match by_type {
            (false, false) => {
                (converts(&yes.ty, yes.constant(), &no.ty), converts(&no.ty, no.constant(), &yes.ty))
            }
            found => found,
        };
        let ty = match (to_no, to_yes) {
            _ if yes.ty == no.ty => yes.ty.clone(),
            _ if matches!(yes.ty, Type::Unknown) || matches!(no.ty, Type::Unknown) => Type::Unknown,
            (true, true) if yes.constant().is_some() => no.ty.clone(),
            (true, false) => no.ty.clone(),
            (_, true) => yes.ty.clone(),
            (false, false) => {
                let message =
                    format!("`?:` with `{}` and `{}`: neither converts to the other", yes.ty, no.ty);
                return self.fail("type-mismatch", span, message, "both sides need one type; a cast helps");
            }
        };
        let (yes, no) = (self.coerce(yes, &ty)?, self.coerce(no, &ty)?);
        if let Op::Constant(Value::Bool(known)) = condition.op
            && yes.constant().is_some()
            && no.constant().is_some()
        {
            return Ok(Typed { node: if known { yes.node } else { no.node }, ty });
        }
        Ok(Typed::new(Op::Conditional(Box::new([condition, yes.node, no.node])), span, ty))
    }

    fn cast(&mut self, target: &super::super::syntax::TypeSyntax, operand: &Expr, span: Span) -> Bind<Typed> {
        let ty = self.ty(target)?;
        if matches!(operand.kind, ExprKind::Lambda { .. } | ExprKind::Default(None)) {
            return self.value_as(operand, &ty);
        }
        let thing = self.thing(operand)?;
        if let Thing::Group(group) = &thing
            && ty.is_function()
            && !matches!(group.owner, Type::Unknown)
        {
            return self.group_value(group, &ty);
        }
        let operand = self.thing_value(thing, operand.span)?;
        self.check_cast(&operand, &ty, span);
        let is_constant = operand.constant().is_some();
        let checked = self.is_checked;
        match relations::explicit(&operand.ty, operand.constant(), &ty, checked) {
            Some(Some(Conversion::Number(class, false))) if is_constant && !self.unchecked_allowed() => {
                let typed = self.converted(operand, Some(Conversion::Number(class, true)), &ty)?;
                Ok(Typed { node: Node { span, ..typed.node }, ty })
            }
            Some(conversion) => {
                let conversion = match conversion {
                    Some(Conversion::Dynamic(to)) => Some(Conversion::DynamicCast(to)),
                    other => other,
                };
                let typed = self.converted(operand, conversion, &ty)?;
                Ok(Typed { node: Node { span, ..typed.node }, ty })
            }
            None => {
                let message = format!("`{}` cannot be cast to `{ty}`", operand.ty);
                self.fail("invalid-cast", span, message, "no value of the one is one of the other")
            }
        }
    }

    /// Binds what is in the brackets of `checked` or `unchecked`.
    pub(super) fn with_checks<T>(&mut self, checked: bool, bind: impl FnOnce(&mut Self) -> T) -> T {
        let before = (self.is_checked, self.unchecked);
        self.is_checked = checked;
        self.unchecked = u32::from(!checked);
        let found = bind(self);
        (self.is_checked, self.unchecked) = before;
        found
    }

    /// Whether constants may overflow: inside of `unchecked(...)`.
    pub(super) fn unchecked_allowed(&self) -> bool {
        self.unchecked > 0
    }

    fn null_safe(&mut self, object: &Expr, rest: &Expr, span: Span) -> Bind<Typed> {
        let object = self.value(object)?;
        let inner = object.ty.nullable_of().unwrap_or(&object.ty).clone();
        if object.ty.is_value_type() && object.ty.nullable_of().is_none() {
            let message = format!("`?.` on `{}`, which is never null", object.ty);
            return self.fail("type-mismatch", span, message, "expected `.`");
        }
        let slot = self.temporary(inner.clone());
        self.bindings.push((slot, inner));
        let rest = self.expr(rest);
        self.bindings.pop();
        let rest = rest?;
        let ty = if rest.ty.is_value_type() && rest.ty.nullable_of().is_none() {
            rest.ty.nullable()
        } else {
            rest.ty
        };
        Ok(Typed::new(Op::NullSafe(slot, Box::new([object.node, rest.node])), span, ty))
    }

    fn interpolated(&mut self, pieces: &[Piece], span: Span) -> Bind<Typed> {
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => parts.push(Part::Text(Text::from(text.clone()))),
                Piece::Hole { value, alignment, format } => {
                    let value = self.value(value)?;
                    let width = match alignment {
                        None => 0,
                        Some(alignment) => {
                            let typed = self.value_as(alignment, &Type::INT)?;
                            match typed.constant() {
                                Some(Value::Int(width)) => *width,
                                _ => {
                                    return self.fail(
                                        "type-mismatch",
                                        alignment.span,
                                        "this width is no constant",
                                        "expected a number",
                                    );
                                }
                            }
                        }
                    };
                    parts.push(Part::Hole(value.node, width, format.clone().map(Text::from)));
                }
            }
        }
        Ok(Typed::new(Op::Interpolated(parts.into()), span, Type::STRING))
    }

    /// Operators from left to right without recursion on the left side, so that long chains are no deeper
    /// than short ones.
    fn chain(&mut self, expr: &Expr) -> Bind<Typed> {
        let mut steps: Vec<(BinaryOp, &Expr, Span)> = Vec::new();
        let mut first = expr;
        while let ExprKind::Binary { op, left, right } = &first.kind {
            steps.push((*op, right, first.span));
            if *op == BinaryOp::Coalesce {
                first = left;
                break;
            }
            first = left;
        }
        let mut left = self.operand(first);
        for (op, right, span) in steps.into_iter().rev() {
            let right = if op == BinaryOp::Coalesce {
                self.coalesce_side(right, left.as_ref().ok())
            } else {
                self.operand(right)
            };
            left = match (left, right) {
                (Ok(left), Ok(right)) => self.binary(op, left, right, span),
                _ => Err(Reported),
            };
        }
        left
    }

    fn coalesce_side(&mut self, expr: &Expr, left: Option<&Typed>) -> Bind<Typed> {
        match (&expr.kind, left) {
            (ExprKind::Default(None) | ExprKind::Lambda { .. }, Some(left)) => {
                let ty = left.ty.nullable_of().unwrap_or(&left.ty).clone();
                self.value_as(expr, &ty)
            }
            _ => self.value(expr),
        }
    }

    fn operand(&mut self, expr: &Expr) -> Bind<Typed> {
        if let ExprKind::Default(None) = expr.kind {
            return Ok(literal(Value::Null, expr.span));
        }
        self.value(expr)
    }
}

/// A literal.
pub(super) fn literal(value: Value, span: Span) -> Typed {
    let ty = match &value {
        Value::Null => Type::Null,
        Value::Bool(_) => Type::BOOL,
        Value::Str(_) => Type::STRING,
        other => super::super::eval::number::class_of(other).map_or(Type::OBJECT, Type::Plain),
    };
    Typed::new(Op::Constant(value), span, ty)
}
