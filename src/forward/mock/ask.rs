//! What the body of a request asks for.
//!
//! Rules
//! - Prompts are counted by characters (Unicode scalar values), a message or input each; a token of 4 where an input
//!   comes as tokens. Images, tools and names of roles count nothing.
//! - Limits and the choice of a stream are read strictly, as the service does; what is not known is ignored.
//! - A prompt begins like another when its first message is the same; a prompt of a single one, when its first
//!   1,024 tokens are.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::route::Operation;
use crate::random::StreamName;
use crate::units::{Chars, Demand, Prefix, PromptSize, Tokens};
use crate::workload::messages;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// The deployment that the body names.
    pub(super) model: Option<String>,
    pub(super) prompt: PromptSize,
    pub(super) prompt_tokens: Tokens,
    pub(super) prefix: Option<Prefix>,
    pub(super) max_tokens: Option<Tokens>,
    pub(super) streams: bool,
    /// Whether a stream tells the usage in the end.
    pub(super) tells_usage: bool,
    /// Of embeddings: a number for each input that stands for its text.
    pub(super) inputs: Vec<u64>,
    pub(super) dimensions: Option<usize>,
    pub(super) wants_base64: bool,
}

/// What is wrong with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The member that is; `None`: all of it.
    pub(super) member: Option<&'static str>,
    pub(super) message: String,
}

/// Most numbers of a vector that may be asked for.
const MOST_DIMENSIONS: u64 = 3_072;
/// Tokens after which prompts of a single message begin alike.
const PREFIX_TOKENS: u64 = 1_024;
const CHARS_PER_TOKEN: u64 = 4;

impl Ask {
    /// Reads a body. `reads_prefixes`: whether anything depends on how prompts begin.
    pub(super) fn read(body: &[u8], operation: Operation, reads_prefixes: bool) -> Result<Self, Malformed> {
        let value: Value = serde_json::from_slice(body).map_err(|_| Malformed {
            member: None,
            message: "We could not parse the JSON body of your request.".to_owned(),
        })?;
        let Value::Object(body) = value else {
            return Err(Malformed { member: None, message: "The body is not a JSON object.".to_owned() });
        };
        let texts = Texts::of(&body, operation)?;
        let (prompt, prompt_tokens) = texts.size();
        let limits: &[&'static str] = match operation {
            Operation::Chat => &["max_completion_tokens", "max_tokens"],
            Operation::Completions => &["max_tokens"],
            Operation::Responses => &["max_output_tokens"],
            Operation::Embeddings => &[],
        };
        let mut max_tokens = None;
        for name in limits {
            let limit = number(&body, name, u64::MAX)?.map(Tokens);
            max_tokens = max_tokens.or(limit);
        }
        let is_embedding = operation == Operation::Embeddings;
        let dimensions = if is_embedding { number(&body, "dimensions", MOST_DIMENSIONS)? } else { None };
        let encoding = body.get("encoding_format").and_then(Value::as_str);
        let options = body.get("stream_options").and_then(Value::as_object);
        Ok(Self {
            model: body.get("model").and_then(Value::as_str).map(str::to_owned),
            prefix: if reads_prefixes { texts.prefix() } else { None },
            inputs: if is_embedding { texts.numbers() } else { Vec::new() },
            prompt,
            prompt_tokens,
            max_tokens,
            streams: !is_embedding && switch(&body, "stream")?,
            tells_usage: options.map_or(Ok(false), |options| switch(options, "include_usage"))?,
            dimensions: dimensions.and_then(|number| usize::try_from(number).ok()),
            wants_base64: encoding == Some("base64"),
        })
    }

    /// What it asks of a deployment whose model would write so much.
    pub(super) fn demand(&self, completion_tokens: Tokens) -> Demand {
        Demand {
            prompt: self.prompt.clone(),
            prompt_tokens: self.prompt_tokens,
            completion_tokens,
            max_tokens: self.max_tokens,
            prefix: self.prefix,
        }
    }
}

/// The texts of a prompt, in order.
struct Texts<'a>(Vec<Part<'a>>);

enum Part<'a> {
    /// A text in one or more pieces.
    Pieces(Vec<&'a str>),
    /// So many tokens, and a number that stands for them.
    Tokens(u64, u64),
}

impl<'a> Texts<'a> {
    fn of(body: &'a Map<String, Value>, operation: Operation) -> Result<Self, Malformed> {
        let name = match operation {
            Operation::Chat => "messages",
            Operation::Completions => "prompt",
            Operation::Embeddings | Operation::Responses => "input",
        };
        let wrong = |what: &str| Malformed { member: Some(name), message: format!("'{name}' {what}.") };
        let value = body.get(name).ok_or_else(|| wrong("is a required property"))?;
        let mut parts = Vec::new();
        if let (Operation::Responses, Some(text)) = (operation, body.get("instructions")) {
            parts.extend(text.as_str().map(|text| Part::Pieces(vec![text])));
        }
        match value {
            Value::String(text) if operation != Operation::Chat => parts.push(Part::Pieces(vec![text])),
            Value::Array(items) if items.is_empty() => return Err(wrong("is empty")),
            Value::Array(items) if items.iter().all(Value::is_u64) => parts.push(tokens(items)),
            Value::Array(items) => {
                for item in items {
                    parts.push(part(item).ok_or_else(|| wrong("has an item that is no text"))?);
                }
            }
            _ => return Err(wrong("has a wrong type")),
        }
        Ok(Self(parts))
    }

    fn size(&self) -> (PromptSize, Tokens) {
        let sizes: Vec<Chars> = self.0.iter().map(Part::chars).collect();
        match sizes.as_slice() {
            [one] => (PromptSize::One(*one), Tokens(one.get().div_ceil(CHARS_PER_TOKEN))),
            _ => messages(Arc::from(sizes)),
        }
    }

    fn prefix(&self) -> Option<Prefix> {
        let first = self.0.first()?;
        let tokens = first.chars().get().div_ceil(CHARS_PER_TOKEN);
        let key = match (first, self.0.len()) {
            (Part::Pieces(pieces), 1) if tokens > PREFIX_TOKENS => {
                let most = usize::try_from(PREFIX_TOKENS * CHARS_PER_TOKEN).unwrap_or(usize::MAX);
                let text: String = pieces.iter().flat_map(|piece| piece.chars()).take(most).collect();
                return Some(Prefix { key: StreamName::new(&text).get(), tokens: Tokens(PREFIX_TOKENS) });
            }
            (part, _) => part.number(),
        };
        Some(Prefix { key, tokens: Tokens(tokens) })
    }

    fn numbers(&self) -> Vec<u64> {
        self.0.iter().map(Part::number).collect()
    }
}

impl Part<'_> {
    fn chars(&self) -> Chars {
        match self {
            Self::Pieces(pieces) => Chars(pieces.iter().map(|piece| count(piece)).sum()),
            Self::Tokens(tokens, _) => Chars(tokens.saturating_mul(CHARS_PER_TOKEN)),
        }
    }

    /// The same for the same text.
    fn number(&self) -> u64 {
        match self {
            Self::Pieces(pieces) => match pieces.as_slice() {
                [one] => StreamName::new(one).get(),
                several => StreamName::new(&several.concat()).get(),
            },
            Self::Tokens(_, number) => *number,
        }
    }
}

fn count(text: &str) -> u64 {
    text.chars().count() as u64
}

/// One message, input or prompt: a text, an object with a `content`, or tokens.
fn part(item: &Value) -> Option<Part<'_>> {
    match item {
        Value::String(text) => Some(Part::Pieces(vec![text])),
        Value::Array(items) if items.iter().all(Value::is_u64) => Some(tokens(items)),
        Value::Object(message) => Some(match message.get("content") {
            Some(Value::String(text)) => Part::Pieces(vec![text]),
            Some(Value::Array(pieces)) => {
                let text = |piece: &'_ Value| piece.get("text").and_then(Value::as_str).is_some();
                let with_text = pieces.iter().filter(|piece| text(piece));
                Part::Pieces(with_text.filter_map(|piece| piece.get("text")?.as_str()).collect())
            }
            // A call of a tool, for example.
            _ => Part::Pieces(Vec::new()),
        }),
        _ => None,
    }
}

fn tokens<'a>(items: &[Value]) -> Part<'a> {
    let number = items
        .iter()
        .filter_map(Value::as_u64)
        .fold(0_u64, |sum, token| sum.rotate_left(5).wrapping_mul(31).wrapping_add(token));
    Part::Tokens(items.len() as u64, number)
}

/// A whole number from 1 to `most`, if there is one.
fn number(body: &Map<String, Value>, name: &'static str, most: u64) -> Result<Option<u64>, Malformed> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let number = value.as_u64().filter(|number| (1..=most).contains(number));
            let message = || format!("'{name}' is not a whole number in range.");
            number.map(Some).ok_or_else(|| Malformed { member: Some(name), message: message() })
        }
    }
}

fn switch(body: &Map<String, Value>, name: &'static str) -> Result<bool, Malformed> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(Malformed { member: Some(name), message: format!("'{name}' is not a boolean.") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(operation: Operation, body: &str) -> Result<Ask, Malformed> {
        Ask::read(body.as_bytes(), operation, true)
    }

    #[test]
    fn prompts_are_counted_by_characters() {
        use Operation::{Chat, Completions, Embeddings, Responses};
        for (operation, body, chars, tokens) in [
            (
                Chat,
                r#"{"messages":[{"role":"system","content":"abcdefgh"},{"content":"äöü"}]}"#,
                &[8, 3][..],
                3,
            ),
            (
                Chat,
                r#"{"messages":[{"content":[{"type":"text","text":"abc"},{"image_url":{}},{"text":"de"}]}]}"#,
                &[5],
                2,
            ),
            (Chat, r#"{"messages":[{"role":"assistant","tool_calls":[]},{"content":"x"}]}"#, &[0, 1], 1),
            (Completions, r#"{"prompt":"abcde"}"#, &[5], 2),
            (Completions, r#"{"prompt":["abcde","f"]}"#, &[5, 1], 3),
            (Completions, r#"{"prompt":[1,2,3]}"#, &[12], 3),
            (Embeddings, r#"{"input":[[1,2,3],[4]]}"#, &[12, 4], 4),
            (Embeddings, r#"{"input":"abcd"}"#, &[4], 1),
            (
                Responses,
                r#"{"instructions":"abcd","input":[{"content":[{"type":"input_text","text":"x"}]}]}"#,
                &[4, 1],
                2,
            ),
            (Responses, r#"{"input":"abcd"}"#, &[4], 1),
        ] {
            let ask = read(operation, body).unwrap();
            let sizes: Vec<u64> = ask.prompt.messages().iter().map(|chars| chars.get()).collect();
            assert_eq!((sizes.as_slice(), ask.prompt_tokens), (chars, Tokens(tokens)), "{body}");
        }
    }

    #[test]
    fn limits_and_streams_are_read() {
        let body = r#"{"messages":[{"content":"x"}],"max_tokens":7,"stream":true,"stream_options":{"include_usage":true}}"#;
        let ask = read(Operation::Chat, body).unwrap();
        assert_eq!((ask.max_tokens, ask.streams, ask.tells_usage), (Some(Tokens(7)), true, true));
        let ask = read(
            Operation::Chat,
            r#"{"messages":[{"content":"x"}],"max_completion_tokens":9,"max_tokens":7}"#,
        );
        assert_eq!(ask.unwrap().max_tokens, Some(Tokens(9)));
        let ask = read(Operation::Responses, r#"{"input":"x","max_output_tokens":3,"model":"m"}"#).unwrap();
        assert_eq!((ask.max_tokens, ask.model.as_deref()), (Some(Tokens(3)), Some("m")));
        assert_eq!(ask.demand(Tokens(50)).generated(), Tokens(3));
        let ask = read(
            Operation::Embeddings,
            r#"{"input":["a","b","a"],"dimensions":8,"encoding_format":"base64"}"#,
        );
        let ask = ask.unwrap();
        assert_eq!((ask.dimensions, ask.wants_base64, ask.inputs.len()), (Some(8), true, 3));
        assert!(ask.inputs[0] == ask.inputs[2] && ask.inputs[0] != ask.inputs[1]);
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for (operation, body, member) in [
            (Operation::Chat, "{", None),
            (Operation::Chat, "[]", None),
            (Operation::Chat, "{}", Some("messages")),
            (Operation::Chat, r#"{"messages":"x"}"#, Some("messages")),
            (Operation::Chat, r#"{"messages":[]}"#, Some("messages")),
            (Operation::Chat, r#"{"messages":[null]}"#, Some("messages")),
            (Operation::Chat, r#"{"messages":[{"content":"x"}],"max_tokens":0}"#, Some("max_tokens")),
            (Operation::Chat, r#"{"messages":[{"content":"x"}],"max_tokens":1.5}"#, Some("max_tokens")),
            (Operation::Chat, r#"{"messages":[{"content":"x"}],"stream":"yes"}"#, Some("stream")),
            (Operation::Completions, r#"{"prompt":5}"#, Some("prompt")),
            (Operation::Embeddings, r#"{"input":"x","dimensions":4000}"#, Some("dimensions")),
        ] {
            assert_eq!(read(operation, body).unwrap_err().member, member, "{body}");
        }
    }

    #[test]
    fn prompts_begin_alike_by_their_first_message() {
        let prefix = |body: &str| read(Operation::Chat, body).unwrap().prefix.unwrap();
        let a = prefix(r#"{"messages":[{"content":"abcdefgh"},{"content":"x"}]}"#);
        let b = prefix(r#"{"messages":[{"content":"abcdefgh"},{"content":"y"}]}"#);
        assert_eq!(a, b);
        assert_eq!(a.tokens, Tokens(2));
        let long = |end: &str| {
            let body = serde_json::json!({ "prompt": format!("{}{end}", "word".repeat(1_024)) }).to_string();
            read(Operation::Completions, &body).unwrap().prefix.unwrap()
        };
        assert_eq!(long("abc"), long("defg"));
        assert_eq!(long("abc").tokens, Tokens(1_024));
    }
}
