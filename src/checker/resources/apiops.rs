//! Files of an APIOps folder: what one is says its name, what it is called the folder that it lies in.
//!
//! Policies lie beside them as files of their own.

use super::detect::Form;
use super::inventory::{Inventory, Kind};
use super::plain::add;
use super::read::TextFile;
use crate::diagnostics::Span;
use crate::tree::json::{Member, Node, Value};

/// Names of files, in lower case, and what they hold.
const FILES: &[(&str, Kind, &str)] = &[
    ("backendinformation.json", Kind::Backend, "Microsoft.ApiManagement/service/backends"),
    ("namedvalueinformation.json", Kind::NamedValue, "Microsoft.ApiManagement/service/namedValues"),
    ("policyfragmentinformation.json", Kind::Fragment, "Microsoft.ApiManagement/service/policyFragments"),
    ("apiinformation.json", Kind::Api, "Microsoft.ApiManagement/service/apis"),
];

/// The resource in a file; none when it is of a kind that nothing depends on.
pub(super) fn read_apiops(file: &TextFile, root: &Node) -> Inventory {
    let mut inventory = Inventory::default();
    let mut parts = file.path.rsplit(['/', '\\']);
    let file_name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let folder = parts.next().unwrap_or_default();
    let Some((_, kind, resource_type)) = FILES.iter().find(|(name, ..)| *name == file_name) else {
        return inventory;
    };
    let mut node = root.clone();
    let is_named = node.get("name").and_then(Node::text).is_some_and(|name| !name.is_empty());
    if let Value::Object(members) = &mut node.value
        && !is_named
        && !folder.is_empty()
    {
        // The name is written nowhere in the file: messages about it point to where the file begins.
        let start = usize::try_from(root.span.start).unwrap_or_default();
        let name_span = Span::new(file.source, start, start.saturating_add(1));
        members.retain(|member| member.name != "name");
        let value = Node::new(Value::Text(folder.to_owned()), name_span);
        members.insert(0, Member { name: "name".to_owned(), name_span, value });
    }
    add(&node, *kind, Form::ApiOps, resource_type, &mut inventory);
    inventory
}
