//! What is needed to explain a policy document by itself: backends that stand for those it names, and the
//! list of what it asks for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::teller::Missing;
use crate::diagnostics::Span;
use crate::gateway::{BackendEntity, GatewaySpec};
use crate::policy::document::Document;
use crate::policy::scan::{Element, RawText};
use crate::policy::{Facts, Header, HeaderValue, Op, Program, Text};
use crate::semantics::Semantics;
use crate::suite::{CaseRequest, Expectation};
use crate::units::Timestamp;
use crate::wording::quoted;

/// Where requests go when the policy does not say it.
pub(super) const API_URL: &str = "https://the-backend-of-the-api";

/// Elements that steer others and leave no operation behind.
const STEERING: [&str; 3] = ["base", "choose", "otherwise"];

/// Elements with policies inside.
const AROUND: [&str; 6] = ["choose", "when", "otherwise", "retry", "limit-concurrency", "wait"];

/// A gateway for `program` with a backend without a breaker for each name it uses. Fragments that are not
/// there do nothing. `None` when the names do not fit together.
pub fn alone(program: &Program) -> Option<GatewaySpec> {
    let mut names: BTreeMap<String, Arc<str>> = BTreeMap::new();
    for (name, _) in &program.backend_references {
        names.entry(name.to_lowercase()).or_insert_with(|| Arc::from(name.as_str()));
    }
    let entity = |name: Arc<str>| {
        let url = Arc::from(format!("https://{name}"));
        BackendEntity { name, url, breaker: None, azure_region: None }
    };
    let mut played = program.clone();
    for at in 0..played.ops.len() {
        let pc = crate::policy::Pc(u32::try_from(at).ok()?);
        if matches!(played.op(pc), Some(Op::Unsupported)) && super::steps::is_fragment(program, pc) {
            *played.ops.get_mut(at)? = Op::Jump(pc.next());
        }
    }
    let backends = names.into_values().map(entity).collect();
    let gateway = GatewaySpec::new(backends, Vec::new(), played, Semantics::default()).ok()?;
    Some(gateway.with_facts(facts()))
}

/// What `context` tells of an API whose settings are not known.
fn facts() -> Facts {
    let mut facts = Facts::default();
    facts.api.service_url = Some(Text::Static(API_URL));
    facts
}

/// A request like that of a chat client. Without a `head` (method, path, headers) it is a usual one, of an API
/// of which nothing is known.
pub fn plain_request(head: Option<(Text, Text, Arc<[Header]>)>, known: Option<&Facts>) -> CaseRequest {
    let usual = || {
        let header = |name: &'static str, value: &'static str| Header {
            name: name.into(),
            value: HeaderValue::Text(value.into()),
        };
        let headers = [header("Content-Type", "application/json"), header("api-key", "subscription-key")];
        let path = Text::Static("/deployments/gpt-4o/chat/completions?api-version=2024-10-21");
        (Text::Static("POST"), path, Arc::from(headers))
    };
    let (method, path, headers) = head.unwrap_or_else(usual);
    CaseRequest {
        name: String::new(),
        at: Timestamp::ZERO,
        method,
        path,
        headers,
        body: Some(Text::Static(r#"{"messages":[{"role":"user","content":"Hello"}]}"#)),
        prompt_tokens: Some(10),
        facts: Arc::new(known.cloned().unwrap_or_else(facts)),
        expect: Expectation::default(),
    }
}

/// Everything that `document` needs from outside, in the order of its lines. `program` is what became of it.
pub fn needs(document: &Document, program: &Program) -> Vec<Missing> {
    let compiled: BTreeSet<Span> = program.places.iter().filter_map(|place| place.span).collect();
    let mut found = Vec::new();
    for (name, span) in &program.backend_references {
        found.push(Missing {
            what: format!("The backend or pool {}", quoted(name)),
            span: *span,
            hides: false,
        });
    }
    visit(&document.roots, &mut |element| {
        if element.name == "include-fragment"
            && let Some(id) = element.attribute("fragment-id")
        {
            let what = format!("The fragment {}: what it does is not told", quoted(&id.value.text));
            found.push(Missing { what, span: id.value.span, hides: false });
        }
        named_values(&element.text, &mut found);
        for attribute in &element.attributes {
            named_values(&attribute.value, &mut found);
        }
    });
    for part in document.parts() {
        lost(part.policies, &compiled, &mut found);
    }
    found.sort_by_key(|missing| missing.span.start);
    found.dedup();
    found
}

/// Policies that no operation came of: they cannot be read without a value that is missing.
fn lost(policies: &[Element], compiled: &BTreeSet<Span>, found: &mut Vec<Missing>) {
    for element in policies {
        let name = element.name.as_str();
        if !compiled.contains(&element.tag_span) && !STEERING.contains(&name) {
            let what = format!("{} is left out below: it cannot be read without a named value", quoted(name));
            found.push(Missing { what, span: element.tag_span, hides: true });
        }
        if AROUND.contains(&name) {
            lost(element.policies(), compiled, found);
        }
    }
}

/// Those that stand in `text` and have no value.
fn named_values(text: &RawText, found: &mut Vec<Missing>) {
    for used in text.named_values() {
        let what = format!("The named value {}", quoted(used.name));
        found.push(Missing { what, span: text.span_of(used.start, used.end), hides: false });
    }
}

/// Calls `see` with every element that is no data. Depth is bounded by the reader.
fn visit<'d>(elements: &'d [Element], see: &mut dyn FnMut(&'d Element)) {
    for element in elements {
        see(element);
        visit(element.policies(), see);
    }
}
