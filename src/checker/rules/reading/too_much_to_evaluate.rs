//! A template is too large to be evaluated.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1905",
    name: "too-much-to-evaluate",
    severity: Severity::Warning,
    summary: "a template is too large to be evaluated",
    why: "Loops and expressions are evaluated within bounds; what lies beyond is not known, and nothing is \
          said of it.",
    fix: "give the deployed resources as JSON",
    source: "bounds of poolproof: 10,000 resources of a file",
    applies: "all tiers and API versions",
    bad: &[Example(&[(
        "main.bicep",
        r#"var many = range(0, 9999)
var more = [for a in many: [for b in many: [for c in many: '${a}${b}${c}']]]
resource r 'Microsoft.ApiManagement/service/backends@2024-05-01' = [for m in more: {
  name: m[0][0]
}]
"#,
    )])],
    good: &[Example(&[(
        "main.bicep",
        r#"var few = range(0, 3)
"#,
    )])],
    found: Found::ByReaders(&["too-much-to-evaluate"]),
};
