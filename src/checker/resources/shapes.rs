//! The properties of a backend resource, as tables.
//!
//! Source: resource schema `Microsoft.ApiManagement/service/backends`, versions 2023-03-01-preview to
//! 2025-09-01-preview, and the ranges that its documentation and the Terraform provider add. What has no
//! effect on routing is [`Kind::Any`].

use crate::tree::shape::{Field, Kind, Shape};

const fn ignored(name: &'static str) -> Field {
    Field::optional(name, Kind::Any, "")
}

/// What stands around `properties`.
pub static RESOURCE: Shape = Shape {
    name: "resource",
    what: "a backend resource",
    fields: &[
        ignored("type"),
        ignored("apiVersion"),
        Field::required("name", Kind::Text, ""),
        Field::required("properties", Kind::Any, ""),
        ignored("id"),
        ignored("dependsOn"),
        ignored("comments"),
        ignored("condition"),
        ignored("copy"),
        ignored("scope"),
        ignored("parent"),
        ignored("location"),
        ignored("tags"),
        ignored("etag"),
        ignored("systemData"),
        ignored("resources"),
        ignored("resourceGroup"),
    ],
};

/// `properties` of one endpoint.
pub static SINGLE: Shape = Shape {
    name: "single",
    what: "a backend of type Single",
    fields: &[
        Field::required("url", Kind::Text, ""),
        Field::optional("type", TYPE, ""),
        Field::optional("circuitBreaker", Kind::Object(&CIRCUIT_BREAKER), ""),
        ignored("protocol"),
        ignored("title"),
        ignored("description"),
        ignored("resourceId"),
        Field::optional("azureRegion", Kind::Text, ""),
        ignored("credentials"),
        ignored("proxy"),
        ignored("tls"),
        ignored("properties"),
        ignored("provisioningState"),
        ignored("pool"),
    ],
};

/// `properties` of a pool.
pub static POOL: Shape = Shape {
    name: "pool",
    what: "a backend of type Pool",
    fields: &[
        Field::optional("type", TYPE, ""),
        Field::required("pool", Kind::Object(&POOL_BODY), ""),
        ignored("title"),
        ignored("description"),
        ignored("provisioningState"),
        // Refused with reasons of their own.
        ignored("url"),
        ignored("protocol"),
        ignored("credentials"),
        ignored("proxy"),
        ignored("tls"),
        ignored("resourceId"),
        ignored("circuitBreaker"),
        ignored("properties"),
    ],
};

/// `properties.type`; absent means Single.
const TYPE: Kind = Kind::Choice(&["Single", "Pool"]);

static CIRCUIT_BREAKER: Shape = Shape {
    name: "circuitBreaker",
    what: "a circuit breaker",
    fields: &[Field::required("rules", Kind::List { of: &Kind::Object(&RULE), min: 0, max: 15 }, "")],
};

static RULE: Shape = Shape {
    name: "rule",
    what: "a circuit breaker rule",
    fields: &[
        Field::optional("name", Kind::Text, ""),
        Field::required("failureCondition", Kind::Object(&CONDITION), ""),
        Field::required("tripDuration", Kind::TIME_ABOVE_ZERO, ""),
        Field::optional("acceptRetryAfter", Kind::Flag, ""),
        Field::optional("failureResponse", Kind::Object(&FAILURE_RESPONSE), ""),
    ],
};

static CONDITION: Shape = Shape {
    name: "failureCondition",
    what: "a failure condition",
    fields: &[
        Field::optional("count", Kind::integer(1, 10_000), ""),
        Field::optional("percentage", Kind::integer(1, 100), ""),
        Field::required("interval", Kind::TIME_ABOVE_ZERO, ""),
        Field::optional("statusCodeRanges", Kind::List { of: &Kind::Object(&RANGE), min: 0, max: 10 }, ""),
        Field::optional("errorReasons", Kind::List { of: &Kind::Text, min: 0, max: 10 }, ""),
    ],
};

static RANGE: Shape = Shape {
    name: "statusCodeRange",
    what: "a status code range",
    fields: &[
        Field::required("min", Kind::integer(200, 599), ""),
        Field::required("max", Kind::integer(200, 599), ""),
    ],
};

static FAILURE_RESPONSE: Shape = Shape {
    name: "failureResponse",
    what: "a failure response",
    fields: &[Field::required("statusCode", Kind::integer(100, 599), "")],
};

static POOL_BODY: Shape = Shape {
    name: "poolBody",
    what: "a pool",
    fields: &[
        Field::required("services", Kind::List { of: &Kind::Object(&SERVICE), min: 1, max: 30 }, ""),
        Field::optional("failureResponse", Kind::Object(&FAILURE_RESPONSE), ""),
        Field::optional("sessionAffinity", Kind::Object(&SESSION_AFFINITY), ""),
    ],
};

static SESSION_AFFINITY: Shape = Shape {
    name: "sessionAffinity",
    what: "a session affinity",
    fields: &[Field::required("sessionId", Kind::Object(&SESSION_ID), "")],
};

static SESSION_ID: Shape = Shape {
    name: "sessionId",
    what: "a session id",
    fields: &[
        // The only source that the service documents.
        Field::optional("source", Kind::Choice(&["cookie"]), ""),
        Field::required("name", Kind::Text, ""),
    ],
};

static SERVICE: Shape = Shape {
    name: "service",
    what: "a pool member",
    fields: &[
        Field::required("id", Kind::Text, ""),
        Field::optional("priority", Kind::integer(0, 100), ""),
        Field::optional("weight", Kind::integer(0, 100), ""),
        Field::optional(
            "preferredCarbonEmission",
            Kind::Choice(&["VeryLow", "Low", "Medium", "High", "VeryHigh"]),
            "",
        ),
    ],
};
