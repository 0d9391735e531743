//! Whether two configurations look the same to clients, whatever backends do.
//!
//! Rules
//! - Both get the same requests at the same times. A call has the same answer on both sides if it is the same call: the
//!   n-th of a request to one account, which is known by its URL.
//! - The n-th choice by chance among the same weights falls alike on both sides, and a random wait lasts its middle.
//! - Requests come one after the other, at once or when a breaker of either side may change. Histories are tried from
//!   the shortest on, so that the first difference is a smallest one.
//! - Compared is what a client can see: status, reason, headers, whether the body is whole, and how long it waited.
//!
//! Deliberately not here: requests beside each other, several instances, other readings than those configured.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answers::{Answer, Answers};
use super::drive::{World, drive};
use super::guide::{Odometer, weighted};
use super::setup::Setup;
use crate::gateway::{Action, ChoiceReason, Choices, Effects, Ending, Exchange, ForwardTarget, Gateway};
use crate::semantics::Readings;
use crate::units::{Duration, Timestamp};

/// Which histories are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Histories {
    /// Requests at most.
    pub requests: u32,
    /// Bad answers at most.
    pub faults: u32,
}

impl Default for Histories {
    fn default() -> Self {
        Self { requests: 2, faults: 3 }
    }
}

/// What came of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equivalence {
    /// A smallest history that clients can tell them apart by.
    pub distinction: Option<Distinction>,
    /// Histories that were tried.
    pub tried: u64,
    /// What backends may answer.
    pub answers: Vec<Answer>,
}

/// A history, and what each side makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinction {
    /// The requests, in order.
    pub requests: Vec<Told>,
    /// What the client of the last one gets from the old side.
    pub old: Given,
    /// And from the new one.
    pub new: Given,
}

/// One request of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What it is called.
    pub label: String,
    /// When it comes.
    pub at: Duration,
    /// The calls of the old side: account, and what it did.
    pub old: Vec<(String, Answer)>,
    /// The calls of the new side.
    pub new: Vec<(String, Answer)>,
}

/// What a client sees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Status; `None` without a response.
    pub status: Option<u16>,
    /// Status reason.
    pub reason: String,
    /// Headers, names in lower case, sorted.
    pub headers: Vec<(String, String)>,
    /// Whether the body is whole.
    pub is_whole: bool,
    /// From arrival to the end.
    pub waited: Duration,
}

/// Compares two configurations over all histories.
pub fn equivalent(old: &Setup, new: &Setup, histories: Histories) -> Equivalence {
    let mut answers = Answers::of(old).all;
    for answer in Answers::of(new).all {
        if !answers.contains(&answer) {
            answers.push(answer);
        }
    }
    let mut tried = 0;
    for requests in 1..=histories.requests.max(1) {
        for faults in 0..=histories.faults {
            let mut odometer = Odometer::default();
            loop {
                tried += 1;
                let mut history = History {
                    sides: [old, new],
                    answers: &answers,
                    odometer,
                    faults,
                    oracle: BTreeMap::new(),
                    chosen: BTreeMap::new(),
                };
                let found = history.play(requests);
                if found.is_some() {
                    return Equivalence { distinction: found, tried, answers };
                }
                odometer = history.odometer;
                if !odometer.next() {
                    break;
                }
            }
        }
    }
    Equivalence { distinction: None, tried, answers }
}

/// One history.
struct History<'s> {
    sides: [&'s Setup; 2],
    answers: &'s [Answer],
    odometer: Odometer,
    /// Bad answers that are left.
    faults: u32,
    /// What was answered to the n-th call of a request to an account.
    oracle: BTreeMap<(u32, String, u32), Answer>,
    /// What chance made of the n-th choice of a request among these weights.
    chosen: BTreeMap<(u32, u32, Vec<u32>), usize>,
}

impl History<'_> {
    fn play(&mut self, requests: u32) -> Option<Distinction> {
        let mut gateways = self.sides.map(|setup| Gateway::new(Arc::clone(&setup.gateway)));
        let mut now = Timestamp::ZERO;
        let mut told = Vec::new();
        for number in 0..requests {
            if number > 0 {
                now = self.later(&gateways, now);
            }
            let kinds = self.sides.iter().map(|setup| setup.requests.len()).min().unwrap_or(1);
            let kind = self.odometer.decide(kinds);
            let mut given: Vec<Given> = Vec::new();
            let mut calls: Vec<Vec<(String, Answer)>> = Vec::new();
            let mut end = now;
            for (setup, gateway) in self.sides.into_iter().zip(&mut gateways) {
                let Some((_, head)) = setup.requests.get(kind) else { continue };
                let mut side = Side {
                    history: self,
                    setup,
                    number,
                    choices: 0,
                    calls: Vec::new(),
                    given: Given::default(),
                };
                let over = drive(gateway, &mut Exchange::default(), head, now, &mut side, false);
                let (mut got, made) = (side.given, side.calls);
                let over = over.unwrap_or(Timestamp::MAX);
                got.waited = over.since(now);
                given.push(got);
                calls.push(made);
                end = end.max(over);
            }
            let (mut given, mut calls) = (given.into_iter(), calls.into_iter());
            let (old, new) = (given.next()?, given.next()?);
            let label =
                self.sides.first().and_then(|setup| setup.requests.get(kind)).map(|(label, _)| label.clone());
            told.push(Told {
                label: label.unwrap_or_default(),
                at: now.since(Timestamp::ZERO),
                old: calls.next().unwrap_or_default(),
                new: calls.next().unwrap_or_default(),
            });
            if old != new {
                return Some(Distinction { requests: told, old, new });
            }
            now = end;
        }
        None
    }

    /// When the next request comes: at once, or at a moment at which a breaker may change.
    fn later(&mut self, gateways: &[Gateway; 2], now: Timestamp) -> Timestamp {
        let mut moments = vec![now];
        for (setup, gateway) in self.sides.iter().zip(gateways) {
            moments.extend(gateway.state().instants(&setup.gateway, now));
        }
        moments.sort_unstable();
        moments.dedup();
        let taken = self.odometer.decide(moments.len());
        moments.get(taken).copied().unwrap_or(now)
    }

    fn answer(&mut self, number: u32, account: &str, nth: u32) -> Answer {
        let key = (number, account.to_owned(), nth);
        if let Some(known) = self.oracle.get(&key) {
            return *known;
        }
        let first = self.answers.first().copied().unwrap_or(Answer::NoConnection);
        let of = if self.faults == 0 { 1 } else { self.answers.len() };
        let answer = self.answers.get(self.odometer.decide(of)).copied().unwrap_or(first);
        if !answer.is_well() {
            self.faults = self.faults.saturating_sub(1);
        }
        self.oracle.insert(key, answer);
        answer
    }
}

/// One side while one request is played.
struct Side<'h, 's> {
    history: &'h mut History<'s>,
    setup: &'s Setup,
    number: u32,
    /// Choices by chance so far.
    choices: u32,
    calls: Vec<(String, Answer)>,
    given: Given,
}

impl Readings for Side<'_, '_> {}

impl Choices for Side<'_, '_> {
    fn choose_weighted(&mut self, weights: &[u32], _why: ChoiceReason) -> usize {
        self.choices = self.choices.saturating_add(1);
        let History { odometer, chosen, .. } = &mut *self.history;
        let key = (self.number, self.choices, weights.to_vec());
        *chosen.entry(key).or_insert_with(|| weighted(weights, |of| odometer.decide(of)))
    }

    fn between(&mut self, low: u64, high: u64, _why: ChoiceReason) -> u64 {
        // A wait that is random on both sides would differ in almost every history.
        low.midpoint(high)
    }
}

impl World for Side<'_, '_> {
    fn answer(&mut self, target: &ForwardTarget) -> Answer {
        let account = match target {
            ForwardTarget::Backend(backend) => {
                let backend = self.setup.gateway.backend(*backend);
                backend.map_or_else(String::new, |backend| backend.url.to_lowercase())
            }
            ForwardTarget::Url(url) => url.to_lowercase(),
        };
        let nth = self.calls.iter().filter(|(known, _)| *known == account).count();
        let answer = self.history.answer(self.number, &account, u32::try_from(nth).unwrap_or(u32::MAX));
        self.calls.push((account, answer));
        answer
    }

    fn hear(&mut self, _: &Gateway, exchange: &Exchange, effects: &Effects, _: Timestamp) {
        for action in &effects.actions {
            match action {
                Action::Respond { .. } => {
                    let Some(response) = exchange.response() else { continue };
                    self.given.status = Some(response.status.get());
                    self.given.reason = response.reason.to_string();
                    let headers = response.headers.iter();
                    self.given.headers =
                        headers.map(|h| (h.name.to_lowercase(), h.value.to_text().to_string())).collect();
                    self.given.headers.sort();
                }
                Action::Finish { ending, .. } => self.given.is_whole = *ending == Ending::Answered,
                _ => {}
            }
        }
    }
}
