//! What a run costs: from books and prices to the figures of a summary, and to lines for people.

use std::fmt::Write as _;

use super::table::percent;
use crate::backend::{
    Capacity, DeploymentBooks, DeploymentSpec, HOURS_PER_MONTH, ONE_USD, PRICES_OF, Prices,
};
use crate::config::Variant;
use crate::report::{BackendCost, CostSummary, MonthlyCosts, ObjectiveSummary, Summary};
use crate::sim::RunResult;
use crate::units::{Duration, Timestamp, Tokens};

/// What a run costs; `None` when no price is known.
pub(crate) fn summarise_costs(variant: &Variant, result: &RunResult) -> Option<CostSummary> {
    let time = result.end.since(Timestamp::ZERO);
    let counted_s = time.saturating_sub(variant.plan.warmup).as_secs_f64();
    let mut sums = Costs::NOTHING;
    let mut backends = Vec::new();
    let mut without_prices = Vec::new();
    // Of the whole run, as the costs; shares are about what the summary tells.
    let mut paid_for = 0_u64;
    let (mut answered, mut by_token) = (0_u64, 0_u64);
    let mut add = |name: &str, spec: &DeploymentSpec, books: &DeploymentBooks, idle: Duration| {
        let costs = Costs::of(&spec.capacity, &spec.prices, books, time);
        if !costs.is_known {
            without_prices.push(name.to_owned());
        }
        let idle = if counted_s > 0.0 { idle.as_secs_f64() / counted_s } else { 0.0 };
        backends.push(BackendCost {
            backend: name.to_owned(),
            prompt_tokens: books.prompt,
            cached_tokens: books.cached,
            completion_tokens: books.completion,
            tokens_usd: usd(costs.tokens),
            units_usd: usd(costs.units),
            idle_while_tripped: is_bought(spec).then_some(idle),
        });
        sums.add(&costs);
    };
    let plan = &variant.plan;
    let entities = plan.gateway.backends().iter().zip(&plan.targets);
    for ((entity, target), (totals, ledger)) in
        entities.zip(result.backends.iter().zip(&result.ledger.backends))
    {
        let served = totals.prompt_tokens.saturating_add(totals.completion_tokens);
        let spilled = totals.spilled_prompt_tokens.saturating_add(totals.spilled_completion_tokens);
        answered = answered.saturating_add(served);
        by_token = by_token.saturating_add(if is_bought(&target.deployment) { spilled } else { served });
        paid_for = paid_for.saturating_add(ledger.answered_tokens);
        add(&entity.name, &target.deployment, &ledger.books, totals.idle_while_tripped);
    }
    for (target, ledger) in plan.spillover.iter().zip(&result.ledger.spillover) {
        add(&target.name, &target.deployment, &ledger.books, Duration::ZERO);
    }
    if !sums.is_known {
        return None;
    }
    let total = sums.tokens.saturating_add(sums.units);
    let ratio = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let per_token = |tokens: u64| usd(total) / tokens as f64 * 1e6;
    Some(CostSummary {
        prices_of: PRICES_OF.to_owned(),
        tokens_usd: usd(sums.tokens),
        units_usd: usd(sums.units),
        total_usd: usd(total),
        usd_per_million_tokens: (paid_for > 0).then(|| per_token(paid_for)),
        payg_token_share: ratio(by_token, answered),
        month: MonthlyCosts {
            tokens_usd: usd(month_of(sums.tokens, time)),
            units_hourly_usd: usd(sums.month_hourly),
            units_reserved_month_usd: sums.month_reserved.map(usd),
            units_reserved_year_usd: sums.month_of_year.map(usd),
        },
        backends,
        without_prices,
    })
}

/// How many requests met the objective of the plan.
pub(crate) fn summarise_objective(variant: &Variant, result: &RunResult) -> Option<ObjectiveSummary> {
    let objective = variant.plan.objective?;
    let time = result.end.since(Timestamp::ZERO).saturating_sub(variant.plan.warmup).as_secs_f64();
    let good = result.good as f64;
    Some(ObjectiveSummary {
        latency_ms: objective.latency.map(Duration::as_millis_f64),
        ttft_ms: objective.ttft.map(Duration::as_millis_f64),
        good: result.good,
        good_share: if result.arrivals == 0 { 0.0 } else { good / result.arrivals as f64 },
        goodput_per_s: if time > 0.0 { good / time } else { 0.0 },
    })
}

/// Costs and objective for people.
pub(crate) fn render_costs(summary: &Summary) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    if let Some(objective) = &summary.objective {
        let most = |what: &str, ms: Option<f64>| ms.map(|ms| format!("{what} {ms:.0} ms"));
        let asked =
            [most("last byte within", objective.latency_ms), most("first byte within", objective.ttft_ms)];
        let asked: Vec<String> = asked.into_iter().flatten().collect();
        let _infallible = writeln!(
            text,
            "  good      {} requests ({}), {:.2} a second: answered 2xx{}{}",
            objective.good,
            percent(objective.good_share),
            objective.goodput_per_s,
            if asked.is_empty() { "" } else { ", " },
            asked.join(", ")
        );
    }
    if summary.refused_while_capacity_free > 0 {
        let _infallible = writeln!(
            text,
            "  refused   {} requests (429, 503) while a deployment of their model had capacity free",
            summary.refused_while_capacity_free
        );
    }
    let Some(costs) = &summary.costs else { return text };
    let each = costs.usd_per_million_tokens.map_or_else(String::new, |usd| {
        format!(
            "; {usd:.2} USD for 1 M tokens answered, {} of them pay-as-you-go",
            percent(costs.payg_token_share)
        )
    });
    let _infallible = writeln!(
        text,
        "  cost      {:.2} USD: tokens {:.2}, provisioned units {:.2}{each}",
        costs.total_usd, costs.tokens_usd, costs.units_usd
    );
    let month = &costs.month;
    let mut line = format!("            a month like this: tokens {:.0} USD", month.tokens_usd);
    if month.units_hourly_usd > 0.0 {
        let _infallible = write!(line, ", units {:.0} by the hour", month.units_hourly_usd);
        for (amount, how) in
            [(month.units_reserved_month_usd, "month"), (month.units_reserved_year_usd, "year")]
        {
            if let Some(amount) = amount {
                let _infallible = write!(line, " or {amount:.0} reserved for a {how}");
            }
        }
    }
    let _infallible = writeln!(text, "{line} (list prices of {})", costs.prices_of);
    for backend in &costs.backends {
        if let Some(idle) = backend.idle_while_tripped.filter(|idle| *idle > 0.0) {
            let _infallible = writeln!(
                text,
                "            {} was paid for and idle for {} of the run because its breaker was tripped",
                backend.backend,
                percent(idle)
            );
        }
    }
    if !costs.without_prices.is_empty() {
        let _infallible =
            writeln!(text, "            prices are not known of: {}", costs.without_prices.join(", "));
    }
    text
}

/// Whether it is paid by the unit.
const fn is_bought(spec: &DeploymentSpec) -> bool {
    matches!(spec.capacity, Capacity::Provisioned(_))
}

/// What one deployment costs, or several, in billionths of a US dollar.
struct Costs {
    /// Whether any price is known.
    is_known: bool,
    tokens: u128,
    units: u128,
    month_hourly: u128,
    /// `None`: it has units and no such price.
    month_reserved: Option<u128>,
    month_of_year: Option<u128>,
}

impl Costs {
    const NOTHING: Self = Self {
        is_known: false,
        tokens: 0,
        units: 0,
        month_hourly: 0,
        month_reserved: Some(0),
        month_of_year: Some(0),
    };

    fn of(capacity: &Capacity, prices: &Prices, books: &DeploymentBooks, time: Duration) -> Self {
        match (capacity, prices) {
            (Capacity::Provisioned(spec), Prices { units: Some(prices), .. }) => {
                let units = spec.ptu.get();
                Self {
                    is_known: true,
                    tokens: 0,
                    units: prices.by_the_hour(units, time),
                    month_hourly: prices.month_by_the_hour(units),
                    month_reserved: prices.month_reserved(units),
                    month_of_year: prices.month_of_year(units),
                }
            }
            (Capacity::Standard(_) | Capacity::Servers(_), Prices { tokens: Some(prices), .. }) => {
                let tokens =
                    prices.cost(Tokens(books.prompt), Tokens(books.cached), Tokens(books.completion));
                Self { is_known: true, tokens, ..Self::NOTHING }
            }
            _ => Self::NOTHING,
        }
    }

    fn add(&mut self, other: &Self) {
        let both = |a: Option<u128>, b: Option<u128>| Some(a?.saturating_add(b?));
        self.is_known |= other.is_known;
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.units = self.units.saturating_add(other.units);
        self.month_hourly = self.month_hourly.saturating_add(other.month_hourly);
        self.month_reserved = both(self.month_reserved, other.month_reserved);
        self.month_of_year = both(self.month_of_year, other.month_of_year);
    }
}

/// What `amount` in `time` makes in a month, rounded down.
fn month_of(amount: u128, time: Duration) -> u128 {
    let month_ns = u128::from(HOURS_PER_MONTH).saturating_mul(3_600_000_000_000);
    amount.saturating_mul(month_ns).checked_div(u128::from(time.as_nanos())).unwrap_or(0)
}

/// Billionths as dollars: the nearest double of the decimal number.
fn usd(billionths: u128) -> f64 {
    let one = u128::from(ONE_USD);
    let (whole, rest) = (billionths.checked_div(one), billionths.checked_rem(one));
    whole.unwrap_or(0) as f64 + rest.unwrap_or(0) as f64 / ONE_USD as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{DeploymentType, PtuSpec, TokenPrices};
    use crate::units::Ptu;

    #[test]
    fn a_month_is_730_hours() {
        let hour = Duration::from_secs(3_600);
        assert_eq!(month_of(u128::from(ONE_USD), hour), 730 * u128::from(ONE_USD));
        assert_eq!(month_of(1, Duration::ZERO), 0);
        assert!((usd(1_234_500_000) - 1.2345).abs() < 1e-12);
    }

    #[test]
    fn units_are_paid_and_not_their_tokens() {
        let books =
            DeploymentBooks { prompt: 1_000_000, completion: 1_000_000, ..DeploymentBooks::default() };
        let tokens = Some(TokenPrices { input: 2_500, cached_input: None, output: 10_000 });
        let prices = Prices { tokens, units: Some(DeploymentType::Global.unit_prices()) };
        let hour = Duration::from_secs(3_600);
        let bought = Costs::of(&Capacity::Provisioned(units()), &prices, &books, hour);
        assert_eq!((bought.tokens, bought.units), (0, 50 * u128::from(ONE_USD)));
        let zone = Prices { units: Some(DeploymentType::DataZone.unit_prices()), ..prices };
        let bought = Costs::of(&Capacity::Provisioned(units()), &zone, &books, hour);
        let mut sums = Costs::NOTHING;
        sums.add(&bought);
        assert_eq!((sums.month_reserved, sums.month_hourly), (None, 40_150 * u128::from(ONE_USD)));
        let unknown = Costs::of(&Capacity::Provisioned(units()), &Prices::default(), &books, hour);
        assert!(!unknown.is_known && unknown.units == 0);
    }

    fn units() -> PtuSpec {
        PtuSpec {
            ptu: Ptu(50),
            input_tpm_per_ptu: 2_500,
            output_weight: 4,
            bucket_depth: None,
            default_completion_tokens: Tokens(1_000),
        }
    }
}
