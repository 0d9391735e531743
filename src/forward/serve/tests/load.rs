//! Many clients at once: connections up to the bound and beyond it, and ends and new files while they ask.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration as Real;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::lab::{FAILOVER, Lab, answer, backend, settings};
use crate::serve::{Journal, JournalHeader};
use crate::wire::{Limits, Outgoing};

const ASKS: &[u8] = b"POST /openai/d HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx";
const SOON: Real = Real::from_secs(20);

/// A backend that answers `fine` a little later; nothing of what it sees is kept.
async fn patient(time: Real) -> SocketAddr {
    let listening = crate::wire::Listening::bind(super::lab::LOCAL, Limits::default(), None).await.unwrap();
    let (address, stop) = (listening.address().unwrap(), crate::wire::stop_switch());
    let stopped = stop.listen();
    tokio::spawn(async move {
        let _stop = stop;
        let answering = move |request: http::Request<hyper::body::Incoming>, _| async move {
            drop(http_body_util::BodyExt::collect(request.into_body()).await);
            tokio::time::sleep(time).await;
            http::Response::new(Outgoing::whole("fine"))
        };
        listening.run(answering, stopped).await
    });
    address
}

/// Whether an answer with `fine` came to its end.
async fn is_answered(stream: &mut TcpStream) -> bool {
    let (mut all, mut part) = (Vec::new(), [0; 1024]);
    while !all.ends_with(b"\r\n\r\nfine") {
        match stream.read(&mut part).await {
            Ok(n) if n > 0 => all.extend_from_slice(&part[..n]),
            Ok(_) | Err(_) => return false,
        }
    }
    all.starts_with(b"HTTP/1.1 200")
}

/// The soft limit of open files, raised as far as this process may.
fn open_files() -> usize {
    let pid = std::process::id().to_string();
    // The limit cannot be raised without unsafe code here; where there is no such program it stays as it is.
    let raise = std::process::Command::new("prlimit").args(["--pid", &pid, "--nofile=65536:65536"]).output();
    drop(raise);
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap_or_default();
    line.split_whitespace().nth(3).and_then(|soft| soft.parse().ok()).unwrap_or(1_024)
}

#[tokio::test]
async fn two_thousand_idle_connections_keep_nobody_from_being_served() {
    // Both ends are in this process, and other tests have files open, too.
    idle_connections((open_files() / 8).min(2_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes nearly all files that a process may open"]
async fn ten_thousand_idle_connections_keep_nobody_from_being_served() {
    let count = (open_files().saturating_sub(200) / 2).min(10_000);
    if count < 10_000 {
        println!("the limit of open files allows only {count} connections");
    }
    idle_connections(count).await;
}

async fn idle_connections(count: usize) {
    let (only, _) = backend(|_| answer(200, "fine")).await;
    let limits =
        Limits { connections: 10_100, head_time: Real::from_mins(5), drain_time: SOON, ..Limits::default() };
    let lab = Lab::start_with(settings(FAILOVER, &[only]), limits, None).await;
    let mut idle = Vec::new();
    for at in 0..count {
        let mut stream = TcpStream::connect(lab.address).await.unwrap();
        if at % 100 == 0 {
            // Some have asked before, or have begun to.
            stream.write_all(if at % 200 == 0 { ASKS } else { &ASKS[..20] }).await.unwrap();
        }
        idle.push(stream);
        if at % 1_000 == 0 {
            assert_eq!(lab.ask("x").await.0, 200, "with {at}");
        }
    }
    assert!(is_answered(&mut idle[0]).await);
    assert_eq!(lab.ask("x").await.0, 200, "with {count}");
    println!("{count} connections, both ends and all else: {} KiB", super::soak::resident_kib());
    // Idle connections close; those that have begun a request do not keep the end waiting for its rest.
    lab.stop.now();
    let is_clean = tokio::time::timeout(SOON, lab.running).await.expect("it ends").unwrap();
    assert!(is_clean);
    for stream in idle.iter_mut().skip(1).step_by(997) {
        let mut byte = [0; 1];
        assert!(!matches!(stream.read(&mut byte).await, Ok(1)), "closed");
    }
}

#[tokio::test]
async fn a_connection_beyond_the_bound_is_told_so() {
    let (only, _) = backend(|_| answer(200, "fine")).await;
    let limits = Limits { connections: 3, ..Limits::default() };
    let lab = Lab::start_with(settings(FAILOVER, &[only]), limits, None).await;
    let mut idle = Vec::new();
    for _ in 0..3 {
        let mut stream = TcpStream::connect(lab.address).await.unwrap();
        stream.write_all(ASKS).await.unwrap();
        assert!(is_answered(&mut stream).await);
        idle.push(stream);
    }
    for _ in 0..100 {
        let mut stream = TcpStream::connect(lab.address).await.unwrap();
        stream.write_all(ASKS).await.unwrap();
        let mut told = String::new();
        let read = tokio::time::timeout(SOON, stream.read_to_string(&mut told)).await;
        read.expect("it closes").unwrap();
        assert!(told.starts_with("HTTP/1.1 503"), "{told}");
        assert!(told.contains("\"statusCode\":503") && told.contains("connection: close"), "{told}");
    }
    drop(idle.pop());
    let began = Instant::now();
    loop {
        let mut stream = TcpStream::connect(lab.address).await.unwrap();
        stream.write_all(ASKS).await.unwrap();
        if is_answered(&mut stream).await {
            break;
        }
        assert!(began.elapsed() < SOON, "a place that is free is given away");
    }
    // Those inside are served all the while.
    idle[0].write_all(ASKS).await.unwrap();
    assert!(is_answered(&mut idle[0]).await);
}

/// What clients under load have seen.
#[derive(Debug, Default)]
struct Tally {
    answered: AtomicUsize,
    /// Requests that were there before the end and got no answer.
    lost: AtomicUsize,
    /// When the end came.
    ended: OnceLock<Instant>,
}

/// Asks again and again, `each` times on a connection, until the server is gone.
async fn ask_on(address: SocketAddr, each: usize, tally: Arc<Tally>) {
    while let Ok(mut stream) = TcpStream::connect(address).await {
        for _ in 0..each {
            if stream.write_all(ASKS).await.is_err() {
                break;
            }
            let said = Instant::now();
            if is_answered(&mut stream).await {
                tally.answered.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            // A request that came when nobody listened any more was not accepted.
            if tally.ended.get().is_none_or(|ended| said < *ended) {
                tally.lost.fetch_add(1, Ordering::Relaxed);
            }
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_under_load_answers_all_that_has_come() {
    for round in 0..3 {
        let lab = Lab::start(settings(FAILOVER, &[patient(Real::from_millis(20)).await])).await;
        let tally = Arc::new(Tally::default());
        let clients: Vec<_> = (0..96)
            .map(|at| {
                let each = if at % 2 == 0 { 1 } else { 1_000 };
                tokio::spawn(ask_on(lab.address, each, Arc::clone(&tally)))
            })
            .collect();
        // Every client is in the middle of it.
        while tally.answered.load(Ordering::Relaxed) < 500 {
            tokio::time::sleep(Real::from_millis(10)).await;
        }
        tally.ended.set(Instant::now()).unwrap();
        lab.stop.now();
        let is_clean = tokio::time::timeout(SOON, lab.running).await.expect("it ends").unwrap();
        assert!(is_clean, "nothing was cut off");
        for client in clients {
            tokio::time::timeout(SOON, client).await.expect("clients end").unwrap();
        }
        let (answered, lost) = (tally.answered.load(Ordering::Relaxed), tally.lost.load(Ordering::Relaxed));
        assert!(lost == 0, "round {round}: {answered} answered, {lost} lost");
    }
}

/// An end comes at the very moment at which requests do: they are in this machine, and nobody has read them.
#[tokio::test]
async fn an_end_answers_what_nobody_has_read_yet() {
    let lab = Lab::start(settings(FAILOVER, &[patient(Real::from_millis(300)).await])).await;
    let mut streams = Vec::new();
    for _ in 0..10 {
        let mut stream = TcpStream::connect(lab.address).await.unwrap();
        stream.write_all(ASKS).await.unwrap();
        assert!(is_answered(&mut stream).await);
        streams.push(("kept alive", stream));
        streams.push(("accepted", TcpStream::connect(lab.address).await.unwrap()));
    }
    tokio::time::sleep(Real::from_millis(50)).await;
    // From here on the server, which is on this thread, sees nothing until all has been said.
    let mut fresh = Vec::new();
    for _ in 0..10 {
        let mut stream = std::net::TcpStream::connect(lab.address).unwrap();
        std::io::Write::write_all(&mut stream, ASKS).unwrap();
        stream.set_nonblocking(true).unwrap();
        fresh.push(("not accepted", TcpStream::from_std(stream).unwrap()));
    }
    for (_, stream) in &streams {
        assert_eq!(stream.try_write(ASKS).unwrap(), ASKS.len());
    }
    lab.stop.now();
    streams.extend(fresh);
    for (what, mut stream) in streams {
        assert!(is_answered(&mut stream).await, "{what}");
    }
    assert!(lab.running.await.unwrap());
}

#[tokio::test]
async fn an_end_does_not_wait_for_what_has_only_begun() {
    let (only, _) = backend(|_| answer(200, "fine")).await;
    let lab = Lab::start(settings(FAILOVER, &[only])).await;
    let mut begun = Vec::new();
    for text in [&b""[..], b"PRI * HT", b"GET /openai/d HTTP/1.1\r\nhost"] {
        let mut stream = TcpStream::connect(lab.address).await.unwrap();
        stream.write_all(text).await.unwrap();
        begun.push(stream);
    }
    tokio::time::sleep(Real::from_millis(100)).await;
    lab.stop.now();
    let is_clean = tokio::time::timeout(Real::from_secs(8), lab.running).await;
    assert!(is_clean.expect("it ends").unwrap(), "nothing was under way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_settings_under_load_lose_nothing() {
    let backends = [patient(Real::from_millis(10)).await, patient(Real::from_millis(10)).await];
    let lab = Arc::new(Lab::start(settings(FAILOVER, &backends)).await);
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..32)
        .map(|_| {
            let (lab, is_over) = (Arc::clone(&lab), Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut statuses = Vec::new();
                while !is_over.load(Ordering::Relaxed) {
                    statuses.push(lab.ask("x").await.0);
                }
                statuses
            })
        })
        .collect();
    for round in 0..40 {
        let policy =
            FAILOVER.replace("count=\"2\"", if round % 2 == 0 { "count=\"1\"" } else { "count=\"3\"" });
        lab.server.reload(settings(&policy, &backends)).unwrap();
        tokio::time::sleep(Real::from_millis(25)).await;
    }
    is_over.store(true, Ordering::Relaxed);
    let mut answered = 0;
    for client in clients {
        let statuses = client.await.unwrap();
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
        answered += statuses.len();
    }
    assert!(answered >= 32, "{answered}");
}

/// A file that is full after so many bytes, until it is not any more.
#[derive(Clone, Debug)]
struct Disk {
    kept: Arc<Mutex<Vec<u8>>>,
    is_full: Arc<AtomicBool>,
}

impl std::io::Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err(std::io::Error::from(std::io::ErrorKind::StorageFull));
        }
        self.kept.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_full_disk_costs_lines_that_are_counted_and_no_request() {
    let (only, _) = backend(|_| answer(200, "fine")).await;
    let disk = Disk { kept: Arc::default(), is_full: Arc::default() };
    let header = JournalHeader { hash: "h".into(), seed: 1, start_unix_s: 0 };
    let journal = Journal::new(disk.clone(), &header);
    let lab = Lab::start_with(settings(FAILOVER, &[only]), Limits::default(), Some(journal)).await;
    let mut asked = 0;
    for phase in 0..3 {
        disk.is_full.store(phase == 1, Ordering::Relaxed);
        for _ in 0..40 {
            assert_eq!(lab.ask("x").await.0, 200, "phase {phase}");
            asked += 1;
        }
        // Lines are written within a fifth of a second.
        tokio::time::sleep(Real::from_millis(600)).await;
    }
    let lost = lab.server.lost_lines();
    lab.stop.now();
    assert!(lab.running.await.unwrap());
    let text = String::from_utf8(disk.kept.lock().unwrap().clone()).unwrap();
    // Arrival, head and end of every request.
    let whole = text.lines().skip(1).filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
    let whole = whole.count();
    assert!(lost > 0 && whole > 0, "{lost} lost, {whole} kept");
    assert_eq!(whole + usize::try_from(lost).unwrap(), 3 * asked, "every line is kept or counted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_of_the_core_never_goes_back() {
    let disk = Disk { kept: Arc::default(), is_full: Arc::default() };
    let header = JournalHeader { hash: "h".into(), seed: 1, start_unix_s: 0 };
    let own = settings(FAILOVER, &[patient(Real::from_millis(1)).await]);
    let lab =
        Arc::new(Lab::start_with(own, Limits::default(), Some(Journal::new(disk.clone(), &header))).await);
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let lab = Arc::clone(&lab);
            tokio::spawn(async move {
                for _ in 0..50 {
                    lab.ask("x").await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    lab.stop.now();
    while !lab.running.is_finished() {
        tokio::time::sleep(Real::from_millis(20)).await;
    }
    let text = String::from_utf8(disk.kept.lock().unwrap().clone()).unwrap();
    let times: Vec<u64> = text
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["t"].as_u64().unwrap())
        .collect();
    assert!(times.len() >= 3 * 16 * 50 && times.is_sorted(), "{} inputs", times.len());
}
