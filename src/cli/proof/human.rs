//! The report as text: verdicts first, then the shortest ways to what does not hold.

use std::fmt::Write as _;

use super::super::table::Table;
use super::hints::hint;
use super::{Proof, course_table, place};
use crate::diagnostics::{Diagnostic, Diagnostics, SourceMap, render_human};
use crate::verify::{Answer, Answers, Checked, Extent, Otherwise, Report, Setup, Sight, Uncovered, Verdict};
use crate::wording::{capital, count, list, quoted, ranges, thousands, time};

/// The text.
pub(crate) fn human(proof: &Proof<'_>, sources: &SourceMap, colour: bool) -> String {
    let report = proof.report;
    let mut text = String::new();
    // Writing to a string does not fail.
    let _infallible = writeln!(text, "{}: {}\n", proof.title, headline(report));
    let mut table = Table::left(&["", "property", "what holds"]);
    for checked in &report.properties {
        table.row(vec![
            word(checked).to_owned(),
            proof.setup.info(checked.property).name.to_owned(),
            meaning(checked, proof),
        ]);
    }
    text.push_str(&table.render("  "));
    text.push('\n');
    text.push_str(&extent(proof));
    for checked in &report.properties {
        if let Verdict::Violated { cause, path } = &checked.verdict {
            let info = proof.setup.info(checked.property);
            let span = place(checked.property, proof.setup.gateway.program());
            let mut finding = Diagnostic::error(info.name, span, info.broken);
            finding.notes.extend(hint(checked.property, *cause, path, proof.setup));
            finding.help = proof.mending.get(&checked.property).cloned();
            let mut one = Diagnostics::new();
            one.push(finding);
            text.push('\n');
            text.push_str(&render_human(&one, sources, colour));
            if !path.moves.is_empty() {
                text.push_str(&course_table(&proof.course(0, path), proof.setup, "  "));
                let _infallible = writeln!(text, "  again: poolproof replay {}", proof.token(0, path));
            }
        }
    }
    text.push_str(&otherwise(proof));
    text.push_str(&not_covered(proof));
    text.push_str(&unseen(report, proof.setup));
    text.push_str(&worst(report));
    text
}

fn headline(report: &Report) -> String {
    let broken = report.properties.iter().filter(|c| matches!(c.verdict, Verdict::Violated { .. })).count();
    let unknown = report.properties.iter().filter(|c| c.verdict == Verdict::Unknown).count();
    let held = report.properties.iter().filter(|c| c.verdict == Verdict::Holds).count();
    match (broken, unknown) {
        (0, 0) if report.combinations.is_some_and(|tried| !tried.is_complete) => format!(
            "{} as configured within the bounds; no verdict on all readings together",
            count(held, "property holds", "properties hold")
        ),
        (0, 0) => format!("{} within the bounds", count(held, "property holds", "properties hold")),
        (0, _) => "no verdict: there are more states than are kept".to_owned(),
        _ => format!(
            "{}, {} within the bounds",
            count(broken, "property is violated", "properties are violated"),
            count(held, "holds", "hold")
        ),
    }
}

fn word(checked: &Checked) -> &'static str {
    match checked.verdict {
        Verdict::Holds if checked.otherwise.is_empty() => "holds",
        Verdict::Holds => "depends",
        Verdict::Violated { .. } => "VIOLATED",
        Verdict::NotApplicable(_) => "-",
        Verdict::Unknown => "unknown",
    }
}

fn meaning(checked: &Checked, proof: &Proof<'_>) -> String {
    let info = proof.setup.info(checked.property);
    match &checked.verdict {
        Verdict::Holds if !checked.otherwise.is_empty() => {
            let names: Vec<String> = checked.otherwise.iter().map(reading).collect();
            format!("{}; not under {}", info.holds, list(&names, "and"))
        }
        Verdict::Holds | Verdict::Unknown => info.holds.to_owned(),
        Verdict::Violated { .. } => info.broken.to_owned(),
        Verdict::NotApplicable(why) => format!("says nothing here: {why}"),
    }
}

fn reading(one: &Otherwise) -> String {
    let words: Vec<String> =
        one.changes.iter().map(|(switch, reading)| format!("`{}` = {reading}", switch.info().path)).collect();
    list(&words, "with")
}

/// What was looked at, and how far.
fn extent(proof: &Proof<'_>) -> String {
    let report = proof.report;
    let mut text = String::new();
    let bounds = report.extent.bounds;
    let _infallible = writeln!(
        text,
        "Looked at, as configured: every order of up to {} with up to {} under way at {} and up to {}; time passes to \
         every moment at which a breaker may change, and just before it. {}",
        count(bounds.depth as usize, "event", "events"),
        count(bounds.in_flight, "request", "requests"),
        count(bounds.instances, "gateway instance", "gateway instances that share nothing"),
        count(usize::from(bounds.faults), "fault", "faults"),
        reach(&report.extent)
    );
    let _infallible = writeln!(
        text,
        "Answers that backends may give: {}.",
        answers(&report.answers.all, Some(&report.answers), "or")
    );
    if report.extent.has_gaps || report.readings.is_some_and(|readings| readings.has_gaps) {
        let _infallible = writeln!(
            text,
            "Random numbers were tried at both ends of their range only, waits with a random part likewise."
        );
    }
    if let Some(readings) = &report.readings {
        let names: Vec<String> =
            report.consulted.iter().map(|switch| format!("`{}`", switch.info().path)).collect();
        let told = if names.is_empty() {
            "none of them changes anything here".to_owned()
        } else {
            format!("what happens here depends on {}", list(&names, "and"))
        };
        let bounds = format!(
            "up to {} and {}",
            count(readings.bounds.depth as usize, "event", "events"),
            count(usize::from(readings.bounds.faults), "fault", "faults")
        );
        let _infallible = match report.combinations {
            None => writeln!(
                text,
                "Every other reading of what is not documented was looked at alone, {bounds}: {told}. {}",
                reach(readings)
            ),
            Some(tried) => {
                let of = thousands(tried.looked_at as u64);
                let all = if tried.is_complete {
                    format!(
                        "Readings of what is not documented were looked at together, {bounds}: {of} combinations, and no \
                         other could make a difference"
                    )
                } else {
                    format!(
                        "Readings of what is not documented were looked at together, {bounds}: {of} combinations, which \
                         are all of up to {} beside what is configured. There are more than `--combinations` {}, so \
                         there is no verdict on those",
                        count(tried.size, "change", "changes"),
                        thousands(tried.most as u64)
                    )
                };
                writeln!(text, "{all}; {told}. {}", reach(readings))
            }
        };
    }
    text
}

fn reach(extent: &Extent) -> String {
    let states = thousands(extent.states as u64);
    if extent.is_cut {
        format!("Cut off at {states} states, after {}.", count(extent.depth as usize, "event", "events"))
    } else if extent.is_complete {
        format!("{states} states: there are no others.")
    } else {
        format!("{states} states, all of them within these bounds.")
    }
}

/// What backends may answer, each status once.
pub(crate) fn answers(all: &[Answer], kinds: Option<&Answers>, last_word: &str) -> String {
    let mut parts = Vec::new();
    let mut last = None;
    for answer in all {
        let Answer::Status(status, _) = answer else {
            parts.push(answer.words());
            continue;
        };
        if last.replace(*status) == Some(*status) {
            continue;
        }
        let kind = kinds.and_then(|kinds| kinds.kinds.get(status));
        let alike = kind.filter(|kind| kind.statuses.as_slice() != [(status.get(), status.get())]);
        let stands =
            alike.map_or_else(String::new, |kind| format!(" (stands for {})", ranges(&kind.statuses)));
        let of_it = all.iter().filter(|other| matches!(other, Answer::Status(of, _) if of == status));
        let variants = if of_it.count() > 1 { " with and without Retry-After" } else { "" };
        parts.push(format!("{status}{stands}{variants}"));
    }
    list(&parts, last_word)
}

/// What does not hold under other readings.
fn otherwise(proof: &Proof<'_>) -> String {
    let mut text = String::new();
    for checked in &proof.report.properties {
        let Some(first) = checked.otherwise.first() else { continue };
        let info = proof.setup.info(checked.property);
        let names: Vec<String> = checked.otherwise.iter().map(reading).collect();
        let _infallible = writeln!(
            text,
            "\ndepends: {}: holds as configured; under {} {}",
            info.name,
            list(&names, "or"),
            info.broken
        );
        text.push_str(&course_table(&proof.course(first.world, &first.path), proof.setup, "  "));
        let _infallible =
            writeln!(text, "  again: poolproof replay {}", proof.token(first.world, &first.path));
    }
    text
}

fn not_covered(proof: &Proof<'_>) -> String {
    let all: &[Uncovered] = &proof.report.not_covered;
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nNot covered by this policy (violations under `--profile strict`):\n");
    for one in all.iter().filter(|one| one.cause.inherent().is_none()) {
        let _infallible = writeln!(
            text,
            "  - {}: {} ({}, after {})",
            one.cause.words(),
            proof.setup.info(one.property).broken,
            proof.setup.info(one.property).name,
            count(one.path.moves.len(), "event", "events")
        );
    }
    for one in all {
        if let Some(why) = one.cause.inherent() {
            let _infallible = writeln!(
                text,
                "\nInherent: {}: {}; {why}.",
                one.cause.words(),
                proof.setup.info(one.property).broken
            );
        }
    }
    text
}

fn unseen(report: &Report, setup: &Setup) -> String {
    if report.unseen.is_empty() {
        return String::new();
    }
    let name = |number: &u16| {
        let backend = setup.gateway.backends().get(usize::from(*number));
        quoted(backend.map_or("", |backend| &backend.name))
    };
    let words = report.unseen.iter().map(|sight| match sight {
        Sight::Called(backend) => format!("{} is called", name(backend)),
        Sight::Tripped(backend) => format!("the breaker of {} trips", name(backend)),
        Sight::Reset(backend) => format!("a trip of {} ends", name(backend)),
        Sight::FailedOver => "a request is served by another backend than its first".to_owned(),
        Sight::Exhausted => "no backend is ready".to_owned(),
        Sight::Retried => "a retry happens".to_owned(),
        Sight::Attempt(_, number) => format!("a retry makes attempt {number}"),
        Sight::Custom(at) => setup.custom.get(usize::from(*at)).map_or("", |custom| custom.what).to_owned(),
    });
    let words: Vec<String> = words.collect();
    format!("\nNever seen within the bounds, so that nothing is proved about it: {}.\n", words.join("; "))
}

fn worst(report: &Report) -> String {
    let worst = report.worst;
    capital(&format!(
        "\nworst case within the bounds: {} and {} of waiting in the gateway for one request.\n",
        count(worst.calls as usize, "backend call", "backend calls"),
        time(worst.waited)
    ))
}
