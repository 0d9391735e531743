//! A slow model of pool, breakers and retry for one fixed policy, compared with the core step by step.
//!
//! The model keeps every failure for ever and recounts it each time, sorts members to find the best
//! group, and knows nothing of program counters. The policy: the pool `p` as target, `retry` with
//! interval 0 on 429 around one forward, default readings.

use proptest::prelude::*;

use super::driver::{
    Rig, Setup, backends, code, pool, response, retry_429, rule, seconds, to_pool, with_sessions,
};
use crate::gateway::Threshold;
use crate::semantics::Semantics;
use crate::units::Duration;

const SESSIONS: usize = 3;

/// What does not change.
#[derive(Clone, Debug)]
struct World {
    /// Priority and weight of each member.
    members: Vec<(u8, u8)>,
    count: u32,
    interval_s: u64,
    trip_s: u64,
    accepts_retry_after: bool,
    retries: u32,
    /// Whether the pool sets cookies.
    has_sessions: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    /// Of which session, if any, whose client keeps its cookie.
    Start(Option<usize>),
    /// Which of the requests under way, status, Retry-After.
    Answer(usize, u16, Option<u64>),
}

struct Model {
    world: World,
    now: u64,
    /// Times at which each member failed since its last trip.
    failures: Vec<Vec<u64>>,
    /// End of the trip that nobody has seen the end of yet.
    tripped: Vec<Option<u64>>,
    /// How far each member is ahead (behind: negative) of its fair share, in units of weight.
    credit: Vec<i64>,
    /// Requests under way: number, member, attempts so far, session.
    under_way: Vec<(usize, usize, u32, Option<usize>)>,
    /// The member that each session's cookie names, as its client has it and as it was when each request
    /// under way was sent.
    cookies: [Option<usize>; SESSIONS],
    sent: Vec<Option<usize>>,
}

impl Model {
    fn new(world: World) -> Self {
        let members = world.members.len();
        Self {
            world,
            now: 0,
            failures: vec![Vec::new(); members],
            tripped: vec![None; members],
            credit: vec![0; members],
            under_way: Vec::new(),
            cookies: [None; SESSIONS],
            sent: Vec::new(),
        }
    }

    /// The member that gets the next call of a client that has the cookie of `pinned`.
    fn select(&mut self, pinned: Option<usize>) -> Option<usize> {
        for end in &mut self.tripped {
            if end.is_some_and(|end| end <= self.now) {
                *end = None;
            }
        }
        let mut free: Vec<usize> = (0..self.tripped.len()).filter(|m| self.tripped[*m].is_none()).collect();
        if let Some(pinned) = pinned.filter(|member| self.world.has_sessions && free.contains(member)) {
            return Some(pinned);
        }
        free.sort_by_key(|m| self.world.members[*m].0);
        let best = self.world.members[*free.first()?].0;
        free.retain(|m| self.world.members[*m].0 == best);
        let weighted: Vec<usize> = free.iter().copied().filter(|m| self.world.members[*m].1 > 0).collect();
        let all_zero = weighted.is_empty();
        let candidates = if all_zero { free } else { weighted };
        let weight = |m: usize| if all_zero { 1 } else { i64::from(self.world.members[m].1) };
        for m in &candidates {
            self.credit[*m] += weight(*m);
        }
        let richest = candidates.iter().map(|m| self.credit[*m]).max()?;
        let chosen = candidates.iter().copied().filter(|m| self.credit[*m] == richest).min()?;
        self.credit[chosen] -= candidates.iter().map(|m| weight(*m)).sum::<i64>();
        Some(chosen)
    }

    fn failed(&mut self, member: usize, retry_after: Option<u64>) {
        if self.tripped[member].is_some() {
            return;
        }
        self.failures[member].push(self.now);
        let recent =
            self.failures[member].iter().filter(|at| self.now - **at < self.world.interval_s).count();
        if recent as u64 >= u64::from(self.world.count) {
            let accepted = retry_after.filter(|_| self.world.accepts_retry_after);
            self.tripped[member] = Some(self.now + accepted.unwrap_or(self.world.trip_s));
            self.failures[member].clear();
        }
    }

    /// Starts request `id`: what the core has to do.
    fn start(&mut self, id: usize, session: Option<usize>) -> String {
        let pinned = session.and_then(|session| self.cookies[session]);
        self.sent.push(pinned);
        match self.select(pinned) {
            Some(member) => {
                self.under_way.push((id, member, 1, session));
                format!("forward 1 b{member}")
            }
            None => "respond 503 gateway; answered".to_owned(),
        }
    }

    /// Answers the request in place `at`.
    fn answer(&mut self, at: usize, status: u16, retry_after: Option<u64>) -> (usize, String) {
        let (id, member, attempts, session) = self.under_way.remove(at);
        // A trip ends by time, whoever looks first.
        self.tripped[member] = self.tripped[member].filter(|end| *end > self.now);
        if status == 429 {
            self.failed(member, retry_after);
        }
        if status == 429 && attempts <= self.world.retries {
            return (
                id,
                match self.select(self.sent[id]) {
                    Some(next) => {
                        self.under_way.push((id, next, attempts + 1, session));
                        format!("abort {attempts}; forward {} b{next}", attempts + 1)
                    }
                    None => format!("abort {attempts}; respond 503 gateway; answered"),
                },
            );
        }
        if let Some(session) = session {
            // A cookie that names another member than the client's did.
            if self.world.has_sessions && self.sent[id] != Some(member) {
                self.cookies[session] = Some(member);
            }
        }
        (id, format!("respond {status} b{member}#{attempts}"))
    }
}

fn world() -> impl Strategy<Value = World> {
    (
        prop::collection::vec((0u8..3, 0u8..4), 1..5),
        1u32..4,
        1u64..20,
        1u64..20,
        any::<bool>(),
        1u32..4,
        any::<bool>(),
    )
        .prop_map(|(members, count, interval_s, trip_s, accepts_retry_after, retries, has_sessions)| {
            World { members, count, interval_s, trip_s, accepts_retry_after, retries, has_sessions }
        })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let status = prop_oneof![3 => Just(429u16), 2 => Just(200u16), 1 => Just(500u16)];
    let step = prop_oneof![
        2 => (0u64..12).prop_map(Step::Wait),
        3 => prop::option::of(0..SESSIONS).prop_map(Step::Start),
        4 => (any::<usize>(), status, prop::option::of(0u64..15))
            .prop_map(|(at, status, retry_after)| Step::Answer(at, status, retry_after)),
    ];
    prop::collection::vec(step, 1..80)
}

fn rig(world: &World) -> Rig {
    let mut rule = rule();
    rule.threshold = Threshold::Count(world.count);
    rule.interval = seconds(world.interval_s);
    rule.trip_duration = seconds(world.trip_s);
    rule.accept_retry_after = world.accepts_retry_after;
    rule.statuses = vec![(code(429), code(429))];
    let members: Vec<_> = world.members.iter().map(|(p, w)| (Some(*p), Some(*w))).collect();
    let setup = Setup {
        policy: to_pool(&retry_429(world.retries)),
        backends: backends(members.len(), Some(&rule)),
        pools: vec![pool(&members)],
        semantics: Semantics::default(),
        carbon: Vec::new(),
    };
    Rig::new(if world.has_sessions { with_sessions(setup) } else { setup })
}

proptest! {
    #[test]
    fn the_core_does_what_the_model_does(world in world(), steps in steps()) {
        let mut rig = rig(&world);
        let mut model = Model::new(world);
        let mut requests = 0;
        // What the client of each session has got; of which session each request is.
        let mut jar: [String; SESSIONS] = Default::default();
        let mut sessions = Vec::new();
        for step in steps {
            match step {
                Step::Wait(s) => {
                    model.now += s;
                    rig.wait(seconds(s));
                }
                Step::Start(session) => {
                    let expected = model.start(requests, session);
                    let cookie = session.map_or("", |session| &jar[session]);
                    prop_assert_eq!(rig.start_with_cookie(requests, cookie), expected);
                    sessions.push(session);
                    requests += 1;
                }
                Step::Answer(_, _, _) if model.under_way.is_empty() => {}
                Step::Answer(at, status, retry_after) => {
                    let at = at % model.under_way.len();
                    let (id, expected) = model.answer(at, status, retry_after);
                    let mut answer = response(status, &[]);
                    if let Some(wait) = retry_after {
                        answer.headers.set("Retry-After".into(), crate::policy::HeaderValue::Number(wait));
                    }
                    prop_assert_eq!(rig.answer(id, answer), expected);
                    // What policies and clients see is the answer's; a 503 of the gateway has no cookie.
                    if let (Some(session), Some(cookie)) = (sessions[id], rig.header(id, "Set-Cookie"))
                        && !model.under_way.iter().any(|(other, ..)| *other == id)
                    {
                        jar[session] = cookie;
                    }
                }
            }
            let tripped: Vec<Option<u64>> =
                (0u16..).take(model.tripped.len()).map(|b| rig.tripped_until_s(b)).collect();
            prop_assert_eq!(tripped, model.tripped.clone());
        }
    }
}

#[test]
fn the_model_knows_the_simple_cases() {
    // So that both cannot be wrong in the same way about what a table in `selection` says by hand.
    let world = World {
        members: vec![(1, 0), (2, 50), (2, 50)],
        count: 1,
        interval_s: 300,
        trip_s: 60,
        accepts_retry_after: true,
        retries: 2,
        has_sessions: false,
    };
    let mut model = Model::new(world);
    assert_eq!(model.start(0, None), "forward 1 b0");
    assert_eq!(model.answer(0, 429, Some(5)), (0, "abort 1; forward 2 b1".to_owned()));
    assert_eq!(model.start(1, None), "forward 1 b2");
    assert_eq!(model.start(2, None), "forward 1 b1");
    model.now = Duration::from_secs(5).as_secs_ceil();
    assert_eq!(model.start(3, None), "forward 1 b0");
}
