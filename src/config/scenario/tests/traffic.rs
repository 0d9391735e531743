//! Kinds of traffic: what they become, and what is told about bad ones.

use super::codes;
use crate::config::testing::{TestFiles, load, walkthrough};
use crate::units::{Duration, Timestamp, Tokens};
use crate::workload::{ArrivalSpec, Gaps, ProcessSpec, ReplaySpec, Service, Start};

const CLOSED_LOOP: &str = r#""kind": "closed-loop", "requests": 20, "pause": "1s",
    "request": { "messages": [{ "characters": 41 }, { "characters": 31 }], "completionTokens": 150 }"#;

fn traffic(fields: &str) -> TestFiles {
    walkthrough().replace("scenario.json", CLOSED_LOOP, fields)
}

/// With sizes for all.
fn sized(fields: &str) -> TestFiles {
    traffic(&format!(r#"{fields}, "request": {{ "promptTokens": 5, "completionTokens": 5 }}"#))
}

fn arrivals(files: &TestFiles) -> ArrivalSpec {
    load(files).expect("loads").base.plan.traffic.arrivals.clone()
}

#[test]
fn processes_reach_the_plan() {
    let process = |fields: &str| match arrivals(&sized(fields)) {
        ArrivalSpec::Process { process, requests } => (process, requests),
        other => panic!("{other:?}"),
    };
    let (gamma, requests) = process(r#""kind": "gamma", "perSecond": 2, "cv": 3, "requests": 9"#);
    assert_eq!(gamma, ProcessSpec::Renewal { per_second: 2.0, gaps: Gaps::Gamma(3.0) });
    assert_eq!(requests, Some(9));
    let (weibull, _) = process(r#""kind": "weibull", "perSecond": 2, "cv": 0.5, "requests": 9"#);
    assert_eq!(weibull, ProcessSpec::Renewal { per_second: 2.0, gaps: Gaps::Weibull(0.5) });
    let (on_off, _) =
        process(r#""kind": "on-off", "onPerSecond": 20, "on": "5s", "off": "1m", "requests": 9"#);
    let (mean_on, mean_off) = (Duration::from_secs(5), Duration::from_secs(60));
    assert_eq!(on_off, ProcessSpec::OnOff { on_per_second: 20.0, off_per_second: 0.0, mean_on, mean_off });
    // Steps that are not repeated end by themselves.
    let (steps, requests) = process(
        r#""kind": "steps", "steps": [{ "for": "1m", "perSecond": 0 }, { "for": "2m", "perSecond": 4 }]"#,
    );
    let ProcessSpec::Profile { segments, repeat: false, gaps: Gaps::Exponential } = steps else {
        panic!("{steps:?}")
    };
    assert_eq!((segments[1].length, requests), (Duration::from_secs(120), None));
    let (day, _) =
        process(r#""kind": "diurnal", "perSecond": 4, "swing": 0.5, "peak": "14h", "cv": 2, "requests": 9"#);
    let ProcessSpec::Profile { segments, repeat: true, gaps: Gaps::Gamma(_) } = day else {
        panic!("{day:?}")
    };
    // Highest, at half more than the mean, within a minute of two in the afternoon.
    assert!(segments[14 * 60].per_second > 5.999 && segments[2 * 60].per_second < 2.001);
    let (bursts, _) = process(r#""kind": "bursts", "every": "100ms", "size": 7, "requests": 9"#);
    let every = Duration::from_millis(100);
    assert_eq!(bursts, ProcessSpec::Bursts { per_second: 0.0, every, size: 7, within: every });
}

#[test]
fn endless_and_empty_traffic_is_refused() {
    for (fields, code) in [
        (r#""kind": "gamma", "perSecond": 2, "cv": 3"#, "endless-run"),
        (r#""kind": "on-off", "onPerSecond": 2, "on": "1s", "off": "1s""#, "endless-run"),
        (r#""kind": "steps", "repeat": true, "steps": [{ "for": "1m", "perSecond": 1 }]"#, "endless-run"),
        (r#""kind": "steps", "steps": [{ "for": "1m", "perSecond": 0 }]"#, "no-traffic"),
        (r#""kind": "bursts", "every": "1s", "size": 1, "within": "2s", "requests": 1"#, "long-burst"),
    ] {
        let found = codes(&sized(fields));
        assert_eq!(found.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), [code], "{fields}");
    }
    for fields in [
        r#""kind": "gamma", "perSecond": -1, "cv": 3, "requests": 1"#,
        r#""kind": "weibull", "perSecond": 1, "cv": 0, "requests": 1"#,
        r#""kind": "on-off", "onPerSecond": 2, "on": "1ns", "off": "1s", "requests": 1"#,
        r#""kind": "diurnal", "perSecond": 1, "swing": 1.5, "requests": 1"#,
        r#""kind": "steps", "steps": []"#,
    ] {
        assert_eq!(codes(&sized(fields)).len(), 1, "{fields}");
    }
}

#[test]
fn scripts_reach_the_plan() {
    let files = traffic(
        r#""kind": "scripted", "request": { "maxTokens": 50 }, "requests": [
            { "at": "2s", "messages": [{ "characters": 41 }, { "characters": 31 }], "completionTokens": 9 },
            { "pause": "1s", "promptTokens": 7, "completionTokens": 9, "maxTokens": 3,
              "service": "900ms", "firstToken": "300ms" },
            { "pause": "0s", "messages": [{ "characters": 4 }], "promptTokens": 12, "completionTokens": 1, "service": "1s" }
        ]"#,
    );
    let ArrivalSpec::Scripted(requests) = arrivals(&files) else { panic!("a script") };
    assert_eq!(requests[0].start, Start::At(Timestamp::from_nanos(2_000_000_000)));
    // 41 and 31 characters: 11 and 8 tokens.
    assert_eq!(
        (requests[0].demand.prompt_tokens, requests[0].demand.max_tokens),
        (Tokens(19), Some(Tokens(50)))
    );
    assert_eq!(requests[0].service, None);
    let (first_token, total) = (Duration::from_millis(300), Duration::from_millis(900));
    assert_eq!(requests[1].service, Some(Service { first_token, total }));
    assert_eq!(
        (requests[1].start, requests[1].demand.max_tokens),
        (Start::After(Duration::from_secs(1)), Some(Tokens(3)))
    );
    // Recorded tokens beside the messages that the estimate is of.
    assert_eq!(requests[2].demand.prompt_tokens, Tokens(12));
    assert_eq!(requests[2].demand.prompt.messages().iter().map(|chars| chars.get()).sum::<u64>(), 4);
}

#[test]
fn problems_of_all_scripted_requests_are_told() {
    let files = traffic(
        r#""kind": "scripted", "requests": [
            { "promptTokens": 7, "completionTokens": 9 },
            { "at": "1s", "pause": "2s", "promptTokens": 7, "completionTokens": 9 },
            { "at": "1s", "completionTokens": 9 },
            { "at": "1s", "promptTokens": 7, "completionTokens": 9, "firstToken": "3s" },
            { "at": "1s", "promptTokens": 7, "completionTokens": 9, "firstToken": "4s", "service": "2s" }
        ]"#,
    );
    let found = codes(&files);
    let found: Vec<&str> = found.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(found, ["request-start", "request-start", "prompt-size", "first-token", "first-token"]);
}

#[test]
fn slices_of_traces_reach_the_plan() {
    let trace = "Timestamp,Request tokens,Response tokens\n5,7,8\n15,9,9\n25,9,9\n";
    let replay = |fields: &str| {
        traffic(&format!(r#""kind": "replay", "trace": "t.csv"{fields}"#)).with("t.csv", trace)
    };
    let ArrivalSpec::Replay(spec) =
        arrivals(&replay(r#", "from": "5s", "to": "20s", "speed": 0.5, "rounds": 4, "spread": false"#))
    else {
        panic!("a replay")
    };
    let (from, to) = (Duration::from_secs(5), Some(Duration::from_secs(20)));
    let trace = spec.trace.clone();
    assert_eq!(spec, ReplaySpec { trace, from, to, speed: 0.5, rounds: 4, spread: false });
    assert_eq!((spec.rows().len(), spec.period()), (1, Duration::from_secs(15)));
    assert_eq!(codes(&replay(r#", "from": "21s""#)), [("trace-slice".to_owned(), "\"21s\"".to_owned())]);
    // One request at the very beginning of its slice: nothing says how long a round lasts.
    assert_eq!(
        codes(&replay(r#", "from": "20s", "rounds": 2"#)),
        [("trace-slice".to_owned(), "2".to_owned())]
    );
    assert_eq!(codes(&replay(r#", "from": "10s", "to": "10s""#))[0].0, "trace-slice");
}
