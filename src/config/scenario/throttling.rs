//! `throttling` of a backend: which headers of its answers tell about its limits.

use std::sync::Arc;

use super::super::check::Dialect;
use super::super::json::Node;
use super::super::shape::{Field, Kind, Shape};
use crate::backend::{HeaderUse, RetryAfterForm, Throttling};
use crate::diagnostics::{Diagnostic, Diagnostics};

const USES: Kind = Kind::Choice(&["never", "on-success", "on-429", "always"]);

pub(crate) static THROTTLING: Shape = Shape {
    name: "throttling",
    what: "a throttling",
    fields: &[
        Field::optional(
            "retryAfter",
            Kind::Choice(&["both", "seconds", "milliseconds", "http-date", "absent"]),
            "How a 429 tells the wait: Retry-After (seconds, or a date), retry-after-ms, or both; default both.",
        ),
        Field::optional(
            "fixed",
            Kind::Characters,
            "Text of Retry-After whatever the wait is, such as `0`, `-1`, `86400` or `soon`; instead of retryAfter.",
        ),
        Field::optional(
            "remaining",
            USES,
            "Which answers tell the room left; default on-success, of provisioned deployments always.",
        ),
        Field::optional("limits", USES, "Which answers tell x-ratelimit-limit-...; default never."),
        Field::optional("reset", Kind::Flag, "Whether a 429 has x-ratelimit-reset-...; default false."),
    ],
};

/// The checked `throttling` of a backend, over `default`.
pub(super) fn read_throttling(
    entry: &Node,
    default: Throttling,
    diagnostics: &mut Diagnostics,
) -> Option<Throttling> {
    let Some(node) = entry.get("throttling") else { return Some(default) };
    let header_use = |name: &str, default: HeaderUse| match node.get(name).and_then(Node::text) {
        Some("never") => HeaderUse::Never,
        Some("on-success") => HeaderUse::OnSuccess,
        Some("on-429") => HeaderUse::OnRefusal,
        Some("always") => HeaderUse::Always,
        _ => default,
    };
    let form = node.get("retryAfter").and_then(Node::text);
    let retry_after = match (form, node.get("fixed")) {
        (Some(_), Some(fixed)) => {
            diagnostics.push(
                Diagnostic::error("retry-after", fixed.mark(), "both `retryAfter` and `fixed` are given")
                    .label("expected one of the two"),
            );
            return None;
        }
        (None, Some(fixed)) => {
            let text = fixed.text()?;
            if text.chars().any(char::is_control) {
                diagnostics.push(
                    Diagnostic::error("retry-after", fixed.mark(), "`fixed` cannot be the value of a header")
                        .label("expected text of one line"),
                );
                return None;
            }
            RetryAfterForm::Fixed(Arc::from(text))
        }
        (Some("seconds"), None) => RetryAfterForm::Seconds,
        (Some("milliseconds"), None) => RetryAfterForm::Milliseconds,
        (Some("http-date"), None) => RetryAfterForm::HttpDate,
        (Some("absent"), None) => RetryAfterForm::Absent,
        (Some(_) | None, None) => default.retry_after,
    };
    Some(Throttling {
        retry_after,
        remaining: header_use("remaining", default.remaining),
        limits: header_use("limits", default.limits),
        reset: node.get("reset").and_then(|flag| flag.flag(Dialect::Scenario)).unwrap_or(default.reset),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{load, walkthrough};

    fn read(throttling: &str) -> Result<Throttling, String> {
        let given = format!("\"openai-eastus\": {{ \"throttling\": {throttling}, ");
        let files = walkthrough().replace("scenario.json", "\"openai-eastus\": { ", &given);
        let found = load(&files).map(|scenario| scenario.base.plan.targets[0].deployment.throttling.clone());
        found.map_err(|problems| format!("{} {}", problems[0].0, problems[0].4))
    }

    #[test]
    fn every_form_can_be_asked_for() {
        let usual = Throttling::STANDARD;
        for (text, expected) in [
            ("{}", usual.clone()),
            (r#"{ "retryAfter": "both" }"#, usual.clone()),
            (
                r#"{ "retryAfter": "absent", "reset": true }"#,
                Throttling { retry_after: RetryAfterForm::Absent, reset: true, ..usual.clone() },
            ),
            (
                r#"{ "fixed": "-1" }"#,
                Throttling { retry_after: RetryAfterForm::Fixed("-1".into()), ..usual.clone() },
            ),
            (
                r#"{ "fixed": "" }"#,
                Throttling { retry_after: RetryAfterForm::Fixed("".into()), ..usual.clone() },
            ),
            (
                r#"{ "remaining": "never", "limits": "on-429" }"#,
                Throttling { remaining: HeaderUse::Never, limits: HeaderUse::OnRefusal, ..usual },
            ),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_told() {
        for (text, expected) in [
            (r#"{ "retryAfter": "seconds", "fixed": "5" }"#, "retry-after \"5\""),
            (r#"{ "fixed": "5\r\nX: y" }"#, "retry-after \"5\\r\\nX: y\""),
            (r#"{ "retryAfter": "date" }"#, "unknown-value \"date\""),
            (r#"{ "fixed": 5 }"#, "wrong-type 5"),
            (r#"{ "limit": "always" }"#, "unknown-field \"limit\""),
        ] {
            assert_eq!(read(text), Err(expected.to_owned()), "{text}");
        }
    }
}
