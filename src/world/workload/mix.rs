//! A mix of clients: who sends, each with arrivals and sizes of its own.
//!
//! Rules
//! - All draws of a client come from streams of its own, keyed by its name and its number among its like: a
//!   change of one client leaves the others' requests as they were, to the nanosecond and the token.
//! - Prompts of two clients never begin alike; those of clients that are alike do, as one application's.
//! - Arrivals are merged in order of time; at one instant in the order of clients.
//! - Memory grows with clients, not with requests.
//!
//! Deliberately not modelled: clients that come and go, clients that react to each other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use crate::random::{StreamName, Streams};
use crate::units::Timestamp;

use super::{Arrival, OpenLoop, TrafficSpec};

const STREAM_SHARE: StreamName = StreamName::new("stream-share");

/// One client, or several that are alike.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientSpec {
    /// Its name, different from all others'.
    pub name: Arc<str>,
    /// How many there are of it, at least 1.
    pub count: u32,
    /// What each of them sends. Anything but a closed loop, a script or another mix.
    pub traffic: TrafficSpec,
    /// The share of its calls that ask for a stream of tokens, 0 to 1.
    pub stream_share: f64,
}

impl ClientSpec {
    /// The number that stands for one of its clients in keys of random streams.
    pub fn salt(&self, streams: Streams, index: u32) -> u64 {
        let name = StreamName::new(&format!("client/{}", self.name));
        streams.keyed(name, u64::from(index), 0).word()
    }

    /// Whether the call with this key asks for a stream of tokens.
    pub fn asks_for_stream(&self, key: u64, streams: Streams) -> bool {
        match self.stream_share {
            share if share <= 0.0 => false,
            share if share >= 1.0 => true,
            share => streams.keyed(STREAM_SHARE, key, 0).chance(share),
        }
    }

    /// What one of its clients is called: the name, with its number from 1 where there are several.
    pub fn label(&self, index: u32) -> String {
        if self.count == 1 {
            return self.name.to_string();
        }
        format!("{}-{}", self.name, index.saturating_add(1))
    }
}

/// All clients of a mix one by one, in their order: which specification, and the number among its like.
pub fn members(clients: &[ClientSpec]) -> impl Iterator<Item = (usize, &ClientSpec, u32)> {
    let numbered = clients.iter().enumerate();
    numbered.flat_map(|(row, spec)| (0..spec.count.max(1)).map(move |index| (row, spec, index)))
}

/// The arrivals of all clients, merged.
#[derive(Clone, Debug)]
pub(super) struct Mix {
    lanes: Vec<Lane>,
    /// When the next arrival of each lane is due, the first one on top.
    due: BinaryHeap<Reverse<(Timestamp, u32)>>,
}

#[derive(Clone, Debug)]
struct Lane {
    source: OpenLoop,
    next: Option<Arrival>,
    /// What tells its prefixes from those of other clients.
    prefixes: u64,
}

impl Mix {
    pub(super) fn new(clients: &[ClientSpec], streams: Streams) -> Self {
        let mut due = BinaryHeap::new();
        let mut lanes = Vec::new();
        for ((_, spec, index), place) in members(clients).zip(0_u32..) {
            let own = Streams::new(spec.salt(streams, index));
            let mut source = OpenLoop::new(&spec.traffic, &own);
            let next = source.next();
            due.extend(next.as_ref().map(|arrival| Reverse((arrival.at, place))));
            let prefixes = StreamName::new(&format!("prefixes/{}", spec.name)).get();
            lanes.push(Lane { source, next, prefixes });
        }
        Self { lanes, due }
    }

    pub(super) fn next(&mut self) -> Option<Arrival> {
        let Reverse((_, place)) = self.due.pop()?;
        let lane = self.lanes.get_mut(place as usize)?;
        let mut arrival = lane.next.take()?;
        if let Some(prefix) = &mut arrival.demand.prefix {
            prefix.key = prefix.key.wrapping_add(lane.prefixes);
        }
        lane.next = lane.source.next();
        self.due.extend(lane.next.as_ref().map(|next| Reverse((next.at, place))));
        Some(Arrival { client: Some(place), ..arrival })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::units::{Duration, Tokens};
    use crate::workload::{ArrivalSpec, PrefixSpec, PromptSpec, SizeSpec, TokenSpec};

    fn client(name: &str, count: u32, per_second: f64, requests: u64) -> ClientSpec {
        let tokens = TokenSpec::LogNormal { median: 100.0, sigma: 1.0, max: 1_000_000 };
        let sizes = SizeSpec {
            prompt: PromptSpec::Tokens(tokens.clone()),
            completion: tokens,
            max_tokens: None,
            prefixes: None,
        };
        let arrivals = ArrivalSpec::Poisson { per_second, requests: Some(requests) };
        let traffic = TrafficSpec::plain(arrivals, sizes);
        ClientSpec { name: name.into(), count, traffic, stream_share: 0.0 }
    }

    /// What each client sends: when and how many prompt tokens.
    fn sent(clients: &[ClientSpec]) -> Vec<Vec<(Timestamp, Tokens)>> {
        let mut mix = Mix::new(clients, Streams::new(3));
        let mut all = vec![Vec::new(); members(clients).count()];
        let mut last = Timestamp::ZERO;
        while let Some(arrival) = mix.next() {
            assert!(arrival.at >= last);
            last = arrival.at;
            all[arrival.client.unwrap() as usize].push((arrival.at, arrival.demand.prompt_tokens));
        }
        all
    }

    #[test]
    fn a_change_of_one_client_leaves_the_others_alone() {
        let before = sent(&[client("a", 1, 2.0, 300), client("b", 3, 1.0, 200), client("c", 1, 5.0, 100)]);
        assert_eq!(before.iter().map(Vec::len).collect::<Vec<_>>(), [300, 200, 200, 200, 100]);
        // Faster, one more of its like, and in another place.
        let after = sent(&[client("c", 1, 5.0, 100), client("b", 4, 1.0, 200), client("a", 1, 9.0, 700)]);
        assert_eq!(after[0], before[4]);
        assert_eq!(after[1..4], before[1..4]);
        assert_ne!(after[5][..300], before[0][..]);
    }

    #[test]
    fn prompts_of_two_clients_never_begin_alike() {
        let with_prefixes = |name: &str, count: u32| {
            let mut client = client(name, count, 1.0, 50);
            let tokens = Tokens(2_000);
            client.traffic.sizes.prefixes = Some(PrefixSpec { count: 3, tokens, share: 1.0, skew: 0.0 });
            client
        };
        let mut mix = Mix::new(&[with_prefixes("a", 2), with_prefixes("b", 1)], Streams::new(1));
        let mut keys = vec![BTreeSet::new(); 3];
        while let Some(arrival) = mix.next() {
            keys[arrival.client.unwrap() as usize].insert(arrival.demand.prefix.unwrap().key);
        }
        assert_eq!(keys[0], keys[1]);
        assert!(keys[0].len() == 3 && keys[2].len() == 3 && keys[0].is_disjoint(&keys[2]));
    }

    #[test]
    fn like_clients_are_not_the_same() {
        let all = sent(&[client("a", 2, 2.0, 300), client("b", 1, 2.0, 300)]);
        assert_ne!(all[0], all[1]);
        assert_ne!(all[0], all[2]);
    }

    #[test]
    fn what_comes_at_one_instant_comes_in_the_order_of_clients() {
        let burst = |name: &str| {
            let every = Duration::from_secs(1);
            let process = crate::workload::ProcessSpec::Bursts {
                per_second: 0.0,
                every,
                size: 2,
                within: Duration::ZERO,
            };
            let mut client = client(name, 1, 1.0, 1);
            client.traffic.arrivals = ArrivalSpec::Process { process, requests: Some(4) };
            client
        };
        let mut mix = Mix::new(&[burst("z"), burst("a")], Streams::new(1));
        let order: Vec<_> = std::iter::from_fn(|| mix.next())
            .map(|arrival| (arrival.at.as_nanos() / 1_000_000_000, arrival.client.unwrap()))
            .collect();
        assert_eq!(order, [(1, 0), (1, 0), (1, 1), (1, 1), (2, 0), (2, 0), (2, 1), (2, 1)]);
    }

    #[test]
    fn labels_count_from_one_where_there_are_several() {
        assert_eq!(client("a", 1, 1.0, 1).label(0), "a");
        assert_eq!(client("a", 2, 1.0, 1).label(1), "a-2");
    }
}
