//! Base64, in the two alphabets, as .NET and the gateway read and write it.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// With padding, which must be there and right.
const PADDED: GeneralPurpose = GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new());

/// The alphabet of tokens, with padding or without; .NET and the gateway do not look at left-over bits.
const URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Characters in a line of `Base64FormattingOptions.InsertLineBreaks`.
const LINE: usize = 76;

/// `Convert.ToBase64String`; with `line_breaks` in lines of 76 characters that end in CR LF.
pub fn encode(bytes: &[u8], line_breaks: bool) -> String {
    let text = PADDED.encode(bytes);
    if !line_breaks {
        return text;
    }
    let mut broken = String::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            broken.push_str("\r\n");
        }
        broken.push(c);
    }
    broken
}

/// `Convert.FromBase64String`: white space is skipped, left-over bits are not looked at.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurpose =
        GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
    let units: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(units).ok()
}

/// The bytes of either alphabet, with padding or without; blanks and line ends are skipped.
pub fn decode_any(text: &str) -> Option<Vec<u8>> {
    let plain = text.trim().trim_end_matches('=').chars().filter(|c| !matches!(c, '\r' | '\n' | ' '));
    let url: String = plain
        .map(|c| match c {
            '+' => '-',
            '/' => '_',
            c => c,
        })
        .collect();
    decode_url(&url)
}

/// The bytes of base64url, with padding or without.
pub fn decode_url(text: &str) -> Option<Vec<u8>> {
    URL.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648() {
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ] {
            assert_eq!(encode(plain.as_bytes(), false), coded);
            assert_eq!(decode(coded).as_deref(), Some(plain.as_bytes()));
            assert_eq!(decode_url(coded.trim_end_matches('=')).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(decode(" Zm\r\n9v "), Some(b"foo".to_vec()));
        for bad in ["Zg", "Zg=", "Z===", "Zm9-", "=Zm9"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
        assert_eq!(decode_url("-_8"), Some(vec![0xfb, 0xff]));
        assert_eq!(decode_url("+/8"), None);
        for either in ["-_8", "+/8=", " -/ 8\r\n"] {
            assert_eq!(decode_any(either), Some(vec![0xfb, 0xff]), "{either}");
        }
        for wrong in ["Z", "Zm9vY", "Zm9*", "é"] {
            assert_eq!(decode_any(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lines_have_76_characters() {
        let text = encode(&[0; 58], true);
        assert_eq!(text.split("\r\n").map(str::len).collect::<Vec<_>>(), [76, 4]);
    }
}
