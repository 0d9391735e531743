//! How long calls take by their prompt and their answer, from times of whole calls.
//!
//! The mean of a call is `first + per_prompt * prompt + per_token * (answer - 1)`; the first two terms spread
//! together and the third by itself, log-normally both. So the variance of a call is a sum of two squares with a
//! factor each, which tells the spreads apart that no single call does. Means by weighted least squares, spreads
//! by least squares of squared residuals, in turn until both stand; nothing is below 0. A slope over the prompt
//! is kept only where it is twice as large as its error.
//!
//! Deliberately not fitted: tails, and times that grow with load.

use super::fit::{LineFit, fit_log_normal};

/// One call.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CallTime {
    /// Prompt tokens.
    pub prompt: f64,
    /// Tokens of the answer after the first.
    pub after_first: f64,
    /// Milliseconds.
    pub ms: f64,
}

/// Parameters of calls: medians, as the log-normal family of a latency has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallFit {
    /// Calls.
    pub calls: u64,
    /// Milliseconds until the first token of an empty prompt.
    pub first: f64,
    /// Milliseconds for each prompt token.
    pub per_prompt: f64,
    /// Spread of both.
    pub first_sigma: f64,
    /// Milliseconds for each token after the first.
    pub per_token: f64,
    /// Its spread.
    pub token_sigma: f64,
    /// Share of the variance that the means explain.
    pub r_squared: f64,
    /// Root of the mean square of what is left, in milliseconds.
    pub residual: f64,
    /// Distance of measured over mean times from a log-normal distribution.
    pub distance: f64,
}

/// Fewest calls that are fitted.
pub const FEWEST_CALLS: usize = 10;
const ROUNDS: usize = 20;

/// The parameters nearest to `calls`. `None` with fewer than [`FEWEST_CALLS`], or when a value is not finite or a
/// time not above 0.
pub fn fit_calls(calls: &[CallTime]) -> Option<CallFit> {
    let is_good = |call: &CallTime| {
        let tokens = [call.prompt, call.after_first];
        tokens.iter().all(|value| value.is_finite() && *value >= 0.0) && call.ms.is_finite() && call.ms > 0.0
    };
    if calls.len() < FEWEST_CALLS || !calls.iter().all(is_good) {
        return None;
    }
    let mut spread = Spread { first: 1.0, token: 1.0 };
    let mut means = Means::fit(calls, |_| 1.0)?;
    for _ in 0..ROUNDS {
        spread = Spread::of(calls, &means, &spread);
        // The weight of a call is one over its variance, which is never nothing beside its mean.
        means = Means::fit(calls, |call| {
            let mean = means.of(call);
            1.0 / (spread.variance(&means, call) + 1e-6 * mean * mean + f64::MIN_POSITIVE)
        })?;
    }
    let sigma = |factor: f64| libm::log1p(factor).sqrt();
    let (first_sigma, token_sigma) = (sigma(spread.first), sigma(spread.token));
    let below_mean = |sigma: f64| libm::exp(-sigma * sigma / 2.0);
    let line = quality(calls, &means);
    let ratios: Vec<f64> = calls.iter().map(|call| call.ms / means.of(call)).collect();
    let distance = fit_log_normal(&ratios).map_or(0.0, |fit| fit.distance);
    let fit = CallFit {
        calls: u64::try_from(calls.len()).unwrap_or(u64::MAX),
        first: means.first * below_mean(first_sigma),
        per_prompt: means.per_prompt * below_mean(first_sigma),
        first_sigma,
        per_token: means.per_token * below_mean(token_sigma),
        token_sigma,
        r_squared: line.r_squared,
        residual: line.residual,
        distance,
    };
    let numbers = [fit.first, fit.per_prompt, fit.first_sigma, fit.per_token, fit.token_sigma, fit.r_squared];
    numbers.iter().all(|number| number.is_finite()).then_some(fit)
}

/// Means of the three parts.
#[derive(Clone, Copy, Debug, Default)]
struct Means {
    first: f64,
    per_prompt: f64,
    per_token: f64,
}

impl Means {
    fn of(&self, call: &CallTime) -> f64 {
        self.before(call) + self.after(call)
    }

    fn before(&self, call: &CallTime) -> f64 {
        self.first + self.per_prompt * call.prompt
    }

    fn after(&self, call: &CallTime) -> f64 {
        self.per_token * call.after_first
    }

    /// Weighted least squares over those of the parts that are not below 0.
    fn fit(calls: &[CallTime], weight: impl Fn(&CallTime) -> f64) -> Option<Self> {
        let most = |of: fn(&CallTime) -> f64| calls.iter().map(of).fold(0.0, f64::max);
        // Numbers of like size make the equations good-natured.
        let scales = [1.0, most(|call| call.prompt).max(1.0), most(|call| call.after_first).max(1.0)];
        let mut sums = [[0.0; 4]; 3];
        for call in calls {
            let [one, prompt, after] = scales;
            let row = [1.0 / one, call.prompt / prompt, call.after_first / after, call.ms];
            let weight = weight(call);
            for (sums, x) in sums.iter_mut().zip(row) {
                for (sum, y) in sums.iter_mut().zip(row) {
                    *sum += weight * x * y;
                }
            }
        }
        // All of them, then without the parts that would be negative or cannot be told apart, the prompt first.
        let sets = [
            [true, true, true],
            [true, false, true],
            [false, true, true],
            [false, false, true],
            [true, true, false],
            [true, false, false],
        ];
        sets.into_iter().find_map(|set| {
            let (solved, errors) = solve(sums, set)?;
            let [first, per_prompt, per_token] = solved;
            let is_clear = !set.get(1).copied().unwrap_or(false) || {
                let error = errors.get(1).copied().unwrap_or(f64::INFINITY);
                per_prompt > 2.0 * error.max(0.0).sqrt() * weighted_residual(calls, &weight, solved, scales)
            };
            let is_good = [first, per_prompt, per_token].iter().all(|part| *part >= 0.0) && is_clear;
            let [_, prompt, after] = scales;
            is_good.then_some(Self { first, per_prompt: per_prompt / prompt, per_token: per_token / after })
        })
    }
}

/// Root of the weighted mean square of what is left.
fn weighted_residual(
    calls: &[CallTime],
    weight: impl Fn(&CallTime) -> f64,
    [first, per_prompt, per_token]: [f64; 3],
    [_, prompt, after]: [f64; 3],
) -> f64 {
    let means = Means { first, per_prompt: per_prompt / prompt, per_token: per_token / after };
    let sum: f64 = calls.iter().map(|call| weight(call) * squared(call.ms - means.of(call))).sum();
    (sum / (calls.len() as f64 - 3.0).max(1.0)).sqrt()
}

/// A square.
fn squared(value: f64) -> f64 {
    value * value
}

/// Solves the equations of the parts in `set`; the others are 0. The second value is the diagonal of the inverse.
/// `None` when they do not determine the parts.
fn solve(sums: [[f64; 4]; 3], set: [bool; 3]) -> Option<([f64; 3], [f64; 3])> {
    // Beside the equations, the unit matrix becomes the inverse.
    let mut rows: Vec<[f64; 7]> = Vec::new();
    let has = set.map(|has| if has { 1.0 } else { 0.0 });
    for (at, (row, own)) in sums.iter().zip(set).enumerate() {
        let [unit, mut left] = [[0, 1, 2].map(|place| if place == at { 1.0 } else { 0.0 }), [0.0; 3]];
        let mut right = 0.0;
        if own {
            for ((cell, sum), has) in left.iter_mut().zip(row).zip(has) {
                *cell = sum * has;
            }
            right = *row.get(3)?;
        } else {
            left = unit;
        }
        let mut wide = [0.0; 7];
        let cells = left.into_iter().chain([right]).chain(if own { unit } else { [0.0; 3] });
        wide.iter_mut().zip(cells).for_each(|(place, cell)| *place = cell);
        rows.push(wide);
    }
    for at in 0..3 {
        let pivot_row = *rows.get(at)?;
        let pivot = *pivot_row.get(at)?;
        let own = if *set.get(at)? { sums.get(at)?.get(at)?.abs() } else { 0.0 };
        if pivot.abs() <= 1e-9 * own || pivot.abs() <= 0.0 || !pivot.is_finite() {
            return None;
        }
        let scaled = pivot_row.map(|cell| cell / pivot);
        for (other, row) in rows.iter_mut().enumerate() {
            if other == at {
                *row = scaled;
                continue;
            }
            let factor = *row.get(at)?;
            for (cell, own) in row.iter_mut().zip(scaled) {
                *cell -= factor * own;
            }
        }
    }
    let mut solved = [0.0; 3];
    let mut errors = [0.0; 3];
    for (at, row) in rows.iter().enumerate() {
        *solved.get_mut(at)? = *row.get(3)?;
        *errors.get_mut(at)? = *row.get(at + 4)?;
    }
    Some((solved, errors))
}

/// Squares of the coefficients of variation.
#[derive(Clone, Copy, Debug)]
struct Spread {
    first: f64,
    token: f64,
}

impl Spread {
    fn variance(&self, means: &Means, call: &CallTime) -> f64 {
        self.first * squared(means.before(call)) + self.token * squared(means.after(call))
    }

    /// Least squares of squared residuals over the squares of both parts, weighted by the variances before.
    fn of(calls: &[CallTime], means: &Means, before: &Self) -> Self {
        let (mut aa, mut ab, mut bb, mut ay, mut by) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for call in calls {
            let (a, b) = (squared(means.before(call)), squared(means.after(call)));
            let y = squared(call.ms - means.of(call));
            let variance = before.variance(means, call) + 1e-6 * squared(means.of(call)) + f64::MIN_POSITIVE;
            let weight = 1.0 / squared(variance);
            aa += weight * a * a;
            ab += weight * a * b;
            bb += weight * b * b;
            ay += weight * a * y;
            by += weight * b * y;
        }
        let over = |top: f64, bottom: f64| if bottom > 0.0 { (top / bottom).max(0.0) } else { 0.0 };
        let determinant = aa * bb - ab * ab;
        if determinant > 1e-9 * aa * bb {
            let (first, token) = ((ay * bb - by * ab) / determinant, (by * aa - ay * ab) / determinant);
            if first >= 0.0 && token >= 0.0 {
                return Self { first, token };
            }
            return if first < 0.0 {
                Self { first: 0.0, token: over(by, bb) }
            } else {
                Self { first: over(ay, aa), token: 0.0 }
            };
        }
        // One part alone varies, or both in step: then they share one spread.
        let both = over(ay + by, aa + 2.0 * ab + bb);
        Self { first: both, token: both }
    }
}

/// How much the means explain.
fn quality(calls: &[CallTime], means: &Means) -> LineFit {
    let n = calls.len() as f64;
    let mean = calls.iter().map(|call| call.ms).sum::<f64>() / n;
    let (mut all, mut left) = (0.0, 0.0);
    for call in calls {
        all += squared(call.ms - mean);
        left += squared(call.ms - means.of(call));
    }
    let r_squared = if all > 0.0 { 1.0 - left / all } else { 1.0 };
    LineFit { intercept: means.first, slope: means.per_token, r_squared, residual: (left / n).sqrt() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::{StreamName, Streams};

    fn drawn(count: u64, first: f64, per_prompt: f64, s1: f64, per_token: f64, s2: f64) -> Vec<CallTime> {
        (0..count)
            .map(|n| {
                let mut stream = Streams::new(7).keyed(StreamName::new("calls"), n, 0);
                let prompt = stream.log_normal(800.0, 1.0).round();
                let after_first = stream.log_normal(200.0, 0.8).round();
                let before = (first + per_prompt * prompt) * stream.log_normal(1.0, s1);
                let ms = before + per_token * after_first * stream.log_normal(1.0, s2);
                CallTime { prompt, after_first, ms }
            })
            .collect()
    }

    fn near(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() <= within * expected.abs(), "{found}, not {expected}");
    }

    #[test]
    fn what_calls_were_drawn_with_comes_back() {
        let fit = fit_calls(&drawn(5_000, 300.0, 0.1, 0.25, 12.0, 0.15)).unwrap();
        near(fit.first, 300.0, 0.05);
        near(fit.per_prompt, 0.1, 0.1);
        near(fit.first_sigma, 0.25, 0.15);
        near(fit.per_token, 12.0, 0.01);
        near(fit.token_sigma, 0.15, 0.05);
        assert!(fit.r_squared > 0.9 && fit.distance < 0.1, "{fit:?}");
    }

    #[test]
    fn exact_calls_are_exact() {
        let calls = drawn(50, 300.0, 0.5, 0.0, 12.0, 0.0);
        let fit = fit_calls(&calls).unwrap();
        near(fit.first, 300.0, 1e-6);
        near(fit.per_prompt, 0.5, 1e-6);
        near(fit.per_token, 12.0, 1e-6);
        assert!(fit.first_sigma < 1e-3 && fit.token_sigma < 1e-3 && fit.r_squared > 0.999_999, "{fit:?}");
    }

    #[test]
    fn parts_that_do_not_vary_are_left_out() {
        let calls = |prompt: f64, tokens: f64| -> Vec<CallTime> {
            (0..20).map(|n| CallTime { prompt, after_first: tokens, ms: 100.0 + f64::from(n % 5) }).collect()
        };
        let fit = fit_calls(&calls(0.0, 0.0)).unwrap();
        assert!(fit.per_prompt.abs() < 1e-12 && fit.per_token.abs() < 1e-12);
        near(fit.first, 102.0, 0.001);
        // The time of equal calls belongs to no part in particular.
        let fit = fit_calls(&calls(500.0, 50.0)).unwrap();
        near(fit.first + fit.per_prompt * 500.0 + fit.per_token * 50.0, 102.0, 0.001);
    }

    #[test]
    fn what_cannot_be_fitted_is_not() {
        let good = drawn(FEWEST_CALLS as u64, 300.0, 0.0, 0.1, 12.0, 0.1);
        assert!(fit_calls(&good).is_some());
        assert_eq!(fit_calls(&good[1..]), None);
        for ms in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let mut bad = good.clone();
            bad[3].ms = ms;
            assert_eq!(fit_calls(&bad), None);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_fitted_is_finite_and_not_negative(
            calls in prop::collection::vec((0_u32..5_000, 0_u32..5_000, 1e-3..1e6), 0..60)
        ) {
            let calls: Vec<CallTime> = calls
                .into_iter()
                .map(|(prompt, after, ms)| CallTime { prompt: prompt.into(), after_first: after.into(), ms })
                .collect();
            if let Some(fit) = fit_calls(&calls) {
                for value in [fit.first, fit.per_prompt, fit.per_token, fit.first_sigma, fit.token_sigma] {
                    prop_assert!(value >= 0.0 && value.is_finite(), "{:?}", fit);
                }
            }
        }
    }
}
