//! The format of tests, version 1, as tables.

use super::super::scenario::{FRAGMENTS, NAMED_VALUES, POLICIES, POLICY, POLICY_FORMAT};
use super::super::shape::{Field, Kind, Shape};

/// Every kind of object.
pub(crate) const ALL: &[&Shape] = &[
    &SUITE,
    &POLICIES,
    &DEFAULTS,
    &CASE,
    &REQUEST,
    &TIMED_REQUEST,
    &SUBSCRIPTION,
    &PRODUCT,
    &USER,
    &API,
    &OPERATION,
    &ANSWER,
    &EXPECT,
    &EXPECTED_ERROR,
    &EXPECTED_REQUEST,
    &CONTAINS,
];

const HEADER: Kind = Kind::Either(&[
    Kind::Characters,
    Kind::integer(0, u64::MAX),
    Kind::Null,
    Kind::List { of: &Kind::Characters, min: 1, max: 1_000 },
]);
const HEADER_EXPECTATION: Kind = Kind::Either(&[
    Kind::Characters,
    Kind::integer(0, u64::MAX),
    Kind::Null,
    Kind::Flag,
    Kind::Object(&CONTAINS),
]);
const SCRIPT: Kind =
    Kind::Either(&[Kind::Object(&ANSWER), Kind::List { of: &Kind::Object(&ANSWER), min: 1, max: 10_000 }]);
const TEXTS: Kind = Kind::List { of: &Kind::Characters, min: 0, max: 10_000 };

const SEMANTICS: Field =
    Field::optional("semantics", Kind::Any, "Readings of undocumented behaviour, by switch name.");
const BACKENDS: Field = Field::optional(
    "backends",
    Kind::Map(&SCRIPT),
    "What each backend answers, by backend-id: one answer for every call, or a list, for the 1st, 2nd, ... call. Default: 200.",
);
const ENDPOINTS: Field = Field::optional(
    "endpoints",
    Kind::Map(&SCRIPT),
    "What URLs answer that begin so: the service URL, base URLs, targets of send-request. The longest that fits; send-request finds nothing at any other.",
);

const SUBSCRIPTION_OR_NONE: Kind = Kind::Either(&[Kind::Null, Kind::Object(&SUBSCRIPTION)]);
const PRODUCT_OR_NONE: Kind = Kind::Either(&[Kind::Null, Kind::Object(&PRODUCT)]);
const USER_OR_NONE: Kind = Kind::Either(&[Kind::Null, Kind::Object(&USER)]);

const METHOD: Field = Field::optional("method", Kind::Text, "HTTP method; default POST.");
const PATH: Field =
    Field::optional("path", Kind::Text, "Path and query below the API, beginning with a slash; default /.");
const HEADERS: Field = Field::optional(
    "headers",
    Kind::Map(&HEADER),
    "Headers; a list gives one several values, null takes away that of the defaults.",
);
const BODY: Field = Field::optional("body", Kind::Any, "Body: text, or a JSON value that is sent as such.");
const PROMPT: Field = Field::optional(
    "promptTokens",
    Kind::integer(0, u32::MAX as u64),
    "Tokens of the prompt, for token limits; default: unknown.",
);
const CALLER: Field = Field::optional(
    "subscription",
    SUBSCRIPTION_OR_NONE,
    "Whose key is used; null: none. Default: subscription-1.",
);
const OF_PRODUCT: Field = Field::optional("product", PRODUCT_OR_NONE, "The product; default null: none.");
const OF_USER: Field = Field::optional("user", USER_OR_NONE, "The user; default null: none.");
const OF_API: Field = Field::optional("api", Kind::Object(&API), "The API.");
const OF_OPERATION: Field = Field::optional("operation", Kind::Object(&OPERATION), "The operation.");
const REGION: Field = Field::optional("region", Kind::Text, "Region of the gateway; default West Europe.");
const IP: Field = Field::optional("ip", Kind::Text, "Address of the client; default 203.0.113.7.");
const MATCHED: Field = Field::optional(
    "matchedParameters",
    Kind::Map(&Kind::Characters),
    "Parameters of the URL template and query, by name.",
);
const CERTIFICATE: Field = Field::optional(
    "clientCertificate",
    Kind::Text,
    "Thumbprint of the client's certificate; default: none.",
);
const EXPECTED: Field = Field::optional(
    "expect",
    Kind::Object(&EXPECT),
    "What must come out. What is left out is not looked at.",
);

pub(crate) static SUITE: Shape = Shape {
    name: "suite",
    what: "a file of tests",
    fields: &[
        Field::required("formatVersion", Kind::integer(1, 1), "Version of this format: 1."),
        Field::optional("name", Kind::Text, "Name in reports; default: name of the file."),
        Field::optional(
            "policy",
            POLICY,
            "Policy file (XML) of the API, or files by scope, relative to this file; this or `scenario`.",
        ),
        Field::optional(
            "scenario",
            Kind::Text,
            "Scenario file that policy, backends, readings and operation are taken from; this or `policy`.",
        ),
        Field::optional("variant", Kind::Text, "Variant of the scenario; default: the scenario itself."),
        Field::optional(
            "resources",
            Kind::List { of: &Kind::Text, min: 1, max: 1_000 },
            "Files with backend resources (Bicep, Terraform, ARM JSON), read together, relative to this file.",
        ),
        FRAGMENTS,
        NAMED_VALUES,
        POLICY_FORMAT,
        SEMANTICS,
        Field::optional(
            "start",
            Kind::Text,
            "UTC time at which every case begins; default 2026-01-01T00:00:00Z.",
        ),
        Field::optional(
            "serviceUrl",
            Kind::Text,
            "Service URL of the API: where requests go when the policy sets no backend.",
        ),
        Field::optional(
            "signingKeys",
            Kind::Map(&Kind::List { of: &Kind::Any, min: 0, max: 1_000 }),
            "Keys of tokens (JSON web keys), by issuer or URL of its configuration, in place of `openid-config`.",
        ),
        Field::optional(
            "defaults",
            Kind::Object(&DEFAULTS),
            "What holds for every case that says nothing else.",
        ),
        Field::required(
            "cases",
            Kind::List { of: &Kind::Object(&CASE), min: 1, max: 100_000 },
            "The tests. Each begins with a gateway that has just started.",
        ),
    ],
};

pub(crate) static DEFAULTS: Shape = Shape {
    name: "defaults",
    what: "the defaults",
    fields: &[Field::optional("request", Kind::Object(&REQUEST), "Fields of requests."), BACKENDS, ENDPOINTS],
};

pub(crate) static CASE: Shape = Shape {
    name: "case",
    what: "a case",
    fields: &[
        Field::required("name", Kind::Text, "What is tested; unique in the file."),
        Field::optional("request", Kind::Object(&REQUEST), "The request; default: that of the defaults."),
        Field::optional(
            "requests",
            Kind::List { of: &Kind::Object(&TIMED_REQUEST), min: 1, max: 10_000 },
            "Several requests, instead of `request` and `expect`.",
        ),
        BACKENDS,
        ENDPOINTS,
        SEMANTICS,
        EXPECTED,
        Field::optional(
            "breakers",
            Kind::Map(&Kind::Choice(&["tripped", "closed"])),
            "What the breakers must be when the last request is over, by backend-id.",
        ),
    ],
};

pub(crate) static REQUEST: Shape = Shape {
    name: "request",
    what: "a request",
    fields: &[
        METHOD,
        PATH,
        HEADERS,
        BODY,
        PROMPT,
        CALLER,
        OF_PRODUCT,
        OF_USER,
        OF_API,
        OF_OPERATION,
        REGION,
        IP,
        MATCHED,
        CERTIFICATE,
    ],
};

pub(crate) static TIMED_REQUEST: Shape = Shape {
    name: "timedRequest",
    what: "a request",
    fields: &[
        Field::optional("name", Kind::Text, "Name in reports; default: its position."),
        Field::optional("at", Kind::TIME, "When it arrives, from the start; default 0s."),
        METHOD,
        PATH,
        HEADERS,
        BODY,
        PROMPT,
        CALLER,
        OF_PRODUCT,
        OF_USER,
        OF_API,
        OF_OPERATION,
        REGION,
        IP,
        MATCHED,
        CERTIFICATE,
        EXPECTED,
    ],
};

pub(crate) static SUBSCRIPTION: Shape = Shape {
    name: "subscription",
    what: "a subscription",
    fields: &[
        Field::required("id", Kind::Text, "Its id."),
        Field::optional("name", Kind::Text, "Its name; default: the id."),
        Field::optional("key", Kind::Text, "The key that is used."),
    ],
};

pub(crate) static PRODUCT: Shape = Shape {
    name: "product",
    what: "a product",
    fields: &[
        Field::required("id", Kind::Text, "Its id."),
        Field::optional("name", Kind::Text, "Its name; default: the id."),
        Field::optional("groups", TEXTS, "Names of the groups that see it."),
    ],
};

pub(crate) static USER: Shape = Shape {
    name: "user",
    what: "a user",
    fields: &[
        Field::required("id", Kind::Text, "Its id."),
        Field::optional("email", Kind::Characters, "Mail address; default: none."),
        Field::optional("firstName", Kind::Characters, "First name; default: none."),
        Field::optional("lastName", Kind::Characters, "Last name; default: none."),
        Field::optional("groups", TEXTS, "Names of its groups."),
    ],
};

pub(crate) static API: Shape = Shape {
    name: "api",
    what: "an API",
    fields: &[
        Field::optional("id", Kind::Text, "Its id; default azure-openai."),
        Field::optional("name", Kind::Text, "Its name; default: the id, or Azure OpenAI."),
        Field::optional("path", Kind::Characters, "Path below the gateway; default openai."),
        Field::optional("revision", Kind::Text, "Revision; default 1."),
        Field::optional("version", Kind::Text, "Version; default: none."),
    ],
};

pub(crate) static OPERATION: Shape = Shape {
    name: "operation",
    what: "an operation",
    fields: &[
        Field::optional("id", Kind::Text, "Its id; default chat-completions."),
        Field::optional("name", Kind::Text, "Its name; default: the id, or Create a chat completion."),
        Field::optional("method", Kind::Text, "Its method; default: that of the request."),
        Field::optional("urlTemplate", Kind::Text, "Its URL template."),
    ],
};

pub(crate) static ANSWER: Shape = Shape {
    name: "answer",
    what: "an answer",
    fields: &[
        Field::optional(
            "call",
            Kind::Either(&[Kind::integer(1, u32::MAX as u64), Kind::Text]),
            "The calls it is for, counted from 1 in each case for each backend and URL: a number, or text such as `2-3` or `2-`.",
        ),
        Field::optional("status", Kind::integer(100, 599), "Status; default 200."),
        Field::optional("reason", Kind::Characters, "Reason; default: the usual one of the status."),
        Field::optional("headers", Kind::Map(&HEADER), "Headers."),
        Field::optional("body", Kind::Any, "Body: text, or a JSON value."),
        Field::optional("delay", Kind::TIME, "Time until it comes; default 0s."),
        Field::optional("timeout", Kind::Flag, "Nothing ever comes."),
        Field::optional("connectionFailure", Kind::Flag, "There is no connection."),
        Field::optional("breaksOff", Kind::Flag, "The connection breaks after the headers."),
    ],
};

pub(crate) static EXPECT: Shape = Shape {
    name: "expect",
    what: "an expectation",
    fields: &[
        Field::optional("status", Kind::integer(100, 599), "Status of the response."),
        Field::optional("reason", Kind::Characters, "Its reason."),
        Field::optional(
            "headers",
            Kind::Map(&HEADER_EXPECTATION),
            "Its headers: a value, {\"contains\": part}, true (there), or null (not there).",
        ),
        Field::optional(
            "body",
            Kind::Any,
            "Its body: text, a JSON value, {\"contains\": part}, or null (none). {\"json\": value} is a JSON value in any case.",
        ),
        Field::optional(
            "backends",
            TEXTS,
            "Backends that are called, in order; URLs where there is no backend.",
        ),
        Field::optional(
            "waits",
            Kind::List { of: &Kind::TIME, min: 0, max: 10_000 },
            "Waits before retries, in order, those of 0s included.",
        ),
        Field::optional("variables", Kind::Map(&Kind::Any), "Variables at the end; null: not set, or null."),
        Field::optional("trace", TEXTS, "Lines of the trace, in order."),
        Field::optional("calls", TEXTS, "URLs that send-request calls, in order."),
        Field::optional(
            "error",
            Kind::Either(&[Kind::Null, Kind::Object(&EXPECTED_ERROR)]),
            "context.LastError at the end; null: there is none.",
        ),
        Field::optional("sent", Kind::Object(&EXPECTED_REQUEST), "The last request to a backend."),
        Field::optional("elapsed", Kind::TIME, "Time from arrival to the response."),
    ],
};

pub(crate) static EXPECTED_ERROR: Shape = Shape {
    name: "expectedError",
    what: "an expected error",
    fields: &[
        Field::optional("source", Kind::Characters, "Source: the policy that failed."),
        Field::optional("reason", Kind::Characters, "Reason."),
        Field::optional("messageContains", Kind::Text, "Part of Message."),
        Field::optional("section", Kind::Choice(&["inbound", "backend", "outbound", "on-error"]), "Section."),
        Field::optional("path", Kind::Characters, "Path, for example `choose[1]/when[2]`."),
    ],
};

pub(crate) static EXPECTED_REQUEST: Shape = Shape {
    name: "expectedRequest",
    what: "an expected request",
    fields: &[
        Field::optional("headers", Kind::Map(&HEADER_EXPECTATION), "Its headers, as in `expect`."),
        Field::optional("path", Kind::Text, "Its path and query."),
        Field::optional("body", Kind::Any, "Its body, as in `expect`."),
    ],
};

pub(crate) static CONTAINS: Shape = Shape {
    name: "contains",
    what: "a part of a text",
    fields: &[Field::required("contains", Kind::Text, "What must be in it.")],
};
