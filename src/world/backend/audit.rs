//! The bound that each way of limiting promises, checked on what was really admitted.
//!
//! An audit sees admissions and completions and keeps books of its own; it shares no code with the windows
//! and the bucket that decide. What it states, by mode:
//!
//! - Sliding: the estimates admitted in any window of the token span never exceed the token limit, and the
//!   requests admitted in any window of the request span never the request limit.
//! - Sliding with refunds: the same of estimates less what was refunded.
//! - Fixed: the same by window since run start.
//! - Provisioned: what was admitted, corrected at completion and drained since is never above the depth when a
//!   request is admitted.
//! - Servers: never more calls at work than servers, nor more waiting than the queue holds.
//!
//! Refusals that count make a window admit less, never more, so the same bounds hold. A limit that changes
//! during a run bounds the admissions that come after the change.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::units::{Duration, Timestamp, Tokens};

use super::{Entry, PtuSpec, ServersSpec, StandardSpec, WindowKind};

/// Books of one deployment.
#[derive(Clone, Debug)]
pub struct Audit {
    books: Books,
    breach: Option<Breach>,
}

/// A bound that did not hold: a defect of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The bound.
    pub bound: &'static str,
    /// When.
    pub at: Timestamp,
    /// What there was; tokens, requests, or level units of a bucket.
    pub found: u128,
    /// The most there may be.
    pub limit: u128,
}

#[derive(Clone, Debug)]
enum Books {
    Windows { tokens: Book, requests: Book, bounds: [&'static str; 2], refunds: bool },
    Bucket(Drain),
    Servers(Places),
}

impl Audit {
    /// Of a Standard deployment with these limits.
    pub fn windows(spec: &StandardSpec, request_limit: u64) -> Self {
        let book = |span, limit| Book { kind: spec.window_kind, span, limit, ..Book::EMPTY };
        let bounds = match (spec.window_kind, spec.refund_on_completion) {
            (WindowKind::Sliding, false) => {
                ["estimates admitted in any token window <= token limit", SLIDING_REQUESTS]
            }
            (WindowKind::Sliding, true) => {
                ["estimates admitted less refunds in any token window <= token limit", SLIDING_REQUESTS]
            }
            (WindowKind::FixedMinute, false) => {
                ["estimates admitted in each fixed token window <= token limit", FIXED_REQUESTS]
            }
            (WindowKind::FixedMinute, true) => {
                ["estimates admitted less refunds in each fixed token window <= token limit", FIXED_REQUESTS]
            }
        };
        let books = Books::Windows {
            tokens: book(spec.token_window, spec.tpm.get()),
            requests: book(spec.request_window, request_limit),
            bounds,
            refunds: spec.refund_on_completion,
        };
        Self { books, breach: None }
    }

    /// Of a provisioned deployment whose bucket has this depth.
    pub fn bucket(spec: &PtuSpec, depth: Duration) -> Self {
        let rate = u64::from(spec.ptu.get()).saturating_mul(spec.input_tpm_per_ptu);
        let mut drain = Drain { rate: 0, depth: 0, added: 0, lowest: 0 };
        drain.turn(rate, depth, Timestamp::ZERO);
        Self { books: Books::Bucket(drain), breach: None }
    }

    /// Of a group of servers.
    pub fn servers(spec: ServersSpec) -> Self {
        let places = Places {
            count: spec.count,
            queue: spec.queue,
            ends: BinaryHeap::new(),
            starts: BinaryHeap::new(),
        };
        Self { books: Books::Servers(places), breach: None }
    }

    /// There are so many servers from now on.
    pub fn change_servers(&mut self, count: u64) {
        if let Books::Servers(places) = &mut self.books {
            places.count = count;
        }
    }

    /// A call that came at `now` is worked on from `start` to `end`.
    pub fn worked(&mut self, start: Timestamp, end: Timestamp, now: Timestamp) {
        let Books::Servers(places) = &mut self.books else { return };
        let breach = places.worked(start, end, now);
        self.breach = self.breach.or(breach);
    }

    /// The limits of a Standard deployment are others from now on.
    pub fn change_limits(&mut self, token_limit: u64, request_limit: u64) {
        if let Books::Windows { tokens, requests, .. } = &mut self.books {
            tokens.limit = token_limit;
            requests.limit = request_limit;
        }
    }

    /// A bucket drains so many weighted tokens a minute and holds so much of its drain from now on.
    pub fn change_drain(&mut self, rate: u64, depth: Duration, now: Timestamp) {
        if let Books::Bucket(drain) = &mut self.books {
            drain.turn(rate, depth, now);
        }
    }

    /// A request was admitted and `estimate` counted, under `entry` of the window.
    #[inline]
    pub fn admitted(&mut self, estimate: Tokens, entry: Entry, now: Timestamp) {
        match &mut self.books {
            Books::Windows { tokens, requests, bounds: [token_bound, request_bound], .. } => {
                tokens.add(entry, estimate.get(), now);
                requests.add(Entry::NONE, 1, now);
                for (book, bound) in [(tokens, token_bound), (requests, request_bound)] {
                    let (found, limit) = (book.sum, u128::from(book.limit));
                    if found > limit && self.breach.is_none() {
                        self.breach = Some(Breach { bound, at: now, found, limit });
                    }
                }
            }
            Books::Bucket(drain) => {
                let level = drain.level(now);
                if level > drain.depth && self.breach.is_none() {
                    let (found, limit) = (level.unsigned_abs(), drain.depth.unsigned_abs());
                    self.breach = Some(Breach { bound: BUCKET, at: now, found, limit });
                }
                drain.change(units(estimate), now);
            }
            Books::Servers(_) => {}
        }
    }

    /// An admitted request has ended and really used `actual`.
    #[inline]
    pub fn finished(&mut self, estimate: Tokens, entry: Entry, actual: Tokens, now: Timestamp) {
        match &mut self.books {
            Books::Windows { tokens, refunds: true, .. } => {
                tokens.refund(entry, estimate.saturating_sub(actual).get(), now);
            }
            Books::Windows { .. } | Books::Servers(_) => {}
            Books::Bucket(drain) => drain.change(units(actual).saturating_sub(units(estimate)), now),
        }
    }

    /// The first bound that did not hold.
    pub const fn breach(&self) -> Option<&Breach> {
        self.breach.as_ref()
    }
}

const SLIDING_REQUESTS: &str = "requests admitted in any request window <= request limit";
const FIXED_REQUESTS: &str = "requests admitted in each fixed request window <= request limit";
const BUCKET: &str = "admitted + corrections - drained <= bucket depth when a request is admitted";

/// Amounts that lie in one window that ends now.
#[derive(Clone, Debug)]
struct Book {
    kind: WindowKind,
    span: Duration,
    limit: u64,
    /// Of a sliding window, oldest first.
    amounts: VecDeque<(Timestamp, Entry, u64)>,
    /// Number of the present fixed window.
    number: u64,
    sum: u128,
}

impl Book {
    const EMPTY: Self = Self {
        kind: WindowKind::Sliding,
        span: Duration::ZERO,
        limit: 0,
        amounts: VecDeque::new(),
        number: 0,
        sum: 0,
    };

    fn add(&mut self, entry: Entry, amount: u64, now: Timestamp) {
        self.forget(now);
        if self.kind == WindowKind::Sliding && amount > 0 {
            self.amounts.push_back((now, entry, amount));
        }
        self.sum = self.sum.saturating_add(amount.into());
    }

    fn refund(&mut self, entry: Entry, amount: u64, now: Timestamp) {
        self.forget(now);
        match self.kind {
            WindowKind::Sliding => {
                let place = self.amounts.partition_point(|(_, other, _)| other.0 < entry.0);
                if let Some((_, found, present)) = self.amounts.get_mut(place)
                    && *found == entry
                {
                    let amount = amount.min(*present);
                    *present = present.saturating_sub(amount);
                    self.sum = self.sum.saturating_sub(amount.into());
                }
            }
            // An entry names its window there.
            WindowKind::FixedMinute if entry.0 == self.number => {
                self.sum = self.sum.saturating_sub(amount.into());
            }
            WindowKind::FixedMinute => {}
        }
    }

    /// Lets go of what is no longer in the window that ends at `now`.
    fn forget(&mut self, now: Timestamp) {
        match self.kind {
            WindowKind::Sliding => {
                while let Some((at, _, amount)) = self.amounts.front()
                    && now.since(*at).as_nanos() >= self.span.as_nanos()
                {
                    self.sum = self.sum.saturating_sub(u128::from(*amount));
                    self.amounts.pop_front();
                }
            }
            WindowKind::FixedMinute => {
                let number = now.as_nanos().checked_div(self.span.as_nanos().max(1)).unwrap_or(0);
                if number != self.number {
                    self.number = number;
                    self.sum = 0;
                }
            }
        }
    }
}

/// What a bucket would hold: everything added, less everything drained, above the lowest that it ever was.
/// (A queue is its free process reflected at zero, which is the free process less its running minimum.)
#[derive(Clone, Debug)]
struct Drain {
    rate: i128,
    depth: i128,
    added: i128,
    lowest: i128,
}

impl Drain {
    fn free(&self, now: Timestamp) -> i128 {
        self.added.saturating_sub(self.rate.saturating_mul(i128::from(now.as_nanos())))
    }

    fn level(&mut self, now: Timestamp) -> i128 {
        let free = self.free(now);
        self.lowest = self.lowest.min(free);
        free.saturating_sub(self.lowest)
    }

    /// Another rate and depth from now on; the level stays as it is.
    fn turn(&mut self, rate: u64, depth: Duration, now: Timestamp) {
        self.level(now);
        let free = self.free(now);
        self.rate = rate.into();
        self.depth = self.rate.saturating_mul(i128::from(depth.as_nanos()));
        self.added = free.saturating_add(self.rate.saturating_mul(i128::from(now.as_nanos())));
    }

    fn change(&mut self, by: i128, now: Timestamp) {
        self.level(now);
        self.added = self.added.saturating_add(by);
        self.level(now);
    }
}

/// Calls of a group of servers, which start in the order in which they came while their number stays the same.
#[derive(Clone, Debug)]
struct Places {
    count: u64,
    queue: u64,
    /// When calls that have started, or will, end.
    ends: BinaryHeap<Reverse<Timestamp>>,
    /// When calls that wait will start.
    starts: BinaryHeap<Reverse<Timestamp>>,
}

impl Places {
    fn worked(&mut self, start: Timestamp, end: Timestamp, now: Timestamp) -> Option<Breach> {
        let found = |calls: usize| u128::try_from(calls).unwrap_or(u128::MAX);
        while self.ends.peek().is_some_and(|Reverse(other)| *other <= start) {
            self.ends.pop();
        }
        self.ends.push(Reverse(end));
        let at_work = found(self.ends.len());
        while self.starts.peek().is_some_and(|Reverse(other)| *other <= now) {
            self.starts.pop();
        }
        if start > now {
            self.starts.push(Reverse(start));
        }
        let waiting = found(self.starts.len());
        for (bound, found, limit) in [(AT_WORK, at_work, self.count), (WAITING, waiting, self.queue)] {
            if found > u128::from(limit) {
                return Some(Breach { bound, at: start, found, limit: limit.into() });
            }
        }
        None
    }
}

const AT_WORK: &str = "calls at work <= servers";
const WAITING: &str = "calls waiting <= places in the queue";

fn units(tokens: Tokens) -> i128 {
    i128::from(tokens.get()).saturating_mul(60_000_000_000)
}

#[cfg(test)]
mod tests {
    use crate::backend::TokenCost;
    use crate::units::{Ptu, RequestsPerMinute, TokensPerMinute};

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(seconds))
    }

    fn windows(kind: WindowKind, refunds: bool) -> Audit {
        let spec = StandardSpec {
            window_kind: kind,
            refund_on_completion: refunds,
            ..StandardSpec::measured(TokensPerMinute(100), RequestsPerMinute(18), TokenCost::GPT_4)
        };
        Audit::windows(&spec, 3)
    }

    /// Admits (second, tokens) in order and tells what was broken, and when.
    fn breach(mut audit: Audit, admitted: &[(u64, u64)]) -> Option<(&'static str, u64)> {
        for (entry, (second, tokens)) in (0_u64..).zip(admitted) {
            audit.admitted(Tokens(*tokens), Entry(entry), at(*second));
        }
        audit.breach().map(|b| (b.bound, b.at.since(Timestamp::ZERO).as_secs_ceil()))
    }

    #[test]
    fn sliding_windows_are_bounded_at_any_place() {
        let sliding = || windows(WindowKind::Sliding, false);
        assert_eq!(breach(sliding(), &[(0, 60), (59, 40), (60, 60), (119, 40)]), None);
        // One token too many, 1 s before the first would have gone.
        let tokens = "estimates admitted in any token window <= token limit";
        assert_eq!(breach(sliding(), &[(0, 60), (59, 41), (200, 1)]), Some((tokens, 59)));
        assert_eq!(breach(sliding(), &[(0, 1), (1, 1), (9, 1), (10, 1)]), None);
        assert_eq!(breach(sliding(), &[(0, 1), (1, 1), (2, 1), (9, 1)]), Some((SLIDING_REQUESTS, 9)));
        // Requests that cost nothing are still requests.
        assert_eq!(breach(sliding(), &[(0, 0), (1, 0), (2, 0), (9, 0)]), Some((SLIDING_REQUESTS, 9)));
    }

    #[test]
    fn fixed_windows_are_bounded_each() {
        let fixed = || windows(WindowKind::FixedMinute, false);
        // Twice the limit within 2 s, which a sliding window would not admit.
        assert_eq!(breach(fixed(), &[(59, 100), (60, 100)]), None);
        let tokens = "estimates admitted in each fixed token window <= token limit";
        assert_eq!(breach(fixed(), &[(60, 60), (119, 41)]), Some((tokens, 119)));
    }

    #[test]
    fn refunds_make_room_once_and_where_they_belong() {
        for kind in [WindowKind::Sliding, WindowKind::FixedMinute] {
            let entry = |number| if kind == WindowKind::Sliding { Entry(number) } else { Entry(0) };
            let mut audit = windows(kind, true);
            audit.admitted(Tokens(80), entry(0), at(0));
            audit.finished(Tokens(80), entry(0), Tokens(50), at(1));
            audit.admitted(Tokens(50), entry(1), at(2));
            assert_eq!(audit.breach(), None);
            audit.admitted(Tokens(1), entry(2), at(3));
            assert_eq!(audit.breach().map(|b| (b.found, b.limit)), Some((101, 100)));
        }
        // What never was refunded does not make room in a mode without refunds.
        let mut audit = windows(WindowKind::Sliding, false);
        audit.admitted(Tokens(80), Entry(0), at(0));
        audit.finished(Tokens(80), Entry(0), Tokens(1), at(1));
        audit.admitted(Tokens(21), Entry(1), at(2));
        assert!(audit.breach().is_some());
    }

    #[test]
    fn limits_may_change() {
        let mut audit = windows(WindowKind::Sliding, false);
        audit.admitted(Tokens(100), Entry(0), at(0));
        audit.change_limits(150, 3);
        audit.admitted(Tokens(50), Entry(1), at(1));
        assert_eq!(audit.breach(), None);
        audit.change_limits(50, 3);
        audit.admitted(Tokens(1), Entry(2), at(2));
        assert_eq!(audit.breach().map(|b| (b.found, b.limit)), Some((151, 50)));
    }

    #[test]
    fn servers_are_bounded_in_number_and_queue() {
        use crate::units::StatusCode;
        let breach = |calls: &[(u64, u64, u64)]| {
            let refusal = StatusCode::SERVICE_UNAVAILABLE;
            let mut audit = Audit::servers(ServersSpec { count: 2, queue: 1, refusal });
            for (now, start, end) in calls {
                audit.worked(at(*start), at(*end), at(*now));
            }
            audit.breach().map(|b| b.bound)
        };
        assert_eq!(breach(&[(0, 0, 10), (0, 0, 5), (1, 5, 7), (5, 7, 9), (20, 20, 21)]), None);
        assert_eq!(breach(&[(0, 0, 10), (0, 0, 5), (1, 4, 7)]), Some(AT_WORK));
        assert_eq!(breach(&[(0, 0, 10), (0, 0, 5), (1, 5, 7), (2, 7, 9)]), Some(WAITING));
    }

    #[test]
    fn a_bucket_is_bounded_when_it_admits() {
        // 60 weighted tokens a minute: one a second; deep as one minute.
        let spec = PtuSpec {
            ptu: Ptu(1),
            input_tpm_per_ptu: 60,
            output_weight: 4,
            bucket_depth: None,
            default_completion_tokens: Tokens(0),
        };
        let audit = || Audit::bucket(&spec, Duration::from_secs(60));
        // Up to the depth, then one more above it; 40 s later it is back at the depth.
        assert_eq!(breach(audit(), &[(0, 60), (0, 40), (40, 1), (41, 1)]), None);
        assert_eq!(breach(audit(), &[(0, 60), (0, 40), (39, 1)]), Some((BUCKET, 39)));
        // Idle time does not lend room to later.
        assert_eq!(breach(audit(), &[(0, 10), (1_000, 61), (1_000, 1)]), Some((BUCKET, 1_000)));
        // A correction to less than nothing does not either.
        let mut corrected = audit();
        corrected.admitted(Tokens(50), Entry::NONE, at(0));
        corrected.finished(Tokens(50), Entry::NONE, Tokens(1), at(30));
        corrected.admitted(Tokens(61), Entry::NONE, at(30));
        corrected.admitted(Tokens(0), Entry::NONE, at(31));
        assert_eq!(corrected.breach(), None);
        corrected.admitted(Tokens(1), Entry::NONE, at(31));
        corrected.admitted(Tokens(1), Entry::NONE, at(31));
        assert!(corrected.breach().is_some());
    }
}
