//! What a report says of a configuration, and that its ways can be played again.

use super::configs::{depth, named, waits};
use super::support::{Small, answer, retry, rule, sections, setup, small, to_pool, walkthrough, well};
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::policy::csharp::{Expression, Variables};
use crate::policy::scan::RawText;
use crate::semantics::Switch;
use crate::units::Duration;
use crate::verify::answers::{Answer, RetryAfter};
use crate::verify::{
    Answers, Bounds, Breach, Cause, Custom, Happening, Histories, Limits, Path, Profile, Property, Report,
    Setup, Sight, Storms, Task, VARIABLES, Verdict, Worlds, breaches_of, course, distinct, equivalent,
    storms, verify,
};

/// A property that somebody wrote: `always` what it says, or for some response.
fn custom(name: &'static str, condition: &str, is_sometimes: bool) -> Custom {
    let condition = format!("@({condition})");
    let mut variables = Variables::new();
    for variable in VARIABLES {
        variables.slot(variable);
    }
    let source = SourceMap::new().add("property", condition.clone());
    let mut diagnostics = Diagnostics::new();
    let raw = RawText::verbatim(source, &condition);
    let condition = Expression::compile(&raw, &mut variables, &mut diagnostics);
    let condition = condition.unwrap_or_else(|| panic!("{diagnostics:?}"));
    Custom { name, what: "it is so", condition, names: variables.into_names(), is_sometimes }
}

/// The variable `name` as a `kind`.
fn told(kind: &str, name: &str) -> String {
    format!(r#"(({kind})context.Variables["{name}"])"#)
}

fn task(depth: u32) -> Task {
    Task {
        bounds: Bounds { in_flight: 1, faults: 3, depth, ..Bounds::default() },
        readings: None,
        combinations: None,
        limits: Limits::default(),
        profile: Profile::Declared,
        only: Vec::new(),
    }
}

fn report(setup: &Setup, task: &Task) -> Report {
    verify(setup, task, &mut |_| {})
}

fn verdict(report: &Report, property: Property) -> &Verdict {
    let found = report.properties.iter().find(|checked| checked.property == property);
    &found.unwrap_or_else(|| panic!("{property:?} was looked at")).verdict
}

#[test]
fn what_somebody_wrote_is_asked_of_every_response() {
    let (attempts, retries) = (told("int", "attempts"), told("int", "retries"));
    let (waited, backends) = (told("int", "waitedMs"), told("string", "backends"));
    let exhausted = told("bool", "exhausted");
    let mut setup = waits(r#"interval="2""#).setup();
    let table = [
        (format!("{attempts} <= 4 && {attempts} <= {retries} + 1"), false, true),
        (format!("{attempts} <= 3"), false, false),
        (format!("{waited} == 2000 * {retries}"), false, true),
        (
            format!(r#"{backends}.Replace("backend-0", "").Replace("backend-1", "").Replace(",", "") == """#),
            false,
            true,
        ),
        (format!("!{exhausted} || context.Response.StatusCode == 503"), false, true),
        (format!("!{exhausted}"), false, false),
        (r#"context.Request.Method == "POST" && context.Response.StatusCode >= 200"#.to_owned(), false, true),
        (r#"int.Parse("x") == 1"#.to_owned(), false, false),
        (r#"context.Variables.ContainsKey("other")"#.to_owned(), false, false),
        (format!("{retries} == 2"), true, true),
        (format!("{retries} == 4"), true, false),
    ];
    setup.custom = table.iter().map(|(text, is_sometimes, _)| custom("one", text, *is_sometimes)).collect();
    let own: Vec<Property> = setup.properties().into_iter().skip(Property::ALL.len()).collect();
    assert_eq!(own.len(), table.len());
    let found = report(&setup, &Task { only: own.clone(), ..task(9) });
    assert_eq!(found.properties.len(), own.len(), "nothing else was asked for");
    for (property, (text, is_sometimes, holds)) in own.iter().zip(&table) {
        let verdict = verdict(&found, *property);
        assert_eq!(*verdict == Verdict::Holds, *holds, "{text}: {verdict:?}");
        if let Verdict::Violated { cause, path } = verdict {
            assert_eq!((*cause, path.moves.is_empty()), (None, *is_sometimes), "{text}");
        }
        let info = setup.info(*property);
        assert_eq!((info.name, info.holds, info.broken), ("one", "it is so", "it is so"));
    }
    assert!(found.sights.contains(&Sight::Custom(9)) && !found.sights.contains(&Sight::Custom(10)));
    assert_eq!(setup.info(Property::Failover).name, "failover");
}

#[test]
fn a_bound_of_states_leaves_verdicts_open() {
    let setup = walkthrough();
    let whole = report(&setup, &task(3));
    assert!(!whole.is_violated() && !whole.is_unknown(), "{:?}", whole.properties);
    let cut = report(&setup, &Task { bounds: Bounds { states: 1, ..task(3).bounds }, ..task(3) });
    assert!(cut.extent.is_cut && cut.is_unknown() && !cut.is_violated());
}

#[test]
fn a_storm_adds_only_what_counts_and_is_new() {
    let mut clean = report(&walkthrough(), &task(3));
    clean.properties.retain(|checked| checked.property != Property::NoLeak);
    let path = |request| {
        let mut path = Path::default();
        path.add(request, 0, Happening::Wakes, &[]);
        path
    };
    let breach = |property, cause| Breach { property, cause };
    let storm = [
        (breach(Property::Failover, Some(Cause::NoResponse)), path(1)),
        (breach(Property::NeverThrows, Some(Cause::ComeBackAtOnce)), path(2)),
        (breach(Property::RetryElsewhere, None), path(3)),
        (breach(Property::RetryElsewhere, Some(Cause::SideCall)), path(4)),
        (breach(Property::NoLeak, None), path(5)),
    ];
    for (profile, expected) in [
        (Profile::Declared, vec![Property::RetryElsewhere, Property::NoLeak]),
        (Profile::Strict, vec![Property::Failover, Property::RetryElsewhere, Property::NoLeak]),
    ] {
        let mut report = clean.clone();
        report.add_storms(storm.to_vec(), profile);
        let violated = report.properties.iter().filter_map(|checked| match &checked.verdict {
            Verdict::Violated { path, .. } => Some((checked.property, path.clone())),
            _ => None,
        });
        let known = |property: Property| {
            let found = storm.iter().find(|(breach, _)| breach.property == property);
            (property, found.unwrap().1.clone())
        };
        let mut violated: Vec<_> = violated.collect();
        violated.sort_by_key(|(property, _)| *property);
        let mut expected: Vec<_> = expected.into_iter().map(known).collect();
        expected.sort_by_key(|(property, _)| *property);
        assert_eq!(violated, expected, "{profile:?}");
        assert!(report.is_violated());
    }
}

#[test]
fn causes_and_properties_have_names_of_their_own() {
    for property in Property::ALL {
        assert_eq!(Property::named(property.info().name), Some(property));
    }
    assert_eq!(Property::named("nothing"), None);
    let all = [
        Cause::NoResponse,
        Cause::OtherStatus,
        Cause::NoBreakerCounts,
        Cause::BreaksOff,
        Cause::ComeBackAtOnce,
        Cause::SideCall,
        Cause::NoRetryAfter,
        Cause::SubscriptionKey,
        Cause::NobodyReady,
    ];
    for (at, cause) in all.iter().enumerate() {
        assert!(cause.words().len() > 9 && all[..at].iter().all(|other| other.words() != cause.words()));
        let is_inherent = *cause == Cause::ComeBackAtOnce;
        assert_eq!(cause.inherent().is_some_and(|why| why.contains("override")), is_inherent);
    }
}

#[test]
fn what_throws_is_put_down_to_what_came_before() {
    for (status, causes) in [(418, vec![Some(Cause::OtherStatus)]), (429, vec![None]), (503, vec![None])] {
        let throw = format!(
            r#"<choose><when condition='@(context.Response.StatusCode == {status} && int.Parse("x") == 1)'><set-status code="200" reason="x" /></when></choose>"#
        );
        let retried = "context.Response != null && context.Response.StatusCode == 503";
        let backend = format!("{}{throw}", retry(1, r#"interval="0""#, retried));
        let answers = vec![well(), answer(status, RetryAfter::Absent)];
        let small = depth(Small { policy: to_pool(&backend), answers, ..small() }, 1, 3, 5);
        let setup = small.setup();
        let explored = small.explore(&setup, &small.alphabet(&setup), true);
        let thrown = explored.found.keys().filter(|breach| breach.property == Property::NeverThrows);
        let thrown: Vec<_> =
            thrown.map(|breach| breach.cause).filter(|c| *c != Some(Cause::NoResponse)).collect();
        assert_eq!(thrown, causes, "{status}");
    }
}

#[test]
fn other_readings_that_change_a_verdict_are_told_with_their_ways() {
    let small = depth(named(), 1, 3, 6);
    let setup = small.setup();
    let bounds = Bounds { depth: 5, ..task(5).bounds };
    let found = report(&setup, &Task { readings: Some(bounds), profile: Profile::Strict, ..task(5) });
    let mut told = Vec::new();
    for checked in &found.properties {
        for other in &checked.otherwise {
            let course =
                course(&setup, &found.answers, Limits::default(), &found.worlds, other.world, &other.path);
            let last = course.scenes.last().unwrap();
            let breach = Breach { property: checked.property, cause: other.cause };
            assert!(!course.has_misfit && last.breaches.contains(&breach), "{other:?}");
            assert_eq!(found.worlds.changes(other.world), other.changes);
            let changes =
                other.changes.iter().map(|(switch, reading)| format!("{}={reading}", switch.info().path));
            let changes: Vec<String> = changes.collect();
            told.push(format!(
                "{} {} {}",
                checked.property.info().name,
                changes.join(" "),
                other.path.events()
            ));
        }
    }
    assert_eq!(told, ["exhausted-answer pool.exhausted_retry_after=absent 3"]);
    let consulted = [
        Switch::RetryAfterPolicy,
        Switch::HalfOpen,
        Switch::TripEnd,
        Switch::ExhaustedRetryAfter,
        Switch::SelectAt,
    ];
    assert_eq!(found.consulted, consulted);
}

#[test]
fn a_way_that_heals_ends_with_a_request_that_is_served() {
    let setup = named().setup();
    let answers = Answers::of(&setup);
    let mut path = Path { heals: true, ..Path::default() };
    path.add(0, 0, Happening::Arrives(0), &[]);
    path.pass(Duration::from_secs(1));
    path.add(0, 0, Happening::Answers(answer(429, RetryAfter::Absent)), &[]);
    assert_eq!((path.events(), path.requests()), (2, 1));
    let course = course(&setup, &answers, Limits::default(), &Worlds::configured(&setup.gateway), 0, &path);
    let events: Vec<&str> = course.scenes.iter().map(|scene| scene.event.as_str()).collect();
    let expected = [
        "r1 arrives",
        "1 s pass",
        "backend-0 to r1: 429",
        "1 min pass",
        "r2 arrives",
        "backend-0 to r2: 200",
    ];
    assert_eq!(events, expected);
    assert_eq!(course.scenes.last().map(|scene| scene.at), Some(Duration::from_nanos(61_000_000_001)));
}

/// A pool and waits that are left to chance, and what only certain draws show.
fn by_chance() -> (Small, Setup) {
    let attributes = r#"interval="1" delta="1" max-interval="4""#;
    let policy =
        to_pool(&retry(2, attributes, "context.Response != null && context.Response.StatusCode == 500"));
    let small = Small {
        policy,
        members: vec![(Some(1), None), (Some(1), None)],
        readings: vec![("lb.algorithm", "weighted_random")],
        answers: vec![well(), answer(500, RetryAfter::Absent)],
        ..small()
    };
    let small = depth(small, 1, 2, 7);
    let mut setup = small.setup();
    let (waited, backends, retries) =
        (told("int", "waitedMs"), told("string", "backends"), told("int", "retries"));
    setup.custom = vec![
        custom("order", &format!(r#"{backends} != "backend-1,backend-0""#), false),
        custom("longest", &format!("{waited} < 3200"), false),
        custom("shortest", &format!("{retries} < 2 || {waited} > 2800"), false),
        custom("bounds", &format!("{retries} < 2 || {waited} >= 2800 && {waited} <= 3200"), false),
    ];
    (small, setup)
}

#[test]
fn ways_by_chance_can_be_played_again() {
    let (small, setup) = by_chance();
    let answers = small.alphabet(&setup);
    let explored = small.explore(&setup, &answers, true);
    let own = |breach: &Breach| matches!(breach.property, Property::Custom(_));
    let found: Vec<_> = explored.found.iter().filter(|(breach, _)| own(breach)).collect();
    let which: Vec<Property> = found.iter().map(|(breach, _)| breach.property).collect();
    assert_eq!(which, [Property::Custom(0), Property::Custom(1), Property::Custom(2)]);
    for (breach, ways) in found {
        let (_, path) = ways.paths.first().unwrap();
        let again = breaches_of(&setup, &answers, Limits::default(), path).unwrap();
        assert!(again.contains(breach), "{breach:?} {path:?}");
    }
    let mut state = 1_u64;
    let mut draw = |bound: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    let some = Storms { cases: 20, events: 100, instances: 1 };
    let found = storms(&setup, &answers, Limits::default(), some, &mut draw);
    let properties: Vec<_> = found.iter().map(|(breach, _)| breach).filter(|b| own(b)).collect();
    assert_eq!(properties, [&Breach { property: Property::Custom(0), cause: None }]);
    for (breach, path) in found {
        let again = breaches_of(&setup, &answers, Limits::default(), &path).unwrap();
        assert!(again.contains(&breach), "{breach:?} {path:?}");
    }
}

#[test]
fn chance_alone_is_no_difference() {
    let (_, setup) = by_chance();
    assert_eq!(equivalent(&setup, &setup, Histories { requests: 1, faults: 2 }).distinction, None);
    let (mut small, _) = by_chance();
    small.members = vec![(Some(1), None), (Some(1), Some(0))];
    let found = equivalent(&setup, &small.setup(), Histories { requests: 1, faults: 2 }).distinction;
    assert!(found.is_some());
}

#[test]
fn requests_that_fare_alike_are_known() {
    let send = r#"<send-one-way-request><set-url>https://log.example</set-url></send-one-way-request>
        <send-request mode="new" response-variable-name="r"><set-url>https://a.example</set-url></send-request>
        <set-backend-service backend-id="openai-backend-pool" />"#;
    let backend = r#"<choose><when condition='@(context.Request.Method == "GET")'><return-response><set-status code="204" reason="x" /></return-response></when></choose><forward-request />"#;
    let mut setup = setup(&sections(send, backend, ""), &[None], Some(&rule(&[(429, 429)])));
    let (name, head) = setup.requests[0].clone();
    for method in ["PUT", "GET", "POST"] {
        let mut head = head.clone();
        head.method = method.into();
        setup.requests.push((name.clone(), head));
    }
    assert_eq!(distinct(&setup), [(0, vec![1, 3]), (2, vec![])]);
    let answers = Answers::of(&setup);
    assert!(answers.all.contains(&Answer::Status(super::support::code(429), RetryAfter::Absent)));
}

/// Properties of a small configuration that do not hold, whatever the cause.
fn broken(small: &Small) -> Vec<Property> {
    let setup = small.setup();
    let explored = small.explore(&setup, &small.alphabet(&setup), true);
    let mut broken: Vec<Property> = explored.found.keys().map(|breach| breach.property).collect();
    broken.dedup();
    broken
}

#[test]
fn who_always_needs_two_attempts_does_not_recover() {
    let twice = Small { policy: to_pool(&retry(1, r#"interval="0""#, "true")), ..depth(small(), 1, 1, 4) };
    assert!(broken(&twice).contains(&Property::Recovery));
    assert!(!broken(&depth(small(), 1, 1, 4)).contains(&Property::Recovery));
}

#[test]
fn an_error_that_the_policy_answers_without_a_call_is_no_failed_failover() {
    let inbound = r#"<set-backend-service backend-id="openai-backend-pool" />
        <return-response><set-status code="503" reason="x" /></return-response>"#;
    let policy = sections(inbound, "<forward-request />", "");
    assert!(!broken(&Small { policy, ..depth(small(), 1, 1, 3) }).contains(&Property::Failover));
    let plain = Small { policy: to_pool("<forward-request />"), ..depth(small(), 1, 1, 3) };
    assert!(broken(&plain).contains(&Property::Failover), "an error of a backend is one");
}

#[test]
fn a_body_that_is_whole_on_one_side_only_is_a_difference() {
    let made = r#"<forward-request /><choose><when condition="@(context.Response.StatusCode == 200)">
        <return-response><set-status code="200" reason="OK" /></return-response></when></choose>"#;
    let [old, new] = ["<forward-request />", made]
        .map(|backend| setup(&to_pool(backend), &[None], Some(&rule(&[(429, 429)]))));
    let found = equivalent(&old, &new, Histories { requests: 1, faults: 1 }).distinction.unwrap();
    assert_eq!((found.old.status, found.new.status), (Some(200), Some(200)));
    assert_eq!((found.old.is_whole, found.new.is_whole), (false, true));
}
