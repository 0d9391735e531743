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
    ("authentication-basic", I),
    ("authentication-certificate", I),
    ("authentication-managed-identity", I | O),
    ("azure-openai-emit-token-metric", I),
    ("azure-openai-semantic-cache-lookup", I),
    ("azure-openai-semantic-cache-store", O),
    ("azure-openai-token-limit", I),
    ("base", ALL),
    ("cache-lookup", I),
    ("cache-lookup-value", ALL),
    ("cache-remove-value", ALL),
    ("cache-store", O),
    ("cache-store-value", ALL),
    ("check-header", I),
    ("choose", ALL),
    ("cors", I),
    ("cross-domain", I),
    ("emit-metric", I | O | E),
    ("find-and-replace", ALL),
    ("forward-request", B),
    ("get-authorization-context", I),
    ("include-fragment", ALL),
    ("invoke-dapr-binding", I | O | E),
    ("ip-filter", I),
    ("json-to-xml", I | O | E),
    ("jsonp", O),
    ("limit-concurrency", ALL),
    ("llm-content-safety", I),
    ("llm-emit-token-metric", I),
    ("llm-semantic-cache-lookup", I),
    ("llm-semantic-cache-store", O),
    ("llm-token-limit", I),
    ("log-to-eventhub", ALL),
    ("mock-response", I | O | E),
    ("proxy", I),
    ("publish-event", ALL),
    ("publish-to-dapr", I | O | E),
    ("quota", I),
    ("quota-by-key", I),
    ("rate-limit", I),
    ("rate-limit-by-key", I),
    ("redirect-content-urls", I | O),
    ("retry", ALL),
    ("return-response", ALL),
    ("rewrite-uri", I),
    ("send-one-way-request", ALL),
    ("send-request", ALL),
    ("send-service-bus-message", I | O | E),
    ("set-backend-service", ALL),
    ("set-body", ALL),
    ("set-header", ALL),
    ("set-method", I | B | E),
    ("set-query-parameter", I | B),
    ("set-status", ALL),
    ("set-variable", ALL),
    ("trace", ALL),
    ("validate-azure-ad-token", I),
    ("validate-client-certificate", I),
    ("validate-content", I | O | E),
    ("validate-graphql-request", I),
    ("validate-headers", O | E),
    ("validate-jwt", I),
    ("validate-odata-request", I),
    ("validate-parameters", I),
    ("validate-status-code", O | E),
    ("wait", I | B | O),
    ("xml-to-json", I | O | E),
];

/// Sections that a policy is not documented for, where documents disagree or published policies have it.
const TOLERATED: &[(&str, u8)] = &[
    ("authentication-managed-identity", B | E),
    ("azure-openai-emit-token-metric", B | O),
    ("authentication-basic", B),
    ("authentication-certificate", B),
    ("check-header", O),
    ("emit-metric", B),
    ("get-authorization-context", B | O),
    ("invoke-dapr-binding", B),
    ("ip-filter", B),
    ("llm-content-safety", O),
    ("llm-emit-token-metric", B | O),
    ("mock-response", B),
    ("proxy", B),
    ("publish-to-dapr", B),
    ("quota-by-key", B | O),
    ("rate-limit-by-key", B | O),
    ("rewrite-uri", B),
    ("send-service-bus-message", B),
    ("set-method", O),
    ("set-query-parameter", O | E),
    ("wait", E),
];

/// Policies that exist and are not compiled.
const UNSUPPORTED: &[&str] = &[
    "cache-value",
    "cosmosdb-data-source",
    "http-data-source",
    "invoke-request",
    "set-graphql-resolver",
    "sql-data-source",
    "xsl-transform",
];

/// What is known of an element name.
pub(super) enum Known {
    /// Compiled, and allowed in the section.
    Here,
    /// Compiled, documented only for these sections, and not refused here.
    Tolerated(Vec<&'static str>),
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
        let is_tolerated = TOLERATED.iter().any(|(known, s)| *known == name && s & bit(section) != 0);
        let allowed = allowed.collect();
        return if is_tolerated { Known::Tolerated(allowed) } else { Known::Elsewhere(allowed) };
    }
    if UNSUPPORTED.contains(&name) {
        return Known::Unsupported;
    }
    let names = SUPPORTED.iter().map(|(known, _)| *known).chain(UNSUPPORTED.iter().copied());
    Known::Unknown(crate::policy::closest(name, names))
}

/// The names of all policies that are compiled.
pub fn compiled_policies() -> impl Iterator<Item = &'static str> {
    SUPPORTED.iter().map(|(name, _)| *name)
}

/// The sections that a policy may stand in; `None` when that is not known here.
pub fn sections_of(name: &str) -> Option<Vec<Section>> {
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
