//! A span of simulated time, and the two ways people write one.

use std::fmt;

use thiserror::Error;

/// Nanoseconds, 0 to about 584 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

const NANOS_PER_MILLI: u64 = 1_000_000;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// `millis` milliseconds, at most the largest duration.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(NANOS_PER_MILLI))
    }

    /// `secs` seconds, at most the largest duration.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(NANOS_PER_SECOND))
    }

    /// The number of nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole seconds, rounded up: the unit of a `Retry-After` header.
    pub const fn as_secs_ceil(self) -> u64 {
        self.0.div_ceil(NANOS_PER_SECOND)
    }

    /// Whole milliseconds, rounded up: the unit of a `retry-after-ms` header.
    pub const fn as_millis_ceil(self) -> u64 {
        self.0.div_ceil(NANOS_PER_MILLI)
    }

    /// Seconds as a float, for statistics and charts only.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Milliseconds as a float, for statistics and charts only.
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The sum, at most the largest duration.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, at least zero.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `factor` times as long, at most the largest duration.
    #[must_use]
    pub const fn saturating_mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// Reads an ISO 8601 duration (`PT1M30S`, `P1D`; weeks to seconds, a fraction on the last part;
    /// years and months are refused because their length varies) or the short form (`90s`, `250ms`,
    /// `1m30s`, `1.5h`, units d h m s ms us ns). The sign is not accepted: time runs forward.
    pub fn parse(text: &str) -> Result<Self, ParseDurationError> {
        let text = text.trim();
        match text.strip_prefix(['P', 'p']) {
            Some(rest) => parse_iso(rest),
            None => parse_short(text),
        }
    }
}

impl Duration {
    /// The ISO 8601 form that [`Duration::parse`] reads back, for example `PT1M30S`.
    pub fn iso(self) -> String {
        let mut text = "P".to_owned();
        let mut rest = self.0;
        for (unit, nanos) in UNITS.into_iter().take(3) {
            let whole = rest.checked_div(nanos).unwrap_or(0);
            rest = rest.checked_rem(nanos).unwrap_or(0);
            if whole > 0 {
                if unit != "d" && !text.contains('T') {
                    text.push('T');
                }
                text.push_str(&format!("{whole}{}", unit.to_ascii_uppercase()));
            }
        }
        if rest > 0 || text.len() == 1 {
            if !text.contains('T') {
                text.push('T');
            }
            let seconds = rest.checked_div(NANOS_PER_SECOND).unwrap_or(0);
            let part = format!(".{:09}", rest.checked_rem(NANOS_PER_SECOND).unwrap_or(0));
            text.push_str(&format!("{seconds}{}S", part.trim_end_matches('0').trim_end_matches('.')));
        }
        text
    }
}

impl fmt::Display for Duration {
    /// The short form that [`Duration::parse`] reads back, for example `1m30s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (unit, nanos) in UNITS {
            let whole = rest.checked_div(nanos).unwrap_or(0);
            rest = rest.checked_rem(nanos).unwrap_or(0);
            if whole > 0 {
                write!(f, "{whole}{unit}")?;
            }
        }
        Ok(())
    }
}

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseDurationError {
    /// Not of either form.
    #[error("expected an ISO 8601 duration such as `PT1M30S`, or a short one such as `90s`")]
    Malformed,
    /// Years and months have no fixed length.
    #[error("years and months have no fixed length: use days, hours, minutes and seconds")]
    Calendar,
    /// More than about 584 years.
    #[error("longer than 584 years")]
    TooLong,
}

const UNITS: [(&str, u64); 7] = [
    ("d", 86_400 * NANOS_PER_SECOND),
    ("h", 3_600 * NANOS_PER_SECOND),
    ("m", 60 * NANOS_PER_SECOND),
    ("s", NANOS_PER_SECOND),
    ("ms", NANOS_PER_MILLI),
    ("us", 1_000),
    ("ns", 1),
];

fn parse_iso(rest: &str) -> Result<Duration, ParseDurationError> {
    let mut total: u64 = 0;
    let mut in_time = false;
    let mut parts: u32 = 0;
    let mut last_rank = 0;
    let mut rest = rest;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(['T', 't']) {
            if in_time || after.is_empty() {
                return Err(ParseDurationError::Malformed);
            }
            in_time = true;
            rest = after;
            continue;
        }
        let (number, tail) = split_number(rest)?;
        let mut chars = tail.chars();
        let unit = chars.next().ok_or(ParseDurationError::Malformed)?.to_ascii_uppercase();
        rest = chars.as_str();
        let (rank, seconds) = match (in_time, unit) {
            (false, 'Y' | 'M') => return Err(ParseDurationError::Calendar),
            (false, 'W') => (1, 604_800),
            (false, 'D') => (2, 86_400),
            (true, 'H') => (3, 3_600),
            (true, 'M') => (4, 60),
            (true, 'S') => (5, 1),
            _ => return Err(ParseDurationError::Malformed),
        };
        let is_fraction = number.contains(['.', ',']);
        if rank <= last_rank || (is_fraction && !rest.is_empty()) {
            return Err(ParseDurationError::Malformed);
        }
        last_rank = rank;
        parts = parts.saturating_add(1);
        let nanos = scale(number, NANOS_PER_SECOND.saturating_mul(seconds))?;
        total = total.checked_add(nanos).ok_or(ParseDurationError::TooLong)?;
    }
    if parts == 0 { Err(ParseDurationError::Malformed) } else { Ok(Duration(total)) }
}

fn parse_short(text: &str) -> Result<Duration, ParseDurationError> {
    let mut total: u64 = 0;
    let mut rest = text;
    let mut last_unit_nanos = u64::MAX;
    if rest.is_empty() {
        return Err(ParseDurationError::Malformed);
    }
    while !rest.is_empty() {
        let (number, tail) = split_number(rest)?;
        let end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (unit, after) = tail.split_at_checked(end).ok_or(ParseDurationError::Malformed)?;
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(ParseDurationError::Malformed)?;
        if *nanos >= last_unit_nanos {
            return Err(ParseDurationError::Malformed);
        }
        last_unit_nanos = *nanos;
        let nanos = scale(number, *nanos)?;
        total = total.checked_add(nanos).ok_or(ParseDurationError::TooLong)?;
        rest = after;
    }
    Ok(Duration(total))
}

fn split_number(text: &str) -> Result<(&str, &str), ParseDurationError> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(text.len());
    let (number, tail) = text.split_at_checked(end).ok_or(ParseDurationError::Malformed)?;
    let starts_well = number.starts_with(|c: char| c.is_ascii_digit());
    let ends_well = number.ends_with(|c: char| c.is_ascii_digit());
    if starts_well && ends_well { Ok((number, tail)) } else { Err(ParseDurationError::Malformed) }
}

/// `number` (digits with at most one point or comma) times `unit_nanos`, digits below 1 ns cut off.
fn scale(number: &str, unit_nanos: u64) -> Result<u64, ParseDurationError> {
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    if fraction.contains(['.', ',']) {
        return Err(ParseDurationError::Malformed);
    }
    let whole: u64 = whole.parse().map_err(|_| ParseDurationError::TooLong)?;
    let mut total = whole.checked_mul(unit_nanos).ok_or(ParseDurationError::TooLong)?;
    let mut place = unit_nanos;
    for digit in fraction.bytes() {
        place = place.checked_div(10).unwrap_or(0);
        let digit = u64::from(digit.saturating_sub(b'0'));
        let part = place.checked_mul(digit).ok_or(ParseDurationError::TooLong)?;
        total = total.checked_add(part).ok_or(ParseDurationError::TooLong)?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(text: &str) -> Result<u64, ParseDurationError> {
        Duration::parse(text).map(|d| d.as_nanos() / NANOS_PER_MILLI)
    }

    #[test]
    fn reads_both_forms() {
        for (text, expected_ms) in [
            ("PT1M", 60_000),
            ("PT60S", 60_000),
            ("P1D", 86_400_000),
            ("PT1H30M", 5_400_000),
            ("P1DT0.5S", 86_400_500),
            ("P1W", 604_800_000),
            ("90s", 90_000),
            ("250ms", 250),
            ("1m30s", 90_000),
            ("1.5h", 5_400_000),
            ("0s", 0),
            (" 2m ", 120_000),
        ] {
            assert_eq!(millis(text), Ok(expected_ms), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_neither() {
        for text in
            ["", "P", "PT", "1", "s", "-1s", "1x", "1s1m", "PT1S1M", "1..5s", "1.s", "PT1.5M3S", "NaN", "é"]
        {
            assert_eq!(Duration::parse(text), Err(ParseDurationError::Malformed), "{text}");
        }
        assert_eq!(Duration::parse("P1Y"), Err(ParseDurationError::Calendar));
        assert_eq!(Duration::parse("P2M"), Err(ParseDurationError::Calendar));
        assert_eq!(Duration::parse("999999999d"), Err(ParseDurationError::TooLong));
        assert_eq!(Duration::parse("99999999999999999999s"), Err(ParseDurationError::TooLong));
    }

    #[test]
    fn iso_is_as_short_as_can_be() {
        for (text, expected) in [
            ("5m", "PT5M"),
            ("90s", "PT1M30S"),
            ("1d", "P1D"),
            ("25h", "P1DT1H"),
            ("0s", "PT0S"),
            ("250ms", "PT0.25S"),
            ("10m", "PT10M"),
            ("100s", "PT1M40S"),
            ("20s", "PT20S"),
        ] {
            assert_eq!(Duration::parse(text).map(Duration::iso), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn rounds_headers_up() {
        assert_eq!(Duration::from_nanos(1).as_secs_ceil(), 1);
        assert_eq!(Duration::from_secs(1).as_secs_ceil(), 1);
        assert_eq!(Duration::from_nanos(1_000_001).as_millis_ceil(), 2);
    }

    proptest! {
        #[test]
        fn display_reads_back(nanos in any::<u64>()) {
            let duration = Duration::from_nanos(nanos);
            prop_assert_eq!(Duration::parse(&duration.to_string()), Ok(duration));
        }

        #[test]
        fn iso_reads_back(nanos in any::<u64>(), seconds in 0_u64..1_000_000) {
            for duration in [Duration::from_nanos(nanos), Duration::from_secs(seconds)] {
                prop_assert_eq!(Duration::parse(&duration.iso()), Ok(duration), "{}", duration.iso());
            }
        }

        #[test]
        fn any_text_is_survived(text in ".{0,40}") {
            let _ = Duration::parse(&text);
        }
    }
}
