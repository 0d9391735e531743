//! Base 64 as `System.Convert` has it.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Characters between line breaks.
const LINE: usize = 76;

/// The text of `bytes`.
pub fn encode(bytes: &[u8], line_breaks: bool) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    let mut in_line = 0_usize;
    for chunk in bytes.chunks(3) {
        if line_breaks && in_line == LINE {
            text.push_str("\r\n");
            in_line = 0;
        }
        let mut group = 0_u32;
        for at in 0..3 {
            group = (group << 8) | u32::from(chunk.get(at).copied().unwrap_or(0));
        }
        for (at, shift) in [18_u32, 12, 6, 0].into_iter().enumerate() {
            let index = usize::try_from((group >> shift) & 63).unwrap_or(0);
            let digit = ALPHABET.get(index).copied().unwrap_or(b'A');
            text.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
        in_line = in_line.saturating_add(4);
    }
    text
}

fn value(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => u32::from(byte.wrapping_sub(b'A')),
        b'a'..=b'z' => u32::from(byte.wrapping_sub(b'a')).saturating_add(26),
        b'0'..=b'9' => u32::from(byte.wrapping_sub(b'0')).saturating_add(52),
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// The bytes of a text; white space may stand anywhere, padding must be complete.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).collect();
    if !digits.len().is_multiple_of(4) {
        return None;
    }
    let padding = digits.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return None;
    }
    let count = digits.len().saturating_sub(padding);
    let mut bytes = Vec::with_capacity(digits.len());
    let mut group = 0_u32;
    let mut bits = 0_u32;
    for digit in digits.iter().take(count) {
        group = ((group << 6) | value(*digit)?) & 0xff_ffff;
        bits = bits.saturating_add(6);
        if bits >= 8 {
            bits = bits.saturating_sub(8);
            bytes.push(u8::try_from((group >> bits) & 255).unwrap_or(0));
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 4648, section 10.
    #[test]
    fn vectors() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes(), false), coded);
            assert_eq!(decode(coded).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(decode("Zm9v\r\n YmFy").as_deref(), Some(b"foobar".as_slice()));
        for bad in ["Zg", "Zg=", "Zg===", "Z===", "Zm9v!", "Z=g=", "===="] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }

    #[test]
    fn lines_break_after_76_characters() {
        let text = encode(&[0; 58], true);
        assert_eq!(text.split("\r\n").map(str::len).collect::<Vec<_>>(), [76, 4]);
    }
}
