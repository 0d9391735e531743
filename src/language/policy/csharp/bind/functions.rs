//! Lambdas, methods as values, local functions.

use super::super::classes::Class;
use super::super::ir::{Body, Lambda, Node, Op, Statement};
use super::super::syntax::{Expr, ExprKind, LambdaBody, Name, Parameter, Stmt, StmtKind, TypeSyntax};
use super::super::types::Type;
use super::names::Group;
use super::{Bind, Binder, BoundLambda, Entry, Frame, LocalFunction, Reported, Typed, relations, returned};
use crate::diagnostics::{Diagnostic, Severity, Span};

impl Binder<'_> {
    /// The type that a lambda gives for parameters of these types; `None` if it does not take them.
    pub(super) fn lambda_result(
        &mut self,
        expr: &Expr,
        parameters: &[Type],
        expected: Option<&Type>,
    ) -> Option<Type> {
        if let ExprKind::Default(None) = &expr.kind {
            return None;
        }
        let bound = self.bound_lambda(expr, parameters, expected)?;
        if bound.failed {
            return None;
        }
        // A constant converts where its type alone would not.
        match (expected, &bound.constant) {
            (Some(expected), Some(value)) if !expected.is_open() => {
                let fits = relations::implicit(&bound.result, Some(value), expected).is_some();
                Some(if fits && *expected != Type::Void { expected.clone() } else { bound.result })
            }
            _ => Some(bound.result),
        }
    }

    /// Reports what is wrong inside of a lambda, if it has been bound.
    pub(super) fn report_lambda(&mut self, expr: &Expr) -> bool {
        let found = self.cache.iter().find(|((span, ..), bound)| *span == expr.span && bound.failed);
        let Some((_, bound)) = found else { return false };
        let problems = bound.diagnostics.clone();
        self.diagnostics.extend(problems);
        true
    }

    fn bound_lambda(
        &mut self,
        expr: &Expr,
        parameters: &[Type],
        expected: Option<&Type>,
    ) -> Option<BoundLambda> {
        let ExprKind::Lambda { parameters: written, body } = &expr.kind else { return None };
        if written.len() != parameters.len() {
            return None;
        }
        let expected =
            expected.filter(|ty| !ty.is_open() && !matches!(ty, Type::Unknown)).filter(|ty| match body {
                LambdaBody::Block(_) => true,
                LambdaBody::Expr(_) => ty.is_function() || **ty == Type::Void,
            });
        let key = (expr.span, parameters.to_vec(), expected.cloned());
        if let Some(found) = self.cache.get(&key) {
            return Some(found.clone());
        }
        let bound = self.function(written, parameters, body, expected, None);
        self.cache.insert(key, bound.clone());
        Some(bound)
    }

    /// Binds a body with its parameters.
    fn function(
        &mut self,
        written: &[Parameter],
        parameters: &[Type],
        body: &LambdaBody,
        expected: Option<&Type>,
        into: Option<u32>,
    ) -> BoundLambda {
        let outer = std::mem::take(&mut self.diagnostics);
        let flow = self.flow.clone();
        self.flow.breaks = Vec::new();
        self.flow.reachable = true;
        let bindings = std::mem::take(&mut self.bindings);
        let inner_loops = std::mem::take(&mut self.inner_loops);
        let first_slot = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        let expected = expected.cloned();
        self.frames.push(Frame {
            first_slot,
            expected: expected.clone(),
            returns: Vec::new(),
            uses: Vec::new(),
        });
        self.scopes.push(Vec::new());
        let mut slots = Vec::new();
        for (parameter, ty) in written.iter().zip(parameters) {
            let slot = if parameter.name.text == "_" {
                let slot = self.slot(ty.clone());
                self.enter_name("_".to_owned(), Entry::Local(slot));
                slot
            } else {
                self.declare(&parameter.name, ty.clone())
            };
            slots.push(slot);
        }
        let (body, mut result, constant) = match body {
            LambdaBody::Expr(expr) => match self.lambda_value(expr, expected.as_ref()) {
                Ok(typed) => {
                    let constant = typed.constant().cloned();
                    (Body::Value(typed.node), typed.ty, constant)
                }
                Err(Reported) => (Body::Block(Box::new([])), Type::Unknown, None),
            },
            LambdaBody::Block(statements) => {
                let body = self.statements(statements);
                let returns = self.frames.last().map(|frame| frame.returns.clone()).unwrap_or_default();
                let gives = returns.iter().any(|(ty, _)| *ty != Type::Void);
                if gives && self.flow.reachable {
                    let span = statements
                        .last()
                        .map_or_else(|| Span::new(crate::diagnostics::SourceId(0), 0, 0), |s| s.span);
                    self.error(
                        "missing-return",
                        span,
                        "not every path of this function returns a value",
                        "expected `return` behind this",
                    );
                }
                let result = match &expected {
                    Some(expected) if gives || !self.flow.reachable => expected.clone(),
                    _ if gives => returned(&returns),
                    _ => Type::Void,
                };
                (Body::Block(body.into()), result, None)
            }
        };
        self.scopes.pop();
        let frame = self.frames.pop();
        let last_slot = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        let captured = frame.map(|frame| frame.uses).unwrap_or_default();
        let lambda = Lambda { parameters: slots, slots: (first_slot, last_slot), captured, body };
        let index = match into {
            Some(index) => {
                if let Some(place) = self.lambdas.get_mut(index as usize) {
                    *place = lambda;
                }
                index
            }
            None => self.add_lambda(lambda),
        };
        if result == Type::Null {
            result = expected.unwrap_or(Type::Null);
        }
        self.flow = flow;
        self.bindings = bindings;
        self.inner_loops = inner_loops;
        let diagnostics = std::mem::replace(&mut self.diagnostics, outer);
        let failed = diagnostics.iter().any(|d| d.severity == Severity::Error);
        BoundLambda { index, result, constant, diagnostics, failed }
    }

    fn lambda_value(&mut self, expr: &Expr, expected: Option<&Type>) -> Bind<Typed> {
        match expected {
            Some(Type::Void) => self.expr(expr),
            Some(expected) => self.value_as(expr, expected),
            None => self.expr(expr),
        }
    }

    fn add_lambda(&mut self, lambda: Lambda) -> u32 {
        let index = u32::try_from(self.lambdas.len()).unwrap_or(u32::MAX);
        self.lambdas.push(lambda);
        index
    }

    /// A lambda as a value of a type of functions.
    pub(super) fn lambda_as(&mut self, expr: &Expr, ty: &Type) -> Bind<Typed> {
        let span = expr.span;
        let ExprKind::Lambda { parameters: written, .. } = &expr.kind else { return Err(Reported) };
        if matches!(ty, Type::Unknown) {
            return self.open_function(expr);
        }
        let Some((parameters, result)) = ty.function() else {
            let message = format!("expected `{ty}`, found a lambda");
            return self.fail("type-mismatch", span, message, "a lambda is no value of this type");
        };
        if parameters.len() != written.len() {
            let message =
                format!("expected a lambda with {} parameters, found {}", parameters.len(), written.len());
            return self.fail("wrong-arguments", span, message, "wrong number of parameters");
        }
        let Some(bound) = self.bound_lambda(expr, &parameters, Some(&result)) else { return Err(Reported) };
        self.diagnostics.extend(bound.diagnostics.iter().cloned());
        if bound.failed {
            return Err(Reported);
        }
        let mut index = bound.index;
        let is_value = self.lambdas.get(index as usize).is_some_and(|l| matches!(l.body, Body::Value(_)));
        if result != Type::Void && is_value && bound.result != result {
            let Some(mut lambda) = self.lambdas.get(index as usize).cloned() else { return Err(Reported) };
            if let Body::Value(node) = lambda.body {
                let typed = self.coerce(Typed { node, ty: bound.result }, &result)?;
                lambda.body = Body::Value(typed.node);
                index = self.add_lambda(lambda);
            }
        }
        Ok(Typed::new(Op::Closure(index, Box::new(ty.clone())), span, ty.clone()))
    }

    /// A lambda where nothing is known of its parameters.
    pub(super) fn open_function(&mut self, expr: &Expr) -> Bind<Typed> {
        let ExprKind::Lambda { parameters, .. } = &expr.kind else { return self.value(expr) };
        let mut types = Vec::new();
        for parameter in parameters {
            types.push(match &parameter.ty {
                Some(ty) => self.ty(ty)?,
                None => Type::Unknown,
            });
        }
        let Some(bound) = self.bound_lambda(expr, &types, None) else { return Err(Reported) };
        self.diagnostics.extend(bound.diagnostics.iter().cloned());
        if bound.failed {
            return Err(Reported);
        }
        let ty = function_type(&types, &bound.result);
        Ok(Typed::new(Op::Closure(bound.index, Box::new(ty.clone())), expr.span, ty))
    }

    /// A method as a value of a type of functions.
    pub(super) fn group_value(&mut self, group: &Group, ty: &Type) -> Bind<Typed> {
        let span = group.name.span;
        let Some((parameters, result)) = ty.function() else {
            let message = format!("expected `{ty}`, found the method `{}`", group.name.text);
            return self.fail("missing-call", span, message, "expected `(...)` behind it");
        };
        let mut group = group.clone();
        let mut before = None;
        if let Some(receiver) = &mut group.receiver
            && !matches!(receiver.node.op, Op::Constant(_) | Op::Local(_))
        {
            // The object is looked up once, when the value is made.
            let slot = self.temporary(receiver.ty.clone());
            let node = std::mem::replace(&mut receiver.node, Node { op: Op::Local(slot), span });
            before = Some(Node { op: Op::SetLocal(slot, Box::new(node)), span });
        }
        let first_slot = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        let slots: Vec<u32> = parameters.iter().map(|ty| self.temporary(ty.clone())).collect();
        let mut body = self.group_body(&group, &parameters, &slots)?;
        if result != Type::Void {
            body = self.coerce(body, &result)?;
        }
        let last_slot = u32::try_from(self.locals.len()).unwrap_or(u32::MAX);
        let lambda = Lambda {
            parameters: slots,
            slots: (first_slot, last_slot),
            captured: Vec::new(),
            body: Body::Value(body.node),
        };
        let index = self.add_lambda(lambda);
        let closure = Node { op: Op::Closure(index, Box::new(ty.clone())), span };
        let op = match before {
            Some(before) => Op::Sequence(Box::new([before, closure])),
            None => closure.op,
        };
        Ok(Typed::new(op, span, ty.clone()))
    }

    /// A local function as a value.
    pub(super) fn function_value(&mut self, at: usize, span: Span) -> Bind<Typed> {
        let Some(function) = self.functions.get(at).cloned() else { return Err(Reported) };
        let ty = function_type(&function.parameters, &function.result);
        Ok(Typed::new(Op::Closure(function.lambda, Box::new(ty.clone())), span, ty))
    }

    /// Makes the local functions of a block known before its statements.
    pub(super) fn announce_functions(&mut self, statements: &[Stmt]) {
        for statement in statements {
            if let StmtKind::LocalFunction { ty, name, parameters, .. } = &statement.kind {
                let _ = self.announce(ty, name, parameters);
            }
        }
    }

    fn announce(&mut self, ty: &TypeSyntax, name: &Name, parameters: &[Parameter]) -> Bind<()> {
        let result = self.ty(ty)?;
        let mut types = Vec::new();
        for parameter in parameters {
            types.push(match &parameter.ty {
                Some(ty) => self.ty(ty)?,
                None => Type::Unknown,
            });
        }
        let empty = Lambda {
            parameters: Vec::new(),
            slots: (0, 0),
            captured: Vec::new(),
            body: Body::Block(Box::new([])),
        };
        let lambda = self.add_lambda(empty);
        let at = self.functions.len();
        self.functions.push(LocalFunction { lambda, parameters: types, result });
        self.enter_name(name.text.clone(), Entry::Function(at));
        Ok(())
    }

    /// Binds the body of a local function at its place.
    pub(super) fn local_function(
        &mut self,
        name: &Name,
        parameters: &[Parameter],
        body: &LambdaBody,
    ) -> Bind<Statement> {
        let Some(Entry::Function(at)) = self.lookup(&name.text) else { return Err(Reported) };
        let Some(function) = self.functions.get(at).cloned() else { return Err(Reported) };
        let bound = self.function(
            parameters,
            &function.parameters,
            body,
            Some(&function.result),
            Some(function.lambda),
        );
        self.diagnostics.extend(bound.diagnostics);
        if function.result != Type::Void && bound.result == Type::Void && !bound.failed {
            self.diagnostics.push(
                Diagnostic::error("missing-return", name.span, format!("`{}` returns nothing", name.text))
                    .label(format!("expected a `{}`", function.result)),
            );
        }
        Ok(Statement::Block(Box::new([])))
    }

    /// The conversion of what `return` gives, for the function around.
    pub(super) fn return_value(&mut self, expr: &Expr) -> Bind<Node> {
        let expected = self.frames.last().and_then(|frame| frame.expected.clone());
        let found = match &expected {
            Some(Type::Void) => {
                return self.fail(
                    "type-mismatch",
                    expr.span,
                    "this function returns nothing",
                    "expected `return;`",
                );
            }
            Some(expected) => self.value_as(expr, expected),
            None => self.value(expr),
        };
        let Ok(typed) = found else {
            if let Some(frame) = self.frames.last_mut() {
                frame.returns.push((Type::Unknown, None));
            }
            return Err(Reported);
        };
        let entry = (typed.ty.clone(), typed.constant().cloned());
        if let Some(frame) = self.frames.last_mut() {
            frame.returns.push(entry);
        }
        Ok(typed.node)
    }
}

/// `Func<...>` or `Action<...>`.
fn function_type(parameters: &[Type], result: &Type) -> Type {
    if *result == Type::Void {
        if parameters.is_empty() {
            return Type::Plain(Class::Action);
        }
        return Type::generic(Class::Action, parameters.iter().cloned());
    }
    Type::generic(Class::Func, parameters.iter().cloned().chain([result.clone()]))
}
