use super::support::walkthrough;
use crate::semantics::Switch;
use crate::verify::answers::Answers;
use crate::verify::explorer::Explorer;
use crate::verify::watch::Watch;
use crate::verify::{Bounds, Limits, Worlds};

#[test]
#[ignore]
fn measure() {
    let setup = walkthrough();
    let answers = Answers::of(&setup);
    for (s, k) in &answers.kinds {
        eprintln!("{s} {k:?}");
    }
    eprintln!("{} answers {:?}", answers.all.len(), answers.all);
    let watch = Watch::new(&setup, &answers, Limits::default());
    let env = |n: &str, d: usize| std::env::var(n).ok().and_then(|v| v.parse().ok()).unwrap_or(d);
    let worlds = if env("ALL", 0) == 1 {
        Worlds::alone(&setup.gateway, Switch::ALL)
    } else {
        Worlds::configured(&setup.gateway)
    };
    eprintln!("{} worlds", worlds.len());
    let bounds = Bounds {
        in_flight: env("K", 2),
        instances: env("M", 1),
        faults: env("F", 4) as u8,
        depth: env("D", 8) as u32,
        states: 20_000_000,
        threads: 1,
    };
    let started = std::time::Instant::now();
    let explored = Explorer::new(&watch, &worlds, &answers, bounds, true)
        .explore(&mut |p| eprintln!("{p:?} {:?}", started.elapsed()));
    let took = started.elapsed();
    eprintln!(
        "{} states {} generated {:?} sizes {:?} complete {} cut {} = {:.2} M unique/s {:.2} M generated/s",
        explored.states,
        explored.generated,
        took,
        explored.sizes,
        explored.is_complete,
        explored.is_cut,
        explored.states as f64 / took.as_secs_f64() / 1e6,
        explored.generated as f64 / took.as_secs_f64() / 1e6
    );
    for (b, f) in &explored.found {
        eprintln!("{b:?} len {} {:?}", f.paths[0].1.moves.len(), f.paths[0].1);
    }
    eprintln!(
        "{:?} {:?} gaps {} differ {:?}",
        explored.sights, explored.worst, explored.has_gaps, explored.differ
    );
}
