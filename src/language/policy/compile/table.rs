//! The grammar of policies as the reference gives it, attribute by attribute: what is accepted, what is
//! missing, what cannot be a value, what is not known.

use std::cell::Cell;

use crate::diagnostics::{Diagnostics, Severity, SourceId};
use crate::policy::load;

/// Values of an attribute.
struct Attribute {
    name: &'static str,
    is_required: bool,
    accepted: &'static [&'static str],
    refused: &'static [&'static str],
}

const fn must(
    name: &'static str,
    accepted: &'static [&'static str],
    refused: &'static [&'static str],
) -> Attribute {
    Attribute { name, is_required: true, accepted, refused }
}

const fn may(
    name: &'static str,
    accepted: &'static [&'static str],
    refused: &'static [&'static str],
) -> Attribute {
    Attribute { name, is_required: false, accepted, refused }
}

const TEXT: &[&str] = &["x", "@(context.Request.Method)"];
const FLAG: &[&str] = &["true", "False", "@(1 == 1)"];
const NO_FLAG: &[&str] = &["yes", "", "@(1)"];
const STATUS: &[&str] = &["400", "599", "@(400 + 1)"];
const NO_STATUS: &[&str] = &["99", "600", "ok", "@(true)"];
const BLANK: &[&str] = &["", " "];
const NUMBER: &[&str] = &["0", "17", "@(1 + 1)"];
const NO_NUMBER: &[&str] = &["-1", "x", "1.5"];
const NONE: &[&str] = &[];
const ACTION: &[&str] = &["ignore", "prevent", "detect"];
const NO_ACTION: &[&str] = &["allow", ""];
const WRITTEN: &[&str] = &["x"];
const NO_EXPRESSION: &[&str] = &["@(1)", ""];

/// Each policy: its name, a section, what has to be inside, its attributes.
const GRAMMAR: &[(&str, &str, &str, &[Attribute])] = &[
    (
        "set-body",
        "inbound",
        "text",
        &[
            may("template", &["liquid"], &["razor", "@(1)"]),
            may("xsi-nil", &["blank", "null"], &["none"]),
            may("parse-date", &["true", "false"], &["maybe"]),
        ],
    ),
    ("set-method", "inbound", "POST", &[]),
    (
        "set-query-parameter",
        "inbound",
        "<value>1</value>",
        &[
            must("name", TEXT, BLANK),
            may("exists-action", &["override", "skip", "append", "delete", "@(\"skip\")"], &["replace", ""]),
        ],
    ),
    (
        "set-header",
        "inbound",
        "<value>1</value>",
        &[
            must(
                "name",
                TEXT,
                &["", "a b", "Content-Length", "connection", "Keep-Alive", "Transfer-Encoding"],
            ),
            may("exists-action", &["override", "skip", "append", "delete", "@(\"skip\")"], &["replace", ""]),
        ],
    ),
    (
        "rewrite-uri",
        "inbound",
        "",
        &[must("template", &["/x", "/{a}", "@(\"/x\")"], BLANK), may("copy-unmatched-params", FLAG, NO_FLAG)],
    ),
    (
        "find-and-replace",
        "outbound",
        "",
        &[must("from", TEXT, &[""]), must("to", &["x", "", "@(\"y\")"], NONE)],
    ),
    (
        "json-to-xml",
        "outbound",
        "",
        &[
            must("apply", &["always", "content-type-json"], &["never", "content-type-xml"]),
            may("consider-accept-header", FLAG, NO_FLAG),
            may("parse-date", &["true", "false"], &["maybe"]),
            may("namespace-separator", &[":"], NONE),
            may("namespace-prefix", &["xmlns"], NONE),
            may("attribute-block-name", &["#attrs"], NONE),
        ],
    ),
    (
        "xml-to-json",
        "outbound",
        "",
        &[
            must("kind", &["direct", "javascript-friendly"], &["other", ""]),
            must("apply", &["always", "content-type-xml"], &["content-type-json"]),
            may("consider-accept-header", FLAG, NO_FLAG),
        ],
    ),
    (
        "mock-response",
        "inbound",
        "",
        &[
            may("status-code", STATUS, NO_STATUS),
            may("content-type", &["application/json"], BLANK),
            may("index", NUMBER, NO_NUMBER),
        ],
    ),
    ("redirect-content-urls", "outbound", "", &[]),
    ("jsonp", "outbound", "", &[must("callback-parameter-name", TEXT, BLANK)]),
    (
        "cors",
        "inbound",
        "<allowed-origins><origin>*</origin></allowed-origins>",
        &[
            may("allow-credentials", &["false", "@(1 == 1)"], NO_FLAG),
            may("terminate-unmatched-request", FLAG, NO_FLAG),
        ],
    ),
    (
        "check-header",
        "inbound",
        "<value>a</value>",
        &[
            must("name", TEXT, BLANK),
            must("failed-check-httpcode", STATUS, NO_STATUS),
            must("failed-check-error-message", &["x", ""], NONE),
            may("ignore-case", FLAG, NO_FLAG),
        ],
    ),
    (
        "ip-filter",
        "inbound",
        "<address>10.0.0.1</address><address-range from='10.0.0.2' to='10.0.0.9'/>",
        &[must("action", &["allow", "forbid"], &["deny", ""])],
    ),
    (
        "validate-jwt",
        "inbound",
        "<openid-config url='https://x'/><audiences><audience>a</audience></audiences>",
        &[
            must("header-name", TEXT, BLANK),
            may("failed-validation-httpcode", STATUS, NO_STATUS),
            may("failed-validation-error-message", TEXT, NONE),
            may("require-expiration-time", FLAG, NO_FLAG),
            may("require-scheme", &["Bearer"], NONE),
            may("require-signed-tokens", FLAG, NO_FLAG),
            may("clock-skew", &["0", "300", "@(10)"], &["-1", "x"]),
            may("output-token-variable-name", WRITTEN, NO_EXPRESSION),
        ],
    ),
    (
        "validate-azure-ad-token",
        "inbound",
        "<client-application-ids><application-id>a</application-id></client-application-ids>",
        &[
            must("tenant-id", &["contoso.onmicrosoft.com", "@(\"x\")"], BLANK),
            may("header-name", TEXT, BLANK),
            may("failed-validation-httpcode", STATUS, NO_STATUS),
            may("failed-validation-error-message", TEXT, NONE),
            may("output-token-variable-name", WRITTEN, NO_EXPRESSION),
        ],
    ),
    ("authentication-basic", "inbound", "", &[must("username", TEXT, NONE), must("password", TEXT, NONE)]),
    ("authentication-certificate", "inbound", "", &[must("thumbprint", TEXT, BLANK)]),
    (
        "get-authorization-context",
        "inbound",
        "",
        &[
            must("provider-id", TEXT, BLANK),
            must("authorization-id", TEXT, BLANK),
            must("context-variable-name", WRITTEN, NO_EXPRESSION),
            may("identity-type", &["managed", "jwt"], &["other"]),
            may("identity", TEXT, NONE),
            may("ignore-error", FLAG, NO_FLAG),
        ],
    ),
    (
        "proxy",
        "inbound",
        "",
        &[must("url", TEXT, BLANK), may("username", TEXT, NONE), may("password", TEXT, NONE)],
    ),
    (
        "trace",
        "inbound",
        "<message>m</message><metadata name='a' value='b'/>",
        &[must("source", TEXT, NONE), may("severity", &["verbose", "information", "error"], &["fatal", ""])],
    ),
    (
        "emit-metric",
        "inbound",
        "<dimension name='a' value='b'/><dimension name='API ID'/>",
        &[must("name", TEXT, BLANK), may("value", NUMBER, NONE), may("namespace", TEXT, BLANK)],
    ),
    ("llm-emit-token-metric", "inbound", "<dimension name='API ID'/>", &[may("namespace", TEXT, BLANK)]),
    (
        "azure-openai-emit-token-metric",
        "inbound",
        "<dimension name='API ID'/>",
        &[may("namespace", TEXT, BLANK)],
    ),
    (
        "log-to-eventhub",
        "outbound",
        "@(context.Request.Method)",
        &[
            must("logger-id", TEXT, BLANK),
            may("partition-id", NUMBER, NONE),
            may("partition-key", TEXT, NONE),
        ],
    ),
    (
        "llm-content-safety",
        "inbound",
        "<categories output-type='EightSeverityLevels'><category name='Hate' threshold='4'/></categories>",
        &[
            must("backend-id", TEXT, BLANK),
            may("shield-prompt", FLAG, NO_FLAG),
            may("enforce-on-completions", FLAG, NO_FLAG),
            may("window-size", NUMBER, NO_NUMBER),
        ],
    ),
    (
        "invoke-dapr-binding",
        "inbound",
        "<metadata><item key='a'>b</item></metadata><data>d</data>",
        &[
            must("name", TEXT, BLANK),
            may("operation", TEXT, NONE),
            may("ignore-error", FLAG, NO_FLAG),
            may("response-variable-name", WRITTEN, NO_EXPRESSION),
            may("timeout", NUMBER, &["-1", "x"]),
        ],
    ),
    (
        "publish-to-dapr",
        "inbound",
        "text",
        &[must("topic", TEXT, BLANK), may("pubsub-name", TEXT, BLANK), may("ignore-error", FLAG, NO_FLAG)],
    ),
    (
        "send-service-bus-message",
        "inbound",
        "<payload>@(context.Request.Method)</payload>",
        &[may("queue-name", TEXT, BLANK), may("namespace", TEXT, BLANK)],
    ),
    ("publish-event", "inbound", "<targets><subscription id='a'/></targets>", &[]),
    ("cross-domain", "inbound", "<cross-domain-policy><x/></cross-domain-policy>", &[]),
    (
        "validate-content",
        "inbound",
        "<content type='application/json' validate-as='json' action='prevent'/>",
        &[
            must("unspecified-content-type-action", ACTION, NO_ACTION),
            must("max-size", NUMBER, NO_NUMBER),
            must("size-exceeded-action", ACTION, NO_ACTION),
            may("errors-variable-name", WRITTEN, NO_EXPRESSION),
        ],
    ),
    (
        "validate-parameters",
        "inbound",
        "<query><parameter name='a' action='detect'/></query>",
        &[
            must("specified-parameter-action", ACTION, NO_ACTION),
            must("unspecified-parameter-action", ACTION, NO_ACTION),
        ],
    ),
    (
        "validate-headers",
        "outbound",
        "<header name='a' action='ignore'/>",
        &[
            must("specified-header-action", ACTION, NO_ACTION),
            must("unspecified-header-action", ACTION, NO_ACTION),
        ],
    ),
    (
        "validate-status-code",
        "outbound",
        "<status-code code='200' action='ignore'/>",
        &[must("unspecified-status-code-action", ACTION, NO_ACTION)],
    ),
    (
        "validate-client-certificate",
        "inbound",
        "<identities><identity thumbprint='a'/></identities>",
        &[
            may("validate-revocation", FLAG, NO_FLAG),
            may("validate-trust", FLAG, NO_FLAG),
            may("ignore-error", FLAG, NO_FLAG),
        ],
    ),
    ("validate-odata-request", "inbound", "", &[may("max-size", NUMBER, NO_NUMBER)]),
    (
        "validate-graphql-request",
        "inbound",
        "<authorize><rule path='/' action='allow'/></authorize>",
        &[may("max-size", NUMBER, NO_NUMBER), may("max-depth", NUMBER, NO_NUMBER)],
    ),
];

/// The codes of the problems of a document, warnings with `?`; those that every use of a policy has are left
/// out.
fn codes(section: &str, element: &str) -> Vec<String> {
    let text = format!("<policies><{section}>{element}</{section}></policies>");
    let mut diagnostics = Diagnostics::new();
    let program = load(SourceId(0), &text, &mut diagnostics);
    assert_eq!(program.is_none(), diagnostics.has_errors());
    let sorted = diagnostics.sorted();
    let shown = sorted.iter().filter(|d| d.code != "inert-policy" && d.code != "cors-credentials").map(|d| {
        let mark = if d.severity == Severity::Error { "" } else { "?" };
        format!("{}{mark}", d.code)
    });
    shown.collect()
}

/// An element of a policy with these attributes.
fn element(name: &str, inner: &str, attributes: &[(&str, &str)]) -> String {
    let written: Vec<String> = attributes.iter().map(|(name, value)| format!(" {name}='{value}'")).collect();
    format!("<{name}{}>{inner}</{name}>", written.concat())
}

#[test]
fn every_attribute_is_what_the_reference_says() {
    let checks = Cell::new(0_u32);
    for (policy, section, inner, attributes) in GRAMMAR {
        let needed: Vec<(&str, &str)> = attributes
            .iter()
            .filter(|attribute| attribute.is_required)
            .map(|attribute| (attribute.name, attribute.accepted[0]))
            .collect();
        let check = |with: &[(&str, &str)], expected: &[&str]| {
            checks.set(checks.get() + 1);
            let text = element(policy, inner, with);
            assert_eq!(codes(section, &text), expected, "{text}");
        };
        let with = |name: &'static str, value: &'static str| {
            let mut all: Vec<(&str, &str)> = needed.iter().copied().filter(|(n, _)| *n != name).collect();
            all.push((name, value));
            all
        };
        check(&needed, &[]);
        check(&with("id", "mine"), &[]);
        let unknown = if *policy == "set-header" { "unknown-attribute" } else { "unknown-attribute?" };
        check(&with("zzz-unknown", "x"), &[unknown]);
        for attribute in *attributes {
            for value in attribute.accepted {
                check(&with(attribute.name, value), &[]);
            }
            for value in attribute.refused {
                let code = if *value == "@(1)" || *value == "@(true)" { "type" } else { "invalid-value" };
                let text = element(policy, inner, &with(attribute.name, value));
                let found = codes(section, &text);
                let is_told = found.len() == 1 && (found[0] == "invalid-value" || found[0].contains(code));
                assert!(is_told, "{text}: {found:?}");
                checks.set(checks.get() + 1);
            }
            if attribute.is_required {
                let rest: Vec<(&str, &str)> =
                    needed.iter().copied().filter(|(n, _)| *n != attribute.name).collect();
                check(&rest, &["missing-attribute"]);
            }
        }
    }
    assert!(checks.get() >= 250, "{}", checks.get());
}

#[test]
fn children_and_rules_are_what_the_reference_says() {
    for (section, text, expected) in [
        ("inbound", "<cors/>", "missing-element"),
        ("inbound", "<cors><allowed-origins/></cors>", "missing-element"),
        (
            "inbound",
            "<cors><allowed-origins><origin>*</origin></allowed-origins><allowed-methods preflight-result-max-age='x'><method>GET</method></allowed-methods></cors>",
            "invalid-value",
        ),
        (
            "inbound",
            "<cors><allowed-origins><origin>*</origin></allowed-origins><alowed-headers/></cors>",
            "unexpected-element?",
        ),
        (
            "inbound",
            "<cors><allowed-origins><origin>*</origin></allowed-origins><allowed-origins><origin>*</origin></allowed-origins></cors>",
            "duplicate-element",
        ),
        ("inbound", "<ip-filter action='allow'/>", "missing-element"),
        (
            "inbound",
            "<ip-filter action='allow'><address>10.0.0.0/8</address></ip-filter>",
            "invalid-address?",
        ),
        ("inbound", "<ip-filter action='allow'><address>@(context.Request.Method)</address></ip-filter>", ""),
        (
            "inbound",
            "<ip-filter action='allow'><address-range from='1.1.1.1'/></ip-filter>",
            "missing-attribute",
        ),
        ("inbound", "<set-query-parameter name='a'/>", "missing-element"),
        ("inbound", "<set-query-parameter name='a' exists-action='delete'/>", ""),
        ("inbound", "<set-header name='a' exists-action='delete'/>", ""),
        ("inbound", "<set-header name='Server' exists-action='delete'/>", "invalid-value"),
        ("inbound", "<set-method/>", "missing-text?"),
        ("inbound", "<set-method>@(\"GET\")</set-method>", ""),
        ("inbound", "<set-body><a><b>1</b></a></set-body>", ""),
        ("inbound", "<set-body template='liquid'>{{ body.a }}</set-body>", ""),
        ("inbound", "<set-body template='liquid'>{% if a %}{% endif %}</set-body>", "unsupported-template?"),
        ("inbound", "<set-body/>", ""),
        ("inbound", "<trace source='a'>@(context.Request.Method)</trace>", ""),
        ("inbound", "<trace source='a'><metadata name='x'/></trace>", "missing-attribute"),
        ("inbound", "<trace source='a'>@(context.Request.Methd)</trace>", "unknown-member"),
        ("inbound", "<validate-jwt><openid-config url='https://x'/></validate-jwt>", "missing-attribute"),
        ("inbound", "<validate-jwt header-name='a' query-parameter-name='b'/>", "conflicting-attributes"),
        ("inbound", "<validate-jwt token-value='@(\"x\")'/>", ""),
        (
            "inbound",
            "<validate-jwt query-parameter-name='t'><issuer-signing-keys><key>c2VjcmV0</key><key certificate-id='c'/></issuer-signing-keys></validate-jwt>",
            "",
        ),
        (
            "inbound",
            "<validate-jwt header-name='a'><required-claims><claim name='x' match='some'/></required-claims></validate-jwt>",
            "invalid-value",
        ),
        (
            "inbound",
            "<validate-jwt header-name='a'><required-claims><claim/></required-claims></validate-jwt>",
            "missing-attribute",
        ),
        ("inbound", "<validate-jwt header-name='a'><openid-config/></validate-jwt>", "missing-attribute"),
        ("inbound", "<authentication-certificate/>", "missing-attribute"),
        ("inbound", "<authentication-certificate certificate-id='c'/>", ""),
        (
            "inbound",
            "<llm-content-safety backend-id='b'><categories><category name='Anger' threshold='1'/></categories></llm-content-safety>",
            "invalid-value",
        ),
        (
            "inbound",
            "<llm-content-safety backend-id='b'><categories><category name='Hate' threshold='8'/></categories></llm-content-safety>",
            "invalid-value",
        ),
        ("outbound", "<log-to-eventhub logger-id='l'>text</log-to-eventhub>", ""),
        (
            "outbound",
            "<cors><allowed-origins><origin>*</origin></allowed-origins></cors>",
            "misplaced-policy",
        ),
        ("outbound", "<rewrite-uri template='/x'/>", "misplaced-policy"),
        ("backend", "<rewrite-uri template='/x'/>", "misplaced-policy?"),
        ("inbound", "<jsonp callback-parameter-name='c'/>", "misplaced-policy"),
        ("backend", "<validate-jwt header-name='a'/>", "misplaced-policy"),
        ("outbound", "<set-query-parameter name='a' exists-action='delete'/>", "misplaced-policy?"),
        ("on-error", "<set-body>x</set-body>", ""),
        ("on-error", "<trace source='a'><message>m</message></trace>", ""),
        ("on-error", "<mock-response/>", ""),
        ("on-error", "<ip-filter action='allow'><address>1.1.1.1</address></ip-filter>", "misplaced-policy"),
        ("backend", "<authentication-managed-identity resource='x'/>", "misplaced-policy?"),
        ("inbound", "<xsl-transform><x/></xsl-transform>", "unsupported-policy?"),
        ("inbound", "<sql-data-source/>", "unsupported-policy?"),
        ("inbound", "<validate-jtw header-name='a'/>", "unknown-policy"),
    ] {
        let found = codes(section, text);
        let expected: Vec<&str> = if expected.is_empty() { vec![] } else { vec![expected] };
        assert_eq!(found, expected, "{text}");
    }
}
