//! An expression reads a response that may not be there.

use crate::diagnostics::Severity;
use crate::diagnostics::{Diagnostics, Span};
use crate::policy::Section;
use crate::policy::csharp::{Expression, NamedValues, Options, ParseOptions, Variables};
use crate::policy::scan::RawText;
use crate::rules::Edit;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1107",
    name: "unguarded-response",
    severity: Severity::Warning,
    summary: "an expression reads a response that may not be there",
    why: "After a timeout or a connection that fails there is no response: `context.Response` is null. A condition that reads its status throws then, the request ends with a 500 of the gateway, and the retry that was meant for this case does not happen. In `on-error` it is null too when the error came before any answer.",
    fix: "test it first: `context.Response != null && ...`, or `context.Response == null || ...` to repeat then as well",
    source: "Azure-Samples/openai-apim-lb issues 25 and 29; AI-Gateway issue 54; Apim-Samples (2026-08)",
    applies: "all tiers, all API versions",
    bad: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response.StatusCode == 429)" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /><choose><when condition="@(context.Response.StatusCode == 503)"><set-status code="503" reason="Busy" /></when></choose></on-error>
</policies>
"#,
        )]),
    ],
    good: &[
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && (context.Response.StatusCode == 429 || context.Response.StatusCode == 503))" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /><choose>
    <when condition="@(context.Response != null && context.Response.StatusCode == 503)">
      <set-variable name="wait" value="@(context.Response.Headers.GetValueOrDefault("Retry-After", "10"))" />
    </when>
  </choose></on-error>
</policies>
"#,
        )]),
        Example(&[(
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="openai-pool" /></inbound>
  <backend><retry condition="@(context.Response?.StatusCode == 429)" count="2" interval="0"><forward-request buffer-request-body="true" buffer-response="false" /></retry></backend>
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
        for site in sites.all() {
            let is_retry = site.element.name == "retry";
            // A loop of other calls does not depend on this response.
            let forwards = || {
                sites.inside(site).iter().any(|inner| {
                    matches!(inner.element.name.as_str(), "forward-request" | "include-fragment" | "base")
                })
            };
            // A branch that is taken only when there is a response needs no test of its own.
            let is_guarded = || {
                sites.around(site).any(|outer| {
                    let condition =
                        outer.element.attribute("condition").map(|a| a.value.text.replace(' ', ""));
                    condition.is_some_and(|text| text.contains("context.Response!=null"))
                })
            };
            if is_retry && !forwards()
                || !is_retry && (site.section != Some(Section::OnError) || is_guarded())
            {
                continue;
            }
            let attributes = site.element.attributes.iter().map(|attribute| &attribute.value);
            let is_known = site.element.name != "return-response";
            for raw in attributes.chain([&site.element.text]).filter(|raw| raw.is_expression && is_known) {
                let Some(span) = unguarded(raw) else { continue };
                let (message, switch) = if is_retry {
                    ("this condition throws after a timeout", "policy.response_after_transport_error")
                } else {
                    ("this throws when an error came before any answer", "policy.response_in_on_error")
                };
                let finding = report
                    .add(span, message)
                    .label("throws if `context.Response` is null")
                    .note(format!("the switch `{switch}` says whether it is"))
                    .only_under(switch, "null");
                if is_retry && let Some(edits) = guard(raw, &sites.file.text) {
                    finding.fix("test `context.Response` for null first", false, edits);
                }
            }
        }
    }
}

fn unguarded(raw: &RawText) -> Option<Span> {
    let parse = ParseOptions { named_values: NamedValues::Tolerate };
    let options = Options { parse, ..Options::default() };
    let mut names = Variables::new();
    let expression = Expression::compile_with(raw, &mut names, &options, &mut Diagnostics::new())?;
    expression.dereferences_response_unguarded()
}

/// Edits that put a test around the whole of `@(...)`.
fn guard(raw: &RawText, text: &str) -> Option<Vec<Edit>> {
    let written = text.get(raw.span.start as usize..raw.span.end as usize)?;
    // What has named values or entities in it, or tests for null already, is left to people.
    if written != raw.text || written.contains("null") {
        return None;
    }
    let inside = written.trim().strip_prefix("@(")?.strip_suffix(')')?;
    let start = raw.span.start.checked_add(u32::try_from(written.find(inside)?).ok()?)?;
    let end = start.checked_add(u32::try_from(inside.len()).ok()?)?;
    let at =
        |at: u32, text: &str| Edit { span: Span { start: at, end: at, ..raw.span }, text: text.to_owned() };
    Some(vec![at(start, "context.Response != null && ("), at(end, ")")])
}
