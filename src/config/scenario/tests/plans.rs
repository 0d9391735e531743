//! What good scenarios become.

use super::codes;
use crate::backend::{Capacity, TokenPrices, UnitPrices, WindowKind};
use crate::config::testing::{load, walkthrough};
use crate::sim::FleetSpec;
use crate::units::{Duration, Tokens};
use crate::workload::{ArrivalSpec, PromptSpec, TokenSpec};

#[test]
fn every_field_reaches_the_plan() {
    let files = walkthrough()
        .replace("scenario.json", "\"tier\": \"BasicV2\", \"units\": 1", "\"tier\": \"Premium\", \"units\": 3, \"tokenFetch\": \"250ms\", \"tokenLifetime\": \"1h\"")
        .replace("scenario.json", "\"policy\"", "\"name\": \"n\", \"note\": \"m\", \"start\": \"2026-05-01T00:00:00Z\", \"seed\": 7, \"horizon\": \"10m\", \"output\": { \"interval\": \"5s\", \"requests\": false }, \"policy\"")
        .replace("scenario.json", "\"headers\"", "\"method\": \"PUT\", \"headers\"")
        .replace(
            "scenario.json",
            "\"standard\": { \"tpm\": 8000 } },",
            r#""provisioned": { "ptu": 50, "inputTpmPerPtu": 11, "outputWeight": 5, "bucketDepth": "9s", "defaultCompletionTokens": 77 },
               "latency": { "ttft": "351ms", "ttftPerPromptToken": "51us", "ttftSigma": 0.5, "tpot": "12ms", "tpotSigma": 0.25, "tailChance": 0.125, "tailFactor": [4, 9], "loadFactor": 3, "loadCapacity": 8 },
               "network": "3ms", "refusal": "21ms" },"#,
        )
        .replace(
            "scenario.json",
            "\"standard\": { \"tpm\": 8000 } },",
            r#""standard": { "tpm": 9000, "rpm": 70, "tokenWindow": "30s", "requestWindow": "1s", "tokenCost": { "kind": "embeddings", "defaultMaxTokens": 5, "charsPerToken": 3, "perMessage": 2, "countPrompt": false }, "windowKind": "fixed-minute", "requestLimit": 3, "countRejected": true, "refundOnCompletion": true } },"#,
        )
        .replace(
            "scenario.json",
            r#""kind": "closed-loop", "requests": 20, "pause": "1s","#,
            r#""kind": "poisson", "perSecond": 2.5, "clientTimeout": "60s","#,
        )
        .replace(
            "scenario.json",
            r#""messages": [{ "characters": 41 }, { "characters": 31 }], "completionTokens": 150"#,
            r#""promptTokens": { "median": 500, "sigma": 0.75, "max": 4000 }, "completionTokens": 5, "maxTokens": 400, "stream": true"#,
        );
    let scenario = load(&files).expect("loads");
    assert_eq!((scenario.name.as_str(), scenario.note.as_deref()), ("n", Some("m")));
    assert_eq!((scenario.start.as_str(), scenario.writes_requests), ("2026-05-01T00:00:00Z", false));
    let plan = &scenario.base.plan;
    assert_eq!((&plan.fleet, plan.seed), (&FleetSpec::constant(3), 7));
    assert_eq!(plan.token_fetch, Duration::from_millis(250));
    assert_eq!(plan.token_lifetime, Duration::from_secs(3_600));
    assert_eq!(plan.horizon, Some(Duration::from_secs(600)));
    assert_eq!(plan.interval, Duration::from_secs(5));
    assert_eq!(plan.operation.method.as_str(), "PUT");
    assert_eq!(plan.operation.headers[0].name.as_str(), "api-key");
    let first = &plan.targets[0].deployment;
    let Capacity::Provisioned(ptu) = &first.capacity else { panic!("provisioned") };
    assert_eq!((ptu.ptu.get(), ptu.input_tpm_per_ptu, ptu.output_weight), (50, 11, 5));
    assert_eq!((ptu.bucket_depth, ptu.default_completion_tokens), (Some(Duration::from_secs(9)), Tokens(77)));
    assert_eq!((first.network, first.refusal), (Duration::from_millis(3), Duration::from_millis(21)));
    let latency = first.latency;
    assert_eq!(latency.ttft_base, Duration::from_millis(351));
    assert_eq!(latency.ttft_per_prompt_token, Duration::from_nanos(51_000));
    assert_eq!(latency.tpot, Duration::from_millis(12));
    let numbers = [latency.ttft_sigma, latency.tpot_sigma, latency.tail_chance, latency.load_factor];
    assert_eq!(format!("{numbers:?} {:?}", latency.tail_factor), "[0.5, 0.25, 0.125, 3.0] (4.0, 9.0)");
    assert_eq!(latency.load_capacity, 8);
    let Capacity::Standard(standard) = &plan.targets[1].deployment.capacity else { panic!("Standard") };
    assert_eq!((standard.tpm.get(), standard.rpm.get()), (9_000, 70));
    assert_eq!(
        (standard.token_window, standard.request_window),
        (Duration::from_secs(30), Duration::from_secs(1))
    );
    let cost = standard.token_cost;
    assert_eq!((cost.default_max_tokens, cost.chars_per_token, cost.per_message), (Tokens(5), 3, 2));
    assert_eq!((cost.kind, cost.count_prompt), (crate::backend::CostKind::Embeddings, false));
    assert_eq!((standard.window_kind, standard.request_limit), (WindowKind::FixedMinute, Some(3)));
    assert!(standard.count_rejected && standard.refund_on_completion);
    assert_eq!(plan.traffic.arrivals, ArrivalSpec::Poisson { per_second: 2.5, requests: None });
    assert_eq!(plan.traffic.client_timeout, Some(Duration::from_secs(60)));
    assert!(plan.traffic.stream);
    let sizes = &plan.traffic.sizes;
    assert_eq!(sizes.max_tokens, Some(Tokens(400)));
    assert_eq!(sizes.completion, TokenSpec::Fixed(5));
    assert_eq!(
        sizes.prompt,
        PromptSpec::Tokens(TokenSpec::LogNormal { median: 500.0, sigma: 0.75, max: 4_000 })
    );
}

#[test]
fn a_model_nobody_knows_needs_all_numbers() {
    let known = r#""model": "gpt-4o-mini", "standard": { "tpm": 8000 }"#;
    let given = r#""model": "mine", "standard": { "tpm": 8000, "rpm": 8, "tokenCost": { "kind": "chat", "defaultMaxTokens": 9, "charsPerToken": 4, "perMessage": 1, "countPrompt": true } },
        "latency": { "ttft": "1s", "ttftPerPromptToken": "0s", "ttftSigma": 0, "tpot": "1ms", "tpotSigma": 0, "tailChance": 0, "tailFactor": [1, 1], "loadFactor": 1, "loadCapacity": 0 }"#;
    let scenario = load(&walkthrough().replace("scenario.json", known, given)).expect("loads");
    assert_eq!(&*scenario.base.plan.targets[0].deployment.model, "mine");
    let without = given.replace("\"rpm\": 8,", "");
    assert_eq!(codes(&walkthrough().replace("scenario.json", known, &without))[0].0, "unknown-model");
}

#[test]
fn a_scenario_can_tell_of_a_model() {
    let known = r#""model": "gpt-4o-mini", "standard": { "tpm": 8000 } },"#;
    let mine = r#""model": "mine", "standard": { "tpm": 12000, "tokenCost": { "perMessage": 7 } } },"#;
    let units = r#""model": "Mine", "provisioned": { "ptu": 15, "outputWeight": 3 } },"#;
    let models = r#""models": { "mine": { "like": "gpt-4o", "rpmRatio": { "requests": 1, "tokens": 6000 },
        "tokenCost": { "defaultMaxTokens": 32, "perMessage": 9 }, "latency": { "tpot": "1ms" },
        "inputTpmPerPtu": 123, "outputWeight": 5, "prices": { "input": 7, "output": 8 } } }, "traffic""#;
    let files = walkthrough()
        .replace("scenario.json", "\"traffic\"", models)
        .replace("scenario.json", known, mine)
        .replace("scenario.json", known, units);
    let scenario = load(&files).expect("loads");
    let [first, second, third] = &scenario.base.plan.targets[..] else { panic!("three backends") };
    let Capacity::Standard(standard) = &first.deployment.capacity else { panic!("Standard") };
    assert_eq!(standard.rpm.get(), 2);
    let cost = standard.token_cost;
    assert_eq!((cost.default_max_tokens, cost.per_message, cost.chars_per_token), (Tokens(32), 7, 4));
    let latency = first.deployment.latency;
    assert_eq!((latency.tpot, latency.ttft_base), (Duration::from_millis(1), Duration::from_millis(400)));
    assert_eq!(&*first.deployment.model, "mine");
    let prices = TokenPrices { input: 7, cached_input: None, output: 8 };
    assert_eq!(
        (first.deployment.prices.tokens, second.deployment.prices.tokens),
        (Some(prices), Some(prices))
    );
    let Capacity::Provisioned(ptu) = &second.deployment.capacity else { panic!("provisioned") };
    assert_eq!((ptu.input_tpm_per_ptu, ptu.output_weight), (123, 3));
    assert_eq!(third.deployment.prices.tokens.map(|prices| prices.output), Some(600));
    // What the scenario tells is not assumed, and its other numbers still are.
    let assumed = |what: &str| scenario.base.assumptions.iter().any(|a| a.what == what);
    assert!(!assumed("RPM of mine") && assumed("latency of mine (Standard)"));
    for (from, to, marked) in [
        ("\"like\": \"gpt-4o\"", "\"like\": \"gpt-4p\"", "\"gpt-4p\""),
        ("\"model\": \"mine\"", "\"model\": \"mime\"", "\"mime\""),
    ] {
        let found = codes(&files.clone().replace("scenario.json", from, to));
        assert_eq!(found[0], ("unknown-model".to_owned(), marked.to_owned()));
    }
}

#[test]
fn traces_are_replayed() {
    let trace = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:47.6805900,396,109\n";
    let files = walkthrough().with("trace.csv", trace).replace(
        "scenario.json",
        r#""kind": "closed-loop", "requests": 20, "pause": "1s",
    "request": { "messages": [{ "characters": 41 }, { "characters": 31 }], "completionTokens": 150 }"#,
        r#""kind": "replay", "trace": "trace.csv", "request": { "stream": true }"#,
    );
    let scenario = load(&files).expect("loads");
    let ArrivalSpec::Replay(replay) = &scenario.base.plan.traffic.arrivals else { panic!("a replay") };
    assert_eq!(replay.rows().len(), 2);
    let other = load(&files.clone().replace("trace.csv", "374", "375")).expect("loads");
    assert_ne!(other.base.hash, scenario.base.hash);
    assert_eq!(codes(&files.without("trace.csv"))[0].0, "missing-file");
}

#[test]
fn backends_that_nobody_uses_need_no_description() {
    let spare = r#"{ "name": "spare", "properties": { "url": "https://spare/openai" } },
    { "name": "unused-pool", "properties": { "pool": { "services": [{ "id": "spare" }] } } },
    { "#;
    let files = walkthrough().replace("backends.json", "{\n      \"type\"", &format!("{spare}\"type\""));
    let scenario = load(&files).expect("loads");
    assert_eq!(scenario.base.plan.gateway.backends().len(), 3);
    assert_eq!(scenario.base.plan.gateway.pools().len(), 1);
}

#[test]
fn prices_are_given_or_listed() {
    let known = r#""model": "gpt-4o-mini", "standard": { "tpm": 8000 } },"#;
    let price = |backend: &str| {
        let files = walkthrough().replace("scenario.json", known, backend);
        load(&files).expect("loads").base.plan.targets[0].deployment.prices
    };
    let output = |backend: &str| price(backend).tokens.map(|tokens| tokens.output);
    // gpt-4o costs 10.00, 11.00 and 11.00 dollars a million generated tokens (retail price list, 2026-08-11).
    let standard = r#""model": "gpt-4o", "standard": { "tpm": 8000 }"#;
    assert_eq!(output(&format!("{standard} }},")), Some(10_000));
    assert_eq!(output(&format!("{standard}, \"deploymentType\": \"data-zone\" }},")), Some(11_000));
    assert_eq!(output(&format!("{standard}, \"deploymentType\": \"regional\" }},")), Some(11_000));
    assert_eq!(output(&format!("{standard}, \"prices\": {{ \"input\": 1, \"output\": 2 }} }},")), Some(2));
    // Nobody lists what gpt-4.1 costs in a data zone.
    let unlisted = r#""model": "gpt-4.1", "standard": { "tpm": 8000 }, "deploymentType": "data-zone" },"#;
    assert_eq!(price(unlisted).tokens, None);
    let units = |more: &str| {
        let backend = format!(
            r#""model": "gpt-4o", "deploymentType": "regional", "provisioned": {{ "ptu": 50{more} }} }},"#
        );
        price(&backend).units.expect("units have prices")
    };
    assert_eq!(units(""), UnitPrices { hour: 2_000_000_000, month: None, year: None });
    let given = units(r#", "unitPrices": { "hour": 1.25, "year": 2652.5 }"#);
    assert_eq!(given, UnitPrices { hour: 1_250_000_000, month: None, year: Some(2_652_500_000_000) });
}

#[test]
fn an_objective_is_read() {
    let with = r#""objective": { "latency": "3s" }, "traffic""#;
    let files = walkthrough().replace("scenario.json", "\"traffic\"", with);
    let objective = load(&files).expect("loads").base.plan.objective.expect("there is one");
    let ms = Duration::from_millis;
    assert!(objective.is_met(ms(2_999), ms(3_000)) && !objective.is_met(ms(1), ms(3_001)));
    let wrong = r#""objective": { "latency": "0s", "ttfb": "1s" }, "traffic""#;
    let found = codes(&walkthrough().replace("scenario.json", "\"traffic\"", wrong));
    assert_eq!(found.len(), 2, "{found:?}");
}
