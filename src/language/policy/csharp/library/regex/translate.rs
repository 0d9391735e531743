//! From .NET's pattern syntax to that of the engine.
//!
//! The result uses few constructs, each with one meaning: groups without names, classes written out, no
//! free spacing. Names and numbers of groups are kept beside it.

use super::class;

/// `RegexOptions.IgnoreCase`
pub(super) const IGNORE_CASE: i32 = 1;
/// `RegexOptions.Multiline`
pub(super) const MULTILINE: i32 = 2;
/// `RegexOptions.ExplicitCapture`
pub(super) const EXPLICIT_CAPTURE: i32 = 4;
/// `RegexOptions.Singleline`
pub(super) const SINGLELINE: i32 = 16;
/// `RegexOptions.IgnorePatternWhitespace`
pub(super) const FREE_SPACING: i32 = 32;
/// `RegexOptions.RightToLeft`
pub(super) const RIGHT_TO_LEFT: i32 = 64;
/// `RegexOptions.ECMAScript`
pub(super) const ECMA_SCRIPT: i32 = 256;

/// Deepest nesting of groups.
const MAX_DEPTH: usize = 200;
/// Largest estimated size of a pattern, in atoms after repetition.
const MAX_WEIGHT: u64 = 200_000;

/// A pattern, translated.
#[derive(Clone, Debug)]
pub(super) struct Translated {
    pieces: Vec<Piece>,
    /// The groups in .NET's order, the whole match first.
    pub(super) groups: Vec<Group>,
    /// Whether the engine has to backtrack.
    pub(super) backtracks: bool,
    /// Estimated size.
    pub(super) weight: u64,
}

/// A group of the pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) number: u32,
    pub(super) name: String,
    /// Numbers in the engine's pattern: several where the name is given more than once.
    pub(super) places: Vec<usize>,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// .NET refuses it: offset and message.
    Invalid(usize, String),
    /// .NET has it, this does not.
    Unsupported(&'static str),
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    /// Where a line or the text may end: `$` and `\Z`.
    End,
    /// A group by name or number, and where it is mentioned.
    Reference(String, usize),
}

impl Translated {
    /// The engine's pattern; `newline`: the text to search ends with a newline, before which `$` matches.
    pub(super) fn pattern(&self, newline: bool) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::End => out.push_str(if newline { "(?=\\n?\\z)" } else { "\\z" }),
                Piece::Reference(name, _) => {
                    let places = self.group(name).map_or(&[][..], |group| &group.places);
                    let alternatives: Vec<String> = places.iter().map(|at| format!("\\{at}")).collect();
                    out.push_str(&format!("(?:{})", alternatives.join("|")));
                }
            }
        }
        out
    }

    fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }
}

/// Translates `pattern` under the bits of `RegexOptions`.
pub(super) fn translate(pattern: &str, options: i32) -> Result<Translated, Problem> {
    if options & RIGHT_TO_LEFT != 0 {
        return Err(Problem::Unsupported("right-to-left matching"));
    }
    let mut translator = Translator {
        chars: pattern.chars().collect(),
        at: 0,
        options,
        pieces: Vec::new(),
        captures: Vec::new(),
        backtracks: false,
    };
    if options & IGNORE_CASE != 0 {
        translator.push("(?i)");
    }
    let weight = translator.alternatives(0)?;
    if translator.at < translator.chars.len() {
        return Err(translator.invalid("Too many )'s."));
    }
    if weight > MAX_WEIGHT {
        return Err(Problem::Unsupported("a pattern this large"));
    }
    let groups = number(&translator.captures);
    let translated =
        Translated { pieces: translator.pieces, groups, backtracks: translator.backtracks, weight };
    for piece in &translated.pieces {
        if let Piece::Reference(name, at) = piece
            && translated.group(name).is_none()
        {
            let what = if name.starts_with(|c: char| c.is_ascii_digit()) {
                format!("Reference to undefined group number {name}.")
            } else {
                format!("Reference to undefined group name '{name}'.")
            };
            return Err(Problem::Invalid(*at, what));
        }
    }
    Ok(translated)
}

/// Groups in .NET's order: those without names from 1 on, then those with names.
fn number(captures: &[Option<String>]) -> Vec<Group> {
    let mut groups = vec![Group { number: 0, name: "0".to_owned(), places: vec![0] }];
    let mut put =
        |number: u32, name: &str, place: usize| match groups.iter_mut().find(|group| group.name == name) {
            Some(group) => group.places.push(place),
            None => groups.push(Group { number, name: name.to_owned(), places: vec![place] }),
        };
    let mut next = 1_u32;
    let explicit: Vec<u32> = captures.iter().flatten().filter_map(|name| name.parse().ok()).collect();
    for (at, name) in captures.iter().enumerate() {
        let place = at.saturating_add(1);
        match name {
            None => {
                put(next, &next.to_string(), place);
                next = next.saturating_add(1);
            }
            Some(name) => {
                if let Ok(number) = name.parse() {
                    put(number, name, place);
                }
            }
        }
    }
    for (at, name) in captures.iter().enumerate() {
        if let Some(name) = name
            && name.parse::<u32>().is_err()
        {
            while explicit.contains(&next) {
                next = next.saturating_add(1);
            }
            put(next, name, at.saturating_add(1));
            next = next.saturating_add(1);
        }
    }
    groups.sort_by_key(|group| group.number);
    groups
}

struct Translator {
    chars: Vec<char>,
    at: usize,
    options: i32,
    pieces: Vec<Piece>,
    /// Names of the capturing groups in order of appearance.
    captures: Vec<Option<String>>,
    backtracks: bool,
}

impl Translator {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at.saturating_add(ahead)).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(c)
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at = self.at.saturating_add(1);
        }
        found
    }

    fn has(&self, option: i32) -> bool {
        self.options & option != 0
    }

    fn push(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    #[cold]
    fn invalid(&self, message: impl Into<String>) -> Problem {
        Problem::Invalid(self.at, message.into())
    }

    /// Alternatives up to `)` or the end; gives their weight.
    fn alternatives(&mut self, depth: usize) -> Result<u64, Problem> {
        if depth > MAX_DEPTH {
            return Err(Problem::Unsupported("a pattern nested this deeply"));
        }
        let options = self.options;
        let mut weight = 1_u64;
        loop {
            match self.peek() {
                None | Some(')') => break,
                Some('|') => {
                    self.at = self.at.saturating_add(1);
                    self.push("|");
                }
                Some(_) => weight = weight.saturating_add(self.repeated(depth)?),
            }
        }
        self.options = options;
        Ok(weight)
    }

    /// White space and comments of free spacing, and `(?#...)`.
    fn skip_blanks(&mut self) -> Result<(), Problem> {
        loop {
            match self.peek() {
                Some(c) if self.has(FREE_SPACING) && c.is_whitespace() => self.at = self.at.saturating_add(1),
                Some('#') if self.has(FREE_SPACING) => while self.next().is_some_and(|c| c != '\n') {},
                Some('(') if self.peek_at(1) == Some('?') && self.peek_at(2) == Some('#') => loop {
                    match self.next() {
                        Some(')') => break,
                        Some(_) => {}
                        None => return Err(self.invalid("Unterminated (?#...) comment.")),
                    }
                },
                _ => return Ok(()),
            }
        }
    }

    /// One atom with its quantifier.
    fn repeated(&mut self, depth: usize) -> Result<u64, Problem> {
        self.skip_blanks()?;
        let Some(c) = self.peek() else { return Ok(0) };
        if matches!(c, ')' | '|') {
            return Ok(0);
        }
        if matches!(c, '*' | '+' | '?') || (c == '{' && self.bounds().is_some()) {
            self.at = self.at.saturating_add(1);
            return Err(self.invalid(format!("Quantifier '{c}' following nothing.")));
        }
        let begin = self.pieces.len();
        let begin_text = match self.pieces.last() {
            Some(Piece::Text(text)) => text.len(),
            _ => 0,
        };
        let weight = self.atom(depth)?;
        self.skip_blanks()?;
        let (low, high, length) = match self.peek() {
            Some('*') => (0, None, 1),
            Some('+') => (1, None, 1),
            Some('?') => (0, Some(1), 1),
            Some('{') => match self.bounds() {
                Some(bounds) => bounds,
                None => return Ok(weight),
            },
            _ => return Ok(weight),
        };
        self.at = self.at.saturating_add(length);
        if high.is_some_and(|high| high < low) {
            return Err(self.invalid("Illegal {x,y} with x > y."));
        }
        self.wrap(begin, begin_text);
        let is_lazy = self.eat('?');
        let quantifier = match (low, high) {
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (0, Some(1)) => "?".to_owned(),
            (low, None) => format!("{{{low},}}"),
            (low, Some(high)) => format!("{{{low},{high}}}"),
        };
        self.push(&quantifier);
        if is_lazy {
            self.push("?");
        }
        self.skip_blanks()?;
        match self.peek() {
            Some(c @ ('*' | '+' | '?')) => {
                self.at = self.at.saturating_add(1);
                Err(self.invalid(format!("Nested quantifier '{c}'.")))
            }
            Some('{') if self.bounds().is_some() => {
                self.at = self.at.saturating_add(1);
                Err(self.invalid("Nested quantifier '{'."))
            }
            _ => {
                let times = u64::from(high.unwrap_or(low).max(1));
                let weight = weight.saturating_mul(times).saturating_add(1);
                if weight > MAX_WEIGHT {
                    return Err(Problem::Unsupported("a pattern this large"));
                }
                Ok(weight)
            }
        }
    }

    /// Puts what was written since `begin` into a group of its own, so that a quantifier binds to all of it.
    fn wrap(&mut self, begin: usize, begin_text: usize) {
        let index = begin.saturating_sub(1);
        match self.pieces.get_mut(index) {
            Some(Piece::Text(text))
                if begin > 0 && text.is_char_boundary(begin_text) && begin_text < text.len() =>
            {
                text.insert_str(begin_text, "(?:");
            }
            _ => self.pieces.insert(begin.min(self.pieces.len()), Piece::Text("(?:".to_owned())),
        }
        self.push(")");
    }

    /// `{n}`, `{n,}` or `{n,m}` here: bounds and length; `None`: a brace is only a brace.
    fn bounds(&self) -> Option<(u32, Option<u32>, usize)> {
        let rest = self.chars.get(self.at..)?;
        let length = rest.iter().position(|c| *c == '}')?;
        let inner: String = rest.get(1..length)?.iter().collect();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let parse = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs());
        let (low, high) = match inner.split_once(',') {
            None if is_number(&inner) => (parse(&inner), Some(parse(&inner))),
            Some((low, "")) if is_number(low) => (parse(low), None),
            Some((low, high)) if is_number(low) && is_number(high) => (parse(low), Some(parse(high))),
            _ => return None,
        };
        Some((low, high, length.saturating_add(1)))
    }

    fn atom(&mut self, depth: usize) -> Result<u64, Problem> {
        let Some(c) = self.next() else { return Ok(0) };
        match c {
            '.' if self.has(SINGLELINE) => self.push("[\\s\\S]"),
            '.' => self.push("[^\\n]"),
            '^' if self.has(MULTILINE) => self.push("(?m:^)"),
            '^' => self.push("\\A"),
            '$' if self.has(MULTILINE) => self.push("(?m:$)"),
            '$' => self.pieces.push(Piece::End),
            '[' => {
                let (text, end) = class::translate(&self.chars, self.at, self.options)?;
                self.at = end;
                self.push(&text);
                return Ok(8);
            }
            '(' => return self.group(depth),
            '\\' => return self.escape(),
            c => self.literal(c),
        }
        Ok(1)
    }

    fn literal(&mut self, c: char) {
        let mut text = String::new();
        class::push_literal(&mut text, c);
        self.push(&text);
    }

    fn group(&mut self, depth: usize) -> Result<u64, Problem> {
        let options = self.options;
        if !self.eat('?') {
            if self.has(EXPLICIT_CAPTURE) {
                self.push("(?:");
            } else {
                self.captures.push(None);
                self.push("(");
            }
            return self.close(depth, options);
        }
        match self.next() {
            Some(':') => self.push("(?:"),
            Some('>') => self.assertion("(?>"),
            Some('=') => self.assertion("(?="),
            Some('!') => self.assertion("(?!"),
            Some('<') if self.peek() == Some('=') => {
                self.at = self.at.saturating_add(1);
                self.assertion("(?<=");
            }
            Some('<') if self.peek() == Some('!') => {
                self.at = self.at.saturating_add(1);
                self.assertion("(?<!");
            }
            Some('<') => self.named('>')?,
            Some('\'') => self.named('\'')?,
            Some('(') => return Err(Problem::Unsupported("a conditional pattern")),
            Some(c) if c == '-' || c.is_ascii_alphabetic() => {
                self.at = self.at.saturating_sub(1);
                if self.inline_options()? {
                    return Ok(0);
                }
            }
            _ => return Err(self.invalid("Unrecognized grouping construct.")),
        }
        self.close(depth, options)
    }

    fn assertion(&mut self, text: &str) {
        self.backtracks = true;
        self.push(text);
    }

    fn named(&mut self, end: char) -> Result<(), Problem> {
        let name = self.name(end)?;
        if name.contains('-') {
            return Err(Problem::Unsupported("a balancing group"));
        }
        if name == "0" {
            return Err(self.invalid("Capture number cannot be zero."));
        }
        self.captures.push(Some(name));
        self.push("(");
        Ok(())
    }

    fn name(&mut self, end: char) -> Result<String, Problem> {
        let mut name = String::new();
        while let Some(c) = self.next() {
            if c == end {
                break;
            }
            if !(c.is_alphanumeric() || c == '_' || c == '-') {
                return Err(self.invalid("Invalid group name: Group names must begin with a word character."));
            }
            name.push(c);
        }
        let starts_with_digit = name.starts_with(|c: char| c.is_ascii_digit());
        if name.is_empty() || (starts_with_digit && !name.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(self.invalid("Invalid group name: Group names must begin with a word character."));
        }
        Ok(name)
    }

    /// `(?imsnx-imsnx)`, true, or the start of `(?imsnx-imsnx:...)`, false.
    fn inline_options(&mut self) -> Result<bool, Problem> {
        let before = self.options;
        let mut on = true;
        loop {
            let option = match self.next() {
                Some('-') => {
                    on = false;
                    continue;
                }
                Some(end @ (')' | ':')) => {
                    let ignores_case = self.has(IGNORE_CASE);
                    let changes_case = ignores_case != (before & IGNORE_CASE != 0);
                    let flag = if ignores_case { "(?i" } else { "(?-i" };
                    match (end, changes_case) {
                        (')', true) => self.push(&format!("{flag})")),
                        (')', false) => {}
                        (_, true) => self.push(&format!("{flag}:")),
                        (_, false) => self.push("(?:"),
                    }
                    return Ok(end == ')');
                }
                Some('i') => IGNORE_CASE,
                Some('m') => MULTILINE,
                Some('n') => EXPLICIT_CAPTURE,
                Some('s') => SINGLELINE,
                Some('x') => FREE_SPACING,
                _ => return Err(self.invalid("Unrecognized grouping construct.")),
            };
            if on {
                self.options |= option;
            } else {
                self.options &= !option;
            }
        }
    }

    /// The inside of a group and its `)`.
    fn close(&mut self, depth: usize, outer: i32) -> Result<u64, Problem> {
        let weight = self.alternatives(depth.saturating_add(1))?;
        self.options = outer;
        if !self.eat(')') {
            return Err(self.invalid("Not enough )'s."));
        }
        self.push(")");
        Ok(weight)
    }

    fn escape(&mut self) -> Result<u64, Problem> {
        let begin = self.at;
        let Some(c) = self.next() else { return Err(self.invalid("Illegal \\ at end of pattern.")) };
        match c {
            'A' => self.push("\\A"),
            'z' => self.push("\\z"),
            'Z' => self.pieces.push(Piece::End),
            'b' => self.push("\\b"),
            'B' => self.push("\\B"),
            'G' => self.assertion("\\G"),
            'k' => {
                let end = match self.next() {
                    Some('<') => '>',
                    Some('\'') => '\'',
                    _ => return Err(self.invalid("Malformed \\k<...> named back reference.")),
                };
                let name = self.name(end)?;
                self.reference(name);
            }
            '1'..='9' => {
                let mut digits = c.to_string();
                while let Some(c) = self.peek().filter(char::is_ascii_digit) {
                    // More digits belong to it as long as there can be such a group.
                    let longer = format!("{digits}{c}");
                    let groups = self.chars.iter().filter(|c| **c == '(').count();
                    if longer.parse::<usize>().is_ok_and(|number| number <= groups) {
                        digits = longer;
                        self.at = self.at.saturating_add(1);
                    } else {
                        break;
                    }
                }
                self.reference(digits);
            }
            _ => {
                let (text, end) = class::escape(&self.chars, begin, self.options, false)?;
                self.at = end;
                self.push(&text);
                return Ok(if text.len() > 3 { 16 } else { 1 });
            }
        }
        Ok(1)
    }

    fn reference(&mut self, name: String) {
        self.backtracks = true;
        self.pieces.push(Piece::Reference(name, self.at));
    }
}
