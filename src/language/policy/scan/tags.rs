//! Masks one tag: its attribute values are literals, or expressions with anything inside.

use super::Format;
use super::blank::blank_bytes;
use super::leftover;
use super::mask::{Masker, is_expression};
use crate::diagnostics::{Diagnostic, Span};

impl Masker<'_, '_> {
    /// A tag from its `<` to its `>`. `None` when the structure is lost.
    pub(super) fn tag(&mut self) -> Option<()> {
        let start = self.at;
        self.at = start.saturating_add(1);
        let mut after_equals = false;
        // Whether a literal of this tag holds an expression that is not its whole value.
        let mut holds_expression = false;
        loop {
            if self.report.is_full() {
                return None;
            }
            let Some(byte) = self.document.as_bytes().get(self.at).copied() else {
                self.report.push(
                    Diagnostic::error("malformed-xml", self.tag_span(start), "this tag never ends")
                        .label("expected `>`, found the end of the file"),
                );
                return None;
            };
            match byte {
                b'>' => {
                    self.at = self.at.saturating_add(1);
                    return Some(());
                }
                b'<' => return self.unclosed_tag(start),
                b'"' | b'\'' if after_equals => {
                    let open = self.at;
                    self.value(start, byte)?;
                    let value = self.document.get(open.saturating_add(1)..self.at).unwrap_or("");
                    let literal = !is_expression(value.trim_start());
                    holds_expression |=
                        literal && value.contains('@') && (value.contains("@(") || value.contains("@{"));
                }
                b'"' | b'\'' => {
                    self.stray_quote(start, holds_expression);
                    self.overwrite(self.at, self.at.saturating_add(1), b'x');
                    self.at = self.at.saturating_add(1);
                }
                b'$' | b'%' | b'#' | b'{' if !after_equals => self.template_in_tag(start),
                _ => self.at = self.at.saturating_add(1),
            }
            after_equals = match byte {
                b'=' => true,
                b' ' | b'\t' | b'\r' | b'\n' => after_equals,
                _ => false,
            };
        }
    }

    /// The `<` and name of a tag.
    fn tag_span(&self, start: usize) -> Span {
        let rest = self.from(start.saturating_add(1));
        let name = rest.find(|c: char| c.is_whitespace() || "<>=\"'".contains(c)).unwrap_or(rest.len());
        self.span(start, name.saturating_add(1))
    }

    /// Whether this tag has not been complained about yet; from now on it has.
    fn first_problem(&mut self, tag: usize) -> bool {
        let first = self.bad_tags.last() != Some(&tag);
        if first {
            self.bad_tags.push(tag);
        }
        first
    }

    fn stray_quote(&mut self, tag: usize, holds_expression: bool) {
        if !self.first_problem(tag) {
            return;
        }
        let diagnostic = Diagnostic::error("missing-quote", self.span(self.at, 1), "stray quote in a tag")
            .label("expected an attribute or `>`; is a quote missing before this?");
        self.report.push(if holds_expression {
            diagnostic.help("an expression has to be the whole value: `@(\"text \" + ...)`")
        } else {
            diagnostic
        });
    }

    /// A directive such as `%{ if x }` between attributes, where nothing but attributes can stand.
    fn template_in_tag(&mut self, tag: usize) {
        let rest = self.rest();
        let braces = rest.starts_with("{{") || rest.starts_with("{%");
        let near = rest.bytes().take(leftover::MAX_DIRECTIVE_BYTES);
        let length = match near.clone().position(|b| b == b'}') {
            Some(at) if braces => {
                let doubled = near.clone().nth(at.saturating_add(1)) == Some(b'}');
                Some(at.saturating_add(if doubled { 2 } else { 1 }))
            }
            Some(_) => leftover::directive(rest),
            None => None,
        };
        let Some(length) = length else {
            self.at = self.at.saturating_add(1);
            return;
        };
        if self.first_problem(tag) {
            let text = rest.get(..length).unwrap_or("{");
            self.report.push(
                Diagnostic::error(
                    "template-in-tag",
                    self.span(self.at, length),
                    format!("the template directive `{text}` stands inside of a tag"),
                )
                .label("expected an attribute or `>`")
                .help("fill in the template first: what attributes there are has to be known"),
            );
        }
        let end = self.at.saturating_add(length);
        self.overwrite(self.at, end, b' ');
        self.at = end;
    }

    /// A `<` inside a tag. Where a blank or the name stands before it, the tag is taken to end there.
    fn unclosed_tag(&mut self, start: usize) -> Option<()> {
        let name = self.document.get(start..self.at).and_then(|t| t.split_whitespace().next()).unwrap_or("<");
        self.report.push(
            Diagnostic::error(
                "malformed-xml",
                self.span(self.at, 1),
                format!("the tag `{name}` is not closed"),
            )
            .label("expected `>`, found `<`"),
        );
        self.bad_tags.push(start);
        let before = self.at.saturating_sub(1);
        let byte = self.bytes.get_mut(before)?;
        let is_name = byte.is_ascii_alphanumeric() && before > start.saturating_add(2);
        if !byte.is_ascii_whitespace() && !is_name {
            return None;
        }
        *byte = b'>';
        Some(())
    }

    /// An attribute value from its opening quote to after its closing one.
    fn value(&mut self, tag: usize, quote: u8) -> Option<()> {
        let open = self.at;
        let quote_char = char::from(quote);
        let inside = open.saturating_add(1);
        let blank = blank_bytes(self.from(inside));
        let begin = inside.saturating_add(blank);
        if is_expression(self.from(begin)) {
            return self.expression_value(tag, begin, quote);
        }
        let Some(length) = self.from(inside).find(quote_char) else {
            self.report.push(missing_quote(self.span(open, 1), quote_char));
            return None;
        };
        let end = inside.saturating_add(length);
        let value = self.from(inside).get(..length).unwrap_or("");
        if let Some(bracket) = value.find('<') {
            if value.trim_end().ends_with('=') || !closes_value(self.from(end.saturating_add(1))) {
                self.report.push(missing_quote(self.span(open, 1), quote_char));
                self.bad_tags.push(tag);
                let to_tag_end = value.find('>').filter(|end| *end < bracket)?;
                self.overwrite(open, open.saturating_add(1), b'x');
                self.at = inside.saturating_add(to_tag_end);
                return Some(());
            }
            if self.format == Format::Raw {
                self.report.push(
                    Diagnostic::warning(
                        "needs-escaping",
                        self.span(inside.saturating_add(bracket), 1),
                        "`<` is not escaped",
                    )
                    .label("expected `&lt;` outside of expressions"),
                );
            }
            self.overwrite(inside, end, b'x');
        }
        self.check_escaped(inside, end, None);
        self.at = end.saturating_add(1);
        Some(())
    }

    fn expression_value(&mut self, tag: usize, begin: usize, quote: u8) -> Option<()> {
        let quote_char = char::from(quote);
        match self.expression(begin, quote) {
            Ok(found) => {
                self.check_escaped(found.start, found.end, Some(quote));
                self.take(found);
            }
            Err(problem) => {
                let length = likely_end(self.from(begin), quote);
                self.report_unbalanced(begin, length, problem);
                self.at = begin.saturating_add(length?);
                self.overwrite(begin, self.at, b'x');
            }
        }
        let rest = self.rest();
        let blank = blank_bytes(rest);
        let end = self.at.saturating_add(blank);
        if self.document.as_bytes().get(end) == Some(&quote) {
            self.at = end.saturating_add(1);
            return Some(());
        }
        self.report.push(
            Diagnostic::error(
                "text-after-expression",
                self.span(end, 1),
                "more text after the end of an expression",
            )
            .label(format!("expected the closing `{quote_char}`"))
            .help("an attribute is one expression or one text, never both"),
        );
        self.bad_tags.push(tag);
        self.bad_expressions.push(begin);
        let length = self.from(end).find(quote_char)?;
        let close = end.saturating_add(length);
        self.overwrite(end, close, b'x');
        self.at = close.saturating_add(1);
        Some(())
    }
}

fn missing_quote(span: Span, quote: char) -> Diagnostic {
    Diagnostic::error("missing-quote", span, format!("the closing `{quote}` of this attribute is missing"))
        .label("expected a closing quote before the end of the tag")
}

/// Where a value that is not balanced probably ends: at a quote with the end of the tag or another
/// attribute behind it.
fn likely_end(text: &str, quote: u8) -> Option<usize> {
    text.match_indices(char::from(quote))
        .map(|(at, _)| at)
        .find(|at| closes_value(text.get(at.saturating_add(1)..).unwrap_or("")))
}

/// Whether a quote before `after` can be the end of a value: the end of the tag follows, or an attribute.
fn closes_value(after: &str) -> bool {
    let trimmed = after.trim_start();
    let blank = trimmed.len() < after.len();
    let end = trimmed.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let attribute = end.is_some_and(|end| end > 0 && trimmed.get(end..).is_some_and(|t| t.starts_with('=')));
    trimmed.starts_with('>') || trimmed.starts_with("/>") || (blank && attribute)
}
