//! Which faults are on, and what they make of a call.
//!
//! The changes of a run are made in order of time, before anything else happens at that time. After
//! [`MOST_CHANGES`] of them everything stays as it is: a run of centuries still ends.

use std::sync::Arc;

use super::clock::Clock;
use super::spec::{FaultKind, FaultSpec, Loss};
use super::watch::{Phase, PoolAbsence, Watch};
use crate::backend::{Deployment, DeploymentSpec, OverloadSpec, QuotaStep};
use crate::gateway::GatewaySpec;
use crate::random::{StreamName, Streams};
use crate::sim::RunPlan;
use crate::units::{BackendId, Duration, Timestamp};

/// Changes that a run makes at most.
const MOST_CHANGES: u64 = 20_000_000;

/// Everything about the backends of a run that changes with time.
#[derive(Debug)]
pub(in crate::sim) struct Board {
    gateway: Arc<GatewaySpec>,
    streams: Streams,
    faults: Vec<Fault>,
    overloads: Vec<Option<Overload>>,
    quotas: Vec<Quota>,
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
struct Fault {
    spec: FaultSpec,
    clock: Clock,
    draws: StreamName,
    /// Calls that may still get an answer.
    left: u64,
}

#[derive(Debug)]
struct Overload {
    spec: OverloadSpec,
    clock: Clock,
    draws: StreamName,
}

#[derive(Debug)]
struct Quota {
    deployment: Arc<DeploymentSpec>,
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

impl Verdict {
    /// How many times as long the deployment works on the call, if it sees it.
    pub(in crate::sim) const fn slowness(self) -> Option<f64> {
        match self {
            Self::Passes { slow, .. } => Some(slow),
            Self::Lost(_) | Self::Silent | Self::Answered(_) | Self::Overloaded(_) => None,
        }
    }
}

impl Board {
    /// The board of a run; `None` when nothing changes in it.
    pub(in crate::sim) fn new(plan: &RunPlan) -> Option<Self> {
        let changes = |spec: &Arc<DeploymentSpec>| spec.overload.is_some() || !spec.quota.is_empty();
        if plan.faults.is_empty() && !plan.deployments().any(changes) {
            return None;
        }
        let streams = Streams::new(plan.seed);
        let faults: Vec<Fault> = plan
            .faults
            .iter()
            .map(|spec| Fault {
                spec: spec.clone(),
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
        let overloads = plan.deployments().map(|deployment| {
            let (spec, name) = (deployment.overload?, &deployment.name);
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
        let by_backend = (0..plan.targets.len()).map(concerns).collect();
        let mut board = Self {
            gateway: Arc::clone(&plan.gateway),
            streams,
            by_backend,
            faults,
            overloads: overloads.collect(),
            quotas: plan.deployments().map(|spec| Quota { deployment: Arc::clone(spec), begun: 0 }).collect(),
            next: Timestamp::MAX,
            changes: 0,
            watch: Watch::new(&plan.gateway, &plan.fleet),
            phase: Phase::Before,
            phase_since: Timestamp::ZERO,
            phase_times: [Duration::ZERO; 3],
        };
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

    /// What becomes of a call to `backend`; `key` is what is drawn for its request by. The answer is counted, if
    /// a fault gives only so many.
    pub(in crate::sim) fn judge(
        &mut self,
        backend: BackendId,
        key: u64,
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
                        || self.streams.keyed(fault.draws, key, u64::from(attempt)).chance(*share);
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
        match self.overloaded(backend.index(), key, attempt) {
            Some(wait) => Verdict::Overloaded(wait),
            None => Verdict::Passes { slow, cut_after, lost_at },
        }
    }

    /// The wait that a deployment tells which refuses a call for high demand, if it does.
    pub(in crate::sim) fn overloaded(&self, deployment: usize, key: u64, attempt: u32) -> Option<Duration> {
        let overload = self.overloads.get(deployment)?.as_ref()?;
        let is_hit = overload.clock.acts
            && self.streams.keyed(overload.draws, key, u64::from(attempt)).chance(overload.spec.probability);
        is_hit.then_some(overload.spec.retry_after)
    }

    /// When connections to `backend` are lost if they have not ended by then.
    pub(in crate::sim) fn lost_at(&self, backend: BackendId) -> Timestamp {
        let own = self.by_backend.get(backend.index()).into_iter().flatten();
        let faults = own.filter_map(|at| self.faults.get(*at));
        let losses = faults.filter(|fault| fault.spec.kind.loses_connections());
        losses.map(|fault| fault.clock.acts_from()).min().unwrap_or(Timestamp::MAX)
    }

    /// Whether a backend answers at all now: no fault takes it out or answers in its place, and it is not
    /// overloaded.
    pub(in crate::sim) fn is_up(&self, backend: BackendId) -> bool {
        let own = self.by_backend.get(backend.index()).into_iter().flatten();
        let mut acting = own.filter_map(|at| self.faults.get(*at)).filter(|fault| fault.clock.acts);
        let is_overloaded =
            self.overloads.get(backend.index()).and_then(Option::as_ref).is_some_and(|load| load.clock.acts);
        !is_overloaded
            && acting.all(|fault| {
                matches!(
                    fault.spec.kind,
                    FaultKind::Slow { .. } | FaultKind::Partial { .. } | FaultKind::Capacity { .. }
                )
            })
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
        deployment.set_quota(&step, self.gateway.semantics(), now);
    }

    fn next_change(&self) -> Timestamp {
        let faults = self.faults.iter().map(|fault| fault.clock.change_at);
        let overloads = self.overloads.iter().flatten().map(|overload| overload.clock.change_at);
        let quotas = self.quotas.iter().map(Quota::due);
        faults.chain(overloads).chain(quotas).min().unwrap_or(Timestamp::MAX)
    }
}

impl Quota {
    /// When the next step begins.
    fn due(&self) -> Timestamp {
        self.deployment
            .quota
            .get(self.begun)
            .map_or(Timestamp::MAX, |step| Timestamp::ZERO.saturating_add(step.at))
    }

    fn in_force(&self) -> Option<&QuotaStep> {
        self.begun.checked_sub(1).and_then(|at| self.deployment.quota.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::test_support;
    use crate::sim::{FaultTimes, LossKind, ScriptedAnswer};
    use crate::units::{RequestsPerMinute, StatusCode, Tokens, TokensPerMinute};

    const EAST: BackendId = BackendId(0);
    const WEST: BackendId = BackendId(1);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO.saturating_add(Duration::from_secs(seconds))
    }

    /// A fault of `backend` from one second to another.
    fn fault(backend: BackendId, kind: FaultKind, from: u64, until: u64) -> FaultSpec {
        let times = FaultTimes::Window { from: at(from), until: at(until) };
        FaultSpec { name: format!("{kind:?}/{}", backend.0).into(), targets: vec![backend], kind, times }
    }

    /// The same by chance.
    fn by_chance(fault: FaultSpec, mtbf: u64, mttr: u64) -> FaultSpec {
        let (mtbf, mttr) = (Duration::from_secs(mtbf), Duration::from_secs(mttr));
        let times = FaultTimes::Random { from: Timestamp::ZERO, until: Timestamp::MAX, mtbf, mttr };
        FaultSpec { times, ..fault }
    }

    fn answer(status: u16, share: f64, times: Option<u64>) -> FaultKind {
        let status = StatusCode::new(status).unwrap();
        let answer = ScriptedAnswer { status, headers: Arc::from([]), body: None };
        FaultKind::Answer { answer, share, times }
    }

    fn plan(faults: Vec<FaultSpec>) -> RunPlan {
        test_support::plan("", faults)
    }

    /// The same with changes of the deployment behind one backend.
    fn changed(mut plan: RunPlan, backend: BackendId, change: impl FnOnce(&mut DeploymentSpec)) -> RunPlan {
        change(Arc::make_mut(&mut plan.targets[backend.index()].deployment));
        plan
    }

    fn overload(mtbf: u64, duration: u64, probability: f64) -> OverloadSpec {
        OverloadSpec {
            mtbf: Duration::from_secs(mtbf),
            duration: Duration::from_secs(duration),
            retry_after: OverloadSpec::DEFAULT_RETRY_AFTER,
            probability,
        }
    }

    fn deployments(plan: &RunPlan) -> Vec<Deployment> {
        let semantics = plan.gateway.semantics();
        plan.targets.iter().map(|t| Deployment::new(Arc::clone(&t.deployment), semantics)).collect()
    }

    /// What becomes of a call to `backend` in each of the first 2,000 seconds.
    fn verdicts(plan: &RunPlan, backend: BackendId) -> Vec<Verdict> {
        let mut deployments = deployments(plan);
        let mut board = Board::new(plan).unwrap();
        let verdicts = (0..2_000).map(|second| {
            board.advance(at(second), &mut deployments);
            board.judge(backend, second, 1, at(second))
        });
        verdicts.collect()
    }

    #[test]
    fn without_faults_there_is_no_board() {
        assert!(Board::new(&plan(Vec::new())).is_none());
    }

    #[test]
    fn what_happens_to_one_backend_shifts_no_draws_of_another() {
        let west = [
            by_chance(fault(WEST, FaultKind::BlackHole, 0, 0), 60, 20),
            fault(WEST, answer(500, 0.3, None), 0, 10_000),
        ];
        let with = |faults| changed(plan(faults), WEST, |spec| spec.overload = Some(overload(60, 30, 0.5)));
        let alone = verdicts(&with(west.to_vec()), WEST);
        for kind in [Verdict::Silent, Verdict::Answered(1)] {
            assert!(alone.contains(&kind), "{kind:?}");
        }
        assert!(alone.iter().any(|verdict| matches!(verdict, Verdict::Overloaded(_))));
        // The same with as much on the other side, after it in the list.
        let east = [
            fault(EAST, answer(500, 0.3, None), 0, 10_000),
            by_chance(fault(EAST, FaultKind::BlackHole, 0, 0), 50, 20),
        ];
        let both =
            changed(with([west, east].concat()), EAST, |spec| spec.overload = Some(overload(10, 30, 0.25)));
        assert_eq!(verdicts(&both, WEST), alone);
        assert_ne!(verdicts(&both, EAST), alone);
    }

    #[test]
    fn shares_and_overloads_are_as_large_as_they_say() {
        let errors = plan(vec![fault(EAST, answer(500, 0.3, None), 0, 10_000)]);
        let hit = verdicts(&errors, EAST).iter().filter(|v| matches!(v, Verdict::Answered(0))).count();
        // 600 of 2,000, within four deviations of 20.5.
        assert!((518..=682).contains(&hit), "{hit}");
        let loaded = changed(plan(Vec::new()), EAST, |spec| spec.overload = Some(overload(15, 5, 1.0)));
        let refused = verdicts(&loaded, EAST);
        let six = Verdict::Overloaded(Duration::from_secs(6));
        let refused = refused.iter().filter(|verdict| **verdict == six).count();
        // A quarter of 2,000; 100 cycles whose lengths vary by as much as they are long: deviation about 65.
        assert!((240..=760).contains(&refused), "{refused}");
    }

    #[test]
    fn lost_connections_come_before_silence_and_answers() {
        let outage = FaultKind::Outage(Loss { how: LossKind::Dns, after: None });
        let plan = plan(vec![
            fault(EAST, answer(401, 1.0, None), 10, 50),
            fault(EAST, answer(404, 1.0, None), 10, 60),
            fault(EAST, FaultKind::BlackHole, 20, 40),
            fault(EAST, outage, 30, 35),
            fault(EAST, FaultKind::Slow { factor: 2.0 }, 70, 10_000),
            fault(EAST, FaultKind::Slow { factor: 3.0 }, 80, 10_000),
        ]);
        let seen = verdicts(&plan, EAST);
        let passes = |slow, lost_at| Verdict::Passes { slow, cut_after: None, lost_at };
        assert_eq!(seen[0], passes(1.0, at(30)), "the connection will be lost");
        assert_eq!((seen[10], seen[20]), (Verdict::Answered(0), Verdict::Silent));
        assert!(matches!(seen[30], Verdict::Lost(_)) && matches!(seen[34], Verdict::Lost(_)));
        assert_eq!(
            (seen[35], seen[40], seen[50]),
            (Verdict::Silent, Verdict::Answered(0), Verdict::Answered(1))
        );
        assert_eq!(
            (seen[60], seen[75], seen[80]),
            (passes(1.0, Timestamp::MAX), passes(2.0, Timestamp::MAX), passes(6.0, Timestamp::MAX))
        );
    }

    #[test]
    fn an_answer_is_given_so_many_times() {
        let plan = plan(vec![fault(EAST, answer(429, 1.0, Some(2)), 5, 10_000)]);
        let mut deployments = deployments(&plan);
        let mut board = Board::new(&plan).unwrap();
        let mut phases = Vec::new();
        let mut answered = Vec::new();
        for second in 0..10 {
            board.advance(at(second), &mut deployments);
            phases.push(board.phase());
            if board.judge(EAST, second, 1, at(second)) == Verdict::Answered(0) {
                answered.push(second);
            }
        }
        assert_eq!(answered, [5, 6]);
        let [before, during, after] = Phase::ALL;
        assert_eq!(phases, [before, before, before, before, before, during, during, after, after, after]);
        let (times, _) = board.finish(at(20), &mut deployments);
        assert_eq!(times.map(Duration::as_secs_ceil), [5, 1, 14]);
    }

    #[test]
    fn quotas_change_with_time_and_faults() {
        let step = |second| QuotaStep { at: Duration::from_secs(second), ..QuotaStep::USUAL };
        let less =
            QuotaStep { tpm: Some(TokensPerMinute(4_000)), rpm: Some(RequestsPerMinute(60)), ..step(10) };
        let steps = vec![less, QuotaStep { factor: 2.0, ..step(20) }, step(30)];
        let halved = fault(EAST, FaultKind::Capacity { factor: 0.5 }, 15, 25);
        let plan = changed(plan(vec![halved]), EAST, |spec| spec.quota = steps);
        let mut deployments = deployments(&plan);
        let mut board = Board::new(&plan).unwrap();
        let limits = [0, 10, 15, 20, 25, 30].map(|second| {
            board.advance(at(second), &mut deployments);
            deployments[0].limits().unwrap()
        });
        // Tokens a minute, and a sixth of the requests a minute: 80 RPM are 13 in 10 s.
        let expected = [(8_000, 13), (4_000, 10), (2_000, 5), (8_000, 13), (16_000, 26), (8_000, 13)];
        assert_eq!(limits, expected.map(|(tokens, requests)| (Tokens(tokens), requests)));
        assert_eq!(deployments[1].limits(), Some((Tokens(8_000), 13)), "the others keep theirs");
    }

    #[test]
    fn a_run_of_centuries_ends() {
        let loss = Loss { how: LossKind::Refused, after: None };
        let (period, down) = (Duration::from_millis(1), Duration::from_nanos(500_000));
        let flapping = FaultKind::Flapping { loss, period, down };
        let plan = plan(vec![fault(EAST, flapping, 0, 200_000 * 86_400)]);
        let mut deployments = deployments(&plan);
        let mut board = Board::new(&plan).unwrap();
        board.changes = MOST_CHANGES - 10;
        board.finish(Timestamp::MAX, &mut deployments);
        assert_eq!(board.changes, MOST_CHANGES);
    }
}
