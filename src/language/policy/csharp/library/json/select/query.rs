//! Reading JSONPath text into steps.
//!
//! Conditions joined by `&&` and `||` group to the right, whatever the operator, as in Newtonsoft.

use super::super::super::super::fault::Fault;
use super::super::super::super::value::Value;
use super::super::super::super::{Class, Text};

/// Deepest nesting of filters.
const MAX_DEPTH: u32 = 32;

/// A path: where it begins and what to do from there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    /// It begins with `$`.
    pub(super) from_root: bool,
    pub(super) steps: Vec<Step>,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// `.a`, `['a', 'b']`
    Fields(Vec<String>),
    /// `.*`
    AllFields,
    /// `..a`; without names `..*`
    Scan(Vec<String>),
    /// `[*]`
    Elements,
    /// `[0]`, `[0, 2]`
    Indices(Vec<i64>),
    /// `[start:end:step]`
    Slice(Option<i64>, Option<i64>, Option<i64>),
    /// `[?(...)]`; true: behind `..`
    Filter(Filter, bool),
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Literal(Value),
    Query(Query),
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    StrictEqual,
    StrictNotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// The steps of a path.
pub(super) fn parse(path: &str) -> Result<Query, Fault> {
    let mut parser = Parser { chars: path.chars().collect(), at: 0 };
    parser.blanks();
    let from_root = parser.peek() == Some('$') && {
        let next = parser.chars.get(parser.at.saturating_add(1));
        matches!(next, None | Some('.' | '['))
    };
    if from_root {
        parser.at = parser.at.saturating_add(1);
    }
    let steps = parser.steps(from_root, false, 0)?;
    if parser.peek().is_some() {
        return Err(parser.unexpected("path"));
    }
    Ok(Query { from_root, steps })
}

struct Parser {
    chars: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek();
        self.at = self.at.saturating_add(1);
        c
    }

    fn blanks(&mut self) {
        while self.peek() == Some(' ') {
            self.at = self.at.saturating_add(1);
        }
    }

    fn eat(&mut self, text: &str) -> bool {
        let end = self.at.saturating_add(text.chars().count());
        let is_here = self.chars.get(self.at..end).is_some_and(|part| part.iter().copied().eq(text.chars()));
        if is_here {
            self.at = end;
        }
        is_here
    }

    #[cold]
    fn unexpected(&self, what: &str) -> Fault {
        match self.peek() {
            Some(c) => error(format!("Unexpected character while parsing {what}: {c}")),
            None if what == "path" => error("Unexpected end while parsing path."),
            None => error("Path ended with open indexer."),
        }
    }

    /// Steps up to the end of the text, or inside of a filter up to what cannot belong to a path.
    fn steps(&mut self, mut behind: bool, in_filter: bool, depth: u32) -> Result<Vec<Step>, Fault> {
        let mut steps = Vec::new();
        loop {
            let scan = match self.peek() {
                None => return Ok(steps),
                Some('.') => {
                    self.bump();
                    let scan = self.eat(".");
                    if self.peek().is_none() {
                        return Err(error("Unexpected end while parsing path."));
                    }
                    scan
                }
                Some('[') => false,
                Some(c) if in_filter && matches!(c, ' ' | ')' | ']' | '=' | '!' | '<' | '>' | '&' | '|') => {
                    return Ok(steps);
                }
                Some(' ') => {
                    self.blanks();
                    if self.peek().is_some() {
                        return Err(self.unexpected("path"));
                    }
                    return Ok(steps);
                }
                Some(_) if behind => {
                    return Err(error(format!(
                        "Unexpected character following indexer: {}",
                        self.peek().unwrap_or_default()
                    )));
                }
                Some(_) => false,
            };
            behind = true;
            if self.peek() == Some('[') {
                self.bump();
                steps.push(self.indexer(scan, depth)?);
                continue;
            }
            let mut name = String::new();
            while let Some(c) = self.peek() {
                let ends = matches!(c, '.' | '[' | ' ')
                    || (in_filter && matches!(c, ')' | ']' | '=' | '!' | '<' | '>' | '&' | '|'));
                if ends {
                    break;
                }
                if matches!(c, ']' | ')' | '(') {
                    return Err(self.unexpected("path"));
                }
                name.push(c);
                self.bump();
            }
            if name.is_empty() && in_filter {
                return Err(self.unexpected("path query"));
            }
            let is_all = name == "*";
            steps.push(match (scan, is_all) {
                (true, true) => Step::Scan(Vec::new()),
                (true, false) => Step::Scan(vec![name]),
                (false, true) => Step::AllFields,
                (false, false) => Step::Fields(vec![name]),
            });
        }
    }

    /// What is in brackets; the opening one is behind.
    fn indexer(&mut self, scan: bool, depth: u32) -> Result<Step, Fault> {
        self.blanks();
        match self.peek() {
            Some('\'') => {
                let mut names = Vec::new();
                loop {
                    self.blanks();
                    if self.peek() != Some('\'') {
                        return Err(self.unexpected("path indexer"));
                    }
                    names.push(self.quoted()?);
                    self.blanks();
                    match self.bump() {
                        Some(']') => break,
                        Some(',') => {}
                        _ => {
                            self.at = self.at.saturating_sub(1);
                            return Err(self.unexpected("path indexer"));
                        }
                    }
                }
                Ok(if scan { Step::Scan(names) } else { Step::Fields(names) })
            }
            Some('?') => {
                self.bump();
                self.blanks();
                if !self.eat("(") {
                    return Err(self.unexpected("path indexer"));
                }
                let filter = self.filter(depth.saturating_add(1))?;
                self.blanks();
                if !self.eat(")") {
                    return Err(self.unexpected("path indexer"));
                }
                self.blanks();
                if !self.eat("]") {
                    return Err(self.unexpected("path indexer"));
                }
                Ok(Step::Filter(filter, scan))
            }
            Some('*') => {
                self.bump();
                self.blanks();
                if !self.eat("]") {
                    return Err(self.unexpected("path indexer"));
                }
                Ok(if scan { Step::Scan(Vec::new()) } else { Step::Elements })
            }
            _ => self.indices(),
        }
    }

    /// Numbers in brackets.
    fn indices(&mut self) -> Result<Step, Fault> {
        let mut numbers: Vec<Option<i64>> = Vec::new();
        let mut separator = None;
        loop {
            self.blanks();
            let mut digits = String::new();
            while let Some(c @ ('0'..='9' | '-')) = self.peek() {
                digits.push(c);
                self.bump();
            }
            self.blanks();
            numbers.push(digits.parse().ok());
            match self.peek() {
                Some(']') => {
                    self.bump();
                    break;
                }
                Some(c @ (',' | ':')) if separator.is_none_or(|known| known == c) => {
                    separator = Some(c);
                    self.bump();
                }
                _ => return Err(self.unexpected("path indexer")),
            }
        }
        if separator == Some(':') {
            let mut parts = numbers.into_iter();
            let (start, end, step) = (parts.next(), parts.next(), parts.next());
            if step == Some(Some(0)) {
                return Err(error("Step cannot be zero."));
            }
            return Ok(Step::Slice(start.flatten(), end.flatten(), step.flatten()));
        }
        match numbers.into_iter().collect::<Option<Vec<i64>>>() {
            Some(indices) => Ok(Step::Indices(indices)),
            None => Err(error("Array index expected.")),
        }
    }

    /// A name or text in single quotes.
    fn quoted(&mut self) -> Result<String, Fault> {
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return Err(error("Path ended with an open string.")),
                Some('\'') => return Ok(text),
                Some('\\') => match self.bump() {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some('b') => text.push('\u{8}'),
                    Some('f') => text.push('\u{c}'),
                    Some(c @ ('\'' | '"' | '\\' | '/')) => text.push(c),
                    Some(c) => return Err(error(format!("Unknown escape character: \\{c}"))),
                    None => return Err(error("Path ended with an open string.")),
                },
                Some(c) => text.push(c),
            }
        }
    }

    fn filter(&mut self, depth: u32) -> Result<Filter, Fault> {
        if depth > MAX_DEPTH {
            return Err(error("The path is nested too deeply."));
        }
        let mut conditions = vec![self.condition(depth)?];
        let mut joins = Vec::new();
        loop {
            self.blanks();
            if self.eat("&&") {
                joins.push(true);
            } else if self.eat("||") {
                joins.push(false);
            } else {
                break;
            }
            conditions.push(self.condition(depth)?);
        }
        let mut group = conditions.pop();
        while let (Some(left), Some(is_and)) = (conditions.pop(), joins.pop()) {
            let Some(right) = group.take() else { break };
            group = Some(match (is_and, right) {
                (true, Filter::All(mut filters)) => {
                    filters.insert(0, left);
                    Filter::All(filters)
                }
                (false, Filter::Any(mut filters)) => {
                    filters.insert(0, left);
                    Filter::Any(filters)
                }
                (true, right) => Filter::All(vec![left, right]),
                (false, right) => Filter::Any(vec![left, right]),
            });
        }
        group.ok_or_else(|| error("Unexpected end while parsing path."))
    }

    fn condition(&mut self, depth: u32) -> Result<Filter, Fault> {
        let left = self.operand(depth)?;
        self.blanks();
        let comparison = if self.eat("===") {
            Comparison::StrictEqual
        } else if self.eat("==") {
            Comparison::Equal
        } else if self.eat("=~") {
            return Err(Fault::unsupported("`=~` in a JSON path"));
        } else if self.eat("=") {
            Comparison::Equal
        } else if self.eat("!==") {
            Comparison::StrictNotEqual
        } else if self.eat("!=") || self.eat("<>") {
            Comparison::NotEqual
        } else if self.eat("<=") {
            Comparison::LessEqual
        } else if self.eat("<") {
            Comparison::Less
        } else if self.eat(">=") {
            Comparison::GreaterEqual
        } else if self.eat(">") {
            Comparison::Greater
        } else {
            return match self.peek() {
                Some(')' | '&' | '|') => Ok(Filter::Exists(left)),
                Some(_) => Err(error("Could not read query operator.")),
                None => Err(error("Path ended with open query.")),
            };
        };
        let right = self.operand(depth)?;
        Ok(Filter::Compare(left, comparison, right))
    }

    fn operand(&mut self, depth: u32) -> Result<Operand, Fault> {
        self.blanks();
        match self.peek() {
            Some(c @ ('@' | '$')) => {
                self.bump();
                let steps = self.steps(true, true, depth)?;
                Ok(Operand::Query(Query { from_root: c == '$', steps }))
            }
            Some('\'') => self.quoted().map(|text| Operand::Literal(Value::from(text))),
            Some('0'..='9' | '-') => {
                let mut digits = String::new();
                while let Some(c @ ('0'..='9' | '-' | '+' | '.' | 'e' | 'E')) = self.peek() {
                    digits.push(c);
                    self.bump();
                }
                let whole = digits.parse::<i64>().ok().map(Value::from);
                let number = whole.or_else(|| digits.parse::<f64>().ok().map(Value::from));
                number.map(Operand::Literal).ok_or_else(|| error("Could not read query operator."))
            }
            _ if self.eat("true") => Ok(Operand::Literal(Value::Bool(true))),
            _ if self.eat("false") => Ok(Operand::Literal(Value::Bool(false))),
            _ if self.eat("null") => Ok(Operand::Literal(Value::Null)),
            _ => Err(self.unexpected("path query")),
        }
    }
}

#[cold]
fn error(message: impl Into<Text>) -> Fault {
    Fault::new(Class::JsonException, message)
}
