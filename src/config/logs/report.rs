//! What an import did: what was read, joined, left out, and assumed.

use serde::Serialize;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Its path.
    pub path: String,
    /// What it holds.
    pub kind: &'static str,
    /// In which form.
    pub form: &'static str,
    /// How many rows.
    pub rows: u64,
}

/// A number of rows or requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Which.
    pub what: &'static str,
    /// How many.
    pub count: u64,
}

/// Something that the logs do not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assumed {
    /// What is missing or open.
    pub missing: String,
    /// What is done about it.
    pub assumed: String,
    /// For how many of the kept requests.
    pub requests: u64,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LogReport {
    /// The files, in the order given.
    pub files: Vec<FileReport>,
    /// Rows of requests that were read.
    pub read: u64,
    /// Requests that were kept.
    pub kept: u64,
    /// Those that were not, by reason; reasons without any are not there.
    pub dropped: Vec<Counted>,
    /// What found its partner and what did not.
    pub joined: Vec<Counted>,
    /// What was assumed.
    pub assumed: Vec<Assumed>,
}

impl LogReport {
    /// Adds to the reasons, unless nothing was left out for it.
    pub(super) fn drop_for(&mut self, what: &'static str, count: u64) {
        if count > 0 {
            self.dropped.push(Counted { what, count });
        }
    }

    /// Adds to the joins; `always` also when there are none.
    pub(super) fn join(&mut self, what: &'static str, count: u64, always: bool) {
        if count > 0 || always {
            self.joined.push(Counted { what, count });
        }
    }

    /// Adds an assumption, unless it concerns nothing.
    pub(super) fn assume(&mut self, missing: &str, assumed: &str, requests: u64) {
        if requests > 0 {
            self.assumed.push(Assumed { missing: missing.to_owned(), assumed: assumed.to_owned(), requests });
        }
    }

    /// How many of a reason or join there were; 0 when it is not there.
    pub fn count(&self, what: &str) -> u64 {
        let all = self.dropped.iter().chain(&self.joined);
        all.filter(|counted| counted.what == what).map(|counted| counted.count).sum()
    }
}
