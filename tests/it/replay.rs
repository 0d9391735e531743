//! Replayed traces, and accounts that add up: in the summary, in the timeline, and counted again from
//! `requests.csv`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use poolproof::config::{DiskFiles, Overrides, load_scenario};
use poolproof::diagnostics::{Diagnostics, SourceMap};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{EAST, REGIONS, Request, SWEDEN, WEST, Work, number, public_trace, read_rows, root};

/// A row of the published traces.
#[derive(Deserialize)]
struct TraceRow {
    #[serde(rename = "TIMESTAMP")]
    time: String,
    #[serde(rename = "ContextTokens")]
    prompt: u64,
}

#[derive(Deserialize)]
struct Interval {
    backend: String,
    admitted: u64,
    throttled: u64,
    failed: u64,
    answered: u64,
    counted_tokens: u64,
}

/// Estimate of a replayed request: its prompt as one message of 4 characters a token, and 640.
const fn estimate(prompt: u64) -> u64 {
    prompt + 1 + 640
}

fn replay(work: &Work, trace: &str, quota: &Value) {
    work.edit(|scenario| {
        scenario["traffic"] = json!({ "kind": "replay", "trace": trace });
        for region in REGIONS {
            scenario["backends"][region]["standard"] = quota.clone();
        }
    });
}

#[test]
fn a_small_trace_is_served_as_worked_out_by_hand() {
    // Each region admits 2,000 tokens a minute, a request of 359 prompt tokens costs 1,000.
    let work = Work::walkthrough();
    let trace = std::fs::read_to_string(root().join("tests/fixtures/small_trace.csv")).unwrap();
    work.write("trace.csv", &trace);
    replay(&work, "trace.csv", &json!({ "tpm": 2_000, "rpm": 80 }));
    let done = work.simulate("run", &["--variant", "priority"]);
    assert!(done.err.contains("trace.csv:5:29"), "the row without a prompt is told: {}", done.err);

    let requests = work.requests("priority");
    let steps: Vec<_> = requests.iter().map(Request::steps).collect();
    // 0 s and 1 s fill East exactly.
    assert_eq!(steps[0], [(EAST, "200")]);
    assert_eq!(steps[1], [(EAST, "200")]);
    // 2 s: full until 60 s; Retry-After 58.
    assert_eq!(steps[2], [(EAST, "429 token limit"), (WEST, "200")]);
    // 4 s: 1,400 + 641 = 2,041 tokens fit nowhere; both remaining regions are taken out for a day.
    assert_eq!(
        steps[3],
        [(WEST, "429 larger than the quota"), (SWEDEN, "429 larger than the quota"), ("gateway", "503")]
    );
    // 5 s: nobody is left.
    assert_eq!(steps[4], vec![("gateway", "503"); 3]);
    // 60.5 s: East's trip ended at 2.024 + 58 s, and the first request is out of the window.
    assert_eq!(steps[5], [(EAST, "200")]);
    // 61.5 s: so is the second; exactly full again.
    assert_eq!(steps[6], [(EAST, "200")]);

    let mut summary = work.summary("priority");
    // Little's law: all times in the system over the time of the run.
    let mean = summary["requests"].as_object_mut().unwrap().remove("in_flight_mean").unwrap();
    let spent_ms: f64 = work.requests("priority").iter().map(|request| request.latency_ms.unwrap()).sum();
    let expected = spent_ms / 1_000.0 / summary["duration_s"].as_f64().unwrap();
    assert!((mean.as_f64().unwrap() - expected).abs() < 1e-6, "{mean}, not {expected}");
    assert_eq!(
        summary["requests"],
        json!({ "arrivals": 7, "answered_2xx": 5, "answered_otherwise": { "503": 2 },
                "broken_off": 0, "cancelled": 0, "in_flight": 0 })
    );
    assert_eq!(
        summary["attempts"],
        json!({ "total": 8, "admitted": 5, "throttled": 3, "failed": 0, "unrouted": 0, "timeouts": 0,
                "retries": 1 + 2 + 2, "exhausted_selections": 1 + 3 })
    );
    assert_eq!(summary["oversized"], json!({ "requests": 1, "attempts": 2 }));
    let counted: Vec<u64> =
        (0..3).map(|b| summary["backends"][b]["counted_tokens"].as_u64().unwrap()).collect();
    assert_eq!(counted, [4_000, 1_000, 0]);
    check_accounts(&work, "priority");
}

#[test]
fn accounts_hold_with_cancelled_and_unfinished_requests() {
    let work = Work::walkthrough();
    work.edit(|scenario| {
        scenario["horizon"] = json!("62s");
        for region in REGIONS {
            scenario["backends"][region]["standard"] = json!({ "tpm": 40_000, "rpm": 400 });
        }
        scenario["traffic"] = json!({
            "kind": "poisson", "perSecond": 3.0, "clientTimeout": "1s",
            "request": { "promptTokens": { "median": 300, "sigma": 1.0, "max": 9000 },
                         "completionTokens": { "median": 60, "sigma": 0.5, "max": 640 } }
        });
    });
    work.simulate("compare", &[]);
    for variant in ["round-robin", "priority", "weighted"] {
        let summary = work.summary(variant);
        // So that the identity is about something.
        for path in [["requests", "cancelled"], ["requests", "in_flight"], ["requests", "answered_2xx"]] {
            assert!(number(&summary, &path) > 0, "{variant}: no {path:?}");
        }
        assert!(number(&summary, &["attempts", "throttled"]) > 0);
        check_accounts(&work, variant);
    }
}

#[test]
fn the_azure_conversation_trace_replays_and_adds_up() {
    let Some(trace) = azure_trace() else { return };
    let rows: Vec<TraceRow> = read_rows(&trace);
    assert_eq!(rows.len(), 19_366);
    let estimates: Vec<u64> = rows.iter().map(|r| estimate(r.prompt)).collect();
    // A pool sized to it: a third of the fullest minute for each region, and a fifth more since turns are
    // even by number and not by tokens. 10 requests a minute for each 1,000 tokens.
    let peak = fullest_minute(&rows, &estimates);
    let tpm = (peak * 2 / 5).div_ceil(1_000) * 1_000;
    let work = Work::walkthrough();
    replay(&work, trace.to_str().unwrap(), &json!({ "tpm": tpm, "rpm": tpm / 100 }));
    work.simulate("run", &["--variant", "round-robin"]);
    let requests = work.requests("round-robin");
    assert_eq!(requests.len(), 19_366);
    assert!(requests.iter().zip(&rows).all(|(r, t)| r.prompt_tokens == t.prompt));
    assert!(requests.iter().all(|r| r.status == Some(200)), "sized to it");
    let summary = work.summary("round-robin");
    let counted: u64 = (0..3).map(|b| summary["backends"][b]["counted_tokens"].as_u64().unwrap()).sum();
    assert_eq!(counted, estimates.iter().sum::<u64>(), "every request was admitted once");
    check_accounts(&work, "round-robin");
}

#[test]
fn a_pool_too_small_for_the_azure_trace_adds_up_too() {
    let Some(trace) = azure_trace() else { return };
    let work = Work::walkthrough();
    replay(&work, trace.to_str().unwrap(), &json!({ "tpm": 120_000, "rpm": 1_200 }));
    work.edit(|scenario| {
        scenario["horizon"] = json!("1800s");
        scenario["traffic"]["clientTimeout"] = json!("6s");
    });
    work.simulate("compare", &[]);
    for variant in ["round-robin", "priority", "weighted"] {
        let summary = work.summary(variant);
        for path in [
            ["requests", "cancelled"],
            ["requests", "in_flight"],
            ["attempts", "throttled"],
            ["attempts", "exhausted_selections"],
        ] {
            assert!(number(&summary, &path) > 0, "{variant}: no {path:?}");
        }
        check_accounts(&work, variant);
    }
}

#[test]
fn window_insertions_are_the_admitted_estimates() {
    // The windows' own count, which no file shows.
    let work = Work::walkthrough();
    work.edit(|scenario| {
        scenario["traffic"]["requests"] = json!(400);
        scenario["traffic"]["clients"] = json!(7);
        scenario["traffic"]["pause"] = json!("100ms");
    });
    let path = work.path().join("scenario.json");
    let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
    let scenario = load_scenario(
        path.to_str().unwrap(),
        &DiskFiles,
        &Overrides::default(),
        &mut sources,
        &mut diagnostics,
    )
    .unwrap();
    for variant in &scenario.variants {
        let result = poolproof::sim::run(&variant.plan, &mut poolproof::sim::NoObserver).unwrap();
        let mut throttled = 0;
        for (backend, ledger) in result.backends.iter().zip(&result.ledger.backends) {
            assert_eq!(ledger.books.inserted, 659 * backend.admitted);
            assert_eq!(backend.counted_tokens, 659 * backend.admitted);
            throttled += backend.throttled;
        }
        assert!(throttled > 0, "refused requests insert nothing");
    }
}

/// Counts everything again.
fn check_accounts(work: &Work, variant: &str) {
    let requests = work.requests(variant);
    let summary = work.summary(variant);
    let total = |path: &[&str]| number(&summary, path);

    // arrivals = answered 2xx + answered otherwise by status + broken off + cancelled + in flight
    let outcome = |name: &str| requests.iter().filter(|r| r.outcome == name).count() as u64;
    let mut by_status: BTreeMap<u16, u64> = BTreeMap::new();
    for status in requests.iter().filter_map(|r| r.status) {
        *by_status.entry(status).or_default() += 1;
    }
    let success: u64 = by_status.range(200..300).map(|(_, n)| n).sum();
    by_status.retain(|status, _| !(200..300).contains(status));
    assert_eq!(total(&["requests", "arrivals"]), requests.len() as u64);
    assert_eq!(total(&["requests", "answered_2xx"]), success);
    let otherwise: BTreeMap<u16, u64> =
        serde_json::from_value(summary["requests"]["answered_otherwise"].clone()).unwrap();
    assert_eq!(otherwise, by_status);
    assert_eq!(total(&["requests", "broken_off"]), outcome("broken_off"));
    assert_eq!(total(&["requests", "cancelled"]), outcome("cancelled"));
    assert_eq!(total(&["requests", "in_flight"]), outcome("in_flight"));
    let parts = success
        + by_status.values().sum::<u64>()
        + outcome("broken_off")
        + outcome("cancelled")
        + outcome("in_flight");
    assert_eq!(requests.len() as u64, parts);

    // attempts = sum over backends of admitted + throttled + failed; a selection that finds no backend is
    // not an attempt.
    let steps = || requests.iter().flat_map(Request::steps);
    let attempts: u64 = requests.iter().map(|r| r.attempts).sum();
    assert_eq!(total(&["attempts", "total"]), attempts);
    assert_eq!(
        steps().filter(|(who, _)| *who != "gateway" && !who.starts_with("wait")).count() as u64,
        attempts
    );
    let nobody = steps().filter(|(who, _)| *who == "gateway").count() as u64;
    assert_eq!(total(&["attempts", "exhausted_selections"]), nobody);
    let timeline: Vec<Interval> = work.rows(variant, "timeline.csv");
    let mut placed = 0;
    for backend in summary["backends"].as_array().unwrap() {
        let name = backend["name"].as_str().unwrap();
        let of = |field: &str| number(backend, &[field]);
        let sum = of("admitted") + of("throttled") + of("failed");
        assert_eq!(of("attempts"), sum);
        assert_eq!(steps().filter(|(who, _)| *who == name).count() as u64, sum, "{name}");
        assert_eq!(
            requests.iter().filter(|r| r.backend == name && r.status == Some(200)).count() as u64,
            of("answered")
        );
        // The timeline cuts the same into intervals.
        let cut = |field: fn(&Interval) -> u64| {
            timeline.iter().filter(|i| i.backend == name).map(field).sum::<u64>()
        };
        assert_eq!(cut(|i| i.admitted), of("admitted"));
        assert_eq!(cut(|i| i.throttled), of("throttled"));
        assert_eq!(cut(|i| i.failed), of("failed"));
        assert_eq!(cut(|i| i.answered), of("answered"));
        assert_eq!(cut(|i| i.counted_tokens), of("counted_tokens"));
        placed += sum;
    }
    assert_eq!(placed, attempts);
    for field in ["admitted", "throttled", "failed"] {
        let of_backends: u64 =
            summary["backends"].as_array().unwrap().iter().map(|b| number(b, &[field])).sum();
        assert_eq!(total(&["attempts", field]), of_backends);
    }

    // Estimates: what a row says was counted is what its prompt costs, and no more was counted than the
    // admitted attempts cost.
    let is_replay = requests.iter().all(|r| r.counted_tokens.is_none_or(|c| c == estimate(r.prompt_tokens)));
    assert!(is_replay);
}

/// The largest sum of estimates of requests less than 60 s apart.
fn fullest_minute(rows: &[TraceRow], estimates: &[u64]) -> u64 {
    let at: Vec<f64> = rows.iter().map(|r| seconds_of_day(&r.time)).collect();
    let (mut first, mut sum, mut most) = (0, 0, 0);
    for last in 0..rows.len() {
        sum += estimates[last];
        while at[last] - at[first] >= 60.0 {
            sum -= estimates[first];
            first += 1;
        }
        most = most.max(sum);
    }
    most
}

/// `2023-11-16 18:15:46.6805900` without its date: the trace lies within one day.
fn seconds_of_day(time: &str) -> f64 {
    let clock = time.split(' ').nth(1).unwrap();
    clock.split(':').fold(0.0, |sum, part| sum * 60.0 + part.parse::<f64>().unwrap())
}

/// The trace, if the folder with traces is there.
fn azure_trace() -> Option<PathBuf> {
    public_trace("AzureLLMInferenceTrace_conv.csv")
}
