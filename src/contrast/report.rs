//! The result as data.

use serde::Serialize;

/// What two configurations do differently.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What the old configuration is called.
    pub old: String,
    /// What the new configuration is called.
    pub new: String,
    /// Classes of requests that were played on both.
    pub classes: usize,
    /// Those of them that differ.
    pub differing: usize,
    /// Differences that clients see, the worst first.
    pub differences: Vec<Difference>,
    /// Differences in what backends receive.
    pub sent: Vec<Difference>,
    /// Different shares of backends over many requests.
    pub shares: Vec<ShareChange>,
    /// What was edited, whether or not a class sees it.
    pub edits: Vec<Edit>,
    /// What else differs when an undocumented point is read in another way.
    pub readings: Vec<UnderReading>,
    /// What was played, and what was not.
    pub notes: Vec<String>,
}

/// Classes that differ alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is, in words, beginning with a small letter.
    pub title: String,
    /// How many classes differ like that.
    pub classes: usize,
    /// The smallest of them.
    pub witness: Witness,
    /// What else brings it about.
    pub also: Vec<String>,
}

/// One class, played on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// How the request comes in, beginning with `a`.
    pub request: String,
    /// What happens at backends.
    pub situation: String,
    /// What came of it on the old side.
    pub before: Course,
    /// What comes of it on the new side.
    pub now: Course,
}

/// What came of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Course {
    /// Names of the backends that were called, in order.
    pub backends: Vec<String>,
    /// What each of them did, for example `429` or `timeout`.
    pub answers: Vec<String>,
    /// Waits before retries, in milliseconds.
    pub waits_ms: Vec<u64>,
    /// The status that the client gets; `None`: no response.
    pub status: Option<u16>,
    /// Time from arrival to the response, in milliseconds.
    pub elapsed_ms: Option<u64>,
    /// The same in words, or the detail in question.
    pub text: String,
}

/// Shares that differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShareChange {
    /// How the requests come in.
    pub request: String,
    /// What happens at backends.
    pub situation: String,
    /// How many requests were played.
    pub requests: u32,
    /// Requests that each backend answered last, before and now.
    pub backends: Vec<(String, u32, u32)>,
    /// Requests that ended in an error, before and now.
    pub errors: (u32, u32),
}

/// Something that was edited.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edit {
    /// What, for example ``breaker of `eastus`: count``.
    pub what: String,
    /// As it was; `None`: it was not there.
    pub old: Option<String>,
    /// As it is; `None`: it is gone.
    pub new: Option<String>,
}

/// What changes when one undocumented point is read in another way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnderReading {
    /// The point.
    pub switch: &'static str,
    /// How it is read.
    pub reading: &'static str,
    /// Differences that are there only under this reading.
    pub more: Vec<Difference>,
    /// Titles of differences that are not there under this reading.
    pub gone: Vec<String>,
}

impl Report {
    /// Whether clients or backends can tell the two apart.
    pub fn is_visible(&self) -> bool {
        !self.differences.is_empty() || !self.sent.is_empty() || !self.shares.is_empty()
    }
}

impl std::fmt::Display for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "{}: {old} -> {new}", self.what),
            (None, Some(new)) => write!(f, "{}: new, {new}", self.what),
            (Some(old), None) => write!(f, "{}: gone, was {old}", self.what),
            (None, None) => f.write_str(&self.what),
        }
    }
}
