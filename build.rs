//! How the program is linked: on Linux with glibc at a fixed address.
//!
//! A program that can be loaded anywhere has its tables of pointers written by the loader each time that it starts:
//! 52,000 of them in 230 pages, a tenth of the time that `validate` takes. What that costs in exchange is that the
//! addresses of the program itself are known beforehand (those of its memory, stack and libraries are not), which only
//! helps whoever has found a way to overwrite memory; there is no `unsafe` in here, and nothing listens on a network.
//! `POOLPROOF_PIE=1` when building links it as other programs are.

use std::env::var;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=POOLPROOF_PIE");
    let is = |name: &str, value: &str| var(name).is_ok_and(|own| own.split(',').any(|part| part == value));
    let is_known = is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && !is("CARGO_CFG_TARGET_FEATURE", "crt-static");
    if is_known && !is("POOLPROOF_PIE", "1") && is("PROFILE", "release") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
