//! Traces of each form, good and bad.

use proptest::prelude::*;

use crate::diagnostics::{Diagnostics, Severity, SourceId, SourceMap};
use crate::units::{Duration, Timestamp, Tokens};

use super::problems::MOST_PROBLEMS;
use super::*;

/// The trace, and each diagnostic as `line:column code [marked text] message`.
fn parse(text: &str) -> (Option<Trace>, Vec<String>) {
    let mut sources = SourceMap::new();
    let id = sources.add("trace.csv", text);
    let mut diagnostics = Diagnostics::new();
    let trace = Trace::parse(text.as_bytes(), id, &mut diagnostics);
    let shown = diagnostics
        .sorted()
        .into_iter()
        .map(|d| {
            let span = d.span.unwrap();
            let at = sources.position(span);
            format!("{}:{} {} [{}] {}", at.line, at.column, d.code, sources.slice(span), d.message)
        })
        .collect();
    (trace, shown)
}

fn row(at: u64, prompt: u64, completion: u64) -> TraceRow {
    TraceRow {
        at: Timestamp::from_nanos(at),
        prompt_tokens: Tokens(prompt),
        completion_tokens: Tokens(completion),
        ..TraceRow::default()
    }
}

#[test]
fn reads_the_published_form() {
    let (trace, problems) = parse(
        "TIMESTAMP,ContextTokens,GeneratedTokens\r\n\
         2023-11-16 18:15:46.6805900,374,44\r\n\
         2023-11-16 18:15:50.9951690,396,109\r\n",
    );
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(trace.unwrap().rows, [row(0, 374, 44), row(4_314_579_000, 396, 109)]);
}

#[test]
fn columns_go_by_name_and_rows_may_be_quoted() {
    let (trace, problems) = parse(
        "\u{feff}Model, generatedtokens ,\"TIMESTAMP\",ContextTokens\n\n\
         \"a, b\",5,2024-02-29T00:00:00Z,7\n\
         x,\"6\",2024-02-29 00:00:00.000000001+00:00, 8",
    );
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(trace.unwrap().rows, [row(0, 7, 5), row(1, 8, 6)]);
}

#[test]
fn rows_without_a_prompt_are_counted() {
    let (trace, problems) = parse(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n\
         2023-11-16 00:00:00,0,44\n\
         2023-11-16 00:00:01,3,0\n\
         2023-11-16 00:00:02,0,1\n",
    );
    let trace = trace.unwrap();
    assert_eq!((trace.dropped.without_prompt, trace.rows), (2, vec![row(0, 3, 0)]));
    assert_eq!(problems, ["2:21 trace-dropped-rows [0] 2 rows of the trace left out"]);
}

#[test]
fn every_bad_row_is_reported_at_its_place() {
    let (trace, problems) = parse(
        "TIMESTAMP,ContextTokens,GeneratedTokens\r\n\
         2023-11-16 00:00:05,12x,44\r\n\
         \r\n\
         2023-11-31 00:00:00,+1,-4\r\n\
         2023-11-16 00:00:06,1,1\r\n\
         2023-11-16 00:00:05,1,1\r\n\
         2023-11-16 00:00:07,1\r\n\
         \"2023\",1,99999999999999999999\r\n",
    );
    assert_eq!(trace, None);
    assert_eq!(
        problems,
        [
            "2:21 trace-tokens [12x] `12x` is not a token count",
            "4:1 trace-time [2023-11-31 00:00:00] `2023-11-31 00:00:00` is not a time",
            "4:21 trace-tokens [+1] `+1` is not a token count",
            "4:24 trace-tokens [-4] `-4` is not a token count",
            "6:1 trace-order [2023-11-16 00:00:05] `2023-11-16 00:00:05` is earlier than the row before",
            "7:22 trace-tokens [] the row ends after 2 of its columns",
            "8:1 trace-time [\"2023\"] `2023` is not a time",
            "8:10 trace-tokens [99999999999999999999] `99999999999999999999` is not a token count",
        ]
    );
}

#[test]
fn a_stray_quote_does_not_swallow_rows_silently() {
    let (trace, problems) = parse(
        "TIMESTAMP,ContextTokens,GeneratedTokens,Model\n\
         2023-11-16 00:00:00,1,1,\"gpt\n\
         2023-11-16 00:00:01,1,1,gpt\n",
    );
    assert_eq!(trace, None);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("2:25 trace-row [\"gpt] "), "{problems:?}");
}

#[test]
fn the_header_must_name_the_columns_once() {
    assert_eq!(
        parse("TIMESTAMP,Context,TIMESTAMP\n").1,
        [
            "1:1 trace-missing-column [TIMESTAMP,Context,TIMESTAMP] the trace has no column `ContextTokens`",
            "1:1 trace-missing-column [TIMESTAMP,Context,TIMESTAMP] the trace has no column `GeneratedTokens`",
            "1:19 trace-duplicate-column [TIMESTAMP] `TIMESTAMP` names a column twice",
        ]
    );
}

#[test]
fn an_empty_trace_is_an_error() {
    assert_eq!(parse("").1, ["1:1 trace-empty [] the trace is empty"]);
    assert_eq!(parse("\r\n\n").1.len(), 1);
    let header = "TIMESTAMP,ContextTokens,GeneratedTokens\n";
    assert_eq!(parse(header).1, ["2:1 trace-empty [] the trace has no rows"]);
    let (trace, problems) = parse(&format!("{header}2023-11-16 00:00:00,0,44\n"));
    assert_eq!(trace, None);
    assert_eq!(problems, ["3:1 trace-empty [] the trace has no rows with prompt tokens"]);
}

#[test]
fn times_too_far_apart_are_refused() {
    let (trace, problems) = parse(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n\
         0001-01-01 00:00:00,1,1\n9999-12-31 00:00:00,1,1\n",
    );
    assert_eq!(trace, None);
    assert!(problems[0].starts_with("3:1 trace-span"), "{problems:?}");
}

#[test]
fn problems_are_capped() {
    let mut text = "TIMESTAMP,ContextTokens,GeneratedTokens\n".to_owned();
    for _ in 0..60 {
        text.push_str("now,1,many\n");
    }
    let (_, problems) = parse(&text);
    assert_eq!(problems.len(), MOST_PROBLEMS + 1);
    assert!(problems[MOST_PROBLEMS].ends_with("and 70 more problems in this trace"), "{problems:?}");
}

#[test]
fn burstgpt_goes_by_name_and_drops_failed_calls() {
    // The columns of the third part stand between those of the first.
    let (trace, problems) = parse(
        "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n\
         5,,1.5,ChatGPT,472,18,490,Conversation log\n\
         45.25,7,3,GPT-4,1087,0,1087,API log\n\
         46,7,3,GPT-4,0,0,0,API log\n\
         118,7,3,GPT-4,417,276,693,API log\n",
    );
    let trace = trace.unwrap();
    assert_eq!(trace.format, TraceFormat::BurstGpt);
    assert_eq!(trace.rows, [row(0, 472, 18), row(113_000_000_000, 417, 276)]);
    assert_eq!(trace.dropped, Dropped { without_prompt: 1, failed: 1 });
    assert_eq!(
        problems,
        [
            "3:22 trace-dropped-rows [0] 1 row of the trace left out",
            "4:14 trace-dropped-rows [0] 1 row of the trace left out",
        ]
    );
}

#[test]
fn images_are_read_where_there_are_any() {
    let (trace, problems) = parse(
        "TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n\
         2024-10-15 00:00:00.5+00:00,2,900,10\n2024-10-15T00:00:01Z,0,9,1\n",
    );
    assert_eq!(problems, Vec::<String>::new());
    let images: Vec<u32> = trace.unwrap().rows.iter().map(|row| row.images).collect();
    assert_eq!(images, [2, 0]);
    let (_, problems) =
        parse("TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2024-10-15 00:00:00,x,1,1\n");
    assert_eq!(problems, ["2:21 trace-images [x] `x` is not a number of images"]);
}

#[test]
fn mooncake_lines_are_read_and_ticks_found() {
    let line = |at: u64, prompt: u64| {
        format!(
            "{{\"timestamp\": {at}, \"input_length\": {prompt}, \"output_length\": 5, \"hash_ids\": [0, 1]}}\n"
        )
    };
    let times = [0, 0, 0, 3_000, 3_000, 3_000, 6_001, 6_001];
    let text: String = times.iter().map(|at| line(*at, 7)).collect();
    let (trace, problems) = parse(&text);
    assert_eq!(problems, Vec::<String>::new());
    let trace = trace.unwrap();
    assert_eq!((trace.format, trace.rows.len()), (TraceFormat::Mooncake, 8));
    assert_eq!(trace.rows[7], row(6_001_000_000, 7, 5));
    assert_eq!(trace.tick, Some(Duration::from_millis(3_001)), "the upper median of 3,000 and 3,001");
    let (trace, problems) = parse(&(line(10, 7) + "\n" + &line(12, 0) + &line(15, 3)));
    let trace = trace.unwrap();
    assert_eq!((trace.rows, trace.tick), (vec![row(0, 7, 5), row(5_000_000, 3, 5)], None));
    assert_eq!(problems, ["3:19 trace-dropped-rows [\"input_length\"] 1 row of the trace left out"]);
}

#[test]
fn bad_lines_are_told_at_their_place() {
    let (trace, problems) = parse(
        "{\"timestamp\": 5, \"input_length\": 1, \"output_length\": 1}\n\
         {\"timestamp\": 4, \"input_length\": -1, \"output_length\": 1}\n\
         {\"timestamp\": 4, \"input_length\": 1}\n\
         {\"timestamp\": 4, \"input_length\": 1, \"output_length\": 1}\n\
         {\"timestamp\": 4, \"input_length\n\
         timestamp,input_length\n",
    );
    assert_eq!(trace, None);
    assert_eq!(
        problems,
        [
            "2:18 trace-value [\"input_length\"] the value of `input_length` is out of range",
            "3:1 trace-missing-column [{\"timestamp\": 4, \"input_length\": 1}] the line has no `output_length`",
            "4:2 trace-order [\"timestamp\"] `4` is earlier than the row before",
            "5:31 trace-json [] the line is not a JSON object of a request",
            "6:2 trace-json [] the line is not a JSON object of a request",
        ]
    );
}

#[test]
fn a_changed_header_in_the_middle_is_an_error() {
    let (trace, problems) = parse(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n\
         2023-11-16 00:00:00,1,1\n\
         TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n\
         2023-11-16 00:00:01,1,1,1\n",
    );
    assert_eq!(trace, None);
    assert_eq!(
        problems,
        [
            "3:1 trace-header [TIMESTAMP,NumImages,ContextTokens,GeneratedTokens] \
             a second header in the middle of the trace",
            "4:25 trace-row [1] `1` has no column in the header",
        ]
    );
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut diagnostics = Diagnostics::new();
        let trace = Trace::parse(&bytes, SourceId(0), &mut diagnostics);
        prop_assert_eq!(trace.is_none(), diagnostics.has_errors());
    }

    #[test]
    fn anything_like_a_trace_is_survived(
        rows in prop::collection::vec("(20(23|24)-0[1-3]-(01|29) 00:00:0[0-9](\\.[0-9]{0,8})?|x|\"|)(,[0-9\"\r\n]{0,3}){0,4}", 0..20),
    ) {
        let text = format!("TIMESTAMP,ContextTokens,GeneratedTokens\n{}", rows.join("\n"));
        let mut diagnostics = Diagnostics::new();
        let trace = Trace::parse(text.as_bytes(), SourceId(0), &mut diagnostics);
        prop_assert_eq!(trace.is_none(), diagnostics.has_errors());
        for problem in diagnostics.sorted() {
            let span = problem.span.unwrap();
            prop_assert!(span.start <= span.end && span.end as usize <= text.len());
            prop_assert!(problem.severity == Severity::Error || trace.is_some());
        }
    }

    #[test]
    fn anything_like_lines_is_survived(
        lines in prop::collection::vec("\\{(\"(timestamp|input_length|output_length)\": ?(-?[0-9]{0,22}(\\.[0-9])?|null|\"x\"),? ?){0,4}\\}?", 0..20),
    ) {
        let text = format!("{{{}", lines.join("\n"));
        let mut diagnostics = Diagnostics::new();
        let trace = Trace::parse(text.as_bytes(), SourceId(0), &mut diagnostics);
        prop_assert_eq!(trace.is_none(), diagnostics.has_errors());
        for problem in diagnostics.sorted() {
            let span = problem.span.unwrap();
            prop_assert!(span.start <= span.end && span.end as usize <= text.len());
        }
    }
}
