//! `faults`, and what else of a backend changes with time, as tables.

use super::super::shape::{Field, Kind, Shape};

/// Kinds of faults.
pub(crate) const FAULTS: &[(&str, &Shape)] = &[
    ("outage", &OUTAGE),
    ("flapping", &FLAPPING),
    ("black-hole", &BLACK_HOLE),
    ("slow", &SLOW),
    ("errors", &ERRORS),
    ("answer", &ANSWER),
    ("auth_401", &AUTH_401),
    ("deployment_not_found", &DEPLOYMENT_NOT_FOUND),
    ("partial", &PARTIAL),
    ("capacity", &CAPACITY),
];

/// What connections that cannot be made fail with.
pub(crate) const HOWS: &[&str] = &["refused", "dns", "reset"];

/// A mean time of something random: not so short that nothing else happens.
const MEAN: Kind = Kind::Time { min_nanos: 1_000_000 };

const KIND_DOC: &str = "What happens; decides the other fields.";
const ON_BACKEND: Field = Field::optional("backend", Kind::Text, "Backend-id; this or `region`.");
const ON_REGION: Field = Field::optional("region", Kind::Text, "All backends of this region.");
const FROM: Field = Field::optional("from", Kind::TIME, "First instant, since run start; default 0s.");
const FOR: Field = Field::optional("for", Kind::TIME_ABOVE_ZERO, "How long; default: to the end of the run.");
const MTBF: Field = Field::optional(
    "mtbf",
    MEAN,
    "Happens by chance within that time: mean time from one to the next, exponential. Needs `mttr`.",
);
const MTTR: Field = Field::optional("mttr", MEAN, "Mean time that one lasts, exponential. Needs `mtbf`.");
const SHARE: Field =
    Field::optional("share", Kind::Number { min: 0.0, max: 1.0 }, "Share of the calls concerned; default 1.");
const HOW: Field = Field::optional(
    "how",
    Kind::Choice(HOWS),
    "How connections fail; default refused. Calls under way are lost when it begins.",
);
const AFTER: Field = Field::optional(
    "after",
    Kind::TIME,
    "Time until the gateway knows; default: the network's round trip, 0s for dns, as for a 429 for reset.",
);

/// The fields of a fault that is on from a time on: what all have, and those given.
macro_rules! scheduled {
    ($kind:literal $(, $field:expr)* $(,)?) => {
        &[
            Field::required("kind", Kind::Choice(&[$kind]), KIND_DOC),
            ON_BACKEND,
            ON_REGION,
            FROM,
            FOR,
            $($field),*
        ]
    };
}

/// The same of a fault that may also come by chance.
macro_rules! by_chance {
    ($kind:literal $(, $field:expr)* $(,)?) => { scheduled![$kind, MTBF, MTTR, $($field),*] };
}

pub(crate) static OUTAGE: Shape =
    Shape { name: "outage", what: "an outage", fields: by_chance!["outage", HOW, AFTER] };

pub(crate) static FLAPPING: Shape = Shape {
    name: "flapping",
    what: "flapping",
    fields: scheduled![
        "flapping",
        Field::required("period", MEAN, "Time from one outage to the next."),
        Field::optional(
            "share",
            Kind::Number { min: 0.0, max: 1.0 },
            "Share of each period, at its begin, without connection; default 0.5.",
        ),
        HOW,
        AFTER,
    ],
};

pub(crate) static BLACK_HOLE: Shape =
    Shape { name: "blackHole", what: "a black hole", fields: by_chance!["black-hole"] };

pub(crate) static SLOW: Shape = Shape {
    name: "slow",
    what: "a brown-out",
    fields: by_chance![
        "slow",
        Field::required(
            "factor",
            Kind::Number { min: 1.0, max: 1_000_000.0 },
            "How many times as long calls take.",
        ),
    ],
};

pub(crate) static ERRORS: Shape = Shape {
    name: "errors",
    what: "errors",
    fields: by_chance![
        "errors",
        Field::optional("status", Kind::integer(400, 599), "Status of the errors; default 500."),
        SHARE,
    ],
};

pub(crate) static ANSWER: Shape = Shape {
    name: "answer",
    what: "an answer",
    fields: by_chance![
        "answer",
        Field::required("status", Kind::integer(400, 599), "Status of the answer."),
        Field::optional(
            "headers",
            Kind::Map(&Kind::Either(&[Kind::Characters, Kind::integer(0, u64::MAX)])),
            "Headers of the answer, such as a wrong Retry-After.",
        ),
        Field::optional("body", Kind::Text, "Body of the answer; default: that of a plain error."),
        SHARE,
        Field::optional("times", Kind::integer(1, u64::MAX), "How many calls get it; default: all."),
    ],
};

pub(crate) static AUTH_401: Shape =
    Shape { name: "auth401", what: "a missing role", fields: scheduled!["auth_401"] };

pub(crate) static DEPLOYMENT_NOT_FOUND: Shape = Shape {
    name: "deploymentNotFound",
    what: "a missing deployment",
    fields: scheduled!["deployment_not_found",],
};

pub(crate) static PARTIAL: Shape = Shape {
    name: "partial",
    what: "answers that break off",
    fields: by_chance![
        "partial",
        Field::required(
            "afterTokens",
            Kind::integer(1, 10_000_000),
            "Tokens that still arrive; shorter answers end well.",
        ),
    ],
};

pub(crate) static CAPACITY: Shape = Shape {
    name: "capacity",
    what: "a change of capacity",
    fields: by_chance![
        "capacity",
        Field::required("factor", FACTOR, "Share of the quota, or of the provisioned units: 0.5 is half."),
    ],
};

const FACTOR: Kind = Kind::Number { min: 0.0, max: 1_000.0 };

pub(crate) static OVERLOAD: Shape = Shape {
    name: "overload",
    what: "an overload",
    fields: &[
        Field::required("mtbf", MEAN, "Mean time from the end of one to the begin of the next, exponential."),
        Field::optional("duration", MEAN, "Mean time that one lasts, exponential; default 30s."),
        Field::optional("retryAfter", Kind::TIME, "Wait that the 429s tell; default 6s."),
        Field::optional(
            "probability",
            Kind::Number { min: 0.0, max: 1.0 },
            "Share of the calls refused meanwhile; default 1.",
        ),
    ],
};

pub(crate) static QUOTA_STEP: Shape = Shape {
    name: "quotaStep",
    what: "a change of quota",
    fields: &[
        Field::required("at", Kind::TIME, "From when on, since run start; until the next change."),
        Field::optional(
            "tpm",
            Kind::integer(1, 1_000_000_000_000),
            "Tokens per minute; default: as deployed.",
        ),
        Field::optional(
            "rpm",
            Kind::integer(1, 1_000_000_000_000),
            "Requests per minute; default: as deployed.",
        ),
        Field::optional("factor", FACTOR, "Share of both, or of the provisioned units; default 1."),
    ],
};
