//! What benchmarks share: rounds, medians, and the size of the process.

#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::hint::black_box;
use std::time::Instant;

use mimalloc::MiMalloc;

/// The allocator of the program that is measured.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Whether the command line has `flag`.
pub fn has(flag: &str) -> bool {
    std::env::args().any(|arg| arg == flag)
}

/// Seconds that `run` takes, and what it gives.
pub fn seconds<T>(run: impl FnOnce() -> T) -> (f64, T) {
    let started = Instant::now();
    let result = black_box(run());
    (started.elapsed().as_secs_f64(), result)
}

/// Nanoseconds of one of `times` runs, on average.
pub fn nanoseconds(times: u32, mut run: impl FnMut() -> u64) -> f64 {
    let (taken, ()) = seconds(|| {
        for _ in 0..times {
            black_box(run());
        }
    });
    taken * 1e9 / f64::from(times)
}

/// The value in the middle; 0 when there is none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Peak resident memory in MB, where the system tells it in a file.
pub fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kb: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kb / 1024.0)
}
