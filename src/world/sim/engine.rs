//! The event loop.
//!
//! Order at one instant: scheduled events before new arrivals of an open loop, so that a response never
//! waits for a request that came later.

use super::calendar::{Event, EventKind};
use super::observe::Observer;
use super::plan::RunPlan;
use super::result::{AccountingError, RunResult};
use super::world::World;
use crate::random::Streams;
use crate::units::{Demand, RequestId, Timestamp};
use crate::workload::{ArrivalSpec, OpenLoop, ScriptedRequest, Service, Sizes, Start};

/// Runs `plan` to its horizon, or until all traffic has ended, and checks the accounts.
///
/// # Errors
/// An accounting identity that does not hold: a defect of this program.
pub fn run<O: Observer>(plan: &RunPlan, observer: &mut O) -> Result<RunResult, AccountingError> {
    let horizon = plan.horizon.map_or(Timestamp::MAX, |h| Timestamp::ZERO.saturating_add(h));
    let mut world = World::new(plan, observer);
    let end = match &plan.traffic.arrivals {
        ArrivalSpec::ClosedLoop { clients, requests, .. } => {
            closed_loop(plan, &mut world, horizon, *clients, *requests)
        }
        ArrivalSpec::Sessions(_) => {
            world.first_sessions();
            clients_send(&mut world, horizon, |world, number, now| {
                world.session_sends(number, now).map(|demand| (demand, None))
            })
        }
        ArrivalSpec::Scripted(requests) => scripted(&mut world, horizon, requests),
        ArrivalSpec::Poisson { .. }
        | ArrivalSpec::Process { .. }
        | ArrivalSpec::Replay(_)
        | ArrivalSpec::Mix(_) => open_loop(plan, &mut world, horizon),
    };
    let end = plan.horizon.map_or(end, |_| end.min(horizon));
    let result = world.finish(end);
    result.check()?;
    Ok(result)
}

/// Arrivals do not depend on answers.
fn open_loop<O: Observer>(plan: &RunPlan, world: &mut World<'_, O>, horizon: Timestamp) -> Timestamp {
    let mut source = OpenLoop::new(&plan.traffic, &Streams::new(plan.seed));
    let mut arrival = source.next();
    let mut now = Timestamp::ZERO;
    loop {
        let event_at = world.calendar.next_at();
        let arrival_at = arrival.as_ref().map(|a| a.at);
        let (at, is_event) = match (event_at, arrival_at) {
            (None, None) => return now,
            (Some(event), Some(arrival)) if event <= arrival => (event, true),
            (Some(event), None) => (event, true),
            (_, Some(arrival)) => (arrival, false),
        };
        if at >= horizon {
            return horizon;
        }
        if is_event {
            let Some((_, event)) = world.calendar.pop() else { return now };
            if world.is_stale(&event) {
                continue;
            }
            now = at;
            world.advance(now);
            world.happen(now, event);
        } else if let Some(new) = arrival.take() {
            now = at;
            world.advance(now);
            world.arrive(now, new.client, new.demand, None);
            arrival = source.next();
        }
    }
}

/// Each client sends, waits for the answer, pauses and sends again, until `requests` have been sent.
fn closed_loop<O: Observer>(
    plan: &RunPlan,
    world: &mut World<'_, O>,
    horizon: Timestamp,
    clients: u32,
    requests: u64,
) -> Timestamp {
    let sizes = Sizes::new(plan.traffic.sizes.clone(), &Streams::new(plan.seed));
    for client in 0..clients {
        let event = Event { kind: EventKind::ClientSends, slot: client, epoch: 0, attempt: 0 };
        world.calendar.schedule(Timestamp::ZERO, event);
    }
    clients_send(world, horizon, |world, _, _| {
        (world.begun() < requests).then(|| (sizes.of(RequestId(world.begun())), None))
    })
}

/// Each request at its time, or some time after the client is done with the one before it.
fn scripted<O: Observer>(
    world: &mut World<'_, O>,
    horizon: Timestamp,
    requests: &[ScriptedRequest],
) -> Timestamp {
    for (slot, request) in (0_u32..).zip(requests) {
        let at = match request.start {
            Start::At(at) => at,
            Start::After(pause) if slot == 0 => Timestamp::ZERO.saturating_add(pause),
            Start::After(_) => continue,
        };
        world.calendar.schedule(at, Event { kind: EventKind::ClientSends, slot, epoch: 0, attempt: 0 });
    }
    clients_send(world, horizon, |_, slot, _| {
        let request = requests.get(usize::try_from(slot).ok()?)?;
        Some((request.demand.clone(), request.service))
    })
}

/// Runs until nothing is scheduled any more. `next` says what a client sends when it is its turn, and how long
/// that takes where it is given; `None` when it has nothing more to send.
fn clients_send<O: Observer>(
    world: &mut World<'_, O>,
    horizon: Timestamp,
    mut next: impl FnMut(&mut World<'_, O>, u32, Timestamp) -> Option<(Demand, Option<Service>)>,
) -> Timestamp {
    let mut now = Timestamp::ZERO;
    while let Some(at) = world.calendar.next_at() {
        if at >= horizon {
            return horizon;
        }
        let Some((_, event)) = world.calendar.pop() else { break };
        if event.kind != EventKind::ClientSends {
            if world.is_stale(&event) {
                continue;
            }
            now = at;
            world.advance(now);
            world.happen(now, event);
        } else if let Some((demand, service)) = next(world, event.slot, at) {
            now = at;
            world.advance(now);
            world.arrive(now, Some(event.slot), demand, service);
        }
    }
    now
}
