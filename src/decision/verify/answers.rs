//! What backends may answer, taken from the configuration.
//!
//! Rules
//! - Every status from 200 to 599 is played through the policy, alone and again and again; of statuses that make the
//!   same difference to policy and breakers one stands for all.
//! - They come without `Retry-After`, with a short one, one of a day, zero, and one that is no number, where that
//!   makes a difference.
//! - No headers in time, no connection, and a body that breaks off are always among them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::drive::{World, drive};
use super::setup::Setup;
use crate::gateway::{
    Action, Answerer, BreakerChange, ChoiceReason, Choices, Effects, Event, Exchange, FirstChoice,
    ForwardTarget, Gateway, RequestHead, SideAnswer, SideCall, Step,
};
use crate::policy::{Header, HeaderValue, Headers, Response, Text};
use crate::semantics::Readings;
use crate::units::{Duration, StatusCode, Timestamp};
use crate::wording::as_ranges;

/// Statuses that stand for others that make no difference, the best known first.
const WELL_KNOWN: [u16; 14] = [200, 429, 503, 500, 502, 504, 408, 400, 401, 403, 404, 413, 201, 302];
/// A short `Retry-After`, in seconds.
const SHORT_S: u64 = 1;
/// A long one: what a service sends when a request can never fit.
const LONG_S: u64 = 86_400;

/// What a backend does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// It answers with this status, whole.
    Status(StatusCode, RetryAfter),
    /// It answers 200, and its body breaks off.
    BreaksOff,
    /// It cannot be reached.
    NoConnection,
    /// No headers come in time.
    Overdue,
}

/// The `Retry-After` of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetryAfter {
    /// There is none.
    Absent,
    /// Seconds.
    Seconds(u64),
    /// Neither a number nor a date.
    Malformed,
}

/// All that is tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// In the order in which they are tried.
    pub all: Vec<Answer>,
    /// What is known of statuses, by the one that stands for them.
    pub kinds: BTreeMap<StatusCode, Kind>,
}

/// Statuses that make the same difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// Which, as ranges, bounds included.
    pub statuses: Vec<(u16, u16)>,
    /// Whether a retry goes on after one.
    pub is_retried: bool,
    /// Whether a breaker counts them.
    pub is_counted: bool,
}

impl Answers {
    /// What is worth trying with these requests.
    pub fn of(setup: &Setup) -> Self {
        let mut groups: BTreeMap<Signature, Vec<u16>> = BTreeMap::new();
        for number in 200..=599 {
            let Some(status) = StatusCode::new(number) else { continue };
            let plain = Answer::Status(status, RetryAfter::Absent);
            let looks = setup.requests.iter().map(|(_, head)| Look::of(setup, head, plain)).collect();
            let backends = setup.gateway.backends().iter();
            let counted =
                backends.map(|b| b.breaker.as_ref().is_some_and(|rule| rule.counts(status))).collect();
            groups.entry(Signature { sort: sort(status), looks, counted }).or_default().push(number);
        }
        let mut kinds = BTreeMap::new();
        for (signature, numbers) in groups {
            let known = WELL_KNOWN.iter().find(|known| numbers.contains(known)).or(numbers.first());
            if let Some(status) = known.and_then(|number| StatusCode::new(*number)) {
                let is_retried = signature.looks.iter().any(|look| look.retries);
                let is_counted = signature.counted.contains(&true);
                kinds.insert(status, Kind { statuses: as_ranges(&numbers), is_retried, is_counted });
            }
        }
        let rank = |status: &StatusCode| {
            let known = WELL_KNOWN.iter().position(|known| *known == status.get());
            (known.unwrap_or(WELL_KNOWN.len()), *status)
        };
        let mut statuses: Vec<StatusCode> = kinds.keys().copied().collect();
        statuses.sort_by_key(rank);
        let mut all = Vec::new();
        for status in statuses {
            let seconds = [SHORT_S, LONG_S, 0].map(RetryAfter::Seconds);
            let mut seen: Vec<Vec<Look>> = Vec::new();
            for retry_after in [RetryAfter::Absent].into_iter().chain(seconds).chain([RetryAfter::Malformed])
            {
                let answer = Answer::Status(status, retry_after);
                let looks = setup.requests.iter().map(|(_, head)| Look::of(setup, head, answer)).collect();
                if !seen.contains(&looks) {
                    seen.push(looks);
                    all.push(answer);
                }
            }
        }
        all.extend([Answer::Overdue, Answer::NoConnection, Answer::BreaksOff]);
        Self { all, kinds }
    }

    /// What is known of the statuses that `status` stands for.
    pub(super) fn kind(&self, status: StatusCode) -> Option<&Kind> {
        self.kinds.get(&status).or_else(|| {
            let number = status.get();
            self.kinds
                .values()
                .find(|kind| kind.statuses.iter().any(|(low, high)| (*low..=*high).contains(&number)))
        })
    }
}

impl Answer {
    /// The response that the gateway sees; `None` without one.
    pub(super) fn response(self) -> Option<Response> {
        let (status, retry_after) = match self {
            Self::Status(status, retry_after) => (status, retry_after),
            Self::BreaksOff => (StatusCode::OK, RetryAfter::Absent),
            Self::NoConnection | Self::Overdue => return None,
        };
        let mut response = Response::plain(status);
        let value = match retry_after {
            RetryAfter::Absent => None,
            RetryAfter::Seconds(seconds) => Some(HeaderValue::Number(seconds)),
            RetryAfter::Malformed => Some(HeaderValue::Text(Text::Static("soon"))),
        };
        if let Some(value) = value {
            let header = Header { name: Text::Static("Retry-After"), value };
            response.headers = Headers::shared(Arc::from([header]));
        }
        Some(response)
    }

    /// Whether all is well.
    pub fn is_well(self) -> bool {
        matches!(self, Self::Status(status, _) if status.is_success())
    }

    /// What a backend does, as a verb with its object.
    pub fn words(self) -> String {
        match self {
            Self::Status(status, RetryAfter::Absent) => status.to_string(),
            Self::Status(status, RetryAfter::Seconds(seconds)) => format!("{status}, Retry-After: {seconds}"),
            Self::Status(status, RetryAfter::Malformed) => format!("{status}, Retry-After: soon"),
            Self::BreaksOff => "200, body breaks off".to_owned(),
            Self::NoConnection => "no connection".to_owned(),
            Self::Overdue => "no headers in time".to_owned(),
        }
    }
}

/// What statuses do to the configuration, apart from their number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Signature {
    sort: u8,
    looks: Vec<Look>,
    counted: Vec<bool>,
}

/// The requests of a setup of which none does the same as one before it, by their places, each with the places of those
/// that do the same: whatever status all backends answer with.
pub fn distinct(setup: &Setup) -> Vec<(usize, Vec<usize>)> {
    let mut groups: Vec<(Vec<Look>, usize, Vec<usize>)> = Vec::new();
    for (at, (_, head)) in setup.requests.iter().enumerate() {
        let statuses = [200, 404, 429, 500, 503].into_iter().filter_map(StatusCode::new);
        let looks: Vec<Look> = statuses
            .map(|status| Look::of(setup, head, Answer::Status(status, RetryAfter::Absent)))
            .collect();
        match groups.iter_mut().find(|(known, ..)| *known == looks) {
            Some((_, _, alike)) => alike.push(at),
            None => groups.push((looks, at, Vec::new())),
        }
    }
    groups.into_iter().map(|(_, at, alike)| (at, alike)).collect()
}

/// What a client makes of a status: well, something else, told to come back later, or failed.
fn sort(status: StatusCode) -> u8 {
    match status.get() {
        200..=299 => 0,
        429 => 2,
        500.. => 3,
        _ => 1,
    }
}

/// What comes of one request when every call has the same answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    steps: Vec<Step>,
    /// What the client gets: `None` is the status itself.
    given: Option<u16>,
    calls: u32,
    /// How long each trip is.
    trips: Vec<Duration>,
    /// Headers that the client gets.
    headers: Vec<(String, String)>,
    waited: Duration,
    retries: bool,
}

impl Look {
    fn of(setup: &Setup, head: &RequestHead, answer: Answer) -> Self {
        let mut gateway = Gateway::new(Arc::clone(&setup.gateway));
        let mut world = Same { answer, look: Self::default(), reached: BTreeSet::new() };
        drive(&mut gateway, &mut Exchange::default(), head, Timestamp::ZERO, &mut world, true);
        world.look.steps = world.reached.into_iter().collect();
        world.look
    }
}

/// A world in which all backends do the same, as is configured.
struct Same {
    answer: Answer,
    look: Look,
    reached: BTreeSet<Step>,
}

impl Readings for Same {}

impl Choices for Same {
    fn choose_weighted(&mut self, weights: &[u32], why: ChoiceReason) -> usize {
        FirstChoice.choose_weighted(weights, why)
    }

    fn between(&mut self, low: u64, high: u64, why: ChoiceReason) -> u64 {
        FirstChoice.between(low, high, why)
    }
}

impl World for Same {
    fn answer(&mut self, _: &ForwardTarget) -> Answer {
        self.answer
    }

    fn hear(&mut self, _: &Gateway, exchange: &Exchange, effects: &Effects, _: Timestamp) {
        let look = &mut self.look;
        self.reached.extend(effects.steps.iter().flatten());
        for event in &effects.events {
            match event {
                Event::Retry { wait, .. } => {
                    look.retries = true;
                    look.waited = look.waited.saturating_add(*wait);
                }
                Event::Breaker { change: BreakerChange::Tripped(trip), .. } => {
                    look.trips.push(trip.effective);
                }
                _ => {}
            }
        }
        for action in &effects.actions {
            match action {
                Action::Forward { .. } => look.calls += 1,
                Action::Respond { answerer, .. } => {
                    let given = exchange.response().map_or(0, |response| response.status.get());
                    let is_status = matches!(self.answer, Answer::Status(status, _) if status.get() == given);
                    let is_passed_on = is_status && matches!(answerer, Answerer::Backend { .. });
                    look.given = (!is_passed_on).then_some(given);
                    if !is_passed_on {
                        let headers =
                            exchange.response().into_iter().flat_map(|response| response.headers.iter());
                        let told =
                            |header: &Header| (header.name.to_string(), header.value.to_text().to_string());
                        look.headers = headers.map(told).collect();
                    }
                }
                _ => {}
            }
        }
    }
}

/// The usual answer to a side call; `None` when nobody waits for one. A token outlives every exploration.
pub(super) fn side_answer(call: &SideCall) -> Option<SideAnswer> {
    match call {
        SideCall::Token { .. } => {
            Some(SideAnswer::Token { token: Text::Static("token"), expires: Timestamp::MAX })
        }
        SideCall::Request(request) if request.one_way => None,
        SideCall::Request(_) => Some(SideAnswer::Response(Response::plain(StatusCode::OK))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::SideRequest;
    use crate::verify::tests::support::{code, retry, rule, sections, setup, to_pool};

    fn look(policy: &str, status: u16) -> Look {
        let setup = setup(policy, &[Some(1), Some(2)], Some(&rule(&[(429, 429)])));
        Look::of(&setup, &setup.requests[0].1, Answer::Status(code(status), RetryAfter::Absent))
    }

    #[test]
    fn clients_make_four_sorts_of_statuses() {
        let sorts = [200, 201, 299, 300, 404, 428, 429, 430, 499, 500, 503, 599];
        assert_eq!(sorts.map(|status| sort(code(status))), [0, 0, 0, 1, 1, 1, 2, 1, 1, 3, 3, 3]);
    }

    #[test]
    fn a_look_tells_calls_trips_and_what_the_client_gets() {
        let policy = to_pool(&retry(3, r#"interval="2""#, "context.Response.StatusCode == 500"));
        let retried = look(&policy, 500);
        assert_eq!((retried.calls, retried.retries, retried.given), (4, true, None));
        assert_eq!(retried.waited, Duration::from_secs(6));
        assert!(retried.trips.is_empty() && retried.headers.is_empty());
        let passed = look(&policy, 429);
        assert_eq!((passed.calls, passed.retries, passed.given), (1, false, None));
        assert_eq!(passed.trips, [Duration::from_secs(60)]);
    }

    #[test]
    fn a_status_that_the_policy_makes_is_not_passed_on_even_if_it_is_the_same() {
        let inbound = r#"<set-backend-service backend-id="openai-backend-pool" />"#;
        let outbound = r#"<forward-request /><return-response><set-status code="404" reason="x" />
            <set-header name="x-a"><value>b</value></set-header></return-response>"#;
        let policy = sections(inbound, outbound, "");
        for status in [404, 200] {
            let made = look(&policy, status);
            assert_eq!((made.calls, made.given), (1, Some(404)), "{status}");
            assert_eq!(made.headers, [("x-a".to_owned(), "b".to_owned())]);
        }
        let changed = r#"<forward-request /><set-status code="404" reason="x" />"#;
        let changed = sections(inbound, changed, "");
        assert_eq!(look(&changed, 200).given, Some(404));
        assert_eq!(look(&changed, 404).given, None);
    }

    #[test]
    fn nobody_answers_a_request_that_nobody_waits_for() {
        let request = |one_way| {
            let (method, url, body) = ("GET".into(), "https://a.example".into(), crate::policy::Body::Absent);
            let (headers, timeout) = (Headers::default(), Duration::from_secs(1));
            SideCall::Request(Box::new(SideRequest { method, url, headers, body, timeout, one_way }))
        };
        assert_eq!(side_answer(&request(true)), None);
        let ok = Response::plain(StatusCode::OK);
        assert_eq!(side_answer(&request(false)), Some(SideAnswer::Response(ok)));
    }

    #[test]
    fn every_choice_is_the_first() {
        let mut world = Same { answer: Answer::Overdue, look: Look::default(), reached: BTreeSet::new() };
        let why = ChoiceReason::RetryJitter;
        assert_eq!(world.choose_weighted(&[1, 1, 1], why), FirstChoice.choose_weighted(&[1, 1, 1], why));
        assert_eq!(world.choose_weighted(&[0, 0, 1], why), FirstChoice.choose_weighted(&[0, 0, 1], why));
        assert_eq!(world.between(5, 9, why), FirstChoice.between(5, 9, why));
    }
}
