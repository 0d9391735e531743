//! Files together: values, modules, policies, and what is declared nowhere.

use crate::resources::eval::tests::styles::{check, read};

const MAIN: &str = r#"
variable "region" {}
variable "hosts" {
  type    = list(string)
  default = []
}
resource "azurerm_api_management_backend" "b" {
  for_each            = toset(var.hosts)
  name                = "${var.region}-${each.key}"
  api_management_name = "apim"
  url                 = "https://${each.value}.openai.azure.com/openai"
}
"#;

#[test]
fn values_are_those_that_terraform_takes() {
    let values =
        |path: &'static str, region: &str| (path, format!("region = \"{region}\"\nhosts  = [\"a\"]\n"));
    let automatic = values("infra/terraform.tfvars", "default");
    let later = values("infra/z.auto.tfvars", "auto");
    let other = values("infra/prod.tfvars", "prod");
    let elsewhere = values("environments/dev.tfvars", "dev");
    let json = ("infra/terraform.tfvars.json", r#"{ "region": "json", "hosts": ["a"] }"#.to_owned());
    let with = |files: &[&(&'static str, String)], expected: &str| {
        let mut all = vec![("infra/main.tf", MAIN)];
        all.extend(files.iter().map(|(path, text)| (*path, text.as_str())));
        check(&all, expected);
    };
    let plain = |region: &str| format!("{region}-a https://a.openai.azure.com/openai");
    with(&[&automatic], &plain("default"));
    with(&[&automatic, &later, &json], &plain("auto"));
    with(&[&automatic, &json], &plain("json"));
    with(&[&other], &plain("prod"));
    with(&[&other, &automatic], &plain("prod"));
    with(&[&elsewhere], &plain("dev"));
    // Which of two is known only to who deploys.
    let unknown = "{var.region}-{var.hosts.key} conditional ?\npartial";
    with(&[&other, &elsewhere], unknown);
    with(&[], unknown);
}

#[test]
fn modules_are_read_as_they_are_called() {
    let main = r#"
locals {
  backends = { east = 1, west = 2 }
}
module "backend" {
  source   = "./modules/backend"
  for_each = local.backends
  name     = each.key
  apim     = "apim"
}
module "pool" {
  source  = "./modules/pool/"
  members = { for name, priority in local.backends : name => { id = module.backend[name].id, priority = priority } }
}
output "ids" {
  value = [for b in module.backend : b.id]
}
"#;
    let backend = r#"
variable "name" {}
variable "apim" {}
variable "trip" {
  default = null
}
resource "azurerm_api_management_backend" "this" {
  name                = var.name
  api_management_name = var.apim
  url                 = "https://${var.name}.openai.azure.com/openai"
  dynamic "circuit_breaker_rule" {
    for_each = var.trip == null ? [] : [var.trip]
    content {
      name = "r"
    }
  }
}
output "id" {
  value = azurerm_api_management_backend.this.id
}
"#;
    let pool = r#"
variable "members" {}
resource "azurerm_api_management_backend" "pool" {
  name                = "pool"
  api_management_name = "apim"
  pool {
    dynamic "service" {
      for_each = var.members
      iterator = m
      content {
        id       = m.value.id
        priority = m.value.priority
      }
    }
  }
}
"#;
    let files = [("main.tf", main), ("modules/backend/main.tf", backend), ("modules/pool/main.tf", pool)];
    let expected = "east https://east.openai.azure.com/openai\nwest https://west.openai.azure.com/openai\n\
                    pool pool east/1/- west/2/-";
    check(&files, expected);
    let deeper = files.map(|(path, text)| (format!("a/b/{path}"), text));
    let deeper: Vec<(&str, &str)> = deeper.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    check(&deeper, expected);
    // One that is not among the files may hold anything.
    check(&files[..1], "partial");
    check(
        &[("m.tf", "module \"x\" {\n  source = \"Azure/avm-res-apimanagement-service/azurerm\"\n}\n")],
        "partial",
    );
}

#[test]
fn a_module_that_calls_itself_is_told() {
    let circle = "module \"x\" {\n  source = \"../b\"\n}\n";
    let back = "module \"y\" {\n  source = \"../a\"\n}\n";
    let (_, problems, _) = read(&[("a/main.tf", circle), ("b/main.tf", back)]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("circular-definition"), "{problems:?}");
}

#[test]
fn policies_are_found_wherever_they_are_written() {
    let main = r#"
locals {
  pool = "pool"
}
resource "azurerm_api_management_api_policy" "file" {
  api_name            = "a"
  api_management_name = "apim"
  xml_content         = file("${path.module}/policies/p.xml")
}
resource "azurerm_api_management_api_policy" "template" {
  api_name            = "a"
  api_management_name = "apim"
  xml_content         = templatefile("${path.module}/policies/t.xml", { backend = local.pool, n = 2 })
}
resource "azurerm_api_management_policy" "heredoc" {
  api_management_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"
  xml_content       = <<-XML
    <policies>
      <inbound />
    </policies>
  XML
}
resource "azurerm_api_management_product_policy" "joined" {
  product_id          = "p"
  api_management_name = "apim"
  xml_content         = <<XML
<policies><inbound><set-backend-service backend-id="${local.pool}" /></inbound></policies>
XML
}
resource "azapi_resource" "policy" {
  type      = "Microsoft.ApiManagement/service/apis/policies@2024-05-01"
  name      = "policy"
  parent_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim/apis/a"
  body = {
    properties = {
      format = "xml"
      value  = file("policies/p.xml")
    }
  }
}
resource "azurerm_api_management_policy_fragment" "f" {
  name              = "f"
  api_management_id = "x"
  value             = "<fragment />"
}
resource "azurerm_api_management_api_policy" "unknown" {
  api_name            = "a"
  api_management_name = "apim"
  xml_content         = file("gone.xml")
}
"#;
    let plain = "<policies><backend /></policies>";
    let template = "<policies>%{ for i in range(n) }<x i=\"${i}\" b=\"${backend}\" />%{ endfor }</policies>";
    let files =
        [("infra/main.tf", main), ("infra/policies/p.xml", plain), ("infra/policies/t.xml", template)];
    let (inventory, problems, sources) = read(&files);
    assert_eq!(problems, Vec::<String>::new());
    let templates: Vec<&str> = inventory.templates.iter().map(|source| sources.name(*source)).collect();
    assert_eq!(templates, ["infra/policies/t.xml"]);
    let told: Vec<String> = inventory
        .policies
        .iter()
        .map(|policy| {
            let place = if policy.is_verbatim { sources.slice(policy.span).len() } else { 0 };
            let kind = policy.resource_type.trim_start_matches("microsoft.apimanagement/service/");
            let text = policy.text.as_deref().unwrap_or("?").replace('\n', "|");
            let format = policy.format.as_deref().unwrap_or("-");
            format!("{kind} {format} {place} {} {text}", policy.file.as_deref().unwrap_or("-"))
        })
        .collect();
    let indented = "    <policies>|      <inbound />|    </policies>|";
    assert_eq!(
        told,
        [
            format!("apis/policies rawxml 32 policies/p.xml {plain}"),
            "apis/policies rawxml 0 policies/t.xml <policies><x i=\"0\" b=\"pool\" /><x i=\"1\" b=\"pool\" /></policies>"
                .to_owned(),
            format!("policies rawxml {} - {indented}", indented.len()),
            "products/policies rawxml 0 - <policies><inbound><set-backend-service backend-id=\"pool\" /></inbound></policies>|"
                .to_owned(),
            format!("apis/policies xml 32 policies/p.xml {plain}"),
            "policyfragments xml 0 - <fragment />".to_owned(),
            "apis/policies rawxml 0 gone.xml ?".to_owned(),
        ]
    );
}

#[test]
fn names_that_are_declared_nowhere_are_told_where_they_are_mistakes() {
    let with = |expression: &str| {
        format!(
            "variable \"region\" {{}}\nlocals {{\n  prefix = \"a\"\n}}\nresource \"azurerm_api_management_backend\" \"b\" {{\n  name = \"b\"\n  api_management_name = {expression}\n}}\n"
        )
    };
    let told = |expression: &str, others: &[(&str, &str)]| {
        let text = with(expression);
        let mut files = vec![("main.tf", text.as_str())];
        files.extend(others);
        let (inventory, problems, _) = read(&files);
        let messages: Vec<String> =
            problems.iter().map(|p| p.split(" [").next().unwrap_or_default().to_owned()).collect();
        (messages.join("; "), inventory.is_partial)
    };
    let other = [("more.tf", "data \"azurerm_api_management\" \"apim\" {\n  name = \"apim\"\n}\n")];
    // A misspelt name.
    assert_eq!(told("var.regoin", &[]).0, "undeclared-name 7: the name `var.regoin` is not declared");
    assert_eq!(told("local.prefx", &[]).0, "undeclared-name 7: the name `local.prefx` is not declared");
    // Names that a file declares that was not named.
    for name in ["var.else", "local.other", "azurerm_api_management.apim.name", "data.azurerm_x.y.name"] {
        assert_eq!(told(name, &[]), (String::new(), true), "{name}");
    }
    // With all files of a folder.
    assert_eq!(told("var.else", &other).0, "undeclared-name 7: the name `var.else` is not declared");
    assert_eq!(
        told("data.azurerm_api_management.aipm.name", &other).0,
        "undeclared-name 7: the name `data.azurerm_api_management.aipm` is not declared"
    );
    assert_eq!(told("data.azurerm_api_management.apim.name", &other), (String::new(), false));
}

#[test]
fn unknown_parts_of_names_compare() {
    let text = r#"
variable "prefix" {}
variable "names" {}
variable "on" {}
data "azurerm_api_management" "apim" {
  name                = var.prefix
  resource_group_name = "rg"
}
resource "azurerm_api_management_backend" "each" {
  for_each            = var.names
  name                = "${var.prefix}-${each.key}"
  api_management_name = data.azurerm_api_management.apim.name
  url                 = each.value.url
}
resource "azurerm_api_management_backend" "listed" {
  for_each            = { for n in var.names : n.key => n if n.on }
  name                = each.value.name
  api_management_name = data.azurerm_api_management.apim.name
  url                 = "https://y"
}
resource "azurerm_api_management_backend" "maybe" {
  count               = var.on ? 1 : 0
  name                = "maybe"
  api_management_name = data.azurerm_api_management.apim.name
  url                 = "https://x"
}
resource "azapi_resource" "pool" {
  type      = "Microsoft.ApiManagement/service/backends@2024-05-01"
  name      = "pool"
  parent_id = data.azurerm_api_management.apim.id
  body = {
    properties = {
      type = "Pool"
      pool = {
        services = concat([{ id = azurerm_api_management_backend.each["a"].id }], [
          { id = azurerm_api_management_backend.maybe[0].id, priority = var.on ? 1 : 2 }])
      }
    }
  }
}
"#;
    check(
        &[("main.tf", text)],
        "{var.prefix}-{var.names.key} conditional ?\n{var.names.each.name} conditional https://y\nmaybe conditional https://x\n\
         pool pool {var.prefix}-{var.names.key}/-/- maybe/?/-\npartial",
    );
}
