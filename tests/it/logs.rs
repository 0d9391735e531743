//! Logs of production: imported, replayed, and held against a scenario.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::{SWEDEN, Work, root};

const FORMS: [&str; 4] = ["csv", "json", "jsonl", "query.json"];

/// A folder with the files of logs, and those of the walkthrough.
fn with_logs() -> Work {
    let work = Work::walkthrough();
    for entry in fs::read_dir(root().join("tests/fixtures/logs")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), work.path().join(entry.file_name())).unwrap();
    }
    work
}

fn pack(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn as_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn every_form_plain_or_packed_gives_the_same_trace() {
    let work = with_logs();
    let mut first = None;
    for form in FORMS {
        let (gateway, llm) = (format!("gateway.{form}"), format!("llm.{form}"));
        work.call(&["trace", "import", "--time-is=end", &gateway, &llm, "--out", "log.csv"]).ok();
        let log = work.read("log.csv");
        assert_eq!(&log, first.get_or_insert(log.clone()), "{form}");
    }
    let packed = pack(work.read("gateway.csv").as_bytes());
    fs::write(work.path().join("gateway.csv.gz"), packed).unwrap();
    let done = work
        .call(&["trace", "import", "--time-is=end", "gateway.csv.gz", "llm.jsonl", "--out", "log.csv"])
        .ok();
    assert_eq!(Some(work.read("log.csv")), first);
    for said in ["kept", "left out: answered without tokens", "the medians of the others", "`MaxTokens`"] {
        assert!(done.out.contains(said), "{said}: {}", done.out);
    }
    assert!(!work.exists("log.csv.partial"));
}

#[test]
fn an_imported_log_is_a_trace_like_others() {
    let work = with_logs();
    let done = work
        .call(&[
            "trace",
            "import",
            "--time-is=end",
            "gateway.json",
            "llm.json",
            "--out",
            "log.csv",
            "--format",
            "json",
        ])
        .ok();
    let report = as_json(&done.out);
    assert_eq!((&report["read"], &report["kept"], &report["span_s"]), (&json!(8), &json!(3), &json!(5.47)));
    assert_eq!(report["dropped"]["refused_for_what_they_asked"], 1);
    assert_eq!(report["joined"]["model_calls_without_a_request"], 1);
    let stats = as_json(&work.call(&["trace", "stats", "log.csv", "--format", "json"]).ok().out);
    assert_eq!(
        (&stats["format"], &stats["requests"], &stats["duration_s"]),
        (&json!("joined"), &json!(3), &json!(5.47))
    );
    // Whole calls of 1,500 ms with 20 tokens and 2,000 ms with 30; the third was refused.
    let fit = as_json(&work.call(&["fit", "log.csv", "--format", "json"]).ok().out);
    assert_eq!((&fit["calls"], &fit["left_out"]), (&json!(2), &json!(1)));
    work.edit(|scenario| scenario["traffic"] = json!({ "kind": "replay", "trace": "log.csv" }));
    work.simulate("run", &["--variant", "priority"]);
    let rows: Vec<_> = work
        .requests("priority")
        .iter()
        .map(|r| (r.arrival_s, r.prompt_tokens, r.completion_tokens))
        .collect();
    assert_eq!(rows, [(0.0, 100, 20), (4.5, 50, 30), (5.47, 50, 20)]);
}

#[test]
fn max_tokens_are_replayed_where_the_log_has_them() {
    let work = with_logs();
    let gateway = "TimeGenerated,CorrelationId,TotalTime,ResponseCode,PromptTokens,CompletionTokens,MaxTokens\n\
                   2026-03-02T10:00:00Z,a,500,200,70,90,40\n2026-03-02T10:00:01Z,b,500,200,70,90,\n";
    work.write("gateway.csv", gateway);
    work.call(&["trace", "import", "--time-is=end", "gateway.csv", "--out", "log.csv"]).ok();
    work.edit(|scenario| scenario["traffic"] = json!({ "kind": "replay", "trace": "log.csv" }));
    work.simulate("run", &["--variant", "priority"]);
    // An answer ends at `max_tokens`.
    let tokens: Vec<u64> = work.requests("priority").iter().map(|r| r.completion_tokens).collect();
    assert_eq!(tokens, [40, 90]);
}

#[test]
fn what_cannot_be_used_is_told_and_nothing_is_written() {
    let work = with_logs();
    work.write("log.csv", "mine");
    let refuse = |files: &[&str], said: &str| {
        let mut args = vec!["trace", "import", "--time-is=end"];
        args.extend(files);
        args.extend(["--out", "log.csv"]);
        let done = work.call(&args);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{files:?}: {}", done.err);
        assert!(done.err.contains(said), "{files:?}: {}", done.err);
        assert_eq!(work.read("log.csv"), "mine", "{files:?}");
        assert!(!work.exists("log.csv.partial"), "{files:?}");
    };
    let good = work.read("gateway.csv");
    let packed = pack(good.as_bytes());
    fs::write(work.path().join("cut.gz"), &packed[..packed.len() - 12]).unwrap();
    work.write("empty.csv", "");
    work.write("bad.csv", &good.replace(",1500,", ",fast,"));
    work.write("renamed.csv", &good.replace("CorrelationId", "Request"));
    work.write("twice.csv", &format!("{good}{good}"));
    refuse(&["gone.csv"], "cannot read `gone.csv`");
    refuse(&["cut.gz", "llm.csv"], "the gzip file is cut short");
    refuse(&["empty.csv", "llm.csv"], "empty.csv:1:1");
    refuse(&["bad.csv", "llm.csv"], "bad.csv:2:");
    refuse(&["renamed.csv", "llm.csv"], "renamed.csv:1:1");
    refuse(&["twice.csv", "llm.csv"], "twice.csv:10:1");
    refuse(&["gateway.csv"], "no request of the log has a known number of tokens");
    refuse(&["llm.csv"], "there are no requests");
    refuse(&["gateway.csv", "gateway.csv"], "given twice");
    refuse(&["log.csv", "gateway.csv"], "is read: give `--out` another name");
    // All problems of all files at once.
    refuse(&["bad.csv", "renamed.csv"], "bad.csv:2:");
    refuse(&["bad.csv", "renamed.csv"], "renamed.csv:1:1");
    let done = work.call(&["trace", "import", "--time-is=end", "gateway.csv", "llm.csv", "--out", "."]);
    assert_eq!(done.code, 2, "{}", done.err);
    // A replay takes rows in order only: the file is ours, and an edited one may be wrong.
    work.call(&["trace", "import", "--time-is=end", "gateway.csv", "llm.csv", "--out", "sorted.csv"]).ok();
    let sorted = work.read("sorted.csv");
    let mut lines: Vec<&str> = sorted.lines().collect();
    lines.swap(1, 2);
    work.write("unsorted.csv", &lines.join("\n"));
    let done = work.call(&["trace", "stats", "unsorted.csv"]);
    assert!(done.code == 2 && done.err.contains("unsorted.csv:3:1"), "{}", done.err);
    work.write("unsorted.csv", &sorted.replace(",100,20,", ",100,many,"));
    let done = work.call(&["calibrate", "scenario.json", "unsorted.csv"]);
    assert!(done.code == 2 && done.err.contains("unsorted.csv:2:"), "{}", done.err);
}

/// What the logged deployments are like, and how their logs are made from a run of them.
struct Plant {
    work: Work,
}

const TTFT_MS: f64 = 250.0;
const TTFT_PER_PROMPT_TOKEN_MS: f64 = 0.2;
const TPOT_MS: f64 = 9.0;

fn latency(ttft: f64, per_prompt: f64, tpot: f64) -> Value {
    json!({
        "family": "lognormal", "ttft": format!("{ttft}ms"), "ttftPerPromptToken": format!("{per_prompt}ms"),
        "ttftSigma": 0.3, "tpot": format!("{tpot}ms"), "tpotSigma": 0.2, "tailChance": 0,
        "tailFactor": [1, 1], "loadFactor": 1, "loadCapacity": 0,
    })
}

impl Plant {
    /// 16,000 requests, more than the first region takes; the scenario then knows nothing of the real latency.
    fn new() -> Self {
        let work = Work::walkthrough();
        work.edit(|scenario| {
            scenario["traffic"] = json!({
                "kind": "poisson", "perSecond": 5, "requests": 16_000, "request": {
                    "promptTokens": { "median": 300, "sigma": 0.8, "max": 3000 },
                    "completionTokens": { "median": 120, "sigma": 0.6, "max": 800 },
                },
            });
            for (_, backend) in scenario["backends"].as_object_mut().unwrap() {
                backend["standard"] = json!({ "tpm": 100_000 });
                backend["latency"] = latency(TTFT_MS, TTFT_PER_PROMPT_TOKEN_MS, TPOT_MS);
            }
        });
        work.simulate("run", &["--variant", "priority"]);
        let plant = Self { work };
        plant.write_logs();
        plant.work.edit(|scenario| {
            for (_, backend) in scenario["backends"].as_object_mut().unwrap() {
                backend["latency"] = latency(600.0, 0.0, 25.0);
            }
        });
        plant
    }

    /// Both tables as the gateway would have written them: a row at the end of each request, whole milliseconds,
    /// a model call for those that were answered.
    fn write_logs(&self) {
        let mut gateway = "TimeGenerated,CorrelationId,ApiId,BackendId,BackendResponseCode,ResponseCode,\
                           TotalTime,BackendTime\n"
            .to_owned();
        let mut llm =
            "TimeGenerated,CorrelationId,DeploymentName,PromptTokens,CompletionTokens,IsStreamCompletion\n"
                .to_owned();
        let rows: Vec<Row> = self.work.rows("priority", "requests.csv");
        for row in rows {
            let (id, status, backend, total) = (row.request, row.status, &row.backend, row.latency_ms);
            let end = row.arrival_s + total / 1_000.0;
            let (minute, second) = ((end / 60.0).floor(), end % 60.0);
            let time =
                format!("2026-03-02 {:02}:{:02}:{second:07.4}", (minute / 60.0).floor(), minute % 60.0);
            let backend_time = (total - row.wait_ms).round();
            gateway.push_str(&format!(
                "{time},id-{id},aoai,{backend},{status},{status},{},{backend_time}\n",
                total.round()
            ));
            if status == 200 {
                let (prompt, completion) = (row.prompt_tokens, row.completion_tokens);
                llm.push_str(&format!("{time},id-{id},mini,{prompt},{completion},{}\n", id % 2 == 0));
            }
        }
        self.work.write("gateway.csv", &gateway);
        self.work.write("llm.csv", &llm);
    }

    fn calibrate(&self, more: &[&str]) -> Value {
        let mut args = vec![
            "calibrate",
            "scenario.json",
            "--time-is=end",
            "gateway.csv",
            "llm.csv",
            "--variant",
            "priority",
        ];
        args.extend(more);
        args.extend(["--format", "json"]);
        as_json(&self.work.call(&args).ok().out)
    }
}

#[derive(serde::Deserialize)]
struct Row {
    request: u64,
    arrival_s: f64,
    status: u16,
    backend: String,
    latency_ms: f64,
    wait_ms: f64,
    prompt_tokens: u64,
    completion_tokens: u64,
}

#[track_caller]
fn near(value: &Value, expected: f64, within: f64) {
    let found = value.as_f64().unwrap_or(f64::NAN);
    assert!((found - expected).abs() <= within * expected.abs(), "{found}, not {expected}");
}

#[test]
fn what_the_logs_were_made_with_comes_back() {
    let plant = Plant::new();
    let found = plant.calibrate(&[]);
    assert_eq!(
        (&found["log"]["read"], &found["overall"]["simulated"]["requests"]),
        (&json!(16_000), &json!(16_000))
    );
    let backends = found["backends"].as_array().unwrap();
    for backend in backends {
        // Shares depend on latency too, but hardly: the scenario knows quota and pool.
        let difference = backend["share"]["difference"].as_f64().unwrap();
        assert!(difference.abs() < 0.05, "{backend}");
    }
    // The scenario thinks that calls take more than twice as long.
    let p50 = |side: &str| found["overall"][side]["latency_ms"]["p50"].as_f64().unwrap();
    assert!(p50("simulated") > 2.0 * p50("logged"));
    let fits = found["fits"].as_array().unwrap();
    assert_eq!(fits.len(), 3);
    for fit in fits.iter().filter(|fit| fit["backend"] != SWEDEN) {
        // Four times the spread of the estimates over seeds, with so many calls of each backend.
        near(&fit["fit"]["ttft_ms"], TTFT_MS, 0.1);
        near(&fit["fit"]["ttft_ms_per_prompt_token"], TTFT_PER_PROMPT_TOKEN_MS, 0.2);
        near(&fit["fit"]["tpot_ms"], TPOT_MS, 0.03);
        near(&fit["fit"]["ttft_sigma"], 0.3, 0.2);
        near(&fit["fit"]["tpot_sigma"], 0.2, 0.1);
        assert!(fit["fit"]["r_squared"].as_f64().unwrap() > 0.8, "{fit}");
        assert!(fit["fit"]["ks_distance"].as_f64().unwrap() < 0.05, "{fit}");
    }
    // What was fitted goes into the scenario as it is, and then the scenario does what the log says.
    plant.work.edit(|scenario| {
        for fit in fits {
            scenario["backends"][fit["backend"].as_str().unwrap()]["latency"] = fit["latency"].clone();
        }
    });
    let limits = [
        "--require",
        "share_error<5%",
        "--require",
        "latency_error_p50<3%",
        "--require",
        "latency_error_p90<4%",
        "--require",
        "latency_error_p99<10%",
        "--require",
        "client_429_error<1%",
    ];
    let found = plant.calibrate(&limits);
    assert_eq!(found["requirements"].as_array().unwrap().len(), 5);
    assert!(found["findings"].as_array().unwrap().iter().any(|f| f.as_str().unwrap().contains("as logged")));
    let done = plant.work.call(&[
        "calibrate",
        "scenario.json",
        "gateway.csv",
        "llm.csv",
        "--variant",
        "priority",
        "--require",
        "share_error<0",
    ]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(
        done.out.contains("MISSED  share_error<0") && done.out.contains("for the backends in the scenario")
    );
}

#[test]
fn a_joined_log_calibrates_like_its_exports() {
    let plant = Plant::new();
    plant.work.call(&["trace", "import", "--time-is=end", "gateway.csv", "llm.csv", "--out", "log.csv"]).ok();
    let raw = plant.calibrate(&[]);
    let done = plant
        .work
        .call(&["calibrate", "scenario.json", "log.csv", "--variant", "priority", "--format", "json"])
        .ok();
    let joined = as_json(&done.out);
    for part in ["overall", "backends", "fits", "findings"] {
        assert_eq!(joined[part], raw[part], "{part}");
    }
}

#[test]
fn names_in_the_log_are_told_apart_from_those_of_the_scenario() {
    let plant = Plant::new();
    let text = plant.work.read("gateway.csv").replace("openai-westus", "aoai-2");
    plant.work.write("gateway.csv", &text);
    let found = plant.calibrate(&[]);
    let unmatched = found["unmatched"].as_object().unwrap();
    assert_eq!(unmatched.keys().collect::<Vec<_>>(), ["aoai-2"]);
    assert_eq!(found["backends"][1]["logged"]["requests"], 0);
    let mapped = plant.calibrate(&["--map", "AOAI-2=openai-westus"]);
    assert_eq!(mapped["backends"][1]["logged"]["requests"], unmatched["aoai-2"]);
    assert_eq!(mapped["unmatched"], json!({}));
    for (map, said) in [("aoai-2=gone", "has no backend `gone`"), ("aoai-2", "expected LOGNAME=BACKEND")] {
        let done = plant.work.call(&[
            "calibrate",
            "scenario.json",
            "--time-is=end",
            "gateway.csv",
            "llm.csv",
            "--map",
            map,
        ]);
        assert!(done.code == 2 && done.err.contains(said), "{map}: {}", done.err);
    }
}

#[test]
fn hosts_find_backends_where_the_log_names_the_pool() {
    let work = with_logs();
    let backends = work.read("backends.json");
    assert!(backends.contains("openai-eastus.openai.azure.com"));
    let text = work.read("gateway.jsonl").replace("https://east.", "https://openai-eastus.");
    let text = text.replace("https://west.", "https://OpenAI-WestUS.");
    work.write("gateway.jsonl", &text.replace("\"openai-east\"", "\"openai-pool\""));
    let done = work
        .call(&[
            "calibrate",
            "scenario.json",
            "--time-is=end",
            "gateway.jsonl",
            "llm.json",
            "--format",
            "json",
        ])
        .ok();
    let found = as_json(&done.out);
    let counts: Vec<u64> = found["backends"]
        .as_array()
        .unwrap()
        .iter()
        .map(|backend| backend["logged"]["requests"].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [2, 1, 0]);
    // Two calls are too few to fit anything.
    assert!(
        found["fits"][0]["fit"].is_null()
            && found["fits"][0]["notes"][0].as_str().unwrap().contains("too few")
    );
}
