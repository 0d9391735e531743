//! Number literals: their type is the first that holds them, as C# has it.

use rust_decimal::Decimal;

use super::{Lexer, Token};
use crate::policy::csharp::{DecimalBits, DoubleBits, FloatBits, Value};

impl Lexer<'_, '_, '_> {
    /// A number, which begins here.
    pub(super) fn number(&mut self) {
        let start = self.at;
        let rest = self.rest();
        let written = Written::read(rest);
        self.advance(written.total);
        let token = if written.separators_fit { written.token() } else { None };
        if let Some(token) = token {
            return self.push(token, start);
        }
        let (message, label) = if written.suffix_is_known() && written.separators_fit {
            ("this number does not fit its type", "expected a smaller number")
        } else if written.suffix_is_known() {
            ("`_` may stand between two digits only", "expected a digit after `_`")
        } else {
            ("this is not a number", "expected digits, with one of the suffixes L, U, UL, F, D, M or none")
        };
        self.error(start, written.total, message, label);
        self.push(Token::Literal(Value::Int(0)), start);
    }
}

/// A number literal in its parts.
struct Written {
    /// Without `_` and prefix.
    digits: String,
    radix: u32,
    /// Whether it has a point or an exponent.
    real: bool,
    /// In lower case.
    suffix: String,
    /// Whether each `_` stands between digits.
    separators_fit: bool,
    /// All bytes.
    total: usize,
}

impl Written {
    fn read(rest: &str) -> Self {
        let bytes = rest.as_bytes();
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
        let next = |at: usize| byte(at.saturating_add(1));
        let radix = match (byte(0), byte(1)) {
            (b'0', b'x' | b'X') => 16,
            (b'0', b'b' | b'B') => 2,
            _ => 10,
        };
        let prefix = if radix == 10 { 0 } else { 2 };
        let is_digit = |c: u8| if radix == 16 { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
        let mut length = prefix;
        let mut real = false;
        loop {
            let c = byte(length);
            if radix == 10 && c == b'.' && !real && next(length).is_ascii_digit() {
                real = true;
            } else if !(is_digit(c) || c == b'_') {
                break;
            }
            length = length.saturating_add(1);
        }
        if radix == 10 && matches!(byte(length), b'e' | b'E') {
            let sign = usize::from(matches!(next(length), b'+' | b'-'));
            let mut at = length.saturating_add(1).saturating_add(sign);
            if byte(at).is_ascii_digit() {
                while byte(at).is_ascii_digit() || byte(at) == b'_' {
                    at = at.saturating_add(1);
                }
                length = at;
                real = true;
            }
        }
        let body = rest.get(prefix..length).unwrap_or("");
        let digits: String = body.chars().filter(|c| *c != '_').collect();
        let separated = ["_.", "_e", "_E"].iter().any(|end| body.contains(end)) || body.ends_with('_');
        let separators_fit = !separated && !digits.is_empty();
        let suffix_length = bytes
            .get(length..)
            .unwrap_or(&[])
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
            .count();
        let total = length.saturating_add(suffix_length);
        let suffix = rest.get(length..total).unwrap_or("").to_ascii_lowercase();
        Self { digits, radix, real, suffix, separators_fit, total }
    }

    fn suffix_is_known(&self) -> bool {
        match self.suffix.as_str() {
            "" => true,
            "u" | "l" | "ul" | "lu" => !self.real,
            "f" | "d" | "m" => self.radix == 10,
            _ => false,
        }
    }

    /// `None` if it does not fit, or is no number.
    fn token(&self) -> Option<Token<'static>> {
        if !self.suffix_is_known() {
            return None;
        }
        let value = match (self.suffix.as_str(), self.real) {
            ("f", _) => {
                let number = self.digits.parse::<f32>().ok().filter(|n| n.is_finite())?;
                Value::Float(FloatBits::new(number))
            }
            ("d", _) | ("", true) => {
                let number = self.digits.parse::<f64>().ok().filter(|n| n.is_finite())?;
                Value::Double(DoubleBits::new(number))
            }
            ("m", _) => Value::Decimal(DecimalBits::new(decimal(&self.digits)?)),
            _ => return self.integer(),
        };
        Some(Token::Literal(value))
    }

    fn integer(&self) -> Option<Token<'static>> {
        let number = u64::from_str_radix(&self.digits, self.radix).ok()?;
        let (unsigned, long) = (self.suffix.contains('u'), self.suffix.contains('l'));
        let narrow = u32::try_from(number).ok().filter(|_| !long);
        let value = if unsigned {
            narrow.map_or(Value::ULong(number), Value::UInt)
        } else if let Some(narrow) = narrow {
            i32::try_from(narrow).map_or(Value::UInt(narrow), Value::Int)
        } else {
            i64::try_from(number).map_or(Value::ULong(number), Value::Long)
        };
        if unsigned || self.radix != 10 {
            return Some(Token::Literal(value));
        }
        Some(match value {
            Value::UInt(number) if number == 1 << 31 => Token::Limit { value, negated: Value::Int(i32::MIN) },
            Value::ULong(number) if number == 1 << 63 => {
                Token::Limit { value, negated: Value::Long(i64::MIN) }
            }
            value => Token::Literal(value),
        })
    }
}

fn decimal(digits: &str) -> Option<Decimal> {
    if digits.contains(['e', 'E']) { Decimal::from_scientific(digits).ok() } else { digits.parse().ok() }
}
