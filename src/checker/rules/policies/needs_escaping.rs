//! An expression is not escaped, and the policy is deployed as `xml`.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1182",
    name: "needs-escaping",
    severity: Severity::Error,
    summary: "an expression is not escaped, and the policy is deployed as `xml`",
    why: "With format `xml` the service reads the document as strict XML: `<`, `&` and quotes inside of expressions have to be entities. With format `rawxml` they may stand as they are.",
    fix: "deploy with format `rawxml`, or write `&lt;`, `&amp;` and `&quot;`",
    source: "Policy resource schema: format is xml, xml-link, rawxml or rawxml-link",
    applies: "all tiers, all API versions",
    bad: &[Example(&[(
        "policy.json",
        r#"{ "type": "Microsoft.ApiManagement/service/apis/policies", "apiVersion": "2024-05-01", "name": "apim/chat/policy",
  "properties": { "format": "xml", "value": "<policies><inbound><set-variable name=\"x\" value=\"@(1 < 2 && true)\" /></inbound></policies>" } }"#,
    )])],
    good: &[Example(&[(
        "policy.json",
        r#"{ "type": "Microsoft.ApiManagement/service/apis/policies", "apiVersion": "2024-05-01", "name": "apim/chat/policy",
  "properties": { "format": "rawxml", "value": "<policies><inbound><set-variable name=\"x\" value=\"@(1 < 2 && true)\" /></inbound></policies>" } }"#,
    )])],
    found: Found::ByReaders(&["needs-escaping"]),
};
