//! Arguments of `lab`.

use std::net::SocketAddr;

use clap::Args;

use super::args::Format;
use super::mock_args::ScenarioArgs;

/// Arguments of `lab`.
#[derive(Debug, Args)]
pub(crate) struct LabArgs {
    /// Which scenario; without `--variant` all of its variants, one after the other.
    #[command(flatten)]
    pub scenario: ScenarioArgs,
    /// Go so many times as fast as time; headers stay in seconds of the scenario
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub speed: u32,
    /// Where the gateway listens; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Send nothing: keep gateway and backends until Ctrl-C, for clients of your own (with `--speed 1`)
    #[arg(long)]
    pub hold: bool,
    /// Exit with 1 when a backend's share of answers, or the share of good answers, differs from the simulation by more
    /// than so many percentage points
    #[arg(long, value_name = "POINTS", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub require_equal: Option<u8>,
    /// What is printed
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
