//! One request, from its head to the last byte of its answer.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;

use super::answer::Usage;
use super::ask::{Ask, Malformed};
use super::embedding;
use super::model::{Called, Request as Call};
use super::reply::{EVENTS, JSON, append, bad_request, body_of, error, none, with_headers};
use super::route::{Operation, Route, may_ask, version_problem};
use super::scripted::{SCRIPT_HEADER, Script, ScriptedWhat};
use super::server::{Shared, Site};
use super::stream::{BrokenBody, Pace, TokenStream};
use crate::backend::{ErrorTexts, LimitKind, deployment_not_found_body, error_body, status_body};
use crate::sim::{Heard, Reply, Spillover};
use crate::units::{Demand, StatusCode as Status, Timestamp, Tokens};
use crate::wire::{Known, Outgoing, REQUEST_HEADER, too_large};

/// Answers a request to the backend at `place`.
pub(super) async fn answer(
    shared: Arc<Shared>,
    place: usize,
    request: Request<Incoming>,
) -> Response<Outgoing> {
    let Some(site) = shared.sites.get(place) else { return none() };
    let result = match admitted(&shared, site, request).await {
        Ok(asked) => respond(&shared, site, &asked).await,
        Err((status, body)) => Ok(error(status, body)),
    };
    let mut response = result.unwrap_or_else(|Broken| none());
    if let Ok(region) = HeaderValue::from_str(&site.region) {
        response.headers_mut().entry("x-ms-region").or_insert(region);
    }
    response
}

/// The connection breaks.
struct Broken;

/// A request whose form is fine.
struct Asked {
    ask: Ask,
    operation: Operation,
    path: String,
    spills_to: Option<String>,
    script: Option<Script>,
    known: Option<Known>,
}

type Refused = (StatusCode, String);

/// What is asked, or the error of a request whose form is not fine.
async fn admitted(shared: &Shared, site: &Site, request: Request<Incoming>) -> Result<Asked, Refused> {
    let (head, body) = request.into_parts();
    let plain = |status: Status| {
        let code = StatusCode::from_u16(status.get()).unwrap_or(StatusCode::NOT_FOUND);
        (code, status_body(status))
    };
    let not_found = || plain(Status::NOT_FOUND);
    let wrong = |member, message| (StatusCode::BAD_REQUEST, bad_request(&Malformed { member, message }));
    let route = Route::of(head.uri.path()).ok_or_else(not_found)?;
    if head.method != Method::POST {
        let body = error_body("405", "Method not allowed");
        return Err((StatusCode::METHOD_NOT_ALLOWED, body));
    }
    if !may_ask(&head.headers, &site.keys, shared.token.as_deref()) {
        return Err((StatusCode::UNAUTHORIZED, status_body(Status::new(401).unwrap_or(Status::FORBIDDEN))));
    }
    let unknown = || (StatusCode::NOT_FOUND, deployment_not_found_body());
    if let Some(deployment) = route.deployment {
        if let Some(message) = version_problem(&head.uri) {
            return Err((StatusCode::BAD_REQUEST, error_body("BadRequest", &message)));
        }
        if !site.has(deployment) {
            return Err(unknown());
        }
    }
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let script = text(SCRIPT_HEADER).filter(|_| shared.obeys_headers).map(Script::parse).transpose();
    let script = script.map_err(|message| wrong(None, message))?;
    let known = text(REQUEST_HEADER).filter(|_| shared.obeys_headers).map(Known::parse).transpose();
    let known = known.map_err(|message| wrong(None, message))?;
    let body = match Limited::new(body, shared.body_bytes).collect().await {
        Ok(body) => body.to_bytes(),
        Err(failed) if too_large(&failed) => {
            let text = format!("The body is longer than {} bytes", shared.body_bytes);
            return Err((StatusCode::PAYLOAD_TOO_LARGE, error_body("413", &text)));
        }
        Err(_) => return Err(wrong(None, "The body broke off.".to_owned())),
    };
    let ask = Ask::read(&body, route.operation, site.reads_prefixes)
        .map_err(|problem| (StatusCode::BAD_REQUEST, bad_request(&problem)))?;
    if route.deployment.is_none() {
        let model = ask.model.as_deref();
        let model =
            model.ok_or_else(|| wrong(Some("model"), "'model' is a required property.".to_owned()))?;
        if !site.has(model) {
            return Err(unknown());
        }
    }
    Ok(Asked {
        ask,
        operation: route.operation,
        path: head.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        spills_to: text(Spillover::REQUEST_HEADER).map(str::to_owned),
        script,
        known,
    })
}

/// Asks the model and gives its answer when it is due.
async fn respond(shared: &Shared, site: &Site, asked: &Asked) -> Result<Response<Outgoing>, Broken> {
    if let Some(script) = &asked.script {
        return scripted(shared, site, asked, script).await;
    }
    let Asked { ask, operation, path, spills_to, .. } = asked;
    let known = asked.known;
    let completion = |key, number| match operation {
        Operation::Embeddings => Tokens(0),
        Operation::Chat | Operation::Completions | Operation::Responses => {
            known.map_or_else(|| shared.completions.tokens(key, number), |known| known.completion)
        }
    };
    let spills_to = spills_to.as_deref();
    let call = Call { backend: site.backend, streams: ask.streams, path, spills_to, known };
    let called = shared.with_model(|model| {
        model.call(&shared.plan, &shared.clock, call, |key, number| {
            let demand = ask.demand(completion(key, number));
            Demand { prefix: known.map_or(demand.prefix, |known| known.prefix), ..demand }
        })
    });
    let Some(Called { number, demand, served, response }) = called else { return Err(Broken) };
    let at = served.course.at;
    match served.course.heard {
        Heard::Nothing => {
            // Nobody answers, and the end of the mock is no reason to.
            let mut stop = shared.stop.listen();
            let _ = stop.wait_for(|stopped| *stopped).await;
            return Err(Broken);
        }
        Heard::Loss => {
            until(shared, at).await;
            return Err(Broken);
        }
        Heard::Answer | Heard::Head { .. } => until(shared, at).await,
    }
    let own_body = body_of(&response.body);
    let is_models = match served.reply {
        Reply::Admitted(_) => true,
        // A script that says nothing of the body leaves it to the model.
        Reply::Played(_, status) => status.is_success() && own_body.is_none(),
        Reply::Throttled { .. } | Reply::Refused(_) | Reply::Scripted(_) => false,
    };
    if !is_models {
        let body = own_body.unwrap_or_default();
        return Ok(with_headers(response.status.get(), &response.headers, Outgoing::whole(body)));
    }
    let completion = demand.generated();
    let usage = Usage {
        prompt: demand.prompt_tokens,
        completion,
        cached: served.cached,
        is_cut: completion < demand.completion_tokens,
    };
    let breaks = match served.course.heard {
        Heard::Head { ends, is_cut: true } => Some(ends),
        _ => None,
    };
    let (content_type, body) = if ask.streams {
        let pace = Pace { begins: at, ends: served.work_ends, breaks, tokens: completion.get() };
        let (identity, words) = (shared.identity(site, *operation, number, at), shared.words(site, number));
        let tokens = TokenStream::new(shared.clock, pace, identity, words, (usage, ask.tells_usage));
        (EVENTS, Outgoing::streamed(tokens))
    } else {
        let whole = Bytes::from(whole(shared, site, asked, usage, number, at));
        let half = || whole.slice(..whole.len() / 2);
        (
            JSON,
            breaks.map_or_else(
                || Outgoing::whole(whole.clone()),
                |_| Outgoing::streamed(BrokenBody::after(half())),
            ),
        )
    };
    let mut response = with_headers(response.status.get(), &response.headers, body);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    Ok(response)
}

/// The body of an answer that comes at once.
fn whole(shared: &Shared, site: &Site, asked: &Asked, usage: Usage, number: u64, at: Timestamp) -> String {
    if asked.operation == Operation::Embeddings {
        let ask = &asked.ask;
        let dimension = ask.dimensions.unwrap_or_else(|| embedding::dimension(&site.model));
        let told = (site.model_json.as_str(), usage.prompt);
        return embedding::body(shared.streams, &ask.inputs, dimension, ask.wants_base64, told);
    }
    let mut text = String::new();
    shared.words(site, number).write(&mut text, usage.completion.get(), true);
    shared.identity(site, asked.operation, number, at).whole(&text, usage)
}

/// The answer that a request asks for itself.
async fn scripted(
    shared: &Shared,
    site: &Site,
    asked: &Asked,
    script: &Script,
) -> Result<Response<Outgoing>, Broken> {
    let now = shared.clock.now();
    until(shared, now.saturating_add(script.latency)).await;
    let status = match script.what {
        ScriptedWhat::Status(status) => status,
        ScriptedWhat::Reset => return Err(Broken),
        ScriptedWhat::Silence => {
            let mut stop = shared.stop.listen();
            let _ = stop.wait_for(|stopped| *stopped).await;
            return Err(Broken);
        }
    };
    let code = StatusCode::from_u16(status.get()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let ask = &asked.ask;
    let mut response = if status.is_success() {
        // Such answers have no number among the calls: what they say is always the same.
        let demand = ask.demand(shared.completions.tokens(0, 0));
        let (completion, at) = (demand.generated(), shared.clock.now());
        let is_cut = completion < demand.completion_tokens;
        let usage = Usage { prompt: demand.prompt_tokens, completion, cached: Tokens(0), is_cut };
        if ask.streams {
            let pace = Pace { begins: at, ends: at, breaks: None, tokens: completion.get() };
            let identity = shared.identity(site, asked.operation, u64::MAX, at);
            let words = shared.words(site, u64::MAX);
            let tokens = TokenStream::new(shared.clock, pace, identity, words, (usage, ask.tells_usage));
            let mut response = error(code, String::new());
            *response.body_mut() = Outgoing::streamed(tokens);
            response.headers_mut().insert(CONTENT_TYPE, EVENTS);
            response
        } else {
            error(code, whole(shared, site, asked, usage, u64::MAX, at))
        }
    } else if status == Status::TOO_MANY_REQUESTS {
        let texts = ErrorTexts::new(&asked.path, &site.model, &site.region);
        error(code, texts.refusal(LimitKind::Tokens, script.wait_s()))
    } else {
        error(code, status_body(status))
    };
    for (name, value) in &script.headers {
        append(response.headers_mut(), name, value);
    }
    Ok(response)
}

/// Waits, if it is not that time already.
async fn until(shared: &Shared, at: Timestamp) {
    if at > shared.clock.now() {
        shared.clock.until(at).await;
    }
}
