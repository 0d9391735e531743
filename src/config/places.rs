//! Where backends and pools are written, for texts that speak of them.

use super::arm::{ResourceKind, read_resources};
use super::json::parse;
use crate::diagnostics::{Diagnostics, SourceMap, Span};

/// Where a resource is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceSpans {
    /// Backend id.
    pub name: String,
    /// Its name.
    pub at: Span,
    /// Its breaker rule.
    pub breaker: Option<Span>,
}

/// Every backend resource in `sources`, in their order. Texts that are something else have none; problems were
/// told when the resources were read.
pub fn resource_spans(sources: &SourceMap) -> Vec<ResourceSpans> {
    let mut found = Vec::new();
    for source in sources.ids() {
        let mut quiet = Diagnostics::new();
        let text = sources.text(source);
        if !text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[', '/']) {
            continue;
        }
        let Some(root) = parse(source, text, &mut quiet) else { continue };
        for resource in read_resources(&root, &mut quiet).unwrap_or_default() {
            let breaker = match resource.kind {
                ResourceKind::Single { breaker_span, .. } => breaker_span,
                ResourceKind::Pool { .. } | ResourceKind::Unusable => None,
            };
            found.push(ResourceSpans { name: resource.name.to_string(), at: resource.name_span, breaker });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_found_and_other_files_are_passed_over() {
        let mut sources = SourceMap::new();
        sources.add("policy.xml", "<policies />");
        sources.add("scenario.json", r#"{ "name": "s" }"#);
        let text = "[\n{\"name\": \"apim/a\", \"properties\": {\"url\": \"https://a\"}}]";
        sources.add("backends.json", text);
        let found = resource_spans(&sources);
        let told: Vec<_> = found.iter().map(|r| (r.name.as_str(), sources.position(r.at).line)).collect();
        assert_eq!(told, [("a", 2)]);
    }
}
