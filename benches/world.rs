//! The parts of the world that the `gateway` benchmark leaves out, in one run beside it: provisioned units, clients
//! that try again, and eight gateway instances.
//!
//! Traffic is a little more than the units carry, so that breakers trip and pay-as-you-go takes the overflow, and
//! now and then more than all carry, so that clients try again. Rounds are interleaved with the same run of one
//! instance and patient clients; medians and their ratio are what counts.
//!
//! `cargo bench -p poolproof-benches --bench world`; `-- --quick` for 200,000 requests a round instead of 2 M;
//! `-- --count` runs 100,000 once for instruction counters.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::expect_used, reason = "a benchmark may fail loudly")]

use poolproof::config::{DiskFiles, Overrides, load_scenario};
use poolproof::diagnostics::{Diagnostics, SourceMap, render_human};
use poolproof::sim::{self, NoObserver, RunPlan};
use poolproof_benches::{has, median, peak_memory_mb, seconds};

const ROUNDS: usize = 5;

fn main() {
    if has("--count") {
        let result = sim::run(&plan(100_000, true), &mut NoObserver).expect("accounts hold");
        println!("fingerprint {}", result.fingerprint);
        return;
    }
    let requests: u64 = if has("--quick") { 200_000 } else { 2_000_000 };
    let (whole, plain) = (plan(requests, true), plan(requests, false));
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for (plan, rates) in [&whole, &plain].into_iter().zip(&mut rates) {
            let (taken, result) = seconds(|| sim::run(plan, &mut NoObserver).expect("accounts hold"));
            let rate = result.arrivals as f64 / 1e6 / taken;
            println!(
                "round {round}: {} instances, {rate:.2} M requests/s  (2xx {} of {}, attempts {}, trips {})",
                plan.fleet.lives().len(),
                result.statuses.successes(),
                result.arrivals,
                result.attempts,
                result.backends.iter().map(|b| b.trips).sum::<u64>(),
            );
            rates.push(rate);
        }
    }
    let [whole, plain] = rates.map(median);
    println!(
        "world: {whole:.2} M requests/s on one core; without them {plain:.2}; ratio {:.3}",
        whole / plain
    );
    if let Some(peak) = peak_memory_mb() {
        println!("peak memory of the process: {peak:.0} MB after {requests} calls a round");
    }
}

/// Units first, with eight instances and impatient clients or with neither.
fn plan(requests: u64, is_whole: bool) -> RunPlan {
    // A request weighs about 2,100 tokens on units and 1,900 elsewhere: 3,000 units carry 60 of them a second, the
    // others 69, which is enough off and too little on.
    let retry = if is_whole { r#""clientTimeout": "30s", "clientRetry": {},"# } else { "" };
    let traffic = format!(
        r#"{{"kind": "on-off", "onPerSecond": 180, "offPerSecond": 60, "on": "2m", "off": "2m",
            "requests": {requests}, {retry} "request": {{
            "promptTokens": {{"median": 1000, "sigma": 0.5, "max": 8000}},
            "completionTokens": {{"median": 200, "sigma": 0.6, "max": 800}}, "maxTokens": 800}}}}"#
    );
    let mut set = vec![("traffic".to_owned(), traffic)];
    set.push(("backends.openai-ptu-eastus.provisioned.ptu".to_owned(), "3000".to_owned()));
    for backend in ["openai-paygo-westus", "openai-paygo-swedencentral"] {
        set.push((format!("backends.{backend}.standard"), r#"{"tpm": 4000000, "rpm": 24000}"#.to_owned()));
    }
    if is_whole {
        set.push(("gateway.units".to_owned(), "8".to_owned()));
    }
    let overrides = Overrides { set, seed: Some(1), ..Overrides::default() };
    let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/ptu-fallback/scenario.json");
    let scenario = load_scenario(path, &DiskFiles, &overrides, &mut sources, &mut diagnostics);
    println!("{}", render_human(&diagnostics, &sources, false));
    scenario.expect("the scenario loads").base.plan
}
