//! What is read of whole files in both languages.

mod bad;
mod functions;
pub(in crate::resources) mod styles;
mod syntax;
