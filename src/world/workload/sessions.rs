//! Sessions: users who take several turns, each after the answer to the one before.
//!
//! Rules
//! - What is drawn for a session depends on its number only, what is drawn for a turn on the session and the
//!   number of the turn: how sessions interleave changes nothing of it.
//! - With `history` a prompt has the prompts and answers of the turns before in front of its own.
//! - Times to think are exponential.
//!
//! Deliberately not modelled: users who stop because a turn failed; that a conversation's beginning is cached.

use crate::random::{Stream, StreamName, Streams, whole};
use crate::units::{Demand, Duration, RequestId, Tokens};

use super::sizes::one_message;
use super::{SizeSpec, Sizes, TokenSpec};

/// Sessions of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionSpec {
    /// When sessions begin.
    pub begin: SessionBegin,
    /// Sessions in all.
    pub sessions: u32,
    /// Turns of each, at least 1 and at most [`MAX_TURNS`].
    pub turns: TokenSpec,
    /// Mean time between an answer and the next turn; also between two sessions of one user.
    pub think: Duration,
    /// Whether prompts grow by the turns before.
    pub history: bool,
    /// Share of the sessions whose client stores cookies and sends them back, 0 to 1.
    pub keep_cookies: f64,
}

/// When sessions begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SessionBegin {
    /// So many users, each with one session after the other.
    Users(u32),
    /// Independently, at this mean rate per second.
    PerSecond(f64),
}

/// Turns of a session at most.
pub const MAX_TURNS: u32 = 10_000;

const BEGIN: StreamName = StreamName::new("sessions");
const SESSION: StreamName = StreamName::new("session");
const THINK: StreamName = StreamName::new("think-time");
const NANOS_PER_SECOND: f64 = 1e9;
/// Turns have smaller numbers than 2 to the power of this.
const TURN_BITS: u32 = 20;

/// The draws of sessions.
#[derive(Clone, Debug)]
pub struct SessionDraws {
    spec: SessionSpec,
    sizes: Sizes,
    streams: Streams,
    begin: Stream,
}

/// What is drawn for a session when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPlan {
    /// How many turns it has, at least 1.
    pub turns: u32,
    /// Whether its client keeps cookies.
    pub keeps_cookies: bool,
}

impl SessionDraws {
    /// Draws for `spec`, with turns of such sizes.
    pub fn new(spec: SessionSpec, sizes: SizeSpec, streams: Streams) -> Self {
        Self { spec, sizes: Sizes::new(sizes, &streams), streams, begin: streams.named(BEGIN) }
    }

    /// Time from the beginning of one session to that of the next, where they begin at a rate. One call for
    /// each session, in their order. `None`: no further one ever begins.
    pub fn gap(&mut self) -> Option<Duration> {
        match self.spec.begin {
            SessionBegin::PerSecond(rate) if rate.is_finite() && rate > 0.0 => {
                Some(Duration::from_nanos(whole(self.begin.exponential(NANOS_PER_SECOND / rate))))
            }
            SessionBegin::PerSecond(_) | SessionBegin::Users(_) => None,
        }
    }

    /// What session `number` is.
    pub fn session(&self, number: u32) -> SessionPlan {
        let mut stream = self.streams.keyed(SESSION, u64::from(number), 0);
        let keeps_cookies = match self.spec.keep_cookies {
            share if share <= 0.0 => false,
            share if share >= 1.0 => true,
            share => stream.chance(share),
        };
        let mut stream = self.streams.keyed(SESSION, u64::from(number), 1);
        let turns = self.spec.turns.at(stream.standard_normal()).get().min(u64::from(MAX_TURNS));
        SessionPlan { turns: u32::try_from(turns).unwrap_or(MAX_TURNS), keeps_cookies }
    }

    /// What turn `turn` of a session asks, after so many tokens of prompts and answers.
    pub fn turn(&self, session: u32, turn: u32, before: Tokens) -> Demand {
        let demand = self.sizes.of(RequestId(u64::from(session) << TURN_BITS | u64::from(turn)));
        if !self.spec.history || before.get() == 0 {
            return demand;
        }
        let all = Tokens(demand.prompt_tokens.get().saturating_add(before.get()));
        let (prompt, prompt_tokens) = one_message(all);
        Demand { prompt, prompt_tokens, ..demand }
    }

    /// How long the user of a session thinks after turn `turn`.
    pub fn think(&self, session: u32, turn: u32) -> Duration {
        if self.spec.think == Duration::ZERO {
            return Duration::ZERO;
        }
        let mut stream = self.streams.keyed(THINK, u64::from(session), u64::from(turn));
        Duration::from_nanos(whole(stream.exponential(self.spec.think.as_nanos() as f64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::PromptSpec;

    fn spec() -> SessionSpec {
        SessionSpec {
            begin: SessionBegin::PerSecond(2.0),
            sessions: 10,
            turns: TokenSpec::LogNormal { median: 5.0, sigma: 0.5, max: 50 },
            think: Duration::from_secs(10),
            history: true,
            keep_cookies: 0.25,
        }
    }

    fn draws(spec: SessionSpec) -> SessionDraws {
        let prompt = PromptSpec::Tokens(TokenSpec::LogNormal { median: 100.0, sigma: 1.0, max: 10_000 });
        let sizes = SizeSpec { prompt, completion: TokenSpec::Fixed(20), max_tokens: None, prefixes: None };
        SessionDraws::new(spec, sizes, Streams::new(7))
    }

    #[test]
    fn shares_and_means_are_kept() {
        let mut draws = draws(spec());
        let n = 20_000_u32;
        let sessions: Vec<_> = (0..n).map(|number| draws.session(number)).collect();
        let share = |keep: &dyn Fn(&SessionPlan) -> bool| {
            sessions.iter().filter(|s| keep(s)).count() as f64 / f64::from(n)
        };
        // Four standard errors of a quarter are 0.012.
        assert!((share(&|s| s.keeps_cookies) - 0.25).abs() < 0.013);
        // The median is 5, and 4.5 is rounded up to it: ln(5 / 4.5) / 0.5 = 0.211 deviations below, so 58.3 %.
        let at_least_5 = share(&|s| s.turns >= 5);
        assert!((at_least_5 - 0.583).abs() < 0.015, "{at_least_5}");
        let mean = |total: f64| total / f64::from(n);
        // The standard error of an exponential mean is the mean over the square root of n: 0.7 %.
        let think = mean((0..n).map(|s| draws.think(s, 3).as_secs_f64()).sum());
        assert!((think - 10.0).abs() < 0.3, "{think}");
        let gap = mean((0..n).map(|_| draws.gap().unwrap().as_secs_f64()).sum());
        assert!((gap - 0.5).abs() < 0.015, "{gap}");
    }

    #[test]
    fn one_setting_leaves_the_draws_of_others_alone() {
        let (a, b) = (draws(spec()), draws(SessionSpec { keep_cookies: 1.0, history: false, ..spec() }));
        for session in 0..50 {
            assert_eq!(a.session(session).turns, b.session(session).turns);
            assert_eq!(a.think(session, 1), b.think(session, 1));
            assert_eq!(a.turn(session, 0, Tokens(0)), b.turn(session, 0, Tokens(0)));
        }
    }

    #[test]
    fn prompts_grow_by_the_turns_before() {
        let draws = draws(spec());
        let alone = draws.turn(3, 4, Tokens(0));
        let grown = draws.turn(3, 4, Tokens(1_000));
        assert_eq!(grown.prompt_tokens.get(), alone.prompt_tokens.get() + 1_000);
        assert_eq!(draws.turn(3, 4, Tokens(u64::MAX)).prompt_tokens, Tokens(u64::MAX));
    }

    #[test]
    fn absurd_specifications_are_survived() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let begin = SessionBegin::PerSecond(rate);
            assert_eq!(draws(SessionSpec { begin, ..spec() }).gap(), None);
        }
        let odd = SessionSpec { turns: TokenSpec::Fixed(u64::MAX), keep_cookies: f64::NAN, ..spec() };
        assert_eq!(draws(odd.clone()).session(0).turns, MAX_TURNS);
        assert_eq!(draws(SessionSpec { turns: TokenSpec::Fixed(0), ..odd }).session(0).turns, 1);
    }
}
