//! A plan and a client for the tests of this module.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Mock, Options, Running};
use crate::backend::{Capacity, DeploymentSpec, LatencySpec, ModelFacts, PtuSpec, StandardSpec, Throttling};
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::gateway::{BackendEntity, GatewaySpec};
use crate::policy;
use crate::semantics::Semantics;
use crate::sim::{Operation, RunPlan, Spillover, SpilloverTarget, Target};
use crate::units::{Duration, Ptu, RequestsPerMinute, Tokens, TokensPerMinute};
use crate::workload::{ArrivalSpec, PromptSpec, SizeSpec, TokenSpec, TrafficSpec};

/// 2026-01-01T00:00:00Z.
pub(super) const START_UNIX_S: u64 = 1_767_225_600;
pub(super) const CHAT: &str = "/openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-02-01";
/// Two messages of 5 characters: 2 tokens each.
pub(super) const BODY: &str = r#"{"messages":[{"role":"system","content":"abcde"},{"content":"fghij"}]}"#;

/// Two Standard backends of 8,000 TPM whose answers have 20 tokens: 100 ms to the first one, 10 ms for each other.
pub(super) fn plan() -> RunPlan {
    let text =
        "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>";
    let mut sources = SourceMap::new();
    let source = sources.add("policy.xml", text);
    let program = policy::load(source, text, &mut Diagnostics::new()).expect("a policy");
    let entity = |name: &str| BackendEntity {
        name: name.into(),
        url: format!("https://{name}.example/openai").into(),
        breaker: None,
        azure_region: None,
    };
    let names = ["east", "west"];
    let gateway = GatewaySpec::new(names.map(entity).to_vec(), Vec::new(), program, Semantics::default());
    let operation = Operation {
        method: "POST".into(),
        path: "/deployments/gpt-4o-mini/chat/completions?api-version=2023-05-15".into(),
        headers: Arc::from([]),
    };
    let sizes = SizeSpec {
        prompt: PromptSpec::Messages(Arc::from([])),
        completion: TokenSpec::Fixed(20),
        max_tokens: None,
        prefixes: None,
    };
    let arrivals = ArrivalSpec::ClosedLoop { clients: 1, requests: 1, pause: Duration::ZERO };
    let gateway = Arc::new(gateway.expect("a gateway").with_start(START_UNIX_S));
    let targets = names.map(|name| Target::plain(Arc::new(deployment(name)))).to_vec();
    RunPlan::plain(gateway, targets, operation, TrafficSpec::plain(arrivals, sizes))
}

/// The same whose first backend is a provisioned deployment that is full with one call, takes 20 s and spills.
pub(super) fn spilling_plan() -> RunPlan {
    let mut plan = plan();
    let provisioned = DeploymentSpec {
        capacity: Capacity::Provisioned(PtuSpec {
            ptu: Ptu(1),
            input_tpm_per_ptu: 600,
            output_weight: 4,
            bucket_depth: Some(Duration::from_secs(60)),
            default_completion_tokens: Tokens(1_000),
        }),
        throttling: Throttling::PROVISIONED,
        latency: LatencySpec { ttft_base: Duration::from_secs(20), ..deployment("east").latency },
        ..deployment("east")
    };
    plan.spillover = vec![SpilloverTarget::new(Arc::new(deployment("overflow")))];
    plan.targets[0].deployment = Arc::new(provisioned);
    plan.targets[0].spillover = Some(Arc::new(Spillover::new("ptu", None, vec![0])));
    plan
}

fn deployment(name: &str) -> DeploymentSpec {
    let facts = ModelFacts::find("gpt-4o-mini").expect("a known model");
    let capacity = Capacity::Standard(StandardSpec::measured(
        TokensPerMinute(8_000),
        RequestsPerMinute(80),
        facts.token_cost.value,
    ));
    let latency = LatencySpec::constant(Duration::from_millis(100), Duration::from_millis(10));
    DeploymentSpec::plain(name, "Nowhere", "gpt-4o-mini", capacity, latency)
}

/// A mock of `plan` that goes 20 times as fast as time.
pub(super) async fn start(plan: RunPlan) -> Running {
    start_with(plan, Options { speed: 20, ..Options::default() }).await
}

pub(super) async fn start_with(plan: RunPlan, options: Options) -> Running {
    Mock::start(Arc::new(plan), options).await.expect("free ports")
}

/// What came back; all of it is empty when the connection broke before an answer.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
    /// Whether the body came to its end.
    pub(super) is_whole: bool,
}

impl Seen {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Posts a body with the usual key.
pub(super) async fn post(address: SocketAddr, path: &str, body: &str) -> Seen {
    send(address, "POST", path, "api-key: mock-key\r\n", body).await
}

/// Sends a request on a connection of its own, and reads what comes.
pub(super) async fn send(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Seen {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let length = body.len();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nhost: side.example\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(text.as_bytes()).await.expect("a request");
    let mut bytes = Vec::new();
    // A connection that is reset has given what it has given.
    drop(stream.read_to_end(&mut bytes).await);
    let text = String::from_utf8(bytes).expect("text");
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return Seen::default() };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let mut seen = Seen { status, head: head.to_owned(), ..Seen::default() };
    if seen.header("transfer-encoding").is_some() {
        (seen.body, seen.is_whole) = without_chunks(body);
    } else {
        seen.is_whole = seen.header("content-length").and_then(|n| n.parse().ok()) == Some(body.len());
        body.clone_into(&mut seen.body);
    }
    seen
}

fn without_chunks(mut text: &str) -> (String, bool) {
    let mut body = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a size");
        if size == 0 {
            return (body, true);
        }
        let Some(chunk) = rest.get(..size) else { break };
        body.push_str(chunk);
        text = rest.get(size + 2..).unwrap_or_default();
    }
    (body, false)
}
