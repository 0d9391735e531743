//! Policies that choose a backend, send the request, and try again.

use super::{Policy, any, fixed, of};

pub(super) const POLICIES: &[Policy] = &[
    of(
        "set-backend-service",
        "Sets where the request goes: a backend or pool by its id, or an address. The last one that runs counts.",
        &[
            any(
                "backend-id",
                "Id of a backend or pool of the service. Breakers and pools work with it only.",
            ),
            any("base-url", "Address without a slash at the end. Passes by pools, breakers and credentials."),
            fixed("sf-resolve-condition", "Service Fabric: when to resolve again."),
            fixed("sf-service-instance-name", "Service Fabric: name of the instance."),
            fixed("sf-partition-key", "Service Fabric: key of the partition."),
            fixed("sf-listener-name", "Service Fabric: name of the listener."),
            fixed("sf-replica-type", "Service Fabric: kind of the replica."),
            fixed("dapr-app-id", "Dapr: id of the application."),
            fixed("dapr-method", "Dapr: method to invoke."),
            fixed("dapr-namespace", "Dapr: namespace of the application."),
        ],
    ),
    of(
        "forward-request",
        "Sends the request to the backend. Where a pool is named, a member is chosen each time that it runs.",
        &[
            any(
                "timeout",
                "Seconds until the headers of the response must be there; 300 by default. More than 240 may not be kept.",
            ),
            any("timeout-ms", "The same in milliseconds; only one of the two."),
            any("continue-timeout", "Seconds to wait for 100 Continue."),
            fixed("http-version", "`1`, `2or1` or `2` towards the backend; `1` by default."),
            any("follow-redirects", "Whether redirects are followed; `false` by default."),
            fixed(
                "buffer-request-body",
                "Whether the body is kept so that a retry can send it again; `false` by default.",
            ),
            fixed(
                "buffer-response",
                "Whether the response is buffered; `true` by default. `false` for server-sent events.",
            ),
            fixed("fail-on-error-status-code", "Whether 400 to 599 lead to on-error; `false` by default."),
        ],
    ),
    of(
        "retry",
        "Runs its children, and again while the condition is true and the count is not reached.",
        &[
            any(
                "condition",
                "True to go on. Is asked after each run of the children, also when one of them failed.",
            ),
            any("count", "Most repetitions, 1 to 50; the children run once more than that."),
            any("interval", "Seconds before each repetition; 0 for none."),
            any("max-interval", "Longest wait in seconds; with `delta` waits grow exponentially up to it."),
            any("delta", "Seconds by which waits grow: linearly, or exponentially with `max-interval`."),
            any("first-fast-retry", "Whether the first repetition comes at once; `false` by default."),
        ],
    ),
    of(
        "choose",
        "Runs the children of the first `when` whose condition is true, or those of `otherwise`.",
        &[],
    ),
    of(
        "limit-concurrency",
        "Lets only so many requests be inside of it at the same time; others get 429 at once. Each gateway instance counts for itself.",
        &[
            any("key", "Requests with the same key count together."),
            fixed("max-count", "How many may be inside."),
        ],
    ),
    of("base", "Runs the same section of the next broader scope.", &[]),
    of(
        "include-fragment",
        "Inserts a policy fragment as it stands.",
        &[fixed("fragment-id", "Id of the fragment.")],
    ),
    of(
        "return-response",
        "Ends the pipeline with a response of its own; outbound is not run.",
        &[fixed(
            "response-variable-name",
            "Variable with the response to begin with; a plain 200 without it.",
        )],
    ),
    of(
        "mock-response",
        "Ends the pipeline with an example of the API.",
        &[
            fixed("status-code", "Status of the response; 200 by default."),
            fixed("content-type", "Content type of the example."),
            fixed("index", "Which example, from 1."),
        ],
    ),
    of(
        "proxy",
        "Sends requests through an HTTP proxy.",
        &[
            any("url", "Address of the proxy."),
            any("username", "Name at the proxy."),
            any("password", "Password at the proxy."),
        ],
    ),
];
