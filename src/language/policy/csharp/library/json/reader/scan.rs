//! The characters of JSON text: blanks, comments, words, names, strings and numbers.

use super::super::super::super::fault::Fault;
use super::super::super::super::machine::Machine;
use super::super::super::super::value::Value;
use super::super::{JsonKind, tree};
use super::Reader;
use crate::policy::Text;

impl Reader<'_> {
    /// The next byte.
    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, offset: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at.saturating_add(offset)).copied()
    }

    /// The next character.
    pub(super) fn next_char(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    /// Steps over a character, counting lines.
    pub(super) fn bump(&mut self) {
        let Some(c) = self.next_char() else { return };
        self.at = self.at.saturating_add(c.len_utf8());
        if c == '\n' || (c == '\r' && self.peek() != Some(b'\n')) {
            self.line = self.line.saturating_add(1);
            self.line_start = self.at;
        }
    }

    /// Steps over blanks.
    pub(super) fn skip_blank(&mut self) {
        while self.next_char().is_some_and(char::is_whitespace) {
            self.bump();
        }
    }

    /// Steps over blanks and comments.
    pub(super) fn skip_space(&mut self) -> Result<(), Fault> {
        self.skip_blank();
        while self.peek() == Some(b'/') {
            self.comment()?;
            self.skip_blank();
        }
        Ok(())
    }

    pub(super) fn comment(&mut self) -> Result<(), Fault> {
        self.bump();
        match self.next_char() {
            None => Err(self.error("Unexpected end while parsing comment")),
            Some('/') => {
                while !matches!(self.peek(), None | Some(b'\n' | b'\r')) {
                    self.bump();
                }
                Ok(())
            }
            Some('*') => {
                self.bump();
                loop {
                    match (self.peek(), self.peek_at(1)) {
                        (None, _) => return Err(self.error("Unexpected end while parsing comment")),
                        (Some(b'*'), Some(b'/')) => break,
                        _ => self.bump(),
                    }
                }
                self.bump();
                self.bump();
                Ok(())
            }
            Some(c) => Err(self.error(&format!("Error parsing comment. Expected: *, got {c}"))),
        }
    }

    /// One of the words `true`, `null`, `NaN` and so on.
    pub(super) fn word(
        &mut self,
        machine: &mut Machine<'_, '_>,
        word: &str,
        what: &str,
        kind: JsonKind,
    ) -> Result<Value, Fault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.chars().take(word.len()).count() < word.len() {
            self.at = self.text.len();
            return Err(self.error("Unexpected end when reading JSON"));
        }
        let same = rest.bytes().zip(word.bytes()).take_while(|(a, b)| a == b).count();
        self.at = self.at.saturating_add(same);
        let ends = match self.next_char() {
            None | Some('}' | ']' | ')' | ',' | '/') => true,
            Some(c) => c.is_whitespace(),
        };
        if same < word.len() || !ends {
            return Err(self.error(&format!("Error parsing {what} value")));
        }
        self.enter();
        tree::make(machine, kind)
    }

    /// The name of a property and the colon behind it.
    pub(super) fn property_name(&mut self) -> Result<String, Fault> {
        let first = self.next_char().unwrap_or_default();
        let name = if matches!(first, '"' | '\'') {
            self.string(first)?
        } else if is_name(first) {
            self.bare_name()?
        } else {
            return Err(self.error(&format!("Invalid property identifier character: {first}")));
        };
        self.skip_blank();
        match self.next_char() {
            Some(':') => {
                self.bump();
                Ok(name)
            }
            other => {
                let shown = other.unwrap_or('\0');
                Err(self.error(&format!(
                    "Invalid character after parsing property name. Expected ':' but got: {shown}"
                )))
            }
        }
    }

    fn bare_name(&mut self) -> Result<String, Fault> {
        let mut name = String::new();
        loop {
            match self.next_char() {
                None => return Err(self.error("Unexpected end while parsing unquoted property name")),
                Some(c) if is_name(c) => {
                    name.push(c);
                    self.bump();
                }
                Some(c) if c == ':' || c.is_whitespace() => return Ok(name),
                Some(c) => {
                    return Err(self.error(&format!("Invalid JavaScript property identifier character: {c}")));
                }
            }
        }
    }

    /// A string in quotes, escapes decoded.
    pub(super) fn string(&mut self, quote: char) -> Result<String, Fault> {
        self.bump();
        let mut units: Vec<u16> = Vec::new();
        let mut out = String::new();
        loop {
            let Some(c) = self.next_char() else {
                return Err(self.error(&format!("Unterminated string. Expected delimiter: {quote}")));
            };
            self.bump();
            if c == '\\' {
                let escaped = self.escape(quote)?;
                units.push(escaped);
                continue;
            }
            if !units.is_empty() {
                out.push_str(&String::from_utf16_lossy(&units));
                units.clear();
            }
            if c == quote {
                return Ok(out);
            }
            out.push(c);
        }
    }

    /// The unit that an escape stands for; the backslash is behind.
    fn escape(&mut self, quote: char) -> Result<u16, Fault> {
        let Some(c) = self.next_char() else {
            return Err(self.error(&format!("Unterminated string. Expected delimiter: {quote}")));
        };
        self.bump();
        Ok(match c {
            'b' => 8,
            't' => 9,
            'n' => 10,
            'f' => 12,
            'r' => 13,
            '\\' => 92,
            '"' => 34,
            '\'' => 39,
            '/' => 47,
            'u' => {
                let Some(digits) = self.text.get(self.at..self.at.saturating_add(4)) else {
                    return Err(self.error("Unexpected end while parsing Unicode escape sequence"));
                };
                let unit = digits
                    .bytes()
                    .all(|b| b.is_ascii_hexdigit())
                    .then(|| u16::from_str_radix(digits, 16).ok())
                    .flatten();
                let Some(unit) = unit else {
                    return Err(self.error(&format!("Invalid Unicode escape sequence: \\u{digits}")));
                };
                self.at = self.at.saturating_add(4);
                unit
            }
            other => return Err(self.error(&format!("Bad JSON escape sequence: \\{other}"))),
        })
    }

    /// A number.
    pub(super) fn number(&mut self) -> Result<JsonKind, Fault> {
        let start = self.at;
        while let Some(c) = self.next_char() {
            match c {
                '0'..='9' | 'a'..='f' | 'A'..='F' | '-' | '+' | 'x' | 'X' | '.' | 'p' | 'P' => self.bump(),
                ',' | '}' | ']' | ')' | '/' => break,
                c if c.is_whitespace() => break,
                c => {
                    return Err(
                        self.error(&format!("Unexpected character encountered while parsing number: {c}"))
                    );
                }
            }
        }
        let digits = self.text.get(start..self.at).unwrap_or_default();
        self.enter();
        number(digits).ok_or_else(|| self.error(&format!("Input string '{digits}' is not a valid number")))
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// A number from its characters.
fn number(text: &str) -> Option<JsonKind> {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'0') && bytes.len() > 1 && !matches!(bytes.get(1), Some(b'.' | b'e' | b'E')) {
        let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let number = match hex {
            Some(digits) if !digits.starts_with(['+', '-']) => u64::from_str_radix(digits, 16).ok()?,
            Some(_) => return None,
            None => u64::from_str_radix(text, 8).ok()?,
        };
        return Some(JsonKind::Value(Value::Long(number.cast_signed())));
    }
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        if let Ok(number) = text.parse::<i64>() {
            return Some(JsonKind::Value(Value::Long(number)));
        }
        if text.len() > 380 {
            return None;
        }
        let significant = unsigned.trim_start_matches('0');
        let sign = if text.starts_with('-') { "-" } else { "" };
        return Some(JsonKind::Big(Text::from(format!("{sign}{significant}"))));
    }
    let has_digit = bytes.iter().any(u8::is_ascii_digit);
    let plain = bytes.iter().all(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
    if !has_digit || !plain {
        return None;
    }
    text.parse::<f64>().ok().map(|number| JsonKind::Value(Value::from(number)))
}
