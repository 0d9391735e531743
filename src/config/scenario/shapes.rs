//! The scenario format, version 1, as tables.

use super::super::shape::{Field, Kind, Shape};
use super::caching::{CACHING, CACHING_FIELD};
use super::carbon::{CARBON, CARBON_FIELD};
use super::fault_shapes::{self, FAULTS, OVERLOAD, QUOTA_STEP};
use super::faults::MOST_FAULTS;
use super::fleet::{GATEWAY_REGION, REGIONS_FIELD, SCALING_FIELD, SCALING_STEP};
use super::latency::FAMILIES;
use super::mix_shapes::{CALLER_SUBSCRIPTION, CLIENT, MIX};
use super::policies::{FRAGMENTS, NAMED_VALUES, POLICIES, POLICY, POLICY_FORMAT};
use super::prices::DEPLOYMENT_TYPES;
use super::scripts::{ANSWERS_FIELD, SCRIPTED_ANSWER};
use super::spillover::SPILLOVER_DEPLOYMENT;
use super::throttling::THROTTLING;
use super::traffic_shapes::{
    BURSTS, CLOSED_LOOP, DISCONNECTS, DISTRIBUTION, DIURNAL, GAMMA, MESSAGE, ON_OFF, POISSON, PREFIXES,
    REPLAY, REPLAYED_REQUEST, REQUEST, RETRY, SCRIPTED, SCRIPTED_COMMON, SCRIPTED_REQUEST, SERVEGEN,
    SESSIONS, STEP, STEPS, TRAFFIC, WEIBULL,
};

/// Service tiers of API Management.
pub(crate) const TIERS: &[&str] =
    &["Consumption", "Developer", "Basic", "BasicV2", "Standard", "StandardV2", "Premium", "PremiumV2"];

/// The tier that the name of a SKU says, as a scenario writes it: `Basic_1` and `basic` are `Basic`.
pub fn service_tier(sku: &str) -> Option<&'static str> {
    let name = sku.split('_').next().unwrap_or_default();
    TIERS.iter().copied().find(|tier| tier.eq_ignore_ascii_case(name))
}

/// Fields that a variant cannot change.
pub(crate) const FIXED_IN_VARIANTS: &[&str] = &["formatVersion", "name", "variants"];

pub(crate) static SCENARIO: Shape = Shape {
    name: "scenario",
    what: "a scenario",
    fields: &[
        Field::required("formatVersion", Kind::integer(1, 1), "Version of this format: 1."),
        Field::optional("name", Kind::Text, "Name in reports; default: name of the folder."),
        Field::optional("start", Kind::Text, "UTC time of the first instant; default 2026-01-01T00:00:00Z."),
        Field::optional("seed", Kind::integer(0, u64::MAX), "Master seed of all random draws; default 1."),
        Field::optional(
            "horizon",
            Kind::TIME_ABOVE_ZERO,
            "When the run is cut off; default: when all traffic has ended.",
        ),
        Field::required(
            "policy",
            POLICY,
            "Policy file (XML) of the API, or files by scope, relative to the scenario file.",
        ),
        FRAGMENTS,
        NAMED_VALUES,
        POLICY_FORMAT,
        Field::required(
            "resources",
            Kind::List { of: &Kind::Text, min: 1, max: 1_000 },
            "Files with backend resources (Bicep, Terraform, ARM JSON), read together, relative to the scenario file.",
        ),
        Field::optional("gateway", Kind::Object(&GATEWAY), "The API Management service."),
        Field::required("operation", Kind::Object(&OPERATION), "What clients call."),
        Field::required(
            "backends",
            Kind::Map(&Kind::Object(&BACKEND)),
            "The deployment behind each backend, by backend-id.",
        ),
        Field::optional(
            "spilloverDeployments",
            Kind::Map(&Kind::Object(&SPILLOVER_DEPLOYMENT)),
            "Standard deployments that provisioned ones of the same resource may spill to, by name.",
        ),
        Field::optional(
            "models",
            Kind::Map(&Kind::Object(&MODEL)),
            "Models that are not in the table, or that differ from it, by name.",
        ),
        Field::required(
            "traffic",
            Kind::Tagged { tag: "kind", cases: TRAFFIC },
            "When requests come and how large they are.",
        ),
        Field::optional(
            "pools",
            Kind::Map(&Kind::Map(&Kind::Object(&MEMBER))),
            "Priorities and weights that replace those of the resources, by pool and member.",
        ),
        Field::optional(
            "endpoints",
            Kind::List { of: &Kind::Object(&ENDPOINT), min: 0, max: 10_000 },
            "Who answers send-request, in order of precedence; other URLs cannot be reached.",
        ),
        Field::optional(
            "faults",
            Kind::List { of: &Kind::Tagged { tag: "kind", cases: FAULTS }, min: 0, max: MOST_FAULTS },
            "What breaks, and when; in order of precedence.",
        ),
        Field::optional("semantics", Kind::Any, "Readings of undocumented behaviour, by switch name."),
        Field::optional(
            "objective",
            Kind::Object(&OBJECTIVE),
            "What a request has to meet to be a good one, beside an answer with 2xx.",
        ),
        CARBON_FIELD,
        Field::optional("output", Kind::Object(&OUTPUT), "What is written."),
        Field::optional(
            "variants",
            Kind::Map(&Kind::Map(&Kind::Any)),
            "Changes to compare with the base: JSON merge patches (RFC 7396) by name.",
        ),
    ],
};

pub(crate) static GATEWAY: Shape = Shape {
    name: "gateway",
    what: "a gateway",
    fields: &[
        Field::optional("tier", Kind::Choice(TIERS), "Service tier; default BasicV2."),
        Field::optional("units", Kind::integer(1, 1_000), "Number of gateway instances; default 1."),
        SCALING_FIELD,
        REGIONS_FIELD,
        Field::optional("tokenFetch", Kind::TIME, "Time to fetch a managed identity token; default 0s."),
        Field::optional(
            "semanticCacheHits",
            Kind::Number { min: 0.0, max: 1.0 },
            "Share of prompts like one that a semantic cache holds, to a thousandth; default 0.",
        ),
        Field::optional("tokenLifetime", Kind::TIME_ABOVE_ZERO, "How long a token stays valid; default 24h."),
    ],
};

pub(crate) static OBJECTIVE: Shape = Shape {
    name: "objective",
    what: "an objective",
    fields: &[
        Field::optional("latency", Kind::TIME_ABOVE_ZERO, "Most from arrival to last byte; default: any."),
        Field::optional("ttft", Kind::TIME_ABOVE_ZERO, "Most from arrival to first byte; default: any."),
    ],
};

pub(crate) static OPERATION: Shape = Shape {
    name: "operation",
    what: "an operation",
    fields: &[
        Field::optional("method", Kind::Text, "HTTP method; default POST."),
        Field::required("path", Kind::Text, "Path and query below the backend URL, beginning with a slash."),
        Field::optional("headers", Kind::Map(&Kind::Text), "Headers that clients send."),
    ],
};

pub(crate) static ENDPOINT: Shape = Shape {
    name: "endpoint",
    what: "an endpoint",
    fields: &[
        Field::required("url", Kind::Text, "What the URL of the call begins with."),
        Field::optional("method", Kind::Text, "HTTP method; default: every one."),
        Field::optional("status", Kind::integer(100, 599), "Status of the answer; default 200."),
        Field::optional("headers", Kind::Map(&Kind::Text), "Headers of the answer."),
        Field::optional("body", Kind::Text, "Body of the answer; default: none."),
        Field::optional("latency", Kind::TIME, "Time until the answer arrives; default 0s."),
    ],
};

pub(crate) static BACKEND: Shape = Shape {
    name: "backend",
    what: "a backend",
    fields: &[
        Field::optional("region", Kind::Text, "Region, for reports."),
        Field::required("model", Kind::Text, "Model name; gives defaults for what is left out below."),
        Field::optional(
            "standard",
            Kind::Object(&STANDARD),
            "A pay-as-you-go deployment; this, `provisioned` or `servers`.",
        ),
        Field::optional(
            "provisioned",
            Kind::Object(&PROVISIONED),
            "A provisioned deployment; this, `standard` or `servers`.",
        ),
        Field::optional(
            "servers",
            Kind::Object(&SERVERS),
            "Servers of your own, without quota; this, `standard` or `provisioned`.",
        ),
        LATENCY_FIELD,
        Field::optional("network", Kind::TIME, "Round trip between gateway and deployment; default 0s."),
        REFUSAL_FIELD,
        CACHING_FIELD,
        CONTEXT_FIELD,
        THROTTLING_FIELD,
        DEPLOYMENT_TYPE_FIELD,
        PRICES_FIELD,
        OVERLOAD_FIELD,
        QUOTA_FIELD,
        ANSWERS_FIELD,
    ],
};

// Fields of backends and of deployments that are spilled to.
pub(super) const LATENCY_FIELD: Field =
    Field::optional("latency", Kind::Object(&LATENCY), "How long answers take; default by model.");
pub(super) const REFUSAL_FIELD: Field =
    Field::optional("refusal", Kind::TIME, "Time the deployment takes for a 429; default 20ms.");
pub(super) const CONTEXT_FIELD: Field = Field::optional(
    "contextTokens",
    Kind::integer(1, 1_000_000_000),
    "Most tokens of a prompt and its `maxTokens`; 400 above. Default: any, provisioned gpt-4.1 128,000.",
);
pub(super) const THROTTLING_FIELD: Field =
    Field::optional("throttling", Kind::Object(&THROTTLING), "What its headers tell of limits and waits.");
pub(super) const DEPLOYMENT_TYPE_FIELD: Field = Field::optional(
    "deploymentType",
    Kind::Choice(DEPLOYMENT_TYPES),
    "Where it may process, which decides its prices; default global.",
);
pub(super) const PRICES_FIELD: Field = Field::optional(
    "prices",
    Kind::Object(&PRICES),
    "What its tokens cost; default by model and deployment type.",
);
pub(super) const OVERLOAD_FIELD: Field = Field::optional(
    "overload",
    Kind::Object(&OVERLOAD),
    "When it refuses for high demand although quota is free; default: never.",
);
const QUOTA_KIND: &Kind = &Kind::Object(&QUOTA_STEP);
pub(super) const QUOTA_FIELD: Field = Field::optional(
    "quota",
    Kind::List { of: QUOTA_KIND, min: 0, max: 10_000 },
    "Changes of its quota, in order of time: dynamic quota, temporary limits.",
);

pub(crate) static STANDARD: Shape = Shape {
    name: "standard",
    what: "a Standard deployment",
    fields: &[
        Field::required("tpm", Kind::integer(1, 1_000_000_000_000), "Quota in tokens per minute."),
        Field::optional(
            "rpm",
            Kind::integer(1, 1_000_000_000_000),
            "Requests per minute; default by model and tpm.",
        ),
        Field::optional("tokenWindow", Kind::TIME_ABOVE_ZERO, "Length of the token window; default 60s."),
        Field::optional("requestWindow", Kind::TIME_ABOVE_ZERO, "Length of the request window; default 10s."),
        Field::optional(
            "tokenCost",
            Kind::Object(&TOKEN_COST),
            "How a request is estimated; default by model.",
        ),
        Field::optional(
            "windowKind",
            Kind::Choice(&["sliding", "fixed-minute"]),
            "How both windows move on; default sliding, as measured.",
        ),
        Field::optional(
            "requestLimit",
            Kind::integer(1, 1_000_000_000_000),
            "Requests in one request window; default: the share of rpm.",
        ),
        Field::optional(
            "countRejected",
            Kind::Flag,
            "Whether refused requests count, as documented but not measured; default false.",
        ),
        Field::optional(
            "refundOnCompletion",
            Kind::Flag,
            "Whether the end of a request frees what it did not use, as documented but not measured; default false.",
        ),
    ],
};

pub(crate) static SERVERS: Shape = Shape {
    name: "servers",
    what: "a group of servers",
    fields: &[
        Field::required("count", Kind::integer(1, 1_000_000), "Calls at work at once."),
        Field::required("queue", Kind::integer(0, 1_000_000_000), "Calls that may wait for a free server."),
        Field::optional(
            "refusal",
            Kind::integer(429, 503),
            "Status for a call that finds no place: 503 (default) or 429.",
        ),
    ],
};

pub(crate) static MODEL: Shape = Shape {
    name: "model",
    what: "a model",
    fields: &[
        Field::optional(
            "like",
            Kind::Text,
            "Known model that gives what is left out; default: the one of the same name, if there is one.",
        ),
        Field::optional(
            "rpmRatio",
            Kind::Object(&RPM_RATIO),
            "Requests per minute that come with a quota of tokens.",
        ),
        Field::optional("tokenCost", Kind::Object(&TOKEN_COST), "How a request is estimated."),
        Field::optional("latency", Kind::Object(&LATENCY), "How long answers of Standard deployments take."),
        Field::optional(
            "provisionedLatency",
            Kind::Object(&LATENCY),
            "How long answers of provisioned deployments take.",
        ),
        Field::optional(
            "inputTpmPerPtu",
            Kind::integer(1, 1_000_000_000),
            "Input tokens per minute that one unit carries.",
        ),
        Field::optional(
            "outputWeight",
            Kind::integer(1, 1_000),
            "Input tokens that one output token weighs.",
        ),
        Field::optional("prices", Kind::Object(&PRICES), "What tokens of Standard deployments cost."),
    ],
};

pub(crate) static RPM_RATIO: Shape = Shape {
    name: "rpmRatio",
    what: "a ratio",
    fields: &[
        Field::required("requests", Kind::integer(1, 1_000_000), "Requests per minute ..."),
        Field::required("tokens", Kind::integer(1, 1_000_000_000), "... for so many tokens per minute."),
    ],
};

/// Billionths of a US dollar per token, which is thousandths of a dollar per million.
pub(crate) static PRICES: Shape = Shape {
    name: "prices",
    what: "prices",
    fields: &[
        Field::required("input", NANO_USD, "Billionths of a US dollar per prompt token."),
        Field::optional("cachedInput", NANO_USD, "Likewise per cached prompt token; default: no discount."),
        Field::required("output", NANO_USD, "Likewise per generated token."),
    ],
};

const NANO_USD: Kind = Kind::integer(0, 1_000_000_000_000);

/// US dollars for one provisioned unit.
pub(crate) static UNIT_PRICES: Shape = Shape {
    name: "unitPrices",
    what: "prices of units",
    fields: &[
        Field::required("hour", USD, "US dollars an hour without reservation."),
        Field::optional(
            "month",
            USD,
            "US dollars a month with a reservation for a month; default: not known.",
        ),
        Field::optional("year", USD, "US dollars a year with a reservation for a year; default: not known."),
    ],
};

const USD: Kind = Kind::Number { min: 0.0, max: 1e9 };

pub(crate) static TOKEN_COST: Shape = Shape {
    name: "tokenCost",
    what: "a token cost",
    fields: &[
        Field::optional("kind", Kind::Choice(&["chat", "embeddings"]), "Shape of the estimate."),
        Field::optional(
            "defaultMaxTokens",
            Kind::integer(0, 10_000_000),
            "Stands for max_tokens when unset.",
        ),
        Field::optional("charsPerToken", Kind::integer(1, 1_000), "Characters per estimated token."),
        Field::optional("perMessage", Kind::integer(0, 1_000_000), "Added for each message."),
        Field::optional("countPrompt", Kind::Flag, "Whether the prompt counts."),
    ],
};

pub(crate) static PROVISIONED: Shape = Shape {
    name: "provisioned",
    what: "a provisioned deployment",
    fields: &[
        Field::required("ptu", Kind::integer(1, 100_000), "Provisioned throughput units."),
        Field::optional(
            "unitPrices",
            Kind::Object(&UNIT_PRICES),
            "What one unit costs; default by deployment type.",
        ),
        Field::optional(
            "inputTpmPerPtu",
            Kind::integer(1, 1_000_000_000),
            "Input tokens per minute that one unit carries; default by model.",
        ),
        Field::optional(
            "outputWeight",
            Kind::integer(1, 1_000),
            "Input tokens that one output token weighs; default by model.",
        ),
        Field::optional(
            "bucketDepth",
            Kind::TIME_ABOVE_ZERO,
            "Depth of the bucket as time of its drain rate; default: switch ptu.bucket_depth.",
        ),
        Field::optional(
            "defaultCompletionTokens",
            Kind::integer(0, 10_000_000),
            "Estimate of the completion when max_tokens is unset; default 1000.",
        ),
        Field::optional(
            "spilloverDeploymentName",
            Kind::Text,
            "One of `spilloverDeployments`, which gets what this deployment answers 429, 500 or 503 to; default: \
             what the header x-ms-spillover-deployment of a request names.",
        ),
    ],
};

const CV: Kind = Kind::Number { min: 0.0, max: 100.0 };

pub(crate) static LATENCY: Shape = Shape {
    name: "latency",
    what: "a latency",
    fields: &[
        Field::optional(
            "family",
            Kind::Choice(FAMILIES),
            "How times spread: lognormal (default), gamma, constant, or empirical, which draws from `samples`. \
             Others than lognormal have no tail and no dependence on load unless those are given.",
        ),
        Field::optional(
            "ttft",
            Kind::TIME,
            "Median (gamma: mean) time to the first token of an empty prompt.",
        ),
        Field::optional("ttftPerPromptToken", Kind::TIME, "Added to it for each prompt token."),
        Field::optional(
            "ttftSigma",
            Kind::Number { min: 0.0, max: 10.0 },
            "Standard deviation of its logarithm.",
        ),
        Field::optional("ttftCv", CV, "Its coefficient of variation, for the family gamma."),
        Field::optional("tpot", Kind::TIME, "Median (gamma: mean) time per output token after the first."),
        Field::optional(
            "tpotSigma",
            Kind::Number { min: 0.0, max: 10.0 },
            "Standard deviation of its logarithm.",
        ),
        Field::optional("tpotCv", CV, "Its coefficient of variation, for the family gamma."),
        Field::optional(
            "samples",
            Kind::Text,
            "CSV file of measured calls for the family empirical: `ttft_ms` and `tpot_ms` (or `latency_ms` and \
             `completion_tokens` beside the first), or `latency_ms` alone.",
        ),
        Field::optional("tailChance", Kind::Number { min: 0.0, max: 1.0 }, "Probability of a slow start."),
        Field::optional(
            "tailFactor",
            Kind::List { of: &Kind::Number { min: 1.0, max: 1_000_000.0 }, min: 2, max: 2 },
            "Smallest and largest factor of a slow start.",
        ),
        Field::optional(
            "loadFactor",
            Kind::Number { min: 1.0, max: 1_000_000.0 },
            "How many times as long everything takes under full load.",
        ),
        Field::optional(
            "loadCapacity",
            Kind::integer(0, 1_000_000_000),
            "Requests in flight that are full load; 0: load has no effect.",
        ),
    ],
};

pub(crate) static MEMBER: Shape = Shape {
    name: "member",
    what: "a pool member",
    fields: &[
        Field::optional("priority", Kind::integer(0, 100), "0 to 100, lower is served first."),
        Field::optional("weight", Kind::integer(0, 100), "0 to 100, share within one priority."),
    ],
};

pub(crate) static OUTPUT: Shape = Shape {
    name: "output",
    what: "an output",
    fields: &[
        Field::optional(
            "interval",
            Kind::TIME_ABOVE_ZERO,
            "Length of an interval of the timeline; default 10s.",
        ),
        Field::optional("requests", Kind::Flag, "Whether each request is written; default true."),
        Field::optional(
            "warmup",
            Kind::TIME,
            "Figures of the summary leave out requests that arrive before this; tables have them. Default 0s.",
        ),
    ],
};

/// All kinds of objects of the format.
pub(crate) static ALL: &[&Shape] = &[
    &SCENARIO,
    &POLICIES,
    &GATEWAY,
    &SCALING_STEP,
    &GATEWAY_REGION,
    &OPERATION,
    &ENDPOINT,
    &BACKEND,
    &SPILLOVER_DEPLOYMENT,
    &STANDARD,
    &SERVERS,
    &CACHING,
    &MODEL,
    &RPM_RATIO,
    &PRICES,
    &UNIT_PRICES,
    &OBJECTIVE,
    &TOKEN_COST,
    &PROVISIONED,
    &LATENCY,
    &THROTTLING,
    &OVERLOAD,
    &QUOTA_STEP,
    &SCRIPTED_ANSWER,
    &fault_shapes::OUTAGE,
    &fault_shapes::FLAPPING,
    &fault_shapes::BLACK_HOLE,
    &fault_shapes::SLOW,
    &fault_shapes::ERRORS,
    &fault_shapes::ANSWER,
    &fault_shapes::AUTH_401,
    &fault_shapes::DEPLOYMENT_NOT_FOUND,
    &fault_shapes::PARTIAL,
    &fault_shapes::CAPACITY,
    &CARBON,
    &CLOSED_LOOP,
    &SESSIONS,
    &RETRY,
    &DISCONNECTS,
    &POISSON,
    &GAMMA,
    &WEIBULL,
    &ON_OFF,
    &STEPS,
    &STEP,
    &DIURNAL,
    &BURSTS,
    &SCRIPTED,
    &SCRIPTED_REQUEST,
    &REPLAY,
    &MIX,
    &CLIENT,
    &CALLER_SUBSCRIPTION,
    &REQUEST,
    &SERVEGEN,
    &REPLAYED_REQUEST,
    &SCRIPTED_COMMON,
    &PREFIXES,
    &MESSAGE,
    &DISTRIBUTION,
    &MEMBER,
    &OUTPUT,
];
