//! How a mock is set up, beside what the scenario says.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration as Real;

use crate::wire::Limits;

/// The key that every backend accepts that was given none.
pub const DEFAULT_KEY: &str = "mock-key";

/// How a mock is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen.
    pub address: IpAddr,
    /// The port of the first backend, the others follow, the last is that of tokens and side calls. `None`: any free
    /// ports.
    pub first_port: Option<u16>,
    /// How many times as fast as time the run goes; 0 counts as 1.
    pub speed: u32,
    /// Backends and keys that they accept, in the place of [`DEFAULT_KEY`].
    pub keys: Vec<(String, String)>,
    /// The only bearer token that is accepted, and that the token endpoint gives; `None`: any.
    pub token: Option<String>,
    /// Backends and names of deployments that they have, beside the scenario's.
    pub deployments: Vec<(String, String)>,
    /// Whether requests may say how they are answered.
    pub obeys_headers: bool,
    /// Longest body of a request, in bytes.
    pub body_bytes: usize,
    /// Bounds of the listeners.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            first_port: None,
            speed: 1,
            keys: Vec::new(),
            token: None,
            deployments: Vec::new(),
            obeys_headers: false,
            body_bytes: 32 * 1024 * 1024,
            limits: Limits { drain_time: Real::from_secs(5), ..Limits::default() },
        }
    }
}

impl Options {
    /// The keys that a backend accepts.
    pub(super) fn keys_of(&self, backend: &str) -> Vec<String> {
        let own: Vec<String> = named(&self.keys, backend).cloned().collect();
        if own.is_empty() { vec![DEFAULT_KEY.to_owned()] } else { own }
    }

    /// Further deployments of a backend.
    pub(super) fn deployments_of(&self, backend: &str) -> impl Iterator<Item = &String> {
        named(&self.deployments, backend)
    }
}

fn named<'a>(pairs: &'a [(String, String)], name: &str) -> impl Iterator<Item = &'a String> {
    pairs.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
