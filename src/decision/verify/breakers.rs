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
