//! A policy is not well-formed.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1181",
    name: "malformed-policy",
    severity: Severity::Error,
    summary: "a policy is not well-formed",
    why: "The service reads a policy as XML with expressions inside. Where tags, quotes or comments do not fit together it refuses the whole document.",
    fix: "correct the tag that is marked",
    source: "Policies in API Management (2023-10-18); observed messages of the service",
    applies: "all tiers, all API versions",
    bad: &[Example(&[("policy.xml", "<policies><inbound><base /></inbuond></policies>")])],
    good: &[Example(&[(
        "policy.xml",
        "<policies>
  <inbound><base /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
",
    )])],
    found: Found::ByReaders(&[
        "malformed-xml",
        "wrong-end-tag",
        "unclosed-element",
        "missing-quote",
        "malformed-comment",
        "duplicate-attribute",
        "stray-text",
        "stray-bracket",
        "empty-document",
        "template-in-tag",
    ]),
};
