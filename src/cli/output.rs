//! Output folders: written whole or not at all.
//!
//! Files are first written into a folder beside the target (`<target>.partial`) and moved one by one when
//! everything is there. Output files of an earlier run that this one does not write are removed; files
//! that are not ours are left alone. A run that fails leaves nothing behind.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Every file name that this program writes into an output folder.
pub(crate) const OUTPUT_FILES: [&str; 17] = [
    "requests.csv",
    "timeline.csv",
    "trips.csv",
    "summary.json",
    "summary.csv",
    "readings.json",
    "replications.csv",
    "intervals.csv",
    "response_time.svg",
    "response_time.png",
    "traffic_share.svg",
    "traffic_share.png",
    "breakers.svg",
    "breakers.png",
    "comparison.svg",
    "comparison.png",
    "comparison.csv",
];

/// A file could not be written or read.
#[derive(Debug, Error)]
#[error("{}: {reason}", path.display())]
pub(crate) struct OutputError {
    /// Which file.
    pub path: PathBuf,
    /// Why, in the words of the system or of the table format.
    pub reason: String,
}

impl OutputError {
    /// `reason` about `path`.
    pub(crate) fn new(path: impl Into<PathBuf>, reason: impl std::fmt::Display) -> Self {
        Self { path: path.into(), reason: reason.to_string() }
    }
}

/// Writes a file whole or not at all: beside its place first, then moved there.
///
/// # Errors
/// It cannot be written; what was there before still is.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let Some(name) = path.file_name() else {
        return Err(OutputError::new(path, "this is no name of a file"));
    };
    let mut partial = name.to_os_string();
    partial.push(".partial");
    let partial = path.with_file_name(partial);
    let written = fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path));
    written.map_err(|error| {
        // It is named `.partial`, and replaced next time, if it cannot be removed either.
        drop(fs::remove_file(&partial));
        OutputError::new(path, error)
    })
}

/// Writes files into the folder `out`, all of them or none. Files that are there with the same content stay; others
/// are written over only if `is_forced`.
///
/// # Errors
/// What is in the way, or could not be written; everything is as it was before.
pub(crate) fn write_files(out: &Path, files: &[(String, Vec<u8>)], is_forced: bool) -> Result<(), String> {
    let mut new: Vec<(PathBuf, &[u8])> = Vec::new();
    let mut in_the_way = Vec::new();
    for (name, bytes) in files {
        let path = out.join(name);
        match fs::read(&path) {
            Ok(old) if old == *bytes => continue,
            Ok(_) if !is_forced => in_the_way.push(path.clone()),
            Err(_) if path.exists() => in_the_way.push(path.clone()),
            Ok(_) | Err(_) => {}
        }
        new.push((path, bytes));
    }
    if let Some((first, more)) = in_the_way.split_first() {
        let others = match more.len() {
            0 => String::new(),
            1 => " (and one more)".to_owned(),
            count => format!(" (and {count} more)"),
        };
        let first = first.display();
        return Err(format!("`{first}`{others} exists already and differs: choose another folder"));
    }
    let mut undo = Undo::default();
    for (path, bytes) in &new {
        let result = undo.stage(path, bytes);
        result.map_err(|error| OutputError::new(path, error).to_string())?;
    }
    for (path, _) in &new {
        let result = undo.place(path);
        result.map_err(|error| OutputError::new(path, error).to_string())?;
    }
    undo.is_done = true;
    Ok(())
}

/// What has to go when not all files could be written.
#[derive(Debug, Default)]
struct Undo {
    /// Folders that were made, outermost first.
    folders: Vec<PathBuf>,
    /// Files beside their places.
    staged: Vec<PathBuf>,
    /// Files in places where there was none.
    placed: Vec<PathBuf>,
    is_done: bool,
}

impl Undo {
    /// Writes a file beside its place.
    fn stage(&mut self, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(path);
        let missing = folder.ancestors().take_while(|p| !p.as_os_str().is_empty() && !p.exists());
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        missing.reverse();
        for folder in missing {
            fs::create_dir(&folder)?;
            self.folders.push(folder);
        }
        let partial = beside(path);
        self.staged.push(partial.clone());
        fs::write(partial, bytes)
    }

    /// Moves a file to its place.
    fn place(&mut self, path: &Path) -> std::io::Result<()> {
        let is_new = !path.exists();
        fs::rename(beside(path), path)?;
        if is_new {
            self.placed.push(path.to_owned());
        }
        Ok(())
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    path.with_file_name(name)
}

impl Drop for Undo {
    fn drop(&mut self) {
        if self.is_done {
            return;
        }
        // It has failed already: what cannot be removed is named `.partial`.
        for path in self.staged.iter().chain(&self.placed) {
            drop(fs::remove_file(path));
        }
        for folder in self.folders.iter().rev() {
            drop(fs::remove_dir(folder));
        }
    }
}

/// An output folder in the making.
#[derive(Debug)]
pub(crate) struct Staging {
    target: PathBuf,
    partial: PathBuf,
    is_committed: bool,
    /// Folders made on the way that did not exist before, outermost first.
    made: Vec<PathBuf>,
}

impl Staging {
    /// Begins to write what will be the folder `target`.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub(crate) fn new(target: impl Into<PathBuf>) -> Result<Self, OutputError> {
        let target = target.into();
        let mut name = target.file_name().map_or_else(|| "output".into(), std::ffi::OsStr::to_os_string);
        name.push(".partial");
        let partial = target.with_file_name(name);
        let mut made: Vec<PathBuf> = partial
            .ancestors()
            .skip(1)
            .take_while(|p| !p.as_os_str().is_empty() && !p.exists())
            .map(Into::into)
            .collect();
        made.reverse();
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(|e| OutputError::new(&partial, e))?;
        }
        fs::create_dir_all(&partial).map_err(|e| OutputError::new(&partial, e))?;
        Ok(Self { target, partial, is_committed: false, made })
    }

    /// The path of a file of this folder while it is in the making.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.partial.join(name)
    }

    /// A new file.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn create(&self, name: &str) -> Result<BufWriter<File>, OutputError> {
        let path = self.path(name);
        let file = File::create(&path).map_err(|e| OutputError::new(&path, e))?;
        Ok(BufWriter::with_capacity(256 * 1024, file))
    }

    /// A whole file.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), OutputError> {
        let mut file = self.create(name)?;
        let result = file.write_all(bytes).and_then(|()| file.flush());
        result.map_err(|e| OutputError::new(self.path(name), e))
    }

    /// Moves everything to the target; output files of an earlier run that are not among it go.
    ///
    /// # Errors
    /// A file cannot be moved; those before it are in place.
    pub(crate) fn commit(self) -> Result<(), OutputError> {
        self.move_all(true)
    }

    /// Moves everything to the target, beside what a run has written there.
    ///
    /// # Errors
    /// A file cannot be moved; those before it are in place.
    pub(crate) fn commit_beside(self) -> Result<(), OutputError> {
        self.move_all(false)
    }

    fn move_all(mut self, replaces_run: bool) -> Result<(), OutputError> {
        fs::create_dir_all(&self.target).map_err(|e| OutputError::new(&self.target, e))?;
        for name in OUTPUT_FILES {
            let from = self.partial.join(name);
            let to = self.target.join(name);
            if from.exists() {
                fs::rename(&from, &to).map_err(|e| OutputError::new(&to, e))?;
            } else if replaces_run && to.exists() {
                fs::remove_file(&to).map_err(|e| OutputError::new(&to, e))?;
            }
        }
        fs::remove_dir(&self.partial).map_err(|e| OutputError::new(&self.partial, e))?;
        self.is_committed = true;
        Ok(())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.is_committed {
            return;
        }
        // The run has failed already: what cannot be removed is named `.partial` and replaced next time.
        drop(fs::remove_dir_all(&self.partial));
        for path in self.made.iter().rev() {
            drop(fs::remove_dir(path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_written_together_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let files = |b: &str| {
            let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
            vec![file("a/x.txt", "x"), file("b.txt", b)]
        };
        let out = root.path().join("deep/out");
        write_files(&out, &files("1"), false).unwrap();
        write_files(&out, &files("1"), false).unwrap();
        assert_eq!(names(&out), ["a", "b.txt"]);
        let refused = write_files(&out, &files("2"), false).unwrap_err();
        assert!(refused.contains("b.txt` exists already and differs"), "{refused}");
        write_files(&out, &files("2"), true).unwrap();
        assert_eq!(fs::read(out.join("b.txt")).unwrap(), b"2");
        // A folder in the place of a file is in the way whatever is asked for.
        let other = root.path().join("other");
        fs::create_dir_all(other.join("b.txt")).unwrap();
        assert!(write_files(&other, &files("3"), true).is_err());
        assert_eq!(names(&other), ["b.txt"]);
        // A file where a folder has to be is found while writing.
        let third = root.path().join("third");
        fs::create_dir(&third).unwrap();
        fs::write(third.join("a"), "mine").unwrap();
        let mut turned = files("4");
        turned.reverse();
        assert!(write_files(&third, &turned, true).is_err());
        assert_eq!(names(&third), ["a"]);
        assert!(write_files(&root.path().join("third/a/b"), &files("4"), true).is_err());
        assert_eq!(fs::read(third.join("a")).unwrap(), b"mine");
    }

    #[test]
    fn a_failed_run_leaves_nothing_and_a_good_one_everything() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("scenario/base");
        {
            let staging = Staging::new(&target).unwrap();
            staging.write("summary.json", b"{}").unwrap();
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);

        let staging = Staging::new(&target).unwrap();
        staging.write("summary.json", b"{}").unwrap();
        staging.write("requests.csv", b"a").unwrap();
        staging.commit().unwrap();
        fs::write(target.join("notes.txt"), "mine").unwrap();

        let staging = Staging::new(&target).unwrap();
        staging.write("summary.json", b"{ }").unwrap();
        staging.commit().unwrap();
        let mut names: Vec<_> =
            fs::read_dir(&target).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["notes.txt", "summary.json"]);
        assert_eq!(fs::read(target.join("summary.json")).unwrap(), b"{ }");
    }
}
