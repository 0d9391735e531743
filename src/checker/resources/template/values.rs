//! Values for the parameters of a template: `parameters.json`.
//!
//! Deliberately not modelled: secrets from a vault, and `${NAME}` that tools of deployment fill in. They are unknown.

use std::collections::BTreeMap;

use crate::resources::eval::{Unknown, V, Val, value_of};
use crate::tree::json::Node;

/// The values by lower-case name.
pub(crate) fn read_values(root: &Node) -> BTreeMap<String, Val> {
    let parameters = root.get("parameters").unwrap_or(root);
    let mut values = BTreeMap::new();
    for member in parameters.members().unwrap_or_default() {
        let given = match member.value.get("value") {
            Some(value) => filled(value_of(value)),
            None => Val::unknown("its value is kept elsewhere", &member.name, member.value.span),
        };
        values.insert(member.name.to_ascii_lowercase(), given);
    }
    values
}

fn filled(value: Val) -> Val {
    let span = value.span;
    let made = match &value.value {
        V::Text(text) if text.text.contains("${") => {
            V::Unknown(Unknown::new("it is filled in by the tool that deploys", &text.text))
        }
        V::Array(list) => V::array(list.elements.iter().cloned().map(filled).collect()),
        V::Object(fields) => {
            let each = fields.members.iter().cloned();
            V::object(
                each.map(|field| crate::resources::eval::Field { value: filled(field.value), ..field })
                    .collect(),
            )
        }
        _ => return value,
    };
    Val::new(made, span)
}
