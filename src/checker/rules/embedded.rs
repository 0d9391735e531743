//! Places in policies that stand inside of other files, as places of those files.
//!
//! Rules
//! - A policy that is written as it is (a multi-line text of Bicep, a heredoc) or as a text of JSON is located to the
//!   byte. Of one that an expression makes, the whole expression is the place.
//! - A change of such a policy is a change of the file, escaped as the text around it is; where the place is not
//!   known to the byte, the change cannot be made and is dropped.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::finding::{Edit, Fix};
use super::told::Told;
use crate::diagnostics::{SourceId, SourceMap, Span};

/// How a text is written in the file that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writing {
    /// As it is.
    Verbatim,
    /// As a text of JSON.
    Json,
    /// As the result of something.
    Computed,
}

/// Finds places of embedded policies in their files. How a policy is written there is found out once.
#[derive(Debug)]
pub struct Places<'s> {
    sources: &'s SourceMap,
    known: RefCell<BTreeMap<SourceId, Writing>>,
}

impl<'s> Places<'s> {
    /// For places in `sources`.
    pub const fn new(sources: &'s SourceMap) -> Self {
        Self { sources, known: RefCell::new(BTreeMap::new()) }
    }

    /// The place in a file.
    pub fn in_file(&self, span: Span) -> Span {
        self.sources.holder(span.source).map_or(span, |holder| self.located(span, holder).0)
    }

    /// The same with places in files only, as programs that know nothing but files need them.
    pub fn in_files(&self, all: &[Told]) -> Vec<Told> {
        all.iter().map(|told| self.moved(told, |_| true)).collect()
    }

    /// The same with places in files where the text around the place looks as the policy does: for people.
    pub(super) fn where_verbatim(&self, all: &[Told]) -> Vec<Told> {
        all.iter().map(|told| self.moved(told, |writing| writing == Writing::Verbatim)).collect()
    }

    /// A fix as changes of files; `None` where that cannot be.
    pub fn fix_in_files(&self, fix: Fix) -> Option<Fix> {
        let edits: Option<Vec<Edit>> = fix.edits.into_iter().map(|edit| self.edit_in_file(edit)).collect();
        Some(Fix { edits: edits?, ..fix })
    }

    fn edit_in_file(&self, edit: Edit) -> Option<Edit> {
        let Some(holder) = self.sources.holder(edit.span.source) else { return Some(edit) };
        let (span, writing) = self.located(edit.span, holder);
        let text = match writing {
            Writing::Verbatim => edit.text,
            Writing::Json => {
                let quoted = serde_json::Value::String(edit.text).to_string();
                quoted.get(1..quoted.len().checked_sub(1)?)?.to_owned()
            }
            Writing::Computed => return None,
        };
        Some(Edit { span, text })
    }

    fn moved(&self, told: &Told, wanted: impl Fn(Writing) -> bool) -> Told {
        let place = |span: Span| {
            let Some(holder) = self.sources.holder(span.source) else { return span };
            let (at, writing) = self.located(span, holder);
            if wanted(writing) { at } else { span }
        };
        let mut told = told.clone();
        told.diagnostic.span = told.diagnostic.span.map(place);
        for (span, _) in &mut told.diagnostic.places {
            *span = place(*span);
        }
        told
    }

    /// The place in the file around, and how the text is written there.
    fn located(&self, span: Span, holder: Span) -> (Span, Writing) {
        let written = self.sources.slice(holder);
        let base = holder.start as usize;
        let at = |from: usize, to: usize| {
            Span::new(holder.source, base.saturating_add(from), base.saturating_add(to))
        };
        let (start, end) = (span.start as usize, span.end as usize);
        let writing = self.writing(span.source, written);
        let place = match writing {
            Writing::Verbatim => at(start, end),
            Writing::Json => at(json_offset(written, start), json_offset(written, end)),
            Writing::Computed => holder,
        };
        (place, writing)
    }

    fn writing(&self, part: SourceId, written: &str) -> Writing {
        if let Some(known) = self.known.borrow().get(&part) {
            return *known;
        }
        let text = self.sources.text(part);
        let is_json = || {
            written.starts_with('"') && serde_json::from_str::<String>(written).is_ok_and(|own| own == text)
        };
        let writing = match written {
            written if written == text => Writing::Verbatim,
            _ if is_json() => Writing::Json,
            _ => Writing::Computed,
        };
        self.known.borrow_mut().insert(part, writing);
        writing
    }
}

/// Findings with places in files only: see [`Places::in_files`].
pub fn in_files(all: &[Told], sources: &SourceMap) -> Vec<Told> {
    Places::new(sources).in_files(all)
}

/// The byte of a text of JSON, quotes included, at which byte `wanted` of what it says is written.
fn json_offset(written: &str, wanted: usize) -> usize {
    let mut said = 0_usize;
    let mut signs = written.char_indices().skip(1).peekable();
    while let Some((at, sign)) = signs.next() {
        if said >= wanted || sign == '"' {
            return at;
        }
        if sign != '\\' {
            said = said.saturating_add(sign.len_utf8());
            continue;
        }
        let Some((at, sign)) = signs.next() else { return at };
        if sign != 'u' {
            said = said.saturating_add(1);
            continue;
        }
        let unit = |from: usize| {
            let digits = written.get(from..from.saturating_add(4))?;
            u16::from_str_radix(digits, 16).ok()
        };
        let first = unit(at.saturating_add(1)).unwrap_or_default();
        let is_pair = (0xd800..0xdc00).contains(&first);
        let rest: usize = if is_pair { 10 } else { 4 };
        for _ in 0..rest {
            signs.next();
        }
        let character = char::from_u32(u32::from(first)).map_or(4, char::len_utf8);
        said = said.saturating_add(if is_pair { 4 } else { character });
    }
    written.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Diagnostic;

    /// What is marked in the file for the text `marked` of the policy, and how it is written.
    fn marked(file: &str, holder: &str, policy: &str, marked: &str) -> (String, Writing) {
        let mut sources = SourceMap::new();
        let outer = sources.add("main.json", file);
        let begin = file.find(holder).unwrap();
        let span = Span::new(outer, begin, begin + holder.len());
        let part = sources.add_part("main.json (policy)", policy, span);
        let at = policy.find(marked).unwrap();
        let (found, writing) = Places::new(&sources).located(Span::new(part, at, at + marked.len()), span);
        (sources.slice(found).to_owned(), writing)
    }

    #[test]
    fn places_are_those_of_the_file() {
        let policy = "<a b=\"c\">\u{e9}\u{1f600}\n<retry/></a>";
        let verbatim = format!("value: '''{policy}'''");
        assert_eq!(marked(&verbatim, policy, policy, "<retry/>"), ("<retry/>".to_owned(), Writing::Verbatim));
        for (json, expected) in [
            (serde_json::to_string(policy).unwrap(), "<retry/>"),
            (
                "\"\\u003ca b=\\\"c\\\">\\u00e9\\ud83d\\ude00\\n\\u003cretry/></a>\"".to_owned(),
                "\\u003cretry/>",
            ),
        ] {
            let file = format!("{{ \"value\": {json} }}");
            assert_eq!(
                marked(&file, &json, policy, "<retry/>"),
                (expected.to_owned(), Writing::Json),
                "{json}"
            );
            assert_eq!(marked(&file, &json, policy, "c").0, "c");
        }
        let computed = "[concat('<a b=\"c\">', variables('x'))]";
        assert_eq!(marked(computed, computed, policy, "<retry/>"), (computed.to_owned(), Writing::Computed));
    }

    #[test]
    fn changes_are_escaped_as_the_text_around_them() {
        let mut sources = SourceMap::new();
        let policy = "<retry>\n<forward-request /></retry>";
        let json = serde_json::to_string(policy).unwrap();
        let outer = sources.add("a.json", json.as_str());
        let part = sources.add_part("a.json (policy)", policy, Span::new(outer, 0, json.len()));
        let at = policy.find(" />").unwrap();
        let edit = Edit { span: Span::new(part, at, at), text: " timeout=\"60\"".to_owned() };
        let fix = Fix { what: "x".to_owned(), edits: vec![edit], is_safe: true };
        let mut told = Told::from(&Diagnostic::warning("x", None, "x"));
        told.fix = Places::new(&sources).fix_in_files(fix);
        let new = super::super::apply(&[told], &sources, false).remove(&outer).unwrap();
        assert_eq!(
            serde_json::from_str::<String>(&new).unwrap(),
            "<retry>\n<forward-request timeout=\"60\" /></retry>"
        );
    }
}
