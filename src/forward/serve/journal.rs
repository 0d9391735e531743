//! The decision log: every input to the core with its time, and what came of it, a line of JSON each.
//!
//! Rules
//! - The first line says what the log was made with; played again through a core of the same configuration, every
//!   later line gives the same decisions ([`replay_line`]).
//! - Lines are written by a thread of their own. What cannot be written is lost, counted, and never keeps a request
//!   waiting.
//! - Values of headers that carry secrets are left out, and tokens of managed identities with them.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::{Value as Json, json};

use super::lines::Lines;
use crate::gateway::{
    Action, Answerer, BreakerChange, CallNumber, Choices, Effects, Event, Exchange, ForwardTarget, Gateway,
    GatewaySpec, Input, RequestHead, SentBody, SideAnswer, TokenFacts, Usage,
};
use crate::policy::{Body, Facts, Header, HeaderValue, Headers, Response, Text};
use crate::units::{AttemptNumber, BackendId, RequestId, StatusCode, Timestamp};

/// Lines that may wait to be written.
const WAITING_LINES: usize = 65_536;
/// How long lines may wait in memory.
const FLUSH_AFTER: std::time::Duration = std::time::Duration::from_millis(200);

/// Headers whose values are secrets.
const SECRET_HEADERS: [&str; 8] = [
    "authorization",
    "api-key",
    "ocp-apim-subscription-key",
    "cookie",
    "set-cookie",
    "proxy-authorization",
    "x-api-key",
    "subscription-key",
];
const REDACTED: &str = "[redacted]";

/// What a log says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalHeader {
    /// Hash of the configuration.
    pub hash: String,
    /// Where choices come from.
    pub seed: u64,
    /// Wall-clock time of the first instant, in seconds since 1970.
    pub start_unix_s: u64,
}

impl JournalHeader {
    fn line(&self) -> String {
        json!({
            "poolproof": "decisions", "version": 1, "hash": self.hash, "seed": self.seed,
            "startUnixS": self.start_unix_s,
        })
        .to_string()
    }

    /// Reads a first line. `None`: it is none of a decision log.
    pub fn read(line: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(line).ok()?;
        if json.get("poolproof")?.as_str()? != "decisions" || json.get("version")?.as_u64()? != 1 {
            return None;
        }
        Some(Self {
            hash: json.get("hash")?.as_str()?.to_owned(),
            seed: json.get("seed")?.as_u64()?,
            start_unix_s: json.get("startUnixS")?.as_u64()?,
        })
    }
}

/// A log that is being written. Dropping it writes out what is left.
#[derive(Debug)]
pub struct Journal {
    lines: Option<Lines>,
    writer: Option<JoinHandle<()>>,
}

/// What a line is about.
#[derive(Debug)]
pub(super) enum Entry<'a> {
    /// A request arrived.
    Start(&'a RequestHead),
    /// Something happened to a request, and why where it is known.
    Input(RequestId, &'a Input, Option<&'a str>),
    /// Nobody keeps a log.
    Nothing,
}

impl Journal {
    /// Begins a log in `file`.
    pub fn new(file: impl Write + Send + 'static, header: &JournalHeader) -> Self {
        // What is lost is in the metrics, and not in the log itself.
        let (lines, writer) = Lines::new(file, WAITING_LINES, FLUSH_AFTER, |_| String::new());
        let journal = Self { lines: Some(lines), writer: Some(writer) };
        journal.put(header.line());
        journal
    }

    /// Lines that could not be written.
    pub fn lost(&self) -> u64 {
        self.lines.as_ref().map_or(0, Lines::lost)
    }

    /// Notes that another configuration is in force from here on.
    pub(super) fn mark_reload(&self) {
        self.put(json!({ "reload": true }).to_string());
    }

    fn put(&self, mut line: String) {
        line.push('\n');
        if let Some(lines) = &self.lines {
            lines.put(line);
        }
    }

    pub(super) fn write(
        &self,
        now: Timestamp,
        entry: &Entry<'_>,
        effects: &Effects,
        exchange: &Exchange,
        spec: &GatewaySpec,
    ) {
        let mut line = match entry {
            Entry::Start(head) => json!({ "r": head.id.0, "start": start_json(head) }),
            Entry::Input(request, input, why) => {
                let mut line = input_json(input);
                if let Some(why) = why {
                    add(&mut line, "why", (*why).into());
                }
                add(&mut line, "r", request.0.into());
                line
            }
            Entry::Nothing => return,
        };
        add(&mut line, "t", now.as_nanos().into());
        add(&mut line, "out", outcome(effects, exchange, spec).into());
        self.put(line.to_string());
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.lines.take());
        if let Some(writer) = self.writer.take() {
            drop(writer.join());
        }
    }
}

fn add(line: &mut Json, name: &str, value: Json) {
    if let Some(object) = line.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

/// What a line of a log came to when it was played again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The same as then.
    Same,
    /// Something else.
    Differs {
        /// What the log says.
        then: Vec<String>,
        /// What the core says.
        now: Vec<String>,
    },
    /// From here on another configuration was in force.
    Reloaded,
    /// It is none that can be played.
    Unreadable,
}

/// Plays a line of a log, and says whether the core decides as it did. `exchanges` are the requests under way;
/// `facts` tells who has a subscription.
pub fn replay_line<C: Choices>(
    line: &str,
    gateway: &mut Gateway,
    choices: &mut C,
    exchanges: &mut BTreeMap<u64, Exchange>,
    facts: &dyn Fn(Option<&str>) -> Arc<Facts>,
) -> Line {
    if line == r#"{"reload":true}"# {
        return Line::Reloaded;
    }
    let Some((request, now, json)) = parse(line) else { return Line::Unreadable };
    let mut effects = Effects::default();
    let exchange = exchanges.entry(request).or_default();
    if let Some(start) = json.get("start") {
        let Some(head) = head_of(request, start, facts) else { return Line::Unreadable };
        gateway.start(exchange, &head, now, choices, &mut effects);
    } else {
        let Some(input) = input_of(&json) else { return Line::Unreadable };
        gateway.handle(exchange, input, now, choices, &mut effects);
    }
    let now = outcome(&effects, exchange, gateway.spec());
    if effects.actions.iter().any(|action| matches!(action, Action::Finish { .. })) {
        exchanges.remove(&request);
    }
    let told = json.get("out").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let then: Vec<String> = told.iter().map(|word| word.as_str().unwrap_or_default().to_owned()).collect();
    if then == now { Line::Same } else { Line::Differs { then, now } }
}

fn parse(line: &str) -> Option<(u64, Timestamp, Json)> {
    let json: Json = serde_json::from_str(line).ok()?;
    let request = json.get("r")?.as_u64()?;
    let now = Timestamp::from_nanos(json.get("t")?.as_u64()?);
    Some((request, now, json))
}

/// What came of an input, in words that are the same whenever it is the same.
fn outcome(effects: &Effects, exchange: &Exchange, spec: &GatewaySpec) -> Vec<String> {
    let name = |backend: BackendId| spec.backend(backend).map_or("?", |entity| &entity.name).to_owned();
    let events = effects.events.iter().filter_map(|event| match event {
        Event::Selected { selection, .. } => Some(format!("selected {}", name(selection.backend))),
        Event::Exhausted { status, next_reset, .. } => {
            Some(format!("exhausted {status} {}", next_reset.as_nanos()))
        }
        Event::Breaker { backend, change } => {
            let backend = name(*backend);
            Some(match change {
                BreakerChange::Tripped(trip) => format!("tripped {backend} {}", trip.until.as_nanos()),
                BreakerChange::Extended { until } => format!("extended {backend} {}", until.as_nanos()),
                BreakerChange::Reset { until, .. } => format!("reset {backend} {}", until.as_nanos()),
            })
        }
        Event::Retry { retry, wait, .. } => Some(format!("retry {retry} {}", wait.as_nanos())),
        Event::Failed { error, .. } => Some(format!("failed {} {}", error.source, error.reason)),
        Event::Traced { .. } | Event::CallFailed { .. } => None,
    });
    let actions = effects.actions.iter().map(|action| match action {
        Action::Forward { attempt, target, body, deadline, .. } => {
            let target = match target {
                ForwardTarget::Backend(backend) => name(*backend),
                ForwardTarget::Url(url) => url.to_string(),
            };
            let body = match body {
                SentBody::None => "none",
                SentBody::Whole => "whole",
                SentBody::Lost { .. } => "lost",
            };
            format!("forward {} {target} {body} {}", attempt.0, deadline.as_nanos())
        }
        Action::Abort { attempt, .. } => format!("abort {}", attempt.0),
        Action::Sleep { until, .. } => format!("sleep {}", until.as_nanos()),
        Action::SideCall { number, .. } => format!("call {}", number.0),
        Action::Respond { answerer, .. } => {
            let status = exchange.response().map_or(0, |response| response.status.get());
            match answerer {
                Answerer::Backend { attempt, .. } => format!("respond {status} attempt {}", attempt.0),
                Answerer::Gateway => format!("respond {status} gateway"),
            }
        }
        Action::Finish { ending, .. } => format!("finish {ending:?}").to_lowercase(),
    });
    events.chain(actions).collect()
}

fn start_json(head: &RequestHead) -> Json {
    let headers = head.headers.iter().flat_map(|headers| headers.iter());
    let facts = head.facts.as_ref();
    let subscription = facts.and_then(|facts| facts.subscription.as_ref()).map(|own| own.id.as_str());
    json!({
        "method": &*head.method, "path": without_keys(&head.path), "headers": headers_json(headers),
        "body": body_json(&head.body), "prompt": head.tokens.prompt, "subscription": subscription,
        "ip": facts.map(|facts| facts.ip_address.as_str()),
        "id": facts.and_then(|facts| facts.request_id).map(|id| id.to_string()),
    })
}

/// A path with the values of keys in its query left out.
fn without_keys(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let parts = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={REDACTED}"),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", parts.collect::<Vec<_>>().join("&"))
}

fn is_secret(name: &str) -> bool {
    SECRET_HEADERS.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

fn headers_json<'a>(headers: impl Iterator<Item = &'a Header>) -> Json {
    let pairs = headers.map(|header| {
        let value =
            if is_secret(&header.name) { REDACTED.into() } else { header.value.to_text().to_string() };
        json!([&*header.name, value])
    });
    Json::Array(pairs.collect())
}

fn body_json(body: &Body) -> Json {
    match body {
        Body::Absent => Json::Null,
        Body::Opaque => "opaque".into(),
        Body::Consumed => "consumed".into(),
        Body::Text(text) => json!({ "text": &**text }),
    }
}

fn response_json(response: &Response) -> Json {
    json!({
        "status": response.status.get(), "reason": &*response.reason,
        "headers": headers_json(response.headers.iter()), "body": body_json(&response.body),
    })
}

fn input_json(input: &Input) -> Json {
    match input {
        Input::ResponseHeaders { attempt, response } => {
            json!({ "head": response_json(response), "attempt": attempt.0 })
        }
        Input::BodyEnd { attempt, usage } => {
            json!({ "end": usage.map(|used| [used.prompt, used.completion]), "attempt": attempt.0 })
        }
        Input::BodyFailed { attempt } => json!({ "cut": true, "attempt": attempt.0 }),
        Input::HeaderTimeout { attempt } => json!({ "late": true, "attempt": attempt.0 }),
        Input::ConnectionFailed { attempt } => json!({ "lost": true, "attempt": attempt.0 }),
        Input::Wake => json!({ "wake": true }),
        Input::ClientCancel => json!({ "gone": true }),
        Input::SideCallDone { number, answer } => {
            let answer = match answer {
                SideAnswer::Token { expires, .. } => json!({ "tokenUntil": expires.as_nanos() }),
                SideAnswer::Response(response) => response_json(response),
                SideAnswer::Failed => "failed".into(),
            };
            json!({ "side": answer, "call": number.0 })
        }
    }
}

fn text_of(json: &Json) -> Option<Text> {
    json.as_str().map(|text| Text::from(text.to_owned()))
}

fn headers_of(json: &Json) -> Option<Vec<Header>> {
    let pair = |pair: &Json| {
        let name = text_of(pair.get(0)?)?;
        Some(Header { name, value: HeaderValue::Text(text_of(pair.get(1)?)?) })
    };
    json.as_array()?.iter().map(pair).collect()
}

fn body_of(json: &Json) -> Option<Body> {
    match json {
        Json::Null => Some(Body::Absent),
        Json::String(word) if word == "opaque" => Some(Body::Opaque),
        Json::String(word) if word == "consumed" => Some(Body::Consumed),
        other => Some(Body::Text(text_of(other.get("text")?)?)),
    }
}

fn response_of(json: &Json) -> Option<Response> {
    let status = StatusCode::new(u16::try_from(json.get("status")?.as_u64()?).ok()?)?;
    Some(Response {
        reason: text_of(json.get("reason")?)?,
        headers: Headers::shared(headers_of(json.get("headers")?)?.into()),
        body: body_of(json.get("body")?)?,
        status,
    })
}

fn head_of(request: u64, json: &Json, facts: &dyn Fn(Option<&str>) -> Arc<Facts>) -> Option<RequestHead> {
    let mut facts = Facts::clone(&facts(json.get("subscription").and_then(Json::as_str)));
    if let Some(ip) = json.get("ip").and_then(text_of) {
        facts.ip_address = ip;
    }
    facts.request_id = json.get("id").and_then(Json::as_str).and_then(|id| id.parse().ok());
    Some(RequestHead {
        id: RequestId(request),
        method: text_of(json.get("method")?)?,
        path: text_of(json.get("path")?)?,
        headers: Some(headers_of(json.get("headers")?)?.into()),
        body: body_of(json.get("body")?)?,
        facts: Some(Arc::new(facts)),
        tokens: TokenFacts { prompt: json.get("prompt")?.as_u64().and_then(|n| u32::try_from(n).ok()) },
    })
}

fn input_of(json: &Json) -> Option<Input> {
    let number = |name: &str| json.get(name).and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok());
    let attempt = AttemptNumber(number("attempt").unwrap_or(0));
    let is = |name: &str| json.get(name).is_some();
    if let Some(head) = json.get("head") {
        return Some(Input::ResponseHeaders { attempt, response: response_of(head)? });
    }
    if let Some(used) = json.get("end") {
        let count = |at: usize| used.get(at).and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok());
        let usage = count(0).zip(count(1)).map(|(prompt, completion)| Usage { prompt, completion });
        return Some(Input::BodyEnd { attempt, usage });
    }
    if let Some(answer) = json.get("side") {
        let answer = match answer {
            Json::String(_) => SideAnswer::Failed,
            other => match other.get("tokenUntil").and_then(Json::as_u64) {
                Some(until) => {
                    SideAnswer::Token { token: REDACTED.into(), expires: Timestamp::from_nanos(until) }
                }
                None => SideAnswer::Response(response_of(other)?),
            },
        };
        return Some(Input::SideCallDone { number: CallNumber(number("call")?), answer });
    }
    Some(match () {
        () if is("cut") => Input::BodyFailed { attempt },
        () if is("late") => Input::HeaderTimeout { attempt },
        () if is("lost") => Input::ConnectionFailed { attempt },
        () if is("wake") => Input::Wake,
        () if is("gone") => Input::ClientCancel,
        () => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written() {
        let header = JournalHeader { hash: "ab".into(), seed: u64::MAX, start_unix_s: 7 };
        assert_eq!(JournalHeader::read(&header.line()), Some(header));
        for other in ["", "{}", r#"{"poolproof":"decisions","version":2,"hash":"","seed":0,"startUnixS":0}"#]
        {
            assert_eq!(JournalHeader::read(other), None, "{other}");
        }
    }

    #[test]
    fn inputs_are_read_as_they_were_written() {
        let attempt = AttemptNumber(3);
        let mut response = Response::plain(StatusCode::new(429).unwrap());
        response.headers = Headers::shared(Arc::from([Header {
            name: "Retry-After".into(),
            value: HeaderValue::Text("5".into()),
        }]));
        response.body = Body::Text("{}".into());
        let inputs = [
            Input::ResponseHeaders { attempt, response: response.clone() },
            Input::BodyEnd { attempt, usage: None },
            Input::BodyEnd { attempt, usage: Some(Usage { prompt: 1, completion: 2 }) },
            Input::BodyFailed { attempt },
            Input::HeaderTimeout { attempt },
            Input::ConnectionFailed { attempt },
            Input::Wake,
            Input::ClientCancel,
            Input::SideCallDone { number: CallNumber(2), answer: SideAnswer::Failed },
            Input::SideCallDone { number: CallNumber(2), answer: SideAnswer::Response(response) },
        ];
        for input in inputs {
            let json = input_json(&input);
            let read = input_of(&json).unwrap();
            assert_eq!(format!("{:?}", input_json(&read)), format!("{json:?}"));
        }
        assert!(input_of(&json!({})).is_none());
    }

    #[test]
    fn secrets_are_left_out() {
        assert_eq!(without_keys("/a?subscription-key=s3cret&b=1"), "/a?subscription-key=[redacted]&b=1");
        let secret = Header { name: "Api-Key".into(), value: HeaderValue::Text("s3cret".into()) };
        assert!(!headers_json([&secret].into_iter()).to_string().contains("s3cret"));
        let answer = SideAnswer::Token { token: "s3cret".into(), expires: Timestamp::ZERO };
        let input = Input::SideCallDone { number: CallNumber(1), answer };
        assert!(!input_json(&input).to_string().contains("s3cret"));
    }

    /// A disk that is full.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("full"))
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Err(std::io::Error::other("full"))
        }
    }

    #[test]
    fn a_full_disk_costs_nothing_but_lines() {
        let header = JournalHeader { hash: String::new(), seed: 0, start_unix_s: 0 };
        let journal = Journal::new(Full, &header);
        drop(journal);
    }
}
