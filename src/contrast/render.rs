//! A report as text for a terminal, and as Markdown.

use super::groups::USUAL;
use super::report::{Difference, Report, ShareChange};
use crate::wording::{capital, count, list, outside_code, wrapped};

/// Columns of the text for a terminal.
const WIDTH: usize = 80;
/// Differences that are told one by one.
const MOST: usize = 20;

const SEEN: &str = "What clients see";
const SENT: &str = "What backends receive";
const SHARES: &str = "Shares of backends over many requests";
const EDITED: &str = "What was edited";
const READINGS: &str = "Under other readings of what is not documented";
const PLAYED: &str = "What was played";

/// For a terminal: wrapped, lists indented.
pub fn human(report: &Report) -> String {
    let mut text = wrapped(&verdict(report), "", "", WIDTH);
    let heading = |text: &mut String, title: &str| {
        text.push_str(&format!("\n{title}\n{}\n", "-".repeat(title.chars().count())));
    };
    for (title, all) in [(SEEN, &report.differences), (SENT, &report.sent)] {
        if all.is_empty() {
            continue;
        }
        heading(&mut text, title);
        for (at, difference) in all.iter().take(MOST).enumerate() {
            entry(&mut text, difference, &format!("{}. ", at.saturating_add(1)));
        }
        rest(&mut text, all.len());
    }
    if !report.shares.is_empty() {
        heading(&mut text, SHARES);
        for change in &report.shares {
            text.push_str(&wrapped(&shares(change), "  - ", "    ", WIDTH));
        }
    }
    if !report.edits.is_empty() {
        heading(&mut text, EDITED);
        for edit in &report.edits {
            text.push_str(&wrapped(&edit.to_string(), "  - ", "    ", WIDTH));
        }
    }
    if !report.readings.is_empty() {
        heading(&mut text, READINGS);
        for under in &report.readings {
            let point = format!("`{}` = `{}`", under.switch, under.reading);
            for difference in &under.more {
                entry(&mut text, difference, &format!("{point}: "));
            }
            if !under.gone.is_empty() {
                text.push_str(&wrapped(&format!("{point}: {}", gone(&under.gone)), "", "   ", WIDTH));
            }
        }
    }
    heading(&mut text, PLAYED);
    for note in &report.notes {
        text.push_str(&wrapped(note, "  - ", "    ", WIDTH));
    }
    text
}

/// The report in a sentence or two.
fn verdict(report: &Report) -> String {
    let pair = format!("`{}` and `{}`", report.old, report.new);
    let played = count(report.classes, "class of requests was played", "classes of requests were played");
    if report.edits.is_empty() && !report.is_visible() {
        return format!("{pair} are the same: {played}, and nothing was edited that the gateway looks at.");
    }
    if !report.is_visible() {
        let edits = count(report.edits.len(), "edit", "edits");
        return format!("{pair}: {edits}, but no client sees a difference: {played}, and none differs.");
    }
    let mut parts = Vec::new();
    if !report.differences.is_empty() {
        parts.push(count(
            report.differences.len(),
            "difference that clients see",
            "differences that clients see",
        ));
    }
    if !report.sent.is_empty() {
        parts.push(format!("{} in what backends receive", report.sent.len()));
    }
    if !report.shares.is_empty() {
        parts.push(format!("{} in the shares of backends", report.shares.len()));
    }
    format!("{pair}: {}. {played}, {} of them differ.", list(&parts, "and"), report.differing)
}

fn entry(text: &mut String, difference: &Difference, mark: &str) {
    let indent = "   ";
    let classes = count(difference.classes, "class", "classes");
    text.push_str(&wrapped(&format!("{} ({classes})", capital(&difference.title)), mark, indent, WIDTH));
    let witness = &difference.witness;
    let when = when(&witness.request, &witness.situation);
    for (label, what) in [("when", &when), ("before", &witness.before.text), ("now", &witness.now.text)] {
        text.push_str(&wrapped(what, &format!("{indent}{label:<8}"), &" ".repeat(11), WIDTH));
    }
    if !difference.also.is_empty() {
        let also = list(&difference.also, "and");
        text.push_str(&wrapped(&also, &format!("{indent}{:<8}", "also"), &" ".repeat(11), WIDTH));
    }
}

/// A class in words; that a request is a usual one goes without saying.
fn when(request: &str, situation: &str) -> String {
    if request == USUAL { capital(situation) } else { capital(&format!("{request}; {situation}")) }
}

/// What is not so under another reading.
fn gone(titles: &[String]) -> String {
    format!("it is not so that {}", titles.join(", or that "))
}

fn rest(text: &mut String, all: usize) {
    if all > MOST {
        let more = count(all.saturating_sub(MOST), "difference more", "differences more");
        text.push_str(&format!("   {more}: `--format json` has all\n"));
    }
}

fn shares(change: &ShareChange) -> String {
    let backend = |(name, old, new): &(String, u32, u32)| format!("`{name}` answers {old}, now {new}");
    let mut parts: Vec<String> = change.backends.iter().map(backend).collect();
    if change.errors.0 != change.errors.1 {
        parts.push(format!("{} end in an error, now {}", change.errors.0, change.errors.1));
    }
    let requests = match change.request.strip_prefix("a request ") {
        Some(way) => format!("{} requests {way}", change.requests),
        None => format!("{} requests", change.requests),
    };
    format!("Of {requests}, while {}: {}", change.situation, parts.join("; "))
}

/// As Markdown, for a pull request or a wiki.
pub fn markdown(report: &Report) -> String {
    let mut text = format!("{}\n", outside_code(&verdict(report)));
    for (title, all) in [(SEEN, &report.differences), (SENT, &report.sent)] {
        if all.is_empty() {
            continue;
        }
        text.push_str(&format!(
            "\n## {title}\n\n| Difference | When | Before | Now | Classes |\n|---|---|---|---|---:|\n"
        ));
        for difference in all {
            let witness = &difference.witness;
            let mut when = when(&witness.request, &witness.situation);
            if !difference.also.is_empty() {
                when.push_str(&format!(" (also: {})", list(&difference.also, "and")));
            }
            let cells = [
                capital(&difference.title),
                when,
                witness.before.text.clone(),
                witness.now.text.clone(),
                difference.classes.to_string(),
            ];
            let cells: Vec<String> =
                cells.iter().map(|cell| outside_code(cell).replace('|', "\\|")).collect();
            text.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
    let mut bullets = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(&format!("\n## {title}\n\n"));
            for line in lines {
                text.push_str(&format!("- {}\n", outside_code(&line)));
            }
        }
    };
    bullets(SHARES, report.shares.iter().map(shares).collect());
    bullets(EDITED, report.edits.iter().map(ToString::to_string).collect());
    let readings = report.readings.iter().flat_map(|under| {
        let point = format!("`{}` = `{}`", under.switch, under.reading);
        let more = under.more.iter().map(|difference| {
            let witness = &difference.witness;
            format!("{}: before {}, now {}", difference.title, witness.before.text, witness.now.text)
        });
        let gone = (!under.gone.is_empty()).then(|| gone(&under.gone));
        more.chain(gone).map(move |line| format!("{point}: {line}")).collect::<Vec<_>>()
    });
    bullets(READINGS, readings.collect());
    bullets(PLAYED, report.notes.clone());
    text
}
