//! Policies of the service, and where each may stand (policy reference, 2026; the table of every
//! policy page names its sections).

use super::Section;

const I: u8 = 1;
const B: u8 = 2;
const O: u8 = 4;
const E: u8 = 8;
const ALL: u8 = I | B | O | E;

/// Policies that are compiled, with the sections they may stand in.
const SUPPORTED: &[(&str, u8)] = &[
    ("authentication-managed-identity", I | O),
    ("azure-openai-semantic-cache-lookup", I),
    ("azure-openai-semantic-cache-store", O),
    ("azure-openai-token-limit", I),
    ("base", ALL),
    ("cache-lookup", I),
    ("cache-lookup-value", ALL),
    ("cache-remove-value", ALL),
    ("cache-store", O),
    ("cache-store-value", ALL),
    ("choose", ALL),
    ("forward-request", B),
    ("include-fragment", ALL),
    ("limit-concurrency", ALL),
    ("llm-semantic-cache-lookup", I),
    ("llm-semantic-cache-store", O),
    ("llm-token-limit", I),
    ("quota", I),
    ("quota-by-key", I),
    ("rate-limit", I),
    ("rate-limit-by-key", I),
    ("retry", ALL),
    ("return-response", ALL),
    ("send-one-way-request", ALL),
    ("send-request", ALL),
    ("set-backend-service", ALL),
    ("set-header", ALL),
    ("set-status", ALL),
    ("set-variable", ALL),
    ("wait", I | B | O),
];

/// Policies that exist and are not compiled yet.
const UNSUPPORTED: &[&str] = &[
    "authentication-basic",
    "authentication-certificate",
    "azure-openai-emit-token-metric",
    "cache-value",
    "check-header",
    "cors",
    "cosmosdb-data-source",
    "cross-domain",
    "emit-metric",
    "find-and-replace",
    "get-authorization-context",
    "http-data-source",
    "invoke-dapr-binding",
    "invoke-request",
    "ip-filter",
    "json-to-xml",
    "jsonp",
    "llm-content-safety",
    "llm-emit-token-metric",
    "log-to-eventhub",
    "mock-response",
    "proxy",
    "publish-event",
    "publish-to-dapr",
    "redirect-content-urls",
    "rewrite-uri",
    "send-service-bus-message",
    "set-body",
    "set-method",
    "set-query-parameter",
    "sql-data-source",
    "trace",
    "validate-azure-ad-token",
    "validate-client-certificate",
    "validate-content",
    "validate-graphql-request",
    "validate-headers",
    "validate-jwt",
    "validate-odata-request",
    "validate-parameters",
    "validate-status-code",
    "xml-to-json",
    "xsl-transform",
];

/// What is known of an element name.
pub(super) enum Known {
    /// Compiled, and allowed in the section.
    Here,
    /// Compiled, but allowed only in these sections.
    Elsewhere(Vec<&'static str>),
    /// Part of the service, not compiled.
    Unsupported,
    /// Not a policy; the closest name, if any.
    Unknown(Option<&'static str>),
}

/// Looks up `name` for `section`.
pub(super) fn look_up(name: &str, section: Section) -> Known {
    if let Some((_, sections)) = SUPPORTED.iter().find(|(known, _)| *known == name) {
        if sections & bit(section) != 0 {
            return Known::Here;
        }
        let all = [Section::Inbound, Section::Backend, Section::Outbound, Section::OnError];
        let allowed = all.into_iter().filter(|s| sections & bit(*s) != 0).map(Section::name);
        return Known::Elsewhere(allowed.collect());
    }
    if UNSUPPORTED.contains(&name) {
        return Known::Unsupported;
    }
    let names = SUPPORTED.iter().map(|(known, _)| *known).chain(UNSUPPORTED.iter().copied());
    Known::Unknown(crate::policy::expr::closest(name, names))
}

/// The sections that a policy may stand in; `None` when that is not known here.
pub(super) fn sections_of(name: &str) -> Option<Vec<Section>> {
    let (_, sections) = SUPPORTED.iter().find(|(known, _)| *known == name)?;
    let all = [Section::Inbound, Section::Backend, Section::Outbound, Section::OnError];
    Some(all.into_iter().filter(|s| sections & bit(*s) != 0).collect())
}

const fn bit(section: Section) -> u8 {
    match section {
        Section::Inbound => I,
        Section::Backend => B,
        Section::Outbound => O,
        Section::OnError => E,
    }
}
