//! Policies that authenticate, validate, and record.

use super::{Attribute, Policy, any, fixed, of};

const TOKEN_METRIC: &[Attribute] =
    &[fixed("namespace", "Namespace of the metrics; `API Management` by default.")];

pub(super) const POLICIES: &[Policy] = &[
    of(
        "authentication-managed-identity",
        "Gets a token for the identity of the service and sends it in `Authorization`, or keeps it in a variable.",
        &[
            any("resource", "What the token is for: `https://cognitiveservices.azure.com` for Azure OpenAI."),
            fixed("client-id", "Client id of a user-assigned identity; the system-assigned one without it."),
            fixed("output-token-variable-name", "Variable for the token; then the header is not set."),
            fixed("ignore-error", "Whether the pipeline goes on without a token; `false` by default."),
        ],
    ),
    of(
        "authentication-basic",
        "Sends a name and a password to the backend.",
        &[any("username", "The name."), any("password", "The password.")],
    ),
    of(
        "authentication-certificate",
        "Shows a client certificate to the backend.",
        &[any("thumbprint", "Thumbprint of the certificate.")],
    ),
    of(
        "get-authorization-context",
        "Gets a token of a configured authorization.",
        &[
            any("provider-id", "Id of the provider."),
            any("authorization-id", "Id of the authorization."),
            fixed("context-variable-name", "Variable for it."),
            fixed("identity-type", "`managed` (default) or `jwt`."),
            any("identity", "Token of the identity, for `jwt`."),
            any("ignore-error", "Whether the pipeline goes on without it; `false` by default."),
        ],
    ),
    of(
        "validate-jwt",
        "Refuses requests without a valid token.",
        &[
            any("header-name", "Header that holds the token."),
            any("failed-validation-httpcode", "Status of a refusal; 401 by default."),
            any("failed-validation-error-message", "Message of a refusal."),
            any("require-expiration-time", "Whether a token must expire; `true` by default."),
            any("require-scheme", "Scheme that must stand before the token, for example `Bearer`."),
            any("require-signed-tokens", "Whether a token must be signed; `true` by default."),
            any("clock-skew", "Seconds by which clocks may differ; 0 by default."),
            fixed("output-token-variable-name", "Variable for the token."),
        ],
    ),
    of(
        "validate-azure-ad-token",
        "Refuses requests without a valid token of Microsoft Entra.",
        &[
            any("tenant-id", "Tenant that must have issued it."),
            any("header-name", "Header that holds the token; `Authorization` by default."),
            any("failed-validation-httpcode", "Status of a refusal; 401 by default."),
            any("failed-validation-error-message", "Message of a refusal."),
            fixed("output-token-variable-name", "Variable for the token."),
        ],
    ),
    of(
        "validate-client-certificate",
        "Refuses requests without a valid client certificate.",
        &[
            any("validate-revocation", "Whether revocation is looked up; `true` by default."),
            any("validate-trust", "Whether the chain must be trusted; `true` by default."),
            any("ignore-error", "Whether the pipeline goes on all the same; `false` by default."),
        ],
    ),
    of(
        "check-header",
        "Refuses requests whose header has none of the listed values.",
        &[
            any("name", "Name of the header."),
            any("failed-check-httpcode", "Status of a refusal."),
            any("failed-check-error-message", "Message of a refusal."),
            any("ignore-case", "Whether letter case does not count."),
        ],
    ),
    of("ip-filter", "Lets in or keeps out callers by address.", &[fixed("action", "`allow` or `forbid`.")]),
    of(
        "cors",
        "Answers preflights, and says to browsers which origins may call.",
        &[
            any("allow-credentials", "Whether requests may carry credentials; `false` by default."),
            any(
                "terminate-unmatched-request",
                "Whether requests of other origins end with an empty 200; `true` by default.",
            ),
        ],
    ),
    of("cross-domain", "Lets Flash and Silverlight clients call.", &[]),
    of(
        "validate-content",
        "Checks size and schema of bodies.",
        &[
            any(
                "unspecified-content-type-action",
                "`ignore`, `prevent` or `detect` for other content types.",
            ),
            any("max-size", "Longest body in bytes."),
            any("size-exceeded-action", "`ignore`, `prevent` or `detect` for longer ones."),
            fixed("errors-variable-name", "Variable for the errors."),
        ],
    ),
    of(
        "validate-parameters",
        "Checks parameters against the API.",
        &[
            any("specified-parameter-action", "`ignore`, `prevent` or `detect` for parameters of the API."),
            any("unspecified-parameter-action", "`ignore`, `prevent` or `detect` for others."),
        ],
    ),
    of(
        "validate-headers",
        "Checks headers of responses against the API.",
        &[
            any("specified-header-action", "`ignore`, `prevent` or `detect` for headers of the API."),
            any("unspecified-header-action", "`ignore`, `prevent` or `detect` for others."),
        ],
    ),
    of(
        "validate-status-code",
        "Checks statuses of responses against the API.",
        &[any(
            "unspecified-status-code-action",
            "`ignore`, `prevent` or `detect` for statuses that the API lacks.",
        )],
    ),
    of("validate-odata-request", "Checks OData requests.", &[any("max-size", "Longest request in bytes.")]),
    of(
        "validate-graphql-request",
        "Checks and authorizes GraphQL requests.",
        &[any("max-size", "Longest request in bytes."), any("max-depth", "Deepest query.")],
    ),
    of(
        "llm-content-safety",
        "Has prompts checked by Azure AI Content Safety; refuses with 403.",
        &[
            any("backend-id", "Backend of Content Safety."),
            any("shield-prompt", "Whether attacks by prompts are looked for; `false` by default."),
            any("enforce-on-completions", "Whether completions are checked too; `false` by default."),
            any("window-size", "Characters that are checked at a time."),
        ],
    ),
    of(
        "llm-emit-token-metric",
        "Sends token counts to Application Insights, by the given dimensions.",
        TOKEN_METRIC,
    ),
    of("azure-openai-emit-token-metric", "The older name of `llm-emit-token-metric`.", TOKEN_METRIC),
    of(
        "emit-metric",
        "Sends a metric to Application Insights.",
        &[
            any("name", "Name of the metric."),
            any("value", "Its value; 1 by default."),
            any("namespace", "Its namespace; `API Management` by default."),
        ],
    ),
    of(
        "trace",
        "Writes a line to traces and logs; changes nothing.",
        &[
            fixed("source", "Name of the place."),
            fixed("severity", "`verbose` (default), `information` or `error`."),
        ],
    ),
    of(
        "log-to-eventhub",
        "Sends text to an event hub.",
        &[
            any("logger-id", "Id of the logger."),
            any("partition-id", "Partition of the hub."),
            any("partition-key", "Key of the partition."),
        ],
    ),
    of("publish-event", "Tells GraphQL subscriptions of an event.", &[]),
    of(
        "publish-to-dapr",
        "Publishes a message with Dapr.",
        &[
            any("topic", "Topic of the message."),
            any("pubsub-name", "Name of the component."),
            any("ignore-error", "Whether the pipeline goes on when it fails; `false` by default."),
        ],
    ),
    of(
        "invoke-dapr-binding",
        "Invokes a binding of Dapr.",
        &[
            any("name", "Name of the binding."),
            any("operation", "Operation of the binding."),
            any("ignore-error", "Whether the pipeline goes on when it fails; `false` by default."),
            fixed("response-variable-name", "Variable for the response."),
            any("timeout", "Seconds until it is given up."),
        ],
    ),
    of(
        "send-service-bus-message",
        "Sends a message to Service Bus.",
        &[any("queue-name", "Queue of the message."), any("namespace", "Namespace of Service Bus.")],
    ),
];
