//! A world in which every backend has a script, for those who play cases that nobody wrote.
//!
//! Rules
//! - Backends of a gateway are known by name, addresses of `set-backend-service` by their URL.
//! - Requests of the policy's own (`send-request`) are answered with 200 and no body.
//! - Answers come at once; what takes time is what the policy waits for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::model::{Answer, Case, CaseRequest, Endpoint, Outcome, Script};
use super::run::{RequestRecord, run_case};
use crate::gateway::GatewaySpec;
use crate::policy::{Header, HeaderValue, Op, Operand, SetBackend, Text};
use crate::units::{Duration, StatusCode, Timestamp};

/// How long answers take where a limit of concurrency is to be met.
const SLOW: Duration = Duration::from_secs(5);

/// A gateway and the addresses that it may call beside its backends.
#[derive(Clone, Debug)]
pub struct World {
    gateway: Arc<GatewaySpec>,
    urls: Vec<String>,
}

impl Script {
    /// The same to every call, at once.
    pub fn always(outcome: Outcome) -> Self {
        Self { answers: vec![Answer { calls: None, delay: Duration::ZERO, outcome }] }
    }

    /// A response with this status, this `Retry-After` and a body.
    pub fn response(status: StatusCode, retry_after: Option<HeaderValue>) -> Self {
        Self::always(Outcome::response(status, retry_after))
    }
}

impl Outcome {
    /// A response with this status, this `Retry-After` and a body.
    pub fn response(status: StatusCode, retry_after: Option<HeaderValue>) -> Self {
        let header = |value| Header { name: "Retry-After".into(), value };
        Self::Response {
            status,
            reason: None,
            headers: retry_after.map(header).into_iter().collect(),
            body: Some(Text::Static("{}")),
            breaks_off: false,
        }
    }
}

impl World {
    /// The world of `gateway`, in which requests may also go to `api_url`.
    pub fn new(gateway: Arc<GatewaySpec>, api_url: Option<&Text>) -> Self {
        let literal = gateway.program().ops.iter().filter_map(|op| match op {
            Op::SetBackendService(SetBackend::Url(Operand::Literal(url))) => Some(url.to_string()),
            _ => None,
        });
        let urls = literal.chain(api_url.map(ToString::to_string)).collect();
        Self { gateway, urls }
    }

    /// The gateway.
    pub fn gateway(&self) -> &Arc<GatewaySpec> {
        &self.gateway
    }

    /// Addresses that the policy or the API names.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Lets requests go to one more address: one that only playing shows.
    pub fn add_url(&mut self, url: String) {
        if !self.urls.contains(&url) {
            self.urls.push(url);
        }
    }

    /// A case in which the backend or address called `name` has the script that `of` gives it.
    pub fn case(&self, requests: Vec<CaseRequest>, of: impl Fn(&str) -> Script) -> Case {
        let backends: BTreeMap<String, Script> = self
            .gateway
            .backends()
            .iter()
            .map(|backend| (backend.name.to_lowercase(), of(&backend.name)))
            .collect();
        let mut endpoints: Vec<Endpoint> =
            self.urls.iter().map(|url| Endpoint { prefix: url.clone(), script: of(url) }).collect();
        endpoints.push(Endpoint { prefix: String::new(), script: Script::default() });
        Case {
            name: String::new(),
            span: None,
            gateway: Arc::clone(&self.gateway),
            requests,
            backends,
            endpoints,
            breakers: Vec::new(),
        }
    }

    /// What comes of the last of these requests.
    pub fn last(&self, requests: Vec<CaseRequest>, of: impl Fn(&str) -> Script) -> RequestRecord {
        run_case(&self.case(requests, of), None).records.pop().unwrap_or_default()
    }

    /// What comes of a request when `most` others are under way.
    pub fn in_a_crowd(&self, request: &CaseRequest, most: u32) -> RequestRecord {
        let mut slow = Script::response(StatusCode::OK, None);
        for answer in &mut slow.answers {
            answer.delay = SLOW;
        }
        self.last(repeated(request, most.saturating_add(1)), |_| slow.clone())
    }

    /// What comes of a request after `calls` others.
    pub fn after_calls(&self, request: &CaseRequest, calls: u32) -> RequestRecord {
        let requests = repeated(request, calls.saturating_add(1));
        self.last(requests, |_| Script::response(StatusCode::OK, None))
    }

    /// What comes of the second of two requests, the first of which used more than `most` tokens.
    pub fn after_tokens(&self, request: &CaseRequest, most: u32) -> RequestRecord {
        let body = format!(r#"{{"usage":{{"prompt_tokens":{most},"completion_tokens":1}}}}"#);
        let script = Script::always(Outcome::Response {
            status: StatusCode::OK,
            reason: None,
            headers: [].into(),
            body: Some(Text::from(body)),
            breaks_off: false,
        });
        let mut requests = repeated(request, 2);
        for request in &mut requests {
            request.prompt_tokens = Some(1);
        }
        self.last(requests, |_| script.clone())
    }
}

/// The same request so many times, a millisecond apart.
pub fn repeated(request: &CaseRequest, number: u32) -> Vec<CaseRequest> {
    spaced(request, number, Duration::from_millis(1))
}

/// The same request so many times, the first at the beginning, others `gap` after the one before.
pub fn spaced(request: &CaseRequest, number: u32, gap: Duration) -> Vec<CaseRequest> {
    let at = |nth: u32| Timestamp::ZERO.saturating_add(gap.saturating_mul(u64::from(nth)));
    (0..number).map(|nth| CaseRequest { at: at(nth), ..request.clone() }).collect()
}
