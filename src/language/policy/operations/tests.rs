//! Tokens. The first one is the example of jwt.io; the others were made with Python's `hmac`.

use super::*;
use crate::policy::Text;

const PUBLISHED: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
/// `kid` k1; iss https://issuer/, aud api, exp 2000000000, nbf 1600000000, roles a and b, scp "read write",
/// tid 11111111-2222-3333-4444-555555555555, azp client.
const FULL: &str = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsxIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci8iLCJhdWQiOiJhcGkiLCJleHAiOjIwMDAwMDAwMDAsIm5iZiI6MTYwMDAwMDAwMCwicm9sZXMiOlsiYSIsImIiXSwic2NwIjoicmVhZCB3cml0ZSIsInRpZCI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSIsImF6cCI6ImNsaWVudCJ9.TMjhKkvpEYUX9QXaKGPuD5FozQcGda9704s6x6HBdec";
const HS512: &str = "eyJhbGciOiJIUzUxMiJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci8iLCJhdWQiOiJhcGkiLCJleHAiOjIwMDAwMDAwMDAsIm5iZiI6MTYwMDAwMDAwMCwicm9sZXMiOlsiYSIsImIiXSwic2NwIjoicmVhZCB3cml0ZSIsInRpZCI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSIsImF6cCI6ImNsaWVudCJ9.hW6ueGU1SBPGJSFUgM78aA5VaLL48pP2LHn2yL8vn_f6MORLaAi7WoS3Z8cR0oTWS9vxUJIREkV10FtGiYGV_A";
const NO_EXPIRATION: &str =
    "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJhcGkifQ.86zrxWqQGOpjhZ2LmU4fAzLWQ1kThERx2aqoiPxh-Lg";
/// The claims of `FULL` without a signature.
const UNSIGNED: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci8iLCJhdWQiOiJhcGkiLCJleHAiOjIwMDAwMDAwMDAsIm5iZiI6MTYwMDAwMDAwMCwicm9sZXMiOlsiYSIsImIiXSwic2NwIjoicmVhZCB3cml0ZSIsInRpZCI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSIsImF6cCI6ImNsaWVudCJ9.";
/// The head of another algorithm.
const RS256_HEAD: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ";

/// A key of 1,024 bits, and tokens with the claims of `FULL` that its other half has signed (made with Node.js).
const MODULUS: &str = "zBhaZgLFonl5csol6k_s6aJSSz0S_j_zNw1mXJllWV8bL51NICkquyxy2N7fv-LqiKAl2PetpNoK9xYCjm6EZ5BzJfUWsW1uYdiNhR4qJ2lwRapOYqgxTvR0Z5pIJL0Z6BMsPBFD4svCYU6uoyFKp-C_Wf1er_4lQB2FO50uN6M";
const RS: [&str; 3] = [
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci8iLCJhdWQiOiJhcGkiLCJleHAiOjIwMDAwMDAwMDAsIm5iZiI6MTYwMDAwMDAwMCwicm9sZXMiOlsiYSIsImIiXSwic2NwIjoicmVhZCB3cml0ZSIsInRpZCI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSIsImF6cCI6ImNsaWVudCJ9.nq56OqTGwAr4fxVdBoOGs1Amculz5gPnC3nksouFUv-zA-T-4yC0lBgTqgGc253Yd9iqnql-JAFZnDFjzulFvIPJoSSSFdXwDF-f325q1irFp94K9X0Hgd46rNVuCA46rRGTgj5c134Ys80ccKkL0Rk09FKwjU1c0bSac0hLabM",
    "eyJhbGciOiJSUzM4NCIsImtpZCI6IngifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci8iLCJhdWQiOiJhcGkiLCJleHAiOjIwMDAwMDAwMDAsIm5iZiI6MTYwMDAwMDAwMCwicm9sZXMiOlsiYSIsImIiXSwic2NwIjoicmVhZCB3cml0ZSIsInRpZCI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSIsImF6cCI6ImNsaWVudCJ9.ck3F5cvLz7nEGrLOE0zniGCN1gPHyO2Qf4dRmXC1k1zFzxmUN91oWzaUTZ76YIvSWqtye0GeskXgaagCJ8XBc-38tGjIQUmYAjCuR31aPTGPbZl3qHAbMNUqLHFFRobMSwpUCwHB2dnKbh2cDroMgfgp-PbOfxowkhtKbs2U_4c",
    "eyJhbGciOiJSUzUxMiIsImtpZCI6IngifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci8iLCJhdWQiOiJhcGkiLCJleHAiOjIwMDAwMDAwMDAsIm5iZiI6MTYwMDAwMDAwMCwicm9sZXMiOlsiYSIsImIiXSwic2NwIjoicmVhZCB3cml0ZSIsInRpZCI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSIsImF6cCI6ImNsaWVudCJ9.QyaszmFGc_hQi7YRxroH0x1IpJdKZNNmz-lX1I1LOfeycyoFcuhU3cS9ckj8T6KI10vLgHn-euVDW5H6ipqlJSAEpGiwjuVoCyjplKxFnmaDmSJoUZunLaZM6pc20EXjmTCGlfqjGl8ltpeLiZKrkhO-ECqRqGsRoIynfEJhuyc",
];

fn shared(key: &str) -> TokenKeyMaterial {
    TokenKeyMaterial::Shared(crate::policy::base64::decode_any(key).unwrap())
}

fn rsa(modulus: &str) -> TokenKeyMaterial {
    let bytes = |text| crate::policy::base64::decode_any(text).unwrap();
    TokenKeyMaterial::Rsa { modulus: bytes(modulus), exponent: bytes("AQAB") }
}

fn strict() -> TokenTest {
    TokenTest {
        keys: vec![(None, shared(KEY))],
        require_signed: true,
        require_expiration: true,
        now_s: Some(1_800_000_000),
        ..TokenTest::default()
    }
}

fn outcome(token: &str, test: &TokenTest) -> Result<TokenOutcome, &'static str> {
    check_token(token, test, &Supplied::default()).map_err(|fault| fault.reason)
}

fn claim(
    name: &'static str,
    any: bool,
    separator: Option<&'static str>,
    values: &[&'static str],
) -> RequiredClaim {
    RequiredClaim {
        name: Text::Static(name),
        any,
        separator: separator.map(Text::Static),
        values: values.iter().map(|value| Text::Static(value)).collect(),
    }
}

#[test]
fn signatures_are_verified() {
    let published = TokenTest {
        keys: vec![(None, shared("eW91ci0yNTYtYml0LXNlY3JldA=="))],
        require_expiration: false,
        ..strict()
    };
    assert_eq!(outcome(PUBLISHED, &published), Ok(TokenOutcome::Verified));
    assert_eq!(outcome(FULL, &strict()), Ok(TokenOutcome::Verified));
    assert_eq!(outcome(HS512, &strict()), Ok(TokenOutcome::Verified));
    let payload = FULL.split('.').nth(1).unwrap();
    let forged = format!("{}.{payload}.AAAA", FULL.split('.').next().unwrap());
    assert_eq!(outcome(&forged, &strict()), Err("TokenSignatureInvalid"));
    let wrong = TokenTest { keys: vec![(None, shared("c2VjcmV0"))], ..strict() };
    assert_eq!(outcome(FULL, &wrong), Err("TokenSignatureInvalid"));
    let named = |id: &'static str| TokenTest { keys: vec![(Some(id.into()), shared(KEY))], ..strict() };
    assert_eq!(outcome(FULL, &named("k1")), Ok(TokenOutcome::Verified));
    assert_eq!(outcome(FULL, &named("k2")), Err("TokenSignatureKeyNotFound"));
    assert_eq!(outcome(UNSIGNED, &strict()), Err("TokenSignatureInvalid"));
    let unsigned = TokenTest { require_signed: false, ..strict() };
    assert_eq!(outcome(UNSIGNED, &unsigned), Ok(TokenOutcome::Verified));
}

#[test]
fn signatures_by_rsa_are_verified() {
    let with =
        |id: Option<&'static str>, key| TokenTest { keys: vec![(id.map(Into::into), key)], ..strict() };
    for token in RS {
        assert_eq!(outcome(token, &with(None, rsa(MODULUS))), Ok(TokenOutcome::Verified), "{token}");
        assert_eq!(outcome(token, &with(Some("x"), rsa(MODULUS))), Ok(TokenOutcome::Verified), "{token}");
        assert_eq!(outcome(token, &with(Some("y"), rsa(MODULUS))), Err("TokenSignatureKeyNotFound"));
        // The bytes of a public key are no shared key, and the other way round.
        assert_eq!(outcome(token, &with(None, shared(KEY))), Err("TokenSignatureKeyNotFound"));
        assert_eq!(outcome(FULL, &with(None, rsa(MODULUS))), Err("TokenSignatureKeyNotFound"));
        let parts: Vec<&str> = token.split('.').collect();
        for signature in
            [parts[2].replacen('A', "B", 1), parts[2].split_at(4).1.to_owned(), "AAAA".to_owned()]
        {
            let forged = format!("{}.{}.{signature}", parts[0], parts[1]);
            assert_eq!(outcome(&forged, &with(None, rsa(MODULUS))), Err("TokenSignatureInvalid"));
        }
        // A signature is of its head too: another algorithm is another text.
        let swapped = format!("{}.{}.{}", RS[0].split('.').next().unwrap(), parts[1], parts[2]);
        let is_own = token == RS[0];
        assert_eq!(outcome(&swapped, &with(None, rsa(MODULUS))).is_ok(), is_own);
    }
    for modulus in ["", "AA", "AQ", "AAAA", MODULUS.split_at(40).0] {
        assert_eq!(outcome(RS[0], &with(None, rsa(modulus))), Err("TokenSignatureInvalid"), "{modulus}");
    }
}

#[test]
fn signatures_by_keys_elsewhere_are_told_apart() {
    let payload = FULL.split('.').nth(1).unwrap();
    let elsewhere = format!("{RS256_HEAD}.{payload}.AAAA");
    assert_eq!(outcome(&elsewhere, &strict()), Err("TokenSignatureKeyNotFound"));
    let public = TokenTest { has_certificates: true, ..strict() };
    assert_eq!(outcome(&elsewhere, &public), Ok(TokenOutcome::SignatureUnknown));
    let fetched = TokenTest { keys: vec![], configurations: vec!["https://c".into()], ..strict() };
    assert_eq!(outcome(FULL, &fetched), Ok(TokenOutcome::SignatureUnknown));
    for issuer in ["https://issuer/", "https://c"] {
        let key = TokenKeyMaterial::Shared(b"0123456789abcdef0123456789abcdef".to_vec());
        let signing_keys = vec![SigningKey { issuer: Text::Static(issuer), id: None, key }];
        let supplied = Supplied { signing_keys, ..Supplied::default() };
        assert_eq!(check_token(FULL, &fetched, &supplied), Ok(TokenOutcome::Verified), "{issuer}");
        // All keys of the issuer are known then: one that is not among them is nowhere.
        let unknown = check_token(&elsewhere, &fetched, &supplied).map_err(|fault| fault.reason);
        assert_eq!(unknown, Err("TokenSignatureKeyNotFound"), "{issuer}");
    }
}

#[test]
fn the_first_problem_is_told() {
    let late = TokenTest { now_s: Some(2_000_000_000), ..strict() };
    let early = TokenTest { now_s: Some(1_500_000_000), ..strict() };
    for (token, test, expected) in [
        ("", strict(), "JwtInvalid"),
        ("a.b.c", strict(), "JwtInvalid"),
        ("a.b.c.d.e", strict(), "JwtInvalid"),
        (NO_EXPIRATION, strict(), "JwtInvalid"),
        (FULL, late.clone(), "TokenExpired"),
        (FULL, early, "JwtInvalid"),
        (FULL, TokenTest { audiences: vec!["other".into()], ..strict() }, "TokenAudienceNotAllowed"),
        (FULL, TokenTest { issuers: vec!["https://issuer".into()], ..strict() }, "TokenIssuerNotAllowed"),
        (
            FULL,
            TokenTest { tenant: Some("99999999-2222-3333-4444-555555555555".into()), ..strict() },
            "TokenIssuerNotAllowed",
        ),
        (FULL, TokenTest { clients: vec!["x".into()], ..strict() }, "TokenClaimValueNotAllowed"),
        (FULL, TokenTest { claims: vec![claim("none", false, None, &[])], ..strict() }, "TokenClaimNotFound"),
        (
            FULL,
            TokenTest { claims: vec![claim("roles", false, None, &["a", "c"])], ..strict() },
            "TokenClaimValueNotAllowed",
        ),
        (
            FULL,
            TokenTest { claims: vec![claim("scp", true, None, &["read"])], ..strict() },
            "TokenClaimValueNotAllowed",
        ),
    ] {
        assert_eq!(outcome(token, &test), Err(expected), "{token} {test:?}");
    }
    let skewed = TokenTest { clock_skew_s: 1, ..late.clone() };
    assert!(outcome(FULL, &skewed).is_ok());
    assert!(outcome(FULL, &TokenTest { now_s: None, ..late }).is_ok());
    assert!(outcome(NO_EXPIRATION, &TokenTest { require_expiration: false, ..strict() }).is_ok());
}

#[test]
fn what_is_asked_for_passes() {
    let test = TokenTest {
        audiences: vec!["other".into(), "api".into()],
        issuers: vec!["https://issuer/".into()],
        tenant: Some("11111111-2222-3333-4444-555555555555".into()),
        clients: vec!["client".into()],
        claims: vec![
            claim("roles", false, None, &["a", "b"]),
            claim("roles", true, None, &["c", "b"]),
            claim("scp", true, Some(" "), &["read"]),
            claim("iss", false, None, &[]),
        ],
        ..strict()
    };
    assert_eq!(outcome(FULL, &test), Ok(TokenOutcome::Verified));
    let named = TokenTest { tenant: Some("contoso.onmicrosoft.com".into()), ..strict() };
    assert!(outcome(FULL, &named).is_ok());
}
