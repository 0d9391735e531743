//! `carbonIntensity`: how much carbon dioxide electricity costs in each region, over time.

use std::sync::Arc;

use super::super::check::entries;
use super::super::json::{Node, shorten};
use super::super::shape::{Field, Kind, Shape};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::gateway::{CarbonCategory, RegionCarbon};
use crate::units::{Duration, Timestamp};

const STEPS: &Kind = &Kind::List { of: STEP, min: 1, max: 100_000 };
const STEP: &Kind = &Kind::Object(&CARBON);
pub(super) const CARBON_FIELD: Field = Field::optional(
    "carbonIntensity",
    Kind::Map(STEPS),
    "Carbon categories by region (`azureRegion` of backends, region of the gateway), in order of time.",
);

pub(crate) static CARBON: Shape = Shape {
    name: "carbonStep",
    what: "a carbon category",
    fields: &[
        Field::optional("at", Kind::TIME, "From when on, from the start of the run; default 0s."),
        Field::required(
            "category",
            Kind::Choice(&["VeryLow", "Low", "Medium", "High", "VeryHigh"]),
            "The category: to 150, 300, 500, 700 g/kWh, and above.",
        ),
    ],
};

/// The categories of a checked scenario.
pub(super) fn read_carbon(tree: &Node, diagnostics: &mut Diagnostics) -> Option<Vec<RegionCarbon>> {
    let mut regions: Vec<RegionCarbon> = Vec::new();
    for member in tree.get("carbonIntensity").into_iter().flat_map(entries) {
        if regions.iter().any(|known| known.is_of(&member.name)) {
            let message = format!("the region `{}` is given twice", shorten(&member.name));
            diagnostics.push(
                Diagnostic::error("duplicate-name", member.name_span, message)
                    .label("expected each region once; case and spaces do not count"),
            );
        }
        let mut since: Vec<(Timestamp, CarbonCategory)> = Vec::new();
        for step in member.value.elements()? {
            let at = step.get("at").and_then(Node::time).unwrap_or(Duration::ZERO);
            let at = Timestamp::ZERO.saturating_add(at);
            if since.last().is_some_and(|(before, _)| *before >= at) {
                let place = step.get("at").unwrap_or(step).mark();
                diagnostics.push(
                    Diagnostic::error(
                        "carbon-order",
                        place,
                        "the category is not later than the one before it",
                    )
                    .label("expected times in order"),
                );
            }
            since.push((at, CarbonCategory::named(step.get("category")?.text()?)?));
        }
        regions.push(RegionCarbon { region: Arc::from(member.name.as_str()), since });
    }
    Some(regions)
}
