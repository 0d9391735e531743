//! `backends`: the deployments behind them. A number comes from the backend, else from the scenario's entry for
//! its model, else from the table of models. Every default that nobody documents becomes an [`Assumption`].

use std::sync::Arc;

use super::super::check::Dialect;
use super::super::hints::{did_you_mean, list};
use super::super::json::{Node, shorten};
use super::assume::{Assumption, Assumptions};
use super::caching::read_caching;
use super::faults::{read_overload, read_quota};
use super::latency::{family_of, is_consistent, needed_of_unknown, read_family};
use super::models::{Layers, Model};
use super::prices::read_prices;
use super::scripts::read_answers;
use super::throttling::read_throttling;
use crate::backend::{
    Capacity, CostKind, DeploymentSpec, Evidence, Fact, LatencyFamily, LatencySpec, ModelFacts, PtuSpec,
    ServersSpec, StandardSpec, Throttling, TokenCost, WindowKind,
};
use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::units::{Duration, Ptu, RequestsPerMinute, StatusCode, Tokens, TokensPerMinute};

const LATENCY_FIELDS: &[&str] = &[
    "ttft",
    "ttftPerPromptToken",
    "ttftSigma",
    "tpot",
    "tpotSigma",
    "tailChance",
    "tailFactor",
    "loadFactor",
    "loadCapacity",
];
const COST_FIELDS: &[&str] = &["kind", "defaultMaxTokens", "charsPerToken", "perMessage", "countPrompt"];

/// The deployment that a checked entry of `backends` describes.
pub(super) fn read_deployment(
    name: &Arc<str>,
    entry: &Node,
    models: Option<&Node>,
    assumptions: &mut Assumptions,
    diagnostics: &mut Diagnostics,
) -> Option<DeploymentSpec> {
    let model_node = entry.get("model")?;
    let model = Model::find(model_node.text()?, models);
    let provisioned = entry.get("provisioned");
    let kinds = ["standard", "provisioned", "servers"];
    let mut given = kinds.iter().filter_map(|kind| Some((*kind, entry.get(kind)?)));
    let (capacity, servers) = match (given.next(), given.next()) {
        (Some((kind, node)), None) => (node, (kind == "servers").then_some(node)),
        (Some((first, _)), Some((second, node))) => {
            let message = format!("both `{first}` and `{second}` are given");
            diagnostics
                .push(Diagnostic::error("capacity", node.mark(), message).label("expected one of the two"));
            return None;
        }
        (None, _) => {
            let message = format!("backend `{name}` has no `standard`, `provisioned` or `servers`");
            diagnostics
                .push(Diagnostic::error("capacity", entry.mark(), message).label("expected one of them"));
            return None;
        }
    };
    let missing = missing_numbers(entry, &model, capacity, provisioned.is_some());
    if !missing.is_empty() {
        if !model.is_misled() {
            diagnostics.push(unknown_numbers(model_node, &model, provisioned.is_some(), &missing, models));
        }
        return None;
    }
    let defaults = Defaults { model: &model, given: entry };
    let capacity = match (provisioned, servers) {
        (Some(node), _) => Capacity::Provisioned(defaults.provisioned(node, name, assumptions)?),
        (None, Some(node)) => Capacity::Servers(read_servers(node, diagnostics)?),
        (None, None) => Capacity::Standard(defaults.standard(capacity, assumptions)?),
    };
    let usual = if provisioned.is_some() { Throttling::PROVISIONED } else { Throttling::STANDARD };
    let latency = defaults.latency(provisioned.is_some(), assumptions, diagnostics)?;
    let refusal = entry.get("refusal").and_then(Node::time).unwrap_or_else(|| {
        let time = DeploymentSpec::DEFAULT_REFUSAL;
        let source = "assumed; about 110 ms were measured through a gateway (aoai-testing, 2024-08)";
        assumptions.add(Assumption::new("time a deployment takes for a 429", time.to_string(), source, 4));
        time
    });
    Some(DeploymentSpec {
        name: Arc::clone(name),
        region: Arc::from(entry.get("region").and_then(Node::text).unwrap_or_default()),
        model: Arc::from(model.name()),
        caching: read_caching(entry, model.name(), servers.is_some()),
        prices: read_prices(entry, &model),
        context: match entry.get("contextTokens") {
            Some(given) => Some(Tokens(given.integer()?)),
            None => ModelFacts::provisioned_context(model.name()).filter(|_| provisioned.is_some()),
        },
        measured: None,
        capacity,
        latency,
        network: entry.get("network").and_then(Node::time).unwrap_or(Duration::ZERO),
        refusal,
        throttling: read_throttling(entry, usual, diagnostics)?,
        overload: read_overload(entry, assumptions),
        quota: read_quota(entry, provisioned.is_some(), diagnostics)?,
        script: read_answers(entry, diagnostics),
    })
}

/// A group of servers.
fn read_servers(node: &Node, diagnostics: &mut Diagnostics) -> Option<ServersSpec> {
    let refusal = match node.get("refusal") {
        None => StatusCode::SERVICE_UNAVAILABLE,
        Some(status) => match status.integer()? {
            429 => StatusCode::TOO_MANY_REQUESTS,
            503 => StatusCode::SERVICE_UNAVAILABLE,
            other => {
                let message = format!("servers do not refuse with {other}");
                diagnostics.push(
                    Diagnostic::error("servers-refusal", status.mark(), message).label("expected 429 or 503"),
                );
                return None;
            }
        },
    };
    let number = |name: &str| node.get(name).and_then(Node::integer);
    Some(ServersSpec { count: number("count")?, queue: number("queue")?, refusal })
}

/// The numbers that neither the entry nor the model gives.
fn missing_numbers(entry: &Node, model: &Model<'_>, capacity: &Node, provisioned: bool) -> Vec<String> {
    let facts = model.facts;
    let mut missing = Vec::new();
    let mut need = |place: &str, given: Layers<'_>, fields: &[&str]| {
        let absent = fields.iter().filter(|field| given.get(field).is_none());
        missing.extend(absent.map(|field| format!("{place}.{field}")));
    };
    if provisioned && facts.and_then(|facts| facts.ptu).is_none() {
        need("provisioned", model.below(Some(capacity)), &["inputTpmPerPtu", "outputWeight"]);
    }
    if !provisioned && facts.is_none() && entry.get("servers").is_none() {
        if model.own("rpmRatio").is_none() {
            need("standard", Layers::only(capacity), &["rpm"]);
        }
        need("standard.tokenCost", model.field_below(capacity, "tokenCost", "tokenCost"), COST_FIELDS);
    }
    let known_latency =
        if provisioned { facts.is_some_and(|facts| facts.ptu_latency.is_some()) } else { facts.is_some() };
    let latency = model.latency_below(entry, provisioned);
    let needed = needed_of_unknown(family_of(latency)).unwrap_or(LATENCY_FIELDS);
    if !known_latency {
        need("latency", latency, needed);
    }
    missing
}

fn unknown_numbers(
    node: &Node,
    model: &Model<'_>,
    provisioned: bool,
    missing: &[String],
    models: Option<&Node>,
) -> Diagnostic {
    let name = shorten(node.text().unwrap_or_default());
    let mut diagnostic = if model.is_known() {
        let kind = if provisioned { "provisioned" } else { "Standard" };
        let message = format!("nothing is known about {kind} deployments of model `{name}`");
        Diagnostic::error("unknown-model", node.mark(), message).label("expected all numbers given")
    } else {
        Diagnostic::error("unknown-model", node.mark(), format!("nothing is known about model `{name}`"))
            .label("expected the name of a known model, or all numbers given")
            .note(format!("known models: {}", list(Model::names(models))))
    };
    if !model.is_known() {
        diagnostic.help = did_you_mean(&name, Model::names(models));
    }
    diagnostic.note(format!("numbers that are not given: {}", list(missing.iter().map(|m| &**m))))
}

struct Defaults<'n> {
    model: &'n Model<'n>,
    given: &'n Node,
}

impl Defaults<'_> {
    fn standard(&self, node: &Node, assumptions: &mut Assumptions) -> Option<StandardSpec> {
        let tpm = TokensPerMinute(node.get("tpm")?.integer()?);
        let rpm = if let Some(rpm) = node.get("rpm") {
            RequestsPerMinute(rpm.integer()?)
        } else if let Some(ratio) = self.model.rpm_ratio() {
            ratio.of(tpm)
        } else {
            let facts = self.model.facts?;
            let ratio = facts.rpm_ratio;
            let value = format!("{} per {} TPM", ratio.value.requests, ratio.value.tokens);
            assumptions.add_fact(format!("RPM of {}", self.model.given), value, &ratio, 1);
            facts.default_rpm(tpm)
        };
        let given = self.model.field_below(node, "tokenCost", "tokenCost");
        let known = self.model.facts.map(|facts| facts.token_cost);
        if let Some(known) = &known
            && COST_FIELDS.iter().any(|field| given.get(field).is_none())
        {
            let cost = known.value;
            let value = match cost.kind {
                CostKind::Embeddings => format!("characters / {}", cost.chars_per_token),
                CostKind::Chat if cost.count_prompt => format!(
                    "max_tokens (else {}) + characters / {} + {} for each message",
                    cost.default_max_tokens, cost.chars_per_token, cost.per_message
                ),
                CostKind::Chat => format!("max_tokens (else {})", cost.default_max_tokens),
            };
            assumptions.add_fact(format!("admission estimate of {}", self.model.given), value, known, 1);
        }
        // All fields are given when the model is not known.
        let cost = known.map_or(TokenCost::GPT_4, |known| known.value);
        let number = |name: &str| given.get(name).and_then(Node::integer);
        let token_cost = TokenCost {
            kind: match given.get("kind").and_then(Node::text) {
                Some("embeddings") => CostKind::Embeddings,
                Some(_) => CostKind::Chat,
                None => cost.kind,
            },
            default_max_tokens: number("defaultMaxTokens").map_or(cost.default_max_tokens, Tokens),
            chars_per_token: number("charsPerToken").unwrap_or(cost.chars_per_token),
            per_message: number("perMessage").unwrap_or(cost.per_message),
            count_prompt: given
                .get("countPrompt")
                .and_then(|flag| flag.flag(Dialect::Scenario))
                .unwrap_or(cost.count_prompt),
        };
        let time = |name: &str, default| node.get(name).and_then(Node::time).unwrap_or(default);
        let flag = |name: &str| node.get(name).and_then(|flag| flag.flag(Dialect::Scenario)).unwrap_or(false);
        Some(StandardSpec {
            window_kind: match node.get("windowKind").and_then(Node::text) {
                Some("fixed-minute") => WindowKind::FixedMinute,
                _ => WindowKind::Sliding,
            },
            request_limit: node.get("requestLimit").and_then(Node::integer),
            count_rejected: flag("countRejected"),
            refund_on_completion: flag("refundOnCompletion"),
            token_window: time("tokenWindow", StandardSpec::DEFAULT_TOKEN_WINDOW),
            request_window: time("requestWindow", StandardSpec::DEFAULT_REQUEST_WINDOW),
            ..StandardSpec::measured(tpm, rpm, token_cost)
        })
    }

    fn provisioned(&self, node: &Node, name: &str, assumptions: &mut Assumptions) -> Option<PtuSpec> {
        let known = self.model.facts.and_then(|facts| facts.ptu);
        let given = self.model.below(Some(node));
        let number = |field: &str| given.get(field).and_then(Node::integer);
        let fact = |field: &str,
                    read: fn(&crate::backend::PtuFacts) -> u64,
                    assumptions: &mut Assumptions| {
            number(field).or_else(|| {
                let known = known.as_ref()?;
                let value = read(&known.value);
                assumptions.add_fact(format!("{field} of {}", self.model.given), value.to_string(), known, 1);
                Some(value)
            })
        };
        let input_tpm_per_ptu = fact("inputTpmPerPtu", |ptu| ptu.input_tpm_per_ptu, assumptions)?;
        let output_weight = fact("outputWeight", |ptu| ptu.output_weight, assumptions)?;
        let default_completion_tokens = number("defaultCompletionTokens").map_or_else(
            || {
                let value = PtuSpec::DEFAULT_COMPLETION_TOKENS;
                let source = "not published (provisioned throughput page, 2026-02-10)";
                let what = format!("completion estimate of {name} without max_tokens");
                assumptions.add(Assumption::new(what, value.to_string(), source, 2));
                value
            },
            Tokens,
        );
        Some(PtuSpec {
            ptu: Ptu(u32::try_from(node.get("ptu")?.integer()?).ok()?),
            input_tpm_per_ptu,
            output_weight,
            bucket_depth: node.get("bucketDepth").and_then(Node::time),
            default_completion_tokens,
        })
    }

    fn latency(
        &self,
        provisioned: bool,
        assumptions: &mut Assumptions,
        diagnostics: &mut Diagnostics,
    ) -> Option<LatencySpec> {
        let given = self.model.latency_below(self.given, provisioned);
        let known: Option<Fact<LatencySpec>> = match (self.model.facts, provisioned) {
            (Some(facts), true) => facts.ptu_latency,
            (Some(facts), false) => Some(facts.standard_latency),
            (None, _) => None,
        };
        if family_of(given) != "lognormal" {
            if let Some(known) = known.filter(|_| family_of(given) == "constant")
                && (given.get("ttft").is_none() || given.get("tpot").is_none())
            {
                let base = known.value;
                let value =
                    format!("{} to the first token, {} for each further one", base.ttft_base, base.tpot);
                assumptions.add_fact(format!("latency of {}", self.model.given), value, &known, 3);
            }
            return read_family(given, known.map(|known| known.value), diagnostics);
        }
        is_consistent(given, diagnostics).then_some(())?;
        let field = |name: &str| given.get(name);
        let time = |name: &str, known: Option<Duration>| field(name).map_or(known, Node::time);
        let number = |name: &str, known: Option<f64>| field(name).map_or(known, Node::number);
        let base = known.map(|known| known.value);
        if let Some(known) = &known {
            let kind = if provisioned { "provisioned" } else { "Standard" };
            let absent: Vec<&str> =
                LATENCY_FIELDS.iter().copied().filter(|name| field(name).is_none()).collect();
            let load = absent.iter().any(|name| name.starts_with("load"));
            if absent.iter().any(|name| !name.starts_with("load")) {
                let base = known.value;
                let value =
                    format!("{} to the first token, {} for each further one", base.ttft_base, base.tpot);
                assumptions.add_fact(format!("latency of {} ({kind})", self.model.given), value, known, 3);
            }
            if load && known.value.load_capacity > 0 && known.value.load_factor > 1.0 {
                let value =
                    format!("{} times at {} in flight", known.value.load_factor, known.value.load_capacity);
                let what = format!("slowdown under load of {} ({kind})", self.model.given);
                assumptions.add_fact(what, value, &Fact { evidence: Evidence::Assumed, ..*known }, 3);
            }
        }
        let tail = field("tailFactor").and_then(Node::elements);
        Some(LatencySpec {
            family: LatencyFamily::LogNormal,
            ttft_base: time("ttft", base.map(|b| b.ttft_base))?,
            ttft_per_prompt_token: time("ttftPerPromptToken", base.map(|b| b.ttft_per_prompt_token))?,
            ttft_sigma: number("ttftSigma", base.map(|b| b.ttft_sigma))?,
            tpot: time("tpot", base.map(|b| b.tpot))?,
            tpot_sigma: number("tpotSigma", base.map(|b| b.tpot_sigma))?,
            tail_chance: number("tailChance", base.map(|b| b.tail_chance))?,
            tail_factor: match tail {
                Some([low, high]) => (low.number()?, high.number()?),
                Some(_) => return None,
                None => base?.tail_factor,
            },
            load_factor: number("loadFactor", base.map(|b| b.load_factor))?,
            load_capacity: field("loadCapacity").map_or(base.map(|b| b.load_capacity), Node::integer)?,
        })
    }
}
