//! One configuration in every style: two endpoints, the first with a breaker, and a pool of both.

use crate::resources::eval::tests::styles::check;

/// What each style says.
const PLAIN: &str = "east https://east.openai.azure.com/openai rule(count 3 429-429 trip Some(60))\n\
     west https://west.openai.azure.com/openai\n\
     pool pool east/1/- west/2/10";

const LITERAL: &str = r#"
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 4.0" }
  }
}
provider "azurerm" {
  features {}
}
data "azurerm_api_management" "apim" {
  name                = "apim"
  resource_group_name = "rg"
}
resource "azurerm_api_management_backend" "east" {
  name                = "east" // the first
  resource_group_name = data.azurerm_api_management.apim.resource_group_name
  api_management_name = data.azurerm_api_management.apim.name
  protocol            = "http"
  url                 = "https://east.openai.azure.com/openai"
  circuit_breaker_rule {
    name                       = "r"
    trip_duration              = "PT1M"
    accept_retry_after_enabled = true
    failure_condition {
      count             = 3
      interval_duration = "PT5M"
      status_code_range {
        min = 429
        max = 429
      }
    }
  }
  lifecycle {
    ignore_changes = [title]
  }
}
resource "azurerm_api_management_backend" "west" {
  name                = "west"
  resource_group_name = "rg"
  api_management_name = "apim"
  protocol            = "http"
  url                 = "https://west.openai.azure.com/openai"
  count = 1
}
/* the pool */
resource "azurerm_api_management_backend" "pool" {
  name                = "pool"
  resource_group_name = "rg"
  api_management_name = "apim"
  pool {
    service {
      id       = azurerm_api_management_backend.east.id
      priority = 1
    }
    service {
      id       = azurerm_api_management_backend.west[0].id
      priority = 2
      weight   = 10
    }
  }
  depends_on = [azurerm_api_management_backend.east]
}
"#;

const FOR_EACH: &str = r#"
variable "apim_id" { type = string }
variable "backends" {
  description = "Endpoints"
  type = map(object({
    host     = string
    priority = optional(number, 1)
    weight   = optional(number)
    rule     = optional(object({ count = number, min = optional(number, 429), trip = optional(string, "PT1M") }))
  }))
  default = {
    west = { host = "west", priority = 2, weight = 10 }
    east = { host = "east", rule = { count = 3 } }
  }
}
locals {
  apim_name = element(split("/", var.apim_id), 8)
  tags      = merge({ a = "b" }, { c = "d" })
}
resource "azurerm_api_management_backend" "each" {
  for_each            = var.backends
  name                = each.key
  resource_group_name = "rg"
  api_management_name = local.apim_name
  protocol            = "http"
  url                 = "https://${each.value.host}.openai.azure.com/openai"

  dynamic "circuit_breaker_rule" {
    for_each = each.value.rule != null ? [each.value.rule] : []
    iterator = rule
    content {
      name          = "${each.key}-rule"
      trip_duration = rule.value.trip
      failure_condition {
        count             = rule.value.count
        interval_duration = "PT5M"
        dynamic "status_code_range" {
          for_each = [rule.value.min]
          content {
            min = status_code_range.value
            max = status_code_range.value + 0
          }
        }
      }
    }
  }
}
resource "azurerm_api_management_backend" "pool" {
  name                = "pool"
  api_management_name = local.apim_name
  resource_group_name = "rg"
  pool {
    dynamic "service" {
      for_each = { for k, v in var.backends : k => v if v.host != "north" }
      content {
        id       = azurerm_api_management_backend.each[service.key].id
        priority = service.value.priority
        weight   = service.value.weight
      }
    }
  }
}
"#;

const AZAPI: &str = r#"
locals {
  hosts = ["east", "west"]
  rules = {
    rules = [{
      name          = "r"
      tripDuration  = "PT1M"
      acceptRetryAfter = true
      failureCondition = {
        count            = 3
        interval         = "PT5M"
        statusCodeRanges = [for s in [429] : { min = s, max = s }]
        errorReasons     = ["Server errors"]
      }
    }]
  }
}
resource "azurerm_api_management" "apim" {
  name                = "apim"
  location            = "uksouth"
  resource_group_name = "rg"
  publisher_name      = "x"
  publisher_email     = "x@example.com"
  sku_name            = "Developer_1"
}
resource "azapi_resource" "backend" {
  count     = length(local.hosts)
  type      = "Microsoft.ApiManagement/service/backends@2024-06-01-preview"
  name      = local.hosts[count.index]
  parent_id = azurerm_api_management.apim.id
  body = {
    properties = merge({
      protocol = "http"
      url      = format("https://%s.openai.azure.com/openai", local.hosts[count.index])
    }, count.index == 0 ? { circuitBreaker = local.rules } : {})
  }
}
resource "azapi_resource" "pool" {
  type                      = "Microsoft.ApiManagement/service/backends@2024-06-01-preview"
  name                      = "pool"
  parent_id                 = azurerm_api_management.apim.id
  schema_validation_enabled = false
  body = jsonencode({
    properties = {
      type = "Pool"
      pool = {
        services = [for i, b in azapi_resource.backend : i == 0 ? { id = b.id, priority = 1 } : {
          id       = b.id
          priority = i + 1
          weight   = 10
        }]
      }
    }
  })
}
"#;

const LISTS: &str = r#"
variable "endpoints" {
  type    = list(object({ name = string, url = string, priority = number, weight = optional(number) }))
  default = [
    { name = "east", url = "https://east.openai.azure.com/openai", priority = 1 },
    { name = "west", url = "https://west.openai.azure.com/openai", priority = 2, weight = 10 },
  ]
}
variable "pool" {
  default = "pool"
}
locals {
  by_name = { for e in var.endpoints : e.name => e }
  members = concat(
    [for e in slice(var.endpoints, 0, 1) : { id = "/backends/${e.name}", priority = e.priority }],
    [for e in slice(var.endpoints, 1, length(var.endpoints)) : {
      id = join("/", ["", "backends", e.name]), priority = e.priority, weight = e.weight
    }],
  )
  breaker = <<-JSON
    { "rules": [ { "name": "r", "tripDuration": "PT1M", "failureCondition": { "count": 3, "interval": "PT5M",
      "statusCodeRanges": [ { "min": 429, "max": 429 } ] } } ] }
  JSON
}
resource "azapi_resource" "backend" {
  for_each  = toset([for e in var.endpoints : e.name])
  type      = "Microsoft.ApiManagement/service/backends@2024-05-01"
  name      = each.value
  parent_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"
  body = {
    properties = {
      protocol       = "http"
      url            = lookup(local.by_name, each.key, null).url
      circuitBreaker = each.key == "east" ? jsondecode(local.breaker) : null
    }
  }
}
resource "azapi_resource" "pool" {
  type      = "Microsoft.ApiManagement/service/backends@2024-05-01"
  name      = var.pool
  parent_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"
  body      = { properties = { type = "Pool", pool = { services = local.members } } }
}
"#;

/// Created by one provider, and completed by another that knows more.
const UPDATES: &str = r#"
resource "azurerm_api_management_backend" "both" {
  for_each            = toset(["west", "east"])
  name                = each.key
  resource_group_name = "rg"
  api_management_name = "apim"
  protocol            = "http"
  url                 = "https://${each.key}.openai.azure.com/openai"
}
resource "azapi_update_resource" "breaker" {
  type        = "Microsoft.ApiManagement/service/backends@2024-05-01"
  resource_id = azurerm_api_management_backend.both["east"].id
  body = {
    properties = {
      circuitBreaker = {
        rules = [{
          name             = "r"
          tripDuration     = "PT1M"
          failureCondition = { count = 3, interval = "PT5M", statusCodeRanges = [{ min = 429, max = 429 }] }
        }]
      }
    }
  }
}
resource "azapi_resource" "pool" {
  type      = "Microsoft.ApiManagement/service/backends@2024-05-01"
  name      = "pool"
  parent_id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim"
  body = {
    properties = {
      type = "Pool"
      pool = {
        services = [
          for id in values(azurerm_api_management_backend.both)[*].id :
          merge({ id = id, priority = endswith(id, "east") ? 1 : 2 }, endswith(id, "west") ? { weight = 10 } : {})
        ]
      }
    }
  }
}
"#;

#[test]
fn every_style_says_the_same() {
    for (style, text) in [
        ("literal", LITERAL),
        ("for_each and dynamic", FOR_EACH),
        ("azapi with count", AZAPI),
        ("lists", LISTS),
        ("updates", UPDATES),
    ] {
        println!("{style}");
        check(&[("main.tf", text)], PLAIN);
        // Files of one folder are one module, in whatever order.
        let place = text.rfind("\nresource ").map_or(0, |place| place + 1);
        let (first, last) = text.split_at(place);
        let inventory = check(&[("infra/z.tf", first), ("infra/a.tf", last)], PLAIN);
        assert!(!inventory.is_partial);
    }
}

#[test]
fn places_are_those_of_the_source() {
    let (_, _, sources) = crate::resources::eval::tests::styles::read(&[("main.tf", AZAPI)]);
    let inventory = check(&[("main.tf", AZAPI)], PLAIN);
    let first = &inventory.resources[1];
    assert_eq!(first.api_version.as_ref().map(|(version, _)| &**version), Some("2024-06-01-preview"));
    let backend = crate::resources::backend(first);
    let single = backend.single().expect("single");
    let rule = &single.rules()[0];
    assert_eq!(sources.slice(rule.trip_duration.span().expect("placed")), "\"PT1M\"");
    assert_eq!(sources.slice(rule.count.span().expect("placed")), "3");
    let service = &inventory.resources[0];
    assert_eq!(service.node.get("sku").and_then(|sku| sku.get("name")?.text()), Some("Developer"));
}
