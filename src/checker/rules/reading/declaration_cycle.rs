//! A variable or parameter needs itself.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1903",
    name: "declaration-cycle",
    severity: Severity::Error,
    summary: "a variable or parameter needs itself",
    why: "Its value cannot be computed; the deployment is refused.",
    fix: "break the circle",
    source: "template and Bicep references",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "main.bicep",
        r#"var a = b
var b = a
resource r 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: a
}
"#,
    )])],
    good: &[Example(&[(
        "main.bicep",
        r#"var a = 'x'
var b = a
"#,
    )])],
    found: Found::ByReaders(&["template-cycle"]),
};
