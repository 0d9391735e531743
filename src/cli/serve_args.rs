//! Arguments of the commands that speak HTTP.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::path_and_value;
use crate::units::Duration;

/// Arguments of `serve`.
#[derive(Debug, Args)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct ServeArgs {
    /// Scenario file, or one policy (.xml) with its backends (.json)
    #[arg(required = true, value_name = "SCENARIO|POLICY BACKENDS")]
    pub inputs: Vec<String>,
    /// Serve this variant of the scenario
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Change a value of the scenario (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = path_and_value)]
    pub set: Vec<(String, String)>,
    /// Where clients come; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where operators look: /healthz, /readyz, /metrics, /state
    #[arg(long, value_name = "ADDR")]
    pub admin: Option<SocketAddr>,
    /// Send what goes to this backend to another URL than that of its entity (repeatable)
    #[arg(long, value_name = "NAME=URL", value_parser = path_and_value)]
    pub backend: Vec<(String, String)>,
    /// API key of a backend, from `env:VARIABLE` or `file:PATH`; NAME `*` is every backend (repeatable)
    #[arg(long, value_name = "NAME=SOURCE", value_parser = path_and_value)]
    pub key: Vec<(String, String)>,
    /// Trust the certificates in this PEM file for backends, besides the roots of Mozilla (repeatable)
    #[arg(long, value_name = "FILE")]
    pub backend_ca: Vec<PathBuf>,
    /// One more subscription key, from `env:VARIABLE` or `file:PATH` (repeatable)
    #[arg(long, value_name = "SOURCE")]
    pub subscription_key: Vec<String>,
    /// Let requests in without a subscription key
    #[arg(long)]
    pub open: bool,
    /// Where tokens of the managed identity come from: `imds`, `app-service` (the variables `IDENTITY_ENDPOINT` and
    /// `IDENTITY_HEADER`), the URL of an endpoint that answers like IMDS, `env:VARIABLE` or `file:PATH` for a token
    /// that you have, or `none`; default: `app-service` where its variables are set, else `imds`
    #[arg(long, value_name = "SOURCE")]
    pub identity: Option<String>,
    /// Send the subscription key on to backends, as API Management does unless a policy deletes it
    #[arg(long)]
    pub faithful: bool,
    /// Tell clients which backend answered, in `x-poolproof-backend` and `x-poolproof-attempts`
    #[arg(long)]
    pub tell_backend: bool,
    /// Write every input of the decision core and every decision to this file, for `replay`
    #[arg(long, value_name = "FILE")]
    pub decision_log: Option<PathBuf>,
    /// Post trips of breakers and their ends to this URL, as API Management does through Event Grid; `env:VARIABLE` or
    /// `file:PATH` where the URL holds a key
    #[arg(long, value_name = "URL")]
    pub events_to: Option<String>,
    /// Send a trace of each request to this OpenTelemetry collector (OTLP over HTTP, in JSON), such as
    /// http://127.0.0.1:4318; `env:VARIABLE` or `file:PATH` where the URL holds a key
    #[arg(long, value_name = "URL")]
    pub otlp: Option<String>,
    /// Log requests, trips and resets on standard error too, in this form
    #[arg(long, value_name = "FORM")]
    pub log: Option<LogFormArg>,
    /// Log what is at least this grave, requests (`info`) and attempts (`debug`) among it; default: `info`
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<LogLevelArg>,
    /// Certificate chain for clients that speak TLS, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// Threads that serve
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=256))]
    pub threads: u32,
    /// Most KiB of a body that is kept, because the policy sends it again or looks at it
    #[arg(long, value_name = "KIB", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..=1_048_576))]
    pub body_limit: u32,
    /// Most connections of clients; more get 503
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections: u32,
    /// Most requests under way; more get 503
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub concurrency: u32,
    /// How long an answer may stall on either side, and how long a request's body that is kept may take
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = super::proof_args::time)]
    pub idle: Duration,
    /// How long the end waits for requests under way
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = super::proof_args::time)]
    pub drain: Duration,
    /// Draw random choices from this seed instead of one from the system
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// How lines of the log look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormArg {
    /// For people
    Text,
    /// An object a line
    Json,
}

/// What is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevelArg {
    /// What went wrong
    Error,
    /// And trips, refused files, losses
    Warn,
    /// And each request, resets, starts and ends
    Info,
    /// And each attempt
    Debug,
    /// Everything
    Trace,
}

const SERVE_HELP: &str = "SIGHUP reads the files again, and so does a change of one of them: unusable ones are told and \
change nothing, breakers of backends that are the same stay as they are. SIGINT and SIGTERM end: what is under way is \
answered.";
