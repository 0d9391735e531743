//! Which faults are on, and what they make of a call.
//!
//! The changes of a run are made in order of time, before anything else happens at that time. After
//! [`MOST_CHANGES`] of them everything stays as it is: a run of centuries still ends.

use super::clock::Clock;
use super::spec::{FaultKind, FaultSpec, Loss};
use super::watch::{Phase, PoolAbsence, Watch};
use crate::backend::{Deployment, OverloadSpec, QuotaStep};
use crate::random::{StreamName, Streams};
use crate::sim::RunPlan;
use crate::units::{BackendId, Duration, RequestId, Timestamp};

/// Changes that a run makes at most.
const MOST_CHANGES: u64 = 20_000_000;

/// Everything about the backends of a run that changes with time.
#[derive(Debug)]
pub(in crate::sim) struct Board<'p> {
    plan: &'p RunPlan,
    streams: Streams,
    faults: Vec<Fault<'p>>,
    overloads: Vec<Option<Overload<'p>>>,
    quotas: Vec<Quota<'p>>,
    /// Faults that concern a backend, in the order of the list.
    by_backend: Vec<Vec<usize>>,
    next: Timestamp,
    changes: u64,
    watch: Watch,
    phase: Phase,
    phase_since: Timestamp,
    phase_times: [Duration; 3],
}

#[derive(Debug)]
struct Fault<'p> {
    spec: &'p FaultSpec,
    clock: Clock,
    draws: StreamName,
    /// Calls that may still get an answer.
    left: u64,
}

#[derive(Debug)]
struct Overload<'p> {
    spec: &'p OverloadSpec,
    clock: Clock,
    draws: StreamName,
}

#[derive(Debug)]
struct Quota<'p> {
    steps: &'p [QuotaStep],
    /// Steps that are over or in force.
    begun: usize,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::sim) enum Verdict {
    /// The deployment sees it.
    Passes {
        /// How many times as long it takes.
        slow: f64,
        /// Tokens after which the answer breaks off.
        cut_after: Option<u64>,
        /// When the connection is lost if the answer has not ended.
        lost_at: Timestamp,
    },
    /// No connection.
    Lost(Loss),
    /// No answer, ever.
    Silent,
    /// The answer of a fault, by its place in the plan.
    Answered(u16),
    /// 429 for high demand, with this wait.
    Overloaded(Duration),
}

impl<'p> Board<'p> {
    /// The board of a run; `None` when nothing changes in it.
    pub(in crate::sim) fn new(plan: &'p RunPlan) -> Option<Self> {
        let specs = || plan.targets.iter().map(|target| &*target.deployment);
        let changes =
            |spec: &crate::backend::DeploymentSpec| spec.overload.is_some() || !spec.quota.is_empty();
        if plan.faults.is_empty() && !specs().any(changes) {
            return None;
        }
        let streams = Streams::new(plan.seed);
        let faults: Vec<Fault<'p>> = plan
            .faults
            .iter()
            .map(|spec| Fault {
                spec,
                clock: Clock::of(
                    spec,
                    streams.named(StreamName::new(&format!("faults/times/{}", spec.name))),
                ),
                draws: StreamName::new(&format!("faults/draws/{}", spec.name)),
                left: match &spec.kind {
                    FaultKind::Answer { times: Some(times), .. } => *times,
                    _ => u64::MAX,
                },
            })
            .collect();
        let names = plan.gateway.backends().iter().map(|backend| &backend.name);
        let overloads = plan.targets.iter().zip(names).map(|(target, name)| {
            let spec = target.deployment.overload.as_ref()?;
            let times = streams.named(StreamName::new(&format!("overload/times/{name}")));
            let clock = Clock::random(Timestamp::ZERO, Timestamp::MAX, spec.mtbf, spec.duration, times);
            Some(Overload { spec, clock, draws: StreamName::new(&format!("overload/draws/{name}")) })
        });
        let concerns = |backend: usize| {
            let faults = faults.iter().enumerate();
            let own =
                faults.filter(move |(_, fault)| fault.spec.targets.iter().any(|id| id.index() == backend));
            own.map(|(at, _)| at).collect()
        };
        let mut board = Self {
            plan,
            streams,
            by_backend: (0..plan.targets.len()).map(concerns).collect(),
            faults: Vec::new(),
            overloads: overloads.collect(),
            quotas: specs().map(|spec| Quota { steps: &spec.quota, begun: 0 }).collect(),
            next: Timestamp::MAX,
            changes: 0,
            watch: Watch::new(&plan.gateway, plan.units),
            phase: Phase::Before,
            phase_since: Timestamp::ZERO,
            phase_times: [Duration::ZERO; 3],
        };
        board.faults = faults;
        board.next = board.next_change();
        Some(board)
    }

    /// Makes all changes up to `now`.
    #[inline]
    pub(in crate::sim) fn advance(&mut self, now: Timestamp, deployments: &mut [Deployment]) {
        // What would change at the end of time never does.
        while self.next <= now && self.next < Timestamp::MAX && self.changes < MOST_CHANGES {
            self.change(deployments);
        }
    }

    /// Where the run stands.
    pub(in crate::sim) fn phase(&self) -> Phase {
        self.phase
    }

    /// A breaker tripped at `now`, or its trip was extended.
    pub(in crate::sim) fn tripped(
        &mut self,
        backend: BackendId,
        instance: u32,
        now: Timestamp,
        until: Timestamp,
    ) {
        self.watch.tripped(backend, instance, now, until);
    }

    /// What becomes of a call to `backend`. The answer is counted, if a fault gives only so many.
    pub(in crate::sim) fn judge(
        &mut self,
        backend: BackendId,
        request: RequestId,
        attempt: u32,
        now: Timestamp,
    ) -> Verdict {
        let none: &[usize] = &[];
        let own = self.by_backend.get(backend.index()).map_or(none, |own| own);
        let (mut slow, mut cut_after, mut lost_at) = (1.0, None::<u64>, Timestamp::MAX);
        let mut is_silent = false;
        let mut answer = None;
        for at in own {
            let Some(fault) = self.faults.get(*at) else { continue };
            if fault.spec.kind.loses_connections() {
                lost_at = lost_at.min(fault.clock.acts_from());
            }
            if !fault.clock.acts {
                continue;
            }
            match &fault.spec.kind {
                FaultKind::Outage(loss) | FaultKind::Flapping { loss, .. } => return Verdict::Lost(*loss),
                FaultKind::BlackHole => is_silent = true,
                FaultKind::Slow { factor } => slow *= factor,
                FaultKind::Partial { after_tokens } => {
                    cut_after = Some(cut_after.map_or(*after_tokens, |least| least.min(*after_tokens)));
                }
                FaultKind::Answer { share, .. } if answer.is_none() => {
                    let is_hit = *share >= 1.0
                        || self.streams.keyed(fault.draws, request.0, u64::from(attempt)).chance(*share);
                    answer = is_hit.then_some(*at);
                }
                FaultKind::Answer { .. } | FaultKind::Capacity { .. } => {}
            }
        }
        if is_silent {
            return Verdict::Silent;
        }
        if let Some(at) = answer {
            self.count_answer(at, now);
            return Verdict::Answered(u16::try_from(at).unwrap_or(u16::MAX));
        }
        if let Some(Some(overload)) = self.overloads.get(backend.index())
            && overload.clock.acts
            && self
                .streams
                .keyed(overload.draws, request.0, u64::from(attempt))
                .chance(overload.spec.probability)
        {
            return Verdict::Overloaded(overload.spec.retry_after);
        }
        Verdict::Passes { slow, cut_after, lost_at }
    }

    /// Ends the run: the time of each phase, and what the pools were without.
    pub(in crate::sim) fn finish(
        &mut self,
        end: Timestamp,
        deployments: &mut [Deployment],
    ) -> ([Duration; 3], Vec<PoolAbsence>) {
        self.advance(end, deployments);
        self.enter(self.phase, end);
        (self.phase_times, self.watch.finish(end))
    }

    fn count_answer(&mut self, at: usize, now: Timestamp) {
        let Some(fault) = self.faults.get_mut(at) else { return };
        fault.left = fault.left.saturating_sub(1);
        if fault.left == 0 {
            fault.clock.end();
            self.next = self.next_change();
            self.note(now);
        }
    }

    /// Makes the changes of the next instant.
    fn change(&mut self, deployments: &mut [Deployment]) {
        let now = self.next;
        self.changes += 1;
        let overloads = self.overloads.iter_mut().flatten().map(|overload| &mut overload.clock);
        for clock in self.faults.iter_mut().map(|fault| &mut fault.clock).chain(overloads) {
            if clock.change_at == now {
                clock.step();
            }
        }
        for quota in &mut self.quotas {
            while quota.due() <= now {
                quota.begun += 1;
            }
        }
        for (backend, deployment) in deployments.iter_mut().enumerate() {
            self.set_capacity(backend, deployment, now);
        }
        self.next = self.next_change();
        self.note(now);
    }

    /// Follows what is on from `now`.
    fn note(&mut self, now: Timestamp) {
        let phase = match self.phase {
            _ if self.faults.iter().any(|fault| fault.clock.is_on) => Phase::During,
            Phase::Before => Phase::Before,
            Phase::During | Phase::After => Phase::After,
        };
        self.enter(phase, now);
        let Self { watch, faults, by_backend, .. } = self;
        watch.set_out(now, |backend| {
            let own = by_backend.get(backend).into_iter().flatten();
            own.filter_map(|at| faults.get(*at)).any(|fault| fault.clock.acts && fault.spec.kind.takes_out())
        });
    }

    fn enter(&mut self, phase: Phase, now: Timestamp) {
        if let Some(time) = self.phase_times.get_mut(self.phase.index()) {
            *time = time.saturating_add(now.since(self.phase_since));
        }
        self.phase = phase;
        self.phase_since = now;
    }

    fn set_capacity(&self, backend: usize, deployment: &mut Deployment, now: Timestamp) {
        let step = self.quotas.get(backend).and_then(Quota::in_force);
        let mut step = step.copied().unwrap_or(QuotaStep::USUAL);
        for at in self.by_backend.get(backend).into_iter().flatten() {
            if let Some(Fault { spec, clock, .. }) = self.faults.get(*at)
                && clock.acts
                && let FaultKind::Capacity { factor } = spec.kind
            {
                step.factor *= factor;
            }
        }
        deployment.set_quota(&step, self.plan.gateway.semantics(), now);
    }

    fn next_change(&self) -> Timestamp {
        let faults = self.faults.iter().map(|fault| fault.clock.change_at);
        let overloads = self.overloads.iter().flatten().map(|overload| overload.clock.change_at);
        let quotas = self.quotas.iter().map(Quota::due);
        faults.chain(overloads).chain(quotas).min().unwrap_or(Timestamp::MAX)
    }
}

impl Quota<'_> {
    /// When the next step begins.
    fn due(&self) -> Timestamp {
        self.steps.get(self.begun).map_or(Timestamp::MAX, |step| Timestamp::ZERO.saturating_add(step.at))
    }

    fn in_force(&self) -> Option<&QuotaStep> {
        self.begun.checked_sub(1).and_then(|at| self.steps.get(at))
    }
}
