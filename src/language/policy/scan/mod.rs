//! Reads a policy document: XML with C# expressions inside that need not be escaped.
//!
//! Rules
//! - An attribute value or element text that begins with `@(` or `@{` is an expression. It is read as XML
//!   first: up to the next quote (in text: the next `<`), entities decoded. If its brackets match there,
//!   that is it. Otherwise it is code that is not escaped, and runs to its matching bracket, where C#
//!   strings, characters and comments count as in C#; quotes, `<`, `>` and `&` inside belong to it. Both
//!   spellings (`"x"`, `&quot;x&quot;`) may be mixed.
//! - Everything else is XML: the expressions are masked, the mask is parsed, and all texts are cut from
//!   the source, so that places are places in the file. `--` in comments, a bare `&` and several roots are
//!   accepted, as published policies have them.
//! - Line ends inside values are kept as they are: C# line comments depend on them.
//! - What a deployment template would have filled in is opaque text, with a warning; inside of a tag it is
//!   an error.
//! - Problems are collected; reading goes on where the structure is still clear. Effort is bounded by a
//!   small multiple of the size of the document.
//!
//! Not known here: which elements and attributes exist, except where data instead of policies may stand.

mod blank;
mod brackets;
mod element;
mod entity;
mod leftover;
mod mask;
mod named;
mod raw;
mod report;
mod source;
#[cfg(test)]
pub(crate) mod strategies;
mod tags;
#[cfg(test)]
mod tests;
mod tree;

pub use element::{Attribute, Element, say_the_same};
pub use raw::{NamedValueUse, RawText};
pub use source::{Origin, SourceText};
pub use tree::{read, read_as, read_source};

pub(in crate::policy) use blank::blank_bytes;
pub(crate) use brackets::{Unbalanced, match_bracket};
pub(in crate::policy) use mask::{is_whole_expression, reads_as_written};
pub(in crate::policy) use named::uses as named_values_in;

/// How a document is deployed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Format `rawxml` (also written `raw-xml`): expressions are code as it is.
    #[default]
    Raw,
    /// Format `xml`: quotes, `<` and `&` in expressions are escaped.
    Xml,
}

/// Largest policy document that is read, in bytes. The service stops at half of this.
pub const MAX_DOCUMENT_BYTES: usize = 1 << 20;

/// Deepest nesting of elements.
pub const MAX_ELEMENT_DEPTH: usize = 128;
