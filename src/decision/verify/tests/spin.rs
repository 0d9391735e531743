//! The explorer against spin, on a model that was written by hand: `pool.pml`.
//!
//! Compared are the number of states, whether a property holds, and after how many events it does not at least. Where
//! `spin` or `gcc` is not installed, the test says so and passes.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use super::support::{Small, small};
use crate::gateway::GatewaySpec;
use crate::verify::properties::{Breach, Cause, Property};
use crate::verify::{Bounds, Setup};

const MODEL: &str = include_str!("pool.pml");

/// What `SHOW` 1 and 2 assert.
const GOES_BACK: Breach = Breach { property: Property::RetryElsewhere, cause: None };
const IS_REFUSED: Breach = Breach { property: Property::ExhaustedAnswer, cause: Some(Cause::NoRetryAfter) };

/// The number of states, or the number of events after which the assertion does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Holds(usize),
    Broken(usize),
}

fn is_installed() -> bool {
    ["spin", "gcc"].iter().all(|program| {
        let version = if *program == "spin" { "-V" } else { "--version" };
        Command::new(program).arg(version).output().is_ok_and(|output| output.status.success())
    })
}

fn run(directory: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(directory).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() || program == "./pan", "{program} {arguments:?}: {text}");
    text
}

fn spin(name: &str, defines: &[&str]) -> Outcome {
    let directory = std::env::temp_dir().join(format!("poolproof-spin-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("pool.pml"), MODEL).unwrap();
    // Without `-o2` variables that nobody reads again are forgotten, and states that differ in them are one.
    let arguments: Vec<&str> = ["-a", "-o2"].iter().chain(defines).copied().chain(["pool.pml"]).collect();
    run(&directory, "spin", &arguments);
    run(&directory, "gcc", &["-O0", "-w", "-DBFS", "-DSAFETY", "-o", "pan", "pan.c"]);
    let told = run(&directory, "./pan", &["-w16"]);
    std::fs::remove_dir_all(&directory).unwrap();
    if let Some((_, rest)) = told.split_once("assertion violated") {
        let (_, rest) = rest.split_once("(at depth ").unwrap();
        let (depth, _) = rest.split_once(')').unwrap();
        // Steps are counted from 0.
        return Outcome::Broken(depth.parse::<usize>().unwrap() + 1);
    }
    let line = told.lines().find(|line| line.contains("states, stored")).unwrap();
    Outcome::Holds(line.split_whitespace().next().unwrap().parse().unwrap())
}

/// Two requests at a time and two faults, with or without a breaker on the first member.
fn ours(readings: Vec<(&'static str, &'static str)>, has_first_breaker: bool, breach: Breach) -> Outcome {
    let bounds = Bounds { in_flight: 2, faults: 2, depth: 1_000, ..Bounds::default() };
    let small = Small { readings, bounds, ..small() };
    let setup = small.setup();
    let spec = &setup.gateway;
    let mut backends = spec.backends().to_vec();
    if !has_first_breaker {
        backends[0].breaker = None;
    }
    let parts = (spec.pools().to_vec(), spec.program().clone(), spec.semantics().clone());
    let spec = GatewaySpec::new(backends, parts.0, parts.1, parts.2).unwrap();
    let setup = Setup { gateway: Arc::new(spec), ..setup };
    let explored = small.explore(&setup, &small.alphabet(&setup), false);
    assert!(explored.is_complete);
    match explored.found.get(&breach) {
        Some(ways) => Outcome::Broken(ways.depth),
        None => Outcome::Holds(explored.states),
    }
}

#[test]
fn spin_agrees() {
    if !is_installed() {
        eprintln!("skipped: spin and gcc are not both installed");
        return;
    }
    let holds = spin("holds", &["-DSHOW=1"]);
    assert_eq!(holds, Outcome::Holds(1_500));
    assert_eq!(ours(Vec::new(), true, GOES_BACK), holds);
    // Nothing else is looked for: only the number of states.
    let without = spin("without", &["-DRULE0=0"]);
    assert_eq!(ours(Vec::new(), false, IS_REFUSED), without);
    let goes_back = spin("goes-back", &["-DRULE0=0", "-DSHOW=1"]);
    assert_eq!(goes_back, Outcome::Broken(2));
    assert_eq!(ours(Vec::new(), false, GOES_BACK), goes_back);
    let is_refused = spin("is-refused", &["-DSHOW=2"]);
    assert_eq!(is_refused, Outcome::Broken(4));
    assert_eq!(ours(vec![("pool.exhausted_retry_after", "absent")], true, IS_REFUSED), is_refused);
}
