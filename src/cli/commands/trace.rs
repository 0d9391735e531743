//! `poolproof trace stats`: what a trace is like.

use serde::Serialize;

use super::super::args::{Format, TraceStatsArgs};
use super::super::session::{Session, Stop};
use super::super::table::Table;
use crate::config::{DiskFiles, Files as _, read_trace};
use crate::units::Duration;
use crate::wording::thousands;
use crate::workload::{Dropped, SizeStats, Trace, TraceStats};

/// The statistics and what they are of.
#[derive(Serialize)]
struct Shown<'a> {
    path: &'a str,
    format: &'a str,
    /// Step of a coarse clock, in seconds.
    tick_s: Option<f64>,
    dropped: Dropped,
    #[serde(flatten)]
    stats: &'a TraceStats,
}

/// Prints the statistics.
pub(crate) fn stats(args: &TraceStatsArgs, session: &mut Session) -> Result<(), Stop> {
    let bytes = match DiskFiles.read(&args.path) {
        Ok(bytes) => bytes,
        Err(error) => return Err(session.usage(&format!("cannot read `{}`: {error}", args.path))),
    };
    let trace = read_trace(&args.path, &bytes, &mut session.sources, &mut session.diagnostics);
    session.stop_if_unusable()?;
    let Some(trace) = trace else { return Err(session.internal("a trace without problems was not read")) };
    let stats = TraceStats::of(&trace);
    match args.format {
        Format::Human => session.print(&human(&args.path, &trace, &stats)),
        Format::Json => {
            let failed = |error: serde_json::Error| session.internal(&error.to_string());
            let shown = Shown {
                path: &args.path,
                format: trace.format.name(),
                tick_s: trace.tick.map(Duration::as_secs_f64),
                dropped: trace.dropped,
                stats: &stats,
            };
            session.print_json(&serde_json::to_value(&shown).map_err(failed)?)?;
        }
    }
    Ok(())
}

fn human(path: &str, trace: &Trace, stats: &TraceStats) -> String {
    let mut table = Table::new(&["", "value"]);
    let mut line = |name: &str, value: String| table.row(vec![name.to_owned(), value]);
    line("requests", thousands(stats.requests));
    line("rows left out", thousands(trace.dropped.total()));
    line("duration, s", decimals(stats.duration_s, 1));
    line("requests per second", known(stats.per_second, 3));
    line("requests per minute, mean", known(stats.per_second.map(|rate| rate * 60.0), 0));
    line("requests per minute, fewest", whole(stats.rpm_min));
    line("requests per minute, most", whole(stats.rpm_peak));
    line("most requests in 1 s", whole(stats.peak_1s));
    line("most requests in any 10 s", thousands(stats.sliding_10s_requests));
    line("most requests in any 60 s", thousands(stats.sliding_60s_requests));
    line("variation of gaps", known(stats.gap_cv, 2));
    line("variation of gaps, median of 5 min", known(stats.gap_cv_5min_median, 2));
    line("dispersion by 1 s", known(stats.dispersion_1s, 2));
    line("dispersion by 10 s", known(stats.dispersion_10s, 2));
    line("dispersion by 60 s", known(stats.dispersion_60s, 2));
    line("tokens per minute, mean", known(stats.tpm_mean, 0));
    line("tokens per minute, most", whole(stats.tpm_peak));
    line("most tokens in any 60 s", thousands(stats.sliding_60s_tokens));
    if stats.images > 0 {
        line("requests with images", thousands(stats.with_images));
        line("images", thousands(stats.images));
    }
    line("correlation of ln prompt, ln output", known(stats.ln_correlation, 3));
    let mut sizes = Table::new(&["tokens", "mean", "p50", "p90", "p99", "max", "ln mu", "ln sigma"]);
    sizes.row(size_row("prompt", &stats.prompt));
    sizes.row(size_row("output", &stats.completion));
    let coarse = trace.tick.map_or(String::new(), |tick| {
        format!("  the recorder's clock has ticks of {} s: gaps say nothing\n", tick.as_secs_f64())
    });
    format!("{path}: {}\n{}{coarse}\n{}", trace.format.name(), table.render("  "), sizes.render("  "))
}

fn size_row(name: &str, stats: &SizeStats) -> Vec<String> {
    vec![
        name.to_owned(),
        decimals(stats.mean, 1),
        decimals(stats.p50, 1),
        decimals(stats.p90, 1),
        decimals(stats.p99, 1),
        thousands(stats.max),
        known(stats.ln_mu, 3),
        known(stats.ln_sigma, 3),
    ]
}

fn whole(number: Option<u64>) -> String {
    number.map_or_else(|| "-".to_owned(), thousands)
}

fn known(number: Option<f64>, places: usize) -> String {
    number.map_or_else(|| "-".to_owned(), |number| decimals(number, places))
}

/// With commas between thousands.
fn decimals(number: f64, places: usize) -> String {
    let text = format!("{:.places$}", number.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let grouped = whole.parse().map_or_else(|_| whole.to_owned(), thousands);
    let sign = if number < 0.0 { "-" } else { "" };
    match fraction {
        Some(fraction) => format!("{sign}{grouped}.{fraction}"),
        None => format!("{sign}{grouped}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, expected) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_344_551, "1,344,551")] {
            assert_eq!(thousands(number), expected);
        }
        assert_eq!(decimals(3_435.948, 1), "3,435.9");
        assert_eq!(decimals(-0.0045, 3), "-0.004");
        assert_eq!((known(None, 2), decimals(1e30, 0).len()), ("-".to_owned(), 31));
    }
}
