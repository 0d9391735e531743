//! Arrivals that do not wait for answers.

use std::sync::Arc;

use crate::random::{Stream, StreamName, Streams, whole};
use crate::units::{Demand, Duration, RequestId, Timestamp};

use super::{ArrivalSpec, Sizes, Trace, TrafficSpec};

/// One request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it reaches the gateway.
    pub at: Timestamp,
    /// What it asks.
    pub demand: Demand,
}

/// The arrivals of an open loop, in order of time. The n-th arrival is request n of the run.
#[derive(Clone, Debug)]
pub struct OpenLoop {
    source: Source,
    sizes: Sizes,
    next: u64,
}

#[derive(Clone, Debug)]
enum Source {
    /// A closed loop, or a rate at which nothing comes.
    Nothing,
    Poisson {
        stream: Box<Stream>,
        mean_gap_ns: f64,
        last: Timestamp,
        requests: u64,
    },
    Replay(Arc<Trace>),
}

const ARRIVALS: StreamName = StreamName::new("arrivals");

impl OpenLoop {
    /// The arrivals of `traffic`. A closed loop has none: its next request depends on answers.
    pub fn new(traffic: &TrafficSpec, streams: &Streams) -> Self {
        let source = match &traffic.arrivals {
            ArrivalSpec::Poisson { per_second, requests } if per_second.is_finite() && *per_second > 0.0 => {
                Source::Poisson {
                    stream: Box::new(streams.named(ARRIVALS)),
                    mean_gap_ns: NANOS_PER_SECOND / per_second,
                    last: Timestamp::ZERO,
                    requests: requests.unwrap_or(u64::MAX),
                }
            }
            ArrivalSpec::Replay { trace } => Source::Replay(Arc::clone(trace)),
            ArrivalSpec::Poisson { .. } | ArrivalSpec::ClosedLoop { .. } => Source::Nothing,
        };
        Self { source, sizes: Sizes::new(traffic.sizes.clone(), streams), next: 0 }
    }

    /// The next arrival, not before the last one. `None` when there are no more, and for ever after.
    #[expect(
        clippy::should_implement_trait,
        reason = "an endless source has no use for the adaptors of an iterator"
    )]
    pub fn next(&mut self) -> Option<Arrival> {
        let request = RequestId(self.next);
        let arrival = match &mut self.source {
            Source::Nothing => return None,
            Source::Poisson { stream, mean_gap_ns, last, requests } => {
                if request.0 >= *requests || *last == Timestamp::MAX {
                    return None;
                }
                let gap = Duration::from_nanos(whole(stream.exponential(*mean_gap_ns)));
                *last = last.saturating_add(gap);
                Arrival { at: *last, demand: self.sizes.of(request) }
            }
            Source::Replay(trace) => {
                let row = trace.rows.get(usize::try_from(request.0).ok()?)?;
                Arrival { at: row.at, demand: self.sizes.of_row(row) }
            }
        };
        self.next = self.next.saturating_add(1);
        Some(arrival)
    }
}

const NANOS_PER_SECOND: f64 = 1e9;
