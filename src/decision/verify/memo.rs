//! What the core does with a request in a gateway, worked out once.
//!
//! Requests under way and gateways are kept once each and known by number; a state of the exploration is a few numbers.
//! What may come next for a request depends on it and on its gateway alone, so the core is asked once for each pair.
//!
//! Rules
//! - Numbers are given in the order in which things are first met, which does not depend on threads or hashes.
//! - Unless the gateway has a calendar, all clocks stand at [`START`]: letting time pass sets everything else back.

use foldhash::fast::FixedState;
use indexmap::{IndexMap, IndexSet};

use super::answers::{Answer, Answers};
use super::guide::{Guide, Ways};
use super::properties::{Breach, Property, Sight};
use super::rest::{SLOTS_KEPT, UNFAIR, is_fair};
use super::stage::{Deaf, Happening, Played, Thread, play};
use super::watch::Watch;
use super::worlds::{Mask, Worlds};
use crate::gateway::{BackendRef, Gateway, GatewayState, Phase, Step, WakeReason};
use crate::units::{Duration, StatusCode, Timestamp};

/// Where clocks stand: late enough for everything that still matters to be earlier, early enough for what is to come.
const START: Timestamp = Timestamp::from_nanos(1 << 62);

/// Number of a request under way; 0 is none.
pub(super) type ThreadId = u32;
/// Number of what a gateway remembers.
pub(super) type GatewayId = u32;

/// One way in which something goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) happening: Happening,
    /// The request afterwards; 0: it is over.
    pub(super) thread: ThreadId,
    pub(super) gateway: GatewayId,
    /// Worlds in which it goes so.
    pub(super) mask: Mask,
    /// What was chosen on the way, beside readings.
    pub(super) picks: Box<[u64]>,
    /// Number of the list of breaches.
    pub(super) breaches: u32,
    /// Whether something goes wrong.
    pub(super) is_fault: bool,
}

/// Outcomes of one pair, by their numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Outcomes {
    from: u32,
    to: u32,
}

impl Outcomes {
    pub(super) fn numbers(self) -> std::ops::Range<u32> {
        self.from..self.to
    }
}

/// What is asked: who, where, when, and whether for what comes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) who: Who,
    pub(super) gateway: GatewayId,
    pub(super) now: Timestamp,
}

/// Who is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// Requests that may arrive at an instance.
    Arriving(u8),
    /// What the world does to a request when all is well.
    Well(ThreadId),
    /// What else it may do.
    Faults(ThreadId),
    /// What time does to a request.
    Due(ThreadId),
}

/// What was played for one question.
#[derive(Debug, Default)]
struct Worked {
    plays: Vec<(Happening, Vec<Play>)>,
    has_gaps: bool,
    read: Vec<Mask>,
}

/// One way in which a happening goes: what came of it, in which worlds, and what was chosen on the way.
type Play = (Played, Mask, Box<[u64]>);

/// Questions for which a second thread is worth its start.
const WORTH_A_THREAD: usize = 64;

/// The largest numbers that were met as configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worst {
    /// Backend calls for one request.
    pub calls: u32,
    /// Time that one request waited for retries.
    pub waited: Duration,
}

type Map<K, V> = IndexMap<K, V, FixedState>;
type Set<T> = IndexSet<T, FixedState>;

/// Everything that was worked out.
#[derive(Debug)]
pub(super) struct Memo<'s> {
    watch: &'s Watch<'s>,
    worlds: &'s Worlds,
    answers: Vec<Answer>,
    has_calendar: bool,
    threads: Set<Thread>,
    /// When each request hears of time, and whether headers are overdue then.
    wakes: Vec<Option<(Duration, Happening)>>,
    gateways: Set<GatewayState>,
    /// How long it takes until a breaker may change, for each gateway.
    instants: Vec<Option<Duration>>,
    outcomes: Vec<Outcome>,
    asked: Map<Question, Outcomes>,
    later_threads: Map<(ThreadId, Duration), ThreadId>,
    later_gateways: Map<(GatewayId, Duration), GatewayId>,
    breaches: Set<Vec<Breach>>,
    at_rest: Map<(GatewayId, Timestamp), [(Breach, Mask); 3]>,
    /// What was met as configured.
    pub(super) sights: Set<Sight>,
    pub(super) steps: Set<Step>,
    pub(super) worst: Worst,
    /// Worlds in which something goes otherwise than as configured.
    pub(super) differ: Mask,
    /// Whether some numbers of a range, or paths of a step, were left out.
    pub(super) has_gaps: bool,
    /// For each switch, the worlds in which it was read, if that is kept.
    pub(super) read: Vec<Mask>,
}

impl<'s> Memo<'s> {
    pub(super) fn new(watch: &'s Watch<'s>, worlds: &'s Worlds, answers: &Answers) -> Self {
        let mut breaches = Set::default();
        breaches.insert(Vec::new());
        Self {
            watch,
            worlds,
            answers: answers.all.clone(),
            has_calendar: watch.setup.gateway.has_calendar(),
            threads: Set::default(),
            wakes: Vec::new(),
            gateways: Set::default(),
            instants: Vec::new(),
            outcomes: Vec::new(),
            asked: Map::default(),
            later_threads: Map::default(),
            later_gateways: Map::default(),
            breaches,
            at_rest: Map::default(),
            sights: Set::default(),
            steps: Set::default(),
            worst: Worst::default(),
            differ: Mask::NONE,
            has_gaps: false,
            read: Vec::new(),
        }
    }

    /// A gateway that has just started.
    pub(super) fn fresh(&mut self) -> GatewayId {
        let state = Gateway::new(std::sync::Arc::clone(&self.watch.setup.gateway)).into_state();
        self.keep_gateway(state)
    }

    /// Where clocks stand at the beginning: a calendar begins with the run.
    pub(super) fn start(&self) -> Timestamp {
        if self.has_calendar { Timestamp::ZERO } else { START }
    }

    pub(super) fn outcome(&self, number: u32) -> Option<&Outcome> {
        self.outcomes.get(number as usize)
    }

    /// The breaches of a list.
    pub(super) fn breaches(&self, list: u32) -> &[Breach] {
        self.breaches.get_index(list as usize).map_or(&[], Vec::as_slice)
    }

    /// The instance that a request is at.
    pub(super) fn instance(&self, thread: ThreadId) -> u8 {
        let at = (thread as usize).checked_sub(1);
        at.and_then(|at| self.threads.get_index(at)).map_or(0, |thread| thread.instance)
    }

    /// How long a request waits for time to tell it something, and what that is.
    pub(super) fn wake(&self, thread: ThreadId, now: Timestamp) -> Option<(Duration, Happening)> {
        if thread == 0 {
            return None;
        }
        let (after, happening) = (*self.wakes.get(thread as usize - 1)?)?;
        // Without a calendar all clocks stand at the start; with one, what is kept is a point in time.
        Some((
            if self.has_calendar { Timestamp::ZERO.saturating_add(after).since(now) } else { after },
            happening,
        ))
    }

    /// How long it takes until a breaker may change.
    pub(super) fn instant(&self, gateway: GatewayId, now: Timestamp) -> Option<Duration> {
        if self.has_calendar {
            let state = self.gateways.get_index(gateway as usize)?;
            return self.next_instant(state, now);
        }
        *self.instants.get(gateway as usize)?
    }

    fn next_instant(&self, state: &GatewayState, now: Timestamp) -> Option<Duration> {
        state.instants(&self.watch.setup.gateway, now).first().map(|at| at.since(now))
    }

    /// The time when everything is `by` later.
    pub(super) fn now_after(&self, now: Timestamp, by: Duration) -> Timestamp {
        if self.has_calendar { now.saturating_add(by) } else { now }
    }

    /// A request when `by` has passed.
    pub(super) fn thread_after(&mut self, thread: ThreadId, by: Duration) -> ThreadId {
        if thread == 0 || by == Duration::ZERO || self.has_calendar {
            return thread;
        }
        if let Some(known) = self.later_threads.get(&(thread, by)) {
            return *known;
        }
        let Some(mut later) = self.threads.get_index(thread as usize - 1).cloned() else { return thread };
        later.exchange.set_back(by);
        settle_thread(&mut later, Some(START));
        let later = self.keep_thread(later);
        self.later_threads.insert((thread, by), later);
        later
    }

    /// A gateway when `by` has passed.
    pub(super) fn gateway_after(&mut self, gateway: GatewayId, by: Duration) -> GatewayId {
        if by == Duration::ZERO || self.has_calendar {
            return gateway;
        }
        if let Some(known) = self.later_gateways.get(&(gateway, by)) {
            return *known;
        }
        let Some(mut later) = self.gateways.get_index(gateway as usize).cloned() else { return gateway };
        later.set_back(by);
        later.forget(&self.watch.setup.gateway, START);
        let later = self.keep_gateway(later);
        self.later_gateways.insert((gateway, by), later);
        later
    }

    /// What comes of it.
    pub(super) fn outcomes(&self, question: &Question) -> Outcomes {
        self.asked.get(question).copied().unwrap_or_default()
    }

    /// Works out what was not asked before, on so many threads. What they find is kept in the order of the questions.
    pub(super) fn prepare(&mut self, questions: impl Iterator<Item = Question>, threads: usize) {
        let mut new: Set<Question> = Set::default();
        new.extend(questions.filter(|question| !self.asked.contains_key(question)));
        let threads = if new.len() < WORTH_A_THREAD { 1 } else { threads.max(1) };
        let this = &*self;
        let work = |first: usize| -> Vec<Worked> {
            new.iter().skip(first).step_by(threads).map(|question| this.work_out(question)).collect()
        };
        let mut parts: Vec<std::vec::IntoIter<Worked>> = std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|first| scope.spawn(move || work(first))).collect();
            let own = work(0);
            let joined = others
                .into_iter()
                .map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            std::iter::once(own).chain(joined).map(Vec::into_iter).collect()
        });
        for (at, question) in new.iter().enumerate() {
            let worked = parts.get_mut(at.checked_rem(threads).unwrap_or(0)).and_then(Iterator::next);
            if let Some(worked) = worked {
                self.keep_all(*question, worked);
            }
        }
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
                let (_, happening) = (*self.wakes.get((number as usize).checked_sub(1)?)?)?;
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
                self.keep(first, happening, played, mask, picks);
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
    fn keep(&mut self, first: usize, happening: Happening, played: Played, mask: Mask, picks: Box<[u64]>) {
        if mask.has_configured() {
            self.sights.extend(played.seen.sights);
            self.steps.extend(played.steps);
            self.worst.calls = self.worst.calls.max(played.attempts);
            self.worst.waited = self.worst.waited.max(played.history.waited());
        }
        let thread = played.thread.map_or(0, |thread| self.keep_thread(thread));
        let gateway = self.keep_gateway(played.gateway);
        let list = self.breaches.insert_full(played.seen.breaches).0;
        let breaches = u32::try_from(list).unwrap_or(u32::MAX);
        let since = self.outcomes.get_mut(first..).unwrap_or_default();
        let is_fault = match happening {
            Happening::Answers(answer) => !answer.is_well(),
            Happening::Leaves => true,
            Happening::Arrives(_) | Happening::Wakes => played.side_call_failed_now,
        };
        let equal = since.iter_mut().find(|known| {
            known.thread == thread
                && known.gateway == gateway
                && known.breaches == breaches
                && known.picks == picks
        });
        match equal {
            Some(known) => known.mask = known.mask.or(mask),
            None => {
                self.outcomes.push(Outcome { happening, thread, gateway, mask, picks, breaches, is_fault });
            }
        }
    }

    /// Keeps a request that is settled.
    fn keep_thread(&mut self, thread: Thread) -> ThreadId {
        let zero = self.start();
        let (number, is_new) = self.threads.insert_full(thread);
        if is_new {
            let wake = self.threads.get_index(number).and_then(|thread| thread.exchange.wake_up());
            self.wakes.push(wake.map(|(at, why)| {
                let happening = match why {
                    WakeReason::HeaderDeadline => Happening::Answers(Answer::Overdue),
                    WakeReason::RetryInterval | WakeReason::CallDeadline => Happening::Wakes,
                };
                (at.since(zero), happening)
            }));
        }
        u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// Keeps a gateway that is settled.
    fn keep_gateway(&mut self, state: GatewayState) -> GatewayId {
        let (number, is_new) = self.gateways.insert_full(state);
        if is_new {
            let now = self.start();
            let instant = self.gateways.get_index(number).and_then(|state| self.next_instant(state, now));
            self.instants.push(instant);
        }
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// What does not hold of a gateway at rest, and in which worlds.
    pub(super) fn at_rest(&mut self, gateway: GatewayId, now: Timestamp) -> [(Breach, Mask); 3] {
        if let Some(known) = self.at_rest.get(&(gateway, now)) {
            return *known;
        }
        let all = self.worlds.all();
        let Some(state) = self.gateways.get_index(gateway as usize).cloned() else {
            return [(NO_RECOVERY, Mask::NONE), (UNFAIR, Mask::NONE), (SLOTS_KEPT, Mask::NONE)];
        };
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
        found
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

    /// How many different things were met: requests under way, gateways, and steps of the core.
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.threads.len(), self.gateways.len(), self.outcomes.len())
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

/// Forgets of a request what makes no difference from here on; with `now`, also when it arrived.
fn settle_thread(thread: &mut Thread, now: Option<Timestamp>) {
    thread.exchange.forget(now);
    if matches!(thread.exchange.phase(), Phase::AwaitingHeaders { .. }) {
        thread.history.forget_last();
    }
}

/// Whether a usual request is served at the first attempt by the best backends. A request that the policy answers by
/// itself, or that a side call fails for, tells nothing and counts as served.
pub(super) fn is_served<W: Ways>(
    watch: &Watch<'_>,
    state: &GatewayState,
    now: Timestamp,
    ways: &mut W,
) -> bool {
    let arrived = play(watch, &Thread::default(), state, Happening::Arrives(0), now, ways, &mut Deaf);
    if arrived.history.side_call_has_failed() {
        return true;
    }
    let Some(thread) = arrived.thread else {
        return !arrived.seen.sights.contains(&Sight::Exhausted);
    };
    let Phase::AwaitingHeaders { backend: Some(backend), .. } = *thread.exchange.phase() else { return true };
    let spec = &watch.setup.gateway;
    if let Some(BackendRef::Pool(pool)) = thread.exchange.target()
        && let Some(pool) = spec.pool(pool)
    {
        let own =
            pool.members.iter().find(|member| member.backend == backend).and_then(|member| member.priority);
        let best = pool.members.iter().filter_map(|member| member.priority).min();
        if own.is_some() && own > best {
            return false;
        }
    }
    let well = Answer::Status(StatusCode::OK, super::answers::RetryAfter::Absent);
    let answered = play(watch, &thread, &arrived.gateway, Happening::Answers(well), now, ways, &mut Deaf);
    answered.thread.is_none() && answered.attempts == 1
}

/// The breach of a gateway that does not recover.
pub(super) const NO_RECOVERY: Breach = Breach { property: Property::Recovery, cause: None };
