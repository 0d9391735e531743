//! Evaluation of templates: what ARM JSON, Bicep and Terraform have in common.
//!
//! Rooms: `syntax` is what both are read into, `value` what expressions give; `machine`, `names`, `loops` and
//! `access` evaluate; `functions` holds the functions; `emit`, `deployments`, `arguments` and `found` make resources
//! of a template, `terraform` of a module of Terraform; `files` brings files together.

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
mod terraform;
#[cfg(test)]
pub(super) mod tests;
mod value;

pub(super) use access::{GROUP, id_text};
pub(super) use files::{begin, folder, normal, read_templates};
pub(super) use functions::{parsed, value_of};
pub(super) use machine::Machine;
pub(super) use terraform::{Origin, add_arm, apply_updates};
pub(super) use value::{Field, Unknown, V, Val};
