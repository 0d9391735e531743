//! Terraform: source (`.tf`, `.tf.json`), values (`.tfvars`, `.tfvars.json`), and plans (`terraform show -json`).
//!
//! Rules
//! - All files of a folder are one module. One that another module calls is read as that one calls it.
//! - A file with a place that is not HCL is left out, and the rest is read.
//! - Override files come last, in the order of their names.
//! - Values are taken as Terraform takes them by itself: `terraform.tfvars`, then `*.auto.tfvars`; another file of
//!   values only when it is the only one.
//! - Resources keep the shape that the provider gives them until they are evaluated; `shape` then makes of them what
//!   the resource manager takes, for source and plans alike.
//!
//! Deliberately not modelled: what providers refuse.

mod azapi;
mod blocks;
mod deployments;
mod expressions;
mod json;
mod modules;
mod overrides;
mod plan;
mod shape;
mod tables;
#[cfg(test)]
mod tests;
mod texts;
mod types;

pub(super) use modules::{json_values, read, read_values, template_of, values_for};
pub(super) use plan::read_plan;
pub(super) use shape::{Arm, arm, identity, is_read};
