//! The way back: the body of an answer as it comes from a backend, part by part.
//!
//! Rules
//! - A part goes on as it came. With `buffer-response` parts are gathered until there are 8 KiB or the body ends
//!   (forward-request page, 2023-10-19); else nothing is held back.
//! - What an answer says of its tokens is read from what passes by; of a long one the end is enough.
//! - A body that stalls longer than the idle time is broken off. Nothing is sent again.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::session::Session;
use crate::gateway::{Input, Usage};
use crate::units::AttemptNumber;
use crate::wire::{BodyError, usage_in};

/// Bytes that `buffer-response` gathers.
const GATHERED_BYTES: usize = 8 * 1024;
/// Bytes at the end of an answer in which its usage is looked for.
const TAIL_BYTES: usize = 64 * 1024;

/// A body on its way to a client.
pub(super) struct Relay {
    session: Box<Session>,
    body: Incoming,
    attempt: AttemptNumber,
    buffers: bool,
    gathered: BytesMut,
    /// The end of what has passed; `None`: nobody counts tokens.
    tail: Option<BytesMut>,
    idle: Pin<Box<Sleep>>,
    is_told: bool,
}

impl Relay {
    pub(super) fn new(session: Box<Session>, body: Incoming, attempt: AttemptNumber, buffers: bool) -> Self {
        let own = session.generation();
        let tail = own.needs.counts_tokens.then(BytesMut::new);
        let idle = Box::pin(tokio::time::sleep(own.settings.timeouts.idle));
        Self { session, body, attempt, buffers, gathered: BytesMut::new(), tail, idle, is_told: false }
    }

    fn see(&mut self, data: &Bytes) {
        let idle = self.session.generation().settings.timeouts.idle;
        self.idle.as_mut().reset(Instant::now() + idle);
        if let Some(tail) = &mut self.tail {
            tail.extend_from_slice(data);
            if tail.len() > 2 * TAIL_BYTES {
                let rest = tail.split_off(tail.len().saturating_sub(TAIL_BYTES));
                *tail = rest;
            }
        }
    }

    fn ended(&mut self) {
        if !self.is_told {
            self.is_told = true;
            let usage = self.tail.as_deref().and_then(usage_of);
            let attempt = self.attempt;
            self.session.tell(Input::BodyEnd { attempt, usage });
            self.session.settle();
        }
    }

    fn failed(&mut self) {
        if !self.is_told {
            self.is_told = true;
            let attempt = self.attempt;
            self.session.tell(Input::BodyFailed { attempt });
            self.session.settle();
        }
    }
}

impl Body for Relay {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        loop {
            match Pin::new(&mut this.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers are not relayed.
                    let Ok(data) = frame.into_data() else { continue };
                    this.see(&data);
                    let is_end = this.body.is_end_stream();
                    if is_end {
                        this.ended();
                    }
                    let is_held = this.buffers && !is_end;
                    if is_held && this.gathered.len().saturating_add(data.len()) < GATHERED_BYTES {
                        this.gathered.extend_from_slice(&data);
                        continue;
                    }
                    if this.gathered.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(data))));
                    }
                    this.gathered.extend_from_slice(&data);
                    return Poll::Ready(Some(Ok(Frame::data(this.gathered.split().freeze()))));
                }
                Poll::Ready(Some(Err(error))) => {
                    this.failed();
                    return Poll::Ready(Some(Err(error.into())));
                }
                Poll::Ready(None) => {
                    this.ended();
                    if this.gathered.is_empty() {
                        return Poll::Ready(None);
                    }
                    return Poll::Ready(Some(Ok(Frame::data(this.gathered.split().freeze()))));
                }
                Poll::Pending => {
                    if this.idle.as_mut().poll(context).is_ready() {
                        this.failed();
                        return Poll::Ready(Some(Err("the backend has stalled".into())));
                    }
                    return Poll::Pending;
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_told && self.gathered.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.gathered.is_empty() { self.body.size_hint() } else { SizeHint::new() }
    }
}

/// The body of a client on its way to a backend.
#[derive(Debug)]
pub(super) struct ClientBody(pub(super) Incoming);

impl Body for ClientBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.0).poll_frame(context).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// The tokens that an answer says it used, as the core counts them.
pub(super) fn usage_of(bytes: &[u8]) -> Option<Usage> {
    let told = usage_in(bytes)?;
    Some(Usage {
        prompt: u32::try_from(told.prompt).ok()?,
        completion: u32::try_from(told.completion).unwrap_or(0),
    })
}
