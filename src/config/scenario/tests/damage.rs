//! No input makes the reader panic.

use proptest::prelude::*;

use super::super::Overrides;
use crate::config::Files;
use crate::config::testing::{load_with, walkthrough};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_in_any_file_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..80), which in 0..3_usize) {
        let file = ["scenario.json", "backends.json", "policy.xml"][which];
        load_with(&walkthrough().with(file, bytes), &Overrides::default());
    }

    /// Cuts a piece out of a good file or puts a token in, which goes deeper than random bytes do.
    #[test]
    fn damaged_files_are_survived(
        at in any::<prop::sample::Index>(), length in 0..40_usize, which in 0..2_usize,
        token in prop::sample::select(vec!["", "null", "[]", "{}", "\"x\"", "-1", "1e999", "true", ",", "\"[x]\"", "é"]),
    ) {
        let file = ["scenario.json", "backends.json"][which];
        let files = walkthrough();
        let text = String::from_utf8(Files::read(&files, &format!("walkthrough/{file}")).expect("file")).expect("UTF-8");
        let chars: Vec<char> = text.chars().collect();
        let start = at.index(chars.len());
        let end = (start + length).min(chars.len());
        let (before, after) = (chars[..start].iter().copied(), chars[end..].iter().copied());
        let damaged: String = before.chain(token.chars()).chain(after).collect();
        load_with(&files.with(file, damaged), &Overrides::default());
    }

    /// Replaces one scalar of the scenario by another value.
    #[test]
    fn wrong_values_are_survived(
        which in 0..60_usize,
        token in prop::sample::select(vec!["null", "[]", "[[]]", "{}", "{\"a\":{}}", "\"x\"", "\"\"", "-1", "1e999", "0", "18446744073709551615", "true", "\"999999d\""]),
    ) {
        let files = walkthrough();
        let text = String::from_utf8(Files::read(&files, "walkthrough/scenario.json").expect("file")).expect("UTF-8");
        let colons: Vec<usize> = text.match_indices("\": ").map(|(at, found)| at + found.len()).collect();
        let (before, rest) = text.split_at(colons[which % colons.len()]);
        let (_, after) = rest.split_at(rest.find([',', '}', '\n']).unwrap_or(rest.len()));
        let changed = format!("{before}{token}{after}");
        load_with(&files.with("scenario.json", changed), &Overrides::default());
    }

    #[test]
    fn any_set_argument_is_survived(path in "[a-z.\"0-9-]{0,30}", value in ".{0,10}") {
        load_with(&walkthrough(), &Overrides { set: vec![(path, value)], ..Overrides::default() });
    }
}
