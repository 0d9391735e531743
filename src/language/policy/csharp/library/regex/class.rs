//! Character classes: `[...]` and the escapes that stand for characters or classes.

use super::translate::{ECMA_SCRIPT, Problem};

/// Word characters of .NET: letters, marks without width, digits, and connectors.
const WORD: &str = "\\p{L}\\p{Mn}\\p{Nd}\\p{Pc}";

fn invalid(at: usize, message: impl Into<String>) -> Problem {
    Problem::Invalid(at, message.into())
}

/// Writes `c` so that it stands for itself, in a class and outside.
pub(super) fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_punctuation() && c != '_' && c != '<' && c != '>' && !matches!(c, '\'' | '"' | '`') {
        let is_plain = matches!(c, ',' | ':' | ';' | '=' | '!' | '%' | '@' | '/');
        if !is_plain {
            out.push('\\');
        }
    }
    match c {
        '\0'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\x{{{:x}}}", u32::from(c))),
        c => out.push(c),
    }
}

/// The class whose first character after `[` is at `at`: the engine's text and where it ends.
pub(super) fn translate(chars: &[char], at: usize, options: i32) -> Result<(String, usize), Problem> {
    nested(chars, at, options, 0)
}

fn nested(chars: &[char], begin: usize, options: i32, depth: usize) -> Result<(String, usize), Problem> {
    if depth > 20 {
        return Err(Problem::Unsupported("a character class nested this deeply"));
    }
    let mut at = begin;
    let mut out = String::from("[");
    if chars.get(at) == Some(&'^') {
        out.push('^');
        at = at.saturating_add(1);
    }
    // A set that is subtracted takes effect last, whatever the sign: both parts get brackets.
    out.push('[');
    let mut is_first = true;
    let mut subtracted = String::new();
    loop {
        let Some(c) = chars.get(at).copied() else {
            return Err(invalid(chars.len(), "Unterminated [] set."));
        };
        if c == ']' && !is_first {
            at = at.saturating_add(1);
            break;
        }
        if c == '[' && chars.get(at.saturating_add(1)) == Some(&':') {
            // .NET reads [:name:] and ignores it.
            let rest = chars.get(at.saturating_add(2)..).unwrap_or(&[]);
            if let Some(length) = rest.windows(2).position(|pair| pair == [':', ']'])
                && rest.iter().take(length).all(char::is_ascii_alphanumeric)
            {
                at = at.saturating_add(length).saturating_add(4);
                is_first = false;
                continue;
            }
        }
        if c == '-' && chars.get(at.saturating_add(1)) == Some(&'[') && !is_first {
            let (text, end) = nested(chars, at.saturating_add(2), options, depth.saturating_add(1))?;
            if chars.get(end) != Some(&']') {
                return Err(invalid(end, "A subtraction must be the last element in a character class."));
            }
            subtracted = text;
            at = end.saturating_add(1);
            break;
        }
        is_first = false;
        let (low, next) = element(chars, at, options)?;
        at = next;
        let is_range =
            chars.get(at) == Some(&'-') && !matches!(chars.get(at.saturating_add(1)), None | Some(']' | '['));
        match (low, is_range) {
            (Element::Char(low), true) => {
                let (high, next) = element(chars, at.saturating_add(1), options)?;
                let Element::Char(high) = high else {
                    return Err(invalid(next, "Cannot include class in character range."));
                };
                if high < low {
                    return Err(invalid(next, "[x-y] range in reverse order."));
                }
                push_literal(&mut out, low);
                out.push('-');
                push_literal(&mut out, high);
                at = next;
            }
            (Element::Char(c), false) => push_literal(&mut out, c),
            (Element::Class(text), _) => out.push_str(&text),
        }
    }
    out.push(']');
    let own = format!("{out}]");
    if subtracted.is_empty() { Ok((own, at)) } else { Ok((format!("[{own}--{subtracted}]"), at)) }
}

enum Element {
    Char(char),
    Class(String),
}

fn element(chars: &[char], at: usize, options: i32) -> Result<(Element, usize), Problem> {
    match chars.get(at).copied() {
        Some('\\') => {
            let (text, end) = escape(chars, at.saturating_add(1), options, true)?;
            // A class has brackets or begins with \p; a character is at most an escape.
            match single(chars, at.saturating_add(1)) {
                Some(c) => Ok((Element::Char(c), end)),
                None => Ok((Element::Class(text), end)),
            }
        }
        Some(c) => Ok((Element::Char(c), at.saturating_add(1))),
        None => Err(invalid(at, "Unterminated [] set.")),
    }
}

/// The character that the escape at `at`, after its backslash, stands for; `None`: it is a class.
fn single(chars: &[char], at: usize) -> Option<char> {
    let c = chars.get(at).copied()?;
    if matches!(c, 'd' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P') {
        return None;
    }
    character(chars, at, true).ok().map(|(c, _)| c)
}

/// The escape whose first character after the backslash is at `at`: the engine's text and where it ends.
pub(super) fn escape(
    chars: &[char],
    at: usize,
    options: i32,
    in_class: bool,
) -> Result<(String, usize), Problem> {
    let Some(c) = chars.get(at).copied() else {
        return Err(invalid(at, "Illegal \\ at end of pattern."));
    };
    let is_ecma = options & ECMA_SCRIPT != 0;
    let after = at.saturating_add(1);
    let class = match c {
        'd' | 'D' => {
            if is_ecma {
                "0-9"
            } else {
                "\\p{Nd}"
            }
        }
        'w' | 'W' => {
            if is_ecma {
                "a-zA-Z0-9_"
            } else {
                WORD
            }
        }
        's' | 'S' => {
            if is_ecma {
                " \\f\\n\\r\\t\\v"
            } else {
                "\\s"
            }
        }
        'p' | 'P' => return property(chars, after, c == 'P'),
        _ => {
            let (c, end) = character(chars, at, in_class)?;
            let mut out = String::new();
            push_literal(&mut out, c);
            return Ok((out, end));
        }
    };
    let sign = if c.is_ascii_uppercase() { "^" } else { "" };
    Ok((format!("[{sign}{class}]"), after))
}

/// A character by its escape.
fn character(chars: &[char], at: usize, in_class: bool) -> Result<(char, usize), Problem> {
    let Some(c) = chars.get(at).copied() else {
        return Err(invalid(at, "Illegal \\ at end of pattern."));
    };
    let after = at.saturating_add(1);
    let found = match c {
        'a' => '\u{7}',
        'b' if in_class => '\u{8}',
        'e' => '\u{1b}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'x' => return digits(chars, after, 2),
        'u' => return digits(chars, after, 4),
        'c' => {
            let letter = chars.get(after).map(char::to_ascii_uppercase);
            return match letter {
                Some(letter @ '@'..='_') => {
                    let code = u32::from(letter) & 0x1f;
                    Ok((char::from_u32(code).unwrap_or('\0'), after.saturating_add(1)))
                }
                Some(_) => Err(invalid(after, "Unrecognized control character.")),
                None => Err(invalid(after, "Missing control character.")),
            };
        }
        '0'..='7' => {
            let octal: Vec<u32> = chars.iter().skip(at).take(3).map_while(|c| c.to_digit(8)).collect();
            let code = octal.iter().fold(0_u32, |code, digit| (code << 3) | digit) & 0xff;
            return Ok((char::from_u32(code).unwrap_or('\0'), at.saturating_add(octal.len())));
        }
        c if c.is_alphanumeric() || c == '_' => {
            return Err(invalid(after, format!("Unrecognized escape sequence \\{c}.")));
        }
        c => c,
    };
    Ok((found, after))
}

fn digits(chars: &[char], at: usize, count: usize) -> Result<(char, usize), Problem> {
    let found: Vec<u32> = chars.iter().skip(at).take(count).map_while(|c| c.to_digit(16)).collect();
    if found.len() < count {
        let end = at.saturating_add(found.len());
        return Err(invalid(end, "Insufficient or invalid hexadecimal digits."));
    }
    let code = found.iter().fold(0_u32, |code, digit| (code << 4) | digit);
    // Half of a character cannot stand alone in a text here.
    Ok((char::from_u32(code).unwrap_or('\u{fffd}'), at.saturating_add(count)))
}

/// `\p{name}`: general categories and the commonest blocks.
fn property(chars: &[char], at: usize, negated: bool) -> Result<(String, usize), Problem> {
    let rest = chars.get(at..).unwrap_or(&[]);
    let length = rest.iter().position(|c| *c == '}');
    let (Some('{'), Some(length)) = (rest.first(), length) else {
        return Err(invalid(at, "Incomplete \\p{X} character escape."));
    };
    let name: String = rest.iter().take(length).skip(1).collect();
    let end = at.saturating_add(length).saturating_add(1);
    let sign = if negated { "^" } else { "" };
    let categories = [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd",
        "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf",
        "Co", "Cn",
    ];
    let blocks = [
        ("IsBasicLatin", "\\x{0}-\\x{7f}"),
        ("IsLatin-1Supplement", "\\x{80}-\\x{ff}"),
        ("IsLatinExtended-A", "\\x{100}-\\x{17f}"),
        ("IsLatinExtended-B", "\\x{180}-\\x{24f}"),
        ("IsGreek", "\\x{370}-\\x{3ff}"),
        ("IsGreekandCoptic", "\\x{370}-\\x{3ff}"),
        ("IsCyrillic", "\\x{400}-\\x{4ff}"),
        ("IsHebrew", "\\x{590}-\\x{5ff}"),
        ("IsArabic", "\\x{600}-\\x{6ff}"),
        ("IsHiragana", "\\x{3040}-\\x{309f}"),
        ("IsKatakana", "\\x{30a0}-\\x{30ff}"),
        ("IsCJKUnifiedIdeographs", "\\x{4e00}-\\x{9fff}"),
        ("IsHangulSyllables", "\\x{ac00}-\\x{d7af}"),
    ];
    let class = match blocks.iter().find(|(block, _)| *block == name) {
        Some((_, range)) => (*range).to_owned(),
        None if categories.contains(&name.as_str()) => format!("\\p{{{name}}}"),
        None if name.starts_with("Is") => return Err(Problem::Unsupported("this Unicode block")),
        None => return Err(invalid(end, format!("Unknown property '{name}'."))),
    };
    Ok((format!("[{sign}{class}]"), end))
}
