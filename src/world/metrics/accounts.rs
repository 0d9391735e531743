//! Counts by status code.

use std::collections::BTreeMap;

use crate::units::StatusCode;

/// How many responses had each status code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusCounts {
    counts: BTreeMap<StatusCode, u64>,
}

impl StatusCounts {
    /// Counts one response.
    pub fn record(&mut self, status: StatusCode) {
        let count = self.counts.entry(status).or_default();
        *count = count.saturating_add(1);
    }

    /// How many had `status`.
    pub fn get(&self, status: StatusCode) -> u64 {
        self.counts.get(&status).copied().unwrap_or(0)
    }

    /// How many there were altogether.
    pub fn total(&self) -> u64 {
        self.sum_where(|_| true)
    }

    /// How many had a code of 200 to 299.
    pub fn successes(&self) -> u64 {
        self.sum_where(StatusCode::is_success)
    }

    /// The codes that occurred, in ascending order, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (StatusCode, u64)> + '_ {
        self.counts.iter().map(|(status, count)| (*status, *count))
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (status, count) in other.iter() {
            let sum = self.counts.entry(status).or_default();
            *sum = sum.saturating_add(count);
        }
    }

    fn sum_where(&self, keep: impl Fn(StatusCode) -> bool) -> u64 {
        self.iter().filter(|(status, _)| keep(*status)).fold(0, |sum, (_, count)| sum.saturating_add(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_merge_and_come_out_in_order() {
        let mut counts = StatusCounts::default();
        for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::OK, StatusCode::OK] {
            counts.record(status);
        }
        let mut both = counts.clone();
        both.merge(&counts);
        assert_eq!(
            both.iter().collect::<Vec<_>>(),
            [(StatusCode::OK, 4), (StatusCode::TOO_MANY_REQUESTS, 2)]
        );
        assert_eq!((both.total(), both.successes(), both.get(StatusCode::NOT_FOUND)), (6, 4, 0));
    }
}
