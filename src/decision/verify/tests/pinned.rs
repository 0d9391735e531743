//! Sizes and shortest ways of small configurations. A number that changes is a model that changed.

use super::configs;
use super::support::{Small, small, walkthrough};
use crate::semantics::Switch;
use crate::verify::answers::Answers;
use crate::verify::explorer::{Explored, Explorer};
use crate::verify::watch::Watch;
use crate::verify::{Bounds, Limits, Worlds};

/// States, states each time they are reached, levels, and each breach with the fewest events to it.
fn summary(explored: &Explored) -> String {
    let end = if explored.is_complete { "all" } else { "and on" };
    let (states, generated, depth) = (explored.states, explored.generated, explored.depth);
    let mut text = format!("{states} {generated} {depth} {end}");
    for (breach, ways) in &explored.found {
        let cause = breach.cause.map_or_else(String::new, |cause| format!("({cause:?})"));
        text.push_str(&format!(" {}{cause}={}", breach.property.info().name, ways.depth));
    }
    text
}

fn explore(small: &Small) -> String {
    let setup = small.setup();
    summary(&small.explore(&setup, &small.alphabet(&setup), true))
}

#[test]
fn small_configurations_are_as_large_as_they_were() {
    let table: &[(Small, &str)] = &[
        (small(), "131 280 8 and on failover(NoResponse)=3 retry-elsewhere(NoResponse)=2"),
        (
            configs::depth(small(), 2, 2, 30),
            "800 2278 15 all failover(NoResponse)=3 retry-elsewhere(NoResponse)=2",
        ),
        (
            configs::failover(),
            "114 280 7 and on failover(NoResponse)=3 failover(BreaksOff)=2 retry-elsewhere(NoResponse)=2",
        ),
        (configs::counts(), "36 110 7 and on"),
        (configs::counts_to_three(), "56 132 8 and on"),
        (configs::percentage("5"), "835 1515 10 and on"),
        (configs::trips(), "84 257 6 and on"),
        (configs::extends(), "84 257 6 and on"),
        (configs::one_probe(), "72 202 8 and on"),
        (
            configs::stubborn(),
            "156 375 8 and on failover=3 failover(NoResponse)=3 retry-elsewhere(NoResponse)=2 \
             retry-elsewhere(NoBreakerCounts)=2",
        ),
        (configs::named(), "19 38 8 and on"),
        (configs::refusing(), "131 280 8 and on failover(NoResponse)=3 retry-elsewhere(NoResponse)=2"),
        (configs::weighted(&[2, 1]), "26 31 5 and on"),
        (configs::slots(), "23 29 5 and on retry-elsewhere(NoResponse)=2"),
        (
            configs::waits(r#"interval="2" delta="1""#),
            "21 40 7 and on failover(NoResponse)=2 retry-elsewhere(NoBreakerCounts)=3",
        ),
        (
            configs::waits(r#"interval="1" delta="1" max-interval="2""#),
            "27 52 7 and on failover(NoResponse)=2 retry-elsewhere(NoBreakerCounts)=3",
        ),
        (configs::keys(), "86 168 8 and on"),
        (configs::guarded(), "28 42 5 and on failover=2 failover(NoResponse)=2"),
    ];
    let is: Vec<String> = table.iter().map(|(small, _)| explore(small)).collect();
    let pinned: Vec<&str> = table.iter().map(|(_, pinned)| *pinned).collect();
    assert_eq!(is, pinned);
}

#[test]
fn the_walkthrough_is_as_large_as_it_was() {
    let setup = walkthrough();
    let answers = Answers::of(&setup);
    let watch = Watch::new(&setup, &answers, Limits::default());
    let bounds = Bounds { in_flight: 2, faults: 3, depth: 6, ..Bounds::default() };
    let configured = Worlds::configured(&setup.gateway);
    let explored = Explorer::new(&watch, &configured, &answers, bounds, true).explore(&mut |_| ());
    assert_eq!(
        summary(&explored),
        "10968 25714 6 and on failover(NoResponse)=2 failover(OtherStatus)=2 failover(BreaksOff)=2 \
         retry-elsewhere(NoBreakerCounts)=4 retry-elsewhere(ComeBackAtOnce)=4 never-throws(NoResponse)=2 \
         never-throws(SideCall)=1 exhausted-answer(NoRetryAfter)=5 credentials(SubscriptionKey)=1"
    );
    let worlds = Worlds::alone(&setup.gateway, Switch::ALL);
    let bounds = Bounds { depth: 4, ..bounds };
    let explored = Explorer::new(&watch, &worlds, &answers, bounds, true).explore(&mut |_| ());
    assert_eq!(
        summary(&explored),
        "6279 17642 4 and on failover(NoResponse)=2 failover(OtherStatus)=2 failover(BreaksOff)=2 \
         retry-elsewhere(NoResponse)=4 retry-elsewhere(NoBreakerCounts)=2 retry-elsewhere(ComeBackAtOnce)=2 \
         never-throws(NoResponse)=2 never-throws(SideCall)=1 exhausted-answer(NoRetryAfter)=2 \
         credentials(SubscriptionKey)=1"
    );
}
