//! In what a class differs.
//!
//! Rules
//! - What comes first decides: where the status differs, headers and body that come with it are not told apart.
//! - What backends receive is compared where the same backends are called.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::seen::{Seen, Sent};
use super::side::Both;

/// A way to differ. Classes that differ in the same one are told together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Status, calls or time.
    Course {
        end: End,
        calls: Calls,
        /// Whether it takes longer or shorter.
        time: Ordering,
    },
    /// An account that is called has another address.
    Address(usize),
    /// A header of the response.
    Header(String, Edited),
    /// The reason of the status line.
    Reason,
    /// The body of the response.
    Body,
    /// The method or path that backends receive.
    SentPath,
    /// A header that backends receive.
    SentHeader(String, Edited),
    /// The body that backends receive.
    SentBody,
    /// Calls of the policy's own.
    SideCalls,
}

/// What clients get instead of what they got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// The same status.
    Same,
    /// Another status below 400.
    OtherAnswer,
    /// An error instead of an answer.
    Lost,
    /// An answer instead of an error.
    Won,
    /// An error of the gateway or the policy instead of the backend's.
    Made,
    /// The backend's error instead of one of the gateway or the policy.
    Passed,
    /// Another error of the same origin.
    OtherError,
    /// No response instead of one.
    Silent,
    /// A response instead of none.
    Heard,
}

/// How the calls of backends differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Calls {
    Same,
    /// As many, of others or in another order.
    Other,
    More,
    Fewer,
}

/// What became of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Edited {
    Added,
    Removed,
    Changed,
}

impl End {
    fn of(old: &Seen, new: &Seen) -> Self {
        if old.status == new.status {
            return Self::Same;
        }
        let (Some(before), Some(now)) = (old.status, new.status) else {
            return if new.status.is_none() { Self::Silent } else { Self::Heard };
        };
        match (before.is_error(), now.is_error()) {
            (false, false) => Self::OtherAnswer,
            (false, true) => Self::Lost,
            (true, false) => Self::Won,
            (true, true) => match (old.is_passed_on(), new.is_passed_on()) {
                (true, false) => Self::Made,
                (false, true) => Self::Passed,
                _ => Self::OtherError,
            },
        }
    }
}

/// Everything in which both differ.
pub(super) fn compare(seen: &Both<Seen>) -> BTreeSet<Kind> {
    let mut found = BTreeSet::new();
    let Both { old, new } = seen;
    let end = End::of(old, new);
    let calls = match new.calls.len().cmp(&old.calls.len()) {
        Ordering::Greater => Calls::More,
        Ordering::Less => Calls::Fewer,
        Ordering::Equal if old.order() == new.order() => Calls::Same,
        Ordering::Equal => Calls::Other,
    };
    let time = new.elapsed.cmp(&old.elapsed).then(new.waited().cmp(&old.waited()));
    if end != End::Same || calls != Calls::Same || time != Ordering::Equal || old.waits != new.waits {
        found.insert(Kind::Course { end, calls, time });
    }
    if end == End::Same {
        for (name, edited) in edits(&old.headers, &new.headers) {
            found.insert(Kind::Header(name, edited));
        }
        if old.reason != new.reason {
            found.insert(Kind::Reason);
        }
        if old.body != new.body {
            found.insert(Kind::Body);
        }
    }
    if calls == Calls::Same
        && let (Some(old), Some(new)) = (&old.sent, &new.sent)
    {
        sent(old, new, &mut found);
    }
    if old.side_calls != new.side_calls {
        found.insert(Kind::SideCalls);
    }
    found
}

fn sent(old: &Sent, new: &Sent, found: &mut BTreeSet<Kind>) {
    if (&old.method, &old.path) != (&new.method, &new.path) {
        found.insert(Kind::SentPath);
    }
    for (name, edited) in edits(&old.headers, &new.headers) {
        found.insert(Kind::SentHeader(name, edited));
    }
    if old.body != new.body {
        found.insert(Kind::SentBody);
    }
}

type Named = std::collections::BTreeMap<String, (String, String)>;

fn edits(old: &Named, new: &Named) -> Vec<(String, Edited)> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let edit = |name: &String| match (old.get(name), new.get(name)) {
        (Some(_), None) => Some(Edited::Removed),
        (None, Some(_)) => Some(Edited::Added),
        (Some((_, old)), Some((_, new))) if old != new => Some(Edited::Changed),
        _ => None,
    };
    names.into_iter().filter_map(|name| Some((name.clone(), edit(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::CallEnd;
    use crate::units::{Duration, StatusCode};

    fn seen(status: u16, calls: &[(usize, u16)], seconds: u64) -> Seen {
        let call = |(account, status): &(usize, u16)| super::super::seen::Called {
            account: Some(*account),
            name: String::new(),
            end: CallEnd::Response(StatusCode::new(*status).unwrap()),
        };
        Seen {
            calls: calls.iter().map(call).collect(),
            status: StatusCode::new(status),
            elapsed: Some(Duration::from_secs(seconds)),
            ..Seen::default()
        }
    }

    #[test]
    fn each_kind_of_difference_has_its_name() {
        let base = seen(429, &[(0, 429)], 0);
        let kinds = |new: Seen| compare(&Both { old: base.clone(), new }).into_iter().collect::<Vec<_>>();
        assert_eq!(kinds(base.clone()), []);
        let course = |end, calls, time| vec![Kind::Course { end, calls, time }];
        assert_eq!(
            kinds(seen(200, &[(0, 429), (1, 200)], 0)),
            course(End::Won, Calls::More, Ordering::Equal)
        );
        assert_eq!(kinds(seen(503, &[(0, 429)], 0)), course(End::Made, Calls::Same, Ordering::Equal));
        assert_eq!(kinds(seen(429, &[(1, 429)], 2)), course(End::Same, Calls::Other, Ordering::Greater));
        let mut with_header = base.clone();
        with_header.headers.insert("x".to_owned(), ("X".to_owned(), "1".to_owned()));
        assert_eq!(kinds(with_header), [Kind::Header("x".to_owned(), Edited::Added)]);
    }
}
