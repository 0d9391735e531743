//! Trips and their ends as API Management tells Event Grid of them.
//!
//! Rules
//! - The schema is that of Event Grid: an array of events, `aeg-event-type: Notification`.
//! - `tripDuration` is the duration in force, by `Retry-After` where the rule accepts it: as .NET writes a TimeSpan,
//!   `hh:mm:ss`, with days before and a fraction behind where there are any. At the end of a trip that was extended it
//!   is the whole of it.
//! - `topic` stands for the service: this run, by an id that its seed gives. Each instance tells its own trips.
//!
//! Source: API Management as an Event Grid source, `Microsoft.ApiManagement.CircuitBreaker.*` (preview, 2025). That the
//! duration is the one in force, and that every instance tells, is our reading.

use std::time::Duration as Real;

use serde_json::{Value as Json, json};

use super::destination::Destination;
use super::outbox::Post;
use crate::random::{StreamName, Streams};
use crate::units::Duration;

const EVENTS: StreamName = StreamName::new("observed-events");

/// What happened to a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Opened,
    Closed,
}

/// The form of posts.
pub(super) fn post(to: &Destination) -> Post {
    Post {
        to: to.clone(),
        what: "events of breakers",
        header: Some(("aeg-event-type", "Notification")),
        linger: Real::ZERO,
        write: Box::new(Json::Array),
        may_pass: |status| matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
        refused: |_| 0,
    }
}

/// Event number `number` of a run.
pub(super) fn event(
    kind: Kind,
    (seed, number): (u64, u64),
    instance: &str,
    (backend, rule): (&str, &str),
    time: &str,
    tripped: Duration,
) -> Json {
    let id = crate::serve::server::uuid_of(&mut Streams::new(seed).keyed(EVENTS, number, 0));
    let word = match kind {
        Kind::Opened => "Opened",
        Kind::Closed => "Closed",
    };
    json!({
        "id": id,
        "topic": format!("/poolproof/instances/{instance}"),
        "subject": format!("/backends/{backend}/circuit-breaker/rules/{rule}"),
        "eventType": format!("Microsoft.ApiManagement.CircuitBreaker.{word}"),
        "eventTime": time,
        "data": {
            "backendName": backend,
            "circuitBreaker": { "rules": { rule: { "tripDuration": timespan(tripped) } } },
        },
        "dataVersion": "1",
        "metadataVersion": "1",
    })
}

/// A duration as .NET writes it (`c`).
fn timespan(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let (seconds, ticks) = (nanos / 1_000_000_000, nanos % 1_000_000_000 / 100);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let mut text = if days > 0 { format!("{days}.") } else { String::new() };
    text.push_str(&format!("{hours:02}:{minutes:02}:{:02}", seconds % 60));
    if ticks > 0 {
        text.push_str(&format!(".{ticks:07}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_dotnet_does() {
        for (nanos, text) in [
            (1_000_000_000, "00:00:01"),
            (86_399_000_000_000, "23:59:59"),
            (86_400_000_000_000, "1.00:00:00"),
            (1_500_000_000, "00:00:01.5000000"),
            (0, "00:00:00"),
        ] {
            assert_eq!(timespan(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn an_event_has_the_documented_shape() {
        let own = |kind, number| {
            event(kind, (1, number), "i", ("b", "r"), "2026-01-01T00:00:00Z", Duration::from_secs(60))
        };
        let json = own(Kind::Opened, 0);
        assert_eq!(json["eventType"], "Microsoft.ApiManagement.CircuitBreaker.Opened");
        assert_eq!(json["subject"], "/backends/b/circuit-breaker/rules/r");
        assert_eq!(
            json["data"],
            json!({ "backendName": "b", "circuitBreaker": { "rules": { "r": { "tripDuration": "00:01:00" } } } })
        );
        assert_eq!(own(Kind::Closed, 0)["eventType"], "Microsoft.ApiManagement.CircuitBreaker.Closed");
        assert_ne!(json["id"], own(Kind::Opened, 1)["id"]);
        assert_eq!(json["id"], own(Kind::Opened, 0)["id"], "the seed gives it");
    }
}
