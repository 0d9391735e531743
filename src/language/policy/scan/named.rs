//! `{{name}}`: where a named value of the service stands.
//!
//! A name has letters, digits, `.`, `-` and `_`. Everything else in doubled braces is Liquid or C#.

use memchr::memmem;

/// Longest name (schema of named values).
const MAX_NAME_BYTES: usize = 256;

/// The name in the `{{name}}` that `text` begins with.
pub(in crate::policy) fn at_start(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("{{")?;
    let length = rest.bytes().take(MAX_NAME_BYTES.saturating_add(1)).position(|b| !is_name_byte(b))?;
    let (name, after) = rest.split_at_checked(length)?;
    (!name.is_empty() && after.starts_with("}}")).then_some(name)
}

/// Every `{{name}}` in `text`: its first byte, and the name.
pub(in crate::policy) fn uses(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        while let Some(step) = memmem::find(text.as_bytes().get(at..)?, b"{{") {
            let start = at.saturating_add(step);
            if let Some(name) = at_start(text.get(start..)?) {
                at = start.saturating_add(name.len()).saturating_add(4);
                return Some((start, name));
            }
            at = start.saturating_add(1);
        }
        at = text.len();
        None
    })
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_count() {
        for (text, expected) in [
            ("{{a}}", vec![(0, "a")]),
            ("x{{a-b_c.1}}y{{d}}", vec![(1, "a-b_c.1"), (13, "d")]),
            ("{{ body.x }}", vec![]),
            ("{{}}", vec![]),
            ("{{\"k\", 1}}", vec![]),
            ("{{{a}}}", vec![(1, "a")]),
            ("{{a}", vec![]),
            ("{{é}}", vec![]),
            ("{{a {{b}}", vec![(4, "b")]),
        ] {
            assert_eq!(uses(text).collect::<Vec<_>>(), expected, "{text}");
        }
        assert_eq!(uses(&format!("{{{{{}}}}}", "a".repeat(257))).next(), None);
        assert_eq!(uses(&"{".repeat(100_000)).next(), None);
    }
}
