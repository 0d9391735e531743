//! Queries: `from x in list where ... select ...`.
//!
//! Rules
//! - A query becomes the method calls that C# says it stands for, so that the tree knows no queries.
//! - Where several range variables are in scope (`let`, a second `from`, `join`) they travel as a tuple, and
//!   each function takes the tuple apart first. C# uses anonymous objects; nobody can see the difference.
//! - `select x` of the only range variable still is a `Select`.

use super::types::Question;
use super::{Parsed, Parser};
use crate::diagnostics::Span;
use crate::policy::csharp::syntax::{
    Argument, Expr, ExprKind, LambdaBody, Name, Parameter, Stmt, StmtKind, TypeKind, TypeSyntax,
};

/// Most range variables: items of a tuple that has no tuple in it.
const MAX_VARIABLES: usize = 7;

/// A query as far as it has been read.
struct Query {
    /// The calls so far.
    source: Expr,
    /// The range variables in scope.
    variables: Vec<Name>,
}

impl Parser<'_, '_> {
    /// A query, from its first `from`.
    #[inline(never)]
    pub(super) fn query(&mut self) -> Parsed<Expr> {
        self.enter()?;
        let (name, source) = self.source_clause()?;
        let mut query = Query { source, variables: vec![name] };
        loop {
            let span = self.span();
            if self.query_follows() && self.word_is("from") {
                let (name, items) = self.source_clause()?;
                let items = query.function(self, items);
                let joined = query.joined(self, span, &name);
                self.apply(&mut query, "SelectMany", span, vec![items, joined])?;
                self.add_variable(&mut query, name)?;
            } else if self.word_is("let") && self.sign_ahead(2, "=") {
                self.skip();
                let name = self.name("the name of a variable")?;
                self.expect("=")?;
                let value = self.expression()?;
                let at = value.span;
                let mut items = query.values(at);
                items.push((None, value));
                let pair = query.function(self, Expr { kind: ExprKind::Tuple(items), span: at });
                self.apply(&mut query, "Select", span, vec![pair])?;
                self.add_variable(&mut query, name)?;
            } else if self.take_word("where") {
                let condition = self.expression()?;
                let condition = query.function(self, condition);
                self.apply(&mut query, "Where", span, vec![condition])?;
            } else if self.take_word("join") {
                self.join_clause(&mut query, span)?;
            } else if self.take_word("orderby") {
                self.order_clause(&mut query, span)?;
            } else if self.word_is("select") || self.word_is("group") {
                self.last_clause(&mut query, span)?;
                if !self.take_word("into") {
                    break;
                }
                query.variables = vec![self.name("the name of a variable")?];
            } else {
                return Err(self.unexpected("`select`, `where`, `orderby` or another part of a query"));
            }
        }
        self.leave();
        Ok(query.source)
    }

    /// `from T x in items`: the name, and the items.
    fn source_clause(&mut self) -> Parsed<(Name, Expr)> {
        self.skip();
        self.range_variable()
    }

    /// `T x in items`
    fn range_variable(&mut self) -> Parsed<(Name, Expr)> {
        let mut ty = None;
        if !self.word_at(self.at.saturating_add(1), "in") {
            ty = Some(self.required_type(Question::Nullable)?);
        }
        let name = self.name("the name of a variable")?;
        if !self.take_word("in") {
            return Err(self.unexpected("`in`"));
        }
        let items = self.expression()?;
        let Some(ty) = ty else { return Ok((name, items)) };
        let span = items.span;
        let cast = Name { text: "Cast".to_owned(), span };
        let callee = ExprKind::Member { object: Box::new(items), name: cast, type_arguments: vec![ty] };
        let callee = Box::new(self.node(callee, span)?);
        Ok((name, self.node(ExprKind::Call { callee, arguments: Vec::new() }, span)?))
    }

    /// What stands behind `join`.
    #[inline(never)]
    fn join_clause(&mut self, query: &mut Query, span: Span) -> Parsed<()> {
        let (name, items) = self.range_variable()?;
        if !self.take_word("on") {
            return Err(self.unexpected("`on`"));
        }
        let left = self.expression()?;
        if !self.take_word("equals") {
            return Err(self.unexpected("`equals`"));
        }
        let right = self.expression()?;
        let group = if self.take_word("into") { Some(self.name("the name of a variable")?) } else { None };
        let left = query.function(self, left);
        let at = right.span;
        let right = lambda(vec![name.clone()], LambdaBody::Expr(Box::new(right)), at);
        let method = if group.is_some() { "GroupJoin" } else { "Join" };
        let name = group.unwrap_or(name);
        let joined = query.joined(self, span, &name);
        self.apply(query, method, span, vec![items, left, right, joined])?;
        self.add_variable(query, name)
    }

    /// What stands behind `orderby`.
    #[inline(never)]
    fn order_clause(&mut self, query: &mut Query, span: Span) -> Parsed<()> {
        let mut method = ["OrderBy", "OrderByDescending"];
        loop {
            let key = self.expression()?;
            let key = query.function(self, key);
            let down = self.take_word("descending");
            if !down {
                self.take_word("ascending");
            }
            let [up, descending] = method;
            self.apply(query, if down { descending } else { up }, span, vec![key])?;
            method = ["ThenBy", "ThenByDescending"];
            if !self.take(",") {
                return Ok(());
            }
        }
    }

    /// `select x` or `group x by y`
    #[inline(never)]
    fn last_clause(&mut self, query: &mut Query, span: Span) -> Parsed<()> {
        let groups = self.word_is("group");
        self.skip();
        let value = self.expression()?;
        let value = query.function(self, value);
        if !groups {
            return self.apply(query, "Select", span, vec![value]);
        }
        if !self.take_word("by") {
            return Err(self.unexpected("`by`"));
        }
        let key = self.expression()?;
        let key = query.function(self, key);
        self.apply(query, "GroupBy", span, vec![key, value])
    }

    /// `source.method(arguments)`
    fn apply(&mut self, query: &mut Query, method: &str, at: Span, arguments: Vec<Expr>) -> Parsed<()> {
        let null = ExprKind::Literal(crate::policy::csharp::Value::Null);
        let source = std::mem::replace(&mut query.source, Expr { kind: null, span: at });
        let span = source.span.to(self.last_span());
        let name = Name { text: method.to_owned(), span: at };
        let callee = ExprKind::Member { object: Box::new(source), name, type_arguments: Vec::new() };
        let callee = Box::new(self.node(callee, span)?);
        let arguments =
            arguments.into_iter().map(|value| Argument { name: None, by_reference: false, value });
        query.source = self.node(ExprKind::Call { callee, arguments: arguments.collect() }, span)?;
        // A function that takes a tuple apart is higher than its value.
        for _ in 0..4 {
            self.grow(span)?;
        }
        Ok(())
    }

    fn add_variable(&mut self, query: &mut Query, name: Name) -> Parsed<()> {
        if query.variables.len() >= MAX_VARIABLES {
            self.report.unsupported(name.span, "a query of so many variables", "make it two queries");
            return Err(super::Stop);
        }
        query.variables.push(name);
        Ok(())
    }
}

impl Query {
    /// `variables => value`, at the place of the value: functions are told apart by their places.
    fn function(&self, parser: &mut Parser<'_, '_>, value: Expr) -> Expr {
        let span = value.span;
        if let [only] = self.variables.as_slice() {
            return lambda(vec![only.clone()], LambdaBody::Expr(Box::new(value)), span);
        }
        let tuple = parser.fresh_name("row", span);
        let mut body: Vec<Stmt> = self
            .variables
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let variables = vec![(name.clone(), Some(item(&tuple, at, span)))];
                let ty = TypeSyntax { kind: TypeKind::Var, span };
                Stmt { kind: StmtKind::Local { ty, variables, constant: false }, span }
            })
            .collect();
        body.push(Stmt { span: value.span, kind: StmtKind::Return(Some(value)) });
        lambda(vec![tuple], LambdaBody::Block(body), span)
    }

    /// The variables as items of a tuple.
    fn values(&self, span: Span) -> Vec<(Option<Name>, Expr)> {
        self.variables.iter().map(|name| (None, variable(name, span))).collect()
    }

    /// `(variables, name) => (variables, name)`
    fn joined(&self, parser: &mut Parser<'_, '_>, span: Span, name: &Name) -> Expr {
        let mut items = self.values(span);
        let first = if let [only] = self.variables.as_slice() {
            only.clone()
        } else {
            let tuple = parser.fresh_name("row", span);
            items = (0..self.variables.len()).map(|at| (None, item(&tuple, at, span))).collect();
            tuple
        };
        items.push((None, variable(name, span)));
        let value = Expr { kind: ExprKind::Tuple(items), span };
        lambda(vec![first, name.clone()], LambdaBody::Expr(Box::new(value)), span)
    }
}

fn variable(name: &Name, span: Span) -> Expr {
    Expr { kind: ExprKind::Name { name: name.clone(), type_arguments: Vec::new() }, span }
}

/// `tuple.Item1`
fn item(tuple: &Name, at: usize, span: Span) -> Expr {
    let name = Name { text: format!("Item{}", at.saturating_add(1)), span };
    let object = Box::new(variable(tuple, span));
    Expr { kind: ExprKind::Member { object, name, type_arguments: Vec::new() }, span }
}

fn lambda(names: Vec<Name>, body: LambdaBody, span: Span) -> Expr {
    let parameters = names.into_iter().map(|name| Parameter { ty: None, name }).collect();
    Expr { kind: ExprKind::Lambda { parameters, body }, span }
}
