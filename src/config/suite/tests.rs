//! Files of tests: what they become, and what is told about bad ones.

use super::super::testing::{TestFiles, walkthrough};
use super::load_suite;
use crate::config::suite_schema;
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::policy::{HeaderValue, Text};
use crate::suite::{BodyExpectation, HeaderExpectation, Outcome, Suite};
use crate::units::{Duration, StatusCode, Timestamp};

/// A file with `cases`, and `more` fields before them.
fn text(more: &str, cases: &str) -> String {
    format!(
        r#"{{ "formatVersion": 1, "policy": "policy.xml", "resources": ["backends.json"], {more}
"cases": [{cases}] }}"#
    )
}

/// The suite, and code and marked text of every problem.
fn load(files: &TestFiles, text: &str) -> (Option<Suite>, Vec<(&'static str, String)>) {
    let files = files.clone().with("x.test.json", text);
    let mut sources = SourceMap::new();
    let mut diagnostics = Diagnostics::new();
    let suite = load_suite("walkthrough/x.test.json", &files, &mut sources, &mut diagnostics);
    assert_eq!(suite.is_none(), diagnostics.has_errors(), "{diagnostics:?}");
    let problems = diagnostics.sorted().into_iter();
    let problems = problems.map(|d| (d.code, d.span.map_or("", |span| sources.slice(span)).to_owned()));
    (suite, problems.collect())
}

fn good(text: &str) -> Suite {
    let (suite, problems) = load(&walkthrough(), text);
    assert_eq!(problems, []);
    suite.expect("a suite")
}

fn is_valid(text: &str) -> bool {
    let validator = jsonschema::validator_for(&suite_schema()).expect("a schema");
    validator.is_valid(&serde_json::from_str(text).expect("JSON"))
}

#[test]
fn requests_are_the_defaults_with_changes() {
    let suite = good(&text(
        r#""defaults": { "request": { "method": "PUT", "path": "/a", "headers": { "X-One": "1", "x-two": 2 },
            "subscription": null, "region": "North Europe" },
            "backends": { "openai-eastus": { "status": 500 }, "OpenAI-WestUS": { "status": 501 } } },"#,
        r#"{ "name": "one", "expect": { "status": 200 } },
           { "name": "two", "request": { "headers": { "x-one": null, "X-Two": ["a", "b"] }, "body": { "b": 1, "a": 2 },
             "subscription": { "id": "s", "key": "k" } },
             "backends": { "OPENAI-EASTUS": { "status": 418 } }, "expect": { "status": 200 } }"#,
    ));
    assert_eq!(suite.name, "x");
    let [one, two] = suite.cases.as_slice() else { panic!("two cases") };
    let headers = |at: usize| -> Vec<(String, String)> {
        let case = [one, two][at];
        let value = |value: &HeaderValue| value.to_text().to_string();
        case.requests[0].headers.iter().map(|h| (h.name.to_string(), value(&h.value))).collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(headers(0), [pair("X-One", "1"), pair("x-two", "2")]);
    assert_eq!(headers(1), [pair("X-Two", "a"), pair("X-Two", "b")]);
    let request = &one.requests[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("PUT", "/a"));
    assert_eq!(request.facts.subscription, None);
    assert_eq!(request.facts.operation.method.as_str(), "PUT");
    let request = &two.requests[0];
    assert_eq!(request.body.as_ref().map(Text::as_str), Some(r#"{"b":1,"a":2}"#));
    assert_eq!(request.facts.subscription.as_ref().map(|s| s.key.as_str()), Some("k"));
    assert_eq!(request.facts.deployment.region.as_str(), "North Europe");
    let status = |case: &crate::suite::Case, backend: &str| {
        let answer = case.backends.get(backend).and_then(|script| script.answer(1)).expect("an answer");
        let Outcome::Response { status, .. } = answer.outcome else { panic!("a response") };
        status.get()
    };
    assert_eq!([status(one, "openai-eastus"), status(one, "openai-westus")], [500, 501]);
    assert_eq!([status(two, "openai-eastus"), status(two, "openai-westus")], [418, 501]);
}

#[test]
fn lists_of_answers_are_sequences_unless_they_say_calls() {
    let suite = good(&text(
        "",
        r#"{ "name": "a", "backends": {
             "openai-eastus": [{ "status": 501 }, { "status": 502 }, { "status": 503 }],
             "openai-westus": [{ "status": 200 }, { "call": "2-3", "status": 502 }, { "call": 5, "timeout": true }],
             "openai-swedencentral": { "call": "2-", "connectionFailure": true, "delay": "2s" }
           }, "endpoints": { "https://x/": { "body": "hi", "breaksOff": true } }, "expect": { "status": 200 } }"#,
    ));
    let case = &suite.cases[0];
    let status = |backend: &str, call: u32| match case.backends[backend].answer(call).map(|a| &a.outcome) {
        None => 0,
        Some(Outcome::Response { status, .. }) => status.get(),
        Some(Outcome::Timeout) => 1,
        Some(Outcome::ConnectionFailure) => 2,
    };
    let calls = |backend: &str| (1..=6).map(|call| status(backend, call)).collect::<Vec<_>>();
    assert_eq!(calls("openai-eastus"), [501, 502, 503, 503, 503, 503]);
    assert_eq!(calls("openai-westus"), [200, 502, 502, 200, 1, 200]);
    assert_eq!(calls("openai-swedencentral"), [0, 2, 2, 2, 2, 2]);
    assert_eq!(case.endpoints[0].prefix, "https://x/");
}

#[test]
fn expectations_are_read_as_they_are_meant() {
    let suite = good(&text(
        "",
        r#"{ "name": "a", "requests": [
             { "at": "2s", "name": "late", "expect": { "body": null, "backends": ["OPENAI-eastus", "https://x"] } },
             { "at": "1s", "expect": { "status": 429, "waits": ["0s", "1m"], "body": { "contains": "x" },
               "headers": { "a": null, "b": true, "c": "v", "d": 5, "e": { "contains": "p" } },
               "error": { "section": "on-error", "messageContains": "m" }, "variables": { "none": null },
               "sent": { "body": { "json": "text" }, "path": "/" }, "elapsed": "PT1S" } } ],
             "breakers": { "OpenAI-EastUS": "tripped" } }"#,
    ));
    let case = &suite.cases[0];
    assert_eq!(case.breakers, [("openai-eastus".to_owned(), true)]);
    let [first, late] = case.requests.as_slice() else { panic!("two requests") };
    assert_eq!((first.name.as_str(), late.name.as_str()), ("request 2", "late"));
    assert_eq!(first.at, Timestamp::ZERO.saturating_add(Duration::from_secs(1)));
    assert_eq!(late.expect.body, Some(BodyExpectation::Absent));
    let names = vec!["openai-eastus".to_owned(), "https://x".to_owned()];
    assert_eq!(late.expect.backends, Some(names));
    let expect = &first.expect;
    assert_eq!(expect.status, Some(StatusCode::TOO_MANY_REQUESTS));
    assert_eq!(expect.waits, Some(vec![Duration::ZERO, Duration::from_secs(60)]));
    assert_eq!(expect.body, Some(BodyExpectation::Contains("x".to_owned())));
    assert_eq!(expect.sent_body, Some(BodyExpectation::Json("text".into())));
    assert_eq!(expect.elapsed, Some(Duration::from_secs(1)));
    let headers: Vec<_> = expect.headers.iter().map(|(_, expected)| expected.clone()).collect();
    let is = |text: &str| HeaderExpectation::Is(text.to_owned());
    let part = HeaderExpectation::Contains("p".to_owned());
    assert_eq!(headers, [HeaderExpectation::Absent, HeaderExpectation::Present, is("v"), is("5"), part]);
    let error = expect.error.as_ref().expect("an error");
    assert!(!error.none && error.section.as_deref() == Some("on-error"));
}

#[test]
fn problems_are_told_with_their_places() {
    let case = |body: &str| text("", &format!(r#"{{ "name": "a", {body} }}"#));
    let ok = r#""expect": { "status": 200 }"#;
    for (text, code, marked) in [
        (
            case(r#""backends": { "openai-eastsu": {} }, "expect": { "status": 200 }"#),
            "unknown-backend",
            "\"openai-eastsu\"",
        ),
        (
            case(r#""backends": { "openai-backend-pool": {} }, "expect": { "status": 200 }"#),
            "pool-in-test",
            "\"openai-backend-pool\"",
        ),
        (case(r#""expect": { "backends": ["openai-eastus", "x"] }"#), "unknown-backend", "\"x\""),
        (case(r#""breakers": { "x": "tripped" }"#), "unknown-backend", "\"x\""),
        (case(r#""breakers": { "openai-eastus": "tript" }"#), "unknown-value", "\"tript\""),
        (case(r#""expect": { "staus": 200 }"#), "unknown-field", "\"staus\""),
        (case(r#""expect": { "status": 99 }"#), "out-of-range", "99"),
        (case(r#""expect": { "variables": { "x": 1 } }"#), "unknown-variable", "\"x\""),
        (case(r#""expect": { "headers": { "x": [1] } }"#), "wrong-type", "["),
        (case(r#""expect": { "waits": ["soon"] }"#), "bad-duration", "\"soon\""),
        (case(r#""request": { "path": "x" }, "expect": { "status": 200 }"#), "wrong-path", "\"x\""),
        (
            case(r#""request": { "headers": { "a b": "x" } }, "expect": { "status": 200 }"#),
            "bad-header-name",
            "\"a b\"",
        ),
        (case(r#""requests": [{}], "expect": { "status": 200 }"#), "request-and-requests", "\"expect\""),
        (case(r#""requests": [], "breakers": { "openai-eastus": "closed" }"#), "list-length", "["),
        (
            case(r#""semantics": { "breaker.windo": "sliding" }, "expect": { "status": 200 }"#),
            "unknown-switch",
            "\"breaker.windo\"",
        ),
        (case(r#""endpoints": { "x": {} }, "expect": { "status": 200 }"#), "bad-url", "\"x\""),
        (
            case(
                r#""backends": { "openai-eastus": { "timeout": true, "status": 200 } }, "expect": { "status": 200 }"#,
            ),
            "impossible-answer",
            "\"status\"",
        ),
        (
            case(r#""backends": { "openai-eastus": { "call": "0" } }, "expect": { "status": 200 }"#),
            "bad-calls",
            "\"0\"",
        ),
        (
            case(r#""backends": { "openai-eastus": [{}, {"call": 1}, {}] }, "expect": { "status": 200 }"#),
            "answer-without-call",
            "{",
        ),
        (
            text("", &format!(r#"{{ "name": "a", {ok} }}, {{ "name": "a", {ok} }}"#)),
            "duplicate-case",
            "\"a\"",
        ),
        (text("", ""), "list-length", "["),
        (
            text(r#""scenario": "scenario.json","#, r#"{ "name": "a", "breakers": { "x": "closed" } }"#),
            "policy-and-scenario",
            "\"scenario.json\"",
        ),
        (
            text(r#""variant": "priority","#, r#"{ "name": "a", "expect": { "status": 200 } }"#),
            "variant-without-scenario",
            "\"priority\"",
        ),
        (
            text(r#""serviceUrl": "example","#, r#"{ "name": "a", "expect": { "status": 200 } }"#),
            "bad-url",
            "\"example\"",
        ),
        (
            text(r#""start": "today","#, r#"{ "name": "a", "expect": { "status": 200 } }"#),
            "bad-start",
            "\"today\"",
        ),
        (
            text(r#""fragments": { "f": "gone.xml" },"#, r#"{ "name": "a", "expect": { "status": 200 } }"#),
            "missing-file",
            "\"gone.xml\"",
        ),
        (
            text("", &format!(r#"{{ "name": "a", {ok} }}"#)).replace("policy.xml", "gone.xml"),
            "missing-file",
            "\"gone.xml\"",
        ),
        (
            text("", &format!(r#"{{ "name": "a", {ok} }}"#)).replace("\"policy\"", "\"note\""),
            "no-policy",
            "{",
        ),
    ] {
        let (suite, problems) = load(&walkthrough(), &text);
        assert!(suite.is_none(), "{text}");
        assert_eq!(problems, [(code, marked.to_owned())], "{text}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let files = walkthrough().replace("policy.xml", "<base />", "<bass />");
    let cases = r#"{ "name": "a", "backends": { "x": {} } }, { "name": "b", "expect": { "status": 1 } }"#;
    let (_, problems) = load(&files, &text("", cases));
    let codes: Vec<_> = problems.iter().map(|(code, _)| *code).collect();
    for code in ["unknown-policy", "unknown-backend", "out-of-range", "case-without-expectation"] {
        assert!(codes.contains(&code), "{code}: {problems:?}");
    }
}

#[test]
fn a_case_that_expects_nothing_is_warned_about() {
    for expect in
        ["", r#", "expect": {}"#, r#", "expect": { "note": "x", "headers": {} }"#, r#", "requests": [{}]"#]
    {
        let (suite, problems) = load(&walkthrough(), &text("", &format!(r#"{{ "name": "a"{expect} }}"#)));
        assert_eq!(problems, [("case-without-expectation", "\"a\"".to_owned())], "{expect}");
        assert!(suite.is_some());
    }
}

#[test]
fn scenarios_lend_policy_backends_and_operation() {
    let text = r#"{ "formatVersion": 1, "scenario": "scenario.json", "variant": "priority",
        "semantics": { "breaker": { "window": "tumbling_epoch" } }, "serviceUrl": "https://x/y",
        "cases": [{ "name": "a", "expect": { "status": 200 } },
                  { "name": "b", "semantics": { "breaker.window": "sliding" }, "expect": { "status": 200 } }] }"#;
    let suite = good(text);
    let [a, b] = suite.cases.as_slice() else { panic!("two cases") };
    let window =
        |case: &crate::suite::Case| case.gateway.semantics().get(crate::semantics::Switch::BreakerWindow);
    assert_eq!((window(a), window(b)), ("tumbling_epoch", "sliding"));
    assert_eq!(a.gateway.pools()[0].members[2].priority, Some(3));
    assert!(a.requests[0].path.starts_with("/deployments/gpt-4o-mini/"));
    assert_eq!(a.gateway.facts().api.service_url.as_ref().map(Text::as_str), Some("https://x/y"));
    assert_eq!(a.gateway.facts().service_origin.host.as_str(), "x");
    // 2026-01-01T00:00:00Z.
    assert_eq!(a.gateway.start_unix_s(), 1_767_225_600);
    for (from, to, code) in [
        ("\"priority\"", "\"prioriti\"", "unknown-variant"),
        ("scenario.json", "gone.json", "missing-file"),
        ("\"variant\"", "\"resources\": [\"backends.json\"], \"variant\"", "field-beside-scenario"),
    ] {
        let (_, problems) = load(&walkthrough(), &text.replace(from, to));
        let codes: Vec<_> = problems.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, [code]);
    }
}

#[test]
fn scopes_fragments_and_named_values_are_put_together() {
    let files = walkthrough()
        .with(
            "global.xml",
            "<policies><inbound><set-variable name=\"g\" value=\"{{x}}\" /></inbound></policies>",
        )
        .with("f.xml", "<fragment><set-variable name=\"f\" value=\"1\" /></fragment>")
        .replace("policy.xml", "<base />", "<base /><include-fragment fragment-id=\"f\" />");
    let text = r#"{ "formatVersion": 1, "policy": { "global": "global.xml", "api": "policy.xml" },
        "resources": ["backends.json"], "fragments": { "f": "f.xml" }, "namedValues": { "x": "y" },
        "cases": [{ "name": "a", "expect": { "variables": { "g": "y", "f": "1" } } }] }"#;
    let (suite, problems) = load(&files, text);
    assert_eq!(problems, []);
    let suite = suite.expect("a suite");
    assert_eq!(crate::suite::run_case(&suite.cases[0], None).mismatches, []);
}

#[test]
fn reader_and_schema_agree() {
    let ok = text("", r#"{ "name": "a", "expect": { "status": 200 } }"#);
    for (from, to, is_good) in [
        ("\"a\"", "\"a\", \"note\": \"x\"", true),
        ("\"a\"", "\"a\", \"nota\": \"x\"", false),
        ("200", "\"200\"", false),
        (
            "\"status\": 200",
            "\"headers\": { \"a\": null, \"b\": true, \"c\": { \"contains\": \"x\" }, \"d\": \"\" }",
            true,
        ),
        ("\"status\": 200", "\"headers\": { \"a\": { \"part\": \"x\" } }", false),
        ("\"status\": 200", "\"error\": null, \"body\": [1]", true),
        ("\"status\": 200", "\"error\": true", false),
        (
            "\"expect\"",
            "\"request\": { \"subscription\": null, \"user\": { \"id\": \"u\" } }, \"expect\"",
            true,
        ),
        ("\"expect\"", "\"request\": { \"at\": \"1s\" }, \"expect\"", false),
        ("\"expect\"", "\"backends\": { \"openai-eastus\": [] }, \"expect\"", false),
        ("\"expect\"", "\"backends\": { \"openai-eastus\": [{ \"call\": 1 }] }, \"expect\"", true),
        ("\"policy.xml\"", "{ \"api\": \"policy.xml\" }", true),
        ("\"policy.xml\"", "{ \"apis\": \"policy.xml\" }", false),
        ("\"formatVersion\": 1", "\"formatVersion\": 2", false),
    ] {
        let text = ok.replacen(from, to, 1);
        assert_ne!(text, ok, "{from}");
        assert_eq!(is_valid(&text), is_good, "schema: {to}");
        assert_eq!(load(&walkthrough(), &text).0.is_some(), is_good, "reader: {to}");
    }
}

#[test]
fn every_reference_of_the_schema_has_a_definition() {
    use std::collections::BTreeSet;
    let text = suite_schema().to_string();
    let defined: BTreeSet<&str> = super::shapes::ALL.iter().map(|shape| shape.name).collect();
    let referred: BTreeSet<&str> =
        text.split("#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(referred.is_subset(&defined), "{referred:?}");
    assert_eq!(defined.difference(&referred).collect::<Vec<_>>(), [&"suite"]);
}
