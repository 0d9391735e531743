//! Gateway and backends of a scenario on real sockets of this machine, in one process.
//!
//! Rules
//! - The gateway is `serve`, the backends are `mock`: nothing here decides anything.
//! - The gateway draws from the scenario's seed, as the simulation does.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::gateway::GatewaySpec;
use crate::mock::{DEFAULT_KEY, Mock, Options as MockOptions};
use crate::serve::{BackendSetting, IdentitySource, Journal, KeyRing, Server, Settings, Timeouts};
use crate::sim::RunPlan;
use crate::wire::{Clock, Limits, Listening, stop_switch, unix_now_s};

/// Gateway and backends at work.
pub(crate) struct Bench {
    pub(crate) server: Server,
    /// URL of the API.
    pub(crate) url: String,
    /// What clients show.
    pub(crate) key: Option<String>,
    /// Backends by name, and where they are.
    pub(crate) backends: Vec<(String, String)>,
    mock: crate::mock::Running,
    stop: crate::wire::Stop,
    serving: tokio::task::JoinHandle<bool>,
}

impl Bench {
    /// Starts both, so many times as fast as time; the gateway listens at `listen`.
    pub(crate) async fn start(
        plan: &RunPlan,
        speed: u32,
        listen: SocketAddr,
        journal: Option<Journal>,
    ) -> Result<Self, String> {
        let plan = Arc::new(plan.clone());
        let options = MockOptions { speed, obeys_headers: true, ..MockOptions::default() };
        let mock = Mock::start(Arc::clone(&plan), options).await.map_err(|error| error.to_string())?;
        let spec = plan.gateway.revised(plan.gateway.pools().to_vec(), plan.gateway.semantics().clone());
        // Seconds of the scenario pass faster than those of the calendar: dates count from the start of this.
        let gateway = Arc::new(spec.map_err(|error| error.to_string())?.with_start(unix_now_s()));
        let backends: Vec<(String, String)> =
            mock.backends().iter().map(|at| (at.name.clone(), at.url.clone())).collect();
        let setting = |(name, url): &(String, String)| {
            let key = Some(DEFAULT_KEY.to_owned());
            (name.to_lowercase(), BackendSetting { url: Some(url.clone()), key })
        };
        let keys = keys_of(&plan, &gateway);
        let settings = Settings {
            backends: backends.iter().map(setting).collect(),
            keys,
            is_faithful: false,
            tells_backend: true,
            identity: IdentitySource::Imds { url: mock.token_url() },
            body_limit: 32 * 1024 * 1024,
            concurrency: 10_000,
            timeouts: Timeouts::default(),
            trusted: Vec::new(),
            gateway,
        };
        let clock = Clock::starting_now(speed);
        let server = Server::new(settings, plan.seed, clock, journal).map_err(|error| error.to_string())?;
        let listening = Listening::bind(listen, Limits::default(), None).await;
        let listening = listening.map_err(|error| format!("cannot listen at {listen}: {error}"))?;
        let address = listening.address().map_err(|error| error.to_string())?;
        let (stop, own) = (stop_switch(), server.clone());
        let switch = stop.clone();
        let serving = tokio::spawn(async move { own.run(listening, &switch).await });
        let path = plan.gateway.facts().api.path.as_str().trim_matches('/').to_owned();
        let key = plan
            .operation
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(&plan.gateway.facts().api.key_header));
        Ok(Self {
            url: format!("http://{address}/{path}"),
            key: key.map(|header| header.value.to_text().to_string()),
            server,
            backends,
            mock,
            stop,
            serving,
        })
    }

    /// Ends both; what is under way is answered first. The journal is whole then.
    pub(crate) async fn stop(self) {
        self.stop.now();
        let _ = self.serving.await;
        self.mock.stop().await;
    }
}

/// The keys of the scenario's clients.
pub(crate) fn keys_of(plan: &RunPlan, gateway: &GatewaySpec) -> KeyRing {
    let mut ring = KeyRing::default();
    let names = [gateway.facts().api.key_header.as_str(), "Ocp-Apim-Subscription-Key"];
    let is_key = |name: &str| names.iter().any(|own| own.eq_ignore_ascii_case(name));
    for header in plan.operation.headers.iter().filter(|header| is_key(&header.name)) {
        ring.add(&header.value.to_text(), None);
    }
    for caller in plan.callers.iter() {
        for header in caller.headers.iter().filter(|header| is_key(&header.name)) {
            ring.add(&header.value.to_text(), Some(Arc::clone(&caller.facts)));
        }
    }
    ring
}
