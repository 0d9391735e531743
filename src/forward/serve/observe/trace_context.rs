//! Which trace a request belongs to: the header `traceparent` of W3C Trace Context (2021).
//!
//! Rules
//! - A client's `traceparent` that can be read is gone on with, and its decision whether the trace is sampled is kept.
//! - One that cannot be read, or that is told twice, counts as none, and `tracestate` with it.
//!
//! API Management is not documented to do anything with this header; it goes on like any other where no spans are made.

use http::HeaderMap;

/// The name of the header.
pub(super) const TRACEPARENT: &str = "traceparent";
/// What vendors keep beside it.
pub(super) const TRACESTATE: &str = "tracestate";

/// A trace, and who of it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceContext {
    pub(super) trace: u128,
    /// The span that asks; `None`: the trace begins here.
    pub(super) parent: Option<u64>,
    pub(super) is_sampled: bool,
}

impl TraceContext {
    /// What a client says. `None`: nothing that can be read.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all(TRACEPARENT).iter();
        let (own, more) = (all.next()?, all.next());
        if more.is_some() { None } else { Self::read(own.to_str().ok()?.trim()) }
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_future = hex(version, 2)? > 0;
        if version == "ff" || !is_future && parts.next().is_some() {
            return None;
        }
        let (trace, parent) = (hex(trace, 32)?, u64::try_from(hex(parent, 16)?).ok()?);
        let is_sampled = hex(flags, 2)? & 1 == 1;
        (trace != 0 && parent != 0).then_some(Self { trace, parent: Some(parent), is_sampled })
    }

    /// The header for whom `span` asks.
    pub(super) fn header(&self, span: u64) -> String {
        format!("00-{:032x}-{span:016x}-{:02x}", self.trace, u8::from(self.is_sampled))
    }
}

/// A number of so many lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != digits || !text.bytes().all(is_hex) {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_clients_say_is_read_as_the_recommendation_has_it() {
        let of = |flags: &str| WHOLE.replace("-01", flags);
        for (text, sampled) in [
            (WHOLE.to_owned(), Some(true)),
            (of("-00"), Some(false)),
            (of("-03"), Some(true)),
            (WHOLE.replacen("00", "cc", 1) + "-what-comes", Some(true)),
            (WHOLE.to_owned() + "-more", None),
            (WHOLE.replacen("00", "ff", 1), None),
            (WHOLE.to_uppercase(), None),
            (WHOLE.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)), None),
            (WHOLE.replace("00f067aa0ba902b7", &"0".repeat(16)), None),
            (of("-1"), None),
            (of(""), None),
            (String::new(), None),
        ] {
            assert_eq!(TraceContext::read(&text).map(|own| own.is_sampled), sampled, "{text}");
        }
        let own = TraceContext::read(WHOLE).unwrap();
        assert_eq!(own.header(own.parent.unwrap()), WHOLE);
    }

    #[test]
    fn a_header_told_twice_is_none() {
        let mut headers = HeaderMap::new();
        assert_eq!(TraceContext::of(&headers), None);
        headers.append(TRACEPARENT, WHOLE.parse().unwrap());
        assert!(TraceContext::of(&headers).is_some());
        headers.append(TRACEPARENT, WHOLE.parse().unwrap());
        assert_eq!(TraceContext::of(&headers), None);
    }
}
