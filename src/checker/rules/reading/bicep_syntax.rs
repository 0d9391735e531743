//! A Bicep file has a place that is not Bicep.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1901",
    name: "bicep-syntax",
    severity: Severity::Error,
    summary: "a Bicep file has a place that is not Bicep",
    why: "The compiler refuses the file. The declaration with the problem is left out here, everything else is checked.",
    fix: "correct the marked place; `az bicep build` shows it too",
    source: "Bicep language specification, as of version 0.38",
    applies: "all",
    bad: &[Example(&[(
        "main.bicep",
        r"resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: 'apim/east'
  properties: {
    url: 'https://east.openai.azure.com/openai'
    protocol: 'http'
    circuitBreaker: { rules: [ {
      name 'throttled'
      tripDuration: 'PT1M'
      failureCondition: { count: 1, interval: 'PT1M', statusCodeRanges: [ { min: 500, max: 599 } ] }
    } ] }
  }
}
",
    )])],
    good: &[Example(&[(
        "main.bicep",
        r"resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: 'apim/east'
  properties: {
    url: 'https://east.openai.azure.com/openai'
    protocol: 'http'
    circuitBreaker: { rules: [ {
      name: 'throttled'
      tripDuration: 'PT1M'
      failureCondition: { count: 1, interval: 'PT1M', statusCodeRanges: [ { min: 500, max: 599 } ] }
    } ] }
  }
}
",
    )])],
    found: Found::ByReaders(&["bicep-syntax"]),
};
