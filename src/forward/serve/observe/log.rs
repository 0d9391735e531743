//! The log: one line per event, as text or as JSON.
//!
//! Rules
//! - Text is for people: what has a text of its own (`text`) is printed as it is, everything else after its time and
//!   level, with its fields behind.
//! - JSON is one object a line: `time` (UTC), `level`, `event`, then the fields of the event in their order.
//! - Only what this program says is in it, not what its libraries say.

use std::fmt;
use std::io;
use std::time::Duration as Real;

use serde_json::Value as Json;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use super::date;
use crate::serve::lines::Lines;
use crate::wire::unix_now;

/// Who speaks in this log: what begins with this.
const OURS: &str = "poolproof";

/// Lines that may wait to be written.
const WAITING_LINES: usize = 16_384;

/// How long the end waits for lines that are not written.
const FLUSH_TIME: Real = Real::from_secs(5);

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// For people.
    Text,
    /// An object each.
    Json,
}

/// What is left out: everything below this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// What went wrong.
    Error,
    /// And what is lost, refused or trips.
    Warn,
    /// And what happens, each request among it.
    Info,
    /// And each attempt.
    Debug,
    /// And everything else.
    Trace,
}

impl LogLevel {
    const fn filter(self) -> LevelFilter {
        match self {
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

/// The log of this process, on standard error.
#[derive(Clone, Debug)]
pub struct Log {
    lines: Lines,
}

impl Log {
    /// Begins it. Of a second one nothing is written: a process has one log.
    pub fn start(form: LogForm, level: LogLevel) -> Self {
        let said = move |lost| lost_line(form, lost);
        // Lines are written as soon as none is waiting.
        let (lines, _) = Lines::new(io::stderr(), WAITING_LINES, Real::ZERO, said);
        let _ = tracing::subscriber::set_global_default(subscriber(form, level, &lines));
        Self { lines }
    }

    /// Lines that could not be written.
    pub fn lost(&self) -> u64 {
        self.lines.lost()
    }

    /// Waits until what was said is written, within a bound.
    pub fn flush(&self) {
        self.lines.flush(FLUSH_TIME);
    }
}

/// What takes events and puts their lines.
pub(in crate::serve) fn subscriber(
    form: LogForm,
    level: LogLevel,
    lines: &Lines,
) -> impl Subscriber + Send + Sync + 'static {
    let lines = lines.clone();
    let layer = tracing_subscriber::fmt::layer()
        .event_format(Form(form))
        .with_writer(move || LineWriter(lines.clone()))
        .with_filter(Targets::new().with_target(OURS, level.filter()));
    tracing_subscriber::registry().with(layer)
}

/// The line that says that lines were lost.
pub(in crate::serve) fn lost_line(form: LogForm, lost: u64) -> String {
    let mut line = String::new();
    let fields =
        Fields { event: "lines of the log lost".into(), text: None, all: vec![("lost", lost.into())] };
    let _ = fields.write(form, "warn", &mut line);
    line
}

/// Takes a line whole, as the layer writes it.
struct LineWriter(Lines);

impl io::Write for LineWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.put(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Form(LogForm);

impl<S, N> FormatEvent<S, N> for Form
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        fields.write(self.0, &level, &mut out)
    }
}

/// What an event tells.
#[derive(Default)]
struct Fields {
    event: String,
    text: Option<String>,
    all: Vec<(&'static str, Json)>,
}

impl Fields {
    fn write(&self, form: LogForm, level: &str, out: &mut dyn fmt::Write) -> fmt::Result {
        if let (LogForm::Text, Some(text)) = (form, &self.text) {
            return out.write_str(text);
        }
        let now = date(unix_now().as_nanos());
        match form {
            LogForm::Text => {
                write!(out, "{now:.3} {level:<5} {}", self.event)?;
                for (name, value) in &self.all {
                    match value {
                        Json::String(word) if is_word(word) => write!(out, " {name}={word}")?,
                        other => write!(out, " {name}={other}")?,
                    }
                }
            }
            LogForm::Json => {
                let event = Json::from(self.event.as_str());
                write!(out, "{{\"time\":\"{now:.6}\",\"level\":\"{level}\",\"event\":{event}")?;
                for (name, value) in &self.all {
                    write!(out, ",\"{name}\":{value}")?;
                }
                out.write_char('}')?;
            }
        }
        out.write_char('\n')
    }

    fn put(&mut self, field: &Field, value: Json) {
        match (field.name(), value) {
            ("message", Json::String(event)) => self.event = event,
            ("text", Json::String(text)) => self.text = Some(text),
            (name, value) => self.all.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

/// Whether a text needs no quotes.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'=')
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn said(form: LogForm, level: LogLevel) -> String {
        let kept = Kept::default();
        let said = move |lost| lost_line(form, lost);
        let (lines, _) = Lines::new(kept.clone(), WAITING_LINES, Real::ZERO, said);
        tracing::subscriber::with_default(subscriber(form, level, &lines), || {
            tracing::info!(text = "two\nlines\n", address = "a:1", "started");
            tracing::warn!(backend = "b \"c\"\n", ms = 1.5, status = 429_u64, is = true, gap = ?Some(1), "tripped");
            tracing::debug!("small");
            tracing::error!(target: "h2", "of a library");
        });
        lines.flush(Real::from_secs(10));
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn text_is_for_people() {
        let text = said(LogForm::Text, LogLevel::Info);
        let rest = text.strip_prefix("two\nlines\n").expect("as it is");
        let (time, rest) = rest.split_once(' ').unwrap();
        assert!(time.ends_with('Z') && time.len() == "2026-01-01T00:00:00.000Z".len(), "{time}");
        assert_eq!(rest, "warn  tripped backend=\"b \\\"c\\\"\\n\" ms=1.5 status=429 is=true gap=Some(1)\n");
        assert_eq!(said(LogForm::Text, LogLevel::Debug).lines().count(), 4);
    }

    #[test]
    fn json_is_one_object_a_line() {
        let text = said(LogForm::Json, LogLevel::Info);
        let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!((&lines[0]["event"], &lines[0]["level"]), (&"started".into(), &"info".into()));
        assert_eq!((&lines[0]["address"], &lines[0]["text"]), (&"a:1".into(), &Json::Null));
        assert_eq!(lines[1]["backend"], "b \"c\"\n");
        assert_eq!((&lines[1]["ms"], &lines[1]["status"]), (&1.5.into(), &429.into()));
        assert!(text.starts_with("{\"time\":\""), "time comes first: {text}");
        assert_eq!(said(LogForm::Json, LogLevel::Error), "");
    }

    #[test]
    fn losses_have_the_form_of_the_log() {
        let json: Json = serde_json::from_str(&lost_line(LogForm::Json, 7)).unwrap();
        assert_eq!((&json["lost"], &json["level"]), (&7.into(), &"warn".into()));
        assert!(lost_line(LogForm::Text, 7).ends_with("warn  lines of the log lost lost=7\n"));
    }
}
