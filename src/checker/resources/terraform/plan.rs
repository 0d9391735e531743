//! Plans and states as `terraform show -json` prints them, and state files.
//!
//! Rules
//! - What `after_unknown` marks is unknown; an id that refers to one other resource of the plan is the id that this
//!   resource will have.
//! - The state before a plan does not count.
//!
//! Deliberately not modelled: references inside of `body` of `azapi`, of which a plan says only that there are some.

use std::collections::BTreeMap;

use super::shape::{arm, identity, is_read, known};
use crate::diagnostics::Span;
use crate::resources::eval::{
    Field, GROUP, Machine, Origin, V, Val, add_arm, apply_updates, id_text, value_of,
};
use crate::resources::{Form, Inventory};
use crate::tree::json::{Node, Value};

/// A resource of a plan.
struct Planned<'p> {
    resource_type: &'p str,
    type_span: Span,
    is_data: bool,
    values: &'p Node,
    /// Its address, with the module in front.
    address: &'p str,
}

/// What the values of a plan are looked up in.
struct Plan<'p> {
    /// What is unknown after it, by address.
    unknown: BTreeMap<&'p str, &'p Node>,
    /// The ids that resources will have, by address.
    ids: BTreeMap<&'p str, String>,
    /// Expressions of resources, by address without indices.
    expressions: BTreeMap<String, &'p Node>,
}

/// The resources of a plan or state.
pub(crate) fn read_plan(machine: &mut Machine<'_>, root: &Node, inventory: &mut Inventory) {
    let mut planned = Vec::new();
    let whole = [root.get("planned_values"), root.get("values")];
    for module in whole.into_iter().flatten().filter_map(|values| values.get("root_module")) {
        collect(module, &mut planned);
    }
    if planned.is_empty() {
        collect_state(root, &mut planned);
    }
    let mut plan = Plan { unknown: BTreeMap::new(), ids: BTreeMap::new(), expressions: BTreeMap::new() };
    for change in elements(root.get("resource_changes")) {
        let address = change.get("address").and_then(Node::text);
        if let Some((address, unknown)) =
            address.zip(change.get("change").and_then(|c| c.get("after_unknown")))
        {
            plan.unknown.insert(address, unknown);
        }
    }
    if let Some(module) = root.get("configuration").and_then(|all| all.get("root_module")) {
        expressions(module, "", &mut plan.expressions);
    }
    for resource in &planned {
        let values = value_of(resource.values);
        let attribute = &mut |name: &str| known(values.get(name));
        let Some(identity) = identity(resource.resource_type, resource.type_span, attribute) else {
            continue;
        };
        let names = identity.names.iter().map(|name| match &name.value {
            V::Text(text) => text.text.to_string(),
            other => format!("{{{}}}", other.label()),
        });
        let names: Vec<String> = names.collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        plan.ids.insert(resource.address, id_text(GROUP, &identity.type_text, &names));
    }
    for resource in planned {
        let body = plan.completed(&resource);
        let Some(made) = arm(resource.resource_type, resource.type_span, &body) else { continue };
        let origin = Origin {
            form: Form::TerraformPlan,
            span: resource.values.mark(),
            is_conditional: false,
            is_reference: resource.is_data,
        };
        add_arm(machine, &made, origin, inventory);
    }
    apply_updates(machine, inventory);
}

fn elements(list: Option<&Node>) -> &[Node] {
    list.and_then(Node::elements).unwrap_or_default()
}

fn collect<'p>(module: &'p Node, planned: &mut Vec<Planned<'p>>) {
    for resource in elements(module.get("resources")) {
        planned.extend(of_values(resource, resource.get("values"), resource.get("address")));
    }
    for child in elements(module.get("child_modules")) {
        collect(child, planned);
    }
}

/// The resources of a state file.
fn collect_state<'p>(root: &'p Node, planned: &mut Vec<Planned<'p>>) {
    for resource in elements(root.get("resources")) {
        for instance in elements(resource.get("instances")) {
            planned.extend(of_values(resource, instance.get("attributes"), resource.get("name")));
        }
    }
}

fn of_values<'p>(
    resource: &'p Node,
    values: Option<&'p Node>,
    address: Option<&'p Node>,
) -> Option<Planned<'p>> {
    let declared = resource.get("type")?;
    let resource_type = declared.text().filter(|name| is_read(name))?;
    Some(Planned {
        resource_type,
        type_span: declared.span,
        is_data: resource.get("mode").and_then(Node::text) == Some("data"),
        values: values?,
        address: address.and_then(Node::text).unwrap_or_default(),
    })
}

/// The expressions of all resources of a module, by address.
fn expressions<'p>(module: &'p Node, prefix: &str, all: &mut BTreeMap<String, &'p Node>) {
    for resource in elements(module.get("resources")) {
        let address = resource.get("address").and_then(Node::text);
        if let Some((address, own)) = address.zip(resource.get("expressions")) {
            all.insert(format!("{prefix}{address}"), own);
        }
    }
    let calls = module.get("module_calls").and_then(Node::members).unwrap_or_default();
    for call in calls {
        if let Some(inner) = call.value.get("module") {
            expressions(inner, &format!("{prefix}module.{}.", call.name), all);
        }
    }
}

/// An address without the indices of loops.
fn without_indices(address: &str) -> String {
    let mut plain = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        rest = after.split_once(']').map_or("", |(_, rest)| rest);
    }
    plain.push_str(rest);
    plain
}

impl Plan<'_> {
    /// The values of a resource with those that are unknown.
    fn completed(&self, resource: &Planned<'_>) -> Val {
        let values = value_of(resource.values);
        let Some(unknown) = self.unknown.get(resource.address) else { return values };
        let plain = without_indices(resource.address);
        let expressions = self.expressions.get(&plain).copied();
        // What references are relative to.
        let at = plain.find(resource.resource_type).unwrap_or(0);
        let module =
            resource.address.get(..at).filter(|_| !resource.address.contains('[')).unwrap_or_default();
        self.with(&values, unknown, expressions, resource.address, module)
    }

    fn with(&self, value: &Val, unknown: &Node, expression: Option<&Node>, label: &str, module: &str) -> Val {
        let span = value.span;
        match &unknown.value {
            Value::Bool(true) => match expression.and_then(|expression| self.referred(expression, module)) {
                Some(id) => Val::new(V::opaque(id), span),
                None => Val::unknown("it is known after the plan is applied", label, span),
            },
            Value::Object(members) => {
                let mut fields: Vec<Field> = value.value.members().unwrap_or_default().to_vec();
                for member in members {
                    let label = format!("{label}.{}", member.name);
                    let inner = expression.and_then(|expression| expression.get(&member.name));
                    let place = fields.iter().position(|field| *field.name == *member.name);
                    let null = Val::new(V::Null, span);
                    let own = place.and_then(|place| fields.get(place)).map_or(&null, |field| &field.value);
                    if place.is_none() && marks_nothing(&member.value) {
                        continue;
                    }
                    let value = self.with(own, &member.value, inner, &label, module);
                    match place.and_then(|place| fields.get_mut(place)) {
                        Some(field) => field.value = value,
                        None => fields.push(super::shape::field(&member.name, span, value)),
                    }
                }
                Val::new(V::object(fields), span)
            }
            Value::Array(unknown) => {
                let known = value.value.elements().unwrap_or_default();
                // A block that is written once may stand for many.
                let written = expression.and_then(Node::elements);
                let written = written.filter(|written| written.len() == unknown.len().max(known.len()));
                let null = Val::new(V::Null, span);
                let each = (0..known.len().max(unknown.len())).map(|place| {
                    let own = known.get(place).unwrap_or(&null);
                    let inner = written.and_then(|written| written.get(place));
                    match unknown.get(place) {
                        Some(unknown) => self.with(own, unknown, inner, label, module),
                        None => own.clone(),
                    }
                });
                Val::new(V::array(each.collect()), span)
            }
            _ => value.clone(),
        }
    }

    /// The id of the one resource whose id an expression is.
    fn referred(&self, expression: &Node, module: &str) -> Option<&str> {
        let names = elements(expression.get("references")).iter().filter_map(Node::text);
        let mut ids = names.filter_map(|name| name.strip_suffix(".id"));
        let only = ids.next().filter(|_| ids.next().is_none())?;
        self.ids.get(format!("{module}{only}").as_str()).map(String::as_str)
    }
}

/// Whether it marks nothing.
fn marks_nothing(unknown: &Node) -> bool {
    match &unknown.value {
        Value::Object(members) => members.iter().all(|member| marks_nothing(&member.value)),
        Value::Array(elements) => elements.iter().all(marks_nothing),
        Value::Bool(flag) => !flag,
        _ => true,
    }
}
