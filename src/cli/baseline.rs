//! Baselines: findings that were there before, in a file, so that only new ones are told.
//!
//! A finding is known by its fingerprint, which does not move with lines. One that occurs several times is listed as
//! often.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::output::write_whole;
use super::session::{Session, Stop};
use crate::config::{DiskFiles, Files as _};
use crate::rules::{Told, show::fingerprints};

/// The only version so far.
const FORMAT_VERSION: u32 = 1;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Baseline {
    format_version: u32,
    findings: Vec<Known>,
}

/// For people who read the file: only the fingerprint is compared.
#[derive(Deserialize, Serialize)]
struct Known {
    fingerprint: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    message: String,
}

/// Writes what is found now.
pub(crate) fn write(path: &Path, told: &[Told], session: &Session) -> Result<(), Stop> {
    let prints = fingerprints(told, &session.sources);
    let open = told.iter().zip(prints).filter(|(told, _)| told.suppressed.is_none());
    let findings: Vec<Known> = open
        .map(|(told, (fingerprint, file))| Known {
            fingerprint,
            code: told.code().to_owned(),
            file,
            message: told.diagnostic.message.clone(),
        })
        .collect();
    let count = findings.len();
    let text = serde_json::to_string_pretty(&Baseline { format_version: FORMAT_VERSION, findings })
        .map_err(|error| session.internal(&error.to_string()))?;
    write_whole(path, (text + "\n").as_bytes()).map_err(|error| session.usage(&error.to_string()))?;
    session.print(&format!("{count} findings written to {}\n", path.display()));
    Ok(())
}

/// What the baseline does not list. That entries of it are found no more is told.
pub(crate) fn without_known(path: &Path, told: Vec<Told>, session: &Session) -> Result<Vec<Told>, Stop> {
    let unusable = |why: &str| session.usage(&format!("cannot use the baseline `{}`: {why}", path.display()));
    let bytes = DiskFiles.read(&path.to_string_lossy()).map_err(|error| unusable(&error.to_string()))?;
    let baseline: Baseline = serde_json::from_slice(&bytes).map_err(|error| unusable(&error.to_string()))?;
    if baseline.format_version != FORMAT_VERSION {
        return Err(unusable("it is of another version: write it again with `--write-baseline`"));
    }
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for entry in baseline.findings {
        let times = known.entry(entry.fingerprint).or_default();
        *times = times.saturating_add(1);
    }
    let prints = fingerprints(&told, &session.sources);
    let mut kept = Vec::new();
    for (one, (print, _)) in told.into_iter().zip(prints) {
        match known.get_mut(&print).filter(|times| **times > 0) {
            Some(times) => *times = times.saturating_sub(1),
            None => kept.push(one),
        }
    }
    let gone: usize = known.values().sum();
    if gone > 0 {
        session.remark(&format!("{gone} findings of the baseline are no longer there: write it again\n"));
    }
    Ok(kept)
}
