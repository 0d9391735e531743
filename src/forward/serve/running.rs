//! Serving until somebody says that it is enough.
//!
//! Rules
//! - Everything that can fail fails before anything listens: addresses, certificates, settings.
//! - SIGINT and SIGTERM end: nothing new is accepted, what is under way is answered. A second one does not wait.
//! - SIGHUP, or a changed file, asks for new settings. Unusable ones are told and change nothing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration as Real;

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;
use tokio_rustls::TlsAcceptor;

use super::journal::Journal;
use super::observe::{Observers, Observing};
use super::reach::{certificates_in, unusable};
use super::server::{Server, Started};
use super::settings::{ServeError, Settings};
use crate::wire::{Clock, Limits, Listening, Stop, stop_switch};

/// How often is looked whether a file has changed.
const LOOK_EVERY: Real = Real::from_secs(1);

/// Where and how a server runs.
#[derive(Clone, Debug)]
pub struct Running {
    /// Where clients come.
    pub listen: SocketAddr,
    /// Where operators look.
    pub admin: Option<SocketAddr>,
    /// Bounds of both.
    pub limits: Limits,
    /// Certificate chain and key of the side of clients, as PEM files.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Threads that serve; 1 needs no locks between cores.
    pub threads: usize,
    /// Where choices come from.
    pub seed: u64,
    /// Who is told what happens.
    pub observing: Observing,
}

/// Why a server does not run.
#[derive(Debug, Error)]
pub enum RunError {
    /// No address to listen at.
    #[error("cannot listen at {address}: {error}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The certificate or its key.
    #[error("`{path}` cannot be used for TLS: {problem}")]
    Tls {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
    },
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ServeError),
    /// The system gives no threads, sockets or signals.
    #[error("the system does not let it serve: {0}")]
    System(#[from] std::io::Error),
}

/// What happens while a server runs, for its owner.
#[derive(Debug)]
pub enum News {
    /// It listens.
    Started(Started),
    /// It has new settings.
    Reloaded,
    /// New settings cannot be used; those before stay in force.
    Refused(String),
    /// It ends, and waits for what is under way.
    Ending,
}

/// Serves until a signal. `reload` is asked for new settings: `true` when a signal wants them, else it looks whether
/// anything has changed; `None`: nothing has. `false` comes back when requests had to be cut off.
///
/// # Errors
/// Before anything listens: see [`RunError`].
pub fn serve(
    running: &Running,
    settings: Settings,
    journal: Option<Journal>,
    mut reload: impl FnMut(bool) -> Option<Result<Settings, String>> + Send,
    mut tell: impl FnMut(News),
) -> Result<bool, RunError> {
    let runtime = match running.threads {
        0 | 1 => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        threads => {
            tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?
        }
    };
    let tls = running.tls.as_ref().map(|(chain, key)| acceptor(chain, key)).transpose()?;
    runtime.block_on(async {
        let clock = Clock::starting_now(1);
        let observers = Observers::start(&running.observing, running.seed, clock);
        let server = Server::observed(settings, running.seed, clock, journal, observers)?;
        let clients = bind(running.listen, running.limits, tls).await?;
        let admin = match running.admin {
            Some(address) => Some(bind(address, running.limits, None).await?),
            None => None,
        };
        let stop = stop_switch();
        let mut signals = Signals::new()?;
        tell(News::Started(Server::started(&clients, admin.as_ref())?));
        let operators = admin.map(|admin| {
            let (server, stop) = (server.clone(), stop.clone());
            tokio::spawn(async move { server.run_admin(admin, &stop).await })
        });
        let mut serving = {
            let (server, stop) = (server.clone(), stop.clone());
            tokio::spawn(async move { server.run(clients, &stop).await })
        };
        let mut lost = 0;
        loop {
            lost = say_lost_lines(&server, lost);
            let signal = tokio::select! {
                done = &mut serving => return Ok(done.unwrap_or(false)),
                signal = signals.next() => signal,
                () = tokio::time::sleep(LOOK_EVERY) => Signal::Look,
            };
            match signal {
                Signal::End => break,
                Signal::Reload | Signal::Look => match reload(signal == Signal::Reload) {
                    None => {}
                    Some(Err(problem)) => tell(News::Refused(problem)),
                    Some(Ok(settings)) => match server.reload(settings) {
                        Ok(()) => tell(News::Reloaded),
                        Err(problem) => tell(News::Refused(problem.to_string())),
                    },
                },
            }
        }
        tell(News::Ending);
        end(&stop, serving, operators, &mut signals).await
    })
}

/// Says what the decision log has lost since `before` were lost; how many are now.
fn say_lost_lines(server: &Server, before: u64) -> u64 {
    let all = server.lost_lines();
    if all > before {
        tracing::warn!(lost = all.saturating_sub(before), "lines of the decision log lost");
    }
    all.max(before)
}

async fn end(
    stop: &Stop,
    serving: tokio::task::JoinHandle<bool>,
    operators: Option<tokio::task::JoinHandle<bool>>,
    signals: &mut Signals,
) -> Result<bool, RunError> {
    stop.now();
    let is_clean = tokio::select! {
        done = serving => done.unwrap_or(false),
        () = async { while signals.next().await != Signal::End {} } => false,
    };
    if let Some(operators) = operators {
        operators.abort();
    }
    Ok(is_clean)
}

async fn bind(address: SocketAddr, limits: Limits, tls: Option<TlsAcceptor>) -> Result<Listening, RunError> {
    Listening::bind(address, limits, tls).await.map_err(|error| RunError::Listen { address, error })
}

fn acceptor(chain: &Path, key: &Path) -> Result<TlsAcceptor, RunError> {
    let certificates = certificates_in(chain)?;
    let own_key = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(chain, &error))?
        .with_no_client_auth()
        .with_single_cert(certificates, own_key)
        .map_err(|error| unusable(key, &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    End,
    Reload,
    Look,
}

/// What the system tells a server.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::End,
            _ = self.terminate.recv() => Signal::End,
            _ = self.hangup.recv() => Signal::Reload,
        }
    }
}

/// What the system tells a server.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same as where signals can fail")]
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        drop(tokio::signal::ctrl_c().await);
        Signal::End
    }
}
