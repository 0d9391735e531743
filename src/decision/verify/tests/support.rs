//! Configurations for tests.

use std::sync::Arc;

use crate::gateway::{
    BackendEntity, BreakerRule, GatewaySpec, PoolMember, PoolSpec, RequestHead, Threshold, TokenFacts,
};
use crate::policy::{Body, Header, HeaderValue, Text};
use crate::semantics::Semantics;
pub(in crate::verify) use crate::testing::{code, compile};
use crate::units::{BackendId, Duration, RequestId};
use crate::verify::answers::{Answer, Answers, RetryAfter};
use crate::verify::explorer::{Explored, Explorer};
use crate::verify::watch::Watch;
use crate::verify::{Bounds, Limits, Setup, Worlds};

/// One failure with these statuses trips for 60 s, or as long as Retry-After says.
pub(in crate::verify) fn rule(statuses: &[(u16, u16)]) -> BreakerRule {
    BreakerRule {
        name: "rule".into(),
        threshold: Threshold::Count(1),
        interval: Duration::from_secs(300),
        statuses: statuses.iter().map(|(low, high)| (code(*low), code(*high))).collect(),
        error_reasons: Vec::new(),
        trip_duration: Duration::from_secs(60),
        accept_retry_after: true,
        failure_status: None,
    }
}

/// Members with these priorities, all with `rule`, behind `policy`.
pub(in crate::verify) fn setup(policy: &str, members: &[Option<u8>], rule: Option<&BreakerRule>) -> Setup {
    let backends = (0..members.len()).map(|n| BackendEntity {
        name: format!("backend-{n}").into(),
        url: format!("https://backend-{n}.example/openai").into(),
        breaker: rule.cloned(),
        azure_region: None,
    });
    let pool = PoolSpec {
        name: "openai-backend-pool".into(),
        members: members
            .iter()
            .zip(0..)
            .map(|(priority, id)| PoolMember {
                backend: BackendId(id),
                priority: *priority,
                weight: None,
                preferred_carbon: None,
            })
            .collect(),
        failure_status: None,
        affinity: None,
    };
    let spec =
        GatewaySpec::new(backends.collect(), vec![pool], compile(policy), Semantics::default()).unwrap();
    let header =
        |name, value| Header { name: Text::Static(name), value: HeaderValue::Text(Text::Static(value)) };
    let head = RequestHead {
        id: RequestId(0),
        method: "POST".into(),
        path: "/deployments/gpt/chat/completions".into(),
        headers: Some(Arc::from([header("api-key", "key")])),
        body: Body::Opaque,
        facts: None,
        tokens: TokenFacts::default(),
    };
    Setup {
        gateway: Arc::new(spec),
        requests: vec![("request".to_owned(), head)],
        paid_for: vec![None; members.len()],
        custom: Vec::new(),
    }
}

/// The policy of the walkthrough.
pub(in crate::verify) fn walkthrough() -> Setup {
    let policy = include_str!("../../../../scenarios/walkthrough/policy.xml");
    setup(policy, &[None, None, None], Some(&rule(&[(429, 429)])))
}

/// What a small configuration is made of, and how far it is explored.
#[derive(Clone)]
pub(in crate::verify) struct Small {
    pub(in crate::verify) policy: String,
    /// Priority and weight of each member.
    pub(in crate::verify) members: Vec<(Option<u8>, Option<u8>)>,
    pub(in crate::verify) rule: Option<BreakerRule>,
    /// Status of the exhausted pool.
    pub(in crate::verify) failure_status: Option<u16>,
    /// Readings that are not the usual ones.
    pub(in crate::verify) readings: Vec<(&'static str, &'static str)>,
    /// What backends may do; overdue headers come by themselves.
    pub(in crate::verify) answers: Vec<Answer>,
    pub(in crate::verify) bounds: Bounds,
}

/// A pool of two with priorities, one failure with 429 trips for 60 s, one retry at once that carries the body, also
/// after no response.
pub(in crate::verify) fn small() -> Small {
    Small {
        policy: to_pool(&retry(
            1,
            r#"interval="0""#,
            "context.Response == null || context.Response.StatusCode >= 429",
        )),
        members: vec![(Some(1), None), (Some(2), None)],
        rule: Some(rule(&[(429, 429)])),
        failure_status: None,
        readings: Vec::new(),
        answers: vec![well(), answer(429, RetryAfter::Absent)],
        // A fault is in the core of one thread only.
        bounds: Bounds {
            in_flight: 1,
            faults: 3,
            depth: 8,
            states: 200_000,
            threads: 1,
            ..Bounds::default()
        },
    }
}

pub(in crate::verify) fn well() -> Answer {
    answer(200, RetryAfter::Absent)
}

pub(in crate::verify) fn answer(status: u16, retry_after: RetryAfter) -> Answer {
    Answer::Status(code(status), retry_after)
}

/// The pool as the target, and a backend section.
pub(in crate::verify) fn to_pool(backend: &str) -> String {
    sections(r#"<set-backend-service backend-id="openai-backend-pool" />"#, backend, "")
}

pub(in crate::verify) fn sections(inbound: &str, backend: &str, on_error: &str) -> String {
    format!(
        "<policies><inbound>{inbound}</inbound><backend>{backend}</backend>\
         <outbound></outbound><on-error>{on_error}</on-error></policies>"
    )
}

/// A retry around one forward that buffers the request body.
pub(in crate::verify) fn retry(count: u32, attributes: &str, condition: &str) -> String {
    format!(
        r#"<retry count="{count}" {attributes} condition='@({condition})'><forward-request buffer-request-body="true" /></retry>"#
    )
}

impl Small {
    pub(in crate::verify) fn setup(&self) -> Setup {
        let priorities: Vec<Option<u8>> = self.members.iter().map(|(priority, _)| *priority).collect();
        let plain = setup(&self.policy, &priorities, self.rule.as_ref());
        let mut pool = plain.gateway.pools()[0].clone();
        for (member, (_, weight)) in pool.members.iter_mut().zip(&self.members) {
            member.weight = *weight;
        }
        pool.failure_status = self.failure_status.map(code);
        let mut semantics = Semantics::default();
        for (path, reading) in &self.readings {
            assert!(semantics.set(path, reading), "{path} {reading}");
        }
        let backends = plain.gateway.backends().to_vec();
        let spec = GatewaySpec::new(backends, vec![pool], compile(&self.policy), semantics).unwrap();
        let mut requests = plain.requests;
        requests[0].1.headers = None;
        Setup { gateway: Arc::new(spec), requests, paid_for: plain.paid_for, custom: Vec::new() }
    }

    /// Its alphabet: what statuses mean is worked out from the configuration.
    pub(in crate::verify) fn alphabet(&self, setup: &Setup) -> Answers {
        Answers { all: self.answers.clone(), kinds: Answers::of(setup).kinds }
    }

    /// Everything within its bounds, with requests that are equal taken for one or not.
    pub(in crate::verify) fn explore(&self, setup: &Setup, answers: &Answers, sorts: bool) -> Explored {
        let watch = Watch::new(setup, answers, Limits::default());
        let worlds = Worlds::configured(&setup.gateway);
        Explorer::new(&watch, &worlds, answers, self.bounds, sorts).explore(&mut |_| ())
    }
}
