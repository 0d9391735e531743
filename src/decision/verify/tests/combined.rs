//! Readings in combination: what only two of them together break, and that nothing is left out that could matter.

use std::collections::BTreeSet;

use super::configs::depth;
use super::support::{Small, answer, rule, sections, small, well};
use crate::semantics::Switch;
use crate::verify::answers::RetryAfter;
use crate::verify::explorer::Explorer;
use crate::verify::verdict::otherwise;
use crate::verify::watch::Watch;
use crate::verify::worlds::{MOST_WORLDS, readings_beside};
use crate::verify::{Limits, Profile, Property, Report, Setup, Task, Worlds, verify};

type Changes = Vec<(Switch, &'static str)>;

/// One backend that trips for long; on-error says when to come back, whatever the pool says.
fn told_on_error() -> Small {
    let on_error = r#"<set-header name="Retry-After" exists-action="override"><value>5</value></set-header>"#;
    let inbound = r#"<set-backend-service backend-id="openai-backend-pool" />"#;
    let one = Small {
        policy: sections(inbound, "<forward-request />", on_error),
        members: vec![(None, None)],
        rule: Some(rule(&[(429, 429)])),
        answers: vec![well(), answer(429, RetryAfter::Absent)],
        ..small()
    };
    depth(one, 1, 1, 3)
}

fn look(setup: &Setup, small: &Small, most: usize) -> Report {
    let task = Task {
        bounds: small.bounds,
        readings: Some(small.bounds),
        combinations: Some(most),
        limits: Limits::default(),
        profile: Profile::Strict,
        only: vec![Property::ExhaustedAnswer],
    };
    verify(setup, &task, &mut |_| {})
}

#[test]
fn two_readings_together_break_what_neither_does_alone() {
    let small = told_on_error();
    let setup = small.setup();
    let report = look(&setup, &small, 3_000);
    let tried = report.combinations.unwrap();
    assert!(tried.size >= 2, "{tried:?}");
    let [checked] = report.properties.as_slice() else { panic!("{:?}", report.properties) };
    let sets: Vec<Vec<(&str, &str)>> = checked
        .otherwise
        .iter()
        .map(|one| one.changes.iter().map(|(switch, reading)| (switch.info().path, *reading)).collect())
        .collect();
    let expected = [("pool.exhausted_retry_after", "absent"), ("pool.exhausted_as", "plain_response")];
    assert!(sets.contains(&expected.to_vec()), "{sets:?}");
    for one in &checked.otherwise {
        assert_eq!(report.worlds.changes(one.world), one.changes.as_slice());
        assert!(!one.path.moves.is_empty());
    }
    // No set is told that has a smaller one in it.
    for one in &sets {
        let others = sets.iter().filter(|other| *other != one);
        assert!(others.into_iter().all(|other| !other.iter().all(|change| one.contains(change))), "{sets:?}");
    }
}

#[test]
fn a_bound_is_told_with_what_was_looked_at() {
    let small = told_on_error();
    let setup = small.setup();
    let report = look(&setup, &small, 1);
    let tried = report.combinations.unwrap();
    assert_eq!((tried.looked_at, tried.size, tried.is_complete), (1, 0, false));
    assert_eq!(report.properties[0].otherwise, []);
}

/// The smallest sets of up to two changes of any switch under which the property does not hold.
fn smallest(setup: &Setup, small: &Small) -> BTreeSet<Changes> {
    let spec = &setup.gateway;
    let one: Vec<(Switch, &'static str)> = Switch::ALL
        .iter()
        .flat_map(|switch| readings_beside(spec, *switch).map(|reading| (*switch, reading)))
        .collect();
    let pairs = one.iter().enumerate().flat_map(|(at, first)| {
        let others = one[at + 1..].iter().filter(|second| second.0 != first.0);
        others.map(|second| vec![*first, *second])
    });
    let sets: Vec<Changes> = one.iter().map(|change| vec![*change]).chain(pairs).collect();
    let answers = crate::verify::Answers::of(setup);
    let watch = Watch::new(setup, &answers, Limits::default());
    let mut found: BTreeSet<Changes> = BTreeSet::new();
    for batch in sets.chunks(MOST_WORLDS - 1) {
        let worlds = Worlds::sets(spec, batch);
        let explored = Explorer::new(&watch, &worlds, &answers, small.bounds, true).explore(&mut |_| ());
        for one in otherwise(&explored, Property::ExhaustedAnswer, true, &worlds) {
            let mut set = one.changes;
            set.sort_unstable();
            if !found.iter().any(|known| known.iter().all(|change| set.contains(change))) {
                found.insert(set);
            }
        }
    }
    found
}

#[test]
fn what_is_not_read_makes_no_difference() {
    let small = told_on_error();
    let setup = small.setup();
    let report = look(&setup, &small, 3_000);
    let told = report.properties[0].otherwise.iter().map(|one| one.changes.clone());
    let told: BTreeSet<Changes> = told.filter(|set| set.len() <= 2).collect();
    assert_eq!(told, smallest(&setup, &small));
}
