//! Session awareness: a cookie that leads a client back to the member that answered it.
//!
//! Rules (backends article, 2025-05-20)
//! - A pool with `sessionAffinity` sets a cookie on the answer; a client that stores it and sends it back is
//!   served by the same member. It works with every way of balancing load.
//! - A client that sends no cookie is served as without it.
//!
//! The value of the cookie is not published: here it is 16 hex digits that depend on the names of pool and
//! member, the same in every instance. Undocumented, so switches: a pinned member that is tripped
//! (`lb.affinity_tripped`), one in a worse group than others that are available
//! (`lb.affinity_vs_priority`), a value that names no member (`lb.affinity_unknown_cookie`) and the second
//! attempt of one request (`lb.affinity_retry`). Assumed: the cookie is set on whatever a member answers, also
//! an error, unless the client has it already; a pinned request takes no turn of the rotation.
//!
//! Deliberately not modelled: attributes of the cookie (path, expiry), and that backends see it.

use super::choices::Choices;
use super::pipeline::Runner;
use super::selection::Pin;
use super::spec::PoolSpec;
use crate::policy::{HeaderValue, Response, Text};
use crate::semantics::{AffinityRetry, AffinityTripped, AffinityUnknown};
use crate::units::{BackendId, PoolId};

/// The cookies of one pool.
#[derive(Clone, Debug)]
pub(super) struct Cookies {
    name: Text,
    members: Vec<MemberCookie>,
}

#[derive(Clone, Debug)]
struct MemberCookie {
    backend: BackendId,
    value: Text,
    /// The whole `Set-Cookie`.
    set: Text,
}

/// What a client's cookie says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Nothing,
    Unknown,
    Member(usize),
}

impl Cookies {
    /// The cookies of `pool`; `None` when it sets none. `name_of` tells the names of backends.
    pub(super) fn of<'a>(
        pool: &PoolSpec,
        mut name_of: impl FnMut(BackendId) -> Option<&'a str>,
    ) -> Option<Self> {
        let affinity = pool.affinity.as_ref()?;
        let members = pool.members.iter().map(|member| {
            let value = value(&pool.name, name_of(member.backend).unwrap_or_default());
            let set = Text::from(format!("{}={value}", affinity.cookie));
            MemberCookie { backend: member.backend, value: Text::from(value), set }
        });
        Some(Self { name: Text::from(std::sync::Arc::clone(&affinity.cookie)), members: members.collect() })
    }

    /// What `header`s called `Cookie` say. Of several values the first decides.
    fn sent<'a>(&self, headers: impl Iterator<Item = &'a HeaderValue>) -> Sent {
        for header in headers {
            let HeaderValue::Text(header) = header else { continue };
            let mut pairs = header.split(';').filter_map(|pair| pair.split_once('='));
            let Some((_, value)) = pairs.find(|(name, _)| name.trim() == self.name.as_str()) else {
                continue;
            };
            let value = value.trim().trim_matches('"');
            let place = self.members.iter().position(|member| member.value.as_str() == value);
            return place.map_or(Sent::Unknown, Sent::Member);
        }
        Sent::Nothing
    }
}

impl<C: Choices> Runner<'_, C> {
    /// What the request asks of the selection in a pool.
    pub(super) fn pin(&mut self, pool: PoolId) -> Pin {
        let spec = self.spec;
        let Some(cookies) = spec.cookies(pool) else { return Pin::None };
        let Sent::Member(place) = cookies.sent(self.exchange.request.headers.values("Cookie")) else {
            return Pin::None;
        };
        let is_retry = self.exchange.attempt.0 > 0;
        if is_retry && spec.semantics().lb_affinity_retry(self.choices) == AffinityRetry::Reselect {
            return Pin::None;
        }
        match spec.semantics().lb_affinity_tripped(self.choices) {
            AffinityTripped::Refuse => Pin::Only(place),
            AffinityTripped::Repin | AffinityTripped::Keep => Pin::Prefer(place),
        }
    }

    /// Notes the cookie that the answer of `chosen` will set. `was_tripped`: the pinned member was left out
    /// because it is tripped.
    pub(super) fn note_cookie(&mut self, pool: PoolId, chosen: BackendId, was_tripped: bool) {
        let spec = self.spec;
        let Some(cookies) = spec.cookies(pool) else { return };
        let semantics = spec.semantics();
        let sets = match cookies.sent(self.exchange.request.headers.values("Cookie")) {
            Sent::Nothing => true,
            Sent::Unknown => semantics.lb_affinity_unknown(self.choices) == AffinityUnknown::Reissue,
            Sent::Member(place) => {
                let has_it = cookies.members.get(place).is_some_and(|member| member.backend == chosen);
                let keeps =
                    was_tripped && semantics.lb_affinity_tripped(self.choices) == AffinityTripped::Keep;
                !has_it && !keeps
            }
        };
        let member = cookies.members.iter().find(|member| member.backend == chosen).filter(|_| sets);
        self.exchange.set_cookie = member.map(|member| member.set.clone());
    }

    /// Puts the noted cookie on the answer of a member.
    pub(super) fn add_cookie(&mut self, response: &mut Response) {
        if let Some(cookie) = self.exchange.set_cookie.take() {
            response.headers.append(Text::Static("Set-Cookie"), HeaderValue::Text(cookie));
        }
    }
}

/// What stands for a member in a cookie: nothing that tells its name.
fn value(pool: &str, member: &str) -> String {
    let names = format!("{}\n{}", pool.to_ascii_lowercase(), member.to_ascii_lowercase());
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(names.as_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cookies() -> Cookies {
        let members = (0_u16..3).map(|n| {
            let value = value("p", &format!("b{n}"));
            let set = Text::from(format!("sid={value}"));
            MemberCookie { backend: BackendId(n), value: value.into(), set }
        });
        Cookies { name: "sid".into(), members: members.collect() }
    }

    fn sent(headers: &[&str]) -> Sent {
        let headers: Vec<_> = headers.iter().map(|h| HeaderValue::Text((*h).to_owned().into())).collect();
        cookies().sent(headers.iter())
    }

    #[test]
    fn cookies_are_found_among_others() {
        let one = value("p", "b1");
        for (header, expected) in [
            (format!("sid={one}"), Sent::Member(1)),
            (format!("a=b; sid={one}; c=d"), Sent::Member(1)),
            (format!("a=b;sid = {one} "), Sent::Member(1)),
            (format!("sid=\"{one}\""), Sent::Member(1)),
            (format!("sid={one}; sid={}", value("p", "b2")), Sent::Member(1)),
            // Names of cookies are case-sensitive (RFC 6265).
            (format!("SID={one}"), Sent::Nothing),
            (format!("xsid={one}"), Sent::Nothing),
            ("sid".to_owned(), Sent::Nothing),
            ("sid=".to_owned(), Sent::Unknown),
            (format!("sid={one}0"), Sent::Unknown),
            (String::new(), Sent::Nothing),
        ] {
            assert_eq!(sent(&[&header]), expected, "{header}");
        }
        assert_eq!(sent(&["a=b", &format!("sid={one}")]), Sent::Member(1));
        assert_eq!(sent(&[]), Sent::Nothing);
    }

    #[test]
    fn values_are_opaque_and_differ_by_pool_and_member() {
        let all = [value("p", "b0"), value("p", "b1"), value("q", "b0"), value("pb", "0")];
        for (at, one) in all.iter().enumerate() {
            assert!(one.len() == 16 && one.bytes().all(|b| b.is_ascii_hexdigit()));
            assert!(!all[..at].contains(one));
        }
        // Resource names do not depend on case.
        assert_eq!(value("P", "B0"), value("p", "b0"));
    }

    proptest! {
        #[test]
        fn any_header_is_survived(header in ".*") {
            prop_assert!(!matches!(sent(&[&header]), Sent::Member(_)));
        }
    }
}
