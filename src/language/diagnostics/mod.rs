//! How problems in a user's input are described and shown.
//!
//! Rules
//! - A [`Diagnostic`] says what is wrong (`message`), where (`span`), what was expected or follows from
//!   it (`notes`) and what to do (`help`). Messages are lowercase, have no final period, put the user's
//!   text in backticks and name no Rust type.
//! - Readers collect every problem they can tell apart before they give up.
//! - Not known here: what is being checked, and who prints.

mod render;
mod source;

pub use render::{render_human, render_json};
pub use source::{Position, SourceId, SourceMap, Span};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing for whoever asks.
    Info,
    /// Worth knowing; nothing is stopped.
    Warning,
    /// The input cannot be used.
    Error,
}

/// One problem in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case name of the kind of problem, for example `unknown-field`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where. `None` only for problems without a file, such as a missing argument.
    pub span: Option<Span>,
    /// Text beside the marked place: what was expected there. May be empty.
    pub label: String,
    /// Other places that belong to it, each with words for it.
    pub places: Vec<(Span, String)>,
    /// Cause or consequence, one line each.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: &'static str, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, span, message)
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, span, message)
    }

    /// A problem of this severity at `span`.
    pub fn new(
        code: &'static str,
        severity: Severity,
        span: impl Into<Option<Span>>,
        message: impl Into<String>,
    ) -> Self {
        let message = message.into();
        Self {
            code,
            severity,
            message,
            span: span.into(),
            label: String::new(),
            places: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// The same with the text beside the marked place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same with another place that belongs to it.
    #[must_use]
    pub fn place(mut self, span: Span, label: impl Into<String>) -> Self {
        self.places.push((span, label.into()));
        self
    }

    /// The same with one more note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Severity {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// The problems found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// No problems yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Adds all problems of `other`.
    pub fn extend(&mut self, other: Self) {
        self.items.extend(other.items);
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|d| d.severity == Severity::Error)
    }

    /// Whether there is none at all.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Keeps the first `most` errors and the first `most` warnings, by place, and says how many were left
    /// out.
    pub fn cut(&mut self, most: usize) {
        if self.items.len() <= most {
            return;
        }
        self.items.sort_by_key(|d| d.span);
        let before = self.items.len();
        let (mut errors, mut warnings) = (0_usize, 0_usize);
        self.items.retain(|d| {
            let count = if d.severity == Severity::Error { &mut errors } else { &mut warnings };
            *count += 1;
            *count <= most
        });
        let dropped = before - self.items.len();
        if dropped > 0 {
            let place = self.items.last().and_then(|d| d.span);
            let message = format!("{dropped} more problems are not shown");
            let note = format!("only the first {most} errors and the first {most} warnings are told");
            self.push(Diagnostic::warning("too-many-problems", place, message).note(note));
        }
    }

    /// All problems, in order of place (source, then offset), problems without a place first.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<&Diagnostic> = self.items.iter().collect();
        sorted.sort_by_key(|d| d.span);
        sorted
    }
}
