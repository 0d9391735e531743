//! A request under way: the core's exchange and what the world knows about it.

use super::calls::Try;
use super::faults::Phase;
use super::observe::{AttemptResult, Step};
use crate::backend::{Headroom, LimitKind, Reservation};
use crate::gateway::{Exchange, Selection};
use crate::units::{BackendId, Demand, Duration, PromptSize, StatusCode, Timestamp, Tokens};
use crate::workload::Service;

/// One slot of the world. Slots are used again; `epoch` tells their tenants apart.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) epoch: u32,
    pub(super) is_used: bool,
    pub(super) exchange: Exchange,
    /// Which try of which call this is.
    pub(super) tried: Try,
    pub(super) arrival: Timestamp,
    pub(super) instance: u32,
    /// Client of a closed loop or a mix, request of a script.
    pub(super) client: Option<u32>,
    pub(super) demand: Demand,
    /// Whether it asks for a stream of tokens.
    pub(super) streams: bool,
    /// How long each attempt takes, when the request says it.
    pub(super) service: Option<Service>,
    pub(super) call: Call,
    pub(super) first_byte: Option<Timestamp>,
    pub(super) status: Option<StatusCode>,
    pub(super) answerer: Option<BackendId>,
    pub(super) answer_sent_at: Timestamp,
    pub(super) answer_counted: Option<Tokens>,
    /// Tokens of its prompt that were cached.
    pub(super) answer_cached: Tokens,
    /// Where the answer was spilled to.
    pub(super) answer_spilled: Option<u16>,
    pub(super) last_target: Option<BackendId>,
    pub(super) selection: Option<Selection>,
    pub(super) was_oversized: bool,
    /// Whether its client has left the stream.
    pub(super) has_left: bool,
    /// Where the run stood when it came.
    pub(super) phase: Phase,
    pub(super) steps: Vec<Step>,
}

/// The latest attempt of a flight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) attempt: u32,
    pub(super) backend: BackendId,
    pub(super) sent_at: Timestamp,
    /// The deployment that answers, by its place among all.
    pub(super) worker: u32,
    pub(super) spill: Spill,
    /// The estimate while the deployment is at work on it.
    pub(super) counted: Option<Reservation>,
    pub(super) reply: Reply,
    /// Tokens of the prompt that the deployment had.
    pub(super) cached: Tokens,
    /// When the last byte of a stream arrives, or the connection breaks before it.
    pub(super) body_ends: Timestamp,
    /// Whether response headers have arrived.
    pub(super) has_headers: bool,
    /// Whether its answer is still to come.
    pub(super) is_live: bool,
}

/// Whether the platform has handed an attempt on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spill {
    /// No.
    None,
    /// To the target at this place, which answers.
    Served { place: u16 },
    /// To the target at this place, which has refused too.
    Refused { place: u16, status: StatusCode },
}

/// What the deployment will answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reply {
    Admitted(Headroom),
    Throttled {
        limit: LimitKind,
        retry_after: Option<Duration>,
        headroom: Option<Headroom>,
    },
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

impl Flight {
    pub(super) fn new() -> Self {
        let demand = Demand {
            prompt: PromptSize::One(crate::units::Chars(0)),
            prompt_tokens: Tokens(0),
            completion_tokens: Tokens(0),
            max_tokens: None,
            prefix: None,
        };
        let call = Call {
            attempt: 0,
            backend: BackendId(0),
            sent_at: Timestamp::ZERO,
            worker: 0,
            spill: Spill::None,
            counted: None,
            cached: Tokens(0),
            reply: Reply::Refused(StatusCode::OK),
            body_ends: Timestamp::ZERO,
            has_headers: false,
            is_live: false,
        };
        Self {
            epoch: 0,
            is_used: false,
            exchange: Exchange::default(),
            tried: Try { call: 0, number: 0, began: Timestamp::ZERO, salt: 0 },
            arrival: Timestamp::ZERO,
            instance: 0,
            client: None,
            demand,
            streams: false,
            service: None,
            call,
            first_byte: None,
            status: None,
            answerer: None,
            answer_sent_at: Timestamp::ZERO,
            answer_counted: None,
            answer_cached: Tokens(0),
            answer_spilled: None,
            last_target: None,
            selection: None,
            was_oversized: false,
            has_left: false,
            phase: Phase::Before,
            steps: Vec::new(),
        }
    }

    /// Takes in a new request.
    pub(super) fn begin(&mut self, arrival: Timestamp, instance: u32, client: Option<u32>, demand: Demand) {
        self.is_used = true;
        self.arrival = arrival;
        self.instance = instance;
        self.client = client;
        self.demand = demand;
        self.service = None;
        self.call.attempt = 0;
        self.call.is_live = false;
        self.call.counted = None;
        self.first_byte = None;
        self.status = None;
        self.answerer = None;
        self.answer_counted = None;
        self.answer_cached = Tokens(0);
        self.answer_spilled = None;
        self.last_target = None;
        self.selection = None;
        self.was_oversized = false;
        self.has_left = false;
        self.steps.clear();
    }

    /// Whether an event for `attempt` of `epoch` is about the present call.
    #[inline]
    pub(super) fn awaits(&self, epoch: u32, attempt: u32) -> bool {
        self.is_used && self.epoch == epoch && self.call.attempt == attempt && self.call.is_live
    }

    /// Notes what came of the latest attempt.
    pub(super) fn set_result(&mut self, result: AttemptResult) {
        let last = self.steps.iter_mut().rev().find(|step| matches!(step, Step::Attempt { .. }));
        if let Some(Step::Attempt { result: old, .. }) = last {
            *old = result;
        }
    }
}
