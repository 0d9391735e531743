//! `traffic` of the kind `mix` in the scenario format, as tables.

use super::super::shape::{Field, Kind, Shape};
use super::traffic_shapes::{BURSTS, DIURNAL, GAMMA, ON_OFF, POISSON, REPLAY, STEPS, TRAFFIC_KIND, WEIBULL};

/// Clients of one specification at most.
const MOST_ALIKE: u64 = 10_000;

/// What a client of a mix may send: whatever waits for no answer.
static CLIENT_TRAFFIC: &[(&str, &Shape)] = &[
    ("poisson", &POISSON),
    ("gamma", &GAMMA),
    ("weibull", &WEIBULL),
    ("on-off", &ON_OFF),
    ("steps", &STEPS),
    ("diurnal", &DIURNAL),
    ("bursts", &BURSTS),
    ("replay", &REPLAY),
];

pub(crate) static MIX: Shape = Shape {
    name: "mix",
    what: "a mix of clients",
    fields: &[
        TRAFFIC_KIND,
        Field::required("clients", Kind::Map(&Kind::Object(&CLIENT)), "Who sends, by name."),
    ],
};

pub(crate) static CLIENT: Shape = Shape {
    name: "client",
    what: "a client",
    fields: &[
        Field::optional(
            "count",
            Kind::integer(1, MOST_ALIKE),
            "How many there are of it, each with random numbers of its own; default 1.",
        ),
        Field::optional(
            "subscription",
            Kind::Object(&CALLER_SUBSCRIPTION),
            "Whose key is used; default: a subscription of its own for each client, called like it.",
        ),
        Field::optional(
            "headers",
            Kind::Map(&Kind::Text),
            "Headers that it sends beside those of the operation, or in their place.",
        ),
        Field::optional(
            "streamShare",
            Kind::Number { min: 0.0, max: 1.0 },
            "Share of its calls that ask for a stream; default: `stream` of the request, for all of them.",
        ),
        Field::optional(
            "region",
            Kind::Text,
            "The region of the gateway that it is in; default: one of them, by their shares.",
        ),
        Field::required(
            "traffic",
            Kind::Tagged { tag: "kind", cases: CLIENT_TRAFFIC },
            "When its requests come, how large they are, how long it waits and whether it tries again.",
        ),
    ],
};

pub(crate) static CALLER_SUBSCRIPTION: Shape = Shape {
    name: "callerSubscription",
    what: "a subscription",
    fields: &[
        Field::required("id", Kind::Text, "`context.Subscription.Id`; clients with the same id share it."),
        Field::optional("name", Kind::Text, "`context.Subscription.Name`; default: the id."),
        Field::optional(
            "key",
            Kind::Text,
            "Its key, which is sent in the header of the API (`api-key`); default: `key-of-` and the id.",
        ),
    ],
};
