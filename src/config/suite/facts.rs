//! Who calls what: the part of a request that is no message.

use super::super::json::{Node, Value, shorten};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::policy::{Facts, Group, Origin, Product, Subscription, Text, User};

/// 2024-01-01T00:00:00Z in .NET ticks: when subscriptions and users were made.
const CREATED_TICKS: i64 = 638_396_640_000_000_000;

/// Changes `facts` as the fields of a request say.
pub(super) fn apply_facts(node: &Node, facts: &mut Facts) {
    if let Some(node) = node.get("subscription") {
        facts.subscription = is_given(node).then(|| read_subscription(node));
    }
    if let Some(node) = node.get("product") {
        facts.product = is_given(node).then(|| read_product(node));
    }
    if let Some(node) = node.get("user") {
        facts.user = is_given(node).then(|| read_user(node));
    }
    if let Some(node) = node.get("api") {
        set(&mut facts.api.id, text(node, "id"));
        set(&mut facts.api.name, text(node, "name").or_else(|| text(node, "id")));
        set(&mut facts.api.path, text(node, "path"));
        set(&mut facts.api.revision, text(node, "revision"));
        facts.api.version = text(node, "version").or_else(|| facts.api.version.clone());
    }
    if let Some(node) = node.get("operation") {
        set(&mut facts.operation.id, text(node, "id"));
        set(&mut facts.operation.name, text(node, "name").or_else(|| text(node, "id")));
        set(&mut facts.operation.method, text(node, "method"));
        set(&mut facts.operation.url_template, text(node, "urlTemplate"));
    }
    set(&mut facts.deployment.region, text(node, "region"));
    set(&mut facts.ip_address, text(node, "ip"));
    if let Some(node) = node.get("matchedParameters") {
        let given = node.members().unwrap_or_default().iter();
        facts.matched_parameters = given
            .filter_map(|member| {
                Some((Text::from(member.name.clone()), Text::from(member.value.text()?.to_owned())))
            })
            .collect();
    }
    facts.client_certificate = text(node, "clientCertificate").or_else(|| facts.client_certificate.clone());
}

fn is_given(node: &Node) -> bool {
    !matches!(node.value, Value::Null)
}

fn text(node: &Node, name: &str) -> Option<Text> {
    node.get(name).and_then(Node::text).map(|text| Text::from(text.to_owned()))
}

fn set(target: &mut Text, value: Option<Text>) {
    if let Some(value) = value {
        *target = value;
    }
}

fn read_subscription(node: &Node) -> Subscription {
    let id = text(node, "id").unwrap_or_default();
    let key = text(node, "key").unwrap_or_else(|| "00000000000000000000000000000000".into());
    Subscription {
        name: text(node, "name").unwrap_or_else(|| id.clone()),
        id,
        primary_key: key.clone(),
        key,
        secondary_key: "11111111111111111111111111111111".into(),
        created_ticks: CREATED_TICKS,
        start_ticks: None,
        end_ticks: None,
    }
}

fn read_product(node: &Node) -> Product {
    let id = text(node, "id").unwrap_or_default();
    Product {
        name: text(node, "name").unwrap_or_else(|| id.clone()),
        id,
        state: "Published".into(),
        approval_required: false,
        subscription_required: true,
        subscription_limit: None,
        groups: read_groups(node),
    }
}

fn read_user(node: &Node) -> User {
    User {
        id: text(node, "id").unwrap_or_default(),
        email: text(node, "email").unwrap_or_default(),
        first_name: text(node, "firstName").unwrap_or_default(),
        last_name: text(node, "lastName").unwrap_or_default(),
        note: None,
        registered_ticks: CREATED_TICKS,
        groups: read_groups(node),
        identities: Vec::new(),
    }
}

fn read_groups(node: &Node) -> Vec<Group> {
    let names = node.get("groups").and_then(Node::elements).unwrap_or_default();
    let names = names.iter().filter_map(|name| Some(Text::from(name.text()?.to_owned())));
    names.map(|name| Group { id: name.clone(), name }).collect()
}

/// Scheme, host and port of an absolute URL. Tells it when there are none.
pub(super) fn service_origin(node: &Node, diagnostics: &mut Diagnostics) -> Option<Origin> {
    let url = node.text()?;
    let origin = origin_of(url);
    if origin.is_none() && !url.is_empty() {
        diagnostics.push(
            Diagnostic::error("bad-url", node.mark(), format!("not a URL: `{}`", shorten(url)))
                .label("expected an absolute URL such as `https://example.openai.azure.com/openai`"),
        );
    }
    origin
}

fn origin_of(url: &str) -> Option<Origin> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let usual = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, usual),
    };
    let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c == '@');
    is_host.then(|| Origin { scheme: scheme.into(), host: host.to_ascii_lowercase().into(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_origins() {
        for (url, expected) in [
            ("https://Host/x", Some(("https", "host", 443))),
            ("http://host:8080", Some(("http", "host", 8080))),
            ("HTTPS://[::1]:9/", Some(("https", "[::1]", 9))),
            ("https://[::1]?x", Some(("https", "[::1]", 443))),
            ("https://", None),
            ("https:///x", None),
            ("https://h:99999", None),
            ("ftp://h", None),
            ("host/x", None),
        ] {
            let found = origin_of(url);
            let found = found.as_ref().map(|o| (o.scheme.as_str(), o.host.as_str(), o.port));
            assert_eq!(found, expected, "{url}");
        }
    }
}
