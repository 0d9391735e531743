//! Policies that work, in the shapes in which they are published: no rule may call one an error, and what they are
//! warned of is pinned.

use super::Setup;
use super::tests::told_with;
use crate::diagnostics::{Diagnostics, Severity, SourceMap};
use crate::resources::{TextFile, detect};
use std::sync::Arc;

/// Two endpoints and a pool: breakers trip at the first 429 and 5xx.
const RESOURCES: (&str, &str) = (
    "backends.json",
    r#"[
  { "name": "east", "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http", "circuitBreaker":
    { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": { "count": 1,
      "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }, { "min": 500, "max": 503 }] } }] } } },
  { "name": "west", "properties": { "url": "https://west.openai.azure.com/openai", "protocol": "http", "circuitBreaker":
    { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition": { "count": 1,
      "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }, { "min": 500, "max": 503 }] } }] } } },
  { "name": "chat-pool", "properties": { "type": "Pool", "pool": { "services": [
    { "id": "/backends/east", "priority": 1 }, { "id": "/backends/west", "priority": 2 }] } } }
]"#,
);

/// Retries that know the old words for an exhausted pool.
const WALKTHROUGH: &str = r#"<policies>
  <inbound>
    <base />
    <authentication-managed-identity resource="https://cognitiveservices.azure.com" output-token-variable-name="msi-token" ignore-error="false" />
    <set-header name="Authorization" exists-action="override">
      <value>@("Bearer " + (string)context.Variables["msi-token"])</value>
    </set-header>
    <set-backend-service backend-id="chat-pool" />
  </inbound>
  <backend>
    <retry count="2" interval="0" first-fast-retry="true" condition="@(context.Response.StatusCode == 429 || (context.Response.StatusCode == 503 && !context.Response.StatusReason.Contains("Backend pool") && !context.Response.StatusReason.Contains("is temporarily unavailable")))">
      <forward-request buffer-request-body="true" />
    </retry>
  </backend>
  <outbound><base /></outbound>
  <on-error>
    <base />
    <choose>
      <when condition="@(context.Response.StatusCode == 503)">
        <return-response>
          <set-status code="503" reason="Service Unavailable" />
        </return-response>
      </when>
    </choose>
  </on-error>
</policies>"#;

/// The same, with everything that it is warned of mended.
const HARDENED: &str = r#"<policies>
  <inbound>
    <base />
    <authentication-managed-identity resource="https://cognitiveservices.azure.com" />
    <set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />
    <set-backend-service backend-id="chat-pool" />
  </inbound>
  <backend>
    <retry count="2" interval="0" first-fast-retry="true" condition="@(context.Response == null || context.Response.StatusCode == 429 || context.Response.StatusCode >= 500)">
      <forward-request timeout="120" buffer-request-body="true" buffer-response="false" />
    </retry>
  </backend>
  <outbound><base /></outbound>
  <on-error>
    <base />
    <choose>
      <when condition="@(context.Response != null && context.Response.StatusCode == 503)">
        <return-response>
          <set-status code="503" reason="Service Unavailable" />
          <set-header name="Retry-After" exists-action="override"><value>10</value></set-header>
        </return-response>
      </when>
    </choose>
  </on-error>
</policies>"#;

/// The plain form of samples.
const SAMPLE: &str = r#"<policies>
  <inbound>
    <base />
    <set-backend-service backend-id="chat-pool" />
  </inbound>
  <backend>
    <retry count="1" interval="0" first-fast-retry="true" condition="@(context.Response.StatusCode == 429 || context.Response.StatusCode == 503)">
      <forward-request buffer-request-body="true" />
    </retry>
  </backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>"#;

/// A balancer written by hand, with a count of what is left.
const COUNTED: &str = r#"<policies>
  <inbound>
    <base />
    <set-variable name="remainingBackends" value="@(2)" />
    <set-backend-service backend-id="chat-pool" />
  </inbound>
  <backend>
    <retry count="5" interval="0" condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode >= 500) && ((Int32)context.Variables["remainingBackends"]) > 0)">
      <set-variable name="remainingBackends" value="@((Int32)context.Variables["remainingBackends"] - 1)" />
      <forward-request buffer-request-body="true" />
    </retry>
  </backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>"#;

/// Repeats whatever may succeed elsewhere, a missing response too.
const COMPLETE: &str = r#"<policies>
  <inbound>
    <base />
    <set-backend-service backend-id="chat-pool" />
  </inbound>
  <backend>
    <retry count="2" interval="0" first-fast-retry="true" condition="@(context.Response == null || context.Response.StatusCode == 408 || (context.Response.StatusCode == 409 && context.Response.Headers.ContainsKey("Retry-After")) || context.Response.StatusCode == 429 || context.Response.StatusCode == 499 || context.Response.StatusCode == 500 || context.Response.StatusCode == 502 || context.Response.StatusCode == 503 || context.Response.StatusCode == 504)">
      <forward-request buffer-request-body="true" />
    </retry>
  </backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>"#;

/// Codes by severity: errors, warnings. Readers' problems count by their own severity.
fn told(files: &[(&str, &str)]) -> (Vec<&'static str>, Vec<&'static str>) {
    let mut sources = SourceMap::new();
    let files: Vec<TextFile> = files
        .iter()
        .map(|(path, text)| {
            let source = sources.add(*path, *text);
            let form = detect(path, text).unwrap_or_else(|| panic!("{path} has no form"));
            TextFile { path: Arc::from(*path), source, text: Arc::from(*text), form }
        })
        .collect();
    let mut problems = Diagnostics::new();
    let setup: Setup = super::read_setup(&files, &mut sources, &mut problems);
    let findings = super::check(&setup);
    let own = findings.iter().map(|finding| (finding.diagnostic.severity, finding.rule.code));
    let readers = problems.sorted().into_iter().map(|problem| (problem.severity, problem.code));
    let mut all: Vec<_> = own.chain(readers).collect();
    all.dedup();
    let of = |wanted| all.iter().filter(|(severity, _)| *severity == wanted).map(|(_, code)| *code).collect();
    (of(Severity::Error), of(Severity::Warning))
}

#[test]
fn right_policies_have_no_errors_and_these_warnings() {
    for (name, policy, expected) in [
        // The words of the reason, two unguarded reads, and 500, on which breakers trip.
        ("walkthrough", WALKTHROUGH, &["PP1102", "PP1107", "PP1203"][..]),
        ("hardened", HARDENED, &[]),
        // Unguarded, and 500 to 502 are missing.
        ("sample", SAMPLE, &["PP1107", "PP1203"]),
        // What is left depends on a variable that is computed: nothing is sure.
        ("counted", COUNTED, &[]),
        // 501 trips the breakers too.
        ("complete", COMPLETE, &["PP1203"]),
    ] {
        let (errors, warnings) = told(&[("policy.xml", policy), RESOURCES]);
        assert_eq!(errors, [""; 0], "{name}");
        assert_eq!(warnings, expected, "{name}");
        let (errors, _) = told(&[("policy.xml", policy)]);
        assert_eq!(errors, [""; 0], "{name} alone");
    }
}

#[test]
fn a_policy_in_a_resource_is_looked_at_too() {
    let policy = serde_json::json!({ "type": "Microsoft.ApiManagement/service/apis/policies", "name": "a/b/policy",
        "properties": { "format": "rawxml", "value": SAMPLE } });
    let (told, _) = told_with(&[("policy.json", policy.to_string().as_str())]);
    assert!(told.iter().any(|told| told.code() == "PP1107"), "{told:?}");
    assert!(told.iter().any(|told| told.fix.is_some()));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_pieces_of_policies_are_survived(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "<policies>", "</policies>", "<backend>", "</backend>", "<on-error>", "</on-error>", "<retry condition=\"@(",
        "context.Response.StatusCode == 429", "context.Response.StatusReason.Contains(\"Backend pool\")", " || ", "!",
        ")\" count=\"2\" interval=\"0\">", "</retry>", "<forward-request />", "<base />", "<set-variable name=\"n\" value=\"3\" />",
        "<set-backend-service backend-id=\"chat-pool\" />", "context.Variables[\"", "m\"]", "\u{e9}", "&", "{{x}}",
        "<return-response>", "</return-response>", "<set-status code=\"200\" reason=\"\" />",
    ]), 0..20)) {
        let text = format!("<policies>{}", pieces.concat());
        let _ = told(&[("policy.xml", text.as_str()), RESOURCES]);
        let _ = told(&[("policy.xml", format!("<policies><backend>{}</backend></policies>", pieces.concat()).as_str())]);
    }
}
