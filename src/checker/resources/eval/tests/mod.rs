//! What is read of whole files in both languages.

mod bad;
mod functions;
mod styles;
mod syntax;
