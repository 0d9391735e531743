//! What the walkthrough teaches, witnessed in `requests.csv`, under both places of selection.
//!
//! Numbers: a test request costs 640 + (41 / 4 + 1) + (31 / 4 + 1) = 640 + 11 + 8 = 659 tokens, so 8,000
//! tokens per minute admit 12 of them (7,908) and not 13 (8,567). The request limit, 80 / 6 = 13 in 10 s,
//! is not reached by one client that waits for its answer and a second more.

use crate::support::{EAST, REGIONS, Request, SWEDEN, Trip, WEST, Work, number};

const AT_FORWARD: &str = "semantics.select_at=forward_request";
const AT_SET_BACKEND: &str = "semantics.select_at=set_backend_service";
const REASONS: [(&str, usize); 2] =
    // How often the policy's condition goes round on an exhausted pool: it knows the old text.
    [("semantics.pool.exhausted_reason=current", 3), ("semantics.pool.exhausted_reason=legacy", 1)];
/// How many of the test's requests 8,000 tokens admit.
const FIT: usize = 12;

fn run(variant: &str, set: &[&str]) -> (Work, Vec<Request>) {
    let work = Work::walkthrough();
    let mut args = vec!["--variant", variant];
    for set in set {
        args.extend(["--set", set]);
    }
    work.simulate("run", &args);
    let requests = work.requests(variant);
    (work, requests)
}

fn backends(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|r| r.backend.as_str()).collect()
}

#[test]
fn a_request_costs_659_tokens() {
    let (_, requests) = run("round-robin", &[]);
    assert!(requests.iter().all(|r| r.counted_tokens == Some(659)));
    assert_eq!(8_000 / 659, 12);
}

#[test]
fn round_robin_serves_the_regions_evenly() {
    for place in [AT_FORWARD, AT_SET_BACKEND] {
        let (_, requests) = run("round-robin", &[place]);
        assert_eq!(requests.len(), 40);
        let mut served = [0_u32; 3];
        for request in &requests {
            // Nobody throttles: 40 requests over 80 s are 10 a minute for each region, of 12.
            assert_eq!((request.status, request.attempts), (Some(200), 1), "{request:?}");
            let region = REGIONS.iter().position(|r| *r == request.backend).unwrap();
            served[region] += 1;
            let (least, most) = (served.iter().min().unwrap(), served.iter().max().unwrap());
            assert!(most - least <= 1, "{served:?} after {request:?}");
        }
    }
}

#[test]
fn compare_runs_all_three_and_no_request_fails() {
    let work = Work::walkthrough();
    work.simulate("compare", &[]);
    for variant in ["round-robin", "priority", "weighted"] {
        let requests = work.requests(variant);
        assert_eq!(requests.len(), 40);
        assert!(requests.iter().all(|r| r.status == Some(200)), "{variant}");
    }
}

#[test]
fn priority_uses_east_then_west_then_sweden_and_returns_to_east() {
    let (work, requests) = run("priority", &[AT_FORWARD]);
    let served = backends(&requests);
    assert!(served[..FIT].iter().all(|b| *b == EAST), "{served:?}");
    // The 13th is refused by East and answered by West in the same request.
    assert_eq!(requests[FIT].steps(), [(EAST, "429 token limit"), (WEST, "200")]);
    // West has 12 too; its 13th goes on to Sweden Central.
    assert!(served[FIT..2 * FIT].iter().all(|b| *b == WEST), "{served:?}");
    assert_eq!(requests[2 * FIT].steps(), [(WEST, "429 token limit"), (SWEDEN, "200")]);

    let trips: Vec<Trip> = work.rows("priority", "trips.csv");
    assert_eq!(trips[0].backend, EAST);
    // Retry-After is the time until the oldest entry, of second 0, is 60 s old, in whole seconds. The
    // trip begins when the refusal is back: 20 ms at the deployment and 4 ms on the way.
    let refused_at = requests[FIT].arrival_s;
    assert_eq!(trips[0].effective_s, (60.0 - refused_at).ceil());
    assert!((trips[0].start_s - refused_at - 0.024).abs() < 1e-6, "{:?}", trips[0]);
    assert_order_follows_trips(&requests, &trips);
    // And it does come back within the run.
    let back = requests.iter().find(|r| r.arrival_s >= trips[0].end_s).unwrap();
    assert_eq!(back.backend, EAST);
}

/// The first region asked is the first in order of priority that is not tripped when the request arrives.
fn assert_order_follows_trips(requests: &[Request], trips: &[Trip]) {
    for request in requests {
        let tripped = |region: &str| {
            let at = request.arrival_s;
            trips.iter().any(|t| t.backend == region && t.start_s <= at && at < t.end_s)
        };
        let expected = REGIONS.iter().find(|region| !tripped(region)).unwrap();
        assert_eq!(request.steps()[0].0, *expected, "{request:?}");
    }
}

#[test]
fn priority_selected_early_fails_the_request_that_finds_the_limit() {
    // The member is chosen before the retry and stays: the refused request has no other to go to, the
    // retries find its member tripped. Later requests are served as they are with selection at the
    // forward, in the same order of regions.
    for (reason, rounds) in REASONS {
        let (work, requests) = run("priority", &[AT_SET_BACKEND, reason]);
        let served = backends(&requests);
        assert!(served[..FIT].iter().all(|b| *b == EAST), "{served:?}");
        // Two retries: under the present reason text both are spent on the tripped member.
        let mut expected = vec![(EAST, "429 token limit")];
        expected.extend(vec![("gateway", "503"); rounds.min(2)]);
        assert_eq!(requests[FIT].steps(), expected, "{reason}");
        let refused = &requests[FIT];
        assert_eq!((refused.status, refused.attempts, refused.backend.as_str()), (Some(503), 1, ""));
        assert!(served[FIT + 1..=2 * FIT].iter().all(|b| *b == WEST), "{served:?}");
        assert_eq!(requests[2 * FIT + 1].steps()[0], (WEST, "429 token limit"));
        assert_eq!(requests[2 * FIT + 1].status, Some(503));
        assert_eq!(served[2 * FIT + 2], SWEDEN);
        assert_order_follows_trips(&requests, &work.rows::<Trip>("priority", "trips.csv"));
    }
}

#[test]
fn weighted_gives_east_its_12_of_20_and_then_the_pair_alternates() {
    let pair: Vec<&str> = [WEST, SWEDEN].into_iter().cycle().take(8).collect();
    let (_, requests) = run("weighted", &[AT_FORWARD, "traffic.requests=20"]);
    let served = backends(&requests);
    assert_eq!(served.len(), 20);
    assert!(served[..FIT].iter().all(|b| *b == EAST), "{served:?}");
    assert_eq!(served[FIT..], pair);
    assert_eq!(requests[FIT].steps(), [(EAST, "429 token limit"), (WEST, "200")]);

    // Selected early, the 13th is lost and the pair begins with the 14th.
    let (_, requests) = run("weighted", &[AT_SET_BACKEND, "traffic.requests=20"]);
    let served = backends(&requests);
    assert!(served[..FIT].iter().all(|b| *b == EAST), "{served:?}");
    assert_eq!((requests[FIT].status, served[FIT]), (Some(503), ""));
    assert_eq!(served[FIT + 1..], pair[..7]);
}

/// Regions that admit one request in a minute each.
const ONE_EACH: [&str; 4] = [
    "backends.openai-eastus.standard.tpm=700",
    "backends.openai-westus.standard.tpm=700",
    "backends.openai-swedencentral.standard.tpm=700",
    "traffic.requests=8",
];

#[test]
fn with_everything_tripped_the_client_sees_a_plain_503() {
    for (reason, rounds) in REASONS {
        let mut set = ONE_EACH.to_vec();
        set.extend([AT_FORWARD, reason]);
        let (work, requests) = run("round-robin", &set);
        assert_eq!(backends(&requests[..3]), REGIONS);
        // The fourth tries all three with its two retries, and gets the last refusal.
        let refused: Vec<_> = REGIONS.iter().map(|r| (*r, "429 token limit")).collect();
        assert_eq!(requests[3].steps(), refused);
        assert_eq!((requests[3].status, requests[3].attempts), (Some(429), 3));
        // From then on the gateway answers by itself; a selection that finds nobody is not an attempt.
        for request in &requests[4..] {
            assert_eq!(request.steps(), vec![("gateway", "503"); rounds], "{reason}");
            assert_eq!((request.status, request.attempts), (Some(503), 0));
            assert_eq!((request.backend.as_str(), request.latency_ms), ("", Some(0.0)));
            for name in REGIONS.iter().chain(&["pool"]) {
                assert!(!request.path.contains(name), "{}", request.path);
            }
        }
        let summary = work.summary("round-robin");
        assert_eq!(number(&summary, &["attempts", "exhausted_selections"]), 4 * rounds as u64);
        assert_eq!(number(&summary, &["attempts", "total"]), 3 + 3);
    }
}

#[test]
fn selected_early_each_region_costs_one_request_to_find_out() {
    for (reason, rounds) in REASONS {
        let mut set = ONE_EACH.to_vec();
        set.extend([AT_SET_BACKEND, reason]);
        let (_, requests) = run("round-robin", &set);
        assert_eq!(backends(&requests[..3]), REGIONS);
        for (request, region) in requests[3..6].iter().zip(REGIONS) {
            assert_eq!(request.steps()[0], (region, "429 token limit"));
            assert_eq!(request.steps().len(), 1 + rounds.min(2), "{reason}");
            assert_eq!((request.status, request.attempts), (Some(503), 1));
        }
        for request in &requests[6..] {
            assert_eq!(request.steps(), vec![("gateway", "503"); rounds], "{reason}");
            assert_eq!((request.status, request.attempts), (Some(503), 0));
        }
    }
}

#[test]
fn the_condition_hands_429_and_503_on_but_not_500() {
    // Bare endpoints without `/openai` give 404: nothing is retried and nothing trips.
    let work = Work::walkthrough();
    let bare = work.read("backends.json").replace(".azure.com/openai", ".azure.com");
    work.write("backends.json", &bare);
    work.simulate("run", &["--variant", "round-robin"]);
    let requests = work.requests("round-robin");
    assert!(requests.iter().all(|r| (r.status, r.attempts) == (Some(404), 1)));
    assert_eq!(work.rows::<Trip>("round-robin", "trips.csv"), []);
}
