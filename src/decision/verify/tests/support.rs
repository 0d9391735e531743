//! Configurations for tests.

use std::sync::Arc;

use crate::diagnostics::{Diagnostics, SourceMap, render_human};
use crate::gateway::{
    BackendEntity, BreakerRule, GatewaySpec, PoolMember, PoolSpec, RequestHead, Threshold, TokenFacts,
};
use crate::policy::{self, Body, Header, HeaderValue, Program, Text};
use crate::semantics::Semantics;
use crate::units::{BackendId, Duration, RequestId, StatusCode};
use crate::verify::Setup;

pub(super) fn compile(text: &str) -> Program {
    let mut sources = SourceMap::new();
    let source = sources.add("policy.xml", text);
    let mut diagnostics = Diagnostics::new();
    let program = policy::load(source, text, &mut diagnostics);
    let rendered = render_human(&diagnostics, &sources, false);
    program.unwrap_or_else(|| panic!("{rendered}\n{text}"))
}

pub(super) fn code(status: u16) -> StatusCode {
    StatusCode::new(status).unwrap()
}

/// One failure with these statuses trips for 60 s, or as long as Retry-After says.
pub(super) fn rule(statuses: &[(u16, u16)]) -> BreakerRule {
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
pub(super) fn setup(policy: &str, members: &[Option<u8>], rule: Option<&BreakerRule>) -> Setup {
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
pub(super) fn walkthrough() -> Setup {
    let policy = include_str!("../../../../scenarios/walkthrough/policy.xml");
    setup(policy, &[None, None, None], Some(&rule(&[(429, 429)])))
}
