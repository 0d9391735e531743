//! Compiles a policy document to a [`Program`].
//!
//! Rules
//! - Documents of several scopes are put together as `layers` says.
//! - Every element and attribute is known, or an error: `unknown-...` when the service has none such;
//!   `unsupported-policy` (a warning) when it has and a request that gets there would end in an error.
//!   `id` is allowed on every policy.
//! - A check takes documents as they are published. What the reference forbids and the service may take in
//!   spite of it is an error where it is to run, and a warning in a check.
//! - All problems of a document are reported; a program is made only when there is no error.
//!
//! Deliberately without effect: `http-version` (no transport is modelled), `follow-redirects="false"`
//! (the default), `id` except in `LastError.PolicyId`.
//!
//! Not known here: named values, and what backends exist.

mod attributes;
mod authentication;
mod caches;
mod calls;
mod flow;
mod guards;
mod known;
mod layers;
mod limits;
mod messages;
mod operands;
mod records;
mod responses;
mod routing;
mod sections;
mod shape;
#[cfg(test)]
mod table;
mod texts;
mod tokens;
mod transforms;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::csharp::Variables;
use super::document::{self, Options, Unresolved};
use super::scan::Element;
use super::{Op, Pc, Place, PolicyScope, Program, Section, Text};
use crate::diagnostics::{Diagnostic, Diagnostics, Severity, SourceId, Span};
use layers::Layer;

pub use known::{compiled_policies, sections_of};

/// A text and where it came from.
#[derive(Clone, Copy, Debug)]
pub struct PolicyText<'a> {
    /// Where from.
    pub source: SourceId,
    /// The characters.
    pub text: &'a str,
}

/// What a program is made of.
#[derive(Clone, Debug, Default)]
pub struct Sources<'a> {
    /// Documents by scope, one for each at most.
    pub scopes: BTreeMap<PolicyScope, PolicyText<'a>>,
    /// Fragments by id.
    pub fragments: BTreeMap<String, PolicyText<'a>>,
    /// Named values, how the documents are deployed, and what becomes of names without a value.
    pub options: Options,
    /// Only to be checked: what is not among the inputs (fragments) is tolerated with a warning, and a
    /// document without sections is fine.
    pub is_check: bool,
}

/// Reads the policy document `text` of an API. `None` when there is any error.
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
    let scopes = BTreeMap::from([(PolicyScope::Api, PolicyText { source, text })]);
    load_sources(&Sources { scopes, ..Sources::default() }, diagnostics)
}

/// The program of documents of several scopes with their fragments. See [`load_with_references`].
pub fn load_sources(
    sources: &Sources<'_>,
    diagnostics: &mut Diagnostics,
) -> (Option<Program>, Vec<(Text, Span)>) {
    load_seen(sources, &mut |_, _| {}, diagnostics)
}

/// The same; `see` is shown the elements of the document of each scope, and whether it is malformed, so that nobody has
/// to read it twice.
pub fn load_seen(
    sources: &Sources<'_>,
    see: &mut dyn FnMut(&[Element], bool),
    diagnostics: &mut Diagnostics,
) -> (Option<Program>, Vec<(Text, Span)>) {
    let mut problems = Diagnostics::new();
    let mut documents = BTreeMap::new();
    let mut fragments = BTreeMap::new();
    for (id, fragment) in &sources.fragments {
        documents.insert(fragment.source, fragment.text);
        let document = document::read(fragment.source, fragment.text, &sources.options, &mut problems);
        fragments.insert(id.clone(), document.roots.into());
    }
    let mut layers = Vec::new();
    for (scope, document) in &sources.scopes {
        documents.insert(document.source, document.text);
        let mut own = Diagnostics::new();
        let elements = document::read(document.source, document.text, &sources.options, &mut own).roots;
        let malformed = own.has_errors();
        see(&elements, malformed);
        problems.extend(own);
        let start = Span::new(document.source, 0, 0);
        layers.push(Layer { scope: *scope, elements, start, malformed });
    }
    let only_text = texts::only_text(sources, &documents, &layers, &fragments);
    let mut compiler = Compiler::new(documents, fragments, sources.is_check, &mut problems);
    compiler.names_are_told = sources.options.unresolved == Unresolved::Error;
    compiler.only_text = Arc::new(only_text);
    let starts = compiler.read(layers);
    let program = compiler.finish(starts);
    let failed = problems.has_errors();
    problems.cut(MAX_PROBLEMS);
    diagnostics.extend(problems);
    let references = program.backend_references.clone();
    ((!failed).then_some(program), references)
}

/// Operations a program may have: nested `<base/>` and fragments multiply.
const MAX_OPS: usize = 100_000;

/// Errors that are told, and as many warnings: more than anybody reads at once.
const MAX_PROBLEMS: usize = 100;

/// Deepest nesting of retries.
const MAX_RETRY_DEPTH: u32 = 4;

/// First operations of the sections, in the order of the pipeline.
type Starts = [Pc; 4];

/// What is compiled so far.
struct Compiler<'a> {
    diagnostics: &'a mut Diagnostics,
    documents: BTreeMap<SourceId, &'a str>,
    fragments: BTreeMap<String, Arc<[Element]>>,
    layers: Arc<[(PolicyScope, Vec<Element>)]>,
    /// Index of the layer being compiled: `<base/>` is the one before it.
    level: usize,
    scope: PolicyScope,
    /// Fragments around the place being compiled.
    fragments_open: Vec<String>,
    /// Fragments put in so far.
    included: usize,
    is_check: bool,
    /// The reader has complained about every named value that has no value.
    names_are_told: bool,
    /// What was reported: a fragment is compiled each time it is included.
    reported: BTreeSet<(&'static str, Option<Span>, String)>,
    ops: Vec<Op>,
    places: Vec<Place>,
    variables: Variables,
    backend_references: Vec<(Text, Span)>,
    section: Section,
    retries: u32,
    /// Policies of which it is not known where they stand: a fragment or snippet alone.
    is_loose: bool,
    /// Variables that only ever hold text, with words for the place that sets them.
    only_text: Arc<BTreeMap<String, String>>,
    /// Whether a response can have come in the section being compiled.
    responded: bool,
    /// What is being compiled is evaluated later than it stands.
    is_late: bool,
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
    fn new(
        documents: BTreeMap<SourceId, &'a str>,
        fragments: BTreeMap<String, Arc<[Element]>>,
        is_check: bool,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        Self {
            diagnostics,
            documents,
            fragments,
            layers: Arc::new([]),
            level: 0,
            scope: PolicyScope::Global,
            fragments_open: Vec::new(),
            included: 0,
            is_check,
            names_are_told: false,
            reported: BTreeSet::new(),
            ops: Vec::new(),
            places: Vec::new(),
            variables: Variables::new(),
            backend_references: Vec::new(),
            section: Section::Inbound,
            retries: 0,
            is_loose: false,
            only_text: Arc::default(),
            responded: false,
            is_late: false,
        }
    }

    fn finish(self, starts: Starts) -> Program {
        let [inbound, backend, outbound, on_error] = starts;
        Program {
            ops: self.ops,
            places: self.places,
            reads_bodies: self.variables.reads_bodies(),
            names_request_ids: self.variables.names_request_ids(),
            reads_clock: self.variables.reads_clock(),
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
            scope: self.scope,
            section: self.section,
            path: Text::from(path.to_owned()),
            policy: Text::from(element.name.clone()),
            policy_id,
        };
        self.emit_at(op, place)
    }

    fn emit_at(&mut self, op: Op, place: Place) -> Pc {
        let at = self.here();
        // What is not known may forward.
        self.responded |= matches!(op, Op::ForwardRequest(_) | Op::Unsupported);
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
        let key = (diagnostic.code, diagnostic.span, diagnostic.message.clone());
        if self.reported.insert(key) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether the program is as long as it may be; reported once.
    fn is_full(&mut self) -> bool {
        let is_full = self.ops.len().max(self.included) >= MAX_OPS;
        if is_full {
            let span =
                self.documents.keys().next().map_or(Span::new(SourceId(0), 0, 0), |id| Span::new(*id, 0, 0));
            let label = format!("expected at most {MAX_OPS} operations");
            self.error("program-too-large", span, "the policies are too long when put together", label);
        }
        is_full
    }

    /// Something that the reference forbids and the service may take in spite of it.
    fn object(&mut self, mut diagnostic: Diagnostic) {
        if self.is_check {
            diagnostic.severity = Severity::Warning;
        }
        self.report(diagnostic);
    }

    /// The same, put together like [`Compiler::error`].
    fn objection(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) {
        self.object(Diagnostic::error(code, span, message).label(label));
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
