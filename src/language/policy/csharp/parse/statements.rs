//! Statements.

use super::declarations::Part;
use super::types::{Question, is_type_keyword};
use super::{Parsed, Parser, Stop};
use crate::diagnostics::{Diagnostic, Span};
use crate::policy::csharp::Value;
use crate::policy::csharp::syntax::{Catch, Expr, ExprKind, Name, Stmt, StmtKind, SwitchSection, TypeSyntax};
use crate::policy::csharp::token::Token;

/// Whether a statement begins with this keyword.
pub(super) fn is_statement_keyword(text: &str) -> bool {
    matches!(
        text,
        "if" | "for"
            | "foreach"
            | "while"
            | "do"
            | "switch"
            | "break"
            | "continue"
            | "return"
            | "throw"
            | "try"
            | "using"
            | "const"
    )
}

/// What `foreach` gives a value to in each round.
enum Variable {
    /// `var x`
    One(TypeSyntax, Name),
    /// `var (a, b)`
    Parts(Vec<Part>, Span),
}

impl Parser<'_, '_> {
    /// `{ ... }`
    pub(super) fn block(&mut self) -> Parsed<Vec<Stmt>> {
        self.expect("{")?;
        let statements = self.statements()?;
        self.expect("}")?;
        Ok(statements)
    }

    /// Statements up to a `}`, a `case` or the end. After a problem reading goes on with the next one.
    pub(super) fn statements(&mut self) -> Parsed<Vec<Stmt>> {
        let mut statements = Vec::new();
        while !matches!(
            self.peek(),
            Token::End | Token::Sign("}") | Token::Name { text: "case" | "default", escaped: false }
        ) || self.default_value_follows()
        {
            let (start, level, height) = (self.at, self.level, self.height);
            if let Ok(statement) = self.statement() {
                statements.push(statement);
            } else if self.report.is_full() {
                return Err(Stop);
            } else {
                (self.level, self.height) = (level, height);
                self.recover(start);
            }
        }
        Ok(statements)
    }

    fn default_value_follows(&self) -> bool {
        self.word_is("default") && !self.sign_ahead(1, ":")
    }

    /// Goes to the end of the statement that began at `start` and has a problem at the next token.
    #[inline(never)]
    fn recover(&mut self, start: usize) {
        let problem = self.at;
        let mut at = start;
        loop {
            match self.token(at) {
                Token::End | Token::Sign("}") => break,
                Token::Sign(";") => {
                    at = at.saturating_add(1);
                    if at > problem {
                        break;
                    }
                }
                Token::Sign("{") => {
                    at = self.closer(at).max(at).saturating_add(1);
                    let ends =
                        matches!(self.token(at), Token::Name { .. } | Token::End | Token::Sign("}" | "{"));
                    if at > problem && ends {
                        break;
                    }
                }
                _ => at = self.closer(at).max(at).saturating_add(1),
            }
        }
        self.at = at;
        while let Token::Name { text: "else" | "catch" | "finally", escaped: false } = self.peek() {
            let else_branch = self.word_is("else");
            self.skip();
            if else_branch {
                return;
            }
            if self.sign_is("(") {
                self.at = self.closer(self.at).saturating_add(1);
            }
            if self.sign_is("{") {
                self.at = self.closer(self.at).saturating_add(1);
            }
        }
    }

    /// One statement.
    pub(super) fn statement(&mut self) -> Parsed<Stmt> {
        self.enter()?;
        let outer = std::mem::take(&mut self.height);
        let start = self.span();
        let kind = self.statement_kind()?;
        let span = start.to(self.last_span());
        self.grow(span)?;
        self.height = self.height.max(outer);
        self.leave();
        Ok(Stmt { kind, span })
    }

    fn statement_kind(&mut self) -> Parsed<StmtKind> {
        let word = match *self.peek() {
            Token::Sign("{") => return self.block().map(StmtKind::Block),
            Token::Sign(";") => {
                self.skip();
                return Ok(StmtKind::Empty);
            }
            Token::Name { text, escaped: false } => text,
            _ => return self.declaration_or_expression(),
        };
        match word {
            "if" => self.if_statement(),
            "for" => self.for_statement(),
            "foreach" => self.foreach_statement(),
            "while" => {
                self.skip();
                let condition = self.bracketed()?;
                Ok(StmtKind::While(condition, self.body()?))
            }
            "do" => self.do_while(),
            "switch" => self.switch_statement(),
            "break" | "continue" => {
                self.skip();
                self.end_statement()?;
                Ok(if word == "break" { StmtKind::Break } else { StmtKind::Continue })
            }
            "return" | "throw" => {
                self.skip();
                let value = if self.at_statement_end() { None } else { Some(self.expression()?) };
                self.end_statement()?;
                Ok(if word == "return" { StmtKind::Return(value) } else { StmtKind::Throw(value) })
            }
            "try" => self.try_statement(),
            "using" => self.using_statement(),
            "else" | "catch" | "finally" => {
                let message = format!("`{word}` without what it belongs to");
                Err(self.error(&message, "expected a statement"))
            }
            "checked" | "unchecked" if self.sign_ahead(1, "{") => {
                self.skip();
                self.block().map(|body| StmtKind::Checked(word == "checked", body))
            }
            "lock" => self.lock_statement(),
            "goto" | "fixed" | "unsafe" | "static" | "extern" => {
                let what = format!("`{word}`");
                Err(self.unsupported(&what, "write it in another way"))
            }
            "class" | "struct" | "enum" | "interface" | "namespace" | "public" | "private" | "internal"
            | "protected" => Err(self.unsupported("a declaration of a type", "use `new { ... }` or tuples")),
            _ => self.contextual(word),
        }
    }

    /// Statements that begin with a word that is a keyword in its place only.
    #[inline(never)]
    fn contextual(&mut self, word: &str) -> Parsed<StmtKind> {
        match word {
            "yield"
                if self.word_at(self.at.saturating_add(1), "return")
                    || self.word_at(self.at.saturating_add(1), "break") =>
            {
                return Err(self.unsupported("`yield`", "fill a `List<T>` instead"));
            }
            "record"
                if self.is_name_at(self.at.saturating_add(1))
                    && matches!(self.ahead(2), Token::Sign("(" | "{" | ";")) =>
            {
                self.newer("a record", "9", "use `new { ... }` or tuples");
                return Err(Stop);
            }
            "await" if matches!(self.ahead(1), Token::Name { .. }) => {
                return Err(self.unsupported("`await`", "expressions run to their end at once"));
            }
            "async" if matches!(self.ahead(1), Token::Name { .. }) => {
                return Err(self.unsupported("`async`", "expressions run to their end at once"));
            }
            _ => {}
        }
        if self.is_name_at(self.at) && self.sign_ahead(1, ":") {
            return Err(self.unsupported("a label", "write a loop with `break` and `continue`"));
        }
        self.declaration_or_expression()
    }

    fn at_statement_end(&self) -> bool {
        matches!(self.peek(), Token::Sign(";" | "}") | Token::End)
    }

    /// `(condition)`
    fn bracketed(&mut self) -> Parsed<Expr> {
        let span = self.span();
        let found = self.header(|parser| {
            parser.expect("(")?;
            let value = parser.expression()?;
            parser.expect(")")?;
            Ok(value)
        })?;
        // Where there is none a problem has been reported, and the tree is not used.
        Ok(found.unwrap_or(Expr { kind: ExprKind::Literal(Value::Null), span }))
    }

    /// What `read` finds in the brackets that begin here. After a problem in them reading goes on behind
    /// them.
    #[inline(never)]
    fn header<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<Option<T>> {
        let (opener, level, height) = (self.at, self.level, self.height);
        match read(self) {
            Ok(found) => Ok(Some(found)),
            Err(Stop) if !self.report.is_full() && self.closer(opener) > opener => {
                (self.level, self.height) = (level, height);
                self.at = self.closer(opener).saturating_add(1);
                Ok(None)
            }
            Err(Stop) => Err(Stop),
        }
    }

    /// A statement that depends on another one.
    fn body(&mut self) -> Parsed<Box<Stmt>> {
        let declares = matches!(self.peek(), Token::Name { text: "var" | "const", escaped: false })
            && self.is_name_at(self.at.saturating_add(1));
        if declares {
            let span = self.span();
            self.report.push(
                Diagnostic::error("expression-syntax", span, "a declaration alone has no use here")
                    .label("expected `{` before it"),
            );
        }
        Ok(Box::new(self.statement()?))
    }

    #[inline(never)]
    fn if_statement(&mut self) -> Parsed<StmtKind> {
        self.skip();
        let condition = self.bracketed()?;
        let yes = self.body()?;
        let no = if self.take_word("else") { Some(self.body()?) } else { None };
        Ok(StmtKind::If { condition, yes, no })
    }

    #[inline(never)]
    fn do_while(&mut self) -> Parsed<StmtKind> {
        self.skip();
        let body = self.body()?;
        if !self.take_word("while") {
            return Err(self.unexpected("`while`"));
        }
        let condition = self.bracketed()?;
        self.end_statement()?;
        Ok(StmtKind::DoWhile(body, condition))
    }

    #[inline(never)]
    fn for_statement(&mut self) -> Parsed<StmtKind> {
        self.skip();
        let header = self.header(Self::for_header)?;
        let body = self.body()?;
        Ok(match header {
            Some((start, condition, step)) => StmtKind::For { start, condition, step, body },
            None => StmtKind::Empty,
        })
    }

    fn for_header(&mut self) -> Parsed<(Vec<Stmt>, Option<Expr>, Vec<Expr>)> {
        self.expect("(")?;
        let mut start = Vec::new();
        if let Some(kind) = self.local_declaration(false)? {
            let span = self.last_span();
            start.push(Stmt { kind, span });
        } else {
            while !self.sign_is(";") {
                let value = self.expression()?;
                let span = value.span;
                start.push(Stmt { kind: StmtKind::Expr(value), span });
                if !self.take(",") {
                    break;
                }
            }
        }
        self.expect(";")?;
        let condition = if self.sign_is(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        let mut step = Vec::new();
        while !self.sign_is(")") {
            step.push(self.expression()?);
            if !self.take(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok((start, condition, step))
    }

    #[inline(never)]
    fn foreach_statement(&mut self) -> Parsed<StmtKind> {
        self.skip();
        let header = self.header(Self::foreach_header)?;
        let body = self.body()?;
        Ok(match header {
            Some((variable, items)) => match variable {
                Variable::One(ty, name) => StmtKind::ForEach { ty, name, items, body },
                Variable::Parts(names, span) => self.foreach_parts(names, span, items, body),
            },
            None => StmtKind::Empty,
        })
    }

    fn foreach_header(&mut self) -> Parsed<(Variable, Expr)> {
        self.expect("(")?;
        let start = self.span();
        if let Some(names) = self.parts_of_foreach()? {
            let span = start.to(self.last_span());
            if !self.take_word("in") {
                return Err(self.unexpected("`in`"));
            }
            let items = self.expression()?;
            self.expect(")")?;
            return Ok((Variable::Parts(names, span), items));
        }
        if self.is_name_at(self.at) && self.word_at(self.at.saturating_add(1), "in") {
            return Err(self.error("the type of the variable is missing", "expected `var` before it"));
        }
        let ty = self.required_type(Question::Nullable)?;
        let name = self.name("the name of a variable")?;
        if !self.take_word("in") {
            return Err(self.unexpected("`in`"));
        }
        let items = self.expression()?;
        self.expect(")")?;
        Ok((Variable::One(ty, name), items))
    }

    /// `lock (x) body`: an expression runs alone, so that only `x` counts.
    #[inline(never)]
    fn lock_statement(&mut self) -> Parsed<StmtKind> {
        self.skip();
        let value = self.bracketed()?;
        let span = value.span;
        let resource = Stmt { kind: StmtKind::Expr(value), span };
        Ok(StmtKind::Using(Box::new(resource), self.body()?))
    }

    #[inline(never)]
    fn switch_statement(&mut self) -> Parsed<StmtKind> {
        self.skip();
        let value = self.bracketed()?;
        self.expect("{")?;
        let mut sections = Vec::new();
        while !self.sign_is("}") {
            sections.push(self.section()?);
        }
        self.skip();
        Ok(StmtKind::Switch(value, sections))
    }

    #[inline(never)]
    fn section(&mut self) -> Parsed<SwitchSection> {
        let mut labels = Vec::new();
        loop {
            if self.word_is("default") && self.sign_ahead(1, ":") {
                self.skip();
                self.skip();
                labels.push((None, None));
            } else if self.take_word("case") {
                let pattern = self.pattern(true)?;
                let guard = if self.take_word("when") { Some(self.expression()?) } else { None };
                self.expect(":")?;
                labels.push((Some(pattern), guard));
            } else {
                break;
            }
        }
        if labels.is_empty() {
            return Err(self.unexpected("`case`, `default` or `}`"));
        }
        let body = self.statements()?;
        if body.is_empty() && !self.report.has_problems() {
            return Err(self.unexpected("a statement"));
        }
        Ok(SwitchSection { labels, body })
    }

    #[inline(never)]
    fn try_statement(&mut self) -> Parsed<StmtKind> {
        self.skip();
        let body = self.block()?;
        let mut catches = Vec::new();
        while self.word_is("catch") {
            catches.push(self.catch()?);
        }
        let finally = if self.take_word("finally") { Some(self.block()?) } else { None };
        if catches.is_empty() && finally.is_none() {
            return Err(self.unexpected("`catch` or `finally`"));
        }
        Ok(StmtKind::Try { body, catches, finally })
    }

    #[inline(never)]
    fn catch(&mut self) -> Parsed<Catch> {
        self.skip();
        let (mut ty, mut name) = (None, None);
        if self.take("(") {
            ty = Some(self.required_type(Question::Nullable)?);
            if !self.sign_is(")") {
                name = Some(self.name("the name of a variable")?);
            }
            self.expect(")")?;
        }
        let guard = if self.take_word("when") { Some(self.bracketed()?) } else { None };
        Ok(Catch { ty, name, guard, body: self.block()? })
    }

    #[inline(never)]
    fn using_statement(&mut self) -> Parsed<StmtKind> {
        self.skip();
        if !self.sign_is("(") {
            let declared = self.type_at(self.at, Question::Nullable);
            if declared.is_some_and(|(_, next)| self.is_name_at(next)) {
                self.newer("a `using` declaration", "8", "write `using (var x = ...) { ... }`");
                return self.declaration_or_expression();
            }
            let help = "leave it out: the namespaces that expressions may use are known";
            return Err(self.unsupported("a `using` directive", help));
        }
        self.skip();
        let start = self.span();
        let kind = match self.local_declaration(false)? {
            Some(kind) => kind,
            None => StmtKind::Expr(self.expression()?),
        };
        let resource = Stmt { kind, span: start.to(self.last_span()) };
        self.expect(")")?;
        Ok(StmtKind::Using(Box::new(resource), self.body()?))
    }

    /// An expression as a statement.
    #[inline(never)]
    pub(super) fn expression_statement(&mut self) -> Parsed<StmtKind> {
        let begins_type =
            matches!(*self.peek(), Token::Name { text, escaped: false } if is_type_keyword(text));
        let value = self.expression()?;
        let ended = self.sign_is(";");
        if ended && !has_effect(&value) {
            self.useless(value.span);
        } else if !ended && !has_effect(&value) && !begins_type && self.peek() == &Token::End {
            self.useless(value.span);
            return Ok(StmtKind::Expr(value));
        }
        self.end_statement()?;
        Ok(StmtKind::Expr(value))
    }

    fn useless(&mut self, span: Span) {
        self.report.push(
            Diagnostic::error("expression-syntax", span, "the value of this is not used")
                .label("expected a call, an assignment or `return`")
                .help("write `return` before the value that the block gives"),
        );
    }
}

/// Whether an expression may be a statement.
fn has_effect(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Call { .. } | ExprKind::Assign { .. } | ExprKind::Step { .. } | ExprKind::New { .. } => {
            true
        }
        ExprKind::NullSafe { rest, .. } => has_effect(rest),
        _ => false,
    }
}
