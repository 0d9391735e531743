//! Policies that count: rates, quotas, tokens; and caches.

use super::{Attribute, Policy, any, fixed, of};

const TOKEN_LIMIT: &[Attribute] = &[
    any("counter-key", "Requests with the same key count together; one counter for all scopes."),
    any(
        "tokens-per-minute",
        "Most tokens in a minute; beyond it 429. A rate, a quota, or both must be there.",
    ),
    any("token-quota", "Most tokens in a period; beyond it 403."),
    any("token-quota-period", "`Hourly`, `Daily`, `Weekly`, `Monthly` or `Yearly`."),
    any(
        "estimate-prompt-tokens",
        "`true` counts the prompt before it is sent, `false` by the usage in responses. Must be there.",
    ),
    fixed("retry-after-header-name", "Header with the seconds to wait; `Retry-After` by default."),
    fixed("retry-after-variable-name", "Variable with the seconds to wait."),
    fixed("remaining-tokens-header-name", "Header with the tokens left in this minute."),
    fixed("remaining-tokens-variable-name", "Variable with the tokens left in this minute."),
    fixed("remaining-quota-tokens-header-name", "Header with the tokens left of the quota."),
    fixed("remaining-quota-tokens-variable-name", "Variable with the tokens left of the quota."),
    fixed("tokens-consumed-header-name", "Header with the tokens that the request took."),
    fixed("tokens-consumed-variable-name", "Variable with the tokens that the request took."),
];

const SEMANTIC_LOOKUP: &[Attribute] = &[
    any("score-threshold", "How near a prompt must be to one in the cache, 0 to 1."),
    any("embeddings-backend-id", "Backend that makes embeddings."),
    any("embeddings-backend-auth", "`system-assigned`."),
    any(
        "ignore-system-messages",
        "Whether system messages are left out of the comparison; `false` by default.",
    ),
    any("max-message-count", "Longer conversations are not looked up."),
];

const SEMANTIC_STORE: &[Attribute] = &[any("duration", "Seconds for which a response is kept.")];

pub(super) const POLICIES: &[Policy] = &[
    of(
        "llm-token-limit",
        "Refuses requests of a key that has used up its tokens. Counted once for each request of a client, by each gateway.",
        TOKEN_LIMIT,
    ),
    of("azure-openai-token-limit", "The older name of `llm-token-limit`.", TOKEN_LIMIT),
    of(
        "rate-limit",
        "Refuses calls of a subscription beyond a rate, with 429.",
        &[
            fixed("calls", "Most calls in the period."),
            fixed("renewal-period", "Length of the period in seconds, 300 at most."),
            fixed("retry-after-header-name", "Header with the seconds to wait; `Retry-After` by default."),
            fixed("retry-after-variable-name", "Variable with the seconds to wait."),
            fixed("remaining-calls-header-name", "Header with the calls left."),
            fixed("remaining-calls-variable-name", "Variable with the calls left."),
            fixed("total-calls-header-name", "Header with the value of `calls`."),
        ],
    ),
    of(
        "rate-limit-by-key",
        "Refuses calls with the same key beyond a rate, with 429. Not in the Consumption tier.",
        &[
            any("calls", "Most calls in the period."),
            any("renewal-period", "Length of the period in seconds, 300 at most."),
            any("counter-key", "Calls with the same key count together; one counter for all scopes."),
            any("increment-condition", "Whether a call counts; may look at the response."),
            any("increment-count", "By how much a call counts; 1 by default."),
            fixed("retry-after-header-name", "Header with the seconds to wait; `Retry-After` by default."),
            fixed("retry-after-variable-name", "Variable with the seconds to wait."),
            fixed("remaining-calls-header-name", "Header with the calls left."),
            fixed("remaining-calls-variable-name", "Variable with the calls left."),
            fixed("total-calls-header-name", "Header with the value of `calls`."),
        ],
    ),
    of(
        "quota",
        "Refuses calls of a subscription beyond a quota, with 403.",
        &[
            fixed("calls", "Most calls in the period."),
            fixed("bandwidth", "Most kilobytes in the period."),
            fixed("renewal-period", "Length of the period in seconds, 300 at least; 0 never renews."),
        ],
    ),
    of(
        "quota-by-key",
        "Refuses calls with the same key beyond a quota, with 403. Classic tiers and self-hosted gateways only.",
        &[
            any("calls", "Most calls in the period."),
            any("bandwidth", "Most kilobytes in the period."),
            any("counter-key", "Calls with the same key count together."),
            any("increment-condition", "Whether a call counts; may look at the response."),
            any("renewal-period", "Length of the period in seconds, 300 at least; 0 never renews."),
        ],
    ),
    of(
        "llm-semantic-cache-lookup",
        "Answers from the cache when a prompt is near to one that was answered before.",
        SEMANTIC_LOOKUP,
    ),
    of(
        "azure-openai-semantic-cache-lookup",
        "The older name of `llm-semantic-cache-lookup`.",
        SEMANTIC_LOOKUP,
    ),
    of("llm-semantic-cache-store", "Keeps the response for `llm-semantic-cache-lookup`.", SEMANTIC_STORE),
    of("azure-openai-semantic-cache-store", "The older name of `llm-semantic-cache-store`.", SEMANTIC_STORE),
    of(
        "cache-lookup",
        "Answers from the response cache.",
        &[
            any("vary-by-developer", "Whether each developer has entries of their own."),
            any("vary-by-developer-groups", "Whether each group has entries of its own."),
            any(
                "allow-private-response-caching",
                "Whether responses to requests with `Authorization` are kept; `false` by default.",
            ),
            fixed("caching-type", "`prefer-external`, `external` or `internal`."),
            any("downstream-caching-type", "`none`, `private` or `public`."),
            any("must-revalidate", "Whether caches behind must ask again; `true` by default."),
        ],
    ),
    of(
        "cache-store",
        "Keeps the response for `cache-lookup`.",
        &[any("duration", "Seconds for which it is kept.")],
    ),
    of(
        "cache-lookup-value",
        "Reads a value of the cache into a variable.",
        &[
            any("key", "Key of the value."),
            fixed("variable-name", "Variable that takes it; not set when there is none and no default."),
            any("default-value", "What the variable gets when there is no value."),
            fixed("caching-type", "`prefer-external`, `external` or `internal`."),
        ],
    ),
    of(
        "cache-store-value",
        "Keeps a value under a key. Comes into effect some time later, and each gateway has its own internal cache.",
        &[
            any("key", "Key of the value."),
            any("value", "The value."),
            any("duration", "Seconds for which it is kept."),
            fixed("caching-type", "`prefer-external`, `external` or `internal`."),
        ],
    ),
    of(
        "cache-remove-value",
        "Removes a value of the cache.",
        &[
            any("key", "Key of the value."),
            fixed("caching-type", "`prefer-external`, `external` or `internal`."),
        ],
    ),
];
