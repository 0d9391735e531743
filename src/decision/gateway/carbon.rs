//! Carbon-aware pools: which members are left out because the region they are in emits too much.
//!
//! Rules (resource schema 2025-03-01-preview and later; article on sustainability, 2025)
//! - A member with `preferredCarbonEmission` whose region is in a worse category is left out, unless nothing
//!   else is available.
//! - The region of a member is the `azureRegion` of its backend. Categories by grams of CO2 equivalent for a
//!   kilowatt hour: very low to 150, low to 300, medium to 500, high to 700, very high above.
//!
//! Categories over time are given with the gateway: the service's data are not known beforehand. Undocumented,
//! so switches: a region of which nothing is known (`lb.carbon_unknown`), and whether members of a worse
//! priority group come before those that emit too much (`lb.carbon_vs_priority`). A session stays with its
//! member (assumed).

use std::sync::Arc;

use super::choices::Choices;
use super::selection::MAX_MEMBERS;
use super::spec::{GatewaySpec, PoolSpec};
use crate::semantics::CarbonUnknown;
use crate::units::{BackendId, Timestamp};

/// How much carbon dioxide electricity costs, from less to more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CarbonCategory {
    /// To 150 g/kWh.
    VeryLow,
    /// To 300 g/kWh.
    Low,
    /// To 500 g/kWh.
    Medium,
    /// To 700 g/kWh.
    High,
    /// Above.
    VeryHigh,
}

impl CarbonCategory {
    /// All, from less to more, with their names in resources and expressions.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("VeryLow", Self::VeryLow),
        ("Low", Self::Low),
        ("Medium", Self::Medium),
        ("High", Self::High),
        ("VeryHigh", Self::VeryHigh),
    ];

    /// The category called so, in whatever case.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, category)| *category)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, category)| *category == self).map_or("", |(name, _)| name)
    }
}

/// The categories of one region over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionCarbon {
    /// Name of the region, long or short, in any case.
    pub region: Arc<str>,
    /// What holds from when on, in order of time; nothing is known before the first.
    pub since: Vec<(Timestamp, CarbonCategory)>,
}

impl RegionCarbon {
    /// What holds at `now`.
    pub fn at(&self, now: Timestamp) -> Option<CarbonCategory> {
        let started = self.since.iter().take_while(|(from, _)| *from <= now);
        started.last().map(|(_, category)| *category)
    }

    /// Whether it is about the region called so.
    pub fn is_of(&self, region: &str) -> bool {
        squeezed(&self.region).eq(squeezed(region))
    }
}

/// `East US` and `eastus` are one region.
fn squeezed(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase())
}

/// The members of `pool`, as bits by position, that emit more than they should at `now`.
pub(super) fn dirty_members<C: Choices>(
    spec: &GatewaySpec,
    pool: &PoolSpec,
    now: Timestamp,
    choices: &mut C,
) -> u32 {
    let mut dirty = 0_u32;
    let mut bit = 1_u32;
    for member in pool.members.iter().take(MAX_MEMBERS) {
        if let Some(preferred) = member.preferred_carbon {
            let is_dirty = match category_of(spec, member.backend, now) {
                Some(category) => category > preferred,
                None => spec.semantics().lb_carbon_unknown(choices) == CarbonUnknown::LeftOut,
            };
            dirty |= if is_dirty { bit } else { 0 };
        }
        bit = bit.wrapping_shl(1);
    }
    dirty
}

fn category_of(spec: &GatewaySpec, backend: BackendId, now: Timestamp) -> Option<CarbonCategory> {
    let region = spec.backend(backend)?.azure_region.as_ref()?;
    spec.carbon().iter().find(|carbon| carbon.is_of(region))?.at(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_change_with_time() {
        let at = |seconds: u64| Timestamp::from_nanos(seconds * 1_000_000_000);
        let since = vec![(at(10), CarbonCategory::Low), (at(20), CarbonCategory::High)];
        let carbon = RegionCarbon { region: "East US".into(), since };
        for (seconds, expected) in
            [(9, None), (10, Some("Low")), (19, Some("Low")), (20, Some("High")), (99, Some("High"))]
        {
            assert_eq!(carbon.at(at(seconds)).map(CarbonCategory::name), expected, "{seconds}");
        }
        assert!(carbon.is_of("eastus") && carbon.is_of("EAST US") && !carbon.is_of("eastus2"));
    }

    #[test]
    fn names_are_read_back() {
        for (name, category) in CarbonCategory::NAMES {
            assert_eq!(CarbonCategory::named(&name.to_uppercase()), Some(category));
            assert_eq!(category.name(), name);
        }
        assert_eq!(CarbonCategory::named("dirty"), None);
    }
}
