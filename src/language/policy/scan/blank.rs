//! White space at the beginning of a text: most of a policy document is indentation.

/// How many bytes of white space `text` begins with.
pub(in crate::policy) fn blank_bytes(text: &str) -> usize {
    let bytes = text.as_bytes();
    let plain = bytes.iter().position(|byte| !matches!(byte, b' ' | b'\t'..=b'\r')).unwrap_or(bytes.len());
    match bytes.get(plain) {
        Some(byte) if !byte.is_ascii() => text.len().saturating_sub(text.trim_start().len()),
        _ => plain,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn white_space_is_what_unicode_says(text in "[ \t\n\u{b}\u{c}\r\u{1c}\u{85}\u{a0}\u{2003}a]{0,8}") {
            prop_assert_eq!(blank_bytes(&text), text.len() - text.trim_start().len());
        }
    }
}
