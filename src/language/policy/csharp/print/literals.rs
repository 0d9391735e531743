//! Literals and interpolated strings.

use std::fmt::{self, Formatter, Write};

use super::{COALESCE, write_expr};
use crate::policy::csharp::Value;
use crate::policy::csharp::syntax::Piece;

/// Whether a literal has a minus sign in it.
pub(super) fn is_negative(value: &Value) -> bool {
    match value {
        Value::Int(number) => *number < 0,
        Value::Long(number) => *number < 0,
        Value::Float(number) => number.get().is_sign_negative(),
        Value::Double(number) => number.get().is_sign_negative(),
        Value::Decimal(number) => number.get().is_sign_negative(),
        _ => false,
    }
}

pub(super) fn write_literal(f: &mut Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Bool(value) => write!(f, "{value}"),
        Value::Char(unit) => {
            f.write_char('\'')?;
            match char::from_u32(u32::from(*unit)) {
                Some(c) => write_char(f, c, '\'')?,
                None => write!(f, "\\u{unit:04x}")?,
            }
            f.write_char('\'')
        }
        Value::Int(number) => write!(f, "{number}"),
        Value::UInt(number) => write!(f, "{number}U"),
        // The suffix would be read before the sign, and the number would not fit.
        Value::Long(i64::MIN) => write!(f, "{}", i64::MIN),
        Value::Long(number) => write!(f, "{number}L"),
        Value::ULong(number) => write!(f, "{number}UL"),
        Value::Float(number) => write!(f, "{:?}F", number.get()),
        Value::Double(number) => write!(f, "{:?}", number.get()),
        Value::Decimal(number) => write!(f, "{}M", number.get()),
        Value::Str(text) => {
            f.write_char('"')?;
            text.chars().try_for_each(|c| write_char(f, c, '"'))?;
            f.write_char('"')
        }
        _ => f.write_str("null"),
    }
}

/// A string in single quotes; quotes and `<` would end the search for its end.
pub(super) fn write_quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('\'')?;
    text.chars().try_for_each(|c| match c {
        '"' => f.write_str("\\\""),
        '<' => f.write_str("\\u003c"),
        _ => write_char(f, c, '\''),
    })?;
    f.write_char('\'')
}

fn write_char(f: &mut Formatter<'_>, c: char, quote: char) -> fmt::Result {
    match c {
        '\n' => f.write_str("\\n"),
        '\r' => f.write_str("\\r"),
        '\t' => f.write_str("\\t"),
        '\\' => f.write_str("\\\\"),
        _ if c == quote => write!(f, "\\{c}"),
        _ if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => write!(f, "\\u{:04x}", u32::from(c)),
        _ => f.write_char(c),
    }
}

pub(super) fn write_pieces(f: &mut Formatter<'_>, pieces: &[Piece]) -> fmt::Result {
    f.write_str("$\"")?;
    for piece in pieces {
        match piece {
            Piece::Text(text) => write_text(f, text)?,
            Piece::Hole { value, alignment, format } => {
                f.write_char('{')?;
                write_expr(f, value, COALESCE)?;
                if let Some(alignment) = alignment {
                    f.write_char(',')?;
                    write_expr(f, alignment, COALESCE)?;
                }
                if let Some(format) = format {
                    f.write_char(':')?;
                    write_text(f, format)?;
                }
                f.write_char('}')?;
            }
        }
    }
    f.write_char('"')
}

fn write_text(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    text.chars().try_for_each(|c| match c {
        '{' => f.write_str("{{"),
        '}' => f.write_str("}}"),
        _ => write_char(f, c, '"'),
    })
}
