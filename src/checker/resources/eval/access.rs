//! What may be taken of a value: members, elements, and the properties of resources that a template itself declares.
//!
//! Ids of resources are the texts that the resource manager makes, with the parts that only the deployment knows in
//! braces, so that the name at their end is known.
//!
//! Deliberately not modelled: properties that the service adds to a resource. They are unknown.

use std::sync::Arc;

use super::loops::{Round, Rounds};
use super::machine::{MAX_DEPTH, Machine, Scope};
use super::syntax::{Expr, Resource};
use super::value::{Reference, Unknown, V, Val};
use crate::diagnostics::Span;

/// What every id of a resource in a group begins with.
pub(in crate::resources) const GROUP: &str = "/subscriptions/{subscription}/resourceGroups/{resourceGroup}";

impl<'t> Machine<'t> {
    /// `value.name`
    pub(super) fn member(&mut self, value: &Val, name: &str, is_safe: bool, span: Span) -> Val {
        // Members are looked for one after the other.
        let count = value.value.members().map_or(0, <[_]>::len);
        if !self.spend(count as u64 / 32) {
            return Val::unknown("there is too much to evaluate", "limit", span);
        }
        match &value.value {
            V::Object(_) => match value.get(name) {
                Some(found) => found.clone(),
                None if is_safe => Val::new(V::Null, span),
                None => Val::failure(&format!("there is no `{}` in it", short(name)), name, span),
            },
            V::Null if is_safe => Val::new(V::Null, span),
            V::Unknown(unknown) => Val::new(V::Unknown(unknown.part(name)), span),
            V::Resource(reference) => self.member_of_resource(reference, name, span),
            _ => Val::unknown(&format!("it has no `{}`", short(name)), name, span),
        }
    }

    /// `value[index]`
    pub(super) fn index(&mut self, value: &Val, index: &Val, is_safe: bool, span: Span) -> Val {
        if let V::Loop(reference) = &value.value
            && self.is_terraform(reference.frame)
        {
            return self.element_of(reference, index, span);
        }
        if let Some(name) = index.value.known_text() {
            return self.member(value, name, is_safe, span);
        }
        let number = index.value.as_int().and_then(|number| usize::try_from(number).ok());
        match (&value.value, number) {
            (V::Array(list), Some(number)) => match list.elements.get(number) {
                Some(found) => found.clone(),
                None if is_safe => Val::new(V::Null, span),
                None => Val::failure("the list is shorter", "element", span),
            },
            (V::Null, _) if is_safe => Val::new(V::Null, span),
            (V::Unknown(unknown), Some(number)) => {
                Val::new(V::Unknown(unknown.part(&number.to_string())), span)
            }
            (V::Unknown(unknown), None) => {
                // The element of a round, however the round is spoken of.
                let label = index.value.label();
                let label = if label.strip_suffix(".each").is_some() { "each" } else { label };
                Val::new(V::Unknown(unknown.part(label)), span)
            }
            (V::Loop(reference), Some(number)) => Val::new(V::Resource(reference.at(number)), span),
            (V::Loop(_), None) => {
                Val::unknown("which resource is known only when deployed", "resource", span)
            }
            _ => Val::unknown("the index is known only when deployed", "element", span),
        }
    }

    fn member_of_resource(&mut self, reference: &Reference, name: &str, span: Span) -> Val {
        let Some(resource) = self.resource(reference) else {
            return Val::unknown("it is not known", name, span);
        };
        if self.is_terraform(reference.frame) {
            return self.attribute(reference, name, span);
        }
        let label = resource.symbol.as_deref().unwrap_or("resource");
        if reference.path.is_empty() {
            match name {
                "id" => return Val::new(self.id_of(reference), span),
                "name" => return self.own_name(reference),
                "type" => {
                    let scope = Scope { frame: reference.frame, locals: None };
                    return self.eval(&resource.resource_type, scope);
                }
                "properties" | "outputs" => return Val::new(V::Resource(reference.then(name)), span),
                _ => {}
            }
        }
        if resource.inner.is_some() {
            let is_outputs = reference.path.first().is_some_and(|first| &**first == "outputs");
            return match (is_outputs, reference.path.len()) {
                (true, 1) => self.output(reference, name, span),
                _ => Val::unknown("it is known only when deployed", &format!("{label}.{name}"), span),
            };
        }
        let path = reference.then(name).path;
        let found = self.in_resource(reference, |machine, scope| {
            let mut at: &Expr = &resource.body;
            for step in &path {
                at = at.member(step)?;
            }
            Some(machine.eval(at, scope))
        });
        match found {
            Some(value) if !resource.is_existing => value,
            _ => Val::unknown("only the deployed resource has it", &format!("{label}.{name}"), span),
        }
    }

    pub(super) fn output(&mut self, reference: &Reference, name: &str, span: Span) -> Val {
        let label = self.resource(reference).and_then(|r| r.symbol.as_deref()).unwrap_or("module");
        let label = format!("{label}.{name}");
        let Some(frame) = self.inner_frame(reference, span) else {
            return Val::unknown("an output of a module that is not among the files", &label, span);
        };
        let template = self.frames.get(frame).map(|frame| frame.template);
        let output = template.and_then(|t| t.outputs.iter().find(|o| o.name.eq_ignore_ascii_case(name)));
        match output {
            Some(output) => self.eval(&output.value, Scope { frame, locals: None }),
            None => Val::unknown("the module has no such output", &label, span),
        }
    }

    /// The resource that is referred to.
    pub(super) fn resource(&self, reference: &Reference) -> Option<&'t Resource> {
        self.frames.get(reference.frame)?.template.resources.get(reference.resource)
    }

    /// What the loop of a resource goes through.
    pub(super) fn rounds_of(&mut self, reference: &Reference) -> Arc<Rounds> {
        let unknown = |why: &str| Arc::new(Rounds::Unknown(Unknown::new(why, "loop")));
        let Some(resource) = self.resource(reference) else { return unknown("it is not known") };
        let Some(repeat) = &resource.repeat else { return unknown("it is no loop") };
        if let Some(known) = self.frames.get(reference.frame).and_then(|f| f.rounds.get(&reference.resource))
        {
            return Arc::clone(known);
        }
        if self.depth >= MAX_DEPTH {
            self.exhaust(Some(resource.span));
            return unknown("it is nested too deeply");
        }
        let rounds =
            Arc::new(self.rounds(repeat, resource.span, Scope { frame: reference.frame, locals: None }));
        if let Some(frame) = self.frames.get_mut(reference.frame) {
            frame.rounds.insert(reference.resource, Arc::clone(&rounds));
        }
        rounds
    }

    /// Does something where the names of a resource's loop are known.
    pub(super) fn in_resource<T>(
        &mut self,
        reference: &Reference,
        work: impl FnOnce(&mut Self, Scope<'_>) -> T,
    ) -> T {
        let scope = Scope { frame: reference.frame, locals: None };
        let repeat = self.resource(reference).and_then(|resource| resource.repeat.as_ref());
        let (Some(repeat), Some(index)) = (repeat, reference.round) else { return work(self, scope) };
        let span = self.resource(reference).map_or(self.root_span(), |resource| resource.span);
        let round = match self.rounds_of(reference).as_ref() {
            Rounds::Known(rounds) => rounds.get(index).cloned(),
            Rounds::Unknown(unknown) => Some(Round::unknown(unknown, span)),
        };
        let round =
            round.unwrap_or_else(|| Round::unknown(&Unknown::new("the loop is shorter", "loop"), span));
        self.in_round(repeat, &round, scope, work)
    }

    /// The name as it is written, without that of a parent.
    pub(super) fn own_name(&mut self, reference: &Reference) -> Val {
        let Some(resource) = self.resource(reference) else {
            return Val::unknown("it is not known", "name", self.root_span());
        };
        let label = resource.symbol.as_deref().unwrap_or("name");
        match resource.body.member("name") {
            Some(name) => self.in_resource(reference, |machine, scope| machine.eval(name, scope)),
            None => Val::unknown("it has no name", label, resource.span),
        }
    }

    /// The name with those of the parents in front, as far as they are known.
    pub(super) fn full_name(&mut self, reference: &Reference) -> V {
        let own = self.own_name(reference);
        let Some(resource) = self.resource(reference) else { return own.value };
        if self.depth >= MAX_DEPTH {
            self.exhaust(Some(resource.span));
            return own.value;
        }
        self.depth += 1;
        let parent = match (resource.parent, resource.body.member("parent")) {
            (Some(parent), _) => Some(V::Resource(Reference {
                resource: parent,
                round: None,
                path: Vec::new(),
                ..reference.clone()
            })),
            (None, Some(parent)) if resource.inner.is_none() => {
                Some(self.in_resource(reference, |machine, scope| machine.eval(parent, scope)).value)
            }
            (None, _) => None,
        };
        let name = match parent {
            Some(V::Resource(parent)) if parent != *reference => {
                let parent = self.full_name(&parent);
                let parts = [parent, V::text("/")].map(|part| Val::new(part, own.span));
                let [parent, slash] = parts;
                self.join(&[parent, slash, own])
            }
            Some(_) => {
                let parent = Val::unknown("the parent is not known", "parent", own.span);
                let slash = Val::new(V::text("/"), own.span);
                self.join(&[parent, slash, own])
            }
            None => own.value,
        };
        self.depth -= 1;
        name
    }

    /// The id that the resource manager gives it.
    pub(super) fn id_of(&mut self, reference: &Reference) -> V {
        let Some(resource) = self.resource(reference) else {
            return V::Unknown(Unknown::new("it is not known", "id"));
        };
        if self.is_terraform(reference.frame) {
            return self.terraform_id(reference, resource);
        }
        let scope = Scope { frame: reference.frame, locals: None };
        let resource_type = self.eval(&resource.resource_type, scope);
        let name = self.full_name(reference);
        let name = self.join(&[Val::new(name, resource.span)]);
        match (resource_type.value.known_text(), &name) {
            (Some(resource_type), V::Text(name)) => {
                let names: Vec<&str> = name.text.split('/').collect();
                V::opaque(&id_text(GROUP, resource_type, &names))
            }
            _ => V::Unknown(Unknown::new("its type is not known", "id")),
        }
    }
}

/// `scope/providers/Provider/type/name/type/name`
pub(in crate::resources) fn id_text(scope: &str, resource_type: &str, names: &[&str]) -> String {
    let mut parts = resource_type.split('/');
    let mut text = format!("{scope}/providers/{}", parts.next().unwrap_or_default());
    let types: Vec<&str> = parts.collect();
    // Names that are too few belong to the last types.
    let missing = types.len().saturating_sub(names.len());
    for (index, own_type) in types.iter().enumerate() {
        let name = index.checked_sub(missing).and_then(|index| names.get(index)).unwrap_or(&"{name}");
        text.push_str(&format!("/{own_type}/{name}"));
    }
    for name in names.iter().skip(types.len()) {
        text.push_str(&format!("/{name}"));
    }
    text
}

fn short(name: &str) -> String {
    crate::tree::json::shorten(name)
}
