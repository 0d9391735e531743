//! Compiles a policy document to a [`Program`].
//!
//! Rules
//! - The document is the API scope. The scope around it is the built-in default of the service: empty
//!   sections, and `<forward-request />` in backend. A section that is absent is `<base/>`.
//! - Every element and attribute is known, or an error: `unknown-...` when the service has none such,
//!   `unsupported-policy` when it has and a run would need it. `id` is allowed on every policy.
//! - All problems of a document are reported; a program is made only when there is no error.
//!
//! Deliberately without effect: `http-version` (no transport is modelled), `follow-redirects="false"`
//! (the default), `id` except in `LastError.PolicyId`.
//!
//! Not known here: named values, fragments, other scopes, and what backends exist.

mod attributes;
mod authentication;
mod caches;
mod calls;
mod flow;
mod known;
mod limits;
mod messages;
mod operands;
mod routing;
mod sections;
mod tokens;
mod variables;

use std::collections::BTreeMap;

use super::expr::Variables;
use super::scan::{self, Element};
use super::{Op, Pc, Place, Program, Section, Text};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};

/// Reads the policy document `text`. `None` when there is any error.
pub fn load(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Option<Program> {
    load_with_references(source, text, diagnostics).0
}

/// The same, with every literal `backend-id` that could be read, also when there are errors elsewhere: so
/// that unknown names are told together with them.
pub fn load_with_references(
    source: SourceId,
    text: &str,
    diagnostics: &mut Diagnostics,
) -> (Option<Program>, Vec<(Text, Span)>) {
    let mut problems = Diagnostics::new();
    let elements = scan::read(source, text, &mut problems);
    let malformed = problems.has_errors();
    let mut compiler = Compiler::new(text, &mut problems);
    let starts = compiler.read(&elements, Span::new(source, 0, 0), malformed);
    let program = compiler.finish(starts);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    let references = program.backend_references.clone();
    ((!failed).then_some(program), references)
}

/// Deepest nesting of retries.
const MAX_RETRY_DEPTH: u32 = 4;

/// First operations of the sections, in the order of the pipeline.
type Starts = [Pc; 4];

/// What is compiled so far.
struct Compiler<'a> {
    diagnostics: &'a mut Diagnostics,
    document: &'a str,
    ops: Vec<Op>,
    places: Vec<Place>,
    variables: Variables,
    backend_references: Vec<(Text, Span)>,
    section: Section,
    retries: u32,
}

/// The place of an element: its path in the section, and how many of its name came before it.
struct Siblings {
    parent: String,
    seen: BTreeMap<String, u32>,
}

impl Siblings {
    fn of(parent: &str) -> Self {
        Self { parent: parent.to_owned(), seen: BTreeMap::new() }
    }

    /// The path of the next sibling called `name`, for example `choose[1]/when[2]`.
    fn path(&mut self, name: &str) -> String {
        let index = self.seen.entry(name.to_owned()).or_insert(0);
        *index = index.saturating_add(1);
        let separator = if self.parent.is_empty() { "" } else { "/" };
        format!("{}{separator}{name}[{index}]", self.parent)
    }
}

impl<'a> Compiler<'a> {
    fn new(document: &'a str, diagnostics: &'a mut Diagnostics) -> Self {
        Self {
            diagnostics,
            document,
            ops: Vec::new(),
            places: Vec::new(),
            variables: Variables::new(),
            backend_references: Vec::new(),
            section: Section::Inbound,
            retries: 0,
        }
    }

    fn finish(self, starts: Starts) -> Program {
        let [inbound, backend, outbound, on_error] = starts;
        Program {
            ops: self.ops,
            places: self.places,
            variables: self.variables.into_names(),
            inbound,
            backend,
            outbound,
            on_error,
            backend_references: self.backend_references,
        }
    }

    fn here(&self) -> Pc {
        Pc(u32::try_from(self.ops.len()).unwrap_or(u32::MAX))
    }

    /// Adds an operation of `element`.
    fn emit(&mut self, op: Op, element: &Element, path: &str) -> Pc {
        let policy_id = element.attribute("id").map_or(Text::EMPTY, |id| Text::from(id.value.text.clone()));
        let place = Place {
            span: Some(element.tag_span),
            section: self.section,
            path: Text::from(path.to_owned()),
            policy: Text::from(element.name.clone()),
            policy_id,
        };
        self.emit_at(op, place)
    }

    fn emit_at(&mut self, op: Op, place: Place) -> Pc {
        let at = self.here();
        self.ops.push(op);
        self.places.push(place);
        at
    }

    /// Sets the target of the jump, branch or retry at `at` to the next operation.
    fn patch(&mut self, at: Pc) {
        let target = self.here();
        match self.ops.get_mut(at.0 as usize) {
            Some(Op::Jump(to) | Op::Branch { otherwise: to, .. }) => *to = target,
            Some(Op::Retry(retry)) => retry.end = target,
            _ => {}
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) {
        self.report(Diagnostic::error(code, span, message).label(label));
    }
}

#[cfg(test)]
mod tests;
