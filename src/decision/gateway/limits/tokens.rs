//! llm-token-limit, azure-openai-token-limit.

use super::book::Book;
use super::calendar::{Window, calendar};
use super::meter::{Meter, Rate};
use super::{Due, Runner, Used};
use crate::gateway::choices::Choices;
use crate::gateway::seeded::{Fault, seeded};
use crate::policy::{LastError, Limit, Op, Pc, Text, TokenLimit, TokenPeriod};
use crate::units::{Duration, StatusCode, Timestamp};

/// The period of `tokens-per-minute`.
const MINUTE: Duration = Duration::from_secs(60);

/// What a token limit still has to count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::gateway) struct TokenDue {
    pub(super) at: Pc,
    pub(super) key: Text,
    pub(super) rate: Option<Rate>,
    pub(super) quota: Option<TokenPeriod>,
    /// What was counted on entry, and when.
    pub(super) counted: u64,
    pub(super) entered: Timestamp,
}

fn minute<'b>(book: &'b mut Book<Text, Meter>, key: &Text, now: Timestamp, rate: Rate) -> &'b mut Meter {
    book.open(key, now, || Meter::new(rate.algorithm), |meter| meter.is_idle(now))
}

fn quota<'b>(book: &'b mut Book<Text, Used>, key: &Text, now: Timestamp, window: Window) -> &'b mut Used {
    let used = book.open(key, now, Used::default, |_| false);
    used.enter(window);
    used
}

impl<C: Choices> Runner<'_, C> {
    pub(super) fn token_limit(&mut self, policy: &TokenLimit) -> Result<(), Box<LastError>> {
        let key = self.eval(&policy.key)?;
        let per_minute = policy.per_minute.as_ref().map(|limit| self.eval(limit)).transpose()?;
        let token_quota = match &policy.quota {
            None => None,
            Some((limit, period)) => {
                let (limit, word) = (self.eval(limit)?, self.eval(period)?);
                let Some(period) = TokenPeriod::named(&word) else {
                    let message = format!("`{word}` is not a token-quota-period");
                    return Err(self.error("ExpressionValueEvaluationFailure", message.into()));
                };
                Some((u64::from(limit), period))
            }
        };
        let estimate = if policy.estimate_prompt { self.exchange.tokens.prompt.unwrap_or(0) } else { 0 };
        let estimate = u64::from(estimate);
        let now = self.now;
        let rate = match per_minute {
            None => None,
            Some(limit) => {
                let algorithm = self.spec.semantics().rate_algorithm(self.choices);
                Some(Rate { limit: limit.into(), period: MINUTE, algorithm })
            }
        };
        if let Some(rate) = rate
            && let Err(wait) =
                minute(&mut self.state.limits.minutes, &key, now, rate).fits(now, rate, estimate.max(1))
            && !seeded(Fault::TokenLimitIgnored)
        {
            self.tell(&policy.remaining, 0);
            return Err(self.refuse(
                StatusCode::TOO_MANY_REQUESTS,
                Some(wait),
                &policy.retry_after,
                "TokenLimitExceeded",
                "Token limit is exceeded".into(),
            ));
        }
        let start = self.spec.start_unix_s();
        if let Some((limit, period)) = token_quota {
            let window = calendar(now, start, period);
            let used = quota(&mut self.state.limits.token_quotas, &quota_key(&key, period), now, window);
            if used.units.saturating_add(estimate.max(1)) > limit && !seeded(Fault::TokenQuotaIgnored) {
                self.tell(&policy.remaining_quota, 0);
                return Err(self.refuse(
                    StatusCode::FORBIDDEN,
                    window.left,
                    &policy.retry_after,
                    "TokenQuotaExceeded",
                    "Token quota is exceeded".into(),
                ));
            }
            used.units = used.units.saturating_add(estimate);
            let left = limit.saturating_sub(used.units);
            self.tell(&policy.remaining_quota, left);
        }
        if let Some(rate) = rate {
            let meter = minute(&mut self.state.limits.minutes, &key, now, rate);
            if !seeded(Fault::EstimateNotCounted) {
                meter.lend(now, rate, estimate);
            }
            let left = meter.left(now, rate);
            self.tell(&policy.remaining, left);
        }
        self.set_number(policy.consumed.variable, estimate);
        self.exchange.due.push(Due::Tokens(TokenDue {
            at: self.exchange.pc,
            key,
            rate,
            quota: token_quota.map(|(_, period)| period),
            counted: estimate,
            entered: now,
        }));
        Ok(())
    }

    /// Tells what was used: by the response's usage once it has come, else what was counted on entry.
    pub(in crate::gateway) fn tell_consumed(&mut self) {
        if self.exchange.due.is_empty() {
            return;
        }
        let spec = self.spec;
        let usage = self.exchange.usage.map(crate::gateway::Usage::total);
        let due = std::mem::take(&mut self.exchange.due);
        for due in &due {
            if let Due::Tokens(due) = due
                && let Some(Op::Limit(limit)) = spec.program().op(due.at)
                && let Limit::Tokens(policy) = &**limit
            {
                let consumed = usage.unwrap_or(due.counted);
                self.set_number(policy.consumed.variable, consumed);
                if let Some(name) = &policy.consumed.header {
                    self.exchange.stamps.retain(|(stamped, _)| stamped != name);
                    self.stamp(Some(name), consumed);
                }
            }
        }
        self.exchange.due = due;
    }

    /// Counts what the response used, now that the exchange is over.
    pub(in crate::gateway) fn settle_tokens(&mut self) {
        if self.exchange.due.is_empty() {
            return;
        }
        let due = std::mem::take(&mut self.exchange.due);
        let Some(usage) = self.exchange.usage else { return };
        let (now, start) = (self.now, self.spec.start_unix_s());
        for due in due {
            let Due::Tokens(TokenDue { at: _, key, rate, quota: period, counted, entered }) = due else {
                continue;
            };
            let more = usage.total().saturating_sub(counted);
            let less = counted.saturating_sub(usage.total());
            if let Some(rate) = rate {
                let meter = minute(&mut self.state.limits.minutes, &key, now, rate);
                if !seeded(Fault::UsageNotCounted) {
                    meter.add(now, rate, more);
                }
                meter.give_back(entered, now, rate, less);
            }
            if let Some(period) = period {
                let window = calendar(now, start, period);
                let book = &mut self.state.limits.token_quotas;
                let used = quota(book, &quota_key(&key, period), now, window);
                if !seeded(Fault::QuotaUsageNotCounted) {
                    used.units = used.units.saturating_add(more);
                }
                if calendar(entered, start, period).number == window.number {
                    used.units = used.units.saturating_sub(less);
                }
            }
        }
    }
}

/// Quotas of one key over different periods are counted apart.
pub(super) fn quota_key(key: &Text, period: TokenPeriod) -> Text {
    Text::from(format!("{} {key}", period.name()))
}
