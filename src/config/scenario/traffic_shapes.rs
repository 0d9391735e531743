//! `traffic` in the scenario format, as tables.

use super::super::shape::{Field, Kind, Shape};
use super::mix_shapes::MIX;

/// Traffic by its `kind`.
pub(crate) static TRAFFIC: &[(&str, &Shape)] = &[
    ("closed-loop", &CLOSED_LOOP),
    ("poisson", &POISSON),
    ("gamma", &GAMMA),
    ("weibull", &WEIBULL),
    ("on-off", &ON_OFF),
    ("steps", &STEPS),
    ("diurnal", &DIURNAL),
    ("bursts", &BURSTS),
    ("scripted", &SCRIPTED),
    ("replay", &REPLAY),
    ("sessions", &SESSIONS),
    ("mix", &MIX),
    ("servegen", &SERVEGEN),
];

pub(super) const TRAFFIC_KIND: Field = Field::required(
    "kind",
    Kind::Choice(&[
        "closed-loop",
        "poisson",
        "gamma",
        "weibull",
        "on-off",
        "steps",
        "diurnal",
        "bursts",
        "scripted",
        "replay",
        "sessions",
        "mix",
        "servegen",
    ]),
    "How arrivals come about.",
);
const REQUEST_FIELD: Field =
    Field::required("request", Kind::Object(&REQUEST), "How large requests and answers are.");
const CLIENT_TIMEOUT: Field = Field::optional(
    "clientTimeout",
    Kind::TIME_ABOVE_ZERO,
    "How long a client waits for the complete answer; default: for ever.",
);
const DISCONNECTS_FIELD: Field = Field::optional(
    "disconnects",
    Kind::Object(&DISCONNECTS),
    "Clients that leave a stream before its end; default: nobody does.",
);

const CLIENT_RETRY: Field = Field::optional(
    "clientRetry",
    Kind::Object(&RETRY),
    "How clients try again when a call fails; `{}` is how the OpenAI libraries do. Default: they do not.",
);

pub(crate) static DISCONNECTS: Shape = Shape {
    name: "disconnects",
    what: "how clients leave",
    fields: &[
        Field::required("share", Kind::Number { min: 0.0, max: 1.0 }, "Share of the streamed answers."),
        Field::required(
            "afterTokens",
            TOKENS,
            "After how many tokens of the answer: a number, or a distribution; later than the last: not at all.",
        ),
    ],
};

pub(crate) static RETRY: Shape = Shape {
    name: "clientRetry",
    what: "the retry of a client",
    fields: &[
        Field::optional("retries", Kind::integer(0, 100), "Most further tries of one call; default 2."),
        Field::optional(
            "statuses",
            Kind::List { of: &Kind::Text, min: 0, max: 100 },
            "Statuses after which clients try again, each one or a range; default 408-409, 429 and 500-599.",
        ),
        Field::optional(
            "onTimeout",
            Kind::Flag,
            "Whether they do after `clientTimeout` and after a broken answer; default true.",
        ),
        Field::optional(
            "firstWait",
            Kind::TIME,
            "Wait before the first further try, doubled each time; default 500ms.",
        ),
        Field::optional("longestWait", Kind::TIME, "The longest of these waits; default 8s."),
        Field::optional(
            "jitter",
            Kind::Number { min: 0.0, max: 1.0 },
            "By which share a wait is shortened at most, to a thousandth; default 0.25.",
        ),
        Field::optional(
            "longestRetryAfter",
            Kind::TIME,
            "The longest wait of a response that clients respect; 0s: they look at none. Default 60s.",
        ),
        Field::optional(
            "budget",
            Kind::Number { min: 0.0, max: 100.0 },
            "Further tries that all clients together may spend for each call, to a thousandth; default: no limit.",
        ),
    ],
};

pub(crate) static CLOSED_LOOP: Shape = Shape {
    name: "closedLoop",
    what: "closed-loop traffic",
    fields: &[
        TRAFFIC_KIND,
        Field::required("requests", Kind::integer(1, 1_000_000_000), "Requests of all clients together."),
        Field::optional(
            "pause",
            Kind::TIME,
            "Time between an answer and the next request of the same client; default 0s.",
        ),
        Field::optional(
            "clients",
            Kind::integer(1, 1_000_000),
            "Clients at work at the same time; default 1.",
        ),
        REQUEST_FIELD,
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

pub(crate) static SESSIONS: Shape = Shape {
    name: "sessions",
    what: "traffic of sessions",
    fields: &[
        TRAFFIC_KIND,
        Field::required("sessions", Kind::integer(1, 100_000_000), "Sessions in all."),
        Field::optional(
            "users",
            Kind::integer(1, 1_000_000),
            "Users, each with one session after the other; this or `perSecond`.",
        ),
        Field::optional("perSecond", RATE, "Sessions that begin per second, independently; this or `users`."),
        Field::required("turns", TOKENS, "Turns of a session, at most 10000: a number, or a distribution."),
        Field::optional(
            "thinkTime",
            Kind::TIME,
            "Mean time, exponential, between an answer and the next turn or the user's next session; default 0s.",
        ),
        Field::optional(
            "history",
            Kind::Flag,
            "Whether a prompt has the turns before in front of its own; default true.",
        ),
        Field::optional(
            "keepCookies",
            Kind::Number { min: 0.0, max: 1.0 },
            "Share of the sessions whose client stores cookies and sends them back; default 1.",
        ),
        REQUEST_FIELD,
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

/// Arrivals per second, where there must be some.
const RATE: Kind = Kind::Number { min: 0.000_001, max: 1_000_000.0 };
/// Arrivals per second, or none.
const RATE_OR_NONE: Kind = Kind::Number { min: 0.0, max: 1_000_000.0 };
const PER_SECOND: Field = Field::required("perSecond", RATE, "Mean arrivals per second.");
const REQUESTS: Field = Field::optional(
    "requests",
    Kind::integer(1, 1_000_000_000),
    "Stop after so many; this or `horizon` must be given.",
);
const CV_KIND: Kind = Kind::Number { min: 0.01, max: 100.0 };
const CV: Field = Field::required(
    "cv",
    CV_KIND,
    "Coefficient of variation of the gaps: 1 as Poisson, above it bursty, below it regular.",
);
const CV_OR_POISSON: Field = Field::optional(
    "cv",
    CV_KIND,
    "Coefficient of variation of the gaps, which are gamma then; default: Poisson arrivals.",
);

pub(crate) static POISSON: Shape = Shape {
    name: "poisson",
    what: "poisson traffic",
    fields: &[
        TRAFFIC_KIND,
        PER_SECOND,
        REQUESTS,
        REQUEST_FIELD,
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

pub(crate) static GAMMA: Shape = Shape {
    name: "gamma",
    what: "gamma traffic",
    fields: &[
        TRAFFIC_KIND,
        PER_SECOND,
        CV,
        REQUESTS,
        REQUEST_FIELD,
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

pub(crate) static WEIBULL: Shape = Shape {
    name: "weibull",
    what: "weibull traffic",
    fields: &[
        TRAFFIC_KIND,
        PER_SECOND,
        CV,
        REQUESTS,
        REQUEST_FIELD,
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

/// States change at most so fast, so that quiet ones cost no time.
const STATE_TIME: Kind = Kind::Time { min_nanos: 10_000_000 };

pub(crate) static ON_OFF: Shape = Shape {
    name: "onOff",
    what: "on-off traffic",
    fields: &[
        TRAFFIC_KIND,
        Field::required(
            "onPerSecond",
            Kind::Number { min: 0.001, max: 1_000_000.0 },
            "Mean arrivals per second while on.",
        ),
        Field::optional("offPerSecond", RATE_OR_NONE, "The same while off; default 0."),
        Field::required("on", STATE_TIME, "Mean time on, at least 10ms."),
        Field::required("off", STATE_TIME, "Mean time off, at least 10ms."),
        REQUESTS,
        REQUEST_FIELD,
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

pub(crate) static STEPS: Shape = Shape {
    name: "steps",
    what: "traffic in steps",
    fields: &[
        TRAFFIC_KIND,
        Field::required(
            "steps",
            Kind::List { of: &Kind::Object(&STEP), min: 1, max: 100_000 },
            "Rates one after the other.",
        ),
        Field::optional(
            "repeat",
            Kind::Flag,
            "Whether the first step follows after the last; default false: nothing comes after it.",
        ),
        CV_OR_POISSON,
        REQUESTS,
        REQUEST_FIELD,
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

pub(crate) static STEP: Shape = Shape {
    name: "step",
    what: "a step",
    fields: &[
        Field::required("for", Kind::TIME_ABOVE_ZERO, "How long it lasts."),
        Field::required("perSecond", RATE_OR_NONE, "Mean arrivals per second."),
    ],
};

pub(crate) static DIURNAL: Shape = Shape {
    name: "diurnal",
    what: "diurnal traffic",
    fields: &[
        TRAFFIC_KIND,
        PER_SECOND,
        Field::required(
            "swing",
            Kind::Number { min: 0.0, max: 1.0 },
            "How far the rate swings about its mean: 0.5 is from half to one and a half.",
        ),
        Field::optional("period", Kind::Time { min_nanos: 1_440_000_000 }, "Length of a day; default 24h."),
        Field::optional("peak", Kind::TIME, "When the rate is highest, from the start on; default 0s."),
        CV_OR_POISSON,
        REQUESTS,
        REQUEST_FIELD,
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

pub(crate) static BURSTS: Shape = Shape {
    name: "bursts",
    what: "traffic in bursts",
    fields: &[
        TRAFFIC_KIND,
        Field::optional("perSecond", RATE_OR_NONE, "Mean arrivals per second besides the bursts; default 0."),
        Field::required(
            "every",
            Kind::TIME_ABOVE_ZERO,
            "Time before the first burst and from one to the next.",
        ),
        Field::required("size", Kind::integer(1, 1_000_000), "Requests of a burst."),
        Field::optional("within", Kind::TIME, "How long a burst takes, at most `every`; default 1s."),
        REQUESTS,
        REQUEST_FIELD,
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

pub(crate) static SCRIPTED: Shape = Shape {
    name: "scripted",
    what: "scripted traffic",
    fields: &[
        TRAFFIC_KIND,
        Field::required(
            "requests",
            Kind::List { of: &Kind::Object(&SCRIPTED_REQUEST), min: 1, max: 1_000_000 },
            "The requests, one by one.",
        ),
        Field::optional("request", Kind::Object(&SCRIPTED_COMMON), "What all requests have in common."),
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

pub(crate) static SCRIPTED_REQUEST: Shape = Shape {
    name: "scriptedRequest",
    what: "a scripted request",
    fields: &[
        Field::optional("at", Kind::TIME, "When it is sent, from the start on; this or `pause`."),
        Field::optional(
            "pause",
            Kind::TIME,
            "Time between the end of the request before it in the list (or the start) and this one.",
        ),
        Field::optional(
            "messages",
            Kind::List { of: &Kind::Object(&MESSAGE), min: 1, max: 10_000 },
            "The messages of the prompt; this, `promptTokens` or both.",
        ),
        Field::optional(
            "promptTokens",
            Kind::integer(1, 10_000_000),
            "Tokens of the prompt; default: those of the messages, at 4 characters each.",
        ),
        Field::required(
            "completionTokens",
            Kind::integer(1, 10_000_000),
            "Tokens the model would write without a limit.",
        ),
        Field::optional(
            "maxTokens",
            Kind::integer(1, 10_000_000),
            "max_tokens; default: that of all requests.",
        ),
        Field::optional(
            "prefix",
            Kind::integer(0, u64::MAX),
            "Number of the beginning of its prompt: those with the same number begin the same.",
        ),
        Field::optional(
            "prefixTokens",
            Kind::integer(1, 10_000_000),
            "How many tokens of it there are; default: the whole prompt.",
        ),
        Field::optional(
            "service",
            Kind::TIME,
            "Time the deployment takes for the whole answer; default: as its latency model says.",
        ),
        Field::optional(
            "firstToken",
            Kind::TIME,
            "Part of `service` until the first token of a stream; default: all of it.",
        ),
    ],
};

pub(crate) static REPLAY: Shape = Shape {
    name: "replay",
    what: "replayed traffic",
    fields: &[
        TRAFFIC_KIND,
        Field::required(
            "trace",
            Kind::Text,
            "Trace file, relative to the scenario file: CSV of Azure LLM or BurstGPT, Mooncake JSONL; or gzip of it.",
        ),
        Field::optional("from", Kind::TIME, "Where the slice begins, from the first request on; default 0s."),
        Field::optional(
            "to",
            Kind::TIME_ABOVE_ZERO,
            "Where the slice ends; default: after the last request.",
        ),
        Field::optional(
            "speed",
            Kind::Number { min: 0.000_001, max: 1_000_000.0 },
            "How many times as fast as recorded; default 1.",
        ),
        Field::optional(
            "rounds",
            Kind::integer(1, 1_000_000),
            "How often the slice is replayed; default 1. A round lasts to `to`, or until a mean gap after the end.",
        ),
        Field::optional(
            "spread",
            Kind::Flag,
            "Whether requests of one tick of a coarse clock are spread over it; default true.",
        ),
        Field::optional(
            "request",
            Kind::Object(&REPLAYED_REQUEST),
            "What the trace does not say about requests.",
        ),
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

const MAX_TOKENS: Field = Field::optional(
    "maxTokens",
    Kind::integer(1, 10_000_000),
    "max_tokens of every request; default: none is sent.",
);
const STREAM: Field =
    Field::optional("stream", Kind::Flag, "Whether clients ask for a stream; default false.");

const SHARED_PREFIXES: Field = Field::optional(
    "sharedPrefixes",
    Kind::Object(&PREFIXES),
    "How prompts begin alike, which deployments cache; default: each begins differently.",
);

pub(crate) static PREFIXES: Shape = Shape {
    name: "sharedPrefixes",
    what: "shared beginnings of prompts",
    fields: &[
        Field::required("count", Kind::integer(1, 1_000_000), "How many different beginnings there are."),
        Field::required(
            "tokens",
            Kind::integer(1, 10_000_000),
            "Length of each; a shorter prompt has only its own tokens of it.",
        ),
        Field::optional(
            "zipf",
            Kind::Number { min: 0.0, max: 10.0 },
            "The n-th is so many times less frequent as n to this power; default 0: all alike.",
        ),
        Field::optional(
            "share",
            Kind::Number { min: 0.0, max: 1.0 },
            "Share of the requests that have one; default 1.",
        ),
    ],
};

pub(crate) static REQUEST: Shape = Shape {
    name: "request",
    what: "a request",
    fields: &[
        Field::optional(
            "messages",
            Kind::List { of: &Kind::Object(&MESSAGE), min: 1, max: 10_000 },
            "The messages of every prompt; this or `promptTokens`.",
        ),
        Field::optional(
            "promptTokens",
            TOKENS,
            "Prompt tokens: a number, a distribution, or [share, tokens] of a measured one; this or `messages`.",
        ),
        Field::required("completionTokens", TOKENS, "Tokens the model would write without a limit."),
        MAX_TOKENS,
        STREAM,
        SHARED_PREFIXES,
    ],
};

pub(crate) static SERVEGEN: Shape = Shape {
    name: "servegen",
    what: "clients described by ServeGen",
    fields: &[
        TRAFFIC_KIND,
        Field::required("folder", Kind::Text, "Folder of `chunk-N-trace.csv` and `chunk-N-dataset.json`."),
        Field::optional("from", Kind::TIME, "Begin of the slice in the files' time; default 0s."),
        Field::optional("to", Kind::TIME_ABOVE_ZERO, "End of the slice; default: the last window's."),
        Field::optional(
            "scale",
            Kind::Number { min: 0.0, max: 1e6 },
            "How many times as many requests come; default 1.",
        ),
        Field::optional("clients", Kind::integer(1, 10_000), "Only those that send most; default: all."),
        Field::optional(
            "request",
            Kind::Object(&REPLAYED_REQUEST),
            "What requests have in common beside their sizes.",
        ),
        CLIENT_TIMEOUT,
        DISCONNECTS_FIELD,
        CLIENT_RETRY,
    ],
};

pub(crate) static REPLAYED_REQUEST: Shape = Shape {
    name: "replayedRequest",
    what: "a replayed request",
    fields: &[MAX_TOKENS, STREAM, SHARED_PREFIXES],
};

pub(crate) static SCRIPTED_COMMON: Shape = Shape {
    name: "scriptedCommon",
    what: "what scripted requests have in common",
    fields: &[MAX_TOKENS, STREAM],
};

pub(crate) static MESSAGE: Shape = Shape {
    name: "message",
    what: "a message",
    fields: &[Field::required("characters", Kind::integer(0, 100_000_000), "Length of its text.")],
};

/// A fixed number of tokens or a distribution.
/// A number, a log-normal distribution, or points of a measured one.
pub(crate) const TOKENS: Kind = Kind::Either(&[
    Kind::integer(1, 10_000_000),
    Kind::Object(&DISTRIBUTION),
    Kind::List { of: &QUANTILE, min: 2, max: 10_000 },
]);
const QUANTILE: Kind = Kind::List { of: &Kind::Number { min: 0.0, max: 1e7 }, min: 2, max: 2 };

pub(crate) static DISTRIBUTION: Shape = Shape {
    name: "distribution",
    what: "a log-normal distribution",
    fields: &[
        Field::required("median", Kind::Number { min: 1.0, max: 1e7 }, "Median in tokens."),
        Field::required(
            "sigma",
            Kind::Number { min: 0.0, max: 10.0 },
            "Standard deviation of the logarithm.",
        ),
        Field::required("max", Kind::integer(1, 10_000_000), "Largest value."),
    ],
};
