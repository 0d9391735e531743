//! A value is defined by itself, or a module or fragment holds itself.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1904",
    name: "circular-definition",
    severity: Severity::Error,
    summary: "a value is defined by itself, or a module or fragment holds itself",
    why: "A variable that needs its own value, directly or through others, cannot be evaluated: the template is refused as a whole.",
    fix: "give one of the names in the circle a value of its own",
    source: "Bicep diagnostic BCP080; Troubleshoot circular dependencies in ARM templates (2025-02-12)",
    applies: "all",
    bad: &[
        Example(&[(
            "main.json",
            r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0", "parameters": { "apimName": { "type": "string" } },
  "variables": { "url": "[variables('url')]" },
  "resources": [ { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
    "name": "apim/east",
    "properties": { "url": "[variables('url')]", "protocol": "http" } } ] }"#,
        )]),
        Example(&[
            (
                "policy.xml",
                r#"<policies>
  <inbound><base /><include-fragment fragment-id="limits" /></inbound>
  <backend><base /></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
            ),
            ("fragments/limits.xml", r#"<fragment><include-fragment fragment-id="keys" /></fragment>"#),
            ("fragments/keys.xml", r#"<fragment><include-fragment fragment-id="limits" /></fragment>"#),
        ]),
    ],
    good: &[Example(&[(
        "main.json",
        r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0", "parameters": { "apimName": { "type": "string" } },
  "variables": { "url": "https://east.openai.azure.com/openai" },
  "resources": [ { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
    "name": "apim/east",
    "properties": { "url": "[variables('url')]", "protocol": "http" } } ] }"#,
    )])],
    found: Found::ByReaders(&["circular-definition", "fragment-cycle"]),
};
