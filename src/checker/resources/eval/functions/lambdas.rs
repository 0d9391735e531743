//! Functions that take a lambda.

use super::super::loops::number_of;
use super::super::machine::{LocalKind, Machine, Scope};
use super::super::syntax::{Expr, ExprKind};
use super::super::value::{Field, V, Val};
use super::bind;
use crate::diagnostics::Span;
use std::sync::Arc;

/// Longest list that is sorted.
const MAX_SORTED: usize = 300;

/// The value of a call, if the function is one of these.
pub(super) fn call(
    machine: &mut Machine<'_>,
    name: &str,
    arguments: &[Expr],
    span: Span,
    scope: Scope<'_>,
) -> Option<Val> {
    let takes = matches!(name, "map" | "filter" | "reduce" | "sort" | "toobject" | "groupby" | "mapvalues");
    let first = arguments.first().filter(|_| takes)?;
    let first = machine.eval(first, scope);
    let first = machine.listed(first);
    if let V::Unknown(unknown) = &first.value {
        return Some(Val::new(V::Unknown(unknown.clone()), span));
    }
    let lambda = arguments.get(1);
    if name == "mapvalues" {
        return Some(map_values(machine, &first, lambda, span, scope));
    }
    let Some(elements) = first.value.elements() else {
        return Some(Val::unknown("it is not a list", name, span));
    };
    let value = match name {
        "map" => {
            let mut made = Vec::with_capacity(elements.len());
            for (index, element) in elements.iter().enumerate() {
                made.push(apply(machine, lambda, vec![element.clone(), at(index, span)], span, scope));
            }
            V::array(made)
        }
        "filter" => {
            let mut kept = Vec::new();
            for (index, element) in elements.iter().enumerate() {
                let keep = apply(machine, lambda, vec![element.clone(), at(index, span)], span, scope);
                match keep.value.as_bool() {
                    Some(true) => kept.push(element.clone()),
                    Some(false) => {}
                    None => kept.push(Val::unknown("a condition decides it", "condition", element.span)),
                }
            }
            V::array(kept)
        }
        "reduce" => {
            let mut result = arguments.get(1).map(|start| machine.eval(start, scope))?;
            for (index, element) in elements.iter().enumerate() {
                let given = vec![result, element.clone(), at(index, span)];
                result = apply(machine, arguments.get(2), given, span, scope);
            }
            return Some(result);
        }
        "sort" => return Some(sort(machine, elements, lambda, span, scope)),
        "toobject" | "groupby" => {
            let mut fields: Vec<Field> = Vec::new();
            for element in elements {
                let key = apply(machine, lambda, vec![element.clone()], span, scope);
                let Some(name_text) = key.value.known_text() else {
                    return Some(Val::unknown("a name in it is known only when deployed", name, span));
                };
                let value = match arguments.get(2) {
                    Some(_) => apply(machine, arguments.get(2), vec![element.clone()], span, scope),
                    None => element.clone(),
                };
                let name_span = key.span;
                let value = if name == "groupby" {
                    let of_key = fields.iter().find(|field| &*field.name == name_text);
                    let mut group =
                        of_key.and_then(|f| f.value.value.elements()).unwrap_or_default().to_vec();
                    if !machine.spend(group.len() as u64) {
                        break;
                    }
                    group.push(value);
                    fields.retain(|field| &*field.name != name_text);
                    Val::new(V::array(group), span)
                } else {
                    value
                };
                fields.push(Field { name: Arc::from(name_text), name_span, value });
            }
            V::object(fields)
        }
        _ => return None,
    };
    Some(Val::new(value, span))
}

fn at(index: usize, span: Span) -> Val {
    Val::new(number_of(index), span)
}

fn map_values(
    machine: &mut Machine<'_>,
    object: &Val,
    lambda: Option<&Expr>,
    span: Span,
    scope: Scope<'_>,
) -> Val {
    let Some(members) = object.value.members() else {
        return Val::unknown("it is not an object", "map", span);
    };
    let mut fields = Vec::with_capacity(members.len());
    for member in members {
        let value = apply(machine, lambda, vec![member.value.clone()], span, scope);
        fields.push(Field { value, ..member.clone() });
    }
    Val::new(V::object(fields), span)
}

/// By insertion: the comparison may be any, and says only whether the first comes before the second.
fn sort(
    machine: &mut Machine<'_>,
    elements: &[Val],
    lambda: Option<&Expr>,
    span: Span,
    scope: Scope<'_>,
) -> Val {
    if elements.len() > MAX_SORTED {
        return Val::unknown("the list is too long to be sorted", "sort", span);
    }
    let mut sorted: Vec<Val> = Vec::with_capacity(elements.len());
    for element in elements {
        let mut place = sorted.len();
        while let Some(before) = place.checked_sub(1).and_then(|before| sorted.get(before)) {
            let given = vec![element.clone(), before.clone()];
            match apply(machine, lambda, given, span, scope).value.as_bool() {
                Some(true) => place -= 1,
                Some(false) => break,
                None => return Val::unknown("the order is known only when deployed", "sort", span),
            }
        }
        sorted.insert(place, element.clone());
    }
    Val::new(V::array(sorted), span)
}

/// The value of a lambda, which may be written `(a, b) => ..` or `lambda('a', 'b', ..)`.
fn apply(
    machine: &mut Machine<'_>,
    lambda: Option<&Expr>,
    values: Vec<Val>,
    span: Span,
    scope: Scope<'_>,
) -> Val {
    let (names, body): (Vec<&str>, &Expr) = match lambda.map(|lambda| &lambda.kind) {
        Some(ExprKind::Lambda { names, body }) => (names.iter().map(|name| &**name).collect(), body),
        Some(ExprKind::Call { on: None, name, arguments }) if name.eq_ignore_ascii_case("lambda") => {
            let Some((body, names)) = arguments.split_last() else {
                return Val::unknown("the lambda has no body", "lambda", span);
            };
            (names.iter().filter_map(Expr::literal).collect(), body)
        }
        _ => return Val::unknown("it is not a lambda", "lambda", span),
    };
    bind(machine, &names, values, LocalKind::Name, scope, &mut |machine, scope| machine.eval(body, scope))
}
