//! `latency` of a backend or a model: which family its times are of, what that family needs, and measured
//! samples.

use std::sync::Arc;

use super::super::json::Node;
use super::super::latencies::duration_of;
use super::library::{Library, Loaded};
use super::models::{Layers, Model};
use crate::backend::{LatencyFamily, LatencySpec, MeasuredLatency};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::units::Duration;

/// Names of the families, the first being the default.
pub(crate) const FAMILIES: &[&str] = &["lognormal", "gamma", "constant", "empirical"];

/// Families by name, with the fields that each needs and those that do not go with it.
const RULES: &[(&str, &[&str], &[&str])] = &[
    ("lognormal", &[], &["ttftCv", "tpotCv", "samples"]),
    ("gamma", &["ttft", "ttftCv", "tpot", "tpotCv"], &["ttftSigma", "tpotSigma", "samples"]),
    ("constant", &[], &["ttftSigma", "tpotSigma", "ttftCv", "tpotCv", "samples"]),
    (
        "empirical",
        &["samples"],
        &["ttft", "ttftPerPromptToken", "ttftSigma", "tpot", "tpotSigma", "ttftCv", "tpotCv"],
    ),
];

/// The family that a latency names.
pub(super) fn family_of(given: Layers<'_>) -> &str {
    given.get("family").and_then(Node::text).unwrap_or("lognormal")
}

/// The fields of a latency that must be given when nothing is known about the model.
pub(super) fn needed_of_unknown(family: &str) -> Option<&'static [&'static str]> {
    match family {
        "constant" => Some(&["ttft", "tpot"]),
        // What these need is needed of known models, too, and told by `read_family`.
        "gamma" | "empirical" => Some(&[]),
        _ => None,
    }
}

/// The times of a family other than log-normal. `base` gives what a constant latency leaves out. Tail and load
/// are there only if they are given. `None` after telling what is missing or does not belong.
pub(super) fn read_family(
    given: Layers<'_>,
    base: Option<LatencySpec>,
    diagnostics: &mut Diagnostics,
) -> Option<LatencySpec> {
    let family = family_of(given);
    is_consistent(given, diagnostics).then_some(())?;
    let time = |name: &str, or: Option<Duration>| given.get(name).map_or(or, Node::time);
    let number = |name: &str, or: f64| given.get(name).map_or(Some(or), Node::number);
    let known = base.filter(|_| family == "constant");
    let zero = (family == "empirical").then_some(Duration::ZERO);
    let tail = match given.get("tailFactor").and_then(Node::elements) {
        Some([low, high]) => (low.number()?, high.number()?),
        Some(_) => return None,
        None => base.map_or((1.0, 1.0), |base| base.tail_factor),
    };
    Some(LatencySpec {
        family: if family == "gamma" { LatencyFamily::Gamma } else { LatencyFamily::Constant },
        ttft_base: time("ttft", known.map(|base| base.ttft_base).or(zero))?,
        ttft_per_prompt_token: time(
            "ttftPerPromptToken",
            Some(known.map_or(Duration::ZERO, |base| base.ttft_per_prompt_token)),
        )?,
        ttft_sigma: number("ttftCv", 0.0)?,
        tpot: time("tpot", known.map(|base| base.tpot).or(zero))?,
        tpot_sigma: number("tpotCv", 0.0)?,
        tail_chance: number("tailChance", 0.0)?,
        tail_factor: tail,
        load_factor: number("loadFactor", 1.0)?,
        load_capacity: given.get("loadCapacity").map_or(Some(0), Node::integer)?,
    })
}

/// Whether the fields of a latency go with its family; tells those that do not, and those that are missing.
pub(super) fn is_consistent(given: Layers<'_>, diagnostics: &mut Diagnostics) -> bool {
    let family = family_of(given);
    let Some((_, needed, foreign)) = RULES.iter().find(|(name, _, _)| *name == family) else {
        // The checker has told the name.
        return false;
    };
    let mut is_good = true;
    // A model's fields that are of another family are simply not used.
    for name in *foreign {
        if let Some(node) = given.own(name) {
            is_good = false;
            diagnostics.push(
                Diagnostic::error(
                    "latency-family",
                    node.mark(),
                    format!("`{name}` does not go with `{family}`"),
                )
                .label(match *name {
                    "ttftCv" | "tpotCv" => "expected with the family `gamma` only",
                    "samples" => "expected with the family `empirical` only",
                    _ => "expected with another family",
                }),
            );
        }
    }
    let missing: Vec<&str> = needed.iter().copied().filter(|name| given.get(name).is_none()).collect();
    if !missing.is_empty() {
        is_good = false;
        let fields: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("the family `{family}` needs {}", fields.join(", "));
        let mark = given.get("family").map(Node::mark);
        diagnostics.push(
            Diagnostic::error("latency-family", mark, message).label("expected these fields beside it").help(
                "`poolproof fit LATENCY.csv` prints a whole `latency` with the numbers of measured calls",
            ),
        );
    }
    is_good
}

/// The measured times that the latency of the backend `entry` names; nothing when it is of another family.
pub(super) fn read_samples(
    entry: &Node,
    models: Option<&Node>,
    library: &mut Library<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Loaded<Arc<MeasuredLatency>>> {
    let model = Model::find(entry.get("model")?.text()?, models);
    let given = model.latency_below(entry, entry.get("provisioned").is_some());
    if family_of(given) != "empirical" {
        return None;
    }
    let node = given.get("samples")?;
    let Loaded { content, hash } = library.latencies(node, diagnostics)?;
    let content = content.and_then(|latencies| {
        let times = |ms: Vec<f64>| ms.into_iter().map(duration_of).collect::<Vec<_>>();
        let split = MeasuredLatency::split(times(latencies.ttft()), times(latencies.tpot()));
        let measured = split.or_else(|| MeasuredLatency::total(times(latencies.total())));
        if measured.is_none() {
            diagnostics.push(
                Diagnostic::error("latency-samples", node.mark(), "the samples say too little")
                    .label("expected times to the first token and per token, or of whole calls"),
            );
        }
        measured.map(Arc::new)
    });
    Some(Loaded { content, hash })
}
