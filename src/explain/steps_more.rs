//! One sentence for each policy beyond routing: limits, caches, calls, messages, guards.

use super::steps::optional;
use super::teller::{Teller, names};
use crate::policy::operations::{Guard, TokenSource, Transform};
use crate::policy::{
    CachePolicy, CallPolicy, Limit, LimitScope, Operand, Pc, Quota, RateLimit, SendRequest, Tell, TokenLimit,
};
use crate::units::Duration;
use crate::wording::{list, quoted_text};

/// Limits.
pub(super) fn limit(teller: &Teller<'_>, limit: &Limit) -> String {
    match limit {
        Limit::Concurrency { key, most } => format!(
            "Let at most {most} requests with the same key ({}) be inside of what follows at a time; more \
             are refused with 429:",
            teller.text(key)
        ),
        Limit::ConcurrencyEnd => String::new(),
        Limit::Rate(rate) => rate_limit(teller, rate),
        Limit::Quota(quota) => quota_limit(teller, quota),
        Limit::Tokens(tokens) => token_limit(teller, tokens),
    }
}

fn whose(teller: &Teller<'_>, scope: &LimitScope) -> String {
    match scope {
        LimitScope::Subscription => "for each subscription".to_owned(),
        LimitScope::Key(key) => format!("for each value of {}", teller.text(key)),
    }
}

fn told(teller: &Teller<'_>, tell: &Tell, what: &str) -> Option<String> {
    let header = tell.header.as_ref().map(|name| format!("the response header {}", quoted_text(name)));
    let variable = tell.variable.map(|slot| format!("the variable {}", teller.variable(slot)));
    let places: Vec<String> = header.into_iter().chain(variable).collect();
    (!places.is_empty()).then(|| format!(" {what} goes into {}.", list(&places, "and")))
}

fn rate_limit(teller: &Teller<'_>, rate: &RateLimit) -> String {
    let mut text = format!(
        "Allow at most {} calls in {}, {}; more are refused with 429.",
        teller.number(&rate.calls),
        teller.time(&rate.period),
        whose(teller, &rate.scope)
    );
    if let Some(condition) = &rate.increment.condition {
        text.push_str(&format!(" Only calls count for which {}.", teller.condition(condition)));
    }
    text.extend(told(teller, &rate.remaining, "The number of calls left"));
    if !rate.narrower.is_empty() {
        text.push_str(" Single APIs or operations have narrower limits.");
    }
    text
}

fn quota_limit(teller: &Teller<'_>, quota: &Quota) -> String {
    let mut amounts: Vec<String> = Vec::new();
    amounts.extend(quota.calls.as_ref().map(|calls| format!("{} calls", teller.number(calls))));
    amounts.extend(quota.kilobytes.as_ref().map(|kb| format!("{} kilobytes", teller.number(kb))));
    let amounts = if amounts.is_empty() { "what its parts allow".to_owned() } else { list(&amounts, "and") };
    let period = match &quota.period {
        Operand::Literal(Duration::ZERO) => "once and for all".to_owned(),
        period => format!("in each period of {}", teller.time(period)),
    };
    format!("Allow at most {amounts} {period}, {}; more are refused with 403.", whose(teller, &quota.scope))
}

fn token_limit(teller: &Teller<'_>, tokens: &TokenLimit) -> String {
    let mut amounts: Vec<String> = Vec::new();
    let mut refusals = Vec::new();
    if let Some(most) = &tokens.per_minute {
        amounts.push(format!("{} tokens a minute", teller.number(most)));
        refusals.push("429");
    }
    if let Some((most, period)) = &tokens.quota {
        let period = match period {
            Operand::Literal(text) => text.to_lowercase(),
            period @ Operand::Expression(_) => teller.text(period),
        };
        amounts.push(format!("{} tokens ({period})", teller.number(most)));
        refusals.push("403");
    }
    let refused = match refusals.as_slice() {
        [both, other] => format!("{both} (by the minute) or {other} (by the quota)"),
        [one] => (*one).to_owned(),
        _ => "429".to_owned(),
    };
    let mut text = format!(
        "Allow at most {} of the model for each value of {}; once they are used up, requests are refused with {refused}.",
        list(&amounts, "and"),
        teller.text(&tokens.key)
    );
    text.push_str(if tokens.estimate_prompt {
        " The prompt counts before the request is sent."
    } else {
        " What a request used counts when its answer is there."
    });
    text.extend(told(teller, &tokens.remaining, "The number of tokens left"));
    text
}

/// Caches.
pub(super) fn cache(teller: &Teller<'_>, policy: &CachePolicy) -> String {
    match policy {
        CachePolicy::LookupValue { key, output, default } => {
            let otherwise = default
                .as_ref()
                .map_or_else(String::new, |value| format!(" If there is none, use {}.", teller.value(value)));
            format!(
                "Look for a value under the key {} in the cache, and keep it in the variable {}.{otherwise}",
                teller.text(key),
                teller.variable(*output)
            )
        }
        CachePolicy::StoreValue { key, value, duration } => format!(
            "Put {} into the cache under the key {}, for {}.",
            teller.value(value),
            teller.text(key),
            teller.time(duration)
        ),
        CachePolicy::RemoveValue { key } => {
            format!("Remove the key {} from the cache.", teller.text(key))
        }
        CachePolicy::LookupResponse(_) => {
            "If the cache has an answer to the same request, give it to the client at once: no backend is \
             called, and nothing after this runs."
                .to_owned()
        }
        CachePolicy::StoreResponse { duration, condition } => {
            let which = condition.as_ref().map_or_else(
                || "if its status is 200".to_owned(),
                |condition| format!("if {}", teller.condition(condition)),
            );
            format!("Keep the answer in the cache for {}, {which}.", teller.time(duration))
        }
        CachePolicy::LookupMeaning { vary_by } => {
            let also: Vec<String> = vary_by.iter().map(|value| teller.text(value)).collect();
            let also = if also.is_empty() {
                String::new()
            } else {
                format!(" (and the same {})", list(&also, "and"))
            };
            format!(
                "If the cache has an answer to a prompt of like meaning{also}, give it to the client at once. \
                 Whether it has is a matter of chance here: meaning is not simulated."
            )
        }
        CachePolicy::StoreMeaning { duration } => {
            format!("Keep the answer for prompts of like meaning, for {}.", teller.time(duration))
        }
    }
}

/// Calls to somebody else.
pub(super) fn side_call(teller: &Teller<'_>, policy: &CallPolicy, pc: Pc) -> String {
    match policy {
        CallPolicy::Send(send) => send_request(teller, send),
        CallPolicy::Wait { until, .. } => {
            let is_any = matches!(until, Operand::Literal(text) if text.as_str() == "any");
            let until = if is_any { "the first of them is" } else { "all of them are" };
            format!("Begin what follows together, and go on when {until} done:")
        }
        CallPolicy::WaitEnd => teller.policy(pc),
    }
}

fn send_request(teller: &Teller<'_>, send: &SendRequest) -> String {
    let url = optional(teller, send.url.as_ref()).unwrap_or_else(|| "the URL of the request".to_owned());
    let method = match &send.method {
        Some(Operand::Literal(method)) => format!("{method} "),
        _ => String::new(),
    };
    let what = if send.copy { "a copy of the request" } else { "a request of the gateway's own" };
    let Some(slot) = send.output else {
        return format!("Send {what} to {method}{url}, and do not wait for an answer.");
    };
    let failing = match &send.ignore_error {
        Operand::Literal(true) => " Without an answer, go on.",
        Operand::Literal(false) => " Without an answer, this is an error.",
        Operand::Expression(_) => "",
    };
    format!(
        "Send {what} to {method}{url}, and keep the answer in the variable {}; wait at most {} for it.{failing}",
        teller.variable(slot),
        teller.time(&send.timeout)
    )
}

/// Policies that change messages.
pub(super) fn transform(teller: &Teller<'_>, policy: &Transform, pc: Pc, is_request: bool) -> String {
    let whose = if is_request { "request" } else { "answer" };
    match policy {
        Transform::SetBody(_) => format!("Replace the body of the {whose}."),
        Transform::SetMethod(method) => format!("Set the method of the request to {}.", teller.text(method)),
        Transform::SetQueryParameter { name, exists_action, values } => {
            let name = teller.text(name);
            if matches!(exists_action, Operand::Literal(action) if action.as_str() == "delete") {
                return format!("Remove the query parameter {name}.");
            }
            let values: Vec<String> = values.iter().map(|value| teller.text(value)).collect();
            format!("Set the query parameter {name} to {}.", list(&values, "and"))
        }
        Transform::RewriteUri { template, .. } => {
            format!("Call the path {} of the backend instead of the one asked for.", teller.text(template))
        }
        Transform::FindAndReplace { from, to } => {
            format!("Replace {} by {} in the body of the {whose}.", teller.text(from), teller.text(to))
        }
        Transform::JsonToXml(_) => {
            format!("Turn the body of the {whose} from JSON into XML, where it is asked for.")
        }
        Transform::XmlToJson(..) => {
            format!("Turn the body of the {whose} from XML into JSON, where it is asked for.")
        }
        Transform::MockResponse { status, .. } => {
            format!(
                "Answer the client at once with a mock of {}. Nothing after this runs.",
                teller.status(status)
            )
        }
        Transform::RedirectContentUrls => "Make links in the answer point to the gateway.".to_owned(),
        Transform::Jsonp(_) => "Wrap the answer for browsers that ask for JSONP.".to_owned(),
        Transform::Cors(cors) => {
            let origins: Vec<String> = cors.origins.iter().map(|origin| teller.text(origin)).collect();
            format!(
                "{}: answer preflight requests of browsers, and allow scripts from {} to call.",
                teller.policy(pc),
                list(&origins, "and")
            )
        }
    }
}

/// Policies that let a request pass or refuse it.
pub(super) fn guard(teller: &Teller<'_>, policy: &Guard, pc: Pc) -> String {
    match policy {
        Guard::CheckHeader(check) => {
            let values: Vec<String> = check.values.iter().map(|value| teller.text(value)).collect();
            let wanted = if values.is_empty() {
                "present".to_owned()
            } else {
                format!("one of {}", list(&values, "or"))
            };
            format!(
                "Refuse the request with {} unless its header {} is {wanted}.",
                teller.status(&check.status),
                teller.text(&check.name)
            )
        }
        Guard::IpFilter(filter) => {
            let is_allow = matches!(&filter.action, Operand::Literal(action) if action.as_str() == "allow");
            let word = if is_allow { "unless" } else { "if" };
            format!("Refuse the request with 403 {word} it comes from one of the IP addresses listed.")
        }
        Guard::Token(rules) => {
            let source = match &rules.source {
                TokenSource::Header(name) => format!("the header {}", teller.text(name)),
                TokenSource::Query(name) => format!("the query parameter {}", teller.text(name)),
                TokenSource::Value(value) => teller.text(value),
            };
            format!(
                "{}: refuse the request with {} unless {source} holds a valid token (a signed proof of who \
                 calls).",
                teller.policy(pc),
                teller.status(&rules.status)
            )
        }
        Guard::Basic { username, .. } => {
            format!(
                "Prove to the backend who calls with the user name {} and a password.",
                teller.text(username)
            )
        }
        Guard::AuthorizationContext(context) => format!(
            "Get the authorization {} of {}, and keep it in the variable {}.",
            teller.text(&context.id),
            teller.text(&context.provider),
            teller.variable(context.output)
        ),
    }
}

/// Names of backends, quoted and joined.
pub(super) fn backend_names<'n>(all: impl Iterator<Item = &'n str>) -> String {
    names(all, "and")
}
