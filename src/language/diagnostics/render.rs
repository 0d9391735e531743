//! Diagnostics as text for people and as JSON for programs.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Severity, SourceId, SourceMap, Span};

/// All problems as text, each with its place, a marked excerpt, notes and help; one blank line between
/// them. `colour` turns on terminal styles.
pub fn render_human(diagnostics: &Diagnostics, sources: &SourceMap, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for diagnostic in diagnostics.sorted() {
        text.push_str(&renderer.render(&[group(diagnostic, sources)]));
        text.push_str("\n\n");
    }
    text
}

/// All problems as a JSON array of objects with `code`, `severity`, `message`, `file`, `line`,
/// `column`, `label`, `notes` and `help`.
pub fn render_json(diagnostics: &Diagnostics, sources: &SourceMap) -> serde_json::Value {
    diagnostics
        .sorted()
        .into_iter()
        .map(|d| {
            let position = d.span.map(|span| sources.position(span));
            serde_json::json!({
                "code": d.code,
                "severity": d.severity.name(),
                "message": d.message,
                "file": d.span.map(|span| sources.name(span.source)),
                "line": position.map(|p| p.line),
                "column": position.map(|p| p.column),
                "label": d.label,
                "notes": d.notes,
                "help": d.help,
            })
        })
        .collect()
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut group = Group::with_title(title);
    if let Some(span) = diagnostic.span {
        // Far away in the same file is shown as if it were another one.
        let is_own = |place: Span| place.source == span.source && place.start.abs_diff(span.start) < FAR;
        let window = |places: &mut dyn Iterator<Item = Span>, source: SourceId| {
            Window::around(places, sources.text(source))
        };
        let near = diagnostic.places.iter().map(|(place, _)| *place).filter(|place| is_own(*place));
        let own_window = window(&mut near.chain([span]), span.source);
        let mark = |span: Span, window: &Window<'a>, kind: AnnotationKind, label: &'a str| {
            kind.span(window.inside(span)).label(label)
        };
        let snippet = |source: SourceId, window: &Window<'a>| {
            let begin = Span::new(source, window.start, window.start);
            let line = sources.position(begin).line as usize;
            Snippet::source(window.text).path(sources.name(source)).line_start(line)
        };
        let own = |(place, _): &&(Span, String)| is_own(*place);
        let context = |(place, label): &'a (Span, String), window: &Window<'a>| {
            mark(*place, window, AnnotationKind::Context, label)
        };
        let mut first = snippet(span.source, &own_window).annotation(mark(
            span,
            &own_window,
            AnnotationKind::Primary,
            diagnostic.label.as_str(),
        ));
        for place in diagnostic.places.iter().filter(own) {
            first = first.annotation(context(place, &own_window));
        }
        group = group.element(first);
        for place in diagnostic.places.iter().filter(|place| !own(place)) {
            let window = window(&mut std::iter::once(place.0), place.0.source);
            group = group.element(snippet(place.0.source, &window).annotation(context(place, &window)));
        }
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

/// The lines around what is marked: a renderer goes through all that it is given, for each problem.
struct Window<'a> {
    start: usize,
    text: &'a str,
}

/// Bytes between two places that are shown apart.
const FAR: u32 = 1 << 16;
/// Lines before and behind what is marked.
const LINES_AROUND: usize = 2;

impl<'a> Window<'a> {
    fn around(places: impl Iterator<Item = Span>, text: &'a str) -> Self {
        let (mut start, mut end) = (text.len(), 0);
        for place in places {
            start = start.min(place.start as usize);
            end = end.max(place.end as usize).max(place.start as usize);
        }
        let (start, end) = (floor_boundary(text, start), floor_boundary(text, end));
        let (before, behind) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
        let start = before.rmatch_indices('\n').nth(LINES_AROUND).map_or(0, |(at, _)| at.saturating_add(1));
        let end = behind
            .match_indices('\n')
            .nth(LINES_AROUND)
            .map_or(text.len(), |(at, _)| end.saturating_add(at).saturating_add(1));
        Self { start, text: text.get(start..end).unwrap_or_default() }
    }

    /// The bytes of a place, counted from the begin of the window.
    fn inside(&self, place: Span) -> std::ops::Range<usize> {
        let own = |at: u32| floor_boundary(self.text, (at as usize).saturating_sub(self.start));
        let start = own(place.start);
        start..own(place.end).max(start)
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_place_label_note_and_help() {
        let mut sources = SourceMap::new();
        let id = sources.add("scenario.json", "{\n  \"sede\": 1\n}\n");
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(
            Diagnostic::error("unknown-field", Span::new(id, 4, 10), "unknown field `sede`")
                .label("not a field of a scenario")
                .note("fields here: seed, traffic")
                .help("did you mean `seed`?"),
        );
        let text = render_human(&diagnostics, &sources, false);
        let expected = "\
error[unknown-field]: unknown field `sede`
 --> scenario.json:2:3
  |
2 |   \"sede\": 1
  |   ^^^^^^ not a field of a scenario
  |
  = note: fields here: seed, traffic
  = help: did you mean `seed`?
";
        assert_eq!(text.trim_end(), expected.trim_end());
        let json = render_json(&diagnostics, &sources);
        assert_eq!(json[0]["line"], 2);
        assert_eq!(json[0]["column"], 3);
    }

    #[test]
    fn lines_far_away_keep_their_numbers() {
        let mut sources = SourceMap::new();
        let lines: Vec<String> = (1..=200).map(|line| format!("line {line}")).collect();
        let text = lines.join("\n");
        let id = sources.add("x", text.as_str());
        let span = |word: &str| {
            let at = text.find(word).unwrap();
            Span::new(id, at, at + word.len())
        };
        let shown = |diagnostic: Diagnostic| {
            let mut diagnostics = Diagnostics::new();
            diagnostics.push(diagnostic);
            render_human(&diagnostics, &sources, false)
        };
        let text = shown(Diagnostic::error("x", span("line 150"), "here").label("this"));
        assert_eq!(
            text.trim_end(),
            "error[x]: here\n   --> x:150:1\n    |\n150 | line 150\n    | ^^^^^^^^ this"
        );
        let mut both = Diagnostic::error("x", span("line 150"), "here");
        both.places.push((span("line 9"), "and this".to_owned()));
        let text = shown(both);
        assert!(text.contains("150 | line 150\n") && text.contains("  9 | line 9\n"), "{text}");
    }

    #[test]
    fn places_far_away_in_one_file_are_shown_apart() {
        let mut sources = SourceMap::new();
        let text = "one\n".repeat(20_000) + "two\n";
        let id = sources.add("x", text.as_str());
        let mut both = Diagnostic::error("x", Span::new(id, text.len() - 4, text.len() - 1), "here");
        both.places.push((Span::new(id, 0, 3), "and this".to_owned()));
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(both);
        let shown = render_human(&diagnostics, &sources, false);
        assert!(shown.contains("--> x:20001:1") && shown.contains("::: x:1:1"), "{shown}");
    }

    #[test]
    fn survives_spans_outside_the_text() {
        let mut sources = SourceMap::new();
        let id = sources.add("x", "é");
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(Diagnostic::error("x", Span::new(id, 1, 99), "odd place"));
        assert!(render_human(&diagnostics, &sources, false).contains("odd place"));
    }
}
