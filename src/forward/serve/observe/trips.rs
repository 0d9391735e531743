//! When trips begin and end, for those who want to know at that moment.
//!
//! Rules
//! - A trip begins when the core says so. It ends when its time is over, by a timer, also if no request asks for that
//!   backend any more; where the core notices the end first, that counts. It is told once.
//! - An extension moves the end and is no event of its own.
//! - New files in force end the trips of backends that are not the same any more. What requests that finish by the
//!   files before still do to their breakers is not told: nothing else sees it.
//! - A trip in force when the server ends is not told to end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as Real;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::Calendar;
use super::breaker_events::{Kind, event};
use super::outbox::Outbox;
use crate::gateway::{Breaker, BreakerChange, BreakerState, FailureCause};
use crate::units::{Duration, Timestamp};
use crate::wire::Clock;

/// Notices that may wait.
const WAITING: usize = 4_096;

/// What the core says.
#[derive(Debug)]
pub(super) enum Notice {
    /// A breaker of a generation has changed.
    Changed { generation: u64, backend: String, rule: String, change: BreakerChange },
    /// Another generation serves, in which these are still tripped.
    Reloaded { generation: u64, at: Timestamp, kept: Vec<String> },
}

/// Whether a breaker is tripped as far as it knows.
pub(super) fn is_tripped(breaker: &Breaker) -> bool {
    matches!(breaker.state(), BreakerState::Tripped { .. })
}

/// Watches trips.
#[derive(Debug)]
pub(super) struct Trips {
    notices: mpsc::Sender<Notice>,
    missed: AtomicU64,
    ending: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Trips {
    pub(super) fn start(
        clock: Clock,
        calendar: Calendar,
        seed: u64,
        instance: &str,
        events: Option<Arc<Outbox>>,
        logs: bool,
    ) -> Self {
        let (notices, received) = mpsc::channel(WAITING);
        let ending = watch::Sender::new(false);
        let teller = Teller { calendar, seed, instance: instance.to_owned(), events, logs, told: 0 };
        let task = tokio::spawn(watch_trips(clock, teller, received, ending.subscribe()));
        Self { notices, missed: AtomicU64::new(0), ending, task: Mutex::new(Some(task)) }
    }

    /// Takes a notice. It never waits.
    pub(super) fn put(&self, notice: Notice) {
        if self.notices.try_send(notice).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notices that were lost.
    pub(super) fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// Tells what is left.
    pub(super) async fn close(&self, most: Real) {
        self.ending.send_replace(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            drop(tokio::time::timeout(most, task).await);
        }
    }
}

async fn watch_trips(
    clock: Clock,
    mut teller: Teller,
    mut notices: mpsc::Receiver<Notice>,
    mut ending: watch::Receiver<bool>,
) {
    let (mut known, mut is_ending) = (Known::default(), false);
    loop {
        let next = known.next();
        let until = clock.instant(next.unwrap_or(Timestamp::MAX));
        let told = tokio::select! {
            biased;
            notice = notices.recv() => match notice {
                Some(notice) => known.take(notice),
                None => return,
            },
            _ = ending.wait_for(|ending| *ending), if !is_ending => {
                is_ending = true;
                notices.close();
                continue;
            }
            () = tokio::time::sleep_until(until), if next.is_some() => known.due(clock.now()),
        };
        for told in told {
            teller.tell(&told);
        }
    }
}

/// What is known of trips.
#[derive(Debug, Default)]
struct Known {
    generation: u64,
    tripped: BTreeMap<String, Tripped>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Tripped {
    backend: String,
    rule: String,
    since: Timestamp,
    until: Timestamp,
}

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    kind: Kind,
    at: Timestamp,
    backend: String,
    rule: String,
    tripped: Duration,
    /// Of a trip: what it came from.
    cause: Option<(FailureCause, u32)>,
}

impl Known {
    fn take(&mut self, notice: Notice) -> Vec<Told> {
        match notice {
            Notice::Changed { generation, .. } if generation != self.generation => Vec::new(),
            Notice::Changed { backend, rule, change, .. } => self.changed(backend, rule, change),
            Notice::Reloaded { generation, at, kept } => {
                self.generation = generation;
                let is_kept = |own: &Tripped| kept.iter().any(|name| name.eq_ignore_ascii_case(&own.backend));
                self.end(at, |own| !is_kept(own))
            }
        }
    }

    fn changed(&mut self, backend: String, rule: String, change: BreakerChange) -> Vec<Told> {
        let key = backend.to_lowercase();
        match change {
            BreakerChange::Tripped(trip) => {
                let told = Told {
                    kind: Kind::Opened,
                    at: trip.at,
                    backend: backend.clone(),
                    rule: rule.clone(),
                    tripped: trip.effective,
                    cause: Some((trip.cause, trip.failures)),
                };
                self.tripped.insert(key, Tripped { backend, rule, since: trip.at, until: trip.until });
                vec![told]
            }
            BreakerChange::Extended { until } => {
                if let Some(own) = self.tripped.get_mut(&key) {
                    own.until = until;
                }
                Vec::new()
            }
            BreakerChange::Reset { until, .. } => {
                self.tripped.remove(&key).map(|own| own.ended(until)).into_iter().collect()
            }
        }
    }

    /// What is over by now.
    fn due(&mut self, now: Timestamp) -> Vec<Told> {
        self.end(now, |own| own.until <= now)
    }

    fn end(&mut self, now: Timestamp, is_over: impl Fn(&Tripped) -> bool) -> Vec<Told> {
        let over = self.tripped.extract_if(.., |_, own| is_over(own));
        over.map(|(_, own)| own.ended(own.until.min(now))).collect()
    }

    /// When the next trip is over.
    fn next(&self) -> Option<Timestamp> {
        self.tripped.values().map(|own| own.until).min()
    }
}

impl Tripped {
    fn ended(&self, at: Timestamp) -> Told {
        Told {
            kind: Kind::Closed,
            at,
            backend: self.backend.clone(),
            rule: self.rule.clone(),
            tripped: at.since(self.since),
            cause: None,
        }
    }
}

/// Who says it.
struct Teller {
    calendar: Calendar,
    seed: u64,
    instance: String,
    events: Option<Arc<Outbox>>,
    logs: bool,
    told: u64,
}

impl Teller {
    fn tell(&mut self, told: &Told) {
        if let Some(events) = &self.events {
            let time = self.calendar.text(told.at);
            let names = (told.backend.as_str(), told.rule.as_str());
            let number = (self.seed, self.told);
            events.put(event(told.kind, number, &self.instance, names, &time, told.tripped));
            self.told = self.told.saturating_add(1);
        }
        if self.logs {
            let Told { backend, rule, .. } = told;
            let tripped_s = told.tripped.as_nanos() as f64 / 1e9;
            if let Some((cause, failures)) = told.cause {
                let cause = match cause {
                    FailureCause::Status(status) => status.get().to_string(),
                    FailureCause::Timeout => "timeout".to_owned(),
                    FailureCause::Connection => "connection".to_owned(),
                };
                tracing::warn!(backend, rule, for_s = tripped_s, cause, failures, "tripped");
            } else {
                tracing::info!(backend, rule, after_s = tripped_s, "reset");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::{Trip, TripLength};

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * 1_000_000_000)
    }

    fn tripped(generation: u64, backend: &str, since: u64, until: u64) -> Notice {
        let effective = Duration::from_secs(until - since);
        let trip = Trip {
            at: at(since),
            until: at(until),
            configured: effective,
            effective,
            why: TripLength::Configured,
            cause: FailureCause::Timeout,
            failures: 1,
            calls: 1,
        };
        changed(generation, backend, BreakerChange::Tripped(trip))
    }

    fn changed(generation: u64, backend: &str, change: BreakerChange) -> Notice {
        let (backend, rule) = (backend.to_owned(), "r".to_owned());
        Notice::Changed { generation, backend, rule, change }
    }

    fn brief(told: &[Told]) -> Vec<(Kind, &str, u64, u64)> {
        let brief = |own: &Told| (own.kind, own.at.as_nanos() / 1_000_000_000, own.tripped.as_nanos());
        told.iter()
            .map(|own| (brief(own), &*own.backend))
            .map(|((kind, at, tripped), name)| (kind, name, at, tripped / 1_000_000_000))
            .collect()
    }

    #[test]
    fn an_end_is_told_once_by_whoever_is_first() {
        let mut known = Known::default();
        assert_eq!(brief(&known.take(tripped(0, "a", 1, 11))), [(Kind::Opened, "a", 1, 10)]);
        known.take(tripped(0, "b", 2, 5));
        assert_eq!(known.next(), Some(at(5)));
        assert_eq!(brief(&known.due(at(6))), [(Kind::Closed, "b", 5, 3)]);
        let reset = |until| BreakerChange::Reset { since: at(0), until: at(until) };
        assert_eq!(known.take(changed(0, "b", reset(5))), [], "the timer was first");
        assert_eq!(brief(&known.take(changed(0, "a", reset(11)))), [(Kind::Closed, "a", 11, 10)]);
        assert_eq!((known.due(at(99)), known.next()), (Vec::new(), None));
    }

    #[test]
    fn an_extension_moves_the_end() {
        let mut known = Known::default();
        known.take(tripped(0, "a", 1, 11));
        assert_eq!(known.take(changed(0, "a", BreakerChange::Extended { until: at(21) })), []);
        assert_eq!(known.due(at(11)), []);
        assert_eq!(brief(&known.due(at(21))), [(Kind::Closed, "a", 21, 20)]);
    }

    #[test]
    fn new_files_end_trips_of_others_and_of_breakers_that_are_gone() {
        let mut known = Known::default();
        known.take(tripped(0, "a", 1, 60));
        known.take(tripped(0, "b", 1, 60));
        let told = known.take(Notice::Reloaded { generation: 1, at: at(9), kept: vec!["A".into()] });
        assert_eq!(brief(&told), [(Kind::Closed, "b", 9, 8)]);
        assert_eq!(known.take(tripped(0, "c", 10, 20)), [], "of the generation before");
        assert_eq!(brief(&known.due(at(60))), [(Kind::Closed, "a", 60, 59)]);
    }
}
