//! Plans and states.

use crate::resources::eval::tests::styles::check;

const PLAN: &str = r#"{
  "format_version": "1.2", "terraform_version": "1.9.0",
  "planned_values": { "root_module": {
    "resources": [
      { "address": "azurerm_api_management_backend.each[\"east\"]", "mode": "managed", "type": "azurerm_api_management_backend",
        "name": "each", "index": "east", "values": { "name": "east", "api_management_name": "apim", "resource_group_name": "rg",
        "protocol": "http", "url": "https://east.openai.azure.com/openai", "title": null, "description": "", "proxy": [], "pool": [],
        "circuit_breaker_rule": [ { "name": "r", "trip_duration": "PT1M", "accept_retry_after_enabled": true, "failure_condition": [
          { "count": 3, "percentage": 0, "interval_duration": "PT5M", "error_reasons": null,
            "status_code_range": [ { "min": 429, "max": 429 } ] } ] } ] } },
      { "address": "azapi_resource.west", "mode": "managed", "type": "azapi_resource", "name": "west",
        "values": { "name": "west", "type": "Microsoft.ApiManagement/service/backends@2024-05-01", "body":
          { "properties": { "protocol": "http", "url": "https://west.openai.azure.com/openai" } } } }
    ],
    "child_modules": [ { "address": "module.pool", "resources": [
      { "address": "module.pool.azurerm_api_management_backend.pool", "mode": "managed", "type": "azurerm_api_management_backend",
        "name": "pool", "values": { "name": "pool", "api_management_name": "apim", "url": "", "protocol": "", "circuit_breaker_rule": [],
          "pool": [ { "service": [
            { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/apim/backends/east", "priority": 1 },
            { "priority": 2, "weight": 10 } ] } ] } },
      { "address": "module.pool.azapi_resource.other", "mode": "managed", "type": "azapi_resource", "name": "other",
        "values": { "name": "other", "type": "Microsoft.ApiManagement/service/backends@2024-05-01" } }
    ] } ] } },
  "resource_changes": [
    { "address": "azapi_resource.west", "change": { "actions": ["create"], "after_unknown": { "id": true, "parent_id": true, "body": {} } } },
    { "address": "module.pool.azurerm_api_management_backend.pool", "change": { "actions": ["create"],
      "after_unknown": { "id": true, "pool": [ { "service": [ {}, { "id": true } ] } ] } } },
    { "address": "module.pool.azapi_resource.other", "change": { "after_unknown": { "body": true } } }
  ],
  "configuration": { "root_module": { "module_calls": { "pool": { "module": { "resources": [
    { "address": "azurerm_api_management_backend.pool", "expressions": { "pool": [ { "service": [
      { "id": { "references": ["var.east"] } }, { "id": { "references": ["azapi_resource.other.id", "azapi_resource.other"] } } ] } ] } }
  ] } } } } }
}"#;

#[test]
fn plans_are_read_with_what_is_unknown() {
    check(
        &[("plan.json", PLAN)],
        "east https://east.openai.azure.com/openai rule(count 3 429-429 trip Some(60))\n\
         west https://west.openai.azure.com/openai\n\
         pool pool east/1/- other/2/10\n\
         other unknown",
    );
    // Without the configuration nothing says whose id it is.
    let (before, _) = PLAN.split_once(",\n  \"configuration\"").expect("there");
    let inventory = check(
        &[("plan.json", &format!("{before} }}"))],
        "east https://east.openai.azure.com/openai rule(count 3 429-429 trip Some(60))\n\
         west https://west.openai.azure.com/openai\n\
         pool pool east/1/- ?/2/10\n\
         other unknown",
    );
    assert_eq!(inventory.resources[1].api_version.as_ref().map(|(v, _)| &**v), Some("2024-05-01"));
}

#[test]
fn states_are_read() {
    let values = r#"{ "name": "a", "api_management_name": "apim", "url": "https://a" }"#;
    let shown = format!(
        r#"{{ "terraform_version": "1", "values": {{ "root_module": {{ "resources": [
            {{ "address": "azurerm_api_management_backend.a", "mode": "managed", "type": "azurerm_api_management_backend", "values": {values} }} ] }} }} }}"#
    );
    check(&[("state.json", &shown)], "a https://a");
    let file = format!(
        r#"{{ "version": 4, "terraform_version": "1", "resources": [
            {{ "mode": "managed", "type": "azurerm_api_management_backend", "name": "a", "instances": [ {{ "attributes": {values} }} ] }} ] }}"#
    );
    check(&[("terraform.tfstate.json", &file)], "a https://a");
}
