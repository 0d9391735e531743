//! What a deployment says, as the gateway sees it: status, headers, and the body of an error.
//!
//! Bodies of errors are written out only where an expression of the policy looks at bodies: nobody else does.
//! What a model answers has no body here.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::faults::FaultKind;
use super::plan::RunPlan;
use super::services::Reply;
use crate::backend::{
    Deployment, DeploymentSpec, ErrorTexts, Headroom, LimitKind, RetryAfterForm, ScriptedOutcome, Throttling,
    status_body, utilisation_text,
};
use crate::policy::{Body, Header, HeaderValue, Headers, Response, Text};
use crate::random::Stream;
use crate::units::{Duration, StatusCode, Timestamp};

/// How one deployment answers.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    /// Headers of every answer.
    always: Arc<[Header]>,
    /// Headers of errors.
    errors: Arc<[Header]>,
    /// Headers of refusals by the token limit.
    token_refusals: Arc<[Header]>,
    throttling: Throttling,
    start_unix_s: u64,
    /// Whether anybody looks at the ids of requests.
    tells_ids: bool,
    /// `None`: nobody looks at bodies.
    texts: Option<ErrorTexts>,
}

impl Answers {
    pub(super) fn new(plan: &RunPlan, deployment: &DeploymentSpec) -> Self {
        let path = plan.operation.path.as_str();
        let region = Header {
            name: "x-ms-region".into(),
            value: HeaderValue::Text(Arc::clone(&deployment.region).into()),
        };
        let text = |name: &'static str, value: &'static str| Header {
            name: name.into(),
            value: HeaderValue::Text(value.into()),
        };
        let errors = [
            region.clone(),
            text("Content-Type", "application/json"),
            text("x-content-type-options", "nosniff"),
            text("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ];
        let policy_id = text("policy-id", "DeploymentRatelimit-Token");
        Self {
            always: Arc::from([region]),
            token_refusals: errors.iter().cloned().chain([policy_id]).collect(),
            errors: Arc::from(errors),
            throttling: deployment.throttling.clone(),
            start_unix_s: plan.gateway.start_unix_s(),
            tells_ids: plan.gateway.program().names_request_ids,
            texts: (plan.gateway.program().reads_bodies)
                .then(|| ErrorTexts::new(path, &deployment.model, &deployment.region)),
        }
    }

    /// Whether refusals tell the room that is left.
    pub(super) fn tells_room_on_refusal(&self) -> bool {
        self.throttling.remaining.on_refusal()
    }

    /// Whether answers carry ids.
    pub(super) fn tells_ids(&self) -> bool {
        self.tells_ids
    }

    /// From now on answers tell everything, whoever looks at it.
    pub(super) fn tell_all(&mut self, plan: &RunPlan, deployment: &DeploymentSpec) {
        self.tells_ids = true;
        self.texts = Some(ErrorTexts::new(&plan.operation.path, &deployment.model, &deployment.region));
    }

    /// The response with this reply to a call that was sent at `sent_at`. Texts name `path`, where it is given, in
    /// the place of the operation's.
    pub(super) fn answer(
        &self,
        reply: Reply,
        sent_at: Timestamp,
        deployment: &Deployment,
        plan: &RunPlan,
        path: Option<&str>,
    ) -> Response {
        match reply {
            Reply::Admitted(headroom) => self.success(headroom, deployment),
            Reply::Throttled { limit, retry_after, headroom } => {
                let named = self.named(path, deployment);
                self.refusal(limit, retry_after, headroom, sent_at, deployment, named.as_ref())
            }
            Reply::Refused(status) => self.error(status, || status_body(status)),
            Reply::Scripted(fault) => self.scripted(plan, fault, self.named(path, deployment).as_ref()),
            Reply::Played(place, status) => {
                self.played(deployment.spec(), place, status, self.named(path, deployment).as_ref())
            }
        }
    }

    /// Texts that name `path`, where texts are written at all.
    fn named(&self, path: Option<&str>, deployment: &Deployment) -> Option<ErrorTexts> {
        let (path, spec) = (path.filter(|_| self.texts.is_some())?, deployment.spec());
        Some(ErrorTexts::new(path, &spec.model, &spec.region))
    }

    #[inline]
    fn success(&self, headroom: Headroom, deployment: &Deployment) -> Response {
        let mut headers = Headers::shared(Arc::clone(&self.always));
        if self.throttling.remaining.on_success() {
            add_room(&mut headers, headroom);
        }
        if self.throttling.limits.on_success() {
            add_limits(&mut headers, deployment);
        }
        Response { headers, ..Response::plain(StatusCode::OK) }
    }

    fn refusal(
        &self,
        limit: LimitKind,
        wait: Option<Duration>,
        headroom: Option<Headroom>,
        sent_at: Timestamp,
        deployment: &Deployment,
        named: Option<&ErrorTexts>,
    ) -> Response {
        let is_token_limit = matches!(limit, LimitKind::Tokens | LimitKind::Oversized);
        let base = if is_token_limit { &self.token_refusals } else { &self.errors };
        let mut headers = Headers::shared(Arc::clone(base));
        let seconds = wait.map(|wait| wait.as_secs_ceil().max(1));
        let told = self.add_wait(&mut headers, wait, seconds, sent_at);
        if self.throttling.reset
            && let Some(seconds) = seconds
        {
            let name = match limit {
                LimitKind::Requests => "x-ratelimit-reset-requests",
                LimitKind::Tokens
                | LimitKind::Oversized
                | LimitKind::Utilisation
                | LimitKind::HighDemand
                | LimitKind::Queue => "x-ratelimit-reset-tokens",
            };
            headers.append(name.into(), HeaderValue::Number(seconds));
        }
        if let Some(headroom) = headroom {
            add_room(&mut headers, headroom);
        }
        if self.throttling.limits.on_refusal() {
            add_limits(&mut headers, deployment);
        }
        let texts = named.or(self.texts.as_ref());
        let body = texts.map_or(Body::Absent, |texts| text(texts.refusal(limit, told)));
        Response { headers, body, ..Response::plain(StatusCode::TOO_MANY_REQUESTS) }
    }

    /// Adds the wait to the headers, and says what of it the text tells.
    #[inline]
    fn add_wait(
        &self,
        headers: &mut Headers,
        wait: Option<Duration>,
        seconds: Option<u64>,
        sent_at: Timestamp,
    ) -> Option<u64> {
        let form = &self.throttling.retry_after;
        if let RetryAfterForm::Fixed(fixed) = form {
            headers.append("Retry-After".into(), HeaderValue::Text(Arc::clone(fixed).into()));
            return fixed.trim().parse().ok().or(seconds);
        }
        let (wait, seconds) = (wait?, seconds?);
        if matches!(form, RetryAfterForm::Both | RetryAfterForm::Seconds) {
            headers.append("Retry-After".into(), HeaderValue::Number(seconds));
        }
        if matches!(form, RetryAfterForm::Both | RetryAfterForm::Milliseconds) {
            headers.append("retry-after-ms".into(), HeaderValue::Number(wait.as_millis_ceil().max(1)));
        }
        match form {
            RetryAfterForm::Absent => return None,
            RetryAfterForm::HttpDate => {
                let date = http_date(self.start_unix_s, sent_at.saturating_add(wait));
                headers.append("Retry-After".into(), HeaderValue::Text(date.into()));
            }
            RetryAfterForm::Both
            | RetryAfterForm::Seconds
            | RetryAfterForm::Milliseconds
            | RetryAfterForm::Fixed(_) => {}
        }
        Some(seconds)
    }

    /// The answer of a fault.
    fn scripted(&self, plan: &RunPlan, fault: u16, named: Option<&ErrorTexts>) -> Response {
        let spec = plan.faults.get(usize::from(fault));
        let Some(FaultKind::Answer { answer, .. }) = spec.map(|fault| &fault.kind) else {
            return Response::plain(StatusCode::SERVICE_UNAVAILABLE);
        };
        self.given(answer.status, answer.headers.to_vec(), answer.body.as_ref().map(Text::as_str), named)
    }

    /// An answer of the deployment's script.
    fn played(
        &self,
        deployment: &DeploymentSpec,
        place: u16,
        status: StatusCode,
        named: Option<&ErrorTexts>,
    ) -> Response {
        let answer = deployment.script.answers.get(usize::from(place));
        let Some(ScriptedOutcome::Response { headers, body, .. }) = answer.map(|answer| &answer.outcome)
        else {
            return Response::plain(status);
        };
        let header = |(name, value): &(Arc<str>, Arc<str>)| Header {
            name: Arc::clone(name).into(),
            value: match value.parse() {
                Ok(number) => HeaderValue::Number(number),
                Err(_) => HeaderValue::Text(Arc::clone(value).into()),
            },
        };
        self.given(status, headers.iter().map(header).collect(), body.as_deref(), named)
    }

    /// An answer that somebody wrote. A 429 without a body of its own says what one of the token limit does.
    fn given(
        &self,
        status: StatusCode,
        headers: Vec<Header>,
        body: Option<&str>,
        named: Option<&ErrorTexts>,
    ) -> Response {
        let wait = || {
            let told = headers.iter().find(|header| header.name.eq_ignore_ascii_case("Retry-After"));
            told.and_then(|header| header.value.to_text().trim().parse().ok())
        };
        let texts = named.or(self.texts.as_ref());
        let mut response = if status.is_success() {
            let written = body.filter(|_| self.texts.is_some());
            let body = written.map_or(Body::Absent, |body| text(body.to_owned()));
            Response { headers: Headers::shared(Arc::clone(&self.always)), body, ..Response::plain(status) }
        } else {
            self.error(status, || match (body, texts) {
                (Some(body), _) => body.to_owned(),
                (None, Some(texts)) if status == StatusCode::TOO_MANY_REQUESTS => {
                    texts.refusal(LimitKind::Tokens, wait())
                }
                (None, _) => status_body(status),
            })
        };
        for header in headers {
            response.headers.set(header.name, header.value);
        }
        response
    }

    /// An error that is no refusal. `body` writes its body, where anybody looks at it.
    fn error(&self, status: StatusCode, body: impl FnOnce() -> String) -> Response {
        let body = if self.texts.is_some() { text(body()) } else { Body::Absent };
        Response { headers: Headers::shared(Arc::clone(&self.errors)), body, ..Response::plain(status) }
    }
}

/// Adds the ids that a deployment gives a request, from four words of `stream`.
pub(super) fn add_ids(headers: &mut Headers, stream: &mut Stream) {
    for name in ["apim-request-id", "x-request-id"] {
        let id = uuid(stream.word(), stream.word());
        headers.append(name.into(), HeaderValue::Text(Text::from(id)));
    }
}

/// A random UUID (RFC 9562, version 4) of these bits.
fn uuid(high: u64, low: u64) -> String {
    let version = high & 0x0fff | 0x4000;
    let variant = low >> 48 & 0x3fff | 0x8000;
    let node = low & 0xffff_ffff_ffff;
    format!("{:08x}-{:04x}-{version:04x}-{variant:04x}-{node:012x}", high >> 32, high >> 16 & 0xffff)
}

fn text(body: String) -> Body {
    Body::Text(Text::from(body))
}

fn add_room(headers: &mut Headers, headroom: Headroom) {
    match headroom {
        Headroom::Remaining { tokens, requests } => {
            headers.append("x-ratelimit-remaining-requests".into(), HeaderValue::Number(requests));
            headers.append("x-ratelimit-remaining-tokens".into(), HeaderValue::Number(tokens.get()));
        }
        Headroom::Utilisation { permille } => {
            let percent = utilisation_text(permille);
            let name = "azure-openai-deployment-utilization".into();
            headers.append(name, HeaderValue::Text(Text::from(percent)));
        }
        Headroom::Places { .. } => {}
    }
}

fn add_limits(headers: &mut Headers, deployment: &Deployment) {
    if let Some((tokens, requests)) = deployment.limits() {
        headers.append("x-ratelimit-limit-requests".into(), HeaderValue::Number(requests));
        headers.append("x-ratelimit-limit-tokens".into(), HeaderValue::Number(tokens.get()));
    }
}

/// The last second of the year 9999: no date can be written after it.
const LAST_UNIX_S: u64 = 253_402_300_799;

/// The first whole second that is not before `at`, as RFC 9110 writes dates.
fn http_date(start_unix_s: u64, at: Timestamp) -> String {
    let since_start = at.since(Timestamp::ZERO).as_secs_ceil();
    let seconds = start_unix_s.saturating_add(since_start).min(LAST_UNIX_S);
    httpdate::fmt_http_date(UNIX_EPOCH + std::time::Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{Capacity, HeaderUse, PtuSpec};
    use crate::semantics::Semantics;
    use crate::sim::test_support;
    use crate::units::{Ptu, Tokens};

    #[test]
    fn ids_are_random_uuids() {
        assert_eq!(uuid(0, 0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u64::MAX, u64::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(
            uuid(0x0123_4567_89ab_cdef, 0x0123_4567_89ab_cdef),
            "01234567-89ab-4def-8123-456789abcdef"
        );
    }

    /// The headers that tell of limits, and the body, of a 429 after `wait` sent 1.5 s after the start.
    fn refusal(
        limit: LimitKind,
        wait: Option<Duration>,
        policy: bool,
        change: impl FnOnce(&mut Throttling),
    ) -> (Vec<String>, Option<String>) {
        let look = "<set-variable name=\"text\" value=\"@(context.Response.Body.As<string>(true))\" />";
        let plan = test_support::plan(if policy { look } else { "" }, Vec::new());
        let mut spec = (*plan.targets[0].deployment).clone();
        change(&mut spec.throttling);
        let spec = Arc::new(spec);
        let mut deployment = Deployment::new(Arc::clone(&spec), &Semantics::default());
        let answers = Answers::new(&plan, &spec);
        let sent_at = Timestamp::from_nanos(1_500_000_000);
        let headroom = answers.tells_room_on_refusal().then(|| deployment.headroom(sent_at));
        let reply = Reply::Throttled { limit, retry_after: wait, headroom };
        let response = answers.answer(reply, sent_at, &deployment, &plan, None);
        assert_eq!(response.status, StatusCode::TOO_MANY_REQUESTS);
        let told = response.headers.iter().filter(|header| {
            let name = header.name.as_str();
            name.to_lowercase().starts_with("retry-after")
                || name.starts_with("x-ratelimit")
                || name == "policy-id"
        });
        let told = told.map(|header| format!("{}: {}", header.name, header.value.to_text())).collect();
        let body = match response.body {
            Body::Text(text) => Some(text.to_string()),
            _ => None,
        };
        (told, body)
    }

    #[test]
    fn the_wait_is_told_in_each_form() {
        let forms: [(RetryAfterForm, &[&str], &str); 8] = [
            (RetryAfterForm::Both, &["Retry-After: 5", "retry-after-ms: 4001"], "after 5 seconds."),
            (RetryAfterForm::Seconds, &["Retry-After: 5"], "after 5 seconds."),
            (RetryAfterForm::Milliseconds, &["retry-after-ms: 4001"], "after 5 seconds."),
            (RetryAfterForm::Absent, &[], "version 2024-02-01."),
            // 1.5 s and 4.0005 s after midnight of the default start, a Thursday.
            (RetryAfterForm::HttpDate, &["Retry-After: Thu, 01 Jan 2026 00:00:06 GMT"], "after 5 seconds."),
            (RetryAfterForm::Fixed("86400".into()), &["Retry-After: 86400"], "after 86400 seconds."),
            (RetryAfterForm::Fixed("-1".into()), &["Retry-After: -1"], "after 5 seconds."),
            (RetryAfterForm::Fixed("soon".into()), &["Retry-After: soon"], "after 5 seconds."),
        ];
        for (form, expected, end) in forms {
            let wait = Some(Duration::from_nanos(4_000_500_000));
            let (headers, body) = refusal(LimitKind::Requests, wait, true, |throttling| {
                throttling.retry_after = form.clone();
            });
            assert_eq!(headers, expected, "{form:?}");
            let body: serde_json::Value = serde_json::from_str(&body.unwrap()).unwrap();
            assert!(body["error"]["message"].as_str().unwrap().ends_with(end), "{form:?}: {body}");
        }
        let (headers, body) = refusal(LimitKind::Requests, None, true, |_| ());
        assert!(headers.is_empty() && !body.unwrap().contains("retry after"), "no wait is known");
    }

    #[test]
    fn bodies_are_written_only_for_policies_that_look() {
        assert_eq!(refusal(LimitKind::Tokens, Some(Duration::ZERO), false, |_| ()).1, None);
        assert!(refusal(LimitKind::Tokens, Some(Duration::ZERO), true, |_| ()).1.is_some());
    }

    #[test]
    fn counts_come_with_the_answers_that_are_asked_for() {
        let wait = Some(Duration::from_secs(2));
        let (headers, _) = refusal(LimitKind::Tokens, wait, false, |throttling| {
            *throttling = Throttling {
                retry_after: RetryAfterForm::Absent,
                remaining: HeaderUse::OnRefusal,
                limits: HeaderUse::Always,
                reset: true,
            };
        });
        // 8,000 TPM of gpt-4o-mini are 80 RPM, of which a window of 10 s has 13.
        let expected = [
            "policy-id: DeploymentRatelimit-Token",
            "x-ratelimit-reset-tokens: 2",
            "x-ratelimit-remaining-requests: 13",
            "x-ratelimit-remaining-tokens: 8000",
            "x-ratelimit-limit-requests: 13",
            "x-ratelimit-limit-tokens: 8000",
        ];
        assert_eq!(headers, expected);
        let (headers, _) = refusal(LimitKind::Requests, wait, false, |throttling| throttling.reset = true);
        assert_eq!(headers, ["Retry-After: 2", "retry-after-ms: 2000", "x-ratelimit-reset-requests: 2"]);
    }

    #[test]
    fn a_provisioned_deployment_tells_its_utilisation_with_refusals_too() {
        let plan = test_support::plan("", Vec::new());
        let capacity = Capacity::Provisioned(PtuSpec {
            ptu: Ptu(50),
            input_tpm_per_ptu: 2_500,
            output_weight: 4,
            bucket_depth: None,
            default_completion_tokens: Tokens(1_000),
        });
        let spec = DeploymentSpec {
            capacity,
            throttling: Throttling::PROVISIONED,
            ..(*plan.targets[0].deployment).clone()
        };
        assert!(Answers::new(&plan, &spec).tells_room_on_refusal());
    }

    #[test]
    fn dates_have_an_end() {
        assert_eq!(http_date(u64::MAX, Timestamp::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    }
}
