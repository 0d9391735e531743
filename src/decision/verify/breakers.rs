//! What a breaker has to do in one step, worked out from nothing but the rule and what it remembered before.
//!
//! Rules
//! - A step is compared only for breakers that it is about: one that a call was told to, one that changed, and members
//!   of a pool that was asked for somebody.
//! - What a breaker remembers is compared, too: what holds for every step then holds for all of them together.
//! - Nothing of the core decides here, not even which statuses a range holds.
//!
//! Deliberately absent: windows by the clock (`breaker.window` = `tumbling_epoch`), which begin at times that relative
//! clocks do not show.

use super::guide::Ways;
use super::properties::Property;
use super::watch::{Look, Seen};
use crate::gateway::{
    Action, BackendRef, Breaker, BreakerRule, BreakerState, Call, Event, ForwardTarget, GatewaySpec,
    Threshold,
};
use crate::semantics::{
    BreakerWindow, CountTimeouts, ErrorReasons, HalfOpen, InflightWhileTripped, PctMinSamples,
    RetryAfterPolicy, RetryAfterSource, SelectAt, TripEnd,
};
use crate::units::{BackendId, Duration, StatusCode, Timestamp};

/// What the core was told about a call that was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) backend: BackendId,
    /// Whether the call was to decide about a trip.
    pub(super) is_probe: bool,
    pub(super) what: Outcome,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Status(StatusCode, Option<Duration>),
    Overdue,
    NoConnection,
    /// The client left.
    Left,
}

/// A breaker as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Model {
    state: BreakerState,
    calls: Vec<Call>,
}

impl Model {
    fn of(breaker: &Breaker) -> Self {
        Self { state: breaker.state(), calls: breaker.counted().collect() }
    }

    /// Ends a trip that is over. `false`: there is none.
    fn expire<W: Ways>(&mut self, spec: &GatewaySpec, now: Timestamp, ways: &mut W) -> bool {
        let BreakerState::Tripped { until, .. } = self.state else { return false };
        let is_over = match until.cmp(&now) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => spec.semantics().breaker_trip_end(ways) == TripEnd::At,
            std::cmp::Ordering::Greater => false,
        };
        if is_over {
            self.state = match spec.semantics().breaker_half_open(ways) {
                HalfOpen::None => BreakerState::Closed,
                HalfOpen::OneProbe => BreakerState::Probing { under_way: false },
            };
            self.calls.clear();
        }
        is_over
    }

    /// Takes the end of a call. `false`: what counts cannot be told.
    fn tell<W: Ways>(
        &mut self,
        told: Told,
        rule: &BreakerRule,
        spec: &GatewaySpec,
        now: Timestamp,
        ways: &mut W,
    ) -> bool {
        let semantics = spec.semantics();
        let failed = match told.what {
            Outcome::Status(status, _) => is_listed(rule, status),
            Outcome::Overdue => {
                is_effective(rule, "Timeout", spec, ways)
                    || is_listed(rule, StatusCode::GATEWAY_TIMEOUT)
                        && semantics.breaker_count_timeouts(ways) == CountTimeouts::As504
            }
            Outcome::NoConnection => is_effective(rule, "BackendConnectionFailure", spec, ways),
            Outcome::Left => false,
        };
        let is_complete = failed || matches!(told.what, Outcome::Status(..));
        if !is_complete {
            if told.is_probe && matches!(self.state, BreakerState::Probing { .. }) {
                self.state = BreakerState::Probing { under_way: false };
            }
            return true;
        }
        let retry_after = match told.what {
            Outcome::Status(_, asked) if failed && rule.accept_retry_after => asked,
            _ => None,
        };
        match self.state {
            BreakerState::Tripped { since, until } => {
                if failed && semantics.breaker_inflight(ways) == InflightWhileTripped::Extend {
                    let later = now.saturating_add(length(rule, retry_after, spec, ways));
                    self.state = BreakerState::Tripped { since, until: until.max(later) };
                }
            }
            BreakerState::Probing { .. } if told.is_probe && failed => {
                self.trip(now, length(rule, retry_after, spec, ways));
            }
            BreakerState::Probing { .. } if told.is_probe => self.state = BreakerState::Closed,
            BreakerState::Probing { .. } => {}
            BreakerState::Closed => {
                if !failed && matches!(rule.threshold, Threshold::Count(_)) {
                    return true;
                }
                match semantics.breaker_window(ways) {
                    BreakerWindow::Sliding => self.calls.retain(|call| now.since(call.at) < rule.interval),
                    BreakerWindow::TumblingFirstFailure => {
                        if self.calls.first().is_some_and(|first| now.since(first.at) >= rule.interval) {
                            self.calls.clear();
                        }
                    }
                    BreakerWindow::TumblingEpoch => return false,
                }
                self.calls.push(Call { at: now, failed, retry_after });
                let failures = self.calls.iter().filter(|call| call.failed).count();
                let is_met = match rule.threshold {
                    Threshold::Count(count) => failures >= count as usize,
                    Threshold::Percentage(percent) => {
                        let fewest = match semantics.breaker_pct_min_samples(ways) {
                            PctMinSamples::One => 1,
                            PctMinSamples::Five => 5,
                            PctMinSamples::Ten => 10,
                        };
                        let all = self.calls.len();
                        failed && failures * 100 >= all * usize::from(percent) && all >= fewest
                    }
                };
                if is_met {
                    let longest = failures > 1
                        && semantics.breaker_retry_after_source(ways) == RetryAfterSource::MaxCounted;
                    let asked = if longest {
                        self.calls.iter().filter_map(|call| call.retry_after).max()
                    } else {
                        retry_after
                    };
                    self.trip(now, length(rule, asked, spec, ways));
                }
            }
        }
        true
    }

    fn trip(&mut self, now: Timestamp, length: Duration) {
        self.state = BreakerState::Tripped { since: now, until: now.saturating_add(length) };
        self.calls.clear();
    }
}

/// Compares every breaker that a step is about with what it has to be.
pub(super) fn check<W: Ways>(spec: &GatewaySpec, look: &Look<'_>, ways: &mut W, seen: &mut Seen) {
    let asked = asked(spec, look, ways);
    for (number, backend) in (0_u16..).zip(spec.backends()) {
        let id = BackendId(number);
        let (before, after) = (look.before.get(id.index()), look.after.breakers().get(id.index()));
        let (Some(before), Some(after)) = (before, after) else { continue };
        let told = look.told.filter(|told| told.backend == id);
        let is_asked = asked.contains(&id);
        if told.is_none() && !is_asked && before == after {
            continue;
        }
        let (mut model, mut is) = (Model::of(before), Model::of(after));
        let was_tripped = matches!(model.state, BreakerState::Tripped { .. });
        let has_ended = model.expire(spec, look.now, ways);
        if let (Some(told), Some(rule)) = (told, &backend.breaker)
            && !model.tell(told, rule, spec, look.now, ways)
        {
            continue;
        }
        model.expire(spec, look.now, ways);
        if is.expire(spec, look.now, ways) && is_asked {
            // Asking for a backend ends what is over.
            seen.breach(Property::ResetsOnTime, None);
        }
        let is_sent = look.effects.actions.iter().any(|action| {
            matches!(action, Action::Forward { target: ForwardTarget::Backend(to), .. } if *to == id)
        });
        if is_sent && let BreakerState::Probing { under_way } = model.state {
            if under_way {
                seen.breach(Property::OneProbe, None);
            }
            model.state = BreakerState::Probing { under_way: true };
        }
        match (model.state, is.state) {
            (BreakerState::Tripped { until: right, .. }, BreakerState::Tripped { until, .. }) => {
                if right != until {
                    seen.breach(Property::TripLength, None);
                }
            }
            (BreakerState::Tripped { .. }, _) if was_tripped && !has_ended => {
                seen.breach(Property::ResetsOnTime, None);
            }
            (BreakerState::Probing { .. }, _) | (_, BreakerState::Probing { .. }) => {
                if model.state != is.state {
                    seen.breach(Property::OneProbe, None);
                }
            }
            (BreakerState::Tripped { .. }, _) | (_, BreakerState::Tripped { .. }) => {
                seen.breach(Property::TripsAtCondition, None);
            }
            (BreakerState::Closed, BreakerState::Closed) => {}
        }
        if model.calls != is.calls {
            seen.breach(Property::TripsAtCondition, None);
        }
    }
}

/// Backends that the core looked at to find one for a call.
fn asked<W: Ways>(spec: &GatewaySpec, look: &Look<'_>, ways: &mut W) -> Vec<BackendId> {
    let events = &look.effects.events;
    let has_found = events.iter().any(|event| matches!(event, Event::Selected { .. }));
    let is_exhausted = events.iter().any(|event| matches!(event, Event::Exhausted { .. }));
    // A choice that was made earlier finds nobody now without asking again.
    let has_asked = has_found || is_exhausted && spec.semantics().select_at(ways) == SelectAt::ForwardRequest;
    if !has_asked {
        return Vec::new();
    }
    match look.exchange.target() {
        Some(BackendRef::Single(backend)) => vec![backend],
        Some(BackendRef::Pool(pool)) => {
            spec.pool(pool).map_or_else(Vec::new, |pool| pool.members.iter().map(|m| m.backend).collect())
        }
        None => Vec::new(),
    }
}

fn is_listed(rule: &BreakerRule, status: StatusCode) -> bool {
    rule.statuses.iter().any(|(from, to)| (from.get()..=to.get()).contains(&status.get()))
}

fn is_effective<W: Ways>(rule: &BreakerRule, reason: &str, spec: &GatewaySpec, ways: &mut W) -> bool {
    rule.error_reasons.iter().any(|named| named.eq_ignore_ascii_case(reason))
        && spec.semantics().breaker_error_reasons(ways) == ErrorReasons::Effective
}

/// How long a trip lasts.
fn length<W: Ways>(
    rule: &BreakerRule,
    asked: Option<Duration>,
    spec: &GatewaySpec,
    ways: &mut W,
) -> Duration {
    let Some(asked) = asked.filter(|_| rule.accept_retry_after) else { return rule.trip_duration };
    match spec.semantics().breaker_retry_after_policy(ways) {
        RetryAfterPolicy::MaxWithTrip => asked.max(rule.trip_duration),
        RetryAfterPolicy::IgnoreIfZero if asked == Duration::ZERO => rule.trip_duration,
        RetryAfterPolicy::Override | RetryAfterPolicy::IgnoreIfZero => asked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::guide::Script;
    use crate::verify::tests::support::{Small, code, rule, small};
    use crate::verify::{Setup, Worlds};

    const BACKEND: BackendId = BackendId(0);

    fn at(second: u64) -> Timestamp {
        Timestamp::from_nanos(second * 1_000_000_000)
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn read_as(readings: &[(&'static str, &'static str)]) -> Setup {
        Small { readings: readings.to_vec(), ..small() }.setup()
    }

    /// What a breaker is after these ends of calls, each at a second.
    fn after(rule: &BreakerRule, setup: &Setup, ends: &[(u64, Outcome)]) -> BreakerState {
        let worlds = Worlds::configured(&setup.gateway);
        let mut ways = Script::new(&worlds, 0, &[]);
        let mut model = Model { state: BreakerState::Closed, calls: Vec::new() };
        for (second, what) in ends {
            let told = Told { backend: BACKEND, is_probe: false, what: *what };
            assert!(model.tell(told, rule, &setup.gateway, at(*second), &mut ways));
        }
        model.state
    }

    fn tripped(since: u64, until: u64) -> BreakerState {
        BreakerState::Tripped { since: at(since), until: at(until) }
    }

    fn status(status: u16) -> Outcome {
        Outcome::Status(code(status), None)
    }

    fn asking(number: u16, after_s: u64) -> Outcome {
        Outcome::Status(code(number), Some(seconds(after_s)))
    }

    #[test]
    fn overdue_headers_count_by_reason_or_as_504() {
        let mut by_status = rule(&[(500, 599)]);
        let mut by_reason = rule(&[(429, 429)]);
        by_reason.error_reasons = vec!["timeout".into()];
        let effective = ("breaker.error_reasons_effective", "true");
        let as_504 = ("breaker.count_timeouts", "true");
        for (rule, readings, trips) in [
            (&by_status, &[][..], false),
            (&by_status, &[as_504][..], true),
            (&by_reason, &[as_504][..], false),
            (&by_reason, &[][..], false),
            (&by_reason, &[effective][..], true),
        ] {
            let state = after(rule, &read_as(readings), &[(1, Outcome::Overdue)]);
            assert_eq!(state, if trips { tripped(1, 61) } else { BreakerState::Closed }, "{readings:?}");
        }
        let lost = after(&by_reason, &read_as(&[effective]), &[(1, Outcome::NoConnection)]);
        assert_eq!(lost, BreakerState::Closed, "another reason");
        by_status.error_reasons = vec!["BackendConnectionFailure".into()];
        assert_eq!(after(&by_status, &read_as(&[effective]), &[(1, Outcome::NoConnection)]), tripped(1, 61));
        assert_eq!(after(&by_status, &read_as(&[effective]), &[(1, Outcome::Left)]), BreakerState::Closed);
    }

    #[test]
    fn a_count_is_of_one_interval() {
        let mut two = rule(&[(429, 429)]);
        (two.threshold, two.interval) = (Threshold::Count(2), seconds(10));
        let usual = read_as(&[]);
        assert_eq!(after(&two, &usual, &[(0, status(429)), (9, status(429))]), tripped(9, 69));
        assert_eq!(after(&two, &usual, &[(0, status(429)), (10, status(429))]), BreakerState::Closed);
        assert_eq!(after(&two, &usual, &[(0, status(429)), (1, status(200))]), BreakerState::Closed);
        let mut three = two.clone();
        three.threshold = Threshold::Count(3);
        let first = read_as(&[("breaker.window", "tumbling_first_failure")]);
        let late = [(0, status(429)), (8, status(429)), (10, status(429)), (17, status(429))];
        assert_eq!(after(&three, &first, &late), BreakerState::Closed, "the window began anew at 10");
        assert_eq!(after(&three, &usual, &late), tripped(17, 77));
    }

    #[test]
    fn a_percentage_is_of_all_calls_of_the_interval() {
        let mut half = rule(&[(429, 429)]);
        (half.threshold, half.interval) = (Threshold::Percentage(50), seconds(10));
        let one = read_as(&[("breaker.pct_min_samples", "1")]);
        let five = read_as(&[("breaker.pct_min_samples", "5")]);
        let (bad, well) = (status(429), status(200));
        assert_eq!(after(&half, &one, &[(0, well), (1, well), (2, bad)]), BreakerState::Closed, "a third");
        assert_eq!(after(&half, &one, &[(0, well), (1, bad)]), tripped(1, 61), "just half");
        assert_eq!(after(&half, &five, &[(0, bad), (1, bad), (2, bad), (3, bad)]), BreakerState::Closed);
        let five_calls = [(0, bad), (1, bad), (2, bad), (3, bad), (4, bad)];
        assert_eq!(after(&half, &five, &five_calls), tripped(4, 64));
        let ends_well = [(0, bad), (1, bad), (2, bad), (3, bad), (4, well)];
        assert_eq!(after(&half, &five, &ends_well), BreakerState::Closed, "only a failure trips");
    }

    #[test]
    fn a_trip_lasts_as_retry_after_is_read() {
        let one = rule(&[(429, 429)]);
        let mut deaf = one.clone();
        deaf.accept_retry_after = false;
        let usual = read_as(&[]);
        assert_eq!(after(&one, &usual, &[(1, asking(429, 5))]), tripped(1, 6));
        assert_eq!(after(&deaf, &usual, &[(1, asking(429, 5))]), tripped(1, 61));
        let policy = "breaker.retry_after_policy";
        assert_eq!(after(&one, &usual, &[(1, asking(429, 0))]), tripped(1, 1));
        let unless_zero = read_as(&[(policy, "ignore_if_zero")]);
        assert_eq!(after(&one, &unless_zero, &[(1, asking(429, 0))]), tripped(1, 61));
        assert_eq!(after(&one, &unless_zero, &[(1, asking(429, 5))]), tripped(1, 6));
        let most = read_as(&[(policy, "max_with_trip")]);
        assert_eq!(after(&one, &most, &[(1, asking(429, 5))]), tripped(1, 61));
        assert_eq!(after(&one, &most, &[(1, asking(429, 99))]), tripped(1, 100));
    }

    #[test]
    fn the_longest_retry_after_is_of_what_counted() {
        let mut two = rule(&[(429, 429)]);
        two.threshold = Threshold::Count(2);
        let longest = read_as(&[("breaker.retry_after_source", "max_counted")]);
        let ends = [(0, asking(429, 50)), (1, asking(429, 5))];
        assert_eq!(after(&two, &longest, &ends), tripped(1, 51));
        assert_eq!(after(&two, &read_as(&[]), &ends), tripped(1, 6));
        assert_eq!(after(&two, &longest, &[(0, asking(429, 50)), (1, status(429))]), tripped(1, 51));
    }

    #[test]
    fn failures_of_calls_under_way_may_extend_a_trip() {
        let one = rule(&[(429, 429)]);
        let extends = read_as(&[("breaker.inflight_failures_while_tripped", "extend")]);
        let again = [(0, status(429)), (20, status(429))];
        assert_eq!(after(&one, &extends, &again), tripped(0, 80));
        assert_eq!(after(&one, &read_as(&[]), &again), tripped(0, 60));
        assert_eq!(after(&one, &extends, &[(0, status(429)), (20, asking(429, 5))]), tripped(0, 60));
        assert_eq!(after(&one, &extends, &[(0, status(429)), (20, status(200))]), tripped(0, 60));
    }

    #[test]
    fn a_probe_decides_about_a_trip() {
        let (one, setup) = (rule(&[(429, 429)]), read_as(&[]));
        let worlds = Worlds::configured(&setup.gateway);
        let probing = BreakerState::Probing { under_way: true };
        for (is_probe, what, expected) in [
            (true, status(200), BreakerState::Closed),
            (true, status(429), tripped(9, 69)),
            (true, Outcome::Left, BreakerState::Probing { under_way: false }),
            (true, Outcome::Overdue, BreakerState::Probing { under_way: false }),
            (false, status(200), probing),
            (false, status(429), probing),
            (false, Outcome::Left, probing),
        ] {
            let mut model = Model { state: probing, calls: Vec::new() };
            let told = Told { backend: BACKEND, is_probe, what };
            model.tell(told, &one, &setup.gateway, at(9), &mut Script::new(&worlds, 0, &[]));
            assert_eq!(model.state, expected, "{is_probe} {what:?}");
        }
        let mut model = Model { state: tripped(0, 5), calls: Vec::new() };
        let told = Told { backend: BACKEND, is_probe: true, what: Outcome::Left };
        model.tell(told, &one, &setup.gateway, at(3), &mut Script::new(&worlds, 0, &[]));
        assert_eq!(model.state, tripped(0, 5), "there is nothing to decide any more");
    }

    #[test]
    fn a_trip_is_over_at_its_end_or_just_after() {
        for (reading, over) in [("at", true), ("after", false)] {
            let setup = read_as(&[("breaker.trip_end", reading)]);
            let worlds = Worlds::configured(&setup.gateway);
            for (second, expected) in [(59, false), (60, over), (61, true)] {
                let mut model = Model { state: tripped(0, 60), calls: Vec::new() };
                let mut ways = Script::new(&worlds, 0, &[]);
                assert_eq!(
                    model.expire(&setup.gateway, at(second), &mut ways),
                    expected,
                    "{reading} {second}"
                );
                assert_eq!(model.state == BreakerState::Closed, expected);
            }
        }
    }
}
