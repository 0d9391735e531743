//! What others are told while requests are served: a webhook, a log, a collector of traces.

use std::net::SocketAddr;
use std::time::Duration as Real;

use http::Request;
use serde_json::Value as Json;
use tokio::io::AsyncWriteExt;

use super::lab::{FAILOVER, Kept, LOCAL, Lab, Seen, answer, backend, raw_backend, refusal, settings};
use crate::serve::lines::Lines;
use crate::serve::observe::subscriber;
use crate::serve::{Destination, LogForm, LogLevel, Observing};
use crate::wire::{Limits, Listening, Outgoing};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Waits until something is there; the test's own timeout ends what never comes.
async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1_500 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Real::from_millis(10)).await;
    }
    panic!("it has not come")
}

/// The items of arrays that were posted.
fn events(seen: &Seen) -> Vec<Json> {
    let seen = seen.lock().unwrap();
    let posts = seen.iter().map(|(_, body)| serde_json::from_str::<Vec<Json>>(body).expect("an array"));
    posts.flatten().collect()
}

/// The spans that were posted.
fn spans(seen: &Seen) -> Vec<Json> {
    let seen = seen.lock().unwrap();
    let posts = seen.iter().map(|(_, body)| serde_json::from_str::<Json>(body).expect("JSON"));
    let spans =
        posts.map(|post| post["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone());
    spans.flatten().collect()
}

/// The value of an attribute of a span.
fn attribute<'a>(span: &'a Json, key: &str) -> &'a str {
    let all = span["attributes"].as_array().unwrap();
    let found = all.iter().find(|own| own["key"] == key).unwrap_or(&Json::Null);
    let value = &found["value"];
    value["stringValue"].as_str().or_else(|| value["intValue"].as_str()).unwrap_or("none")
}

fn to_webhook(at: SocketAddr) -> Observing {
    let events = Destination::new(&format!("http://{at}/hook?code=s3cret")).unwrap();
    Observing { events: Some(events), ..Observing::default() }
}

fn to_collector(at: SocketAddr) -> Observing {
    let traces = Destination::for_traces(&format!("http://{at}")).unwrap();
    Observing { traces: Some(traces), ..Observing::default() }
}

/// Metrics as an operator sees them.
async fn metrics(lab: &Lab) -> String {
    let admin = Listening::bind(LOCAL, Limits::default(), None).await.unwrap();
    let address = admin.address().unwrap();
    let (server, stop) = (lab.server.clone(), lab.stop.clone());
    tokio::spawn(async move { server.run_admin(admin, &stop).await });
    let url = format!("http://{address}/metrics");
    lab.send(Request::get(url).body(Outgoing::Empty).unwrap()).await.2
}

/// A log in JSON of what this thread does, until it is dropped.
struct Logged {
    kept: Kept,
    lines: Lines,
    _guard: tracing::subscriber::DefaultGuard,
}

impl Logged {
    fn start(level: LogLevel) -> Self {
        let kept = Kept::default();
        let (lines, _) = Lines::new(kept.clone(), 16_384, Real::ZERO, |lost| format!("{lost} lost\n"));
        let guard = tracing::subscriber::set_default(subscriber(LogForm::Json, level, &lines));
        Self { kept, lines, _guard: guard }
    }

    fn text(&self) -> String {
        self.lines.flush(Real::from_secs(10));
        String::from_utf8(self.kept.0.lock().unwrap().clone()).unwrap()
    }

    /// What was said of this.
    fn of(&self, event: &str) -> Vec<Json> {
        let lines: Vec<Json> = self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.into_iter().filter(|line| line["event"] == event).collect()
    }
}

#[tokio::test]
async fn a_webhook_hears_of_a_trip_and_of_its_end_though_nobody_asks() {
    let (hook, seen) = backend(|_| answer(200, "")).await;
    let (first, _) = backend(|_| refusal("1")).await;
    let (second, _) = backend(|_| answer(200, "fine")).await;
    let lab = Lab::observed(settings(FAILOVER, &[first, second]), &to_webhook(hook)).await;
    assert_eq!(lab.ask("x").await.0, 200);
    let events = until(|| Some(events(&seen)).filter(|all| all.len() >= 2)).await;
    let types: Vec<&str> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    let of = "Microsoft.ApiManagement.CircuitBreaker";
    assert_eq!(types, [format!("{of}.Opened"), format!("{of}.Closed")]);
    for event in &events {
        assert_eq!(event["subject"], "/backends/backend-0/circuit-breaker/rules/rule");
        assert_eq!(event["data"]["backendName"], "backend-0");
        assert_eq!(event["data"]["circuitBreaker"]["rules"]["rule"]["tripDuration"], "00:00:01");
        assert_eq!(event["topic"], events[0]["topic"]);
        assert_eq!((&event["dataVersion"], &event["metadataVersion"]), (&"1".into(), &"1".into()));
    }
    assert_ne!(events[0]["id"], events[1]["id"]);
    let at = |event: &Json| event["eventTime"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(at(&events[1]).duration_since(at(&events[0])).as_millis(), 1_000, "the end is exact");
    let (head, _) = seen.lock().unwrap()[0].clone();
    assert_eq!(head.headers["aeg-event-type"], "Notification");
    assert_eq!(head.headers["content-type"], "application/json");
    assert_eq!((head.method.as_str(), head.uri.to_string().as_str()), ("POST", "/hook?code=s3cret"));
    let metrics = metrics(&lab).await;
    assert!(metrics.contains("\npoolproof_events_lost_total 0\n"), "{metrics}");
    assert!(metrics.contains("\npoolproof_events_delivered_total "), "{metrics}");
}

#[tokio::test]
async fn new_files_end_the_trips_of_backends_that_are_others_now() {
    let (hook, seen) = backend(|_| answer(200, "")).await;
    let (first, _) = backend(|_| refusal("60")).await;
    let (second, _) = backend(|_| refusal("60")).await;
    let own = settings(FAILOVER, &[first, second]);
    let lab = Lab::observed(own, &to_webhook(hook)).await;
    lab.ask("x").await;
    until(|| (events(&seen).len() == 2).then_some(())).await;
    // The same backend-0; no backend-1 any more.
    lab.server.reload(settings(FAILOVER, &[first])).unwrap();
    let all = until(|| Some(events(&seen)).filter(|all| all.len() > 2)).await;
    assert_eq!(all.len(), 3, "{all:?}");
    assert_eq!(all[2]["eventType"], "Microsoft.ApiManagement.CircuitBreaker.Closed");
    assert_eq!(all[2]["data"]["backendName"], "backend-1");
}

#[tokio::test]
async fn a_webhook_that_says_no_or_nothing_costs_events_and_no_request() {
    let logged = Logged::start(LogLevel::Warn);
    let silent = raw_backend(|stream| async move {
        tokio::time::sleep(Real::from_mins(10)).await;
        drop(stream);
    })
    .await;
    let (refusing, _) = backend(|_| answer(403, "")).await;
    for (hook, is_known) in [(silent, false), (refusing, true)] {
        let (first, _) = backend(|_| refusal("60")).await;
        let (second, _) = backend(|_| answer(200, "fine")).await;
        let lab = Lab::observed(settings(FAILOVER, &[first, second]), &to_webhook(hook)).await;
        for _ in 0..3 {
            assert_eq!(lab.ask("x").await.0, 200, "answered while the webhook is not");
        }
        if is_known {
            let said = until(|| logged.of("events of breakers lost").pop()).await;
            assert_eq!((&said["lost"], &said["problem"]), (&1.into(), &"the answer was 403".into()));
            assert_eq!(said["to"], format!("http://{hook}"));
            let metrics = metrics(&lab).await;
            assert!(metrics.contains("\npoolproof_events_lost_total 1\n"), "{metrics}");
        }
    }
    assert!(!logged.text().contains("s3cret"), "{}", logged.text());
}

#[tokio::test]
async fn a_request_is_a_line_and_an_attempt_is_one_for_who_wants_it() {
    let logged = Logged::start(LogLevel::Debug);
    let (first, _) = backend(|_| refusal("60")).await;
    let (second, _) = backend(|_| answer(200, "fine")).await;
    let mut own = settings(FAILOVER, &[first, second]);
    own.keys.add("s3cret", None);
    let observing = Observing { logs_requests: true, ..Observing::default() };
    let lab = Lab::observed(own, &observing).await;
    let ask = |key: &str| {
        let url = format!("http://{}/openai/d?subscription-key={key}", lab.address);
        let request =
            Request::post(url).header("authorization", "Bearer s3cret").header("cookie", "a=s3cret");
        lab.send(request.body(Outgoing::whole("x")).unwrap())
    };
    assert_eq!((ask("s3cret").await.0, ask("s3cret-not").await.0), (200, 401));
    let lines = until(|| Some(logged.of("request finished")).filter(|all| all.len() == 2)).await;
    assert_eq!((&lines[0]["status"], &lines[0]["attempts"]), (&200.into(), &2.into()));
    assert_eq!((&lines[0]["backend"], &lines[0]["ending"]), (&"backend-1".into(), &"answered".into()));
    assert_eq!((&lines[0]["path"], &lines[0]["method"]), (&"/openai/d".into(), &"POST".into()));
    assert!(lines[0]["ms"].as_f64().unwrap() > 0.0 && lines[0]["activity"].as_str().unwrap().len() == 36);
    assert_eq!((&lines[1]["status"], &lines[1]["attempts"]), (&401.into(), &0.into()));
    assert_eq!((&lines[1]["ending"], &lines[1]["backend"]), (&"refused".into(), &Json::Null));
    let attempts = logged.of("attempt finished");
    let statuses: Vec<&Json> = attempts.iter().map(|own| &own["status"]).collect();
    assert_eq!(statuses, [429, 200]);
    let trips = until(|| Some(logged.of("tripped")).filter(|all| !all.is_empty())).await;
    assert_eq!((&trips[0]["backend"], &trips[0]["cause"]), (&"backend-0".into(), &"429".into()));
    assert_eq!((&trips[0]["for_s"], trips.len()), (&60.0.into(), 1));
    assert!(!logged.text().contains("s3cret"), "{}", logged.text());
}

#[tokio::test]
async fn ends_of_requests_are_told_apart() {
    let logged = Logged::start(LogLevel::Info);
    let broken = raw_backend(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc").await;
    })
    .await;
    let slow = raw_backend(|stream| async move {
        tokio::time::sleep(Real::from_mins(10)).await;
        drop(stream);
    })
    .await;
    let observing = Observing { logs_requests: true, ..Observing::default() };
    let lab = Lab::observed(settings(FAILOVER, &[broken]), &observing).await;
    assert_eq!(lab.ask("x").await.2, "broken off");
    let line = until(|| logged.of("request finished").pop()).await;
    assert_eq!((&line["ending"], &line["status"]), (&"broken off".into(), &200.into()));
    let lab = Lab::observed(settings(FAILOVER, &[slow]), &observing).await;
    assert!(tokio::time::timeout(Real::from_millis(200), lab.ask("x")).await.is_err());
    let line = until(|| logged.of("request finished").into_iter().nth(1)).await;
    assert_eq!((&line["ending"], &line["status"]), (&"client gone".into(), &Json::Null));
    assert_eq!(line["attempts"], 1);
}

#[tokio::test]
async fn a_trace_goes_through_from_client_to_backend() {
    let (collector, posts) = backend(|_| answer(200, "{}")).await;
    let (first, seen_first) = backend(|_| refusal("60")).await;
    let (second, seen_second) = backend(|_| answer(200, "fine")).await;
    let own = settings(FAILOVER, &[first, second]);
    let lab = Lab::observed(own, &to_collector(collector)).await;
    let url = format!("http://{}/openai/d?api-version=1&subscription-key=s3cret", lab.address);
    let request = Request::post(url).header("traceparent", PARENT).header("tracestate", "a=b");
    let request = request.header("authorization", "Bearer s3cret");
    assert_eq!(lab.send(request.body(Outgoing::whole("x")).unwrap()).await.0, 200);
    // What is left is delivered at the end.
    lab.stop.now();
    assert!(lab.running.await.unwrap());
    let spans = spans(&posts);
    assert_eq!(spans.len(), 3, "{spans:?}");
    let (server, attempts) = (&spans[0], &spans[1..]);
    assert!(spans.iter().all(|span| span["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_eq!((&server["parentSpanId"], &server["kind"]), (&"00f067aa0ba902b7".into(), &2.into()));
    assert_eq!(attribute(server, "http.request.method"), "POST");
    assert_eq!(attribute(server, "http.response.status_code"), "200");
    assert_eq!((attribute(server, "url.path"), attribute(server, "url.scheme")), ("/openai/d", "http"));
    assert_eq!(attribute(server, "server.address"), "127.0.0.1");
    assert_eq!(attribute(server, "server.port"), lab.address.port().to_string());
    assert_eq!((attribute(server, "poolproof.attempts"), attribute(server, "error.type")), ("2", "none"));
    assert_eq!(server["status"], serde_json::json!({}));
    for ((attempt, seen), (at, status, resent, error)) in attempts
        .iter()
        .zip([&seen_first, &seen_second])
        .zip([(first, "429", "none", "429"), (second, "200", "1", "none")])
    {
        assert_eq!((&attempt["parentSpanId"], &attempt["kind"]), (&server["spanId"], &3.into()));
        assert_eq!(attribute(attempt, "http.response.status_code"), status);
        assert_eq!(attribute(attempt, "http.request.resend_count"), resent);
        assert_eq!(attribute(attempt, "error.type"), error);
        assert_eq!(attribute(attempt, "server.port"), at.port().to_string());
        assert_eq!(attribute(attempt, "url.full"), format!("http://{at}/openai/d"));
        let head = &seen.lock().unwrap()[0].0;
        let id = attempt["spanId"].as_str().unwrap();
        let passed = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-{id}-01");
        assert_eq!(
            (head.headers["traceparent"].to_str().unwrap(), &head.headers["tracestate"]),
            (&*passed, &"a=b".parse().unwrap())
        );
    }
    let nanos = |span: &Json, name: &str| span[name].as_str().unwrap().parse::<u64>().unwrap();
    let (began, ended) = ("startTimeUnixNano", "endTimeUnixNano");
    assert!(nanos(server, began) <= nanos(&attempts[0], began));
    assert!(nanos(&attempts[0], ended) <= nanos(&attempts[1], began));
    assert_eq!(nanos(&attempts[1], ended), nanos(server, ended), "what answers ends with the request");
    let (head, body) = posts.lock().unwrap()[0].clone();
    assert_eq!(head.uri, "/v1/traces");
    let body: Json = serde_json::from_str(&body).unwrap();
    let resource = &body["resourceSpans"][0]["resource"];
    assert_eq!(attribute(resource, "service.name"), "poolproof");
    assert!(!body.to_string().contains("s3cret"), "{body}");
}

#[tokio::test]
async fn a_trace_begins_here_without_a_client_that_has_one_and_is_not_sent_without_its_wish() {
    let (collector, posts) = backend(|_| answer(200, "{}")).await;
    let (only, seen) = backend(|_| answer(500, "")).await;
    let lab = Lab::observed(settings(FAILOVER, &[only]), &to_collector(collector)).await;
    let url = format!("http://{}/openai/d", lab.address);
    for parent in ["nonsense", &PARENT.replace("-01", "-00")] {
        let request = Request::get(&url).header("traceparent", parent).header("tracestate", "a=b");
        lab.send(request.body(Outgoing::Empty).unwrap()).await;
    }
    lab.stop.now();
    assert!(lab.running.await.unwrap());
    let spans = spans(&posts);
    assert_eq!(spans.len(), 2, "that of the second request is not wanted: {spans:?}");
    assert_eq!(spans[0]["parentSpanId"], Json::Null);
    assert_eq!(
        attribute(&spans[0], "poolproof.activity_id").replace('-', ""),
        spans[0]["traceId"].as_str().unwrap()
    );
    assert_eq!((attribute(&spans[0], "error.type"), &spans[0]["status"]["code"]), ("500", &2.into()));
    let seen = seen.lock().unwrap();
    let passed: Vec<&str> =
        seen.iter().map(|(head, _)| head.headers["traceparent"].to_str().unwrap()).collect();
    assert_eq!(
        passed[0],
        format!("00-{}-{}-01", spans[0]["traceId"].as_str().unwrap(), spans[1]["spanId"].as_str().unwrap())
    );
    assert!(passed[1].starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && passed[1].ends_with("-00"));
    assert!(!seen[0].0.headers.contains_key("tracestate"), "it belongs to what could not be read");
    assert_eq!(seen[1].0.headers["tracestate"], "a=b");
}

#[tokio::test]
async fn without_a_collector_what_clients_say_goes_on_as_it_is() {
    let (only, seen) = backend(|_| answer(200, "")).await;
    let observing = Observing { logs_requests: true, ..Observing::default() };
    for observing in [Observing::default(), observing] {
        let lab = Lab::observed(settings(FAILOVER, &[only]), &observing).await;
        for parent in [PARENT, "nonsense"] {
            let request =
                Request::get(format!("http://{}/openai/d", lab.address)).header("traceparent", parent);
            lab.send(request.body(Outgoing::Empty).unwrap()).await;
            assert_eq!(seen.lock().unwrap().last().unwrap().0.headers["traceparent"], parent);
        }
        assert!(!metrics(&lab).await.contains("spans"));
    }
}
