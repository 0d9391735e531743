//! Puts named values into a text, before it is parsed.
//!
//! Rules
//! - `{{name}}` is replaced by the value as it is written, wherever it stands, also inside of expressions. A
//!   value may hold markup and code. What it holds is not searched for names again.
//! - Comments are left alone.
//! - In the body of `set-body` with `template="liquid"` doubled braces are Liquid: names without a value are
//!   no mistake there. Everywhere else they are reported, or kept as they stand, see [`Unresolved`].

use std::collections::BTreeMap;

use crate::diagnostics::{Diagnostic, Diagnostics, SourceId};
use crate::policy::closest;
use crate::policy::scan::{MAX_DOCUMENT_BYTES, Origin, SourceText, named_values_in};

/// Values by name. Names are compared as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedValues {
    values: BTreeMap<String, String>,
}

impl NamedValues {
    /// No values.
    pub const fn new() -> Self {
        Self { values: BTreeMap::new() }
    }

    /// Gives `name` a value; the one it had before, if any.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) -> Option<String> {
        self.values.insert(name.into(), value.into())
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for NamedValues {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self { values: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

/// What becomes of a name without a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unresolved {
    /// It is an error: the service refuses such a document.
    #[default]
    Error,
    /// `{{name}}` stays in the text: for a file that is read alone. In a literal and in a C# string it is
    /// text; bare in an expression it stands for a value whose type is not known, see
    /// [`RawText::named_value_from`](crate::policy::scan::RawText::named_value_from).
    Keep,
}

/// `text` with the values put in. Names without one are reported or kept.
pub fn substitute<'a>(
    source: SourceId,
    text: &'a str,
    values: &NamedValues,
    unresolved: Unresolved,
    diagnostics: &mut Diagnostics,
) -> SourceText<'a> {
    let mut regions = regions(text).into_iter().peekable();
    let mut result = String::new();
    let mut origin = Origin::default();
    let mut copied = 0_usize;
    for (start, name) in named_values_in(text) {
        let width = name.len().saturating_add(4);
        while regions.next_if(|region| region.end <= start).is_some() {}
        let region = regions.peek().filter(|region| region.start <= start).map(|region| region.what);
        if region == Some(What::Comment) {
            continue;
        }
        let Some(value) = values.get(name) else {
            if region.is_none() && unresolved == Unresolved::Error {
                let span = crate::diagnostics::Span::new(source, start, start.saturating_add(width));
                diagnostics.push(undefined(name, values, span));
            }
            continue;
        };
        result.push_str(text.get(copied..start).unwrap_or(""));
        origin.push(result.len(), value.len(), start, width, name);
        result.push_str(value);
        copied = start.saturating_add(width);
        if result.len() > MAX_DOCUMENT_BYTES {
            // The reader says that this is too large.
            break;
        }
    }
    if copied == 0 {
        return SourceText::plain(source, text);
    }
    result.push_str(text.get(copied..).unwrap_or(""));
    SourceText::replaced(source, result, origin)
}

fn undefined(name: &str, values: &NamedValues, span: crate::diagnostics::Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("undefined-named-value", span, format!("there is no named value `{name}`"))
            .label("expected the name of a value that is given");
    match closest(name, values.names()) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None if values.is_empty() => diagnostic.note("no named values are given"),
        None => diagnostic,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Comment,
    Liquid,
}

#[derive(Clone, Copy, Debug)]
struct Region {
    start: usize,
    end: usize,
    what: What,
}

/// Comments and Liquid bodies, in order of place.
fn regions(text: &str) -> Vec<Region> {
    const COMMENT: &str = "<!--";
    const BODY: &str = "<set-body";
    let mut found = Vec::new();
    let mut at = 0_usize;
    // A comment without an end is none, and neither is any after it.
    let mut comments = true;
    while let Some(step) = text.get(at..).and_then(|rest| rest.find('<')) {
        let start = at.saturating_add(step);
        let rest = text.get(start..).unwrap_or("");
        at = start.saturating_add(1);
        if comments && rest.starts_with(COMMENT) {
            match rest.find("-->") {
                Some(length) => {
                    at = start.saturating_add(length).saturating_add(3);
                    found.push(Region { start, end: at, what: What::Comment });
                }
                None => comments = false,
            }
        } else if rest.starts_with(BODY) && is_liquid(rest) {
            at = start.saturating_add(rest.find("</set-body").unwrap_or(rest.len()));
            found.push(Region { start, end: at, what: What::Liquid });
        }
    }
    found
}

/// Whether the tag that `text` begins with says `template="liquid"`.
fn is_liquid(text: &str) -> bool {
    let tag = text.find('>').and_then(|end| text.get(..end)).unwrap_or(text);
    let value = tag.split_once("template").map(|(_, after)| after.trim_start());
    let value = value.and_then(|after| after.strip_prefix('=')).map(str::trim_start);
    value.is_some_and(|value| {
        let value = value.trim_start_matches(['"', '\'']).trim_start();
        value.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("liquid"))
    })
}
