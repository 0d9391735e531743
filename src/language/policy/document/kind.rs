//! What kind of document a file is.

use super::substitute::{NamedValues, Unresolved, substitute};
use crate::diagnostics::{Diagnostics, SourceId};
use crate::policy::Section;
use crate::policy::scan::{Element, Format, read_source};

/// What the top elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A whole policy: `<policies>`.
    Policies,
    /// A policy fragment: `<fragment>`.
    Fragment,
    /// Sections or policies without a root, as documentation shows them.
    Snippet,
    /// Nothing that names a policy: another kind of XML, or no XML at all.
    Foreign,
}

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What kind it is.
    pub kind: Kind,
    /// Its top elements, in order.
    pub roots: Vec<Element>,
}

/// Policies that stand together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The section they are in; `None` in a fragment or snippet, whose place is not known.
    pub section: Option<Section>,
    /// The element around them: a section or `fragment`.
    pub owner: Option<&'a Element>,
    /// The policies.
    pub policies: &'a [Element],
}

/// How a document is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How it is deployed.
    pub format: Format,
    /// What is put in for `{{name}}`.
    pub named_values: NamedValues,
    /// What becomes of names without a value.
    pub unresolved: Unresolved,
}

/// Reads `text` with the named values of `options` put in. Complete only if no error is reported.
pub fn read(source: SourceId, text: &str, options: &Options, diagnostics: &mut Diagnostics) -> Document {
    let text = substitute(source, text, &options.named_values, options.unresolved, diagnostics);
    Document::new(read_source(&text, options.format, diagnostics))
}

impl Document {
    /// The document that these top elements make.
    pub fn new(roots: Vec<Element>) -> Self {
        let any = |test: fn(&str) -> bool| roots.iter().any(|root| test(&root.name));
        let kind = if any(|name| name == "policies") {
            Kind::Policies
        } else if any(|name| name == "fragment") {
            Kind::Fragment
        } else if any(is_policy_word) {
            Kind::Snippet
        } else {
            Kind::Foreign
        };
        Self { kind, roots }
    }

    /// The policies by where they stand, in order: one part for each section, each fragment, and each run of
    /// policies outside of both (in a snippet, or beside the sections of `policies`).
    pub fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        match self.kind {
            Kind::Foreign => {}
            Kind::Policies | Kind::Fragment | Kind::Snippet => {
                let mut rest = self.roots.as_slice();
                while let Some((first, after)) = rest.split_first() {
                    rest = match first.name.as_str() {
                        "policies" => {
                            add_parts(&first.children, &mut parts);
                            after
                        }
                        "fragment" => {
                            let policies = first.children.as_slice();
                            parts.push(Part { section: None, owner: Some(first), policies });
                            after
                        }
                        _ => {
                            let ends = |e: &Element| matches!(e.name.as_str(), "policies" | "fragment");
                            let length = rest.iter().position(ends).unwrap_or(rest.len());
                            let (run, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                            add_parts(run, &mut parts);
                            after
                        }
                    };
                }
            }
        }
        parts
    }
}

/// Adds sections as parts, and runs of other elements.
fn add_parts<'a>(elements: &'a [Element], parts: &mut Vec<Part<'a>>) {
    let mut rest = elements;
    while let Some((first, after)) = rest.split_first() {
        if let Some(section) = section_of(&first.name) {
            parts.push(Part { section: Some(section), owner: Some(first), policies: &first.children });
            rest = after;
            continue;
        }
        let length = rest.iter().position(|e| section_of(&e.name).is_some()).unwrap_or(rest.len());
        let (run, after) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        parts.push(Part { section: None, owner: None, policies: run });
        rest = after;
    }
}

/// The section that an element called `name` is.
fn section_of(name: &str) -> Option<Section> {
    [Section::Inbound, Section::Backend, Section::Outbound, Section::OnError]
        .into_iter()
        .find(|section| section.name() == name)
}

/// Whether an element called `name` belongs to the policy language: a section, a policy, or a part of one
/// that is not also a common word (policy reference, 2026).
pub(in crate::policy) fn is_policy_word(name: &str) -> bool {
    section_of(name).is_some() || POLICY_WORDS.binary_search(&name).is_ok()
}

/// In order.
const POLICY_WORDS: &[&str] = &[
    "allowed-headers",
    "allowed-methods",
    "allowed-origins",
    "authentication-basic",
    "authentication-certificate",
    "authentication-managed-identity",
    "azure-openai-emit-token-metric",
    "azure-openai-semantic-cache-lookup",
    "azure-openai-semantic-cache-store",
    "azure-openai-token-limit",
    "base",
    "cache-lookup",
    "cache-lookup-value",
    "cache-remove-value",
    "cache-store",
    "cache-store-value",
    "cache-value",
    "check-header",
    "choose",
    "cors",
    "cosmosdb-data-source",
    "cross-domain",
    "emit-metric",
    "find-and-replace",
    "forward-request",
    "get-authorization-context",
    "http-data-source",
    "include-fragment",
    "invoke-dapr-binding",
    "invoke-request",
    "ip-filter",
    "json-to-xml",
    "jsonp",
    "limit-concurrency",
    "llm-content-safety",
    "llm-emit-token-metric",
    "llm-semantic-cache-lookup",
    "llm-semantic-cache-store",
    "llm-token-limit",
    "log-to-eventhub",
    "mock-response",
    "otherwise",
    "proxy",
    "publish-event",
    "publish-to-dapr",
    "quota",
    "quota-by-key",
    "rate-limit",
    "rate-limit-by-key",
    "redirect-content-urls",
    "required-claims",
    "retry",
    "return-response",
    "rewrite-uri",
    "send-one-way-request",
    "send-request",
    "send-service-bus-message",
    "set-backend-service",
    "set-body",
    "set-graphql-resolver",
    "set-header",
    "set-method",
    "set-query-parameter",
    "set-status",
    "set-url",
    "set-variable",
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
    "wait",
    "when",
    "xml-to-json",
    "xsl-transform",
];

#[cfg(test)]
mod order {
    #[test]
    fn words_are_in_order() {
        assert!(super::POLICY_WORDS.is_sorted());
    }
}
