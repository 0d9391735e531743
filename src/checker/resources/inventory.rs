//! What was found in the files, one after the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::detect::Form;
use crate::diagnostics::{SourceId, Span};
use crate::tree::json::Node;

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// Resources, in the order of the files.
    pub resources: Vec<Found>,
    /// Policies that stand in the text of a resource.
    pub policies: Vec<Embedded>,
    /// Files that policies are made of by filling in values: by themselves they are no policies.
    pub templates: BTreeSet<SourceId>,
    /// Whether something was left out because only the deployment knows it (a loop over an unknown list, a
    /// module): then nothing may be said to be missing.
    pub is_partial: bool,
}

/// What a resource is, by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `Microsoft.ApiManagement/service/backends`, in a workspace or not.
    Backend,
    /// `Microsoft.ApiManagement/service`.
    Service,
    /// `Microsoft.ApiManagement/service/apis`.
    Api,
    /// A policy of any scope.
    Policy,
    /// `Microsoft.ApiManagement/service/policyFragments`.
    Fragment,
    /// `Microsoft.ApiManagement/service/namedValues`.
    NamedValue,
    /// `Microsoft.CognitiveServices/accounts`.
    Account,
    /// `Microsoft.CognitiveServices/accounts/deployments`.
    Deployment,
    /// `Microsoft.Authorization/roleAssignments`.
    RoleAssignment,
}

/// A resource, in the shape of ARM JSON.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// The last segment of its name; `None` when only the deployment knows it. What is unknown of a name that a
    /// template computes stands in it in braces, `{prefix}-east`, so that references made of the same parts compare;
    /// the inventory is partial then.
    pub name: Option<Arc<str>>,
    /// Where its name is written, or the resource begins.
    pub name_span: Span,
    /// `apiVersion` as it is written, and where.
    pub api_version: Option<(Arc<str>, Span)>,
    /// The form of the file.
    pub form: Form,
    /// `name`, `type`, `apiVersion`, `properties` and the like.
    pub node: Node,
    /// Whether it is deployed only on a condition that the files do not decide.
    pub is_conditional: bool,
    /// Whether it was there before and is only spoken of (`existing` of Bicep, `data` of Terraform).
    pub is_reference: bool,
}

/// A policy in a text of a resource.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// The text; `None` when only the deployment knows it.
    pub text: Option<Arc<str>>,
    /// Where the text is written: without the quotes when it is verbatim, and in the file that it is taken from.
    pub span: Span,
    /// Whether the bytes at `span` are the text itself (no escapes): then places in the policy are places in the
    /// file.
    pub is_verbatim: bool,
    /// `xml`, `rawxml` and the like, as `format` says.
    pub format: Option<Arc<str>>,
    /// The resource that holds it: its type in lower case (`microsoft.apimanagement/service/apis/policies`).
    pub resource_type: Arc<str>,
    /// The last segment of the name of that resource, where it is known: the id of a fragment.
    pub name: Option<Arc<str>>,
    /// The file whose content the text is (`loadTextContent`, `file(...)`), as it is named there.
    pub file: Option<Arc<str>>,
}

impl Kind {
    /// What a type of the resource manager is. Letter case does not count; neither does `@version` behind it.
    pub fn of(resource_type: &str) -> Option<Self> {
        let name = resource_type.split('@').next().unwrap_or_default().to_ascii_lowercase();
        let (provider, rest) = name.split_once('/')?;
        let parts: Vec<&str> = rest.split('/').collect();
        match (provider, parts.as_slice()) {
            ("microsoft.apimanagement", [.., "backends"]) => Some(Self::Backend),
            ("microsoft.apimanagement", ["service" | "gateways"]) => Some(Self::Service),
            ("microsoft.apimanagement", [.., "apis"]) => Some(Self::Api),
            ("microsoft.apimanagement", [.., "policies"]) => Some(Self::Policy),
            ("microsoft.apimanagement", [.., "policyfragments"]) => Some(Self::Fragment),
            ("microsoft.apimanagement", [.., "namedvalues" | "properties"]) => Some(Self::NamedValue),
            ("microsoft.cognitiveservices", ["accounts"]) => Some(Self::Account),
            ("microsoft.cognitiveservices", ["accounts", "deployments"]) => Some(Self::Deployment),
            ("microsoft.authorization", [.., "roleassignments"]) => Some(Self::RoleAssignment),
            _ => None,
        }
    }
}

impl Found {
    /// `properties`.
    pub fn properties(&self) -> Option<&Node> {
        self.node.get("properties")
    }
}

impl Inventory {
    /// Resources of a kind, in order.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Found> {
        self.resources.iter().filter(move |found| found.kind == kind)
    }

    /// The name of the SKU of the service, where a file has it: `Premium`, `StandardV2` and the like.
    pub fn sku(&self) -> Option<&str> {
        let service = self.of(Kind::Service).find(|service| !service.is_reference)?;
        service.node.get("sku")?.get("name")?.text()
    }

    /// Adds what another file holds.
    pub fn extend(&mut self, other: Self) {
        self.resources.extend(other.resources);
        self.policies.extend(other.policies);
        self.templates.extend(other.templates);
        self.is_partial |= other.is_partial;
    }
}
