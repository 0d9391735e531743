//! Builds the syntax tree: precedence climbing over tokens, bounded in depth.

mod named;
mod suffixes;
mod types;

pub(in crate::policy) use named::{named_value, named_value_error};

use super::Value;
use super::syntax::{BinaryOp, Expr, ExprKind, MAX_DEPTH, UnaryOp};
use super::token::{Spanned, Token, tokens};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::policy::scan::{RawText, match_bracket};

/// The tree of the expression that `raw` is. Problems are reported.
pub(super) fn parse(raw: &RawText, diagnostics: &mut Diagnostics) -> Option<Expr> {
    if raw.reported {
        return None;
    }
    let blank = raw.text.len().saturating_sub(raw.text.trim_start().len());
    let bracket = blank.saturating_add(1);
    let block = raw.text.as_bytes().get(bracket) == Some(&b'{');
    let Ok(end) = match_bracket(&raw.text, bracket, false) else {
        diagnostics.push(
            Diagnostic::error(
                "unbalanced-expression",
                raw.span,
                "the brackets of this expression do not match",
            )
            .label("expected a bracket that closes the first one"),
        );
        return None;
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
    if let Some((at, name)) = named_value(&raw.text) {
        let span = raw.span_of(at, at.saturating_add(name.len()).saturating_add(4));
        diagnostics.push(named_value_error(span, name));
        return None;
    }
    let mut problems = Diagnostics::new();
    let found = tokens(raw, bracket.saturating_add(1), end.saturating_sub(1), &mut problems);
    let failed = problems.has_errors();
    diagnostics.extend(problems);
    if failed {
        return None;
    }
    let mut parser = Parser { tokens: found, at: 0, level: 0, diagnostics };
    let parsed = if block { parser.block() } else { parser.whole() };
    parsed.ok()
}

/// Stops parsing; the problem has been reported.
struct Stop;

struct Parser<'a> {
    tokens: Vec<Spanned>,
    at: usize,
    level: u32,
    diagnostics: &'a mut Diagnostics,
}

impl Parser<'_> {
    fn whole(&mut self) -> Result<Expr, Stop> {
        let expression = self.expression()?;
        match self.peek() {
            Token::End => Ok(expression),
            _ => Err(self.unexpected("an operator or the end of the expression")),
        }
    }

    /// `@{ return expression; }`: the only block that is read so far.
    fn block(&mut self) -> Result<Expr, Stop> {
        if !self.name_is("return") {
            let construct = match self.peek() {
                Token::End => {
                    return Err(self.error("this block returns nothing", "expected `return`"));
                }
                Token::Name(name) => match name.as_str() {
                    "var" => "a local variable (`var`)".to_owned(),
                    "if" | "for" | "foreach" | "while" | "do" | "switch" | "try" | "throw" | "using" => {
                        format!("the statement `{name}`")
                    }
                    _ => format!("a statement that begins with `{name}`"),
                },
                _ => "a statement other than `return`".to_owned(),
            };
            return Err(self.unsupported(&construct));
        }
        self.skip();
        let expression = self.expression()?;
        self.expect(";")?;
        match self.peek() {
            Token::End => Ok(expression),
            _ => Err(self.unsupported("a statement after `return`")),
        }
    }

    fn expression(&mut self) -> Result<Expr, Stop> {
        self.enter()?;
        let condition = self.binary(0)?;
        let result = if self.sign_is("?") {
            self.skip();
            let yes = self.expression()?;
            self.expect(":")?;
            let no = self.expression()?;
            let span = condition.span.to(no.span);
            let depth = condition.depth.max(yes.depth).max(no.depth);
            let (condition, yes, no) = (Box::new(condition), Box::new(yes), Box::new(no));
            self.node(ExprKind::Conditional { condition, yes, no }, span, depth)?
        } else {
            condition
        };
        if let Token::Sign(
            sign @ ("=" | "+=" | "-=" | "*=" | "/=" | "%=" | "&=" | "|=" | "^=" | "<<=" | ">>="),
        ) = *self.peek()
        {
            return Err(self.unsupported(&format!("an assignment (`{sign}`)")));
        }
        self.leave();
        Ok(result)
    }

    fn binary(&mut self, least: u8) -> Result<Expr, Stop> {
        self.enter()?;
        let mut left = self.unary()?;
        loop {
            let (op, level) = match self.peek() {
                Token::Sign(sign) => match operator(sign) {
                    Some(found) => found,
                    None if matches!(*sign, "&" | "|" | "^" | "<<" | "=>") => {
                        let what = if *sign == "=>" { "a lambda" } else { "a bitwise operator" };
                        let construct = format!("{what} (`{sign}`)");
                        return Err(self.unsupported(&construct));
                    }
                    None => break,
                },
                Token::Name(name) if name == "is" || name == "as" => {
                    let construct = format!("the `{name}` operator");
                    return Err(self.unsupported(&construct));
                }
                _ => break,
            };
            if level < least {
                break;
            }
            if op == BinaryOp::Greater && self.shift_follows() {
                return Err(self.unsupported("a bitwise operator (`>>`)"));
            }
            self.skip();
            // `??` groups to the right, everything else to the left.
            let next = if op == BinaryOp::Coalesce { level } else { level.saturating_add(1) };
            let right = self.binary(next)?;
            let span = left.span.to(right.span);
            let depth = left.depth.max(right.depth);
            let (l, r) = (Box::new(left), Box::new(right));
            left = self.node(ExprKind::Binary { op, left: l, right: r }, span, depth)?;
        }
        self.leave();
        Ok(left)
    }

    fn shift_follows(&self) -> bool {
        let next = self.tokens.get(self.at.saturating_add(1));
        let here = self.tokens.get(self.at);
        matches!((here, next), (Some(a), Some(b))
            if b.token == Token::Sign(">") && a.span.end == b.span.start)
    }

    fn unary(&mut self) -> Result<Expr, Stop> {
        self.enter()?;
        let span = self.span();
        let result = match *self.peek() {
            Token::Sign("-") if matches!(self.ahead(1), Token::MinMagnitude(_)) => {
                self.skip();
                let end = self.span();
                let value = match *self.peek() {
                    Token::MinMagnitude(n) => i32::try_from(n).map_or(Value::Long(n), Value::Int),
                    _ => Value::Null,
                };
                self.skip();
                self.node(ExprKind::Literal(value), span.to(end), 0)?
            }
            Token::Sign(sign @ ("!" | "-" | "+")) => {
                self.skip();
                let operand = self.unary()?;
                let op = match sign {
                    "!" => UnaryOp::Not,
                    "-" => UnaryOp::Minus,
                    _ => UnaryOp::Plus,
                };
                let (to, depth) = (operand.span, operand.depth);
                self.node(ExprKind::Unary { op, operand: Box::new(operand) }, span.to(to), depth)?
            }
            Token::Sign(sign @ ("++" | "--" | "~" | "&" | "*")) => {
                return Err(self.unsupported(&format!("the operator `{sign}`")));
            }
            Token::Sign("(") => match self.cast_target() {
                Some((target, length)) => {
                    self.at = self.at.saturating_add(length);
                    let operand = self.unary()?;
                    let (to, depth) = (operand.span, operand.depth);
                    self.node(ExprKind::Cast { target, operand: Box::new(operand) }, span.to(to), depth)?
                }
                None => self.postfix()?,
            },
            _ => self.postfix()?,
        };
        self.leave();
        Ok(result)
    }

    fn node(&mut self, kind: ExprKind, span: Span, below: u32) -> Result<Expr, Stop> {
        let depth = below.saturating_add(1);
        if depth > MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        Ok(Expr { kind, span, depth })
    }

    fn enter(&mut self) -> Result<(), Stop> {
        self.level = self.level.saturating_add(1);
        // Up to five levels of the grammar stand between a bracket and the next one.
        if self.level > MAX_DEPTH.saturating_mul(5) {
            let span = self.span();
            return Err(self.too_deep(span));
        }
        Ok(())
    }

    const fn leave(&mut self) {
        self.level = self.level.saturating_sub(1);
    }

    fn too_deep(&mut self, span: Span) -> Stop {
        self.diagnostics.push(
            Diagnostic::error("expression-too-deep", span, "this expression is nested too deeply")
                .label(format!("expected at most {MAX_DEPTH} levels")),
        );
        Stop
    }

    fn token(&self, at: usize) -> &Token {
        self.tokens.get(at).map_or(&Token::End, |t| &t.token)
    }

    fn peek(&self) -> &Token {
        self.token(self.at)
    }

    fn ahead(&self, count: usize) -> &Token {
        self.token(self.at.saturating_add(count))
    }

    fn span(&self) -> Span {
        let token = self.tokens.get(self.at).or_else(|| self.tokens.last());
        token.map_or(Span::new(crate::diagnostics::SourceId(0), 0, 0), |t| t.span)
    }

    fn skip(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn sign_is(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(found) if *found == sign)
    }

    fn name_is(&self, name: &str) -> bool {
        matches!(self.peek(), Token::Name(found) if found == name)
    }

    fn expect(&mut self, sign: &str) -> Result<(), Stop> {
        if self.sign_is(sign) {
            self.skip();
            return Ok(());
        }
        Err(self.unexpected(&format!("`{sign}`")))
    }

    fn unexpected(&mut self, expected: &str) -> Stop {
        let found = match self.peek() {
            Token::Name(name) => format!("`{name}`"),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::Literal(_) | Token::MinMagnitude(_) => "a literal".to_owned(),
            Token::Unsupported(what) => (*what).to_owned(),
            Token::End => "the end of the expression".to_owned(),
        };
        self.error(&format!("expected {expected}, found {found}"), &format!("expected {expected}"))
    }

    fn error(&mut self, message: &str, label: &str) -> Stop {
        let span = self.span();
        self.diagnostics.push(Diagnostic::error("expression-syntax", span, message).label(label));
        Stop
    }

    fn unsupported(&mut self, construct: &str) -> Stop {
        let span = self.span();
        self.diagnostics.push(super::names::unsupported(span, construct));
        Stop
    }
}

/// Operator and precedence, loosest first.
fn operator(sign: &str) -> Option<(BinaryOp, u8)> {
    Some(match sign {
        "??" => (BinaryOp::Coalesce, 0),
        "||" => (BinaryOp::Or, 1),
        "&&" => (BinaryOp::And, 2),
        "==" => (BinaryOp::Equal, 3),
        "!=" => (BinaryOp::NotEqual, 3),
        "<" => (BinaryOp::Less, 4),
        "<=" => (BinaryOp::LessEqual, 4),
        ">" => (BinaryOp::Greater, 4),
        ">=" => (BinaryOp::GreaterEqual, 4),
        "+" => (BinaryOp::Add, 5),
        "-" => (BinaryOp::Subtract, 5),
        "*" => (BinaryOp::Multiply, 6),
        "/" => (BinaryOp::Divide, 6),
        "%" => (BinaryOp::Remainder, 6),
        _ => return None,
    })
}
