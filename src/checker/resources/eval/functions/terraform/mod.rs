//! The functions of Terraform.
//!
//! Rules
//! - Names count as they are spelt. Where the meaning is that of a function of templates, that one is called.
//! - `try` and `can` look at whether a value fails: a member that is not there, an index too large. What only the
//!   deployment knows does not fail.
//! - Names with a space are what the reader makes of splats and `for`.
//!
//! Deliberately not modelled: time, random and hashed texts, regular expressions, YAML, CSV, addresses of networks,
//! encodings. They are unknown.

mod collections;
mod files;
mod json;
mod texts;

use super::super::machine::{Machine, Scope};
use super::super::syntax::{Expr, ExprKind};
use super::super::value::{Unknown, V, Val};
use super::{Outcome, finish, lists, numbers, texts as shared_texts};
use crate::diagnostics::{Diagnostic, Span};

/// Functions whose result is not computed here.
const UNKNOWN: &[&str] = &[
    "abspath",
    "base64decode",
    "base64encode",
    "base64gzip",
    "base64sha256",
    "base64sha512",
    "bcrypt",
    "chunklist",
    "cidrhost",
    "cidrnetmask",
    "cidrsubnet",
    "cidrsubnets",
    "csvdecode",
    "filebase64",
    "filebase64sha256",
    "filebase64sha512",
    "filemd5",
    "fileset",
    "filesha1",
    "filesha256",
    "filesha512",
    "formatdate",
    "log",
    "matchkeys",
    "md5",
    "parseint",
    "pathexpand",
    "plantimestamp",
    "pow",
    "regex",
    "regexall",
    "rsadecrypt",
    "setproduct",
    "sha1",
    "sha256",
    "sha512",
    "signum",
    "strrev",
    "templatestring",
    "textdecodebase64",
    "textencodebase64",
    "timeadd",
    "timecmp",
    "timestamp",
    "title",
    "transpose",
    "type",
    "uuid",
    "uuidv5",
    "yamldecode",
    "yamlencode",
];

/// Those that mean what a function of templates means.
const SHARED: &[(&str, &str)] = &[
    ("concat", "concat"),
    ("contains", "contains"),
    ("keys", "objectkeys"),
    ("length", "length"),
    ("lower", "tolower"),
    ("max", "max"),
    ("min", "min"),
    ("trimspace", "trim"),
    ("upper", "toupper"),
    ("urlencode", "uricomponent"),
];

/// The value of a call.
pub(super) fn call(
    machine: &mut Machine<'_>,
    name: &str,
    arguments: &[Expr],
    span: Span,
    scope: Scope<'_>,
) -> Val {
    if let Some(value) = chosen(machine, name, arguments, span, scope) {
        return value;
    }
    if name.contains("::") || UNKNOWN.contains(&name) || name.starts_with("terraform.") {
        return Val::unknown(&format!("`{name}` is known only when deployed"), name, span);
    }
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let value = given(machine, argument, scope, &mut values);
        if let Some(unknown) = value {
            return Val::new(V::Unknown(unknown), span);
        }
    }
    let work: u64 = values.iter().map(|value| value.value.size().min(100_000) / 16).sum();
    if !machine.spend(work) {
        return Val::unknown("there is too much to evaluate", "limit", span);
    }
    let shared = SHARED.iter().find(|(own, _)| *own == name).map(|(_, shared)| *shared);
    let known = match shared {
        Some(shared) => lists::call(machine, shared, &values)
            .or_else(|| shared_texts::call(machine, shared, &values))
            .or_else(|| numbers::call(shared, &values)),
        None => files::call(machine, name, &values, span, scope)
            .or_else(|| collections::call(machine, name, &values, span))
            .or_else(|| texts::call(machine, name, &values, span))
            .or_else(|| json::call(name, &values)),
    };
    if known.is_none() && !is_known(name) {
        tell_unknown(machine, name, span);
        return Val::unknown("the function is not known", name, span);
    }
    finish(known.unwrap_or(Outcome::Unknown), name, &values, span)
}

/// Adds the value of an argument; with `...` behind it, those of its elements. What is returned is a list of unknown
/// elements.
fn given(
    machine: &mut Machine<'_>,
    argument: &Expr,
    scope: Scope<'_>,
    values: &mut Vec<Val>,
) -> Option<Unknown> {
    let expanded = match &argument.kind {
        ExprKind::Call { on: None, name, arguments } if &**name == "..." => arguments.first(),
        _ => None,
    };
    let value = machine.eval(expanded.unwrap_or(argument), scope);
    let value = machine.listed(value);
    match (&value.value, expanded) {
        (V::Array(list), Some(_)) => {
            if !machine.spend(list.elements.len() as u64) {
                return Some(Unknown::new("there is too much to evaluate", "limit"));
            }
            values.extend(list.elements.iter().cloned());
        }
        (V::Unknown(unknown), Some(_)) => return Some(unknown.clone()),
        (_, Some(_)) => return Some(Unknown::failure("it is not a list", "list")),
        (_, None) => values.push(value),
    }
    None
}

/// Functions that look at whether their arguments fail.
fn chosen(
    machine: &mut Machine<'_>,
    name: &str,
    arguments: &[Expr],
    span: Span,
    scope: Scope<'_>,
) -> Option<Val> {
    match (name, arguments) {
        ("try", _) => {
            for argument in arguments {
                let value = machine.eval(argument, scope);
                if !matches!(&value.value, V::Unknown(unknown) if unknown.is_failure) {
                    return Some(value);
                }
            }
            Some(Val::failure("nothing in it can be evaluated", "try", span))
        }
        ("can", [argument]) => Some(match machine.eval(argument, scope).value {
            V::Unknown(unknown) if unknown.is_failure => Val::new(V::Bool(false), span),
            V::Unknown(unknown) => Val::new(V::Unknown(unknown), span),
            _ => Val::new(V::Bool(true), span),
        }),
        ("sensitive" | "nonsensitive" | "ephemeralasnull" | "issensitive", [argument]) => {
            let value = machine.eval(argument, scope);
            Some(if name == "issensitive" { Val::new(V::Bool(false), span) } else { value })
        }
        _ => None,
    }
}

/// Names of all that are not shared.
const OWN: [&[&str]; 5] = [collections::NAMES, texts::NAMES, files::NAMES, json::NAMES, UNKNOWN];

/// Whether there is such a function: then it has too few arguments, or wrong ones.
fn is_known(name: &str) -> bool {
    let is_operator = name == "/" || name.contains(' ');
    is_operator || OWN.iter().any(|names| names.contains(&name)) || SHARED.iter().any(|(own, _)| *own == name)
}

fn tell_unknown(machine: &mut Machine<'_>, name: &str, span: Span) {
    let known = OWN
        .iter()
        .copied()
        .flatten()
        .copied()
        .chain(SHARED.iter().map(|(own, _)| *own))
        .chain(["try", "can"]);
    if let Some(hint) = crate::tree::hints::did_you_mean(name, known) {
        let short = crate::tree::json::shorten(name);
        machine.tell(
            Diagnostic::warning("unknown-function", span, format!("there is no function `{short}`"))
                .label("expected a function of Terraform")
                .note("the plan is refused before anything is deployed")
                .help(hint),
        );
    }
}
