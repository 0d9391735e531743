//! Logs in every form, joined, and in every way of being broken.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::diagnostics::{Diagnostics, SourceMap};

fn fixture(name: &str) -> (String, Vec<u8>) {
    (
        name.to_owned(),
        fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/logs").join(name)).unwrap(),
    )
}

/// The joined log, and the problems as `place: message`.
fn import(files: &[(String, Vec<u8>)], rules: ImportRules) -> (Option<JoinedLog>, Vec<String>) {
    let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
    let read: Vec<LogFile> = files
        .iter()
        .filter_map(|(name, bytes)| read_log(name, bytes, &mut sources, &mut diagnostics))
        .collect();
    let joined = if diagnostics.has_errors() { None } else { join_logs(read, rules, &mut diagnostics) };
    let told = diagnostics
        .sorted()
        .into_iter()
        .map(|problem| match problem.span {
            Some(span) => {
                let at = sources.position(span);
                format!("{}:{}:{}: {}", sources.name(span.source), at.line, at.column, problem.message)
            }
            None => problem.message.clone(),
        })
        .collect();
    (joined, told)
}

/// Times of our fixtures are those of the ends of requests.
const AT_END: TimeMeaning = TimeMeaning::End;

fn joined(names: &[&str], rules: ImportRules) -> JoinedLog {
    let files: Vec<_> = names.iter().map(|name| fixture(name)).collect();
    let (log, told) = import(&files, rules);
    assert_eq!(told, Vec::<String>::new());
    log.unwrap()
}

fn csv(log: &JoinedLog) -> String {
    String::from_utf8(log.to_csv().unwrap()).unwrap()
}

#[test]
fn both_tables_of_the_gateway_are_joined_by_the_correlation_id() {
    let log = joined(&["gateway.csv", "llm.csv"], ImportRules { time: AT_END, ..ImportRules::default() });
    // Ends less total times; chunks of one message; the rest of a sum; the lower median of 50 and 100.
    let rows: Vec<_> = log
        .requests
        .iter()
        .map(|r| (r.arrival_ns / 1_000_000 % 60_000, &*r.id, r.prompt_tokens, r.completion_tokens, r.stream))
        .collect();
    let expected =
        [(2_500, "r1", 100, 20, Some(true)), (7_000, "r2", 50, 30, Some(false)), (7_970, "r3", 50, 20, None)];
    assert_eq!(rows, expected);
    let [first, second, third] = &log.requests[..] else { panic!("three requests") };
    assert_eq!(
        (first.backend.as_deref(), first.host.as_deref()),
        (Some("openai-east"), Some("east.openai.azure.com"))
    );
    assert_eq!((second.status, third.status, third.is_assumed), (Some(200), Some(429), true));
    for (what, expected) in [
        ("requests_with_a_model_call", 2),
        ("model_calls_without_a_request", 1),
        ("further_rows_of_one_model_call", 1),
        ("rows_out_of_order", 2),
        ("rows_without_id", 1),
        ("rows_of_a_request_that_was_there_already", 1),
        ("answered_without_tokens", 1),
        ("refused_for_what_they_asked", 1),
        ("without_tokens_on_another_api", 1),
    ] {
        assert_eq!(log.report.count(what), expected, "{what}");
    }
    assert_eq!((log.report.read, log.report.kept), (8, 3));
}

#[test]
fn every_form_says_the_same() {
    let expected = csv(&joined(&["gateway.csv", "llm.csv"], ImportRules::default()));
    for form in ["json", "jsonl", "query.json"] {
        let log = joined(&[&format!("gateway.{form}"), &format!("llm.{form}")], ImportRules::default());
        assert_eq!(csv(&log), expected, "{form}");
    }
    // Whichever file is named first.
    assert_eq!(csv(&joined(&["llm.json", "gateway.jsonl"], ImportRules::default())), expected);
}

#[test]
fn a_log_that_was_joined_before_is_the_same_again() {
    let log = joined(&["gateway.csv", "llm.csv"], ImportRules::default());
    let text = csv(&log);
    let (again, told) = import(&[("log.csv".to_owned(), text.clone().into_bytes())], ImportRules::default());
    let again = again.unwrap();
    assert_eq!((csv(&again), told), (text, vec![]));
    // Tokens that were assumed then are not known now.
    let assumed = again.report.assumed.iter().find(|assumed| assumed.missing.contains("tokens"));
    assert_eq!(assumed.map(|assumed| assumed.requests), Some(1));
}

#[test]
fn a_table_that_a_query_joined_is_enough() {
    let text = "TimeGenerated,CorrelationId,TotalTime,ResponseCode,PromptTokens,CompletionTokens,CorrelationId1\n\
                2026-03-02T10:00:01Z,a,500,200,,,a\n2026-03-02T10:00:01Z,a,500,200,70,9,a\n";
    let (log, told) = import(&[("x.csv".to_owned(), text.into())], ImportRules::default());
    let log = log.unwrap();
    assert_eq!((told, log.requests.len(), log.requests[0].prompt_tokens), (vec![], 1, 70));
}

#[test]
fn requests_without_tokens_are_left_out_or_given_the_median_as_asked() {
    let ids = |tokens| -> Vec<String> {
        let rules = ImportRules { tokens, time: AT_END };
        let log = joined(&["gateway.csv", "llm.csv"], rules);
        log.requests.iter().map(|request| request.id.to_string()).collect()
    };
    assert_eq!(ids(MissingTokens::Failed), ["r1", "r2", "r3"]);
    assert_eq!(ids(MissingTokens::Drop), ["r1", "r2"]);
    assert_eq!(ids(MissingTokens::Median), ["r1", "r2", "r3", "r4", "r5", "r6"]);
}

#[test]
fn the_time_of_a_row_is_read_as_asked_or_as_application_insights_has_it() {
    let first = |names: &[&str], time| {
        let log = joined(names, ImportRules { time, ..ImportRules::default() });
        log.requests[0].arrival_ns / 1_000_000 % 60_000
    };
    let both = &["gateway.csv", "llm.csv"];
    assert_eq!(first(both, TimeMeaning::Auto), 4_000);
    assert_eq!(first(both, TimeMeaning::End), 2_500);
    assert_eq!(first(both, TimeMeaning::Start), 4_000);
    let with = &["gateway.csv", "llm.csv", "requests.json"];
    assert_eq!(first(with, TimeMeaning::Auto), 2_500);
    // The same requests, had Application Insights seen them begin when the gateway's rows say.
    let (name, bytes) = fixture("requests.json");
    let text = String::from_utf8(bytes).unwrap();
    let moved = text.replace("13:15:02.499", "13:15:04.0").replace("13:15:06.999", "13:15:09.0");
    let files = [fixture("gateway.csv"), fixture("llm.csv"), (name, moved.into_bytes())];
    let log = import(&files, ImportRules::default()).0.unwrap();
    assert_eq!(log.requests[0].arrival_ns / 1_000_000 % 60_000, 4_000);
}

#[test]
fn dependencies_tell_every_attempt() {
    let names = ["gateway.csv", "llm.csv", "requests.json", "dependencies.csv"];
    let log = joined(&names, ImportRules::default());
    let attempts: Vec<_> = log.requests.iter().map(|request| request.attempts).collect();
    assert_eq!(attempts, [Some(1), Some(2), Some(1)]);
    assert_eq!(log.report.count("calls_of_backends_without_a_request"), 1);
}

#[test]
fn application_insights_alone_is_enough() {
    let log = joined(&["requests.json", "llm.csv", "dependencies.csv"], ImportRules::default());
    let rows: Vec<_> = log
        .requests
        .iter()
        .map(|r| (&*r.id, r.arrival_ns / 1_000_000 % 60_000, r.host.as_deref(), r.backend_status))
        .collect();
    let (east, west) = (Some("east.openai.azure.com"), Some("west.openai.azure.com"));
    assert_eq!(
        rows,
        [("r1", 2_499, east, Some(200)), ("r2", 6_999, west, Some(200)), ("r3", 7_969, east, Some(429))]
    );
    let sampled = fixture("requests.json").1;
    let sampled = String::from_utf8(sampled).unwrap().replace("\"itemCount\": 1,", "\"itemCount\": 5,");
    let files = [("requests.json".to_owned(), sampled.into_bytes()), fixture("llm.csv")];
    let log = import(&files, ImportRules::default()).0.unwrap();
    assert!(log.report.assumed.iter().any(|assumed| assumed.missing.contains("sampling")));
}

#[test]
fn what_is_missing_is_named_with_what_is_assumed() {
    let text = "TimeGenerated,CorrelationId,IsRequestSuccess,PromptTokens\n\
                2026-03-02T10:00:01Z,a,true,70\n";
    let text = text.replace("IsRequestSuccess", "IsRequestSuccess,BackendId").replace("true", "true,");
    let (log, told) = import(&[("x.csv".to_owned(), text.into())], ImportRules::default());
    assert_eq!(told, Vec::<String>::new());
    let report = log.unwrap().report;
    let missing: Vec<&str> = report.assumed.iter().map(|assumed| assumed.missing.as_str()).collect();
    for name in [
        "`CompletionTokens`",
        "`TotalTime`",
        "`BackendId`",
        "`BackendTime`",
        "`ResponseCode`",
        "`ApimSubscriptionId`",
    ] {
        assert!(missing.iter().any(|missing| missing.contains(name)), "{name}: {missing:?}");
    }
}

const HEADER: &str = "TimeGenerated,CorrelationId,ResponseCode,TotalTime,PromptTokens,CompletionTokens\n";

#[test]
fn bad_input_is_told_with_its_place() {
    let row = "2026-03-02T10:00:01Z,a,200,500,70,9\n";
    let good = format!("{HEADER}{row}");
    for (text, expected) in [
        (String::new(), "x:1:1: the file is empty"),
        ("\n \n".to_owned(), "x:1:1: the file is empty"),
        (HEADER.to_owned(), "x:2:1: the export of ApiManagementGatewayLogs has no rows"),
        ("[]".to_owned(), "x:1:1: the columns are those of no known table of logs"),
        (
            good.replace("CorrelationId", "Correlation"),
            "x:1:1: the columns are those of no known table of logs",
        ),
        (
            good.replace("TimeGenerated", "Time Written"),
            "x:1:1: the export of ApiManagementGatewayLogs has no column `TimeGenerated`",
        ),
        (good.replace("TotalTime", "CorrelationId"), "x:1:42: column `CorrelationId` is given twice"),
        (format!("{good}{HEADER}{row}"), "x:3:1: a second header in the middle of the log"),
        (good.replace(",500,", ",fast,"), "x:2:28: `fast` in `TotalTime` is not a number"),
        (good.replace(",500,", ",-5,"), "x:2:28: `-5` in `TotalTime` is no time that a request takes"),
        (good.replace(",500,", ",NaN,"), "x:2:28: `NaN` in `TotalTime` is not a number"),
        (good.replace(",70,", ",7.5,"), "x:2:32: `7.5` in `PromptTokens` is not a count"),
        (good.replace(",200,", ",2000,"), "x:2:24: `2000` in `ResponseCode` is not a status"),
        (
            good.replace("10:00:01Z", "25:00:01Z"),
            "x:2:1: `2026-03-02T25:00:01Z` in `TimeGenerated` is not a time",
        ),
        (good.replace("2026-03-02T10:00:01Z,", ","), "x:2:1: the row has no time"),
        (good.replace(",9\n", "\n"), "x:2:1: the row has 5 columns and the header 6"),
        (good.replace(",a,", ",\"a,"), "x:2:22: a quoted value does not end"),
        ("[{\"CorrelationId\": \"a\"".to_owned(), "x:1:2: an object does not end"),
        ("[7]".to_owned(), "x:1:2: a row is the number `7`"),
        (
            "{\"error\": {\"code\": \"x\"}}\n\n".to_owned(),
            "x:1:1: the columns are those of no known table of logs",
        ),
        (
            "{\n\"error\": {\"code\": \"x\"}}".to_owned(),
            "x:2:1: the file is the answer of a query that failed",
        ),
        ("{\"tables\": [{}]}".to_owned(), "x:1:13: a table without columns or rows"),
        ("{\"a\": 1}\n7\n".to_owned(), "x:2:1: a row is the number `7`"),
        ("{\"a\": 1}\n{\"a\": \n".to_owned(), "x:2:6: a name has no value"),
        ("[{\"TotalTime\": [1]}]".to_owned(), "x:1:16: `TotalTime` is a list"),
        (
            "{\"tables\":[{\"columns\":[{\"name\":\"TimeGenerated\"}],\"rows\":[[1,2]]}]}".to_owned(),
            "x:1:58: the row has 2 columns and the header 1",
        ),
    ] {
        let (log, told) = import(&[("x".to_owned(), text.clone().into_bytes())], ImportRules::default());
        assert!(log.is_none(), "{text}");
        assert_eq!(told.first().map(String::as_str), Some(expected), "{text}: {told:?}");
    }
    let many = format!("{HEADER}{}", row.replace(",500,", ",x,").repeat(1_000));
    let told = import(&[("x".to_owned(), many.into_bytes())], ImportRules::default()).1;
    assert!((50..=52).contains(&told.len()), "{}", told.len());
    let wide: Vec<u8> =
        std::iter::once(0xfeff_u16).chain(good.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let told = import(&[("x".to_owned(), wide)], ImportRules::default()).1;
    assert_eq!(told, ["x:1:1: the file is UTF-16 text"]);
}

#[test]
fn files_that_make_no_log_together_are_refused() {
    let log = csv(&joined(&["gateway.csv", "llm.csv"], ImportRules::default())).into_bytes();
    for (files, expected) in [
        (vec![fixture("llm.csv")], "there are no requests"),
        (vec![fixture("gateway.csv")], "no request of the log has a known number of tokens"),
        (
            vec![("log.csv".to_owned(), log), fixture("llm.csv")],
            "a joined log cannot be joined with exports again",
        ),
    ] {
        let (log, told) = import(&files, ImportRules::default());
        assert!(log.is_none() && told.len() == 1 && told[0].contains(expected), "{told:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = import(&[("x".to_owned(), bytes)], ImportRules::default());
    }

    #[test]
    fn any_rows_are_survived(cells in prop::collection::vec("[ -~]{0,12}", 6..24)) {
        let rows: Vec<String> = cells.chunks(6).map(|row| row.join(",")).collect();
        let text = format!("{HEADER}{}\n", rows.join("\n"));
        let _ = import(&[("x".to_owned(), text.into_bytes())], ImportRules::default());
    }

    #[test]
    fn damaged_exports_are_survived(at in 0_usize..1_500, byte in any::<u8>()) {
        for name in ["gateway.csv", "gateway.query.json", "llm.jsonl", "requests.json"] {
            let (name, mut bytes) = fixture(name);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            let _ = import(&[(name, bytes)], ImportRules::default());
        }
    }
}
