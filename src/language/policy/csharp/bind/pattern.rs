//! `is`, and the labels of `switch`.

use super::super::ir::{Conversion, Equality, Node, Op, Section, Statement};
use super::super::syntax::{Expr, ExprKind, Pattern, Stmt, SwitchSection, TypeKind, TypeSyntax};
use super::super::types::Type;
use super::super::value::Value;
use super::names::Thing;
use super::{Bind, Binder, Reported, Typed, relations};
use crate::diagnostics::Span;

impl Binder<'_> {
    /// `operand is pattern`
    pub(super) fn is(&mut self, operand: &Expr, pattern: &Pattern, span: Span) -> Bind<Typed> {
        let operand = self.value(operand)?;
        let (node, setup) = if let Pattern::Type(_, None) = pattern {
            (operand.clone(), None)
        } else {
            let slot = self.temporary(operand.ty.clone());
            let set = Node { op: Op::SetLocal(slot, Box::new(operand.node)), span };
            (Typed::new(Op::Local(slot), span, operand.ty), Some(set))
        };
        let test = self.test(node, pattern, span)?;
        let op = match setup {
            None => test.op,
            Some(set) => Op::Sequence(Box::new([set, test])),
        };
        Ok(Typed::new(op, span, Type::BOOL))
    }

    /// Whether a value, which must be cheap to read twice, matches.
    fn test(&mut self, value: Typed, pattern: &Pattern, span: Span) -> Bind<Node> {
        match pattern {
            Pattern::Type(syntax, None) => {
                let ty = self.ty(syntax)?;
                Ok(Node { op: Op::Is(Box::new(ty), Box::new(value.node)), span })
            }
            Pattern::Type(syntax, Some(name)) => {
                let is_var = matches!(syntax.kind, TypeKind::Var);
                let ty = if is_var { value.ty.clone() } else { self.ty(syntax)? };
                if !is_var && ty.nullable_of().is_some() {
                    return self.fail(
                        "type-mismatch",
                        syntax.span,
                        format!("`{ty}` in a pattern"),
                        "expected the type without `?`",
                    );
                }
                let fits = is_var
                    || relations::explicit(&value.ty, None, &ty, false).is_some()
                    || !value.ty.is_value_type();
                if !fits {
                    let message = format!("`{}` is never `{ty}`", value.ty);
                    return self.fail("type-mismatch", syntax.span, message, "this pattern cannot match");
                }
                let slot = if name.text == "_" {
                    self.temporary(ty.clone())
                } else {
                    self.declare(name, ty.clone())
                };
                let set = Node { op: Op::SetLocal(slot, Box::new(value.node.clone())), span };
                let yes = Node { op: Op::Constant(Value::Bool(true)), span };
                let keep = Node { op: Op::Sequence(Box::new([set, yes])), span };
                if is_var {
                    return Ok(keep);
                }
                let is = Node { op: Op::Is(Box::new(ty), Box::new(value.node)), span };
                Ok(Node { op: Op::All(Box::new([is, keep])), span })
            }
            Pattern::Constant(expr) => self.constant_test(value, expr, span),
        }
    }

    fn constant_test(&mut self, value: Typed, expr: &Expr, span: Span) -> Bind<Node> {
        let thing = match &expr.kind {
            ExprKind::Name { .. } | ExprKind::Member { .. } | ExprKind::Type(_) => self.thing(expr)?,
            _ => Thing::Value(self.value(expr)?),
        };
        if let Thing::Type(ty) = thing {
            return Ok(Node { op: Op::Is(Box::new(ty), Box::new(value.node)), span });
        }
        let constant = self.thing_value(thing, expr.span)?;
        if constant.constant().is_none() && !matches!(constant.node.op, Op::Convert(..)) {
            return self.fail(
                "not-constant",
                expr.span,
                "a pattern must be a constant",
                "expected a constant or a type",
            );
        }
        let ty = value.ty.nullable_of().unwrap_or(&value.ty).clone();
        let constant = if ty == Type::OBJECT || matches!(ty, Type::Unknown) || constant.ty == Type::Null {
            // The value in the box must have exactly the constant's type.
            if constant.ty != Type::Null {
                let is =
                    Node { op: Op::Is(Box::new(constant.ty.clone()), Box::new(value.node.clone())), span };
                let same = Op::Equal(Equality::Value, false, Box::new([value.node, constant.node]));
                return Ok(Node { op: Op::All(Box::new([is, Node { op: same, span }])), span });
            }
            constant
        } else {
            self.coerce(constant, &ty)?
        };
        Ok(Node { op: Op::Equal(Equality::Value, false, Box::new([value.node, constant.node])), span })
    }

    /// `switch`
    pub(super) fn switch(&mut self, value: &Expr, sections: &[SwitchSection], span: Span) -> Bind<Statement> {
        let value = self.value(value)?;
        let slot = self.temporary(value.ty.clone());
        let subject = Typed::new(Op::Local(slot), value.span(), value.ty.clone());
        let start = self.flow.point();
        self.flow.breaks.push(Vec::new());
        let mut bound = Vec::new();
        let mut seen: Vec<Value> = Vec::new();
        let mut default = None;
        let mut failed = false;
        self.scopes.push(Vec::new());
        self.announce_all(sections);
        for (at, section) in sections.iter().enumerate() {
            self.flow.go_on(start.clone());
            self.scopes.push(Vec::new());
            let mut conditions = Vec::new();
            for (pattern, guard) in &section.labels {
                let Some(pattern) = pattern else {
                    default = Some(at);
                    continue;
                };
                if let (Pattern::Constant(Expr { kind: ExprKind::Literal(value), span }), None) =
                    (pattern, guard)
                {
                    if seen.contains(value) {
                        self.error(
                            "duplicate-case",
                            *span,
                            "this case is there already",
                            "the same value again",
                        );
                    }
                    seen.push(value.clone());
                }
                match self.label(&subject, pattern, guard.as_ref(), span) {
                    Ok(node) => conditions.push(node),
                    Err(Reported) => failed = true,
                }
            }
            let body = self.statements_here(&section.body);
            if self.flow.reachable {
                let at = section.body.last().map_or(span, |statement| statement.span);
                self.error(
                    "case-falls-through",
                    at,
                    "this case runs into the next one",
                    "expected `break`, `return` or `throw` behind it",
                );
            }
            self.scopes.pop();
            bound.push(Section { conditions: conditions.into(), body: body.into() });
        }
        self.scopes.pop();
        // Without a default the switch may do nothing at all.
        if default.is_none() {
            self.flow.go_on(start);
        } else {
            self.flow.stop();
        }
        self.flow.end_loop();
        if failed {
            return Err(Reported);
        }
        Ok(Statement::Switch(Box::new((slot, value.node, bound, default))))
    }

    fn announce_all(&mut self, sections: &[SwitchSection]) {
        for section in sections {
            self.announce_functions(&section.body);
        }
    }

    fn label(&mut self, subject: &Typed, pattern: &Pattern, guard: Option<&Expr>, span: Span) -> Bind<Node> {
        let test = self.test(subject.clone(), pattern, span)?;
        match guard {
            None => Ok(test),
            Some(guard) => {
                let guard = self.condition(guard)?;
                Ok(Node { op: Op::All(Box::new([test, guard])), span })
            }
        }
    }

    /// The type of a declaration, `var` being that of its value.
    pub(super) fn declared(&mut self, syntax: &TypeSyntax, value: &Type) -> Bind<(Type, Option<Conversion>)> {
        if matches!(syntax.kind, TypeKind::Var) {
            return Ok((value.clone(), None));
        }
        let ty = self.ty(syntax)?;
        match relations::explicit(value, None, &ty, false) {
            Some(Some(Conversion::Dynamic(to))) => Ok((ty, Some(Conversion::Cast(to)))),
            Some(conversion) => Ok((ty, conversion)),
            None => self.fail(
                "type-mismatch",
                syntax.span,
                format!("expected `{ty}`, the elements are `{value}`"),
                "no conversion between them",
            ),
        }
    }

    /// Statements in the scope around.
    pub(super) fn statements_here(&mut self, statements: &[Stmt]) -> Vec<Statement> {
        let mut bound = Vec::new();
        let mut warned = false;
        for statement in statements {
            if !self.flow.reachable && !warned && !super::statements::is_harmless(statement) {
                warned = true;
                self.warn_unreachable(statement.span);
            }
            if let Ok(found) = self.statement(statement) {
                bound.push(found);
            }
        }
        bound
    }
}
