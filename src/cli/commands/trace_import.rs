//! `poolproof trace import`: logs of production as one trace.

use std::path::Path;

use super::super::args::Format;
use super::super::log_args::TraceImportArgs;
use super::super::logs;
use super::super::output::write_whole;
use super::super::session::{Session, Stop};

/// Joins the files and writes the trace; nothing is written when one of them cannot be used.
pub(crate) fn import(args: &TraceImportArgs, session: &mut Session) -> Result<(), Stop> {
    let out = args.out.display().to_string();
    let same = |path: &String| match (std::fs::canonicalize(path), std::fs::canonicalize(&args.out)) {
        (Ok(one), Ok(other)) => one == other,
        _ => Path::new(path) == args.out,
    };
    if args.files.iter().any(same) {
        return Err(session.usage(&format!("`{out}` is read: give `--out` another name")));
    }
    let log = logs::read(&args.files, args.logs, session)?;
    let csv = log.to_csv().map_err(|error| session.internal(&error))?;
    write_whole(&args.out, &csv).map_err(|error| session.usage(&error.to_string()))?;
    match args.format {
        Format::Human => {
            session.print(&logs::render(&log));
            session.print(&format!("\n{} requests in {out}\n", log.report.kept));
        }
        Format::Json => {
            let mut json = logs::to_json(&log);
            if let Some(members) = json.as_object_mut() {
                members.insert("path".to_owned(), out.into());
            }
            session.print_json(&json)?;
        }
    }
    Ok(())
}
