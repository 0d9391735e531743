//! Evaluation of templates: what ARM JSON and Bicep have in common.
//!
//! Rooms: `syntax` is what both are read into, `value` what expressions give; `machine`, `names`, `loops` and
//! `access` evaluate; `functions` holds the functions; `emit`, `deployments`, `arguments` and `found` make resources
//! of a template; `files` brings files together.

mod access;
mod arguments;
mod deployments;
mod emit;
mod files;
mod found;
mod functions;
mod loops;
mod machine;
mod names;
pub(super) mod syntax;
#[cfg(test)]
mod tests;
mod value;

pub(super) use files::{begin, read_templates};
pub(super) use functions::value_of;
pub(super) use value::{Field, Unknown, V, Val};
