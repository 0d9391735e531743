//! Windows at their edges: an entry exactly 10 s or 60 s old has expired, one a nanosecond younger has not.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::{EAST, REGIONS, Request, Work};

/// A policy that calls East US once, whatever it answers.
const EAST_ONCE: &str = r#"<policies>
    <inbound><set-backend-service backend-id="openai-eastus" /></inbound>
    <backend><forward-request /></backend>
</policies>"#;

/// Replays requests that cost 1,000 tokens each (359 prompt tokens + 1 + 640) at these times in nanoseconds.
fn replay(work: &Work, at_ns: &[u64]) {
    let mut trace = "TIMESTAMP,ContextTokens,GeneratedTokens\n".to_owned();
    for at in at_ns {
        let (seconds, nanos) = (at / 1_000_000_000, at % 1_000_000_000);
        let (minute, second) = (seconds / 60, seconds % 60);
        writeln!(trace, "2026-01-05 00:{minute:02}:{second:02}.{nanos:09},359,20").unwrap();
    }
    work.write("trace.csv", &trace);
    work.edit(|scenario| scenario["traffic"] = json!({ "kind": "replay", "trace": "trace.csv" }));
}

const SECOND: u64 = 1_000_000_000;

#[test]
fn an_entry_leaves_its_window_at_its_exact_age() {
    for (quota, age_s, limit) in [
        // One request fills the tokens of a minute.
        (json!({ "tpm": 1_000, "rpm": 600 }), 60, "429 token limit"),
        // Six requests a minute are one in 10 s.
        (json!({ "tpm": 100_000, "rpm": 6 }), 10, "429 request limit"),
    ] {
        for (second_at, expected) in
            [(age_s * SECOND, "200"), (age_s * SECOND - 1, limit), (age_s * SECOND + 1, "200")]
        {
            let work = Work::walkthrough();
            work.write("policy.xml", EAST_ONCE);
            work.edit(|scenario| scenario["backends"][EAST]["standard"] = quota.clone());
            replay(&work, &[0, second_at]);
            work.simulate("run", &["--variant", "round-robin"]);
            let requests = work.requests("round-robin");
            assert_eq!(requests[0].steps(), [(EAST, "200")]);
            assert_eq!(requests[1].steps(), [(EAST, expected)], "{second_at} ns");
        }
    }
}

#[test]
fn a_full_window_refuses_until_the_oldest_leaves_and_not_longer() {
    // Three fit; the fourth is refused, the fifth comes when the first is 60 s old, the sixth a nanosecond
    // before the second is.
    let work = Work::walkthrough();
    work.write("policy.xml", EAST_ONCE);
    // East's breaker would keep calls away after a refusal: it is not what this is about.
    let resources = work.read("backends.json").replace("\"min\": 429", "\"min\": 428");
    work.write("backends.json", &resources.replace("\"max\": 429", "\"max\": 428"));
    work.edit(|scenario| scenario["backends"][EAST]["standard"] = json!({ "tpm": 3_000, "rpm": 600 }));
    replay(&work, &[0, SECOND, 2 * SECOND, 59 * SECOND, 60 * SECOND, 61 * SECOND - 1, 61 * SECOND]);
    work.simulate("run", &["--variant", "round-robin"]);
    let statuses: Vec<u16> = work.requests("round-robin").iter().map(|r| r.status.unwrap()).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 200, 429, 200]);
}

#[test]
fn service_times_do_not_decide_who_serves() {
    // Requests come on whole seconds, three refusals in a row take less than one, and Retry-After is in
    // whole seconds: no change of service times below moves an entry or a trip over an arrival.
    let arrivals: Vec<u64> = (0..300).map(|second| second * SECOND).collect();
    let run = |scale: u64, refusal_ms: u64| {
        let work = Work::walkthrough();
        replay(&work, &arrivals);
        work.edit(|scenario| {
            for (at, region) in REGIONS.iter().enumerate() {
                let backend = &mut scenario["backends"][*region];
                backend["standard"] = json!({ "tpm": 12_000, "rpm": 120 });
                backend["latency"] =
                    json!({ "ttft": format!("{}ms", 100 * scale), "tpot": format!("{scale}ms") });
                backend["refusal"] = json!(format!("{refusal_ms}ms"));
                backend["network"] = json!(format!("{}ms", 3 * (at as u64 + 1) * scale));
            }
        });
        work.simulate("compare", &[]);
        ["round-robin", "priority", "weighted"].map(|variant| work.requests(variant))
    };
    let paths = |runs: &[Vec<Request>; 3]| -> Vec<String> {
        runs.iter().flatten().map(|r| format!("{} {}", r.request, r.path)).collect()
    };
    let base = run(1, 20);
    assert!(base[1].iter().any(|r| r.attempts > 1), "somebody is refused");
    assert!(base[1].iter().any(|r| r.backend == REGIONS[2]), "and the last region is used");
    for (scale, refusal_ms) in [(2, 20), (9, 20), (1, 300), (5, 280)] {
        let other = run(scale, refusal_ms);
        assert_eq!(paths(&base), paths(&other), "{scale} {refusal_ms}");
        if scale > 1 {
            let both = base[0].iter().zip(&other[0]).filter(|(a, _)| a.status == Some(200));
            assert!(both.clone().count() > 100);
            assert!(both.clone().all(|(a, b)| a.latency_ms < b.latency_ms));
        }
    }
}
