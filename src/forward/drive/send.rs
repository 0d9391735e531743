//! One call of a client: a request, and further ones as long as its client tries again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Uri};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, watch};

use super::alarm::Alarm;
use super::body::Bodies;
use super::exchange::{Answer, Connections, exchange};
use super::tally::{ATTEMPTS_HEADER, Answerers, CallEnd, Seen, Told};
use crate::policy::{Header, HeaderValue as Value, Headers, Text};
use crate::random::{StreamName, Streams};
use crate::sim::{Outcome, RunPlan, request_key, told_wait};
use crate::units::{BackendId, Demand, Duration, RequestId, StatusCode, Timestamp};
use crate::wire::{Clock, Known, REQUEST_HEADER};
use crate::workload::{RetryBudget, TrafficSpec};

const WAITS: StreamName = StreamName::new("client-retry");

/// What all calls share.
pub(super) struct Shared {
    pub(super) plan: Arc<RunPlan>,
    pub(super) clock: Clock,
    pub(super) alarm: Alarm,
    pub(super) streams: Streams,
    pub(super) connections: Connections,
    pub(super) method: Method,
    pub(super) uri: Uri,
    /// Headers that take the place of the scenario's.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) tells_request: bool,
    pub(super) bodies: Bodies,
    pub(super) answerers: Answerers,
    /// The end of the run, `MAX` where there is none.
    pub(super) horizon: Timestamp,
    /// Whether the user ends it.
    pub(super) ended: watch::Receiver<bool>,
    pub(super) told: UnboundedSender<Told>,
    pub(super) next_request: AtomicU64,
    /// Requests at the same time.
    pub(super) places: Semaphore,
    /// Of all clients, or of each row of a mix.
    pub(super) budgets: Vec<Mutex<RetryBudget>>,
}

/// A call that is to be sent.
pub(super) struct Call<'a> {
    /// When.
    pub(super) at: Timestamp,
    /// Its number, and what stands for its client in keys.
    pub(super) number: u64,
    pub(super) salt: u64,
    pub(super) client: Option<u32>,
    pub(super) row: usize,
    pub(super) traffic: &'a TrafficSpec,
    pub(super) headers: &'a [Header],
    pub(super) demand: Demand,
    pub(super) streams: bool,
}

/// How a call ended.
pub(super) struct CallAnswer {
    pub(super) status: Option<StatusCode>,
    pub(super) answerer: Option<BackendId>,
    pub(super) cookies: Vec<String>,
    /// Whether the run ended before it.
    pub(super) is_cut_off: bool,
}

impl Shared {
    /// Waits until it is `at`. `false`: the run ends before.
    pub(super) async fn until(&self, at: Timestamp) -> bool {
        if at >= self.horizon {
            return false;
        }
        let mut ended = self.ended.clone();
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => false,
            () = self.alarm.until(self.clock.instant(at)) => true,
        }
    }

    pub(super) fn tell(&self, told: Told) {
        // Who counts is there until all are done.
        let _ = self.told.send(told);
    }

    /// Sends a call and, if its client tries again, further requests. The time of the call has come.
    pub(super) async fn call(&self, call: Call<'_>) -> CallAnswer {
        let Call { at: began, number, salt, traffic, .. } = call;
        let key = number ^ salt;
        let budget = self.budgets.get(call.row).filter(|_| traffic.retry.is_some());
        let tells_calls = traffic.retry.is_some();
        if tells_calls {
            self.tell(Told::Begun(began));
        }
        if let Some(budget) = budget {
            budget.lock().unwrap_or_else(PoisonError::into_inner).earn();
        }
        let mut at = began;
        for tried in 0_u32.. {
            let (seen, headers) = self.request(&call, tried, at).await;
            let (status, end, outcome) = (seen.status, seen.end, seen.outcome);
            let answer = CallAnswer {
                status: status.filter(|_| outcome == Outcome::Answered),
                answerer: seen.answerer,
                cookies: cookies(&headers),
                is_cut_off: outcome == Outcome::InFlight,
            };
            self.tell(Told::Request(Box::new(seen)));
            let end_of_call = if answer.is_cut_off {
                CallEnd::Unfinished
            } else if answer.status.is_some_and(StatusCode::is_success) {
                CallEnd::Succeeded(end.since(began))
            } else {
                let retry =
                    traffic.retry.as_ref().filter(|own| tried < own.retries && own.wants(answer.status));
                let granted = retry.filter(|_| {
                    budget.is_some_and(|own| own.lock().unwrap_or_else(PoisonError::into_inner).spend())
                });
                if let Some(own) = granted {
                    self.tell(Told::TriedAgain(began));
                    let wait = answer.status.and_then(|_| self.told_wait(&headers, end));
                    let mut stream = self.streams.keyed(WAITS, key, u64::from(tried) + 1);
                    at = end.saturating_add(own.wait(tried + 1, wait, &mut stream));
                    if self.until(at).await {
                        continue;
                    }
                    self.tell(Told::Ended(began, CallEnd::Unfinished));
                    return CallAnswer { is_cut_off: true, ..answer };
                }
                CallEnd::Failed(retry.is_some())
            };
            if tells_calls {
                self.tell(Told::Ended(began, end_of_call));
            }
            return answer;
        }
        CallAnswer { status: None, answerer: None, cookies: Vec::new(), is_cut_off: false }
    }

    /// Sends one request and waits for its answer, as long as its client does and the run lasts.
    async fn request(&self, call: &Call<'_>, tried: u32, at: Timestamp) -> (Seen, HeaderMap) {
        let id = RequestId(self.next_request.fetch_add(1, Ordering::Relaxed));
        let body = self.bodies.body(&call.demand, call.streams, call.number ^ call.salt);
        let mut headers = self.headers_of(call.headers);
        if self.tells_request {
            let key = request_key(call.number, tried, call.salt);
            let Demand { completion_tokens: completion, prefix, .. } = call.demand;
            let known = Known { key, completion, prefix };
            if let Ok(value) = HeaderValue::from_str(&known.header()) {
                headers.insert(HeaderName::from_static(REQUEST_HEADER), value);
            }
        }
        let place = self.places.acquire().await;
        let sent = self.clock.now();
        let mut answer = Answer::default();
        let patience = call.traffic.client_timeout.map_or(Timestamp::MAX, |most| at.saturating_add(most));
        let deadline = patience.min(self.horizon);
        let mut ended = self.ended.clone();
        let head = (&self.method, &self.uri, headers);
        let stopped = tokio::select! {
            biased;
            () = exchange(&self.connections, &self.clock, head, body, &mut answer) => None,
            _ = ended.wait_for(|ended| *ended) => Some(Outcome::InFlight),
            () = self.clock.until(deadline) => {
                Some(if patience < self.horizon { Outcome::Cancelled } else { Outcome::InFlight })
            }
        };
        drop(place);
        let whole = if answer.is_whole { Outcome::Answered } else { Outcome::BrokenOff };
        let attempts =
            answer.headers.get(ATTEMPTS_HEADER).and_then(|value| value.to_str().ok()?.parse().ok());
        let seen = Seen {
            id,
            client: call.client,
            arrival: at,
            sent,
            end: self.clock.now(),
            outcome: stopped.unwrap_or(whole),
            status: answer.status,
            answerer: self.answerers.of(&answer.headers),
            attempts,
            first_byte: answer.first_byte,
            demand: call.demand.clone(),
            usage: answer.usage,
        };
        (seen, answer.headers)
    }

    fn headers_of(&self, own: &[Header]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for header in own {
            let value = HeaderValue::from_str(&header.value.to_text());
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(header.name.as_bytes()), value) {
                map.append(name, value);
            }
        }
        for (name, value) in &self.headers {
            map.insert(name.clone(), value.clone());
        }
        map.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        map
    }

    /// The wait that an answer asks for.
    fn told_wait(&self, headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
        let mut told = Headers::default();
        for name in ["retry-after-ms", "Retry-After"] {
            for value in headers.get_all(name) {
                let text = Text::from(value.to_str().ok()?.to_owned());
                told.append(Text::Static(name), Value::Text(text));
            }
        }
        told_wait(&told, now, self.plan.gateway.start_unix_s())
    }
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let set = headers.get_all(http::header::SET_COOKIE).iter();
    set.filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
}
