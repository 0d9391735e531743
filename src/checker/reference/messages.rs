//! Policies that change requests and responses, keep variables, and send requests of their own.

use super::{Policy, any, fixed, of};

pub(super) const POLICIES: &[Policy] = &[
    of(
        "set-header",
        "Sets a header of the request (inbound, backend) or the response (outbound, on-error).",
        &[
            any("name", "Name of the header."),
            any("exists-action", "`override` (default), `skip`, `append` or `delete` when it is there."),
        ],
    ),
    of(
        "set-query-parameter",
        "Sets a parameter of the query.",
        &[
            any("name", "Name of the parameter."),
            any("exists-action", "`override` (default), `skip`, `append` or `delete` when it is there."),
        ],
    ),
    of(
        "set-body",
        "Sets the body of the request or response. Reading a body without `preserveContent: true` uses it up.",
        &[
            fixed("template", "`liquid` for a Liquid template."),
            fixed("xsi-nil", "How `xsi:nil` is read: `blank` or `null`."),
            fixed("parse-date", "Whether dates become .NET dates; `true` by default."),
        ],
    ),
    of(
        "set-status",
        "Sets the status of the response; the pipeline goes on.",
        &[any("code", "Status, 100 to 599."), any("reason", "Reason phrase.")],
    ),
    of("set-method", "Sets the method of the request.", &[]),
    of(
        "set-variable",
        "Sets a variable of the request. A value that is no expression is always a string.",
        &[fixed("name", "Name of the variable."), any("value", "The value; an expression keeps its type.")],
    ),
    of(
        "rewrite-uri",
        "Changes the path that the backend gets.",
        &[
            any("template", "Path, with parameters of the operation in braces."),
            any(
                "copy-unmatched-params",
                "Whether other parameters of the query are kept; `true` by default.",
            ),
        ],
    ),
    of(
        "find-and-replace",
        "Replaces text in the body.",
        &[any("from", "What is looked for."), any("to", "What takes its place; may be empty.")],
    ),
    of(
        "json-to-xml",
        "Turns a JSON body into XML.",
        &[
            fixed("apply", "`always`, or `content-type-json` for JSON bodies only."),
            any("consider-accept-header", "Whether only where the client accepts XML; `true` by default."),
            fixed("parse-date", "Whether dates are normalised; `true` by default."),
            fixed("namespace-separator", "Sign between prefix and name; `_` by default."),
            fixed("namespace-prefix", "Attribute that holds namespaces; `xmlns` by default."),
            fixed("attribute-block-name", "Block that holds attributes."),
        ],
    ),
    of(
        "xml-to-json",
        "Turns an XML body into JSON.",
        &[
            fixed("kind", "`direct` or `javascript-friendly`."),
            fixed("apply", "`always`, or `content-type-xml` for XML bodies only."),
            any("consider-accept-header", "Whether only where the client accepts JSON; `true` by default."),
        ],
    ),
    of("redirect-content-urls", "Rewrites links of the backend into links of the gateway.", &[]),
    of(
        "jsonp",
        "Wraps the response for JSONP.",
        &[any("callback-parameter-name", "Parameter of the query that names the function.")],
    ),
    of(
        "send-request",
        "Sends a request of its own and keeps the response in a variable.",
        &[
            fixed("mode", "`new` (default), or `copy` of the current request."),
            fixed(
                "response-variable-name",
                "Variable for the response; null when it failed and errors are ignored.",
            ),
            any("timeout", "Seconds until it is given up; 60 by default."),
            any("ignore-error", "Whether the pipeline goes on when it fails; `false` by default."),
        ],
    ),
    of(
        "send-one-way-request",
        "Sends a request of its own and does not wait.",
        &[
            fixed("mode", "`new` (default), or `copy` of the current request."),
            any("timeout", "Seconds until it is given up; 60 by default."),
        ],
    ),
    of(
        "wait",
        "Runs its children at the same time: `send-request`, `cache-lookup-value`, `choose`.",
        &[any("for", "`all` (default), or `any` to go on with the first.")],
    ),
];
