//! What a server tells others while it serves: events of breakers to a webhook, lines of a log, spans of traces.
//!
//! Rules
//! - Nobody waits for whom it is told to. What finds a queue full, or cannot be delivered after a few tries, is lost,
//!   counted in the metrics and said in the log.
//! - Where nothing is wanted there is no observer: `None`, and nothing else happens on the way of a request.
//! - The end waits for what is left to be delivered, within a bound.
//! - No header and no query is told, so that no key is. A URL that something is sent to may hold a key itself: of it
//!   only scheme and host are ever said.
//!
//! Rooms: `trips` knows when trips begin and end, `breaker_events` how Event Grid writes that, `request` watches one
//! request, `trace_context` is its `traceparent`, `otlp` how its spans are written, `outbox` delivers, `destination`
//! says where to, `log` writes lines.
//!
//! Deliberately absent: the handshake by which Event Grid validates a webhook, spans of side calls, metrics and logs
//! over OTLP.

mod breaker_events;
mod destination;
mod log;
mod otlp;
mod outbox;
mod request;
mod trace_context;
mod trips;

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration as Real;

use tokio::time::Instant;

pub use destination::{BadDestination, Destination};
pub use log::{Log, LogForm, LogLevel};
pub(super) use request::Watched;

#[cfg(test)]
pub(super) use log::subscriber;

use self::outbox::Outbox;
use self::trips::{Notice, Trips};
use crate::gateway::{BreakerChange, GatewaySpec, GatewayState};
use crate::random::{StreamName, Streams};
use crate::units::{BackendId, Timestamp};
use crate::wire::{Clock, unix_now};

const INSTANCE: StreamName = StreamName::new("observed-instance");

/// How long the end waits for what is left to be delivered.
const FLUSH_TIME: Real = Real::from_secs(5);

/// Who wants to be told what.
#[derive(Clone, Debug, Default)]
pub struct Observing {
    /// Where events of breakers go.
    pub events: Option<Destination>,
    /// Where spans go.
    pub traces: Option<Destination>,
    /// Whether requests, trips and resets are lines of the log.
    pub logs_requests: bool,
    /// The log, for what it has lost.
    pub log: Option<Log>,
    /// Whether clients come over TLS.
    pub is_tls: bool,
}

/// Those who are told, at work.
#[derive(Debug)]
pub(super) struct Observers {
    calendar: Calendar,
    seed: u64,
    is_tls: bool,
    logs_requests: bool,
    log: Option<Log>,
    trips: Option<Trips>,
    events: Option<Arc<Outbox>>,
    spans: Option<Outbox>,
}

/// The time of the run in that of the calendar. The calendar is read once, so that spans of one request fit together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar {
    clock: Clock,
    began: Instant,
    unix: Real,
}

impl Calendar {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, began: Instant::now(), unix: unix_now() }
    }

    /// Nanoseconds since 1970.
    pub(super) fn nanos(&self, at: Instant) -> u128 {
        let nanos = match at.checked_duration_since(self.began) {
            Some(since) => self.unix.saturating_add(since),
            None => self.unix.saturating_sub(self.began.saturating_duration_since(at)),
        };
        nanos.as_nanos()
    }

    /// As RFC 3339 writes it.
    pub(super) fn text(&self, at: Timestamp) -> String {
        date(self.nanos(self.clock.instant(at))).to_string()
    }
}

/// What so many nanoseconds since 1970 are in the calendar.
fn date(nanos: u128) -> jiff::Timestamp {
    jiff::Timestamp::from_nanosecond(i128::try_from(nanos).unwrap_or_default()).unwrap_or_default()
}

impl Observers {
    /// Sets to work who wants to be told. `None`: nobody does.
    pub(super) fn start(observing: &Observing, seed: u64, clock: Clock) -> Option<Arc<Self>> {
        let Observing { events, traces, logs_requests, .. } = observing;
        if events.is_none() && traces.is_none() && !logs_requests && observing.log.is_none() {
            return None;
        }
        let instance = instance(seed);
        let calendar = Calendar::new(clock);
        let events = events.as_ref().map(|to| Arc::new(Outbox::start(breaker_events::post(to))));
        let spans = traces.as_ref().map(|to| Outbox::start(otlp::post(to, &instance)));
        let trips = (events.is_some() || *logs_requests)
            .then(|| Trips::start(clock, calendar, seed, &instance, events.clone(), *logs_requests));
        Some(Arc::new(Self {
            calendar,
            seed,
            is_tls: observing.is_tls,
            logs_requests: *logs_requests,
            log: observing.log.clone(),
            trips,
            events,
            spans,
        }))
    }

    /// Whether single requests are of interest.
    pub(super) fn watches_requests(&self) -> bool {
        self.logs_requests || self.spans.is_some()
    }

    /// A breaker of a generation has changed. Called inside of the core's lock: it never waits.
    pub(super) fn breaker(
        &self,
        generation: u64,
        backend: BackendId,
        change: &BreakerChange,
        spec: &GatewaySpec,
    ) {
        let (Some(trips), Some(entity)) = (&self.trips, spec.backend(backend)) else { return };
        let rule = entity.breaker.as_ref().map_or_else(String::new, |rule| rule.name.to_string());
        let (backend, change) = (entity.name.to_string(), change.clone());
        trips.put(Notice::Changed { generation, backend, rule, change });
    }

    /// Another generation serves from now on, with these breakers.
    pub(super) fn reloaded(&self, generation: u64, at: Timestamp, spec: &GatewaySpec, state: &GatewayState) {
        if let Some(trips) = &self.trips {
            let all = spec.backends().iter().zip(state.breakers());
            let kept = all.filter(|(_, breaker)| trips::is_tripped(breaker));
            let kept = kept.map(|(entity, _)| entity.name.to_string()).collect();
            trips.put(Notice::Reloaded { generation, at, kept });
        }
    }

    /// Delivers what is left, within a bound.
    pub(super) async fn close(&self) {
        if let Some(trips) = &self.trips {
            trips.close(FLUSH_TIME).await;
        }
        let (events, spans) = (self.events.as_deref(), self.spans.as_ref());
        tokio::join!(flush(events), flush(spans));
    }

    /// What was delivered and lost, in the text format of Prometheus.
    pub(super) fn prometheus(&self, text: &mut String) {
        let mut single = |name: &str, help: &str, value: u64| {
            let _ = writeln!(text, "# HELP poolproof_{name} {help}\n# TYPE poolproof_{name} counter");
            let _ = writeln!(text, "poolproof_{name} {value}");
        };
        if let Some(events) = &self.events {
            let missed = self.trips.as_ref().map_or(0, Trips::missed);
            single("events_delivered_total", "Events of breakers delivered.", events.delivered());
            single(
                "events_lost_total",
                "Events of breakers lost: queue full, or not to be delivered.",
                events.lost().saturating_add(missed),
            );
        }
        if let Some(spans) = &self.spans {
            single("spans_delivered_total", "Spans of traces delivered.", spans.delivered());
            single(
                "spans_lost_total",
                "Spans of traces lost: queue full, or not to be delivered.",
                spans.lost(),
            );
        }
        if let Some(log) = &self.log {
            single("log_lost_lines_total", "Lines of the log lost.", log.lost());
        }
    }
}

async fn flush(outbox: Option<&Outbox>) {
    if let Some(outbox) = outbox {
        outbox.close(FLUSH_TIME).await;
    }
}

/// The name of this run among others: an id that its seed gives.
fn instance(seed: u64) -> String {
    super::server::uuid_of(&mut Streams::new(seed).named(INSTANCE))
}
