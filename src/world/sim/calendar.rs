//! The event calendar: pending events in a total order.
//!
//! Order: time, then class, then insertion. Two events never compare equal, so nothing is left to the
//! heap. Classes at one instant: a service ends before responses arrive, responses before waits and
//! deadlines end, all of that before new requests arrive.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::Timestamp;

/// What is going to happen. `slot` and `epoch` name a request in flight; a slot whose epoch has moved on
/// belongs to another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub(super) kind: EventKind,
    pub(super) slot: u32,
    pub(super) epoch: u32,
    pub(super) attempt: u32,
}

/// Kinds of events, in order of class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum EventKind {
    /// Response headers of an attempt, with the whole body right behind them.
    Answer,
    /// Response headers of a streamed attempt.
    Headers,
    /// Last byte of a streamed attempt.
    BodyEnd,
    /// The connection of an attempt is lost, or there is none.
    Lost,
    /// A side call is answered.
    SideCallDone,
    /// A wait of the core is over.
    Wake,
    /// Response headers are overdue.
    HeaderDeadline,
    /// The client's patience is over.
    ClientTimeout,
    /// The client leaves a stream.
    ClientLeaves,
    /// A client tries again; `slot` is where its call waits.
    ClientTriesAgain,
    /// A closed-loop client sends its next request; `slot` is the client.
    ClientSends,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: Timestamp,
    /// Class in the top byte, insertion number below: 2^56 insertions are more than a run can make.
    order: u64,
    event: Event,
}

/// Pending events.
#[derive(Clone, Debug, Default)]
pub(super) struct Calendar {
    heap: BinaryHeap<Reverse<Entry>>,
    sequence: u64,
}

impl Calendar {
    /// Adds an event.
    #[inline]
    pub(super) fn schedule(&mut self, at: Timestamp, event: Event) {
        let order = (event.kind as u64) << 56 | self.sequence;
        self.heap.push(Reverse(Entry { at, order, event }));
        self.sequence += 1;
    }

    /// When the next event is due.
    #[inline]
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Takes the next event.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<(Timestamp, Event)> {
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_by_time_class_and_insertion() {
        let mut calendar = Calendar::default();
        let event = |kind, slot| Event { kind, slot, epoch: 0, attempt: 0 };
        let at = Timestamp::from_nanos;
        calendar.schedule(at(5), event(EventKind::ClientSends, 1));
        calendar.schedule(at(5), event(EventKind::Wake, 2));
        calendar.schedule(at(5), event(EventKind::Wake, 1));
        calendar.schedule(at(4), event(EventKind::HeaderDeadline, 9));
        calendar.schedule(at(5), event(EventKind::Answer, 3));
        let order: Vec<_> = std::iter::from_fn(|| calendar.pop()).map(|(_, e)| (e.kind, e.slot)).collect();
        assert_eq!(
            order,
            [
                (EventKind::HeaderDeadline, 9),
                (EventKind::Answer, 3),
                (EventKind::Wake, 2),
                (EventKind::Wake, 1),
                (EventKind::ClientSends, 1),
            ]
        );
    }
}
