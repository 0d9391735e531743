//! A path as a test of the policy: the same requests, the same answers, and what must not come of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::policy::Body;
use crate::units::Duration;
use crate::verify::{Answer, Course, RetryAfter, Setup};

/// A call of a backend that is on its way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    backend: u16,
    nth: usize,
    at: Duration,
}

/// A file of tests with one case. What is expected is what the path does: it fails as soon as the defect is mended, and
/// is then to be turned round.
pub(crate) fn cases(course: &Course, setup: &Setup, files: &[String]) -> Json {
    let mut calls: BTreeMap<u16, Vec<Json>> = BTreeMap::new();
    let mut sent: BTreeMap<u16, Sent> = BTreeMap::new();
    let mut requests: BTreeMap<u16, (Duration, Option<u16>, Vec<u16>)> = BTreeMap::new();
    for scene in &course.scenes {
        let Some(request) = scene.request else { continue };
        if let Some((_, answer)) = scene.answer
            && let Some(call) = sent.remove(&request)
            && let Some(slot) = calls.get_mut(&call.backend).and_then(|all| all.get_mut(call.nth))
        {
            *slot = outcome(answer, scene.at.saturating_sub(call.at));
        }
        let record = requests.entry(request).or_insert((scene.at, None, Vec::new()));
        if let Some(backend) = scene.pick {
            record.2.push(backend);
            let all = calls.entry(backend).or_default();
            sent.insert(request, Sent { backend, nth: all.len(), at: scene.at });
            // Whoever is not answered on the path is answered well after it.
            all.push(json!({ "status": 200, "delay": "1h" }));
        }
        if let Some(status) = scene.answered {
            record.1 = Some(status.get());
        }
    }
    let name =
        |number: u16| setup.gateway.backends().get(usize::from(number)).map_or("", |backend| &*backend.name);
    let backends: Map<String, Json> =
        calls.iter().map(|(number, all)| (name(*number).to_owned(), Json::Array(all.clone()))).collect();
    let requests = requests.values().map(|(at, status, called)| {
        let mut expect = Map::new();
        if let Some(status) = status {
            expect.insert("status".to_owned(), json!(status));
        }
        expect.insert("backends".to_owned(), called.iter().map(|number| Json::from(name(*number))).collect());
        json!({ "at": nanos(*at), "expect": expect })
    });
    let broken: Vec<&str> = course
        .scenes
        .iter()
        .flat_map(|scene| scene.breaches.iter().map(|breach| setup.info(breach.property).name))
        .collect();
    let mut file = Map::new();
    file.insert("formatVersion".to_owned(), json!(1));
    let note = "A counterexample of `verify`: what is expected here is what should not happen.";
    file.insert("note".to_owned(), json!(note));
    if let [scenario] = files {
        file.insert("scenario".to_owned(), json!(scenario));
    }
    if let Some((_, head)) = setup.requests.first()
        && let Body::Text(text) = &head.body
        && let Ok(body) = serde_json::from_str::<Json>(text)
    {
        file.insert("defaults".to_owned(), json!({ "request": { "body": body } }));
    }
    file.insert(
        "cases".to_owned(),
        json!([{
            "name": format!("breaks {}", broken.join(", ")),
            "backends": backends,
            "requests": requests.collect::<Vec<_>>(),
        }]),
    );
    Json::Object(file)
}

fn outcome(answer: Answer, delay: Duration) -> Json {
    let mut outcome = match answer {
        Answer::Status(status, RetryAfter::Absent) => json!({ "status": status.get() }),
        Answer::Status(status, RetryAfter::Seconds(seconds)) => {
            json!({ "status": status.get(), "headers": { "Retry-After": seconds } })
        }
        Answer::Status(status, RetryAfter::Malformed) => {
            json!({ "status": status.get(), "headers": { "Retry-After": "soon" } })
        }
        Answer::BreaksOff => json!({ "status": 200, "breaksOff": true }),
        Answer::NoConnection => json!({ "connectionFailure": true }),
        Answer::Overdue => return json!({ "timeout": true }),
    };
    if delay > Duration::ZERO
        && let Some(members) = outcome.as_object_mut()
    {
        members.insert("delay".to_owned(), nanos(delay));
    }
    outcome
}

fn nanos(time: Duration) -> Json {
    Json::from(format!("{}ns", time.as_nanos()))
}
