//! The table itself. Sources are named as they were read in 2026-11.

use crate::backend::{LatencyFamily, LatencySpec, TokenCost};
use crate::units::Duration;

use super::{Evidence, Fact, ModelFacts, ModelPrices, PtuFacts, PtuStep, RpmRatio, TokenPrices};

/// All models known, one row each.
pub(super) const MODELS: &[ModelFacts] = &[
    ModelFacts {
        name: "gpt-4o",
        aliases: &["gpt-4o-2024-05-13", "gpt-4o-2024-08-06", "gpt-4o-2024-11-20"],
        rpm_ratio: documented(per_1000(6), RPM_TIER_1),
        token_cost: observed(TokenCost::GPT_4, COST_GPT_4O),
        ptu: Some(ptu(2_500, 4, STEP_50, 25)),
        standard_latency: assumed(standard(400, 100, 12), LATENCY_SHAPED),
        ptu_latency: Some(assumed(provisioned(400, 100, 12), LATENCY_PTU)),
        prices: Some(listed(GPT_4O_PRICES)),
    },
    ModelFacts {
        name: "gpt-4o-mini",
        aliases: &["gpt-4o-mini-2024-07-18"],
        rpm_ratio: documented(per_1000(10), RPM_TIER_1),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: Some(ptu(37_000, 4, STEP_25, 33)),
        standard_latency: assumed(standard(350, 50, 10), LATENCY_SHAPED),
        ptu_latency: Some(observed(
            provisioned(350, 50, 9),
            "8 to 10 ms between tokens on PTU, whatever the utilisation (techcommunity 4461531, 2025-10); \
             time to first token and spread assumed",
        )),
        prices: Some(listed(GPT_4O_MINI_PRICES)),
    },
    ModelFacts {
        name: "gpt-4.1",
        aliases: &["gpt-4.1-2025-04-14"],
        rpm_ratio: documented(per_1000(1), RPM_TIER_1),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: Some(ptu(3_000, 4, STEP_50, 80)),
        standard_latency: assumed(standard(400, 100, 12), LATENCY_AS_GPT_4O),
        ptu_latency: Some(assumed(provisioned(400, 100, 12), LATENCY_WITHIN_TARGET)),
        prices: Some(listed(only_global(prices(2_000, 500, 8_000)))),
    },
    ModelFacts {
        name: "gpt-4.1-mini",
        aliases: &["gpt-4.1-mini-2025-04-14"],
        rpm_ratio: documented(per_1000(1), RPM_TIER_1),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: Some(ptu(14_900, 4, STEP_25, 90)),
        standard_latency: observed(
            standard(350, 79, 9),
            "first token of a 10,000-token prompt after 1.14 s, 107.9 tokens/s (Artificial Analysis, undated copy); \
             how the first token splits into base and prompt, and the spread, are assumed",
        ),
        ptu_latency: Some(assumed(provisioned(350, 79, 9), LATENCY_WITHIN_TARGET)),
        prices: Some(listed(only_global(prices(400, 100, 1_600)))),
    },
    ModelFacts {
        name: "gpt-4.1-nano",
        aliases: &["gpt-4.1-nano-2025-04-14"],
        rpm_ratio: documented(per_1000(1), RPM_TIER_1),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: Some(ptu(59_400, 4, STEP_25, 100)),
        standard_latency: assumed(standard(350, 50, 8), LATENCY_AS_MINI),
        ptu_latency: Some(assumed(provisioned(350, 50, 8), LATENCY_WITHIN_TARGET)),
        prices: Some(listed(only_global(prices(100, 25, 400)))),
    },
    ModelFacts {
        name: "gpt-5",
        aliases: &["gpt-5-2025-08-07"],
        rpm_ratio: documented(per_1000(10), RPM_TIER_1),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: Some(ptu(4_750, 8, STEP_50, 50)),
        standard_latency: assumed(standard(400, 100, 18), LATENCY_WITHIN_TARGET),
        ptu_latency: Some(assumed(provisioned(400, 100, 18), LATENCY_WITHIN_TARGET)),
        prices: None,
    },
    ModelFacts {
        name: "gpt-5.1",
        aliases: &[],
        rpm_ratio: documented(per_1000(10), RPM_TIER_1),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: Some(ptu(4_750, 8, STEP_50, 50)),
        standard_latency: assumed(standard(400, 100, 18), LATENCY_WITHIN_TARGET),
        ptu_latency: Some(assumed(provisioned(400, 100, 18), LATENCY_WITHIN_TARGET)),
        prices: None,
    },
    ModelFacts {
        name: "gpt-5.2",
        aliases: &[],
        rpm_ratio: documented(per_1000(10), RPM_TIER_1),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: Some(ptu(3_400, 8, STEP_50, 50)),
        standard_latency: assumed(standard(400, 100, 18), LATENCY_WITHIN_TARGET),
        ptu_latency: Some(assumed(provisioned(400, 100, 18), LATENCY_WITHIN_TARGET)),
        prices: None,
    },
    ModelFacts {
        name: "gpt-5-mini",
        aliases: &["gpt-5-mini-2025-08-07"],
        rpm_ratio: documented(per_1000(1), RPM_TIER_1),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: Some(ptu(23_750, 8, STEP_25, 80)),
        standard_latency: assumed(standard(350, 50, 11), LATENCY_WITHIN_TARGET),
        ptu_latency: Some(assumed(provisioned(350, 50, 11), LATENCY_WITHIN_TARGET)),
        prices: None,
    },
    ModelFacts {
        name: "gpt-5-nano",
        aliases: &["gpt-5-nano-2025-08-07"],
        rpm_ratio: documented(per_1000(1), RPM_TIER_1),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: None,
        standard_latency: assumed(standard(350, 50, 8), LATENCY_AS_MINI),
        ptu_latency: None,
        prices: None,
    },
    ModelFacts {
        name: "gpt-4",
        aliases: &["gpt-4-32k"],
        rpm_ratio: documented(per_1000(6), RPM_OLDER),
        token_cost: observed(
            TokenCost::GPT_4,
            "109 of 109 recorded calls reproduced (aoai-testing, 2024-08)",
        ),
        ptu: None,
        standard_latency: observed(
            LatencySpec { tpot: Duration::from_nanos(17_480_000), ..standard(321, 0, 0) },
            "whole calls take 0.321 s + 17.48 ms per output token, short prompts, network included \
             (34 calls, aoai-testing, 2024-08); spread assumed",
        ),
        ptu_latency: None,
        prices: None,
    },
    ModelFacts {
        name: "gpt-3.5-turbo",
        aliases: &["gpt-35-turbo", "gpt-3.5-turbo-16k", "gpt-35-turbo-16k"],
        rpm_ratio: documented(per_1000(6), RPM_OLDER),
        token_cost: observed(
            TokenCost::GPT_35,
            "the prompt counts nothing, 16 when unset (aoai-testing, 2024-07)",
        ),
        ptu: None,
        standard_latency: observed(
            LatencySpec { tpot: Duration::from_nanos(9_740_000), ..standard(223, 0, 0) },
            "whole calls take 0.223 s + 9.74 ms per output token, short prompts, network included \
             (19 calls, aoai-testing, 2024-07); spread assumed",
        ),
        ptu_latency: None,
        prices: None,
    },
    ModelFacts {
        name: "o1",
        aliases: &["o1-2024-12-17"],
        rpm_ratio: documented(RpmRatio { requests: 1, tokens: 6_000 }, RPM_OLDER),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: Some(ptu(230, 4, PtuStep { minimum: 25, step: 50 }, 25)),
        standard_latency: assumed(standard(400, 100, 30), LATENCY_WITHIN_TARGET),
        ptu_latency: Some(assumed(provisioned(400, 100, 30), LATENCY_WITHIN_TARGET)),
        prices: None,
    },
    ModelFacts {
        name: "o3-mini",
        aliases: &["o3-mini-2025-01-31"],
        rpm_ratio: documented(RpmRatio { requests: 1, tokens: 10_000 }, RPM_OLDER),
        token_cost: assumed(TokenCost::GPT_4, COST_AS_GPT_4O),
        ptu: Some(ptu(2_500, 4, STEP_25, 66)),
        standard_latency: assumed(standard(400, 100, 14), LATENCY_WITHIN_TARGET),
        ptu_latency: Some(assumed(provisioned(400, 100, 14), LATENCY_WITHIN_TARGET)),
        prices: None,
    },
    embedding("text-embedding-3-small", documented(per_1000(6), RPM_TIER_1)),
    embedding("text-embedding-3-large", documented(per_1000(6), RPM_TIER_1)),
    embedding("text-embedding-ada-002", assumed(per_1000(6), "as the later embedding models")),
];

const RPM_TIER_1: &str = "quota tier tables of Azure OpenAI (tier 1, 2026-08-20)";
const RPM_OLDER: &str = "quota page of Azure OpenAI (2026-09-16)";
const COST_GPT_4O: &str =
    "recorded calls reproduced exactly, with one prompt of 28 characters (aoai-testing, 2024-08)";
const COST_AS_GPT_4O: &str = "no measurement found: as gpt-4o";
const COST_EMBEDDINGS: &str = "characters over 4, rounded up, exactly (aoai-testing, 2024-07)";
const PTU_SIZING: &str = "PTU sizing page of Azure OpenAI (2026-05-21)";
const LATENCY_SHAPED: &str =
    "of the size of published medians; spread as of healthy hosted endpoints (llmperf data, 2023-12)";
const LATENCY_PTU: &str = "as Standard with less spread and without dependence on load";
const LATENCY_AS_GPT_4O: &str = "as gpt-4o";
const LATENCY_AS_MINI: &str = "as gpt-4o-mini, somewhat faster per token";
const LATENCY_WITHIN_TARGET: &str =
    "within the documented PTU latency target of the model (PTU sizing page, 2026-05-21)";
const LATENCY_EMBEDDINGS: &str = "no measurement found";

const STEP_50: PtuStep = PtuStep { minimum: 50, step: 50 };
const STEP_25: PtuStep = PtuStep { minimum: 25, step: 25 };

/// Versions of 2024-08-06 and 2024-11-20; the one of 2024-05-13 costs twice as much in the global scope.
const GPT_4O_PRICES: ModelPrices = ModelPrices {
    global: prices(2_500, 1_250, 10_000),
    data_zone: Some(prices(2_750, 1_375, 11_000)),
    regional: Some(prices(2_750, 1_375, 11_000)),
};
const GPT_4O_MINI_PRICES: ModelPrices = ModelPrices {
    global: prices(150, 75, 600),
    data_zone: Some(prices(165, 83, 660)),
    regional: Some(prices(165, 83, 660)),
};

const fn prices(input: u64, cached_input: u64, output: u64) -> TokenPrices {
    TokenPrices { input, cached_input: Some(cached_input), output }
}

const fn only_global(global: TokenPrices) -> ModelPrices {
    ModelPrices { global, data_zone: None, regional: None }
}

const fn listed(prices: ModelPrices) -> Fact<ModelPrices> {
    observed(prices, "Azure retail price list (read 2026-08-11)")
}

const fn per_1000(requests: u64) -> RpmRatio {
    RpmRatio { requests, tokens: 1_000 }
}

const fn documented<T: Copy>(value: T, source: &'static str) -> Fact<T> {
    Fact { value, evidence: Evidence::Documented, source }
}

const fn observed<T: Copy>(value: T, source: &'static str) -> Fact<T> {
    Fact { value, evidence: Evidence::Observed, source }
}

const fn assumed<T: Copy>(value: T, source: &'static str) -> Fact<T> {
    Fact { value, evidence: Evidence::Assumed, source }
}

/// Provisioned throughput with the global minimum and step that all models share.
const fn ptu(
    input_tpm_per_ptu: u64,
    output_weight: u64,
    regional: PtuStep,
    target_tokens_per_second: u64,
) -> Fact<PtuFacts> {
    let global = PtuStep { minimum: 15, step: 5 };
    let facts = PtuFacts { input_tpm_per_ptu, output_weight, global, regional, target_tokens_per_second };
    documented(facts, PTU_SIZING)
}

/// Pay as you go: wide spread, and twice as slow with 100 requests in flight.
const fn standard(base_ms: u64, per_prompt_token_us: u64, tpot_ms: u64) -> LatencySpec {
    LatencySpec {
        family: LatencyFamily::LogNormal,
        ttft_base: Duration::from_millis(base_ms),
        ttft_per_prompt_token: Duration::from_nanos(per_prompt_token_us.saturating_mul(1_000)),
        ttft_sigma: 0.35,
        tpot: Duration::from_millis(tpot_ms),
        tpot_sigma: 0.20,
        tail_chance: 0.005,
        tail_factor: (3.0, 10.0),
        load_factor: 2.0,
        load_capacity: 100,
    }
}

/// Provisioned: narrow spread, and no dependence on load below 100 % utilisation.
const fn provisioned(base_ms: u64, per_prompt_token_us: u64, tpot_ms: u64) -> LatencySpec {
    LatencySpec {
        ttft_sigma: 0.20,
        tpot_sigma: 0.08,
        load_factor: 1.0,
        ..standard(base_ms, per_prompt_token_us, tpot_ms)
    }
}

/// Embedding models generate nothing: all their time is that of the first token.
const fn embedding(name: &'static str, rpm_ratio: Fact<RpmRatio>) -> ModelFacts {
    ModelFacts {
        name,
        aliases: &[],
        rpm_ratio,
        token_cost: observed(TokenCost::EMBEDDINGS, COST_EMBEDDINGS),
        ptu: None,
        standard_latency: assumed(standard(100, 10, 0), LATENCY_EMBEDDINGS),
        ptu_latency: None,
        prices: None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_and_aliases_are_unique() {
        let all: Vec<_> = MODELS.iter().flat_map(|m| m.aliases.iter().copied().chain([m.name])).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn every_fact_has_a_source() {
        for model in MODELS {
            let sources = [model.rpm_ratio.source, model.token_cost.source, model.standard_latency.source];
            assert!(sources.iter().all(|source| !source.is_empty()), "{}", model.name);
            assert_eq!(model.ptu.is_some(), model.ptu_latency.is_some(), "{}", model.name);
        }
    }

    #[test]
    fn prices_are_those_of_the_list_per_million_tokens() {
        // Dollars per million tokens on the list, times 1,000.
        for (name, input, cached, output) in
            [("gpt-4o", 2_500, 1_250, 10_000), ("gpt-4o-mini", 150, 75, 600), ("gpt-4.1", 2_000, 500, 8_000)]
        {
            let prices = ModelFacts::find(name).unwrap().prices.unwrap().value.global;
            assert_eq!(prices, TokenPrices { input, cached_input: Some(cached), output }, "{name}");
        }
        for model in MODELS {
            if let Some(Fact { value: ModelPrices { global, data_zone, regional }, .. }) = model.prices {
                for scope in [data_zone, regional].into_iter().flatten() {
                    assert!(scope.input > global.input && scope.output > global.output, "{}", model.name);
                }
            }
        }
    }

    #[test]
    fn assumed_provisioned_latency_keeps_the_documented_target() {
        for model in MODELS {
            if let (Some(ptu), Some(latency)) = (model.ptu, model.ptu_latency) {
                let per_second = 1.0 / latency.value.tpot.as_secs_f64();
                assert!(
                    per_second > ptu.value.target_tokens_per_second as f64,
                    "{}: {per_second}",
                    model.name
                );
            }
        }
    }
}
