//! What deployments cost: tokens of Standard ones, units of provisioned ones.
//!
//! Money is in billionths of a US dollar, whole numbers of them. Prices come from the public retail price list
//! as read on [`PRICES_OF`]; those of reservations from a reading of 2026-07-27. Not modelled: agreements,
//! taxes, other currencies, batch and priority processing.

use crate::units::{Duration, Tokens};

use super::{ModelPrices, TokenPrices};

/// Day of the price list.
pub const PRICES_OF: &str = "2026-08-11";

/// Hours that price calculators take for a month.
pub const HOURS_PER_MONTH: u64 = 730;

/// Where a deployment may process what it is sent; each has prices of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DeploymentType {
    /// Anywhere.
    #[default]
    Global,
    /// In a data zone.
    DataZone,
    /// In its region; prices are those of the US.
    Regional,
}

/// Prices of one deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// Of tokens; `None`: not known.
    pub tokens: Option<TokenPrices>,
    /// Of provisioned units; `None`: not known.
    pub units: Option<UnitPrices>,
}

/// What one provisioned unit costs, whether it is used or not (provisioned billing page, 2026-05-22).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitPrices {
    /// An hour without reservation, charged by the minute.
    pub hour: u64,
    /// A month of a reservation for a month; `None`: not known.
    pub month: Option<u64>,
    /// A year of a reservation for a year; `None`: not known.
    pub year: Option<u64>,
}

impl DeploymentType {
    /// What one unit costs by the price list.
    pub const fn unit_prices(self) -> UnitPrices {
        match self {
            Self::Global => {
                UnitPrices { hour: ONE_USD, month: Some(260_000_000_000), year: Some(2_652_000_000_000) }
            }
            Self::DataZone => UnitPrices { hour: 1_100_000_000, month: None, year: None },
            Self::Regional => UnitPrices { hour: 2_000_000_000, month: None, year: None },
        }
    }

    /// What tokens of a model cost by its price list, where that has them.
    pub const fn token_prices(self, prices: &ModelPrices) -> Option<TokenPrices> {
        match self {
            Self::Global => Some(prices.global),
            Self::DataZone => prices.data_zone,
            Self::Regional => prices.regional,
        }
    }
}

/// Billionths in a US dollar.
pub const ONE_USD: u64 = 1_000_000_000;

impl TokenPrices {
    /// What so many tokens cost, `cached` being part of `prompt`.
    pub fn cost(&self, prompt: Tokens, cached: Tokens, completion: Tokens) -> u128 {
        let times = |tokens: Tokens, price: u64| u128::from(tokens.get()).saturating_mul(u128::from(price));
        times(prompt.saturating_sub(cached), self.input)
            .saturating_add(times(cached.min(prompt), self.cached_input.unwrap_or(self.input)))
            .saturating_add(times(completion, self.output))
    }
}

impl UnitPrices {
    /// What `units` cost in `time` by the hour, rounded down.
    pub fn by_the_hour(&self, units: u32, time: Duration) -> u128 {
        let rate = u128::from(self.hour).saturating_mul(u128::from(units));
        rate.saturating_mul(u128::from(time.as_nanos())).checked_div(HOUR_NS).unwrap_or(0)
    }

    /// What `units` cost in a month by the hour.
    pub fn month_by_the_hour(&self, units: u32) -> u128 {
        u128::from(self.hour).saturating_mul(u128::from(units)).saturating_mul(u128::from(HOURS_PER_MONTH))
    }

    /// What `units` cost in a month with reservations for a month.
    pub fn month_reserved(&self, units: u32) -> Option<u128> {
        Some(u128::from(self.month?).saturating_mul(u128::from(units)))
    }

    /// What `units` cost in a month with reservations for a year, a twelfth of it.
    pub fn month_of_year(&self, units: u32) -> Option<u128> {
        u128::from(self.year?).saturating_mul(u128::from(units)).checked_div(12)
    }
}

const HOUR_NS: u128 = 3_600_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::ModelFacts;

    #[test]
    fn tokens_cost_what_the_list_says() {
        // A million prompt tokens of gpt-4o, 200,000 of them cached, and 100,000 generated: 0.8 x 2.50 + 0.2 x
        // 1.25 + 0.1 x 10.00 dollars.
        let listed = ModelFacts::find("gpt-4o").unwrap().prices.unwrap().value;
        let global = DeploymentType::Global.token_prices(&listed).unwrap();
        let cost = global.cost(Tokens(1_000_000), Tokens(200_000), Tokens(100_000));
        assert_eq!(cost, 3_250_000_000);
        let no_discount = TokenPrices { cached_input: None, ..global };
        assert_eq!(no_discount.cost(Tokens(1_000_000), Tokens(200_000), Tokens(0)), 2_500_000_000);
        let zone = DeploymentType::DataZone.token_prices(&listed).unwrap();
        assert_eq!(zone.cost(Tokens(1_000_000), Tokens(0), Tokens(0)), 2_750_000_000);
    }

    #[test]
    fn units_cost_while_they_are_there() {
        let global = DeploymentType::Global.unit_prices();
        assert_eq!(global.by_the_hour(50, Duration::from_secs(90 * 60)), 75 * u128::from(ONE_USD));
        assert_eq!(global.month_by_the_hour(50), 36_500 * u128::from(ONE_USD));
        assert_eq!(global.month_reserved(50), Some(13_000 * u128::from(ONE_USD)));
        assert_eq!(global.month_of_year(50), Some(11_050 * u128::from(ONE_USD)));
        let zone = DeploymentType::DataZone.unit_prices();
        assert_eq!((zone.hour, zone.month_reserved(1), zone.month_of_year(1)), (1_100_000_000, None, None));
        assert_eq!(DeploymentType::Regional.unit_prices().hour, 2 * ONE_USD);
    }

    #[test]
    fn sums_do_not_overflow() {
        let dear = TokenPrices { input: u64::MAX, cached_input: None, output: u64::MAX };
        assert!(dear.cost(Tokens(u64::MAX), Tokens(u64::MAX), Tokens(u64::MAX)) > u128::MAX / 2);
        let dear = UnitPrices { hour: u64::MAX, month: Some(u64::MAX), year: Some(u64::MAX) };
        assert!(dear.by_the_hour(u32::MAX, Duration::from_nanos(u64::MAX)) > 0);
    }
}
