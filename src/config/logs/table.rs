//! Rows out of the forms in which logs are exported.
//!
//! Forms: CSV; a JSON list of objects; JSON objects one per line; the answer of a Log Analytics query (`tables` with
//! `columns` and `rows`). Each plain or packed with gzip.

use std::collections::BTreeSet;

use super::super::files::MAX_FILE_BYTES;
use super::super::hints::list;
use super::super::json::{Node, parse, parse_at};
use super::super::rows::{Lines, Problems};
use super::columns::{Field, LogKind};
use super::row::{LogRow, RowReader};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};
use crate::workload::unpack;

/// The rows of one file.
#[derive(Clone, Debug)]
pub struct LogFile {
    /// Its path.
    pub path: String,
    /// What it holds.
    pub kind: LogKind,
    /// In which form: `csv`, `json`, `json lines` or `query result`.
    pub form: &'static str,
    pub(super) rows: Vec<LogRow>,
    pub(super) has_month_first: bool,
}

impl LogFile {
    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        u64::try_from(self.rows.len()).unwrap_or(u64::MAX)
    }
}

/// Reads a file of logs, packed or not. `None`, with errors in `diagnostics`, unless all of it is good.
pub fn read_log(
    path: &str,
    bytes: &[u8],
    sources: &mut SourceMap,
    diagnostics: &mut Diagnostics,
) -> Option<LogFile> {
    let (content, packed) = unpack(bytes, MAX_FILE_BYTES);
    let (text, bad) = match std::str::from_utf8(&content) {
        Ok(text) => (text, None),
        Err(error) => {
            let good = content.get(..error.valid_up_to()).unwrap_or_default();
            (std::str::from_utf8(good).unwrap_or_default(), Some(error.valid_up_to()))
        }
    };
    let source = sources.add(path, text);
    let problem = match (packed, bad) {
        (Some(error), _) => {
            let end = Span::new(source, text.len(), text.len());
            Diagnostic::error("log-gzip", end, error.to_string())
                .label(format!("nothing can be read after byte {} of the unpacked text", content.len()))
                .help("copy or download the file again")
        }
        (None, Some(at)) => {
            let is_wide = content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff");
            let what = if is_wide { "the file is UTF-16 text" } else { "the file is not UTF-8 text" };
            Diagnostic::error("not-utf8", Span::new(source, at, at), what)
                .label("expected UTF-8 from here on")
                .help("save the file as UTF-8")
        }
        (None, None) => return read_text(path, source, text, diagnostics),
    };
    diagnostics.push(problem);
    None
}

fn read_text(path: &str, source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Option<LogFile> {
    let mut problems = Problems::new("log-more");
    let mut reader = Reader::new(source);
    let begin = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    let form = match begin.chars().next() {
        None => {
            let span = Span::new(source, 0, 0);
            problems.push(Diagnostic::error("log-empty", span, "the file is empty").label(EXPECTED_COLUMNS));
            ""
        }
        Some('{') if has_lines(begin) => reader.json_lines(text, &mut problems),
        Some('[' | '{') => reader.json(text, &mut problems),
        Some(_) => reader.csv(text, &mut problems),
    };
    let kind = if problems.count() == 0 { reader.kind(&mut problems) } else { None };
    if let Some(kind) = kind
        && reader.rows.is_empty()
        && problems.count() == 0
    {
        let span = Span::new(source, text.len(), text.len());
        let message = format!("the export of {} has no rows", kind.name());
        problems.push(Diagnostic::error("log-empty", span, message).label("expected at least one row"));
    }
    let failed = problems.report(diagnostics);
    for warning in reader.warnings {
        diagnostics.push(warning);
    }
    let kind = kind.filter(|_| !failed)?;
    Some(LogFile {
        path: path.to_owned(),
        kind,
        form,
        rows: reader.rows,
        has_month_first: reader.values.has_month_first,
    })
}

const EXPECTED_COLUMNS: &str = "expected columns of `ApiManagementGatewayLogs`, `ApiManagementGatewayLlmLog`, \
     or of `requests` or `dependencies` of Application Insights";

/// Whether the first line is a JSON object by itself and no answer of a query.
fn has_lines(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let object = serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok();
    object && !line.contains("\"tables\"")
}

struct Reader {
    source: SourceId,
    /// Where the names of columns stand.
    header: Option<Span>,
    values: RowReader,
    rows: Vec<LogRow>,
    fields: BTreeSet<Field>,
    /// Columns that nothing is done with, for messages.
    unknown: BTreeSet<String>,
    warnings: Vec<Diagnostic>,
}

impl Reader {
    fn new(source: SourceId) -> Self {
        Self {
            source,
            header: None,
            values: RowReader::default(),
            rows: Vec::new(),
            fields: BTreeSet::new(),
            unknown: BTreeSet::new(),
            warnings: Vec::new(),
        }
    }

    /// What the columns say the file is.
    fn kind(&self, problems: &mut Problems) -> Option<LogKind> {
        let span = self.header.unwrap_or(Span::new(self.source, 0, 0));
        let known = self.fields.iter().map(|field| field.name());
        let seen = list(known.chain(self.unknown.iter().map(String::as_str)));
        let Some((kind, missing)) = LogKind::of(&self.fields) else {
            let message = "the columns are those of no known table of logs";
            problems.push(
                Diagnostic::error("log-columns", span, message)
                    .label(EXPECTED_COLUMNS)
                    .note(format!("columns found: {seen}")),
            );
            return None;
        };
        for field in &missing {
            let message = format!("the export of {} has no column `{}`", kind.name(), field.name());
            let problem = Diagnostic::error("log-missing-column", span, message);
            problems.push(problem.label("expected this column too").note(format!("columns found: {seen}")));
        }
        missing.is_empty().then_some(kind)
    }

    fn csv(&mut self, text: &str, problems: &mut Problems) -> &'static str {
        let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut lines = Lines::new(self.source, text, bom);
        let Some(header) = lines.next_row(problems) else { return "csv" };
        let columns =
            self.columns(header.iter().map(|node| (node.text().unwrap_or_default(), node.span)), problems);
        if let (Some(first), Some(last)) = (header.first(), header.last()) {
            self.header = Some(first.span.to(last.span));
        }
        // Rows of an unknown table would only add to the noise.
        if problems.count() > 0 || LogKind::of(&self.fields).is_none_or(|(_, missing)| !missing.is_empty()) {
            return "csv";
        }
        loop {
            let before = problems.count();
            let Some(row) = lines.next_row(problems) else { return "csv" };
            // The rest of a file with so many problems tells nothing new.
            if problems.is_full() {
                return "csv";
            }
            if problems.count() > before {
                continue;
            }
            let repeats = |((field, name), node): &((&Option<Field>, &Node), &Node)| {
                field.is_some() && node.value == name.value
            };
            let span = match (row.first(), row.last()) {
                (Some(first), Some(last)) => first.span.to(last.span),
                _ => Span::new(self.source, 0, 0),
            };
            if columns.iter().zip(&header).zip(&row).filter(repeats).count() > 1 {
                problems.push(
                    Diagnostic::error("log-header", span, "a second header in the middle of the log")
                        .label("expected one export in a file, with one header"),
                );
                continue;
            }
            self.row(&columns, &row, span, problems);
        }
    }

    fn json(&mut self, text: &str, problems: &mut Problems) -> &'static str {
        let mut syntax = Diagnostics::new();
        // The byte order mark is not JSON, and blanks in its place keep all other places.
        let blank = text.strip_prefix('\u{feff}').map(|rest| format!("   {rest}"));
        let tree = parse(self.source, blank.as_deref().unwrap_or(text), &mut syntax);
        for problem in syntax.sorted() {
            let mut problem = problem.clone();
            if problem.code == "file-too-long" {
                problem.help = Some("export it as CSV, or with one JSON object in each line".to_owned());
            }
            problems.push(problem);
        }
        let Some(tree) = tree else { return "json" };
        if let Some(tables) = tree.get("tables") {
            self.partial(&tree);
            for table in tables.elements().unwrap_or_default() {
                self.query_table(table, problems);
            }
            return "query result";
        }
        if let Some(error) = tree.member("error") {
            let message = "the file is the answer of a query that failed";
            problems.push(
                Diagnostic::error("log-query", error.name_span, message).label("expected `tables` with rows"),
            );
            return "query result";
        }
        match tree.elements() {
            Some(rows) => rows.iter().for_each(|row| self.object(row, problems)),
            None => self.object(&tree, problems),
        }
        "json"
    }

    fn json_lines(&mut self, text: &str, problems: &mut Problems) -> &'static str {
        let mut start = 0_usize;
        for line in text.split_inclusive('\n') {
            let offset = start;
            start = start.saturating_add(line.len());
            let body = line.trim_start_matches('\u{feff}');
            let offset = offset.saturating_add(line.len().saturating_sub(body.len()));
            let body = body.trim_end();
            if body.trim_start().is_empty() {
                continue;
            }
            if problems.is_full() {
                break;
            }
            let mut syntax = Diagnostics::new();
            let tree = parse_at(self.source, offset, body, &mut syntax);
            syntax.sorted().into_iter().for_each(|problem| problems.push(problem.clone()));
            if let Some(tree) = tree {
                self.object(&tree, problems);
            }
        }
        "json lines"
    }

    /// Tells that a query gave a part of its rows only.
    fn partial(&mut self, tree: &Node) {
        if let Some(error) = tree.member("error") {
            let message = "the query gave only a part of its rows";
            self.warnings.push(
                Diagnostic::warning("log-partial", error.name_span, message)
                    .label("what is missing is in no figure"),
            );
        }
    }

    fn query_table(&mut self, table: &Node, problems: &mut Problems) {
        let (names, rows) =
            (table.get("columns").and_then(Node::elements), table.get("rows").and_then(Node::elements));
        let (Some(names), Some(rows)) = (names, rows) else {
            problems.push(
                Diagnostic::error("log-query", table.mark(), "a table without columns or rows")
                    .label("expected `columns` and `rows`, both lists"),
            );
            return;
        };
        self.header = self.header.or(Some(table.mark()));
        let names = names.iter().map(|column| {
            let name = column.get("name").unwrap_or(column);
            (name.text().unwrap_or_default(), name.mark())
        });
        let columns = self.columns(names, problems);
        for row in rows {
            match row.elements() {
                Some(cells) => self.row(&columns, cells, row.mark(), problems),
                None => problems.push(
                    Diagnostic::error("log-query", row.mark(), format!("a row is {}", row.describe()))
                        .label("expected a list of values"),
                ),
            }
        }
    }

    /// The columns called so.
    fn columns<'n>(
        &mut self,
        names: impl Iterator<Item = (&'n str, Span)>,
        problems: &mut Problems,
    ) -> Vec<Option<Field>> {
        let mut columns = Vec::new();
        for (name, span) in names {
            let field = Field::find(name);
            match field {
                None => self.note_unknown(name),
                Some(known) if columns.contains(&field) => {
                    let message = format!("column `{}` is given twice", known.name());
                    problems.push(
                        Diagnostic::error("duplicate-name", span, message).label("expected each column once"),
                    );
                }
                Some(known) => drop(self.fields.insert(known)),
            }
            columns.push(field);
        }
        columns
    }

    fn note_unknown(&mut self, name: &str) {
        if self.unknown.len() < 30 && !self.unknown.contains(name) {
            self.unknown.insert(name.to_owned());
        }
    }

    fn row(&mut self, columns: &[Option<Field>], row: &[Node], span: Span, problems: &mut Problems) {
        if row.len() != columns.len() {
            let message = format!("the row has {} columns and the header {}", row.len(), columns.len());
            let label = format!("expected {} values", columns.len());
            problems.push(Diagnostic::error("log-row", span, message).label(label));
            return;
        }
        let cells: Vec<(Field, &Node)> =
            columns.iter().zip(row).filter_map(|(field, node)| Some(((*field)?, node))).collect();
        self.cells(&cells, span, problems);
    }

    fn object(&mut self, node: &Node, problems: &mut Problems) {
        let Some(members) = node.members() else {
            problems.push(
                Diagnostic::error("log-row", node.mark(), format!("a row is {}", node.describe()))
                    .label("expected an object"),
            );
            return;
        };
        self.header = self.header.or(Some(node.mark()));
        let mut cells: Vec<(Field, &Node)> = Vec::with_capacity(members.len());
        for member in members {
            match Field::find(&member.name) {
                None => self.note_unknown(&member.name),
                Some(field) if cells.iter().any(|(known, _)| *known == field) => {
                    let message = format!("`{}` is given twice", field.name());
                    problems.push(
                        Diagnostic::error("duplicate-name", member.name_span, message)
                            .label("expected each value once"),
                    );
                }
                Some(field) => {
                    self.fields.insert(field);
                    cells.push((field, &member.value));
                }
            }
        }
        self.cells(&cells, node.mark(), problems);
    }

    fn cells(&mut self, cells: &[(Field, &Node)], span: Span, problems: &mut Problems) {
        let before = problems.count();
        let row = self.values.read(cells, problems);
        if problems.count() > before {
            return;
        }
        // Rows of requests stand at their time; others go by their ids.
        let needs_time = !self.fields.contains(&Field::Target)
            && [Field::Status, Field::Total, Field::ResultCode, Field::Arrival]
                .iter()
                .any(|field| self.fields.contains(field));
        if needs_time && row.time.is_none() {
            let problem = Diagnostic::error("log-time", span, "the row has no time");
            problems.push(problem.label("expected a value in `TimeGenerated`"));
            return;
        }
        self.rows.push(row);
    }
}
