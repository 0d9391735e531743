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
        let mark = |span: Span, kind: AnnotationKind, label: &'a str| {
            let text = sources.text(span.source);
            let start = floor_boundary(text, span.start as usize);
            let end = floor_boundary(text, span.end as usize).max(start);
            kind.span(start..end).label(label)
        };
        let snippet =
            |source: SourceId| Snippet::source(sources.text(source)).path(sources.name(source)).line_start(1);
        let own = |(place, _): &&(Span, String)| place.source == span.source;
        let more = |kind: AnnotationKind, (place, label): &'a (Span, String)| mark(*place, kind, label);
        let mut first =
            snippet(span.source).annotation(mark(span, AnnotationKind::Primary, diagnostic.label.as_str()));
        for place in diagnostic.places.iter().filter(own) {
            first = first.annotation(more(AnnotationKind::Context, place));
        }
        group = group.element(first);
        for place in diagnostic.places.iter().filter(|place| !own(place)) {
            group = group.element(snippet(place.0.source).annotation(more(AnnotationKind::Context, place)));
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
    fn survives_spans_outside_the_text() {
        let mut sources = SourceMap::new();
        let id = sources.add("x", "é");
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(Diagnostic::error("x", Span::new(id, 1, 99), "odd place"));
        assert!(render_human(&diagnostics, &sources, false).contains("odd place"));
    }
}
