//! Bodies of answers that are errors: the JSON envelope of the service, with the texts that were seen.
//!
//! Sources: 429s of Standard deployments as of 2025-12 (paperless-gpt 814) and of a pool of customers under
//! load (Microsoft Q&A, 2026-01). The body of a provisioned deployment's 429 is not published: assumed to be
//! that of the token limit. The other texts are those that the service is known for; what policies look at
//! is the envelope and its `code`.

use crate::units::StatusCode;

use super::LimitKind;

/// What the texts of one deployment name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorTexts {
    deployment: String,
    model: String,
    region: String,
    operation: &'static str,
    api_version: String,
}

impl ErrorTexts {
    /// The texts for calls of `path` (with its query) to a deployment of `model` in `region`.
    pub fn new(path: &str, model: &str, region: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let version = query.split('&').find_map(|pair| pair.strip_prefix("api-version="));
        Self {
            deployment: deployment_of(path).unwrap_or(model).to_owned(),
            model: model.to_owned(),
            region: region.to_owned(),
            operation: operation(path),
            api_version: version.unwrap_or("v1").to_owned(),
        }
    }

    /// The body of a 429. `wait_s` is the wait as the headers tell it; `None`: nothing is said of it.
    pub fn refusal(&self, limit: LimitKind, wait_s: Option<u64>) -> String {
        let Self { deployment, model, region, operation, api_version } = self;
        let what = match limit {
            // A group of servers words its refusals as it likes; nothing is known of them.
            LimitKind::Queue => return error_body("429", "all servers are busy and the queue is full"),
            LimitKind::Tokens | LimitKind::Oversized | LimitKind::Utilisation => "token",
            LimitKind::Requests => "call",
            LimitKind::HighDemand => {
                let text = "The system is currently experiencing high demand and cannot process your request. \
                            Your request exceeds the maximum usage size allowed during peak load.";
                return error_body("429", &format!("{text}{}", retry_after(wait_s)));
            }
        };
        let text = format!(
            "Your requests to {deployment} for {model} in {region} have exceeded the {what} rate limit for your \
             current AIServices S0 pricing tier. This request was for {operation} under Azure OpenAI API version \
             {api_version}.{}",
            retry_after(wait_s)
        );
        error_body("429", &text)
    }
}

/// The name of the deployment that a path names. `None`: the path leaves it to the body.
pub fn deployment_of(path: &str) -> Option<&str> {
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    path.split('/').skip_while(|part| *part != "deployments").nth(1)
}

/// The envelope of an error.
pub fn error_body(code: &str, message: &str) -> String {
    serde_json::json!({ "error": { "code": code, "message": message } }).to_string()
}

/// The body of a plain error with `status`.
pub fn status_body(status: StatusCode) -> String {
    let (code, message) = match status.get() {
        400 => (
            "context_length_exceeded",
            "This model's maximum context length is exceeded. Please reduce the length of the messages.",
        ),
        401 => (
            "401",
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key \
             for an active subscription and use a correct regional API endpoint for your resource.",
        ),
        404 => ("404", "Resource not found"),
        408 => ("Timeout", "The operation was timeout."),
        500 => (
            "InternalServerError",
            "The server had an error while processing your request. Sorry about that!",
        ),
        503 => (
            "ServiceUnavailable",
            "The service is temporarily unable to process your request. Please try again later.",
        ),
        _ => return error_body(&status.to_string(), status.reason()),
    };
    error_body(code, message)
}

/// The body of the 401 of an account on which the gateway's identity lacks its role.
pub fn missing_role_body() -> String {
    error_body(
        "PermissionDenied",
        "The principal lacks the required data action \
         `Microsoft.CognitiveServices/accounts/OpenAI/deployments/chat/completions/action` to perform `POST \
         /openai/deployments/{deployment-id}/chat/completions` operation.",
    )
}

/// The body of the 404 of an account that has no such deployment.
pub fn deployment_not_found_body() -> String {
    error_body(
        "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 \
         minutes, please wait a moment and try again.",
    )
}

fn retry_after(wait_s: Option<u64>) -> String {
    match wait_s {
        Some(1) => " Please retry after 1 second.".to_owned(),
        Some(seconds) => format!(" Please retry after {seconds} seconds."),
        None => String::new(),
    }
}

/// The name of the operation that a path is for.
fn operation(path: &str) -> &'static str {
    let ends = |end: &str| path.trim_end_matches('/').ends_with(end);
    if ends("/embeddings") {
        "Embeddings_Create"
    } else if ends("/chat/completions") || !ends("/completions") {
        "ChatCompletions_Create"
    } else {
        "Completions_Create"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> String {
        let json: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(json["error"]["code"], "429");
        json["error"]["message"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_refusal_is_worded_as_it_was_seen() {
        let path = "/deployments/gpt-5-mini/chat/completions?api-version=2024-10-21";
        let texts = ErrorTexts::new(path, "gpt-5-mini", "Sweden Central");
        // The published message with its names put in.
        assert_eq!(
            message(&texts.refusal(LimitKind::Tokens, Some(45))),
            "Your requests to gpt-5-mini for gpt-5-mini in Sweden Central have exceeded the token rate limit for \
             your current AIServices S0 pricing tier. This request was for ChatCompletions_Create under Azure \
             OpenAI API version 2024-10-21. Please retry after 45 seconds."
        );
        assert!(message(&texts.refusal(LimitKind::Requests, None)).contains("the call rate limit"));
        let busy = message(&texts.refusal(LimitKind::HighDemand, Some(6)));
        assert!(busy.contains("experiencing high demand") && busy.ends_with("Please retry after 6 seconds."));
    }

    #[test]
    fn names_come_from_the_path() {
        for (path, deployment, operation, version) in [
            ("/openai/deployments/a/embeddings", "a", "Embeddings_Create", "v1"),
            ("/deployments/b/completions?x=1&api-version=2", "b", "Completions_Create", "2"),
            ("/v1/chat/completions", "m", "ChatCompletions_Create", "v1"),
            ("", "m", "ChatCompletions_Create", "v1"),
        ] {
            let texts = ErrorTexts::new(path, "m", "r");
            assert_eq!(
                (&*texts.deployment, texts.operation, &*texts.api_version),
                (deployment, operation, version)
            );
        }
    }

    #[test]
    fn every_error_has_the_envelope() {
        for status in [400, 401, 404, 408, 418, 500, 502, 503] {
            let body = status_body(StatusCode::new(status).unwrap());
            let json: serde_json::Value = serde_json::from_str(&body).unwrap();
            assert!(json["error"]["code"].is_string() && json["error"]["message"].is_string(), "{body}");
        }
        assert!(missing_role_body().contains("PermissionDenied"));
        assert!(deployment_not_found_body().contains("DeploymentNotFound"));
    }
}
