//! Tests of the whole program: one file per behaviour, all in one binary.
//!
//! They run the binary that cargo built, or the one that `POOLPROOF_BIN` names.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::float_cmp,
    reason = "a test says what went wrong by failing, and says on standard output when it is skipped"
)]

mod caching;
mod carbon;
mod clients;
mod commands;
mod costs;
mod determinism;
mod diff;
mod explain;
mod export;
mod faults;
mod fleet;
mod fuzz_corpus;
mod instances;
mod invalid_input;
mod junit;
#[cfg(feature = "http")]
mod lab;
mod latency;
mod layering;
mod limiter;
mod logs;
#[cfg(feature = "lsp")]
mod lsp;
mod mix;
#[cfg(feature = "http")]
mod on_sockets;
mod outputs;
#[cfg(feature = "http")]
mod over_http;
mod parity;
mod policy_documents;
mod policy_tests;
mod replay;
mod replications;
mod servegen;
mod servers;
mod sessions;
mod spillover;
mod support;
mod theory;
mod tidy;
mod token_keys;
mod traces;
mod traffic;
mod validate;
mod verify;
mod walkthrough;
mod warmup;
mod window_edges;
