//! Keys that a suite supplies in place of a configuration that cannot be asked.

use serde_json::json;

use crate::support::Work;

/// Modulus of a key, and a token that its other half has signed with RS256 (made with Node.js).
const MODULUS: &str = "zBhaZgLFonl5csol6k_s6aJSSz0S_j_zNw1mXJllWV8bL51NICkquyxy2N7fv-LqiKAl2PetpNoK9xYCjm6EZ5BzJfUWsW1uYdiNhR4qJ2lwRapOYqgxTvR0Z5pIJL0Z6BMsPBFD4svCYU6uoyFKp-C_Wf1er_4lQB2FO50uN6M";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci8iLCJhdWQiOiJhcGkiLCJleHAiOjIwMDAwMDAwMDAsIm5iZiI6MTYwMDAwMDAwMCwicm9sZXMiOlsiYSIsImIiXSwic2NwIjoicmVhZCB3cml0ZSIsInRpZCI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSIsImF6cCI6ImNsaWVudCJ9.nq56OqTGwAr4fxVdBoOGs1Amculz5gPnC3nksouFUv-zA-T-4yC0lBgTqgGc253Yd9iqnql-JAFZnDFjzulFvIPJoSSSFdXwDF-f325q1irFp94K9X0Hgd46rNVuCA46rRGTgj5c134Ys80ccKkL0Rk09FKwjU1c0bSac0hLabM";

const POLICY: &str = r#"<policies><inbound>
    <validate-jwt header-name="Authorization" require-scheme="Bearer">
        <openid-config url="https://login/.well-known/openid-configuration" />
        <audiences><audience>api</audience></audiences>
    </validate-jwt>
    <return-response><set-status code="204" reason="No Content" /></return-response>
</inbound></policies>"#;

/// What the cases of a suite with these keys of the configuration come to.
fn test(keys: &serde_json::Value) -> crate::support::Done {
    let work = Work::empty();
    work.write("policy.xml", POLICY);
    let (head, signature) = (TOKEN.rsplit_once('.').unwrap(), "A".repeat(171));
    let case = |name: &str, token: &str, status: u16| {
        json!({
            "name": name,
            "request": { "headers": { "Authorization": format!("Bearer {token}") } },
            "expect": { "status": status },
        })
    };
    let suite = json!({
        "formatVersion": 1,
        "policy": "policy.xml",
        "signingKeys": { "https://login/.well-known/openid-configuration": keys },
        "cases": [case("signed", TOKEN, 204), case("forged", &format!("{}.{signature}", head.0), 401)],
    });
    work.write("suite.json", &suite.to_string());
    work.call(&["test", "suite.json"])
}

#[test]
fn a_token_is_verified_with_the_keys_that_the_suite_supplies() {
    test(&json!([{ "kty": "RSA", "use": "sig", "kid": "x", "n": MODULUS, "e": "AQAB" }])).ok();
    // With another key nothing is verified, and the first case fails.
    let other = test(&json!([{ "kty": "RSA", "kid": "y", "n": MODULUS, "e": "AQAB" }]));
    assert_eq!(other.code, 1, "{}{}", other.out, other.err);
}

#[test]
fn keys_that_cannot_be_read_are_told_with_their_place() {
    for (key, expected) in [
        (json!({ "kty": "EC" }), "`RSA` or `oct`"),
        (json!({ "kty": "RSA", "n": MODULUS }), "`n` and `e`"),
        (json!({ "kty": "oct", "k": "!" }), "`k` in base64url"),
        (json!("text"), "`RSA` or `oct`"),
    ] {
        let done = test(&json!([key]));
        assert_eq!(done.code, 2, "{}{}", done.out, done.err);
        assert!(done.err.contains(expected), "{}", done.err);
    }
}
