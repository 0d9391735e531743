//! Small specs for the tests of this module.

use std::sync::Arc;

use crate::backend::{
    CallScript, Capacity, DeploymentSpec, LatencyFamily, LatencySpec, ModelFacts, Prices, StandardSpec,
    Throttling,
};
use crate::units::{Duration, RequestsPerMinute, TokensPerMinute};

/// A Standard gpt-4o-mini deployment of 8,000 TPM with constant latency: 100 ms and 10 ms per token.
pub(crate) fn deployment(name: &str) -> Arc<DeploymentSpec> {
    let facts = ModelFacts::find("gpt-4o-mini").unwrap();
    Arc::new(DeploymentSpec {
        caching: None,
        name: name.into(),
        region: "Nowhere".into(),
        model: "gpt-4o-mini".into(),
        capacity: Capacity::Standard(StandardSpec::measured(
            TokensPerMinute(8_000),
            RequestsPerMinute(80),
            facts.token_cost.value,
        )),
        measured: None,
        latency: LatencySpec {
            family: LatencyFamily::LogNormal,
            ttft_base: Duration::from_millis(100),
            ttft_per_prompt_token: Duration::ZERO,
            ttft_sigma: 0.0,
            tpot: Duration::from_millis(10),
            tpot_sigma: 0.0,
            tail_chance: 0.0,
            tail_factor: (1.0, 1.0),
            load_factor: 1.0,
            load_capacity: 1,
        },
        network: Duration::ZERO,
        refusal: Duration::from_millis(20),
        throttling: Throttling::STANDARD,
        overload: None,
        quota: Vec::new(),
        context: None,
        prices: Prices::default(),
        script: CallScript::default(),
    })
}
