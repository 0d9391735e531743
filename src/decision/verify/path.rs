//! A way through the exploration, as events that can be played again, and what each of them does.

use std::sync::Arc;

use super::answers::{Answer, RetryAfter};
use super::guide::Script;
use super::properties::Breach;
use super::setup::Limits;
use super::stage::{Happening, Hear, Thread, play};
use super::watch::Watch;
use super::worlds::Worlds;
use super::{Answers, Setup};
use crate::gateway::{
    Action, BreakerChange, BreakerState, Effects, Ending, Event, Exchange, ForwardTarget, Gateway,
    GatewayState, Phase, SentBody, TripLength,
};
use crate::units::{BackendId, Duration, StatusCode, Timestamp};

/// Events, the first first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// What happens.
    pub moves: Vec<Move>,
    /// Whether all backends answer well in the end, and one more request comes when the last trip is over.
    pub heals: bool,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Nothing happens for so long.
    Passes(Duration),
    /// Something happens to a request.
    Happens {
        /// Number of the request, in order of arrival.
        request: u16,
        /// The instance that it is at.
        instance: u8,
        /// What.
        happening: Happening,
        /// What was chosen, beside readings, in the order in which it was asked for.
        picks: Box<[u64]>,
    },
}

impl Path {
    pub(super) fn pass(&mut self, by: Duration) {
        match self.moves.last_mut() {
            Some(Move::Passes(before)) => *before = before.saturating_add(by),
            _ => self.moves.push(Move::Passes(by)),
        }
    }

    pub(super) fn add(&mut self, request: u16, instance: u8, happening: Happening, picks: &[u64]) {
        self.moves.push(Move::Happens { request, instance, happening, picks: picks.into() });
    }

    /// Numbers requests anew, in order of arrival.
    pub(super) fn renumber(&mut self) {
        let mut known: Vec<u16> = Vec::new();
        for one in &mut self.moves {
            if let Move::Happens { request, .. } = one {
                let at = known.iter().position(|number| number == request).unwrap_or_else(|| {
                    known.push(*request);
                    known.len().saturating_sub(1)
                });
                *request = u16::try_from(at).unwrap_or(u16::MAX);
            }
        }
    }

    /// Requests that arrive.
    pub fn requests(&self) -> usize {
        let arrivals = self
            .moves
            .iter()
            .filter(|one| matches!(one, Move::Happens { happening: Happening::Arrives(_), .. }));
        arrivals.count()
    }

    /// Events beside the passing of time.
    pub fn events(&self) -> usize {
        self.moves.iter().filter(|one| matches!(one, Move::Happens { .. })).count()
    }
}

/// What a path does, call by call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// In order.
    pub scenes: Vec<Scene>,
    /// Whether something was chosen on the way, beside readings.
    pub has_picks: bool,
    /// Whether an event did not fit: the path is of another configuration.
    pub has_misfit: bool,
}

/// One event of the world or of the gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scene {
    /// When, since the beginning.
    pub at: Duration,
    /// The request, by number; `None`: time passes.
    pub request: Option<u16>,
    /// The instance.
    pub instance: u8,
    /// What happened; `None`: time passes.
    pub happening: Option<Happening>,
    /// The same in words.
    pub event: String,
    /// How backends are afterwards, at this instance.
    pub backends: Vec<Standing>,
    /// The backend that answered, and what.
    pub answer: Option<(u16, Answer)>,
    /// The backend that the request goes to next.
    pub pick: Option<u16>,
    /// Calls that are sent, in order.
    pub calls: Vec<Sent>,
    /// Trips that begin, in order: of which backend, and how long each is to be.
    pub trips: Vec<(u16, Duration)>,
    /// Why things are as they are, in words.
    pub why: String,
    /// Status that the client gets.
    pub answered: Option<StatusCode>,
    /// What does not hold here.
    pub breaches: Vec<Breach>,
}

/// A call that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// To which backend; `None`: to a URL that the policy names.
    pub backend: Option<u16>,
    /// What it refuses with at once, as the body was lost.
    pub refused: Option<StatusCode>,
}

/// How a backend is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Calls may go to it.
    Ready,
    /// None may, until this time since the beginning; `None`: for ever.
    Tripped(Option<Duration>),
    /// One call is to decide.
    Probing,
}

/// Plays `path` as the readings of world `number` have it.
pub fn course(
    setup: &Setup,
    answers: &Answers,
    limits: Limits,
    worlds: &Worlds,
    number: usize,
    path: &Path,
) -> Course {
    let watch = Watch::new(setup, answers, limits);
    let mut player = Player {
        watch: &watch,
        worlds,
        number,
        now: Timestamp::ZERO,
        gateways: Vec::new(),
        threads: Vec::new(),
        course: Course::default(),
    };
    for one in &path.moves {
        player.play(one);
    }
    if path.heals {
        player.heal();
    }
    player.course
}

/// What breaks on a path, as configured; `None` if its events do not fit each other.
pub fn breaches_of(setup: &Setup, answers: &Answers, limits: Limits, path: &Path) -> Option<Vec<Breach>> {
    let worlds = Worlds::configured(&setup.gateway);
    let course = course(setup, answers, limits, &worlds, 0, path);
    (!course.has_misfit).then(|| course.scenes.into_iter().flat_map(|scene| scene.breaches).collect())
}

struct Player<'s> {
    watch: &'s Watch<'s>,
    worlds: &'s Worlds,
    number: usize,
    now: Timestamp,
    gateways: Vec<GatewayState>,
    threads: Vec<Option<Thread>>,
    course: Course,
}

impl Player<'_> {
    fn play(&mut self, one: &Move) {
        match one {
            Move::Passes(by) => self.pass(*by),
            Move::Happens { request, instance, happening, picks } => {
                self.happen(*request, *instance, *happening, picks);
            }
        }
    }

    fn pass(&mut self, by: Duration) {
        self.now = self.now.saturating_add(by);
        let event = format!("{} pass", crate::wording::time(by));
        let gateway = self.gateway(0);
        let scene = self.scene(None, 0, event, &gateway);
        self.course.scenes.push(scene);
    }

    fn gateway(&mut self, instance: u8) -> GatewayState {
        let fresh = || Gateway::new(Arc::clone(&self.watch.setup.gateway)).into_state();
        let at = usize::from(instance);
        while self.gateways.len() <= at {
            self.gateways.push(fresh());
        }
        self.gateways.get(at).cloned().unwrap_or_else(fresh)
    }

    fn happen(&mut self, request: u16, instance: u8, happening: Happening, picks: &[u64]) {
        let gateway = self.gateway(instance);
        let at = usize::from(request);
        if self.threads.len() <= at {
            self.threads.resize(at + 1, None);
        }
        let known = self.threads.get_mut(at).and_then(Option::take);
        let is_arrival = matches!(happening, Happening::Arrives(_));
        if known.is_some() == is_arrival {
            self.course.has_misfit = true;
            return;
        }
        let thread = known.unwrap_or_else(|| Thread { instance, ..Thread::default() });
        if !is_awaited(&thread, happening, self.now) {
            self.course.has_misfit = true;
            return;
        }
        let event = self.words(request, &thread, happening);
        let answer = match (happening, thread.exchange.phase()) {
            (Happening::Answers(answer), Phase::AwaitingHeaders { backend: Some(backend), .. }) => {
                Some((backend.0, answer))
            }
            _ => None,
        };
        self.course.has_picks |= !picks.is_empty();
        let mut script = Script::new(self.worlds, self.number, picks);
        let mut notes = Notes::new(self.now, self.watch.setup);
        let played = play(self.watch, &thread, &gateway, happening, self.now, &mut script, &mut notes);
        // Everything that follows at once belongs to the event.
        let mut scene = self.scene(Some(request), instance, event, &played.gateway);
        scene.happening = Some(happening);
        scene.answer = answer;
        scene.pick = notes.pick;
        scene.calls = notes.calls;
        scene.trips = notes.trips;
        scene.why = notes.why.join("; ");
        scene.answered = notes.answered;
        scene.breaches = notes.breaches;
        self.course.scenes.push(scene);
        if let Some(slot) = self.threads.get_mut(at) {
            *slot = played.thread;
        }
        if let Some(slot) = self.gateways.get_mut(usize::from(instance)) {
            *slot = played.gateway;
        }
    }

    /// Every backend answers well from now on; one more request comes when the last trip is over.
    fn heal(&mut self) {
        let gateway = self.gateway(0);
        let by = gateway.last_reset(self.now).since(self.now).saturating_add(Duration::from_nanos(1));
        self.pass(by);
        let request = u16::try_from(self.threads.len()).unwrap_or(u16::MAX);
        self.happen(request, 0, Happening::Arrives(0), &[]);
        if self.threads.last().is_some_and(Option::is_some) {
            let well = Answer::Status(StatusCode::OK, RetryAfter::Absent);
            self.happen(request, 0, Happening::Answers(well), &[]);
        }
    }

    fn scene(&self, request: Option<u16>, instance: u8, event: String, gateway: &GatewayState) -> Scene {
        let spec = &self.watch.setup.gateway;
        let mut script = Script::new(self.worlds, self.number, &[]);
        let backends = (0..spec.backends().len()).map(|number| {
            let backend = BackendId(u16::try_from(number).unwrap_or(u16::MAX));
            match gateway.breaker(backend) {
                BreakerState::Tripped { until, .. }
                    if !gateway.is_ready(backend, spec, self.now, &mut script) =>
                {
                    Standing::Tripped((until < Timestamp::MAX).then(|| until.since(Timestamp::ZERO)))
                }
                BreakerState::Probing { .. } => Standing::Probing,
                BreakerState::Tripped { .. } | BreakerState::Closed => Standing::Ready,
            }
        });
        Scene {
            at: self.now.since(Timestamp::ZERO),
            request,
            instance,
            event,
            backends: backends.collect(),
            ..Scene::default()
        }
    }

    fn words(&self, request: u16, thread: &Thread, happening: Happening) -> String {
        let number = request.saturating_add(1);
        let backend = match thread.exchange.phase() {
            Phase::AwaitingHeaders { backend: Some(backend), .. } => {
                self.watch.setup.gateway.backend(*backend).map_or("the backend", |backend| &*backend.name)
            }
            _ => "the backend",
        };
        match happening {
            Happening::Arrives(kind) => {
                let label = self.watch.setup.requests.get(usize::from(kind)).map_or("", |(label, _)| label);
                let of = if kind == 0 || label.is_empty() { String::new() } else { format!(" ({label})") };
                format!("r{number} arrives{of}")
            }
            Happening::Answers(answer) => format!("{backend} to r{number}: {}", answer.words()),
            Happening::Wakes => format!("r{number} has waited"),
            Happening::Leaves => format!("the client of r{number} leaves"),
        }
    }
}

/// Whether a request waits for such an event.
fn is_awaited(thread: &Thread, happening: Happening, now: Timestamp) -> bool {
    let due = thread.exchange.wake_up().is_some_and(|(at, _)| at <= now);
    match happening {
        Happening::Arrives(_) | Happening::Leaves => true,
        Happening::Wakes => due,
        Happening::Answers(answer) => {
            matches!(thread.exchange.phase(), Phase::AwaitingHeaders { .. })
                && (answer != Answer::Overdue || due)
        }
    }
}

/// What the core said about one event.
struct Notes<'s> {
    now: Timestamp,
    setup: &'s Setup,
    pick: Option<u16>,
    calls: Vec<Sent>,
    trips: Vec<(u16, Duration)>,
    why: Vec<String>,
    answered: Option<StatusCode>,
    breaches: Vec<Breach>,
}

impl<'s> Notes<'s> {
    fn new(now: Timestamp, setup: &'s Setup) -> Self {
        Self {
            now,
            setup,
            pick: None,
            calls: Vec::new(),
            trips: Vec::new(),
            why: Vec::new(),
            answered: None,
            breaches: Vec::new(),
        }
    }
}

impl Hear for Notes<'_> {
    fn hear(&mut self, _: &GatewayState, exchange: &Exchange, effects: &Effects, breaches: &[Breach]) {
        let setup = self.setup;
        let name = |backend: BackendId| {
            setup.gateway.backend(backend).map_or_else(String::new, |backend| backend.name.to_string())
        };
        self.breaches.extend(breaches);
        for event in &effects.events {
            let words = match event {
                Event::Selected { selection, .. } => {
                    self.pick = Some(selection.backend.0);
                    let mut words = match selection.priority {
                        Some(priority) => format!("priority {priority}"),
                        None => "named by the policy".to_owned(),
                    };
                    if selection.better_tripped > 0 {
                        words.push_str(&format!(", {} better tripped", selection.better_tripped));
                    }
                    if selection.peers_tripped > 0 {
                        words.push_str(&format!(", {} beside it tripped", selection.peers_tripped));
                    }
                    words
                }
                Event::Exhausted { status, .. } => format!("no backend is ready: {status}"),
                Event::Breaker { backend, change } => match change {
                    BreakerChange::Tripped(trip) => {
                        self.trips.push((backend.0, trip.effective));
                        let why = match trip.why {
                            TripLength::RetryAfter(_) => ", as Retry-After says",
                            _ => "",
                        };
                        let (name, time) = (name(*backend), crate::wording::time(trip.effective));
                        format!("{name} trips for {time}{why}")
                    }
                    BreakerChange::Extended { until } => {
                        let time = crate::wording::time(until.since(self.now));
                        format!("the trip of {} is extended by {time}", name(*backend))
                    }
                    BreakerChange::Reset { .. } => format!("the trip of {} is over", name(*backend)),
                },
                Event::Retry { retry, wait, .. } if *wait > Duration::ZERO => {
                    format!("retry {retry} after {}", crate::wording::time(*wait))
                }
                Event::Retry { retry, .. } => format!("retry {retry}"),
                Event::Traced { .. } => continue,
                Event::CallFailed { reason, .. } => format!("a request of the policy fails: {reason}"),
                Event::Failed { error, .. } => {
                    format!("{} fails: {}", error.source, crate::wording::shorten(&error.message))
                }
            };
            self.why.push(words);
        }
        for action in &effects.actions {
            match action {
                Action::Forward { body, target, .. } => {
                    let refused = match body {
                        SentBody::Lost { status } => {
                            self.why.push("the body was used up and is not sent".to_owned());
                            Some(*status)
                        }
                        SentBody::None | SentBody::Whole => None,
                    };
                    let backend = match target {
                        ForwardTarget::Backend(backend) => Some(backend.0),
                        ForwardTarget::Url(_) => None,
                    };
                    self.calls.push(Sent { backend, refused });
                }
                Action::Respond { .. } => {
                    self.answered = exchange.response().map(|response| response.status);
                }
                Action::Finish { ending: Ending::BrokenOff, .. } => {
                    self.why.push("the answer breaks off at the client".to_owned());
                }
                _ => {}
            }
        }
    }
}
