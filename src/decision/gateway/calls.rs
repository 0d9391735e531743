//! Calls to somebody else than the backend: managed identity tokens, send-request, send-one-way-request, and
//! wait, which lets several be under way.
//!
//! Rules
//! - A call that is not a direct child of wait is waited for where it stands.
//! - Direct children of wait begin in order, without waiting for each other; the end of wait waits for all of
//!   them, or for the first with `for="any"`. Then the answers of the rest are no longer awaited. A
//!   send-request inside of a choose in a wait is waited for where it stands.
//! - A call without an answer in time, or without a connection, is an error, or null in its variable. In a wait
//!   the error is raised at its end.
//! - A token for a call comes from the cache of authentication-managed-identity, or is fetched before it. The
//!   time allowed for a call begins when it is sent.
//!
//! Sources: send-request, send-one-way-request and wait pages. Undocumented, model: that an error in
//! `for="any"` counts as the first child.

use super::choices::Choices;
use super::exchange::{Frame, Phase, WaitFrame};
use super::instance::CachedToken;
use super::io::{Action, Event, SideAnswer, SideCall, SideRequest};
use super::pipeline::Runner;
use super::policies::edit_headers;
use crate::policy::csharp::{Object, Value};
use crate::policy::operations::basic_credentials;
use crate::policy::{
    Body, CallPolicy, Credentials, HeaderValue, Headers, LastError, Op, Pc, Response, SendRequest, SetHeader,
    Text, VariableSlot,
};
use crate::units::Timestamp;

/// The n-th side call of one request, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallNumber(pub u32);

/// A side call that was not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct OpenCall {
    pub(super) number: CallNumber,
    /// The policy that made it.
    pub(super) at: Pc,
    /// Policies with children that it stands in.
    pub(super) depth: usize,
    pub(super) call: SideCall,
    pub(super) deadline: Option<Timestamp>,
    /// The request that goes out when the token is there.
    pub(super) then: Option<Box<SideRequest>>,
}

impl<C: Choices> Runner<'_, C> {
    /// Runs a policy that makes side calls.
    pub(super) fn side_call(&mut self, policy: &CallPolicy, pc: Pc) -> Result<(), Box<LastError>> {
        match policy {
            CallPolicy::Send(policy) => return self.send_request(policy, pc),
            CallPolicy::Wait { until, done_at_once } => {
                let any = self.eval(until)?.trim().eq_ignore_ascii_case("any");
                self.exchange.frames.push(Frame::Wait(WaitFrame { any, done: *done_at_once, failed: None }));
            }
            CallPolicy::WaitEnd => {
                let depth = self.exchange.frames.len();
                let open = self.exchange.calls.iter().any(|call| call.depth == depth);
                if let Some(Frame::Wait(frame)) = self.exchange.frames.last_mut() {
                    if let Some(error) = frame.failed.take() {
                        self.leave_frame();
                        return Err(error);
                    }
                    if open && !(frame.any && frame.done) {
                        self.exchange.phase = Phase::AwaitingSideCalls;
                        return Ok(());
                    }
                    self.leave_frame();
                }
            }
        }
        self.exchange.pc = pc.next();
        Ok(())
    }

    /// `authentication-managed-identity`
    pub(super) fn identity(&mut self, resource: Text, client_id: Option<Text>, output: Option<VariableSlot>) {
        if let Some(token) = self.cached_token(&resource, client_id.as_ref()) {
            self.use_token(token, output);
            return;
        }
        self.open(self.exchange.pc, SideCall::Token { resource, client_id }, None, None);
        self.exchange.phase = Phase::AwaitingSideCalls;
    }

    /// Goes on after a side call. `false` when none was awaited.
    pub(super) fn side_call_done(&mut self, number: CallNumber, answer: SideAnswer) -> bool {
        let Some(index) = self.exchange.calls.iter().position(|call| call.number == number) else {
            return false;
        };
        let call = self.exchange.calls.remove(index);
        match (&call.call, answer) {
            (SideCall::Token { resource, client_id }, SideAnswer::Token { token, expires }) => {
                let now = self.now;
                self.state
                    .tokens
                    .retain(|t| t.expires > now && !(t.resource == *resource && t.client_id == *client_id));
                self.state.tokens.push(CachedToken {
                    resource: resource.clone(),
                    client_id: client_id.clone(),
                    token: token.clone(),
                    expires,
                });
                self.token_came(&call, Some(token));
            }
            (SideCall::Token { .. }, _) => self.token_came(&call, None),
            (SideCall::Request(_), SideAnswer::Response(response)) => self.done(&call, Ok(response)),
            (SideCall::Request(_), _) => self.done(&call, Err("BackendConnectionFailure")),
        }
        true
    }

    /// Gives up on calls whose time is over. `false` when there are none.
    pub(super) fn expire_calls(&mut self) -> bool {
        let now = self.now;
        // Calls that are made on the way wait for the next time, also those without any.
        let last = self.exchange.last_call;
        let is_over = |call: &OpenCall| call.number <= last && call.deadline.is_some_and(|at| at <= now);
        let mut some = false;
        while let Some(index) = self.exchange.calls.iter().position(is_over) {
            some = true;
            let call = self.exchange.calls.remove(index);
            self.done(&call, Err("Timeout"));
        }
        some
    }

    fn cached_token(&self, resource: &Text, client_id: Option<&Text>) -> Option<Text> {
        let now = self.now;
        let mut tokens = self.state.tokens.iter();
        tokens
            .find(|t| t.expires > now && t.resource == *resource && t.client_id.as_ref() == client_id)
            .map(|t| t.token.clone())
    }

    fn use_token(&mut self, token: Text, output: Option<VariableSlot>) {
        if let Some(slot) = output {
            self.set_variable(slot, Value::Str(token));
        } else {
            self.exchange.request.headers.set("Authorization".into(), bearer(&token));
        }
        self.exchange.pc = self.exchange.pc.next();
    }

    fn send_request(&mut self, policy: &SendRequest, pc: Pc) -> Result<(), Box<LastError>> {
        let mut request = self.side_request(policy)?;
        match &policy.credentials {
            Some(Credentials::Identity { resource, client_id, output, .. }) => {
                let resource = self.eval(resource)?;
                let Some(token) = self.cached_token(&resource, client_id.as_ref()) else {
                    let call = SideCall::Token { resource, client_id: client_id.clone() };
                    self.open(pc, call, None, Some(Box::new(request)));
                    self.go_on_or_wait(pc, policy.parallel);
                    return Ok(());
                };
                self.authorize(&mut request, token, *output);
            }
            Some(Credentials::Basic { username, password }) => {
                let value = Text::from(basic_credentials(&self.eval(username)?, &self.eval(password)?));
                request.headers.set("Authorization".into(), HeaderValue::Text(value));
            }
            Some(Credentials::Certificate) | None => {}
        }
        let one_way = request.one_way;
        self.send_out(pc, request);
        self.go_on_or_wait(pc, policy.parallel || one_way);
        Ok(())
    }

    fn go_on_or_wait(&mut self, pc: Pc, goes_on: bool) {
        if goes_on {
            self.exchange.pc = pc.next();
        } else {
            self.exchange.phase = Phase::AwaitingSideCalls;
        }
    }

    fn side_request(&mut self, policy: &SendRequest) -> Result<SideRequest, Box<LastError>> {
        let current = &self.exchange.request;
        let (mut headers, mut body) =
            if policy.copy { (current.headers.clone(), current.body.clone()) } else { Default::default() };
        let (path, method) = (current.path.clone(), current.method.clone());
        let url = match &policy.url {
            Some(url) => self.eval(url)?,
            None => path,
        };
        let method = match &policy.method {
            Some(method) => self.eval(method)?,
            None if policy.copy => method,
            None => "GET".into(),
        };
        for header in &policy.headers {
            self.shape_header(&mut headers, header)?;
        }
        if let Some(text) = &policy.body {
            body = Body::Text(self.eval(text)?);
        }
        let timeout = self.eval(&policy.timeout)?;
        let one_way = policy.output.is_none();
        Ok(SideRequest { method, url, headers, body, timeout, one_way })
    }

    fn shape_header(&mut self, headers: &mut Headers, policy: &SetHeader) -> Result<(), Box<LastError>> {
        let name = self.eval(&policy.name)?;
        let action = self.exists_action(policy)?;
        let values = self.header_values(policy)?;
        edit_headers(headers, &name, action, values);
        Ok(())
    }

    fn authorize(&mut self, request: &mut SideRequest, token: Text, output: Option<VariableSlot>) {
        match output {
            Some(slot) => self.set_variable(slot, Value::Str(token)),
            None => request.headers.set("Authorization".into(), bearer(&token)),
        }
    }

    /// Sends a request; its answer is awaited unless it is one-way.
    fn send_out(&mut self, at: Pc, request: SideRequest) {
        let (one_way, timeout) = (request.one_way, request.timeout);
        let call = SideCall::Request(Box::new(request));
        if one_way {
            let number = self.next_number();
            let request = self.exchange.id;
            self.effects.actions.push(Action::SideCall { request, number, deadline: None, call });
        } else {
            self.open(at, call, Some(self.now.saturating_add(timeout)), None);
        }
    }

    fn next_number(&mut self) -> CallNumber {
        self.exchange.last_call = CallNumber(self.exchange.last_call.0.saturating_add(1));
        self.exchange.last_call
    }

    fn open(&mut self, at: Pc, call: SideCall, deadline: Option<Timestamp>, then: Option<Box<SideRequest>>) {
        let number = self.next_number();
        let request = self.exchange.id;
        self.effects.actions.push(Action::SideCall { request, number, deadline, call: call.clone() });
        let depth = self.exchange.frames.len();
        self.exchange.calls.push(OpenCall { number, at, depth, call, deadline, then });
    }

    /// A token has come, or will not.
    fn token_came(&mut self, call: &OpenCall, token: Option<Text>) {
        let spec = self.spec;
        match spec.program().op(call.at) {
            Some(Op::ManagedIdentity { output, ignore_error, .. }) => {
                self.exchange.phase = Phase::Running;
                match token {
                    Some(token) => self.use_token(token, *output),
                    None if *ignore_error => self.exchange.pc = call.at.next(),
                    None => {
                        let error = self.token_error(call.at);
                        self.raise(error);
                    }
                }
                self.run();
            }
            Some(Op::Call(policy)) => {
                let CallPolicy::Send(policy) = &**policy else { return };
                let (Some(Credentials::Identity { output, ignore_error, .. }), Some(mut request)) =
                    (&policy.credentials, call.then.clone())
                else {
                    return;
                };
                match token {
                    Some(token) => self.authorize(&mut request, token, *output),
                    None if *ignore_error => {}
                    None => {
                        self.done(call, Err("TokenFetchFailed"));
                        return;
                    }
                }
                let one_way = request.one_way;
                self.send_out_again(call, *request);
                if one_way {
                    self.proceed(call, policy.parallel);
                }
            }
            _ => {}
        }
    }

    fn token_error(&self, at: Pc) -> Box<LastError> {
        self.error_at(at, "TokenFetchFailed", "the managed identity token could not be fetched".into())
    }

    /// Sends the request of a call whose token was waited for, at the place of that call.
    fn send_out_again(&mut self, call: &OpenCall, request: SideRequest) {
        self.send_out(call.at, request);
        // What was opened stands where the call began, not where the exchange is by now.
        if let Some(opened) = self.exchange.calls.last_mut().filter(|opened| opened.at == call.at) {
            opened.depth = call.depth;
        }
    }

    /// A request of a side call has ended, with a response or without.
    fn done(&mut self, call: &OpenCall, result: Result<Response, &'static str>) {
        let spec = self.spec;
        let Some(Op::Call(policy)) = spec.program().op(call.at) else { return };
        let CallPolicy::Send(policy) = &**policy else { return };
        let failure = match result {
            Ok(response) => {
                self.store_response(policy.output, Some(response));
                None
            }
            Err(reason) => {
                let url = match (&call.call, &call.then) {
                    (SideCall::Request(request), _) | (SideCall::Token { .. }, Some(request)) => {
                        request.url.clone()
                    }
                    (SideCall::Token { resource, .. }, None) => resource.clone(),
                };
                let message = match reason {
                    "Timeout" => "no response in time",
                    "TokenFetchFailed" => "the managed identity token could not be fetched",
                    _ => "the endpoint could not be reached",
                };
                self.effects.events.push(Event::CallFailed { request: self.exchange.id, url, reason });
                match self.eval(&policy.ignore_error) {
                    Ok(true) => {
                        self.store_response(policy.output, None);
                        None
                    }
                    Ok(false) => Some(self.error_at(call.at, reason, message.into())),
                    Err(error) => Some(error),
                }
            }
        };
        if let Some(error) = failure {
            let frame = call.depth.checked_sub(1).and_then(|index| self.exchange.frames.get_mut(index));
            match frame {
                Some(Frame::Wait(frame)) if policy.parallel => {
                    frame.failed.get_or_insert(error);
                }
                _ => {
                    self.exchange.phase = Phase::Running;
                    self.raise(error);
                    self.run();
                    return;
                }
            }
        }
        self.proceed(call, policy.parallel);
    }

    /// Runs on if the call was what the exchange waited for.
    fn proceed(&mut self, call: &OpenCall, parallel: bool) {
        if !parallel {
            self.exchange.pc = call.at.next();
            self.exchange.phase = Phase::Running;
            self.run();
            return;
        }
        let frame = call.depth.checked_sub(1).and_then(|index| self.exchange.frames.get_mut(index));
        if let Some(Frame::Wait(frame)) = frame {
            frame.done = true;
        }
        let at_end = matches!(self.spec.program().op(self.exchange.pc),
            Some(Op::Call(policy)) if matches!(**policy, CallPolicy::WaitEnd));
        if at_end && self.exchange.phase == Phase::AwaitingSideCalls {
            self.exchange.phase = Phase::Running;
            self.run();
        }
    }

    /// Puts the response of a side call, or null, into its variable. The expressions that read variables have
    /// no response type: the status code stands for it.
    fn store_response(&mut self, slot: Option<VariableSlot>, response: Option<Response>) {
        if let Some(slot) = slot {
            let heap = &mut self.exchange.heap;
            let value = response.map_or(Value::Null, |r| heap.add(Object::Response(Box::new(r))).into());
            self.set_variable(slot, value);
        }
    }
}

fn bearer(token: &Text) -> HeaderValue {
    HeaderValue::Text(Text::from(format!("Bearer {token}")))
}
