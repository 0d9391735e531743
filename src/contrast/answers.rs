//! What backends answer in the classes that are played.
//!
//! Rules
//! - Every status from 200 to 599 is tried on both configurations; of statuses that make no difference to either
//!   one is played for all.
//! - Statuses that tell when to come back are played with Retry-After: short, a day, zero, and one that is no
//!   number.

use std::collections::BTreeMap;

use super::members::Who;
use super::play::Player;
use super::side::{Both, Which};
use super::ways::Way;
use crate::policy::{HeaderValue, Text};
use crate::suite::{Coverage, Outcome, Script};
use crate::units::StatusCode;
use crate::wording::{as_ranges, list, ranges};

/// Statuses that stand for others that make no difference, the best known first.
const WELL_KNOWN: [u16; 14] = [200, 429, 503, 500, 502, 504, 408, 400, 401, 403, 404, 413, 201, 302];

/// Values of `Retry-After` that are played, in seconds.
const RETRY_AFTER_S: [u64; 3] = [10, 86_400, 0];

/// What a backend does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    /// It answers with this status.
    Status(StatusCode, RetryAfter),
    /// No headers come.
    Timeout,
    /// It cannot be reached.
    NoConnection,
    /// Its 200 breaks off in the body.
    BreaksOff,
}

/// The `Retry-After` of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RetryAfter {
    Absent,
    Seconds(u64),
    /// Neither a number nor a date.
    Malformed,
}

/// What is tried.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    /// In the order in which they are played.
    pub(super) troubles: Vec<Trouble>,
    /// Which statuses a status stands for, as ranges.
    alike: BTreeMap<StatusCode, Vec<(u16, u16)>>,
}

impl Trouble {
    /// All is well.
    pub(super) const WELL: Self = Self::Status(StatusCode::OK, RetryAfter::Absent);

    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Status(status, retry_after) => {
                let value = match retry_after {
                    RetryAfter::Absent => None,
                    RetryAfter::Seconds(seconds) => Some(HeaderValue::Number(seconds)),
                    RetryAfter::Malformed => Some(HeaderValue::Text(Text::Static("soon"))),
                };
                Outcome::response(status, value)
            }
            Self::Timeout => Outcome::Timeout,
            Self::NoConnection => Outcome::ConnectionFailure,
            Self::BreaksOff => match Outcome::response(StatusCode::OK, None) {
                Outcome::Response { status, reason, headers, body, .. } => {
                    Outcome::Response { status, reason, headers, body, breaks_off: true }
                }
                other => other,
            },
        }
    }

    pub(super) fn script(self) -> Script {
        Script::always(self.outcome())
    }

    /// What these backends do, as a sentence without its end.
    pub(super) fn words(self, who: &Who) -> String {
        let verb = |one: &'static str, many: &'static str| if who.is_one() { one } else { many };
        let name = who.name();
        match self {
            Self::Status(status, retry_after) => {
                format!("{name} {} {}", verb("answers", "answer"), answer(status, retry_after))
            }
            Self::Timeout if *who == Who::Every => "no backend answers in time".to_owned(),
            Self::Timeout => format!("{name} {} not answer in time", verb("does", "do")),
            Self::NoConnection if *who == Who::Every => "no backend can be reached".to_owned(),
            Self::NoConnection => format!("{name} cannot be reached"),
            Self::BreaksOff => format!("{name} {} off in the body of a 200", verb("breaks", "break")),
        }
    }

    /// What these backends did, as a sentence without its end.
    pub(super) fn past(self, who: &Who) -> String {
        let name = who.name();
        match self {
            Self::Status(status, retry_after) => format!("{name} answered {}", answer(status, retry_after)),
            Self::Timeout if *who == Who::Every => "no backend answered in time".to_owned(),
            Self::Timeout => format!("{name} did not answer in time"),
            Self::NoConnection if *who == Who::Every => "no backend could be reached".to_owned(),
            Self::NoConnection => format!("{name} could not be reached"),
            Self::BreaksOff => format!("{name} broke off in the body of a 200"),
        }
    }

    /// The same as a thing, for lists in which lengths of `Retry-After` do not matter.
    pub(super) fn noun(self) -> String {
        match self {
            Self::WELL => "no trouble at all".to_owned(),
            Self::Status(status, RetryAfter::Absent) => status.to_string(),
            Self::Status(status, _) => format!("{status} with `Retry-After`"),
            Self::Timeout => "a timeout".to_owned(),
            Self::NoConnection => "no connection".to_owned(),
            Self::BreaksOff => "a body that breaks off".to_owned(),
        }
    }
}

/// A status with its `Retry-After`.
fn answer(status: StatusCode, retry_after: RetryAfter) -> String {
    match retry_after {
        RetryAfter::Absent => status.to_string(),
        RetryAfter::Seconds(seconds) => format!("{status} with `Retry-After: {seconds}`"),
        RetryAfter::Malformed => format!("{status} with `Retry-After: soon`"),
    }
}

impl Answers {
    /// What is worth trying, found with requests that come in `way`.
    pub(super) fn of(player: &Player<'_>, way: &Way) -> Self {
        let mut kinds: BTreeMap<Signature, Vec<u16>> = BTreeMap::new();
        for number in 200..=599 {
            let Some(status) = StatusCode::new(number) else { continue };
            kinds.entry(Signature::of(player, way, status)).or_default().push(number);
        }
        let mut alike = BTreeMap::new();
        for numbers in kinds.into_values() {
            let known = WELL_KNOWN.iter().find(|known| numbers.contains(known)).or(numbers.first());
            if let Some(status) = known.and_then(|number| StatusCode::new(*number)) {
                alike.insert(status, as_ranges(&numbers));
            }
        }
        let rank = |status: &StatusCode| {
            let known = WELL_KNOWN.iter().position(|known| *known == status.get());
            (known.unwrap_or(WELL_KNOWN.len()), *status)
        };
        let mut statuses: Vec<StatusCode> =
            alike.keys().copied().filter(|status| *status != StatusCode::OK).collect();
        statuses.sort_by_key(rank);
        let mut troubles: Vec<Trouble> =
            statuses.iter().map(|status| Trouble::Status(*status, RetryAfter::Absent)).collect();
        let tells = |number: u16| statuses.iter().find(|status| status.get() == number);
        for status in [tells(429), tells(503)].into_iter().flatten() {
            let seconds = RETRY_AFTER_S.into_iter().map(RetryAfter::Seconds);
            let all = seconds.chain([RetryAfter::Malformed]);
            troubles.extend(all.map(|retry_after| Trouble::Status(*status, retry_after)));
        }
        troubles.extend([Trouble::Timeout, Trouble::NoConnection, Trouble::BreaksOff]);
        Self { troubles, alike }
    }

    /// Which other statuses were not played because they make the same difference; nothing when there are none.
    pub(super) fn stands_for(&self, status: StatusCode) -> Option<String> {
        let all = self.alike.get(&status)?;
        let is_alone = matches!(all.as_slice(), [(from, to)] if from == to);
        (!is_alone).then(|| ranges(all))
    }

    /// What the statuses stand for, as a sentence. `None` when each stands for itself.
    pub(super) fn sentence(&self) -> Option<String> {
        let told: Vec<String> = self
            .alike
            .keys()
            .filter_map(|status| Some(format!("{status} for {}", self.stands_for(*status)?)))
            .collect();
        (!told.is_empty())
            .then(|| format!("Statuses stand for others that make no difference: {}.", list(&told, "and")))
    }
}

/// What a status does to both configurations, apart from its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Signature {
    reached: Both<Coverage>,
    /// What the client gets: `None` is the status itself.
    given: Both<Option<u16>>,
    calls: Both<usize>,
    counted: Vec<bool>,
}

impl Signature {
    fn of(player: &Player<'_>, way: &Way, status: StatusCode) -> Self {
        let script = Trouble::Status(status, RetryAfter::Absent).script();
        let played = Both::of(|which| player.look(which, way, &script));
        let given = Both::of(|which| {
            let (_, record) = played.get(which);
            let given = record.response.as_ref().map_or(0, |response| response.status.get());
            (given != status.get()).then_some(given)
        });
        let calls = Both::of(|which| played.get(which).1.backends.len());
        let counted = Which::BOTH
            .into_iter()
            .flat_map(|which| player.gateway(which).backends())
            .map(|backend| backend.breaker.as_ref().is_some_and(|rule| rule.counts(status)))
            .collect();
        let Both { old, new } = played;
        Self { reached: Both { old: old.0, new: new.0 }, given, calls, counted }
    }
}
