//! send-request, send-one-way-request, wait.
//!
//! Rules (policy reference, 2026)
//! - A request that is not a copy needs set-url. It needs set-method too; published policies leave it out, so
//!   that is a warning and reads as GET.
//! - Children of wait are send-request, cache-lookup-value and choose.
//!
//! Deliberately without effect: `proxy` and `authentication-certificate` (no transport is modelled).

use super::sections::unsupported;
use super::{Compiler, Siblings};
use crate::diagnostics::Diagnostic;
use crate::policy::scan::Element;
use crate::policy::{CallPolicy, Credentials, Op, Operand, SendRequest, Text};
use crate::units::Duration;

/// Time that send-request waits by default (send-request page).
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
const CHILDREN: &[&str] = &[
    "set-url",
    "set-method",
    "set-header",
    "set-body",
    "authentication-managed-identity",
    "authentication-basic",
    "authentication-certificate",
    "proxy",
];
const WAIT_CHILDREN: &[&str] = &["send-request", "cache-lookup-value", "choose"];

/// What the children of a send-request say.
#[derive(Default)]
struct Parts {
    url: Option<Operand<Text>>,
    method: Option<Operand<Text>>,
    headers: Vec<crate::policy::SetHeader>,
    body: Option<Operand<Text>>,
    credentials: Option<Credentials>,
}

impl Compiler<'_> {
    /// `parallel`: a direct child of wait.
    pub(super) fn send_request(&mut self, element: &Element, path: &str, parallel: bool) {
        let one_way = element.name == "send-one-way-request";
        let known: &[&str] = if one_way {
            &["mode", "timeout"]
        } else {
            &["mode", "response-variable-name", "timeout", "ignore-error"]
        };
        self.check_attributes(element, known, &[]);
        self.check_no_text(element);
        let copy = match element.attribute("mode") {
            None => Some(false),
            Some(attribute) if attribute.value.is_expression => {
                self.report(unsupported(attribute.name_span, "a computed `mode`"));
                None
            }
            Some(attribute) => self.literal(&attribute.value).and_then(|text| match text.trim() {
                "new" => Some(false),
                "copy" => Some(true),
                _ => {
                    self.doubtful_value(attribute, "`new` or `copy`");
                    None
                }
            }),
        };
        let output = if one_way {
            Some(None)
        } else {
            self.expected(element, "response-variable-name").and_then(|a| self.variable_name(a)).map(Some)
        };
        let timeout = match element.attribute("timeout") {
            None => Some(Operand::Literal(DEFAULT_TIMEOUT)),
            Some(attribute) => self.seconds_operand(attribute),
        };
        let ignore_error = match element.attribute("ignore-error") {
            None => Some(Operand::Literal(one_way)),
            Some(attribute) => self.bool_operand(attribute),
        };
        let parts = self.request_parts(element);
        if copy == Some(false) && !element.damaged {
            let has = |name: &str| element.children.iter().any(|child| child.name == name);
            if !has("set-url") {
                let message = format!("`{}` has no `set-url`", element.name);
                self.error("missing-element", element.name_span, message, "expected `<set-url>` inside");
            }
            if !has("set-method") {
                let message = format!("`{}` has no `set-method`", element.name);
                self.report(
                    Diagnostic::warning("missing-element", element.name_span, message)
                        .label("required; read as `GET`"),
                );
            }
        }
        let (Some(copy), Some(output), Some(timeout), Some(ignore_error)) =
            (copy, output, timeout, ignore_error)
        else {
            return;
        };
        let Parts { url, method, headers, body, credentials } = parts;
        let send = SendRequest {
            copy,
            output,
            timeout,
            ignore_error,
            url,
            method,
            headers,
            body,
            credentials,
            parallel,
        };
        self.emit_call(CallPolicy::Send(send), element, path);
    }

    fn request_parts(&mut self, element: &Element) -> Parts {
        let mut parts = Parts::default();
        let mut seen: Vec<&str> = Vec::new();
        for child in &element.children {
            let name = child.name.as_str();
            if seen.contains(&name) && name != "set-header" {
                let message = format!("a second `{name}`");
                self.error("duplicate-element", child.name_span, message, "expected at most one");
            }
            seen.push(name);
            match name {
                "set-url" => parts.url = self.request_text(child),
                "set-method" => parts.method = self.request_text(child),
                "set-header" => parts.headers.extend(self.set_header(child)),
                "set-body" => parts.body = self.set_body(child),
                "authentication-managed-identity" => {
                    parts.credentials =
                        self.identity_parts(child).map(|(resource, client_id, output, ignore_error)| {
                            Credentials::Identity { resource, client_id, output, ignore_error }
                        });
                }
                "authentication-basic" => {
                    self.check_attributes(child, &["username", "password"], &[]);
                    let username =
                        self.required(child, "username").and_then(|a| self.text_operand(&a.value, &a.name));
                    let password =
                        self.required(child, "password").and_then(|a| self.text_operand(&a.value, &a.name));
                    if let (Some(username), Some(password)) = (username, password) {
                        parts.credentials = Some(Credentials::Basic { username, password });
                    }
                }
                "authentication-certificate" => {
                    self.check_attributes(child, &["thumbprint", "certificate-id", "body", "password"], &[]);
                    parts.credentials = Some(Credentials::Certificate);
                }
                "proxy" => self.check_attributes(child, &["url", "username", "password"], &[]),
                _ => self.unexpected_child(element, child, CHILDREN),
            }
        }
        parts
    }

    fn request_text(&mut self, element: &Element) -> Option<Operand<Text>> {
        self.check_attributes(element, &[], &[]);
        for child in &element.children {
            let message = format!("`{}` has no children", element.name);
            self.error("unexpected-element", child.name_span, message, "expected text or an expression");
        }
        let text = self.text_operand(&element.text, &element.name)?;
        let Operand::Literal(text) = text else { return Some(text) };
        let text = text.trim();
        if text.is_empty() {
            let message = format!("`{}` is empty", element.name);
            self.error("missing-element", element.name_span, message, "expected a text inside");
            return None;
        }
        Some(Operand::Literal(Text::from(text.to_owned())))
    }

    pub(super) fn wait(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &["for"], &[]);
        self.check_no_text(element);
        let until = match element.attribute("for") {
            None => Some(Operand::Literal(Text::Static("all"))),
            Some(attribute) => self.text_operand(&attribute.value, &attribute.name),
        };
        if let (Some(Operand::Literal(text)), Some(attribute)) = (&until, element.attribute("for"))
            && !matches!(text.trim(), "all" | "any")
        {
            self.doubtful_value(attribute, "`all` or `any`");
        }
        if element.children.is_empty() {
            let message = "`wait` is empty";
            self.objection("missing-element", element.name_span, message, "expected policies inside");
        }
        let done_at_once = element.children.iter().any(|child| child.name != "send-request");
        if let Some(until) = until {
            self.emit_call(CallPolicy::Wait { until, done_at_once }, element, path);
        }
        let mut siblings = Siblings::of(path);
        for child in &element.children {
            let path = siblings.path(&child.name);
            match child.name.as_str() {
                "send-request" => self.send_request(child, &path, true),
                "cache-lookup-value" => self.cache_lookup_value(child, &path),
                "choose" => self.choose(child, &path),
                _ => self.unexpected_child(element, child, WAIT_CHILDREN),
            }
        }
        self.emit_call(CallPolicy::WaitEnd, element, path);
    }

    fn emit_call(&mut self, policy: CallPolicy, element: &Element, path: &str) {
        self.emit(Op::Call(Box::new(policy)), element, path);
    }
}
