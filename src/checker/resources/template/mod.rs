//! ARM templates, written by hand or compiled from Bicep.
//!
//! Rules (template reference, 2025)
//! - Parameters have the value of the parameters file, else their default, else they are unknown.
//! - `copy` of resources, properties and variables is carried out when its count is known; otherwise the
//!   inventory is partial.
//! - A nested deployment is read in its own scope, or in the outer one when `expressionEvaluationOptions` says so
//!   or is absent and its template has no parameters of its own.
//! - Declarations that need themselves are told and unknown.

mod expression;
mod scope;

use std::collections::BTreeMap;

use super::detect::Form;
use super::eval::{Evaluator, is_unknown, member, unknown};
use super::inventory::{Inventory, Kind};
use super::plain::add;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::tree::json::{Member, Node, Value};
use scope::Scope;

/// Most resources of one file.
pub(super) const MAX_RESOURCES: usize = 10_000;
/// Deepest nesting of deployments and child resources.
const MAX_NESTING: u32 = 16;

/// Values by name in lower case.
pub(super) type Values = BTreeMap<String, Node>;

/// The values of a parameters file.
pub(super) fn parameter_values(root: &Node) -> Values {
    let members = root.get("parameters").and_then(Node::members).unwrap_or_default();
    let value = |member: &Member| {
        let value = match member.value.get("value") {
            Some(value) => value.clone(),
            None => unknown("a secret of a key vault", member.value.mark()),
        };
        (member.name.to_lowercase(), value)
    };
    members.iter().map(value).collect()
}

/// Names of the parameters that a template declares, in lower case.
pub(super) fn declared_parameters(root: &Node) -> Vec<String> {
    let members = root.get("parameters").and_then(Node::members).unwrap_or_default();
    members.iter().map(|member| member.name.to_lowercase()).collect()
}

/// The resources of a template with these values for its parameters.
pub(super) fn read_template(root: &Node, given: Values, problems: &mut Diagnostics) -> Inventory {
    let mut reader = Reader {
        inventory: Inventory::default(),
        evaluator: Evaluator::default(),
        problems,
        nesting: 0,
        is_full: false,
    };
    let mut scope = Scope::new(root, given);
    reader.resources(root.get("resources"), "", "", &mut scope);
    for (name, span) in scope.cycles {
        let message = format!("`{name}` needs itself");
        reader.problems.push(
            Diagnostic::error("template-cycle", span, message)
                .label("expected a value that does not depend on itself"),
        );
    }
    let is_cut = reader.is_full || reader.evaluator.is_exhausted;
    if is_cut {
        reader.inventory.is_partial = true;
        reader.problems.push(
            Diagnostic::warning(
                "too-much-to-evaluate",
                root.mark(),
                "not all of this template was evaluated",
            )
            .label("too many resources, or too much to compute")
            .help("give the deployed resources as JSON"),
        );
    }
    reader.inventory
}

struct Reader<'d> {
    inventory: Inventory,
    evaluator: Evaluator,
    problems: &'d mut Diagnostics,
    nesting: u32,
    is_full: bool,
}

impl Reader<'_> {
    fn resources(
        &mut self,
        list: Option<&Node>,
        parent_type: &str,
        parent_name: &str,
        scope: &mut Scope<'_>,
    ) {
        let Some(list) = list else { return };
        match &list.value {
            Value::Array(elements) => {
                for element in elements {
                    self.looped(element, parent_type, parent_name, scope);
                }
            }
            // With symbolic names.
            Value::Object(members) => {
                for member in members {
                    self.looped(&member.value, parent_type, parent_name, scope);
                }
            }
            _ => self.inventory.is_partial = true,
        }
    }

    /// A resource as often as its loop says.
    fn looped(&mut self, resource: &Node, parent_type: &str, parent_name: &str, scope: &mut Scope<'_>) {
        let Some(copy) = resource.get("copy") else {
            return self.resource(resource, parent_type, parent_name, scope);
        };
        let name = copy.get("name").and_then(Node::text).unwrap_or_default().to_lowercase();
        let count = copy.get("count").map(|count| scope.eval(count, &mut self.evaluator));
        let Some(count) = count.as_ref().and_then(Node::integer) else {
            self.inventory.is_partial = true;
            return;
        };
        for index in 0..count {
            if self.is_full {
                return;
            }
            scope.copies.push((name.clone(), index));
            self.resource(resource, parent_type, parent_name, scope);
            scope.copies.pop();
        }
    }

    fn resource(&mut self, resource: &Node, parent_type: &str, parent_name: &str, scope: &mut Scope<'_>) {
        if resource.members().is_none() || self.nesting >= MAX_NESTING {
            return;
        }
        if self.inventory.resources.len() >= MAX_RESOURCES {
            self.is_full = true;
            return;
        }
        let own_type = resource.get("type").and_then(Node::text).unwrap_or_default();
        let full_type = if parent_type.is_empty() || own_type.contains('.') {
            own_type.to_owned()
        } else {
            format!("{parent_type}/{own_type}")
        };
        // Of what is no resource of interest nothing is evaluated but what is inside.
        let kind = Kind::of(&full_type);
        let is_deployment = full_type.eq_ignore_ascii_case("Microsoft.Resources/deployments");
        let condition = resource.get("condition").map(|c| scope.eval(c, &mut self.evaluator));
        if matches!(condition.as_ref().map(|c| &c.value), Some(Value::Bool(false))) {
            return;
        }
        self.nesting = self.nesting.saturating_add(1);
        if is_deployment {
            self.deployment(resource, condition.as_ref(), scope);
        }
        let mut name = parent_name.to_owned();
        if let Some(kind) = kind {
            let mut node = self.evaluated(resource, scope);
            if let Some(condition) = condition {
                set(&mut node, "condition", condition);
            }
            let own = node.get("name").and_then(Node::text).unwrap_or_default();
            name = if parent_name.is_empty() || own.contains('/') {
                own.to_owned()
            } else {
                format!("{parent_name}/{own}")
            };
            let is_existing =
                matches!(resource.get("existing").map(|node| &node.value), Some(Value::Bool(true)));
            let before = self.inventory.resources.len();
            add(&node, kind, Form::Template, &full_type, &mut self.inventory);
            for found in self.inventory.resources.iter_mut().skip(before) {
                found.is_reference = is_existing;
            }
        }
        self.resources(resource.get("resources"), &full_type, &name, scope);
        self.nesting = self.nesting.saturating_sub(1);
    }

    /// The resource with all expressions evaluated, without what is in it.
    fn evaluated(&mut self, resource: &Node, scope: &mut Scope<'_>) -> Node {
        let members = resource.members().unwrap_or_default().iter();
        let kept =
            members.filter(|m| !matches!(m.name.as_str(), "resources" | "copy" | "dependsOn" | "condition"));
        let evaluated = kept.map(|m| Member {
            name: m.name.clone(),
            name_span: m.name_span,
            value: scope.eval(&m.value, &mut self.evaluator),
        });
        Node::new(Value::Object(evaluated.collect()), resource.span)
    }

    fn deployment(&mut self, resource: &Node, condition: Option<&Node>, scope: &mut Scope<'_>) {
        let Some(properties) = resource.get("properties") else { return };
        let Some(template) = properties.get("template") else {
            // A linked template is not among the files.
            self.inventory.is_partial = true;
            return;
        };
        let options = properties.get("expressionEvaluationOptions");
        let inner = options.and_then(|options| options.get("scope")?.text());
        let is_inner = match inner {
            Some(word) => word.eq_ignore_ascii_case("inner"),
            None => false,
        };
        let before = self.inventory.resources.len();
        if is_inner {
            let mut given = Values::new();
            for parameter in properties.get("parameters").and_then(Node::members).unwrap_or_default() {
                let value = match parameter.value.get("value") {
                    Some(value) => scope.eval(value, &mut self.evaluator),
                    None => unknown("a secret of a key vault", parameter.value.mark()),
                };
                given.insert(parameter.name.to_lowercase(), value);
            }
            let mut own = Scope::new(template, given);
            self.resources(template.get("resources"), "", "", &mut own);
            scope.cycles.append(&mut own.cycles);
        } else {
            self.resources(template.get("resources"), "", "", scope);
        }
        if condition.is_some_and(is_unknown) {
            for found in self.inventory.resources.iter_mut().skip(before) {
                found.is_conditional = true;
            }
        }
    }
}

/// Puts a member into an object.
fn set(node: &mut Node, name: &str, value: Node) {
    if let Value::Object(members) = &mut node.value {
        members.push(Member { name: name.to_owned(), name_span: value.span, value });
    }
}

/// What `value` has under a name, whatever its letters' case.
fn under(value: &Node, name: &str) -> Option<Node> {
    let found = member(value, name, true, value.span);
    (!matches!(found.value, Value::Null)).then_some(found)
}
