//! Sessions under way: whose turn it is, the cookies that clients keep, and who answers a session.
//!
//! Rules
//! - A client that keeps cookies sends those of its session with every further request, also with a further
//!   try of one call. A cookie is its name and its value; a new one replaces one of its name.
//! - Memory grows with the sessions under way, not with those that there were.
//! - The member that a session is pinned to is the one whose answer brought its latest cookie.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::calendar::{Event, EventKind};
use super::flight::Flight;
use super::observe::Observer;
use super::plan::RunPlan;
use super::world::World;
use crate::policy::{Header, HeaderValue, Text};
use crate::random::Streams;
use crate::units::{BackendId, Demand, Duration, StatusCode, Timestamp, Tokens};
use crate::workload::{ArrivalSpec, SessionBegin, SessionDraws, SessionSpec};

/// Cookies that a client keeps at most (RFC 6265 wants at least 50 for a domain).
const MOST_COOKIES: usize = 50;

/// What became of sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionsResult {
    /// Sessions begun.
    pub begun: u64,
    /// Requests answered 2xx by a member.
    pub answers: u64,
    /// Of those, answers to sessions that had one before.
    pub follow_ups: u64,
    /// Of those, from the member of the answer before.
    pub from_same: u64,
    /// Of all answers, those to sessions with a cookie.
    pub pinned: u64,
    /// Of those, from the member that the cookie is of.
    pub from_pinned: u64,
}

/// The cookies that a client keeps: names and values.
#[derive(Clone, Debug, Default)]
pub struct Cookies(Vec<(String, String)>);

/// The sessions of a run.
#[derive(Debug)]
pub(super) struct Sessions<'p> {
    spec: &'p SessionSpec,
    draws: SessionDraws,
    /// What every request sends.
    common: &'p Arc<[Header]>,
    live: BTreeMap<u32, Session>,
    /// Number of the next session.
    next: u32,
}

#[derive(Clone, Debug)]
struct Session {
    turn: u32,
    turns: u32,
    keeps_cookies: bool,
    cookies: Cookies,
    /// All headers of its requests, once there is a cookie.
    headers: Option<Arc<[Header]>>,
    /// Tokens of its prompts and answers so far.
    history: Tokens,
    answered_by: Option<BackendId>,
    pinned_to: Option<BackendId>,
}

impl<'p> Sessions<'p> {
    /// Those of the plan; `None` when its traffic has none.
    pub(super) fn new(plan: &'p RunPlan, streams: Streams) -> Option<Self> {
        let ArrivalSpec::Sessions(spec) = &plan.traffic.arrivals else { return None };
        let draws = SessionDraws::new(spec.clone(), plan.traffic.sizes.clone(), streams);
        Some(Self { spec, draws, common: &plan.operation.headers, live: BTreeMap::new(), next: 0 })
    }

    /// The headers of a session's requests.
    pub(super) fn headers(&self, session: Option<u32>) -> Arc<[Header]> {
        let own = session.and_then(|number| self.live.get(&number)?.headers.as_ref());
        Arc::clone(own.unwrap_or(self.common))
    }

    /// Takes a number for a session that will begin, if there are to be more.
    fn next_number(&mut self) -> Option<u32> {
        let number = self.next;
        (number < self.spec.sessions).then(|| self.next = number.saturating_add(1))?;
        Some(number)
    }

    /// A request of a session got its whole response.
    pub(super) fn answered(&mut self, flight: &Flight, totals: &mut SessionsResult) {
        let Some(session) = flight.client.and_then(|number| self.live.get_mut(&number)) else { return };
        let Some(backend) = flight.answerer else { return };
        if flight.status.is_some_and(StatusCode::is_success) {
            totals.answers += 1;
            totals.follow_ups += u64::from(session.answered_by.is_some());
            totals.from_same += u64::from(session.answered_by == Some(backend));
            totals.pinned += u64::from(session.pinned_to.is_some());
            totals.from_pinned += u64::from(session.pinned_to == Some(backend));
            session.answered_by = Some(backend);
            let (prompt, completion) = (flight.demand.prompt_tokens.get(), flight.demand.generated().get());
            session.history = Tokens(prompt.saturating_add(completion));
        }
        let response = flight.exchange.response().filter(|_| session.keeps_cookies);
        let set = response.into_iter().flat_map(|response| response.headers.values("Set-Cookie"));
        let mut is_new = false;
        for value in set {
            is_new |= session.cookies.keep(&value.to_text());
        }
        if is_new {
            session.pinned_to = Some(backend);
            session.headers = Some(session.cookies.added_to(self.common));
        }
    }

    /// A request of a session is over for good: who goes on, and how long from now.
    pub(super) fn goes_on(&mut self, number: u32) -> Option<(u32, Duration)> {
        let session = self.live.get_mut(&number)?;
        let pause = self.draws.think(number, session.turn);
        session.turn = session.turn.saturating_add(1);
        if session.turn < session.turns {
            return Some((number, pause));
        }
        self.live.remove(&number);
        match self.spec.begin {
            SessionBegin::Users(_) => Some((self.next_number()?, pause)),
            SessionBegin::PerSecond(_) => None,
        }
    }
}

impl Cookies {
    /// Keeps the cookie of a `Set-Cookie`. `false`: there is none in it.
    pub fn keep(&mut self, set_cookie: &str) -> bool {
        let pair = set_cookie.split(';').next().unwrap_or_default();
        let Some((name, value)) = pair.split_once('=') else { return false };
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return false;
        }
        let is_full = self.0.len() >= MOST_COOKIES;
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None if is_full => return false,
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
        true
    }

    /// The headers of a request with these cookies beside `common`.
    pub fn added_to(&self, common: &[Header]) -> Arc<[Header]> {
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let value = HeaderValue::Text(Text::from(pairs.join("; ")));
        let cookie = Header { name: Text::Static("Cookie"), value };
        common.iter().cloned().chain([cookie]).collect()
    }
}

impl<O: Observer> World<'_, O> {
    /// Schedules the first sessions.
    pub(super) fn first_sessions(&mut self) {
        let Some(sessions) = &mut self.sessions else { return };
        match sessions.spec.begin {
            SessionBegin::Users(users) => {
                for _ in 0..users {
                    let Some(number) = sessions.next_number() else { return };
                    let event = Event { kind: EventKind::ClientSends, slot: number, epoch: 0, attempt: 0 };
                    self.calendar.schedule(Timestamp::ZERO, event);
                }
            }
            SessionBegin::PerSecond(_) => self.next_session(Timestamp::ZERO),
        }
    }

    fn next_session(&mut self, now: Timestamp) {
        let Some(sessions) = &mut self.sessions else { return };
        let Some(gap) = sessions.draws.gap() else { return };
        let at = now.saturating_add(gap);
        if at < Timestamp::MAX
            && let Some(number) = sessions.next_number()
        {
            let event = Event { kind: EventKind::ClientSends, slot: number, epoch: 0, attempt: 0 };
            self.calendar.schedule(at, event);
        }
    }

    /// It is the turn of a session, maybe its first: what it asks.
    pub(super) fn session_sends(&mut self, number: u32, now: Timestamp) -> Option<Demand> {
        let sessions = self.sessions.as_mut()?;
        let is_new = !sessions.live.contains_key(&number);
        if is_new {
            let plan = sessions.draws.session(number);
            let session = Session {
                turn: 0,
                turns: plan.turns,
                keeps_cookies: plan.keeps_cookies,
                cookies: Cookies::default(),
                headers: None,
                history: Tokens(0),
                answered_by: None,
                pinned_to: None,
            };
            sessions.live.insert(number, session);
        }
        let session = sessions.live.get(&number)?;
        let demand = sessions.draws.turn(number, session.turn, session.history);
        if is_new {
            let is_early = self.is_early(now);
            let result = if is_early { &mut self.early } else { &mut self.result };
            if let Some(totals) = &mut result.sessions {
                totals.begun += 1;
            }
            // Draws nothing where users begin them.
            self.next_session(now);
        }
        Some(demand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_kept_by_name_and_without_attributes() {
        let mut cookies = Cookies::default();
        assert!(cookies.keep("sid=1; Path=/; HttpOnly"));
        assert!(cookies.keep("a = b=c"));
        assert!(cookies.keep("sid=2"));
        assert!(!cookies.keep("nothing") && !cookies.keep("=1") && !cookies.keep(""));
        let value = HeaderValue::Text(Text::Static("POST"));
        let common = [Header { name: Text::Static("x"), value }];
        let headers = cookies.added_to(&common);
        assert_eq!(headers.len(), 2);
        assert_eq!(headers[1].value.to_text().as_str(), "sid=2; a=b=c");
        for n in 0..1_000 {
            cookies.keep(&format!("n{n}=x"));
        }
        assert_eq!(cookies.0.len(), MOST_COOKIES);
    }
}
