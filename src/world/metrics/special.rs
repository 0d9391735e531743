//! Functions of statistics that `libm` does not have: incomplete gamma and beta functions, digamma.
//!
//! Accurate to about 12 digits over the ranges that statistics need; tests hold them against closed forms
//! and tables. Arguments outside of their domain give `NaN`.

#![expect(clippy::many_single_char_names, reason = "the names that these formulas have everywhere")]

/// The regularised lower incomplete gamma function P(a, x), which is the distribution function of a gamma
/// distribution of shape `a` and scale 1: a power series below `a + 1`, a continued fraction above.
pub fn gamma_p(a: f64, x: f64) -> f64 {
    if a.is_nan() || x.is_nan() || a <= 0.0 || x < 0.0 {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 0.0;
    }
    if x.is_infinite() {
        return 1.0;
    }
    let scale = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        for _ in 0..MOST_TERMS {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * EPSILON {
                break;
            }
        }
        (sum * scale).min(1.0)
    } else {
        // Lentz's method for 1/(x+1-a- 1(1-a)/(x+3-a- ...)).
        let mut b = x + 1.0 - a;
        let mut c = 1.0 / TINY;
        let mut d = 1.0 / b;
        let mut fraction = d;
        for step in 1..MOST_TERMS {
            let i = f64::from(step);
            let numerator = -i * (i - a);
            b += 2.0;
            d = 1.0 / away_from_zero(numerator * d + b);
            c = away_from_zero(b + numerator / c);
            let factor = d * c;
            fraction *= factor;
            if (factor - 1.0).abs() < EPSILON {
                break;
            }
        }
        (1.0 - fraction * scale).max(0.0)
    }
}

/// The regularised incomplete beta function I_x(a, b), by its continued fraction.
pub fn beta_i(a: f64, b: f64, x: f64) -> f64 {
    if a.is_nan() || b.is_nan() || a <= 0.0 || b <= 0.0 || !(0.0..=1.0).contains(&x) {
        return f64::NAN;
    }
    if x <= 0.0 || x >= 1.0 {
        return x;
    }
    let front =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x);
    // The fraction converges fast on its own side of the mean only.
    if x < (a + 1.0) / (a + b + 2.0) {
        libm::exp(front) * beta_fraction(a, b, x) / a
    } else {
        1.0 - libm::exp(front) * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..MOST_TERMS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut factor = 1.0;
        for numerator in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + numerator * d);
            c = away_from_zero(1.0 + numerator / c);
            factor = d * c;
            fraction *= factor;
        }
        if (factor - 1.0).abs() < EPSILON {
            break;
        }
    }
    fraction
}

/// The logarithmic derivative of the gamma function, for `x > 0`: the recurrence up to 10, then the
/// asymptotic series.
pub fn digamma(x: f64) -> f64 {
    if x.is_nan() || x <= 0.0 {
        return f64::NAN;
    }
    let (mut x, mut sum) = (x, 0.0);
    while x < 10.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let tail = square * (1.0 / 252.0 - square * (1.0 / 240.0 - square / 132.0));
    let series = square * (1.0 / 12.0 - square * (1.0 / 120.0 - tail));
    sum + libm::log(x) - 0.5 / x - series
}

/// The distribution function of the normal distribution.
pub fn normal_cumulative(z: f64) -> f64 {
    libm::erfc(-z / std::f64::consts::SQRT_2) / 2.0
}

/// The quantile of Student's t distribution with `degrees` of freedom: what a draw is below with probability
/// `p`. By bisection of the distribution function; `NaN` unless `0 < p < 1` and there is a degree.
pub fn student_quantile(p: f64, degrees: u32) -> f64 {
    if p.is_nan() || p <= 0.0 || p >= 1.0 || degrees == 0 {
        return f64::NAN;
    }
    if p < 0.5 {
        return -student_quantile(1.0 - p, degrees);
    }
    let mut high = 1.0;
    while student_cumulative(high, degrees) < p && high < 1e300 {
        high *= 2.0;
    }
    let mut low = 0.0;
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if student_cumulative(middle, degrees) < p { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// The distribution function of Student's t distribution, for `t >= 0`.
fn student_cumulative(t: f64, degrees: u32) -> f64 {
    let degrees = f64::from(degrees);
    1.0 - 0.5 * beta_i(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

const MOST_TERMS: u32 = 100_000;
const EPSILON: f64 = 1e-15;
const TINY: f64 = 1e-300;

fn away_from_zero(value: f64) -> f64 {
    if value.abs() < TINY { TINY } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: f64, expected: f64, relative: f64) {
        assert!((found - expected).abs() <= relative * expected.abs().max(1e-300), "{found} {expected}");
    }

    #[test]
    fn student_quantiles_are_those_of_the_tables() {
        // Printed tables of the t distribution; for one degree tan(pi (p - 1/2)), for very many the normal's.
        for (p, degrees, expected, relative) in [
            (0.975, 1, 12.706_204_736_432_1, 1e-9),
            (0.9995, 1, 636.619_248_768_7, 1e-9),
            (0.975, 2, 4.302_652_729_911_3, 1e-9),
            (0.975, 4, 2.776_445_105, 1e-8),
            (0.975, 9, 2.262_157_163, 1e-8),
            (0.9995, 9, 4.780_912_586, 1e-8),
            (0.975, 29, 2.045_229_642, 1e-8),
            (0.975, 10_000_000, 1.959_963_985, 1e-6),
        ] {
            near(student_quantile(p, degrees), expected, relative);
            near(student_quantile(1.0 - p, degrees), -expected, relative);
        }
        near(student_quantile(0.8, 1), libm::tan(std::f64::consts::PI * 0.3), 1e-12);
        assert!(student_quantile(0.5, 3).abs() < 1e-12);
        for (p, degrees) in [(0.0, 3), (1.0, 3), (f64::NAN, 3), (-1.0, 3), (0.9, 0)] {
            assert!(student_quantile(p, degrees).is_nan());
        }
    }

    #[test]
    fn incomplete_gamma_agrees_with_closed_forms() {
        for x in [1e-6, 0.1, 1.0, 1.9, 2.1, 5.0, 20.0, 200.0] {
            near(gamma_p(1.0, x), -libm::expm1(-x), 1e-12);
            near(gamma_p(0.5, x), libm::erf(x.sqrt()), 1e-12);
            near(gamma_p(2.0, x), -libm::expm1(-x) - x * libm::exp(-x), 1e-9);
        }
        // The median of a gamma distribution is near shape - 1/3.
        assert!((gamma_p(10_000.0, 10_000.0 - 1.0 / 3.0) - 0.5).abs() < 1e-5);
        let ends = [gamma_p(3.0, 0.0), gamma_p(3.0, f64::INFINITY)];
        assert!(ends[0].abs() < 1e-300 && (ends[1] - 1.0).abs() < 1e-15);
        assert!(gamma_p(0.0, 1.0).is_nan() && gamma_p(1.0, -1.0).is_nan() && gamma_p(f64::NAN, 1.0).is_nan());
    }

    #[test]
    fn incomplete_beta_agrees_with_closed_forms() {
        for x in [0.01_f64, 0.3, 0.5, 0.9, 0.999] {
            near(beta_i(1.0, 1.0, x), x, 1e-13);
            near(beta_i(2.0, 1.0, x), x * x, 1e-13);
            near(beta_i(1.0, 3.0, x), 1.0 - libm::pow(1.0 - x, 3.0), 1e-12);
            near(beta_i(0.5, 0.5, x), libm::asin(x.sqrt()) * std::f64::consts::FRAC_2_PI, 1e-12);
        }
        assert!(beta_i(1.0, 1.0, 1.1).is_nan() && beta_i(0.0, 1.0, 0.5).is_nan());
    }

    #[test]
    fn digamma_has_its_known_values() {
        const EULER: f64 = 0.577_215_664_901_532_9;
        near(digamma(1.0), -EULER, 1e-12);
        near(digamma(2.0), 1.0 - EULER, 1e-12);
        near(digamma(0.5), -EULER - 2.0 * std::f64::consts::LN_2, 1e-12);
        // The recurrence holds on both sides of the switch to the series.
        near(digamma(10.5) - digamma(9.5), 1.0 / 9.5, 1e-10);
        assert!(digamma(0.0).is_nan());
    }
}
