//! The servers of a mock: all are bound before any of them answers, and all end together.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;
use tokio::task::JoinHandle;

use super::answer::Identity;
use super::beside::{Beside, TOKEN_PATH};
use super::model::{Completions, Model};
use super::options::Options;
use super::route::Operation;
use super::text::{Words, id};
use crate::backend::deployment_of;
use crate::random::{StreamName, Streams};
use crate::sim::RunPlan;
use crate::units::{BackendId, Timestamp};
use crate::wire::{Clock, Listening, Stop, stop_switch};

pub use super::model::Tally;

/// The scenario's backends over HTTP.
#[derive(Debug)]
pub struct Mock;

/// Why a mock cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// A port cannot be had.
    #[error("cannot listen on {address} for `{name}`: {error}")]
    Bind {
        /// Whose.
        name: String,
        /// Where.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// There are not so many ports.
    #[error("port {first} leaves no room for {needed} ports")]
    NoPorts {
        /// The first one.
        first: u16,
        /// How many are needed.
        needed: usize,
    },
    /// An option names a backend that is not there.
    #[error("there is no backend `{name}`; there are {known}")]
    UnknownBackend {
        /// The name.
        name: String,
        /// Those that are.
        known: String,
    },
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAt {
    /// Name of the backend.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    /// What stands for the URL of the backend: with the path that it has in the scenario.
    pub url: String,
}

/// A mock at work. Ends when it is dropped, too, but then waits for nobody.
pub struct Running {
    backends: Vec<ServerAt>,
    identity: SocketAddr,
    shared: Arc<Shared>,
    stop: Stop,
    servers: Vec<JoinHandle<bool>>,
}

/// How a mock ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Whether all requests under way were answered.
    pub is_clean: bool,
    /// What each backend was asked, in their order.
    pub tallies: Vec<Tally>,
}

/// What all servers share.
pub(super) struct Shared {
    pub(super) plan: Arc<RunPlan>,
    pub(super) clock: Clock,
    pub(super) streams: Streams,
    pub(super) sites: Vec<Site>,
    pub(super) completions: Completions,
    pub(super) obeys_headers: bool,
    pub(super) body_bytes: usize,
    pub(super) token: Option<String>,
    pub(super) stop: Stop,
    model: Mutex<Model>,
}

/// A backend, as far as it does not change.
pub(super) struct Site {
    pub(super) backend: BackendId,
    pub(super) region: Arc<str>,
    /// The model's name, and the same as JSON.
    pub(super) model: Arc<str>,
    pub(super) model_json: String,
    pub(super) deployments: Vec<String>,
    pub(super) keys: Vec<String>,
    /// Whether anything depends on how prompts begin.
    pub(super) reads_prefixes: bool,
    ids: StreamName,
    texts: StreamName,
}

impl Mock {
    /// Binds a port for each backend of `plan` and one for tokens and side calls, then answers on all of them. Has to
    /// be called in a runtime with time and network.
    ///
    /// # Errors
    /// A port cannot be had, or the options name an unknown backend; then nothing listens.
    pub async fn start(plan: Arc<RunPlan>, options: Options) -> Result<Running, StartError> {
        check_names(&plan, &options)?;
        let ports = ports(&options, plan.targets.len().saturating_add(1))?;
        let mut listening = Vec::new();
        let names = plan.gateway.backends().iter().map(|backend| backend.name.to_string());
        for (name, port) in names.chain(["tokens and side calls".to_owned()]).zip(ports) {
            let address = SocketAddr::new(options.address, port);
            let refused = |error| StartError::Bind { name: name.clone(), address, error };
            let listener = Listening::bind(address, options.limits, None).await.map_err(refused)?;
            let bound = listener.address().map_err(refused)?;
            listening.push((name, bound, listener));
        }
        let stop = stop_switch();
        let shared = Arc::new(Shared::new(plan, &options, stop.clone()));
        let mut backends = Vec::new();
        let mut servers = Vec::new();
        let mut identity = SocketAddr::new(options.address, 0);
        for (at, (name, address, listener)) in listening.into_iter().enumerate() {
            let stopped = stop.listen();
            let Some(backend) = shared.plan.gateway.backends().get(at) else {
                identity = address;
                let beside = Arc::new(Beside {
                    plan: Arc::clone(&shared.plan),
                    clock: shared.clock,
                    token: options.token.clone(),
                });
                let answer = move |request, _| Arc::clone(&beside).answer(request);
                servers.push(tokio::spawn(listener.run(answer, stopped)));
                continue;
            };
            let url = format!("http://{}{}", reachable(address), path_of(&backend.url));
            backends.push(ServerAt { name, address, url });
            let own = Arc::clone(&shared);
            let answer = move |request, _| super::handle::answer(Arc::clone(&own), at, request);
            servers.push(tokio::spawn(listener.run(answer, stopped)));
        }
        Ok(Running { backends, identity, shared, stop, servers })
    }
}

impl Running {
    /// Where the backends listen, in their order.
    pub fn backends(&self) -> &[ServerAt] {
        &self.backends
    }

    /// Where tokens are given and side calls answered.
    pub const fn identity(&self) -> SocketAddr {
        self.identity
    }

    /// The URL of the token endpoint.
    pub fn token_url(&self) -> String {
        format!("http://{}{TOKEN_PATH}", reachable(self.identity))
    }

    /// The clock that all of it goes by.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// What each backend has been asked so far, in their order.
    pub fn tallies(&self) -> Vec<Tally> {
        self.shared.with_model(|model| model.tallies().to_vec())
    }

    /// Accepts nothing new, answers what is under way and ends.
    pub async fn stop(self) -> Ended {
        self.stop.now();
        let mut is_clean = true;
        for server in self.servers {
            is_clean &= server.await.unwrap_or(false);
        }
        let tallies = self.shared.with_model(|model| {
            model.advance(self.shared.clock.now());
            model.tallies().to_vec()
        });
        Ended { is_clean, tallies }
    }

    /// Calls that deployments work on.
    #[cfg(test)]
    pub(super) fn at_work(&self) -> usize {
        self.shared.with_model(|model| {
            model.advance(self.shared.clock.now());
            model.at_work()
        })
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running")
            .field("backends", &self.backends)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn new(plan: Arc<RunPlan>, options: &Options, stop: Stop) -> Self {
        let plan = answering(plan);
        let pairs = plan.gateway.backends().iter().zip(&plan.targets).zip(0_u16..);
        let sites = pairs.map(|((backend, target), place)| {
            let spec = &target.deployment;
            let named = deployment_of(&plan.operation.path).map(str::to_owned);
            let own = [spec.model.to_string()].into_iter().chain(named);
            let spilling = target.spillover.iter().map(|spillover| spillover.deployment.to_string());
            let more = options.deployments_of(&backend.name).cloned();
            let caches = |spec: &Arc<crate::backend::DeploymentSpec>| spec.caching.is_some();
            let spills = plan.spillover.iter().any(|target| caches(&target.deployment));
            Site {
                backend: BackendId(place),
                region: Arc::clone(&spec.region),
                model: Arc::clone(&spec.model),
                model_json: serde_json::Value::from(&*spec.model).to_string(),
                deployments: own.chain(spilling).chain(more).collect(),
                keys: options.keys_of(&backend.name),
                reads_prefixes: caches(spec) || spills,
                ids: StreamName::new(&format!("mock/ids/{}", backend.name)),
                texts: StreamName::new(&format!("mock/texts/{}", backend.name)),
            }
        });
        Self {
            sites: sites.collect(),
            completions: Completions::of(&plan),
            streams: Streams::new(plan.seed),
            obeys_headers: options.obeys_headers,
            body_bytes: options.body_bytes,
            token: options.token.clone(),
            model: Mutex::new(Model::new(&plan)),
            clock: Clock::starting_now(options.speed),
            stop,
            plan,
        }
    }

    /// The model, for as long as `look` looks.
    pub(super) fn with_model<T>(&self, look: impl FnOnce(&mut Model) -> T) -> T {
        look(&mut self.model.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who answers a call of a backend at `now`.
    pub(super) fn identity(
        &self,
        site: &Site,
        operation: Operation,
        number: u64,
        now: Timestamp,
    ) -> Identity {
        let begin = match operation {
            Operation::Completions => "cmpl-",
            Operation::Responses => "resp_",
            Operation::Chat | Operation::Embeddings => "chatcmpl-",
        };
        let since_start = now.since(Timestamp::ZERO).as_nanos() / 1_000_000_000;
        Identity {
            operation,
            id: id(begin, &mut self.streams.keyed(site.ids, number, 0)),
            created: self.plan.gateway.start_unix_s().saturating_add(since_start),
            model: site.model_json.clone(),
        }
    }

    /// What it says.
    pub(super) fn words(&self, site: &Site, number: u64) -> Words {
        Words::new(self.streams.keyed(site.texts, number, 0))
    }
}

impl Site {
    /// Whether it has a deployment of this name.
    pub(super) fn has(&self, deployment: &str) -> bool {
        self.deployments.iter().any(|own| own.eq_ignore_ascii_case(deployment))
    }
}

/// The plan without answers that were decided by URLs: here real paths decide.
fn answering(plan: Arc<RunPlan>) -> Arc<RunPlan> {
    if plan.targets.iter().all(|target| target.refuses_with.is_none()) {
        return plan;
    }
    let mut plan = RunPlan::clone(&plan);
    for target in &mut plan.targets {
        target.refuses_with = None;
    }
    Arc::new(plan)
}

fn check_names(plan: &RunPlan, options: &Options) -> Result<(), StartError> {
    let known = || plan.gateway.backends().iter().map(|backend| &*backend.name);
    for (name, _) in options.keys.iter().chain(&options.deployments) {
        if !known().any(|own| own.eq_ignore_ascii_case(name)) {
            let known = known().collect::<Vec<_>>().join(", ");
            return Err(StartError::UnknownBackend { name: name.clone(), known });
        }
    }
    Ok(())
}

fn ports(options: &Options, needed: usize) -> Result<Vec<u16>, StartError> {
    let Some(first) = options.first_port else { return Ok(vec![0; needed]) };
    let ports: Vec<u16> = (first..=u16::MAX).take(needed).collect();
    if ports.len() < needed || first == 0 {
        return Err(StartError::NoPorts { first, needed });
    }
    Ok(ports)
}

/// An address at which clients of this machine find the server.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The path of a URL, without a slash at its end: what a backend of the scenario has behind its address, here too.
pub fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_follow_each_other() {
        let options = |first_port| Options { first_port, ..Options::default() };
        assert_eq!(ports(&options(Some(4_000)), 3).unwrap(), [4_000, 4_001, 4_002]);
        assert_eq!(ports(&options(None), 2).unwrap(), [0, 0]);
        assert!(ports(&options(Some(65_534)), 3).is_err());
        assert!(ports(&options(Some(0)), 1).is_err());
    }

    #[test]
    fn urls_keep_their_path() {
        for (url, path) in [
            ("https://x.openai.azure.com/openai", "/openai"),
            ("https://x.openai.azure.com/openai/?x=1", "/openai"),
            ("https://x.openai.azure.com", ""),
            ("https://x/a/b", "/a/b"),
        ] {
            assert_eq!(path_of(url), path);
        }
    }
}
