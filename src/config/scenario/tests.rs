//! Scenarios as files: what they become, and what is told about bad ones.

mod damage;
mod mix;
mod plans;
mod policies;
mod problems;
mod side_calls;
mod traffic;

use super::Overrides;
use crate::config::testing::{TestFiles, load_with};

/// The codes of all problems and the text that each marks.
fn codes(files: &TestFiles) -> Vec<(String, String)> {
    let (_, found) = load_with(files, &Overrides::default());
    found.into_iter().map(|(code, _, _, _, marked)| (code, marked)).collect()
}
