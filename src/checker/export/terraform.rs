//! Terraform: backends and pools by `azapi`, which has every property of them; policies, fragments and named values
//! by `azurerm`, which knows that the service gives policies back in another layout.
//!
//! `azurerm` deploys policies as `rawxml` only. Those of the format `xml` are left to `azapi`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bicep::{fragment_file, policy_files};
use super::bundle::NAME;
use super::item::OpenKind;
use super::names::Names;
use super::print::{Entry, Language, list, members, object, print};
use super::scopes::{self, SERVICE, STABLE};
use super::texts::{comment, hcl as quoted, shell};
use super::{Bundle, OutFile};
use crate::policy::PolicyScope;

/// The id of the service.
const APIM: &str = "data.azurerm_api_management.apim.id";

/// What `azapi` would refuse is what the service takes.
const NO_VALIDATION: &str =
    "# The schema that azapi brings asks for what the service refuses here.\n  schema_validation_enabled";

struct Hcl {
    /// Labels of the backends, by name.
    labels: BTreeMap<Arc<str>, String>,
    /// Names of variables, by place.
    open: Vec<String>,
}

impl Language for Hcl {
    const ASSIGN: &'static str = " = ";
    const BETWEEN_MEMBERS: &'static str = "";
    const BETWEEN_ELEMENTS: &'static str = ",";
    const IS_ALIGNED: bool = true;

    fn text(&self, text: &str) -> String {
        quoted(text)
    }

    fn name(&self, name: &str) -> String {
        let is_word = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !["for", "true", "false", "null"].contains(&name);
        if is_word { name.to_owned() } else { quoted(name) }
    }

    fn number(&self, number: &str) -> String {
        number.to_owned()
    }

    fn id(&self, backend: &str) -> String {
        match self.labels.get(backend) {
            Some(label) => format!("azapi_resource.{label}.id"),
            None => quoted(&format!("/backends/{backend}")),
        }
    }

    fn open(&self, place: usize) -> String {
        format!("var.{}", self.open.get(place).map_or("", String::as_str))
    }
}

/// `main.tf`, `variables.tf` and the files that they load.
pub(super) fn render(bundle: &Bundle) -> Vec<OutFile> {
    let mut names = Names::without(&["apim_name", "resource_group_name"]);
    let parents: Vec<(&str, String)> =
        bundle.parents().into_iter().map(|parent| (parent, names.snake(&format!("{parent} name")))).collect();
    let open: Vec<String> = bundle.open.iter().map(|open| names.snake(&open.words)).collect();
    let mut of_azapi = Names::default();
    let labels: Vec<String> = bundle.backends.iter().map(|backend| of_azapi.snake(&backend.name)).collect();
    let by_name = bundle.backends.iter().map(|backend| Arc::clone(&backend.name)).zip(labels.clone());
    let language = Hcl { labels: by_name.collect(), open };

    let mut out = format!("# {}, written by poolproof.\n", comment(&bundle.title));
    out.push_str(PROVIDERS);
    for (backend, label) in bundle.backends.iter().zip(&labels) {
        let body = object::<Hcl>(&[entry("properties", &print(&backend.properties, 2, &language))], 1);
        let mut entries = vec![
            entry("type", &quoted(&format!("{SERVICE}/backends@{}", bundle.api_version))),
            entry("parent_id", APIM),
            entry("name", &quoted(&backend.name)),
            entry("body", &body),
        ];
        if backend.is_beyond_types() {
            entries.push(entry(NO_VALIDATION, "false"));
        }
        block(&mut out, "azapi_resource", label, &entries);
    }
    let mut before: Vec<String> = labels.iter().map(|label| format!("azapi_resource.{label}")).collect();
    let mut names = Names::default();
    for (name, value) in &bundle.named_values {
        let label = names.snake(name);
        let mut entries = vec![entry("name", &quoted(name))];
        entries.extend(in_service());
        entries.extend([entry("display_name", &quoted(name)), entry("value", &quoted(value))]);
        block(&mut out, "azurerm_api_management_named_value", &label, &entries);
        before.push(format!("azurerm_api_management_named_value.{label}"));
    }
    let mut names = Names::default();
    let fragments: Vec<String> = bundle.fragments.iter().map(|fragment| names.snake(&fragment.id)).collect();
    let reference = |label: &String| format!("azurerm_api_management_policy_fragment.{label}");
    for (fragment, label) in bundle.fragments.iter().zip(&fragments) {
        let included = fragment.includes.iter().filter_map(|at| fragments.get(*at)).map(reference);
        let needed: Vec<String> = before.iter().cloned().chain(included).collect();
        let entries = [
            entry("api_management_id", APIM),
            entry("name", &quoted(&fragment.id)),
            entry("format", &quoted(bundle.format())),
            entry("value", &loaded(&fragment_file(&fragment.id))),
            entry("depends_on", &list::<Hcl>(&needed, 1)),
        ];
        block(&mut out, "azurerm_api_management_policy_fragment", label, &entries);
    }
    let needed: Vec<String> = before.into_iter().chain(fragments.iter().map(reference)).collect();
    let variable = |parent: &str| {
        let found = parents.iter().find(|(known, _)| *known == parent);
        format!("var.{}", found.map_or("", |(_, name)| name))
    };
    for policy in &bundle.policies {
        let file = loaded(&scopes::file(policy.scope));
        let (kind, label, mut entries) = if bundle.is_xml {
            let mut way = String::new();
            for (segment, parent) in scopes::parents(policy.scope) {
                way.push_str(&format!("/{segment}/${{{}}}", variable(parent)));
            }
            let kind = format!("{}/policies@{STABLE}", scopes::parent_type(policy.scope));
            let properties =
                object::<Hcl>(&[entry("format", &quoted(bundle.format())), entry("value", &file)], 2);
            let body = object::<Hcl>(&[entry("properties", &properties)], 1);
            let parent = if way.is_empty() { APIM.to_owned() } else { format!("\"${{{APIM}}}{way}\"") };
            let entries = vec![
                entry("type", &quoted(&kind)),
                entry("parent_id", &parent),
                entry("name", "\"policy\""),
                entry("body", &body),
            ];
            ("azapi_resource", of_azapi.snake(&format!("{} policy", policy.scope.name())), entries)
        } else {
            let mut entries = belongs(policy.scope, variable);
            entries.push(entry("xml_content", &file));
            (resource_type(policy.scope), policy.scope.name().to_owned(), entries)
        };
        entries.push(entry("depends_on", &list::<Hcl>(&needed, 1)));
        block(&mut out, kind, &label, &entries);
    }

    let mut variables = String::new();
    declare(&mut variables, "apim_name", "string", scopes::SERVICE_DESCRIPTION, false);
    let description = "Name of the resource group that the service is in.";
    declare(&mut variables, "resource_group_name", "string", description, false);
    for (parent, name) in &parents {
        declare(&mut variables, name, "string", &scopes::description(parent), false);
    }
    for (open, name) in bundle.open.iter().zip(&language.open) {
        let kind = match open.kind {
            OpenKind::Text => "string",
            OpenKind::Flag => "bool",
            OpenKind::Object => "any",
        };
        let description = format!("Not in the files that this was made from: {}.", open.words);
        declare(&mut variables, name, kind, &description, open.is_secret);
    }
    let mut files = vec![
        OutFile { path: "main.tf".to_owned(), text: out },
        OutFile { path: "variables.tf".to_owned(), text: variables },
    ];
    files.extend(policy_files(bundle));
    files
}

pub(super) fn commands(bundle: &Bundle, folder: &str) -> Vec<String> {
    let folder = shell(&format!("-chdir={folder}"));
    let mut names = Names::default();
    let parents = bundle.parents().into_iter().map(|parent| {
        let name = names.snake(&format!("{parent} name"));
        format!(" -var {}", shell(&format!("{name}={}", bundle.value_for(parent))))
    });
    let parents: String = parents.collect();
    let service = bundle.service.as_deref().unwrap_or(NAME);
    vec![
        format!("terraform {folder} init"),
        format!("terraform {folder} apply -var apim_name={service} -var resource_group_name=GROUP{parents}"),
    ]
}

const PROVIDERS: &str = r#"
terraform {
  required_version = ">= 1.5"

  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = ">= 2.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0"
    }
  }
}

provider "azapi" {}

provider "azurerm" {
  features {}
}

data "azurerm_api_management" "apim" {
  name                = var.apim_name
  resource_group_name = var.resource_group_name
}
"#;

fn entry(name: &str, value: &str) -> Entry {
    (name.to_owned(), value.to_owned())
}

fn loaded(file: &str) -> String {
    // Names of fragments have neither quotes nor brackets.
    format!("file(\"${{path.module}}/{file}\")")
}

fn in_service() -> [Entry; 2] {
    [entry("resource_group_name", "var.resource_group_name"), entry("api_management_name", "var.apim_name")]
}

/// The resource of `azurerm` for the policy of a scope.
const fn resource_type(scope: PolicyScope) -> &'static str {
    match scope {
        PolicyScope::Global => "azurerm_api_management_policy",
        PolicyScope::Workspace => "azurerm_api_management_workspace_policy",
        PolicyScope::Product => "azurerm_api_management_product_policy",
        PolicyScope::Api => "azurerm_api_management_api_policy",
        PolicyScope::Operation => "azurerm_api_management_api_operation_policy",
    }
}

/// What says where a policy belongs.
fn belongs(scope: PolicyScope, variable: impl Fn(&str) -> String) -> Vec<Entry> {
    let named = |name: &str, parent: &str| entry(name, &variable(parent));
    let mut entries = match scope {
        PolicyScope::Global => return vec![entry("api_management_id", APIM)],
        PolicyScope::Workspace => {
            let id = format!("\"${{{APIM}}}/workspaces/${{{}}}\"", variable("workspace"));
            return vec![entry("api_management_workspace_id", &id)];
        }
        PolicyScope::Product => vec![named("product_id", "product")],
        PolicyScope::Api => vec![named("api_name", "api")],
        PolicyScope::Operation => vec![named("api_name", "api"), named("operation_id", "operation")],
    };
    entries.extend(in_service());
    entries
}

fn block(out: &mut String, kind: &str, label: &str, entries: &[Entry]) {
    // What stands behind the arguments of the resource itself is set apart.
    let (own, about): (Vec<Entry>, Vec<Entry>) =
        entries.iter().cloned().partition(|(name, _)| name != "depends_on");
    let own = members::<Hcl>(&own, 1);
    let about = if about.is_empty() { String::new() } else { format!("\n\n{}", members::<Hcl>(&about, 1)) };
    out.push_str(&format!("\nresource \"{kind}\" \"{label}\" {{\n{own}{about}\n}}\n"));
}

fn declare(out: &mut String, name: &str, kind: &str, description: &str, is_secret: bool) {
    if !out.is_empty() {
        out.push('\n');
    }
    let mut entries = vec![entry("description", &quoted(description)), entry("type", kind)];
    if is_secret {
        entries.push(entry("sensitive", "true"));
    }
    out.push_str(&format!("variable \"{name}\" {{\n{}\n}}\n", members::<Hcl>(&entries, 1)));
}
