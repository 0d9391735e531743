//! JUnit XML of every command that writes it, against a schema of the format.

use uppsala::{XsdValidator, parse};

use crate::support::{Work, root};

/// What the schema objects to.
fn problems(document: &str) -> Vec<String> {
    let schema = std::fs::read_to_string(root().join("tests/fixtures/junit.xsd")).unwrap();
    let validator = XsdValidator::from_schema(&parse(&schema).unwrap()).unwrap();
    let document = match parse(document) {
        Ok(document) => document,
        Err(error) => return vec![error.to_string()],
    };
    validator.validate(&document).iter().map(ToString::to_string).collect()
}

#[test]
fn the_schema_refuses_what_is_no_junit() {
    for (from, to) in [
        (" tests=\"1\"", ""),
        (" name=\"c\"", ""),
        ("testcase", "case"),
        ("tests=\"1\"", "tests=\"one\""),
        ("<failure ", "<fault "),
        ("</testsuite>", ""),
    ] {
        let right = "<testsuites><testsuite name=\"s\" tests=\"1\" failures=\"1\" errors=\"0\"><testcase name=\"c\" \
                     classname=\"s\"><failure message=\"m\" type=\"t\">x</failure></testcase></testsuite></testsuites>";
        assert_eq!(problems(right), Vec::<String>::new());
        let end = if to == "<fault " { "</fault>" } else { "</failure>" };
        let wrong = right.replace(from, to).replace("</failure>", end);
        assert_ne!(problems(&wrong), Vec::<String>::new(), "{wrong}");
    }
}

#[test]
fn what_commands_write_is_junit() {
    let work = Work::empty();
    work.write("a & <b>.xml", "<policies><inbound><bose value=\"&lt;&quot;\u{1}\" /></inbound><backend><base/></backend></policies>");
    work.write(
        "backends.json",
        r#"[{ "name": "e", "properties": { "url": "nowhere", "protocol": "http", "circuitBreaker": { "rules": [1] } } }]"#,
    );
    work.write("empty.xml", "<policies><inbound><base/></inbound><backend><base/></backend></policies>");
    for paths in [&["."][..], &["empty.xml"], &["backends.json"]] {
        let mut args = vec!["validate", "--format", "junit", "--info"];
        args.extend(paths);
        let done = work.call(&args);
        assert!(done.out.contains("<testsuites"), "{}{}", done.out, done.err);
        assert_eq!(problems(&done.out), Vec::<String>::new(), "{}", done.out);
    }
    let suite = root().join("tests/fixtures/failing.test.json");
    let done = work.call(&["test", suite.to_str().unwrap(), "--format", "junit"]);
    assert!(done.out.contains("<failure"), "{}{}", done.out, done.err);
    assert_eq!(problems(&done.out), Vec::<String>::new(), "{}", done.out);
    let defect = root().join("scenarios/defects/no-retry/scenario.json");
    let done = work.call(&["verify", defect.to_str().unwrap(), "--depth", "4", "--format", "junit"]);
    assert!(done.out.contains("<failure") && done.out.contains("failover"), "{}{}", done.out, done.err);
    assert_eq!(problems(&done.out), Vec::<String>::new(), "{}", done.out);
}
