//! Log and simulation side by side: shares, statuses, latency.

use super::backends::Sorted;
use super::play::Played;
use crate::config::JoinedLog;
use crate::report::{Metric, MetricKind};
use crate::sim::RunPlan;

/// The requests of one side.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    /// How many.
    pub(super) requests: u64,
    /// Those answered 2xx, 429, 5xx, and otherwise or not at all.
    pub(super) statuses: [u64; 4],
    /// Milliseconds of those answered 2xx, ascending.
    pub(super) latencies: Vec<f64>,
    /// Calls of backends, as far as they are known, and of how many requests.
    pub(super) attempts: (u64, u64),
}

/// What the statuses are called.
pub(super) const STATUSES: [&str; 4] = ["2xx", "429", "5xx", "other"];
/// Percentiles of latency.
pub(super) const PERCENTILES: [u32; 3] = [50, 90, 99];

/// The same requests on both sides.
#[derive(Clone, Debug)]
pub(super) struct Compared {
    /// A backend, or all.
    pub(super) name: String,
    pub(super) logged: Side,
    pub(super) simulated: Side,
    /// Share of the requests that went to any backend of the scenario, logged and simulated. Nothing of all.
    pub(super) shares: Option<[f64; 2]>,
}

impl Side {
    fn add(&mut self, status: Option<u16>, ms: Option<f64>, attempts: Option<u64>) {
        self.requests += 1;
        let place = match status {
            Some(200..300) => 0,
            Some(429) => 1,
            Some(500..) => 2,
            _ => 3,
        };
        if let Some(count) = self.statuses.get_mut(place) {
            *count += 1;
        }
        self.latencies.extend(ms.filter(|_| place == 0));
        if let Some(attempts) = attempts {
            let (sum, count) = self.attempts;
            self.attempts = (sum.saturating_add(attempts), count + 1);
        }
    }

    fn finish(&mut self) {
        self.latencies.sort_by(f64::total_cmp);
    }

    /// Share of the requests with a status of this class.
    pub(super) fn share(&self, class: usize) -> Option<f64> {
        let count = self.statuses.get(class).copied()?;
        (self.requests > 0).then(|| count as f64 / self.requests as f64)
    }

    /// The smallest latency that so many percent are not above.
    pub(super) fn percentile(&self, percent: u32) -> Option<f64> {
        let count = u64::try_from(self.latencies.len()).ok()?;
        let place = count.saturating_mul(u64::from(percent)).div_ceil(100).saturating_sub(1);
        self.latencies.get(usize::try_from(place).ok()?).copied()
    }

    /// Calls of backends for each request of which they are known.
    pub(super) fn attempts_each(&self) -> Option<f64> {
        let (sum, count) = self.attempts;
        (count > 0).then(|| sum as f64 / count as f64)
    }
}

/// All requests, and those of each backend of the scenario.
pub(super) fn compare(
    plan: &RunPlan,
    log: &JoinedLog,
    sorted: &Sorted,
    played: &Played,
) -> (Compared, Vec<Compared>) {
    let begin = |name: &str| Compared {
        name: name.to_owned(),
        logged: Side::default(),
        simulated: Side::default(),
        shares: None,
    };
    let mut all = begin("all requests");
    let mut each: Vec<Compared> =
        plan.gateway.backends().iter().map(|backend| begin(&backend.name)).collect();
    for (request, place) in log.requests.iter().zip(&sorted.places) {
        let ms = request.total.map(crate::units::Duration::as_millis_f64);
        let own = place.and_then(|place| each.get_mut(place.index()));
        for side in [Some(&mut all), own].into_iter().flatten() {
            side.logged.add(request.status, ms, request.attempts);
        }
    }
    for request in &played.requests {
        let ms = request.latency.map(crate::units::Duration::as_millis_f64);
        let own = request.backend.and_then(|backend| each.get_mut(backend.index()));
        for side in [Some(&mut all), own].into_iter().flatten() {
            side.simulated.add(request.status, ms, Some(u64::from(request.attempts)));
        }
    }
    let total = |of: fn(&Compared) -> u64| each.iter().map(of).sum::<u64>();
    let (logged, simulated) = (total(|one| one.logged.requests), total(|one| one.simulated.requests));
    for one in &mut each {
        let share = |part: u64, whole: u64| if whole > 0 { part as f64 / whole as f64 } else { 0.0 };
        one.shares = Some([share(one.logged.requests, logged), share(one.simulated.requests, simulated)]);
    }
    for one in std::iter::once(&mut all).chain(&mut each) {
        one.logged.finish();
        one.simulated.finish();
    }
    (all, each)
}

/// How far both sides are apart, for `--require`: shares in points, latency in parts of what was logged. The
/// error of the shares without a backend is the largest of all.
pub(super) fn errors(overall: &Compared, each: &[Compared]) -> Vec<Metric> {
    let metric = |name: &'static str, backend: &str, value: Option<f64>| Metric {
        name,
        backend: backend.to_owned(),
        value,
        kind: MetricKind::Share,
    };
    let share = |one: &Compared| one.shares.map(|[logged, simulated]| (simulated - logged).abs());
    let class = |class: usize| Some((overall.simulated.share(class)? - overall.logged.share(class)?).abs());
    let latency = |one: &Compared, percent: u32| {
        let (simulated, logged) = (one.simulated.percentile(percent)?, one.logged.percentile(percent)?);
        (logged > 0.0).then(|| (simulated / logged - 1.0).abs())
    };
    let largest = each.iter().filter_map(share).max_by(f64::total_cmp);
    let mut metrics = vec![
        metric("share_error", "", largest),
        metric("client_429_error", "", class(1)),
        metric("client_5xx_error", "", class(2)),
    ];
    let names = [("latency_error_p50", 50), ("latency_error_p90", 90), ("latency_error_p99", 99)];
    for (name, percent) in names {
        metrics.push(metric(name, "", latency(overall, percent)));
    }
    for one in each {
        metrics.push(metric("share_error", &one.name, share(one)));
        for (name, percent) in names {
            metrics.push(metric(name, &one.name, latency(one, percent)));
        }
    }
    metrics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_how_they_ended() {
        let mut side = Side::default();
        for (status, ms) in
            [(Some(200), 30.0), (Some(201), 10.0), (Some(429), 1.0), (Some(503), 2.0), (None, 9.0)]
        {
            side.add(status, Some(ms), status.map(u64::from));
        }
        side.finish();
        assert_eq!((side.statuses, side.latencies.clone()), ([2, 1, 1, 1], vec![10.0, 30.0]));
        assert_eq!(side.attempts, (200 + 201 + 429 + 503, 4));
        assert_eq!((side.share(1), Side::default().share(1)), (Some(0.2), None));
    }

    #[test]
    fn percentiles_are_values_of_the_sample() {
        let side = Side { latencies: (1..=100).map(f64::from).collect(), ..Side::default() };
        assert_eq!([50, 90, 99].map(|p| side.percentile(p)), [Some(50.0), Some(90.0), Some(99.0)]);
        let one = Side { latencies: vec![7.0], ..Side::default() };
        assert_eq!((one.percentile(50), one.percentile(99)), (Some(7.0), Some(7.0)));
        assert_eq!(Side::default().percentile(50), None);
    }
}
