//! A request on its way: carries out what the core decides, and tells it what happened.
//!
//! Rules
//! - One thing is awaited at a time with everything that may interrupt it: the attempt, side calls, the core's own
//!   deadline. A client that leaves drops the session, and the core hears of it.
//! - An attempt that is given up loses its connection; an answer that nobody wants is read to its end where it is
//!   short, so that the connection can be used again.
//! - A body that was given away with its first attempt is sent empty with the next, as the core says.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use tokio::task::JoinSet;

use super::error_body::refusal;
use super::observe::Watched;
use super::reach::told;
use super::relay::{Relay, usage_of};
use super::server::Generation;
use super::upstream::{Changes, collect, drain, request, response, wire_headers};
use crate::gateway::{
    Action, Answerer, CallNumber, Ending, Exchange, ForwardTarget, Input, RequestHead, SentBody, SideAnswer,
    SideCall, WakeReason,
};
use crate::policy::{Body, Text};
use crate::units::{AttemptNumber, BackendId, Timestamp};
use crate::wire::Outgoing;

/// The body of a request, as long as it is there.
#[derive(Debug)]
pub(super) enum Held {
    /// There is none.
    Nothing,
    /// All of it, to be sent as often as need be.
    Whole(Bytes),
    /// On its way from the client: it can be given away once.
    Once(Option<Incoming>),
}

/// One request.
pub(super) struct Session {
    own: Arc<Generation>,
    exchange: Exchange,
    actions: VecDeque<Action>,
    attempt: Attempt,
    /// Made when the first side call is.
    calls: Option<Box<JoinSet<(CallNumber, SideAnswer)>>>,
    body: Held,
    key: Option<String>,
    host: Option<String>,
    activity: u128,
    is_over: bool,
    watched: Option<Box<Watched>>,
}

/// The attempt under way.
enum Attempt {
    None,
    Sent { number: AttemptNumber, backend: Option<BackendId>, answer: Sending, buffers: bool },
    Answered { number: AttemptNumber, body: AnswerBody, buffers: bool },
}

/// An answer, or why there is none.
type Sent = Result<(http::response::Parts, AnswerBody), String>;
type Sending = Pin<Box<dyn Future<Output = Sent> + Send>>;

/// The body of an answer.
enum AnswerBody {
    Flowing(Incoming),
    Whole(Bytes),
}

/// What ended a wait.
enum Happened {
    Answer(Sent),
    Called(CallNumber, SideAnswer),
    Due(WakeReason),
    Nothing,
}

impl Session {
    /// A request that has come in, is counted as under way, and has not been told to the core.
    pub(super) fn new(
        own: Arc<Generation>,
        body: Held,
        key: Option<String>,
        host: Option<String>,
        activity: u128,
    ) -> Box<Self> {
        Box::new(Self {
            own,
            exchange: Exchange::default(),
            actions: VecDeque::with_capacity(4),
            attempt: Attempt::None,
            calls: None,
            body,
            key,
            host,
            activity,
            is_over: false,
            watched: None,
        })
    }

    /// The same, and this sees what becomes of it.
    pub(super) fn watched_by(mut self: Box<Self>, watched: Option<Box<Watched>>) -> Box<Self> {
        self.watched = watched;
        self
    }

    /// Begins, and goes on until there is an answer.
    pub(super) async fn answer(mut self: Box<Self>, head: &RequestHead) -> Response<Outgoing> {
        self.own.core.start(&mut self.exchange, head, &mut self.actions);
        loop {
            while let Some(action) = self.actions.pop_front() {
                match action {
                    Action::Forward { attempt, target, body, buffer_response, .. } => {
                        self.forward(attempt, &target, body, buffer_response);
                    }
                    Action::Abort { attempt, .. } => self.abort(attempt),
                    Action::SideCall { number, call, .. } => self.call(number, call),
                    Action::Respond { answerer, .. } => return self.respond(answerer),
                    Action::Finish { .. } => self.is_over = true,
                    // The exchange itself says when it wants to be woken.
                    Action::Sleep { .. } => {}
                }
            }
            let happened = self.wait().await;
            self.take(happened);
            if self.actions.is_empty() && self.is_over {
                // Only a client that has left ends a request without an answer.
                return refusal(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Internal server error",
                    Some(self.activity),
                );
            }
        }
    }

    fn forward(&mut self, number: AttemptNumber, target: &ForwardTarget, sent: SentBody, buffers: bool) {
        let own = Arc::clone(&self.own);
        let (backend, route) = match target {
            ForwardTarget::Backend(backend) => (Some(*backend), own.route(*backend)),
            ForwardTarget::Url(url) => own.route_to(url),
        };
        let body = match sent {
            SentBody::None | SentBody::Lost { .. } => Outgoing::Empty,
            SentBody::Whole => self.body_to_send(),
        };
        let changes = Changes {
            key: self.key.as_deref().filter(|_| !own.settings.is_faithful),
            host: self.host.as_deref(),
            plain_answers: own.needs.reads_response || own.needs.counts_tokens,
        };
        let mut request =
            route.as_ref().and_then(|route| request(self.exchange.request(), route, changes, body));
        if let Some(watched) = &mut self.watched {
            let entity = backend.and_then(|id| own.settings.gateway.backend(id));
            watched.sends(number.0, entity.map(|entity| &*entity.name), request.as_mut());
        }
        let answer: Sending = match request {
            None => Box::pin(std::future::ready(Err("it cannot be written as HTTP".to_owned()))),
            Some(request) => {
                let sending = own.sender.request(request);
                let (reads, limit) = (own.needs.reads_response, own.settings.body_limit);
                let idle = own.settings.timeouts.idle;
                Box::pin(async move {
                    let (head, body) = sending.await.map_err(|error| told(&error))?.into_parts();
                    if head.status == StatusCode::SWITCHING_PROTOCOLS {
                        // Nobody asked for another protocol, and what follows would be none of HTTP.
                        return Err("the backend switches protocols".to_owned());
                    }
                    if !reads {
                        return Ok((head, AnswerBody::Flowing(body)));
                    }
                    let bytes = collect(body, limit, idle).await;
                    let bytes = bytes.ok_or("its answer broke off, or is longer than what is kept")?;
                    Ok((head, AnswerBody::Whole(bytes)))
                })
            }
        };
        self.attempt = Attempt::Sent { number, backend, answer, buffers };
    }

    /// The body as the policy has left it.
    fn body_to_send(&mut self) -> Outgoing {
        let is_changed = match (&self.exchange.request().body, &self.body) {
            (Body::Text(text), Held::Whole(bytes)) => text.as_bytes() != &bytes[..],
            (Body::Text(_), Held::Nothing | Held::Once(_)) => true,
            (Body::Consumed | Body::Absent, _) => return Outgoing::Empty,
            (Body::Opaque, _) => false,
        };
        if is_changed && let Body::Text(text) = &self.exchange.request().body {
            return Outgoing::whole(text.to_string());
        }
        match &mut self.body {
            Held::Nothing => Outgoing::Empty,
            Held::Whole(bytes) => Outgoing::whole(bytes.clone()),
            Held::Once(body) => match body.take() {
                Some(body) => Outgoing::streamed(super::relay::ClientBody(body)),
                None => Outgoing::Empty,
            },
        }
    }

    fn call(&mut self, number: CallNumber, call: SideCall) {
        let aside = self.own.aside.clone();
        if matches!(&call, SideCall::Request(request) if request.one_way) {
            tokio::spawn(aside.make(call));
        } else {
            let calls = self.calls.get_or_insert_default();
            calls.spawn(async move { (number, aside.make(call).await) });
        }
    }

    fn abort(&mut self, aborted: AttemptNumber) {
        self.watch(|own| own.failed(aborted.0, "given_up"));
        match std::mem::replace(&mut self.attempt, Attempt::None) {
            Attempt::Answered { number, body: AnswerBody::Flowing(body), .. } if number == aborted => {
                drain(Response::new(body));
            }
            Attempt::Sent { number, .. } | Attempt::Answered { number, .. } if number == aborted => {}
            other => self.attempt = other,
        }
    }

    async fn wait(&mut self) -> Happened {
        let clock = self.own.core.clock();
        let wake = self.exchange.wake_up();
        let until = clock.instant(wake.map_or(Timestamp::MAX, |(at, _)| at));
        let is_sent = matches!(self.attempt, Attempt::Sent { .. });
        let mut calls = self.calls.as_mut().filter(|calls| !calls.is_empty());
        if !is_sent && calls.is_none() && wake.is_none() {
            return Happened::Nothing;
        }
        let has_calls = calls.is_some();
        let called = async {
            match &mut calls {
                Some(calls) => calls.join_next().await,
                None => std::future::pending().await,
            }
        };
        let answer = async {
            match &mut self.attempt {
                Attempt::Sent { answer, .. } => answer.as_mut().await,
                Attempt::None | Attempt::Answered { .. } => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answer = answer, if is_sent => Happened::Answer(answer),
            Some(done) = called, if has_calls => match done {
                Ok((number, answer)) => Happened::Called(number, answer),
                Err(_) => Happened::Nothing,
            },
            () = tokio::time::sleep_until(until), if wake.is_some() => {
                wake.map_or(Happened::Nothing, |(_, reason)| Happened::Due(reason))
            }
        }
    }

    fn take(&mut self, happened: Happened) {
        match happened {
            Happened::Answer(answer) => self.answered(answer),
            Happened::Called(number, answer) => {
                self.tell(Input::SideCallDone { number, answer });
            }
            Happened::Due(WakeReason::HeaderDeadline) => {
                let attempt = AttemptNumber(self.exchange.attempts());
                if self.tell(Input::HeaderTimeout { attempt }) {
                    self.count_failure();
                    self.watch(|own| own.failed(attempt.0, "timeout"));
                }
            }
            Happened::Due(WakeReason::RetryInterval | WakeReason::CallDeadline) => {
                self.tell(Input::Wake);
            }
            // Nothing is awaited although nothing is over: only a defect leads here, and it must not hang.
            Happened::Nothing => self.is_over = true,
        }
    }

    fn answered(&mut self, answer: Sent) {
        let Attempt::Sent { number, backend, buffers, .. } =
            std::mem::replace(&mut self.attempt, Attempt::None)
        else {
            return;
        };
        let (head, body) = match answer {
            Ok(answer) => answer,
            Err(why) => {
                if let Some(backend) = backend {
                    self.own.metrics.failed(backend);
                }
                self.watch(|own| own.failed(number.0, "connection"));
                let input = Input::ConnectionFailed { attempt: number };
                self.own.core.tell(&mut self.exchange, input, Some(&why), &mut self.actions);
                return;
            }
        };
        self.watch(|own| own.came(number.0, head.status.as_u16()));
        if let Some(backend) = backend.filter(|_| head.status == StatusCode::TOO_MANY_REQUESTS) {
            self.own.metrics.throttled(backend);
        }
        let known = match &body {
            AnswerBody::Flowing(body) if body.is_end_stream() => Body::Absent,
            AnswerBody::Flowing(_) => Body::Opaque,
            AnswerBody::Whole(bytes) => match std::str::from_utf8(bytes) {
                Ok("") => Body::Absent,
                Ok(text) => Body::Text(Text::from(text.to_owned())),
                Err(_) => Body::Opaque,
            },
        };
        let ended = match &body {
            AnswerBody::Flowing(body) => body.is_end_stream().then_some(None),
            AnswerBody::Whole(bytes) => Some(usage_of(bytes)),
        };
        self.attempt = Attempt::Answered { number, body, buffers };
        self.tell(Input::ResponseHeaders { attempt: number, response: response(&head, known) });
        if let Some(usage) = ended {
            self.tell(Input::BodyEnd { attempt: number, usage });
        }
    }

    fn count_failure(&self) {
        if let Attempt::Sent { backend: Some(backend), .. } = &self.attempt {
            self.own.metrics.failed(*backend);
        }
    }

    /// The answer of the exchange, the body of which may still be under way.
    fn respond(mut self: Box<Self>, answerer: Answerer) -> Response<Outgoing> {
        let own = Arc::clone(&self.own);
        let Some(told) = self.exchange.response() else {
            return refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error", Some(self.activity));
        };
        let status = StatusCode::from_u16(told.status.get()).unwrap_or(StatusCode::BAD_GATEWAY);
        let reason = (told.reason.as_str() != told.status.reason())
            .then(|| ReasonPhrase::try_from(told.reason.as_bytes().to_vec()).ok())
            .flatten();
        let mut headers = wire_headers(&told.headers, |_, _| true);
        if own.settings.tells_backend {
            tell_backend(&mut headers, answerer, &own, self.exchange.attempts());
        }
        let text = match &told.body {
            Body::Text(text) => Some(Bytes::copy_from_slice(text.as_bytes())),
            Body::Consumed | Body::Absent => Some(Bytes::new()),
            Body::Opaque => None,
        };
        own.metrics.answered(status.as_u16());
        self.watch(|own| own.answers(status.as_u16(), answerer));
        let answered = std::mem::replace(&mut self.attempt, Attempt::None);
        let body = match (text, answered) {
            (None, Attempt::Answered { number, body: AnswerBody::Flowing(body), buffers }) if matches!(answerer, Answerer::Backend { attempt, .. } if attempt == number) =>
            {
                let relay = Relay::new(self, body, number, buffers);
                return assemble(status, reason, headers, Outgoing::streamed(relay));
            }
            (None, Attempt::Answered { body: AnswerBody::Whole(bytes), .. }) => Outgoing::whole(bytes),
            (None, _) => Outgoing::Empty,
            (Some(text), answered) => {
                // The policy has written another body: what the backend still sends is not waited for.
                if let Attempt::Answered { number, body: AnswerBody::Flowing(body), .. } = answered {
                    drain(Response::new(body));
                    self.tell(Input::BodyEnd { attempt: number, usage: None });
                }
                Outgoing::whole(text)
            }
        };
        self.settle();
        assemble(status, reason, headers, body)
    }

    /// Takes in what is left to do when the answer is complete.
    pub(super) fn settle(&mut self) {
        while let Some(action) = self.actions.pop_front() {
            match action {
                Action::Finish { ending, .. } => {
                    self.is_over = true;
                    self.watch(|own| own.finishes(ending));
                    match ending {
                        Ending::Answered => {}
                        Ending::BrokenOff => self.own.metrics.broke_off(),
                        Ending::Cancelled => self.own.metrics.cancelled(),
                    }
                }
                Action::Abort { attempt, .. } => self.abort(attempt),
                Action::SideCall { number, call, .. } => self.call(number, call),
                Action::Forward { .. } | Action::Sleep { .. } | Action::Respond { .. } => {}
            }
        }
    }

    fn watch(&mut self, see: impl FnOnce(&mut Watched)) {
        if let Some(watched) = &mut self.watched {
            see(watched);
        }
    }

    /// Tells the core. `false`: it did not await this.
    pub(super) fn tell(&mut self, input: Input) -> bool {
        self.own.core.tell(&mut self.exchange, input, None, &mut self.actions)
    }

    /// What the whole server knows.
    pub(super) fn generation(&self) -> &Arc<Generation> {
        &self.own
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.is_over {
            self.tell(Input::ClientCancel);
            self.settle();
        }
        self.own.metrics.leaves();
    }
}

fn assemble(
    status: StatusCode,
    reason: Option<ReasonPhrase>,
    headers: http::HeaderMap,
    body: Outgoing,
) -> Response<Outgoing> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    if let Some(reason) = reason {
        response.extensions_mut().insert(reason);
    }
    response
}

fn tell_backend(headers: &mut http::HeaderMap, answerer: Answerer, own: &Generation, attempts: u32) {
    let backend = match answerer {
        Answerer::Backend { backend, .. } => backend.and_then(|id| own.settings.gateway.backend(id)),
        Answerer::Gateway => None,
    };
    let name = backend.and_then(|entity| HeaderValue::from_str(&entity.name).ok());
    if let Some(name) = name {
        headers.insert(HeaderName::from_static("x-poolproof-backend"), name);
    }
    headers.insert(HeaderName::from_static("x-poolproof-attempts"), HeaderValue::from(attempts));
}
