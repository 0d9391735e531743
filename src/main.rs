//! poolproof: simulate and verify API Management backend pools before deploying.

use std::process::ExitCode;

use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    poolproof::cli::main()
}
