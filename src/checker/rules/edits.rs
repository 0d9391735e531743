//! Edits of properties where they are written, in JSON, Bicep and HCL alike: only the bytes of the property change.
//!
//! A property whose value comes from elsewhere (a parameter, a variable, a loop) has no edit: what stands at its
//! place is not the value.

use super::finding::Edit;
use super::setup::Setup;
use crate::diagnostics::Span;
use crate::tree::hints::closest;

/// Bytes before and after a value in which its neighbours are looked for.
const WINDOW: usize = 600;

impl Setup {
    /// The text of a file from its beginning to `span`, at it, and after it.
    fn parts(&self, span: Span) -> Option<(&str, &str, &str)> {
        let text = self.texts.get(&span.source)?;
        let (start, end) = (span.start as usize, span.end as usize);
        Some((text.get(..start)?, text.get(start..end)?, text.get(end..)?))
    }

    /// Another value for one that is written out as `old`, in the quotes that it has.
    pub(super) fn replaced(&self, span: Span, old: &str, new: &str) -> Option<Vec<Edit>> {
        let (_, written, _) = self.parts(span)?;
        let quote = written.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let text = match quote {
            Some(quote) => {
                let inside = written.strip_prefix(quote)?.strip_suffix(quote)?;
                (inside == old).then(|| format!("{quote}{new}{quote}"))
            }
            None => (written == old).then(|| new.to_owned()),
        };
        Some(vec![Edit { span, text: text? }])
    }

    /// Another text for a part of what is written at `span`.
    pub(super) fn replaced_within(&self, span: Span, old: &str, new: &str) -> Option<Vec<Edit>> {
        let (_, written, _) = self.parts(span)?;
        let at = u32::try_from(written.find(old)?).ok()?;
        let start = span.start.checked_add(at)?;
        let end = start.checked_add(u32::try_from(old.len()).ok()?)?;
        Some(vec![Edit { span: Span { start, end, ..span }, text: new.to_owned() }])
    }

    /// A further property behind the one called `name` whose value is written at `span`. It is called `new` in camel
    /// case or `snake`, as the other one is.
    pub(super) fn beside(&self, span: Span, name: &str, new: [&str; 2], value: &str) -> Option<Vec<Edit>> {
        let (before, written, after) = self.parts(span)?;
        if !written.starts_with(['"', '\'']) {
            return None;
        }
        let sign = before.trim_end().chars().next_back().filter(|sign| matches!(sign, ':' | '='))?;
        let owner = before.trim_end().strip_suffix(sign)?.trim_end();
        let is_quoted = owner.ends_with('"');
        let bare = owner.strip_suffix('"').unwrap_or(owner);
        let own = bare.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        if !own.replace('_', "").eq_ignore_ascii_case(name) {
            return None;
        }
        let [camel, snake] = new;
        // A misspelt name nearby is what was meant: it has a fix of its own.
        let near = |text: &str| {
            let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| *word != camel);
            words.into_iter().any(|word| word != snake && word.len() > 3 && closest(word, [camel]).is_some())
        };
        let start = before.len().saturating_sub(WINDOW);
        if near(before.get(start..).unwrap_or(before)) || near(after.get(..WINDOW).unwrap_or(after)) {
            return None;
        }
        let called = if own.contains('_') { snake } else { camel };
        let called = if is_quoted { format!("\"{called}\"") } else { called.to_owned() };
        let line = before.rsplit('\n').next()?;
        let indent: String = line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        let is_alone = line.trim_start().trim_start_matches('"').starts_with(own)
            && after.trim_start_matches(',').trim_start_matches([' ', '\t', '\r']).starts_with('\n');
        let end_of_line = if after.starts_with("\r\n") || after.starts_with(",\r\n") { "\r\n" } else { "\n" };
        let between = match (is_quoted, is_alone) {
            (true, true) => format!(",{end_of_line}{indent}"),
            (false, true) => format!("{end_of_line}{indent}"),
            (_, false) => ", ".to_owned(),
        };
        let sign = if sign == '=' { " =" } else { ":" };
        let at = Span { start: span.end, ..span };
        Some(vec![Edit { span: at, text: format!("{between}{called}{sign} {value}") }])
    }

    /// A property away that stands alone in its lines, with what follows it up to the next line.
    pub(super) fn without(&self, name: Span, value: Span) -> Option<Vec<Edit>> {
        let (before, _, _) = self.parts(name)?;
        let (_, _, after) = self.parts(value)?;
        let line = before.rsplit('\n').next()?;
        let rest = after.split_inclusive('\n').next()?;
        let is_alone = line.trim().is_empty() && rest.ends_with('\n') && matches!(rest.trim(), "" | ",");
        // The last member of an object in JSON has no comma, and the one before it would keep its own.
        let is_last = self.parts(name)?.1.starts_with('"') && rest.trim().is_empty();
        if !is_alone || is_last || name.source != value.source {
            return None;
        }
        let start = name.start.checked_sub(u32::try_from(line.len()).ok()?)?;
        let end = value.end.checked_add(u32::try_from(rest.len()).ok()?)?;
        Some(vec![Edit { span: Span { start, end, ..name }, text: String::new() }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::SourceMap;

    /// The text with the edit that `of` gives for the place of `marked`.
    fn edited(text: &str, marked: &str, of: impl Fn(&Setup, Span) -> Option<Vec<Edit>>) -> Option<String> {
        let source = SourceMap::new().add("a", text);
        let mut setup = Setup::default();
        setup.texts.insert(source, text.into());
        let at = text.find(marked).expect("a place");
        let edits = of(&setup, Span::new(source, at, at + marked.len()))?;
        let mut text = text.to_owned();
        for edit in edits {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        Some(text)
    }

    #[test]
    fn values_keep_their_quotes() {
        for (text, marked, expected) in [
            ("protocol: 'https'", "'https'", Some("protocol: 'http'")),
            ("\"protocol\": \"https\"", "\"https\"", Some("\"protocol\": \"http\"")),
            ("protocol: https", "https", Some("protocol: http")),
            ("protocol: kind", "kind", None),
            ("protocol: '${https}'", "'${https}'", None),
        ] {
            let found = edited(text, marked, |setup, span| setup.replaced(span, "https", "http"));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn properties_come_beside_others_in_their_style() {
        let new = ["acceptRetryAfter", "accept_retry_after_enabled"];
        for (text, marked, expected) in [
            (
                "{ \"tripDuration\": \"PT1M\" }",
                "\"PT1M\"",
                Some("{ \"tripDuration\": \"PT1M\", \"acceptRetryAfter\": true }"),
            ),
            (
                "{\r\n  \"tripDuration\": \"PT1M\",\r\n  \"a\": 1 }",
                "\"PT1M\"",
                Some("{\r\n  \"tripDuration\": \"PT1M\",\r\n  \"acceptRetryAfter\": true,\r\n  \"a\": 1 }"),
            ),
            (
                "{\n  tripDuration: 'PT1M'\n}",
                "'PT1M'",
                Some("{\n  tripDuration: 'PT1M'\n  acceptRetryAfter: true\n}"),
            ),
            (
                "{ name: 'r', tripDuration: 'PT1M', a: 1 }",
                "'PT1M'",
                Some("{ name: 'r', tripDuration: 'PT1M', acceptRetryAfter: true, a: 1 }"),
            ),
            (
                "\ttrip_duration = \"PT1M\"\n",
                "\"PT1M\"",
                Some("\ttrip_duration = \"PT1M\"\n\taccept_retry_after_enabled = true\n"),
            ),
            ("param trip string = 'PT1M'\n", "'PT1M'", None),
            ("tripDuration: trip", "trip", None),
            ("{ tripDuration: 'PT1M', acceptsRetryAfter: true }", "'PT1M'", None),
        ] {
            let found = edited(text, marked, |setup, span| setup.beside(span, "tripDuration", new, "true"));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn properties_go_with_their_line() {
        for (text, expected) in [
            ("{\n  url: 1\n  a: 2\n}", Some("{\n  a: 2\n}")),
            ("{\n  \"url\": 1,\n  \"a\": 2\n}", Some("{\n  \"a\": 2\n}")),
            ("{\n  \"a\": 2,\n  \"url\": 1\n}", None),
            ("{ url: 1 }", None),
        ] {
            let found = edited(text, "1", |setup, value| {
                let name = if text.contains("\"url\"") { "\"url\"" } else { "url" };
                let at = text.find(name)?;
                setup.without(Span::new(value.source, at, at + name.len()), value)
            });
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
