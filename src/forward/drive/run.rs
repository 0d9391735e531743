//! A run: who sends when, until all is answered, the horizon has come or the user ends it.

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use http::header::{HeaderName, HeaderValue};
use http::{Method, Uri};
use thiserror::Error;
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::{Semaphore, watch};

use super::alarm::Alarm;
use super::body::Bodies;
use super::clients::send_all;
use super::exchange::connections;
use super::send::Shared;
use super::tally::{Answerers, Tally};
use crate::metrics::LatencyHistogram;
use crate::random::Streams;
use crate::sim::{Observer, RunPlan, RunResult};
use crate::units::{Demand, Duration, Timestamp};
use crate::wire::Clock;
use crate::workload::{ArrivalSpec, RetryBudget};

/// Where traffic goes, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// URL of the API: the path of the scenario's operation is appended.
    pub target: String,
    /// How many times as fast as time the run goes; 0 counts as 1.
    pub speed: u32,
    /// Requests at the same time; more wait, which counts as lateness of the client.
    pub requests_at_once: usize,
    /// Headers in the place of the scenario's.
    pub headers: Vec<(String, String)>,
    /// Whether backends, which are a mock that obeys headers, are told which request of the simulation it is.
    pub tells_request: bool,
}

/// Why traffic cannot be sent.
#[derive(Debug, Error)]
pub enum DriveError {
    /// The target is no URL with a host.
    #[error("`{0}` is not a URL that begins with http:// or https://")]
    Target(String),
    /// A header that HTTP does not allow.
    #[error("`{0}` is not a header")]
    Header(String),
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The system gives no threads.
    #[error("cannot run: {0}")]
    System(#[from] io::Error),
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Driven {
    /// Totals, as far as they can be known from outside.
    pub result: RunResult,
    /// How late requests were sent, in real time.
    pub lag_p99: Option<std::time::Duration>,
    /// The same at its worst.
    pub lag_max: Option<std::time::Duration>,
    /// Answers that told which backend gave them.
    pub named: u64,
}

impl Driven {
    /// Whether the client was so late that its latencies say little about the target.
    pub fn fell_behind(&self) -> bool {
        self.lag_p99.is_some_and(|lag| lag > std::time::Duration::from_millis(1))
    }
}

/// Sends the traffic of `plan` and tells `observer` what came of each request.
///
/// # Errors
/// The options cannot be used, or the system gives no threads.
pub fn drive<O: Observer>(
    plan: &Arc<RunPlan>,
    options: &Options,
    observer: &mut O,
) -> Result<Driven, DriveError> {
    let uri = uri(&options.target, &plan.operation.path)?;
    let method = Method::from_bytes(plan.operation.method.as_bytes())
        .map_err(|_| DriveError::Header(plan.operation.method.to_string()))?;
    let headers = headers(&options.headers)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let alarm = Alarm::new()?;
    let connections = connections()?;
    let (end, ended) = watch::channel(false);
    let (told, mut tidings) = unbounded_channel();
    let streams = Streams::new(plan.seed);
    let bodies = bodies(plan);
    runtime.block_on(async {
        let shared = Arc::new(Shared {
            plan: Arc::clone(plan),
            clock: Clock::starting_now(options.speed),
            alarm,
            streams,
            connections,
            method,
            uri,
            headers,
            tells_request: options.tells_request,
            bodies,
            answerers: Answerers::new(plan),
            horizon: plan.horizon.map_or(Timestamp::MAX, |most| Timestamp::ZERO.saturating_add(most)),
            ended,
            told,
            next_request: AtomicU64::new(0),
            places: Semaphore::new(options.requests_at_once.max(1)),
            budgets: budgets(plan),
        });
        let clock = shared.clock;
        tokio::spawn(async move {
            // Without signals the run ends by itself.
            if tokio::signal::ctrl_c().await.is_ok() {
                end.send_replace(true);
            } else {
                std::future::pending::<()>().await;
            }
        });
        let sending = tokio::spawn(send_all(shared));
        let mut tally = Tally::new(plan, observer);
        // Ends once nobody is left who could tell anything.
        while let Some(told) = tidings.recv().await {
            tally.take(told);
        }
        let _ = sending.await;
        let now = clock.now();
        let horizon = plan.horizon.map_or(now, |most| Timestamp::ZERO.saturating_add(most));
        let (result, lag, named) = tally.finish(now.min(horizon));
        let real = |late: Option<Duration>| late.map(|late| clock.real(late));
        let percentile = |lag: &LatencyHistogram| lag.percentile(99.0);
        Ok(Driven { lag_p99: real(percentile(&lag)), lag_max: real(lag.max()), result, named })
    })
}

/// The body that the first request with this demand has, if it does not ask for a stream.
pub fn body_of(plan: &RunPlan, demand: &Demand) -> Vec<u8> {
    bodies(plan).body(demand, false, 0).to_vec()
}

fn bodies(plan: &RunPlan) -> Bodies {
    let model = plan.targets.first().map_or("", |target| &*target.deployment.model);
    Bodies::new(&plan.operation.path, model, plan.seed)
}

fn budgets(plan: &RunPlan) -> Vec<Mutex<RetryBudget>> {
    let of = |traffic: &crate::workload::TrafficSpec| {
        Mutex::new(RetryBudget::new(traffic.retry.as_ref().and_then(|retry| retry.budget_permille)))
    };
    match &plan.traffic.arrivals {
        ArrivalSpec::Mix(clients) => clients.iter().map(|client| of(&client.traffic)).collect(),
        _ => vec![of(&plan.traffic)],
    }
}

/// The URL of every request.
fn uri(target: &str, path: &str) -> Result<Uri, DriveError> {
    let wrong = || DriveError::Target(target.to_owned());
    let base = target.trim().trim_end_matches('/');
    let has_scheme = ["http://", "https://"]
        .iter()
        .any(|scheme| base.get(..scheme.len()).is_some_and(|own| own.eq_ignore_ascii_case(scheme)));
    if !has_scheme || base.contains(['?', '#']) {
        return Err(wrong());
    }
    let uri: Uri = format!("{base}{path}").parse().map_err(|_| wrong())?;
    if uri.host().is_none_or(str::is_empty) { Err(wrong()) } else { Ok(uri) }
}

fn headers(given: &[(String, String)]) -> Result<Vec<(HeaderName, HeaderValue)>, DriveError> {
    let read = |(name, value): &(String, String)| {
        let header = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        header.ok_or_else(|| DriveError::Header(format!("{name}={value}")))
    };
    given.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_urls() {
        let path = "/deployments/m/chat/completions?api-version=2024-02-01";
        let fine = uri("http://127.0.0.1:80/openai/", path).unwrap();
        assert_eq!(fine.to_string(), format!("http://127.0.0.1:80/openai{path}"));
        for wrong in ["127.0.0.1:80", "ftp://x", "http://", "http://x?y=1", "https:// x", ""] {
            assert!(uri(wrong, path).is_err(), "{wrong}");
        }
        assert!(headers(&[("api-key".into(), "x".into())]).is_ok());
        assert!(headers(&[("a b".into(), "x".into())]).is_err());
    }
}
