//! What several rules ask of policy documents.

use super::setup::{PolicyFile, Setup};
use crate::policy::Section;
use crate::policy::scan::Element;
use crate::resources::{Backend, Pool};

/// Calls `see` with every element that is a policy, outer ones first.
pub(super) fn visit<'a>(elements: &'a [Element], see: &mut dyn FnMut(&'a Element)) {
    for element in elements {
        see(element);
        visit(element.policies(), see);
    }
}

/// The elements of this name, in order.
pub(super) fn named<'a>(elements: &'a [Element], name: &str) -> Vec<&'a Element> {
    let mut found = Vec::new();
    visit(elements, &mut |element| {
        if element.name == name {
            found.push(element);
        }
    });
    found
}

/// The literal value of an attribute; `None` when it is absent, computed or a named value.
pub(super) fn literal<'a>(element: &'a Element, attribute: &str) -> Option<&'a str> {
    let value = &element.attribute(attribute)?.value;
    let text = value.text.trim();
    (!value.is_expression && !text.contains("{{") && !text.contains('{')).then_some(text)
}

/// Retries that send requests on: those that poll with side requests are something else.
pub(super) fn retries(policy: &PolicyFile) -> Vec<&Element> {
    let sends = |retry: &&Element| !named(&retry.children, "forward-request").is_empty();
    named(&policy.document.roots, "retry").into_iter().filter(sends).collect()
}

/// The policies of a section; nothing when the document has none such.
pub(super) fn section(policy: &PolicyFile, section: Section) -> Option<&[Element]> {
    let parts = policy.document.parts();
    parts.into_iter().find(|part| part.section == Some(section)).map(|part| part.policies)
}

/// Whether a policy is about models: it has a policy for them, or names them.
pub(super) fn is_about_models(policy: &PolicyFile, setup: &Setup) -> bool {
    let mut is_one = false;
    visit(&policy.document.roots, &mut |element| {
        is_one |= element.name.starts_with("llm-") || element.name.starts_with("azure-openai-");
    });
    let text = policy.text.to_ascii_lowercase();
    is_one
        || ["cognitiveservices.azure.com", "openai", "chat/completions", "gpt-"]
            .iter()
            .any(|word| text.contains(word))
        || pools_of(policy, setup).iter().any(|(_, pool)| {
            let target = |name: &str| setup.backend(name).is_some_and(super::is_model_endpoint);
            pool.members.iter().filter_map(|member| member.name.as_deref()).any(target)
        })
}

/// The pools among the inputs that a policy names, each once.
pub(super) fn pools_of<'s>(policy: &PolicyFile, setup: &'s Setup) -> Vec<(&'s Backend, &'s Pool)> {
    let mut found: Vec<(&Backend, &Pool)> = Vec::new();
    for (name, _) in &policy.references {
        let Some(backend) = setup.backend(name) else { continue };
        if let Some(pool) = backend.pool()
            && !found.iter().any(|(known, _)| known.span == backend.span)
        {
            found.push((backend, pool));
        }
    }
    found
}

/// Statuses that the breaker of some member certainly counts, of those that are worth another attempt.
pub(super) fn tripping_statuses(pool: &Pool, owner: &Backend, setup: &Setup) -> Vec<u16> {
    let members =
        pool.members.iter().filter_map(|member| setup.backend_beside(owner, member.name.as_deref()?));
    let rules: Vec<_> =
        members.filter_map(|member| member.single()).flat_map(|single| single.rules()).collect();
    let counts = |status: &u16| rules.iter().any(|rule| rule.certainly_counts(u64::from(*status)));
    [408, 429, 500, 502, 503, 504].into_iter().filter(counts).collect()
}
