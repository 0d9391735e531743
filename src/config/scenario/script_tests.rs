//! Backends that answer by script, as a scenario says it and a run plays it.

use crate::config::Overrides;
use crate::config::testing::{load_with, walkthrough};
use crate::sim::{AttemptResult, IntervalRecord, Observer, RequestRecord, Step, TripRecord, run};
use crate::units::StatusCode;

/// Milliseconds from arrival to end, status at the client, and what came of each attempt.
type Ended = (u64, Option<u16>, Vec<(u16, String)>);

#[derive(Default)]
struct Told(Vec<(u64, Ended)>);

impl Observer for Told {
    const WANTS_STEPS: bool = true;
    fn request(&mut self, record: &RequestRecord<'_>) {
        let attempts = record.steps.iter().filter_map(|step| match step {
            Step::Attempt { backend, result: AttemptResult::Status(status, _), .. } => {
                Some((backend.0, status.to_string()))
            }
            Step::Attempt { backend, result, .. } => Some((backend.0, format!("{result:?}"))),
            _ => None,
        });
        let millis = record.end.since(record.arrival).as_millis_ceil();
        let ended = (millis, record.status.map(StatusCode::get), attempts.collect());
        self.0.push((record.id.0, ended));
    }
    fn interval(&mut self, _: &IntervalRecord) {}
    fn trip(&mut self, _: &TripRecord) {}
}

/// Requests two minutes apart, with this script of the first region, which comes first.
fn told(script: &str, requests: u64) -> Vec<Ended> {
    let request =
        |number: u64| format!(r#"{{ "at": "{}m", "promptTokens": 10, "completionTokens": 5 }}"#, number * 2);
    let requests: Vec<String> = (0..requests).map(request).collect();
    let set = [
        ("traffic", format!(r#"{{ "kind": "scripted", "requests": [{}] }}"#, requests.join(","))),
        ("backends.openai-eastus.answers", script.to_owned()),
    ];
    let set = set.map(|(path, value)| (path.to_owned(), value)).to_vec();
    let (scenario, found) = load_with(&walkthrough(), &Overrides { set, ..Overrides::default() });
    let plan = scenario.unwrap_or_else(|| panic!("{found:?}")).variants[1].plan.clone();
    let mut told = Told::default();
    run(&plan, &mut told).unwrap();
    told.0.sort_by_key(|(number, _)| *number);
    told.0.into_iter().map(|(_, ended)| ended).collect()
}

/// What came of each attempt at the first region, and of others.
fn words(told: &[Ended]) -> Vec<String> {
    let words = |all: &[(u16, String)]| {
        let word =
            |(backend, word): &(u16, String)| format!("{}{word}", if *backend == 0 { "" } else { "+" });
        all.iter().map(word).collect::<Vec<_>>().join(" ")
    };
    told.iter().map(|(_, _, all)| words(all)).collect()
}

#[test]
fn the_first_two_are_refused_and_then_all_is_well() {
    let script = r#"{ "call": "1-2", "status": 429, "headers": { "Retry-After": 5 }, "delay": "7ms" }"#;
    let told = told(script, 4);
    assert_eq!(words(&told), ["429 +200", "429 +200", "200", "200"]);
    assert!(told.iter().all(|(_, status, _)| *status == Some(200)));
}

#[test]
fn every_outcome_is_heard_of_at_its_time() {
    let script = r#"[{ "status": 200, "delay": "7ms" }, { "connectionFailure": true, "delay": "3ms" },
        { "breaksOff": true, "delay": "5ms" }, { "timeout": true }, { "status": 404, "delay": "2ms" },
        { "status": 418, "delay": "1ms" }]"#;
    let told = told(script, 7);
    let first = |words: &String| words.split(' ').next().unwrap().to_owned();
    let calls: Vec<String> = words(&told).iter().map(first).collect();
    assert_eq!(calls, ["200", "NoConnection", "200", "Timeout", "404", "418", "418"]);
    assert_eq!((told[0].0, told[0].1), (7, Some(200)));
    assert_eq!((told[2].0, told[4].0, told[4].1), (5, 2, Some(404)));
    assert_eq!((told[6].0, told[6].1), (1, Some(418)), "the last of a list goes on");
}
