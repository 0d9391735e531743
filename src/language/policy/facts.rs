//! What `context` tells apart from messages and errors: the API, who calls, and the deployment.
//!
//! Members and types: "policy expressions" page, `context` variable (2026-05). Values that a caller does not
//! supply are those of a plain API called with a subscription key.

use std::collections::BTreeMap;

use super::Text;

/// `context.Api`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Api {
    /// `Id`
    pub id: Text,
    /// `Name`
    pub name: Text,
    /// `Path`
    pub path: Text,
    /// `Protocols`
    pub protocols: Vec<Text>,
    /// `ServiceUrl`, absolute; `None` is null.
    pub service_url: Option<Text>,
    /// `Revision`
    pub revision: Text,
    /// `Version`; `None` is null.
    pub version: Option<Text>,
    /// `IsCurrentRevision`
    pub is_current_revision: bool,
    /// `SubscriptionKeyParameterNames.Header`
    pub key_header: Text,
    /// `SubscriptionKeyParameterNames.Query`
    pub key_query: Text,
}

/// `context.Operation`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    /// `Id`
    pub id: Text,
    /// `Name`
    pub name: Text,
    /// `Method`
    pub method: Text,
    /// `UrlTemplate`
    pub url_template: Text,
}

/// `context.Product`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Product {
    /// `Id`
    pub id: Text,
    /// `Name`
    pub name: Text,
    /// `State`, `Published` or `NotPublished`.
    pub state: Text,
    /// `ApprovalRequired`
    pub approval_required: bool,
    /// `SubscriptionRequired`
    pub subscription_required: bool,
    /// `SubscriptionLimit`; `None` is null.
    pub subscription_limit: Option<i32>,
    /// `Groups`
    pub groups: Vec<Group>,
}

/// `context.Subscription`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subscription {
    /// `Id`
    pub id: Text,
    /// `Name`
    pub name: Text,
    /// `Key`: the one that the caller used.
    pub key: Text,
    /// `PrimaryKey`
    pub primary_key: Text,
    /// `SecondaryKey`
    pub secondary_key: Text,
    /// `CreatedDate`, in .NET ticks.
    pub created_ticks: i64,
    /// `StartDate`, in .NET ticks; `None` is null.
    pub start_ticks: Option<i64>,
    /// `EndDate`, in .NET ticks; `None` is null.
    pub end_ticks: Option<i64>,
}

/// A member of `Groups`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group {
    /// `Id`
    pub id: Text,
    /// `Name`
    pub name: Text,
}

/// A member of `context.User.Identities`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// `Id`
    pub id: Text,
    /// `Provider`
    pub provider: Text,
}

/// `context.User`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct User {
    /// `Id`
    pub id: Text,
    /// `Email`
    pub email: Text,
    /// `FirstName`
    pub first_name: Text,
    /// `LastName`
    pub last_name: Text,
    /// `Note`; `None` is null.
    pub note: Option<Text>,
    /// `RegistrationDate`, in .NET ticks.
    pub registered_ticks: i64,
    /// `Groups`
    pub groups: Vec<Group>,
    /// `Identities`
    pub identities: Vec<Identity>,
}

/// `context.Deployment`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deployment {
    /// `Region`
    pub region: Text,
    /// `ServiceId`
    pub service_id: Text,
    /// `ServiceName`
    pub service_name: Text,
    /// `GatewayId` and `Gateway.Id`; `managed` for the one in the cloud.
    pub gateway_id: Text,
    /// `Gateway.InstanceId`
    pub instance_id: Text,
    /// `Gateway.IsManaged`
    pub is_managed: bool,
    /// `SustainabilityInfo.CurrentCarbonIntensity`; `None` is null.
    pub carbon_intensity: Option<Text>,
    /// `Certificates`: name to thumbprint.
    pub certificates: BTreeMap<Text, Text>,
}

/// An absolute URL in its parts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// `https`
    pub scheme: Text,
    /// Host name, lower case.
    pub host: Text,
    /// Port.
    pub port: u16,
}

/// Everything that `context` tells apart from messages and errors.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Facts {
    /// `context.Api`
    pub api: Api,
    /// `context.Operation`
    pub operation: Operation,
    /// `context.Product`; `None` (null) outside of a product.
    pub product: Option<Product>,
    /// `context.Subscription`; `None` (null) without a key.
    pub subscription: Option<Subscription>,
    /// `context.User`; `None` (null) for anonymous callers.
    pub user: Option<User>,
    /// `context.Deployment`
    pub deployment: Deployment,
    /// `context.Request.IpAddress`
    pub ip_address: Text,
    /// Where the gateway listens: scheme, host and port of `context.Request.OriginalUrl`.
    pub gateway_origin: Origin,
    /// Scheme, host and port of `context.Request.Url`: the service behind the API.
    pub service_origin: Origin,
    /// Path and query of `context.Request.OriginalUrl`; `None`: that of the API and the request's.
    pub original_path: Option<Text>,
    /// `context.Request.MatchedParameters`
    pub matched_parameters: Vec<(Text, Text)>,
    /// Thumbprint of the client's certificate; `None`: `context.Request.Certificate` is null.
    pub client_certificate: Option<Text>,
    /// `context.Tracing`
    pub tracing: bool,
    /// `context.RequestId`, high to low; `None`: made of the request's number.
    pub request_id: Option<u128>,
}

/// 2024-01-01T00:00:00Z in .NET ticks.
const CREATED_TICKS: i64 = 638_396_640_000_000_000;

impl Default for Facts {
    fn default() -> Self {
        let origin = |host: &'static str| Origin { scheme: "https".into(), host: host.into(), port: 443 };
        Self {
            api: Api {
                id: "azure-openai".into(),
                name: "Azure OpenAI".into(),
                path: "openai".into(),
                protocols: vec!["https".into()],
                service_url: None,
                revision: "1".into(),
                version: None,
                is_current_revision: true,
                key_header: "api-key".into(),
                key_query: "subscription-key".into(),
            },
            operation: Operation {
                id: "chat-completions".into(),
                name: "Create a chat completion".into(),
                method: "POST".into(),
                url_template: "/deployments/{deployment-id}/chat/completions".into(),
            },
            product: None,
            subscription: Some(Subscription {
                id: "subscription-1".into(),
                name: "Subscription 1".into(),
                key: "00000000000000000000000000000000".into(),
                primary_key: "00000000000000000000000000000000".into(),
                secondary_key: "11111111111111111111111111111111".into(),
                created_ticks: CREATED_TICKS,
                start_ticks: None,
                end_ticks: None,
            }),
            user: None,
            deployment: Deployment {
                region: "West Europe".into(),
                service_id: "apim".into(),
                service_name: "apim".into(),
                gateway_id: "managed".into(),
                instance_id: "instance-1".into(),
                is_managed: true,
                carbon_intensity: None,
                certificates: BTreeMap::new(),
            },
            ip_address: "203.0.113.7".into(),
            gateway_origin: origin("apim.azure-api.net"),
            service_origin: origin("apim.azure-api.net"),
            original_path: None,
            matched_parameters: Vec::new(),
            client_certificate: None,
            tracing: false,
            request_id: None,
        }
    }
}
