//! `poolproof limiter replay`: recorded calls through the limits of one deployment, without any simulation.

use serde_json::{Map, Value, json};

use super::super::args::Format;
use super::super::exit_code::Exit;
use super::super::limiter_args::{LimiterReplayArgs, RoundingArg, WindowArg};
use super::super::session::{Session, Stop};
use super::super::table::Table;
use crate::backend::{
    Call, CallDecision, CallOutcome, CostKind, Evidence, Headroom, LeakyBucket, LimitKind, ModelFacts,
    PtuSpec, RateLimit, Replayable, StandardSpec, TokenCost, WindowKind, replay, utilisation_text,
};
use crate::config::{
    CallRules, DiskFiles, Files as _, RecordedCall, RecordedCalls, read_calls, unknown_model,
};
use crate::semantics::Semantics;
use crate::units::{Duration, Ptu, RequestsPerMinute, Tokens, TokensPerMinute};

/// Prints what becomes of each call; ends with a finding when the file says otherwise.
pub(crate) fn replay_calls(args: &LimiterReplayArgs, session: &mut Session) -> Result<(), Stop> {
    let Some(facts) = ModelFacts::find(&args.model) else {
        return Err(session.usage(&unknown_model(&args.model)));
    };
    let played = match args.ptu {
        Some(ptu) => provisioned(args, Ptu(ptu), facts, session)?,
        None => standard(args, facts, session)?,
    };
    let differing = played.rows.iter().filter(|row| !row.differs.is_empty()).count();
    match args.format {
        Format::Json => session.print_json(&played.json(differing))?,
        Format::Human => session.print(&played.human(differing)),
    }
    if differing > 0 { Err(Stop(Exit::Finding)) } else { Ok(()) }
}

/// All that is shown.
struct Played {
    /// The limits in force.
    limits: Value,
    assumptions: Vec<Value>,
    rows: Vec<Row>,
}

struct Row {
    recorded: RecordedCall,
    outcome: CallOutcome,
    /// Names of recorded values that are not as computed.
    differs: Vec<&'static str>,
}

fn standard(args: &LimiterReplayArgs, facts: &ModelFacts, session: &mut Session) -> Result<Played, Stop> {
    let given = &args.standard;
    let tpm = TokensPerMinute(args.tpm.unwrap_or(0));
    let known = facts.token_cost.value;
    let cost = TokenCost {
        kind: known.kind,
        default_max_tokens: given.default_max_tokens.map_or(known.default_max_tokens, Tokens),
        chars_per_token: given.chars_per_token.unwrap_or(known.chars_per_token),
        per_message: given.per_message.unwrap_or(known.per_message),
        count_prompt: given.count_prompt.unwrap_or(known.count_prompt),
    };
    let rpm = given.rpm.map_or_else(|| facts.default_rpm(tpm), RequestsPerMinute);
    let window_kind = match given.window {
        WindowArg::Sliding => WindowKind::Sliding,
        WindowArg::FixedMinute => WindowKind::FixedMinute,
    };
    let spec = StandardSpec {
        window_kind,
        token_window: given.token_window,
        request_window: given.request_window,
        request_limit: given.request_limit,
        count_rejected: given.count_rejected,
        refund_on_completion: given.refund_on_completion,
        ..StandardSpec::measured(tpm, rpm, cost)
    };
    let mut semantics = Semantics::default();
    let rounding = match given.request_rounding {
        RoundingArg::Floor => "floor",
        RoundingArg::Ceil => "ceil",
    };
    if !semantics.set("quota.request_limit_rounding", rounding) {
        return Err(session.internal("a reading of a switch is not known"));
    }
    let mut limit = RateLimit::new(&spec, &semantics);
    let span = common_multiple(spec.token_window, spec.request_window);
    let calls = read(args, CallRules::Standard(&cost), span, session)?;
    let mut assumptions = Vec::new();
    if facts.token_cost.evidence == Evidence::Assumed {
        assumptions.push(assumption("the rule of the cost", facts.token_cost.source));
    }
    if given.rpm.is_none() && given.request_limit.is_none() && facts.rpm_ratio.evidence == Evidence::Assumed {
        assumptions.push(assumption("requests per minute", facts.rpm_ratio.source));
    }
    let limits = json!({
        "model": facts.name,
        "tpm": tpm.get(),
        "rpm": if given.request_limit.is_some() { Value::Null } else { json!(rpm.get()) },
        "request_limit": limit.request_limit(),
        "window": match window_kind {
            WindowKind::Sliding => "sliding",
            WindowKind::FixedMinute => "fixed-minute",
        },
        "token_window": spec.token_window.to_string(),
        "request_window": spec.request_window.to_string(),
        "count_rejected": spec.count_rejected,
        "refund_on_completion": spec.refund_on_completion,
        "cost": {
            "kind": match cost.kind { CostKind::Chat => "chat", CostKind::Embeddings => "embeddings" },
            "default_max_tokens": cost.default_max_tokens.get(),
            "chars_per_token": cost.chars_per_token,
            "per_message": cost.per_message,
            "count_prompt": cost.count_prompt,
        },
    });
    Ok(Played {
        limits,
        assumptions,
        rows: play(&mut limit, calls, Tokens(args.used_tokens), given.used_requests),
    })
}

fn provisioned(
    args: &LimiterReplayArgs,
    ptu: Ptu,
    facts: &ModelFacts,
    session: &mut Session,
) -> Result<Played, Stop> {
    let given = &args.provisioned;
    let known = facts.ptu.map(|ptu| ptu.value);
    let per_unit = given.input_tpm_per_ptu.or(known.map(|known| known.input_tpm_per_ptu));
    let weight = given.output_weight.or(known.map(|known| known.output_weight));
    let (Some(input_tpm_per_ptu), Some(output_weight)) = (per_unit, weight) else {
        let message = format!(
            "nothing is known about provisioned deployments of model `{}`: give --input-tpm-per-ptu and \
             --output-weight",
            facts.name
        );
        return Err(session.usage(&message));
    };
    let spec = PtuSpec {
        ptu,
        input_tpm_per_ptu,
        output_weight,
        bucket_depth: Some(given.bucket_depth),
        default_completion_tokens: Tokens(given.default_completion_tokens),
    };
    let mut bucket = LeakyBucket::new(&spec, &Semantics::default());
    let calls = read(args, CallRules::Provisioned(&bucket), Duration::from_secs(1), session)?;
    let source = "not published (provisioned throughput page, 2026-02-10)";
    let limits = json!({
        "model": facts.name,
        "ptu": ptu.get(),
        "input_tpm_per_ptu": input_tpm_per_ptu,
        "output_weight": output_weight,
        "bucket_depth": given.bucket_depth.to_string(),
        "bucket_tokens": bucket.capacity().get(),
        "default_completion_tokens": given.default_completion_tokens,
    });
    let assumptions =
        vec![assumption("bucket_depth", source), assumption("default_completion_tokens", source)];
    Ok(Played { limits, assumptions, rows: play(&mut bucket, calls, Tokens(args.used_tokens), 0) })
}

fn assumption(what: &str, source: &str) -> Value {
    json!({ "what": what, "source": source })
}

fn read(
    args: &LimiterReplayArgs,
    rules: CallRules<'_>,
    span: Duration,
    session: &mut Session,
) -> Result<RecordedCalls, Stop> {
    let path = &args.path;
    let bytes = DiskFiles.read(path).map_err(|e| session.usage(&format!("cannot read `{path}`: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| session.usage(&format!("`{path}` is not UTF-8 text")))?;
    let source = session.sources.add(path.as_str(), text.clone());
    let calls = read_calls(source, &text, rules, span, &mut session.diagnostics);
    session.stop_if_unusable()?;
    calls.ok_or_else(|| session.internal("calls without problems were not read"))
}

/// The shortest time that is a multiple of both, at most the largest there is.
fn common_multiple(a: Duration, b: Duration) -> Duration {
    let (mut x, mut y) = (a.as_nanos(), b.as_nanos());
    while let Some(rest) = x.checked_rem(y) {
        (x, y) = (y, rest);
    }
    a.saturating_mul(b.as_nanos().checked_div(x).unwrap_or(1))
}

/// Plays the calls; `tokens` and `requests` are in use when the first one comes that is decided.
fn play<L: Replayable>(limiter: &mut L, recorded: RecordedCalls, tokens: Tokens, requests: u64) -> Vec<Row> {
    let mut calls: Vec<Call> = recorded.iter().map(|recorded| recorded.call).collect();
    let first = calls.iter().position(|call| call.carried_in.is_none());
    let in_use = first.and_then(|first| Some((first, calls.get(first)?.at)));
    if let Some((first, at)) = in_use {
        // In its turn, as a limiter's clock never runs back.
        calls.insert(first, Call { carried_in: Some(requests), ..Call::new(at, tokens) });
    }
    let mut outcomes = replay(limiter, &calls);
    if let Some((first, _)) = in_use {
        outcomes.remove(first);
    }
    let rows = recorded.into_iter().zip(outcomes).map(|(recorded, outcome)| {
        let differs = differences(&recorded, &outcome);
        Row { recorded, outcome, differs }
    });
    rows.collect()
}

/// A refusal of the service tells no remaining counts, so only those of admitted calls are compared.
fn differences(recorded: &RecordedCall, outcome: &CallOutcome) -> Vec<&'static str> {
    let mut differs = Vec::new();
    let is_refused = matches!(outcome.decision, CallDecision::Refused { .. });
    let recorded = recorded.recorded;
    if recorded.status.is_some_and(|status| (status == 429) != is_refused) {
        differs.push("status");
    }
    if let (false, Headroom::Remaining { tokens, requests }) = (is_refused, outcome.headroom) {
        if recorded.remaining_requests.is_some_and(|recorded| recorded != requests) {
            differs.push("remaining_requests");
        }
        if recorded.remaining_tokens.is_some_and(|recorded| recorded != tokens.get()) {
            differs.push("remaining_tokens");
        }
    }
    differs
}

impl Row {
    fn decision(&self) -> &'static str {
        match self.outcome.decision {
            CallDecision::CarriedIn => "carried_in",
            CallDecision::Admitted => "admitted",
            CallDecision::Refused { .. } => "refused",
        }
    }

    fn limit(&self) -> Option<&'static str> {
        let CallDecision::Refused { limit, .. } = self.outcome.decision else { return None };
        Some(match limit {
            LimitKind::Tokens => "tokens",
            LimitKind::Requests => "requests",
            LimitKind::Utilisation => "utilization",
            LimitKind::Queue => "queue",
            LimitKind::Oversized => "oversized",
            LimitKind::HighDemand => "high_demand",
        })
    }

    fn retry_after(&self) -> Option<Duration> {
        let CallDecision::Refused { retry_after, .. } = self.outcome.decision else { return None };
        retry_after
    }

    fn json(&self, number: usize) -> Value {
        let mut row = Map::new();
        let mut put = |name: &str, value: Value| drop(row.insert(name.to_owned(), value));
        put("row", json!(number));
        if let Some(id) = &self.recorded.id {
            put("id", json!(id));
        }
        put("time_s", json!(self.recorded.time_s));
        put("cost", json!(self.recorded.call.cost.get()));
        put("decision", json!(self.decision()));
        let status = match self.outcome.decision {
            CallDecision::CarriedIn => Value::Null,
            CallDecision::Admitted => json!(200),
            CallDecision::Refused { .. } => json!(429),
        };
        put("status", status);
        match self.outcome.headroom {
            Headroom::Remaining { tokens, requests } => {
                put("remaining_requests", json!(requests));
                put("remaining_tokens", json!(tokens.get()));
            }
            Headroom::Utilisation { permille } => put("utilization", json!(utilisation_text(permille))),
            Headroom::Places { .. } => {}
        }
        if let Some(limit) = self.limit() {
            put("limit", json!(limit));
            put("retry_after_s", json!(self.retry_after().map(|wait| wait.as_secs_ceil().max(1))));
            put("retry_after_ms", json!(self.retry_after().map(|wait| wait.as_millis_ceil().max(1))));
        }
        if !self.differs.is_empty() {
            put("differs", json!(self.differs));
        }
        Value::Object(row)
    }
}

impl Played {
    fn count(&self, decision: &str) -> usize {
        self.rows.iter().filter(|row| row.decision() == decision).count()
    }

    fn json(&self, differing: usize) -> Value {
        let rows: Vec<Value> = self.rows.iter().zip(1..).map(|(row, number)| row.json(number)).collect();
        let mut totals = Map::new();
        for decision in ["admitted", "refused", "carried_in"] {
            totals.insert(decision.to_owned(), json!(self.count(decision)));
        }
        totals.insert("differing".to_owned(), json!(differing));
        json!({ "limits": self.limits, "assumptions": self.assumptions, "calls": rows, "totals": totals })
    }

    fn human(&self, differing: usize) -> String {
        let bucket = self.rows.iter().any(|row| matches!(row.outcome.headroom, Headroom::Utilisation { .. }));
        let room: &[&str] = if bucket { &["utilization"] } else { &["requests left", "tokens left"] };
        let mut headings = vec!["row", "time s", "cost", "decision"];
        headings.extend(room);
        headings.extend(["limit", "retry after s", "differs"]);
        let mut table = Table::new(&headings);
        for (row, number) in self.rows.iter().zip(1_usize..) {
            let name = row.recorded.id.clone().unwrap_or_else(|| number.to_string());
            let time = format!("{:.3}", row.recorded.time_s);
            let mut cells = vec![name, time, row.recorded.call.cost.to_string(), row.decision().to_owned()];
            match row.outcome.headroom {
                Headroom::Remaining { tokens, requests } => {
                    cells.extend([requests.to_string(), tokens.to_string()]);
                }
                Headroom::Utilisation { permille } => cells.push(utilisation_text(permille)),
                Headroom::Places { .. } => {}
            }
            cells.push(row.limit().unwrap_or_default().to_owned());
            cells.push(row.retry_after().map(|w| w.as_secs_ceil().max(1).to_string()).unwrap_or_default());
            cells.push(row.differs.join(", "));
            table.row(cells);
        }
        let mut text = table.render("");
        text.push_str(&format!(
            "{} admitted, {} refused, {} carried in; {differing} not as recorded\n",
            self.count("admitted"),
            self.count("refused"),
            self.count("carried_in"),
        ));
        for assumption in &self.assumptions {
            let part = |name: &str| assumption.get(name).and_then(Value::as_str).unwrap_or_default();
            text.push_str(&format!("assumed: {} ({})\n", part("what"), part("source")));
        }
        text
    }
}
