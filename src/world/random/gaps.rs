//! Gaps that are more or less regular than those of a Poisson process, by their coefficient of variation.
//!
//! Rules: both families have the asked mean and coefficient of variation; only `libm` computes powers and gamma
//! functions.

use super::Stream;

impl Stream {
    /// Gamma with mean `shape`, by Marsaglia and Tsang's method (2000), and below a shape of 1 by their power
    /// of one more uniform. Three words for each try, nearly always one; one more below 1. 0 for a shape that
    /// is no number above 0.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape.is_nan() || shape <= 0.0 {
            return 0.0;
        }
        if shape < 1.0 {
            let power = libm::pow(self.uniform_open(), 1.0 / shape);
            return power * self.gamma_above_one(shape + 1.0);
        }
        self.gamma_above_one(shape)
    }

    fn gamma_above_one(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        // A try is taken with a chance above 95 %: so many failures do not happen.
        for _ in 0..MOST_TRIES {
            let normal = self.standard_normal();
            let uniform = self.uniform_open();
            let root = 1.0 + c * normal;
            let cube = root * root * root;
            if cube > 0.0 && libm::log(uniform) < 0.5 * normal * normal + d - d * cube + d * libm::log(cube) {
                return d * cube;
            }
        }
        d
    }

    /// Weibull of scale 1, by inversion. One word.
    pub fn weibull(&mut self, shape: f64) -> f64 {
        libm::pow(-libm::log(self.uniform_open()), 1.0 / shape)
    }
}

const MOST_TRIES: u32 = 1_000;

/// The shape of a gamma distribution with this coefficient of variation.
pub fn gamma_shape(cv: f64) -> f64 {
    1.0 / (cv * cv)
}

/// Shape and mean (at scale 1) of a Weibull distribution with this coefficient of variation, by bisection;
/// between the shapes 0.1 (a coefficient of 429) and 1,000 (0.0013).
pub fn weibull_shape(cv: f64) -> (f64, f64) {
    let (mut low, mut high) = (libm::log(0.1), libm::log(1_000.0));
    for _ in 0..64 {
        let middle = f64::midpoint(low, high);
        if weibull_cv(libm::exp(middle)) > cv { low = middle } else { high = middle }
    }
    let shape = libm::exp(f64::midpoint(low, high));
    (shape, libm::exp(libm::lgamma(1.0 + 1.0 / shape)))
}

fn weibull_cv(shape: f64) -> f64 {
    let square = libm::lgamma(1.0 + 2.0 / shape) - 2.0 * libm::lgamma(1.0 + 1.0 / shape);
    libm::expm1(square).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::scaled_distance;
    use super::super::{StreamName, Streams};
    use super::*;

    const SAMPLES: u32 = 100_000;

    fn samples(name: &str, mut draw: impl FnMut(&mut Stream) -> f64) -> Vec<f64> {
        let mut stream = Streams::new(42).named(StreamName::new(name));
        (0..SAMPLES).map(|_| draw(&mut stream)).collect()
    }

    /// The distribution function of the gamma distribution, by its power series.
    fn gamma_cumulative(shape: f64, x: f64) -> f64 {
        if x > shape + 40.0 * shape.max(1.0).sqrt() {
            return 1.0;
        }
        let (mut term, mut sum, mut n) = (1.0 / shape, 1.0 / shape, shape);
        while term > sum * 1e-16 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        sum * libm::exp(shape * libm::log(x) - x - libm::lgamma(shape))
    }

    #[test]
    fn the_series_is_the_gamma_distribution() {
        for x in [0.1, 1.0, 5.0, 20.0] {
            assert!((gamma_cumulative(1.0, x) - (1.0 - libm::exp(-x))).abs() < 1e-12, "{x}");
            // Chi-squared with one degree of freedom at 2x.
            assert!((gamma_cumulative(0.5, x) - libm::erf(x.sqrt())).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn gamma_has_its_shape() {
        for shape in [0.2, 0.75, 1.0, 4.0, 100.0] {
            let values = samples("gamma", |stream| stream.gamma(shape));
            assert!(values.iter().all(|x| *x >= 0.0));
            let far = scaled_distance(values, |x| if x > 0.0 { gamma_cumulative(shape, x) } else { 0.0 });
            assert!(far < 1.95, "{shape}: {far}");
        }
    }

    #[test]
    fn weibull_has_its_shape() {
        for shape in [0.4, 1.0, 3.0] {
            let values = samples("weibull", |stream| stream.weibull(shape));
            let far = scaled_distance(values, |x| -libm::expm1(-libm::pow(x, shape)));
            assert!(far < 1.95, "{shape}: {far}");
        }
    }

    #[test]
    fn shapes_belong_to_their_variation() {
        // An exponential distribution is both, with a variation of 1; Rayleigh's is sqrt(4 / pi - 1).
        assert!((weibull_shape(1.0).0 - 1.0).abs() < 1e-9 && (weibull_shape(1.0).1 - 1.0).abs() < 1e-9);
        let rayleigh = (4.0 / std::f64::consts::PI - 1.0).sqrt();
        assert!((weibull_shape(rayleigh).0 - 2.0).abs() < 1e-9);
        // Half a shape: moments 2 and 24, so a variation of sqrt(5).
        let (shape, mean) = weibull_shape(5.0_f64.sqrt());
        assert!((shape - 0.5).abs() < 1e-9 && (mean - 2.0).abs() < 1e-8);
        assert!((gamma_shape(2.0) - 0.25).abs() < 1e-15);
    }

    #[test]
    fn absurd_shapes_are_survived() {
        let mut stream = Streams::new(1).named(StreamName::new("absurd"));
        for shape in [0.0, -1.0, f64::NAN, 1e-300, 1e300, f64::INFINITY] {
            let drawn = stream.gamma(shape);
            assert!(drawn.is_nan() || drawn >= 0.0, "{shape} {drawn}");
            let _ = stream.weibull(shape);
        }
        for cv in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!((0.09..1_001.0).contains(&weibull_shape(cv).0), "{cv}");
        }
    }
}
