//! From two configurations to a report.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::accounts::Account;
use super::answers::Answers;
use super::classes::{MOST_CLASSES, classes};
use super::facets::{Kind, compare};
use super::groups::{Groups, request};
use super::literals::Literals;
use super::members::Members;
use super::play::Player;
use super::report::{Report, ShareChange, UnderReading};
use super::seen::Seen;
use super::shares::shares;
use super::side::{Both, Side, Which};
use super::structure::edits;
use super::ways::{MOST_WAYS, Ways};
use crate::diagnostics::SourceMap;
use crate::policy::Op;
use crate::semantics::Switch;
use crate::wording::{count, list, quoted};

/// Calls of backends that are played at most, so that long retries of many requests come to an end.
const MOST_CALLS: usize = 1_000_000;

/// The reading under which members of pools are drawn.
const DRAWN: &str = "weighted_random";

/// Plays both and tells what differs. Each of `switches` is read in all of its ways in turn; none: as configured
/// only.
pub fn contrast(old: &Side, new: &Side, sources: &SourceMap, switches: &[Switch]) -> Report {
    let mut literals = Literals::default();
    for side in [old, new] {
        literals.add(side.gateway.program(), sources);
    }
    let played = Played::of(Both { old, new }, &literals);
    let player = &played.player;
    let mut report = Report {
        old: old.title.clone(),
        new: new.title.clone(),
        classes: played.groups.classes,
        differing: played.groups.differing,
        differences: played.groups.told(player, &played.ways.all, |kind| !kind.is_sent()),
        sent: played.groups.told(player, &played.ways.all, Kind::is_sent),
        shares: played.shares.clone(),
        edits: edits(player, sources),
        readings: Vec::new(),
        notes: played.notes(),
    };
    if switches.contains(&Switch::LoadBalancing) {
        // Random draws are none of the things that are played: the first possibility would always be taken.
        report.notes.push(format!(
            "`{}` as `{DRAWN}` is not played: which member a request gets is chance then, in the shares that weights \
             give under every reading.",
            Switch::LoadBalancing.info().path
        ));
    }
    for switch in switches {
        for reading in switch.info().readings.iter().filter(|reading| **reading != DRAWN) {
            report.readings.extend(under(*switch, reading, &played, &literals));
        }
    }
    report
}

/// Everything about one pair of configurations.
struct Played<'s> {
    player: Player<'s>,
    ways: Ways,
    answers: Answers,
    groups: Groups,
    shares: Vec<ShareChange>,
    is_cut: bool,
    /// Whether requests of any way reach a backend.
    has_calls: bool,
}

impl<'s> Played<'s> {
    fn of(sides: Both<&'s Side>, literals: &Literals) -> Self {
        let mut player = Player::new(sides);
        let ways = Ways::of(&player, literals);
        player.meet(&ways.all);
        let all: Vec<Members> = ways.all.iter().map(|way| Members::of(&player, way)).collect();
        // Statuses are told apart by requests that reach a backend.
        let reaching = all.iter().position(|members| !members.reached.is_empty());
        let answers = ways
            .all
            .get(reaching.unwrap_or(0))
            .map_or_else(Answers::default, |way| Answers::of(&player, way));
        let mut played = Self {
            player,
            ways,
            answers,
            groups: Groups::default(),
            shares: Vec::new(),
            is_cut: false,
            has_calls: reaching.is_some(),
        };
        played.play(&all);
        played
    }

    fn play(&mut self, all: &[Members]) {
        let mut calls = 0_usize;
        for (at, (way, members)) in self.ways.all.iter().zip(all).enumerate() {
            let (classes, is_cut) = classes(&self.player, at, members, &self.answers);
            self.is_cut |= is_cut;
            for class in classes {
                if self.groups.classes >= MOST_CLASSES || calls > MOST_CALLS {
                    self.is_cut = true;
                    break;
                }
                let seen = self.player.play(&class, way);
                calls = calls.saturating_add(seen.old.calls.len()).saturating_add(seen.new.calls.len());
                let mut kinds = compare(&seen);
                kinds.extend(self.moved(&seen));
                self.groups.add(&class, kinds, &seen, members, &self.player);
            }
            for change in shares(&self.player, way, members) {
                let is_known = self.shares.iter().any(|known| {
                    (&known.backends, known.errors, &known.situation)
                        == (&change.backends, change.errors, &change.situation)
                });
                if !is_known {
                    self.shares.push(change);
                }
            }
        }
    }

    /// Accounts that both sides call, each at another address.
    fn moved(&self, seen: &Both<Seen>) -> Vec<Kind> {
        let called = |seen: &Seen| seen.calls.iter().filter_map(|call| call.account).collect::<BTreeSet<_>>();
        let both = called(&seen.old).intersection(&called(&seen.new)).copied().collect::<Vec<_>>();
        both.into_iter()
            .filter(|account| self.player.accounts.all.get(*account).is_some_and(Account::is_moved))
            .map(Kind::Address)
            .collect()
    }

    /// What was played, and what was not.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let ways: Vec<String> = self.ways.all.iter().map(|way| request(Some(way))).collect();
        let usual = self.player.request(Which::Old);
        notes.push(format!("A usual request is {} {}.", usual.method, quoted(&usual.path)));
        if ways.len() > 1 {
            notes.push(format!("Ways in that make a difference: {}.", list(&ways, "and")));
        }
        if !self.has_calls {
            let text = "No request that was played reaches a backend, so what backends answer was not played: the \
                        policies ask for something that was not found in them.";
            notes.push(text.to_owned());
        }
        notes.extend(self.answers.sentence());
        if self.ways.is_cut {
            notes.push(format!("There are more ways in: {MOST_WAYS} were played."));
        }
        if self.is_cut {
            let played = count(self.groups.classes, "class", "classes");
            notes.push(format!(
                "Not everything was played that the numbers of both tell apart: {played} were."
            ));
        }
        for which in Which::BOTH {
            let word = if which == Which::Old { "old" } else { "new" };
            if self.player.side(which).has_stand_ins {
                notes.push(format!(
                    "The backends of the {word} configuration are stand-ins without breakers: nothing is known of \
                     them but their names."
                ));
            }
            for (op, place) in self.player.gateway(which).program().ops.iter().zip(self.places(which)) {
                if matches!(op, Op::Unsupported) {
                    notes.push(format!("{} of the {word} policy is not simulated.", quoted(place)));
                }
            }
        }
        notes
    }

    fn places(&self, which: Which) -> impl Iterator<Item = &str> {
        self.player.gateway(which).program().places.iter().map(|place| place.policy.as_str())
    }
}

/// What else differs when both read `switch` as `reading`. `None` when nothing does, or it is read like that.
fn under(
    switch: Switch,
    reading: &'static str,
    played: &Played<'_>,
    literals: &Literals,
) -> Option<UnderReading> {
    let mut is_new = false;
    let sides = Both::of(|which| {
        let side = played.player.side(which);
        let mut semantics = side.gateway.semantics().clone();
        is_new |= semantics.get(switch) != reading;
        semantics.set(switch.info().path, reading);
        let gateway = side.gateway.revised(side.gateway.pools().to_vec(), semantics).ok()?;
        Some(Side { gateway: Arc::new(gateway), ..side.clone() })
    });
    let (true, Some(old), Some(new)) = (is_new, &sides.old, &sides.new) else { return None };
    let other = Played::of(Both { old, new }, literals);
    let (before, now) = (played.groups.kinds(), other.groups.kinds());
    let more = other.groups.told(&other.player, &other.ways.all, |kind| !before.contains(kind));
    let gone = played.groups.told(&played.player, &played.ways.all, |kind| !now.contains(kind));
    let gone: Vec<String> = gone.into_iter().map(|difference| difference.title).collect();
    let is_same = more.is_empty() && gone.is_empty();
    (!is_same).then(|| UnderReading { switch: switch.info().path, reading, more, gone })
}
