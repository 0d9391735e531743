//! Bodies of requests: messages of the right number of characters, and the limits that the demand has.
//!
//! Texts mean nothing. Prompts with the same prefix begin with the same characters, others do not: each text of some
//! length begins with letters for what it is of.

use bytes::Bytes;

use crate::random::{StreamName, Streams};
use crate::units::Demand;

/// What the path of the operation asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Chat,
    Completions,
    Embeddings,
    Responses,
}

/// Writes bodies for one operation.
#[derive(Debug)]
pub(super) struct Bodies {
    kind: Kind,
    /// As JSON, where the path does not name the deployment.
    model: Option<String>,
    /// Characters that need no escapes, all of one byte.
    text: String,
}

const TEXT: StreamName = StreamName::new("drive/text");
const TEXT_BYTES: usize = 65_536;
const CHARS_PER_TOKEN: u64 = 4;

impl Bodies {
    /// Bodies for requests to `path`; `model` is what they ask for.
    pub(super) fn new(path: &str, model: &str, seed: u64) -> Self {
        let path =
            path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_ascii_lowercase();
        let kind = if path.ends_with("/embeddings") {
            Kind::Embeddings
        } else if path.ends_with("/responses") {
            Kind::Responses
        } else if path.ends_with("/completions") && !path.ends_with("/chat/completions") {
            Kind::Completions
        } else {
            Kind::Chat
        };
        let mut stream = Streams::new(seed).named(TEXT);
        let mut text = String::with_capacity(TEXT_BYTES);
        while text.len() < TEXT_BYTES {
            let word = stream.word();
            for byte in word.to_le_bytes() {
                // A quarter of it is spaces.
                text.push(if byte >= 192 { ' ' } else { char::from(b'a' + byte % 26) });
            }
        }
        let is_named = path.contains("/deployments/");
        Self { kind, model: (!is_named).then(|| serde_json::Value::from(model).to_string()), text }
    }

    /// The body of a request; `key` tells its texts from those of others.
    pub(super) fn body(&self, demand: &Demand, streams: bool, key: u64) -> Bytes {
        let mut out = String::from("{");
        if let Some(model) = &self.model {
            out.push_str("\"model\":");
            out.push_str(model);
            out.push(',');
        }
        out.push_str(match self.kind {
            Kind::Chat => "\"messages\":[",
            Kind::Completions => "\"prompt\":[",
            Kind::Embeddings | Kind::Responses => "\"input\":[",
        });
        let sizes = demand.prompt.messages();
        // The beginning that prompts share goes through messages as they come.
        let mut shared =
            demand.prefix.map_or(0, |prefix| prefix.tokens.get().saturating_mul(CHARS_PER_TOKEN));
        for (at, chars) in sizes.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            let is_message = matches!(self.kind, Kind::Chat | Kind::Responses);
            if is_message {
                let role = if at == 0 && sizes.len() > 1 { "system" } else { "user" };
                out.push_str("{\"role\":\"");
                out.push_str(role);
                out.push_str("\",\"content\":");
            }
            out.push('"');
            let of_prefix = shared.min(chars.get());
            shared -= of_prefix;
            self.fill(
                &mut out,
                of_prefix,
                demand.prefix.map_or(0, |prefix| prefix.key).wrapping_add(at as u64),
            );
            self.fill(&mut out, chars.get() - of_prefix, key.wrapping_add(at as u64).wrapping_mul(MIX));
            out.push('"');
            if is_message {
                out.push('}');
            }
        }
        out.push(']');
        let limit = match self.kind {
            Kind::Chat | Kind::Completions => Some("max_tokens"),
            Kind::Responses => Some("max_output_tokens"),
            Kind::Embeddings => None,
        };
        if let (Some(name), Some(most)) = (limit, demand.max_tokens) {
            out.push_str(&format!(",\"{name}\":{most}"));
        }
        if streams && self.kind != Kind::Embeddings {
            out.push_str(",\"stream\":true");
            if self.kind != Kind::Responses {
                out.push_str(",\"stream_options\":{\"include_usage\":true}");
            }
        }
        out.push('}');
        Bytes::from(out)
    }

    /// Appends so many characters: letters for `key` and a text from a place that it chooses.
    fn fill(&self, out: &mut String, chars: u64, key: u64) {
        let mut left = usize::try_from(chars).unwrap_or(usize::MAX);
        if left > 2 * KEY_LETTERS {
            let mut rest = key;
            for _ in 0..KEY_LETTERS {
                out.push(char::from(b'a' + u8::try_from(rest % 26).unwrap_or(0)));
                rest /= 26;
            }
            left -= KEY_LETTERS;
        }
        let mut from = usize::try_from(key.wrapping_mul(MIX) >> 48).unwrap_or(0) % TEXT_BYTES;
        while left > 0 {
            let rest = self.text.get(from..).unwrap_or_default();
            let part = rest.get(..left.min(rest.len())).unwrap_or_default();
            if part.is_empty() && from == 0 {
                return;
            }
            out.push_str(part);
            left -= part.len();
            from = 0;
        }
    }
}

/// Letters that say any number of 64 bits.
const KEY_LETTERS: usize = 14;
/// Spreads neighbours (the golden ratio of 64 bits).
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::units::{Chars, Prefix, PromptSize, Tokens};

    fn demand(sizes: &[u64], prefix: Option<Prefix>) -> Demand {
        let sizes: Vec<Chars> = sizes.iter().map(|size| Chars(*size)).collect();
        Demand {
            prompt: PromptSize::Messages(Arc::from(sizes)),
            prompt_tokens: Tokens(1),
            completion_tokens: Tokens(1),
            max_tokens: Some(Tokens(7)),
            prefix,
        }
    }

    fn json(path: &str, demand: &Demand, streams: bool, key: u64) -> Value {
        serde_json::from_slice(&Bodies::new(path, "m", 1).body(demand, streams, key)).unwrap()
    }

    #[test]
    fn messages_have_their_length() {
        let chat =
            json("/deployments/d/chat/completions?api-version=x", &demand(&[41, 100_000], None), true, 5);
        let lengths: Vec<usize> =
            [0, 1].map(|at| chat["messages"][at]["content"].as_str().unwrap().len()).into();
        assert_eq!(lengths, [41, 100_000]);
        assert_eq!(
            (&chat["messages"][0]["role"], &chat["messages"][1]["role"]),
            (&"system".into(), &"user".into())
        );
        assert_eq!(
            (&chat["max_tokens"], &chat["stream"], &chat["model"]),
            (&7.into(), &true.into(), &Value::Null)
        );
        assert_eq!(chat["stream_options"]["include_usage"], true);
        let plain = json("/v1/completions", &demand(&[3], None), false, 5);
        assert_eq!((plain["prompt"][0].as_str().unwrap().len(), &plain["model"]), (3, &"m".into()));
        let vectors = json("/v1/embeddings/", &demand(&[3, 4], None), true, 5);
        assert_eq!((vectors["input"].as_array().unwrap().len(), &vectors["stream"]), (2, &Value::Null));
        let response = json("/v1/responses", &demand(&[3], None), true, 5);
        assert_eq!(
            (&response["max_output_tokens"], &response["input"][0]["role"]),
            (&7.into(), &"user".into())
        );
    }

    #[test]
    fn prompts_with_a_prefix_begin_alike() {
        let text = |prefix: u64, key| {
            let prefix = Prefix { key: prefix, tokens: Tokens(10) };
            let json = json("/v1/completions", &demand(&[60], Some(prefix)), false, key);
            json["prompt"][0].as_str().unwrap().to_owned()
        };
        let (a, b, c) = (text(1, 1), text(1, 2), text(2, 1));
        let (begin, end) =
            (|text: &str| text.split_at(40).0.to_owned(), |text: &str| text.split_at(40).1.to_owned());
        assert_eq!(begin(&a), begin(&b));
        assert_ne!(end(&a), end(&b));
        assert_ne!(begin(&a), begin(&c));
    }

    #[test]
    fn no_two_texts_begin_alike_by_chance() {
        let bodies = Bodies::new("/v1/completions", "m", 1);
        let begins: std::collections::BTreeSet<Bytes> =
            (0..20_000).map(|key| bodies.body(&demand(&[200], None), false, key)).collect();
        assert_eq!(begins.len(), 20_000);
    }
}
