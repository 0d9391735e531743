//! The request is never sent to a backend.

use crate::diagnostics::{Severity, Span};
use crate::policy::Section;
use crate::policy::document::Kind;
use crate::rules::{Edit, Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1112",
    name: "never-forwards",
    severity: Severity::Error,
    summary: "the request is never sent to a backend",
    why: "A backend section that has neither `<base />` nor `forward-request` replaces the default and sends nothing. The client gets an empty 200.",
    fix: "put `<base />` or `forward-request` into the backend section",
    source: "forward-request policy reference: if the policy is removed, the request is not forwarded, and outbound runs at once",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><return-response><set-status code="200" reason="OK" /></return-response></inbound>
  <backend></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    for sites in report.files() {
        // Sections without a root are an excerpt.
        if sites.file.document.kind != Kind::Policies {
            continue;
        }
        // Whoever answers by other means does so on purpose.
        let answers = || {
            sites.all().any(|site| {
                let name = site.element.name.as_str();
                [
                    "return-response",
                    "mock-response",
                    "send-request",
                    "include-fragment",
                    "set-body",
                    "invoke",
                    "dapr",
                    "publish",
                ]
                .into_iter()
                .any(|word| name.contains(word))
                    || name.ends_with("-data-source")
            })
        };
        for part in sites.file.document.parts() {
            let Some(owner) = part.owner.filter(|_| part.section == Some(Section::Backend)) else { continue };
            let forwards = sites
                .all()
                .filter(|site| site.section == Some(Section::Backend))
                .any(|site| matches!(site.element.name.as_str(), "base" | "forward-request"));
            // Text between policies is a place that a template fills in.
            if forwards || !owner.text.text.trim().is_empty() || answers() {
                continue;
            }
            let finding = report
                .add(owner.tag_span, "nothing in this section sends the request")
                .label("expected `<base />` or `<forward-request />` inside");
            if part.policies.is_empty() {
                let text = "<backend><base /></backend>".to_owned();
                let span = owner.tag_span;
                let written = sites.file.text.get(span.start as usize..span.end as usize).unwrap_or_default();
                let edit = if written.ends_with("/>") {
                    Edit { span, text }
                } else {
                    Edit { span: Span { start: span.end, ..span }, text: "<base />".to_owned() }
                };
                finding.fix("forward as the outer scope does: write `<base />`", false, vec![edit]);
            }
            // Where no backend is chosen, another scope may be the one that answers; an empty section is published by
            // people for whom it works as `<base />` does.
            if part.policies.is_empty() || sites.named("set-backend-service").next().is_none() {
                finding.severity(Severity::Warning);
            }
        }
    }
}
