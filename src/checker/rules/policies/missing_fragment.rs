//! A fragment is not among the inputs.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1195",
    name: "missing-fragment",
    severity: Severity::Warning,
    summary: "a fragment is not among the inputs",
    why: "What a fragment does is not known here, so its policies are not checked, and nothing is said of what depends on them.",
    fix: "give the file of the fragment too, named like the fragment",
    source: "include-fragment policy reference",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
  <inbound><base /><include-fragment fragment-id="limits" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
    )])],
    good: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><include-fragment fragment-id="limits" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        ("fragments/limits.xml", r#"<fragment><set-variable name="a" value="b" /></fragment>"#),
    ])],
    found: Found::ByReaders(&["missing-fragment"]),
};
