//! Each scenario's outputs are these bytes, in every build.
//!
//! `scenarios/NAME/expected/outputs.sha256` has a line for each file that `compare` writes, in the form of
//! `sha256sum`. `POOLPROOF_BLESS=1 cargo test --test it outputs` writes the lists anew; a change of one is a
//! change of results, and its reason belongs in the commit.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::support::{call, files, root};

#[test]
fn every_scenario_writes_the_bytes_that_are_listed() {
    let scenarios = root().join("scenarios");
    let mut folders: Vec<_> = fs::read_dir(&scenarios)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("scenario.json").exists())
        .collect();
    folders.sort();
    assert!(!folders.is_empty());
    let mut problems = Vec::new();
    for folder in &folders {
        let found = list(folder);
        let expected = folder.join("expected/outputs.sha256");
        if std::env::var_os("POOLPROOF_BLESS").is_some() {
            fs::create_dir_all(expected.parent().unwrap()).unwrap();
            fs::write(&expected, found).unwrap();
            continue;
        }
        let name = folder.file_name().unwrap().to_string_lossy();
        match fs::read_to_string(&expected) {
            Ok(listed) => problems.extend(differences(&name, &listed, &found)),
            Err(_) => problems.push(format!("{name}: expected/outputs.sha256 is missing")),
        }
    }
    assert!(
        problems.is_empty(),
        "{}\nif this is meant: POOLPROOF_BLESS=1 cargo test --test it outputs",
        problems.join("\n")
    );
}

/// The outputs of a scenario as `sha256sum` lists them.
fn list(scenario: &Path) -> String {
    let out = tempfile::tempdir().unwrap();
    let out_name = out.path().to_str().unwrap();
    call(scenario, &["compare", "scenario.json", "--out", out_name]).ok();
    let mut list = String::new();
    for (name, content) in files(out.path()) {
        let hash = Sha256::digest(&content).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        writeln!(list, "{hash}  {name}").unwrap();
    }
    list
}

fn differences(scenario: &str, expected: &str, found: &str) -> Vec<String> {
    let only = |these: &str, those: &str, what: &str| -> Vec<String> {
        let those: Vec<&str> = those.lines().collect();
        let missing = these.lines().filter(|line| !those.contains(line));
        missing.map(|line| format!("{scenario}: {what} {line}")).collect()
    };
    let mut all = only(expected, found, "expected");
    all.extend(only(found, expected, "found   "));
    all
}

#[test]
fn a_difference_names_the_file() {
    assert_eq!(differences("s", "a  x\nb  y\n", "a  x\nb  y\n"), Vec::<String>::new());
    assert_eq!(
        differences("s", "a  x\nb  y\n", "a  x\nc  y\nd  z\n"),
        ["s: expected b  y", "s: found    c  y", "s: found    d  z"]
    );
}
