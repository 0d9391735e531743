//! One request, watched from its head to the end of its answer.
//!
//! Rules
//! - It is told when it is dropped: whatever became of the request, that is its end.
//! - An attempt ends with the head of its answer, or with its failure; that which answers the client ends with the
//!   request. One that is given up without an answer ends there.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{HOST, HeaderValue};
use http::{HeaderMap, Request, Uri, Version};
use tokio::time::Instant;

use super::trace_context::{TRACEPARENT, TRACESTATE, TraceContext};
use super::{Observers, otlp};
use crate::gateway::{Answerer, Ending};
use crate::random::{StreamName, Streams};
use crate::serve::error_body::uuid;
use crate::wire::Outgoing;

const SPANS: StreamName = StreamName::new("observed-spans");

/// Also how a request ends that the core never heard of: its body did not come.
const CLIENT_GONE: &str = "client gone";

/// What is known of a request that is watched.
#[derive(Debug)]
pub(in crate::serve) struct Watched {
    observers: Arc<Observers>,
    seed: u64,
    number: u64,
    pub(super) activity: u128,
    pub(super) began: Instant,
    pub(super) method: String,
    /// Without its query: that may hold a key.
    pub(super) path: String,
    pub(super) version: &'static str,
    pub(super) host: Option<String>,
    pub(super) client: IpAddr,
    pub(super) context: TraceContext,
    /// Whether the trace began elsewhere.
    has_parent: bool,
    pub(super) attempts: Vec<Attempt>,
    pub(super) status: Option<u16>,
    pub(super) answerer: Option<u32>,
    pub(super) ending: &'static str,
}

/// One attempt.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) number: u32,
    pub(super) span: u64,
    pub(super) backend: Option<String>,
    /// Where it went; `None`: it could not be written as HTTP.
    pub(super) uri: Option<Uri>,
    pub(super) began: Instant,
    pub(super) ended: Option<Instant>,
    pub(super) outcome: Option<Outcome>,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Status(u16),
    Failed(&'static str),
}

impl Watched {
    /// Begins to watch. `None`: nobody is interested.
    pub(in crate::serve) fn new<B>(
        observers: &Arc<Observers>,
        request: &Request<B>,
        client: IpAddr,
        number: u64,
        activity: u128,
    ) -> Option<Box<Self>> {
        if !observers.watches_requests() {
            return None;
        }
        let told = observers.spans.as_ref().and_then(|_| TraceContext::of(request.headers()));
        let context = told.unwrap_or(TraceContext { trace: activity, parent: None, is_sampled: true });
        let host = request.uri().authority().map(|own| own.as_str().to_owned());
        let host = host.or_else(|| request.headers().get(HOST)?.to_str().ok().map(str::to_owned));
        Some(Box::new(Self {
            observers: Arc::clone(observers),
            seed: observers.seed,
            number,
            activity,
            began: Instant::now(),
            method: request.method().as_str().to_owned(),
            path: request.uri().path().to_owned(),
            version: if request.version() == Version::HTTP_2 { "2" } else { "1.1" },
            host,
            client,
            has_parent: context.parent.is_some(),
            context,
            attempts: Vec::new(),
            status: None,
            answerer: None,
            ending: CLIENT_GONE,
        }))
    }

    /// An attempt is sent; `None` in the place of the request: it cannot be.
    pub(in crate::serve) fn sends(
        &mut self,
        number: u32,
        backend: Option<&str>,
        request: Option<&mut Request<Outgoing>>,
    ) {
        let span = self.span(u64::from(number));
        let uri = request.as_ref().map(|request| request.uri().clone());
        if let (Some(request), true) = (request, self.observers.spans.is_some()) {
            self.pass_on(request.headers_mut(), span);
        }
        let backend = backend.map(str::to_owned);
        let began = Instant::now();
        self.attempts.push(Attempt { number, span, backend, uri, began, ended: None, outcome: None });
    }

    /// The backend is asked in the name of the attempt's span.
    fn pass_on(&self, headers: &mut HeaderMap, span: u64) {
        if let Ok(value) = HeaderValue::from_str(&self.context.header(span)) {
            headers.insert(TRACEPARENT, value);
        }
        if !self.has_parent {
            headers.remove(TRACESTATE);
        }
    }

    /// The head of an answer has come.
    pub(in crate::serve) fn came(&mut self, number: u32, status: u16) {
        self.ends(number, Outcome::Status(status));
    }

    /// An attempt has failed, or is given up without an answer.
    pub(in crate::serve) fn failed(&mut self, number: u32, why: &'static str) {
        self.ends(number, Outcome::Failed(why));
    }

    fn ends(&mut self, number: u32, outcome: Outcome) {
        let now = Instant::now();
        let own = self.attempts.iter_mut().find(|own| own.number == number && own.outcome.is_none());
        let Some(attempt) = own else { return };
        (attempt.ended, attempt.outcome) = (Some(now), Some(outcome));
        if self.observers.logs_requests {
            let (status, failure) = match outcome {
                Outcome::Status(status) => (Some(status), None),
                Outcome::Failed(why) => (None, Some(why)),
            };
            let ms = milliseconds(attempt.began, now);
            let backend = attempt.backend.as_deref();
            let activity = uuid(self.activity);
            tracing::debug!(activity, attempt = number, backend, status, failure, ms, "attempt finished");
        }
    }

    /// The client is answered.
    pub(in crate::serve) fn answers(&mut self, status: u16, by: Answerer) {
        self.status = Some(status);
        self.answerer = match by {
            Answerer::Backend { attempt, .. } => Some(attempt.0),
            Answerer::Gateway => None,
        };
    }

    /// The request was refused before any policy.
    pub(in crate::serve) fn refused(mut self: Box<Self>, status: u16) {
        self.status = Some(status);
        self.ending = "refused";
    }

    /// The request is over.
    pub(in crate::serve) fn finishes(&mut self, ending: Ending) {
        self.ending = match ending {
            Ending::Answered => "answered",
            Ending::BrokenOff => "broken off",
            Ending::Cancelled => CLIENT_GONE,
        };
    }

    /// The id of a span of this request: 0 is its own, others are attempts.
    pub(super) fn span(&self, at: u64) -> u64 {
        Streams::new(self.seed).keyed(SPANS, self.number, at).word().max(1)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let now = Instant::now();
        if self.observers.logs_requests {
            let answering = self.attempts.iter().find(|own| Some(own.number) == self.answerer);
            tracing::info!(
                activity = uuid(self.activity),
                method = self.method,
                path = self.path,
                status = self.status,
                attempts = self.attempts.len() as u64,
                backend = answering.and_then(|own| own.backend.as_deref()),
                ms = milliseconds(self.began, now),
                ending = self.ending,
                "request finished"
            );
        }
        if let Some(spans) = self.observers.spans.as_ref().filter(|_| self.context.is_sampled) {
            for span in otlp::spans(self, now, &self.observers.calendar, self.observers.is_tls) {
                spans.put(span);
            }
        }
    }
}

/// Milliseconds to the microsecond.
fn milliseconds(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_micros() as f64 / 1e3
}
