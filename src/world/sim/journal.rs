//! The fingerprint of a run: a hash over everything that happened, in order.
//!
//! Two runs with the same fingerprint made the same decisions at the same times. The hash is XXH3
//! (128 bits) over fixed-size little-endian records; it is a checksum, not a signature.

use xxhash_rust::xxh3::Xxh3Default;

use crate::units::Timestamp;

/// Kinds of journal records. The numbers are part of the fingerprint.
#[derive(Clone, Copy, Debug)]
pub(super) enum Record {
    /// A request arrived: request, gateway instance.
    Arrival = 1,
    /// A request was forwarded: request, backend and attempt.
    Forward = 2,
    /// A breaker tripped: backend and instance, end of the trip.
    Trip = 3,
    /// A request ended: request, status and ending.
    End = 4,
    /// No backend was available: request, status.
    Exhausted = 5,
}

/// The journal of a run, kept only as a hash.
#[derive(Clone)]
pub(super) struct Journal {
    hasher: Xxh3Default,
    buffer: Vec<u8>,
}

const BUFFER: usize = 16 * 1024;

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("fingerprint", &self.fingerprint()).finish()
    }
}

impl Journal {
    pub(super) fn new() -> Self {
        Self { hasher: Xxh3Default::new(), buffer: Vec::with_capacity(BUFFER + 64) }
    }

    /// Adds a record.
    #[inline]
    pub(super) fn record(&mut self, now: Timestamp, record: Record, a: u64, b: u64) {
        self.buffer.extend_from_slice(&now.as_nanos().to_le_bytes());
        self.buffer.extend_from_slice(&a.to_le_bytes());
        self.buffer.extend_from_slice(&((b << 8) | record as u64).to_le_bytes());
        if self.buffer.len() >= BUFFER {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
    }

    /// The hash of all records so far, as 32 hex digits.
    pub(super) fn fingerprint(&self) -> String {
        let mut hasher = self.hasher.clone();
        hasher.update(&self.buffer);
        format!("{:032x}", hasher.digest128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(records: &[(u64, u64, u64)]) -> String {
        let mut journal = Journal::new();
        for (at, a, b) in records {
            journal.record(Timestamp::from_nanos(*at), Record::Arrival, *a, *b);
        }
        journal.fingerprint()
    }

    #[test]
    fn order_time_and_content_matter() {
        let base = of(&[(1, 2, 3), (4, 5, 6)]);
        assert_eq!(base, of(&[(1, 2, 3), (4, 5, 6)]));
        assert_ne!(base, of(&[(4, 5, 6), (1, 2, 3)]));
        assert_ne!(base, of(&[(1, 2, 3), (4, 5, 7)]));
        assert_eq!(base.len(), 32);
    }

    #[test]
    fn buffering_does_not_show() {
        let many: Vec<(u64, u64, u64)> = (0..5_000).map(|n| (n, n, n)).collect();
        let mut plain = Xxh3Default::new();
        for (at, a, b) in &many {
            plain.update(&at.to_le_bytes());
            plain.update(&a.to_le_bytes());
            plain.update(&((b << 8) | 1u64).to_le_bytes());
        }
        assert_eq!(of(&many), format!("{:032x}", plain.digest128()));
    }
}
