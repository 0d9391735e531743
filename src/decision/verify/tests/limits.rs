//! Limits that are reached, within their slack and beyond it.

use std::sync::Arc;

use super::configs::{limited, limited_tokens};
use super::support::{Small, small, well};
use crate::gateway::{Fault, Gateway, GatewayState, Held, with_fault};
use crate::units::Timestamp;
use crate::verify::guide::Guide;
use crate::verify::properties::{Breach, Property};
use crate::verify::stage::{Deaf, Happening, Played, Thread, play};
use crate::verify::watch::Watch;
use crate::verify::{Bounds, Limits, Profile, Task, Verdict, Worlds, verify};

const BREACH: Breach = Breach { property: Property::LimitsKept, cause: None };

/// Two requests beside each other that each use what there is, and one more.
fn three(small: &Small) -> (u64, Played) {
    let setup = small.setup();
    let answers = small.alphabet(&setup);
    let watch = Watch::new(&setup, &answers, Limits::default());
    let worlds = Worlds::configured(&setup.gateway);
    let mut guide = Guide::new(&worlds, worlds.all());
    let mut play = |thread: &Thread, state: &GatewayState, what| {
        play(&watch, thread, state, what, Timestamp::ZERO, &mut guide, &mut Deaf)
    };
    let (new, fresh) = (Thread::default(), Gateway::new(Arc::clone(&setup.gateway)).into_state());
    let first = play(&new, &fresh, Happening::Arrives(0));
    let second = play(&new, &first.gateway, Happening::Arrives(0));
    let done = play(&first.thread.clone().unwrap(), &second.gateway, Happening::Answers(well()));
    let both = play(&second.thread.clone().unwrap(), &done.gateway, Happening::Answers(well()));
    for played in [&first, &second, &done, &both] {
        assert!(!played.seen.breaches.contains(&BREACH));
    }
    let units = both.gateway.counters().into_iter().map(|(_, held)| match held {
        Held::Window(_, units) => units,
        other => panic!("{other:?} is no quota"),
    });
    (units.sum(), play(&new, &both.gateway, Happening::Arrives(0)))
}

fn verdict(small: &Small) -> Verdict {
    let task = Task {
        bounds: Bounds { depth: 3, ..small.bounds },
        readings: None,
        combinations: None,
        limits: Limits::default(),
        profile: Profile::Declared,
        only: vec![Property::LimitsKept],
    };
    let report = verify(&small.setup(), &task, &mut |_| {});
    report.properties.into_iter().find(|one| one.property == Property::LimitsKept).unwrap().verdict
}

#[test]
fn requests_under_way_may_exceed_a_limit_and_the_next_one_may_not() {
    let small = limited_tokens(r#"token-quota="10" token-quota-period="Daily""#);
    let (used, third) = three(&small);
    assert_eq!(used, 20, "each estimated 5 and used 10");
    assert!(third.thread.is_none() && third.attempts == 0, "it is refused");
    assert!(!third.seen.breaches.contains(&BREACH));
    let (_, third) = with_fault(Fault::TokenQuotaIgnored, || three(&small));
    assert!(third.thread.is_some(), "it passes");
    assert!(third.seen.breaches.contains(&BREACH));
}

#[test]
fn it_applies_where_there_is_a_limit() {
    assert!(matches!(verdict(&small()), Verdict::NotApplicable(_)));
    let limits = [
        r#"<llm-token-limit counter-key="all" tokens-per-minute="10" estimate-prompt-tokens="false" />"#,
        r#"<azure-openai-token-limit counter-key="all" tokens-per-minute="@(10)" estimate-prompt-tokens="true" />"#,
        r#"<rate-limit-by-key calls="2" renewal-period="10" counter-key="@(&quot;all&quot;)" />"#,
    ];
    for limit in limits {
        assert!(matches!(verdict(&limited(limit)), Verdict::Holds), "{limit}");
    }
}
