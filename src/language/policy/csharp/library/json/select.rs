//! `SelectToken` and `SelectTokens`: running a JSONPath query over tokens.
//!
//! Semantics are those of `JToken.SelectTokens`: a filter looks at the children of what is there,
//! `[*]` takes elements of arrays, `.*` values of objects. Not modelled: `=~`.

use std::cmp::Ordering;

use super::super::super::fault::Fault;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::super::super::{Class, Text};
use super::super::take;
use super::tree::{self, TokenType, kind};
use super::{JsonKind, merge};

mod query;

use query::{Comparison, Filter, Operand, Query, Step};

/// All tokens that the path finds.
pub(super) fn select(
    machine: &mut Machine<'_, '_>,
    token: &Value,
    path: &str,
    must_match: bool,
) -> Result<Vec<Value>, Fault> {
    machine.spend(path.len() as u64)?;
    let query = query::parse(path)?;
    let root = tree::root(machine, token)?;
    let found = run(machine, &query, &root, token, must_match)?;
    if found.is_empty() && must_match {
        return Err(Fault::new(Class::JsonException, format!("Path '{path}' does not exist.")));
    }
    Ok(found)
}

/// The only token that the path finds, or null.
pub(super) fn select_one(
    machine: &mut Machine<'_, '_>,
    token: &Value,
    path: &str,
    must_match: bool,
) -> Result<Value, Fault> {
    let mut found = select(machine, token, path, must_match)?;
    if found.len() > 1 {
        return Err(Fault::new(Class::JsonException, "Path returned multiple tokens."));
    }
    Ok(found.pop().unwrap_or(Value::Null))
}

fn run(
    machine: &mut Machine<'_, '_>,
    query: &Query,
    root: &Value,
    start: &Value,
    must_match: bool,
) -> Result<Vec<Value>, Fault> {
    let mut current = vec![if query.from_root { root.clone() } else { start.clone() }];
    for step in &query.steps {
        let mut next = Vec::new();
        for token in &current {
            apply(machine, step, root, token, must_match, &mut next)?;
        }
        machine.pay(next.len().saturating_mul(16))?;
        current = next;
    }
    Ok(current)
}

#[cold]
fn missing(message: impl Into<Text>) -> Fault {
    Fault::new(Class::JsonException, message)
}

fn apply(
    machine: &mut Machine<'_, '_>,
    step: &Step,
    root: &Value,
    token: &Value,
    must_match: bool,
    found: &mut Vec<Value>,
) -> Result<(), Fault> {
    machine.spend(2)?;
    let token_type = tree::token_type(machine, token);
    match step {
        Step::Fields(names) => {
            for name in names {
                let property = tree::find(machine, token, |other| other == name)?;
                match property {
                    Some((_, property)) => found.push(tree::property_value(machine, &property)),
                    None if must_match && token_type == TokenType::Object => {
                        return Err(missing(format!("Property '{name}' does not exist on JObject.")));
                    }
                    None if must_match => {
                        let class = tree::node(machine, token).map_or("JToken", |node| node.class().name());
                        return Err(missing(format!("Property '{name}' not valid on {class}.")));
                    }
                    None => {}
                }
            }
        }
        Step::AllFields => found.extend(tree::entries(machine, token).into_iter().map(|(_, value)| value)),
        Step::Scan(names) => {
            if names.is_empty() {
                found.push(token.clone());
            }
            for inner in tree::descendants(machine, token)? {
                match kind(machine, &inner) {
                    Some(JsonKind::Property(name, value))
                        if names.iter().any(|wanted| wanted.as_str() == name.as_str()) =>
                    {
                        found.push(value.clone());
                    }
                    Some(JsonKind::Property(..)) => {}
                    _ if names.is_empty() => found.push(inner),
                    _ => {}
                }
            }
        }
        Step::Elements => {
            if token_type == TokenType::Array {
                found.extend(tree::children(machine, token));
            }
        }
        Step::Indices(indices) => {
            let elements =
                if token_type == TokenType::Array { tree::children(machine, token) } else { Vec::new() };
            for index in indices {
                match usize::try_from(*index) {
                    Err(_) if token_type == TokenType::Array => return Err(take::out_of_range("index")),
                    Ok(at) if at < elements.len() => found.extend(elements.get(at).cloned()),
                    _ if must_match && token_type == TokenType::Array => {
                        return Err(missing(format!("Index {index} outside the bounds of JArray.")));
                    }
                    _ if must_match => {
                        let class = tree::node(machine, token).map_or("JToken", |node| node.class().name());
                        return Err(missing(format!("Index {index} not valid on {class}.")));
                    }
                    _ => {}
                }
            }
        }
        Step::Slice(start, end, step) => {
            if token_type == TokenType::Array {
                slice(&tree::children(machine, token), *start, *end, *step, found);
            }
        }
        Step::Filter(filter, scan) => {
            let candidates = if *scan {
                let mut all = vec![token.clone()];
                all.extend(tree::descendants(machine, token)?);
                all
            } else {
                tree::children(machine, token)
            };
            for candidate in candidates {
                if matches(machine, filter, root, &candidate)? {
                    found.push(candidate);
                }
            }
        }
    }
    Ok(())
}

fn slice(
    elements: &[Value],
    start: Option<i64>,
    end: Option<i64>,
    step: Option<i64>,
    found: &mut Vec<Value>,
) {
    let count = i64::try_from(elements.len()).unwrap_or(i64::MAX);
    let step = step.unwrap_or(1);
    let from_end = |at: i64| if at < 0 { at.saturating_add(count) } else { at };
    let start = start.map_or(if step > 0 { 0 } else { count.saturating_sub(1) }, from_end);
    let end = end.map_or(if step > 0 { count } else { -1 }, from_end);
    let start = start.max(if step > 0 { 0 } else { i64::MIN }).min(if step > 0 {
        i64::MAX
    } else {
        count.saturating_sub(1)
    });
    let end = end.max(-1).min(count);
    let mut at = start;
    while (step > 0 && at < end) || (step < 0 && at > end) {
        if let Some(element) = usize::try_from(at).ok().and_then(|at| elements.get(at)) {
            found.push(element.clone());
        }
        at = at.saturating_add(step);
    }
}

fn matches(
    machine: &mut Machine<'_, '_>,
    filter: &Filter,
    root: &Value,
    candidate: &Value,
) -> Result<bool, Fault> {
    machine.spend(4)?;
    match filter {
        Filter::All(filters) => {
            for filter in filters {
                if !matches(machine, filter, root, candidate)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Filter::Any(filters) => {
            for filter in filters {
                if matches(machine, filter, root, candidate)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Filter::Exists(operand) => Ok(!results(machine, operand, root, candidate)?.is_empty()),
        Filter::Compare(left, comparison, right) => {
            let right = results(machine, right, root, candidate)?;
            for left in results(machine, left, root, candidate)? {
                for right in &right {
                    if holds(machine, &left, *comparison, right)? {
                        return Ok(true);
                    }
                }
            }
            Ok(false)
        }
    }
}

fn results(
    machine: &mut Machine<'_, '_>,
    operand: &Operand,
    root: &Value,
    candidate: &Value,
) -> Result<Vec<Value>, Fault> {
    match operand {
        Operand::Literal(literal) => Ok(vec![tree::value(machine, literal.clone())?]),
        Operand::Query(query) => run(machine, query, root, candidate, false),
    }
}

fn holds(machine: &mut Machine<'_, '_>, a: &Value, comparison: Comparison, b: &Value) -> Result<bool, Fault> {
    let (Some(left), Some(right)) = (kind(machine, a).cloned(), kind(machine, b).cloned()) else {
        return Ok(false);
    };
    let is_value =
        |kind: &JsonKind| !matches!(kind, JsonKind::Object(_) | JsonKind::Array(_) | JsonKind::Property(..));
    if !(is_value(&left) && is_value(&right)) {
        return Ok(comparison == Comparison::NotEqual);
    }
    let same = merge::compare(machine, a, b, &left, &right)?;
    let strict = same == Some(Ordering::Equal);
    Ok(match comparison {
        Comparison::StrictEqual => strict,
        Comparison::StrictNotEqual => !strict,
        Comparison::Equal => strict || loosely_equal(machine, a, b)?,
        Comparison::NotEqual => !(strict || loosely_equal(machine, a, b)?),
        Comparison::Less => order(machine, a, b).is_some_and(Ordering::is_lt),
        Comparison::LessEqual => order(machine, a, b).is_some_and(Ordering::is_le),
        Comparison::Greater => order(machine, a, b).is_some_and(Ordering::is_gt),
        Comparison::GreaterEqual => order(machine, a, b).is_some_and(Ordering::is_ge),
    })
}

/// Whole numbers equal fractional ones; dates, guids and the like equal their text.
fn loosely_equal(machine: &mut Machine<'_, '_>, a: &Value, b: &Value) -> Result<bool, Fault> {
    let (left, right) = (tree::token_type(machine, a), tree::token_type(machine, b));
    match (left, right) {
        (TokenType::Integer, TokenType::Float) | (TokenType::Float, TokenType::Integer) => {
            Ok(order(machine, a, b) == Some(Ordering::Equal))
        }
        (
            TokenType::Date | TokenType::Guid | TokenType::TimeSpan | TokenType::Uri | TokenType::Bytes,
            TokenType::String,
        ) => Ok(super::print(machine, a, false)? == super::print(machine, b, false)?),
        _ => Ok(false),
    }
}

pub(super) fn order(machine: &Machine<'_, '_>, a: &Value, b: &Value) -> Option<Ordering> {
    let (Some(JsonKind::Value(left)), Some(JsonKind::Value(right))) =
        (kind(machine, a).cloned(), kind(machine, b).cloned())
    else {
        return None;
    };
    match (&left, &right) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        (Value::Null, _) => Some(Ordering::Less),
        (_, Value::Null) => Some(Ordering::Greater),
        (Value::Str(left), Value::Str(right)) => Some(left.as_str().cmp(right.as_str())),
        (Value::DateTime(left), Value::DateTime(right)) => Some(left.ticks.cmp(&right.ticks)),
        (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
        (Value::TimeSpan(left), Value::TimeSpan(right)) => Some(left.cmp(right)),
        (Value::Guid(left), Value::Guid(right)) => Some(left.cmp(right)),
        _ => {
            if let (Some(left), Some(right)) = (take::integer(&left), take::integer(&right)) {
                return Some(left.cmp(&right));
            }
            let number = |value: &Value| match value {
                Value::Str(text) => text.trim().parse::<f64>().ok(),
                other => take::double(other),
            };
            number(&left).zip(number(&right)).and_then(|(left, right)| left.partial_cmp(&right))
        }
    }
}
