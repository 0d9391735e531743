//! Functions that make ids of resources.

use super::super::access::{GROUP, id_text};
use super::super::value::{V, Val};
use super::Outcome;

/// As they are spelt.
pub(super) const NAMES: &[&str] = &[
    "resourceId",
    "subscriptionResourceId",
    "tenantResourceId",
    "extensionResourceId",
    "managementGroupResourceId",
];

/// The value of a call, if the function is one of these.
pub(super) fn call(name: &str, arguments: &[Val]) -> Option<Outcome> {
    let scope = match name {
        "resourceid" => GROUP,
        "subscriptionresourceid" => "/subscriptions/{subscription}",
        "managementgroupresourceid" => "/providers/Microsoft.Management/managementGroups/{managementGroup}",
        "tenantresourceid" => "",
        "extensionresourceid" => {
            let (base, rest) = arguments.split_first()?;
            return Some(Outcome::made(id(base.value.label_of_id().as_str(), rest)));
        }
        _ => return None,
    };
    Some(Outcome::made(id(scope, arguments)))
}

/// Subscription and group may stand before the type: the first with a slash is the type.
fn id(scope: &str, arguments: &[Val]) -> Option<V> {
    let is_type = |value: &Val| value.value.known_text().is_some_and(|text| text.contains('/'));
    let place = arguments.iter().position(is_type)?;
    let (_, rest) = arguments.split_at(place);
    let (resource_type, names) = rest.split_first()?;
    let names: Vec<String> = names.iter().map(|name| name.value.label_of_id()).collect();
    // A name may hold those of its parents.
    let names: Vec<&str> = names.iter().flat_map(|name| name.split('/')).collect();
    Some(V::opaque(&id_text(scope, resource_type.value.known_text()?, &names)))
}

impl V {
    /// As a segment of an id: a text as it is, anything else in braces.
    fn label_of_id(&self) -> String {
        match self {
            Self::Text(text) => text.text.to_string(),
            Self::Number(text) => text.to_string(),
            _ => format!("{{{}}}", self.label()),
        }
    }
}
