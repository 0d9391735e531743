//! One request from its arrival to its end, with nobody beside it.
//!
//! Rules
//! - Time passes only where the core waits, and where no headers come.
//! - Bodies end well unless the answer says otherwise. Side calls are answered well.

use super::answers::{Answer, side_answer};
use crate::gateway::{
    Action, Choices, Effects, Exchange, ForwardTarget, Gateway, Input, Phase, RequestHead, SentBody,
};
use crate::policy::Response;
use crate::units::{AttemptNumber, Timestamp};

/// Steps of one request at most.
const MOST_STEPS: u32 = 500;

/// Who answers, and who hears of what happens.
pub(super) trait World: Choices {
    /// What the backend does with a call.
    fn answer(&mut self, target: &ForwardTarget) -> Answer;

    /// One call into the core came to this.
    fn hear(&mut self, gateway: &Gateway, exchange: &Exchange, effects: &Effects, now: Timestamp);
}

/// Plays `head`, arriving at `now`. Gives the time of its end; `None` when it does not end.
pub(super) fn drive<W: World>(
    gateway: &mut Gateway,
    exchange: &mut Exchange,
    head: &RequestHead,
    now: Timestamp,
    world: &mut W,
    with_steps: bool,
) -> Option<Timestamp> {
    let mut now = now;
    let mut effects = Effects { steps: with_steps.then(Vec::new), ..Effects::default() };
    gateway.start(exchange, head, now, world, &mut effects);
    let mut breaks_off = false;
    for _ in 0..MOST_STEPS {
        world.hear(gateway, exchange, &effects, now);
        effects.events.clear();
        if let Some(steps) = &mut effects.steps {
            steps.clear();
        }
        let mut inputs = Vec::new();
        for action in std::mem::take(&mut effects.actions) {
            match action {
                Action::Forward { attempt, body: SentBody::Lost { status }, .. } => {
                    breaks_off = false;
                    inputs.push(Input::ResponseHeaders { attempt, response: Response::plain(status) });
                }
                Action::Forward { attempt, target, deadline, .. } => {
                    let answer = world.answer(&target);
                    breaks_off = answer == Answer::BreaksOff;
                    inputs.push(match (answer, answer.response()) {
                        (_, Some(response)) => Input::ResponseHeaders { attempt, response },
                        (Answer::Overdue, None) => {
                            now = deadline;
                            Input::HeaderTimeout { attempt }
                        }
                        (_, None) => Input::ConnectionFailed { attempt },
                    });
                }
                Action::SideCall { number, call, .. } => {
                    inputs.extend(side_answer(&call).map(|answer| Input::SideCallDone { number, answer }));
                }
                _ => {}
            }
        }
        if inputs.is_empty() {
            match exchange.phase() {
                Phase::Done(_) => return Some(now),
                Phase::Relaying => {
                    let attempt = AttemptNumber(exchange.attempts());
                    inputs.push(if breaks_off {
                        Input::BodyFailed { attempt }
                    } else {
                        Input::BodyEnd { attempt, usage: None }
                    });
                }
                _ => {
                    let (at, _) = exchange.wake_up()?;
                    now = now.max(at);
                    inputs.push(Input::Wake);
                }
            }
        }
        for input in inputs {
            gateway.handle(exchange, input, now, world, &mut effects);
        }
    }
    None
}
