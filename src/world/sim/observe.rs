//! What a run tells while it goes on. The engine keeps none of it, so memory does not grow with the
//! number of requests; whoever wants rows takes them here.

use crate::backend::LimitKind;
use crate::gateway::{Selection, Trip};
use crate::units::{BackendId, Demand, Duration, RequestId, StatusCode, Timestamp, Tokens};

/// Listens to a run. Calls come in order of time.
pub trait Observer {
    /// Whether [`RequestRecord::steps`] is wanted; without it they are not collected.
    const WANTS_STEPS: bool;

    /// A request ended, or was in flight at the end of the run.
    fn request(&mut self, record: &RequestRecord<'_>);

    /// An interval of the timeline ended, for one backend.
    fn interval(&mut self, record: &IntervalRecord);

    /// A breaker tripped, was extended (the last trip of the backend and instance again, with its new
    /// end) or reset.
    fn trip(&mut self, record: &TripRecord);
}

/// Takes no notice.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    const WANTS_STEPS: bool = false;
    fn request(&mut self, _: &RequestRecord<'_>) {}
    fn interval(&mut self, _: &IntervalRecord) {}
    fn trip(&mut self, _: &TripRecord) {}
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The client got a whole response.
    Answered,
    /// The response broke off.
    BrokenOff,
    /// The client gave up first.
    Cancelled,
    /// Still under way at the end of the run.
    InFlight,
}

/// One client request, complete.
#[derive(Clone, Debug)]
pub struct RequestRecord<'a> {
    /// Its number.
    pub id: RequestId,
    /// When it arrived.
    pub arrival: Timestamp,
    /// When it ended (or the run did).
    pub end: Timestamp,
    /// Gateway instance.
    pub instance: u32,
    /// Client of a closed loop, or of a mix by its place among [`super::RunPlan::callers`].
    pub client: Option<u32>,
    /// How it ended.
    pub outcome: Outcome,
    /// What the client saw.
    pub status: Option<StatusCode>,
    /// Backend whose response the client saw.
    pub answerer: Option<BackendId>,
    /// Backend of the last forward.
    pub last_target: Option<BackendId>,
    /// Forwards.
    pub attempts: u32,
    /// First byte at the client.
    pub first_byte: Option<Timestamp>,
    /// Time that the answering attempt did not use.
    pub wait: Duration,
    /// Size.
    pub demand: &'a Demand,
    /// Estimate counted for the answering attempt.
    pub counted: Option<Tokens>,
    /// What happened on the way.
    pub steps: &'a [Step],
}

/// One step on a request's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// An attempt.
    Attempt {
        /// Where to.
        backend: BackendId,
        /// Why there; `None` for a base URL or a selection made at set-backend-service.
        selection: Option<Selection>,
        /// What came back.
        result: AttemptResult,
    },
    /// No backend was available.
    Exhausted {
        /// What the gateway answered itself.
        status: StatusCode,
    },
    /// A wait before a retry.
    Wait(Duration),
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptResult {
    /// Nothing yet.
    Pending,
    /// A status, and the limit behind a 429.
    Status(StatusCode, Option<LimitKind>),
    /// A status of the deployment that the platform spilled to, by place in [`RunPlan::spillover`].
    ///
    /// [`RunPlan::spillover`]: super::RunPlan::spillover
    Spilled(StatusCode, u16),
    /// A status, the limit behind a 429, and the status of the deployment that was spilled to in vain.
    SpilledInVain(StatusCode, Option<LimitKind>, StatusCode),
    /// No headers in time.
    Timeout,
    /// No connection.
    NoConnection,
}

/// One backend in one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntervalRecord {
    /// Start of the interval.
    pub start: Timestamp,
    /// Its length.
    pub length: Duration,
    /// The backend. Deployments that are spilled to have the numbers after those of all backends.
    pub backend: BackendId,
    /// Attempts admitted.
    pub admitted: u64,
    /// Attempts refused with 429.
    pub throttled: u64,
    /// Attempts refused otherwise.
    pub failed: u64,
    /// Client requests that ended 2xx here.
    pub answered: u64,
    /// Estimates counted.
    pub counted: Tokens,
    /// Highest fill of window or bucket.
    pub fill_max_permille: u64,
    /// Tripped time, summed over instances.
    pub tripped: Duration,
    /// Time that gateway instances got calls, summed over them.
    pub serving: Duration,
}

/// A change of a breaker.
#[derive(Clone, Debug)]
pub enum TripRecord {
    /// It tripped.
    Tripped {
        /// Whose.
        backend: BackendId,
        /// On which instance.
        instance: u32,
        /// The trip.
        trip: Trip,
    },
    /// The trip goes on longer.
    Extended {
        /// Whose.
        backend: BackendId,
        /// On which instance.
        instance: u32,
        /// The new end.
        until: Timestamp,
    },
}
