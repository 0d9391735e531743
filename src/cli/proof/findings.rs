//! What does not hold, as findings: with a place in the policy, so that every format of `validate` can tell it.

use serde_json::{Value as Json, json};

use super::hints::hint;
use super::{Proof, course_table};
use crate::diagnostics::{Diagnostic, Severity, Span};
use crate::policy::{Op, Program};
use crate::rules::Told;
use crate::verify::{Course, Path, Property, Verdict};

/// Violations as errors, what holds only as configured as warnings.
pub(crate) fn findings(proof: &Proof<'_>) -> Vec<Told> {
    let mut found = Vec::new();
    for checked in &proof.report.properties {
        let span = place(checked.property, proof.setup.gateway.program());
        let info = proof.setup.info(checked.property);
        if let Verdict::Violated { cause, path } = &checked.verdict {
            let mut finding = Diagnostic::error(info.name, span, info.broken);
            finding.notes.extend(hint(checked.property, *cause, path, proof.setup));
            finding.notes.extend(proof.mending.get(&checked.property).cloned());
            found.push(told(with_path(finding, proof, 0, path)));
        }
        for one in &checked.otherwise {
            let mut finding = Diagnostic::new(info.name, Severity::Warning, span, info.broken);
            for (switch, reading) in &one.changes {
                finding = finding
                    .note(format!("holds as configured; not where `{}` is {reading}", switch.info().path));
            }
            found.push(told(with_path(finding, proof, one.world, &one.path)));
        }
    }
    found
}

/// Adds the paths to a SARIF document of these findings, as code flows in the same order, at the place of each.
pub(crate) fn add_code_flows(sarif: &mut Json, proof: &Proof<'_>) {
    let mut paths: Vec<(usize, &Path)> = Vec::new();
    for checked in &proof.report.properties {
        if let Verdict::Violated { path, .. } = &checked.verdict {
            paths.push((0, path));
        }
        paths.extend(checked.otherwise.iter().map(|one| (one.world, &one.path)));
    }
    let results = sarif.pointer_mut("/runs/0/results").and_then(Json::as_array_mut);
    for (result, (world, path)) in results.into_iter().flatten().zip(paths) {
        let Some(place) = result.pointer("/locations/0/physicalLocation").cloned() else { continue };
        if let Some(members) = result.as_object_mut() {
            members.insert("codeFlows".to_owned(), flow(&proof.course(world, path), &place));
        }
    }
}

/// The policy that a property is about, as far as one is.
pub(crate) fn place(property: Property, program: &Program) -> Option<Span> {
    let of = |wanted: fn(&Op) -> bool| {
        let mut ops = program.ops.iter().zip(&program.places);
        ops.find_map(|(op, place)| if wanted(op) { place.span } else { None })
    };
    let retry = || of(|op| matches!(op, Op::Retry(_)));
    let forward = || of(|op| matches!(op, Op::ForwardRequest(_)));
    let target = || of(|op| matches!(op, Op::SetBackendService(_)));
    match property {
        Property::WholeBody => forward(),
        Property::PaidForFirst | Property::BetterGroupFirst => target(),
        _ => retry(),
    }
    .or_else(target)
    .or_else(forward)
    .or_else(|| program.places.iter().find_map(|place| place.span))
}

fn told(diagnostic: Diagnostic) -> Told {
    let problem = diagnostic.code;
    Told { diagnostic, problem, rule: None, fix: None, reading: None, suppressed: None }
}

fn with_path(finding: Diagnostic, proof: &Proof<'_>, world: usize, path: &Path) -> Diagnostic {
    if path.moves.is_empty() {
        return finding;
    }
    let mut finding = finding;
    for line in course_table(&proof.course(world, path), proof.setup, "").lines() {
        finding = finding.note(line);
    }
    finding.help(format!("play it again: poolproof replay {}", proof.token(world, path)))
}

fn flow(course: &Course, place: &Json) -> Json {
    let locations = course.scenes.iter().enumerate().map(|(number, scene)| {
        let why = if scene.why.is_empty() { String::new() } else { format!(": {}", scene.why) };
        json!({
            "executionOrder": number + 1,
            "location": { "physicalLocation": place, "message": { "text": format!("{}{why}", scene.event) } },
            "state": { "at": { "text": format!("{} ns", scene.at.as_nanos()) } },
        })
    });
    json!([{ "threadFlows": [{ "locations": locations.collect::<Vec<_>>() }] }])
}
