//! draft
mod files;
mod json;
pub use files::{DiskFiles, FileError, Files, MAX_FILE_BYTES, MemoryFiles};
