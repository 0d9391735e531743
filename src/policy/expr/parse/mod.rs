//! Builds the syntax tree: precedence climbing over tokens, bounded in depth.

mod named;
mod types;

pub(in crate::policy) use named::{named_value, named_value_error};

use super::Value;
use super::syntax::{BinaryOp, Expr, ExprKind, MAX_DEPTH, Name, UnaryOp};
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

    fn postfix(&mut self) -> Result<Expr, Stop> {
        let start = self.primary()?;
        self.suffixes(start)
    }

    /// Members, calls and indexes behind `left`.
    fn suffixes(&mut self, mut left: Expr) -> Result<Expr, Stop> {
        loop {
            left = match *self.peek() {
                Token::Sign(".") => {
                    self.skip();
                    self.member(left)?
                }
                Token::Sign("(") => {
                    let (arguments, end) = self.arguments()?;
                    let depth = arguments.iter().map(|a| a.depth).fold(left.depth, u32::max);
                    let span = left.span.to(end);
                    self.node(ExprKind::Call { callee: Box::new(left), arguments }, span, depth)?
                }
                Token::Sign("[") => self.index(left)?,
                Token::Sign("?.") => {
                    self.skip();
                    let binding = self.node(ExprKind::Binding, left.span, 0)?;
                    let rest = self.member(binding)?;
                    return self.null_safe(left, rest);
                }
                Token::Sign("?") if self.ahead(1) == &Token::Sign("[") => {
                    self.skip();
                    let binding = self.node(ExprKind::Binding, left.span, 0)?;
                    let rest = self.index(binding)?;
                    return self.null_safe(left, rest);
                }
                Token::Sign(sign @ ("++" | "--" | "->" | "::")) => {
                    return Err(self.unsupported(&format!("the operator `{sign}`")));
                }
                _ => return Ok(left),
            };
        }
    }

    fn null_safe(&mut self, object: Expr, rest: Expr) -> Result<Expr, Stop> {
        self.enter()?;
        let rest = self.suffixes(rest)?;
        self.leave();
        let (span, depth) = (object.span.to(rest.span), object.depth.max(rest.depth));
        self.node(ExprKind::NullSafe { object: Box::new(object), rest: Box::new(rest) }, span, depth)
    }

    fn index(&mut self, object: Expr) -> Result<Expr, Stop> {
        self.expect("[")?;
        let index = self.expression()?;
        let end = self.span();
        self.expect("]")?;
        let (span, depth) = (object.span.to(end), object.depth.max(index.depth));
        self.node(ExprKind::Index { object: Box::new(object), index: Box::new(index) }, span, depth)
    }

    fn member(&mut self, object: Expr) -> Result<Expr, Stop> {
        let span = self.span();
        let Token::Name(text) = self.peek().clone() else {
            return Err(self.unexpected("the name of a member"));
        };
        self.skip();
        let mut type_arguments = Vec::new();
        let mut end = span;
        if self.sign_is("<")
            && let Some((arguments, next)) = self.type_arguments()
        {
            end = self.tokens.get(next.saturating_sub(1)).map_or(span, |t| t.span);
            type_arguments = arguments;
            self.at = next;
        }
        let (whole, depth) = (object.span.to(end), object.depth);
        let name = Name { text, span };
        self.node(ExprKind::Member { object: Box::new(object), name, type_arguments }, whole, depth)
    }

    fn arguments(&mut self) -> Result<(Vec<Expr>, Span), Stop> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        while !self.sign_is(")") {
            if let Token::Name(name) = self.peek() {
                if name == "out" || name == "ref" {
                    let construct = format!("the argument modifier `{name}`");
                    return Err(self.unsupported(&construct));
                }
                if self.ahead(1) == &Token::Sign(":") {
                    return Err(self.unsupported("a named argument"));
                }
            }
            arguments.push(self.expression()?);
            if !self.sign_is(",") {
                break;
            }
            self.skip();
            if self.sign_is(")") {
                return Err(self.unexpected("an argument"));
            }
        }
        let end = self.span();
        self.expect(")")?;
        Ok((arguments, end))
    }

    fn primary(&mut self) -> Result<Expr, Stop> {
        let span = self.span();
        let kind = match self.peek().clone() {
            Token::Literal(value) => ExprKind::Literal(value),
            Token::MinMagnitude(n) => match n.checked_neg() {
                Some(value) => ExprKind::Literal(Value::Long(value)),
                None => return Err(self.unsupported("an unsigned literal")),
            },
            Token::Name(name) => match name.as_str() {
                "true" => ExprKind::Literal(Value::Bool(true)),
                "false" => ExprKind::Literal(Value::Bool(false)),
                "null" => ExprKind::Literal(Value::Null),
                "new" | "typeof" | "nameof" | "default" | "delegate" | "checked" | "unchecked" | "sizeof"
                | "await" | "async" | "throw" | "stackalloc" | "this" | "base" => {
                    return Err(self.unsupported(&format!("`{name}`")));
                }
                _ => ExprKind::Name(name),
            },
            Token::Sign("(") => {
                self.skip();
                let inner = self.expression()?;
                if self.sign_is(",") {
                    return Err(self.unsupported("a tuple or a lambda with several parameters"));
                }
                let end = self.span();
                self.expect(")")?;
                if self.sign_is("=>") {
                    return Err(self.unsupported("a lambda (`=>`)"));
                }
                return Ok(Expr { span: span.to(end), ..inner });
            }
            Token::Unsupported(what) => return Err(self.unsupported(what)),
            Token::Sign(_) | Token::End => return Err(self.unexpected("an expression")),
        };
        self.skip();
        self.node(kind, span, 0)
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
