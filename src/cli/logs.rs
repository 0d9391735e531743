//! Reading logs of production, and telling how that went.

use serde_json::{Value, json};

use super::log_args::LogArgs;
use super::session::{Session, Stop};
use super::table::Table;
use crate::config::{DiskFiles, Files as _, JoinedLog, LogReport, join_logs, read_log};

/// The requests in `paths`. All problems of all files are told.
pub(crate) fn read(paths: &[String], args: LogArgs, session: &mut Session) -> Result<JoinedLog, Stop> {
    let mut files = Vec::new();
    let mut unreadable = None;
    for (at, path) in paths.iter().enumerate() {
        if paths.iter().take(at).any(|other| other == path) {
            unreadable = Some(session.usage(&format!("`{path}` is given twice")));
            continue;
        }
        match DiskFiles.read(path) {
            Ok(bytes) => files.extend(read_log(path, &bytes, &mut session.sources, &mut session.diagnostics)),
            Err(error) => unreadable = Some(session.usage(&format!("cannot read `{path}`: {error}"))),
        }
    }
    session.stop_if_unusable()?;
    if let Some(stop) = unreadable {
        return Err(stop);
    }
    let joined = join_logs(files, args.rules(), &mut session.diagnostics);
    session.stop_if_unusable()?;
    joined.ok_or_else(|| session.internal("logs without problems were not joined"))
}

/// How reading went, for people.
pub(crate) fn render(log: &JoinedLog) -> String {
    let report = &log.report;
    let mut table = Table::new(&["file", "rows", "holds", "as"]);
    for file in &report.files {
        let rows = file.rows.to_string();
        table.row(vec![file.path.clone(), rows, file.kind.to_owned(), file.form.to_owned()]);
    }
    let mut text = table.render("  ");
    text.push('\n');
    let mut counts = Table::new(&["requests", ""]);
    counts.row(vec!["rows of requests read".to_owned(), report.read.to_string()]);
    for counted in &report.joined {
        counts.row(vec![counted.what.replace('_', " "), counted.count.to_string()]);
    }
    for counted in &report.dropped {
        counts.row(vec![format!("left out: {}", counted.what.replace('_', " ")), counted.count.to_string()]);
    }
    counts.row(vec!["kept".to_owned(), report.kept.to_string()]);
    text.push_str(&counts.render("  "));
    text.push_str(&format!("  from {} on, for {:.3} s\n", log.begin(), log.span().as_secs_f64()));
    if !report.assumed.is_empty() {
        text.push_str("\nnot in the logs, and what is assumed instead:\n");
    }
    for assumed in &report.assumed {
        text.push_str(&format!(
            "  {} ({} of {})\n      {}\n",
            assumed.missing, assumed.requests, report.kept, assumed.assumed
        ));
    }
    text
}

/// How reading went, for programs.
pub(crate) fn to_json(log: &JoinedLog) -> Value {
    let LogReport { files, read, kept, dropped, joined, assumed } = &log.report;
    let counts = |all: &[crate::config::Counted]| -> Value {
        all.iter().map(|counted| (counted.what.to_owned(), Value::from(counted.count))).collect()
    };
    json!({
        "files": files, "read": read, "kept": kept, "dropped": counts(dropped), "joined": counts(joined),
        "assumed": assumed, "begin": log.begin(), "span_s": log.span().as_secs_f64(),
    })
}
