//! Open-loop arrivals other than Poisson's: renewal processes, changing rates, on and off, bursts.
//!
//! Rules
//! - All draws come from the stream `arrivals`, those of bursts from `bursts` by the number of the burst.
//! - A process has no end of its own, except a profile that is not repeated.
//! - One call does a bounded amount of work; where rates are so low that more would be needed, nothing comes.
//!
//! Assumed: the first gap of a renewal process begins at the start of the run (an ordinary, not a stationary
//! one); an on-off process begins in the state that chance in the long run says.

use std::sync::Arc;

use crate::random::{Stream, StreamName, Streams, gamma_shape, weibull_shape, whole};
use crate::units::{Duration, Timestamp};

/// How requests come that wait for nobody.
#[derive(Clone, Debug, PartialEq)]
pub enum ProcessSpec {
    /// Independent gaps with one distribution.
    Renewal {
        /// Mean rate.
        per_second: f64,
        /// Distribution of the gaps.
        gaps: Gaps,
    },
    /// Two states of exponential length, a Poisson process in each.
    OnOff {
        /// Rate while on.
        on_per_second: f64,
        /// Rate while off.
        off_per_second: f64,
        /// Mean time on.
        mean_on: Duration,
        /// Mean time off.
        mean_off: Duration,
    },
    /// A rate that changes with time.
    Profile {
        /// The rates one after the other.
        segments: Arc<[Segment]>,
        /// Whether the first follows after the last; else nothing comes after it.
        repeat: bool,
        /// Distribution of the gaps, in units of the mean gap at each time.
        gaps: Gaps,
    },
    /// A Poisson process, and at fixed intervals a number of requests within a short time.
    Bursts {
        /// Rate of the Poisson process; 0: bursts only.
        per_second: f64,
        /// Time between the beginnings of bursts, and before the first.
        every: Duration,
        /// Requests in each.
        size: u64,
        /// How long each takes: its requests come at independent times in it. At most `every`.
        within: Duration,
    },
}

/// A distribution of gaps with a given mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gaps {
    /// Exponential: a Poisson process.
    Exponential,
    /// Gamma, by the coefficient of variation: above 1 bursty, below 1 regular.
    Gamma(f64),
    /// Weibull, by the coefficient of variation.
    Weibull(f64),
}

/// A stretch of time with one rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// How long.
    pub length: Duration,
    /// Requests per second.
    pub per_second: f64,
    /// Distribution of the gaps that begin in it; `None`: that of the profile.
    pub gaps: Option<Gaps>,
}

const ARRIVALS: StreamName = StreamName::new("arrivals");
const BURSTS: StreamName = StreamName::new("bursts");
const NANOS_PER_SECOND: f64 = 1e9;
/// Changes of state or rate in one step, after which nothing is taken to come any more.
const MOST_CHANGES: u32 = 10_000_000;

/// Segments of a day whose rate swings like a cosine about `per_second` by the share `swing` (0 to 1), highest
/// at `peak`. The rate is constant within each 1,440th of the period: a minute of a day.
pub fn diurnal(per_second: f64, swing: f64, period: Duration, peak: Duration) -> Arc<[Segment]> {
    let length = period.as_nanos() as f64 / DIURNAL_STEPS as f64;
    let edge = |step: u64| whole(length * step as f64);
    let segment = |step: u64| {
        let middle = (step as f64 + 0.5) * length - peak.as_nanos() as f64;
        let angle = std::f64::consts::TAU * middle / period.as_nanos() as f64;
        Segment {
            length: Duration::from_nanos(edge(step.saturating_add(1)).saturating_sub(edge(step))),
            per_second: per_second * (1.0 + swing * libm::cos(angle)),
            gaps: None,
        }
    };
    (0..DIURNAL_STEPS).map(segment).collect()
}

const DIURNAL_STEPS: u64 = 1_440;

/// A process under way.
#[derive(Clone, Debug)]
pub(super) struct Process {
    stream: Stream,
    now: Timestamp,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Renewal { mean_ns: f64, gaps: Sampler },
    OnOff { rates: [f64; 2], means_ns: [f64; 2], is_on: bool, until: Timestamp },
    Profile { profile: Profile, gaps: Vec<Sampler> },
    Bursts(Bursts),
}

impl Process {
    pub(super) fn new(spec: &ProcessSpec, streams: Streams) -> Self {
        let mut stream = streams.named(ARRIVALS);
        let state = match spec {
            ProcessSpec::Renewal { per_second, gaps } => {
                State::Renewal { mean_ns: NANOS_PER_SECOND / per_second, gaps: Sampler::new(*gaps) }
            }
            ProcessSpec::OnOff { on_per_second, off_per_second, mean_on, mean_off } => {
                let means_ns = [mean_off.as_nanos() as f64, mean_on.as_nanos() as f64];
                let [off, on] = means_ns;
                let is_on = stream.chance(on / (on + off));
                let mean = if is_on { on } else { off };
                let until = after(Timestamp::ZERO, stream.exponential(mean));
                State::OnOff { rates: [*off_per_second, *on_per_second], means_ns, is_on, until }
            }
            ProcessSpec::Profile { segments, repeat, gaps } => State::Profile {
                profile: Profile {
                    segments: Arc::clone(segments),
                    repeat: *repeat,
                    at: 0,
                    used_ns: 0.0,
                    clock_ns: 0.0,
                },
                gaps: segments.iter().map(|segment| Sampler::new(segment.gaps.unwrap_or(*gaps))).collect(),
            },
            ProcessSpec::Bursts { per_second, every, size, within } => {
                let mean_ns = NANOS_PER_SECOND / per_second;
                let next = after(Timestamp::ZERO, stream.exponential(mean_ns));
                let bursts = Bursts {
                    streams,
                    mean_ns,
                    next,
                    every: *every,
                    size: *size,
                    within: *within,
                    number: 0,
                    due: Vec::new(),
                };
                State::Bursts(bursts)
            }
        };
        Self { stream, now: Timestamp::ZERO, state }
    }

    /// When the next request comes; `None`: never, and never again.
    pub(super) fn next(&mut self) -> Option<Timestamp> {
        if self.now == Timestamp::MAX {
            return None;
        }
        self.now = match &mut self.state {
            State::Renewal { mean_ns, gaps } if mean_ns.is_finite() && *mean_ns > 0.0 => {
                after(self.now, gaps.draw(&mut self.stream) * *mean_ns)
            }
            State::Renewal { .. } => return None,
            State::OnOff { rates, means_ns, is_on, until } => {
                on_off(&mut self.stream, self.now, *rates, *means_ns, is_on, until)?
            }
            State::Profile { profile, gaps } => {
                let gaps = gaps.get(profile.busy()?).copied()?;
                let need = gaps.draw(&mut self.stream);
                profile.advance(need)?
            }
            State::Bursts(bursts) => bursts.next(&mut self.stream)?,
        };
        Some(self.now)
    }
}

/// A later time, rounded to the nanosecond.
fn after(now: Timestamp, gap_ns: f64) -> Timestamp {
    now.saturating_add(Duration::from_nanos(whole(gap_ns)))
}

/// Gaps of mean 1.
#[derive(Clone, Copy, Debug)]
enum Sampler {
    Exponential,
    Gamma { shape: f64 },
    Weibull { shape: f64, mean: f64 },
}

impl Sampler {
    fn new(gaps: Gaps) -> Self {
        match gaps {
            Gaps::Exponential => Self::Exponential,
            Gaps::Gamma(cv) => Self::Gamma { shape: gamma_shape(cv) },
            Gaps::Weibull(cv) => {
                let (shape, mean) = weibull_shape(cv);
                Self::Weibull { shape, mean }
            }
        }
    }

    fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            Self::Exponential => stream.exponential(1.0),
            Self::Gamma { shape } => stream.gamma(shape) / shape,
            Self::Weibull { shape, mean } => stream.weibull(shape) / mean,
        }
    }
}

/// The exponential distribution has no memory: at a change of state the gap is drawn anew.
fn on_off(
    stream: &mut Stream,
    mut now: Timestamp,
    [off_rate, on_rate]: [f64; 2],
    [mean_off, mean_on]: [f64; 2],
    is_on: &mut bool,
    until: &mut Timestamp,
) -> Option<Timestamp> {
    for _ in 0..MOST_CHANGES {
        let rate = if *is_on { on_rate } else { off_rate };
        // No rate, no request: the largest time there is.
        let at =
            if rate > 0.0 { after(now, stream.exponential(NANOS_PER_SECOND / rate)) } else { Timestamp::MAX };
        if at < *until || *until == Timestamp::MAX {
            return (at < Timestamp::MAX).then_some(at);
        }
        now = *until;
        *is_on = !*is_on;
        *until = after(now, stream.exponential(if *is_on { mean_on } else { mean_off }));
    }
    None
}

/// Where a profile stands.
#[derive(Clone, Debug)]
struct Profile {
    segments: Arc<[Segment]>,
    repeat: bool,
    at: usize,
    /// How much of the present segment is over, in nanoseconds.
    used_ns: f64,
    /// Time since the start of the run, in nanoseconds, with the fractions that requests are rounded by.
    clock_ns: f64,
}

impl Profile {
    /// The segment that a gap begins in: the present one, or the next in which anything comes.
    fn busy(&self) -> Option<usize> {
        let rounds = if self.repeat { 2 } else { 1 };
        let order = (0..self.segments.len().saturating_mul(rounds)).skip(self.at);
        let mut places = order.filter_map(|at| at.checked_rem(self.segments.len()));
        places.find(|at| self.segments.get(*at).is_some_and(|segment| segment.per_second > 0.0))
    }

    /// When `need` more mean gaps are over.
    fn advance(&mut self, mut need: f64) -> Option<Timestamp> {
        for _ in 0..MOST_CHANGES {
            if self.at == 0 && self.used_ns <= 0.0 && self.repeat {
                // Whole rounds at once.
                let (length, gaps) = self.round();
                if gaps.is_nan() || gaps <= 0.0 {
                    return None;
                }
                let rounds = libm::floor(need / gaps);
                self.clock_ns += rounds * length;
                need -= rounds * gaps;
            }
            let Some(segment) = self.segments.get(self.at) else {
                if !self.repeat || self.segments.is_empty() {
                    return None;
                }
                self.at = 0;
                continue;
            };
            let per_ns = segment.per_second / NANOS_PER_SECOND;
            let left_ns = segment.length.as_nanos() as f64 - self.used_ns;
            if need < per_ns * left_ns {
                self.used_ns += need / per_ns;
                self.clock_ns += need / per_ns;
                return Some(Timestamp::from_nanos(whole(self.clock_ns)));
            }
            need -= per_ns * left_ns;
            self.clock_ns += left_ns;
            self.at = self.at.saturating_add(1);
            self.used_ns = 0.0;
        }
        None
    }

    /// Length and mean number of requests of all segments.
    fn round(&self) -> (f64, f64) {
        self.segments.iter().fold((0.0, 0.0), |(length, gaps), segment| {
            let ns = segment.length.as_nanos() as f64;
            (length + ns, gaps + ns * segment.per_second / NANOS_PER_SECOND)
        })
    }
}

/// Bursts over a Poisson process.
#[derive(Clone, Debug)]
struct Bursts {
    streams: Streams,
    mean_ns: f64,
    /// The next of the Poisson process.
    next: Timestamp,
    every: Duration,
    size: u64,
    within: Duration,
    /// Bursts begun.
    number: u64,
    /// Times of the present burst that are still to come, the last one first.
    due: Vec<Timestamp>,
}

impl Bursts {
    fn next(&mut self, stream: &mut Stream) -> Option<Timestamp> {
        if self.due.is_empty() {
            self.draw();
        }
        match self.due.last() {
            Some(burst) if *burst <= self.next => self.due.pop().filter(|at| *at < Timestamp::MAX),
            _ => {
                let at = self.next;
                self.next = after(at, stream.exponential(self.mean_ns));
                (at < Timestamp::MAX).then_some(at)
            }
        }
    }

    fn draw(&mut self) {
        let number = self.number;
        self.number = number.saturating_add(1);
        let start = Timestamp::ZERO.saturating_add(self.every.saturating_mul(self.number));
        if start == Timestamp::MAX {
            return;
        }
        let mut stream = self.streams.keyed(BURSTS, number, 0);
        let width = self.within.as_nanos();
        let time = |_| start.saturating_add(Duration::from_nanos(stream.below(width)));
        self.due.extend((0..self.size.min(MOST_IN_BURST)).map(time));
        self.due.sort_unstable_by(|one, other| other.cmp(one));
    }
}

/// Most requests of one burst, whose times are held at once.
const MOST_IN_BURST: u64 = 10_000_000;

#[cfg(test)]
mod tests;
