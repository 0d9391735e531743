//! From the totals of a run to its summary.

use super::costs::{summarise_costs, summarise_objective};
use crate::backend::Capacity;
use crate::config::{Scenario, Variant};
use crate::metrics::LatencyHistogram;
use crate::report::{
    AssumptionSummary, AttemptTotals, BackendCachingSummary, BackendSummary, CachingSummary, CallTotals,
    ClientSummary, Distribution, FaultSummary, GroupSummary, MAX_TRIPS, OversizedTotals, PhaseSummary,
    PoolSummary, RegionSummary, RequestTotals, RunStamp, SCHEMA_VERSION, SessionSummary, SpillTargetSummary,
    SpillingSummary, SpilloverSummary, Summary, TripRow, TripSummary, WarmupSummary,
};
use crate::sim::{FaultResult, GroupResult, RegionSpec, RunResult};
use crate::units::{Duration, StatusCode, Timestamp};
use crate::workload::ArrivalSpec;

/// What every file of the run says about it.
pub(crate) fn stamp(variant: &Variant) -> RunStamp {
    RunStamp {
        schema: SCHEMA_VERSION,
        scenario_hash: variant.hash.clone(),
        seed: variant.plan.seed,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The summary of `result`.
pub(crate) fn summarise(
    scenario: &Scenario,
    variant: &Variant,
    result: &RunResult,
    trips: &[TripRow],
) -> Summary {
    let duration_s = result.end.since(Timestamp::ZERO).as_secs_f64();
    let plan_warmup = variant.plan.warmup;
    let told: Vec<&TripRow> = trips.iter().filter(|trip| trip.start_s >= plan_warmup.as_secs_f64()).collect();
    let sum = |of: fn(&crate::sim::BackendResult) -> u64| result.backends.iter().map(of).sum::<u64>();
    let others = result.statuses.iter().filter(|(status, _)| !status.is_success());
    Summary {
        run: stamp(variant),
        scenario: scenario.name.clone(),
        variant: variant.name.clone(),
        start: scenario.start.clone(),
        fingerprint: result.fingerprint.clone(),
        duration_s,
        warmup: (plan_warmup > Duration::ZERO)
            .then(|| WarmupSummary { length_s: plan_warmup.as_secs_f64(), requests: result.left_out }),
        instances: u32::try_from(variant.plan.fleet.lives().len()).unwrap_or(u32::MAX),
        requests: RequestTotals {
            arrivals: result.arrivals,
            answered_2xx: result.statuses.successes(),
            answered_otherwise: others.map(|(status, count)| (status.get(), count)).collect(),
            broken_off: result.broken_off,
            cancelled: result.cancelled,
            in_flight: result.in_flight,
            disconnected: variant.plan.traffic.has_disconnects().then_some(result.disconnected),
            in_flight_mean: mean_over_time(variant, result, result.under_way),
        },
        attempts: AttemptTotals {
            total: result.attempts,
            admitted: sum(|b| b.admitted),
            throttled: sum(|b| b.throttled),
            failed: sum(|b| b.failed),
            spilled: (!variant.plan.spillover.is_empty()).then(|| sum(|b| b.spilled)),
            unrouted: result.unrouted,
            timeouts: sum(|b| b.timeouts),
            retries: result.retries,
            exhausted_selections: result.exhausted,
        },
        oversized: OversizedTotals { requests: result.oversized, attempts: sum(|b| b.throttled_oversized) },
        latency_ms: distribution(&result.latency),
        ttft_ms: distribution(&result.ttft),
        wait_ms: distribution(&result.wait),
        refusal_ms: distribution(&result.refusal_latency),
        refused_while_capacity_free: result.refused_needlessly,
        objective: summarise_objective(variant, result),
        calls: result.calls.as_ref().map(|calls| {
            let per_call = |n: u64| if calls.begun == 0 { 0.0 } else { n as f64 / calls.begun as f64 };
            CallTotals {
                begun: calls.begun,
                succeeded: calls.succeeded,
                failed: calls.failed,
                unfinished: calls.unfinished,
                tried_again: calls.tried_again,
                refused_by_budget: calls.refused_by_budget,
                requests_per_call: per_call(result.arrivals),
                attempts_per_call: per_call(result.attempts),
                latency_ms: distribution(&calls.latency),
            }
        }),
        clients: clients(variant, result),
        regions: regions(variant, result),
        sessions: result.sessions.map(|sessions| SessionSummary {
            begun: sessions.begun,
            answers: sessions.answers,
            follow_ups: sessions.follow_ups,
            from_same_member: sessions.from_same,
            pinned: sessions.pinned,
            from_pinned_member: sessions.from_pinned,
        }),
        backends: backends(variant, result),
        spillover: summarise_spillover(variant, result),
        prompt_caching: summarise_caching(variant, result),
        costs: summarise_costs(variant, result),
        trips: told.iter().take(MAX_TRIPS).map(|row| trip(row)).collect(),
        trips_left_out: told.len().saturating_sub(MAX_TRIPS) as u64,
        faults: result.faults.as_ref().map(|faults| summarise_faults(variant, faults)),
        assumptions: variant
            .assumptions
            .iter()
            .map(|a| AssumptionSummary {
                what: a.what.clone(),
                value: a.value.clone(),
                source: a.source.clone(),
            })
            .collect(),
        readings: variant.readings().iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
    }
}

/// The mean of a number over the time that figures are about, from its integral in nanoseconds.
fn mean_over_time(variant: &Variant, result: &RunResult, integral: u128) -> f64 {
    let counts_from = Timestamp::ZERO.saturating_add(variant.plan.warmup);
    match result.end.since(counts_from).as_nanos() {
        0 => 0.0,
        time => integral as f64 / time as f64,
    }
}

/// What was spilled; `None` where nothing may be.
fn summarise_spillover(variant: &Variant, result: &RunResult) -> Option<SpilloverSummary> {
    let plan = &variant.plan;
    let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let all_tokens: u64 = result.backends.iter().map(|b| b.prompt_tokens + b.completion_tokens).sum();
    let entities = plan.gateway.backends().iter().zip(&plan.targets).zip(&result.backends);
    let backends = entities.filter(|((_, target), _)| target.spillover.is_some());
    let backends = backends.map(|((entity, _), totals)| SpillingSummary {
        backend: entity.name.to_string(),
        spilled: totals.spilled,
        in_vain: totals.spilled_in_vain,
        answered: totals.spilled_answered,
        share: ratio(totals.spilled_answered, result.arrivals),
        prompt_tokens: totals.spilled_prompt_tokens,
        completion_tokens: totals.spilled_completion_tokens,
        cached_tokens: totals.spilled_cached_tokens,
        token_share: ratio(totals.spilled_prompt_tokens + totals.spilled_completion_tokens, all_tokens),
    });
    let deployments = plan.spillover.iter().zip(&result.spillover);
    let deployments = deployments.map(|(target, totals)| SpillTargetSummary {
        deployment: target.name.to_string(),
        region: target.deployment.region.to_string(),
        capacity: capacity(&target.deployment.capacity),
        admitted: totals.admitted,
        throttled: totals.throttled,
        answered: totals.answered,
        share: ratio(totals.answered, result.arrivals),
        prompt_tokens: totals.prompt_tokens,
        completion_tokens: totals.completion_tokens,
        cached_tokens: totals.cached_tokens,
        counted_tokens: totals.counted_tokens,
    });
    let is_possible = !plan.spillover.is_empty();
    is_possible.then(|| SpilloverSummary { backends: backends.collect(), deployments: deployments.collect() })
}

/// What was cached; `None` where no prompts begin alike.
fn summarise_caching(variant: &Variant, result: &RunResult) -> Option<CachingSummary> {
    if !variant.plan.traffic.shares_prefixes() {
        return None;
    }
    let sum = |of: fn(&crate::sim::BackendResult) -> u64| result.backends.iter().map(of).sum::<u64>();
    let requests = [sum(|b| b.prefixed), sum(|b| b.cache_hits)];
    let tokens = [sum(|b| b.prompt_tokens), sum(|b| b.cached_tokens)];
    let backends = variant.plan.gateway.backends().iter().zip(&result.backends).map(|(entity, b)| {
        let tokens = [b.prompt_tokens, b.cached_tokens];
        BackendCachingSummary::new(&entity.name, [b.prefixed, b.cache_hits], tokens)
    });
    let total = BackendCachingSummary::new("", requests, tokens);
    Some(CachingSummary { total, backends: backends.collect() })
}

fn summarise_faults(variant: &Variant, faults: &FaultResult) -> FaultSummary {
    let phases = ["before", "during", "after"].into_iter().zip(&faults.phases).map(|(name, phase)| {
        let refused = |status: &StatusCode| matches!(status.get(), 429 | 503);
        let refused: u64 = phase.statuses.iter().filter(|(status, _)| refused(status)).map(|(_, n)| n).sum();
        PhaseSummary {
            phase: name.to_owned(),
            time_s: phase.time.as_secs_f64(),
            requests: phase.arrivals,
            answered_2xx: phase.statuses.successes(),
            refused,
            failed: phase.statuses.total() - phase.statuses.successes() - refused,
            broken_off: phase.broken_off,
            cancelled: phase.cancelled,
            in_flight: phase.in_flight,
            latency_ms: distribution(&phase.latency),
        }
    });
    let pools = variant.plan.gateway.pools().iter().zip(&faults.pools).map(|(pool, absence)| PoolSummary {
        pool: pool.name.to_string(),
        without_primary_s: absence.primary.as_secs_f64(),
        without_any_s: absence.all.as_secs_f64(),
    });
    FaultSummary { phases: phases.collect(), pools: pools.collect() }
}

fn backends(variant: &Variant, result: &RunResult) -> Vec<BackendSummary> {
    let tokens = |b: &crate::sim::BackendResult| b.prompt_tokens + b.completion_tokens;
    let all_tokens: u64 = result.backends.iter().map(tokens).sum();
    let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let counts_from = Timestamp::ZERO.saturating_add(variant.plan.warmup);
    let instance_seconds = variant.plan.fleet.serving(counts_from, result.end).as_secs_f64();
    let entities = variant.plan.gateway.backends().iter().zip(&variant.plan.targets);
    entities
        .zip(&result.backends)
        .map(|((entity, target), totals)| BackendSummary {
            name: entity.name.to_string(),
            region: target.deployment.region.to_string(),
            capacity: capacity(&target.deployment.capacity),
            attempts: totals.attempts(),
            admitted: totals.admitted,
            throttled: totals.throttled,
            failed: totals.failed,
            timeouts: totals.timeouts,
            answered: totals.answered,
            share: ratio(totals.answered, result.arrivals),
            tokens: tokens(totals),
            token_share: ratio(tokens(totals), all_tokens),
            counted_tokens: totals.counted_tokens,
            trips: totals.trips,
            at_work_mean: mean_over_time(variant, result, totals.at_work),
            tripped_share: if instance_seconds > 0.0 {
                totals.tripped.as_secs_f64() / instance_seconds
            } else {
                0.0
            },
        })
        .collect()
}

fn capacity(capacity: &Capacity) -> String {
    match capacity {
        Capacity::Standard(s) => format!("Standard, {} TPM, {} RPM", s.tpm, s.rpm),
        Capacity::Provisioned(p) => format!("provisioned, {} PTU", p.ptu),
        Capacity::Servers(s) => {
            format!("{} server{}, queue {}", s.count, if s.count == 1 { "" } else { "s" }, s.queue)
        }
    }
}

fn clients(variant: &Variant, result: &RunResult) -> Vec<ClientSummary> {
    let ArrivalSpec::Mix(specs) = &variant.plan.traffic.arrivals else { return Vec::new() };
    let rows = specs.iter().zip(groups(&result.clients));
    rows.map(|(spec, totals)| ClientSummary { client: spec.name.to_string(), count: spec.count, totals })
        .collect()
}

fn regions(variant: &Variant, result: &RunResult) -> Vec<RegionSummary> {
    let fleet = &variant.plan.fleet;
    let lives = fleet.lives();
    let rows = fleet.regions.iter().zip(groups(&result.regions)).zip(0_u16..);
    let summary = |((spec, totals), place): ((&RegionSpec, GroupSummary), u16)| RegionSummary {
        region: spec.name.as_ref().map_or_else(String::new, |name| name.as_str().to_owned()),
        instances: lives
            .iter()
            .zip(0_u32..)
            .filter(|(life, _)| life.region == place)
            .map(|(_, i)| i)
            .collect(),
        totals,
    };
    rows.map(summary).collect()
}

fn groups(results: &[GroupResult]) -> impl Iterator<Item = GroupSummary> {
    let all_tokens: u64 = results.iter().map(|group| group.tokens).sum();
    results.iter().map(move |totals| {
        let throttled: u64 = totals.statuses.iter().filter(|(s, _)| s.get() == 429).map(|(_, n)| n).sum();
        GroupSummary {
            requests: totals.arrivals,
            answered_2xx: totals.statuses.successes(),
            throttled,
            failed: totals.statuses.total() - totals.statuses.successes() - throttled,
            broken_off: totals.broken_off,
            cancelled: totals.cancelled,
            in_flight: totals.in_flight,
            tokens: totals.tokens,
            token_share: if all_tokens == 0 { 0.0 } else { totals.tokens as f64 / all_tokens as f64 },
            latency_ms: distribution(&totals.latency),
        }
    })
}

fn trip(row: &TripRow) -> TripSummary {
    TripSummary {
        backend: row.backend.clone(),
        instance: row.instance,
        start_s: row.start_s,
        configured_s: row.configured_s,
        effective_s: row.effective_s,
        why: row.why.clone(),
        cause: row.cause.clone(),
    }
}

fn distribution(histogram: &LatencyHistogram) -> Option<Distribution> {
    let ms = |duration: Option<Duration>| duration.map(Duration::as_millis_f64);
    Some(Distribution {
        count: histogram.count(),
        mean: ms(histogram.mean())?,
        p50: ms(histogram.percentile(50.0))?,
        p90: ms(histogram.percentile(90.0))?,
        p95: ms(histogram.percentile(95.0))?,
        p99: ms(histogram.percentile(99.0))?,
        max: ms(histogram.max())?,
    })
}
