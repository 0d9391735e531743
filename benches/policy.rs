//! Reading policies and evaluating their conditions, each beside the least that could do it, in one run.
//!
//! - Reading: a policy document of 300 lines from text to program, beside the bare events of an XML reader
//!   over a document of the same size that is strict XML.
//! - Conditions: the retry condition of the walkthrough, beside the same test written in Rust; a header put
//!   together of a constant and a variable, beside the same `format!`; a loop over a JSON array as routing
//!   policies have it.
//!
//! Rounds are interleaved; medians and ratios are what counts. `cargo bench -p poolproof-benches --bench policy`;
//! `-- --quick` for fewer rounds; `-- --count` reads once and evaluates 10,000 conditions for instruction
//! counters, `-- --count-reads` reads 21 times (what is learnt once, is learnt in the first).

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark may fail loudly")]

use std::fmt::Write as _;
use std::hint::black_box;

use poolproof::diagnostics::{Diagnostics, SourceMap, render_human};
use poolproof::policy::csharp::{Context, Expression, FromValue, Heap, LowestChance, Value, Variables};
use poolproof::policy::scan::RawText;
use poolproof::policy::{Response, Text, load};
use poolproof::units::StatusCode;
use poolproof_benches::{has, median, nanoseconds};

const RETRY: &str = r#"@(context.Response.StatusCode == 429 || (context.Response.StatusCode == 503 && !context.Response.StatusReason.Contains("Backend pool") && !context.Response.StatusReason.Contains("is temporarily unavailable")))"#;
const HEADER: &str = r#"@("Bearer " + (string)context.Variables["token"])"#;
const LOOP: &str = r#"@{
    var list = JArray.Parse((string)context.Variables["backends"]);
    var best = -1;
    for (var i = 0; i < list.Count; i++) {
        var item = (JObject)list[i];
        if (!item.Value<bool>("isThrottling") && (best < 0 || item.Value<int>("priority") < list[best].Value<int>("priority"))) {
            best = i;
        }
    }
    return best;
}"#;
const BACKENDS: &str = r#"[{"url": "https://a.example/", "priority": 2, "isThrottling": false}, {"url": "https://b.example/", "priority": 1, "isThrottling": true}, {"url": "https://c.example/", "priority": 1, "isThrottling": false}]"#;

fn main() {
    let document = document();
    if has("--count-reads") {
        (0..21).for_each(|_| {
            black_box(read(&document));
        });
        return;
    }
    if has("--count") {
        read(&document);
        let mut bench = Conditions::new();
        println!("{}", (0..10_000).map(|_| bench.retry()).sum::<u64>());
        return;
    }
    let (rounds, reads, evaluations) = if has("--quick") { (3, 20, 20_000) } else { (7, 100, 200_000) };
    let strict = strict(document.len());
    let mut bench = Conditions::new();
    let mut rows: [Vec<f64>; 7] = Default::default();
    for _ in 0..rounds {
        rows[0].push(nanoseconds(reads, || read(&document)));
        rows[1].push(nanoseconds(reads, || events(&strict)));
        rows[2].push(nanoseconds(evaluations, || bench.retry()));
        rows[3].push(nanoseconds(evaluations, || bench.retry_in_rust()));
        rows[4].push(nanoseconds(evaluations, || bench.header()));
        rows[5].push(nanoseconds(evaluations, || bench.header_in_rust()));
        rows[6].push(nanoseconds(evaluations / 100, || bench.looped()));
    }
    let [read, events, retry, retry_rust, header, header_rust, looped] = rows.map(median);
    let megabytes = document.len() as f64 / 1e6;
    println!(
        "policy: {} lines from text to program in {:.3} ms (aim: below 2), {:.1} MB/s; bare XML events {:.1} MB/s; ratio {:.3}",
        document.lines().count(),
        read / 1e6,
        megabytes / (read / 1e9),
        strict.len() as f64 / 1e6 / (events / 1e9),
        events / read,
    );
    println!(
        "retry condition: {retry:.1} ns (aim: below 50); the same in Rust {retry_rust:.1} ns; {:.1} times",
        retry / retry_rust
    );
    println!(
        "header of two parts: {header:.1} ns; format! {header_rust:.1} ns; {:.1} times",
        header / header_rust
    );
    println!("JSON array of three parsed and searched: {looped:.0} ns");
}

/// A policy of 300 lines with what routing policies have, in the spelling people use.
fn document() -> String {
    let mut text = String::from("<policies>\n    <inbound>\n        <base />\n");
    for block in 0..16 {
        let _ = write!(
            text,
            r#"        <!-- route {block}: what goes where -- and why -->
        <choose>
            <when condition="@(context.Request.Headers.GetValueOrDefault("x-route-{block}", "none") == "on" && context.Variables.GetValueOrDefault<int>("limit-{block}", 3) < 7)">
                <set-variable name="limit-{block}" value="@(context.Variables.GetValueOrDefault<int>("limit-{block}", 3) + 1)" />
                <set-header name="x-limit" exists-action="override">
                    <value>@($"{block}-{{context.RequestId}}")</value>
                </set-header>
                <set-backend-service backend-id="backend-{block}" />
            </when>
            <otherwise>
                <set-variable name="picked-{block}" value="@{{
                    var list = new JArray() {{ "a", "b", "c" }};
                    return list.Where(item => (string)item != "b").Select(item => (string)item).First();
                }}" />
            </otherwise>
        </choose>
"#
        );
    }
    text.push_str("    </inbound>\n    <backend>\n");
    let _ = write!(
        text,
        "        <retry count=\"3\" interval=\"1\" condition=\"{RETRY}\">\n            <forward-request buffer-request-body=\"true\" />\n        </retry>\n"
    );
    text.push_str("    </backend>\n    <outbound>\n        <base />\n    </outbound>\n");
    text.push_str("    <on-error>\n        <base />\n    </on-error>\n</policies>\n");
    while text.lines().count() < 300 {
        text.push_str("<!-- end -->\n");
    }
    text
}

/// Strict XML of at least `bytes`.
fn strict(bytes: usize) -> String {
    let mut text = String::from("<policies>\n");
    while text.len() < bytes {
        text.push_str("    <set-header name=\"x-limit\" exists-action=\"override\">\n        <value>some plain text of a header value</value>\n    </set-header>\n");
    }
    text.push_str("</policies>\n");
    text
}

fn read(document: &str) -> u64 {
    let mut sources = SourceMap::new();
    let source = sources.add("policy.xml", document);
    let mut diagnostics = Diagnostics::new();
    let program = load(source, document, &mut diagnostics);
    assert!(program.is_some(), "{}", render_human(&diagnostics, &sources, false));
    program.map_or(0, |program| program.ops.len() as u64)
}

fn events(document: &str) -> u64 {
    let mut reader = quick_xml::Reader::from_str(document);
    let mut count = 0;
    while !matches!(reader.read_event().expect("strict XML"), quick_xml::events::Event::Eof) {
        count += 1;
    }
    count
}

struct Conditions {
    context: Context,
    retry: Expression,
    header: Expression,
    looped: Expression,
}

impl Conditions {
    fn new() -> Self {
        let mut variables = Variables::new();
        let mut compile = |text: &str| {
            let mut sources = SourceMap::new();
            let mut diagnostics = Diagnostics::new();
            let raw = RawText::verbatim(sources.add("expression", text), text);
            let found = Expression::compile(&raw, &mut variables, &mut diagnostics);
            found.expect("the expression compiles")
        };
        let (retry, header, looped) = (compile(RETRY), compile(HEADER), compile(LOOP));
        let mut context = Context { names: variables.into_names(), ..Context::default() };
        context.variables.resize(context.names.len(), None);
        context.set("token", Value::Str(Text::from("x".repeat(60))));
        context.set("backends", Value::Str(Text::from(BACKENDS)));
        context.response = StatusCode::new(503).map(Response::plain);
        Self { context, retry, header, looped }
    }

    fn retry(&mut self) -> u64 {
        let mut chance = LowestChance;
        let mut scope = black_box(&mut self.context).scope(&mut chance);
        u64::from(bool::from_expression(&self.retry, &mut scope).expect("it evaluates"))
    }

    fn retry_in_rust(&mut self) -> u64 {
        let response = black_box(self.context.response.as_ref()).expect("there is one");
        let status = response.status.get();
        let reason = response.reason.as_str();
        u64::from(
            status == 429
                || (status == 503
                    && !reason.contains("Backend pool")
                    && !reason.contains("is temporarily unavailable")),
        )
    }

    fn header(&mut self) -> u64 {
        let mut chance = LowestChance;
        let mut scope = black_box(&mut self.context).scope(&mut chance);
        Text::from_expression(&self.header, &mut scope).expect("it evaluates").len() as u64
    }

    fn header_in_rust(&mut self) -> u64 {
        match black_box(&self.context.variables[0]) {
            Some(Value::Str(token)) => black_box(format!("Bearer {token}")).len() as u64,
            _ => 0,
        }
    }

    fn looped(&mut self) -> u64 {
        let mut chance = LowestChance;
        self.context.heap = Heap::default();
        let mut scope = self.context.scope(&mut chance);
        i64::from_expression(&self.looped, &mut scope).expect("it evaluates").unsigned_abs()
    }
}
