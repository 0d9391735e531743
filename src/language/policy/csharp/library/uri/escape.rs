//! Percent-escapes: `EscapeDataString`, `UnescapeDataString`, and the canonical form of a URI's parts.

/// Whether nothing ever escapes it (RFC 3986).
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// Whether it has a meaning of its own in URIs.
const fn is_reserved(byte: u8) -> bool {
    matches!(
        byte,
        b';' | b'/'
            | b'?'
            | b':'
            | b'@'
            | b'&'
            | b'='
            | b'+'
            | b'$'
            | b','
            | b'#'
            | b'['
            | b']'
            | b'!'
            | b'\''
            | b'('
            | b')'
            | b'*'
    )
}

const fn hex(nibble: u8) -> char {
    match nibble & 0xf {
        digit @ 0..=9 => b'0'.wrapping_add(digit) as char,
        digit => b'A'.wrapping_sub(10).wrapping_add(digit) as char,
    }
}

pub(in super::super) fn push_escaped(out: &mut String, byte: u8) {
    out.extend(['%', hex(byte >> 4), hex(byte)]);
}

/// `Uri.EscapeDataString`: everything but unreserved characters.
pub fn escape_data(text: &str) -> String {
    escape(text, is_unreserved)
}

/// `Uri.EscapeUriString`: everything but unreserved and reserved characters.
pub(super) fn escape_uri(text: &str) -> String {
    escape(text, |byte| is_unreserved(byte) || is_reserved(byte))
}

fn escape(text: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if keep(byte) {
            out.push(char::from(byte));
        } else {
            push_escaped(&mut out, byte);
        }
    }
    out
}

/// The byte that `text` begins with as `%XX`.
pub(in super::super) fn escaped_byte(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(*high)? << 4) | digit(*low)?)
}

/// What stands at the beginning of a text with escapes.
enum Piece<'t> {
    /// A character as written.
    Plain(char),
    /// An escaped character, and how it was written.
    Escaped(char, &'t str),
    /// An escaped byte that is no character.
    Stray(&'t str),
}

/// The pieces of `text`.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let mut bytes = [0_u8; 4];
        let mut length = 0_usize;
        let mut tail = rest.as_bytes();
        while let (Some(byte), Some(slot)) = (escaped_byte(tail), bytes.get_mut(length)) {
            *slot = byte;
            length = length.saturating_add(1);
            tail = tail.get(3..).unwrap_or(&[]);
            let known = bytes.get(..length).unwrap_or(&[]);
            match std::str::from_utf8(known) {
                Ok(decoded) => {
                    let (written, next) = rest.split_at_checked(length.saturating_mul(3))?;
                    rest = next;
                    return decoded.chars().next().map(|c| Piece::Escaped(c, written));
                }
                Err(error) if error.error_len().is_some() => break,
                Err(_) => {}
            }
        }
        let size = if length > 0 { 3 } else { first.len_utf8() };
        let (written, next) = rest.split_at_checked(size)?;
        rest = next;
        Some(if length > 0 { Piece::Stray(written) } else { Piece::Plain(first) })
    })
}

/// A part of a URI as .NET keeps it: unreserved characters plain, reserved ones as written, everything else
/// escaped.
pub(super) fn canonical(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut buffer = [0_u8; 4];
    for piece in pieces(text) {
        match piece {
            Piece::Plain(c) | Piece::Escaped(c, _) if !c.is_ascii() => {
                c.encode_utf8(&mut buffer).bytes().for_each(|byte| push_escaped(&mut out, byte));
            }
            Piece::Plain(c) => match u8::try_from(c) {
                Ok(byte) if is_unreserved(byte) || is_reserved(byte) => out.push(c),
                Ok(byte) => push_escaped(&mut out, byte),
                Err(_) => {}
            },
            Piece::Escaped(c, written) => match u8::try_from(c) {
                Ok(byte) if is_unreserved(byte) => out.push(c),
                _ => out.push_str(written),
            },
            Piece::Stray(written) => out.push_str(written),
        }
    }
    out
}

/// The text with its escapes decoded; with `everything` unset, those stay that would mean something else
/// when written plainly. Bytes that are no character stay escaped.
pub fn unescape(text: &str, everything: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Plain(c) => out.push(c),
            Piece::Escaped(c, written) => {
                let byte = u8::try_from(c).ok().filter(u8::is_ascii);
                let has_meaning = byte.is_some_and(|byte| {
                    is_reserved(byte) || matches!(byte, b'%' | b'\\') || byte.is_ascii_control()
                });
                if has_meaning && !everything {
                    out.push_str(written);
                } else {
                    out.push(c);
                }
            }
            Piece::Stray(written) => out.push_str(written),
        }
    }
    out
}

/// Whether the text needs no escaping to be a URI or a part of one.
pub(super) fn is_escaped(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some(byte) = rest.first() {
        let step = match byte {
            b'%' if escaped_byte(rest).is_some() => 3,
            byte if is_unreserved(*byte) || (is_reserved(*byte) && !matches!(byte, b'[' | b']')) => 1,
            _ => return false,
        };
        rest = rest.get(step..).unwrap_or(&[]);
    }
    true
}
