//! A limit counts in each region for itself.

use crate::diagnostics::Severity;
use crate::resources::Kind;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1214",
    name: "limit-for-each-region",
    severity: Severity::Info,
    summary: "a token limit stands before a gateway in several regions",
    why: "Each regional gateway counts for itself: a caller that reaches all of them gets the limit as many times as there are regions, and the deployments behind see that much more.",
    fix: "divide the limit by the number of regions, or reckon with the sum",
    source: "llm-token-limit policy reference (2026-04-01): counts are not aggregated over the regional gateways",
    applies: "tiers with several regions; where the service is among the inputs",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><llm-token-limit counter-key="@(context.Subscription.Id)" tokens-per-minute="1000" estimate-prompt-tokens="true" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "service.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "apim", "sku": { "name": "Premium", "capacity": 1 },
  "properties": { "additionalLocations": [{ "location": "westus" }] } }
]
"#,
        ),
    ])],
    good: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><llm-token-limit counter-key="@(context.Subscription.Id)" tokens-per-minute="1000" estimate-prompt-tokens="true" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "service.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "apim", "sku": { "name": "Premium", "capacity": 1 },
  "properties": {  } }
]
"#,
        ),
    ])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    let regions = setup.inventory.of(Kind::Service).find_map(|service| {
        let others = service.properties()?.get("additionalLocations")?;
        Some((others.elements().filter(|others| !others.is_empty())?.len().saturating_add(1), others.mark()))
    });
    let Some((regions, place)) = regions else { return };
    for sites in report.files() {
        for name in ["llm-token-limit", "azure-openai-token-limit"] {
            for limit in sites.named(name) {
                report
                    .add(
                        limit.element.name_span,
                        format!("{regions} regions count this limit each for itself"),
                    )
                    .label(format!("up to {regions} times as much"))
                    .place(place, "the other regions");
            }
        }
    }
}
