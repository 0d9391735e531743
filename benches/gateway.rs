//! The full simulator beside a bare loop, in one run.
//!
//! Full: the walkthrough's policy, pool of three, breakers, both quota windows, statistics on; Poisson
//! arrivals. Bare: only the sampling of the same run (arrival gap, size, latency), a heap push and pop for
//! each request, and a counter. Rounds are interleaved; medians and the ratio are what counts.
//!
//! `cargo bench -p poolproof-benches --bench gateway` takes 10 M requests a round, `-- --quick` 1 M;
//! `-- --count` runs 100,000 once for instruction counters such as callgrind.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may fail loudly")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

use poolproof::config::{DiskFiles, Overrides, load_scenario};
use poolproof::diagnostics::{Diagnostics, SourceMap, render_human};
use poolproof::random::{StreamName, Streams};
use poolproof::sim::{self, NoObserver, RunPlan};
use poolproof::workload::OpenLoop;
use poolproof_benches::{has, median, peak_memory_mb, seconds};

const ROUNDS: usize = 5;

fn main() {
    let requests: u64 = if has("--quick") { 1_000_000 } else { 10_000_000 };
    if has("--count") {
        // For instruction counters: one small run of the full simulator and nothing else.
        let result = sim::run(&plan(100_000), &mut NoObserver).expect("accounts hold");
        println!("fingerprint {}", result.fingerprint);
        return;
    }
    let plan = plan(requests);
    let mut full_rates = Vec::new();
    let mut bare_rates = Vec::new();
    for round in 0..ROUNDS {
        let millions = requests as f64 / 1e6;
        let (taken, result) = seconds(|| sim::run(&plan, &mut NoObserver).expect("accounts hold"));
        let full = millions / taken;
        let (taken, checksum) = seconds(|| bare(&plan));
        let bare = millions / taken;
        println!(
            "round {round}: full {full:.2} M requests/s, bare {bare:.2} M requests/s  (2xx {}, trips {}, fingerprint {}, checksum {checksum:x})",
            result.statuses.successes(),
            result.backends.iter().map(|b| b.trips).sum::<u64>(),
            result.fingerprint,
        );
        full_rates.push(full);
        bare_rates.push(bare);
    }
    let (full, bare) = (median(full_rates), median(bare_rates));
    println!(
        "gateway: {full:.2} M requests/s on one core; bare loop {bare:.2} M requests/s; ratio {:.3} (aim: at least 0.25)",
        full / bare
    );
    if let Some(peak) = peak_memory_mb() {
        println!("peak memory of the process: {peak:.0} MB after {requests} requests a round");
    }
}

fn plan(requests: u64) -> RunPlan {
    let traffic = format!(
        r#"{{"kind": "poisson", "perSecond": 100, "requests": {requests}, "request": {{
            "messages": [{{"characters": 41}}, {{"characters": 31}}],
            "completionTokens": {{"median": 60, "sigma": 0.4, "max": 640}}}}}}"#
    );
    let mut set = vec![("traffic".to_owned(), traffic)];
    for backend in ["openai-eastus", "openai-westus", "openai-swedencentral"] {
        // A third of 100 requests/s at 659 tokens is 1.32 M TPM and 2,000 RPM; a little more than that, so
        // that quotas refuse and breakers trip now and then.
        let standard = r#"{"tpm": 1360000, "rpm": 2600}"#;
        set.push((format!("backends.{backend}.standard"), standard.to_owned()));
    }
    let overrides = Overrides { set, seed: Some(1), ..Overrides::default() };
    let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/walkthrough/scenario.json");
    let scenario = load_scenario(path, &DiskFiles, &overrides, &mut sources, &mut diagnostics);
    println!("{}", render_human(&diagnostics, &sources, false));
    scenario.expect("the walkthrough loads").base.plan
}

/// Sampling, heap and counter of the same run, and nothing else.
fn bare(plan: &RunPlan) -> u64 {
    let streams = Streams::new(plan.seed);
    let mut source = OpenLoop::new(&plan.traffic, &streams);
    let names: Vec<StreamName> =
        plan.gateway.backends().iter().map(|b| StreamName::new(&format!("latency/{}", b.name))).collect();
    let mut heap: BinaryHeap<Reverse<(u64, u64)>> = BinaryHeap::new();
    let mut counter = 0u64;
    let mut request = 0u64;
    while let Some(arrival) = source.next() {
        let at = arrival.at.as_nanos();
        while heap.peek().is_some_and(|Reverse((end, _))| *end <= at) {
            heap.pop();
            counter += 1;
        }
        let backend = usize::try_from(request % 3).unwrap_or(0);
        let deployment = &plan.targets[backend].deployment;
        let mut stream = streams.keyed(names[backend], request, 1);
        let time = deployment.latency.sample(&arrival.demand, 1, deployment.network, None, &mut stream);
        heap.push(Reverse((at.saturating_add(time.total.as_nanos()), request)));
        request += 1;
    }
    counter += heap.len() as u64;
    black_box(counter)
}
