//! `AsBasic`, `AsJwt` and their `Try` forms, `Encrypt` and `Decrypt`, and the token that
//! `get-authorization-context` stores.
//!
//! Forms that are none give null, or false: "if the input parameter contains a valid ... value, the result
//! is not null" ("policy expressions" page).

use super::super::super::Class;
use super::super::super::fault::Fault;
use super::super::super::heap::Object;
use super::super::super::machine::{Call, Machine};
use super::super::super::value::Value;
use super::super::arguments::{field, optional_text, record, text};
use super::super::{Table, call};
use super::{encryption, jwt};
use crate::policy::{Text, base64};

pub(super) const BASIC: Table = Table {
    class: Class::BasicAuthCredentials,
    parameters: &[],
    rows: &[
        call("string UserId { get; }", |machine, call| Ok(field(machine, call.get(0), 0))),
        call("string Password { get; }", |machine, call| Ok(field(machine, call.get(0), 1))),
    ],
    denied: &[],
};

/// Fields of a record of this class: access token, claims (a dictionary or null).
pub(super) const AUTHORIZATION: Table = Table {
    class: Class::Authorization,
    parameters: &[],
    rows: &[
        call("string AccessToken { get; }", |machine, call| Ok(field(machine, call.get(0), 0))),
        call("IReadOnlyDictionary<string, object> Claims { get; }", |machine, call| {
            Ok(field(machine, call.get(0), 1))
        }),
    ],
    denied: &[],
};

pub(super) const EXTENSIONS: Table = Table {
    class: Class::GatewayExtensions,
    parameters: &[],
    rows: &[
        call("static BasicAuthCredentials AsBasic(this string input)", |machine, call| {
            basic(machine, optional_text(call, 0).as_ref())
        }),
        call(
            "static bool TryParseBasic(this string input, out BasicAuthCredentials result)",
            |machine, call| {
                let found = basic(machine, optional_text(call, 0).as_ref())?;
                Ok(tried(machine, found))
            },
        ),
        call("static Jwt AsJwt(this string input)", |machine, call| {
            jwt::parse(machine, optional_text(call, 0))
        }),
        call("static bool TryParseJwt(this string input, out Jwt result)", |machine, call| {
            let found = jwt::parse(machine, optional_text(call, 0))?;
            Ok(tried(machine, found))
        }),
        call(
            "static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)",
            encryption::encrypt,
        ),
        call(
            "static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)",
            encryption::decrypt,
        ),
        call(
            "static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> claims, \
             string claimName)",
            claim,
        ),
        call(
            "static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> claims, \
             string claimName, string defaultValue)",
            claim,
        ),
        call(
            "static string ToFormUrlEncodedContent(this IDictionary<string, IList<string>> content)",
            super::form::encoded,
        ),
        call("static bool VerifyNoRevocation(this X509Certificate2 input)", verify_no_revocation),
    ],
    denied: &[],
};

fn tried(machine: &mut Machine<'_, '_>, found: Value) -> Value {
    let is_found = found != Value::Null;
    machine.set_out(1, found);
    Value::Bool(is_found)
}

fn basic(machine: &mut Machine<'_, '_>, input: Option<&Text>) -> Result<Value, Fault> {
    let Some((user, password)) = input.and_then(|input| split_basic(input)) else { return Ok(Value::Null) };
    machine.pay(user.len().saturating_add(password.len()))?;
    record(machine, Class::BasicAuthCredentials, vec![Value::from(user), Value::from(password)])
}

/// User and password of `Basic base64(user:password)`.
fn split_basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = String::from_utf8_lossy(&base64::decode(encoded.trim())?).into_owned();
    let (user, password) = plain.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The values of a claim, joined by commas.
fn claim(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    let name = text(call, 1, "claimName")?;
    let values = match machine.object(call.get(0)) {
        Some(Object::Map { entries, .. }) => {
            let found = entries.iter().find(|(key, _)| *key == Value::Str(name.clone()));
            found.and_then(|(_, values)| machine.object(values))
        }
        _ => None,
    };
    let Some(Object::Array { items, .. }) = values else { return Ok(call.get(2).clone()) };
    let texts: Vec<&str> = items
        .iter()
        .filter_map(|item| if let Value::Str(text) = item { Some(text.as_str()) } else { None })
        .collect();
    let joined = texts.join(",");
    machine.text(joined)
}

/// Certificates are known by their thumbprint only, so that none is found invalid.
#[expect(clippy::unnecessary_wraps, reason = "the shape of a row's function")]
fn verify_no_revocation(_: &mut Machine<'_, '_>, call: &Call<'_>) -> Result<Value, Fault> {
    Ok(Value::Bool(*call.get(0) != Value::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_split_at_the_first_colon() {
        // "aladdin:open:sesame", encoded by hand with another tool.
        let found = split_basic("basic YWxhZGRpbjpvcGVuOnNlc2FtZQ==");
        assert_eq!(found, Some(("aladdin".to_owned(), "open:sesame".to_owned())));
        for bad in ["", "Basic", "Basic !!", "Bearer YTpi", "Basic YWJj"] {
            assert_eq!(split_basic(bad), None, "{bad}");
        }
    }
}
