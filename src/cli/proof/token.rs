//! A counterexample as one word that can be pasted: what was configured, under which readings, and the events.
//!
//! Rules
//! - `cx1.VERSION.FINGERPRINT.READINGS.EVENTS.PATHS`, with `-` for dots inside of a part. A token of another version or
//!   configuration is refused.
//! - Events stand behind each other with `_` between them: `p250000000` passes so many nanoseconds; others begin with
//!   the number of their request: `0a0` arrives, `0s429r5` is answered, `0n` gets no connection, `0o` no headers in
//!   time, `0b` a body that breaks off, `0w` has waited, `0l` leaves; behind `i` stands another instance, behind each
//!   `~` a choice. `h` at the end: all is well from then on.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::semantics::Switch;
use crate::units::{Duration, StatusCode};
use crate::verify::{Answer, Happening, Move, Path, RetryAfter, Setup};

const BEGINS: &str = "cx1";

/// A counterexample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    version: String,
    /// Of the configuration.
    pub fingerprint: String,
    /// What is read otherwise than configured.
    pub changes: Vec<(Switch, &'static str)>,
    /// What happens.
    pub path: Path,
    /// Where the configuration lay.
    pub paths: Vec<String>,
}

/// Why a token cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum TokenError {
    /// It is no token.
    #[error("this is no token of `verify`: {0}")]
    Unreadable(&'static str),
    /// It is of another version.
    #[error("this token is of version {0} of poolproof, and this is {1}: run `verify` again")]
    OtherVersion(String, &'static str),
}

impl Token {
    pub(crate) fn new(
        setup: &Setup,
        changes: &[(Switch, &'static str)],
        path: &Path,
        paths: &[String],
    ) -> Self {
        Self {
            version: version(),
            fingerprint: fingerprint(setup),
            changes: changes.to_vec(),
            path: path.clone(),
            paths: paths.to_vec(),
        }
    }

    /// Reads a token.
    pub(crate) fn read(text: &str) -> Result<Self, TokenError> {
        let unreadable = TokenError::Unreadable;
        let mut parts = text.trim().split('.');
        if parts.next() != Some(BEGINS) {
            return Err(unreadable("it does not begin with `cx1.`"));
        }
        let version = parts.next().unwrap_or_default().to_owned();
        if version != self::version() {
            return Err(TokenError::OtherVersion(version.replace('-', "."), env!("CARGO_PKG_VERSION")));
        }
        let (Some(fingerprint), Some(changes), Some(events), Some(paths), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(unreadable("parts are missing: copy all of it"));
        };
        let changes: Option<Vec<_>> =
            changes.split('_').filter(|part| !part.is_empty()).map(read_change).collect();
        let changes = changes.ok_or(unreadable("a reading in it does not exist"))?;
        let path = read_path(events).ok_or(unreadable("an event in it cannot be read"))?;
        let bytes = URL_SAFE_NO_PAD.decode(paths).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let paths = bytes.ok_or(unreadable("its end cannot be read"))?;
        let paths = paths.split('\n').filter(|path| !path.is_empty()).map(ToOwned::to_owned).collect();
        Ok(Self { version, fingerprint: fingerprint.to_owned(), changes, path, paths })
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes: Vec<String> = self.changes.iter().map(|change| change_word(*change)).collect();
        let mut events: Vec<String> = self.path.moves.iter().map(move_word).collect();
        events.extend(self.path.heals.then(|| "h".to_owned()));
        let paths = URL_SAFE_NO_PAD.encode(self.paths.join("\n"));
        write!(
            f,
            "{BEGINS}.{}.{}.{}.{}.{paths}",
            self.version,
            self.fingerprint,
            changes.join("_"),
            events.join("_")
        )
    }
}

fn version() -> String {
    env!("CARGO_PKG_VERSION").replace('.', "-")
}

/// What a configuration is known by: everything that decides.
pub(crate) fn fingerprint(setup: &Setup) -> String {
    let text = format!("{:?} {:?} {:?}", setup.gateway, setup.requests, setup.paid_for);
    format!("{:016x}", xxh3_64(without_addresses(&text).as_bytes()))
}

/// The text without addresses of functions, which differ from one start of the program to the next.
fn without_addresses(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut parts = text.split("0x");
    kept.push_str(parts.next().unwrap_or_default());
    for part in parts {
        kept.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    kept
}

/// Readings by their numbers: names have dots and underscores.
fn change_word((switch, reading): (Switch, &'static str)) -> String {
    let of = switch.info().readings.iter().position(|known| *known == reading).unwrap_or(0);
    format!("{}-{of}", switch as usize)
}

fn read_change(word: &str) -> Option<(Switch, &'static str)> {
    let (switch, reading) = word.split_once('-')?;
    let switch = *Switch::ALL.get(switch.parse::<usize>().ok()?)?;
    let reading = *switch.info().readings.get(reading.parse::<usize>().ok()?)?;
    Some((switch, reading))
}

fn move_word(one: &Move) -> String {
    match one {
        Move::Passes(by) => format!("p{}", by.as_nanos()),
        Move::Happens { request, instance, happening, picks } => {
            let what = match happening {
                Happening::Arrives(kind) => format!("a{kind}"),
                Happening::Answers(Answer::Status(status, retry_after)) => {
                    let after = match retry_after {
                        RetryAfter::Absent => String::new(),
                        RetryAfter::Seconds(seconds) => format!("r{seconds}"),
                        RetryAfter::Malformed => "x".to_owned(),
                    };
                    format!("s{}{after}", status.get())
                }
                Happening::Answers(Answer::BreaksOff) => "b".to_owned(),
                Happening::Answers(Answer::NoConnection) => "n".to_owned(),
                Happening::Answers(Answer::Overdue) => "o".to_owned(),
                Happening::Wakes => "w".to_owned(),
                Happening::Leaves => "l".to_owned(),
            };
            let instance = if *instance == 0 { String::new() } else { format!("i{instance}") };
            let mut word = format!("{request}{what}{instance}");
            for pick in picks {
                word.push_str(&format!("~{pick}"));
            }
            word
        }
    }
}

fn read_path(text: &str) -> Option<Path> {
    let mut path = Path::default();
    for word in text.split('_').filter(|word| !word.is_empty()) {
        if path.heals {
            return None;
        }
        match word.strip_prefix('p') {
            _ if word == "h" => path.heals = true,
            Some(nanos) => path.moves.push(Move::Passes(Duration::from_nanos(nanos.parse().ok()?))),
            None => path.moves.push(read_move(word)?),
        }
    }
    Some(path)
}

fn read_move(word: &str) -> Option<Move> {
    let mut picks = word.split('~');
    let what = picks.next()?;
    let picks: Option<Box<[u64]>> = picks.map(|pick| pick.parse().ok()).collect();
    let (what, instance) = match what.split_once('i') {
        Some((what, instance)) => (what, instance.parse().ok()?),
        None => (what, 0),
    };
    let letter = what.find(|c: char| !c.is_ascii_digit())?;
    let (request, what) = what.split_at_checked(letter)?;
    let (letter, rest) = what.split_at_checked(1)?;
    let happening = match letter {
        "a" => Happening::Arrives(rest.parse().ok()?),
        "s" => {
            let (status, after) = rest.split_at_checked(3)?;
            let retry_after = match after.strip_prefix('r') {
                Some(seconds) => RetryAfter::Seconds(seconds.parse().ok()?),
                None if after == "x" => RetryAfter::Malformed,
                None if after.is_empty() => RetryAfter::Absent,
                None => return None,
            };
            Happening::Answers(Answer::Status(StatusCode::new(status.parse().ok()?)?, retry_after))
        }
        "b" => Happening::Answers(Answer::BreaksOff),
        "n" => Happening::Answers(Answer::NoConnection),
        "o" => Happening::Answers(Answer::Overdue),
        "w" => Happening::Wakes,
        "l" => Happening::Leaves,
        _ => return None,
    };
    Some(Move::Happens { request: request.parse().ok()?, instance, happening, picks: picks? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_no_part_of_a_configuration() {
        assert_eq!(without_addresses("f(0x7f00deadbeef), g(0xA) end"), "f(), g() end");
        assert_eq!(without_addresses("none"), "none");
    }

    #[test]
    fn events_come_back_as_they_went() {
        let text = "0a0~1_1a2i1_0s429r5_p60000000000_1s503x~3~0_0n_1o_0b_2w_3l_h";
        let path = read_path(text).unwrap();
        assert_eq!(path.moves.len(), 10);
        assert!(path.heals);
        let mut words: Vec<String> = path.moves.iter().map(move_word).collect();
        words.push("h".to_owned());
        assert_eq!(words.join("_"), text);
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for text in ["0", "a0", "0s42", "0s429y", "0z", "h_0n", "px", "0a0~x", "0s999"] {
            assert_eq!(read_path(text), None, "{text}");
        }
    }

    #[test]
    fn tokens_are_refused_with_a_reason() {
        for (text, reason) in [
            ("nonsense", "does not begin"),
            ("cx1.9-9-9.0...", "version 9.9.9"),
            (&format!("cx1.{}.0", version()), "parts are missing"),
            (&format!("cx1.{}.0.9999-0..", version()), "a reading"),
            (&format!("cx1.{}.0..0z.", version()), "an event"),
            (&format!("cx1.{}.0...!", version()), "its end"),
        ] {
            let error = Token::read(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
