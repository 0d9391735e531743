//! Collects the problems of one document, up to a number that somebody can read.

use crate::diagnostics::{Diagnostic, Diagnostics, Severity, Span};

/// After so many errors the rest is not read: each may mean a look at all that follows. Of the warnings no
/// more than this are kept.
pub(super) const MAX_PROBLEMS: u32 = 32;

pub(super) struct Report<'a> {
    diagnostics: &'a mut Diagnostics,
    errors: u32,
    warnings: u32,
}

impl<'a> Report<'a> {
    pub(super) const fn new(diagnostics: &'a mut Diagnostics) -> Self {
        Self { diagnostics, errors: 0, warnings: 0 }
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        let count = match diagnostic.severity {
            Severity::Error => &mut self.errors,
            Severity::Warning | Severity::Info => &mut self.warnings,
        };
        *count = count.saturating_add(1);
        if *count <= MAX_PROBLEMS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether no more errors are taken.
    pub(super) const fn is_full(&self) -> bool {
        self.errors >= MAX_PROBLEMS
    }

    /// Whether no more warnings are kept.
    pub(super) const fn is_full_of_warnings(&self) -> bool {
        self.warnings >= MAX_PROBLEMS
    }

    /// Says that the rest has not been read, if so.
    pub(super) fn finish(self, at: Span) {
        if self.is_full() {
            self.diagnostics.push(
                Diagnostic::error("too-many-problems", at, "this document has too many problems")
                    .label(format!("the first {MAX_PROBLEMS} are reported")),
            );
        }
    }
}
