//! `faults`, and `overload` and `quota` of a backend, from a checked tree.

use std::sync::Arc;

use super::super::check::entries;
use super::super::hints::{did_you_mean, list};
use super::super::json::{Node, shorten};
use super::assume::{Assumption, Assumptions};
use super::gateway::Described;
use crate::backend::{OverloadSpec, QuotaStep, deployment_not_found_body, missing_role_body};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::policy::{Header, HeaderValue, Text};
use crate::random::whole;
use crate::sim::{FaultKind, FaultSpec, FaultTimes, Loss, LossKind, ScriptedAnswer};
use crate::units::{BackendId, Duration, RequestsPerMinute, StatusCode, Timestamp, TokensPerMinute};

/// Most faults of a run.
pub(super) const MOST_FAULTS: usize = 1_000;

/// The faults of a checked tree; all problems are told, `None` when there was one.
pub(super) fn read_faults(
    tree: &Node,
    backends: &[Described<'_>],
    diagnostics: &mut Diagnostics,
) -> Option<Vec<FaultSpec>> {
    let nodes = tree.get("faults").and_then(Node::elements).unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    let mut faults = Some(Vec::new());
    for node in nodes {
        let targets = read_targets(node, backends, diagnostics);
        let times = read_times(node, diagnostics);
        let fault = targets.zip(times).and_then(|((whom, targets), times)| {
            let word = node.get("kind")?.text()?;
            let name = format!("{word}/{whom}");
            // Faults of one kind on one thing are numbered, so that others do not shift their draws.
            let number = names.iter().filter(|other| **other == name).count();
            let kind = read_kind(node, word)?;
            let fault = FaultSpec { name: format!("{name}/{number}").into(), targets, kind, times };
            names.push(name);
            Some(fault)
        });
        match (&mut faults, fault) {
            (Some(all), Some(fault)) => all.push(fault),
            (all, _) => *all = None,
        }
    }
    faults
}

/// A region as it is compared: letters and digits only.
pub(super) fn squeezed(region: &str) -> String {
    region.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

/// The backends that a fault is about, and what to call them.
fn read_targets(
    node: &Node,
    backends: &[Described<'_>],
    diagnostics: &mut Diagnostics,
) -> Option<(String, Vec<BackendId>)> {
    let ids = || backends.iter().zip(0_u16..).map(|(described, id)| (described, BackendId(id)));
    let region_of = |described: &Described<'_>| -> String {
        described.entry.get("region").and_then(Node::text).map(squeezed).unwrap_or_default()
    };
    match (node.get("backend"), node.get("region")) {
        (Some(given), None) => {
            let name = given.text()?;
            if let Some((described, id)) = ids().find(|(d, _)| d.entity.name.eq_ignore_ascii_case(name)) {
                return Some((described.entity.name.to_lowercase(), vec![id]));
            }
            let known = || backends.iter().map(|described| &*described.entity.name);
            let message = format!("no backend of the run is called `{}`", shorten(name));
            let mut diagnostic = Diagnostic::error("unknown-backend", given.mark(), message)
                .label("expected a backend id of the run")
                .note(format!("backends of the run: {}", list(known())));
            diagnostic.help = did_you_mean(name, known());
            diagnostics.push(diagnostic);
            None
        }
        (None, Some(given)) => {
            let region = squeezed(given.text()?);
            let targets: Vec<BackendId> =
                ids().filter(|(described, _)| region_of(described) == region).map(|(_, id)| id).collect();
            if !targets.is_empty() {
                return Some((format!("region {region}"), targets));
            }
            let known = || backends.iter().filter_map(|described| described.entry.get("region")?.text());
            let message = format!("no backend of the run is in region `{}`", shorten(given.text()?));
            let mut diagnostic = Diagnostic::error("unknown-region", given.mark(), message)
                .label("expected the `region` of a backend")
                .note(format!("regions of the run: {}", list(known())));
            diagnostic.help = did_you_mean(given.text()?, known());
            diagnostics.push(diagnostic);
            None
        }
        (Some(_), Some(second)) => {
            diagnostics.push(
                Diagnostic::error("fault-target", second.mark(), "both `backend` and `region` are given")
                    .label("expected one of the two"),
            );
            None
        }
        (None, None) => {
            diagnostics.push(
                Diagnostic::error("fault-target", node.mark(), "the fault has no `backend` and no `region`")
                    .label("expected one of the two"),
            );
            None
        }
    }
}

fn read_times(node: &Node, diagnostics: &mut Diagnostics) -> Option<FaultTimes> {
    let time = |name: &str| node.get(name).and_then(Node::time);
    let from = Timestamp::ZERO.saturating_add(time("from").unwrap_or(Duration::ZERO));
    let until = time("for").map_or(Timestamp::MAX, |length| from.saturating_add(length));
    match (node.get("mtbf"), node.get("mttr")) {
        (Some(mtbf), Some(mttr)) => {
            Some(FaultTimes::Random { from, until, mtbf: mtbf.time()?, mttr: mttr.time()? })
        }
        (None, None) => Some(FaultTimes::Window { from, until }),
        (Some(alone), None) | (None, Some(alone)) => {
            let missing = if node.get("mtbf").is_some() { "mttr" } else { "mtbf" };
            diagnostics.push(
                Diagnostic::error("fault-times", alone.mark(), format!("the fault has no `{missing}`"))
                    .label("expected both `mtbf` and `mttr`, or neither"),
            );
            None
        }
    }
}

fn read_kind(node: &Node, word: &str) -> Option<FaultKind> {
    let number = |name: &str| node.get(name).and_then(Node::number);
    let always = |status: u16, body: String| {
        let answer = ScriptedAnswer {
            status: StatusCode::new(status)?,
            headers: Arc::from([]),
            body: Some(Text::from(body)),
        };
        Some(FaultKind::Answer { answer, share: 1.0, times: None })
    };
    let loss = || Loss {
        how: match node.get("how").and_then(Node::text) {
            Some("dns") => LossKind::Dns,
            Some("reset") => LossKind::Reset,
            _ => LossKind::Refused,
        },
        after: node.get("after").and_then(Node::time),
    };
    match word {
        "outage" => Some(FaultKind::Outage(loss())),
        "flapping" => {
            let period = node.get("period")?.time()?;
            let down = whole(period.as_nanos() as f64 * number("share").unwrap_or(0.5));
            Some(FaultKind::Flapping { loss: loss(), period, down: Duration::from_nanos(down).min(period) })
        }
        "black-hole" => Some(FaultKind::BlackHole),
        "slow" => Some(FaultKind::Slow { factor: number("factor")? }),
        "capacity" => Some(FaultKind::Capacity { factor: number("factor")? }),
        "partial" => Some(FaultKind::Partial { after_tokens: node.get("afterTokens")?.integer()? }),
        "auth_401" => always(401, missing_role_body()),
        "deployment_not_found" => always(404, deployment_not_found_body()),
        "errors" | "answer" => {
            let status = match node.get("status") {
                Some(status) => u16::try_from(status.integer()?).ok()?,
                None => 500,
            };
            let headers = node.get("headers").into_iter().flat_map(entries).map(|member| {
                let value = match member.value.text() {
                    Some(text) => HeaderValue::Text(Text::from(text.to_owned())),
                    None => HeaderValue::Number(member.value.integer()?),
                };
                Some(Header { name: Text::from(member.name.clone()), value })
            });
            let answer = ScriptedAnswer {
                status: StatusCode::new(status)?,
                headers: headers.collect::<Option<_>>()?,
                body: node.get("body").and_then(Node::text).map(|text| Text::from(text.to_owned())),
            };
            let times = node.get("times").and_then(Node::integer);
            Some(FaultKind::Answer { answer, share: number("share").unwrap_or(1.0), times })
        }
        _ => None,
    }
}

/// The checked `overload` of a backend.
pub(super) fn read_overload(entry: &Node, assumptions: &mut Assumptions) -> Option<OverloadSpec> {
    let node = entry.get("overload")?;
    let time = |name: &str| node.get(name).and_then(Node::time);
    let duration = time("duration").unwrap_or_else(|| {
        let value = OverloadSpec::DEFAULT_DURATION;
        let source = "nothing is published about how long high demand lasts";
        assumptions.add(Assumption::new("mean length of an overload", value.to_string(), source, 2));
        value
    });
    Some(OverloadSpec {
        mtbf: time("mtbf")?,
        duration,
        retry_after: time("retryAfter").unwrap_or(OverloadSpec::DEFAULT_RETRY_AFTER),
        probability: node.get("probability").and_then(Node::number).unwrap_or(1.0),
    })
}

/// The checked `quota` of a backend: changes in order of time.
pub(super) fn read_quota(
    entry: &Node,
    is_provisioned: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<QuotaStep>> {
    let mut steps: Vec<QuotaStep> = Vec::new();
    for node in entry.get("quota").and_then(Node::elements).unwrap_or_default() {
        let at = node.get("at")?.time()?;
        if steps.last().is_some_and(|before| before.at >= at) {
            let place = node.get("at")?.mark();
            diagnostics.push(
                Diagnostic::error("quota-order", place, "the change comes no later than the one before it")
                    .label("expected changes in order of time"),
            );
            return None;
        }
        let given = node.get("tpm").or_else(|| node.get("rpm"));
        if let Some(given) = given.filter(|_| is_provisioned) {
            diagnostics.push(
                Diagnostic::error(
                    "quota-of-units",
                    given.mark(),
                    "provisioned units have no tokens per minute",
                )
                .label("expected `factor`"),
            );
            return None;
        }
        let number = |name: &str| node.get(name).and_then(Node::integer);
        steps.push(QuotaStep {
            at,
            tpm: number("tpm").map(TokensPerMinute),
            rpm: number("rpm").map(RequestsPerMinute),
            factor: node.get("factor").and_then(Node::number).unwrap_or(1.0),
        });
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{load, load_with, walkthrough};
    use crate::config::{Overrides, Scenario};

    /// The faults of the base, or each problem with the text that it marks.
    fn read(faults: &str) -> Result<Vec<FaultSpec>, Vec<String>> {
        let text = format!("\"faults\": {faults}, \"traffic\": {{");
        let files = walkthrough().replace("scenario.json", "\"traffic\": {", &text);
        let found = load(&files).map(|scenario| scenario.base.plan.faults.clone());
        found.map_err(|problems| problems.into_iter().map(|p| format!("{} {}", p.0, p.4)).collect())
    }

    fn from_arguments(faults: &[&str], answers: &[&str]) -> Result<Scenario, Vec<String>> {
        let text = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let overrides = Overrides { faults: text(faults), answers: text(answers), ..Overrides::default() };
        let (scenario, problems) = load_with(&walkthrough(), &overrides);
        scenario.ok_or(problems.into_iter().map(|p| format!("{} {}", p.0, p.4)).collect())
    }

    #[test]
    fn regions_are_found_however_they_are_written() {
        for region in ["East US", "eastus", "east-us", "EASTUS"] {
            let faults = read(&format!(r#"[{{ "region": "{region}", "kind": "black-hole" }}]"#)).unwrap();
            assert_eq!(faults[0].targets, [BackendId(0)], "{region}");
            assert_eq!(&*faults[0].name, "black-hole/region eastus/0");
        }
    }

    #[test]
    fn the_command_line_says_the_same_as_the_file() {
        for (fault, json) in [
            (
                "eastus:outage@10m+20m",
                r#"{ "region": "East US", "kind": "outage", "from": "10m", "for": "20m" }"#,
            ),
            ("West:slow,factor=4", r#"{ "backend": "openai-westus", "kind": "slow", "factor": 4 }"#),
            (
                "OPENAI-eastus:flapping,period=1m,share=0.25,how=dns@10m",
                r#"{ "backend": "openai-eastus", "kind": "flapping", "period": "1m", "share": 0.25, "how": "dns", "from": "10m" }"#,
            ),
            (
                "sweden:outage,mtbf=1h,mttr=2m@0s+5h",
                r#"{ "backend": "openai-swedencentral", "kind": "outage", "mtbf": "1h", "mttr": "2m", "for": "5h" }"#,
            ),
        ] {
            let scenario = from_arguments(&[fault], &[]).unwrap();
            let expected = read(&format!("[{json}]")).unwrap();
            assert_eq!(scenario.base.plan.faults, expected, "{fault}");
            for variant in &scenario.variants {
                assert_eq!(variant.plan.faults, expected, "once in each variant");
            }
        }
        let answer = from_arguments(&[], &["eastus@60s=429,retry-after=86400"]).unwrap().base.plan.faults;
        let json = r#"[{ "region": "East US", "kind": "answer", "from": "60s", "status": 429,
            "headers": { "retry-after": "86400" }, "times": 1 }]"#;
        assert_eq!(answer, read(json).unwrap());
        let long = from_arguments(&[], &["westus@60s+10s=503"]).unwrap().base.plan.faults;
        assert!(matches!(long[0].kind, FaultKind::Answer { times: None, .. }), "{long:?}");
    }

    #[test]
    fn arguments_that_say_nothing_are_told() {
        for (fault, expected) in [
            ("eastus", "fault-argument eastus"),
            (":outage", "fault-argument :outage"),
            ("eastus:slow,factor", "fault-argument eastus:slow,factor"),
            ("eastus:slow,factor=1,factor=2", "fault-argument eastus:slow,factor=1,factor=2"),
            ("nowhere:outage", "fault-target nowhere"),
            ("us:outage", "fault-target us"),
            ("eastus:outage@", "bad-duration "),
            ("eastus:outage@1m+0s", "out-of-range 0s"),
            ("eastus:slow,factor=0.5", "out-of-range 0.5"),
            ("eastus:slow@1m", "missing-field e"),
            ("eastus:outage,mtbf=1h", "fault-times 1h"),
            ("eastus:outage,hwo=dns", "unknown-field hwo"),
            ("eastus:outrage", "unknown-value outrage"),
        ] {
            assert_eq!(from_arguments(&[fault], &[]).unwrap_err(), [expected], "{fault}");
        }
        for (answer, expected) in [
            ("eastus=429", "fault-argument eastus=429"),
            ("eastus@60s", "fault-argument eastus@60s"),
            ("eastus@60s=429,x", "fault-argument eastus@60s=429,x"),
            ("eastus@60s=42", "out-of-range 42"),
        ] {
            assert_eq!(from_arguments(&[], &[answer]).unwrap_err(), [expected], "{answer}");
        }
    }

    #[test]
    fn problems_of_the_file_are_told() {
        for (fault, expected) in [
            (r#"{ "kind": "outage" }"#, "fault-target {"),
            (
                r#"{ "kind": "outage", "backend": "openai-eastus", "region": "East US" }"#,
                "fault-target \"East US\"",
            ),
            (r#"{ "kind": "outage", "backend": "openai-east" }"#, "unknown-backend \"openai-east\""),
            (r#"{ "kind": "outage", "region": "Mars" }"#, "unknown-region \"Mars\""),
            (r#"{ "backend": "openai-eastus" }"#, "missing-field {"),
            (r#"{ "kind": "outage", "backend": "openai-eastus", "mttr": "1m" }"#, "fault-times \"1m\""),
            (r#"{ "kind": "errors", "backend": "openai-eastus", "share": 1.5 }"#, "out-of-range 1.5"),
            (r#"{ "kind": "answer", "backend": "openai-eastus", "status": 200 }"#, "out-of-range 200"),
            (r#"{ "kind": "slow", "backend": "openai-eastus", "factor": 1e999 }"#, "wrong-type 1e999"),
        ] {
            assert_eq!(read(&format!("[{fault}]")).unwrap_err(), [expected], "{fault}");
        }
    }

    #[test]
    fn changes_of_quota_come_in_order() {
        let read = |backend: &str, quota: &str| {
            let text = format!("\"openai-eastus\": {{ \"quota\": {quota},");
            let files = walkthrough().replace("scenario.json", "\"openai-eastus\": {", &text);
            let files = files.replace("scenario.json", "\"standard\": { \"tpm\": 8000 }", backend);
            load(&files).map(|_| ()).map_err(|problems| format!("{} {}", problems[0].0, problems[0].4))
        };
        let standard = "\"standard\": { \"tpm\": 8000 }";
        assert_eq!(read(standard, r#"[{ "at": "1m", "tpm": 1 }, { "at": "2m" }]"#), Ok(()));
        let late = read(standard, r#"[{ "at": "2m" }, { "at": "2m", "factor": 0.5 }]"#);
        assert_eq!(late, Err("quota-order \"2m\"".to_owned()));
        let units = "\"provisioned\": { \"ptu\": 50 }";
        assert_eq!(read(units, r#"[{ "at": "1m", "factor": 0.5 }]"#), Ok(()));
        assert_eq!(read(units, r#"[{ "at": "1m", "tpm": 5 }]"#), Err("quota-of-units 5".to_owned()));
    }
}
