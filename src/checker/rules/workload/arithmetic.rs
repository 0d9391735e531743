//! What several rules reckon with.

use crate::resources::{Backend, Member};
use crate::rules::sites::number;
use crate::rules::{Report, Setup, Workload};

/// Tokens that are asked for in a minute.
pub(in crate::rules) const fn offered_per_minute(workload: &Workload) -> u64 {
    let tokens = workload.requests_per_1000_s.saturating_mul(workload.tokens_per_request);
    match tokens.saturating_mul(60).checked_div(1_000) {
        Some(offered) => offered,
        None => 0,
    }
}

/// Tokens that a member takes in a minute, where a scenario says so.
pub(in crate::rules) fn capacity(setup: &Setup, member: &Member) -> Option<u64> {
    let name = member.name.as_deref()?;
    let known = &setup.workload.as_ref()?.tokens_per_minute;
    known.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, tokens)| *tokens)
}

/// Attempts that a request has at most: the longest retry of all policies.
pub(super) fn attempts(report: &Report<'_>) -> u64 {
    let retries = report.files().flat_map(|sites| {
        let counts = sites.failover_retries().map(|retry| number(retry.element, "count").unwrap_or(50));
        counts.collect::<Vec<u64>>()
    });
    retries.max().unwrap_or(0).saturating_add(1)
}

/// Whether requests may get to a backend: policies name it, or a pool that has it; or none names any.
pub(super) fn is_used(setup: &Setup, backend: &Backend) -> bool {
    let Some(name) = backend.name.as_deref() else { return true };
    let named: Vec<&str> =
        setup.policies.iter().flat_map(|policy| &policy.references).map(|(id, _)| &**id).collect();
    if named.is_empty() {
        return true;
    }
    let holds = |id: &str| {
        id.eq_ignore_ascii_case(name)
            || setup.backend(id).and_then(Backend::pool).is_some_and(|pool| {
                pool.members
                    .iter()
                    .any(|member| member.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name)))
            })
    };
    named.iter().any(|id| holds(id))
}
