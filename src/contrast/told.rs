//! Differences and courses of requests in words.

use std::cmp::Ordering;

use super::accounts::Accounts;
use super::facets::{Calls, Edited, End, Kind};
use super::report::Course;
use super::seen::{Called, Seen};
use super::side::{Both, Which};
use crate::suite::CallEnd;
use crate::units::Duration;
use crate::wording::{quoted, shorten, status, time};

/// Calls that are told one by one.
const MOST_CALLS: usize = 6;

impl Kind {
    /// What it is, beginning with a small letter.
    pub(super) fn title(&self, accounts: &Accounts, seen: &Both<Seen>) -> String {
        // As it is written, where the key has it in lower case.
        let written = |of: &dyn Fn(&Seen) -> Option<String>| of(&seen.new).or_else(|| of(&seen.old));
        match self {
            Self::Course { end, calls, time } => course_title(*end, *calls, *time),
            Self::Header(name, edited) => {
                let written = written(&|seen| Some(seen.headers.get(name)?.0.clone()));
                format!("the response {}", header(written.as_ref().unwrap_or(name), *edited, "has", "has no"))
            }
            Self::Reason => "the status line has another reason".to_owned(),
            Self::Body => "the response has another body".to_owned(),
            Self::Address(account) => {
                format!("requests to {} go to another address", quoted(accounts.name(Which::New, *account)))
            }
            Self::SentPath => "backends are called with another method or path".to_owned(),
            Self::SentHeader(name, edited) => {
                let written = written(&|seen| Some(seen.sent.as_ref()?.headers.get(name)?.0.clone()));
                format!("backends {}", header(written.as_ref().unwrap_or(name), *edited, "get", "do not get"))
            }
            Self::SentBody => "backends get another body".to_owned(),
            Self::SideCalls => "the policy makes other calls of its own".to_owned(),
        }
    }

    /// How bad it is: the smaller, the worse.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Course { end: End::Lost, .. } => 0,
            Self::Course { end: End::Silent, .. } => 1,
            Self::Address(_) => 2,
            Self::Course { end: End::Won | End::Heard, .. } => 3,
            Self::Course { end: End::Made | End::Passed | End::OtherError | End::OtherAnswer, .. } => 4,
            Self::Course { end: End::Same, calls: Calls::More | Calls::Fewer, .. } => 5,
            Self::Course { end: End::Same, calls: Calls::Same | Calls::Other, .. } => 6,
            Self::Header(..) => 7,
            Self::Body => 8,
            Self::Reason => 9,
            Self::SentPath => 10,
            Self::SentHeader(..) => 11,
            Self::SentBody => 12,
            Self::SideCalls => 13,
        }
    }

    /// Whether it is about what backends, not clients, receive.
    pub(super) fn is_sent(&self) -> bool {
        matches!(self, Self::SentPath | Self::SentHeader(..) | Self::SentBody | Self::SideCalls)
    }

    /// What one side does, where it is a detail; `None` when it is the whole course.
    fn detail(&self, both: &Both<Seen>, accounts: &Accounts, which: Which) -> Option<String> {
        let seen = both.get(which);
        let of_header = |named: &dyn Fn(&Seen) -> Option<(String, String)>| {
            if let Some((name, value)) = named(seen) {
                return quoted(&format!("{name}: {value}"));
            }
            let other = named(&both.old).or_else(|| named(&both.new));
            format!("no {}", quoted(&other.map_or_else(String::new, |(name, _)| name)))
        };
        let text = |body: Option<&String>| match body {
            Some(body) if !body.is_empty() => quoted(body),
            _ => "no body".to_owned(),
        };
        match self {
            Self::Course { .. } => None,
            Self::Header(name, _) => Some(of_header(&|seen| seen.headers.get(name).cloned())),
            Self::Reason => Some(quoted(&seen.reason)),
            Self::Body => Some(text(seen.body.as_ref())),
            Self::Address(account) => {
                let entry =
                    accounts.all.get(*account).and_then(|account| account.entries.get(which).as_ref());
                Some(entry.map_or_else(String::new, |entry| quoted(&entry.url)))
            }
            Self::SentPath => {
                seen.sent.as_ref().map(|sent| quoted(&format!("{} {}", sent.method, sent.path)))
            }
            Self::SentHeader(name, _) => {
                Some(of_header(&|seen| seen.sent.as_ref()?.headers.get(name).cloned()))
            }
            Self::SentBody => seen.sent.as_ref().map(|sent| text(sent.body.as_ref())),
            Self::SideCalls => Some(if seen.side_calls.is_empty() {
                "none".to_owned()
            } else {
                seen.side_calls.iter().map(|url| quoted(url)).collect::<Vec<_>>().join(", ")
            }),
        }
    }
}

fn header(name: &str, edited: Edited, has: &str, lacks: &str) -> String {
    match edited {
        Edited::Added => format!("{has} a header {}", quoted(name)),
        Edited::Removed => format!("{lacks} header {} any more", quoted(name)),
        Edited::Changed => format!("{has} another value of {}", quoted(name)),
    }
}

fn course_title(end: End, calls: Calls, time: Ordering) -> String {
    let mut parts: Vec<&str> = Vec::new();
    parts.extend(match end {
        End::Same => None,
        End::OtherAnswer => Some("clients get another status"),
        End::Lost => Some("clients get an error where they got an answer"),
        End::Won => Some("clients get an answer where they got an error"),
        End::Made => Some("clients get an error of the gateway instead of the backend's"),
        End::Passed => Some("clients get the backend's error instead of one of the gateway"),
        End::OtherError => Some("clients get another error"),
        End::Silent => Some("clients get no response any more"),
        End::Heard => Some("clients get a response where they got none"),
    });
    match calls {
        Calls::Same => {}
        Calls::Other => parts.push("other backends are called, or in another order"),
        Calls::More => parts.push("more attempts"),
        Calls::Fewer => parts.push("fewer attempts"),
    }
    match time {
        Ordering::Less => parts.push("it takes less time"),
        Ordering::Greater => parts.push("it takes longer"),
        Ordering::Equal if parts.is_empty() => parts.push("the waits between attempts are others"),
        Ordering::Equal => {}
    }
    parts.join("; ")
}

/// What came of a request, with the detail that `kind` is about.
pub(super) fn course(both: &Both<Seen>, kind: &Kind, accounts: &Accounts, which: Which) -> Course {
    let seen = both.get(which);
    let millis = |duration: Duration| duration.as_nanos() / 1_000_000;
    let text = kind.detail(both, accounts, which).unwrap_or_else(|| line(seen));
    Course {
        backends: seen.calls.iter().map(|call| call.name.clone()).collect(),
        answers: seen.calls.iter().map(|call| end(call.end)).collect(),
        waits_ms: seen.waits.iter().copied().map(millis).collect(),
        status: seen.status.map(crate::units::StatusCode::get),
        elapsed_ms: seen.elapsed.map(millis),
        text,
    }
}

/// Calls and what the client gets, on one line.
fn line(seen: &Seen) -> String {
    let mut text = calls(&seen.calls);
    if seen.exhausted > 0 {
        let times = if seen.exhausted > 1 { format!(", {} times", seen.exhausted) } else { String::new() };
        let none = format!("no backend is available{times}");
        text = if seen.calls.is_empty() { none } else { format!("{text}, then {none}") };
    } else if seen.calls.is_empty() {
        "no backend is called".clone_into(&mut text);
    }
    text.push_str("; client: ");
    match seen.status {
        None => text.push_str("no response"),
        Some(code) => {
            text.push_str(&status(code, &seen.reason));
            if let Some((_, value)) = seen.headers.get("retry-after").filter(|_| code.is_error()) {
                text.push_str(&format!(" with {}", quoted(&format!("Retry-After: {value}"))));
            }
        }
    }
    match seen.elapsed {
        Some(Duration::ZERO) | None => {}
        Some(elapsed) => {
            text.push_str(&format!(" after {}", time(elapsed)));
            let waited = seen.waited();
            if waited > Duration::ZERO && waited < elapsed {
                text.push_str(&format!(", {} of it between attempts", time(waited)));
            }
        }
    }
    if let Some((source, reason)) = seen.error.as_ref().filter(|_| seen.exhausted == 0) {
        text.push_str(&format!(" ({} in {})", shorten(reason), quoted(source)));
    }
    text
}

/// Calls in order; equal ones in a row are counted.
fn calls(all: &[Called]) -> String {
    let mut runs: Vec<(&Called, usize)> = Vec::new();
    for call in all {
        match runs.last_mut() {
            Some((last, times)) if *last == call => *times = times.saturating_add(1),
            _ => runs.push((call, 1)),
        }
    }
    let told = |(call, times): &(&Called, usize)| {
        let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
        format!("{} {}{times}", quoted(&call.name), end(call.end))
    };
    let mut parts: Vec<String> = runs.iter().take(MOST_CALLS).map(told).collect();
    let rest: usize = runs.iter().skip(MOST_CALLS).map(|(_, times)| times).sum();
    if rest > 0 {
        parts.push(format!("{rest} more"));
    }
    parts.join(", ")
}

fn end(end: CallEnd) -> String {
    match end {
        CallEnd::Response(status) => status.to_string(),
        CallEnd::BrokenOff(status) => format!("{status}, broken off"),
        CallEnd::LostBody(status) => format!("{status}, as the body of the request was lost"),
        CallEnd::Timeout => "timeout".to_owned(),
        CallEnd::ConnectionFailure => "unreachable".to_owned(),
    }
}
