//! Where the policy of each scope belongs: its type, what it stands below, and the parameters that name that.

use crate::policy::PolicyScope;

/// What stands above a policy, from the service down: the segment of the type and the parameter that names it.
pub(super) fn parents(scope: PolicyScope) -> &'static [(&'static str, &'static str)] {
    match scope {
        PolicyScope::Global => &[],
        PolicyScope::Workspace => &[("workspaces", "workspace")],
        PolicyScope::Product => &[("products", "product")],
        PolicyScope::Api => &[("apis", "api")],
        PolicyScope::Operation => &[("apis", "api"), ("operations", "operation")],
    }
}

/// The type of what stands above the policy: `Microsoft.ApiManagement/service/apis`.
pub(super) fn parent_type(scope: PolicyScope) -> String {
    let segments = parents(scope).iter().map(|(segment, _)| format!("/{segment}"));
    format!("{SERVICE}{}", segments.collect::<String>())
}

/// The file of a policy, in a folder with others.
pub(super) fn file(scope: PolicyScope) -> String {
    match scope {
        PolicyScope::Api => "policy.xml".to_owned(),
        other => format!("policy-{}.xml", other.name()),
    }
}

/// What the words of a parameter say.
pub(super) fn description(parameter: &str) -> String {
    match parameter {
        "api" => "Name of the API whose policy is replaced; it exists already.".to_owned(),
        other => format!("Name of the {other} whose policy is replaced; it exists already."),
    }
}

/// The type of the service.
pub(super) const SERVICE: &str = "Microsoft.ApiManagement/service";
/// What is said of the parameter for the service.
pub(super) const SERVICE_DESCRIPTION: &str = "Name of the API Management service, which exists already.";
/// The API version of everything but backends: in it since long, and generally available.
pub(super) const STABLE: &str = "2024-05-01";
