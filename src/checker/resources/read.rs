//! All files of a configuration, each by the reader of its form.

use std::sync::Arc;

use super::apiops::read_apiops;
use super::detect::Form;
use super::eval::read_templates;
use super::inventory::Inventory;
use crate::diagnostics::{Diagnostics, SourceId};
use crate::tree::json::parse;

/// A file as it was read.
#[derive(Clone, Debug)]
pub struct TextFile {
    /// As it was named or found.
    pub path: Arc<str>,
    /// Its text in the source map.
    pub source: SourceId,
    /// Without a byte order mark.
    pub text: Arc<str>,
    /// What it is.
    pub form: Form,
}

/// The resources in `files`. Policies and scenarios are passed over: others read them.
pub fn read_all(files: &[TextFile], problems: &mut Diagnostics) -> Inventory {
    let mut inventory = Inventory::default();
    // Templates and Bicep name each other: they are read together.
    let mut templates = read_templates(files, problems);
    for (place, file) in files.iter().enumerate() {
        match file.form {
            Form::Plain | Form::Template | Form::Bicep => {
                inventory.extend(templates.remove(&place).unwrap_or_default());
            }
            Form::ApiOps => {
                if let Some(root) = parse(file.source, &file.text, problems) {
                    inventory.extend(read_apiops(file, &root));
                }
            }
            Form::Parameters
            | Form::Terraform
            | Form::TerraformValues
            | Form::TerraformPlan
            | Form::Policy
            | Form::Scenario => {}
        }
    }
    inventory
}
