//! One event, played through the core until the request waits for the world again.
//!
//! Rules
//! - An answer comes whole: headers, and the body if it is passed on. When a body ends changes nothing that the core
//!   decides.
//! - Side calls are answered at once: usually well, and once in the other way.
//! - A body that was lost makes its backend refuse at once, as the reading in force says.

use std::sync::Arc;

use super::answers::{Answer, side_answer};
use super::breakers::{Outcome, Told};
use super::guide::Ways;
use super::limits::Before;
use super::properties::Breach;
use super::watch::{History, Look, Seen, Watch};
use crate::gateway::{
    Action, Breaker, Effects, Exchange, Gateway, GatewayState, Input, Phase, SentBody, SideAnswer, Step,
};
use crate::policy::{HeaderValue, Response};
use crate::units::{AttemptNumber, Duration, RequestId, Timestamp};

/// What may happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Happening {
    /// It arrives at an instance; which of the requests of the setup it is.
    Arrives(u8),
    /// A backend does this.
    Answers(Answer),
    /// A wait is over.
    Wakes,
    /// The client goes away.
    Leaves,
}

/// A request under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Thread {
    /// Which of the requests of the setup it is.
    pub(super) kind: u8,
    pub(super) instance: u8,
    pub(super) exchange: Exchange,
    pub(super) history: History,
}

/// What one event led to.
#[derive(Clone, Debug)]
pub(super) struct Played {
    /// The request, unless it is over.
    pub(super) thread: Option<Thread>,
    pub(super) gateway: GatewayState,
    pub(super) seen: Seen,
    pub(super) steps: Vec<Step>,
    /// Calls and time in the gateway so far.
    pub(super) attempts: u32,
    pub(super) history: History,
    /// Whether a side call failed in this event.
    pub(super) side_call_failed_now: bool,
}

/// Who hears of everything that the core says, in order.
pub(super) trait Hear {
    /// One call into the core came to this, with these breaches.
    fn hear(&mut self, gateway: &GatewayState, exchange: &Exchange, effects: &Effects, breaches: &[Breach]);
}

/// Nobody listens.
pub(super) struct Deaf;

impl Hear for Deaf {
    fn hear(&mut self, _: &GatewayState, _: &Exchange, _: &Effects, _: &[Breach]) {}
}

/// Plays `happening` at `now`. `thread` is the request before; one that arrives has none.
pub(super) fn play<'p, W: Ways, H: Hear>(
    watch: &'p Watch<'_>,
    thread: &Thread,
    gateway: &'p GatewayState,
    happening: Happening,
    now: Timestamp,
    ways: &mut W,
    hear: &mut H,
) -> Played {
    let mut thread = thread.clone();
    let mut stage = Stage {
        watch,
        gateway: Gateway::resume(Arc::clone(&watch.setup.gateway), gateway.clone()),
        first: Some(gateway.breakers()),
        before: Vec::new(),
        limits: Before::default(),
        attempts: 0,
        told: None,
        effects: Effects { steps: Some(Vec::new()), ..Effects::default() },
        seen: Seen::default(),
        inputs: Vec::new(),
        side_call_failed: false,
        steps: Vec::new(),
        now,
    };
    match happening {
        Happening::Arrives(kind) => {
            thread.kind = kind;
            let Some((_, head)) = watch.setup.requests.get(usize::from(kind)) else {
                return stage.end(thread);
            };
            let mut head = head.clone();
            head.id = RequestId::default();
            head.tokens.prompt = head.tokens.prompt.or(watch.usage.map(|usage| usage.prompt));
            stage.note_limits(&thread);
            stage.gateway.start(&mut thread.exchange, &head, now, ways, &mut stage.effects);
            stage.look(&mut thread, ways, hear);
        }
        Happening::Answers(answer) => {
            watch.answered(&mut thread.history, &thread.exchange, answer);
            let attempt = AttemptNumber(thread.exchange.attempts());
            let input = match (answer, answer.response()) {
                (_, Some(response)) => Input::ResponseHeaders { attempt, response },
                (Answer::Overdue, None) => Input::HeaderTimeout { attempt },
                (_, None) => Input::ConnectionFailed { attempt },
            };
            stage.tell(&mut thread, input, ways, hear);
            if *thread.exchange.phase() == Phase::Relaying && attempt.0 == thread.exchange.attempts() {
                let input = match answer {
                    Answer::BreaksOff => Input::BodyFailed { attempt },
                    _ => Input::BodyEnd { attempt, usage: watch.usage.filter(|_| answer.is_well()) },
                };
                stage.tell(&mut thread, input, ways, hear);
            }
        }
        Happening::Wakes => stage.tell(&mut thread, Input::Wake, ways, hear),
        Happening::Leaves => stage.tell(&mut thread, Input::ClientCancel, ways, hear),
    }
    // Every answer may make the core ask for more.
    while !stage.inputs.is_empty() {
        let input = stage.inputs.remove(0);
        stage.tell(&mut thread, input, ways, hear);
    }
    if *thread.exchange.phase() == Phase::Relaying {
        // A backend that refused a lost body has its refusal passed on.
        let attempt = AttemptNumber(thread.exchange.attempts());
        stage.tell(&mut thread, Input::BodyEnd { attempt, usage: None }, ways, hear);
    }
    stage.end(thread)
}

struct Stage<'w, 's> {
    watch: &'w Watch<'s>,
    gateway: Gateway,
    /// Breakers before the call into the core: those of the caller at the first, and copies at others.
    first: Option<&'w [Breaker]>,
    before: Vec<Breaker>,
    /// What limits hold before it.
    limits: Before,
    /// Attempts before it, and what it is told.
    attempts: u32,
    told: Option<Told>,
    effects: Effects,
    seen: Seen,
    /// What the world answers at once.
    inputs: Vec<Input>,
    side_call_failed: bool,
    steps: Vec<Step>,
    now: Timestamp,
}

impl Stage<'_, '_> {
    fn tell<W: Ways, H: Hear>(&mut self, thread: &mut Thread, input: Input, ways: &mut W, hear: &mut H) {
        if self.first.is_none() {
            self.before.clear();
            self.before.extend_from_slice(self.gateway.state().breakers());
        }
        self.note_limits(thread);
        self.attempts = thread.exchange.attempts();
        self.told = told(thread.exchange.phase(), &input);
        self.gateway.handle(&mut thread.exchange, input, self.now, ways, &mut self.effects);
        self.look(thread, ways, hear);
    }

    /// Keeps what limits hold, where there are any.
    fn note_limits(&mut self, thread: &Thread) {
        if self.watch.has_limits {
            self.limits = Before::of(self.gateway.state(), &thread.exchange);
        }
    }

    fn look<W: Ways, H: Hear>(&mut self, thread: &mut Thread, ways: &mut W, hear: &mut H) {
        let known = self.seen.breaches.len();
        if let Some((_, head)) = self.watch.setup.requests.get(usize::from(thread.kind)) {
            let look = Look {
                before: self.first.unwrap_or(&self.before),
                attempts: self.attempts,
                told: self.told,
                after: self.gateway.state(),
                exchange: &thread.exchange,
                effects: &self.effects,
                head,
                now: self.now,
                limits: &self.limits,
            };
            self.watch.see(&mut thread.history, &look, ways, &mut self.seen);
        }
        self.first = None;
        let new = self.seen.breaches.get(known..).unwrap_or(&[]);
        hear.hear(self.gateway.state(), &thread.exchange, &self.effects, new);
        self.effects.events.clear();
        self.steps.extend(self.effects.steps.iter_mut().flat_map(|steps| steps.drain(..)));
        for action in std::mem::take(&mut self.effects.actions) {
            match action {
                Action::Forward { attempt, body: SentBody::Lost { status }, .. } => {
                    let response = Response::plain(status);
                    let answer = Answer::Status(status, super::answers::RetryAfter::Absent);
                    self.watch.answered(&mut thread.history, &thread.exchange, answer);
                    self.inputs.push(Input::ResponseHeaders { attempt, response });
                }
                Action::SideCall { number, call, .. } => {
                    let Some(well) = side_answer(&call) else { continue };
                    let failed = ways.way(2) == 1;
                    if failed {
                        self.side_call_failed = true;
                        Watch::side_call_failed(&mut thread.history);
                    }
                    let answer = if failed { SideAnswer::Failed } else { well };
                    self.inputs.push(Input::SideCallDone { number, answer });
                }
                _ => {}
            }
        }
    }

    fn end(self, thread: Thread) -> Played {
        let attempts = thread.exchange.attempts();
        let history = thread.history.clone();
        let is_over = matches!(thread.exchange.phase(), Phase::Done(_) | Phase::Idle);
        Played {
            thread: (!is_over).then_some(thread),
            gateway: self.gateway.into_state(),
            seen: self.seen,
            steps: self.steps,
            attempts,
            history,
            side_call_failed_now: self.side_call_failed,
        }
    }
}

/// What an input says about the call that is under way.
fn told(phase: &Phase, input: &Input) -> Option<Told> {
    let Phase::AwaitingHeaders { backend: Some(backend), probe, .. } = phase else { return None };
    let what = match input {
        Input::ResponseHeaders { response, .. } => {
            let asked = response.headers.values("Retry-After").find_map(|value| match value {
                HeaderValue::Number(seconds) => Some(Duration::from_secs(*seconds)),
                HeaderValue::Text(_) => None,
            });
            Outcome::Status(response.status, asked)
        }
        Input::HeaderTimeout { .. } => Outcome::Overdue,
        Input::ConnectionFailed { .. } => Outcome::NoConnection,
        Input::ClientCancel => Outcome::Left,
        _ => return None,
    };
    Some(Told { backend: *backend, is_probe: *probe, what })
}
