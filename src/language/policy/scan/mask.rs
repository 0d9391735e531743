//! Overwrites everything that is not plain XML, so that an XML parser can read the rest.

use super::blank::blank_bytes;
use super::brackets::{Unbalanced, match_bracket, match_unescaped};
use super::report::Report;
use super::source::SourceText;
use super::{Format, entity, leftover};
use crate::diagnostics::{Diagnostic, Span};

/// An expression in the source: the bytes from `@` to its last bracket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Ranges in it whose entities are to be kept.
    kept: Vec<(usize, usize)>,
}

/// A document whose expressions and comments are overwritten by `x`, line ends kept.
pub(super) struct Masked {
    /// As long as the source, byte for byte.
    pub(super) text: String,
    /// Ranges whose entities are to be kept, in order of place.
    pub(super) kept: Vec<(usize, usize)>,
    /// Starts of tags whose attributes have been complained about.
    pub(super) bad_tags: Vec<usize>,
    /// Starts of expressions that have been complained about.
    pub(super) bad_expressions: Vec<usize>,
    /// Whether the rest of the document still has a clear structure.
    pub(super) usable: bool,
}

/// Masks `source`.
pub(super) fn mask(source: &SourceText<'_>, format: Format, report: &mut Report<'_>) -> Masked {
    let document = source.text();
    let mut masker = Masker {
        source,
        document,
        format,
        bytes: document.as_bytes().to_vec(),
        at: 0,
        kept: Vec::new(),
        bad_tags: Vec::new(),
        bad_expressions: Vec::new(),
        report,
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
        kept: masker.kept,
        bad_tags: masker.bad_tags,
        bad_expressions: masker.bad_expressions,
        usable,
    }
}

const BOM_BYTES: usize = 3;

pub(super) struct Masker<'a, 'r> {
    pub(super) source: &'a SourceText<'a>,
    pub(super) document: &'a str,
    pub(super) format: Format,
    pub(super) bytes: Vec<u8>,
    pub(super) at: usize,
    kept: Vec<(usize, usize)>,
    pub(super) bad_tags: Vec<usize>,
    pub(super) bad_expressions: Vec<usize>,
    pub(super) report: &'a mut Report<'r>,
}

impl<'a> Masker<'a, '_> {
    /// `None` when the structure is lost.
    fn run(&mut self) -> Option<()> {
        while self.at < self.document.len() {
            if self.report.is_full() {
                return None;
            }
            let rest = self.rest();
            let start = self.at;
            if rest.starts_with("<!--") {
                self.comment(start)?;
            } else if rest.starts_with("<![CDATA[") {
                let end = self.find_end(start, 9, "]]>", "CDATA section")?;
                self.overwrite(start.saturating_add(9), end.saturating_sub(3), b'x');
                self.at = end;
            } else if rest.starts_with("<?") {
                let end = self.find_end(start, 2, "?>", "processing instruction")?;
                self.overwrite(start, end, b' ');
                self.at = end;
            } else if rest.starts_with("<!") {
                let end = self.find_end(start, 2, declaration_end(rest), "declaration")?;
                self.overwrite(start, end, b' ');
                self.at = end;
            } else if is_tag_start(rest) {
                self.tag()?;
            } else if rest.starts_with('<') {
                self.report.push(
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

    pub(super) fn rest(&self) -> &'a str {
        self.from(self.at)
    }

    pub(super) fn from(&self, at: usize) -> &'a str {
        self.document.get(at..).unwrap_or("")
    }

    pub(super) fn span(&self, at: usize, length: usize) -> Span {
        self.source.span(at, at.saturating_add(length))
    }

    pub(super) fn overwrite(&mut self, start: usize, end: usize, with: u8) {
        for byte in self.bytes.get_mut(start..end).unwrap_or(&mut []) {
            if !matches!(*byte, b'\n' | b'\r') {
                *byte = with;
            }
        }
    }

    /// A comment up to its `-->`; what stands inside, `--` too, is of no interest.
    fn comment(&mut self, start: usize) -> Option<()> {
        let inside = start.saturating_add(4);
        let rest = self.from(inside);
        let close = rest.find("-->");
        let body = close.map_or(rest, |close| rest.get(..close).unwrap_or(rest));
        // A comment that reaches into the next one, or to the end of the file: closed by something else?
        let limit = if close.is_some() { body.find("<!--") } else { Some(body.len()) };
        let wrong = limit.and_then(|limit| wrong_closer(body.get(..limit)?));
        if let Some((at, closer)) = wrong {
            let at = inside.saturating_add(at);
            self.report.push(
                Diagnostic::error(
                    "malformed-comment",
                    self.span(at, closer.len()),
                    format!("`{closer}` does not end a comment"),
                )
                .label(format!("expected `-->`, found `{closer}`")),
            );
            let end = at.saturating_add(closer.len());
            // An instruction: it may be as short as this comment.
            self.overwrite(start.saturating_add(1), end.saturating_sub(1), b'x');
            self.overwrite(start.saturating_add(1), start.saturating_add(2), b'?');
            self.overwrite(end.saturating_sub(2), end.saturating_sub(1), b'?');
            self.at = end;
            return Some(());
        }
        let end = self.find_end(start, 4, "-->", "comment")?;
        self.overwrite(inside, end.saturating_sub(3), b'x');
        self.at = end;
        Some(())
    }

    /// The end of what begins at `start` with `opener` bytes and ends with `closer`.
    fn find_end(&mut self, start: usize, opener: usize, closer: &str, what: &str) -> Option<usize> {
        let inside = start.saturating_add(opener);
        if let Some(found) = self.from(inside).find(closer) {
            return Some(inside.saturating_add(found).saturating_add(closer.len()));
        }
        self.report.push(
            Diagnostic::error("malformed-xml", self.span(start, opener), format!("this {what} never ends"))
                .label(format!("expected `{closer}` somewhere after this")),
        );
        None
    }

    /// Text up to the next `<`, with an expression at its beginning or not.
    fn text(&mut self) {
        let start = self.at;
        let rest = self.rest();
        let blank = blank_bytes(rest);
        let begin = start.saturating_add(blank);
        if is_expression(self.from(begin)) {
            match self.expression(begin, b'<') {
                Ok(found) => self.take(found),
                Err(problem) => {
                    let length = self.from(begin).find("</");
                    self.report_unbalanced(begin, length, problem);
                    self.at = begin.saturating_add(length.unwrap_or(self.from(begin).len()));
                    self.overwrite(begin, self.at, b'x');
                    return;
                }
            }
        }
        loop {
            let rest = self.rest();
            let end = rest.find('<').unwrap_or(rest.len());
            let Some(stop) = leftover::directive_across(rest, end) else {
                self.at = self.at.saturating_add(end);
                break;
            };
            let stop = self.at.saturating_add(stop);
            self.overwrite(self.at, stop, b'x');
            self.at = stop;
        }
        self.check_escaped(start, self.at, None);
    }

    pub(super) fn take(&mut self, found: Found) {
        self.overwrite(found.start, found.end, b'x');
        self.at = found.end;
        self.kept.extend(found.kept);
    }

    /// The expression that begins at `begin`. As XML first: up to the next `delimiter`, entities decoded.
    /// If the brackets do not match there, the code is not escaped, and runs to its last bracket.
    pub(super) fn expression(&self, begin: usize, delimiter: u8) -> Result<Found, Unbalanced> {
        find_expression(self.document, begin, delimiter)
    }

    /// `length`: where the expression probably ends. Judged by that part alone, the problem is nearer to
    /// the mistake than where the whole rest of the document ran out.
    pub(super) fn report_unbalanced(&mut self, begin: usize, length: Option<usize>, problem: Unbalanced) {
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
        self.report.push(diagnostic);
    }

    /// With format `xml`, complains about the first character of a value or text that has to be escaped:
    /// `<`, `&` without an entity, and the quote around the value.
    pub(super) fn check_escaped(&mut self, start: usize, end: usize, quote: Option<u8>) {
        if self.format == Format::Raw {
            return;
        }
        let text = self.document.get(start..end).unwrap_or("");
        let bad = text.char_indices().find(|(at, c)| match c {
            '<' => true,
            '&' => text.get(*at..).is_some_and(|rest| entity::decode(rest).is_none()),
            c => quote.is_some_and(|quote| *c == char::from(quote)),
        });
        let Some((at, found)) = bad else { return };
        let entity = match found {
            '<' => "&lt;",
            '&' => "&amp;",
            '\'' => "&apos;",
            _ => "&quot;",
        };
        self.report.push(
            Diagnostic::error(
                "needs-escaping",
                self.span(start.saturating_add(at), 1),
                format!("`{found}` is not escaped"),
            )
            .label(format!("expected `{entity}`"))
            .help("the service would refuse this with format `xml`; deploy it with format `rawxml`"),
        );
    }
}

/// The expression at byte `begin` of `document`, in a value or text that ends with `delimiter`.
pub(super) fn find_expression(document: &str, begin: usize, delimiter: u8) -> Result<Found, Unbalanced> {
    let bracket = begin.saturating_add(1);
    let rest = document.get(begin..).unwrap_or("");
    let limit = rest.find(char::from(delimiter)).map_or(document.len(), |at| begin.saturating_add(at));
    if let Ok(end) = match_bracket(document.get(..limit).unwrap_or(""), bracket, true) {
        return Ok(Found { start: begin, end, kept: Vec::new() });
    }
    let (end, kept) = match_unescaped(document, bracket)?;
    Ok(Found { start: begin, end, kept })
}

/// Whether `text`, written as it is before `delimiter`, reads as one expression and no more.
pub(in crate::policy) fn is_whole_expression(text: &str, delimiter: u8) -> bool {
    whole_expression(text, delimiter).is_some()
}

/// Whether it also reads as the same characters: nothing in it is taken for an entity.
pub(in crate::policy) fn reads_as_written(text: &str, delimiter: u8) -> bool {
    whole_expression(text, delimiter).is_some_and(|found| {
        text.match_indices('&').all(|(at, _)| {
            found.kept.iter().any(|(start, end)| (*start..*end).contains(&at))
                || text.get(at..).is_none_or(|rest| entity::decode(rest).is_none())
        })
    })
}

fn whole_expression(text: &str, delimiter: u8) -> Option<Found> {
    let begin = blank_bytes(text);
    if !is_expression(text.get(begin..)?) {
        return None;
    }
    let document = format!("{text}{}", char::from(delimiter));
    let found = find_expression(&document, begin, delimiter).ok()?;
    text.get(found.end..)?.trim().is_empty().then_some(found)
}

pub(super) fn is_expression(text: &str) -> bool {
    text.starts_with("@(") || text.starts_with("@{")
}

fn is_tag_start(text: &str) -> bool {
    let name = text.strip_prefix("</").or_else(|| text.strip_prefix('<')).unwrap_or("");
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// What ends the `<!...` that `text` begins with: a document type may hold declarations in brackets.
fn declaration_end(text: &str) -> &'static str {
    let bracket = text.find('>').and_then(|end| text.get(..end)?.find('['));
    if bracket.is_some() { "]>" } else { ">" }
}

/// Something that was meant to end a comment: `--!>`, `-- >` or `->`, with a tag behind it.
fn wrong_closer(body: &str) -> Option<(usize, &'static str)> {
    body.match_indices('>').find_map(|(at, _)| {
        let before = body.get(..at)?;
        let closer = ["--!>", "-- >", "->"]
            .into_iter()
            .find(|closer| closer.strip_suffix('>').is_some_and(|start| before.ends_with(start)))?;
        let after = body.get(at.saturating_add(1)..)?;
        let next = after.trim_start();
        let tag = next.starts_with('<') || next.is_empty();
        let start = at.saturating_add(1).saturating_sub(closer.len());
        tag.then_some((start, closer))
    })
}
