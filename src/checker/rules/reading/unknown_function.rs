//! An expression calls a function that does not exist.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1905",
    name: "unknown-function",
    severity: Severity::Warning,
    summary: "an expression calls a function that does not exist",
    why: "A misspelt function makes the deployment fail when the template is validated. Only names that are nearly those of a function are told, because new functions appear.",
    fix: "use the name of the function that is meant",
    source: "ARM template functions (2025-02-12)",
    applies: "all",
    bad: &[Example(&[(
        "main.json",
        r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0", "parameters": { "apimName": { "type": "string" } },
  "variables": { "url": "https://east.openai.azure.com/openai" },
  "resources": [ { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
    "name": "[concatt(parameters('apimName'), '/east')]",
    "properties": { "url": "[variables('url')]", "protocol": "http" } } ] }"#,
    )])],
    good: &[Example(&[(
        "main.json",
        r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0", "parameters": { "apimName": { "type": "string" } },
  "variables": { "url": "https://east.openai.azure.com/openai" },
  "resources": [ { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
    "name": "[concat(parameters('apimName'), '/east')]",
    "properties": { "url": "[variables('url')]", "protocol": "http" } } ] }"#,
    )])],
    found: Found::ByReaders(&["unknown-function"]),
};
