//! Deployments inside of templates: modules, and templates written into others.

use std::collections::BTreeMap;

use super::emit::{MAX_FRAMES, MAX_NESTING};
use super::machine::Machine;
use super::syntax::Inner;
use super::value::Reference;
use crate::diagnostics::{Diagnostic, Span};

impl Machine<'_> {
    /// The evaluation of what a deployment deploys; `None` when that is not among the files.
    pub(super) fn inner_frame(&mut self, reference: &Reference, span: Span) -> Option<usize> {
        let resource = self.resource(reference)?;
        let key = (reference.resource, reference.round);
        let here = self.frames.get(reference.frame)?;
        if let Some(known) = here.inner.get(&key) {
            return *known;
        }
        let (file, nesting) = (here.file, here.nesting);
        let (template, inner_file, is_outer) = match resource.inner.as_ref()? {
            Inner::File(path) => {
                let place = self.files.beside(file, path)?;
                (self.files.templates.get(&place)?, place, false)
            }
            Inner::Template { template, is_outer } => (&**template, file, *is_outer),
            Inner::Elsewhere(_) => return None,
        };
        if matches!(resource.inner, Some(Inner::File(_))) && self.is_around(reference.frame, inner_file) {
            self.tell(
                Diagnostic::error("circular-definition", span, "a module deploys itself")
                    .label("expected a module that does not come back to this file")
                    .note("the template is refused when it is compiled")
                    .help("break the circle: move what both need into a third module"),
            );
            return None;
        }
        if nesting >= MAX_NESTING || self.frames.len() >= MAX_FRAMES {
            self.exhaust(Some(span));
            return None;
        }
        if let Some(here) = self.frames.get_mut(reference.frame) {
            here.inner.insert(key, None);
        }
        let given = match resource.body.member("params") {
            Some(params) => {
                let value = self.in_resource(reference, |machine, scope| machine.eval(params, scope));
                if let Some(members) = value.value.members() {
                    members.iter().map(|f| (f.name.to_ascii_lowercase(), f.value.clone())).collect()
                } else {
                    let each = template.parameters.iter();
                    each.map(|p| (p.name.to_ascii_lowercase(), value.clone())).collect()
                }
            }
            None => BTreeMap::new(),
        };
        let outer = is_outer.then_some(reference.frame);
        let frame = self.add_frame(template, inner_file, given, outer, Some(reference.frame));
        if let Some(here) = self.frames.get_mut(reference.frame) {
            here.inner.insert(key, Some(frame));
        }
        Some(frame)
    }

    /// Whether a file is being evaluated around a frame, or is its own.
    fn is_around(&self, frame: usize, file: usize) -> bool {
        let mut at = Some(frame);
        while let Some(frame) = at.and_then(|at| self.frames.get(at)) {
            if frame.file == file {
                return true;
            }
            at = frame.caller;
        }
        false
    }
}
