//! Configurations through all rules: what is found, in order.

use super::gather::{Configuration, Gathered};
use super::workload::workload;
use crate::config::{DiskFiles, Overrides, load_scenario};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceMap, Span};
use crate::rules::{Finding, Found, Rule, Tier, all, check, read_setup};

/// Something to tell.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// With the code of its rule, if it has one.
    pub diagnostic: Diagnostic,
    /// The rule, unless a reader objects to something that has none.
    pub rule: Option<&'static Rule>,
    /// Fix and reading, where a rule found it.
    pub finding: Option<Finding>,
}

/// What was found in everything that was gathered.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    /// By place.
    pub told: Vec<Told>,
    /// From names of backends to where they are defined.
    pub links: Vec<(Span, Span)>,
}

impl Told {
    /// The page of its rule in Markdown.
    pub(crate) fn page(&self) -> Option<String> {
        let rule = self.rule?;
        Some(format!("**{} {}**: {}\n\n{}\n\n{}", rule.code, rule.name, rule.summary, rule.why, rule.fix))
    }
}

/// Asks all rules about each configuration.
pub(crate) fn analyse_all(gathered: &Gathered, sources: &mut SourceMap, tier: Option<Tier>) -> Analysis {
    let mut analysis = Analysis::default();
    tell_problems(&gathered.problems, &mut analysis);
    for configuration in &gathered.configurations {
        analyse(configuration, sources, tier, &mut analysis);
    }
    analysis.told.sort_by_key(|told| told.diagnostic.span);
    analysis.told.dedup_by(|one, other| one.diagnostic == other.diagnostic);
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
    tell_problems(&problems, analysis);
    for finding in check(&setup) {
        analysis.told.push(Told {
            diagnostic: finding.diagnostic.clone(),
            rule: Some(finding.rule),
            finding: Some(finding),
        });
    }
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
}

/// What readers object to, as findings of their rules.
fn tell_problems(problems: &Diagnostics, analysis: &mut Analysis) {
    for problem in problems.sorted() {
        let finds =
            |rule: &&Rule| matches!(rule.found, Found::ByReaders(names) if names.contains(&problem.code));
        let rule = all().find(finds);
        let mut diagnostic = problem.clone();
        if let Some(rule) = rule {
            diagnostic.code = rule.code;
        }
        analysis.told.push(Told { diagnostic, rule, finding: None });
    }
}
