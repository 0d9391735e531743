//! Backends that are given to a module that is not among the files.

use std::sync::Arc;

use super::emit::MAX_RESOURCES;
use super::found::{Evaluated, add};
use super::machine::Machine;
use super::syntax::{Inner, Resource};
use super::value::{Field, Reference, V, Val};
use crate::resources::{Form, Found, Inventory, Kind};
use crate::tree::json::{Node, Value};

/// Modules of a registry are not among the files; but what the module of Azure itself is given as backends are
/// backends, and so is what looks like them and like nothing else.
pub(super) fn emit_arguments(
    machine: &mut Machine<'_>,
    reference: &Reference,
    resource: &Resource,
    is_conditional: bool,
    inventory: &mut Inventory,
) {
    const TYPE: &str = "Microsoft.ApiManagement/service/backends";
    // What a backend of that module has; and what nothing else has.
    const PARAMETERS: &[&str] = &[
        "name",
        "url",
        "type",
        "circuitBreaker",
        "pool",
        "credentials",
        "description",
        "protocol",
        "proxy",
        "resourceId",
        "serviceFabricCluster",
        "title",
        "tls",
    ];
    const TELLING: &[&str] = &["circuitBreaker", "pool", "tls"];
    let is_known =
        matches!(&resource.inner, Some(Inner::Elsewhere(path)) if path.contains("api-management/service"));
    let Some(backends) = resource.body.member("params").and_then(|params| params.member("backends")) else {
        return;
    };
    let backends = machine.in_resource(reference, |machine, scope| machine.eval(backends, scope));
    for backend in backends.value.elements().unwrap_or_default() {
        let Some(members) = backend.value.members() else { continue };
        let Some(name) = backend.get("name") else { continue };
        let is_one_of = |names: &[&str], field: &Field| names.contains(&&*field.name);
        let is_plain = members.iter().all(|field| is_one_of(PARAMETERS, field));
        let is_backend = is_plain && (is_known || members.iter().any(|field| is_one_of(TELLING, field)));
        if !is_backend || inventory.resources.len() >= MAX_RESOURCES {
            continue;
        }
        let fields: Vec<Field> = members.iter().filter(|field| &*field.name != "name").cloned().collect();
        let properties = Val::new(V::object(fields), backend.span);
        let found = Found {
            kind: Kind::Backend,
            name: None,
            name_span: name.span,
            api_version: None,
            form: Form::Bicep,
            node: Node::new(Value::Null, backend.span),
            is_conditional,
            is_reference: false,
        };
        let body = vec![Field { name: Arc::from("properties"), name_span: backend.span, value: properties }];
        let full = machine.join(std::slice::from_ref(name));
        let what = Evaluated { type_text: TYPE, type_span: backend.span, name: full, version: None, body };
        add(machine, found, &what, inventory);
    }
}
