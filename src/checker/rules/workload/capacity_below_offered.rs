//! There is less capacity than traffic.

use crate::diagnostics::Severity;
use crate::rules::examples::EAST_AND_WEST;
use crate::rules::workload::arithmetic::{capacity, is_used, offered_per_minute};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1302",
    name: "capacity-below-offered",
    severity: Severity::Warning,
    summary: "the deployments of a pool have less capacity than is asked of them",
    why: "When all members are full the pool is exhausted: the rest of the requests gets 429 or 503 whatever the policy does, and retries add to it.",
    fix: "add capacity or members, or limit callers with `llm-token-limit`",
    source: "Azure OpenAI quotas and limits: tokens per minute, counted by the estimate of each request at admission",
    applies: "where a scenario says the traffic and the capacity",
    bad: &[Example(&[
        ("backends.json", EAST_AND_WEST),
        (
            "workload",
            r"requests in 1,000 s: 2000
tokens of a request: 700
tokens per minute of east: 8000
tokens per minute of west: 8000
",
        ),
    ])],
    good: &[
        Example(&[
            ("backends.json", EAST_AND_WEST),
            (
                "workload",
                r"requests in 1,000 s: 200
tokens of a request: 700
tokens per minute of east: 8000
tokens per minute of west: 8000
",
            ),
        ]),
        Example(&[
            ("backends.json", EAST_AND_WEST),
            (
                "workload",
                r"requests in 1,000 s: 2000
tokens of a request: 700
tokens per minute of east: 8000
",
            ),
        ]),
    ],
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
        let capacities: Option<Vec<u64>> =
            pool.members.iter().map(|member| capacity(setup, member)).collect();
        let Some(capacities) = capacities else { continue };
        let all = capacities.iter().fold(0_u64, |sum, one| sum.saturating_add(*one));
        if all < offered {
            report
                .add(
                    backend.span,
                    format!(
                        "`{}` can take {all} tokens a minute of {offered} that are asked for",
                        backend.called()
                    ),
                )
                .label("not enough for this traffic")
                .place(pool.span, format!("{} members", capacities.len()));
        }
    }
}
