//! What breaks, from the scenario file or the command line to what clients see; and the scenarios about it.

use serde_json::{Value, json};

use crate::support::{EAST, Work, call, root};

/// One request each second, each of 10 tokens that take 2 s, to the first region only; the other two follow.
fn work(stream: bool) -> Work {
    let work = Work::walkthrough();
    let request = |at: u32| json!({ "at": format!("{at}s"), "promptTokens": 40, "completionTokens": 10, "service": "2s" });
    let requests: Vec<Value> = (0..60).map(request).collect();
    work.edit(|scenario| {
        scenario["traffic"] =
            json!({ "kind": "scripted", "requests": requests, "request": { "stream": stream } });
        for (_, backend) in scenario["backends"].as_object_mut().unwrap() {
            backend["network"] = json!("4ms");
            backend["standard"] = json!({ "tpm": 1_000_000, "rpm": 10_000 });
        }
    });
    work
}

/// Second of arrival, status (0: none) and first attempt of each request.
fn run(work: &Work, more: &[&str]) -> Vec<(u64, u16, String)> {
    let mut args = vec!["--variant", "priority"];
    args.extend(more);
    work.simulate("run", &args);
    let first = |path: &str| path.split(" > ").next().unwrap().split('(').next().unwrap().to_owned();
    let rows = work.requests("priority");
    rows.iter().map(|row| (row.request, row.status.unwrap_or(0), first(&row.path))).collect()
}

/// The seconds in which the first attempt was this.
fn seconds(rows: &[(u64, u16, String)], attempt: &str) -> Vec<u64> {
    rows.iter().filter(|(_, _, first)| first == attempt).map(|(second, _, _)| *second).collect()
}

#[test]
fn an_outage_breaks_new_calls_and_those_under_way() {
    let work = work(false);
    let rows = run(&work, &["--fault", "eastus:outage@10s+20s"]);
    // A call takes 2.004 s: those sent at 8, 9 and 10 s are lost, and all until 29 s. With 30 s it is over.
    assert_eq!(seconds(&rows, &format!("{EAST}:no connection")), (8..30).collect::<Vec<_>>());
    assert_eq!(seconds(&rows, &format!("{EAST}:200")).len(), 60 - 22);
    let faults = &work.summary("priority")["faults"];
    let phase = |at: usize, field: &str| faults["phases"][at][field].clone();
    let requests: Vec<Value> = (0..3).map(|at| phase(at, "requests")).collect();
    assert_eq!(requests, [json!(10), json!(20), json!(30)]);
    assert_eq!((phase(0, "time_s"), phase(1, "time_s")), (json!(10.0), json!(20.0)));
    // The policy of the guide throws when there is no response, so clients see a plain 500.
    assert_eq!(
        (phase(0, "failed"), phase(1, "failed"), phase(1, "answered_2xx")),
        (json!(2), json!(20), json!(0))
    );
    assert_eq!(phase(2, "latency_ms")["p50"], json!(2004.0));
    let pool = &faults["pools"][0];
    assert_eq!((&pool["without_primary_s"], &pool["without_any_s"]), (&json!(20.0), &json!(0.0)));
}

#[test]
fn each_kind_does_what_it_says() {
    let plain = work(false);
    let east = |result: &str| format!("{EAST}:{result}");
    for (fault, result, expected) in [
        ("eastus:auth_401@10s+5s", "401", vec![10, 11, 12, 13, 14]),
        ("eastus:deployment_not_found@10s+2s", "404", vec![10, 11]),
        ("eastus:errors,status=503@58s", "503", vec![58, 59]),
        ("eastus:black-hole@57s+1s", "timeout", vec![57]),
        // 25 % of 20 s; what was sent 2 s before is lost as well.
        (
            "eastus:flapping,period=20s,share=0.25@10s+30s",
            "no connection",
            [(8..15), (28..35)].into_iter().flatten().collect(),
        ),
        ("eastus:capacity,factor=0@10s", "429 larger than the quota", vec![10]),
    ] {
        assert_eq!(seconds(&run(&plain, &["--fault", fault]), &east(result)), expected, "{fault}");
    }
    run(&plain, &["--fault", "eastus:slow,factor=3@10s"]);
    let slow: Vec<f64> = plain.requests("priority").iter().map(|row| row.latency_ms.unwrap()).collect();
    assert_eq!((slow[9], slow[10]), (2_004.0, 6_012.0), "the network is slow, too");
    let answered = run(&plain, &["--answer", "eastus@10s=429,retry-after=15"]);
    assert_eq!(seconds(&answered, &east("429")), [10]);
    // Tripped from the answer, 24 ms after the call, for 15 s.
    assert_eq!(seconds(&answered, &east("200")), (0..10).chain(26..60).collect::<Vec<_>>());
}

#[test]
fn a_stream_is_cut_after_its_tokens() {
    let work = work(true);
    let rows = run(&work, &["--fault", "eastus:partial,afterTokens=4@10s+1s"]);
    let broken: Vec<u64> = rows.iter().filter(|row| row.1 == 0).map(|row| row.0).collect();
    assert_eq!(broken, [10]);
    assert_eq!(work.summary("priority")["requests"]["broken_off"], json!(1));
    // An answer that is shorter ends well.
    assert!(run(&work, &["--fault", "eastus:partial,afterTokens=10"]).iter().all(|row| row.1 == 200));
    // So it is with an outage that comes between head and end.
    let rows = run(&work, &["--fault", "eastus:outage@10500ms+100ms"]);
    assert_eq!(rows.iter().filter(|row| row.1 != 200).count(), 2, "those of 9 and 10 s");
}

#[test]
fn breakers_survive_every_retry_after() {
    let work = Work::walkthrough();
    let trip = |throttling: Value| {
        work.edit(|scenario| scenario["backends"][EAST]["throttling"] = throttling);
        work.simulate("run", &["--variant", "priority"]);
        let trip = work.summary("priority")["trips"][0].clone();
        assert_eq!(trip["backend"], EAST);
        (trip["start_s"].as_f64().unwrap(), trip["effective_s"].as_f64().unwrap())
    };
    // The rule of the guide: 60 s, or what a Retry-After says that can be read.
    for (text, seconds) in
        [("-1", 60.0), ("soon", 60.0), ("", 60.0), ("1.5", 60.0), ("0", 0.0), ("86400", 86_400.0)]
    {
        assert_eq!(trip(json!({ "fixed": text })).1, seconds, "`{text}`");
    }
    assert!(trip(json!({ "fixed": "99999999999999999999" })).1 > 1e10, "for ever");
    assert_eq!(trip(json!({ "retryAfter": "absent" })).1, 60.0);
    assert_eq!(trip(json!({ "retryAfter": "milliseconds" })).1, 60.0, "nothing documents that it is read");
    let (start, seconds) = trip(json!({ "retryAfter": "seconds" }));
    assert_eq!(seconds.fract(), 0.0, "whole seconds from {start}");
    // A date is the first whole second at which a call of the time of the 429 would be admitted.
    let (start, by_date) = trip(json!({ "retryAfter": "http-date" }));
    let end = start + by_date;
    assert!(
        (end - end.round()).abs() < 1e-6 && (by_date - seconds).abs() <= 1.0,
        "{start} {by_date} {seconds}"
    );
}

#[test]
fn high_demand_refuses_although_quota_is_free() {
    let work = work(false);
    work.edit(|scenario| {
        scenario["backends"][EAST]["overload"] = json!({ "mtbf": "1ms", "duration": "2h" });
    });
    let rows = run(&work, &[]);
    // It begins in the first second. Refused, tripped for the 6 s that the 429 says from its arrival 24 ms later,
    // and again.
    let refused: Vec<u64> = (1..60).step_by(7).collect();
    assert_eq!(seconds(&rows, &format!("{EAST}:429 high demand")), refused);
    assert!(work.summary("priority")["faults"].is_null(), "nothing is broken");
}

#[test]
fn unknown_targets_are_told_with_those_there_are() {
    let work = Work::walkthrough();
    for (option, text, told) in [
        ("--fault", "esatus:outage@1s", "backends: `openai-eastus`, `openai-westus`, `openai-swedencentral`"),
        (
            "--fault",
            "openai:outage@1s",
            "it could be: `openai-eastus`, `openai-westus`, `openai-swedencentral`",
        ),
        ("--answer", "eastus@1s", "expected TARGET@FROM=STATUS,HEADER=VALUE"),
    ] {
        for verb in ["run", "compare"] {
            let done = work.call(&[verb, "scenario.json", "--out", "none", option, text]);
            assert_eq!(done.code, 2, "{text}");
            assert!(done.err.contains(told), "{text}: {}", done.err);
        }
    }
    assert!(!work.exists("none"));
}

#[test]
fn figures_of_faults_can_be_required() {
    let work = work(false);
    let args = ["run", "scenario.json", "--variant", "priority", "--no-charts", "--out", "out"];
    let fault = ["--fault", "eastus:outage@10s+20s", "--require"];
    for (requirement, code) in [
        ("success_after==1", 0),
        ("success_during>0", 1),
        ("without_primary_ms[openai-backend-pool]<=20s", 0),
        ("without_any_ms[openai-backend-pool]>0", 1),
    ] {
        let args: Vec<&str> = args.iter().chain(&fault).copied().chain([requirement]).collect();
        let done = work.call(&args);
        assert_eq!(done.code, code, "{requirement}: {}{}", done.out, done.err);
        assert!(done.out.contains("20.0 s without its primary backends, 0.0 s without any"), "{}", done.out);
    }
}

/// The summary of each variant of a shipped scenario.
fn summaries(scenario: &str) -> Value {
    let out = tempfile::tempdir().unwrap();
    let folder = root().join("scenarios").join(scenario);
    let out_name = out.path().to_str().unwrap();
    let args =
        ["compare", "scenario.json", "--no-charts", "--no-requests", "--format", "json", "--out", out_name];
    let printed: Value = serde_json::from_str(&call(&folder, &args).ok().out).unwrap();
    let runs = printed["scenarios"][0]["runs"].as_array().unwrap();
    let named = runs.iter().map(|run| {
        let summary = &run["summary"];
        (summary["variant"].as_str().unwrap().to_owned(), summary.clone())
    });
    Value::Object(named.collect())
}

#[test]
fn only_a_policy_that_leaves_the_pool_survives_the_loss_of_its_first_region() {
    let all = summaries("region-outage");
    let success = |variant: &str, phase: usize| {
        let phase = &all[variant]["faults"]["phases"][phase];
        phase["answered_2xx"].as_f64().unwrap() / phase["requests"].as_f64().unwrap()
    };
    for variant in ["retry-in-pool", "round-robin", "second-pool"] {
        let faults = &all[variant]["faults"];
        assert_eq!(faults["phases"][1]["time_s"], json!(1200.0));
        // 2 requests/s for 20 minutes, within four deviations of a Poisson count.
        let during = faults["phases"][1]["requests"].as_f64().unwrap();
        assert!((during - 2_400.0).abs() < 196.0, "{variant}: {during}");
        assert!(success(variant, 0) > 0.99 && success(variant, 2) > 0.99, "{variant}");
        assert_eq!(faults["pools"][0]["without_any_s"], json!(0.0));
    }
    // No connection, nothing that trips, no other region: nobody is served, and the way out is known at once.
    assert_eq!(success("retry-in-pool", 1), 0.0);
    assert_eq!(all["retry-in-pool"]["backends"][0]["trips"], json!(0));
    assert_eq!(all["retry-in-pool"]["faults"]["pools"][0]["without_primary_s"], json!(1200.0));
    assert!(success("round-robin", 1) > 0.9);
    assert_eq!(success("second-pool", 1), 1.0);
    // Without priorities the far region serves its half also while nothing is broken.
    assert!(all["round-robin"]["backends"][1]["share"].as_f64().unwrap() > 0.5);
}

#[test]
fn one_answer_takes_a_deployment_out_for_a_day_unless_its_breaker_ignores_it() {
    let all = summaries("retry-after-day");
    let trips = |variant: &str| all[variant]["trips"].as_array().unwrap().clone();
    let first = &trips("accepted")[0];
    assert_eq!((&first["backend"], &first["effective_s"]), (&json!("openai-eastus"), &json!(86_400.0)));
    assert_eq!(trips("capped")[0]["effective_s"], json!(30.0));
    let without = |variant: &str| all[variant]["faults"]["pools"][0]["without_primary_s"].as_f64().unwrap();
    // From the first call after ten minutes to the end of the hour, against the 30 s of the rule.
    let end = all["accepted"]["duration_s"].as_f64().unwrap();
    assert!((without("accepted") - (end - 600.0)).abs() < 10.0, "{}", without("accepted"));
    assert_eq!(without("capped"), 30.0);
    let success = |variant: &str| {
        let after = &all[variant]["faults"]["phases"][2];
        after["answered_2xx"].as_f64().unwrap() / after["requests"].as_f64().unwrap()
    };
    assert_eq!(success("capped"), 1.0);
    // The small quota carries 40,000 of about 66,000 estimated tokens a minute.
    assert!((0.5..0.72).contains(&success("accepted")), "{}", success("accepted"));
}

/// The ids that a deployment gives requests are there for policies that name them, and another one for each attempt.
#[test]
fn policies_see_the_ids_of_requests() {
    let work = Work::scenario("retry-storm");
    work.edit(|scenario| {
        scenario["traffic"] = json!({
            "kind": "closed-loop", "requests": 3,
            "request": { "promptTokens": 5, "completionTokens": 5 },
        });
        scenario.as_object_mut().unwrap().remove("variants");
    });
    let id = "context.Response.Headers.GetValueOrDefault(&quot;apim-request-id&quot;, &quot;&quot;)";
    let told = format!(
        "<outbound>\n<choose><when condition=\"@({id}.Length == 36 &amp;&amp; {id}[14] == '4')\">\
         <return-response><set-status code=\"418\" reason=\"seen\" /></return-response></when></choose>"
    );
    work.replace("policy.xml", "<outbound>", &told);
    work.simulate("run", &[]);
    assert_eq!(work.summary("base")["requests"]["answered_otherwise"]["418"], 3);
}
