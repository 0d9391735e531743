//! The engine against queueing theory: for each model the 99.9 % interval of many runs must hold the formula,
//! and be at most 1 % wide to either side.
//!
//! The seeds are the first draws of the stream `theory`, in order, as many as it takes to get that narrow;
//! none is chosen. Calls go the whole way: client, policy, gateway, servers and back.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use poolproof::config::{DiskFiles, Overrides, load_scenario};
use poolproof::diagnostics::{Diagnostics, SourceMap};
use poolproof::metrics::MeanInterval;
use poolproof::random::{StreamName, Streams};
use poolproof::sim::{NoObserver, RunPlan, RunResult, run};
use serde_json::{Value, json};

use crate::support::Work;

const CONFIDENCE: f64 = 0.999;
const HALF_WIDTH: f64 = 0.01;
/// Runs that are added at a time, whatever the number of threads.
const BATCH: usize = 16;
const MOST_RUNS: usize = 20_000;
/// Mean time that a call needs a server.
const SERVICE_MS: f64 = 10.0;

const POLICY: &str = r#"<policies>
    <inbound><set-backend-service backend-id="own" /></inbound>
    <backend><forward-request /></backend>
</policies>"#;

/// A queue in Kendall's notation, and what it is measured by.
struct Model {
    servers: u64,
    queue: u64,
    latency: Value,
    /// What theory says, from the utilisation of each server.
    expected: fn(f64) -> f64,
    measured: fn(&RunResult) -> f64,
}

/// Mean time in the system, in mean service times.
fn stay(result: &RunResult) -> f64 {
    result.latency.sum_ns() as f64 / result.latency.count() as f64 / (SERVICE_MS * 1e6)
}

/// Share of calls that found no place.
fn lost(result: &RunResult) -> f64 {
    1.0 - result.statuses.successes() as f64 / result.arrivals as f64
}

fn gamma(cv: f64) -> Value {
    let mean = format!("{SERVICE_MS}ms");
    json!({ "family": "gamma", "ttft": mean, "ttftCv": cv, "tpot": "0s", "tpotCv": 0 })
}

const QUEUE: u64 = 1_000_000_000;

/// Exponential service times are gamma ones with a coefficient of variation of 1.
fn mm1() -> Model {
    Model { servers: 1, queue: QUEUE, latency: gamma(1.0), expected: |rho| 1.0 / (1.0 - rho), measured: stay }
}

/// Erlang C.
fn mmc() -> Model {
    let expected = |rho: f64| {
        let load = 4.0 * rho;
        let lost = erlang_b(4, load);
        let waits = lost / (1.0 - rho * (1.0 - lost));
        1.0 + waits / (4.0 * (1.0 - rho))
    };
    Model { servers: 4, queue: QUEUE, latency: gamma(1.0), expected, measured: stay }
}

/// Erlang B.
fn mmcc() -> Model {
    let expected = |rho: f64| erlang_b(2, 2.0 * rho);
    Model { servers: 2, queue: 0, latency: gamma(1.0), expected, measured: lost }
}

fn md1() -> Model {
    let latency = json!({ "family": "constant", "ttft": format!("{SERVICE_MS}ms"), "tpot": "0s" });
    let expected = |rho: f64| 1.0 + rho / (2.0 * (1.0 - rho));
    Model { servers: 1, queue: QUEUE, latency, expected, measured: stay }
}

/// Pollaczek and Khinchine, with log-normal service times.
fn mg1() -> Model {
    const SIGMA: f64 = 0.5;
    let median = SERVICE_MS * libm::exp(-SIGMA * SIGMA / 2.0);
    let latency = json!({
        "ttft": format!("{median:.6}ms"), "ttftPerPromptToken": "0s", "ttftSigma": SIGMA, "tpot": "0s",
        "tpotSigma": 0, "tailChance": 0, "tailFactor": [1, 1], "loadFactor": 1, "loadCapacity": 0
    });
    let expected = |rho: f64| {
        // One and the squared coefficient of variation are exp(sigma squared).
        1.0 + rho * libm::exp(SIGMA * SIGMA) / (2.0 * (1.0 - rho))
    };
    Model { servers: 1, queue: QUEUE, latency, expected, measured: stay }
}

/// So many servers that nobody ever waits; the utilisation is that of ten of them.
fn mg_infinity() -> Model {
    Model { servers: 1_000_000, queue: 0, latency: gamma(2.0), expected: |_| 1.0, measured: stay }
}

/// The probability that all of `servers` are at work, by its recurrence.
fn erlang_b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |lost, n| load * lost / (f64::from(n) + load * lost))
}

/// Calls of a run, and those of its warm-up: long against the time that the queue remembers.
fn length(rho: f64) -> (u32, f64) {
    match rho {
        rho if rho < 0.4 => (20_000, 500.0),
        rho if rho < 0.6 => (30_000, 1_000.0),
        rho if rho < 0.8 => (60_000, 3_000.0),
        rho if rho < 0.92 => (400_000, 20_000.0),
        _ => (1_600_000, 80_000.0),
    }
}

fn plan(model: &Model, rho: f64) -> RunPlan {
    let work = Work::empty();
    let (calls, warmup) = length(rho);
    let busy = if model.servers > 100 { 10.0 } else { model.servers as f64 };
    let per_second = rho * busy * 1_000.0 / SERVICE_MS;
    let backend = json!({
        "type": "Microsoft.ApiManagement/service/backends", "apiVersion": "2024-05-01", "name": "apim/own",
        "properties": { "url": "https://own.example/openai", "protocol": "http" }
    });
    let scenario = json!({
        "formatVersion": 1, "policy": "policy.xml", "resources": ["backends.json"],
        "operation": { "path": "/deployments/own/chat/completions" },
        "backends": { "own": {
            "model": "own", "servers": { "count": model.servers, "queue": model.queue },
            "latency": model.latency, "refusal": "0s"
        } },
        "traffic": {
            "kind": "poisson", "perSecond": per_second, "requests": calls,
            "request": { "promptTokens": 1, "completionTokens": 1 }
        },
        "output": { "warmup": format!("{}s", warmup / per_second), "interval": "1h" }
    });
    work.write("policy.xml", POLICY);
    work.write("backends.json", &json!({ "resources": [backend] }).to_string());
    work.write("scenario.json", &scenario.to_string());
    let path = work.path().join("scenario.json");
    let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
    let path = path.to_str().unwrap();
    let scenario = load_scenario(path, &DiskFiles, &Overrides::default(), &mut sources, &mut diagnostics);
    scenario.unwrap_or_else(|| panic!("{:?}", diagnostics.sorted())).base.plan
}

/// One figure of the runs `from..from + BATCH`, in order.
fn batch(plan: &RunPlan, model: &Model, from: usize) -> Vec<f64> {
    let next = AtomicUsize::new(0);
    let figures = Mutex::new(vec![f64::NAN; BATCH]);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= BATCH {
                        return;
                    }
                    let number = (from + at) as u64;
                    let seed = Streams::new(0).keyed(StreamName::new("theory"), number, 0).word();
                    let plan = RunPlan { seed, ..plan.clone() };
                    let figure = (model.measured)(&run(&plan, &mut NoObserver).unwrap());
                    figures.lock().unwrap()[at] = figure;
                }
            });
        }
    });
    figures.into_inner().unwrap()
}

#[track_caller]
fn agrees(model: &Model, rho: f64) {
    let plan = plan(model, rho);
    let expected = (model.expected)(rho);
    let mut figures = Vec::new();
    loop {
        figures.extend(batch(&plan, model, figures.len()));
        let interval = MeanInterval::of(&figures, CONFIDENCE).unwrap();
        let half_width = interval.half_width.unwrap();
        if half_width <= HALF_WIDTH * expected {
            println!(
                "{rho}: {:.5} of {expected:.5} +- {half_width:.5}, {} runs",
                interval.mean,
                figures.len()
            );
            assert!(interval.covers(expected), "{rho}: {interval:?} does not hold {expected}");
            return;
        }
        assert!(figures.len() < MOST_RUNS, "{rho}: {interval:?} is too wide for {expected}");
    }
}

macro_rules! theory {
    ($($name:ident, $heavy:ident: $model:ident;)*) => {
        $(
            #[test]
            fn $name() {
                for rho in [0.3, 0.5, 0.7] {
                    agrees(&$model(), rho);
                }
            }

            #[test]
            #[ignore = "hundreds of millions of calls: .ci/run runs it in release"]
            fn $heavy() {
                for rho in [0.9, 0.95] {
                    agrees(&$model(), rho);
                }
            }
        )*
    };
}

theory! {
    one_exponential_server, one_exponential_server_in_heavy_traffic: mm1;
    several_exponential_servers, several_exponential_servers_in_heavy_traffic: mmc;
    servers_without_a_queue, servers_without_a_queue_in_heavy_traffic: mmcc;
    one_constant_server, one_constant_server_in_heavy_traffic: md1;
    one_log_normal_server, one_log_normal_server_in_heavy_traffic: mg1;
    servers_without_end, servers_without_end_in_heavy_traffic: mg_infinity;
}

#[test]
fn formulas_have_their_known_values() {
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    // Tables: B(2, 1) = 1/5 and B(4, 2) = 2/21; then C(4, 2) = 4/23, so the wait is 4/23 / (4 * 0.5).
    near(erlang_b(2, 1.0), 0.2);
    near(erlang_b(4, 2.0), 2.0 / 21.0);
    near((mmc().expected)(0.5), 1.0 + 4.0 / 23.0 / 2.0);
    near((mm1().expected)(0.5), 2.0);
    near((md1().expected)(0.5), 1.5);
}
