//! Scripted answers to side calls of the policy.

use super::super::check::entries;
use super::super::json::Node;
use crate::policy::Text;
use crate::sim::Endpoint;
use crate::units::{Duration, StatusCode};

/// The endpoints of a checked tree; `None` when one cannot be read, which has been told.
pub(super) fn read_endpoints(tree: &Node) -> Option<Vec<Endpoint>> {
    let nodes = tree.get("endpoints").and_then(Node::elements).unwrap_or_default();
    nodes.iter().map(read_endpoint).collect()
}

fn read_endpoint(node: &Node) -> Option<Endpoint> {
    let text = |name: &str| node.get(name).and_then(Node::text).map(|text| Text::from(text.to_owned()));
    let headers = node.get("headers").into_iter().flat_map(entries).map(|member| {
        let value = Text::from(member.value.text()?.to_owned());
        Some((Text::from(member.name.clone()), value))
    });
    let status = match node.get("status") {
        None => StatusCode::OK,
        Some(status) => StatusCode::new(u16::try_from(status.integer()?).ok()?)?,
    };
    Some(Endpoint {
        url_prefix: text("url")?,
        method: text("method"),
        status,
        headers: headers.collect::<Option<_>>()?,
        body: text("body"),
        latency: node.get("latency").and_then(Node::time).unwrap_or(Duration::ZERO),
    })
}
