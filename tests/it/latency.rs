//! Families of latency, measured samples, and `fit`, which gives the numbers of one back.

use std::fmt::Write as _;

use poolproof::random::{StreamName, Streams};
use serde_json::{Value, json};

use crate::support::{Request, Work};

/// Calls drawn from known distributions.
fn calls(count: u32, gamma: bool) -> String {
    let mut stream = Streams::new(5).named(StreamName::new("calls"));
    let mut text = String::from("id,ttft_ms,tpot_ms,completion_tokens\n");
    for id in 0..count {
        let (ttft, tpot) = if gamma {
            (stream.gamma(4.0) * 100.0, stream.gamma(25.0) * 0.5)
        } else {
            (stream.log_normal(400.0, 0.35), stream.log_normal(12.0, 0.2))
        };
        writeln!(text, "{id},{ttft},{tpot},100").unwrap();
    }
    text
}

fn fit(work: &Work, file: &str) -> Value {
    serde_json::from_str(&work.call(&["fit", file, "--format", "json"]).ok().out).unwrap()
}

#[track_caller]
fn near(found: &Value, expected: f64, within: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() <= within, "{found} is not {expected}");
}

/// An open loop that no quota holds up; each request takes what its backend draws.
fn free(work: &Work, latency: &Value) -> Vec<Request> {
    work.edit(|scenario| {
        scenario["traffic"] = json!({
            "kind": "poisson", "perSecond": 5.0, "requests": 2000,
            "request": { "promptTokens": 30, "completionTokens": 101 }
        });
        for region in crate::support::REGIONS {
            scenario["backends"][region]["standard"] = json!({ "tpm": 1_000_000_000, "rpm": 10_000_000 });
            scenario["backends"][region]["latency"] = latency.clone();
            scenario["backends"][region]["network"] = json!("0s");
        }
    });
    work.simulate("run", &["--variant", "round-robin"]);
    work.requests("round-robin")
}

#[test]
fn fit_gives_the_parameters_of_generated_calls_back() {
    let work = Work::empty();
    work.write("log.csv", &calls(4_000, false));
    let found = fit(&work, "log.csv");
    assert_eq!((&found["calls"], &found["latency"]["family"]), (&json!(4000), &json!("lognormal")));
    let (ttft, tpot) = (&found["fits"][0], &found["fits"][1]);
    // Four standard errors: 0.35 / sqrt(4,000) of 400, and 0.35 / sqrt(8,000).
    near(&ttft["lognormal"]["median_ms"], 400.0, 9.0);
    near(&ttft["lognormal"]["sigma"], 0.35, 0.016);
    near(&tpot["lognormal"]["median_ms"], 12.0, 0.16);
    near(&tpot["lognormal"]["sigma"], 0.2, 0.009);
    // 1.95 / sqrt(4,000): the distance of the right family in 99.9 % of cases.
    assert!(ttft["lognormal"]["ks_distance"].as_f64().unwrap() < 0.0309);
    assert_eq!((ttft["n"].as_u64(), ttft["nearest"].as_str()), (Some(4000), Some("lognormal")));

    work.write("gamma.csv", &calls(4_000, true));
    let found = fit(&work, "gamma.csv");
    assert_eq!(found["latency"]["family"], "gamma");
    near(&found["fits"][0]["gamma"]["mean_ms"], 400.0, 13.0);
    near(&found["fits"][0]["gamma"]["cv"], 0.5, 0.03);
    let human = work.call(&["fit", "gamma.csv"]).ok().out;
    assert!(human.contains("\"latency\": {") && human.contains("KS distance"), "{human}");
}

#[test]
fn whole_calls_are_fitted_along_their_tokens() {
    let work = Work::empty();
    let mut text = String::from("latency_s,output_tokens\n");
    for tokens in 1..400 {
        // The line of backends that were measured: 0.321 s and 17.48 ms per token after the first.
        writeln!(text, "{},{tokens}", 0.321 + 0.01748 * f64::from(tokens - 1)).unwrap();
    }
    work.write("calls.csv", &text);
    let found = fit(&work, "calls.csv");
    near(&found["line"]["intercept_ms"], 321.0, 1e-6);
    near(&found["line"]["slope_ms_per_token"], 17.48, 1e-9);
    near(&found["line"]["r_squared"], 1.0, 1e-9);
    assert_eq!(found["latency"]["ttft"], "321.000ms");
    assert_eq!(found["latency"]["tpot"], "17.480ms");
}

#[test]
fn what_fit_prints_belongs_into_a_scenario_and_fits_its_own_run() {
    let work = Work::walkthrough();
    for gamma in [false, true] {
        work.write("calls.csv", &calls(4_000, gamma));
        let latency = fit(&work, "calls.csv")["latency"].clone();
        let requests = free(&work, &latency);
        assert!(requests.iter().all(|r| r.status == Some(200)));
        // Whole calls of 101 tokens: 400 + 100 * 12 (log-normal means: 425.3 + 1,224; gamma: 400 + 1,250).
        let mean = requests.iter().filter_map(|r| r.latency_ms).sum::<f64>() / requests.len() as f64;
        let expected = if gamma { 1_650.0 } else { 425.3 + 1_224.2 };
        assert!((mean / expected - 1.0).abs() < 0.03, "{gamma}: {mean} {expected}");
        // The table of the run can be fitted in turn.
        let again = fit(&work, "out/walkthrough/round-robin/requests.csv");
        assert_eq!(again["calls"], 2000);
    }
}

#[test]
fn constant_times_are_constant_and_samples_are_drawn_from() {
    let work = Work::walkthrough();
    let requests = free(
        &work,
        &json!({ "family": "constant", "ttft": "300ms", "ttftPerPromptToken": "0s", "tpot": "10ms" }),
    );
    assert!(requests.iter().all(|r| r.latency_ms == Some(1300.0)), "{:?}", requests[0]);

    work.write("samples.csv", "ttft_ms,tpot_ms\n100,10\n300,20\n");
    let requests = free(&work, &json!({ "family": "empirical", "samples": "samples.csv" }));
    let times: Vec<f64> = requests.iter().filter_map(|r| r.latency_ms).collect();
    // 100 to 300 and 100 * (10 to 20), both uniform.
    assert!(times.iter().all(|ms| (1_100.0..=2_300.0).contains(ms)));
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    assert!((mean - 1_700.0).abs() < 4.0 * 295.0 / 44.7, "{mean}");
    // Their bytes are part of what the run was computed from.
    let hash = |work: &Work| work.summary("round-robin")["run"]["scenario_hash"].clone();
    let before = hash(&work);
    work.write("samples.csv", "ttft_ms,tpot_ms\n100,10\n300,21\n");
    work.simulate("run", &["--variant", "round-robin"]);
    assert_ne!(before, hash(&work));
}

#[test]
fn families_that_cannot_be_used_are_told() {
    for (latency, part) in [
        (json!({ "family": "weibull" }), "lognormal"),
        (json!({ "family": "gamma", "ttft": "1s" }), "needs `ttftCv`, `tpot`, `tpotCv`"),
        (json!({ "family": "gamma", "ttft": "1s", "ttftSigma": 1 }), "`ttftSigma` does not go with `gamma`"),
        (json!({ "ttftCv": 1 }), "`ttftCv` does not go with `lognormal`"),
        (json!({ "family": "constant", "ttftSigma": 0.1 }), "`ttftSigma` does not go with `constant`"),
        (json!({ "family": "empirical" }), "needs `samples`"),
        (json!({ "family": "empirical", "samples": "none.csv" }), "cannot read"),
        (json!({ "family": "empirical", "samples": "bad.csv" }), "`NaN` is not a finite number"),
        (json!({ "family": "empirical", "samples": "half.csv" }), "the samples say too little"),
        (
            json!({ "family": "gamma", "ttft": "1s", "ttftCv": -1, "tpot": "1s", "tpotCv": 1 }),
            "from 0 to 100",
        ),
    ] {
        let work = Work::walkthrough();
        work.write("bad.csv", "ttft_ms\n1\nNaN\n");
        work.write("half.csv", "ttft_ms\n1\n2\n");
        work.edit(|scenario| scenario["backends"]["openai-eastus"]["latency"] = latency.clone());
        let done = work.call(&["run", "scenario.json", "--out", "none"]);
        assert_eq!(done.code, 2, "{latency}");
        assert!(done.err.contains(part), "{latency}: {}", done.err);
        assert!(!work.exists("none"));
    }
}

#[test]
fn fit_tells_what_is_wrong_with_a_file() {
    let work = Work::empty();
    for (text, part) in [
        ("", "the file is empty"),
        ("ttft_ms\n", "no measured calls"),
        ("ttft_ms\n5\n", "too few measured calls"),
        ("a,b\n1,2\n", "no column of times"),
        ("ttft_ms\n5\nNaN\n", "x.csv:3:1"),
        ("ttft_ms\n5\n-1\n", "`-1` is negative"),
        ("ttft_ms\n5\n1e999\n", "not a finite number"),
    ] {
        work.write("x.csv", text);
        let done = work.call(&["fit", "x.csv"]);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{text}");
        assert!(done.err.contains(part), "{text}: {}", done.err);
    }
    std::fs::write(work.path().join("x.csv"), b"ttft_ms\n\xff\n").unwrap();
    assert_eq!(work.call(&["fit", "x.csv"]).code, 2);
    assert_eq!(work.call(&["fit", "none.csv"]).code, 2);
}
