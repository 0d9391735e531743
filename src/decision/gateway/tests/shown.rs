//! What the core shows of itself to those who drive it, and what it takes from them.

use std::sync::Arc;

use super::driver::{
    Rig, Setup, backends, by_priority, compile, head, policy, pool, response, retry_429, rule, seconds,
    to_pool,
};
use crate::gateway::{
    BreakerChange, CallNumber, CarbonCategory, ChoiceReason, Choices, Effects, Event, Exchange, FirstChoice,
    Gateway, GatewaySpec, PriorityGroup, RegionCarbon, SideAnswer, SideCall, Step, TripLength,
};
use crate::policy::Facts;
use crate::policy::csharp::Value;
use crate::policy::operations::{Authorization, Supplied};
use crate::semantics::{Readings, Semantics};
use crate::units::{BackendId, Duration, RequestId, Timestamp};

const TARGET: &str = r#"<set-backend-service backend-id="p" />"#;
const SEND: &str = r#"<send-request mode="new" response-variable-name="r"><set-url>https://a.example</set-url></send-request>"#;

fn spec_of(setup: Setup) -> GatewaySpec {
    GatewaySpec::new(setup.backends, setup.pools, compile(&setup.policy), setup.semantics).unwrap()
}

fn inbound(actions: &str) -> Setup {
    by_priority(1, &policy(&format!("{actions}{TARGET}"), "<base />", "", ""))
}

#[test]
fn an_exchange_tells_who_it_is_and_what_it_holds() {
    let mut rig = Rig::new(inbound(&format!(r#"<set-variable name="n" value="@(7)" />{SEND}"#)));
    rig.wait(seconds(3));
    rig.start(1);
    let exchange = rig.exchange(1);
    assert_eq!((exchange.id(), exchange.started()), (RequestId(1), rig.now));
    assert!(
        matches!(exchange.side_call(CallNumber(1)), Some(SideCall::Request(call)) if call.url.as_str() == "https://a.example")
    );
    assert!(exchange.side_call(CallNumber(2)).is_none() && exchange.last_error().is_none());
    rig.side_answer(1, 1, SideAnswer::Response(response(204, &[])));
    let exchange = rig.exchange(1);
    let [Some(number), Some(answer)] = exchange.variables() else { panic!("both are set") };
    assert_eq!(*number, Value::Int(7));
    assert!(exchange.heap().object(answer).is_some());
    rig.no_connection(1);
    let error = rig.exchange(1).last_error().map(|error| error.reason.to_string());
    assert_eq!(error.as_deref(), Some("BackendConnectionFailure"));
}

#[test]
fn a_selection_tells_who_was_passed_over() {
    let members: Vec<_> = [1, 1, 2, 2, 2, 3].map(|priority| (Some(priority), None)).into();
    let setup = Setup {
        backends: backends(6, Some(&rule())),
        pools: vec![pool(&members)],
        ..by_priority(1, &to_pool(&retry_429(5)))
    };
    let mut rig = Rig::new(setup);
    let mut told = Vec::new();
    let tell = |rig: &Rig, told: &mut Vec<_>| {
        told.extend(rig.events.iter().filter_map(|event| match event {
            Event::Selected { selection: s, .. } => {
                Some((s.backend.0, s.priority, s.better_tripped, s.peers_tripped))
            }
            _ => None,
        }));
    };
    rig.start(0);
    tell(&rig, &mut told);
    for _ in 0..5 {
        rig.status(0, 429);
        tell(&rig, &mut told);
    }
    let expected = [(0, 1, 0, 0), (1, 1, 0, 1), (2, 2, 2, 0), (3, 2, 2, 1), (4, 2, 2, 2), (5, 3, 5, 0)];
    assert_eq!(told, expected.map(|(backend, group, better, peers)| (backend, Some(group), better, peers)));
}

#[test]
fn groups_are_those_of_an_untouched_pool() {
    let spec = pool(&[(Some(2), Some(3)), (None, None), (Some(2), Some(0)), (Some(7), Some(0))]);
    let group = |priority, members: &[(u16, u8)]| PriorityGroup {
        priority,
        members: members.iter().map(|(id, weight)| (BackendId(*id), *weight)).collect(),
    };
    let expected = [group(0, &[(1, 1)]), group(2, &[(0, 3), (2, 0)]), group(7, &[(3, 1)])];
    assert_eq!(PriorityGroup::of(&spec, &Semantics::default()), expected);
}

#[test]
fn another_reading_keeps_what_stands_for_the_world() {
    let authorization = Authorization { provider: "p".into(), id: "a".into(), access_token: "secret".into() };
    let supplied = Supplied { authorizations: vec![authorization], ..Supplied::default() };
    let facts = Facts { ip_address: "10.0.0.9".into(), ..Facts::default() };
    let since = vec![(Timestamp::ZERO, CarbonCategory::High)];
    let carbon = vec![RegionCarbon { region: "region 0".into(), since }];
    let spec = spec_of(inbound(""))
        .with_start(1_000)
        .with_facts(facts)
        .with_semantic_hits(7)
        .with_supplied(supplied)
        .with_carbon(carbon);
    let revised = spec.revised(spec.pools().to_vec(), Semantics::default()).unwrap();
    assert_eq!((revised.start_unix_s(), revised.semantic_hits()), (1_000, 7));
    assert_eq!(revised.facts().ip_address.as_str(), "10.0.0.9");
    assert_eq!((revised.supplied(), revised.carbon()), (spec.supplied(), spec.carbon()));
}

#[test]
fn what_looks_at_the_time_of_day_is_known() {
    for (text, expected) in [
        (TARGET, false),
        (
            r#"<limit-concurrency key="k" max-count="1"><set-variable name="v" value="1" /></limit-concurrency>"#,
            false,
        ),
        (r#"<ip-filter action="allow"><address>10.0.0.1</address></ip-filter>"#, false),
        (r#"<cache-lookup-value key="k" variable-name="v" />"#, true),
        (r#"<rate-limit-by-key calls="1" renewal-period="60" counter-key="k" />"#, true),
        (r#"<validate-azure-ad-token tenant-id="t" />"#, true),
        (r#"<set-variable name="v" value="@(DateTime.UtcNow.Hour)" />"#, true),
    ] {
        assert_eq!(spec_of(inbound(text)).has_calendar(), expected, "{text}");
        assert!(spec_of(inbound(text).with("breaker.window", "tumbling_epoch")).has_calendar());
    }
    let carbon = RegionCarbon { region: "r".into(), since: Vec::new() };
    assert!(spec_of(inbound("")).with_carbon(vec![carbon]).has_calendar());
}

/// Takes the highest of every range.
struct Highest;

impl Readings for Highest {}

impl Choices for Highest {
    fn choose_weighted(&mut self, _: &[u32], _: ChoiceReason) -> usize {
        0
    }

    fn between(&mut self, _: u64, high: u64, why: ChoiceReason) -> u64 {
        assert_eq!(why, ChoiceReason::Expression);
        high
    }
}

fn drawn(choices: &mut impl Choices) -> String {
    let header =
        r#"<set-header name="x-r"><value>@(new Random().Next(10, 20).ToString())</value></set-header>"#;
    let mut gateway = Gateway::new(Arc::new(spec_of(inbound(header))));
    let (mut exchange, mut effects) = (Exchange::default(), Effects::default());
    gateway.start(&mut exchange, &head(0), Timestamp::ZERO, choices, &mut effects);
    exchange.request().headers.joined("x-r").unwrap().to_string()
}

#[test]
fn random_numbers_of_expressions_are_choices() {
    assert_eq!((drawn(&mut FirstChoice), drawn(&mut Highest)), ("10".to_owned(), "19".to_owned()));
}

#[test]
fn an_authorization_is_found_by_provider_and_name() {
    let known = [("q", "a"), ("p", "b"), ("p", "a")].map(|(provider, id)| Authorization {
        provider: provider.into(),
        id: id.into(),
        access_token: format!("{provider}{id}").into(),
    });
    let get = r#"<get-authorization-context provider-id="p" authorization-id="a" context-variable-name="v" />
        <set-header name="x-token"><value>@(((Authorization)context.Variables["v"]).AccessToken)</value></set-header>"#;
    let mut rig = Rig::new(inbound(get));
    let supplied = Supplied { authorizations: known.into(), ..Supplied::default() };
    rig.gateway = Gateway::new(Arc::new(spec_of(inbound(get)).with_supplied(supplied)));
    rig.start(0);
    assert_eq!(rig.sent_header(0, "x-token").as_deref(), Some("pa"));
}

#[test]
fn a_stored_response_can_be_returned() {
    let mut rig = Rig::new(inbound(&format!(r#"{SEND}<return-response response-variable-name="r" />"#)));
    rig.start(0);
    let answer = response(403, &[("x-a", "1")]);
    let done = rig.side_answer(0, 1, SideAnswer::Response(answer));
    assert_eq!(done, "respond 403 gateway; answered");
    assert_eq!(rig.header(0, "x-a").as_deref(), Some("1"));
}

#[test]
fn a_trip_tells_whether_the_backend_was_obeyed() {
    let asked = seconds(5);
    for (reading, why) in [
        ("override", TripLength::RetryAfter(asked)),
        ("max_with_trip", TripLength::RetryAfterOverruled(asked)),
    ] {
        let setup = by_priority(1, &to_pool("<forward-request />"));
        let mut rig = Rig::new(setup.with("breaker.retry_after_policy", reading));
        rig.start(0);
        rig.throttle(0, "5");
        let told = rig.events.iter().find_map(|event| match event {
            Event::Breaker { change: BreakerChange::Tripped(trip), .. } => Some(trip.why),
            _ => None,
        });
        assert_eq!(told, Some(why), "{reading}");
    }
}

#[test]
fn what_is_ahead_is_told() {
    let mut rule = rule();
    rule.trip_duration = Duration::from_nanos(u64::MAX);
    rule.accept_retry_after = false;
    let mut rig = Rig::new(by_priority(2, &to_pool(&retry_429(3))).with_rule(&rule));
    rig.start(0);
    assert_eq!(rig.exchange(0).retries_left(), Some(3));
    rig.status(0, 429);
    assert_eq!(rig.exchange(0).retries_left(), Some(2));
    let state = rig.gateway.state();
    let instants = state.instants(rig.gateway.spec(), rig.now);
    assert!(instants.iter().all(|at| *at > rig.now && *at < Timestamp::MAX), "never is no moment");
    rig.status(0, 200);
    assert_eq!(rig.exchange(0).retries_left(), None);
}

#[test]
fn steps_are_told_to_who_asks() {
    let choose = |condition: bool| {
        format!(
            r#"<choose><when condition="@(context.Request.Method != null == {condition})"><set-method>GET</set-method></when></choose>"#
        )
    };
    for outcome in [true, false] {
        let mut gateway = Gateway::new(Arc::new(spec_of(inbound(&choose(outcome)))));
        let (mut exchange, mut effects) = (Exchange::default(), Effects::default());
        effects.steps = Some(Vec::new());
        gateway.start(&mut exchange, &head(0), Timestamp::ZERO, &mut FirstChoice, &mut effects);
        let tests = effects.steps.unwrap().into_iter().filter_map(|step| match step {
            Step::Tested(_, outcome) => Some(outcome),
            Step::Ran(_) => None,
        });
        assert_eq!(tests.collect::<Vec<_>>(), [outcome]);
    }
}
