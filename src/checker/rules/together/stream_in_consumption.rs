//! Streams are not there in the tier.

use crate::diagnostics::Severity;
use crate::rules::Tier;
use crate::rules::sites::literal;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1212",
    name: "stream-in-consumption",
    severity: Severity::Warning,
    summary: "a policy is made for streams, which the tier does not have",
    why: "The Consumption tier does not support server-sent events: answers of models that are streamed arrive late or not at all.",
    fix: "use another tier, or have clients ask for whole answers",
    source: "Server-sent events in API Management (2025-10-08): all tiers except Consumption",
    applies: "the Consumption tier, where it is among the inputs",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="a" /></inbound>
  <backend><forward-request timeout="120" buffer-response="false" /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "service.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "apim", "sku": { "name": "Consumption", "capacity": 1 },
  "properties": {  } }
]
"#,
        ),
    ])],
    good: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="a" /></inbound>
  <backend><forward-request timeout="120" buffer-response="false" /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "service.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "apim", "sku": { "name": "StandardV2", "capacity": 1 },
  "properties": {  } }
]
"#,
        ),
    ])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    if setup.tier != Some(Tier::Consumption) {
        return;
    }
    for sites in report.files() {
        for forward in sites.named("forward-request") {
            if literal(forward.element, "buffer-response") == Some("false")
                && let Some(attribute) = forward.element.attribute("buffer-response")
            {
                report
                    .add(attribute.name_span, "the Consumption tier does not stream")
                    .label("made for streams");
            }
        }
    }
}
