//! Tokens of Bicep, one at a time.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    Number,
    /// `'..'`, with the parts in `${}`.
    Text,
    /// `'''..'''`, dollars in front included.
    Block,
    /// An operator or bracket.
    Sign(&'static str),
    NewLine,
    End,
    /// A text or comment that does not end, or a character that means nothing.
    Bad(&'static str),
}

/// A token and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The signs that begin with a character, longer ones first.
const fn signs_from(c: char) -> &'static [&'static str] {
    match c {
        '.' => &["...", ".?", "."],
        '=' => &["=>", "==", "=~", "="],
        '!' => &["!=", "!~", "!"],
        '<' => &["<=", "<"],
        '>' => &[">=", ">"],
        '&' => &["&&", "&"],
        '|' => &["||", "|"],
        '?' => &["??", "?.", "?"],
        ':' => &["::", ":"],
        '{' => &["{"],
        '}' => &["}"],
        '[' => &["["],
        ']' => &["]"],
        '(' => &["("],
        ')' => &[")"],
        ',' => &[","],
        ';' => &[";"],
        '+' => &["+"],
        '-' => &["-"],
        '*' => &["*"],
        '/' => &["/"],
        '%' => &["%"],
        '@' => &["@"],
        '^' => &["^"],
        '#' => &["#"],
        _ => &[],
    }
}

/// The token at `from` in `text`, which ends at `end`. Blanks and comments before it are passed over.
pub(super) fn token(text: &str, from: usize, end: usize) -> Token {
    let mut start = from;
    loop {
        let rest = text.get(start..end).unwrap_or_default();
        let is_blank = |c: char| matches!(c, ' ' | '\t' | '\u{feff}' | '\u{a0}' | '\u{c}' | '\u{b}');
        start += rest.find(|c: char| !is_blank(c)).unwrap_or(rest.len());
        let rest = text.get(start..end).unwrap_or_default();
        if !rest.starts_with(['/', '#']) {
            break;
        }
        if rest.starts_with("//") || is_directive(rest) {
            start += rest.find(['\n', '\r']).unwrap_or(rest.len());
        } else if let Some(comment) = rest.strip_prefix("/*") {
            match comment.find("*/") {
                Some(length) => start += length + 4,
                None => {
                    return Token { kind: Kind::Bad("expected `*/` at the end of the comment"), start, end };
                }
            }
        } else {
            break;
        }
    }
    let rest = text.get(start..end).unwrap_or_default();
    let (kind, length) = first(rest);
    Token { kind, start, end: start + length }
}

/// `#disable-next-line BCP035` and the like, which stand alone on a line.
fn is_directive(rest: &str) -> bool {
    rest.strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn first(rest: &str) -> (Kind, usize) {
    let Some(c) = rest.chars().next() else { return (Kind::End, 0) };
    match c {
        '\n' => (Kind::NewLine, 1),
        '\r' => (Kind::NewLine, if rest.starts_with("\r\n") { 2 } else { 1 }),
        '\'' | '$' if block_length(rest).is_some() => block_length(rest).unwrap_or((Kind::End, 0)),
        '\'' => {
            if let Some(length) = text_length(rest) {
                (Kind::Text, length)
            } else {
                let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
                (Kind::Bad("expected a closing `'` on the same line"), line)
            }
        }
        c if c.is_alphabetic() || c == '_' => {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (Kind::Word, end)
        }
        c if c.is_ascii_digit() => {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            (Kind::Number, end)
        }
        c => match signs_from(c).iter().find(|sign| rest.starts_with(**sign)) {
            // `a ?.5` does not exist, but `a ?.b` is another spelling only in other languages: `? .` never is.
            Some(sign) => (Kind::Sign(sign), sign.len()),
            None => (Kind::Bad("expected a word, a text, a number or a sign of the language"), c.len_utf8()),
        },
    }
}

/// `'''..'''`, or with dollars before it; quotes at its end belong to it.
fn block_length(rest: &str) -> Option<(Kind, usize)> {
    let inside = rest.trim_start_matches('$').strip_prefix("'''")?;
    let before = rest.len() - inside.len();
    Some(match inside.find("'''") {
        Some(end) => {
            let after = inside.get(end + 3..).unwrap_or_default();
            let more = after.len() - after.trim_start_matches('\'').len();
            (Kind::Block, before + end + 3 + more)
        }
        None => (Kind::Bad("expected `'''` at the end of the text"), rest.len()),
    })
}

/// The length of a text in quotes. Interpolations may hold texts, and those interpolations.
fn text_length(rest: &str) -> Option<usize> {
    // What is open: `'` is a text, `{` an interpolation or a bracket in one.
    let mut open: Vec<u8> = Vec::new();
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let in_text = open.last() == Some(&b'\'');
        match byte {
            b'\'' if in_text => {
                open.pop();
                if open.is_empty() {
                    return Some(at + 1);
                }
            }
            b'\'' => open.push(b'\''),
            b'\\' if in_text => at += 1,
            b'$' if in_text && bytes.get(at + 1) == Some(&b'{') => {
                open.push(b'{');
                at += 1;
            }
            b'{' if !in_text => open.push(b'{'),
            b'}' if !in_text => {
                open.pop();
            }
            b'\n' | b'\r' if in_text => return None,
            _ => {}
        }
        at += 1;
    }
    None
}
