//! Arguments of `limiter`.

use clap::{Args, Subcommand, ValueEnum};

use super::args::Format;
use crate::units::Duration;

/// Arguments of `limiter`.
#[derive(Debug, Args)]
pub(crate) struct LimiterArgs {
    /// What to do with it.
    #[command(subcommand)]
    pub command: LimiterCommand,
}

/// What can be done with a limiter.
#[derive(Debug, Subcommand)]
pub(crate) enum LimiterCommand {
    /// Play recorded calls through the limits of a deployment: what is admitted, what is left?
    #[command(after_help = COLUMNS)]
    Replay(Box<LimiterReplayArgs>),
}

const COLUMNS: &str = "\
Columns of the CSV file, or fields of the objects in a JSON list (by name, in any order):
  time_s, time_ms, time    when the call comes: seconds, milliseconds, or a timestamp (one of them); rows in
                           order of time, those before second 0 are counted as earlier use and not decided
  cost                     estimated tokens; or else, for the rule of the model:
  prompt_chars             characters of the prompt, if it is one message
  prompt_messages          characters of each message, as `59;16;673`, or a JSON list of numbers or messages
  prompt_tokens            prompt in tokens (PTU; otherwise 4 characters each)
  cached_tokens            how many of them are cached (PTU)
  max_tokens, best_of      as in the request
  completed_s, completed_ms, completed
                           when the answer is complete, for refunds and PTU, with
  actual_tokens            what was really used, or prompt_tokens and
  completion_tokens        what was generated
  status, remaining_requests, remaining_tokens
                           what was recorded: compared with the result, exit code 1 if they differ
  id, note                 name of the row, remark";

/// Arguments of `limiter replay`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("capacity").required(true).args(["tpm", "ptu"]))]
pub(crate) struct LimiterReplayArgs {
    /// Recorded calls, CSV or JSON
    #[arg(value_name = "FILE")]
    pub path: String,
    /// Quota of a Standard deployment in tokens per minute
    #[arg(long, value_name = "N")]
    pub tpm: Option<u64>,
    /// Units of a provisioned deployment
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub ptu: Option<u32>,
    /// Model: gives the rule of the cost, requests per token quota, tokens per unit
    #[arg(long, value_name = "NAME", default_value = "gpt-4o")]
    pub model: String,
    /// Standard: what differs from the measured rules.
    #[command(flatten)]
    pub standard: StandardArgs,
    /// Provisioned: what differs from the table.
    #[command(flatten)]
    pub provisioned: ProvisionedArgs,
    /// Tokens in use when the first call comes
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub used_tokens: u64,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub format: Format,
}

/// Options of a Standard deployment.
#[derive(Debug, Args)]
#[command(next_help_heading = "Standard deployments")]
pub(crate) struct StandardArgs {
    /// Requests per minute; default by model and --tpm
    #[arg(long, value_name = "N", conflicts_with = "ptu")]
    pub rpm: Option<u64>,
    /// Requests in one request window, instead of the share of the requests per minute
    #[arg(long, value_name = "N", conflicts_with_all = ["ptu", "rpm"],
        value_parser = clap::value_parser!(u64).range(1..))]
    pub request_limit: Option<u64>,
    /// How both windows move on
    #[arg(long, value_enum, default_value_t, conflicts_with = "ptu")]
    pub window: WindowArg,
    /// Length of the token window: seconds, or with a unit; --tpm is the limit of one window
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = span, conflicts_with = "ptu")]
    pub token_window: Duration,
    /// Length of the request window: seconds, or with a unit
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = span, conflicts_with = "ptu")]
    pub request_window: Duration,
    /// How the share of the requests per minute is rounded
    #[arg(long, value_enum, default_value_t, conflicts_with = "ptu")]
    pub request_rounding: RoundingArg,
    /// Refused calls count, too (documented; measurements say no)
    #[arg(long, conflicts_with = "ptu")]
    pub count_rejected: bool,
    /// The end of a call frees what it was estimated above its real use (documented; measurements say no)
    #[arg(long, conflicts_with = "ptu")]
    pub refund_on_completion: bool,
    /// Stands for max_tokens when unset; default by model
    #[arg(long, value_name = "N", conflicts_with = "ptu")]
    pub default_max_tokens: Option<u64>,
    /// Characters per estimated token; default by model
    #[arg(long, value_name = "N", conflicts_with = "ptu", value_parser = clap::value_parser!(u64).range(1..))]
    pub chars_per_token: Option<u64>,
    /// Tokens added for each message; default by model
    #[arg(long, value_name = "N", conflicts_with = "ptu")]
    pub per_message: Option<u64>,
    /// Whether the prompt counts; default by model
    #[arg(long, value_name = "BOOL", conflicts_with = "ptu", action = clap::ArgAction::Set)]
    pub count_prompt: Option<bool>,
    /// Requests in use when the first call comes
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "ptu")]
    pub used_requests: u64,
}

/// Options of a provisioned deployment.
#[derive(Debug, Args)]
#[command(next_help_heading = "Provisioned deployments")]
pub(crate) struct ProvisionedArgs {
    /// Input tokens per minute that one unit carries; default by model
    #[arg(long, value_name = "N", conflicts_with = "tpm", value_parser = clap::value_parser!(u64).range(1..))]
    pub input_tpm_per_ptu: Option<u64>,
    /// Input tokens that one output token weighs; default by model
    #[arg(long, value_name = "N", conflicts_with = "tpm")]
    pub output_weight: Option<u64>,
    /// Depth of the bucket as time of its drain rate (not published)
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = span, conflicts_with = "tpm")]
    pub bucket_depth: Duration,
    /// Completion that is assumed without max_tokens (not published)
    #[arg(long, value_name = "N", default_value_t = 1_000, conflicts_with = "tpm")]
    pub default_completion_tokens: u64,
}

/// Kinds of windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum WindowArg {
    /// Each call counts for the length of the window (measured)
    #[default]
    Sliding,
    /// Counters start anew at every full minute and every full request window (documented)
    FixedMinute,
}

/// Roundings of the request limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoundingArg {
    /// Down, at least 1
    #[default]
    Floor,
    /// Up
    Ceil,
}

/// A time above zero; a bare number is seconds.
fn span(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let is_bare = text.ends_with(|c: char| c.is_ascii_digit()) && !text.starts_with(['P', 'p']);
    let time = if is_bare { Duration::parse(&format!("{text}s")) } else { Duration::parse(text) };
    match time {
        Ok(Duration::ZERO) => Err("expected a time above zero".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_may_be_bare_seconds() {
        for (text, expected) in
            [("10", Some(10_000)), ("1.5", Some(1_500)), ("250ms", Some(250)), ("PT1M", Some(60_000))]
        {
            assert_eq!(span(text).ok(), expected.map(Duration::from_millis), "{text}");
        }
        for text in ["0", "-1", "NaN", "inf", "", "10x", "1e3"] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
