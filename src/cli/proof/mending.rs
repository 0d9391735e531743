//! Known fixes for what does not hold: those of `validate`, each tried by proving the mended configuration.
//!
//! Rule: a fix is only told if the property holds with it within the same bounds.

use std::collections::BTreeMap;

use super::super::analysis::analyse_all;
use super::super::configurations::{Wanted, mended};
use super::super::gather::gather;
use crate::diagnostics::SourceMap;
use crate::rules::{Told, apply};
use crate::verify::{Property, Report, Setup, Task, Verdict, verify};

/// Fixes that are tried at most: each is an exploration.
const MOST: usize = 6;

/// For each property that does not hold, a fix that makes it hold, in words.
pub(crate) fn mending(
    wanted: &Wanted<'_>,
    report: &Report,
    task: &Task,
    setup: &dyn Fn(&super::super::configurations::Playable) -> Setup,
) -> BTreeMap<Property, String> {
    let mut open: Vec<Property> = report
        .properties
        .iter()
        .filter(|checked| matches!(checked.verdict, Verdict::Violated { .. }))
        .map(|checked| checked.property)
        .collect();
    let mut found = BTreeMap::new();
    if open.is_empty() {
        return found;
    }
    let mut sources = SourceMap::new();
    let gathered = gather(wanted.paths, false, &mut sources);
    let told: Vec<Told> = analyse_all(&gathered, &mut sources, None).told;
    for one in told.iter().filter(|told| told.fix.is_some() && told.suppressed.is_none()).take(MOST) {
        let texts = apply(std::slice::from_ref(one), &sources, true);
        let texts = texts.into_iter().map(|(source, text)| (sources.name(source).to_owned(), text));
        let Some(playable) = mended(wanted, texts.collect()) else { continue };
        let task = Task { only: open.clone(), readings: None, ..task.clone() };
        let again = verify(&setup(&playable), &task, &mut |_| {});
        for checked in again.properties.iter().filter(|checked| checked.verdict == Verdict::Holds) {
            let safe = one.fix.as_ref().is_some_and(|fix| fix.is_safe);
            let how = if safe { "--fix" } else { "--unsafe-fixes" };
            let what = one.fix.as_ref().map_or("", |fix| fix.what.as_str());
            found.insert(
                checked.property,
                format!(
                    "holds, within the same bounds, with the fix of {}: {what} (`poolproof validate {how} --select {}`)",
                    one.code(),
                    one.code()
                ),
            );
            open.retain(|property| *property != checked.property);
        }
        if open.is_empty() {
            break;
        }
    }
    found
}
