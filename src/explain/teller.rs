//! What all parts of an explanation need: lines of operations, and words for attributes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::conditions;
use super::nouns::{Noun, literal, noun};
use super::page::Reference;
use crate::diagnostics::{Diagnostics, SourceId, SourceMap, Span};
use crate::gateway::{BackendRef, GatewaySpec};
use crate::policy::csharp::syntax::{BinaryOp, Expr, ExprKind, Piece, StmtKind, Tree};
use crate::policy::csharp::{Expression, NamedValues, ParseOptions, parse_with};
use crate::policy::scan::RawText;
use crate::policy::{Operand, Pc, Program, SetBackend, Text, VariableSlot};
use crate::semantics::Switch;
use crate::suite::CaseRequest;
use crate::units::{Duration, StatusCode};
use crate::wording::{list, quoted, quoted_text, shorten, time};

/// What is explained.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// Shown as the title: a path, or the name of a scenario.
    pub title: String,
    /// Texts that places lead into.
    pub sources: &'a SourceMap,
    /// The policy's own text: its lines are told without a file name.
    pub policy: SourceId,
    /// The program as it is written.
    pub program: &'a Program,
    /// The program with its backends and pools, or with stand-ins for them, as cases are played.
    pub gateway: Arc<GatewaySpec>,
    /// Whether the backends are stand-ins, since nothing is known of them.
    pub is_alone: bool,
    /// Whether it is a whole policy, not a fragment of one.
    pub is_whole: bool,
    /// What the policy needs and nobody gave.
    pub missing: Vec<Missing>,
    /// The request that is played.
    pub request: CaseRequest,
    /// Other configurations of the same pools, each with its name and remark.
    pub variants: Vec<(String, Option<String>, Arc<GatewaySpec>)>,
    /// Where backends, pools and breakers are written, by name in lower case.
    pub resources: BTreeMap<String, ResourcePlace>,
    /// Undocumented points that can change what is told.
    pub open: Vec<Switch>,
}

/// Where a backend or pool is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourcePlace {
    /// Its name.
    pub name: Span,
    /// Its breaker.
    pub breaker: Option<Span>,
}

/// Something that a policy needs and that is not among the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// In words, beginning a sentence.
    pub what: String,
    /// Where it is asked for.
    pub span: Span,
    /// A policy could not be read without it, so the program lacks it.
    pub hides: bool,
}

/// Puts operations into words.
#[derive(Debug)]
pub(super) struct Teller<'a> {
    pub(super) subject: &'a Subject<'a>,
}

impl Teller<'_> {
    /// Whether policies are lacking that could not be read.
    pub(super) fn has_gaps(&self) -> bool {
        self.subject.missing.iter().any(|missing| missing.hides)
    }

    /// The line of an operation; nothing for the built-in policies around the document.
    pub(super) fn at(&self, pc: Pc) -> Option<Reference> {
        self.subject.program.place(pc).and_then(|place| place.span).map(|span| self.line(span))
    }

    /// The line of a place.
    pub(super) fn line(&self, span: Span) -> Reference {
        let line = self.subject.sources.position(span).line;
        let is_own = span.source == self.subject.policy;
        let name = self.subject.sources.name(span.source);
        let file = (!is_own).then(|| name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned());
        Reference { file, line }
    }

    /// The line of a backend or pool, or of the breaker of a backend.
    pub(super) fn resource(&self, name: &str, is_breaker: bool) -> Option<Reference> {
        let place = self.subject.resources.get(&name.to_lowercase())?;
        Some(self.line(if is_breaker { place.breaker? } else { place.name }))
    }

    /// The name of the policy at `pc`.
    pub(super) fn policy(&self, pc: Pc) -> String {
        let place = self.subject.program.place(pc);
        place.map_or_else(String::new, |place| quoted_text(&place.policy))
    }

    /// The name of a variable, quoted.
    pub(super) fn variable(&self, slot: VariableSlot) -> String {
        let name = self.subject.program.variables.get(usize::from(slot.0));
        name.map_or_else(|| "?".to_owned(), quoted_text)
    }

    /// What a condition says, for behind `if`.
    pub(super) fn condition(&self, operand: &Operand<bool>) -> String {
        match operand {
            Operand::Literal(value) => format!("it is always {value}"),
            Operand::Expression(expression) => match self.tree(expression).as_ref().and_then(single) {
                Some(expr) => conditions::condition(expr),
                None => format!("the code {} gives true", self.code(expression)),
            },
        }
    }

    /// A text as it is, or what is known of how it is computed.
    pub(super) fn text(&self, operand: &Operand<Text>) -> String {
        match operand {
            Operand::Literal(text) => quoted_text(text),
            Operand::Expression(expression) => self.value(expression),
        }
    }

    /// A computed value: the thing it is taken from, or code.
    pub(super) fn value(&self, expression: &Expression) -> String {
        let tree = self.tree(expression);
        let words = tree.as_ref().and_then(single).and_then(value_words);
        words.unwrap_or_else(|| match expression.as_constant() {
            Some(crate::policy::csharp::Value::Str(text)) => quoted_text(text),
            _ => format!("the result of {}", self.code(expression)),
        })
    }

    /// A whole number.
    pub(super) fn number(&self, operand: &Operand<u32>) -> String {
        match operand {
            Operand::Literal(number) => number.to_string(),
            Operand::Expression(expression) => self.value(expression),
        }
    }

    /// A length of time.
    pub(super) fn time(&self, operand: &Operand<Duration>) -> String {
        match operand {
            Operand::Literal(duration) => time(*duration),
            Operand::Expression(expression) => format!("{} seconds", self.value(expression)),
        }
    }

    /// A status with its usual reason.
    pub(super) fn status(&self, operand: &Operand<StatusCode>) -> String {
        match operand {
            Operand::Literal(code) => crate::wording::status(*code, ""),
            Operand::Expression(expression) => format!("the status that is {}", self.value(expression)),
        }
    }

    /// Where `set-backend-service` leads.
    pub(super) fn target(&self, target: &SetBackend) -> String {
        match target {
            SetBackend::Url(Operand::Literal(url)) => format!("the URL {}", quoted_text(url)),
            SetBackend::Url(Operand::Expression(e)) => format!("the URL that is {}", self.value(e)),
            SetBackend::Id(Operand::Literal(id)) if self.subject.is_alone => {
                format!("the backend or pool {}", quoted_text(id))
            }
            SetBackend::Id(Operand::Literal(id)) => match self.subject.gateway.find(id) {
                Some(BackendRef::Pool(_)) => format!("the pool {}", quoted_text(id)),
                Some(BackendRef::Single(_)) => format!("the backend {}", quoted_text(id)),
                None => format!("{}, which does not exist", quoted_text(id)),
            },
            SetBackend::Id(Operand::Expression(e)) => {
                format!("the backend or pool whose name is {}", self.value(e))
            }
        }
    }

    /// The code of an expression without `@(...)`, quoted.
    fn code(&self, expression: &Expression) -> String {
        let source = expression.span().map_or("", |span| self.subject.sources.slice(span)).trim();
        let inner = source.strip_prefix("@(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(source);
        let text = shorten(&decoded(inner));
        if text.is_empty() { "an expression".to_owned() } else { format!("`{text}`") }
    }

    fn tree(&self, expression: &Expression) -> Option<Tree> {
        tree_of(self.subject.sources.slice(expression.span()?))
    }
}

/// The tree of an expression as it stands in a file, with or without its entities decoded.
pub(super) fn tree_of(text: &str) -> Option<Tree> {
    let options = ParseOptions { named_values: NamedValues::Tolerate };
    let read = |text: &str| {
        let raw = RawText::verbatim(SourceId(0), text.trim());
        parse_with(&raw, options, &mut Diagnostics::new())
    };
    let plain = decoded(text);
    read(text).or_else(|| if plain == text { None } else { read(&plain) })
}

/// With the five entities of XML decoded.
fn decoded(text: &str) -> String {
    let pairs = [("&quot;", "\""), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

/// The one expression that a tree is.
fn single(tree: &Tree) -> Option<&Expr> {
    match tree {
        Tree::Single(expr) => Some(expr),
        Tree::Block(statements, _) => match statements.as_slice() {
            [only] => match &only.kind {
                StmtKind::Return(Some(expr)) => Some(expr),
                _ => None,
            },
            _ => None,
        },
    }
}

/// A value in words: something of `context`, a literal, or texts put together of them.
fn value_words(expr: &Expr) -> Option<String> {
    if let Some(value) = literal(expr) {
        return Some(value);
    }
    match &expr.kind {
        ExprKind::Binary { op: BinaryOp::Add, left, right } => {
            let (left, right) = (value_words(left)?, value_words(right)?);
            // Without a text on one side, this may be a sum.
            let is_text =
                [&left, &right].iter().any(|side| side.starts_with('`') || side.contains("followed by"));
            is_text.then(|| format!("{left} followed by {right}"))
        }
        ExprKind::Interpolated(pieces) => {
            let piece = |piece: &Piece| match piece {
                Piece::Text(text) => Some(quoted(text)),
                Piece::Hole { value, alignment: None, format: None } => value_words(value),
                Piece::Hole { .. } => None,
            };
            let parts: Vec<String> = pieces.iter().map(piece).collect::<Option<_>>()?;
            (!parts.is_empty()).then(|| parts.join(" followed by "))
        }
        ExprKind::Conditional { condition, yes, no } => {
            let (yes, no) = (value_words(yes)?, value_words(no)?);
            Some(format!("{yes} if {}, else {no}", conditions::condition(condition)))
        }
        _ => match noun(expr)? {
            Noun::Text(words) => Some(words),
            Noun::Thing(_) | Noun::Test(_) => None,
        },
    }
}

/// Names, quoted and joined.
pub(super) fn names<'n>(names: impl Iterator<Item = &'n str>, last: &str) -> String {
    list(&names.map(quoted).collect::<Vec<_>>(), last)
}
