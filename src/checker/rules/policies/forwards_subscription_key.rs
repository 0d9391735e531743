//! The key of the caller goes to the backend.

use crate::diagnostics::Severity;
use crate::diagnostics::Span;
use crate::policy::Section;
use crate::rules::Edit;
use crate::rules::sites::{Site, literal};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1125",
    name: "forwards-subscription-key",
    severity: Severity::Info,
    summary: "the key of the caller goes to the backend",
    why: "The gateway does not remove the header with the subscription key: a backend gets it together with the request. Azure OpenAI takes a header `api-key` as a key of its own and prefers it to a token.",
    fix: "delete the header in `inbound`: `set-header` with `exists-action=\"delete\"`",
    source: "observed by practitioners (2023-11); Subscriptions in API Management: names of the header",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><authentication-managed-identity resource="https://cognitiveservices.azure.com" /><set-backend-service backend-id="p" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><authentication-managed-identity resource="https://cognitiveservices.azure.com" /><set-header name="api-key" exists-action="delete" /><set-backend-service backend-id="p" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files().filter(|sites| sites.file.is_llm && !sites.includes_fragments()) {
        let is_there =
            |site: &&Site<'_>| site.section == Some(Section::Inbound) && sites.around(site).next().is_none();
        let sets = sites.named("set-header").any(|site| {
            literal(site.element, "name").is_none_or(|name| {
                ["api-key", "ocp-apim-subscription-key"].into_iter().any(|key| name.eq_ignore_ascii_case(key))
            })
        });
        let Some(token) = sites.named("authentication-managed-identity").find(is_there).filter(|_| !sets)
        else {
            continue;
        };
        let finding = report
            .add(token.element.tag_span, "the backend gets the key of the caller beside this token")
            .label("the header with the key is not deleted");
        let before = Span { end: token.element.tag_span.start, ..token.element.tag_span };
        let text = "<set-header name=\"api-key\" exists-action=\"delete\" />".to_owned();
        finding.fix("delete the header `api-key` before", false, vec![Edit { span: before, text }]);
    }
}
