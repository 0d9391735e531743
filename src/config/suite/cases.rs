//! One case: its requests, scripts and expectations.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::check::entries;
use super::super::json::{Node, shorten};
use super::super::scenario::{flatten_semantics, read_semantics};
use super::answers::{check_header_names, read_body, read_headers, read_script, scripts};
use super::expect::{expects, read_expectation};
use super::facts::apply_facts;
use super::world::{World, merged};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::gateway::GatewaySpec;
use crate::policy::{Facts, Header, Text};
use crate::semantics::Semantics;
use crate::suite::{Case, CaseRequest, Endpoint, Expectation, Script};
use crate::units::{Duration, Timestamp};

/// What cases are read with.
pub(super) struct CaseReader<'a> {
    world: &'a World,
    defaults: Option<&'a Node>,
    basis: Basis,
    /// Gateways by the readings that a case has of its own.
    gateways: Vec<(Semantics, Option<Arc<GatewaySpec>>)>,
    diagnostics: &'a mut Diagnostics,
}

/// A request before a case says anything.
#[derive(Clone)]
struct Basis {
    method: Text,
    path: Text,
    headers: Arc<[Header]>,
    body: Option<Text>,
    prompt_tokens: Option<u32>,
    facts: Arc<Facts>,
    /// Whether the operation has a method of its own.
    has_method: bool,
}

impl<'a> CaseReader<'a> {
    /// Reads the defaults, which may be absent; their problems are told.
    pub(super) fn new(
        world: &'a World,
        defaults: Option<&'a Node>,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        let operation = &world.operation;
        let mut basis = Basis {
            method: operation.method.clone(),
            path: operation.path.clone(),
            headers: Arc::clone(&operation.headers),
            body: None,
            prompt_tokens: None,
            facts: Arc::new(world.facts.clone()),
            has_method: false,
        };
        let get = |name: &str| defaults.and_then(|defaults| defaults.get(name));
        if let Some(node) = get("request") {
            basis = basis.with(node, diagnostics);
        }
        let reader = Self { world, defaults, basis, gateways: Vec::new(), diagnostics };
        // Told once here and not with every case.
        for member in get("backends").into_iter().flat_map(entries) {
            reader.world.backend(&member.name, member.name_span, reader.diagnostics);
            read_script(&member.value, reader.diagnostics);
        }
        for member in get("endpoints").into_iter().flat_map(entries) {
            check_prefix(&member.name, member.name_span, reader.diagnostics);
            read_script(&member.value, reader.diagnostics);
        }
        reader
    }

    fn gateway(&mut self, semantics: Semantics) -> Option<Arc<GatewaySpec>> {
        if let Some((_, known)) = self.gateways.iter().find(|(readings, _)| *readings == semantics) {
            return known.clone();
        }
        let gateway = self.world.gateway(semantics.clone(), self.diagnostics).map(Arc::new);
        self.gateways.push((semantics, gateway.clone()));
        gateway
    }
}

impl Basis {
    /// The request as `node` changes it.
    fn with(&self, node: &Node, diagnostics: &mut Diagnostics) -> Self {
        let text = |name: &str| node.get(name).and_then(Node::text).map(|text| Text::from(text.to_owned()));
        if let Some(path) = node.get("path")
            && path.text().is_some_and(|path| !path.is_empty() && !path.starts_with('/'))
        {
            let message = format!("not a path: {}", path.describe());
            diagnostics.push(
                Diagnostic::error("wrong-path", path.mark(), message)
                    .label("expected a path that begins with `/`"),
            );
        }
        check_header_names(node.get("headers"), diagnostics);
        let headers = match node.get("headers") {
            None => Arc::clone(&self.headers),
            headers => merged(&self.headers, &read_headers(headers)).into(),
        };
        let body = node.get("body").map_or_else(|| self.body.clone(), read_body);
        let prompt = node.get("promptTokens").and_then(Node::integer);
        let method = text("method").unwrap_or_else(|| self.method.clone());
        let operation_method = node.get("operation").and_then(|operation| operation.get("method"));
        let has_method = self.has_method || operation_method.is_some();
        let mut facts = Facts::clone(&self.facts);
        apply_facts(node, &mut facts);
        if !has_method {
            facts.operation.method = method.clone();
        }
        let facts = if facts == *self.facts { Arc::clone(&self.facts) } else { Arc::new(facts) };
        Self {
            method,
            path: text("path").unwrap_or_else(|| self.path.clone()),
            headers,
            body,
            prompt_tokens: prompt.and_then(|tokens| u32::try_from(tokens).ok()).or(self.prompt_tokens),
            facts,
            has_method,
        }
    }

    fn request(&self, name: String, at: Timestamp, expect: Expectation) -> CaseRequest {
        CaseRequest {
            name,
            at,
            method: self.method.clone(),
            path: self.path.clone(),
            headers: Arc::clone(&self.headers),
            body: self.body.clone(),
            prompt_tokens: self.prompt_tokens,
            facts: Arc::clone(&self.facts),
            expect,
        }
    }
}

/// The case at `node`. Problems are told; `None` when it cannot be run for any.
pub(super) fn read_case(node: &Node, reader: &mut CaseReader<'_>) -> Option<Case> {
    let requests = read_requests(node, reader);
    let world = reader.world;
    let default = |name: &str| reader.defaults.and_then(|defaults| defaults.get(name));
    let mut backends: BTreeMap<String, Script> = BTreeMap::new();
    let own = node.get("backends");
    for member in own.into_iter().flat_map(entries) {
        world.backend(&member.name, member.name_span, reader.diagnostics);
        read_script(&member.value, reader.diagnostics);
    }
    for member in scripts(default("backends"), own) {
        backends.insert(member.name.to_lowercase(), read_script(&member.value, &mut Diagnostics::new()));
    }
    let own = node.get("endpoints");
    for member in own.into_iter().flat_map(entries) {
        check_prefix(&member.name, member.name_span, reader.diagnostics);
        read_script(&member.value, reader.diagnostics);
    }
    let endpoints = scripts(default("endpoints"), own).map(|member| Endpoint {
        prefix: member.name.clone(),
        script: read_script(&member.value, &mut Diagnostics::new()),
    });
    let endpoints = endpoints.collect();
    let mut breakers = Vec::new();
    for member in node.get("breakers").into_iter().flat_map(entries) {
        let name = world.backend(&member.name, member.name_span, reader.diagnostics);
        let is_tripped = member.value.text() == Some("tripped");
        breakers.extend(name.map(|name| (name, is_tripped)));
    }
    warn_if_empty(node, reader.diagnostics);
    let semantics = read_readings(node, world, reader.diagnostics);
    let gateway = reader.gateway(semantics)?;
    let name = node.get("name")?;
    Some(Case {
        name: name.text()?.to_owned(),
        span: Some(name.span),
        gateway,
        requests,
        backends,
        endpoints,
        breakers,
    })
}

/// The readings of the file with those of the case instead.
fn read_readings(node: &Node, world: &World, diagnostics: &mut Diagnostics) -> Semantics {
    let mut semantics = world.semantics.clone();
    if node.get("semantics").is_some() {
        let mut node = node.clone();
        flatten_semantics(&mut node, diagnostics);
        let (own, given) = read_semantics(&node, diagnostics);
        for switch in given {
            semantics.set(switch.info().path, own.get(switch));
        }
    }
    semantics
}

fn read_requests(node: &Node, reader: &mut CaseReader<'_>) -> Vec<CaseRequest> {
    let diagnostics = &mut *reader.diagnostics;
    let Some(several) = node.get("requests").and_then(Node::elements) else {
        let basis = match node.get("request") {
            Some(request) => reader.basis.with(request, diagnostics),
            None => reader.basis.clone(),
        };
        let expect = node.get("expect").map(|node| read_expectation(node, reader.world, diagnostics));
        return vec![basis.request(String::new(), Timestamp::ZERO, expect.unwrap_or_default())];
    };
    for name in ["request", "expect"] {
        if let Some(member) = node.member(name) {
            let message = format!("`{name}` beside `requests`");
            diagnostics.push(
                Diagnostic::error("request-and-requests", member.name_span, message)
                    .label("expected inside of the entries of `requests`"),
            );
        }
    }
    let mut requests = Vec::new();
    for (number, node) in (1_u32..).zip(several) {
        let basis = reader.basis.with(node, diagnostics);
        let name = node.get("name").and_then(Node::text);
        let at = node.get("at").and_then(Node::time).unwrap_or(Duration::ZERO);
        let expect = node.get("expect").map(|node| read_expectation(node, reader.world, diagnostics));
        requests.push(basis.request(
            name.map_or_else(|| format!("request {number}"), str::to_owned),
            Timestamp::ZERO.saturating_add(at),
            expect.unwrap_or_default(),
        ));
    }
    requests.sort_by_key(|request| request.at);
    requests
}

fn warn_if_empty(node: &Node, diagnostics: &mut Diagnostics) {
    let requests = node.get("requests").and_then(Node::elements).unwrap_or_default();
    let expects_anything = expects(node.get("expect"))
        || expects(node.get("breakers"))
        || requests.iter().any(|request| expects(request.get("expect")));
    if !expects_anything {
        let name = node.get("name");
        let shown =
            name.and_then(Node::text).map_or_else(String::new, |name| format!(" `{}`", shorten(name)));
        let span = name.map_or(node.mark(), |name| name.span);
        diagnostics.push(
            Diagnostic::warning("case-without-expectation", span, format!("case{shown} expects nothing"))
                .label("it passes whatever happens: say what must come out in `expect`"),
        );
    }
}

fn check_prefix(prefix: &str, span: Span, diagnostics: &mut Diagnostics) {
    let lower = prefix.to_ascii_lowercase();
    if !lower.starts_with("https://") && !lower.starts_with("http://") {
        let message = format!("`{}` is not the beginning of a URL", shorten(prefix));
        diagnostics.push(
            Diagnostic::error("bad-url", span, message)
                .label("expected `https://` and so on; backends of the resources go into `backends`"),
        );
    }
}
