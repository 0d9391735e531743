//! Clients that try again: what they wait for, what they cost, and how a storm of retries keeps itself up.

use serde_json::{Value, json};

use crate::support::{Request, Work};

#[derive(serde::Deserialize)]
struct Interval {
    start_s: f64,
    answered: u64,
}

#[test]
fn a_storm_keeps_itself_up_and_each_mend_ends_it() {
    let work = Work::scenario("retry-storm");
    work.simulate("compare", &[]);
    // The burst is over after ten minutes; three minutes later everything of it has ended.
    let answered_later = |variant: &str| {
        let rows: Vec<Interval> = work.rows(variant, "timeline.csv");
        rows.iter().filter(|row| row.start_s >= 780.0).map(|row| row.answered).sum::<u64>()
    };
    let calls = |variant: &str, name: &str| work.summary(variant)["calls"][name].as_f64().unwrap();
    let calm = answered_later("no-retry");
    assert!(calm > 300, "{calm}");
    assert!(answered_later("as-the-libraries-do") < calm / 10);
    assert!(calls("as-the-libraries-do", "requests_per_call") > 1.8);
    assert!(answered_later("budget") > calm * 9 / 10);
    assert!(calls("budget", "requests_per_call") < 1.1);
    assert!(calls("patience", "failed") == 0.0);
    assert!(work.summary("no-retry").get("calls").is_none());
    for variant in ["as-the-libraries-do", "budget", "patience"] {
        let all = ["succeeded", "failed", "unfinished"].map(|name| calls(variant, name)).iter().sum::<f64>();
        assert!(calls(variant, "begun") == all, "{variant}");
        let tries = calls(variant, "begun") + calls(variant, "tried_again");
        assert!(work.summary(variant)["requests"]["arrivals"].as_f64() == Some(tries), "{variant}");
    }
    // Where nothing fails, clients that would try again change nothing at all.
    let patient = work.requests("patience");
    work.edit(|scenario| scenario["variants"]["patience"]["traffic"]["clientRetry"] = Value::Null);
    work.simulate("run", &["--variant", "patience"]);
    let same = |row: &Request| (row.request, row.status, row.path.clone());
    assert!(patient.iter().map(same).eq(work.requests("patience").iter().map(same)));
}

#[test]
fn a_client_waits_as_long_as_the_response_asks() {
    let work = Work::scenario("retry-storm");
    // One request fits into a minute: the second call is refused until the first has left the window.
    work.edit(|scenario| {
        scenario["backends"]["openai-eastus"]["standard"]["tpm"] = json!(1100);
        scenario["traffic"] = json!({
            "kind": "closed-loop", "requests": 2, "clientRetry": {},
            "request": { "promptTokens": 500, "completionTokens": 300, "maxTokens": 500 },
        });
        scenario.as_object_mut().unwrap().remove("variants");
    });
    work.simulate("run", &[]);
    let summary = work.summary("base");
    assert_eq!(summary["calls"]["succeeded"], 2);
    assert_eq!(summary["requests"]["arrivals"], 3);
    assert_eq!(summary["requests"]["answered_otherwise"], json!({ "429": 1 }));
    let rows = work.requests("base");
    assert_eq!(rows.iter().map(|row| row.status).collect::<Vec<_>>(), [Some(200), Some(429), Some(200)]);
    // The refusal takes 20 ms and the network 4; `retry-after-ms` is rounded up to a millisecond.
    let waited = rows[2].arrival_s - rows[1].arrival_s;
    let told = 60.0 - rows[1].arrival_s;
    assert!((waited - 0.024 - told).abs() < 0.0011, "{waited} {told}");
}

#[test]
fn what_is_no_status_is_told_with_its_place() {
    let work = Work::scenario("retry-storm");
    for text in ["often", "0", "99", "500-600", "429-400"] {
        work.edit(|scenario| scenario["traffic"]["clientRetry"] = json!({ "statuses": ["408", text] }));
        let done = work.call(&["run", "scenario.json"]);
        assert_eq!(done.code, 2, "{text}");
        assert!(done.err.contains("not a status") && done.err.contains("500-599"), "{text}: {}", done.err);
    }
    work.edit(|scenario| scenario["traffic"]["clientRetry"] = json!({ "jitter": 1.5, "retries": -1 }));
    let done = work.call(&["run", "scenario.json"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("jitter") && done.err.contains("retries"), "{}", done.err);
}

/// Clients that leave a stream stop waiting; the deployment works on and its tokens are paid for.
#[test]
fn clients_may_leave_a_stream_before_its_end() {
    let work = Work::scenario("retry-storm");
    let run = |disconnects: Value| {
        work.edit(|scenario| {
            scenario["traffic"] = json!({
                "kind": "poisson", "perSecond": 1, "requests": 400, "clientRetry": {},
                "request": { "promptTokens": 500, "completionTokens": 200, "stream": true },
            });
            if disconnects != Value::Null {
                scenario["traffic"]["disconnects"] = disconnects;
            }
            scenario["backends"]["openai-eastus"]["standard"] = json!({ "tpm": 10_000_000 });
            scenario.as_object_mut().unwrap().remove("variants");
        });
        let done = work.simulate("run", &[]);
        let told = done.out.contains("of the cancelled left a stream");
        let summary = work.summary("base");
        assert_eq!(
            told,
            summary["requests"]["disconnected"].as_u64().is_some_and(|left| left > 0),
            "{}",
            done.out
        );
        (summary, work.requests("base"))
    };
    let (patient, all) = run(Value::Null);
    assert!(patient["requests"].get("disconnected").is_none());
    assert_eq!(patient["requests"]["answered_2xx"], 400);
    let (summary, some) = run(json!({ "share": 0.25, "afterTokens": 101 }));
    let left = summary["requests"]["disconnected"].as_u64().unwrap();
    // A quarter of 400 with a standard deviation of 9; nobody who leaves tries again.
    assert!((70..130).contains(&left), "{left}");
    assert_eq!(summary["requests"]["cancelled"], left);
    assert_eq!(summary["requests"]["arrivals"], 400);
    for (before, after) in all.iter().zip(&some).filter(|(_, after)| after.outcome == "cancelled") {
        assert_eq!(before.arrival_s.to_bits(), after.arrival_s.to_bits());
    }
    // Everything was generated, whoever read it.
    let tokens = |summary: &Value| summary["costs"]["backends"][0]["completion_tokens"].clone();
    assert_eq!(tokens(&summary), tokens(&patient));
    // Later than the last token is not at all.
    let (summary, _) = run(json!({ "share": 1, "afterTokens": 200 }));
    assert_eq!(summary["requests"]["disconnected"], 0);
    // Without streams there is nothing to leave.
    work.edit(|scenario| scenario["traffic"]["request"]["stream"] = json!(false));
    let done = work.call(&["run", "scenario.json", "--no-charts", "--out", "out"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("disconnects-without-stream"), "{}", done.err);
}
