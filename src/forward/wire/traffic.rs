//! What is under way on a connection: kept by those who answer, read by those who watch over it.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration as Real;

use bytes::Bytes;
use http::Version;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use super::{BodyError, Outgoing};

/// How far an exchange of HTTP/1 is. With HTTP/2 it is always idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// Nothing is under way.
    Idle,
    /// A request is there, and nothing of its answer has been written.
    Asked,
    /// The same, by a client of HTTP/1.0.
    AskedByOld,
    /// Its answer is on the way.
    Answering,
    /// All of its answer has been handed over, and has yet to be written.
    Answered,
}

const PHASES: [Phase; 5] = [Phase::Idle, Phase::Asked, Phase::AskedByOld, Phase::Answering, Phase::Answered];

/// The state of a connection.
#[derive(Debug)]
pub(super) struct Traffic {
    began: Instant,
    under_way: AtomicU32,
    /// When the last answer ended, in milliseconds since it began.
    last_end_ms: AtomicU64,
    phase: AtomicU8,
    is_blocked: AtomicBool,
    is_ending: AtomicBool,
    lent: Mutex<Vec<Weak<Lent>>>,
}

impl Traffic {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            under_way: AtomicU32::new(0),
            last_end_ms: AtomicU64::new(0),
            phase: AtomicU8::new(Phase::Idle as u8),
            is_blocked: AtomicBool::new(false),
            is_ending: AtomicBool::new(false),
            lent: Mutex::new(Vec::new()),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        PHASES.get(usize::from(self.phase.load(Ordering::Relaxed))).copied().unwrap_or(Phase::Idle)
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Notes that the client does not take what is written, or does again.
    pub(super) fn set_blocked(&self, is_blocked: bool) {
        self.is_blocked.store(is_blocked, Ordering::Relaxed);
    }

    /// Notes that the next answer is the last one.
    pub(super) fn end(&self) {
        self.is_ending.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::Relaxed)
    }

    /// For how long nothing has been under way. `None`: something is.
    pub(super) fn idle(&self) -> Option<Real> {
        let is_busy = self.under_way.load(Ordering::Relaxed) > 0 || self.is_blocked.load(Ordering::Relaxed);
        let last_end = Real::from_millis(self.last_end_ms.load(Ordering::Relaxed));
        (!is_busy).then(|| self.began.elapsed().saturating_sub(last_end))
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lend(&self, lent: Lent) -> Arc<Lent> {
        let lent = Arc::new(lent);
        let mut all = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that have ended go before the list grows.
        if all.len() == all.capacity() {
            all.retain(|own| own.strong_count() > 0);
        }
        all.push(Arc::downgrade(&lent));
        lent
    }

    /// Takes away the bodies of which the client has taken nothing for this time.
    pub(super) fn cut(&self, time: Real) {
        let (now, time) = (self.millis(), u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        let live: Vec<Arc<Lent>> = {
            let all = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter().filter_map(Weak::upgrade).collect()
        };
        for lent in live {
            let since = lent.waits_since_ms.load(Ordering::Relaxed);
            if since != NEVER && now.saturating_sub(since) >= time {
                let taken = lent.body().take();
                drop(taken);
            }
        }
    }

    /// A request has come.
    pub(super) fn begins(self: &Arc<Self>, version: Version) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        let is_http1 = version < Version::HTTP_2;
        if is_http1 {
            self.set_phase(if version == Version::HTTP_11 { Phase::Asked } else { Phase::AskedByOld });
        }
        UnderWay { traffic: Arc::clone(self), is_http1 }
    }
}

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay {
    traffic: Arc<Traffic>,
    is_http1: bool,
}

impl UnderWay {
    /// Whether the client has to be told that its connection ends.
    pub(super) fn is_last(&self) -> bool {
        self.is_http1 && self.traffic.is_ending()
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Self { traffic, is_http1 } = self;
        traffic.last_end_ms.store(traffic.millis(), Ordering::Relaxed);
        if *is_http1 {
            traffic.set_phase(Phase::Answered);
        }
        traffic.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer, which is under way until it has been handed over.
pub(super) struct Counted {
    body: Part,
    under_way: UnderWay,
}

enum Part {
    Own(Outgoing),
    Lent(Arc<Lent>),
}

/// The body of a stream of HTTP/2. A client that takes nothing of one stream may take others, so that the edge does not
/// see it: the body is taken away from here instead.
#[derive(Debug)]
struct Lent {
    body: Mutex<Option<Outgoing>>,
    /// Since when its last part has waited to be taken, in milliseconds of the connection; [`NEVER`]: it does not.
    waits_since_ms: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Counted {
    pub(super) fn new(body: Outgoing, under_way: UnderWay) -> Self {
        let body = if under_way.is_http1 || body.is_end_stream() {
            Part::Own(body)
        } else {
            let lent = Lent { body: Mutex::new(Some(body)), waits_since_ms: AtomicU64::new(NEVER) };
            Part::Lent(under_way.traffic.lend(lent))
        };
        Self { body, under_way }
    }
}

impl Lent {
    fn body(&self) -> MutexGuard<'_, Option<Outgoing>> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        match &mut this.body {
            Part::Own(body) => Pin::new(body).poll_frame(context),
            Part::Lent(lent) => {
                let mut body = lent.body();
                let Some(body) = &mut *body else {
                    return Poll::Ready(Some(Err("the client has taken nothing for too long".into())));
                };
                let polled = Pin::new(body).poll_frame(context);
                let since = if polled.is_ready() { this.under_way.traffic.millis() } else { NEVER };
                lent.waits_since_ms.store(since, Ordering::Relaxed);
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Part::Own(body) => body.is_end_stream(),
            Part::Lent(lent) => lent.body().as_ref().is_some_and(Body::is_end_stream),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            Part::Own(body) => body.size_hint(),
            Part::Lent(lent) => lent.body().as_ref().map_or_else(SizeHint::new, Body::size_hint),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn idle_is_what_nothing_has_happened_on_since() {
        let traffic = Arc::new(Traffic::new());
        tokio::time::advance(Real::from_secs(3)).await;
        assert_eq!(traffic.idle(), Some(Real::from_secs(3)));
        let (first, second) = (traffic.begins(Version::HTTP_2), traffic.begins(Version::HTTP_2));
        drop(first);
        assert_eq!((traffic.idle(), traffic.phase()), (None, Phase::Idle));
        drop(second);
        tokio::time::advance(Real::from_secs(2)).await;
        assert_eq!(traffic.idle(), Some(Real::from_secs(2)));
        traffic.set_blocked(true);
        assert_eq!(traffic.idle(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_client_does_not_take_is_taken_away() {
        let traffic = Arc::new(Traffic::new());
        let next = |body: &mut Counted| {
            let mut context = Context::from_waker(std::task::Waker::noop());
            Pin::new(body).poll_frame(&mut context)
        };
        let body = || Outgoing::streamed(Outgoing::whole("abc"));
        let mut taken = Counted::new(body(), traffic.begins(Version::HTTP_2));
        let mut waiting = Counted::new(body(), traffic.begins(Version::HTTP_2));
        assert!(matches!(next(&mut taken), Poll::Ready(Some(Ok(_)))));
        tokio::time::advance(Real::from_secs(3)).await;
        // Nobody has asked for anything of the other one: its client may still wait for the head.
        traffic.cut(Real::from_secs(2));
        assert!(matches!(next(&mut taken), Poll::Ready(Some(Err(_)))));
        assert!(matches!(next(&mut waiting), Poll::Ready(Some(Ok(_)))));
        traffic.cut(Real::from_secs(2));
        assert!(matches!(next(&mut waiting), Poll::Ready(None)));
    }

    #[test]
    fn phases_are_read_as_they_were_written() {
        let traffic = Traffic::new();
        for phase in PHASES {
            traffic.set_phase(phase);
            assert_eq!(traffic.phase(), phase);
        }
    }

    #[tokio::test]
    async fn answers_are_the_last_ones_once_it_ends() {
        let traffic = Arc::new(Traffic::new());
        assert!(!traffic.begins(Version::HTTP_11).is_last());
        traffic.end();
        assert!(traffic.begins(Version::HTTP_11).is_last());
        assert!(!traffic.begins(Version::HTTP_2).is_last());
    }
}
