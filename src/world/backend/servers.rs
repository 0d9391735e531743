//! A group of servers of one's own: so many calls at work, so many waiting, no more.
//!
//! Rules
//! - A call goes to a free server at once, or waits in order of arrival; with no place left it is refused.
//! - A server works on one call for the time its answer takes (without the network) and takes the next.
//! - Where their number changes, those taken away finish what they have.
//! - How long a call takes is known when it comes, so that its wait is, too. Nobody leaves the queue: a gateway
//!   that stops waiting does not stop the work, as with other deployments.
//!
//! With independent arrivals this is the M/G/c/(c+n) queue, which theory has figures for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::{Duration, StatusCode, Timestamp};

/// Limits of a group of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServersSpec {
    /// Calls at work at once, at least 1.
    pub count: u64,
    /// Calls that may wait.
    pub queue: u64,
    /// What a call gets that finds no place: 503 or 429.
    pub refusal: StatusCode,
}

/// The servers at work.
#[derive(Clone, Debug)]
pub struct Servers {
    spec: ServersSpec,
    /// When each server that was ever used is free.
    free: BinaryHeap<Reverse<Timestamp>>,
    /// When each call that is at work or waiting leaves.
    leaving: BinaryHeap<Reverse<Timestamp>>,
}

impl Servers {
    /// Idle ones.
    pub const fn new(spec: ServersSpec) -> Self {
        Self { spec, free: BinaryHeap::new(), leaving: BinaryHeap::new() }
    }

    /// There are so many servers from now on, at least 1. Those taken away finish what they have, and calls that
    /// wait keep the server that they wait for.
    pub fn set_count(&mut self, count: u64) {
        self.spec.count = count.max(1);
        // Who is free first is free no more.
        while u64::try_from(self.free.len()).unwrap_or(u64::MAX) > self.spec.count {
            self.free.pop();
        }
    }

    /// How many servers there are.
    pub const fn count(&self) -> u64 {
        self.spec.count
    }

    /// Calls at work or waiting at `now`. A call leaves before another comes at the same instant.
    pub fn present(&mut self, now: Timestamp) -> u64 {
        while self.leaving.peek().is_some_and(|Reverse(at)| *at <= now) {
            self.leaving.pop();
        }
        u64::try_from(self.leaving.len()).unwrap_or(u64::MAX)
    }

    /// Whether there is a place for another call.
    pub fn has_place(&mut self, now: Timestamp) -> bool {
        self.present(now) < self.places()
    }

    /// Places at work and in the queue.
    pub const fn places(&self) -> u64 {
        self.spec.count.saturating_add(self.spec.queue)
    }

    /// Takes a call that needs a server for `work`; how long it waits for one.
    pub fn take(&mut self, work: Duration, now: Timestamp) -> Duration {
        let used = u64::try_from(self.free.len()).unwrap_or(u64::MAX);
        let is_idle = self.free.peek().is_some_and(|Reverse(at)| *at <= now);
        let start = if is_idle || used >= self.spec.count {
            self.free.pop().map_or(now, |Reverse(at)| at.max(now))
        } else {
            now
        };
        let end = start.saturating_add(work);
        self.free.push(Reverse(end));
        self.leaving.push(Reverse(end));
        start.since(now)
    }

    /// Calls at work or waiting as a share of the places, per mille.
    pub fn fill_permille(&mut self, now: Timestamp) -> u64 {
        let present = u128::from(self.present(now)).saturating_mul(1000);
        let permille = present.checked_div(u128::from(self.places())).unwrap_or(1000);
        u64::try_from(permille).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(seconds))
    }

    fn servers(count: u64, queue: u64) -> Servers {
        Servers::new(ServersSpec { count, queue, refusal: StatusCode::SERVICE_UNAVAILABLE })
    }

    /// Offers (arrival, work) in seconds; the waits, nothing for the refused.
    fn waits(mut servers: Servers, calls: &[(u64, u64)]) -> Vec<Option<u64>> {
        let mut offer = |(second, work): &(u64, u64)| {
            let now = at(*second);
            let is_taken = servers.has_place(now);
            is_taken.then(|| servers.take(Duration::from_secs(*work), now).as_secs_ceil())
        };
        calls.iter().map(&mut offer).collect()
    }

    #[test]
    fn one_server_works_in_order_of_arrival() {
        // 0..10, 10..13, 13..14, idle, 20..21.
        let calls = [(0, 10), (1, 3), (2, 1), (20, 1)];
        assert_eq!(waits(servers(1, 9), &calls), [Some(0), Some(9), Some(11), Some(0)]);
    }

    #[test]
    fn several_servers_take_from_one_queue() {
        // Two servers: 0..10 and 1..4; the third starts at 4, the fourth at 5.
        let calls = [(0, 10), (1, 3), (2, 1), (3, 1)];
        assert_eq!(waits(servers(2, 9), &calls), [Some(0), Some(0), Some(2), Some(2)]);
    }

    #[test]
    fn who_finds_no_place_is_refused() {
        let calls = [(0, 10), (1, 10), (2, 10), (10, 1)];
        // One at work and one waiting; at 10 the first has left.
        assert_eq!(waits(servers(1, 1), &calls), [Some(0), Some(9), None, Some(10)]);
        assert_eq!(waits(servers(1, 0), &calls), [Some(0), None, None, Some(0)]);
    }

    #[test]
    fn servers_that_are_taken_away_finish_what_they_have() {
        let mut servers = servers(3, 9);
        let wait = |servers: &mut Servers, second, work| servers.take(Duration::from_secs(work), at(second));
        for work in [10, 20, 30] {
            assert_eq!(wait(&mut servers, 0, work), Duration::ZERO);
        }
        servers.set_count(1);
        // Until the last one of three is free; then one after the other.
        assert_eq!(wait(&mut servers, 1, 5).as_secs_ceil(), 29);
        assert_eq!(wait(&mut servers, 1, 5).as_secs_ceil(), 34);
        servers.set_count(2);
        assert_eq!(wait(&mut servers, 2, 5), Duration::ZERO);
        servers.set_count(0);
        assert_eq!((servers.count(), servers.places()), (1, 10));
    }

    #[test]
    fn the_fill_is_of_all_places() {
        let mut servers = servers(2, 2);
        for _ in 0..3 {
            servers.take(Duration::from_secs(10), at(0));
        }
        assert_eq!(servers.fill_permille(at(1)), 750);
        assert_eq!((servers.fill_permille(at(10)), servers.present(at(20))), (250, 0));
    }
}
