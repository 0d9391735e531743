//! Kinds of traffic from the scenario file to the rows of `requests.csv`.

use serde_json::{Value, json};

use crate::support::Work;

#[derive(serde::Deserialize)]
struct Row {
    request: u64,
    arrival_s: f64,
    latency_ms: Option<f64>,
}

/// Arrival in seconds and latency in milliseconds of each request, in order of arrival.
fn run(work: &Work, traffic: Value) -> Vec<(f64, f64)> {
    work.edit(|scenario| {
        scenario["traffic"] = traffic;
        for backend in ["openai-eastus", "openai-westus", "openai-swedencentral"] {
            scenario["backends"][backend]["network"] = json!("4ms");
            scenario["backends"][backend]["standard"] = json!({ "tpm": 1_000_000, "rpm": 10_000 });
        }
    });
    work.simulate("run", &["--variant", "priority"]);
    let mut rows: Vec<Row> = work.rows("priority", "requests.csv");
    rows.sort_by_key(|row| row.request);
    rows.iter().map(|row| (row.arrival_s, row.latency_ms.unwrap())).collect()
}

#[test]
fn a_recorded_run_is_repeated_one_for_one() {
    let work = Work::walkthrough();
    let request = |start: Value, service: &str| {
        let mut request = json!({ "promptTokens": 40, "completionTokens": 10, "service": service });
        request.as_object_mut().unwrap().extend(start.as_object().unwrap().clone());
        request
    };
    let script = json!({ "kind": "scripted", "requests": [
        request(json!({ "pause": "500ms" }), "2s"),
        request(json!({ "pause": "1s" }), "250ms"),
        request(json!({ "pause": "0s" }), "1ms"),
        request(json!({ "at": "1s" }), "10s"),
    ] });
    // Each latency is the service and 4 ms of network. The one with a time of its own waits for nobody.
    let expected = [(0.5, 2_004.0), (1.0, 10_004.0), (3.504, 254.0), (3.758, 5.0)];
    assert_eq!(run(&work, script), expected);
}

#[test]
fn open_loops_come_at_their_rates() {
    let request = json!({ "promptTokens": 10, "completionTokens": 5 });
    let count = |traffic: Value| {
        let work = Work::walkthrough();
        let mut traffic = traffic;
        traffic["request"] = request.clone();
        run(&work, traffic).iter().map(|(at, _)| *at).collect::<Vec<f64>>()
    };
    // 20 gaps at a variation of 1 %: 10 s, within four of 0.0224 s.
    let regular = count(json!({ "kind": "gamma", "perSecond": 2, "cv": 0.01, "requests": 20 }));
    assert!((regular[19] - 10.0).abs() < 0.09, "{regular:?}");
    let steps = count(json!({ "kind": "steps", "steps": [
        { "for": "10s", "perSecond": 0 }, { "for": "10s", "perSecond": 5 }] }));
    // 50 in the mean, four deviations are 28.
    assert!(
        (22..=78).contains(&steps.len()) && steps.iter().all(|at| (10.0..20.0).contains(at)),
        "{steps:?}"
    );
    let bursts =
        count(json!({ "kind": "bursts", "every": "30s", "size": 10, "within": "2s", "requests": 20 }));
    assert!(bursts[..10].iter().all(|at| (30.0..32.0).contains(at)), "{bursts:?}");
    assert!(bursts[10..].iter().all(|at| (60.0..62.0).contains(at)), "{bursts:?}");
    for kind in [
        json!({ "kind": "weibull", "perSecond": 2, "cv": 3, "requests": 20 }),
        json!({ "kind": "on-off", "onPerSecond": 20, "on": "1s", "off": "5s", "requests": 20 }),
        json!({ "kind": "diurnal", "perSecond": 20, "swing": 1, "requests": 20 }),
    ] {
        assert_eq!(count(kind).len(), 20);
    }
}
