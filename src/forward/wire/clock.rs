//! The time of a run on a real clock.
//!
//! A clock steps neither back nor with the machine's calendar: it is monotonic from its start, and stands still where
//! its source would lie before that. The calendar is read for the start of a run and for ends of tokens that are dates.
//! With a speed of N a second of the run takes an Nth of a second; what headers tell stays in seconds of the run.

use std::time::Duration as Real;

use tokio::time::Instant;

use crate::units::{Duration, Timestamp};

/// Time since the start of a run.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
    speed: u32,
}

impl Clock {
    /// A clock that starts now and goes `speed` times as fast as time does; 0 counts as 1.
    pub fn starting_now(speed: u32) -> Self {
        Self { start: Instant::now(), speed: speed.max(1) }
    }

    /// The time of the run.
    #[inline]
    pub fn now(&self) -> Timestamp {
        let nanos = self.start.elapsed().as_nanos().saturating_mul(u128::from(self.speed));
        Timestamp::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// When it is `at`, far in the future at most.
    pub fn instant(&self, at: Timestamp) -> Instant {
        // Thirty years: beyond it instants of some systems end.
        const FAR: Real = Real::from_hours(30 * 365 * 24);
        let real = Real::from_nanos(at.as_nanos().div_ceil(u64::from(self.speed)));
        self.start.checked_add(real.min(FAR)).unwrap_or(self.start)
    }

    /// Waits until it is `at`.
    pub async fn until(&self, at: Timestamp) {
        tokio::time::sleep_until(self.instant(at)).await;
    }

    /// How long a time of the run takes.
    pub fn real(&self, time: Duration) -> Real {
        Real::from_nanos(time.as_nanos().div_ceil(u64::from(self.speed)))
    }

    /// How many times as fast as time it goes.
    pub const fn speed(&self) -> u32 {
        self.speed
    }
}

/// The calendar's time since 1970-01-01 UTC: for what lies outside of a run, such as its start.
#[expect(clippy::disallowed_methods, reason = "what is served is served now, and no result depends on it")]
pub fn unix_now() -> Real {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// The same in whole seconds.
pub fn unix_now_s() -> u64 {
    unix_now().as_secs()
}

/// A number that the system draws, to choose by where no seed is given.
pub fn system_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    // The keys of the standard library's hasher come from the system's generator.
    std::hash::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_takes_an_nth_of_one() {
        for speed in [1, 10] {
            let clock = Clock::starting_now(speed);
            let began = Instant::now();
            clock.until(Timestamp::from_nanos(5_000_000_000)).await;
            let took = began.elapsed().as_millis();
            assert_eq!(took, u128::from(5_000 / speed), "at {speed}");
            assert_eq!(clock.now().as_nanos(), 5_000_000_000, "at {speed}");
            assert_eq!(clock.real(Duration::from_secs(1)), Real::from_millis(u64::from(1_000 / speed)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_source_that_steps_back_behind_the_start_stands_still() {
        // As seen from now, the start lies ahead: what a step back would come to.
        let clock = Clock { start: Instant::now() + Real::from_secs(10), speed: 3 };
        assert_eq!(clock.now(), Timestamp::ZERO);
        tokio::time::advance(Real::from_secs(9)).await;
        assert_eq!(clock.now(), Timestamp::ZERO);
        tokio::time::advance(Real::from_secs(2)).await;
        assert_eq!(clock.now(), Timestamp::from_nanos(3_000_000_000));
    }

    #[test]
    fn readings_never_go_back_whoever_takes_them() {
        let (clock, latest) = (Clock::starting_now(10), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50_000 {
                        let before = latest.load(Ordering::SeqCst);
                        let now = clock.now().as_nanos();
                        assert!(now >= before, "{now} after {before}");
                        latest.fetch_max(now, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(latest.into_inner() > 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_time_is_far_and_no_panic() {
        let clock = Clock::starting_now(0);
        assert!(clock.instant(Timestamp::MAX) > Instant::now());
        assert_eq!(clock.speed(), 1);
    }
}
