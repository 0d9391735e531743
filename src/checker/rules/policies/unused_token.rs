//! A token is fetched and not sent.

use crate::diagnostics::{Severity, Span};
use crate::rules::sites::literal;
use crate::rules::{Edit, Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1120",
    name: "unused-token",
    severity: Severity::Warning,
    summary: "a token is fetched and not sent",
    why: "With `output-token-variable-name` the token goes into a variable and not into the `Authorization` header. If nobody reads the variable the backend gets no token and answers 401.",
    fix: "set the header `Authorization` to `Bearer` and the variable, or leave `output-token-variable-name` out",
    source: "authentication-managed-identity policy reference",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><authentication-managed-identity resource="https://cognitiveservices.azure.com" output-token-variable-name="token" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><authentication-managed-identity resource="https://cognitiveservices.azure.com" output-token-variable-name="token" /><set-header name="Authorization" exists-action="override"><value>@("Bearer " + (string)context.Variables["token"])</value></set-header></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    // Each looks through all texts, so that many would take long.
    let mut told = 0_u32;
    for sites in report.files().filter(|sites| !sites.includes_fragments()) {
        for token in sites.named("authentication-managed-identity") {
            // What a fragment fetches is for whoever includes it.
            let Some(name) =
                literal(token.element, "output-token-variable-name").filter(|_| token.section.is_some())
            else {
                continue;
            };
            told = told.saturating_add(1);
            if told > 50 {
                return;
            }
            let uses = setup.policies.iter().map(|policy| words(&policy.text, name)).sum::<usize>();
            if uses > 1 || sites.file.text.contains("context.Variables[(") {
                continue;
            }
            if let Some(attribute) = token.element.attribute("output-token-variable-name") {
                let finding =
                    report.add(attribute.value.span, format!("nothing reads the token in `{name}`"));
                finding.label("the token goes here, and not into `Authorization`");
                let end = attribute.value.span.end.saturating_add(1);
                let span = Span { end, ..attribute.name_span };
                let edit = Edit { span, text: String::new() };
                finding.fix("leave `output-token-variable-name` out", false, vec![edit]);
            }
        }
    }
}

/// How often `name` stands in `text` as a whole word.
fn words(text: &str, name: &str) -> usize {
    let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(name)
        .filter(|(at, _)| {
            let (before, rest) = text.split_at_checked(*at).unwrap_or((text, ""));
            let after = rest.get(name.len()..).unwrap_or("");
            !before.ends_with(joins) && !after.starts_with(joins)
        })
        .count()
}
