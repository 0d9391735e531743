//! JSON syntax, override files, and templates that Terraform deploys.

use proptest::prelude::*;

use crate::resources::eval::tests::styles::{check, read};

const JSON: &str = r#"{
  "//": "a comment",
  "terraform": { "required_providers": { "azurerm": { "source": "hashicorp/azurerm" } } },
  "variable": { "region": { "type": "string", "default": "east" }, "limits": { "type": "object({ count = optional(number, 3) })", "default": { "name": "x" } } },
  "locals": { "trip": "PT1M", "ranges": [{ "min": 429, "max": 429 }] },
  "data": { "azurerm_api_management": { "apim": { "name": "apim", "resource_group_name": "rg" } } },
  "resource": [{
    "azurerm_api_management_backend": {
      "east": {
        "name": "${var.region}",
        "api_management_name": "${data.azurerm_api_management.apim.name}",
        "protocol": "http",
        "url": "https://${var.region}.openai.azure.com/openai",
        "circuit_breaker_rule": [{
          "name": "r",
          "trip_duration": "${local.trip}",
          "failure_condition": {
            "count": "${var.limits.count}",
            "interval_duration": "PT5M",
            "dynamic": { "status_code_range": { "for_each": "${local.ranges}", "iterator": "range",
              "content": { "min": "${range.value.min}", "max": "${range.value.max}" } } }
          }
        }]
      },
      "west": [{ "for_each": "${toset([\"west\"])}", "name": "${each.key}", "api_management_name": "apim",
        "url": "https://${each.key}.openai.azure.com/openai" }],
      "pool": {
        "name": "pool",
        "api_management_name": "apim",
        "pool": { "service": [
          { "id": "${azurerm_api_management_backend.east.id}", "priority": 1 },
          { "id": "${azurerm_api_management_backend.west[\"west\"].id}", "priority": 2, "weight": 10 }
        ] }
      }
    }
  }]
}"#;

proptest! {
    #[test]
    fn any_json_is_survived(text in "[\\[\\]{}:,\"a-c0-9$%. ]{0,60}", value in "[$%{}a-c.\\[\\]()\"* 0-9]{0,30}") {
        let json = serde_json::json!({ "locals": { "a": value }, "resource": { "azurerm_api_management_backend": {
            "b": { "name": value, "dynamic": { "pool": { "for_each": value, "content": { "service": value } } } } } } });
        read(&[("a.tf.json", &text), ("b_override.tf.json", &json.to_string())]);
    }
}

const PLAIN: &str = "east https://east.openai.azure.com/openai rule(count 3 429-429 trip Some(60))\n\
     west https://west.openai.azure.com/openai\n\
     pool pool east/1/- west/2/10";

fn codes(files: &[(&str, &str)]) -> Vec<String> {
    let (_, problems, _) = read(files);
    problems.iter().map(|problem| problem.split(':').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn json_says_what_blocks_say() {
    check(&[("main.tf.json", JSON)], PLAIN);
    let module = r#"{ "module": { "own": { "source": "./own", "host": "${upper(\"x\")}", "count": 1 } } }"#;
    let own = r#"{ "variable": { "host": {} }, "resource": { "azurerm_api_management_backend": { "b": {
      "name": "${lower(var.host)}", "api_management_name": "apim", "url": "https://${var.host}" } } } }"#;
    check(&[("main.tf.json", module), ("own/main.tf.json", own)], "x https://X");
    // Of one block, and beside files of the other syntax.
    let alone = r#"{ "resource": { "azurerm_api_management_backend": { "pool": { "name": "pool",
      "api_management_name": "apim", "pool": { "service": { "id": "${azurerm_api_management_backend.b.id}" } } } } } }"#;
    let other = "resource \"azurerm_api_management_backend\" \"b\" {\n  name = \"b\"\n  api_management_name = \"apim\"\n  url = \"https://b\"\n}\n";
    check(&[("a.tf.json", alone), ("b.tf", other)], "pool pool b/-/-\nb https://b");
}

#[test]
fn json_that_cannot_be_read_is_told_in_its_place() {
    assert_eq!(codes(&[("main.tf.json", "{ \"resource\": ")]), ["json-syntax 1"]);
    let text = JSON.replace("${local.trip}", "${local.trip +}");
    let (inventory, problems, _) = read(&[("main.tf.json", &text)]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("terraform-syntax 16:"), "{problems:?}");
    assert_eq!(inventory.resources.len(), 4, "the rest is read");
    assert!(inventory.is_partial);
    for end in 0..JSON.len() {
        read(&[("main.tf.json", JSON.get(..end).expect("it is ASCII"))]);
    }
}

#[test]
fn policies_in_json_keep_their_place() {
    let text = "{ \"resource\": { \"azurerm_api_management_api_policy\": { \"p\": { \"api_name\": \"a\", \"api_management_name\": \"apim\",\n\"xml_content\": \"<policies><inbound/></policies>\" } } } }";
    let (inventory, problems, _) = read(&[("main.tf.json", text)]);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(inventory.policies.len(), 1);
}

#[test]
fn override_files_replace_what_they_name() {
    let main = r#"
variable "host" {
  default = "main"
}
locals {
  path = "a"
}
module "m" {
  source = "./m"
  one    = "1"
  two    = "2"
}
resource "azurerm_api_management_backend" "b" {
  name                = "b"
  api_management_name = "apim"
  url                 = "https://${var.host}/${local.path}"
  circuit_breaker_rule {
    name          = "r"
    trip_duration = "PT1M"
    failure_condition {
      count             = 3
      interval_duration = "PT5M"
      status_code_range {
        min = 429
        max = 429
      }
    }
  }
}
"#;
    let inner = "variable \"one\" {}\nvariable \"two\" {}\nresource \"azurerm_api_management_backend\" \"m\" {\n  name = \"m\"\n  api_management_name = \"apim\"\n  url = \"https://${var.one}${var.two}\"\n}\n";
    let over = "variable \"host\" {\n  default = \"over\"\n}\nresource \"azurerm_api_management_backend\" \"b\" {\n  circuit_breaker_rule {\n    name = \"s\"\n    trip_duration = \"PT2M\"\n    failure_condition {\n      count = 1\n      interval_duration = \"PT5M\"\n      status_code_range {\n        min = 500\n        max = 599\n      }\n    }\n  }\n}\n";
    let later = r#"{ "locals": { "path": "z" }, "module": { "m": { "two": "3" } } }"#;
    check(
        &[("a_override.tf", over), ("main.tf", main), ("m/main.tf", inner), ("z_override.tf.json", later)],
        "m https://13\nb https://over/z rule(count 1 500-599 trip Some(120))",
    );
    // By itself it declares.
    let own = "resource \"azurerm_api_management_backend\" \"b\" {\n  name = \"b\"\n  api_management_name = \"apim\"\n  url = \"https://b\"\n}\n";
    check(&[("override.tf", own)], "b https://b");
}

const ARM: &str = r#"{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": { "host": { "type": "string", "defaultValue": "default" } },
  "resources": [
    { "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/b",
      "properties": { "protocol": "http", "url": "[concat('https://', parameters('host'))]" } }
  ]
}"#;

#[test]
fn templates_that_are_deployed_are_read() {
    let deployment = |content: &str, more: &str| {
        format!(
            "variable \"host\" {{\n  default = \"east\"\n}}\nresource \"azurerm_resource_group_template_deployment\" \"d\" {{\n  name = \"d\"\n  resource_group_name = \"rg\"\n  deployment_mode = \"Incremental\"\n{more}  template_content = {content}\n}}\noutput \"o\" {{\n  value = jsondecode(azurerm_resource_group_template_deployment.d.output_content).x.value\n}}\n"
        )
    };
    let heredoc = format!("<<TEMPLATE\n{ARM}\nTEMPLATE");
    let params = "  parameters_content = jsonencode({ host = { value = var.host } })\n";
    check(&[("main.tf", &deployment(&heredoc, params))], "b https://east");
    check(&[("main.tf", &deployment(&heredoc, ""))], "b https://default");
    for path in ["${path.module}/x.json", "x.json", "./x.json"] {
        let text = deployment(&format!("file(\"{path}\")"), params);
        check(&[("infra/main.tf", &text), ("infra/x.json", ARM)], "b https://east");
    }
    // What is given is not known, so the default does not hold.
    let unknown = "  parameters_content = var.parameters\n";
    check(&[("main.tf", &deployment(&heredoc, unknown))], "b ?");
    for content in ["jsonencode({ resources = [] })", "file(\"gone.json\")", "var.template"] {
        let (inventory, ..) = read(&[("main.tf", &deployment(content, ""))]);
        assert!(inventory.is_partial, "{content}");
    }
    let broken = deployment("<<TEMPLATE\n{ \"resources\": [\nTEMPLATE", "");
    assert_eq!(codes(&[("main.tf", &broken)]).len(), 1);
}
