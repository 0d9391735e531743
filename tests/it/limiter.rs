//! `limiter replay`: recorded calls through the limits of one deployment.

use serde_json::{Value, json};

use crate::support::Work;

/// The calls of the JSON that a replay of `rows` prints.
fn replay(rows: &str, args: &[&str]) -> (Vec<Value>, Value) {
    let work = Work::empty();
    work.write("calls.csv", rows);
    let mut all = vec!["limiter", "replay", "calls.csv"];
    all.extend(args);
    let done = work.call(&all).ok();
    let out: Value = serde_json::from_str(&done.out).unwrap();
    (out["calls"].as_array().unwrap().clone(), out)
}

fn every_second(seconds: u64, cost: u64) -> String {
    (0..seconds).fold("time_s,cost\n".to_owned(), |rows, second| rows + &format!("{second},{cost}\n"))
}

/// When calls were admitted, in whole seconds.
fn admitted(calls: &[Value]) -> Vec<u32> {
    let admitted = calls.iter().filter(|call| call["decision"] == "admitted");
    let second = |call: &Value| (0..1_000).find(|second| f64::from(*second) == call["time_s"]).unwrap();
    admitted.map(second).collect()
}

#[test]
fn a_hammering_client_gets_in_as_often_as_was_measured() {
    // 10,000 TPM and 2,000 tokens a call: five in each minute, however often it asks.
    let (calls, out) = replay(&every_second(70, 2_000), &["--tpm", "10000", "--model", "gpt-4"]);
    assert_eq!(admitted(&calls), [0, 1, 2, 3, 4, 60, 61, 62, 63, 64]);
    assert_eq!(out["totals"], json!({ "admitted": 10, "refused": 60, "carried_in": 0, "differing": 0 }));
    assert_eq!(out["limits"]["request_limit"], 10);
    assert_eq!(
        calls[4],
        json!({ "row": 5, "time_s": 4.0, "cost": 2_000, "decision": "admitted", "status": 200,
            "remaining_requests": 5, "remaining_tokens": 0 })
    );
    assert_eq!(
        calls[59],
        json!({ "row": 60, "time_s": 59.0, "cost": 2_000, "decision": "refused", "status": 429,
            "remaining_requests": 10, "remaining_tokens": 0, "limit": "tokens", "retry_after_s": 1,
            "retry_after_ms": 1_000 })
    );
}

#[test]
fn each_knob_changes_what_it_is_for() {
    let rows = every_second(70, 2_000);
    let run = |args: &[&str]| {
        let mut all = vec!["--tpm", "10000", "--model", "gpt-4"];
        all.extend(args);
        admitted(&replay(&rows, &all).0)
    };
    assert_eq!(run(&["--count-rejected"]), [0, 1, 2, 3, 4]);
    assert_eq!(run(&["--used-tokens", "4001"]), [0, 1, 60, 61, 62, 63, 64]);
    assert_eq!(run(&["--used-requests", "10", "--rpm", "60"]), [10, 11, 12, 13, 14]);
    assert_eq!(run(&["--request-limit", "1"]), [0, 10, 20, 30, 40, 60]);
    assert_eq!(run(&["--rpm", "65", "--request-window", "1s"]), [0, 1, 2, 3, 4, 60, 61, 62, 63, 64]);
    // 10,000 in half a minute: every window takes five of 2,000.
    let halves = run(&["--token-window", "30s", "--rpm", "600"]);
    assert_eq!(halves, [0, 1, 2, 3, 4, 30, 31, 32, 33, 34, 60, 61, 62, 63, 64]);
    // 648 from five seconds before leave 304 too little until they are a minute old; further use adds to it.
    let early = "time_s,cost\n-5,648\n0,648\n1,9008\n";
    assert_eq!(replay(early, &["--tpm", "10000"]).0[2]["retry_after_s"], 54);
    assert_eq!(replay(early, &["--tpm", "10000", "--used-tokens", "400"]).0[2]["retry_after_s"], 59);
    // Five of each minute as above, but all forgotten at the full minute.
    let late = "time_s,cost\n59,10000\n60,10000\n";
    assert_eq!(admitted(&replay(late, &["--tpm", "10000"]).0), [59]);
    assert_eq!(admitted(&replay(late, &["--tpm", "10000", "--window", "fixed-minute"]).0), [59, 60]);
    // Two at once where 8 requests per minute are 1.33 in ten seconds.
    let pair = "time_s,cost\n0,1\n0,1\n";
    assert_eq!(admitted(&replay(pair, &["--tpm", "10000", "--rpm", "8"]).0), [0]);
    let ceil = ["--tpm", "10000", "--rpm", "8", "--request-rounding", "ceil"];
    assert_eq!(admitted(&replay(pair, &ceil).0), [0, 0]);
    let ended = "time_s,cost,completed_s,actual_tokens\n0,10000,2,500\n3,9500,,\n";
    assert_eq!(admitted(&replay(ended, &["--tpm", "10000"]).0), [0]);
    assert_eq!(admitted(&replay(ended, &["--tpm", "10000", "--refund-on-completion"]).0), [0, 3]);
    // The rule of the cost: 28 characters are 640 + 7 + 1.
    let cost = |args: &[&str]| {
        let mut all = vec!["--tpm", "10000"];
        all.extend(args);
        replay("time_s,prompt_chars\n0,28\n", &all).0[0]["cost"].as_u64().unwrap()
    };
    assert_eq!(cost(&[]), 648);
    assert_eq!(cost(&["--default-max-tokens", "100", "--per-message", "3"]), 110);
    assert_eq!(cost(&["--chars-per-token", "2"]), 655);
    assert_eq!(cost(&["--count-prompt", "false"]), 640);
    assert_eq!(cost(&["--model", "gpt-3.5-turbo"]), 16);
    assert_eq!(cost(&["--model", "text-embedding-3-small"]), 7);
}

#[test]
fn a_request_above_the_quota_is_told_to_wait_a_day() {
    let (calls, _) = replay("time_s,cost\n0,1001\n0,1000\n60,1000\n", &["--tpm", "1000"]);
    assert_eq!((&calls[0]["limit"], &calls[0]["retry_after_s"]), (&json!("oversized"), &json!(86_400)));
    assert_eq!(calls[1]["remaining_tokens"], 0);
    // Exactly 60 s old does not count.
    assert_eq!(calls[2]["decision"], "admitted");
}

#[test]
fn units_fill_and_drain() {
    // 50 units of gpt-4o hold 125,000: 41 calls of 3,000 are not above it, the 42nd is, and the next waits for
    // 1,000 tokens at 125,000 a minute.
    let rows = (0..43).fold("time_s,prompt_tokens,max_tokens\n".to_owned(), |rows, _| rows + "0,1000,500\n");
    let (calls, out) = replay(&rows, &["--ptu", "50", "--model", "gpt-4o"]);
    assert_eq!((&out["limits"]["bucket_tokens"], &out["totals"]["admitted"]), (&json!(125_000), &json!(42)));
    assert_eq!((&calls[40]["utilization"], &calls[41]["utilization"]), (&json!("98.4%"), &json!("100.8%")));
    assert_eq!((&calls[42]["retry_after_ms"], &calls[42]["retry_after_s"]), (&json!(480), &json!(1)));
    assert!(out["assumptions"].as_array().unwrap().iter().any(|a| a["what"] == "bucket_depth"));
    let (calls, _) = replay(&rows, &["--ptu", "50", "--bucket-depth", "10"]);
    // 10 s hold 20,833.3: the seventh call goes above it.
    assert_eq!(calls.iter().filter(|call| call["decision"] == "admitted").count(), 7);
}

#[test]
fn what_was_recorded_is_compared() {
    let work = Work::empty();
    let good = "id,time_s,cost,status,remaining_requests,remaining_tokens\n\
        early,-5,648,,,\na,0,648,200,8,8704\nb,1,9000,429,,\n";
    work.write("good.csv", good);
    let args = ["--tpm", "10000", "--format", "human"];
    let done = work.call(&[&["limiter", "replay", "good.csv"], &args[..]].concat()).ok();
    assert!(done.out.contains("1 admitted, 1 refused, 1 carried in; 0 not as recorded"), "{}", done.out);
    work.write("bad.csv", &good.replace("8704", "8703").replace(",429,", ",200,"));
    let done = work.call(&[&["limiter", "replay", "bad.csv"], &args[..]].concat());
    assert_eq!(done.code, 1);
    assert!(done.out.contains("2 not as recorded") && done.out.contains("remaining_tokens"), "{}", done.out);
}

#[test]
fn bad_input_is_told_with_its_place_and_exit_code_2() {
    let work = Work::empty();
    work.write("calls.csv", "time_s,cost\n1,5\n0,-5\n");
    work.write("good.csv", "time_s,cost\n1,5\n");
    let done = work.call(&["limiter", "replay", "calls.csv", "--tpm", "1000"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.contains("calls.csv:3:3") && done.err.contains("`-5` is negative"), "{}", done.err);
    for (args, word) in [
        (&["none.csv", "--tpm", "1000"][..], "no such file"),
        (&["good.csv"], "--tpm"),
        (&["good.csv", "--tpm", "1000", "--ptu", "50"], "--ptu"),
        (&["good.csv", "--tpm", "-1"], "--tpm"),
        (&["good.csv", "--tpm", "NaN"], "--tpm"),
        (&["good.csv", "--tpm", "99999999999999999999"], "--tpm"),
        (&["good.csv", "--tpm", "1000", "--model", "gpt-4p"], "did you mean"),
        (&["good.csv", "--tpm", "1000", "--request-window", "0"], "above zero"),
        (&["good.csv", "--ptu", "50", "--model", "gpt-4"], "--input-tpm-per-ptu"),
        (&["good.csv", "--ptu", "50", "--rpm", "5"], "--rpm"),
    ] {
        let done = work.call(&[&["limiter", "replay"], args].concat());
        assert_eq!(done.code, 2, "{args:?}: {}", done.out);
        assert!(done.err.contains(word), "{args:?}: {}", done.err);
    }
}
