//! Statements, with what C# demands of the ways through them.

use super::super::classes::Class;
use super::super::ir::{ForEachOp, Handler, LoopOp, Node, Op, Statement, TryOp};
use super::super::syntax::{Catch, Expr, ExprKind, LambdaBody, Name, Stmt, StmtKind, TypeKind, TypeSyntax};
use super::super::types::Type;
use super::super::value::Value;
use super::{Bind, Binder, Entry, Reported, Typed, relations};
use crate::diagnostics::{Diagnostic, Span};

/// Whether nothing is lost when the statement cannot be reached.
pub(super) fn is_harmless(statement: &Stmt) -> bool {
    matches!(statement.kind, StmtKind::Empty | StmtKind::LocalFunction { .. } | StmtKind::Break)
}

impl Binder<'_> {
    /// Statements in a scope of their own.
    pub(super) fn statements(&mut self, statements: &[Stmt]) -> Vec<Statement> {
        self.scopes.push(Vec::new());
        self.announce_functions(statements);
        let bound = self.statements_here(statements);
        self.scopes.pop();
        bound
    }

    pub(super) fn warn_unreachable(&mut self, span: Span) {
        self.diagnostics.push(
            Diagnostic::warning("unreachable-code", span, "this code can never run").label("unreachable"),
        );
    }

    fn body(&mut self, statement: &Stmt) -> Statement {
        let bound = match &statement.kind {
            StmtKind::Block(statements) => self.statements(statements),
            _ => self.statements(std::slice::from_ref(statement)),
        };
        Statement::Block(bound.into())
    }

    /// One statement.
    pub(super) fn statement(&mut self, statement: &Stmt) -> Bind<Statement> {
        self.enter(statement.span)?;
        let found = self.statement_inner(statement);
        self.leave();
        found
    }

    fn statement_inner(&mut self, statement: &Stmt) -> Bind<Statement> {
        let span = statement.span;
        match &statement.kind {
            StmtKind::Block(statements) => Ok(Statement::Block(self.statements(statements).into())),
            StmtKind::Empty => Ok(Statement::Block(Box::new([]))),
            StmtKind::Local { ty, variables, constant } => self.local_statement(ty, variables, *constant),
            StmtKind::Deconstruct { names, value } => self.deconstruct(names, value, span),
            StmtKind::Expr(expr) => {
                let does_something = matches!(
                    expr.kind,
                    ExprKind::Call { .. }
                        | ExprKind::Assign { .. }
                        | ExprKind::Step { .. }
                        | ExprKind::New { .. }
                        | ExprKind::NullSafe { .. }
                        | ExprKind::Throw(_)
                );
                let typed = self.expr(expr)?;
                if !does_something {
                    self.error(
                        "no-effect",
                        span,
                        "this statement does nothing",
                        "expected a call or an assignment",
                    );
                    return Err(Reported);
                }
                if matches!(expr.kind, ExprKind::Throw(_)) {
                    self.flow.stop();
                }
                Ok(Statement::Expr(typed.node))
            }
            StmtKind::If { condition, yes, no } => {
                let condition = self.condition(condition);
                let known = condition.as_ref().ok().and_then(constant_bool);
                let start = self.flow.point();
                if known == Some(false) {
                    self.flow.stop();
                }
                let yes = self.body(yes);
                let after_yes = self.flow.point();
                self.flow.go_on(start);
                if known == Some(true) {
                    self.flow.stop();
                }
                let no = no.as_ref().map(|no| self.body(no));
                self.flow.join(after_yes);
                Ok(Statement::If(Box::new((condition?, yes, no))))
            }
            StmtKind::For { start, condition, step, body } => {
                self.scopes.push(Vec::new());
                let mut all = self.statements_here(start);
                let found = self.loop_statement(condition.as_ref(), false, step, body);
                self.scopes.pop();
                all.push(found?);
                Ok(Statement::Block(all.into()))
            }
            StmtKind::While(condition, body) => {
                self.scopes.push(Vec::new());
                let found = self.loop_statement(Some(condition), false, &[], body);
                self.scopes.pop();
                found
            }
            StmtKind::DoWhile(body, condition) => self.loop_statement(Some(condition), true, &[], body),
            StmtKind::ForEach { ty, name, items, body } => self.for_each(ty, name, items, body),
            StmtKind::Switch(value, sections) => self.switch(value, sections, span),
            StmtKind::Break if self.flow.breaks.is_empty() => {
                self.fail("syntax", span, "`break` outside of a loop", "no loop or `switch` around")
            }
            StmtKind::Continue if self.inner_loops == 0 => {
                self.fail("syntax", span, "`continue` outside of a loop", "no loop around")
            }
            StmtKind::Break => {
                self.flow.leave_loop();
                Ok(Statement::Break)
            }
            StmtKind::Continue => {
                self.flow.stop();
                Ok(Statement::Continue)
            }
            StmtKind::Return(None) => {
                if self.frames.len() <= 1 {
                    self.error(
                        "missing-return",
                        span,
                        "`return` without a value",
                        "expected a value: the service needs one",
                    );
                } else if let Some(frame) = self.frames.last_mut()
                    && frame.expected.is_none()
                {
                    frame.returns.push((Type::Void, None));
                }
                self.flow.stop();
                Ok(Statement::Return(None))
            }
            StmtKind::Return(Some(value)) => {
                let node = self.return_value(value);
                self.flow.stop();
                Ok(Statement::Return(Some(Box::new(node?))))
            }
            StmtKind::Throw(None) => {
                self.flow.stop();
                match self.catches.last() {
                    Some(slot) => Ok(Statement::Rethrow(*slot)),
                    None => {
                        self.fail("syntax", span, "`throw;` outside of a `catch`", "expected an exception")
                    }
                }
            }
            StmtKind::Throw(Some(value)) => {
                let value = self.value_as(value, &Type::Plain(Class::Exception));
                self.flow.stop();
                Ok(Statement::Throw(Box::new(value?.node)))
            }
            StmtKind::Try { body, catches, finally } => self.try_statement(body, catches, finally.as_deref()),
            StmtKind::Using(resource, body) => {
                self.scopes.push(Vec::new());
                // Nothing that expressions can make holds a resource: there is nothing to dispose of.
                let resource = match &resource.kind {
                    StmtKind::Expr(value) => self.value(value).map(|typed| Statement::Expr(typed.node)),
                    _ => self.statement(resource),
                };
                let body = self.body(body);
                self.scopes.pop();
                Ok(Statement::Block(Box::new([resource?, body])))
            }
            StmtKind::Checked(checked, body) => {
                let body = self.with_checks(*checked, |binder| binder.statements(body));
                Ok(Statement::Block(body.into()))
            }
            StmtKind::LocalFunction { name, parameters, body, .. } => {
                let body: &LambdaBody = body;
                self.local_function(name, parameters, body)
            }
        }
    }

    fn local_statement(
        &mut self,
        syntax: &TypeSyntax,
        variables: &[(Name, Option<Expr>)],
        constant: bool,
    ) -> Bind<Statement> {
        let is_var = matches!(syntax.kind, TypeKind::Var);
        let written = if is_var { None } else { Some(self.ty(syntax)) };
        let mut nodes = Vec::new();
        for (name, value) in variables {
            let names = value.as_ref().and_then(|value| self.value_names(value)).filter(|_| is_var);
            let (ty, value) = match (&written, value) {
                (Some(Ok(ty)), Some(value)) => (ty.clone(), Some(self.value_as(value, ty))),
                (Some(Ok(ty)), None) => (ty.clone(), None),
                (None, Some(value)) => {
                    let value = self.value(value);
                    let ty = value.as_ref().map_or(Type::Unknown, |value| value.ty.clone());
                    if ty == Type::Null {
                        self.error(
                            "type-mismatch",
                            name.span,
                            format!("the type of `{}` is not known", name.text),
                            "`null` has no type: write the type instead of `var`",
                        );
                        (Type::Unknown, Some(value))
                    } else {
                        (ty, Some(value))
                    }
                }
                (None, None) => {
                    self.error(
                        "type-mismatch",
                        name.span,
                        format!("`{}` has no value", name.text),
                        "`var` needs one",
                    );
                    (Type::Unknown, None)
                }
                (Some(Err(Reported)), value) => {
                    if let Some(value) = value {
                        let _ = self.value(value);
                    }
                    (Type::Unknown, None)
                }
            };
            let slot = self.declare(name, ty.clone());
            if let Some(names) = names.or_else(|| written_names(syntax)) {
                self.names_of.insert(slot, names);
            }
            match value {
                Some(Ok(value)) => {
                    if constant {
                        match value.constant() {
                            Some(known) => {
                                let known = known.clone();
                                if let Some(local) = self.locals.get_mut(slot as usize) {
                                    local.constant = Some(known);
                                }
                                continue;
                            }
                            None => self.error(
                                "not-constant",
                                value.span(),
                                "this is no constant",
                                "`const` needs one",
                            ),
                        }
                    }
                    let span = name.span;
                    nodes.push(Statement::Expr(Node { op: Op::SetLocal(slot, Box::new(value.node)), span }));
                }
                Some(Err(Reported)) => {}
                None => {
                    if !matches!(ty, Type::Unknown) {
                        self.flow.declare(slot);
                    }
                }
            }
        }
        Ok(Statement::Block(nodes.into()))
    }

    /// The names of the items where the value of a `var` is a tuple.
    fn value_names(&self, value: &Expr) -> Option<Vec<Option<String>>> {
        match &value.kind {
            ExprKind::Tuple(items) => Some(
                items
                    .iter()
                    .map(|(name, item)| match (name, &item.kind) {
                        (Some(name), _) => Some(name.text.clone()),
                        (None, ExprKind::Name { name, .. } | ExprKind::Member { name, .. }) => {
                            Some(name.text.clone())
                        }
                        _ => None,
                    })
                    .collect(),
            ),
            ExprKind::Name { name, .. } => match self.lookup(&name.text) {
                Some(Entry::Local(slot)) => self.names_of.get(&slot).cloned(),
                _ => None,
            },
            _ => None,
        }
    }

    /// The names of the items of a tuple; known for locals.
    pub(super) fn tuple_names(&self, value: &Typed) -> Option<&[Option<String>]> {
        match value.node.op {
            Op::Local(slot) => self.names_of.get(&slot).map(Vec::as_slice),
            _ => None,
        }
    }

    fn deconstruct(
        &mut self,
        names: &[(Option<TypeSyntax>, Name)],
        value: &Expr,
        span: Span,
    ) -> Bind<Statement> {
        let value = self.value(value)?;
        let items: Vec<Type> = match value.ty.class() {
            Some(Class::ValueTuple | Class::Tuple | Class::KeyValuePair) => value.ty.arguments().to_vec(),
            _ => Vec::new(),
        };
        if items.len() != names.len() {
            let message = format!("`{}` does not come apart into {} parts", value.ty, names.len());
            return self.fail("type-mismatch", span, message, "expected a tuple of that many items");
        }
        let slot = self.temporary(value.ty.clone());
        let mut nodes = vec![Statement::Expr(Node { op: Op::SetLocal(slot, Box::new(value.node)), span })];
        for (at, ((written, name), ty)) in names.iter().zip(items).enumerate() {
            if name.text == "_" {
                continue;
            }
            let item = Typed::new(Op::Field(Box::new(Node { op: Op::Local(slot), span }), at), name.span, ty);
            let item = match written {
                Some(written) if !matches!(written.kind, TypeKind::Var) => {
                    let ty = self.ty(written)?;
                    self.coerce(item, &ty)?
                }
                _ => item,
            };
            let local = self.declare(name, item.ty);
            nodes.push(Statement::Expr(Node {
                op: Op::SetLocal(local, Box::new(item.node)),
                span: name.span,
            }));
        }
        Ok(Statement::Block(nodes.into()))
    }

    fn loop_statement(
        &mut self,
        condition: Option<&Expr>,
        body_first: bool,
        step: &[Expr],
        body: &Stmt,
    ) -> Bind<Statement> {
        self.loops = self.loops.saturating_add(1);
        self.inner_loops = self.inner_loops.saturating_add(1);
        self.flow.breaks.push(Vec::new());
        let mut bound_condition = None;
        let mut failed = false;
        let mut known = condition.is_none().then_some(true);
        let mut skipped = None;
        if !body_first && let Some(condition) = condition {
            match self.condition(condition) {
                Ok(node) => {
                    known = constant_bool(&node);
                    bound_condition = Some(node);
                }
                Err(Reported) => failed = true,
            }
            skipped = Some(self.flow.point());
            if known == Some(false) {
                self.flow.stop();
            }
        }
        let body = self.body(body);
        if body_first && let Some(condition) = condition {
            // `continue` comes here too.
            self.flow.reachable = true;
            match self.condition(condition) {
                Ok(node) => {
                    known = constant_bool(&node);
                    bound_condition = Some(node);
                }
                Err(Reported) => failed = true,
            }
            skipped = Some(self.flow.point());
        }
        let mut steps = Vec::new();
        let before_step = self.flow.point();
        self.flow.reachable = true;
        for expr in step {
            match self.expr(expr) {
                Ok(typed) => steps.push(typed.node),
                Err(Reported) => failed = true,
            }
        }
        self.flow.go_on(before_step);
        match (known, skipped) {
            (Some(true), _) | (_, None) => self.flow.stop(),
            (_, Some(point)) => self.flow.go_on(point),
        }
        self.flow.end_loop();
        self.loops = self.loops.saturating_sub(1);
        self.inner_loops = self.inner_loops.saturating_sub(1);
        if failed {
            return Err(Reported);
        }
        Ok(Statement::Loop(Box::new(LoopOp {
            condition: bound_condition,
            body_first,
            step: steps.into(),
            body,
        })))
    }

    fn for_each(&mut self, ty: &TypeSyntax, name: &Name, items: &Expr, body: &Stmt) -> Bind<Statement> {
        let items = self.value(items);
        let mut pairs = false;
        let element = match &items {
            Err(Reported) => Type::Unknown,
            Ok(items) if items.ty == Type::Plain(Class::JObject) => {
                pairs = true;
                Type::generic(Class::KeyValuePair, [Type::STRING, Type::Plain(Class::JToken)])
            }
            Ok(items) if matches!(items.ty, Type::Unknown) => Type::Unknown,
            Ok(items) => {
                if let Some(element) = relations::element(&items.ty) {
                    element
                } else {
                    let (span, ty) = (items.span(), items.ty.clone());
                    self.error(
                        "type-mismatch",
                        span,
                        format!("`{ty}` cannot be run over"),
                        "expected an array, list or other sequence",
                    );
                    Type::Unknown
                }
            }
        };
        self.loops = self.loops.saturating_add(1);
        self.inner_loops = self.inner_loops.saturating_add(1);
        self.scopes.push(Vec::new());
        let declared = self.declared(ty, &element);
        let (local_ty, conversion) = declared.unwrap_or((Type::Unknown, None));
        let slot = self.declare(name, local_ty.clone());
        if let Some(local) = self.locals.get_mut(slot as usize) {
            local.read_only = true;
        }
        let convert = match conversion {
            None => None,
            Some(conversion) => {
                let value = Typed::new(Op::Local(slot), name.span, element);
                self.converted(value, Some(conversion), &local_ty).ok().map(|typed| typed.node)
            }
        };
        let before = self.flow.point();
        self.flow.breaks.push(Vec::new());
        let body = self.body(body);
        self.flow.go_on(before);
        self.flow.end_loop();
        self.scopes.pop();
        self.loops = self.loops.saturating_sub(1);
        self.inner_loops = self.inner_loops.saturating_sub(1);
        Ok(Statement::ForEach(Box::new(ForEachOp { slot, items: items?.node, pairs, convert, body })))
    }

    fn try_statement(
        &mut self,
        body: &[Stmt],
        catches: &[Catch],
        finally: Option<&[Stmt]>,
    ) -> Bind<Statement> {
        let start = self.flow.point();
        let bound = self.statements(body);
        let mut after = self.flow.clone();
        let mut handlers = Vec::new();
        let mut failed = false;
        for catch in catches {
            self.flow.go_on((start.0, start.1.clone()));
            match self.handler(catch) {
                Ok(handler) => {
                    let earlier: &[Handler] = &handlers;
                    let hidden =
                        earlier.iter().any(|e| e.guard.is_none() && handler.class.derives_from(e.class));
                    if hidden && let Some(ty) = &catch.ty {
                        let message = format!("`{}` is caught before", handler.class.name());
                        self.error("unreachable-catch", ty.span, message, "this `catch` can never run");
                    }
                    handlers.push(handler);
                }
                Err(Reported) => failed = true,
            }
            after.join(self.flow.point());
        }
        let (end, breaks) = (after.point(), self.flow.breaks.clone());
        self.flow.go_on(start);
        let finally = finally.map(|finally| self.statements(finally));
        let finally_ends = self.flow.reachable;
        self.flow.breaks = breaks;
        let assigned_in_finally = self.flow.point();
        self.flow.go_on(end);
        if finally.is_some() {
            self.flow.keep_only_unassigned_in(&assigned_in_finally.1);
            if !finally_ends {
                self.flow.stop();
            }
        }
        if failed {
            return Err(Reported);
        }
        let finally = finally.map(Vec::into_boxed_slice);
        Ok(Statement::Try(Box::new(TryOp { body: bound.into(), handlers, finally })))
    }

    fn handler(&mut self, catch: &Catch) -> Bind<Handler> {
        let ty = match &catch.ty {
            None => Type::Plain(Class::Exception),
            Some(ty) => self.ty(ty)?,
        };
        let class =
            ty.class().filter(|class| class.derives_from(Class::Exception) && *class != Class::Object);
        let Some(class) = class else {
            let span = catch
                .ty
                .as_ref()
                .map_or_else(|| Span::new(crate::diagnostics::SourceId(0), 0, 0), |ty| ty.span);
            return self.fail(
                "type-mismatch",
                span,
                format!("`{ty}` is no exception"),
                "only exceptions can be caught",
            );
        };
        self.scopes.push(Vec::new());
        let slot = match &catch.name {
            Some(name) => self.declare(name, ty),
            None => self.temporary(ty),
        };
        self.catches.push(slot);
        let guard = match &catch.guard {
            None => Ok(None),
            Some(guard) => self.condition(guard).map(Some),
        };
        let body = self.statements(&catch.body);
        self.catches.pop();
        self.scopes.pop();
        Ok(Handler { class, slot, guard: guard?, body: body.into() })
    }
}

/// The names of a tuple type as written.
fn written_names(syntax: &TypeSyntax) -> Option<Vec<Option<String>>> {
    match &syntax.kind {
        TypeKind::Tuple(items) => {
            Some(items.iter().map(|(_, name)| name.as_ref().map(|name| name.text.clone())).collect())
        }
        _ => None,
    }
}

fn constant_bool(node: &Node) -> Option<bool> {
    match node.op {
        Op::Constant(Value::Bool(value)) => Some(value),
        _ => None,
    }
}
