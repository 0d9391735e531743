//! How many small requests the mock answers for each second of processor time, when its backends take no time.
//!
//! `cargo bench -p poolproof-forward --bench mock`. The server has one thread; what asks is a process of its own, so
//! that the time of the server is that of its process (Linux).

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may fail loudly")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use poolproof_forward::backend::{Capacity, DeploymentSpec, LatencySpec, ModelFacts, StandardSpec};
use poolproof_forward::diagnostics::{Diagnostics, SourceMap};
use poolproof_forward::gateway::{BackendEntity, GatewaySpec};
use poolproof_forward::mock::{Mock, Options};
use poolproof_forward::semantics::Semantics;
use poolproof_forward::sim::{Operation, RunPlan, Target};
use poolproof_forward::units::{Duration, RequestsPerMinute, TokensPerMinute};
use poolproof_forward::workload::{ArrivalSpec, PromptSpec, SizeSpec, TokenSpec, TrafficSpec};

const ADDRESS: &str = "POOLPROOF_BENCH_ADDRESS";
const CONNECTIONS: u32 = 16;
const REQUESTS_OF_EACH: u32 = 10_000;
const BODY: &str = r#"{"messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"user","content":"Say hello."}],"max_tokens":20}"#;

fn main() {
    match std::env::var(ADDRESS) {
        Ok(address) => ask(address.parse().expect("an address")),
        Err(_) => serve(),
    }
}

fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mock = Mock::start(Arc::new(plan()), Options::default()).await.expect("free ports");
        let address = mock.backends()[0].address.to_string();
        let before = processor_s();
        let began = Instant::now();
        let program = std::env::current_exe().expect("this program");
        let asking = tokio::task::spawn_blocking(move || {
            Command::new(program).env(ADDRESS, address).status().expect("the client").success()
        });
        assert!(asking.await.expect("the client"));
        let (wall, processor) = (began.elapsed().as_secs_f64(), processor_s() - before);
        let answered = mock.tallies()[0].admitted;
        assert_eq!(answered, u64::from(CONNECTIONS * REQUESTS_OF_EACH));
        println!("mock: {answered} requests in {wall:.2} s ({:.0}/s)", answered as f64 / wall);
        println!("      {processor:.2} s of processor: {:.0}/s for a core", answered as f64 / processor);
    });
}

/// Each connection asks again once it is answered.
fn ask(address: SocketAddr) {
    let head = "POST /openai/deployments/gpt-4o-mini/chat/completions?api-version=2024-02-01 HTTP/1.1\r\nhost: x\r\n\
                api-key: mock-key\r\ncontent-type: application/json\r\n";
    let request = format!("{head}content-length: {}\r\n\r\n{BODY}", BODY.len());
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let mut stream = TcpStream::connect(address).expect("a connection");
                stream.set_nodelay(true).expect("no delay");
                let mut buffer = vec![0; 16_384];
                for _ in 0..REQUESTS_OF_EACH {
                    stream.write_all(request.as_bytes()).expect("a request");
                    read_answer(&mut stream, &mut buffer);
                }
            });
        }
    });
}

fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).expect("an answer");
        assert!(read > 0, "the connection ended");
        filled += read;
        let text = std::str::from_utf8(&buffer[..filled]).expect("text");
        let Some(end) = text.find("\r\n\r\n") else { continue };
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let length: usize = length.and_then(|length| length.parse().ok()).expect("a length");
        if filled >= end + 4 + length {
            return;
        }
    }
}

/// User and system time of this process.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn plan() -> RunPlan {
    let text =
        "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>";
    let mut sources = SourceMap::new();
    let source = sources.add("policy.xml", text);
    let program = poolproof_forward::policy::load(source, text, &mut Diagnostics::new()).expect("a policy");
    let backend = BackendEntity {
        name: "east".into(),
        url: "https://east.example/openai".into(),
        breaker: None,
        azure_region: None,
    };
    let gateway = GatewaySpec::new(vec![backend], Vec::new(), program, Semantics::default());
    let cost = ModelFacts::find("gpt-4o-mini").expect("a known model").token_cost.value;
    let capacity = Capacity::Standard(StandardSpec::measured(
        TokensPerMinute(1_000_000_000_000),
        RequestsPerMinute(1_000_000_000),
        cost,
    ));
    let latency = LatencySpec::constant(Duration::ZERO, Duration::ZERO);
    let deployment = DeploymentSpec::plain("east", "East US", "gpt-4o-mini", capacity, latency);
    let operation = Operation { method: "POST".into(), path: "/".into(), headers: Arc::from([]) };
    let sizes = SizeSpec {
        prompt: PromptSpec::Messages(Arc::from([])),
        completion: TokenSpec::Fixed(20),
        max_tokens: None,
        prefixes: None,
    };
    let arrivals = ArrivalSpec::ClosedLoop { clients: 1, requests: 1, pause: Duration::ZERO };
    let targets = vec![Target::plain(Arc::new(deployment))];
    let gateway = Arc::new(gateway.expect("a gateway"));
    RunPlan::plain(gateway, targets, operation, TrafficSpec::plain(arrivals, sizes))
}
