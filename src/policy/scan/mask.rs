//! Overwrites everything that is not plain XML, so that an XML parser can read the rest.

use super::brackets::{Unbalanced, match_bracket};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};

/// An expression in the source: the bytes from `@` to its last bracket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Whether entities in it are to be decoded.
    pub(super) entities: bool,
}

/// A document whose expressions and comments are overwritten by `x`, line ends kept.
pub(super) struct Masked {
    /// As long as the source, byte for byte.
    pub(super) text: String,
    /// In order of place.
    pub(super) expressions: Vec<Found>,
    /// Starts of tags whose attributes have been complained about.
    pub(super) bad_tags: Vec<usize>,
    /// Starts of expressions that have been complained about.
    pub(super) bad_expressions: Vec<usize>,
    /// Whether the rest of the document still has a clear structure.
    pub(super) usable: bool,
}

/// Masks `document`.
pub(super) fn mask(source: SourceId, document: &str, diagnostics: &mut Diagnostics) -> Masked {
    let mut masker = Masker {
        source,
        document,
        bytes: document.as_bytes().to_vec(),
        at: 0,
        expressions: Vec::new(),
        bad_tags: Vec::new(),
        bad_expressions: Vec::new(),
        problems: 0,
        diagnostics,
    };
    if document.starts_with('\u{feff}') {
        masker.overwrite(0, BOM_BYTES, b' ');
        masker.at = BOM_BYTES;
    }
    let usable = masker.run().is_some();
    let text =
        String::from_utf8(masker.bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into());
    Masked {
        text,
        expressions: masker.expressions,
        bad_tags: masker.bad_tags,
        bad_expressions: masker.bad_expressions,
        usable,
    }
}

const BOM_BYTES: usize = 3;
/// After so many problems the rest is not read: each may mean a scan to the end of the document.
const MAX_PROBLEMS: u32 = 32;

struct Masker<'a> {
    source: SourceId,
    document: &'a str,
    bytes: Vec<u8>,
    at: usize,
    expressions: Vec<Found>,
    bad_tags: Vec<usize>,
    bad_expressions: Vec<usize>,
    problems: u32,
    diagnostics: &'a mut Diagnostics,
}

impl Masker<'_> {
    /// `None` when the structure is lost.
    fn run(&mut self) -> Option<()> {
        while self.at < self.document.len() {
            if self.problems >= MAX_PROBLEMS {
                return None;
            }
            let rest = self.rest();
            let start = self.at;
            if rest.starts_with("<!--") {
                let end = self.find_end(start, 4, "-->", "comment")?;
                self.overwrite(start.saturating_add(4), end.saturating_sub(3), b'x');
                self.at = end;
            } else if rest.starts_with("<![CDATA[") {
                let end = self.find_end(start, 9, "]]>", "CDATA section")?;
                self.overwrite(start.saturating_add(9), end.saturating_sub(3), b'x');
                self.at = end;
            } else if rest.starts_with("<?") {
                let end = self.find_end(start, 2, "?>", "processing instruction")?;
                self.overwrite(start, end, b' ');
                self.at = end;
            } else if rest.starts_with("<!") {
                let end = self.find_end(start, 2, ">", "declaration")?;
                self.overwrite(start, end, b' ');
                self.at = end;
            } else if is_tag_start(rest) {
                self.tag()?;
            } else if rest.starts_with('<') {
                self.report(
                    Diagnostic::error("stray-bracket", self.span(start, 1), "stray `<`")
                        .label("expected the name of an element")
                        .help("write `&lt;`, or put the code in `@(...)`"),
                );
                self.overwrite(start, start.saturating_add(1), b'x');
                self.at = start.saturating_add(1);
            } else {
                self.text();
            }
        }
        Some(())
    }

    fn rest(&self) -> &str {
        self.document.get(self.at..).unwrap_or("")
    }

    fn from(&self, at: usize) -> &str {
        self.document.get(at..).unwrap_or("")
    }

    fn span(&self, at: usize, length: usize) -> Span {
        Span::new(self.source, at, at.saturating_add(length).min(self.document.len()))
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.problems = self.problems.saturating_add(1);
        self.diagnostics.push(diagnostic);
    }

    fn overwrite(&mut self, start: usize, end: usize, with: u8) {
        for byte in self.bytes.get_mut(start..end).unwrap_or(&mut []) {
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = with;
            }
        }
    }

    /// The end of what begins at `start` with `opener` bytes and ends with `closer`.
    fn find_end(&mut self, start: usize, opener: usize, closer: &str, what: &str) -> Option<usize> {
        let inside = start.saturating_add(opener);
        if let Some(found) = self.from(inside).find(closer) {
            return Some(inside.saturating_add(found).saturating_add(closer.len()));
        }
        self.report(
            Diagnostic::error("malformed-xml", self.span(start, opener), format!("this {what} never ends"))
                .label(format!("expected `{closer}` somewhere after this")),
        );
        None
    }

    /// Text up to the next `<`, or an expression at its beginning.
    fn text(&mut self) {
        let rest = self.rest();
        let blank = rest.len().saturating_sub(rest.trim_start().len());
        let begin = self.at.saturating_add(blank);
        if is_expression(self.from(begin)) {
            match self.expression(begin) {
                Ok(found) => self.take(found),
                Err(problem) => {
                    let length = self.from(begin).find("</");
                    self.report_unbalanced(begin, length, problem);
                    self.at = begin.saturating_add(length.unwrap_or(self.from(begin).len()));
                    self.overwrite(begin, self.at, b'x');
                }
            }
        } else {
            let length = rest.find('<').unwrap_or(rest.len());
            self.at = self.at.saturating_add(length);
        }
    }

    fn take(&mut self, found: Found) {
        self.overwrite(found.start, found.end, b'x');
        self.at = found.end;
        self.expressions.push(found);
    }

    /// The expression that begins at `begin`. Entities first: that reads escaped, raw and mixed code.
    /// Only code in which a decoded quote breaks the brackets is taken as it stands.
    fn expression(&self, begin: usize) -> Result<Found, Unbalanced> {
        let bracket = begin.saturating_add(1);
        let decoded = match_bracket(self.document, bracket, true);
        let (end, entities) = match decoded {
            Ok(end) => (end, true),
            Err(problem) => (match_bracket(self.document, bracket, false).map_err(|_| problem)?, false),
        };
        Ok(Found { start: begin, end, entities })
    }

    /// `length`: where the expression probably ends. Judged by that part alone, the problem is nearer to
    /// the mistake than where the whole rest of the document ran out.
    fn report_unbalanced(&mut self, begin: usize, length: Option<usize>, problem: Unbalanced) {
        let bracket = begin.saturating_add(1);
        let part = length.and_then(|length| self.document.get(..begin.saturating_add(length)));
        let problem = part.and_then(|part| match_bracket(part, bracket, true).err()).unwrap_or(problem);
        self.bad_expressions.push(begin);
        let code = "unbalanced-expression";
        let opener = self.document.get(begin..begin.saturating_add(2)).unwrap_or("@(").to_owned();
        let diagnostic = match problem {
            Unbalanced::Open { at, closer } => Diagnostic::error(
                code,
                self.span(at, 1),
                format!("the expression that begins with `{opener}` does not end: `{closer}` is missing"),
            )
            .label(format!("no `{closer}` closes this")),
            Unbalanced::Mismatch { at, found, closer } => Diagnostic::error(
                code,
                self.span(at, 1),
                format!("`{found}` where `{closer}` has to come first"),
            )
            .label(format!("expected `{closer}`, found `{found}`")),
            Unbalanced::Unterminated { at, what } => Diagnostic::error(
                code,
                self.span(at, 1),
                format!("the expression that begins with `{opener}` does not end: a {what} in it is open"),
            )
            .label(format!("this {what} never ends")),
        };
        self.report(diagnostic);
    }

    /// A tag from its `<` to its `>`.
    fn tag(&mut self) -> Option<()> {
        let start = self.at;
        self.at = start.saturating_add(1);
        let mut after_equals = false;
        loop {
            if self.problems >= MAX_PROBLEMS {
                return None;
            }
            let Some(byte) = self.document.as_bytes().get(self.at).copied() else {
                self.report(
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
                b'"' | b'\'' if after_equals => self.value(start, byte)?,
                b'"' | b'\'' => {
                    self.report(
                        Diagnostic::error("missing-quote", self.span(self.at, 1), "stray quote in a tag")
                            .label("expected an attribute or `>`; is a quote missing before this?"),
                    );
                    self.bad_tags.push(start);
                    self.overwrite(self.at, self.at.saturating_add(1), b'x');
                    self.at = self.at.saturating_add(1);
                }
                _ => self.at = self.at.saturating_add(1),
            }
            after_equals = match byte {
                b'=' => true,
                b' ' | b'\t' | b'\r' | b'\n' => after_equals,
                _ => false,
            };
        }
    }

    fn tag_span(&self, start: usize) -> Span {
        let rest = self.from(start.saturating_add(1));
        let name = rest.find(|c: char| c.is_whitespace() || "<>/=\"'".contains(c)).unwrap_or(rest.len());
        self.span(start, name.saturating_add(1))
    }

    /// A `<` inside a tag. Where a blank stands before it, the tag is taken to end there.
    fn unclosed_tag(&mut self, start: usize) -> Option<()> {
        let name = self.document.get(start..self.at).and_then(|t| t.split_whitespace().next()).unwrap_or("<");
        self.report(
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
        if !byte.is_ascii_whitespace() {
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
        let blank = self.from(inside).len().saturating_sub(self.from(inside).trim_start().len());
        let begin = inside.saturating_add(blank);
        if is_expression(self.from(begin)) {
            match self.expression(begin) {
                Ok(found) => self.take(found),
                Err(problem) => {
                    let length = likely_end(self.from(begin), quote);
                    self.report_unbalanced(begin, length, problem);
                    self.at = begin.saturating_add(length?);
                    self.overwrite(begin, self.at, b'x');
                }
            }
            let rest = self.rest();
            let blank = rest.len().saturating_sub(rest.trim_start().len());
            let end = self.at.saturating_add(blank);
            if self.document.as_bytes().get(end) == Some(&quote) {
                self.at = end.saturating_add(1);
                return Some(());
            }
            self.report(
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
            return Some(());
        }
        let Some(length) = self.from(inside).find(quote_char) else {
            self.report(missing_quote(self.span(open, 1), quote_char));
            return None;
        };
        let value = self.from(inside).get(..length).unwrap_or("");
        if value.contains('<') {
            let to_tag_end = value.find('>').filter(|end| value.find('<').is_none_or(|next| *end < next))?;
            self.report(missing_quote(self.span(open, 1), quote_char));
            self.bad_tags.push(tag);
            self.overwrite(open, open.saturating_add(1), b'x');
            self.at = inside.saturating_add(to_tag_end);
            return Some(());
        }
        self.at = inside.saturating_add(length).saturating_add(1);
        Some(())
    }
}

fn missing_quote(span: Span, quote: char) -> Diagnostic {
    Diagnostic::error("missing-quote", span, format!("the closing `{quote}` of this attribute is missing"))
        .label("expected a closing quote before the end of the tag")
}

fn is_expression(text: &str) -> bool {
    text.starts_with("@(") || text.starts_with("@{")
}

fn is_tag_start(text: &str) -> bool {
    let name = text.strip_prefix("</").or_else(|| text.strip_prefix('<')).unwrap_or("");
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Where a value that is not balanced probably ends: at a quote with the end of the tag or another
/// attribute behind it.
fn likely_end(text: &str, quote: u8) -> Option<usize> {
    text.match_indices(char::from(quote)).map(|(at, _)| at).find(|at| {
        let after = text.get(at.saturating_add(1)..).unwrap_or("");
        let trimmed = after.trim_start();
        let name = trimmed.len() < after.len();
        let end = trimmed.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        let attribute =
            end.is_some_and(|end| end > 0 && trimmed.get(end..).is_some_and(|t| t.starts_with('=')));
        trimmed.starts_with('>') || trimmed.starts_with("/>") || (name && attribute)
    })
}
