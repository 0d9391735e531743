//! `diff`: what is played differently is told with a witness, what is the same is said to be, and sides that cannot be
//! used are refused together.

use serde_json::Value;

use crate::support::{Done, Work, call, root};

const HARDENED: &str = include_str!("../fixtures/hardened.xml");

/// The walkthrough's files and a hardened policy beside its own.
fn work() -> Work {
    let work = Work::walkthrough();
    work.write("hardened.xml", HARDENED);
    work
}

fn against_hardened(work: &Work, more: &[&str]) -> Done {
    let mut args = vec!["diff", "policy.xml", "hardened.xml", "--with", "backends.json"];
    args.extend(more);
    work.call(&args)
}

#[test]
fn the_hardened_walkthrough_is_told_as_expected() {
    let done = against_hardened(&work(), &[]);
    assert_eq!(done.code, 1, "{}", done.err);
    let expected = include_str!("../fixtures/hardened.diff.txt");
    assert_eq!(done.out, expected, "\n{}", done.out);
    assert!(done.out.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn every_scenario_is_the_same_as_itself() {
    let mut folders: Vec<_> =
        std::fs::read_dir(root().join("scenarios")).unwrap().map(|e| e.unwrap().path()).collect();
    folders.retain(|folder| folder.join("scenario.json").exists());
    folders.sort();
    for folder in folders {
        let path = folder.join("scenario.json");
        let path = path.to_str().unwrap();
        let done = call(&root(), &["diff", path, path]).ok();
        assert!(done.out.contains("are the same"), "{path}\n{}", done.out);
    }
}

#[test]
fn the_other_way_round_the_same_classes_differ() {
    let work = work();
    let json = |old, new| {
        let done = work.call(&["diff", old, new, "--with", "backends.json", "--format", "json"]);
        assert_eq!(done.code, 1, "{}", done.err);
        serde_json::from_str::<Value>(&done.out).unwrap()
    };
    let (there, back) = (json("policy.xml", "hardened.xml"), json("hardened.xml", "policy.xml"));
    for member in ["classes", "differing"] {
        assert_eq!(there[member], back[member]);
    }
    let count = |report: &Value| report["differences"].as_array().unwrap().len();
    assert_eq!(count(&there), count(&back));
    let gains = "clients get an answer where they got an error; more attempts";
    let losses = "clients get an error where they got an answer; fewer attempts";
    let has = |report: &Value, title: &str| {
        report["differences"].as_array().unwrap().iter().any(|difference| difference["title"] == title)
    };
    assert!(has(&there, gains) && !has(&there, losses), "{there}");
    assert!(has(&back, losses) && !has(&back, gains), "{back}");
}

#[test]
fn sides_are_files_folders_scenarios_and_variants() {
    let work = work();
    for side in ["old", "new"] {
        for file in ["policy.xml", "backends.json"] {
            work.write(&format!("{side}/{file}"), &work.read(file));
        }
    }
    assert!(work.call(&["diff", "old", "new"]).ok().out.contains("are the same"));
    work.replace("new/backends.json", "\"min\": 429", "\"min\": 428");
    let done = work.call(&["diff", "old", "new"]);
    assert_eq!(done.code, 1);
    assert!(
        done.out.contains("breaker of `openai-eastus`: statuses that count: 429 -> 428 to 429"),
        "{}",
        done.out
    );
    let done = work.call(&[
        "diff",
        "--old",
        "old/policy.xml",
        "old/backends.json",
        "--new",
        "hardened.xml",
        "new/backends.json",
    ]);
    assert_eq!(done.code, 1, "{}", done.err);
    let done = work.call(&["diff", "scenario.json", "scenario.json", "--new-variant", "priority"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.out.contains("Shares of backends over many requests"), "{}", done.out);
    // Policies alone have stand-ins for backends, which is said.
    let done = work.call(&["diff", "policy.xml", "hardened.xml"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.out.contains("stand-ins without breakers"), "{}", done.out);
}

#[test]
fn other_formats_hold_the_same() {
    let work = work();
    let markdown = against_hardened(&work, &["--format", "markdown"]).out;
    assert!(markdown.contains("| Difference | When | Before | Now | Classes |"), "{markdown}");
    let rows = markdown.lines().filter(|line| line.starts_with("| Clients")).count();
    assert_eq!(rows, 2, "{markdown}");
    let json: Value = serde_json::from_str(&against_hardened(&work, &["--format", "json"]).out).unwrap();
    let first = &json["differences"][0];
    assert_eq!(first["witness"]["before"]["status"], 500);
    assert_eq!(first["witness"]["now"]["backends"], serde_json::json!(["openai-eastus", "openai-westus"]));
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place() {
    let work = work();
    let refused = |args: &[&str], code: i32, parts: &[&str]| {
        let mut all = vec!["diff"];
        all.extend(args);
        let done = work.call(&all);
        assert_eq!(done.code, code, "{args:?}\n{}\n{}", done.out, done.err);
        for part in parts {
            assert!(done.err.contains(part), "{part}\n{}", done.err);
        }
    };
    refused(&["gone.xml", "lost.xml"], 2, &["`gone.xml`", "`lost.xml`"]);
    refused(&["policy.xml"], 2, &["2 values"]);
    refused(&["--old", "policy.xml"], 2, &["--new"]);
    refused(
        &["scenario.json", "scenario.json", "--old-variant", "nobody"],
        2,
        &["no variant `nobody`", "priority"],
    );
    work.write("empty/readme.txt", "nothing");
    refused(&["empty", "empty"], 4, &["OLD: there is no file", "NEW: there is no file"]);
    work.write("two/a.xml", HARDENED);
    work.write("two/b.xml", HARDENED);
    refused(&["two", "hardened.xml"], 2, &["OLD: which policy?", "two/a.xml", "two/b.xml"]);
    let done = work.call(&["diff", "two", "two", "--old-policy", "a.xml", "--new-policy", "b.xml"]);
    assert_eq!(done.code, 0, "{}", done.err);
    work.write("broken.xml", "<policies><inbound></policies>");
    refused(&["broken.xml", "policy.xml", "--with", "backends.json"], 2, &["broken.xml:1:"]);
    refused(&["broken.xml", "policy.xml"], 2, &["broken.xml:1:"]);
    work.write("named.xml", &work.read("policy.xml").replace("openai-backend-pool", "{{pool}}"));
    refused(&["named.xml", "policy.xml"], 2, &["named.xml:12:", "--named-value"]);
    let value = ["--named-value", "pool=openai-backend-pool"];
    let done = work.call(&["diff", "named.xml", "policy.xml", value[0], value[1]]);
    assert_eq!(done.code, 0, "{}", done.err);
    let done = work.call(&["diff", "named.xml", "policy.xml", "--with", "backends.json", value[0], value[1]]);
    assert_eq!(done.code, 0, "{}", done.err);
    // What both sides share is told once.
    let done = work.call(&["diff", "policy.xml", "hardened.xml", "--with", "empty/readme.txt"]);
    assert_eq!((done.code, done.err.matches("unknown-form").count()), (2, 1), "{}", done.err);
    work.write("bad.json", "[{\"name\": \"openai-eastus\", \"properties\": {\"url\": 3}}]");
    refused(&["policy.xml", "hardened.xml", "--with", "bad.json"], 2, &["bad.json:1:"]);
}

#[test]
fn other_readings_are_played_when_asked() {
    let done = against_hardened(&work(), &["--all-readings"]);
    assert!(done.out.contains("`weighted_random` is not played"), "{}", done.out);
    assert_eq!(done.code, 1);
    assert!(done.out.contains("`pool.exhausted_reason` = `legacy`"), "{}", done.out);
}
