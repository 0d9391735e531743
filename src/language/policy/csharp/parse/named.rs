//! Named values: `{{name}}`, which the service replaces before it reads a policy.

use memchr::memmem;

use crate::diagnostics::{Diagnostic, Span};

/// The first `{{name}}` in `text`: its first byte, and the name.
pub(in crate::policy) fn named_value(text: &str) -> Option<(usize, &str)> {
    memmem::find_iter(text.as_bytes(), b"{{").find_map(|at| {
        let inside = text.get(at.saturating_add(2)..)?;
        let end = inside.find(|c: char| !(c.is_ascii_alphanumeric() || "-._".contains(c)))?;
        let name = inside.get(..end).filter(|name| !name.is_empty())?;
        inside.get(end..)?.starts_with("}}").then_some((at, name))
    })
}

/// A named value that nothing is known to stand for.
pub(in crate::policy) fn named_value_error(span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("named-value", span, format!("the named value `{{{{{name}}}}}` has no value"))
        .label("run needs the text that stands for this")
        .help("write the value itself here, or give it in `namedValues` of the scenario or the tests")
}
