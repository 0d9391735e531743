//! Answers that a request asks for itself, to see how what is in front deals with them.
//!
//! ```text
//! x-mock-answer: ANSWER *( ";" NAME "=" VALUE )
//! ANSWER = status, as 429 | "reset" (the connection breaks) | "silent" (no answer, ever)
//! NAME   = "latency" (VALUE is a duration, as 200ms) | a header of the answer, as retry-after
//! ```
//!
//! Such a request takes nothing from any quota. One that asks for 2xx gets a usual answer, all of it at once.

use crate::policy::{HeaderValue, Text};
use crate::units::{Duration, StatusCode};

/// The header with which a request says how it is answered.
pub const SCRIPT_HEADER: &str = "x-mock-answer";

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) what: ScriptedWhat,
    pub(super) latency: Duration,
    pub(super) headers: Vec<(Text, HeaderValue)>,
}

/// What comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScriptedWhat {
    Status(StatusCode),
    Reset,
    Silence,
}

impl Script {
    /// Reads the value of the header.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = text.split(';').map(str::trim);
        let what = match parts.next().unwrap_or_default() {
            "reset" => ScriptedWhat::Reset,
            "silent" => ScriptedWhat::Silence,
            status => {
                let code = status.parse().ok().and_then(StatusCode::new).filter(|code| code.get() >= 200);
                let wrong =
                    || format!("{SCRIPT_HEADER}: `{status}` is no status from 200 to 599, reset or silent");
                ScriptedWhat::Status(code.ok_or_else(wrong)?)
            }
        };
        let mut script = Self { what, latency: Duration::ZERO, headers: Vec::new() };
        for part in parts.filter(|part| !part.is_empty()) {
            let wrong = || format!("{SCRIPT_HEADER}: `{part}` is not NAME=VALUE");
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            let (name, value) = (name.trim(), value.trim());
            if name.eq_ignore_ascii_case("latency") {
                script.latency =
                    Duration::parse(value).map_err(|error| format!("{SCRIPT_HEADER}: {error}"))?;
            } else if http::HeaderName::from_bytes(name.as_bytes()).is_ok() {
                script
                    .headers
                    .push((Text::from(name.to_owned()), HeaderValue::Text(Text::from(value.to_owned()))));
            } else {
                return Err(wrong());
            }
        }
        Ok(script)
    }

    /// The wait that its headers tell.
    pub(super) fn wait_s(&self) -> Option<u64> {
        let told = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
        told.and_then(|(_, value)| value.to_text().parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read() {
        let script = Script::parse("429; retry-after=5; latency=200ms").unwrap();
        assert_eq!(script.what, ScriptedWhat::Status(StatusCode::TOO_MANY_REQUESTS));
        assert_eq!((script.latency, script.wait_s()), (Duration::from_millis(200), Some(5)));
        assert_eq!(Script::parse("reset").unwrap().what, ScriptedWhat::Reset);
        assert_eq!(Script::parse("silent;").unwrap().what, ScriptedWhat::Silence);
        for wrong in ["", "99", "100", "600", "x", "429;retry-after", "429; latency=soon", "429; a b=c"] {
            assert!(Script::parse(wrong).is_err(), "{wrong}");
        }
    }
}
