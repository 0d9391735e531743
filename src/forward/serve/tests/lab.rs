//! Backends that do as they are told, a server in front of them, and a client.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration as Real;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::diagnostics::{Diagnostics, SourceMap};
use crate::gateway::{BackendEntity, BreakerRule, GatewaySpec, PoolMember, PoolSpec, Threshold};
use crate::policy;
use crate::semantics::Semantics;
use crate::serve::observe::Observers;
use crate::serve::upstream::{Sender, sender};
use crate::serve::{BackendSetting, IdentitySource, Journal, KeyRing, Observing, Server, Settings, Timeouts};
use crate::units::{BackendId, Duration, StatusCode};
use crate::wire::{Clock, Limits, Listening, Outgoing, Stop, stop_switch};

pub(super) const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// What the walkthrough does: two retries on 429 at once, each with the whole body.
pub(super) const FAILOVER: &str = r#"<policies>
  <inbound><set-backend-service backend-id="pool" /></inbound>
  <backend><retry condition="@(context.Response != null &amp;&amp; context.Response.StatusCode == 429)" count="2" interval="0" first-fast-retry="true">
    <forward-request buffer-request-body="true" buffer-response="false" timeout="2" /></retry></backend>
  <outbound /><on-error /></policies>"#;

/// A file in memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept(pub(super) Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Requests that a backend has seen: head and body.
pub(in crate::serve) type Seen = Arc<Mutex<Vec<(http::request::Parts, String)>>>;

/// A gateway in front of as many backends as there are addresses, in order of priority, each of which trips for
/// a minute at its first 429.
pub(super) fn settings(policy: &str, backends: &[SocketAddr]) -> Settings {
    let mut sources = SourceMap::new();
    let source = sources.add("policy.xml", policy);
    let program = policy::load(source, policy, &mut Diagnostics::new()).expect("a policy");
    let entity = |at: usize| BackendEntity {
        name: format!("backend-{at}").into(),
        url: format!("https://backend-{at}.example/openai").into(),
        breaker: Some(BreakerRule {
            name: "rule".into(),
            threshold: Threshold::Count(1),
            interval: Duration::from_secs(60),
            statuses: vec![(StatusCode::TOO_MANY_REQUESTS, StatusCode::TOO_MANY_REQUESTS)],
            error_reasons: Vec::new(),
            trip_duration: Duration::from_secs(60),
            accept_retry_after: true,
            failure_status: None,
        }),
        azure_region: None,
    };
    let member = |at: usize| PoolMember {
        backend: BackendId(u16::try_from(at).unwrap()),
        priority: Some(u8::try_from(at).unwrap()),
        weight: None,
        preferred_carbon: None,
    };
    let all = 0..backends.len();
    let pool = PoolSpec {
        name: "pool".into(),
        members: all.clone().map(member).collect(),
        failure_status: None,
        affinity: None,
    };
    let gateway =
        GatewaySpec::new(all.clone().map(entity).collect(), vec![pool], program, Semantics::default());
    let address = |(at, address): (usize, &SocketAddr)| {
        let url = Some(format!("http://{address}/openai"));
        (format!("backend-{at}"), BackendSetting { url, key: None })
    };
    Settings {
        gateway: Arc::new(gateway.expect("a gateway")),
        backends: backends.iter().enumerate().map(address).collect::<BTreeMap<_, _>>(),
        keys: KeyRing::default(),
        is_faithful: false,
        tells_backend: true,
        identity: IdentitySource::None,
        body_limit: 1024 * 1024,
        concurrency: 1_000,
        timeouts: Timeouts {
            connect: Real::from_secs(1),
            idle: Real::from_secs(2),
            keep_alive: Real::from_secs(5),
        },
        trusted: Vec::new(),
    }
}

/// A backend that answers call by call as `answer` says, and what it has seen.
pub(in crate::serve) async fn backend(
    answer: impl Fn(usize) -> Response<Outgoing> + Clone + Send + Sync + 'static,
) -> (SocketAddr, Seen) {
    backend_with(None, answer).await
}

/// The same behind TLS.
pub(super) async fn backend_with(
    tls: Option<TlsAcceptor>,
    answer: impl Fn(usize) -> Response<Outgoing> + Clone + Send + Sync + 'static,
) -> (SocketAddr, Seen) {
    let listening = Listening::bind(LOCAL, Limits::default(), tls).await.unwrap();
    let (address, seen) = (listening.address().unwrap(), Seen::default());
    let kept = Arc::clone(&seen);
    let (stop, handler) = (stop_switch(), move |request: Request<Incoming>, _| {
        let (kept, answer) = (Arc::clone(&kept), answer.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let mut kept = kept.lock().unwrap();
            kept.push((head, String::from_utf8_lossy(&body).into_owned()));
            answer(kept.len())
        }
    });
    let stopped = stop.listen();
    tokio::spawn(async move {
        let _stop = stop;
        listening.run(handler, stopped).await
    });
    (address, seen)
}

/// A backend that reads a head and then does what `act` does with its connection.
pub(in crate::serve) async fn raw_backend<F, G>(act: F) -> SocketAddr
where
    F: Fn(TcpStream) -> G + Send + Sync + 'static,
    G: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(LOCAL).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 64 * 1024];
            let _ = stream.read(&mut head).await;
            tokio::spawn(act(stream));
        }
    });
    address
}

/// A backend that says this and closes.
pub(super) async fn saying(text: &'static [u8]) -> SocketAddr {
    raw_backend(move |mut stream| async move {
        let _ = stream.write_all(text).await;
        let _ = stream.shutdown().await;
    })
    .await
}

/// A server that serves, and what talks to it.
pub(super) struct Lab {
    pub(super) server: Server,
    pub(super) address: SocketAddr,
    pub(super) stop: Stop,
    pub(super) client: Sender,
    pub(super) running: tokio::task::JoinHandle<bool>,
}

impl Lab {
    pub(super) async fn start(settings: Settings) -> Self {
        Self::start_with(settings, Limits::default(), None).await
    }

    pub(super) async fn start_with(settings: Settings, limits: Limits, journal: Option<Journal>) -> Self {
        Self::started(settings, limits, journal, &Observing::default(), None).await
    }

    pub(super) async fn start_at(
        settings: Settings,
        limits: Limits,
        journal: Option<Journal>,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        Self::started(settings, limits, journal, &Observing::default(), tls).await
    }

    pub(super) async fn observed(settings: Settings, observing: &Observing) -> Self {
        Self::started(settings, Limits::default(), None, observing, None).await
    }

    async fn started(
        settings: Settings,
        limits: Limits,
        journal: Option<Journal>,
        observing: &Observing,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let client = sender(&settings.timeouts, &settings.trusted);
        let clock = Clock::starting_now(1);
        let observers = Observers::start(observing, 1, clock);
        let server = Server::observed(settings, 1, clock, journal, observers).unwrap();
        let listening = Listening::bind(LOCAL, limits, tls).await.unwrap();
        let (address, stop) = (listening.address().unwrap(), stop_switch());
        let (own, switch) = (server.clone(), stop.clone());
        let running = tokio::spawn(async move { own.run(listening, &switch).await });
        Self { server, address, stop, client, running }
    }

    /// Sends a chat request with this body, and gives status, headers and body of the answer.
    pub(super) async fn ask(&self, body: &str) -> (u16, http::HeaderMap, String) {
        let url = format!("http://{}/openai/deployments/d/chat/completions?api-version=1", self.address);
        let request = Request::post(url).header("content-type", "application/json");
        let request = request.body(Outgoing::whole(body.to_owned())).unwrap();
        self.send(request).await
    }

    pub(super) async fn send(&self, request: Request<Outgoing>) -> (u16, http::HeaderMap, String) {
        let response = self.client.request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes);
        let body = body.map_or_else(|_| "broken off".into(), |b| String::from_utf8_lossy(&b).into_owned());
        (head.status.as_u16(), head.headers, body)
    }

    /// What comes back for these bytes, until the server closes or says nothing for a while.
    pub(super) async fn say(&self, text: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text).await.unwrap();
        let mut all = Vec::new();
        let mut part = [0; 4096];
        while let Ok(Ok(n)) = tokio::time::timeout(Real::from_secs(2), stream.read(&mut part)).await {
            if n == 0 {
                break;
            }
            all.extend_from_slice(&part[..n]);
        }
        String::from_utf8_lossy(&all).into_owned()
    }
}

/// An answer with this status and body.
pub(in crate::serve) fn answer(status: u16, body: &'static str) -> Response<Outgoing> {
    Response::builder().status(status).body(Outgoing::whole(body)).unwrap()
}

/// A refusal that asks for patience.
pub(super) fn refusal(seconds: &'static str) -> Response<Outgoing> {
    let response = Response::builder().status(429).header("Retry-After", seconds);
    response.body(Outgoing::whole(r#"{"error":{"code":"429"}}"#)).unwrap()
}
