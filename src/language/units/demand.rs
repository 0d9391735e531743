//! What one request asks of a deployment.

use std::sync::Arc;

use super::{Chars, Tokens};

/// The text of a prompt, as its sizes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PromptSize {
    /// Several messages (or embedding inputs), in order.
    Messages(Arc<[Chars]>),
    /// A single one.
    One(Chars),
}

impl PromptSize {
    /// The size of each message.
    pub fn messages(&self) -> &[Chars] {
        match self {
            Self::Messages(sizes) => sizes,
            Self::One(size) => std::slice::from_ref(size),
        }
    }
}

/// A beginning that several prompts have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// Which one: prompts with the same number begin the same.
    pub key: u64,
    /// How many tokens of it there are; a shorter prompt has only its own.
    pub tokens: Tokens,
}

/// Size of a request and of the answer the model would give.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Demand {
    /// The text, which the admission estimate of a Standard deployment counts.
    pub prompt: PromptSize,
    /// The prompt as the model counts it: processing time, PTU use and usage figures.
    pub prompt_tokens: Tokens,
    /// How many tokens the model would generate without a limit. The gateway cannot know it beforehand.
    pub completion_tokens: Tokens,
    /// `max_tokens` of the request, when set.
    pub max_tokens: Option<Tokens>,
    /// How the prompt begins, when others begin the same.
    pub prefix: Option<Prefix>,
}

impl Demand {
    /// How many tokens are really generated: cut off at `max_tokens`.
    pub fn generated(&self) -> Tokens {
        self.max_tokens.map_or(self.completion_tokens, |max| max.min(self.completion_tokens))
    }
}
