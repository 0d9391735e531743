//! The server: generations of settings, one after another, and requests that each belong to one.
//!
//! Rules
//! - A request is served to its end by the generation that it came to. New settings take over the breakers of
//!   backends that have not changed; everything else begins anew.
//! - More requests under way than allowed get 503; a body beyond the bound gets 413. Both before any policy runs.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Body as _, Incoming};
use serde_json::Value as Json;

use super::admin;
use super::aside::Aside;
use super::core::{Core, Told};
use super::entrance::{Refusal, enter};
use super::error_body::{of_listener, refusal, uuid};
use super::identity::Identity;
use super::journal::Journal;
use super::metrics::{BackendCount, Metrics};
use super::observe::{Observers, Watched};
use super::session::{Held, Session};
use super::settings::{Needs, Route, ServeError, Settings, backend_at, route_of, routes};
use super::upstream::{Sender, sender};
use crate::gateway::{GatewayState, RequestHead, TokenFacts};
use crate::policy::{Body, Text};
use crate::random::{Stream, StreamName, Streams};
use crate::units::{BackendId, RequestId};
use crate::wire::{Clock, Listening, Outgoing, Peer, Stop, too_large};

const ACTIVITIES: StreamName = StreamName::new("activities");

/// Everything that a request needs, as it was set when it came.
#[derive(Debug)]
pub(super) struct Generation {
    pub(super) core: Core,
    pub(super) settings: Settings,
    pub(super) needs: Needs,
    pub(super) sender: Sender,
    pub(super) aside: Aside,
    pub(super) metrics: Arc<Metrics>,
    routes: Vec<Arc<Route>>,
    number: u64,
}

impl Generation {
    fn new(
        settings: Settings,
        number: u64,
        (state, journal): (Option<GatewayState>, Option<Journal>),
        seed: u64,
        clock: Clock,
        observers: Option<&Arc<Observers>>,
    ) -> Result<Self, ServeError> {
        let routes = routes(&settings)?.into_iter().map(Arc::new).collect();
        let names = settings.gateway.backends().iter().map(|backend| backend.name.to_string());
        let metrics = Arc::new(Metrics::new(names));
        let told = observers.map(|own| Told { observers: Arc::clone(own), generation: number });
        let core = Core::new(&settings.gateway, state, seed, clock, Arc::clone(&metrics), journal, told);
        let sender = sender(&settings.timeouts, &settings.trusted);
        let aside = Aside {
            sender: sender.clone(),
            identity: Arc::new(Identity::new(settings.identity.clone())),
            clock,
            body_limit: settings.body_limit,
        };
        let needs = Needs::of(&settings.gateway);
        Ok(Self { core, settings, needs, sender, aside, metrics, routes, number })
    }

    /// The way to a backend.
    pub(super) fn route(&self, backend: BackendId) -> Option<Arc<Route>> {
        self.routes.get(backend.index()).cloned()
    }

    /// The way to a URL that the policy names, and the backend whose URL it is.
    pub(super) fn route_to(&self, url: &Text) -> (Option<BackendId>, Option<Arc<Route>>) {
        match backend_at(&self.settings.gateway, url) {
            Some(backend) => (Some(backend), self.route(backend)),
            None => (None, route_of(url).ok().map(Arc::new)),
        }
    }
}

/// A gateway that serves.
#[derive(Clone, Debug)]
pub struct Server {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    generation: RwLock<Arc<Generation>>,
    next_request: AtomicU64,
    is_ready: AtomicBool,
    clock: Clock,
    seed: u64,
    observers: Option<Arc<Observers>>,
}

/// Where a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Started {
    /// For clients.
    pub address: SocketAddr,
    /// For operators.
    pub admin: Option<SocketAddr>,
}

impl Server {
    /// A server with these settings, the choices of which come from `seed`.
    ///
    /// # Errors
    /// Settings that cannot be served.
    pub fn new(
        settings: Settings,
        seed: u64,
        clock: Clock,
        journal: Option<Journal>,
    ) -> Result<Self, ServeError> {
        Self::observed(settings, seed, clock, journal, None)
    }

    /// The same, and these are told what happens.
    pub(super) fn observed(
        settings: Settings,
        seed: u64,
        clock: Clock,
        journal: Option<Journal>,
        observers: Option<Arc<Observers>>,
    ) -> Result<Self, ServeError> {
        let generation = Generation::new(settings, 0, (None, journal), seed, clock, observers.as_ref())?;
        let shared = Shared {
            generation: RwLock::new(Arc::new(generation)),
            next_request: AtomicU64::new(0),
            is_ready: AtomicBool::new(true),
            clock,
            seed,
            observers,
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Serves with other settings from now on.
    ///
    /// # Errors
    /// Settings that cannot be served: those before stay in force.
    pub fn reload(&self, settings: Settings) -> Result<(), ServeError> {
        routes(&settings)?;
        let mut current = self.shared.generation.write().unwrap_or_else(PoisonError::into_inner);
        let (state, journal) = current.core.hand_over(&settings.gateway);
        let Shared { seed, clock, ref observers, .. } = *self.shared;
        let number = current.number.saturating_add(1);
        if let Some(observers) = observers {
            observers.reloaded(number, clock.now(), &settings.gateway, &state);
        }
        let before = (Some(state), journal);
        *current = Arc::new(Generation::new(settings, number, before, seed, clock, observers.as_ref())?);
        Ok(())
    }

    /// Answers clients at `listener` until `stop`. `false`: some requests had to be cut off.
    pub async fn run(&self, listener: Listening, stop: &Stop) -> bool {
        let shared = Arc::clone(&self.shared);
        let answer = move |request, peer| {
            let shared = Arc::clone(&shared);
            async move { shared.answer(request, peer).await }
        };
        let (mut stopped, ready) = (stop.listen(), Arc::clone(&self.shared));
        let watch = tokio::spawn(async move {
            if stopped.wait_for(|stopped| *stopped).await.is_ok() {
                ready.is_ready.store(false, Ordering::Relaxed);
            }
        });
        let is_clean = listener.telling(of_listener).run(answer, stop.listen()).await;
        watch.abort();
        self.shared.generation().core.close_journal();
        if let Some(observers) = &self.shared.observers {
            observers.close().await;
        }
        is_clean
    }

    /// Answers operators at `listener` until `stop`.
    pub async fn run_admin(&self, listener: Listening, stop: &Stop) -> bool {
        let shared = Arc::clone(&self.shared);
        let answer = move |request: Request<Incoming>, _| {
            let is_ready = shared.is_ready.load(Ordering::Relaxed);
            let response =
                admin::answer(&request, &shared.generation(), shared.observers.as_deref(), is_ready);
            std::future::ready(response)
        };
        listener.run(answer, stop.listen()).await
    }

    /// What the present generation has counted of each backend.
    pub fn counts(&self) -> Vec<BackendCount> {
        self.shared.generation().metrics.counts()
    }

    /// Requests under way in the present generation.
    pub fn under_way(&self) -> u64 {
        self.shared.generation().metrics.under_way()
    }

    /// Lines of the decision log that could not be written.
    pub fn lost_lines(&self) -> u64 {
        self.shared.generation().core.lost_lines()
    }

    /// Where listeners listen.
    ///
    /// # Errors
    /// The system does not say.
    pub fn started(clients: &Listening, admin: Option<&Listening>) -> io::Result<Started> {
        let admin = admin.map(Listening::address).transpose()?;
        Ok(Started { address: clients.address()?, admin })
    }
}

impl Shared {
    fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.generation.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Response<Outgoing> {
        let path = request.uri().path();
        if matches!(path, "/healthz" | "/readyz") {
            return admin::health(path, self.is_ready.load(Ordering::Relaxed));
        }
        let own = self.generation();
        let number = self.next_request.fetch_add(1, Ordering::Relaxed);
        let activity = activity(self.seed, number);
        let watched = self
            .observers
            .as_ref()
            .and_then(|all| Watched::new(all, &request, peer.address.ip(), number, activity));
        match self.begin(request, peer, &own, number, activity).await {
            Ok((session, head)) => session.watched_by(watched).answer(&head).await,
            Err(Refusal { status, message }) => {
                own.metrics.refused_at_door(status.as_u16());
                if let Some(watched) = watched {
                    watched.refused(status.as_u16());
                }
                refusal(status, message, Some(activity))
            }
        }
    }

    async fn begin(
        &self,
        request: Request<Incoming>,
        peer: Peer,
        own: &Arc<Generation>,
        number: u64,
        activity: u128,
    ) -> Result<(Box<Session>, RequestHead), Refusal> {
        let bound = own.settings.concurrency as u64;
        let too_many = Refusal {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: "The gateway has as many requests under way as it is allowed to.",
        };
        if own.metrics.under_way() >= bound {
            return Err(too_many);
        }
        let (parts, body) = request.into_parts();
        let entered = enter(&parts, peer.address.ip(), &own.settings)?;
        let held = hold(body, own).await?;
        let text = match &held {
            Held::Whole(bytes) if own.needs.reads_request => std::str::from_utf8(bytes).ok(),
            _ => None,
        };
        let prompt = text.filter(|_| own.needs.counts_tokens).and_then(prompt_tokens);
        let known = match (&held, text) {
            (Held::Nothing, _) => Body::Absent,
            (_, Some(text)) => Body::Text(Text::from(text.to_owned())),
            (Held::Whole(_) | Held::Once(_), None) => Body::Opaque,
        };
        let mut facts = entered.facts;
        facts.request_id = Some(activity);
        let head = RequestHead {
            id: RequestId(number),
            method: Text::from(parts.method.as_str().to_owned()),
            path: Text::from(entered.path),
            headers: Some(entered.headers),
            body: known,
            facts: Some(Arc::new(facts)),
            tokens: TokenFacts { prompt },
        };
        // Only now: a request whose body dribbles in takes no place of those that are there.
        if !own.metrics.enters(bound) {
            return Err(too_many);
        }
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        Ok((Session::new(Arc::clone(own), held, entered.key, host, activity), head))
    }
}

/// Keeps a body as the policy needs it.
async fn hold(body: Incoming, own: &Generation) -> Result<Held, Refusal> {
    if body.is_end_stream() {
        return Ok(Held::Nothing);
    }
    let limit = own.settings.body_limit;
    let too_long = Refusal {
        status: StatusCode::PAYLOAD_TOO_LARGE,
        message: "The body of the request is longer than the gateway keeps.",
    };
    if !own.needs.keeps_request && !own.needs.reads_request {
        return Ok(Held::Once(Some(body)));
    }
    if body.size_hint().lower() > limit as u64 {
        return Err(too_long);
    }
    let collected =
        tokio::time::timeout(own.settings.timeouts.idle, Limited::new(body, limit).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(Held::Whole(body.to_bytes())),
        Ok(Err(error)) if too_large(&error) => Err(too_long),
        Ok(Err(_)) => {
            let message = "The body of the request broke off.";
            Err(Refusal { status: StatusCode::BAD_REQUEST, message })
        }
        Err(_) => {
            let message = "The body of the request did not arrive in time.";
            Err(Refusal { status: StatusCode::REQUEST_TIMEOUT, message })
        }
    }
}

/// The id by which a request is known in errors.
fn activity(seed: u64, number: u64) -> u128 {
    uuid_bits(&mut Streams::new(seed).keyed(ACTIVITIES, number, 0))
}

/// An id that a stream gives, as it is written.
pub(super) fn uuid_of(stream: &mut Stream) -> String {
    uuid(uuid_bits(stream))
}

fn uuid_bits(stream: &mut Stream) -> u128 {
    let (high, low) = (stream.word(), stream.word());
    let bits = u128::from(high) << 64 | u128::from(low);
    // Version 4, variant 1 (RFC 9562).
    bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62
}

/// The tokens of a prompt as far as a gateway can tell: four characters each, every text rounded up.
fn prompt_tokens(body: &str) -> Option<u32> {
    let json: Json = serde_json::from_str(body).ok()?;
    let texts = ["messages", "prompt", "input"].iter().filter_map(|name| json.get(*name));
    let tokens: usize = texts.map(tokens_of).sum();
    u32::try_from(tokens).ok().filter(|tokens| *tokens > 0)
}

fn tokens_of(json: &Json) -> usize {
    match json {
        Json::String(text) => text.chars().count().div_ceil(4),
        Json::Array(parts) => parts.iter().map(tokens_of).sum(),
        Json::Object(part) => {
            ["content", "text"].iter().filter_map(|name| part.get(*name)).map(tokens_of).sum()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_estimated() {
        for (body, tokens) in [
            (
                r#"{"messages":[{"role":"user","content":"12345"},{"content":[{"type":"text","text":"1"}]}]}"#,
                Some(3),
            ),
            (r#"{"prompt":["1234","12345678"]}"#, Some(3)),
            (r#"{"input":"1"}"#, Some(1)),
            ("{}", None),
            ("x", None),
        ] {
            assert_eq!(prompt_tokens(body), tokens, "{body}");
        }
    }

    #[test]
    fn activities_are_uuids_of_their_own() {
        let id = uuid(activity(1, 2));
        assert_eq!(id.as_bytes().get(14), Some(&b'4'), "{id}");
        assert_ne!(activity(1, 2), activity(1, 3));
    }
}
