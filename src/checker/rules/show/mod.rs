//! Findings as text: for people, for editors, for build servers.
//!
//! Every format has all findings that are told, in order of place. Lines and columns count from 1, columns in
//! characters, in SARIF in UTF-16 code units, as its `columnKind` says.

mod forge;
mod json;
mod junit;
mod page;
mod place;
mod sarif;
mod schema;
#[cfg(test)]
mod tests;
mod text;

pub use forge::{github, gitlab, markdown};
pub use json::{json, jsonl};
pub use junit::junit;
pub use page::{list, list_json, page, page_json, page_markdown};
pub use place::fingerprints;
pub use sarif::sarif;
pub use schema::findings_schema;
pub use text::{concise, human};
