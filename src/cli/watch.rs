//! `--watch`: a command again and again, whenever a file changes.
//!
//! Watched are the folders of everything that the command line names, with those below them; results of runs and
//! files that no command reads are passed over. Each round is a process of its own, so that it cannot differ from
//! a run without `--watch`.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, RecursiveMode, Watcher, recommended_watcher};

use super::exit_code::Exit;
use super::session::{Session, Stop};

/// How long a change may take to be complete: editors write a file in several steps.
const SETTLING: Duration = Duration::from_millis(20);
/// Folders that commands write to.
const WRITTEN: [&str; 3] = ["output", "target", "node_modules"];

/// Carries out the command line without `--watch`, and again after every change. Ends only when it cannot go on.
pub(crate) fn watch(session: &Session) -> Result<(), Stop> {
    let program = std::env::current_exe().map_err(|error| session.usage(&error.to_string()))?;
    let arguments: Vec<OsString> = std::env::args_os().skip(1).filter(|arg| arg != "--watch").collect();
    let folders = folders(&arguments);
    if folders.is_empty() {
        return Err(session.usage("there is nothing to watch: name a file or a folder"));
    }
    let (sender, changes) = channel();
    let mut watcher = recommended_watcher(move |event| {
        // Nobody listens any more when the command has ended.
        drop(sender.send(event));
    })
    .map_err(|error| session.usage(&error.to_string()))?;
    for folder in &folders {
        watcher
            .watch(folder, RecursiveMode::Recursive)
            .map_err(|error| session.usage(&format!("`{}`: {error}", folder.display())))?;
    }
    loop {
        let status = Command::new(&program).args(&arguments).status();
        let status = status.map_err(|error| session.usage(&error.to_string()))?;
        let code = status.code().map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        session.remark(&format!("-- ended with {code}; waiting for a change\n"));
        if !wait(&changes) {
            return Err(Stop(Exit::Internal));
        }
    }
}

/// Waits until a file that matters has changed and the change is complete. `false` when no change can come.
fn wait(changes: &Receiver<notify::Result<Event>>) -> bool {
    loop {
        match changes.recv() {
            Ok(Ok(event)) if matters(&event) => break,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    loop {
        match changes.recv_timeout(SETTLING) {
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => return true,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
}

fn matters(event: &Event) -> bool {
    !event.kind.is_access() && event.paths.iter().any(|path| is_input(path))
}

/// Whether commands read files like this one, and none writes it.
fn is_input(path: &Path) -> bool {
    let is_written = path.components().any(|part| {
        let name = part.as_os_str().to_string_lossy();
        WRITTEN.contains(&&*name) || (name.starts_with('.') && name.len() > 2)
    });
    let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let is_read = matches!(
        extension.as_str(),
        "xml"
            | "policy"
            | "rawxml"
            | "cshtml"
            | "json"
            | "jsonc"
            | "jsonl"
            | "bicep"
            | "bicepparam"
            | "tf"
            | "tfvars"
            | "csv"
            | "gz"
    );
    is_read && !is_written
}

/// The folders of everything that is named, none inside of another.
fn folders(arguments: &[OsString]) -> Vec<PathBuf> {
    let mut all = BTreeSet::new();
    for argument in arguments {
        let path = Path::new(argument);
        let folder = if path.is_dir() {
            Some(path)
        } else if path.is_file() {
            path.parent()
        } else {
            None
        };
        let Some(folder) = folder else { continue };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        all.extend(folder.canonicalize());
    }
    let mut outermost: Vec<PathBuf> = Vec::new();
    for folder in all {
        if !outermost.iter().any(|outer| folder.starts_with(outer)) {
            outermost.push(folder);
        }
    }
    outermost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_other_files_are_passed_over() {
        for (path, expected) in [
            ("/a/scenario.json", true),
            ("/a/policies/Policy.XML", true),
            ("/a/main.bicep", true),
            ("/a/output/x/summary.json", false),
            ("/a/.git/index.json", false),
            ("/a/notes.md", false),
        ] {
            assert_eq!(is_input(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn folders_within_others_are_watched_with_them() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join("x.json"), "{}").unwrap();
        let args = [inner.join("x.json").into_os_string(), folder.path().into(), "--format".into()];
        assert_eq!(folders(&args), [folder.path().canonicalize().unwrap()]);
    }
}
