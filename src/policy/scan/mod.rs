//! Reads a policy document: XML with C# expressions inside that need not be escaped.
//!
//! Rules
//! - An attribute value or element text that begins with `@(` or `@{` is an expression; it runs to its
//!   matching bracket, where C# strings, characters and comments count as in C#. Quotes, `<`, `>` and
//!   `&` inside belong to it. Entities inside are decoded, so both spellings (`"x"`, `&quot;x&quot;`)
//!   may be mixed.
//! - Everything else is XML: the expressions are masked, the mask is parsed, and all texts are cut from
//!   the source, so that places are places in the file.
//! - Line ends inside values are kept as they are: C# line comments depend on them.
//! - Problems are collected; reading goes on where the structure is still clear.
//!
//! Not known here: which elements and attributes exist.

mod brackets;
mod document;
mod entity;
mod mask;
mod raw;

pub use document::{Attribute, Element, read};
pub use raw::RawText;

pub(crate) use brackets::{Unbalanced, match_bracket};

/// Largest policy document that is read, in bytes. The service stops at half of this.
pub const MAX_DOCUMENT_BYTES: usize = 1 << 20;

/// Deepest nesting of elements.
pub const MAX_ELEMENT_DEPTH: usize = 128;
