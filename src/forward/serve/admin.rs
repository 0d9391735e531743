//! What operators see, on an address of its own: health, metrics, breakers and the last decisions.

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value as Json, json};

use super::error_body::refusal;
use super::observe::Observers;
use super::server::Generation;
use crate::gateway::{BreakerChange, BreakerState, Event};
use crate::units::{BackendId, Timestamp};
use crate::wire::Outgoing;

/// Answers an operator.
pub(super) fn answer(
    request: &Request<Incoming>,
    own: &Generation,
    observers: Option<&Observers>,
    is_ready: bool,
) -> Response<Outgoing> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return refusal(StatusCode::METHOD_NOT_ALLOWED, "The method is not supported.", None);
    }
    match request.uri().path() {
        "/healthz" | "/readyz" => health(request.uri().path(), is_ready),
        "/metrics" => {
            let mut text = own.metrics.prometheus(own.core.lost_lines());
            if let Some(observers) = observers {
                observers.prometheus(&mut text);
            }
            typed(Outgoing::whole(text), "text/plain; version=0.0.4")
        }
        "/" | "/state" => typed(Outgoing::whole(state(own).to_string()), "application/json"),
        _ => refusal(StatusCode::NOT_FOUND, "there is /healthz, /readyz, /metrics and /state", None),
    }
}

/// Whether the server lives, or takes requests.
pub(super) fn health(path: &str, is_ready: bool) -> Response<Outgoing> {
    let mut response = typed(Outgoing::whole("ok\n"), "text/plain");
    if path == "/readyz" && !is_ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        *response.body_mut() = Outgoing::whole("ending\n");
    }
    response
}

fn typed(body: Outgoing, kind: &'static str) -> Response<Outgoing> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn seconds(at: Timestamp) -> f64 {
    at.as_nanos() as f64 / 1e9
}

fn state(own: &Generation) -> Json {
    let now = own.core.clock().now();
    let breakers = own.core.breakers();
    let entities = own.settings.gateway.backends();
    let backends = entities.iter().zip(&breakers).map(|(entity, breaker)| {
        let counted = breaker.counted().count();
        let (state, until) = match breaker.state() {
            BreakerState::Tripped { until, .. } if until > now => ("tripped", Some(seconds(until))),
            _ => ("closed", None),
        };
        json!({ "name": &*entity.name, "breaker": state, "trippedUntilS": until, "callsInWindow": counted })
    });
    let backends: Vec<Json> = backends.collect();
    let recent: Vec<Json> = own
        .core
        .recent()
        .iter()
        .rev()
        .map(|(at, event)| json!({ "atS": seconds(*at), "event": told(event, own) }))
        .collect();
    json!({ "nowS": seconds(now), "requestsUnderWay": own.metrics.under_way(), "backends": backends, "recent": recent })
}

fn told(event: &Event, own: &Generation) -> String {
    let name = |id: BackendId| own.settings.gateway.backend(id).map_or("?", |entity| &entity.name).to_owned();
    match event {
        Event::Selected { request, selection } => {
            format!("request {}: {} selected", request.0, name(selection.backend))
        }
        Event::Exhausted { request, status, .. } => {
            format!("request {}: no backend available, {status}", request.0)
        }
        Event::Breaker { backend, change } => {
            let what = match change {
                BreakerChange::Tripped(trip) => format!("tripped until {} s", seconds(trip.until)),
                BreakerChange::Extended { until } => format!("tripped on until {} s", seconds(*until)),
                BreakerChange::Reset { .. } => "reset".to_owned(),
            };
            format!("{} {what}", name(*backend))
        }
        Event::Retry { request, retry, .. } => format!("request {}: retry {retry}", request.0),
        Event::Traced { request, .. } => format!("request {}: traced", request.0),
        Event::CallFailed { request, reason, .. } => {
            format!("request {}: side call failed ({reason})", request.0)
        }
        Event::Failed { request, error } => {
            format!("request {}: {} failed ({})", request.0, error.source, error.reason)
        }
    }
}
