//! Unit tests of policies: those of the scenarios hold, failures say what was found, and the forms of output
//! are what programs read.

use serde_json::{Value, json};

use crate::support::{Done, Work, call, root};

/// `test` with the tests of the package, which are in `tests/policies`.
fn own(args: &[&str]) -> Done {
    let mut all = vec!["test"];
    all.extend(args);
    call(&root(), &all)
}

/// A folder with the walkthrough and a file with these cases.
fn work(cases: &Value) -> Work {
    let work = Work::walkthrough();
    let suite = json!({
        "formatVersion": 1, "policy": "policy.xml", "resources": ["backends.json"], "cases": cases,
    });
    work.write("x.test.json", &serde_json::to_string_pretty(&suite).unwrap());
    work
}

#[test]
fn the_tests_of_every_scenario_hold() {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root().join("scenarios")).unwrap() {
        let path = entry.unwrap().path();
        if !path.join("scenario.json").exists() {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap();
        files.push(format!("tests/policies/{name}.test.json"));
    }
    files.sort();
    let mut args: Vec<&str> = files.iter().map(String::as_str).collect();
    args.extend(["--format", "json", "--fail-under", "90"]);
    let done = own(&args).ok();
    let report: Value = serde_json::from_str(&done.out).unwrap();
    let suites = report["suites"].as_array().unwrap();
    assert_eq!(suites.len(), files.len());
    for suite in suites {
        assert!(suite["cases"].as_array().unwrap().len() >= 8, "{}", suite["name"]);
    }
    assert_eq!(report["totals"]["failed"], 0);
    // What both policies have: every one of them runs, every member is called.
    for what in ["policies", "members"] {
        assert_eq!(report["coverage"][what]["reached"], report["coverage"][what]["total"], "{what}");
    }
}

#[test]
fn a_failure_tells_what_was_expected_and_found() {
    let done = own(&["tests/fixtures/failing.test.json"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert_eq!(
        done.out,
        std::fs::read_to_string(root().join("tests/fixtures/failing.expected.txt")).unwrap()
    );
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("## Unit-test a policy").nth(1).unwrap();
    let block = |from: &str| section.split(from).nth(1).unwrap().split("```").next().unwrap().to_owned();
    let shown = block("```\n$ poolproof ");
    let (command, output) = shown.split_once('\n').unwrap();
    let work = Work::walkthrough();
    work.write("failover.test.json", &block("```jsonc\n"));
    let done = work.call(&command.split(' ').collect::<Vec<_>>());
    assert_eq!(done.out, output, "{}", done.err);
    assert_eq!(done.code, 1);
}

#[test]
fn the_exit_code_says_how_it_went() {
    let good = json!([{ "name": "good", "expect": { "status": 200 } }]);
    let bad = json!([{ "name": "bad", "expect": { "status": 201 } }]);
    let broken = json!([{ "name": "broken", "expect": { "staus": 200 } }]);
    for (cases, more, code) in [
        (&good, &[][..], 0),
        (&bad, &[], 1),
        (&broken, &[], 2),
        (&good, &["--filter", "GOO"], 0),
        (&good, &["--filter", "none"], 4),
        (&good, &["--coverage"], 0),
        (&good, &["--fail-under", "10"], 0),
        (&good, &["--fail-under", "100"], 1),
        (&good, &["--fail-under", "101"], 2),
        (&good, &["gone.test.json"], 2),
    ] {
        let work = work(cases);
        let mut args = vec!["test", "x.test.json"];
        args.extend(more);
        let done = work.call(&args);
        assert_eq!(done.code, code, "{cases} {more:?}: {}{}", done.out, done.err);
        if code == 2 || code == 4 {
            assert_eq!(done.out, "");
            assert!(done.err.contains("error"), "{}", done.err);
        }
    }
}

#[test]
fn problems_of_all_files_are_told_at_once_with_suggestions() {
    let work =
        work(&json!([{ "name": "a", "backends": { "openai-eastsu": {} }, "expect": { "status": 200 } }]));
    work.write(
        "y.test.json",
        "{ \"formatVersion\": 1, \"polisy\": \"policy.xml\", \"cases\": [{ \"name\": \"b\" }] }",
    );
    let done = work.call(&["test", "x.test.json", "y.test.json"]);
    assert_eq!(done.code, 2);
    for part in [
        "did you mean `openai-eastus`?",
        "did you mean `policy`?",
        "case `b` expects nothing",
        "x.test.json:",
        "y.test.json:1:",
    ] {
        assert!(done.err.contains(part), "{part}: {}", done.err);
    }
}

#[test]
fn what_a_policy_warns_about_is_told_once() {
    let work = work(&json!([{ "name": "a", "expect": { "status": 200 } }]));
    work.replace("policy.xml", "<outbound>", "<outbound><xsl-transform />");
    work.write("y.test.json", &work.read("x.test.json").replace("\"a\"", "\"b\"").replace("200", "500"));
    let done = work.call(&["test", "x.test.json", "y.test.json"]);
    assert_eq!(done.err.matches("unsupported-policy").count(), 1, "{}", done.err);
    assert!(done.out.contains("2 cases: 1 passed, 1 failed"), "{}", done.out);
}

#[test]
fn junit_is_xml_with_a_failure_for_each_case_that_failed() {
    let name = "<b> & \"c\" \u{1}";
    let work = work(&json!([
        { "name": name, "expect": { "status": 201 } },
        { "name": "fine", "expect": { "status": 200 } },
    ]));
    let done = work.call(&["test", "x.test.json", "--format", "junit"]);
    assert_eq!(done.code, 1);
    let mut reader = quick_xml::Reader::from_str(&done.out);
    let (mut cases, mut failures) = (Vec::new(), 0);
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                let attribute = |name: &str| {
                    let found = tag.try_get_attribute(name).unwrap();
                    found.map(|a| a.value.into_owned())
                };
                match tag.name().as_ref() {
                    "testsuite" => {
                        assert_eq!(attribute("tests").as_deref(), Some("2"));
                        assert_eq!(attribute("failures").as_deref(), Some("1"));
                    }
                    "testcase" => cases.push(attribute("name").unwrap()),
                    "failure" => {
                        failures += 1;
                        assert_eq!(attribute("message").unwrap(), "status: expected 201, found 200");
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    assert_eq!(cases, ["&lt;b&gt; &amp; &quot;c&quot; \u{fffd}", "fine"]);
    assert_eq!(failures, 1);
}

#[test]
fn coverage_names_what_no_case_reached() {
    let work = work(&json!([{ "name": "a", "expect": { "status": 200 } }]));
    let done = work.call(&["test", "x.test.json", "--format", "json", "--coverage"]).ok();
    let report: Value = serde_json::from_str(&done.out).unwrap();
    let coverage = &report["coverage"];
    // Six policies: identity, header, backend, retry, forward, return-response; the last one did not run.
    assert_eq!(coverage["policies"], json!({ "reached": 5, "total": 6 }));
    // The condition of the retry was false; that in on-error was not looked at.
    assert_eq!(coverage["conditions"], json!({ "reached": 1, "total": 4 }));
    assert_eq!(coverage["members"], json!({ "reached": 1, "total": 3 }));
    assert_eq!(
        coverage["missed_members"],
        json!(["openai-backend-pool/openai-swedencentral", "openai-backend-pool/openai-westus"])
    );
    let missed: Vec<(&str, &str)> = coverage["missed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| (m["policy"].as_str().unwrap(), m["what"].as_str().unwrap()))
        .collect();
    assert!(missed.contains(&("return-response", "never ran")), "{missed:?}");
    assert!(missed.contains(&("retry", "was never true")), "{missed:?}");
}

#[test]
fn files_over_the_same_policy_add_up() {
    let work = work(&json!([{ "name": "a", "expect": { "status": 200 } }]));
    let other = work
        .read("x.test.json")
        .replace("\"expect\"", "\"backends\": { \"openai-eastus\": { \"status\": 429 } }, \"expect\"");
    work.write("y.test.json", &other);
    let done = work.call(&["test", "x.test.json", "y.test.json", "--format", "json", "--coverage"]).ok();
    let report: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(report["coverage"]["conditions"], json!({ "reached": 2, "total": 4 }));
    assert_eq!(report["coverage"]["members"], json!({ "reached": 2, "total": 3 }));
}

#[test]
fn a_policy_without_a_backend_goes_to_the_service_url() {
    let work = Work::empty();
    work.write("p.xml", "<policies><inbound><base /></inbound><backend><base /></backend></policies>");
    let suite = json!({
        "formatVersion": 1, "policy": "p.xml", "serviceUrl": "https://example.net/openai",
        "cases": [{
            "name": "a",
            "endpoints": { "https://example.net": { "status": 404 }, "https://example.net/openai": { "status": 201 } },
            "expect": { "status": 201, "backends": ["https://example.net/openai"] },
        }],
    });
    work.write("x.test.json", &suite.to_string());
    work.call(&["test", "x.test.json"]).ok();
}

#[test]
fn the_schema_of_tests_is_printed() {
    let done = call(&root(), &["schema", "test"]).ok();
    let schema: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(schema["title"], "poolproof policy tests");
    let validator = jsonschema::validator_for(&schema).unwrap();
    let suite = json!({ "formatVersion": 1, "policy": "p.xml", "cases": [{ "name": "a" }] });
    assert!(validator.is_valid(&suite));
    assert!(!validator.is_valid(&json!({ "formatVersion": 1, "cases": [] })));
}

#[test]
fn policy_coverage_says_what_becomes_of_each_policy() {
    let work = Work::empty();
    work.write(
        "p.xml",
        "<policies>\n  <inbound>\n    <base />\n    <xsl-transform />\n  </inbound>\n</policies>\n",
    );
    let done = work.call(&["policy", "coverage", "p.xml"]);
    let expected = " line  standing     section   policy
    3  executed     inbound   base
    4  unsupported  inbound   xsl-transform
2 policies: 1 executed, 0 inert, 1 unsupported
";
    assert_eq!((done.code, done.out.as_str()), (1, expected), "{}", done.err);
    let done = work.call(&["policy", "coverage", "p.xml", "--format", "json"]);
    let report: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(report["totals"], json!({ "executed": 1, "inert": 0, "unsupported": 1 }));
    assert_eq!(report["policies"][1]["line"], 4);
    work.write("p.xml", "<policies><inbound><bass /></inbound></policies>");
    let done = work.call(&["policy", "coverage", "p.xml"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("did you mean `base`?"), "{}", done.err);
    assert_eq!(work.call(&["policy", "coverage", "gone.xml"]).code, 2);
}
