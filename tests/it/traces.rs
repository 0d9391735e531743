//! Recorded traffic: packed files, slices, broken files.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::{Work, public_trace, root};

fn small_trace() -> String {
    fs::read_to_string(root().join("tests/fixtures/small_trace.csv")).unwrap()
}

fn pack(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn replay(work: &Work, traffic: Value) {
    work.edit(|scenario| scenario["traffic"] = traffic);
}

#[test]
fn packed_traces_are_the_same_traffic() {
    let work = Work::walkthrough();
    work.write("trace.csv", &small_trace());
    replay(&work, json!({ "kind": "replay", "trace": "trace.csv" }));
    work.simulate("run", &["--variant", "priority"]);
    let requests = work.read("out/walkthrough/priority/requests.csv");
    fs::write(work.path().join("trace.csv"), pack(&small_trace())).unwrap();
    let done = work.simulate("run", &["--variant", "priority"]);
    assert!(done.err.contains("trace.csv:5:29"), "places are those of the text: {}", done.err);
    let packed = work.read("out/walkthrough/priority/requests.csv");
    assert_eq!(strip_stamp(&packed), strip_stamp(&requests));
}

/// Without the last column, which names the hash of the scenario and its files.
fn strip_stamp(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.rsplit_once(',').unwrap().0).collect()
}

#[test]
fn a_slice_is_replayed_faster_and_again() {
    let work = Work::walkthrough();
    work.write("trace.csv", &small_trace());
    // Requests at 0, 1, 2, 4, 5, 60.5 and 61.5 s: four from 2 s to 61 s, in two rounds of 59 s.
    let slice =
        json!({ "kind": "replay", "trace": "trace.csv", "from": "2s", "to": "61s", "speed": 2, "rounds": 2 });
    replay(&work, slice);
    work.simulate("run", &["--variant", "priority"]);
    let rows = work.rows::<Arrival>("priority", "requests.csv");
    let mut arrivals: Vec<f64> = rows.iter().map(|r| r.arrival_s).collect();
    arrivals.sort_by(f64::total_cmp);
    assert_eq!(arrivals, [0.0, 1.0, 1.5, 29.25, 29.5, 30.5, 31.0, 58.75]);
}

#[derive(serde::Deserialize)]
struct Arrival {
    arrival_s: f64,
}

#[test]
fn broken_files_are_told_with_their_place() {
    let work = Work::walkthrough();
    replay(&work, json!({ "kind": "replay", "trace": "trace.csv" }));
    let call = || work.call(&["run", "scenario.json", "--out", "out"]);
    let packed = pack(&small_trace());
    fs::write(work.path().join("trace.csv"), &packed[..packed.len() - 10]).unwrap();
    let done = call();
    assert_eq!(done.code, 2);
    assert!(done.err.contains("cut short") && done.err.contains("trace.csv:"), "{}", done.err);
    work.write("trace.csv", &format!("{0}{0}", small_trace()));
    let done = call();
    assert_eq!(done.code, 2);
    let lines = small_trace().lines().count();
    assert!(done.err.contains(&format!("trace.csv:{}:1", lines + 1)), "{}", done.err);
    assert!(done.err.contains("a second header"), "{}", done.err);
    assert_eq!(work.call(&["trace", "stats", "trace.csv"]).code, 2);
    assert_eq!(work.call(&["trace", "stats", "none.csv"]).code, 2);
    work.write("trace.csv", &small_trace());
    for change in ["from=2h", "to=1ns", "speed=0", "rounds=0", "speed=-1"] {
        let set = format!("traffic.{change}");
        let done = work.call(&["run", "scenario.json", "--out", "out", "--set", &set]);
        // One nanosecond still has the first request.
        assert_eq!(done.code, if change == "to=1ns" { 0 } else { 2 }, "{change}: {}", done.err);
    }
}

/// The statistics that `file` of the public traces has, or `None` when it is not here.
fn stats(file: &str) -> Option<Value> {
    let path = public_trace(file)?;
    let work = Work::empty();
    let done = work.call(&["trace", "stats", path.to_str().unwrap(), "--format", "json"]).ok();
    Some(serde_json::from_str(&done.out).unwrap())
}

/// Each value as a separate program computed it, to the digits given.
#[track_caller]
fn expect(stats: &Value, expected: &[(&str, f64, f64)]) {
    for (path, value, within) in expected {
        let found = stats.pointer(path).and_then(Value::as_f64).unwrap_or(f64::NAN);
        assert!((found - value).abs() <= *within, "{path}: {found}, not {value}");
    }
}

#[test]
fn the_code_trace_is_bursty() {
    let Some(stats) = stats("AzureLLMInferenceTrace_code.csv") else { return };
    expect(
        &stats,
        &[
            ("/requests", 8_819.0, 0.0),
            ("/duration_s", 3_435.9, 0.05),
            ("/per_second", 2.567, 0.0005),
            ("/gap_cv", 13.15, 0.005),
            ("/gap_cv_5min_median", 9.88, 0.005),
            ("/dispersion_1s", 13.2, 0.05),
            ("/dispersion_10s", 71.9, 0.05),
            ("/dispersion_60s", 166.9, 0.05),
            ("/rpm_min", 0.0, 0.0),
            ("/rpm_peak", 632.0, 0.0),
            ("/peak_1s", 67.0, 0.0),
            ("/sliding_10s_requests", 415.0, 0.0),
            ("/tpm_mean", 313_944.0, 0.5),
            ("/tpm_peak", 1_344_551.0, 0.0),
            ("/sliding_60s_tokens", 1_409_698.0, 0.0),
            ("/prompt/mean", 2_047.8, 0.05),
            ("/prompt/p50", 1_469.0, 0.0),
            ("/prompt/p90", 5_188.0, 0.5),
            ("/prompt/p99", 7_436.0, 0.0),
            ("/prompt/max", 7_437.0, 0.0),
            ("/prompt/ln_mu", 6.999, 0.0005),
            ("/prompt/ln_sigma", 1.360, 0.0005),
            ("/completion/mean", 27.9, 0.05),
            ("/completion/p99", 251.5, 0.05),
            ("/completion/ln_mu", 2.788, 0.0005),
            ("/completion/ln_sigma", 0.847, 0.0005),
            ("/ln_correlation", -0.005, 0.0005),
        ],
    );
}

#[test]
fn the_conversation_trace_is_nearly_poisson_within_minutes() {
    let Some(stats) = stats("AzureLLMInferenceTrace_conv.csv") else { return };
    expect(
        &stats,
        &[
            ("/requests", 19_366.0, 0.0),
            ("/duration_s", 3_501.7, 0.05),
            ("/per_second", 5.530, 0.0005),
            ("/gap_cv", 1.09, 0.005),
            ("/gap_cv_5min_median", 1.04, 0.005),
            ("/dispersion_1s", 1.39, 0.005),
            ("/dispersion_10s", 3.87, 0.005),
            ("/dispersion_60s", 16.4, 0.05),
            ("/rpm_min", 191.0, 0.0),
            ("/rpm_peak", 507.0, 0.0),
            ("/peak_1s", 16.0, 0.0),
            ("/sliding_10s_requests", 112.0, 0.0),
            ("/tpm_mean", 455_361.0, 0.5),
            ("/tpm_peak", 800_837.0, 0.0),
            ("/sliding_60s_tokens", 830_960.0, 0.0),
            ("/prompt/mean", 1_154.7, 0.05),
            ("/prompt/p90", 2_734.5, 0.0),
            ("/prompt/ln_mu", 6.633, 0.0005),
            ("/prompt/ln_sigma", 0.985, 0.0005),
            ("/completion/p50", 129.0, 0.0),
            ("/completion/p90", 424.0, 0.0),
            ("/completion/max", 1_000.0, 0.0),
            ("/ln_correlation", 0.087, 0.0005),
        ],
    );
}

#[test]
fn the_packed_mooncake_trace_has_ticks() {
    let Some(stats) = stats("mooncake_conversation_trace.jsonl.gz") else { return };
    assert_eq!((&stats["format"], &stats["gap_cv"]), (&json!("mooncake"), &Value::Null));
    expect(
        &stats,
        &[
            ("/requests", 12_031.0, 0.0),
            ("/duration_s", 3_537.0, 0.05),
            ("/tick_s", 3.0, 0.001),
            ("/dispersion_1s", 7.9, 0.05),
            ("/dispersion_10s", 2.1, 0.05),
            ("/dispersion_60s", 2.95, 0.005),
            ("/rpm_min", 144.0, 0.0),
            ("/rpm_peak", 247.0, 0.0),
            ("/peak_1s", 28.0, 0.0),
            ("/sliding_10s_requests", 73.0, 0.0),
            ("/tpm_mean", 2_529_942.0, 0.5),
            ("/tpm_peak", 3_212_938.0, 0.0),
            ("/sliding_60s_tokens", 3_425_705.0, 0.0),
            ("/prompt/p99", 85_400.0, 0.5),
            ("/prompt/ln_mu", 8.737, 0.0005),
            ("/completion/p99", 1_118.5, 0.05),
            ("/completion/ln_sigma", 1.358, 0.0005),
            ("/ln_correlation", 0.051, 0.0005),
        ],
    );
}
