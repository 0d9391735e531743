//! What a fact about a model is, and how to find one.

use crate::units::{RequestsPerMinute, Tokens, TokensPerMinute};

use super::table::MODELS;
use crate::backend::{LatencySpec, TokenCost};

/// How well a number is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// The vendor says so.
    Documented,
    /// Somebody measured it.
    Observed,
    /// Nobody published it; our default.
    Assumed,
}

/// A value with its evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fact<T> {
    /// The value.
    pub value: T,
    /// How well it is known.
    pub evidence: Evidence,
    /// Document or measurement with its date, or the reason of an assumption.
    pub source: &'static str,
}

/// Defaults for deployments of one model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ModelFacts {
    /// Name, as in scenario files.
    pub name: &'static str,
    /// Other spellings that mean the same.
    pub aliases: &'static [&'static str],
    /// Requests per minute that come with a quota of tokens.
    pub rpm_ratio: Fact<RpmRatio>,
    /// The admission estimate.
    pub token_cost: Fact<TokenCost>,
    /// Provisioned throughput, where it can be bought.
    pub ptu: Option<Fact<PtuFacts>>,
    /// Latency of Standard deployments.
    pub standard_latency: Fact<LatencySpec>,
    /// Latency of provisioned deployments, where there are any.
    pub ptu_latency: Option<Fact<LatencySpec>>,
    /// What tokens of Standard deployments cost, where the price list has it.
    pub prices: Option<Fact<ModelPrices>>,
}

/// Prices by where a Standard deployment may process; each scope has a price of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelPrices {
    /// Anywhere.
    pub global: TokenPrices,
    /// In a data zone.
    pub data_zone: Option<TokenPrices>,
    /// In one region of the US.
    pub regional: Option<TokenPrices>,
}

/// Billionths of a US dollar per token; 1,000 of them are 1 dollar per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenPrices {
    /// Prompt tokens.
    pub input: u64,
    /// Cached prompt tokens; `None`: as others.
    pub cached_input: Option<u64>,
    /// Generated tokens.
    pub output: u64,
}

/// `requests` per minute for each `tokens` per minute of quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RpmRatio {
    /// Requests per minute ...
    pub requests: u64,
    /// ... for so many tokens per minute.
    pub tokens: u64,
}

/// Provisioned throughput of a model (PTU sizing page, 2026-05-21).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtuFacts {
    /// Input tokens per minute that one unit carries.
    pub input_tpm_per_ptu: u64,
    /// How many input tokens one output token weighs.
    pub output_weight: u64,
    /// What can be bought globally and in a data zone.
    pub global: PtuStep,
    /// What can be bought in one region.
    pub regional: PtuStep,
    /// Tokens per second that 99 % of requests (or minutes) are promised to exceed.
    pub target_tokens_per_second: u64,
}

/// Units that can be bought: the minimum, and that plus any number of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtuStep {
    /// Fewest units.
    pub minimum: u32,
    /// Units per step above it.
    pub step: u32,
}

impl ModelFacts {
    /// What is known about the model called `name`, in any letter case, or by an alias.
    pub fn find(name: &str) -> Option<&'static Self> {
        let is_called = |known: &str| known.eq_ignore_ascii_case(name);
        MODELS
            .iter()
            .find(|model| is_called(model.name) || model.aliases.iter().any(|alias| is_called(alias)))
    }

    /// Most tokens of a context that provisioned units of a model take, where they take less than the model
    /// (spillover page, 2026-01-30: those of gpt-4.1 answer 400 above 128,000).
    pub fn provisioned_context(name: &str) -> Option<Tokens> {
        name.to_ascii_lowercase().starts_with("gpt-4.1").then_some(Tokens(128_000))
    }

    /// The names of all models, in the order of the table.
    pub fn names() -> impl Iterator<Item = &'static str> {
        MODELS.iter().map(|model| model.name)
    }

    /// The requests per minute that come with a quota of `tpm`, rounded down.
    pub fn default_rpm(&self, tpm: TokensPerMinute) -> RequestsPerMinute {
        self.rpm_ratio.value.of(tpm)
    }
}

impl RpmRatio {
    /// The requests per minute that come with `tpm`, rounded down.
    pub fn of(self, tpm: TokensPerMinute) -> RequestsPerMinute {
        let scaled = u128::from(tpm.get()).saturating_mul(u128::from(self.requests));
        let rpm = scaled.checked_div(u128::from(self.tokens)).unwrap_or(0);
        RequestsPerMinute(u64::try_from(rpm).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_found_by_name_and_alias() {
        for name in ["gpt-4o", "GPT-4o", "gpt-4o-2024-08-06"] {
            assert_eq!(ModelFacts::find(name).unwrap().name, "gpt-4o");
        }
        assert_eq!(ModelFacts::find("gpt-35-turbo").unwrap().name, "gpt-3.5-turbo");
        assert!(ModelFacts::find("gpt-4o-maxi").is_none());
        for name in ModelFacts::names() {
            assert_eq!(ModelFacts::find(name).unwrap().name, name);
        }
    }

    #[test]
    fn units_of_some_models_take_shorter_contexts() {
        let most = |name| ModelFacts::provisioned_context(name).map(Tokens::get);
        assert_eq!(
            [most("gpt-4.1"), most("GPT-4.1-mini"), most("gpt-4o")],
            [Some(128_000), Some(128_000), None]
        );
    }

    #[test]
    fn rpm_follows_the_documented_ratio() {
        // Pairs of the tier tables; 30,000 TPM of o1 are 5 RPM by 1 in 6,000.
        for (name, tpm, rpm) in [
            ("gpt-4o", 300_000, 1_800),
            ("gpt-4o-mini", 2_000_000, 20_000),
            ("gpt-4.1", 50_000, 50),
            ("text-embedding-3-large", 1_000_000, 6_000),
            ("gpt-4", 10_000, 60),
            ("o1", 30_000, 5),
            ("o1", 5_999, 0),
        ] {
            let facts = ModelFacts::find(name).unwrap();
            assert_eq!(facts.default_rpm(TokensPerMinute(tpm)), RequestsPerMinute(rpm), "{name} {tpm}");
        }
        assert_eq!(RpmRatio { requests: 1, tokens: 0 }.of(TokensPerMinute(5)), RequestsPerMinute(0));
    }
}
