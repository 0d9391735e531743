//! Which API version of the resource manager first has a property of a backend.
//!
//! Source: resource schemas of `Microsoft.ApiManagement/service/backends`, by version.

use crate::tree::json::{Node, Value};

/// The newest version that is generally available.
pub const GENERALLY_AVAILABLE: &str = "2024-05-01";

/// The first version that has a property, by the way to it below `properties`.
pub const FIRST: &[(&[&str], &str)] = &[
    (&["circuitBreaker"], "2023-03-01-preview"),
    (&["pool"], "2023-05-01-preview"),
    (&["circuitBreaker", "rules", "acceptRetryAfter"], "2023-09-01-preview"),
    (&["circuitBreaker", "rules", "failureResponse"], "2024-10-01-preview"),
    (&["pool", "services", "priority"], "2023-09-01-preview"),
    (&["pool", "services", "weight"], "2023-09-01-preview"),
    (&["pool", "failureResponse"], "2024-10-01-preview"),
    (&["pool", "sessionAffinity"], "2024-10-01-preview"),
    (&["pool", "services", "preferredCarbonEmission"], "2025-03-01-preview"),
    (&["azureRegion"], "2025-03-01-preview"),
    (&["tls", "serverCertificateThumbprints"], "2025-03-01-preview"),
    (&["tls", "serverX509Names"], "2025-03-01-preview"),
];

/// The first known value at the end of a way, through every element of lists.
pub fn value_at<'n>(node: &'n Node, way: &[&str]) -> Option<&'n Node> {
    let Some((name, rest)) = way.split_first() else {
        return Some(node).filter(|node| !matches!(node.value, Value::Null | Value::Unknown(_)));
    };
    if let Some(elements) = node.elements() {
        return elements.iter().find_map(|element| value_at(element, way));
    }
    value_at(node.get(name)?, rest)
}
