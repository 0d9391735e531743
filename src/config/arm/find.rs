//! Finds the backend resources in a JSON document.

use super::super::json::Node;
use crate::diagnostics::{Diagnostic, Diagnostics};

/// The backend resources of a document in any of the accepted forms: a template with `resources` (also
/// nested), an array, `{"value": [...]}` or one resource.
pub(super) fn backend_resources<'n>(root: &'n Node, diagnostics: &mut Diagnostics) -> Vec<&'n Node> {
    let mut found = Vec::new();
    collect(root, &mut found);
    if found.is_empty() {
        diagnostics.push(
            Diagnostic::error("no-backends", root.mark(), "there is no backend resource in this file")
                .label("expected a resource of type `Microsoft.ApiManagement/service/backends`")
                .help("give an ARM template, an array of resources, one resource, or `{\"value\": [...]}`"),
        );
    }
    found
}

fn collect<'n>(node: &'n Node, found: &mut Vec<&'n Node>) {
    if let Some(elements) = node.elements() {
        for element in elements {
            collect(element, found);
        }
        return;
    }
    if is_backend(node) {
        found.push(node);
    }
    // Symbolic-name templates hold `resources` as an object.
    for list in [node.get("resources"), node.get("value")].into_iter().flatten() {
        match list.members() {
            Some(members) => members.iter().for_each(|member| collect(&member.value, found)),
            None => collect(list, found),
        }
    }
}

fn is_backend(node: &Node) -> bool {
    if node.members().is_none() {
        return false;
    }
    if let Some(kind) = node.get("type").and_then(Node::text) {
        let last = kind.rsplit('/').next().unwrap_or_default();
        return last.eq_ignore_ascii_case("backends");
    }
    node.get("properties").is_some_and(|p| p.get("url").is_some() || p.get("pool").is_some())
}
