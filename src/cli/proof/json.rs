//! The report as JSON.

use serde_json::{Value as Json, json as object};

use super::Proof;
use crate::units::{Duration, StatusCode};
use crate::verify::{Course, Extent, Path, Setup, Standing, Verdict};

/// The report.
pub(crate) fn json(proof: &Proof<'_>) -> Json {
    let report = proof.report;
    let properties = report.properties.iter().map(|checked| {
        let (verdict, shortest) = match &checked.verdict {
            Verdict::Holds => ("holds", Json::Null),
            Verdict::Violated { path, .. } => ("violated", counterexample(proof, 0, path)),
            Verdict::NotApplicable(_) => ("not-applicable", Json::Null),
            Verdict::Unknown => ("unknown", Json::Null),
        };
        let info = proof.setup.info(checked.property);
        let otherwise = checked.otherwise.iter().map(|one| {
            let readings: serde_json::Map<String, Json> = one
                .changes
                .iter()
                .map(|(switch, reading)| (switch.info().path.to_owned(), Json::from(*reading)))
                .collect();
            object!({ "readings": readings, "counterexample": counterexample(proof, one.world, &one.path) })
        });
        object!({
            "property": info.name,
            "meaning": info.holds,
            "verdict": verdict,
            "counterexample": shortest,
            "fix": proof.mending.get(&checked.property),
            "violatedUnder": otherwise.collect::<Vec<_>>(),
        })
    });
    let not_covered = report.not_covered.iter().map(|one| {
        object!({
            "property": proof.setup.info(one.property).name,
            "cause": one.cause.words(),
            "counterexample": counterexample(proof, 0, &one.path),
        })
    });
    object!({
        "configuration": proof.title,
        "properties": properties.collect::<Vec<_>>(),
        "notCovered": not_covered.collect::<Vec<_>>(),
        "extent": extent(&report.extent),
        "readings": report.readings.as_ref().map(extent),
        "combinations": report.combinations.map(|tried| object!({
            "most": tried.most,
            "lookedAt": tried.looked_at,
            "allWithChanges": tried.size,
            "complete": tried.is_complete,
        })),
        "dependsOn": report.consulted.iter().map(|switch| switch.info().path).collect::<Vec<_>>(),
        "answers": report.answers.all.iter().map(|answer| answer.words()).collect::<Vec<_>>(),
        "worst": { "backendCalls": report.worst.calls, "waitNs": report.worst.waited.as_nanos() },
    })
}

fn extent(extent: &Extent) -> Json {
    object!({
        "inFlight": extent.bounds.in_flight,
        "instances": extent.bounds.instances,
        "faults": extent.bounds.faults,
        "depth": extent.bounds.depth,
        "depthReached": extent.depth,
        "states": extent.states,
        "generated": extent.generated,
        "coreSteps": extent.steps,
        "complete": extent.is_complete,
        "cutOff": extent.is_cut,
    })
}

fn counterexample(proof: &Proof<'_>, world: usize, path: &Path) -> Json {
    object!({
        "token": proof.token(world, path),
        "steps": course_json(&proof.course(world, path), proof.setup),
    })
}

/// What a path does, step by step.
pub(crate) fn course_json(course: &Course, setup: &Setup) -> Json {
    let name = |at: usize| setup.gateway.backends().get(at).map_or("", |backend| &*backend.name);
    let steps = course.scenes.iter().map(|scene| {
        let backends: serde_json::Map<String, Json> = scene
            .backends
            .iter()
            .enumerate()
            .map(|(at, standing)| {
                let word = match standing {
                    Standing::Ready => object!({ "state": "ready" }),
                    Standing::Probing => object!({ "state": "probing" }),
                    Standing::Tripped(until) => {
                        object!({ "state": "tripped", "untilNs": until.map(Duration::as_nanos) })
                    }
                };
                (name(at).to_owned(), word)
            })
            .collect();
        object!({
            "timeNs": scene.at.as_nanos(),
            "request": scene.request.map(|request| u32::from(request) + 1),
            "instance": scene.instance + 1,
            "event": scene.event,
            "backends": backends,
            "goesTo": scene.pick.map(|pick| name(usize::from(pick))),
            "clientGets": scene.answered.map(StatusCode::get),
            "why": scene.why,
            "violates": scene.breaches.iter().map(|breach| setup.info(breach.property).name).collect::<Vec<_>>(),
        })
    });
    Json::Array(steps.collect())
}
