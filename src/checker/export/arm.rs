//! An ARM template with everything in it, and a file of parameters.
//!
//! What the source leaves to its deployment has no value in the file of parameters: the deployment asks for it.
//! Names and ids are expressions over the name of the service; what is deployed after what is said by `dependsOn`.

use super::bundle::NAME;
use super::item::{Item, OpenKind};
use super::names::Names;
use super::print::{Entry, Language, list, object, print};
use super::scopes::{self, SERVICE, STABLE};
use super::texts::{arm as quoted, arm_literal as literal, json, shell};
use super::{Bundle, OutFile};

struct Arm {
    /// Names of parameters, by place.
    open: Vec<String>,
}

impl Language for Arm {
    const ASSIGN: &'static str = ": ";
    const BETWEEN_MEMBERS: &'static str = ",";
    const BETWEEN_ELEMENTS: &'static str = ",";
    const IS_ALIGNED: bool = false;

    fn text(&self, text: &str) -> String {
        quoted(text)
    }

    fn name(&self, name: &str) -> String {
        // Names may be expressions too.
        quoted(name)
    }

    fn number(&self, number: &str) -> String {
        number.to_owned()
    }

    fn id(&self, backend: &str) -> String {
        json(&format!("[{}]", resource_id(&format!("{SERVICE}/backends"), &[literal(backend)])))
    }

    fn open(&self, place: usize) -> String {
        let name = self.open.get(place).map_or("", String::as_str);
        json(&format!("[{}]", parameter(name)))
    }
}

/// `azuredeploy.json` and `azuredeploy.parameters.json`.
pub(super) fn render(bundle: &Bundle) -> Vec<OutFile> {
    let parents = bundle.parents();
    let mut names = Names::without(&["apimName"]);
    let parent_names: Vec<String> = parents.iter().map(|parent| names.camel(parent, "name")).collect();
    let language = Arm { open: bundle.open.iter().map(|open| names.camel(&open.words, "")).collect() };
    let name_of = |parent: &str| {
        let at = parents.iter().position(|known| *known == parent);
        at.and_then(|at| parent_names.get(at)).cloned().unwrap_or_default()
    };

    let mut declared = vec![declare("apimName", "string", scopes::SERVICE_DESCRIPTION)];
    let mut given = vec![(json("apimName"), value(&json(bundle.service.as_deref().unwrap_or(NAME))))];
    for (parent, name) in parents.iter().zip(&parent_names) {
        declared.push(declare(name, "string", &scopes::description(parent)));
        given.push((json(name), value(&json(bundle.value_for(parent)))));
    }
    for (open, name) in bundle.open.iter().zip(&language.open) {
        let kind = match (open.kind, open.is_secret) {
            (OpenKind::Flag, _) => "bool",
            (OpenKind::Object, true) => "secureObject",
            (OpenKind::Object, false) => "object",
            (OpenKind::Text, true) => "securestring",
            (OpenKind::Text, false) => "string",
        };
        let description = format!("Not in the files that this was made from: {}.", open.words);
        declared.push(declare(name, kind, &description));
    }

    let mut resources = Vec::new();
    let mut before = Vec::new();
    let kind = format!("{SERVICE}/backends");
    for backend in &bundle.backends {
        let mut members = Vec::new();
        ids_in(&backend.properties, &mut members);
        // Only what the template holds itself can be waited for.
        members.retain(|name| bundle.backends.iter().any(|backend| *backend.name == **name));
        let needed: Vec<String> = members.iter().map(|name| resource_id(&kind, &[literal(name)])).collect();
        let properties = print(&backend.properties, 3, &language);
        let name = [literal(&backend.name)];
        resources.push(resource(&kind, bundle.api_version, &name, &needed, properties));
        before.push(resource_id(&kind, &name));
    }
    let kind = format!("{SERVICE}/namedValues");
    for (name, text) in &bundle.named_values {
        let properties = Item::Object(vec![
            ("displayName".to_owned(), Item::Text(name.clone())),
            ("value".to_owned(), Item::Text(text.clone())),
            ("secret".to_owned(), Item::Bool(false)),
        ]);
        let name = [literal(name)];
        resources.push(resource(&kind, STABLE, &name, &[], print(&properties, 3, &language)));
        before.push(resource_id(&kind, &name));
    }
    let kind = format!("{SERVICE}/policyFragments");
    let fragment_id = |id: &str| resource_id(&kind, &[literal(id)]);
    for fragment in &bundle.fragments {
        let included = fragment.includes.iter().filter_map(|at| bundle.fragments.get(*at));
        let needed: Vec<String> =
            before.iter().cloned().chain(included.map(|included| fragment_id(&included.id))).collect();
        let name = [literal(&fragment.id)];
        resources.push(resource(&kind, STABLE, &name, &needed, policy(bundle, &fragment.text, &language)));
    }
    let needed: Vec<String> =
        before.into_iter().chain(bundle.fragments.iter().map(|fragment| fragment_id(&fragment.id))).collect();
    for scoped in &bundle.policies {
        let kind = format!("{}/policies", scopes::parent_type(scoped.scope));
        let mut name: Vec<String> = Vec::new();
        name.extend(scopes::parents(scoped.scope).iter().map(|(_, parent)| parameter(&name_of(parent))));
        name.push(literal("policy"));
        resources.push(resource(&kind, STABLE, &name, &needed, policy(bundle, &scoped.text, &language)));
    }

    let metadata = object::<Arm>(&[member("description", &json(&described(bundle)))], 1);
    let template = object::<Arm>(
        &[
            member("$schema", &json(&schema("deploymentTemplate"))),
            member("contentVersion", &json("1.0.0.0")),
            member("metadata", &metadata),
            member("parameters", &object::<Arm>(&declared, 1)),
            member("resources", &list::<Arm>(&resources, 1)),
        ],
        0,
    );
    let parameters = object::<Arm>(
        &[
            member("$schema", &json(&schema("deploymentParameters"))),
            member("contentVersion", &json("1.0.0.0")),
            member("parameters", &object::<Arm>(&given, 1)),
        ],
        0,
    );
    vec![
        OutFile { path: "azuredeploy.json".to_owned(), text: template + "\n" },
        OutFile { path: "azuredeploy.parameters.json".to_owned(), text: parameters + "\n" },
    ]
}

pub(super) fn commands(folder: &str) -> Vec<String> {
    let file = shell(&format!("{folder}/azuredeploy.json"));
    let parameters = shell(&format!("@{folder}/azuredeploy.parameters.json"));
    vec![format!(
        "az deployment group create --resource-group GROUP --template-file {file} --parameters {parameters}"
    )]
}

fn described(bundle: &Bundle) -> String {
    format!("{}, written by poolproof.", bundle.title)
}

fn schema(of: &str) -> String {
    format!("https://schema.management.azure.com/schemas/2019-04-01/{of}.json#")
}

fn member(name: &str, value: &str) -> Entry {
    (json(name), value.to_owned())
}

fn value(written: &str) -> String {
    object::<Arm>(&[member("value", written)], 2)
}

fn declare(name: &str, kind: &str, description: &str) -> Entry {
    let metadata = object::<Arm>(&[member("description", &json(description))], 3);
    (json(name), object::<Arm>(&[member("type", &json(kind)), member("metadata", &metadata)], 2))
}

fn parameter(name: &str) -> String {
    format!("parameters({})", literal(name))
}

/// The id of a resource of the service: a call, without brackets. Names are written as parts of an expression.
fn resource_id(kind: &str, names: &[String]) -> String {
    format!("resourceId({}, {}, {})", literal(kind), parameter("apimName"), names.join(", "))
}

fn resource(kind: &str, version: &str, names: &[String], needed: &[String], properties: String) -> String {
    let holes: Vec<String> = (0..=names.len()).map(|at| format!("{{{at}}}")).collect();
    let name =
        format!("[format({}, {}, {})]", literal(&holes.join("/")), parameter("apimName"), names.join(", "));
    let mut entries =
        vec![member("type", &json(kind)), member("apiVersion", &json(version)), member("name", &json(&name))];
    if !needed.is_empty() {
        let ids: Vec<String> = needed.iter().map(|id| json(&format!("[{id}]"))).collect();
        entries.push(member("dependsOn", &list::<Arm>(&ids, 3)));
    }
    entries.push((json("properties"), properties));
    object::<Arm>(&entries, 2)
}

fn policy(bundle: &Bundle, text: &str, language: &Arm) -> String {
    let properties = Item::Object(vec![
        ("format".to_owned(), Item::Text(bundle.format().to_owned())),
        ("value".to_owned(), Item::Text(text.to_owned())),
    ]);
    print(&properties, 3, language)
}

/// Names of the backends whose ids are in an item, each once.
fn ids_in(item: &Item, found: &mut Vec<String>) {
    match item {
        Item::Id(name) if !found.iter().any(|known| **known == **name) => found.push(name.to_string()),
        Item::List(elements) => elements.iter().for_each(|element| ids_in(element, found)),
        Item::Object(members) => members.iter().for_each(|(_, member)| ids_in(member, found)),
        _ => {}
    }
}
