//! Runs a case: an event queue, a script for a world.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::coverage::Coverage;
use super::expect::Mismatch;
use super::model::{Answer, Case, CaseRequest, Outcome};
use crate::gateway::{
    Action, BreakerState, CallNumber, Effects, Event, Exchange, FirstChoice, ForwardTarget, Gateway, Input,
    RequestHead, SentBody, SideAnswer, SideCall, TokenFacts, Usage,
};
use crate::policy::csharp::{Context, LowestChance, to_json};
use crate::policy::{Body, Headers, LastError, Request, Response, Text};
use crate::units::{AttemptNumber, Duration, RequestId, StatusCode, Timestamp};

/// Events one case may have: beyond this it is cut off and fails.
const MAX_EVENTS: u32 = 1_000_000;

/// How long a managed identity token stays valid.
const TOKEN_LIFETIME: Duration = Duration::from_secs(86_400);

/// What a call of a backend came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallEnd {
    /// A response with this status.
    Response(StatusCode),
    /// A response with this status, the body of which broke off.
    BrokenOff(StatusCode),
    /// The body of the request was lost, and the backend refused what was left with this status.
    LostBody(StatusCode),
    /// Nothing until the deadline.
    Timeout,
    /// No connection.
    ConnectionFailure,
}

/// What came out of one request.
#[derive(Clone, Debug, Default)]
pub struct RequestRecord {
    /// The response as the client gets it.
    pub response: Option<Response>,
    /// Its body.
    pub body: Option<String>,
    /// Names of the backends (or base URLs) that were called, in order.
    pub backends: Vec<String>,
    /// What each of these calls came to.
    pub ends: Vec<CallEnd>,
    /// Waits before retries.
    pub waits: Vec<Duration>,
    /// Forwards that found no backend available.
    pub exhausted: u32,
    /// Lines of the trace.
    pub trace: Vec<String>,
    /// URLs called by `send-request`.
    pub calls: Vec<String>,
    /// Variables at the end.
    pub variables: BTreeMap<String, Json>,
    /// `context.LastError` at the end.
    pub error: Option<LastError>,
    /// The request as the last forward sent it.
    pub sent: Option<Request>,
    /// Its body.
    pub sent_body: Option<String>,
    /// From arrival to the response.
    pub elapsed: Option<Duration>,
}

/// What came out of a case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// Everything that did not hold; empty: passed.
    pub mismatches: Vec<Mismatch>,
    /// What was found, by request.
    pub records: Vec<RequestRecord>,
    /// When the last request was over.
    pub ended: Timestamp,
}

/// Runs `case` and compares; what it reached is added to `coverage`.
pub fn run_case(case: &Case, coverage: Option<&mut Coverage>) -> CaseResult {
    let mut stage = Stage::new(case, coverage);
    stage.play();
    stage.result()
}

/// What is to happen.
enum Due {
    Arrival(usize),
    Input(usize, Input),
}

struct Stage<'c> {
    case: &'c Case,
    gateway: Gateway,
    exchanges: Vec<Exchange>,
    records: Vec<RequestRecord>,
    calls: BTreeMap<String, u32>,
    queue: BTreeMap<(Timestamp, u64), Due>,
    sequence: u64,
    now: Timestamp,
    /// When the last request was over: timers that nobody waits for may ring later.
    ended: Timestamp,
    effects: Effects,
    choices: FirstChoice,
    coverage: Option<&'c mut Coverage>,
    is_cut_off: bool,
}

impl<'c> Stage<'c> {
    fn new(case: &'c Case, coverage: Option<&'c mut Coverage>) -> Self {
        let mut coverage = coverage;
        let mut effects = Effects::default();
        if let Some(coverage) = &mut coverage {
            coverage.expect(&case.gateway);
            effects.steps = Some(Vec::new());
        }
        let count = case.requests.len();
        Self {
            case,
            gateway: Gateway::new(Arc::clone(&case.gateway)),
            exchanges: vec![Exchange::default(); count],
            records: vec![RequestRecord::default(); count],
            calls: BTreeMap::new(),
            queue: BTreeMap::new(),
            sequence: 0,
            now: Timestamp::ZERO,
            ended: Timestamp::ZERO,
            effects,
            choices: FirstChoice,
            coverage,
            is_cut_off: false,
        }
    }

    fn play(&mut self) {
        for (at, request) in self.case.requests.iter().enumerate() {
            self.schedule(request.at, Due::Arrival(at));
        }
        let mut events: u32 = 0;
        while let Some(((now, _), due)) = self.queue.pop_first() {
            events = events.saturating_add(1);
            if events > MAX_EVENTS {
                self.is_cut_off = true;
                return;
            }
            self.now = now;
            match due {
                Due::Arrival(at) => self.arrive(at),
                Due::Input(at, input) => self.tell(at, input),
            }
            self.carry_out();
        }
    }

    fn schedule(&mut self, at: Timestamp, due: Due) {
        self.sequence = self.sequence.saturating_add(1);
        self.queue.insert((at, self.sequence), due);
    }

    fn arrive(&mut self, at: usize) {
        let Some(request) = self.case.requests.get(at) else { return };
        let head = head_of(request, at);
        if let Some(exchange) = self.exchanges.get_mut(at) {
            self.gateway.start(exchange, &head, self.now, &mut self.choices, &mut self.effects);
        }
    }

    fn tell(&mut self, at: usize, input: Input) {
        if let Some(exchange) = self.exchanges.get_mut(at) {
            self.gateway.handle(exchange, input, self.now, &mut self.choices, &mut self.effects);
        }
    }

    /// Carries out what the core asked for. Nothing here calls back into the core: answers are events.
    fn carry_out(&mut self) {
        for event in std::mem::take(&mut self.effects.events) {
            self.note(event);
        }
        for action in std::mem::take(&mut self.effects.actions) {
            self.act(action);
        }
        if let (Some(coverage), Some(steps)) = (&mut self.coverage, &mut self.effects.steps) {
            coverage.see(self.case.gateway.program(), steps);
            steps.clear();
        }
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Retry { request, wait, .. } => {
                if let Some(record) = self.record(request) {
                    record.waits.push(wait);
                }
            }
            Event::Exhausted { request, .. } => {
                if let Some(record) = self.record(request) {
                    record.exhausted = record.exhausted.saturating_add(1);
                }
            }
            Event::Traced { request, line } => {
                if let Some(record) = self.record(request) {
                    record.trace.push(line.to_string());
                }
            }
            _ => {}
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Forward { request, attempt, target, body, deadline, .. } => {
                self.forward(request, attempt, &target, body, deadline);
            }
            Action::Sleep { request, until, .. } => {
                self.schedule(until, Due::Input(index(request), Input::Wake));
            }
            Action::SideCall { request, number, deadline, call } => {
                self.side_call(request, number, deadline, &call);
            }
            Action::Respond { request, .. } => self.respond(request),
            Action::Finish { request, .. } => self.finish(request),
            Action::Abort { .. } => {}
        }
    }

    fn forward(
        &mut self,
        request: RequestId,
        attempt: AttemptNumber,
        target: &ForwardTarget,
        body: SentBody,
        deadline: Timestamp,
    ) {
        let at = index(request);
        let name = match target {
            ForwardTarget::Backend(backend) => {
                if let Some(coverage) = &mut self.coverage {
                    coverage.called(&self.case.gateway, *backend);
                }
                self.case.gateway.backend(*backend).map_or_else(String::new, |b| b.name.to_string())
            }
            ForwardTarget::Url(url) => url.to_string(),
        };
        let sent = self.exchanges.get(at).map(|exchange| exchange.request().clone());
        if let Some(record) = self.records.get_mut(at) {
            record.backends.push(name.clone());
            record.sent_body = sent.as_ref().and_then(|request| text_of(&request.body));
            record.sent = sent;
        }
        if let SentBody::Lost { status } = body {
            self.note_end(at, CallEnd::LostBody(status));
            let response = Response::plain(status);
            self.schedule(self.now, Due::Input(at, Input::ResponseHeaders { attempt, response }));
            self.schedule(self.now, Due::Input(at, Input::BodyEnd { attempt, usage: None }));
            return;
        }
        let case = self.case;
        let script = match target {
            ForwardTarget::Backend(_) => case.backends.get(&name.to_lowercase()),
            ForwardTarget::Url(url) => endpoint(case, url),
        };
        let call = self.count(&name);
        let answer = script.and_then(|script| script.answer(call));
        let when = self.now.saturating_add(answer.map_or(Duration::ZERO, |a| a.delay));
        self.note_end(at, end_of(answer));
        match answer.map(|a| &a.outcome) {
            Some(Outcome::Timeout) => {
                self.schedule(deadline, Due::Input(at, Input::HeaderTimeout { attempt }));
            }
            Some(Outcome::ConnectionFailure) => {
                self.schedule(when, Due::Input(at, Input::ConnectionFailed { attempt }));
            }
            Some(Outcome::Response { breaks_off, .. }) => {
                let response = answer.map_or_else(ok, response_of);
                let usage = usage_of(&response);
                let end = if *breaks_off {
                    Input::BodyFailed { attempt }
                } else {
                    Input::BodyEnd { attempt, usage }
                };
                self.schedule(when, Due::Input(at, Input::ResponseHeaders { attempt, response }));
                self.schedule(when, Due::Input(at, end));
                self.schedule(deadline, Due::Input(at, Input::HeaderTimeout { attempt }));
            }
            None => {
                self.schedule(when, Due::Input(at, Input::ResponseHeaders { attempt, response: ok() }));
                self.schedule(when, Due::Input(at, Input::BodyEnd { attempt, usage: None }));
            }
        }
    }

    fn side_call(
        &mut self,
        request: RequestId,
        number: CallNumber,
        deadline: Option<Timestamp>,
        call: &SideCall,
    ) {
        let at = index(request);
        let (answer, delay) = match call {
            SideCall::Token { resource, .. } => {
                let token = Text::from(format!("token-for-{resource}"));
                let expires = self.now.saturating_add(TOKEN_LIFETIME);
                (SideAnswer::Token { token, expires }, Duration::ZERO)
            }
            SideCall::Request(sent) => {
                if let Some(record) = self.records.get_mut(at) {
                    record.calls.push(sent.url.to_string());
                }
                let count = self.count(&sent.url);
                let case = self.case;
                let answer = endpoint(case, &sent.url).map(|script| script.answer(count));
                let delay = answer.flatten().map_or(Duration::ZERO, |a| a.delay);
                if sent.one_way {
                    return;
                }
                match answer {
                    // A URL that no script knows cannot be reached.
                    None => (SideAnswer::Failed, delay),
                    Some(None) => (SideAnswer::Response(ok()), delay),
                    Some(Some(answer)) => match answer.outcome {
                        Outcome::Response { .. } => (SideAnswer::Response(response_of(answer)), delay),
                        Outcome::ConnectionFailure => (SideAnswer::Failed, delay),
                        Outcome::Timeout => {
                            if let Some(deadline) = deadline {
                                self.schedule(deadline, Due::Input(at, Input::Wake));
                            }
                            return;
                        }
                    },
                }
            }
        };
        if let Some(deadline) = deadline {
            self.schedule(deadline, Due::Input(at, Input::Wake));
        }
        let done = Input::SideCallDone { number, answer };
        self.schedule(self.now.saturating_add(delay), Due::Input(at, done));
    }

    fn respond(&mut self, request: RequestId) {
        let at = index(request);
        let Some(exchange) = self.exchanges.get(at) else { return };
        let response = exchange.response().cloned();
        let elapsed = self.now.since(exchange.started());
        if let Some(record) = self.records.get_mut(at) {
            record.body = response.as_ref().and_then(|response| text_of(&response.body));
            record.response = response;
            record.elapsed = Some(elapsed);
        }
    }

    fn finish(&mut self, request: RequestId) {
        self.ended = self.now;
        let at = index(request);
        let Some(exchange) = self.exchanges.get(at) else { return };
        let names = &self.case.gateway.program().variables;
        let mut chance = LowestChance;
        let mut context = Context { heap: exchange.heap().clone(), ..Context::default() };
        let mut scope = context.scope(&mut chance);
        let set = names.iter().zip(exchange.variables());
        let variables = set
            .filter_map(|(name, value)| Some((name.to_string(), to_json(value.as_ref()?, &mut scope))))
            .collect();
        if let Some(record) = self.records.get_mut(at) {
            record.variables = variables;
            record.error = exchange.last_error().cloned();
        }
    }

    fn note_end(&mut self, at: usize, end: CallEnd) {
        if let Some(record) = self.records.get_mut(at) {
            record.ends.push(end);
        }
    }

    fn record(&mut self, request: RequestId) -> Option<&mut RequestRecord> {
        self.records.get_mut(index(request))
    }

    fn count(&mut self, name: &str) -> u32 {
        let count = self.calls.entry(name.to_lowercase()).or_insert(0);
        *count = count.saturating_add(1);
        *count
    }

    fn result(self) -> CaseResult {
        let mut mismatches = Vec::new();
        for (request, record) in self.case.requests.iter().zip(&self.records) {
            mismatches.extend(request.expect.compare(&request.name, record));
        }
        for (name, is_tripped) in &self.case.breakers {
            let spec = &self.case.gateway;
            let at = spec.backends().iter().position(|b| b.name.eq_ignore_ascii_case(name));
            let state = at.and_then(|at| u16::try_from(at).ok());
            let state = state.map(|at| self.gateway.breaker(crate::units::BackendId(at)));
            let tripped = matches!(state, Some(BreakerState::Tripped { until, .. }) if until > self.ended);
            if tripped != *is_tripped {
                let word = |tripped: bool| if tripped { "tripped" } else { "closed" }.to_owned();
                mismatches.push(Mismatch {
                    request: String::new(),
                    what: format!("breakers.{name}"),
                    expected: word(*is_tripped),
                    found: word(tripped),
                });
            }
        }
        if self.is_cut_off {
            mismatches.push(Mismatch {
                request: String::new(),
                what: "events".to_owned(),
                expected: format!("at most {MAX_EVENTS}"),
                found: "more".to_owned(),
            });
        }
        CaseResult { mismatches, records: self.records, ended: self.ended }
    }
}

impl CaseRequest {
    /// The request as it reaches the gateway, with this number.
    pub fn head(&self, at: usize) -> RequestHead {
        head_of(self, at)
    }
}

fn head_of(request: &CaseRequest, at: usize) -> RequestHead {
    RequestHead {
        id: RequestId(at as u64),
        method: request.method.clone(),
        path: request.path.clone(),
        headers: Some(Arc::clone(&request.headers)),
        body: request.body.clone().map_or(Body::Absent, Body::Text),
        facts: Some(Arc::clone(&request.facts)),
        tokens: TokenFacts { prompt: request.prompt_tokens },
    }
}

fn index(request: RequestId) -> usize {
    usize::try_from(request.0).unwrap_or(usize::MAX)
}

fn end_of(answer: Option<&Answer>) -> CallEnd {
    match answer.map(|answer| &answer.outcome) {
        None => CallEnd::Response(StatusCode::OK),
        Some(Outcome::Response { status, breaks_off: false, .. }) => CallEnd::Response(*status),
        Some(Outcome::Response { status, breaks_off: true, .. }) => CallEnd::BrokenOff(*status),
        Some(Outcome::Timeout) => CallEnd::Timeout,
        Some(Outcome::ConnectionFailure) => CallEnd::ConnectionFailure,
    }
}

fn ok() -> Response {
    Response::plain(StatusCode::OK)
}

/// The response that an answer describes.
fn response_of(answer: &Answer) -> Response {
    let Outcome::Response { status, reason, headers, body, .. } = &answer.outcome else { return ok() };
    let mut response = Response::plain(*status);
    if let Some(reason) = reason {
        response.reason = reason.clone();
    }
    response.headers = Headers::shared(Arc::clone(headers));
    if let Some(body) = body {
        response.body = Body::Text(body.clone());
    }
    response
}

/// The tokens that the body of a model's answer tells.
fn usage_of(response: &Response) -> Option<Usage> {
    let Body::Text(text) = &response.body else { return None };
    let json: Json = serde_json::from_str(text).ok()?;
    let count = |name: &str| u32::try_from(json.get("usage")?.get(name)?.as_u64()?).ok();
    Some(Usage {
        prompt: count("prompt_tokens").unwrap_or(0),
        completion: count("completion_tokens").unwrap_or(0),
    })
    .filter(|_| json.get("usage").is_some())
}

fn text_of(body: &Body) -> Option<String> {
    match body {
        Body::Text(text) => Some(text.to_string()),
        Body::Absent | Body::Opaque | Body::Consumed => None,
    }
}

/// The script of the endpoint with the longest prefix of `url`.
fn endpoint<'c>(case: &'c Case, url: &str) -> Option<&'c super::model::Script> {
    let fits = case.endpoints.iter().filter(|e| url.starts_with(e.prefix.as_str()));
    fits.max_by_key(|e| e.prefix.len()).map(|e| &e.script)
}
