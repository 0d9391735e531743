//! limit-concurrency, rate-limit, rate-limit-by-key, quota, quota-by-key.
//!
//! Rules (policy reference, 2026)
//! - `rate-limit` and `quota` take only written values, their by-key forms expressions too.
//! - A rate limit renews within 300 s; a quota after 300 s or more, or never (0).
//! - A quota names calls, bandwidth or both. Bandwidth counts bodies that are known by their text: the size
//!   of others is not modelled, which a warning says.

use super::Compiler;
use crate::diagnostics::Diagnostic;
use crate::policy::scan::{Attribute, Element};
use crate::policy::{
    Increment, Limit, LimitScope, Named, NarrowLimit, Op, Operand, Quota, RateLimit, Tell, Text,
};
use crate::units::Duration;

const REPORTS: &[&str] = &[
    "calls",
    "renewal-period",
    "retry-after-header-name",
    "retry-after-variable-name",
    "remaining-calls-header-name",
    "remaining-calls-variable-name",
    "total-calls-header-name",
];
const BY_KEY: &[&str] = &["counter-key", "increment-condition", "increment-count"];
const QUOTA: &[&str] = &["calls", "bandwidth", "renewal-period"];
/// Longest renewal period of a rate limit, in seconds.
const LONGEST_RATE_S: u32 = 300;
/// Shortest renewal period of a quota that renews, in seconds.
const SHORTEST_QUOTA_S: u32 = 300;

impl Compiler<'_> {
    pub(super) fn limit_concurrency(&mut self, element: &Element, path: &str) {
        self.check_attributes(element, &["key", "max-count"], &[]);
        let key = self.required(element, "key").and_then(|a| self.name_operand(a));
        let most = self.required(element, "max-count").and_then(|a| self.whole(a, 1, u32::MAX));
        if element.children.is_empty() {
            let message = "`limit-concurrency` is empty";
            self.objection("missing-element", element.name_span, message, "expected policies inside");
        }
        let start = match (key, most) {
            (Some(key), Some(most)) => Some(self.emit_limit(Limit::Concurrency { key, most }, element, path)),
            _ => None,
        };
        self.policies(element, path);
        if start.is_some() {
            self.emit_limit(Limit::ConcurrencyEnd, element, path);
        }
    }

    pub(super) fn rate_limit(&mut self, element: &Element, path: &str) {
        let by_key = element.name.ends_with("-by-key");
        let known = if by_key { [REPORTS, BY_KEY].concat() } else { REPORTS.to_vec() };
        self.check_attributes(element, &known, &[]);
        let calls = self.required(element, "calls").and_then(|a| self.amount(a, by_key, 1));
        let period = self.required(element, "renewal-period").and_then(|a| {
            if by_key && a.value.is_expression {
                return self.seconds_operand(a);
            }
            let seconds = self.whole(a, 1, LONGEST_RATE_S)?;
            Some(Operand::Literal(Duration::from_secs(seconds.into())))
        });
        let scope = self.limit_scope(element, by_key);
        let increment = self.increment(element);
        let retry_after = self.tell(element, "retry-after", Some(Text::Static("Retry-After")));
        let remaining = self.tell(element, "remaining-calls", None);
        let total_header = self.header_name(element, "total-calls-header-name");
        let narrower = self.narrower(element, by_key, false);
        let (
            Some(scope),
            Some(calls),
            Some(period),
            Some(increment),
            Some(retry_after),
            Some(remaining),
            Some(total_header),
        ) = (scope, calls, period, increment, retry_after, remaining, total_header)
        else {
            return;
        };
        let limit =
            RateLimit { scope, calls, period, increment, retry_after, remaining, total_header, narrower };
        self.emit_limit(Limit::Rate(limit), element, path);
    }

    pub(super) fn quota(&mut self, element: &Element, path: &str) {
        let by_key = element.name.ends_with("-by-key");
        let known = if by_key { [QUOTA, BY_KEY, &["first-period-start"]].concat() } else { QUOTA.to_vec() };
        self.check_attributes(element, &known, &[]);
        let calls = self.optional_amount(element, "calls", by_key);
        let kilobytes = self.optional_amount(element, "bandwidth", by_key);
        if matches!((&calls, &kilobytes), (Some(None), Some(None))) && !element.damaged {
            let message = format!("`{}` needs `calls` or `bandwidth`", element.name);
            let label = "expected one of them, or both, in this tag";
            self.error("missing-attribute", element.name_span, message, label);
        }
        let period = self.required(element, "renewal-period").and_then(|a| {
            if by_key && a.value.is_expression {
                return self.seconds_operand(a);
            }
            self.quota_period(a).map(Operand::Literal)
        });
        let first_period_s = match element.attribute("first-period-start") {
            None => Some(by_key.then_some(0)),
            Some(attribute) => self.literal_only(attribute).map(|text| seconds_since_year_one(text.trim())),
        };
        if let (Some(None), Some(attribute)) = (first_period_s, element.attribute("first-period-start")) {
            self.doubtful_value(attribute, "a time such as `2026-01-31T00:00:00Z`");
        }
        let scope = self.limit_scope(element, by_key);
        let increment = self.increment(element);
        let narrower = self.narrower(element, by_key, true);
        let (Some(scope), Some(calls), Some(kilobytes), Some(period), Some(first_period_s), Some(increment)) =
            (scope, calls, kilobytes, period, first_period_s, increment)
        else {
            return;
        };
        let quota = Quota { scope, calls, kilobytes, period, first_period_s, increment, narrower };
        self.emit_limit(Limit::Quota(quota), element, path);
    }

    pub(super) fn emit_limit(&mut self, limit: Limit, element: &Element, path: &str) -> crate::policy::Pc {
        self.emit(Op::Limit(Box::new(limit)), element, path)
    }

    /// A header name and a variable for a number, by the beginning of their attributes' names.
    pub(super) fn tell(&mut self, element: &Element, what: &str, header: Option<Text>) -> Option<Tell> {
        let named = self.header_name(element, &format!("{what}-header-name"));
        let variable = match element.attribute(&format!("{what}-variable-name")) {
            None => Some(None),
            Some(attribute) => self.variable_name(attribute).map(Some),
        };
        Some(Tell { header: named?.or(header), variable: variable? })
    }

    #[expect(
        clippy::option_option,
        reason = "outside: whether it could be read, inside: whether it is there"
    )]
    pub(super) fn header_name(&mut self, element: &Element, name: &str) -> Option<Option<Text>> {
        let Some(attribute) = element.attribute(name) else { return Some(None) };
        self.literal_name(attribute).map(Some)
    }

    /// A written whole number.
    pub(super) fn whole(&mut self, attribute: &Attribute, least: u32, most: u32) -> Option<u32> {
        self.literal_only(attribute)?;
        match self.count_operand(attribute, least, most)? {
            Operand::Literal(value) => Some(value),
            Operand::Expression(_) => None,
        }
    }

    fn amount(&mut self, attribute: &Attribute, computed: bool, least: u32) -> Option<Operand<u32>> {
        if computed {
            return self.count_operand(attribute, least, u32::MAX);
        }
        self.whole(attribute, least, u32::MAX).map(Operand::Literal)
    }

    #[expect(
        clippy::option_option,
        reason = "outside: whether it could be read, inside: whether it is there"
    )]
    fn optional_amount(
        &mut self,
        element: &Element,
        name: &str,
        computed: bool,
    ) -> Option<Option<Operand<u32>>> {
        let Some(attribute) = element.attribute(name) else { return Some(None) };
        if name == "bandwidth" {
            self.report(
                Diagnostic::warning("not-modelled", attribute.name_span, "`bandwidth` sees few bodies")
                    .label("only bodies that are known by their text are counted"),
            );
        }
        self.amount(attribute, computed, 1).map(Some)
    }

    fn limit_scope(&mut self, element: &Element, by_key: bool) -> Option<LimitScope> {
        if !by_key {
            return Some(LimitScope::Subscription);
        }
        let key = self.required(element, "counter-key").and_then(|a| self.name_operand(a))?;
        Some(LimitScope::Key(key))
    }

    fn increment(&mut self, element: &Element) -> Option<Increment> {
        // Evaluated when the response is there.
        self.is_late = true;
        let condition = match element.attribute("increment-condition") {
            None => Some(None),
            Some(attribute) => self.bool_operand(attribute).map(Some),
        };
        let count = match element.attribute("increment-count") {
            None => Some(Operand::Literal(1)),
            Some(attribute) => self.count_operand(attribute, 0, u32::MAX),
        };
        self.is_late = false;
        Some(Increment { condition: condition?, count: count? })
    }

    fn quota_period(&mut self, attribute: &Attribute) -> Option<Duration> {
        let seconds = self.whole(attribute, 0, u32::MAX)?;
        if seconds != 0 && seconds < SHORTEST_QUOTA_S {
            self.doubtful_value(attribute, &format!("{SHORTEST_QUOTA_S} seconds or more, or 0 for never"));
            return None;
        }
        Some(Duration::from_secs(seconds.into()))
    }

    /// `api` and `operation` children.
    fn narrower(&mut self, element: &Element, by_key: bool, is_quota: bool) -> Vec<NarrowLimit> {
        if by_key {
            self.check_empty(element);
            return Vec::new();
        }
        self.check_no_text(element);
        let mut limits = Vec::new();
        for api in &element.children {
            if api.name != "api" {
                self.unexpected_child(element, api, &["api"]);
                continue;
            }
            self.check_no_text(api);
            let named = self.narrow(api, None, is_quota, &mut limits);
            for operation in &api.children {
                if operation.name == "operation" {
                    self.check_empty(operation);
                    self.narrow(operation, named.as_ref(), is_quota, &mut limits);
                } else {
                    self.unexpected_child(api, operation, &["operation"]);
                }
            }
        }
        limits
    }

    fn narrow(
        &mut self,
        element: &Element,
        api: Option<&Named>,
        is_quota: bool,
        limits: &mut Vec<NarrowLimit>,
    ) -> Option<Named> {
        let known: &[&str] = if is_quota {
            &["name", "id", "calls", "bandwidth", "renewal-period"]
        } else {
            &["name", "id", "calls", "renewal-period"]
        };
        self.check_attributes(element, known, &[]);
        // `id` is also on every policy: here it names what is limited, and is ignored beside `name`.
        let named = match (element.attribute("id"), element.attribute("name")) {
            (Some(id), _) => self.literal_name(id).map(Named::Id),
            (None, Some(name)) => self.literal_name(name).map(Named::Name),
            (None, None) => {
                if !element.damaged {
                    let message = format!("`{}` needs `name` or `id`", element.name);
                    let label = "expected one of them in this tag";
                    self.error("missing-attribute", element.name_span, message, label);
                }
                None
            }
        };
        let calls = match element.attribute("calls") {
            Some(attribute) => self.whole(attribute, 1, u32::MAX),
            None if is_quota && element.attribute("bandwidth").is_some() => None,
            None => self.required(element, "calls").and(None),
        };
        let kilobytes = element.attribute("bandwidth").and_then(|a| self.whole(a, 1, u32::MAX));
        let period = self.required(element, "renewal-period").and_then(|a| {
            if is_quota {
                return self.quota_period(a);
            }
            self.whole(a, 1, LONGEST_RATE_S).map(|seconds| Duration::from_secs(seconds.into()))
        });
        if let (Some(named), Some(period)) = (&named, period) {
            let (api, operation) = match api {
                Some(api) => (api.clone(), Some(named.clone())),
                None => (named.clone(), None),
            };
            limits.push(NarrowLimit { api, operation, calls, kilobytes, period });
        }
        named
    }
}

/// Seconds from 0001-01-01T00:00:00Z to a time written as `yyyy-MM-ddTHH:mm:ssZ`.
fn seconds_since_year_one(text: &str) -> Option<u64> {
    let (date, time) = text.strip_suffix(['Z', 'z']).unwrap_or(text).split_once(['T', 't', ' '])?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut days_in_months = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if let (true, Some(february)) = (is_leap, days_in_months.get_mut(1)) {
        *february = 29;
    }
    let month_at = usize::try_from(month.checked_sub(1)?).ok()?;
    let in_range = (1..=9999).contains(&year)
        && (1..=*days_in_months.get(month_at)?).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !in_range {
        return None;
    }
    let before = year.saturating_sub(1);
    let leap_days = (before.checked_div(4)?)
        .saturating_add(before.checked_div(400)?)
        .saturating_sub(before.checked_div(100)?);
    let in_months: u64 = days_in_months.iter().take(month_at).sum();
    let days = before
        .saturating_mul(365)
        .saturating_add(leap_days)
        .saturating_add(in_months)
        .saturating_add(day.saturating_sub(1));
    let minutes = days.saturating_mul(24).saturating_add(hour).saturating_mul(60).saturating_add(minute);
    Some(minutes.saturating_mul(60).saturating_add(second))
}

/// Three whole numbers with `separator` between; a fraction of the last is dropped.
fn numbers(text: &str, separator: char) -> Option<[u64; 3]> {
    let mut parts = text.split(separator).map(|part| {
        let whole = part.split('.').next().unwrap_or("");
        let is_number = !whole.is_empty() && whole.len() <= 4 && whole.bytes().all(|b| b.is_ascii_digit());
        if is_number { whole.parse().ok() } else { None }
    });
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_by_the_calendar() {
        // 719,162 days from 0001-01-01 to 1970-01-01, as .NET counts them.
        let epoch = 719_162 * 86_400;
        assert_eq!(seconds_since_year_one("0001-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds_since_year_one("1970-01-01T00:00:00Z"), Some(epoch));
        assert_eq!(seconds_since_year_one("1994-11-06T08:49:37Z"), Some(epoch + 784_111_777));
        assert_eq!(seconds_since_year_one("2000-02-29T00:00:01.250Z"), Some(epoch + 951_782_401));
        for text in ["", "2025-02-29T00:00:00Z", "2025-13-01T00:00:00Z", "2025-01-01", "x-y-zTa:b:c"] {
            assert_eq!(seconds_since_year_one(text), None, "{text}");
        }
    }
}
