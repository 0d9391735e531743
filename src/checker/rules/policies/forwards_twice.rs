//! The request is sent to the backend twice.

use crate::diagnostics::Severity;
use crate::policy::{PolicyScope, Section};
use crate::rules::sites::Site;
use crate::rules::{Edit, Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1111",
    name: "forwards-twice",
    severity: Severity::Error,
    summary: "the request is sent to the backend twice",
    why: "`<base />` in the backend section puts in what the outer scope has there, and that is a `forward-request` by default. Beside one of its own the request is sent twice: it is paid twice, and the first answer is thrown away.",
    fix: "remove `<base />` from the backend section, or the `forward-request` of this policy",
    source: "Policies in API Management (2023-10-18): the global policy has forward-request in backend by default",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /><forward-request timeout="60" /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><forward-request timeout="60" /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        if sites.file.scope == Some(PolicyScope::Global) {
            continue;
        }
        let in_backend = |site: &&Site<'_>| site.section == Some(Section::Backend);
        let is_surely_run = |site: &&Site<'_>| {
            sites
                .around(site)
                .all(|outer| matches!(outer.element.name.as_str(), "retry" | "limit-concurrency"))
        };
        let Some(base) = sites.named("base").filter(in_backend).find(is_surely_run) else { continue };
        let Some(own) = sites.named("forward-request").find(in_backend) else { continue };
        let ends_before = sites
            .all()
            .any(|site| site.section == Some(Section::Backend) && site.element.name == "return-response");
        let finding = report
            .add(base.element.tag_span, "the request is sent twice: by `<base />` and by `forward-request`")
            .label("forwards too, unless an outer scope was changed")
            .place(own.element.name_span, "forwards");
        let edit = Edit { span: base.element.tag_span, text: String::new() };
        finding.fix("leave `<base />` out", false, vec![edit]);
        // Somebody may have taken the default away, and then there is a reason for both.
        if !is_surely_run(&own)
            || ends_before
            || setup.policies.iter().any(|other| other.scope == Some(PolicyScope::Global))
        {
            finding.severity(Severity::Warning);
        }
    }
}
