//! Classes that differ alike, gathered: how many, the smallest, and what brings it about.

use std::collections::{BTreeMap, BTreeSet};

use super::classes::{Class, Moment};
use super::facets::Kind;
use super::members::Members;
use super::play::Player;
use super::report::{Difference, Witness};
use super::seen::Seen;
use super::side::{Both, Which};
use super::told::course;
use super::ways::Way;

/// Causes that are told one by one.
const MOST_CAUSES: usize = 5;

/// A request that comes in as it usually does.
pub(super) const USUAL: &str = "a usual request";

/// Everything that differs.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) classes: usize,
    pub(super) differing: usize,
    all: BTreeMap<Kind, Group>,
}

#[derive(Debug)]
struct Group {
    classes: usize,
    /// Number of the first class that differs like that: it is the smallest.
    first: usize,
    class: Class,
    situation: String,
    seen: Both<Seen>,
    causes: Vec<String>,
    ways: BTreeSet<usize>,
}

impl Groups {
    /// Adds a class that was played.
    pub(super) fn add(
        &mut self,
        class: &Class,
        kinds: BTreeSet<Kind>,
        seen: &Both<Seen>,
        members: &Members,
        player: &Player<'_>,
    ) {
        self.classes = self.classes.saturating_add(1);
        if kinds.is_empty() {
            return;
        }
        self.differing = self.differing.saturating_add(1);
        let number = self.classes;
        for kind in kinds {
            let group = self.all.entry(kind).or_insert_with(|| Group {
                classes: 0,
                first: number,
                class: class.clone(),
                situation: class.situation(members, player),
                seen: seen.clone(),
                causes: Vec::new(),
                ways: BTreeSet::new(),
            });
            group.classes = group.classes.saturating_add(1);
            group.ways.insert(class.way);
            let cause = cause(class);
            if !group.causes.contains(&cause) {
                group.causes.push(cause);
            }
        }
    }

    /// The kinds of differences.
    pub(super) fn kinds(&self) -> BTreeSet<&Kind> {
        self.all.keys().collect()
    }

    /// The differences of the kinds that are asked for, the worst first.
    pub(super) fn told(
        &self,
        player: &Player<'_>,
        ways: &[Way],
        is_asked: impl Fn(&Kind) -> bool,
    ) -> Vec<Difference> {
        let mut found: Vec<(&Kind, &Group)> = self.all.iter().filter(|(kind, _)| is_asked(kind)).collect();
        found.sort_by_key(|(kind, group)| (kind.rank(), group.first));
        found.into_iter().map(|(kind, group)| group.told(kind, player, ways)).collect()
    }
}

impl Group {
    fn told(&self, kind: &Kind, player: &Player<'_>, ways: &[Way]) -> Difference {
        let accounts = &player.accounts;
        let own = cause(&self.class);
        let others: Vec<&String> = self.causes.iter().filter(|cause| **cause != own).collect();
        let mut also: Vec<String> = others.iter().take(MOST_CAUSES).map(|cause| (*cause).clone()).collect();
        if others.len() > MOST_CAUSES {
            also.push(format!("{} more", others.len().saturating_sub(MOST_CAUSES)));
        }
        let elsewhere = self.ways.iter().filter(|way| **way != self.class.way);
        let ways_of = elsewhere.filter_map(|way| ways.get(*way)).map(|way| format!("requests {}", way.words));
        let more: Vec<String> = ways_of.collect();
        let rest = more.len().saturating_sub(MOST_CAUSES);
        also.extend(more.into_iter().take(MOST_CAUSES));
        if rest > 0 {
            also.push(format!("{rest} more ways"));
        }
        Difference {
            title: kind.title(accounts, &self.seen),
            classes: self.classes,
            witness: Witness {
                request: request(ways.get(self.class.way)),
                situation: self.situation.clone(),
                before: course(&self.seen, kind, accounts, Which::Old),
                now: course(&self.seen, kind, accounts, Which::New),
            },
            also,
        }
    }
}

/// A way in words.
pub(super) fn request(way: Option<&Way>) -> String {
    match way {
        Some(way) if !way.words.is_empty() => format!("a request {}", way.words),
        _ => USUAL.to_owned(),
    }
}

/// What brings a class about, without the backends it is about.
fn cause(class: &Class) -> String {
    match class.moment {
        Moment::Fresh => class.trouble.noun(),
        Moment::After { .. } => format!("{} of earlier requests", class.trouble.noun()),
        Moment::Again { .. } => "equal requests before".to_owned(),
        Moment::Spent { .. } => "tokens used up".to_owned(),
        Moment::Crowd { .. } => "equal requests under way".to_owned(),
    }
}
