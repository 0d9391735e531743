//! What happens in a counterexample, in the simulation of its scenario and on real sockets: where they differ.

use std::collections::BTreeMap;

use crate::config::{DiskFiles, MemoryFiles, Overrides, load_scenario};
use crate::diagnostics::{Diagnostics, Severity, SourceMap};
use crate::sim::{
    AttemptResult, IntervalRecord, Observer, Outcome, RequestRecord, RunPlan, Step, TripRecord, run,
};
use crate::units::{Duration, StatusCode};
use crate::verify::{Answer, Course, Happening, Setup};

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    Status(StatusCode),
    NoConnection,
    Overdue,
    /// Nothing, up to the end.
    Nothing,
    /// What no counterexample has.
    Other,
}

/// One request: its instance, its calls with what came of them, and the status that the client got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Requested {
    instance: u32,
    calls: Vec<(u16, Came)>,
    status: Option<StatusCode>,
}

/// What happens, as far as simulation and counterexample can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    requests: BTreeMap<u64, Requested>,
    /// Backend, instance, and how long the trip is to be; in order.
    trips: Vec<(u16, u32, Duration)>,
}

impl Expected {
    /// What a course says.
    pub(super) fn of(course: &Course) -> Self {
        let mut expected = Self::default();
        for scene in &course.scenes {
            let Some(number) = scene.request else { continue };
            let request = expected.requests.entry(number.into()).or_default();
            if matches!(scene.happening, Some(Happening::Arrives(_))) {
                request.instance = scene.instance.into();
            }
            if let (Some((_, answer)), Some((_, came))) = (scene.answer, request.calls.last_mut()) {
                *came = match answer {
                    Answer::Status(status, _) => Came::Status(status),
                    Answer::BreaksOff => Came::Status(StatusCode::OK),
                    Answer::NoConnection => Came::NoConnection,
                    Answer::Overdue => Came::Overdue,
                };
            }
            let calls = scene
                .calls
                .iter()
                .filter_map(|call| Some((call.backend?, call.refused.map_or(Came::Nothing, Came::Status))));
            request.calls.extend(calls);
            request.status = scene.answered.or(request.status);
            let instance = scene.instance.into();
            expected.trips.extend(scene.trips.iter().map(|(backend, length)| (*backend, instance, *length)));
        }
        expected
    }

    /// Requests with the status that the client got, in the order in which they arrive.
    #[cfg(feature = "http")]
    pub(super) fn statuses(&self) -> impl Iterator<Item = (u64, Option<StatusCode>, usize)> {
        self.requests.iter().map(|(number, request)| (*number, request.status, request.calls.len()))
    }

    /// What a decision log says. `None`: it cannot be read.
    #[cfg(feature = "http")]
    pub(super) fn of_log(text: &str, setup: &Setup) -> Option<Self> {
        let mut played = Self::default();
        let mut numbers: BTreeMap<u64, u64> = BTreeMap::new();
        for line in text.lines().skip(1) {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            let (id, now) = (line.get("r")?.as_u64()?, line.get("t")?.as_u64()?);
            let next = u64::try_from(numbers.len()).ok()?;
            let request = played.requests.entry(*numbers.entry(id).or_insert(next)).or_default();
            let status = |value: &serde_json::Value| StatusCode::new(u16::try_from(value.as_u64()?).ok()?);
            let came = match line.pointer("/head/status") {
                Some(value) => Some(Came::Status(status(value)?)),
                None if line.get("lost").is_some() => Some(Came::NoConnection),
                None if line.get("late").is_some() => Some(Came::Overdue),
                None => None,
            };
            if let (Some(came), Some((_, slot))) = (came, request.calls.last_mut()) {
                *slot = came;
            }
            for decision in line.get("out")?.as_array()? {
                let words: Vec<&str> = decision.as_str()?.split(' ').collect();
                match words.as_slice() {
                    ["forward", _, name, ..] => request.calls.push((number_of(name, setup)?, Came::Nothing)),
                    ["respond", code, ..] => request.status = StatusCode::new(code.parse().ok()?),
                    ["tripped", name, until] => {
                        let length = until.parse::<u64>().ok()?.saturating_sub(now);
                        played.trips.push((number_of(name, setup)?, 0, Duration::from_nanos(length)));
                    }
                    _ => {}
                }
            }
        }
        Some(played)
    }
}

/// The backend of this name.
#[cfg(feature = "http")]
fn number_of(name: &str, setup: &Setup) -> Option<u16> {
    let place = setup.gateway.backends().iter().position(|backend| *backend.name == *name)?;
    u16::try_from(place).ok()
}

impl Observer for Expected {
    const WANTS_STEPS: bool = true;

    fn request(&mut self, record: &RequestRecord<'_>) {
        let calls = record.steps.iter().filter_map(|step| match step {
            Step::Attempt { backend, result, .. } => Some((
                backend.0,
                match result {
                    AttemptResult::Status(status, _) => Came::Status(*status),
                    AttemptResult::NoConnection => Came::NoConnection,
                    AttemptResult::Timeout => Came::Overdue,
                    AttemptResult::Pending => Came::Nothing,
                    AttemptResult::Spilled(..) | AttemptResult::SpilledInVain(..) => Came::Other,
                },
            )),
            Step::Exhausted { .. } | Step::Wait(_) => None,
        });
        let calls: Vec<(u16, Came)> = calls.collect();
        let status = match (record.outcome, calls.last()) {
            // A run tells no status of what breaks off; the client has seen that of the answer.
            (Outcome::BrokenOff, Some((_, Came::Status(status)))) => Some(*status),
            _ => record.status,
        };
        let request = Requested { instance: record.instance, calls, status };
        self.requests.insert(record.id.0, request);
    }

    fn interval(&mut self, _: &IntervalRecord) {}

    fn trip(&mut self, record: &TripRecord) {
        if let TripRecord::Tripped { backend, instance, trip } = record {
            self.trips.push((backend.0, *instance, trip.effective));
        }
    }
}

/// The plan of a scenario with this text, as if it stood at `path`.
pub(super) fn load(path: &str, text: &str) -> Result<RunPlan, String> {
    let files = MemoryFiles::over(&DiskFiles).with(path, text.as_bytes());
    let (mut sources, mut problems) = (SourceMap::new(), Diagnostics::new());
    let scenario = load_scenario(path, &files, &Overrides::default(), &mut sources, &mut problems);
    scenario.map(|scenario| scenario.base.plan).ok_or_else(|| {
        let sorted = problems.sorted();
        let error = sorted.iter().find(|problem| problem.severity == Severity::Error);
        let why = error.map_or("", |problem| problem.message.as_str());
        format!("the configuration cannot be written as a scenario: {why}")
    })
}

/// What the simulation does with a plan.
pub(super) fn play(plan: &RunPlan, seed: u64) -> Result<Expected, String> {
    let plan = RunPlan { seed, ..plan.clone() };
    let mut played = Expected::default();
    run(&plan, &mut played).map_err(|error| error.to_string())?;
    Ok(played)
}

/// The first difference, in words.
pub(super) fn difference(expected: &Expected, played: &Expected, setup: &Setup) -> Option<String> {
    let backends = setup.gateway.backends();
    let name = |number: u16| backends.get(usize::from(number)).map_or("?", |backend| &*backend.name);
    for (number, request) in &expected.requests {
        let shown = number.saturating_add(1);
        let Some(other) = played.requests.get(number) else {
            return Some(format!("r{shown} does not come to be when it is played"));
        };
        if request.instance != other.instance {
            return Some(format!("r{shown} reaches another gateway instance when it is played"));
        }
        if request.calls != other.calls {
            let told = |calls: &[(u16, Came)]| match calls {
                [] => "none".to_owned(),
                _ => calls
                    .iter()
                    .map(|(b, came)| format!("{} ({})", name(*b), came.word()))
                    .collect::<Vec<_>>()
                    .join(", "),
            };
            return Some(format!(
                "the calls of r{shown} are {} here, and {} when it is played",
                told(&request.calls),
                told(&other.calls)
            ));
        }
        if request.status != other.status {
            let told = |status: Option<StatusCode>| status.map_or("nothing".to_owned(), |s| s.to_string());
            return Some(format!(
                "the client of r{shown} gets {} here, and {} when it is played",
                told(request.status),
                told(other.status)
            ));
        }
    }
    if expected.trips != played.trips {
        let told = |trips: &[(u16, u32, Duration)]| match trips {
            [] => "none".to_owned(),
            _ => trips
                .iter()
                .map(|(backend, _, length)| {
                    format!("{} for {}", name(*backend), crate::wording::time(*length))
                })
                .collect::<Vec<_>>()
                .join(", "),
        };
        return Some(format!(
            "breakers that trip are {} here, and {} when it is played",
            told(&expected.trips),
            told(&played.trips)
        ));
    }
    None
}

impl Came {
    fn word(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::NoConnection => "no connection".to_owned(),
            Self::Overdue => "no headers in time".to_owned(),
            Self::Nothing => "no answer".to_owned(),
            Self::Other => "another deployment".to_owned(),
        }
    }
}
