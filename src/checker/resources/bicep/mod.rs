//! Bicep source: `.bicep` and `.bicepparam`.
//!
//! Rules
//! - A problem of syntax is told with its place, and reading goes on with the next declaration.
//! - Types are passed over: what a value is, the value says.
//! - A statement of a kind that is not known is passed over without a word: the language grows.
//!
//! Deliberately not modelled: types and their checks, decorators but `@export`, scopes, tests.

mod declarations;
mod expressions;
mod lexer;
mod parser;
mod texts;

use std::sync::Arc;

use super::eval::begin;
use super::eval::syntax::Template;
use super::{Form, TextFile};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::tree::json::MAX_TEXT_BYTES;

/// What is declared in a file, and the file that it gives parameters for.
pub(super) fn read(file: &TextFile, problems: &mut Diagnostics) -> (Template, Option<String>) {
    let mut template = Template {
        form: Form::Bicep,
        span: begin(file),
        parameters: Vec::new(),
        variables: Vec::new(),
        functions: Vec::new(),
        imports: Vec::new(),
        resources: Vec::new(),
        outputs: Vec::new(),
        is_fragment: false,
        has_symbols: true,
    };
    if file.text.len() > MAX_TEXT_BYTES {
        problems.push(
            Diagnostic::error("file-too-long", begin(file), "the file is too long to be read")
                .label("expected at most 64 MiB"),
        );
        template.is_fragment = true;
        return (template, None);
    }
    let text: Arc<str> = Arc::clone(&file.text);
    let mut parser = parser::Parser::new(&text, file.source, 0, text.len(), problems);
    let using = declarations::read_all(&mut parser, &mut template);
    (template, using)
}
