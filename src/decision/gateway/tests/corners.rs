//! Corners: what shows only with several of a kind, exactly at a bound, or by something that is seldom written.

use std::sync::Arc;

use super::driver::{
    Rig, Setup, backends, by_priority, compile, head, policy, pool, response, rule, seconds, to_pool,
    with_sessions,
};
use crate::gateway::{
    CarbonCategory, ChoiceReason, Choices, Effects, Exchange, FirstChoice, Gateway, GatewaySpec, Phase,
    RegionCarbon, RequestHead, SideAnswer,
};
use crate::policy::{Body, Facts, Header, HeaderValue, Text};
use crate::semantics::Readings;
use crate::units::{BackendId, Timestamp};

fn inbound(actions: &str) -> Rig {
    let actions = format!(r#"{actions}<set-backend-service backend-id="p" />"#);
    Rig::new(by_priority(1, &policy(&actions, "<base />", "", "")))
}

const PASSED: &str = "forward 1 b0";

#[test]
fn the_first_choice_is_the_first_that_can_be() {
    let weighted = |weights: &[u32]| FirstChoice.choose_weighted(weights, ChoiceReason::PoolMember);
    assert_eq!([weighted(&[0, 0, 3]), weighted(&[2, 3]), weighted(&[0, 0])], [2, 0, 0]);
    assert_eq!(FirstChoice.between(5, 9, ChoiceReason::Expression), 5);
}

/// Always picks the first, whatever it weighs.
struct Careless;

impl Readings for Careless {}

impl Choices for Careless {
    fn choose_weighted(&mut self, _: &[u32], _: ChoiceReason) -> usize {
        0
    }

    fn between(&mut self, low: u64, _: u64, _: ChoiceReason) -> u64 {
        low
    }
}

#[test]
fn a_careless_choice_reaches_no_member_without_weight() {
    let setup = by_priority(3, &to_pool("<forward-request />")).with("lb.algorithm", "weighted_random");
    let members = pool(&[(None, Some(0)), (None, Some(0)), (None, Some(2))]);
    let spec =
        GatewaySpec::new(setup.backends, vec![members], compile(&setup.policy), setup.semantics).unwrap();
    let mut gateway = Gateway::new(Arc::new(spec));
    let (mut exchange, mut effects) = (Exchange::default(), Effects::default());
    gateway.start(&mut exchange, &head(0), Timestamp::ZERO, &mut Careless, &mut effects);
    assert!(matches!(exchange.phase(), Phase::AwaitingHeaders { backend: Some(BackendId(2)), .. }));
}

#[test]
fn the_cleanest_of_the_best_group_share() {
    let mut members = pool(&[(Some(1), None), (Some(3), None), (Some(2), None), (Some(2), None)]);
    for member in &mut members.members {
        member.preferred_carbon = Some(CarbonCategory::Medium);
    }
    let setup = Setup {
        backends: backends(4, Some(&rule())),
        pools: vec![members],
        carbon: vec![RegionCarbon {
            region: "region 0".into(),
            since: vec![(Timestamp::ZERO, CarbonCategory::High)],
        }],
        ..by_priority(4, &to_pool("<forward-request />"))
    };
    let mut rig = Rig::new(setup);
    let picked = [0, 1, 2].map(|id| rig.start(id));
    assert_eq!(picked, ["forward 1 b2", "forward 1 b3", "forward 1 b2"]);
}

#[test]
fn what_no_variable_holds_is_dropped() {
    let mut rig = inbound(
        r#"<set-variable name="kept" value="@(context.Request.Method.Split('O'))" />
        <set-header name="x-parts"><value>@(context.Request.Method.Split('S').Length.ToString())</value></set-header>"#,
    );
    rig.start(0);
    assert_eq!(rig.sent_header(0, "x-parts").as_deref(), Some("2"));
    assert_eq!(rig.exchange(0).heap().len(), 1);
}

#[test]
fn an_expression_can_trace() {
    let mut rig =
        inbound(r#"<set-header name="a"><value>@{context.Trace("seen"); return "b";}</value></set-header>"#);
    rig.start(0);
    assert_eq!(rig.told(), "trace seen");
}

#[test]
fn an_action_that_does_not_exist_is_named() {
    let mut rig =
        inbound(r#"<set-header name="a" exists-action='@("replace")'><value>b</value></set-header>"#);
    rig.start(0);
    let message = rig.exchange(0).last_error().map(|error| error.message.to_string());
    assert_eq!(message.as_deref(), Some("`replace` is not a value for `exists-action`"));
}

#[test]
fn several_values_are_one_header_but_for_those_that_never_are() {
    for (name, count) in [("x-many", 1), ("Warning", 2), ("cookie", 2)] {
        let element = format!(r#"<set-header name="{name}"><value>a</value><value>b</value></set-header>"#);
        let mut rig = inbound(&element);
        rig.start(0);
        let headers = &rig.exchange(0).request().headers;
        let found = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        assert_eq!(found.count(), count, "{name}");
    }
}

#[test]
fn control_characters_are_escaped_in_refusals() {
    let mut rig = inbound(
        r#"<check-header name="none" failed-check-httpcode="400" failed-check-error-message='@("a\tb")' ignore-case="true" />"#,
    );
    rig.start(0);
    let body = &rig.exchange(0).response().unwrap().body;
    assert_eq!(*body, Body::Text(r#"{"statusCode":400,"message":"a\u0009b"}"#.into()));
}

#[test]
fn the_original_url_outlives_a_rewrite() {
    let rewrite = r#"<rewrite-uri template="/new" copy-unmatched-params="false" />
        <set-header name="x-was"><value>@(context.Request.OriginalUrl.Path)</value></set-header>
        <set-backend-service backend-id="p" />"#;
    let outbound = r#"<jsonp callback-parameter-name="cb" />"#;
    let mut rig = Rig::new(by_priority(1, &policy(rewrite, "<base />", outbound, "")));
    rig.start_with(0, &RequestHead { path: "/old?cb=f".into(), ..head(0) });
    assert_eq!(rig.exchange(0).request().path.as_str(), "/new");
    let was = rig.sent_header(0, "x-was").unwrap();
    assert!(was.ends_with("/old"), "{was}");
    let mut answer = response(200, &[]);
    answer.body = Body::Text("{}".into());
    rig.answer(0, answer);
    assert_eq!(rig.exchange(0).response().unwrap().body, Body::Text("f({})".into()));
}

/// Signed with the secret of the example of jwt.io; over 100 s after 1970.
const OVER: &str =
    "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJleHAiOjEwMH0.1h_scYkNp-G98-O4cW6KvfJZwiz54uJMyeDACE4nypg";

#[test]
fn a_token_expires_only_where_the_time_of_day_is_known() {
    let check = r#"<validate-jwt header-name="Authorization"><issuer-signing-keys>
        <key>eW91ci0yNTYtYml0LXNlY3JldA==</key></issuer-signing-keys></validate-jwt><set-backend-service backend-id="p" />"#;
    let setup = by_priority(1, &policy(check, "<base />", "", ""));
    let header = Header { name: "Authorization".into(), value: HeaderValue::Text(Text::Static(OVER)) };
    let head = RequestHead { headers: Some(Arc::from([header])), ..head(0) };
    for (start, expected) in [(0, PASSED), (1, "respond 401 gateway; answered")] {
        let mut rig = Rig::new(setup.clone());
        let spec = GatewaySpec::new(
            setup.backends.clone(),
            setup.pools.clone(),
            compile(&setup.policy),
            setup.semantics.clone(),
        );
        rig.gateway = Gateway::new(Arc::new(spec.unwrap().with_start(start)));
        rig.wait(seconds(1_000));
        assert_eq!(rig.start_with(0, &head), expected, "{start}");
    }
}

#[test]
fn a_quota_counts_from_the_day_of_the_subscription() {
    let mut rig = inbound(r#"<quota calls="2" renewal-period="3600" />"#);
    let mut facts = Facts::default();
    // A thousand seconds past the hour, counted from 0001-01-01.
    let subscription = facts.subscription.as_mut().unwrap();
    subscription.start_ticks = Some((36_000 + 1_000) * 10_000_000);
    let from = |id| RequestHead { facts: Some(Arc::new(facts.clone())), ..head(id) };
    for id in 0..2 {
        assert_eq!(rig.start_with(id, &from(id)), PASSED, "{id}");
        rig.status(id, 200);
        rig.body_end(id);
    }
    assert_eq!(rig.start_with(2, &from(2)), "respond 403 gateway; answered");
    assert_eq!(rig.header(2, "Retry-After").as_deref(), Some("1000"));
}

#[test]
fn an_error_in_a_wait_is_raised_where_the_wait_ends() {
    let send = |name: &str| {
        format!(
            r#"<send-request mode="new" response-variable-name="{name}"><set-url>https://{name}.example</set-url></send-request>"#
        )
    };
    let nested = format!(
        r#"<choose><when condition="true">{}<trace source="s"><message>ran on</message></trace></when></choose>"#,
        send("b")
    );
    let mut rig = inbound(&format!(r#"<wait for="all">{}{nested}</wait>"#, send("a")));
    assert_eq!(rig.start(0), "call 1 GET https://a.example; call 2 GET https://b.example");
    assert_eq!(rig.side_answer(0, 1, SideAnswer::Failed), "", "raised at the end, which is not reached");
    let answer = SideAnswer::Response(response(200, &[]));
    assert_eq!(rig.side_answer(0, 2, answer), "respond 500 gateway; answered");
    // Inside of something else it is no part of what is waited for: the error is raised at once.
    rig.start(0);
    assert_eq!(rig.side_answer(0, 2, SideAnswer::Failed), "respond 500 gateway; answered");
    assert!(!rig.told().contains("ran on"), "{}", rig.told());
}

#[test]
fn a_token_that_is_over_makes_room_for_the_next() {
    let mut rig = inbound(
        r#"<authentication-managed-identity resource="r" /><authentication-managed-identity resource="q" />"#,
    );
    for id in 0..3 {
        assert_eq!(rig.start(id), "token");
        assert_eq!(rig.token(id, 10 + 100 * id as u64), "token");
        assert_eq!(rig.token(id, 10 + 100 * id as u64), PASSED);
        assert_eq!(rig.gateway.state().tokens.len(), 2, "{id}");
        rig.wait(seconds(100));
    }
}

#[test]
fn a_session_stays_at_a_member_that_no_other_outranks() {
    for reading in ["pinned", "priority_wins"] {
        let setup = Setup {
            pools: vec![pool(&[(Some(1), None); 3])],
            backends: backends(3, Some(&rule())),
            ..by_priority(1, &to_pool("<forward-request />"))
        };
        let mut rig = Rig::new(with_sessions(setup).with("lb.affinity_vs_priority", reading));
        assert_eq!(rig.start(0), PASSED);
        rig.status(0, 200);
        let cookie = rig.header(0, "Set-Cookie").unwrap();
        assert_eq!(rig.start_with_cookie(1, &cookie), PASSED, "{reading}: b1 would be next");
    }
}
