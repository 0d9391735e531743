//! XML entities, and a text read character by character with its entities decoded.

/// The character an entity at the start of `text` stands for, and how many bytes it takes. `None` when
/// there is no entity (a bare `&`, an unknown name), which then stands for itself.
pub(crate) fn decode(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix('&')?;
    let end = rest.bytes().take(MAX_ENTITY_BYTES).position(|b| b == b';')?;
    let name = rest.get(..end)?;
    let decoded = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((decoded, end.saturating_add(2)))
}

const MAX_ENTITY_BYTES: usize = 12;

/// One character as the expression sees it, with the bytes of the source that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SourceChar {
    pub(crate) char: char,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl SourceChar {
    /// Whether it is written as an entity: only then one character takes more bytes than its own.
    pub(crate) const fn is_escaped(self) -> bool {
        self.end.saturating_sub(self.start) > self.char.len_utf8()
    }
}

/// The characters of a text from a place on.
#[derive(Clone, Debug)]
pub(crate) struct SourceChars<'a> {
    text: &'a str,
    at: usize,
    entities: bool,
}

impl<'a> SourceChars<'a> {
    /// The characters from byte `at`; with `entities`, each entity is the character it stands for.
    pub(crate) const fn new(text: &'a str, at: usize, entities: bool) -> Self {
        Self { text, at, entities }
    }

    /// The byte at which the next character begins.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// From here on, whether entities are the characters they stand for.
    pub(crate) const fn set_entities(&mut self, entities: bool) {
        self.entities = entities;
    }

    /// Passes over bytes for which `plain` holds. It must not hold for `&`, nor for what is not ASCII.
    #[inline]
    pub(crate) fn skip_bytes(&mut self, plain: impl Fn(u8) -> bool) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        let length = rest.iter().position(|byte| !plain(*byte)).unwrap_or(rest.len());
        self.at = self.at.saturating_add(length);
    }

    /// The next character without taking it.
    pub(crate) fn peek(&self) -> Option<char> {
        self.clone().next().map(|c| c.char)
    }
}

impl Iterator for SourceChars<'_> {
    type Item = SourceChar;

    #[inline]
    fn next(&mut self) -> Option<SourceChar> {
        let start = self.at;
        match self.text.as_bytes().get(start) {
            Some(byte) if byte.is_ascii() && (*byte != b'&' || !self.entities) => {
                self.at = start.saturating_add(1);
                Some(SourceChar { char: char::from(*byte), start, end: self.at })
            }
            _ => self.decoded(),
        }
    }
}

impl SourceChars<'_> {
    /// The next character where it is not one byte that stands for itself.
    fn decoded(&mut self) -> Option<SourceChar> {
        let rest = self.text.get(self.at..)?;
        let plain = rest.chars().next()?;
        let start = self.at;
        let entity = if self.entities { decode(rest) } else { None };
        let (char, length) = entity.unwrap_or((plain, plain.len_utf8()));
        self.at = start.saturating_add(length);
        Some(SourceChar { char, start, end: self.at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_entities_and_leaves_the_rest() {
        for (text, expected) in [
            ("&lt;", Some(('<', 4))),
            ("&quot;x", Some(('"', 6))),
            ("&#65;", Some(('A', 5))),
            ("&#x41;", Some(('A', 6))),
            ("&& b;", None),
            ("&nbsp;", None),
            ("&#xD800;", None),
            ("&", None),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
        let read: String = SourceChars::new("a &lt;&& &amp;", 0, true).map(|c| c.char).collect();
        assert_eq!(read, "a <&& &");
    }
}
