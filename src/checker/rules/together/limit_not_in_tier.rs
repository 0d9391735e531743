//! A limit is used that the tier of the service does not have.

use crate::diagnostics::Severity;
use crate::rules::Tier;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1210",
    name: "limit-not-in-tier",
    severity: Severity::Error,
    summary: "a limit is used that the tier of the service does not have",
    why: "Limits by key are not there in the Consumption tier, and `quota-by-key` is not there in the v2 tiers. The service refuses the policy.",
    fix: "use `rate-limit` or `quota`, or another tier",
    source: "rate-limit-by-key and quota-by-key policy references: tiers that they apply to",
    applies: "Consumption and v2 tiers, where the tier is among the inputs",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><rate-limit-by-key calls="10" renewal-period="60" counter-key="@(context.Subscription.Id)" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "service.json",
            r#"[{"type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "apim", "sku": {"name": "Consumption", "capacity": 1}, "properties": {}}]"#,
        ),
    ])],
    good: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><rate-limit-by-key calls="10" renewal-period="60" counter-key="@(context.Subscription.Id)" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        (
            "service.json",
            r#"[{"type": "Microsoft.ApiManagement/service", "apiVersion": "2024-05-01", "name": "apim", "sku": {"name": "StandardV2", "capacity": 1}, "properties": {}}]"#,
        ),
    ])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    let Some(tier) = setup.tier else { return };
    for sites in report.files() {
        for site in sites.all() {
            let name = site.element.name.as_str();
            let tier = match (name, tier) {
                (
                    "rate-limit-by-key" | "quota-by-key" | "llm-token-limit" | "azure-openai-token-limit",
                    Tier::Consumption,
                ) => "Consumption",
                ("quota-by-key", Tier::V2) => "the v2 tiers",
                _ => continue,
            };
            report
                .add(site.element.name_span, format!("{tier}: there is no `{name}`"))
                .label("not in this tier");
        }
    }
}
