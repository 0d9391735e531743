//! The XPath that policies use: paths of names, `*`, `@name`, `text()`, `.`, `..`, `//`, and predicates that
//! are a position, `last()`, or `path = 'text'` with a name, an attribute, `text()`, `.` or `local-name()`.
//!
//! Prefixes have no meaning here: names compare without namespaces when they have one.

use super::super::super::fault::Fault;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::names::split;
use super::tree::{attributes, below, name, node, parent, root, text, visit_children};
use super::{XmlKind, XmlNode};

/// The nodes that the XPath `expression` finds from `start`, in document order.
pub(super) fn select(
    machine: &mut Machine<'_, '_>,
    start: &Value,
    expression: &Value,
) -> Result<Vec<Value>, Fault> {
    let Value::Str(expression) = expression else { return Err(Fault::null_argument("expression")) };
    let mut found: Vec<Value> = Vec::new();
    for path in split_outside(expression, '|') {
        for node in path_from(machine, start, path.trim())? {
            if !found.contains(&node) {
                found.push(node);
            }
        }
    }
    Ok(found)
}

#[cold]
fn unsupported(what: &str) -> Fault {
    Fault::unsupported(format_args!("the XPath `{what}`"))
}

/// The pieces of `text` between separators that are outside of quotes and brackets.
fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut depth, mut quote, mut start) = (0_usize, None, 0_usize);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, c) if c == separator && depth == 0 => {
                pieces.push(text.get(start..at).unwrap_or(""));
                start = at.saturating_add(c.len_utf8());
            }
            (None, '[' | '(') => depth = depth.saturating_add(1),
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    pieces.push(text.get(start..).unwrap_or(""));
    pieces
}

fn path_from(machine: &mut Machine<'_, '_>, start: &Value, path: &str) -> Result<Vec<Value>, Fault> {
    let mut current = vec![start.clone()];
    let mut steps = split_outside(path, '/').into_iter().peekable();
    if path.starts_with('/') {
        steps.next();
        let top = root(machine, start);
        // Above an element without a document there is a root that has no object.
        current = vec![top.clone()];
        let is_document = matches!(node(machine, &top), Some(XmlNode { kind: XmlKind::Document(_), .. }));
        if !is_document {
            let Some(step) = steps.next() else { return Ok(current) };
            let candidates = if step.is_empty() {
                let mut all = vec![top.clone()];
                all.extend(below(machine, &top)?);
                all
            } else {
                vec![top]
            };
            let step = if step.is_empty() { steps.next().unwrap_or("") } else { step };
            let (test, predicates) = parts(step)?;
            let kept: Vec<Value> = candidates.into_iter().filter(|at| passes(machine, at, test)).collect();
            current = filter(machine, kept, &predicates)?;
        }
    }
    while let Some(step) = steps.next() {
        let (step, deep) = match (step, steps.peek()) {
            ("", Some(_)) => (steps.next().unwrap_or(""), true),
            (step, _) => (step, false),
        };
        let (test, predicates) = parts(step)?;
        let mut next: Vec<Value> = Vec::new();
        for at in &current {
            let mut from = vec![at.clone()];
            if deep {
                from.extend(below(machine, at)?);
            }
            for at in from {
                let candidates = axis(machine, &at, test)?;
                let kept = filter(machine, candidates, &predicates)?;
                machine.spend(next.len() as u64)?;
                next.extend(kept.into_iter().filter(|node| !next.contains(node)).collect::<Vec<_>>());
            }
        }
        current = next;
    }
    Ok(current)
}

/// A step's node test and its predicates.
fn parts(step: &str) -> Result<(&str, Vec<&str>), Fault> {
    let step = step.trim();
    let (test, mut rest) = match step.find('[') {
        Some(at) => step.split_at_checked(at).unwrap_or((step, "")),
        None => (step, ""),
    };
    let mut predicates = Vec::new();
    while let Some(inner) = rest.strip_prefix('[') {
        let inner = split_outside(inner, ']');
        let first = inner.first().copied().unwrap_or("");
        predicates.push(first.trim());
        rest = rest.get(first.len().saturating_add(2)..).ok_or_else(|| unsupported(step))?.trim_start();
    }
    if !rest.is_empty() || test.is_empty() {
        return Err(unsupported(step));
    }
    Ok((test.strip_prefix("child::").unwrap_or(test), predicates))
}

/// The nodes that a node test finds from `at`.
fn axis(machine: &mut Machine<'_, '_>, at: &Value, test: &str) -> Result<Vec<Value>, Fault> {
    if test == "." {
        return Ok(vec![at.clone()]);
    }
    if test == ".." {
        let parent = parent(machine, at);
        return Ok(if parent == Value::Null { Vec::new() } else { vec![parent] });
    }
    if let Some(name) = test.strip_prefix('@') {
        let mut found = attributes(machine, at);
        found.retain(|attribute| name == "*" || named(machine, attribute, name));
        return Ok(found);
    }
    if test.contains('(') && !matches!(test, "text()" | "node()" | "comment()") {
        return Err(unsupported(test));
    }
    let mut found = visit_children(machine, at)?;
    found.retain(|child| passes(machine, child, test));
    Ok(found)
}

fn passes(machine: &Machine<'_, '_>, at: &Value, test: &str) -> bool {
    match node(machine, at).map(|node| &node.kind) {
        Some(XmlKind::Element { .. }) => test == "*" || test == "node()" || named(machine, at, test),
        Some(XmlKind::Text(..)) => matches!(test, "text()" | "node()"),
        Some(XmlKind::Comment(_)) => matches!(test, "comment()" | "node()"),
        _ => false,
    }
}

fn named(machine: &Machine<'_, '_>, at: &Value, wanted: &str) -> bool {
    let Some(own) = name(machine, at) else { return false };
    let (namespace, local) = split(&own);
    match wanted.split_once(':') {
        Some((_, wanted)) => !namespace.is_empty() && local == wanted,
        None => namespace.is_empty() && local == wanted,
    }
}

fn filter(
    machine: &mut Machine<'_, '_>,
    mut found: Vec<Value>,
    predicates: &[&str],
) -> Result<Vec<Value>, Fault> {
    for predicate in predicates {
        if let Ok(position) = predicate.parse::<usize>() {
            let kept = position.checked_sub(1).and_then(|index| found.get(index)).cloned();
            found = kept.into_iter().collect();
        } else if *predicate == "last()" {
            found = found.last().cloned().into_iter().collect();
        } else {
            let mut kept = Vec::new();
            for at in found {
                if holds(machine, &at, predicate)? {
                    kept.push(at);
                }
            }
            found = kept;
        }
    }
    Ok(found)
}

fn holds(machine: &mut Machine<'_, '_>, at: &Value, predicate: &str) -> Result<bool, Fault> {
    for conjunction in [" or ", " and "] {
        if let Some((left, right)) = predicate.split_once(conjunction) {
            let left = holds(machine, at, left.trim())?;
            let right = holds(machine, at, right.trim())?;
            return Ok(if conjunction == " or " { left || right } else { left && right });
        }
    }
    let sides = split_outside(predicate, '=');
    match sides.as_slice() {
        [path] => Ok(!path_from(machine, at, path.trim())?.is_empty()),
        [path, literal] => {
            let literal = literal.trim();
            let wanted = ['\'', '"']
                .into_iter()
                .find_map(|quote| literal.strip_prefix(quote)?.strip_suffix(quote))
                .ok_or_else(|| unsupported(predicate))?;
            let path = path.trim();
            if path == "local-name()" || path == "name()" {
                return Ok(name(machine, at).is_some_and(|own| split(&own).1 == wanted));
            }
            for found in path_from(machine, at, path)? {
                if text(machine, &found)? == wanted {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Err(unsupported(predicate)),
    }
}
