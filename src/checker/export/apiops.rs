//! A folder of APIOps: a folder for each resource, named as it is, with its properties in JSON.
//!
//! Rules
//! - Members of pools are named by short ids: the publisher puts the service in front of nothing.
//! - The publisher deploys policies as `rawxml`, whatever they are.
//! - There are no parameters: what the source leaves to its deployment is left out, and set by the publisher's
//!   configuration for each environment.

use super::bundle::NAME;
use super::item::Item;
use super::print::{Language, print};
use super::texts::{json, shell};
use super::{Bundle, OutFile};
use crate::policy::PolicyScope;

struct Json;

impl Language for Json {
    const ASSIGN: &'static str = ": ";
    const BETWEEN_MEMBERS: &'static str = ",";
    const BETWEEN_ELEMENTS: &'static str = ",";
    const IS_ALIGNED: bool = false;

    fn text(&self, text: &str) -> String {
        json(text)
    }

    fn name(&self, name: &str) -> String {
        json(name)
    }

    fn number(&self, number: &str) -> String {
        number.to_owned()
    }

    fn id(&self, backend: &str) -> String {
        json(&format!("/backends/{backend}"))
    }

    fn open(&self, _: usize) -> String {
        "null".to_owned()
    }
}

/// A folder for each resource.
pub(super) fn render(bundle: &Bundle) -> Vec<OutFile> {
    let mut files = Vec::new();
    for backend in &bundle.backends {
        let properties = backend.properties.without_open().unwrap_or(Item::Object(Vec::new()));
        files.push(information(format!("backends/{}/backendInformation.json", backend.name), properties));
    }
    for (name, value) in &bundle.named_values {
        let properties = Item::Object(vec![
            ("displayName".to_owned(), Item::Text(name.clone())),
            ("value".to_owned(), Item::Text(value.clone())),
            ("secret".to_owned(), Item::Bool(false)),
        ]);
        files.push(information(format!("named values/{name}/namedValueInformation.json"), properties));
    }
    for fragment in &bundle.fragments {
        let folder = format!("policy fragments/{}", fragment.id);
        let properties = Item::Object(vec![("format".to_owned(), Item::Text(bundle.format().to_owned()))]);
        files.push(information(format!("{folder}/policyFragmentInformation.json"), properties));
        files.push(OutFile { path: format!("{folder}/policy.xml"), text: fragment.text.clone() });
    }
    for policy in &bundle.policies {
        let api = bundle.api.as_deref().unwrap_or(NAME);
        let folder = match policy.scope {
            PolicyScope::Global => String::new(),
            PolicyScope::Workspace => format!("workspaces/{NAME}/"),
            PolicyScope::Product => format!("products/{NAME}/"),
            PolicyScope::Api => format!("apis/{api}/"),
            PolicyScope::Operation => format!("apis/{api}/operations/{NAME}/"),
        };
        files.push(OutFile { path: format!("{folder}policy.xml"), text: policy.text.clone() });
    }
    files
}

pub(super) fn commands(bundle: &Bundle, folder: &str) -> Vec<String> {
    let service = bundle.service.as_deref().unwrap_or(NAME);
    let folder = shell(folder);
    vec![format!(
        "AZURE_RESOURCE_GROUP_NAME=GROUP API_MANAGEMENT_SERVICE_NAME={service} \
         API_MANAGEMENT_SERVICE_OUTPUT_FOLDER_PATH={folder} publisher"
    )]
}

fn information(path: String, properties: Item) -> OutFile {
    let document = Item::Object(vec![("properties".to_owned(), properties)]);
    OutFile { path, text: print(&document, 0, &Json) + "\n" }
}
