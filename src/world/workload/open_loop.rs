//! Arrivals that do not wait for answers.
//!
//! Rules: gaps of the Poisson process come from the stream `arrivals`, rounded to the nanosecond; sizes
//! from [`Sizes`], by the number of the request. One arrival is made at a time.

use crate::random::{Stream, StreamName, Streams, whole};
use crate::units::{Demand, Duration, RequestId, Timestamp};

use super::mix::Mix;
use super::process::Process;
use super::replay::Replay;
use super::{ArrivalSpec, Sizes, TrafficSpec};

/// One request on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it reaches the gateway.
    pub at: Timestamp,
    /// What it asks.
    pub demand: Demand,
    /// Which client of a mix sends it, by its place among [`super::members`].
    pub client: Option<u32>,
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
    /// A closed loop, a script, or a rate at which nothing comes.
    Nothing,
    Poisson {
        stream: Box<Stream>,
        mean_gap_ns: f64,
        last: Timestamp,
        requests: u64,
    },
    Process {
        process: Box<Process>,
        requests: u64,
    },
    Replay(Box<Replay>),
    Mix(Box<Mix>),
}

const ARRIVALS: StreamName = StreamName::new("arrivals");

impl OpenLoop {
    /// The arrivals of `traffic`. A closed loop has none, nor a script: its next request depends on answers.
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
            ArrivalSpec::Mix(clients) => Source::Mix(Box::new(Mix::new(clients, *streams))),
            ArrivalSpec::Replay(spec) => Source::Replay(Box::new(Replay::new(spec, *streams))),
            ArrivalSpec::Process { process, requests } => Source::Process {
                process: Box::new(Process::new(process, *streams)),
                requests: requests.unwrap_or(u64::MAX),
            },
            ArrivalSpec::Poisson { .. }
            | ArrivalSpec::ClosedLoop { .. }
            | ArrivalSpec::Sessions(_)
            | ArrivalSpec::Scripted(_) => Source::Nothing,
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
                Arrival { at: *last, demand: self.sizes.of(request), client: None }
            }
            Source::Process { process, requests } => {
                if request.0 >= *requests {
                    return None;
                }
                Arrival { at: process.next()?, demand: self.sizes.of(request), client: None }
            }
            Source::Replay(replay) => {
                let (at, row) = replay.next()?;
                Arrival { at, demand: self.sizes.of_row(request, row), client: None }
            }
            Source::Mix(mix) => mix.next()?,
        };
        self.next = self.next.saturating_add(1);
        Some(arrival)
    }
}

const NANOS_PER_SECOND: f64 = 1e9;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::units::Tokens;
    use crate::workload::{PromptSpec, ReplaySpec, SizeSpec, TokenSpec, Trace, TraceRow};

    use super::*;

    fn open_loop(arrivals: ArrivalSpec) -> OpenLoop {
        let fixed = TokenSpec::Fixed(10);
        let sizes = SizeSpec {
            prompt: PromptSpec::Tokens(fixed.clone()),
            completion: fixed,
            max_tokens: None,
            prefixes: None,
        };
        let traffic = TrafficSpec::plain(arrivals, sizes);
        OpenLoop::new(&traffic, &Streams::new(11))
    }

    fn poisson(per_second: f64, requests: Option<u64>) -> OpenLoop {
        open_loop(ArrivalSpec::Poisson { per_second, requests })
    }

    fn times(mut source: OpenLoop) -> Vec<Timestamp> {
        std::iter::from_fn(|| source.next()).map(|arrival| arrival.at).collect()
    }

    #[test]
    fn poisson_keeps_its_rate_and_its_spread() {
        let times = times(poisson(5.0, Some(50_000)));
        assert_eq!(times.len(), 50_000);
        assert!(times.is_sorted());
        let seconds = times[49_999].since(Timestamp::ZERO).as_secs_f64();
        // 50,000 gaps of 0.2 s: the standard error of the sum is 1 in 224.
        assert!((seconds / 10_000.0 - 1.0).abs() < 0.02, "{seconds}");
        // Numbers in disjoint 10 s have variance equal to mean, 50.
        let mut counts = [0_u32; 900];
        for at in &times {
            let slot = usize::try_from(at.as_nanos() / 10_000_000_000).unwrap();
            if let Some(count) = counts.get_mut(slot) {
                *count += 1;
            }
        }
        let mean = f64::from(counts.iter().sum::<u32>()) / 900.0;
        let variance =
            counts.iter().map(|c| (f64::from(*c) - mean) * (f64::from(*c) - mean)).sum::<f64>() / 899.0;
        assert!((variance / mean - 1.0).abs() < 0.2, "{variance} {mean}");
    }

    #[test]
    fn some_sources_have_nothing() {
        for per_second in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(times(poisson(per_second, None)), []);
        }
        assert_eq!(times(poisson(1.0, Some(0))), []);
        let closed = ArrivalSpec::ClosedLoop { clients: 3, requests: 9, pause: Duration::ZERO };
        assert_eq!(times(open_loop(closed)), []);
    }

    #[test]
    fn an_endless_source_ends_with_time() {
        let times = times(poisson(1e-12, None));
        assert!(times.len() < 10 && times.last() == Some(&Timestamp::MAX), "{times:?}");
    }

    #[test]
    fn the_number_of_requests_does_not_shift_them() {
        let few = times(poisson(3.0, Some(10)));
        assert_eq!(times(poisson(3.0, Some(20)))[..10], few);
    }

    #[test]
    fn a_replay_repeats_the_trace() {
        let rows: Vec<TraceRow> = [(0, 374, 44), (4_314_579_000, 396, 109)]
            .map(|(at, prompt, completion)| TraceRow {
                at: Timestamp::from_nanos(at),
                prompt_tokens: Tokens(prompt),
                completion_tokens: Tokens(completion),
                ..TraceRow::default()
            })
            .into();
        let mut source =
            open_loop(ArrivalSpec::Replay(ReplaySpec::whole(Arc::new(Trace { rows, ..Trace::default() }))));
        let first = source.next().unwrap();
        assert_eq!((first.at, first.demand.prompt_tokens), (Timestamp::ZERO, Tokens(374)));
        let second = source.next().unwrap();
        assert_eq!((second.at.as_nanos(), second.demand.completion_tokens), (4_314_579_000, Tokens(109)));
        assert_eq!((source.next(), source.next()), (None, None));
    }
}
