//! A machine over a fixed exchange, for the tests of this folder.

use super::super::fault::Fault;
use super::super::heap::Heap;
use super::super::machine::{Call, Machine};
use super::super::scope::{LowestChance, Scope};
use super::super::types::Type;
use super::super::value::Value;
use super::super::{Class, Object};
use super::{Action, FAMILIES};
use crate::policy::{Body, Facts, HeaderValue, Request, Response, Text};
use crate::semantics::Semantics;
use crate::units::{StatusCode, Timestamp};

/// Runs `test` with a machine over a request with a body, a response, and variables.
pub(super) fn with<R>(test: impl FnOnce(&mut Machine<'_, '_>) -> R) -> R {
    with_facts(&Facts::default(), test)
}

/// The same, with other facts.
pub(super) fn with_facts<R>(facts: &Facts, test: impl FnOnce(&mut Machine<'_, '_>) -> R) -> R {
    let mut request = Request {
        method: "POST".into(),
        path: "/deployments/gpt-4o/chat?api-version=1&tag=a&tag=b%20c&empty=&plus=x+y".into(),
        ..Request::default()
    };
    for (name, value) in [("Accept", "text/plain"), ("X-One", "1"), ("accept", "text/html")] {
        request.headers.append(name.into(), HeaderValue::Text(value.into()));
    }
    request.body = Body::Text("{\"a\":1}".into());
    let mut response = Response::plain(StatusCode::new(429).unwrap());
    response.headers.append("Retry-After".into(), HeaderValue::Number(17));
    let mut heap = Heap::default();
    let stored = heap.add(Object::Response(Box::new(Response::plain(StatusCode::new(200).unwrap()))));
    let variables =
        [Some(Value::Int(3)), Some("text".into()), None, Some(Value::Null), Some(Value::Ref(stored))];
    let names: Vec<Text> = ["count", "name", "unset", "nothing", "response"].map(Text::from).to_vec();
    let mut chance = LowestChance;
    let semantics = Semantics::default();
    let mut trace = Vec::new();
    let mut scope = Scope {
        request: &mut request,
        response: Some(&mut response),
        last_error: None,
        variables: &variables,
        names: &names,
        heap: &mut heap,
        facts,
        now: Timestamp::from_nanos(2_500_000_000),
        started: Timestamp::from_nanos(1_000_000_000),
        start_unix_s: 1_700_000_000,
        request_id: 7,
        chance: &mut chance,
        semantics: &semantics,
        trace: &mut trace,
    };
    let mut machine = Machine::plain(&mut scope);
    test(&mut machine)
}

/// Calls the row of `class` with this signature.
pub(super) fn run(
    machine: &mut Machine<'_, '_>,
    class: Class,
    signature: &str,
    arguments: &[Value],
    types: &[Type],
) -> Result<Value, Fault> {
    let tables = FAMILIES.iter().flat_map(|family| family.iter());
    let mut rows = tables.filter(|table| table.class == class).flat_map(|table| table.rows);
    let row = rows.find(|row| row.signature == signature).unwrap_or_else(|| panic!("{class:?}: {signature}"));
    match row.run {
        Action::Call(run) => run(machine, &Call { arguments, types }),
        Action::Constant(_) => panic!("{signature} is a number"),
    }
}

/// The string that a call gives, or `Class: message` of what it throws.
pub(super) fn shown(result: Result<Value, Fault>) -> String {
    match result {
        Ok(Value::Str(text)) => text.to_string(),
        Ok(Value::Int(number)) => number.to_string(),
        Ok(Value::Bool(value)) => value.to_string(),
        Ok(Value::Null) => "null".to_owned(),
        Ok(other) => format!("{other:?}"),
        Err(fault) => format!("{:?}: {}", fault.kind(), fault.message()),
    }
}
