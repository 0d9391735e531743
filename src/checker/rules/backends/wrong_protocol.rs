//! A protocol that is none.

use crate::diagnostics::Severity;
use crate::resources::Given;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1022",
    name: "wrong-protocol",
    severity: Severity::Error,
    summary: "the protocol of a backend is neither http nor soap",
    why: "`protocol` says which kind of service it is, not whether the connection is encrypted: that is in \
          the URL. The service refuses other words.",
    fix: "write `http`; the URL says that the connection is encrypted",
    source: "resource schema: http or soap; seen in published files",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "https",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
    good: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for (backend, single) in setup.backends.iter().filter_map(|backend| Some((backend, backend.single()?))) {
        let Given::Known(protocol, at) = &single.protocol else { continue };
        if protocol.eq_ignore_ascii_case("http") || protocol.eq_ignore_ascii_case("soap") {
            continue;
        }
        let finding =
            report.add(*at, format!("the protocol of `{}` cannot be `{protocol}`", backend.called()));
        finding.label("expected `http` or `soap`");
        // Whether the connection is encrypted is what the URL says.
        if protocol.eq_ignore_ascii_case("https")
            && let Some(edits) = setup.replaced(*at, protocol, "http")
        {
            finding.fix("write `http`", true, edits);
        }
    }
}
