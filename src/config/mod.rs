//! draft
mod arm;
mod check;
mod files;
mod hints;
mod json;
mod scenario;
mod shape;
pub use files::{DiskFiles, FileError, Files, MAX_FILE_BYTES, MemoryFiles};
