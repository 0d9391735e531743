//! A text in brackets is not an expression of the template language.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1902",
    name: "unreadable-expression",
    severity: Severity::Error,
    summary: "a text in brackets is not an expression of the template language",
    why: "In an ARM template every text that begins with a bracket and ends with one is evaluated. One that cannot be read makes the deployment fail at its validation.",
    fix: "correct the expression; write `[[` when the text shall begin with a bracket",
    source: "Syntax and expressions in ARM templates (2025-02-12)",
    applies: "all",
    bad: &[Example(&[(
        "main.json",
        r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0", "parameters": { "apimName": { "type": "string" } },
  "variables": { "url": "https://east.openai.azure.com/openai" },
  "resources": [ { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
    "name": "[concat(parameters('apimName'), '/east']",
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
    found: Found::ByReaders(&["template-expression"]),
};
