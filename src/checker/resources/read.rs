//! All files of a configuration, each by the reader of its form.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bicep::read_bicep;
use super::detect::Form;
use super::inventory::Inventory;
use super::plain::read_plain;
use super::template::{Values, declared_parameters, parameter_values, read_template};
use crate::diagnostics::{Diagnostics, SourceId};
use crate::tree::json::{Node, parse};

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
    let parameters = json_parameters(files, problems);
    for file in files {
        match file.form {
            Form::Plain | Form::ApiOps => {
                if let Some(root) = parse(file.source, &file.text, problems) {
                    // What was cut out of a template still has its expressions.
                    let inner = if has_expressions(&file.text) {
                        let around = Node::new(
                            crate::tree::json::Value::Object(vec![crate::tree::json::Member {
                                name: "resources".to_owned(),
                                name_span: root.span,
                                value: as_list(root),
                            }]),
                            crate::diagnostics::Span::new(file.source, 0, 0),
                        );
                        read_template(&around, Values::new(), problems)
                    } else {
                        read_plain(&root, file.form)
                    };
                    inventory.extend(inner);
                }
            }
            Form::Template => {
                if let Some(root) = parse(file.source, &file.text, problems) {
                    let values = values_for(&file.path, &root, &parameters);
                    inventory.extend(read_template(&root, values, problems));
                }
            }
            Form::Parameters
            | Form::Bicep
            | Form::Terraform
            | Form::TerraformValues
            | Form::TerraformPlan
            | Form::Policy
            | Form::Scenario => {}
        }
    }
    inventory.extend(read_bicep(files, &parameters, problems));
    inventory
}

/// A document as the list of resources that it is.
fn as_list(root: Node) -> Node {
    match (root.get("value"), root.elements()) {
        (Some(list), _) if list.elements().is_some() => list.clone(),
        (_, Some(_)) => root,
        _ => {
            let span = root.span;
            Node::new(crate::tree::json::Value::Array(vec![root]), span)
        }
    }
}

fn has_expressions(text: &str) -> bool {
    text.contains("\"[") && text.contains("]\"")
}

/// Values by path of each JSON file of parameters.
fn json_parameters(files: &[TextFile], problems: &mut Diagnostics) -> BTreeMap<String, Values> {
    let mut all = BTreeMap::new();
    for file in files.iter().filter(|file| file.form == Form::Parameters) {
        if file.path.to_lowercase().ends_with(".bicepparam") {
            continue;
        }
        if let Some(root) = parse(file.source, &file.text, problems) {
            all.insert(super::bicep::clean(&file.path), parameter_values(&root));
        }
    }
    all
}

/// The values of the files of parameters that belong to the template at `path`: by name (`main.json` and
/// `main.parameters.json`), or the only one that gives nothing that the template does not declare.
fn values_for(path: &str, root: &Node, parameters: &BTreeMap<String, Values>) -> Values {
    let path = super::bicep::clean(path);
    let stem = path.rsplit_once('.').map_or(path.as_str(), |(stem, _)| stem);
    let stem = stem.strip_suffix(".template").unwrap_or(stem);
    let by_name = parameters.iter().find(|(own, _)| own.starts_with(&format!("{stem}.")));
    let declared = declared_parameters(root);
    let fits = |values: &&Values| values.keys().all(|name| declared.contains(name));
    let chosen = by_name.map(|(_, values)| values).or_else(|| {
        let mut fitting = parameters.values().filter(fits);
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    });
    chosen.cloned().unwrap_or_default()
}
