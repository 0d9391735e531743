//! The period of a limit is outside of what the service takes.

use crate::diagnostics::Severity;
use crate::rules::sites::{number, set_attribute};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1114",
    name: "renewal-period-bounds",
    severity: Severity::Error,
    summary: "the period of a limit is outside of what the service takes",
    why: "Rate limits renew within 300 seconds; quotas by key after 300 seconds or never. The service refuses the policy otherwise.",
    fix: "use `rate-limit` for periods up to 300 seconds and `quota` for longer ones",
    source: "rate-limit, rate-limit-by-key and quota-by-key policy references",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><rate-limit-by-key calls="10" renewal-period="3600" counter-key="@(context.Subscription.Id)" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><rate-limit-by-key calls="10" renewal-period="60" counter-key="@(context.Subscription.Id)" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        for site in sites.all() {
            let name = site.element.name.as_str();
            let Some(period) = number(site.element, "renewal-period") else { continue };
            let Some(attribute) = site.element.attribute("renewal-period") else { continue };
            let expected = match name {
                "rate-limit" | "rate-limit-by-key" if period > 300 => "expected at most 300",
                "quota-by-key" if period != 0 && period < 300 => "expected 0, or 300 or more",
                _ => continue,
            };
            let finding = report.add(attribute.value.span, format!("`{name}` cannot renew every {period} s"));
            finding.label(expected);
            finding.fix("write 300", false, set_attribute(site.element, "renewal-period", "300"));
        }
    }
}
