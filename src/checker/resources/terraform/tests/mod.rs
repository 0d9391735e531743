//! Terraform as people write it, plans of it, and what is wrong with it.

mod bad;
mod functions;
mod json;
mod modules;
mod plans;
mod styles;
