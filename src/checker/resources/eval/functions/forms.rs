//! Functions that do not evaluate all arguments, or look at where they stand.

use super::super::machine::{LocalKind, Machine, Scope};
use super::super::syntax::Expr;
use super::super::value::{V, Val};
use crate::diagnostics::Span;

/// As they are spelt.
pub(super) const NAMES: &[&str] = &["if", "and", "or", "coalesce", "parameters", "variables", "copyIndex"];

/// The value of a call, if the function is one of these.
pub(super) fn call(
    machine: &mut Machine<'_>,
    name: &str,
    arguments: &[Expr],
    span: Span,
    scope: Scope<'_>,
) -> Option<Val> {
    Some(match (name, arguments) {
        ("if", [condition, yes, no]) => choose(machine, condition, yes, no, span, scope),
        ("and", _) => all(machine, arguments, false, span, scope),
        ("or", _) => all(machine, arguments, true, span, scope),
        ("coalesce", _) => coalesce(machine, arguments, span, scope),
        ("parameters", [name]) => {
            let name = machine.eval(name, scope);
            let Some(name) = name.value.known_text() else {
                return Some(Val::unknown("which parameter is known only when deployed", "parameter", span));
            };
            let mut local = scope.locals;
            while let Some(at) = local {
                if at.kind == LocalKind::Argument && at.name.eq_ignore_ascii_case(name) {
                    return Some(at.value.clone());
                }
                local = at.up;
            }
            machine.declared(scope.frame, "p:", name, span)
        }
        ("variables", [name]) => {
            let name = machine.eval(name, scope);
            match name.value.known_text() {
                Some(name) => machine.declared(scope.frame, "v:", name, span),
                None => Val::unknown("which variable is known only when deployed", "variable", span),
            }
        }
        ("lambdavariables", [name]) => {
            let name = machine.eval(name, scope);
            let wanted = name.value.known_text().unwrap_or_default();
            let mut local = scope.locals;
            while let Some(at) = local {
                if at.kind == LocalKind::Name && at.name.eq_ignore_ascii_case(wanted) {
                    return Some(at.value.clone());
                }
                local = at.up;
            }
            Val::unknown("the name is not of a lambda around it", wanted, span)
        }
        ("copyindex", _) => copy_index(machine, arguments, span, scope),
        ("resourceinfo", [name]) => {
            let name = machine.eval(name, scope);
            match name.value.known_text() {
                Some(name) => machine.declared(scope.frame, "r:", name, span),
                None => return None,
            }
        }
        ("null", []) => Val::new(V::Null, span),
        ("true", []) => Val::new(V::Bool(true), span),
        ("false", []) => Val::new(V::Bool(false), span),
        // Type checks only.
        ("any" | "nonnull", [value]) => machine.eval(value, scope),
        _ => return None,
    })
}

fn choose(
    machine: &mut Machine<'_>,
    condition: &Expr,
    yes: &Expr,
    no: &Expr,
    span: Span,
    scope: Scope<'_>,
) -> Val {
    let condition = machine.eval(condition, scope);
    match condition.value.as_bool() {
        Some(true) => machine.eval(yes, scope),
        Some(false) => machine.eval(no, scope),
        None => {
            let yes = machine.eval(yes, scope);
            let no = machine.eval(no, scope);
            if yes.value.same(&no.value) == Some(true) {
                return yes;
            }
            let label = format!("if-{}", condition.value.label());
            Val::unknown("a condition that only the deployment knows decides it", &label, span)
        }
    }
}

/// `and`, `or`: `decisive` is the value of one that decides alone.
fn all(machine: &mut Machine<'_>, arguments: &[Expr], decisive: bool, span: Span, scope: Scope<'_>) -> Val {
    let mut unknown = None;
    for argument in arguments {
        let value = machine.eval(argument, scope);
        match value.value.as_bool() {
            Some(known) if known == decisive => return Val::new(V::Bool(decisive), span),
            Some(_) => {}
            None => unknown = Some(value),
        }
    }
    match unknown {
        Some(value) => match value.value {
            V::Unknown(unknown) => Val::new(V::Unknown(unknown), span),
            _ => Val::unknown("it is not true or false", "condition", span),
        },
        None => Val::new(V::Bool(!decisive), span),
    }
}

fn coalesce(machine: &mut Machine<'_>, arguments: &[Expr], span: Span, scope: Scope<'_>) -> Val {
    for argument in arguments {
        let value = machine.eval(argument, scope);
        if !matches!(value.value, V::Null) {
            return value;
        }
    }
    Val::new(V::Null, span)
}

/// The index of a `copy` by name, or of the one that a resource has; else of the innermost one.
fn copy_index(machine: &mut Machine<'_>, arguments: &[Expr], span: Span, scope: Scope<'_>) -> Val {
    let values: Vec<Val> = arguments.iter().map(|argument| machine.eval(argument, scope)).collect();
    let wanted = values.iter().find_map(|value| value.value.known_text());
    let offset = values.iter().find_map(|value| value.value.as_int()).unwrap_or(0);
    let mut local = scope.locals;
    let mut innermost = None;
    while let Some(at) = local {
        let is_copy = matches!(at.kind, LocalKind::Copy | LocalKind::ResourceCopy);
        let is_meant = match wanted {
            Some(wanted) => at.name.eq_ignore_ascii_case(wanted),
            None => at.kind == LocalKind::ResourceCopy,
        };
        if is_copy && wanted.is_none() {
            innermost = innermost.or(Some(&at.value));
        }
        if is_copy && is_meant {
            innermost = Some(&at.value);
            break;
        }
        local = at.up;
    }
    let Some(index) = innermost else {
        return Val::unknown("there is no such loop around it", "index", span);
    };
    match index.value.as_int() {
        Some(index) => Val::new(V::int(index.saturating_add(offset)), span),
        None => Val { span, ..index.clone() },
    }
}
