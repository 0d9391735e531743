//! Expressions of Terraform, in the syntax that the evaluator knows.
//!
//! Rules
//! - A name of Terraform is what it says in front: `var.x`, `local.x`, `module.x`, `azurerm_thing.x`, `data.thing.x`;
//!   names of loops are plain, those of `for_each` and `dynamic` are `each.key`, `service.value`.
//! - Operators are calls in the namespace `az`, where the functions of templates are; calls without it are those of
//!   Terraform.
//! - A splat is a loop over what `splat list` makes of its operand.

use std::sync::Arc;

use hcl_edit::expr::{
    BinaryOperator, Expression, ForExpr, FuncCall, ObjectKey, Traversal, TraversalOperator, UnaryOperator,
};
use hcl_edit::{Decorated, Span as _};

use crate::diagnostics::{SourceId, Span};
use crate::resources::eval::syntax::{Entry, Expr, ExprKind, Item, Repeat};

/// What an element of a splat is called.
const SPLAT: &str = "splat element";

/// Most members and elements that are taken of a value: each is a level of the tree.
const MAX_TAKEN: usize = 64;

/// Reads expressions of one text.
pub(crate) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) source: SourceId,
    /// Names of loops around, the innermost last.
    pub(super) names: Vec<Local>,
    /// The place of everything, where the text does not stand in a file as it is.
    place: Option<Span>,
}

/// A name of a loop.
#[derive(Clone, Debug)]
pub(super) enum Local {
    /// That of a `for`.
    Plain(String),
    /// That of a `dynamic` block, which has `.key` and `.value`.
    Iterator(String),
}

impl<'t> Reader<'t> {
    pub(crate) const fn new(text: &'t str, source: SourceId) -> Self {
        Self { text, source, names: Vec::new(), place: None }
    }

    /// The same where some names are known.
    pub(super) fn with_names(text: &'t str, source: SourceId, names: &[&str]) -> Self {
        let names = names.iter().map(|name| Local::Plain((*name).to_owned())).collect();
        Self { text, source, names, place: None }
    }

    /// For a text that is written at `place`, escaped or not, inside of loops with these names.
    pub(super) fn in_text(text: &'t str, place: Span, names: &[Local]) -> Self {
        Self { text, source: place.source, names: names.to_vec(), place: Some(place) }
    }

    /// Whether places are those of the text itself.
    pub(super) const fn has_places(&self) -> bool {
        self.place.is_none()
    }

    pub(super) fn span(&self, range: Option<std::ops::Range<usize>>) -> Span {
        if let Some(place) = self.place {
            return place;
        }
        let range = range.unwrap_or(0..0);
        Span::new(self.source, range.start.min(self.text.len()), range.end.min(self.text.len()))
    }

    /// An expression as the evaluator knows it.
    pub(super) fn expr(&mut self, expression: &Expression) -> Expr {
        let span = self.span(expression.span());
        let kind = match expression {
            Expression::Null(_) => ExprKind::Null,
            Expression::Bool(value) => ExprKind::Bool(*value.value()),
            Expression::Number(number) => {
                let text =
                    number.as_repr().map_or_else(|| number.value().to_string(), |text| text.to_string());
                ExprKind::Number(Arc::from(text.replace(char::is_whitespace, "")))
            }
            Expression::String(text) => return Expr::text(text.value(), span),
            Expression::Array(array) => {
                ExprKind::Array(array.iter().map(|element| Item::One(self.expr(element))).collect())
            }
            Expression::Object(object) => ExprKind::Object(
                object
                    .iter()
                    .map(|(key, value)| Entry::Member { name: self.key(key), value: self.expr(value.expr()) })
                    .collect(),
            ),
            Expression::StringTemplate(template) => return self.quoted(template, span),
            Expression::HeredocTemplate(heredoc) => return self.heredoc(heredoc, span),
            Expression::Parenthesis(inner) => return self.expr(inner.inner()),
            Expression::Variable(name) => ExprKind::Name(Arc::from(name.value().as_str())),
            Expression::Conditional(choice) => {
                let parts = [&choice.cond_expr, &choice.true_expr, &choice.false_expr];
                let arguments = parts.into_iter().map(|part| self.expr(part)).collect();
                return operator("if", arguments, span);
            }
            Expression::FuncCall(call) => return self.call(call, span),
            Expression::Traversal(traversal) => return self.traversal(traversal, span),
            Expression::UnaryOp(operation) => {
                let name = match operation.operator.value() {
                    UnaryOperator::Neg => "negate",
                    UnaryOperator::Not => "not",
                };
                let operand = self.expr(&operation.expr);
                return operator(name, vec![operand], span);
            }
            Expression::BinaryOp(operation) => {
                let operands = vec![self.expr(&operation.lhs_expr), self.expr(&operation.rhs_expr)];
                return binary(*operation.operator.value(), operands, span);
            }
            Expression::ForExpr(repeat) => return self.repeat(repeat, span),
        };
        Expr::new(kind, span)
    }

    fn key(&mut self, key: &ObjectKey) -> Expr {
        let span = self.span(key.span());
        match key {
            ObjectKey::Ident(name) => Expr::text(name.value().as_str(), span),
            ObjectKey::Expression(Expression::String(text)) => Expr::text(text.value(), span),
            ObjectKey::Expression(key) => {
                let key = self.expr(key);
                Expr::call("tostring", vec![key], span)
            }
        }
    }

    fn call(&mut self, call: &FuncCall, span: Span) -> Expr {
        let mut name = String::new();
        for part in &call.name.namespace {
            name.push_str(part.value().as_str());
            name.push_str("::");
        }
        name.push_str(call.name.name.value().as_str());
        let mut arguments: Vec<Expr> = call.args.iter().map(|argument| self.expr(argument)).collect();
        if call.args.expand_final()
            && let Some(last) = arguments.pop()
        {
            let span = last.span;
            arguments.push(Expr::call("...", vec![last], span));
        }
        Expr::call(&name, arguments, span)
    }

    fn repeat(&mut self, repeat: &ForExpr, span: Span) -> Expr {
        let list = self.expr(&repeat.intro.collection_expr);
        let key = repeat.intro.key_var.as_ref().map(|name| name.value().as_str());
        let value = repeat.intro.value_var.value().as_str();
        let depth = self.names.len();
        self.names.extend(key.into_iter().chain([value]).map(|name| Local::Plain(name.to_owned())));
        let condition = repeat.cond.as_ref().map(|condition| self.expr(&condition.expr));
        let body = self.expr(&repeat.value_expr);
        let key_expr = repeat.key_expr.as_ref().map(|key| {
            let span = self.span(key.span());
            let key = self.expr(key);
            Expr::call("tostring", vec![key], span)
        });
        self.names.truncate(depth);
        let entries = Repeat::Entries {
            key: key.map(Arc::from),
            value: Arc::from(value),
            list,
            condition,
            is_set: false,
        };
        let Some(key_expr) = key_expr else {
            return Expr::new(ExprKind::For { repeat: Box::new(entries), body: Box::new(body) }, span);
        };
        let member = |name: &str, value: Expr| Entry::Member { name: Expr::text(name, value.span), value };
        let pair = ExprKind::Object(vec![member("key", key_expr), member("value", body)]);
        let pairs = ExprKind::For { repeat: Box::new(entries), body: Box::new(Expr::new(pair, span)) };
        let name = if repeat.grouping { "for groups" } else { "for object" };
        Expr::call(name, vec![Expr::new(pairs, span)], span)
    }

    fn traversal(&mut self, traversal: &Traversal, span: Span) -> Expr {
        let operators: Vec<&TraversalOperator> = traversal.operators.iter().map(Decorated::value).collect();
        let Expression::Variable(root) = &traversal.expr else {
            let base = self.expr(&traversal.expr);
            return self.taken(base, &operators, span);
        };
        let root = root.value().as_str();
        let attribute = |at: usize| match operators.get(at) {
            Some(TraversalOperator::GetAttr(name)) => Some(name.value().as_str()),
            _ => None,
        };
        let is_root = |local: &&Local| match local {
            Local::Plain(name) | Local::Iterator(name) => name == root,
        };
        let (name, used) = match (self.names.iter().rev().find(is_root), root) {
            (Some(Local::Iterator(_)), _)
            | (None, "each" | "count" | "var" | "local" | "module" | "path") => {
                (attribute(0).map(|name| format!("{root}.{name}")), 1)
            }
            (None, "data" | "ephemeral") => {
                let both = attribute(0).zip(attribute(1));
                (both.map(|(first, second)| format!("{root}.{first}.{second}")), 2)
            }
            (Some(Local::Plain(_)), _) => (Some(root.to_owned()), 0),
            // A resource; or some other name with nothing but an index.
            (None, _) => match attribute(0) {
                Some(name) => (Some(format!("{root}.{name}")), 1),
                None => (Some(root.to_owned()), 0),
            },
        };
        let Some(name) = name else { return Expr::new(ExprKind::Broken, span) };
        let base = match root {
            "path" | "terraform" | "self" if !self.names.iter().any(|local| is_root(&local)) => {
                Expr::call(&name, Vec::new(), span)
            }
            _ => Expr::new(ExprKind::Name(Arc::from(name)), span),
        };
        self.taken(base, operators.get(used..).unwrap_or_default(), span)
    }

    /// What operators take of a value, one after the other.
    fn taken(&mut self, base: Expr, operators: &[&TraversalOperator], span: Span) -> Expr {
        if operators.len() > MAX_TAKEN {
            return Expr::new(ExprKind::Broken, span);
        }
        let mut taken = base;
        for (place, operator) in operators.iter().enumerate() {
            let kind = match operator {
                TraversalOperator::GetAttr(name) => ExprKind::Member {
                    of: Box::new(taken),
                    name: Arc::from(name.value().as_str()),
                    is_safe: false,
                },
                TraversalOperator::Index(index) => {
                    let at = self.expr(index);
                    ExprKind::Index { of: Box::new(taken), at: Box::new(at), is_safe: false }
                }
                TraversalOperator::LegacyIndex(index) => {
                    let at = Expr::new(ExprKind::Number(Arc::from(index.value().to_string())), span);
                    ExprKind::Index { of: Box::new(taken), at: Box::new(at), is_safe: false }
                }
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => {
                    let rest = operators.get(place.saturating_add(1)..).unwrap_or_default();
                    let is_full = matches!(operator, TraversalOperator::FullSplat(_));
                    let is_own =
                        |o: &&&TraversalOperator| is_full || matches!(o, TraversalOperator::GetAttr(_));
                    let own = rest.iter().take_while(is_own).count();
                    let (own, after) = rest.split_at_checked(own).unwrap_or_default();
                    let element = Expr::new(ExprKind::Name(Arc::from(SPLAT)), span);
                    let body = self.taken(element, own, span);
                    let list = Expr::call("splat list", vec![taken], span);
                    let repeat = Repeat::Entries {
                        key: None,
                        value: Arc::from(SPLAT),
                        list,
                        condition: None,
                        is_set: false,
                    };
                    let kind = ExprKind::For { repeat: Box::new(repeat), body: Box::new(body) };
                    return self.taken(Expr::new(kind, span), after, span);
                }
            };
            taken = Expr::new(kind, span);
        }
        taken
    }
}

/// An operator as the function of templates that means the same.
pub(super) fn operator(name: &str, arguments: Vec<Expr>, span: Span) -> Expr {
    let namespace = Expr::new(ExprKind::Name(Arc::from("az")), span);
    Expr::new(ExprKind::Call { on: Some(Box::new(namespace)), name: Arc::from(name), arguments }, span)
}

fn binary(which: BinaryOperator, operands: Vec<Expr>, span: Span) -> Expr {
    let name = match which {
        BinaryOperator::Eq => "equals",
        BinaryOperator::NotEq => return operator("not", vec![operator("equals", operands, span)], span),
        BinaryOperator::LessEq => "lessOrEquals",
        BinaryOperator::GreaterEq => "greaterOrEquals",
        BinaryOperator::Less => "less",
        BinaryOperator::Greater => "greater",
        BinaryOperator::Plus => "add",
        BinaryOperator::Minus => "sub",
        BinaryOperator::Mul => "mul",
        // That of templates drops what is behind the point.
        BinaryOperator::Div => return Expr::call("/", operands, span),
        BinaryOperator::Mod => "mod",
        BinaryOperator::And => "and",
        BinaryOperator::Or => "or",
    };
    operator(name, operands, span)
}
