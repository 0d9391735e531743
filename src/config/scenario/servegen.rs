//! `traffic` of the kind `servegen`: the client descriptions of ServeGen become a mix of clients.
//!
//! A folder holds, for each client from number 0 on, `chunk-N-trace.csv` (without a header: start of a window in
//! seconds, requests per second, coefficient of variation, family of the gaps, two parameters that follow from
//! these) and `chunk-N-dataset.json` (by start of a window: histograms of the tokens of prompts and answers, each
//! a text such as `{45: 0.01, 46: 0.99}`).
//!
//! Model choices (assumptions that output names)
//! - Sizes are those of the whole slice: windows weighted by the requests that come in them.
//! - A client without sizes is left out, with a warning.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::check::entries;
use super::super::json::{Node, Value};
use super::library::Library;
use super::traffic::{common_max_tokens, read_patience, read_prefixes};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};
use crate::units::Duration;
use crate::workload::{
    ArrivalSpec, ClientSpec, Gaps, ProcessSpec, PromptSpec, Quantiles, Segment, SizeSpec, TokenSpec,
    TrafficSpec,
};

/// Length of a window when there is only one.
const USUAL_WINDOW_S: f64 = 600.0;

/// A window of a client's rates.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    start_s: f64,
    per_second: f64,
    gaps: Gaps,
}

/// Tokens and how often they come, in ascending order.
type Histogram = BTreeMap<u64, f64>;

/// The mix that a checked `traffic` describes; hashes of its files go to `hashes`.
pub(super) fn read_servegen(
    node: &Node,
    library: &mut Library<'_>,
    hashes: &mut Vec<[u8; 32]>,
    diagnostics: &mut Diagnostics,
) -> Option<ArrivalSpec> {
    let folder = node.get("folder")?;
    let chunks = library.chunks(folder, diagnostics)?;
    hashes.push(chunks.hash);
    let chunks = chunks.content?;
    let seconds = |name: &str| node.get(name).and_then(Node::time).map(Duration::as_secs_f64);
    let slice = (seconds("from").unwrap_or(0.0), seconds("to").unwrap_or(f64::INFINITY));
    let scale = node.get("scale").map_or(Some(1.0), Node::number)?;
    let common = Common::read(node, diagnostics)?;
    let mut clients = Vec::new();
    let mut without_sizes = Vec::new();
    for (number, chunk) in chunks.iter().enumerate() {
        let windows = read_windows(chunk.rates.0, &chunk.rates.1, diagnostics);
        let sizes = read_sizes(&chunk.sizes, diagnostics);
        let (Some(windows), Some(sizes)) = (windows, sizes) else { continue };
        let segments = segments(&windows, slice, scale);
        let requests: f64 = segments.iter().map(|s| s.per_second * s.length.as_secs_f64()).sum();
        if requests <= 0.0 {
            continue;
        }
        let name = format!("chunk-{number}");
        let Some((prompt, completion)) = sizes_within(&sizes, &windows, slice) else {
            without_sizes.push(name);
            continue;
        };
        clients.push((requests, common.client(name, segments, prompt, completion)));
    }
    if diagnostics.has_errors() {
        return None;
    }
    if !without_sizes.is_empty() {
        let message = format!("left out for want of sizes: {}", without_sizes.join(", "));
        diagnostics.push(
            Diagnostic::warning("servegen-sizes", folder.mark(), message)
                .label("expected sizes of at least one window of the slice for each client"),
        );
    }
    if let Some(most) = node.get("clients").and_then(Node::integer) {
        // Those that send most, in the order of the files.
        let mut order: Vec<usize> = (0..clients.len()).collect();
        let rate = |at: &usize| clients.get(*at).map_or(0.0, |(requests, _)| *requests);
        order.sort_by(|a, b| rate(b).total_cmp(&rate(a)));
        order.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        let mut at = 0;
        clients.retain(|_| {
            at += 1;
            order.contains(&(at - 1))
        });
    }
    if clients.is_empty() {
        diagnostics.push(
            Diagnostic::error("no-traffic", folder.mark(), "no client sends anything in this slice")
                .label("expected `from` and `to` within the windows of the files"),
        );
        return None;
    }
    Some(ArrivalSpec::Mix(clients.into_iter().map(|(_, client)| client).collect()))
}

/// What all clients have in common.
struct Common {
    traffic: TrafficSpec,
}

impl Common {
    fn read(node: &Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let request = node.get("request");
        let prefixes = match request.and_then(|request| request.get("sharedPrefixes")) {
            Some(node) => Some(read_prefixes(node)?),
            None => None,
        };
        let one = || TokenSpec::Fixed(1);
        let sizes = SizeSpec {
            prompt: PromptSpec::Tokens(one()),
            completion: one(),
            max_tokens: common_max_tokens(node),
            prefixes,
        };
        Some(Self { traffic: read_patience(node, ArrivalSpec::Mix(Arc::default()), sizes, diagnostics)? })
    }

    fn client(
        &self,
        name: String,
        segments: Vec<Segment>,
        prompt: Quantiles,
        completion: Quantiles,
    ) -> ClientSpec {
        let process =
            ProcessSpec::Profile { segments: segments.into(), repeat: false, gaps: Gaps::Exponential };
        let sizes = SizeSpec {
            prompt: PromptSpec::Tokens(TokenSpec::Empirical(prompt)),
            completion: TokenSpec::Empirical(completion),
            ..self.traffic.sizes.clone()
        };
        let arrivals = ArrivalSpec::Process { process, requests: None };
        ClientSpec {
            name: name.into(),
            count: 1,
            stream_share: if self.traffic.stream { 1.0 } else { 0.0 },
            traffic: TrafficSpec { arrivals, sizes, ..self.traffic.clone() },
        }
    }
}

/// The rates within a slice, `scale` times as high, from its beginning on.
fn segments(windows: &[Window], (from, to): (f64, f64), scale: f64) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let ends = ends(windows);
    let mut clock = from;
    for (window, end) in windows.iter().zip(ends) {
        let (start, end) = (window.start_s.max(from), end.min(to));
        if end <= start {
            continue;
        }
        // Nothing comes before the first window, or between two.
        for (length_s, per_second, gaps) in
            [(start - clock, 0.0, None), (end - start, window.per_second * scale, Some(window.gaps))]
        {
            if length_s > 0.0 {
                segments.push(Segment { length: seconds(length_s), per_second, gaps });
            }
        }
        clock = end;
    }
    segments
}

/// When each window ends.
fn ends(windows: &[Window]) -> impl Iterator<Item = f64> {
    let starts: Vec<f64> = windows.iter().map(|window| window.start_s).collect();
    let last = match starts.as_slice() {
        [.., before, last] => last + (last - before),
        [only] => only + USUAL_WINDOW_S,
        [] => 0.0,
    };
    starts.into_iter().skip(1).chain([last])
}

fn seconds(length_s: f64) -> Duration {
    Duration::from_nanos(crate::random::whole(length_s * 1e9))
}

/// Sizes of prompts and answers within a slice; `None` when there are none of either.
fn sizes_within(
    sizes: &[(f64, [Histogram; 2])],
    windows: &[Window],
    (from, to): (f64, f64),
) -> Option<(Quantiles, Quantiles)> {
    let mut sums = [Histogram::new(), Histogram::new()];
    for (at, (start, histograms)) in sizes.iter().enumerate() {
        let end = sizes.get(at + 1).map_or(f64::INFINITY, |(next, _)| *next);
        let own = (start.max(from), end.min(to));
        let requests =
            segments(windows, own, 1.0).iter().map(|s| s.per_second * s.length.as_secs_f64()).sum::<f64>();
        if own.1 <= own.0 || requests <= 0.0 {
            continue;
        }
        for (sum, histogram) in sums.iter_mut().zip(histograms) {
            let all: f64 = histogram.values().sum();
            for (tokens, share) in histogram.iter().filter(|_| all > 0.0) {
                *sum.entry(*tokens).or_default() += share / all * requests;
            }
        }
    }
    let [prompt, completion] = &sums;
    Some((quantiles(prompt)?, quantiles(completion)?))
}

/// The middle of each value's share, and the ends.
fn quantiles(histogram: &Histogram) -> Option<Quantiles> {
    let all: f64 = histogram.values().sum();
    let mut below = 0.0;
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (tokens, weight) in histogram.iter().filter(|(_, weight)| **weight > 0.0) {
        let middle = (below + weight / 2.0) / all;
        below += weight;
        let tokens = *tokens as f64;
        if points.is_empty() {
            points.push((0.0, tokens));
        }
        if points.last().is_some_and(|(share, _)| *share < middle) && middle < 1.0 {
            points.push((middle, tokens));
        }
    }
    let (last, _) = histogram.iter().rfind(|(_, weight)| **weight > 0.0)?;
    points.push((1.0, *last as f64));
    Quantiles::new(&points)
}

/// The windows of `chunk-N-trace.csv`.
fn read_windows(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Option<Vec<Window>> {
    let mut windows: Vec<Window> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let span = Span::new(source, at, at + line.trim_end().len());
        at += line.len();
        if line.trim().is_empty() {
            continue;
        }
        let mut problem = |message: &str, label: &str| {
            diagnostics.push(Diagnostic::error("servegen-window", span, message.to_owned()).label(label));
        };
        let fields: Vec<&str> = line.trim().split(',').map(str::trim).collect();
        let [start, rate, cv, family, ..] = fields.as_slice() else {
            problem(
                "the row has too few columns",
                "expected start, rate, variation, family, shape and scale",
            );
            return None;
        };
        let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        let (Some(start_s), Some(per_second), Some(cv)) = (number(start), number(rate), number(cv)) else {
            problem(
                "the row has a value that is no number",
                "expected numbers from 0 on in the first three columns",
            );
            return None;
        };
        let gaps = match *family {
            "Gamma" => Gaps::Gamma(cv),
            "Weibull" => Gaps::Weibull(cv),
            "" if per_second <= 0.0 => Gaps::Exponential,
            _ => {
                problem(
                    "the gaps are of an unknown family",
                    "expected `Gamma` or `Weibull` in the fourth column",
                );
                return None;
            }
        };
        if windows.last().is_some_and(|before| before.start_s >= start_s) {
            problem("the window begins no later than the one before it", "expected windows in order of time");
            return None;
        }
        windows.push(Window { start_s, per_second, gaps });
    }
    Some(windows)
}

/// The histograms of `chunk-N-dataset.json` by start of their window, in order of time.
fn read_sizes(tree: &Node, diagnostics: &mut Diagnostics) -> Option<Vec<(f64, [Histogram; 2])>> {
    let mut sizes = Vec::new();
    let Value::Object(_) = &tree.value else {
        let problem = Diagnostic::error("servegen-sizes", tree.mark(), "the sizes are no object");
        diagnostics.push(problem.label("expected windows by their start in seconds"));
        return None;
    };
    for member in entries(tree) {
        let Some(start) = member.name.parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0) else {
            let problem = Diagnostic::error("servegen-sizes", member.name_span, "the window has no start");
            diagnostics.push(problem.label("expected its start in seconds"));
            return None;
        };
        let mut both = [Histogram::new(), Histogram::new()];
        for (name, histogram) in ["input_tokens", "output_tokens"].into_iter().zip(&mut both) {
            let Some(node) = member.value.get(name) else { continue };
            let Some(read) = node.text().and_then(read_histogram) else {
                let message = format!("`{name}` is no histogram");
                let problem = Diagnostic::error("servegen-sizes", node.mark(), message);
                diagnostics.push(problem.label("expected a text such as `{45: 0.01, 46: 0.99}`"));
                return None;
            };
            *histogram = read;
        }
        sizes.push((start, both));
    }
    sizes.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    Some(sizes)
}

fn read_histogram(text: &str) -> Option<Histogram> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    if inner.is_empty() {
        return Some(Histogram::new());
    }
    let pair = |pair: &str| {
        let (tokens, share) = pair.split_once(':')?;
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        Some((crate::random::whole(number(tokens)?).clamp(1, MOST_TOKENS), number(share)?))
    };
    let mut histogram = Histogram::new();
    for (tokens, share) in inner.split(',').map(pair).collect::<Option<Vec<_>>>()? {
        *histogram.entry(tokens).or_default() += share;
    }
    Some(histogram)
}

/// Tokens of a prompt or answer at most.
const MOST_TOKENS: u64 = 10_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{TestFiles, load, walkthrough};

    const RATES: &str = "0,0,0,,0,0\n600,2.5,3,Gamma,0.111,3.6\n1200,0.5,2,Weibull,0.6,1.3\n";
    const SIZES: &str = r#"{ "0": { "input_tokens": "{10: 1.0}", "output_tokens": "{5: 0.5, 7: 0.5}" },
        "1200": { "input_tokens": "{30: 1.0}", "output_tokens": "{5: 1.0}", "reason_ratio": "{0.5: 1.0}" } }"#;

    fn files(traffic: &str, rates: &str, sizes: &str) -> TestFiles {
        let usual = r#""kind": "closed-loop", "requests": 20, "pause": "1s",
    "request": { "messages": [{ "characters": 41 }, { "characters": 31 }], "completionTokens": 150 }"#;
        let traffic = format!(r#""kind": "servegen", "folder": "pool" {traffic}"#);
        walkthrough()
            .replace("scenario.json", usual, &traffic)
            .with("pool/chunk-0-trace.csv", rates)
            .with("pool/chunk-0-dataset.json", sizes)
            .with("pool/chunk-1-trace.csv", "0,8,1,Gamma,1,0.125\n")
            .with(
                "pool/chunk-1-dataset.json",
                r#"{ "0": { "input_tokens": "{1: 1}", "output_tokens": "{1: 1}" } }"#,
            )
    }

    fn clients(traffic: &str) -> Vec<ClientSpec> {
        match load(&files(traffic, RATES, SIZES)).expect("loads").base.plan.traffic.arrivals.clone() {
            ArrivalSpec::Mix(clients) => clients.to_vec(),
            other => panic!("{other:?}"),
        }
    }

    /// Seconds, requests per second and gaps of each segment.
    fn told(client: &ClientSpec) -> Vec<(f64, f64, Option<Gaps>)> {
        let ArrivalSpec::Process { process: ProcessSpec::Profile { segments, repeat: false, .. }, .. } =
            &client.traffic.arrivals
        else {
            panic!("{client:?}")
        };
        segments.iter().map(|s| (s.length.as_secs_f64(), s.per_second, s.gaps)).collect()
    }

    #[test]
    fn windows_become_segments_of_the_slice() {
        let all = clients("");
        assert_eq!(all.iter().map(|client| &*client.name).collect::<Vec<_>>(), ["chunk-0", "chunk-1"]);
        let quiet = (600.0, 0.0, Some(Gaps::Exponential));
        let (gamma, weibull) = (Some(Gaps::Gamma(3.0)), Some(Gaps::Weibull(2.0)));
        assert_eq!(told(&all[0]), [quiet, (600.0, 2.5, gamma), (600.0, 0.5, weibull)]);
        let part = clients(r#", "from": "15m", "to": "25m", "scale": 2"#);
        // The other client has only its first ten minutes.
        assert_eq!(part.len(), 1);
        assert_eq!(told(&part[0]), [(300.0, 5.0, gamma), (300.0, 1.0, weibull)]);
        assert_eq!(clients(r#", "clients": 1"#)[0].name.as_ref(), "chunk-1");
    }

    #[test]
    fn sizes_are_weighted_by_the_requests_of_their_windows() {
        let sizes = |traffic: &str| {
            let client = clients(traffic).swap_remove(0);
            let PromptSpec::Tokens(TokenSpec::Empirical(prompt)) = client.traffic.sizes.prompt else {
                panic!()
            };
            let TokenSpec::Empirical(completion) = client.traffic.sizes.completion else { panic!() };
            (prompt, completion)
        };
        // 1,500 requests of 10 tokens and 300 of 30: five sixths are below.
        let (prompt, completion) = sizes("");
        assert!((prompt.value(0.0) - 10.0).abs() < 1e-9 && (prompt.value(1.0) - 30.0).abs() < 1e-9);
        assert!((prompt.value(5.0 / 12.0) - 10.0).abs() < 1e-9, "{}", prompt.value(5.0 / 12.0));
        assert!((completion.value(1.0) - 7.0).abs() < 1e-9);
        let (_, later) = sizes(r#", "from": "20m""#);
        assert!((later.value(0.5) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn bad_files_are_told_with_their_place() {
        let bad = |rates: &str, sizes: &str| {
            let found = load(&files("", rates, sizes)).expect_err("is refused");
            (found[0].0.clone(), found[0].1.clone(), found[0].2)
        };
        let window = |line| ("servegen-window".to_owned(), "pool/chunk-0-trace.csv".to_owned(), line);
        assert_eq!(bad("0,1,1,Gamma,1,1\n600,x,1,Gamma,1,1\n", SIZES), window(2));
        assert_eq!(bad("0,1,1,Gamma,1,1\n\n600,1\n", SIZES), window(3));
        assert_eq!(bad("0,1,1,Pareto,1,1\n", SIZES), window(1));
        assert_eq!(bad("0,-1,1,Gamma,1,1\n", SIZES), window(1));
        assert_eq!(bad("0,NaN,1,Gamma,1,1\n", SIZES), window(1));
        assert_eq!(bad("600,1,1,Gamma,1,1\n600,1,1,Gamma,1,1\n", SIZES), window(2));
        let sizes = |line| ("servegen-sizes".to_owned(), "pool/chunk-0-dataset.json".to_owned(), line);
        assert_eq!(bad(RATES, "[]"), sizes(1));
        assert_eq!(bad(RATES, "{\n\"soon\": {}}"), sizes(2));
        assert_eq!(bad(RATES, "{\"0\":\n{\"input_tokens\": \"{10: -1}\"}}"), sizes(2));
        assert_eq!(bad(RATES, "{\"0\":\n{\"input_tokens\": \"10: 1\"}}"), sizes(2));
        // Nothing but clients without sizes.
        let found = load(&files(r#", "from": "15m""#, RATES, "{}")).expect_err("is refused");
        assert!(found.iter().any(|(code, ..)| code == "no-traffic"), "{found:?}");
        let found =
            load(&files("", RATES, SIZES).without("pool/chunk-1-dataset.json")).expect_err("is refused");
        assert_eq!(found[0].0, "missing-file");
    }
}
