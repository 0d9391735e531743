//! A request may last longer than its client waits.

use crate::diagnostics::Severity;
use crate::policy::scan::Element;
use crate::rules::examples::{EAST_AND_WEST, TO_THE_POOL};
use crate::rules::sites::{literal, number};
use crate::rules::{Example, Found, Report, Rule, Setup};

pub(super) static RULE: Rule = Rule {
    code: "PP1303",
    name: "waits-longer-than-clients",
    severity: Severity::Warning,
    summary: "the attempts of a request may last longer than its client waits",
    why: "Every attempt may last for its timeout, and the retry waits between them. A client that has given up gets nothing of it, while the gateway holds a connection and the deployments work for nobody.",
    fix: "write a shorter `timeout`, a smaller `count`, or no waits",
    source: "forward-request and retry policy references: timeout of 300 s by default, waits between attempts",
    applies: "where a scenario says how long clients wait",
    bad: &[Example(&[
        (
            "policy.xml",
            r#"<policies>
  <inbound><base /><set-backend-service backend-id="chat-pool" /></inbound>
  <backend><retry condition="@(context.Response != null && context.Response.StatusCode == 429)" count="3" interval="30"><forward-request timeout="20" buffer-request-body="true" buffer-response="false" /></retry></backend>
  <outbound><base /></outbound>
  <on-error><base /></on-error>
</policies>
"#,
        ),
        ("backends.json", EAST_AND_WEST),
        (
            "workload",
            r"clients wait: PT60S
",
        ),
    ])],
    good: &[Example(&[
        ("policy.xml", TO_THE_POOL),
        ("backends.json", EAST_AND_WEST),
        (
            "workload",
            r"clients wait: PT5M
",
        ),
    ])],
    found: Found::Here(look),
};

fn look(setup: &Setup, report: &mut Report<'_>) {
    let Some(patience) = setup.workload.as_ref().and_then(|workload| workload.client_timeout) else { return };
    let patience = patience.as_secs_ceil();
    for sites in report.files() {
        for retry in sites.failover_retries() {
            let Some(count) = number(retry.element, "count").filter(|count| *count <= 50) else { continue };
            let Some(pauses) = pauses(retry.element, count) else { continue };
            let timeouts = sites.inside_named(retry, "forward-request").map(|forward| {
                if forward.element.attribute("timeout").is_none() {
                    Some(300)
                } else {
                    number(forward.element, "timeout")
                }
            });
            let Some(timeout) = timeouts.collect::<Option<Vec<u64>>>().and_then(|all| all.into_iter().max())
            else {
                continue;
            };
            let attempts = count.saturating_add(1);
            let longest = attempts.saturating_mul(timeout).saturating_add(pauses);
            if longest <= patience {
                continue;
            }
            let finding = report.add(
                retry.element.name_span,
                format!("a request may last {longest} s, and its client waits {patience} s"),
            );
            finding.label(format!("{attempts} attempts")).note(format!(
                "{attempts} attempts of {timeout} s at most, {pauses} s of waits between them"
            ));
            // Timeouts are rare; waits come with every answer that is repeated.
            if pauses < patience {
                finding.severity(Severity::Info);
            }
        }
    }
}

/// The waits of a retry in seconds, at most; `None` when they are not written out.
fn pauses(retry: &Element, count: u64) -> Option<u64> {
    let given = |name: &str| match retry.attribute(name) {
        None => Some(None),
        Some(_) => Some(Some(number(retry, name)?)),
    };
    let (interval, delta, most) = (given("interval")?.unwrap_or(0), given("delta")?, given("max-interval")?);
    let is_fast = literal(retry, "first-fast-retry").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let wait = |n: u64| match (delta, most) {
        (None, _) => interval,
        (Some(delta), None) => interval.saturating_add(delta.saturating_mul(n.saturating_sub(1))),
        (Some(delta), Some(most)) => {
            let factor =
                1_u64.checked_shl(u32::try_from(n.saturating_sub(1)).unwrap_or(u32::MAX)).unwrap_or(u64::MAX);
            // The random part is at most 1.2 times.
            let step = factor.saturating_sub(1).saturating_mul(delta).saturating_mul(12).div_ceil(10);
            most.min(interval.saturating_add(step))
        }
    };
    let first = if is_fast { 2 } else { 1 };
    Some((first..=count).map(wait).fold(0_u64, u64::saturating_add))
}
