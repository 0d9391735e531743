//! Lines that a thread of its own writes, so that nobody waits for a terminal or a pipe.
//!
//! Rules
//! - What finds the queue full, or cannot be written, is lost and counted; the next line that is written is preceded by
//!   what is said of that.
//! - Lines are written out once none has come for some time.

use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration as Real;

/// Bytes that are written at once.
const BUFFER_BYTES: usize = 8 * 1024;

/// Where lines are put.
#[derive(Clone, Debug)]
pub(in crate::serve) struct Lines {
    queue: SyncSender<Entry>,
    lost: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Entry {
    Line(String),
    /// Everything before is to be written; then somebody is told.
    Flush(SyncSender<()>),
}

impl Lines {
    /// Lines for `out`, and the thread that writes them until all of these are dropped. So many may wait, and what is
    /// written stays in memory until none has come for `rest`; `said` is the line, with its end, that says how many
    /// were lost.
    pub(in crate::serve) fn new(
        out: impl Write + Send + 'static,
        waiting: usize,
        rest: Real,
        said: impl Fn(u64) -> String + Send + 'static,
    ) -> (Self, JoinHandle<()>) {
        let (queue, received) = sync_channel(waiting);
        let lost = Arc::new(AtomicU64::new(0));
        let own = Arc::clone(&lost);
        let writer = std::thread::spawn(move || write_lines(out, &received, &own, rest, said));
        (Self { queue, lost }, writer)
    }

    /// Puts a line with its end.
    pub(in crate::serve) fn put(&self, line: String) {
        if self.queue.try_send(Entry::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines that could not be written.
    pub(in crate::serve) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until everything is written, but not longer than this.
    pub(in crate::serve) fn flush(&self, most: Real) {
        let (done, wait) = sync_channel(1);
        let queue = self.queue.clone();
        // The queue may be full, and a place in it cannot be waited for within a bound.
        std::thread::spawn(move || queue.send(Entry::Flush(done)));
        let _ = wait.recv_timeout(most);
    }
}

fn write_lines(
    out: impl Write,
    queue: &Receiver<Entry>,
    lost: &AtomicU64,
    rest: Real,
    said: impl Fn(u64) -> String,
) {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
    let mut told = 0;
    // With its end in one piece: a line that fits is buffered whole or not at all.
    let put = |out: &mut BufWriter<_>, line: &str| {
        if out.write_all(line.as_bytes()).is_err() {
            lost.fetch_add(1, Ordering::Relaxed);
        }
    };
    loop {
        let entry = match queue.recv_timeout(rest) {
            Ok(entry) => entry,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                drop(out.flush());
                let Ok(entry) = queue.recv() else { break };
                entry
            }
        };
        let all = lost.load(Ordering::Relaxed);
        if all > told {
            put(&mut out, &said(all.saturating_sub(told)));
            told = all;
        }
        match entry {
            Entry::Line(line) => put(&mut out, &line),
            Entry::Flush(done) => {
                drop(out.flush());
                let _ = done.try_send(());
            }
        }
    }
    drop(out.flush());
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    use super::*;

    /// A pipe whose reader sleeps until it is woken.
    struct Stuck(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.recv();
            self.1.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_and_losses_are_said() {
        let (wake, sleeping) = channel();
        let kept = Arc::new(Mutex::new(Vec::new()));
        let waiting = 16_384;
        let stuck = Stuck(sleeping, Arc::clone(&kept));
        let (lines, _) = Lines::new(stuck, waiting, Real::ZERO, |lost| format!("{lost} lost\n"));
        let many = waiting + 8_192;
        for number in 0..many {
            lines.put(format!("line {number:010}\n"));
        }
        let lost = lines.lost();
        assert!(lost > 0, "the queue has an end");
        drop(wake);
        lines.flush(Real::from_secs(10));
        lines.put("last\n".to_owned());
        lines.flush(Real::from_secs(10));
        let text = String::from_utf8(kept.lock().unwrap().clone()).unwrap();
        let said = text.lines().filter(|line| line.ends_with(" lost"));
        let said: u64 = said.map(|line| line.split(' ').next().unwrap().parse::<u64>().unwrap()).sum();
        assert_eq!(said, lost);
        assert_eq!(text.lines().filter(|line| line.starts_with("line ")).count() as u64, many as u64 - lost);
        assert!(text.ends_with("last\n"));
    }

    /// A disk that is full once.
    struct Once(Arc<Mutex<(bool, Vec<u8>)>>);

    impl Write for Once {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let mut own = self.0.lock().unwrap();
            if !std::mem::replace(&mut own.0, true) {
                return Err(std::io::Error::other("full"));
            }
            own.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_kept_whole_or_counted_as_lost() {
        for spare in 0..4 {
            let (queue, received) = sync_channel(8);
            // With the first line it fills the buffer, but for this much.
            let long = "a".repeat(BUFFER_BYTES - 2 - spare);
            for line in ["h", &long, "b", "c"] {
                queue.send(Entry::Line(format!("{line}\n"))).unwrap();
            }
            drop(queue);
            let (disk, lost) = (Arc::default(), AtomicU64::new(0));
            let once = Once(Arc::clone(&disk));
            write_lines(once, &received, &lost, Real::from_millis(200), |_| String::new());
            let text = String::from_utf8(disk.lock().unwrap().1.clone()).unwrap();
            let whole = text.lines().filter(|line| [&long, "h", "b", "c"].contains(line)).count();
            assert_eq!((whole, text.lines().count()), (3, 3), "with {spare}");
            assert_eq!(lost.into_inner(), 1, "with {spare}");
        }
    }
}
