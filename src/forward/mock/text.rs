//! What answers say: words without meaning, and ids, from random streams.

use crate::random::Stream;

/// Words in a random order, without end: a token each.
#[derive(Clone, Debug)]
pub(super) struct Words {
    stream: Stream,
    bits: u64,
    left: u32,
}

/// 64 of them: six bits choose one.
const WORDS: [&str; 64] = [
    "about", "after", "again", "along", "always", "and", "answer", "around", "because", "before", "between",
    "both", "call", "change", "clear", "could", "each", "early", "even", "every", "few", "find", "first",
    "follow", "for", "from", "given", "good", "great", "here", "high", "into", "just", "keep", "large",
    "later", "light", "little", "long", "made", "many", "might", "more", "most", "near", "never", "next",
    "often", "only", "other", "over", "part", "place", "point", "right", "same", "small", "some", "still",
    "then", "under", "until", "where", "while",
];
const WORDS_PER_DRAW: u32 = 10;

impl Words {
    pub(super) const fn new(stream: Stream) -> Self {
        Self { stream, bits: 0, left: 0 }
    }

    /// Appends `count` words, each with a space before it; the first one of an answer without.
    pub(super) fn write(&mut self, text: &mut String, count: u64, is_first: bool) {
        for at in 0..count {
            if at > 0 || !is_first {
                text.push(' ');
            }
            text.push_str(self.next());
        }
    }

    fn next(&mut self) -> &'static str {
        if self.left == 0 {
            self.bits = self.stream.word();
            self.left = WORDS_PER_DRAW;
        }
        let place = usize::try_from(self.bits & 63).unwrap_or(0);
        self.bits >>= 6;
        self.left -= 1;
        WORDS.get(place).copied().unwrap_or("and")
    }
}

const ALPHABET: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZab";

/// An id with 30 random characters after `begin`. Three words of `stream`.
pub(super) fn id(begin: &str, stream: &mut Stream) -> String {
    let mut id = String::with_capacity(begin.len() + 30);
    id.push_str(begin);
    for _ in 0..3 {
        let mut bits = stream.word();
        for _ in 0..10 {
            let place = usize::try_from(bits & 63).unwrap_or(0);
            id.push(char::from(ALPHABET.get(place).copied().unwrap_or(b'a')));
            bits >>= 6;
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{StreamName, Streams};

    #[test]
    fn a_token_is_a_word_however_they_are_written() {
        let words = || Words::new(Streams::new(1).named(StreamName::new("text")));
        let (mut whole, mut parts) = (String::new(), String::new());
        words().write(&mut whole, 25, true);
        let mut slow = words();
        for at in 0..25 {
            slow.write(&mut parts, 1, at == 0);
        }
        assert_eq!(whole, parts);
        assert_eq!(whole.split(' ').count(), 25);
    }

    #[test]
    fn ids_belong_to_their_stream() {
        let made = |seed| id("chatcmpl-", &mut Streams::new(seed).named(StreamName::new("ids")));
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
        assert_eq!(made(1).len(), 39);
    }
}
