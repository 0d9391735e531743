//! Sizes of requests and answers.

use std::sync::Arc;

use crate::random::{StreamName, Streams, whole};
use crate::units::{Chars, Demand, PromptSize, RequestId, Tokens};

use super::TraceRow;

/// How large requests are.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeSpec {
    /// Prompts.
    pub prompt: PromptSpec,
    /// What the model would generate without a limit.
    pub completion: TokenSpec,
    /// `max_tokens` of every request.
    pub max_tokens: Option<Tokens>,
}

/// How large prompts are.
#[derive(Clone, Debug, PartialEq)]
pub enum PromptSpec {
    /// Always these messages. Their token count is taken as characters over 4, each message rounded up.
    Messages(Arc<[Chars]>),
    /// A number of tokens, as a single message of 4 characters each.
    Tokens(TokenSpec),
}

/// A number of tokens, at least 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TokenSpec {
    /// Always the same.
    Fixed(u64),
    /// Log-normal, cut off at `max`.
    LogNormal {
        /// Median in tokens.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
        /// Largest value.
        max: u64,
    },
}

/// The sizes of a run's requests. A request's size depends on the seed and its number only.
#[derive(Clone, Debug)]
pub struct Sizes {
    spec: SizeSpec,
    streams: Streams,
    /// The prompt when it does not vary.
    constant_prompt: Option<(PromptSize, Tokens)>,
}

const SIZES: StreamName = StreamName::new("sizes");
/// Characters of one token where only one of the two is known: the factor the service's own estimate uses.
const CHARS_PER_TOKEN: u64 = 4;

impl Sizes {
    /// The sizes that `spec` describes, drawn from the stream `sizes`.
    pub fn new(spec: SizeSpec, streams: &Streams) -> Self {
        let constant_prompt = match &spec.prompt {
            PromptSpec::Messages(chars) => {
                let tokens = chars
                    .iter()
                    .fold(0_u64, |sum, chars| sum.saturating_add(chars.get().div_ceil(CHARS_PER_TOKEN)));
                Some((PromptSize::Messages(Arc::clone(chars)), Tokens(tokens)))
            }
            PromptSpec::Tokens(TokenSpec::Fixed(tokens)) => Some(one_message(Tokens((*tokens).max(1)))),
            PromptSpec::Tokens(TokenSpec::LogNormal { .. }) => None,
        };
        Self { spec, streams: *streams, constant_prompt }
    }

    /// The size of one request.
    pub fn of(&self, request: RequestId) -> Demand {
        let [prompt_normal, completion_normal] = self.normals(request);
        let (prompt, prompt_tokens) = match (&self.constant_prompt, &self.spec.prompt) {
            (Some((prompt, tokens)), _) => (prompt.clone(), *tokens),
            (None, PromptSpec::Tokens(spec)) => one_message(spec.at(prompt_normal)),
            (None, PromptSpec::Messages(chars)) => (PromptSize::Messages(Arc::clone(chars)), Tokens(0)),
        };
        let completion_tokens = self.spec.completion.at(completion_normal);
        Demand { prompt, prompt_tokens, completion_tokens, max_tokens: self.spec.max_tokens }
    }

    /// One standard normal draw for the prompt and one for the completion, always both, so that a change of
    /// one specification leaves the other's sizes alone. Zeros when nothing varies.
    fn normals(&self, request: RequestId) -> [f64; 2] {
        if self.constant_prompt.is_some() && !self.spec.completion.varies() {
            return [0.0; 2];
        }
        let mut stream = self.streams.keyed(SIZES, request.0, 0);
        [stream.standard_normal(), stream.standard_normal()]
    }

    /// The size of a replayed request: the row decides, `max_tokens` is as specified.
    pub fn of_row(&self, row: &TraceRow) -> Demand {
        let (prompt, prompt_tokens) = one_message(row.prompt_tokens);
        let completion_tokens = row.completion_tokens;
        Demand { prompt, prompt_tokens, completion_tokens, max_tokens: self.spec.max_tokens }
    }
}

impl TokenSpec {
    /// The number that belongs to a standard normal draw.
    fn at(&self, normal: f64) -> Tokens {
        let tokens = match *self {
            Self::Fixed(tokens) => tokens,
            Self::LogNormal { median, sigma, max } => whole(median * libm::exp(sigma * normal)).min(max),
        };
        Tokens(tokens.max(1))
    }

    const fn varies(&self) -> bool {
        matches!(self, Self::LogNormal { .. })
    }
}

fn one_message(tokens: Tokens) -> (PromptSize, Tokens) {
    (PromptSize::One(Chars(tokens.get().saturating_mul(CHARS_PER_TOKEN))), tokens)
}
