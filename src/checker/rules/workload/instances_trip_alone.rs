//! Every gateway instance learns for itself.

use crate::diagnostics::Severity;
use crate::resources::{Given, Single};
use crate::rules::examples::EAST_AND_WEST;
use crate::rules::workload::arithmetic::is_used;
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1304",
    name: "instances-trip-alone",
    severity: Severity::Info,
    summary: "a breaker trips on each gateway instance for itself",
    why: "Instances tell each other nothing. Until all of them have seen enough failures some go on to the member: there are as many more failed attempts as there are instances, and weights hold for each of them only.",
    fix: "reckon with the product when you choose `count`; 1 is the smallest",
    source: "Backends in API Management (2025-05-20): different instances of the gateway do not synchronize",
    applies: "where a scenario says how many instances there are",
    bad: &[Example(&[
        ("backends.json", EAST_AND_WEST),
        (
            "workload",
            r"requests in 1,000 s: 2000
tokens of a request: 700
instances: 3
",
        ),
    ])],
    good: &[Example(&[
        ("backends.json", EAST_AND_WEST),
        (
            "workload",
            r"requests in 1,000 s: 2000
tokens of a request: 700
instances: 1
",
        ),
    ])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    let Some(instances) =
        setup.workload.as_ref().map(|workload| u64::from(workload.instances)).filter(|n| *n > 1)
    else {
        return;
    };
    for backend in setup.backends.iter().filter(|backend| is_used(setup, backend)) {
        for rule in backend.single().map_or(&[][..], Single::rules) {
            if let Given::Known(count, at) = rule.count {
                let all = count.saturating_mul(instances);
                report
                    .add(
                        at,
                        format!(
                            "`{}` has failed {all} times before all instances leave it",
                            backend.called()
                        ),
                    )
                    .label(format!("{count} on each of {instances} instances"));
            }
        }
    }
}
