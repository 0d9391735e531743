//! What was proved, and what was not.

use std::collections::BTreeMap;

use super::explorer::Explored;
use super::memo::Worst;
use super::path::Path;
use super::properties::{Breach, Cause, Class, Property, Sight};
use super::setup::{Bounds, Limits, Setup};
use super::ways::Ways;
use super::worlds::Worlds;
use super::{Answers, Progress};
use crate::gateway::Step;
use crate::policy::Op;
use crate::semantics::Switch;

/// What counts as a violation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// What the configuration claims to handle.
    #[default]
    Declared,
    /// Everything.
    Strict,
}

/// What to look at, and how far.
#[derive(Clone, Debug)]
pub struct Task {
    /// Bounds as configured.
    pub bounds: Bounds,
    /// Bounds for other readings of what is not documented; `None`: only what is configured is looked at.
    pub readings: Option<Bounds>,
    /// Combinations of other readings that are looked at at most; `None`: each other reading is looked at alone.
    pub combinations: Option<usize>,
    /// Limits of properties.
    pub limits: Limits,
    /// What counts as a violation.
    pub profile: Profile,
    /// Properties that are wanted; empty: all of them.
    pub only: Vec<Property>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was tried.
    pub answers: Answers,
    /// Properties in their order, those of poolproof only if one does not hold.
    pub properties: Vec<Checked>,
    /// What the configuration does not claim to handle, with the shortest way to each.
    pub not_covered: Vec<Uncovered>,
    /// What was met as configured.
    pub sights: Vec<Sight>,
    /// What never happened, so that proofs about it say nothing.
    pub unseen: Vec<Sight>,
    /// The largest numbers as configured.
    pub worst: Worst,
    /// How far it went as configured.
    pub extent: Extent,
    /// How far it went with other readings.
    pub readings: Option<Extent>,
    /// Which combinations of them were looked at; `None`: each alone.
    pub combinations: Option<Combinations>,
    /// Undocumented points that changed what happens.
    pub consulted: Vec<Switch>,
    /// What ran and which conditions were met.
    pub steps: Vec<Step>,
    /// Worlds that paths of other readings are numbered in.
    pub worlds: Worlds,
}

/// How far an exploration went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Its bounds.
    pub bounds: Bounds,
    /// Levels that were looked at to the end.
    pub depth: u32,
    /// Whether there is nothing beyond.
    pub is_complete: bool,
    /// Whether it ended because there were too many states.
    pub is_cut: bool,
    /// Different states.
    pub states: usize,
    /// States, each time one was reached.
    pub generated: u64,
    /// Steps of the core that were worked out: each serves many states.
    pub steps: usize,
    /// Whether numbers of a range, or ways of one step, were left out.
    pub has_gaps: bool,
}

/// Which combinations of other readings were looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Combinations {
    /// How many are looked at at most.
    pub most: usize,
    /// How many were, with what is configured.
    pub looked_at: usize,
    /// All were that change up to so many switches, as far as anything asks for them.
    pub size: usize,
    /// Whether there are no others that could make a difference within the bounds.
    pub is_complete: bool,
}

/// What was found with other readings.
#[derive(Clone, Debug)]
pub(super) struct Others {
    /// By property: readings under which it does not hold.
    pub(super) otherwise: BTreeMap<Property, Vec<Otherwise>>,
    pub(super) consulted: Vec<Switch>,
    pub(super) extent: Option<Extent>,
    /// Worlds in which `otherwise` counts.
    pub(super) worlds: Worlds,
    pub(super) combinations: Option<Combinations>,
}

impl Others {
    /// They were not looked at.
    pub(super) fn none(worlds: Worlds) -> Self {
        let (otherwise, consulted) = (BTreeMap::new(), Vec::new());
        Self { otherwise, consulted, extent: None, worlds, combinations: None }
    }

    /// Each was looked at alone.
    pub(super) fn alone(
        setup: &Setup,
        task: &Task,
        explored: &Explored,
        bounds: Bounds,
        worlds: Worlds,
    ) -> Self {
        let strict = task.profile == Profile::Strict;
        let all = setup.properties().into_iter();
        Self {
            otherwise: all
                .map(|property| (property, otherwise(explored, property, strict, &worlds)))
                .collect(),
            consulted: consulted(explored, &worlds),
            extent: Some(Extent::of(explored, bounds)),
            worlds,
            combinations: None,
        }
    }
}

/// A property with its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Which.
    pub property: Property,
    /// What is known of it.
    pub verdict: Verdict,
    /// Other readings under which it does not hold, with the shortest way under each; the number is that of the world.
    pub otherwise: Vec<Otherwise>,
}

/// A reading that changes a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otherwise {
    /// What is read otherwise than configured.
    pub changes: Vec<(Switch, &'static str)>,
    /// Number of its world.
    pub world: usize,
    /// Why the configuration does not claim to handle it, under the strict profile.
    pub cause: Option<Cause>,
    /// The shortest way.
    pub path: Path,
}

/// What is known of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds within the bounds.
    Holds,
    /// It does not.
    Violated {
        /// Why the configuration does not claim to handle it, under the strict profile.
        cause: Option<Cause>,
        /// The shortest way.
        path: Path,
    },
    /// It says nothing about this configuration.
    NotApplicable(&'static str),
    /// The bound of states was reached before there was a verdict.
    Unknown,
}

/// Something that the configuration does not claim to handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncovered {
    /// The property that does not hold then.
    pub property: Property,
    /// Why it is none of the configuration's claims.
    pub cause: Cause,
    /// The shortest way.
    pub path: Path,
}

impl Report {
    /// Whether something does not hold as configured.
    pub fn is_violated(&self) -> bool {
        self.properties.iter().any(|checked| matches!(checked.verdict, Verdict::Violated { .. }))
    }

    /// Whether the bound of states was reached before there was a verdict.
    pub fn is_unknown(&self) -> bool {
        self.properties.iter().any(|checked| checked.verdict == Verdict::Unknown)
    }

    /// Adds what random storms found: a property that held within the bounds does not beyond them.
    pub fn add_storms(&mut self, found: Vec<(Breach, Path)>, profile: Profile) {
        for (breach, path) in found {
            if !counts(breach.cause, profile == Profile::Strict) {
                continue;
            }
            let cause = breach.cause;
            let verdict = Verdict::Violated { cause, path };
            match self.properties.iter_mut().find(|checked| checked.property == breach.property) {
                Some(checked) if matches!(checked.verdict, Verdict::Violated { .. }) => {}
                Some(checked) => checked.verdict = verdict,
                None => self.properties.push(Checked {
                    property: breach.property,
                    verdict,
                    otherwise: Vec::new(),
                }),
            }
        }
    }

    pub(super) fn of(
        setup: &Setup,
        task: &Task,
        answers: Answers,
        configured: Explored,
        mut others: Others,
    ) -> Self {
        let strict = task.profile == Profile::Strict;
        let mut properties = Vec::new();
        let mut not_covered = Vec::new();
        for property in setup.properties() {
            if !task.only.is_empty() && !task.only.contains(&property) {
                continue;
            }
            let ways = of(&configured, property);
            let counts = |breach: &Breach| counts(breach.cause, strict);
            let shortest = ways
                .iter()
                .filter(|(breach, _)| counts(breach))
                .filter_map(|(breach, ways)| ways.paths.first().map(|(_, path)| (breach.cause, path)))
                .min_by_key(|(cause, path)| (path.moves.len(), *cause));
            for (breach, ways) in ways.iter().filter(|(breach, _)| !counts(breach)) {
                if let (Some(cause), Some((_, path))) = (breach.cause, ways.paths.first()) {
                    not_covered.push(Uncovered { property, cause, path: path.clone() });
                }
            }
            let why_not = if shortest.is_none() { inapplicable(setup, property) } else { None };
            let verdict = match (shortest, why_not) {
                (Some((cause, path)), _) => Verdict::Violated { cause, path: path.clone() },
                (None, Some(why)) => Verdict::NotApplicable(why),
                (None, None) if is_sometimes(setup, property) => sometimes(&configured, property),
                (None, None) if property == Property::RetryReached => retry_reached(&configured, &answers),
                (None, None) if configured.is_cut => Verdict::Unknown,
                (None, None) => Verdict::Holds,
            };
            let is_violated = matches!(verdict, Verdict::Violated { .. });
            let otherwise = others.otherwise.remove(&property).filter(|_| !is_violated).unwrap_or_default();
            let is_core = property.info().class == Class::Core;
            if is_core && !is_violated && otherwise.is_empty() && task.only.is_empty() {
                continue;
            }
            properties.push(Checked { property, verdict, otherwise });
        }
        let mut sights: Vec<Sight> = expected(setup);
        sights.retain(|sight| !configured.sights.contains(sight));
        Self {
            answers,
            properties,
            not_covered,
            unseen: sights,
            worst: configured.worst,
            extent: Extent::of(&configured, task.bounds),
            readings: others.extent,
            combinations: others.combinations,
            consulted: others.consulted,
            sights: configured.sights,
            steps: configured.steps,
            worlds: others.worlds,
        }
    }
}

impl Extent {
    pub(super) fn of(explored: &Explored, bounds: Bounds) -> Self {
        Self {
            bounds,
            depth: explored.depth,
            is_complete: explored.is_complete,
            is_cut: explored.is_cut,
            states: explored.states,
            generated: explored.generated,
            steps: explored.sizes.2,
            has_gaps: explored.has_gaps,
        }
    }
}

/// Whether a breach of this cause is a violation.
fn counts(cause: Option<Cause>, strict: bool) -> bool {
    cause.is_none_or(|cause| strict && cause.inherent().is_none())
}

/// What was found about a property.
fn of(explored: &Explored, property: Property) -> Vec<(Breach, &Ways)> {
    let found = explored.found.iter().filter(|(breach, _)| breach.property == property);
    found.map(|(breach, ways)| (*breach, ways)).collect()
}

/// Worlds in which a property does not hold, each with the shortest way.
pub(super) fn otherwise(
    explored: &Explored,
    property: Property,
    strict: bool,
    worlds: &Worlds,
) -> Vec<Otherwise> {
    let mut found: Vec<Otherwise> = Vec::new();
    for (breach, ways) in of(explored, property) {
        if !counts(breach.cause, strict) {
            continue;
        }
        for world in 1..worlds.len() {
            let first = ways.paths.iter().find(|(mask, _)| mask.has(world));
            let Some((_, path)) = first else { continue };
            match found.iter_mut().find(|known| known.world == world) {
                Some(known) if known.path.moves.len() <= path.moves.len() => {}
                Some(known) => (known.cause, known.path) = (breach.cause, path.clone()),
                None => found.push(Otherwise {
                    changes: worlds.changes(world).to_vec(),
                    world,
                    cause: breach.cause,
                    path: path.clone(),
                }),
            }
        }
    }
    found.sort_by_key(|one| one.world);
    found
}

/// Switches whose other readings change anything.
pub(super) fn consulted(explored: &Explored, worlds: &Worlds) -> Vec<Switch> {
    let mut found: Vec<Switch> = (1..worlds.len())
        .filter(|world| explored.differ.has(*world))
        .flat_map(|world| worlds.changes(world).iter().map(|(switch, _)| *switch))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether somebody wrote that it is to hold for some response and not for all.
fn is_sometimes(setup: &Setup, property: Property) -> bool {
    match property {
        Property::Custom(at) => setup.custom.get(usize::from(at)).is_some_and(|custom| custom.is_sometimes),
        _ => false,
    }
}

/// Whether it held for some response: if not, that is a violation only if there is nothing else to be met.
fn sometimes(configured: &Explored, property: Property) -> Verdict {
    let Property::Custom(at) = property else { return Verdict::Unknown };
    match (configured.sights.contains(&Sight::Custom(at)), configured.is_cut) {
        (true, _) => Verdict::Holds,
        (false, false) => Verdict::Violated { cause: None, path: Path::default() },
        (false, true) => Verdict::Unknown,
    }
}

/// Whether a retry policy retries anything that can happen.
fn retry_reached(configured: &Explored, answers: &Answers) -> Verdict {
    let is_retried = answers.kinds.values().any(|kind| kind.is_retried);
    if is_retried || configured.sights.contains(&Sight::Retried) {
        Verdict::Holds
    } else if configured.sights.contains(&Sight::Exhausted) {
        Verdict::Violated { cause: None, path: Path::default() }
    } else {
        Verdict::NotApplicable("no answer is retried, and no pool is exhausted within the bounds")
    }
}

/// Why a property says nothing about a configuration.
fn inapplicable(setup: &Setup, property: Property) -> Option<&'static str> {
    let spec = &setup.gateway;
    let has_choice = spec.pools().iter().any(|pool| pool.members.len() > 1);
    match property {
        Property::Failover | Property::RetryElsewhere if !has_choice => {
            Some("no pool has more than one member")
        }
        Property::PaidForFirst => {
            let has = |paid_for| setup.paid_for.contains(&Some(paid_for));
            (!(has(true) && has(false)))
                .then_some("no pool is known to have provisioned capacity beside pay-as-you-go")
        }
        Property::RetryReached if !spec.program().ops.iter().any(|op| matches!(op, Op::Retry(_))) => {
            Some("the policy has no retry")
        }
        Property::LimitsKept if !super::limits::has_limits(spec) => {
            Some("the policy limits neither calls nor tokens")
        }
        Property::ExhaustedAnswer if spec.backends().iter().all(|backend| backend.breaker.is_none()) => {
            Some("no backend has a breaker, so that no pool is ever exhausted")
        }
        _ => None,
    }
}

/// What has to happen somewhere, or proofs about it say nothing.
fn expected(setup: &Setup) -> Vec<Sight> {
    let spec = &setup.gateway;
    let mut found = Vec::new();
    for pool in spec.pools() {
        for member in &pool.members {
            let number = member.backend.0;
            found.push(Sight::Called(number));
            let has_breaker = spec.backend(member.backend).is_some_and(|backend| backend.breaker.is_some());
            if has_breaker {
                found.extend([Sight::Tripped(number), Sight::Reset(number)]);
            }
        }
        if pool.members.len() > 1 {
            found.push(Sight::FailedOver);
        }
    }
    if spec.program().ops.iter().any(|op| matches!(op, Op::Retry(_))) {
        found.push(Sight::Retried);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Hears of progress.
pub type Listener<'a> = &'a mut dyn FnMut(Progress);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::answers::{Answer, Kind, RetryAfter};
    use crate::verify::tests::support::{Small, code, retry, rule, small, to_pool};

    fn of(policy: &str, members: usize, has_breaker: bool) -> Setup {
        let members = vec![(Some(1), None); members];
        let rule = has_breaker.then(|| rule(&[(429, 429)]));
        Small { policy: policy.to_owned(), members, rule, ..small() }.setup()
    }

    #[test]
    fn a_property_that_says_nothing_tells_why() {
        let plain = to_pool("<forward-request />");
        let retries = to_pool(&retry(1, r#"interval="0""#, "true"));
        let (one, two) = (of(&plain, 1, false), of(&retries, 2, true));
        let why = |setup: &Setup, property| inapplicable(setup, property);
        for property in [Property::Failover, Property::RetryElsewhere] {
            assert_eq!(why(&one, property), Some("no pool has more than one member"));
            assert_eq!(why(&two, property), None);
        }
        assert_eq!(why(&one, Property::RetryReached), Some("the policy has no retry"));
        assert_eq!(why(&two, Property::RetryReached), None);
        let never = "no backend has a breaker, so that no pool is ever exhausted";
        assert_eq!(why(&one, Property::ExhaustedAnswer), Some(never));
        assert_eq!(why(&two, Property::ExhaustedAnswer), None);
        assert_eq!(why(&one, Property::LimitsKept), Some("the policy limits neither calls nor tokens"));
        assert_eq!(why(&one, Property::NoLeak), None);
    }

    #[test]
    fn paid_for_first_needs_both_kinds() {
        let mut setup = of(&to_pool("<forward-request />"), 2, true);
        let none = Some("no pool is known to have provisioned capacity beside pay-as-you-go");
        for (paid_for, why) in [
            ([None, None], none),
            ([Some(true), None], none),
            ([None, Some(false)], none),
            ([Some(true), Some(false)], None),
        ] {
            setup.paid_for = paid_for.to_vec();
            assert_eq!(inapplicable(&setup, Property::PaidForFirst), why, "{paid_for:?}");
        }
    }

    #[test]
    fn what_is_expected_follows_from_the_configuration() {
        let plain = to_pool("<forward-request />");
        let (called, tripped, reset) = (Sight::Called(0), Sight::Tripped(0), Sight::Reset(0));
        assert_eq!(expected(&of(&plain, 1, false)), [called]);
        assert_eq!(expected(&of(&plain, 1, true)), [called, tripped, reset]);
        assert_eq!(expected(&of(&plain, 2, false)), [called, Sight::Called(1), Sight::FailedOver]);
        let retries = to_pool(&retry(1, r#"interval="0""#, "true"));
        assert_eq!(expected(&of(&retries, 1, false)), [called, Sight::Retried]);
    }

    #[test]
    fn a_retry_is_reached_by_what_it_retries() {
        let kind = |is_retried| {
            let kind = Kind { is_retried, ..Kind::default() };
            let all = vec![Answer::Status(code(429), RetryAfter::Absent)];
            Answers { all, kinds: [(code(429), kind)].into() }
        };
        let policy = to_pool(&retry(1, r#"interval="0""#, "context.Response.StatusCode == 500"));
        let setup = of(&policy, 1, true);
        let mut explored = small().explore(&setup, &Answers::of(&setup), true);
        explored.sights.clear();
        assert!(matches!(retry_reached(&explored, &kind(false)), Verdict::NotApplicable(_)));
        assert_eq!(retry_reached(&explored, &kind(true)), Verdict::Holds, "something is");
        explored.sights.push(Sight::Exhausted);
        assert!(matches!(retry_reached(&explored, &kind(false)), Verdict::Violated { cause: None, .. }));
        explored.sights.push(Sight::Retried);
        assert_eq!(retry_reached(&explored, &kind(false)), Verdict::Holds, "something was");
    }

    #[test]
    fn what_counts_depends_on_cause_and_profile() {
        for (cause, declared, strict) in [
            (None, true, true),
            (Some(Cause::NoResponse), false, true),
            (Some(Cause::ComeBackAtOnce), false, false),
        ] {
            assert_eq!((counts(cause, false), counts(cause, true)), (declared, strict), "{cause:?}");
        }
    }
}
