//! An expression names something that the file does not declare.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1903",
    name: "undeclared-name",
    severity: Severity::Error,
    summary: "an expression names something that the file does not declare",
    why: "Parameters, variables and resources are found by name when the template is validated. A name that is not declared, often a misspelt one, makes the deployment fail before anything is deployed.",
    fix: "declare the name or correct it",
    source: "Template functions for deployments: parameters, variables (2025-02-12); Bicep diagnostic BCP057; Terraform language, References to Named Values",
    applies: "all",
    bad: &[
        Example(&[(
            "main.json",
            r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0", "parameters": { "apimName": { "type": "string" } },
  "variables": { "url": "https://east.openai.azure.com/openai" },
  "resources": [ { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
    "name": "[concat(parameters('apiName'), '/east')]",
    "properties": { "url": "[variables('url')]", "protocol": "http" } } ] }"#,
        )]),
        Example(&[(
            "main.bicep",
            r"resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: '${apim}/east'
  properties: {
    url: 'https://east.openai.azure.com/openai'
    protocol: 'http'
  }
}
",
        )]),
        Example(&[
            ("variables.tf", "variable \"apim_name\" {\n  type = string\n}\n"),
            (
                "main.tf",
                r#"resource "azurerm_api_management_backend" "east" {
  name                = "east"
  resource_group_name = "rg"
  api_management_name = var.apim_nmae
  protocol            = "http"
  url                 = "https://east.openai.azure.com/openai"
}
"#,
            ),
        ]),
    ],
    good: &[
        Example(&[(
            "main.json",
            r#"{ "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0", "parameters": { "apimName": { "type": "string" } },
  "variables": { "url": "https://east.openai.azure.com/openai" },
  "resources": [ { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01",
    "name": "[concat(parameters('apimName'), '/east')]",
    "properties": { "url": "[variables('url')]", "protocol": "http" } } ] }"#,
        )]),
        Example(&[(
            "main.bicep",
            r"param apim string
resource east 'Microsoft.ApiManagement/service/backends@2024-05-01' = {
  name: '${apim}/east'
  properties: {
    url: 'https://east.openai.azure.com/openai'
    protocol: 'http'
  }
}
",
        )]),
        Example(&[
            ("variables.tf", "variable \"apim_name\" {\n  type = string\n}\n"),
            (
                "main.tf",
                r#"resource "azurerm_api_management_backend" "east" {
  name                = "east"
  resource_group_name = "rg"
  api_management_name = var.apim_name
  protocol            = "http"
  url                 = "https://east.openai.azure.com/openai"
}
"#,
            ),
        ]),
    ],
    found: Found::ByReaders(&["undeclared-name"]),
};
