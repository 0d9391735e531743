//! `Retry-After` is read as a number that it need not be.

use crate::diagnostics::Severity;
use crate::policy::document::expressions;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1122",
    name: "retry-after-as-number",
    severity: Severity::Warning,
    summary: "`Retry-After` is read as a number that it need not be",
    why: "The header may hold a date, a fraction, or be missing. `int.Parse` and its like throw then, and the request ends with a 500 of the gateway.",
    fix: "use `int.TryParse`, with a default for what is no number",
    source: "RFC 9110, section 10.2.3: Retry-After is a date or a number of seconds",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /><set-variable name="wait" value="@(int.Parse(context.Response.Headers.GetValueOrDefault(&quot;Retry-After&quot;)))" /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /><set-variable name="wait" value="@{ int s; return int.TryParse(context.Response.Headers.GetValueOrDefault(&quot;Retry-After&quot;, &quot;&quot;), out s) ? s : 10; }" /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for policy in setup.policies.iter().filter(|policy| policy.is_whole) {
        for site in expressions(&policy.document.roots) {
            let text = site.text.text.as_str();
            let lower = text.to_ascii_lowercase();
            for (at, _) in lower.match_indices("\"retry-after\"").take(50) {
                let Some((before, _)) = lower.split_at_checked(at) else { continue };
                let Some(parse) = ["int.parse(", "int32.parse(", "convert.toint32(", "double.parse("]
                    .into_iter()
                    .filter_map(|word| before.rfind(word))
                    .max()
                else {
                    continue;
                };
                // The header must be what is parsed: nothing ends between.
                let between = before.get(parse..).unwrap_or("");
                if between.contains(';') || between.contains(')') || between.contains("try") {
                    continue;
                }
                report
                    .add(site.text.span_of(parse, at), "this throws when `Retry-After` is a date")
                    .label("expected `int.TryParse`");
            }
        }
    }
}
