//! Prompt caching: what it takes off units, times and prices, and how much of it is left when a pool spreads
//! requests; and the scenario about it.

use serde_json::{Value, json};

use crate::support::{EAST, Request, Work, number};

/// Three requests with the same beginning of 10,000 tokens, one after the other, to one deployment.
fn scripted(kind: &Value, caching: &Value) -> (Vec<Request>, Value) {
    let work = Work::walkthrough();
    let request = json!({
        "pause": "1s", "promptTokens": 10_000, "completionTokens": 50, "maxTokens": 100, "prefix": 7,
    });
    work.edit(|scenario| {
        scenario["traffic"] = json!({ "kind": "scripted", "requests": vec![request; 3] });
        let mut backend = json!({
            "model": "gpt-4o", "promptCaching": caching,
            "latency": { "family": "constant", "ttft": "400ms", "ttftPerPromptToken": "100us", "tpot": "10ms" },
        });
        for (name, value) in kind.as_object().unwrap() {
            backend[name] = value.clone();
        }
        scenario["backends"][EAST] = backend;
    });
    work.simulate("run", &["--variant", "priority"]);
    (work.requests("priority"), work.summary("priority"))
}

#[test]
fn cached_tokens_cost_units_nothing_and_come_sooner() {
    // 1,024 + 70 * 128 of 10,000 tokens.
    let cached = 9_984;
    let (rows, summary) = scripted(&json!({ "provisioned": { "ptu": 50 } }), &json!({}));
    let counted: Vec<u64> = rows.iter().map(|row| row.counted_tokens.unwrap()).collect();
    // One output token weighs four input tokens.
    assert_eq!(counted, [10_400, 10_400 - cached, 10_400 - cached]);
    // 400 ms + 0.1 ms for each token that is not cached + 49 * 10 ms.
    let latency: Vec<f64> = rows.iter().map(|row| row.latency_ms.unwrap()).collect();
    assert_eq!(latency, [1890.0, 891.6, 891.6]);
    let told = &summary["prompt_caching"]["total"];
    let figures = ["prefixed", "hits", "prompt_tokens", "cached_tokens"].map(|name| number(told, &[name]));
    assert_eq!(figures, [3, 2, 30_000, 2 * cached]);
    let assumptions = summary["assumptions"].as_array().unwrap();
    assert!(assumptions.iter().any(|a| a["what"].as_str().unwrap().contains("unused prefix")));
}

#[test]
fn quotas_count_cached_tokens_like_others() {
    let (rows, summary) = scripted(&json!({ "standard": { "tpm": 100_000, "rpm": 600 } }), &json!({}));
    let counted: Vec<u64> = rows.iter().map(|row| row.counted_tokens.unwrap()).collect();
    // Characters over 4, one more for the message, and max_tokens.
    assert_eq!(counted, [10_101; 3]);
    assert_eq!(number(&summary, &["prompt_caching", "total", "cached_tokens"]), 2 * 9_984);
    let (rows, summary) = scripted(&json!({ "provisioned": { "ptu": 50 } }), &json!({ "enabled": false }));
    assert!(rows.iter().all(|row| row.counted_tokens == Some(10_400)));
    assert_eq!(number(&summary, &["prompt_caching", "total", "hits"]), 0);
}

/// Hit share of Poisson traffic of 10 a second with 2,000 prefixes, kept for a minute, over so many backends.
fn hit_share(backends: usize) -> f64 {
    let work = Work::walkthrough();
    work.edit(|scenario| {
        scenario["traffic"] = json!({
            "kind": "poisson", "perSecond": 10, "requests": 15_000,
            "request": {
                "promptTokens": 2000, "completionTokens": 10, "maxTokens": 10,
                "sharedPrefixes": { "count": 2000, "tokens": 1500 },
            },
        });
        scenario["output"] = json!({ "requests": false, "warmup": "2m" });
        let names: Vec<String> = scenario["backends"].as_object().unwrap().keys().cloned().collect();
        let mut members = json!({});
        for (at, name) in names.iter().enumerate() {
            scenario["backends"][name]["standard"] = json!({ "tpm": 1_000_000_000, "rpm": 1_000_000 });
            scenario["backends"][name]["promptCaching"] = json!({ "idle": "60s", "perMinute": 0 });
            members[name] = json!({ "priority": if at < backends { 1 } else { 2 } });
        }
        scenario["pools"] = json!({ "openai-backend-pool": members });
        scenario["variants"] = json!({});
    });
    work.simulate("run", &[]);
    work.summary("base")["prompt_caching"]["total"]["hit_share"].as_f64().unwrap()
}

#[test]
fn a_pool_that_spreads_requests_divides_their_hits() {
    // A prefix comes 0.3 times a minute. It hits when it came to the same backend less than a minute ago: with the
    // probability 1 - exp(-0.3 / n) when n backends take turns, which for rare prefixes is an n-th. The standard
    // error is 0.004.
    for (backends, expected) in [(1, 0.259_2), (2, 0.139_3), (3, 0.095_2)] {
        let found = hit_share(backends);
        assert!((found - expected).abs() < 0.016, "{backends}: {found}");
    }
}

#[test]
fn the_scenario_says_what_its_notes_say() {
    let work = Work::scenario("prompt-caching");
    work.simulate("compare", &[]);
    let total =
        |variant: &str, name: &str| work.summary(variant)["prompt_caching"]["total"][name].as_f64().unwrap();
    let (one, spread) = (total("priority", "hit_share"), total("round-robin", "hit_share"));
    assert!(one > spread + 0.1, "{one} {spread}");
    let p50 = |variant: &str| work.summary(variant)["ttft_ms"]["p50"].as_f64().unwrap();
    assert!(p50("priority") < p50("round-robin"), "{} {}", p50("priority"), p50("round-robin"));
    assert_eq!(total("no-caching", "hits"), 0.0);
}
