//! Custom numeric formats: `0.00`, `#,##0.##`, `0%`, `00.0E+0`, sections.
//!
//! Rules: "Custom numeric format strings" of the .NET documentation. The order of work is that of the
//! documentation too: choose the section, count its places, scale, round, then write.

use super::super::fault::Fault;
use super::digits::Digits;

/// What a section asks for.
#[derive(Debug, Default)]
struct Layout {
    /// Places for digits.
    places: i32,
    /// Places before the point.
    point: i32,
    /// First place that is written as zero when it is empty.
    first_zero: Option<i32>,
    /// Place after the last such.
    last_zero: i32,
    /// Written with an exponent.
    scientific: bool,
    /// Thousands are grouped.
    grouped: bool,
    /// Powers of ten to multiply by.
    shift: i32,
}

/// The number in the custom format.
pub fn format(mut digits: Digits, format: &str) -> Result<String, Fault> {
    let sections = sections(format);
    let mut chosen = pick(&sections, if digits.is_zero() { 2 } else { usize::from(digits.negative) });
    let mut layout = measure(section(&sections, chosen));
    if digits.is_zero() {
        digits.round(0);
    } else {
        let original = digits.clone();
        round(&mut digits, &layout);
        // What rounds to zero is written as zero.
        let zero = pick(&sections, 2);
        if digits.is_zero() && zero != chosen {
            let negative = digits.negative;
            chosen = zero;
            layout = measure(section(&sections, chosen));
            digits = Digits { digits: Vec::new(), scale: 0, negative, ..original };
        }
    }
    let text = write(&digits, section(&sections, chosen), &layout);
    let minus = digits.negative && chosen == 0 && !text.is_empty();
    Ok(if minus { format!("-{text}") } else { text })
}

fn section(sections: &[Vec<char>], index: usize) -> &[char] {
    sections.get(index).map_or(&[], Vec::as_slice)
}

/// The format split at `;` outside of literals.
fn sections(format: &str) -> Vec<Vec<char>> {
    let mut sections = vec![Vec::new()];
    let mut quote = None;
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if quote.is_none() && c == ';' {
            sections.push(Vec::new());
            continue;
        }
        let Some(last) = sections.last_mut() else { break };
        last.push(c);
        match (quote, c) {
            (None, '\\') => last.extend(chars.next()),
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    sections
}

/// The section for a sign, the first if that is missing or empty.
fn pick(sections: &[Vec<char>], wanted: usize) -> usize {
    if sections.get(wanted).is_some_and(|section| !section.is_empty()) { wanted } else { 0 }
}

/// Steps over a section: calls `visit` with each character that means something, and whether it is a
/// literal.
fn tokens(section: &[char]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0_usize;
    let get = |at: usize| section.get(at).copied();
    while let Some(c) = get(at) {
        at = at.saturating_add(1);
        match c {
            '#' | '0' => tokens.push(Token::Digit(c == '0')),
            '.' => tokens.push(Token::Point),
            ',' => tokens.push(Token::Comma),
            '%' => tokens.push(Token::Scale(c, 2)),
            '\u{2030}' => tokens.push(Token::Scale(c, 3)),
            '\'' | '"' => {
                while let Some(inner) = get(at) {
                    at = at.saturating_add(1);
                    if inner == c {
                        break;
                    }
                    tokens.push(Token::Literal(inner));
                }
            }
            '\\' => {
                if let Some(next) = get(at) {
                    at = at.saturating_add(1);
                    tokens.push(Token::Literal(next));
                }
            }
            'E' | 'e' => {
                let sign = get(at).filter(|next| matches!(next, '+' | '-'));
                let start = at.saturating_add(usize::from(sign.is_some()));
                let zeros = section.iter().skip(start).take_while(|c| **c == '0').count();
                if zeros == 0 {
                    tokens.push(Token::Literal(c));
                } else {
                    tokens.push(Token::Exponent { letter: c, plus: sign == Some('+'), zeros });
                    at = start.saturating_add(zeros);
                }
            }
            other => tokens.push(Token::Literal(other)),
        }
    }
    tokens
}

#[derive(Clone, Copy, Debug)]
enum Token {
    /// `0` (true) or `#`.
    Digit(bool),
    Point,
    Comma,
    Scale(char, i32),
    Exponent {
        letter: char,
        plus: bool,
        zeros: usize,
    },
    Literal(char),
}

fn measure(section: &[char]) -> Layout {
    let mut layout = Layout { point: -1, ..Layout::default() };
    // Where the last comma between digits stood, and how many stood there.
    let mut comma: Option<(i32, i32)> = None;
    for token in tokens(section) {
        match token {
            Token::Digit(zero) => {
                if zero {
                    layout.first_zero.get_or_insert(layout.places);
                    layout.last_zero = layout.places.saturating_add(1);
                }
                layout.places = layout.places.saturating_add(1);
            }
            Token::Point => {
                if layout.point < 0 {
                    layout.point = layout.places;
                }
            }
            Token::Comma if layout.places > 0 && layout.point < 0 => {
                comma = Some(match comma {
                    Some((place, count)) if place == layout.places => (place, count.saturating_add(1)),
                    other => {
                        layout.grouped = layout.grouped || other.is_some();
                        (layout.places, 1)
                    }
                });
            }
            Token::Scale(_, powers) => layout.shift = layout.shift.saturating_add(powers),
            Token::Exponent { .. } => layout.scientific = true,
            Token::Comma | Token::Literal(_) => {}
        }
    }
    if layout.point < 0 {
        layout.point = layout.places;
    }
    match comma {
        Some((place, count)) if place == layout.point => {
            layout.shift = layout.shift.saturating_sub(count.saturating_mul(3));
        }
        Some(_) => layout.grouped = true,
        None => {}
    }
    layout
}

fn round(digits: &mut Digits, layout: &Layout) {
    digits.scale = digits.scale.saturating_add(layout.shift);
    let kept = if layout.scientific {
        layout.places
    } else {
        digits.scale.saturating_add(layout.places).saturating_sub(layout.point)
    };
    digits.round(kept);
}

/// Where writing has come to.
struct Writer<'a> {
    digits: &'a Digits,
    text: String,
    /// Next digit.
    next: i32,
    /// Places left before the point; negative after it.
    place: i32,
    grouped: bool,
}

impl Writer<'_> {
    fn left(&self) -> bool {
        usize::try_from(self.next).is_ok_and(|next| next < self.digits.digits.len())
    }

    fn push(&mut self, digit: char) {
        self.text.push(digit);
        if self.grouped && self.place > 1 && self.place.saturating_sub(1) % 3 == 0 {
            self.text.push(',');
        }
    }

    fn take(&mut self) -> char {
        let digit = self.digits.at(self.next);
        self.next = self.next.saturating_add(1);
        digit
    }
}

fn write(digits: &Digits, section: &[char], layout: &Layout) -> String {
    let first = layout.first_zero.map_or(0, |first| layout.point.saturating_sub(first).max(0));
    let last =
        if layout.last_zero > layout.point { layout.point.saturating_sub(layout.last_zero) } else { 0 };
    let (place, mut surplus) = if layout.scientific {
        (layout.point, 0)
    } else {
        (digits.scale.max(layout.point), digits.scale.saturating_sub(layout.point))
    };
    let mut writer = Writer { digits, text: String::new(), next: 0, place, grouped: layout.grouped };
    let mut has_point = false;
    for token in tokens(section) {
        if surplus > 0 && matches!(token, Token::Digit(_) | Token::Point) {
            // Digits that have no place of their own go before the first one.
            while surplus > 0 {
                let digit = writer.take();
                writer.push(digit);
                writer.place = writer.place.saturating_sub(1);
                surplus = surplus.saturating_sub(1);
            }
        }
        match token {
            Token::Digit(_) => {
                let digit = if surplus < 0 {
                    surplus = surplus.saturating_add(1);
                    (writer.place <= first).then_some('0')
                } else if writer.left() {
                    Some(writer.take())
                } else {
                    (writer.place > last).then_some('0')
                };
                if let Some(digit) = digit {
                    writer.push(digit);
                }
                writer.place = writer.place.saturating_sub(1);
            }
            Token::Point => {
                let wanted = last < 0 || (layout.point < layout.places && writer.left());
                if writer.place == 0 && !has_point && wanted {
                    writer.text.push('.');
                    has_point = true;
                }
            }
            Token::Comma => {}
            Token::Scale(c, _) | Token::Literal(c) => writer.text.push(c),
            Token::Exponent { letter, plus, zeros } => {
                let exponent = if digits.is_zero() { 0 } else { digits.scale.saturating_sub(layout.point) };
                writer.text.push(letter);
                if exponent < 0 {
                    writer.text.push('-');
                } else if plus {
                    writer.text.push('+');
                }
                let width = zeros.min(10);
                writer.text.push_str(&format!("{:0>width$}", exponent.unsigned_abs()));
            }
        }
    }
    writer.text
}
