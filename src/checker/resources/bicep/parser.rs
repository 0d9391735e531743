//! Bicep files: declarations and their expressions.
//!
//! A declaration that cannot be read is told and passed over; the others are still read. Types, outputs, imports
//! and the like are passed over in silence.

use super::super::eval::{Expr, ExprKind, Loop};
use super::lexer::{Piece, Token, TokenKind, words};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};
use crate::tree::json::{Node, Value};

/// Deepest nesting of brackets.
const MAX_DEPTH: u32 = 48;
/// Most operators, and most members, one after the other.
const MAX_CHAIN: u32 = 60;

/// What a file declares, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    /// Parameters with their defaults.
    pub(super) params: Vec<(String, Option<Expr>, Span)>,
    /// Variables.
    pub(super) vars: Vec<(String, Expr)>,
    /// Resources, nested ones inside of theirs.
    pub(super) resources: Vec<Resource>,
    /// Modules.
    pub(super) modules: Vec<Module>,
    /// Functions: names of arguments, and the value.
    pub(super) functions: Vec<(String, Expr)>,
    /// `using 'main.bicep'`
    pub(super) using: Option<String>,
}

/// `resource symbol 'type@version' = ...`
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) symbol: String,
    pub(super) kind: String,
    pub(super) kind_span: Span,
    pub(super) is_existing: bool,
    pub(super) body: Expr,
    pub(super) condition: Option<Expr>,
    pub(super) nested: Vec<Resource>,
}

/// `module symbol 'path' = ...`
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) symbol: String,
    pub(super) path: String,
    pub(super) body: Expr,
    pub(super) condition: Option<Expr>,
}

/// Reads a file. Problems are told.
pub(super) fn parse(source: SourceId, text: &str, problems: &mut Diagnostics) -> File {
    let (tokens, endless) = words(source, text, 0, text.len());
    for span in endless {
        problems.push(
            Diagnostic::error("bicep-syntax", span, "a text that does not end")
                .label("expected a closing quote"),
        );
    }
    let mut parser = Parser { source, text, tokens, at: 0, depth: 0, problem: None };
    let mut file = File::default();
    parser.file(&mut file, problems);
    file
}

struct Parser<'t> {
    source: SourceId,
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
    /// The first thing in this declaration that could not be read: where, and what was expected.
    problem: Option<(Span, &'static str)>,
}

type Read<T> = Option<T>;

impl Parser<'_> {
    fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn span(&self) -> Span {
        let here = self.tokens.get(self.at).or_else(|| self.tokens.last());
        here.map_or(Span::new(self.source, 0, 0), |token| token.span)
    }

    fn before(&self) -> Span {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or_else(|| self.span(), |token| token.span)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at = self.at.saturating_add(1);
        token
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(TokenKind::Sign(found)) if *found == sign)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        if found {
            self.at = self.at.saturating_add(1);
        }
        found
    }

    fn word(&self) -> Option<&str> {
        match self.peek() {
            Some(TokenKind::Name(name)) => Some(name),
            _ => None,
        }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.word() == Some(word);
        if found {
            self.at = self.at.saturating_add(1);
        }
        found
    }

    fn lines(&mut self) {
        while self.peek() == Some(&TokenKind::NewLine) {
            self.at = self.at.saturating_add(1);
        }
    }

    /// Notes what was expected here, and gives up the declaration.
    fn fail<T>(&mut self, expected: &'static str) -> Read<T> {
        let span = self.span();
        self.problem.get_or_insert((span, expected));
        None
    }

    fn expect(&mut self, sign: &str, expected: &'static str) -> Read<()> {
        if self.eat(sign) { Some(()) } else { self.fail(expected) }
    }

    fn name(&mut self, expected: &'static str) -> Read<String> {
        match self.next().map(|token| token.kind) {
            Some(TokenKind::Name(name)) => Some(name),
            _ => {
                self.at = self.at.saturating_sub(1);
                self.fail(expected)
            }
        }
    }

    /// A text without expressions.
    fn plain_text(&mut self, expected: &'static str) -> Read<(String, Span)> {
        match self.next() {
            Some(Token { kind: TokenKind::Text(pieces), span }) => match pieces.as_slice() {
                [Piece::Plain(text, _)] => Some((text.clone(), span)),
                _ => self.fail(expected),
            },
            _ => {
                self.at = self.at.saturating_sub(1);
                self.fail(expected)
            }
        }
    }

    fn file(&mut self, file: &mut File, problems: &mut Diagnostics) {
        loop {
            self.lines();
            if self.at >= self.tokens.len() {
                return;
            }
            let begin = self.at;
            self.depth = 0;
            let done = self.declaration(file);
            if done.is_none() {
                if let Some((span, expected)) = self.problem.take() {
                    problems.push(
                        Diagnostic::error("bicep-syntax", span, "this declaration cannot be read")
                            .label(expected),
                    );
                }
                self.at = self.at.max(begin.saturating_add(1));
            }
            self.skip_declaration(begin, done.is_some());
        }
    }

    /// Goes to the line after the declaration that began at `begin`, brackets closed.
    fn skip_declaration(&mut self, begin: usize, is_read: bool) {
        if !is_read {
            self.at = begin;
        }
        let mut depth = 0_u32;
        while let Some(token) = self.tokens.get(self.at) {
            match &token.kind {
                TokenKind::Sign("{" | "[" | "(" | "[?") => depth = depth.saturating_add(1),
                TokenKind::Sign("}" | "]" | ")") => depth = depth.saturating_sub(1),
                TokenKind::NewLine if depth == 0 && (self.at > begin) => return,
                _ => {}
            }
            self.at = self.at.saturating_add(1);
        }
    }

    fn declaration(&mut self, file: &mut File) -> Read<()> {
        while self.eat("@") {
            self.expr()?;
            self.lines();
        }
        let Some(word) = self.word().map(str::to_owned) else { return self.fail("expected a declaration") };
        self.at = self.at.saturating_add(1);
        match word.as_str() {
            "param" => {
                let name = self.name("expected a name")?;
                let span = self.before();
                // The type ends where a default or the line does.
                let mut depth = 0_u32;
                while let Some(kind) = self.peek() {
                    match kind {
                        TokenKind::Sign("=") if depth == 0 => break,
                        TokenKind::NewLine if depth == 0 => break,
                        TokenKind::Sign("{" | "[" | "(" | "[?") => depth = depth.saturating_add(1),
                        TokenKind::Sign("}" | "]" | ")") => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    self.at = self.at.saturating_add(1);
                }
                let default = if self.eat("=") { Some(self.value()?) } else { None };
                file.params.push((name, default, span));
            }
            "var" => {
                let name = self.name("expected a name")?;
                // A type may stand between name and value.
                while !self.is("=") && self.peek().is_some_and(|kind| *kind != TokenKind::NewLine) {
                    self.at = self.at.saturating_add(1);
                }
                self.expect("=", "expected `=`")?;
                let value = self.value()?;
                file.vars.push((name, value));
            }
            "resource" => {
                let resource = self.resource()?;
                file.resources.push(resource);
            }
            "module" => {
                let symbol = self.name("expected a name")?;
                let (path, _) = self.plain_text("expected the path of a module in single quotes")?;
                self.expect("=", "expected `=`")?;
                let (body, condition, _) = self.body()?;
                file.modules.push(Module { symbol, path, body, condition });
            }
            "func" => {
                let name = self.name("expected a name")?;
                let mut names = Vec::new();
                self.expect("(", "expected `(`")?;
                while !self.eat(")") {
                    self.lines();
                    names.push(self.name("expected the name of an argument")?);
                    while !self.is(",") && !self.is(")") {
                        if self.next().is_none() {
                            return self.fail("expected `)`");
                        }
                    }
                    self.eat(",");
                    self.lines();
                }
                while !self.is("=>") {
                    if self.next().is_none() {
                        return self.fail("expected `=>`");
                    }
                }
                self.expect("=>", "expected `=>`")?;
                let body = self.value()?;
                let span = body.span;
                file.functions.push((name, Expr { kind: ExprKind::Lambda(names, Box::new(body)), span }));
            }
            "using" => file.using = self.plain_text("expected a path").map(|(path, _)| path),
            "output" | "type" | "metadata" | "targetScope" | "import" | "extension" | "provider"
            | "assert" | "extends" => {}
            _ => {
                self.at = self.at.saturating_sub(1);
                return self.fail("expected `param`, `var`, `resource`, `module` or `output`");
            }
        }
        Some(())
    }

    fn resource(&mut self) -> Read<Resource> {
        let symbol = self.name("expected a name")?;
        let (kind, kind_span) = self.plain_text("expected a resource type in single quotes")?;
        let is_existing = self.eat_word("existing");
        self.expect("=", "expected `=`")?;
        let (body, condition, nested) = self.body()?;
        Some(Resource { symbol, kind, kind_span, is_existing, body, condition, nested })
    }

    /// `{...}`, `if (...) {...}` or a loop over one of them, with the resources declared inside.
    fn body(&mut self) -> Read<(Expr, Option<Expr>, Vec<Resource>)> {
        self.lines();
        if self.eat_word("if") {
            self.expect("(", "expected `(`")?;
            let condition = self.value()?;
            self.lines();
            self.expect(")", "expected `)`")?;
            self.lines();
            let (body, nested) = self.object_with_resources()?;
            return Some((body, Some(condition), nested));
        }
        if self.is("{") {
            let (body, nested) = self.object_with_resources()?;
            return Some((body, None, nested));
        }
        let value = self.value()?;
        Some((value, None, Vec::new()))
    }

    fn object_with_resources(&mut self) -> Read<(Expr, Vec<Resource>)> {
        let mut nested = Vec::new();
        let body = self.object(Some(&mut nested))?;
        Some((body, nested))
    }

    /// An expression that may begin on the next line.
    fn value(&mut self) -> Read<Expr> {
        self.lines();
        self.expr()
    }

    fn expr(&mut self) -> Read<Expr> {
        if self.depth >= MAX_DEPTH {
            return self.fail("too deeply nested");
        }
        self.depth = self.depth.saturating_add(1);
        let value = self.ternary();
        self.depth = self.depth.saturating_sub(1);
        value
    }

    fn ternary(&mut self) -> Read<Expr> {
        let condition = self.binary(0)?;
        let at = self.at;
        self.lines();
        if !self.eat("?") {
            self.at = at;
            return Some(condition);
        }
        let yes = self.value()?;
        self.lines();
        self.expect(":", "expected `:`")?;
        let no = self.value()?;
        let span = condition.span.to(no.span);
        Some(Expr { kind: ExprKind::Ternary(Box::new(condition), Box::new(yes), Box::new(no)), span })
    }

    fn binary(&mut self, least: u32) -> Read<Expr> {
        let mut left = self.unary()?;
        let mut chain = 0_u32;
        loop {
            chain = chain.saturating_add(1);
            if chain > MAX_CHAIN {
                return self.fail("too many operators");
            }
            let at = self.at;
            // Operators may begin the next line.
            self.lines();
            let Some(TokenKind::Sign(sign)) = self.peek() else {
                self.at = at;
                return Some(left);
            };
            let sign = *sign;
            let Some(level) = precedence(sign).filter(|level| *level >= least) else {
                self.at = at;
                return Some(left);
            };
            self.at = self.at.saturating_add(1);
            self.lines();
            self.depth = self.depth.saturating_add(1);
            if self.depth >= MAX_DEPTH {
                return self.fail("too deeply nested");
            }
            let right = self.binary(level.saturating_add(1))?;
            self.depth = self.depth.saturating_sub(1);
            let span = left.span.to(right.span);
            left = Expr { kind: ExprKind::Binary(sign, Box::new(left), Box::new(right)), span };
        }
    }

    fn unary(&mut self) -> Read<Expr> {
        let begin = self.span();
        for op in ["!", "-"] {
            if self.eat(op) {
                self.depth = self.depth.saturating_add(1);
                if self.depth >= MAX_DEPTH {
                    return self.fail("too deeply nested");
                }
                let operand = self.unary()?;
                self.depth = self.depth.saturating_sub(1);
                let span = begin.to(operand.span);
                return Some(Expr { kind: ExprKind::Unary(op, Box::new(operand)), span });
            }
        }
        let primary = self.primary()?;
        self.suffixes(primary)
    }

    fn suffixes(&mut self, mut value: Expr) -> Read<Expr> {
        for _ in 0..MAX_CHAIN {
            if self.eat("::") || self.is(".") || self.is(".?") {
                let is_safe = self.is(".?");
                if self.is(".") || is_safe {
                    self.at = self.at.saturating_add(1);
                }
                let name = self.name("expected a name")?;
                let name_span = self.before();
                let span = value.span.to(name_span);
                if self.is("(") {
                    let arguments = self.arguments()?;
                    let span = value.span.to(self.before());
                    value = Expr { kind: ExprKind::Method(Box::new(value), name, arguments), span };
                } else {
                    value = Expr { kind: ExprKind::Member(Box::new(value), name, is_safe), span };
                }
            } else if self.is("[") || self.is("[?") {
                let is_safe = self.is("[?");
                self.at = self.at.saturating_add(1);
                let index = self.value()?;
                self.lines();
                self.expect("]", "expected `]`")?;
                let span = value.span.to(self.before());
                value = Expr { kind: ExprKind::Index(Box::new(value), Box::new(index), is_safe), span };
            } else if self.is("!")
                && !matches!(
                    self.tokens.get(self.at.saturating_add(1)).map(|t| &t.kind),
                    Some(TokenKind::Sign("="))
                )
            {
                // `a!`: it is not null.
                self.at = self.at.saturating_add(1);
            } else {
                return Some(value);
            }
        }
        self.fail("too many members")
    }

    fn arguments(&mut self) -> Read<Vec<Expr>> {
        self.expect("(", "expected `(`")?;
        let mut arguments = Vec::new();
        loop {
            self.lines();
            if self.eat(")") {
                return Some(arguments);
            }
            arguments.push(self.expr()?);
            self.lines();
            if !self.eat(",") && !self.is(")") {
                return self.fail("expected `,` or `)`");
            }
        }
    }

    fn primary(&mut self) -> Read<Expr> {
        let begin = self.span();
        let literal = |value| Some(Expr { kind: ExprKind::Literal(Node::new(value, begin)), span: begin });
        match self.peek().cloned() {
            Some(TokenKind::Number(number)) => {
                self.at = self.at.saturating_add(1);
                literal(Value::Number(number))
            }
            Some(TokenKind::Text(pieces)) => {
                self.at = self.at.saturating_add(1);
                self.text_of(&pieces, begin)
            }
            Some(TokenKind::Name(name)) => {
                self.at = self.at.saturating_add(1);
                match name.as_str() {
                    "true" => return literal(Value::Bool(true)),
                    "false" => return literal(Value::Bool(false)),
                    "null" => return literal(Value::Null),
                    _ => {}
                }
                if self.is("(") {
                    let arguments = self.arguments()?;
                    let span = begin.to(self.before());
                    return Some(Expr { kind: ExprKind::Call(name, arguments), span });
                }
                if self.eat("=>") {
                    let body = self.value()?;
                    let span = begin.to(body.span);
                    return Some(Expr { kind: ExprKind::Lambda(vec![name], Box::new(body)), span });
                }
                Some(Expr { kind: ExprKind::Name(name), span: begin })
            }
            Some(TokenKind::Sign("(")) => self.bracket(begin),
            Some(TokenKind::Sign("{")) => self.object(None),
            Some(TokenKind::Sign("[")) => self.list(begin),
            _ => self.fail("expected a value"),
        }
    }

    /// `(a)` or `(a, b) => c`
    fn bracket(&mut self, begin: Span) -> Read<Expr> {
        let at = self.at;
        self.at = self.at.saturating_add(1);
        let mut names = Vec::new();
        while let Some(name) = self.word().map(str::to_owned) {
            names.push(name);
            self.at = self.at.saturating_add(1);
            if !self.eat(",") {
                break;
            }
        }
        if self.eat(")") && self.eat("=>") {
            let body = self.value()?;
            let span = begin.to(body.span);
            return Some(Expr { kind: ExprKind::Lambda(names, Box::new(body)), span });
        }
        self.at = at.saturating_add(1);
        let inner = self.value()?;
        self.lines();
        self.expect(")", "expected `)`")?;
        Some(inner)
    }

    fn text_of(&mut self, pieces: &[Piece], span: Span) -> Read<Expr> {
        if let [Piece::Plain(text, place)] = pieces {
            // A text in three quotes has the place of its content: a policy may be in it.
            let place = if self.text.get(span.start as usize..).is_some_and(|t| t.starts_with("'''")) {
                *place
            } else {
                span
            };
            return Some(Expr { kind: ExprKind::Literal(Node::new(Value::Text(text.clone()), place)), span });
        }
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Plain(text, place) => parts.push(Expr {
                    kind: ExprKind::Literal(Node::new(Value::Text(text.clone()), *place)),
                    span: *place,
                }),
                Piece::Code(from, to) => {
                    let (tokens, _) = words(self.source, self.text, *from, *to);
                    let outer = std::mem::replace(&mut self.tokens, tokens);
                    let at = std::mem::take(&mut self.at);
                    let part = self.expr();
                    self.tokens = outer;
                    self.at = at;
                    parts.push(part?);
                }
            }
        }
        Some(Expr { kind: ExprKind::Text(parts), span })
    }

    fn object(&mut self, mut nested: Option<&mut Vec<Resource>>) -> Read<Expr> {
        let begin = self.span();
        self.expect("{", "expected `{`")?;
        let mut members = Vec::new();
        loop {
            while self.peek() == Some(&TokenKind::NewLine) || self.is(",") {
                self.at = self.at.saturating_add(1);
            }
            if self.eat("}") {
                let span = begin.to(self.before());
                return Some(Expr { kind: ExprKind::Object(members), span });
            }
            if self.eat("...") {
                members.push((None, self.value()?));
                continue;
            }
            while self.eat("@") {
                self.expr()?;
                self.lines();
            }
            let name_span = self.span();
            let name = match self.next().map(|token| token.kind) {
                Some(TokenKind::Name(name)) => {
                    let is_declaration = name == "resource" && self.word().is_some();
                    if is_declaration && let Some(nested) = nested.as_deref_mut() {
                        let resource = self.resource()?;
                        nested.push(resource);
                        continue;
                    }
                    let node = Node::new(Value::Text(name), name_span);
                    Expr { kind: ExprKind::Literal(node), span: name_span }
                }
                Some(TokenKind::Text(pieces)) => self.text_of(&pieces, name_span)?,
                _ => {
                    self.at = self.at.saturating_sub(1);
                    return self.fail("expected the name of a property or `}`");
                }
            };
            self.lines();
            self.expect(":", "expected `:` after the name of a property")?;
            let value = self.value()?;
            members.push((Some(name), value));
            if !matches!(self.peek(), Some(TokenKind::NewLine | TokenKind::Sign("," | "}"))) {
                return self.fail("expected a new line, `,` or `}`");
            }
        }
    }

    fn list(&mut self, begin: Span) -> Read<Expr> {
        self.expect("[", "expected `[`")?;
        self.lines();
        if self.word() == Some("for") {
            return self.each(begin);
        }
        let mut elements = Vec::new();
        loop {
            while self.peek() == Some(&TokenKind::NewLine) || self.is(",") {
                self.at = self.at.saturating_add(1);
            }
            if self.eat("]") {
                let span = begin.to(self.before());
                return Some(Expr { kind: ExprKind::Array(elements), span });
            }
            let is_spread = self.eat("...");
            elements.push((self.value()?, is_spread));
            if !matches!(self.peek(), Some(TokenKind::NewLine | TokenKind::Sign("," | "]"))) {
                return self.fail("expected a new line, `,` or `]`");
            }
        }
    }

    fn each(&mut self, begin: Span) -> Read<Expr> {
        self.at = self.at.saturating_add(1);
        let (item, index) = if self.eat("(") {
            let item = self.name("expected a name")?;
            self.expect(",", "expected `,`")?;
            let index = self.name("expected a name")?;
            self.expect(")", "expected `)`")?;
            (item, Some(index))
        } else {
            (self.name("expected a name")?, None)
        };
        if !self.eat_word("in") {
            return self.fail("expected `in`");
        }
        let list = self.value()?;
        self.lines();
        self.expect(":", "expected `:`")?;
        self.lines();
        let condition = if self.eat_word("if") {
            self.expect("(", "expected `(`")?;
            let condition = self.value()?;
            self.lines();
            self.expect(")", "expected `)`")?;
            Some(condition)
        } else {
            None
        };
        let body = self.value()?;
        self.lines();
        self.expect("]", "expected `]`")?;
        let span = begin.to(self.before());
        let each = Loop { item, index, list, condition, body };
        Some(Expr { kind: ExprKind::For(Box::new(each)), span })
    }
}

fn precedence(sign: &str) -> Option<u32> {
    Some(match sign {
        "??" => 1,
        "||" => 2,
        "&&" => 3,
        "==" | "!=" | "=~" | "!~" => 4,
        "<" | "<=" | ">" | ">=" => 5,
        "+" | "-" => 6,
        "*" | "/" | "%" => 7,
        _ => return None,
    })
}
