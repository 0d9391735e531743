//! Every kind of problem once: what is wrong, and where it is told.

use super::super::Overrides;
use super::codes;
use crate::config::testing::{Found, load, load_with, walkthrough};

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
        ("\"completionTokens\": 150", "\"completionTokens\": [[0, 1], [0.5, 9], [1, 5]]", "quantiles", "["),
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
        ("\"count\": \"1\"", "\"count\": \"[parameters('n')]\"", "unknown-to-files", "\"[parameters('n')]\""),
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
            "\"[concat('apim/', parameters('x'))]\"",
            "unknown-to-files",
            "\"[concat('apim/', parameters('x'))]\"",
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
        ("{ \"services\": [", "{ \"sessionAffinity\": {}, \"services\": [", "missing-field", "{"),
        (
            "{ \"services\": [",
            "{ \"sessionAffinity\": { \"sessionId\": { \"name\": \"a b\" } }, \"services\": [",
            "cookie-name",
            "\"a b\"",
        ),
        (
            "{ \"services\": [",
            "{ \"sessionAffinity\": { \"sessionId\": { \"source\": \"header\", \"name\": \"a\" } }, \"services\": [",
            "unknown-value",
            "\"header\"",
        ),
        (
            "{ \"id\": \"/backends/openai-eastus\" }",
            "{ \"id\": \"/backends/openai-eastus\", \"preferredCarbonEmission\": \"Some\" }",
            "unknown-value",
            "\"Some\"",
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
        let overrides = Overrides { set: vec![(path.to_owned(), value.to_owned())], ..Overrides::default() };
        let (_, found) = load_with(&walkthrough(), &overrides);
        let first = found.iter().find(|f| f.0 == code).expect(path);
        assert_eq!((first.1.as_str(), first.4.as_str()), (format!("--set {path}={value}").as_str(), marked));
    }
}
