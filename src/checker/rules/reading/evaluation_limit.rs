//! A template is too large or too deep to be evaluated.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1906",
    name: "evaluation-limit",
    severity: Severity::Error,
    summary: "a template is too large or too deep to be evaluated",
    why: "Loops, lists and texts are evaluated up to a bound, so that a file cannot use up memory or time. What comes after it is neither evaluated nor checked: the file counts as one that cannot be read.",
    fix: "give smaller values in a parameters file, or check parts of the template as files of their own",
    source: "bounds of this program; the service itself allows 800 resources and loops of 800 rounds",
    applies: "all",
    bad: &[Example(&[(
        "main.bicep",
        r"var each = range(0, 99999)
resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = [for i in each: {
  name: 'apim/east${i}'
  properties: {
    url: 'https://east.openai.azure.com/openai'
    protocol: 'http'
  }
}]
",
    )])],
    good: &[Example(&[(
        "main.bicep",
        r"var each = range(0, 3)
resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = [for i in each: {
  name: 'apim/east${i}'
  properties: {
    url: 'https://east.openai.azure.com/openai'
    protocol: 'http'
  }
}]
",
    )])],
    found: Found::ByReaders(&["evaluation-limit"]),
};
