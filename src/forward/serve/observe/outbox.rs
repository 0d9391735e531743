//! Delivery: a bounded queue, and a task that posts what is in it.
//!
//! Rules
//! - Items are posted in their order, one post at a time, as many at once as are waiting.
//! - What is refused for a reason that may pass, or cannot be sent, is tried again a few times with growing waits (or
//!   as long as `Retry-After` says, within a bound); then it is lost. Redirects are not followed.
//! - Losses are counted, and said once per post that fails.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration as Real;

use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{HeaderName, Method, Request};
use serde_json::Value as Json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::destination::Destination;
use crate::serve::settings::Timeouts;
use crate::serve::upstream::{Sender, collect, sender};
use crate::wire::Outgoing;

/// Items that may wait.
const WAITING: usize = 4_096;
/// Most items of a post.
const BATCH: usize = 512;
/// Waits before what failed is tried again.
const WAITS: [Real; 4] =
    [Real::from_millis(250), Real::from_millis(500), Real::from_secs(1), Real::from_secs(2)];
/// How long one post may take.
const POST_TIME: Real = Real::from_secs(5);
/// The longest wait that the other side can ask for.
const LONGEST_WAIT: Real = Real::from_secs(5);
/// Bytes of an answer that are read.
const ANSWER_BYTES: usize = 64 * 1024;

/// How items become posts.
pub(super) struct Post {
    /// Where they go.
    pub(super) to: Destination,
    /// What they are called, many of them.
    pub(super) what: &'static str,
    /// A header beside the type of the body.
    pub(super) header: Option<(&'static str, &'static str)>,
    /// How long more are waited for before a post.
    pub(super) linger: Real,
    /// The body for these.
    pub(super) write: Box<dyn Fn(Vec<Json>) -> Json + Send + Sync>,
    /// Which statuses may pass.
    pub(super) may_pass: fn(u16) -> bool,
    /// How many of a post that was taken were refused, by the answer to it.
    pub(super) refused: fn(&[u8]) -> u64,
}

/// A queue that is delivered.
#[derive(Debug)]
pub(super) struct Outbox {
    queue: mpsc::Sender<Json>,
    counts: Arc<Counts>,
    ending: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
    what: &'static str,
}

#[derive(Debug, Default)]
struct Counts {
    waiting: AtomicU64,
    delivered: AtomicU64,
    lost: AtomicU64,
    /// Lost because the queue was full, and not said yet.
    unsaid: AtomicU64,
}

impl Outbox {
    /// Begins to deliver.
    pub(super) fn start(post: Post) -> Self {
        let (queue, received) = mpsc::channel(WAITING);
        let (ending, counts) = (watch::Sender::new(false), Arc::new(Counts::default()));
        let what = post.what;
        let delivery =
            Delivery { post, sender: sender(&Timeouts::default(), &[]), counts: Arc::clone(&counts) };
        let task = tokio::spawn(delivery.run(received, ending.subscribe()));
        Self { queue, counts, ending, task: Mutex::new(Some(task)), what }
    }

    /// Puts an item. It never waits.
    pub(super) fn put(&self, item: Json) {
        // Counted before: the other side may be done with it before this goes on.
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        if self.queue.try_send(item).is_err() {
            self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
            self.counts.unsaid.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn delivered(&self) -> u64 {
        self.counts.delivered.load(Ordering::Relaxed)
    }

    pub(super) fn lost(&self) -> u64 {
        self.counts.lost.load(Ordering::Relaxed)
    }

    /// Delivers what waits, and takes nothing more. What is not delivered within `most` is lost.
    pub(super) async fn close(&self, most: Real) {
        self.ending.send_replace(true);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut task) = task else { return };
        if tokio::time::timeout(most, &mut task).await.is_err() {
            task.abort();
            let lost = self.counts.waiting.swap(0, Ordering::Relaxed);
            self.counts.lost.fetch_add(lost, Ordering::Relaxed);
            tracing::warn!(lost, "{} lost: the end did not wait longer for their delivery", self.what);
        }
    }
}

/// What became of a post.
enum Outcome {
    /// It was taken, apart from so many items.
    Taken(u64),
    /// It may be taken later.
    Later { problem: String, wait: Option<Real> },
    /// It will not be taken.
    Never(String),
}

struct Delivery {
    post: Post,
    sender: Sender,
    counts: Arc<Counts>,
}

impl Delivery {
    async fn run(self, mut queue: mpsc::Receiver<Json>, mut ending: watch::Receiver<bool>) {
        let mut is_ending = false;
        loop {
            let mut batch = Vec::new();
            tokio::select! {
                biased;
                _ = ending.wait_for(|ending| *ending), if !is_ending => {
                    is_ending = true;
                    queue.close();
                    continue;
                }
                taken = queue.recv_many(&mut batch, BATCH) => if taken == 0 { return },
            }
            if !is_ending && !self.post.linger.is_zero() && batch.len() < BATCH {
                tokio::select! {
                    () = tokio::time::sleep(self.post.linger) => {}
                    _ = ending.wait_for(|ending| *ending) => {}
                }
                while batch.len() < BATCH
                    && let Ok(more) = queue.try_recv()
                {
                    batch.push(more);
                }
            }
            self.deliver(batch).await;
            self.say_overflow();
        }
    }

    async fn deliver(&self, batch: Vec<Json>) {
        let count = batch.len() as u64;
        let body = (self.post.write)(batch).to_string();
        let mut waits = WAITS.iter();
        let (lost, problem) = loop {
            let problem = match self.post_once(&body).await {
                Outcome::Taken(0) => break (0, String::new()),
                Outcome::Taken(refused) => break (refused.min(count), "they were refused".to_owned()),
                Outcome::Never(problem) => break (count, problem),
                Outcome::Later { problem, wait } => match waits.next() {
                    Some(usual) => {
                        tokio::time::sleep(wait.map_or(*usual, |own| own.clamp(*usual, LONGEST_WAIT))).await;
                        continue;
                    }
                    None => problem,
                },
            };
            break (count, problem);
        };
        self.counts.waiting.fetch_sub(count, Ordering::Relaxed);
        self.counts.delivered.fetch_add(count.saturating_sub(lost), Ordering::Relaxed);
        if lost > 0 {
            self.counts.lost.fetch_add(lost, Ordering::Relaxed);
            let to = self.post.to.to_string();
            tracing::warn!(lost, to, problem, "{} lost", self.post.what);
        }
    }

    async fn post_once(&self, body: &str) -> Outcome {
        match tokio::time::timeout(POST_TIME, self.ask(body)).await {
            Ok(outcome) => outcome,
            Err(_) => Outcome::Later { problem: "no answer in time".to_owned(), wait: None },
        }
    }

    async fn ask(&self, body: &str) -> Outcome {
        let mut request = Request::new(Outgoing::whole(body.to_owned()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.post.to.uri().clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some((name, value)) = self.post.header {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let answer = match self.sender.request(request).await {
            Ok(answer) => answer,
            // The error may name the URL; that there is no connection is enough.
            Err(error) if error.is_connect() => {
                return Outcome::Later { problem: "no connection".to_owned(), wait: None };
            }
            Err(_) => return Outcome::Later { problem: "the connection broke".to_owned(), wait: None },
        };
        let status = answer.status();
        let wait = answer.headers().get(RETRY_AFTER).and_then(|own| own.to_str().ok()?.parse().ok());
        let bytes = collect(answer.into_body(), ANSWER_BYTES, POST_TIME).await.unwrap_or_default();
        let problem = format!("the answer was {}", status.as_u16());
        if status.is_success() {
            Outcome::Taken((self.post.refused)(&bytes))
        } else if (self.post.may_pass)(status.as_u16()) {
            Outcome::Later { problem, wait: wait.map(Real::from_secs) }
        } else {
            Outcome::Never(problem)
        }
    }

    fn say_overflow(&self) {
        let lost = self.counts.unsaid.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "{} lost: more came than could be delivered", self.post.what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::tests::lab::{Seen, answer, backend, raw_backend};

    fn post(to: std::net::SocketAddr) -> Post {
        Post {
            to: Destination::new(&format!("http://{to}/hook?code=s3cret")).unwrap(),
            what: "things",
            header: None,
            linger: Real::ZERO,
            write: Box::new(Json::Array),
            may_pass: |status| status == 503,
            refused: |answer| u64::from(answer == b"one"),
        }
    }

    async fn until(outbox: &Outbox, all: u64) {
        while outbox.delivered() + outbox.lost() < all {
            tokio::time::sleep(Real::from_millis(10)).await;
        }
    }

    fn items(seen: &Seen) -> Vec<u64> {
        let seen = seen.lock().unwrap();
        let posts = seen.iter().map(|(_, body)| serde_json::from_str::<Vec<u64>>(body).unwrap());
        posts.flatten().collect()
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again_and_order_is_kept() {
        let (to, seen) = backend(|call| answer(if call < 3 { 503 } else { 200 }, "")).await;
        let outbox = Outbox::start(post(to));
        outbox.put(1.into());
        while seen.lock().unwrap().is_empty() {
            tokio::time::sleep(Real::from_millis(5)).await;
        }
        outbox.put(2.into());
        outbox.put(3.into());
        until(&outbox, 3).await;
        assert_eq!(items(&seen), [1, 1, 1, 2, 3], "three tries, then what had to wait, together");
        assert_eq!((outbox.delivered(), outbox.lost()), (3, 0));
        assert_eq!(seen.lock().unwrap()[0].0.uri, "/hook?code=s3cret");
    }

    #[tokio::test]
    async fn what_will_not_pass_is_lost_at_once() {
        let (to, seen) = backend(|call| match call {
            1 => answer(400, ""),
            2 => answer(200, "one"),
            _ => answer(302, ""),
        })
        .await;
        let outbox = Outbox::start(post(to));
        for (number, lost) in [(1_u64, 1), (2, 2), (3, 3)] {
            outbox.put(number.into());
            until(&outbox, number).await;
            assert_eq!((outbox.lost(), outbox.delivered()), (lost, number - lost));
        }
        assert_eq!(items(&seen), [1, 2, 3]);
    }

    #[tokio::test]
    async fn a_full_queue_keeps_nobody_waiting_and_an_end_has_a_bound() {
        let silent = raw_backend(|stream| async move {
            tokio::time::sleep(Real::from_mins(10)).await;
            drop(stream);
        })
        .await;
        let outbox = Outbox::start(post(silent));
        let many = (WAITING + BATCH + 100) as u64;
        for number in 0..many {
            outbox.put(number.into());
        }
        assert!(outbox.lost() >= 100, "the queue has an end");
        outbox.close(Real::from_millis(100)).await;
        assert_eq!((outbox.lost(), outbox.delivered()), (many, 0), "each is counted once");
        outbox.put(0.into());
        assert_eq!(outbox.lost(), many + 1, "nothing is taken after the end");
    }

    #[tokio::test]
    async fn an_end_delivers_what_waits() {
        let (to, seen) = backend(|_| answer(204, "")).await;
        let outbox = Outbox::start(Post { linger: Real::from_mins(10), ..post(to) });
        outbox.put(1.into());
        outbox.put(2.into());
        tokio::task::yield_now().await;
        outbox.close(Real::from_secs(10)).await;
        assert_eq!((items(&seen), outbox.delivered()), (vec![1, 2], 2));
    }
}
