//! ARM templates, written or compiled: `[...]` expressions, parameters, variables, resources in every shape in which
//! they may stand, deployments inside of deployments.
//!
//! Deliberately not modelled: outputs of the outermost template, `scope`, `dependsOn`, linked templates by URI.

mod expression;
mod read;
mod values;

pub(super) use read::read;
pub(super) use values::read_values;
