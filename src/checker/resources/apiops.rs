//! Files of an APIOps folder, as its extractor writes them: one folder for each resource, which has its name.
//!
//! `backends/east/backendInformation.json`, `named values/key/namedValueInformation.json`,
//! `workspaces/w/backends/east/backendInformation.json`. Policies stand beside them as files of their own.
//!
//! Deliberately not modelled: the values that a configuration file of the publisher puts over these.

use super::detect::Form;
use super::inventory::{Inventory, Kind};
use super::plain::{add, known_name};
use crate::tree::json::{Member, Node, Value};

/// Files with what they hold, below `Microsoft.ApiManagement/service`.
const FILES: &[(&str, &str)] = &[
    ("backendinformation.json", "backends"),
    ("namedvalueinformation.json", "namedValues"),
    ("policyfragmentinformation.json", "policyFragments"),
    ("apiinformation.json", "apis"),
];

/// The resource in the file at `path`; none when it is of a kind that nothing depends on.
pub(super) fn read_apiops(path: &str, root: &Node) -> Inventory {
    let mut segments = path.rsplit(['/', '\\']);
    let file = segments.next().unwrap_or_default().to_ascii_lowercase();
    let folder = segments.next().and_then(known_name);
    let is_in_workspace = path.split(['/', '\\']).any(|segment| segment.eq_ignore_ascii_case("workspaces"));
    let resource = FILES.iter().find(|(name, _)| *name == file).map(|(_, resource)| *resource);
    let (Some(resource), Some(members)) = (resource, root.members()) else {
        return Inventory::default();
    };
    let between = if is_in_workspace { "workspaces/" } else { "" };
    let resource_type = format!("Microsoft.ApiManagement/service/{between}{resource}");
    let Some(kind) = Kind::of(&resource_type) else { return Inventory::default() };
    let span = root.mark();
    let mut all: Vec<Member> = Vec::with_capacity(members.len().saturating_add(1));
    // The extractor may leave the name empty.
    let is_named = root.get("name").and_then(Node::text).is_some_and(|name| !name.is_empty());
    if !is_named && let Some(folder) = folder {
        let name = Node::new(Value::Text(folder.to_string()), span);
        all.push(Member { name: "name".to_owned(), name_span: span, value: name });
    }
    all.extend(members.iter().filter(|member| is_named || member.name != "name").cloned());
    let mut inventory = Inventory::default();
    add(&Node::new(Value::Object(all), root.span), kind, Form::ApiOps, &resource_type, &mut inventory);
    inventory
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::eval::tests::styles::check;

    #[test]
    fn folders_name_resources() {
        let single =
            r#"{ "properties": { "url": "https://east.openai.azure.com/openai", "protocol": "http" } }"#;
        let named =
            r#"{ "name": "apim/west", "properties": { "url": "https://west.openai.azure.com/openai" } }"#;
        let pool = r#"{ "properties": { "type": "Pool", "pool": { "services": [
            { "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/a/backends/east", "priority": 1 },
            { "id": "/backends/west", "priority": 2 } ] } } }"#;
        let value = r#"{ "properties": { "displayName": "key", "value": "x" } }"#;
        let api = r#"{ "properties": { "path": "openai", "url": "x" } }"#;
        let inventory = check(
            &[
                ("artifacts/backends/east/backendInformation.json", single),
                ("artifacts/backends/other/backendInformation.json", named),
                ("artifacts/workspaces/w/backends/pool/backendInformation.json", pool),
                ("artifacts/named values/key/namedValueInformation.json", value),
                ("artifacts/apis/openai/apiInformation.json", api),
                ("artifacts/apis/openai/policy.xml", "<policies/>"),
            ],
            "east https://east.openai.azure.com/openai\n\
             west https://west.openai.azure.com/openai\n\
             pool pool east/1/- west/2/-",
        );
        let kinds: Vec<(Kind, Option<&str>)> =
            inventory.resources.iter().map(|found| (found.kind, found.name.as_deref())).collect();
        assert_eq!(kinds[3..], [(Kind::NamedValue, Some("key")), (Kind::Api, Some("openai"))]);
        assert!(inventory.resources[0].node.get("name").is_some());
    }
}
