//! A scenario as it is used: the base and its variants, each ready to run.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::{NOTE, entries};
use super::files::Files;
use super::files::default_name;
use super::hash::Fingerprint;
use super::json::{Member, Node};
use super::scenario::shapes::FIXED_IN_VARIANTS;
use super::scenario::{
    Assumption, Library, Lowered, Overrides, ParsedOverrides, Setting, flatten_semantics, lower,
    switch_assumptions, vary,
};
use crate::backend::DeploymentSpec;
use crate::diagnostics::{Diagnostic, Diagnostics, SourceMap};
use crate::gateway::{GatewaySpec, PoolSpec};
use crate::semantics::{Semantics, Switch};
use crate::sim::RunPlan;

/// The name of the variant that a scenario is without changes.
pub const BASE: &str = "base";

/// A scenario file with all files that it names.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name in reports.
    pub name: String,
    /// Its own remark.
    pub note: Option<String>,
    /// UTC time of the first instant, as text; reported only.
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
            units: plan.units,
        };
        let mut assumptions = fixed_assumptions.clone();
        assumptions.extend(switch_assumptions(&setting, plan.gateway.semantics(), &given));
        assumptions.sort_by_key(|assumption| assumption.rank);
        let hash = hash_of(&digest, &plan.gateway);
        Self { name, note, plan, assumptions, hash, given, fixed_assumptions, digest }
    }

    /// The reading of every switch, by name.
    pub fn readings(&self) -> BTreeMap<&'static str, &'static str> {
        let semantics = self.plan.gateway.semantics();
        Switch::ALL.iter().map(|switch| (switch.info().path, semantics.get(*switch))).collect()
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
        let old = &self.plan.gateway;
        let gateway =
            GatewaySpec::new(old.backends().to_vec(), pools, old.program().clone(), semantics).ok()?;
        let plan = RunPlan { gateway: Arc::new(gateway), ..self.plan.clone() };
        Some(Self::assemble(name, note, plan, given, self.fixed_assumptions.clone(), self.digest))
    }
}

fn hash_of(digest: &[u8; 32], gateway: &GatewaySpec) -> String {
    let mut print = Fingerprint::default();
    print.part(digest);
    for switch in Switch::ALL {
        print.part(switch.info().path.as_bytes()).part(gateway.semantics().get(*switch).as_bytes());
    }
    for pool in gateway.pools() {
        let mut line = format!("{} {:?}", pool.name.to_lowercase(), pool.failure_status);
        for member in &pool.members {
            line.push_str(&format!(" {} {:?} {:?}", member.backend.0, member.priority, member.weight));
        }
        print.part(line.as_bytes());
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

fn refuse_fixed_fields(variant: &Member, diagnostics: &mut Diagnostics) {
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
