//! What tests of samplers share.

/// The Kolmogorov-Smirnov distance to a distribution function, times the root of the sample size.
/// Below 1.95 in 99.9 % of cases.
pub(crate) fn distance(mut samples: Vec<f64>, cumulative: impl Fn(f64) -> f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    let n = samples.len() as f64;
    let gap = |(i, x): (usize, &f64)| {
        let p = cumulative(*x);
        (p - i as f64 / n).max((i as f64 + 1.0) / n - p)
    };
    samples.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt()
}
