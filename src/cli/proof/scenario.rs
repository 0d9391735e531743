//! A path as a scenario that `run` plays: the same requests at the same times, and backends that answer by script.
//!
//! Rules
//! - What is written was played before: the simulation makes the same calls, with the same answers, trips and statuses,
//!   or the export is refused with the first difference. Nothing is left out silently.
//! - Policy and resources are named, not copied; everything else that could answer, or change an answer, is taken out.
//! - Events that happen at one instant in an order that the simulation would not have are put a nanosecond apart. For
//!   sockets all are put further apart, and the path must stay the same when each is late in its own way.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::rehearsal::{Expected, difference, play};
use super::timing::{Apart, times};
use crate::config::{Guessed, with_paths};
use crate::gateway::Usage;
use crate::policy::Op;
use crate::semantics::Switch;
use crate::sim::RunPlan;
use crate::units::Duration;
use crate::verify::{Answer, Course, Happening, RetryAfter, Setup, usage};

/// Fields of a scenario that a counterexample has no use for, or that could answer in place of its script.
const LEFT_OUT: &[&str] =
    &["traffic", "faults", "horizon", "objective", "spilloverDeployments", "output", "variants"];
/// The same of a backend.
const LEFT_OUT_OF_BACKENDS: &[&str] = &["overload", "quota"];
/// Seeds that are tried where something is random.
const SEEDS: u64 = 512;
/// Ways to put events apart that are tried, as a power of two.
const MOST_PASSES: u32 = 6;
/// Ways to be late under which a path must stay the same, where it is to be played on a clock that is not exact.
const WAYS_TO_BE_LATE: u64 = 6;

const REFUSED: &str = "a scenario cannot say this counterexample, so that none is written";

/// What a path is of, and where its scenario is to lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exported<'a> {
    pub course: &'a Course,
    pub setup: &'a Setup,
    /// The configuration as a scenario, with paths as they are read.
    pub base: &'a Json,
    /// What is read otherwise than configured.
    pub changes: &'a [(Switch, &'static str)],
    /// The file that it becomes.
    pub path: &'a str,
    /// How far apart events are to be, so that each may be a quarter of that late and nothing changes. `None`: as close
    /// as they are on the path, for a clock that is exact.
    pub pace: Option<Duration>,
}

/// A path as a scenario.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "http"), expect(dead_code, reason = "only what speaks HTTP plays it again"))]
pub(crate) struct Staged {
    /// The file.
    pub text: String,
    /// What it says, with its seed.
    pub plan: RunPlan,
    /// What happens in it.
    pub expected: Expected,
    /// When the last event is.
    pub lasts: Duration,
}

/// The scenario, or what of it cannot be said.
pub(crate) fn scenario(exported: &Exported<'_>) -> Result<Staged, String> {
    refuse_unspeakable(exported.course)?;
    let expected = Expected::of(exported.course);
    let seeds = if exported.is_random() { SEEDS } else { 1 };
    let passes = exported.course.scenes.iter().filter(|scene| scene.request.is_none()).count();
    let ways = 1_u32 << u32::try_from(passes).unwrap_or(u32::MAX).min(MOST_PASSES);
    let close = exported.pace.is_none().then_some(None);
    let mut first = None;
    for anew in close.into_iter().chain((0..ways).map(Some)) {
        let times = |late| {
            let apart = anew.map(|anew| Apart { pace: exported.pace, anew, late });
            times(exported.course, apart)
        };
        let on_time = times(None);
        let text = |times: &[Duration], seed: u64| {
            Guessed { scenario_json: exported.json(times, seed), guesses: Vec::new() }.text()
        };
        let plan = super::rehearsal::load(exported.path, &text(&on_time, 1))?;
        for seed in 1..=seeds {
            let mut found = difference(&expected, &play(&plan, seed)?, exported.setup);
            for late in (0..WAYS_TO_BE_LATE).filter(|_| exported.pace.is_some()) {
                if found.is_some() {
                    break;
                }
                let plan = super::rehearsal::load(exported.path, &text(&times(Some(late)), 1))?;
                found = difference(&expected, &play(&plan, seed)?, exported.setup);
            }
            let Some(found) = found else {
                let lasts = on_time.iter().copied().max().unwrap_or_default();
                let plan = RunPlan { seed, ..plan };
                return Ok(Staged { text: text(&on_time, seed), plan, expected, lasts });
            };
            first.get_or_insert(found);
        }
    }
    Err(format!("{REFUSED}: {}{}", first.unwrap_or_default(), exported.hint()))
}

/// What a scenario has no words for at all.
fn refuse_unspeakable(course: &Course) -> Result<(), String> {
    let refuse = |what: &str| Err(format!("{REFUSED}: {what}"));
    let scenes = &course.scenes;
    if scenes.iter().all(|scene| scene.request.is_none()) {
        return refuse("it has no events, as it is about something that never happens");
    }
    if scenes.iter().any(|scene| matches!(scene.happening, Some(Happening::Arrives(kind)) if kind > 0)) {
        return refuse("its requests are of different callers, and scripted traffic is of one");
    }
    if scenes.iter().flat_map(|scene| &scene.calls).any(|call| call.backend.is_none()) {
        return refuse("a call goes to a URL that the policy names, and only backends answer by script");
    }
    if scenes.iter().filter(|scene| scene.happening == Some(Happening::Leaves)).count() > 1 {
        return refuse("more than one client leaves, and scripted traffic has one patience");
    }
    Ok(())
}

impl Exported<'_> {
    /// Whether something is drawn on the path.
    fn is_random(&self) -> bool {
        self.has_other_instances() || self.course.has_picks
    }

    /// Whether requests reach instances otherwise than in turn.
    fn has_other_instances(&self) -> bool {
        let instances = self.instances();
        let arrivals =
            self.course.scenes.iter().filter(|scene| matches!(scene.happening, Some(Happening::Arrives(_))));
        arrivals.zip(0_usize..).any(|(scene, number)| {
            number.checked_rem(instances).is_some_and(|turn| turn != usize::from(scene.instance))
        })
    }

    fn instances(&self) -> usize {
        let last = self.course.scenes.iter().map(|scene| usize::from(scene.instance)).max();
        last.unwrap_or(0).saturating_add(1)
    }

    /// Why, as far as that is known beforehand.
    fn hint(&self) -> String {
        let calls = self.setup.gateway.program().ops.iter();
        let has_side_calls =
            calls.into_iter().any(|op| matches!(op, Op::ManagedIdentity { .. } | Op::Call(_)));
        match (self.course.has_picks, has_side_calls) {
            (true, true) => {
                "\n  help: it may be about a token or a request of the policy that fails, or about a \
                             choice among equals: a scenario cannot order either"
                    .to_owned()
            }
            (true, false) => {
                format!("\n  help: it depends on chance, and none of {SEEDS} seeds draws the same")
            }
            (false, _) => String::new(),
        }
    }

    /// The scenario, with events at these times.
    fn json(&self, times: &[Duration], seed: u64) -> Json {
        let mut json = with_paths(self.base.clone(), &mut |path| *path = from_folder_of(self.path, path));
        let Some(fields) = json.as_object_mut() else { return json };
        fields.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
        fields.insert("note".to_owned(), json!("A counterexample of `verify`: what should not happen."));
        fields.insert("seed".to_owned(), json!(seed));
        change(fields, "gateway", |gateway| {
            gateway.retain(|name, _| !matches!(name.as_str(), "scaling" | "regions"));
            gateway.insert("units".to_owned(), json!(self.instances()));
            gateway.insert("tokenFetch".to_owned(), json!("0s"));
        });
        change(fields, "semantics", |semantics| {
            if self.has_other_instances() {
                semantics.insert("gateway.assignment".to_owned(), json!("random"));
            }
            for (switch, reading) in self.changes {
                semantics.insert(switch.info().path.to_owned(), json!(reading));
            }
        });
        if self.setup.gateway.program().ops.iter().any(|op| matches!(op, Op::Call(_))) {
            fields.insert("endpoints".to_owned(), json!([{ "url": "http" }]));
        }
        let mut scripts = self.scripts(times);
        change(fields, "backends", |backends| {
            for (name, backend) in backends.iter_mut() {
                let Some(backend) = backend.as_object_mut() else { continue };
                backend.retain(|field, _| !LEFT_OUT_OF_BACKENDS.contains(&field.as_str()));
                if let Some(provisioned) = backend.get_mut("provisioned").and_then(Json::as_object_mut) {
                    provisioned.remove("spilloverDeploymentName");
                }
                // What is refused for a lost body is refused at once.
                for time in ["network", "refusal"] {
                    backend.insert(time.to_owned(), json!("0s"));
                }
                if let Some(script) = scripts.remove(&name.to_lowercase()) {
                    backend.insert("answers".to_owned(), Json::Array(script));
                }
            }
        });
        let (requests, patience, horizon) = self.requests(times);
        let mut traffic = json!({ "kind": "scripted", "requests": requests });
        if let (Some(patience), Some(traffic)) = (patience, traffic.as_object_mut()) {
            traffic.insert("clientTimeout".to_owned(), nanos(patience));
        }
        fields.insert("traffic".to_owned(), traffic);
        if let Some(horizon) = horizon {
            fields.insert("horizon".to_owned(), nanos(horizon));
        }
        json
    }

    /// Scripts by the name of the backend in lower case: an answer for each call, in the order in which calls are sent.
    fn scripts(&self, times: &[Duration]) -> BTreeMap<String, Vec<Json>> {
        let mut scripts: BTreeMap<u16, Vec<Json>> = BTreeMap::new();
        let mut under_way: BTreeMap<u16, (u16, usize, Duration)> = BTreeMap::new();
        for (scene, at) in self.course.scenes.iter().zip(times) {
            let Some(request) = scene.request else { continue };
            if let Some((_, answer)) = scene.answer
                && let Some((backend, place, sent)) = under_way.remove(&request)
                && let Some(slot) = scripts.get_mut(&backend).and_then(|script| script.get_mut(place))
            {
                *slot = answered(place, answer, at.saturating_sub(sent));
            }
            for call in scene.calls.iter().filter(|call| call.refused.is_none()) {
                let Some(backend) = call.backend else { continue };
                let script = scripts.entry(backend).or_default();
                under_way.insert(request, (backend, script.len(), *at));
                // Whoever is not answered on the path is never.
                script.push(json!({ "call": script.len().saturating_add(1), "timeout": true }));
            }
        }
        let backends = self.setup.gateway.backends();
        let name = |number: u16| backends.get(usize::from(number)).map_or("", |backend| &*backend.name);
        scripts.into_iter().map(|(number, script)| (name(number).to_lowercase(), script)).collect()
    }

    /// The requests, how long a client that leaves has waited, and when the run ends if some are under way then.
    fn requests(&self, times: &[Duration]) -> (Vec<Json>, Option<Duration>, Option<Duration>) {
        let usage = usage(&self.setup.gateway).unwrap_or(Usage { prompt: 1, completion: 1 });
        let head = self.setup.requests.first().map(|(_, head)| head);
        let prompt = head.and_then(|head| head.tokens.prompt).unwrap_or(usage.prompt).max(1);
        let completion = usage.completion;
        let mut arrivals: BTreeMap<u16, Duration> = BTreeMap::new();
        let mut open: Vec<u16> = Vec::new();
        let mut patience = None;
        let mut requests = Vec::new();
        for (scene, at) in self.course.scenes.iter().zip(times) {
            let (Some(request), Some(happening)) = (scene.request, scene.happening) else { continue };
            match happening {
                Happening::Arrives(_) => {
                    arrivals.insert(request, *at);
                    open.push(request);
                    requests.push(
                        json!({ "at": nanos(*at), "promptTokens": prompt, "completionTokens": completion }),
                    );
                }
                Happening::Leaves => {
                    let waited = at.saturating_sub(arrivals.get(&request).copied().unwrap_or_default());
                    patience = Some(waited.max(Duration::from_nanos(1)));
                    open.retain(|one| *one != request);
                }
                Happening::Answers(_) | Happening::Wakes => {}
            }
            if scene.answered.is_some() {
                open.retain(|one| *one != request);
            }
        }
        let last = times.iter().copied().max().unwrap_or_default();
        let horizon =
            (!open.is_empty()).then(|| last.saturating_add(self.pace.unwrap_or(Duration::from_nanos(1))));
        (requests, patience, horizon)
    }
}

fn answered(place: usize, answer: Answer, delay: Duration) -> Json {
    let mut json = match answer {
        Answer::Status(status, retry_after) => {
            let mut json = json!({ "status": status.get() });
            let value = match retry_after {
                RetryAfter::Absent => None,
                RetryAfter::Seconds(seconds) => Some(json!(seconds)),
                RetryAfter::Malformed => Some(json!("soon")),
            };
            if let (Some(value), Some(fields)) = (value, json.as_object_mut()) {
                fields.insert("headers".to_owned(), json!({ "Retry-After": value }));
            }
            json
        }
        Answer::BreaksOff => json!({ "breaksOff": true }),
        Answer::NoConnection => json!({ "connectionFailure": true }),
        Answer::Overdue => json!({ "timeout": true }),
    };
    if let Some(fields) = json.as_object_mut() {
        fields.insert("call".to_owned(), json!(place.saturating_add(1)));
        if answer != Answer::Overdue {
            fields.insert("delay".to_owned(), nanos(delay));
        }
    }
    json
}

fn nanos(time: Duration) -> Json {
    let nanos = time.as_nanos();
    let of = |unit: u64, name: &str| {
        let count = nanos.checked_div(unit).filter(|_| nanos.checked_rem(unit) == Some(0))?;
        Some(format!("{count}{name}"))
    };
    let text = of(1_000_000_000, "s").or_else(|| of(1_000_000, "ms")).or_else(|| of(1, "ns"));
    Json::from(text.unwrap_or_default())
}

/// Changes the object in a field, which is made if need be.
fn change(fields: &mut Map<String, Json>, name: &str, how: impl FnOnce(&mut Map<String, Json>)) {
    let mut inner = match fields.remove(name) {
        Some(Json::Object(inner)) => inner,
        _ => Map::new(),
    };
    how(&mut inner);
    if !inner.is_empty() {
        fields.insert(name.to_owned(), Json::Object(inner));
    }
}

/// `path`, which is relative to the working folder, as the file `base` names it.
fn from_folder_of(base: &str, path: &str) -> String {
    let base = std::path::Path::new(base);
    let folder = base.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Some(folder) = folder else { return path.to_owned() };
    let whole = |path: &std::path::Path| std::fs::canonicalize(path).ok();
    let (Some(from), Some(to)) = (whole(folder), whole(std::path::Path::new(path))) else {
        return path.to_owned();
    };
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| "..".to_owned());
    let down = to.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}
