//! Functions that take functions: `map`, `filter`, `reduce`, `sort`, `toObject` and the like.

use super::operators::known_text;
use super::value::{text_of, unknown};
use super::{Env, Evaluator, Expr, ExprKind};
use crate::diagnostics::Span;
use crate::tree::json::{Member, Node, Value};

/// The value, if `name` is one of them.
pub(super) fn call(
    evaluator: &mut Evaluator,
    name: &str,
    arguments: &[Expr],
    span: Span,
    env: &mut dyn Env,
) -> Option<Node> {
    if !matches!(name, "map" | "filter" | "reduce" | "toobject" | "sort" | "groupby" | "mapvalues") {
        return None;
    }
    let (list, rest) = arguments.split_first()?;
    let list = evaluator.eval(list, env);
    let not_known = || Some(unknown("a list that only the deployment knows", span));
    let Value::Array(elements) = list.value else { return not_known() };
    match (name, rest) {
        ("map", [function]) => {
            let mut all = Vec::with_capacity(elements.len());
            for (at, element) in elements.into_iter().enumerate() {
                all.push(apply(evaluator, function, &[element, number(at, span)], env)?);
            }
            Some(Node::new(Value::Array(all), span))
        }
        ("filter", [function]) => {
            let mut all = Vec::new();
            for (at, element) in elements.into_iter().enumerate() {
                match apply(evaluator, function, &[element.clone(), number(at, span)], env)?.value {
                    Value::Bool(true) => all.push(element),
                    Value::Bool(false) => {}
                    _ => all.push(unknown("an element on an unknown condition", span)),
                }
            }
            Some(Node::new(Value::Array(all), span))
        }
        ("reduce", [start, function]) => {
            let mut value = evaluator.eval(start, env);
            for (at, element) in elements.into_iter().enumerate() {
                value = apply(evaluator, function, &[value, element, number(at, span)], env)?;
            }
            Some(value)
        }
        ("toobject", [key, rest @ ..]) => {
            let mut members: Vec<Member> = Vec::new();
            for element in elements {
                let key_node = apply(evaluator, key, std::slice::from_ref(&element), env)?;
                let Some(name) = known_text(&key_node) else {
                    return Some(unknown("an object with a computed name", span));
                };
                let value = match rest {
                    [function] => apply(evaluator, function, std::slice::from_ref(&element), env)?,
                    _ => element,
                };
                members.push(Member { name, name_span: key_node.span, value });
            }
            Some(Node::new(Value::Object(members), span))
        }
        ("sort", [function]) => {
            // Insertion keeps equal ones in order and bears an order that is not known.
            let mut sorted: Vec<Node> = Vec::with_capacity(elements.len());
            if elements.len() > 500 {
                return not_known();
            }
            for element in elements {
                let mut at = sorted.len();
                while let Some(before) = at.checked_sub(1).and_then(|before| sorted.get(before)) {
                    let is_less = apply(evaluator, function, &[element.clone(), before.clone()], env)?;
                    match is_less.value {
                        Value::Bool(true) => at = at.saturating_sub(1),
                        Value::Bool(false) => break,
                        _ => return not_known(),
                    }
                }
                sorted.insert(at, element);
            }
            Some(Node::new(Value::Array(sorted), span))
        }
        _ => not_known(),
    }
}

/// The value of a function of these arguments; more arguments than it names are left out.
fn apply(evaluator: &mut Evaluator, function: &Expr, arguments: &[Node], env: &mut dyn Env) -> Option<Node> {
    let (names, body): (Vec<String>, &Expr) = match &function.kind {
        ExprKind::Lambda(names, body) => (names.clone(), body),
        // ARM: lambda('a', 'b', body).
        ExprKind::Call(name, parts) if name.eq_ignore_ascii_case("lambda") => {
            let (body, names) = parts.split_last()?;
            let name = |part: &Expr| match &part.kind {
                ExprKind::Literal(node) => text_of(node),
                _ => None,
            };
            (names.iter().map(name).collect::<Option<Vec<_>>>()?, body)
        }
        _ => return None,
    };
    let count = evaluator.locals.len();
    evaluator.locals.extend(names.into_iter().zip(arguments.iter().cloned()));
    let value = evaluator.eval(body, env);
    evaluator.locals.truncate(count);
    Some(value)
}

fn number(at: usize, span: Span) -> Node {
    Node::new(Value::Number(at.to_string()), span)
}
