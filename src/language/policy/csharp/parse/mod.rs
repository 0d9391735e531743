//! Builds the syntax tree of an expression.
//!
//! Rules
//! - Operators are reduced on a stack of their own, so that only brackets, prefix operators and nested
//!   statements recurse. That nesting is bounded by [`MAX_DEPTH`], the height of the tree by
//!   [`MAX_HEIGHT`]: chains such as `a + b + c` and `a.b().c()` lean to the left and are high, not nested.
//!   What recurses is not inlined: frames stay small, and the deepest code takes about 1 MB of stack.
//! - A type is told from a value by looking ahead, by the rules of the C# specification. What is looked
//!   at this way is bounded by [`types::MAX_TYPE_DEPTH`], so that reading takes linear time.
//! - After a problem in a statement reading goes on with the next one; what is merely newer than C# 7 is
//!   reported and passed over. There is no tree then.
//!
//! Not decided here: what names mean, and whether a value fits its place.

mod creation;
mod declarations;
mod expression;
mod lambdas;
mod named;
mod patterns;
mod primary;
mod query;
mod report;
mod statements;
mod suffixes;
mod types;

#[cfg(test)]
mod tests;

pub(in crate::policy) use named::{named_value, named_value_error};
pub(super) use report::Report;
pub(super) use types::{is_keyword, is_type_keyword};

use super::syntax::{Expr, ExprKind, MAX_DEPTH, MAX_HEIGHT, Name, Tree};
use super::token::{Placed, Token, tokens};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::policy::scan::{RawText, Unbalanced, blank_bytes, match_bracket};

/// What becomes of `{{name}}`, which the service replaces before it reads an expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamedValues {
    /// An error: nothing is known about its text.
    #[default]
    Refuse,
    /// Outside of strings a name like any other, whose text is `{{name}}`; inside of strings characters. The
    /// same for what a template has left over, `${name}` and `__name__`.
    Tolerate,
}

/// How an expression is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ParseOptions {
    /// What becomes of `{{name}}`.
    pub named_values: NamedValues,
}

/// The tree of the expression that `raw` is. Problems are reported; there is no tree then.
pub fn parse(raw: &RawText, diagnostics: &mut Diagnostics) -> Option<Tree> {
    parse_with(raw, ParseOptions::default(), diagnostics)
}

/// The same, read as `options` say.
pub fn parse_with(raw: &RawText, options: ParseOptions, diagnostics: &mut Diagnostics) -> Option<Tree> {
    if raw.reported {
        return None;
    }
    let blank = blank_bytes(&raw.text);
    let bracket = blank.saturating_add(1);
    let opener = raw.text.as_bytes().get(bracket).copied().filter(|_| raw.is_expression);
    if opener.is_none() {
        let message = "this is no expression";
        diagnostics.push(
            Diagnostic::error("expression-syntax", raw.span, message)
                .label("expected `@( ... )` or `@{ ... }`"),
        );
        return None;
    }
    let end = match match_bracket(&raw.text, bracket, false) {
        Ok(end) => end,
        Err(problem) => {
            diagnostics.push(unbalanced(raw, problem));
            return None;
        }
    };
    let after = raw.text.get(end..).unwrap_or("");
    if !after.trim().is_empty() {
        diagnostics.push(
            Diagnostic::error(
                "text-after-expression",
                raw.span_of(end, raw.text.len()),
                "more text after the end of an expression",
            )
            .label("expected nothing more")
            .help("an attribute or text is one expression or one text, never both"),
        );
        return None;
    }
    if options.named_values == NamedValues::Refuse
        && let Some((at, name)) = named_value(&raw.text)
    {
        let span = raw.span_of(at, at.saturating_add(name.len()).saturating_add(4));
        diagnostics.push(named_value_error(span, name));
        return None;
    }
    let mut report = Report::new(diagnostics);
    let (first, last) = (bracket.saturating_add(1), end.saturating_sub(1));
    let found = tokens(raw, first, last, options.named_values, &mut report);
    if found.broken {
        return None;
    }
    let closers = closers(&found.list);
    let whole = raw.span_of(blank, end);
    let mut parser =
        Parser { raw, tokens: found.list, closers, at: 0, level: 0, height: 0, fresh: 0, report };
    let parsed = if opener == Some(b'{') { parser.block_tree(whole) } else { parser.single_tree(whole) };
    parsed.ok().filter(|_| !parser.report.has_problems())
}

fn unbalanced(raw: &RawText, problem: Unbalanced) -> Diagnostic {
    let (at, message, label) = match problem {
        Unbalanced::Open { at, closer } => (
            at,
            format!("this bracket is not closed: `{closer}` is missing"),
            format!("no `{closer}` closes this"),
        ),
        Unbalanced::Mismatch { at, found, closer } => (
            at,
            format!("`{found}` where `{closer}` has to come first"),
            format!("expected `{closer}`, found `{found}`"),
        ),
        Unbalanced::Unterminated { at, what } => {
            (at, format!("this {what} never ends"), "expected its end after this".to_owned())
        }
    };
    let span = raw.span_of(at, at.saturating_add(1));
    Diagnostic::error("unbalanced-expression", span, message).label(label)
}

/// For each opening bracket the index of the token that closes it; elsewhere the index itself.
fn closers(list: &[Placed<'_>]) -> Vec<usize> {
    let mut closers: Vec<usize> = (0..list.len()).collect();
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (at, placed) in list.iter().enumerate() {
        let closes = match &placed.token {
            Token::Sign("(") => {
                open.push((at, ")"));
                continue;
            }
            Token::Sign("[") => {
                open.push((at, "]"));
                continue;
            }
            Token::Sign("{") => {
                open.push((at, "}"));
                continue;
            }
            Token::HoleStart => {
                open.push((at, "hole"));
                continue;
            }
            Token::StringStart => {
                open.push((at, "string"));
                continue;
            }
            Token::Sign(sign @ (")" | "]" | "}")) => sign,
            Token::HoleEnd => "hole",
            Token::StringEnd => "string",
            _ => continue,
        };
        if let Some((opener, _)) = open.pop_if(|(_, closer)| *closer == closes)
            && let Some(slot) = closers.get_mut(opener)
        {
            *slot = at;
        }
    }
    closers
}

/// Stops reading; the problem has been reported.
#[derive(Debug)]
struct Stop;

type Parsed<T> = Result<T, Stop>;

struct Parser<'a, 'd> {
    raw: &'a RawText,
    tokens: Vec<Placed<'a>>,
    /// For each opening bracket the token that closes it.
    closers: Vec<usize>,
    /// The next token.
    at: usize,
    /// Nesting here.
    level: u32,
    /// Height of the highest tree made since this was last set back.
    height: u32,
    /// Number of the last name that was made up.
    fresh: u32,
    report: Report<'d>,
}

impl<'a> Parser<'a, '_> {
    fn single_tree(&mut self, whole: Span) -> Parsed<Tree> {
        if self.peek() == &Token::End {
            self.report.push(
                Diagnostic::error("expression-syntax", whole, "this expression is empty")
                    .label("expected a value between the brackets"),
            );
            return Err(Stop);
        }
        if let Token::Name { text, escaped: false } = *self.peek()
            && self.needs_block(text)
        {
            let span = self.span();
            self.report.push(
                Diagnostic::error("expression-syntax", span, format!("`{text}` begins a statement"))
                    .label("expected a value")
                    .help("statements stand in `@{ ... }`, a single value in `@( ... )`"),
            );
            return Err(Stop);
        }
        let expression = self.expression()?;
        if self.sign_is(";") {
            let span = self.span();
            self.report.push(
                Diagnostic::error("expression-syntax", span, "`;` inside of `@( ... )`")
                    .label("expected the end of the expression")
                    .help("leave `;` out, or write `@{ return ...; }`"),
            );
            return Err(Stop);
        }
        match self.peek() {
            Token::End => Ok(Tree::Single(expression)),
            _ => Err(self.unexpected("an operator or the end of the expression")),
        }
    }

    fn needs_block(&self, text: &str) -> bool {
        match text {
            "return" | "if" | "for" | "foreach" | "while" | "do" | "try" | "using" => true,
            "var" => matches!(self.ahead(1), Token::Name { .. }),
            _ => false,
        }
    }

    fn block_tree(&mut self, whole: Span) -> Parsed<Tree> {
        if self.peek() == &Token::End {
            self.report.push(
                Diagnostic::error("expression-syntax", whole, "this block is empty")
                    .label("expected `return` with a value"),
            );
            return Err(Stop);
        }
        let statements = self.statements()?;
        match self.peek() {
            Token::End => Ok(Tree::Block(statements, whole)),
            _ => Err(self.unexpected("a statement")),
        }
    }

    // Height and depth.

    fn node(&mut self, kind: ExprKind, span: Span) -> Parsed<Expr> {
        self.grow(span)?;
        Ok(Expr { kind, span })
    }

    fn grow(&mut self, span: Span) -> Parsed<()> {
        self.height = self.height.saturating_add(1);
        if self.height > MAX_HEIGHT {
            let message = "this expression is a chain of too many parts";
            self.report.push(
                Diagnostic::error("expression-too-deep", span, message)
                    .label(format!("expected at most {MAX_HEIGHT}"))
                    .help("split it with variables in `@{ ... }`"),
            );
            return Err(Stop);
        }
        Ok(())
    }

    fn enter(&mut self) -> Parsed<()> {
        self.level = self.level.saturating_add(1);
        if self.level > MAX_DEPTH {
            let span = self.span();
            self.report.push(
                Diagnostic::error("expression-too-deep", span, "this expression is nested too deeply")
                    .label(format!("expected at most {MAX_DEPTH} levels")),
            );
            return Err(Stop);
        }
        Ok(())
    }

    const fn leave(&mut self) {
        self.level = self.level.saturating_sub(1);
    }

    // Tokens.

    fn token(&self, at: usize) -> &Token<'a> {
        self.tokens.get(at).map_or(&Token::End, |t| &t.token)
    }

    fn peek(&self) -> &Token<'a> {
        self.token(self.at)
    }

    fn ahead(&self, count: usize) -> &Token<'a> {
        self.token(self.at.saturating_add(count))
    }

    fn closer(&self, at: usize) -> usize {
        self.closers.get(at).copied().unwrap_or(at)
    }

    fn span_at(&self, at: usize) -> Span {
        let token = self.tokens.get(at).or_else(|| self.tokens.last());
        token.map_or(self.raw.span, |t| self.raw.span_of(t.start, t.end))
    }

    fn span(&self) -> Span {
        self.span_at(self.at)
    }

    /// The place of the token before this one.
    fn last_span(&self) -> Span {
        self.span_at(self.at.saturating_sub(1))
    }

    fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn sign_at(&self, at: usize, sign: &str) -> bool {
        matches!(self.token(at), Token::Sign(found) if *found == sign)
    }

    fn sign_is(&self, sign: &str) -> bool {
        self.sign_at(self.at, sign)
    }

    fn sign_ahead(&self, count: usize, sign: &str) -> bool {
        self.sign_at(self.at.saturating_add(count), sign)
    }

    /// Whether token `at` is this keyword.
    fn word_at(&self, at: usize, word: &str) -> bool {
        matches!(self.token(at), Token::Name { text, escaped: false } if *text == word)
    }

    fn word_is(&self, word: &str) -> bool {
        self.word_at(self.at, word)
    }

    /// Takes `sign` if it is next.
    fn take(&mut self, sign: &str) -> bool {
        let found = self.sign_is(sign);
        if found {
            self.skip();
        }
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.word_is(word);
        if found {
            self.skip();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.take(sign) {
            return Ok(());
        }
        Err(self.unexpected(&format!("`{sign}`")))
    }

    /// The `;` at the end of a statement; where it is missing, reading goes on if the next statement
    /// begins here.
    fn end_statement(&mut self) -> Parsed<()> {
        if self.take(";") {
            return Ok(());
        }
        let last = self.tokens.get(self.at.saturating_sub(1)).map_or(0, |t| t.end);
        let goes_on = matches!(self.peek(), Token::Name { escaped: false, text }
            if statements::is_statement_keyword(text) || *text == "var");
        if matches!(self.peek(), Token::End | Token::Sign("}")) || goes_on {
            let span = self.raw.span_of(last, last);
            self.report.push(
                Diagnostic::error("expression-syntax", span, "`;` is missing")
                    .label("expected `;`")
                    .help("each statement ends with `;`"),
            );
            return Ok(());
        }
        Err(self.unexpected("`;`"))
    }

    /// The name at token `at`, unless it is a keyword.
    fn name_at(&self, at: usize) -> Option<Name> {
        match *self.token(at) {
            Token::Name { text, escaped } if escaped || !is_keyword(text) => {
                Some(Name { text: text.to_owned(), span: self.span_at(at) })
            }
            _ => None,
        }
    }

    fn is_name_at(&self, at: usize) -> bool {
        matches!(*self.token(at), Token::Name { text, escaped } if escaped || !is_keyword(text))
    }

    fn name(&mut self, expected: &str) -> Parsed<Name> {
        if let Some(name) = self.name_at(self.at) {
            self.skip();
            return Ok(name);
        }
        if let Token::Name { text, .. } = *self.peek() {
            let span = self.span();
            self.report.push(
                Diagnostic::error("expression-syntax", span, format!("`{text}` is a keyword of C#"))
                    .label(format!("expected {expected}"))
                    .help(format!("write `@{text}` if that is its name")),
            );
            return Err(Stop);
        }
        Err(self.unexpected(expected))
    }

    // Problems.

    fn unexpected(&mut self, expected: &str) -> Stop {
        let found = match self.peek() {
            Token::Name { text, .. } => format!("`{text}`"),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::Literal(_) | Token::Limit { .. } => "a literal".to_owned(),
            Token::Quoted(_) | Token::StringStart | Token::Piece(_) => "a string".to_owned(),
            Token::StringEnd => "the end of the string".to_owned(),
            Token::HoleStart => "`{`".to_owned(),
            Token::HoleEnd => "`}`".to_owned(),
            Token::Format(_) => "`:`".to_owned(),
            Token::End => "the end of the expression".to_owned(),
        };
        self.error(&format!("expected {expected}, found {found}"), &format!("expected {expected}"))
    }

    /// A problem with the next token.
    fn error(&mut self, message: &str, label: &str) -> Stop {
        let span = self.span();
        self.report.syntax(span, message, label);
        Stop
    }

    fn newer(&mut self, what: &str, version: &str, help: &str) {
        let span = self.span();
        self.report.newer(span, what, version, help);
    }

    fn unsupported(&mut self, what: &str, help: &str) -> Stop {
        let span = self.span();
        self.report.unsupported(span, what, help);
        Stop
    }
}
