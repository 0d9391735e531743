//! How long an answer takes.
//!
//! Time to first token is a line in the prompt tokens, time per output token a constant drawn once per
//! request; both spread (log-normally unless another family is asked for) and grow with the requests in
//! flight, and a few first tokens are much later. That shape is assumed, after published measurements:
//! log-normal fitted the time per token of 16 of 16 hosted endpoints best and the time to first token of 11
//! of 16 (llmperf leaderboard data, 2023-12), and prefill time is linear in the prompt (splitwise-sim kernels,
//! 2024).
//!
//! Deliberately not modelled: differences between tokens of one answer.

use crate::random::{Stream, gamma_shape, whole};
use crate::units::{Demand, Duration};

use super::{LatencyFamily, LatencySpec, MeasuredLatency};

/// Time from the gateway's send, network included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceTime {
    /// Until the first token (of a stream) and the response head.
    pub first_token: Duration,
    /// Until the last token.
    pub total: Duration,
}

impl LatencySpec {
    /// Draws how long a request takes that is one of `in_flight`.
    ///
    /// ```text
    /// ttft  = (base + per_prompt_token * prompt) * S1 * load * tail
    /// tpot  = tpot * S2 * load
    /// total = ttft + (generated - 1) * tpot + network
    /// load  = 1 + (load_factor - 1) * min(in_flight / load_capacity, 1)
    /// ```
    ///
    /// S1 is `exp(ttft_sigma * Z1)` for log-normal times, gamma with mean 1 and coefficient of variation
    /// `ttft_sigma` for gamma ones, 1 for constant ones; S2 likewise. With `measured` times, those stand for
    /// everything but load and tail. Log-normal times take six words of `stream` in every case: two each for
    /// Z1 and Z2, one for whether there is a tail, one for its factor. Others take as many as they need: the
    /// stream is that of one attempt. Times too long for a [`Duration`] are cut off there.
    pub fn sample(
        &self,
        demand: &Demand,
        in_flight: u64,
        network: Duration,
        measured: Option<&MeasuredLatency>,
        stream: &mut Stream,
    ) -> ServiceTime {
        let prompt_tokens = demand.prompt_tokens.get() as f64;
        let after_first = demand.generated().get().saturating_sub(1) as f64;
        let (ttft, decode) = if let Some(measured) = measured {
            measured.draw(after_first, stream)
        } else {
            let ttft_spread = self.spread(self.ttft_sigma, stream);
            let tpot_spread = self.spread(self.tpot_sigma, stream);
            let ttft_middle = nanos(self.ttft_base) + nanos(self.ttft_per_prompt_token) * prompt_tokens;
            (ttft_middle * ttft_spread, after_first * nanos(self.tpot) * tpot_spread)
        };
        let has_tail = stream.chance(self.tail_chance);
        let tail_factor = stream.between(self.tail_factor.0, self.tail_factor.1);
        let tail = if has_tail { tail_factor } else { 1.0 };
        let load = self.load(in_flight);

        let ttft = ttft * load * tail;
        let decode = decode * load;

        let first_token = Duration::from_nanos(whole(ttft)).saturating_add(network);
        ServiceTime { first_token, total: first_token.saturating_add(Duration::from_nanos(whole(decode))) }
    }

    /// A factor around 1 of the family.
    fn spread(&self, sigma: f64, stream: &mut Stream) -> f64 {
        match self.family {
            LatencyFamily::LogNormal => stream.log_normal(1.0, sigma),
            LatencyFamily::Gamma if sigma > 0.0 => {
                let shape = gamma_shape(sigma);
                stream.gamma(shape) / shape
            }
            LatencyFamily::Gamma | LatencyFamily::Constant => 1.0,
        }
    }

    /// How many times as long everything takes with so many requests in flight.
    fn load(&self, in_flight: u64) -> f64 {
        if self.load_capacity == 0 {
            return 1.0;
        }
        let share = (in_flight as f64 / self.load_capacity as f64).min(1.0);
        1.0 + (self.load_factor - 1.0) * share
    }
}

fn nanos(duration: Duration) -> f64 {
    duration.as_nanos() as f64
}

#[cfg(test)]
mod tests {
    use crate::random::{StreamName, Streams};
    use crate::units::{Chars, PromptSize, Tokens};

    use super::*;

    const EXACT: LatencySpec = LatencySpec {
        family: LatencyFamily::LogNormal,
        ttft_base: Duration::from_millis(400),
        ttft_per_prompt_token: Duration::from_nanos(100_000),
        ttft_sigma: 0.0,
        tpot: Duration::from_millis(12),
        tpot_sigma: 0.0,
        tail_chance: 0.0,
        tail_factor: (3.0, 10.0),
        load_factor: 2.0,
        load_capacity: 10,
    };
    const NETWORK: Duration = Duration::from_millis(7);

    fn demand(prompt: u64, completion: u64, max_tokens: Option<u64>) -> Demand {
        Demand {
            prompt: PromptSize::One(Chars(prompt.saturating_mul(4))),
            prompt_tokens: Tokens(prompt),
            completion_tokens: Tokens(completion),
            max_tokens: max_tokens.map(Tokens),
            prefix: None,
        }
    }

    fn stream(a: u64) -> Stream {
        Streams::new(1).keyed(StreamName::new("latency"), a, 0)
    }

    fn ms(spec: &LatencySpec, demand: &Demand, in_flight: u64) -> (u64, u64) {
        let time = spec.sample(demand, in_flight, NETWORK, None, &mut stream(0));
        (time.first_token.as_millis_ceil(), time.total.as_millis_ceil())
    }

    #[test]
    fn without_spread_the_formula_is_plain() {
        // 400 + 0.1 * 1000 = 500, + 7 network; then 100 further tokens of 12.
        assert_eq!(ms(&EXACT, &demand(1000, 101, None), 0), (507, 1707));
        // Half loaded: one and a half times; the network does not care.
        assert_eq!(ms(&EXACT, &demand(1000, 101, None), 5), (757, 2557));
        // Twice at the capacity and not more above it.
        assert_eq!(ms(&EXACT, &demand(1000, 101, None), 10), (1007, 3407));
        assert_eq!(ms(&EXACT, &demand(1000, 101, None), 1_000_000), (1007, 3407));
        assert_eq!(ms(&LatencySpec { load_capacity: 0, ..EXACT }, &demand(1000, 101, None), 9), (507, 1707));
    }

    #[test]
    fn max_tokens_cuts_the_answer_off() {
        assert_eq!(ms(&EXACT, &demand(0, 101, Some(11)), 0), (407, 527));
        assert_eq!(ms(&EXACT, &demand(0, 1, None), 0), (407, 407));
        assert_eq!(ms(&EXACT, &demand(0, 0, None), 0), (407, 407));
    }

    #[test]
    fn every_case_takes_the_same_draws() {
        let specs = [
            EXACT,
            LatencySpec { tail_chance: 1.0, ..EXACT },
            LatencySpec { ttft_sigma: 0.4, tpot_sigma: 0.1, load_capacity: 0, ..EXACT },
        ];
        let after = specs.map(|spec| {
            let mut stream = stream(3);
            spec.sample(&demand(10, 10, None), 1, NETWORK, None, &mut stream);
            stream.word()
        });
        let mut expected = stream(3);
        for _ in 0..6 {
            expected.word();
        }
        assert_eq!(after, [expected.word(); 3]);
    }

    #[test]
    fn spread_and_tail_have_the_stated_size() {
        let spec = LatencySpec { ttft_sigma: 0.35, tail_chance: 0.1, ..EXACT };
        let draws = 20_000_u64;
        let mut above_median = 0;
        let mut times: Vec<u64> = Vec::new();
        for a in 0..draws {
            let time = spec.sample(&demand(0, 1, None), 0, Duration::ZERO, None, &mut stream(a));
            above_median += u64::from(time.first_token > Duration::from_millis(400));
            times.push(time.first_token.as_nanos());
        }
        // Above the median: half of the 90 % without tail, and of the others all whose spread is above
        // one over the factor: with a factor of at least 3, P(Z > -ln 3 / 0.35 = -3.14) > 0.999. So 0.55;
        // the standard error is 0.0035.
        let share = above_median as f64 / draws as f64;
        assert!((share - 0.55).abs() < 0.015, "{share}");
        // Mean factor: exp(0.35^2 / 2) = 1.06316 times (0.9 + 0.1 * 6.5) = 1.55.
        let mean_ms = times.iter().map(|ns| *ns as f64).sum::<f64>() / draws as f64 / 1e6;
        assert!((mean_ms / (400.0 * 1.063_16 * 1.55) - 1.0).abs() < 0.03, "{mean_ms}");
    }

    #[test]
    fn families_have_their_mean_and_spread() {
        // Mean and coefficient of variation; the standard errors are at most 1.2 % of each.
        let moments = |spec: LatencySpec| {
            let times: Vec<f64> = (0..20_000)
                .map(|a| {
                    let time = spec.sample(&demand(0, 1, None), 0, Duration::ZERO, None, &mut stream(a));
                    time.first_token.as_millis_f64()
                })
                .collect();
            let mean = times.iter().sum::<f64>() / 20_000.0;
            let variance = times.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>() / 20_000.0;
            (mean, variance.sqrt() / mean)
        };
        for cv in [0.25, 1.0] {
            let (mean, found) =
                moments(LatencySpec { family: LatencyFamily::Gamma, ttft_sigma: cv, ..EXACT });
            assert!((mean / 400.0 - 1.0).abs() < 0.03 && (found / cv - 1.0).abs() < 0.04, "{mean} {found}");
        }
        let constant = LatencySpec { family: LatencyFamily::Constant, ttft_sigma: 3.0, ..EXACT };
        assert_eq!(ms(&constant, &demand(1000, 101, None), 5), (757, 2557));
        let still = LatencySpec { family: LatencyFamily::Gamma, ..EXACT };
        assert_eq!(ms(&still, &demand(1000, 101, None), 5), (757, 2557));
    }

    #[test]
    fn measured_times_stand_for_drawn_ones() {
        let times = |ms: &[u64]| ms.iter().map(|ms| Duration::from_millis(*ms)).collect::<Vec<_>>();
        let split = MeasuredLatency::split(times(&[80]), times(&[5])).unwrap();
        let whole = MeasuredLatency::total(times(&[900])).unwrap();
        let drawn = |measured, in_flight| {
            let time =
                EXACT.sample(&demand(1000, 101, None), in_flight, NETWORK, Some(measured), &mut stream(0));
            (time.first_token.as_millis_ceil(), time.total.as_millis_ceil())
        };
        // 80, + 7 network, + 100 further tokens of 5; half loaded one and a half times.
        assert_eq!(drawn(&split, 0), (87, 587));
        assert_eq!(drawn(&split, 5), (127, 877));
        assert_eq!(drawn(&whole, 0), (907, 907));
    }

    #[test]
    fn absurd_specifications_saturate() {
        let huge = Duration::from_nanos(u64::MAX);
        for factor in [f64::NAN, f64::INFINITY, -1.0] {
            let spec = LatencySpec {
                ttft_base: huge,
                tpot: huge,
                tail_chance: 1.0,
                tail_factor: (factor, factor),
                ..EXACT
            };
            let time = spec.sample(&demand(u64::MAX, u64::MAX, None), 3, huge, None, &mut stream(0));
            assert_eq!(time.total, huge);
        }
    }
}
