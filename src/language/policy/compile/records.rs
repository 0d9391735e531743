//! Policies that change no message here: their shapes, and what is made of them.
//!
//! Rules (the page of each policy in the policy reference, 2026)
//! - What watches (trace, metrics, logs) and what calls somebody whose answer is not modelled (Dapr, service
//!   bus, content safety) has no effect on requests.
//! - The `validate-...` policies that need schemas or certificates let every request pass, with a warning.

use super::Compiler;
use super::shape::{Child, Content, DATA, EMPTY, Field, Kind, Shape, TEXT, many, maybe, optional, required};
use crate::diagnostics::Diagnostic;
use crate::policy::operations::{Evaluated, Record, Trace};
use crate::policy::scan::Element;
use crate::policy::{Op, Operand, Text};

const ACTION: Kind = Kind::Word(&["ignore", "prevent", "detect"]);
const NAMED: &[Field] = &[required("name", Kind::Name), required("value", Kind::Text)];
const TRACE: Shape = Shape {
    fields: &[
        required("source", Kind::Text),
        optional("severity", Kind::Word(&["verbose", "information", "error"])),
    ],
    content: Content::AnyText,
    children: &[
        maybe("message", &Shape { content: Content::AnyText, ..EMPTY }),
        many("metadata", &Shape { fields: NAMED, ..EMPTY }),
    ],
};
const DIMENSION: Shape =
    Shape { fields: &[required("name", Kind::Name), optional("value", Kind::Text)], ..EMPTY };
const EMIT_METRIC: Shape = Shape {
    fields: &[required("name", Kind::Name), optional("namespace", Kind::Name), optional("value", Kind::Text)],
    children: &[many("dimension", &DIMENSION)],
    ..EMPTY
};
const TOKEN_METRIC: Shape = Shape {
    fields: &[optional("namespace", Kind::Name)],
    children: &[many("dimension", &DIMENSION)],
    ..EMPTY
};
const LOG: Shape = Shape {
    fields: &[
        required("logger-id", Kind::Name),
        optional("partition-id", Kind::Text),
        optional("partition-key", Kind::Text),
    ],
    content: Content::AnyText,
    children: &[],
};
const CONTENT_SAFETY: Shape = Shape {
    fields: &[
        required("backend-id", Kind::Name),
        optional("shield-prompt", Kind::Flag),
        optional("enforce-on-completions", Kind::Flag),
        optional("window-size", Kind::Whole(0, u32::MAX)),
        optional("window-overlap-size", Kind::Whole(0, u32::MAX)),
    ],
    content: Content::Nothing,
    children: &[
        maybe(
            "categories",
            &Shape {
                fields: &[optional(
                    "output-type",
                    Kind::Word(&["FourSeverityLevels", "EightSeverityLevels"]),
                )],
                children: &[many(
                    "category",
                    &Shape {
                        fields: &[
                            required("name", Kind::Word(&["Hate", "SelfHarm", "Sexual", "Violence"])),
                            required("threshold", Kind::Whole(0, 7)),
                        ],
                        ..EMPTY
                    },
                )],
                ..EMPTY
            },
        ),
        maybe("blocklists", &Shape { children: &[many("id", &TEXT)], ..EMPTY }),
    ],
};
const PROXY: Shape = Shape {
    fields: &[
        required("url", Kind::Name),
        optional("username", Kind::Text),
        optional("password", Kind::Text),
    ],
    ..EMPTY
};
const CERTIFICATE: Shape = Shape {
    fields: &[
        optional("thumbprint", Kind::Name),
        optional("certificate-id", Kind::Name),
        optional("body", Kind::Value),
        optional("password", Kind::Text),
    ],
    ..EMPTY
};
const DAPR_BINDING: Shape = Shape {
    fields: &[
        required("name", Kind::Name),
        optional("operation", Kind::Text),
        optional("ignore-error", Kind::Flag),
        optional("response-variable-name", Kind::Name).written(),
        optional("timeout", Kind::Seconds),
        optional("template", Kind::Text),
        optional("content-type", Kind::Text),
    ],
    content: Content::Nothing,
    children: &[
        maybe(
            "metadata",
            &Shape {
                children: &[many(
                    "item",
                    &Shape {
                        fields: &[required("key", Kind::Name)],
                        content: Content::AnyText,
                        children: &[],
                    },
                )],
                ..EMPTY
            },
        ),
        maybe("data", &Shape { content: Content::AnyText, ..EMPTY }),
    ],
};
const DAPR_PUBLISH: Shape = Shape {
    fields: &[
        optional("pubsub-name", Kind::Name),
        required("topic", Kind::Name),
        optional("ignore-error", Kind::Flag),
        optional("response-variable-name", Kind::Name).written(),
        optional("timeout", Kind::Seconds),
        optional("template", Kind::Text),
        optional("content-type", Kind::Text),
    ],
    content: Content::AnyText,
    children: &[],
};
const SERVICE_BUS: Shape = Shape {
    fields: &[
        optional("queue-name", Kind::Name),
        optional("topic-name", Kind::Name),
        optional("namespace", Kind::Name),
        optional("client-id", Kind::Name),
    ],
    content: Content::Nothing,
    children: &[
        maybe(
            "message-properties",
            &Shape {
                children: &[many(
                    "message-property",
                    &Shape {
                        fields: &[required("name", Kind::Name)],
                        content: Content::AnyText,
                        children: &[],
                    },
                )],
                ..EMPTY
            },
        ),
        maybe("payload", &Shape { content: Content::AnyText, ..EMPTY }),
    ],
};
const SUBSCRIPTION: Shape = Shape { fields: &[required("id", Kind::Name)], ..EMPTY };
const PUBLISH_EVENT: Shape = Shape {
    children: &[maybe(
        "targets",
        &Shape {
            children: &[many("subscription", &SUBSCRIPTION), many("graphql-subscription", &SUBSCRIPTION)],
            ..EMPTY
        },
    )],
    ..EMPTY
};
const ERRORS: Field = optional("errors-variable-name", Kind::Name).written();
const CONTENT: Shape = Shape {
    fields: &[
        required("unspecified-content-type-action", ACTION),
        required("max-size", Kind::Whole(0, u32::MAX)),
        required("size-exceeded-action", ACTION),
        ERRORS,
    ],
    content: Content::Nothing,
    children: &[
        maybe(
            "content-type-map",
            &Shape {
                fields: &[
                    optional("any-content-type-value", Kind::Text),
                    optional("missing-content-type-value", Kind::Text),
                ],
                children: &[many(
                    "type",
                    &Shape {
                        fields: &[
                            optional("from", Kind::Text),
                            optional("when", Kind::Flag),
                            required("to", Kind::Text),
                        ],
                        ..EMPTY
                    },
                )],
                ..EMPTY
            },
        ),
        many(
            "content",
            &Shape {
                fields: &[
                    optional("type", Kind::Text),
                    required("validate-as", Kind::Word(&["json", "xml", "soap"])),
                    optional("schema-id", Kind::Text),
                    optional("schema-ref", Kind::Text),
                    required("action", ACTION),
                    optional("allow-additional-properties", Kind::Flag),
                    optional("case-insensitive-property-names", Kind::Flag),
                ],
                ..EMPTY
            },
        ),
    ],
};
const NAME_ACTION: &[Field] = &[required("name", Kind::Name), required("action", ACTION)];
const HEADERS: Shape = Shape {
    fields: &[
        required("specified-header-action", ACTION),
        required("unspecified-header-action", ACTION),
        ERRORS,
    ],
    children: &[many("header", &Shape { fields: NAME_ACTION, ..EMPTY })],
    ..EMPTY
};
const PARAMETER_ACTIONS: &[Field] =
    &[optional("specified-parameter-action", ACTION), optional("unspecified-parameter-action", ACTION)];
const PARAMETER_GROUP: Shape = Shape {
    fields: PARAMETER_ACTIONS,
    children: &[many("parameter", &Shape { fields: NAME_ACTION, ..EMPTY })],
    ..EMPTY
};
const PARAMETERS: Shape = Shape {
    fields: &[
        required("specified-parameter-action", ACTION),
        required("unspecified-parameter-action", ACTION),
        ERRORS,
    ],
    children: &[
        maybe("headers", &PARAMETER_GROUP),
        maybe("query", &PARAMETER_GROUP),
        maybe("path", &PARAMETER_GROUP),
    ],
    ..EMPTY
};
const STATUS_CODE: Shape = Shape {
    fields: &[required("unspecified-status-code-action", ACTION), ERRORS],
    children: &[many(
        "status-code",
        &Shape { fields: &[required("code", Kind::Status), required("action", ACTION)], ..EMPTY },
    )],
    ..EMPTY
};
const IDENTITY: &[Field] = &[
    optional("thumbprint", Kind::Text),
    optional("serial-number", Kind::Text),
    optional("common-name", Kind::Text),
    optional("subject", Kind::Text),
    optional("dns-name", Kind::Text),
    optional("issuer-subject", Kind::Text),
    optional("issuer-thumbprint", Kind::Text),
    optional("issuer-certificate-id", Kind::Text),
];
const CLIENT_CERTIFICATE: Shape = Shape {
    fields: &[
        optional("validate-revocation", Kind::Flag),
        optional("validate-trust", Kind::Flag),
        optional("validate-not-before", Kind::Flag),
        optional("validate-not-after", Kind::Flag),
        optional("ignore-error", Kind::Flag),
    ],
    children: &[maybe(
        "identities",
        &Shape { children: &[many("identity", &Shape { fields: IDENTITY, ..EMPTY })], ..EMPTY },
    )],
    ..EMPTY
};
const ODATA: Shape = Shape {
    fields: &[
        optional("error-variable-name", Kind::Name).written(),
        optional("default-odata-version", Kind::Text),
        optional("min-odata-version", Kind::Text),
        optional("max-odata-version", Kind::Text),
        optional("max-size", Kind::Whole(0, u32::MAX)),
    ],
    ..EMPTY
};
const RULE: &[Child] = &[many(
    "rule",
    &Shape { fields: &[required("path", Kind::Name), required("action", Kind::Text)], ..EMPTY },
)];
const GRAPHQL: Shape = Shape {
    fields: &[
        optional("error-variable-name", Kind::Name).written(),
        optional("max-size", Kind::Whole(0, u32::MAX)),
        optional("max-depth", Kind::Whole(0, u32::MAX)),
    ],
    children: &[maybe("authorize", &Shape { children: RULE, ..EMPTY })],
    ..EMPTY
};

/// The shape of a policy without effect here, and whether it could refuse requests in the service.
fn shape_of(name: &str) -> Option<(&'static Shape, bool)> {
    Some(match name {
        "trace" => (&TRACE, false),
        "emit-metric" => (&EMIT_METRIC, false),
        "azure-openai-emit-token-metric" | "llm-emit-token-metric" => (&TOKEN_METRIC, false),
        "log-to-eventhub" => (&LOG, false),
        "llm-content-safety" => (&CONTENT_SAFETY, false),
        "proxy" => (&PROXY, false),
        "authentication-certificate" => (&CERTIFICATE, false),
        "invoke-dapr-binding" => (&DAPR_BINDING, false),
        "publish-to-dapr" => (&DAPR_PUBLISH, false),
        "send-service-bus-message" => (&SERVICE_BUS, false),
        "publish-event" => (&PUBLISH_EVENT, false),
        "cross-domain" => (&DATA, false),
        "validate-content" => (&CONTENT, true),
        "validate-headers" => (&HEADERS, true),
        "validate-parameters" => (&PARAMETERS, true),
        "validate-status-code" => (&STATUS_CODE, true),
        "validate-client-certificate" => (&CLIENT_CERTIFICATE, true),
        "validate-odata-request" => (&ODATA, true),
        "validate-graphql-request" => (&GRAPHQL, true),
        _ => return None,
    })
}

impl Compiler<'_> {
    /// A policy that changes no message. `false`: it is none.
    pub(super) fn record(&mut self, element: &Element, path: &str) -> bool {
        let Some((shape, may_refuse)) = shape_of(&element.name) else { return false };
        // The values of dimensions are wanted when the response is there.
        self.is_late = element.name.ends_with("-emit-token-metric");
        let mut filled = self.fill(element, shape);
        self.is_late = false;
        if may_refuse {
            let message = format!("`{}` is not evaluated", element.name);
            self.report(
                Diagnostic::warning("inert-policy", element.name_span, message)
                    .label("every request passes here"),
            );
        }
        if element.name == "authentication-certificate" && element.attributes.iter().all(|a| a.name == "id") {
            let message = "`authentication-certificate` needs `thumbprint`, `certificate-id` or `body`";
            self.error("missing-attribute", element.name_span, message, "expected one of them in this tag");
        }
        if filled.is_partial {
            return true;
        }
        let mut record = Record { may_refuse, ..Record::default() };
        if element.name == "trace" {
            let inner = filled.children("message").into_iter().next().and_then(|message| message.text);
            let message = inner.or(filled.text.take()).unwrap_or(Operand::Literal(Text::EMPTY));
            record.trace = filled.words("source").map(|source| Trace { source, message });
        }
        record.evaluated = filled.into_evaluated().into_iter().filter(Evaluated::is_computed).collect();
        self.emit(Op::Record(Box::new(record)), element, path);
        true
    }
}
