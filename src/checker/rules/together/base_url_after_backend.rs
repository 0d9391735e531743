//! A base-url cannot replace a backend of an outer scope.

use crate::diagnostics::Severity;
use crate::policy::{PolicyScope, Section};
use crate::rules::sites::{Site, Sites};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1213",
    name: "base-url-after-backend",
    severity: Severity::Warning,
    summary: "a `base-url` stands below a `backend-id` of an outer scope",
    why: "A backend that an inherited policy has chosen can be replaced by another `backend-id` only. A `base-url` after `<base />` has no effect: requests go on to the backend of the outer scope.",
    fix: "make a backend of the address and name it with `backend-id`",
    source: "set-backend-service policy reference, usage notes",
    applies: "all tiers; where the policies of both scopes are among the inputs",
    bad: &[Example(&[(
        "policies.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/policies", "apiVersion": "2024-05-01", "name": "apim/policy",
  "properties": { "format": "rawxml", "value": "<policies><inbound><set-backend-service backend-id=\"pool\" /></inbound><backend><forward-request /></backend><outbound /><on-error /></policies>" } },
{ "type": "Microsoft.ApiManagement/service/apis/policies", "apiVersion": "2024-05-01", "name": "apim/chat/policy",
  "properties": { "format": "rawxml", "value": "<policies><inbound><base /><set-backend-service base-url=\"https://other.example.com\" /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>" } }
]
"#,
    )])],
    good: &[
        Example(&[(
            "policies.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/policies", "apiVersion": "2024-05-01", "name": "apim/policy",
  "properties": { "format": "rawxml", "value": "<policies><inbound><set-backend-service backend-id=\"pool\" /></inbound><backend><forward-request /></backend><outbound /><on-error /></policies>" } },
{ "type": "Microsoft.ApiManagement/service/apis/policies", "apiVersion": "2024-05-01", "name": "apim/chat/policy",
  "properties": { "format": "rawxml", "value": "<policies><inbound><base /><set-backend-service backend-id=\"other\" /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>" } }
]
"#,
        )]),
        Example(&[(
            "policies.json",
            r#"[
{ "type": "Microsoft.ApiManagement/service/policies", "apiVersion": "2024-05-01", "name": "apim/policy",
  "properties": { "format": "rawxml", "value": "<policies><inbound></inbound><backend><forward-request /></backend><outbound /><on-error /></policies>" } },
{ "type": "Microsoft.ApiManagement/service/apis/policies", "apiVersion": "2024-05-01", "name": "apim/chat/policy",
  "properties": { "format": "rawxml", "value": "<policies><inbound><base /><set-backend-service base-url=\"https://other.example.com\" /></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>" } }
]
"#,
        )]),
    ],
    found: Found::Here(look),
};

fn look(_: &Setup, report: &mut Report<'_>) {
    let is_surely_run = |sites: &Sites<'_>, site: &Site<'_>| {
        site.section == Some(Section::Inbound) && sites.around(site).next().is_none()
    };
    let mut outer = report.files().filter(|sites| sites.file.scope == Some(PolicyScope::Global));
    let chosen = outer.find_map(|sites| {
        let mut sets = sites.named("set-backend-service");
        let set =
            sets.find(|set| set.element.attribute("backend-id").is_some() && is_surely_run(sites, set))?;
        Some(set.element.name_span)
    });
    let Some(chosen) = chosen else { return };
    for sites in report.files() {
        if sites.file.scope.is_none_or(|scope| scope == PolicyScope::Global) {
            continue;
        }
        let base =
            sites.named("base").find(|base| base.section == Some(Section::Inbound)).map(|base| base.at);
        for set in sites.named("set-backend-service").filter(|set| base.is_some_and(|base| base < set.at)) {
            let Some(url) = set.element.attribute("base-url") else { continue };
            report
                .add(url.name_span, "this has no effect: an outer scope has chosen a backend")
                .label("expected `backend-id`")
                .place(chosen, "chosen here");
        }
    }
}
