//! Groups of servers: places, waits and refusals as clients see them.

use serde_json::json;

use crate::support::{EAST, Work};

const EAST_ONCE: &str = r#"<policies>
    <inbound><set-backend-service backend-id="openai-eastus" /></inbound>
    <backend><forward-request /></backend>
</policies>"#;

/// Calls at these seconds to one server with one place in its queue; each takes 10 s.
fn calls(at_s: &[u64], servers: &serde_json::Value) -> Work {
    let work = Work::walkthrough();
    work.write("policy.xml", EAST_ONCE);
    // Its breaker would keep calls away after a refusal: it is not what this is about.
    let resources = work.read("backends.json").replace("\"min\": 429", "\"min\": 428");
    work.write("backends.json", &resources.replace("\"max\": 429", "\"max\": 428"));
    work.edit(|scenario| {
        let requests: Vec<_> = at_s
            .iter()
            .map(|s| json!({ "at": format!("{s}s"), "promptTokens": 1, "completionTokens": 1 }))
            .collect();
        scenario["traffic"] = json!({ "kind": "scripted", "requests": requests });
        scenario["backends"][EAST] = json!({
            "model": "gpt-4o", "servers": servers, "refusal": "5ms", "network": "4ms",
            "latency": { "family": "constant", "ttft": "10s", "tpot": "0s", "ttftPerPromptToken": "0s" }
        });
    });
    work
}

#[test]
fn calls_wait_for_a_server_and_are_refused_without_a_place() {
    for (refusal, status, step) in [(json!(503), 503, "503"), (json!(429), 429, "429 queue full")] {
        let work = calls(&[0, 1, 2, 12], &json!({ "count": 1, "queue": 1, "refusal": refusal }));
        work.simulate("run", &["--variant", "round-robin"]);
        let requests = work.requests("round-robin");
        let seen: Vec<_> = requests.iter().map(|r| (r.status, r.latency_ms)).collect();
        // 0 to 10; 10 to 20; refused after 5 ms; 20 to 30. The network's 4 ms come on top.
        assert_eq!(
            seen,
            [
                (Some(200), Some(10_004.0)),
                (Some(200), Some(19_004.0)),
                (Some(status), Some(9.0)),
                (Some(200), Some(18_004.0)),
            ]
        );
        assert_eq!(requests[2].steps(), [(EAST, step)]);
        let summary = work.summary("round-robin");
        assert_eq!(summary["backends"][0]["capacity"], "1 server, queue 1");
    }
}

#[test]
fn servers_that_make_no_sense_are_told() {
    for (servers, part) in [
        (json!({ "count": 0, "queue": 1 }), "from 1 to 1000000"),
        (json!({ "count": 1 }), "queue"),
        (json!({ "count": 1, "queue": 1, "refusal": 500 }), "429 or 503"),
        (json!({ "count": 1, "queue": -1 }), "queue"),
    ] {
        let work = calls(&[0], &servers);
        let done = work.call(&["run", "scenario.json", "--out", "none"]);
        assert_eq!(done.code, 2, "{servers}");
        assert!(done.err.contains(part), "{servers}: {}", done.err);
    }
    let work = calls(&[0], &json!({ "count": 1, "queue": 1 }));
    work.edit(|scenario| scenario["backends"][EAST]["standard"] = json!({ "tpm": 1 }));
    let done = work.call(&["run", "scenario.json", "--out", "none"]);
    assert!(done.code == 2 && done.err.contains("both `standard` and `servers` are given"), "{}", done.err);
}

/// A server that is slow is kept busy longer, and of two one may be taken away for a time.
#[test]
fn faults_reach_servers() {
    let latencies = |servers: serde_json::Value, fault: serde_json::Value, at_s: &[u64]| {
        let work = calls(at_s, &servers);
        work.edit(|scenario| scenario["faults"] = json!([fault]));
        work.simulate("run", &["--variant", "round-robin"]);
        work.requests("round-robin").iter().map(|r| r.latency_ms.unwrap().round()).collect::<Vec<_>>()
    };
    // Three times 10 s and 4 ms of network: the second waits for all of the first one's work.
    let slow = json!({ "backend": EAST, "kind": "slow", "factor": 3, "for": "500ms" });
    assert_eq!(latencies(json!({ "count": 1, "queue": 1 }), slow, &[0, 1]), [30_012.0, 39_012.0]);
    // Two at once; from 5 s on the one that is left, which is busy until 10 s, is enough for one after the other.
    let cut = json!({ "backend": EAST, "kind": "capacity", "factor": 0.5, "from": "5s" });
    let seen = latencies(json!({ "count": 2, "queue": 2 }), cut, &[0, 0, 6]);
    assert_eq!(seen, [10_004.0, 10_004.0, 14_004.0]);
}
