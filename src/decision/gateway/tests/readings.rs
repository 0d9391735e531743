//! Every switch that the core reads, where it shows: one small scene for each, and what each reading makes
//! of it. Expected values follow from the meaning of the reading, worked out by hand.

use super::driver::{
    Rig, Setup, backends, by_priority, code, policy, pool, response, retry, retry_429, rule, seconds,
    to_pool, with_sessions,
};
use crate::gateway::{BreakerState, CarbonCategory, Event, Input, RegionCarbon, Threshold};
use crate::semantics::{Semantics, Switch};
use crate::units::{BackendId, Timestamp};

struct Scene {
    switch: &'static str,
    /// What shows under a reading.
    play: fn(Reading<'_>) -> String,
    /// Reading and what it shows.
    shows: &'static [(&'static str, &'static str)],
}

/// The reading to play under.
#[derive(Clone, Copy)]
struct Reading<'a>(&'a str, &'a str);

impl Reading<'_> {
    fn rig(self, setup: Setup) -> Rig {
        Rig::new(setup.with(self.0, self.1))
    }
}

const SCENES: &[Scene] = &[
    Scene {
        // Count 3 in 10 s; failures at 0, 9, 11, 12 and 20 s. Sliding: 9, 11 and 12 lie within 10 s.
        // From the first failure: 0 to 10, then 11 to 21 holds 11, 12, 20. By epoch no ten seconds hold 3.
        switch: "breaker.window",
        play: |reading| {
            let mut rule = rule();
            rule.threshold = Threshold::Count(3);
            rule.interval = seconds(10);
            let mut rig = reading.rig(by_priority(1, &to_pool("<forward-request />")).with_rule(&rule));
            first_trip(&mut rig, &[0, 9, 11, 12, 20])
        },
        shows: &[("sliding", "12"), ("tumbling_first_failure", "20"), ("tumbling_epoch", "never")],
    },
    Scene {
        // All calls fail, so 50 % is reached as soon as there are enough of them.
        switch: "breaker.pct_min_samples",
        play: |reading| {
            let mut rule = rule();
            rule.threshold = Threshold::Percentage(50);
            let mut rig = reading.rig(by_priority(1, &to_pool("<forward-request />")).with_rule(&rule));
            first_trip(&mut rig, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
        },
        shows: &[("1", "1"), ("5", "5"), ("10", "10")],
    },
    Scene {
        switch: "breaker.error_reasons_effective",
        play: |reading| {
            let mut rule = rule();
            rule.error_reasons = vec!["backendconnectionfailure".into()];
            let mut rig = reading.rig(by_priority(1, &to_pool("<forward-request />")).with_rule(&rule));
            rig.start(0);
            rig.no_connection(0);
            tripped(&rig)
        },
        shows: &[("false", "closed"), ("true", "tripped")],
    },
    Scene {
        // 504 is among the statuses of the rule.
        switch: "breaker.count_timeouts",
        play: |reading| {
            let mut rig = reading.rig(by_priority(1, &to_pool(r#"<forward-request timeout="1" />"#)));
            rig.start(0);
            rig.wait(seconds(1));
            rig.header_timeout(0);
            tripped(&rig)
        },
        shows: &[("false", "closed"), ("true", "tripped")],
    },
    Scene {
        // Trip duration 60 s; Retry-After 5, then (another gateway) 0, then 90.
        switch: "breaker.retry_after_policy",
        play: |reading| {
            let until = |header| {
                let mut rig = reading.rig(by_priority(1, &to_pool("<forward-request />")));
                rig.start(0);
                rig.throttle(0, header);
                rig.tripped_until_s(0).unwrap().to_string()
            };
            [until("5"), until("0"), until("90")].join(" ")
        },
        shows: &[("override", "5 0 90"), ("max_with_trip", "60 60 90"), ("ignore_if_zero", "5 60 90")],
    },
    Scene {
        // Count 2: Retry-After 50 at 0 s, then 7 at 1 s.
        switch: "breaker.retry_after_source",
        play: |reading| {
            let mut rule = rule();
            rule.threshold = Threshold::Count(2);
            let mut rig = reading.rig(by_priority(1, &to_pool("<forward-request />")).with_rule(&rule));
            rig.start(0);
            rig.throttle(0, "50");
            rig.wait(seconds(1));
            rig.start(1);
            rig.throttle(1, "7");
            rig.tripped_until_s(0).unwrap().to_string()
        },
        shows: &[("completing", "8"), ("max_counted", "51")],
    },
    Scene {
        // After the trip two requests come at once.
        switch: "breaker.half_open",
        play: |reading| {
            let mut rig = reading.rig(by_priority(1, &to_pool("<forward-request />")));
            rig.start(0);
            rig.throttle(0, "5");
            rig.wait(seconds(5));
            [rig.start(1), rig.start(2)].join(" / ")
        },
        shows: &[
            ("none", "forward 1 b0 / forward 1 b0"),
            ("one_probe", "forward 1 b0 / respond 503 gateway; answered"),
        ],
    },
    Scene {
        // Two calls are under way; the first refusal trips until 10 s, the second comes at 5 s and says 30 s.
        switch: "breaker.inflight_failures_while_tripped",
        play: |reading| {
            let mut rig = reading.rig(by_priority(1, &to_pool("<forward-request />")));
            rig.start(0);
            rig.start(1);
            rig.throttle(0, "10");
            rig.wait(seconds(5));
            rig.throttle(1, "30");
            rig.tripped_until_s(0).unwrap().to_string()
        },
        shows: &[("ignore", "10"), ("extend", "35")],
    },
    Scene {
        switch: "breaker.trip_end",
        play: |reading| {
            let mut rig = reading.rig(by_priority(1, &to_pool("<forward-request />")));
            rig.start(0);
            rig.throttle(0, "5");
            rig.wait(seconds(5));
            rig.start(1)
        },
        shows: &[("at", "forward 1 b0"), ("after", "respond 503 gateway; answered")],
    },
    Scene {
        // Weights 2 and 1. The rig's random choice always takes the first member with a weight.
        switch: "lb.algorithm",
        play: |reading| picks(reading, &[(None, Some(2)), (None, Some(1))], 6),
        shows: &[("smooth_wrr", "010010"), ("weighted_random", "000000"), ("slot_rr", "001001")],
    },
    Scene {
        // One member without a priority, one with priority 1.
        switch: "lb.null_priority",
        play: |reading| picks(reading, &[(None, None), (Some(1), None)], 4),
        shows: &[("0", "0000"), ("1", "0101"), ("last", "1111")],
    },
    Scene {
        // One member without a weight, one with weight 1.
        switch: "lb.null_weight",
        play: |reading| picks(reading, &[(None, None), (None, Some(1))], 4),
        shows: &[("1", "0101"), ("0", "1111")],
    },
    Scene {
        switch: "lb.zero_weight",
        play: |reading| picks(reading, &[(None, Some(0)), (None, Some(1))], 4),
        shows: &[("excluded", "1111"), ("equal", "0101")],
    },
    Scene {
        // Calls to 0, 1, 2 and again 0; then 2 trips. Kept credits owe member 1 a turn; a new rotation
        // begins with the first.
        switch: "lb.weights_after_trip",
        play: |reading| {
            let mut rig = reading.rig(pool_of(&[(None, None); 3]));
            let mut order = String::new();
            for id in 0..4 {
                order.push_str(&chosen(&mut rig, id));
            }
            rig.status(2, 429);
            for id in 4..7 {
                order.push_str(&chosen(&mut rig, id));
            }
            order
        },
        shows: &[("keep", "0120110"), ("rebuild", "0120010")],
    },
    Scene {
        // A session of member 0, which trips until 5 s. Where each request of it goes then, and whether the
        // answer brings a cookie; the last request comes after the trip.
        switch: "lb.affinity_tripped",
        play: |reading| {
            let mut rig = reading.rig(with_sessions(pool_of(&[(None, None); 2])));
            let mut cookie = session(&mut rig, 0);
            rig.start_with_cookie(1, &cookie);
            rig.throttle(1, "5");
            let mut words = vec![next_of_session(&mut rig, 2, &mut cookie)];
            rig.wait(seconds(5));
            words.push(next_of_session(&mut rig, 3, &mut cookie));
            words.join(", ")
        },
        shows: &[("repin", "b1 new, b1"), ("keep", "b1, b0"), ("refuse", "503, b0")],
    },
    Scene {
        // The session began while member 0 (priority 1) was tripped; then it is back.
        switch: "lb.affinity_vs_priority",
        play: |reading| {
            let setup = by_priority(2, &to_pool("<forward-request />"));
            let mut rig = reading.rig(with_sessions(setup));
            rig.start(0);
            rig.throttle(0, "5");
            let mut cookie = session(&mut rig, 1);
            rig.wait(seconds(5));
            next_of_session(&mut rig, 2, &mut cookie)
        },
        shows: &[("pinned", "b1"), ("priority_wins", "b0 new")],
    },
    Scene {
        switch: "lb.affinity_unknown_cookie",
        play: |reading| {
            let mut rig = reading.rig(with_sessions(pool_of(&[(None, None); 2])));
            next_of_session(&mut rig, 0, &mut "sid=nonsense".to_owned())
        },
        shows: &[("reissue", "b0 new"), ("ignore", "b0")],
    },
    Scene {
        // A refusal that trips nothing: the breaker wants two. The turn is member 1's.
        switch: "lb.affinity_retry",
        play: |reading| {
            let mut rule = rule();
            rule.threshold = Threshold::Count(2);
            let setup = Setup { policy: to_pool(&retry_429(1)), ..pool_of(&[(None, None); 2]) };
            let mut rig = reading.rig(with_sessions(setup).with_rule(&rule));
            let cookie = session(&mut rig, 0);
            let first = rig.start_with_cookie(1, &cookie);
            [first, rig.status(1, 429)].join(" / ")
        },
        shows: &[
            ("pinned", "forward 1 b0 / abort 1; forward 2 b0"),
            ("reselect", "forward 1 b0 / abort 1; forward 2 b1"),
        ],
    },
    Scene {
        // Two members that are to emit little; the region of the first is not known.
        switch: "lb.carbon_unknown",
        play: |reading| {
            let setup = pool_of(&[(None, None); 2]);
            carbon_picks(reading, setup, &[(1, CarbonCategory::VeryLow)])
        },
        shows: &[("served", "0101"), ("left_out", "1111")],
    },
    Scene {
        // The member of priority 1 emits too much, that of priority 2 does not.
        switch: "lb.carbon_vs_priority",
        play: |reading| {
            let setup = by_priority(2, &to_pool("<forward-request />"));
            carbon_picks(reading, setup, &[(0, CarbonCategory::High), (1, CarbonCategory::Low)])
        },
        shows: &[("carbon_first", "1111"), ("priority_first", "0000")],
    },
    Scene {
        switch: "pool.exhausted_reason",
        play: |reading| exhausted(reading, |rig| rig.exchange(2).response().unwrap().reason.to_string()),
        shows: &[
            ("current", "Service Unavailable"),
            ("legacy", "Backend pool 'p' is temporarily unavailable"),
        ],
    },
    Scene {
        // At 1 s, with trips until 5 s and 9 s.
        switch: "pool.exhausted_retry_after",
        play: |reading| exhausted(reading, |rig| rig.header(2, "Retry-After").unwrap_or("-".to_owned())),
        shows: &[("min_remaining", "4"), ("max", "8"), ("absent", "-")],
    },
    Scene {
        switch: "pool.exhausted_as",
        play: |reading| {
            exhausted(reading, |rig| {
                let ran = |mark| u8::from(rig.header(2, mark).is_some());
                format!("outbound {} on-error {}", ran("x-outbound"), ran("x-on-error"))
            })
        },
        shows: &[("error", "outbound 0 on-error 1"), ("plain_response", "outbound 1 on-error 0")],
    },
    Scene {
        // Selected once, the member stays; there is no other to fail over to.
        switch: "select_at",
        play: |reading| {
            let mut rig = reading.rig(by_priority(2, &to_pool(&retry_429(2))));
            let mut words = vec![rig.start(0)];
            words.push(rig.status(0, 429));
            words.push(rig.start(1));
            words.join(" / ")
        },
        shows: &[
            ("forward_request", "forward 1 b0 / abort 1; forward 2 b1 / forward 1 b1"),
            ("set_backend_service", "forward 1 b0 / abort 1; respond 503 gateway; answered / forward 1 b1"),
        ],
    },
    Scene {
        // A policy that looks at the response before there was a forward.
        switch: "policy.pre_response",
        play: |reading| {
            let inbound = r#"<choose><when condition="@(context.Response.StatusCode == 200)">
                <return-response><set-status code="203" reason="Seen" /></return-response></when></choose>"#;
            reading.rig(by_priority(1, &policy(inbound, "<base />", "", ""))).start(0)
        },
        shows: &[
            ("null", "respond 500 gateway; answered"),
            ("default_object", "respond 203 gateway; answered"),
        ],
    },
    Scene {
        // 404 first, then no connection: what is left to answer with.
        switch: "policy.response_after_transport_error",
        play: |reading| {
            let condition = "context.Response != null";
            let setup = by_priority(1, &to_pool(&retry(1, r#"interval="0""#, condition)));
            let mut rig = reading.rig(setup);
            rig.start(0);
            rig.status(0, 404);
            rig.no_connection(0)
        },
        shows: &[("null", "respond 500 gateway; answered"), ("previous", "respond 404 gateway; answered")],
    },
    Scene {
        switch: "policy.response_in_on_error",
        play: |reading| {
            let on_error = r#"<choose><when condition="@(context.Response.StatusCode == 500)">
                <return-response><set-status code="502" reason="Seen" /></return-response></when></choose>"#;
            let inbound = r#"<set-backend-service backend-id="p" />"#;
            let mut rig = reading.rig(by_priority(1, &policy(inbound, "<base />", "", on_error)));
            rig.start(0);
            rig.no_connection(0)
        },
        shows: &[
            ("null", "respond 500 gateway; answered"),
            ("default_status", "respond 502 gateway; answered"),
        ],
    },
    Scene {
        switch: "policy.unbuffered_retry_body",
        play: |reading| {
            let body = r#"<retry count="1" interval="0" condition="true"><forward-request /></retry>"#;
            let mut rig = reading.rig(by_priority(1, &to_pool(body)));
            rig.start(0);
            rig.status(0, 404)
        },
        shows: &[
            ("empty", "abort 1; forward 2 b0 lost 400"),
            ("error_500", "abort 1; forward 2 b0 lost 500"),
            ("resent", "abort 1; forward 2 b0"),
        ],
    },
    Scene {
        // Interval 10, delta 5: the 2nd retry waits 10 + 5, or is the first of the slow ones and waits 10.
        switch: "retry.first_fast_index",
        play: |reading| {
            let attributes = r#"interval="10" delta="5" first-fast-retry="true""#;
            let setup = by_priority(1, &to_pool(&retry(3, attributes, "true")));
            let mut rig = reading.rig(setup);
            rig.start(0);
            let mut words = vec![rig.status(0, 404)];
            words.push(rig.status(0, 404));
            words.join(" / ")
        },
        shows: &[
            ("keeps_index", "abort 1; forward 2 b0 / sleep until 15s"),
            ("shifts_index", "abort 1; forward 2 b0 / sleep until 10s"),
        ],
    },
    Scene {
        // The count is 3 at entry and 1 after the first round.
        switch: "retry.attributes",
        play: |reading| {
            let inbound = r#"<set-variable name="n" value="@(3)" /><set-backend-service backend-id="p" />"#;
            let body = r#"<retry count='@((int)context.Variables["n"])' interval="0" condition="true">
                <set-variable name="n" value="@(1)" /><forward-request buffer-request-body="true" /></retry>"#;
            let mut rig = reading.rig(by_priority(1, &policy(inbound, body, "", "")));
            rig.start(0);
            while rig.status(0, 404).contains("forward") {}
            rig.exchange(0).attempts().to_string()
        },
        shows: &[("at_entry", "4"), ("each_iteration", "2")],
    },
    Scene {
        // The last attempt has no response, and the condition would read it.
        switch: "retry.condition_after_last_attempt",
        play: |reading| {
            let mut rig = reading.rig(by_priority(2, &to_pool(&retry_429(1))));
            rig.start(0);
            rig.status(0, 429);
            rig.no_connection(0);
            rig.told()
        },
        shows: &[
            ("false", "forward-request failed: BackendConnectionFailure"),
            ("true", "retry failed: ExpressionValueEvaluationFailure"),
        ],
    },
    Scene {
        // 2 in 60 s, both used at once. After 30 s none of them has left the window, and one has flowed in.
        switch: "rate.algorithm",
        play: |reading| {
            let limit = r#"<rate-limit calls="2" renewal-period="60" />"#;
            let text =
                policy(&format!(r#"{limit}<set-backend-service backend-id="p" />"#), "<base />", "", "");
            let mut rig = reading.rig(by_priority(1, &text));
            rig.start(0);
            rig.start(1);
            rig.wait(seconds(30));
            rig.start(2)
        },
        shows: &[("sliding", "respond 429 gateway; answered"), ("token_bucket", "forward 1 b0")],
    },
    Scene {
        switch: "cache.miss_value",
        play: |reading| {
            let inbound = r#"<cache-lookup-value key="k" variable-name="v" />
                <set-header name="x-v"><value>@(context.Variables.ContainsKey("v") ? "there" : "absent")</value>
                </set-header><set-backend-service backend-id="p" />"#;
            let mut rig = reading.rig(by_priority(1, &policy(inbound, "<base />", "", "")));
            rig.start(0);
            rig.sent_header(0, "x-v").unwrap_or_default()
        },
        shows: &[("unset", "absent"), ("null", "there")],
    },
];

/// Switches that something else reads.
const NOT_OF_THE_CORE: [&str; 4] =
    ["gateway.assignment", "quota.request_limit_rounding", "quota.oversized_retry_after", "ptu.bucket_depth"];

#[test]
fn each_reading_shows_what_it_says() {
    for scene in SCENES {
        for (reading, expected) in scene.shows {
            assert_eq!(
                (scene.play)(Reading(scene.switch, reading)),
                *expected,
                "{} = {reading}",
                scene.switch
            );
        }
    }
}

#[test]
fn every_switch_of_the_core_has_a_scene_that_tells_its_readings_apart() {
    for switch in Switch::ALL {
        let info = switch.info();
        let scene = SCENES.iter().find(|s| s.switch == info.path);
        // What differs between runtimes is tested beside the library of expressions.
        if NOT_OF_THE_CORE.contains(&info.path) || info.path.starts_with("expr.") {
            assert!(scene.is_none());
            continue;
        }
        let scene = scene.unwrap_or_else(|| panic!("no scene for {}", info.path));
        let readings: Vec<&str> = scene.shows.iter().map(|(reading, _)| *reading).collect();
        assert_eq!(readings, info.readings, "{}", info.path);
        for (at, (_, shown)) in scene.shows.iter().enumerate() {
            assert!(scene.shows[..at].iter().all(|(_, other)| other != shown), "{}", info.path);
        }
    }
}

fn pool_of(members: &[(Option<u8>, Option<u8>)]) -> Setup {
    Setup {
        policy: to_pool("<forward-request />"),
        backends: backends(members.len(), Some(&rule())),
        pools: vec![pool(members)],
        semantics: Semantics::default(),
        carbon: Vec::new(),
    }
}

fn chosen(rig: &mut Rig, id: usize) -> String {
    rig.start(id).trim_start_matches("forward 1 b").to_owned()
}

/// A request without a cookie, answered: the cookie it got.
fn session(rig: &mut Rig, id: usize) -> String {
    rig.start(id);
    rig.status(id, 200);
    rig.header(id, "Set-Cookie").unwrap()
}

/// A request of the session, answered: the member, or the gateway's own status, and whether there was a
/// cookie, which is kept.
fn next_of_session(rig: &mut Rig, id: usize, cookie: &mut String) -> String {
    let started = rig.start_with_cookie(id, cookie);
    if started.starts_with("respond 503") {
        return "503".to_owned();
    }
    let member = started.trim_start_matches("forward 1 ").to_owned();
    rig.status(id, 200);
    match rig.header(id, "Set-Cookie") {
        Some(new) => {
            *cookie = new;
            format!("{member} new")
        }
        None => member,
    }
}

/// Four requests to members that prefer `Low`, in regions that emit so much.
fn carbon_picks(reading: Reading<'_>, mut setup: Setup, emits: &[(usize, CarbonCategory)]) -> String {
    for member in setup.pools.iter_mut().flat_map(|pool| &mut pool.members) {
        member.preferred_carbon = Some(CarbonCategory::Low);
    }
    let carbon = emits.iter().map(|(region, category)| RegionCarbon {
        region: format!("Region{region}").into(),
        since: vec![(Timestamp::ZERO, *category)],
    });
    setup.carbon = carbon.collect();
    let mut rig = reading.rig(setup);
    (0..4).map(|id| chosen(&mut rig, id)).collect()
}

fn picks(reading: Reading<'_>, members: &[(Option<u8>, Option<u8>)], calls: usize) -> String {
    let mut rig = reading.rig(pool_of(members));
    (0..calls).map(|id| chosen(&mut rig, id)).collect()
}

/// Fails one call at each of these seconds; the second of the first trip.
fn first_trip(rig: &mut Rig, at_s: &[u64]) -> String {
    let mut now = 0;
    for (id, at) in at_s.iter().enumerate() {
        rig.wait(seconds(at - now));
        now = *at;
        rig.start(id);
        rig.answer(id, response(500, &[]));
        if rig.events.iter().any(|e| matches!(e, Event::Breaker { .. })) {
            return at.to_string();
        }
    }
    "never".to_owned()
}

fn tripped(rig: &Rig) -> String {
    match rig.gateway.breaker(BackendId(0)) {
        BreakerState::Closed => "closed",
        BreakerState::Tripped { .. } => "tripped",
        BreakerState::Probing { .. } => "probing",
    }
    .to_owned()
}

/// Two members trip at 0 s, until 5 s and 9 s; at 1 s a third request finds nobody.
fn exhausted(reading: Reading<'_>, show: fn(&Rig) -> String) -> String {
    let mut rig = reading.rig(pool_of(&[(None, None), (None, None)]));
    rig.start(0);
    rig.start(1);
    rig.throttle(0, "5");
    rig.throttle(1, "9");
    rig.wait(seconds(1));
    assert_eq!(rig.start(2), "respond 503 gateway; answered");
    assert_eq!(rig.give(2, &Input::Wake), "ignored");
    assert_eq!(rig.exchange(2).response().unwrap().status, code(503));
    show(&rig)
}
