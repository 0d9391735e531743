//! The forms in which traces are published.

use csv::ByteRecord;

use super::timestamp;

/// Who writes traces like this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceFormat {
    /// Azure LLM inference traces of 2023 and 2024, and the multimodal ones with `NumImages`: CSV.
    #[default]
    Azure,
    /// BurstGPT: CSV with seconds and the tokens of requests and responses.
    BurstGpt,
    /// Mooncake: a JSON object per line, with milliseconds.
    Mooncake,
    /// Production logs that `poolproof trace import` has joined: CSV.
    Joined,
}

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    Calendar,
    Seconds,
    Milliseconds,
}

/// Names of the time, the prompt tokens and the generated tokens.
pub(super) type Names = [&'static str; 3];

impl TraceFormat {
    /// The form that a header of a CSV file belongs to.
    pub(super) fn of_header(header: &ByteRecord) -> Self {
        let names = |format: Self| {
            let [_, prompt, completion] = format.names();
            header.iter().any(|field| is_name(field, prompt) || is_name(field, completion))
        };
        let others = [Self::BurstGpt, Self::Joined];
        others.into_iter().find(|form| names(*form) && !names(Self::Azure)).unwrap_or(Self::Azure)
    }

    /// What the values are called.
    pub(super) const fn names(self) -> Names {
        match self {
            Self::Azure => ["TIMESTAMP", "ContextTokens", "GeneratedTokens"],
            Self::BurstGpt => ["Timestamp", "Request tokens", "Response tokens"],
            Self::Mooncake => ["timestamp", "input_length", "output_length"],
            Self::Joined => ["arrival", "prompt_tokens", "completion_tokens"],
        }
    }

    /// What the form is called in output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Azure => "azure",
            Self::BurstGpt => "burstgpt",
            Self::Mooncake => "mooncake",
            Self::Joined => "joined",
        }
    }

    /// Whether an answer of no tokens is how the trace writes a failed call.
    pub(super) const fn writes_failures_as_no_answer(self) -> bool {
        matches!(self, Self::BurstGpt)
    }

    /// Whether the clock of the recorder may have been coarser than the gaps between requests.
    pub(super) const fn has_coarse_clock(self) -> bool {
        !matches!(self, Self::Azure | Self::Joined)
    }

    const fn clock(self) -> Clock {
        match self {
            Self::Azure | Self::Joined => Clock::Calendar,
            Self::BurstGpt => Clock::Seconds,
            Self::Mooncake => Clock::Milliseconds,
        }
    }

    /// A time in nanoseconds since some instant that is the same for the whole trace.
    pub(super) fn time(self, text: &str) -> Option<i128> {
        match self.clock() {
            Clock::Calendar => timestamp::parse(text),
            Clock::Seconds => decimal(text, 9),
            Clock::Milliseconds => decimal(text, 6),
        }
    }

    /// What a time looks like, for messages.
    pub(super) const fn expected_time(self) -> &'static str {
        match self.clock() {
            Clock::Calendar => "expected a UTC time such as `2023-11-16 18:15:46.6805900`",
            Clock::Seconds => "expected seconds such as `5` or `45.25`",
            Clock::Milliseconds => "expected milliseconds such as `27482`",
        }
    }
}

/// Whether a field of a header is `name`, in any letter case.
pub(super) fn is_name(field: &[u8], name: &str) -> bool {
    field.trim_ascii().eq_ignore_ascii_case(name.as_bytes())
}

/// Digits, with a fraction at will, times 10 to the `places`; digits below are cut off.
fn decimal(text: &str, places: usize) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let are_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    // 18 digits of seconds and 9 below are far inside of the number that holds them.
    if !are_digits(whole) || !are_digits(fraction) || whole.len() > 18 {
        return None;
    }
    let below = fraction.bytes().chain(std::iter::repeat(b'0')).take(places);
    Some(whole.bytes().chain(below).fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, places, expected) in [
            ("0", 9, Some(0)),
            ("45", 9, Some(45_000_000_000)),
            ("45.25", 9, Some(45_250_000_000)),
            ("0.0000000019", 9, Some(1)),
            ("27482", 6, Some(27_482_000_000)),
            ("999999999999999999.5", 9, Some(999_999_999_999_999_999_500_000_000)),
        ] {
            assert_eq!(decimal(text, places), expected, "{text}");
        }
        for text in ["", ".", "5.", ".5", "-5", "+5", "5e3", "1,5", "1.2.3", "٣", "9999999999999999999"] {
            assert_eq!(decimal(text, 9), None, "{text}");
        }
    }

    #[test]
    fn a_header_tells_the_form() {
        let of = |names: &[&str]| TraceFormat::of_header(&ByteRecord::from(names.to_vec()));
        assert_eq!(of(&["Timestamp", "Model", "Request tokens", "Response tokens"]), TraceFormat::BurstGpt);
        assert_eq!(of(&["TIMESTAMP", "NumImages", "ContextTokens"]), TraceFormat::Azure);
        assert_eq!(of(&["TIMESTAMP"]), TraceFormat::Azure);
        assert_eq!(of(&["response TOKENS "]), TraceFormat::BurstGpt);
        assert_eq!(of(&["arrival", "Prompt_Tokens", "completion_tokens", "status"]), TraceFormat::Joined);
    }
}
