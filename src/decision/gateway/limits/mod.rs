//! Policies that limit: concurrency, rates, quotas and tokens.
//!
//! Rules
//! - Counters belong to the instance. A refusal raises an error with a response of the gateway, so that an
//!   enclosing retry can go on and on-error sees the status.
//! - A refused call counts nothing in the limit that refused it; what earlier limits counted stays.
//! - Calls count on entry; with an `increment-condition` they count when the response is sent, if the
//!   condition is true then. One that throws counts nothing.
//! - Headers about what is left are added to whatever response is sent, with the numbers of entry.
//! - A token limit is met once, in inbound: it counts the estimate on entry if it estimates, and the rest
//!   when the response has ended, by its usage. Without usage the estimate stays.
//!
//! Sources: pages of the policies (llm-token-limit 2026-04-01), error handling page. Undocumented, model: what
//! refused calls count, and that a call with several increments must fit whole.
//!
//! Deliberately absent: sharing between instances, and the inaccuracy of a distributed counter.

mod book;
mod bucket;
mod calendar;
mod meter;
mod tokens;
mod view;

pub(crate) use view::{Counts, Held, PassedTokens};

use std::collections::BTreeMap;

use self::book::Book;
use self::calendar::{Window, fixed};
use self::meter::{Meter, Rate};
use self::tokens::TokenDue;
use super::choices::Choices;
use super::exchange::Frame;
use super::io::Answerer;
use super::pipeline::Runner;
use super::seeded::{Fault, seeded};
use super::seldom::Unused;
use crate::policy::csharp::Value;
use crate::policy::{
    Body, Facts, HeaderValue, Increment, LastError, Limit, LimitScope, NarrowLimit, Op, Pc, Quota, RateLimit,
    Response, Tell, Text, VariableSlot,
};
use crate::units::{Duration, StatusCode, Timestamp};

/// Longest renewal period of a rate limit; a computed one is cut off there.
const LONGEST_RATE: Duration = Duration::from_secs(300);
/// Shortest, likewise.
const SHORTEST_RATE: Duration = Duration::from_secs(1);

/// All counters of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Limits {
    /// Calls inside of limit-concurrency, by key. Keys without calls are not kept.
    inside: BTreeMap<Text, u32>,
    rates: Book<CounterKey, Meter>,
    quotas: Book<CounterKey, Used>,
    minutes: Book<Text, Meter>,
    token_quotas: Book<Text, Used>,
}

impl Unused for Limits {
    const UNUSED: &'static Self = &Self {
        inside: BTreeMap::new(),
        rates: Book::NEW,
        quotas: Book::NEW,
        minutes: Book::NEW,
        token_quotas: Book::NEW,
    };
}

/// What a counter of calls belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum CounterKey {
    /// A subscription, in one policy element and one of the limits in it.
    Element(Pc, u32, Text),
    /// A key.
    Key(Text),
}

/// What was used in a fixed window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Used {
    window: i64,
    /// Calls or tokens.
    units: u64,
    bytes: u64,
}

impl Used {
    fn enter(&mut self, window: Window) {
        if self.window != window.number {
            *self = Self { window: window.number, units: 0, bytes: 0 };
        }
    }
}

/// What a limit still has to count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Due {
    /// Calls of the rate limit at this place, when the response is sent.
    Rate(Pc, CounterKey, Rate),
    /// Calls and volume of the quota at this place, when the response is sent.
    Quota(Pc, CounterKey, Duration, u64),
    /// Tokens, when the response has ended.
    Tokens(TokenDue),
}

impl Limits {
    /// A call has left limit-concurrency.
    pub(super) fn leave(&mut self, key: &Text) {
        if let Some(inside) = self.inside.get_mut(key) {
            *inside = inside.saturating_sub(1);
            if *inside == 0 {
                self.inside.remove(key);
            }
        }
    }

    /// Calls inside of limit-concurrency, over all keys.
    pub(super) fn inside(&self) -> u32 {
        self.inside.values().fold(0, |sum, inside| sum.saturating_add(*inside))
    }

    fn rate(&mut self, key: &CounterKey, now: Timestamp, rate: Rate) -> &mut Meter {
        self.rates.open(key, now, || Meter::new(rate.algorithm), |meter| meter.is_idle(now))
    }

    fn quota(&mut self, key: &CounterKey, now: Timestamp, window: Window) -> &mut Used {
        let used = self.quotas.open(key, now, Used::default, |_| false);
        used.enter(window);
        used
    }
}

impl<C: Choices> Runner<'_, C> {
    /// Runs a policy that limits.
    pub(super) fn limit(&mut self, policy: &Limit, pc: Pc) -> Result<(), Box<LastError>> {
        match policy {
            Limit::Concurrency { key, most } => {
                let key = self.eval(key)?;
                let inside = self.state.limits.inside.entry(key.clone()).or_insert(0);
                if *inside >= *most {
                    // The reason word is a placeholder of ours: the service's is not published.
                    return Err(self.refuse(
                        StatusCode::TOO_MANY_REQUESTS,
                        None,
                        &Tell::default(),
                        "ConcurrencyLimitExceeded",
                        "Concurrency limit is exceeded".into(),
                    ));
                }
                *inside = inside.saturating_add(1);
                self.exchange.frames.push(Frame::Concurrency(key));
            }
            Limit::ConcurrencyEnd => {
                self.leave_frame();
            }
            Limit::Rate(policy) => self.rate_limit(policy, pc)?,
            Limit::Quota(policy) => self.quota(policy, pc)?,
            Limit::Tokens(policy) => self.token_limit(policy)?,
        }
        self.exchange.pc = pc.next();
        Ok(())
    }

    fn rate_limit(&mut self, policy: &RateLimit, pc: Pc) -> Result<(), Box<LastError>> {
        let Some(key) = self.counter_key(&policy.scope, pc)? else { return Ok(()) };
        let limit = u64::from(self.eval(&policy.calls)?);
        let period = self.eval(&policy.period)?.clamp(SHORTEST_RATE, LONGEST_RATE);
        let algorithm = self.spec.semantics().rate_algorithm(self.choices);
        let count = self.increment_on_entry(&policy.increment)?;
        let mut counters = vec![(key, Rate { limit, period, algorithm })];
        for (key, narrow) in self.narrower(&policy.narrower, pc) {
            let limit = narrow.calls.map_or(u64::MAX, u64::from);
            counters.push((key, Rate { limit, period: narrow.period, algorithm }));
        }
        let now = self.now;
        for (key, rate) in &counters {
            let fits = self.state.limits.rate(key, now, *rate).fits(now, *rate, count.unwrap_or(1).max(1));
            if let Err(wait) = fits
                && !seeded(Fault::CallLimitIgnored)
            {
                self.tell(&policy.remaining, 0);
                self.stamp(policy.total_header.as_ref(), limit);
                return Err(self.refuse(
                    StatusCode::TOO_MANY_REQUESTS,
                    Some(wait),
                    &policy.retry_after,
                    "RateLimitExceeded",
                    "Rate limit is exceeded".into(),
                ));
            }
        }
        let mut left = None;
        for (key, rate) in counters {
            let meter = self.state.limits.rate(&key, now, rate);
            if !seeded(Fault::CallNotCounted) {
                meter.add(now, rate, count.unwrap_or(0));
            }
            left = left.or(Some(meter.left(now, rate)));
            if count.is_none() {
                self.exchange.due.push(Due::Rate(pc, key, rate));
            }
        }
        self.tell(&policy.remaining, left.unwrap_or(0));
        self.stamp(policy.total_header.as_ref(), limit);
        Ok(())
    }

    fn quota(&mut self, policy: &Quota, pc: Pc) -> Result<(), Box<LastError>> {
        let Some(key) = self.counter_key(&policy.scope, pc)? else { return Ok(()) };
        let calls = policy.calls.as_ref().map(|calls| self.eval(calls)).transpose()?;
        let kilobytes = policy.kilobytes.as_ref().map(|most| self.eval(most)).transpose()?;
        let period = self.eval(&policy.period)?;
        let count = self.increment_on_entry(&policy.increment)?;
        let first_s = policy.first_period_s.unwrap_or_else(|| subscribed_s(self.exchange.facts.as_deref()));
        let mut counters = vec![(key, calls, kilobytes, period)];
        for (key, narrow) in self.narrower(&policy.narrower, pc) {
            counters.push((key, narrow.calls, narrow.kilobytes, narrow.period));
        }
        let now = self.now;
        for (key, calls, kilobytes, period) in &counters {
            let window = fixed(now, self.spec.start_unix_s(), first_s, *period);
            let used = *self.state.limits.quota(key, now, window);
            let more = if seeded(Fault::QuotaOneLate) { 0 } else { count.unwrap_or(1).max(1) };
            let wanted = used.units.saturating_add(more);
            let what = if calls.is_some_and(|calls| wanted > u64::from(calls)) {
                "call volume"
            } else if kilobytes.is_some_and(|most| used.bytes >= u64::from(most).saturating_mul(1024)) {
                "bandwidth"
            } else {
                continue;
            };
            let message = match window.left {
                Some(left) => {
                    format!("Out of {what} quota. Quota will be replenished in {}.", clock(left))
                }
                None => format!("Out of {what} quota."),
            };
            let tell = Tell { header: Some(Text::Static("Retry-After")), variable: None };
            return Err(self.refuse(
                StatusCode::FORBIDDEN,
                window.left,
                &tell,
                "QuotaExceeded",
                message.into(),
            ));
        }
        for (key, _, kilobytes, period) in counters {
            let window = fixed(now, self.spec.start_unix_s(), first_s, period);
            let used = self.state.limits.quota(&key, now, window);
            used.units = used.units.saturating_add(count.unwrap_or(0));
            if count.is_none() || kilobytes.is_some() {
                self.exchange.due.push(Due::Quota(pc, key, period, first_s));
            }
        }
        Ok(())
    }

    /// Counts what shows only with the response, and adds the headers that limits tell, before it is sent.
    pub(super) fn settle_response(&mut self) {
        if !self.exchange.due.is_empty() {
            let mut due = std::mem::take(&mut self.exchange.due);
            due.retain(|due| match due {
                Due::Rate(pc, key, rate) => {
                    let count = self.increment_after(*pc);
                    let now = self.now;
                    self.state.limits.rate(key, now, *rate).add(now, *rate, count);
                    false
                }
                Due::Quota(pc, key, period, first_s) => {
                    let count = self.increment_after(*pc);
                    let bytes = self.volume();
                    let window = fixed(self.now, self.spec.start_unix_s(), *first_s, *period);
                    let used = self.state.limits.quota(key, self.now, window);
                    used.units = used.units.saturating_add(count);
                    used.bytes = used.bytes.saturating_add(bytes);
                    false
                }
                Due::Tokens(_) => true,
            });
            self.exchange.due = due;
        }
        self.tell_consumed();
        if !self.exchange.stamps.is_empty() {
            let stamps = std::mem::take(&mut self.exchange.stamps);
            if let Some(response) = &mut self.exchange.response {
                for (name, value) in stamps {
                    response.headers.set(name, value);
                }
            }
        }
    }

    fn counter_key(&mut self, scope: &LimitScope, pc: Pc) -> Result<Option<CounterKey>, Box<LastError>> {
        Ok(match scope {
            LimitScope::Key(key) => Some(CounterKey::Key(self.eval(key)?)),
            LimitScope::Subscription => self.subscription().map(|id| CounterKey::Element(pc, 0, id)),
        })
    }

    fn subscription(&self) -> Option<Text> {
        Some(self.exchange.facts.as_ref()?.subscription.as_ref()?.id.clone())
    }

    /// The limits of the called API and operation.
    fn narrower<'l>(&self, limits: &'l [NarrowLimit], pc: Pc) -> Vec<(CounterKey, &'l NarrowLimit)> {
        let (Some(facts), Some(id)) = (&self.exchange.facts, self.subscription()) else { return Vec::new() };
        let applies = |limit: &NarrowLimit| {
            let operation = &facts.operation;
            limit.api.matches(&facts.api.id, &facts.api.name)
                && limit.operation.as_ref().is_none_or(|named| named.matches(&operation.id, &operation.name))
        };
        let numbered = limits.iter().zip(1u32..).filter(|(limit, _)| applies(limit));
        numbered.map(|(limit, number)| (CounterKey::Element(pc, number, id.clone()), limit)).collect()
    }

    /// What a call counts at once; `None`: that shows later.
    fn increment_on_entry(&mut self, increment: &Increment) -> Result<Option<u64>, Box<LastError>> {
        if increment.condition.is_some() {
            return Ok(None);
        }
        self.eval(&increment.count).map(|count| Some(u64::from(count)))
    }

    /// What a call counts now that the response is known.
    fn increment_after(&mut self, pc: Pc) -> u64 {
        let Some(Op::Limit(limit)) = self.spec.program().op(pc) else { return 0 };
        let (Limit::Rate(RateLimit { increment, .. }) | Limit::Quota(Quota { increment, .. })) = &**limit
        else {
            return 0;
        };
        let Some(condition) = &increment.condition else { return 0 };
        match self.eval(condition) {
            Ok(true) => self.eval(&increment.count).map_or(0, u64::from),
            Ok(false) | Err(_) => 0,
        }
    }

    /// Bytes of the bodies that are known by their text.
    fn volume(&self) -> u64 {
        let size = |body: &Body| match body {
            Body::Text(text) => text.len() as u64,
            Body::Absent | Body::Opaque | Body::Consumed => 0,
        };
        let response = self.exchange.response.as_ref().map_or(0, |response| size(&response.body));
        size(&self.exchange.request.body).saturating_add(response)
    }

    /// The error of a limit, with the gateway's own response.
    fn refuse(
        &mut self,
        status: StatusCode,
        wait: Option<Duration>,
        tell: &Tell,
        reason: &'static str,
        message: Text,
    ) -> Box<LastError> {
        self.drop_body();
        let mut response = Response::plain(status);
        if let Some(wait) = wait {
            let seconds = wait.as_secs_ceil().max(1);
            if let Some(name) = &tell.header {
                response.headers.set(name.clone(), HeaderValue::Number(seconds));
            }
            self.set_number(tell.variable, seconds);
        }
        self.exchange.response = Some(response);
        self.exchange.answerer = Some(Answerer::Gateway);
        self.error(reason, message)
    }

    fn tell(&mut self, tell: &Tell, number: u64) {
        self.stamp(tell.header.as_ref(), number);
        self.set_number(tell.variable, number);
    }

    fn stamp(&mut self, header: Option<&Text>, number: u64) {
        if let Some(name) = header {
            self.exchange.stamps.push((name.clone(), HeaderValue::Number(number)));
        }
    }

    fn set_number(&mut self, slot: Option<VariableSlot>, number: u64) {
        if let Some(slot) = slot {
            self.set_variable(slot, Value::Int(i32::try_from(number).unwrap_or(i32::MAX)));
        }
    }
}

/// When the caller subscribed, in seconds since 0001-01-01T00:00:00Z.
fn subscribed_s(facts: Option<&Facts>) -> u64 {
    let subscription = facts.and_then(|facts| facts.subscription.as_ref());
    let ticks = subscription.map_or(0, |s| s.start_ticks.unwrap_or(s.created_ticks));
    u64::try_from(ticks).unwrap_or(0).checked_div(10_000_000).unwrap_or(0)
}

/// Hours, minutes and seconds, rounded up.
fn clock(duration: Duration) -> String {
    let seconds = duration.as_secs_ceil();
    let part =
        |unit: u64, modulus: u64| seconds.checked_div(unit).and_then(|n| n.checked_rem(modulus)).unwrap_or(0);
    format!("{:02}:{:02}:{:02}", part(3_600, u64::MAX), part(60, 60), part(1, 60))
}
