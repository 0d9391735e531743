//! Rows out of CSV or JSON text, each as the cells of known columns.

use super::super::hints::{did_you_mean, list};
use super::super::json::{MAX_TEXT_BYTES, Node, Value, parse, shorten};
use super::super::rows::{Lines, Problems};
use super::columns::{Column, call_columns};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, Span};

/// What is done with each row: where it is, and its cells.
pub(super) type OnRow<'a> = dyn FnMut(Span, &[(Column, &Node)], &mut Problems) + 'a;

/// Hands each row of `text` to `on_row`.
pub(super) fn each_row(source: SourceId, text: &str, problems: &mut Problems, on_row: &mut OnRow<'_>) {
    let start = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    if start.is_empty() {
        problems.push(empty(Span::new(source, 0, 0), "the file is empty"));
    } else if start.starts_with(['[', '{', '/']) {
        json(source, text, problems, on_row);
    } else {
        csv(source, text, problems, on_row);
    }
}

fn empty(span: Span, message: &str) -> Diagnostic {
    Diagnostic::error("calls-empty", span, message).label("expected at least one call")
}

fn json(source: SourceId, text: &str, problems: &mut Problems, on_row: &mut OnRow<'_>) {
    let mut syntax = Diagnostics::new();
    // The byte order mark is not JSON, and a blank in its place keeps all other places.
    let blank = text.strip_prefix('\u{feff}').map(|rest| format!("   {rest}"));
    let tree = parse(source, blank.as_deref().unwrap_or(text), &mut syntax);
    for problem in syntax.sorted() {
        problems.push(problem.clone());
    }
    let Some(tree) = tree else { return };
    let rows = match &tree.value {
        Value::Object(members) => match members.as_slice() {
            [only] if only.name == "calls" => &only.value,
            _ => &tree,
        },
        _ => &tree,
    };
    let Some(rows) = rows.elements() else {
        let message = format!("the calls are {}", rows.describe());
        let problem = Diagnostic::error("wrong-type", rows.mark(), message);
        problems.push(problem.label("expected a list of objects, or `{\"calls\": [...]}`"));
        return;
    };
    if rows.is_empty() {
        problems.push(empty(tree.mark(), "there are no calls in the list"));
    }
    for row in rows {
        let Some(members) = row.members() else {
            let message = format!("a call is {}", row.describe());
            problems.push(
                Diagnostic::error("wrong-type", row.mark(), message)
                    .label("expected an object with a time and a cost"),
            );
            continue;
        };
        let before = problems.count();
        let mut cells: Vec<(Column, &Node)> = Vec::with_capacity(members.len());
        for member in members {
            match Column::find(&member.name) {
                None => problems.push(unknown(&member.name, member.name_span)),
                Some(column) if cells.iter().any(|(known, _)| *known == column) => {
                    problems.push(twice(column, member.name_span));
                }
                Some(column) => cells.push((column, &member.value)),
            }
        }
        // What a misspelt name leaves out would be told twice.
        if problems.count() == before {
            on_row(row.mark(), &cells, problems);
        }
    }
}

fn csv(source: SourceId, text: &str, problems: &mut Problems, on_row: &mut OnRow<'_>) {
    let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
    if text.len() > MAX_TEXT_BYTES {
        let problem =
            Diagnostic::error("file-too-long", Span::new(source, 0, 0), "the file is too long to be read");
        problems.push(problem.label("expected at most 64 MiB"));
        return;
    }
    let mut lines = Lines::new(source, text, bom);
    let Some(header) = lines.next_row(problems) else { return };
    let mut columns = Vec::with_capacity(header.len());
    for name in &header {
        let text = name.text().unwrap_or_default();
        let column = Column::find(text);
        match column {
            None => problems.push(unknown(text, name.span)),
            Some(column) if columns.contains(&Some(column)) => problems.push(twice(column, name.span)),
            Some(_) => {}
        }
        columns.push(column);
    }
    if problems.count() > 0 {
        return;
    }
    let mut any = false;
    loop {
        let before = problems.count();
        let Some(row) = lines.next_row(problems) else { break };
        any = true;
        if problems.count() > before {
            continue;
        }
        let span = match (row.first(), row.last()) {
            (Some(first), Some(last)) => Span { end: last.span.end, ..first.span },
            _ => Span::new(source, 0, 0),
        };
        if row.len() != columns.len() {
            let message = format!("the row has {} columns and the header {}", row.len(), columns.len());
            problems.push(
                Diagnostic::error("calls-columns", span, message)
                    .label(format!("expected {} values", columns.len())),
            );
            continue;
        }
        let cells = columns.iter().zip(&row).filter_map(|(column, cell)| Some(((*column)?, cell)));
        let cells: Vec<(Column, &Node)> = cells.filter(|(_, cell)| cell.text() != Some("")).collect();
        on_row(span, &cells, problems);
    }
    if !any {
        problems.push(empty(Span::new(source, text.len(), text.len()), "there are no rows below the header"));
    }
}

fn unknown(name: &str, span: Span) -> Diagnostic {
    let mut problem =
        Diagnostic::error("unknown-column", span, format!("unknown column `{}`", shorten(name)))
            .label("expected the name of a column")
            .note(format!("columns: {}", list(call_columns())));
    problem.help = did_you_mean(name, call_columns());
    problem
}

fn twice(column: Column, span: Span) -> Diagnostic {
    Diagnostic::error("duplicate-name", span, format!("column `{}` is given twice", column.name()))
        .label("expected each column once")
}
