//! Override files (`override.tf`, `*_override.tf`, and the same in JSON): what they say replaces what the other files
//! of their folder say.
//!
//! Rules
//! - Of a resource, a data source or the call of a module each attribute is replaced by itself, and all blocks of one
//!   name by those of that name.
//! - Of variables the default and the type, of locals and outputs the value.
//! - Something that no other file declares is declared: Terraform refuses it, and says so itself.

use crate::resources::eval::syntax::{Entry, Expr, ExprKind, Inner, Parameter, Resource, Template, Variable};

/// Whether the file at a path overrides others.
pub(super) fn is_override(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_ascii_lowercase();
    let stem = name.strip_suffix(".json").unwrap_or(&name);
    stem.strip_suffix(".tf").is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
}

/// Puts what an override file declares over `template`.
pub(super) fn merge(template: &mut Template, over: Template) {
    for own in over.parameters {
        match template.parameters.iter_mut().find(|known| known.name == own.name) {
            Some(known) => replace_parameter(known, own),
            None => template.parameters.push(own),
        }
    }
    replace_values(&mut template.variables, over.variables);
    replace_values(&mut template.outputs, over.outputs);
    for own in over.resources {
        match template.resources.iter_mut().find(|known| known.symbol == own.symbol) {
            Some(known) => replace_resource(known, own),
            None => template.resources.push(own),
        }
    }
}

fn replace_parameter(known: &mut Parameter, own: Parameter) {
    if own.default.is_some() || own.is_nullable {
        known.default = own.default;
        known.is_nullable = own.is_nullable;
    }
    known.filling = own.filling.or(known.filling.take());
}

fn replace_values(known: &mut Vec<Variable>, own: Vec<Variable>) {
    for own in own {
        match known.iter_mut().find(|known| known.name == own.name) {
            Some(known) => known.value = own.value,
            None => known.push(own),
        }
    }
}

fn replace_resource(known: &mut Resource, own: Resource) {
    known.repeat = own.repeat.or(known.repeat.take());
    // The source of a module is left as it is where none is given.
    match own.inner {
        Some(Inner::Elsewhere(source)) if source.is_empty() => {}
        Some(inner) => known.inner = Some(inner),
        None => {}
    }
    replace_members(&mut known.body, own.body);
}

fn replace_members(known: &mut Expr, own: Expr) {
    let (ExprKind::Object(known), ExprKind::Object(own)) = (&mut known.kind, own.kind) else { return };
    for entry in own {
        let Entry::Member { name, value } = entry else {
            known.push(entry);
            continue;
        };
        let same = known.iter_mut().find_map(|known| match known {
            Entry::Member { name: other, value } if other.literal() == name.literal() => Some(value),
            _ => None,
        });
        match same {
            // The arguments of a module are an object of their own.
            Some(known) if name.literal() == Some("params") => replace_members(known, value),
            Some(known) => *known = value,
            None => known.push(Entry::Member { name, value }),
        }
    }
}
