//! Traffic over real sockets, to a server that says what it has heard.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration as Real;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::{Driven, Options, drive};
use crate::backend::{Capacity, DeploymentSpec, LatencySpec, ModelFacts, StandardSpec};
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::gateway::{BackendEntity, GatewaySpec};
use crate::policy;
use crate::semantics::Semantics;
use crate::sim::{IntervalRecord, Observer, Operation, RequestRecord, RunPlan, Target, TripRecord};
use crate::units::{BackendId, Chars, Duration, RequestsPerMinute, StatusCode, Tokens, TokensPerMinute};
use crate::wire::{Limits, Listening, Outgoing, Stop, stop_switch};
use crate::workload::{
    ArrivalSpec, ClientRetry, OpenLoop, PromptSpec, SessionBegin, SessionSpec, SizeSpec, TokenSpec,
    TrafficSpec,
};

/// Requests with 41 and 31 characters to two backends.
fn plan(arrivals: ArrivalSpec) -> RunPlan {
    let text =
        "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>";
    let mut sources = SourceMap::new();
    let source = sources.add("policy.xml", text);
    let program = policy::load(source, text, &mut Diagnostics::new()).expect("a policy");
    let entity = |name: &str| BackendEntity {
        name: name.into(),
        url: format!("https://{name}.example/openai").into(),
        breaker: None,
        azure_region: None,
    };
    let names = ["east", "west"];
    let gateway = GatewaySpec::new(names.map(entity).to_vec(), Vec::new(), program, Semantics::default());
    let cost = ModelFacts::find("gpt-4o-mini").expect("a known model").token_cost.value;
    let capacity = Capacity::Standard(StandardSpec::measured(TokensPerMinute(1), RequestsPerMinute(1), cost));
    let deployment = |name: &str| {
        let latency = LatencySpec::constant(Duration::ZERO, Duration::ZERO);
        let region = format!("{name} US");
        Arc::new(DeploymentSpec::plain(name, &region, "gpt-4o-mini", capacity.clone(), latency))
    };
    let operation =
        Operation { method: "POST".into(), path: "/v1/chat/completions".into(), headers: Arc::from([]) };
    let sizes = SizeSpec {
        prompt: PromptSpec::Messages(Arc::from([Chars(41), Chars(31)])),
        completion: TokenSpec::Fixed(20),
        max_tokens: Some(Tokens(9)),
        prefixes: None,
    };
    let targets = names.map(|name| Target::plain(deployment(name))).to_vec();
    let traffic = TrafficSpec::plain(arrivals, sizes);
    RunPlan {
        interval: Duration::from_secs(1),
        ..RunPlan::plain(Arc::new(gateway.expect("a gateway")), targets, operation, traffic)
    }
}

fn with_traffic(mut plan: RunPlan, change: impl FnOnce(&mut TrafficSpec)) -> RunPlan {
    change(Arc::make_mut(&mut plan.traffic));
    plan
}

/// What a server answers to its n-th request.
type Answers = fn(usize) -> (Real, Response<Outgoing>);

/// A server on a thread of its own, which keeps what it hears.
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<serde_json::Value>>>,
    stop: Stop,
}

fn server(answers: Answers) -> Server {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (told, address) = std::sync::mpsc::channel();
    let stop = stop_switch();
    let (own, stopped) = (Arc::clone(&heard), stop.listen());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let any = SocketAddr::from(([127, 0, 0, 1], 0));
            let listening = Listening::bind(any, Limits::default(), None).await.unwrap();
            told.send(listening.address().unwrap()).unwrap();
            let answer = move |request: Request<Incoming>, _| {
                let own = Arc::clone(&own);
                async move {
                    let cookie =
                        request.headers().get("cookie").map(|value| value.to_str().unwrap().to_owned());
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let mut json: serde_json::Value = serde_json::from_slice(&body).unwrap();
                    json["cookie"] = cookie.into();
                    let number = {
                        let mut heard = own.lock().unwrap();
                        heard.push(json);
                        heard.len() - 1
                    };
                    let (wait, response) = answers(number);
                    tokio::time::sleep(wait).await;
                    response
                }
            };
            listening.run(answer, stopped).await;
        });
    });
    Server { address: address.recv().unwrap(), heard, stop }
}

impl Server {
    fn heard(&self) -> Vec<serde_json::Value> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.now();
    }
}

fn fine(region: &str) -> Response<Outgoing> {
    let body = r#"{"usage":{"prompt_tokens":19,"completion_tokens":9}}"#;
    Response::builder().header("x-ms-region", region).body(Outgoing::whole(body)).unwrap()
}

fn refused(wait_ms: &str) -> Response<Outgoing> {
    let builder = Response::builder().status(429).header("x-poolproof-backend", "west");
    builder
        .header("retry-after-ms", wait_ms)
        .header("x-poolproof-attempts", "2")
        .body(Outgoing::Empty)
        .unwrap()
}

#[derive(Default)]
struct Rows {
    /// Number, arrival, latency, status, answerer.
    requests: Vec<(u64, u64, f64, u16, Option<BackendId>)>,
    answered: u64,
}

impl Observer for Rows {
    const WANTS_STEPS: bool = false;

    fn request(&mut self, record: &RequestRecord<'_>) {
        self.requests.push((
            record.id.0,
            record.arrival.as_nanos(),
            record.end.since(record.arrival).as_millis_f64(),
            record.status.map_or(0, StatusCode::get),
            record.answerer,
        ));
    }

    fn interval(&mut self, record: &IntervalRecord) {
        self.answered += record.answered;
    }

    fn trip(&mut self, _: &TripRecord) {}
}

fn run(plan: RunPlan, server: &Server) -> (Driven, Rows) {
    let options = Options {
        target: format!("http://{}", server.address),
        speed: 1,
        requests_at_once: 100,
        headers: Vec::new(),
        tells_request: false,
    };
    let mut rows = Rows::default();
    let driven = drive(&Arc::new(plan), &options, &mut rows).unwrap();
    rows.requests.sort_by_key(|row| row.0);
    (driven, rows)
}

#[test]
fn requests_come_when_the_scenario_says_however_slow_answers_are() {
    // The first answers stall; what comes meanwhile is sent all the same.
    let server = server(|number| (Real::from_millis(if number == 0 { 300 } else { 0 }), fine("eastus")));
    let plan = plan(ArrivalSpec::Poisson { per_second: 200.0, requests: Some(40) });
    let mut source = OpenLoop::new(&plan.traffic, &crate::random::Streams::new(plan.seed));
    let expected: Vec<u64> =
        std::iter::from_fn(|| source.next()).map(|arrival| arrival.at.as_nanos()).collect();
    let (driven, rows) = run(plan, &server);
    let mut arrivals: Vec<u64> = rows.requests.iter().map(|row| row.1).collect();
    arrivals.sort_unstable();
    assert_eq!(arrivals, expected);
    assert_eq!(rows.requests.iter().filter(|row| row.2 >= 300.0).count(), 1);
    assert_eq!((driven.result.arrivals, driven.result.statuses.successes(), driven.named), (40, 40, 40));
    assert_eq!((driven.result.backends[0].answered, rows.answered), (40, 40));
    assert_eq!(
        (driven.result.backends[0].prompt_tokens, driven.result.backends[0].completion_tokens),
        (40 * 19, 360)
    );
    let heard = server.heard();
    let chars = |at: usize| heard[0]["messages"][at]["content"].as_str().unwrap().len();
    assert_eq!((chars(0), chars(1), &heard[0]["max_tokens"]), (41, 31, &9.into()));
}

#[test]
fn what_waits_for_a_place_is_late_and_said_to_be() {
    let server = server(|_| (Real::from_millis(30), fine("westus")));
    let plan = plan(ArrivalSpec::Poisson { per_second: 1_000.0, requests: Some(5) });
    let options = Options {
        target: format!("http://{}", server.address),
        speed: 1,
        requests_at_once: 1,
        headers: Vec::new(),
        tells_request: false,
    };
    let mut rows = Rows::default();
    let driven = drive(&Arc::new(plan), &options, &mut rows).unwrap();
    assert!(driven.fell_behind(), "{driven:?}");
    // The last one waited for four others, and that is part of its latency.
    assert!(rows.requests.iter().any(|row| row.2 >= 130.0), "{:?}", rows.requests);
}

#[test]
fn clients_wait_for_answers_and_try_again() {
    let answers =
        |number: usize| (Real::ZERO, if number.is_multiple_of(2) { refused("40") } else { fine("eastus") });
    let server = server(answers);
    let closed = ArrivalSpec::ClosedLoop { clients: 1, requests: 3, pause: Duration::ZERO };
    let plan = with_traffic(plan(closed), |traffic| traffic.retry = Some(ClientRetry::default()));
    let (driven, rows) = run(plan, &server);
    let statuses: Vec<u16> = rows.requests.iter().map(|row| row.3).collect();
    assert_eq!(statuses, [429, 200, 429, 200, 429, 200]);
    for pair in rows.requests.chunks(2) {
        // The wait that was told, from the end of the first try.
        assert!(pair[1].1 >= pair[0].1 + 40_000_000);
        assert_eq!((pair[0].4, pair[1].4), (Some(BackendId(1)), Some(BackendId(0))));
    }
    let calls = driven.result.calls.unwrap();
    assert_eq!((calls.begun, calls.succeeded, calls.tried_again, calls.failed), (3, 3, 3, 0));
    assert_eq!((driven.result.attempts, driven.result.backends[1].throttled), (9, 3));
}

#[test]
fn clients_give_up_and_the_horizon_ends_a_run() {
    let server = server(|number| (Real::from_millis(if number == 0 { 5_000 } else { 0 }), fine("eastus")));
    let closed = ArrivalSpec::ClosedLoop { clients: 1, requests: 2, pause: Duration::ZERO };
    let patient = with_traffic(plan(closed.clone()), |traffic| {
        traffic.client_timeout = Some(Duration::from_millis(50));
    });
    let (driven, _) = run(patient, &server);
    assert_eq!((driven.result.cancelled, driven.result.statuses.successes()), (1, 1));
    let slow = self::server(|_| (Real::from_secs(5), fine("eastus")));
    let mut short = plan(closed);
    short.horizon = Some(Duration::from_millis(50));
    let (driven, _) = run(short, &slow);
    assert_eq!((driven.result.in_flight, driven.result.arrivals), (1, 1));
    assert_eq!(driven.result.end.as_nanos(), 50_000_000);
}

#[test]
fn sessions_keep_their_cookies() {
    let answers = |number: usize| {
        let mut response = fine("westus");
        if number == 0 {
            response.headers_mut().insert("set-cookie", http::HeaderValue::from_static("sid=7; Path=/"));
        }
        (Real::ZERO, response)
    };
    let server = server(answers);
    let spec = SessionSpec {
        begin: SessionBegin::Users(1),
        sessions: 1,
        turns: TokenSpec::Fixed(3),
        think: Duration::ZERO,
        history: true,
        keep_cookies: 1.0,
    };
    let (driven, _) = run(plan(ArrivalSpec::Sessions(spec)), &server);
    let heard = server.heard();
    let cookies: Vec<Option<&str>> = heard.iter().map(|request| request["cookie"].as_str()).collect();
    assert_eq!(cookies, [None, Some("sid=7"), Some("sid=7")]);
    let sessions = driven.result.sessions.unwrap();
    assert_eq!((sessions.begun, sessions.answers, sessions.follow_ups), (1, 3, 2));
    assert_eq!((sessions.from_same, sessions.pinned, sessions.from_pinned), (2, 2, 2));
}

#[test]
fn a_target_that_is_not_there_answers_nothing() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    drop(taken);
    let closed = ArrivalSpec::ClosedLoop { clients: 2, requests: 4, pause: Duration::ZERO };
    let options = Options {
        target: format!("http://{address}"),
        speed: 1,
        requests_at_once: 1,
        headers: Vec::new(),
        tells_request: false,
    };
    let driven = drive(&Arc::new(plan(closed)), &options, &mut Rows::default()).unwrap();
    assert_eq!((driven.result.arrivals, driven.result.broken_off), (4, 4));
}
