//! Finds the end of an expression: the bracket that matches the one after `@`.
//!
//! Brackets inside C# strings (`""`, `@""`, `$""`), characters and comments do not count; the code in
//! the holes of `$"{...}"` does. Strings in single quotes are accepted as published policies have them.
//!
//! Code whose quotes are not escaped may hold escaped characters none the less (`"a" &amp;&amp; b`). Outside
//! of strings nothing but the character can be meant, and then strings are read alike. Where code outside of
//! strings has none, the characters of a string are what is written there (`Replace("&amp;", "&")`).

use super::entity::SourceChars;

/// Why no end was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unbalanced {
    /// The text ends first.
    Open {
        /// Where the innermost open bracket is.
        at: usize,
        /// What would close it.
        closer: char,
    },
    /// A bracket closes another kind.
    Mismatch {
        /// Where it is.
        at: usize,
        /// What it is.
        found: char,
        /// What was expected there.
        closer: char,
    },
    /// A string or comment never ends.
    Unterminated {
        /// Where it begins.
        at: usize,
        /// What it is.
        what: &'static str,
    },
}

/// How `&quot;` and the like are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entities {
    /// As they are written.
    Kept,
    /// As what they stand for.
    Decoded,
    /// Decoded, but not in strings that begin with a quote that is not escaped.
    DecodedInCode,
}

/// The byte after the bracket that matches the one at `start` (the byte after `@`). With `entities`,
/// `&quot;` and the like count as what they stand for.
pub(crate) fn match_bracket(text: &str, start: usize, entities: bool) -> Result<usize, Unbalanced> {
    let entities = if entities { Entities::Decoded } else { Entities::Kept };
    Matcher::new(text, start, entities).run(start)
}

/// The same for code whose quotes are not escaped, with the ranges of bytes in which entities are to be kept.
pub(super) fn match_unescaped(text: &str, start: usize) -> Result<(usize, Vec<(usize, usize)>), Unbalanced> {
    let mut matcher = Matcher::new(text, start, Entities::DecodedInCode);
    let end = matcher.run(start)?;
    if matcher.escaped && match_bracket(text, start, true) == Ok(end) {
        return Ok((end, Vec::new()));
    }
    Ok((end, matcher.kept))
}

#[derive(Clone, Copy)]
struct Open {
    closer: char,
    at: usize,
    /// Hole of an interpolated string: after it the string goes on.
    hole_of: Option<Quoted>,
}

#[derive(Clone, Copy)]
struct Quoted {
    verbatim: bool,
    interpolated: bool,
    at: usize,
    /// Whether its opening quote is written as an entity.
    escaped: bool,
}

struct Matcher<'a> {
    chars: SourceChars<'a>,
    entities: Entities,
    open: Vec<Open>,
    /// Up to here an apostrophe has been found to have no partner: looking again would take forever on
    /// a long line.
    plain_until: usize,
    /// Whether there is an entity outside of strings.
    escaped: bool,
    /// Strings whose entities are to be kept.
    kept: Vec<(usize, usize)>,
}

impl<'a> Matcher<'a> {
    const fn new(text: &'a str, start: usize, entities: Entities) -> Self {
        let decoded = !matches!(entities, Entities::Kept);
        let chars = SourceChars::new(text, start, decoded);
        Self { chars, entities, open: Vec::new(), plain_until: 0, escaped: false, kept: Vec::new() }
    }

    fn run(&mut self, start: usize) -> Result<usize, Unbalanced> {
        loop {
            self.chars.skip_bytes(is_plain);
            let Some(c) = self.chars.next() else { break };
            self.escaped |= c.is_escaped();
            match c.char {
                '(' => self.push(')', c.start),
                '[' => self.push(']', c.start),
                '{' => self.push('}', c.start),
                ')' | ']' | '}' => {
                    let Some(open) = self.open.pop() else {
                        return Err(Unbalanced::Open { at: start, closer: ')' });
                    };
                    if open.closer != c.char {
                        return Err(Unbalanced::Mismatch { at: c.start, found: c.char, closer: open.closer });
                    }
                    if let Some(quoted) = open.hole_of {
                        self.string(quoted)?;
                    } else if self.open.is_empty() {
                        return Ok(c.end);
                    }
                }
                '"' => {
                    let escaped = c.is_escaped();
                    self.string(Quoted { verbatim: false, interpolated: false, at: c.start, escaped })?;
                }
                '@' | '$' => self.prefixed(c.char, c.start)?,
                '\'' if c.start >= self.plain_until => self.character(c.end),
                '/' => self.comment(c.start)?,
                _ => {}
            }
        }
        let (at, closer) = self.open.last().map_or((start, ')'), |open| (open.at, open.closer));
        Err(Unbalanced::Open { at, closer })
    }

    fn push(&mut self, closer: char, at: usize) {
        self.open.push(Open { closer, at, hole_of: None });
    }

    /// `@"`, `$"`, `$@"` or `@$"`.
    fn prefixed(&mut self, first: char, at: usize) -> Result<(), Unbalanced> {
        let mut ahead = self.chars.clone();
        let Some(second) = ahead.next() else { return Ok(()) };
        let both = matches!((first, second.char), ('@', '$') | ('$', '@'));
        let quote = if both { ahead.next() } else { Some(second) };
        let Some(quote) = quote.filter(|c| c.char == '"') else { return Ok(()) };
        self.chars = ahead;
        self.string(Quoted {
            verbatim: both || first == '@',
            interpolated: both || first == '$',
            at,
            escaped: quote.is_escaped(),
        })
    }

    /// The rest of a string up to its quote or to a hole in it.
    fn string(&mut self, quoted: Quoted) -> Result<(), Unbalanced> {
        let keeps = self.entities == Entities::DecodedInCode && !quoted.escaped;
        if !keeps {
            return self.string_part(quoted);
        }
        let start = self.chars.at();
        self.chars.set_entities(false);
        let result = self.string_part(quoted);
        self.chars.set_entities(true);
        self.kept.push((start, self.chars.at()));
        result
    }

    fn string_part(&mut self, quoted: Quoted) -> Result<(), Unbalanced> {
        loop {
            self.chars.skip_bytes(is_plain);
            let Some(c) = self.chars.next() else { break };
            match c.char {
                '\\' if !quoted.verbatim => {
                    self.chars.next();
                }
                '"' if quoted.verbatim && self.chars.peek() == Some('"') => {
                    self.chars.next();
                }
                '"' => return Ok(()),
                '{' if quoted.interpolated => {
                    if self.chars.peek() == Some('{') {
                        self.chars.next();
                    } else {
                        self.open.push(Open { closer: '}', at: c.start, hole_of: Some(quoted) });
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        Err(Unbalanced::Unterminated { at: quoted.at, what: "string" })
    }

    /// `'x'`, or a string in single quotes. An apostrophe without a partner is passed over; the partner is on
    /// the same line, and neither a quote nor `<` stands between unless it is the only character: otherwise
    /// the apostrophe of another value might be taken.
    fn character(&mut self, start: usize) {
        let mut seen = start;
        let mut ahead = self.chars.clone();
        while let Some(c) = ahead.next() {
            let first = seen == start;
            seen = c.end;
            match c.char {
                '\\' => {
                    ahead.next();
                }
                '\'' => {
                    self.chars = ahead;
                    return;
                }
                '"' | '<' if first && ahead.peek() == Some('\'') => {}
                '"' | '<' | '\n' => break,
                _ => {}
            }
        }
        self.plain_until = seen;
    }

    fn comment(&mut self, at: usize) -> Result<(), Unbalanced> {
        match self.chars.peek() {
            Some('/') => {
                while self.chars.next().is_some_and(|c| c.char != '\n') {}
                Ok(())
            }
            Some('*') => {
                self.chars.next();
                let mut star = false;
                for c in self.chars.by_ref() {
                    if star && c.char == '/' {
                        return Ok(());
                    }
                    star = c.char == '*';
                }
                Err(Unbalanced::Unterminated { at, what: "comment" })
            }
            _ => Ok(()),
        }
    }
}

/// Whether a byte means nothing to a matcher, neither in code nor in strings.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t')
        && !matches!(
            byte,
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'"' | b'\'' | b'@' | b'$' | b'/' | b'\\' | b'&'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_matching_bracket() {
        for expression in [
            "(a)",
            "(a[\")\"])",
            "(\"a\\\")\" + b)",
            "(@\"c:\\\" + \")\")",
            "(@\"say \"\")\"\"\" + x)",
            "($\"{f(\")\")} )\" + x)",
            "($\"{{) {a[\"}\"]} )\")",
            "($@\"{a}\\\" + x)",
            "(c == ')' || c == '\\'')",
            "('Retry-After)')",
            "(it's \"a) 'b\")",
            "(c == '<' || c == '\"')",
            "(a // it's ) \"\n)",
            "(a /* ) \" ' */ )",
            "(a / b)",
            "(&quot;)&quot; + x)",
            "{ return new { a = 1 }; }",
        ] {
            let text = format!("{expression})\">");
            assert_eq!(match_bracket(&text, 0, true), Ok(expression.len()), "{expression}");
        }
    }

    #[test]
    fn says_why_there_is_none() {
        assert_eq!(
            match_bracket("(a[1)", 0, true),
            Err(Unbalanced::Mismatch { at: 4, found: ')', closer: ']' })
        );
        assert_eq!(match_bracket("(a(b)", 0, true), Err(Unbalanced::Open { at: 0, closer: ')' }));
        assert_eq!(match_bracket("(\"a)", 0, true), Err(Unbalanced::Unterminated { at: 1, what: "string" }));
        assert_eq!(match_bracket("(/* )", 0, true), Err(Unbalanced::Unterminated { at: 1, what: "comment" }));
        assert_eq!(match_bracket("", 0, true), Err(Unbalanced::Open { at: 0, closer: ')' }));
    }

    #[test]
    fn keeps_entities_in_strings_of_code_that_is_not_escaped() {
        for (code, kept) in [
            ("(a.Replace(\"&amp;\", \"&\"))", vec!["&amp;\"", "&\""]),
            ("(\"&quot;)\" + x)", vec!["&quot;)\""]),
            ("($\"{f(\"&quot;\")}&lt;\")", vec!["{", "&quot;\"", "&lt;\""]),
            ("(a == \"x &amp; y\" &amp;&amp; b)", vec![]),
            ("(a == \"&quot;)\" &amp;&amp; b)", vec!["&quot;)\""]),
        ] {
            let text = format!("{code})\">");
            let (end, ranges) = match_unescaped(&text, 0).unwrap();
            assert_eq!(end, code.len(), "{code}");
            let found: Vec<&str> =
                ranges.iter().map(|(start, end)| text.get(*start..*end).unwrap()).collect();
            assert_eq!(found, kept, "{code}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[(){}\\[\\]\"'@$/*\\\\&a-b;\n]{0,60}", entities in any::<bool>()) {
            let _ = match_bracket(&text, 0, entities);
            let _ = match_unescaped(&text, 0);
        }
    }
}
