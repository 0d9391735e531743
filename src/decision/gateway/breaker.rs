//! The circuit breaker of one backend in one gateway instance.
//!
//! What trips: a completed call (its status is known when response headers arrive) that the rule counts
//! as a failure and that brings the window to the threshold. The call itself keeps its response; only
//! later selections avoid the backend.
//! What resets: time. After the trip duration traffic resumes; no probe is documented, and one is made
//! only under `breaker.half_open` = `one_probe`. Counters start empty after a trip.
//! How long: the rule's trip duration, or an accepted Retry-After (switch `breaker.retry_after_policy`).
//! Source: backends article of API Management (2025-05-20).
//!
//! Deliberately not modelled: editing a backend while it is tripped; sharing between instances (they do
//! not synchronise); failures after response headers (a broken stream is not counted).

use super::choices::Choices;
use super::relative::earlier;
use super::seeded::{Fault, seeded};
use super::spec::{BreakerRule, Threshold};
use super::window::{Call, FailureWindow};
use crate::semantics::{
    HalfOpen, InflightWhileTripped, RetryAfterPolicy, RetryAfterSource, Semantics, TripEnd,
};
use crate::units::{Duration, StatusCode, Timestamp};

/// Whether calls may go to a backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BreakerState {
    /// They may.
    #[default]
    Closed,
    /// They may not, until a time.
    Tripped {
        /// When it tripped.
        since: Timestamp,
        /// When traffic resumes.
        until: Timestamp,
    },
    /// The trip is over and one call decides (only under `breaker.half_open` = `one_probe`).
    Probing {
        /// Whether that call is under way.
        under_way: bool,
    },
}

/// A trip and why it lasts as long as it does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trip {
    /// When it tripped.
    pub at: Timestamp,
    /// When traffic resumes.
    pub until: Timestamp,
    /// Duration of the rule.
    pub configured: Duration,
    /// Duration in force.
    pub effective: Duration,
    /// Where the duration in force comes from.
    pub why: TripLength,
    /// What completed the trip.
    pub cause: FailureCause,
    /// Failures in the window.
    pub failures: u32,
    /// Completed calls in the window (percentage rules; else the failures).
    pub calls: u32,
}

/// Where the duration of a trip comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TripLength {
    /// The rule does not accept Retry-After.
    Configured,
    /// The rule accepts it, but the response had none that can be read.
    NoRetryAfter,
    /// Retry-After of this length was accepted.
    RetryAfter(Duration),
    /// Retry-After of this length was there, but the reading in force kept the rule's duration.
    RetryAfterOverruled(Duration),
}

/// What a breaker saw fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureCause {
    /// A response with this status.
    Status(StatusCode),
    /// No response headers in time.
    Timeout,
    /// No connection.
    Connection,
}

/// What changed in a breaker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BreakerChange {
    /// It tripped.
    Tripped(Trip),
    /// A failure while tripped moved the end of the trip (switch `breaker.inflight_failures_while_tripped`).
    Extended {
        /// The new end.
        until: Timestamp,
    },
    /// The trip is over.
    Reset {
        /// When it had tripped.
        since: Timestamp,
        /// When traffic could resume.
        until: Timestamp,
    },
}

/// Breaker state of one backend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Breaker {
    state: BreakerState,
    window: FailureWindow,
}

/// A call that has completed as far as the breaker cares.
#[derive(Clone, Copy, Debug)]
pub(super) struct Completed {
    pub(super) cause: FailureCause,
    pub(super) failed: bool,
    pub(super) retry_after: Option<Duration>,
    pub(super) probe: bool,
}

impl Breaker {
    /// The state as last decided; a trip that is over shows until the next call about this backend.
    pub fn state(&self) -> BreakerState {
        self.state
    }

    /// Calls that may still count, the oldest first.
    pub fn counted(&self) -> impl Iterator<Item = Call> {
        self.window.calls()
    }

    /// Whether a call may be sent, as of the last [`Breaker::expire`].
    pub(super) fn is_available(&self) -> bool {
        match self.state {
            BreakerState::Closed => true,
            BreakerState::Probing { under_way } => !under_way || seeded(Fault::ProbeUnlimited),
            BreakerState::Tripped { .. } => false,
        }
    }

    /// Ends a trip whose time is over at `now`. Everything that asks or tells a breaker does this first,
    /// so that a reset does not depend on who looks.
    pub(super) fn expire<C: Choices>(
        &mut self,
        now: Timestamp,
        semantics: &Semantics,
        choices: &mut C,
    ) -> Option<BreakerChange> {
        let BreakerState::Tripped { since, until } = self.state else { return None };
        let due = if seeded(Fault::ResetEarly) {
            until.saturating_sub(Duration::from_secs(1))
        } else if seeded(Fault::ResetLate) {
            until.saturating_add(Duration::from_secs(1))
        } else {
            until
        };
        let over = now > due
            || (now == due
                && (semantics.breaker_trip_end(choices) == TripEnd::At) != seeded(Fault::ResetEdge));
        if !over || seeded(Fault::ResetForgotten) {
            return None;
        }
        self.state = match semantics.breaker_half_open(choices) {
            HalfOpen::None => BreakerState::Closed,
            HalfOpen::OneProbe if seeded(Fault::ProbeSkipped) => BreakerState::Closed,
            HalfOpen::OneProbe => BreakerState::Probing { under_way: false },
        };
        Some(BreakerChange::Reset { since, until })
    }

    /// Notes that a call is being sent; the answer says whether it is the probe.
    pub(super) fn sent(&mut self) -> bool {
        let is_probe = self.state == BreakerState::Probing { under_way: false };
        if is_probe {
            self.state = BreakerState::Probing { under_way: true };
        }
        is_probe
    }

    /// Notes that a probe ended without an outcome (cancelled, or a failure that does not count).
    pub(super) fn probe_abandoned(&mut self) {
        if self.state == (BreakerState::Probing { under_way: true }) {
            self.state = BreakerState::Probing { under_way: false };
        }
    }

    /// Time left until traffic resumes; zero when it may flow.
    pub(super) fn remaining(&self, now: Timestamp) -> Duration {
        match self.state {
            BreakerState::Tripped { until, .. } => until.since(now),
            BreakerState::Closed | BreakerState::Probing { .. } => Duration::ZERO,
        }
    }

    /// Sets the clock back.
    pub(super) fn set_back(&mut self, by: Duration) {
        if let BreakerState::Tripped { since, until } = &mut self.state {
            *since = earlier(*since, by);
            *until = earlier(*until, by);
        }
        self.window.set_back(by);
    }

    /// Forgets when a trip began, how long one has been over, and calls that no window still holds.
    pub(super) fn forget(&mut self, interval: Duration, now: Timestamp) {
        if let BreakerState::Tripped { since, until } = &mut self.state {
            if *until < now {
                *until = now.saturating_sub(Duration::from_nanos(1));
            }
            *since = *until;
        }
        self.window.forget(interval, now);
    }

    /// Adds the moments at which time alone changes something, with their neighbours.
    pub(super) fn instants(&self, interval: Duration, found: &mut Vec<Timestamp>) {
        let moment = Duration::from_nanos(1);
        if let BreakerState::Tripped { until, .. } = self.state {
            found.extend([until.saturating_sub(moment), until, until.saturating_add(moment)]);
        }
        for end in self.window.ends(interval) {
            found.extend([end.saturating_sub(moment), end]);
        }
    }

    /// Takes the outcome of a call, after [`Breaker::expire`].
    pub(super) fn completed<C: Choices>(
        &mut self,
        call: Completed,
        now: Timestamp,
        rule: &BreakerRule,
        semantics: &Semantics,
        choices: &mut C,
    ) -> Option<BreakerChange> {
        match self.state {
            BreakerState::Tripped { since, until } => {
                let ignores = match semantics.breaker_inflight(choices) {
                    InflightWhileTripped::Ignore => {
                        !seeded(Fault::TripExtended) && !seeded(Fault::TripShortened)
                    }
                    InflightWhileTripped::Extend => seeded(Fault::ExtensionForgotten),
                };
                if !call.failed || ignores {
                    return None;
                }
                let (effective, _) = trip_length(call.retry_after, rule, semantics, choices);
                let extended = now.saturating_add(effective);
                if extended <= until && !seeded(Fault::TripShortened) {
                    return None;
                }
                self.state = BreakerState::Tripped { since, until: extended };
                Some(BreakerChange::Extended { until: extended })
            }
            BreakerState::Probing { .. } => {
                if !call.probe && !seeded(Fault::ProbeByAnybody) {
                    return None;
                }
                if call.failed && !seeded(Fault::ProbeFailureCloses) {
                    return Some(self.trip(call, 1, 1, call.retry_after, now, rule, semantics, choices));
                }
                if !seeded(Fault::ProbeSuccessForgotten) {
                    self.state = BreakerState::Closed;
                }
                None
            }
            BreakerState::Closed => {
                let is_count =
                    matches!(rule.threshold, Threshold::Count(_)) || seeded(Fault::SuccessesNotCounted);
                if is_count && !call.failed {
                    return None;
                }
                let kind = semantics.breaker_window(choices);
                let tally = self.window.record(
                    now,
                    call.failed,
                    call.retry_after,
                    rule.threshold,
                    rule.interval,
                    kind,
                );
                let reached = match rule.threshold {
                    Threshold::Count(count) if seeded(Fault::CountOneLate) => tally.failures > count,
                    Threshold::Count(count) if seeded(Fault::CountOneEarly) => {
                        tally.failures >= count.saturating_sub(1)
                    }
                    Threshold::Count(count) => tally.failures >= count,
                    Threshold::Percentage(percent) => {
                        let share = u64::from(tally.failures).saturating_mul(100);
                        let needed = u64::from(percent).saturating_mul(u64::from(tally.calls));
                        let is_met =
                            if seeded(Fault::PercentageStrict) { share > needed } else { share >= needed };
                        (call.failed || seeded(Fault::PercentageBySuccess))
                            && is_met
                            && (tally.calls >= min_samples(semantics.breaker_pct_min_samples(choices))
                                || seeded(Fault::MinSamplesIgnored))
                    }
                };
                if !reached {
                    return None;
                }
                let retry_after = if tally.failures > 1
                    && semantics.breaker_retry_after_source(choices) == RetryAfterSource::MaxCounted
                    || seeded(Fault::RetryAfterOfOther)
                {
                    self.window.longest_retry_after()
                } else {
                    call.retry_after
                };
                Some(self.trip(call, tally.failures, tally.calls, retry_after, now, rule, semantics, choices))
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one private step of `completed`, called twice")]
    fn trip<C: Choices>(
        &mut self,
        call: Completed,
        failures: u32,
        calls: u32,
        retry_after: Option<Duration>,
        now: Timestamp,
        rule: &BreakerRule,
        semantics: &Semantics,
        choices: &mut C,
    ) -> BreakerChange {
        let (effective, why) = trip_length(retry_after, rule, semantics, choices);
        let mut until = now.saturating_add(effective);
        if seeded(Fault::TripTooShort) {
            until = until.saturating_sub(Duration::from_secs(1)).max(now);
        }
        self.state = BreakerState::Tripped { since: now, until };
        if !seeded(Fault::CountersKept) {
            self.window.clear();
        }
        BreakerChange::Tripped(Trip {
            at: now,
            until,
            configured: rule.trip_duration,
            effective,
            why,
            cause: call.cause,
            failures,
            calls,
        })
    }
}

fn min_samples(reading: crate::semantics::PctMinSamples) -> u32 {
    match reading {
        crate::semantics::PctMinSamples::One => 1,
        crate::semantics::PctMinSamples::Five => 5,
        crate::semantics::PctMinSamples::Ten => 10,
    }
}

fn trip_length<C: Choices>(
    retry_after: Option<Duration>,
    rule: &BreakerRule,
    semantics: &Semantics,
    choices: &mut C,
) -> (Duration, TripLength) {
    if !rule.accept_retry_after && !seeded(Fault::RetryAfterAlways) {
        return (rule.trip_duration, TripLength::Configured);
    }
    let Some(mut asked) = retry_after else {
        return (rule.trip_duration, TripLength::NoRetryAfter);
    };
    if seeded(Fault::RetryAfterIgnored) || seeded(Fault::RetryAfterZeroIgnored) && asked == Duration::ZERO {
        return (rule.trip_duration, TripLength::NoRetryAfter);
    }
    if seeded(Fault::RetryAfterInMillis) {
        asked = Duration::from_millis(asked.as_secs_ceil());
    }
    let effective = match semantics.breaker_retry_after_policy(choices) {
        RetryAfterPolicy::MaxWithTrip => asked.max(rule.trip_duration),
        RetryAfterPolicy::IgnoreIfZero if asked == Duration::ZERO => rule.trip_duration,
        RetryAfterPolicy::Override | RetryAfterPolicy::IgnoreIfZero => asked,
    };
    let why = if effective == asked {
        TripLength::RetryAfter(asked)
    } else {
        TripLength::RetryAfterOverruled(asked)
    };
    (effective, why)
}

#[cfg(test)]
mod tests {
    use super::super::choices::FirstChoice;
    use super::*;

    fn rule(threshold: Threshold, accept_retry_after: bool) -> BreakerRule {
        BreakerRule {
            name: "rule".into(),
            threshold,
            interval: Duration::from_secs(300),
            statuses: vec![(StatusCode::TOO_MANY_REQUESTS, StatusCode::TOO_MANY_REQUESTS)],
            error_reasons: Vec::new(),
            trip_duration: Duration::from_secs(60),
            accept_retry_after,
            failure_status: None,
        }
    }

    /// Runs rows of `time-in-seconds event` and gives the state after each: events are `ok`, `429`,
    /// `429/RETRY_AFTER` and `?` (somebody asks).
    fn table(rule: &BreakerRule, semantics: &Semantics, rows: &[(u64, &str, &str)]) {
        let mut breaker = Breaker::default();
        for (second, event, expected) in rows {
            let now = Timestamp::from_nanos(second * 1_000_000_000);
            breaker.expire(now, semantics, &mut FirstChoice);
            if *event != "?" {
                let (status, retry_after) = match event.split_once('/') {
                    Some((status, seconds)) => (status, Some(Duration::from_secs(seconds.parse().unwrap()))),
                    None => (*event, None),
                };
                let call = Completed {
                    cause: FailureCause::Status(StatusCode::TOO_MANY_REQUESTS),
                    failed: status != "ok",
                    retry_after,
                    probe: breaker.state == BreakerState::Probing { under_way: true },
                };
                breaker.completed(call, now, rule, semantics, &mut FirstChoice);
            }
            let state = match breaker.state {
                BreakerState::Closed => "closed".to_owned(),
                BreakerState::Tripped { until, .. } => {
                    format!("tripped {}", until.as_nanos() / 1_000_000_000)
                }
                BreakerState::Probing { under_way } => format!("probing {under_way}"),
            };
            assert_eq!(state, *expected, "at {second} s after {event}");
        }
    }

    #[test]
    fn trips_at_the_count_and_resets_by_time() {
        table(
            &rule(Threshold::Count(3), false),
            &Semantics::default(),
            &[
                (0, "429", "closed"),
                (1, "ok", "closed"),
                (2, "429", "closed"),
                (3, "429/5", "tripped 63"),
                (4, "429", "tripped 63"),
                (62, "?", "tripped 63"),
                (63, "?", "closed"),
                (64, "429", "closed"),
            ],
        );
    }

    #[test]
    fn failures_older_than_the_interval_do_not_count() {
        table(
            &rule(Threshold::Count(2), false),
            &Semantics::default(),
            &[(0, "429", "closed"), (300, "429", "closed"), (599, "429", "tripped 659")],
        );
    }

    #[test]
    fn retry_after_overrides_by_default_even_when_shorter_or_zero() {
        let rule = rule(Threshold::Count(1), true);
        let default = Semantics::default();
        table(&rule, &default, &[(0, "429/55", "tripped 55")]);
        table(&rule, &default, &[(0, "429/86400", "tripped 86400")]);
        table(&rule, &default, &[(0, "429", "tripped 60")]);
        table(&rule, &default, &[(0, "429/0", "tripped 0"), (0, "?", "closed")]);
        let mut max = Semantics::default();
        assert!(max.set("breaker.retry_after_policy", "max_with_trip"));
        table(&rule, &max, &[(0, "429/55", "tripped 60")]);
        table(&rule, &max, &[(0, "429/65", "tripped 65")]);
        let mut ignore = Semantics::default();
        assert!(ignore.set("breaker.retry_after_policy", "ignore_if_zero"));
        table(&rule, &ignore, &[(0, "429/0", "tripped 60")]);
        table(&rule, &ignore, &[(0, "429/5", "tripped 5")]);
    }

    #[test]
    fn other_readings_change_what_they_say() {
        let mut extend = Semantics::default();
        assert!(extend.set("breaker.inflight_failures_while_tripped", "extend"));
        table(
            &rule(Threshold::Count(1), true),
            &extend,
            &[(0, "429/10", "tripped 10"), (5, "429/3", "tripped 10"), (6, "429/30", "tripped 36")],
        );
        let mut after = Semantics::default();
        assert!(after.set("breaker.trip_end", "after"));
        table(
            &rule(Threshold::Count(1), false),
            &after,
            &[(0, "429", "tripped 60"), (60, "?", "tripped 60"), (61, "?", "closed")],
        );
        let mut longest = Semantics::default();
        assert!(longest.set("breaker.retry_after_source", "max_counted"));
        table(
            &rule(Threshold::Count(2), true),
            &longest,
            &[(0, "429/50", "closed"), (1, "429/7", "tripped 51")],
        );
        let mut samples = Semantics::default();
        assert!(samples.set("breaker.pct_min_samples", "5"));
        table(
            &rule(Threshold::Percentage(50), false),
            &samples,
            &[
                (0, "429", "closed"),
                (1, "429", "closed"),
                (2, "ok", "closed"),
                (3, "429", "closed"),
                (4, "429", "tripped 64"),
            ],
        );
    }

    #[test]
    fn one_probe_decides_under_half_open() {
        let mut semantics = Semantics::default();
        assert!(semantics.set("breaker.half_open", "one_probe"));
        let rule = rule(Threshold::Count(1), false);
        let mut breaker = Breaker::default();
        let failed = |probe| Completed {
            cause: FailureCause::Status(StatusCode::TOO_MANY_REQUESTS),
            failed: true,
            retry_after: None,
            probe,
        };
        let at = |second: u64| Timestamp::from_nanos(second * 1_000_000_000);
        breaker.completed(failed(false), at(0), &rule, &semantics, &mut FirstChoice);
        breaker.expire(at(60), &semantics, &mut FirstChoice);
        assert!(breaker.is_available());
        assert!(breaker.sent());
        assert!(!breaker.is_available(), "one probe at a time");
        breaker.completed(failed(true), at(61), &rule, &semantics, &mut FirstChoice);
        assert_eq!(breaker.state(), BreakerState::Tripped { since: at(61), until: at(121) });
        breaker.expire(at(121), &semantics, &mut FirstChoice);
        assert!(breaker.is_available());
        assert!(breaker.sent());
        let ok = Completed { failed: false, ..failed(true) };
        breaker.completed(ok, at(122), &rule, &semantics, &mut FirstChoice);
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn a_percentage_of_one_call_trips_by_default() {
        table(
            &rule(Threshold::Percentage(50), false),
            &Semantics::default(),
            &[(0, "ok", "closed"), (1, "ok", "closed"), (2, "429", "closed"), (3, "429", "tripped 63")],
        );
    }
}
