//! Tables as RFC 4180 text: comma, CRLF, quotes only where needed, one header line.
//!
//! Rules
//! - The header is written even when no row follows: an empty table is not an empty file.
//! - Columns are found by name when reading, in any order; columns nobody knows are passed over, so
//!   that people may add their own.
//! - A reader says line, column and what it expected; it never guesses a value.

use std::fmt;
use std::io::{self, Read, Write};
use std::marker::PhantomData;

use csv::{ByteRecord, DeserializeErrorKind, ErrorKind};
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::{Serialize, forward_to_deserialize_any};
use thiserror::Error;

use super::cells::FINITE_NUMBER;

/// Why a table could not be read or written.
#[derive(Debug, Error)]
pub enum TableError {
    /// The header lacks a column.
    #[error("line 1: column `{column}` is missing")]
    MissingColumn {
        /// Name the header should have.
        column: String,
    },
    /// A cell does not hold what its column is for.
    #[error("line {line}, column `{column}`: expected {expected}, found `{found}`")]
    Cell {
        /// Line of the text, from 1; the header is line 1.
        line: u64,
        /// Column name.
        column: String,
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A row that does not fit the header, or is not readable at all.
    #[error("line {line}: expected {expected}")]
    Row {
        /// Line of the text, from 1.
        line: u64,
        /// What belongs there.
        expected: String,
    },
    /// A row to be written holds a number that is not finite.
    #[error("row {row} cannot be written: expected {expected} in every cell")]
    Unwritable {
        /// Number of the row, from 1, header not counted.
        row: u64,
        /// What belongs there.
        expected: String,
    },
    /// The file, pipe or buffer below failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes rows of one type, header first.
pub struct CsvWriter<W: Write, Row> {
    inner: csv::Writer<W>,
    rows: u64,
    row: PhantomData<fn(&Row)>,
}

impl<W: Write, Row: Serialize + DeserializeOwned> CsvWriter<W, Row> {
    /// Writes the header. The writer buffers by itself.
    pub fn new(to: W) -> Result<Self, TableError> {
        let mut inner = writer(to);
        inner.write_record(columns::<Row>()).map_err(|e| unwritable(e, 0))?;
        Ok(Self { inner, rows: 0, row: PhantomData })
    }

    /// The same with one more column, called `label`, before those of the rows.
    pub fn labelled(to: W, label: &str) -> Result<Self, TableError> {
        let mut inner = writer(to);
        let header = std::iter::once(&label).chain(columns::<Row>());
        inner.write_record(header).map_err(|e| unwritable(e, 0))?;
        Ok(Self { inner, rows: 0, row: PhantomData })
    }

    /// Writes one row of a table that has such a column.
    pub fn write_labelled(&mut self, label: &str, row: &Row) -> Result<(), TableError> {
        self.rows = self.rows.saturating_add(1);
        self.inner.serialize((label, row)).map_err(|e| unwritable(e, self.rows))
    }

    /// Writes one row.
    pub fn write(&mut self, row: &Row) -> Result<(), TableError> {
        self.rows = self.rows.saturating_add(1);
        self.inner.serialize(row).map_err(|e| unwritable(e, self.rows))
    }

    /// Writes what is buffered and hands back what was written to. A writer that is dropped instead
    /// loses its errors.
    pub fn finish(self) -> Result<W, TableError> {
        self.inner.into_inner().map_err(|e| TableError::Io(io::Error::other(e.to_string())))
    }
}

impl<W: Write, Row> fmt::Debug for CsvWriter<W, Row> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvWriter").field("rows", &self.rows).finish_non_exhaustive()
    }
}

fn writer<W: Write>(to: W) -> csv::Writer<W> {
    csv::WriterBuilder::new()
        .has_headers(false)
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(64 * 1024)
        .from_writer(to)
}

/// All rows of a table. Use [`RowReader`] for tables that should not lie in memory.
pub fn read_rows<Row: DeserializeOwned>(from: impl Read) -> Result<Vec<Row>, TableError> {
    RowReader::new(from)?.collect()
}

/// The rows of a table, one by one. Stops after the first error.
pub struct RowReader<R: Read, Row> {
    inner: csv::Reader<R>,
    header: ByteRecord,
    record: ByteRecord,
    behind: u64,
    done: bool,
    row: PhantomData<fn() -> Row>,
}

impl<R: Read, Row: DeserializeOwned> RowReader<R, Row> {
    /// Reads the header and checks that every column is there.
    pub fn new(from: R) -> Result<Self, TableError> {
        let mut inner = csv::ReaderBuilder::new().buffer_capacity(64 * 1024).from_reader(from);
        let header = inner.byte_headers().map_err(|e| unreadable(e, 0))?.clone();
        // The parser below ends a record at CR and counts the line at the LF that the next record starts
        // with, so behind CRLF its numbers are one too small.
        let breaks = header.iter().flatten().filter(|byte| **byte == b'\n').count() as u64;
        let behind = u64::from(inner.position().line() == breaks.saturating_add(1));
        for column in columns::<Row>() {
            if !header.iter().any(|name| name == column.as_bytes()) {
                return Err(TableError::MissingColumn { column: (*column).to_owned() });
            }
        }
        Ok(Self { inner, header, record: ByteRecord::new(), behind, done: false, row: PhantomData })
    }

    fn read(&mut self) -> Result<Option<Row>, TableError> {
        if !self.inner.read_byte_record(&mut self.record).map_err(|e| unreadable(e, self.behind))? {
            return Ok(None);
        }
        match self.record.deserialize(Some(&self.header)) {
            Ok(row) => Ok(Some(row)),
            Err(error) => Err(bad_row(&error, self.behind, &self.header, &self.record)),
        }
    }
}

impl<R: Read, Row: DeserializeOwned> Iterator for RowReader<R, Row> {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let row = self.read().transpose();
        self.done = !matches!(row, Some(Ok(_)));
        row
    }
}

impl<R: Read, Row> fmt::Debug for RowReader<R, Row> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowReader").field("done", &self.done).finish_non_exhaustive()
    }
}

fn unwritable(error: csv::Error, row: u64) -> TableError {
    match error.into_kind() {
        ErrorKind::Io(error) => TableError::Io(error),
        ErrorKind::Serialize(expected) => TableError::Unwritable { row, expected },
        _ => TableError::Unwritable { row, expected: "one value per column".to_owned() },
    }
}

fn unreadable(error: csv::Error, behind: u64) -> TableError {
    let line = error.position().map_or(1, csv::Position::line).saturating_add(behind);
    match error.into_kind() {
        ErrorKind::Io(error) => TableError::Io(error),
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            TableError::Row { line, expected: format!("{expected_len} cells, found {len}") }
        }
        ErrorKind::Utf8 { .. } => TableError::Row { line, expected: "UTF-8 text".to_owned() },
        _ => TableError::Row { line, expected: "a row of a CSV table".to_owned() },
    }
}

/// Names the cell that made a row unreadable.
fn bad_row(error: &csv::Error, behind: u64, header: &ByteRecord, record: &ByteRecord) -> TableError {
    let line = record.position().map_or(1, csv::Position::line).saturating_add(behind);
    let ErrorKind::Deserialize { err, .. } = error.kind() else {
        return TableError::Row { line, expected: "a row of a CSV table".to_owned() };
    };
    let expected = match err.kind() {
        DeserializeErrorKind::ParseFloat(_) => "a number".to_owned(),
        DeserializeErrorKind::ParseInt(_) => "a whole number in range".to_owned(),
        DeserializeErrorKind::ParseBool(_) => "`true` or `false`".to_owned(),
        DeserializeErrorKind::InvalidUtf8(_) => "UTF-8 text".to_owned(),
        DeserializeErrorKind::Message(text) | DeserializeErrorKind::Unsupported(text) => text.clone(),
        DeserializeErrorKind::UnexpectedEndOfRow => "as many cells as the header has".to_owned(),
    };
    let at = err
        .field()
        .and_then(|at| usize::try_from(at).ok())
        .or_else(|| (expected == FINITE_NUMBER).then(|| not_finite(header, record)).flatten());
    let text = |bytes: Option<&[u8]>| bytes.map(|b| String::from_utf8_lossy(b).into_owned());
    match at.and_then(|at| Some((text(header.get(at))?, text(record.get(at))?))) {
        Some((column, found)) => TableError::Cell { line, column, expected, found },
        None => TableError::Row { line, expected },
    }
}

/// The first cell with an infinity or `NaN` in a column of times or shares. Those are recognised by the
/// unit at the end of their name; a backend may well be called `inf`.
fn not_finite(header: &ByteRecord, record: &ByteRecord) -> Option<usize> {
    header.iter().zip(record).position(|(name, cell)| {
        let name = String::from_utf8_lossy(name);
        let number = std::str::from_utf8(cell).ok().and_then(|text| text.parse::<f64>().ok());
        ["_s", "_ms", "_share", "_max"].iter().any(|unit| name.ends_with(unit))
            && number.is_some_and(|n| !n.is_finite())
    })
}

/// The column names of a row type, in order: what its derived `Deserialize` asks for.
fn columns<Row: DeserializeOwned>() -> &'static [&'static str] {
    let mut columns: &'static [&'static str] = &[];
    // Always an error: the names are all that is wanted.
    let _ = Row::deserialize(FieldNames(&mut columns));
    columns
}

struct FieldNames<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for FieldNames<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("only the names are read"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{RequestRow, TimelineRow, TripRow};
    use super::*;

    fn trip(cause: &str) -> TripRow {
        TripRow {
            backend: "eu, west".into(),
            instance: 1,
            start_s: 1.5,
            end_s: 61.500_000_4,
            configured_s: 60.0,
            effective_s: 60.0,
            why: String::new(),
            cause: cause.into(),
            run: "v1-0123456789abcdef-s42-0.1.0".into(),
        }
    }

    fn text<Row: Serialize + DeserializeOwned>(rows: &[Row]) -> String {
        let mut writer = CsvWriter::new(Vec::new()).unwrap();
        for row in rows {
            writer.write(row).unwrap();
        }
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    const TRIP_HEADER: &str = "backend,instance,start_s,end_s,configured_s,effective_s,why,cause,run\r\n";

    #[test]
    fn bytes_of_a_table() {
        assert_eq!(
            text(&[trip("said \"no\"")]),
            format!(
                "{TRIP_HEADER}\"eu, west\",1,1.500000,61.500000,60.000000,60.000000,,\
                 \"said \"\"no\"\"\",v1-0123456789abcdef-s42-0.1.0\r\n"
            )
        );
    }

    #[test]
    fn an_empty_table_has_a_header() {
        assert_eq!(text::<TripRow>(&[]), TRIP_HEADER);
        assert!(text::<RequestRow>(&[]).starts_with("request,arrival_s,instance,outcome,status,"));
        assert!(text::<TimelineRow>(&[]).ends_with(",tripped_share,breaker,run\r\n"));
        assert_eq!(read_rows::<TripRow>(TRIP_HEADER.as_bytes()).unwrap(), []);
    }

    #[test]
    fn columns_may_move_and_others_may_join() {
        let table = "\u{feff}run,mine,cause,why,effective_s,configured_s,end_s,start_s,instance,backend\n\
                     r,9,c,w,4,3,2.0,1,0,b\n";
        let rows: Vec<TripRow> = read_rows(table.as_bytes()).unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].backend.as_str(), rows[0].start_s.to_bits()), ("b", 1.0_f64.to_bits()));
    }

    #[test]
    fn a_label_comes_before_the_columns_of_the_row() {
        let mut writer = CsvWriter::labelled(Vec::new(), "client").unwrap();
        let row = read_rows::<TripRow>(format!("{TRIP_HEADER}a,0,1,2,3,4,w,c,r\r\n").as_bytes()).unwrap();
        writer.write_labelled("x, y", &row[0]).unwrap();
        let text = String::from_utf8(writer.finish().unwrap()).unwrap();
        let (header, rest) = text.split_once("\r\n").unwrap();
        assert_eq!(format!("{header}\r\n"), format!("client,{TRIP_HEADER}"));
        assert!(rest.starts_with("\"x, y\",a,0,"), "{rest}");
        assert_eq!(read_rows::<TripRow>(text.as_bytes()).unwrap(), row);
    }

    fn problem(table: &str) -> String {
        read_rows::<TripRow>(table.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn problems_name_line_column_and_expectation() {
        let with = |row: &str| problem(&format!("{TRIP_HEADER}a,0,1,2,3,4,w,c,r\r\n{row}"));
        for (row, message) in [
            ("a,0,soon,2,3,4,w,c,r", "line 3, column `start_s`: expected a number, found `soon`"),
            ("a,-1,1,2,3,4,w,c,r", "line 3, column `instance`: expected a whole number in range, found `-1`"),
            ("inf,0,1,2,NaN,4,w,c,r", "line 3, column `configured_s`: expected a finite number, found `NaN`"),
            ("a,0,1,2,,4,w,c,r", "line 3, column `configured_s`: expected a number, found ``"),
            ("a,0,1", "line 3: expected 9 cells, found 3"),
        ] {
            assert_eq!(with(row), message);
        }
        let lf = format!("{}\na,0,1,2,3,4,w,\"two\nlines\",r\n?\n", TRIP_HEADER.trim_end());
        assert_eq!(problem(&lf), "line 4: expected 9 cells, found 1");
        assert_eq!(problem(&lf.replace('\n', "\r\n")), "line 4: expected 9 cells, found 1");
        assert_eq!(problem("backend,instance\n"), "line 1: column `start_s` is missing");
        assert_eq!(problem(""), "line 1: column `backend` is missing");
    }

    #[test]
    fn bytes_that_are_not_text() {
        let mut table = TRIP_HEADER.as_bytes().to_vec();
        table.extend_from_slice(b"\xff,0,1,2,3,4,w,c,r\r\n");
        let error = read_rows::<TripRow>(table.as_slice()).unwrap_err().to_string();
        assert!(error.starts_with("line 2, column `backend`: expected UTF-8 text"), "{error}");
    }

    #[test]
    fn numbers_that_are_not_finite_are_not_written() {
        let mut writer = CsvWriter::new(Vec::new()).unwrap();
        writer.write(&trip("a")).unwrap();
        let error = writer.write(&TripRow { end_s: f64::NAN, ..trip("b") }).unwrap_err();
        assert_eq!(error.to_string(), "row 2 cannot be written: expected a finite number in every cell");
    }

    #[test]
    fn failing_files_are_errors() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::other("disk full"))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut writer = CsvWriter::new(Full).unwrap();
        writer.write(&trip("a")).unwrap();
        assert!(matches!(writer.finish(), Err(TableError::Io(_))));
    }

    prop_compose! {
        fn request_row()(
            request in any::<u64>(), arrival_us in 0_u64..100_000_000_000, instance in any::<u32>(),
            outcome in ".{0,8}", status in any::<Option<u16>>(), backend in "(?s).{0,12}", url in ".{0,12}",
            latency_us in any::<Option<u32>>(), tokens in any::<u64>(), counted in any::<Option<u64>>(),
        ) -> RequestRow {
            RequestRow {
                request, arrival_s: arrival_us as f64 / 1e6, instance, outcome, status, backend, url,
                attempts: 2, path: "a:429(retry) > b:200".into(),
                latency_ms: latency_us.map(|us| f64::from(us) / 1e3), ttft_ms: None, wait_ms: Some(0.0),
                prompt_tokens: tokens, completion_tokens: 7, counted_tokens: counted, run: "r".into(),
            }
        }
    }

    /// To be timed from outside: a million rows a second in release.
    #[test]
    #[ignore = "large"]
    fn a_million_rows() {
        let row = RequestRow {
            request: 123_456,
            arrival_s: 1_234.567_891,
            instance: 1,
            outcome: "answered".into(),
            status: Some(200),
            backend: "aoai-eastus2".into(),
            url: "https://aoai-eastus2.example.com/openai/deployments/gpt-4o/chat/completions".into(),
            attempts: 2,
            path: "aoai-westus:429(Retry-After 10 s) > aoai-eastus2:200".into(),
            latency_ms: Some(1834.25),
            ttft_ms: Some(310.5),
            wait_ms: Some(12.125),
            prompt_tokens: 1200,
            completion_tokens: 300,
            counted_tokens: Some(1500),
            run: "v1-0123456789abcdef-s42-0.1.0".into(),
        };
        let mut writer = CsvWriter::new(io::sink()).unwrap();
        for _ in 0..1_000_000 {
            writer.write(&row).unwrap();
        }
        writer.finish().unwrap();
    }

    proptest! {
        #[test]
        fn rows_survive_a_round_trip(rows in proptest::collection::vec(request_row(), 0..8)) {
            let table = text(&rows);
            prop_assert_eq!(read_rows::<RequestRow>(table.as_bytes()).unwrap(), rows);
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut table = TRIP_HEADER.as_bytes().to_vec();
            table.extend(bytes);
            let _ = read_rows::<TripRow>(table.as_slice());
        }
    }
}
