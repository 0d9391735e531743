//! The functions of templates that look at their arguments only, by their names in lower case.
//!
//! What is not listed here, and what gives something that only the deployment knows (`uniqueString`, `guid`,
//! `reference`, `listKeys`, `resourceGroup`), is unknown.

use super::operators::{binary, integer, known_text, text};
use super::value::{UNKNOWN_PART, equal, is_unknown, join_text, text_of, unknown};
use super::{MAX_ELEMENTS, MAX_TEXT};
use crate::diagnostics::Span;
use crate::tree::json::{Member, Node, Value, parse};

/// The value of a function.
pub(super) fn call(name: &str, arguments: &[Node], span: Span) -> Node {
    let result = match name {
        "resourceid"
        | "subscriptionresourceid"
        | "tenantresourceid"
        | "managementgroupresourceid"
        | "extensionresourceid" => resource_id(name, arguments),
        "concat" => concat(arguments, span),
        "format" => format_text(arguments, span),
        "union" => union(arguments, span),
        "intersection" => intersection(arguments, span),
        "createobject" => create_object(arguments, span),
        "createarray" => Some(Node::new(Value::Array(arguments.to_vec()), span)),
        "range" => range(arguments, span),
        "length" => length(arguments, span),
        // What only says something of types.
        "any" | "nonnull" => arguments.first().cloned(),
        "null" => Some(Node::new(Value::Null, span)),
        "true" => Some(Node::new(Value::Bool(true), span)),
        "false" => Some(Node::new(Value::Bool(false), span)),
        "equals" | "less" | "lessorequals" | "greater" | "greaterorequals" | "add" | "sub" | "mul"
        | "div" | "mod" => operator(name, arguments, span),
        "not" => arguments.first().map(|value| super::operators::unary("!", value, span)),
        "min" | "max" => extreme(name, arguments, span),
        "string" => string(arguments, span),
        "int" => int(arguments, span),
        "bool" => boolean(arguments, span),
        "json" => json(arguments, span),
        "array" => array(arguments, span),
        "split" | "join" | "replace" | "substring" | "tolower" | "toupper" | "trim" | "startswith"
        | "endswith" | "indexof" | "lastindexof" | "padleft" | "uricomponent" | "uri" | "guid"
        | "uniquestring" | "base64" => texts(name, arguments, span),
        "first" | "last" | "skip" | "take" | "contains" | "empty" | "flatten" | "shallowmerge" | "tryget"
        | "items" | "objectkeys" | "tostring" => lists(name, arguments, span),
        _ => None,
    };
    match result {
        Some(value) => Node { span: placed(&value, span), ..value },
        None => unknown(&format!("`{name}()`"), span),
    }
}

/// A scalar that is computed stands where its expression stands; lists and objects keep the places of their parts.
fn placed(value: &Node, span: Span) -> Span {
    match &value.value {
        Value::Array(_) | Value::Object(_) => value.span,
        _ => span,
    }
}

fn resource_id(function: &str, arguments: &[Node]) -> Option<Node> {
    let span = arguments.last()?.span;
    let at = arguments.iter().position(|argument| {
        argument
            .text()
            .is_some_and(|text| text.contains('/') && text.split('/').next().is_some_and(|p| p.contains('.')))
    })?;
    let (_, rest) = arguments.split_at_checked(at)?;
    let (kind, names) = rest.split_first()?;
    let kind = kind.text()?;
    let (provider, types) = kind.split_once('/')?;
    let mut id = match function {
        "subscriptionresourceid" => format!("/subscriptions/{UNKNOWN_PART}"),
        "tenantresourceid" => String::new(),
        _ => format!("/subscriptions/{UNKNOWN_PART}/resourceGroups/{UNKNOWN_PART}"),
    };
    id.push_str("/providers/");
    id.push_str(provider);
    let mut names = names.iter();
    for part in types.split('/') {
        let name = names.next().and_then(text_of).unwrap_or_else(|| UNKNOWN_PART.to_owned());
        id.push('/');
        id.push_str(part);
        id.push('/');
        id.push_str(&name);
    }
    Some(Node::new(Value::Text(id), span))
}

fn concat(arguments: &[Node], span: Span) -> Option<Node> {
    if arguments.iter().any(|argument| argument.elements().is_some()) {
        let mut all = Vec::new();
        for argument in arguments {
            match &argument.value {
                Value::Array(elements) => all.extend(elements.iter().cloned()),
                Value::Null => {}
                _ => all.push(unknown("elements that only the deployment knows", argument.span)),
            }
            if all.len() > MAX_ELEMENTS {
                return None;
            }
        }
        return Some(Node::new(Value::Array(all), span));
    }
    Some(join_text(arguments, span))
}

/// `{0}` and so on; `{{` is a bracket. Other forms of format items are not evaluated.
fn format_text(arguments: &[Node], span: Span) -> Option<Node> {
    let (pattern, values) = arguments.split_first()?;
    let mut rest = text(pattern)?;
    let mut pieces = Vec::new();
    let piece = |text: &str| Node::new(Value::Text(text.to_owned()), span);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at_checked(at)?;
        pieces.push(piece(before));
        if let Some(after) = from.strip_prefix("{{") {
            pieces.push(piece("{"));
            rest = after;
        } else if let Some(after) = from.strip_prefix("}}") {
            pieces.push(piece("}"));
            rest = after;
        } else {
            let (item, after) = from.strip_prefix('{')?.split_once('}')?;
            let index: usize = item.trim().parse().ok()?;
            pieces.push(values.get(index)?.clone());
            rest = after;
        }
    }
    pieces.push(piece(rest));
    Some(join_text(&pieces, span))
}

fn union(arguments: &[Node], span: Span) -> Option<Node> {
    let mut arguments = arguments.iter();
    let mut all = arguments.next()?.clone();
    for more in arguments {
        all = match (all.value, &more.value) {
            (Value::Object(members), Value::Object(others)) => merged(members, others, true, span),
            (Value::Array(mut elements), Value::Array(others)) => {
                for other in others {
                    if !elements.iter().any(|element| equal(element, other) == Some(true)) {
                        elements.push(other.clone());
                    }
                }
                Node::new(Value::Array(elements), span)
            }
            _ => return None,
        };
    }
    Some(all)
}

/// One object over another; objects inside are merged too, if `is_deep`.
fn merged(mut members: Vec<Member>, others: &[Member], is_deep: bool, span: Span) -> Node {
    for other in others {
        match members.iter_mut().find(|member| member.name == other.name) {
            Some(known) => {
                known.value = match (&known.value.value, &other.value.value) {
                    (Value::Object(inner), Value::Object(more)) if is_deep => {
                        merged(inner.clone(), more, true, other.value.span)
                    }
                    _ => other.value.clone(),
                };
            }
            None => members.push(other.clone()),
        }
    }
    Node::new(Value::Object(members), span)
}

fn intersection(arguments: &[Node], span: Span) -> Option<Node> {
    let (first, rest) = arguments.split_first()?;
    let elements = first.elements()?;
    let is_in = |element: &&Node| {
        rest.iter().all(|other| {
            other.elements().is_some_and(|others| others.iter().any(|o| equal(element, o) == Some(true)))
        })
    };
    Some(Node::new(Value::Array(elements.iter().filter(is_in).cloned().collect()), span))
}

fn create_object(arguments: &[Node], span: Span) -> Option<Node> {
    let mut members = Vec::new();
    for pair in arguments.chunks(2) {
        let [name, value] = pair else { return None };
        members.push(Member { name: known_text(name)?, name_span: name.span, value: value.clone() });
    }
    Some(Node::new(Value::Object(members), span))
}

fn range(arguments: &[Node], span: Span) -> Option<Node> {
    let [first, count] = arguments else { return None };
    let (first, count) = (integer(first)?, usize::try_from(integer(count)?).ok()?);
    if count > MAX_ELEMENTS {
        return None;
    }
    let number = |at: usize| first.checked_add(i64::try_from(at).ok()?);
    let numbers: Option<Vec<i64>> = (0..count).map(number).collect();
    let nodes = numbers?.into_iter().map(|n| Node::new(Value::Number(n.to_string()), span)).collect();
    Some(Node::new(Value::Array(nodes), span))
}

fn length(arguments: &[Node], span: Span) -> Option<Node> {
    let count = match &arguments.first()?.value {
        Value::Array(elements) => elements.len(),
        Value::Object(members) => members.len(),
        Value::Text(text) if !text.contains(UNKNOWN_PART) => text.chars().count(),
        _ => return None,
    };
    Some(Node::new(Value::Number(count.to_string()), span))
}

fn operator(name: &str, arguments: &[Node], span: Span) -> Option<Node> {
    let [left, right] = arguments else { return None };
    let op = match name {
        "equals" => "==",
        "less" => "<",
        "lessorequals" => "<=",
        "greater" => ">",
        "greaterorequals" => ">=",
        "add" => "+",
        "sub" => "-",
        "mul" => "*",
        "div" => "/",
        _ => "%",
    };
    Some(binary(op, left, right, span))
}

fn extreme(name: &str, arguments: &[Node], span: Span) -> Option<Node> {
    let values = match arguments {
        [only] => only.elements().unwrap_or(arguments),
        _ => arguments,
    };
    let numbers: Option<Vec<i64>> = values.iter().map(integer).collect();
    let numbers = numbers?;
    let found = if name == "min" { numbers.iter().min() } else { numbers.iter().max() };
    Some(Node::new(Value::Number(found?.to_string()), span))
}

fn string(arguments: &[Node], span: Span) -> Option<Node> {
    let value = arguments.first()?;
    match text_of(value) {
        Some(text) => Some(Node::new(Value::Text(text), span)),
        None => None,
    }
}

fn int(arguments: &[Node], span: Span) -> Option<Node> {
    let number: i64 = known_text(arguments.first()?)?.trim().parse().ok()?;
    Some(Node::new(Value::Number(number.to_string()), span))
}

fn boolean(arguments: &[Node], span: Span) -> Option<Node> {
    let value = match known_text(arguments.first()?)?.to_ascii_lowercase().as_str() {
        "true" | "1" => true,
        "false" | "0" => false,
        _ => return None,
    };
    Some(Node::new(Value::Bool(value), span))
}

fn json(arguments: &[Node], span: Span) -> Option<Node> {
    let text = text(arguments.first()?)?;
    let node = parse(span.source, text, &mut crate::diagnostics::Diagnostics::new())?;
    Some(moved(node, span))
}

/// The value with one place for all of it.
fn moved(node: Node, span: Span) -> Node {
    let value = match node.value {
        Value::Array(elements) => Value::Array(elements.into_iter().map(|e| moved(e, span)).collect()),
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|m| Member { name: m.name, name_span: span, value: moved(m.value, span) })
                .collect(),
        ),
        other => other,
    };
    Node::new(value, span)
}

fn array(arguments: &[Node], span: Span) -> Option<Node> {
    let value = arguments.first()?;
    Some(match &value.value {
        Value::Array(_) => value.clone(),
        Value::Unknown(_) => return None,
        _ => Node::new(Value::Array(vec![value.clone()]), span),
    })
}

fn texts(name: &str, arguments: &[Node], span: Span) -> Option<Node> {
    let give = |text: String| (text.len() <= MAX_TEXT).then(|| Node::new(Value::Text(text), span));
    let truth = |value: bool| Some(Node::new(Value::Bool(value), span));
    let number = |value: usize| Some(Node::new(Value::Number(value.to_string()), span));
    let first = arguments.first()?;
    let second = arguments.get(1);
    match name {
        // Parts that are not known stay what they are.
        "tolower" => give(first.text()?.to_lowercase()),
        "toupper" => give(first.text()?.to_uppercase().replace(&UNKNOWN_PART.to_uppercase(), UNKNOWN_PART)),
        "replace" => give(first.text()?.replace(text(second?)?, &text_of(arguments.get(2)?)?)),
        "trim" => give(text(first)?.trim().to_owned()),
        "join" => {
            let by = text(second?)?;
            let parts: Option<Vec<String>> = first.elements()?.iter().map(text_of).collect();
            give(parts?.join(by))
        }
        "split" => {
            let by = match &second?.value {
                Value::Array(all) => {
                    all.iter().map(|d| text(d).map(str::to_owned)).collect::<Option<Vec<_>>>()?
                }
                _ => vec![text(second?)?.to_owned()],
            };
            let mut parts = vec![first.text()?.to_owned()];
            for separator in by.iter().filter(|separator| !separator.is_empty()) {
                parts = parts.iter().flat_map(|p| p.split(separator.as_str()).map(str::to_owned)).collect();
            }
            let nodes = parts.into_iter().map(|part| {
                let whole = part == UNKNOWN_PART;
                if whole { unknown("a part of a text", span) } else { Node::new(Value::Text(part), span) }
            });
            Some(Node::new(Value::Array(nodes.collect()), span))
        }
        "substring" => {
            let start = usize::try_from(integer(second?)?).ok()?;
            let chars = text(first)?.chars().skip(start);
            give(match arguments.get(2) {
                Some(length) => chars.take(usize::try_from(integer(length)?).ok()?).collect(),
                None => chars.collect(),
            })
        }
        "startswith" => truth(text(first)?.to_lowercase().starts_with(&text(second?)?.to_lowercase())),
        "endswith" => truth(text(first)?.to_lowercase().ends_with(&text(second?)?.to_lowercase())),
        "indexof" => {
            let (within, part) = (text(first)?.to_lowercase(), text(second?)?.to_lowercase());
            match within.find(&part) {
                Some(at) => number(within.get(..at)?.chars().count()),
                None => Some(Node::new(Value::Number("-1".to_owned()), span)),
            }
        }
        "padleft" => {
            let width = usize::try_from(integer(second?)?).ok().filter(|width| *width <= 1_000)?;
            let fill = match arguments.get(2) {
                Some(fill) => text(fill)?.chars().next()?,
                None => ' ',
            };
            let own = known_text(first)?;
            let missing = width.saturating_sub(own.chars().count());
            give(std::iter::repeat_n(fill, missing).chain(own.chars()).collect())
        }
        "uri" => {
            let (base, path) = (text(first)?, text(second?)?);
            let base = base.rsplit_once('/').map_or(base, |(front, _)| front);
            give(format!("{base}/{}", path.trim_start_matches('/')))
        }
        _ => None,
    }
}

fn lists(name: &str, arguments: &[Node], span: Span) -> Option<Node> {
    let truth = |value: bool| Some(Node::new(Value::Bool(value), span));
    let first = arguments.first()?;
    let second = arguments.get(1);
    match (name, &first.value) {
        ("first" | "last", Value::Array(elements)) => {
            let found = if name == "first" { elements.first() } else { elements.last() };
            Some(found.cloned().unwrap_or_else(|| Node::new(Value::Null, span)))
        }
        ("first" | "last", Value::Text(_)) => {
            let own = text(first)?;
            let found = if name == "first" { own.chars().next() } else { own.chars().next_back() };
            Some(Node::new(Value::Text(found.map(String::from).unwrap_or_default()), span))
        }
        ("skip" | "take", Value::Array(elements)) => {
            let count = usize::try_from(integer(second?)?).unwrap_or(0);
            let kept = if name == "skip" {
                elements.iter().skip(count).cloned().collect()
            } else {
                elements.iter().take(count).cloned().collect()
            };
            Some(Node::new(Value::Array(kept), span))
        }
        ("skip" | "take", Value::Text(_)) => {
            let count = usize::try_from(integer(second?)?).unwrap_or(0);
            let chars = text(first)?.chars();
            let kept = if name == "skip" { chars.skip(count).collect() } else { chars.take(count).collect() };
            Some(Node::new(Value::Text(kept), span))
        }
        ("contains", Value::Array(elements)) => {
            let wanted = second?;
            let answers: Vec<Option<bool>> = elements.iter().map(|element| equal(element, wanted)).collect();
            if answers.contains(&Some(true)) {
                return truth(true);
            }
            if answers.contains(&None) { None } else { truth(false) }
        }
        ("contains", Value::Object(members)) => {
            let wanted = known_text(second?)?;
            truth(members.iter().any(|member| member.name.eq_ignore_ascii_case(&wanted)))
        }
        ("contains", Value::Text(_)) => truth(text(first)?.contains(&known_text(second?)?)),
        ("empty", Value::Array(elements)) => truth(elements.is_empty()),
        ("empty", Value::Object(members)) => truth(members.is_empty()),
        ("empty", Value::Text(own)) => truth(own.is_empty()),
        ("empty", Value::Null) => truth(true),
        ("flatten", Value::Array(elements)) => {
            let mut all = Vec::new();
            for element in elements {
                match element.elements() {
                    Some(more) => all.extend(more.iter().cloned()),
                    None => all.push(unknown("elements that only the deployment knows", element.span)),
                }
            }
            (all.len() <= MAX_ELEMENTS).then(|| Node::new(Value::Array(all), span))
        }
        ("shallowmerge", Value::Array(elements)) => {
            let mut all = Node::new(Value::Object(Vec::new()), span);
            for element in elements {
                let Value::Object(members) = all.value else { return None };
                all = merged(members, element.members()?, false, span);
            }
            Some(all)
        }
        ("tryget", _) => {
            let mut found = first.clone();
            for step in arguments.iter().skip(1) {
                found = super::operators::index(&found, step, true, span);
            }
            Some(found)
        }
        ("items", Value::Object(members)) => {
            let mut sorted: Vec<&Member> = members.iter().collect();
            sorted.sort_by_key(|member| member.name.to_lowercase());
            let item = |member: &&Member| {
                let key = Node::new(Value::Text(member.name.clone()), member.name_span);
                let named = |name: &str, value| Member { name: name.to_owned(), name_span: span, value };
                let both = vec![named("key", key), named("value", member.value.clone())];
                Node::new(Value::Object(both), member.name_span)
            };
            Some(Node::new(Value::Array(sorted.iter().map(item).collect()), span))
        }
        ("objectkeys", Value::Object(members)) => {
            let key = |member: &Member| Node::new(Value::Text(member.name.clone()), member.name_span);
            Some(Node::new(Value::Array(members.iter().map(key).collect()), span))
        }
        _ if is_unknown(first) => None,
        _ => None,
    }
}
