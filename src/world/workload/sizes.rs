//! Sizes of requests and answers.
//!
//! Rules: a size depends on the seed and the request's number. Where only one of tokens and characters is
//! known, a token has 4 characters, the factor of the service's own estimate (assumed).

use std::f64::consts::SQRT_2;
use std::sync::Arc;

use crate::random::{Stream, StreamName, Streams, whole};
use crate::units::{Chars, Demand, Prefix, PromptSize, RequestId, Tokens};

use super::prefixes::Prefixes;
use super::{PrefixSpec, TraceRow};

/// How large requests are.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeSpec {
    /// Prompts.
    pub prompt: PromptSpec,
    /// What the model would generate without a limit.
    pub completion: TokenSpec,
    /// `max_tokens` of every request.
    pub max_tokens: Option<Tokens>,
    /// How prompts share their beginnings; `None`: they do not.
    pub prefixes: Option<PrefixSpec>,
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
#[derive(Clone, Debug, PartialEq)]
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
    /// As measured.
    Empirical(Quantiles),
}

/// A distribution by points of its inverse: straight between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiles(Arc<[(f64, f64)]>);

impl Quantiles {
    /// Of points (share, value). `None`: the shares do not rise from 0 to 1, or a value falls or is not finite.
    pub fn new(points: &[(f64, f64)]) -> Option<Self> {
        let ends = points.first().zip(points.last());
        let spans = ends.is_some_and(|(first, last)| first.0 <= 0.0 && last.0 >= 1.0 && points.len() > 1);
        let rises = points.iter().zip(points.iter().skip(1)).all(|(a, b)| a.0 < b.0 && a.1 <= b.1);
        let is_finite = points.iter().all(|(share, value)| (0.0..=1.0).contains(share) && value.is_finite());
        (spans && rises && is_finite).then(|| Self(points.into()))
    }

    /// The value below which a share `at` of all values lies.
    pub fn value(&self, at: f64) -> f64 {
        let above = self.0.partition_point(|(share, _)| *share < at).max(1);
        let (Some(low), Some(high)) = (self.0.get(above - 1), self.0.get(above).or(self.0.last())) else {
            return 0.0;
        };
        let width = high.0 - low.0;
        if width > 0.0 { low.1 + (high.1 - low.1) * (at - low.0) / width } else { high.1 }
    }
}

/// The sizes of a run's requests. A request's size depends on the seed and its number only.
#[derive(Clone, Debug)]
pub struct Sizes {
    spec: SizeSpec,
    streams: Streams,
    /// The prompt when it does not vary.
    constant_prompt: Option<(PromptSize, Tokens)>,
    prefixes: Option<Prefixes>,
}

const SIZES: StreamName = StreamName::new("sizes");
/// Characters of one token where only one of the two is known: the factor the service's own estimate uses.
const CHARS_PER_TOKEN: u64 = 4;

impl Sizes {
    /// The sizes that `spec` describes, drawn from the stream `sizes`.
    pub fn new(spec: SizeSpec, streams: &Streams) -> Self {
        let constant_prompt = match &spec.prompt {
            PromptSpec::Messages(chars) => Some(messages(Arc::clone(chars))),
            PromptSpec::Tokens(TokenSpec::Fixed(tokens)) => Some(one_message(Tokens((*tokens).max(1)))),
            PromptSpec::Tokens(_) => None,
        };
        let prefixes = spec.prefixes.map(Prefixes::new);
        Self { spec, streams: *streams, constant_prompt, prefixes }
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
        let (max_tokens, prefix) = (self.spec.max_tokens, self.prefix(request));
        Demand { prompt, prompt_tokens, completion_tokens, max_tokens, prefix }
    }

    fn prefix(&self, request: RequestId) -> Option<Prefix> {
        self.prefixes.as_ref()?.of(request, self.streams)
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

    /// The size of a replayed request: the row decides, `max_tokens` only where it knows it; that and the prefix are
    /// else as specified.
    pub fn of_row(&self, request: RequestId, row: &TraceRow) -> Demand {
        let (prompt, prompt_tokens) = one_message(row.prompt_tokens);
        let completion_tokens = row.completion_tokens;
        let (max_tokens, prefix) = (row.max_tokens.or(self.spec.max_tokens), self.prefix(request));
        Demand { prompt, prompt_tokens, completion_tokens, max_tokens, prefix }
    }
}

impl TokenSpec {
    /// A number drawn from `stream`, of which it takes two words.
    pub fn sample(&self, stream: &mut Stream) -> Tokens {
        self.at(stream.standard_normal())
    }

    /// The number that belongs to a standard normal draw.
    pub(super) fn at(&self, normal: f64) -> Tokens {
        let tokens = match self {
            Self::Fixed(tokens) => *tokens,
            Self::LogNormal { median, sigma, max } => whole(median * libm::exp(sigma * normal)).min(*max),
            // The share of normal draws below this one is uniform.
            Self::Empirical(quantiles) => whole(quantiles.value(libm::erfc(-normal / SQRT_2) / 2.0)),
        };
        Tokens(tokens.max(1))
    }

    const fn varies(&self) -> bool {
        !matches!(self, Self::Fixed(_))
    }
}

/// Messages and the tokens that they are taken to have.
pub fn messages(chars: Arc<[Chars]>) -> (PromptSize, Tokens) {
    let tokens = chars.iter().map(|chars| chars.get().div_ceil(CHARS_PER_TOKEN));
    let tokens = tokens.fold(0_u64, u64::saturating_add);
    (PromptSize::Messages(chars), Tokens(tokens))
}

/// A single message that has so many tokens.
pub fn one_message(tokens: Tokens) -> (PromptSize, Tokens) {
    (PromptSize::One(Chars(tokens.get().saturating_mul(CHARS_PER_TOKEN))), tokens)
}

#[cfg(test)]
mod tests {
    use crate::random::scaled_distance;
    use crate::units::Timestamp;

    use super::*;

    const MEDIAN: f64 = 1_020.0;

    fn varying(median: f64) -> TokenSpec {
        TokenSpec::LogNormal { median, sigma: 0.985, max: 14_050 }
    }

    fn sizes(prompt: PromptSpec, completion: TokenSpec) -> Sizes {
        Sizes::new(
            SizeSpec { prompt, completion, max_tokens: Some(Tokens(77)), prefixes: None },
            &Streams::new(5),
        )
    }

    #[test]
    fn messages_are_counted_by_characters() {
        let chars: Arc<[Chars]> = [59, 16, 673, 233].map(Chars).into();
        let demand = sizes(PromptSpec::Messages(Arc::clone(&chars)), TokenSpec::Fixed(0)).of(RequestId(9));
        // 15 + 4 + 169 + 59, each rounded up.
        assert_eq!(demand.prompt_tokens, Tokens(247));
        assert_eq!(demand.prompt, PromptSize::Messages(chars));
        assert_eq!((demand.completion_tokens, demand.max_tokens), (Tokens(1), Some(Tokens(77))));
    }

    #[test]
    fn measured_sizes_have_their_quantiles() {
        let quantiles = Quantiles::new(&[(0.0, 100.0), (0.25, 200.0), (0.75, 200.0), (1.0, 600.0)]).unwrap();
        for (at, value) in
            [(0.0, 100.0), (0.125, 150.0), (0.25, 200.0), (0.5, 200.0), (0.875, 400.0), (1.0, 600.0)]
        {
            assert!((quantiles.value(at) - value).abs() < 1e-9, "{at}: {}", quantiles.value(at));
        }
        let two = Quantiles::new(&[(0.0, 0.0), (0.5, 1_000.0), (1.0, 5_000.0)]).unwrap();
        let sizes = sizes(PromptSpec::Tokens(TokenSpec::Fixed(1)), TokenSpec::Empirical(two));
        let drawn = (0..50_000).map(|id| sizes.of(RequestId(id)).completion_tokens.get() as f64);
        let share = |tokens: f64| {
            if tokens < 1_000.0 { tokens / 2_000.0 } else { 0.5 + (tokens - 1_000.0) / 8_000.0 }
        };
        assert!(scaled_distance(drawn.collect(), share) < 1.95);
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        for points in [
            &[][..],
            &[(0.0, 1.0)],
            &[(0.1, 1.0), (1.0, 2.0)],
            &[(0.0, 1.0), (0.9, 2.0)],
            &[(0.0, 1.0), (0.0, 2.0), (1.0, 3.0)],
            &[(0.0, 1.0), (0.5, 3.0), (1.0, 2.0)],
            &[(0.0, 1.0), (f64::NAN, 2.0), (1.0, 3.0)],
            &[(0.0, 1.0), (1.0, f64::INFINITY)],
            &[(-1.0, 1.0), (1.0, 2.0)],
        ] {
            assert!(Quantiles::new(points).is_none(), "{points:?}");
        }
    }

    #[test]
    fn tokens_make_one_message() {
        let demand = sizes(PromptSpec::Tokens(TokenSpec::Fixed(250)), TokenSpec::Fixed(30)).of(RequestId(0));
        assert_eq!((demand.prompt, demand.prompt_tokens), (PromptSize::One(Chars(1_000)), Tokens(250)));
        assert_eq!(demand.completion_tokens, Tokens(30));
    }

    #[test]
    fn replayed_rows_decide() {
        let (prompt_tokens, completion_tokens) = (Tokens(374), Tokens(44));
        let row =
            TraceRow { at: Timestamp::ZERO, prompt_tokens, completion_tokens, images: 0, max_tokens: None };
        let demand =
            sizes(PromptSpec::Tokens(TokenSpec::Fixed(1)), TokenSpec::Fixed(1)).of_row(RequestId(0), &row);
        assert_eq!((demand.prompt, demand.prompt_tokens), (PromptSize::One(Chars(1_496)), Tokens(374)));
        assert_eq!((demand.completion_tokens, demand.max_tokens), (Tokens(44), Some(Tokens(77))));
    }

    #[test]
    fn a_size_belongs_to_its_request() {
        let sizes = sizes(PromptSpec::Tokens(varying(MEDIAN)), varying(129.0));
        let in_order: Vec<Demand> = (0..50).map(|n| sizes.of(RequestId(n))).collect();
        let mut backwards: Vec<Demand> = (0..50).rev().map(|n| sizes.of(RequestId(n))).collect();
        backwards.reverse();
        assert_eq!(in_order, backwards);
        assert!(in_order.iter().skip(1).any(|d| d.prompt_tokens != in_order[0].prompt_tokens));
    }

    #[test]
    fn one_specification_leaves_the_other_alone() {
        let both = sizes(PromptSpec::Tokens(varying(MEDIAN)), varying(129.0));
        let one = sizes(PromptSpec::Tokens(TokenSpec::Fixed(8)), varying(129.0));
        for n in 0..50 {
            assert_eq!(both.of(RequestId(n)).completion_tokens, one.of(RequestId(n)).completion_tokens);
        }
    }

    #[test]
    fn medians_and_limits_are_kept() {
        let sizes = sizes(PromptSpec::Tokens(varying(MEDIAN)), varying(0.6));
        let demands: Vec<Demand> = (0..20_000).map(|n| sizes.of(RequestId(n))).collect();
        let share = |keep: &dyn Fn(&Demand) -> bool| {
            demands.iter().filter(|d| keep(d)).count() as f64 / demands.len() as f64
        };
        // Four standard errors of a half are 0.014.
        let above = share(&|d| d.prompt_tokens.get() as f64 > MEDIAN);
        assert!((above - 0.5).abs() < 0.015, "{above}");
        // Cut off at 14,050, which is ln(14,050 / 1,020) / 0.985 = 2.66 deviations up: 0.39 %.
        let cut = share(&|d| d.prompt_tokens == Tokens(14_050));
        assert!((cut - 0.0039).abs() < 0.002, "{cut}");
        assert!(demands.iter().all(|d| d.completion_tokens.get() >= 1 && d.prompt_tokens.get() <= 14_050));
    }

    #[test]
    fn absurd_specifications_are_survived() {
        for (median, sigma, max) in
            [(f64::NAN, 1.0, 5), (f64::INFINITY, 1.0, 0), (-1.0, 1.0, 5), (1.0, 1e9, u64::MAX)]
        {
            let spec = TokenSpec::LogNormal { median, sigma, max };
            let sizes = sizes(PromptSpec::Tokens(spec.clone()), spec);
            assert!(
                (0..100).all(|n| sizes.of(RequestId(n)).completion_tokens.get() >= 1),
                "{median} {sigma}"
            );
        }
    }
}
