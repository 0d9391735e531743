//! What tests of the core and of what explores it have in common.

use crate::diagnostics::{Diagnostics, SourceMap, render_human};
use crate::policy::{self, Program};
use crate::units::StatusCode;

/// The program of a policy that has no errors.
pub(crate) fn compile(text: &str) -> Program {
    let mut sources = SourceMap::new();
    let source = sources.add("policy.xml", text);
    let mut diagnostics = Diagnostics::new();
    let program = policy::load(source, text, &mut diagnostics);
    let rendered = render_human(&diagnostics, &sources, false);
    program.unwrap_or_else(|| panic!("{rendered}\n{text}"))
}

/// A status.
pub(crate) fn code(status: u16) -> StatusCode {
    StatusCode::new(status).unwrap()
}
