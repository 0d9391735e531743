//! A file of Terraform has a place that is not HCL.

use crate::diagnostics::Severity;
use crate::rules::{Example, Found, Rule};

pub(super) static RULE: Rule = Rule {
    code: "PP1907",
    name: "terraform-syntax",
    severity: Severity::Error,
    summary: "a file of Terraform has a place that is not HCL",
    why: "Terraform refuses the whole module. Nothing of the file is read here, and what it declares counts as unknown; all other files are checked.",
    fix: "correct the marked place, or what comes before it; `terraform validate` shows it too",
    source: "HCL native syntax specification; Terraform language, version 1.9",
    applies: "all",
    bad: &[Example(&[(
        "main.tf",
        r#"resource "azurerm_api_management_backend" "east" {
  name                = "east"
  resource_group_name = "rg"
  api_management_name = "apim"
  protocol            = "http"
  url                   "https://east.openai.azure.com/openai"
}
"#,
    )])],
    good: &[Example(&[(
        "main.tf",
        r#"resource "azurerm_api_management_backend" "east" {
  name                = "east"
  resource_group_name = "rg"
  api_management_name = "apim"
  protocol            = "http"
  url                 = "https://east.openai.azure.com/openai"
}
"#,
    )])],
    found: Found::ByReaders(&["terraform-syntax"]),
};
