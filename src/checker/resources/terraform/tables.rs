//! Which resources of the provider `azurerm` are read, and what the resource manager calls their attributes.
//!
//! Source: documentation of the provider, versions 3 and 4; names on the other side are those of the resource schema.
//! Attributes that say nothing about routing are left out, and so are those that the provider does not have.

/// A resource of the provider.
#[derive(Debug)]
pub(super) struct Row {
    /// `azurerm_...`
    pub(super) name: &'static str,
    /// Type of the resource manager.
    pub(super) arm: &'static str,
    /// The attributes that say which resources it is in, the outermost first.
    pub(super) parents: &'static [Parent],
    /// The attribute with its own name; a name that it always has.
    pub(super) own: Own,
    /// What stands beside `properties`.
    pub(super) top: Table,
    /// What stands in `properties`.
    pub(super) properties: Table,
    /// Texts in `properties` where nothing else says so.
    pub(super) defaults: &'static [(&'static str, &'static str)],
}

/// What says which resource it is in.
#[derive(Clone, Copy, Debug)]
pub(super) enum Parent {
    /// A name.
    Name(&'static str),
    /// An id, which holds the names of all around it too.
    Id(&'static str),
}

/// The own name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Own {
    /// That of an attribute.
    In(&'static str),
    /// Always the same.
    Always(&'static str),
}

/// Attributes and blocks, and what they become.
pub(super) type Table = &'static [(&'static str, To)];

/// What an attribute or block becomes.
#[derive(Clone, Copy, Debug)]
pub(super) enum To {
    /// A member with the same value. An empty text is nothing: plans hold one for what is not given.
    Member(&'static str),
    /// An object: a block of which there is one.
    One(&'static str, Table),
    /// A list of objects: a block of which there are many.
    Many(&'static str, Table),
    /// The same in an object of its own.
    In(&'static str, &'static Self),
    /// `Developer_1`: an object with `name` and `capacity`.
    Sku,
}

/// Resources that deploy a template, which may hold anything.
pub(super) const DEPLOYMENTS: &[&str] = &[
    "azurerm_resource_group_template_deployment",
    "azurerm_subscription_template_deployment",
    "azurerm_template_deployment",
];

use To::{In, Many, Member, One, Sku};

const SERVICE: Parent = Parent::Name("api_management_name");
const SERVICE_ID: Parent = Parent::Id("api_management_id");
const NAME: Own = Own::In("name");
const POLICY: Own = Own::Always("policy");
const RAW: &[(&str, &str)] = &[("format", "rawxml")];
const XML: Table = &[("xml_content", Member("value"))];

/// All that are read, those too that others only refer to.
pub(super) static ROWS: &[Row] = &[
    Row {
        name: "azurerm_api_management",
        arm: "Microsoft.ApiManagement/service",
        parents: &[],
        own: NAME,
        top: &[("sku_name", Sku), ("location", Member("location"))],
        properties: &[],
        defaults: &[],
    },
    Row {
        name: "azurerm_api_management_backend",
        arm: "Microsoft.ApiManagement/service/backends",
        parents: &[SERVICE],
        own: NAME,
        top: &[],
        properties: BACKEND,
        defaults: &[],
    },
    Row {
        name: "azurerm_api_management_workspace",
        arm: "Microsoft.ApiManagement/service/workspaces",
        parents: &[SERVICE_ID],
        own: NAME,
        top: &[],
        properties: &[],
        defaults: &[],
    },
    Row {
        name: "azurerm_api_management_api",
        arm: "Microsoft.ApiManagement/service/apis",
        parents: &[SERVICE],
        own: NAME,
        top: &[],
        properties: &[
            ("display_name", Member("displayName")),
            ("path", Member("path")),
            ("protocols", Member("protocols")),
            ("service_url", Member("serviceUrl")),
            ("subscription_required", Member("subscriptionRequired")),
        ],
        defaults: &[],
    },
    Row {
        name: "azurerm_api_management_api_operation",
        arm: "Microsoft.ApiManagement/service/apis/operations",
        parents: &[SERVICE, Parent::Name("api_name")],
        own: Own::In("operation_id"),
        top: &[],
        properties: &[],
        defaults: &[],
    },
    Row {
        name: "azurerm_api_management_product",
        arm: "Microsoft.ApiManagement/service/products",
        parents: &[SERVICE],
        own: Own::In("product_id"),
        top: &[],
        properties: &[],
        defaults: &[],
    },
    policy("azurerm_api_management_policy", "Microsoft.ApiManagement/service/policies", &[SERVICE_ID]),
    policy(
        "azurerm_api_management_workspace_policy",
        "Microsoft.ApiManagement/service/workspaces/policies",
        &[Parent::Id("api_management_workspace_id")],
    ),
    policy(
        "azurerm_api_management_api_policy",
        "Microsoft.ApiManagement/service/apis/policies",
        &[SERVICE, Parent::Name("api_name")],
    ),
    policy(
        "azurerm_api_management_api_operation_policy",
        "Microsoft.ApiManagement/service/apis/operations/policies",
        &[SERVICE, Parent::Name("api_name"), Parent::Name("operation_id")],
    ),
    policy(
        "azurerm_api_management_product_policy",
        "Microsoft.ApiManagement/service/products/policies",
        &[SERVICE, Parent::Name("product_id")],
    ),
    Row {
        name: "azurerm_api_management_policy_fragment",
        arm: "Microsoft.ApiManagement/service/policyFragments",
        parents: &[SERVICE_ID],
        own: NAME,
        top: &[],
        properties: &[("value", Member("value")), ("format", Member("format"))],
        defaults: &[("format", "xml")],
    },
    Row {
        name: "azurerm_api_management_named_value",
        arm: "Microsoft.ApiManagement/service/namedValues",
        parents: &[SERVICE],
        own: NAME,
        top: &[],
        properties: &[
            ("display_name", Member("displayName")),
            ("value", Member("value")),
            ("secret", Member("secret")),
            ("value_from_key_vault", One("keyVault", &[("secret_id", Member("secretIdentifier"))])),
        ],
        defaults: &[],
    },
    account("azurerm_cognitive_account"),
    account("azurerm_ai_services"),
    Row {
        name: "azurerm_cognitive_deployment",
        arm: "Microsoft.CognitiveServices/accounts/deployments",
        parents: &[Parent::Id("cognitive_account_id")],
        own: NAME,
        top: &[
            ("sku", One("sku", &[("name", Member("name")), ("capacity", Member("capacity"))])),
            ("scale", One("sku", &[("type", Member("name")), ("capacity", Member("capacity"))])),
        ],
        properties: &[(
            "model",
            One(
                "model",
                &[("format", Member("format")), ("name", Member("name")), ("version", Member("version"))],
            ),
        )],
        defaults: &[],
    },
    Row {
        name: "azurerm_role_assignment",
        arm: "Microsoft.Authorization/roleAssignments",
        parents: &[],
        own: NAME,
        top: &[("scope", Member("scope"))],
        properties: &[
            ("principal_id", Member("principalId")),
            ("role_definition_id", Member("roleDefinitionId")),
            ("role_definition_name", Member("roleDefinitionName")),
        ],
        defaults: &[],
    },
];

const fn policy(name: &'static str, arm: &'static str, parents: &'static [Parent]) -> Row {
    Row { name, arm, parents, own: POLICY, top: &[], properties: XML, defaults: RAW }
}

const fn account(name: &'static str) -> Row {
    Row {
        name,
        arm: "Microsoft.CognitiveServices/accounts",
        parents: &[],
        own: NAME,
        top: &[("kind", Member("kind")), ("location", Member("location")), ("sku_name", Sku)],
        properties: &[("custom_subdomain_name", Member("customSubDomainName"))],
        defaults: &[],
    }
}

const BACKEND: Table = &[
    ("url", Member("url")),
    ("protocol", Member("protocol")),
    ("title", Member("title")),
    ("description", Member("description")),
    ("resource_id", Member("resourceId")),
    (
        "credentials",
        One(
            "credentials",
            &[
                (
                    "authorization",
                    One("authorization", &[("parameter", Member("parameter")), ("scheme", Member("scheme"))]),
                ),
                ("certificate", Member("certificate")),
                ("header", Member("header")),
                ("query", Member("query")),
            ],
        ),
    ),
    (
        "proxy",
        One(
            "proxy",
            &[("url", Member("url")), ("username", Member("username")), ("password", Member("password"))],
        ),
    ),
    (
        "tls",
        One(
            "tls",
            &[
                ("validate_certificate_chain", Member("validateCertificateChain")),
                ("validate_certificate_name", Member("validateCertificateName")),
            ],
        ),
    ),
    (
        "service_fabric_cluster",
        In(
            "properties",
            &One(
                "serviceFabricCluster",
                &[
                    ("management_endpoints", Member("managementEndpoints")),
                    ("max_partition_resolution_retries", Member("maxPartitionResolutionRetries")),
                ],
            ),
        ),
    ),
    ("circuit_breaker_rule", In("circuitBreaker", &Many("rules", RULE))),
    ("pool", One("pool", &[("service", Many("services", MEMBER))])),
];

const RULE: Table = &[
    ("name", Member("name")),
    ("trip_duration", Member("tripDuration")),
    ("accept_retry_after_enabled", Member("acceptRetryAfter")),
    (
        "failure_condition",
        One(
            "failureCondition",
            &[
                ("count", Member("count")),
                ("percentage", Member("percentage")),
                ("interval_duration", Member("interval")),
                ("error_reasons", Member("errorReasons")),
                (
                    "status_code_range",
                    Many("statusCodeRanges", &[("min", Member("min")), ("max", Member("max"))]),
                ),
            ],
        ),
    ),
];

const MEMBER: Table = &[("id", Member("id")), ("priority", Member("priority")), ("weight", Member("weight"))];
