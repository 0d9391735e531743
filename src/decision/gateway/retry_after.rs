//! Reading a Retry-After header.
//!
//! Both forms of RFC 9110 section 10.2.3 are read: whole seconds, and an HTTP date, which needs to know
//! what wall-clock time the run started at. A date in the past is zero. Anything else (negative,
//! fractional, words, several values) is no header at all. `retry-after-ms` and `x-ratelimit-reset-*`
//! are not looked at: nothing documents that the breaker does.

use std::time::UNIX_EPOCH;

use crate::policy::{HeaderValue, Headers};
use crate::units::{Duration, Timestamp};

/// The wait that `headers` ask for at `now`, in a run that began `start_unix_s` seconds after the epoch.
pub fn retry_after(headers: &Headers, now: Timestamp, start_unix_s: u64) -> Option<Duration> {
    let mut values = headers.values("Retry-After");
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    match value {
        HeaderValue::Number(seconds) => Some(Duration::from_secs(*seconds)),
        HeaderValue::Text(text) => parse(text.as_str().trim(), now, start_unix_s),
    }
}

fn parse(text: &str, now: Timestamp, start_unix_s: u64) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let seconds = text.parse::<u64>().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since_epoch = date.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let due = Timestamp::ZERO.saturating_add(Duration::from_secs(since_epoch.saturating_sub(start_unix_s)));
    Some(due.since(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Text;

    /// 1994-11-06 08:49:37 UTC, the example date of RFC 9110.
    const RFC_EXAMPLE_UNIX_S: u64 = 784_111_777;

    fn read(text: &'static str) -> Option<u64> {
        let mut headers = Headers::default();
        headers.set("retry-after".into(), HeaderValue::Text(Text::Static(text)));
        retry_after(&headers, Timestamp::from_nanos(7_000_000_000), RFC_EXAMPLE_UNIX_S - 10)
            .map(Duration::as_secs_ceil)
    }

    #[test]
    fn reads_seconds_and_dates() {
        assert_eq!(read("120"), Some(120));
        assert_eq!(read(" 0 "), Some(0));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(3));
        assert_eq!(read("Sunday, 06-Nov-94 08:49:37 GMT"), Some(3));
        assert_eq!(read("Sun, 06 Nov 1994 08:40:00 GMT"), Some(0));
        assert_eq!(read("99999999999999999999999"), Some(Duration::from_secs(u64::MAX).as_secs_ceil()));
    }

    #[test]
    fn anything_else_is_no_header() {
        for text in ["", "-1", "1.5", "soon", "5,6", "5s", "Sun, 06 Nov 1994"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
