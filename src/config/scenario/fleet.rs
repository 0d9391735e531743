//! `gateway`: how many instances there are, where, and when their number changes.

use super::super::check::entries;
use super::super::hints::{did_you_mean, list};
use super::super::json::{Node, shorten};
use super::super::shape::{Field, Kind, Shape};
use super::assume::{Assumption, Assumptions};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::policy::Text;
use crate::sim::{FleetSpec, RegionSpec};
use crate::units::{Duration, Timestamp};

/// Instances of a run at most, those counted that serve some of the time.
const MOST_INSTANCES: usize = 1_000;
/// Instances of a region at one time at most, as the table says.
const MOST_AT_ONCE: u32 = 1_000;

const REGION: &Kind = &Kind::Object(&GATEWAY_REGION);
const SCALING: Kind = Kind::List { of: &Kind::Object(&SCALING_STEP), min: 0, max: 10_000 };
pub(super) const SCALING_FIELD: Field = Field::optional(
    "scaling",
    SCALING,
    "Changes of the number of instances, in order of time. What is added knows of no trips.",
);
pub(super) const REGIONS_FIELD: Field = Field::optional(
    "regions",
    Kind::Map(REGION),
    "Where instances stand, by name, in place of `units`; `context.Deployment.Region` is the name.",
);

pub(crate) static SCALING_STEP: Shape = Shape {
    name: "scalingStep",
    what: "a change of the number of instances",
    fields: &[
        Field::required("at", Kind::TIME_ABOVE_ZERO, "When, from the start of the run."),
        Field::required("units", Kind::integer(0, 1_000), "Instances that serve from then on."),
    ],
};

pub(crate) static GATEWAY_REGION: Shape = Shape {
    name: "gatewayRegion",
    what: "a region of the gateway",
    fields: &[
        Field::optional("units", Kind::integer(0, 1_000), "Instances there at the start; default 1."),
        SCALING_FIELD,
        Field::optional(
            "share",
            Kind::Number { min: 0.0, max: 1_000_000.0 },
            "How much of the traffic comes from there, beside the shares of the others; default 1.",
        ),
        Field::optional(
            "network",
            Kind::Map(&Kind::TIME),
            "Round trips between there and deployments, by backend; default: `network` of the backend.",
        ),
    ],
};

/// The instances of a checked scenario. `backends` are those of the run, in their order.
pub(super) fn read_fleet(
    tree: &Node,
    backends: &[&str],
    assumptions: &mut Assumptions,
    diagnostics: &mut Diagnostics,
) -> Option<FleetSpec> {
    let nothing = Node::new(super::super::json::Value::Null, tree.mark());
    let gateway = tree.get("gateway").unwrap_or(&nothing);
    let mut reader = Reader { backends, problems: Diagnostics::new() };
    let regions: Option<Vec<RegionSpec>> = match gateway.get("regions") {
        Some(map) => {
            for name in ["units", "scaling"] {
                if let Some(own) = gateway.get(name) {
                    let message = format!("`{name}` beside `regions`");
                    let label = format!("expected `{name}` in each of the regions");
                    reader
                        .problems
                        .push(Diagnostic::error("gateway-regions", own.mark(), message).label(label));
                }
            }
            entries(map).map(|region| reader.region(Some(&region.name), &region.value)).collect()
        }
        None => reader.region(None, gateway).map(|region| vec![region]),
    };
    // What could not be read has been told.
    let fleet = regions.map(|regions| FleetSpec { regions });
    if let Some(fleet) = &fleet {
        reader.whole(gateway, fleet);
        reader.clients(tree, fleet);
    }
    let failed = reader.problems.has_errors();
    diagnostics.extend(reader.problems);
    let fleet = fleet.filter(|_| !failed)?;
    assume(&fleet, assumptions);
    Some(fleet)
}

/// Where in a fleet a region of that name is.
pub(super) fn region_called(fleet: &FleetSpec, name: &str) -> Option<u16> {
    let called = |region: &RegionSpec| region.name.as_ref().is_some_and(|own| own.as_str() == name);
    u16::try_from(fleet.regions.iter().position(called)?).ok()
}

struct Reader<'b> {
    backends: &'b [&'b str],
    problems: Diagnostics,
}

impl Reader<'_> {
    fn region(&mut self, name: Option<&str>, node: &Node) -> Option<RegionSpec> {
        Some(RegionSpec {
            name: name.map(|name| Text::from(name.to_owned())),
            units: match node.get("units") {
                Some(units) => {
                    u32::try_from(units.integer()?).ok().filter(|units| *units > 0 || name.is_some())?
                }
                None => 1,
            },
            changes: self.scaling(node)?,
            share: node.get("share").map_or(Some(1.0), Node::number)?,
            network: self.network(node)?,
        })
    }

    fn scaling(&mut self, node: &Node) -> Option<Vec<(Timestamp, u32)>> {
        let mut changes: Vec<(Timestamp, u32)> = Vec::new();
        for step in node.get("scaling").and_then(Node::elements).unwrap_or_default() {
            let place = step.get("at")?;
            let at = Timestamp::ZERO.saturating_add(place.time()?);
            if changes.last().is_some_and(|(before, _)| *before >= at) {
                let message = "the change comes no later than the one before it";
                let problem = Diagnostic::error("scaling-order", place.mark(), message);
                self.problems.push(problem.label("expected changes in order of time"));
                return None;
            }
            let units = step.get("units")?.integer()?;
            changes.push((at, u32::try_from(units).ok().filter(|units| *units <= MOST_AT_ONCE)?));
        }
        Some(changes)
    }

    fn network(&mut self, node: &Node) -> Option<Vec<Option<Duration>>> {
        let Some(map) = node.get("network") else { return Some(Vec::new()) };
        let mut network = vec![None; self.backends.len()];
        for member in entries(map) {
            let at = self.backends.iter().position(|name| name.eq_ignore_ascii_case(&member.name));
            let Some(slot) = at.and_then(|at| network.get_mut(at)) else {
                let message = format!("there is no backend `{}`", shorten(&member.name));
                let mut problem = Diagnostic::error("unknown-backend", member.name_span, message)
                    .label("expected a backend of the run")
                    .note(format!("backends there: {}", list(self.backends.iter().copied())));
                problem.help = did_you_mean(&member.name, self.backends.iter().copied());
                self.problems.push(problem);
                continue;
            };
            *slot = Some(member.value.time()?);
        }
        Some(network)
    }

    /// What only shows when all is read.
    fn whole(&mut self, gateway: &Node, fleet: &FleetSpec) {
        let place = gateway.get("regions").or_else(|| gateway.get("scaling")).unwrap_or(gateway).mark();
        let all = fleet.lives().len();
        let problem = |code, message: String| Diagnostic::error(code, place, message);
        if all > MOST_INSTANCES {
            let message = format!("the run has {all} instances, all that ever serve counted");
            let label = format!("expected at most {MOST_INSTANCES}");
            self.problems.push(problem("too-many-instances", message).label(label));
        } else if let Some(at) = fleet.deserted_at() {
            let message = format!("no instance serves from {} on", at.since(Timestamp::ZERO));
            self.problems.push(problem("no-instance", message).label("expected one at any time"));
        } else if fleet.regions.iter().all(|region| region.share.abs() <= 0.0) {
            let message = "no traffic comes from any region".to_owned();
            self.problems.push(problem("no-traffic", message).label("expected a `share` above 0"));
        }
    }

    /// The regions that clients of a mix name.
    fn clients(&mut self, tree: &Node, fleet: &FleetSpec) {
        let clients = tree.get("traffic").and_then(|traffic| traffic.get("clients"));
        for client in clients.into_iter().flat_map(entries) {
            let Some(node) = client.value.get("region") else { continue };
            let Some(name) = node.text().filter(|name| region_called(fleet, name).is_none()) else {
                continue;
            };
            let names = || fleet.regions.iter().filter_map(|region| Some(region.name.as_ref()?.as_str()));
            let message = format!("the gateway has no region `{}`", shorten(name));
            let mut problem = Diagnostic::error("unknown-region", node.mark(), message)
                .label("expected one of `gateway.regions`")
                .note(match names().next() {
                    Some(_) => format!("regions there: {}", list(names())),
                    None => "regions are not told apart".to_owned(),
                });
            problem.help = did_you_mean(name, names());
            self.problems.push(problem);
        }
    }
}

fn assume(fleet: &FleetSpec, assumptions: &mut Assumptions) {
    if fleet.regions.iter().any(|region| !region.changes.is_empty()) {
        let source = "nothing is published about which units are taken away, or what they do about requests \
                      under way";
        let value = "those added last, after what they have under way";
        assumptions.add(Assumption::new("instances taken away", value, source, 3));
        let source =
            "breaker state is that of an instance (backends article, 2025-05-20); a new one has none";
        assumptions.add(Assumption::new("breakers of added instances", "not tripped", source, 2));
    }
    if fleet.regions.iter().filter(|region| region.name.is_some()).count() > 1 {
        let source = "calls are routed around a region that fails to the next closest; which is closest is not \
                      among the inputs";
        let value = "the next one of `gateway.regions`";
        assumptions.add(Assumption::new("calls of a region without instances", value, source, 3));
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Overrides;
    use crate::config::testing::{load, load_with, walkthrough};
    use crate::units::{Duration, Timestamp};

    const USUAL: &str = "\"units\": 1";

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(seconds))
    }

    #[test]
    fn regions_reach_the_plan_in_their_order() {
        let regions = r#""regions": {
            "West Europe": { "units": 2, "share": 3, "scaling": [{ "at": "1m", "units": 4 }],
                "network": { "openai-swedencentral": "20ms" } },
            "East US": {} }"#;
        let scenario = load(&walkthrough().replace("scenario.json", USUAL, regions)).expect("loads");
        let fleet = &scenario.base.plan.fleet;
        let names: Vec<_> =
            fleet.regions.iter().map(|region| region.name.as_ref().unwrap().as_str()).collect();
        assert_eq!(names, ["West Europe", "East US"]);
        let [west, east] = &fleet.regions[..] else { panic!("{fleet:?}") };
        assert_eq!((west.units, west.share, &west.changes[..]), (2, 3.0, &[(at(60), 4)][..]));
        assert_eq!(west.network, [None, None, Some(Duration::from_millis(20))]);
        assert_eq!((east.units, east.share, east.network.len()), (1, 1.0, 0));
        assert_eq!(fleet.lives().len(), 5);
        let assumed = |what: &str| scenario.base.assumptions.iter().any(|a| a.what == what);
        assert!(assumed("instances taken away") && assumed("calls of a region without instances"));
    }

    #[test]
    fn bad_fleets_are_told_with_their_place() {
        for (gateway, code) in [
            (r#""units": 1, "scaling": [{ "at": "1m", "units": 0 }]"#, "no-instance"),
            (r#""scaling": [{ "at": "1m", "units": 2 }, { "at": "1m", "units": 3 }]"#, "scaling-order"),
            (r#""scaling": [{ "at": "0s", "units": 2 }]"#, "out-of-range"),
            (r#""scaling": [{ "at": "1m", "units": 1001 }]"#, "out-of-range"),
            (
                r#""units": 1000, "scaling": [{ "at": "1m", "units": 1 }, { "at": "2m", "units": 9 }]"#,
                "too-many-instances",
            ),
            (r#""units": 2, "regions": { "a": {} }"#, "gateway-regions"),
            (r#""regions": {}"#, "no-traffic"),
            (r#""regions": { "a": { "share": 0 } }"#, "no-traffic"),
            (r#""regions": { "a": { "units": 0 }, "b": { "units": 0 } }"#, "no-instance"),
            (r#""regions": { "a": { "share": -1 } }"#, "out-of-range"),
            (r#""regions": { "a": { "network": { "openai-nowhere": "1ms" } } }"#, "unknown-backend"),
        ] {
            let files = walkthrough().replace("scenario.json", USUAL, gateway);
            let (_, found) = load_with(&files, &Overrides::default());
            let codes: Vec<&str> = found.iter().map(|(code, ..)| code.as_str()).collect();
            assert_eq!(codes, [code], "{gateway}");
        }
    }
}
