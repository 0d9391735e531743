//! `JContainer.Merge` and `JToken.DeepEquals`.

use super::super::super::fault::Fault;
use super::super::super::machine::Machine;
use super::super::super::value::Value;
use super::super::{sequence, take};
use super::JsonKind;
use super::tree::{self, MAX_NESTING, TokenType, kind, too_deep};

/// `JsonMergeSettings`
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Settings {
    /// `MergeArrayHandling`: 0 concat, 1 union, 2 replace, 3 merge.
    pub(super) arrays: i32,
    /// `MergeNullValueHandling.Merge`
    pub(super) nulls: bool,
    /// Names compare without case.
    pub(super) ignore_case: bool,
}

/// Merges the content into the container.
pub(super) fn merge(
    machine: &mut Machine<'_, '_>,
    container: &Value,
    content: &Value,
    settings: Settings,
    depth: u32,
) -> Result<(), Fault> {
    if depth > MAX_NESTING {
        return Err(too_deep());
    }
    match kind(machine, container) {
        Some(JsonKind::Object(_)) => merge_object(machine, container, content, settings, depth),
        Some(JsonKind::Array(_)) => merge_array(machine, container, content, settings, depth),
        Some(JsonKind::Property(..)) => {
            let value = tree::property_value(machine, content);
            if !matches!(tree::token_type(machine, &value), TokenType::Null | TokenType::Undefined) {
                tree::set_property_value(machine, container, value)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn merge_object(
    machine: &mut Machine<'_, '_>,
    container: &Value,
    content: &Value,
    settings: Settings,
    depth: u32,
) -> Result<(), Fault> {
    for (name, value) in tree::entries(machine, content) {
        let exact = tree::find(machine, container, |other| *other == *name)?;
        let found = match exact {
            None if settings.ignore_case => {
                tree::find(machine, container, |other| other.eq_ignore_ascii_case(&name))?
            }
            found => found,
        };
        let Some((_, property)) = found else {
            let property = tree::property(machine, name, value)?;
            tree::insert(machine, container, None, property)?;
            continue;
        };
        let old = tree::property_value(machine, &property);
        let (old_type, new_type) = (tree::token_type(machine, &old), tree::token_type(machine, &value));
        if old_type == new_type && matches!(old_type, TokenType::Object | TokenType::Array) {
            merge(machine, &old, &value, settings, depth.saturating_add(1))?;
        } else if new_type != TokenType::Null || settings.nulls {
            tree::set_property_value(machine, &property, value)?;
        }
    }
    Ok(())
}

fn merge_array(
    machine: &mut Machine<'_, '_>,
    container: &Value,
    content: &Value,
    settings: Settings,
    depth: u32,
) -> Result<(), Fault> {
    let is_array = tree::token_type(machine, content) == TokenType::Array;
    let items = if is_array {
        tree::children(machine, content)
    } else if tree::is_many(machine, content) {
        sequence::items(machine, content)?
    } else {
        return Ok(());
    };
    match settings.arrays {
        1 => {
            for item in items {
                let token = tree::content(machine, &item)?;
                let mut known = false;
                for other in tree::children(machine, container) {
                    known = known || deep_equals(machine, &token, &other)?;
                }
                if !known {
                    tree::insert(machine, container, None, token)?;
                }
            }
            Ok(())
        }
        2 => {
            if !take::same(container, content) {
                tree::clear(machine, container)?;
                for item in items {
                    let token = tree::content(machine, &item)?;
                    tree::insert(machine, container, None, token)?;
                }
            }
            Ok(())
        }
        3 => {
            for (at, item) in items.into_iter().enumerate() {
                let token = tree::content(machine, &item)?;
                let Some(old) = tree::children(machine, container).get(at).cloned() else {
                    tree::insert(machine, container, None, token)?;
                    continue;
                };
                let is_container =
                    matches!(tree::token_type(machine, &old), TokenType::Object | TokenType::Array);
                if is_container {
                    merge(machine, &old, &token, settings, depth.saturating_add(1))?;
                } else if tree::token_type(machine, &token) != TokenType::Null {
                    tree::replace_at(machine, container, at, token)?;
                }
            }
            Ok(())
        }
        _ => {
            for item in items {
                let token = tree::content(machine, &item)?;
                tree::insert(machine, container, None, token)?;
            }
            Ok(())
        }
    }
}

/// `JToken.DeepEquals`: the order of properties does not count.
pub(super) fn deep_equals(machine: &mut Machine<'_, '_>, a: &Value, b: &Value) -> Result<bool, Fault> {
    equals_at(machine, a, b, 0)
}

fn equals_at(machine: &mut Machine<'_, '_>, a: &Value, b: &Value, depth: u32) -> Result<bool, Fault> {
    if depth > MAX_NESTING {
        return Err(too_deep());
    }
    machine.spend(2)?;
    let deeper = depth.saturating_add(1);
    let (Some(left), Some(right)) = (kind(machine, a).cloned(), kind(machine, b).cloned()) else {
        return Ok(*a == Value::Null && *b == Value::Null);
    };
    Ok(match (left, right) {
        (JsonKind::Object(left), JsonKind::Object(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for property in left {
                let Some(JsonKind::Property(name, value)) = kind(machine, &property).cloned() else {
                    return Ok(false);
                };
                let Some((_, twin)) = tree::find(machine, b, |other| *other == *name)? else {
                    return Ok(false);
                };
                let twin = tree::property_value(machine, &twin);
                if !equals_at(machine, &value, &twin, deeper)? {
                    return Ok(false);
                }
            }
            true
        }
        (JsonKind::Array(left), JsonKind::Array(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(&right) {
                if !equals_at(machine, left, right, deeper)? {
                    return Ok(false);
                }
            }
            true
        }
        (JsonKind::Property(left, a), JsonKind::Property(right, b)) => {
            left == right && equals_at(machine, &a, &b, deeper)?
        }
        (left, right) => compare(machine, a, b, &left, &right)?.is_some_and(std::cmp::Ordering::is_eq),
    })
}

/// `JValue.Compare` of values of one type; `None` when the types differ.
pub(super) fn compare(
    machine: &mut Machine<'_, '_>,
    a: &Value,
    b: &Value,
    left: &JsonKind,
    right: &JsonKind,
) -> Result<Option<std::cmp::Ordering>, Fault> {
    let (left_type, right_type) = (tree::token_type(machine, a), tree::token_type(machine, b));
    if left_type != right_type {
        return Ok(None);
    }
    Ok(match (left, right) {
        (JsonKind::Value(left), JsonKind::Value(right)) => match left_type {
            TokenType::Integer => take::integer(left).partial_cmp(&take::integer(right)),
            TokenType::Float => take::double(left).partial_cmp(&take::double(right)),
            TokenType::Null => Some(std::cmp::Ordering::Equal),
            TokenType::String => match (left, right) {
                (Value::Str(left), Value::Str(right)) => Some(left.cmp(right)),
                _ => (left == right).then_some(std::cmp::Ordering::Equal),
            },
            TokenType::Bytes | TokenType::Uri => {
                let (left, right) = (super::print(machine, a, false)?, super::print(machine, b, false)?);
                Some(left.cmp(&right))
            }
            TokenType::Date => match (left, right) {
                (Value::DateTime(left), Value::DateTime(right)) => Some(left.ticks.cmp(&right.ticks)),
                _ => (left == right).then_some(std::cmp::Ordering::Equal),
            },
            _ => (left == right).then_some(std::cmp::Ordering::Equal),
        },
        (JsonKind::Big(left), JsonKind::Big(right)) => (left == right).then_some(std::cmp::Ordering::Equal),
        (left, right) => (left == right).then_some(std::cmp::Ordering::Equal),
    })
}
