//! poolproof: simulate and verify API Management backend pools before deploying.

use std::process::ExitCode;

fn main() -> ExitCode {
    poolproof::cli::main()
}
