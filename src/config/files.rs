//! How readers get at files: one trait, the disk, and files held in memory.
//!
//! Paths are text as the user wrote it, with `/` or the platform's separator. A path inside a scenario
//! file is relative to that file ([`beside`]).

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use thiserror::Error;

/// Largest file that is read at all, in bytes. Traces may be larger than configuration files.
pub const MAX_FILE_BYTES: u64 = 1 << 30;

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FileError {
    /// There is no such file.
    #[error("no such file")]
    NotFound,
    /// The path names a folder.
    #[error("it is a folder")]
    Folder,
    /// Longer than [`MAX_FILE_BYTES`].
    #[error("it is longer than 1 GiB")]
    TooLong,
    /// Anything else, in the words of the system.
    #[error("{0}")]
    Other(String),
}

/// Where bytes of files come from.
pub trait Files {
    /// The whole content of the file at `path`.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;
}

/// The file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiskFiles;

impl Files for DiskFiles {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let path = Path::new(path);
        if path.is_dir() {
            return Err(FileError::Folder);
        }
        let file = std::fs::File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => FileError::NotFound,
            _ => FileError::Other(error.to_string()),
        })?;
        // The length is a hint: what is no plain file has none.
        let length = file.metadata().map_or(0, |meta| meta.len().min(MAX_FILE_BYTES));
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).saturating_add(1));
        file.take(MAX_FILE_BYTES.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| FileError::Other(error.to_string()))?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > MAX_FILE_BYTES { Err(FileError::TooLong) } else { Ok(bytes) }
    }
}

/// Files held in memory, by path; other paths are asked of `behind`, if there is one.
#[derive(Default)]
pub struct MemoryFiles<'a> {
    files: BTreeMap<String, Vec<u8>>,
    behind: Option<&'a dyn Files>,
}

impl<'a> MemoryFiles<'a> {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// No files of its own before those of `behind`.
    pub fn over(behind: &'a dyn Files) -> Self {
        Self { files: BTreeMap::new(), behind: Some(behind) }
    }

    /// The same with one more file.
    #[must_use]
    pub fn with(mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }
}

impl std::fmt::Debug for MemoryFiles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.files.keys()).finish()
    }
}

impl Files for MemoryFiles<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match (self.files.get(path), self.behind) {
            (Some(bytes), _) => Ok(bytes.clone()),
            (None, Some(behind)) => behind.read(path),
            (None, None) => Err(FileError::NotFound),
        }
    }
}

/// The path to use for `named`, which is written in the file `base`: itself when absolute, else in the
/// folder of `base`. No normalising: messages show the path that was tried.
pub(crate) fn beside(base: &str, named: &str) -> String {
    if Path::new(named).is_absolute() {
        return named.to_owned();
    }
    match base.rfind(is_separator) {
        Some(at) => format!("{}{named}", base.get(..=at).unwrap_or_default()),
        None => named.to_owned(),
    }
}

/// The name a scenario has when it gives none: of its folder when the file is called `scenario.json`,
/// else of the file without its extension.
pub(crate) fn default_name(path: &str) -> String {
    let mut parts = path.rsplit(is_separator).filter(|part| !part.is_empty());
    let file = parts.next().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let folder = parts.next().filter(|part| *part != "." && *part != "..");
    match (stem, folder) {
        ("scenario", Some(folder)) => folder.to_owned(),
        ("", _) => "scenario".to_owned(),
        _ => stem.to_owned(),
    }
}

fn is_separator(c: char) -> bool {
    c == '/' || c == std::path::MAIN_SEPARATOR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_a_file_are_relative_to_it() {
        for (base, named, expected) in [
            ("scenario.json", "policy.xml", "policy.xml"),
            ("a/b/scenario.json", "policy.xml", "a/b/policy.xml"),
            ("a/scenario.json", "../c/p.xml", "a/../c/p.xml"),
            ("a/scenario.json", "/etc/p.xml", "/etc/p.xml"),
        ] {
            assert_eq!(beside(base, named), expected);
        }
    }

    #[test]
    fn scenarios_are_called_after_their_folder_or_file() {
        for (path, expected) in [
            ("scenarios/walkthrough/scenario.json", "walkthrough"),
            ("scenario.json", "scenario"),
            ("./scenario.json", "scenario"),
            ("x/burst.json", "burst"),
            ("burst.v2.jsonc", "burst.v2"),
            ("", "scenario"),
        ] {
            assert_eq!(default_name(path), expected, "{path}");
        }
    }

    #[test]
    fn memory_hides_what_is_behind_it() {
        let behind = MemoryFiles::new().with("a", "old").with("b", "b");
        let files = MemoryFiles::over(&behind).with("a", "new");
        assert_eq!(files.read("a"), Ok(b"new".to_vec()));
        assert_eq!(files.read("b"), Ok(b"b".to_vec()));
        assert_eq!(files.read("c"), Err(FileError::NotFound));
    }

    #[test]
    fn the_disk_tells_folders_from_missing_files() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let folder_path = folder.path().to_str().expect("utf-8").to_owned();
        assert_eq!(DiskFiles.read(&folder_path), Err(FileError::Folder));
        assert_eq!(DiskFiles.read(&format!("{folder_path}/none")), Err(FileError::NotFound));
        std::fs::write(folder.path().join("x"), "hi").expect("write");
        assert_eq!(DiskFiles.read(&format!("{folder_path}/x")), Ok(b"hi".to_vec()));
    }
}
