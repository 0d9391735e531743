//! What is not known yet is worked out: on several threads, and kept in the order in which it was asked.

use super::super::answers::Answer;
use super::super::guide::Guide;
use super::super::rest::{NO_RECOVERY, SLOTS_KEPT, UNFAIR, is_fair, is_served};
use super::super::sides::side_by_side;
use super::super::stage::{Deaf, Happening, Played, Thread, play};
use super::super::worlds::Mask;
use super::later::settle_thread;
use super::{GatewayId, Memo, Outcome, Outcomes, Question, Set, ThreadId, Way, Who};
use crate::gateway::Phase;
use crate::units::{Duration, Timestamp};

/// Questions for which a second thread is worth its start.
const WORTH_A_THREAD: usize = 64;

/// What was played for one question.
#[derive(Debug, Default)]
struct Worked {
    plays: Vec<(Happening, Vec<Play>)>,
    has_gaps: bool,
    read: Vec<Mask>,
}

/// One way in which a happening goes: what came of it, in which worlds, and what was chosen on the way.
type Play = (Played, Mask, Box<[u64]>);

impl Memo<'_> {
    /// Works out what was not asked before, on so many threads. What they find is kept in the order of the questions.
    pub(in super::super) fn prepare(&mut self, questions: impl Iterator<Item = Question>, threads: usize) {
        let mut new: Set<Question> = Set::default();
        new.extend(questions.filter(|question| !self.asked.contains_key(question)));
        let threads = if new.len() < WORTH_A_THREAD { 1 } else { threads.max(1) };
        let this = &*self;
        let work = |first: usize| -> Vec<Worked> {
            new.iter().skip(first).step_by(threads).map(|question| this.work_out(question)).collect()
        };
        let parts = side_by_side(0..threads, work);
        let mut parts: Vec<_> = parts.into_iter().map(Vec::into_iter).collect();
        for (at, question) in new.iter().enumerate() {
            let worked = parts.get_mut(at.checked_rem(threads).unwrap_or(0)).and_then(Iterator::next);
            if let Some(worked) = worked {
                self.keep_all(*question, worked);
            }
        }
    }

    /// Looks at a gateway at rest.
    pub(in super::super) fn learn_at_rest(&mut self, gateway: GatewayId, now: Timestamp) {
        if self.at_rest.contains_key(&(gateway, now)) {
            return;
        }
        let all = self.worlds.all();
        let Some(state) = self.gateways.get_index(gateway as usize).cloned() else { return };
        let kept = if state.slots_taken() > 0 { all } else { Mask::NONE };
        let spec = &self.watch.setup.gateway;
        let mut read = Vec::new();
        let unfair = self.failing(|guide| is_fair(spec, &state, now, guide), &mut read);
        // When all backends answer 200 and the last trip is over.
        let later = state.last_reset(now).saturating_add(Duration::from_nanos(1));
        let lost = self.failing(|guide| is_served(self.watch, &state, later, guide), &mut read);
        join(&mut self.read, &read);
        let found = [(NO_RECOVERY, lost), (UNFAIR, unfair), (SLOTS_KEPT, kept)];
        self.at_rest.insert((gateway, now), found);
    }

    /// What may happen to whom, for a question.
    fn happenings(&self, question: &Question) -> Option<(Thread, Vec<Happening>)> {
        let thread = |number: ThreadId| self.threads.get_index((number as usize).checked_sub(1)?).cloned();
        Some(match question.who {
            Who::Arriving(instance) => {
                let kinds = u8::try_from(self.watch.setup.requests.len()).unwrap_or(u8::MAX);
                let fresh = Thread { instance, ..Thread::default() };
                (fresh, (0..kinds).map(Happening::Arrives).collect())
            }
            Who::Well(number) | Who::Faults(number) => {
                let request = thread(number)?;
                let faults = matches!(question.who, Who::Faults(_));
                let awaits = matches!(request.exchange.phase(), Phase::AwaitingHeaders { .. });
                let all = self
                    .answers
                    .iter()
                    .filter(|answer| awaits && **answer != Answer::Overdue && answer.is_well() != faults);
                let all = all.map(|answer| Happening::Answers(*answer));
                (request, all.chain(faults.then_some(Happening::Leaves)).collect())
            }
            Who::Due(number) => {
                let (_, happening) = self.waits.get((number as usize).checked_sub(1)?)?.wake?;
                (thread(number)?, vec![happening])
            }
        })
    }

    /// Plays everything that a question is about.
    fn work_out(&self, question: &Question) -> Worked {
        let mut worked = Worked::default();
        let Some((thread, happenings)) = self.happenings(question) else { return worked };
        let Some(gateway) = self.gateways.get_index(question.gateway as usize) else { return worked };
        for happening in happenings {
            let mut guide = Guide::new(self.worlds, self.worlds.all());
            let mut plays = Vec::new();
            loop {
                let mut played =
                    play(self.watch, &thread, gateway, happening, question.now, &mut guide, &mut Deaf);
                self.settle(&mut played, question.now);
                plays.push((played, guide.mask(), guide.picks().into()));
                if !guide.next() {
                    break;
                }
            }
            worked.has_gaps |= guide.has_gaps();
            join(&mut worked.read, guide.read_in());
            worked.plays.push((happening, plays));
        }
        worked
    }

    fn keep_all(&mut self, question: Question, worked: Worked) {
        let from = self.outcomes.len();
        self.has_gaps |= worked.has_gaps;
        join(&mut self.read, &worked.read);
        for (happening, plays) in worked.plays {
            let first = self.outcomes.len();
            for (played, mask, picks) in plays {
                self.keep(question.gateway, first, happening, played, mask, picks);
            }
            for outcome in self.outcomes.get(first..).unwrap_or(&[]) {
                if outcome.mask.has_configured() {
                    self.differ = self.differ.or(self.worlds.all().without(outcome.mask));
                }
            }
        }
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let outcomes = Outcomes { from: number(from), to: number(self.outcomes.len()) };
        self.asked.insert(question, outcomes);
    }

    /// Forgets what makes no difference from here on.
    fn settle(&self, played: &mut Played, now: Timestamp) {
        if let Some(thread) = &mut played.thread {
            settle_thread(thread, (!self.has_calendar).then_some(now));
        }
        if !self.has_calendar {
            played.gateway.forget(&self.watch.setup.gateway, now);
        }
        played.seen.breaches.sort_unstable();
    }

    /// Keeps one outcome, together with an equal one if there is any since `first`.
    fn keep(
        &mut self,
        before: GatewayId,
        first: usize,
        happening: Happening,
        played: Played,
        mask: Mask,
        picks: Box<[u64]>,
    ) {
        if mask.has_configured() {
            self.sights.extend(played.seen.sights);
            self.steps.extend(played.steps);
            self.worst.calls = self.worst.calls.max(played.attempts);
            self.worst.waited = self.worst.waited.max(played.history.waited());
        }
        let thread = played.thread.map_or(0, |thread| self.keep_thread(thread));
        // Most gateways remember nothing new.
        let is_same = self.gateways.get_index(before as usize) == Some(&played.gateway);
        let gateway = if is_same { before } else { self.keep_gateway(played.gateway) };
        let list = self.breaches.insert_full(played.seen.breaches).0;
        let breaches = u32::try_from(list).unwrap_or(u32::MAX);
        let since = self.outcomes.get_mut(first..).unwrap_or_default();
        let is_fault = match happening {
            Happening::Answers(answer) => !answer.is_well(),
            Happening::Leaves => true,
            Happening::Arrives(_) | Happening::Wakes => played.side_call_failed_now,
        };
        let ways = self.ways.get(first..).unwrap_or_default();
        let equal = since.iter_mut().zip(ways).find(|(known, way)| {
            known.thread == thread
                && known.gateway == gateway
                && known.breaches == breaches
                && way.picks == picks
        });
        if let Some((known, _)) = equal {
            known.mask = known.mask.or(mask);
        } else {
            self.outcomes.push(Outcome { thread, gateway, breaches, is_fault, mask });
            self.ways.push(Way { happening, picks });
        }
    }

    /// Worlds in which `holds` fails on some path.
    fn failing(&self, mut holds: impl FnMut(&mut Guide<'_>) -> bool, read: &mut Vec<Mask>) -> Mask {
        let mut failing = Mask::NONE;
        let mut guide = Guide::new(self.worlds, self.worlds.all());
        loop {
            if !holds(&mut guide) {
                failing = failing.or(guide.mask());
            }
            if !guide.next() {
                join(read, guide.read_in());
                return failing;
            }
        }
    }
}

/// Adds worlds, switch by switch.
fn join(all: &mut Vec<Mask>, more: &[Mask]) {
    if all.len() < more.len() {
        all.resize(more.len(), Mask::NONE);
    }
    for (known, new) in all.iter_mut().zip(more) {
        *known = known.or(*new);
    }
}
