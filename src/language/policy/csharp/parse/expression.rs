//! Expressions with operators: precedence, assignment, `?:`, prefix operators and casts.

use super::types::Question;
use super::{Parsed, Parser, Stop};
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::csharp::syntax::{BinaryOp, Expr, ExprKind, MAX_HEIGHT, Pattern, TypeSyntax, UnaryOp};
use crate::policy::csharp::token::Token;

/// An operator with something on both sides, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Infix {
    Binary(BinaryOp),
    Is,
    As,
}

/// Levels of precedence, as far as they are named.
const COALESCE: u8 = 0;
const RELATIONAL: u8 = 7;
/// What stands behind `is`: an operand without comparisons.
pub(super) const SHIFT: u8 = 8;

/// A left operand that waits for its right one.
struct Pending {
    left: Expr,
    height: u32,
    op: BinaryOp,
    level: u8,
}

impl Parser<'_, '_> {
    /// Any expression.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.enter()?;
        let outer = std::mem::take(&mut self.height);
        let result = if self.lambda_follows() { self.lambda()? } else { self.plain_expression()? };
        self.height = self.height.max(outer);
        self.leave();
        Ok(result)
    }

    fn plain_expression(&mut self) -> Parsed<Expr> {
        let left = self.operators(COALESCE)?;
        match *self.peek() {
            Token::Sign("?") => self.conditional(left),
            Token::Sign(
                "=" | "+=" | "-=" | "*=" | "/=" | "%=" | "&=" | "|=" | "^=" | "<<=" | "??=" | ">",
            ) => self.assignment(left),
            _ => Ok(left),
        }
    }

    #[inline(never)]
    fn conditional(&mut self, condition: Expr) -> Parsed<Expr> {
        self.skip();
        let yes = self.expression()?;
        if matches!(self.peek(), Token::Format(_)) {
            return Err(self.error("`?:` in a hole needs brackets", "expected `(` and `)` around the value"));
        }
        self.expect(":")?;
        let no = self.expression()?;
        let span = condition.span.to(no.span);
        let (condition, yes, no) = (Box::new(condition), Box::new(yes), Box::new(no));
        self.node(ExprKind::Conditional { condition, yes, no }, span)
    }

    #[inline(never)]
    fn assignment(&mut self, target: Expr) -> Parsed<Expr> {
        let Token::Sign(sign) = *self.peek() else { return Ok(target) };
        let op = match sign {
            "+=" => Some(BinaryOp::Add),
            "-=" => Some(BinaryOp::Subtract),
            "*=" => Some(BinaryOp::Multiply),
            "/=" => Some(BinaryOp::Divide),
            "%=" => Some(BinaryOp::Remainder),
            "&=" => Some(BinaryOp::BitAnd),
            "|=" => Some(BinaryOp::BitOr),
            "^=" => Some(BinaryOp::BitXor),
            "<<=" => Some(BinaryOp::ShiftLeft),
            ">" => {
                if !self.adjacent(">=") {
                    return Ok(target);
                }
                self.skip();
                Some(BinaryOp::ShiftRight)
            }
            "??=" => {
                self.newer("the operator `??=`", "8", "write `a = a ?? b`");
                Some(BinaryOp::Coalesce)
            }
            _ => None,
        };
        let fits = matches!(
            target.kind,
            ExprKind::Name { .. } | ExprKind::Member { .. } | ExprKind::Index { .. } | ExprKind::Tuple(_)
        );
        if !fits {
            self.report.push(
                Diagnostic::error("expression-syntax", target.span, "nothing can be assigned to this")
                    .label("expected a variable, a property or an element")
                    .help("`==` compares, `=` assigns"),
            );
        }
        self.skip();
        let value = self.expression()?;
        let span = target.span.to(value.span);
        self.node(ExprKind::Assign { op, target: Box::new(target), value: Box::new(value) }, span)
    }

    /// Operands joined by operators of at least this level.
    pub(super) fn operators(&mut self, least: u8) -> Parsed<Expr> {
        let (mut right, mut height) = self.operand()?;
        let mut pending: Vec<Pending> = Vec::new();
        while let Some((infix, level, length)) = self.infix().filter(|(_, level, _)| *level >= least) {
            // `??` groups to the right, everything else to the left.
            let reduced = if level == COALESCE { level.saturating_add(1) } else { level };
            (right, height) = self.reduce(&mut pending, reduced, right, height)?;
            self.at = self.at.saturating_add(length);
            match infix {
                Infix::Binary(op) => {
                    pending.push(Pending { left: right, height, op, level });
                    (right, height) = self.operand()?;
                }
                Infix::Is => {
                    let (pattern, below) = self.is_pattern()?;
                    let span = right.span.to(self.last_span());
                    height = self.above(height.max(below), span)?;
                    let kind = ExprKind::Is { operand: Box::new(right), pattern: Box::new(pattern) };
                    right = Expr { kind, span };
                }
                Infix::As => {
                    let target = self.required_type(Question::UnlessOperand)?;
                    let span = right.span.to(target.span);
                    height = self.above(height, span)?;
                    right = Expr { kind: ExprKind::As { operand: Box::new(right), target }, span };
                }
            }
        }
        (right, height) = self.reduce(&mut pending, least, right, height)?;
        self.height = self.height.max(height);
        Ok(right)
    }

    /// Joins what waits with at least this level.
    #[inline(never)]
    fn reduce(
        &mut self,
        pending: &mut Vec<Pending>,
        level: u8,
        mut right: Expr,
        mut height: u32,
    ) -> Parsed<(Expr, u32)> {
        while let Some(waiting) = pending.pop_if(|waiting| waiting.level >= level) {
            let span = waiting.left.span.to(right.span);
            height = self.above(height.max(waiting.height), span)?;
            let (left, operand) = (Box::new(waiting.left), Box::new(right));
            right = Expr { kind: ExprKind::Binary { op: waiting.op, left, right: operand }, span };
        }
        Ok((right, height))
    }

    /// The height of a tree above one of this height.
    fn above(&mut self, height: u32, span: Span) -> Parsed<u32> {
        if height >= MAX_HEIGHT {
            self.height = height;
            self.grow(span)?;
        }
        Ok(height.saturating_add(1))
    }

    /// An operand and its height.
    fn operand(&mut self) -> Parsed<(Expr, u32)> {
        let outer = std::mem::take(&mut self.height);
        let operand = self.unary()?;
        let height = std::mem::replace(&mut self.height, outer);
        Ok((operand, height))
    }

    #[inline(never)]
    fn is_pattern(&mut self) -> Parsed<(Pattern, u32)> {
        self.enter()?;
        let outer = std::mem::take(&mut self.height);
        let pattern = self.pattern(false)?;
        let height = std::mem::replace(&mut self.height, outer);
        self.leave();
        Ok((pattern, height))
    }

    /// The operator here, its level and the number of its tokens.
    #[inline(never)]
    fn infix(&mut self) -> Option<(Infix, u8, usize)> {
        let found = match self.peek() {
            Token::Sign(">") if self.adjacent(">=") => return None,
            Token::Sign(">") if self.adjacent(">") => {
                return Some((Infix::Binary(BinaryOp::ShiftRight), SHIFT, 2));
            }
            Token::Sign(sign) => {
                let (op, level) = binary_operator(sign)?;
                (Infix::Binary(op), level)
            }
            Token::Name { text: "is", escaped: false } => (Infix::Is, RELATIONAL),
            Token::Name { text: "as", escaped: false } => (Infix::As, RELATIONAL),
            _ => return None,
        };
        Some((found.0, found.1, 1))
    }

    /// Whether `sign` follows the next token without a blank.
    fn adjacent(&self, sign: &str) -> bool {
        let next = self.at.saturating_add(1);
        let touching = self.tokens.get(self.at).map(|t| t.end) == self.tokens.get(next).map(|t| t.start);
        touching && self.sign_at(next, sign)
    }

    /// An operand with what stands before it.
    pub(super) fn unary(&mut self) -> Parsed<Expr> {
        let span = self.span();
        match *self.peek() {
            Token::Sign("-") if self.negated_limit() => {
                self.skip();
                let Token::Limit { negated, .. } = self.peek().clone() else {
                    return Err(self.unexpected("a number"));
                };
                let span = span.to(self.span());
                self.skip();
                self.node(ExprKind::Literal(negated), span)
            }
            Token::Sign("!") => self.prefix(UnaryOp::Not, span),
            Token::Sign("-") => self.prefix(UnaryOp::Minus, span),
            Token::Sign("+") => self.prefix(UnaryOp::Plus, span),
            Token::Sign("~") => self.prefix(UnaryOp::Complement, span),
            Token::Sign(sign @ ("++" | "--")) => {
                self.skip();
                let target = Box::new(self.nested_unary()?);
                let span = span.to(target.span);
                self.node(ExprKind::Step { target, up: sign == "++", prefix: true }, span)
            }
            Token::Sign("(") => match self.cast_target() {
                Some((target, next)) => self.cast(target, next, span),
                None => self.postfix(),
            },
            Token::Sign("^") => {
                self.newer("an index from the end (`^`)", "8", "write `a[a.Length - n]`");
                self.skip();
                self.nested_unary()
            }
            Token::Sign("..") => {
                self.newer("a range (`..`)", "8", "write `Substring`, or `Skip` and `Take`");
                Err(Stop)
            }
            Token::Name { text: "throw", escaped: false } => self.throw(span),
            Token::Name { text: "await", escaped: false }
                if self.begins_operand(self.at.saturating_add(1)) =>
            {
                Err(self.unsupported("`await`", "expressions run to their end at once"))
            }
            _ => self.postfix(),
        }
    }

    fn nested_unary(&mut self) -> Parsed<Expr> {
        self.enter()?;
        let operand = self.unary()?;
        self.leave();
        Ok(operand)
    }

    #[inline(never)]
    fn prefix(&mut self, op: UnaryOp, span: Span) -> Parsed<Expr> {
        self.skip();
        let operand = Box::new(self.nested_unary()?);
        let span = span.to(operand.span);
        self.node(ExprKind::Unary { op, operand }, span)
    }

    #[inline(never)]
    fn cast(&mut self, target: TypeSyntax, next: usize, span: Span) -> Parsed<Expr> {
        self.at = next;
        let operand = Box::new(self.nested_unary()?);
        let span = span.to(operand.span);
        self.node(ExprKind::Cast { target, operand }, span)
    }

    /// Whether the literal behind the minus sign is the operand itself: in `-2147483648.ToString()` it is
    /// not.
    fn negated_limit(&self) -> bool {
        matches!(self.ahead(1), Token::Limit { .. })
            && !matches!(self.ahead(2), Token::Sign("." | "?." | "["))
    }

    /// `throw x`, which stands behind `??`, `?`, `:` and `=>` only.
    #[inline(never)]
    fn throw(&mut self, span: Span) -> Parsed<Expr> {
        let before = self.at.checked_sub(1).map(|at| self.token(at));
        if !matches!(before, Some(Token::Sign("??" | "?" | ":" | "=>"))) {
            return Err(self.error(
                "`throw` cannot be a value here",
                "expected a value; `throw` stands behind `??`, `?`, `:` and `=>`, or begins a statement",
            ));
        }
        self.skip();
        self.enter()?;
        let value = Box::new(self.operators(COALESCE)?);
        self.leave();
        let span = span.to(value.span);
        self.node(ExprKind::Throw(value), span)
    }
}

/// Operator and level.
fn binary_operator(sign: &str) -> Option<(BinaryOp, u8)> {
    Some(match sign {
        "??" => (BinaryOp::Coalesce, COALESCE),
        "||" => (BinaryOp::Or, 1),
        "&&" => (BinaryOp::And, 2),
        "|" => (BinaryOp::BitOr, 3),
        "^" => (BinaryOp::BitXor, 4),
        "&" => (BinaryOp::BitAnd, 5),
        "==" => (BinaryOp::Equal, 6),
        "!=" => (BinaryOp::NotEqual, 6),
        "<" => (BinaryOp::Less, RELATIONAL),
        "<=" => (BinaryOp::LessEqual, RELATIONAL),
        ">" => (BinaryOp::Greater, RELATIONAL),
        ">=" => (BinaryOp::GreaterEqual, RELATIONAL),
        "<<" => (BinaryOp::ShiftLeft, SHIFT),
        "+" => (BinaryOp::Add, 9),
        "-" => (BinaryOp::Subtract, 9),
        "*" => (BinaryOp::Multiply, 10),
        "/" => (BinaryOp::Divide, 10),
        "%" => (BinaryOp::Remainder, 10),
        _ => return None,
    })
}
