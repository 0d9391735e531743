//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::check_args::{DiffArgs, ExplainArgs, ExportArgs, ImportArgs, RulesArgs, ValidateArgs};
use super::limiter_args::LimiterArgs;
use super::log_args::{CalibrateArgs, TraceImportArgs};
use super::mock_args::{DriveArgs, MockArgs};
use super::proof_args::{EquivalentArgs, ReplayArgs, VerifyArgs};
use crate::config::Overrides;

/// Simulate an Azure API Management backend pool in front of Azure OpenAI, before deploying it.
#[derive(Debug, Parser)]
#[command(name = "poolproof", version, max_term_width = 100, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Do it again whenever a file changes in the folders of what is named
    #[arg(long, global = true)]
    pub watch: bool,
    /// Print completions for this shell, and do nothing else
    #[arg(long, value_enum, value_name = "SHELL", exclusive = true)]
    pub completions: Option<Shell>,
    /// Write manual pages into this folder, and do nothing else
    #[arg(long, value_name = "DIR", exclusive = true)]
    pub man_pages: Option<PathBuf>,
}

const EXIT_CODES: &str = "Exit codes: 0 ok, 1 finding or missed requirement, 2 unusable input, \
3 bound reached without a verdict, 4 nothing ran, 101 internal error.";

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a scenario from a policy and its backends; every guessed value is listed with its reason
    Init(InitArgs),
    /// Make a scenario from what is deployed: Bicep, Terraform, ARM templates, APIOps folders
    Import(ImportArgs),
    /// Write a scenario as what can be deployed: Bicep, an ARM template, Terraform, an APIOps folder
    Export(ExportArgs),
    /// Simulate scenarios, or a policy with its backends: what happens to the traffic?
    Run(RunArgs),
    /// Simulate the variants of a scenario over the same traffic: which strategy is better?
    Compare(CompareArgs),
    /// Draw the charts of an output folder again, from the CSV files in it
    Plot(PlotArgs),
    /// Find what will go wrong with policies, backends and pools, before they are deployed
    Validate(ValidateArgs),
    /// Compare two configurations by playing both: which requests of clients end differently?
    Diff(DiffArgs),
    /// Prove what a configuration does over every order of events, or show the shortest way to break it
    Verify(VerifyArgs),
    /// Prove that clients cannot tell two configurations apart, or show how they can
    Equivalent(EquivalentArgs),
    /// Play a counterexample of `verify` again, event by event
    Replay(ReplayArgs),
    /// Explain a rule of `validate`: what it finds, why that is bad, how to mend it
    Explain(ExplainArgs),
    /// Run tests of policies: requests against scripted backends, in virtual time
    Test(TestArgs),
    /// Answer over HTTP as the backends of a scenario do: their limits, times, faults and headers
    Mock(MockArgs),
    /// Send the traffic of a scenario over HTTP, in real time, and tell what came of it as `run` does
    Drive(DriveArgs),
    /// Look at policy documents: are they well-formed, what do they do, how much of it runs here?
    Policy(PolicyArgs),
    /// Look at recorded traffic: how bursty is it, how large are its requests?
    Trace(TraceArgs),
    /// Fit a latency model to measured calls: what belongs into a scenario, and how well does it fit?
    Fit(FitArgs),
    /// Hold a scenario against logs of production: does it do what the gateway did, and which latency fits?
    Calibrate(CalibrateArgs),
    /// Evaluate one policy expression over a context: what does it give?
    Expr(ExprArgs),
    /// Look at the limits of one deployment by themselves
    Limiter(LimiterArgs),
    /// Print the JSON Schema of a file format
    Schema(SchemaArgs),
    /// Serve an editor over standard input and output: findings, pages of rules, definitions
    #[cfg(feature = "lsp")]
    Lsp,
    /// List the rules of `validate`
    Rules(RulesArgs),
}

/// Arguments of `run`.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Scenario files, or one policy (.xml) with its backends (.json)
    #[arg(required = true, value_name = "SCENARIO|POLICY BACKENDS")]
    pub inputs: Vec<String>,
    /// Run this variant of the scenario instead of the scenario itself
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// What is common to commands that simulate.
    #[command(flatten)]
    pub common: SimulateArgs,
}

/// Arguments of `compare`.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Scenario file, or one policy (.xml) with its backends (.json)
    #[arg(required = true, value_name = "SCENARIO|POLICY BACKENDS")]
    pub inputs: Vec<String>,
    /// What is common to commands that simulate.
    #[command(flatten)]
    pub common: SimulateArgs,
}

/// Arguments of commands that simulate.
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// Change a value of the scenario, for example `traffic.requests=50` (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = path_and_value)]
    pub set: Vec<(String, String)>,
    /// Master seed, instead of the scenario's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Run each variant under this many seeds, on all cores: means with 95 % intervals, and in `compare`
    /// differences between variants, run by run over the same traffic; tables and charts of single requests
    /// are those of the first seed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub replications: u32,
    /// Threads for replications; default: one for each core. Results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub threads: Option<u32>,
    /// Break a backend or a region, for example `eastus:outage@10m+20m`, `eastus:slow,factor=4@10m` or
    /// `eastus:outage,mtbf=1h,mttr=2m` (repeatable); KIND is outage, flapping, black-hole, slow, errors, answer,
    /// `auth_401`, `deployment_not_found`, partial or capacity
    #[arg(long, value_name = "TARGET:KIND@FROM+FOR")]
    pub fault: Vec<String>,
    /// Let a backend give this answer from a time on, once or for some time (`@60s+10s`), for example
    /// `eastus@60s=429,retry-after=86400` (repeatable)
    #[arg(long, value_name = "TARGET@FROM=STATUS,HEADER=VALUE")]
    pub answer: Vec<String>,
    /// Folder for results: OUT/SCENARIO/VARIANT/
    #[arg(long, value_name = "DIR", default_value = "output")]
    pub out: PathBuf,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Fail (exit 1) unless this holds, for example `latency_ms_p99<3000` or `client_429<0.1%` (repeatable)
    #[arg(long, value_name = "EXPR")]
    pub require: Vec<String>,
    /// Repeat under every other reading of what the documentation leaves open, and say what changes
    #[arg(long)]
    pub all_readings: bool,
    /// Do not write requests.csv (a row per client request), nor the two charts made from it
    #[arg(long)]
    pub no_requests: bool,
    /// Do not draw charts
    #[arg(long)]
    pub no_charts: bool,
}

impl SimulateArgs {
    /// `--set`, `--seed`, `--fault` and `--answer`.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            set: self.set.clone(),
            seed: self.seed,
            faults: self.fault.clone(),
            answers: self.answer.clone(),
        }
    }

    /// Threads for replications.
    pub(crate) fn thread_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.and_then(|threads| usize::try_from(threads).ok()).unwrap_or_else(cores)
    }
}

/// Arguments of `plot`.
#[derive(Debug, Args)]
pub(crate) struct PlotArgs {
    /// Output folder of a run, or of a comparison
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// Write the charts here instead
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Policy XML, API scope
    #[arg(long, value_name = "FILE")]
    pub policy: String,
    /// ARM JSON with backends and pools (repeatable)
    #[arg(long, value_name = "FILE", required = true)]
    pub backends: Vec<String>,
    /// Folder for the scenario; it must not hold one yet
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Change a value of the scenario, for example `traffic.requests=50` (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = path_and_value)]
    pub set: Vec<(String, String)>,
    /// Master seed
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// What to do with the documents.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// What can be done with policy documents.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say what is wrong with policies, fragments and snippets, each by itself
    Check(PolicyCheckArgs),
    /// Say of each policy of a document whether it is executed, has no effect here, or cannot be run
    Coverage(PolicyCoverageArgs),
    /// Tell in plain language what a policy does, line by line, and what the client sees in each case
    Explain(PolicyExplainArgs),
}

/// Arguments of `policy explain`.
#[derive(Debug, Args)]
pub(crate) struct PolicyExplainArgs {
    /// Policy document, alone or with its backends (.json), or a scenario
    #[arg(required = true, value_name = "SCENARIO|POLICY [BACKENDS]")]
    pub inputs: Vec<String>,
    /// The document is deployed with format `xml` (expressions escaped), not `rawxml`; without backends only
    #[arg(long)]
    pub escaped: bool,
    /// Value of a named value, `{{NAME}}` in the document (repeatable); without backends only
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub named_value: Vec<(String, String)>,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: ExplainFormat,
}

/// What `policy explain` prints on standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// Text for people
    #[default]
    Human,
    /// Markdown, for a pull request or a wiki
    Markdown,
    /// JSON for programs
    Json,
}

/// Arguments of `policy check`.
#[derive(Debug, Args)]
pub(crate) struct PolicyCheckArgs {
    /// Policy documents, and folders to search for them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,
    /// The documents are deployed with format `xml` (expressions escaped), not `rawxml`
    #[arg(long)]
    pub escaped: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Files of tests (JSON; `poolproof schema test` says what may stand in them)
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// Run only cases with this text in their name, whatever the letters' case
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Say which policies, outcomes of conditions and pool members no case reached
    #[arg(long)]
    pub coverage: bool,
    /// Fail (exit 1) when less than this share of all three together is reached
    #[arg(long, value_name = "PERCENT", value_parser = percentage)]
    pub fail_under: Option<f64>,
    /// Name the cases that pass, too
    #[arg(short, long)]
    pub verbose: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: TestFormat,
}

/// What `test` prints on standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// Text for people
    #[default]
    Human,
    /// JSON for programs
    Json,
    /// JUnit XML for build servers
    Junit,
}

/// Arguments of `policy coverage`.
#[derive(Debug, Args)]
pub(crate) struct PolicyCoverageArgs {
    /// Policy document
    #[arg(value_name = "FILE")]
    pub path: String,
    /// The document is deployed with format `xml` (expressions escaped), not `rawxml`
    #[arg(long)]
    pub escaped: bool,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `trace`.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// What to do with the trace.
    #[command(subcommand)]
    pub command: TraceCommand,
}

/// What can be done with traces.
#[derive(Debug, Subcommand)]
pub(crate) enum TraceCommand {
    /// Print rates, burstiness and sizes of a trace (Azure LLM, BurstGPT, Mooncake or imported; plain or gzip)
    Stats(TraceStatsArgs),
    /// Join exported logs of the gateway into one trace, to be replayed and calibrated with
    Import(TraceImportArgs),
}

/// Arguments of `trace stats`.
#[derive(Debug, Args)]
pub(crate) struct TraceStatsArgs {
    /// Trace file
    #[arg(value_name = "FILE")]
    pub path: String,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `fit`.
#[derive(Debug, Args)]
pub(crate) struct FitArgs {
    /// CSV with a header; columns by name: `ttft_ms`, `tpot_ms`, `latency_ms` (or `total_ms`; `_s` for seconds),
    /// `completion_tokens` (or `output_tokens`); rows with a `status` other than 2xx are left out. The
    /// requests.csv of a run will do
    #[arg(value_name = "LATENCY.csv")]
    pub path: String,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `expr`.
#[derive(Debug, Args)]
pub(crate) struct ExprArgs {
    /// The expression: `@(...)`, `@{...}`, or what stands inside of `@(...)`
    #[arg(value_name = "EXPR")]
    pub expression: String,
    /// JSON with request, response, variables, lastError, subscription, time
    #[arg(long, value_name = "FILE")]
    pub context: Option<String>,
    /// Seed of random numbers and new GUIDs
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Which format
    #[arg(value_enum)]
    pub of: SchemaOf,
}

/// File formats with a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// Scenario files
    Scenario,
    /// Files of tests of policies
    Test,
    /// What `validate --format json` prints
    Findings,
    /// Files of properties for `verify`
    Properties,
}

/// What is printed on standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people
    #[default]
    Human,
    /// JSON for programs
    Json,
}

pub(crate) fn path_and_value(text: &str) -> Result<(String, String), String> {
    let (path, value) =
        text.split_once('=').ok_or("expected PATH=VALUE, for example `traffic.requests=50`")?;
    if path.trim().is_empty() {
        return Err("expected a path before `=`".to_owned());
    }
    Ok((path.trim().to_owned(), value.to_owned()))
}

pub(crate) fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, for example `retries=2`")?;
    if name.trim().is_empty() {
        return Err("expected a name before `=`".to_owned());
    }
    Ok((name.trim().to_owned(), value.to_owned()))
}

fn percentage(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').trim_end().parse::<f64>();
    percent
        .ok()
        .filter(|percent| (0.0..=100.0).contains(percent))
        .ok_or("expected a number from 0 to 100".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn set_needs_a_path_and_a_value() {
        assert_eq!(path_and_value("a.b=c=d"), Ok(("a.b".to_owned(), "c=d".to_owned())));
        assert!(path_and_value("a").is_err());
        assert!(path_and_value("=1").is_err());
    }

    #[test]
    fn percentages_are_in_range() {
        assert_eq!(percentage("80"), Ok(80.0));
        assert_eq!(percentage("99.5 %"), Ok(99.5));
        for text in ["", "-1", "101", "NaN", "inf", "x"] {
            assert!(percentage(text).is_err(), "{text}");
        }
    }
}
