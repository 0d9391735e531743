//! What a report shows of a way, event by event.

use super::support::{Small, answer, retry, rule, setup, small, to_pool, well};
use crate::units::{Duration, StatusCode};
use crate::verify::answers::{Answer, RetryAfter};
use crate::verify::path::{Move, Scene, Sent, Standing};
use crate::verify::{
    Answers, Course, Happening, Limits, Path, Setup, Storms, Worlds, breaches_of, course, storms,
};

const ARRIVES: Happening = Happening::Arrives(0);
const LIMITED: Happening =
    Happening::Answers(Answer::Status(StatusCode::TOO_MANY_REQUESTS, RetryAfter::Absent));

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Events of requests, by number, with the seconds that pass before each.
fn path(events: &[(u64, u16, Happening)]) -> Path {
    let mut path = Path::default();
    for (before, request, happening) in events {
        if *before > 0 {
            path.pass(seconds(*before));
        }
        path.add(*request, 0, *happening, &[]);
    }
    path
}

fn shown(setup: &Setup, path: &Path) -> Course {
    let worlds = Worlds::configured(&setup.gateway);
    course(setup, &Answers::of(setup), Limits::default(), &worlds, 0, path)
}

fn last(setup: &Setup, events: &[(u64, u16, Happening)]) -> Scene {
    let course = shown(setup, &path(events));
    assert!(!course.has_misfit, "{events:?}");
    course.scenes.last().cloned().unwrap()
}

fn misfits(setup: &Setup, events: &[(u64, u16, Happening)]) -> bool {
    let path = path(events);
    assert_eq!(
        breaches_of(setup, &Answers::of(setup), Limits::default(), &path).is_none(),
        shown(setup, &path).has_misfit
    );
    shown(setup, &path).has_misfit
}

/// Three backends, two of them in the better group; each trips at its first 429.
fn three() -> Setup {
    let policy = to_pool(&retry(2, r#"interval="0""#, "context.Response.StatusCode == 429"));
    setup(&policy, &[Some(1), Some(1), Some(2)], Some(&rule(&[(429, 429)])))
}

#[test]
fn a_choice_is_told_with_who_was_tripped() {
    let setup = three();
    let first = last(&setup, &[(0, 0, ARRIVES)]);
    assert_eq!((first.why.as_str(), first.pick), ("priority 1", Some(0)));
    assert_eq!(first.calls, [Sent { backend: Some(0), refused: None }]);
    let second = last(&setup, &[(0, 0, ARRIVES), (0, 0, LIMITED)]);
    assert_eq!(second.why, "backend-0 trips for 1 min; retry 1; priority 1, 1 beside it tripped");
    assert_eq!(second.trips, [(0, seconds(60))]);
    assert_eq!((second.answer.map(|(backend, _)| backend), second.pick), (Some(0), Some(1)));
    assert_eq!(second.answered, None);
    let third = last(&setup, &[(0, 0, ARRIVES), (0, 0, LIMITED), (10, 0, LIMITED)]);
    assert_eq!(third.why, "backend-1 trips for 1 min; retry 2; priority 2, 2 better tripped");
    let tripped = |until| Standing::Tripped(Some(seconds(until)));
    assert_eq!(third.backends, [tripped(60), tripped(70), Standing::Ready]);
    let fourth = last(&setup, &[(0, 0, ARRIVES), (0, 0, LIMITED), (10, 0, LIMITED), (0, 0, LIMITED)]);
    assert_eq!((fourth.answered.map(StatusCode::get), fourth.pick), (Some(429), None));
    let mut all = vec![(0, 0, ARRIVES), (0, 0, LIMITED), (10, 0, LIMITED), (0, 0, LIMITED)];
    all.push((0, 1, ARRIVES));
    let nobody = last(&setup, &all);
    assert!(nobody.why.starts_with("no backend is ready: 503"), "{}", nobody.why);
    assert_eq!(nobody.answered.map(StatusCode::get), Some(503));
    all[4] = (50, 1, ARRIVES);
    let back = last(&setup, &all);
    assert_eq!(back.why, "the trip of backend-0 is over; priority 1, 1 beside it tripped");
    assert_eq!(back.backends[0], Standing::Ready);
}

#[test]
fn a_trip_that_retry_after_made_and_a_wait_say_so() {
    let policy = to_pool(&retry(1, r#"interval="2""#, "context.Response.StatusCode == 429"));
    let setup = setup(&policy, &[Some(1), Some(2)], Some(&rule(&[(429, 429)])));
    let asks = Happening::Answers(answer(429, RetryAfter::Seconds(7)));
    let scene = last(&setup, &[(0, 0, ARRIVES), (0, 0, asks)]);
    assert_eq!(scene.why, "backend-0 trips for 7 s, as Retry-After says; retry 1 after 2 s");
    assert_eq!(
        (scene.event.as_str(), scene.trips.as_slice()),
        ("backend-0 to r1: 429, Retry-After: 7", &[(0, seconds(7))][..])
    );
    let wakes = last(&setup, &[(0, 0, ARRIVES), (0, 0, asks), (2, 0, Happening::Wakes)]);
    assert_eq!((wakes.event.as_str(), wakes.why.as_str()), ("r1 has waited", "priority 2, 1 better tripped"));
}

#[test]
fn a_body_that_is_lost_or_breaks_off_is_told() {
    let backend = r#"<retry count="1" interval="0" condition="@(context.Response.StatusCode == 429)"><forward-request /></retry>"#;
    let setup = setup(&to_pool(backend), &[Some(1), Some(2)], Some(&rule(&[(429, 429)])));
    let lost = last(&setup, &[(0, 0, ARRIVES), (0, 0, LIMITED)]);
    assert!(lost.why.contains("the body was used up and is not sent"), "{}", lost.why);
    assert!(lost.calls.first().is_some_and(|sent| sent.refused.is_some()), "{:?}", lost.calls);
    let breaks = last(&setup, &[(0, 0, ARRIVES), (0, 0, Happening::Answers(Answer::BreaksOff))]);
    assert_eq!(breaks.why, "the answer breaks off at the client");
}

#[test]
fn a_probe_and_an_extension_are_shown() {
    let one = |reading| Small { members: vec![(Some(1), None)], readings: vec![reading], ..small() }.setup();
    let probes = one(("breaker.half_open", "one_probe"));
    let scene = last(&probes, &[(0, 0, ARRIVES), (0, 0, LIMITED), (61, 1, ARRIVES)]);
    assert_eq!(scene.backends, [Standing::Probing]);
    let extends = one(("breaker.inflight_failures_while_tripped", "extend"));
    let events = [(0, 0, ARRIVES), (0, 1, ARRIVES), (0, 0, LIMITED), (5, 1, LIMITED)];
    let scene = last(&extends, &events);
    assert!(scene.why.starts_with("the trip of backend-0 is extended by 1 min"), "{}", scene.why);
}

#[test]
fn events_that_do_not_fit_are_told() {
    let setup = three();
    let (wakes, overdue) = (Happening::Wakes, Happening::Answers(Answer::Overdue));
    assert!(misfits(&setup, &[(0, 0, LIMITED)]), "nobody has come");
    assert!(misfits(&setup, &[(0, 0, ARRIVES), (0, 0, ARRIVES)]), "it is here");
    assert!(misfits(&setup, &[(0, 0, ARRIVES), (0, 0, wakes)]), "it does not sleep");
    assert!(misfits(&setup, &[(0, 0, ARRIVES), (299, 0, overdue)]), "headers have a second more");
    assert!(!misfits(&setup, &[(0, 0, ARRIVES), (300, 0, overdue)]));
    assert!(!misfits(&setup, &[(0, 0, ARRIVES), (0, 0, Happening::Leaves)]));
    let sleeps = to_pool(&retry(1, r#"interval="2""#, "context.Response.StatusCode == 429"));
    let sleeps = super::support::setup(&sleeps, &[Some(1)], None);
    let asleep = [(0, 0, ARRIVES), (0, 0, LIMITED)];
    assert!(misfits(&sleeps, &[&asleep[..], &[(1, 0, wakes)]].concat()), "a second is left");
    assert!(misfits(&sleeps, &[&asleep[..], &[(2, 0, Happening::Answers(well()))]].concat()));
    assert!(!misfits(&sleeps, &[&asleep[..], &[(2, 0, wakes)]].concat()));
}

#[test]
fn a_path_counts_requests_and_joins_times() {
    let mut path = path(&[(0, 7, ARRIVES), (1, 3, ARRIVES), (0, 7, LIMITED)]);
    path.pass(seconds(1));
    path.pass(seconds(2));
    assert_eq!((path.requests(), path.events(), path.moves.len()), (2, 3, 5));
    assert_eq!(path.moves.last(), Some(&Move::Passes(seconds(3))));
    path.renumber();
    let numbers = path.moves.iter().filter_map(|one| match one {
        Move::Happens { request, .. } => Some(*request),
        Move::Passes(_) => None,
    });
    assert_eq!(numbers.collect::<Vec<_>>(), [0, 1, 0]);
    assert_eq!(Path::default().requests(), 0);
}

#[test]
fn a_request_is_at_the_instance_where_it_arrived() {
    let setup = three();
    let mut path = Path::default();
    path.add(0, 1, ARRIVES, &[]);
    path.add(0, 1, LIMITED, &[]);
    path.add(1, 0, ARRIVES, &[]);
    path.add(2, 1, ARRIVES, &[]);
    let course = shown(&setup, &path);
    let picks: Vec<_> = course.scenes.iter().map(|scene| (scene.instance, scene.pick)).collect();
    assert_eq!(picks, [(1, Some(0)), (1, Some(1)), (0, Some(0)), (1, Some(1))]);
    assert!(!course.has_picks);
}

/// Storms that draw these numbers, one after the other, and 0 when they are used up.
fn drawn(setup: &Setup, events: u32, numbers: &[u64]) -> Vec<(crate::verify::Property, usize)> {
    let mut left = numbers.iter();
    let mut draw = |bound: u64| left.next().copied().unwrap_or(0).min(bound - 1);
    let some = Storms { cases: 1, events, instances: 1 };
    let found = storms(setup, &Answers::of(setup), Limits::default(), some, &mut draw);
    found.into_iter().map(|(breach, path)| (breach.property, path.moves.len())).collect()
}

#[test]
fn a_storm_of_one_request_at_a_time_breaks_what_it_meets() {
    // Nobody retries: the first bad answer reaches the client although another backend is ready.
    let setup = Small { policy: to_pool("<forward-request />"), ..small() }.setup();
    let bad = Answers::of(&setup).all.iter().position(|one| *one == answer(429, RetryAfter::Absent)).unwrap();
    // Arrives (of kind 0 at instance 0); an answer to it, not the first one, but a 429.
    let found = drawn(&setup, 2, &[0, 0, 0, 5, 0, 1, bad as u64]);
    assert_eq!(found, [(crate::verify::Property::Failover, 2)]);
    assert_eq!(drawn(&setup, 2, &[0, 0, 0, 15, 0, 0]), [], "the client leaves");
    assert_eq!(drawn(&setup, 1, &[15]), [], "nobody is there to leave: time passes");
}
