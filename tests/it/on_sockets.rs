//! Counterexamples of `verify` on real sockets: `serve` in front of backends that answer by script.

use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;

use crate::support::{Work, binary, call, root};

/// The tokens that `verify` prints for this configuration, with what they break.
fn tokens(work: &Work, more: &[&str]) -> Vec<(String, String)> {
    let args = ["verify", "scenario.json", "--depth", "6", "--readings", "configured", "--cases", "0"];
    let mut all = args.to_vec();
    all.extend(["--format", "json"]);
    all.extend(more);
    let done = work.call(&all);
    let report: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{}", done.err));
    let lists = ["properties", "notCovered"].map(|name| report[name].as_array().unwrap().clone());
    let found = lists.iter().flatten().filter_map(|one| {
        let steps = one.pointer("/counterexample/steps/0").is_some_and(Value::is_object);
        let token = one.pointer("/counterexample/token")?.as_str().filter(|_| steps)?;
        Some((one["property"].as_str().unwrap_or("other").to_owned(), token.to_owned()))
    });
    found.collect()
}

#[test]
fn counterexamples_go_the_same_way_on_real_sockets() {
    let lost = Work::scenario("ptu-fallback");
    lost.replace("policy.xml", " buffer-request-body=\"true\"", "");
    let all = [
        (Work::scenario("defects/no-retry"), "declared"),
        (Work::scenario("defects/reason-text"), "declared"),
        (Work::scenario("defects/same-member-again"), "declared"),
        (Work::scenario("defects/breaker-too-slow"), "declared"),
        (Work::walkthrough(), "strict"),
        (lost, "declared"),
    ];
    let (mut played, mut refused) = (Vec::new(), 0);
    for (work, profile) in all {
        for (property, token) in tokens(&work, &["--profile", profile]) {
            let done = work.call(&["replay", &token, "--over-http"]);
            if done.err.contains("a scenario cannot say this counterexample") {
                refused += 1;
                continue;
            }
            assert_eq!(done.code, 1, "{property}: {}", done.err);
            assert!(
                done.err.contains("the same calls, answers, trips and statuses"),
                "{property}: {}",
                done.err
            );
            played.push(property);
        }
    }
    for wanted in ["failover", "retry-elsewhere", "whole-body", "exhausted-answer", "credentials"] {
        assert!(played.iter().any(|own| own == wanted), "no {wanted} among {played:?}");
    }
    assert!(played.len() >= 10 && refused <= 2, "{refused} refused, {played:?}");
}

#[test]
fn one_clock_goes_faster_for_all() {
    let work = Work::scenario("defects/same-member-again");
    let found = tokens(&work, &[]);
    let done = work.call(&["replay", &found[0].1, "--over-http", "--speed", "50"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.err.contains("50 times as fast as time: the same calls"), "{}", done.err);
    assert_eq!(work.call(&["replay", &found[0].1, "--speed", "50"]).code, 2, "speed alone says nothing");
}

#[test]
#[cfg(unix)]
fn a_script_plays_it_with_curl() {
    if !["curl", "awk"].iter().all(|tool| Command::new(tool).arg("--version").output().is_ok()) {
        eprintln!("skipped: curl and awk are not here");
        return;
    }
    let work = Work::scenario("defects/same-member-again");
    let found = tokens(&work, &[]);
    let (_, token) = found.iter().find(|(property, _)| property == "failover").unwrap();
    assert_eq!(work.call(&["replay", token, "--format", "script"]).code, 2, "a scenario needs a place");
    assert_eq!(work.call(&["replay", token, "--format", "script", "--out", "cx.json"]).code, 2);
    let done = work.call(&["replay", token, "--format", "script", "--out", "cx/cx.sh"]);
    assert_eq!((done.code, &*done.out), (1, "wrote cx/cx.sh\nwrote cx/cx.json\n"), "{}", done.err);
    let told = run_script(&work);
    assert_eq!((told.0, &*told.1), (Some(0), "r1: status 429, attempts 3, as told\n"));
    // Where things go otherwise, it says so.
    let scenario = work.read("cx/cx.json").replace("\"call\": 2,", "\"call\": 9,");
    work.write("cx/cx.json", &scenario);
    let told = run_script(&work);
    assert_eq!(told.0, Some(1), "{}", told.1);
    assert!(told.1.starts_with("r1: told are status 429, attempts 3; seen were: 200 2"), "{}", told.1);
}

/// Runs the script from another folder, at ports that are free.
#[cfg(unix)]
fn run_script(work: &Work) -> (Option<i32>, String) {
    let mut told = (None, String::new());
    // Others may take a port in between.
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().min(65_000);
        let done = Command::new("sh")
            .arg(work.path().join("cx/cx.sh"))
            .current_dir(root())
            .env("POOLPROOF", binary())
            .env("PORT", port.to_string())
            .output()
            .unwrap();
        told = (done.status.code(), String::from_utf8(done.stdout).unwrap());
        if told.0 != Some(2) {
            break;
        }
    }
    told
}

#[test]
fn what_was_not_verified_cannot_be_played() {
    assert_eq!(call(&root(), &["replay", "cx1.nonsense", "--over-http"]).code, 2);
}
