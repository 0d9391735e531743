//! The verbs and their options: what they write, print and end with.

use serde_json::Value;

use crate::support::{Work, root};

#[test]
fn require_decides_the_exit_code() {
    let work = Work::walkthrough();
    for (requirement, code, word) in [
        ("success>=100%", 0, "met"),
        ("client_429<0.1%", 0, "met"),
        ("attempts==40", 0, "met"),
        ("share[openai-eastus]<50%", 0, "met"),
        ("latency_ms_p99<1ms", 1, "MISSED"),
        ("trips>0", 1, "MISSED"),
    ] {
        let done = work.call(&[
            "run",
            "scenario.json",
            "--variant",
            "round-robin",
            "--no-charts",
            "--require",
            requirement,
        ]);
        assert_eq!(done.code, code, "{requirement}: {}", done.err);
        let line = done.out.lines().find(|line| line.contains(requirement)).unwrap();
        assert!(line.trim_start().starts_with(word), "{line}");
    }
    // One of several is enough to fail, in any variant of a comparison.
    let both = ["--require", "success>0", "--require", "trips==0"];
    let mut args = vec!["compare", "scenario.json", "--no-charts"];
    args.extend(both);
    assert_eq!(work.call(&args).code, 1);
}

#[test]
fn a_requirement_that_cannot_be_read_is_unusable_input() {
    for requirement in ["fast", "latency<3", "latency_ms_p99<3%", "share<1", "share[nowhere]<1"] {
        let work = Work::walkthrough();
        let done =
            work.call(&["run", "scenario.json", "--no-charts", "--out", "out", "--require", requirement]);
        assert_eq!(done.code, 2, "{requirement}");
        assert!(done.err.contains(&format!("`{requirement}`")), "{}", done.err);
        assert!(!work.exists("out"), "nothing half written");
    }
}

#[test]
fn set_changes_values_and_tells_unknown_paths() {
    let work = Work::walkthrough();
    work.simulate("run", &["--variant", "priority", "--set", "traffic.requests=7"]);
    assert_eq!(work.requests("priority").len(), 7);
    for (set, marked) in [
        ("trafic.requests=7", "did you mean `traffic`"),
        ("traffic.request=7", "--set traffic.request=7:1:"),
        ("backends.openai-east.standard.tpm=1", "--set backends.openai-east.standard.tpm=1:1:10"),
        ("semantics.breaker.windo=sliding", "did you mean `breaker.window`"),
        ("semantics.breaker.window=slidin", "--set semantics.breaker.window=slidin:1:26"),
    ] {
        let done = work.call(&["run", "scenario.json", "--out", "none", "--set", set]);
        assert_eq!(done.code, 2, "{set}: {}", done.out);
        assert!(done.err.contains(marked), "{set}: {}", done.err);
    }
    let done = work.call(&["run", "scenario.json", "--out", "none", "--set", "traffic.requests"]);
    assert_eq!(done.code, 2);
    assert!(!work.exists("none"));
}

#[test]
fn an_unknown_variant_is_told_with_those_that_exist() {
    let work = Work::walkthrough();
    let done = work.call(&["run", "scenario.json", "--variant", "priorities", "--out", "none"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("`priorities`") && done.err.contains("round-robin, priority, weighted"));
    assert!(!work.exists("none"));
}

#[test]
fn run_without_a_variant_runs_the_base() {
    let work = Work::walkthrough();
    work.simulate("run", &[]);
    assert!(work.exists("out/walkthrough/base/requests.csv"));
    assert!(!work.exists("out/walkthrough/priority"));
}

#[test]
fn several_scenarios_run_in_one_call() {
    let work = Work::walkthrough();
    let second = work.read("scenario.json").replace("\"name\": \"walkthrough\"", "\"name\": \"second\"");
    work.write("second.json", &second);
    work.call(&["run", "scenario.json", "second.json", "--no-charts", "--out", "out"]).ok();
    assert!(work.exists("out/walkthrough/base/summary.json") && work.exists("out/second/base/summary.json"));
    // One that cannot be used stops all.
    let done = work.call(&["run", "scenario.json", "third.json", "--no-charts", "--out", "none"]);
    assert_eq!(done.code, 2);
    assert!(!work.exists("none"));
}

#[test]
fn no_requests_leaves_them_out_also_from_an_earlier_run() {
    let work = Work::walkthrough();
    work.call(&["run", "scenario.json", "--out", "out"]).ok();
    let folder = "out/walkthrough/base";
    let file = |name: &str| work.exists(&format!("{folder}/{name}"));
    assert!(file("requests.csv") && file("response_time.svg"));
    work.call(&["run", "scenario.json", "--out", "out", "--no-requests"]).ok();
    // With them go the charts that are drawn from them.
    for name in ["requests.csv", "response_time.svg", "response_time.png", "traffic_share.svg"] {
        assert!(!file(name), "{name}");
    }
    assert!(file("summary.json") && file("summary.csv") && file("timeline.csv") && file("trips.csv"));
    assert!(file("breakers.svg"));
    work.call(&["run", "scenario.json", "--out", "out", "--no-charts"]).ok();
    assert!(file("requests.csv") && !file("traffic_share.svg"));
}

#[test]
fn plot_draws_the_same_bytes_again() {
    let work = Work::walkthrough();
    work.call(&["compare", "scenario.json", "--out", "out"]).ok();
    let before = work.files("out");
    let is_chart = |name: &&String| {
        std::path::Path::new(name).extension().is_some_and(|end| end == "svg" || end == "png")
    };
    // Three charts of each of three runs and one of them together, each twice.
    assert_eq!(before.keys().filter(is_chart).count(), 20);
    work.call(&["plot", "out/walkthrough", "--out", "again"]).ok();
    let again = work.files("again");
    assert_eq!(again.keys().filter(is_chart).count(), 20);
    assert_eq!(again.len(), 20);
    for (name, content) in again.iter().filter(|(name, _)| !name.starts_with("comparison")) {
        assert!(before[&format!("walkthrough/{name}")] == *content, "{name}");
    }
    // In place, and a single run.
    std::fs::remove_file(work.path().join("out/walkthrough/priority/breakers.png")).unwrap();
    work.call(&["plot", "out/walkthrough/priority"]).ok();
    assert!(before == work.files("out"));
}

#[test]
fn plot_draws_the_same_comparison_again() {
    let work = Work::walkthrough();
    work.call(&["compare", "scenario.json", "--out", "out"]).ok();
    work.call(&["plot", "out/walkthrough", "--out", "again"]).ok();
    for name in ["comparison.svg", "comparison.png"] {
        assert!(work.files("out")[&format!("walkthrough/{name}")] == work.files("again")[name], "{name}");
    }
}

#[test]
fn plot_without_a_run_has_nothing_to_do() {
    let work = Work::empty();
    work.write("folder/notes.txt", "mine");
    let done = work.call(&["plot", "folder"]);
    assert_eq!(done.code, 4);
    assert!(done.err.contains("folder"), "{}", done.err);
    assert_eq!(work.call(&["plot", "nowhere"]).code, 2);
    work.write("folder/summary.json", "{");
    let done = work.call(&["plot", "folder"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("summary.json") && done.err.contains("line 1"), "{}", done.err);
    assert_eq!(work.files("folder").len(), 2, "nothing was left there");
}

#[test]
fn plot_tells_a_broken_table_by_line() {
    let work = Work::walkthrough();
    work.call(&["run", "scenario.json", "--out", "out"]).ok();
    let folder = "out/walkthrough/base";
    let table = work.read(&format!("{folder}/timeline.csv"));
    let broken = table.replacen(",openai-westus,", ",openai-westus,many", 1);
    work.write(&format!("{folder}/timeline.csv"), &broken);
    let done = work.call(&["plot", folder]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("timeline.csv") && done.err.contains("line 3"), "{}", done.err);
}

#[test]
fn policy_and_backends_are_enough_and_guesses_are_told() {
    let work = Work::walkthrough();
    let done = work.call(&["run", "policy.xml", "backends.json", "--no-charts", "--out", "out"]).ok();
    for guess in ["backends.openai-eastus.standard.tpm", "operation.path", "traffic.requests"] {
        assert!(done.out.contains(guess), "{guess}: {}", done.out);
    }
    let json = work
        .call(&["run", "policy.xml", "backends.json", "--no-charts", "--out", "out", "--format", "json"])
        .ok();
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let guesses = json["scenarios"][0]["guesses"].as_array().unwrap();
    assert!(guesses.iter().all(|g| !g["reason"].as_str().unwrap().is_empty()));
    // What was guessed can be set.
    work.call(&[
        "run",
        "policy.xml",
        "backends.json",
        "--no-charts",
        "--out",
        "out",
        "--set",
        "traffic.requests=3",
    ])
    .ok();
    let rows = work.read("out/guessed/base/requests.csv");
    assert_eq!(rows.lines().count(), 1 + 3);
    assert_eq!(work.call(&["run", "policy.xml"]).code, 2);
}

#[test]
fn compare_without_variants_makes_the_three_strategies() {
    let work = Work::walkthrough();
    let done = work.call(&["compare", "policy.xml", "backends.json", "--no-charts", "--out", "out"]).ok();
    for strategy in ["round-robin", "priority", "weighted"] {
        assert!(work.exists(&format!("out/guessed/{strategy}/requests.csv")), "{}", done.out);
    }
}

#[test]
fn init_makes_the_scenario_that_run_would_guess() {
    let work = Work::walkthrough();
    work.call(&["run", "policy.xml", "backends.json", "--no-charts", "--out", "guessed"]).ok();
    let done = work.call(&["init", "--policy", "policy.xml", "--backends", "backends.json", "--out", "made"]);
    let done = done.ok();
    assert!(done.out.contains("backends.openai-eastus.standard.tpm"), "{}", done.out);
    let printed = work.call(&["run", "made/scenario.json", "--no-charts", "--out", "written"]).ok();
    let summary = |out: &str| -> Value {
        serde_json::from_str(&work.read(&format!("{out}/guessed/base/summary.json"))).unwrap()
    };
    let (guessed, written) = (summary("guessed"), summary("written"));
    assert_eq!(guessed["run"], written["run"], "the same scenario has the same hash");
    assert_eq!(guessed["fingerprint"], written["fingerprint"]);
    assert!(printed.out.contains(written["run"]["scenario_hash"].as_str().unwrap()));
    // The folder is there now.
    let again =
        work.call(&["init", "--policy", "policy.xml", "--backends", "backends.json", "--out", "made"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("made/scenario.json"), "{}", again.err);
}

#[test]
fn init_writes_what_set_and_seed_say() {
    let work = Work::walkthrough();
    work.call(&[
        "init",
        "--policy",
        "policy.xml",
        "--backends",
        "backends.json",
        "--out",
        "made",
        "--set",
        "traffic.requests=5",
        "--seed",
        "9",
    ])
    .ok();
    let scenario: Value = serde_json::from_str(&work.read("made/scenario.json")).unwrap();
    assert_eq!(scenario["traffic"]["requests"], 5);
    assert_eq!(scenario["seed"], 9);
}

#[test]
fn init_with_unusable_files_writes_nothing() {
    let work = Work::walkthrough();
    work.replace("policy.xml", "openai-backend-pool", "nowhere");
    let done = work.call(&["init", "--policy", "policy.xml", "--backends", "backends.json", "--out", "made"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("policy.xml:12:42"), "{}", done.err);
    assert!(!work.exists("made"));
}

#[test]
fn the_schema_accepts_the_shipped_scenarios_and_refuses_others() {
    let schema = crate::support::call(&root(), &["schema", "scenario"]).ok().out;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut shipped = 0;
    for entry in std::fs::read_dir(root().join("scenarios")).unwrap() {
        let path = entry.unwrap().path().join("scenario.json");
        if !path.exists() {
            continue;
        }
        let scenario: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let problems: Vec<String> = validator.iter_errors(&scenario).map(|e| e.to_string()).collect();
        assert_eq!(problems, Vec::<String>::new(), "{}", path.display());
        shipped += 1;
        let mut broken = scenario.clone();
        broken["seeed"] = Value::from(1);
        assert!(!validator.is_valid(&broken), "an unknown field");
        let mut broken = scenario.clone();
        broken.as_object_mut().unwrap().remove("policy");
        assert!(!validator.is_valid(&broken), "a missing field");
        let mut broken = scenario;
        broken["formatVersion"] = Value::from(2);
        assert!(!validator.is_valid(&broken), "a value out of range");
    }
    assert!(shipped > 0);
}

#[test]
fn all_readings_tells_what_depends_on_them() {
    let work = Work::walkthrough();
    let done = work.simulate("compare", &["--all-readings"]);
    // Early selection loses the request that finds the limit (see `walkthrough`).
    assert!(done.out.contains("select_at"), "{}", done.out);
    for variant in ["round-robin", "priority", "weighted"] {
        let readings: Value =
            serde_json::from_str(&work.read(&format!("out/walkthrough/{variant}/readings.json"))).unwrap();
        let list = readings["readings_that_change_the_result"].as_array().unwrap();
        let has_select_at = serde_json::to_string(list).unwrap().contains("select_at");
        assert_eq!(has_select_at, variant != "round-robin", "{variant}: {list:?}");
    }
}

#[test]
fn json_is_json_and_nothing_else() {
    let work = Work::walkthrough();
    let mut args = vec!["compare", "scenario.json", "--no-charts", "--format", "json", "--all-readings"];
    args.extend(["--require", "success>0"]);
    let done = work.call(&args).ok();
    let json: Value = serde_json::from_str(&done.out).unwrap();
    let runs = json["scenarios"][0]["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 3);
    for run in runs {
        let variant = run["summary"]["variant"].as_str().unwrap();
        let file: Value =
            serde_json::from_str(&work.read(&format!("output/walkthrough/{variant}/summary.json"))).unwrap();
        assert_eq!(run["summary"], file);
        assert_eq!(run["requirements"][0]["met"], true);
    }
    let missed =
        work.call(&["run", "scenario.json", "--no-charts", "--format", "json", "--require", "success<0"]);
    assert_eq!(missed.code, 1);
    let json: Value = serde_json::from_str(&missed.out).unwrap();
    assert_eq!(json["scenarios"][0]["runs"][0]["requirements"][0]["met"], false);
}

#[test]
fn help_and_version_are_no_errors_and_bad_usage_is() {
    let work = Work::empty();
    assert_eq!(work.call(&["--help"]).code, 0);
    assert_eq!(work.call(&["--version"]).code, 0);
    assert!(work.call(&["run", "--help"]).out.contains("--require"));
    for args in [&[][..], &["fly"], &["run"], &["run", "a.json", "--seed", "x"], &["schema", "policy"]] {
        assert_eq!(work.call(args).code, 2, "{args:?}");
    }
    assert_eq!(work.call(&["run", "a.xml", "b.xml", "c.json"]).code, 2);
}

#[test]
fn the_summary_table_has_the_figures_of_the_summary() {
    #[derive(serde::Deserialize)]
    struct Metric {
        metric: String,
        backend: String,
        value: Option<f64>,
        run: String,
    }
    let work = Work::walkthrough();
    work.simulate("run", &["--variant", "priority"]);
    let rows: Vec<Metric> = work.rows("priority", "summary.csv");
    let summary = work.summary("priority");
    let value = |metric: &str, backend: &str| {
        rows.iter().find(|r| r.metric == metric && r.backend == backend).and_then(|r| r.value).unwrap()
    };
    assert_eq!(value("arrivals", ""), 40.0);
    assert_eq!(value("latency_ms_p99", ""), summary["latency_ms"]["p99"].as_f64().unwrap());
    assert_eq!(value("share", "openai-eastus"), summary["backends"][0]["share"].as_f64().unwrap());
    let hash = summary["run"]["scenario_hash"].as_str().unwrap();
    assert!(rows.iter().all(|r| r.run == format!("v1-{hash}-s1-{}", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_patience_that_is_never_exhausted_changes_nothing() {
    // Timers of requests that are over must not make the run longer.
    let plain = Work::walkthrough();
    plain.simulate("run", &[]);
    let patient = Work::walkthrough();
    patient.simulate("run", &["--set", "traffic.clientTimeout=240s"]);
    assert_eq!(plain.summary("base")["duration_s"], patient.summary("base")["duration_s"]);
}
