//! What a trace is like: rates, burstiness and sizes.
//!
//! Definitions
//! - Gaps are those between requests in order; a gap belongs to the five minutes in which it begins.
//! - Coefficients of variation, indices of dispersion and deviations use the sample variance (n - 1).
//! - Numbers by second, ten seconds and minute are taken over whole intervals from the first request on: the
//!   last, incomplete one would look like a lull. Sliding maxima look back from each request, its own instant
//!   included and the one a window earlier not.
//! - Percentiles are interpolated linearly between the two nearest values.
//! - Logarithms are natural and leave zeros out.
//!
//! Memory grows with the number of rows, never with the time they span.

use serde::Serialize;

use super::{Trace, TraceRow};

/// The statistics of a trace. What cannot be said of it (a single request, an hour by minutes of 40 s) is
/// `None`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TraceStats {
    /// Requests.
    pub requests: u64,
    /// Time from the first to the last, in seconds.
    pub duration_s: f64,
    /// Requests per second of that time.
    pub per_second: Option<f64>,
    /// Coefficient of variation of all gaps; unknown when the recorder's clock was too coarse.
    pub gap_cv: Option<f64>,
    /// Median of the coefficients of variation within each five minutes.
    pub gap_cv_5min_median: Option<f64>,
    /// Variance of the number of requests over its mean, by second.
    pub dispersion_1s: Option<f64>,
    /// The same by ten seconds.
    pub dispersion_10s: Option<f64>,
    /// The same by minute.
    pub dispersion_60s: Option<f64>,
    /// Fewest requests in a minute.
    pub rpm_min: Option<u64>,
    /// Most requests in a minute.
    pub rpm_peak: Option<u64>,
    /// Most requests in a second of the clock.
    pub peak_1s: Option<u64>,
    /// Most requests in any ten seconds.
    pub sliding_10s_requests: u64,
    /// Most requests in any minute.
    pub sliding_60s_requests: u64,
    /// Mean tokens (prompt and generated) in a minute.
    pub tpm_mean: Option<f64>,
    /// Most tokens in a minute of the clock.
    pub tpm_peak: Option<u64>,
    /// Most tokens in any minute.
    pub sliding_60s_tokens: u64,
    /// Prompts.
    pub prompt: SizeStats,
    /// Answers.
    pub completion: SizeStats,
    /// Correlation of the logarithms of both.
    pub ln_correlation: Option<f64>,
    /// Requests with images.
    pub with_images: u64,
    /// All images.
    pub images: u64,
}

/// The statistics of a number of tokens.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SizeStats {
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 90 % are not above it.
    pub p90: f64,
    /// 99 % are not above it.
    pub p99: f64,
    /// Largest.
    pub max: u64,
    /// Mean of the logarithm.
    pub ln_mu: Option<f64>,
    /// Standard deviation of the logarithm.
    pub ln_sigma: Option<f64>,
}

impl TraceStats {
    /// The statistics of `trace`, at its own times: coarse ones are not spread.
    pub fn of(trace: &Trace) -> Self {
        let rows = &trace.rows;
        let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let end = rows.last().map_or(0, |row| row.at.as_nanos());
        let duration_s = end as f64 / SECOND as f64;
        let is_fine = trace.tick.is_none();
        let [seconds, tens, minutes] = [1, 10, 60].map(|width| Intervals::of(rows, width * SECOND, end));
        let (sliding_10s_requests, _) = sliding(rows, 10 * SECOND);
        let (sliding_60s_requests, sliding_60s_tokens) = sliding(rows, 60 * SECOND);
        let prompts: Vec<u64> = rows.iter().map(|row| row.prompt_tokens.get()).collect();
        let completions: Vec<u64> = rows.iter().map(|row| row.completion_tokens.get()).collect();
        Self {
            requests: count,
            duration_s,
            per_second: (end > 0).then(|| count as f64 / duration_s),
            gap_cv: variation(&gaps(rows)).filter(|_| is_fine),
            gap_cv_5min_median: five_minutes(rows).filter(|_| is_fine),
            dispersion_1s: seconds.dispersion(),
            dispersion_10s: tens.dispersion(),
            dispersion_60s: minutes.dispersion(),
            rpm_min: minutes.known(minutes.min),
            rpm_peak: minutes.known(minutes.max),
            peak_1s: seconds.known(seconds.max),
            sliding_10s_requests,
            sliding_60s_requests,
            tpm_mean: (minutes.number > 0).then(|| minutes.tokens as f64 / minutes.number as f64),
            tpm_peak: minutes.known(minutes.most_tokens),
            sliding_60s_tokens,
            ln_correlation: correlation(&prompts, &completions),
            prompt: SizeStats::of(prompts),
            completion: SizeStats::of(completions),
            with_images: rows.iter().map(|row| u64::from(row.images > 0)).sum(),
            images: rows.iter().fold(0, |sum, row| sum.saturating_add(u64::from(row.images))),
        }
    }
}

impl SizeStats {
    fn of(mut sizes: Vec<u64>) -> Self {
        sizes.sort_unstable();
        let logs: Vec<f64> = sizes.iter().filter_map(|size| ln(*size)).collect();
        let total = sizes.iter().fold(0_u128, |sum, size| sum.saturating_add(u128::from(*size)));
        let moments = moments(&logs);
        Self {
            mean: if sizes.is_empty() { 0.0 } else { total as f64 / sizes.len() as f64 },
            p50: percentile(&sizes, 50),
            p90: percentile(&sizes, 90),
            p99: percentile(&sizes, 99),
            max: sizes.last().copied().unwrap_or(0),
            ln_mu: moments.map(|(mean, _)| mean),
            ln_sigma: moments.and_then(|(_, variance)| variance).map(f64::sqrt),
        }
    }
}

const SECOND: u64 = 1_000_000_000;

/// Numbers in whole intervals of one length.
struct Intervals {
    number: u64,
    requests: u64,
    squares: u128,
    min: u64,
    max: u64,
    tokens: u128,
    most_tokens: u64,
}

impl Intervals {
    fn of(rows: &[TraceRow], width: u64, end: u64) -> Self {
        let number = end.checked_div(width).unwrap_or(0);
        let mut all =
            Self { number, requests: 0, squares: 0, min: u64::MAX, max: 0, tokens: 0, most_tokens: 0 };
        let mut occupied = 0_u64;
        let place = |row: &TraceRow| row.at.as_nanos().checked_div(width).unwrap_or(0);
        for chunk in rows.chunk_by(|one, next| place(one) == place(next)) {
            if chunk.first().is_none_or(|row| place(row) >= number) {
                break;
            }
            occupied = occupied.saturating_add(1);
            let count = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            let tokens = chunk.iter().fold(0_u64, |sum, row| sum.saturating_add(tokens(row)));
            all.requests = all.requests.saturating_add(count);
            all.squares = all.squares.saturating_add(u128::from(count).saturating_mul(u128::from(count)));
            all.min = all.min.min(count);
            all.max = all.max.max(count);
            all.tokens = all.tokens.saturating_add(u128::from(tokens));
            all.most_tokens = all.most_tokens.max(tokens);
        }
        if occupied < number {
            all.min = 0;
        }
        all
    }

    fn known<T>(&self, value: T) -> Option<T> {
        (self.number > 0).then_some(value)
    }

    fn dispersion(&self) -> Option<f64> {
        let (n, sum) = (self.number as f64, self.requests as f64);
        let variance = (self.squares as f64 - sum * sum / n) / (n - 1.0);
        (self.number > 1 && self.requests > 0).then(|| variance / (sum / n))
    }
}

fn tokens(row: &TraceRow) -> u64 {
    row.prompt_tokens.get().saturating_add(row.completion_tokens.get())
}

/// Most requests and most tokens in any window.
fn sliding(rows: &[TraceRow], width: u64) -> (u64, u64) {
    let mut oldest = rows.iter().peekable();
    let (mut requests, mut held) = (0_u64, 0_u64);
    let (mut most_requests, mut most_tokens) = (0, 0);
    for row in rows {
        requests = requests.saturating_add(1);
        held = held.saturating_add(tokens(row));
        while let Some(old) = oldest.next_if(|old| row.at.since(old.at).as_nanos() >= width) {
            requests = requests.saturating_sub(1);
            held = held.saturating_sub(tokens(old));
        }
        most_requests = most_requests.max(requests);
        most_tokens = most_tokens.max(held);
    }
    (most_requests, most_tokens)
}

fn gaps(rows: &[TraceRow]) -> Vec<f64> {
    rows.iter().zip(rows.iter().skip(1)).map(|(one, next)| next.at.since(one.at).as_nanos() as f64).collect()
}

/// The median over five-minute intervals of the variation of the gaps that begin in each.
fn five_minutes(rows: &[TraceRow]) -> Option<f64> {
    let place = |row: &TraceRow| row.at.as_nanos().checked_div(300 * SECOND);
    let pairs: Vec<(&TraceRow, &TraceRow)> = rows.iter().zip(rows.iter().skip(1)).collect();
    let mut all: Vec<f64> = pairs
        .chunk_by(|one, next| place(one.0) == place(next.0))
        .filter_map(|chunk| {
            let gaps: Vec<f64> =
                chunk.iter().map(|(one, next)| next.at.since(one.at).as_nanos() as f64).collect();
            variation(&gaps)
        })
        .collect();
    all.sort_by(f64::total_cmp);
    let middle = all.len() / 2;
    let upper = *all.get(middle)?;
    let lower = if all.len().is_multiple_of(2) { *all.get(middle.checked_sub(1)?)? } else { upper };
    Some(f64::midpoint(lower, upper))
}

/// Standard deviation over mean.
fn variation(values: &[f64]) -> Option<f64> {
    let (mean, variance) = moments(values)?;
    (mean > 0.0).then(|| variance.map(|variance| variance.sqrt() / mean))?
}

/// Mean, and variance if there are two values.
fn moments(values: &[f64]) -> Option<(f64, Option<f64>)> {
    if values.is_empty() {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
    Some((mean, (values.len() > 1).then(|| squares / (n - 1.0))))
}

/// Of sorted values; 0 when there are none.
fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let steps = sorted.len().saturating_sub(1).saturating_mul(percent);
    let at = |place: usize| sorted.get(place).or(sorted.last()).copied().unwrap_or(0) as f64;
    let below = at(steps / 100);
    below + (at((steps / 100).saturating_add(1)) - below) * (steps % 100) as f64 / 100.0
}

fn ln(size: u64) -> Option<f64> {
    (size > 0).then(|| libm::log(size as f64))
}

/// Of the logarithms of pairs without a zero.
fn correlation(one: &[u64], other: &[u64]) -> Option<f64> {
    let pairs: Vec<(f64, f64)> =
        one.iter().zip(other).filter_map(|(one, other)| Some((ln(*one)?, ln(*other)?))).collect();
    let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let ((mean_x, variance_x), (mean_y, variance_y)) = (moments(&xs)?, moments(&ys)?);
    let spread = (variance_x? * variance_y?).sqrt();
    let covariance =
        pairs.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>() / (pairs.len() as f64 - 1.0);
    (spread > 0.0).then(|| covariance / spread)
}

#[cfg(test)]
mod tests {
    use crate::units::{Timestamp, Tokens};

    use super::*;

    fn trace(rows: &[(u64, u64, u64)]) -> Trace {
        let row = |(at, prompt, completion): &(u64, u64, u64)| TraceRow {
            at: Timestamp::from_nanos(at * SECOND),
            prompt_tokens: Tokens(*prompt),
            completion_tokens: Tokens(*completion),
            images: u32::from(*at == 0) * 3,
            max_tokens: None,
        };
        Trace { rows: rows.iter().map(row).collect(), ..Trace::default() }
    }

    fn close(value: Option<f64>, expected: f64) {
        assert!((value.unwrap() - expected).abs() < 1e-9, "{value:?} {expected}");
    }

    #[test]
    fn small_traces_are_as_worked_out_by_hand() {
        // Minutes: 3 requests (0, 10, 20 s), 1 (60 s), and the incomplete one of 130 s.
        let stats = TraceStats::of(&trace(&[(0, 1, 1), (10, 10, 4), (20, 100, 9), (60, 7, 0), (130, 8, 1)]));
        assert_eq!((stats.requests, stats.rpm_min, stats.rpm_peak), (5, Some(1), Some(3)));
        close(stats.per_second, 5.0 / 130.0);
        // Mean 2, sample variance 2.
        close(stats.dispersion_60s, 1.0);
        // Gaps 10, 10, 40, 70: mean 32.5, squares 2 * 22.5^2 + 7.5^2 + 37.5^2 = 2475, over 3 is 825.
        close(stats.gap_cv, 825.0_f64.sqrt() / 32.5);
        assert_eq!(stats.gap_cv, stats.gap_cv_5min_median);
        // At 20 s the one of 10 s is just out of ten seconds.
        assert_eq!((stats.sliding_10s_requests, stats.sliding_60s_requests, stats.peak_1s), (1, 3, Some(1)));
        assert_eq!((stats.sliding_60s_tokens, stats.tpm_peak), (130, Some(125)));
        close(stats.tpm_mean, 66.0);
        // 1, 7, 8, 10, 100.
        assert_eq!((stats.prompt.p50, stats.prompt.max), (8.0, 100));
        close(Some(stats.prompt.p90), 10.0 + 0.6 * 90.0);
        close(Some(stats.prompt.mean), 25.2);
        assert_eq!((stats.with_images, stats.images), (1, 3));
    }

    #[test]
    fn logarithms_of_a_line_correlate() {
        let stats = TraceStats::of(&trace(&[(0, 2, 4), (1, 4, 16), (2, 8, 64), (3, 5, 0)]));
        close(stats.ln_correlation, 1.0);
        close(stats.completion.ln_mu, 2.0 * libm::log(4.0));
        close(stats.completion.ln_sigma, libm::log(4.0));
    }

    #[test]
    fn what_cannot_be_said_is_left_out() {
        let one = TraceStats::of(&trace(&[(0, 5, 5)]));
        assert_eq!((one.per_second, one.gap_cv, one.rpm_peak, one.prompt.ln_sigma), (None, None, None, None));
        assert_eq!((one.prompt.p99, one.sliding_60s_tokens, one.ln_correlation), (5.0, 10, None));
        let none = TraceStats::of(&Trace::default());
        assert_eq!((none.requests, none.prompt.mean, none.prompt.ln_mu), (0, 0.0, None));
        let tick = Some(crate::units::Duration::from_secs(3));
        let coarse = TraceStats::of(&Trace { tick, ..trace(&[(0, 1, 1), (3, 1, 1), (9, 1, 1)]) });
        assert_eq!((coarse.gap_cv, coarse.gap_cv_5min_median), (None, None));
    }

    #[test]
    fn the_longest_trace_is_no_burden() {
        let mut long = trace(&[(0, 1, 1), (1, 1, 1)]);
        long.rows[1].at = Timestamp::MAX;
        let stats = TraceStats::of(&long);
        assert_eq!((stats.rpm_min, stats.peak_1s), (Some(0), Some(1)));
    }
}
