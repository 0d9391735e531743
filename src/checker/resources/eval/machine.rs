//! Evaluates expressions: parameters, variables, locals, loops, and what may be taken of a value.
//!
//! Rules
//! - What only the deployment knows is unknown with a reason; what does not depend on it is known all the same.
//! - A value that is written out keeps its own place; a computed one has that of the expression.
//! - Everything is bounded: depth of evaluation, steps, elements, bytes. Past a bound everything is unknown, and that
//!   is told once for each file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::files::Files;
use super::functions;
use super::loops::Rounds;
use super::syntax::{Entry, Expr, ExprKind, Item, Template};
use super::value::{Field, Text, Unknown, V, Val};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};
use crate::resources::{Form, Inventory};

/// Deepest evaluation of expressions in expressions, through variables and resources.
pub(super) const MAX_DEPTH: u32 = 160;
/// Steps of evaluation that a file has, and more for each of its bytes: a loop of 800 rounds in another one, which is
/// as much as the service deploys, takes four million.
const MIN_STEPS: u64 = 5_000_000;
/// Problems of one evaluation that are told.
const MAX_TOLD: usize = 200;

/// Evaluates what files say.
pub(crate) struct Machine<'t> {
    pub(super) files: &'t Files<'t>,
    pub(super) problems: &'t mut Diagnostics,
    pub(super) frames: Vec<Frame<'t>>,
    told: BTreeSet<(&'static str, Span)>,
    /// Resources that change others, which are not found yet.
    pub(super) updates: Inventory,
    /// Files that texts were made of by filling in values.
    pub(super) templates: BTreeSet<SourceId>,
    /// Whether there is a name that may be declared in a file that was not given.
    pub(super) is_open: bool,
    steps: u64,
    pub(super) depth: u32,
    /// Where evaluation began that came to a bound.
    root: Span,
    is_exhausted: bool,
}

/// One evaluation of a template.
pub(super) struct Frame<'t> {
    pub(super) template: &'t Template,
    /// The file that it is in.
    pub(super) file: usize,
    /// Values for its parameters, by lower-case name.
    pub(super) given: BTreeMap<String, Val>,
    /// The evaluation around it whose parameters and variables it sees.
    pub(super) outer: Option<usize>,
    /// The evaluation that deploys it.
    pub(super) caller: Option<usize>,
    /// Where the names are declared.
    pub(super) names: BTreeMap<String, Declared>,
    pub(super) values: BTreeMap<String, Option<Val>>,
    /// What loops of resources go through, by resource.
    pub(super) rounds: BTreeMap<usize, Arc<Rounds>>,
    /// Evaluations of what its deployments deploy, by resource and round.
    pub(super) inner: BTreeMap<(usize, Option<usize>), Option<usize>>,
    /// Deployments that are being evaluated, for cycles: as many as are around this one.
    pub(super) nesting: u32,
}

/// What a name stands for, by its place among those of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    Parameter(usize),
    Variable(usize),
    Import(usize),
    Resource(usize),
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    pub(super) frame: usize,
    pub(super) locals: Option<&'s Local<'s>>,
}

/// A name of a loop or lambda, and the ones around it.
pub(super) struct Local<'s> {
    pub(super) name: &'s str,
    pub(super) kind: LocalKind,
    pub(super) value: Val,
    pub(super) up: Option<&'s Self>,
}

/// What made a local.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LocalKind {
    /// A loop, lambda or function with names.
    Name,
    /// A `copy`: its index.
    Copy,
    /// A `copy` of a resource: its index.
    ResourceCopy,
    /// What `parameters('x')` means inside of a function.
    Argument,
}

impl<'t> Machine<'t> {
    pub(crate) fn new(files: &'t Files<'t>, problems: &'t mut Diagnostics, root: Span) -> Self {
        let bytes = files.bytes();
        Self {
            files,
            problems,
            frames: Vec::new(),
            told: BTreeSet::new(),
            updates: Inventory::default(),
            templates: BTreeSet::new(),
            is_open: false,
            steps: MIN_STEPS.saturating_add(bytes),
            depth: 0,
            root,
            is_exhausted: false,
        }
    }

    /// A new evaluation of `template`.
    pub(super) fn add_frame(
        &mut self,
        template: &'t Template,
        file: usize,
        given: BTreeMap<String, Val>,
        outer: Option<usize>,
        caller: Option<usize>,
    ) -> usize {
        let nesting =
            caller.and_then(|caller| self.frames.get(caller)).map_or(0, |f| f.nesting.saturating_add(1));
        let counts = [template.parameters.len(), template.variables.len(), template.resources.len()];
        // A step for each name; past the bound nothing is evaluated, and the frame does no harm.
        self.spend(counts.iter().sum::<usize>() as u64);
        let mut names = BTreeMap::new();
        let mut declare = |prefix: &str, name: &str, what| {
            names.entry(format!("{prefix}{}", name.to_ascii_lowercase())).or_insert(what);
        };
        // Templates of JSON have a space of names for each kind; Bicep has one for all, and so has Terraform, whose
        // names say what they are (`var.x`).
        let is_one = matches!(template.form, Form::Bicep | Form::Terraform);
        let [for_parameters, for_variables, for_resources] =
            if is_one { ["", "", ""] } else { ["p:", "v:", "r:"] };
        for (index, parameter) in template.parameters.iter().enumerate() {
            declare(for_parameters, &parameter.name, Declared::Parameter(index));
        }
        for (index, variable) in template.variables.iter().enumerate() {
            declare(for_variables, &variable.name, Declared::Variable(index));
        }
        for (index, import) in template.imports.iter().enumerate() {
            declare("", &import.name, Declared::Import(index));
        }
        for (index, resource) in template.resources.iter().enumerate() {
            if let Some(symbol) = &resource.symbol {
                declare(for_resources, symbol, Declared::Resource(index));
            }
        }
        self.frames.push(Frame {
            template,
            file,
            given,
            outer,
            caller,
            names,
            values: BTreeMap::new(),
            rounds: BTreeMap::new(),
            inner: BTreeMap::new(),
            nesting,
        });
        self.frames.len() - 1
    }

    /// Takes steps; `false` when there are none left.
    pub(super) fn spend(&mut self, steps: u64) -> bool {
        match self.steps.checked_sub(steps) {
            Some(left) if !self.is_exhausted => {
                self.steps = left;
                true
            }
            _ => {
                self.exhaust(None);
                false
            }
        }
    }

    /// Says that a bound was reached.
    pub(super) fn exhaust(&mut self, span: Option<Span>) {
        if self.is_exhausted {
            return;
        }
        self.is_exhausted = true;
        let place = span.unwrap_or(self.root);
        self.problems.push(
            Diagnostic::error("evaluation-limit", place, "there is too much to evaluate here")
                .label("expected fewer or shorter loops, lists and texts")
                .note("what comes after it was not evaluated, and not checked")
                .help("give it values for a smaller deployment, or split the file"),
        );
    }

    pub(super) const fn root_span(&self) -> Span {
        self.root
    }

    pub(super) const fn is_exhausted(&self) -> bool {
        self.is_exhausted
    }

    /// Tells a problem, once for each place.
    pub(super) fn tell(&mut self, problem: Diagnostic) {
        let place = problem.span.unwrap_or(self.root);
        if self.told.len() < MAX_TOLD && self.told.insert((problem.code, place)) {
            self.problems.push(problem);
        }
    }

    /// The value of an expression.
    pub(crate) fn eval(&mut self, expr: &Expr, scope: Scope<'_>) -> Val {
        if !self.spend(1) {
            return Val::unknown("there is too much to evaluate", "limit", expr.span);
        }
        if self.depth >= MAX_DEPTH {
            self.exhaust(Some(expr.span));
            return Val::unknown("it is nested too deeply", "limit", expr.span);
        }
        self.depth += 1;
        let value = self.eval_kind(expr, scope);
        self.depth -= 1;
        value
    }

    fn eval_kind(&mut self, expr: &Expr, scope: Scope<'_>) -> Val {
        let span = expr.span;
        let at = |value: V| Val::new(value, span);
        match &expr.kind {
            ExprKind::Null => at(V::Null),
            ExprKind::Bool(value) => at(V::Bool(*value)),
            ExprKind::Number(text) => at(V::Number(Arc::clone(text))),
            ExprKind::Text { text, content } => {
                at(V::Text(Text { content: *content, ..Text::new(Arc::clone(text), false) }))
            }
            ExprKind::Joined(parts) => {
                let values: Vec<Val> = parts.iter().map(|part| self.eval(part, scope)).collect();
                at(self.join(&values))
            }
            ExprKind::Array(items) => at(self.array(items, scope)),
            ExprKind::Object(entries) => at(self.object(entries, scope)),
            ExprKind::Name(name) => self.name(name, span, scope),
            ExprKind::Call { on, name, arguments } => {
                functions::call(self, on.as_deref(), name, arguments, span, scope)
            }
            ExprKind::Member { of, name, is_safe } => {
                let value = self.eval(of, scope);
                self.member(&value, name, *is_safe, span)
            }
            ExprKind::Index { of, at, is_safe } => {
                let value = self.eval(of, scope);
                let index = self.eval(at, scope);
                self.index(&value, &index, *is_safe, span)
            }
            ExprKind::Lambda { .. } => Val::unknown("a lambda is no value", "lambda", span),
            ExprKind::For { repeat, body } => self.list_of(repeat, body, span, scope),
            ExprKind::Broken => Val::unknown("it cannot be read", "unreadable", span),
        }
    }

    /// Texts one after the other; unknown ones as their labels.
    pub(super) fn join(&mut self, parts: &[Val]) -> V {
        let mut text = String::new();
        let mut is_opaque = false;
        let mut file = None;
        for part in parts {
            let before = text.len();
            match &part.value {
                V::Text(part) => {
                    text.push_str(&part.text);
                    is_opaque |= part.is_opaque;
                    file = file.or_else(|| part.file.clone());
                }
                V::Number(number) => text.push_str(number),
                V::Bool(true) => text.push_str("True"),
                V::Bool(false) => text.push_str("False"),
                V::Null => {}
                V::Array(_) | V::Object(_) | V::Unknown(_) | V::Resource(_) | V::Loop(_) => {
                    is_opaque = true;
                    text.push_str(&format!("{{{}}}", part.value.label()));
                }
            }
            if !self.spend(text.len().saturating_sub(before) as u64 / 16) {
                return V::Unknown(Unknown::new("the text is too long", "limit"));
            }
        }
        V::Text(Text { file, ..Text::new(text, is_opaque) })
    }

    fn array(&mut self, items: &[Item], scope: Scope<'_>) -> V {
        let mut elements = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Item::One(expr) => elements.push(self.eval(expr, scope)),
                Item::Spread(expr) => {
                    let list = self.eval(expr, scope);
                    match &list.value {
                        V::Array(list) => {
                            if !self.spend(list.elements.len() as u64) {
                                break;
                            }
                            elements.extend(list.elements.iter().cloned());
                        }
                        V::Unknown(unknown) => return V::Unknown(unknown.clone()),
                        _ => return V::Unknown(Unknown::new("a list is spread that is none", "spread")),
                    }
                }
            }
        }
        V::array(elements)
    }

    fn object(&mut self, entries: &[Entry], scope: Scope<'_>) -> V {
        let mut fields = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry {
                Entry::Member { name, value } => {
                    let key = self.eval(name, scope);
                    // A member of unknown name makes no known one unknown.
                    let Some(text) = key.value.known_text() else { continue };
                    let value = self.eval(value, scope);
                    fields.push(Field { name: Arc::from(text), name_span: name.span, value });
                }
                Entry::Spread(expr) => {
                    let object = self.eval(expr, scope);
                    match &object.value {
                        V::Object(object) => {
                            if !self.spend(object.members.len() as u64) {
                                break;
                            }
                            fields.extend(object.members.iter().cloned());
                        }
                        V::Null => {}
                        V::Unknown(unknown) => return V::Unknown(unknown.clone()),
                        _ => return V::Unknown(Unknown::new("an object is spread that is none", "spread")),
                    }
                }
            }
        }
        V::object(fields)
    }

    /// What a name of Bicep or Terraform stands for.
    fn name(&mut self, name: &str, span: Span, scope: Scope<'_>) -> Val {
        let mut local = scope.locals;
        while let Some(at) = local {
            if at.kind != LocalKind::Argument && at.name == name {
                return at.value.clone();
            }
            local = at.up;
        }
        self.declared(scope.frame, "", name, span)
    }
}
