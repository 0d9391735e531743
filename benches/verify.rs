//! How fast states are explored, beside another explorer in the same run.
//!
//! The walkthrough with three requests in flight, against a model of stateright as trivial as its own examples:
//! counters that are raised in every order. `--count` is one small exploration for instruction counters.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may fail loudly")]

use std::sync::Arc;

use poolproof::config::{DiskFiles, Overrides, load_scenario};
use poolproof::diagnostics::{Diagnostics, SourceMap};
use poolproof::gateway::{RequestHead, TokenFacts};
use poolproof::policy::Body;
use poolproof::units::RequestId;
use poolproof::verify::{Bounds, Limits, Profile, Setup, Task, verify};
use poolproof_benches::{has, seconds};
use stateright::{Checker, Model, Property};

fn main() {
    let setup = setup();
    if has("--count") {
        println!("{} states", explore(&setup, 2, 6, 1).0);
        return;
    }
    let depth = if has("--quick") { 9 } else { 12 };
    for threads in [1, 2] {
        let (taken, (states, generated)) = seconds(|| explore(&setup, 3, depth, threads));
        println!(
            "verify: {states} unique states, {generated} generated in {taken:.2} s with {threads} threads: \
             {:.2} M unique/s, {:.2} M generated/s (3 in flight, 3 faults, {depth} events)",
            states as f64 / taken / 1e6,
            generated as f64 / taken / 1e6
        );
    }
    let (taken, checker) = seconds(|| Counters.checker().spawn_bfs().join());
    let unique = checker.unique_state_count();
    println!(
        "stateright: {unique} unique states in {taken:.2} s with 1 thread: {:.2} M unique/s, {:.2} M generated/s",
        unique as f64 / taken / 1e6,
        checker.state_count() as f64 / taken / 1e6
    );
}

fn explore(setup: &Setup, in_flight: usize, depth: u32, threads: usize) -> (usize, u64) {
    let bounds = Bounds { in_flight, instances: 1, faults: 3, depth, states: 100_000_000, threads };
    let task = Task {
        bounds,
        readings: None,
        combinations: None,
        limits: Limits::default(),
        profile: Profile::Declared,
        only: Vec::new(),
    };
    let report = verify(setup, &task, &mut |_| {});
    assert!(!report.is_violated());
    (report.extent.states, report.extent.generated)
}

fn setup() -> Setup {
    let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/walkthrough/scenario.json");
    let scenario = load_scenario(path, &DiskFiles, &Overrides::default(), &mut sources, &mut diagnostics);
    let plan = scenario.expect("the walkthrough loads").base.plan;
    let head = RequestHead {
        id: RequestId(0),
        method: plan.operation.method.clone(),
        path: plan.operation.path.clone(),
        headers: Some(Arc::clone(&plan.operation.headers)),
        body: Body::Opaque,
        facts: None,
        tokens: TokenFacts::default(),
    };
    let paid_for = vec![None; plan.gateway.backends().len()];
    Setup { gateway: plan.gateway, requests: vec![(String::new(), head)], paid_for, custom: Vec::new() }
}

/// Six counters up to nine: a million states with nothing in them.
struct Counters;

impl Model for Counters {
    type State = [u8; 6];
    type Action = usize;

    fn init_states(&self) -> Vec<Self::State> {
        vec![[0; 6]]
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>) {
        actions.extend((0..state.len()).filter(|at| state[*at] < 9));
    }

    fn next_state(&self, state: &Self::State, action: Self::Action) -> Option<Self::State> {
        let mut next = *state;
        next[action] += 1;
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("in range", |_, state: &Self::State| state.iter().all(|n| *n <= 9))]
    }
}
