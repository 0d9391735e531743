//! Policies of several scopes, fragments and named values.

use super::codes;
use crate::config::testing::{TestFiles, load, walkthrough};
use crate::policy::Op;

/// The walkthrough with what is global in a file of its own, a fragment and a named value.
fn layered() -> TestFiles {
    walkthrough()
        .replace(
            "scenario.json",
            "\"policy\": \"policy.xml\"",
            r#""policy": { "global": "global.xml", "api": "policy.xml" },
               "fragments": { "limits": "limits.xml" }, "namedValues": { "Retries": "2" }"#,
        )
        .replace("policy.xml", "count=\"2\"", "count=\"{{Retries}}\"")
        .replace(
            "policy.xml",
            "<inbound><base />",
            "<inbound><base /><include-fragment fragment-id=\"limits\" />",
        )
        .with(
            "global.xml",
            r#"<policies><inbound><set-header name="x-from"><value>global</value></set-header></inbound>
               <backend><forward-request /></backend><outbound /><on-error /></policies>"#,
        )
        .with(
            "limits.xml",
            r#"<fragment><rate-limit-by-key calls="9" renewal-period="60" counter-key="all" /></fragment>"#,
        )
}

#[test]
fn scopes_fragments_and_named_values_make_one_program() {
    let scenario = load(&layered()).expect("loads");
    let program = scenario.base.plan.gateway.program();
    let names: Vec<&str> = program.places.iter().map(|place| &*place.policy).collect();
    let at = |name: &str| names.iter().position(|known| *known == name).expect(name);
    assert!(at("set-header") < at("rate-limit-by-key"), "the global scope comes first: {names:?}");
    let retry = program.ops.iter().find_map(|op| match op {
        Op::Retry(retry) => Some(format!("{:?}", retry.count)),
        _ => None,
    });
    assert_eq!(retry.as_deref(), Some("Literal(2)"));
    assert_ne!(scenario.base.hash, load(&walkthrough()).expect("loads").base.hash);
}

#[test]
fn the_start_reaches_the_gateway() {
    let files = walkthrough().replace(
        "scenario.json",
        "\"policy\"",
        "\"start\": \"2026-05-01T00:00:00Z\", \"policy\"",
    );
    let scenario = load(&files).expect("loads");
    // 20,574 days after 1970-01-01.
    assert_eq!(scenario.base.plan.gateway.start_unix_s(), 20_574 * 86_400);
    let variant = scenario.variants.first().expect("a variant");
    assert_eq!(variant.plan.gateway.start_unix_s(), 20_574 * 86_400);
}

#[test]
fn what_is_missing_is_told_where_it_is_named() {
    let rows = [
        (layered().without("limits.xml"), "missing-file"),
        (layered().without("global.xml"), "missing-file"),
        (layered().replace("scenario.json", "\"Retries\"", "\"Other\""), "undefined-named-value"),
        (layered().replace("scenario.json", "\"limits\":", "\"other\":"), "missing-fragment"),
        (layered().replace("scenario.json", "\"global\":", "\"globe\":"), "unknown-field"),
        (
            layered().replace("scenario.json", r#"{ "global": "global.xml", "api": "policy.xml" }"#, "{}"),
            "no-policy",
        ),
    ];
    for (files, code) in rows {
        let found = codes(&files);
        assert!(found.iter().any(|(known, _)| known == code), "{code}: {found:?}");
    }
}
