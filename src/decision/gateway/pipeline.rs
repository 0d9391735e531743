//! Running a program: every policy but forward-request, the way of errors, and the end of an exchange.
//!
//! Rules (policies, error handling and retry pages of the documentation)
//! - inbound, backend, outbound run in order. An error skips the rest and runs on-error, unless a retry
//!   encloses it and its condition says to go on; outbound does not run after on-error.
//! - An error inside on-error ends in a plain 500 (undocumented; nothing else is known to happen).
//! - Children of retry run once, then again while the condition is true and retries are left. The
//!   condition sees the last response, also after an error. When the retry ends, a pending error goes on.
//! - return-response ends the pipeline with a response of its own: nothing of the old one is kept.

use super::choices::{ChoiceReason, Choices};
use super::exchange::{BodyProgress, Exchange, Frame, Phase, RetryFrame, Target};
use super::instance::GatewayState;
use super::io::{Action, Answerer, Effects, Ending, Event, Step, WakeReason};
use super::policies::edit_headers;
use super::retry::RetryTimes;
use super::seeded::{Fault, seeded};
use super::spec::GatewaySpec;
use crate::policy::csharp::{Chance, EvalError, Expression, FromValue, Scope, Value};
use crate::policy::{
    Body, ExistsAction, HeaderValue, Headers, LastError, Op, Operand, Pc, PolicyScope, Response, Retry,
    ReturnResponse, Section, SetBackend, SetHeader, Text, VariableSlot,
};
use crate::semantics::{PreResponse, ResponseInOnError, RetryAttributes, RetryConditionAtEnd, SelectAt};
use crate::units::{Duration, StatusCode, Timestamp};

/// Operations one call may run. Retries are bounded, but nested ones multiply; beyond this the exchange
/// ends in a 500 rather than hang.
const MAX_STEPS: u32 = 100_000;

/// Largest `count` of a retry (policy reference). A computed one is cut off there.
pub(super) const MAX_RETRIES: u32 = 50;

/// One call into the core.
pub(super) struct Runner<'a, C> {
    pub(super) spec: &'a GatewaySpec,
    pub(super) state: &'a mut GatewayState,
    pub(super) exchange: &'a mut Exchange,
    pub(super) now: Timestamp,
    pub(super) choices: &'a mut C,
    pub(super) effects: &'a mut Effects,
}

impl<C: Choices> Runner<'_, C> {
    /// Runs until the exchange waits for something or is over.
    pub(super) fn run(&mut self) {
        let spec = self.spec;
        let mut steps: u32 = 0;
        while matches!(self.exchange.phase, Phase::Running) {
            steps = steps.saturating_add(1);
            let op = spec.program().op(self.exchange.pc);
            let Some(op) = op.filter(|_| steps <= MAX_STEPS) else {
                let error = self.error("PolicyLimit", "the policy ran too many steps".into());
                self.end_in_500(error);
                return;
            };
            let pc = self.exchange.pc;
            if let Some(steps) = &mut self.effects.steps {
                steps.push(Step::Ran(pc));
            }
            if let Err(error) = self.step(op, pc) {
                self.raise(error);
            }
        }
    }

    fn step(&mut self, op: &Op, pc: Pc) -> Result<(), Box<LastError>> {
        match op {
            Op::SectionEnd(section) => self.end_section(*section),
            Op::ManagedIdentity { resource, client_id, output, ignore_error: _ } => {
                let resource = self.eval(resource)?;
                self.identity(resource, client_id.clone(), *output);
            }
            Op::SetHeader(policy) => {
                self.set_header(policy)?;
                self.exchange.pc = pc.next();
            }
            Op::SetVariable { slot, value } => {
                let value = self.value(value)?;
                self.set_variable(*slot, value);
                self.exchange.pc = pc.next();
            }
            Op::SetBackendService(target) => {
                self.set_target(target)?;
                self.exchange.pc = pc.next();
            }
            Op::ForwardRequest(policy) => self.forward(policy)?,
            Op::Retry(policy) => {
                let times = self.retry_times(policy)?;
                self.exchange.frames.push(Frame::Retry(RetryFrame { at: pc, done: 0, times }));
                self.exchange.pc = pc.next();
            }
            Op::RetryEnd(start) => self.end_of_retry(*start)?,
            Op::Branch { condition, otherwise } => {
                let taken = self.eval(condition)?;
                self.tested(pc, taken);
                self.exchange.pc = if taken { pc.next() } else { *otherwise };
            }
            Op::Jump(to) => self.exchange.pc = *to,
            Op::ReturnResponse(policy) => self.return_response(policy)?,
            Op::Unsupported => {
                return Err(self.error("UnsupportedPolicy", "this policy is not simulated".into()));
            }
            Op::SetStatus { code, reason } => {
                let code = self.eval(code)?;
                let reason = self.eval(reason)?;
                let response = self.exchange.response.get_or_insert_with(|| Response::plain(code));
                response.status = code;
                response.reason = reason;
                self.exchange.pc = pc.next();
            }
            Op::Limit(policy) => self.limit(policy, pc)?,
            Op::Cache(policy) => self.cache(policy, pc)?,
            Op::Call(policy) => self.side_call(policy, pc)?,
            Op::Transform(policy) => self.transform(policy, pc)?,
            Op::Guard(policy) => self.guard(policy, pc)?,
            Op::Record(policy) => self.record(policy, pc)?,
        }
        Ok(())
    }

    fn tested(&mut self, condition: Pc, outcome: bool) {
        if let Some(steps) = &mut self.effects.steps {
            steps.push(Step::Tested(condition, outcome));
        }
    }

    /// The value of an attribute; a throwing expression becomes the error of the current policy.
    pub(super) fn eval<T: FromValue + Clone>(&mut self, operand: &Operand<T>) -> Result<T, Box<LastError>> {
        match operand {
            Operand::Literal(value) => Ok(value.clone()),
            Operand::Expression(expression) => {
                let objects = self.exchange.heap.len();
                let result = self.with_scope(|scope| T::from_expression(expression, scope));
                if self.exchange.heap.len() != objects {
                    self.exchange.tidy();
                }
                result
            }
        }
    }

    /// The value of an expression, for a variable or a cache. Objects it made live until the next call of
    /// [`Exchange::tidy`].
    pub(super) fn value(&mut self, expression: &Expression) -> Result<Value, Box<LastError>> {
        self.with_scope(|scope| expression.eval(scope))
    }

    /// Evaluates over `context` as the current policy sees it.
    pub(super) fn with_scope<T>(
        &mut self,
        run: impl FnOnce(&mut Scope<'_>) -> Result<T, EvalError>,
    ) -> Result<T, Box<LastError>> {
        let spec = self.spec;
        let exchange = &mut *self.exchange;
        let shows_default = exchange.response.is_none()
            && !exchange.forwarded
            && spec.semantics().policy_pre_response(self.choices) == PreResponse::DefaultObject;
        let mut default = shows_default.then(|| spec.pre_response().clone());
        let mut chance = ByChoices(self.choices);
        let mut scope = Scope {
            request: &mut exchange.request,
            response: exchange.response.as_mut().or(default.as_mut()),
            last_error: exchange.last_error.as_deref(),
            variables: &exchange.variables,
            names: &spec.program().variables,
            heap: &mut exchange.heap,
            facts: exchange.facts.as_deref().unwrap_or(spec.facts()),
            now: self.now,
            started: exchange.started,
            start_unix_s: i64::try_from(spec.start_unix_s()).unwrap_or(0),
            request_id: exchange.id.0,
            chance: &mut chance,
            semantics: spec.semantics(),
            trace: &mut exchange.trace,
        };
        let result = run(&mut scope);
        if !exchange.trace.is_empty() {
            let request = exchange.id;
            let lines = exchange.trace.drain(..);
            self.effects.events.extend(lines.map(|line| Event::Traced { request, line }));
        }
        result.map_err(|error| self.expression_error(&error))
    }

    fn end_section(&mut self, section: Section) {
        let program = self.spec.program();
        match section {
            Section::Inbound => self.exchange.pc = program.backend,
            Section::Backend => self.exchange.pc = program.outbound,
            Section::Outbound => self.respond(StatusCode::OK),
            Section::OnError => self.respond(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    pub(super) fn set_variable(&mut self, slot: VariableSlot, value: Value) {
        if let Some(variable) = self.exchange.variables.get_mut(slot.0 as usize) {
            *variable = Some(value);
        }
        self.exchange.tidy();
    }

    /// `set-header`: on the request in inbound and backend, on the response in outbound and on-error.
    fn set_header(&mut self, policy: &SetHeader) -> Result<(), Box<LastError>> {
        let on_request = self.is_on_request();
        let name = self.eval(&policy.name)?;
        let action = self.exists_action(policy)?;
        let is_kept = action == ExistsAction::Skip || seeded(Fault::KeyKept);
        if is_kept && self.headers(on_request).contains(&name) {
            return Ok(());
        }
        if action == ExistsAction::Delete {
            self.headers(on_request).remove(name);
            return Ok(());
        }
        // Values may read the header that they replace. One value needs no list.
        if let [value] = &*policy.values {
            let value = HeaderValue::Text(self.eval(value)?);
            let headers = self.headers(on_request);
            if action == ExistsAction::Append {
                headers.append(name, value);
            } else {
                headers.set(name, value);
            }
            return Ok(());
        }
        let values = self.header_values(policy)?;
        edit_headers(self.headers(on_request), &name, action, values);
        Ok(())
    }

    pub(super) fn exists_action(&mut self, policy: &SetHeader) -> Result<ExistsAction, Box<LastError>> {
        let Some(computed) = &policy.computed_action else { return Ok(policy.exists_action) };
        let name = self.eval(computed)?;
        ExistsAction::named(name.trim())
            .ok_or_else(|| self.error("ExpressionValueEvaluationFailure", unknown_action(&name)))
    }

    pub(super) fn header_values(&mut self, policy: &SetHeader) -> Result<Vec<Text>, Box<LastError>> {
        policy.values.iter().map(|value| self.eval(value)).collect()
    }

    /// Whether policies of this section work on the request.
    pub(super) fn is_on_request(&self) -> bool {
        matches!(self.section(), Section::Inbound | Section::Backend)
    }

    pub(super) fn headers(&mut self, on_request: bool) -> &mut Headers {
        if on_request { &mut self.exchange.request.headers } else { &mut self.response().headers }
    }

    /// The response. One that nobody has written yet is that of the section's end.
    pub(super) fn response(&mut self) -> &mut Response {
        let status = match self.section() {
            Section::OnError => StatusCode::INTERNAL_SERVER_ERROR,
            Section::Inbound | Section::Backend | Section::Outbound => StatusCode::OK,
        };
        self.exchange.response.get_or_insert_with(|| Response::plain(status))
    }

    fn set_target(&mut self, target: &SetBackend) -> Result<(), Box<LastError>> {
        let new = match target {
            SetBackend::Url(url) => Target::Url(self.eval(url)?),
            SetBackend::Id(id) => {
                let id = self.eval(id)?;
                let Some(entity) = self.spec.find(&id) else {
                    return Err(self.error("BackendNotFound", format!("backend `{id}` was not found").into()));
                };
                match self.spec.semantics().select_at(self.choices) {
                    SelectAt::ForwardRequest => Target::Entity(entity),
                    SelectAt::SetBackendService => Target::Selected(entity, self.select(entity)),
                }
            }
        };
        self.exchange.target = new;
        Ok(())
    }

    fn retry_times(&mut self, policy: &Retry) -> Result<RetryTimes, Box<LastError>> {
        let count = self.eval(&policy.count)?.min(MAX_RETRIES);
        let interval = self.eval(&policy.interval)?;
        let max_interval = self.eval_optional(policy.max_interval.as_ref())?;
        let delta = self.eval_optional(policy.delta.as_ref())?;
        let first_fast = self.eval(&policy.first_fast_retry)?;
        Ok(RetryTimes { count, interval, max_interval, delta, first_fast })
    }

    fn eval_optional(
        &mut self,
        operand: Option<&Operand<Duration>>,
    ) -> Result<Option<Duration>, Box<LastError>> {
        operand.map(|operand| self.eval(operand)).transpose()
    }

    /// The children of a retry have run, or an error among them is pending.
    fn end_of_retry(&mut self, start: Pc) -> Result<(), Box<LastError>> {
        let spec = self.spec;
        let Some(Op::Retry(policy)) = spec.program().op(start) else {
            return Err(self.error("PolicyLimit", "a retry ends that never began".into()));
        };
        let Some(Frame::Retry(mut frame)) = self.exchange.frames.pop() else {
            return Err(self.error("PolicyLimit", "a retry ends that never began".into()));
        };
        let pending = self.exchange.pending.take();
        if spec.semantics().retry_attributes(self.choices) == RetryAttributes::EachIteration {
            frame.times = self.retry_times(policy)?;
        }
        let mut count = frame.times.count;
        if seeded(Fault::RetryPastCount) {
            count = count.saturating_add(1);
        } else if seeded(Fault::RetryTooFew) {
            count = count.saturating_sub(1);
        }
        let is_left = frame.done < count;
        let evaluates = is_left
            || spec.semantics().retry_condition_at_end(self.choices) == RetryConditionAtEnd::Evaluated;
        self.exchange.pc = start;
        let goes_on = evaluates && {
            let met = self.eval(&policy.condition)?;
            let wanted = met != seeded(Fault::ConditionNegated) || seeded(Fault::ConditionIgnored);
            self.tested(start, wanted);
            wanted && is_left
        };
        if !goes_on {
            self.exchange.pc = policy.end;
            return match pending {
                Some(error) if !seeded(Fault::PendingErrorLost) => Err(error),
                _ => Ok(()),
            };
        }
        frame.done = frame.done.saturating_add(1);
        let wait = frame.times.wait(frame.done, spec.semantics(), self.choices);
        let request = self.exchange.id;
        self.effects.events.push(Event::Retry { request, retry: frame.done, wait, place: start });
        if seeded(Fault::RetryNotCounted) {
            frame.done = 0;
        }
        self.exchange.frames.push(Frame::Retry(frame));
        self.exchange.pc = start.next();
        if wait > Duration::ZERO && !seeded(Fault::WaitForgotten) {
            let factor = if seeded(Fault::WaitDoubled) { 2 } else { 1 };
            let until = self.now.saturating_add(wait.saturating_mul(factor));
            let reason = WakeReason::RetryInterval;
            self.exchange.phase = Phase::Sleeping { until, reason };
            self.effects.actions.push(Action::Sleep { request, until, reason });
        }
        Ok(())
    }

    fn return_response(&mut self, policy: &ReturnResponse) -> Result<(), Box<LastError>> {
        let stored = policy.variable.and_then(|slot| self.stored_response(slot));
        let mut response = stored.unwrap_or_else(|| Response::plain(StatusCode::OK));
        if let Some((code, reason)) = &policy.status {
            response.status = self.eval(code)?;
            response.reason = self.eval(reason)?;
        }
        for header in &policy.headers {
            let name = self.eval(&header.name)?;
            let action = self.exists_action(header)?;
            let values = self.header_values(header)?;
            edit_headers(&mut response.headers, &name, action, values);
        }
        if let Some(body) = &policy.body {
            response.body = Body::Text(self.eval(body)?);
        }
        self.answer_with(response);
        Ok(())
    }

    /// Ends the pipeline with a response of the gateway's own.
    pub(super) fn answer_with(&mut self, response: Response) {
        self.drop_body();
        self.exchange.response = Some(response);
        self.exchange.answerer = Some(Answerer::Gateway);
        self.respond(StatusCode::OK);
    }

    /// Sends an error on its way: to the innermost retry, else to on-error, else to the client.
    pub(super) fn raise(&mut self, error: Box<LastError>) {
        while let Some(frame) = self.exchange.frames.last() {
            if let Frame::Retry(frame) = frame
                && let Some(Op::Retry(policy)) = self.spec.program().op(frame.at)
            {
                self.exchange.pc = Pc(policy.end.0.saturating_sub(1));
                self.exchange.pending = Some(error);
                return;
            }
            self.leave_frame();
        }
        if error.section == Section::OnError || seeded(Fault::OnErrorSkipped) {
            self.end_in_500(error);
            return;
        }
        let default_status = self.exchange.response.is_none()
            && self.spec.semantics().policy_response_in_on_error(self.choices)
                == ResponseInOnError::DefaultStatus;
        if default_status {
            self.exchange.response = Some(Response::plain(StatusCode::INTERNAL_SERVER_ERROR));
            self.exchange.answerer = Some(Answerer::Gateway);
        }
        self.effects.events.push(Event::Failed { request: self.exchange.id, error: error.clone() });
        self.exchange.last_error = Some(error);
        self.exchange.pc = self.spec.program().on_error;
    }

    /// Leaves the innermost policy that has children: what it holds is let go, calls made inside of it are
    /// not waited for.
    pub(super) fn leave_frame(&mut self) -> Option<Frame> {
        let frame = self.exchange.frames.pop()?;
        if let Frame::Concurrency(key) = &frame
            && !seeded(Fault::SlotKept)
        {
            self.state.limits.leave(key);
        }
        let depth = self.exchange.frames.len();
        self.exchange.calls.retain(|call| call.depth <= depth);
        Some(frame)
    }

    pub(super) fn leave_all_frames(&mut self) {
        while self.leave_frame().is_some() {}
    }

    fn end_in_500(&mut self, error: Box<LastError>) {
        self.effects.events.push(Event::Failed { request: self.exchange.id, error: error.clone() });
        self.exchange.last_error = Some(error);
        self.drop_body();
        self.exchange.response = Some(Response::plain(StatusCode::INTERNAL_SERVER_ERROR));
        self.exchange.answerer = Some(Answerer::Gateway);
        self.respond(StatusCode::INTERNAL_SERVER_ERROR);
    }

    fn respond(&mut self, default: StatusCode) {
        let request = self.exchange.id;
        self.leave_all_frames();
        if self.exchange.response.is_none() {
            self.exchange.response = Some(Response::plain(default));
        }
        self.add_cors_headers();
        self.settle_response();
        let answerer = self.exchange.answerer.unwrap_or(Answerer::Gateway);
        if !seeded(Fault::NoResponse) {
            self.effects.actions.push(Action::Respond { request, answerer });
        }
        if seeded(Fault::ResponseTwice) {
            self.effects.actions.push(Action::Respond { request, answerer });
        }
        match (answerer, self.exchange.body) {
            (Answerer::Backend { .. }, BodyProgress::Flowing) => self.exchange.phase = Phase::Relaying,
            (Answerer::Backend { .. }, BodyProgress::Failed) => self.finish(Ending::BrokenOff),
            (Answerer::Backend { .. }, BodyProgress::Ended) | (Answerer::Gateway, _) => {
                self.finish(Ending::Answered);
            }
        }
    }

    pub(super) fn finish(&mut self, ending: Ending) {
        self.leave_all_frames();
        self.exchange.calls.clear();
        self.settle_tokens();
        self.exchange.phase = Phase::Done(ending);
        if !seeded(Fault::FinishForgotten) {
            self.effects.actions.push(Action::Finish { request: self.exchange.id, ending });
        }
    }

    /// Lets go of a response body that nobody will read.
    pub(super) fn drop_body(&mut self) {
        if let Some(Answerer::Backend { attempt, .. }) = self.exchange.answerer.take()
            && self.exchange.body == BodyProgress::Flowing
        {
            self.effects.actions.push(Action::Abort { request: self.exchange.id, attempt });
        }
    }

    /// An error of the current policy.
    pub(super) fn error(&self, reason: &'static str, message: Text) -> Box<LastError> {
        self.error_at(self.exchange.pc, reason, message)
    }

    /// An error of the policy at `pc`.
    pub(super) fn error_at(&self, pc: Pc, reason: &'static str, message: Text) -> Box<LastError> {
        let place = self.spec.program().place(pc);
        Box::new(LastError {
            source: place.map_or(Text::EMPTY, |p| p.policy.clone()),
            reason: reason.into(),
            message,
            scope: place.map_or(PolicyScope::Global, |p| p.scope),
            section: place.map_or(Section::OnError, |p| p.section),
            path: place.map_or(Text::EMPTY, |p| p.path.clone()),
            policy_id: place.map_or(Text::EMPTY, |p| p.policy_id.clone()),
        })
    }

    fn expression_error(&self, error: &EvalError) -> Box<LastError> {
        let message = format!("Expression evaluation failed. {}", error.message);
        self.error("ExpressionValueEvaluationFailure", message.into())
    }

    pub(super) fn section(&self) -> Section {
        self.spec.program().place(self.exchange.pc).map_or(Section::OnError, |p| p.section)
    }
}

fn unknown_action(name: &str) -> Text {
    Text::from(format!("`{name}` is not a value for `exists-action`"))
}

/// Random numbers of expressions are choices like all others.
struct ByChoices<'a, C>(&'a mut C);

impl<C: Choices> Chance for ByChoices<'_, C> {
    fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.between(low, high, ChoiceReason::Expression)
    }
}
