//! `poolproof policy check`: reads policy documents wherever they are and says what is wrong with them.
//!
//! Folders are searched: what has the extension of a policy, and every other small text file that begins
//! with an element a policy has. Files that are named are always read.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::super::args::{Format, PolicyCheckArgs};
use super::super::exit_code::Exit;
use super::super::session::{Session, Stop};
use crate::config::MAX_FILE_BYTES;
use crate::diagnostics::{Diagnostics, SourceMap, render_human, render_json};
use crate::policy::check::{CheckOptions, Checked, Verdict, check, looks_like_policy, mentions_policy};

/// Extensions of policy documents.
const EXTENSIONS: [&str; 4] = ["xml", "policy", "rawxml", "cshtml"];

/// One document and what was found in it.
struct Report {
    path: String,
    checked: Option<Checked>,
    sources: SourceMap,
    diagnostics: Diagnostics,
    /// Why it could not even be opened.
    unreadable: Option<String>,
}

/// Checks every document and prints what was found.
pub(crate) fn check_documents(args: &PolicyCheckArgs, session: &mut Session) -> Result<(), Stop> {
    let mut paths = Vec::new();
    for path in &args.paths {
        let path = Path::new(path);
        if path.is_dir() {
            search(path, &mut paths).map_err(|e| session.usage(&format!("`{}`: {e}", path.display())))?;
        } else {
            paths.push((path.to_owned(), true));
        }
    }
    let mut reports = Vec::new();
    for (path, is_named) in paths {
        reports.extend(report(&path, is_named, args));
    }
    if reports.is_empty() {
        return Err(session.nothing_ran("there is no policy document in the folders that were named"));
    }
    match args.format {
        Format::Human => print_human(&reports, session),
        Format::Json => session.print_json(&to_json(&reports))?,
    }
    match reports.iter().map(Report::exit).max() {
        None | Some(Exit::Ok) => Ok(()),
        Some(exit) => Err(Stop(exit)),
    }
}

impl Report {
    fn verdict(&self) -> Verdict {
        self.checked.as_ref().map_or(Verdict::Unreadable, |checked| checked.verdict)
    }

    fn exit(&self) -> Exit {
        match self.verdict() {
            Verdict::Clean => Exit::Ok,
            Verdict::Findings => Exit::Finding,
            Verdict::Unreadable => Exit::Unusable,
        }
    }

    fn json(&self) -> Json {
        let mut json = json!({
            "path": self.path,
            "verdict": self.verdict().name(),
            "findings": render_json(&self.diagnostics, &self.sources),
        });
        let Some(members) = json.as_object_mut() else { return json };
        if let Some(why) = &self.unreadable {
            members.insert("problem".to_owned(), json!(why));
        }
        if let Some(checked) = &self.checked {
            members.insert("kind".to_owned(), json!(checked.kind));
            members.insert("elements".to_owned(), json!(checked.elements));
            members.insert("expressions".to_owned(), json!(checked.expressions.len()));
            members.insert("expressions_parsed".to_owned(), json!(checked.parsed()));
            members.insert("expressions_evaluable".to_owned(), json!(checked.evaluable()));
        }
        json
    }
}

/// Reads and checks one file; `None` for a file of a folder that is no policy.
fn report(path: &Path, is_named: bool, args: &PolicyCheckArgs) -> Option<Report> {
    let shown = path.display().to_string();
    let mut report = Report {
        path: shown.clone(),
        checked: None,
        sources: SourceMap::new(),
        diagnostics: Diagnostics::new(),
        unreadable: None,
    };
    let bytes = match fs::metadata(path).and_then(|meta| {
        if meta.len() > MAX_FILE_BYTES {
            return Err(std::io::Error::other("the file is too long"));
        }
        fs::read(path)
    }) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.unreadable = Some(error.to_string());
            return is_named.then_some(report);
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        report.unreadable = Some("the file is not UTF-8 text".to_owned());
        return is_named.then_some(report);
    };
    let is_meant = has_extension(path) && mentions_policy(&text);
    if !is_named && !is_meant && !looks_like_policy(&text) {
        return None;
    }
    let text: Arc<str> = Arc::from(text);
    let source = report.sources.add(shown, Arc::clone(&text));
    let options = CheckOptions { is_xml: args.escaped };
    report.checked = Some(check(source, &text, &options, &mut report.diagnostics));
    Some(report)
}

/// Whether the name of a file says that it is a policy.
fn has_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    EXTENSIONS.contains(&extension.as_str())
}

/// Adds the files below `folder` in order of name; hidden ones and links are left out.
fn search(folder: &Path, found: &mut Vec<(PathBuf, bool)>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder)? {
        entries.push(entry?.path());
    }
    entries.sort();
    for path in entries {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if name.starts_with('.') || meta.is_symlink() {
            continue;
        }
        if meta.is_dir() {
            search(&path, found)?;
            continue;
        }
        if has_extension(&path) || meta.len() <= crate::policy::scan::MAX_DOCUMENT_BYTES as u64 {
            found.push((path, false));
        }
    }
    Ok(())
}

fn print_human(reports: &[Report], session: &Session) {
    let mut text = String::new();
    for report in reports {
        if let Some(why) = &report.unreadable {
            text.push_str(&format!("error: cannot read `{}`: {why}\n\n", report.path));
        }
        text.push_str(&render_human(&report.diagnostics, &report.sources, session.has_colour()));
    }
    let of = |verdict: Verdict| reports.iter().filter(|r| r.verdict() == verdict).count();
    let sum = Sums::of(reports);
    text.push_str(&format!(
        "{} documents: {} clean, {} with findings, {} unreadable; {} elements; {} expressions: \
         {} parsed, {} evaluable\n",
        reports.len(),
        of(Verdict::Clean),
        of(Verdict::Findings),
        of(Verdict::Unreadable),
        sum.elements,
        sum.expressions,
        sum.parsed,
        sum.evaluable,
    ));
    session.print(&text);
}

#[derive(Default)]
struct Sums {
    elements: usize,
    expressions: usize,
    parsed: usize,
    evaluable: usize,
}

impl Sums {
    fn of(reports: &[Report]) -> Self {
        let mut sums = Self::default();
        for checked in reports.iter().filter_map(|r| r.checked.as_ref()) {
            sums.elements += checked.elements;
            sums.expressions += checked.expressions.len();
            sums.parsed += checked.parsed();
            sums.evaluable += checked.evaluable();
        }
        sums
    }
}

fn to_json(reports: &[Report]) -> Json {
    let of = |verdict: Verdict| reports.iter().filter(|r| r.verdict() == verdict).count();
    let sum = Sums::of(reports);
    json!({
        "documents": reports.iter().map(Report::json).collect::<Vec<_>>(),
        "totals": {
            "documents": reports.len(),
            "clean": of(Verdict::Clean),
            "with_findings": of(Verdict::Findings),
            "unreadable": of(Verdict::Unreadable),
            "elements": sum.elements,
            "expressions": sum.expressions,
            "expressions_parsed": sum.parsed,
            "expressions_evaluable": sum.evaluable,
        },
    })
}
