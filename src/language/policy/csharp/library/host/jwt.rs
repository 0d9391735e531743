//! `Jwt`: what a token says. Signatures are the business of `validate-jwt`, not of `AsJwt`.

use serde_json::Value as Json;

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::Machine;
use super::super::super::types::Type;
use super::super::super::value::Value;
use super::super::arguments::{field, record, strings, utc};
use super::super::{Table, call};
use crate::policy::{Text, base64};

/// Fields of a record of this class: algorithm, audiences, claims, expiration, id, issuer, not before,
/// subject, type.
pub(super) const JWT: Table = Table {
    class: Class::Jwt,
    parameters: &[],
    rows: &[
        call("string Algorithm { get; }", |machine, call| Ok(field(machine, call.get(0), 0))),
        call("IEnumerable<string> Audiences { get; }", |machine, call| Ok(field(machine, call.get(0), 1))),
        call("IReadOnlyDictionary<string, string[]> Claims { get; }", |machine, call| {
            Ok(field(machine, call.get(0), 2))
        }),
        call("DateTime? ExpirationTime { get; }", |machine, call| Ok(field(machine, call.get(0), 3))),
        call("string Id { get; }", |machine, call| Ok(field(machine, call.get(0), 4))),
        call("string Issuer { get; }", |machine, call| Ok(field(machine, call.get(0), 5))),
        call("DateTime? NotBefore { get; }", |machine, call| Ok(field(machine, call.get(0), 6))),
        call("string Subject { get; }", |machine, call| Ok(field(machine, call.get(0), 7))),
        call("string Type { get; }", |machine, call| Ok(field(machine, call.get(0), 8))),
    ],
    denied: &[],
};

/// 1970-01-01T00:00:00 in ticks of .NET.
const UNIX_EPOCH_TICKS: i64 = 621_355_968_000_000_000;
/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 1 << 20;

/// The token in `input`, with or without `Bearer` before it; null when there is none.
pub(super) fn parse(machine: &mut Machine<'_, '_>, input: Option<Text>) -> Result<Value, Fault> {
    let Some(input) = input else { return Ok(Value::Null) };
    machine.pay(input.len().saturating_mul(4))?;
    let Some((header, claims)) = read(&input) else { return Ok(Value::Null) };
    let names = |json: &Json| match json {
        Json::Array(items) => items.iter().map(display).collect(),
        one => vec![display(one)],
    };
    let mut entries = Vec::new();
    for (name, value) in &claims {
        let values = strings(machine, names(value))?;
        entries.push((Value::from(name.clone()), values));
    }
    let audiences = claims.get("aud").map(names).unwrap_or_default();
    let audiences = strings(machine, audiences)?;
    let claims_map = machine.add(Object::Map {
        key: Type::STRING,
        value: Type::array(Type::STRING),
        entries,
        ignore_case: false,
    })?;
    let text = |from: &serde_json::Map<String, Json>, name: &str| {
        from.get(name).map_or(Value::Null, |value| Value::Str(display(value)))
    };
    let instant =
        |name: &str| claims.get(name).and_then(Json::as_f64).and_then(instant).map_or(Value::Null, utc);
    let fields = vec![
        text(&header, "alg"),
        audiences,
        claims_map,
        instant("exp"),
        text(&claims, "jti"),
        text(&claims, "iss"),
        instant("nbf"),
        text(&claims, "sub"),
        text(&header, "typ"),
    ];
    record(machine, Class::Jwt, fields)
}

type Members = serde_json::Map<String, Json>;

/// Header and claims.
fn read(input: &str) -> Option<(Members, Members)> {
    let input = input.trim();
    if input.len() > MAX_TOKEN {
        return None;
    }
    let token = match input.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return None,
        None => input,
    };
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, _signature] = parts.as_slice() else { return None };
    let members = |part: &str| match serde_json::from_slice(&base64::decode_url(part)?) {
        Ok(Json::Object(members)) => Some(members),
        _ => None,
    };
    Some((members(header)?, members(claims)?))
}

/// A claim's value as text: strings as they are, the rest as JSON has it.
fn display(value: &Json) -> Text {
    match value {
        Json::String(text) => Text::from(text.clone()),
        Json::Bool(true) => "true".into(),
        Json::Bool(false) => "false".into(),
        Json::Null => Text::EMPTY,
        other => Text::from(other.to_string()),
    }
}

/// Ticks of a number of seconds since 1970 (RFC 7519, NumericDate).
fn instant(seconds: f64) -> Option<i64> {
    if !(0.0..=253_402_300_799.0).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "in range, and fractions of a second are dropped")]
    let whole = libm::floor(seconds) as i64;
    Some(whole.saturating_mul(10_000_000).saturating_add(UNIX_EPOCH_TICKS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_three_parts_of_which_two_are_objects() {
        let (header, claims) = read("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1IiwiZXhwIjoxfQ.eA").unwrap();
        assert_eq!(header.get("alg").unwrap(), "HS256");
        assert_eq!(claims.get("sub").unwrap(), "u");
        for bad in ["", "a.b.c", "eyJ9.eyJ9", "Basic eyJhbGciOiJIUzI1NiJ9.e30.eA", "W10.e30.x"] {
            assert!(read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn dates_count_seconds_from_1970() {
        // 2001-09-09T01:46:40Z is second 1,000,000,000.
        assert_eq!(instant(1e9), Some(631_355_968_000_000_000));
        assert_eq!(instant(-1.0), None);
        assert_eq!(instant(f64::NAN), None);
    }
}
