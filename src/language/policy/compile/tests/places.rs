//! What an expression is only because of where it stands.

use super::*;
use crate::policy::{PolicyText, Sources, load_sources};

/// Codes with the marked text and the line of notes, of documents that load.
fn told(text: &str) -> Vec<String> {
    let mut sources = SourceMap::new();
    let id = sources.add("policy.xml", text);
    let mut diagnostics = Diagnostics::new();
    assert!(load(id, text, &mut diagnostics).is_some(), "{text}: {diagnostics:?}");
    diagnostics
        .sorted()
        .into_iter()
        .map(|d| format!("{} {}", d.code, d.span.map_or("", |span| sources.slice(span))))
        .collect()
}

const READS: &str = r#"condition="@(context.Response.StatusCode == 429)""#;
const TESTS: &str = r#"condition="@(context.Response != null && context.Response.StatusCode == 429)""#;
const SET: &str = r#"<set-variable name="a" value="b"/>"#;
const FORWARD: &str = "<forward-request/>";

#[test]
fn the_response_is_missing_until_something_was_forwarded() {
    let when = |attribute: &str| format!("<choose><when {attribute}>{SET}</when></choose>");
    let retry = |inner: &str| format!(r#"<retry {READS} count="2" interval="1">{inner}</retry>"#);
    for (section, text, is_told) in [
        ("inbound", when(READS), true),
        ("inbound", when(TESTS), false),
        ("inbound", retry(SET), true),
        ("backend", format!("{}{FORWARD}", when(READS)), true),
        ("backend", format!("{FORWARD}{}", when(READS)), false),
        ("backend", format!("<base/>{}", when(READS)), false),
        ("backend", retry(FORWARD), false),
        ("backend", retry(SET), true),
        // The first pass has no response yet.
        ("backend", retry(&format!("{}{FORWARD}", when(READS))), true),
        ("backend", retry(&format!("{FORWARD}{}", when(READS))), false),
        // Only one of the branches runs, and after it one may have forwarded.
        (
            "backend",
            format!("<choose><when {TESTS}>{FORWARD}</when><when {READS}>{SET}</when></choose>"),
            true,
        ),
        (
            "backend",
            format!(
                "<choose><when {TESTS}>{FORWARD}</when><otherwise>{SET}</otherwise></choose>{}",
                when(READS)
            ),
            false,
        ),
        ("outbound", when(READS), false),
        ("on-error", when(READS), false),
        (
            "inbound",
            r#"<rate-limit-by-key calls="1" renewal-period="60" counter-key="a"
                increment-condition="@(context.Response.StatusCode == 200)"/>"#
                .to_owned(),
            false,
        ),
        (
            "inbound",
            r#"<llm-emit-token-metric><dimension name="s" value="@(context.Response.StatusCode)"/>
                </llm-emit-token-metric>"#
                .to_owned(),
            false,
        ),
    ] {
        let document = format!("<policies><{section}>{text}</{section}></policies>");
        let found = told(&document);
        let expected: &[&str] =
            if is_told { &["response-before-forward context.Response.StatusCode"] } else { &[] };
        assert_eq!(found, expected, "{document}");
    }
}

#[test]
fn conditions_that_nothing_decides_are_told() {
    for (condition, expected) in [
        ("true", vec!["constant-condition true"]),
        ("@(1 == 2)", vec!["constant-condition @(1 == 2)"]),
        ("@(context.Request.Method == \"GET\")", vec![]),
    ] {
        let document = format!(
            "<policies><inbound><choose><when condition='{condition}'>{SET}</when></choose></inbound></policies>"
        );
        assert_eq!(told(&document), expected, "{document}");
    }
    let retry = |condition: &str| {
        told(&format!(
            r#"<policies><backend><retry condition="{condition}" count="1" interval="0">{FORWARD}</retry></backend></policies>"#
        ))
    };
    assert_eq!(retry("@(false)"), ["constant-condition @(false)"]);
    assert_eq!(retry("true"), [""; 0]);
}

#[test]
fn casts_of_variables_that_only_hold_text_are_told() {
    let cast = r#"<set-variable name="y" value="@((int)context.Variables["x"] + 1)"/>"#;
    let text = r#"<set-variable name="x" value="-1"/>"#;
    let warned = vec!["cast-always-fails (int)context.Variables[\"x\"]".to_owned()];
    for (policies, expected) in [
        (format!("{text}{cast}"), warned.clone()),
        // Order does not count: a retry goes back.
        (format!("{cast}{text}"), warned),
        (format!(r#"{text}{cast}<set-variable name="x" value="@(1)"/>"#), vec![]),
        (format!(r#"{text}{cast}<cache-lookup-value key="k" variable-name="x"/>"#), vec![]),
        (cast.to_owned(), vec![]),
        (
            format!(r#"{text}<set-variable name="y" value="@(Convert.ToInt32(context.Variables["x"]))"/>"#),
            vec![],
        ),
    ] {
        let document = format!("<policies><inbound>{policies}</inbound></policies>");
        assert_eq!(told(&document), expected, "{document}");
    }
}

#[test]
fn the_place_that_sets_the_text_is_named() {
    let product = "<policies>\n<inbound>\n<base/><set-variable name='x' value='on'/></inbound></policies>";
    let api = "<policies><inbound><base/><choose><when condition='@((bool)context.Variables[\"x\"])'>\
        <base/></when></choose></inbound></policies>";
    let mut map = SourceMap::new();
    let mut sources = Sources::default();
    for (scope, text) in [(PolicyScope::Product, product), (PolicyScope::Api, api)] {
        let source = map.add(scope.name(), text);
        sources.scopes.insert(scope, PolicyText { source, text });
    }
    let mut diagnostics = Diagnostics::new();
    load_sources(&sources, &mut diagnostics);
    let found = diagnostics.sorted();
    let [only] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(only.code, "cast-always-fails");
    assert!(only.notes[0].starts_with("line 3 of the product policy sets it to `on`"), "{:?}", only.notes);
    assert!(only.help.as_ref().unwrap().contains("Convert.ToBoolean(...)"), "{:?}", only.help);
}

#[test]
fn a_check_takes_what_published_documents_have() {
    for inner in [
        "<set-variable name='a' value='b' comment='c'/>",
        "text <set-variable name='a' value='b'/>",
        "<choose><otherwise/></choose>",
        "<set-header name='a'/>",
        "<set-header name='Content-Length'><value>1</value></set-header>",
        "<set-status code='200'/>",
        "<set-backend-service backend-id='a' base-url='https://b'/>",
        "<rate-limit calls='1' renewal-period='900'/>",
        "<cache-lookup/>",
        "<set-header name='a'><value>@(context.Request.Headers[\"a\"])</value></set-header>",
        "<send-request><set-url>https://a</set-url><set-method>GET</set-method></send-request>",
        "<wait><set-variable name='a' value='b'/></wait>",
        "<limit-concurrency key='a' max-count='@(1)'><set-variable name='a' value='b'/></limit-concurrency>",
    ] {
        let document = format!("<policies><inbound>{inner}</inbound></policies>");
        for is_check in [true, false] {
            let text = PolicyText { source: SourceId(0), text: &document };
            let scopes = [(PolicyScope::Api, text)].into();
            let mut diagnostics = Diagnostics::new();
            load_sources(&Sources { scopes, is_check, ..Sources::default() }, &mut diagnostics);
            assert_eq!(diagnostics.has_errors(), !is_check, "{document}: {diagnostics:?}");
            assert!(!diagnostics.is_empty(), "{document}");
        }
    }
}

#[test]
fn only_the_first_problems_are_told() {
    let document = format!("<policies><inbound>{}</inbound></policies>", "<x/>".repeat(500));
    let mut diagnostics = Diagnostics::new();
    assert!(load(SourceId(0), &document, &mut diagnostics).is_none());
    let found = diagnostics.sorted();
    assert_eq!(found.iter().filter(|d| d.severity == Severity::Error).count(), 100);
    assert!(found.iter().any(|d| d.message == "400 more problems are not shown"), "{found:?}");
}
