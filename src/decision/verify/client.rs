//! What a client gets, and what is sent on its behalf: who could have served it, whether an answer hides what it
//! should, and where keys go.

use super::conduct::failure_status;
use super::custom::Facts;
use super::guide::Ways;
use super::properties::{Cause, Property, Sight};
use super::watch::{History, Look, Seen, Watch, What, bit};
use crate::gateway::{Answerer, BackendRef, Phase, PoolMember};
use crate::policy::{Body, Response};
use crate::units::{BackendId, StatusCode};

impl Watch<'_> {
    /// Whether somebody could serve the request who has not refused it.
    pub(super) fn usable<W: Ways>(&self, history: &History, look: &Look<'_>, ways: &mut W) -> bool {
        let spec = &self.setup.gateway;
        let Some(BackendRef::Pool(pool)) = look.exchange.target() else { return false };
        let Some(pool) = spec.pool(pool) else { return false };
        let mut fresh = pool.members.iter().filter(|member| history.refused & bit(member.backend.0) == 0);
        fresh.any(|member| look.after.is_ready(member.backend, spec, look.now, ways))
    }

    /// Whether all attempts met the same backend and the next one would, too, although another is ready: it is alone in
    /// the best group, and nothing takes it out.
    pub(super) fn is_stuck<W: Ways>(&self, history: &History, look: &Look<'_>, ways: &mut W) -> bool {
        let spec = &self.setup.gateway;
        let Some(BackendRef::Pool(pool)) = look.exchange.target() else { return false };
        let Some(pool) = spec.pool(pool) else { return false };
        let mut ready: Vec<PoolMember> = pool.members.clone();
        ready.retain(|member| look.after.is_ready(member.backend, spec, look.now, ways));
        let best = ready.iter().filter_map(|member| member.priority).min();
        let mut first = ready.iter().filter(|member| member.priority == best);
        let (Some(only), None) = (first.next(), first.next()) else { return false };
        ready.len() > 1 && history.refused == bit(only.backend.0)
    }

    /// Why what the last backend did is outside of what is claimed; `None`: it is not.
    pub(super) fn cause_of(history: &History) -> Option<Cause> {
        match history.last.what {
            _ if history.side_call_failed && history.last.backend.is_none() => Some(Cause::SideCall),
            What::NoResponse => Some(Cause::NoResponse),
            What::BreaksOff => Some(Cause::BreaksOff),
            What::Status | What::ComeBackAtOnce | What::Well | What::Nothing => {
                let is_named = history.last.is_counted || history.last.is_retried;
                (!is_named).then_some(Cause::OtherStatus)
            }
        }
    }

    pub(super) fn responded<W: Ways>(
        &self,
        response: &Response,
        answerer: Answerer,
        history: &History,
        look: &Look<'_>,
        ways: &mut W,
        seen: &mut Seen,
    ) {
        let status = response.status;
        if let Answerer::Backend { backend: Some(_), .. } = answerer
            && status.is_success()
            && history.refused != 0
        {
            seen.sights.push(Sight::FailedOver);
        }
        let is_error = status == StatusCode::TOO_MANY_REQUESTS || status.get() >= 500;
        let has_tried = look.exchange.attempts() > 0 || history.side_call_failed;
        let used_up = history.has_retried && history.left == Some(0);
        if is_error && has_tried && !used_up && self.usable(history, look, ways) {
            seen.breach(Property::Failover, Self::cause_of(history));
        } else if is_error && used_up && self.is_stuck(history, look, ways) {
            let cause = match history.last.what {
                What::ComeBackAtOnce => Some(Cause::ComeBackAtOnce),
                _ => Self::cause_of(history),
            };
            seen.breach(Property::Failover, cause);
        }
        if history.exhausted {
            let target = look.exchange.target();
            let configured = target.map(|target| failure_status(&self.setup.gateway, target));
            let is_expected = matches!(status.get(), 429 | 503) || configured == Some(status);
            if !is_expected {
                seen.breach(Property::ExhaustedAnswer, None);
            } else if !response.headers.contains("Retry-After") {
                seen.breach(Property::ExhaustedAnswer, Some(Cause::NoRetryAfter));
            }
        }
        self.custom(response, history, look, seen);
        if answerer == Answerer::Gateway && self.leaks(response) {
            seen.breach(Property::NoLeak, None);
        }
    }

    /// Asks the properties that somebody wrote.
    pub(super) fn custom(&self, response: &Response, history: &History, look: &Look<'_>, seen: &mut Seen) {
        if self.setup.custom.is_empty() {
            return;
        }
        let name = |number: &u16| {
            self.setup.gateway.backend(BackendId(*number)).map_or_else(String::new, |b| b.name.to_string())
        };
        let backends: Vec<String> = history.called.iter().map(name).collect();
        let facts = Facts {
            request: look.exchange.request(),
            response,
            attempts: look.exchange.attempts(),
            retries: history.retries,
            waited_ms: history.waited.as_nanos() / 1_000_000,
            backends: &backends.join(","),
            exhausted: history.exhausted,
        };
        for (custom, at) in self.setup.custom.iter().zip(0_u8..) {
            match (custom.holds(&facts), custom.is_sometimes) {
                (true, true) => seen.sights.push(Sight::Custom(at)),
                (false, false) => seen.breach(Property::Custom(at), None),
                (true, false) | (false, true) => {}
            }
        }
    }

    pub(super) fn leaks(&self, response: &Response) -> bool {
        let names = |text: &str| {
            let text = text.to_lowercase();
            self.hidden.iter().any(|name| text.contains(name.as_str()))
        };
        let body = if let Body::Text(text) = &response.body { names(text) } else { false };
        body || names(&response.reason)
            || response.headers.iter().any(|header| names(&header.value.to_text()))
    }

    /// A key in the header that accounts read.
    pub(super) fn keys(&self, history: &mut History, look: &Look<'_>, seen: &mut Seen) {
        let Phase::AwaitingHeaders { backend: Some(backend), .. } = look.exchange.phase() else { return };
        let Some(key) = look.exchange.request().headers.joined("api-key") else { return };
        let mut client = look.head.headers.iter().flat_map(|headers| headers.iter());
        let is_clients =
            client.any(|header| header.name.eq_ignore_ascii_case("api-key") && header.value.to_text() == key);
        if is_clients {
            seen.breach(Property::Credentials, Some(Cause::SubscriptionKey));
            return;
        }
        let hosts = |number: u16| {
            self.setup.gateway.backend(BackendId(number)).and_then(|backend| host(&backend.url))
        };
        match &history.key {
            Some((known, owner)) if *known == *key.as_str() && hosts(*owner) != hosts(backend.0) => {
                seen.breach(Property::Credentials, None);
            }
            _ => history.key = Some((key.as_str().to_owned(), backend.0)),
        }
    }
}

/// The host of a URL.
pub(super) fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':', '?']).next().filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{HeaderValue, Text};
    use crate::verify::tests::support::walkthrough;
    use crate::verify::{Answers, Limits};

    #[test]
    fn the_host_of_a_url_has_neither_scheme_nor_path() {
        let table = [
            ("https://a.example/openai", Some("a.example")),
            ("https://a.example:8080", Some("a.example")),
            ("a.example?x=1", Some("a.example")),
            ("https:///path", None),
            ("", None),
        ];
        for (url, expected) in table {
            assert_eq!(host(url), expected, "{url}");
        }
    }

    #[test]
    fn names_of_backends_leak_through_body_reason_and_headers() {
        let (setup, answers) = (walkthrough(), Answers::default());
        let watch = Watch::new(&setup, &answers, Limits::default());
        let plain = || Response::plain(StatusCode::SERVICE_UNAVAILABLE);
        assert!(!watch.leaks(&plain()));
        for text in ["see BACKEND-1", "https://backend-2.example/", "the openai-backend-pool is down"] {
            let mut by_body = plain();
            by_body.body = Body::Text(text.into());
            let mut by_reason = plain();
            by_reason.reason = text.into();
            let mut by_header = plain();
            by_header.headers.append(Text::Static("x-from"), HeaderValue::Text(text.into()));
            assert!([by_body, by_reason, by_header].iter().all(|response| watch.leaks(response)), "{text}");
        }
    }

    #[test]
    fn a_failed_side_call_is_a_cause_only_before_any_backend_was_met() {
        let mut history = History { side_call_failed: true, ..History::default() };
        assert_eq!(Watch::cause_of(&history), Some(Cause::SideCall));
        history.last.backend = Some(0);
        history.last.is_counted = true;
        assert_eq!(Watch::cause_of(&history), None);
        history.side_call_failed = false;
        history.last.is_counted = false;
        assert_eq!(Watch::cause_of(&history), Some(Cause::OtherStatus));
        history.last.backend = None;
        assert_eq!(Watch::cause_of(&history), Some(Cause::OtherStatus));
    }
}
