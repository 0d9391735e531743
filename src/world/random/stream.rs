//! One stream, and the samplers over it.

use std::f64::consts::TAU;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// A sequence of independent draws. Every sampler says how many 64-bit words it takes, so that callers
/// can keep streams aligned.
#[derive(Clone, Debug)]
pub struct Stream {
    rng: ChaCha8Rng,
}

impl Stream {
    pub(super) const fn new(rng: ChaCha8Rng) -> Self {
        Self { rng }
    }

    /// 64 random bits.
    #[inline]
    pub fn word(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Uniform in the open interval (0, 1): the top 53 bits of one word with the last bit set, so an odd
    /// multiple of 2^-53. Neither end can come out, and the values are symmetric about 1/2.
    #[inline]
    pub fn uniform_open(&mut self) -> f64 {
        ((self.word() >> 11) | 1) as f64 * TWO_TO_MINUS_53
    }

    /// Exponential with mean `mean_ns` (any unit: the result has the same). One word.
    #[inline]
    pub fn exponential(&mut self, mean_ns: f64) -> f64 {
        -libm::log(self.uniform_open()) * mean_ns
    }

    /// Normal with mean 0 and variance 1, by the cosine half of Box and Muller's method. Always two words,
    /// unlike a ziggurat. The largest value is about 8.6.
    #[inline]
    pub fn standard_normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(self.uniform_open())).sqrt();
        radius * libm::cos(TAU * self.uniform_open())
    }

    /// Log-normal with the given median, where `sigma` is the standard deviation of the logarithm. Two words.
    #[inline]
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * libm::exp(sigma * self.standard_normal())
    }

    /// Uniform among `0..n` without bias; 0 when `n` is 0. One word, rarely more (chance `n` / 2^64 each).
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        loop {
            let product = u128::from(self.word()) * u128::from(n);
            let (high, low) = halves(product);
            // The low half is uneven for the first 2^64 mod n values: draw again there.
            if low >= n || low >= n.wrapping_neg().checked_rem(n).unwrap_or(0) {
                return high;
            }
        }
    }

    /// `true` with probability `p`; never for `p <= 0` or not a number, always for `p >= 1`. One word.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform_open() < p
    }

    /// Uniform between `lo` and `hi`. One word.
    #[inline]
    pub fn between(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.uniform_open()
    }
}

/// The nearest whole number of a sample: ties up, 0 for negative numbers and not-a-number, the largest
/// number when out of range. (`f64::round` is a library call on plain x86-64; this is not.)
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturation is what is promised")]
#[inline]
pub fn whole(sample: f64) -> u64 {
    let below = sample as u64;
    below.saturating_add(u64::from(sample - below as f64 >= 0.5))
}

const TWO_TO_MINUS_53: f64 = 1.0 / 9_007_199_254_740_992.0;

#[expect(clippy::cast_possible_truncation, reason = "splits a product into its two words")]
const fn halves(product: u128) -> (u64, u64) {
    ((product >> 64) as u64, product as u64)
}

#[cfg(test)]
mod tests {
    use std::hash::Hasher;

    use xxhash_rust::xxh3::Xxh3;

    use super::super::scaled_distance;
    use super::super::{StreamName, Streams};
    use super::*;

    const SAMPLES: u32 = 100_000;

    fn stream(name: &str) -> Stream {
        Streams::new(42).named(StreamName::new(name))
    }

    fn samples(name: &str, mut draw: impl FnMut(&mut Stream) -> f64) -> Vec<f64> {
        let mut stream = stream(name);
        (0..SAMPLES).map(|_| draw(&mut stream)).collect()
    }

    fn hash_of(samples: &[f64]) -> u64 {
        let mut hasher = Xxh3::new();
        for sample in samples {
            hasher.write_u64(sample.to_bits().to_le());
        }
        hasher.finish()
    }

    /// Mean and variance.
    fn moments(samples: &[f64]) -> (f64, f64) {
        let n = samples.len() as f64;
        let mean = samples.iter().sum::<f64>() / n;
        (mean, samples.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0))
    }

    fn normal_cumulative(z: f64) -> f64 {
        libm::erfc(-z / std::f64::consts::SQRT_2) / 2.0
    }

    #[test]
    fn uniform_is_uniform_and_never_an_end() {
        let values = samples("uniform", Stream::uniform_open);
        assert!(values.iter().all(|u| *u > 0.0 && *u < 1.0));
        let (mean, variance) = moments(&values);
        assert!((mean - 0.5).abs() < 0.004 && (variance - 1.0 / 12.0).abs() < 0.001, "{mean} {variance}");
        assert!(scaled_distance(values, |x| x) < 1.95);
        // The ends of the range of words: half a step inside.
        let end = |word: u64| ((word >> 11) | 1) as f64 * TWO_TO_MINUS_53;
        assert!(end(0) > 0.0 && end(u64::MAX) < 1.0);
    }

    #[test]
    fn exponential_has_its_mean_and_shape() {
        let values = samples("exponential", |s| s.exponential(2e9));
        let (mean, variance) = moments(&values);
        assert!(
            (mean / 2e9 - 1.0).abs() < 0.015 && (variance / 4e18 - 1.0).abs() < 0.04,
            "{mean} {variance}"
        );
        assert!(scaled_distance(values, |x| 1.0 - libm::exp(-x / 2e9)) < 1.95);
    }

    #[test]
    fn normal_has_its_shape() {
        let values = samples("normal", Stream::standard_normal);
        let (mean, variance) = moments(&values);
        assert!(mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
        assert!(scaled_distance(values, normal_cumulative) < 1.95);
    }

    #[test]
    fn neighbours_are_independent() {
        let values = samples("normal", Stream::standard_normal);
        let n = values.len() as f64;
        let covariance = values.iter().zip(values.iter().skip(1)).map(|(x, y)| x * y).sum::<f64>() / n;
        assert!(covariance.abs() < 4.0 / n.sqrt(), "{covariance}");
    }

    #[test]
    fn log_normal_has_its_median_and_shape() {
        let values = samples("log-normal", |s| s.log_normal(400.0, 0.35));
        let below = values.iter().filter(|x| **x < 400.0).count() as f64 / f64::from(SAMPLES);
        assert!((below - 0.5).abs() < 0.008, "{below}");
        assert!(scaled_distance(values, |x| normal_cumulative(libm::log(x / 400.0) / 0.35)) < 1.95);
        assert_eq!(stream("log-normal").log_normal(400.0, 0.0).to_bits(), 400.0_f64.to_bits());
    }

    #[test]
    fn below_reaches_all_numbers_evenly() {
        let mut counts = [0_u32; 7];
        let mut stream = stream("below");
        for _ in 0..70_000 {
            counts[usize::try_from(stream.below(7)).unwrap()] += 1;
        }
        // Chi-squared with 6 degrees of freedom is below 22.5 in 99.9 % of cases.
        let chi: f64 =
            counts.iter().map(|c| (f64::from(*c) - 10_000.0) * (f64::from(*c) - 10_000.0) / 10_000.0).sum();
        assert!(chi < 22.5, "{counts:?}");
        assert_eq!([stream.below(0), stream.below(1)], [0, 0]);
        // Where bias would be greatest: a plain product would give each third number twice the chance.
        let n = u64::MAX / 3 * 2;
        let low = (0..30_000).filter(|_| stream.below(n) < n / 2).count();
        assert!((14_500..15_500).contains(&low), "{low}");
    }

    #[test]
    fn chance_and_between_keep_their_ends() {
        let mut stream = stream("chance");
        for (p, always) in [(0.0, false), (-1.0, false), (f64::NAN, false), (1.0, true), (2.0, true)] {
            assert!((0..1_000).all(|_| stream.chance(p) == always), "{p}");
        }
        let hits = (0..SAMPLES).filter(|_| stream.chance(0.005)).count();
        assert!((400..600).contains(&hits), "{hits}");
        let values: Vec<f64> = (0..SAMPLES).map(|_| stream.between(3.0, 10.0)).collect();
        assert!(values.iter().all(|x| (3.0..=10.0).contains(x)));
        assert!(scaled_distance(values, |x| (x - 3.0) / 7.0) < 1.95);
    }

    #[test]
    fn whole_saturates() {
        for (sample, expected) in [
            (0.4, 0),
            (0.5, 1),
            (1.5, 2),
            (-3.0, 0),
            (f64::NAN, 0),
            (f64::NEG_INFINITY, 0),
            (f64::INFINITY, u64::MAX),
            (1e300, u64::MAX),
            (4_503_599_627_370_497.0, 4_503_599_627_370_497),
        ] {
            assert_eq!(whole(sample), expected, "{sample}");
        }
    }

    /// Not a statement about what is right (the tests above are), but that every build and platform draws
    /// the same.
    #[test]
    fn samples_are_the_same_everywhere() {
        let hashes = [
            hash_of(&samples("uniform", Stream::uniform_open)),
            hash_of(&samples("exponential", |s| s.exponential(2e9))),
            hash_of(&samples("normal", Stream::standard_normal)),
            hash_of(&samples("log-normal", |s| s.log_normal(400.0, 0.35))),
            hash_of(&samples("below", |s| s.below(1_000_003) as f64)),
            hash_of(&samples("chance", |s| if s.chance(0.005) { 1.0 } else { 0.0 })),
            hash_of(&samples("between", |s| s.between(3.0, 10.0))),
        ];
        let pinned = [
            0xd1e1_986d_f7b4_965d,
            0xf08f_b398_50de_f58e,
            0x1c6c_4c4b_7c92_3bf2,
            0x3f08_5b2d_6088_7474,
            0x7198_0afb_f8c3_040b,
            0xf112_f3f3_dfe9_e33d,
            0x924a_8e5d_6ee5_7f3d,
        ];
        assert_eq!(hashes, pinned, "{hashes:#018x?}");
    }
}
