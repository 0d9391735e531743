//! What the reader of an expression complains about, up to a number of problems.

use crate::diagnostics::{Diagnostic, Diagnostics, Span};

/// So many problems of one expression are told; the rest of it is not read then.
pub(in crate::policy::csharp) const MAX_PROBLEMS: u32 = 8;

/// Where problems of one expression go.
#[derive(Debug)]
pub(in crate::policy::csharp) struct Report<'d> {
    diagnostics: &'d mut Diagnostics,
    problems: u32,
}

impl<'d> Report<'d> {
    pub(in crate::policy::csharp) const fn new(diagnostics: &'d mut Diagnostics) -> Self {
        Self { diagnostics, problems: 0 }
    }

    /// Whether anything but warnings has been reported.
    pub(in crate::policy::csharp) const fn has_problems(&self) -> bool {
        self.problems > 0
    }

    /// Whether enough has been reported.
    pub(in crate::policy::csharp) const fn is_full(&self) -> bool {
        self.problems >= MAX_PROBLEMS
    }

    pub(in crate::policy::csharp) fn push(&mut self, diagnostic: Diagnostic) {
        if !self.is_full() {
            self.problems = self.problems.saturating_add(1);
            self.diagnostics.push(diagnostic);
        }
    }

    /// Something that is not C#.
    pub(in crate::policy::csharp) fn syntax(&mut self, span: Span, message: &str, label: &str) {
        self.push(Diagnostic::error("expression-syntax", span, message).label(label));
    }

    /// Something that later versions of C# have.
    pub(in crate::policy::csharp) fn newer(&mut self, span: Span, what: &str, version: &str, help: &str) {
        self.push(
            Diagnostic::error("newer-syntax", span, format!("{what} needs C# {version}"))
                .label("not part of C# 7")
                .note("the service reads policy expressions as C# 7")
                .help(help),
        );
    }

    /// Something that C# 7 has and policy expressions do without.
    pub(in crate::policy::csharp) fn unsupported(&mut self, span: Span, what: &str, help: &str) {
        self.push(
            Diagnostic::error(
                "unsupported-expression",
                span,
                format!("{what} cannot be used in a policy expression"),
            )
            .label("not read here")
            .help(help),
        );
    }

    pub(in crate::policy::csharp) fn single_quoted(&mut self, span: Span) {
        self.diagnostics.push(
            Diagnostic::warning("single-quoted-string", span, "a string in single quotes is not valid C#")
                .label("read as a string")
                .help("use double quotes: the service may refuse this"),
        );
    }

    pub(in crate::policy::csharp) fn swapped_prefix(&mut self, span: Span) {
        self.diagnostics.push(
            Diagnostic::warning("newer-syntax", span, "`@$\"...\"` needs C# 8")
                .label("read as `$@\"...\"`")
                .help("write `$@\"...\"`: the service reads policy expressions as C# 7"),
        );
    }

    pub(in crate::policy::csharp) fn typographic(&mut self, span: Span, quote: char) {
        self.push(
            Diagnostic::error("expression-syntax", span, format!("`{quote}` is a typographic quote"))
                .label("expected `\"`")
                .help("replace it by a straight quote; word processors put this one in its place"),
        );
    }
}
