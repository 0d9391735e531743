//! `--replications`: means with intervals, differences run by run, the same bytes for any number of threads.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::support::{Work, read_rows};

/// A row of `comparison.csv` with intervals.
#[derive(Debug, Deserialize)]
struct Row {
    variant: String,
    metric: String,
    backend: String,
    value: Option<f64>,
    replications: u32,
    low: Option<f64>,
    high: Option<f64>,
    difference: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct Replication {
    replication: u32,
    seed: u64,
    metric: String,
    value: Option<f64>,
}

/// An open loop that two regions cannot serve alone, so that variants differ.
fn busy() -> Work {
    let work = Work::walkthrough();
    work.edit(|scenario| {
        scenario["traffic"] = serde_json::json!({
            "kind": "poisson", "perSecond": 1.0, "requests": 200,
            "request": { "promptTokens": 300, "completionTokens": { "median": 60, "sigma": 0.5, "max": 640 } }
        });
    });
    work
}

#[test]
fn threads_do_not_show() {
    let work = busy();
    let run = |threads: &str, out: &str| {
        let args = ["compare", "scenario.json", "--replications", "4", "--threads", threads, "--out", out];
        let mut said = work.call(&args).ok().out;
        said.truncate(said.rfind("results in").unwrap());
        (said, work.files(out))
    };
    let (one, three) = (run("1", "one"), run("3", "three"));
    assert!(one.1.contains_key("walkthrough/priority/replications.csv"), "{:?}", one.1.keys());
    assert!(one == three);
}

#[test]
fn a_single_run_is_as_without_the_option() {
    let work = busy();
    work.call(&["compare", "scenario.json", "--out", "plain"]).ok();
    work.call(&["compare", "scenario.json", "--replications", "3", "--out", "single"]).ok();
    // What the earlier comparison wrote beyond it goes.
    work.call(&["compare", "scenario.json", "--replications", "1", "--out", "single"]).ok();
    assert!(work.files("plain") == work.files("single"));
}

#[test]
fn the_first_replication_is_the_run_itself_and_the_others_have_other_seeds() {
    let work = busy();
    work.simulate("compare", &["--seed", "7", "--replications", "3"]);
    let first = work.files("out/walkthrough/priority");
    work.simulate("compare", &["--seed", "7"]);
    for (name, content) in work.files("out/walkthrough/priority") {
        assert!(first[&name] == content, "{name}");
    }
    work.simulate("compare", &["--seed", "7", "--replications", "3"]);
    let rows: Vec<Replication> = work.rows("priority", "replications.csv");
    let seeds: BTreeMap<u32, u64> = rows.iter().map(|r| (r.replication, r.seed)).collect();
    assert_eq!((seeds.len(), seeds[&1]), (3, 7));
    assert_ne!(seeds[&2], seeds[&3]);
    // Each run by its seed is that replication.
    for (replication, seed) in &seeds {
        let row = rows.iter().find(|r| r.replication == *replication && r.metric == "latency_ms_mean");
        work.call(&[
            "run",
            "scenario.json",
            "--variant",
            "priority",
            "--seed",
            &seed.to_string(),
            "--no-charts",
            "--out",
            "single",
        ])
        .ok();
        let path = work.path().join("single/walkthrough/priority/summary.json");
        let summary: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(row.unwrap().value, summary["latency_ms"]["mean"].as_f64());
    }
}

#[test]
fn comparisons_have_intervals_and_sentences() {
    let work = busy();
    let done = work.simulate("compare", &["--replications", "5", "--format", "json"]);
    let json: Value = serde_json::from_str(&done.out).unwrap();
    let scenario = &json["scenarios"][0];
    assert_eq!(scenario["runs"][0]["replications"]["seeds"].as_array().unwrap().len(), 5);
    let differences = scenario["differences"].as_array().unwrap();
    let share = differences
        .iter()
        .find(|d| d["variant"] == "round-robin" && d["metric"] == "share" && d["backend"] == "openai-eastus")
        .unwrap();
    // Editing sorts the variants, so `priority` is the first; it sends more to the first region than a third.
    assert_eq!(share["verdict"], "different");
    let sentence = share["sentence"].as_str().unwrap();
    assert!(sentence.contains("lower in round-robin by") && sentence.contains("95 % interval"), "{sentence}");

    let rows: Vec<Row> = read_rows(&work.path().join("out/walkthrough/comparison.csv"));
    for row in &rows {
        assert_eq!(row.difference.is_none(), row.variant == "priority" || row.value.is_none(), "{row:?}");
        if let (Some(value), Some(low), Some(high)) = (row.value, row.low, row.high) {
            assert!(low <= value && value <= high && row.replications == 5, "{row:?}");
        }
    }
    let is_east = |r: &&Row| r.metric == "share" && r.backend == "openai-eastus";
    let shares: Vec<&Row> = rows.iter().filter(is_east).collect();
    assert_eq!(shares.len(), 3);
    let expected = shares[1].value.unwrap() - shares[0].value.unwrap();
    assert!((shares[1].difference.unwrap() - expected).abs() < 1e-12);

    let human = work.simulate("compare", &["--replications", "5"]).out;
    assert!(human.contains("round-robin against priority, 5 replications of both over the same traffic"));
    assert!(human.contains(sentence), "{human}");
}

#[test]
fn the_chart_with_intervals_can_be_drawn_again() {
    let work = busy();
    work.call(&["compare", "scenario.json", "--replications", "4", "--out", "out"]).ok();
    work.call(&["plot", "out/walkthrough", "--out", "again"]).ok();
    let svg = work.read("out/walkthrough/comparison.svg");
    assert!(svg.contains("means of 4 runs"));
    assert!(svg == work.read("again/comparison.svg"));
}

#[test]
fn requirements_are_about_the_mean() {
    let work = busy();
    let args = ["run", "scenario.json", "--no-charts", "--replications", "3", "--out", "out"];
    let with = |requirement: &str| {
        let mut args = args.to_vec();
        args.extend(["--require", requirement]);
        work.call(&args)
    };
    let done = with("latency_ms_p99<1e9");
    assert!(done.code == 0 && done.out.contains("met in 3 of 3 runs"), "{}", done.out);
    assert_eq!(with("latency_ms_p99<1").code, 1);
}

#[test]
fn numbers_of_replications_have_a_range() {
    let work = busy();
    for bad in ["0", "-1", "10001", "x"] {
        let done = work.call(&["run", "scenario.json", "--replications", bad, "--out", "none"]);
        assert_eq!(done.code, 2, "{bad}");
    }
    assert!(!work.exists("none"));
}
