//! Each process against its theory, with the first seeds of the stream.

use super::*;
use crate::random::scaled_distance;

fn process(spec: &ProcessSpec, seed: u64) -> Process {
    Process::new(spec, Streams::new(seed))
}

/// The first `count` arrivals in seconds.
fn times(spec: &ProcessSpec, seed: u64, count: usize) -> Vec<f64> {
    let mut process = process(spec, seed);
    let all: Vec<f64> =
        std::iter::from_fn(|| process.next()).take(count).map(|at| at.as_nanos() as f64 / 1e9).collect();
    assert!(all.is_sorted());
    all
}

/// Which of the intervals of length 1 a number is in.
fn place(number: f64) -> usize {
    usize::try_from(whole(number - 0.5)).unwrap()
}

fn gaps(times: &[f64]) -> Vec<f64> {
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn renewal(gaps: Gaps) -> ProcessSpec {
    ProcessSpec::Renewal { per_second: 5.0, gaps }
}

#[test]
fn renewal_gaps_have_their_mean_and_variation() {
    for (spec, cv) in [
        (Gaps::Exponential, 1.0),
        (Gaps::Gamma(0.3), 0.3),
        (Gaps::Gamma(3.0), 3.0),
        (Gaps::Weibull(0.5), 0.5),
        (Gaps::Weibull(2.0), 2.0),
    ] {
        let gaps = gaps(&times(&renewal(spec), 1, 200_000));
        let n = gaps.len() as f64;
        let mean = gaps.iter().sum::<f64>() / n;
        let deviation = (gaps.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / n).sqrt();
        // Four standard errors of the mean.
        assert!((mean / 0.2 - 1.0).abs() < 4.0 * cv / n.sqrt(), "{spec:?}: {mean}");
        assert!((deviation / mean / cv - 1.0).abs() < 0.05, "{spec:?}: {}", deviation / mean);
    }
}

#[test]
fn gaps_have_their_distribution() {
    // Gamma with a variation of 1/sqrt(2) is Erlang's with two stages of mean 0.1 s.
    let erlang = gaps(&times(&renewal(Gaps::Gamma(0.5_f64.sqrt())), 1, 100_000));
    assert!(scaled_distance(erlang, |x| 1.0 - libm::exp(-10.0 * x) * (1.0 + 10.0 * x)) < 1.95);
    // Weibull with a variation of sqrt(5) has shape 1/2 and scale 0.1 s.
    let weibull = gaps(&times(&renewal(Gaps::Weibull(5.0_f64.sqrt())), 1, 100_000));
    // Times are whole nanoseconds: what is shorter cannot be told from zero.
    assert!(scaled_distance(weibull, |x| -libm::expm1(-(x / 0.1).sqrt())) < 1.95);
    let poisson = gaps(&times(&renewal(Gaps::Exponential), 1, 100_000));
    assert!(scaled_distance(poisson, |x| -libm::expm1(-5.0 * x)) < 1.95);
}

#[test]
fn interrupted_poisson_gaps_are_hyperexponential() {
    // A Poisson process that is switched on and off is a renewal process whose gaps are a mixture of two
    // exponentials (Kuczura 1973).
    let (rate, end_on, end_off) = (10.0, 1.0 / 2.0, 1.0 / 5.0);
    let spec = ProcessSpec::OnOff {
        on_per_second: rate,
        off_per_second: 0.0,
        mean_on: Duration::from_secs(2),
        mean_off: Duration::from_secs(5),
    };
    let sum: f64 = rate + end_on + end_off;
    let root = (sum * sum - 4.0 * rate * end_off).sqrt();
    let (fast, slow) = (f64::midpoint(sum, root), f64::midpoint(sum, -root));
    let share = (rate - slow) / (fast - slow);
    let gaps = gaps(&times(&spec, 1, 100_000));
    let cumulative = |x: f64| 1.0 - share * libm::exp(-fast * x) - (1.0 - share) * libm::exp(-slow * x);
    assert!(scaled_distance(gaps, cumulative) < 1.95);
}

#[test]
fn two_rates_have_the_mean_and_the_dispersion_of_theory() {
    let spec = ProcessSpec::OnOff {
        on_per_second: 20.0,
        off_per_second: 2.0,
        mean_on: Duration::from_secs(1),
        mean_off: Duration::from_secs(3),
    };
    let times = times(&spec, 1, 650_000);
    // Mean rate (20 + 3 * 2) / 4; dispersion in long intervals 1 + 2 * a * b * (difference of rates)^2 /
    // ((a + b)^2 * (a * low + b * high) ...), as a and b are the rates of leaving each state.
    let (leave_on, leave_off) = (1.0, 1.0 / 3.0);
    let both: f64 = leave_on + leave_off;
    let limit = 1.0 + 2.0 * leave_on * leave_off * 18.0 * 18.0 / (both * both * both * 6.5);
    let width = 100.0;
    let intervals = place(times.last().unwrap() / width);
    let mut counts = vec![0.0; intervals];
    for at in &times {
        if let Some(count) = counts.get_mut(place(at / width)) {
            *count += 1.0;
        }
    }
    let n = intervals as f64;
    let mean = counts.iter().sum::<f64>() / n;
    let variance = counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / (n - 1.0);
    // The finite interval takes a little off: by 1 - 1 / (both * width).
    let expected = 1.0 + (limit - 1.0) * (1.0 - 1.0 / (both * width));
    assert!((mean / (6.5 * width) - 1.0).abs() < 0.02, "{mean}");
    assert!(
        (variance / mean / expected - 1.0).abs() < 4.0 * (2.0 / n).sqrt(),
        "{} {expected}",
        variance / mean
    );
}

fn steps(steps: &[(u64, f64)], repeat: bool, gaps: Gaps) -> ProcessSpec {
    let segment = |(seconds, per_second): &(u64, f64)| Segment {
        length: Duration::from_secs(*seconds),
        per_second: *per_second,
        gaps: None,
    };
    ProcessSpec::Profile { segments: steps.iter().map(segment).collect(), repeat, gaps }
}

#[test]
fn steps_have_their_rates() {
    // 1,000 rounds of 10 s at 2/s, 10 s of nothing, 5 s at 20/s; 25 bins of a second, summed over rounds.
    let spec = steps(&[(10, 2.0), (10, 0.0), (5, 20.0)], true, Gaps::Exponential);
    let mut bins = [0.0_f64; 25];
    for at in times(&spec, 1, 130_000).into_iter().take_while(|at| *at < 25_000.0) {
        bins[place(at % 25.0)] += 1.0;
    }
    let expected = |bin: usize| match bin {
        0..10 => 2_000.0,
        10..20 => 0.0,
        _ => 20_000.0,
    };
    let mut chi = 0.0;
    for (bin, count) in bins.iter().enumerate() {
        if expected(bin) > 0.0 {
            chi += (count - expected(bin)) * (count - expected(bin)) / expected(bin);
        } else {
            assert!(*count < 0.5, "{bin}");
        }
    }
    // 15 independent counts: below 37.7 in 99.9 % of cases.
    assert!(chi < 37.7, "{chi} {bins:?}");
}

#[test]
fn a_profile_that_is_not_repeated_ends() {
    let all = times(&steps(&[(10, 50.0)], false, Gaps::Gamma(0.01)), 1, 10_000);
    // Nearly regular gaps of 20 ms.
    assert!((498..=501).contains(&all.len()) && all.iter().all(|at| *at < 10.0), "{}", all.len());
    assert_eq!(times(&steps(&[(10, 0.0)], true, Gaps::Exponential), 1, 10), [0.0; 0]);
    assert_eq!(times(&steps(&[], true, Gaps::Exponential), 1, 10), [0.0; 0]);
}

#[test]
fn a_day_swings_about_its_mean() {
    let period = Duration::from_secs(1_440);
    let segments = diurnal(10.0, 0.8, period, Duration::from_secs(360));
    assert_eq!(segments.iter().map(|s| s.length.as_nanos()).sum::<u64>(), period.as_nanos());
    let mean = segments.iter().map(|s| s.per_second).sum::<f64>() / 1_440.0;
    assert!((mean - 10.0).abs() < 1e-9);
    let spec = ProcessSpec::Profile { segments, repeat: true, gaps: Gaps::Exponential };
    let mut bins = [0.0_f64; 12];
    for at in times(&spec, 1, 200_000).into_iter().take_while(|at| *at < 14_400.0) {
        bins[place(at % 1_440.0 / 120.0)] += 1.0;
    }
    // The integral of 10 (1 + 0.8 cos(2 pi (t - 360) / 1440)) over 120 s, ten times.
    let tau = std::f64::consts::TAU;
    let integral = |t: f64| 10.0 * t + 8.0 * 1_440.0 / tau * libm::sin(tau * (t - 360.0) / 1_440.0);
    let chi: f64 = (0..12_u8)
        .zip(bins)
        .map(|(bin, count)| {
            let start = f64::from(bin) * 120.0;
            let expected = 10.0 * (integral(start + 120.0) - integral(start));
            (count - expected) * (count - expected) / expected
        })
        .sum();
    // 12 independent counts: below 32.9 in 99.9 % of cases.
    assert!(chi < 32.9, "{chi} {bins:?}");
}

#[test]
fn bursts_come_at_their_times_over_the_rest() {
    let bursts = |per_second| ProcessSpec::Bursts {
        per_second,
        every: Duration::from_secs(60),
        size: 30,
        within: Duration::from_secs(2),
    };
    let alone = times(&bursts(0.0), 1, 90);
    for (number, burst) in alone.chunks(30).enumerate() {
        let start = 60.0 * (number as f64 + 1.0);
        assert!(burst.iter().all(|at| (start..start + 2.0).contains(at)), "{burst:?}");
    }
    let both = times(&bursts(3.0), 1, 400);
    let of_bursts: Vec<f64> = both.iter().copied().filter(|at| alone.contains(at)).collect();
    assert_eq!(of_bursts[..30], alone[..30], "the rest shifts no burst");
    let rest = renewal(Gaps::Exponential);
    let ProcessSpec::Renewal { gaps, .. } = rest else { return };
    let poisson = times(&ProcessSpec::Renewal { per_second: 3.0, gaps }, 1, 400);
    assert!(
        both.iter()
            .filter(|at| !alone.contains(at))
            .zip(&poisson)
            .all(|(one, other)| (one - other).abs() < 1e-9)
    );
}

#[test]
fn absurd_processes_end() {
    let long = Duration::from_nanos(u64::MAX);
    for spec in [
        ProcessSpec::Renewal { per_second: 0.0, gaps: Gaps::Exponential },
        ProcessSpec::Renewal { per_second: f64::NAN, gaps: Gaps::Gamma(1.0) },
        ProcessSpec::Renewal { per_second: 1e-12, gaps: Gaps::Weibull(2.0) },
        ProcessSpec::OnOff { on_per_second: 0.0, off_per_second: 0.0, mean_on: long, mean_off: long },
        ProcessSpec::Bursts { per_second: 0.0, every: long, size: 3, within: Duration::ZERO },
        steps(&[(1, f64::NAN)], true, Gaps::Exponential),
        steps(&[(1, 1e-12)], true, Gaps::Exponential),
    ] {
        assert!(times(&spec, 1, 1_000).len() < 100, "{spec:?}");
    }
    let tiny = ProcessSpec::OnOff {
        on_per_second: 1e-9,
        off_per_second: 0.0,
        mean_on: Duration::from_nanos(1),
        mean_off: Duration::from_nanos(1),
    };
    let _ = process(&tiny, 1).next();
    assert!(process(&renewal(Gaps::Exponential), 1).next() > Some(Timestamp::from_nanos(0)));
}
