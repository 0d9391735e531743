//! Operators of Bicep and the functions of ARM that are the same.

use super::value::{equal, is_unknown, member, text_of, unknown};
use crate::diagnostics::Span;
use crate::tree::json::{Node, Value};

/// `!a` and `-a`.
pub(super) fn unary(op: &str, operand: &Node, span: Span) -> Node {
    match (op, &operand.value) {
        ("!", Value::Bool(value)) => Node::new(Value::Bool(!value), span),
        ("-", Value::Number(_)) => match integer(operand).and_then(i64::checked_neg) {
            Some(number) => Node::new(Value::Number(number.to_string()), span),
            None => unknown("a number that is too large", span),
        },
        (_, Value::Unknown(why)) => unknown(why, span),
        _ => unknown(&format!("`{op}` of a value that it is not for"), span),
    }
}

/// Operators that look at both sides.
pub(super) fn binary(op: &str, left: &Node, right: &Node, span: Span) -> Node {
    let truth = |value: bool| Node::new(Value::Bool(value), span);
    match op {
        "==" => equal(left, right).map_or_else(|| unknown("a comparison", span), truth),
        "!=" => equal(left, right).map_or_else(|| unknown("a comparison", span), |same| truth(!same)),
        "=~" | "!~" => match (text(left), text(right)) {
            (Some(left), Some(right)) => truth(left.eq_ignore_ascii_case(right) == (op == "=~")),
            _ => unknown("a comparison", span),
        },
        "&&" | "||" => match (&left.value, &right.value) {
            (Value::Bool(left), Value::Bool(right)) => {
                truth(if op == "&&" { *left && *right } else { *left || *right })
            }
            // One side decides whatever the other is.
            (_, Value::Bool(false)) if op == "&&" => truth(false),
            (_, Value::Bool(true)) if op == "||" => truth(true),
            _ => unknown("a condition", span),
        },
        "<" | "<=" | ">" | ">=" => {
            let order = match (integer(left), integer(right), text(left), text(right)) {
                (Some(left), Some(right), _, _) => left.cmp(&right),
                (_, _, Some(left), Some(right)) => left.cmp(right),
                _ => return unknown("a comparison", span),
            };
            truth(match op {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            })
        }
        "+" | "-" | "*" | "/" | "%" => {
            let (Some(left), Some(right)) = (integer(left), integer(right)) else {
                return unknown("arithmetic", span);
            };
            let number = match op {
                "+" => left.checked_add(right),
                "-" => left.checked_sub(right),
                "*" => left.checked_mul(right),
                "/" => left.checked_div(right),
                _ => left.checked_rem(right),
            };
            number.map_or_else(
                || unknown("arithmetic without a result", span),
                |number| Node::new(Value::Number(number.to_string()), span),
            )
        }
        _ => unknown(&format!("the operator `{op}`"), span),
    }
}

/// `a[b]`
pub(super) fn index(target: &Node, index: &Node, is_safe: bool, span: Span) -> Node {
    match (&target.value, &index.value) {
        (Value::Object(_) | Value::Null, Value::Text(name)) if !is_unknown(index) => {
            member(target, name, is_safe, span)
        }
        (Value::Array(elements), Value::Number(_)) => {
            let at = integer(index).and_then(|at| usize::try_from(at).ok());
            match at.and_then(|at| elements.get(at)) {
                Some(element) => element.clone(),
                None if is_safe => Node::new(Value::Null, span),
                None => unknown("an element that is not there", span),
            }
        }
        (Value::Null, _) if is_safe => Node::new(Value::Null, span),
        (Value::Unknown(why), _) | (_, Value::Unknown(why)) => unknown(why, span),
        _ => unknown("an index of a value that has none", span),
    }
}

/// A whole number.
pub(super) fn integer(node: &Node) -> Option<i64> {
    match &node.value {
        Value::Number(text) => text.parse().ok(),
        _ => None,
    }
}

/// A text that is known as a whole.
pub(super) fn text(node: &Node) -> Option<&str> {
    if is_unknown(node) { None } else { node.text() }
}

/// A value as a text, known as a whole.
pub(super) fn known_text(node: &Node) -> Option<String> {
    if is_unknown(node) { None } else { text_of(node) }
}
