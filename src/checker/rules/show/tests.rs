//! One small configuration in every format.

use std::sync::Arc;

use super::super::{Told, check, gather, read_setup, suppress};
use super::*;
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::resources::{TextFile, detect};

/// A pool that is retried wrongly, with a character outside of the basic plane in front of one place.
const POLICY: &str = "<policies>\r\n    <inbound><set-backend-service backend-id=\"openai-pool\" /></inbound>\r\n    <backend>\r\n        <retry condition=\"@(context.Response.StatusCode == 429)\" count=\"2\" interval=\"0\">\r\n            <!-- \u{1f600} --><forward-request />\r\n        </retry>\r\n    </backend>\r\n</policies>\r\n";

fn told(files: &[(&str, &str)]) -> (Vec<Told>, SourceMap) {
    let mut sources = SourceMap::new();
    let files: Vec<TextFile> = files
        .iter()
        .map(|(path, text)| {
            let source = sources.add(*path, *text);
            let form = detect(path, text).expect("a form");
            TextFile { path: Arc::from(*path), source, text: Arc::from(*text), form }
        })
        .collect();
    let mut problems = Diagnostics::new();
    let setup = read_setup(&files, &mut sources, &mut problems);
    let mut all = gather(check(&setup), &problems);
    suppress(&mut all, &sources);
    (all, sources)
}

#[test]
fn lines_are_clickable() {
    let (all, sources) = told(&[("p|a.xml", POLICY)]);
    assert_eq!(
        concise(&all, &sources),
        "p|a.xml:4:29: warning[PP1103]: the condition of the retry fails when there is no response\n\
         p|a.xml:5:23: error[PP1101]: the body of the request is lost when it is sent again\n"
    );
}

#[test]
fn people_see_excerpts_readings_and_fixes() {
    let (all, sources) = told(&[("policy.xml", POLICY)]);
    let text = human(&all, &sources, false);
    for part in [
        "error[PP1101]: the body of the request is lost when it is sent again",
        " --> policy.xml:5:23",
        "expected `buffer-request-body=\"true\"`",
        "holds where `policy.response_after_transport_error` is `null`",
        "--fix can do that",
        "1 error, 1 warning; `poolproof explain PP1103` tells more of one",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(human(&[], &sources, false), "nothing to object to\n");
}

#[test]
fn sarif_is_valid_and_counts_utf_16() {
    let ignored = POLICY.replace("<!-- \u{1f600} -->", "<!-- \u{1f600} poolproof: ignore PP1101: polls -->");
    for text in [POLICY, ignored.as_str()] {
        let (all, sources) = told(&[("a b.xml", text)]);
        let document = sarif(&all, &sources, "0.1.0");
        let schema: serde_json::Value = serde_json::from_str(serde_sarif_schema()).expect("a schema");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let problems: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert_eq!(problems, Vec::<String>::new());
        let run = &document["runs"][0];
        assert_eq!(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b.xml");
        let is_ignored = text != POLICY;
        assert_eq!(run["results"][1]["suppressions"].is_array(), is_ignored);
        if !is_ignored {
            // Two units for the face: one more than characters.
            assert_eq!(run["results"][1]["locations"][0]["physicalLocation"]["region"]["startColumn"], 24);
        }
    }
}

/// The schema of SARIF 2.1.0 that a crate of its own carries.
const fn serde_sarif_schema() -> &'static str {
    include_str!("../../../../tests/fixtures/sarif-2.1.0.json")
}

#[test]
fn junit_has_the_elements_and_attributes_of_its_schema() {
    let (all, sources) = told(&[("policy.xml", POLICY)]);
    let text = junit(&all, &sources);
    let mut reader = quick_xml::Reader::from_str(&text);
    let allowed = |name: &str| match name {
        "testsuites" => &["name", "tests", "failures", "errors", "time"][..],
        "testsuite" => &["name", "tests", "failures", "errors", "skipped", "time", "hostname", "id", "timestamp"],
        "testcase" => &["name", "classname", "time", "file", "line"],
        "failure" => &["message", "type"],
        _ => panic!("{name} is no element of JUnit"),
    };
    let mut path: Vec<String> = Vec::new();
    let mut counted = (0, 0);
    loop {
        match reader.read_event().expect("well-formed") {
            quick_xml::events::Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref().as_bytes()).into_owned();
                for attribute in tag.attributes() {
                    let key = attribute.expect("an attribute").key;
                    let key = String::from_utf8_lossy(key.as_ref().as_bytes()).into_owned();
                    assert!(allowed(&name).contains(&key.as_str()), "{name} {key}");
                }
                let parent = path.last().map(String::as_str);
                let expected = match name.as_str() {
                    "testsuites" => None,
                    "testsuite" => Some("testsuites"),
                    "testcase" => Some("testsuite"),
                    _ => Some("testcase"),
                };
                assert_eq!(parent, expected);
                counted.0 += i32::from(name == "testcase");
                counted.1 += i32::from(name == "failure");
                path.push(name);
            }
            quick_xml::events::Event::End(_) => {
                path.pop();
            }
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(counted, (2, 2));
    assert!(text.contains("<testsuites name=\"poolproof\" tests=\"2\" failures=\"2\">"));
}

#[test]
fn forges_are_told_in_their_words() {
    let (all, sources) = told(&[("p,a|.xml", POLICY)]);
    let commands = github(&all, &sources);
    assert!(commands.starts_with("::warning file=p%2Ca|.xml,line=4,col=29,title=PP1103::"), "{commands}");
    assert!(commands.lines().all(|line| line.starts_with("::")), "{commands}");
    let quality = gitlab(&all, &sources);
    assert_eq!(quality[1]["severity"], "major");
    assert_eq!(quality[1]["location"]["lines"]["begin"], 5);
    assert_ne!(quality[0]["fingerprint"], quality[1]["fingerprint"]);
    let table = markdown(&all, &sources);
    assert!(table.contains("| error | PP1101 | p,a\\|.xml:5 |"), "{table}");
    let document = json(&all, &sources);
    assert_eq!((document["errors"].as_u64(), document["warnings"].as_u64()), (Some(1), Some(1)));
    assert_eq!(jsonl(&all, &sources).lines().count(), 2);
}

#[test]
fn fingerprints_do_not_move_with_lines() {
    let print = |text: &str| {
        let (all, sources) = told(&[("policy.xml", text)]);
        json(&all, &sources)["findings"][0]["fingerprint"].as_str().map(str::to_owned)
    };
    assert_eq!(print(POLICY), print(&format!("<!-- new -->\r\n{POLICY}")));
}

#[test]
fn pages_have_examples() {
    let rule = super::super::by_code("pp1101").expect("a rule");
    let text = page(rule);
    assert!(text.contains("PP1101 retry-without-body (error)") && text.contains("Right: policy.xml"), "{text}");
    assert!(page_markdown(rule).contains("```xml"));
    assert_eq!(list().lines().count(), super::super::all().count());
}
