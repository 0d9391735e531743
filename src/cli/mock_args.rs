//! Arguments of the commands that speak HTTP on the side of backends and clients.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::Args;

use super::args::{Format, name_and_value, path_and_value};
use crate::config::Overrides;

/// Which scenario is meant, and what of it is changed.
#[derive(Debug, Args)]
pub(crate) struct ScenarioArgs {
    /// Scenario file, or one policy (.xml) with its backends (.json)
    #[arg(required = true, value_name = "SCENARIO|POLICY BACKENDS")]
    pub inputs: Vec<String>,
    /// Take this variant of the scenario instead of the scenario itself
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Change a value of the scenario, for example `backends.openai-eastus.standard.tpm=16000` (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = path_and_value)]
    pub set: Vec<(String, String)>,
    /// Master seed, instead of the scenario's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Break a backend or a region, as for `run`, for example `eastus:outage@10m+20m` (repeatable)
    #[arg(long, value_name = "TARGET:KIND@FROM+FOR")]
    pub fault: Vec<String>,
    /// Let a backend give this answer from a time on, as for `run`, for example `eastus@60s=429,retry-after=5`
    /// (repeatable)
    #[arg(long, value_name = "TARGET@FROM=STATUS,HEADER=VALUE")]
    pub answer: Vec<String>,
}

impl ScenarioArgs {
    /// What is changed.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            set: self.set.clone(),
            seed: self.seed,
            faults: self.fault.clone(),
            answers: self.answer.clone(),
        }
    }
}

/// Arguments of `mock`.
#[derive(Debug, Args)]
pub(crate) struct MockArgs {
    /// Which backends.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub listen: IpAddr,
    /// Port of the first backend; the others follow in their order, and then the one of tokens and side calls. Default:
    /// ports that are free
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Go so many times as fast as time: latencies, windows and faults; headers stay in seconds of the scenario
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub speed: u32,
    /// A key that this backend accepts, instead of `mock-key` (repeatable)
    #[arg(long, value_name = "BACKEND=KEY", value_parser = name_and_value)]
    pub key: Vec<(String, String)>,
    /// Accept this bearer token only, and give it at the token endpoint; default: any is accepted
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Name of a deployment that this backend has, beside that of the scenario's operation and its model (repeatable)
    #[arg(long, value_name = "BACKEND=DEPLOYMENT", value_parser = name_and_value)]
    pub deployment: Vec<(String, String)>,
    /// Let requests say how they are answered, by a header such as `x-mock-answer: 429; retry-after=5; latency=200ms`;
    /// `reset` or `silent` stand for a status
    #[arg(long)]
    pub scripted_headers: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `drive`.
#[derive(Debug, Args)]
pub(crate) struct DriveArgs {
    /// Whose traffic.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// URL of the API to send to; the path of the scenario's operation is appended
    #[arg(long, value_name = "URL")]
    pub target: String,
    /// Send so many times as fast as time; what is written stays in seconds of the scenario
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub speed: u32,
    /// A header of every request, instead of the scenario's, for example `api-key=KEY` (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub header: Vec<(String, String)>,
    /// Tell each request's number to backends that are a mock with `--scripted-headers`: what is drawn for it is then
    /// drawn as in a simulation
    #[arg(long)]
    pub tell_mock: bool,
    /// Most requests at the same time; what waits for a place counts as lateness of this client
    #[arg(long, value_name = "N", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub requests_at_once: u32,
    /// Folder for results: OUT/SCENARIO/VARIANT-driven/
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub out: PathBuf,
    /// Do not write requests.csv (a row per client request)
    #[arg(long)]
    pub no_requests: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
