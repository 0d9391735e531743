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
