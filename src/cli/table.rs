//! Aligned text tables and run summaries for the terminal.

use std::fmt::Write as _;

use super::costs::render_costs;
use crate::report::{
    CachingSummary, ClientSummary, Distribution, FaultSummary, GroupSummary, PhaseSummary, RegionSummary,
    SpilloverSummary, Summary,
};

/// Columns of text; the first is aligned left, the others right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    /// Whether all columns are aligned left.
    is_left: bool,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|h| (*h).to_owned()).collect()], is_left: false }
    }

    /// A table of words: all columns are aligned left.
    pub(crate) fn left(headings: &[&str]) -> Self {
        Self { is_left: true, ..Self::new(headings) }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The table with two blanks between columns and `indent` before each line.
    pub(crate) fn render(&self, indent: &str) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |at: usize| {
            self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = indent.to_owned();
            for ((at, cell), width) in row.iter().enumerate().zip(&widths) {
                let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
                if at == 0 {
                    line.push_str(cell);
                    line.push_str(&pad);
                } else if self.is_left {
                    line.push_str("  ");
                    line.push_str(cell);
                    line.push_str(&pad);
                } else {
                    line.push_str("  ");
                    line.push_str(&pad);
                    line.push_str(cell);
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// One run for people.
pub(crate) fn render_summary(summary: &Summary) -> String {
    let mut text = String::new();
    let mut line = |content: String| {
        text.push_str(&content);
        text.push('\n');
    };
    line(format!(
        "{} / {}   seed {}   scenario {}   fingerprint {}",
        summary.scenario, summary.variant, summary.run.seed, summary.run.scenario_hash, summary.fingerprint
    ));
    if let Some(warmup) = summary.warmup {
        line(format!(
            "  warm-up   {} requests of the first {} s are in no figure here",
            warmup.requests, warmup.length_s
        ));
    }
    line(format!("  requests  {}", requests(summary)));
    line(format!("  latency   {}", times(summary.latency_ms.as_ref())));
    if summary.ttft_ms != summary.latency_ms {
        line(format!("  to first byte  {}", times(summary.ttft_ms.as_ref())));
    }
    line(format!("  wait      {}", times(summary.wait_ms.as_ref())));
    let a = &summary.attempts;
    line(format!(
        "  attempts  {}: admitted {}, throttled {}, failed {}; retries {}, no backend available {}, timeouts {}",
        a.total, a.admitted, a.throttled, a.failed, a.retries, a.exhausted_selections, a.timeouts
    ));
    if let Some(calls) = &summary.calls {
        line(format!(
            "  calls     {}: succeeded {}, failed {}, unfinished {}; {:.2} requests and {:.2} attempts per call, latency {}",
            calls.begun,
            calls.succeeded,
            calls.failed,
            calls.unfinished,
            calls.requests_per_call,
            calls.attempts_per_call,
            times(calls.latency_ms.as_ref())
        ));
    }
    if summary.oversized.requests > 0 {
        line(format!(
            "  oversized {} requests alone exceed a quota ({} attempts): no wait helps them",
            summary.oversized.requests, summary.oversized.attempts
        ));
    }
    let mut table = Table::new(&[
        "backend",
        "region",
        "capacity",
        "attempts",
        "admitted",
        "429",
        "failed",
        "answered",
        "share",
        "tokens",
        "token share",
        "trips",
        "tripped",
    ]);
    for b in &summary.backends {
        table.row(vec![
            b.name.clone(),
            b.region.clone(),
            b.capacity.clone(),
            b.attempts.to_string(),
            b.admitted.to_string(),
            b.throttled.to_string(),
            b.failed.to_string(),
            b.answered.to_string(),
            percent(b.share),
            b.tokens.to_string(),
            percent(b.token_share),
            b.trips.to_string(),
            percent(b.tripped_share),
        ]);
    }
    text.push_str(&table.render("  "));
    if let Some(spillover) = &summary.spillover {
        text.push_str(&render_spillover(spillover));
    }
    if let Some(caching) = &summary.prompt_caching {
        text.push_str(&render_caching(caching));
    }
    if !summary.clients.is_empty() {
        text.push_str(&render_clients(&summary.clients));
    }
    if !summary.regions.is_empty() {
        text.push_str(&render_regions(&summary.regions));
    }
    if let Some(s) = &summary.sessions {
        // Writing to a string does not fail.
        let _infallible = writeln!(
            text,
            "  {} sessions: {} of {} further answers came from the member of the answer before, {} of {} from the \
             member that a cookie names",
            s.begun, s.from_same_member, s.follow_ups, s.from_pinned_member, s.pinned
        );
    }
    text.push_str(&render_costs(summary));
    if let Some(faults) = &summary.faults {
        text.push_str(&render_faults(faults));
    }
    text
}

/// What the platform handed on, and what became of it.
fn render_spillover(spillover: &SpilloverSummary) -> String {
    let mut text = String::new();
    for b in &spillover.backends {
        // Writing to a string does not fail.
        let _infallible = writeln!(
            text,
            "  {} spilled {} attempts ({} in vain): {} requests answered ({}), {} of all tokens",
            b.backend,
            b.spilled + b.in_vain,
            b.in_vain,
            b.answered,
            percent(b.share),
            percent(b.token_share)
        );
    }
    for d in &spillover.deployments {
        let _infallible = writeln!(
            text,
            "  {} ({}) took {}, refused {}",
            d.deployment, d.capacity, d.admitted, d.throttled
        );
    }
    text
}

/// What was cached.
fn render_caching(caching: &CachingSummary) -> String {
    let mut table =
        Table::new(&["prompt caching", "prefixed", "hits", "hit share", "cached tokens", "of prompts"]);
    for one in caching.backends.iter().chain([&caching.total]) {
        let name = if one.backend.is_empty() { "all" } else { &one.backend };
        table.row(vec![
            name.to_owned(),
            one.prefixed.to_string(),
            one.hits.to_string(),
            percent(one.hit_share),
            one.cached_tokens.to_string(),
            percent(one.cached_share),
        ]);
    }
    table.render("  ")
}

/// What became of the requests of each client of a mix.
fn render_clients(clients: &[ClientSummary]) -> String {
    render_groups(["client", "count"], clients.iter().map(|c| (&c.client, c.count.to_string(), &c.totals)))
}

/// What became of the requests of each region of the gateway.
fn render_regions(regions: &[RegionSummary]) -> String {
    let rows = regions.iter().map(|r| (&r.region, r.instances.len().to_string(), &r.totals));
    render_groups(["gateway region", "instances"], rows)
}

/// Rows of a name, a number and what became of the requests.
fn render_groups<'s>(
    [name, number]: [&str; 2],
    rows: impl Iterator<Item = (&'s String, String, &'s GroupSummary)>,
) -> String {
    let mut table = Table::new(&[
        name,
        number,
        "requests",
        "answered 2xx",
        "429",
        "failed",
        "other ends",
        "tokens",
        "token share",
        "p50 ms",
        "p95 ms",
        "p99 ms",
    ]);
    for (name, number, g) in rows {
        let ms = |of: fn(&Distribution) -> f64| {
            g.latency_ms.as_ref().map_or("-".to_owned(), |d| format!("{:.0}", of(d)))
        };
        table.row(vec![
            name.clone(),
            number,
            g.requests.to_string(),
            g.success().map_or("-".to_owned(), percent),
            g.throttled.to_string(),
            g.failed.to_string(),
            (g.broken_off + g.cancelled + g.in_flight).to_string(),
            g.tokens.to_string(),
            percent(g.token_share),
            ms(|d| d.p50),
            ms(|d| d.p95),
            ms(|d| d.p99),
        ]);
    }
    table.render("  ")
}

/// Requests before, during and after faults, and what pools were without.
fn render_faults(faults: &FaultSummary) -> String {
    let mut headings = vec!["faults"];
    headings.extend(faults.phases.iter().map(|phase| phase.phase.as_str()));
    let mut table = Table::new(&headings);
    let mut row = |name: &str, of: &dyn Fn(&PhaseSummary) -> String| {
        table.row([name.to_owned()].into_iter().chain(faults.phases.iter().map(of)).collect());
    };
    let ms = |phase: &PhaseSummary, of: fn(&Distribution) -> f64| {
        phase.latency_ms.as_ref().map_or("-".to_owned(), |d| format!("{:.0}", of(d)))
    };
    row("time s", &|phase| format!("{:.1}", phase.time_s));
    row("requests", &|phase| phase.requests.to_string());
    row("answered 2xx", &|phase| phase.success().map_or("-".to_owned(), percent));
    row("refused (429, 503)", &|phase| phase.refused.to_string());
    row("failed otherwise", &|phase| phase.failed.to_string());
    row("broken off, given up, in flight", &|phase| {
        (phase.broken_off + phase.cancelled + phase.in_flight).to_string()
    });
    row("latency p50 ms", &|phase| ms(phase, |d| d.p50));
    row("latency p95 ms", &|phase| ms(phase, |d| d.p95));
    row("latency p99 ms", &|phase| ms(phase, |d| d.p99));
    let mut text = table.render("  ");
    for pool in &faults.pools {
        text.push_str(&format!(
            "  {}: {:.1} s without its primary backends, {:.1} s without any\n",
            pool.pool, pool.without_primary_s, pool.without_any_s
        ));
    }
    text
}

/// Several variants side by side.
pub(crate) fn render_comparison(summaries: &[Summary]) -> String {
    let mut headings =
        vec!["variant", "success", "429", "5xx", "p50 ms", "p95 ms", "p99 ms", "attempts", "trips"];
    let backends: Vec<String> = summaries
        .first()
        .map(|s| s.backends.iter().map(|b| format!("share {}", b.name)).collect())
        .unwrap_or_default();
    let has_calls = summaries.iter().any(|s| s.calls.is_some());
    if has_calls {
        headings.extend(["calls ok", "requests per call"]);
    }
    let has_costs = summaries.iter().any(|s| s.costs.is_some());
    if has_costs {
        headings.push("USD");
    }
    headings.extend(backends.iter().map(String::as_str));
    let clients: Vec<String> = summaries
        .first()
        .map(|s| s.clients.iter().take(CLIENTS_COMPARED).map(|c| format!("ok {}", c.client)).collect())
        .unwrap_or_default();
    headings.extend(clients.iter().map(String::as_str));
    let mut table = Table::new(&headings);
    for s in summaries {
        let ms = |of: fn(&Distribution) -> f64| {
            s.latency_ms.as_ref().map_or("-".to_owned(), |d| format!("{:.0}", of(d)))
        };
        let mut row = vec![
            s.variant.clone(),
            percent(s.share(s.requests.answered_2xx)),
            percent(s.share(s.answered_with(|c| c == 429))),
            percent(s.share(s.answered_with(|c| c >= 500))),
            ms(|d| d.p50),
            ms(|d| d.p95),
            ms(|d| d.p99),
            s.attempts.total.to_string(),
            s.backends.iter().map(|b| b.trips).sum::<u64>().to_string(),
        ];
        if has_calls {
            // Clients that do not try again: a call is a request.
            let requests = s.requests.arrivals;
            let (succeeded, begun) =
                s.calls.map_or((s.requests.answered_2xx, requests), |calls| (calls.succeeded, calls.begun));
            row.push(percent(if begun == 0 { 0.0 } else { succeeded as f64 / begun as f64 }));
            row.push(format!("{:.2}", s.calls.map_or(1.0, |calls| calls.requests_per_call)));
        }
        if has_costs {
            row.push(s.costs.as_ref().map_or("-".to_owned(), |costs| format!("{:.2}", costs.total_usd)));
        }
        row.extend(s.backends.iter().map(|b| percent(b.share)));
        let own = s.clients.iter().take(CLIENTS_COMPARED);
        row.extend(own.map(|c| c.totals.success().map_or("-".to_owned(), percent)));
        table.row(row);
    }
    table.render("  ")
}

/// The first assumptions of a run, most influential first.
pub(crate) fn render_assumptions(summary: &Summary) -> String {
    if summary.assumptions.is_empty() {
        return String::new();
    }
    let mut text = String::from("assumptions that could change this result, most influential first:\n");
    for a in summary.assumptions.iter().take(ASSUMPTIONS_SHOWN) {
        // Writing to a string does not fail.
        let _infallible = writeln!(text, "  {} = {}\n      {}", a.what, a.value, a.source);
    }
    let more = summary.assumptions.len().saturating_sub(ASSUMPTIONS_SHOWN);
    if more > 0 {
        let _infallible =
            writeln!(text, "  and {more} more in summary.json; --all-readings tries the undocumented ones");
    }
    text
}

/// Clients of a mix that a comparison has columns for; the summaries have all.
const CLIENTS_COMPARED: usize = 6;

const ASSUMPTIONS_SHOWN: usize = 6;

/// A share as a percentage that hides neither 0 nor 1.
pub(crate) fn percent(share: f64) -> String {
    let rounded = format!("{:.1} %", share * 100.0);
    match rounded.as_str() {
        "0.0 %" if share > 0.0 => "<0.1 %".to_owned(),
        "100.0 %" if share < 1.0 => ">99.9 %".to_owned(),
        _ => rounded,
    }
}

fn requests(summary: &Summary) -> String {
    let r = &summary.requests;
    let mut text = format!(
        "{} in {:.1} s: {} answered 2xx ({})",
        r.arrivals,
        summary.duration_s,
        r.answered_2xx,
        percent(summary.share(r.answered_2xx))
    );
    let others = r.answered_otherwise.iter().map(|(status, count)| (status.to_string(), *count));
    let ends = [("broken off", r.broken_off), ("cancelled", r.cancelled), ("in flight", r.in_flight)];
    let ends = ends.iter().map(|(name, count)| ((*name).to_owned(), *count));
    for (name, count) in others.chain(ends).filter(|(_, count)| *count > 0) {
        let _infallible = write!(text, ", {count} {name} ({})", percent(summary.share(count)));
    }
    if let Some(left) = r.disconnected.filter(|left| *left > 0) {
        let _infallible = write!(text, "; {left} of the cancelled left a stream");
    }
    text
}

fn times(distribution: Option<&Distribution>) -> String {
    distribution.map_or("-".to_owned(), |d| {
        format!(
            "mean {:.1} ms, p50 {:.1}, p90 {:.1}, p95 {:.1}, p99 {:.1}, max {:.1}",
            d.mean, d.p50, d.p90, d.p95, d.p99, d.max
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligns_columns() {
        let mut table = Table::new(&["name", "n"]);
        table.row(vec!["é".into(), "10".into()]);
        table.row(vec!["longer".into(), "7".into()]);
        assert_eq!(table.render("  "), "  name     n\n  é       10\n  longer   7\n");
    }

    #[test]
    fn percentages_hide_neither_end() {
        for (share, text) in
            [(0.0, "0.0 %"), (0.0004, "<0.1 %"), (0.5, "50.0 %"), (0.9999, ">99.9 %"), (1.0, "100.0 %")]
        {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn a_run_without_requests_has_a_summary() {
        let mut summary = crate::cli::test_support::summary();
        summary.latency_ms = None;
        let text = render_summary(&summary);
        assert!(text.contains("requests  0 in 1.0 s: 0 answered 2xx (0.0 %)"), "{text}");
        assert!(text.contains("latency   -"), "{text}");
    }
}
