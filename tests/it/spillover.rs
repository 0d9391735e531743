//! Spillover by the platform: what clients, breakers and accounts see of it; and the scenario about it.

use serde_json::{Value, json};

use crate::support::{EAST, Request, Trip, WEST, Work, number};

/// 50 units of a deep bucket of 125,000 weighted tokens, and 44 requests of 3,000 at once. 42 of them bring the
/// level above the depth, so two are refused. Answers take 2 s; round trips 4 ms, refusals 20 ms.
fn work() -> Work {
    let work = Work::walkthrough();
    let request = json!({
        "at": "0s", "promptTokens": 1000, "completionTokens": 500, "maxTokens": 500, "service": "2s",
    });
    work.edit(|scenario| {
        scenario["traffic"] = json!({ "kind": "scripted", "requests": vec![request; 44] });
        scenario["backends"][EAST] = json!({
            "region": "East US", "model": "gpt-4o", "network": "4ms",
            "provisioned": { "ptu": 50, "bucketDepth": "60s", "spilloverDeploymentName": "extra" },
        });
        scenario["spilloverDeployments"] = json!({
            "extra": { "sameResourceAs": EAST, "model": "gpt-4o", "standard": { "tpm": 100_000, "rpm": 600 } },
        });
    });
    work.replace("backends.json", "https://openai-westus.openai", "https://OPENAI-eastus.openai");
    work
}

fn run(work: &Work, more: &[&str]) -> (Vec<Request>, Value) {
    let mut args = vec!["--variant", "priority"];
    args.extend(more);
    work.simulate("run", &args);
    (work.requests("priority"), work.summary("priority"))
}

/// Statuses of the first attempt of each request, with how many there are.
fn firsts(rows: &[Request]) -> Vec<(String, usize)> {
    let mut firsts: Vec<String> = rows.iter().map(|row| row.steps()[0].1.to_owned()).collect();
    firsts.sort();
    let count = |first: &String| firsts.iter().filter(|other| *other == first).count();
    let mut counts: Vec<(String, usize)> = firsts.iter().map(|first| (first.clone(), count(first))).collect();
    counts.dedup();
    counts
}

#[test]
fn what_the_units_refuse_is_one_attempt_that_another_deployment_answers() {
    let work = work();
    let (rows, summary) = run(&work, &[]);
    assert_eq!(firsts(&rows), [("200".to_owned(), 42), ("200 spilled to extra".to_owned(), 2)]);
    // The refused first try is part of the answer's time, the round trip once.
    let latency = |what: &str| rows.iter().find(|row| row.steps()[0].1 == what).unwrap().latency_ms;
    assert_eq!((latency("200"), latency("200 spilled to extra")), (Some(2004.0), Some(2024.0)));
    assert!(rows.iter().all(|row| row.attempts == 1 && row.status == Some(200) && row.backend == EAST));
    // Nothing trips, as the gateway has seen no 429.
    let trips: Vec<Trip> = work.rows("priority", "trips.csv");
    assert_eq!(trips, []);
    let east = &summary["backends"][0];
    let counts =
        ["attempts", "admitted", "throttled", "failed", "answered"].map(|name| number(east, &[name]));
    assert_eq!(counts, [44, 42, 0, 0, 44]);
    assert_eq!(number(&summary, &["attempts", "spilled"]), 2);
    let spilling = &summary["spillover"]["backends"][0];
    assert_eq!((number(spilling, &["spilled"]), number(spilling, &["answered"])), (2, 2));
    let tokens =
        ["prompt_tokens", "completion_tokens", "cached_tokens"].map(|name| number(spilling, &[name]));
    assert_eq!(tokens, [2_000, 1_000, 0]);
    assert!((spilling["share"].as_f64().unwrap() - 2.0 / 44.0).abs() < 1e-12);
    // The first tries of the two count nothing of the units: 42 of 3,000. The target estimates 1,000 + 1 + 500.
    assert_eq!(number(east, &["counted_tokens"]), 126_000);
    let extra = &summary["spillover"]["deployments"][0];
    assert_eq!(number(extra, &["counted_tokens"]), 3_002);
    let table = work.read("out/walkthrough/priority/summary.csv");
    assert!(
        table.contains(&format!("\nspilled_answered,{EAST},2.0,"))
            && table.contains("\nspillover_share,extra,")
    );
}

#[test]
fn the_first_answer_comes_back_when_both_refuse() {
    let work = work();
    work.edit(|scenario| {
        scenario["spilloverDeployments"]["extra"]["standard"] = json!({ "tpm": 2000, "rpm": 600 });
    });
    let (rows, summary) = run(&work, &[]);
    // Room for one of the two: the other has the 429 of the units, 20 ms later than without spillover.
    let refused: Vec<&Request> = rows.iter().filter(|row| row.attempts > 1).collect();
    assert_eq!(refused.len(), 1);
    let steps = refused[0].steps();
    assert_eq!(steps[0], (EAST, "429 PTU utilisation and 429 of spillover"));
    assert_eq!(steps[1], (WEST, "200"));
    // 4 + 20 + 20 ms there, 62 ms and the answer here.
    assert_eq!(refused[0].latency_ms, Some(44.0 + 2062.0));
    let east = &summary["backends"][0];
    let counts = ["attempts", "admitted", "throttled", "answered"].map(|name| number(east, &[name]));
    assert_eq!(counts, [44, 42, 1, 43]);
    let spilling = &summary["spillover"]["backends"][0];
    assert_eq!((number(spilling, &["spilled"]), number(spilling, &["in_vain"])), (1, 1));
    // The bucket is 1,000 weighted tokens above its depth, which drain in 480 ms: the breaker waits for 1 s.
    let trips: Vec<Trip> = work.rows("priority", "trips.csv");
    assert_eq!(trips.len(), 1);
    assert_eq!((trips[0].backend.as_str(), trips[0].effective_s), (EAST, 1.0));
}

/// Ends requests whose answer has this header in 418, with its value as the reason.
fn show(work: &Work, header: &str, value: &str) {
    let condition = format!("context.Response.Headers.GetValueOrDefault(\"{header}\", \"\") == \"{value}\"");
    work.replace(
        "policy.xml",
        "<outbound>\n        <base />",
        &format!(
            "<outbound><base /><choose><when condition='@({condition})'><return-response>\
             <set-status code='418' reason='seen' /></return-response></when></choose>"
        ),
    );
}

#[test]
fn headers_tell_of_spillover() {
    for (header, value, tpm, seen) in [
        ("x-ms-spillover-from-gpt-4o-mini", "gpt-4o-mini", 100_000, 2),
        ("x-ms-extra", "extra", 100_000, 2),
        ("x-ms-spillover-error", "429", 100_000, 0),
        ("x-ms-extra", "extra", 2_000, 1),
    ] {
        let work = work();
        work.edit(|scenario| scenario["spilloverDeployments"]["extra"]["standard"]["tpm"] = json!(tpm));
        show(&work, header, value);
        let (rows, _) = run(&work, &[]);
        assert_eq!(rows.iter().filter(|row| row.status == Some(418)).count(), seen, "{header} {tpm}");
    }
    // The 429 that both gave is the last answer where nothing retries it.
    let work = work();
    work.edit(|scenario| scenario["spilloverDeployments"]["extra"]["standard"]["tpm"] = json!(1));
    work.replace("policy.xml", "StatusCode == 429 ||", "StatusCode == 430 ||");
    show(&work, "x-ms-spillover-error", "429");
    let (rows, _) = run(&work, &[]);
    assert_eq!(rows.iter().filter(|row| row.status == Some(418)).count(), 2);
}

#[test]
fn a_header_names_the_target_unless_the_property_does() {
    let spilled = |property: Option<&str>, header: Option<&str>| {
        let work = work();
        work.edit(|scenario| {
            scenario["backends"][EAST]["provisioned"]["spilloverDeploymentName"] = json!(property);
            let mut other = scenario["spilloverDeployments"]["extra"].clone();
            other["sameResourceAs"] = json!(EAST);
            scenario["spilloverDeployments"]["other"] = other;
            if property.is_none() {
                let fields = scenario["backends"][EAST]["provisioned"].as_object_mut().unwrap();
                fields.remove("spilloverDeploymentName");
            }
        });
        if let Some(header) = header {
            let set = format!(
                "<inbound><set-header name='x-ms-spillover-deployment' exists-action='override'>\
                 <value>{header}</value></set-header>"
            );
            work.replace("policy.xml", "<inbound>", &set);
        }
        let (rows, _) = run(&work, &[]);
        let firsts: Vec<String> = firsts(&rows).into_iter().map(|(first, _)| first).collect();
        firsts.into_iter().find(|first| first != "200").unwrap()
    };
    assert_eq!(spilled(Some("extra"), Some("other")), "200 spilled to extra");
    assert_eq!(spilled(None, Some("Other")), "200 spilled to other");
    assert_eq!(spilled(None, Some("unheard-of")), "429 PTU utilisation");
    assert_eq!(spilled(None, None), "429 PTU utilisation");
}

#[test]
fn errors_spill_and_lost_connections_do_not() {
    let work = work();
    for (fault, expected) in [
        ("eastus:answer,status=500@0s+9s", "200 spilled to extra"),
        ("eastus:answer,status=503@0s+9s", "200 spilled to extra"),
        ("eastus:answer,status=429@0s+9s", "200 spilled to extra"),
        ("eastus:answer,status=400@0s+9s", "400"),
        ("eastus:answer,status=502@0s+9s", "502"),
        ("eastus:outage@0s+9s", "no connection"),
        // The resource is lost while the other deployment is at work.
        ("eastus:outage@1s+9s", "no connection"),
    ] {
        let (rows, summary) = run(&work, &["--fault", fault]);
        assert!(rows.iter().any(|row| row.steps()[0] == (EAST, expected)), "{fault}: {:?}", firsts(&rows));
        if fault.ends_with("outage@1s+9s") {
            assert_eq!(firsts(&rows).len(), 1, "spilled or not");
        }
        if expected.contains("spilled") {
            // 44 of 1,501 fit into 100,000.
            assert_eq!(number(&summary, &["attempts", "spilled"]), 44, "{fault}");
        }
    }
}

#[test]
fn two_provisioned_deployments_of_one_resource_share_a_target() {
    let work = work();
    work.edit(|scenario| {
        // The second backend has the host of the first.
        scenario["backends"][WEST] = scenario["backends"][EAST].clone();
        scenario["backends"]["openai-swedencentral"]["standard"] = json!({ "tpm": 1_000_000, "rpm": 10_000 });
        scenario["backends"][EAST]["provisioned"]["ptu"] = json!(25);
        scenario["backends"][WEST]["provisioned"]["ptu"] = json!(25);
        scenario["pools"] =
            json!({ "openai-backend-pool": { EAST: {}, WEST: {}, "openai-swedencentral": {} } });
        scenario["variants"] = json!({});
        let requests = scenario["traffic"]["requests"].as_array().unwrap().clone();
        scenario["traffic"]["requests"] = json!([requests.clone(), requests].concat());
    });
    work.simulate("run", &[]);
    let summary = work.summary("base");
    let spilling = summary["spillover"]["backends"].as_array().unwrap();
    let spilled: Vec<u64> = spilling.iter().map(|one| number(one, &["spilled"])).collect();
    // A third of 88 each, 21 of which bring the level of 62,500 above its depth: 9 and 8 spill.
    assert_eq!(spilled, [9, 8]);
    let extra = &summary["spillover"]["deployments"][0];
    assert_eq!((number(extra, &["admitted"]), number(extra, &["answered"])), (17, 17));
}

#[test]
fn the_scenario_says_what_its_notes_say() {
    let work = Work::scenario("platform-spillover");
    for file in ["policy-retry.xml", "backends-minute.json"] {
        let from = crate::support::root().join("scenarios/platform-spillover").join(file);
        work.write(file, &std::fs::read_to_string(from).unwrap());
    }
    work.simulate("compare", &[]);
    let summary = |variant: &str| work.summary(variant);
    let share = |variant: &str, backend: usize| {
        summary(variant)["backends"][backend]["token_share"].as_f64().unwrap()
    };
    // The units carry 250,000 of about 280,000 weighted tokens a minute: some 11 % have to go elsewhere.
    let failover = share("breaker-failover", 1);
    let spillover = &summary("platform-spillover")["spillover"]["backends"][0];
    let spilled = spillover["token_share"].as_f64().unwrap();
    assert!((0.09..0.15).contains(&failover) && (failover - spilled).abs() < 0.01, "{failover} {spilled}");
    assert!(share("breaker-of-a-minute", 1) > failover);
    let platform = summary("platform-spillover");
    assert_eq!(number(&platform, &["attempts", "total"]), number(&platform, &["requests", "arrivals"]));
    assert_eq!(platform["trips"], json!([]));
    let small = summary("small-target");
    assert!(number(&small, &["attempts", "retries"]) > 0);
    let waits = |variant: &str| summary(variant)["wait_ms"]["p50"].as_f64().unwrap();
    assert!(waits("retry-only") > 10_000.0 && waits("platform-spillover") < 1.0);
    assert!(number(&summary("retry-only"), &["requests", "answered_2xx"]) < 4140 * 92 / 100);
}

/// A context that is too long for the units is 400 there, and goes to where it fits; to the client it is 400 where
/// nothing spills.
#[test]
fn contexts_too_long_for_the_units_spill() {
    let work = work();
    work.edit(|scenario| {
        // 1,000 tokens of the prompt and 500 that are asked for.
        scenario["backends"][EAST]["contextTokens"] = json!(1499);
    });
    let (rows, summary) = run(&work, &[]);
    assert_eq!(number(&summary["backends"][0], &["admitted"]), 0);
    assert_eq!(number(&summary["spillover"]["backends"][0], &["answered"]), 44);
    assert!(rows.iter().all(|row| row.status == Some(200)));
    work.edit(|scenario| {
        scenario["backends"][EAST]["provisioned"]["spilloverDeploymentName"].take();
        scenario["backends"][EAST]["provisioned"].as_object_mut().unwrap().remove("spilloverDeploymentName");
        scenario.as_object_mut().unwrap().remove("spilloverDeployments");
    });
    let (rows, _) = run(&work, &[]);
    assert!(rows.iter().all(|row| row.status == Some(400) && row.attempts == 1), "{:?}", rows[0]);
    // What just fits is served.
    work.edit(|scenario| scenario["backends"][EAST]["contextTokens"] = json!(1500));
    let (rows, _) = run(&work, &[]);
    assert_eq!(rows.iter().filter(|row| row.backend == EAST).count(), 42);
}
