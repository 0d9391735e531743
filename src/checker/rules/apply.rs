//! Carrying out fixes.

use std::collections::BTreeMap;

use super::told::Told;
use crate::diagnostics::{SourceId, SourceMap};

/// The texts of files with fixes carried out, by the file; only those that change. Of fixes that touch the same bytes
/// the first by place is carried out: the others may be, the next time. Everything else stays as it is, byte for byte.
pub fn apply(all: &[Told], sources: &SourceMap, unsafe_too: bool) -> BTreeMap<SourceId, String> {
    let mut taken: BTreeMap<SourceId, Vec<(usize, usize, &str)>> = BTreeMap::new();
    let fixes = all.iter().filter(|told| told.suppressed.is_none()).filter_map(|told| told.fix.as_ref());
    for fix in fixes.filter(|fix| fix.is_safe || unsafe_too) {
        let is_free = fix.edits.iter().all(|edit| {
            let (start, end) = (edit.span.start as usize, edit.span.end as usize);
            let known = taken.get(&edit.span.source).map_or(&[][..], Vec::as_slice);
            let is_inside = sources.text(edit.span.source).get(start..end).is_some();
            is_inside && known.iter().all(|(from, to, _)| end < *from || *to < start)
        });
        if is_free {
            for edit in &fix.edits {
                let place = (edit.span.start as usize, edit.span.end as usize, edit.text.as_str());
                taken.entry(edit.span.source).or_default().push(place);
            }
        }
    }
    let rewrite = |(source, mut edits): (SourceId, Vec<(usize, usize, &str)>)| {
        edits.sort_unstable();
        let text = sources.text(source);
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for (start, end, new) in edits {
            out.push_str(text.get(at..start).unwrap_or_default());
            out.push_str(new);
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        (source, out)
    };
    taken.into_iter().map(rewrite).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Edit, Fix};
    use super::*;
    use crate::diagnostics::{Diagnostic, Span};

    #[test]
    fn only_the_bytes_of_edits_change() {
        let mut sources = SourceMap::new();
        let source = sources.add("a", "one \u{e9} two\r\nthree");
        let told = |start: usize, end: usize, text: &str, is_safe: bool| {
            let edit = Edit { span: Span::new(source, start, end), text: text.to_owned() };
            let fix = Fix { what: "x".to_owned(), edits: vec![edit], is_safe };
            let mut told = Told::from(&Diagnostic::warning("x", None, "x"));
            told.fix = Some(fix);
            told
        };
        let all =
            [told(7, 10, "2", true), told(0, 3, "1", true), told(1, 2, "-", true), told(12, 17, "3", false)];
        let one = |unsafe_too: bool| apply(&all, &sources, unsafe_too).remove(&source);
        assert_eq!(one(false).as_deref(), Some("1 \u{e9} 2\r\nthree"));
        assert_eq!(one(true).as_deref(), Some("1 \u{e9} 2\r\n3"));
        assert!(apply(&[told(3, 99, "", true)], &sources, true).is_empty(), "outside of the text");
    }
}
