//! Files of recorded calls, good and bad.

use proptest::prelude::*;

use super::{CallRules, RecordedCalls, read_calls};
use crate::backend::{LeakyBucket, PtuSpec, TokenCost};
use crate::diagnostics::{Diagnostics, SourceMap};
use crate::semantics::Semantics;
use crate::units::{Duration, Ptu, Tokens};

fn read_with(text: &str, rules: CallRules<'_>) -> Result<RecordedCalls, Vec<(&'static str, u32, u32)>> {
    let mut sources = SourceMap::new();
    let source = sources.add("calls", text);
    let mut diagnostics = Diagnostics::new();
    let calls = read_calls(source, text, rules, Duration::from_secs(60), &mut diagnostics);
    let problems = diagnostics.sorted().into_iter().map(|d| {
        let at = sources.position(d.span.expect("a place"));
        (d.code, at.line, at.column)
    });
    calls.ok_or_else(|| problems.collect())
}

fn read(text: &str) -> Result<RecordedCalls, Vec<(&'static str, u32, u32)>> {
    read_with(text, CallRules::Standard(&TokenCost::GPT_4))
}

/// Milliseconds since the first call, and cost.
fn calls(text: &str) -> Vec<(u64, u64)> {
    let calls = read(text).expect("no problems");
    let first = calls[0].call.at;
    calls.iter().map(|c| (c.call.at.since(first).as_millis_ceil(), c.call.cost.get())).collect()
}

#[test]
fn the_three_ways_to_tell_the_time() {
    for text in [
        "time_s,cost\n0,5\n1.25,6\n",
        "cost,Time_ms\r\n5,0\r\n\r\n6,1250\r\n",
        "\u{feff}time,cost\n2024-08-01T12:00:59.5Z,5\n2024-08-01 12:01:00.75,6",
        "timestamp,cost\n2024-08-01T14:00:59.5+02:00,5\n2024-08-01T12:01:00.75Z,6",
        "time,cost\n\"1722513600\",5\n1722513601.25,\"6\"\n",
        "[{\"time_s\": 0, \"cost\": 5}, {\"time_s\": 1.25, \"cost\": 6, \"note\": \"x\"}]",
        "// twice\n{\"calls\": [{\"timeMs\": \"0\", \"cost\": 5}, {\"timeMs\": 1.25e3, \"cost\": 6.0}]}",
    ] {
        assert_eq!(calls(text), [(0, 5), (1_250, 6)], "{text}");
    }
}

#[test]
fn costs_follow_from_prompts_as_measured() {
    // Each of the published prompts with its cost on gpt-4.
    let text = "time_s,prompt_chars,prompt_messages,prompt_tokens,max_tokens\n\
        0,28,,,\n1,233,,,\n2,,59;16;673;233,,\n3,28,,,2000\n4,,,7,\n";
    assert_eq!(calls(text), [(0, 648), (1_000, 699), (2_000, 888), (3_000, 2_008), (4_000, 648)]);
    let json = "[{\"t\": 0, \"messages\": [59, 16, 673, 233]},
        {\"t\": 0, \"messages\": [{\"role\": \"user\", \"content\": \"What is Azure OpenAI now?? ?\"}]},
        {\"t\": 0, \"messages\": [\"What is Azure OpenAI now?? ?\"], \"best_of\": 2}]";
    assert_eq!(calls(json).iter().map(|c| c.1).collect::<Vec<_>>(), [888, 648, 1_296]);
    let gpt_35 = read_with("t\n0\n", CallRules::Standard(&TokenCost::GPT_35)).unwrap();
    assert_eq!(gpt_35[0].call.cost, Tokens(16));
}

#[test]
fn units_weigh_prompt_and_answer() {
    let spec = PtuSpec {
        ptu: Ptu(50),
        input_tpm_per_ptu: 2_500,
        output_weight: 4,
        bucket_depth: Some(Duration::from_secs(60)),
        default_completion_tokens: Tokens(1_000),
    };
    let bucket = LeakyBucket::new(&spec, &Semantics::default());
    let text = "time_s,prompt_tokens,cached_tokens,max_tokens,completion_tokens,completed_s\n\
        0,1000,,500,200,3\n1,1000,400,,,\n";
    let calls = read_with(text, CallRules::Provisioned(&bucket)).unwrap();
    assert_eq!((calls[0].call.cost, calls[1].call.cost), (Tokens(3_000), Tokens(4_600)));
    let (ended, actual) = calls[0].call.end.unwrap();
    assert_eq!((ended.as_nanos(), actual), (3_000_000_000, Tokens(1_800)));
}

#[test]
fn rows_before_the_recording_keep_their_place_in_the_minute() {
    let calls = read("time_s,cost\n-61,1\n-0.5,2\n0,3\n").unwrap();
    let at: Vec<_> = calls.iter().map(|c| c.call.at.as_nanos()).collect();
    assert_eq!(at, [59_000_000_000, 119_500_000_000, 120_000_000_000]);
    assert_eq!(calls.iter().map(|c| c.call.carried_in).collect::<Vec<_>>(), [Some(1), Some(1), None]);
    assert_eq!(calls.iter().map(|c| c.time_s).collect::<Vec<_>>(), [-61.0, -0.5, 0.0]);
    // Timestamps: 12:00:59.5 is half a second before a full minute.
    let calls = read("time,cost\n2024-08-01T12:00:59.5Z,1\n").unwrap();
    assert_eq!(calls[0].call.at.as_nanos(), 59_500_000_000);
}

#[test]
fn bad_files_are_told_with_their_place() {
    for (text, code, line, column) in [
        ("", "calls-empty", 1, 1),
        (" \n", "calls-empty", 1, 1),
        ("time_s,cost\n", "calls-empty", 2, 1),
        ("[]", "calls-empty", 1, 1),
        ("{\"calls\": 5}", "wrong-type", 1, 11),
        ("[1]", "wrong-type", 1, 2),
        ("time_s,cots\n0,1\n", "unknown-column", 1, 8),
        ("[{\"time_s\": 0, \"cots\": 1}]", "unknown-column", 1, 16),
        ("time_s,t,cost\n0,0,1\n", "duplicate-name", 1, 8),
        ("time_s,cost\n1,1\n0,1\n", "calls-order", 3, 1),
        ("time_s,cost\n0,-1\n", "calls-value", 2, 3),
        ("time_s,cost\n0,1\n1,NaN\n", "calls-value", 3, 3),
        ("time_s,cost\ninf,1\n", "calls-value", 2, 1),
        ("time_s,cost\n1e30,1\n", "calls-value", 2, 1),
        ("time_s,cost\n0,99999999999999999999\n", "calls-value", 2, 3),
        ("time_s,cost\n0,1.5\n", "calls-value", 2, 3),
        ("time_s,cost\nsoon,1\n", "calls-value", 2, 1),
        ("time,cost\n2024-02-30T00:00:00Z,1\n", "calls-value", 2, 1),
        ("time,cost\n0,1\n2024-02-20T00:00:00Z,1\n", "calls-time", 3, 1),
        ("time_s,time_ms,cost\n0,0,1\n", "calls-value", 2, 3),
        ("time_s,cost\n,1\n", "calls-no-time", 2, 1),
        ("time_s,max_tokens\n0,5\n", "calls-no-cost", 2, 1),
        ("time_s,cost\n0,1,2\n", "calls-columns", 2, 1),
        ("time_s,cost\n0,\"1\n", "csv-syntax", 2, 3),
        ("time_s,cost,completed_s\n0,1,5\n", "calls-value", 2, 5),
        ("time_s,cost,completed_s,actual_tokens\n2,1,1,1\n", "calls-order", 2, 5),
        ("time_s,prompt_messages\n0,5;x\n", "calls-value", 2, 3),
        ("time_s,prompt_chars,prompt_messages\n0,5,5\n", "calls-value", 2, 5),
        ("[{\"time_s\": 0, \"cost\": [1]}]", "calls-value", 1, 24),
        ("[{\"time_s\": 0, \"cost\": 1}", "json-syntax", 1, 1),
    ] {
        let problems = read(text).expect_err(text);
        assert_eq!(problems.first(), Some(&(code, line, column)), "{text}: {problems:?}");
    }
    // One that reaches too far back is told, not wrapped.
    let far = "time_s,cost\n-18446744073,1\n18446744073,1\n";
    assert_eq!(read(far).expect_err("too far")[0].0, "calls-span");
}

#[test]
fn all_problems_are_told_and_many_of_them_counted() {
    let problems = read("time_s,cost\nx,y\n").expect_err("two problems");
    assert_eq!(problems, [("calls-value", 2, 1), ("calls-value", 2, 3)]);
    let many = format!("time_s,cost\n{}", "0,-1\n".repeat(1_000));
    let problems = read(&many).expect_err("a thousand problems");
    assert_eq!((problems.len(), problems[50]), (51, ("calls-more", 1_001, 3)));
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "(time_s|time|cost|,|\n|\"|-?[0-9]{1,25}|[.eE;{}\\[\\]: ]){0,40}|.{0,60}") {
        let _ = read(&text);
    }

    #[test]
    fn csv_and_json_say_the_same(rows in prop::collection::vec((0_u32..100_000, any::<u32>()), 1..20)) {
        let mut ms = 0_u64;
        let (mut csv, mut json) = ("time_ms,cost\n".to_owned(), Vec::new());
        for (gap, cost) in rows {
            ms += u64::from(gap);
            csv += &format!("{ms},{cost}\n");
            json.push(serde_json::json!({ "time_ms": ms, "cost": cost }));
        }
        prop_assert_eq!(read(&csv), read(&serde_json::Value::Array(json).to_string()));
    }
}
