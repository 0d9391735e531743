//! From paths to the files of configurations: files that are named, folders that are searched, what scenarios name.
//!
//! Rules
//! - Everything that is named on one command line belongs together, except that each scenario found is a
//!   configuration of its own with what it names.
//! - In folders, files that are none of the forms are passed over; so are hidden ones, links, and folders of
//!   packages and builds. What is named is always read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{DiskFiles, FileError, Files, MemoryFiles, NamedFiles, named_files};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceId, SourceMap, Span};
use crate::resources::{Form, TextFile, detect};

/// Longest file of a configuration.
const MAX_BYTES: usize = 64 << 20;
/// Deepest nesting of folders that are searched.
const MAX_DEPTH: usize = 64;
/// Most files of one command.
const MAX_FILES: usize = 100_000;
/// Folders with files of others.
const FOREIGN: [&str; 4] = ["node_modules", "target", "bin", "obj"];

/// Files that belong together.
#[derive(Debug, Default)]
pub(crate) struct Configuration {
    /// The scenario that names them, as a path.
    pub scenario: Option<String>,
    /// In the order of the command line, those of a folder by name.
    pub files: Vec<TextFile>,
    /// What the scenario says of them.
    pub named: NamedFiles,
}

/// What was gathered.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// At least one, unless nothing was found.
    pub configurations: Vec<Configuration>,
    /// What could not be read.
    pub problems: Diagnostics,
}

/// Gathers the files of `paths`. Named files that are none of the forms are told, unless `skip_others`.
pub(crate) fn gather(paths: &[String], skip_others: bool, sources: &mut SourceMap) -> Gathered {
    let mut gathered = gather_with(paths, &BTreeMap::new(), sources);
    if skip_others {
        let mut kept = Diagnostics::new();
        for problem in gathered.problems.sorted().into_iter().filter(|problem| problem.code != "unknown-form")
        {
            kept.push(problem.clone());
        }
        gathered.problems = kept;
    }
    gathered
}

/// The same with some files as they are being edited, by path.
pub(crate) fn gather_with(
    paths: &[String],
    edited: &BTreeMap<String, Arc<str>>,
    sources: &mut SourceMap,
) -> Gathered {
    let mut files = MemoryFiles::over(&DiskFiles);
    for (path, text) in edited {
        files = files.with(path.clone(), text.as_bytes());
    }
    let mut search =
        Search { files: &files, sources, found: Gathered::default(), loose: Configuration::default() };
    let mut seen = BTreeSet::new();
    for path in paths {
        let given = Path::new(path);
        if given.is_dir() {
            let mut below = Vec::new();
            search.folder(given, 0, &mut below);
            for file in below.iter().filter(|file| seen.insert((*file).clone())) {
                search.file(&shown(file), false);
            }
        } else if seen.insert(given.to_owned()) {
            search.file(path, true);
        }
    }
    let Search { mut found, mut loose, .. } = search;
    // What a scenario names is looked at with it.
    let named: BTreeSet<SourceId> =
        found.configurations.iter().flat_map(|c| c.files.iter().map(|file| file.source)).collect();
    loose.files.retain(|file| !named.contains(&file.source));
    if !loose.files.is_empty() {
        found.configurations.insert(0, loose);
    }
    found
}

struct Search<'s> {
    files: &'s dyn Files,
    sources: &'s mut SourceMap,
    found: Gathered,
    loose: Configuration,
}

impl Search<'_> {
    fn problem(&mut self, code: &'static str, span: Option<Span>, message: String, help: &str) {
        self.found.problems.push(Diagnostic::error(code, span, message).help(help));
    }

    /// What cannot be read at all: its path is the place, at the beginning of a text that is not there.
    fn unreadable(&mut self, path: &str, message: String, is_missing: bool) {
        let source = self.sources.add(path, "");
        let (code, help) = if is_missing {
            ("missing-file", "name a file or folder that is there")
        } else {
            ("unreadable-file", "check its permissions and links, and those of the folders around it")
        };
        self.problem(code, Some(Span::new(source, 0, 0)), message, help);
    }

    /// The files below `folder` in order of name.
    fn folder(&mut self, folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
        if depth > MAX_DEPTH {
            let message = format!("`{}` is nested too deeply", folder.display());
            return self.problem("folder-too-deep", None, message, "name the folder that is meant");
        }
        let read = std::fs::read_dir(folder).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        });
        let mut entries = match read {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("cannot read the folder `{}`: {error}", folder.display());
                return self.unreadable(&shown(folder), message, false);
            }
        };
        entries.sort();
        for path in entries {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name.starts_with('.') {
                continue;
            }
            let meta = match std::fs::symlink_metadata(&path) {
                Ok(meta) if meta.is_symlink() => continue,
                Ok(meta) => meta,
                // Somebody has removed it meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => {
                    let message = format!("cannot read `{}`: {error}", path.display());
                    self.unreadable(&shown(&path), message, false);
                    continue;
                }
            };
            if meta.is_dir() {
                if !FOREIGN.contains(&name.as_str()) {
                    self.folder(&path, depth.saturating_add(1), found);
                }
            } else if found.len() >= MAX_FILES {
                let message = format!("more than {MAX_FILES} files in `{}`", folder.display());
                return self.problem("too-many-files", None, message, "name the folder that is meant");
            } else if may_be_one(&name) {
                found.push(path);
            }
        }
    }

    fn file(&mut self, path: &str, is_named: bool) {
        let Some((text, form)) = self.text(path, is_named) else { return };
        let source = self.sources.add(path, Arc::clone(&text));
        if form == Form::Scenario {
            return self.scenario(path, source, &text);
        }
        self.loose.files.push(TextFile { path: Arc::from(path), source, text, form });
    }

    /// The text and form of a file. `None` when it is passed over or cannot be used, which is then told.
    fn text(&mut self, path: &str, is_named: bool) -> Option<(Arc<str>, Form)> {
        let bytes = match self.files.read(path) {
            Ok(bytes) if bytes.len() <= MAX_BYTES => bytes,
            Ok(_) => {
                let source = self.sources.add(path, "");
                let message = format!("`{path}` is longer than 64 MiB");
                let span = Some(Span::new(source, 0, 0));
                self.problem("file-too-long", span, message, "name the files of the configuration only");
                return None;
            }
            Err(error) => {
                let message = format!("cannot read `{path}`: {error}");
                self.unreadable(path, message, error == FileError::NotFound);
                return None;
            }
        };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                if is_named {
                    let at = error.utf8_error().valid_up_to();
                    let valid = error.as_bytes().get(..at).unwrap_or_default();
                    let source = self.sources.add(path, String::from_utf8_lossy(valid).into_owned());
                    let span = Some(Span::new(source, at, at));
                    let message = format!("`{path}` is not UTF-8 text");
                    self.problem("not-utf8", span, message, "save the file as UTF-8");
                }
                return None;
            }
        };
        let text: Arc<str> = Arc::from(text.strip_prefix('\u{feff}').unwrap_or(&text));
        let form = detect(path, &text).or_else(|| is_named.then(|| guessed(path)).flatten());
        if form.is_none() && is_named {
            let source = self.sources.add(path, Arc::clone(&text));
            let message = format!("`{path}` is no file of a configuration");
            let help =
                "name policies (XML), backends (Bicep, Terraform, ARM JSON), scenarios, or folders of them";
            self.problem("unknown-form", Some(Span::new(source, 0, 0)), message, help);
        }
        Some((text, form?))
    }

    /// A scenario with the files that it names.
    fn scenario(&mut self, path: &str, source: SourceId, text: &str) {
        // What is wrong with the scenario itself is told when it is loaded.
        let named = named_files(path, source, text).unwrap_or_default();
        let mut configuration = Configuration { scenario: Some(path.to_owned()), ..Default::default() };
        let policies = named.policies.iter().map(|(_, path)| (path, Form::Policy));
        let fragments = named.fragments.iter().map(|(_, path)| (path, Form::Policy));
        let resources = named.resources.iter().map(|path| (path, Form::Plain));
        for (path, fallback) in policies.chain(fragments).chain(resources) {
            // A missing file is told with its place when the scenario is loaded.
            let Ok(bytes) = self.files.read(path) else { continue };
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let text: Arc<str> = Arc::from(text.strip_prefix('\u{feff}').unwrap_or(&text));
            let source = self.sources.add(path.as_str(), Arc::clone(&text));
            let form =
                if fallback == Form::Policy { fallback } else { detect(path, &text).unwrap_or(fallback) };
            configuration.files.push(TextFile { path: Arc::from(path.as_str()), source, text, form });
        }
        configuration.named = named;
        self.found.configurations.push(configuration);
    }
}

/// What a file must be whose text does not tell.
fn guessed(path: &str) -> Option<Form> {
    let extension = Path::new(path).extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "xml" | "policy" | "rawxml" | "cshtml" => Some(Form::Policy),
        "json" | "jsonc" => Some(Form::Plain),
        _ => None,
    }
}

/// Whether a file of a folder is worth reading, by its name.
fn may_be_one(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    [".xml", ".policy", ".rawxml", ".cshtml", ".json", ".jsonc", ".bicep", ".bicepparam", ".tf", ".tfvars"]
        .into_iter()
        .any(|ending| lower.ends_with(ending))
        && !matches!(lower.as_str(), "package.json" | "package-lock.json" | "tsconfig.json")
}

/// The path with `/`, without `./` in front.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn paths(gathered: &Gathered, root: &Path) -> Vec<Vec<String>> {
        let below = |path: &str| Path::new(path).strip_prefix(root).unwrap().to_string_lossy().into_owned();
        let files = |c: &Configuration| c.files.iter().map(|file| below(&file.path)).collect();
        gathered.configurations.iter().map(files).collect()
    }

    #[test]
    fn folders_are_searched_and_scenarios_stand_alone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("s/node_modules")).unwrap();
        for (name, text) in [
            ("b.bicep", ""),
            ("a.xml", "<policies/>"),
            ("note.xml", "<project/>"),
            ("package.json", "{\"properties\": 1}"),
            ("s/scenario.json", "{\"formatVersion\": 1, \"traffic\": 1, \"policy\": \"p.xml\"}"),
            ("s/p.xml", "<policies/>"),
            ("s/node_modules/x.xml", "<policies/>"),
            (".hidden.xml", "<policies/>"),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        let mut sources = SourceMap::new();
        let gathered = gather(&[root.to_string_lossy().into_owned()], false, &mut sources);
        assert!(gathered.problems.is_empty(), "{:?}", gathered.problems);
        assert_eq!(paths(&gathered, root), [vec!["a.xml", "b.bicep"], vec!["s/p.xml"]]);
    }

    #[test]
    fn what_is_named_and_cannot_be_used_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        fs::write(at("x.txt"), "words").unwrap();
        fs::write(at("l.xml"), b"<policies>\xff</policies>").unwrap();
        fs::write(at("broken.xml"), "<polic").unwrap();
        let paths = ["x.txt", "l.xml", "gone.xml", "broken.xml"].map(at);
        let mut sources = SourceMap::new();
        let gathered = gather(&paths, false, &mut sources);
        let places =
            gathered.problems.sorted().into_iter().map(|p| sources.name(p.span.unwrap().source).to_owned());
        assert_eq!(places.collect::<Vec<_>>(), ["x.txt", "l.xml", "gone.xml"].map(at));
        let codes: Vec<_> = gathered.problems.sorted().iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["unknown-form", "not-utf8", "missing-file"]);
        // Broken or not, it is meant to be a policy: its reader says what is wrong.
        assert_eq!(gathered.configurations[0].files.len(), 1);
    }
}
