//! How many provisioned units a load needs.
//!
//! The rule is that of the PTU sizing page (2026-05-21): weighted tokens per minute over what one unit
//! carries, rounded up to what can be bought. An older text of the same page rounded to the nearest.

use crate::units::Ptu;

use super::{PtuFacts, PtuStep};

/// Where the units are deployed; decides minimum and step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PtuScope {
    /// Global or data zone.
    Global,
    /// One region.
    Regional,
}

/// Result of [`ptu_sizing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtuSizing {
    /// Units the load fills, in hundredths, to the nearest.
    pub needed_hundredths: u64,
    /// Units to buy.
    pub ptu: Ptu,
}

/// Units for a load of `input_tpm` prompt tokens (cached ones left out) and `output_tpm` generated tokens
/// per minute.
pub fn ptu_sizing(facts: &PtuFacts, scope: PtuScope, input_tpm: u64, output_tpm: u64) -> PtuSizing {
    let weighted = u128::from(output_tpm)
        .saturating_mul(u128::from(facts.output_weight))
        .saturating_add(u128::from(input_tpm));
    let per_unit = u128::from(facts.input_tpm_per_ptu.max(1));
    let half = per_unit.checked_div(2).unwrap_or(0);
    let hundredths = weighted.saturating_mul(100).saturating_add(half).checked_div(per_unit).unwrap_or(0);
    let PtuStep { minimum, step } = match scope {
        PtuScope::Global => facts.global,
        PtuScope::Regional => facts.regional,
    };
    let above = weighted.div_ceil(per_unit).saturating_sub(u128::from(minimum));
    let step = u128::from(step.max(1));
    let ptu = above.div_ceil(step).saturating_mul(step).saturating_add(u128::from(minimum));
    PtuSizing {
        needed_hundredths: u64::try_from(hundredths).unwrap_or(u64::MAX),
        ptu: Ptu(u32::try_from(ptu).unwrap_or(u32::MAX)),
    }
}
