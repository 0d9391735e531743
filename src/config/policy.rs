//! The one place where this module asks for a policy to be compiled.

use crate::diagnostics::{Diagnostics, SourceId};
use crate::policy::Program;

/// The policy document `text`, compiled.
pub(crate) fn load_policy(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Option<Program> {
    stub(source, text, diagnostics)
}

/// Knows nothing of a policy but the backends that it names.
fn stub(source: SourceId, text: &str, _diagnostics: &mut Diagnostics) -> Option<Program> {
    use crate::policy::{Op, Pc, Place, Section, Text};
    let sections = [Section::Inbound, Section::Backend, Section::Outbound, Section::OnError];
    let place = |section| Place {
        span: None,
        section,
        path: Text::EMPTY,
        policy: Text::EMPTY,
        policy_id: Text::EMPTY,
    };
    let mut backend_references = Vec::new();
    for (at, found) in text.match_indices("backend-id=\"") {
        let start = at.saturating_add(found.len());
        let name = text.get(start..).and_then(|rest| rest.split('"').next())?;
        let span = crate::diagnostics::Span::new(source, start, start.saturating_add(name.len()));
        if !name.starts_with("@(") {
            backend_references.push((Text::from(name.to_owned()), span));
        }
    }
    Some(Program {
        ops: sections.iter().map(|section| Op::SectionEnd(*section)).collect(),
        places: sections.iter().map(|section| place(*section)).collect(),
        variables: Vec::new(),
        inbound: Pc(0),
        backend: Pc(1),
        outbound: Pc(2),
        on_error: Pc(3),
        backend_references,
    })
}
