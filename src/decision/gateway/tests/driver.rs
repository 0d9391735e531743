//! A gateway instance in virtual time. Each call gives one input and returns the actions in short words:
//!
//! ```text
//! token                  a managed identity token is wanted
//! forward 2 b1           attempt 2 goes to backend b1 (`lost 400` behind it: without its body)
//! call 1 GET https://x   side call 1 is sent
//! abort 1                attempt 1 is dropped
//! sleep 10s              wait before a retry
//! respond 429 b1#2       the head of b1's answer in attempt 2 goes to the client
//! respond 503 gateway    the gateway answers by itself
//! answered, broken off, cancelled
//! ignored                the exchange did not await the input
//! ```

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::gateway::{
    Action, Answerer, BackendEntity, BreakerChange, BreakerRule, BreakerState, CallNumber, Effects, Ending,
    Event, Exchange, FirstChoice, ForwardTarget, Gateway, GatewaySpec, Input, PoolMember, PoolSpec,
    RegionCarbon, RequestHead, SentBody, SessionAffinity, SideAnswer, SideCall, Threshold, TokenFacts, Usage,
};
use crate::policy::{Body, Header, HeaderValue, Response, Text};
use crate::semantics::Semantics;
pub(super) use crate::testing::{code, compile};
use crate::units::{AttemptNumber, BackendId, Duration, RequestId, Timestamp};

/// What a rig is made of.
#[derive(Clone)]
pub(super) struct Setup {
    pub(super) policy: String,
    pub(super) backends: Vec<BackendEntity>,
    pub(super) pools: Vec<PoolSpec>,
    pub(super) semantics: Semantics,
    /// What regions emit; backend `b1` is in `region 1`.
    pub(super) carbon: Vec<RegionCarbon>,
}

/// The gateway, the requests by number, and the time.
#[derive(Clone)]
pub(super) struct Rig {
    pub(super) gateway: Gateway,
    pub(super) now: Timestamp,
    /// Events of the last call.
    pub(super) events: Vec<Event>,
    /// Actions of the last call.
    pub(super) actions: Vec<Action>,
    exchanges: Vec<Exchange>,
}

/// Sections of an API policy around nothing.
pub(super) fn policy(inbound: &str, backend: &str, outbound: &str, on_error: &str) -> String {
    format!(
        "<policies><inbound>{inbound}</inbound><backend>{backend}</backend>\
         <outbound>{outbound}</outbound><on-error>{on_error}</on-error></policies>"
    )
}

/// The pool `p` as the target, a backend section, and marks that tell which sections ran. Where there is no
/// response, on-error leaves it so: then the events tell that it ran.
pub(super) fn to_pool(backend: &str) -> String {
    policy(
        r#"<set-backend-service backend-id="p" />"#,
        backend,
        r#"<set-header name="x-outbound"><value>yes</value></set-header>"#,
        r#"<choose><when condition="@(context.Response != null)">
            <set-header name="x-on-error"><value>@(context.LastError.Reason)</value></set-header>
        </when></choose>"#,
    )
}

/// A retry around one forward that buffers the request body.
pub(super) fn retry(count: u32, attributes: &str, condition: &str) -> String {
    format!(
        r#"<retry count="{count}" {attributes} condition='@({condition})'><forward-request buffer-request-body="true" timeout="2" /></retry>"#
    )
}

/// Retries at once on 429.
pub(super) fn retry_429(count: u32) -> String {
    retry(count, r#"interval="0""#, "context.Response.StatusCode == 429")
}

/// One failure with status 429 trips for 60 s, or as long as Retry-After says.
pub(super) fn rule() -> BreakerRule {
    BreakerRule {
        name: "rule".into(),
        threshold: Threshold::Count(1),
        interval: Duration::from_secs(300),
        statuses: vec![(code(429), code(429)), (code(500), code(599))],
        error_reasons: Vec::new(),
        trip_duration: Duration::from_secs(60),
        accept_retry_after: true,
        failure_status: None,
    }
}

/// Backends `b0`, `b1`, ... that all have `rule`.
pub(super) fn backends(count: usize, rule: Option<&BreakerRule>) -> Vec<BackendEntity> {
    (0..count)
        .map(|n| BackendEntity {
            name: format!("b{n}").into(),
            url: format!("https://b{n}.example/openai").into(),
            breaker: rule.cloned(),
            azure_region: Some(format!("region {n}").into()),
        })
        .collect()
}

/// The pool `p` over `b0`, `b1`, ... with these priorities and weights.
pub(super) fn pool(members: &[(Option<u8>, Option<u8>)]) -> PoolSpec {
    PoolSpec {
        name: "p".into(),
        members: members
            .iter()
            .zip(0..)
            .map(|((priority, weight), id)| PoolMember {
                backend: BackendId(id),
                priority: *priority,
                weight: *weight,
                preferred_carbon: None,
            })
            .collect(),
        failure_status: None,
        affinity: None,
    }
}

/// The same with session awareness by the cookie `sid`.
pub(super) fn with_sessions(mut setup: Setup) -> Setup {
    for pool in &mut setup.pools {
        pool.affinity = Some(SessionAffinity { cookie: "sid".into() });
    }
    setup
}

/// Backends with `rule` in a pool with priorities 1, 2, 3, ...
pub(super) fn by_priority(count: u8, policy: &str) -> Setup {
    let members: Vec<_> = (1..=count).map(|priority| (Some(priority), None)).collect();
    Setup {
        policy: policy.to_owned(),
        backends: backends(count.into(), Some(&rule())),
        pools: vec![pool(&members)],
        semantics: Semantics::default(),
        carbon: Vec::new(),
    }
}

impl Setup {
    /// The same under another reading.
    pub(super) fn with(mut self, switch: &str, reading: &str) -> Self {
        assert!(self.semantics.set(switch, reading), "{switch} {reading}");
        self
    }

    /// The same with another rule everywhere.
    pub(super) fn with_rule(mut self, rule: &BreakerRule) -> Self {
        for backend in &mut self.backends {
            backend.breaker = Some(rule.clone());
        }
        self
    }
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A response with headers.
pub(super) fn response(status: u16, headers: &[(&'static str, &'static str)]) -> Response {
    let mut response = Response::plain(code(status));
    for (name, value) in headers {
        response.headers.append(Text::Static(name), HeaderValue::Text(Text::Static(value)));
    }
    response
}

/// A POST with a body and the headers `api-key: key`, `x-twice: 1`, `x-twice: 2`.
pub(super) fn head(id: usize) -> RequestHead {
    let header =
        |name, value| Header { name: Text::Static(name), value: HeaderValue::Text(Text::Static(value)) };
    let headers = [header("api-key", "key"), header("x-twice", "1"), header("x-twice", "2")];
    RequestHead {
        id: RequestId(id as u64),
        method: "POST".into(),
        path: "/deployments/gpt/chat/completions".into(),
        headers: Some(Arc::from(headers)),
        body: Body::Opaque,
        facts: None,
        tokens: TokenFacts::default(),
    }
}

impl Rig {
    pub(super) fn new(setup: Setup) -> Self {
        let program = compile(&setup.policy);
        let spec = GatewaySpec::new(setup.backends, setup.pools, program, setup.semantics).unwrap();
        let spec = spec.with_carbon(setup.carbon);
        Self {
            gateway: Gateway::new(Arc::new(spec)),
            now: Timestamp::ZERO,
            events: Vec::new(),
            actions: Vec::new(),
            exchanges: Vec::new(),
        }
    }

    /// Lets time pass.
    pub(super) fn wait(&mut self, duration: Duration) {
        self.now = self.now.saturating_add(duration);
    }

    /// Request `id` arrives.
    pub(super) fn start(&mut self, id: usize) -> String {
        self.start_with(id, &head(id))
    }

    /// Request `id` arrives with a header `Cookie`, unless it is empty.
    pub(super) fn start_with_cookie(&mut self, id: usize, cookie: &str) -> String {
        let mut head = head(id);
        if !cookie.is_empty() {
            let mut headers: Vec<Header> = head.headers.iter().flat_map(|all| all.iter().cloned()).collect();
            let value = HeaderValue::Text(Text::from(cookie.to_owned()));
            headers.push(Header { name: "Cookie".into(), value });
            head.headers = Some(headers.into());
        }
        self.start_with(id, &head)
    }

    pub(super) fn start_with(&mut self, id: usize, head: &RequestHead) -> String {
        self.call(id, |gateway, exchange, now, effects| {
            gateway.start(exchange, head, now, &mut FirstChoice, effects);
            true
        })
    }

    /// Something happens to request `id`.
    pub(super) fn give(&mut self, id: usize, input: &Input) -> String {
        self.call(id, |gateway, exchange, now, effects| {
            gateway.handle(exchange, input.clone(), now, &mut FirstChoice, effects)
        })
    }

    /// The latest attempt of `id` is answered with `status`.
    pub(super) fn status(&mut self, id: usize, status: u16) -> String {
        self.answer(id, response(status, &[]))
    }

    /// The latest attempt of `id` is answered with 429 and Retry-After.
    pub(super) fn throttle(&mut self, id: usize, retry_after: &'static str) -> String {
        self.answer(id, response(429, &[("Retry-After", retry_after)]))
    }

    pub(super) fn answer(&mut self, id: usize, response: Response) -> String {
        let attempt = self.attempt(id);
        self.give(id, &Input::ResponseHeaders { attempt, response })
    }

    pub(super) fn body_end(&mut self, id: usize) -> String {
        let attempt = self.attempt(id);
        self.give(id, &Input::BodyEnd { attempt, usage: None })
    }

    /// The body of `id` ends and tells what was used.
    pub(super) fn body_end_with(&mut self, id: usize, prompt: u32, completion: u32) -> String {
        let attempt = self.attempt(id);
        self.give(id, &Input::BodyEnd { attempt, usage: Some(Usage { prompt, completion }) })
    }

    pub(super) fn body_failed(&mut self, id: usize) -> String {
        let attempt = self.attempt(id);
        self.give(id, &Input::BodyFailed { attempt })
    }

    pub(super) fn header_timeout(&mut self, id: usize) -> String {
        let attempt = self.attempt(id);
        self.give(id, &Input::HeaderTimeout { attempt })
    }

    pub(super) fn no_connection(&mut self, id: usize) -> String {
        let attempt = self.attempt(id);
        self.give(id, &Input::ConnectionFailed { attempt })
    }

    /// The token that `id` waits for comes, for use until `expires_s`.
    pub(super) fn token(&mut self, id: usize, expires_s: u64) -> String {
        let expires = Timestamp::ZERO.saturating_add(seconds(expires_s));
        self.side_answer(
            id,
            self.exchange(id).last_call.0,
            SideAnswer::Token { token: "secret".into(), expires },
        )
    }

    /// Side call `number` of `id` is answered.
    pub(super) fn side_answer(&mut self, id: usize, number: u32, answer: SideAnswer) -> String {
        self.give(id, &Input::SideCallDone { number: CallNumber(number), answer })
    }

    /// Number of the latest attempt.
    pub(super) fn attempt(&self, id: usize) -> AttemptNumber {
        AttemptNumber(self.exchange(id).attempts())
    }

    pub(super) fn exchange(&self, id: usize) -> &Exchange {
        &self.exchanges[id]
    }

    /// A response header of `id`, values joined by commas.
    pub(super) fn header(&self, id: usize, name: &str) -> Option<String> {
        self.exchange(id).response()?.headers.joined(name).map(|t| t.to_string())
    }

    /// A request header of `id`, values joined by commas.
    pub(super) fn sent_header(&self, id: usize, name: &str) -> Option<String> {
        self.exchange(id).request().headers.joined(name).map(|t| t.to_string())
    }

    /// When the trip of a backend ends, in whole seconds; `None` when it is not tripped.
    pub(super) fn tripped_until_s(&self, backend: u16) -> Option<u64> {
        match self.gateway.breaker(BackendId(backend)) {
            BreakerState::Tripped { until, .. } => Some(until.as_nanos() / 1_000_000_000),
            BreakerState::Closed | BreakerState::Probing { .. } => None,
        }
    }

    /// Events of the last call in short words, selections left out.
    pub(super) fn told(&self) -> String {
        let words: Vec<String> = self.events.iter().filter_map(tell_event).collect();
        words.join("; ")
    }

    /// Makes a call, and the same call on copies, which must give the same.
    fn call(
        &mut self,
        id: usize,
        call: impl Fn(&mut Gateway, &mut Exchange, Timestamp, &mut Effects) -> bool,
    ) -> String {
        if self.exchanges.len() <= id {
            self.exchanges.resize_with(id + 1, Exchange::default);
        }
        let mut twin_gateway = self.gateway.clone();
        let mut twin_exchange = self.exchanges[id].clone();
        let mut twin_effects = Effects::default();
        let twin_taken = call(&mut twin_gateway, &mut twin_exchange, self.now, &mut twin_effects);

        let before = (self.gateway.state().clone(), self.exchanges[id].clone());
        let mut effects = Effects::default();
        let taken = call(&mut self.gateway, &mut self.exchanges[id], self.now, &mut effects);

        assert_eq!(taken, twin_taken);
        assert_eq!(self.gateway.state(), twin_gateway.state());
        assert_eq!(hash_of(self.gateway.state()), hash_of(twin_gateway.state()));
        assert_eq!(self.exchanges[id], twin_exchange);
        assert_eq!(hash_of(&self.exchanges[id]), hash_of(&twin_exchange));
        assert_eq!((&effects.actions, &effects.events), (&twin_effects.actions, &twin_effects.events));
        self.actions = effects.actions;
        self.events = effects.events;
        if !taken {
            assert!(self.actions.is_empty() && self.events.is_empty(), "an ignored input did something");
            assert_eq!(before, (self.gateway.state().clone(), self.exchanges[id].clone()));
            return "ignored".to_owned();
        }
        let words: Vec<String> =
            self.actions.iter().map(|a| tell_action(a, id, &self.exchanges[id])).collect();
        words.join("; ")
    }
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn tell_action(action: &Action, id: usize, exchange: &Exchange) -> String {
    let (request, text) = match action {
        Action::Forward { request, attempt, target, body, .. } => {
            let target = match target {
                ForwardTarget::Backend(backend) => format!("b{}", backend.0),
                ForwardTarget::Url(url) => url.to_string(),
            };
            let body = match body {
                SentBody::Whole => String::new(),
                SentBody::None => " without body".to_owned(),
                SentBody::Lost { status } => format!(" lost {status}"),
            };
            (request, format!("forward {} {target}{body}", attempt.0))
        }
        Action::Abort { request, attempt } => (request, format!("abort {}", attempt.0)),
        Action::Sleep { request, until, .. } => {
            assert_eq!(exchange.wake_up().map(|(at, _)| at), Some(*until));
            (request, format!("sleep until {}", until.since(Timestamp::ZERO)))
        }
        Action::SideCall { request, call: SideCall::Token { .. }, .. } => (request, "token".to_owned()),
        Action::SideCall { request, number, call: SideCall::Request(call), .. } => {
            (request, format!("call {} {} {}", number.0, call.method, call.url))
        }
        Action::Respond { request, answerer } => {
            let status = exchange.response().unwrap().status;
            let who = match answerer {
                Answerer::Gateway => "gateway".to_owned(),
                Answerer::Backend { backend: Some(backend), attempt } => {
                    format!("b{}#{}", backend.0, attempt.0)
                }
                Answerer::Backend { backend: None, attempt } => format!("url#{}", attempt.0),
            };
            (request, format!("respond {status} {who}"))
        }
        Action::Finish { request, ending } => {
            let text = match ending {
                Ending::Answered => "answered",
                Ending::BrokenOff => "broken off",
                Ending::Cancelled => "cancelled",
            };
            (request, text.to_owned())
        }
    };
    assert_eq!(request.0, id as u64, "an action for another request");
    text
}

fn tell_event(event: &Event) -> Option<String> {
    let text = match event {
        Event::Selected { .. } => return None,
        Event::Exhausted { status, next_reset, .. } => format!("exhausted {status} for {next_reset}"),
        Event::Breaker { backend, change } => match change {
            BreakerChange::Tripped(trip) => format!("b{} trips for {}", backend.0, trip.effective),
            BreakerChange::Extended { .. } => format!("b{} extended", backend.0),
            BreakerChange::Reset { .. } => format!("b{} resets", backend.0),
        },
        Event::Retry { retry, wait, .. } => format!("retry {retry} after {wait}"),
        Event::Traced { line, .. } => format!("trace {line}"),
        Event::CallFailed { url, reason, .. } => format!("{url} gave no answer: {reason}"),
        Event::Failed { error, .. } => format!("{} failed: {}", error.source, error.reason),
    };
    Some(text)
}
