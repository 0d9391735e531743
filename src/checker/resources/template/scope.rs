//! What is declared in a template: parameters, variables, functions, loops.

use std::collections::BTreeMap;

use super::super::eval::{Env, Evaluator, Expr, MAX_ELEMENTS, text_of, unknown};
use super::expression::{is_expression, parse};
use super::{Values, under};
use crate::diagnostics::Span;
use crate::tree::json::{Member, Node, Value};

/// The declarations of one template.
pub(super) struct Scope<'t> {
    root: &'t Node,
    given: Values,
    /// Values that were computed before, by `p:` or `v:` and name.
    known: BTreeMap<String, Node>,
    /// What is being computed.
    open: Vec<String>,
    /// Loops around: name in lower case, and index.
    pub(super) copies: Vec<(String, u64)>,
    /// Declarations that need themselves.
    pub(super) cycles: Vec<(String, Span)>,
    /// Arguments of the function that is being evaluated.
    arguments: Vec<Values>,
}

impl<'t> Scope<'t> {
    /// Nothing computed yet.
    pub(super) fn new(root: &'t Node, given: Values) -> Self {
        Self {
            root,
            given,
            known: BTreeMap::new(),
            open: Vec::new(),
            copies: Vec::new(),
            cycles: Vec::new(),
            arguments: Vec::new(),
        }
    }

    /// The value with all expressions in it evaluated.
    pub(super) fn eval(&mut self, node: &Node, evaluator: &mut Evaluator) -> Node {
        match &node.value {
            Value::Text(text) if is_expression(text) => match parse(text, node.span) {
                Some(expr) => evaluator.eval(&expr, self),
                None => unknown("an expression that cannot be read", node.span),
            },
            Value::Text(text) if text.starts_with("[[") => {
                Node::new(Value::Text(text.strip_prefix('[').unwrap_or(text).to_owned()), node.span)
            }
            Value::Array(elements) => {
                let all = elements.iter().map(|element| self.eval(element, evaluator)).collect();
                Node::new(Value::Array(all), node.span)
            }
            Value::Object(members) => self.object(members, node.span, evaluator),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Unknown(_) => {
                node.clone()
            }
        }
    }

    fn object(&mut self, members: &[Member], span: Span, evaluator: &mut Evaluator) -> Node {
        let mut all = Vec::with_capacity(members.len());
        for member in members {
            if member.name == "copy"
                && let Some(loops) = member.value.elements()
            {
                for each in loops {
                    let Some(name) = each.get("name").and_then(Node::text) else { continue };
                    let value = self.looped(each, evaluator);
                    let name_span = each.get("name").map_or(each.span, |node| node.span);
                    all.push(Member { name: name.to_owned(), name_span, value });
                }
                continue;
            }
            let name = if is_expression(&member.name) {
                let named = Node::new(Value::Text(member.name.clone()), member.name_span);
                match text_of(&self.eval(&named, evaluator)) {
                    Some(name) => name,
                    None => return unknown("an object with a computed name", span),
                }
            } else {
                member.name.clone()
            };
            let value = self.eval(&member.value, evaluator);
            all.push(Member { name, name_span: member.name_span, value });
        }
        Node::new(Value::Object(all), span)
    }

    /// The list that a loop over a property or variable makes.
    fn looped(&mut self, each: &Node, evaluator: &mut Evaluator) -> Node {
        let name = each.get("name").and_then(Node::text).unwrap_or_default().to_lowercase();
        let count = each.get("count").map(|count| self.eval(count, evaluator));
        let count = count.as_ref().and_then(Node::integer).and_then(|count| usize::try_from(count).ok());
        let (Some(count), Some(input)) = (count, each.get("input")) else {
            return unknown("a list whose length only the deployment knows", each.mark());
        };
        if count > MAX_ELEMENTS {
            evaluator.is_exhausted = true;
            return unknown("a list that is too long", each.mark());
        }
        let mut all = Vec::with_capacity(count);
        for index in 0..count {
            self.copies.push((name.clone(), u64::try_from(index).unwrap_or(u64::MAX)));
            all.push(self.eval(input, evaluator));
            self.copies.pop();
        }
        Node::new(Value::Array(all), each.mark())
    }

    /// The value of a declaration, computed once.
    fn declared(&mut self, kind: char, name: &str, span: Span, evaluator: &mut Evaluator) -> Node {
        let key = format!("{kind}:{}", name.to_lowercase());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        if self.open.contains(&key) {
            if !self.cycles.iter().any(|(known, _)| known == name) {
                self.cycles.push((name.to_owned(), span));
            }
            return unknown("it needs itself", span);
        }
        self.open.push(key.clone());
        let copies = std::mem::take(&mut self.copies);
        let value = if kind == 'p' {
            self.parameter(name, span, evaluator)
        } else {
            self.variable(name, span, evaluator)
        };
        self.copies = copies;
        self.open.pop();
        self.known.insert(key, value.clone());
        value
    }

    fn parameter(&mut self, name: &str, span: Span, evaluator: &mut Evaluator) -> Node {
        if let Some(given) = self.given.get(&name.to_lowercase()) {
            return given.clone();
        }
        let root = self.root;
        let Some(declared) = root.get("parameters").and_then(|all| under(all, name)) else {
            return unknown(&format!("there is no parameter `{name}`"), span);
        };
        match declared.get("defaultValue") {
            Some(default) => self.eval(default, evaluator),
            None if matches!(declared.get("nullable").map(|n| &n.value), Some(Value::Bool(true))) => {
                Node::new(Value::Null, span)
            }
            None => unknown(&format!("the parameter `{name}` has no value here"), span),
        }
    }

    fn variable(&mut self, name: &str, span: Span, evaluator: &mut Evaluator) -> Node {
        let root = self.root;
        let variables = root.get("variables");
        if let Some(found) = variables.and_then(|all| under(all, name)) {
            return self.eval(&found, evaluator);
        }
        let loops = variables.and_then(|all| all.get("copy")).and_then(Node::elements).unwrap_or_default();
        let is_it = |each: &&Node| {
            each.get("name").and_then(Node::text).is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        match loops.iter().find(is_it) {
            Some(each) => self.looped(each, evaluator),
            None => unknown(&format!("there is no variable `{name}`"), span),
        }
    }

    fn copy_index(&self, arguments: &[Node], span: Span) -> Node {
        let named = arguments.first().and_then(Node::text);
        let offset = arguments.iter().find_map(Node::integer).unwrap_or(0);
        let found = match named {
            Some(name) => self.copies.iter().rev().find(|(own, _)| own.eq_ignore_ascii_case(name)),
            None => self.copies.last(),
        };
        match found {
            Some((_, index)) => Node::new(Value::Number(index.saturating_add(offset).to_string()), span),
            None => unknown("there is no loop here", span),
        }
    }

    /// A function of the template itself: `namespace.name`.
    fn own_function(
        &mut self,
        name: &str,
        arguments: &[Expr],
        span: Span,
        evaluator: &mut Evaluator,
    ) -> Option<Node> {
        let (namespace, function) = name.split_once('.')?;
        let groups = self.root.get("functions").and_then(Node::elements)?;
        let group = groups.iter().find(|group| {
            group.get("namespace").and_then(Node::text).is_some_and(|n| n.eq_ignore_ascii_case(namespace))
        })?;
        let body = under(group.get("members")?, function)?;
        let mut values = Values::new();
        let parameters = body.get("parameters").and_then(Node::elements).unwrap_or_default();
        for (parameter, argument) in parameters.iter().zip(arguments) {
            let own = parameter.get("name").and_then(Node::text)?;
            values.insert(own.to_lowercase(), evaluator.eval(argument, self));
        }
        let output = body.get("output")?.get("value")?.clone();
        if self.arguments.len() > 16 {
            return Some(unknown("functions that call each other", span));
        }
        self.arguments.push(values);
        let value = self.eval(&output, evaluator);
        self.arguments.pop();
        Some(value)
    }
}

impl Env for Scope<'_> {
    fn name(&mut self, _: &str, _: Span, _: &mut Evaluator) -> Option<Node> {
        None
    }

    fn call(
        &mut self,
        name: &str,
        arguments: &[Expr],
        span: Span,
        evaluator: &mut Evaluator,
    ) -> Option<Node> {
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "parameters" | "variables" => {
                let named = evaluator.eval(arguments.first()?, self);
                let Some(named) = named.text() else {
                    return Some(unknown("a computed name", span));
                };
                let named = named.to_owned();
                if lower == "parameters"
                    && let Some(values) = self.arguments.last()
                {
                    return values.get(&named.to_lowercase()).cloned();
                }
                let kind = if lower == "parameters" { 'p' } else { 'v' };
                Some(self.declared(kind, &named, span, evaluator))
            }
            "copyindex" => {
                let values: Vec<Node> = arguments.iter().map(|a| evaluator.eval(a, self)).collect();
                Some(self.copy_index(&values, span))
            }
            _ => self.own_function(name, arguments, span, evaluator),
        }
    }
}
