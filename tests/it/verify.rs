//! `verify`, `replay` and `equivalent`: what is proved, how it is told, and what is refused.

use serde_json::Value;

use crate::support::{Done, Request, Trip, Work, call, read_rows, root};

/// Bounds that a build without optimisation is through with soon.
const SMALL: [&str; 4] = ["--depth", "6", "--readings-depth", "4"];

fn verify(path: &str, more: &[&str]) -> Done {
    let mut args = vec!["verify", path];
    args.extend(SMALL);
    args.extend(more);
    call(&root(), &args)
}

fn report(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", done.out, done.err))
}

/// Names of properties with this verdict.
fn with_verdict(report: &Value, verdict: &str) -> Vec<String> {
    let all = report["properties"].as_array().unwrap().iter();
    let wanted = all.filter(|one| one["verdict"] == verdict);
    wanted.map(|one| one["property"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_walkthrough_is_told_as_expected() {
    let done = verify("scenarios/walkthrough/scenario.json", &["--readings", "configured"]).ok();
    let expected = include_str!("../fixtures/walkthrough.verify.txt");
    assert_eq!(done.out, expected, "\n{}", done.out);
}

#[test]
fn strictly_the_walkthrough_violates_what_it_does_not_cover() {
    let done = verify(
        "scenarios/walkthrough/scenario.json",
        &["--readings", "configured", "--profile", "strict", "--format", "concise"],
    );
    assert_eq!(done.code, 1, "{}", done.err);
    let expected = include_str!("../fixtures/walkthrough.verify.strict.txt");
    assert_eq!(done.out, expected, "\n{}", done.out);
}

#[test]
fn the_fallback_holds_whatever_is_read() {
    let done = verify("scenarios/ptu-fallback/scenario.json", &["--format", "json"]).ok();
    let report = report(&done);
    assert_eq!(with_verdict(&report, "violated"), Vec::<String>::new());
    assert_eq!(with_verdict(&report, "holds").len(), 12, "{report}");
    assert!(!report["dependsOn"].as_array().unwrap().is_empty());
}

#[test]
fn each_defect_is_found_and_its_twin_is_clean() {
    for (name, property) in [
        ("no-retry", "failover"),
        ("reason-text", "retry-reached"),
        ("same-member-again", "failover"),
        ("breaker-too-slow", "retry-elsewhere"),
    ] {
        let folder = format!("scenarios/defects/{name}");
        let configured = ["--readings", "configured", "--format", "json"];
        let done = verify(&format!("{folder}/scenario.json"), &configured);
        assert_eq!(done.code, 1, "{name}: {}", done.err);
        let violated = with_verdict(&report(&done), "violated");
        assert!(violated.iter().any(|one| one == property), "{name}: {violated:?}");
        let done = verify(&format!("{folder}/fixed.json"), &configured);
        assert_eq!(done.code, 0, "{name}: {}{}", done.out, done.err);
    }
}

/// The shipped fallback with a change of one of its files.
fn changed(file: &str, from: &str, to: &str) -> Work {
    let work = Work::scenario("ptu-fallback");
    work.replace(file, from, to);
    work
}

/// What is told, in this format, of a configuration that violates something soon.
fn violated(work: &Work, format: &str) -> Done {
    let args = ["verify", "scenario.json", "--depth", "3", "--readings", "configured", "--format", format];
    let done = work.call(&args);
    assert_eq!(done.code, 1, "{format}: {}", done.err);
    done
}

#[test]
fn a_counterexample_can_be_played_again_in_every_form() {
    let work = changed("policy.xml", " buffer-request-body=\"true\"", "");
    let done = violated(&work, "json");
    let report = report(&done);
    assert_eq!(with_verdict(&report, "violated"), ["whole-body"]);
    let body =
        report["properties"].as_array().unwrap().iter().find(|one| one["property"] == "whole-body").unwrap();
    let token = body["counterexample"]["token"].as_str().unwrap();
    assert!(body["fix"].as_str().unwrap().contains("PP1101"), "{body}");
    work.write("report.json", &done.out);
    assert_eq!(work.call(&["replay", "report.json"]).out, work.call(&["replay", token]).out);
    let table = work.call(&["replay", token]);
    assert_eq!(table.code, 1, "{}", table.err);
    assert!(table.out.contains("<-- whole-body"), "{}", table.out);
    let steps: Value = serde_json::from_str(&work.call(&["replay", token, "--format", "json"]).out).unwrap();
    assert_eq!(steps, body["counterexample"]["steps"]);
    let mermaid = work.call(&["replay", token, "--format", "mermaid"]).out;
    assert!(mermaid.starts_with("sequenceDiagram\n") && mermaid.contains("B0-->>G: r1: 429"), "{mermaid}");
    let svg = work.call(&["replay", token, "--format", "svg"]).out;
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    // The same as a test of the policy: what is expected is what happens.
    let case = work.call(&["replay", token, "--format", "test"]).out;
    work.write("found.test.json", &case);
    let tested = work.call(&["test", "found.test.json"]).ok();
    assert!(tested.out.contains("1 passed") || tested.out.contains("passed"), "{}", tested.out);
    // Another configuration is refused.
    let other = Work::scenario("ptu-fallback");
    let refused = other.call(&["replay", token]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("of another configuration"), "{}", refused.err);
}

/// The calls of each request and the status of its client, and the backends that trip, as the steps of a counterexample
/// have them.
type Table = (Vec<Ended>, Vec<String>);
type Ended = (Vec<(String, String)>, Option<u16>);

fn table(steps: &Value) -> Table {
    let mut requests: Vec<Ended> = Vec::new();
    let (mut trips, mut tripped) = (Vec::new(), Vec::new());
    for step in steps.as_array().unwrap() {
        for (name, standing) in step["backends"].as_object().unwrap() {
            let is_tripped = standing["state"] == "tripped";
            match (is_tripped, tripped.iter().position(|known| known == name)) {
                (true, None) => {
                    trips.push(name.clone());
                    tripped.push(name.clone());
                }
                (false, Some(at)) => drop(tripped.remove(at)),
                _ => {}
            }
        }
        let Some(request) = step["request"].as_u64().and_then(|number| usize::try_from(number).ok()) else {
            continue;
        };
        requests.resize(requests.len().max(request), (Vec::new(), None));
        let (calls, status) = &mut requests[request - 1];
        if let Some((_, answer)) = step["event"].as_str().unwrap().split_once(&format!(" to r{request}: ")) {
            answer.split(',').next().unwrap().clone_into(&mut calls.last_mut().unwrap().1);
        }
        calls.extend(step["goesTo"].as_str().map(|backend| (backend.to_owned(), String::new())));
        *status = status.or(step["clientGets"].as_u64().map(|status| u16::try_from(status).unwrap()));
    }
    (requests, trips)
}

/// The same of a run of the scenario in `folder`.
fn played(work: &Work, folder: &str) -> Table {
    let scenario = format!("{folder}/scenario.json");
    work.call(&["run", &scenario, "--no-charts", "--out", "played"]).ok();
    let name: Value = serde_json::from_str(&work.read(&scenario)).unwrap();
    let run = work.path().join("played").join(name["name"].as_str().unwrap()).join("base");
    let mut requests: Vec<Request> = read_rows(&run.join("requests.csv"));
    requests.sort_by_key(|request| request.request);
    let calls = |request: &Request| {
        let steps = request.steps().into_iter();
        // A call that nobody has answered has no word in a counterexample.
        let word = |what: &str| what.replace("pending", "");
        steps.map(|(who, what)| (who.to_owned(), word(what))).collect::<Vec<_>>()
    };
    let requests = requests.iter().map(|request| (calls(request), request.status)).collect();
    let trips: Vec<Trip> = read_rows(&run.join("trips.csv"));
    (requests, trips.into_iter().map(|trip| trip.backend).collect())
}

#[test]
fn each_counterexample_of_a_defect_becomes_a_scenario_that_runs() {
    let mut exported = 0;
    for name in ["no-retry", "reason-text", "same-member-again", "breaker-too-slow"] {
        let path = root().join(format!("scenarios/defects/{name}/scenario.json"));
        let done = verify(path.to_str().unwrap(), &["--readings", "configured", "--format", "json"]);
        for property in report(&done)["properties"].as_array().unwrap() {
            let found = &property["counterexample"];
            // What never happens has no events.
            let Some(token) = found["token"].as_str().filter(|_| found["steps"][0].is_object()) else {
                continue;
            };
            let work = Work::empty();
            let args = ["replay", token, "--format", "scenario", "--out", "cx/scenario.json"];
            let done = work.call(&args);
            assert_eq!(done.code, 1, "{name} {}: {}", property["property"], done.err);
            assert_eq!(done.out, "wrote cx/scenario.json\n");
            assert_eq!(played(&work, "cx"), table(&found["steps"]), "{name} {}", property["property"]);
            exported += 1;
        }
    }
    assert!(exported >= 5, "{exported}");
}

#[test]
fn what_is_not_covered_becomes_scenarios_or_says_why_not() {
    // A lost body and no response in one; a token that is not to be had, which no scenario can say, in the other.
    let lost = changed("policy.xml", " buffer-request-body=\"true\"", "");
    let (mut written, mut refused) = (0, 0);
    for (work, profile) in [(lost, "declared"), (Work::walkthrough(), "strict")] {
        let args = ["verify", "scenario.json", "--depth", "5", "--readings-depth", "3", "--profile", profile];
        let mut all = args.to_vec();
        all.extend(["--cases", "0", "--format", "json"]);
        let report = report(&work.call(&all));
        let lists = ["notCovered", "properties"].map(|name| report[name].as_array().unwrap().clone());
        for one in lists.iter().flatten() {
            let Some(token) = one.pointer("/counterexample/token").and_then(Value::as_str) else { continue };
            let done = work.call(&["replay", token, "--format", "scenario", "--out", "cx.json"]);
            if done.code == 2 {
                assert!(done.err.contains("a scenario cannot say this counterexample"), "{}", done.err);
                refused += 1;
            } else {
                assert_eq!(done.code, 1, "{}", done.err);
                work.call(&["run", "cx.json", "--no-charts", "--out", "out"]).ok();
                written += 1;
            }
        }
    }
    assert!(written >= 6 && refused >= 1, "{written} written, {refused} refused");
}

#[test]
fn readings_are_looked_at_together() {
    let path = "scenarios/ptu-fallback/scenario.json";
    let args = ["verify", path, "--depth", "3", "--readings", "combined", "--readings-depth", "2"];
    let bounded = |most: &str| {
        let mut all = args.to_vec();
        all.extend(["--cases", "0", "--combinations", most]);
        call(&root(), &all)
    };
    let done = bounded("60");
    assert_eq!(done.code, 3, "{}{}", done.out, done.err);
    assert!(done.out.contains("no verdict on all readings together"), "{}", done.out);
    assert!(done.out.contains("There are more than `--combinations` 60"), "{}", done.out);
    assert_eq!(bounded("0").code, 2);
}

#[test]
fn violations_are_told_in_the_formats_of_findings() {
    let work = changed("policy.xml", " buffer-request-body=\"true\"", "");
    let told = |format: &str| violated(&work, format).out;
    let sarif: Value = serde_json::from_str(&told("sarif")).unwrap();
    let problems = crate::validate::sarif_problems(&sarif);
    assert_eq!(problems, Vec::<String>::new());
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "whole-body");
    let flow = &result["codeFlows"][0]["threadFlows"][0]["locations"];
    assert_eq!(flow.as_array().unwrap().len(), 2, "{flow}");
    for (format, part) in [
        ("concise", "policy.xml:"),
        ("junit", "<testsuites"),
        ("github", "::error "),
        ("gitlab", "\"whole-body\""),
        ("markdown", "whole-body"),
        ("jsonl", "\"whole-body\""),
        ("human", "policy.xml:"),
    ] {
        let out = told(format);
        assert!(out.contains(part), "{format}: {out}");
    }
}

#[test]
fn coverage_and_the_worst_case_are_told_on_demand() {
    let done = verify(
        "scenarios/ptu-fallback/scenario.json",
        &["--readings", "configured", "--coverage", "--client", "openai-python", "--budget", "1s"],
    );
    assert_eq!(done.code, 1, "over the budget: {}", done.err);
    assert!(done.out.contains("9 backend calls"), "{}", done.out);
    assert!(done.out.contains("more than its 1 s"), "{}", done.out);
    assert!(done.out.contains("outcomes of conditions"), "{}", done.out);
    assert!(done.out.contains("attempts of retries"), "{}", done.out);
    let args = ["--readings", "configured", "--coverage", "--format", "json"];
    let coverage = report(&verify("scenarios/ptu-fallback/scenario.json", &args).ok())["coverage"].clone();
    // Three attempts, and three breakers that trip; a trip that ends needs a longer path for each.
    assert_eq!(coverage["attempts"]["total"], 3, "{coverage}");
    assert_eq!(coverage["attempts"]["reached"], 3, "{coverage}");
    assert_eq!(
        coverage["breakers"]["total"],
        2 * coverage["members"]["total"].as_u64().unwrap(),
        "{coverage}"
    );
    let path = "scenarios/defects/same-member-again/scenario.json";
    let done = call(&root(), &["verify", path, "--depth", "2", "--readings", "configured", "--coverage"]);
    assert!(done.out.contains("retry never made attempt 3"), "{}", done.out);
    let done =
        verify("scenarios/ptu-fallback/scenario.json", &["--readings", "configured", "--fail-under", "100"]);
    assert_eq!(done.code, 1, "{}", done.out);
    assert!(done.err.contains("the coverage is below 100 %"), "{}", done.err);
}

#[test]
fn what_cannot_be_verified_is_refused() {
    let path = "scenarios/walkthrough/scenario.json";
    for (args, words) in [
        (vec!["--property", "failovr"], "did you mean `failover`?"),
        (vec!["--in-flight", "0"], "`--in-flight` is 1 to 4"),
        (vec!["--instances", "5"], "`--instances` is 1 to 4"),
        (vec!["--depth", "1000"], "`--depth` is 1 to 64"),
        (vec!["--states", "0"], "`--states` is 1 to"),
        (vec!["--wait-budget", "100000"], "`--wait-budget` is 1 to"),
        (vec!["--variant", "none"], "has no variant `none`"),
    ] {
        let mut all = vec!["verify", path];
        all.extend(&args);
        let done = call(&root(), &all);
        assert_eq!(done.code, 2, "{args:?}: {}", done.err);
        assert!(done.err.contains(words), "{args:?}: {}", done.err);
    }
    let few = verify(path, &["--states", "100", "--readings", "configured"]);
    assert_eq!(few.code, 3, "{}", few.out);
    assert!(few.out.contains("no verdict"), "{}", few.out);
    let work = Work::walkthrough();
    let policy = work.read("policy.xml");
    work.write("policy.xml", &policy.replace("<outbound>", "<outbound><xsl-transform />"));
    let done = work.call(&["verify", "policy.xml", "backends.json"]);
    assert_eq!(done.code, 2, "{}{}", done.out, done.err);
    let alone = work.call(&["verify", "policy.xml"]);
    assert_eq!(alone.code, 2, "{}{}", alone.out, alone.err);
    for token in ["nonsense", "cx1.0-1-0"] {
        assert_eq!(work.call(&["replay", token]).code, 2);
    }
}

#[test]
fn one_and_two_threads_say_the_same() {
    let path = "scenarios/walkthrough/scenario.json";
    let first = verify(path, &["--format", "json", "--threads", "1"]).ok();
    let second = verify(path, &["--format", "json", "--threads", "2"]).ok();
    assert!(first.out == second.out, "{}\n{}", first.out, second.out);
}

#[test]
fn equivalent_tells_or_denies_with_a_history() {
    let same = "scenarios/ptu-fallback/scenario.json";
    let done = call(&root(), &["equivalent", same, same, "--faults", "2"]).ok();
    assert!(done.out.starts_with("equivalent: "), "{}", done.out);
    let work = changed("policy.xml", "count=\"2\"", "count=\"1\"");
    let old = root().join(same);
    let done = work.call(&["equivalent", old.to_str().unwrap(), "scenario.json", "--format", "json"]);
    assert_eq!(done.code, 1, "{}", done.err);
    let report = report(&done);
    assert_eq!(report["equivalent"], false);
    assert_eq!(report["distinction"]["requests"].as_array().unwrap().len(), 1);
    for args in [["--requests", "9"], ["--faults", "7"]] {
        let mut all = vec!["equivalent", same, same];
        all.extend(args);
        assert_eq!(call(&root(), &all).code, 2);
    }
}

#[test]
fn properties_of_ones_own_are_looked_at() {
    let work = Work::scenario("ptu-fallback");
    work.write(
        "own.json",
        r#"{ "formatVersion": 1, "properties": [
            { "name": "two-calls", "what": "no request is called for more than twice",
              "always": "(int)context.Variables[\"attempts\"] <= 2" },
            { "name": "west-serves", "what": "the west serves somebody",
              "sometimes": "((string)context.Variables[\"backends\"]).EndsWith(\"westus\")" } ] }"#,
    );
    let args = ["verify", "scenario.json", "--depth", "5", "--readings", "configured", "--format", "json"];
    let mut own = args.to_vec();
    own.extend(["--property", "own.json"]);
    let done = work.call(&own);
    assert_eq!(done.code, 1, "{}", done.err);
    let report = report(&done);
    assert_eq!(with_verdict(&report, "violated"), ["two-calls"]);
    assert!(with_verdict(&report, "holds").contains(&"west-serves".to_owned()), "{report}");
    work.write("bad.json", r#"{ "formatVersion": 1, "properties": [{ "name": "x", "always": "1 +" }] }"#);
    for file in ["bad.json", "gone.json"] {
        let mut own = args.to_vec();
        own.extend(["--property", file]);
        assert_eq!(work.call(&own).code, 2, "{file}");
    }
    let schema: Value = serde_json::from_str(&work.call(&["schema", "properties"]).ok().out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let file: Value = serde_json::from_str(&work.read("own.json")).unwrap();
    assert!(validator.is_valid(&file));
}

#[test]
fn operations_of_azure_openai_name_their_deployment() {
    let work = Work::walkthrough();
    let variable = r#"<base /><set-variable name="d" value="@((string)context.Request.MatchedParameters["deployment-id"])" />"#;
    work.replace("policy.xml", "<base />", variable);
    let args = ["verify", "policy.xml", "backends.json", "--depth", "3", "--readings", "configured"];
    let mut all = args.to_vec();
    all.extend(["--format", "json", "--property", "never-throws"]);
    let report = report(&work.call(&all).ok());
    assert_eq!(with_verdict(&report, "holds"), ["never-throws"]);
}
