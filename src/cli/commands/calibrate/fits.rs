//! The latency that the log suggests, by backend.

use serde_json::{Map, Value, json};

use super::backends::Sorted;
use crate::config::{JoinedLog, LogRequest};
use crate::metrics::{CallFit, CallTime, FEWEST_CALLS, fit_calls};
use crate::sim::RunPlan;
use crate::units::{BackendId, Duration};

/// The latency of one backend.
pub(super) struct Fit {
    /// Which backend of the scenario.
    pub(super) backend: String,
    /// Calls that could be used.
    pub(super) calls: usize,
    /// Of how many of them only the time at the gateway in all is known.
    pub(super) by_total: usize,
    /// Round trip that the scenario gives, and that is not in the parameters.
    pub(super) network: Duration,
    /// Nothing when there are too few calls.
    pub(super) found: Option<CallFit>,
}

/// Fits each backend of the scenario that the log has answers of.
pub(super) fn fit_each(plan: &RunPlan, log: &JoinedLog, sorted: &Sorted) -> Vec<Fit> {
    let backends = (0..).zip(plan.gateway.backends()).map(|(place, backend)| {
        let network =
            plan.targets.get(usize::from(place)).map_or(Duration::ZERO, |target| target.deployment.network);
        let own = log.requests.iter().zip(&sorted.places).filter(|(request, at)| {
            **at == Some(BackendId(place)) && request.attempts.is_none_or(|attempts| attempts == 1)
        });
        let timed: Vec<(CallTime, bool)> =
            own.filter_map(|(request, _)| call_time(request, network)).collect();
        let calls: Vec<CallTime> = timed.iter().map(|(call, _)| *call).collect();
        Fit {
            backend: backend.name.to_string(),
            calls: calls.len(),
            by_total: timed.iter().filter(|(_, by_total)| *by_total).count(),
            network,
            found: fit_calls(&calls),
        }
    });
    backends.filter(|fit| fit.calls > 0).collect()
}

/// The time of a call without the network, and whether it is that at the gateway in all.
fn call_time(request: &LogRequest, network: Duration) -> Option<(CallTime, bool)> {
    let is_usable =
        request.is_answered() && !request.is_assumed && !request.cache_hit && request.completion_tokens > 0;
    let time = request.backend_time.or(request.total).filter(|time| is_usable && *time > network)?;
    let call = CallTime {
        prompt: request.prompt_tokens as f64,
        after_first: request.completion_tokens.saturating_sub(1) as f64,
        ms: time.saturating_sub(network).as_millis_f64(),
    };
    Some((call, request.backend_time.is_none()))
}

impl Fit {
    /// The `latency` to put into the scenario.
    pub(super) fn latency(&self) -> Option<Value> {
        let fit = self.found?;
        let time = |ms: f64| Value::from(format!("{ms:.6}ms"));
        let spread = |value: f64| Value::from((value * 1e4).round() / 1e4);
        let members: Map<String, Value> = [
            ("family", Value::from("lognormal")),
            ("ttft", time(fit.first)),
            ("ttftPerPromptToken", time(fit.per_prompt)),
            ("ttftSigma", spread(fit.first_sigma)),
            ("tpot", time(fit.per_token)),
            ("tpotSigma", spread(fit.token_sigma)),
            ("tailChance", Value::from(0)),
            ("tailFactor", json!([1, 1])),
            ("loadFactor", Value::from(1)),
            ("loadCapacity", Value::from(0)),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
        Some(Value::Object(members))
    }

    /// What to bear in mind.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.found.is_none() {
            notes
                .push(format!("{} usable calls are too few: at least {FEWEST_CALLS} are fitted", self.calls));
        }
        if self.by_total > 0 {
            notes.push(format!(
                "of {} of {} calls only `TotalTime` is known: the gateway's and the client's part is in it",
                self.by_total, self.calls
            ));
        }
        if self.network > Duration::ZERO {
            notes.push(format!("without the {} of `network` that the scenario gives", self.network));
        }
        notes
    }
}
