//! Random storms: what they find is short, and the same for the same draws.

use super::support::{rule, setup, walkthrough};
use crate::verify::{Answers, Breach, Limits, Path, Setup, Storms, breaches_of, storms};

const POLICY: &str = include_str!("../../../../scenarios/ptu-fallback/policy.xml");

/// A sequence of numbers that looks like chance.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |bound| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    }
}

fn found(setup: &Setup, seed: u64) -> Vec<(Breach, Path)> {
    let answers = Answers::of(setup);
    let some = Storms { cases: 30, events: 200, instances: 2 };
    storms(setup, &answers, Limits::default(), some, &mut numbers(seed))
}

fn claimed(found: &[(Breach, Path)]) -> Vec<(&'static str, usize)> {
    let claimed = found.iter().filter(|(breach, _)| breach.cause.is_none());
    claimed.map(|(breach, path)| (breach.property.info().name, path.moves.len())).collect()
}

#[test]
fn right_configurations_stand_every_storm() {
    let policy = POLICY.replace("openai-pool", "openai-backend-pool");
    let right = setup(&policy, &[Some(1), Some(2), Some(2)], Some(&rule(&[(429, 429), (500, 599)])));
    for setup in [right, walkthrough()] {
        let found = found(&setup, 1);
        assert_eq!(claimed(&found), []);
        assert!(!found.is_empty(), "what is not claimed breaks somewhere");
    }
}

#[test]
fn what_a_storm_finds_is_shortened_and_breaks_again() {
    let policy =
        POLICY.replace("openai-pool", "openai-backend-pool").replace(" buffer-request-body=\"true\"", "");
    let setup = setup(&policy, &[Some(1), Some(2), Some(2)], Some(&rule(&[(429, 429), (500, 599)])));
    let first = found(&setup, 7);
    assert_eq!(claimed(&first), [("whole-body", 2)]);
    assert_eq!(first, found(&setup, 7));
    for (breach, path) in first {
        let again = breaches_of(&setup, &Answers::of(&setup), Limits::default(), &path).unwrap();
        assert!(again.contains(&breach), "{breach:?} {path:?}");
    }
}
