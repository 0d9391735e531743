//! What a run takes for granted although nobody gave or documented it.

use crate::backend::{Capacity, DeploymentSpec, Evidence, Fact};
use crate::gateway::{BackendEntity, GatewaySpec, PoolSpec, Threshold};
use crate::policy::{CachePolicy, Limit, Op, Operand, Program};
use crate::semantics::{Semantics, Switch};

/// A value that was neither given nor documented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// What it is about.
    pub what: String,
    /// The value in force.
    pub value: String,
    /// Where it comes from, or why nothing better is known.
    pub source: String,
    /// Weight in reports, 1 (decides who is served) to 4 (details).
    pub rank: u8,
}

impl Assumption {
    pub(super) fn new(
        what: impl Into<String>,
        value: impl Into<String>,
        source: impl Into<String>,
        rank: u8,
    ) -> Self {
        Self { what: what.into(), value: value.into(), source: source.into(), rank }
    }
}

/// Assumptions, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Assumptions(Vec<Assumption>);

impl Assumptions {
    pub(super) fn add(&mut self, assumption: Assumption) {
        if !self.0.contains(&assumption) {
            self.0.push(assumption);
        }
    }

    /// Adds a fact about a model if nobody documents or measured it.
    pub(super) fn add_fact<T>(&mut self, what: String, value: String, fact: &Fact<T>, rank: u8) {
        if fact.evidence == Evidence::Assumed {
            self.add(Assumption::new(what, value, fact.source, rank));
        }
    }

    pub(super) fn into_vec(self) -> Vec<Assumption> {
        self.0
    }
}

/// What a run is made of, as far as it decides which switches matter.
pub(crate) struct Setting<'a> {
    pub(crate) backends: &'a [BackendEntity],
    pub(crate) pools: &'a [PoolSpec],
    pub(crate) program: &'a Program,
    pub(crate) deployments: &'a [&'a DeploymentSpec],
    pub(crate) instances: usize,
}

/// The switches that can change the results of a run, each with its reading unless the scenario `given`s
/// it.
pub(crate) fn switch_assumptions(
    setting: &Setting<'_>,
    semantics: &Semantics,
    given: &[Switch],
) -> Vec<Assumption> {
    let open = Switch::ALL.iter().filter(|switch| !given.contains(switch));
    let assumptions = open.filter_map(|switch| {
        let rank = relevance(setting, *switch)?;
        let info = switch.info();
        let source = format!("{} Default from: {}", info.meaning, info.source);
        Some(Assumption::new(info.path, semantics.get(*switch), source, rank))
    });
    assumptions.collect()
}

/// The switches that can change what a gateway of so many `instances` decides, unless they are `given`, the most
/// important first. Details (rank 4) are left out.
pub fn open_switches(gateway: &GatewaySpec, instances: usize, given: &[Switch]) -> Vec<Switch> {
    let setting = Setting {
        backends: gateway.backends(),
        pools: gateway.pools(),
        program: gateway.program(),
        deployments: &[],
        instances,
    };
    let open = Switch::ALL.iter().filter(|switch| !given.contains(switch));
    let mut ranked: Vec<(u8, Switch)> =
        open.filter_map(|switch| Some((relevance(&setting, *switch)?, *switch))).collect();
    ranked.retain(|(rank, _)| *rank < 4);
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, switch)| switch).collect()
}

/// How much a switch matters in a setting; `None`: not at all.
fn relevance(setting: &Setting<'_>, switch: Switch) -> Option<u8> {
    let rules = || setting.backends.iter().filter_map(|backend| backend.breaker.as_ref());
    let members = || setting.pools.iter().flat_map(|pool| &pool.members);
    let ops = || setting.program.ops.iter();
    let retries = || {
        ops().filter_map(|op| match op {
            Op::Retry(retry) => Some(retry),
            _ => None,
        })
    };
    let has_rule = rules().next().is_some();
    let has_pool = !setting.pools.is_empty();
    let has_retry = retries().next().is_some();
    let counts_several = rules().any(|rule| rule.threshold != Threshold::Count(1));
    let some_but_not_all = |given: fn(&crate::gateway::PoolMember) -> bool| {
        setting.pools.iter().any(|pool| {
            let with = pool.members.iter().filter(|member| given(member)).count();
            with > 0 && with < pool.members.len()
        })
    };
    let has_cookies = setting.pools.iter().any(|pool| pool.affinity.is_some());
    let choice = setting.pools.iter().any(|pool| pool.members.len() > 1);
    let (matters, rank) = match switch {
        Switch::LoadBalancing => (choice, 1),
        Switch::NullPriority => (some_but_not_all(|member| member.priority.is_some()), 1),
        Switch::NullWeight => (some_but_not_all(|member| member.weight.is_some()), 1),
        Switch::ZeroWeight => (members().any(|member| member.weight == Some(0)), 1),
        Switch::RetryAfterPolicy => (rules().any(|rule| rule.accept_retry_after), 1),
        Switch::InstanceAssignment => (setting.instances > 1, 1),
        Switch::BucketDepth => (
            setting
                .deployments
                .iter()
                .any(|d| matches!(&d.capacity, Capacity::Provisioned(ptu) if ptu.bucket_depth.is_none())),
            1,
        ),
        Switch::ExhaustedReason | Switch::ExhaustedAs => (has_pool, 1),
        Switch::BreakerWindow => (counts_several, 2),
        Switch::PctMinSamples => (rules().any(|rule| matches!(rule.threshold, Threshold::Percentage(_))), 2),
        Switch::ErrorReasons => (rules().any(|rule| !rule.error_reasons.is_empty()), 2),
        Switch::CountTimeouts | Switch::HalfOpen | Switch::InflightWhileTripped => (has_rule, 2),
        Switch::AffinityTripped | Switch::AffinityVsPriority => (has_cookies && has_rule, 1),
        Switch::AffinityRetry => (has_cookies && has_retry, 2),
        Switch::CarbonUnknown | Switch::CarbonVsPriority => {
            (members().any(|member| member.preferred_carbon.is_some()), 1)
        }
        Switch::AffinityUnknown => (has_cookies, 4),
        Switch::RetryAfterSource => (counts_several && rules().any(|rule| rule.accept_retry_after), 3),
        Switch::TripEnd => (has_rule, 4),
        Switch::WeightsAfterTrip => (choice && has_rule, 3),
        Switch::ExhaustedRetryAfter => (has_pool, 2),
        Switch::SelectAt => (has_pool && has_retry, 2),
        Switch::ResponseAfterTransportError => (has_retry, 2),
        Switch::UnbufferedRetryBody => {
            let unbuffered =
                ops().any(|op| matches!(op, Op::ForwardRequest(forward) if !forward.buffer_request_body));
            (has_retry && unbuffered, 1)
        }
        Switch::FirstFastIndex => {
            let fast = retries().any(|retry| !matches!(retry.first_fast_retry, Operand::Literal(false)));
            let waits = retries().any(|retry| retry.delta.is_some() || retry.max_interval.is_some());
            (fast && waits, 3)
        }
        Switch::RetryAttributes => (
            retries().any(|retry| {
                matches!(retry.count, Operand::Expression(_))
                    || matches!(retry.interval, Operand::Expression(_))
                    || matches!(retry.delta, Some(Operand::Expression(_)))
                    || matches!(retry.max_interval, Some(Operand::Expression(_)))
            }),
            3,
        ),
        Switch::PreResponse | Switch::RetryConditionAtEnd | Switch::ResponseInOnError => (has_retry, 3),
        Switch::RateAlgorithm => (
            ops().any(
                |op| matches!(op, Op::Limit(limit) if matches!(**limit, Limit::Rate(_) | Limit::Tokens(_))),
            ),
            2,
        ),
        Switch::CacheMissValue => (
            ops().any(|op| {
                matches!(op, Op::Cache(policy)
                    if matches!(**policy, CachePolicy::LookupValue { default: None, .. }))
            }),
            2,
        ),
        Switch::RequestLimitRounding => (
            setting
                .deployments
                .iter()
                .any(|d| matches!(&d.capacity, Capacity::Standard(s) if s.rpm.get() % 6 != 0)),
            3,
        ),
        // What a policy's text depends on only where it prints doubles or hashes strings; nothing of the
        // kind is visible in a compiled program.
        Switch::DoubleFormat | Switch::JsonDates | Switch::StringHash => (false, 4),
        Switch::OversizedRetryAfter => {
            (setting.deployments.iter().any(|d| matches!(d.capacity, Capacity::Standard(_))), 4)
        }
    };
    matters.then_some(rank)
}
