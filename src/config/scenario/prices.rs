//! What a backend costs: as the scenario gives it, else by the price list.

use super::super::json::Node;
use super::models::Model;
use crate::backend::{DeploymentType, Prices, TokenPrices, UnitPrices};
use crate::random::whole;

/// The values of `deploymentType`.
pub(super) const DEPLOYMENT_TYPES: &[&str] = &["global", "data-zone", "regional"];

/// What the backend `entry` of `model` costs.
pub(super) fn read_prices(entry: &Node, model: &Model<'_>) -> Prices {
    let deployment_type = match entry.get("deploymentType").and_then(Node::text) {
        Some("data-zone") => DeploymentType::DataZone,
        Some("regional") => DeploymentType::Regional,
        _ => DeploymentType::Global,
    };
    // What runs on servers of one's own is charged elsewhere.
    let is_own = entry.get("servers").is_some();
    let given = entry.get("prices").or_else(|| model.own("prices")).and_then(token_prices);
    let listed = || model.facts.and_then(|facts| facts.prices);
    let tokens = given.or_else(|| deployment_type.token_prices(&listed().filter(|_| !is_own)?.value));
    let units = entry.get("provisioned").map(|provisioned| {
        let listed = deployment_type.unit_prices();
        provisioned.get("unitPrices").and_then(unit_prices).unwrap_or(listed)
    });
    Prices { tokens, units }
}

fn token_prices(node: &Node) -> Option<TokenPrices> {
    let number = |name: &str| node.get(name).and_then(Node::integer);
    let (input, output) = (number("input")?, number("output")?);
    Some(TokenPrices { input, cached_input: number("cachedInput"), output })
}

fn unit_prices(node: &Node) -> Option<UnitPrices> {
    let nano = |name: &str| Some(whole(node.get(name)?.number()? * 1e9));
    Some(UnitPrices { hour: nano("hour")?, month: nano("month"), year: nano("year") })
}
