//! The rules of the house that no compiler checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::layering::{folder_of_children, sources, test_places, without_tests};
use crate::support::{files, root};

/// Most lines of a file, tests not counted.
const MOST_LINES: usize = 600;
/// Most characters of a line. One with a text in it may be longer: texts are not torn apart.
const WIDEST_LINE: usize = 120;

/// Crates of which two versions are built, and why that cannot be helped.
const DUPLICATES: &[(&str, &str)] = &[
    ("fancy-regex", "tests only: jsonschema asks for the one before"),
    ("getrandom", "tests only: proptest and tempfile ask for different ones"),
    ("hashbrown", "the language server's map of open requests is behind the others"),
    ("miniz_oxide", "flate2 and png have not met again yet"),
    ("r-efi", "of the two getrandom, for a platform that is not built"),
    ("rand", "rust_decimal names an older one that is not built, proptest has its own"),
    ("rand_chacha", "as rand"),
    ("rand_core", "as rand"),
    ("strum", "tests only: jsonschema and serde-sarif ask for different ones"),
    ("strum_macros", "as strum"),
    ("syn", "derive macros are on their way from 2 to 3; nothing of it is in the program"),
];

/// Licences that dependencies may have.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OFL-1.1",
    "Ubuntu-font-1.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join("src").join(path)).unwrap()
}

/// Every Rust file of the package, relative to its root.
fn rust_files() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for folder in ["src", "tests", "benches", "fuzz"] {
        for (name, content) in files(&root().join(folder)) {
            if Path::new(&name).extension().is_some_and(|e| e == "rs") {
                found.insert(format!("{folder}/{name}"), String::from_utf8(content).unwrap());
            }
        }
    }
    found
}

#[track_caller]
fn none(problems: &[String]) {
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let headless: Vec<String> = rust_files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(name, _)| name)
        .collect();
    none(&headless);
}

#[test]
fn files_are_of_a_size_that_can_be_read() {
    let all = sources();
    let tests = test_places(&all);
    let code = all.iter().filter(|file| !tests.iter().any(|place| file.starts_with(place)));
    let long: Vec<String> = code
        .map(|file| (file, without_tests(&read(file)).lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| format!("src/{}: {lines} lines, at most {MOST_LINES}", file.display()))
        .collect();
    none(&long);
}

#[test]
fn lines_are_not_too_wide() {
    let mut wide = Vec::new();
    for (name, text) in rust_files() {
        // The end of the raw text that a line is inside of.
        let mut inside: Option<&str> = None;
        for (at, line) in text.lines().enumerate() {
            let is_text = inside.is_some() || line.contains('"');
            inside = match inside {
                Some(end) => Some(end).filter(|end| !line.contains(end)),
                None => [("r##\"", "\"##"), ("r#\"", "\"#"), ("r\"", "\"")].into_iter().find_map(
                    |(begin, end)| {
                        let (_, rest) = line.rsplit_once(begin)?;
                        (!rest.contains(end)).then_some(end)
                    },
                ),
            };
            if line.chars().count() > WIDEST_LINE && !is_text {
                wide.push(format!("{name}:{}: {} characters", at + 1, line.chars().count()));
            }
        }
    }
    none(&wide);
}

#[test]
fn every_file_is_part_of_the_crate() {
    let all: BTreeSet<PathBuf> = sources().into_iter().collect();
    let mut reached = BTreeSet::new();
    let mut open: Vec<PathBuf> = ["", "checker/", "decision/", "forward/", "language/", "world/"]
        .map(|folder| PathBuf::from(format!("{folder}lib.rs")))
        .into_iter()
        .chain([PathBuf::from("main.rs")])
        .collect();
    while let Some(file) = open.pop() {
        let folder = folder_of_children(&file);
        for line in read(&file).lines() {
            let line = line.trim();
            let line = line.find("mod ").and_then(|at| line.get(at..)).filter(|_| !line.starts_with("//"));
            let line = line.unwrap_or_default();
            let Some(module) = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) else {
                continue;
            };
            let candidates = [folder.join(format!("{module}.rs")), folder.join(module).join("mod.rs")];
            open.extend(candidates.into_iter().filter(|candidate| all.contains(candidate)));
        }
        reached.insert(file);
    }
    let dead: Vec<String> = all.difference(&reached).map(|file| format!("src/{}", file.display())).collect();
    none(&dead);
}

#[test]
fn nothing_is_left_for_later() {
    // Put together, so that this file passes.
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("\"dra", "ft\""),
        concat!("//! dra", "ft"),
    ];
    let mut left = Vec::new();
    for (name, text) in rust_files() {
        for (at, line) in text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                left.push(format!("{name}:{}: {word}", at + 1));
            }
        }
    }
    none(&left);
}

#[test]
fn no_test_is_ignored_without_a_reason() {
    let bare = concat!("#[ign", "ore]");
    let found: Vec<String> =
        rust_files().into_iter().filter(|(_, text)| text.contains(bare)).map(|(name, _)| name).collect();
    none(&found);
}

#[test]
fn no_file_knows_a_machine() {
    // Tests that look for data beside the package, and say when it is not there.
    let skipping = ["tests/it/support.rs", "tests/it/tidy.rs"];
    let places = [concat!("../sha", "red"), "/work/", "/root/", "/home/", "/Users/", "/tmp/", "C:\\"];
    let mut known = Vec::new();
    for (name, content) in package_files() {
        let Ok(text) = String::from_utf8(content) else { continue };
        if skipping.contains(&name.as_str()) {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            if let Some(place) = places.iter().find(|place| line.contains(**place)) {
                known.push(format!("{name}:{}: {place}", at + 1));
            }
        }
    }
    none(&known);
}

/// Everything in the package but what is built, written by runs or kept by version control.
fn package_files() -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if [".git", "target", "output"].contains(&name.as_str()) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            found.extend(
                files(&entry.path()).into_iter().map(|(file, content)| (format!("{name}/{file}"), content)),
            );
        } else {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

#[test]
fn each_crate_is_built_once() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let mut versions: BTreeMap<&str, u32> = BTreeMap::new();
    for line in lock.lines() {
        if let Some(name) = line.strip_prefix("name = \"").and_then(|rest| rest.strip_suffix('"')) {
            *versions.entry(name).or_default() += 1;
        }
    }
    assert!(versions.contains_key("poolproof"));
    let twice: Vec<&str> = versions.iter().filter(|(_, n)| **n > 1).map(|(name, _)| *name).collect();
    let listed: Vec<&str> = DUPLICATES.iter().map(|(name, _)| *name).collect();
    assert_eq!(twice, listed, "the list of exceptions has to be exact");
}

#[test]
fn licences_allow_what_we_do() {
    let Some(metadata) = metadata() else {
        println!("skipped: `cargo metadata` is not to be had here");
        return;
    };
    let mut bad = Vec::new();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50);
    for package in packages {
        let name = &package["name"];
        match package["license"].as_str() {
            Some(licence) if is_allowed(licence) => {}
            licence => bad.push(format!("{name}: {licence:?}")),
        }
    }
    none(&bad);
}

#[test]
fn licence_expressions_are_read_as_they_are_meant() {
    for (expression, allowed) in [
        ("MIT", true),
        ("MIT OR Apache-2.0", true),
        ("MIT/Apache-2.0", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("(MIT OR Apache-2.0) AND GPL-3.0", false),
        ("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT", true),
    ] {
        assert_eq!(is_allowed(expression), allowed, "{expression}");
    }
}

/// Every part joined by AND needs one allowed alternative. Parentheses stand around alternatives only.
fn is_allowed(expression: &str) -> bool {
    expression.split(" AND ").all(|part| {
        let part = part.trim().trim_start_matches('(').trim_end_matches(')');
        part.split(" OR ")
            .flat_map(|alternative| alternative.split('/'))
            .any(|one| LICENCES.contains(&one.trim()))
    })
}

/// What cargo knows of the dependencies for this machine, without asking anybody.
fn metadata() -> Option<Value> {
    let cargo = std::env::var_os("CARGO")?;
    let version = Command::new("rustc").arg("-vV").output().ok()?;
    let version = String::from_utf8(version.stdout).ok()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "))?.to_owned();
    let output = Command::new(cargo)
        .args(["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", &host])
        .current_dir(root())
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    serde_json::from_slice(&output.stdout).ok()
}
