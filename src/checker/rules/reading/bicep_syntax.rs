//! A declaration of a Bicep file cannot be read.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1902",
    name: "bicep-syntax",
    severity: Severity::Error,
    summary: "a declaration of a Bicep file cannot be read",
    why: "The compiler refuses the file. The other declarations are looked at all the same.",
    fix: "write what the message expects",
    source: "Bicep language reference",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "main.bicep",
        r#"resource b 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name 'a'
}
"#,
    )])],
    good: &[Example(&[(
        "main.bicep",
        r#"resource b 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: 'apim/a'
  properties: {
    url: 'https://a.contoso.com'
    protocol: 'http'
  }
}
"#,
    )])],
    found: Found::ByReaders(&["bicep-syntax"]),
};
