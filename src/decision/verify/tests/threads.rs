//! The number of threads does not show in anything.

use super::support::walkthrough;
use crate::semantics::Switch;
use crate::verify::answers::Answers;
use crate::verify::explorer::Explorer;
use crate::verify::watch::Watch;
use crate::verify::{Bounds, Limits, Worlds};

#[test]
fn any_number_of_threads_finds_the_same() {
    let setup = walkthrough();
    let answers = Answers::of(&setup);
    let watch = Watch::new(&setup, &answers, Limits::default());
    let cases = [(Worlds::configured(&setup.gateway), 6), (Worlds::alone(&setup.gateway, Switch::ALL), 4)];
    for (worlds, depth) in cases {
        let explore = |threads, states| {
            let bounds = Bounds { in_flight: 2, faults: 3, depth, threads, states, ..Bounds::default() };
            format!("{:#?}", Explorer::new(&watch, &worlds, &answers, bounds, true).explore(&mut |_| ()))
        };
        let alone = explore(1, 1_000_000);
        for threads in [2, 3, 40] {
            assert_eq!(explore(threads, 1_000_000), alone, "{threads} threads");
        }
        assert_eq!(explore(2, 2_000), explore(1, 2_000), "cut");
    }
}
