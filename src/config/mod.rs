//! draft
mod arm;
mod check;
mod files;
mod hash;
mod hints;
mod json;
mod loaded;
mod policy;
mod scenario;
mod shape;

pub use files::{DiskFiles, FileError, Files, MAX_FILE_BYTES, MemoryFiles};
pub use loaded::{BASE, Scenario, Variant, load_scenario};
pub use scenario::{Assumption, Overrides};
