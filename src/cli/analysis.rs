//! Configurations through all rules: what is found, in order.

use std::collections::BTreeSet;

use super::gather::{Configuration, Gathered};
use super::workload::workload;
use crate::config::{DiskFiles, Overrides, load_scenario};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};
use crate::policy::scan::Element;
use crate::resources::Form;
use crate::rules::{Places, Tier, Told, check, read_setup, sort, suggest, suppress};

/// What was found in everything that was gathered.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    /// By place.
    pub told: Vec<Told>,
    /// From names of backends to where they are defined.
    pub links: Vec<(Span, Span)>,
    /// The elements of policies.
    pub elements: Vec<Element>,
}

/// Asks all rules about each configuration.
pub(crate) fn analyse_all(gathered: &Gathered, sources: &mut SourceMap, tier: Option<Tier>) -> Analysis {
    let mut analysis = Analysis::default();
    analysis.told.extend(gathered.problems.sorted().into_iter().map(Told::from));
    for configuration in &gathered.configurations {
        analyse(configuration, sources, tier, &mut analysis);
    }
    sort(&mut analysis.told);
    suggest(&mut analysis.told, sources);
    suppress(&mut analysis.told, sources);
    sort(&mut analysis.told);
    // Nobody mends a plan: what it was made of is to be mended.
    let files = gathered.configurations.iter().flat_map(|configuration| &configuration.files);
    let plans: BTreeSet<SourceId> =
        files.filter(|file| file.form == Form::TerraformPlan).map(|file| file.source).collect();
    let places = Places::new(sources);
    for told in &mut analysis.told {
        let fix = told.fix.take().and_then(|fix| places.fix_in_files(fix));
        told.fix = fix.filter(|fix| fix.edits.iter().all(|edit| !plans.contains(&edit.span.source)));
    }
    analysis
}

fn analyse(
    configuration: &Configuration,
    sources: &mut SourceMap,
    tier: Option<Tier>,
    analysis: &mut Analysis,
) {
    let mut problems = Diagnostics::new();
    let mut setup = read_setup(&configuration.files, sources, &mut problems);
    let named_tier = configuration.named.tier.as_deref().and_then(Tier::named);
    setup.tier = setup.tier.or(tier).or(named_tier);
    if let Some(path) = &configuration.scenario {
        let mut own = Diagnostics::new();
        let scenario = load_scenario(path, &DiskFiles, &Overrides::default(), sources, &mut own);
        setup.workload = scenario.map(|scenario| workload(&scenario.base));
        // What is wrong with the files that it names is told above, by their rules.
        let is_of_scenario = |d: &&Diagnostic| d.span.is_none_or(|span| sources.name(span.source) == path);
        for problem in own.sorted().into_iter().filter(is_of_scenario) {
            problems.push(problem.clone());
        }
    }
    analysis.told.extend(problems.sorted().into_iter().map(Told::from));
    analysis.told.extend(check(&setup).into_iter().map(Told::from));
    for policy in &setup.policies {
        for (name, span) in &policy.references {
            analysis.links.extend(setup.backend(name).map(|backend| (*span, backend.span)));
        }
    }
    for pool in setup.backends.iter().filter_map(|backend| backend.pool()) {
        for member in &pool.members {
            let target = member.name.as_deref().and_then(|name| setup.backend(name));
            analysis
                .links
                .extend(target.map(|target| (member.id.span().unwrap_or(member.span), target.span)));
        }
    }
    analysis.elements.extend(setup.policies.into_iter().flat_map(|policy| policy.document.roots));
}
