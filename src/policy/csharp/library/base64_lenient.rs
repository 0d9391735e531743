//! Base64 as the gateway's own extensions read it: with either alphabet.

/// The bytes of standard base64 with padding; white space is skipped, as `Convert.FromBase64String` does.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let units: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if units.len() % 4 != 0 || units.iter().any(|byte| matches!(byte, b'-' | b'_')) {
        return None;
    }
    decode_units(&units)
}

/// The bytes of base64url without padding, or with it.
pub fn decode_url(text: &str) -> Option<Vec<u8>> {
    decode_units(text.as_bytes())
}

fn decode_units(units: &[u8]) -> Option<Vec<u8>> {
    let padding = units.iter().rev().take_while(|byte| **byte == b'=').count();
    let digits = units.get(..units.len().saturating_sub(padding))?;
    if padding > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len());
    for group in digits.chunks(4) {
        let mut bits = 0_u32;
        for digit in group {
            bits = (bits << 6) | value(*digit)?;
        }
        let missing = 4_usize.saturating_sub(group.len());
        bits <<= 6_usize.saturating_mul(missing);
        let [_, a, b, c] = bits.to_be_bytes();
        bytes.extend([a, b, c].into_iter().take(3_usize.saturating_sub(missing)));
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    let base = match digit {
        b'A'..=b'Z' => digit.wrapping_sub(b'A'),
        b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
        b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_rfc_4648() {
        let cases = [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")];
        for (encoded, plain) in cases {
            assert_eq!(decode(encoded).as_deref(), Some(plain.as_bytes()));
            assert_eq!(decode_url(encoded.trim_end_matches('=')).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(decode_url("-_8").as_deref(), Some(&[0xfb, 0xff][..]));
        for bad in ["Z", "Zg", "Zg===", "Z!==", "Zg==Zg=="] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
