//! Arguments of what reads logs of production.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::Format;
use crate::config::{ImportRules, MissingTokens, TimeMeaning};

/// How logs are read.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LogArgs {
    /// What `TimeGenerated` of the gateway is the time of
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub time_is: TimeIs,
    /// What becomes of requests whose tokens were not logged
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub without_tokens: WithoutTokens,
}

impl LogArgs {
    /// The same for the reader.
    pub(crate) fn rules(self) -> ImportRules {
        let time = match self.time_is {
            TimeIs::Auto => TimeMeaning::Auto,
            TimeIs::Start => TimeMeaning::Start,
            TimeIs::End => TimeMeaning::End,
        };
        let tokens = match self.without_tokens {
            WithoutTokens::Failed => MissingTokens::Failed,
            WithoutTokens::Drop => MissingTokens::Drop,
            WithoutTokens::Median => MissingTokens::Median,
        };
        ImportRules { time, tokens }
    }
}

/// What a time in the log of the gateway is the time of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimeIs {
    /// What requests of Application Insights say, if they are given; else the start
    #[default]
    Auto,
    /// The start of the request
    Start,
    /// The end of the request: it came `TotalTime` earlier
    End,
}

/// What becomes of requests without tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum WithoutTokens {
    /// Those that failed for want of capacity (408, 429, 5xx, no answer) get the medians, others are left out
    #[default]
    Failed,
    /// All are left out
    Drop,
    /// All get the medians of requests with tokens
    Median,
}

/// Arguments of `trace import`.
#[derive(Debug, Args)]
pub(crate) struct TraceImportArgs {
    /// Exports of `ApiManagementGatewayLogs`, `ApiManagementGatewayLlmLog`, and `requests` and `dependencies` of
    /// Application Insights: CSV, JSON, JSON lines or query results, plain or gzip; told apart by their columns
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// The joined trace to write
    #[arg(long, value_name = "CSV")]
    pub out: PathBuf,
    /// How logs are read.
    #[command(flatten)]
    pub logs: LogArgs,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `calibrate`.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Scenario file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// A joined trace of `trace import`, or the exports that it takes
    #[arg(required = true, value_name = "LOG")]
    pub files: Vec<String>,
    /// A backend id, host or deployment of the log is this backend of the scenario (repeatable)
    #[arg(long, value_name = "LOGNAME=BACKEND", value_parser = log_name_and_backend)]
    pub map: Vec<(String, String)>,
    /// Compare with this variant of the scenario instead of the scenario itself
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Change a value of the scenario, for example `backends.openai-eastus.standard.tpm=16000` (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = super::args::path_and_value)]
    pub set: Vec<(String, String)>,
    /// Master seed, instead of the scenario's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How logs are read.
    #[command(flatten)]
    pub logs: LogArgs,
    /// Fail (exit 1) unless this holds, for example `share_error<5%`, `share_error[openai-eastus]<5%`,
    /// `client_429_error<1%`, `client_5xx_error<1%` or `latency_error_p90<10%` (repeatable)
    #[arg(long, value_name = "EXPR")]
    pub require: Vec<String>,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

fn log_name_and_backend(text: &str) -> Result<(String, String), String> {
    let (name, backend) =
        text.split_once('=').ok_or("expected LOGNAME=BACKEND, for example `aoai-east=openai-eastus`")?;
    if name.trim().is_empty() || backend.trim().is_empty() {
        return Err("expected a name before and after `=`".to_owned());
    }
    Ok((name.trim().to_owned(), backend.trim().to_owned()))
}
