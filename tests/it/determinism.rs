//! Equal inputs give equal bytes; what is not changed does not change.

use serde_json::json;

use crate::support::{EAST, Request, WEST, Work};

#[test]
fn the_same_command_writes_the_same_bytes() {
    let work = Work::walkthrough();
    let run = |out: &str| {
        work.call(&["compare", "scenario.json", "--all-readings", "--out", out]).ok();
        work.files(out)
    };
    let (first, second) = (run("one"), run("two"));
    assert!(first.len() > 20, "{:?}", first.keys());
    assert!(first == second);
}

#[test]
fn the_folder_and_the_place_of_the_files_do_not_show() {
    let here = Work::walkthrough();
    here.call(&["run", "scenario.json", "--out", "out"]).ok();
    let there = Work::walkthrough();
    let path = there.path().join("scenario.json");
    there.write("deep/er/x", "");
    crate::support::call(
        &there.path().join("deep/er"),
        &["run", path.to_str().unwrap(), "--out", "../elsewhere"],
    )
    .ok();
    assert!(here.files("out") == there.files("deep/elsewhere"));
}

#[test]
fn another_seed_gives_another_run() {
    let work = Work::walkthrough();
    let run = |seed: &str| {
        work.simulate("run", &["--variant", "priority", "--seed", seed]);
        (work.requests("priority"), work.summary("priority")["fingerprint"].clone())
    };
    let (one, two, again) = (run("1"), run("2"), run("1"));
    assert_ne!(one.1, two.1);
    assert_ne!(one.0, two.0);
    assert_eq!(one, again);
}

#[test]
fn variants_see_the_same_sizes() {
    let work = Work::walkthrough();
    work.simulate("compare", &[]);
    let sizes = |variant: &str| -> Vec<(u64, u64, u64)> {
        let requests = work.requests(variant);
        requests.iter().map(|r| (r.request, r.prompt_tokens, r.completion_tokens)).collect()
    };
    let base = sizes("round-robin");
    assert_eq!(base, sizes("priority"));
    assert_eq!(base, sizes("weighted"));
    // They do vary from request to request.
    assert!(base.windows(2).any(|pair| pair[0].2 != pair[1].2));
}

#[test]
fn the_latency_of_one_backend_is_its_own() {
    // An open loop, so that arrivals do not wait for answers; quotas that nobody reaches.
    let run = |west_ttft: &str| -> Vec<Request> {
        let work = Work::walkthrough();
        work.edit(|scenario| {
            scenario["traffic"] = json!({
                "kind": "poisson", "perSecond": 5.0, "requests": 300,
                "request": { "promptTokens": 300, "completionTokens": { "median": 60, "sigma": 0.5, "max": 640 } }
            });
            for region in crate::support::REGIONS {
                scenario["backends"][region]["standard"] = json!({ "tpm": 10_000_000, "rpm": 100_000 });
            }
            scenario["backends"][WEST]["latency"] = json!({ "ttft": west_ttft });
        });
        work.simulate("run", &["--variant", "round-robin"]);
        work.requests("round-robin")
    };
    let (fast, slow) = (run("100ms"), run("2s"));
    assert_eq!(fast.len(), 300);
    for (fast, slow) in fast.iter().zip(&slow) {
        assert_eq!((fast.arrival_s, &fast.backend), (slow.arrival_s, &slow.backend));
        if fast.backend == WEST {
            assert!(fast.latency_ms < slow.latency_ms, "{fast:?}");
        } else {
            assert_eq!(fast.latency_ms, slow.latency_ms, "{fast:?}");
        }
    }
    assert!(fast.iter().any(|r| r.backend == EAST));
}

#[test]
fn more_requests_do_not_change_the_first_ones() {
    let work = Work::walkthrough();
    let run = |count: &str| {
        work.simulate("run", &["--variant", "weighted", "--set", &format!("traffic.requests={count}")]);
        work.requests("weighted")
    };
    let (few, many) = (run("10"), run("30"));
    assert_eq!(few[..], many[..10]);
}
