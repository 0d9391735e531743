//! The edge to a client: its stream, and what of a connection can only be told from its bytes.
//!
//! Rules
//! - What the HTTP library answers by itself (400, 414, 431) gets the body that the owner of the listener gives it.
//! - A client that takes nothing of what is written to it for too long loses its connection.
//! - A client that ends its side while it waits may have left or only have said all it will. It is told `100 Continue`,
//!   which every client of HTTP/1.1 passes over: one that has left answers with a reset, and its request is given up.
//!   One of HTTP/1.0 is told nothing and gets its answer. Over TLS the end of one side is the end of both.
//! - What a client still sends when it has its last answer is read for a moment: unread bytes would turn the end into a
//!   reset, which can take the answer along.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration as Real;

use bytes::{Buf, Bytes};
use http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use super::traffic::{Phase, Traffic};

/// The body, as JSON, of an answer that nobody but the listener gives.
pub type Tell = fn(StatusCode) -> String;

/// How long and how much is read after the last answer.
const LINGER_TIME: Real = Real::from_secs(1);
const LINGER_BYTES: usize = 1024 * 1024;
/// How often is looked whether a client that has ended its side is still there.
const LOOK_EVERY: Real = Real::from_millis(100);

/// What a stream tells of the client's side of it.
pub(super) trait Side {
    /// Whether the client has ended its side, with all it said read.
    fn poll_said_all(&self, context: &mut Context<'_>) -> Poll<()>;
    /// Asks a client that waits whether it is still there. `false`: it cannot be asked.
    fn ask(&self) -> bool;
    /// Whether the client is known to be gone.
    fn is_broken(&self) -> bool;
}

impl Side for TcpStream {
    fn poll_said_all(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut byte = [0; 1];
        match self.poll_peek(context, &mut ReadBuf::new(&mut byte)) {
            Poll::Ready(Ok(0) | Err(_)) => Poll::Ready(()),
            Poll::Ready(Ok(_)) | Poll::Pending => Poll::Pending,
        }
    }

    fn ask(&self) -> bool {
        const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        self.try_write(CONTINUE).is_ok_and(|written| written == CONTINUE.len())
    }

    fn is_broken(&self) -> bool {
        !matches!(self.take_error(), Ok(None))
    }
}

impl Side for tokio_rustls::server::TlsStream<TcpStream> {
    fn poll_said_all(&self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn ask(&self) -> bool {
        true
    }

    fn is_broken(&self) -> bool {
        false
    }
}

/// A stream with an edge.
pub(super) struct Edge<S> {
    stream: S,
    traffic: Arc<Traffic>,
    tell: Option<Tell>,
    stall_time: Real,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    /// Runs once the client has ended its side.
    looking: Option<Pin<Box<Sleep>>>,
    /// Runs, with the bytes that were read meanwhile, after the last answer.
    lingering: Option<(Pin<Box<Sleep>>, usize)>,
    /// What is written in the place of the library's own answer.
    own: Bytes,
}

impl<S> Edge<S> {
    pub(super) fn new(stream: S, traffic: Arc<Traffic>, tell: Option<Tell>, stall_time: Real) -> Self {
        let (stalled, looking, lingering) = (None, None, None);
        Self { stream, traffic, tell, stall_time, stalled, looking, lingering, own: Bytes::new() }
    }

    /// What is to be written in the place of `bytes`, which the library says without a request.
    fn instead(&self, bytes: &[u8]) -> Option<Bytes> {
        let tell = self.tell.filter(|_| self.traffic.phase() == Phase::Idle)?;
        let status = StatusCode::from_bytes(bytes.strip_prefix(b"HTTP/1.1 ")?.get(..3)?).ok()?;
        if !status.is_client_error() || !bytes.ends_with(b"\r\n\r\n") {
            return None;
        }
        let (body, reason) = (tell(status), status.canonical_reason().unwrap_or_default());
        let (code, length) = (status.as_u16(), body.len());
        Some(Bytes::from(format!(
            "HTTP/1.1 {code} {reason}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: \
             close\r\n\r\n{body}"
        )))
    }

    /// Notes that something is written.
    fn note(&self, bytes: &[u8]) {
        if matches!(self.traffic.phase(), Phase::Asked | Phase::AskedByOld)
            && !bytes.starts_with(b"HTTP/1.1 1")
        {
            self.traffic.set_phase(Phase::Answering);
        }
    }

    /// Bounds the time that the client takes nothing.
    fn bounded(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            if self.stalled.take().is_some() {
                self.traffic.set_blocked(false);
            }
            return written;
        }
        if self.stalled.is_none() {
            self.traffic.set_blocked(true);
        }
        let time = self.stall_time;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(time)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> Edge<S> {
    fn send_own(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.own.is_empty() {
            let written = Pin::new(&mut self.stream).poll_write(context, &self.own);
            let written = ready!(self.bounded(context, written))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.own.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Side> Edge<S> {
    /// Fails once the client whose request is under way is known to have left.
    fn watch(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let phase = self.traffic.phase();
        let is_waiting = matches!(phase, Phase::Asked | Phase::AskedByOld);
        if self.looking.is_none() && is_waiting && self.stream.poll_said_all(context).is_ready() {
            if phase == Phase::Asked && !self.stream.ask() {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            self.looking = Some(Box::pin(sleep(LOOK_EVERY)));
        }
        if let Some(looking) = &mut self.looking {
            while looking.as_mut().poll(context).is_ready() {
                looking.as_mut().reset(Instant::now() + LOOK_EVERY);
                if self.stream.is_broken() {
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
            }
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Edge<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Side + Unpin> AsyncWrite for Edge<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(this.send_own(context))?;
        if let Some(own) = this.instead(bytes) {
            this.own = own;
            if let Poll::Ready(Err(error)) = this.send_own(context) {
                return Poll::Ready(Err(error));
            }
            return Poll::Ready(Ok(bytes.len()));
        }
        this.note(bytes);
        let written = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.bounded(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = parts.iter().find(|part| !part.is_empty()).map_or(&[][..], |part| part);
        let this = &mut *self;
        ready!(this.send_own(context))?;
        if this.instead(first).is_some() {
            return self.poll_write(context, first);
        }
        this.note(first);
        let written = Pin::new(&mut this.stream).poll_write_vectored(context, parts);
        this.bounded(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(this.send_own(context))?;
        this.watch(context)?;
        ready!(Pin::new(&mut this.stream).poll_flush(context))?;
        if this.traffic.phase() == Phase::Answered {
            this.traffic.set_phase(Phase::Idle);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        ready!(this.send_own(context))?;
        if this.lingering.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        }
        let mut scratch = [0; 4096];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut this.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    let (_, read) = this.lingering.get_or_insert_with(|| (Box::pin(sleep(LINGER_TIME)), 0));
                    *read = read.saturating_add(buffer.filled().len());
                    if *read > LINGER_BYTES {
                        return Poll::Ready(Ok(()));
                    }
                }
                Poll::Ready(Ok(()) | Err(_)) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    return match &mut this.lingering {
                        None => Poll::Ready(Ok(())),
                        Some((time, _)) => time.as_mut().poll(context).map(Ok),
                    };
                }
            }
        }
    }
}
