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

    /// Uniform in the open interval (0, 1): the top 53 bits of one word with the last bit set, so an odd
    /// multiple of 2^-53. Neither end can come out, and the values are symmetric about 1/2.
    #[inline]
    pub fn uniform_open(&mut self) -> f64 {
        ((self.rng.next_u64() >> 11) | 1) as f64 * TWO_TO_MINUS_53
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
            let product = u128::from(self.rng.next_u64()) * u128::from(n);
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

/// The nearest whole number of a sample: ties away from zero, 0 for negative numbers and not-a-number,
/// the largest number when out of range.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturation is what is promised")]
#[inline]
pub fn whole(sample: f64) -> u64 {
    sample.round() as u64
}

const TWO_TO_MINUS_53: f64 = 1.0 / 9_007_199_254_740_992.0;

#[expect(clippy::cast_possible_truncation, reason = "splits a product into its two words")]
const fn halves(product: u128) -> (u64, u64) {
    ((product >> 64) as u64, product as u64)
}
