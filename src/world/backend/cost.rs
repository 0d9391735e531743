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

#[cfg(test)]
mod tests {
    use crate::units::{Chars, PromptSize};

    use super::*;

    fn estimate(cost: TokenCost, chars: &[u64], max_tokens: Option<u64>) -> u64 {
        let demand = Demand {
            prompt: PromptSize::Messages(chars.iter().copied().map(Chars).collect()),
            prompt_tokens: Tokens(914),
            completion_tokens: Tokens(100),
            max_tokens: max_tokens.map(Tokens),
            prefix: None,
        };
        cost.estimate(&demand).get()
    }

    #[test]
    fn chat_estimates_are_the_measured_ones() {
        for (chars, max_tokens, expected) in [
            (&[28][..], None, 648),
            (&[233], None, 699),
            (&[59, 16, 673, 233], None, 888),
            (&[28], Some(2_000), 2_008),
            (&[], None, 640),
            (&[0, 3, 4], Some(0), 4),
        ] {
            assert_eq!(estimate(TokenCost::GPT_4, chars, max_tokens), expected, "{chars:?}");
        }
        assert_eq!(estimate(TokenCost::GPT_35, &[4_000], None), 16);
        assert_eq!(estimate(TokenCost::GPT_35, &[4_000], Some(200)), 200);
    }

    #[test]
    fn embeddings_round_up_and_ignore_max_tokens() {
        for (chars, expected) in [(0, 0), (1, 1), (4, 1), (5, 2), (44, 11)] {
            assert_eq!(estimate(TokenCost::EMBEDDINGS, &[chars], Some(999)), expected);
        }
        assert_eq!(estimate(TokenCost::EMBEDDINGS, &[5, 5], None), 4);
    }

    #[test]
    fn odd_numbers_are_survived() {
        let odd = TokenCost { chars_per_token: 0, ..TokenCost::GPT_4 };
        assert_eq!(estimate(odd, &[7], Some(1)), 9);
        assert_eq!(estimate(odd, &[u64::MAX, u64::MAX], Some(u64::MAX)), u64::MAX);
    }
}
