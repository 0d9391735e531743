//! Who sends when: open loops, closed loops, scripts and sessions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::JoinSet;

use super::send::{Call, Shared};
use super::tally::{Told, Turn};
use crate::sim::Cookies;
use crate::units::{Demand, Duration, RequestId, StatusCode, Timestamp, Tokens};
use crate::workload::{
    ArrivalSpec, OpenLoop, ScriptedRequest, SessionBegin, SessionDraws, SessionSpec, Sizes, Start, members,
};

/// Everybody sends what is theirs.
pub(super) async fn send_all(shared: Arc<Shared>) {
    let plan = Arc::clone(&shared.plan);
    match &plan.traffic.arrivals {
        ArrivalSpec::Poisson { .. }
        | ArrivalSpec::Process { .. }
        | ArrivalSpec::Replay(_)
        | ArrivalSpec::Mix(_) => open_loop(shared).await,
        ArrivalSpec::ClosedLoop { clients, requests, pause } => {
            closed_loop(shared, *clients, *requests, *pause).await;
        }
        ArrivalSpec::Scripted(requests) => scripted(shared, Arc::clone(requests)).await,
        ArrivalSpec::Sessions(spec) => sessions(shared, spec).await,
    }
}

/// Arrivals do not wait for answers.
async fn open_loop(shared: Arc<Shared>) {
    let plan = Arc::clone(&shared.plan);
    let mut source = OpenLoop::new(&plan.traffic, &shared.streams);
    let mix: &[_] = match &plan.traffic.arrivals {
        ArrivalSpec::Mix(clients) => clients,
        _ => &[],
    };
    let members: Vec<(usize, u64)> =
        members(mix).map(|(row, spec, index)| (row, spec.salt(shared.streams, index))).collect();
    let mut calls = vec![0_u64; members.len()];
    let mut alone = 0_u64;
    let mut sent = JoinSet::new();
    while let Some(arrival) = source.next() {
        if !shared.until(arrival.at).await {
            break;
        }
        let member = arrival.client.and_then(|client| usize::try_from(client).ok());
        let (row, salt) = member.and_then(|member| members.get(member)).copied().unwrap_or_default();
        let number = member.and_then(|member| calls.get_mut(member)).unwrap_or(&mut alone);
        let call = *number;
        *number += 1;
        let shared = Arc::clone(&shared);
        sent.spawn(async move {
            let plan = &shared.plan;
            let spec = match &plan.traffic.arrivals {
                ArrivalSpec::Mix(clients) => clients.get(row),
                _ => None,
            };
            let caller = member.and_then(|member| plan.callers.get(member));
            let streams =
                spec.map_or(plan.traffic.stream, |own| own.asks_for_stream(call ^ salt, shared.streams));
            let call = Call {
                at: arrival.at,
                number: call,
                salt,
                client: arrival.client,
                row,
                traffic: spec.map_or(&plan.traffic, |own| &own.traffic),
                headers: caller.map_or(&plan.operation.headers, |own| &own.headers),
                demand: arrival.demand,
                streams,
            };
            shared.call(call).await;
        });
        while sent.try_join_next().is_some() {}
    }
    while sent.join_next().await.is_some() {}
}

/// Each client sends, waits for the answer, pauses and sends again.
async fn closed_loop(shared: Arc<Shared>, clients: u32, requests: u64, pause: Duration) {
    let next = Arc::new(AtomicU64::new(0));
    let sizes = Arc::new(Sizes::new(shared.plan.traffic.sizes.clone(), &shared.streams));
    let mut all = JoinSet::new();
    for client in 0..clients {
        let (shared, next, sizes) = (Arc::clone(&shared), Arc::clone(&next), Arc::clone(&sizes));
        all.spawn(async move {
            let mut at = Timestamp::ZERO;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= requests || !shared.until(at).await {
                    return;
                }
                let demand = sizes.of(RequestId(number));
                if plain(&shared, at, number, client, demand).await {
                    return;
                }
                at = shared.clock.now().saturating_add(pause);
            }
        });
    }
    while all.join_next().await.is_some() {}
}

/// Each request at its time, or some time after the one before it.
async fn scripted(shared: Arc<Shared>, requests: Arc<[ScriptedRequest]>) {
    let mut sent = JoinSet::new();
    // Those that follow each other are one chain.
    let mut first = 0;
    while first < requests.len() {
        let follows =
            |at: usize| requests.get(at).is_some_and(|request| matches!(request.start, Start::After(_)));
        let mut after = first + 1;
        while follows(after) {
            after += 1;
        }
        let (shared, requests) = (Arc::clone(&shared), Arc::clone(&requests));
        sent.spawn(async move {
            let mut last = Timestamp::ZERO;
            for place in first..after {
                let Some(request) = requests.get(place) else { return };
                let at = match request.start {
                    Start::At(at) => at,
                    Start::After(pause) => last.saturating_add(pause),
                };
                if !shared.until(at).await {
                    return;
                }
                let client = u32::try_from(place).unwrap_or(u32::MAX);
                if plain(&shared, at, u64::from(client), client, request.demand.clone()).await {
                    return;
                }
                last = shared.clock.now();
            }
        });
        first = after;
    }
    while sent.join_next().await.is_some() {}
}

/// A call without a mix. `true`: the run has ended.
async fn plain(shared: &Shared, at: Timestamp, number: u64, client: u32, demand: Demand) -> bool {
    let plan = &shared.plan;
    let call = Call {
        at,
        number,
        salt: 0,
        client: Some(client),
        row: 0,
        traffic: &plan.traffic,
        headers: &plan.operation.headers,
        demand,
        streams: plan.traffic.stream,
    };
    shared.call(call).await.is_cut_off
}

/// What sessions share.
struct SessionsShared {
    draws: SessionDraws,
    /// Number of the next session.
    next: Mutex<u32>,
    sessions: u32,
    calls: AtomicU64,
}

impl SessionsShared {
    fn next_number(&self) -> Option<u32> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *next;
        (number < self.sessions).then(|| *next = number.saturating_add(1))?;
        Some(number)
    }
}

/// Users who take turns.
async fn sessions(shared: Arc<Shared>, spec: &SessionSpec) {
    let mut draws = SessionDraws::new(spec.clone(), shared.plan.traffic.sizes.clone(), shared.streams);
    let own = Arc::new(SessionsShared {
        draws: draws.clone(),
        next: Mutex::new(0),
        sessions: spec.sessions,
        calls: AtomicU64::new(0),
    });
    let mut all = JoinSet::new();
    match spec.begin {
        SessionBegin::Users(users) => {
            for _ in 0..users {
                let (shared, own) = (Arc::clone(&shared), Arc::clone(&own));
                all.spawn(async move {
                    let mut at = Timestamp::ZERO;
                    while let Some(number) = own.next_number()
                        && let Some(then) = session(&shared, &own, number, at).await
                    {
                        at = then;
                    }
                });
            }
        }
        SessionBegin::PerSecond(_) => {
            let mut at = Timestamp::ZERO;
            while let Some(gap) = draws.gap()
                && let Some(number) = own.next_number()
            {
                at = at.saturating_add(gap);
                if !shared.until(at).await {
                    break;
                }
                let (shared, own) = (Arc::clone(&shared), Arc::clone(&own));
                all.spawn(async move {
                    session(&shared, &own, number, at).await;
                });
            }
        }
    }
    while all.join_next().await.is_some() {}
}

/// A session from `at` on: when its user begins the next one. `None`: the run has ended.
async fn session(shared: &Shared, own: &SessionsShared, number: u32, mut at: Timestamp) -> Option<Timestamp> {
    let plan = &shared.plan;
    let session = own.draws.session(number);
    let mut cookies = Cookies::default();
    let mut headers = Arc::clone(&plan.operation.headers);
    let (mut history, mut before, mut pinned_to) = (Tokens(0), None, None);
    for turn in 0..session.turns {
        if !shared.until(at).await {
            return None;
        }
        if turn == 0 {
            shared.tell(Told::Session(at));
        }
        let demand = own.draws.turn(number, turn, history);
        let grown = demand.prompt_tokens.saturating_add(demand.generated());
        let call = Call {
            at,
            number: own.calls.fetch_add(1, Ordering::Relaxed),
            salt: 0,
            client: Some(number),
            row: 0,
            traffic: &plan.traffic,
            headers: &headers,
            demand,
            streams: plan.traffic.stream,
        };
        let answer = shared.call(call).await;
        if answer.is_cut_off {
            return None;
        }
        if answer.status.is_some_and(StatusCode::is_success) {
            history = grown;
            if let Some(answerer) = answer.answerer {
                shared.tell(Told::Turn(at, Turn { answerer, before, pinned_to }));
                before = Some(answerer);
            }
        }
        let mut is_new = false;
        for cookie in answer.cookies.iter().filter(|_| session.keeps_cookies) {
            is_new |= cookies.keep(cookie);
        }
        if is_new {
            pinned_to = answer.answerer;
            headers = cookies.added_to(&plan.operation.headers);
        }
        at = shared.clock.now().saturating_add(own.draws.think(number, turn));
    }
    Some(at)
}
