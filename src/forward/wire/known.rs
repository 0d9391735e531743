//! A request that says which one of a simulation it is, so that a mock answers it as the simulation does.
//!
//! Rules
//! - The gateway in between knows nothing of it: it is a header like others.
//! - Which attempt of a request it is, nobody says; a mock counts.

use crate::units::{Prefix, Tokens};

/// The header with which a request says which of a simulation it is: `KEY; completion=TOKENS`, and where it shares the
/// beginning of its prompt with others, `; prefix=KEY/TOKENS`. What is drawn for it is then drawn as it is there.
pub const REQUEST_HEADER: &str = "x-mock-request";

/// A request of a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// What its random streams are keyed with.
    pub key: u64,
    /// How much the model would write.
    pub completion: Tokens,
    /// The beginning that its prompt shares with others.
    pub prefix: Option<Prefix>,
}

impl Known {
    /// The value of the header.
    pub fn header(self) -> String {
        let prefix = self
            .prefix
            .map_or_else(String::new, |prefix| format!("; prefix={}/{}", prefix.key, prefix.tokens));
        format!("{}; completion={}{prefix}", self.key, self.completion)
    }

    /// Reads the value of the header.
    ///
    /// # Errors
    /// It is none; in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read = || {
            let mut parts = text.split(';').map(str::trim);
            let number = |text: &str| text.parse::<u64>().ok();
            let key = number(parts.next()?)?;
            let completion = Tokens(number(parts.next()?.strip_prefix("completion=")?)?);
            let prefix = match parts.next() {
                None => None,
                Some(part) => {
                    let (key, tokens) = part.strip_prefix("prefix=")?.split_once('/')?;
                    Some(Prefix { key: number(key)?, tokens: Tokens(number(tokens)?) })
                }
            };
            parts.next().is_none().then_some(Self { key, completion, prefix })
        };
        let wrong = || format!("{REQUEST_HEADER}: `{text}` is not KEY; completion=TOKENS; prefix=KEY/TOKENS");
        read().ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_known_again() {
        let plain = Known { key: u64::MAX, completion: Tokens(60), prefix: None };
        let prefix = Some(Prefix { key: 5, tokens: Tokens(1_500) });
        for known in [plain, Known { prefix, ..plain }] {
            assert_eq!(Known::parse(&known.header()), Ok(known));
        }
        for wrong in [
            "",
            "7",
            "7; completion",
            "7; completion=x",
            "x; completion=1",
            "7; prompt=1",
            "7; completion=1; prefix=2",
            "7; completion=1; prefix=2/3; x",
        ] {
            assert!(Known::parse(wrong).is_err(), "{wrong}");
        }
    }
}
