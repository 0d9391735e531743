//! Bodies of answers that come whole, and the parts of those that come in a stream.
//!
//! Members are those of the REST reference of Azure OpenAI (inference, 2024-10-21) and of the page on the Responses
//! API (2025-08), as far as clients read them. What is written here needs no escapes: words, ids, numbers, and a
//! model that is escaped once.

use std::fmt::Write as _;

use super::route::Operation;
use crate::units::Tokens;

/// Who answers, and which answer it is.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) operation: Operation,
    pub(super) id: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    /// With its quotation marks.
    pub(super) model: String,
}

/// What an answer took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) prompt: Tokens,
    pub(super) completion: Tokens,
    /// Of the prompt.
    pub(super) cached: Tokens,
    /// Whether the answer ends because of its limit.
    pub(super) is_cut: bool,
}

const FINGERPRINT: &str = "fp_poolproof";

impl Usage {
    /// Why the answer ends.
    pub(super) const fn reason(self) -> &'static str {
        if self.is_cut { "length" } else { "stop" }
    }

    /// The object that tells it, as chat and plain completions have it.
    pub(super) fn json(self) -> String {
        let Self { prompt, completion, cached, .. } = self;
        let total = prompt.saturating_add(completion);
        format!(
            "{{\"completion_tokens\":{completion},\"completion_tokens_details\":{{\"reasoning_tokens\":0}},\
             \"prompt_tokens\":{prompt},\"prompt_tokens_details\":{{\"audio_tokens\":0,\"cached_tokens\":{cached}}},\
             \"total_tokens\":{total}}}"
        )
    }

    fn responses_json(self) -> String {
        let Self { prompt, completion, cached, .. } = self;
        let total = prompt.saturating_add(completion);
        format!(
            "{{\"input_tokens\":{prompt},\"input_tokens_details\":{{\"cached_tokens\":{cached}}},\
             \"output_tokens\":{completion},\"output_tokens_details\":{{\"reasoning_tokens\":0}},\
             \"total_tokens\":{total}}}"
        )
    }
}

impl Identity {
    /// The whole answer with this text.
    pub(super) fn whole(&self, text: &str, usage: Usage) -> String {
        let Self { id, created, model, operation } = self;
        let (reason, told) = (usage.reason(), usage.json());
        match operation {
            Operation::Completions => format!(
                "{{\"choices\":[{{\"content_filter_results\":{{}},\"finish_reason\":\"{reason}\",\"index\":0,\
                 \"logprobs\":null,\"text\":\"{text}\"}}],\"created\":{created},\"id\":\"{id}\",\"model\":{model},\
                 \"object\":\"text_completion\",\"usage\":{told}}}"
            ),
            Operation::Responses => self.response("completed", Some((text, usage))),
            Operation::Chat | Operation::Embeddings => format!(
                "{{\"choices\":[{{\"content_filter_results\":{{}},\"finish_reason\":\"{reason}\",\"index\":0,\
                 \"logprobs\":null,\"message\":{{\"annotations\":[],\"content\":\"{text}\",\"refusal\":null,\
                 \"role\":\"assistant\"}}}}],\"created\":{created},\"id\":\"{id}\",\"model\":{model},\
                 \"object\":\"chat.completion\",\"prompt_filter_results\":[{{\"prompt_index\":0,\
                 \"content_filter_results\":{{}}}}],\"system_fingerprint\":\"{FINGERPRINT}\",\"usage\":{told}}}"
            ),
        }
    }

    /// Writes a chunk of a stream with this choice (an object without its braces), or without one, and more members.
    pub(super) fn chunk(&self, out: &mut String, choice: Option<&str>, more: &str) {
        let Self { id, created, model, operation } = self;
        out.push_str("data: {\"choices\":[");
        if let Some(choice) = choice {
            // Writing to a string does not fail.
            let _ = write!(out, "{{{choice},\"index\":0,\"logprobs\":null}}");
        }
        let _ = write!(out, "],\"created\":{created},\"id\":\"{id}\",\"model\":{model},\"object\":");
        out.push_str(match operation {
            Operation::Completions => "\"text_completion\"",
            Operation::Chat | Operation::Embeddings | Operation::Responses => "\"chat.completion.chunk\"",
        });
        let _ = write!(out, ",\"system_fingerprint\":\"{FINGERPRINT}\"{more}}}\n\n");
    }

    /// The object of the Responses API; with its text once that is there.
    pub(super) fn response(&self, status: &str, done: Option<(&str, Usage)>) -> String {
        let Self { id, created, model, .. } = self;
        let is_cut = done.is_some_and(|(_, usage)| usage.is_cut);
        let status = if is_cut { "incomplete" } else { status };
        let details = if is_cut { "{\"reason\":\"max_output_tokens\"}" } else { "null" };
        let (output, usage) = match done {
            None => (String::new(), "null".to_owned()),
            Some((text, usage)) => (self.item(status, Some(text)), usage.responses_json()),
        };
        format!(
            "{{\"id\":\"{id}\",\"object\":\"response\",\"created_at\":{created},\"status\":\"{status}\",\
             \"error\":null,\"incomplete_details\":{details},\"model\":{model},\"output\":[{output}],\
             \"parallel_tool_calls\":true,\"previous_response_id\":null,\"tool_choice\":\"auto\",\"tools\":[],\
             \"usage\":{usage}}}"
        )
    }

    /// The message of a response.
    pub(super) fn item(&self, status: &str, text: Option<&str>) -> String {
        let content = text.map_or(String::new(), content);
        format!(
            "{{\"id\":\"{}\",\"type\":\"message\",\"status\":\"{status}\",\"role\":\"assistant\",\
             \"content\":[{content}]}}",
            self.item_id()
        )
    }

    /// The id of that message.
    pub(super) fn item_id(&self) -> String {
        self.id.replacen("resp_", "msg_", 1)
    }
}

/// A part of such a message.
pub(super) fn content(text: &str) -> String {
    format!("{{\"type\":\"output_text\",\"text\":\"{text}\",\"annotations\":[]}}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    const USAGE: Usage = Usage { prompt: Tokens(19), completion: Tokens(2), cached: Tokens(0), is_cut: true };

    fn identity(operation: Operation) -> Identity {
        Identity { operation, id: "resp_1".into(), created: 5, model: "\"a\\\"b\"".into() }
    }

    fn whole(operation: Operation) -> Value {
        serde_json::from_str(&identity(operation).whole("two words", USAGE)).unwrap()
    }

    #[test]
    fn answers_are_what_clients_read() {
        let chat = whole(Operation::Chat);
        assert_eq!(chat["choices"][0]["message"]["content"], "two words");
        assert_eq!(chat["choices"][0]["finish_reason"], "length");
        assert_eq!((&chat["model"], &chat["usage"]["total_tokens"]), (&"a\"b".into(), &21.into()));
        let plain = whole(Operation::Completions);
        assert_eq!(
            (&plain["choices"][0]["text"], &plain["object"]),
            (&"two words".into(), &"text_completion".into())
        );
        let response = whole(Operation::Responses);
        assert_eq!(response["status"], "incomplete");
        assert_eq!(response["output"][0]["content"][0]["text"], "two words");
        assert_eq!(response["output"][0]["id"], "msg_1");
        assert_eq!(response["usage"]["output_tokens"], 2);
    }

    #[test]
    fn chunks_are_events() {
        let mut out = String::new();
        identity(Operation::Chat).chunk(&mut out, Some("\"delta\":{},\"finish_reason\":null"), "");
        identity(Operation::Chat).chunk(&mut out, None, ",\"usage\":{}");
        let events: Vec<Value> = out
            .split_terminator("\n\n")
            .map(|event| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap())
            .collect();
        assert_eq!(events[0]["choices"][0]["index"], 0);
        assert_eq!(events[1]["choices"].as_array().map(Vec::len), Some(0));
    }
}
