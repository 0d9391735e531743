//! Tables and pictures as bytes: rows of CSV files, SVG and PNG charts. The caller writes files.

mod rows;

pub use rows::{RequestRow, RunStamp, SCHEMA_VERSION, TimelineRow, TripRow};
