//! Arguments of the commands that prove, and that play what proofs found.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::name_and_value;
use super::check_args::FindingFormat;
use super::configurations::Wanted;
use crate::units::Duration;
use crate::verify::{Bounds, Histories, Limits, Profile, Property};

/// Which configuration is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct Configured {
    /// The policy that is meant, by a part of its path, where there are several
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// Take this variant of the scenario
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Value of a named value, `{{NAME}}` in policies (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub named_value: Vec<(String, String)>,
}

impl Configured {
    /// What these paths and arguments mean.
    pub(crate) fn wanted<'a>(&'a self, paths: &'a [String]) -> Wanted<'a> {
        Wanted {
            paths,
            with: &[],
            policy: self.policy.as_deref(),
            variant: self.variant.as_deref(),
            named_values: &self.named_value,
        }
    }
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = VERIFY_HELP)]
pub(crate) struct VerifyArgs {
    /// A scenario, or a policy with its backends: files (XML, Bicep, Terraform, ARM JSON, APIOps) or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,
    #[command(flatten)]
    pub configured: Configured,
    /// What counts as a violation: what the configuration claims to handle, or everything
    #[arg(long, value_enum, default_value_t)]
    pub profile: ProfileName,
    /// Look at these properties only: names, with commas between them; or a file (JSON) with properties of your own,
    /// which are looked at beside the others (repeatable)
    #[arg(long, value_name = "NAME|FILE", value_delimiter = ',')]
    pub property: Vec<String>,
    /// Requests under way at the same time, 1 to 4
    #[arg(long, value_name = "N", default_value_t = Bounds::default().in_flight)]
    pub in_flight: usize,
    /// Gateway instances, which share nothing, 1 to 4
    #[arg(long, value_name = "N", default_value_t = Bounds::default().instances)]
    pub instances: usize,
    /// Things that may go wrong on one path: bad answers, failing side calls, clients that leave
    #[arg(long, value_name = "N", default_value_t = Bounds::default().faults)]
    pub faults: u8,
    /// Events on one path
    #[arg(long, value_name = "N", default_value_t = Bounds::default().depth)]
    pub depth: u32,
    /// States that are kept at most; about 150 bytes each
    #[arg(long, value_name = "N", default_value_t = Bounds::default().states)]
    pub states: usize,
    /// Random storms beyond the bounds, of 300 events each; 0: none
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub cases: u32,
    /// Seed of the storms
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Play the counterexamples in this file first, and add those that are found: a token a line
    #[arg(long, value_name = "FILE")]
    pub regressions: Option<PathBuf>,
    /// Threads; the result does not depend on them
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub threads: usize,
    /// Which readings of what is not documented: those configured, each other one alone, too, or all combinations
    #[arg(long, value_enum, default_value_t)]
    pub readings: ReadingsName,
    /// Combinations of readings that are looked at at most; needs `--readings combined`
    #[arg(long, value_name = "N", default_value_t = 4096)]
    pub combinations: usize,
    /// Events on one path while other readings are looked at
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub readings_depth: u32,
    /// A reading under which something does not hold is a violation, too
    #[arg(long)]
    pub all_readings: bool,
    /// Longest time that a request may wait in the gateway, in seconds (property `wait-budget`)
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().wait.as_secs_ceil())]
    pub wait_budget: u64,
    /// Backend calls for one request at most (property `amplification`)
    #[arg(long, value_name = "N", default_value_t = Limits::default().calls)]
    pub max_calls: u32,
    /// Say what of the policy and the pools was reached
    #[arg(long)]
    pub coverage: bool,
    /// End with exit code 1 when less than this share was reached, in percent
    #[arg(long, value_name = "PERCENT")]
    pub fail_under: Option<f64>,
    /// Count the further tries of such clients into the worst case
    #[arg(long, value_enum, value_name = "CLIENT")]
    pub client: Option<ClientName>,
    /// How long such a client waits for its answer; needs `--client`
    #[arg(long, value_name = "TIME", requires = "client", value_parser = time)]
    pub budget: Option<Duration>,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: FindingFormat,
    /// Print no progress
    #[arg(long)]
    pub quiet: bool,
}

const VERIFY_HELP: &str =
    "Exit codes: 0 everything holds within the bounds, 1 something does not, 2 the input cannot be used, \
3 too many states or combinations of readings before there was a verdict, 4 there is no configuration.

Examples:
  poolproof verify scenarios/ptu-fallback/scenario.json
  poolproof verify policy.xml backends.bicep --in-flight 3 --profile strict";

/// What counts as a violation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProfileName {
    /// What the retry condition and the breakers name
    #[default]
    Declared,
    /// Everything, also what the configuration does not claim to handle
    Strict,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Declared => Self::Declared,
            ProfileName::Strict => Self::Strict,
        }
    }
}

/// Clients that try again by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClientName {
    /// openai-python with its defaults: two further tries
    OpenaiPython,
    /// A client that does not try again
    None,
}

/// Which readings are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReadingsName {
    /// As configured or by default
    Configured,
    /// Each other reading alone, too
    #[default]
    Alone,
    /// Every combination of other readings that are asked for, those with the fewest changes first
    Combined,
}

/// What is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum JsonOrHuman {
    /// Text for people
    #[default]
    Human,
    /// One JSON object
    Json,
}

/// How `replay` shows a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PathFormat {
    /// A table
    #[default]
    Human,
    /// A JSON array
    Json,
    /// A sequence diagram for Mermaid
    Mermaid,
    /// A sequence diagram as a picture
    Svg,
    /// A file of tests for `poolproof test`
    Test,
    /// A scenario for `poolproof run`, whose backends answer by script
    Scenario,
    /// A shell script that plays it with `mock`, `serve` and curl, beside its scenario (needs `--out`)
    #[cfg(feature = "http")]
    Script,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
#[command(after_help = REPLAY_HELP)]
pub(crate) struct ReplayArgs {
    /// What `verify` printed behind `replay`, or a file with its report: the first counterexample in it is played
    #[arg(value_name = "TOKEN|FILE")]
    pub token: String,
    /// The configuration, if it is not where the token says
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    #[command(flatten)]
    pub configured: Configured,
    /// How it is shown
    #[arg(long, value_enum, default_value_t)]
    pub format: PathFormat,
    /// Write it to this file; a scenario names policy and resources as they are seen from there
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Play it on real sockets, too: `serve` in front of backends that answer by script, and compare
    #[cfg(feature = "http")]
    #[arg(long)]
    pub over_http: bool,
    /// Go so many times as fast as time on real sockets; default: so fast that it takes some ten seconds
    #[cfg(feature = "http")]
    #[arg(long, value_name = "N", requires = "over_http", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub speed: Option<u32>,
}

const REPLAY_HELP: &str =
    "Exit codes: 0 played, nothing broken; 1 a property is broken on the way; 2 the token is of another configuration or \
version, or cannot be read.

Examples:
  poolproof replay cx1.0-1-0.5f1c...
  poolproof replay report.json --format scenario --out cx/scenario.json && poolproof run cx/scenario.json
  poolproof replay report.json --over-http";

/// The property called `name`.
pub(crate) fn property(name: &str) -> Result<Property, String> {
    Property::named(name).ok_or_else(|| {
        let names: Vec<&str> = Property::ALL.iter().map(|property| property.info().name).collect();
        let near = names.iter().max_by(|a, b| {
            let like = |other: &&str| strsim::jaro_winkler(other, name);
            like(a).total_cmp(&like(b))
        });
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        format!("there is no property `{name}`{hint} There are: {}; files end in `.json`", names.join(", "))
    })
}

impl VerifyArgs {
    /// The bounds, or what is wrong with them.
    pub(crate) fn bounds(&self) -> Result<Bounds, String> {
        let within = |name: &str, value: usize, most: usize| {
            if (1..=most).contains(&value) {
                Ok(())
            } else {
                Err(format!("`--{name}` is 1 to {most}, not {value}"))
            }
        };
        within("in-flight", self.in_flight, Bounds::MOST_IN_FLIGHT)?;
        within("instances", self.instances, Bounds::MOST_INSTANCES)?;
        within("depth", self.depth as usize, 64)?;
        within("readings-depth", self.readings_depth as usize, 64)?;
        within("threads", self.threads, 64)?;
        if self.cases > 1_000_000 {
            return Err(format!("`--cases` is 0 to 1000000, not {}", self.cases));
        }
        within("states", self.states, 1_000_000_000)?;
        within("combinations", self.combinations, 1_000_000)?;
        within("max-calls", self.max_calls as usize, 10_000)?;
        within("wait-budget", usize::try_from(self.wait_budget).unwrap_or(usize::MAX), 86_400)?;
        Ok(Bounds {
            in_flight: self.in_flight,
            instances: self.instances,
            faults: self.faults,
            depth: self.depth,
            states: self.states,
            threads: self.threads,
        })
    }

    /// The limits of properties.
    pub(crate) fn limits(&self) -> Limits {
        Limits { wait: Duration::from_secs(self.wait_budget), calls: self.max_calls }
    }
}

pub(crate) fn time(text: &str) -> Result<Duration, String> {
    Duration::parse(text).map_err(|error| error.to_string())
}

/// Arguments of `equivalent`.
#[derive(Debug, Args)]
#[command(after_help = EQUIVALENT_HELP)]
pub(crate) struct EquivalentArgs {
    /// The old and the new configuration: each a scenario, or a folder with a policy and its backends
    #[arg(value_names = ["OLD", "NEW"], num_args = 2, required = true)]
    pub sides: Vec<String>,
    #[command(flatten)]
    pub configured: Configured,
    /// Take this variant of the old scenario
    #[arg(long, value_name = "NAME")]
    pub old_variant: Option<String>,
    /// Take this variant of the new scenario
    #[arg(long, value_name = "NAME")]
    pub new_variant: Option<String>,
    /// Requests of a history, 1 to 4
    #[arg(long, value_name = "N", default_value_t = Histories::default().requests)]
    pub requests: u32,
    /// Bad answers in a history, 0 to 6
    #[arg(long, value_name = "N", default_value_t = Histories::default().faults)]
    pub faults: u32,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: JsonOrHuman,
}

const EQUIVALENT_HELP: &str =
    "Exit codes: 0 no client can tell them apart within the bounds, 1 one can, 2 a side cannot be used, 4 a side has no \
configuration.

Example:
  poolproof equivalent old/scenario.json new/scenario.json";
