//! Beyond every bound: random storms of many events over many requests, in the order in which chance has them.
//!
//! Rules
//! - Every event goes through the same step as in the exploration, and the same properties are looked at.
//! - What is found is shortened as long as it breaks the same property: events are left out one by one, requests as a
//!   whole.
//! - Chance is an argument: the same draws give the same storms.

use std::sync::Arc;

use super::answers::{Answer, Answers};
use super::guide::{Ways, weighted};
use super::path::{Move, Path, breaches_of};
use super::properties::Breach;
use super::setup::{Limits, Setup};
use super::stage::{Deaf, Happening, Thread, play};
use super::watch::Watch;
use crate::gateway::{ChoiceReason, Choices, Gateway, GatewayState, Phase, WakeReason};
use crate::semantics::Readings;
use crate::units::{Duration, Timestamp};

/// Requests under way at the same time at most.
const MOST_IN_FLIGHT: usize = 12;

/// How many storms, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storms {
    /// Storms.
    pub cases: u32,
    /// Events of each.
    pub events: u32,
    /// Gateway instances.
    pub instances: usize,
}

/// Plays storms, with numbers below a bound from `draw`. Gives each kind of breach with a short path to it, in the
/// order in which they were found.
pub fn storms(
    setup: &Setup,
    answers: &Answers,
    limits: Limits,
    storms: Storms,
    draw: &mut dyn FnMut(u64) -> u64,
) -> Vec<(Breach, Path)> {
    let watch = Watch::new(setup, answers, limits);
    let mut found: Vec<(Breach, Path)> = Vec::new();
    for _ in 0..storms.cases {
        let mut storm = Storm::new(&watch, answers, storms.instances, draw);
        for _ in 0..storms.events {
            storm.event();
            let new: Vec<Breach> = storm
                .breaches
                .drain(..)
                .filter(|breach| found.iter().all(|(known, _)| known != breach))
                .collect();
            for breach in new {
                let path = shortened(setup, answers, limits, &storm.path, breach);
                found.push((breach, path));
            }
        }
    }
    found
}

/// The path without whatever can be left out of it.
fn shortened(setup: &Setup, answers: &Answers, limits: Limits, path: &Path, breach: Breach) -> Path {
    let breaks =
        |path: &Path| breaches_of(setup, answers, limits, path).is_some_and(|all| all.contains(&breach));
    let mut path = path.clone();
    loop {
        let before = path.moves.len();
        // Whole requests first, then single events, each from the end.
        for request in (0..u16::try_from(path.requests()).unwrap_or(u16::MAX)).rev() {
            let mut shorter = path.clone();
            shorter.moves.retain(|one| !matches!(one, Move::Happens { request: of, .. } if *of == request));
            if shorter.moves.len() < path.moves.len() && breaks(&shorter) {
                path = shorter;
            }
        }
        for at in (0..path.moves.len()).rev() {
            let mut shorter = path.clone();
            shorter.moves.remove(at);
            if breaks(&shorter) {
                path = shorter;
            }
        }
        if path.moves.len() == before {
            path.renumber();
            return path;
        }
    }
}

struct Storm<'a, 'd> {
    watch: &'a Watch<'a>,
    answers: &'a Answers,
    drawn: Drawn<'d>,
    now: Timestamp,
    gateways: Vec<GatewayState>,
    /// Requests under way, with their numbers.
    threads: Vec<(u16, Thread)>,
    requests: u16,
    path: Path,
    breaches: Vec<Breach>,
}

/// Draws, and keeps what was drawn.
struct Drawn<'d> {
    draw: &'d mut dyn FnMut(u64) -> u64,
    picks: Vec<u64>,
}

impl Drawn<'_> {
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from((self.draw)(bound.max(1) as u64)).unwrap_or(0)
    }
}

impl Readings for Drawn<'_> {}

impl Choices for Drawn<'_> {
    fn choose_weighted(&mut self, weights: &[u32], _why: ChoiceReason) -> usize {
        let chosen = weighted(weights, |of| self.below(of));
        self.picks.push(chosen as u64);
        chosen
    }

    fn between(&mut self, low: u64, high: u64, _why: ChoiceReason) -> u64 {
        let span = high.saturating_sub(low).saturating_add(1);
        let chosen = low.saturating_add((self.draw)(span.max(1)));
        self.picks.push(chosen);
        chosen
    }
}

impl Ways for Drawn<'_> {
    fn way(&mut self, of: usize) -> usize {
        // Side calls fail seldom.
        let way = if self.below(16) == 0 { self.below(of) } else { 0 };
        self.picks.push(way as u64);
        way
    }
}

impl<'a, 'd> Storm<'a, 'd> {
    fn new(
        watch: &'a Watch<'a>,
        answers: &'a Answers,
        instances: usize,
        draw: &'d mut dyn FnMut(u64) -> u64,
    ) -> Self {
        let fresh = Gateway::new(Arc::clone(&watch.setup.gateway)).into_state();
        Self {
            watch,
            answers,
            drawn: Drawn { draw, picks: Vec::new() },
            now: Timestamp::ZERO,
            gateways: vec![fresh; instances.max(1)],
            threads: Vec::new(),
            requests: 0,
            path: Path::default(),
            breaches: Vec::new(),
        }
    }

    /// One event: a request arrives, a backend answers, time passes, a client leaves.
    fn event(&mut self) {
        match self.drawn.below(16) {
            0..=4 if self.threads.len() < MOST_IN_FLIGHT => self.arrive(),
            0..=10 if !self.threads.is_empty() => self.answer(),
            15 if !self.threads.is_empty() && self.drawn.below(4) == 0 => {
                let at = self.drawn.below(self.threads.len());
                self.happen(at, Happening::Leaves);
            }
            _ => self.pass(),
        }
    }

    fn arrive(&mut self) {
        let instance = u8::try_from(self.drawn.below(self.gateways.len())).unwrap_or(0);
        let kind = u8::try_from(self.drawn.below(self.watch.setup.requests.len())).unwrap_or(0);
        self.threads.push((self.requests, Thread { instance, ..Thread::default() }));
        self.requests = self.requests.saturating_add(1);
        self.happen(self.threads.len().saturating_sub(1), Happening::Arrives(kind));
    }

    fn answer(&mut self) {
        let at = self.drawn.below(self.threads.len());
        let Some((_, thread)) = self.threads.get(at) else { return };
        if !matches!(thread.exchange.phase(), Phase::AwaitingHeaders { .. }) {
            return;
        }
        let all: Vec<Answer> =
            self.answers.all.iter().copied().filter(|one| *one != Answer::Overdue).collect();
        let which = if self.drawn.below(2) == 0 { 0 } else { self.drawn.below(all.len()) };
        if let Some(answer) = all.get(which) {
            self.happen(at, Happening::Answers(*answer));
        }
    }

    /// Lets time pass: a little, or to a moment at which a breaker may change; whoever is due on the way hears of it.
    fn pass(&mut self) {
        let mut moments: Vec<Timestamp> = Vec::new();
        for gateway in &self.gateways {
            moments.extend(gateway.instants(&self.watch.setup.gateway, self.now));
        }
        let end = match (self.drawn.below(2), moments.len()) {
            (0, number) if number > 0 => {
                let taken = self.drawn.below(number);
                moments.get(taken).copied().unwrap_or(self.now)
            }
            _ => {
                let seconds = self.drawn.below(20) as u64;
                self.now.saturating_add(Duration::from_millis(seconds.saturating_mul(500)))
            }
        };
        loop {
            let due = self.threads.iter().enumerate().filter_map(|(at, (_, thread))| {
                let (when, why) = thread.exchange.wake_up()?;
                (when <= end).then_some((when, at, why))
            });
            let Some((when, at, why)) = due.min_by_key(|(when, at, _)| (*when, *at)) else { break };
            self.go_to(when);
            self.happen(
                at,
                match why {
                    WakeReason::HeaderDeadline => Happening::Answers(Answer::Overdue),
                    WakeReason::RetryInterval | WakeReason::CallDeadline => Happening::Wakes,
                },
            );
        }
        self.go_to(end);
    }

    fn go_to(&mut self, when: Timestamp) {
        if when > self.now {
            self.path.pass(when.since(self.now));
            self.now = when;
        }
    }

    fn happen(&mut self, at: usize, happening: Happening) {
        if at >= self.threads.len() {
            return;
        }
        let (number, thread) = self.threads.remove(at);
        let Some(gateway) = self.gateways.get_mut(usize::from(thread.instance)) else { return };
        self.drawn.picks.clear();
        let played = play(self.watch, &thread, gateway, happening, self.now, &mut self.drawn, &mut Deaf);
        self.path.add(number, thread.instance, happening, &self.drawn.picks);
        *gateway = played.gateway;
        self.breaches.extend(played.seen.breaches);
        if let Some(thread) = played.thread {
            self.threads.push((number, thread));
        }
    }
}
