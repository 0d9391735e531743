//! A scenario as it is used: the base and its variants, each ready to run.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::{NOTE, entries};
use super::files::Files;
use super::files::default_name;
use super::hash::Fingerprint;
use super::json::{Member, Node, shorten};
use super::scenario::shapes::FIXED_IN_VARIANTS;
use super::scenario::{
    Assumption, Library, Lowered, Overrides, ParsedOverrides, Setting, flatten_semantics, lower,
    switch_assumptions, vary,
};
use crate::backend::DeploymentSpec;
use crate::diagnostics::{Diagnostic, Diagnostics, SourceMap, Span};
use crate::gateway::{GatewaySpec, PoolSpec};
use crate::semantics::{Semantics, Switch};
use crate::sim::RunPlan;
use crate::units::StatusCode;

/// The name of the variant that a scenario is without changes.
pub const BASE: &str = "base";

/// A scenario file with all files that it names.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name in reports.
    pub name: String,
    /// Its own remark.
    pub note: Option<String>,
    /// UTC time of the first instant, as text.
    pub start: String,
    /// The scenario without changes.
    pub base: Variant,
    /// Its variants, in the order of the file.
    pub variants: Vec<Variant>,
    /// Whether each request is to be written out (`output.requests`).
    pub writes_requests: bool,
}

/// One configuration of a scenario.
#[derive(Clone, Debug)]
pub struct Variant {
    /// [`BASE`], or the name of the variant.
    pub name: String,
    /// Its own remark.
    pub note: Option<String>,
    /// What to run.
    pub plan: RunPlan,
    /// Everything taken for granted, the most important first.
    pub assumptions: Vec<Assumption>,
    /// 16 hex digits: SHA-256 over the effective scenario (without notes and names), the bytes of all
    /// files that it names, the pools and the reading of every switch.
    pub hash: String,
    /// Switches that the scenario names itself.
    pub given: Vec<Switch>,
    fixed_assumptions: Vec<Assumption>,
    digest: [u8; 32],
}

impl Variant {
    fn new(name: String, note: Option<String>, lowered: Lowered) -> Self {
        let Lowered { plan, assumptions, given, digest, .. } = lowered;
        Self::assemble(name, note, plan, given, assumptions, digest)
    }

    fn assemble(
        name: String,
        note: Option<String>,
        plan: RunPlan,
        given: Vec<Switch>,
        fixed_assumptions: Vec<Assumption>,
        digest: [u8; 32],
    ) -> Self {
        let deployments: Vec<&DeploymentSpec> =
            plan.targets.iter().map(|target| &*target.deployment).collect();
        let setting = Setting {
            backends: plan.gateway.backends(),
            pools: plan.gateway.pools(),
            program: plan.gateway.program(),
            deployments: &deployments,
            instances: plan.fleet.lives().len(),
        };
        let mut assumptions = fixed_assumptions.clone();
        assumptions.extend(switch_assumptions(&setting, plan.gateway.semantics(), &given));
        assumptions.sort_by_key(|assumption| assumption.rank);
        let hash = hash_of(&digest, &plan.gateway);
        Self { name, note, plan, assumptions, hash, given, fixed_assumptions, digest }
    }

    /// The readings of the switches, by name.
    pub fn readings(&self) -> BTreeMap<&'static str, &'static str> {
        let semantics = self.plan.gateway.semantics();
        told_switches(semantics).map(|switch| (switch.info().path, semantics.get(*switch))).collect()
    }

    /// The same with one switch at another reading. `None` when the switch has no such reading.
    pub fn with_reading(&self, switch: Switch, reading: &str) -> Option<Self> {
        let mut semantics = self.plan.gateway.semantics().clone();
        if !semantics.set(switch.info().path, reading) {
            return None;
        }
        let mut given = self.given.clone();
        if !given.contains(&switch) {
            given.push(switch);
            given.sort();
        }
        self.rebuilt(
            self.name.clone(),
            self.note.clone(),
            self.plan.gateway.pools().to_vec(),
            semantics,
            given,
        )
    }

    /// The same under another name with other pools. `None` when the pools do not fit the backends.
    pub(super) fn with_pools(&self, name: &str, note: &str, pools: Vec<PoolSpec>) -> Option<Self> {
        let semantics = self.plan.gateway.semantics().clone();
        self.rebuilt(name.to_owned(), Some(note.to_owned()), pools, semantics, self.given.clone())
    }

    fn rebuilt(
        &self,
        name: String,
        note: Option<String>,
        pools: Vec<PoolSpec>,
        semantics: Semantics,
        given: Vec<Switch>,
    ) -> Option<Self> {
        let gateway = self.plan.gateway.revised(pools, semantics).ok()?;
        let plan = RunPlan { gateway: Arc::new(gateway), ..self.plan.clone() };
        Some(Self::assemble(name, note, plan, given, self.fixed_assumptions.clone(), self.digest))
    }
}

/// The switches that summaries and hashes tell: all but those of limits, caches, sessions and carbon at their default.
/// Few policies and pools have these; what is told of the others does not depend on them.
fn told_switches(semantics: &Semantics) -> impl Iterator<Item = &'static Switch> {
    Switch::ALL.iter().filter(|switch| {
        let is_rare = matches!(
            switch,
            Switch::RateAlgorithm
                | Switch::CacheMissValue
                | Switch::JsonDates
                | Switch::DoubleFormat
                | Switch::StringHash
                | Switch::AffinityTripped
                | Switch::AffinityVsPriority
                | Switch::AffinityUnknown
                | Switch::AffinityRetry
                | Switch::CarbonUnknown
                | Switch::CarbonVsPriority
        );
        !is_rare || switch.info().readings.first() != Some(&semantics.get(**switch))
    })
}

fn hash_of(digest: &[u8; 32], gateway: &GatewaySpec) -> String {
    let mut print = Fingerprint::default();
    print.part(digest);
    for switch in told_switches(gateway.semantics()) {
        print.part(switch.info().path.as_bytes()).part(gateway.semantics().get(*switch).as_bytes());
    }
    for pool in gateway.pools() {
        // An absent number is an empty part.
        let number = |value: Option<u16>| value.map(u16::to_le_bytes);
        let status = number(pool.failure_status.map(StatusCode::get));
        print.part(pool.name.to_lowercase().as_bytes()).part(status.as_ref().map_or(&[], |bytes| &bytes[..]));
        if let Some(affinity) = &pool.affinity {
            print.part(b"affinity").part(affinity.cookie.as_bytes());
        }
        for member in &pool.members {
            print.part(&member.backend.0.to_le_bytes());
            if let Some(preferred) = member.preferred_carbon {
                let region =
                    gateway.backend(member.backend).and_then(|backend| backend.azure_region.as_deref());
                print.part(preferred.name().as_bytes()).part(region.unwrap_or_default().as_bytes());
            }
            for value in [member.priority, member.weight] {
                let bytes = number(value.map(u16::from));
                print.part(bytes.as_ref().map_or(&[], |bytes| &bytes[..]));
            }
        }
    }
    print.short()
}

/// Reads the scenario at `path` with everything that it names. All problems are told; `None` when one of
/// them is an error.
pub fn load_scenario(
    path: &str,
    files: &dyn Files,
    overrides: &Overrides,
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<Scenario> {
    let mut problems = Diagnostics::new();
    let scenario = load(path, files, overrides, sources, &mut problems);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    scenario.filter(|_| !failed)
}

fn load(
    path: &str,
    files: &dyn Files,
    overrides: &Overrides,
    sources: &mut SourceMap,
    problems: &mut Diagnostics,
) -> Option<Scenario> {
    let mut library = Library::new(files, sources, path);
    let mut tree = library.scenario(problems)?;
    let overrides = ParsedOverrides::parse(overrides, library.sources);
    flatten_semantics(&mut tree, problems);
    overrides.apply(&mut tree, problems);
    flatten_semantics(&mut tree, problems);
    let base = lower(&tree, &mut library, problems);
    let mut variants = Vec::new();
    for member in tree.get("variants").into_iter().flat_map(entries) {
        let mut own = Diagnostics::new();
        refuse_fixed_fields(member, &mut own);
        let mut patch = member.value.clone();
        flatten_semantics(&mut patch, &mut own);
        let mut varied = vary(&tree, &patch, &overrides, &mut own);
        flatten_semantics(&mut varied, &mut own);
        let lowered = lower(&varied, &mut library, &mut own);
        tell_new(&member.name, &own, problems);
        let note = member.value.get(NOTE).and_then(Node::text).map(str::to_owned);
        variants.extend(lowered.map(|lowered| Variant::new(member.name.clone(), note, lowered)));
    }
    if let Some(node) = tree.get("name")
        && let Some(name) = node.text()
    {
        refuse_unsafe_name(name, node.span, problems);
    }
    let base = base?;
    let text = |name: &str| tree.get(name).and_then(Node::text).map(str::to_owned);
    Some(Scenario {
        name: text("name").unwrap_or_else(|| default_name(path)),
        note: text(NOTE),
        start: base.start.clone(),
        writes_requests: base.writes_requests,
        base: Variant::new(BASE.to_owned(), text(NOTE), base),
        variants,
    })
}

/// A name becomes a folder: one path component that means the same everywhere.
fn refuse_unsafe_name(name: &str, span: Span, diagnostics: &mut Diagnostics) {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    let is_safe = name.chars().all(is_plain)
        && name.starts_with(|c: char| c.is_alphanumeric())
        && !name.ends_with(['.', ' '])
        && !name.ends_with(".partial")
        && name.len() <= 100;
    if !is_safe {
        diagnostics.push(
            Diagnostic::error(
                "unsafe-name",
                span,
                format!("`{}` cannot be the name of a folder", shorten(name)),
            )
            .label("expected letters, digits, `-`, `_`, `.` and blanks, beginning with a letter or digit"),
        );
    }
}

fn refuse_fixed_fields(variant: &Member, diagnostics: &mut Diagnostics) {
    refuse_unsafe_name(&variant.name, variant.name_span, diagnostics);
    if variant.name == BASE {
        diagnostics.push(
            Diagnostic::error("variant-name", variant.name_span, "a variant cannot be called `base`")
                .label("expected another name: this one stands for the scenario without changes"),
        );
    }
    for member in entries(&variant.value).filter(|member| FIXED_IN_VARIANTS.contains(&member.name.as_str())) {
        let message = format!("a variant cannot change `{}`", member.name);
        diagnostics.push(
            Diagnostic::error("variant-field", member.name_span, message)
                .label("expected a field other than `formatVersion`, `name` and `variants`"),
        );
    }
}

/// Adds the problems of a variant that the base or another variant does not have as well.
fn tell_new(variant: &str, own: &Diagnostics, all: &mut Diagnostics) {
    for problem in own.sorted() {
        let known = all.sorted().iter().any(|known| {
            (known.code, known.span, &known.message) == (problem.code, problem.span, &problem.message)
        });
        if !known {
            all.push(problem.clone().note(format!("in variant `{variant}`")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Capacity;
    use crate::config::testing::{load, load_with, walkthrough};
    use crate::units::{Duration, RequestsPerMinute, Tokens, TokensPerMinute};
    use crate::workload::{ArrivalSpec, PromptSpec, TokenSpec};

    #[test]
    fn the_walkthrough_is_what_its_description_says() {
        let scenario = load(&walkthrough()).expect("loads");
        assert_eq!(scenario.name, "walkthrough");
        assert_eq!(scenario.start, "2026-01-01T00:00:00Z");
        let plan = &scenario.base.plan;
        let names: Vec<&str> = plan.gateway.backends().iter().map(|b| &*b.name).collect();
        assert_eq!(names, ["openai-eastus", "openai-westus", "openai-swedencentral"]);
        let rule = plan.gateway.backends()[0].breaker.as_ref().expect("a rule");
        assert_eq!(&*rule.name, "openAIBreakerRule");
        assert_eq!((rule.interval, rule.trip_duration), (Duration::from_secs(300), Duration::from_secs(60)));
        assert!(rule.accept_retry_after);
        let Capacity::Standard(standard) = &plan.targets[0].deployment.capacity else { panic!("Standard") };
        // 10 requests per 1,000 tokens per minute, as documented for gpt-4o-mini.
        assert_eq!((standard.tpm, standard.rpm), (TokensPerMinute(8_000), RequestsPerMinute(80)));
        assert_eq!(standard.token_cost.default_max_tokens, Tokens(640));
        assert_eq!((plan.seed, plan.fleet.lives().len(), plan.horizon), (1, 1, None));
        assert_eq!(plan.token_lifetime, Duration::from_secs(86_400));
        let sizes = &plan.traffic.sizes;
        assert_eq!(sizes.completion, TokenSpec::Fixed(150));
        assert!(matches!(&sizes.prompt, PromptSpec::Messages(m) if m.len() == 2));
        assert_eq!(
            plan.traffic.arrivals,
            ArrivalSpec::ClosedLoop { clients: 1, requests: 20, pause: Duration::from_secs(1) }
        );
    }

    #[test]
    fn variants_change_the_base_and_nothing_else() {
        let scenario = load(&walkthrough()).expect("loads");
        let members = |variant: &Variant| -> Vec<(Option<u8>, Option<u8>)> {
            variant.plan.gateway.pools()[0].members.iter().map(|m| (m.priority, m.weight)).collect()
        };
        assert_eq!(members(&scenario.base), [(None, None); 3]);
        let [priority, weighted] = &scenario.variants[..] else { panic!("two variants") };
        assert_eq!(priority.note.as_deref(), Some("East US first"));
        assert_eq!(members(priority), [(Some(1), None), (Some(2), None), (Some(3), None)]);
        assert_eq!(members(weighted), [(Some(1), None), (Some(2), Some(50)), (Some(2), Some(50))]);
        assert_ne!(priority.hash, scenario.base.hash);
        // Two of three members of the weighted pool have a weight, so what "none" means matters there.
        let assumes =
            |variant: &Variant, path: &str| variant.assumptions.iter().any(|a| a.what.starts_with(path));
        assert!(assumes(weighted, "lb.null_weight"));
        assert!(!assumes(priority, "lb.null_weight"));
        assert!(assumes(priority, "admission estimate of gpt-4o-mini"));
    }

    #[test]
    fn equal_scenarios_have_equal_hashes() {
        let hash = |files| load(&files).expect("loads").base.hash;
        let plain = hash(walkthrough());
        assert_eq!(plain.len(), 16);
        let same = [
            ("\"formatVersion\": 1,", "\"note\": \"x\", \"formatVersion\": 1, // y\n \"name\": \"other\","),
            ("\"requests\": 20, \"pause\": \"1s\"", "\"pause\": \"1s\", \"requests\": 20.0"),
            ("\"gateway\": {", "\"semantics\": {\"breaker.window\": \"sliding\"}, \"gateway\": {"),
        ];
        for (from, to) in same {
            assert_eq!(hash(walkthrough().replace("scenario.json", from, to)), plain, "{to}");
        }
        let different = [
            ("scenario.json", "\"requests\": 20", "\"requests\": 21"),
            (
                "scenario.json",
                "\"gateway\": {",
                "\"semantics\": {\"breaker.window\": \"tumbling_epoch\"}, \"gateway\": {",
            ),
            ("policy.xml", "count=\"2\"", "count=\"3\""),
            ("backends.json", "PT5M", "PT1M"),
        ];
        for (file, from, to) in different {
            assert_ne!(hash(walkthrough().replace(file, from, to)), plain, "{to}");
        }
    }

    #[test]
    fn another_reading_is_another_run() {
        let base = load(&walkthrough()).expect("loads").base;
        let other = base.with_reading(Switch::LoadBalancing, "weighted_random").expect("a reading");
        assert_eq!(other.readings()["lb.algorithm"], "weighted_random");
        assert_eq!(base.readings()["lb.algorithm"], "smooth_wrr");
        assert_ne!(other.hash, base.hash);
        let back = other.with_reading(Switch::LoadBalancing, "smooth_wrr").expect("a reading");
        assert_eq!(back.hash, base.hash);
        assert!(base.with_reading(Switch::LoadBalancing, "sticky").is_none());
        // The same reading from the file gives the same run.
        let (configured, found) = load_with(
            &walkthrough(),
            &Overrides {
                set: vec![("semantics.lb.algorithm".into(), "weighted_random".into())],
                ..Overrides::default()
            },
        );
        assert_eq!(found, []);
        assert_eq!(configured.expect("loads").base.hash, other.hash);
    }

    #[test]
    fn the_command_line_wins_in_every_variant() {
        let set = |path: &str, value: &str| (path.to_owned(), value.to_owned());
        let overrides = Overrides {
            set: vec![
                set("backends.openai-eastus.standard.tpm", "16000"),
                set("pools.openai-backend-pool.openai-eastus.priority", "9"),
                set("traffic.clients", "3"),
            ],
            seed: Some(u64::MAX),
            ..Overrides::default()
        };
        let (scenario, found) = load_with(&walkthrough(), &overrides);
        assert_eq!(found, []);
        let scenario = scenario.expect("loads");
        for variant in scenario.variants.iter().chain([&scenario.base]) {
            let plan = &variant.plan;
            assert_eq!(plan.seed, u64::MAX);
            assert_eq!(plan.gateway.pools()[0].members[0].priority, Some(9), "{}", variant.name);
            let Capacity::Standard(standard) = &plan.targets[0].deployment.capacity else {
                panic!("Standard")
            };
            assert_eq!((standard.tpm.get(), standard.rpm.get()), (16_000, 160));
            assert!(matches!(plan.traffic.arrivals, ArrivalSpec::ClosedLoop { clients: 3, .. }));
        }
    }
}
