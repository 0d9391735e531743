//! `DateTime`, `DateTimeOffset`, `TimeSpan`, `TimeZoneInfo`.
//!
//! Rules
//! - Now is the scope's clock; the gateway's local time zone is UTC.
//! - Arithmetic is exact in ticks, as in .NET 7 and later (older runtimes round to milliseconds).
//! - Of `DateTime` the service allows a list of members and no others ("policy expressions" page,
//!   2026-05); the rest is denied here.

pub mod calendar;
pub mod date_time;
mod exact;
pub mod format;
pub mod offset;
pub mod parse;
pub mod span;
mod windows;
pub mod zone;

use super::super::machine::Machine;
use super::super::value::DateTimeOffset;

pub use date_time::TABLES as DATE_TIME;
pub use offset::TABLES as OFFSET;
pub use span::TABLES as SPAN;
pub use zone::TABLES as ZONE;

/// Now, in ticks of UTC.
pub fn now(machine: &Machine<'_, '_>) -> i64 {
    let seconds = machine.scope.start_unix_s.saturating_mul(calendar::SECOND);
    let since = i64::try_from(machine.scope.now.as_nanos().div_euclid(100)).unwrap_or(i64::MAX);
    let ticks = calendar::UNIX_EPOCH.saturating_add(seconds).saturating_add(since);
    ticks.clamp(0, calendar::MAX_TICKS)
}

/// The moment in ticks of UTC.
pub const fn utc_ticks(value: DateTimeOffset) -> i64 {
    // Written out because a constant function cannot convert by trait.
    value.ticks.saturating_sub((value.offset_minutes as i64).saturating_mul(calendar::MINUTE))
}

#[cfg(test)]
mod tests {
    use super::super::super::{DateTime, DateTimeKind};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_round_trip_format_reads_back(ticks in 0..=calendar::MAX_TICKS) {
            let date = DateTime { ticks, kind: DateTimeKind::Unspecified };
            let text = format::date(date, Some("o")).unwrap();
            prop_assert_eq!(parse::scan(&text, 0).map(|found| found.ticks), Some(ticks));
            prop_assert_eq!(exact::scan(&text, "o", 0).map(|found| found.ticks), Some(ticks));
        }

        #[test]
        fn durations_read_back(ticks in any::<i64>()) {
            prop_assume!(ticks != i64::MIN);
            let text = format::span(ticks, None).unwrap();
            prop_assert_eq!(parse::span(&text).ok(), Some(ticks));
        }

        #[test]
        fn any_text_in_any_format_ends(text in ".{0,30}", how in "[dfFghHKmMstyz%'\"\\\\: /.-]{0,14}") {
            let date = DateTime { ticks: 638_000_000_000_000_000, kind: DateTimeKind::Local };
            let _ = format::date(date, Some(&how));
            let _ = format::span(123_456_789, Some(&how));
            let _ = parse::scan(&text, 0);
            let _ = parse::span(&text);
            let _ = exact::scan(&text, &how, 0);
        }
    }
}
