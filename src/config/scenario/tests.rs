//! Every kind of problem once: what is wrong, and where it is told.

use proptest::prelude::*;

use super::Overrides;
use crate::backend::Capacity;
use crate::config::testing::{Found, TestFiles, load, load_with, walkthrough};
use crate::units::{Duration, Tokens};
use crate::workload::{ArrivalSpec, PromptSpec, TokenSpec};

fn codes(files: &TestFiles) -> Vec<(String, String)> {
    let (_, found) = load_with(files, &Overrides::default());
    found.into_iter().map(|(code, _, _, _, marked)| (code, marked)).collect()
}

/// Puts `to` for `from` in a file and expects exactly one problem there.
fn one_problem(file: &str, from: &str, to: &str) -> Found {
    let (_, mut found) = load_with(&walkthrough().replace(file, from, to), &Overrides::default());
    assert_eq!(found.len(), 1, "{to}: {found:?}");
    found.remove(0)
}

#[test]
fn problems_of_a_scenario_are_told_in_their_place() {
    let mut wrong = Vec::new();
    // What replaces what, the code, and the marked text.
    for (from, to, code, marked) in [
        ("\"formatVersion\": 1", "\"formatVersion\": 2", "out-of-range", "2"),
        ("\"formatVersion\": 1,", "", "missing-field", "{"),
        ("\"policy\": \"policy.xml\"", "\"policy\": \"p.xml\"", "missing-file", "\"p.xml\""),
        ("[\"backends.json\"]", "[]", "list-length", "["),
        ("[\"backends.json\"]", "[\"b.json\"]", "missing-file", "\"b.json\""),
        ("[\"backends.json\"]", "[\"\"]", "empty-text", "\"\""),
        ("\"units\": 1", "\"units\": 0", "out-of-range", "0"),
        ("\"units\": 1", "\"units\": -1", "out-of-range", "-1"),
        ("\"units\": 1", "\"units\": 1.5", "out-of-range", "1.5"),
        ("\"units\": 1", "\"units\": \"1\"", "wrong-type", "\"1\""),
        ("\"units\": 1", "\"unit\": 1", "unknown-field", "\"unit\""),
        ("\"BasicV2\"", "\"Basicv2\"", "unknown-value", "\"Basicv2\""),
        (
            "\"path\": \"/deployments",
            "\"path\": \"deployments",
            "wrong-path",
            "\"deployments/gpt-4o-mini/chat/completions?api-version=2024-02-01\"",
        ),
        ("\"model\": \"gpt-4o-mini\"", "\"model\": \"gpt-4o-mni\"", "unknown-model", "\"gpt-4o-mni\""),
        ("\"tpm\": 8000 }", "\"tpm\": \"many\" }", "wrong-type", "\"many\""),
        ("\"standard\": { \"tpm\": 8000 }", "\"latency\": {}", "capacity", "{"),
        (
            "\"standard\": { \"tpm\": 8000 }",
            "\"standard\": { \"tpm\": 8000 }, \"provisioned\": { \"ptu\": 50 }",
            "capacity",
            "{",
        ),
        (
            "\"openai-eastus\": {",
            "\"openai-east\": { \"model\": \"gpt-4o\", \"standard\": { \"tpm\": 1 } }, \"openai-eastus\": {",
            "unknown-backend",
            "\"openai-east\"",
        ),
        (
            "\"openai-eastus\": { \"region\": \"East US\", \"model\": \"gpt-4o-mini\", \"standard\": { \"tpm\": 8000 } },",
            "",
            "missing-backend",
            "{",
        ),
        ("\"kind\": \"closed-loop\"", "\"kind\": \"closedloop\"", "unknown-value", "\"closedloop\""),
        ("\"kind\": \"closed-loop\", ", "", "missing-field", "{"),
        ("\"requests\": 20, ", "", "missing-field", "{"),
        ("\"pause\": \"1s\"", "\"pause\": \"1\"", "bad-duration", "\"1\""),
        ("\"pause\": \"1s\"", "\"pause\": 1", "wrong-type", "1"),
        ("\"pause\": \"1s\"", "\"pause\": null", "wrong-type", "null"),
        (
            "\"kind\": \"closed-loop\", \"requests\": 20, \"pause\": \"1s\"",
            "\"kind\": \"poisson\", \"perSecond\": 2",
            "endless-run",
            "{",
        ),
        (
            "\"kind\": \"closed-loop\", \"requests\": 20, \"pause\": \"1s\"",
            "\"kind\": \"poisson\", \"requests\": 9, \"perSecond\": 0",
            "out-of-range",
            "0",
        ),
        ("\"messages\": [{ \"characters\": 41 }, { \"characters\": 31 }], ", "", "prompt-size", "{"),
        ("\"messages\": [", "\"promptTokens\": 5, \"messages\": [", "prompt-size", "5"),
        ("\"completionTokens\": 150", "\"completionTokens\": \"x\"", "wrong-type", "\"x\""),
        (
            "\"completionTokens\": 150",
            "\"completionTokens\": { \"median\": 9, \"sigma\": 1 }",
            "missing-field",
            "{",
        ),
        (
            "\"gateway\": {",
            "\"semantics\": { \"breaker.windw\": \"sliding\" }, \"gateway\": {",
            "unknown-switch",
            "\"breaker.windw\"",
        ),
        (
            "\"gateway\": {",
            "\"semantics\": { \"breaker.window\": \"slidin\" }, \"gateway\": {",
            "unknown-value",
            "\"slidin\"",
        ),
        ("\"gateway\": {", "\"semantics\": { \"breaker.window\": [] }, \"gateway\": {", "unknown-value", "["),
        (
            "\"gateway\": {",
            "\"semantics\": { \"breaker.window\": \"sliding\", \"breaker\": { \"window\": \"sliding\" } }, \"gateway\": {",
            "duplicate-name",
            "\"window\"",
        ),
        ("\"gateway\": {", "\"semantics\": 5, \"gateway\": {", "wrong-type", "5"),
        ("\"gateway\": {", "\"start\": \"tomorrow\", \"gateway\": {", "bad-start", "\"tomorrow\""),
        ("\"gateway\": {", "\"horizon\": \"0s\", \"gateway\": {", "out-of-range", "\"0s\""),
        (
            "\"gateway\": {",
            "\"seed\": 18446744073709551616, \"gateway\": {",
            "out-of-range",
            "18446744073709551616",
        ),
        ("\"gateway\": {", "\"note\": 5, \"gateway\": {", "unknown-field", "\"note\""),
        (
            "\"openai-eastus\": { \"priority\": 1 }",
            "\"openai-eastus\": { \"priority\": 101 }",
            "out-of-range",
            "101",
        ),
        (
            "\"openai-eastus\": { \"priority\": 1 }",
            "\"openai-eastus\": { \"weight\": -1 }",
            "out-of-range",
            "-1",
        ),
        (
            "\"openai-eastus\": { \"priority\": 1 }",
            "\"openai-eastsu\": { \"priority\": 1 }",
            "unknown-member",
            "\"openai-eastsu\"",
        ),
        (
            "\"openai-backend-pool\": {",
            "\"openai-pool\": {}, \"openai-backend-pool\": {",
            "unknown-pool",
            "\"openai-pool\"",
        ),
        ("\"weighted\": {", "\"weighted\": { \"name\": \"x\",", "variant-field", "\"name\""),
        ("\"weighted\": {", "\"base\": {", "variant-name", "\"base\""),
        ("\"weighted\": {", "\"weighted\": { \"sede\": 5,", "unknown-field", "\"sede\""),
    ] {
        let (_, found) = load_with(&walkthrough().replace("scenario.json", from, to), &Overrides::default());
        let told: Vec<_> = found.iter().map(|f| (f.0.as_str(), f.1.as_str(), f.4.as_str())).collect();
        if told != [(code, "scenario.json", marked)] {
            wrong.push(format!("{to}: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn problems_of_resources_are_told_in_their_place() {
    for (from, to, code, marked) in [
        ("\"min\": 429, \"max\": 429", "\"min\": 500, \"max\": 429", "status-range", "500"),
        ("\"min\": 429, \"max\": 429", "\"min\": 100, \"max\": 429", "out-of-range", "100"),
        ("\"min\": 429, \"max\": 429", "\"min\": 429, \"max\": 600", "out-of-range", "600"),
        ("[{ \"min\": 429, \"max\": 429 }]", "[]", "breaker-condition", "{"),
        ("\"count\": \"1\"", "\"count\": \"1\", \"percentage\": 50", "breaker-threshold", "50"),
        ("\"count\": \"1\",", "", "breaker-threshold", "{"),
        ("\"count\": \"1\"", "\"count\": \"one\"", "wrong-type", "\"one\""),
        ("\"count\": \"1\"", "\"count\": 0", "out-of-range", "0"),
        ("\"count\": \"1\"", "\"count\": \"[parameters('n')]\"", "arm-expression", "\"[parameters('n')]\""),
        (
            "\"rules\": [",
            "\"rules\": [{ \"failureCondition\": { \"count\": 1, \"interval\": \"PT1S\", \"errorReasons\": [\"x\"] }, \"tripDuration\": \"PT1S\" },",
            "several-breaker-rules",
            "{",
        ),
        ("PT5M", "5 minutes", "bad-duration", "\"5 minutes\""),
        ("PT1M", "P1M", "bad-duration", "\"P1M\""),
        (
            "\"apim/openai-eastus\"",
            "\"[concat('apim/', 'x')]\"",
            "arm-expression",
            "\"[concat('apim/', 'x')]\"",
        ),
        (
            "\"url\": \"https://openai-eastus",
            "\"url\": \"openai-eastus",
            "wrong-url",
            "\"openai-eastus.openai.azure.com/openai\"",
        ),
        ("\"apim/openai-eastus\"", "\"apim/openai-westus\"", "duplicate-backend", "\"apim/openai-westus\""),
        ("\"type\": \"Pool\",", "\"type\": \"Pool\", \"url\": \"https://x\",", "not-on-pool", "\"url\""),
        ("\"type\": \"Pool\",", "\"type\": \"pool\", \"protocol\": \"http\",", "not-on-pool", "\"protocol\""),
        ("\"type\": \"Pool\",", "\"type\": \"Pool\", \"credentials\": {},", "not-on-pool", "\"credentials\""),
        (
            "\"type\": \"Pool\",",
            "\"type\": \"Pool\", \"circuitBreaker\": {},",
            "not-on-pool",
            "\"circuitBreaker\"",
        ),
        ("\"type\": \"Pool\",", "\"type\": \"Poll\",", "unknown-value", "\"Poll\""),
        ("{ \"services\": [", "{ \"sessionAffinity\": {}, \"services\": [", "not-modelled", "{"),
        (
            "{ \"id\": \"/backends/openai-eastus\" }",
            "{ \"id\": \"/backends/openai-eastus\", \"preferredCarbonEmission\": \"Low\" }",
            "not-modelled",
            "\"Low\"",
        ),
        ("{ \"id\": \"/backends/openai-eastus\" }", "{ \"priority\": 1 }", "missing-field", "{"),
        (
            "{ \"id\": \"/backends/openai-eastus\" }",
            "{ \"id\": \"openai-backend-pool\" }",
            "nested-pool",
            "\"openai-backend-pool\"",
        ),
        (
            "{ \"id\": \"/backends/openai-eastus\" }",
            "{ \"id\": \"openai-eastus\", \"weight\": 300 }",
            "out-of-range",
            "300",
        ),
    ] {
        let found = load_with(&walkthrough().replace("backends.json", from, to), &Overrides::default()).1;
        // What is gone may be missed elsewhere, so this is not always the only problem.
        let here = found
            .iter()
            .any(|f| (f.0.as_str(), f.1.as_str(), f.4.as_str()) == (code, "backends.json", marked));
        assert!(here, "{to}: {found:?}");
    }
}

#[test]
fn lines_and_columns_count_from_one() {
    let (_, file, line, column, _) = one_problem("scenario.json", "\"units\": 1", "\"units\": 0");
    // Line 5: `  "gateway": { "tier": "BasicV2", "units": 0 },`
    assert_eq!((file.as_str(), line, column), ("scenario.json", 5, 44));
    let (_, file, line, column, _) = one_problem("policy.xml", "openai-backend-pool", "openai-backend");
    // The name stands after `  <inbound><base /><set-backend-service backend-id="` in line 2.
    assert_eq!((file.as_str(), line, column), ("policy.xml", 2, 53));
}

#[test]
fn all_problems_are_told_at_once() {
    let files = walkthrough()
        .replace("scenario.json", "\"units\": 1", "\"units\": 0")
        .replace("scenario.json", "\"pause\": \"1s\"", "\"pause\": \"x\"")
        .replace("scenario.json", "\"openai-westus\": { \"region\"", "\"openai-wesus\": { \"region\"")
        .replace("backends.json", "PT5M", "5")
        .replace("policy.xml", "openai-backend-pool", "nowhere");
    let mut found: Vec<String> = codes(&files).into_iter().map(|(code, _)| code).collect();
    found.sort();
    assert_eq!(found, ["bad-duration", "bad-duration", "out-of-range", "unknown-backend", "unknown-backend"]);
}

#[test]
fn other_files_have_problems_too() {
    let policy = walkthrough().replace("policy.xml", "openai-backend-pool", "openai-pool");
    assert_eq!(codes(&policy), [("unknown-backend".to_owned(), "openai-pool".to_owned())]);
    let binary = walkthrough().with("backends.json", b"[\xff]".to_vec());
    assert_eq!(codes(&binary)[0].0, "not-utf8");
    let empty =
        walkthrough().with("backends.json", "[{ \"type\": \"Microsoft.ApiManagement/service/apis\" }]");
    assert_eq!(codes(&empty)[0].0, "no-backends");
    let none = load_with(&walkthrough().without("scenario.json"), &Overrides::default());
    assert_eq!(none.1[0].0, "missing-file");
    let bare =
        walkthrough().replace("backends.json", "eastus.openai.azure.com/openai", "eastus.openai.azure.com");
    assert_eq!(
        codes(&bare),
        [("backend-url-without-openai".to_owned(), "\"https://openai-eastus.openai.azure.com\"".to_owned())]
    );
    let plan = load(&bare).expect("only a warning").base.plan;
    assert_eq!(plan.targets[0].refuses_with.map(crate::units::StatusCode::get), Some(404));
    assert_eq!(plan.targets[1].refuses_with, None);
    let consumption = walkthrough().replace("scenario.json", "BasicV2", "Consumption");
    assert_eq!(codes(&consumption).len(), 3);
    assert!(codes(&consumption).iter().all(|(code, _)| code == "breaker-on-consumption"));
    let unknown = walkthrough().replace("backends.json", "\"protocol\": \"http\"", "\"protocl\": \"http\"");
    assert_eq!(codes(&unknown), [("unknown-field".to_owned(), "\"protocl\"".to_owned())]);
    assert!(load(&unknown).is_ok());
}

#[test]
fn set_arguments_are_pointed_at() {
    for (path, value, code, marked) in [
        ("traffic.foo", "1", "unknown-field", "foo"),
        ("traffic.requests", "many", "wrong-type", "many"),
        ("trafic.requests", "1", "unknown-field", "trafic"),
        ("semantics.breaker.windo", "sliding", "unknown-switch", "breaker.windo"),
        ("semantics.breaker.window", "slid", "unknown-value", "slid"),
        ("backends.openai-eastu.standard.tpm", "1", "unknown-backend", "openai-eastu"),
        ("resources.3", "x", "set-path", "3"),
    ] {
        let overrides = Overrides { set: vec![(path.to_owned(), value.to_owned())], seed: None };
        let (_, found) = load_with(&walkthrough(), &overrides);
        let first = found.iter().find(|f| f.0 == code).expect(path);
        assert_eq!((first.1.as_str(), first.4.as_str()), (format!("--set {path}={value}").as_str(), marked));
    }
}

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
            r#""standard": { "tpm": 9000, "rpm": 70, "tokenWindow": "30s", "requestWindow": "1s", "tokenCost": { "kind": "embeddings", "defaultMaxTokens": 5, "charsPerToken": 3, "perMessage": 2, "countPrompt": false } } },"#,
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
    assert_eq!((plan.units, plan.seed), (3, 7));
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
fn traces_are_replayed() {
    let trace = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:47.6805900,396,109\n";
    let files = walkthrough().with("trace.csv", trace).replace(
        "scenario.json",
        r#""kind": "closed-loop", "requests": 20, "pause": "1s",
    "request": { "messages": [{ "characters": 41 }, { "characters": 31 }], "completionTokens": 150 }"#,
        r#""kind": "replay", "trace": "trace.csv", "request": { "stream": true }"#,
    );
    let scenario = load(&files).expect("loads");
    let ArrivalSpec::Replay { trace } = &scenario.base.plan.traffic.arrivals else { panic!("a replay") };
    assert_eq!(trace.rows.len(), 2);
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_in_any_file_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..80), which in 0..3_usize) {
        let file = ["scenario.json", "backends.json", "policy.xml"][which];
        load_with(&walkthrough().with(file, bytes), &Overrides::default());
    }

    /// Cuts a piece out of a good file or puts a token in, which goes deeper than random bytes do.
    #[test]
    fn damaged_files_are_survived(
        at in any::<prop::sample::Index>(), length in 0..40_usize, which in 0..2_usize,
        token in prop::sample::select(vec!["", "null", "[]", "{}", "\"x\"", "-1", "1e999", "true", ",", "\"[x]\"", "é"]),
    ) {
        let file = ["scenario.json", "backends.json"][which];
        let files = walkthrough();
        let text = String::from_utf8(crate::config::Files::read(&files, &format!("walkthrough/{file}")).expect("file")).expect("UTF-8");
        let chars: Vec<char> = text.chars().collect();
        let start = at.index(chars.len());
        let end = (start + length).min(chars.len());
        let damaged: String = chars[..start].iter().copied().chain(token.chars()).chain(chars[end..].iter().copied()).collect();
        load_with(&files.with(file, damaged), &Overrides::default());
    }

    /// Replaces one scalar of the scenario by another value.
    #[test]
    fn wrong_values_are_survived(
        which in 0..60_usize,
        token in prop::sample::select(vec!["null", "[]", "[[]]", "{}", "{\"a\":{}}", "\"x\"", "\"\"", "-1", "1e999", "0", "18446744073709551615", "true", "\"999999d\""]),
    ) {
        let files = walkthrough();
        let text = String::from_utf8(crate::config::Files::read(&files, "walkthrough/scenario.json").expect("file")).expect("UTF-8");
        let colons: Vec<usize> = text.match_indices("\": ").map(|(at, found)| at + found.len()).collect();
        let (before, rest) = text.split_at(colons[which % colons.len()]);
        let (_, after) = rest.split_at(rest.find([',', '}', '\n']).unwrap_or(rest.len()));
        let changed = format!("{before}{token}{after}");
        load_with(&files.with("scenario.json", changed), &Overrides::default());
    }

    #[test]
    fn any_set_argument_is_survived(path in "[a-z.\"0-9-]{0,30}", value in ".{0,10}") {
        load_with(&walkthrough(), &Overrides { set: vec![(path, value)], seed: None });
    }
}
