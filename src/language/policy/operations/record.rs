//! Policies that change no message.
//!
//! Their expressions are evaluated as in the service, since they may throw; what they would do outside of
//! the gateway is not modelled.

use crate::policy::{Operand, Text};
use crate::units::{Duration, StatusCode};

/// A policy that changes no message.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// `trace`: the line it writes.
    pub trace: Option<Trace>,
    /// Everything else in it that is computed, in order.
    pub evaluated: Vec<Evaluated>,
    /// It could refuse or change a request in the service, and does neither here.
    pub may_refuse: bool,
}

/// `trace`
#[derive(Clone, Debug)]
pub struct Trace {
    /// `source`
    pub source: Operand<Text>,
    /// `message`
    pub message: Operand<Text>,
}

/// Something that an attribute or a child computes.
#[derive(Clone, Debug)]
pub enum Evaluated {
    /// A text.
    Text(Operand<Text>),
    /// A condition.
    Flag(Operand<bool>),
    /// A whole number.
    Whole(Operand<u32>),
    /// A time.
    Seconds(Operand<Duration>),
    /// A status code.
    Status(Operand<StatusCode>),
}

impl Evaluated {
    /// Whether there is anything to evaluate.
    pub const fn is_computed(&self) -> bool {
        matches!(
            self,
            Self::Text(Operand::Expression(_))
                | Self::Flag(Operand::Expression(_))
                | Self::Whole(Operand::Expression(_))
                | Self::Seconds(Operand::Expression(_))
                | Self::Status(Operand::Expression(_))
        )
    }
}
