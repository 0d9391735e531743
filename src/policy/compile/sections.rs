//! The document, its sections, and the policies in them.

use super::known::{Known, look_up};
use super::{Compiler, Siblings, Starts};
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::expr::closest;
use crate::policy::scan::Element;
use crate::policy::{ForwardRequest, Op, Operand, Place, Section, Text};
use crate::units::Duration;

const SECTIONS: [Section; 4] = [Section::Inbound, Section::Backend, Section::Outbound, Section::OnError];

/// Time that forward-request waits for headers by default (policy reference, 2023-10-19).
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

impl Compiler<'_> {
    /// Compiles the top elements. `malformed`: not all of them may be there.
    pub(super) fn read(&mut self, elements: &[Element], start: Span, malformed: bool) -> Starts {
        let root = elements.iter().find(|e| e.name == "policies");
        for element in elements {
            if element.name != "policies" {
                let message = format!("`{}` cannot be the root of a policy document", element.name);
                let diagnostic = Diagnostic::error("unexpected-element", element.name_span, message)
                    .label("expected `policies`");
                let diagnostic = match element.name.as_str() {
                    "fragment" => diagnostic.note("fragments are not read yet: run needs the whole policy"),
                    _ => diagnostic,
                };
                self.report(diagnostic);
            } else if !root.is_some_and(|root| std::ptr::eq(root, element)) {
                self.error(
                    "duplicate-element",
                    element.name_span,
                    "a second `policies`",
                    "expected one root",
                );
            }
        }
        if elements.is_empty() && !malformed {
            self.error("empty-document", start, "this policy document is empty", "expected `<policies>`");
        }
        if let Some(root) = root {
            self.root(root);
        }
        SECTIONS.map(|section| {
            let at = self.here();
            self.section(section, root);
            at
        })
    }

    fn root(&mut self, root: &Element) {
        self.check_attributes(root, &[], &[]);
        self.check_no_text(root);
        let mut seen: Vec<&str> = Vec::new();
        for child in &root.children {
            let name = child.name.as_str();
            if seen.contains(&name) {
                let message = format!("a second `{name}` section");
                self.error("duplicate-element", child.name_span, message, "expected each section once");
            } else if SECTIONS.iter().any(|section| section.name() == name) {
                seen.push(name);
            } else {
                let mut diagnostic = Diagnostic::error(
                    "unexpected-element",
                    child.name_span,
                    format!("`{name}` is not a section of a policy document"),
                )
                .label("expected `inbound`, `backend`, `outbound` or `on-error`");
                if let Some(close) = closest(name, SECTIONS.map(Section::name)) {
                    diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
                } else if !matches!(look_up(name, Section::Inbound), Known::Unknown(_)) {
                    diagnostic = diagnostic.help("policies stand inside of a section");
                }
                self.report(diagnostic);
            }
        }
    }

    fn section(&mut self, section: Section, root: Option<&Element>) {
        self.section = section;
        let element = root.and_then(|root| root.children.iter().find(|e| e.name == section.name()));
        match element {
            Some(element) => {
                self.check_attributes(element, &[], &[]);
                self.policies(element, "");
            }
            None => self.base(),
        }
        let place = Place {
            span: None,
            section,
            path: Text::EMPTY,
            policy: Text::Static(section.name()),
            policy_id: Text::EMPTY,
        };
        self.emit_at(Op::SectionEnd(section), place);
    }

    /// The policies inside `parent`.
    pub(super) fn policies(&mut self, parent: &Element, path: &str) {
        self.check_no_text(parent);
        let mut siblings = Siblings::of(path);
        for child in &parent.children {
            let path = siblings.path(&child.name);
            self.policy(child, &path);
        }
    }

    fn policy(&mut self, element: &Element, path: &str) {
        let name = element.name.as_str();
        match look_up(name, self.section) {
            Known::Here => {}
            Known::Elsewhere(sections) => {
                let message = format!("`{name}` is not allowed in {}", self.section.name());
                let label = format!("allowed in {}", sections.join(", "));
                self.error("misplaced-policy", element.name_span, message, label);
                return;
            }
            Known::Unsupported => {
                self.report(unsupported(element.name_span, &format!("policy `{name}`")));
                return;
            }
            Known::Unknown(close) => {
                let message = format!("unknown policy `{name}`");
                let mut diagnostic = Diagnostic::error("unknown-policy", element.name_span, message)
                    .label("expected the name of a policy");
                if let Some(close) = close {
                    diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
                }
                self.report(diagnostic);
                return;
            }
        }
        match name {
            "base" => {
                self.check_attributes(element, &[], &[]);
                self.check_empty(element);
                self.base();
            }
            "authentication-managed-identity" => self.managed_identity(element, path),
            "limit-concurrency" => self.limit_concurrency(element, path),
            "rate-limit" | "rate-limit-by-key" => self.rate_limit(element, path),
            "quota" | "quota-by-key" => self.quota(element, path),
            "llm-token-limit" | "azure-openai-token-limit" => self.token_limit(element, path),
            "cache-lookup-value" => self.cache_lookup_value(element, path),
            "cache-store-value" => self.cache_store_value(element, path),
            "cache-remove-value" => self.cache_remove_value(element, path),
            "cache-lookup" => self.cache_lookup(element, path),
            "cache-store" => self.cache_store(element, path),
            "llm-semantic-cache-lookup" | "azure-openai-semantic-cache-lookup" => {
                self.semantic_lookup(element, path);
            }
            "llm-semantic-cache-store" | "azure-openai-semantic-cache-store" => {
                self.semantic_store(element, path);
            }
            "send-request" | "send-one-way-request" => self.send_request(element, path, false),
            "wait" => self.wait(element, path),
            "choose" => self.choose(element, path),
            "forward-request" => self.forward_request(element, path),
            "retry" => self.retry(element, path),
            "return-response" => self.return_response(element, path),
            "set-backend-service" => self.set_backend_service(element, path),
            "set-header" => {
                if let Some(header) = self.set_header(element) {
                    self.emit(Op::SetHeader(header), element, path);
                }
            }
            "set-status" => {
                if let Some((code, reason)) = self.set_status(element) {
                    self.emit(Op::SetStatus { code, reason }, element, path);
                }
            }
            "set-variable" => self.set_variable(element, path),
            _ => self.report(unsupported(element.name_span, &format!("policy `{name}`"))),
        }
    }

    /// The policies of the scope around this one.
    fn base(&mut self) {
        if self.section != Section::Backend {
            return;
        }
        let forward = ForwardRequest {
            timeout: Operand::Literal(DEFAULT_TIMEOUT),
            buffer_request_body: false,
            buffer_response: true,
            fail_on_error_status_code: Operand::Literal(false),
        };
        let place = Place {
            span: None,
            section: Section::Backend,
            path: Text::Static("forward-request[1]"),
            policy: Text::Static("forward-request"),
            policy_id: Text::EMPTY,
        };
        self.emit_at(Op::ForwardRequest(Box::new(forward)), place);
    }
}

/// Something the service has and a run would need.
pub(super) fn unsupported(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("unsupported-policy", span, format!("{what} is not simulated yet"))
        .label("run needs it")
        .help("remove it from the copy that is simulated if it does not matter for routing")
}
