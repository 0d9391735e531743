//! The others cannot take over.

use crate::diagnostics::Severity;
use crate::resources::Member;
use crate::rules::examples::EAST_AND_WEST;
use crate::rules::workload::arithmetic::{capacity, is_used, offered_per_minute};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1305",
    name: "rest-cannot-take-over",
    severity: Severity::Warning,
    summary: "when the first priority has tripped the others cannot take its traffic",
    why: "A breaker takes a member out for its whole trip duration. If the later priorities have less capacity than is asked for, they fill and trip in turn, and the pool is exhausted for that time although the first member may be free again.",
    fix: "write a shorter `tripDuration`, or give the later priorities more capacity",
    source: "Backends in API Management (2025-05-20): lower priorities are used when all higher ones have tripped; Azure OpenAI quotas and limits",
    applies: "where a scenario says the traffic and the capacity",
    bad: &[Example(&[
        ("backends.json", EAST_AND_WEST),
        (
            "workload",
            r"requests in 1,000 s: 1000
tokens of a request: 700
tokens per minute of east: 100000
tokens per minute of west: 8000
",
        ),
    ])],
    good: &[Example(&[
        ("backends.json", EAST_AND_WEST),
        (
            "workload",
            r"requests in 1,000 s: 1000
tokens of a request: 700
tokens per minute of east: 100000
tokens per minute of west: 100000
",
        ),
    ])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    let Some(offered) = setup.workload.as_ref().map(offered_per_minute).filter(|offered| *offered > 0) else {
        return;
    };
    for (backend, pool) in setup.backends.iter().filter_map(|backend| Some((backend, backend.pool()?))) {
        if pool.is_partial || !is_used(setup, backend) {
            continue;
        }
        let priorities: Option<Vec<u64>> =
            pool.members.iter().map(|member| member.priority.known().copied()).collect();
        let Some(first) = priorities.and_then(|all| all.into_iter().min()) else { continue };
        let later: Vec<&Member> = pool
            .members
            .iter()
            .filter(|member| member.priority.known().is_some_and(|own| *own > first))
            .collect();
        let rest: Option<Vec<u64>> = later.iter().map(|member| capacity(setup, member)).collect();
        let Some(rest) = rest.filter(|rest| !rest.is_empty()) else { continue };
        let rest = rest.into_iter().fold(0_u64, u64::saturating_add);
        let trip =
            pool.members.iter().filter(|member| member.priority.known() == Some(&first)).find_map(|member| {
                let target = setup.backend_beside(backend, member.name.as_deref()?)?;
                let rule = target.single()?.rules().first()?;
                Some((*rule.trip_duration.known()?, rule.trip_duration.span()?))
            });
        let Some((trip, at)) = trip else { continue };
        if rest < offered {
            let seconds = trip.as_secs_ceil();
            report
                .add(at, format!("for {seconds} s the rest takes {rest} tokens a minute of {offered}"))
                .label("nobody asks the first priority before that")
                .place(pool.span, "the pool");
        }
    }
}
