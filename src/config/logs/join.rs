//! From the tables to one list of requests.
//!
//! Documented: `CorrelationId` is the id that the gateway gives a request, in both of its tables; a long message
//! takes several rows of `ApiManagementGatewayLlmLog`, numbered by `SequenceNumber`; `timestamp` of a request in
//! Application Insights is its start.
//!
//! Assumed, and told: what `TimeGenerated` is the time of; that the custom dimension `Request Id` of Application
//! Insights is the correlation id; that tokens stand on any one row of a request; that `BackendId` is the backend
//! called last. Each attempt of a request is only in the dependencies of Application Insights.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::columns::LogKind;
use super::report::{FileReport, LogReport};
use super::row::LogRow;
use super::table::LogFile;
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::units::Duration;

/// What the time of a row of the gateway is the time of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeMeaning {
    /// What Application Insights says when it has the same requests; else the end.
    #[default]
    Auto,
    /// The request came then.
    Start,
    /// Its last byte was sent then: it came `TotalTime` earlier.
    End,
}

/// What becomes of requests whose tokens nobody logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingTokens {
    /// Those that failed for want of capacity (408, 429, 5xx, no answer) get the medians of the others, on APIs
    /// where others have tokens; the rest are left out.
    #[default]
    Failed,
    /// All are left out.
    Drop,
    /// All get the medians.
    Median,
}

/// What is not in the logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportRules {
    /// What the time of a row means.
    pub time: TimeMeaning,
    /// Requests without tokens.
    pub tokens: MissingTokens,
}

/// One request of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogRequest {
    /// When it came, in nanoseconds since 1970.
    pub arrival_ns: i64,
    /// Its id, empty when there is none.
    pub id: Arc<str>,
    /// Subscription.
    pub client: Option<Arc<str>>,
    /// API.
    pub api: Option<Arc<str>>,
    /// Deployment.
    pub deployment: Option<Arc<str>>,
    /// Model.
    pub model: Option<Arc<str>>,
    /// Backend entity called last.
    pub backend: Option<Arc<str>>,
    /// Host called last.
    pub host: Option<Arc<str>>,
    /// What that backend answered.
    pub backend_status: Option<u16>,
    /// What the client saw; `None`: no answer.
    pub status: Option<u16>,
    /// Whether the answer was streamed.
    pub stream: Option<bool>,
    /// Prompt tokens, at least 1.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// `max_tokens`.
    pub max_tokens: Option<u64>,
    /// At the gateway in all.
    pub total: Option<Duration>,
    /// With backends.
    pub backend_time: Option<Duration>,
    /// Calls of backends.
    pub attempts: Option<u64>,
    /// Whether the gateway's cache answered.
    pub cache_hit: bool,
    /// Whether its tokens are medians of other requests.
    pub is_assumed: bool,
}

impl LogRequest {
    /// Whether it was answered with 2xx.
    pub fn is_answered(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// All requests of a log, in order of arrival.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JoinedLog {
    /// The requests, at least one.
    pub requests: Vec<LogRequest>,
    /// How they came about.
    pub report: LogReport,
}

/// Joins the files. `None`, with the reason in `diagnostics`, when no traffic comes of them.
pub fn join_logs(
    files: Vec<LogFile>,
    rules: ImportRules,
    diagnostics: &mut Diagnostics,
) -> Option<JoinedLog> {
    let base = base_kind(&files, diagnostics)?;
    let mut report = LogReport::default();
    for file in &files {
        let (path, rows) = (file.path.clone(), file.rows());
        report.files.push(FileReport { path, kind: file.kind.name(), form: file.form, rows });
    }
    let month_first: u64 = files.iter().filter(|file| file.has_month_first).map(LogFile::rows).sum();
    report.assume(
        "the order of day and month in times such as `3/2/2026`",
        "the month comes first",
        month_first,
    );
    let tables = Tables::of(files, base, &mut report);
    let meaning = tables.meaning(base, rules.time, &mut report);
    let rows = tables.finish(base, &mut report);
    let requests = Choice::of(&rows, rules.tokens).requests(rows, meaning, &mut report);
    let Some(mut requests) = requests.filter(|requests| !requests.is_empty()) else {
        let message = "no request of the log has a known number of tokens";
        diagnostics.push(
            Diagnostic::error("log-no-tokens", None, message)
                .note("requests are joined with `ApiManagementGatewayLlmLog` by `CorrelationId`")
                .help("export both tables for the same time, with `PromptTokens` and `CompletionTokens`"),
        );
        return None;
    };
    requests.sort_by(|a, b| (a.arrival_ns, &a.id).cmp(&(b.arrival_ns, &b.id)));
    report.kept = number(requests.len());
    tell_missing(&requests, base, &mut report);
    for assumed in &mut report.assumed {
        // Some concern rows, of which several may be one request and others are left out.
        assumed.requests = assumed.requests.min(report.kept);
    }
    Some(JoinedLog { requests, report })
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Which table has the requests.
fn base_kind(files: &[LogFile], diagnostics: &mut Diagnostics) -> Option<LogKind> {
    let has = |kind| files.iter().any(|file| file.kind == kind);
    let base = [LogKind::Joined, LogKind::Gateway, LogKind::Requests].into_iter().find(|kind| has(*kind));
    let all_joined = files.iter().all(|file| file.kind == LogKind::Joined);
    let problem = match base {
        None => "there are no requests: neither `ApiManagementGatewayLogs` nor `requests`",
        Some(LogKind::Joined) if !all_joined => "a joined log cannot be joined with exports again",
        Some(base) => return Some(base),
    };
    let kinds: BTreeSet<&str> = files.iter().map(|file| file.kind.name()).collect();
    let given = kinds.into_iter().collect::<Vec<_>>().join(", ");
    let help = "export `ApiManagementGatewayLogs` for the same time";
    diagnostics.push(Diagnostic::error("log-join", None, problem).note(format!("given: {given}")).help(help));
    None
}

/// Rows by their ids.
struct Tables {
    base: Vec<LogRow>,
    requests: BTreeMap<Arc<str>, LogRow>,
    calls: BTreeMap<Arc<str>, Calls>,
}

/// The calls of backends for one request.
struct Calls {
    count: u64,
    last: LogRow,
}

impl Tables {
    /// Sorts all rows into tables; parts of one request become one row, with its tokens.
    fn of(files: Vec<LogFile>, base: LogKind, report: &mut LogReport) -> Self {
        let mut rows: Vec<LogRow> = Vec::new();
        let mut places: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        let mut llm: BTreeMap<Arc<str>, LogRow> = BTreeMap::new();
        let (mut requests, mut calls) = (BTreeMap::new(), BTreeMap::<Arc<str>, Calls>::new());
        let (mut nameless, mut merged, mut unsorted, mut parts) = (0, 0, 0, 0);
        for file in files {
            let kind = file.kind;
            let mut previous = i64::MIN;
            for row in file.rows {
                if kind == base {
                    report.read = report.read.saturating_add(1);
                    let time = row.time.unwrap_or(i64::MIN);
                    unsorted += u64::from(time < previous);
                    previous = time;
                    match row.key(kind) {
                        None if kind == LogKind::Joined => rows.push(row),
                        None => nameless += 1,
                        Some(key) => {
                            if let Some(first) = places.get(&key).and_then(|place| rows.get_mut(*place)) {
                                merged += 1;
                                first.merge(row);
                            } else {
                                places.insert(key, rows.len());
                                rows.push(row);
                            }
                        }
                    }
                    continue;
                }
                let Some(key) = row.key(kind) else {
                    nameless += u64::from(kind != LogKind::Dependencies || row.is_backend_call);
                    continue;
                };
                match kind {
                    LogKind::Llm => match llm.get_mut(&key) {
                        Some(first) => {
                            parts += 1;
                            first.merge(row);
                        }
                        None => drop(llm.insert(key, row)),
                    },
                    LogKind::Requests => drop(requests.entry(key).or_insert(row)),
                    LogKind::Dependencies if row.is_backend_call => match calls.get_mut(&key) {
                        Some(known) => known.add(row),
                        None => drop(calls.insert(key, Calls { count: 1, last: row })),
                    },
                    LogKind::Dependencies | LogKind::Joined | LogKind::Gateway => {}
                }
            }
        }
        report.drop_for("rows_without_id", nameless);
        report.drop_for("rows_of_a_request_that_was_there_already", merged);
        report.join("rows_out_of_order", unsorted, false);
        report.join("further_rows_of_one_model_call", parts, false);
        let (mut with, all) = (0, number(llm.len()));
        for row in &mut rows {
            // Of a row of Application Insights too, the id at the gateway is what model calls are logged under.
            let found = row.correlation.as_ref().and_then(|id| llm.get(id));
            if let Some(found) = found {
                with += 1;
                row.merge(found.clone());
            }
        }
        if all > 0 {
            report.join("requests_with_a_model_call", with, true);
            report.join("model_calls_without_a_request", all.saturating_sub(with), true);
        }
        Self { base: rows, requests, calls }
    }

    /// What the times of the rows mean.
    fn meaning(&self, base: LogKind, asked: TimeMeaning, report: &mut LogReport) -> TimeMeaning {
        if base != LogKind::Gateway {
            return TimeMeaning::Start;
        }
        let rows = number(self.base.len());
        if asked != TimeMeaning::Auto {
            let what = if asked == TimeMeaning::Start { START } else { END };
            report.assume("what `TimeGenerated` is the time of", &format!("{what}, as asked for"), rows);
            return asked;
        }
        let (meaning, why) = match self.told_by_requests() {
            Some(TimeMeaning::Start) => (TimeMeaning::Start, "nearer to the start in Application Insights"),
            Some(_) => (TimeMeaning::End, "nearer to the start in Application Insights"),
            // The reference of the resource logs (gateway logs, `time`) says when the gateway begins with a request.
            None => (TimeMeaning::Start, "--time-is end for the other reading"),
        };
        let what = if meaning == TimeMeaning::Start { START } else { END };
        report.assume("what `TimeGenerated` is the time of", &format!("{what} ({why})"), rows);
        meaning
    }

    /// Which reading is nearer to the start that Application Insights has, in the median request.
    fn told_by_requests(&self) -> Option<TimeMeaning> {
        let pairs = self.base.iter().filter_map(|row| {
            let start = self.requests.get(row.correlation.as_ref()?)?.time?;
            let (time, total) = (row.time?, i64::try_from(row.total_ns?).ok()?);
            Some((start.abs_diff(time), start.abs_diff(time.saturating_sub(total))))
        });
        let (starts, ends): (Vec<u64>, Vec<u64>) = pairs.unzip();
        let (start, end) = (median(starts)?, median(ends)?);
        Some(if start < end { TimeMeaning::Start } else { TimeMeaning::End })
    }

    /// The rows of requests with all that belongs to them.
    fn finish(self, base: LogKind, report: &mut LogReport) -> Vec<LogRow> {
        let Self { base: mut rows, requests, calls } = self;
        let (mut with_request, mut with_calls) = (0, 0);
        let is_sampled =
            |row: &&LogRow| base == LogKind::Requests && row.items.is_some_and(|items| items > 1);
        let sampled = number(rows.iter().filter(is_sampled).count());
        report.assume(
            "requests that sampling left out (`itemCount` above 1)",
            "they are not there: the traffic is that of the rows, and less than the real one",
            sampled,
        );
        for row in &mut rows {
            let request = row.correlation.as_ref().and_then(|id| requests.get(id));
            with_request += u64::from(request.is_some() && base == LogKind::Gateway);
            let operation = match base {
                LogKind::Gateway => request.and_then(|request| request.operation.clone()),
                _ => row.operation.clone(),
            };
            let Some(found) = operation.and_then(|id| calls.get(&id)) else { continue };
            with_calls += 1;
            row.attempts = Some(found.count);
            if base == LogKind::Requests {
                row.host.clone_from(&found.last.host);
                row.backend_status = found.last.status;
                row.backend_ns = found.last.total_ns;
            }
        }
        if base == LogKind::Gateway && !requests.is_empty() {
            report.join("requests_also_in_application_insights", with_request, true);
            let rest = number(requests.len()).saturating_sub(with_request);
            report.join("requests_only_in_application_insights", rest, true);
            report.assume(
                "which id requests have in Application Insights",
                "the custom dimension `Request Id`, else `operation_Id`, is the `CorrelationId`",
                with_request,
            );
        }
        if !calls.is_empty() {
            report.join("requests_with_calls_of_backends", with_calls, true);
            let rest = number(calls.len()).saturating_sub(with_calls);
            report.join("calls_of_backends_without_a_request", rest, true);
        }
        rows
    }
}

const START: &str = "the start of the request";
const END: &str = "the end of the request: it came `TotalTime` earlier";

impl Calls {
    fn add(&mut self, row: LogRow) {
        self.count = self.count.saturating_add(1);
        if row.time >= self.last.time {
            self.last = row;
        }
    }
}

impl LogRow {
    /// By what rows of a table are joined.
    fn key(&self, kind: LogKind) -> Option<Arc<str>> {
        match kind {
            LogKind::Dependencies => self.operation.clone(),
            LogKind::Requests => self.correlation.clone().or_else(|| self.operation.clone()),
            LogKind::Joined | LogKind::Gateway | LogKind::Llm => self.correlation.clone(),
        }
    }

    /// Adds what another row of the same request says; counts of tokens are on any one of them.
    fn merge(&mut self, other: Self) {
        let earlier = other.sequence < self.sequence && other.deployment.is_some();
        if earlier || self.deployment.is_none() {
            self.deployment = other.deployment.or(self.deployment.take());
        }
        self.model = self.model.take().or(other.model);
        self.prompt = self.prompt.max(other.prompt);
        self.completion = self.completion.max(other.completion);
        self.tokens = self.tokens.max(other.tokens);
        self.max_tokens = self.max_tokens.max(other.max_tokens);
        self.stream = self.stream.max(other.stream);
        self.sequence = self.sequence.min(other.sequence);
    }

    /// Prompt and completion tokens, as far as they were logged. A request that used no tokens has none logged.
    fn logged_tokens(&self) -> (Option<u64>, Option<u64>) {
        let total = self.tokens.filter(|total| *total > 0);
        let rest = |known: Option<u64>| total?.checked_sub(known?);
        let prompt = self.prompt.filter(|prompt| *prompt > 0);
        let prompt = prompt.or_else(|| rest(self.completion).filter(|prompt| *prompt > 0));
        let completion = self.completion.or_else(|| rest(prompt));
        match (prompt, completion) {
            (None, Some(0)) => (None, None),
            known => known,
        }
    }

    /// What the client saw. Without a status, a success is taken for 200.
    fn seen(&self) -> Option<u16> {
        self.status.or_else(|| self.is_success.filter(|success| *success).map(|_| 200))
    }
}

/// What requests without tokens get, and which of them.
struct Choice {
    rule: MissingTokens,
    prompt: Option<u64>,
    completion: Option<u64>,
    /// APIs where tokens are logged.
    apis: BTreeSet<Arc<str>>,
}

impl Choice {
    fn of(rows: &[LogRow], rule: MissingTokens) -> Self {
        let known = rows.iter().filter(|row| !row.is_assumed);
        let mut apis = BTreeSet::new();
        let (mut prompts, mut completions) = (Vec::new(), Vec::new());
        for row in known {
            let (prompt, completion) = row.logged_tokens();
            prompts.extend(prompt);
            completions.extend(completion);
            if prompt.is_some()
                && let Some(api) = &row.api
            {
                apis.insert(Arc::clone(api));
            }
        }
        Self { rule, prompt: median(prompts), completion: median(completions), apis }
    }

    /// Why a row without tokens is left out; `None`: it is not.
    fn reason(&self, row: &LogRow) -> Option<&'static str> {
        let status = row.seen();
        let is_refused = status.is_none_or(|status| matches!(status, 408 | 429) || status >= 500);
        let is_foreign =
            row.api.as_ref().is_some_and(|api| !self.apis.is_empty() && !self.apis.contains(api));
        match self.rule {
            MissingTokens::Median => None,
            MissingTokens::Drop => Some("without_tokens"),
            MissingTokens::Failed if is_foreign => Some("without_tokens_on_another_api"),
            MissingTokens::Failed if is_refused => None,
            MissingTokens::Failed if status.is_some_and(|status| status < 400) => {
                Some("answered_without_tokens")
            }
            MissingTokens::Failed => Some("refused_for_what_they_asked"),
        }
    }

    /// The requests. `None` when no tokens are known at all.
    fn requests(
        &self,
        rows: Vec<LogRow>,
        meaning: TimeMeaning,
        report: &mut LogReport,
    ) -> Option<Vec<LogRequest>> {
        let prompt_median = self.prompt?;
        let completion_median = self.completion.unwrap_or(0);
        let mut dropped: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut requests = Vec::with_capacity(rows.len());
        let (mut no_prompt, mut no_completion, mut no_total, mut by_success) = (0, 0, 0, 0);
        for row in rows {
            let (prompt, completion) = row.logged_tokens();
            if prompt.is_none()
                && let Some(reason) = self.reason(&row)
            {
                *dropped.entry(reason).or_default() += 1;
                continue;
            }
            let Some(time) = row.time else { continue };
            let before = match (meaning, row.total_ns) {
                (TimeMeaning::Start, _) => 0,
                (_, Some(total)) => i64::try_from(total).unwrap_or(i64::MAX),
                (_, None) => {
                    no_total += 1;
                    0
                }
            };
            no_prompt += u64::from(prompt.is_none());
            no_completion += u64::from(completion.is_none() && prompt.is_some());
            by_success += u64::from(row.status.is_none() && row.is_success == Some(true));
            requests.push(LogRequest {
                arrival_ns: time.saturating_sub(before),
                status: row.seen(),
                is_assumed: row.is_assumed || prompt.is_none() || completion.is_none(),
                prompt_tokens: prompt.unwrap_or(prompt_median),
                completion_tokens: completion.unwrap_or(completion_median),
                id: row.correlation.or(row.operation).unwrap_or_default(),
                client: row.client,
                api: row.api,
                deployment: row.deployment,
                model: row.model,
                backend: row.backend,
                host: row.host,
                backend_status: row.backend_status,
                stream: row.stream,
                max_tokens: row.max_tokens,
                total: row.total_ns.map(Duration::from_nanos),
                backend_time: row.backend_ns.map(Duration::from_nanos),
                attempts: row.attempts,
                cache_hit: row.cache_hit,
            });
        }
        for (reason, count) in dropped {
            report.drop_for(reason, count);
        }
        report.assume(
            "tokens of requests that no model call was logged for",
            &format!("the medians of the others: prompt {prompt_median}, completion {completion_median}"),
            no_prompt,
        );
        report.assume(
            "`CompletionTokens` of requests with `PromptTokens`",
            &format!("the median of the others, {completion_median}"),
            no_completion,
        );
        report.assume("`TotalTime`, to find the arrival", "the request came at `TimeGenerated`", no_total);
        report.assume("`ResponseCode`", "200, as the request is marked as a success", by_success);
        Some(requests)
    }
}

/// Tells what requests do not have, and what follows from that.
fn tell_missing(requests: &[LogRequest], base: LogKind, report: &mut LogReport) {
    type Lacks = fn(&LogRequest) -> bool;
    let lacks: [(&str, &str, Lacks); 8] = [
        ("`ResponseCode`", "the request got no answer", |r| r.status.is_none()),
        ("`BackendId` and the host of the backend", "it is in no figure of a backend", |r| {
            r.backend.is_none() && r.host.is_none() && !r.cache_hit
        }),
        ("`BackendResponseCode`", "the status that the client saw", |r| {
            r.backend_status.is_none() && (r.backend.is_some() || r.host.is_some())
        }),
        ("`TotalTime`", "it is in no figure of latency", |r| r.total.is_none() && r.is_answered()),
        (
            "`BackendTime`",
            "times are fitted to `TotalTime`, the gateway's and the client's part included",
            |r| r.backend_time.is_none() && r.is_answered(),
        ),
        ("`IsStreamCompletion`", "the answer came whole", |r| r.stream.is_none()),
        ("`MaxTokens` (no table has it)", "what the scenario says", |r| r.max_tokens.is_none()),
        ("`ApimSubscriptionId`", "nobody in particular sends it", |r| r.client.is_none()),
    ];
    for (missing, assumed, lacks) in lacks {
        report.assume(missing, assumed, number(requests.iter().filter(|request| lacks(request)).count()));
    }
    if base == LogKind::Joined {
        let assumed = requests.iter().filter(|request| request.is_assumed).count();
        report.assume(
            "tokens that the import did not find",
            "the medians that it put there",
            number(assumed),
        );
    }
    if base == LogKind::Gateway && requests.iter().all(|request| request.attempts.is_none()) {
        report.assume(
            "attempts before the last one",
            "the log names the backend called last; `dependencies` of Application Insights would have all",
            number(requests.len()),
        );
    }
}

/// The value in the middle, the lower of two.
fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len().saturating_sub(1) / 2).copied()
}
