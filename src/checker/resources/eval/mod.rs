//! Expressions of ARM templates and of Bicep: one tree, one evaluator, one set of functions.
//!
//! Rules
//! - A value is a [`Node`]: what is written out keeps its place, what is computed has the place of the expression.
//! - What only the deployment knows is [`Value::Unknown`]; a text of which only a part is unknown has
//!   [`UNKNOWN_PART`] in its place, so that the end of a resource id is still known.
//! - Evaluation is bounded in steps, depth and size; what goes beyond is unknown, and the reader says so.

mod functions;
mod higher;
mod operators;
mod value;

pub(super) use value::{UNKNOWN_PART, equal, is_unknown, join_text, member, text_of, unknown};

use crate::diagnostics::Span;
use crate::tree::json::{Member, Node, Value};

/// Most steps of the evaluation of one file with its modules.
const MAX_STEPS: u32 = 2_000_000;
/// Deepest nesting of evaluation, references to other declarations included.
const MAX_DEPTH: u32 = 96;
/// Most elements of a list that is computed.
pub(super) const MAX_ELEMENTS: usize = 10_000;
/// Longest text that is computed, in bytes.
pub(super) const MAX_TEXT: usize = 1 << 22;

/// An expression.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) kind: ExprKind,
    pub(super) span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(super) enum ExprKind {
    /// A value that is written out.
    Literal(Node),
    /// Pieces of a text, some of them computed.
    Text(Vec<Expr>),
    /// What is declared under a name.
    Name(String),
    /// A function.
    Call(String, Vec<Expr>),
    /// A function of a value or namespace: `sys.format(..)`, `resource.listKeys()`.
    Method(Box<Expr>, String, Vec<Expr>),
    /// `a.b`; true: null when there is none (`a.?b`).
    Member(Box<Expr>, String, bool),
    /// `a[b]`; true: null when there is none.
    Index(Box<Expr>, Box<Expr>, bool),
    /// `!a`, `-a`
    Unary(&'static str, Box<Expr>),
    /// `a + b`
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `a ? b : c`
    Ternary(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A list; true: the element is spread.
    Array(Vec<(Expr, bool)>),
    /// An object; no name: the value is spread.
    Object(Vec<(Option<Expr>, Expr)>),
    /// A list that a loop makes.
    For(Box<Loop>),
    /// `(a, b) => c`
    Lambda(Vec<String>, Box<Expr>),
}

/// `for (item, index) in list: body`
#[derive(Clone, Debug)]
pub(super) struct Loop {
    pub(super) item: String,
    pub(super) index: Option<String>,
    pub(super) list: Expr,
    pub(super) condition: Option<Expr>,
    pub(super) body: Expr,
}

/// What is declared around expressions.
pub(super) trait Env {
    /// The value of a name that is no variable of a loop or lambda.
    fn name(&mut self, name: &str, span: Span, evaluator: &mut Evaluator) -> Option<Node>;

    /// The value of a function that depends on declarations; `None`: it is one of the pure ones.
    fn call(&mut self, name: &str, arguments: &[Expr], span: Span, evaluator: &mut Evaluator)
    -> Option<Node>;
}

/// Evaluates, within bounds.
#[derive(Debug, Default)]
pub(super) struct Evaluator {
    /// Variables of loops and lambdas, inner ones last.
    pub(super) locals: Vec<(String, Node)>,
    steps: u32,
    depth: u32,
    /// Whether a bound was reached.
    pub(super) is_exhausted: bool,
}

impl Evaluator {
    /// The value of an expression.
    pub(super) fn eval(&mut self, expr: &Expr, env: &mut dyn Env) -> Node {
        self.steps = self.steps.saturating_add(1);
        if self.steps > MAX_STEPS || self.depth >= MAX_DEPTH {
            self.is_exhausted = true;
            return unknown("too much to evaluate", expr.span);
        }
        self.depth = self.depth.saturating_add(1);
        let value = self.inner(expr, env);
        self.depth = self.depth.saturating_sub(1);
        value
    }

    fn inner(&mut self, expr: &Expr, env: &mut dyn Env) -> Node {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(node) => node.clone(),
            ExprKind::Text(pieces) => {
                let pieces: Vec<Node> = pieces.iter().map(|piece| self.eval(piece, env)).collect();
                join_text(&pieces, span)
            }
            ExprKind::Name(name) => self.name(name, span, env),
            ExprKind::Call(name, arguments) => self.call(name, arguments, span, env),
            ExprKind::Method(target, name, arguments) => {
                if let ExprKind::Name(namespace) = &target.kind
                    && matches!(namespace.as_str(), "sys" | "az")
                {
                    return self.call(name, arguments, span, env);
                }
                unknown(&format!("`{name}()` of a deployed resource"), span)
            }
            ExprKind::Member(target, name, is_safe) => {
                let target = self.eval(target, env);
                member(&target, name, *is_safe, span)
            }
            ExprKind::Index(target, index, is_safe) => {
                let target = self.eval(target, env);
                let index = self.eval(index, env);
                operators::index(&target, &index, *is_safe, span)
            }
            ExprKind::Unary(op, operand) => operators::unary(op, &self.eval(operand, env), span),
            ExprKind::Binary(op, left, right) => self.binary(op, left, right, span, env),
            ExprKind::Ternary(condition, yes, no) => {
                let condition = self.eval(condition, env);
                self.choose(&condition, yes, no, span, env)
            }
            ExprKind::Array(elements) => self.array(elements, span, env),
            ExprKind::Object(members) => self.object(members, span, env),
            ExprKind::For(each) => self.list(each, span, env),
            ExprKind::Lambda(..) => unknown("a function as a value", span),
        }
    }

    fn name(&mut self, name: &str, span: Span, env: &mut dyn Env) -> Node {
        if let Some((_, value)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return value.clone();
        }
        env.name(name, span, self).unwrap_or_else(|| unknown(&format!("`{name}` is not declared here"), span))
    }

    /// One of two values; the one that both are when the condition is not known.
    pub(super) fn choose(
        &mut self,
        condition: &Node,
        yes: &Expr,
        no: &Expr,
        span: Span,
        env: &mut dyn Env,
    ) -> Node {
        match &condition.value {
            Value::Bool(true) => self.eval(yes, env),
            Value::Bool(false) => self.eval(no, env),
            Value::Unknown(why) => {
                let (yes, no) = (self.eval(yes, env), self.eval(no, env));
                if equal(&yes, &no) == Some(true) { yes } else { unknown(why, span) }
            }
            _ => unknown("a condition that is neither true nor false", span),
        }
    }

    fn binary(&mut self, op: &str, left: &Expr, right: &Expr, span: Span, env: &mut dyn Env) -> Node {
        let first = self.eval(left, env);
        match (op, &first.value) {
            ("&&", Value::Bool(false)) | ("||", Value::Bool(true)) => return first,
            ("??", Value::Null) => return self.eval(right, env),
            ("??", Value::Unknown(_)) => return unknown("a value that may be null", span),
            ("??", _) => return first,
            _ => {}
        }
        let second = self.eval(right, env);
        operators::binary(op, &first, &second, span)
    }

    fn array(&mut self, elements: &[(Expr, bool)], span: Span, env: &mut dyn Env) -> Node {
        let mut all = Vec::with_capacity(elements.len());
        for (element, is_spread) in elements {
            let value = self.eval(element, env);
            match (is_spread, value.value) {
                (true, Value::Array(more)) => all.extend(more),
                (true, Value::Null) => {}
                (true, _) => all.push(unknown("elements that only the deployment knows", element.span)),
                (false, value_of) => all.push(Node::new(value_of, value.span)),
            }
            if all.len() > MAX_ELEMENTS {
                self.is_exhausted = true;
                return unknown("a list that is too long", span);
            }
        }
        Node::new(Value::Array(all), span)
    }

    fn object(&mut self, members: &[(Option<Expr>, Expr)], span: Span, env: &mut dyn Env) -> Node {
        let mut all: Vec<Member> = Vec::with_capacity(members.len());
        for (name, value) in members {
            let value = self.eval(value, env);
            match name {
                Some(name) => {
                    let name_span = name.span;
                    let Some(name) = text_of(&self.eval(name, env)) else {
                        return unknown("an object with a computed name", span);
                    };
                    put(&mut all, Member { name, name_span, value });
                }
                None => match value.value {
                    Value::Object(more) => more.into_iter().for_each(|member| put(&mut all, member)),
                    Value::Null => {}
                    _ => return unknown("an object with parts that only the deployment knows", span),
                },
            }
        }
        Node::new(Value::Object(all), span)
    }

    fn list(&mut self, each: &Loop, span: Span, env: &mut dyn Env) -> Node {
        let list = self.eval(&each.list, env);
        let Value::Array(items) = list.value else {
            return unknown("a loop over a list that only the deployment knows", span);
        };
        let mut all = Vec::with_capacity(items.len());
        for (at, item) in items.into_iter().enumerate() {
            let values = self.bound(each, at, item, span);
            let count = values.len();
            self.locals.extend(values);
            let wanted = each.condition.as_ref().map(|condition| self.eval(condition, env));
            match wanted.map(|wanted| wanted.value) {
                None | Some(Value::Bool(true)) => {
                    let value = self.eval(&each.body, env);
                    all.push(value);
                }
                Some(Value::Bool(false)) => {}
                Some(_) => all.push(unknown("an element on an unknown condition", span)),
            }
            self.locals.truncate(self.locals.len().saturating_sub(count));
        }
        Node::new(Value::Array(all), span)
    }

    /// The variables of one round of a loop.
    #[expect(clippy::unused_self, reason = "belongs to the loops of an evaluator")]
    pub(super) fn bound(&self, each: &Loop, at: usize, item: Node, span: Span) -> Vec<(String, Node)> {
        let mut values = vec![(each.item.clone(), item)];
        if let Some(index) = &each.index {
            values.push((index.clone(), Node::new(Value::Number(at.to_string()), span)));
        }
        values
    }

    fn call(&mut self, name: &str, arguments: &[Expr], span: Span, env: &mut dyn Env) -> Node {
        if let Some(value) = env.call(name, arguments, span, self) {
            return value;
        }
        let lower = name.to_ascii_lowercase();
        if let Some(value) = self.lazy(&lower, arguments, span, env) {
            return value;
        }
        let values: Vec<Node> = arguments.iter().map(|argument| self.eval(argument, env)).collect();
        functions::call(&lower, &values, span)
    }

    /// Functions that do not look at all of their arguments.
    fn lazy(&mut self, name: &str, arguments: &[Expr], span: Span, env: &mut dyn Env) -> Option<Node> {
        match (name, arguments) {
            ("if", [condition, yes, no]) => {
                let condition = self.eval(condition, env);
                Some(self.choose(&condition, yes, no, span, env))
            }
            ("coalesce", _) => {
                for argument in arguments {
                    let value = self.eval(argument, env);
                    match value.value {
                        Value::Null => {}
                        Value::Unknown(_) => return Some(unknown("a value that may be null", span)),
                        _ => return Some(value),
                    }
                }
                Some(Node::new(Value::Null, span))
            }
            ("and" | "or", _) => {
                let (op, stop) = if name == "and" { ("&&", false) } else { ("||", true) };
                let mut all = Node::new(Value::Bool(!stop), span);
                for argument in arguments {
                    let value = self.eval(argument, env);
                    if matches!(value.value, Value::Bool(is) if is == stop) {
                        return Some(value);
                    }
                    all = operators::binary(op, &all, &value, span);
                }
                Some(all)
            }
            ("lambdavariables", [name]) => {
                let name = text_of(&self.eval(name, env))?;
                Some(self.name(&name, span, env))
            }
            _ => higher::call(self, name, arguments, span, env),
        }
    }
}

/// Adds a member in the place of one of the same name.
fn put(members: &mut Vec<Member>, member: Member) {
    match members.iter_mut().find(|known| known.name == member.name) {
        Some(known) => *known = member,
        None => members.push(member),
    }
}
