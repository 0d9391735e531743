//! A JSON file cannot be read.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1911",
    name: "json-syntax",
    severity: Severity::Error,
    summary: "a JSON file cannot be read",
    why: "What is not JSON cannot be deployed. Comments and trailing commas are taken, as most tools do.",
    fix: "write what the message expects",
    source: "RFC 8259, with comments and trailing commas",
    applies: "all tiers and API versions",
    bad: &[Example(&[("backends.json", r#"{ "properties": { "url": "https://a" "#)])],
    good: &[Example(&[(
        "backends.json",
        r#"[
{ "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/east",
  "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http",
    "circuitBreaker": { "rules": [{ "name": "r", "tripDuration": "PT1M", "acceptRetryAfter": true, "failureCondition":
      { "count": 1, "interval": "PT1M", "statusCodeRanges": [{ "min": 429, "max": 429 }] } }] } } }
]
"#,
    )])],
    found: Found::ByReaders(&["json-syntax", "json-too-deep", "file-too-long", "duplicate-name"]),
};
