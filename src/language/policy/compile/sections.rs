//! The document, its sections, and the policies in them.

use super::known::{Known, look_up};
use super::{Compiler, Siblings};
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::scan::Element;
use crate::policy::{Op, Section};
use crate::units::Duration;

pub(super) const SECTIONS: [Section; 4] =
    [Section::Inbound, Section::Backend, Section::Outbound, Section::OnError];

/// Time that forward-request waits for headers by default (policy reference, 2023-10-19).
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

impl Compiler<'_> {
    /// The policies inside `parent`.
    pub(super) fn policies(&mut self, parent: &Element, path: &str) {
        self.check_no_text(parent);
        self.all(&parent.children, path);
    }

    /// These policies, one after the other.
    pub(super) fn all(&mut self, policies: &[Element], path: &str) {
        let mut siblings = Siblings::of(path);
        for child in policies {
            if self.is_full() {
                return;
            }
            let path = siblings.path(&child.name);
            self.policy(child, &path);
        }
    }

    fn policy(&mut self, element: &Element, path: &str) {
        let name = element.name.as_str();
        match look_up(name, self.section) {
            Known::Here => {}
            Known::Tolerated(_) | Known::Elsewhere(_) if self.is_loose => {}
            Known::Tolerated(sections) => {
                let message =
                    format!("`{name}` is documented for other sections than {}", self.section.name());
                let label = format!("documented for {}", sections.join(", "));
                self.report(Diagnostic::warning("misplaced-policy", element.name_span, message).label(label));
            }
            Known::Elsewhere(sections) => {
                let message = format!("`{name}` is not allowed in {}", self.section.name());
                let label = format!("allowed in {}", sections.join(", "));
                self.error("misplaced-policy", element.name_span, message, label);
                return;
            }
            Known::Unsupported => {
                self.report(unsupported(element.name_span, &format!("policy `{name}`")));
                self.emit(Op::Unsupported, element, path);
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
            "base" => self.base(element),
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
            "include-fragment" => self.include_fragment(element, path),
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
            _ => {
                let is_read =
                    self.transform(element, path) || self.guard(element, path) || self.record(element, path);
                if !is_read {
                    self.report(unsupported(element.name_span, &format!("policy `{name}`")));
                }
            }
        }
    }
}

/// Something the service has and a run would need.
pub(super) fn unsupported(span: Span, what: &str) -> Diagnostic {
    Diagnostic::warning("unsupported-policy", span, format!("{what} is not simulated"))
        .label("a request that gets here ends in an error")
        .help("remove it from the copy that is simulated if it does not matter for routing")
}
