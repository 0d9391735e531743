//! Where backends and pools are written, for texts that speak of them.

use std::sync::Arc;

use super::json::{Node, Value};
use crate::diagnostics::{Diagnostics, SourceMap, Span};
use crate::resources::{Kind, TextFile, detect, read_all};

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
    let mut files = Vec::new();
    for source in sources.ids() {
        let (path, text) = (sources.name(source), sources.text(source));
        let Some(form) = detect(path, text) else { continue };
        files.push(TextFile { path: Arc::from(path), source, text: Arc::from(text), form });
    }
    let inventory = read_all(&files, &mut Diagnostics::new());
    let named = inventory.of(Kind::Backend).filter_map(|found| Some((found.name.clone()?, found)));
    named
        .map(|(name, found)| {
            let breaker = found.properties().and_then(|properties| properties.get("circuitBreaker"));
            let is_null = |node: &&Node| matches!(node.value, Value::Null);
            let breaker = breaker.filter(|node| !is_null(node)).map(Node::mark);
            ResourceSpans { name: name.to_string(), at: found.name_span, breaker }
        })
        .collect()
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
