//! Input that cannot be used: exit code 2, every problem at once with its place and what was expected, and
//! nothing written.

use poolproof::config::{MemoryFiles, Overrides, load_scenario};
use poolproof::diagnostics::{Diagnostics, SourceMap};
use proptest::prelude::*;

use crate::support::Work;

/// One thing that is wrong in one of the walkthrough's files.
struct Wrong {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    /// The part of `to` that the message points at.
    at: &'static str,
    /// What the message says, besides the place.
    says: &'static str,
}

const SCENARIO: &str = "scenario.json";
const POLICY: &str = "policy.xml";
const RESOURCES: &str = "backends.json";

const fn wrong(
    file: &'static str,
    from: &'static str,
    to: &'static str,
    at: &'static str,
    says: &'static str,
) -> Wrong {
    Wrong { file, from, to, at, says }
}

const FIRST_MEMBER: &str = "\"id\": \"/backends/openai-eastus\"";

const TABLE: &[Wrong] = &[
    // Missing files.
    wrong(SCENARIO, "\"policy.xml\"", "\"gone.xml\"", "\"gone.xml\"", "cannot read `gone.xml`"),
    wrong(SCENARIO, "[\"backends.json\"]", "[\"gone.json\"]", "\"gone.json\"", "cannot read `gone.json`"),
    // Malformed text.
    wrong(SCENARIO, "\"units\": 1", "\"units\": one", "one", "expected a value"),
    wrong(SCENARIO, "\"seed\": 1,", "\"seed\": 1", "\n  \"policy\"", "expected `,`"),
    wrong(RESOURCES, "\"count\": 1,", "\"count\": ,", ",", "expected a value"),
    wrong(RESOURCES, "\"count\": 1,", "\"count\": 1, \"count\": 2,", "\"count\": 2", "given twice"),
    wrong(POLICY, "</retry>", "</retri>", "</retri>", "retry"),
    wrong(POLICY, "<outbound>", "<outbound", "<base", ""),
    wrong(POLICY, "interval=\"0\"", "interval=0", "0", "quotes"),
    // Nowhere to send requests to.
    wrong(
        POLICY,
        "<set-backend-service backend-id=\"openai-backend-pool\" />",
        "<set-backend-service base-url=\"https://elsewhere.example\" />",
        "<set-backend-service base-url=\"https://elsewhere.example\" />",
        "no deployment stands behind the base URL",
    ),
    // Names that would leave the output folder.
    wrong(
        SCENARIO,
        "\"name\": \"walkthrough\"",
        "\"name\": \"../x\"",
        "\"../x\"",
        "cannot be the name of a folder",
    ),
    wrong(SCENARIO, "\"weighted\": {", "\"a/b\": {", "\"a/b\"", "cannot be the name of a folder"),
    // Unknown names.
    wrong(SCENARIO, "\"units\": 1", "\"unit\": 1", "\"unit\"", "did you mean `units`"),
    wrong(
        SCENARIO,
        "\"kind\": \"closed-loop\"",
        "\"kind\": \"closed\"",
        "\"closed\"",
        "expected one of `closed-loop`",
    ),
    wrong(SCENARIO, "\"tier\": \"BasicV2\"", "\"tier\": \"Basic v2\"", "\"Basic v2\"", "BasicV2"),
    wrong(
        SCENARIO,
        "\"model\": \"gpt-4o-mini\"",
        "\"model\": \"gpt-4o-miny\"",
        "\"gpt-4o-miny\"",
        "gpt-4o-mini",
    ),
    wrong(POLICY, "<forward-request", "<foward-request", "foward-request", "did you mean `forward-request`"),
    wrong(POLICY, "buffer-request-body=", "buffer-body=", "buffer-body", "has no attribute `buffer-body`"),
    wrong(POLICY, "<outbound>", "<outbound><rate-limit calls=\"1\" />", "rate-limit", "rate-limit"),
    // Backends that nobody describes.
    wrong(POLICY, "openai-backend-pool", "openai-backend-pol", "openai-backend-pol", "openai-backend-pool"),
    wrong(
        RESOURCES,
        FIRST_MEMBER,
        "\"id\": \"/backends/openai-eastsu\"",
        "\"/backends/openai-eastsu\"",
        "openai-eastus",
    ),
    wrong(SCENARIO, "\"openai-eastus\": {}", "\"openai-eastsu\": {}", "\"openai-eastsu\"", "openai-eastus"),
    // Durations that are none.
    wrong(SCENARIO, "\"pause\": \"1s\"", "\"pause\": \"1 sec\"", "\"1 sec\"", "expected"),
    wrong(SCENARIO, "\"network\": \"4ms\"", "\"network\": \"-4ms\"", "\"-4ms\"", "expected"),
    wrong(RESOURCES, "\"PT5M\"", "\"5 minutes\"", "\"5 minutes\"", "PT"),
    wrong(RESOURCES, "\"PT1M\"", "\"P1M\"", "\"P1M\"", "months have no fixed length"),
    // Out of range.
    wrong(SCENARIO, "\"priority\": 1 }", "\"priority\": 101 }", "101", "100"),
    wrong(SCENARIO, "\"weight\": 50", "\"weight\": -1", "-1", "100"),
    wrong(SCENARIO, "\"units\": 1", "\"units\": 0", "0", "expected"),
    wrong(SCENARIO, "\"requests\": 40", "\"requests\": 1.5", "1.5", "expected"),
    wrong(RESOURCES, FIRST_MEMBER, "\"id\": \"openai-eastus\", \"weight\": 101", "101", "100"),
    wrong(RESOURCES, FIRST_MEMBER, "\"id\": \"openai-eastus\", \"priority\": \"-1\"", "\"-1\"", "100"),
    wrong(RESOURCES, "\"min\": 429", "\"min\": 42", "42", "expected"),
    wrong(POLICY, "count=\"2\"", "count=\"51\"", "51", "from 1 to 50"),
    wrong(POLICY, "count=\"2\"", "count=\"two\"", "two", "from 1 to 50"),
    wrong(POLICY, "code=\"503\"", "code=\"999\"", "999", "100 to 599"),
    // Expressions.
    wrong(POLICY, "StatusCode == 429", "StatusCod == 429", "StatusCod", "StatusCode"),
    wrong(POLICY, "StatusCode == 429", "StatusCode = 429", "context.Response.StatusCode = 429", "read-only"),
    wrong(
        POLICY,
        "StatusCode == 429 ||",
        "StatusCode == \"a\" ||",
        "context.Response.StatusCode == \"a\"",
        "string",
    ),
];

fn place_of(text: &str, wrong: &Wrong) -> (usize, usize) {
    let to = text.find(wrong.to).unwrap();
    // The marked part may begin a little before or behind what was put in.
    let near = text[to..].find(wrong.at).map(|at| to + at);
    let offset = near
        .filter(|at| at - to <= wrong.to.len() + 40)
        .unwrap_or_else(|| text[..to + wrong.to.len()].rfind(wrong.at).unwrap());
    let before = &text[..offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    (line, column)
}

#[test]
fn each_problem_is_told_in_its_place() {
    let mut failures = Vec::new();
    for wrong in TABLE {
        let work = Work::walkthrough();
        work.replace(wrong.file, wrong.from, wrong.to);
        let (line, column) = place_of(&work.read(wrong.file), wrong);
        let done = work.call(&["compare", "scenario.json", "--no-charts", "--out", "out"]);
        let place = format!("{}:{line}:{column}\n", wrong.file);
        if done.code != 2
            || !done.err.contains(&place)
            || !done.err.contains(wrong.says)
            || work.exists("out")
        {
            failures.push(format!(
                "{} -> {}: code {}, wanted {place}{}\n{}",
                wrong.from, wrong.to, done.code, wrong.says, done.err
            ));
        }
        assert_eq!(done.out, "", "nothing ran");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn an_empty_pool_is_told() {
    let work = Work::walkthrough();
    let mut resources: serde_json::Value = serde_json::from_str(&work.read(RESOURCES)).unwrap();
    resources["resources"][3]["properties"]["pool"]["services"] = serde_json::json!([]);
    let text = serde_json::to_string_pretty(&resources).unwrap();
    work.write(RESOURCES, &text);
    let done = work.call(&["run", "scenario.json", "--out", "out"]);
    assert_eq!(done.code, 2, "{}", done.err);
    let (at, line) = text.lines().enumerate().find(|(_, line)| line.contains("\"services\": []")).unwrap();
    let place = format!("backends.json:{}:{}\n", at + 1, line.find('[').unwrap() + 1);
    assert!(done.err.contains(&place), "{place} {}", done.err);
    assert!(!work.exists("out"));
}

#[test]
fn a_missing_scenario_is_told() {
    let work = Work::empty();
    let done = work.call(&["run", "scenario.json", "--out", "out"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("cannot read the scenario `scenario.json`"), "{}", done.err);
    assert!(!work.exists("out"));
    // A folder is no file either.
    work.write("folder/x", "");
    assert_eq!(work.call(&["run", "folder"]).code, 2);
}

#[test]
fn trace_rows_that_do_not_parse_are_told_with_the_rest_of_them() {
    let work = Work::walkthrough();
    work.edit(|s| s["traffic"] = serde_json::json!({ "kind": "replay", "trace": "trace.csv" }));
    let missing = work.call(&["run", "scenario.json", "--out", "out"]);
    assert_eq!(missing.code, 2);
    assert!(missing.err.contains("cannot read `trace.csv`"), "{}", missing.err);
    work.write(
        "trace.csv",
        "TIMESTAMP,ContextTokens,GeneratedTokens\n\
         2026-01-05 09:00:00,many,10\n\
         2026-01-32 09:00:00,5,10\n\
         2026-01-05 09:00:01,5\n",
    );
    let done = work.call(&["run", "scenario.json", "--out", "out"]);
    assert_eq!(done.code, 2);
    for place in ["trace.csv:2:21", "trace.csv:3:1", "trace.csv:4:22"] {
        assert!(done.err.contains(place), "{place}: {}", done.err);
    }
    assert!(
        done.err.contains("expected a whole number of tokens") && done.err.contains("expected a UTC time")
    );
    work.write("trace.csv", "when,ContextTokens\n1,2\n");
    let done = work.call(&["run", "scenario.json", "--out", "out"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("`TIMESTAMP`") && done.err.contains("`GeneratedTokens`"), "{}", done.err);
    assert!(!work.exists("out"));
}

#[test]
fn all_problems_of_all_files_are_told_at_once() {
    let work = Work::walkthrough();
    let changes = [
        wrong(SCENARIO, "\"units\": 1", "\"units\": 0", "0 }", "units"),
        wrong(SCENARIO, "\"pause\": \"1s\"", "\"pause\": \"soon\"", "\"soon\"", "soon"),
        wrong(SCENARIO, "\"region\": \"West US\"", "\"regoin\": \"West US\"", "\"regoin\"", "region"),
        wrong(SCENARIO, "\"weight\": 50", "\"weight\": 500", "500", "100"),
        wrong(POLICY, "count=\"2\"", "count=\"0\"", "0", "from 1 to 50"),
        wrong(POLICY, "buffer-request-body=\"true\"", "buffer-request-body=\"maybe\"", "maybe", "`true`"),
        wrong(
            POLICY,
            "StatusReason.Contains(\"Backend",
            "StatusReason.Includes(\"Backend",
            "Includes",
            "Includes",
        ),
        wrong(RESOURCES, "\"PT1M\"", "\"a minute\"", "\"a minute\"", "PT"),
        wrong(RESOURCES, "\"max\": 429", "\"max\": 4290", "4290", "599"),
        wrong(
            RESOURCES,
            "\"protocol\": \"http\",",
            "\"protocol\": \"http\", \"circuitBreaker2\": 1,",
            "",
            "",
        ),
    ];
    for change in &changes {
        work.replace(change.file, change.from, change.to);
    }
    let done = work.call(&["compare", "scenario.json", "--no-charts", "--out", "out"]);
    assert_eq!(done.code, 2);
    for change in changes.iter().filter(|c| !c.at.is_empty()) {
        let (line, column) = place_of(&work.read(change.file), change);
        let place = format!("{}:{line}:{column}\n", change.file);
        assert!(done.err.contains(&place), "{place} for {}\n{}", change.to, done.err);
        assert!(done.err.contains(change.says), "{}", change.says);
    }
    assert!(!work.exists("out"));
}

#[test]
fn an_unknown_backend_is_told_beside_other_problems_of_the_policy() {
    let work = Work::walkthrough();
    work.replace(POLICY, "openai-backend-pool", "nowhere");
    work.replace(POLICY, "count=\"2\"", "count=\"0\"");
    let done = work.call(&["run", "scenario.json", "--out", "out"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("from 1 to 50"), "{}", done.err);
    assert!(done.err.contains("`nowhere`"), "{}", done.err);
}

#[test]
fn an_earlier_result_survives_a_failed_run() {
    let work = Work::walkthrough();
    work.simulate("compare", &[]);
    let before = work.files("out");
    work.replace(SCENARIO, "\"units\": 1", "\"units\": 0");
    let done = work.call(&["compare", "scenario.json", "--no-charts", "--out", "out"]);
    assert_eq!(done.code, 2);
    assert!(before == work.files("out"));
}

#[test]
fn a_folder_that_cannot_be_written_is_unusable() {
    let work = Work::walkthrough();
    work.write("out", "a file in the way");
    let done = work.call(&["run", "scenario.json", "--no-charts", "--out", "out"]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("out"), "{}", done.err);
    assert_eq!(work.read("out"), "a file in the way");
}

/// The walkthrough's files with a piece cut out of one and another piece put in.
fn damaged() -> impl Strategy<Value = (usize, usize, usize, String)> {
    let piece = prop_oneof![
        Just(String::new()),
        "[\\[\\]{}<>\"'@()/,:=&|!.0-9a-z -]{1,12}",
        prop::sample::select(vec![
            "\"",
            "<!--",
            "<![CDATA[",
            "@(",
            "@{",
            "&amp;",
            "&#x;",
            "\u{feff}",
            "1e999",
            "-0",
            "\\u0000",
            "99999999999999999999",
            "null",
            "{}",
            "[]",
            "<retry>",
            "é",
            "context.Response",
            "((((((((",
            "PT",
        ])
        .prop_map(str::to_owned),
    ];
    (0usize..3, any::<usize>(), 0usize..40, piece)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    /// Whatever stands in the files, loading ends with a scenario or with errors that have places.
    #[test]
    fn damaged_files_never_panic(damage in prop::collection::vec(damaged(), 1..4)) {
        let folder = crate::support::root().join("scenarios/walkthrough");
        let names = [SCENARIO, POLICY, RESOURCES];
        let mut texts = names.map(|name| std::fs::read_to_string(folder.join(name)).unwrap());
        for (file, at, length, piece) in damage {
            let text = &mut texts[file];
            let mut start = at % (text.len() + 1);
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            let mut end = (start + length).min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.replace_range(start..end, &piece);
        }
        let mut files = MemoryFiles::default();
        for (name, text) in names.iter().zip(texts) {
            files = files.with(*name, text.into_bytes());
        }
        let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
        let loaded = load_scenario(SCENARIO, &files, &Overrides::default(), &mut sources, &mut diagnostics);
        prop_assert_eq!(loaded.is_none(), diagnostics.has_errors());
        let shown = poolproof::diagnostics::render_human(&diagnostics, &sources, false);
        prop_assert_eq!(shown.is_empty(), diagnostics.is_empty());
    }
}
