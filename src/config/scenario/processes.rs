//! `traffic` of the kinds that wait for nobody: how arrivals come about.

use std::sync::Arc;

use super::super::check::Dialect;
use super::super::json::Node;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::units::Duration;
use crate::workload::{ArrivalSpec, Gaps, ProcessSpec, Segment, diurnal};

const DAY: Duration = Duration::from_secs(24 * 3_600);
const DEFAULT_BURST: Duration = Duration::from_secs(1);

/// The arrivals of a checked `traffic` of the kind `kind`, `None` when it is not one of these or something
/// in it is wrong. `has_end` says whether the run ends by itself.
pub(super) fn read_process(
    node: &Node,
    kind: &str,
    has_end: bool,
    diagnostics: &mut Diagnostics,
) -> Option<ArrivalSpec> {
    let number = |name: &str| node.get(name).and_then(Node::number);
    let time = |name: &str| node.get(name).and_then(Node::time);
    let flag = |name: &str| node.get(name).and_then(|flag| flag.flag(Dialect::Scenario)).unwrap_or(false);
    let gaps = number("cv").map_or(Gaps::Exponential, Gaps::Gamma);
    let requests = node.get("requests").and_then(Node::integer);
    let process = match kind {
        "poisson" => {
            let per_second = number("perSecond")?;
            refuse_endless(node, kind, has_end, diagnostics)?;
            return Some(ArrivalSpec::Poisson { per_second, requests });
        }
        "gamma" => {
            ProcessSpec::Renewal { per_second: number("perSecond")?, gaps: Gaps::Gamma(number("cv")?) }
        }
        "weibull" => {
            ProcessSpec::Renewal { per_second: number("perSecond")?, gaps: Gaps::Weibull(number("cv")?) }
        }
        "on-off" => ProcessSpec::OnOff {
            on_per_second: number("onPerSecond")?,
            off_per_second: number("offPerSecond").unwrap_or(0.0),
            mean_on: time("on")?,
            mean_off: time("off")?,
        },
        "steps" => ProcessSpec::Profile {
            segments: read_steps(node.get("steps")?, diagnostics)?,
            repeat: flag("repeat"),
            gaps,
        },
        "diurnal" => ProcessSpec::Profile {
            segments: diurnal(
                number("perSecond")?,
                number("swing")?,
                time("period").unwrap_or(DAY),
                time("peak").unwrap_or(Duration::ZERO),
            ),
            repeat: true,
            gaps,
        },
        "bursts" => read_bursts(node, diagnostics)?,
        _ => return None,
    };
    let ends_itself = matches!(process, ProcessSpec::Profile { repeat: false, .. });
    refuse_endless(node, kind, has_end || ends_itself, diagnostics)?;
    Some(ArrivalSpec::Process { process, requests })
}

fn refuse_endless(node: &Node, kind: &str, has_end: bool, diagnostics: &mut Diagnostics) -> Option<()> {
    if has_end || node.get("requests").is_some() {
        return Some(());
    }
    diagnostics.push(
        Diagnostic::error("endless-run", node.mark(), format!("{kind} traffic would never end"))
            .label("expected `requests` here or a `horizon` of the scenario"),
    );
    None
}

fn read_steps(node: &Node, diagnostics: &mut Diagnostics) -> Option<Arc<[Segment]>> {
    let steps = node.elements()?.iter().map(|step| {
        let per_second = step.get("perSecond")?.number()?;
        Some(Segment { length: step.get("for")?.time()?, per_second, gaps: None })
    });
    let steps: Arc<[Segment]> = steps.collect::<Option<_>>()?;
    if steps.is_empty() {
        // The checker has told it.
        return None;
    }
    if steps.iter().all(|step| step.per_second <= 0.0) {
        diagnostics.push(
            Diagnostic::error("no-traffic", node.mark(), "nothing comes in any of the steps")
                .label("expected a step with `perSecond` above 0"),
        );
        return None;
    }
    Some(steps)
}

fn read_bursts(node: &Node, diagnostics: &mut Diagnostics) -> Option<ProcessSpec> {
    let every = node.get("every")?.time()?;
    let given = node.get("within");
    let within = match given {
        Some(within) => within.time()?,
        None => DEFAULT_BURST.min(every),
    };
    if let Some(place) = given.filter(|_| within > every) {
        diagnostics.push(
            Diagnostic::error("long-burst", place.mark(), "a burst takes longer than the time to the next")
                .label("expected at most the value of `every`"),
        );
        return None;
    }
    Some(ProcessSpec::Bursts {
        per_second: node.get("perSecond").and_then(Node::number).unwrap_or(0.0),
        every,
        size: node.get("size")?.integer()?,
        within,
    })
}
