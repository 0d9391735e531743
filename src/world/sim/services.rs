//! What stands behind the backends: deployments, what breaks them, and what a call of one comes to.
//!
//! Rules
//! - A deployment decides about admission at the instant the gateway sends; the network's round trip is added to
//!   its answer.
//! - An answer that is not streamed arrives whole: head and last byte at the same instant.
//! - An admitted call is finished exactly once ([`Services::finish`]), when the service ends its work.
//! - What is drawn depends on the call and the attempt, whatever other calls do.
//!
//! Drivers give the time and do all counting: the simulator, and the mock that answers over HTTP.

use std::sync::Arc;

use super::answers::{Answers, add_ids};
use super::faults::{Board, Verdict};
use super::plan::RunPlan;
use super::scripted;
use crate::backend::{Decision, Deployment, Headroom, LimitKind, Reservation, ServiceTime};
use crate::policy::Response;
use crate::random::{StreamName, Streams, whole};
use crate::units::{BackendId, Demand, Duration, StatusCode, Timestamp, Tokens};
use crate::workload::Service;

const IDS: StreamName = StreamName::new("request-ids");

/// Everything behind the backends of one plan, which every call is to be given again.
#[derive(Debug)]
pub struct Services {
    pub(super) streams: Streams,
    /// By `BackendId`, then what is spilled to; deployments likewise.
    pub(super) sites: Vec<Site>,
    pub(super) deployments: Vec<Deployment>,
    /// What changes with time; `None`: nothing does.
    pub(super) board: Option<Box<Board>>,
}

/// What does not change about a deployment.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) latency_stream: StreamName,
    pub(super) answers: Answers,
}

/// A call of a backend as it leaves the gateway.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Which backend.
    pub backend: BackendId,
    /// What is drawn for the request by.
    pub key: u64,
    /// Which attempt of the request, from 1.
    pub attempt: u32,
    /// What it takes.
    pub demand: &'a Demand,
    /// Whether it asks for a stream of tokens.
    pub streams: bool,
    /// How long the service takes, when the request says it.
    pub recorded: Option<Service>,
    /// The status of a call whose body was lost on the way.
    pub lost_body: Option<StatusCode>,
}

/// What a call comes to.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// What is answered, if anything.
    pub reply: Reply,
    /// When it is heard of.
    pub course: Course,
    /// The deployment that works on it, by its place among all.
    pub worker: u32,
    /// What was counted while the deployment works on it; pass it to [`Services::finish`].
    pub counted: Option<Reservation>,
    /// Tokens of the prompt that the deployment had.
    pub cached: Tokens,
    /// When an admitted call's last token comes, or would if nothing broke it off.
    pub work_ends: Timestamp,
}

/// What a deployment answers.
#[derive(Clone, Copy, Debug)]
pub enum Reply {
    /// It does what was asked, and tells this room.
    Admitted(Headroom),
    /// 429.
    Throttled {
        /// What refused.
        limit: LimitKind,
        /// The exact wait.
        retry_after: Option<Duration>,
        /// The room that the refusal tells.
        headroom: Option<Headroom>,
    },
    /// Another status.
    Refused(StatusCode),
    /// The answer of a fault, by its place in the plan.
    Scripted(u16),
    /// An answer of the deployment's script, by its place, with its status.
    Played(u16, StatusCode),
}

impl Reply {
    /// Whether it is a success.
    pub(super) fn is_well(self) -> bool {
        match self {
            Self::Admitted(_) => true,
            Self::Played(_, status) => status.is_success(),
            Self::Throttled { .. } | Self::Refused(_) | Self::Scripted(_) => false,
        }
    }
}

/// When a call is heard of, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// When; without meaning for [`Heard::Nothing`].
    pub at: Timestamp,
    /// What then.
    pub heard: Heard,
}

/// What is heard of a call first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Head and whole body.
    Answer,
    /// The head alone.
    Head {
        /// When the body ends.
        ends: Timestamp,
        /// Whether it breaks off there.
        is_cut: bool,
    },
    /// That the connection is lost, or that there is none.
    Loss,
    /// Nothing, ever.
    Nothing,
}

impl Services {
    /// All of them, idle.
    pub fn new(plan: &RunPlan) -> Self {
        let semantics = plan.gateway.semantics();
        let counts_from = Timestamp::ZERO.saturating_add(plan.warmup);
        let deployment =
            |spec: &Arc<_>| Deployment::new(Arc::clone(spec), semantics).counting_from(counts_from);
        let sites = plan.gateway.backends().iter().zip(&plan.targets).map(|(backend, target)| Site {
            latency_stream: StreamName::new(&format!("latency/{}", backend.name)),
            answers: Answers::new(plan, &target.deployment),
        });
        let spillover = plan.spillover.iter().map(|target| Site {
            latency_stream: StreamName::new(&format!("latency/spillover/{}", target.name)),
            answers: Answers::new(plan, &target.deployment),
        });
        Self {
            streams: Streams::new(plan.seed),
            sites: sites.chain(spillover).collect(),
            deployments: plan.deployments().map(deployment).collect(),
            board: Board::new(plan).map(Box::new),
        }
    }

    /// The same with answers that tell all that the service tells, whether or not the policy looks at it.
    #[must_use]
    pub fn telling_all(mut self, plan: &RunPlan) -> Self {
        for (site, deployment) in self.sites.iter_mut().zip(plan.deployments()) {
            site.answers.tell_all(plan, deployment);
        }
        self
    }

    /// Makes the changes that are due.
    #[inline]
    pub fn advance(&mut self, now: Timestamp) {
        if let Some(board) = &mut self.board {
            board.advance(now, &mut self.deployments);
        }
    }

    /// What comes of a call that leaves the gateway at `now`. `None`: there is no such backend.
    pub fn serve(&mut self, plan: &RunPlan, asked: Asked<'_>, now: Timestamp) -> Option<Served> {
        let Asked { backend, key, attempt, demand, .. } = asked;
        let (site, target) = (self.sites.get(backend.index())?, plan.targets.get(backend.index())?);
        let deployment = self.deployments.get_mut(backend.index())?;
        let verdict = self.board.as_mut().map(|board| board.judge(backend, key, attempt, now));
        let refused = target.refuses_with.or(asked.lost_body);
        let reaches_script = refused.is_none() && matches!(verdict, None | Some(Verdict::Passes { .. }));
        let place = if reaches_script { deployment.scripted() } else { None };
        let mut served = Served {
            reply: Reply::Refused(StatusCode::OK),
            course: Course::answer(now.saturating_add(deployment.spec().refusal_time())),
            worker: u32::from(backend.0),
            counted: None,
            cached: Tokens(0),
            work_ends: now,
        };
        if let Some(place) = place
            && let Some(answer) = deployment.spec().script.answers.get(place)
        {
            let whole = || asked.time(deployment, Tokens(0), self.streams, site.latency_stream).total;
            let lost_at = match verdict {
                Some(Verdict::Passes { lost_at, .. }) => lost_at,
                _ => Timestamp::MAX,
            };
            served.course = scripted::course(answer, deployment.spec(), whole, now, lost_at);
            served.work_ends = served.course.at;
            if let Some(status) = answer.status() {
                served.reply = Reply::Played(u16::try_from(place).unwrap_or(u16::MAX), status);
            }
            return Some(served);
        }
        match (refused, verdict) {
            (_, Some(Verdict::Lost(loss))) => {
                let at = now.saturating_add(loss.time(deployment.spec()));
                served.course = Course { at, heard: Heard::Loss };
            }
            (_, Some(Verdict::Silent)) => {
                served.course = Course { at: Timestamp::MAX, heard: Heard::Nothing };
            }
            (Some(status), _) => served.reply = Reply::Refused(status),
            (None, Some(Verdict::Answered(fault))) => served.reply = Reply::Scripted(fault),
            (None, Some(Verdict::Overloaded(wait))) => {
                let headroom = site.answers.tells_room_on_refusal().then(|| deployment.headroom(now));
                let limit = LimitKind::HighDemand;
                served.reply = Reply::Throttled { limit, retry_after: Some(wait), headroom };
            }
            (None, None | Some(Verdict::Passes { .. })) => match deployment.offer(demand, now) {
                Decision::Admitted { counted, headroom } => {
                    served.counted = Some(counted);
                    served.cached = counted.cached;
                    served.reply = Reply::Admitted(headroom);
                    let time = asked.time(deployment, counted.cached, self.streams, site.latency_stream);
                    let slow = verdict.and_then(Verdict::slowness);
                    let time = deployment.begin(slow.map_or(time, |slow| slowed(time, slow)), now);
                    served.work_ends = now.saturating_add(time.total);
                    served.course = Course::of(time, now, asked.streams, demand, verdict);
                }
                Decision::Refused { status } => served.reply = Reply::Refused(status),
                Decision::Throttled { limit, retry_after } => {
                    let headroom = site.answers.tells_room_on_refusal().then(|| deployment.headroom(now));
                    served.reply = Reply::Throttled { limit, retry_after, headroom };
                }
            },
        }
        Some(served)
    }

    /// The response that a call was answered with: status, headers, and the body of an error.
    pub(super) fn answer(
        &self,
        plan: &RunPlan,
        worker: u32,
        reply: Reply,
        sent_at: Timestamp,
    ) -> Option<Response> {
        let site = self.sites.get(worker as usize)?;
        let deployment = self.deployments.get(worker as usize)?;
        Some(site.answers.answer(reply, sent_at, deployment, plan, None))
    }

    /// Adds the ids that the service gives a call, where anybody looks at them.
    pub(super) fn add_ids(&self, response: &mut Response, worker: u32, key: u64, attempt: u32) {
        if self.sites.get(worker as usize).is_some_and(|site| site.answers.tells_ids()) {
            add_ids(&mut response.headers, &mut self.streams.keyed(IDS, key, u64::from(attempt)));
        }
    }

    /// The response to a call of `path` (with its query) that was sent at `sent_at`, as the gateway receives it.
    pub fn response(
        &self,
        plan: &RunPlan,
        asked: Asked<'_>,
        served: &Served,
        path: &str,
        sent_at: Timestamp,
    ) -> Option<Response> {
        let site = self.sites.get(served.worker as usize)?;
        let deployment = self.deployments.get(served.worker as usize)?;
        let mut response = site.answers.answer(served.reply, sent_at, deployment, plan, Some(path));
        self.add_ids(&mut response, served.worker, asked.key, asked.attempt);
        Some(response)
    }

    /// A deployment is done with an admitted call, whether or not anybody still waits for it.
    pub fn finish(&mut self, worker: u32, demand: &Demand, counted: Reservation, now: Timestamp) {
        if let Some(deployment) = self.deployments.get_mut(worker as usize) {
            deployment.finish(demand, counted, now);
        }
    }

    /// The deployments, those of the backends first.
    pub fn deployments(&self) -> &[Deployment] {
        &self.deployments
    }
}

impl Served {
    /// Whether the call was never seen by a deployment: no connection, or nobody answers.
    pub const fn is_missed(&self) -> bool {
        let is_unanswered = self.counted.is_none() && !matches!(self.reply, Reply::Played(..));
        matches!(self.course.heard, Heard::Loss | Heard::Nothing) && is_unanswered
    }

    /// When the service ends its work on an admitted call.
    pub const fn finishes(&self) -> Timestamp {
        match self.course.heard {
            Heard::Head { ends, .. } => ends,
            Heard::Answer | Heard::Loss | Heard::Nothing => self.course.at,
        }
    }
}

impl Asked<'_> {
    /// How long a deployment takes, recorded or drawn.
    pub(super) fn time(
        &self,
        deployment: &Deployment,
        cached: Tokens,
        streams: Streams,
        name: StreamName,
    ) -> ServiceTime {
        let network = deployment.spec().network;
        if let Some(recorded) = self.recorded {
            return ServiceTime {
                first_token: recorded.first_token.saturating_add(network),
                total: recorded.total.saturating_add(network),
            };
        }
        let mut stream = streams.keyed(name, self.key, u64::from(self.attempt));
        deployment.service_time(self.demand, cached, &mut stream)
    }
}

impl Course {
    /// Head and body arrive together.
    pub(super) const fn answer(at: Timestamp) -> Self {
        Self { at, heard: Heard::Answer }
    }

    pub(super) fn of(
        time: ServiceTime,
        now: Timestamp,
        streams: bool,
        demand: &Demand,
        verdict: Option<Verdict>,
    ) -> Self {
        let mut course = Self::usual(time, now, streams);
        let Some(Verdict::Passes { cut_after, lost_at, .. }) = verdict else { return course };
        let generated = demand.generated().get();
        if let Some(tokens) = cut_after.filter(|tokens| *tokens < generated) {
            // Head at the usual time, then what is left of the tokens, each as far from the next as ever.
            let gaps = generated.saturating_sub(1).max(1);
            let between = time.total.saturating_sub(time.first_token).as_nanos();
            let part = u128::from(between) * u128::from(tokens.saturating_sub(1)) / u128::from(gaps);
            let part = Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX));
            let ends = if streams { course.at.saturating_add(part) } else { course.at };
            course.heard = Heard::Head { ends, is_cut: true };
        }
        match course.heard {
            _ if course.at > lost_at => Self { at: lost_at, heard: Heard::Loss },
            Heard::Head { ends, .. } if ends > lost_at => {
                Self { heard: Heard::Head { ends: lost_at, is_cut: true }, ..course }
            }
            _ => course,
        }
    }

    fn usual(time: ServiceTime, now: Timestamp, streams: bool) -> Self {
        let ends = now.saturating_add(time.total);
        if streams {
            let at = now.saturating_add(time.first_token);
            Self { at, heard: Heard::Head { ends, is_cut: false } }
        } else {
            Self::answer(ends)
        }
    }
}

/// A time that takes `factor` times as long.
fn slowed(time: ServiceTime, factor: f64) -> ServiceTime {
    let slower = |time: Duration| Duration::from_nanos(whole(time.as_nanos() as f64 * factor));
    ServiceTime { first_token: slower(time.first_token), total: slower(time.total) }
}
