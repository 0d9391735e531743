//! Files of configuration in the styles in which people write them, right and wrong ones: what is told of each is
//! listed beside them, and nothing else may be told.
//!
//! A right file has no error. Infos are not listed: they are for whoever asks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::tests::{told_of, told_with};
use super::{Told, apply};
use crate::diagnostics::Severity;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/configurations");

/// Files, and folders that are one configuration.
const FOLDERS: [&str; 4] = ["policies/right", "policies/wrong", "resources/right", "resources/wrong"];

fn below(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        return found.push(path.to_owned());
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for entry in entries {
        below(&entry, found);
    }
}

/// `errors | warnings` of a configuration: codes in order, each once.
fn summary(path: &Path) -> String {
    let mut files = Vec::new();
    below(path, &mut files);
    let texts: Vec<(String, String)> = files
        .iter()
        .map(|file| {
            let name = file.strip_prefix(path).ok().filter(|name| name.components().next().is_some());
            let name = name.unwrap_or_else(|| Path::new(file.file_name().unwrap()));
            (name.to_string_lossy().replace('\\', "/"), fs::read_to_string(file).unwrap())
        })
        .collect();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let told = told_of(&texts);
    let of = |wanted: Severity| {
        let codes: BTreeSet<&str> =
            told.iter().filter(|(_, severity)| *severity == wanted).map(|(code, _)| *code).collect();
        if codes.is_empty() { "-".to_owned() } else { codes.into_iter().collect::<Vec<_>>().join(" ") }
    };
    format!("{} | {}", of(Severity::Error), of(Severity::Warning))
}

#[test]
fn every_file_is_told_what_is_listed() {
    let list = fs::read_to_string(Path::new(ROOT).join("expected.txt")).expect("the list");
    let mut told = String::new();
    for line in list.lines().take_while(|line| line.starts_with('#')) {
        told.push_str(&format!("{line}\n"));
    }
    for folder in FOLDERS {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(Path::new(ROOT).join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in entries {
            let name = entry.file_name().unwrap().to_string_lossy().into_owned();
            told.push_str(&format!("{folder}/{name}: {}\n", summary(&entry)));
        }
    }
    // To write the list again after a change that is meant: the new one is what the message shows.
    let changed: Vec<&str> = told.lines().filter(|line| !list.lines().any(|known| known == *line)).collect();
    assert!(changed.is_empty(), "\n{}", changed.join("\n"));
    assert_eq!(told.lines().count(), list.lines().count(), "the list names files that are not there");
}

#[test]
fn all_fixes_at_once_break_nothing() {
    let mut mended = 0;
    for folder in ["policies/wrong", "resources/wrong"] {
        let mut files = Vec::new();
        below(&Path::new(ROOT).join(folder), &mut files);
        for file in files {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&file).unwrap();
            let (told, sources) = told_with(&[(name.as_str(), text.as_str())]);
            let changed = apply(&told, &sources, true);
            let Some(new) = changed.values().next() else { continue };
            mended += 1;
            let before: Vec<&str> = told.iter().map(Told::code).collect();
            let after = told_of(&[(name.as_str(), new.as_str())]);
            let errors =
                |all: &mut dyn Iterator<Item = Severity>| all.filter(|own| *own == Severity::Error).count();
            let old_errors = errors(&mut told.iter().map(|told| told.diagnostic.severity));
            let new_errors = errors(&mut after.iter().map(|(_, severity)| *severity));
            assert!(new_errors <= old_errors, "{name}: {before:?} {after:?}");
            assert!(after.len() <= told.len() + 1, "{name}: {before:?} {after:?}");
        }
    }
    assert!(mended >= 20, "{mended}");
}

#[test]
fn right_files_have_no_error_and_wrong_ones_are_found() {
    let list = fs::read_to_string(Path::new(ROOT).join("expected.txt")).expect("the list");
    let mut counts = [0, 0, 0];
    for line in list.lines().filter(|line| !line.starts_with('#')) {
        let (path, found) = line.split_once(": ").expect("a path and codes");
        let is_right = path.contains("/right/");
        assert!(!is_right || found.starts_with("- |"), "{line}");
        assert!(is_right || found != "- | -", "{line}");
        let kind = if is_right && path.starts_with("policies") { 0 } else { usize::from(!is_right) + 1 };
        counts[kind] += 1;
    }
    assert!(counts[0] >= 40 && counts[1] >= 40 && counts[2] >= 60, "{counts:?}");
}
