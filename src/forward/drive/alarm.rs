//! Waits that end within some tens of microseconds, where timers of the runtime have steps of a millisecond.
//!
//! One thread of its own sleeps until the next wait is over.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};

use tokio::sync::oneshot;
use tokio::time::Instant;

/// Wakes who waits. Ends with the last copy.
#[derive(Clone, Debug)]
pub struct Alarm(Sender<Wait>);

#[derive(Debug)]
struct Wait {
    at: Instant,
    wake: oneshot::Sender<()>,
}

impl Alarm {
    /// An alarm with its thread.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new() -> io::Result<Self> {
        let (sender, waits) = channel();
        std::thread::Builder::new().name("alarm".to_owned()).spawn(move || wake(&waits))?;
        Ok(Self(sender))
    }

    /// Waits until it is `at`.
    pub async fn until(&self, at: Instant) {
        if at <= Instant::now() {
            return;
        }
        let (wake, woken) = oneshot::channel();
        if self.0.send(Wait { at, wake }).is_ok() {
            // The thread ends after the last sender only.
            let _ = woken.await;
        }
    }
}

fn wake(waits: &Receiver<Wait>) {
    let mut due: BinaryHeap<Reverse<Wait>> = BinaryHeap::new();
    loop {
        let now = Instant::now();
        while due.peek().is_some_and(|Reverse(first)| first.at <= now)
            && let Some(Reverse(first)) = due.pop()
        {
            // Who waits no more needs no waking.
            let _ = first.wake.send(());
        }
        let next = match due.peek() {
            Some(Reverse(first)) => waits.recv_timeout(first.at.saturating_duration_since(now)),
            None => waits.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(wait) => due.push(Reverse(wait)),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl PartialEq for Wait {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Wait {}

impl PartialOrd for Wait {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Wait {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration as Real;

    use super::*;

    #[tokio::test]
    async fn nobody_is_woken_too_early() {
        let alarm = Alarm::new().unwrap();
        let began = Instant::now();
        let waits = [30, 10, 0, 20].map(|millis| {
            let alarm = alarm.clone();
            tokio::spawn(async move {
                let at = began + Real::from_millis(millis);
                alarm.until(at).await;
                assert!(Instant::now() >= at);
            })
        });
        for wait in waits {
            wait.await.unwrap();
        }
    }
}
