//! The admission estimate of a Standard deployment.
//!
//! Measured on gpt-4, gpt-4o, gpt-3.5-turbo and the embedding models (aoai-testing, 2024-07 and 2024-08);
//! the documentation names the inputs (prompt text, `max_tokens`) but not the formula. The estimate is not
//! the billed count.

use crate::units::{Demand, Tokens};

/// How many tokens a request counts against the quota when it is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenCost {
    /// Which formula.
    pub kind: CostKind,
    /// Chat: stands for `max_tokens` when unset.
    pub default_max_tokens: Tokens,
    /// Characters per estimated token; 0 acts as 1.
    pub chars_per_token: u64,
    /// Chat: added for each message.
    pub per_message: u64,
    /// Chat: whether the prompt counts at all.
    pub count_prompt: bool,
}

/// The shape of the estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CostKind {
    /// `max_tokens` plus, for each message, its characters over `chars_per_token` rounded down plus `per_message`.
    Chat,
    /// For each input, its characters over `chars_per_token` rounded up.
    Embeddings,
}

impl TokenCost {
    /// gpt-4 and gpt-4o, measured exactly (aoai-testing, 2024-08); assumed for later chat models.
    pub const GPT_4: Self = Self {
        kind: CostKind::Chat,
        default_max_tokens: Tokens(640),
        chars_per_token: 4,
        per_message: 1,
        count_prompt: true,
    };
    /// gpt-3.5-turbo and the completions operation: the prompt counts nothing (aoai-testing, 2024-07).
    pub const GPT_35: Self = Self { default_max_tokens: Tokens(16), count_prompt: false, ..Self::GPT_4 };
    /// text-embedding-ada-002, -3-small and -3-large (aoai-testing, 2024-07).
    pub const EMBEDDINGS: Self = Self {
        kind: CostKind::Embeddings,
        default_max_tokens: Tokens(0),
        chars_per_token: 4,
        per_message: 0,
        count_prompt: true,
    };

    /// The estimate for `demand`.
    pub fn estimate(&self, demand: &Demand) -> Tokens {
        let per_token = self.chars_per_token.max(1);
        let inputs = demand.prompt.messages().iter();
        let total = match self.kind {
            CostKind::Chat => {
                let max = demand.max_tokens.unwrap_or(self.default_max_tokens).get();
                if !self.count_prompt {
                    return Tokens(max);
                }
                inputs.fold(max, |sum, chars| {
                    let tokens = chars.get().checked_div(per_token).unwrap_or(0);
                    sum.saturating_add(tokens).saturating_add(self.per_message)
                })
            }
            CostKind::Embeddings => {
                inputs.fold(0, |sum: u64, chars| sum.saturating_add(chars.get().div_ceil(per_token)))
            }
        };
        Tokens(total)
    }
}
