//! Policies that send the request: set-backend-service, forward-request, retry.

use super::sections::{DEFAULT_TIMEOUT, unsupported};
use super::{Compiler, MAX_RETRY_DEPTH};
use crate::diagnostics::Diagnostic;
use crate::policy::scan::Element;
use crate::policy::{ForwardRequest, Op, Operand, Pc, Retry, SetBackend, Text};
use crate::units::Duration;

const BACKEND_ATTRIBUTES: &[&str] = &["backend-id", "base-url"];
const BACKEND_LATER: &[&str] = &[
    "dapr-app-id",
    "dapr-method",
    "dapr-namespace",
    "sf-listener-name",
    "sf-partition-key",
    "sf-replica-type",
    "sf-resolve-condition",
    "sf-service-instance-name",
];
const FORWARD_ATTRIBUTES: &[&str] = &[
    "buffer-request-body",
    "buffer-response",
    "fail-on-error-status-code",
    "follow-redirects",
    "http-version",
    "timeout",
    "timeout-ms",
];
const RETRY_ATTRIBUTES: &[&str] =
    &["condition", "count", "delta", "first-fast-retry", "interval", "max-interval"];
/// Retries that the service allows (policy reference).
const MAX_RETRIES: u32 = 50;

impl Compiler<'_> {
    pub(super) fn set_backend_service(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, BACKEND_ATTRIBUTES, BACKEND_LATER);
        self.check_empty(element);
        let later = element.attributes.iter().any(|a| BACKEND_LATER.contains(&a.name.as_str()));
        let target = match (element.attribute("backend-id"), element.attribute("base-url")) {
            (Some(id), None) => {
                let operand = self.name_operand(id);
                if let Some(Operand::Literal(name)) = &operand {
                    let trimmed = Text::from(name.trim().to_owned());
                    self.backend_references.push((trimmed.clone(), id.value.span));
                    Some(SetBackend::Id(Operand::Literal(trimmed)))
                } else {
                    operand.map(SetBackend::Id)
                }
            }
            (None, Some(url)) => {
                let operand = self.name_operand(url);
                if let Some(Operand::Literal(text)) = &operand
                    && text.trim().ends_with('/')
                {
                    self.report(
                        Diagnostic::warning("trailing-slash", url.value.span, "`base-url` ends in `/`")
                            .label("the path is appended with its own `/`"),
                    );
                }
                operand.map(SetBackend::Url)
            }
            (Some(_), Some(url)) => {
                self.objection(
                    "conflicting-attributes",
                    url.name_span,
                    "`set-backend-service` has both `backend-id` and `base-url`",
                    "expected only one of them",
                );
                None
            }
            (None, None) if later || element.damaged => None,
            (None, None) => {
                self.objection(
                    "missing-attribute",
                    element.name_span,
                    "`set-backend-service` needs `backend-id` or `base-url`",
                    "expected one of them in this tag",
                );
                None
            }
        };
        if let Some(target) = target {
            self.emit(Op::SetBackendService(target), element, path);
        }
    }

    pub(super) fn forward_request(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, FORWARD_ATTRIBUTES, &["continue-timeout"]);
        self.check_empty(element);
        if let Some(version) = element.attribute("http-version")
            && let Some(text) = self.literal_only(version)
            && !matches!(text.trim(), "1" | "2or1" | "2")
        {
            self.bad_value(version, "`1`, `2or1` or `2`");
        }
        if let Some(follow) = element.attribute("follow-redirects") {
            if follow.value.is_expression || follow.value.text.trim().eq_ignore_ascii_case("true") {
                self.report(unsupported(follow.name_span, "following redirects (`follow-redirects`)"));
            } else {
                self.literal_bool(follow);
            }
        }
        let timeout = self.timeout(element);
        let flag = |compiler: &mut Self, name, default| {
            element.attribute(name).map_or(Some(default), |attribute| compiler.literal_bool(attribute))
        };
        let buffer_request_body = flag(self, "buffer-request-body", false);
        let buffer_response = flag(self, "buffer-response", true);
        let fail = flag(self, "fail-on-error-status-code", false);
        if let (Some(timeout), Some(buffer_request_body), Some(buffer_response), Some(fail)) =
            (timeout, buffer_request_body, buffer_response, fail)
        {
            let forward = ForwardRequest {
                timeout,
                buffer_request_body,
                buffer_response,
                fail_on_error_status_code: Operand::Literal(fail),
            };
            self.emit(Op::ForwardRequest(Box::new(forward)), element, path);
        }
        self.responded = true;
    }

    fn timeout(&mut self, element: &Element) -> Option<Operand<Duration>> {
        match (element.attribute("timeout"), element.attribute("timeout-ms")) {
            (None, None) => Some(Operand::Literal(DEFAULT_TIMEOUT)),
            (Some(timeout), None) => self.seconds_operand(timeout),
            (None, Some(timeout)) => self.milliseconds_operand(timeout),
            (Some(_), Some(timeout)) => {
                self.objection(
                    "conflicting-attributes",
                    timeout.name_span,
                    "`forward-request` has both `timeout` and `timeout-ms`",
                    "expected only one of them",
                );
                None
            }
        }
    }

    pub(super) fn retry(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, RETRY_ATTRIBUTES, &[]);
        // Evaluated after the children.
        self.is_late = true;
        let condition = self.required(element, "condition").and_then(|a| self.bool_operand(a));
        self.is_late = false;
        let count = self.required(element, "count").and_then(|a| self.count_operand(a, 1, MAX_RETRIES));
        let interval = self.expected(element, "interval").and_then(|a| self.seconds_operand(a));
        let optional = |compiler: &mut Self, name| match element.attribute(name) {
            None => Some(None),
            Some(attribute) => compiler.seconds_operand(attribute).map(Some),
        };
        let max_interval = optional(self, "max-interval");
        let delta = optional(self, "delta");
        let first_fast_retry = match element.attribute("first-fast-retry") {
            None => Some(Operand::Literal(false)),
            Some(attribute) => self.bool_operand(attribute),
        };
        if let Some(condition) = &condition {
            self.tell_constant(element, condition);
        }
        let asked_after = match &condition {
            Some(Operand::Expression(condition)) => Some(condition.clone()),
            _ => None,
        };
        self.retries = self.retries.saturating_add(1);
        if self.retries > MAX_RETRY_DEPTH {
            let message = "retries are nested too deeply";
            let label = format!("expected at most {MAX_RETRY_DEPTH} levels");
            self.error("document-too-deep", element.name_span, message, label);
        }
        let start = match (condition, count, interval, max_interval, delta, first_fast_retry) {
            (
                Some(condition),
                Some(count),
                Some(interval),
                Some(max_interval),
                Some(delta),
                Some(first_fast_retry),
            ) => {
                let end = Pc(0);
                let retry = Retry { condition, count, interval, max_interval, delta, first_fast_retry, end };
                Some(self.emit(Op::Retry(Box::new(retry)), element, path))
            }
            _ => None,
        };
        if element.children.is_empty() {
            let message = "`retry` is empty";
            self.objection("missing-element", element.name_span, message, "expected policies inside");
        }
        self.policies(element, path);
        if let Some(condition) = asked_after {
            self.tell_early_response(&condition);
        }
        self.retries = self.retries.saturating_sub(1);
        if let Some(start) = start {
            self.emit(Op::RetryEnd(start), element, path);
            self.patch(start);
        }
    }
}
