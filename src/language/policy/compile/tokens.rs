//! llm-token-limit and azure-openai-token-limit.
//!
//! Rules (llm-token-limit page, 2026-04-01): a rate, a quota with its period, or both. A missing
//! `estimate-prompt-tokens` is a warning and reads as false: it is required, and published policies leave it
//! out.

use super::Compiler;
use crate::diagnostics::Diagnostic;
use crate::policy::scan::Element;
use crate::policy::{Limit, Operand, Text, TokenLimit, TokenPeriod};

const ATTRIBUTES: &[&str] = &[
    "counter-key",
    "tokens-per-minute",
    "token-quota",
    "token-quota-period",
    "estimate-prompt-tokens",
    "retry-after-header-name",
    "retry-after-variable-name",
    "remaining-tokens-header-name",
    "remaining-tokens-variable-name",
    "remaining-quota-tokens-header-name",
    "remaining-quota-tokens-variable-name",
    "tokens-consumed-header-name",
    "tokens-consumed-variable-name",
];

impl Compiler<'_> {
    pub(super) fn token_limit(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, ATTRIBUTES, &[]);
        self.check_empty(element);
        let key = self.required(element, "counter-key").and_then(|a| self.name_operand(a));
        let per_minute = match element.attribute("tokens-per-minute") {
            None => Some(None),
            Some(attribute) => self.count_operand(attribute, 1, u32::MAX).map(Some),
        };
        let quota = self.token_quota(element);
        if matches!((&per_minute, &quota), (Some(None), Some(None))) && !element.damaged {
            let message = format!("`{}` needs `tokens-per-minute` or `token-quota`", element.name);
            let label = "expected one of them, or both, in this tag";
            self.error("missing-attribute", element.name_span, message, label);
        }
        let estimate_prompt = if let Some(attribute) = element.attribute("estimate-prompt-tokens") {
            self.literal_bool(attribute)
        } else {
            if !element.damaged {
                let message = format!("`{}` does not say `estimate-prompt-tokens`", element.name);
                self.report(
                    Diagnostic::warning("missing-attribute", element.name_span, message)
                        .label("required; read as `false`"),
                );
            }
            Some(false)
        };
        let retry_after = self.tell(element, "retry-after", Some(Text::Static("Retry-After")));
        let remaining = self.tell(element, "remaining-tokens", None);
        let remaining_quota = self.tell(element, "remaining-quota-tokens", None);
        let consumed = self.tell(element, "tokens-consumed", None);
        let (
            Some(key),
            Some(per_minute),
            Some(quota),
            Some(estimate_prompt),
            Some(retry_after),
            Some(remaining),
            Some(remaining_quota),
            Some(consumed),
        ) = (key, per_minute, quota, estimate_prompt, retry_after, remaining, remaining_quota, consumed)
        else {
            return;
        };
        let limit = TokenLimit {
            key,
            per_minute,
            quota,
            estimate_prompt,
            retry_after,
            remaining,
            remaining_quota,
            consumed,
        };
        self.emit_limit(Limit::Tokens(limit), element, path);
    }

    #[expect(
        clippy::option_option,
        reason = "outside: whether it could be read, inside: whether it is there"
    )]
    fn token_quota(&mut self, element: &Element) -> Option<Option<(Operand<u32>, Operand<Text>)>> {
        let (quota, period) =
            match (element.attribute("token-quota"), element.attribute("token-quota-period")) {
                (None, None) => return Some(None),
                (Some(quota), Some(period)) => (quota, period),
                (Some(given), None) | (None, Some(given)) => {
                    let missing =
                        if given.name == "token-quota" { "token-quota-period" } else { "token-quota" };
                    let message = format!("`{}` stands without `{missing}`", given.name);
                    let label = format!("expected `{missing}=\"...\"` in this tag too");
                    self.error("missing-attribute", given.name_span, message, label);
                    return None;
                }
            };
        let tokens = self.count_operand(quota, 1, u32::MAX);
        let unit = self.text_operand(&period.value, &period.name);
        if let Some(Operand::Literal(text)) = &unit
            && TokenPeriod::named(text).is_none()
        {
            self.bad_value(period, "`Hourly`, `Daily`, `Weekly`, `Monthly` or `Yearly`");
            return None;
        }
        Some(Some((tokens?, unit?)))
    }
}
