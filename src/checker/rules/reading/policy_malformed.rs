//! A policy document is not well-formed.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1912",
    name: "policy-malformed",
    severity: Severity::Error,
    summary: "a policy document is not well-formed",
    why: "The service cannot read the document. Expressions may hold quotes and brackets; elements have to \
          be closed, and attributes quoted.",
    fix: "close what the message names",
    source: "policies article; format rawxml",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
    <backend />
</policies>
"#,
    )])],
    good: &[Example(&[(
        "policy.xml",
        r#"<policies>
    <inbound>
        <base />
    </inbound>
</policies>
"#,
    )])],
    found: Found::ByReaders(&[
        "malformed-xml",
        "unclosed-element",
        "wrong-end-tag",
        "missing-quote",
        "unbalanced-expression",
        "malformed-comment",
        "template-in-tag",
        "stray-bracket",
        "duplicate-attribute",
        "document-too-deep",
        "document-too-large",
    ]),
};
